"""The mixed model that reports print: all waves and sites, fitted by statsmodels, with its failures named."""

from __future__ import annotations

import math
import warnings
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casestudy.findings import random_intercept
from casestudy.findings.random_intercept import NO_BETWEEN, NO_SPREAD
from casestudy.findings.wave_means import WaveMeans

NAN = math.nan
SHORT = 1e-3  # a log-likelihood that lies lower by this has not reached the top
Problem = Literal["", "not_fitted", "not_converged", "no_between"]

Values = NDArray[np.float64]


class MixedFit(NamedTuple):
    """A fitted mixed model; ``problem`` says why it should not be used, and is empty otherwise.

    ``not_fitted``: too few scores, or a matrix that cannot be solved; everything is nan. ``not_converged``:
    no highest point of the likelihood was found. ``no_between``: people, or their slopes, do not differ.
    """

    beta: Values  # (n_columns,)
    cov: Values  # (n_columns, n_columns)
    between: Values  # covariance of intercepts, and of slopes if asked for
    var_within: float
    loglik: float
    n: int
    n_groups: int
    problem: Problem


class LikelihoodRatio(NamedTuple):
    """Twice the difference of two log-likelihoods, and how often chance gives as much."""

    lr: float
    df: int
    p: float


def fit(
    y: ArrayLike, x: ArrayLike, group: ArrayLike, *, slope: ArrayLike | None = None, reml: bool = True
) -> MixedFit:
    """Fit ``y = x beta + intercept of the group (+ its slope) + residual`` with statsmodels.

    Nothing the fit warns of is lost: it either shows in ``problem`` or is warned of again. A warning that the
    variance lies near its bound is judged by the variance itself, as a share, since statsmodels compares it
    with a fixed number whatever the unit of the scores; and without slopes ``random_intercept.fit`` tells
    whether the highest point of the likelihood was reached.

    Parameters
    ----------
    y, x, group
        As in ``random_intercept.fit``; rows with nan are left out.
    slope
        Column whose coefficient differs between groups too, shape (n,).
    reml
        Restricted likelihood, for estimates; without it the plain one, for ``likelihood_ratio``.

    Returns
    -------
    MixedFit
        ``cov`` is the inverse of ``x' V^-1 x`` at the estimated variances, as lme4 and nlme give it;
        statsmodels itself prints the inverse of the observed information, which differs in the third digit
        when waves are missing.

    References
    ----------
    Lindstrom, M. J., & Bates, D. M. (1988). Newton-Raphson and EM algorithms for linear mixed-effects models
    for repeated-measures data. *Journal of the American Statistical Association*, 83, 1014-1022.

    Examples
    --------
    >>> wave = np.array([0, 1, 0, 1, 0, 1, 0])
    >>> found = fit([2, 3, 4, 4.5, 3, 3.5, 5], np.column_stack([np.ones(7), wave]), list("aabbccd"))
    >>> found.beta.round(2).tolist(), found.problem
    ([3.5, 0.65], '')
    """
    scores, columns = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
    ones = np.ones_like(scores)
    own = np.column_stack([ones] if slope is None else [ones, np.asarray(slope, dtype=float)])
    there = ~np.isnan(np.column_stack([scores, columns, own])).any(axis=1)
    scores, columns, own = scores[there], columns[there], own[there]
    number = np.unique(np.asarray(group)[there], return_inverse=True)[1]
    n, n_groups = len(scores), int(number.max(initial=-1)) + 1
    p, k = columns.shape[1], own.shape[1]
    nothing = (np.full(p, NAN), np.full((p, p), NAN), np.full((k, k), NAN), NAN, NAN, n, n_groups)
    if n <= p or n_groups == n or np.linalg.matrix_rank(columns) < p:
        return MixedFit(*nothing, "not_fitted")
    plain = np.linalg.lstsq(columns, scores, rcond=None)[0]
    if float(((scores - columns @ plain) ** 2).sum()) <= NO_SPREAD * max(1.0, float(scores @ scores)):
        return MixedFit(*nothing, "not_fitted")
    result, caught = _statsmodels(scores, columns, own, number, reml=reml)
    if result is None:
        return MixedFit(*nothing, "not_fitted")
    between, within = np.asarray(result.cov_re, dtype=float).reshape(k, k), float(result.scale)
    beta = np.asarray(result.fe_params, dtype=float)
    cov = _covariance(columns, own, number, between, within)
    problem = _problem(bool(result.converged), between, own, within)
    if slope is None:
        problem = _checked(
            problem, float(result.llf), random_intercept.fit(scores, columns, number, reml=reml)
        )
    for warning in caught if not problem else ():
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return MixedFit(beta, cov, between, within, float(result.llf), n, n_groups, problem)


def _statsmodels(
    scores: Values, columns: Values, own: Values, number: NDArray[np.int_], *, reml: bool
) -> tuple[Any | None, list[warnings.WarningMessage]]:
    """Fit, or give None where it cannot be solved, with the warnings that ``_problem`` does not judge."""
    from statsmodels.regression.mixed_linear_model import MixedLM  # here, because it takes seconds
    from statsmodels.tools.sm_exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = MixedLM(scores, columns, groups=number, exog_re=own).fit(reml=reml)
        except (np.linalg.LinAlgError, ZeroDivisionError, FloatingPointError):
            result = None
    return result, [one for one in caught if not issubclass(one.category, ConvergenceWarning)]


def _problem(converged: bool, between: Values, own: Values, within: float) -> Problem:
    """Say why a fit should not be used: each variance between groups is judged as a share of the whole."""
    if not np.isfinite(between).all() or not within > 0:
        return "not_converged"
    spread = np.diag(between) * (own**2).mean(axis=0)
    if (spread < 100 * NO_BETWEEN * (spread.sum() + within)).any():
        return "no_between"
    return "" if converged else "not_converged"


def _checked(problem: Problem, loglik: float, sure: random_intercept.Fit) -> Problem:
    """Correct ``problem`` by the search that cannot stop early.

    Near a variance of zero statsmodels stops somewhere and says that it converged in one of thirty fits, and
    says that it did not in others.
    """
    if not sure.converged:
        return "no_between"
    return "not_converged" if loglik < sure.loglik - SHORT else problem


def _covariance(
    columns: Values, own: Values, number: NDArray[np.int_], between: Values, within: float
) -> Values:
    """Inverse of ``x' V^-1 x``."""
    order = np.argsort(number, kind="stable")
    ends = np.cumsum(np.bincount(number))[:-1]
    information = np.zeros((columns.shape[1], columns.shape[1]))
    for x, z in zip(np.split(columns[order], ends), np.split(own[order], ends), strict=True):
        information += x.T @ np.linalg.solve(z @ between @ z.T + within * np.eye(len(x)), x)
    return np.asarray(np.linalg.inv(information))


def likelihood_ratio(small: MixedFit, large: MixedFit) -> LikelihoodRatio:
    """Compare two models of the same scores, both fitted with ``reml=False``.

    Parameters
    ----------
    small, large
        The columns of ``small`` are among those of ``large``.

    Returns
    -------
    LikelihoodRatio
        ``p`` is that of the chi-square distribution, which is too small with few people (see ``omnibus``).

    Raises
    ------
    ValueError
        When the models do not rest on the same number of scores and groups.

    Examples
    --------
    >>> wave, people = np.array([0, 1, 0, 1, 0, 1, 0]), list("aabbccd")
    >>> scores, ones = [2, 3, 4, 4.5, 3, 3.5, 5], np.ones(7)
    >>> level = fit(scores, ones[:, None], people, reml=False)
    >>> round(likelihood_ratio(level, fit(scores, np.column_stack([ones, wave]), people, reml=False)).lr, 2)
    5.61
    """
    if (small.n, small.n_groups) != (large.n, large.n_groups):
        raise ValueError("both models must be fitted to the same scores")
    lr, df = max(0.0, 2 * (large.loglik - small.loglik)), len(large.beta) - len(small.beta)
    return LikelihoodRatio(lr, df, float(special.chdtrc(df, lr)))


def of_sites(scores: Values, site: NDArray[np.int_], *, n_sites: int) -> WaveMeans:
    """Fit ``score ~ C(wave) * C(site) + (1 | respondent)`` over all sites by REML, site fixed.

    The columns are a mean per wave and site, which is the same model as the two factors with their
    interaction; ``wave_means.of_sites`` gives the same numbers without statsmodels.

    Parameters
    ----------
    scores
        Score of each respondent in each wave, shape (n, n_waves); nan is no score.
    site
        Number of the site of each respondent, from 0, shape (n,).

    Returns
    -------
    WaveMeans
        With one model on the first axis; ``usable`` is False when ``fit`` names a problem.

    Examples
    --------
    >>> scores = np.array([[1, 2, 2.5], [2, 3, 3], [3, 3.5, np.nan], [4, np.nan, np.nan]])
    >>> of_sites(scores, np.zeros(4, dtype=int), n_sites=1).mean.round(2).tolist()
    [[[2.5, 3.31, 3.64]]]
    """
    n, n_waves = scores.shape
    cell = (site[:, None] * n_waves + np.arange(n_waves)).ravel()
    there = ~np.isnan(scores.ravel())
    met, column = np.unique(cell[there], return_inverse=True)
    found = fit(scores.ravel()[there], np.eye(len(met))[column], np.repeat(np.arange(n), n_waves)[there])
    mean, cov = np.full(n_sites * n_waves, NAN), np.full((n_sites * n_waves, n_sites * n_waves), NAN)
    mean[met], cov[np.ix_(met, met)] = found.beta, found.cov
    blocks = cov.reshape(n_sites, n_waves, n_sites, n_waves)[np.arange(n_sites), :, np.arange(n_sites), :]
    return WaveMeans(
        mean.reshape(1, n_sites, n_waves),
        blocks[None],
        found.between[0, :1],
        np.array([found.var_within]),
        np.array([not found.problem]),
    )
