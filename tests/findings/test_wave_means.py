"""Means per wave and site are those of the general model, with and without statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import mixed_model, random_intercept, wave_means


def incomplete(seed: int, n_sites: int, n_waves: int, n: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Scores of people who differ, a quarter of them missing at random; everybody keeps the first wave."""
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(n_sites), n)
    scores = rng.normal(size=(len(site), 1)) + rng.normal(0, 0.7, size=(len(site), n_waves))
    scores += np.linspace(0, 1, n_waves) * (1 + site[:, None])
    scores[:, 1:][rng.random((len(site), n_waves - 1)) < 0.3] = np.nan
    return scores, site


@pytest.mark.parametrize(("n_sites", "n_waves"), [(1, 2), (1, 3), (5, 3)])
@pytest.mark.parametrize("seed", [1, 2])
def test_statsmodels_gives_the_same(seed, n_sites, n_waves):
    scores, site = incomplete(seed, n_sites, n_waves)
    ours = wave_means.of_sites(scores, site, n_sites=n_sites, pooled=True)
    theirs = mixed_model.of_sites(scores, site, n_sites=n_sites)
    assert ours.usable.all()
    assert theirs.usable.all()
    for name in ("mean", "cov", "var_between", "var_within"):
        assert getattr(theirs, name) == pytest.approx(getattr(ours, name), abs=1e-4), name


def test_it_is_the_general_model_with_a_column_per_wave_and_site():
    scores, site = incomplete(3, 3, 3)
    column = site[:, None] * 3 + np.arange(3)
    found = random_intercept.fit(scores.ravel(), np.eye(9)[column.ravel()], np.repeat(np.arange(60), 3))
    means = wave_means.of_sites(scores, site, n_sites=3, pooled=True)
    assert means.mean.ravel() == pytest.approx(found.beta, abs=1e-7)
    assert means.cov[0, 1] == pytest.approx(found.cov[3:6, 3:6], abs=1e-7)
    assert means.var_between == pytest.approx(found.var_between, abs=1e-6)


def test_two_waves_are_the_change_of_everybody():
    scores, site = incomplete(4, 4, 2)
    means = wave_means.of_sites(scores, site, n_sites=4, pooled=True)
    everyone = np.bincount(site[~np.isnan(scores[:, 0])]).astype(float)
    found = wave_means.contrast(means, 0, (0, 1), everyone, 10)
    expected = random_intercept.change(scores[:, 0], scores[:, 1], site)
    assert (found.diff, found.se) == pytest.approx((expected.diff, expected.se), abs=1e-7)


def test_each_site_by_itself_is_as_if_alone():
    scores, site = incomplete(5, 6, 3)
    together = wave_means.of_sites(scores, site, n_sites=7, pooled=False)
    alone = wave_means.of_sites(scores[site == 2], np.zeros(20, dtype=int), n_sites=1, pooled=True)
    assert together.mean[2] == pytest.approx(alone.mean[0])
    assert together.cov[2] == pytest.approx(alone.cov[0])
    assert not together.usable[6]
    assert np.isnan(together.mean[6]).all()


def test_a_wave_without_anybody_is_nan_and_the_others_are_as_without_it():
    scores, site = incomplete(6, 2, 3)
    scores[site == 1, 2] = np.nan
    with_it = wave_means.of_sites(scores, site, n_sites=2, pooled=False)
    without = wave_means.of_sites(scores[:, :2], site, n_sites=2, pooled=False)
    assert np.isnan(with_it.mean[1, 0, 2])
    assert np.isnan(with_it.cov[1, 0, 2]).all()
    assert with_it.mean[1, 0, :2] == pytest.approx(without.mean[1, 0])
    assert with_it.cov[1, 0, :2, :2] == pytest.approx(without.cov[1, 0])


@pytest.mark.parametrize(
    "scores",
    [
        [[1.0, np.nan], [2.0, np.nan], [np.nan, 3.0]],
        [[1.0, 2.0]],
        [[np.nan, np.nan]],
        [[2.0, 2.0], [2.0, 2.0], [2.0, 2.0]],
        [[1.0, 3.0], [3.0, 1.0], [1.5, 2.5], [2.5, 1.5]],
    ],
    ids=["no pair", "one person", "nobody", "no spread", "people do not differ"],
)
def test_a_model_that_cannot_be_used_says_so(scores):
    wide, site = np.array(scores), np.zeros(len(scores), dtype=int)
    assert not wave_means.of_sites(wide, site, n_sites=1, pooled=True).usable.any()
    assert not mixed_model.of_sites(wide, site, n_sites=1).usable.any()


@settings(max_examples=12)
@given(seed=st.integers(0, 999), shift=st.sampled_from([-3.0, 0.5, 40.0]))
def test_order_of_people_and_a_constant_change_no_contrast(seed, shift):
    scores, site = incomplete(seed, 2, 3, n=8)
    order = np.random.default_rng(seed).permutation(len(site))
    weight = np.ones(2)
    found, moved = (
        wave_means.contrast(wave_means.of_sites(s, g, n_sites=2, pooled=True), 0, (1, 2), weight, 5)
        for s, g in ((scores, site), (scores[order] + shift, site[order]))
    )
    assert moved.diff == pytest.approx(found.diff, abs=1e-6)
    assert moved.se == pytest.approx(found.se, abs=1e-6)
