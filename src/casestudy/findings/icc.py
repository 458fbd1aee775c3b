"""Intraclass correlations: how far raters agree on numbers on a scale."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from casestudy.errors import WrongUse

COLUMNS = ["form", "value", "lo", "hi", "n_units", "n_raters"]


def intraclass(scores: ArrayLike, confidence: float = 0.95) -> pd.DataFrame:
    """Compute the six intraclass correlations of Shrout and Fleiss with their intervals.

    Parameters
    ----------
    scores
        Shape (raters, units); a unit that a rater left blank (nan) is dropped.
    confidence
        Share of such intervals that hold the true value in the long run.

    Returns
    -------
    pandas.DataFrame
        form value lo hi n_units n_raters. ``ICC1`` each unit has other raters, ``ICC2`` the raters are a
        sample of raters, ``ICC3`` they are the only ones; ``k`` stands for the mean of all raters. All nan
        with fewer than two units or raters, or when every score is the same. One form is nan where its total
        variance is not above 0, as that of a mean is when units do not differ at all; a bound is nan or
        minus infinity where nothing holds it.

    References
    ----------
    Shrout, P. E., & Fleiss, J. L. (1979). Intraclass correlations: Uses in assessing rater reliability.
    *Psychological Bulletin*, 86(2), 420-428.

    Examples
    --------
    >>> table = intraclass([[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]])
    >>> table["value"].round(2).tolist()
    [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    """
    raters = np.asarray(scores, dtype=float)
    if raters.ndim != 2:
        raise WrongUse(
            f"scores: there must be a row per rater and a column per unit, found {raters.ndim} axes"
        )
    units = raters[:, ~np.isnan(raters).any(axis=0)].T
    n, k = units.shape
    if n < 2 or k < 2 or np.ptp(units) == 0:
        rows = [
            (form, math.nan, math.nan, math.nan)
            for form in ("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k")
        ]
    else:
        rows = _correlations(units, (1 - confidence) / 2)
    return pd.DataFrame([(*row, n, k) for row in rows], columns=COLUMNS)


def _correlations(units: np.ndarray, tail: float) -> list[tuple[str, float, float, float]]:
    n, k = units.shape
    mean = units.mean()
    between = k * ((units.mean(axis=1) - mean) ** 2).sum() / (n - 1)
    raters = n * ((units.mean(axis=0) - mean) ** 2).sum() / (k - 1)
    total = ((units - mean) ** 2).sum()
    within = (total - between * (n - 1)) / (n * (k - 1))
    error = max(0.0, (total - between * (n - 1) - raters * (k - 1)) / ((n - 1) * (k - 1)))
    one = _bounded(between, within, n - 1, n * (k - 1), tail)
    three = _bounded(between, error, n - 1, (n - 1) * (k - 1), tail)
    two_value = _share(between - error, between + (k - 1) * error + k * (raters - error) / n)
    two_mean = _share(between - error, between + (raters - error) / n)
    two = _two_way(between, raters, error, (n, k), two_value, tail)
    forms = [
        ("ICC1", _share(between - within, between + (k - 1) * within), [_single(f, k) for f in one]),
        ("ICC2", two_value, list(two)),
        ("ICC3", _share(between - error, between + (k - 1) * error), [_single(f, k) for f in three]),
        ("ICC1k", _share(between - within, between), [_mean(f) for f in one]),
        ("ICC2k", two_mean, [_share(bound * k, 1 + bound * (k - 1)) for bound in two]),
        ("ICC3k", _share(between - error, between), [_mean(f) for f in three]),
    ]
    return [(form, value, lo, hi) for form, value, (lo, hi) in forms]


def _share(part: float, total: float) -> float:
    return part / total if total > 0 else math.nan


def _bounded(between: float, rest: float, df1: int, df2: int, tail: float) -> tuple[float, float]:
    """Bounds of the F ratio; endless when raters differ in nothing."""
    if rest == 0:
        return math.inf, math.inf
    ratio = between / rest
    upper = float(special.fdtri(df1, df2, 1 - tail))
    return ratio / upper, ratio * float(special.fdtri(df2, df1, 1 - tail))


def _single(ratio: float, k: int) -> float:
    return 1.0 if math.isinf(ratio) else (ratio - 1) / (ratio + k - 1)


def _mean(ratio: float) -> float:
    return 1.0 if math.isinf(ratio) else 1 - 1 / ratio if ratio > 0 else -math.inf


def _two_way(
    between: float, raters: float, error: float, shape: tuple[int, int], value: float, tail: float
) -> tuple[float, float]:
    """Satterthwaite's bounds for raters that are a sample of raters."""
    n, k = shape
    if error == 0 and raters == 0:
        return value, value
    if error == 0 or math.isnan(value):
        return math.nan, math.nan
    ratio = raters / error
    above = (k - 1) * (n - 1) * (k * value * ratio + n * (1 + (k - 1) * value) - k * value) ** 2
    below = (n - 1) * k**2 * value**2 * ratio**2 + (n * (1 + (k - 1) * value) - k * value) ** 2
    df = _share(above, below)
    upper = float(special.fdtri(n - 1, df, 1 - tail))
    lower = float(special.fdtri(df, n - 1, 1 - tail))
    if not math.isfinite(upper + lower):  # next to no degrees of freedom are left
        return math.nan, math.nan
    rest = k * raters + (k * n - k - n) * error
    lo = _share(n * (between - upper * error), upper * rest + n * between)
    hi = _share(n * (lower * between - error), rest + n * lower * between)
    return lo, hi
