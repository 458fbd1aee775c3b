"""Counts of people per wave and per pair of waves: what may be known of them on one page.

A page tells of the same people several times: how many took part in each wave, how many in two waves, who
left, whose change was reckoned. Numbers that are harmless apart can then be subtracted. So of each site and
scale one count is told exactly, that of the people in both compared waves; every other count is a band that
leaves open how many people make the difference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from casestudy.reporting import disclosure
from casestudy.reporting.disclosure import Limits


class Known(NamedTuple):
    """What a reader knows of a count: ``n`` where it is told exactly, else a band; nan is an open end."""

    n: float = math.nan
    low: float = math.nan
    high: float = math.nan


def exact(n: float, limits: Limits) -> Known:
    """Tell a count exactly, in multiples of the audience's base; nothing below the minimum.

    Examples
    --------
    >>> exact(12, Limits("site")).n, exact(3, Limits("site")).n
    (12.0, nan)
    """
    return Known(n=float(limits.count(n))) if limits.shows(n) else Known()


def beside(n: float, limits: Limits, *, part: float = math.nan, whole: float = math.nan) -> Known:
    """Tell a count as a band, wide enough beside a count of other or fewer of these people that is told too.

    The difference between the two is a number of people about whom nothing may be said while it is small:
    those who left, or joined, or skipped a question. The band is widened until at least half the minimum of
    values for that difference stays possible, as far as being shown at all leaves room for that.

    Parameters
    ----------
    n
        The count; nan gives nothing.
    part, whole
        How many of these people, and of how many people these are some, is told exactly elsewhere; nan when
        nothing is.

    Examples
    --------
    >>> beside(14, Limits("site"), part=12)
    Known(n=nan, low=10.0, high=19.0)
    >>> beside(19, Limits("site"), part=19)
    Known(n=nan, low=10.0, high=49.0)
    >>> beside(11, Limits("site"), whole=12)
    Known(n=nan, low=5.0, high=19.0)
    """
    if math.isnan(n):
        return Known()
    low, high = disclosure.band(int(n), limits.minimum)
    # A published count is rounded to the base; the reader reckons with all that it can stand for.
    blur = limits.base // 2
    least = limits.count(part) - blur if limits.shows(part) else -math.inf
    most = limits.count(whole) + blur if limits.shows(whole) else math.inf
    while high is not None and high - least < limits.minimum / 2:
        high = disclosure.band(high + 1, limits.minimum)[1]
    while low > limits.minimum and most - low < limits.minimum / 2:
        low = disclosure.band(low - 1, limits.minimum)[0]
    return Known(low=float(low), high=math.nan if high is None else float(high))


def apart(all_of_them: float, part: float, limits: Limits) -> bool:
    """Tell whether numbers may be given of some people and of the others apart: both groups large enough.

    Examples
    --------
    >>> apart(20, 12, Limits("site")), apart(14, 12, Limits("site")), apart(12, 12, Limits("site"))
    (True, False, False)
    """
    return limits.shows(part) and limits.shows(all_of_them - part)


def side_by_side(counts: Sequence[float], limits: Limits) -> bool:
    """Tell whether means of several groups of mostly the same people may stand side by side.

    When two groups differ by one person, their means tell that person's answer: the more exactly, the fewer
    people there are. With as many people as a test needs, the rounding of the means covers it; with fewer,
    the groups must be equally large.

    Parameters
    ----------
    counts
        People per group; nan for a group about which nothing is said.

    Examples
    --------
    >>> side_by_side([14, 13, 13], Limits("site")), side_by_side([9, 8, 8], Limits("site"))
    (True, False)
    >>> side_by_side([9, 9, 9], Limits("site")), side_by_side([9, 4, 4], Limits("site"))
    (True, False)
    """
    told = [n for n in counts if not math.isnan(n)]
    if not all(limits.shows(n) for n in told):
        return False
    return all(n >= limits.tested for n in told) or len(set(told)) <= 1


def others_allow(n_before: float, n_after: float, n_both: float, limits: Limits) -> bool:
    """Tell whether an estimate with those in one wave only may stand beside that of those in both.

    Those who came in one wave only must be nobody or enough, on either side, and somebody on one of them;
    else the two estimates together would tell of a few people, or that there were none.

    Examples
    --------
    >>> others_allow(20, 12, 12, Limits("site")), others_allow(14, 12, 12, Limits("site"))
    (True, False)
    >>> others_allow(12, 12, 12, Limits("site"))
    False
    """
    alone = (n_before - n_both, n_after - n_both)
    return any(n > 0 for n in alone) and all(n == 0 or limits.shows(n) for n in alone)
