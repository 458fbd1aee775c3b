"""P-values that are adjusted because several questions were asked at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


def holm(p: ArrayLike) -> Values:
    """Holm's step-down adjustment, which bounds the chance of any false alarm in the family.

    Parameters
    ----------
    p
        P-values, shape (n_tests,). A nan is a test that was not done: it stays nan and does not count.

    Returns
    -------
    ndarray
        Adjusted p-values in the given order, at most 1.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. *Scandinavian Journal of
    Statistics*, 6, 65-70.

    Examples
    --------
    >>> holm([0.004, 0.020, 0.31]).round(3).tolist()
    [0.012, 0.04, 0.31]
    """
    return _stepwise(p, lambda ranked: np.maximum.accumulate(ranked * np.arange(len(ranked), 0, -1)))


def benjamini_hochberg(p: ArrayLike) -> Values:
    """Benjamini and Hochberg's step-up adjustment, which bounds the expected share of false alarms.

    Parameters
    ----------
    p
        P-values, shape (n_tests,). A nan is a test that was not done: it stays nan and does not count.

    Returns
    -------
    ndarray
        Adjusted p-values in the given order, at most 1.

    References
    ----------
    Benjamini, Y., & Hochberg, Y. (1995). Controlling the false discovery rate. *Journal of the Royal
    Statistical Society B*, 57, 289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.004, 0.020, 0.31]).round(3).tolist()
    [0.012, 0.03, 0.31]
    """

    def step_up(ranked: Values) -> Values:
        scaled = ranked * len(ranked) / np.arange(1, len(ranked) + 1)
        return np.minimum.accumulate(scaled[::-1])[::-1]

    return _stepwise(p, step_up)


def _stepwise(p: ArrayLike, adjust: Callable[[Values], Values]) -> Values:
    values = np.asarray(p, dtype=float)
    done = np.flatnonzero(~np.isnan(values))
    order = done[np.argsort(values[done], kind="stable")]
    adjusted = np.full(values.shape, np.nan)
    adjusted[order] = np.minimum(adjust(values[order]), 1.0)
    return adjusted
