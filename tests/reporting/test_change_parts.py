"""Parts about change, made from frames by hand: what each reader meets of 4, 9, 14 and 64 respondents."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

import html5lib
import pandas as pd
import pytest

from casestudy import labels
from casestudy.findings.attribution import ATTRIBUTION_COLUMNS
from casestudy.reporting import (
    disclosure,
    figures,
    released,
    released_change,
    released_measuring,
    released_waves,
    sentences,
    tables,
)
from casestudy.reporting.parts import Part
from casestudy.reporting.released_waves import Scope
from casestudy.study import Audience, Wave, Words

NAN = float("nan")
NL, EN = labels.read("nl"), labels.read("en")
PERIODS = {"learning": ("T0", "T1"), "retention": ("T1", "T2"), "net": ("T0", "T2")}


class People(NamedTuple):
    """How many people of a site are in each wave, and in two of them; T2 is the third wave."""

    t0: int
    t1: int
    both: int
    t2: int = 0
    later: int = 0  # in T1 and T2
    ends: int = 0  # in T0 and T2


FOUR = People(4, 4, 4, 4, 4, 4)
NINE = People(9, 9, 9, 9, 9, 9)
FOURTEEN = People(20, 14, 14, 13, 13, 13)
SIXTY = People(64, 54, 54, 50, 48, 49)


def _together(sites: Mapping[str, People]) -> dict[str, People]:
    """All sites together before the sites, as the findings give them."""
    return {"ALL": People(*(sum(counts) for counts in zip(*sites.values(), strict=True))), **sites}


def frames(sites: Mapping[str, People]) -> SimpleNamespace:
    """Frames of one scale, with the columns the findings have; a change of .45 with interval .24 to .66."""
    every = _together(sites)
    scored = {"scale": "VAA", "before": "T0", "after": "T1"}
    change = [
        {
            **scored,
            "site": site,
            "n_before": p.t0,
            "n_after": p.t1,
            "n_pairs": p.both,
            "m_before": 3.03,
            "m_after": 3.48,
            "diff": 0.45,
            "lo": 0.24,
            "hi": 0.66,
            "g_av": 0.986,
            "g": NAN,
            "g_lo": 0.5,
            "g_hi": 1.4,
            "r_rb": 0.935,
            "r_rb_lo": 0.7,
            "r_rb_hi": 1.0,
            "p": 0.00293,
            "p_adj": 0.0004,
            "adjust": "holm" if site == "ALL" else "bh",
            "n_zero": 1,
            "state": "up",
            "method": "paired",
            "model_diff": 0.24,
            "model_lo": 0.05,
            "model_hi": 0.43,
            "overlap_diff": 0.44,
            "overlap_lo": 0.2,
            "overlap_hi": 0.68,
            "note": "",
        }
        for site, p in every.items()
    ]
    contrasts = [
        {
            "scale": "VAA",
            "site": site,
            "contrast": name,
            "before": before,
            "after": after,
            "n_before": p.t0,
            "n_after": p.t1,
            "n_pairs": {"learning": p.both, "retention": p.later, "net": p.ends}[name],
            "diff": diff,
            "lo": diff - 0.2,
            "hi": diff + 0.2,
            "p": 0.01,
            "p_adj": 0.02,
            "sesoi": 0.4,
            "state": "up" if diff > 0.2 else "unclear",
            "method": "mixed",
            "note": "",
            "retained": True if name == "retention" else pd.NA,
        }
        for site, p in every.items()
        for (name, (before, after)), diff in zip(PERIODS.items(), (0.43, -0.05, 0.38), strict=True)
    ]
    leavers = [
        ("VAA", site, p.t0, p.t1, p.both, p.t0 - p.both, 3.12, 2.71, 0.52, 0.05, 0.98, "")
        for site, p in every.items()
    ]
    shift = [
        ("VAA", s, p.both, 0.283, 0.22, 0.34, p.both, 0.45, 0.24, 0.66, p.both, 0.733, 0.5, 0.96)
        for s, p in every.items()
    ]
    up = {site: round(0.6 * p.both) for site, p in every.items()}
    reliable = [
        ("VAA", s, p.both, up[s], p.both - up[s] - 1, 1, 0.5, 0.8, 0.3, "sample") for s, p in every.items()
    ]
    took_part = [
        (s, w, 1.5 * n, n)
        for s, p in sites.items()
        for w, n in zip(("T0", "T1", "T2"), (p.t0, p.t1, p.t2), strict=True)
    ]
    looked_back = "scale site n shift shift_lo shift_hi n_change diff diff_lo diff_hi".split()
    looked_back += "n_then diff_then diff_then_lo diff_then_hi".split()
    return SimpleNamespace(
        change=pd.DataFrame(change).astype({"n_pairs": "Int64", "n_zero": "Int64"}),
        contrasts=pd.DataFrame(contrasts).astype({"n_pairs": "Int64", "retained": "boolean"}),
        leavers=pd.DataFrame(
            leavers,
            columns="scale site n_before n_after n_both n_left m_stayed m_left g lo hi note".split(),
        ),
        shift=pd.DataFrame(
            shift,
            columns=looked_back,
        ),
        reliable=pd.DataFrame(
            reliable, columns="scale site n n_up n_same n_down sd reliability s_diff source".split()
        ),
        participation=pd.DataFrame(took_part, columns=["site", "wave", "n_invited", "n"]),
    )


DIFFER = pd.DataFrame(
    [
        ("KEN", 4, 146, 0.9, 3, 142, 0.45, 0.02, 0.021, 0.44),
        ("VAA", 4, 146, 7.6, 3, 142, 0.0004, 0.14, 0.021, 0.0004),
    ],
    columns="scale n_sites n f df1 df2 p_f eps2 eps2_null p".split(),
).assign(used="f", lr=1.0, p_boot=NAN)


@pytest.fixture(scope="module")
def about(material: Any) -> dict[str, Any]:
    third = Wave(id="T2", label=Words(nl="latere meting", en="later measurement"), relation="followup")
    study = material.study.model_copy(update={"waves": (*material.study.waves, third)})
    return {"study": study, "instrument": material.instrument}


def parts(found: SimpleNamespace, about: Mapping[str, Any], site: str | None) -> dict[str, Part]:
    """Every part about change, of one site or of all."""
    scope = {**about, "site": site}
    change = found.change if site is None else found.change[found.change["site"] == site]
    given = [
        tables.change(change, **scope),
        tables.change_in_numbers(change, **scope),
        tables.waves(found.contrasts, change, **scope),
        tables.attrition(found.participation, found.leavers, change, **scope),
        tables.response_shift(found.shift, change, **scope),
        tables.reliable_change(found.reliable, change, **scope),
        figures.change(change, **scope),
        figures.waves(found.contrasts, change, **scope),
        sentences.change(change, **scope),
        sentences.waves(found.contrasts, change, **scope),
        sentences.attrition(found.leavers, change, **scope),
        sentences.response_shift(found.shift, change, **scope),
        sentences.reliable_change(found.reliable, change, **scope),
    ]
    return {part.id: part for part in given}


def text(part: Part, audience: Audience, words: labels.Labels = NL) -> str:
    drawn = re.sub(r"<(img|source)[^>]*>", " ", str(part.draw(words, audience).html))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", drawn)).strip()


def alternative(part: Part, audience: Audience) -> str:
    found = re.search(r'alt="([^"]+)"', str(part.draw(NL, audience).html))
    return found[1] if found else ""


SITES = {"s1": SIXTY, "s2": SIXTY, "s3": FOURTEEN, "s5": NINE}
NUMBERS = re.compile(r"\d")


def _alone(people: People, about: Mapping[str, Any]) -> dict[str, Part]:
    return parts(frames({"s3": people}), about, "s3")


@pytest.mark.parametrize("audience", ["internal", "site", "public"])
def test_of_four_people_nothing_is_told_but_that_they_are_too_few(about: Any, audience: Audience) -> None:
    for id_, part in _alone(FOUR, about).items():
        drawn = part.draw(NL, audience)
        assert "<img" not in str(drawn.html), id_
        if drawn.released is not None:
            assert drawn.released.select_dtypes("number").isna().all(axis=None), id_
        said = text(part, audience)
        assert not re.search(r"\b(4|3,0|3,5|0,[2-9])\b", said), (id_, said)
        assert not said or "te weinig" in said or "niet getoond" in said or "ten minste" in said, (id_, said)
    counts = text(_alone(FOUR, about)["attrition"], audience)
    assert f"voormeting {labels_of(6, audience)} {labels_of(4, audience)} nameting" in counts


def labels_of(n: int, audience: Audience) -> str:
    """The band of a count, in words."""
    low, high = disclosure.band(n, 10 if audience == "public" else 5)
    return f"minder dan {high + 1}" if low == 0 else f"{low} tot en met {high}"  # type: ignore[operator]


def test_nine_people_are_described_to_their_site_and_hidden_from_the_public(about: Any) -> None:
    nine = _alone(NINE, about)
    assert "3,0 3,5 +0,5 – 9 alleen beschreven" in text(nine["change"], "site")
    assert "te weinig mensen mee om er meer over te zeggen" in text(nine["change-sentences"], "site")
    assert text(nine["change"], "public") == NL["absent.too_few"]
    assert text(nine["waves"], "site").count("alleen beschreven") == 2
    assert text(nine["response-shift"], "site").endswith(NL["shift.note"])
    for id_, part in nine.items():
        said = text(part, "site") + alternative(part, "site")
        assert not re.search(r"[–(][^)]* tot [+−]|behouden bleef|BI |\bp\b", said), (id_, said)
        public = part.draw(NL, "public").released
        if public is not None:
            assert public.select_dtypes("number").isna().all(axis=None), id_
    assert text(nine["change-in-numbers"], "site") == NL["absent.too_few_to_test"]
    assert NL.say("attrition.too_few", minimum="5") in text(nine["attrition"], "site")


def test_fourteen_people_are_tested(about: Any) -> None:
    fourteen = _alone(FOURTEEN, about)
    assert "+0,2 tot +0,7 14 hoger" in text(fourteen["change"], "site")
    assert "+0,45 (+0,24 tot +0,66) +0,99 (+0,50 tot +1,40)" in text(fourteen["change-in-numbers"], "site")
    assert "10 tot en met 19 behouden" in text(fourteen["waves"], "site")
    assert "Behouden tussen nameting en latere meting: ‘Ervaren vaardigheid’." in text(
        fourteen["waves-sentences"], "site"
    )
    assert "8 van 14 14 0,80, uit deze antwoorden" in text(fourteen["reliable-change"], "site")
    assert "3,1 2,7 – 14 5 tot en met 9 alleen beschreven" in text(fourteen["attrition"], "site")
    assert "+0,5 (+0,2 tot +0,7) +0,7 (+0,5 tot +1,0)" in text(fourteen["response-shift"], "site")


def test_a_change_that_others_alter_is_told_twice(about: Any) -> None:
    said = text(_alone(FOURTEEN, about)["change-sentences"], "site")
    assert "maar één van beide keren invulde, dan is het verschil +0,2 punt" in said
    assert "als losse groep" not in said  # .44 beside .45: the same, but for rounding
    alone = text(_alone(People(14, 14, 14), about)["change-sentences"], "site")
    assert "maar één" not in alone


@pytest.mark.parametrize("people", [People(15, 14, 14), People(14, 18, 14), People(20, 15, 14)])
def test_a_few_who_were_there_once_are_in_no_estimate(about: Any, people: People) -> None:
    found = _alone(people, about)
    drawn = found["change-in-numbers"].draw(NL, "site").released
    assert drawn is not None
    assert drawn[["model_diff", "overlap_diff"]].isna().all(axis=None)
    assert "maar één" not in text(found["change-sentences"], "site")


def test_no_p_stands_without_its_interval(about: Any) -> None:
    found = parts(frames(SITES), about, None)
    for audience in ("internal", "public"):
        shown = found["change-in-numbers"].draw(EN, audience).released
        assert shown is not None
        assert shown.loc[shown["p"].notna(), ["diff", "lo", "hi", "g"]].notna().all(axis=None)
    assert set(shown["site"]) == {"ALL", "Esdoorn", "Beuk"}
    assert "less than 0.001 (Holm)" in text(found["change-in-numbers"], "public", EN)
    for id_, part in found.items():
        for words in (NL, EN):
            assert not re.search("signific", text(part, "internal", words)), id_


def test_a_site_hidden_in_the_change_is_hidden_beside_it(about: Any) -> None:
    found = parts(frames(SITES), about, None)
    for id_ in ("change", "waves", "attrition", "response-shift", "reliable-change"):
        shown = found[id_].draw(NL, "public").released
        assert shown is not None
        hidden = shown[shown["site"].isin(["Es", "Linde"])].drop(columns=["scale", "site"])
        assert hidden.select_dtypes("number").isna().all(axis=None), id_
        assert shown.loc[shown["site"] == "ALL"].select_dtypes("number").notna().any(axis=None), id_


@pytest.mark.parametrize(("t2", "gone"), [(4, ["s2", "s5"]), (0, []), (12, [])])
def test_a_small_third_wave_takes_another_site_with_it(about: Any, t2: int, gone: list[str]) -> None:
    fifteen = People(15, 14, 14, t2, t2, t2)
    sites = {"s1": SIXTY, "s2": People(30, 24, 24, 20, 20, 20), "s5": fifteen}
    found = frames(sites)
    absent = (found.contrasts["site"] == "s5") & (found.contrasts["contrast"] != "learning") & (t2 == 0)
    contrasts = found.contrasts.assign(state=found.contrasts["state"].mask(absent, "absent"))
    limits = disclosure.limits(about["study"], "site")
    view = released_waves.waves(contrasts, found.change, Scope(limits, list(sites), together=True)).frame
    hidden = view[view["state"] == "hidden"]
    assert sorted(set(hidden["site"])) == gone
    assert "learning" not in set(view["contrast"])
    assert hidden.select_dtypes("number").isna().all(axis=None)
    assert not hidden["retained"].any()


def test_nine_people_of_whom_one_left_are_not_told_of_three_times(about: Any) -> None:
    part = _alone(People(9, 9, 9, 8, 8, 8), about)["waves"]
    shown = part.draw(NL, "site").released
    assert shown is None
    assert text(part, "site") == NL["absent.too_few"]


@pytest.mark.parametrize(("retained", "said"), [(True, "Behouden tussen"), (False, "Niet duidelijk")])
def test_kept_is_said_only_where_it_is(about: Any, retained: bool, said: str) -> None:
    found = frames({"s3": FOURTEEN})
    found.contrasts["retained"] = found.contrasts["retained"].where(
        found.contrasts["retained"].isna(), retained
    )
    drawn = parts(found, about, "s3")
    assert said in text(drawn["waves-sentences"], "site")
    assert ("✚" in text(drawn["waves-figure"], "site")) is retained


# methods F9 and F11, with one decimal
GOLDEN = {
    ("response-shift-sentences", "nl"): (
        "Terugkijken op het begin Na de training gaven professionals ook aan hoe zij, terugkijkend, hun "
        "beginniveau zien. Geen van beide metingen is vooraf de betere: daarom staan beide verschillen er. "
        "Terugkijkend schatten professionals hun beginniveau bij ‘Ervaren vaardigheid’ 0,3 punt lager in dan "
        "vooraf; daardoor oogt de verandering groter (+0,7 in plaats van +0,5 punt)."
    ),
    ("response-shift-sentences", "en"): (
        "Looking back on the start After the training professionals also told how, looking back, they see "
        "their starting level. Neither measure is the better one beforehand: that is why both differences "
        "are given. Looking back, professionals rate their starting level of ‘Self-rated skill’ 0.3 points "
        "lower than before, which makes the change look larger (+0.7 instead of +0.5 points)."
    ),
    ("reliable-change-sentences", "en"): (
        "For how many professionals did the score rise by more than the error of measuring? ‘Self-rated "
        "skill’: 32 of 54. Error of measuring: even without change nobody answers exactly the same twice. "
        "How large it is, we estimate from these answers themselves."
    ),
    ("attrition-sentences", "en"): (
        "Those who filled it in twice scored higher on ‘Self-rated skill’ before (3.1) than those who left "
        "(2.7)."
    ),
}


@pytest.mark.parametrize(("id_", "language"), GOLDEN, ids=lambda value: value)
def test_readings(about: Any, id_: str, language: str) -> None:
    said = text(_alone(SIXTY, about)[id_], "site", labels.read(language))
    assert said == GOLDEN[id_, language]


@pytest.mark.parametrize(
    ("lo", "hi", "state"), [(0.1, 0.4, "lower"), (-0.4, -0.1, "higher"), (-0.1, 0.4, "unclear")]
)
def test_the_start_in_hindsight(about: Any, lo: float, hi: float, state: str) -> None:
    found = frames({"s3": SIXTY})
    found.shift = found.shift.assign(shift_lo=lo, shift_hi=hi)
    shown = parts(found, about, "s3")["response-shift"].draw(NL, "site").released
    assert shown is not None
    assert shown["state"].tolist() == [state]


@pytest.mark.parametrize(
    ("up", "same", "down", "form"),
    [
        (20, 14, 6, "three"),  # each large enough
        (20, 20, 0, "of"),  # nobody down is told like a few
        (20, 17, 3, "of"),
        (3, 30, 7, "word"),
        (40, 0, 0, "word"),  # everybody is never said
        (0, 40, 0, "word"),
    ],
)
def test_change_beyond_error_is_told_in_groups_that_are_large_enough(
    about: Any, up: int, same: int, down: int, form: str
) -> None:
    found = frames({"s3": People(40, 40, 40)})
    found.reliable = found.reliable.assign(n_up=up, n_same=same, n_down=down)
    limits = disclosure.limits(about["study"], "site")
    view = released_measuring.reliable(
        found.reliable, found.change, Scope(limits, ["s3"], together=False)
    ).frame
    row = view.iloc[0]
    assert (row["form"] if row["form"] != "percent" else "of") == form
    assert math.isnan(row["n_down"]) is (form != "three")
    told = text(parts(found, about, "s3")["reliable-change-sentences"], "site")
    assert not re.search(r"\b0\b|\balle\b|niemand", told)


def test_sites_differ_in_words_beside_chance(about: Any) -> None:
    said = text(sentences.site_differences(DIFFER, **about), "public")
    assert (
        "in ‘Ervaren vaardigheid’ verschilt tussen de organisaties meer dan toeval verklaart. Met 4" in said
    )
    assert "Of de verandering in ‘Kennis’ tussen de 4 organisaties verschilt, is niet duidelijk" in said
    assert "ε²" not in said  # the table of the appendix has it
    table = tables.site_differences(DIFFER, **about)
    assert not any(name in text(table, "public") for name in ("Esdoorn", "Beuk", "Linde", "Wilg"))
    few = tables.site_differences(DIFFER.assign(n=9), **about)
    assert "Te weinig" in text(few, "public") or "te weinig" in text(few, "public")
    assert few.draw(NL, "public").withheld


def test_contributions_are_told_with_their_people(material: Any) -> None:
    about = {"study": material.study, "codebook": material.codebook, "site": "s1"}
    frame = material.attribution
    golden = frame[(frame["skill"] == "SK04") & (frame["component"] == "CP04")]  # methods G
    said = text(sentences.contribution(golden, **about), "site").replace("\N{NO-BREAK SPACE}", " ")
    assert said == (
        "Van de 41 professionals die ‘Veiligheidsplan met bodemeisen opstellen’ vaak toepassen, noemen er 23 "
        "(56 %) ‘Coaching op de werkvloer’ als onderdeel dat daaraan bijdroeg."
    )
    part = sentences.contribution(frame, **about)
    assert text(part, "site", EN).count("as contributing") == 3


def test_across_sites_it_is_said_what_belongs_to_one_skill(material: Any) -> None:
    shares = {("SK01", "CP01"): 40, ("SK03", "CP01"): 44, ("SK01", "CP04"): 60, ("SK03", "CP04"): 20}
    rows = [
        ("ALL", skill, component, 100, n, n / 100, 0.1, 0.7, 0, 0, 0, 0, "one", False, 0.0, True)
        for (skill, component), n in shares.items()
    ]
    frame = pd.DataFrame(rows, columns=ATTRIBUTION_COLUMNS)
    about = {"study": material.study, "codebook": material.codebook}
    said = text(sentences.contribution(frame, **about), "public").replace("\N{NO-BREAK SPACE}", " ")
    assert (
        "vaakst genoemd: ‘Trainingsdagen’ (gemiddeld 42 %) en ‘Coaching op de werkvloer’ (gemiddeld" in said
    )
    assert (
        "‘Coaching op de werkvloer’ bij ‘Gestructureerde risicotaxatie / veiligheidsinschatting’ (60 %"
        in said
    )
    assert "gemiddeld 40 %)." in said
    assert "duidelijk vaker" not in text(sentences.contribution(frame, **about, site="s1"), "public")


@pytest.mark.parametrize(
    ("users", "grade"), [(4, "hidden"), (5, "hidden"), (6, "hidden"), (7, "two"), (12, "two")]
)
def test_a_grade_does_not_tell_what_everybody_named(users: int, grade: str) -> None:
    row = ("s1", "SK01", "CP01", users, users, 1.0, 0.5, 1.0, 0, 0, 0, 0, "two", False, 0.0, True)
    frame = pd.DataFrame([row], columns=ATTRIBUTION_COLUMNS)
    view = released.attribution(frame, disclosure.Limits("site"), unit="s1").frame
    assert view["grade"].tolist() == [grade]
    assert view["share"].isna().all()


def test_the_learning_of_three_waves_does_not_repeat_the_change(about: Any) -> None:
    found = parts(frames(SITES), about, None)
    for id_ in ("waves", "waves-figure"):
        shown = found[id_].draw(NL, "internal").released
        assert shown is not None
        assert set(shown["contrast"]) == {"retention", "net"}


def test_nothing_measured_is_said_once(about: Any) -> None:
    found = frames({"s3": FOUR})
    empty = found.change.assign(n_before=0, n_after=0, n_pairs=0, state="absent")
    found.change = empty
    drawn = parts(found, about, "s3")
    assert text(drawn["change-figure"], "site") == NL["absent.no_survey"]
    others = [part for id_, part in drawn.items() if id_ not in ("change", "change-figure")]
    assert {text(part, "site") for part in others} == {""}


def test_what_was_not_offered_asked_or_shown_are_three_signs(material: Any) -> None:
    frame = material.attribution.astype({"offered": bool})
    few = (frame["skill"] == "SK01") & (frame["component"] == "CP09")
    frame.loc[few, ["n_users", "n_named"]] = [3, 1]
    frame.loc[(frame["skill"] == "SK03") & (frame["component"] == "CP01"), "offered"] = False
    part = figures.attribution(frame, study=material.study, codebook=material.codebook, site="s1")
    key = text(part, "site")
    for sign, meaning in (("○", "grade.asked"), ("–", "withheld"), ("×", "attribution.not_offered")):
        assert f"{sign} {NL[meaning]}" in key
    assert "Hier niet aangeboden: Gezamenlijk trainen met andere organisaties." in key


def test_both_languages_and_every_reader_get_the_same_numbers(about: Any) -> None:
    for site in (None, "s3"):
        tables_and_words = [p for p in parts(frames(SITES), about, site).values() if p.kind != "figure"]
        for part in tables_and_words:  # a figure gives the numbers of the table behind it
            for audience in ("internal", "site", "public"):
                first, second = (part.draw(words, audience).released for words in (NL, EN))
                assert (first is None) == (second is None)
                if first is not None and second is not None:
                    pd.testing.assert_frame_equal(first, second)


def test_waves_that_never_were_are_told_so(about: Any) -> None:
    found = frames({"s3": FOURTEEN})
    contrasts = found.contrasts.assign(state="absent")
    part = tables.waves(contrasts, found.change, **about, site="s3")
    assert text(part, "site") == NL["absent.no_waves"]
    none = found.shift.assign(n=0, n_change=0, n_then=0)
    assert text(tables.response_shift(none, found.change, **about, site="s3"), "site") == NL["absent.no_then"]
    unlinked = found.leavers.assign(n_both=NAN, n_left=NAN)
    gone = tables.attrition(found.participation, unlinked, found.change, **about, site="s3")
    assert NL["attrition.unlinked"] in text(gone, "site")


def test_fragments_are_valid_and_forbidden_words_are_never_printed(about: Any) -> None:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    banned = re.compile(
        r"significan|effect van|effect of|\bp\s*[=<]|\bnan\b|\b(KEN|VAA|s[1-5])\b", re.IGNORECASE
    )
    seen: list[str] = []
    for key, part in parts(frames(SITES), about, None).items():
        for words in (NL, EN):
            html = str(part.draw(words, "public").html)
            for table in parser.parseFragment(html).iter("table"):
                assert table.find("caption") is not None, key
                assert all(th.get("scope") for th in table.iter("th")), key
            assert not banned.search(text(part, "public", words)), key
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert all(id_.removeprefix("fig-").startswith(key) for id_ in ids), key
        seen += ids
    assert len(seen) == len(set(seen))


def test_what_is_hidden_leaves_no_trace(about: Any) -> None:
    first, second = frames(SITES), frames(SITES)
    for name in ("change", "contrasts", "leavers", "shift"):
        frame = getattr(second, name)
        numbers = [c for c in frame.select_dtypes("float").columns if not c.startswith("n_")]
        setattr(
            second, name, frame.assign(**{c: frame[c].mask(_hidden(frame), frame[c] + 1) for c in numbers})
        )
    reliable = second.reliable
    second.reliable = reliable.assign(n_up=reliable["n_up"].mask(_hidden(reliable), reliable["n_up"] - 1))
    given, changed = (parts(found, about, None) for found in (first, second))
    for key in given:
        assert given[key].draw(NL, "public").html == changed[key].draw(NL, "public").html, key


def _hidden(frame: pd.DataFrame) -> pd.Series:
    return frame["site"].isin(["s3", "s5"])


def test_the_research_team_reads_one_decimal_beside_a_hidden_site(about: Any) -> None:
    inside = disclosure.limits(about["study"], "internal")
    for sites, decimals in (({**SITES, "s2": FOUR}, {1}), (SITES, {2})):
        found = frames(sites)
        view = released_change.in_numbers(found.change, inside, sites=list(sites), together=True).frame
        assert set(view["decimals"]) == decimals
