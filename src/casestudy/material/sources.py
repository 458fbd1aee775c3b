"""The sources of a study, from ``sources.csv`` and ``sources/<site>/``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from casestudy.errors import SETTINGS_FILE, Gathered, InvalidMaterial, Problem, place
from casestudy.material import (
    folders,
    front_matter,
    open_answers,
    people,
    source_rows,
    texts,
    transcripts,
)
from casestudy.material.arrivals import Watch
from casestudy.material.source_rows import FILE, FOLDER, Head, Kind, SourceRow
from casestudy.material.speakers import Known
from casestudy.material.transcripts import Sentence, Turn
from casestudy.study import Study

__all__ = [
    "FILE",
    "FOLDER",
    "Head",
    "Kind",
    "Sentence",
    "Source",
    "SourceRow",
    "Turn",
    "arriving",
    "head",
    "known",
    "made",
    "read",
    "remarks",
    "rows",
    "sha256",
    "unlisted",
    "withdrawn",
]

ARRIVING = "still changing; taken in at the next run"
# What one process saw of the files is remembered, so that it waits for each of them once.
WATCH = Watch()


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
        return self.row.name


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


def read(study: Study, site: str | None = None, *, watch: Watch = WATCH) -> tuple[Source, ...]:
    """Read the sources that count, of one site or of all, in the order of ``sources.csv``.

    A source whose file is still changing is left out; ``remarks`` names it.

    Parameters
    ----------
    study
        The study.
    site
        Only this site; left out, every site.
    watch
        Tells which files are still changing.

    Raises
    ------
    InvalidMaterial
        With every problem of ``sources.csv``, of ``participants.csv`` and of the files of the site, and
        with every file that no row names.
    """
    kept, gone = _sorted_out(study)
    own = [row for row in kept if site in (None, row.site)]
    loose = [name for name in _loose(study, [*kept, *gone]) if site in (None, name.split("/")[1])]
    waiting = _arriving(study, [*(row.name for row in own), *loose], watch)
    problems = Gathered(_no_row(name) for name in loose if name not in waiting)
    found = [problems.gather(partial(_source, study, row)) for row in own if row.name not in waiting]
    problems.stop()
    return tuple(source for source in found if source is not None)


def arriving(study: Study, *, watch: Watch = WATCH) -> tuple[str, ...]:
    """Names of the files under ``sources/`` that are still changing, and so are not read yet."""
    kept, gone = _sorted_out(study)
    names = [*(row.name for row in kept), *_loose(study, [*kept, *gone])]
    waiting = _arriving(study, names, watch)
    return tuple(name for name in names if name in waiting)


def unlisted(study: Study) -> tuple[str, ...]:
    """Names of the files under ``sources/`` that may be material and have no row in ``sources.csv``."""
    kept, gone = _sorted_out(study)
    return tuple(_loose(study, [*kept, *gone]))


def remarks(study: Study, *, watch: Watch = WATCH) -> tuple[str, ...]:
    """Tell what a person should know and nothing has to stop for, each once and with its file.

    Copies that sync programs made, lock files and empty placeholders, which are not counted; files that are
    still changing; encodings that were guessed; texts in which no speakers were recognised.
    """
    told = [f"{FOLDER}/{name}: {why}, not read" for name, why in _strays(study)]
    waiting = arriving(study, watch=watch)
    told += [f"{name}: {ARRIVING}" for name in waiting]
    for row in rows(study):
        if row.name in waiting:
            continue
        try:
            source = _source(study, row)
        except InvalidMaterial:
            continue
        told += [f"{source.name}: {remark}" for remark in source.remarks]
    return tuple(dict.fromkeys(told))


def made(row: SourceRow, data: bytes, *, name: str | None = None) -> Source:
    """Read a source from its row and the bytes of its file.

    Parameters
    ----------
    row
        Its line of ``sources.csv``.
    data
        The bytes; the ending of the row's file says of which kind they are.
    name
        What messages call the file; left out, its name relative to the study folder.

    Raises
    ------
    InvalidMaterial
        When the bytes cannot be read, or front matter says something else than the row.
    """
    name = name or row.name
    if row.kind == "survey_open" and _suffix(row.file) in open_answers.KINDS:
        read = open_answers.read(data, name=name, questions=row.questions)
        return Source(row, read.text, sha256(read.text), read.turns, read.sentences, read.remarks)
    found, told = None, []
    if _suffix(name) in front_matter.KINDS and b"---" in data[:12].replace(b"\0", b""):
        text, remark = texts.decode(data, name)
        if found := front_matter.read(text, Head, name=name):
            _agree(found, row, name)
            data, told = text[found.end :].encode(), [remark] if remark else []
    read = transcripts.read(data, name=name, known=known(row))
    return Source(row, read.text, sha256(read.text), read.turns, read.sentences, (*told, *read.remarks))


def known(row: SourceRow) -> Known:
    """Give what the row of a source tells of its speakers."""
    return Known(row.interviewer, row.participants, is_conversation=row.kind != "document")


def head(data: bytes, *, name: str) -> Head:
    """Read what a file says of itself in its front matter; a record without values when it has none.

    Raises
    ------
    InvalidMaterial
        With every problem of the front matter, or when the file is not text.
    """
    if _suffix(name) not in front_matter.KINDS:
        return Head()
    found = front_matter.read(texts.decode(data, name)[0], Head, name=name)
    return found.head if found else Head()


def _sorted_out(study: Study) -> tuple[list[SourceRow], list[SourceRow]]:
    """Rows that count, and those of withdrawn participants."""
    problems = Gathered()
    persons = problems.gather(lambda: people.read(study))
    found = problems.gather(lambda: source_rows.read(study)) or []
    problems.extend(source_rows.wrong(found, study, persons))
    problems.stop()
    gone = {person.participant for person in persons or () if person.withdrawn is not None}
    stay = [row for _, row in found if not gone.intersection(row.participants)]
    left = [row for _, row in found if gone.intersection(row.participants)]
    # A file that a sync program has not filled yet is no source yet; a remark names it.
    return [row for row in stay if folders.stray(study.folder / row.name) != folders.EMPTY], left


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _source(study: Study, row: SourceRow) -> Source:
    name = row.name
    return made(row, folders.read_bytes(study.folder / name, root=study.folder, name=name))


def _agree(found: front_matter.FrontMatter[Head], row: SourceRow, name: str) -> None:
    """Refuse front matter that gives a row another value than ``sources.csv`` does."""
    problems = [
        Problem(
            place(name, found.lines.get(key)),
            f"`{key}` must be what {FILE} says of the source",
            "another value",
            "correct one of the two",
        )
        for key in sorted(found.head.model_fields_set)
        if (given := getattr(found.head, key)) is not None and given != getattr(row, key)
    ]
    if problems:
        raise InvalidMaterial(problems)


def _arriving(study: Study, names: Iterable[str], watch: Watch) -> frozenset[str]:
    by_path = {study.folder / name: name for name in names}
    beside = [study.folder / name for name in (SETTINGS_FILE, people.FILE)]
    return frozenset(by_path[path] for path in watch.changing(by_path, beside=beside))


def _loose(study: Study, listed: Iterable[SourceRow]) -> Iterator[str]:
    """Files that no row names, strays aside, by name relative to the study folder."""
    named = {row.name for row in listed}
    for entry, path in folders.entries(study.folder / FOLDER):
        name = f"{FOLDER}/{entry}"
        if name not in named and folders.stray(path) is None:
            yield name


def _no_row(name: str) -> Problem:
    _, *between, _ = name.split("/")
    move = "move it into the folder of its site, or out of the study"
    remedy = f"run `casestudy add --site {between[0]}`, or move it out of the study" if between else move
    return Problem(name, f"a file must have a row in {FILE}", "none", remedy)


def _strays(study: Study) -> Iterator[tuple[str, str]]:
    for name, path in folders.entries(study.folder / FOLDER):
        why = folders.stray(path)
        if why is not None and why != folders.HIDDEN:
            yield name, why
