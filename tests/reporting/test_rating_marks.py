"""Marks of ratings: evidence that changed is told wherever a rating stands, other voices without numbers."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from casestudy import labels
from casestudy.reporting import figures, names, quotes, sentences, tables
from casestudy.reporting.disclosure import Limits
from casestudy.reporting.parts import Part
from casestudy.reporting.quotes import Quote
from casestudy.reporting.tables.ratings import against_word
from casestudy.study import Audience

NL, EN = labels.read("nl"), labels.read("en")
ALL: tuple[Audience, ...] = ("internal", "site", "public")
COUNTS = {"n_new": 0, "n_gone": 0, "n_changed": 0}


def text(part: Part, audience: Audience = "site", words: labels.Labels = NL) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", str(part.draw(words, audience).html)))


def stale(material: Any, *cells: tuple[str, str], **counts: int) -> pd.DataFrame:
    """The settled ratings of the fixture with some cells stale."""
    frame = material.settled.assign(**COUNTS)
    chosen = [(site, code) in cells for site, code in zip(frame["site"], frame["code"], strict=True)]
    frame.loc[chosen, "standing"] = "stale"
    for column, n in counts.items():
        frame.loc[chosen, column] = n
    return frame


def about(m: Any, **more: Any) -> dict[str, Any]:
    return {"study": m.study, "codebook": m.codebook, **more}


def parts_with_ratings(m: Any, settled: pd.DataFrame) -> dict[str, Part]:
    """Every part that shows the rating of M16 at s1, or rests on it."""
    rated, fixed = (settled, m.proposed), about(m)
    joint = m.joint.merge(
        settled.loc[settled["code"] == "M16", ["site", "standing"]], on="site", suffixes=("_", "")
    )
    joined = {"study": m.study, "guide": m.guide}
    glance = (m.sources, m.change, m.practice.iloc[:0])
    own = [frame[frame["site"] == "s1"] for frame in rated]
    own[0] = own[0][own[0]["code"].isin(["M16", "M05"])]
    condition = [d.model_copy(update={"code": "M16"}) for d in m.decisions if d.kind == "condition"]
    made = [
        tables.ratings_list(*rated, m.sources, site="s1", **fixed),
        tables.rating_matrix(*rated, **fixed),
        figures.ratings(*rated, **fixed),
        tables.joint_display(joint, m.change, m.proposed, **joined, decisions=m.decisions),
        sentences.integration(joint, m.change, m.proposed, **joined, site="s1"),
        sentences.at_a_glance(*own, *glance, instrument=m.instrument, site="s1", **fixed),
        tables.conditions(condition, *rated, site="s1", **fixed),
        tables.conditions(condition, *rated, **fixed),
        sentences.differences(m.leave_one_out, m.contrasts.iloc[:0], *rated, **fixed),
        tables.distinguishing(
            m.contrasts.assign(label=m.contrasts["label"].mask(m.contrasts["code"] == "M16", "weak")),
            *(m.leave_one_out, *rated),
            **fixed,
            high=m.high,
            low=m.low,
            criterion=m.criterion,
            chance=m.chance,
        ),
    ]
    return {f"{number}-{part.id}": part for number, part in enumerate(made)}


@pytest.mark.parametrize("words", [NL, EN], ids=["nl", "en"])
def test_changed_evidence_is_told_in_every_part_that_shows_the_rating(
    material: Any, words: labels.Labels
) -> None:
    marked = parts_with_ratings(material, stale(material, ("s1", "M16")))
    plain = parts_with_ratings(material, stale(material))
    told = {key: words[key].removeprefix("↻ ") for key in ("key.stale", "key.stale_note")}
    for name in marked:
        said = text(marked[name], "site", words)
        assert said.count(names.STALE) >= 2, f"{name}: the mark, and what it means"
        assert any(meaning in said for meaning in told.values()), name
        assert names.STALE not in text(plain[name], "site", words), name


def test_exactly_the_changed_cell_is_marked(material: Any) -> None:
    found = stale(material, ("s2", "M23"), ("s3", "M04"), ("s1", "M26"))
    html = str(tables.rating_matrix(found, material.proposed, **about(material)).draw(NL, "public").html)
    cells = re.findall(r'data-label="(\w+)">([^<]*↻)', html)
    assert cells == [("Beuk", "−2 ↻")], "a rating that is not shown has no mark"
    assert "Turbulentie in de organisatie ↻" in html, "silence that was broken since is marked too"
    released = tables.rating_matrix(found, material.proposed, **about(material)).draw(NL, "public").released
    assert released is not None
    assert released.loc[released["stale"], ["code", "site"]].to_numpy().tolist() == [["M23", "Beuk"]]


def test_a_rating_nobody_pinned_is_not_marked(material: Any) -> None:
    loose = material.settled.assign(standing="unpinned")
    part = tables.rating_matrix(loose, material.proposed, **about(material))
    assert str(part.draw(NL, "public").html) == str(
        tables.rating_matrix(material.settled, material.proposed, **about(material)).draw(NL, "public").html
    )


def test_agreement_of_coders_marks_ratings(material: Any) -> None:
    verdicts = {"M13": "tentative", "M16": "insufficient", "M19": "too_few", "M23": "ok", "M26": "tentative"}
    rated, fixed = (material.settled, material.proposed), about(material, agreement=verdicts)
    for part in (
        tables.ratings_list(*rated, material.sources, site="s1", **fixed),
        tables.rating_matrix(*rated, **fixed),
        figures.ratings(*rated, **fixed),
    ):
        said = text(part)
        for marked in ("Sociale steun †", "Eigen-effectiviteitsverwachting †"):
            assert marked in said, part.id
        assert "Formele bekrachtiging management †" not in said
        assert "Tijd †" not in said
        assert "voorlopig" in said
        assert (
            "Onvoldoende overeenstemming tussen onderzoekers over: Eigen-effectiviteitsverwachting." in said
        )
        assert "herkenden: Formele bekrachtiging management." in said


def voices(material: Any, n_minus: int) -> pd.DataFrame:
    helps = (material.proposed["site"] == "s1") & (material.proposed["code"] == "M13")
    return material.proposed.assign(n_minus=material.proposed["n_minus"].mask(helps, n_minus))


VOICES = [
    (0, ""),
    (1, "Soms klinkt het ook anders."),
    (2, "Soms klinkt het ook anders."),
    (4, "Anders klinkt"),
]


@pytest.mark.parametrize("audience", ALL)
@pytest.mark.parametrize(("n", "said"), VOICES)
def test_other_voices_are_told_in_words(material: Any, n: int, said: str, audience: Audience) -> None:
    fixed = about(material, site="s1")
    drawn = tables.ratings_list(material.settled, voices(material, n), material.sources, **fixed)
    found = re.findall(r'<p class="otherwise">([^<]*)</p>', str(drawn.draw(NL, audience).html))
    assert [one for one in found if not one.startswith(said)] == []
    assert len(found) == bool(n)
    assert not any(character.isdigit() for one in found for character in one)


def test_few_voices_are_never_told_apart() -> None:
    for audience in ALL:
        assert {against_word(n, 8, Limits(audience)) for n in (1, 2)} == {"some"}


def test_a_quote_stands_on_its_own_side(material: Any) -> None:
    given = [
        Quote("q1", "Dat hindert.", "M13", "s1", frozenset({"site"}), "someone", direction="-"),
        Quote("q2", "Dat helpt.", "M13", "s1", frozenset({"site"}), "someone", direction="+"),
        Quote("q3", "Nog een.", "M16", "s1", frozenset({"site"}), "someone", direction="-"),
        Quote("q4", "Alleen intern.", "M13", "s1", frozenset({"internal"}), "someone", direction="x"),
    ]
    fixed = about(material, site="s1")
    html = str(
        tables.ratings_list(material.settled, voices(material, 1), material.sources, given, **fixed)
        .draw(NL, "site")
        .html
    )
    assert html.index("Dat helpt.") < html.index('<p class="otherwise">') < html.index("Dat hindert.")
    assert "Nog een." not in html, "a quote against a rating needs other voices beside it"
    assert "Alleen intern." not in html


@pytest.mark.parametrize(
    ("columns", "direction"),
    [
        ({"valence": "-"}, "-"),
        ({"valence": None, "practice": "partly"}, "x"),
        ({}, ""),
        ({"valence": None}, ""),
    ],
)
def test_a_quote_points_where_its_coding_points(
    material: Any, columns: dict[str, str | None], direction: str
) -> None:
    codings = material.codings.assign(**columns)
    found = quotes.released(
        material.decisions, codings, material.source_rows, material.people, study=material.study
    )
    assert {quote.direction for quote in found} == {direction}
    assert quotes.from_frame(quotes.frame(found, "s1")) == found


@pytest.mark.parametrize("audience", ALL)
def test_one_group_of_staff_is_told_to_the_research_team_only(material: Any, audience: Audience) -> None:
    looser = {"min_roles": 1}
    signed = {
        "threshold": "min_roles",
        "value": 1,
        "who": "FG",
        "when": "2019-01-01",
        "why": "afgesproken met",
    }
    thresholds = type(material.study.thresholds).model_validate({"disclosure": looser, "signed": [signed]})
    study = material.study.model_copy(update={"thresholds": thresholds})
    alone = material.proposed.assign(single_role=True, n_roles=1)
    part = tables.ratings_list(
        material.settled, alone, material.sources, study=study, codebook=material.codebook, site="s1"
    )
    assert ("van één groep medewerkers" in text(part, audience)) == (audience == "internal")


RATED = pd.DataFrame(
    [
        ("s1", f"M{number}", value, rater)
        for rater, values in (("jansen", "1 2 -1 0 X M"), ("bakker", "1 1 -1 0 X X"))
        for number, value in enumerate(values.split())
    ],
    columns=["site", "code", "value", "rater"],
)


def test_the_appendix_names_what_is_to_be_confirmed_again(material: Any) -> None:
    settled = stale(material, ("s1", "M16"), n_new=2, n_gone=1)
    part = tables.evidence(settled, material.proposed, RATED, **about(material, site="s1"))
    assert "Eigen-effectiviteitsverwachting nieuwe fragmenten: 2 en vervallen fragmenten: 1" in text(
        part, "internal"
    )
    for audience in ("site", "public"):
        said = text(part, audience)
        assert "Eigen-effectiviteitsverwachting het materiaal is veranderd" in said
        assert "fragmenten" not in said
        assert "jansen" not in said
    assert "een nieuwe versie van het codeboek" in text(
        tables.evidence(
            stale(material, ("s1", "M16")), material.proposed, RATED, **about(material, site="s1")
        )
    )


def test_what_may_not_be_shown_is_not_named(material: Any) -> None:
    settled = stale(material, ("s3", "M04"), n_new=1)
    part = tables.evidence(settled, material.proposed, RATED, **about(material))
    assert "Complexiteit" not in text(part, "site")
    assert part.draw(NL, "site").withheld
    assert "Complexiteit" in text(part, "internal")


def test_the_appendix_says_how_far_raters_agreed(material: Any) -> None:
    part = tables.evidence(
        stale(material), material.proposed, RATED, **about(material, site="s1")
    )  # 1 2 -1 0 against 1 1 -1 0: quadratic 1 - .25 / 2.0
    said, english = text(part), text(part, "site", EN)
    assert "6 keer dezelfde factor" in said
    assert "In 4 gevallen" in said
    assert "0,88 (kwadratisch" in said
    assert "0.88 (quadratic" in english
    assert "In 83 % van alle gevallen" in said.replace("\N{NO-BREAK SPACE}", " ")


def test_the_appendix_without_raters_pins_or_ratings(material: Any) -> None:
    nobody, fixed = RATED.iloc[:0], about(material, site="s1")
    loose = stale(material).assign(standing="unpinned")
    said = text(tables.evidence(loose, material.proposed, nobody, **fixed))
    assert "Van 10 van de 10 beoordelingen is niet vastgelegd" in said
    assert "geen twee onderzoekers" in said
    none = tables.evidence(loose.iloc[:0], material.proposed.iloc[:0], nobody, **fixed)
    assert "nog geen beoordelingen" in text(none)
