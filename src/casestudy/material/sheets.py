"""Tables as programs export them: delimited text and workbooks, every cell as text, within limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from casestudy import schema
from casestudy.documents import nearest, short
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import workbooks
from casestudy.material.workbooks import Grid

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
    book = workbooks.read(path, name, lambda shown: [_chosen(shown, sheet, name)])
    (grid,) = book.grids.values()
    return _table(grid, name, book.hidden)


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


def _table(grid: Grid, name: str, hidden: tuple[str, ...]) -> Sheet:
    filled = [(number, row) for number, row in grid if any(row)]
    if not filled:
        raise _refused(name, "the table must have a header", "an empty sheet", "add the first row")
    # Formats without values make a sheet wider than its table.
    wanted = sorted({n for _, row in filled for n, value in enumerate(row) if value})
    (_, header), *rows = [(number, [row[n] for n in wanted]) for number, row in filled]
    named = ((number, dict(zip(header, row, strict=True))) for number, row in rows)
    return Sheet(name, tuple(header), tuple(named), hidden)
