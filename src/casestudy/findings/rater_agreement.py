"""How far two raters who judged alone gave the same ratings, and how far what was settled lies from both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from casestudy.findings.agreement import cohen_kappa

ORDINAL = ("-2", "-1", "0", "1", "2")
PAIR_COLUMNS = [
    *["first", "second", "n_cells", "n_ordinal", "kappa_quadratic", "kappa_linear", "kappa_unweighted"],
    *["n_same_kind", "share_same_kind", "kappa_kind"],
]


@dataclass(frozen=True, slots=True)
class Deviation:
    """How often settled ratings differ from what was proposed and from what raters judged alone.

    Parameters
    ----------
    n_proposed, n_rated
        Settled ratings that had a proposal, and those that somebody had rated alone.
    from_proposal
        Share of the first that is not the proposal; nan without any.
    from_a_rater, from_all_raters
        Shares of the second that differ from at least one, and from every own rating; nan without any.
    """

    n_proposed: int
    n_rated: int
    from_proposal: float
    from_a_rater: float
    from_all_raters: float


def pairs(rated: pd.DataFrame) -> pd.DataFrame:
    """Compare every two raters over the cells that both rated.

    Weighted kappa needs an order, so X (mixed) and M (missing) stay outside it: it is taken over the cells to
    which both gave -2 to 2. Whether raters chose the same kind of rating, X, M or one on the scale, is told
    apart. A rater who had seen the other's ratings makes all of this say nothing.

    Parameters
    ----------
    rated
        ``site code value rater``, one row per rater and cell; values as text, ``-2`` to ``2``, X or M.

    Returns
    -------
    pandas.DataFrame
        Columns ``PAIR_COLUMNS``, a row per two raters in the order of their names. ``n_cells`` both rated,
        ``n_ordinal`` on the scale by both; the kappas over these with quadratic, linear and no weights;
        ``n_same_kind`` and ``share_same_kind`` of all cells, with the kappa of that. nan where there is
        nothing to agree on.

    References
    ----------
    Cohen, J. (1968). Weighted kappa: Nominal scale agreement with provision for scaled disagreement or
    partial credit. *Psychological Bulletin*, 70(4), 213-220.

    Examples
    --------
    >>> values = {"a": ["2", "1", "-1", "M"], "b": ["2", "2", "-1", "X"]}
    >>> rated = pd.DataFrame([("es", f"M{n}", value, rater) for rater, given in values.items()
    ...     for n, value in enumerate(given)], columns=["site", "code", "value", "rater"])
    >>> pairs(rated)[["n_cells", "n_ordinal", "kappa_unweighted", "share_same_kind"]].values.tolist()
    [[4.0, 3.0, 0.5, 0.75]]
    """
    wide = rated.pivot(index=["site", "code"], columns="rater", values="value")
    rows = [_pair(wide[[first, second]].dropna()) for first, second in combinations(sorted(wide.columns), 2)]
    return pd.DataFrame(rows, columns=PAIR_COLUMNS)


def deviation(settled: pd.DataFrame, rated: pd.DataFrame) -> Deviation:
    """Count how often settled ratings differ from the proposal and from the raters' own.

    Parameters
    ----------
    settled
        ``site code rating proposed``; ``proposed`` is absent where nothing was.
    rated
        ``site code value rater``.

    Examples
    --------
    >>> settled = pd.DataFrame({"site": "es", "code": ["M1", "M2"], "rating": ["1", "2"],
    ...     "proposed": ["1", "1"]})
    >>> rated = pd.DataFrame({"site": "es", "code": "M1", "value": ["1", "2"], "rater": ["a", "b"]})
    >>> deviation(settled, rated)
    Deviation(n_proposed=2, n_rated=1, from_proposal=0.5, from_a_rater=1.0, from_all_raters=0.0)
    """
    proposed = settled[settled["proposed"].notna()]
    own = settled.merge(rated[["site", "code", "value"]], on=["site", "code"])
    differs = (own["rating"] != own["value"]).groupby([own["site"], own["code"]])
    return Deviation(
        n_proposed=len(proposed),
        n_rated=differs.ngroups,
        from_proposal=_share(proposed["rating"] != proposed["proposed"]),
        from_a_rater=_share(differs.any()),
        from_all_raters=_share(differs.all()),
    )


def _pair(both: pd.DataFrame) -> dict[str, object]:
    first, second = both.columns
    kinds = both.where(~both.isin(ORDINAL), "ordinal")
    scale = both.loc[(kinds == "ordinal").all(axis=1)].astype(float)
    a, b = scale[first].to_numpy(), scale[second].to_numpy()
    same = kinds[first] == kinds[second]
    return {
        "first": first,
        "second": second,
        "n_cells": len(both),
        "n_ordinal": len(scale),
        "kappa_quadratic": cohen_kappa(a, b, "quadratic").value,
        "kappa_linear": cohen_kappa(a, b, "linear").value,
        "kappa_unweighted": cohen_kappa(a, b).value,
        "n_same_kind": int(same.sum()),
        "share_same_kind": _share(same),
        "kappa_kind": cohen_kappa(kinds[first].to_numpy(), kinds[second].to_numpy()).value,
    }


def _share(flags: pd.Series) -> float:
    return float(flags.mean()) if len(flags) else math.nan
