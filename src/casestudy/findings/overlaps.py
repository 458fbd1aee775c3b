"""Which of several stretches that overlap are kept; all stretches at once, without a loop over them."""

from __future__ import annotations

import numpy as np

from casestudy.findings.words import Integers

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


def leftmost(groups: Integers, starts: Integers, ends: Integers) -> Flags:
    """Flag what reading from left to right keeps of each group, as ``re.finditer`` does.

    Parameters
    ----------
    groups, starts, ends
        One stretch per place, half-open, not empty; of stretches that start alike the first given counts.

    Examples
    --------
    >>> leftmost(np.zeros(3, int), np.array([0, 2, 4]), np.array([3, 6, 9])).tolist()
    [True, False, True]
    """
    kept = np.zeros(len(starts), dtype=bool)
    if len(starts) == 0:
        return kept
    order, first, behind = _ordered(groups, starts, ends)
    # From each stretch to the next that may follow it; the steps double until the end is reached.
    steps = np.append(np.searchsorted(first, behind), len(first))
    reached = np.zeros(len(first) + 1, dtype=bool)
    reached[0] = True
    for _ in range(len(first).bit_length()):
        reached[steps[reached]] = True
        steps = steps[steps]
    kept[order[reached[:-1]]] = True
    return kept


def longest(groups: Integers, starts: Integers, ends: Integers) -> Flags:
    """Flag the longest stretches of each group, of equal ones the leftmost, so that none overlap.

    Parameters
    ----------
    groups, starts, ends
        As in :func:`leftmost`; of stretches that are alike the first given is kept.

    Examples
    --------
    >>> longest(np.zeros(3, int), np.array([0, 2, 8]), np.array([3, 6, 9])).tolist()
    [False, True, True]
    """
    kept = np.zeros(len(starts), dtype=bool)
    if len(starts) == 0:
        return kept
    order, first, behind = _ordered(groups, starts, ends)
    left = np.arange(len(order))
    while len(left):
        begins, stops = first[left], behind[left]
        reach = np.maximum.accumulate(stops)
        cluster = np.cumsum(np.append(True, begins[1:] >= reach[:-1])) - 1
        alone = np.bincount(cluster)[cluster] == 1
        kept[order[left[alone]]] = True
        left, begins, stops, cluster = (values[~alone] for values in (left, begins, stops, cluster))
        rank = np.lexsort((begins, begins - stops, cluster))
        _, places = np.unique(cluster[rank], return_index=True)
        best = rank[places]
        kept[order[left[best]]] = True
        own = np.searchsorted(cluster[best], cluster)
        left = left[(stops <= begins[best][own]) | (begins >= stops[best][own])]
    return kept


def _ordered(groups: Integers, starts: Integers, ends: Integers) -> tuple[Integers, Integers, Integers]:
    """Order by group and start, and give starts and ends in that order, each group beyond the one before."""
    width = int(ends.max()) + 1
    order = np.argsort(groups * width + starts, kind="stable")
    beyond = groups[order] * width
    return order, beyond + starts[order], beyond + ends[order]
