"""Tables as programs export them: delimited text and workbooks, every cell as text, within limits."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO
from xml.parsers import expat

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from casestudy import schema
from casestudy.documents import nearest, short
from casestudy.errors import InvalidMaterial, Problem, place

LIMIT_BYTES = 100_000_000
LIMIT_RATIO = 100
LIMIT_MEMBERS = 5_000
LIMIT_ROWS = 100_000
LIMIT_COLUMNS = 2_000
LIMIT_CELLS = 5_000_000
CHUNK = 1 << 16
# A tiny member may be squeezed well (a style sheet of repeats); a bomb is large as well.
RATIO_COUNTS_FROM = 1_000_000

TEXT = {".csv", ".tsv", ".txt"}
WORKBOOK = {".xlsx", ".xlsm"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as text: its header, its rows with their line number, and the hidden sheets left unread."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    hidden: tuple[str, ...] = ()


def read(path: Path, name: str, *, sheet: str | None = None) -> Sheet:
    """Read a delimited text file or one sheet of a workbook.

    Values keep the form in which they were written, without spaces around them; a whole number of a workbook
    has no decimals, a date is ``YYYY-MM-DD``, a formula has the value that was last computed. Rows without
    any value are skipped.

    Parameters
    ----------
    path
        The file.
    name
        Its name relative to the study folder, for messages.
    sheet
        Which sheet of a workbook; may be left out when it has one that is not hidden.

    Raises
    ------
    InvalidMaterial
        When the file is of another kind, damaged, too large when unpacked, or has a header that cannot be
        used.
    """
    kind = path.suffix.casefold()
    if kind in TEXT:
        try:
            text = schema.text_of(path, name)
        except OSError:
            raise _refused(name, "the file must be readable", "no permission", "check its rights") from None
        header, rows = schema.read_table(text, name)
        table = Sheet(name, tuple(header), tuple(rows))
    elif kind in WORKBOOK:
        table = _workbook(path, name, sheet)
    else:
        raise _refused(name, "the file must be csv, tsv or xlsx", f"`{kind[:12]}`", "save it as one of these")
    problems = list(_header_problems(table))
    if problems:
        raise InvalidMaterial(problems)
    return table


def _refused(name: str, must: str, found: str, remedy: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(name, must, found, remedy)])


def _header_problems(table: Sheet) -> Iterator[Problem]:
    where = place(table.name, 1)
    for column in dict.fromkeys(table.header):
        n = table.header.count(column)
        if not column:
            yield Problem(where, "every column must have a name", f"{n} without", "name or remove it")
        elif n > 1:
            yield Problem(where, "a column must stand once", f"`{short(column)}` {n} times", "keep one")


def _workbook(path: Path, name: str, sheet: str | None) -> Sheet:
    _guard(path, name)
    try:
        with CalamineWorkbook.from_path(path) as book:
            about = [s for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
            shown = [s.name for s in about if s.visible == SheetVisibleEnum.Visible]
            hidden = tuple(s.name for s in about if s.name not in shown)
            chosen = _chosen(shown, sheet, name)
            cells = book.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
            grid = [(number, [_text(v) for v in row]) for number, row in enumerate(cells, start=1)]
    except InvalidMaterial:
        raise
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - the reader is not in Python, and its panics are no ordinary exceptions
        raise _refused(
            name, "the file must be a whole workbook", "a damaged one", "open and save it again"
        ) from None
    return _table(grid, name, hidden)


def _chosen(shown: list[str], sheet: str | None, name: str) -> str:
    if sheet is not None and sheet not in shown:
        raise _refused(
            name, "`sheet` must be a sheet that is not hidden", f"`{sheet}`", nearest(sheet, shown)
        )
    if sheet is None and len(shown) != 1:
        found = f"{len(shown)} sheets that are not hidden"
        raise _refused(
            name, "it must be clear which sheet to read", found, "name one as `sheet` in instrument.yml"
        )
    return sheet if sheet is not None else shown[0]


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


def _table(grid: list[tuple[int, list[str]]], name: str, hidden: tuple[str, ...]) -> Sheet:
    filled = [(number, row) for number, row in grid if any(row)]
    if not filled:
        raise _refused(name, "the table must have a header", "an empty sheet", "add the first row")
    # Formats without values make a sheet wider than its table.
    wanted = sorted({n for _, row in filled for n, value in enumerate(row) if value})
    (_, header), *rows = [(number, [row[n] for n in wanted]) for number, row in filled]
    named = ((number, dict(zip(header, row, strict=True))) for number, row in rows)
    return Sheet(name, tuple(header), tuple(named), hidden)


def _guard(path: Path, name: str) -> None:
    """Refuse, before anything is unpacked at once, what would not fit into memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            size, squeezed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
            bomb = size > RATIO_COUNTS_FROM and size > LIMIT_RATIO * max(squeezed, 1)
            if size > LIMIT_BYTES or bomb or len(members) > LIMIT_MEMBERS:
                must = f"it must unpack to at most {LIMIT_BYTES:,} bytes, {LIMIT_RATIO} times its size"
                raise _refused(name, must, "more", "save the answers alone, without pictures and formats")
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


class _Left:
    """What a workbook may still hold; also refuses what no survey export holds."""

    def __init__(self, name: str) -> None:
        self.name, self.bytes, self.elements = name, LIMIT_BYTES, LIMIT_CELLS

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

    def refuse(self, limit: str) -> None:
        raise _refused(
            self.name, f"a workbook must hold {limit}", "more", "copy the answers to a new workbook"
        )


def _measure(part: IO[bytes], left: _Left) -> None:
    """Read one part as a stream and follow where its cells stand, whatever the part says of its own size."""
    position = [0, 0]

    def start(tag: str, attributes: dict[str, str]) -> None:
        left.count()
        kind = tag.rpartition(":")[2]
        if kind == "row":
            position[:] = [int(attributes.get("r", position[0] + 1)), 0]
            left.within(position[0], 1)
        elif kind == "c":
            position[:] = _cell(attributes["r"]) if "r" in attributes else [position[0], position[1] + 1]
            left.within(*position)
        elif kind == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            outside = attributes.get("TargetMode") == "External"
            if outside or not attributes.get("Target", "").casefold().endswith(".xml"):
                left.refuse("its sheets itself")

    def doctype(*_: object) -> None:
        left.refuse("no document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
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
