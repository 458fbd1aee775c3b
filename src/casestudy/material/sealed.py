"""Sealed survey files: tables in which a hash stands for the answers of a self-generated code.

A sealed file is a plain csv under the name of the file it came from, with ``.sealed.csv`` behind it where
that was no csv. It is read by the mapping of that file. What the file said of its values, as SPSS files do,
stands in a row of its own below the header.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import folders
from casestudy.material.formats.sheets import Meanings, Sheet
from casestudy.material.instrument import FOLDER
from casestudy.material.mappings import FileMapping
from casestudy.study import Study

CODE, HOW = "sealed_code", "sealed_by"
COLUMNS = (CODE, HOW)
MEANINGS = "meanings"  # in the second column, of the row that tells what values mean
SUFFIX = ".sealed.csv"
# While this is there sealing was begun and is not done; see `sealing`.
JOURNAL = ".sealing/moves.json"

_LIMIT_HEADER = 1_000_000


def must_be_whole(study: Study) -> None:
    """Refuse a survey of which only some files are sealed, as sealing was interrupted.

    Raises
    ------
    InvalidMaterial
        Naming the command that ends it.
    """
    if (study.folder / FOLDER / JOURNAL).exists():
        must, remedy = (
            "all files must be sealed, or none",
            "run `casestudy link --seal` again; it ends the work",
        )
        raise InvalidMaterial([Problem(FOLDER, must, "sealing that was interrupted", remedy)])


def original(file: PurePosixPath) -> PurePosixPath:
    """Give the name under which a mapping knows a survey file.

    Examples
    --------
    >>> str(original(PurePosixPath("na/a.xlsx.sealed.csv"))), str(original(PurePosixPath("voor.csv")))
    ('na/a.xlsx', 'voor.csv')
    """
    return file.with_name(file.name.removesuffix(SUFFIX))


def copy_of(file: PurePosixPath) -> PurePosixPath:
    """Name the sealed copy of a survey file.

    Examples
    --------
    >>> str(copy_of(PurePosixPath("na/a.xlsx"))), str(copy_of(PurePosixPath("voor.csv")))
    ('na/a.xlsx.sealed.csv', 'voor.csv')
    """
    return file if file.suffix.casefold() == ".csv" else file.with_name(file.name + SUFFIX)


def is_sealed(path: Path) -> bool:
    """Tell whether the header of a file has both columns of a sealed one."""
    if path.suffix.casefold() != ".csv":
        return False
    with path.open("rb") as file:
        first = file.readline(_LIMIT_HEADER).decode("utf-8", errors="replace")
    try:
        header = next(csv.reader([first.removeprefix("\ufeff")]), [])
    except csv.Error:
        return False
    return set(COLUMNS) <= set(header)


def read(path: Path, name: str, *, root: Path) -> Sheet:
    """Read a sealed file, every cell as text.

    Raises
    ------
    InvalidMaterial
        When it is not the csv that was written: other bytes, rows of another length, a column twice.
    """
    data = folders.read_bytes(path, root=root, name=name)
    try:
        text = data.decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        found = [(reader.line_num, values) for values in reader if values]
    except (UnicodeDecodeError, csv.Error):
        raise _refused(name, "a sealed file must be the csv that was written", "something else") from None
    (_, header), *rows = found
    if len(set(header)) < len(header):
        raise _refused(place(name, 1), "a column must stand once", "one twice")
    for line, values in rows:
        if len(values) != len(header):
            raise _refused(place(name, line), f"the row must have {len(header)} values", f"{len(values)}")
    named = [(line, dict(zip(header, values, strict=True))) for line, values in rows]
    meanings = Meanings()
    if named and named[0][1][HOW] == MEANINGS:
        try:
            meanings = _meanings(named.pop(0)[1])
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            raise _refused(place(name, 2), "the meanings must be as they were written", "other") from None
    return Sheet(name, tuple(header), tuple(named), meanings=meanings)


def _meanings(row: Mapping[str, str]) -> Meanings:
    said = {column: json.loads(text) for column, text in row.items() if text and column not in COLUMNS}
    labels = {column: {str(k): str(v) for k, v in one["labels"].items()} for column, one in said.items()}
    return Meanings(labels, {column: frozenset(map(str, one["missing"])) for column, one in said.items()})


def _refused(where: str, must: str, found: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(where, must, found, "restore it from a copy")])


def text(header: Iterable[str], rows: Iterable[Mapping[str, str]], meanings: Meanings | None = None) -> str:
    """Write a table as the csv that ``read`` reads.

    Examples
    --------
    >>> text(["V1", "sealed_code"], [{"V1": "a, b", "sealed_code": "0f"}])
    'V1,sealed_code\\n"a, b",0f\\n'
    """
    columns = list(header)
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(columns)
    said = {column: _said(column, meanings or Meanings()) for column in columns}
    if any(said.values()):
        writer.writerow([MEANINGS if column == HOW else said[column] for column in columns])
    writer.writerows([row[column] for column in columns] for row in rows)
    return lines.getvalue()


def _said(column: str, meanings: Meanings) -> str:
    labels, missing = meanings.labels.get(column, {}), meanings.missing.get(column, frozenset())
    if not labels and not missing:
        return ""
    return json.dumps({"labels": dict(labels), "missing": sorted(missing)}, ensure_ascii=False)


def fitted(mapping: FileMapping) -> FileMapping:
    """Fit the mapping of a file with self-generated codes to its sealed copy.

    The sealed code takes the place of the respondent's id: two rows with one code are one person.
    """
    was = mapping.columns.respondent
    return mapping.model_copy(
        update={
            "columns": mapping.columns.model_copy(update={"respondent": CODE}),
            "linking": "id",
            "sgic": (HOW,),  # what is left of the elements
            "ignore": (*mapping.ignore, *([was] if was else [])),
        }
    )
