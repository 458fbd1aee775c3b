"""Intervals from drawing respondents again: bias-corrected and accelerated, for many cells at once.

A draw is told by how often it holds each respondent. These counts are drawn once per number of respondents
and serve every cell of that size, so that all that the statistics of all draws need is one matrix product.
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
MATRIX = 256  # up to so many different sizes of change, they are counted and ranked by the matrix product
CROWD = 5  # people per kind of pair, from which on kinds are drawn before people
APART = 3  # SDs between the number of people in a draw and what is drawn at first
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
    changes: Values
    times: Values
    size: NDArray[np.int_]  # number of the size of each change, from 0 for the smallest

    @property
    def n(self) -> int:
        return int(self.times.sum())

    @property
    def n_sizes(self) -> int:
        return int(self.size.max()) + 1


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
    times, m = points.times, len(points.times)
    found = []
    start = 0
    for size in _blocks(m + 1, m + 2 * points.n_sizes):
        without = np.eye(m, size, 1 - start)  # the first column leaves out nobody
        found.append(_effects(points, times[:, None] - without, points.n - without.sum(axis=0)))
        start += size
    both = np.concatenate(found, axis=1)
    each = (
        _accelerated(drawn, float(own[0]), own[1:], times, confidence)
        for drawn, own in zip(draws, both, strict=True)
    )
    return EffectIntervals(*each)


def _points(x: Values, y: Values, *, by_kind: bool) -> _Points:
    """Pairs in an order that depends on their values only; ten digits, so that equal changes are equal."""
    x, d = np.round(x, 10), np.round(y - x, 10)
    times = np.ones(len(x))
    if by_kind:
        (d, x), n_of = np.unique(np.stack([d, x]), axis=1, return_counts=True)
        times = n_of.astype(np.float64)
    order = np.lexsort((x, d))
    x, d, times = x[order], d[order], times[order]
    size = np.unique(np.abs(d), return_inverse=True)[1]
    y = x + d
    n = times.sum()
    return _Points(x - times @ x / n, y - times @ y / n, d, times, size)


def _counts(n: int, n_draws: int, seed: int) -> Floats:
    """How often each of ``n`` respondents is in each draw, shape (n, n_draws)."""
    drawn = np.random.default_rng([seed, n]).integers(0, n, (n, n_draws), dtype=np.int32)
    place = drawn.astype(np.int64) * n_draws + np.arange(n_draws)
    return np.bincount(place.ravel(), minlength=n * n_draws).reshape(n, n_draws).astype(np.float32)


def _drawn(points: _Points, n_draws: int, seed: int) -> Iterator[Values]:
    """How often each kind of pair is in each draw, block by block: what drawing single people gives.

    Where many people share a kind, Poisson numbers of every kind come first, a few less than needed: draws of
    too many are drawn again, and given their total the others are multinomial. Single people complete them.
    """
    rng, n, m = np.random.default_rng([seed, points.n]), points.n, len(points.times)
    means = points.times * (1 - APART / math.sqrt(n))
    kind = np.repeat(np.arange(m), points.times.astype(int))
    for size in _blocks(n_draws, m + 2 * points.n_sizes):
        counts, held = np.zeros((m, size)), np.zeros(size, dtype=int)
        again = np.arange(size if n > CROWD * m else 0)
        while len(again):
            held[again] = 0
            for row, mean in zip(counts, means, strict=True):
                number = _poisson(mean, len(again), rng)
                row[again] = number
                held[again] += number
            again = again[held[again] > n]
        alone = kind[rng.integers(0, n, int((n - held).sum()), dtype=np.int32)]
        place = alone * size + np.repeat(np.arange(size), n - held)
        counts += np.bincount(place, minlength=m * size).reshape(m, size)
        yield counts


def _poisson(mean: float, size: int, rng: np.random.Generator) -> NDArray[np.int_]:
    """Poisson numbers: how many draws have each number, and then who has which."""
    number = np.arange(int(mean + 12 * math.sqrt(mean)) + 30)
    share = np.exp(number * math.log(mean) - mean - special.gammaln(number + 1))
    return rng.permutation(np.repeat(number, rng.multinomial(size, share / share.sum())))


def _blocks(n_draws: int, numbers: int) -> Iterator[int]:
    size = max(1, BLOCK // numbers)
    for start in range(0, n_draws, size):
        yield min(size, n_draws - start)


def _effects(points: _Points, counts: Floats, n: int | Values) -> Floats:
    """Find dz, g_av and r_rb of each draw, shape (3, n_draws), from counts of shape (n_points, n_draws).

    The precision is that of the counts; ``n`` is how many people a draw holds, one number or one per draw.
    """
    kind, changes = counts.dtype, points.changes
    people = np.asarray(n, dtype=kind)
    middle = float(points.times @ changes / points.n)
    scores = np.stack([points.x, points.y, changes - middle])
    rows = [scores, scores**2, (changes == 0)[None]]
    if points.n_sizes <= MATRIX:
        sums: Floats = np.vstack([*rows, *_ranking(points)]).astype(kind) @ counts
        _, ups, ranks = np.split(sums, [7, 7 + points.n_sizes])
    else:
        sums = np.vstack(rows).astype(kind) @ counts
        ups, ranks = _ranked(points, counts)
    below = np.empty((3, counts.shape[1]), dtype=kind)
    above = np.empty_like(below)
    sd_before, sd_after, below[0] = _sd(sums[:3], sums[3:6], people)
    below[1] = (sd_before + sd_after) / 2
    below[2] = (people * (people + 1) - sums[6] * (sums[6] + 1)) / 2
    above[0] = sums[2] / people + kind.type(middle)
    above[1] = hedges_correction(people - 1) * above[0]
    above[2] = np.einsum("ij,ij->j", ups, ranks) + ups.sum(axis=0) / 2
    found = np.full_like(above, np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found


def _sd(sums: Floats, squares: Floats, n: Floats) -> Floats:
    """SD of each draw from sums and squares of values that are about centred; rounding counts as none."""
    about: Floats = squares - sums * sums / n
    about[about <= 10 * np.finfo(about.dtype).eps * squares] = 0
    np.sqrt(about / np.maximum(n - 1, 1), out=about)
    return about


def _ranking(points: _Points) -> tuple[Values, Values]:
    """Rows that count, per size of change, ups less downs, and the midrank less one half (zeros first)."""
    number = np.arange(points.n_sizes)[:, None]
    same = points.size == number
    return same * np.sign(points.changes), (points.size < number) + same / 2


def _ranked(points: _Points, counts: Floats) -> tuple[Floats, Floats]:
    """Do what the rows of ``_ranking`` do, where there are too many of them."""
    order = np.argsort(points.size, kind="stable")
    starts = np.searchsorted(points.size[order], np.arange(points.n_sizes))
    sign = np.sign(points.changes)[:, None].astype(counts.dtype)
    ups = np.add.reduceat((counts * sign)[order], starts, axis=0)
    of_size = np.add.reduceat(counts[order], starts, axis=0)
    return ups, np.cumsum(of_size, axis=0) - of_size / 2


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
