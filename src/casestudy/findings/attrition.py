"""What the change would be if nobody had left between the waves."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

Values = NDArray[np.float64]


class PredictedChange(NamedTuple):
    """Change as predicted for everybody who was there before."""

    diff: float
    lo: float
    hi: float
    n_before: int
    n_pairs: int


def predicted(
    before: pd.Series, after: pd.Series, site: pd.Series | None = None, *, confidence: float = 0.95
) -> PredictedChange:
    """Mean change as it would be if everybody who was there before had stayed.

    The later score is regressed on the earlier one among the pairs, with an intercept per site and one slope;
    the estimate is the mean prediction over everybody minus the mean before. It is right when leaving depends
    on the earlier score and the site only (missing at random); comparing those who stayed with everybody is
    not.

    Parameters
    ----------
    before, after, site
        Score before and after, and the site, on one index of respondents; nan is no score. Sites without any
        pair are left out, and so is whoever has no score before.

    Returns
    -------
    PredictedChange
        The interval is a t-interval from the residual variance plus the spread of the scores before, sites
        taken as fixed. nan when the pairs do not allow a slope with at least one degree of freedom.

    References
    ----------
    Cochran, W. G. (1977). *Sampling Techniques* (3rd ed.), section 12.6: regression in double sampling.

    Examples
    --------
    >>> before, after = pd.Series([1.0, 2.0, 3.0, 4.0]), pd.Series([2.0, 3.5, 4.0, None])
    >>> round(predicted(before, after).diff, 3)
    1.167
    """
    everyone = before.notna()
    x, y = before[everyone].to_numpy(dtype=float), after.reindex(before.index[everyone]).to_numpy(dtype=float)
    where = np.zeros(len(x)) if site is None else site.reindex(before.index[everyone]).to_numpy()
    return predict(x, y, np.unique(where, return_inverse=True)[1], confidence)


def predict(x: Values, y: Values, group: NDArray[np.int_], confidence: float) -> PredictedChange:
    """Do what ``predicted`` does, on arrays: score before, score after or nan, number of the site."""
    stayed = ~np.isnan(y)
    kept = np.isin(group, group[stayed])
    x, y, stayed = x[kept], y[kept], stayed[kept]
    group = np.unique(group[kept], return_inverse=True)[1]
    n_pairs, gone = (
        int(stayed.sum()),
        PredictedChange(math.nan, math.nan, math.nan, len(x), int(stayed.sum())),
    )
    n_all, n_in = np.bincount(group), np.bincount(group[stayed])
    df = n_pairs - len(n_all) - 1
    if df < 1:
        return gone
    pair = group[stayed]
    mean_all, mean_in, mean_after = (
        np.bincount(g, v) / n
        for g, v, n in ((group, x, n_all), (pair, x[stayed], n_in), (pair, y[stayed], n_in))
    )
    dx, dy = x[stayed] - mean_in[pair], y[stayed] - mean_after[pair]
    sxx = float(dx @ dx)
    if sxx <= 1e-12:
        return gone
    slope = float(dx @ dy) / sxx
    weight, gap = n_all / n_all.sum(), mean_all - mean_in
    diff = float(weight @ (mean_after + slope * gap - mean_all))
    residual = float(((dy - slope * dx) ** 2).sum()) / df
    spread = float(((x - mean_all[group]) ** 2).sum()) / (len(x) - len(n_all))
    variance = residual * (float((weight**2 / n_in).sum()) + float(weight @ gap) ** 2 / sxx)
    variance += (1 - slope) ** 2 * spread * float((weight**2 / n_all).sum())
    half = float(special.stdtrit(df, (1 + confidence) / 2)) * math.sqrt(variance)
    return PredictedChange(diff, diff - half, diff + half, len(x), n_pairs)
