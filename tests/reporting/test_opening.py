"""The first part of a report: what it rests on, and which sites are not up to date in it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from casestudy import labels
from casestudy.reporting import opening

NL = labels.read("nl")


def test_material_is_told_in_bands(material: Any) -> None:
    m = material
    part = opening.head(m.sources, m.responses, study=m.study, site=m.study.sites[0])
    html = str(part.draw(NL, "site").html)
    assert m.study.sites[0].name in html
    assert "gesprekken" in html


@pytest.mark.parametrize(
    ("state", "date", "said"),
    [
        ("old", "2023-11-14", "(van 14 november 2023). Daarvan zijn eerdere cijfers gebruikt."),
        ("absent", None, "Daarvan is nog niets verwerkt."),
        ("current", None, None),
    ],
)
def test_sites_that_are_not_up_to_date_are_named(
    state: str, date: str | None, said: str | None, material: Any
) -> None:
    m = material
    first, *others = m.study.sites
    rows = [(first.id, state, date), *((site.id, "current", None) for site in others)]
    states = pd.DataFrame(rows, columns=["site", "state", "date"])
    part = opening.head(m.sources, m.responses, study=m.study, site=None, states=states)
    html = str(part.draw(NL, "public").html)
    assert (first.name in html) == (said is not None)
    assert said is None or said in html


def test_nine_who_all_came_twice_are_not_told_to_be_nine(material: Any) -> None:
    rows = [(f"r{n}", wave, "KEN1", 3.0, "s1") for n in range(9) for wave in ("T0", "T1")]
    answers = pd.DataFrame(rows, columns=["respondent", "wave", "item", "value", "site"])
    part = opening.head(material.sources, answers, study=material.study, site=material.study.sites[0])
    assert "5 tot en met 19 mensen" in str(part.draw(NL, "site").html)
