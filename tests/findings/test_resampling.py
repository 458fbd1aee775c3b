"""Bootstrap intervals equal published ones and another program's, and keep quiet where nothing varies."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from casestudy.findings import intervals, paired, resampling
from casestudy.findings.intervals import NOTHING

# Efron and Tibshirani (1993), table 14.1: spatial test data, A
SPATIAL = [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6]
SPATIAL += [0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41]
# Efron and Tibshirani (1993), table 3.1: fifteen law schools
LSAT = [576, 635, 558, 578, 666, 580, 555, 661, 651, 605, 653, 575, 545, 572, 594]
GPA = [3.39, 3.30, 2.81, 3.03, 3.44, 3.07, 3.00, 3.43, 3.36, 3.13, 3.12, 2.74, 2.76, 2.88, 2.96]
# Bounds vary by about .014 of the width between seeds at 9,999 draws; two of them differ by less than this.
MONTE_CARLO = 0.07
SCORE = st.integers(6, 30).map(lambda total: total / 6)


def variance(drawn):
    return drawn.var(axis=1)


def correlation(drawn):
    x, y = np.moveaxis(drawn - drawn.mean(axis=1, keepdims=True), -1, 0)
    return (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))


def likert(n, seed):
    """Scores of six five-point items before and after, with ties as real ones have."""
    rng = np.random.default_rng(seed)
    x = rng.integers(9, 25, size=n)
    return x / 6, (x + rng.integers(-4, 7, size=n)) / 6


def dz(x, y, axis=-1):
    d = np.round(y - x, 10)
    return d.mean(axis=axis) / d.std(axis=axis, ddof=1)


def g_av(x, y, axis=-1):
    n = x.shape[axis]
    sds = x.std(axis=axis, ddof=1) + y.std(axis=axis, ddof=1)
    return (1 - 3 / (4 * (n - 1) - 1)) * (y - x).mean(axis=axis) / (sds / 2)


def r_rb(x, y, axis=-1):
    d = np.round(y - x, 10)
    ranks = stats.rankdata(np.abs(d), axis=axis)
    return (ranks * np.sign(d)).sum(axis=axis) / (ranks * (d != 0)).sum(axis=axis)


def near(found, expected):
    return np.abs(np.subtract(found, expected)).max() < MONTE_CARLO * (expected[1] - expected[0])


def test_published_interval_of_a_variance():
    # Efron and Tibshirani (1993), table 14.2: variance 171.5, BCa 90 % (115.8, 259.6)
    assert np.var(SPATIAL) == pytest.approx(171.5, abs=0.05)
    bounds = [resampling.bca(SPATIAL, variance, confidence=0.9, seed=seed) for seed in range(4)]
    assert all(near(found, (115.8, 259.6)) for found in bounds)
    assert np.mean(bounds, axis=0) == pytest.approx([115.8, 259.6], rel=0.015)


def test_published_correlation_of_the_law_schools():
    schools = np.column_stack([LSAT, GPA])
    # Efron and Tibshirani (1993), section 3.2: r .776
    assert correlation(schools[None])[0] == pytest.approx(0.776, abs=5e-4)
    found = resampling.bca(schools, correlation)
    expected = stats.bootstrap(
        (np.array(LSAT), np.array(GPA)),
        lambda x, y, axis=-1: correlation(np.stack([x, y], axis=-1).reshape(-1, x.shape[-1], 2)),
        paired=True,
        vectorized=True,
        rng=1,
    ).confidence_interval
    assert near(found, np.ravel(expected))


@pytest.mark.parametrize(("n", "n_draws"), [(20, 9_999), (47, 9_999), (300, 2_999)])
def test_effects_equal_another_program_within_monte_carlo_error(n, n_draws):
    x, y = likert(n, seed=n)
    (found,) = resampling.effect_intervals([(x, y)], n_draws=n_draws)
    for statistic in (dz, g_av, r_rb):
        expected = stats.bootstrap(
            (x, y), statistic, paired=True, vectorized=True, n_resamples=n_draws, batch=500, rng=3
        ).confidence_interval
        assert near(getattr(found, statistic.__name__), expected), statistic.__name__


def test_effects_and_the_general_form_agree():
    x, y = likert(30, seed=4)
    (found,) = resampling.effect_intervals([(x, y)])
    values = np.column_stack([x, y])
    for statistic in (dz, g_av, r_rb):
        expected = resampling.bca(values, lambda drawn, s=statistic: s(drawn[..., 0], drawn[..., 1]))
        assert near(getattr(found, statistic.__name__), expected), statistic.__name__


@settings(max_examples=60, deadline=None)
@given(
    drawn=st.lists(st.tuples(SCORE, SCORE, st.integers(0, 4)), min_size=2, max_size=12),
    by_kind=st.booleans(),
)
def test_effects_from_counts_are_those_of_the_people_drawn(drawn, by_kind):
    x, y, times = (np.array(column) for column in zip(*drawn, strict=True))
    points = resampling._points(x, y, by_kind=by_kind)
    counts = times[: len(points.times)]
    n = int(counts.sum())
    people = np.repeat(points.x, counts)
    changes = np.repeat(points.changes, counts)
    if n >= 5:
        expected = paired.of_pairs(people, people + changes, paired.Limits())
        found = resampling._effects(points, counts[:, None].astype(float), n)[:, 0]
        assert found.tolist() == pytest.approx([expected.dz, expected.g_av, expected.r_rb], nan_ok=True)


@pytest.mark.parametrize("n", [20, 60, 256])
def test_single_precision_is_exact_enough_for_draws_of_small_cells(n):
    points = resampling._points(*likert(n, seed=n), by_kind=False)
    counts = resampling._counts(n, 999, seed=0)
    assert counts.dtype == np.float32
    single, double = (resampling._effects(points, counts.astype(kind), n) for kind in ("f4", "f8"))
    # bounds of 9,999 draws vary in their second digit
    assert np.abs(single - double).max() < 1e-5
    assert (single[2] == double[2].astype(np.float32)).all()


def test_draws_hold_everybody_equally_often():
    counts = resampling._counts(30, 9_999, seed=0)
    assert (counts.sum(axis=0) == 30).all()
    assert counts.mean(axis=1) == pytest.approx(1, abs=0.05)
    assert counts.var() == pytest.approx(29 / 30, abs=0.02)


def test_many_different_changes_take_another_way_to_the_same_ranks(monkeypatch):
    rng = np.random.default_rng(5)
    changes = np.unique(np.round(np.concatenate([rng.normal(0.2, 1, 700), [0.0, -0.5, 0.5]]), 3))
    x = rng.normal(size=len(changes))
    points = resampling._points(x, x + changes, by_kind=False)
    assert resampling.MATRIX < points.n_sizes < len(changes)
    counts = rng.integers(0, 3, size=(len(changes), 3)).astype(float)
    for column in counts.T:
        n = int(column.sum())
        found = resampling._effects(points, column[:, None], n)
        d = np.repeat(points.changes, column.astype(int))
        ranks = stats.rankdata(np.abs(d))
        assert found[2, 0] == pytest.approx((ranks * np.sign(d)).sum() / ranks[d != 0].sum())
        monkeypatch.setattr(resampling, "MATRIX", 10_000)
        assert resampling._effects(points, column[:, None], n)[:, 0] == pytest.approx(found[:, 0])
        monkeypatch.undo()
    (found,) = resampling.effect_intervals([(x, x + rng.normal(0.3, 1, size=len(x)))], n_draws=999)
    assert found.r_rb.lo < found.r_rb.hi


@pytest.mark.parametrize("kinds", [10, 200], ids=["Poisson numbers first", "single people only"])
def test_draws_of_kinds_are_those_of_single_people(kinds):
    rng = np.random.default_rng(6)
    x = np.concatenate([np.arange(kinds), rng.integers(0, kinds, size=400) * (rng.random(400) < 0.8)])
    points = resampling._points(x.astype(float), np.zeros(len(x)), by_kind=True)
    counts = np.concatenate(list(resampling._drawn(points, 12_000, seed=1)), axis=1)
    n, share = points.n, points.times / points.n
    assert counts.shape == (kinds, 12_000)
    assert (counts.sum(axis=0) == n).all()
    expected = n * (np.diag(share) - np.outer(share, share))  # covariances of a multinomial distribution
    assert counts.mean(axis=1) == pytest.approx(n * share, abs=0.22)
    spread = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs(np.cov(counts) - expected).max() < 6 * (spread / np.sqrt(12_000)).max()
    most = int(points.times.argmax())
    for place in (most, int(points.times.argmin())):
        upto = stats.binom.cdf(counts[place].mean().round(), n, share[place])
        assert (counts[place] <= counts[place].mean().round()).mean() == pytest.approx(upto, abs=0.01)


def test_a_cell_depends_on_its_own_pairs_and_not_on_their_order():
    cells = [likert(n, seed=seed) for seed, n in enumerate((24, 31, 24, 260))]
    together = resampling.effect_intervals(cells, n_draws=499)
    for (x, y), found in zip(cells, together, strict=True):
        order = np.random.default_rng(1).permutation(len(x))
        assert resampling.effect_intervals([(x[order], y[order])], n_draws=499) == [found]
    assert together[0] != together[2]


def test_equal_seeds_give_equal_intervals():
    values = likert(25, seed=1)[1]
    one, again, other = (resampling.bca(values, variance, seed=seed, n_draws=999) for seed in (1, 1, 2))
    assert one == again != other


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_people_to_draw_from(n):
    x, y = likert(30, seed=2)
    assert resampling.effect_intervals([(x[:n], y[:n])], n_draws=99) == [resampling.EffectIntervals()]
    assert resampling.bca(x[:1], variance, n_draws=99) == NOTHING


def test_nothing_is_said_where_nothing_varies():
    x = likert(30, seed=3)[0]
    equal = resampling.effect_intervals([(x, x + 0.5)], n_draws=499)[0]
    assert (equal.dz, equal.r_rb) == (NOTHING, NOTHING)  # everybody changed equally
    assert not math.isnan(equal.g_av.lo)
    rising = resampling.effect_intervals([(x, x + np.linspace(0.1, 1, 30))], n_draws=499)[0]
    assert rising.r_rb == NOTHING  # every draw says 1
    assert not math.isnan(rising.dz.lo)
    nobody = resampling.effect_intervals([(x, x)], n_draws=499)[0]
    assert (nobody.dz, nobody.r_rb) == (NOTHING, NOTHING)
    assert resampling.bca(np.full(30, 3.0), variance, n_draws=499) == NOTHING


def test_a_value_outside_all_draws_has_no_interval():
    def different(drawn):
        return np.array([len(set(row)) for row in drawn.tolist()], dtype=float)

    assert resampling.bca(np.arange(30.0), different, n_draws=199) == NOTHING


@pytest.mark.parametrize(("copies", "given"), [(1, False), (5, True)])
def test_draws_without_a_value_are_left_out_when_they_are_few(copies, given):
    # without the highest value there is no statistic: in 36 % of draws if one has it, in under 1 % if five do
    values = np.concatenate([np.linspace(1, 4, 25), np.full(copies, 5.0)])

    def only_with_the_highest(drawn):
        return np.where(drawn.max(axis=1) == 5, drawn.mean(axis=1), np.nan)

    assert math.isnan(resampling.bca(values, only_with_the_highest, n_draws=999).lo) is not given


def test_intervals_of_a_median_stay_among_the_scores():
    scores = np.sort(likert(41, seed=6)[0])
    lo, hi = resampling.bca(scores, lambda drawn: np.median(drawn, axis=1), n_draws=1999)
    assert lo < np.median(scores) < hi
    assert {lo, hi} <= set(scores)


def test_the_interval_covers_the_truth_of_the_example_study():
    before = pd.Series([2.8, 3.0, 3.2, 2.5, 3.7, 3.3, 2.2, 3.5, 4.0, 2.7, 3.2, 3.0])
    after = pd.Series([3.5, 3.3, 3.2, 3.3, 3.8, 4.0, 3.0, 3.4, 4.2, 3.5, 3.7, 3.6])
    point = paired.paired(before, after)
    (found,) = resampling.effect_intervals([(before.to_numpy(), after.to_numpy())], n_draws=1999)
    for name in ("dz", "g_av", "r_rb"):
        assert getattr(found, name).lo < getattr(point, name) <= getattr(found, name).hi, name


@pytest.mark.parametrize(("n", "bca", "student"), [(6, 0.85, 0.95), (20, 0.93, 0.95)])
def test_why_intervals_are_not_drawn_below_twenty_pairs(n, bca, student):
    # methods F5: coverage of the mean change of six five-point items, 1,500 runs
    rng = np.random.default_rng(n)
    latent = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=(400, n))
    latent[..., 1] += 0.38
    noise = rng.normal(size=(400, n, 2, 6)) * math.sqrt(1 - 0.75**2)
    scores = (1 + np.searchsorted([-1.6, -0.7, 0.3, 1.3], 0.75 * latent[..., None] + noise)).mean(axis=-1)
    true, covered = 0.27, []
    for change in np.diff(scores)[..., 0]:
        drawn = resampling.bca(change, lambda d: d.mean(axis=1), n_draws=799)
        exact = intervals.t_interval(change)
        covered.append([drawn.lo <= true <= drawn.hi, exact.lo <= true <= exact.hi])
    assert np.mean(covered, axis=0) == pytest.approx([bca, student], abs=0.04)
