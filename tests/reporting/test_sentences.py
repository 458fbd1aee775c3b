"""Sentences: change after the training with its numbers, and a certainty that fits the evidence."""

from __future__ import annotations

from typing import Any

import pytest

from casestudy import labels
from casestudy.material.questions import Options
from casestudy.reporting import names, sentences
from casestudy.reporting.parts import Part

Parts = dict[str, Part]


@pytest.mark.parametrize(
    ("n_sources", "n_sites", "n_strands", "step"),
    [
        (1, 1, 1, "lead"),
        (2, 2, 1, "lead"),
        (3, 1, 1, "recurring"),
        (9, 1, 2, "recurring"),
        (2, 2, 2, "grounded"),
    ],
)
def test_the_certainty_ladder(n_sources: int, n_sites: int, n_strands: int, step: str) -> None:
    assert sentences.certainty(n_sources, n_sites, n_strands) == step


# methods F11: diff .45 [.24, .66], 12 professionals, on a five-point scale
GOLDEN = {
    ("nl", "up"): (
        "De score voor ‘Ervaren vaardigheid’ nam na de training toe met 0,5 punt op een vijfpuntsschaal "
        "(95\N{NO-BREAK SPACE}%-BI 0,2–0,7; 12 professionals)."
    ),
    ("en", "up"): (
        "The score for ‘Self-rated skill’ rose by 0.5 points on a five-point scale after the training "
        "(95% CI 0.2–0.7; 12 professionals)."
    ),
    ("nl", "down"): (
        "De score voor ‘Ervaren vaardigheid’ nam na de training af met 0,5 punt op een vijfpuntsschaal "
        "(95\N{NO-BREAK SPACE}%-BI 0,2–0,7; 12 professionals)."
    ),
}


@pytest.mark.parametrize(("language", "state"), GOLDEN, ids=lambda value: value)
def test_the_reading_of_methods_f11(material: Any, language: str, state: str) -> None:
    m, sign = material, 1 if state == "up" else -1
    row = m.change[(m.change["scale"] == "VAA") & (m.change["site"] == "s1")]
    lo, hi = sorted([sign * 0.24, sign * 0.66])
    golden = row.assign(diff=sign * 0.45, lo=lo, hi=hi, n_before=12, n_after=12, n_pairs=12, state=state)
    part = sentences.change(golden, study=m.study, instrument=m.instrument, site="s1")
    html = str(part.draw(labels.read(language), "site").html)
    assert html.startswith(f"<ul><li>{GOLDEN[language, state]}</li></ul>")
    assert labels.read(language)["sentence.interval_note"] in html


@pytest.mark.parametrize(
    ("site", "audience", "said"),
    [
        ("s5", "site", "te weinig mensen mee om er meer over te zeggen"),
        ("s4", "site", "44 professionals vooraf en 36 achteraf"),
    ],
)
def test_small_and_unlinked_sites_are_worded(material: Any, site: str, audience: Any, said: str) -> None:
    part = sentences.change(material.change, study=material.study, instrument=material.instrument, site=site)
    assert said in str(part.draw(labels.read("nl"), audience).html)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(1, 5, "een vijfpuntsschaal"), (1, 7, "een zevenpuntsschaal"), (0, 10, "een schaal van 0 tot 10")],
)
def test_the_scale_is_named_by_its_points(material: Any, low: float, high: float, said: str) -> None:
    options = {"five": Options(min=low, max=high)}
    instrument = material.instrument.model_copy(update={"options": options})
    assert names.scale_words(instrument, "VAA", labels.read("nl")) == said


def test_a_rise_smaller_than_the_rounding_is_not_told_as_nothing(material: Any) -> None:
    row = material.change[(material.change["scale"] == "VAA") & (material.change["site"] == "s1")]
    small = row.assign(diff=0.04, lo=0.01, hi=0.07, state="up")
    part = sentences.change(small, study=material.study, instrument=material.instrument, site="s1")
    assert "nam na de training toe met minder dan 0,1 punt" in str(part.draw(labels.read("nl"), "site").html)


def test_at_a_glance_has_three_findings_and_two_points(site_parts: Parts, cross_parts: Parts) -> None:
    for parts in (site_parts, cross_parts):
        html = str(parts["at-a-glance"].draw(labels.read("nl"), "internal").html)
        findings, attention = (block.count("<li>") for block in html.split("<h3>")[1:])
        assert (findings, attention) == (3, 2)
        assert "Wat dit niet is" in html


def test_only_differences_that_stay_are_told(cross_parts: Parts) -> None:
    html = str(cross_parts["differences"].draw(labels.read("nl"), "public").html)
    assert "verschillen vooral op ‘Sociale steun’" in html
    assert "‘Tijd’" not in html.split("</p>")[0]
    assert "Overal belemmerend: ‘Vervanging bij personeelsverloop’" in html
