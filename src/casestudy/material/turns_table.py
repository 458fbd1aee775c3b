"""Tables of turns: who spoke and what they said, row by row, from csv text or a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from casestudy import schema
from casestudy.documents import short
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material.formats import workbooks
from casestudy.material.formats.workbooks import Grid

_HEADERS = {
    "speaker": "speaker|spreker|speaker name|name|naam|who|wie|participant|deelnemer|naam spreker"
    "|spreker naam|respondent|persoon|person".split("|"),
    "words": "statement|text|tekst|utterance|uitspraak|words|woorden|transcript|inhoud|content|uiting"
    "|gesproken tekst|spoken text|spreekbeurt|turn|transcriptie|transcription".split("|"),
}
_MUST = "a table of turns must have a column `speaker` and a column `text`, each once"
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table of turns; ``speaker`` is absent when the table has no column for it."""

    speaker: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Turns:
    """The rows of a table in order, and what a person should know of how it was read."""

    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = ()


def columns(header: Sequence[str]) -> dict[str, int]:
    """Find the columns of the speaker and of the words by their Dutch or English names.

    Examples
    --------
    >>> columns(["Tijd", "Spreker", "Tekst"])
    {'speaker': 1, 'words': 2}
    """
    folded = [" ".join(cell.casefold().replace("_", " ").split()) for cell in header]
    found = {column: [name for name in names if name in folded] for column, names in _HEADERS.items()}
    return {column: folded.index(names[0]) for column, names in found.items() if names}


def from_text(text: str, name: str) -> Turns:
    """Read a table of turns from text separated by commas, semicolons or tabs.

    Raises
    ------
    InvalidMaterial
        When it is no valid table, or has no column of words.

    Examples
    --------
    >>> from_text("spreker;tekst\\nI;Hoe?\\n", "a.csv").rows
    (Row(speaker='I', words='Hoe?'),)
    """
    header, rows = schema.read_table(text, name)
    found = columns(header)
    if "words" not in found or len(set(header)) < len(header):
        raise InvalidMaterial([Problem(place(name, 1), _MUST, "other columns", "name the columns so")])
    who = header[found["speaker"]] if "speaker" in found else None
    what = header[found["words"]]
    return Turns(tuple(Row(row[who] if who else None, row[what]) for _, row in rows))


def from_workbook(data: bytes, name: str) -> Turns:
    """Read a table of turns from the one sheet of a workbook that holds one; no formula is run.

    Raises
    ------
    InvalidMaterial
        When it is no workbook, would not fit into memory, or has no sheet, or several, with turns.
    """
    book = workbooks.read(data, name, list)
    found = {sheet: turns for sheet, grid in book.grids.items() if (turns := _turns(grid)) is not None}
    if not found:
        raise InvalidMaterial([Problem(name, _MUST, "other columns", "name the columns so")])
    if len(found) > 1:
        must, remedy = "one sheet of a workbook must hold the turns", "keep each in a workbook of its own"
        raise InvalidMaterial([Problem(name, must, f"{len(found)} sheets with turns", remedy)])
    (turns,) = found.values()
    n_others = sum(sheet not in found and bool(grid) for sheet, grid in book.grids.items())
    remarks = [f"hidden sheets were not read: {_named(book.hidden)}"] if book.hidden else []
    remarks += [f"other sheets without turns were not read: {n_others}"] if n_others else []
    return Turns(turns, tuple(remarks))


def _turns(grid: Grid) -> tuple[Row, ...] | None:
    """Rows below the first filled one, when that one is the header of a table of turns."""
    filled = [row for _, row in grid if any(row)]
    header = filled[0] if filled else []
    named = [cell for cell in header if cell]
    found = columns(header)
    if "words" not in found or len(set(named)) < len(named):
        return None
    who, what = found.get("speaker"), found["words"]
    return tuple(Row(None if who is None else row[who], row[what]) for row in filled[1:])


def _named(sheets: Sequence[str]) -> str:
    more = len(sheets) - _MOST_NAMED
    listed = ", ".join(f"`{short(sheet)}`" for sheet in sheets[:_MOST_NAMED])
    return f"{listed} and {more} more" if more > 0 else listed
