"""Adjusted p-values equal published ones and never fall below the given ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import multiplicity

# Benjamini & Hochberg (1995), section 4: fifteen p-values of a trial on thrombolysis
BH_1995 = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
BH_1995 += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("adjust", "expected"),
    [
        (multiplicity.holm, [0.012, 0.040, 0.31]),
        (multiplicity.benjamini_hochberg, [0.012, 0.030, 0.31]),
    ],
)
def test_three_scales(adjust, expected):
    assert adjust([0.004, 0.020, 0.31]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("adjust", "rejections"), [(multiplicity.holm, 3), (multiplicity.benjamini_hochberg, 4)]
)
def test_fifteen_published_p_values(adjust, rejections):
    assert int((adjust(BH_1995) <= 0.05).sum()) == rejections


@pytest.mark.parametrize("adjust", [multiplicity.holm, multiplicity.benjamini_hochberg])
@settings(deadline=None)
@given(p=P_VALUES, seed=st.integers(0, 99))
def test_adjusting_keeps_order_and_only_raises(adjust, p, seed):
    adjusted = adjust(p)
    assert np.all(adjusted >= np.asarray(p) - 1e-15)
    assert np.all(adjusted <= 1)
    shuffled = np.random.default_rng(seed).permutation(len(p))
    assert np.array_equal(adjust(np.asarray(p)[shuffled]), adjusted[shuffled])


@pytest.mark.parametrize("adjust", [multiplicity.holm, multiplicity.benjamini_hochberg])
def test_a_test_that_was_not_done_does_not_count(adjust):
    adjusted = adjust([0.01, np.nan, 0.04])
    assert np.isnan(adjusted[1])
    assert adjusted[[0, 2]] == pytest.approx(adjust([0.01, 0.04]))
    assert len(adjust([])) == 0
