"""Which codings of one coder's log stand, and where in the text that their source has now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import anchors, coding_events, coding_rules, logs
from casestudy.material.anchors import Placement
from casestudy.material.codebook_changes import order
from casestudy.material.coding_events import Coding, Deleted, Event, Given, Moved, Screened
from casestudy.material.coding_rules import Books
from casestudy.material.sources import Source
from casestudy.study import Study


@dataclass(frozen=True, slots=True)
class Standing:
    """A coding that was not deleted.

    ``base`` is the coding at the last place that somebody gave it, ``placement`` where the words of ``base``
    are in the text that the source has now, and nothing when it is on that very text or superseded.
    """

    where: str
    given: Coding
    base: Coding
    placement: Placement | None = None

    def now(self, source: Source) -> Coding | None:
        """Give the coding as it stands now; nothing when its place must be asked or its words are gone."""
        if self.placement is None:
            return self.base
        if self.placement.start is None or self.placement.end is None:
            return None
        return at(self.base, source, self.placement.start, self.placement.end)


@dataclass(frozen=True, slots=True)
class CoderLog:
    """One coder's log of one source: what stands, what was screened, and what keeps it from being used."""

    coder: str
    source: Source
    standing: tuple[Standing, ...] = ()
    screened: tuple[Screened, ...] = ()
    problems: tuple[Problem, ...] = ()


def at(coding: Coding, source: Source, start: int, end: int) -> Coding:
    """Give a coding at a place of a source's present text."""
    changes = {
        "start": start,
        "end": end,
        "quote": source.text[start:end],
        "text_sha256": source.sha256,
    }
    return coding.model_copy(update=changes)


class Texts:
    """The texts that were coded, each read once; nothing for one that is not there or was changed."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._read: dict[str, str | None] = {}

    def __getitem__(self, text_sha256: str) -> str | None:
        if text_sha256 not in self._read:
            try:
                self._read[text_sha256] = coding_events.kept_text(self._study, text_sha256)
            except InvalidMaterial:
                self._read[text_sha256] = None
        return self._read[text_sha256]


def read(study: Study, coder: str, path: Path, source: Source, *, books: Books, kept: Texts) -> CoderLog:
    """Read one log; damage costs only itself, and every problem of its codings is kept beside them."""
    name = coding_events.log_name(coder, source.source)
    reading = logs.opened(path, coding_events.EVENT, name, root=study.folder)
    counting = [(n, event) for n, event in reading.entries if counts(study, event)]
    given = first_given(counting)
    problems = [*reading.problems]
    if not reading.damage:
        problems += _unknown(reading.entries, name)
    problems += [
        coding_rules.not_own(event.coder, place(name, n))
        for n, event in counting
        if isinstance(event, Deleted | Screened) and event.coder != coder
    ]
    gone = {event.coding for _, event in counting if isinstance(event, Deleted)}
    moves: dict[str, list[Moved]] = defaultdict(list)
    for _, event in counting:
        if isinstance(event, Moved):
            moves[event.coding].append(event)
    standing = []
    for coding_id, (n, event) in given.items():
        if coding_id not in gone:
            bare = event.bare()
            standing.append(Standing(place(name, n), bare, _base(bare, moves[coding_id], source)))
    for one in standing:
        problems += coding_rules.wrong_log(one.given, coder, source.source, one.where)
        if one.given.status != "superseded":
            problems += coding_rules.wrong_code(one.given, books, one.where)
            if one.base.text_sha256 == source.sha256:
                problems += coding_events.misplaced(one.base, source.text, one.where)
    problems += coding_rules.overlapping([(one.where, one.given) for one in standing])
    screened = tuple(event for _, event in counting if isinstance(event, Screened))
    return CoderLog(coder, source, _placed(standing, source, kept), screened, tuple(problems))


def counts(study: Study, event: Event) -> bool:
    """Whether an event came under the codebook in force; what came after an earlier one is left out."""
    if study.codebook is None or event.codebook is None:
        return True
    return order(event.codebook) <= order(study.codebook)


def first_given(events: list[tuple[int, Event]]) -> Mapping[str, tuple[int, Given]]:
    """Give every coding by its id as it was first given, with its line."""
    given: dict[str, tuple[int, Given]] = {}
    for n, event in events:
        if isinstance(event, Given):
            given.setdefault(event.coding, (n, event))
    return given


def doubles(name: str, events: list[tuple[int, Event]]) -> Iterator[Problem]:
    """Tell which codings have an id that stands above them with other content."""
    given = first_given(events)
    for n, event in events:
        if isinstance(event, Given):
            line, first = given[event.coding]
            if event != first:
                found = f"`{event.coding}` with other content, first on line {line}, which counts"
                remedy = "give the second another id, or delete one"
                yield Problem(place(name, n), "`coding` must stand once", found, remedy)


def _unknown(events: tuple[tuple[int, Event], ...], name: str) -> Iterator[Problem]:
    known = {event.coding for _, event in events if isinstance(event, Given)}
    for n, event in events:
        if isinstance(event, Deleted | Moved) and event.coding not in known:
            what = "a deletion" if isinstance(event, Deleted) else "a move"
            remedy = "restore the lines that are missing"
            yield Problem(
                place(name, n), f"{what} must name a coding of this log", f"`{event.coding}`", remedy
            )


def _base(given: Coding, moves: list[Moved], source: Source) -> Coding:
    """Give a coding at the last place it was given; a place in the present text comes before all others."""
    if given.status == "superseded" or not moves:
        return given
    places = [given, *(given.model_copy(update=move.place) for move in moves)]
    present = [coding for coding in places if coding.text_sha256 == source.sha256]
    return (present or places)[-1]


def _placed(found: list[Standing], source: Source, kept: Texts) -> tuple[Standing, ...]:
    by_text: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(found):
        if one.base.text_sha256 != source.sha256 and one.base.status != "superseded":
            by_text[one.base.text_sha256].append(number)
    placed = dict(enumerate(found))
    for text_sha256, numbers in by_text.items():
        bases = [found[number].base for number in numbers]
        for number, placement in zip(numbers, _placements(bases, kept[text_sha256], source), strict=True):
            placed[number] = replace(placed[number], placement=placement)
    return tuple(placed.values())


def _placements(bases: list[Coding], text: str | None, source: Source) -> list[Placement]:
    """Place codings of one text; words that are not where their coding says are orphaned."""
    if text is None:
        return [anchors.quoted(source.text, base.quote, base.start) for base in bases]
    fits = [not any(coding_events.misplaced(base, text, "")) for base in bases]
    segments = [(base.start, base.end) for base, fit in zip(bases, fits, strict=True) if fit]
    placements = iter(anchors.placements(text, source.text, segments))
    return [next(placements) if fit else Placement("orphaned") for fit in fits]
