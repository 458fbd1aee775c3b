"""How far coders agree beyond chance: alpha, kappas and AC1 for any number of coders, and their uncertainty.

Throughout, ``values`` has shape (coders, units) and holds the category that each coder gave to each unit; nan
(or None among words) where a coder gave none. A coefficient is nan when it is not defined: without units that
two coders valued, and when one and the same category was used throughout, for then nothing could have been
disagreed on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from casestudy.errors import WrongUse
from casestudy.findings.categories import Floats, Whole, coded, one_minus, stacked, tallied

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal["linear", "quadratic"]

TENTATIVE = 0.667  # below this, alpha says that a code cannot be relied on


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient of agreement, unrounded, and the units and coders it rests on."""

    statistic: str
    value: float
    n_units: int
    n_coders: int


class AlphaInterval(NamedTuple):
    """Bounds of alpha over resampled sources, and the share of draws in which it lies below a threshold."""

    lo: float
    hi: float
    p_below: float


class _Profiles(NamedTuple):
    """Units summed up: how often each category was given per distinct unit, and which one a unit is like."""

    counts: Floats  # (profiles, categories)
    unit: Whole  # (units,) number of its profile
    categories: Floats  # values of the categories, ascending


def krippendorff_alpha(values: ArrayLike, level: Level = "nominal") -> Agreement:
    """Krippendorff's alpha of any number of coders, with missing values.

    Parameters
    ----------
    values
        Shape (coders, units); nan where a coder gave no value. Words are nominal only.
    level
        How values differ: ``nominal`` equal or not, ``ordinal`` by rank, ``interval`` by difference,
        ``ratio`` by proportion (no value may be negative).

    Returns
    -------
    Agreement
        ``value`` is at most 1. A unit that fewer than two coders valued is dropped, never read as agreement;
        ``n_units`` counts those that are left.

    Raises
    ------
    WrongUse
        When the shape is another, or the values do not have the level.

    References
    ----------
    Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability. University of Pennsylvania.

    Examples
    --------
    >>> nan = float("nan")
    >>> krippendorff_alpha([[1, 1, 2, 2, nan], [1, 2, 2, 2, 3]])
    Agreement(statistic='alpha', value=0.5333333333333333, n_units=4, n_coders=2)
    """
    profiles = _profiles(values, level)
    n_of = np.bincount(profiles.unit, minlength=len(profiles.counts)).astype(float)
    pairable = profiles.counts.sum(axis=1) >= 2
    value = _alphas(n_of[None, :], profiles, level)[0]
    return Agreement("alpha", float(value), int(n_of[pairable].sum()), len(np.asarray(values)))


def alpha_interval(
    values: ArrayLike,
    sources: ArrayLike,
    level: Level = "nominal",
    *,
    seed: int,
    draws: int = 2000,
    below: float = TENTATIVE,
    confidence: float = 0.95,
) -> AlphaInterval:
    """Percentile interval of alpha when sources are drawn anew with all their units.

    Units of one source resemble each other; drawing units instead of sources gives an interval that is too
    narrow.

    Parameters
    ----------
    values, level
        As in :func:`krippendorff_alpha`.
    sources
        Source of each unit, shape (units,).
    seed, draws
        Of the bootstrap.
    below
        Threshold for ``p_below``.
    confidence
        Share of draws that lie between the bounds.

    Returns
    -------
    AlphaInterval
        The same in whatever order coders, sources and units stand. Draws in which alpha is not defined are
        left out; all nan when it is defined in none, or with fewer than two sources.

    Examples
    --------
    >>> same = [[0, 1, 0, 1, 1, 0], [0, 1, 0, 1, 1, 0]]
    >>> alpha_interval(same, ["a", "a", "b", "b", "c", "c"], seed=1, draws=100)
    AlphaInterval(lo=1.0, hi=1.0, p_below=0.0)
    """
    profiles = _profiles(values, level)
    number, names = pd.factorize(np.asarray(sources), sort=False)
    n_profiles = len(profiles.counts)
    table = np.bincount(number * n_profiles + profiles.unit, minlength=len(names) * n_profiles)
    drawn = resampled(table.reshape(len(names), n_profiles), seed=seed, draws=draws)
    return percentiles(_alphas(drawn, profiles, level), below=below, confidence=confidence)


def resampled(table: NDArray[np.generic], *, seed: int, draws: int) -> Floats:
    """Sum the rows of bootstrap samples of a table's rows, shape (draws, columns); none from fewer than two.

    Rows that are equal are drawn together, so the time depends on the number of different rows, and the
    order of the rows changes nothing.
    """
    n_rows = len(table)
    if n_rows < 2:
        return np.empty((0, table.shape[1]))
    kinds, n_of = _kinds(table.astype(float))
    taken = np.random.default_rng(seed).multinomial(n_rows, n_of / n_rows, draws)
    summed: Floats = taken.astype(float) @ kinds
    return summed


def _kinds(table: Floats) -> tuple[Floats, Whole]:
    """Give the different rows of a table, in an order of their own, and how often each stands."""
    factors = np.random.default_rng(0).integers(1, 2**63, table.shape[1], dtype=np.uint64)
    keys = (np.ascontiguousarray(table + 0.0).view(np.uint64) * factors).sum(axis=1)
    _, first, kind, n_of = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    if np.array_equal(table[first[kind]], table):
        return table[first], n_of
    # Two different rows with one key: never seen, and slow, but right.
    return np.unique(table, axis=0, return_counts=True)


def percentiles(values: Floats, *, below: float = TENTATIVE, confidence: float = 0.95) -> AlphaInterval:
    """Bounds of the draws that are known, and the share of them below a threshold; nan when none is."""
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return AlphaInterval(math.nan, math.nan, math.nan)
    edge = 50 * (1 - confidence)
    lo, hi = np.percentile(known, [edge, 100 - edge])
    return AlphaInterval(float(lo), float(hi), float(np.mean(known < below)))


def cohen_kappa(first: ArrayLike, second: ArrayLike, weights: Weights | None = None) -> Agreement:
    """Cohen's kappa of two coders, also weighted for categories in an order.

    Parameters
    ----------
    first, second
        Category per unit, shape (units,); a unit that either left blank is dropped.
    weights
        None for equal or not; ``linear`` or ``quadratic`` in the distance between numeric values. Say which.

    Returns
    -------
    Agreement
        nan when chance agreement is 1.

    References
    ----------
    Cohen, J. (1960). A coefficient of agreement for nominal scales.
    *Educational and Psychological Measurement*, 20(1), 37-46.

    Cohen, J. (1968). Weighted kappa. *Psychological Bulletin*, 70(4), 213-220.

    Examples
    --------
    >>> cohen_kappa(["time", "time", "skill", "skill"], ["time", "skill", "skill", "skill"]).value
    0.5
    """
    codes, categories = coded(stacked([first, second]))
    if weights is not None and not np.issubdtype(categories.dtype, np.number):
        raise WrongUse("weights: categories must be numbers to lie at a distance, found words")
    a, b = codes[:, (codes >= 0).all(axis=0)]
    q = len(categories)
    table = np.bincount(a * q + b, minlength=q * q).reshape(q, q).astype(float)
    if weights is None:
        distance: Floats = 1 - np.eye(q)
    else:
        distance = np.abs(np.subtract.outer(categories, categories)).astype(float)
        distance = distance if weights == "linear" else distance**2
    # Both terms are multiplied by the number of units, so that whole numbers stay exact.
    observed = len(a) * (table * distance).sum()
    expected = (np.outer(table.sum(axis=1), table.sum(axis=0)) * distance).sum()
    return Agreement("cohen_kappa", one_minus(observed, expected), len(a), 2)


def gwet_ac1(values: ArrayLike) -> Agreement:
    """Gwet's AC1, any number of coders, with missing values; print it beside alpha, never in its place.

    Where hardly anybody used a code it is high: it then says nothing about recognising that code.

    Only categories that somebody used are counted. Their shares come from all units with a value, a unit
    with fewer values weighing as much; agreement comes from the units with two values or more.

    References
    ----------
    Gwet, K. L. (2008). Computing inter-rater reliability and its variance in the presence of high agreement.
    *British Journal of Mathematical and Statistical Psychology*, 61(1), 29-48.

    Examples
    --------
    >>> round(gwet_ac1([[1] * 90 + [0] * 10, [1] * 80 + [0] * 10 + [1] * 5 + [0] * 5]).value, 2)
    0.81
    """
    coders = stacked(values)
    counts = tallied(*coded(coders))
    n_values = counts.sum(axis=1)
    shares = (counts[n_values > 0] / n_values[n_values > 0, None]).mean(axis=0) if n_values.any() else counts
    n_categories = counts.shape[1]
    pairable = int((n_values >= 2).sum())
    value = math.nan
    if pairable and n_categories > 1:
        chance = float((shares * (1 - shares)).sum()) / (n_categories - 1)
        value = one_minus(1 - percent_agreement(coders).value, 1 - chance)
    return Agreement("ac1", value, pairable, len(coders))


def percent_agreement(values: ArrayLike) -> Agreement:
    """Share of pairs of coders that gave a unit the same category, averaged over units; not above chance.

    Examples
    --------
    >>> percent_agreement([[0, 0, 1, 1], [0, 1, 1, 1]]).value
    0.75
    """
    coders = stacked(values)
    counts = tallied(*coded(coders))
    counts = counts[counts.sum(axis=1) >= 2]
    n_values = counts.sum(axis=1)
    same = (counts * (counts - 1)).sum(axis=1) / (n_values * (n_values - 1))
    return Agreement(
        "percent_agreement", float(same.mean()) if len(same) else math.nan, len(same), len(coders)
    )


def _profiles(values: ArrayLike, level: Level) -> _Profiles:
    coders = stacked(values)
    codes, categories = coded(coders)
    if level != "nominal" and not np.issubdtype(categories.dtype, np.number):
        raise WrongUse(f"level: values must be numbers to be {level}, found words")
    if level == "ratio" and len(categories) and float(categories.min()) < 0:
        raise WrongUse("level: no value may be negative for `ratio`, found one that is; choose `interval`")
    base = len(coders) + 1
    if base ** len(categories) < 2**62:
        # A unit's counts as the digits of one number: two units with the same number are alike.
        powers = base ** np.arange(len(categories), dtype=np.int64)
        key = np.where(codes >= 0, np.append(powers, 0)[codes], 0).sum(axis=0)
        keys, unit = np.unique(key, return_inverse=True)
        counts = (keys[:, None] // powers % base).astype(float)
    else:
        counts, unit = np.unique(tallied(codes, categories), axis=0, return_inverse=True)
    if not np.issubdtype(categories.dtype, np.number):
        categories = np.arange(len(categories))
    return _Profiles(counts, unit.ravel(), categories.astype(float))


def _alphas(n_of: Floats, profiles: _Profiles, level: Level) -> Floats:
    """Alpha of each row of ``n_of``, shape (draws, profiles): how many units there are of each profile."""
    counts = profiles.counts
    n_values = counts.sum(axis=1)
    pairable = n_values >= 2
    n_of, counts, n_values = n_of[:, pairable], counts[pairable], n_values[pairable]
    q = counts.shape[1]
    given = n_of @ counts
    pairs = counts[:, :, None] * counts[:, None, :] / (n_values - 1)[:, None, None]
    coincidences = (n_of @ pairs.reshape(len(counts), q * q)).reshape(len(n_of), q, q)
    distance = _distance(given, profiles.categories, level)
    observed = (coincidences * distance).sum(axis=(1, 2))
    expected = np.einsum("dc,dck,dk->d", given, distance, given)
    n = given.sum(axis=1)
    above = np.where(expected > 0, (n - 1) * observed, math.nan)
    alphas: Floats = 1 - above / np.where(expected > 0, expected, 1)
    return alphas


def _distance(given: Floats, categories: Floats, level: Level) -> Floats:
    """Squared differences between categories, shape (draws, categories, categories)."""
    if level == "ordinal":  # in ranks, which depend on how often each category was given
        place = given.cumsum(axis=1) - given / 2
        ranks: Floats = (place[:, :, None] - place[:, None, :]) ** 2
        return ranks
    apart = np.subtract.outer(categories, categories) ** 2
    if level == "nominal":
        apart = 1 - np.eye(len(categories))
    elif level == "ratio":
        total = np.add.outer(categories, categories) ** 2
        apart = np.divide(apart, total, out=np.zeros_like(apart), where=total > 0)
    return np.broadcast_to(apart, (len(given), *apart.shape))
