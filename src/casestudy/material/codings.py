"""Codings: who gave which code to which characters, from logs ``codings/<coder>/<source>.jsonl``."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, model_validator

from casestudy.documents import Record, nearest
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import codebook, folders, logs, sources
from casestudy.material.codebook import Codebook
from casestudy.material.sources import Source
from casestudy.study import Identifier, Study

FOLDER = "codings"
TEXTS = ".texts"

Place = Annotated[int, Field(strict=True, ge=0)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Moment = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?$")
]

_FAMILIES: Mapping[str, codebook.Family] = {
    "valence": "factor",
    "practice": "skill",
    "contribution": "component",
    "linked_skill": "component",
}


class Coding(Record):
    """One coder giving one code to one segment of a source's text.

    ``valence`` belongs to factors, ``practice`` to skills, ``contribution`` and ``linked_skill`` to
    components; an absent one was not given, which is not the same as neutral. ``text_sha256`` names the text
    that ``start``, ``end`` and ``quote`` belong to, ``codebook`` the version that gave ``code`` its meaning.
    """

    model_config = ConfigDict(str_strip_whitespace=False)

    coding: Identifier
    source: Identifier
    start: Place
    end: Place
    code: Identifier
    codebook: Annotated[str, Field(pattern=r"^\d+(\.\d+){0,2}$")]
    coder: Identifier
    kind: Literal["human", "import", "dictionary", "model"]
    valence: Literal["+", "-", "x", "0"] | None = None
    strength: Literal[1, 2] | None = None
    practice: Literal["applied", "partly", "not_applied", "intention", "unclear"] | None = None
    contribution: Literal["helped", "hindered", "none", "unclear"] | None = None
    linked_skill: Identifier | None = None
    confidence: float | None = Field(None, ge=0, le=1)
    status: Literal["suggested", "confirmed", "rejected", "superseded"]
    round: Literal["training", "reliability", "main"]
    memo: str | None = None
    derived_from: str | None = None
    quote: str = Field(min_length=1)
    text_sha256: Sha256
    at: Moment

    @model_validator(mode="after")
    def _machines_only_suggest(self) -> Self:
        if self.status == "confirmed" and self.kind in ("dictionary", "model"):
            raise ValueError(
                "must not be `confirmed` by a machine; let a person confirm it in a coding of theirs"
            )
        return self


class _Given(Coding):
    event: Literal["code"]


class _Deleted(Record):
    event: Literal["delete"]
    coding: Identifier
    coder: Identifier
    at: Moment


_Event = Annotated[_Given | _Deleted, Field(discriminator="event")]
_EVENT: TypeAdapter[_Given | _Deleted] = TypeAdapter(_Event)


def append(study: Study, coding: Coding, text: str) -> None:
    """Save one coding: the text it was made on, then one line in the coder's log; both are on disk on return.

    Parameters
    ----------
    study
        The study.
    coding
        The coding; the log is chosen by its coder and its source.
    text
        The text of the source as it was shown.

    Raises
    ------
    InvalidMaterial
        When quote, place and text do not belong together; then nothing is written.
    OSError
        When it could not be brought to the disk whole; then it counts as not saved.
    """
    name = _name(coding.coder, coding.source)
    if sources.sha256(text) != coding.text_sha256:
        must = f"`text_sha256` of coding `{coding.coding}` must be that of the text"
        raise InvalidMaterial([Problem(name, must, "another", "read the source again")])
    if problems := list(_misplaced(coding, text, name)):
        raise InvalidMaterial(problems)
    _keep(study, text, coding.text_sha256)
    logs.append(study.folder / name, {"event": "code", **coding.model_dump(mode="json", exclude_none=True)})


def delete(study: Study, coding: Coding, *, at: str) -> None:
    """Record that a coding no longer stands; the coding itself stays in its log."""
    event = _Deleted(event="delete", coding=coding.coding, coder=coding.coder, at=at)
    logs.append(study.folder / _name(coding.coder, coding.source), event)


def kept_text(study: Study, text_sha256: str) -> str:
    """Give a text on which codings were made, as it was then.

    Raises
    ------
    InvalidMaterial
        When it is not there, or is no longer that text.
    """
    name = f"{FOLDER}/{TEXTS}/{text_sha256}.txt"
    data = folders.read_bytes(study.folder / name, root=study.folder, name=name, limit=logs.LIMIT_BYTES)
    text = data.decode("utf-8", "replace")
    if sources.sha256(text) != text_sha256:
        found = "other content than its name says"
        raise InvalidMaterial(
            [Problem(name, "a kept text must never change", found, "restore it from a copy")]
        )
    return text


def read(study: Study, site: str | None = None) -> tuple[Coding, ...]:
    """Read the codings that stand, of one site or of all: by coder, then source, in the order of the log.

    A coding that was deleted is left out, and so is every coding of a source that is withdrawn.

    Raises
    ------
    InvalidMaterial
        With every problem of the sources, the codebook and the logs: what is no whole record, and every
        coding that does not belong to its source, its text, its codebook or its coder.
    """
    book = codebook.read(study)
    texts = {source.source: source for source in sources.read(study, site)}
    elsewhere = {row.source for row in sources.rows(study)} - texts.keys() | set(sources.withdrawn(study))
    standing: list[tuple[str, Coding]] = []
    problems: list[Problem] = []
    for coder, path in _logs(study):
        name = _name(coder, path.stem)
        if path.stem in texts:
            found, torn = _standing(path, name, coder, study)
            problems += torn
            for where, coding in found:
                problems += _wrong(coding, texts[path.stem], book, coder, where)
            problems += _overlapping(found)
            standing += found
        elif path.stem not in elsewhere:
            must = "a log must bear the id of a source of sources.csv whose file holds words"
            remedy = nearest(path.stem, sorted({*texts, *elsewhere}))
            problems.append(Problem(name, must, f"`{path.stem}`", remedy))
    problems += _doubled(standing)
    if problems:
        raise InvalidMaterial(problems)
    return tuple(coding for _, coding in standing)


def _name(coder: str, source: str) -> str:
    return f"{FOLDER}/{coder}/{source}{logs.SUFFIX}"


def _logs(study: Study) -> Iterator[tuple[str, Path]]:
    folder = study.folder / FOLDER
    coders = sorted(folder.iterdir(), key=lambda entry: entry.name) if folder.is_dir() else []
    for coder in coders:
        if coder.is_dir() and folders.stray_name(coder.name) is None:
            yield from ((coder.name, path) for path in logs.files(coder))


def _keep(study: Study, text: str, text_sha256: str) -> None:
    folder = study.folder / FOLDER / TEXTS
    path = folder / f"{text_sha256}.txt"
    if path.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
    logs.sync_folder(folder)


def _standing(
    path: Path, name: str, coder: str, study: Study
) -> tuple[list[tuple[str, Coding]], list[Problem]]:
    """Codings of a log that were not deleted, each with its place, beside what is wrong with its lines."""
    events, problems = logs.scan(path, _EVENT, name, root=study.folder)
    # The same event twice is one event, also when its fields stand in another order.
    given: dict[_Given, int] = {}
    for line, event in events:
        if isinstance(event, _Given):
            given.setdefault(event, line)
    known = {event.coding for event in given}
    gone = {event.coding for _, event in events if isinstance(event, _Deleted)}
    for line, event in events:
        if isinstance(event, _Deleted) and event.coding not in known:
            must = "a deletion must name a coding of this log"
            remedy = "restore the lines that are missing"
            problems.append(Problem(place(name, line), must, f"`{event.coding}`", remedy))
        if isinstance(event, _Deleted) and event.coder != coder:
            problems.append(_not_own(event.coder, place(name, line)))
    return [
        (place(name, n), _coding(event)) for event, n in given.items() if event.coding not in gone
    ], problems


def _coding(event: _Given) -> Coding:
    return Coding.model_construct(**{field: getattr(event, field) for field in Coding.model_fields})


def _not_own(coder: str, where: str) -> Problem:
    return Problem(
        where, "`coder` must be the name of the folder", f"`{coder}`", "move the line to that coder's log"
    )


def _wrong(coding: Coding, source: Source, book: Codebook, coder: str, where: str) -> Iterator[Problem]:
    if coding.coder != coder:
        yield _not_own(coding.coder, where)
    if coding.source != source.source:
        must = "`source` must be the name of the file"
        yield Problem(where, must, f"`{coding.source}`", "move the line to the log of that source")
    if coding.status == "superseded":
        # It was made on an earlier text or in an earlier codebook and rests there.
        return
    if coding.text_sha256 != source.sha256:
        must = f"coding `{coding.coding}` must be made on the text that the source has now"
        yield Problem(where, must, "another text", "restore the source, or code it again")
    else:
        yield from _misplaced(coding, source.text, where)
    yield from _wrong_code(coding, book, where)


def _misplaced(coding: Coding, text: str, where: str) -> Iterator[Problem]:
    what = f"coding `{coding.coding}`"
    if not coding.start < coding.end <= len(text):
        must = f"{what} must have `0 <= start < end <= {len(text)}`"
        yield Problem(where, must, f"{coding.start} and {coding.end}", "code the segment again")
    elif coding.quote != text[coding.start : coding.end]:
        must = f"`quote` of {what} must be the text from `start` to `end`"
        yield Problem(
            where, must, "other words", "code the segment again; places count characters, not bytes"
        )


def _wrong_code(coding: Coding, book: Codebook, where: str) -> Iterator[Problem]:
    if coding.codebook.partition(".")[0] != book.major:
        remedy = "code it again with this codebook, or set its status to `superseded`"
        yield Problem(where, f"`codebook` must be of version {book.major}", f"`{coding.codebook}`", remedy)
        return
    if coding.code not in book:
        remedy = nearest(coding.code, [code.id for code in book.codes])
        yield Problem(where, "`code` must be in codebook.yml", f"`{coding.code}`", remedy)
        return
    code = book.code(coding.code)
    if not code.active:
        yield Problem(where, "`code` must be active", f"`{code.id}`", "code the segment with a code that is")
    for field, family in _FAMILIES.items():
        if getattr(coding, field) is not None and code.family != family:
            must = f"`{field}` must stand with a code of the family {family} only"
            yield Problem(where, must, f"it with `{code.id}`", "remove it or choose another code")
    skill = coding.linked_skill
    if skill is not None and (skill not in book or book.code(skill).family != "skill"):
        remedy = nearest(skill, [code.id for code in book.family("skill")])
        yield Problem(where, "`linked_skill` must be a skill of codebook.yml", f"`{skill}`", remedy)


def _overlapping(found: list[tuple[str, Coding]]) -> Iterator[Problem]:
    by_code: dict[str, list[tuple[int, int, str, str]]] = defaultdict(list)
    for where, coding in found:
        if coding.status in ("suggested", "confirmed"):
            by_code[coding.code].append((coding.start, coding.end, where, coding.coding))
    for code, segments in by_code.items():
        reach, holder = -1, ""
        for start, end, where, coding_id in sorted(segments):
            if start < reach:
                must = f"codings of one coder with `{code}` must not overlap"
                yield Problem(where, must, f"`{coding_id}` over `{holder}`", "delete one, or make them one")
            if end > reach:
                reach, holder = end, coding_id


def _doubled(standing: list[tuple[str, Coding]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for where, coding in standing:
        earlier = first.setdefault(coding.coding, where)
        if earlier != where:
            found = f"`{coding.coding}` again, first in {earlier}"
            yield Problem(where, "`coding` must stand once", found, "give one of the two another id")
