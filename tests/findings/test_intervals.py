"""Published and hand-checked intervals; bounds that hold for all counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.findings import intervals

WILSON = [  # k, n, lo, hi, where in the methods specification
    (45, 50, 0.786, None, "C1: fails the gate"),
    (46, 50, 0.812, None, "C1: passes the gate"),
    (19, 20, 0.764, None, "C1: fails the gate"),
    (40, 50, 0.670, 0.888, "C2: precision"),
    (40, 60, 0.541, 0.773, "C2: recall"),
    (41, 52, 0.660, 0.878, "G: practised"),
    (23, 41, 0.410, 0.701, "G: contributing"),
    (0, 7, 0.0, 0.354, "G: none of seven"),
]


@pytest.mark.parametrize(("k", "n", "lo", "hi", "where"), WILSON)
def test_wilson_matches_the_printed_bounds(k, n, lo, hi, where):
    interval = intervals.wilson(k, n)
    assert interval.lo == pytest.approx(lo, abs=5e-4), where
    assert hi is None or interval.hi == pytest.approx(hi, abs=5e-4), where


def test_wilson_of_nothing_is_nan():
    assert all(math.isnan(bound) for bound in intervals.wilson(0, 0))


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(k, n):
    with pytest.raises(ValueError, match="0 <= k <= n"):
        intervals.wilson(k, n)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_confidence_is_a_share(confidence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        intervals.wilson(1, 2, confidence)


@given(n=st.integers(1, 400), data=st.data())
def test_wilson_holds_the_share_and_mirrors(n, data):
    k = data.draw(st.integers(0, n))
    lo, hi = intervals.wilson(k, n)
    assert 0 <= lo <= k / n <= hi <= 1
    assert (1 - hi, 1 - lo) == pytest.approx(intervals.wilson(n - k, n))


SLEEP = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
PAIRS = (
    [2.8, 3.0, 3.2, 2.5, 3.7, 3.3, 2.2, 3.5, 4.0, 2.7, 3.2, 3.0],
    [3.5, 3.3, 3.2, 3.3, 3.8, 4.0, 3.0, 3.4, 4.2, 3.5, 3.7, 3.6],
)
MEANS = [  # values, lo, hi, tolerance, where
    (np.subtract(PAIRS[1], PAIRS[0]), 0.238, 0.662, 5e-4, "methods F5, twelve pairs"),
    (SLEEP, -0.5297804, 2.0297804, 5e-7, "first group of Student's sleep data, R t.test"),
]


@pytest.mark.parametrize(("values", "lo", "hi", "tolerance", "where"), MEANS)
def test_t_interval_matches_the_printed_bounds(values, lo, hi, tolerance, where):
    assert intervals.t_interval(values) == pytest.approx((lo, hi), abs=tolerance), where


def test_t_interval_leaves_missing_values_out():
    assert intervals.t_interval([1.0, math.nan, 2.0, 3.0]) == intervals.t_interval([1.0, 2.0, 3.0])


@pytest.mark.parametrize("values", [[], [1.0], [math.nan, math.nan, 2.0]])
def test_t_interval_needs_two_values(values):
    assert all(math.isnan(bound) for bound in intervals.t_interval(values))


def test_net_shift_and_sign_test_match_the_example():
    shift = intervals.agresti_min(14, 20, 6)  # methods F5
    assert (shift.value, shift.lo, shift.hi) == pytest.approx((0.20, -0.015, 0.396), abs=5e-4)
    assert shift.n == 40
    assert intervals.sign_test(14, 6) == pytest.approx(0.115, abs=5e-4)


def test_nobody_moved_and_nobody_answered():
    assert math.isnan(intervals.sign_test(0, 0))
    assert math.isnan(intervals.agresti_min(0, 0, 0).value)
    assert intervals.agresti_min(0, 9, 0).value == 0


@pytest.mark.parametrize("counts", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_counts_are_not_negative(counts):
    with pytest.raises(ValueError, match="negative"):
        intervals.agresti_min(*counts)


@given(up=st.integers(0, 60), same=st.integers(0, 60), down=st.integers(0, 60))
def test_net_shift_mirrors_and_stays_within_bounds(up, same, down):
    forward, back = intervals.agresti_min(up, same, down), intervals.agresti_min(down, same, up)
    if forward.n:
        assert -1 <= forward.lo <= forward.hi <= 1
        assert (forward.value, forward.lo, forward.hi) == pytest.approx((-back.value, -back.hi, -back.lo))
    if up + down:
        assert intervals.sign_test(up, down) == pytest.approx(intervals.sign_test(down, up))


@given(up=st.integers(0, 30), down=st.integers(0, 30))
def test_sign_test_counts_the_patterns(up, down):
    n = up + down
    as_far = [math.comb(n, k) for k in range(n + 1) if abs(2 * k - n) >= abs(up - down)]
    if n:
        assert intervals.sign_test(up, down) == pytest.approx(sum(as_far) / 2**n)


@pytest.mark.parametrize(
    ("t", "n", "m", "confidence", "lo", "hi"),
    [
        # limits of the noncentrality, as the R package MBESS prints them for t and for the difference
        (1.5993420, 16, 16, 0.99, -1.042603 * math.sqrt(1 / 8), 4.21681 * math.sqrt(1 / 8)),
        (1.599, 18, 14, 0.99, -0.3716427, 1.502524),
    ],
)
def test_published_intervals_of_a_standardised_difference(t, n, m, confidence, lo, hi):
    # they print the uncorrected difference
    factor = intervals.hedges_correction(n + m - 2)
    found = intervals.hedges_interval(factor * t * math.sqrt(1 / n + 1 / m), n, m, confidence)
    assert (found.lo / factor, found.hi / factor) == pytest.approx((lo, hi), abs=5e-6)


def test_no_difference_has_an_even_interval_and_an_unknown_one_none():
    found = intervals.hedges_interval(0.0, 12, 15)
    assert found.lo == pytest.approx(-found.hi)
    assert all(math.isnan(bound) for bound in intervals.hedges_interval(math.nan, 12, 15))
    assert all(math.isnan(bound) for bound in intervals.hedges_interval(0.5, 1, 1))
