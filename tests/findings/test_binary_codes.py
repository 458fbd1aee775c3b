"""Many codes at once give what one code at a time gives, and what the methods expect of simulated coders."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.errors import WrongUse
from casestudy.findings import binary_codes
from casestudy.findings.agreement import (
    alpha_interval,
    cohen_kappa,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
)

NAN = math.nan


@st.composite
def judged(draw: st.DrawFn) -> np.ndarray:
    shape = draw(st.integers(2, 4)), draw(st.integers(1, 10)), draw(st.integers(1, 3))
    n = math.prod(shape)
    cells = draw(st.lists(st.sampled_from([0.0, 0.0, 1.0, NAN]), min_size=n, max_size=n))
    return np.array(cells).reshape(shape)


@settings(max_examples=40)
@given(judged())
def test_codes_together_equal_codes_alone(values: np.ndarray) -> None:
    cells = binary_codes.count_profiles(values)
    for code in range(values.shape[2]):
        own = values[:, :, code]
        alone = [krippendorff_alpha(own).value, percent_agreement(own).value, gwet_ac1(own).value]
        together = [
            f(cells)[code] for f in (binary_codes.alphas, binary_codes.percent_agreements, binary_codes.ac1s)
        ]
        assert np.allclose(together, alone, atol=1e-9, equal_nan=True)


@settings(max_examples=40)
@given(judged())
def test_however_missing_is_written(values: np.ndarray) -> None:
    small = np.where(np.isnan(values), -1, values).astype(np.int8)
    assert np.array_equal(
        binary_codes.binary_alphas(small), binary_codes.binary_alphas(values), equal_nan=True
    )


def test_true_and_false_will_do() -> None:
    values = np.random.default_rng(1).random((3, 50, 2)) < 0.4
    assert np.array_equal(
        binary_codes.binary_alphas(values), binary_codes.binary_alphas(values.astype(float))
    )


def test_kappa_is_the_mean_over_pairs() -> None:
    values = np.random.default_rng(2).random((3, 40, 1)) < 0.4
    one, two, three = values[:, :, 0].astype(int)
    pairs = [cohen_kappa(a, b).value for a, b in ((one, two), (one, three), (two, three))]
    assert binary_codes.pair_kappas(values)[0] == pytest.approx(np.mean(pairs))


def test_weights_stand_for_repeated_units() -> None:
    values = np.array([[[1], [0], [1]], [[1], [0], [0]]])
    weights = [3, 4, 2]
    repeated = np.repeat(values, weights, axis=1)
    assert np.array_equal(binary_codes.count_profiles(values, weights), binary_codes.count_profiles(repeated))
    assert binary_codes.pair_kappas(values, weights) == pytest.approx(binary_codes.pair_kappas(repeated))


def test_the_interval_is_that_of_one_code() -> None:
    rng = np.random.default_rng(4)
    truth = rng.random(240) < 0.2
    values = np.array([truth ^ (rng.random(240) < 0.05) for _ in range(2)])[:, :, None]
    sources = np.repeat(np.arange(8), 30)
    per_source = np.array([binary_codes.count_profiles(values[:, sources == s])[0] for s in range(8)])
    ours = binary_codes.alpha_bounds(per_source, seed=3, draws=4000)
    general = alpha_interval(values[:, :, 0].astype(float), sources, seed=4, draws=4000)
    assert ours == pytest.approx(general, abs=0.03)


@pytest.mark.parametrize("values", [[[[2]], [[1]]], [[[0.5]], [[1.0]]]])
def test_another_value_is_refused(values: list[list[list[float]]]) -> None:
    with pytest.raises(WrongUse, match="0, 1 or missing"):
        binary_codes.binary_alphas(values)


def test_wrong_shape_is_refused() -> None:
    with pytest.raises(WrongUse, match="coders, units and codes"):
        binary_codes.binary_alphas([[1, 0], [1, 0]])


def test_nothing_is_nan() -> None:
    assert np.isnan(binary_codes.binary_alphas(np.empty((2, 0, 1)))).all()
    assert np.isnan(binary_codes.binary_alphas(np.full((3, 5, 2), NAN))).all()


def coded(n_units: int, n_true: int, sensitivity: float, specificity: float, n_runs: int = 800) -> np.ndarray:
    """Alpha in many runs of two coders who find a code with this sensitivity and specificity."""
    rng = np.random.default_rng(20170901)
    share = np.where(np.arange(n_units) < n_true, sensitivity, 1 - specificity)
    return binary_codes.binary_alphas(rng.random((2, n_units, n_runs)) < share[None, :, None])


# Methods D3: the same coders, 400 units, another number of true instances
FEW = [(5, 0.45, (0.23, 0.71)), (10, 0.56, (0.35, 0.78)), (20, 0.68, (0.52, 0.83)), (40, 0.75, (0.64, 0.84))]


@pytest.mark.parametrize(("n_true", "mean", "spread"), FEW)
def test_few_instances_pull_alpha_down(n_true: int, mean: float, spread: tuple[float, float]) -> None:
    alphas = coded(400, n_true, 0.85, 0.99)
    assert np.nanmean(alphas) == pytest.approx(mean, abs=0.02)
    # The ends of these ranges are their least certain digits.
    assert np.nanpercentile(alphas, [2.5, 97.5]) == pytest.approx(spread, abs=0.06)


# Methods P1: what the planted coders of the example reach over 1,200 sentences
PLANTED = [
    (72, 0.95, 0.995, 0.87, (0.81, 0.92)),
    (72, 0.85, 0.99, 0.70, (0.60, 0.78)),
    (48, 0.60, 0.97, 0.25, (0.16, 0.34)),
]


@pytest.mark.parametrize(("n_true", "sensitivity", "specificity", "mean", "spread"), PLANTED)
def test_planted_coders_reach_what_was_planted(
    n_true: int, sensitivity: float, specificity: float, mean: float, spread: tuple[float, float]
) -> None:
    alphas = coded(1200, n_true, sensitivity, specificity)
    assert np.mean(alphas) == pytest.approx(mean, abs=0.02)
    assert np.percentile(alphas, [2.5, 97.5]) == pytest.approx(spread, abs=0.02)
