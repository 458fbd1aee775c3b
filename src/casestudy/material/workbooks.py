"""Workbooks from many hands: the cells of an ``.xlsx`` as text, no formula run, bounded before it is opened.

Every part is read as a stream first and the places of its cells are followed, so that one cell in the last
corner of a sheet, or a part that is larger than it says, costs no memory.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO
from xml.parsers import expat

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from casestudy.errors import InvalidMaterial, Problem

LIMIT_BYTES = 100_000_000
LIMIT_RATIO = 100
LIMIT_MEMBERS = 5_000
LIMIT_ROWS = 100_000
LIMIT_COLUMNS = 2_000
LIMIT_CELLS = 5_000_000
CHUNK = 1 << 16
# A tiny member may be squeezed well (a style sheet of repeats); a bomb is large as well.
RATIO_COUNTS_FROM = 1_000_000
_LONGEST_NUMBER = 10

Grid = list[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class Workbook:
    """The chosen sheets by name, each its rows as text with their number, and the hidden ones left unread."""

    grids: dict[str, Grid]
    hidden: tuple[str, ...]


def read(file: Path | bytes, name: str, choose: Callable[[list[str]], Sequence[str]]) -> Workbook:
    """Read the sheets that ``choose`` picks from the names of those that are not hidden.

    Values keep the form in which they were written, without spaces around them; a whole number has no
    decimals, a date is ``YYYY-MM-DD``, a formula has the value that was last computed.

    Parameters
    ----------
    file
        The file, or its bytes.
    name
        Its name relative to the study folder, for messages.
    choose
        Gives the names of the sheets to read; a refusal that it raises is passed on.

    Raises
    ------
    InvalidMaterial
        When it is no workbook, is damaged, or would not fit into memory.
    """
    _guard(io.BytesIO(file) if isinstance(file, bytes) else file, name)
    try:
        with CalamineWorkbook.from_object(io.BytesIO(file) if isinstance(file, bytes) else file) as book:
            about = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
            shown = [sheet.name for sheet in about if sheet.visible == SheetVisibleEnum.Visible]
            hidden = tuple(sheet.name for sheet in about if sheet.name not in shown)
            return Workbook({chosen: _grid(book, chosen) for chosen in choose(shown)}, hidden)
    except InvalidMaterial:
        raise
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - the reader is not in Python, and its panics are no ordinary exceptions
        raise _refused(
            name, "the file must be a whole workbook", "a damaged one", "open and save it again"
        ) from None


def _refused(name: str, must: str, found: str, remedy: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(name, must, found, remedy)])


def _grid(book: CalamineWorkbook, sheet: str) -> Grid:
    cells = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    return [(number, [_text(value) for value in row]) for number, row in enumerate(cells, start=1)]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value} h"
    return str(value).strip()


def _guard(file: Path | IO[bytes], name: str) -> None:
    """Refuse, before anything is unpacked at once, what would not fit into memory."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            size, squeezed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
            bomb = size > RATIO_COUNTS_FROM and size > LIMIT_RATIO * max(squeezed, 1)
            if size > LIMIT_BYTES or bomb or len(members) > LIMIT_MEMBERS:
                must = f"it must unpack to at most {LIMIT_BYTES:,} bytes, {LIMIT_RATIO} times its size"
                raise _refused(name, must, "more", "save the table alone, without pictures and formats")
            _scan(archive, name)
    except InvalidMaterial:
        raise
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        expat.ExpatError,
        OSError,
        RuntimeError,
        ValueError,
        LookupError,
        EOFError,
        zlib.error,
    ):
        raise _refused(
            name, "it must be an xlsx workbook", "another kind of file", "save it again as xlsx"
        ) from None


def _scan(archive: zipfile.ZipFile, name: str) -> None:
    names = [member.filename for member in archive.infolist()]
    if len({n.casefold() for n in names}) != len(names) or "xl/workbook.xml" not in names:
        raise _refused(name, "it must be an xlsx workbook", "another kind of file", "save it again as xlsx")
    left = _Left(name)
    for member in names:
        if member.casefold().endswith((".xml", ".rels")):
            with archive.open(member) as part:
                _measure(part, left)
    left.settle()


class _Left:
    """What a workbook may still hold; also refuses what no survey export holds."""

    def __init__(self, name: str) -> None:
        self.name, self.bytes, self.elements = name, LIMIT_BYTES, LIMIT_CELLS
        self.lengths: list[int] = []
        self.uses: Counter[int] = Counter()

    def take(self, n_bytes: int) -> None:
        self.bytes -= n_bytes
        if self.bytes < 0:
            self.refuse(f"at most {LIMIT_BYTES:,} bytes")

    def count(self) -> None:
        self.elements -= 1
        if self.elements < 0:
            self.refuse(f"at most {LIMIT_CELLS:,} cells")

    def within(self, row: int, column: int) -> None:
        if row > LIMIT_ROWS or column > LIMIT_COLUMNS or row * column > LIMIT_CELLS:
            self.refuse(f"cells within {LIMIT_ROWS:,} rows and {LIMIT_COLUMNS:,} columns")

    def settle(self) -> None:
        """Count a text that many cells share as often as it is used: each cell gets a copy of it."""
        shared = enumerate(self.lengths)
        if sum(length * self.uses[number] for number, length in shared) > LIMIT_BYTES:
            self.refuse(f"at most {LIMIT_BYTES:,} characters")

    def refuse(self, limit: str) -> None:
        raise _refused(self.name, f"a workbook must hold {limit}", "more", "copy the table to a new workbook")


class _Place:
    """Where the reading of one part is: at which cell, and inside which text."""

    def __init__(self, left: _Left) -> None:
        self.left, self.row, self.column = left, 0, 0
        self.is_shared = self.in_number = self.in_text = False
        self.number: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.left.count()
        kind = tag.rpartition(":")[2]
        if kind == "row":
            self.row, self.column = int(attributes.get("r", self.row + 1)), 0
            self.left.within(self.row, 1)
        elif kind == "c":
            self.is_shared = attributes.get("t") == "s"
            at = _cell(attributes["r"]) if "r" in attributes else [self.row, self.column + 1]
            self.row, self.column = at
            self.left.within(self.row, self.column)
        elif kind == "v":
            self.in_number = self.is_shared
        elif kind == "si":
            self.in_text = True
            self.left.lengths.append(0)
        elif kind == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            outside = attributes.get("TargetMode") == "External"
            if outside or not attributes.get("Target", "").casefold().endswith(".xml"):
                self.left.refuse("its sheets itself")

    def end(self, tag: str) -> None:
        kind = tag.rpartition(":")[2]
        if kind == "si":
            self.in_text = False
        elif kind == "v" and self.in_number:
            self.in_number = False
            written = "".join(self.number).strip()
            self.number.clear()
            if written.isdecimal() and len(written) < _LONGEST_NUMBER:
                self.left.uses[int(written)] += 1

    def words(self, text: str) -> None:
        if self.in_number:
            self.number.append(text)
        elif self.in_text:
            self.left.lengths[-1] += len(text)

    def doctype(self, *_: object) -> None:
        self.left.refuse("no document type")


def _measure(part: IO[bytes], left: _Left) -> None:
    """Read one part as a stream and follow where its cells stand, whatever the part says of its own size."""
    place = _Place(left)
    parser = expat.ParserCreate()
    parser.StartElementHandler = place.start
    parser.EndElementHandler = place.end
    parser.CharacterDataHandler = place.words
    parser.StartDoctypeDeclHandler = place.doctype
    while data := part.read(CHUNK):
        left.take(len(data))
        parser.Parse(data)
    parser.Parse(b"", True)


def _cell(reference: str) -> list[int]:
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
        if column > LIMIT_COLUMNS:
            break
    return [int(reference[len(letters) :]), column]
