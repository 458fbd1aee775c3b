"""The sources of a study, from ``sources.csv`` and ``sources/<site>/``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from casestudy import schema
from casestudy.documents import Record, nearest
from casestudy.errors import Gathered, InvalidMaterial, Problem, place
from casestudy.material import folders, people, transcripts
from casestudy.material.people import Consent, Participant
from casestudy.material.speakers import Known
from casestudy.material.transcripts import Sentence, Turn
from casestudy.study import Identifier, Language, Month, Study

__all__ = ["Sentence", "Source", "SourceRow", "Turn", "read", "remarks", "rows", "withdrawn"]

FILE = "sources.csv"
FOLDER = "sources"

Kind = Literal[
    "interview", "focusgroup", "worksession", "narrative", "document", "observation", "survey_open"
]


def _spaced(value: object) -> object:
    return tuple(value.split()) if isinstance(value, str) else value


def _barred(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split("|") if part.strip()) if isinstance(value, str) else value
    )


def _within(value: str) -> str:
    steps = value.split("/")
    if {"", ".", ".."} & set(steps) or set(value) & set("\\:\0"):
        raise ValueError("must be a file in the folder of its site; write its name, with `/` for folders")
    if folders.stray_name(steps[-1]) is not None:
        raise ValueError("must not be a lock file or a copy that a program made; name the file itself")
    return value


class SourceRow(Record):
    """One line of ``sources.csv``; ``participants`` and ``interviewer`` are read as tuples."""

    source: Identifier
    site: Identifier
    kind: Kind
    file: Annotated[str, AfterValidator(_within)]
    date: Month
    language: Language = "nl"
    participants: Annotated[tuple[Identifier, ...], BeforeValidator(_spaced)] = ()
    guide: str | None = None
    consent: Consent
    interviewer: Annotated[tuple[str, ...], BeforeValidator(_barred)] = ()
    wave: Identifier | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One piece of material with its fixed text; ``row`` is its line in ``sources.csv``.

    ``text[start:end]`` of a turn, a sentence or a coding gives its words; ``sha256`` is that of the text in
    UTF-8.
    """

    row: SourceRow
    text: str
    sha256: str
    turns: tuple[Turn, ...]
    sentences: tuple[Sentence, ...]
    remarks: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Id of the source."""
        return self.row.source

    @property
    def site(self) -> str:
        """Id of the site."""
        return self.row.site

    @property
    def name(self) -> str:
        """The file's name relative to the study folder."""
        return _name(self.row)


def sha256(text: str) -> str:
    """Fingerprint of a text, by which codings name the text they were made on.

    Examples
    --------
    >>> sha256("één")[:12]
    '51c4a8ee9d58'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def rows(study: Study) -> tuple[SourceRow, ...]:
    """Read the rows of the sources that count, in the order of ``sources.csv``; withdrawn ones are left out.

    Raises
    ------
    InvalidMaterial
        With every problem of ``sources.csv`` and of ``participants.csv``.
    """
    kept, _ = _sorted_out(study)
    return tuple(kept)


def withdrawn(study: Study) -> tuple[str, ...]:
    """Ids of the sources that are left out of everything, because one of their participants withdrew."""
    _, gone = _sorted_out(study)
    return tuple(row.source for row in gone)


def read(study: Study, site: str | None = None) -> tuple[Source, ...]:
    """Read the sources that count, of one site or of all, in the order of ``sources.csv``.

    Raises
    ------
    InvalidMaterial
        With every problem of ``sources.csv``, of ``participants.csv`` and of the files of the site, and
        with every file that no row names.
    """
    kept, gone = _sorted_out(study)
    problems = Gathered(_unlisted(study, [*kept, *gone], site))
    found = []
    for row in kept:
        if site is None or row.site == site:
            found.append(problems.gather(partial(_source, study, row)))
    problems.stop()
    return tuple(source for source in found if source is not None)


def remarks(study: Study) -> tuple[str, ...]:
    """Tell what a person should know and nothing has to stop for, each once and with its file.

    Copies that sync programs made, lock files and empty placeholders, which are not counted; encodings that
    were guessed; texts in which no speakers were recognised.
    """
    told = [f"{FOLDER}/{name}: {why}, not read" for name, why in _strays(study)]
    for row in rows(study):
        try:
            source = _source(study, row)
        except InvalidMaterial:
            continue
        told += [f"{source.name}: {remark}" for remark in source.remarks]
    return tuple(dict.fromkeys(told))


def _sorted_out(study: Study) -> tuple[list[SourceRow], list[SourceRow]]:
    """Rows that count, and those of withdrawn participants."""
    problems = Gathered()
    persons = problems.gather(lambda: people.read(study))
    found = problems.gather(lambda: schema.read_rows(study.folder / FILE, SourceRow, name=FILE)) or []
    problems.extend(_doubled(found))
    problems.extend(problem for line, row in found for problem in _unknown(line, row, study))
    by_id = {person.participant: person for person in persons or ()}
    if persons is not None:
        problems.extend(problem for line, row in found for problem in _wrong_participants(line, row, by_id))
    problems.stop()
    gone = {person.participant for person in persons or () if person.withdrawn is not None}
    stay = [row for _, row in found if not gone.intersection(row.participants)]
    left = [row for _, row in found if gone.intersection(row.participants)]
    # A file that a sync program has not filled yet is no source yet; a remark names it.
    return [row for row in stay if folders.stray(study.folder / _name(row)) != folders.EMPTY], left


def _doubled(found: list[tuple[int, SourceRow]]) -> Iterator[Problem]:
    first: dict[tuple[str, str], tuple[int, str]] = {}
    for line, row in found:
        for column, value in (("source", row.source), ("file", f"{row.site}/{row.file}")):
            earlier = first.setdefault((column, value.casefold()), (line, value))
            if earlier[0] != line:
                same = "again" if earlier[1] == value else "that differs only in case"
                what = f"`{value}` {same}" if column == "source" else f"a file {same}"
                found_ = f"{what}, first on line {earlier[0]}"
                remedy = "keep one row or correct one"
                yield Problem(place(FILE, line), f"`{column}` must stand once", found_, remedy)


def _unknown(line: int, row: SourceRow, study: Study) -> Iterator[Problem]:
    waves = [wave.id for wave in study.waves]
    if row.site not in study.site_ids:
        remedy = nearest(row.site, study.site_ids)
        yield Problem(place(FILE, line), "`site` must be a site of study.yml", f"`{row.site}`", remedy)
    if row.wave is not None and row.wave not in waves:
        remedy = nearest(row.wave, waves)
        yield Problem(place(FILE, line), "`wave` must be a wave of study.yml", f"`{row.wave}`", remedy)
    suffix = PurePosixPath(row.file).suffix.lower()
    if suffix not in transcripts.KINDS:
        must = f"`file` must be of a kind that is read: {' '.join(transcripts.KINDS)}"
        yield Problem(place(FILE, line), must, "another kind", "save it as one of these")
    for participant in sorted({p for p in row.participants if row.participants.count(p) > 1}):
        yield Problem(
            place(FILE, line), "a participant must stand once", f"`{participant}` again", "remove one"
        )


def _wrong_participants(line: int, row: SourceRow, by_id: dict[str, Participant]) -> Iterator[Problem]:
    for participant in dict.fromkeys(row.participants):
        person = by_id.get(participant)
        if person is None:
            must = "`participants` must be ids of participants.csv"
            yield Problem(place(FILE, line), must, f"`{participant}`", nearest(participant, list(by_id)))
        elif person.site != row.site:
            must = "`participants` must belong to the site of the source"
            found = f"`{participant}` of site `{person.site}`"
            yield Problem(place(FILE, line), must, found, "correct the site or the participant")


def _name(row: SourceRow) -> str:
    return f"{FOLDER}/{row.site}/{row.file}"


def _source(study: Study, row: SourceRow) -> Source:
    name = _name(row)
    data = folders.read_bytes(study.folder / name, root=study.folder, name=name)
    known = Known(row.interviewer, row.participants, is_conversation=row.kind != "document")
    read = transcripts.read(data, name=name, known=known)
    return Source(row, read.text, sha256(read.text), read.turns, read.sentences, read.remarks)


def _unlisted(study: Study, listed: list[SourceRow], site: str | None) -> Iterator[Problem]:
    names = {f"{row.site}/{row.file}" for row in listed}
    for name, path in folders.entries(study.folder / FOLDER):
        if (
            name in names
            or folders.stray(path) is not None
            or (site is not None and name.split("/")[0] != site)
        ):
            continue
        remedy = "add a row for it or move it out of the study"
        yield Problem(f"{FOLDER}/{name}", "a file must have a row in sources.csv", "none", remedy)


def _strays(study: Study) -> Iterator[tuple[str, str]]:
    for name, path in folders.entries(study.folder / FOLDER):
        why = folders.stray(path)
        if why is not None and why != folders.HIDDEN:
            yield name, why
