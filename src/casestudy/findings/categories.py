"""What coders gave to units, as numbered categories."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from casestudy.errors import WrongUse

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


def stacked(values: ArrayLike | Sequence[ArrayLike]) -> NDArray[np.generic]:
    """Give values as an array with a row per coder.

    Raises
    ------
    WrongUse
        When the shape is another.
    """
    coders = np.asarray(values)
    if coders.ndim != 2 or len(coders) < 1:
        raise WrongUse(
            f"values: there must be a row per coder and a column per unit, found {coders.ndim} axes"
        )
    return coders


def coded(coders: NDArray[np.generic]) -> tuple[Whole, NDArray[np.generic]]:
    """Give the number of each value's category, -1 where there is none, beside the categories in order.

    Examples
    --------
    >>> codes, categories = coded(np.array([["b", "a"], [None, "b"]], dtype=object))
    >>> codes.tolist(), categories.tolist()
    ([[1, 0], [-1, 1]], ['a', 'b'])
    """
    if coders.dtype.kind in "biuf":
        numbers = coders.astype(float)
        blank = np.isnan(numbers)
        low = float(np.nanmin(numbers)) if not blank.all() else 0.0
        whole = np.where(blank, low, numbers).astype(np.int64) - int(low)
        # Whole numbers close together, by far the most frequent case, need no sorting.
        if (
            whole.size
            and whole.max() < 1000
            and whole.min() >= 0
            and np.array_equal(whole + int(low), np.where(blank, low, numbers))
        ):
            used = np.bincount(whole[~blank], minlength=1) > 0
            place = np.cumsum(used) - 1
            return np.where(blank, -1, place[whole]), np.flatnonzero(used).astype(float) + int(low)
        coders = numbers
    codes, categories = pd.factorize(coders.ravel(), sort=True)
    return codes.reshape(coders.shape).astype(np.int64), np.asarray(categories)


def tallied(codes: Whole, categories: NDArray[np.generic]) -> Floats:
    """Count how many coders gave each unit each category, shape (units, categories)."""
    q, n_units = len(categories), codes.shape[1]
    place = np.where(codes >= 0, codes + q * np.arange(n_units), q * n_units)
    table = np.bincount(place.ravel(), minlength=q * n_units + 1)[:-1]
    return table.reshape(n_units, q).astype(float)


def one_minus(observed: float, expected: float) -> float:
    """Give one minus observed over expected disagreement, nan when none is expected."""
    return 1 - float(observed) / float(expected) if expected > 0 else math.nan
