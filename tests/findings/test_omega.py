"""Omega equals published values, follows from the model it assumes, and says why it is absent."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from casestudy.findings import omega

# Holzinger and Swineford (1939), nine tests of 301 pupils: covariances as lavaan prints them for its example.
HOLZINGER_SWINEFORD = """
1.358
0.407 1.382
0.580 0.451 1.275
0.505 0.209 0.208 1.351
0.441 0.211 0.112 1.098 1.660
0.455 0.248 0.244 0.896 1.015 1.196
0.085 -0.097 0.088 0.220 0.143 0.144 1.183
0.264 0.110 0.212 0.126 0.181 0.165 0.535 1.022
0.458 0.244 0.374 0.243 0.295 0.236 0.373 0.457 1.015
"""


def holzinger_swineford() -> np.ndarray:
    rows = [[float(v) for v in line.split()] for line in HOLZINGER_SWINEFORD.split("\n") if line]
    lower = np.array([row + [0.0] * (9 - len(row)) for row in rows])
    return lower + np.tril(lower, -1).T


def answers_with(loadings: list[float], n: int, seed: int) -> pd.DataFrame:
    """Answers 1 to 5 of people whose items share one factor."""
    rng = np.random.default_rng(seed)
    weights = np.array(loadings)
    latent = rng.normal(size=(n, 1)) * weights + rng.normal(size=(n, len(weights))) * np.sqrt(1 - weights**2)
    return pd.DataFrame(np.clip(np.round(3 + 1.2 * latent), 1, 5))


@pytest.mark.parametrize(
    ("items", "published"),
    [(slice(0, 3), 0.633), (slice(3, 6), 0.886), (slice(6, 9), 0.696), (slice(0, 9), 0.738)],
    ids=["visual", "textual", "speed", "all nine"],
)
def test_published_omegas(items, published):
    # methods F3; the nine items equal R psych::fa, maximum likelihood
    model = omega.one_factor(holzinger_swineford()[items, items])
    assert model.omega == pytest.approx(published, abs=5e-4)


LOADING = st.floats(0.3, 0.95)
SPREAD = st.floats(0.2, 5.0)


@settings(max_examples=50)
@given(loadings=st.lists(LOADING, min_size=3, max_size=9), data=st.data())
def test_the_model_behind_a_matrix_is_found_again(loadings, data):
    sd = np.array(data.draw(st.lists(SPREAD, min_size=len(loadings), max_size=len(loadings))))
    signs = np.array(data.draw(st.lists(st.sampled_from([-1, 1]), min_size=len(sd), max_size=len(sd))))
    true = np.array(loadings) * signs * sd
    own = (1 - np.array(loadings) ** 2) * sd**2
    model = omega.one_factor(np.outer(true, true) + np.diag(own))
    assert model.loadings * np.sign(model.loadings[0]) == pytest.approx(true * signs[0], abs=1e-4)
    assert model.uniquenesses == pytest.approx(own, abs=1e-4)
    assume(abs(true.sum()) > 0.1)
    assert model.omega == pytest.approx(true.sum() ** 2 / (true.sum() ** 2 + own.sum()), abs=1e-4)


def test_the_fit_is_the_lowest_discrepancy():
    observed = holzinger_swineford()
    model = omega.one_factor(observed)

    def discrepancy(loadings: np.ndarray, own: np.ndarray) -> float:
        implied = np.outer(loadings, loadings) + np.diag(own)
        return float(np.linalg.slogdet(implied)[1] + np.trace(np.linalg.solve(implied, observed)))

    best = discrepancy(model.loadings, model.uniquenesses)
    rng = np.random.default_rng(5)
    for size in (1e-3, 1e-2, 1e-1):
        for _ in range(50):
            noise = rng.normal(0, size, size=(2, 9))
            assert discrepancy(model.loadings + noise[0], model.uniquenesses * np.exp(noise[1])) > best


def test_gradient_and_hessian_are_the_slopes_of_the_discrepancy():
    covariance = holzinger_swineford()
    sd = np.sqrt(np.diag(covariance))
    matrix = (covariance / np.outer(sd, sd))[None]
    at = np.log(np.random.default_rng(2).uniform(0.2, 0.9, size=(1, 9)))
    slope = omega._slope(matrix, at)
    for i, small in enumerate(np.eye(9) * 1e-6):
        up, down = omega._slope(matrix, at + small), omega._slope(matrix, at - small)
        assert (up.value - down.value)[0] / 2e-6 == pytest.approx(slope.gradient[0, i], abs=1e-6)
        assert (up.gradient - down.gradient)[0] / 2e-6 == pytest.approx(slope.hessian[0, i], abs=1e-5)


@pytest.mark.parametrize(
    ("covariance", "is_heywood"),
    [
        # with three items the first loading is sqrt(r12 r13 / r23), here 1.13: no variance of its own is left
        ([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]], True),
        (np.eye(4), False),
        (np.zeros((3, 3)), False),
        (np.ones((3, 3)), False),
        ([[1, 0.5], [0.5, 1]], False),
    ],
    ids=["Heywood", "nothing in common", "no spread", "one and the same item", "two items"],
)
def test_there_is_no_omega_without_a_proper_solution(covariance, is_heywood):
    model = omega.one_factor(covariance)
    assert math.isnan(model.omega)
    assert model.is_heywood == is_heywood


def test_a_matrix_must_be_square():
    with pytest.raises(ValueError, match="square"):
        omega.one_factor([[1.0, 0.5]])


@pytest.mark.parametrize(
    ("wide", "note"),
    [
        (answers_with([0.7, 0.7], 50, 1), "no_omega"),
        (answers_with([0.7] * 6, 6, 1), "few"),
        (answers_with([0.7] * 3, 50, 1).assign(same=3.0), "no_omega"),
        (answers_with([0.7] * 3, 50, 1).assign(again=lambda wide: wide[0]), "no_omega"),
        (pd.DataFrame({"a": [np.nan, 1.0], "b": [1.0, np.nan], "c": 1.0}), "few"),
    ],
    ids=["two items", "as many people as items", "no spread", "an item twice", "nobody complete"],
)
def test_the_note_says_why_there_is_none(wide, note):
    found = omega.omega_total(wide)
    assert all(math.isnan(v) for v in (found.value, found.lo, found.hi))
    assert (found.n_draws_kept, found.note) == (0, note)


def test_a_heywood_case_is_no_omega():
    # no sampling: patterns weighted so that their covariances are those of the Heywood case above
    root = np.linalg.cholesky([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])
    corners = np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, -1).T
    found = omega.omega_total(pd.DataFrame(corners @ root.T))
    assert math.isnan(found.value)
    assert found.note == "heywood"


@settings(max_examples=10)
@given(seed=st.integers(0, 999))
def test_neither_the_order_of_people_nor_of_items_changes_omega(seed):
    wide = answers_with([0.8, 0.7, 0.6, 0.7], 60, seed)
    mixed = wide.sample(frac=1, random_state=seed)
    first, second = (omega.omega_total(frame, draws=50) for frame in (wide, mixed))
    assert first == second
    turned = omega.omega_total(wide[wide.columns[::-1]], draws=0)
    assert turned.value == pytest.approx(first.value, abs=1e-6)


def test_the_interval_covers_what_is_true():
    # five items that load .7: omega is 12.25 / (12.25 + 2.55), a little less after rounding to five options
    found = [omega.omega_total(answers_with([0.7] * 5, 150, seed), draws=200) for seed in range(40)]
    large = omega.omega_total(answers_with([0.7] * 5, 200_000, 1), draws=0).value
    assert 0.78 < large < 12.25 / 14.8
    assert np.mean([one.lo <= large <= one.hi for one in found]) >= 0.88
    assert all(one.n_draws_kept == 200 for one in found)


@pytest.mark.parametrize("at_once", [1, 10_000])
def test_the_interval_is_that_of_samples_fitted_one_by_one(monkeypatch, at_once):
    wide = answers_with([0.8, 0.7, 0.6, 0.7], 60, 4)
    patterns, counts = np.unique(wide.to_numpy(), axis=0, return_counts=True)
    drawn = np.random.default_rng(9).multinomial(60, counts / 60, size=80)
    alone = [omega.one_factor(np.cov(np.repeat(patterns, times, axis=0), rowvar=False)) for times in drawn]
    values = np.array([one.omega for one in alone if not math.isnan(one.omega)])
    monkeypatch.setattr(omega, "AT_ONCE", at_once)
    found = omega.omega_total(wide, draws=80, seed=9)
    assert found.n_draws_kept == len(values)
    assert (found.lo, found.hi) == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=1e-6)


def test_draws_without_a_proper_solution_are_dropped_and_counted():
    found = omega.omega_total(answers_with([0.7] * 6, 30, 8), draws=400)
    assert not math.isnan(found.value)
    assert 0 < found.n_draws_kept < 400
    assert omega.omega_total(answers_with([0.7] * 6, 30, 8), draws=400) == found
    none = omega.omega_total(answers_with([0.7] * 6, 30, 8), draws=0)
    assert (none.value, none.n_draws_kept) == (found.value, 0)
    assert math.isnan(none.lo)
