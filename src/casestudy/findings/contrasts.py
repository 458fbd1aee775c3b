"""Which factors tell sites that did well from sites that did not, and how many would do so by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

MISSING = "M"
POINTS = {"-2": -2, "-1": -1, "0": 0, "1": 1, "+1": 1, "2": 2, "+2": 2, "X": 0} | {n: n for n in range(-2, 3)}
LEFT_OUT_COLUMNS = ["left_out", "code", "gap", "difference", "label", "changed"]
LEVELS = np.array([-2, -1, 0, 1, 2], dtype=np.int8)
CELLS_AT_ONCE = 4_000_000  # keeps the simulation's memory flat, however many sites there are


def matrix(settled: pd.DataFrame, *, codes: Sequence[str], sites: Sequence[str]) -> pd.DataFrame:
    """Lay out settled ratings with a row per code and a column per site; ``M`` where nothing was settled.

    Examples
    --------
    >>> settled = pd.DataFrame({"site": ["a", "b"], "code": "M13", "rating": ["2", "X"]})
    >>> matrix(settled, codes=["M13", "M29"], sites=["a", "b"]).values.tolist()
    [['2', 'X'], ['M', 'M']]
    """
    wide = settled.pivot(index="code", columns="site", values="rating")
    return wide.reindex(index=list(codes), columns=list(sites)).fillna(MISSING).astype("str")


def groups(change: pd.DataFrame, *, scale: str, sites: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split sites by a criterion outside the ratings: those whose score on one scale went up, and those not.

    Parameters
    ----------
    change
        scale, site and state, as the change table has them.

    Returns
    -------
    tuple of list
        High sites (state ``up``) and low sites (any other state that was measured). A site without a measured
        change stands in neither.

    Examples
    --------
    >>> change = pd.DataFrame({"scale": "VAA", "site": ["a", "b", "c"], "state": ["up", "unclear", "absent"]})
    >>> groups(change, scale="VAA", sites=["a", "b", "c"])
    (['a'], ['b'])
    """
    states = change[change["scale"] == scale].set_index("site")["state"]
    measured = [site for site in sites if states.get(site, "absent") not in ("absent", "too_few")]
    return [s for s in measured if states[s] == "up"], [s for s in measured if states[s] != "up"]


def distinguish(matrix: pd.DataFrame, high: Sequence[str], low: Sequence[str]) -> pd.DataFrame:
    """Label each factor by how its ratings differ between high and low sites.

    With gap = lowest rating of the high sites - highest rating of the low sites, and difference = difference
    of their means: ``strong`` when gap >= 2; ``weak`` when gap >= 1, or gap >= 0 and difference >= 1;
    ``reversed`` when that holds with high and low exchanged; else ``none``. Without a rated site on either
    side it is ``insufficient``: too little material to say anything, which is not the same as no difference.

    Parameters
    ----------
    matrix
        Ratings, one row per code and one column per site: ``-2`` to ``2``, ``X`` (counts as 0) or ``M`` (left
        out, like an empty cell).
    high, low
        Sites on either side of a criterion that was fixed before anyone looked at the ratings.

    Returns
    -------
    pandas.DataFrame
        code, gap and difference (rating points; nan when insufficient), label; in the order of ``matrix``.

    References
    ----------
    Varsi, C., Ekstedt, M., Gammon, D., & Ruland, C. M. (2015). Using the Consolidated Framework for
    Implementation Research to identify barriers and facilitators for the implementation of an internet-based
    patient-provider communication service in five settings. *Journal of Medical Internet Research*, 17(11),
    e262, table 2. (The rule was fitted to the labels of that table; that it reproduces them describes it and
    does not validate it.)

    Examples
    --------
    >>> matrix = pd.DataFrame({"a": ["2", "1", "M"], "b": ["1", "0", "M"], "c": ["-1", "1", "0"]},
    ...     index=["M13", "M16", "M29"])
    >>> distinguish(matrix, high=["a", "b"], low=["c"])["label"].tolist()
    ['strong', 'none', 'insufficient']
    """
    both = sorted(set(high) & set(low))
    if both:
        raise ValueError(f"a site cannot be both high and low, found {both}")
    return _contrast(_points(matrix), high, low)


def leave_one_site_out(matrix: pd.DataFrame, high: Sequence[str], low: Sequence[str]) -> pd.DataFrame:
    """Label each factor again with each site left out in turn.

    Parameters
    ----------
    matrix, high, low
        As in :func:`distinguish`.

    Returns
    -------
    pandas.DataFrame
        left_out (site), code, gap, difference, label, changed (whether the label is another one than with all
        sites). Without its only site a side is empty and every label ``insufficient``.

    Examples
    --------
    >>> matrix = pd.DataFrame({"a": ["1"], "b": ["-2"], "c": ["-2"]}, index=["M23"])
    >>> leave_one_site_out(matrix, ["a", "b"], ["c"])[["left_out", "label", "changed"]].values.tolist()
    [['a', 'none', True], ['b', 'strong', True], ['c', 'insufficient', True]]
    """
    whole, points = distinguish(matrix, high, low)["label"].to_numpy(), _points(matrix)
    parts = []
    for site in [*high, *low]:
        part = _contrast(points, [s for s in high if s != site], [s for s in low if s != site])
        part.insert(0, "left_out", site)
        parts.append(part.assign(changed=part["label"].to_numpy() != whole))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=LEFT_OUT_COLUMNS)


@dataclass(frozen=True, slots=True)
class ChanceBaseline:
    """Numbers of factors that distinguish the sites when all ratings are drawn by chance.

    ``strong`` and ``weak`` are mean numbers per study, ``strong_error`` and ``weak_error`` their Monte-Carlo
    standard errors, ``p_any`` the probability of at least one strong or weak factor.
    """

    strong: float
    weak: float
    p_any: float
    strong_error: float
    weak_error: float
    n_factors: int
    n_high: int
    n_low: int
    draws: int


def chance_baseline(
    n_factors: int,
    n_high: int,
    n_low: int,
    *,
    probabilities: Sequence[float] = (0.10, 0.25, 0.20, 0.30, 0.15),
    draws: int = 10_000,
    seed: int,
) -> ChanceBaseline:
    """Simulate how many factors are labelled strong or weak when nothing distinguishes the sites.

    Parameters
    ----------
    n_factors, n_high, n_low
        Size of the matrix. Without a site on one side nothing can distinguish: the baseline is 0.
    probabilities
        Of the ratings -2, -1, 0, 1 and 2; every cell is drawn on its own.
    draws, seed
        Number of simulated studies, and the seed of the simulation.

    Returns
    -------
    ChanceBaseline
        Means over the draws with their standard errors.

    Examples
    --------
    >>> chance = chance_baseline(29, 2, 3, draws=2000, seed=20170901)
    >>> round(chance.weak), chance.p_any > 0.95
    (4, True)
    """
    if min(n_factors, n_high, n_low) < 1:
        return ChanceBaseline(0.0, 0.0, 0.0, 0.0, 0.0, n_factors, n_high, n_low, draws=0)
    if len(probabilities) != len(LEVELS) or not math.isclose(sum(probabilities), 1, abs_tol=1e-9):
        raise ValueError(
            f"`probabilities` must be {len(LEVELS)} numbers that sum to 1, found {probabilities}"
        )
    generator, n_sites = np.random.default_rng(seed), n_high + n_low
    bounds = np.cumsum(probabilities)[:-1]
    batch = max(1, CELLS_AT_ONCE // (n_factors * n_sites))
    counts = []
    for first in range(0, draws, batch):
        size = (min(batch, draws - first), n_factors, n_sites)
        ratings = LEVELS[np.searchsorted(bounds, generator.random(size, dtype=np.float32), side="right")]
        flat = ratings.reshape(-1, n_sites)
        gap = flat[:, :n_high].min(axis=1) - flat[:, n_high:].max(axis=1)
        high_total = flat[:, :n_high].sum(axis=1, dtype=np.int64)
        low_total = flat[:, n_high:].sum(axis=1, dtype=np.int64)
        strong, weak = _rule(gap, high_total * n_low - low_total * n_high >= n_high * n_low)
        counts.append(np.stack([strong.reshape(size[:2]).sum(axis=1), weak.reshape(size[:2]).sum(axis=1)]))
    strong_counts, weak_counts = np.concatenate(counts, axis=1)
    return ChanceBaseline(
        strong=float(strong_counts.mean()),
        weak=float(weak_counts.mean()),
        p_any=float(((strong_counts + weak_counts) > 0).mean()),
        strong_error=_standard_error(strong_counts),
        weak_error=_standard_error(weak_counts),
        n_factors=n_factors,
        n_high=n_high,
        n_low=n_low,
        draws=draws,
    )


class _Side(NamedTuple):
    """Per factor: lowest, highest and summed points of the rated sites on one side, and how many they are."""

    lowest: np.ndarray
    highest: np.ndarray
    total: np.ndarray
    n: np.ndarray


def _side(points: np.ndarray) -> _Side:
    rated = ~np.isnan(points)
    return _Side(
        np.where(rated, points, np.inf).min(axis=1, initial=np.inf),
        np.where(rated, points, -np.inf).max(axis=1, initial=-np.inf),
        np.where(rated, points, 0.0).sum(axis=1),
        rated.sum(axis=1),
    )


def _points(matrix: pd.DataFrame) -> pd.DataFrame:
    """Ratings as numbers, X as 0, M and empty as nan; anything else is refused."""
    written = pd.Series(matrix.to_numpy(dtype=object).ravel(), dtype=object)
    points = written.map(POINTS).astype(float)
    strange = written[points.isna() & written.notna() & (written != MISSING)]
    if len(strange):
        raise ValueError(f"a rating must be one of -2 to 2, X or M, found `{strange.iloc[0]}`")
    return pd.DataFrame(points.to_numpy().reshape(matrix.shape), index=matrix.index, columns=matrix.columns)


def _contrast(points: pd.DataFrame, high: Sequence[str], low: Sequence[str]) -> pd.DataFrame:
    above, below = _side(points[list(high)].to_numpy()), _side(points[list(low)].to_numpy())
    rated = (above.n > 0) & (below.n > 0)
    difference = above.total / np.maximum(above.n, 1) - below.total / np.maximum(below.n, 1)
    strong, weak = _expected(above, below)
    strong_back, weak_back = _expected(below, above)
    label = np.select(
        [~rated, strong, weak, strong_back | weak_back],
        ["insufficient", "strong", "weak", "reversed"],
        default="none",
    )
    return pd.DataFrame(
        {
            "code": points.index.to_numpy(),
            "gap": np.where(rated, above.lowest - below.highest, math.nan),
            "difference": np.where(rated, difference, math.nan),
            "label": pd.Series(label, dtype="str"),
        }
    )


def _expected(above: _Side, below: _Side) -> tuple[np.ndarray, np.ndarray]:
    # Whole numbers instead of two means, so that a difference of exactly 1 is seen as such.
    apart = above.total * below.n - below.total * above.n >= above.n * below.n
    return _rule(above.lowest - below.highest, apart)


def _rule(gap: np.ndarray, apart: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are strong, and which weak; ``apart`` tells where the means differ by 1 or more."""
    strong = gap >= 2
    return strong, ~strong & ((gap >= 1) | ((gap >= 0) & apart))


def _standard_error(counts: np.ndarray) -> float:
    return float(counts.std(ddof=1) / math.sqrt(len(counts))) if len(counts) > 1 else math.nan
