"""What still guards the suggestions of a code whose gate is open: a random audit, and precision over time."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from casestudy.findings.evaluation import MIN_PRECISION_LO
from casestudy.findings.intervals import wilson

AUDIT_SHARE = 0.30


def audit_share(
    suggested: pd.DataFrame, allowed: Collection[str], *, seed: int, share: float = AUDIT_SHARE
) -> pd.Series:
    """Choose at random which suggestions of allowed codes a person still judges.

    Parameters
    ----------
    suggested
        source, start, end, code per suggestion.
    allowed
        Codes whose gate is open. Suggestions of other codes all await a person and are not chosen here.
    seed
        Of the draw. A suggestion keeps its lot when others come or go, so that an audit goes on.
    share
        Share of the suggestions of each code, rounded up.

    Returns
    -------
    pandas.Series
        Whether each suggestion is in the audit, by the index of ``suggested``.

    Examples
    --------
    >>> found = pd.DataFrame({"source": "a", "start": range(10), "end": range(1, 11), "code": "M23"})
    >>> int(audit_share(found, ["M23"], seed=1).sum()), int(audit_share(found, [], seed=1).sum())
    (3, 0)
    """
    lots = pd.util.hash_pandas_object(
        suggested[["source", "start", "end", "code"]].astype({"source": "object", "code": "object"}),
        index=False,
        hash_key=f"{seed:016d}"[-16:],
    )
    rank = lots.groupby(suggested["code"]).rank(method="first")
    size = suggested.groupby("code")["code"].transform("size")
    # Less a hair, so that 30 % of 10 is 3 and not 4.
    return (rank <= np.ceil(share * size - 1e-9)) & suggested["code"].isin(list(allowed))


def drift(
    units: pd.DataFrame, *, min_precision_lo: float = MIN_PRECISION_LO, min_suggested: int = 5
) -> pd.DataFrame:
    """Follow the precision of suggestions through time.

    Parameters
    ----------
    units
        code, period, human and machine; a month as ``2026-03``, or the number of a batch. Periods follow one
        another as they sort.
    min_precision_lo
        The bound that the gate asked for.
    min_suggested
        A period with fewer suggestions is never flagged: one that is wrong would be enough.

    Returns
    -------
    pandas.DataFrame
        code, period, n_suggested, tp, precision, precision_lo, precision_hi (Wilson), below: whether the
        whole interval lies below the bound, in a period after the code's first one. Without suggestions in
        a period its precision is nan.

    Examples
    --------
    >>> units = pd.DataFrame({"code": "M23", "period": ["2026-01"] * 20 + ["2026-02"] * 20,
    ...     "human": [1] * 20 + [0] * 15 + [1] * 5, "machine": 1})
    >>> drift(units)[["period", "precision", "below"]].values.tolist()
    [['2026-01', 1.0, False], ['2026-02', 0.25, True]]
    """
    complete = units.dropna(subset=["human", "machine"])
    machine = complete["machine"].astype(int)
    counts = pd.DataFrame({"n_suggested": machine, "tp": machine * complete["human"].astype(int)})
    table = counts.groupby([complete["code"], complete["period"]], sort=True).sum().reset_index()
    table["precision"] = table["tp"] / table["n_suggested"].where(table["n_suggested"] > 0)
    bounds = [wilson(tp, n) for tp, n in zip(table["tp"], table["n_suggested"], strict=True)]
    table["precision_lo"] = np.array([bound.lo for bound in bounds], dtype=float)
    table["precision_hi"] = np.array([bound.hi for bound in bounds], dtype=float)
    later = table["code"].duplicated()
    enough = table["n_suggested"] >= min_suggested
    return table.assign(below=later & enough & (table["precision_hi"] < min_precision_lo))
