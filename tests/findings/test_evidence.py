"""The sign-flip test counts every pattern, and a state says no more than its interval."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import evidence

# methods F5, golden set of twelve pairs
BEFORE = [2.8, 3.0, 3.2, 2.5, 3.7, 3.3, 2.2, 3.5, 4.0, 2.7, 3.2, 3.0]
AFTER = [3.5, 3.3, 3.2, 3.3, 3.8, 4.0, 3.0, 3.4, 4.2, 3.5, 3.7, 3.6]
# test data of Wilcoxon's signed rank test in the documentation of pingouin
FIRST = [20, 22, 19, 20, 22, 18, 24, 20, 19, 24, 26, 13]
SECOND = [38, 37, 33, 29, 14, 12, 20, 22, 17, 25, 26, 16]
DIFFERENCES = st.lists(st.integers(-6, 6), min_size=1, max_size=9)


@pytest.mark.parametrize(
    ("differences", "zeros", "w_plus", "w_minus", "r_rb", "p", "n_zero"),
    [
        (np.subtract(AFTER, BEFORE), "pratt", 74.5, 2.5, 0.935, 0.00293, 1),
        (np.subtract(AFTER, BEFORE), "drop", 64.5, 1.5, 0.955, 0.00293, 1),
        (np.subtract(FIRST, SECOND), "drop", 20.5, 45.5, -0.379, 0.2881, 1),
    ],
    ids=["Pratt", "zero dropped", "pingouin documentation"],
)
def test_published_rank_sums(differences, zeros, w_plus, w_minus, r_rb, p, n_zero):
    found = evidence.sign_flip(differences, zeros=zeros)
    assert (found.w_plus, found.w_minus, found.n_zero) == (w_plus, w_minus, n_zero)
    assert found.r_rb == pytest.approx(r_rb, abs=5e-4)
    assert found.p == pytest.approx(p, abs=5e-5)
    assert found.exact


def test_the_normal_approximation_of_the_same_data():
    # documentation of pingouin: W 20.5, p .2858 (normal with continuity, the zero dropped)
    found = evidence.sign_flip(np.subtract(FIRST, SECOND), zeros="drop", n_exact=0)
    assert found.p == pytest.approx(0.2858, abs=5e-5)
    assert not found.exact


@pytest.mark.parametrize(("n", "smallest"), [(5, 0.0625), (6, 0.03125), (7, 0.015625)])
def test_smallest_possible_p(n, smallest):
    assert evidence.sign_flip(np.arange(1, n + 1)).p == smallest


@settings(max_examples=60, deadline=None)
@given(differences=DIFFERENCES)
def test_exact_p_equals_counting_every_pattern(differences):
    d = np.asarray(differences, dtype=float)
    ranks = evidence.doubled_midranks(np.abs(d))[d != 0]
    observed = abs(int((ranks * np.sign(d[d != 0])).sum()))
    patterns = [abs(int(np.dot(signs, ranks))) for signs in itertools.product((-1, 1), repeat=len(ranks))]
    assert evidence.sign_flip(d).p == np.mean([pattern >= observed for pattern in patterns])


@settings(deadline=None)
@given(differences=st.lists(st.integers(-6, 6), min_size=1, max_size=40))
def test_turning_all_differences_round_turns_the_result_round(differences):
    one, other = evidence.sign_flip(differences), evidence.sign_flip(np.negative(differences))
    assert one.p == pytest.approx(other.p)
    assert (one.w_plus, one.w_minus) == (other.w_minus, other.w_plus)


def test_equal_changes_stay_equal_in_floating_point():
    assert 3.5 - 2.7 != 3.6 - 2.8
    assert evidence.sign_flip([3.5 - 2.7, -(3.6 - 2.8)]).w_plus == 1.5


@pytest.mark.parametrize(("n", "within"), [(30, 0.006), (101, 0.002)])
def test_the_normal_approximation_comes_near_the_exact_value(n, within):
    rng = np.random.default_rng(3)
    for _ in range(20):
        d = rng.integers(-7, 8, size=n) / 6
        found = evidence.sign_flip(d, n_exact=n - 1)
        assert not found.exact
        assert found.p == pytest.approx(evidence.sign_flip(d, n_exact=n).p, abs=within)


@pytest.mark.parametrize(("n", "exact"), [(100, True), (101, False)])
def test_up_to_a_hundred_differences_every_pattern_is_counted(n, exact):
    assert evidence.sign_flip(np.arange(1, n + 1)).exact is exact


def test_the_counted_p_of_a_hundred_equal_steps_is_that_of_the_sign_test():
    # equal ranks leave only the number of rises: binomial with one half
    steps = np.where(np.arange(100) < 61, 1.0, -1.0)
    expected = 2 * sum(math.comb(100, k) for k in range(61, 101)) / 2**100
    assert evidence.sign_flip(steps).p == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("differences", "p"), [([0.0, 0.0], 1.0), ([], math.nan), ([math.nan], math.nan)])
def test_nothing_to_rank(differences, p):
    found = evidence.sign_flip(differences)
    assert found.p == pytest.approx(p, nan_ok=True)
    assert math.isnan(found.r_rb)


def test_two_one_sided_tests():
    # methods F10: n 65, 5.83 and 5.75, SD 1.17 and 1.29, r .75, bounds of .4 dz
    sd = math.sqrt(1.17**2 + 1.29**2 - 2 * 0.75 * 1.17 * 1.29)
    found = evidence.tost(5.83 - 5.75, sd / math.sqrt(65), 64, 0.4 * sd)
    assert (found.t_lower, found.t_upper) == pytest.approx((3.96, -2.49), abs=5e-3)
    assert found.p == pytest.approx(0.0077, abs=5e-5)
    assert (found.lo, found.hi) == pytest.approx((-0.102, 0.262), abs=5e-4)


@pytest.mark.parametrize(("n", "share"), [(169, 0.2), (75, 0.3), (27, 0.5)])
def test_pairs_needed_to_show_that_nothing_changed(n, share):
    # methods F10: 80 % power at zero true change, SD of change .70, bounds in SDs before (methods P2: .789)
    rng = np.random.default_rng(n)
    d = rng.normal(0, 0.70, size=(3000, n))
    rows = zip(d.mean(axis=1), d.std(axis=1, ddof=1) / math.sqrt(n), strict=True)
    shown = [evidence.tost(mean, se, n - 1, share * 0.789).p < 0.05 for mean, se in rows]
    assert np.mean(shown) == pytest.approx(0.80, abs=0.04)


@pytest.mark.parametrize(
    ("lo", "hi", "lo90", "hi90", "sesoi", "expected"),
    [
        (0.01, 0.50, 0.05, 0.46, 0.4, "up"),
        (-0.50, -0.01, -0.46, -0.05, 0.4, "down"),
        (-0.20, 0.25, -0.15, 0.20, 0.4, "none"),
        (-0.20, 0.45, -0.15, 0.41, 0.4, "unclear"),
        (0.02, 0.20, 0.03, 0.18, 0.4, "up"),
        (0.00, 0.50, 0.04, 0.46, 0.4, "unclear"),
        (-0.50, 0.00, -0.46, -0.04, 0.4, "unclear"),
        (-0.46, 0.40, -0.40, 0.35, 0.4, "unclear"),
        (0.00, 0.00, 0.00, 0.00, 0.4, "none"),
        (math.nan, math.nan, math.nan, math.nan, 0.4, "unclear"),
        (-0.20, 0.25, -0.15, 0.20, math.nan, "unclear"),
    ],
    ids=[
        "up",
        "down",
        "none",
        "one bound outside",
        "small but clear is told by its direction",
        "touching zero from above",
        "touching zero from below",
        "touching the smallest change of interest",
        "nobody changed",
        "no interval",
        "no smallest change of interest",
    ],
)
def test_states(lo, hi, lo90, hi90, sesoi, expected):
    assert evidence.state(lo, hi, lo90, hi90, sesoi) == expected


@settings(deadline=None)
@given(diff=st.floats(-2, 2), se=st.floats(0.01, 1), df=st.integers(4, 200), bound=st.floats(0.05, 1))
def test_the_state_none_is_what_two_one_sided_tests_say(diff, se, df, bound):
    found = evidence.tost(diff, se, df, bound)
    inside = evidence.state(-9, 9, found.lo, found.hi, bound) == "none"
    assert inside == (found.p < 0.05) or found.p == pytest.approx(0.05, abs=1e-9)
