"""Omega: how reliable the sum of a scale's items is when one factor explains what they share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

BOUNDARY = 0.005  # smallest uniqueness, as a share of the item's variance; at or below it lies a Heywood case
SINGULAR = 1e-9  # smallest eigenvalue of a correlation matrix that can still be inverted
SETTLED = 1e-9  # largest slope at the best fit
FLAT = 1e-7  # smallest curvature there: below it, other uniquenesses fit as well
ROUNDS = 60
HALVINGS = 12
LONGEST_STEP = 1.5  # on the logarithm of a uniqueness
FEWEST_ITEMS = 3
AT_ONCE = 4_000_000  # numbers held at the same time while drawing
LEAST_KEPT = 0.5  # share of the draws that must have a proper solution for an interval


@dataclass(frozen=True, slots=True)
class OneFactor:
    """The one-factor model of a covariance matrix; all nan where the matrix cannot carry one."""

    loadings: Values  # (n_items,), in the unit of the items; their common sign is arbitrary
    uniquenesses: Values  # (n_items,), variances that the factor leaves
    is_heywood: bool  # a uniqueness lies at the boundary: no proper solution
    converged: bool

    @property
    def omega(self) -> float:
        """Share of the variance of the sum that the factor explains; nan without a proper solution."""
        if self.is_heywood or not self.converged:
            return math.nan
        common = float(self.loadings.sum()) ** 2
        return common / (common + float(self.uniquenesses.sum()))


@dataclass(frozen=True, slots=True)
class Omega:
    """Omega total of one scale with its bootstrap interval and what it rests on."""

    value: float  # nan when it is not defined
    lo: float
    hi: float
    n: int  # respondents who answered every item
    k: int  # items
    n_draws_kept: int  # draws whose model had a proper solution
    note: str  # why it is nan: heywood, few, no_omega; else empty


class _Fits(NamedTuple):
    """One-factor models of many correlation matrices at once."""

    loadings: Values  # (n_draws, n_items), of standardised items
    uniquenesses: Values  # (n_draws, n_items), shares of each item's variance
    is_heywood: NDArray[np.bool_]
    converged: NDArray[np.bool_]


class _Slope(NamedTuple):
    """Value, gradient and Hessian of the discrepancy in the logarithms of the uniquenesses."""

    value: Values
    gradient: Values
    hessian: Values
    loadings: Values


def one_factor(covariance: ArrayLike) -> OneFactor:
    """Fit the maximum-likelihood one-factor model to a covariance matrix.

    The discrepancy is profiled over the loadings, so that only the uniquenesses are sought, by Newton's
    method with the exact gradient and Hessian.

    Parameters
    ----------
    covariance
        Of the items, shape (n_items, n_items). At least three items are needed: two have more than one
        solution.

    Returns
    -------
    OneFactor
        Loadings and uniquenesses in the metric of the covariances. ``is_heywood`` when a uniqueness ends at
        ``BOUNDARY`` of its item's variance. Nothing has converged when an item does not vary, when the matrix
        is singular, or when several models fit alike because too few items share anything.

    References
    ----------
    Jöreskog, K. G. (1967). Some contributions to maximum likelihood factor analysis. *Psychometrika*, 32,
    443-482. Lawley, D. N., & Maxwell, A. E. (1971). *Factor analysis as a statistical method*. Butterworths.

    Examples
    --------
    >>> loadings = np.array([0.8, 0.7, 0.6, 0.5])
    >>> model = one_factor(np.outer(loadings, loadings) + np.diag([0.36, 0.51, 0.64, 0.75]))
    >>> abs(model.loadings).round(3).tolist(), round(model.omega, 3)
    ([0.8, 0.7, 0.6, 0.5], 0.749)
    """
    given = np.asarray(covariance, dtype=float)
    if given.ndim != 2 or given.shape[0] != given.shape[1]:
        raise ValueError(f"a covariance matrix must be square, found shape {given.shape}")
    k = len(given)
    sd, correlations, usable = _standardised(given[None])
    if k < FEWEST_ITEMS or not usable[0]:
        nothing = np.full(k, np.nan)
        return OneFactor(nothing, nothing, is_heywood=False, converged=False)
    fit = _fit(correlations, _start(correlations))
    return OneFactor(
        fit.loadings[0] * sd[0],
        fit.uniquenesses[0] * sd[0] ** 2,
        is_heywood=bool(fit.is_heywood[0]),
        converged=bool(fit.converged[0]),
    )


def omega_total(wide: pd.DataFrame, *, draws: int = 1000, seed: int = 0, confidence: float = 0.95) -> Omega:
    """Omega total of one scale in one wave, on the respondents who answered every item.

    Parameters
    ----------
    wide
        Answers, shape (n_respondents, n_items), reversed items already turned round.
    draws
        Bootstrap samples of respondents behind the percentile interval; 0 gives no interval.
    seed
        Of the draws. Neither the order of the rows nor the names of the respondents matter.

    Returns
    -------
    Omega
        Unrounded: (sum of loadings)^2 over that plus the sum of uniquenesses, on the covariance matrix, so
        that an item weighs as it does in the score. Programs that fit the correlation matrix give the omega
        of standardised items, which is what this gives when the items are standardised first. Draws without
        a proper solution are dropped; ``n_draws_kept`` counts the others, and when they are fewer than half
        there is no interval: it would tell of the samples that happened to fit. ``note`` says why the value
        is nan: ``no_omega`` with fewer than three items, or when an item does not vary or follows from
        the others; ``few`` when there are no more respondents than items; ``heywood`` when the model leaves
        an item no variance of its own.

    References
    ----------
    McDonald, R. P. (1999). *Test theory: A unified treatment*. Erlbaum. Heywood, H. B. (1931). On finite
    sequences of real numbers. *Proceedings of the Royal Society of London A*, 134, 486-501.

    Examples
    --------
    >>> shared, a, b, c = np.indices((2, 2, 2, 2)).reshape(4, -1)
    >>> found = omega_total(pd.DataFrame({"x": shared + a, "y": shared + b, "z": shared + c}), draws=0)
    >>> round(found.value, 6), found.n, found.k
    (0.75, 16, 3)
    """
    complete = wide.dropna().to_numpy(dtype=float)
    n, k = complete.shape
    if n < 2:
        return Omega(math.nan, math.nan, math.nan, n, k, 0, "no_omega" if k < FEWEST_ITEMS else "few")
    patterns, counts = np.unique(complete, axis=0, return_counts=True)
    model = one_factor(_covariances(patterns, counts[None].astype(float))[0])
    note = "no_omega" if k < FEWEST_ITEMS else "few" if n <= k else ""
    if not note and not model.converged:
        note = "no_omega"
    if not note and model.is_heywood:
        note = "heywood"
    if note:
        return Omega(math.nan, math.nan, math.nan, n, k, 0, note)
    kept = _resampled(patterns, counts, model, draws, seed)
    tail = (1 - confidence) / 2
    enough = len(kept) > max(1, LEAST_KEPT * draws)
    lo, hi = np.quantile(kept, [tail, 1 - tail]) if enough else (math.nan, math.nan)
    return Omega(model.omega, float(lo), float(hi), n, k, len(kept), "")


def _resampled(patterns: Values, counts: NDArray[np.int_], model: OneFactor, draws: int, seed: int) -> Values:
    """Omegas of bootstrap samples with a proper solution, each sought from the solution of all respondents.

    Equal rows are drawn together: how often each pattern of answers occurs is multinomial.
    """
    n, k = int(counts.sum()), patterns.shape[1]
    generator, many = np.random.default_rng(seed), max(1, AT_ONCE // len(counts))
    matrices = [np.empty((0, k, k))]
    for start in range(0, draws, many):
        times = generator.multinomial(n, counts / n, size=min(many, draws - start))
        matrices.append(_covariances(patterns, times.astype(float)))
    sd, correlations, usable = _standardised(np.concatenate(matrices))
    sd, correlations = sd[usable], correlations[usable]
    if not len(correlations):
        return np.empty(0)
    own = model.uniquenesses / (model.uniquenesses + model.loadings**2)
    fits = _fit(correlations, np.broadcast_to(own, sd.shape))
    common = (fits.loadings * sd).sum(axis=1) ** 2
    values: Values = common / (common + (fits.uniquenesses * sd**2).sum(axis=1))
    return values[fits.converged & ~fits.is_heywood]


def _covariances(patterns: Values, times: Values) -> Values:
    """Covariance matrices (n_draws, k, k) of patterns (n_patterns, k) that occur ``times`` (n_draws, ...)."""
    k = patterns.shape[1]
    centred = patterns - patterns.mean(axis=0)
    products = (centred[:, :, None] * centred[:, None, :]).reshape(len(patterns), k * k)
    n = times.sum(axis=1)[:, None]
    means = times @ centred / n
    raw = (times @ products).reshape(-1, k, k)
    of_means = n[:, :, None] * means[:, :, None] * means[:, None, :]
    found: Values = (raw - of_means) / (n[:, :, None] - 1)
    return found


def _standardised(covariances: Values) -> tuple[Values, Values, NDArray[np.bool_]]:
    """Give standard deviations, correlation matrices, and which of these can be inverted."""
    variances = np.diagonal(covariances, axis1=1, axis2=2)
    varies = np.flatnonzero((variances > SINGULAR).all(axis=1))
    sd: Values = np.sqrt(np.where(variances > SINGULAR, variances, 1.0))
    correlations: Values = covariances / (sd[:, :, None] * sd[:, None, :])
    usable = np.zeros(len(sd), dtype=bool)
    usable[varies] = np.linalg.eigvalsh(correlations[varies])[:, 0] > SINGULAR
    return sd, correlations, usable


def _start(correlations: Values) -> Values:
    """Jöreskog's first guess of the uniquenesses, from the squared multiple correlations."""
    inverse = np.diagonal(np.linalg.inv(correlations), axis1=1, axis2=2)
    guess: Values = (1 - 0.5 / correlations.shape[1]) / inverse
    return guess


def _fit(correlations: Values, start: Values) -> _Fits:
    """Seek the uniquenesses of every matrix from its start; matrices that have settled drop out."""
    lowest = math.log(BOUNDARY)
    position = np.clip(np.log(start), lowest, 0.0)
    converged = np.zeros(len(position), dtype=bool)
    at_boundary = np.zeros_like(converged)
    loadings = np.zeros_like(position)
    busy = np.arange(len(position))
    for _ in range(ROUNDS):
        slope = _slope(correlations[busy], position[busy])
        held = (position[busy] <= lowest) & (slope.gradient > 0)
        settled = np.abs(np.where(held, 0.0, slope.gradient)).max(axis=1) < SETTLED
        loadings[busy] = slope.loadings
        at_boundary[busy] = held.any(axis=1)
        curvature = np.linalg.eigvalsh(_free(slope.hessian[settled], held[settled]))
        converged[busy[settled]] = curvature[:, 0] > FLAT
        busy, going = busy[~settled], ~settled
        if not len(busy):
            break
        step = _step(slope.gradient[going], slope.hessian[going], held[going])
        moved = _moved(correlations[busy], position[busy], slope.value[going], step, lowest)
        position[busy] = moved
    return _Fits(loadings, np.exp(position), at_boundary, converged)


def _slope(correlations: Values, position: Values) -> _Slope:
    """Discrepancy profiled over the loadings, and its derivatives.

    With S* the matrix scaled by the uniquenesses, g its eigenvalues and w its eigenvectors, the discrepancy
    is the sum of g - ln g - 1 over all but the largest; its derivatives follow from those of g and w.
    """
    scale = np.exp(-position / 2)
    g, w = np.linalg.eigh(correlations * scale[:, :, None] * scale[:, None, :])
    rest, of_rest = np.maximum(g[:, :-1], SINGULAR), w[:, :, :-1]
    top, of_top = g[:, -1:], w[:, :, -1]
    value = (rest - np.log(rest) - 1).sum(axis=1)
    gradient = ((1 - rest)[:, None, :] * of_rest**2).sum(axis=2)
    turned = of_rest.swapaxes(1, 2)
    apart = (1 - rest) * (top + rest) / np.maximum(top - rest, SINGULAR)
    own = ((of_rest * rest[:, None, :]) @ turned) * (of_rest @ turned)
    shared = ((of_rest * apart[:, None, :]) @ turned) * (of_top[:, :, None] * of_top[:, None, :])
    loadings = of_top * np.sqrt(np.maximum(top - 1, 0.0)) / scale
    return _Slope(value, gradient, own + shared, loadings)


def _step(gradient: Values, hessian: Values, held: NDArray[np.bool_]) -> Values:
    """Newton's step among the uniquenesses that may move, along which the discrepancy falls."""
    g, w = np.linalg.eigh(_free(hessian, held))
    curvature = np.maximum(np.abs(g), 1e-3)  # a direction that curves the wrong way is turned round
    along = (w.swapaxes(1, 2) @ np.where(held, 0.0, gradient)[:, :, None])[:, :, 0] / curvature
    step: Values = -(w @ along[:, :, None])[:, :, 0]
    longest = np.abs(step).max(axis=1, keepdims=True)
    step *= LONGEST_STEP / np.maximum(longest, LONGEST_STEP)
    return step


def _free(hessian: Values, held: NDArray[np.bool_]) -> Values:
    """Leave out the uniquenesses that are held at the boundary: each gets a curvature of its own, 1."""
    inside: Values = hessian * (~held[:, :, None] & ~held[:, None, :])
    every = range(held.shape[1])
    inside[:, every, every] += held
    return inside


def _moved(correlations: Values, position: Values, value: Values, step: Values, lowest: float) -> Values:
    """Positions after the step, halved where the discrepancy would not fall."""
    moved = np.clip(position + step, lowest, 0.0)
    waiting = np.arange(len(position))
    for _ in range(HALVINGS):
        higher = _slope(correlations[waiting], moved[waiting]).value > value[waiting] + 1e-13
        waiting = waiting[higher]
        if not len(waiting):
            break
        step = step / 2
        moved[waiting] = np.clip(position[waiting] + step[waiting], lowest, 0.0)
    return moved
