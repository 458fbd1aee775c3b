"""The search finds the lowest point wherever it lies, and sums of two waves are those of the scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.findings import likelihood


@given(st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=5))
def test_the_lowest_point_of_each_model_is_found(lows):
    target = np.array(lows)
    found = likelihood.lowest(lambda share: (share - target) ** 2, target.shape)
    assert found == pytest.approx(np.clip(target, 0, 1), abs=1e-7)


def test_the_lower_of_two_valleys_is_found():
    found = likelihood.lowest(lambda s: np.minimum((s - 0.2) ** 2, (s - 0.8) ** 2 - 0.01), ())
    assert float(found) == pytest.approx(0.8, abs=1e-7)


def test_sums_are_per_site_and_ignore_the_order_of_people():
    before, after = np.array([1.0, np.nan, 3.0, 5.0]), np.array([2.0, 4.0, np.nan, 7.0])
    waves = likelihood.two_waves(before, after, np.array([1, 0, 1, 1]))
    assert waves.n_pairs.tolist() == [0, 2]
    assert waves.n_first.tolist() == [0, 1]
    assert waves.n_second.tolist() == [1, 0]
    assert waves.m_before[1] == pytest.approx(3)
    assert waves.m_after.tolist() == pytest.approx([4, 4.5])
    assert waves.pair_before[1] == pytest.approx((1 - 3) + (5 - 3))
    assert waves.squares[1] == pytest.approx(4 + 0 + 4 + 2 * 2.5**2)
    assert waves.change_squares[1] == pytest.approx(2 * 0.5**2)
    assert waves.n == 6


def test_several_sets_of_scores_are_summed_side_by_side():
    rng = np.random.default_rng(1)
    before, after = rng.normal(size=(2, 3, 9))
    after[:, 4:6] = np.nan
    site = np.repeat([0, 1, 2], 3)
    together = likelihood.two_waves(before, after, site)
    alone = likelihood.two_waves(before[2], after[2], site)
    for name in ("m_before", "pair_after", "squares", "pair_squares", "single_squares", "change_squares"):
        assert getattr(together, name)[2] == pytest.approx(getattr(alone, name), nan_ok=True), name
    assert together.n_pairs.tolist() == alone.n_pairs.tolist()
