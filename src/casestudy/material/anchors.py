"""Where coded words stand after their text was edited: same, moved, changed, to be asked, or gone.

A place is never counted on from an offset. Words stand where they came through an alignment of the two texts
(:mod:`casestudy.material.alignment`), or where they stand once again with the words that were around them;
and only when no other place can rival it. Several places that are as good are a question for a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from casestudy.material.alignment import Alignment, Block, align

State = Literal["same", "moved", "changed", "ask", "orphaned"]
STATES: tuple[State, ...] = ("same", "moved", "changed", "ask", "orphaned")
CONTEXT = 32
MOST_CANDIDATES = 5

# Around a place, how far words are compared, and how much more must agree than at a rival.
_REACH, _MARGIN, _AROUND = 400, 8, 24
# What must agree around words for them to be known again; long words that stand once need nothing more.
_EVIDENCE, _TELLING = 16, 25
# The least share of a text that came through for its codings to follow at all, and of a segment's words.
_RELATED, _MOSTLY, _PARTLY = 0.3, 0.5, 0.25
# Words that stand everywhere: nothing tells one place from another.
_MOST_PLACES = 300
_SIGNIFICANT = 4
_WHOLE_WORDS = re.compile(r"^.\b.*\w.*\b.$", re.DOTALL)
_JUMP = 300

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a coded segment stands in the new text.

    ``start`` and ``end`` are there for ``same`` (the same words at the same place), ``moved`` (the same words
    elsewhere) and ``changed`` (the place is certain, its words are others); ``candidates`` for ``ask``, best
    first. Of ``orphaned`` words nothing is left.
    """

    state: State
    start: int | None = None
    end: int | None = None
    candidates: tuple[Span, ...] = ()


def placements(old: str, new: str, segments: Sequence[Span]) -> tuple[Placement, ...]:
    """Place segments of a text in the text it became.

    Parameters
    ----------
    old, new
        The two texts, NFC with ``\\n`` line ends.
    segments
        Half-open segments of the old text, in code points; they may overlap.

    Returns
    -------
    tuple of Placement
        One per segment, in their order.

    Examples
    --------
    >>> old = "I: Hoe gaat het nu?\\nR: Er is geen tijd voor. Jan helpt wel mee.\\n"
    >>> new = "Gesprek 1\\n\\nI: Hoe gaat het nu?\\nR: Er is geen tijd voor. [naam-1] helpt wel mee.\\n"
    >>> for found in placements(old, new, [(23, 44), (45, 63)]):
    ...     found.state, new[found.start : found.end]
    ('moved', 'Er is geen tijd voor.')
    ('changed', '[naam-1] helpt wel mee.')
    """
    if old == new:
        return tuple(Placement("same", start, end) for start, end in segments)
    place = _Placer(_aligned(old, new))
    return tuple(place(start, end) for start, end in segments)


def quoted(new: str, quote: str, start: int) -> Placement:
    """Place words whose own text is lost: where they stand once; never by their offset.

    Examples
    --------
    >>> quoted("Ja. Geen tijd. Ja.", "Geen tijd.", 99).state, quoted("Ja. Geen tijd. Ja.", "Ja.", 0).state
    ('moved', 'ask')
    """
    places = list(_places(new, quote))
    if len(places) != 1:
        near = sorted(places, key=lambda place: abs(place - start))[:MOST_CANDIDATES]
        found = tuple((place, place + len(quote)) for place in near)
        return Placement("ask" if found else "orphaned", candidates=found)
    return _exact(places[0], start, len(quote))


@lru_cache(maxsize=4)
def _aligned(old: str, new: str) -> Alignment:
    return align(old, new)


@dataclass(frozen=True, slots=True)
class _Agreement:
    """How many characters agree before and after a place in each text, up to a reach."""

    before: int
    after: int

    @property
    def near(self) -> int:
        return min(self.before, CONTEXT) + min(self.after, CONTEXT)

    def beats(self, other: _Agreement) -> bool:
        """Whether a place agrees better on both sides, or one agrees well and the other hardly at all."""
        if self.near >= CONTEXT + _MARGIN and other.near <= _MARGIN:
            return True
        if other.near >= CONTEXT and min(self.before, self.after) < _REACH:
            return False
        return self.before >= other.before + _MARGIN and self.after >= other.after + _MARGIN


class _Placer:
    """Places segments with one alignment of two texts."""

    def __init__(self, alignment: Alignment) -> None:
        self.found = alignment
        self.old, self.new = alignment.old, alignment.new
        shorter = min(len(self.old), len(self.new))
        self.is_related = shorter > 0 and alignment.n_shared >= _RELATED * shorter

    def __call__(self, start: int, end: int) -> Placement:
        quote = self.old[start:end]
        places = list(_places(self.new, quote))
        if not self.is_related:
            return _asked([(place, place + len(quote)) for place in places])
        image = self.found.image(start, end)
        if len(places) > _MOST_PLACES:
            return self._crowded(start, end, image)
        free = [place for place in places if self.found.origin(place, place + len(quote)) is None]
        if image is not None:
            return self._came_through(start, end, image, free)
        return self._searched(start, end, places, free)

    def _came_through(self, start: int, end: int, image: int, free: list[int]) -> Placement:
        """Place words that came through in one piece, unless another place could as well be theirs."""
        length = end - start
        own = self._agreement(start, image, length)
        rivals = [place for place in free if not own.beats(self._agreement(start, place, length))]
        doubted = any(not own.beats(self._agreement(o, image, length)) for o in self._lost(start, end))
        is_plain = min(own.before, own.after) >= CONTEXT or not self._has_twin(start, end, image)
        if not rivals and not doubted and is_plain and self._is_known(start, end, image):
            return _exact(image, start, length)
        return _asked([(place, place + length) for place in (image, *rivals)])

    def _searched(self, start: int, end: int, places: list[int], free: list[int]) -> Placement:
        """Place words that did not come through in one piece: elsewhere as they were, or changed."""
        length = end - start
        changed = self._changed(start, end)
        doubtful = [place for place in places if place not in free and self._may_be(start, end, place)]
        by_agreement = sorted(
            [*free, *doubtful], key=lambda place: -self._agreement(start, place, length).near
        )
        if not by_agreement:
            return changed
        best, *others = by_agreement
        own = self._agreement(start, best, length)
        is_alone = all(own.beats(self._agreement(start, other, length)) for other in others)
        alike = (place for place in _places(self.old, self.old[start:end]) if place != start)
        is_alone &= all(own.beats(self._agreement(other, best, length)) for other in alike)
        is_alone &= min(own.before, own.after) >= CONTEXT or not self._has_twin(start, end, best)
        is_telling = own.near >= CONTEXT - _MARGIN or (
            length >= _TELLING and self._stands_once(self.old[start:end])
        )
        if best in free and is_alone and is_telling and changed.state == "orphaned":
            return _exact(best, start, length)
        candidates = [(place, place + length) for place in by_agreement]
        if changed.start is not None and changed.end is not None:
            candidates.insert(0, (changed.start, changed.end))
        return _asked([*candidates, *changed.candidates])

    def _crowded(self, start: int, end: int, image: int | None) -> Placement:
        """Words that stand everywhere are known by what is around them only."""
        if image is None:
            return (
                Placement("orphaned")
                if self._changed(start, end).state == "orphaned"
                else self._changed(start, end)
            )
        own = self._agreement(start, image, end - start)
        if min(own.before, own.after) >= CONTEXT:
            return _exact(image, start, end - start)
        return _asked([(image, image + end - start)])

    def _lost(self, start: int, end: int) -> Iterator[int]:
        """Other places of the same words in the old text that did not come through in one piece."""
        quote = self.old[start:end]
        for place in _places(self.old, quote):
            if place != start and self.found.image(place, place + len(quote)) is None:
                yield place

    def _may_be(self, start: int, end: int, place: int) -> bool:
        """Whether words of elsewhere may as well be these: of two that are alike, one was deleted."""
        length = end - start
        origin = self.found.origin(place, place + length)
        return origin is not None and not self._agreement(origin, place, length).beats(
            self._agreement(start, place, length)
        )

    def _has_twin(self, start: int, end: int, place: int) -> bool:
        """Whether what is around the words stands elsewhere too, in a stretch that came from nowhere."""
        stop = place + end - start
        for around, own in (
            (self.old[max(0, start - _AROUND) : start], place - min(_AROUND, start)),
            (self.old[end : end + _AROUND], stop),
        ):
            if len(around) < _AROUND // 2:
                continue
            for other in _places(self.new, around):
                if other != own and self.found.origin(other, other + len(around)) is None:
                    return True
        return False

    def _stands_once(self, quote: str) -> bool:
        return self.old.count(quote) == 1 and self.new.count(quote) == 1

    def _agreement(self, start: int, place: int, length: int) -> _Agreement:
        before = _n_agree(
            self.old[max(0, start - _REACH) : start][::-1], self.new[max(0, place - _REACH) : place][::-1]
        )
        stop, end = start + length, place + length
        after = _n_agree(self.old[stop : stop + _REACH], self.new[end : end + _REACH])
        if before == start == place:
            before = _REACH
        if stop + after == len(self.old) and end + after == len(self.new):
            after = _REACH
        return _Agreement(before, after)

    def _is_known(self, start: int, end: int, image: int) -> bool:
        """Whether enough around the words came through with them, or they tell enough by themselves."""
        if end - start >= _TELLING and self._stands_once(self.old[start:end]):
            return True
        return self._is_held(start, end, image - start, image - start)

    def _is_held(self, start: int, end: int, before: int, after: int) -> bool:
        """Whether enough around a segment came through beside it, moved about as far as its edges."""
        sides = (
            (max(0, start - CONTEXT), start, before),
            (end, min(len(self.old), end + CONTEXT), after),
        )
        n_along = sum(
            piece.length
            for begin, stop, shift in sides
            for piece in self.found.pieces(begin, stop)
            if abs(piece.shift - shift) <= 2 * CONTEXT
        )
        return n_along >= min(_EVIDENCE, sum(stop - begin for begin, stop, _ in sides) // 2)

    def _changed(self, start: int, end: int) -> Placement:
        """Place words of which enough came through close together."""
        pieces = self.found.pieces(start, end)
        cluster = max(_clusters(pieces), key=self._weight, default=[])
        share = self._weight(cluster) / max(1, end - start)
        if share < _PARTLY:
            return Placement("orphaned")
        span = self._snapped(start, end, cluster)
        is_held = self._is_held(start, end, cluster[0].shift, cluster[-1].shift) if cluster else False
        is_sure = is_held or end - start >= 2 * _TELLING
        if share < _MOSTLY or not is_sure or self._is_of_others(start, end, span):
            return Placement("ask", candidates=(span,))
        return Placement("changed", *span)

    def _is_of_others(self, start: int, end: int, span: Span) -> bool:
        """Whether the changed words stood elsewhere in the old text as they are, and did not come through."""
        words = self.new[slice(*span)]
        return any(
            place + len(words) <= start or place >= end
            for place in _places(self.old, words)
            if self.found.image(place, place + len(words)) is None
        )

    def _weight(self, pieces: list[Block]) -> int:
        """Characters of pieces that are no accident: longer ones and whole words."""
        return sum(
            piece.length
            for piece in pieces
            if piece.length >= _SIGNIFICANT or _WHOLE_WORDS.search(self._with_neighbours(piece))
        )

    def _with_neighbours(self, piece: Block) -> str:
        stop = piece.old + piece.length
        around = self.old[max(0, piece.old - 1) : piece.old], self.old[stop : stop + 1]
        return f"{around[0] or ' '}{self.old[piece.old : stop]}{around[1] or ' '}"

    def _snapped(self, start: int, end: int, cluster: list[Block]) -> Span:
        """Take in what replaced the edges of the segment, whole words, and no space around them."""
        first, last = cluster[0], cluster[-1]
        begin, stop = first.new, last.new + last.length
        if first.old > start:
            edge = self.found.image(start - 1, start) if start else -1
            n_most = 3 * (first.old - start) + CONTEXT
            begin = (
                edge + 1
                if edge is not None and 0 <= begin - edge - 1 <= n_most
                else _word_start(self.new, begin)
            )
        if last.old + last.length < end:
            edge = self.found.image(end, end + 1) if end < len(self.old) else len(self.new)
            n_most = 3 * (end - last.old - last.length) + CONTEXT
            stop = edge if edge is not None and 0 <= edge - stop <= n_most else _word_end(self.new, stop)
        while begin < stop and self.new[begin].isspace() and not self.old[start].isspace():
            begin += 1
        while begin < stop and self.new[stop - 1].isspace() and not self.old[end - 1].isspace():
            stop -= 1
        return begin, stop


def _exact(place: int, start: int, length: int) -> Placement:
    return Placement("same" if place == start else "moved", place, place + length)


def _asked(candidates: Sequence[Span]) -> Placement:
    if not candidates:
        return Placement("orphaned")
    return Placement("ask", candidates=tuple(dict.fromkeys(candidates))[:MOST_CANDIDATES])


def _places(text: str, quote: str) -> Iterator[int]:
    at = text.find(quote)
    n_found = 0
    while at >= 0 and n_found <= _MOST_PLACES:
        yield at
        n_found += 1
        at = text.find(quote, at + 1)


def _n_agree(first: str, second: str) -> int:
    most = min(len(first), len(second))
    if first[:most] == second[:most]:
        return most
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle
    return low


def _clusters(pieces: list[Block]) -> list[list[Block]]:
    """Pieces that stand close together in the new text."""
    groups: list[list[Block]] = [pieces[:1]] if pieces else []
    for before, piece in pairwise(pieces):
        if piece.new - before.new - before.length <= _JUMP:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def _word_start(text: str, place: int) -> int:
    found = re.search(r"\w+\Z", text[max(0, place - CONTEXT) : place])
    inside = place < len(text) and text[place].isalnum()
    return place - len(found.group()) if found and inside else place


def _word_end(text: str, place: int) -> int:
    found = re.match(r"\w+", text[place : place + CONTEXT])
    inside = place > 0 and text[place - 1].isalnum()
    return place + len(found.group()) if found and inside else place
