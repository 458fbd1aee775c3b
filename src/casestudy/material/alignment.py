"""Which stretches of a text came through when it was edited: a difference by words, then by characters.

Runs of words that stand once in both texts come first (as in a patience difference), so that a change in
spaces, signs or one word does not pull neighbours along; what lies between them is compared more closely.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

_WORD = re.compile(r"\w+")
# Words in a row that must stand once in both stretches, and the longest stretches for which fewer will do.
_RUNS = ((4, 10**9), (3, 10**9), (2, 1_500), (1, 400))
_MOST_WORD_PAIRS = 10_000
_MOST_CHARACTER_PAIRS = 4_000
_SHORTEST_PIECE = 3

Run = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Block:
    """Characters that are the same in both texts: from ``old`` in the one and ``new`` in the other."""

    old: int
    new: int
    length: int

    @property
    def shift(self) -> int:
        """How far they moved."""
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class Alignment:
    """Two texts and the blocks they share, in the order of both."""

    old: str
    new: str
    blocks: tuple[Block, ...]
    olds: tuple[int, ...]
    news: tuple[int, ...]

    def image(self, start: int, end: int) -> int | None:
        """Where a stretch of the old text begins in the new one, if it came through in one piece."""
        at = bisect_right(self.olds, start) - 1
        if at < 0 or end > self.olds[at] + self.blocks[at].length:
            return None
        return start + self.blocks[at].shift

    def origin(self, start: int, end: int) -> int | None:
        """Where a stretch of the new text began in the old one, if it came through in one piece."""
        at = bisect_right(self.news, start) - 1
        if at < 0 or end > self.news[at] + self.blocks[at].length:
            return None
        return start - self.blocks[at].shift

    def pieces(self, start: int, end: int) -> list[Block]:
        """Give the parts of a stretch of the old text that came through."""
        found = []
        for block in self.blocks[max(0, bisect_right(self.olds, start) - 1) : bisect_left(self.olds, end)]:
            begin, stop = max(start, block.old), min(end, block.old + block.length)
            if begin < stop:
                found.append(Block(begin, begin + block.shift, stop - begin))
        return found

    @property
    def n_shared(self) -> int:
        """How many characters came through."""
        return sum(block.length for block in self.blocks)


def align(old: str, new: str) -> Alignment:
    """Align two texts.

    Returns
    -------
    Alignment
        Blocks in the order of both texts; no two touch in both.

    References
    ----------
    Cohen, B. (2010). Patience diff advantages. bramcohen.livejournal.com/73318.html

    Examples
    --------
    >>> found = align("Er is geen tijd. Het helpt.", "Nu: er is geen  tijd. Het helpt!")
    >>> [found.old[b.old : b.old + b.length] for b in found.blocks]
    ['r is geen ', 'tijd. Het helpt']
    """
    if old and old == new:
        return Alignment(old, new, (Block(0, 0, len(old)),), (0,), (0,))
    blocks = tuple(_blocks(old, new))
    return Alignment(old, new, blocks, tuple(b.old for b in blocks), tuple(b.new for b in blocks))


def _blocks(old: str, new: str) -> list[Block]:
    first = [(found.start(), found.end()) for found in _WORD.finditer(old)]
    second = [(found.start(), found.end()) for found in _WORD.finditer(new)]
    ids: dict[str, int] = {}
    a = [ids.setdefault(old[start:end], len(ids)) for start, end in first]
    b = [ids.setdefault(new[start:end], len(ids)) for start, end in second]
    pieces: list[Run] = []
    at, to = 0, 0
    for i, j, length in _word_runs(a, b):
        begin, start = first[i][0], second[j][0]
        end, stop = first[i + length - 1][1], second[j + length - 1][1]
        pieces += _between(old, new, (at, begin), (to, start))
        if old[begin:end] == new[start:stop]:
            pieces.append((begin, start, end - begin))
        else:
            pieces += _spaced(old, new, first[i : i + length], second[j : j + length])
        at, to = end, stop
    pieces += _between(old, new, (at, len(old)), (to, len(new)))
    return _joined(pieces)


def _spaced(old: str, new: str, first: list[tuple[int, int]], second: list[tuple[int, int]]) -> list[Run]:
    """Pieces of the same words with other spaces or signs between them."""
    pieces: list[Run] = []
    before: tuple[int, int] | None = None
    for (begin, end), (start, stop) in zip(first, second, strict=True):
        if before is not None:
            pieces += _between(old, new, (before[0], begin), (before[1], start))
        pieces.append((begin, start, end - begin))
        before = end, stop
    return pieces


def _between(old: str, new: str, first: tuple[int, int], second: tuple[int, int]) -> list[Run]:
    """Pieces that two stretches without a shared word have in common, character by character."""
    (begin, end), (start, stop) = first, second
    head = _n_same(old, new, begin, start, min(end - begin, stop - start))
    begin, start = begin + head, start + head
    tail = _n_same_back(old, new, end, stop, min(end - begin, stop - start))
    end, stop = end - tail, stop - tail
    pieces = [(begin - head, start - head, head)] if head else []
    if 0 < (end - begin) * (stop - start) <= _MOST_CHARACTER_PAIRS:
        matcher = SequenceMatcher(None, old[begin:end], new[start:stop], autojunk=False)
        pieces += [
            (begin + i, start + j, length)
            for i, j, length in matcher.get_matching_blocks()
            if length >= _SHORTEST_PIECE
        ]
    return [*pieces, (end, stop, tail)] if tail else pieces


def _n_same(old: str, new: str, begin: int, start: int, most: int) -> int:
    if old[begin : begin + most] == new[start : start + most]:
        return most
    return next((n for n in range(most) if old[begin + n] != new[start + n]), most)


def _n_same_back(old: str, new: str, end: int, stop: int, most: int) -> int:
    return next((n for n in range(most) if old[end - 1 - n] != new[stop - 1 - n]), most)


def _joined(pieces: list[Run]) -> list[Block]:
    blocks: list[Block] = []
    for begin, start, length in pieces:
        last = blocks[-1] if blocks else None
        if last is not None and (last.old + last.length, last.new + last.length) == (begin, start):
            blocks[-1] = Block(last.old, last.new, last.length + length)
        else:
            blocks.append(Block(begin, start, length))
    return blocks


def _word_runs(a: Sequence[int], b: Sequence[int]) -> list[Run]:
    """Find runs of the same words in both texts, in the order of both."""
    found: list[Run] = []
    waiting = [(0, len(a), 0, len(b))]
    while waiting:
        begin, end, start, stop = waiting.pop()
        head = 0
        while begin < end and start < stop and a[begin] == b[start]:
            begin, start, head = begin + 1, start + 1, head + 1
        tail = 0
        while begin < end and start < stop and a[end - 1] == b[stop - 1]:
            end, stop, tail = end - 1, stop - 1, tail + 1
        found += [(begin - head, start - head, head)] if head else []
        found += [(end, stop, tail)] if tail else []
        if begin < end and start < stop:
            runs = _anchored(a, b, begin, end, start, stop)
            found += runs
            edges = [(begin, start, 0), *runs, (end, stop, 0)]
            waiting += [(i + n, after, j + n, to) for (i, j, n), (after, to, _) in pairwise(edges) if runs]
    return sorted(found)


def _anchored(a: Sequence[int], b: Sequence[int], begin: int, end: int, start: int, stop: int) -> list[Run]:
    """Find runs that hold words which stand once in both stretches, made as long as they go."""
    longest = max(end - begin, stop - start)
    for size, most in _RUNS:
        if longest > most:
            continue
        first, second = _once(a, begin, end, size), _once(b, start, stop, size)
        pairs = [(i, second[key]) for key, i in first.items() if i >= 0 and second.get(key, -1) >= 0]
        if pairs:
            return _extended(a, b, _rising(sorted(pairs)), (begin, end, start, stop))
    if (end - begin) * (stop - start) > _MOST_WORD_PAIRS:
        return []
    matcher = SequenceMatcher(None, a[begin:end], b[start:stop], autojunk=False)
    return [(begin + i, start + j, n) for i, j, n in matcher.get_matching_blocks() if n]


def _once(words: Sequence[int], begin: int, end: int, size: int) -> dict[tuple[int, ...], int]:
    """Find runs of this many words with their place; -1 for a run that stands there again."""
    places: dict[tuple[int, ...], int] = {}
    shifted = [words[begin + n : end] for n in range(size)]
    for place, key in enumerate(zip(*shifted, strict=False), start=begin):
        places[key] = -1 if key in places else place
    return places


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Find the longest series of pairs in which both places rise."""
    tops: list[int] = []
    holders: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        at = bisect_left(tops, place)
        before.append(holders[at - 1] if at else -1)
        if at == len(tops):
            tops.append(place)
            holders.append(number)
        else:
            tops[at], holders[at] = place, number
    series = []
    number = holders[-1] if holders else -1
    while number >= 0:
        series.append(pairs[number])
        number = before[number]
    return series[::-1]


def _extended(
    a: Sequence[int], b: Sequence[int], pairs: list[tuple[int, int]], within: tuple[int, int, int, int]
) -> list[Run]:
    low, end, bottom, stop = within
    runs: list[Run] = []
    for i, j in pairs:
        if i < low or j < bottom:
            continue
        begin, start = i, j
        while begin > low and start > bottom and a[begin - 1] == b[start - 1]:
            begin, start = begin - 1, start - 1
        while i < end and j < stop and a[i] == b[j]:
            i, j = i + 1, j + 1
        runs.append((begin, start, i - begin))
        low, bottom = i, j
    return runs
