"""Who took part in each wave, and how who left differed from who stayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from casestudy.findings import paired
from casestudy.findings.wave_scores import Unit, units

LEAVERS_COLUMNS = "scale site n_before n_after n_both n_left m_stayed m_left g lo hi note".split()
PARTICIPATION_COLUMNS = ["site", "wave", "n_invited", "n"]

Values = NDArray[np.float64]


def leavers(
    scores: pd.DataFrame,
    *,
    before: str,
    after: str,
    sites: Sequence[str],
    scales: Sequence[str],
    unlinked_sites: Sequence[str] = (),
    confidence: float = 0.95,
    n_describe: int = 5,
) -> pd.DataFrame:
    """Compare, per scale, over all sites (``ALL``) and per site, the scores before of stayers and leavers.

    Parameters
    ----------
    scores
        ``respondent site wave scale score``, one row per respondent, wave and scale; nan is no score.
    unlinked_sites
        Sites where nobody knows who stayed; only both waves are counted there.
    n_describe
        With fewer stayers or leavers only the counts are given.

    Returns
    -------
    DataFrame
        Columns ``LEAVERS_COLUMNS``, unrounded. ``n_left`` has a score before and none after; ``m_stayed`` and
        ``m_left`` are means before, in points of the scale. ``g`` is Hedges' g of those who stayed minus
        those who left, above zero when the lower scores left, with its interval from the noncentral t.
        ``note`` holds keys: ``wave_missing``, ``unlinked``, ``nobody_left``, ``too_few``, and those of
        ``wave_scores.units``.

    References
    ----------
    Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size. *Journal of Educational
    Statistics*, 6, 107-128.

    Examples
    --------
    >>> scores = pd.DataFrame({"respondent": [*range(10)] + [*range(5)], "site": "es", "scale": "KEN",
    ...     "wave": ["T0"] * 10 + ["T1"] * 5, "score": [3, 4, 5, 4, 4, 3, 2, 3, 4, 3, 4, 4, 5, 5, 4]})
    >>> found = leavers(scores, before="T0", after="T1", sites=["es"], scales=["KEN"])
    >>> found.loc[[0], ["n_both", "n_left", "m_stayed", "m_left"]].values.tolist()
    [[5, 5, 4.0, 3.0]]
    """
    found = units(scores, waves=[before, after], sites=sites, scales=scales, unlinked_sites=unlinked_sites)
    limits = paired.Limits(confidence, n_describe, n_describe)
    rows = [{"scale": unit.scale, "site": unit.site, **_left(unit, limits)} for unit in found]
    whole = dict.fromkeys(["n_before", "n_after", "n_both", "n_left"], "Int64")
    numbers = dict.fromkeys(["m_stayed", "m_left", "g", "lo", "hi"], "float64")
    return pd.DataFrame(rows, columns=LEAVERS_COLUMNS).astype(whole | numbers)


def _left(unit: Unit, limits: paired.Limits) -> dict[str, Any]:
    n_before, n_after = (int(n) for n in unit.n)
    row: dict[str, Any] = {"n_before": n_before, "n_after": n_after}
    if not unit.linked:
        return row | {"note": " ".join(["unlinked", *unit.note])}
    stayed = unit.pairs(0, 1)
    left = ~np.isnan(unit.scores[:, 0]) & ~stayed
    row |= {"n_both": int(stayed.sum()), "n_left": int(left.sum())}
    if not (n_before and n_after):
        return row | {"note": " ".join(["wave_missing", *unit.note])}
    if min(row["n_both"], row["n_left"]) < limits.n_describe:
        why = "too_few" if row["n_left"] else "nobody_left"
        return row | {"note": " ".join([why, *unit.note])}
    found = paired.of_groups(unit.scores[left, 0], unit.scores[stayed, 0], limits)
    row |= {"m_stayed": found.m_after, "m_left": found.m_before}
    return row | {"g": found.g, "lo": found.g_lo, "hi": found.g_hi, "note": " ".join(unit.note)}


def participation(
    responses: pd.DataFrame,
    *,
    waves: Sequence[str],
    sites: Sequence[str],
    invited: Mapping[tuple[str, str], int] | None = None,
) -> pd.DataFrame:
    """Count who answered in each wave at each site, beside who was invited.

    Parameters
    ----------
    responses
        ``respondent site wave value`` among its columns, one row per answer; nan is no answer.
    invited
        Number of people invited per site and wave, where it is known.

    Returns
    -------
    DataFrame
        ``site wave n_invited n``, one row per site and wave in the given order; ``n`` counts respondents with
        an answer to any item, 0 included, and ``n_invited`` is absent where it is not known.

    Examples
    --------
    >>> answers = pd.DataFrame({"respondent": ["a", "a", "b"], "site": "es", "wave": ["T0", "T0", "T1"],
    ...                         "item": ["KEN1", "KEN2", "KEN1"], "value": [4.0, 5.0, None]})
    >>> found = participation(answers, waves=["T0", "T1"], sites=["es"], invited={("es", "T0"): 9})
    >>> found.values.tolist()
    [['es', 'T0', 9, 1], ['es', 'T1', <NA>, 0]]
    """
    told = responses.dropna(subset="value")
    n = told.groupby(["site", "wave"], observed=True)["respondent"].nunique().to_dict()
    known = dict(invited or {})
    rows = [(site, wave, known.get((site, wave)), n.get((site, wave), 0)) for site in sites for wave in waves]
    table = pd.DataFrame(rows, columns=PARTICIPATION_COLUMNS)
    return table.astype({"n_invited": "Int64", "n": "Int64"})
