"""Lines of ``sources.csv``: what is known of each source, checked against the study."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from casestudy import schema
from casestudy.documents import Record, nearest
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import folders, open_answers, transcripts
from casestudy.material.people import Consent, Participant
from casestudy.study import Identifier, Language, Month, Study

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


Spaced = Annotated[tuple[Identifier, ...], BeforeValidator(_spaced)]
Barred = Annotated[tuple[str, ...], BeforeValidator(_barred)]


class SourceRow(Record):
    """One line of ``sources.csv``; ``participants``, ``interviewer`` and ``questions`` are read as tuples.

    ``questions`` names the columns with open answers in a table of the kind ``survey_open``; left out, they
    are recognised.
    """

    source: Identifier
    site: Identifier
    kind: Kind
    file: Annotated[str, AfterValidator(_within)]
    date: Month
    language: Language = "nl"
    participants: Spaced = ()
    guide: str | None = None
    consent: Consent
    interviewer: Barred = ()
    wave: Identifier | None = None
    questions: Barred = ()

    @property
    def name(self) -> str:
        """The file's name relative to the study folder."""
        return f"{FOLDER}/{self.site}/{self.file}"


class Head(Record):
    """What a text may say of itself in its front matter: the columns of ``sources.csv`` without the file."""

    source: Identifier | None = None
    site: Identifier | None = None
    kind: Kind | None = None
    date: Month | None = None
    language: Language | None = None
    participants: Spaced | None = None
    guide: str | None = None
    consent: Consent | None = None
    interviewer: Barred | None = None
    wave: Identifier | None = None
    questions: Barred | None = None


def read(study: Study) -> list[tuple[int, SourceRow]]:
    """Read every line of ``sources.csv`` with its number, whatever the rest of the study says of it.

    Raises
    ------
    InvalidMaterial
        With every line that is no whole row.
    """
    return schema.read_rows(study.folder / FILE, SourceRow, name=FILE)


def wrong(
    found: Iterable[tuple[int, SourceRow]], study: Study, persons: Iterable[Participant] | None
) -> Iterator[Problem]:
    """Check rows of ``sources.csv`` against each other, the study and its participants.

    Parameters
    ----------
    found
        The rows with their line numbers.
    study
        The study.
    persons
        Its participants; nothing when they are not known.
    """
    found = list(found)
    yield from _doubled(found)
    by_id = {person.participant: person for person in persons or ()}
    for line, row in found:
        yield from _unknown(line, row, study)
        if persons is not None:
            yield from _wrong_participants(line, row, by_id)


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
    if suffix not in transcripts.KINDS and not (row.kind == "survey_open" and suffix in open_answers.KINDS):
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


def columns(data: bytes | None) -> tuple[str, ...]:
    """Give the columns of a ``sources.csv``, of one that is not there yet all of them."""
    if data is None:
        return tuple(SourceRow.model_fields)
    header, *_ = [*_records(_lines(data)), (0, 0, [])]
    return tuple(cell.strip() for cell in header[2])


def added(data: bytes | None, rows: Sequence[SourceRow]) -> bytes:
    r"""Give ``sources.csv`` with rows behind those it has, which keep every byte.

    Parameters
    ----------
    data
        The file as it is; nothing when it is not there.
    rows
        The rows to add.

    Raises
    ------
    InvalidMaterial
        When a value has no column to stand in.

    Examples
    --------
    >>> values = {"site": "es", "kind": "document", "file": "a.md", "date": "2019-03", "consent": "quote"}
    >>> added(b"source;site;kind;file;date;consent\r\n", [SourceRow(source="es-1", **values)])
    b'source;site;kind;file;date;consent\r\nes-1;es;document;a.md;2019-03;quote\r\n'
    """
    head = columns(data)
    data = (",".join(head) + "\n").encode() if data is None else data
    cells = [_cells(row) for row in rows]
    lost = sorted({column for row in rows for column in _homeless(row, head)})
    if lost:
        must = [
            Problem(FILE, f"the column `{name}` must be there", "none", "add it to the header")
            for name in lost
        ]
        raise InvalidMaterial(must)
    first, end = _lines(data)[0], _line_end(data)
    gap = b"" if data.endswith((b"\n", b"\r")) else end.encode()
    text = "".join(_written([row.get(column, "") for column in head], first, end) for row in cells)
    return data + gap + text.encode()


def renamed(data: bytes, source: str, file: str) -> bytes:
    """Give ``sources.csv`` with another file name in one row; every other line keeps its bytes."""
    lines, head = _lines(data), columns(data)
    for begin, end, cells in _records(lines):
        row = dict(zip(head, cells, strict=False))
        if row.get("source", "").strip() == source:
            changed = [file if column == "file" else cell for column, cell in zip(head, cells, strict=False)]
            lines[begin:end] = [_written(changed, lines[0], _line_end(data))]
            break
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    return mark + "".join(lines).encode()


def _cells(row: SourceRow) -> dict[str, str]:
    lists = {"participants": " ", "interviewer": "|", "questions": "|"}
    values = {name: getattr(row, name) for name in SourceRow.model_fields}
    return {
        name: lists[name].join(value) if name in lists else "" if value is None else str(value)
        for name, value in values.items()
    }


def _homeless(row: SourceRow, head: Sequence[str]) -> Iterator[str]:
    """Columns that must be there: a value that is the default needs none."""
    for name, field in SourceRow.model_fields.items():
        if name not in head and getattr(row, name) != field.default:
            yield name


def _lines(data: bytes) -> list[str]:
    return list(io.StringIO(data.decode("utf-8-sig"), newline=""))


def _line_end(data: bytes) -> str:
    return "\r\n" if b"\r\n" in data else "\n"


def _records(lines: list[str]) -> Iterator[tuple[int, int, list[str]]]:
    """Rows of a table with the lines they stand on, half-open; a value may hold line ends."""
    reader, begin = csv.reader(lines, delimiter=_delimiter(lines[0] if lines else "")), 0
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield begin, reader.line_num, cells
        begin = reader.line_num


def _written(cells: Sequence[str], first: str, end: str) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, delimiter=_delimiter(first), lineterminator=end).writerow(cells)
    return line.getvalue()


def _delimiter(first: str) -> str:
    return max(",;\t", key=first.count)
