"""Confidence intervals of shares, means and net shifts, and the exact sign test: plain numbers in and out."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Df = TypeVar("Df", float, NDArray[np.floating[Any]])


class Interval(NamedTuple):
    """Lower and upper bound, unrounded; both nan when the data say nothing."""

    lo: float
    hi: float


class NetShift(NamedTuple):
    """How many more went up than down, as a share of all pairs, with its interval."""

    value: float
    lo: float
    hi: float
    n: int


NOTHING = Interval(math.nan, math.nan)


def wilson(k: int, n: int, confidence: float = 0.95) -> Interval:
    """Score interval of the share ``k`` of ``n``.

    Parameters
    ----------
    k, n
        How many, out of how many; ``0 <= k <= n``.
    confidence
        Share of such intervals that hold the true share in the long run.

    Returns
    -------
    Interval
        Within [0, 1]; exactly 0 below when ``k`` is 0 and exactly 1 above when ``k`` is ``n``; nan when ``n``
        is 0.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference.
    *Journal of the American Statistical Association*, 22(158), 209-212.

    Examples
    --------
    >>> lo, hi = wilson(40, 50)
    >>> round(lo, 3), round(hi, 3)
    (0.67, 0.888)
    >>> wilson(0, 0)
    Interval(lo=nan, hi=nan)
    """
    if not 0 <= k <= n:
        raise ValueError(f"a share needs 0 <= k <= n, found k={k} and n={n}")
    if n == 0:
        return NOTHING
    z = _normal_quantile(confidence)
    share, shrink = k / n, 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / shrink
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / shrink
    return Interval(0.0 if k == 0 else centre - half, 1.0 if k == n else centre + half)


def t_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Student's interval of the mean of ``values``, in their own unit.

    Parameters
    ----------
    values
        Numbers, shape (n,); nan is left out.
    confidence
        Share of such intervals that hold the true mean in the long run.

    Returns
    -------
    Interval
        nan when fewer than two values are left.

    References
    ----------
    Student (1908). The probable error of a mean. *Biometrika*, 6(1), 1-25.

    Examples
    --------
    >>> lo, hi = t_interval([1.0, 2.0, 3.0])
    >>> round(lo, 3), round(hi, 3)
    (-0.484, 4.484)
    """
    numbers = np.asarray(values, dtype=float)
    numbers = numbers[~np.isnan(numbers)]
    if len(numbers) < 2:
        return NOTHING
    half = (
        special.stdtrit(len(numbers) - 1, (1 + confidence) / 2)
        * numbers.std(ddof=1)
        / math.sqrt(len(numbers))
    )
    return Interval(float(numbers.mean() - half), float(numbers.mean() + half))


def hedges_correction(df: Df) -> Df:
    """Factor that takes most of the small-sample bias out of a difference in units of an SD.

    References
    ----------
    Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size. *Journal of Educational
    Statistics*, 6, 107-128.

    Examples
    --------
    >>> round(hedges_correction(11), 4)
    0.9302
    """
    return 1 - 3 / (4 * df - 1)


def hedges_interval(g: float, n: int, m: int, confidence: float = 0.95) -> Interval:
    """Interval of Hedges' g of two separate groups, from the noncentral t distribution.

    Parameters
    ----------
    g
        Difference of the means by the pooled SD, times ``hedges_correction(n + m - 2)``.
    n, m
        People in each group.
    confidence
        Share of such intervals that hold the true difference in the long run, both groups varying equally.

    Returns
    -------
    Interval
        nan when ``g`` is nan or three people are not there.

    References
    ----------
    Steiger, J. H., & Fouladi, R. T. (1997). Noncentrality interval estimation and the evaluation of
    statistical models. In *What if there were no significance tests?* (pp. 221-257). Erlbaum.

    Examples
    --------
    >>> lo, hi = hedges_interval(0.5, 20, 20)
    >>> round(lo, 3), round(hi, 3)
    (-0.121, 1.115)
    """
    df = n + m - 2
    if math.isnan(g) or df < 1 or min(n, m) < 1:
        return NOTHING
    unit = math.sqrt(1 / n + 1 / m) * hedges_correction(df)
    tails = ((1 + confidence) / 2, (1 - confidence) / 2)
    lo, hi = (float(special.nctdtrinc(df, tail, g / unit)) * unit for tail in tails)
    return Interval(lo, hi)


def agresti_min(up: int, same: int, down: int, confidence: float = 0.95) -> NetShift:
    """Net shift of paired answers with an adjusted Wald interval.

    Parameters
    ----------
    up, same, down
        Respondents whose answer went up, stayed the same, went down.
    confidence
        Share of such intervals that hold the true shift in the long run.

    Returns
    -------
    NetShift
        ``value`` is (up - down) / n; the interval adds half a pair to each cell of the two by two table and
        stays within [-1, 1]. All nan without pairs.

    References
    ----------
    Agresti, A., & Min, Y. (2005). Simple improved confidence intervals for comparing matched proportions.
    *Statistics in Medicine*, 24(5), 729-740.

    Examples
    --------
    >>> shift = agresti_min(14, 20, 6)
    >>> round(shift.value, 2), round(shift.lo, 3), round(shift.hi, 3), shift.n
    (0.2, -0.015, 0.396, 40)
    """
    if min(up, same, down) < 0:
        raise ValueError(f"counts cannot be negative, found {up}, {same} and {down}")
    n = up + same + down
    if n == 0:
        return NetShift(math.nan, math.nan, math.nan, 0)
    adjusted = (up - down) / (n + 2)
    variance = ((up + down + 1) / (n + 2) - adjusted**2) / (n + 2)
    half = _normal_quantile(confidence) * math.sqrt(variance)
    return NetShift((up - down) / n, max(-1.0, adjusted - half), min(1.0, adjusted + half), n)


def sign_test(up: int, down: int) -> float:
    """Two-sided exact probability that ups and downs differ this much when both are equally likely.

    Pairs that stayed the same are left out; nan when nobody moved.

    References
    ----------
    Dixon, W. J., & Mood, A. M. (1946). The statistical sign test.
    *Journal of the American Statistical Association*, 41(236), 557-566.

    Examples
    --------
    >>> round(sign_test(14, 6), 3)
    0.115
    """
    if min(up, down) < 0:
        raise ValueError(f"counts cannot be negative, found {up} and {down}")
    if up + down == 0:
        return math.nan
    return min(1.0, 2 * float(special.bdtr(min(up, down), up + down, 0.5)))


def _normal_quantile(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"`confidence` must lie between 0 and 1, found {confidence}")
    return float(special.ndtri((1 + confidence) / 2))
