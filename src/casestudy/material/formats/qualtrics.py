"""Exports of Qualtrics: one to three header rows, previews left out, nothing kept of who the people are."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from casestudy.documents import short
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material.formats import sheets
from casestudy.material.formats.sheets import Raw, Sheet
from casestudy.material.mappings import FileMapping

# Names of columns that tell who somebody is, and the ImportIds of the same; compared without gaps and case.
PERSONAL = frozenset(
    "ipaddress recipientlastname recipientfirstname recipientemail recipientphone externalreference "
    "externaldatareference locationlatitude locationlongitude locationaccuracy name firstname lastname "
    "emailaddress email phone participantname participantemail".split()
)
# What Qualtrics says of a response itself; left out unless a mapping names it.
_ABOUT = frozenset(
    "startdate enddate status progress duration durationinseconds finished recordeddate responseid recordid "
    "responseset distributionchannel userlanguage".split()
)
_DAYS = frozenset({"startdate", "enddate", "recordeddate"})
# No other program writes columns of these names.
_OWN = frozenset({"recordeddate", "responseid", "finished"})
# The first columns of the older form are numbered; this is what they always hold.
_LEGACY = (
    "ResponseID ResponseSet Name ExternalDataReference EmailAddress IPAddress Status StartDate EndDate "
    "Finished".split()
)
_MOST_HEADERS = 3
_IMPORT_ID = re.compile(r'\s*\{\s*"ImportId"\s*:')
_DAY = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")

# The status is a sum: 1 for a preview, 2 for a test, 8 for what Qualtrics takes for spam.
_NOT_REAL, _SPAM = 1 | 2, 8
_STATUS = {
    "ipaddress": "keep",
    "imported": "keep",
    "offlinesurvey": "keep",
    "ex": "keep",
    "surveypreview": "drop",
    "surveytest": "drop",
    "offlinesurveypreview": "drop",
}
# A spreadsheet program in Dutch turns True and False into words of its own.
_YES, _NO = frozenset({"1", "true", "yes", "ja", "waar"}), frozenset({"0", "false", "no", "nee", "onwaar"})


class _Column(NamedTuple):
    """The names a column goes by, the first as in the first row, and what it says of response or person."""

    names: tuple[str, ...]
    about: str
    is_personal: bool = False


def is_export(found: Raw) -> bool:
    """Tell whether the first rows hold what only Qualtrics writes: a row of ImportIds, or its own columns."""
    return _import_row(found) is not None or is_own(found.grid[0][1])


def is_own(header: Iterable[str]) -> bool:
    """Tell whether names of columns are those that Qualtrics gives what it says of a response.

    Examples
    --------
    >>> is_own(["Finished", "RecordedDate", "ResponseId", "Q1"]), is_own(["Finished", "Q1"])
    (True, False)
    """
    return {_plain(word) for word in header} >= _OWN


def sheet(found: Raw, mapping: FileMapping, items: Collection[str]) -> Sheet:
    """Read the rows of an export below its two or three header rows, or below one where others were removed.

    Parameters
    ----------
    found
        Rows and cells of the file.
    mapping
        Which columns are used, each by the name in the first row or by its ImportId; the rule for responses
        that were not finished; further words for the status of a response.
    items
        Ids of items: a column may bear one.

    Returns
    -------
    Sheet
        Without personal columns, of which only the name is told, without previews and tests, and without
        what Qualtrics itself says of a response unless the mapping names it.

    Raises
    ------
    InvalidMaterial
        When the header rows are not there, the mapping names a personal column, or it cannot be told whether
        a response is real and finished.
    """
    at = _import_row(found)
    if at == 0:
        raise _no_header(found.name, found.grid[0][0])
    n_headers = _n_texts(found) if at is None else at + 1
    columns = _columns([row for _, row in found.grid[:n_headers]], at)
    header = [_name(column, mapping, items) for column in columns]
    # A column without a name is one only where it holds anything.
    whole = sheets.table(found, n_headers=n_headers, header=header)
    by_name = dict(zip(header, columns, strict=True))
    return _kept(whole, {column: by_name[column] for column in whole.header}, mapping)


def variables(found: Sheet, mapping: FileMapping) -> Sheet:
    """Do as ``sheet`` does for an export to SPSS, whose variables bear the names of the first row."""
    columns = {column: _column((column,), "", "") for column in found.header}
    return _kept(found, columns, mapping)


def _name(column: _Column, mapping: FileMapping, items: Collection[str]) -> str:
    """Name a column as the mapping does; what Qualtrics says itself is no item, even as `V1`."""
    bears = () if column.about in _ABOUT else items
    (name,) = sheets.addressed([column.names], {*mapping.used, *bears}, mapping.ignore)
    return name


def _no_header(name: str, line: int) -> InvalidMaterial:
    must = "an export of Qualtrics must begin with the names of its columns"
    remedy = "export it again, or set `program: table` when another program wrote it"
    return InvalidMaterial([Problem(place(name, line), must, "other rows", remedy)])


def _n_texts(found: Raw) -> int:
    """Count the header rows where none holds ImportIds: one of names, and often one of questions.

    Many remove the rows below the names. A response in their place must not be taken for questions.
    """
    (_, names), *below = found.grid
    if not below:
        return 1
    line, row = below[0]
    columns = _columns([names], None)
    days = [cell for column, cell in zip(columns, row, strict=False) if column.about in _DAYS and cell]
    if days:
        # A date, or the number that a spreadsheet program makes of one.
        return 1 if any(_DAY.match(cell) or sheets.is_value(cell) for cell in days) else 2
    if _is_response(row, columns):
        return 1
    later = [cells for _, cells in below[1:]]
    if any(cell and any(cell == cells[n] for cells in later if n < len(cells)) for n, cell in enumerate(row)):
        return 1
    if any(sheets.is_value(cell) for cells in later for cell in cells):
        return 2
    must = "it must be clear whether the second row holds questions or a response"
    remedy = "export it again with its row of ImportIds, or set `program: table`"
    raise InvalidMaterial([Problem(place(found.name, line), must, "words alone", remedy)])


def _import_row(found: Raw) -> int | None:
    for number, (_, row) in enumerate(found.grid[:_MOST_HEADERS]):
        if any(row) and all(_IMPORT_ID.match(cell) for cell in row if cell):
            return number
    return None


def _columns(rows: Sequence[Sequence[str]], at: int | None) -> list[_Column]:
    first = rows[0]
    is_legacy = list(first[: len(_LEGACY)]) == [f"V{n}" for n in range(1, len(_LEGACY) + 1)]
    columns = []
    for number, word in enumerate(first):
        import_id = _import_id(rows[at][number]) if at and number < len(rows[at]) else ""
        text = rows[1][number] if at != 1 and len(rows) > 1 and number < len(rows[1]) else ""
        # The numbered columns of the older form hold the same whatever the language of their second row.
        fixed = _LEGACY[number] if is_legacy and number < len(_LEGACY) else ""
        columns.append(_column((word, fixed), import_id, text))
    return columns


def _column(words: Sequence[str], import_id: str, text: str) -> _Column:
    names = tuple(dict.fromkeys(name for name in (words[0], import_id, *words[1:]) if name)) or ("",)
    # A question may bear any name; its ImportId says that it is one.
    about = _plain(import_id) or next((_plain(word) for word in reversed(words) if word), "")
    is_personal = bool({_plain(name) for name in (*names, text)} & PERSONAL)
    return _Column(names, about, is_personal)


def _import_id(cell: str) -> str:
    try:
        value = json.loads(cell).get("ImportId", "")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return str(value) if isinstance(value, str) else ""


def _is_response(row: Sequence[str], columns: Sequence[_Column]) -> bool:
    """Tell whether a row holds what no row of questions does: a value, or the id of a response."""
    return any(
        sheets.is_value(cell) or (column.about == "responseid" and cell.startswith("R_"))
        for column, cell in zip(columns, row, strict=False)
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _kept(found: Sheet, columns: dict[str, _Column], mapping: FileMapping) -> Sheet:
    personal = [column for column in found.header if columns[column].is_personal]
    about = {column: columns[column].about for column in found.header if columns[column].about in _ABOUT}
    problems = [
        Problem(
            place(found.name, 1),
            "the mapping must not use a personal column",
            f"`{short(column)}`",
            "remove it from instrument.yml; ask for a code in a question",
        )
        for column in personal
        if column in mapping.used
    ]
    counts: Counter[str] = Counter()
    rows = []
    for line, row in found.rows:
        said = {word: row[column] for column, word in about.items()}
        wrong = list(_unclear(place(found.name, line), said, mapping))
        problems += wrong
        if not wrong and _is_kept(said, mapping, counts):
            rows.append((line, row))
    if mapping.unfinished == "drop" and mapping.columns.submitted is None and not _tells_end(about.values()):
        must = "unfinished responses must be told by `Finished` or `Progress`"
        problems.append(
            Problem(found.name, must, "neither", "export it again with them, or remove `unfinished`")
        )
    if problems:
        raise InvalidMaterial(problems)
    of_program = [column for column in about if column not in mapping.named and column not in personal]
    told = [(f"personal column dropped, `{short(column)}`", 1) for column in personal]
    told += [("columns of Qualtrics itself not read", len(of_program))] if of_program else []
    kept = replace(
        found,
        rows=tuple(rows),
        counts=(*found.counts, *told, *counts.items()),
        n_dropped=found.n_dropped + len(found.rows) - len(rows),
    )
    return sheets.without(kept, {*personal, *of_program})


def _tells_end(about: Collection[str]) -> bool:
    return not {"finished", "progress"}.isdisjoint(about)


def _status(word: str, mapping: FileMapping) -> str | None:
    """Say whether responses of this status are kept; nothing when nobody said so."""
    if word in mapping.status:
        return mapping.status[word]
    if re.fullmatch(r"\d{1,3}", word, re.ASCII):
        return "drop" if int(word) & _NOT_REAL else "keep"
    return _STATUS.get(_plain(word)) if word else "keep"


def _is_finished(said: dict[str, str]) -> bool | None:
    """Say whether a response was finished; nothing when it cannot be told from what is there."""
    word = said.get("finished", "").casefold()
    if word:
        return True if word in _YES else False if word in _NO else None
    progress = said.get("progress", "").removesuffix("%").strip()
    if not progress:
        return True
    return int(progress) >= 100 if re.fullmatch(r"\d{1,3}", progress, re.ASCII) else None


def _unclear(where: str, said: dict[str, str], mapping: FileMapping) -> Iterable[Problem]:
    if _status(said.get("status", ""), mapping) is None:
        remedy = "add the word to `status` in instrument.yml, to keep or to drop"
        yield Problem(where, "the status of a response must be known", "another word", remedy)
    if _is_finished(said) is None:
        must, remedy = "`Finished` must be 1, 0, True or False", "correct it, or export numeric values"
        yield Problem(where, must, "another word", remedy)


def _is_kept(said: dict[str, str], mapping: FileMapping, counts: Counter[str]) -> bool:
    status = said.get("status", "")
    if _status(status, mapping) == "drop":
        counts["previews and tests dropped by rule"] += 1
        return False
    if re.fullmatch(r"\d{1,3}", status, re.ASCII) and int(status) & _SPAM:
        counts["responses that Qualtrics takes for spam, kept"] += 1
    if not _is_finished(said):
        counts[sheets.UNFINISHED[mapping.unfinished]] += 1
        return mapping.unfinished == "keep"
    return True
