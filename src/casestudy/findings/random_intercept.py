"""The random-intercept model, fitted in milliseconds: scores of people who differ, in some or all waves."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casestudy.findings.likelihood import MOST_BETWEEN, TwoWaves, lowest, normal, two_waves

NAN = math.nan
NO_BETWEEN = 1e-6  # a smaller share of the variance between people is none
NO_SPREAD = 1e-20

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Fit(NamedTuple):
    """Coefficients and variances of one fitted model; nan, and not converged, where it cannot be fitted."""

    beta: Values  # (n_columns,)
    cov: Values  # (n_columns, n_columns)
    var_between: float
    var_within: float
    loglik: float  # restricted or not, as it was fitted; with all constants
    n: int
    n_groups: int
    converged: bool  # False where nothing could be fitted, or where people do not differ (var_between 0)


class Estimate(NamedTuple):
    """Change between two waves of everybody who is in either, in points of the scale."""

    diff: float
    lo: float
    hi: float
    se: float
    df: float
    var_between: float
    var_within: float
    n_before: int
    n_after: int
    n_pairs: int
    fallback: bool  # the pairs alone gave the numbers, because people do not differ in the model


class Estimates(NamedTuple):
    """The fields of ``Estimate`` as arrays, shape (n_cells,)."""

    diff: Values
    lo: Values
    hi: Values
    se: Values
    df: Values
    var_between: Values
    var_within: Values
    n_before: NDArray[np.int_]
    n_after: NDArray[np.int_]
    n_pairs: NDArray[np.int_]
    fallback: Flags


def fit(y: ArrayLike, x: ArrayLike, group: ArrayLike, *, reml: bool = True) -> Fit:
    """Fit ``y = x beta + intercept of the group + residual`` by (restricted) maximum likelihood.

    The likelihood is written in one number, the share of the variance that lies between groups, from sums per
    group, and that number is searched on ever finer grids: no start value, no failed convergence.

    Parameters
    ----------
    y
        Scores, shape (n,); rows with nan are left out.
    x
        Columns of the fixed part, the intercept included, shape (n, n_columns).
    group
        Who gave the score, shape (n,): any labels.
    reml
        Restricted likelihood, for estimates; without it the plain one, for likelihood-ratio tests.

    Returns
    -------
    Fit
        ``cov`` is the inverse of ``x' V^-1 x`` at the estimated variances. All nan when the columns depend on
        one another, when there are no more scores than columns, when nobody gave two scores, or when nothing
        is left to explain.

    References
    ----------
    Laird, N. M., & Ware, J. H. (1982). Random-effects models for longitudinal data. *Biometrics*, 38,
    963-974. Bates, D., et al. (2015). Fitting linear mixed-effects models using lme4. *Journal of
    Statistical Software*, 67(1), section 3.4.

    Examples
    --------
    >>> wave = np.array([0, 1, 0, 1, 0, 1, 0])
    >>> found = fit([2, 3, 4, 4.5, 3, 3.5, 5], np.column_stack([np.ones(7), wave]), list("aabbccd"))
    >>> found.beta.round(3).tolist(), found.n_groups
    ([3.5, 0.653], 4)
    """
    scores, columns = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
    there = ~(np.isnan(scores) | np.isnan(columns).any(axis=1))
    scores, columns = scores[there], columns[there]
    people = np.unique(np.asarray(group)[there], return_inverse=True)[1]
    n, p = columns.shape
    size = np.bincount(people)
    cannot = Fit(np.full(p, NAN), np.full((p, p), NAN), NAN, NAN, NAN, n, len(size), converged=False)
    if n <= p or len(size) == n or np.linalg.matrix_rank(columns) < p:
        return cannot
    plain = np.linalg.lstsq(columns, scores, rcond=None)[0]
    sums = _sums(scores - columns @ plain, columns, people)  # residuals keep the digits of the sums
    if float(sums.yy[0]) <= NO_SPREAD * max(1.0, float(scores @ scores)):
        return cannot
    share = lowest(lambda grid: solved(sums, grid, reml=reml).deviance, (1,))
    best = solved(sums, share[None], reml=reml)
    within, between = float(best.within[0, 0]), float(share[0])
    return Fit(
        plain + best.beta[0, 0, 0],
        within * np.linalg.inv(best.information[0, 0, 0]),
        within * between / (1 - between),
        within,
        -0.5 * float(best.deviance[0, 0]),
        n,
        len(size),
        converged=NO_BETWEEN < between < MOST_BETWEEN,
    )


class Sums(NamedTuple):
    """Sums of squares and products per model and block of columns: (n_models, n_blocks, ...).

    Columns of different blocks are never used together. What stands between groups has the sizes of groups as
    its third axis, from 1 up.
    """

    n: Values  # (n_models,)
    n_columns: Values
    n_of_size: Values  # (n_models, n_sizes)
    xx: Values
    xy: Values
    yy: Values  # (n_models,)
    between_xx: Values
    between_xy: Values
    between_yy: Values  # (n_models, n_sizes)


def _sums(y: Values, x: Values, people: NDArray[np.int_]) -> Sums:
    size = np.bincount(people)
    order, starts = np.argsort(people, kind="stable"), np.concatenate([[0], np.cumsum(size)[:-1]])
    of_y, of_x = np.add.reduceat(y[order], starts), np.add.reduceat(x[order], starts, axis=0)
    same = [size == one for one in range(1, int(size.max()) + 1)]
    return Sums(
        np.array([float(len(y))]),
        np.array([float(x.shape[1])]),
        np.array([[float(s.sum()) for s in same]]),
        (x.T @ x)[None, None],
        (x.T @ y)[None, None],
        np.array([y @ y]),
        np.array([[[of_x[s].T @ of_x[s] for s in same]]]),
        np.array([[[of_x[s].T @ of_y[s] for s in same]]]),
        np.array([[of_y[s] @ of_y[s] for s in same]]),
    )


class Solved(NamedTuple):
    """The best models at each share of the variance that lies between groups: (n_shares, n_models, ...)."""

    beta: Values
    information: Values
    within: Values
    deviance: Values


def solved(sums: Sums, share: Values, *, reml: bool) -> Solved:
    """Solve the models of ``sums`` at shares of shape (n_shares, n_models)."""
    ratio = (share / (1 - share))[..., None]
    size = np.arange(1, sums.n_of_size.shape[1] + 1)
    weight = ratio / (1 + ratio * size)
    information = sums.xx - np.einsum("smk,mbkij->smbij", weight, sums.between_xx)
    right = sums.xy - np.einsum("smk,mbki->smbi", weight, sums.between_xy)
    beta = np.asarray(np.linalg.solve(information, right[..., None])[..., 0], dtype=np.float64)
    left_over = sums.yy - (weight * sums.between_yy).sum(axis=-1) - (right * beta).sum(axis=(-1, -2))
    df = sums.n - (sums.n_columns if reml else 0)
    within = np.maximum(left_over, 0) / df
    deviance = df * (1 + np.log(2 * np.pi * np.maximum(within, 1e-300)))
    deviance += (np.log1p(ratio * size) * sums.n_of_size).sum(axis=-1)
    if reml:
        deviance += np.linalg.slogdet(information)[1].sum(axis=-1)
    return Solved(beta, information, within, deviance)


def change(before: ArrayLike, after: ArrayLike, site: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Change of everybody with a score in one or both waves: ``score ~ wave * site + (1 | respondent)``.

    Who is in both waves tells the change; who left still tells where people began, so that the change is not
    that of the people who stayed. It is right when leaving depends on the scores seen and on the site.

    Parameters
    ----------
    before, after, site
        Score before, score after and site of each respondent, shape (n,); nan is no score. Sites without a
        single pair are left out: they cannot tell how much people differ within a wave.

    Returns
    -------
    Estimate
        Fitted by REML. ``diff`` is the change per site averaged with the number of people there before as
        weight. ``lo``-``hi`` uses the t-distribution with ``n_pairs`` minus the number of sites as degrees of
        freedom: without leavers that is exactly the paired t-interval, and single scores add little to what
        is known of the spread of change. Where the variance between people is estimated as zero the model
        would compare those who stayed with everybody; the pairs alone give the numbers then, and ``fallback``
        says so. nan with fewer than two pairs, without a degree of freedom, and when everybody of a site
        changed equally.

    References
    ----------
    Laird, N. M., & Ware, J. H. (1982). Random-effects models for longitudinal data. *Biometrics*, 38,
    963-974.

    Examples
    --------
    >>> found = change([1, 2, 3, 4, 5], [2, 3.5, 4, 5, np.nan], [0, 0, 0, 0, 0])
    >>> round(found.diff, 3), found.n_pairs, found.df
    (1.119, 4, 3.0)
    """
    _, number = np.unique(np.asarray(site), return_inverse=True)
    x, y = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    n_pairs = np.bincount(number, ~(np.isnan(x) | np.isnan(y)), minlength=1)
    kept = (n_pairs > 0)[number] if len(number) else np.zeros(0, dtype=bool)
    waves = two_waves(x[kept], y[kept], np.unique(number[kept], return_inverse=True)[1])
    found = _estimates(waves, confidence, pooled=True)
    return Estimate(*(column[0].item() for column in found))


def change_of_cells(
    before: ArrayLike, after: ArrayLike, cell: ArrayLike, *, n_cells: int, confidence: float = 0.95
) -> Estimates:
    """Do what ``change`` does for one site, for thousands of them at once, each as if alone.

    Parameters
    ----------
    before, after
        Scores, shape (n,); nan is no score.
    cell
        Number from 0 of the cell that each pair of scores belongs to: a site, or a scale at a site.
    n_cells
        How many cells there are; one without anybody is nan.

    Examples
    --------
    >>> found = change_of_cells([1, 2, 3, 1, 2, 4], [2, 3.5, 4, 1, 3, 4], [0, 0, 0, 1, 1, 1], n_cells=3)
    >>> found.diff.round(3).tolist()
    [1.167, 0.333, nan]
    """
    x, y, number = np.asarray(before, dtype=float), np.asarray(after, dtype=float), np.asarray(cell)
    waves = two_waves(x, y, number, n_sites=n_cells)
    return _estimates(waves, confidence, pooled=False)


def _estimates(waves: TwoWaves, confidence: float, *, pooled: bool) -> Estimates:
    """Estimates of one cell with all sites, or of every site as a cell of its own."""
    cells = TwoWaves(*(part[None, :] if pooled else part[:, None] for part in waves))
    n_before, n_after = (cells.n_pairs + single for single in (cells.n_first, cells.n_second))
    pairs, sites = cells.n_pairs.sum(axis=1), cells.n_pairs.shape[1]
    n, df = (n_before + n_after).sum(axis=1), pairs - sites
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.maximum(cells.change_squares.sum(axis=1), 0)
        can = (df >= 1) & (spread > 1e-18 * n)
        share = lowest(lambda grid: _deviance(cells, n - 2 * sites, grid), (len(pairs),))
        fallback = can & (share < NO_BETWEEN)
        modelled, variance, within = _modelled(cells, share, n - 2 * sites)
        paired = cells.m_after - cells.m_before + (cells.pair_after - cells.pair_before) / cells.n_pairs
        modelled = np.where(fallback[:, None], paired, modelled)
        variance = np.where(fallback[:, None], (spread / df)[:, None] / cells.n_pairs, variance)
        weight = n_before / n_before.sum(axis=1, keepdims=True)
        diff = (weight * modelled).sum(axis=1)
        se = np.sqrt((weight**2 * variance).sum(axis=1))
        half = special.stdtrit(np.maximum(df, 1), (1 + confidence) / 2) * se
        numbers = diff, diff - half, diff + half, se, df, within * share / (1 - share), within
    told = [np.where(can, column, NAN) for column in numbers]
    counts = [count.astype(int) for count in (n_before.sum(axis=1), n_after.sum(axis=1), pairs)]
    return Estimates(*told, *counts, fallback)  # type: ignore[call-arg]  # seven numbers and three counts


def _modelled(cells: TwoWaves, share: Values, df: Values) -> tuple[Values, Values, Values]:
    """Change of each site, its variance, and the variance within people of each cell."""
    at = normal(cells, (share / (1 - share))[:, None])
    first, second = at.means
    within = at.left_over.sum(axis=1) / df
    change_of_site = cells.m_after + second - cells.m_before - first
    return change_of_site, (at.before + at.after + 2 * at.cross) / at.determinant * within[:, None], within


def _deviance(cells: TwoWaves, df: Values, share: Values) -> Values:
    """Restricted deviance but for constants, at shares of shape (n_steps, n_cells)."""
    ratio = share / (1 - share)
    at = normal(cells, ratio[..., None])
    left_over = np.maximum(at.left_over.sum(axis=-1), 1e-300)
    single = (cells.n_first + cells.n_second).sum(axis=-1)
    spread = cells.n_pairs.sum(axis=-1) * np.log1p(2 * ratio) + single * np.log1p(ratio)
    return np.asarray(df * np.log(left_over) + spread + np.log(at.determinant).sum(axis=-1))
