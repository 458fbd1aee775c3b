"""Distinguishing factors, row by row, over the published ratings of five hospital units."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from casestudy.findings import contrasts

pytestmark = pytest.mark.real_material

# Varsi et al. (2015), JMIR 17(11):e262, table 2, as typed from the table: 29 constructs by 5 units.
WORDS = {"Missing": "M", "0mix": "X"}
N_VISIBLE = {"strong": 5, "weak": 5, "none": 12}


@pytest.fixture(scope="module")
def published(shared_data: Path) -> tuple[pd.DataFrame, pd.Series, list[str], list[str]]:
    """Ratings, published class, high and low units; without the row that tells only an origin."""
    folder = shared_data / "reference" / "cfir"
    table = pd.read_csv(folder / "varsi2015_epatient.csv", dtype=str, keep_default_na=False)
    sides = json.loads((folder / "varsi2015_epatient.expected.json").read_text(encoding="utf-8"))["sites"]
    table = table.set_index("construct")
    rated = table[list(sides)].replace(WORDS)
    high, low = ([unit for unit, side in sides.items() if side == wanted] for wanted in ("high", "low"))
    is_rated = ~rated.isin(["E"]).any(axis=1)
    return rated[is_rated], table.loc[is_rated, "published_class"], high, low


def test_every_visible_row_has_its_published_class(published) -> None:
    rated, classes, high, low = published
    visible = rated[(rated != "M").any(axis=1)]
    labels = contrasts.distinguish(visible, high, low).set_index("code")["label"]
    # Published as not distinguishing; without a rated unit on either side it is said that nothing can be.
    said = labels.replace("insufficient", "none")
    assert said.to_dict() == classes[visible.index].to_dict()
    assert said.value_counts().to_dict() == N_VISIBLE
    assert set(labels.index[labels == "insufficient"]) == {
        "Cost",
        "Organisational incentives and rewards",
        "Access to information and knowledge",
    }


def test_a_row_without_any_rating_is_insufficient_and_never_no_difference(published) -> None:
    rated, _, high, low = published
    silent = rated[(rated == "M").all(axis=1)]
    labels = contrasts.distinguish(silent, high, low)
    assert len(silent) == 6
    assert set(labels["label"]) == {"insufficient"}
    assert labels[["gap", "difference"]].isna().all(axis=None)


def test_a_unit_without_any_rating_makes_every_row_insufficient(published) -> None:
    rated, _, high, low = published
    for unit in low:
        assert set(contrasts.distinguish(rated.assign(**{unit: "M"}), high, low)["label"]) == {"insufficient"}
    # A silent unit among several on its side is as if it had not been there.
    for unit in high:
        there = contrasts.distinguish(rated.assign(**{unit: "M"}), high, low)
        without = contrasts.distinguish(rated.drop(columns=unit), [h for h in high if h != unit], low)
        pd.testing.assert_frame_equal(there, without)
