"""The fast random-intercept model equals statsmodels, the paired interval without leavers, and itself."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import mixed_model, paired, random_intercept


def incomplete(seed: int, n_sites: int, n: int = 20) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores before and after of people who differ; some miss a wave. Everybody of a site keeps its level."""
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(n_sites), n)
    person = rng.normal(3, 0.8, size=len(site)) + 0.3 * site
    before, after = (person + step + rng.normal(0, 0.5, size=len(site)) for step in (0.0, 0.4))
    after[rng.random(len(site)) < 0.3] = np.nan
    before[rng.random(len(site)) < 0.1] = np.nan
    return before, after, site


def long(before: np.ndarray, after: np.ndarray, site: np.ndarray):
    """Scores, a column per site and wave, and people, as the general model takes them."""
    cell = np.concatenate([2 * site, 2 * site + 1])
    people = np.tile(np.arange(len(site)), 2)
    return np.concatenate([before, after]), np.eye(cell.max() + 1)[cell], people


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("n_sites", [1, 3])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_statsmodels_gives_the_same(seed, n_sites, reml):
    scores, columns, people = long(*incomplete(seed, n_sites))
    ours = random_intercept.fit(scores, columns, people, reml=reml)
    theirs = mixed_model.fit(scores, columns, people, reml=reml)
    assert ours.beta == pytest.approx(theirs.beta, abs=1e-4)
    assert ours.cov == pytest.approx(theirs.cov, abs=1e-4)
    assert ours.var_between == pytest.approx(theirs.between[0, 0], abs=1e-4)
    assert ours.var_within == pytest.approx(theirs.var_within, abs=1e-4)
    assert ours.loglik == pytest.approx(theirs.loglik, abs=1e-4)
    assert (ours.n, ours.n_groups) == (theirs.n, theirs.n_groups)


@pytest.mark.parametrize("n_sites", [1, 4])
def test_change_is_the_weighted_contrast_of_the_general_model(n_sites):
    before, after, site = incomplete(7, n_sites)
    model = random_intercept.fit(*long(before, after, site))
    everyone = np.bincount(site[~np.isnan(before)])
    weight = np.kron(everyone / everyone.sum(), [-1, 1])
    found = random_intercept.change(before, after, site)
    assert found.diff == pytest.approx(weight @ model.beta, abs=1e-7)
    assert found.se == pytest.approx(math.sqrt(weight @ model.cov @ weight), abs=1e-7)
    assert found.var_between == pytest.approx(model.var_between, abs=1e-6)
    pairs = int((~np.isnan(before) & ~np.isnan(after)).sum())
    assert (found.n_pairs, found.df, found.fallback) == (pairs, pairs - n_sites, False)


@settings(max_examples=12)
@given(seed=st.integers(0, 9999), n=st.integers(2, 30))
def test_without_leavers_it_is_the_paired_t_interval(seed, n):
    rng = np.random.default_rng(seed)
    person = rng.normal(size=n)
    before, after = person + rng.normal(size=n), person + rng.normal(size=n)
    found = random_intercept.change(before, after, np.zeros(n))
    expected = paired.paired(pd.Series(before), pd.Series(after), n_describe=2)
    assert (found.diff, found.lo, found.hi) == pytest.approx(
        (expected.diff, expected.lo, expected.hi), abs=1e-6
    )


def test_every_cell_is_as_if_alone():
    before, after, cell = incomplete(8, 30, 9)
    found = random_intercept.change_of_cells(before, after, cell, n_cells=31)
    for i in (0, 7, 29):
        alone = random_intercept.change(before[cell == i], after[cell == i], cell[cell == i])
        here = [column[i] for column in found]
        assert here == pytest.approx(list(alone), nan_ok=True)
    assert math.isnan(found.diff[30])
    assert found.n_before[30] == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], []),
        ([1.0], [2.0]),
        ([np.nan] * 4, [np.nan] * 4),
        ([1.0, 2.0, np.nan], [np.nan, 3.0, 4.0]),
        ([1.0, 2.0, 3.0, 4.0], [1.5, 2.5, 3.5, np.nan]),
        ([3.0, 3.0, 3.0], [3.0, 3.0, 3.0]),
    ],
    ids=["nobody", "one person", "all missing", "one pair", "equal change", "no spread"],
)
def test_nan_where_nothing_can_be_fitted(before, after):
    found = random_intercept.change(before, after, np.zeros(len(before)))
    assert np.isnan(found[:7]).all()
    assert not found.fallback
    cells = random_intercept.change_of_cells(before, after, np.zeros(len(before), dtype=int), n_cells=1)
    assert np.isnan(cells.diff).all()


@pytest.mark.parametrize(
    ("scores", "columns", "people"),
    [
        ([1.0, 2.0], [[1.0], [1.0]], ["a", "b"]),
        ([1.0, 2.0, 3.0], [[1.0, 1.0]] * 3, ["a", "a", "b"]),
        ([np.nan] * 3, [[1.0]] * 3, ["a", "a", "b"]),
        ([2.0] * 4, [[1.0]] * 4, ["a", "a", "b", "b"]),
    ],
    ids=["no group of two", "columns depend", "all missing", "no spread"],
)
def test_the_general_model_is_nan_too(scores, columns, people):
    found = random_intercept.fit(scores, columns, people)
    assert np.isnan(found.beta).all()
    assert not found.converged


def test_people_who_do_not_differ_are_told_by_their_pairs():
    # who scored high before scores low after: the model would compare stayers with everybody
    before = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 5.0])
    after = np.array([5.0, 4.5, 3.0, 2.5, 1.0, np.nan])
    found = random_intercept.change(before, after, np.zeros(6))
    expected = paired.paired(pd.Series(before), pd.Series(after))
    assert found.fallback
    assert found.var_between == pytest.approx(0, abs=1e-6)
    assert (found.diff, found.lo, found.hi) == pytest.approx((expected.diff, expected.lo, expected.hi))


def test_sites_without_a_pair_are_left_out():
    before, after, site = incomplete(9, 3)
    after[site == 2] = np.nan
    found = random_intercept.change(before, after, site)
    expected = random_intercept.change(before[site < 2], after[site < 2], site[site < 2])
    assert list(found) == pytest.approx(list(expected))


def test_who_left_corrects_the_change_of_who_stayed():
    # everybody gains 0.5; the lower half leaves, and noise before makes stayers look as if they gained less
    rng = np.random.default_rng(10)
    person = rng.normal(size=4000)
    before, after = (person + step + rng.normal(size=4000) for step in (0.0, 0.5))
    after[before < 0] = np.nan
    found = random_intercept.change(before, after, np.zeros(4000))
    stayers = np.nanmean(after - before)
    assert stayers < 0.2
    assert found.diff == pytest.approx(0.5, abs=0.08)


@settings(max_examples=12)
@given(seed=st.integers(0, 9999), shift=st.sampled_from([-3.0, 0.1, 1000.0]))
def test_order_names_and_a_constant_change_nothing(seed, shift):
    before, after, site = incomplete(seed, 2, 8)
    order = np.random.default_rng(seed).permutation(len(site))
    found = random_intercept.change(before, after, site)
    other = random_intercept.change(
        before[order] + shift, after[order] + shift, np.array(["x", "b"])[site[order]]
    )
    for name in ("diff", "lo", "hi", "n_pairs", "fallback"):
        assert getattr(other, name) == pytest.approx(getattr(found, name), abs=1e-5, nan_ok=True), name


def test_the_interval_holds_the_truth_as_often_as_it_says_when_low_scorers_leave():
    rng = np.random.default_rng(11)
    held = []
    for _ in range(400):
        person = rng.normal(3, 0.7, size=40)
        before, after = person + rng.normal(0, 0.4, size=40), person + 0.6 + rng.normal(0, 0.4, size=40)
        left = before < rng.normal(2.4, 0.8, size=40)
        found = random_intercept.change(before, np.where(left, np.nan, after), np.zeros(40))
        held.append(found.lo <= 0.6 <= found.hi)
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)
