"""Intraclass correlations as published."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from casestudy.errors import WrongUse
from casestudy.findings.icc import intraclass

# Shrout & Fleiss (1979), table 2: six targets, four judges
JUDGES = [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]]
NAMES = {"ICC(1,1)": "ICC1", "ICC(2,1)": "ICC2", "ICC(3,1)": "ICC3"}
NAMES |= {"ICC(1,4)": "ICC1k", "ICC(2,4)": "ICC2k", "ICC(3,4)": "ICC3k"}


def test_shrout_and_fleiss_1979(shared_data: Path) -> None:
    folder = shared_data / "reference" / "agreement"
    scores = pd.read_csv(folder / "shrout_fleiss_1979.csv", index_col="subject").T.to_numpy()
    expected = json.loads((folder / "shrout_fleiss_1979.expected.json").read_text())
    found = intraclass(scores).set_index("form")
    # Those further digits come from a fit by iteration, which stops a millionth short of the formula.
    assert found["value"].to_dict() == pytest.approx(expected["precise_psych"], abs=2e-6)
    rounded = {name: found.loc[form, "value"] for name, form in NAMES.items()}
    assert rounded == pytest.approx(expected["published_rounded"], abs=5e-3)
    assert found.loc["ICC2", ["lo", "hi"]].tolist() == pytest.approx(expected["ci95_ICC2"], abs=2e-6)


def test_bounds_lie_around_the_value() -> None:
    table = intraclass(JUDGES)
    assert ((table["lo"] < table["value"]) & (table["value"] < table["hi"])).all()


def test_raters_who_differ_in_nothing_agree_entirely() -> None:
    table = intraclass([[1, 2, 3, 4], [1, 2, 3, 4]])
    assert table["value"].tolist() == [1.0] * 6
    assert table["lo"].tolist() == [1.0] * 6


@pytest.mark.parametrize("scores", [[[1, 2], [1, float("nan")]], [[1, 1], [1, 1]], [[1, 2, 3]]])
def test_too_little_is_nan(scores: list[list[float]]) -> None:
    assert intraclass(scores)[["value", "lo", "hi"]].isna().all(axis=None)


def test_a_blank_drops_the_unit() -> None:
    more = [[*judge, float("nan")] for judge in JUDGES]
    pd.testing.assert_frame_equal(intraclass(more), intraclass(JUDGES))


def test_wrong_shape_is_refused() -> None:
    with pytest.raises(WrongUse, match="a row per rater"):
        intraclass([1, 2, 3])


# Scores on which a form has no total variance: raters by units, and the forms that are then nan
NO_VARIANCE = [
    ([[1, 2], [2, 1]], {"ICC2", "ICC1k", "ICC2k", "ICC3k"}),
    ([[1, 3], [1, 1], [3, 1], [3, 3]], {"ICC1k", "ICC2k", "ICC3k"}),
    ([[2, 2, 2, 3], [3, 1, 1, 1], [1, 3, 3, 2]], {"ICC1k", "ICC2k", "ICC3k"}),
]


@pytest.mark.parametrize(("scores", "undefined"), NO_VARIANCE)
def test_units_that_do_not_differ_leave_a_mean_without_a_coefficient(
    scores: list[list[int]], undefined: set[str]
) -> None:
    table = intraclass(scores).set_index("form")
    assert set(table.index[table["value"].isna()]) == undefined
    assert (table["value"].dropna() <= 1).all()


def test_a_bound_for_which_nothing_is_left_is_nan() -> None:
    row = intraclass([[2.97, 0.82, 1.27], [-1.77, -0.31, 0.09]]).set_index("form").loc["ICC2"]
    assert row["value"] == pytest.approx(-0.32189, abs=1e-5)  # as the package pingouin has it
    assert row[["lo", "hi"]].isna().all()
