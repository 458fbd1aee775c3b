"""Delimited text as programs write it: every cell as text, its separator and encoding told or found out."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from casestudy.documents import must_be_there
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import texts
from casestudy.material.formats.workbooks import LIMIT_CELLS, Grid

LIMIT_BYTES = 50_000_000
LIMIT_ROWS = 200_000
LIMIT_COLUMNS = 10_000
SEPARATORS = {",": ",", ";": ";", "tab": "\t"}
# How rows of separators alone are told.
WITHOUT_VALUE = "rows without any value, not read"

# A spreadsheet program may write its separator above the header.
_TOLD = re.compile(r"sep=(?P<separator>[,;\t])\n", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b]")


@dataclass(frozen=True, slots=True)
class Text:
    """The rows of a text file that hold anything, each with its line; and what had to be guessed."""

    grid: Grid
    counts: tuple[tuple[str, int], ...] = ()


class _Broken(Exception):
    """The line of a row that cannot be taken apart, and what is wrong with it."""


def read(path: Path, name: str, *, separator: str | None = None, quote: str = '"') -> Text:
    r"""Read the cells of a delimited text file, without space around them.

    UTF-8 and UTF-16 are recognised; a text that is neither is read as Windows-1252 where no byte speaks
    against it, and that is counted. Line ends become ``\n``, inside quoted cells too. The separator is the
    one that is given, or told in a first line ``sep=;``, or the only one of comma, semicolon and tab with
    which the header has several columns and every row as many.

    Parameters
    ----------
    path
        The file.
    name
        Its name relative to the study folder, for messages.
    separator
        ``,``, ``;`` or ``tab``.
    quote
        The sign around cells that hold a separator.

    Raises
    ------
    InvalidMaterial
        When the file is not text, has a quote that does not close, more than one possible separator, or is
        beyond the limits.
    """
    text, counts = text_of(path, name)
    told = _TOLD.match(text)
    sign = SEPARATORS[separator] if separator is not None else told["separator"] if told else None
    skip = 1 if told else 0
    body = text[told.end() :] if told else text
    # More signs than this are more cells, or lines without any; nothing is taken apart to find that out.
    if max(map(body.count, SEPARATORS.values())) > 2 * LIMIT_CELLS or body.count("\n") > 2 * LIMIT_ROWS:
        raise _too_much(name)
    passed_over: Counter[str] = Counter()
    try:
        found = _rows(body, sign or _separator(body, name, quote), quote, name, passed_over)
        grid = [(line + skip, row) for line, row in found]
    except _Broken as broken:
        where = place(name, broken.args[0] + skip)
        raise _refused(where, "the table must be valid csv", broken.args[1], "mend the row") from None
    return Text(grid, (*counts, *passed_over.items()))


def text_of(path: Path, name: str) -> tuple[str, tuple[tuple[str, int], ...]]:
    r"""Read a file as text with ``\n`` line ends, and count an encoding that had to be guessed.

    Raises
    ------
    InvalidMaterial
        When it is not there, too large, or not text.
    """
    must_be_there(path, name)
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise _refused(name, f"the file must be under {LIMIT_BYTES:,} bytes", "more", "split it")
        data = path.read_bytes()
    except OSError:
        raise _refused(name, "the file must be readable", "no permission", "check its rights") from None
    encoding = texts.encoding_of(data)
    try:
        text = texts.normalise(data.decode(encoding).removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte {error.start} that is not"
        raise _refused(place(name, line), "the file must be text", found, "save it as `CSV UTF-8`") from None
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        remedy = "save the table again as `CSV UTF-8`"
        raise _refused(place(name, line), "the file must be text", "a sign that no text has", remedy)
    guessed = encoding in texts.GUESSED
    return text, ((f"read as {texts.GUESSED[encoding]}, which was guessed", 1),) if guessed else ()


def _separator(text: str, name: str, quote: str) -> str:
    """Find the separator that the file itself leaves no doubt about; a table of one column has a comma."""
    several = [sign for sign in SEPARATORS.values() if _n_columns(text, sign, quote, name) > 1]
    if not several and "|" in text.partition("\n")[0]:
        remedy = "save it with commas, semicolons or tabs between them"
        raise _refused(place(name, 1), "one known sign must separate the values", "`|`", remedy)
    if len(several) < 2:
        return several[0] if several else ","
    fitting = [sign for sign in several if _is_whole(text, sign, quote, name)]
    if len(fitting) == 1:
        return fitting[0]
    found = f"{len(fitting or several)} that may be it"
    remedy = "name it as `separator` in instrument.yml"
    raise _refused(place(name, 1), "one sign must separate the values", found, remedy)


def _n_columns(text: str, separator: str, quote: str, name: str) -> int:
    try:
        return len(next(_rows(text, separator, quote, name), (1, []))[1])
    except _Broken:
        return 0


def _is_whole(text: str, separator: str, quote: str, name: str) -> bool:
    rows = _rows(text, separator, quote, name)
    try:
        n_columns = len(next(rows)[1])
        return all(len(row) == n_columns for _, row in rows)
    except _Broken:
        return False


def _rows(
    text: str, separator: str, quote: str, name: str, passed_over: Counter[str] | None = None
) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quotechar=quote, strict=True)
    line, n_rows, n_cells = 1, 0, 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            is_long = "field larger" in str(error)
            found = (
                "a cell that is far too long, or a quote that does not close" if is_long else "a broken quote"
            )
            raise _Broken(line, found) from None
        if row is None:
            return
        start, line = line, reader.line_num + 1
        values = [value.strip() for value in row]
        if any(values):
            n_rows, n_cells = n_rows + 1, n_cells + len(values)
            if n_rows > LIMIT_ROWS or n_cells > LIMIT_CELLS or len(values) > LIMIT_COLUMNS:
                raise _too_much(name)
            yield start, values
        elif len(values) > 1 and passed_over is not None:
            # A line without even a separator is no row.
            passed_over[WITHOUT_VALUE] += 1


def _too_much(name: str) -> InvalidMaterial:
    limit = f"at most {LIMIT_ROWS:,} rows, {LIMIT_COLUMNS:,} columns and {LIMIT_CELLS:,} cells"
    return _refused(name, f"a table must hold {limit}", "more", "split the file")


def _refused(where: str, must: str, found: str, remedy: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(where, must, found, remedy)])
