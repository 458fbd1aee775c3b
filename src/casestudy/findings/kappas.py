"""Kappas for more than two coders: Light's, Fleiss' and Conger's; ``values`` as in ``agreement``."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from casestudy.findings.agreement import Agreement, cohen_kappa
from casestudy.findings.categories import Floats, coded, one_minus, stacked, tallied


def light_kappa(values: ArrayLike) -> Agreement:
    """Mean of Cohen's kappa over all pairs of coders; pairs for which it is not defined are left out.

    References
    ----------
    Light, R. J. (1971). Measures of response agreement for qualitative data: Some generalizations and
    alternatives. *Psychological Bulletin*, 76(5), 365-377.

    Examples
    --------
    >>> light_kappa([[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1]]).value
    0.6666666666666666
    """
    coders = stacked(values)
    pairs = [cohen_kappa(a, b) for a, b in combinations(coders, 2)]
    known = [pair.value for pair in pairs if not math.isnan(pair.value)]
    n_units = int((tallied(*coded(coders)).sum(axis=1) >= 2).sum())
    return Agreement("light_kappa", float(np.mean(known)) if known else math.nan, n_units, len(coders))


def fleiss_kappa(values: ArrayLike) -> Agreement:
    """Fleiss' kappa; a unit that a coder left blank is dropped.

    References
    ----------
    Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters.
    *Psychological Bulletin*, 76(5), 378-382.

    Examples
    --------
    >>> round(fleiss_kappa([[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1]]).value, 3)
    0.625
    """
    counts, n_coders = _complete(values)
    observed = (counts * (n_coders - counts)).sum() * len(counts) * n_coders
    expected = (_outer_off(counts.sum(axis=0))) * (n_coders - 1)
    return Agreement("fleiss_kappa", one_minus(observed, expected), len(counts), n_coders)


def category_kappas(values: ArrayLike) -> pd.Series:
    """Fleiss' kappa of each category against all others, by category; nan for one that was always given.

    Examples
    --------
    >>> category_kappas([["a", "b", "c"], ["a", "b", "b"]]).round(3).to_dict()
    {'a': 1.0, 'b': 0.333, 'c': -0.2}
    """
    counts, n_coders = _complete(values)
    _, categories = coded(stacked(values))
    given = counts.sum(axis=0)
    total = len(counts) * n_coders
    observed = (counts * (n_coders - counts)).sum(axis=0) * total
    expected = given * (total - given) * (n_coders - 1)
    kappas = [one_minus(o, e) for o, e in zip(observed, expected, strict=True)]
    return pd.Series(kappas, index=categories, dtype=float)


def conger_kappa(values: ArrayLike) -> Agreement:
    """Conger's exact kappa, whose chance agreement takes each coder's own shares; blanks as in Fleiss'.

    References
    ----------
    Conger, A. J. (1980). Integration and generalization of kappas for multiple raters.
    *Psychological Bulletin*, 88(2), 322-328.

    Examples
    --------
    >>> conger_kappa([[0, 0, 1, 1], [0, 1, 1, 1]]).value
    0.5
    """
    counts, n_coders = _complete(values)
    codes, categories = coded(stacked(values))
    whole = codes[:, (codes >= 0).all(axis=0)]
    own = np.array([np.bincount(coder, minlength=len(categories)) for coder in whole], dtype=float)
    pairs = [(own[i], own[j]) for i, j in combinations(range(n_coders), 2)]
    expected = sum(2 * (len(counts) ** 2 - float(a @ b)) for a, b in pairs)
    observed = float((counts * (n_coders - counts)).sum()) * len(counts)
    return Agreement("conger_kappa", one_minus(observed, expected), len(counts), n_coders)


def _complete(values: ArrayLike) -> tuple[Floats, int]:
    coders = stacked(values)
    counts = tallied(*coded(coders))
    return counts[counts.sum(axis=1) == len(coders)], len(coders)


def _outer_off(totals: Floats) -> float:
    return float(totals.sum() ** 2 - (totals**2).sum())
