"""Tables as programs export them: delimited text and workbooks, every cell as text, within limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from casestudy.documents import nearest, short
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material.cells import kind_of
from casestudy.material.formats import delimited, workbooks
from casestudy.material.formats.workbooks import Grid
from casestudy.material.mappings import heading

TEXT = {".csv", ".tsv", ".txt", ".dat"}
WORKBOOK = {".xlsx", ".xlsm"}
# How forms that were not finished are told.
UNFINISHED = {"keep": "unfinished forms kept", "drop": "unfinished forms dropped by rule"}
_MOST_HIDDEN = 20


@dataclass(frozen=True, slots=True)
class Meanings:
    """What a file itself says of its values, by column.

    Parameters
    ----------
    labels
        The words that stand for a value: ``{"V1": {"5": "fully agree"}}``.
    missing
        Values that the file marks as no answer.
    """

    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def label(self, column: str, value: str) -> str | None:
        """Give the words that stand for a value of a column, if the file says any."""
        return self.labels.get(column, {}).get(value) or None

    def marks(self, column: str, value: str) -> bool:
        """Tell whether the file marks a value of a column as no answer."""
        return value in self.missing.get(column, ())


@dataclass(frozen=True, slots=True)
class Raw:
    """Rows that hold anything, each with its number and its cells, before anybody says what they are.

    ``counts`` tells what had to be left out or guessed, in words and how often.
    """

    name: str
    grid: Grid
    hidden: tuple[str, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as text: its header, its rows with their line number, and what was done to get them.

    ``positions`` holds the number of each column in the file, where columns were left out or named anew;
    ``counts`` what was left out or guessed, in words and how often; ``n_dropped`` how many rows of the file
    are not in ``rows`` by a rule that ``counts`` tells.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...] = field(repr=False)
    hidden: tuple[str, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    meanings: Meanings = field(default=Meanings(), repr=False)
    positions: tuple[int, ...] = ()
    n_dropped: int = 0


def read(path: Path, name: str, *, sheet: str | None = None) -> Sheet:
    """Read a delimited text file or one sheet of a workbook that has one header row.

    Values keep the form in which they were written, without spaces around them; a whole number of a workbook
    has no decimals, a date is ``YYYY-MM-DD``, a formula has the value that was last computed. Rows without
    any value are skipped, and so are columns without name and value.

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
    return table(raw(path, name, sheet=sheet))


def raw(
    path: Path, name: str, *, sheet: str | None = None, separator: str | None = None, decimal: str = "."
) -> Raw:
    """Read the cells of a file, as ``read`` does, without saying which row is the header.

    Parameters
    ----------
    path, name, sheet
        As in ``read``.
    separator
        What stands between the values of a text file, where the file leaves it open.
    decimal
        The mark that a number of a workbook gets; a text keeps its own.

    Raises
    ------
    InvalidMaterial
        As ``read``; not for its header.
    """
    kind = path.suffix.casefold()
    if kind in TEXT:
        # The data file that LimeSurvey writes for SPSS; nothing else ends so.
        text = delimited.read(path, name, separator=separator, quote="'" if kind == ".dat" else '"')
        found = Raw(name, text.grid, (), text.counts)
    elif kind in WORKBOOK:
        found = _workbook(path, name, sheet, decimal)
    else:
        must = "the file must be csv, tsv, xlsx or sav"
        raise _refused(name, must, f"`{kind[:12]}`", "save it as one of these")
    if not found.grid:
        raise _refused(name, "the table must have a header", "an empty file", "add the first row")
    if kind == ".dat":
        return found
    (line, header), *rows = found.grid
    return replace(found, grid=[(line, [*map(heading, header)]), *rows])


def table(found: Raw, *, n_headers: int = 1, header: Sequence[str] | None = None) -> Sheet:
    """Take the first row as the header and the rows below ``n_headers`` rows as values.

    Parameters
    ----------
    found
        Rows and cells of a file.
    n_headers
        How many rows above the values belong to the header.
    header
        Names for all columns, in place of those in the first row.

    Raises
    ------
    InvalidMaterial
        When a row has more or fewer values than the header, or a column no name or another one's.
    """
    line = found.grid[0][0] if n_headers else 1
    names = list(header if header is not None else found.grid[0][1])
    problems = list(_ragged(found, len(names)))
    if problems:
        raise InvalidMaterial(problems)
    rows = found.grid[n_headers:]
    wanted = [n for n, word in enumerate(names) if word or any(row[n] for _, row in rows)]
    kept = tuple(names[n] for n in wanted)
    if problems := list(_header_problems(found.name, line, kept)):
        raise InvalidMaterial(problems)
    named = tuple((number, {names[n]: row[n] for n in wanted}) for number, row in rows)
    return Sheet(
        found.name, kept, named, found.hidden, found.counts, Meanings(), tuple(n + 1 for n in wanted)
    )


def addressed(columns: Iterable[Sequence[str]], *named: Collection[str]) -> list[str]:
    """Choose one name per column from the names it goes by.

    Parameters
    ----------
    columns
        The names of each column.
    named
        Names that a mapping uses, those that count most first; where none of them is there, the first counts.

    Examples
    --------
    >>> addressed([("Q1", "QID1"), ("Q1", "QID2"), ("Q2", "QID3")], {"QID1"}, {"Q1"})
    ['QID1', 'Q1', 'Q2']
    """
    return [next((name for words in named for name in names if name in words), names[0]) for names in columns]


def without(sheet: Sheet, left_out: Collection[str]) -> Sheet:
    """Leave columns out, so that nothing of them is kept."""
    header = tuple(column for column in sheet.header if column not in left_out)
    rows = tuple((line, {column: row[column] for column in header}) for line, row in sheet.rows)
    at = dict(zip(sheet.header, sheet.positions or range(1, len(sheet.header) + 1), strict=True))
    return replace(sheet, header=header, rows=rows, positions=tuple(at[column] for column in header))


def is_value(word: str) -> bool:
    """Tell whether a word reads as somebody's value rather than as the name of a column.

    Examples
    --------
    >>> is_value("4"), is_value("2019-03-01"), is_value("a@voorbeeld.nl"), is_value("Q4")
    (True, True, True, False)
    """
    is_address = "@" in word[1:] and " " not in word
    return is_address or kind_of(word) in ("a number", "a decimal number", "a date")


def _refused(name: str, must: str, found: str, remedy: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(name, must, found, remedy)])


def _ragged(found: Raw, n_columns: int) -> Iterator[Problem]:
    for line, row in found.grid:
        if len(row) != n_columns:
            must, remedy = f"the row must have {n_columns} values", "check separators and quotes"
            yield Problem(place(found.name, line), must, f"{len(row)} values", remedy)


def _header_problems(name: str, line: int, header: tuple[str, ...]) -> Iterator[Problem]:
    where = place(name, line)
    for column, n in Counter(header).items():
        if not column:
            remedy = "name or remove them, and any rows above the header"
            yield Problem(where, "every column must have a name", f"{n} without", remedy)
        elif n > 1:
            # What reads as a value may be one: a file without a header begins with somebody's answers.
            called = kind_of(column) if is_value(column) else f"`{short(column)}`"
            yield Problem(where, "a column must stand once", f"{called} {n} times", "keep one, or rename one")


def _workbook(path: Path, name: str, sheet: str | None, decimal: str) -> Raw:
    book = workbooks.read(path, name, lambda shown: [_chosen(shown, sheet, name)], decimal=decimal)
    ((chosen, grid),) = book.grids.items()
    for row, column, word in book.errors.get(chosen, ()):
        if row <= len(grid) and column <= len(grid[row - 1][1]):
            grid[row - 1][1][column - 1] = word
    filled = [(number, row) for number, row in grid if any(row)]
    n_empty = filled[-1][0] - filled[0][0] + 1 - len(filled) if filled else 0
    if not filled:
        raise _refused(name, "the table must have a header", "an empty sheet", "add the first row")
    # Formats without values make a sheet wider than its table.
    wanted = sorted({n for _, row in filled for n, value in enumerate(row) if value})
    if problems := list(_merged(name, book.merged.get(chosen, ()), filled[0][0], wanted[-1] + 1)):
        raise InvalidMaterial(problems)
    hidden = tuple(f"hidden sheet not read, `{short(sheet)}`" for sheet in book.hidden[:_MOST_HIDDEN])
    counts = tuple((words, 1) for words in hidden)
    if more := len(book.hidden) - len(hidden):
        counts = (*counts, ("further hidden sheets not read", more))
    counts = (*counts, (delimited.WITHOUT_VALUE, n_empty)) if n_empty else counts
    return Raw(name, [(number, [row[n] for n in wanted]) for number, row in filled], book.hidden, counts)


def _merged(
    name: str, ranges: Sequence[workbooks.Range], first_row: int, n_columns: int
) -> Iterator[Problem]:
    """Tell where cells of the table are merged: all but the first of them would count as empty."""
    for top, left, bottom, _ in ranges:
        if bottom >= first_row and left <= n_columns:
            where = place(name, max(top, first_row))
            remedy = "split them and fill in each; remove a title above the header"
            yield Problem(where, "each cell of a table must stand alone", "merged cells", remedy)


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
