"""How many people changed by more than measurement error can explain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from casestudy.findings.wave_scores import Unit, units

CRITICAL = 1.96
NAN = math.nan
RELIABLE_COLUMNS = "scale site n n_up n_same n_down sd reliability s_diff source".split()

Values = NDArray[np.float64]


class Norm(NamedTuple):
    """SD and reliability of a scale in a larger sample than the study's own."""

    sd: float
    reliability: float


class Merged(NamedTuple):
    """Counts that may be told; None is a category that is told as part of another one, or not at all."""

    n_up: int | None
    n_same: int | None
    n_down: int | None
    n_same_or_down: int | None


def error_of_difference(sd: float, reliability: float) -> float:
    """Give the standard error of one person's difference between two measurements.

    Parameters
    ----------
    sd
        Of the scores before, in points of the scale.
    reliability
        Of the scale, 0 to 1.

    Returns
    -------
    float
        ``sd * sqrt(2 * (1 - reliability))``; nan outside 0 to 1, as an alpha below zero is.

    References
    ----------
    Jacobson, N. S., & Truax, P. (1991). Clinical significance: a statistical approach to defining meaningful
    change in psychotherapy research. *Journal of Consulting and Clinical Psychology*, 59, 12-19.

    Examples
    --------
    >>> round(error_of_difference(7.5, 0.80), 2)
    4.74
    """
    return sd * math.sqrt(2 * (1 - reliability)) if 0 <= reliability <= 1 else NAN


def index(before: ArrayLike, after: ArrayLike, *, sd: float, reliability: float) -> Values:
    """Reliable change index per person: the difference in units of its measurement error.

    Parameters
    ----------
    before, after
        Scores, shape (n,); nan is no score.

    Returns
    -------
    ndarray
        Shape (n,); beyond 1.96 either way the change is more than measurement error. nan without both scores
        or without measurement error to compare with.

    Examples
    --------
    >>> index([32.5], [47.5], sd=7.5, reliability=0.80).round(2).tolist()
    [3.16]
    """
    error = error_of_difference(sd, reliability)
    d = np.round(np.asarray(after, dtype=float) - np.asarray(before, dtype=float), 10)
    return d / error if error > 0 else np.full(d.shape, NAN)


def counts(
    scores: pd.DataFrame,
    reliability: pd.DataFrame,
    *,
    before: str,
    after: str,
    sites: Sequence[str],
    scales: Sequence[str],
    unlinked_sites: Sequence[str] = (),
    norms: Mapping[str, Norm] | None = None,
) -> pd.DataFrame:
    """Count per scale, over all sites (``ALL``) and per site, who changed by more than measurement error.

    A larger sample tells the SD and reliability of a scale best; without one, those of everybody in this
    study before the training serve, at all sites alike, so that the same change is not told differently at
    two sites. The count depends on the reliability: print it.

    Parameters
    ----------
    scores
        ``respondent site wave scale score``, one row per respondent, wave and scale; nan is no score.
    reliability
        Of ``scales.reliability``: ``scale wave alpha``, of which the rows of ``before`` are used.
    unlinked_sites
        Left out, as nobody's change is known there: their counts are absent.
    norms
        Per scale, where a larger sample is known.

    Returns
    -------
    DataFrame
        Columns ``RELIABLE_COLUMNS``. ``n`` counts pairs; the three categories are absent when there is no
        reliability between 0 and 1 or no spread. ``source`` is ``norm`` or ``sample``. Small categories are
        for the report to merge (``merged``).

    Examples
    --------
    >>> scores = pd.DataFrame({"respondent": list("abcd") * 2, "site": "es", "scale": "KEN",
    ...     "wave": ["T0"] * 4 + ["T1"] * 4, "score": [2.0, 3, 3, 4, 4, 3, 3.5, 4]})
    >>> alpha = pd.DataFrame({"scale": ["KEN"], "wave": ["T0"], "alpha": [0.8]})
    >>> found = counts(scores, alpha, before="T0", after="T1", sites=["es"], scales=["KEN"])
    >>> found.loc[[0], ["n", "n_up", "n_same", "n_down", "source"]].values.tolist()
    [[4, 1, 3, 0, 'sample']]
    """
    known = dict(norms or {})
    asked = scores[(scores["wave"] == before) & scores["site"].isin(sites)]
    spread = asked.groupby("scale", observed=True)["score"].std().to_dict()
    at_first = reliability[reliability["wave"] == before].set_index("scale")["alpha"].to_dict()
    rows = []
    for unit in units(
        scores, waves=[before, after], sites=sites, scales=scales, unlinked_sites=unlinked_sites
    ):
        own = Norm(float(spread.get(unit.scale, NAN)), float(at_first.get(unit.scale, NAN)))
        source = "norm" if unit.scale in known else "sample"
        rows.append(_row(unit, known.get(unit.scale, own)) | {"source": source})
    whole = dict.fromkeys(["n", "n_up", "n_same", "n_down"], "Int64")
    numbers = dict.fromkeys(["sd", "reliability", "s_diff"], "float64")
    return pd.DataFrame(rows, columns=RELIABLE_COLUMNS).astype(whole | numbers)


def _row(unit: Unit, norm: Norm) -> dict[str, Any]:
    row: dict[str, Any] = {"scale": unit.scale, "site": unit.site, **norm._asdict()}
    row["s_diff"] = error_of_difference(*norm)
    if not unit.linked:
        return row
    found = index(*unit.scores[unit.pairs(0, 1)].T, sd=norm.sd, reliability=norm.reliability)
    row["n"] = len(found)
    if not row["s_diff"] > 0:
        return row
    up, down = int((found > CRITICAL).sum()), int((found < -CRITICAL).sum())
    return row | {"n_up": up, "n_same": len(found) - up - down, "n_down": down}


def merged(n_up: int, n_same: int, n_down: int, minimum: int) -> Merged:
    """Give the counts that may be told: each category is empty or holds at least ``minimum`` people.

    A smaller category makes "same" and "down" one; where that still leaves a small one, nothing is told, for
    the total would give it away.

    Examples
    --------
    >>> merged(8, 20, 2, 5)
    Merged(n_up=8, n_same=None, n_down=None, n_same_or_down=22)
    """
    if not _has_small([n_up, n_same, n_down], minimum):
        return Merged(n_up, n_same, n_down, None)
    if not _has_small([n_up, n_same + n_down], minimum):
        return Merged(n_up, None, None, n_same + n_down)
    return Merged(None, None, None, None)


def _has_small(counted: list[int], minimum: int) -> bool:
    return any(0 < n < minimum for n in counted)
