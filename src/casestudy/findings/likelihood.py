"""What the likelihood of the random-intercept model is made of: sums of two waves, and its lowest point."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

N_STEPS, N_ROUNDS = 17, 11  # every round narrows the range eight times: to 1e-9 of where it began
MOST_BETWEEN = 1 - 1e-9

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Sites = NDArray[np.int_]


def lowest(
    deviance: Callable[[Values], Values], shape: tuple[int, ...], *, n_rounds: int = N_ROUNDS
) -> Values:
    """Share of the variance between people, 0 to 1, at which ``deviance`` is lowest, for many models at once.

    Parameters
    ----------
    deviance
        Gives the deviance, shape (n_steps, *shape), at shares of that shape.
    shape
        That of the models; ``()`` is one model.
    n_rounds
        Each narrows the range eight times.

    Examples
    --------
    >>> lowest(lambda share: (share - np.array([0.3, -1])) ** 2, (2,)).round(6).tolist()
    [0.3, 0.0]
    """
    steps = np.linspace(0, 1, N_STEPS).reshape(-1, *([1] * len(shape)))
    low, high = np.zeros(shape), np.full(shape, MOST_BETWEEN)
    for _ in range(n_rounds):
        grid = low + (high - low) * steps
        best = np.argmin(deviance(grid), axis=0, keepdims=True)
        found = np.take_along_axis(grid, best, axis=0)[0]
        low = np.take_along_axis(grid, np.maximum(best - 1, 0), axis=0)[0]
        high = np.take_along_axis(grid, np.minimum(best + 1, N_STEPS - 1), axis=0)[0]
    return np.asarray(found)


class TwoWaves(NamedTuple):
    """Counts and sums per site (last axis); scores are taken from the mean of their site and wave.

    Several sets of scores of the same people may stand on the axes before; the counts have one axis always.
    """

    n_pairs: Values
    n_first: Values  # only before
    n_second: Values  # only after
    m_before: Values
    m_after: Values
    pair_before: Values  # sum of the scores before of those in both waves
    pair_after: Values
    squares: Values  # of all scores
    pair_squares: Values  # of the sums of two scores of one person
    single_squares: Values  # of those in one wave only
    change_squares: Values  # of the changes of the pairs, from their mean

    @property
    def n(self) -> float:
        """Number of scores."""
        return float((2 * self.n_pairs + self.n_first + self.n_second).sum())


def two_waves(before: Values, after: Values, site: Sites, *, n_sites: int = 0) -> TwoWaves:
    """Count and sum what the model needs of two waves.

    Parameters
    ----------
    before, after
        Scores, shape (..., n); nan is no score, at the same people in every set of scores.
    site
        Number of the site from 0, shape (n,).
    n_sites
        At least so many sites, also when the last ones have nobody.

    Examples
    --------
    >>> waves = two_waves(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, np.nan]), np.array([0, 0, 1]))
    >>> waves.m_after.tolist(), waves.n_first.tolist()
    ([3.0, nan], [0.0, 1.0])
    """
    order = np.argsort(site, kind="stable")
    people = _People(site[order], max(n_sites, int(site.max(initial=-1)) + 1))
    x, y = before[..., order], after[..., order]
    first, second = _seen(x), _seen(y)
    pair = first & second
    n_pairs, n_x, n_y = (people.number(flags) for flags in (pair, first, second))
    with np.errstate(invalid="ignore"):
        m_x, m_y = people.total(x, first) / n_x, people.total(y, second) / n_y
        x, y = x - m_x[..., people.site], y - m_y[..., people.site]
        pair_x, pair_y = people.total(x, pair), people.total(y, pair)
        change_squares = people.total((y - x) ** 2, pair) - (pair_y - pair_x) ** 2 / n_pairs
    single = people.total(x**2, first & ~pair) + people.total(y**2, second & ~pair)
    squares, both = single + people.total(x**2 + y**2, pair), people.total((x + y) ** 2, pair)
    return TwoWaves(
        n_pairs, n_x - n_pairs, n_y - n_pairs, m_x, m_y, pair_x, pair_y, squares, both, single, change_squares
    )


def _seen(scores: Values) -> Flags:
    """Who has a score; the first set of scores tells it for all."""
    return np.asarray(~np.isnan(scores[(0,) * (scores.ndim - 1)]))


class _People(NamedTuple):
    """Site of everybody, in the order of the sites."""

    site: Sites
    n_sites: int

    def number(self, flags: Flags) -> Values:
        return np.bincount(self.site[flags], minlength=self.n_sites).astype(float)

    def total(self, values: Values, flags: Flags) -> Values:
        """Sum the last axis per site."""
        totals = np.zeros((*values.shape[:-1], self.n_sites))
        if len(self.site):
            starts = np.flatnonzero(np.diff(self.site, prepend=-1))
            summed = np.add.reduceat(np.where(flags, values, 0.0), starts, axis=-1)
            totals[..., self.site[starts]] = summed
        return totals


class Normal(NamedTuple):
    """Normal equations of two waves per site (last axis) at a ratio of variances; unknowns: before, after."""

    before: Values  # the matrix: before with before, after with after, before with after
    after: Values
    cross: Values
    right_before: Values
    right_after: Values
    rest: Values  # weighted sum of squares

    @property
    def determinant(self) -> Values:
        """Of the matrix of each site."""
        return self.before * self.after - self.cross**2

    @property
    def means(self) -> tuple[Values, Values]:
        """Means before and after that fit best, from the plain means of the site."""
        det = self.determinant
        first = (self.after * self.right_before - self.cross * self.right_after) / det
        second = (self.before * self.right_after - self.cross * self.right_before) / det
        return first, second

    @property
    def left_over(self) -> Values:
        """Weighted sum of squares that the two means leave."""
        first, second = self.means
        return self.rest - self.right_before * first - self.right_after * second


def normal(waves: TwoWaves, ratio: Values) -> Normal:
    """Give the normal equations at ``ratio`` of the variance between people to that within them.

    Examples
    --------
    >>> waves = two_waves(np.array([1.0, 2.0, 4.0]), np.array([2.0, 4.0, 4.0]), np.array([0, 0, 0]))
    >>> normal(waves, np.array([1.0])).before.tolist()
    [2.0]
    """
    alone, two = ratio / (1 + ratio), ratio / (1 + 2 * ratio)
    return Normal(
        waves.n_pairs * (1 - two) + waves.n_first * (1 - alone),
        waves.n_pairs * (1 - two) + waves.n_second * (1 - alone),
        -two * waves.n_pairs,
        (alone - two) * waves.pair_before - two * waves.pair_after,
        (alone - two) * waves.pair_after - two * waves.pair_before,
        waves.squares - two * waves.pair_squares - alone * waves.single_squares,
    )
