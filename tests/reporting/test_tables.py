"""Tables: small golden fragments, and what each reader sees in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from casestudy import labels
from casestudy.findings import contrasts
from casestudy.reporting import figures, markup, sentences, tables
from casestudy.reporting.markup import Column
from casestudy.reporting.parts import Part
from casestudy.study import Audience

Parts = dict[str, Part]
NL, EN = labels.read("nl"), labels.read("en")

GOLDEN: list[tuple[str, str, Audience]] = [
    ("site_parts", "ratings-list", "site"),
    ("site_parts", "change", "site"),
    ("site_parts", "joint-display", "site"),
    ("site_parts", "at-a-glance", "site"),
    ("cross_parts", "rating-matrix", "public"),
    ("cross_parts", "distinguishing", "public"),
    ("cross_parts", "practice", "public"),
    ("cross_parts", "joint-sentences", "public"),
]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("page", "part", "audience"), GOLDEN, ids=lambda value: value)
def test_golden_fragments(
    request: pytest.FixtureRequest,
    golden: Callable[[str, str], None],
    page: str,
    part: str,
    audience: Audience,
    language: str,
) -> None:
    drawn = request.getfixturevalue(page)[part].draw(labels.read(language), audience)
    golden(f"{part}.{audience}.{language}.html", f"{drawn.html}\n")


def _text(part: Part, audience: Audience, words: labels.Labels = NL) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", str(part.draw(words, audience).html)))


def test_text_is_escaped_in_every_place_of_a_table() -> None:
    evil = "<img src=x onerror=alert(1)>\"'"
    html = str(markup.table("t", evil, [Column(evil), Column(evil)], [(evil, [[evil, evil]])], grouped=True))
    assert "<img" not in html
    assert html.count("&lt;img") == 7


def test_a_site_meets_no_other_site(site_parts: Parts) -> None:
    for part in site_parts.values():
        text = _text(part, "site")
        assert not re.search(r"\b(Beuk|Linde|Wilg|Es)\b", text), part.id
        released = part.draw(NL, "site").released
        if released is not None and "site" in released:
            assert set(released["site"]) == {"Esdoorn"}, part.id


def test_only_the_research_team_sees_an_order_of_sites(cross_parts: Parts) -> None:
    heads = {
        audience: re.findall(
            r'scope="col">([^<]+)<', str(cross_parts["rating-matrix"].draw(NL, audience).html)
        )[1:]
        for audience in ("internal", "public")
    }
    assert heads["internal"] == ["Es", "Wilg", "Linde", "Beuk", "Esdoorn"]
    assert heads["public"] == ["Esdoorn", "Beuk", "Linde", "Wilg", "Es"]
    assert "verandering in vaardigheid" not in _text(cross_parts["rating-matrix"], "public")
    assert "Hoger: Esdoorn" in _text(cross_parts["distinguishing"], "internal")
    assert "Esdoorn" not in _text(cross_parts["distinguishing"], "public")


def test_the_chance_check_stands_under_distinguishing_factors(cross_parts: Parts) -> None:
    assert "door toeval" in _text(cross_parts["distinguishing"], "public")
    assert "by chance alone" in _text(cross_parts["distinguishing"], "public", EN)


def test_a_gap_that_would_tell_a_hidden_rating_is_left_out(cross_parts: Parts) -> None:
    drawn = cross_parts["distinguishing"].draw(NL, "public")
    assert drawn.released is not None
    assert "M04" not in set(drawn.released["code"])


def test_silence_is_told_apart(site_parts: Parts) -> None:
    text = _text(site_parts["ratings-list"], "site")
    assert "Wel naar gevraagd, niemand noemde het: Wet- en regelgeving" in text
    assert "Niet naar gevraagd en niet genoemd: Turbulentie in de organisatie" in text


def test_people_are_told_in_bands(cross_parts: Parts) -> None:
    drawn = cross_parts["participation"].draw(NL, "public")
    assert drawn.released is not None
    assert set(drawn.released["low"]) <= {0, 10, 20, 50, 100}
    assert "minder dan 10" in _text(cross_parts["participation"], "public")


def test_a_condition_needs_a_rating_that_may_be_shown(material: Any) -> None:
    m = material
    part = tables.conditions(
        m.decisions, m.settled, m.proposed, study=m.study, codebook=m.codebook, site="s3"
    )
    assert "Hierover is nog niets vastgesteld" in _text(part, "site")
    assert part.draw(NL, "site").withheld


def test_a_hidden_change_takes_label_and_conclusion_with_it(material: Any) -> None:
    m = material
    part = tables.joint_display(
        m.joint, m.change, m.proposed, study=m.study, guide=m.guide, decisions=m.decisions
    )
    drawn = part.draw(NL, "public")
    assert drawn.released is not None
    small = drawn.released[(drawn.released["site"] == "Es") & (drawn.released["row"] == "vaardigheid")].iloc[
        0
    ]
    assert (small["label"], small["state"]) == ("suppressed", "hidden")
    assert "Conclusie vijf" not in str(drawn.html)
    assert "Conclusie alle" in str(drawn.html)


def test_a_label_that_is_not_settled_is_not_shown(cross_parts: Parts) -> None:
    assert "nog niet vastgesteld" in _text(cross_parts["joint-display"], "public")


def test_thresholds_are_all_printed(material: Any, cross_parts: Parts) -> None:
    released = cross_parts["thresholds"].draw(NL, "public").released
    groups = ("rating", "survey", "machine", "disclosure")
    expected = {f"{g}.{name}" for g in groups for name in getattr(material.study.thresholds, g).model_dump()}
    assert released is not None
    assert set(released["threshold"]) == expected


def test_suggestions_print_the_golden_of_methods_c2(cross_parts: Parts) -> None:
    text = _text(cross_parts["suggestions"], "public", EN)
    assert "80% (67% to 89%)" in text
    assert "0.68" in text
    assert "Too few examples to judge: Beschikbaarheid" in text or "Too few examples" in text


def test_a_reason_for_nothing_must_be_known() -> None:
    with pytest.raises(ValueError, match="must be one of"):
        tables.absent("because", id="x")


def test_an_empty_study_says_why(material: Any) -> None:
    m, about = material, {"study": material.study, "codebook": material.codebook}
    scales = {"study": m.study, "instrument": m.instrument}
    none = {
        name: getattr(m, name).iloc[:0]
        for name in ("settled", "proposed", "change", "practice", "attribution")
    }
    sources, codings = m.sources.iloc[:0], m.codings.iloc[:0]
    rated = (none["settled"], none["proposed"])
    joined = {"study": m.study, "guide": m.guide}
    parts = [
        tables.participation(
            sources, m.participants.iloc[:0], m.responses.iloc[:0], study=m.study, site="s1"
        ),
        tables.ratings_list(*rated, sources, site="s1", **about),
        tables.rating_matrix(*rated, **about),
        figures.ratings(*rated, **about),
        tables.spread(*rated, sources, **about),
        tables.change(none["change"], **scales),
        figures.change(none["change"], site="s1", **scales),
        tables.practice(none["practice"], **about),
        figures.practice(none["practice"], **about),
        tables.attribution(none["attribution"], **about),
        figures.attribution(none["attribution"], site="s1", **about),
        tables.reliability(m.reliability.iloc[:0], **scales),
        tables.joint_display(m.joint.iloc[:0], none["change"], rated[1], decisions=(), **joined),
        tables.conditions((), *rated, **about),
        tables.suggestions(m.evaluation.iloc[:0], codings, **about),
        sentences.at_a_glance(
            *rated, sources, none["change"], none["practice"], instrument=m.instrument, **about
        ),
        sentences.differences(m.leave_one_out.iloc[:0], m.contrasts.iloc[:0], *rated, **about),
    ]
    silent = [
        sentences.change(none["change"], **scales),
        sentences.integration(m.joint.iloc[:0], none["change"], rated[1], **joined),
    ]
    for part in silent:  # the table or figure below each of them says why
        assert _text(part, "internal") == ""
    for part in parts:
        for audience in ("internal", "site", "public"):
            assert len(_text(part, audience).strip()) > 15, part.id


def test_counts_of_conversations_leave_documents_out(material: Any) -> None:
    sources = pd.concat([material.sources, material.sources.head(1).assign(source="d1", kind="document")])
    part = tables.spread(
        material.settled, material.proposed, sources, study=material.study, codebook=material.codebook
    )
    assert "van de 40 gesprekken" in _text(part, "public")


def test_client_topics_are_named_without_counts(material: Any) -> None:
    m = material
    themes = [code for code in m.codebook.codes if code.family == "factor"][:1]
    said = m.codings.iloc[:1].assign(role="client", status="confirmed", family="narrative", code=themes[0].id)
    part = tables.clients(said, study=m.study, codebook=m.codebook)
    for words in (NL, EN):
        html = str(part.draw(words, "public").html)
        assert themes[0].label[words.language] in html
        assert not any(character.isdigit() for character in html)
    empty = tables.clients(said.iloc[:0], study=m.study, codebook=m.codebook)
    assert NL["absent.no_clients"] in str(empty.draw(NL, "public").html)


def test_unreviewed_suggestions_show_only_in_a_concept_build(material: Any) -> None:
    m = material
    code = m.codebook.codes[0]
    found = m.sources[["source"]].head(2).assign(code=code.id)
    shown = {
        concept: tables.coverage(found, m.sources, study=m.study, codebook=m.codebook, concept=concept)
        for concept in (True, False)
    }
    assert code.label.nl in str(shown[True].draw(NL, "site").html)
    assert NL["coverage.note"] in str(shown[True].draw(NL, "site").html)
    assert str(shown[False].draw(NL, "site").html) == ""


def test_without_two_groups_no_absence_of_difference_is_claimed(material: Any) -> None:
    m, about = material, {"study": material.study, "codebook": material.codebook}
    rated = m.settled, m.proposed
    wide = contrasts.matrix(m.settled, codes=list(dict.fromkeys(m.settled["code"])), sites=m.study.site_ids)
    nothing = contrasts.distinguish(wide, [], m.study.site_ids)
    left_out = contrasts.leave_one_site_out(wide, [], m.study.site_ids)
    chance = contrasts.chance_baseline(29, 0, len(m.study.sites), seed=1)
    groups = {"high": [], "low": m.study.site_ids, "criterion": m.study.question, "chance": chance}
    table = _text(tables.distinguishing(nothing, left_out, *rated, **about, **groups), "public")
    assert table.strip() == NL.say("absent.no_groups", sites=NL[f"site_words.{m.study.site_word}"])
    said = _text(sentences.differences(left_out, nothing, *rated, **about), "public")
    assert NL["differences.none"].split("{")[0] not in said
