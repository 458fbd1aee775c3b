"""Sentences: change after the training with its numbers, and a certainty that fits the evidence."""

from __future__ import annotations

from typing import Any

import pytest

from casestudy import labels
from casestudy.reporting import sentences
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
    (
        "nl",
        "up",
    ): "De score voor ‘Ervaren vaardigheid’ lag na de training 0,5 punt hoger, op een schaal van 1 tot 5. "
    "(95\N{NO-BREAK SPACE}%-betrouwbaarheidsinterval +0,2 tot +0,7; professionals: 12)",
    (
        "en",
        "up",
    ): "The score for ‘Self-rated skill’ was 0.5 points higher after the training, on a scale from 1 to 5. "
    "(95% confidence interval +0.2 to +0.7; professionals: 12)",
    (
        "nl",
        "down",
    ): "De score voor ‘Ervaren vaardigheid’ lag na de training 0,5 punt lager, op een schaal van 1 tot 5. "
    "(95\N{NO-BREAK SPACE}%-betrouwbaarheidsinterval −0,7 tot −0,2; professionals: 12)",
}


@pytest.mark.parametrize(("language", "state"), GOLDEN, ids=lambda value: value)
def test_the_reading_of_methods_f11(material: Any, language: str, state: str) -> None:
    m, sign = material, 1 if state == "up" else -1
    row = m.change[(m.change["scale"] == "VAA") & (m.change["site"] == "s1")]
    lo, hi = sorted([sign * 0.24, sign * 0.66])
    golden = row.assign(diff=sign * 0.45, lo=lo, hi=hi, n_before=12, n_after=12, n_pairs=12, state=state)
    part = sentences.change(golden, study=m.study, instrument=m.instrument, site="s1")
    html = str(part.draw(labels.read(language), "site").html)
    assert html == f"<ul><li>{GOLDEN[language, state]}</li></ul>"


@pytest.mark.parametrize(
    ("site", "audience", "said"),
    [
        ("s5", "site", "te weinig mensen mee om er meer over te zeggen"),
        ("s5", "public", "tonen we niet: er deden te weinig mensen mee"),
        ("s4", "site", "professionals: 44 en 36"),
    ],
)
def test_small_and_unlinked_sites_are_worded(material: Any, site: str, audience: Any, said: str) -> None:
    part = sentences.change(material.change, study=material.study, instrument=material.instrument, site=site)
    assert said in str(part.draw(labels.read("nl"), audience).html)


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
