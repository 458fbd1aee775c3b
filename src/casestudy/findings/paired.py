"""Change of linked people, of unlinked groups, and of waves that only share some of their people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from casestudy.findings.evidence import doubled_midranks, sign_flip
from casestudy.findings.intervals import hedges_correction, hedges_interval

NAN = math.nan
NO_SPREAD = 1e-12
N_CORRELATED = 3  # fewer pairs lie on one line, whatever they are

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeanChange:
    """Means of two waves and their difference, in points of the scale; nan where too few people allow it."""

    n_before: int
    n_after: int
    m_before: float = NAN
    sd_before: float = NAN
    m_after: float = NAN
    sd_after: float = NAN
    diff: float = NAN
    lo: float = NAN
    hi: float = NAN
    lo90: float = NAN  # level 2 * confidence - 1, for the equivalence test
    hi90: float = NAN
    t: float = NAN
    df: float = NAN


@dataclass(frozen=True, slots=True)
class PairedChange(MeanChange):
    """Change of the people who are in both waves; means and SDs are theirs, the counts are everybody's."""

    n_pairs: int = 0
    n_zero: int | None = None
    sd_diff: float = NAN
    dz: float = NAN
    g_av: float = NAN
    r: float = NAN
    r_rb: float = NAN
    p_t: float = NAN
    p: float = NAN  # of the sign-flip test


@dataclass(frozen=True, slots=True)
class UnlinkedChange(MeanChange):
    """Difference between two waves whose people cannot be linked; there is no number of pairs to give."""

    g: float = NAN
    g_lo: float = NAN
    g_hi: float = NAN
    p_superior: float = NAN  # probability that somebody after scores above somebody before, ties half
    p_bm: float = NAN  # of the test that this probability is one half (Brunner and Munzel)
    p: float = NAN


@dataclass(frozen=True, slots=True)
class OverlappingChange(MeanChange):
    """Difference between two waves that share some people; means and SDs are those of everybody."""

    n_pairs: int = 0
    r: float = NAN  # of the pairs
    p: float = NAN


class Limits(NamedTuple):
    """Level of the intervals, and fewest people to describe a change and to test it."""

    confidence: float = 0.95
    n_describe: int = 5
    n_test: int = 6


def paired(
    before: pd.Series, after: pd.Series, *, confidence: float = 0.95, n_describe: int = 5, n_test: int = 6
) -> PairedChange:
    """Mean change, in points of the scale, of respondents who have a score in both waves.

    Parameters
    ----------
    before, after
        Score per respondent, indexed by respondent id; nan is no score. The index links the waves.
    n_describe, n_test
        Below ``n_describe`` pairs only the counts are given; below ``n_test`` there is no p-value, because
        the smallest possible one at five pairs is .0625.

    Returns
    -------
    PairedChange
        Means and SDs are those of the pairs; ``n_before`` and ``n_after`` count everybody with a score.
        ``lo``-``hi`` is the t-interval; ``lo90``-``hi90`` has level ``2 * confidence - 1`` and serves the
        equivalence test. ``p`` is that of ``sign_flip``, ``p_t`` that of the t-test. ``g_av`` divides by the
        mean of both SDs (another convention takes their root mean square) and is corrected for small samples.
        ``t``, ``dz`` and ``p_t`` are nan when everybody changed equally, ``r`` when a wave does not vary.

    References
    ----------
    Lakens, D. (2013). Calculating and reporting effect sizes to facilitate cumulative science. *Frontiers in
    Psychology*, 4, 863.

    Examples
    --------
    >>> before = pd.Series([2.8, 3.0, 3.2, 2.5, 3.7, 3.3], index=list("abcdef"))
    >>> after = pd.Series([3.5, 3.3, 3.2, 3.3, 3.8, 4.0], index=list("abcdef"))
    >>> change = paired(before, after)
    >>> change.n_pairs, round(change.diff, 3), change.n_zero
    (6, 0.433, 1)
    """
    return of_pairs(*_linked(before, after), Limits(confidence, n_describe, n_test))


def _linked(before: pd.Series, after: pd.Series) -> tuple[Values, Values]:
    """Scores of everybody with one in either wave, nan in the other."""
    waves = [wave.dropna() for wave in (before, after)]
    everybody = pd.concat(waves, axis=1, keys=["before", "after"]).to_numpy(dtype=float)
    return everybody[:, 0], everybody[:, 1]


def of_pairs(x: Values, y: Values, limits: Limits) -> PairedChange:
    """Do what ``paired`` does, on arrays of the same people with nan for no score."""
    both = ~(np.isnan(x) | np.isnan(y))
    n_before, n_after = (int((~np.isnan(wave)).sum()) for wave in (x, y))
    x, y, n = x[both], y[both], int(both.sum())
    if n < limits.n_describe:
        return PairedChange(n_before, n_after, n_pairs=n)
    d = np.round(y - x, 10)
    diff, spread = float(d.mean()), sd(d)
    means = _means(x, y, diff, spread / math.sqrt(n), n - 1, limits)
    flip, tested = sign_flip(d), n >= limits.n_test
    means |= {"n_before": n_before, "n_after": n_after}
    return PairedChange(
        **means,
        n_pairs=n,
        n_zero=flip.n_zero,
        sd_diff=spread,
        dz=_ratio(diff, spread),
        g_av=hedges_correction(n - 1) * _ratio(diff, (means["sd_before"] + means["sd_after"]) / 2),
        r=_correlation(x, y),
        r_rb=flip.r_rb,
        p_t=_two_sided(means["t"], n - 1) if tested else NAN,
        p=flip.p if tested else NAN,
    )


def _means(x: Values, y: Values, diff: float, se: float, df: float, limits: Limits) -> dict[str, Any]:
    """Fields of ``MeanChange``; ``special`` because this runs for thousands of cells."""
    wide, narrow = (special.stdtrit(df, q) * se for q in ((1 + limits.confidence) / 2, limits.confidence))
    spread = {"lo": -wide, "hi": wide, "lo90": -narrow, "hi90": narrow}
    return {
        "n_before": len(x),
        "n_after": len(y),
        "m_before": float(x.mean()),
        "sd_before": sd(x),
        "m_after": float(y.mean()),
        "sd_after": sd(y),
        "diff": diff,
        **{name: float(diff + half) for name, half in spread.items()},
        "t": _ratio(diff, se),
        "df": float(df),
    }


def _two_sided(t: float, df: float) -> float:
    return float(2 * special.stdtr(df, -abs(t)))


def sd(values: Values) -> float:
    """Find the standard deviation: exactly 0 when only rounding keeps it from that, nan for one value.

    Examples
    --------
    >>> sd(np.array([0.1 + 0.2, 0.3, 0.3]))
    0.0
    """
    if len(values) < 2:
        return NAN
    about = values - values.sum() / len(values)
    spread = math.sqrt(about @ about / (len(values) - 1))
    return 0.0 if spread <= NO_SPREAD else spread


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else NAN


def _correlation(x: Values, y: Values) -> float:
    dx, dy = x - x.mean(), y - y.mean()
    return _ratio(float(dx @ dy), math.sqrt(dx @ dx) * math.sqrt(dy @ dy)) if min(sd(x), sd(y)) > 0 else NAN


def unlinked(
    before: pd.Series, after: pd.Series, *, confidence: float = 0.95, n_describe: int = 5, n_test: int = 6
) -> UnlinkedChange:
    """Difference between the means of two waves whose people cannot be linked.

    Nothing is said of individual change.

    Parameters
    ----------
    before, after
        Scores of each wave; nan is no score and the index is not used.
    n_describe, n_test
        Fewest scores in each wave to describe the difference and to test it.

    Returns
    -------
    UnlinkedChange
        Welch's interval, degrees of freedom and p. ``g`` divides by the pooled SD and is corrected for small
        samples, with the interval of ``hedges_interval``; nan, like ``t`` and ``p``, when nothing varies.
        ``p_bm`` tests ``p_superior`` against one half; nan when no score of one wave lies among the other's.

    References
    ----------
    Welch, B. L. (1947). The generalization of 'Student's' problem when several different population variances
    are involved. *Biometrika*, 34, 28-35. Hedges, L. V. (1981). Distribution theory for Glass's estimator of
    effect size. *Journal of Educational Statistics*, 6, 107-128. Brunner, E., & Munzel, U. (2000). The
    nonparametric Behrens-Fisher problem. *Biometrical Journal*, 42, 17-25.

    Examples
    --------
    >>> change = unlinked(pd.Series([2.8, 3.0, 3.2, 2.5, 3.7]), pd.Series([3.5, 3.3, 3.2, 3.3, 3.8, 4.0]))
    >>> round(change.diff, 3), round(change.p_superior, 3)
    (0.477, 0.85)
    """
    x, y = (wave.to_numpy(dtype=float) for wave in (before, after))
    return of_groups(x, y, Limits(confidence, n_describe, n_test))


def of_groups(x: Values, y: Values, limits: Limits) -> UnlinkedChange:
    """Do what ``unlinked`` does, on arrays with nan for no score."""
    x, y = x[~np.isnan(x)], y[~np.isnan(y)]
    n, m = len(x), len(y)
    if min(n, m) < limits.n_describe:
        return UnlinkedChange(n, m)
    variances, diff = (sd(x) ** 2, sd(y) ** 2), float(y.mean() - x.mean())
    df = _welch_df(*variances, n, m)
    means = _means(x, y, diff, math.sqrt(variances[0] / n + variances[1] / m), df, limits)
    pooled = math.sqrt(((n - 1) * variances[0] + (m - 1) * variances[1]) / (n + m - 2))
    g = hedges_correction(n + m - 2) * _ratio(diff, pooled)
    bounds = hedges_interval(g, n, m, limits.confidence)
    superior, p_bm = _superiority(np.round(x, 10), np.round(y, 10))
    tested = min(n, m) >= limits.n_test
    return UnlinkedChange(
        **means,
        g=g,
        g_lo=bounds.lo,
        g_hi=bounds.hi,
        p_superior=superior,
        p_bm=p_bm if tested else NAN,
        p=_two_sided(means["t"], df) if tested else NAN,
    )


def _welch_df(var_x: float, var_y: float, n: int, m: int) -> float:
    a, b = var_x / n, var_y / m
    return (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1)) if a + b else n + m - 2


def _superiority(x: Values, y: Values) -> tuple[float, float]:
    """Probability that somebody after scores above somebody before, and Brunner and Munzel's p."""
    n, m = len(x), len(y)
    ranks = doubled_midranks(np.concatenate([x, y])) / 2
    # Each one's place among the other wave alone
    above = [ranks[:n] - doubled_midranks(x) / 2, ranks[n:] - doubled_midranks(y) / 2]
    superior = float(above[1].mean() / n)
    a, b = (sd(place) ** 2 / size for place, size in zip(above, (n * m**2, m * n**2), strict=True))
    if a + b == 0:
        return superior, NAN
    df = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    return superior, _two_sided((superior - 0.5) / math.sqrt(a + b), df)


def overlapping(
    before: pd.Series, after: pd.Series, *, confidence: float = 0.95, n_describe: int = 5, n_test: int = 6
) -> OverlappingChange:
    """Difference between the means of two waves of which some people are in both and others in one only.

    It uses everybody, so that it can stand beside the change of the pairs and show what leaving out the rest
    does. It is no remedy for who left: it compares everybody before with everybody after.

    Parameters
    ----------
    before, after
        Score per respondent, indexed by respondent id; nan is no score. The index links the waves.
    n_describe, n_test
        Fewest scores in each wave to describe the difference and to test it.

    Returns
    -------
    OverlappingChange
        The t-interval and p of the partially overlapping samples test for unequal variances. With nobody in
        one wave only it is the paired t-test, with no pairs Welch's. ``r`` is nan, and counts as 0, below
        three pairs or when a wave does not vary among them; ``t`` and ``p`` are nan when nothing varies.

    References
    ----------
    Derrick, B., Russ, B., Toher, D., & White, P. (2017). Test statistics for the comparison of means for two
    samples that include both paired and independent observations. *Journal of Modern Applied Statistical
    Methods*, 16(1), 137-157.

    Examples
    --------
    >>> before = pd.Series([2.8, 3.0, 3.2, 2.5, 3.7, 3.3], index=list("abcdef"))
    >>> after = pd.Series([3.5, 3.3, 3.2, 3.3, 3.8, 4.0], index=list("cdefgh"))
    >>> change = overlapping(before, after)
    >>> change.n_pairs, round(change.diff, 3), round(change.df, 1)
    (4, 0.433, 5.1)
    """
    return of_everybody(*_linked(before, after), Limits(confidence, n_describe, n_test))


def of_everybody(x: Values, y: Values, limits: Limits) -> OverlappingChange:
    """Do what ``overlapping`` does, on arrays of the same people with nan for no score."""
    both = ~(np.isnan(x) | np.isnan(y))
    n_pairs = int(both.sum())
    r = _correlation(x[both], y[both]) if n_pairs >= N_CORRELATED else NAN
    x, y = x[~np.isnan(x)], y[~np.isnan(y)]
    n, m = len(x), len(y)
    if min(n, m) < limits.n_describe:
        return OverlappingChange(n, m, n_pairs=n_pairs)
    sds, singles = (sd(x), sd(y)), n + m - 2 * n_pairs
    shared = 0.0 if math.isnan(r) else 2 * r * sds[0] * sds[1] * n_pairs / (n * m)
    variance = sds[0] ** 2 / n + sds[1] ** 2 / m - shared
    gamma = _welch_df(sds[0] ** 2, sds[1] ** 2, n, m)
    df = n_pairs - 1 + (gamma - n_pairs + 1) / (n + m) * singles
    # Pairs that all changed equally leave rounding only.
    se = math.sqrt(variance) if variance > NO_SPREAD else 0.0
    means = _means(x, y, float(y.mean() - x.mean()), se, df, limits)
    p = _two_sided(means["t"], df) if min(n, m) >= limits.n_test else NAN
    return OverlappingChange(**means, n_pairs=n_pairs, r=r, p=p)
