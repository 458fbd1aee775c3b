"""Which sentences to read next: where a code is uncertain, and some at random, which tell the quality."""

from __future__ import annotations

import numpy as np
import pandas as pd

from casestudy.errors import WrongUse
from casestudy.findings.intervals import wilson

SHARE_RANDOM = 0.30  # of a batch
WEIGHT = 0.7  # of uncertainty; the rest is chance
UNIT = ["source", "start", "end", "code"]
COLUMNS = [*UNIT, "p", "eval"]


def priority(
    units: pd.DataFrame, positives: pd.Series, coded_sources: pd.Series, *, lots: np.ndarray
) -> pd.Series:
    """Tell how much is learned from reading each unit.

    ``0.7 (1 - |2p - 1|) w_code w_site + 0.3 U``, with ``w_code = 1 / sqrt(1 + confirmed positives of the
    code)`` and ``w_site = 1 / sqrt(1 + coded sources of the site)``.

    Parameters
    ----------
    units
        site, code, p (probability of the code, 0 to 1); nan counts as .5, for nothing is known.
    positives
        Number of confirmed codings by code; a code that is not there has none.
    coded_sources
        Number of coded sources by site; a site that is not there has none.
    lots
        U: a number from 0 up to 1 per unit, shape (n_units,).

    Returns
    -------
    pandas.Series
        Between 0 and 1, by the index of ``units``.

    Examples
    --------
    >>> units = pd.DataFrame({"site": ["x", "x", "y"], "code": ["a", "b", "a"], "p": [0.5, 0.5, 1.0]})
    >>> none = np.zeros(3)
    >>> priority(units, pd.Series({"a": 3}), pd.Series({"x": 0, "y": 3}), lots=none).tolist()
    [0.35, 0.7, 0.0]
    """
    p = units["p"].astype(float).fillna(0.5)
    if not p.between(0, 1).all():
        raise WrongUse("a probability must lie between 0 and 1; give another `p`")
    weight = 1.0
    for names, known in ((units["code"], positives), (units["site"], coded_sources)):
        weight = weight / np.sqrt(1 + names.map(known).astype(float).fillna(0.0))
    return WEIGHT * (1 - (2 * p - 1).abs()) * weight + (1 - WEIGHT) * lots


def leading(units: pd.DataFrame, *, positives: pd.Series, coded_sources: pd.Series) -> pd.DataFrame:
    """Keep for each sentence the code from which most is learned there, of equal ones the first by name.

    Parameters
    ----------
    units, positives, coded_sources
        As in :func:`batch`, but each sentence as often as it has codes.
    """
    score = priority(units, positives, coded_sources, lots=np.zeros(len(units)))
    ordered = units.assign(_score=-score).sort_values(
        ["source", "start", "end", "_score", "code"], kind="stable"
    )
    return ordered.drop_duplicates(["source", "start", "end"]).drop(columns="_score").reset_index(drop=True)


def batch(
    units: pd.DataFrame,
    *,
    n: int,
    seed: int,
    positives: pd.Series,
    coded_sources: pd.Series,
    share_random: float = SHARE_RANDOM,
) -> pd.DataFrame:
    """Draw the units to read next.

    Parameters
    ----------
    units
        source, site, start, end, code and p, each source, place and code once. Leave out what was read.
    n
        How many; all when there are fewer.
    seed
        Of the draw; the same seed and units give the same batch, in whatever order the units come.
    positives, coded_sources
        As in :func:`priority`.
    share_random
        Share of the batch, rounded half up, that is drawn uniformly at random from all units, before the
        others are chosen by their priority. Only these, flagged ``eval``, tell how good suggestions are and
        how often a code is there: what is chosen because it is uncertain is no picture of the rest.

    Returns
    -------
    pandas.DataFrame
        source, start, end, code, p, eval, in the order of the texts.

    Raises
    ------
    WrongUse
        When ``n`` is not positive, or a unit stands twice.
    """
    if n < 1:
        raise WrongUse(f"a batch must hold at least one sentence, found {n}")
    ordered = units.sort_values(UNIT, kind="stable").reset_index(drop=True)
    if ordered.duplicated(UNIT).any():
        raise WrongUse("units of a batch must differ in source, place or code; remove the doubled ones")
    n = min(n, len(ordered))
    n_random = int(np.floor(share_random * n + 0.5))
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(len(ordered))[:n_random]
    score = priority(ordered, positives, coded_sources, lots=rng.random(len(ordered))).to_numpy(copy=True)
    score[drawn] = -1.0  # it is in the batch already
    chosen = np.argsort(-score, kind="stable")[: n - n_random]
    ordered["eval"] = False
    ordered.loc[drawn, "eval"] = True
    return ordered.loc[np.sort(np.append(drawn, chosen)), COLUMNS].reset_index(drop=True)


def prevalence(units: pd.DataFrame) -> pd.DataFrame:
    """Tell how often a code is there, from what was drawn at random.

    Parameters
    ----------
    units
        code, human (0 or 1) and eval; rows that are not flagged ``eval`` are left out.

    Returns
    -------
    pandas.DataFrame
        code, n, n_human_pos, prevalence, prevalence_lo, prevalence_hi (Wilson), sorted by code.

    Examples
    --------
    >>> read = pd.DataFrame({"code": "a", "human": [1, 0, 1], "eval": [True, True, False]})
    >>> prevalence(read)[["code", "n", "prevalence"]].values.tolist()
    [['a', 2, 0.5]]
    """
    drawn = units.loc[units["eval"].astype(bool)].dropna(subset="human")
    table = drawn.groupby("code", sort=True)["human"].agg(n="size", n_human_pos="sum").reset_index()
    bounds = [wilson(int(k), int(n)) for k, n in zip(table["n_human_pos"], table["n"], strict=True)]
    return table.assign(
        prevalence=table["n_human_pos"].astype(float) / table["n"],
        prevalence_lo=[bound.lo for bound in bounds],
        prevalence_hi=[bound.hi for bound in bounds],
    )
