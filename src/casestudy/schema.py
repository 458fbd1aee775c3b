"""Tables that people and programs write: csv rows with a type for every column."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from casestudy.documents import Record, must_be_there, nearest, short
from casestudy.errors import InvalidMaterial, Problem, place

LIMIT_BYTES = 100_000_000
LIMIT_ROWS = 1_000_000

Row = TypeVar("Row", bound=Record)


def read_rows(path: Path, model: type[Row], *, name: str) -> list[tuple[int, Row]]:
    """Read a csv file as typed rows with their line numbers.

    Comma, semicolon and tab are recognised from the header; every value is text until the model reads it;
    an empty value is absent. Blank lines are skipped.

    Raises
    ------
    InvalidMaterial
        With every problem of the file: bad bytes, unknown, doubled or missing columns, wrong values.
    """
    header, rows = read_table(text_of(path, name), name)
    problems = list(_header_problems(header, model, name))
    if problems:
        raise InvalidMaterial(problems)
    read: list[tuple[int, Row]] = []
    for line, values in rows:
        try:
            read.append((line, model.model_validate({k: v for k, v in values.items() if v != ""})))
        except ValidationError as error:
            problems.extend(_row_problems(error, place(name, line)))
    if problems:
        raise InvalidMaterial(problems)
    return read


def text_of(path: Path, name: str) -> str:
    """Read a text table as normalised text: UTF-8 with or without a mark, NFC."""
    must_be_there(path, name)
    if path.stat().st_size > LIMIT_BYTES:
        raise InvalidMaterial(
            [Problem(name, f"the file must be under {LIMIT_BYTES:,} bytes", "more", "split it")]
        )
    try:
        return unicodedata.normalize("NFC", path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        found = f"byte {error.start} that is not"
        remedy = "save it as `CSV UTF-8`"
        raise InvalidMaterial([Problem(name, "the file must be UTF-8 text", found, remedy)]) from None


def read_table(text: str, name: str) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Split delimited text into its header and its rows as text, each row with its line number.

    Examples
    --------
    >>> read_table("id;naam\\n012;no\\n", "x.csv")
    (['id', 'naam'], [(2, {'id': '012', 'naam': 'no'})])
    """
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    problems: list[Problem] = []
    rows: list[tuple[int, dict[str, str]]] = []
    header: list[str] = []
    line = 1
    try:
        for values in reader:
            start, line = line, reader.line_num + 1
            if not any(value.strip() for value in values):
                continue
            if not header:
                header = [value.strip() for value in values]
            elif len(values) != len(header):
                found = f"{len(values)} values"
                remedy = "check separators and quotes"
                problems.append(
                    Problem(place(name, start), f"the row must have {len(header)} values", found, remedy)
                )
            else:
                rows.append((start, {key: value.strip() for key, value in zip(header, values, strict=True)}))
            if len(rows) > LIMIT_ROWS:
                raise InvalidMaterial(
                    [Problem(name, f"at most {LIMIT_ROWS:,} rows", "more", "split the file")]
                )
    except csv.Error:
        problems.append(
            Problem(
                place(name, line), "the table must be valid csv", "a broken quote or value", "mend the row"
            )
        )
    if not header:
        problems.append(Problem(name, "the table must have a header", "an empty file", "add the first row"))
    if problems:
        raise InvalidMaterial(problems)
    return header, rows


def _header_problems(header: list[str], model: type[Record], name: str) -> Iterator[Problem]:
    known = list(model.model_fields)
    where = place(name, 1)
    for column in dict.fromkeys(header):
        if header.count(column) > 1:
            yield Problem(
                where,
                "a column must stand once",
                f"`{short(column)}` {header.count(column)} times",
                "keep one",
            )
        if column not in known:
            yield Problem(where, "every column must be known", f"`{short(column)}`", nearest(column, known))
    for column, field in model.model_fields.items():
        if field.is_required() and column not in header:
            yield Problem(where, f"the column `{column}` must be there", "nothing", "add the column")


def _row_problems(error: ValidationError, where: str) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_input=False):
        column = str(detail["loc"][0]) if detail["loc"] else "the row"
        if detail["type"] == "missing":
            yield Problem(where, f"`{column}` must be filled in", "nothing", "fill it in")
            continue
        message = detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
        message = message.replace("String should", "must")
        must, _, remedy = message.partition("; ")
        yield Problem(where, f"`{column}` {must}", "something else", remedy or "correct the value")


def write_rows(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a csv file with ``\\n`` line ends; an absent value is empty."""
    columns = list(columns)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow(["" if row.get(column) is None else row[column] for column in columns])
