"""Coefficients as others published them, and what holds for every set of judgements."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.errors import WrongUse
from casestudy.findings import agreement
from casestudy.findings.agreement import alpha_interval, cohen_kappa, gwet_ac1, krippendorff_alpha

NAN = math.nan
LEVELS = ("nominal", "ordinal", "interval", "ratio")


def rows(text: str) -> list[list[float]]:
    """Values of coders, a line each; a dot where a coder gave none."""
    return [[NAN if value == "." else float(value) for value in line.split()] for line in text.splitlines()]


# Krippendorff (2011), Computing Krippendorff's alpha-reliability, 12 units and 4 observers
FOUR = rows(
    "1 2 3 3 2 1 4 1 2 . . .\n1 2 3 3 2 2 4 1 2 5 . 3\n. 3 3 3 2 3 4 2 2 5 1 .\n1 2 3 3 2 4 4 1 2 5 1 ."
)
# Three coders and 15 units, the worked example of the encyclopedia article on Krippendorff's alpha
THREE = rows(". . . . . 3 4 1 2 1 1 3 3 . 3\n1 . 2 1 3 3 4 3 . . . . . . .\n. . 2 1 3 4 4 . 2 1 1 3 3 . 4")
PUBLISHED = [
    (FOUR, "nominal", 0.743),
    (FOUR, "ordinal", 0.815),
    (FOUR, "interval", 0.849),
    (FOUR, "ratio", 0.797),
    (THREE, "nominal", 0.691),
    (THREE, "interval", 0.811),
]


@pytest.mark.parametrize(("values", "level", "published"), PUBLISHED)
def test_alpha_is_the_published_one(values: Any, level: Any, published: float) -> None:
    assert krippendorff_alpha(values, level).value == pytest.approx(published, abs=5e-4)


def test_a_unit_with_one_value_is_dropped() -> None:
    assert krippendorff_alpha(FOUR).n_units == 11
    without = [coder[:-1] for coder in FOUR]
    assert krippendorff_alpha(without).value == krippendorff_alpha(FOUR).value


def test_every_reference_file_is_met(shared_data: Path) -> None:
    folder = shared_data / "reference" / "agreement"
    values = pd.read_csv(folder / "krippendorff_c_data.csv", index_col="unit").T.to_numpy()
    expected = json.loads((folder / "krippendorff_c_data.expected.json").read_text())["precise"]
    found = {level: krippendorff_alpha(values, level).value for level in expected}
    assert found == pytest.approx(expected, abs=5e-9)
    tables = json.loads((folder / "cohen_2x2.json").read_text())
    for cells, kappa in zip(tables["tables_yes_no"], tables["kappa"], strict=True):
        assert cohen_kappa(*spread(*cells[0], *cells[1])).value == pytest.approx(kappa, abs=5e-9)


def spread(a: int, b: int, c: int, d: int) -> tuple[list[int], list[int]]:
    """Judgements of two coders from their table: both yes, only the first, only the second, both no."""
    return [1] * (a + b) + [0] * (c + d), [1] * a + [0] * b + [1] * c + [0] * d


# Methods D2: agreement, kappa and AC1 of tables whose kappa is the known paradox
TABLES = [
    ((118, 5, 2, 0), 0.944, -0.023, 0.941),
    ((80, 10, 5, 5), 0.85, 0.32, 0.81),
    ((40, 9, 6, 45), 0.85, 0.70, 0.70),
]


@pytest.mark.parametrize(("cells", "agree", "kappa", "ac1"), TABLES)
def test_ac1_is_high_where_kappa_says_nothing(cells: Any, agree: float, kappa: float, ac1: float) -> None:
    first, second = spread(*cells)
    assert agreement.percent_agreement([first, second]).value == pytest.approx(agree, abs=5e-4)
    assert cohen_kappa(first, second).value == pytest.approx(kappa, abs=2e-3)
    assert gwet_ac1([first, second]).value == pytest.approx(ac1, abs=3e-3)


def test_ac1_with_missing_values() -> None:
    assert gwet_ac1(FOUR).value == pytest.approx(0.77544, abs=5e-6)  # methods D2, Gwet's own program


@pytest.mark.parametrize(("weights", "published"), [(None, 0.538), ("linear", 0.680), ("quadratic", 0.813)])
def test_weighted_kappa(weights: Any, published: float) -> None:  # methods E2
    first, second = [1, 2, 2, 3, 3, 3, 4, 4, 2, 1, 3, 4], [1, 2, 3, 3, 3, 2, 4, 3, 2, 2, 3, 4]
    assert cohen_kappa(first, second, weights).value == pytest.approx(published, abs=5e-4)


def loop_alpha(values: np.ndarray, level: str) -> float:
    """Alpha by its definition: all pairs of values within units against all pairs of values."""
    units = [[v for v in unit if not math.isnan(v)] for unit in values.T]
    units = [unit for unit in units if len(unit) >= 2]
    every = [v for unit in units for v in unit]
    n_of = {c: every.count(c) for c in sorted(set(every))}

    def apart(a: float, b: float) -> float:
        if level == "nominal":
            return float(a != b)
        if level == "ordinal":
            lo, hi = min(a, b), max(a, b)
            between = sum(n for c, n in n_of.items() if lo <= c <= hi)
            return (between - (n_of[lo] + n_of[hi]) / 2) ** 2
        scale = a + b if level == "ratio" else 1.0
        return ((a - b) / scale) ** 2 if scale else 0.0

    within = sum(apart(a, b) / (len(unit) - 1) for unit in units for a in unit for b in unit)
    by_chance = sum(apart(a, b) for a in every for b in every)
    return 1 - (len(every) - 1) * within / by_chance if by_chance else NAN


@st.composite
def judged(draw: st.DrawFn) -> np.ndarray:
    n_coders, n_units = draw(st.integers(2, 4)), draw(st.integers(1, 12))
    cell = st.sampled_from([0.0, 1.0, 2.0, 2.0, 5.0, NAN])
    column = st.lists(cell, min_size=n_units, max_size=n_units)
    return np.array(draw(st.lists(column, min_size=n_coders, max_size=n_coders)))


def same(found: float, expected: float) -> bool:
    return (math.isnan(found) and math.isnan(expected)) or math.isclose(found, expected, abs_tol=1e-9)


@given(judged(), st.sampled_from(LEVELS))
def test_alpha_equals_its_definition(values: np.ndarray, level: Any) -> None:
    assert same(krippendorff_alpha(values, level).value, loop_alpha(values, level))


def test_a_thousand_sets_of_judgements() -> None:
    rng = np.random.default_rng(11)
    for n_categories in (1, 2, 2, 3, 5):
        for _ in range(200):
            values = rng.integers(0, n_categories, (3, 8)).astype(float)
            values[rng.random(values.shape) < 0.2] = NAN
            assert same(krippendorff_alpha(values).value, loop_alpha(values, "nominal"))


@settings(max_examples=40)
@given(judged(), st.sampled_from(LEVELS), st.randoms(use_true_random=False))
def test_the_order_of_coders_and_units_changes_nothing(values: np.ndarray, level: Any, chance: Any) -> None:
    coders, units = list(range(values.shape[0])), list(range(values.shape[1]))
    chance.shuffle(coders)
    chance.shuffle(units)
    mixed = values[np.ix_(coders, units)]
    assert same(krippendorff_alpha(mixed, level).value, krippendorff_alpha(values, level).value)
    assert same(gwet_ac1(mixed).value, gwet_ac1(values).value)
    sources = np.array(units) % 3
    intervals = [
        alpha_interval(values, np.arange(len(units)) % 3, level, seed=1, draws=20),
        alpha_interval(mixed, sources, level, seed=1, draws=20),
    ]
    assert np.allclose(*intervals, equal_nan=True)


COEFFICIENTS: list[Callable[[Any], float]] = [
    *(lambda values, level=level: krippendorff_alpha(values, level).value for level in LEVELS),
    lambda values: gwet_ac1(values).value,
    lambda values: cohen_kappa(values[0], values[1]).value,
    lambda values: cohen_kappa(values[0], values[1], "quadratic").value,
]


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_perfect_undefined_and_nothing(coefficient: Callable[[Any], float]) -> None:
    assert coefficient([[0, 1, 2, 2], [0, 1, 2, 2]]) == 1
    assert math.isnan(coefficient([[1, 1, 1], [1, 1, 1]]))
    assert math.isnan(coefficient([[NAN, NAN], [NAN, NAN]]))
    assert math.isnan(coefficient([[1, NAN, 2], [NAN, 1, NAN]]))


def test_words_are_nominal_only() -> None:
    words = [["a", "b", None], ["a", "c", "b"]]
    numbers = [[0, 1, NAN], [0, 2, 1]]
    assert krippendorff_alpha(words).value == krippendorff_alpha(numbers).value
    with pytest.raises(WrongUse, match="level: values must be numbers"):
        krippendorff_alpha(words, "ordinal")
    with pytest.raises(WrongUse, match="weights: categories must be numbers"):
        cohen_kappa(["a"], ["b"], "linear")


def test_wrong_values_are_refused() -> None:
    with pytest.raises(WrongUse, match="no value may be negative"):
        krippendorff_alpha([[1, -1], [1, 1]], "ratio")
    with pytest.raises(WrongUse, match="a row per coder"):
        krippendorff_alpha([1, 2, 3])


def test_many_categories_and_values_far_apart() -> None:
    rng = np.random.default_rng(3)
    values = rng.choice(np.array([0.5, 1e6, -3.25, *range(100, 140)]), (2, 60))
    assert same(krippendorff_alpha(values, "interval").value, loop_alpha(values, "interval"))
    assert same(krippendorff_alpha(values).value, loop_alpha(values, "nominal"))


def clustered(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Twelve interviews of which some are much harder to code than others."""
    rng = np.random.default_rng(seed)
    sources = np.repeat(np.arange(12), 35)
    truth = rng.random(len(sources)) < 0.15
    error = np.repeat(rng.choice([0.0, 0.2], 12), 35)
    return np.array([truth ^ (rng.random(len(sources)) < error) for _ in range(2)], dtype=float), sources


def test_the_interval_is_that_of_drawing_sources_one_by_one() -> None:
    values, sources = clustered(1)
    rng = np.random.default_rng(5)
    drawn = []
    for _ in range(400):
        units = np.concatenate([np.flatnonzero(sources == s) for s in rng.integers(0, 12, 12)])
        drawn.append(krippendorff_alpha(values[:, units]).value)
    lo, hi, below = alpha_interval(values, sources, seed=2, draws=4000)
    assert (lo, hi) == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])), abs=0.05)
    assert below == pytest.approx(np.mean(np.array(drawn) < 0.667), abs=0.05)


def test_drawing_units_would_be_too_narrow() -> None:  # methods D3
    values, sources = clustered(1)
    by_source = alpha_interval(values, sources, seed=1)
    by_unit = alpha_interval(values, np.arange(values.shape[1]), seed=1)
    assert by_source.hi - by_source.lo > by_unit.hi - by_unit.lo


def test_one_source_gives_no_interval() -> None:
    assert all(map(math.isnan, alpha_interval(FOUR, ["a"] * 12, seed=1)))


def test_a_seed_draws_the_same() -> None:
    values, sources = clustered(2)
    assert alpha_interval(values, sources, seed=1) == alpha_interval(values, sources, seed=1)
    assert alpha_interval(values, sources, seed=1) != alpha_interval(values, sources, seed=2)
