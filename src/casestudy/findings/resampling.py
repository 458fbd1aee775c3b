"""Intervals from drawing respondents again: bias-corrected and accelerated, for many cells at once.

A draw is told by how often it holds each respondent. These counts are drawn once per number of respondents
and serve every cell of that size, so that each statistic of all draws is a few matrix products.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casestudy.findings.intervals import NOTHING, Interval, hedges_correction

N_DRAWS = 9_999
SHARED = 256  # cells of up to so many people share their draws; larger ones are drawn by kind of pair
BLOCK = 4_000_000  # numbers that one block of draws may hold
MATRIX = 512  # up to so many different changes, pairs of them are compared as one matrix
DEFINED = 0.95  # share of the draws in which a statistic must be defined
SAME = 100  # how many times the rounding of its type may stand between equal statistics

Values = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]  # draws of small cells are single precision: counts there are exact in it


class EffectIntervals(NamedTuple):
    """Intervals of the effect sizes of a paired change."""

    dz: Interval = NOTHING
    g_av: Interval = NOTHING
    r_rb: Interval = NOTHING


class _Points(NamedTuple):
    """Pairs of scores in the order of their change, and how many people have each pair."""

    x: Values  # before, less its mean
    y: Values
    times: Values
    changes: Values  # the different changes, ascending
    which: NDArray[np.int_]  # number of each pair's change

    @property
    def n(self) -> int:
        return int(self.times.sum())


def bca(
    values: ArrayLike,
    statistic: Callable[[Values], Values],
    *,
    confidence: float = 0.95,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> Interval:
    """Bias-corrected and accelerated bootstrap interval of any statistic of a sample.

    Parameters
    ----------
    values
        One number per respondent, shape (n,), or several, shape (n, k); none may be nan. Their order decides
        which draws are made: sort them first where it should not.
    statistic
        Takes samples, shape (draws, n) or (draws, n, k), and gives one value for each, shape (draws,).
    seed
        Equal seeds give equal intervals.

    Returns
    -------
    Interval
        nan when the statistic is undefined for the sample, for a sample without one of them, or in over 5 %
        of the draws (the others are left out); when all draws agree; and when the sample's own value lies
        outside all of them.

    References
    ----------
    Efron, B. (1987). Better bootstrap confidence intervals. *Journal of the American Statistical
    Association*, 82, 171-185.

    Examples
    --------
    >>> lo, hi = bca([2.0, 3.0, 3.5, 4.0, 4.5, 7.0, 9.0], lambda drawn: np.median(drawn, axis=1))
    >>> lo, hi
    (3.0, 7.0)
    """
    sample = np.asarray(values, dtype=float)
    n = len(sample)
    if n < 2:
        return NOTHING
    rng = np.random.default_rng([seed, n])
    draws = np.concatenate(
        [statistic(sample[rng.integers(0, n, (size, n))]) for size in _blocks(n_draws, sample.size)]
    )
    others = ~np.eye(n, dtype=bool)
    left_out = [statistic(sample[others[i]][None])[0] for i in range(n)]
    estimate = float(statistic(sample[None])[0])
    return _accelerated(draws, estimate, np.array(left_out), np.ones(n), confidence)


def effect_intervals(
    cells: Sequence[tuple[Values, Values]],
    *,
    confidence: float = 0.95,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> list[EffectIntervals]:
    """BCa intervals of dz, g_av and the rank-biserial correlation of the pairs in each cell.

    Parameters
    ----------
    cells
        Scores before and after of the same people, each of shape (n,) and without nan.
    n_draws, seed
        How many draws, and what decides them. An interval depends on the pairs of its own cell alone, not on
        their order and not on the other cells.

    Returns
    -------
    list of EffectIntervals
        One per cell. nan under the conditions of ``bca``; so there is none for a rank-biserial correlation of
        1, which every draw repeats.

    References
    ----------
    Efron, B. (1987). Better bootstrap confidence intervals. *Journal of the American Statistical
    Association*, 82, 171-185.

    Examples
    --------
    >>> before = np.array([2.8, 3.0, 3.2, 2.5, 3.7, 3.3, 2.2, 3.5, 4.0, 2.7, 3.2, 3.0])
    >>> after = np.array([3.5, 3.3, 3.2, 3.3, 3.8, 4.0, 3.0, 3.4, 4.2, 3.5, 3.7, 3.6])
    >>> found = effect_intervals([(before, after)])[0]
    >>> round(found.dz.lo, 1), round(found.dz.hi, 1)
    (0.7, 2.3)
    """
    members: dict[int, list[int]] = {}
    for number, (x, _) in enumerate(cells):
        members.setdefault(len(x), []).append(number)
    found = [EffectIntervals()] * len(cells)
    for n, numbers in members.items():
        if n < 2:
            continue
        shared = _counts(n, n_draws, seed) if n <= SHARED else None
        for number in numbers:
            points = _points(*cells[number], by_kind=shared is None)
            drawn = [shared] if shared is not None else _drawn(points, n_draws, seed)
            draws = np.concatenate([_effects(points, counts, n) for counts in drawn], axis=1)
            found[number] = _intervals(points, draws, confidence)
    return found


def _intervals(points: _Points, draws: Floats, confidence: float) -> EffectIntervals:
    n, times = points.n, points.times
    (estimate,) = _effects(points, times[:, None], n).T
    without = np.hstack(
        [_effects(points, times[:, None] - one, n - 1) for one in _ones(len(times), len(points.changes))]
    )
    each = (_accelerated(*found, times, confidence) for found in zip(draws, estimate, without, strict=True))
    return EffectIntervals(*each)


def _points(x: Values, y: Values, *, by_kind: bool) -> _Points:
    """Pairs in an order that depends on their values only; ten digits, so that equal changes are equal."""
    x, d = np.round(x, 10), np.round(y - x, 10)
    order = np.lexsort((x, d))
    x, d, times = x[order], d[order], np.ones(len(x))
    if by_kind:
        (d, x), n_of = np.unique(np.stack([d, x]), axis=1, return_counts=True)
        times = n_of.astype(np.float64)
    changes, which = np.unique(d, return_inverse=True)
    y = x + d
    n = times.sum()
    return _Points(x - times @ x / n, y - times @ y / n, times, changes, which)


def _counts(n: int, n_draws: int, seed: int) -> Floats:
    """How often each of ``n`` respondents is in each draw, shape (n, n_draws)."""
    drawn = np.random.default_rng([seed, n]).integers(0, n, (n, n_draws), dtype=np.int32)
    place = drawn.astype(np.int64) * n_draws + np.arange(n_draws)
    return np.bincount(place.ravel(), minlength=n * n_draws).reshape(n, n_draws).astype(np.float32)


def _drawn(points: _Points, n_draws: int, seed: int) -> Iterator[Floats]:
    """How often each kind of pair is in each draw, block by block: what drawing single people gives."""
    rng = np.random.default_rng([seed, points.n])
    for size in _blocks(n_draws, len(points.times) + 2 * len(points.changes)):
        yield rng.multinomial(points.n, points.times / points.n, size=size).T.astype(float)


def _blocks(n_draws: int, numbers: int) -> Iterator[int]:
    size = max(1, BLOCK // numbers)
    for start in range(0, n_draws, size):
        yield min(size, n_draws - start)


def _ones(n: int, n_changes: int) -> Iterator[Values]:
    """Give the identity matrix, in blocks of columns."""
    start = 0
    for size in _blocks(n, n + 2 * n_changes):
        block = np.zeros((n, size))
        block[np.arange(start, start + size), np.arange(size)] = 1
        start += size
        yield block


def _effects(points: _Points, counts: Floats, n: int) -> Floats:
    """Find dz, g_av and r_rb of each draw, shape (3, n_draws), from counts of shape (n_points, n_draws).

    The precision is that of the counts.
    """
    x, y, changes = points.x, points.y, points.changes
    sums, of_change = _sums(np.stack([x, x * x, y, y * y]), points, counts)
    middle = float(points.times @ changes[points.which] / points.n)
    about = changes - middle
    sums_d = np.stack([about, about**2]).astype(counts.dtype) @ of_change
    mean = sums_d[0] / n + middle
    sds = [_sd(pair, n) for pair in (sums_d, sums[:2], sums[2:])]
    up, of_ranks = _signed_ranks(changes, of_change, n)
    above = np.stack([mean, hedges_correction(n - 1) * mean, up])
    below = np.stack([sds[0], (sds[1] + sds[2]) / 2, of_ranks])
    found = np.full_like(above, np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found


def _sums(rows: Values, points: _Points, counts: Floats) -> tuple[Floats, Floats]:
    """Sum some values of the pairs over each draw, and count the people there who have each change."""
    n_changes = len(points.changes)
    if n_changes > MATRIX:
        starts = np.searchsorted(points.which, np.arange(n_changes))
        return rows.astype(counts.dtype) @ counts, np.add.reduceat(counts, starts, axis=0)
    kinds = points.which == np.arange(n_changes)[:, None]
    both = np.vstack([rows, kinds]).astype(counts.dtype) @ counts
    return both[: len(rows)], both[len(rows) :]


def _sd(sums_and_squares: Floats, n: int) -> Floats:
    """SD of each draw from sums and squares of values that are about centred; rounding counts as none."""
    sums, squares = sums_and_squares
    about: Floats = squares - sums * sums / n
    about[about <= 10 * np.finfo(about.dtype).eps * squares] = 0
    np.sqrt(about / max(n - 1, 1), out=about)
    return about


def _signed_ranks(changes: Values, counts: Floats, n: int) -> tuple[Floats, Floats]:
    """Rank sum of ups less that of downs, and their total, with midranks and zeros ranked first (Pratt).

    That difference is the number of pairs of people, each with himself too, whose changes add up to a rise,
    less those whose changes add up to a fall.
    """
    if len(changes) <= MATRIX:
        against = np.sign(changes + changes[:, None]).astype(counts.dtype) @ counts
    else:
        below = np.vstack([np.zeros_like(counts[:1]), np.cumsum(counts, axis=0)])
        left, right = (np.searchsorted(changes, -changes, side=side) for side in ("left", "right"))
        against = n - below[left] - below[right]
    up, zero = np.stack([np.sign(changes), changes == 0]).astype(counts.dtype) @ counts
    difference = ((against * counts).sum(axis=0) + up) / 2
    return difference, (n * (n + 1) - zero * (zero + 1)) / 2


def _accelerated(
    draws: Floats, estimate: float, left_out: Values, times: Values, confidence: float
) -> Interval:
    """BCa interval from the draws, the sample's own value, and its values without one respondent."""
    found = np.sort(draws[~np.isnan(draws)])
    slack, same = (
        SAME * np.finfo(kind).eps * max(1.0, abs(estimate)) for kind in (found.dtype, left_out.dtype)
    )
    undefined = math.isnan(estimate) or bool(np.isnan(left_out).any())
    if undefined or len(found) < DEFINED * len(draws) or found[-1] - found[0] <= slack:
        return NOTHING
    edges = np.searchsorted(found, [estimate - slack, estimate + slack])
    bias = float(special.ndtri(edges.mean() / len(found)))
    if not math.isfinite(bias):
        return NOTHING
    gaps = times @ left_out / times.sum() - left_out
    spread = float(times @ gaps**2)
    # Where leaving one out changes nothing, as with many a median, nothing tells of acceleration.
    acceleration = float(times @ gaps**3) / (6 * spread**1.5) if np.ptp(left_out) > same else 0.0
    z = bias + special.ndtri([(1 - confidence) / 2, (1 + confidence) / 2])
    stretch = 1 - acceleration * z
    if stretch.min() <= 0:
        return NOTHING
    # The usual quantiles, without the cost of their general form
    at = special.ndtr(bias + z / stretch) * (len(found) - 1)
    first = np.minimum(at.astype(int), len(found) - 2)
    lo, hi = found[first] + (at - first) * (found[first + 1] - found[first])
    return Interval(float(lo), float(hi))
