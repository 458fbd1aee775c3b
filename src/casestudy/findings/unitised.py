"""Agreement of coders on where things stand in a text, and on what they are: the alpha for unitising.

A segment is half-open, in characters of one continuous text; what no segment of a coder covers is a gap.
Work grows with the number of segments, not with the length of the text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from casestudy.errors import WrongUse

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

COLUMNS = ["coder", "start", "end", "value"]


@dataclass(frozen=True, slots=True)
class UnitisedAlpha:
    """Three readings of one comparison, nan where nothing could have been disagreed on.

    ``value`` is u-alpha: boundaries and values, gaps included; ``binary`` knows only coded or not;
    ``coded`` is cu-alpha: values where two coders coded something.
    """

    value: float
    binary: float
    coded: float


@dataclass(frozen=True, slots=True)
class _Line:
    """The text cut at every boundary; per coder the value of each piece, 0 for a gap."""

    edges: Whole  # (pieces + 1,)
    values: Whole  # (coders, pieces)

    @property
    def lengths(self) -> Floats:
        return np.diff(self.edges).astype(float)


def merged(segments: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Make one of the segments that overlap; those that only touch stay apart.

    Parameters
    ----------
    segments
        Columns start and end, and those of ``by``: only segments that are alike in these are merged.

    Returns
    -------
    pandas.DataFrame
        Columns ``by``, start, end; ordered by them.

    Examples
    --------
    >>> marks = pd.DataFrame({"code": "M23", "start": [0, 5, 10], "end": [6, 10, 12]})
    >>> merged(marks, ["code"])[["start", "end"]].values.tolist()
    [[0, 10], [10, 12]]
    """
    columns = [*by, "start", "end"]
    if segments.empty:
        return segments[columns].reset_index(drop=True)
    kinds = [pd.factorize(segments[name], sort=True)[0] for name in by]
    start, end = segments["start"].to_numpy(dtype=np.int64), segments["end"].to_numpy(dtype=np.int64)
    order = np.lexsort((end, start, *reversed(kinds)))
    sorted_kinds = np.array([kind[order] for kind in kinds])
    group = np.append(0, (np.diff(sorted_kinds, axis=1) != 0).any(axis=0).cumsum())
    # Each group has its own stretch of one long line, so that a reach never extends into the next group.
    far = group * (int(end.max()) + 1)
    reach = np.maximum.accumulate(end[order] + far)
    begins = np.flatnonzero(np.append(True, (start[order] + far)[1:] >= reach[:-1]))
    whole = segments[by].iloc[order[begins]].reset_index(drop=True)
    last = np.append(begins[1:], len(order)) - 1
    return whole.assign(start=start[order][begins], end=(reach - far)[last])


def unitised_alpha(segments: pd.DataFrame, length: int, coders: list[str] | None = None) -> UnitisedAlpha:
    """Krippendorff's alpha family for unitising one text.

    Parameters
    ----------
    segments
        Columns coder, start, end, value. Overlapping segments of one coder with the same value are merged,
        touching ones are not; with different values they cannot overlap, so compute codes that may stand
        together one by one.
    length
        Characters of the text.
    coders
        Everybody who coded the text, also who found nothing in it; else those in ``segments``.

    Returns
    -------
    UnitisedAlpha
        All nan with fewer than two coders. Chance in ``coded`` is corrected by the square of the mean length
        of each segment that another coder coded; of several readings of the paper it is the one that gives
        its published example, .724, where another program gives .728.

    Raises
    ------
    WrongUse
        When a segment lies outside the text, or two of one coder with different values overlap.

    References
    ----------
    Krippendorff, K., Mathet, Y., Bouvry, S., & Widloecher, A. (2016). On the reliability of unitizing textual
    continua: Further developments. *Quality & Quantity*, 50(6), 2347-2364.

    Examples
    --------
    >>> marks = pd.DataFrame({"coder": ["a", "b"], "start": [10, 10], "end": [40, 40], "value": ["x", "x"]})
    >>> unitised_alpha(marks, 100)
    UnitisedAlpha(value=1.0, binary=1.0, coded=nan)
    """
    names = sorted(set(segments["coder"])) if coders is None else list(dict.fromkeys(coders))
    if len(names) < 2:
        return UnitisedAlpha(math.nan, math.nan, math.nan)
    pieces = merged(segments[COLUMNS], ["coder", "value"])
    who = pd.Index(names).get_indexer(pieces["coder"])
    numbers, kinds = pd.factorize(pieces["value"], sort=True)
    values = np.asarray(numbers) + 1
    starts, ends = (pieces[edge].to_numpy(dtype=np.int64) for edge in ("start", "end"))
    line = _line(who, starts, ends, values, (len(names), length))
    squares = np.bincount(values, weights=(ends - starts).astype(float) ** 2, minlength=len(kinds) + 1)
    gaps = float(length) * len(names) - float((ends - starts).sum())
    all_values = _coincidences(line, len(kinds) + 1)
    binary = _Line(line.edges, (line.values > 0).astype(np.int64))
    coded = all_values.copy()
    coded[0, :] = coded[:, 0] = 0
    return UnitisedAlpha(
        _alpha(all_values, np.concatenate([[gaps], squares[1:]])),
        _alpha(_coincidences(binary, 2), np.array([gaps, squares.sum()])),
        _alpha(coded, _shared_squares(line, starts, ends, values, len(kinds) + 1)),
    )


def _line(who: Whole, starts: Whole, ends: Whole, values: Whole, shape: tuple[int, int]) -> _Line:
    n_coders, length = shape
    if len(starts) and (starts.min() < 0 or ends.max() > length or (starts >= ends).any() or (who < 0).any()):
        raise WrongUse(
            f"segments: all must lie from 0 to {length} and be of a known coder, found one that is not"
        )
    edges = np.unique(np.concatenate([[0, length], starts, ends]))
    steps = np.zeros((2, n_coders, len(edges)), dtype=np.int64)
    for layer, weight in enumerate((values, np.ones_like(values))):
        np.add.at(steps[layer], (who, np.searchsorted(edges, starts)), weight)
        np.add.at(steps[layer], (who, np.searchsorted(edges, ends)), -weight)
    line, depth = steps.cumsum(axis=2)[:, :, :-1]
    if depth.size and depth.max() > 1:
        raise WrongUse("segments: different values of one coder must not overlap; compare code by code")
    return _Line(edges, line)


def _coincidences(line: _Line, n_values: int) -> Floats:
    """Characters to which two coders gave these two values, over ordered pairs, per other coder."""
    n_coders = len(line.values)
    table = np.zeros(n_values * n_values)
    for i in range(n_coders):
        for j in range(i + 1, n_coders):
            cell = line.values[i] * n_values + line.values[j]
            table += np.bincount(cell, weights=line.lengths, minlength=len(table))
    square = table.reshape(n_values, n_values)
    both: Floats = (square + square.T) / (n_coders - 1)
    return both


def _shared_squares(line: _Line, starts: Whole, ends: Whole, values: Whole, n_values: int) -> Floats:
    """Sum, per value, the squared mean length that others coded of each segment."""
    n_coders = len(line.values)
    covered = np.where(line.values > 0, line.lengths, 0.0).sum(axis=0)
    upto = np.concatenate([[0.0], covered.cumsum()])
    first, last = np.searchsorted(line.edges, starts), np.searchsorted(line.edges, ends)
    shared = (upto[last] - upto[first] - (ends - starts)) / (n_coders - 1)
    return np.bincount(values, weights=shared**2, minlength=n_values).astype(float)


def _alpha(observed: Floats, squares: Floats) -> float:
    given = observed.sum(axis=0)
    total = given.sum()
    apart = float(total - np.trace(observed))
    by_chance = float(total**2 - (given**2).sum())
    room = total - squares.sum() / total if total > 0 else 0.0
    if by_chance <= 0 or room <= 0:
        return math.nan
    return float(1 - apart * room / by_chance)
