"""Agreement on many codes at once: every coder gave every unit each code, or did not.

``values`` has shape (coders, units, codes) and holds 1 or 0; what is missing is nan, or negative in an array
of whole numbers. All coefficients come from count profiles: how many units are there that m coders valued and
k of them gave the code. That is far less than the units, whatever their number.
"""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casestudy.errors import WrongUse
from casestudy.findings.agreement import TENTATIVE, AlphaInterval, percentiles, resampled
from casestudy.findings.categories import Floats

# Units at a time, so that what is worked on stays close at hand.
_BLOCK = 200_000


def binary_alphas(values: ArrayLike) -> Floats:
    """Krippendorff's alpha of every code, in closed form.

    Parameters
    ----------
    values
        Shape (coders, units, codes); true, false or missing.

    Returns
    -------
    ndarray
        Shape (codes,); nan where a code was given always or never, or no unit was valued twice.

    Examples
    --------
    >>> first, second = [[1, 0], [1, 0], [0, 0], [0, 0]], [[1, 0], [1, 0], [0, 0], [0, 0]]
    >>> binary_alphas([first, second]).tolist()
    [1.0, nan]
    """
    return alphas(count_profiles(values))


def count_profiles(values: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Count the units that m coders valued and k gave the code, shape (codes, coders + 1, coders + 1).

    Parameters
    ----------
    values
        Shape (coders, units, codes).
    weights
        How much each unit weighs, shape (units,); else each is one.

    Raises
    ------
    WrongUse
        When the shape is another, or a value is neither 0, 1 nor missing.

    Examples
    --------
    >>> count_profiles([[[1], [1]], [[1], [-1]]])[0].tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    coders = np.asarray(values)
    if coders.ndim != 3:
        raise WrongUse(f"values: there must be coders, units and codes, found {coders.ndim} axes")
    n_coders, n_units, n_codes = coders.shape
    base = n_coders + 1
    total = np.zeros(n_codes * base * base)
    step = max(1, _BLOCK // max(1, n_codes))
    place = (np.arange(n_codes) * base * base).astype(np.int64)
    weigh = None if weights is None else np.asarray(weights, dtype=float)
    for start in range(0, n_units, step):
        block = coders[:, start : start + step]
        cell = place + _profile(block, base)
        heavy = None if weigh is None else np.repeat(weigh[start : start + step], n_codes)
        total += np.bincount(cell.ravel(), weights=heavy, minlength=len(total))
    return total.reshape(n_codes, base, base)


def _profile(block: NDArray[np.generic], base: int) -> NDArray[np.int16]:
    """Give the number m * base + k of every unit and code of a block."""
    cells = np.zeros(block.shape[1:], np.int16)
    for coder in block:
        if coder.dtype.kind == "f":
            given, known = coder == 1, coder == coder
            sound = given | (coder == 0) | ~known
        elif coder.dtype.kind == "b":
            given, known, sound = coder, np.True_, np.True_
        else:
            given, known, sound = coder == 1, coder >= 0, coder <= 1
        if not np.all(sound):
            raise WrongUse("values: every value must be 0, 1 or missing, found another")
        cells += given
        cells += known * np.int16(base)
    return cells


def alphas(profiles: Floats) -> Floats:
    """Alpha of count profiles, over their last two axes; as :func:`binary_alphas`."""
    m, k = _grid(profiles)
    valued = np.where(m >= 2, profiles, 0.0)
    n, ones = (valued * m).sum(axis=(-2, -1)), (valued * k).sum(axis=(-2, -1))
    apart = (valued * (k * (m - k) / np.maximum(m - 1, 1))).sum(axis=(-2, -1))
    expected = ones * (n - ones)
    found: Floats = 1 - _ratio((n - 1) * apart, expected)
    return found


def percent_agreements(profiles: Floats) -> Floats:
    """Share of pairs of coders who judged alike, averaged over units; nan without units valued twice."""
    m, k = _grid(profiles)
    valued = np.where(m >= 2, profiles, 0.0)
    apart = 2 * k * (m - k) / np.maximum(m * (m - 1), 1)
    shares: Floats = 1 - _ratio((valued * apart).sum(axis=(-2, -1)), valued.sum(axis=(-2, -1)))
    return shares


def ac1s(profiles: Floats) -> Floats:
    """Gwet's AC1 of count profiles; nan where a code was given always or never.

    Examples
    --------
    >>> cells = count_profiles([[[1]] * 120 + [[0]] * 5, [[1]] * 118 + [[0]] * 2 + [[1]] * 5])
    >>> round(float(ac1s(cells)[0]), 3), round(float(alphas(cells)[0]), 3)
    (0.941, -0.025)
    """
    m, k = _grid(profiles)
    known = np.where(m >= 1, profiles, 0.0)
    share = _ratio((known * (k / np.maximum(m, 1))).sum(axis=(-2, -1)), known.sum(axis=(-2, -1)))
    chance = 2 * share * (1 - share)
    varied = np.where((share > 0) & (share < 1), 1 - chance, math.nan)
    found: Floats = 1 - (1 - percent_agreements(profiles)) / varied
    return found


def positives(profiles: Floats) -> Floats:
    """Weight of the units to which at least one coder gave the code."""
    _, k = _grid(profiles)
    return np.asarray(np.where(k >= 1, profiles, 0.0).sum(axis=(-2, -1)))


def pair_kappas(values: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Cohen's kappa of every code, averaged over the pairs of coders for which it is defined.

    Examples
    --------
    >>> pair_kappas([[[1], [1], [0], [0]], [[1], [0], [0], [0]]]).tolist()
    [0.5]
    """
    coders = np.asarray(values)
    weigh = np.ones(coders.shape[1]) if weights is None else np.asarray(weights, dtype=float)
    kappas = []
    for one, other in combinations(coders, 2):
        known = ((one == 0) | (one == 1)) & ((other == 0) | (other == 1))
        n = weigh @ known
        both, first, second = (
            weigh @ (known & cell) for cell in ((one == 1) & (other == 1), one == 1, other == 1)
        )
        apart = (first + second - 2 * both) * n
        kappas.append(1 - _ratio(apart, first * (n - second) + second * (n - first)))
    if not kappas:
        return np.full(coders.shape[2], math.nan)
    stacked = np.array(kappas)
    n_known = (~np.isnan(stacked)).sum(axis=0)
    return _ratio(np.nansum(stacked, axis=0), n_known.astype(float))


def alpha_bounds(
    per_source: Floats, *, seed: int, draws: int = 2000, below: float = TENTATIVE
) -> AlphaInterval:
    """Interval of one code's alpha over resampled sources, from the count profile of each source.

    Parameters
    ----------
    per_source
        Shape (sources, coders + 1, coders + 1).
    seed, draws, below
        As in :func:`casestudy.findings.agreement.alpha_interval`.
    """
    n_sources, base, _ = per_source.shape
    drawn = resampled(per_source.reshape(n_sources, base * base), seed=seed, draws=draws)
    return percentiles(alphas(drawn.reshape(len(drawn), base, base)), below=below)


def _grid(profiles: Floats) -> tuple[Floats, Floats]:
    m, k = np.mgrid[: profiles.shape[-2], : profiles.shape[-1]].astype(float)
    return m, k


def _ratio(above: Floats, below: Floats) -> Floats:
    ratio: Floats = np.divide(above, below, out=np.full(np.shape(above), math.nan), where=below > 0)
    return ratio
