"""Which two rows of words stand near one another in a sentence: all terms with ``NEAR`` at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from casestudy.findings import overlaps, words
from casestudy.findings.words import Batch, Integers


def nearest(
    batch: Batch,
    begins: Integers,
    terms: Integers,
    sides: Integers,
    first: Integers,
    last: Integers,
    within: Integers,
) -> tuple[Integers, Integers, Integers]:
    """Pair what belongs to one term, from left to right: each with the nearest of the other side behind it.

    Parameters
    ----------
    batch
        The words.
    begins
        Words with which sentences begin, in order; a pair stays within one sentence.
    terms, sides, first, last, within
        One row of words that was found, per place: its term, its side there (0 or 1), its first and last
        word in the batch, and the distance the term allows: 1 is the next word. A word with a hyphen or an
        apostrophe in it counts as one.

    Returns
    -------
    tuple of numpy.ndarray
        Term, first and last word of each pair; the pairs of one term do not overlap.
    """
    order = np.lexsort((sides, first, terms))
    terms, sides, first, last, within = (values[order] for values in (terms, sides, first, last, within))
    other = _behind(terms, sides, first, last)
    here = np.flatnonzero(other < len(terms))
    there = other[here]
    same = np.searchsorted(begins, last[here], side="right") == np.searchsorted(
        begins, first[there], side="right"
    )
    ordinal = _ordinal(batch)
    close = ordinal(first[there]) - ordinal(last[here]) <= within[here]
    here, there = here[same & close], there[same & close]
    kept = overlaps.leftmost(terms[here], first[here], last[there] + 1)
    here, there = here[kept], there[kept]
    return terms[here], first[here], last[there]


def _behind(terms: Integers, sides: Integers, first: Integers, last: Integers) -> Integers:
    """Place of the nearest of the other side that starts behind each, else a place beyond all."""
    n = len(terms)
    places = np.arange(n + 1)
    following = np.empty((2, n + 1), dtype=np.int64)
    for side in (0, 1):
        known = np.where(np.append(sides == side, True), places, n)
        following[side] = np.minimum.accumulate(known[::-1])[::-1]
    other = following[1 - sides, np.minimum(places[:-1] + 1, n)]
    padded_terms, padded_first = np.append(terms, -1), np.append(first, np.iinfo(np.int64).max)
    while True:
        # Rows of several words may overlap one another; then the one after it is meant.
        over = np.flatnonzero((padded_terms[other] == terms) & (padded_first[other] <= last))
        if len(over) == 0:
            break
        other[over] = following[1 - sides[over], other[over] + 1]
    return np.where(padded_terms[other] == terms, other, n)


def _ordinal(batch: Batch) -> Callable[[Integers], Integers]:
    """Count words as people do: what a hyphen or apostrophe joins is one."""
    signs = np.flatnonzero((batch.marks & (words.APOSTROPHE | words.HYPHEN)) != 0)
    after = np.searchsorted(batch.starts, signs)
    after = after[(after > 0) & (after < len(batch.starts))]
    joined = after[batch.starts[after] - batch.ends[after - 1] == 1]
    return lambda places: places - np.searchsorted(joined, places, side="right")
