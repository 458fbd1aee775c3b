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
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
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
# What a formula shows that no program has computed yet.
NOT_COMPUTED = "#FORMULA!"
_LONGEST_ERROR = 20
_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"

Grid = list[tuple[int, list[str]]]
Range = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Workbook:
    """The chosen sheets by name, each its rows as text with their number, and the hidden ones left unread.

    Parameters
    ----------
    grids, hidden
        Rows of the sheets that were chosen; names of hidden sheets.
    errors
        Per sheet the cells that hold an error in place of a value, and formulas that were never computed:
        row, column and the error, such as ``#N/A``. In the grid they are empty.
    merged
        Per chosen sheet the ranges of merged cells: first row and column, last row and column, from 1.
    """

    grids: dict[str, Grid]
    hidden: tuple[str, ...]
    errors: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)
    merged: dict[str, list[Range]] = field(default_factory=dict)


def read(
    file: Path | bytes, name: str, choose: Callable[[list[str]], Sequence[str]], *, decimal: str = "."
) -> Workbook:
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
    decimal
        The mark before the decimals of a number; a text keeps its own.

    Raises
    ------
    InvalidMaterial
        When it is no workbook, is damaged, or would not fit into memory.
    """
    errors = _guard(io.BytesIO(file) if isinstance(file, bytes) else file, name)
    try:
        with CalamineWorkbook.from_object(io.BytesIO(file) if isinstance(file, bytes) else file) as book:
            about = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
            shown = [sheet.name for sheet in about if sheet.visible == SheetVisibleEnum.Visible]
            hidden = tuple(sheet.name for sheet in about if sheet.name not in shown)
            wanted = choose(shown)
            grids = {sheet: _grid(book, sheet, decimal) for sheet in wanted}
            merged = {sheet: _merged(book, sheet) for sheet in wanted}
            return Workbook(grids, hidden, errors, merged)
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


def _grid(book: CalamineWorkbook, sheet: str, decimal: str) -> Grid:
    cells = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    return [(number, [_text(value, decimal) for value in row]) for number, row in enumerate(cells, start=1)]


def _merged(book: CalamineWorkbook, sheet: str) -> list[Range]:
    ranges = book.get_sheet_by_name(sheet).merged_cell_ranges or []
    return [(r + 1, c + 1, last_r + 1, last_c + 1) for (r, c), (last_r, last_c) in ranges]


def number(value: float, decimal: str = ".") -> str:
    """Write a number as a person would: whole ones without decimals, all of its digits otherwise.

    Examples
    --------
    >>> number(4.0), number(0.00001), number(2.5, ","), number(1e300)
    ('4', '0.00001', '2,5', '1e+300')
    """
    if not abs(value) < 1e16:
        return repr(value)
    written = str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return written.replace(".", decimal)


def _text(value: object, decimal: str) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return number(value, decimal)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value} h"
    return str(value).strip()


def _guard(file: Path | IO[bytes], name: str) -> dict[str, list[tuple[int, int, str]]]:
    """Refuse, before anything is unpacked at once, what would not fit into memory; give errors in cells."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            size, squeezed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
            bomb = size > RATIO_COUNTS_FROM and size > LIMIT_RATIO * max(squeezed, 1)
            if size > LIMIT_BYTES or bomb or len(members) > LIMIT_MEMBERS:
                must = f"it must unpack to at most {LIMIT_BYTES:,} bytes, {LIMIT_RATIO} times its size"
                raise _refused(name, must, "more", "save the table alone, without pictures and formats")
            return _scan(archive, name)
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


def _scan(archive: zipfile.ZipFile, name: str) -> dict[str, list[tuple[int, int, str]]]:
    names = [member.filename for member in archive.infolist()]
    if len({n.casefold() for n in names}) != len(names) or "xl/workbook.xml" not in names:
        raise _refused(name, "it must be an xlsx workbook", "another kind of file", "save it again as xlsx")
    left = _Left(name)
    places: dict[str, _Place] = {}
    for member in names:
        if member.casefold().endswith((".xml", ".rels")):
            with archive.open(member) as part:
                places[member] = _measure(part, left)
    left.settle()
    return _errors(places)


def _errors(places: dict[str, _Place]) -> dict[str, list[tuple[int, int, str]]]:
    """Give the errors in cells by the name of their sheet, where the workbook says which part it is."""
    targets = places[_LINKS].links if _LINKS in places else {}
    found = {}
    for sheet, link in places[_BOOK].links.items():
        target = targets.get(link, "")
        member = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if member in places and places[member].errors:
            found[sheet] = places[member].errors
    return found


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
        self.is_error = self.has_formula = self.has_value = False
        self.number: list[str] = []
        # Names of sheets with their link, or links with what they lead to.
        self.links: dict[str, str] = {}
        self.errors: list[tuple[int, int, str]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.left.count()
        kind = tag.rpartition(":")[2]
        if kind == "row":
            self.row, self.column = int(attributes.get("r", self.row + 1)), 0
            self.left.within(self.row, 1)
        elif kind == "c":
            self.is_shared, self.is_error = attributes.get("t") == "s", attributes.get("t") == "e"
            self.has_formula = self.has_value = False
            at = _cell(attributes["r"]) if "r" in attributes else [self.row, self.column + 1]
            self.row, self.column = at
            self.left.within(self.row, self.column)
        elif kind == "f":
            self.has_formula = True
        elif kind in ("v", "is"):
            self.in_number, self.has_value = kind == "v" and (self.is_shared or self.is_error), True
        elif kind == "si":
            self.in_text = True
            self.left.lengths.append(0)
        elif kind == "sheet":
            link = (value for key, value in attributes.items() if key.rpartition(":")[2] == "id")
            self.links[attributes.get("name", "")] = next(link, "")
        elif kind == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            self.link(attributes)

    def link(self, attributes: dict[str, str]) -> None:
        outside = attributes.get("TargetMode") == "External"
        if outside or not attributes.get("Target", "").casefold().endswith(".xml"):
            self.left.refuse("its sheets itself")
        self.links[attributes.get("Id", "")] = attributes["Target"]

    def end(self, tag: str) -> None:
        kind = tag.rpartition(":")[2]
        if kind == "si":
            self.in_text = False
        elif kind == "v" and self.in_number:
            self.in_number = False
            written = "".join(self.number).strip()
            self.number.clear()
            if self.is_error:
                self.errors.append((self.row, self.column, written[:_LONGEST_ERROR] or NOT_COMPUTED))
            elif written.isdecimal() and len(written) < _LONGEST_NUMBER:
                self.left.uses[int(written)] += 1
        elif kind == "c" and self.has_formula and not self.has_value:
            self.errors.append((self.row, self.column, NOT_COMPUTED))

    def words(self, text: str) -> None:
        if self.in_number:
            self.number.append(text)
        elif self.in_text:
            self.left.lengths[-1] += len(text)

    def doctype(self, *_: object) -> None:
        self.left.refuse("no document type")


def _measure(part: IO[bytes], left: _Left) -> _Place:
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
    return place


def _cell(reference: str) -> list[int]:
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
        if column > LIMIT_COLUMNS:
            break
    return [int(reference[len(letters) :]), column]
