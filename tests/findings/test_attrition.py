"""The prediction for everybody equals the plain change when nobody left, and undoes selective leaving."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from casestudy.findings import attrition

SCORES = st.lists(st.tuples(st.integers(6, 30), st.integers(6, 30)), min_size=4, max_size=20)


@settings(deadline=None)
@given(pairs=SCORES.filter(lambda pairs: len({x for x, _ in pairs}) > 1))
def test_when_nobody_left_it_is_the_mean_change(pairs):
    x, y = (pd.Series(side) / 6 for side in zip(*pairs, strict=True))
    found = attrition.predicted(x, y)
    assert found.diff == pytest.approx(float((y - x).mean()), abs=1e-9)
    assert found.lo <= found.diff <= found.hi


def test_by_hand():
    # slope 1, mean of the pairs 2 to 3.5; everybody had 2.5 before: 3.5 + 1 * (2.5 - 2) - 2.5
    found = attrition.predicted(pd.Series([1.0, 2.0, 3.0, 4.0]), pd.Series([2.5, 3.5, 4.5, np.nan]))
    assert found.diff == pytest.approx(1.5)
    assert (found.n_before, found.n_pairs) == (4, 3)


def test_sites_keep_their_own_level():
    before = pd.Series([1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 2.0])
    after = pd.Series([1.0, 2.0, 3.0, 2.0, 3.0, 4.0, np.nan])
    site = pd.Series(["a", "a", "a", "b", "b", "b", "b"])
    assert attrition.predicted(before, after, site).diff == pytest.approx(4 / 7)


def test_a_site_without_pairs_is_left_out():
    before, after = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0]), pd.Series([2.0, 3.5, 4.0, np.nan, np.nan])
    site = pd.Series(["a", "a", "a", "a", "b"])
    assert attrition.predicted(before, after, site).n_before == 4


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([1.0, 2.0], [2.0, 3.0]),
        ([2.0, 2.0, 2.0, 2.0], [1.0, 2.0, 3.0, 4.0]),
        ([np.nan] * 4, [1.0] * 4),
        ([], []),
    ],
    ids=["no degree of freedom", "no spread", "nobody before", "nobody"],
)
def test_nan_when_no_slope_can_be_found(before, after):
    found = attrition.predicted(pd.Series(before, dtype=float), pd.Series(after, dtype=float))
    assert all(math.isnan(value) for value in found[:3])


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(11)
    held = []
    for _ in range(400):
        x = rng.normal(3, 0.8, size=40)
        y = 1.5 + 0.7 * x + rng.normal(0, 0.5, size=40)
        left = rng.random(40) < stats.norm.cdf(-x + 2.2)
        found = attrition.predicted(pd.Series(x), pd.Series(np.where(left, np.nan, y)))
        held.append(found.lo <= 1.5 - 0.3 * 3 <= found.hi)
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)
