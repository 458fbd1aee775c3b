"""Means of any number of waves from the random-intercept model, and the contrasts between them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from casestudy.findings.likelihood import MOST_BETWEEN, lowest
from casestudy.findings.random_intercept import NO_BETWEEN, Sums, solved

Values = NDArray[np.float64]
Sites = NDArray[np.int_]


class WaveMeans(NamedTuple):
    """Mean of every wave at every site with their covariance; nan for a wave that nobody is in.

    The first axis holds the models: one over all sites, or one for each site.
    """

    mean: Values  # (n_models, n_sites, n_waves)
    cov: Values  # (n_models, n_sites, n_waves, n_waves)
    var_between: Values  # (n_models,)
    var_within: Values
    usable: NDArray[np.bool_]  # the model could be fitted and people differ in it


class Contrast(NamedTuple):
    """Difference between two waves in points of the scale, with a t-interval's parts."""

    diff: float
    se: float
    df: float

    def interval(self, confidence: float) -> tuple[float, float]:
        """Give the t-interval.

        Examples
        --------
        >>> [round(end, 3) for end in Contrast(0.5, 0.1, 10).interval(0.95)]
        [0.277, 0.723]
        """
        half = float(special.stdtrit(self.df, (1 + confidence) / 2)) * self.se
        return self.diff - half, self.diff + half

    @property
    def p(self) -> float:
        """Two-sided p-value; nan where there is no spread."""
        return float(2 * special.stdtr(self.df, -abs(self.diff) / self.se)) if self.se > 0 else math.nan


def of_sites(scores: Values, site: Sites, *, n_sites: int, pooled: bool) -> WaveMeans:
    """Fit ``score ~ wave * site + (1 | respondent)`` by REML, over all sites at once or each site by itself.

    A mean per wave and site is the same model as the two factors with their interaction, and its sites share
    the two variances only; so hundreds of sites take no more than their sums.

    Parameters
    ----------
    scores
        Score of each respondent in each wave, shape (n, n_waves); nan is no score.
    site
        Number of the site of each respondent, from 0, shape (n,).
    pooled
        One model over all sites, with the same two variances everywhere; else one for each site.

    References
    ----------
    Laird, N. M., & Ware, J. H. (1982). Random-effects models for longitudinal data. *Biometrics*, 38,
    963-974.

    Examples
    --------
    >>> scores = np.array([[1, 2, 2.5], [2, 3, 3], [3, 3.5, np.nan], [4, np.nan, np.nan]])
    >>> of_sites(scores, np.zeros(4, dtype=int), n_sites=1, pooled=True).mean.round(3).tolist()
    [[[2.5, 3.314, 3.639]]]
    """
    plain = _means(scores, site, n_sites)
    sums = _sums(scores - plain[site], site, n_sites, pooled=pooled)
    df, n_columns = sums.n - sums.n_columns, sums.xx.shape[-1]
    several = (sums.n_of_size[:, 1:].sum(axis=1) > 1) & (df > 0)
    safe = sums._replace(n=np.where(df > 0, sums.n, sums.n_columns + 1))
    share = lowest(lambda grid: solved(safe, grid, reml=True).deviance, (len(df),))
    best = solved(safe, share[None], reml=True)
    within = best.within[0]
    nobody = np.isnan(plain).reshape(*sums.xy.shape)
    mean = plain.reshape(nobody.shape) + best.beta[0]
    cov = np.linalg.inv(best.information[0]) * within[:, None, None, None]
    cov[nobody[..., None] | nobody[..., None, :] & np.ones((n_columns, n_columns), dtype=bool)] = math.nan
    spread = within > 1e-18
    usable = several & spread & (share > NO_BETWEEN) & (share < MOST_BETWEEN)
    return WaveMeans(mean, cov, within * share / (1 - share), within, usable)


def _means(scores: Values, site: Sites, n_sites: int) -> Values:
    """Plain mean per site and wave; nan without anybody."""
    means = []
    for wave in scores.T:
        there = ~np.isnan(wave)
        n = np.bincount(site[there], minlength=n_sites)
        with np.errstate(invalid="ignore"):
            means.append(np.bincount(site[there], wave[there], minlength=n_sites) / n)
    return np.column_stack(means)


def _sums(scores: Values, site: Sites, n_sites: int, *, pooled: bool) -> Sums:
    """Sum for the model with a column per wave and site; one without anybody is never met."""
    n_waves = scores.shape[1]
    there = ~np.isnan(scores)
    seen, values = there.astype(float), np.where(there, scores, 0.0)
    size, total = there.sum(axis=1), values.sum(axis=1)
    at = site * n_waves + np.maximum(size, 1) - 1  # site and number of scores
    axes = (1, n_sites) if pooled else (n_sites, 1)

    def per_site(weights: Values) -> Values:
        return np.bincount(site, weights, minlength=n_sites).astype(float)

    def per_size(weights: Values) -> Values:
        counted = np.bincount(at, weights, minlength=n_sites * n_waves).astype(float)
        return counted.reshape(*axes, n_waves)

    counts = np.stack([per_site(column) for column in seen.T], axis=-1)
    own = np.where(counts > 0, counts, 1.0)
    return Sums(
        counts.sum(axis=-1).reshape(axes).sum(axis=1),
        (counts > 0).sum(axis=-1).reshape(axes).sum(axis=1).astype(float),
        per_size((size > 0).astype(float)).sum(axis=1),
        (own[:, :, None] * np.eye(n_waves)).reshape(*axes, n_waves, n_waves),
        np.stack([per_site(column) for column in values.T], axis=-1).reshape(*axes, n_waves),
        per_site((values**2).sum(axis=1)).reshape(axes).sum(axis=1),
        np.stack([np.stack([per_size(a * b) for a in seen.T], axis=-1) for b in seen.T], axis=-1),
        np.stack([per_size(total * column) for column in seen.T], axis=-1),
        per_size(total**2).sum(axis=1),
    )


def contrast(means: WaveMeans, model: int, waves: tuple[int, int], weight: Values, df: float) -> Contrast:
    """Later wave minus earlier one, averaged over the sites of a model.

    Parameters
    ----------
    waves
        Numbers of the earlier and the later wave.
    weight
        Of each site, shape (n_sites,); they need not sum to one, and a site of weight 0 may lack a wave.
    df
        Degrees of freedom to tell the spread by.

    Examples
    --------
    >>> scores = np.array([[1, 2.0], [2, 2.5], [3, 3.5], [4, np.nan]])
    >>> means = of_sites(scores, np.zeros(4, dtype=int), n_sites=1, pooled=True)
    >>> round(contrast(means, 0, (0, 1), np.ones(1), 2).diff, 3)
    0.653
    """
    used = weight > 0
    share = weight[used] / weight[used].sum()
    mean, cov = means.mean[model][used], means.cov[model][used]
    first, second = waves
    variance = cov[:, first, first] + cov[:, second, second] - 2 * cov[:, first, second]
    diff = float(share @ (mean[:, second] - mean[:, first]))
    return Contrast(diff, math.sqrt(float(share**2 @ variance)), df)
