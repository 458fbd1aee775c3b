"""The band of a group beside a person's own score: the middle half of everybody, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import pandas as pd

from casestudy.reporting.disclosure import tenths

N_QUARTILES = 20
N_ELSEWHERE = 5
N_JOINED = 5

Reason = Literal["few", "one_site"]


class Band(NamedTuple):
    """Where the middle half of all sites together scored on one scale in one wave, or why that is not told.

    Parameters
    ----------
    low, high
        First and third quartile in points of the scale, one decimal; ``None`` with a ``reason``.
    reason
        ``few``: too few respondents; ``one_site``: hardly anybody from any other site than the largest.
    n
        Respondents with a score; never shown on a page.
    """

    scale: str
    wave: str
    low: float | None
    high: float | None
    reason: Reason | None = None
    n: int = 0


def band(
    scores: pd.DataFrame,
    *,
    scale: str,
    wave: str,
    n_quartiles: int = N_QUARTILES,
    n_elsewhere: int = N_ELSEWHERE,
) -> Band:
    """Give the quartiles of all sites together, where they can be told without telling about anybody.

    Quartiles are shown from twenty respondents on, so that in each quarter there are five. They are never
    those of one site, also when it is the only one that filled in the instrument.

    Parameters
    ----------
    scores
        ``respondent site wave scale score`` as ``findings.scales.score`` gives them, of every site; a score
        that is nan counts for nobody.
    scale, wave
        Which of them.
    n_quartiles
        Fewest respondents with a score; stricter freely, never below twenty.
    n_elsewhere
        Fewest respondents outside the largest site.

    Returns
    -------
    Band
        Quartiles by linear interpolation between the scores next to them, to one decimal, half away from
        zero; without numbers and with a ``reason`` where there are too few.

    Raises
    ------
    ValueError
        When ``n_quartiles`` is below twenty.

    References
    ----------
    Hyndman, R. J., & Fan, Y. (1996). Sample quantiles in statistical packages. *The American Statistician*,
    50(4), 361-365 (definition 7).

    Examples
    --------
    >>> twenty = pd.DataFrame({"respondent": range(20), "site": ["es", "beuk"] * 10, "wave": "T1",
    ...                        "scale": "KEN", "score": [1 + 0.2 * n for n in range(20)]})
    >>> band(twenty, scale="KEN", wave="T1")
    Band(scale='KEN', wave='T1', low=2.0, high=3.9, reason=None, n=20)
    >>> band(twenty[1:], scale="KEN", wave="T1").reason
    'few'
    """
    if n_quartiles < N_QUARTILES:
        raise ValueError(f"`n_quartiles` must be {N_QUARTILES} or more")
    wanted = (scores["scale"] == scale) & (scores["wave"] == wave) & scores["score"].notna()
    people = scores[wanted]
    sizes = people.groupby("site", observed=True)["respondent"].nunique()
    reason = _reason(sizes, n_quartiles, n_elsewhere)
    n = int(sizes.sum())
    if reason is not None:
        return Band(scale, wave, None, None, reason, n)
    low, high = people["score"].astype(float).quantile([0.25, 0.75])
    return Band(scale, wave, tenths(low), tenths(high), None, n)


def renewed(bands: Iterable[Band], earlier: Iterable[Band]) -> tuple[Band, ...]:
    """Keep what an earlier page told where hardly anybody joined since.

    Who has both pages could otherwise learn from their difference what one person answered.

    Parameters
    ----------
    bands, earlier
        Of now, and of the pages made before; what was told without numbers counts as not told.

    Returns
    -------
    tuple of Band
        In the order of ``bands``: the earlier one where it has numbers and fewer than five respondents joined
        since; the one of now where there are too few to tell anything.

    Examples
    --------
    >>> before = [Band("KEN", "T1", 3.2, 4.1, n=24)]
    >>> renewed([Band("KEN", "T1", 3.4, 4.1, n=28)], before)[0].low
    3.2
    >>> renewed([Band("KEN", "T1", 3.4, 4.1, n=29)], before)[0].low
    3.4
    """
    told = {(band.scale, band.wave): band for band in earlier if band.reason is None}
    return tuple(_renewed(band, told.get((band.scale, band.wave))) for band in bands)


def _renewed(band: Band, before: Band | None) -> Band:
    if before is None or band.reason is not None or band.n - before.n >= N_JOINED:
        return band
    return before


def _reason(sizes: pd.Series, n_quartiles: int, n_elsewhere: int) -> Reason | None:
    """Tell why a group with so many respondents per site gets no band."""
    n = int(sizes.sum())
    if n < n_quartiles:
        return "few"
    return "one_site" if n - int(sizes.max()) < n_elsewhere else None
