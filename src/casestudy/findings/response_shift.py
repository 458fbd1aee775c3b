"""Do people look back on another beginning than they told of? The then-test beside the usual change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from casestudy.findings.wave_means import Contrast
from casestudy.findings.wave_scores import Unit, units

SHIFT_COLUMNS = (
    "scale site n shift shift_lo shift_hi n_change diff diff_lo diff_hi "
    "n_then diff_then diff_then_lo diff_then_hi"
).split()

Values = NDArray[np.float64]


def then_test(
    scores: pd.DataFrame,
    *,
    before: str,
    after: str,
    then: str,
    sites: Sequence[str],
    scales: Sequence[str],
    unlinked_sites: Sequence[str] = (),
    confidence: float = 0.95,
    n_describe: int = 5,
) -> pd.DataFrame:
    """Response shift per scale, over all sites (``ALL``) and per site, with both changes side by side.

    ``shift`` is the score before minus the score that the same people give themselves afterwards, looking
    back: above zero, they now place their beginning lower, and the change looks larger from there. Neither
    change is the better one as such; which one is primary is fixed in the protocol. Where low scores leave,
    those who stay scored by chance too high before, which makes their shift a little larger.

    Parameters
    ----------
    scores
        ``respondent site wave scale score``, one row per respondent, wave and scale; nan is no score.
    then
        Wave in which people look back on ``before``.
    unlinked_sites
        Sites whose people cannot be linked to ``before``; there only the change since ``then`` is known,
        because it was asked together with ``after``.
    n_describe
        With fewer people only the counts are given.

    Returns
    -------
    DataFrame
        Columns ``SHIFT_COLUMNS``, unrounded, in points of the scale, with t-intervals. The three numbers of
        people are equal at linked sites: everything rests on those with all three scores, so that
        ``diff_then`` is exactly ``diff`` plus ``shift``. Hence ``diff`` may differ from the table of change,
        which also has those who did not look back. ``n`` and ``n_change`` are absent for unlinked sites.

    References
    ----------
    Howard, G. S., et al. (1979). Internal invalidity in pretest-posttest self-report evaluations and a
    re-evaluation of retrospective pretests. *Applied Psychological Measurement*, 3, 1-23.

    Examples
    --------
    >>> scores = pd.DataFrame({"respondent": list("abcde") * 3, "site": "es", "scale": "VAA",
    ...     "wave": ["T0"] * 5 + ["T1"] * 5 + ["THEN"] * 5,
    ...     "score": [2, 3, 3, 2, 4, 3, 3.5, 4, 3, 4, 1.5, 3, 2.5, 2, 3.5]})
    >>> found = then_test(scores, before="T0", after="T1", then="THEN", sites=["es"], scales=["VAA"])
    >>> found.loc[[0], ["n", "shift", "diff", "diff_then"]].values.tolist()
    [[5, 0.3, 0.7, 1.0]]
    """
    found = units(
        scores, waves=[before, after, then], sites=sites, scales=scales, unlinked_sites=unlinked_sites
    )
    rows = [{"scale": unit.scale, "site": unit.site, **_row(unit, confidence, n_describe)} for unit in found]
    counts = ["n", "n_change", "n_then"]
    numbers = [column for column in SHIFT_COLUMNS[2:] if column not in counts]
    table = pd.DataFrame(rows, columns=SHIFT_COLUMNS)
    return table.astype(dict.fromkeys(counts, "Int64") | dict.fromkeys(numbers, "float64"))


def _row(unit: Unit, confidence: float, n_describe: int) -> dict[str, Any]:
    there = unit.pairs(1, 2)
    if unit.linked:
        there &= unit.pairs(0, 1)
    x, y, then = unit.scores[there].T
    n = int(there.sum()) if unit.linked else None
    row: dict[str, Any] = {"n": n, "n_change": n, "n_then": int(there.sum())}
    if there.sum() < n_describe:
        return row
    row |= _told("diff_then", y - then, confidence)
    return (
        row | _told("shift", x - then, confidence) | _told("diff", y - x, confidence) if unit.linked else row
    )


def _told(name: str, differences: Values, confidence: float) -> dict[str, float]:
    d = np.round(differences, 10)
    found = Contrast(float(d.mean()), float(d.std(ddof=1)) / math.sqrt(len(d)), len(d) - 1)
    lo, hi = found.interval(confidence)
    return {name: found.diff, f"{name}_lo": lo, f"{name}_hi": hi}
