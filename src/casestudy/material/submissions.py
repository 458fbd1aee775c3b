"""Filled-in forms: what one respondent handed in for one wave, cell by cell, as it stands in the files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple, get_args

from casestudy.documents import nearest, short
from casestudy.errors import Gathered, Problem, place
from casestudy.material import instrument as instruments
from casestudy.material import people, sheets
from casestudy.material.instrument import FOLDER, Instrument
from casestudy.material.mappings import FileMapping
from casestudy.material.people import Role, RoleClass
from casestudy.material.sheets import Sheet
from casestudy.study import Study

LIMIT_ID = 64

# Both a role and its class may stand in a survey file.
_ROLES: dict[str, RoleClass] = {role: people.role_class(role) for role in get_args(Role)}
_ROLES |= {role_class: role_class for role_class in get_args(RoleClass)}

_MONTH = r"(?:jan|feb|mrt|mar|maa|apr|mei|may|jun|jul|aug|sep|okt|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"\d{{4}}-\d{{1,2}}-\d{{1,2}}([ T].*)?|\d{{1,2}}[-/. ]\d{{1,2}}[-/. ]\d{{4}}"
    rf"|\d{{1,2}}[-/. ]{_MONTH}([-/. ]\d{{2,4}})?|{_MONTH}[-/. ]\d{{1,4}}",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Submission:
    """All answers of one respondent in one wave, as text, keyed by the column or item word of the file.

    ``lines`` holds the line of each answer where these differ, in the long layout.
    """

    mapping: FileMapping = field(repr=False)
    name: str
    line: int
    key: str
    site: str
    wave: str
    role_class: RoleClass | None
    cells: dict[str, str] = field(repr=False)
    lines: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def written(self) -> str:
        """The respondent's id as it stands in the file."""
        within = self.mapping.respondent_within == "site"
        return self.key.removeprefix(f"{self.site}:") if within else self.key

    def place(self, column: str | None = None) -> str:
        """Name where the submission begins, or where one of its answers stands."""
        return place(self.name, self.lines.get(column or "", self.line))


class Count(NamedTuple):
    """A plain count of what was done with the material, for the log."""

    place: str
    what: str
    n: int

    def __str__(self) -> str:
        return f"{self.place}: {self.what} {self.n}"


def read(study: Study, instrument: Instrument) -> tuple[list[Submission], list[Count]]:
    """Read every survey file by its mapping.

    Returns
    -------
    tuple
        The submissions in the order of files and rows, doubles of the wide layout included, and counts per
        file.

    Raises
    ------
    InvalidMaterial
        With every problem: files that no mapping names, unknown columns, waves, sites, roles and items, rows
        without an id, ids that a spreadsheet turned into dates.
    """
    problems = Gathered()
    found: list[Submission] = []
    counts = [Count(f"{FOLDER}/{name}", f"left out, {why}", 1) for name, why in instruments.strays(study)]
    counts += _still_to_come(study, instrument)
    for file, mapping in _files(study, instrument, problems):
        name = f"{FOLDER}/{file}"
        sheet = problems.gather(partial(sheets.read, study.folder / name, name, sheet=mapping.sheet))
        if sheet is None:
            continue
        wrong = list(_column_problems(sheet, mapping, instrument))
        problems.extend(wrong)
        if not wrong:
            here = _submissions(sheet, mapping, study, instrument, problems)
            counts += _counts(sheet, mapping, instrument, here)
            found += here
    problems.stop()
    return found, counts


def _files(
    study: Study, instrument: Instrument, problems: list[Problem]
) -> Iterator[tuple[PurePosixPath, FileMapping]]:
    for file in instruments.survey_files(study):
        mappings = [mapping for mapping in instrument.files if _matches(file, mapping)]
        path = (study.folder / FOLDER / file).resolve()
        where = f"{FOLDER}/{file}"
        if not path.is_file() or not path.is_relative_to(study.folder.resolve()):
            remedy = "put the file itself there"
            problems.append(
                Problem(where, "it must be a file of the study", "a link or something else", remedy)
            )
        elif len(mappings) != 1:
            found = f"{len(mappings)} that match" if mappings else "none"
            remedy = "add or correct a `file` of `files` in instrument.yml"
            problems.append(Problem(where, "one mapping must say how to read the file", found, remedy))
        else:
            yield file, mappings[0]


def _matches(file: PurePosixPath, mapping: FileMapping) -> bool:
    return PurePosixPath("/", file).match(f"/{mapping.file}")


def _still_to_come(study: Study, instrument: Instrument) -> Iterator[Count]:
    files = instruments.survey_files(study)
    for mapping in instrument.files:
        if not any(_matches(file, mapping) for file in files):
            yield Count(f"{FOLDER}/{mapping.file}", "files found", 0)


def _column_problems(sheet: Sheet, mapping: FileMapping, instrument: Instrument) -> Iterator[Problem]:
    where = place(sheet.name, 1)
    columns = mapping.columns
    frame = [columns.respondent, columns.wave, columns.site, columns.role_class, *mapping.sgic]
    wanted = [c for c in [*frame, columns.item, columns.value] if c is not None]
    answers = [*mapping.items, *mapping.multi] if mapping.layout == "wide" else []
    for column in dict.fromkeys([*wanted, *answers]):
        if column not in sheet.header:
            near = nearest(column, [short(c) for c in sheet.header])
            yield Problem(
                where, f"the column `{short(column)}` of instrument.yml must be there", "nothing", near
            )
    ids = [item.id for item in instrument.items] if mapping.layout == "wide" else []
    known = {*wanted, *answers, *mapping.ignore, *ids}
    for column in sheet.header:
        if column not in known:
            remedy = nearest(column, sorted(known)) if ids else "see `files` in instrument.yml"
            must = "every column must be named in instrument.yml, unread ones under `ignore`"
            yield Problem(where, must, f"`{short(column)}`", remedy)
    items = [item for column in sheet.header if (item := item_of(column, mapping, ids)) is not None]
    for item in dict.fromkeys(items):
        if items.count(item) > 1:
            yield Problem(where, "an item must have one column", f"two for `{item}`", "ignore one of the two")


def _counts(
    sheet: Sheet, mapping: FileMapping, instrument: Instrument, here: list[Submission]
) -> Iterator[Count]:
    yield Count(sheet.name, "rows read", len(sheet.rows))
    if sheet.hidden:
        yield Count(sheet.name, "hidden sheets not read", len(sheet.hidden))
    ids = [item.id for item in instrument.items]
    if mapping.layout == "wide":
        asked = {item_of(column, mapping, ids) for column in sheet.header}
        if left := len(set(ids) - asked):
            yield Count(sheet.name, "items without a column", left)
    elif doubled := len(sheet.rows) - sum(len(one.lines) for one in here):
        yield Count(sheet.name, "duplicates dropped by rule", doubled)


def item_of(column: str, mapping: FileMapping, ids: Iterable[str]) -> str | None:
    """Give the item that a column or item word stands for, if it stands for one."""
    if column in mapping.ignore or column in mapping.multi:
        return None
    return mapping.items.get(column, column if column in ids else None)


def _submissions(
    sheet: Sheet, mapping: FileMapping, study: Study, instrument: Instrument, problems: list[Problem]
) -> list[Submission]:
    found: list[Submission] = []
    for line, values in sheet.rows:
        where = place(sheet.name, line)
        wrong = [*_row_problems(values, mapping, study, where)]
        problems.extend(wrong)
        if wrong:
            continue
        site = _site(values, mapping)
        within = f"{site}:" if mapping.respondent_within == "site" else ""
        column = mapping.columns.respondent
        key = values[column] if column else f"{sheet.name}:{line}"
        role = values[mapping.columns.role_class] if mapping.columns.role_class else ""
        who = (f"{within}{key}", site, _wave(values, mapping), _role_class(role))
        found.append(Submission(mapping, sheet.name, line, *who, values))
    if mapping.layout == "wide":
        return found
    return _gathered(found, mapping, {item.id for item in instrument.items}, problems)


def _site(values: dict[str, str], mapping: FileMapping) -> str:
    word = values[mapping.columns.site] if mapping.columns.site else mapping.site or ""
    return mapping.sites.get(word, word)


def _wave(values: dict[str, str], mapping: FileMapping) -> str:
    word = values[mapping.columns.wave] if mapping.columns.wave else mapping.wave or ""
    return mapping.waves.get(word, word)


def _role_class(word: str) -> RoleClass | None:
    return _ROLES.get(word)


def _row_problems(
    values: dict[str, str], mapping: FileMapping, study: Study, where: str
) -> Iterator[Problem]:
    columns = mapping.columns
    waves = [wave.id for wave in study.waves]
    if columns.wave and _wave(values, mapping) not in waves:
        remedy = "correct it, or add the word to `waves` in instrument.yml"
        yield Problem(where, f"`{columns.wave}` must be a known wave", kind_of(values[columns.wave]), remedy)
    if columns.site and _site(values, mapping) not in study.site_ids:
        remedy = "correct it, or add the word to `sites` in instrument.yml"
        yield Problem(where, f"`{columns.site}` must be a known site", kind_of(values[columns.site]), remedy)
    if columns.role_class and values[columns.role_class] not in {*_ROLES, *mapping.missing, ""}:
        remedy = f"use one of: {', '.join(_ROLES)}"
        yield Problem(
            where, f"`{columns.role_class}` must be a role", kind_of(values[columns.role_class]), remedy
        )
    if columns.respondent:
        found = values[columns.respondent]
        if not found or found in mapping.missing:
            yield Problem(
                where,
                f"`{columns.respondent}` must hold an id",
                "nothing",
                "give the row its id, or remove it",
            )
        elif _DATE.fullmatch(found):
            remedy = "write the id again as text; a spreadsheet program changed it"
            yield Problem(where, f"`{columns.respondent}` must hold an id", "a date", remedy)
        elif len(found) > LIMIT_ID:
            yield Problem(
                where, f"`{columns.respondent}` must hold an id", "a longer text", "check the columns"
            )


def kind_of(text: str) -> str:
    """Say what kind of value stands in a cell, and nothing of the value itself.

    Examples
    --------
    >>> [kind_of(text) for text in ("", "7", "1,5", "2019-03-01", "3-mrt", "4 of 5", "geen idee")]
    ['nothing', 'a number', 'a decimal number', 'a date', 'a date', 'a text with digits', 'a word']
    """
    if not text:
        return "nothing"
    if re.fullmatch(r"[+-]?\d+", text):
        return "a number"
    if re.fullmatch(r"[+-]?\d*[.,]\d+", text):
        return "a decimal number"
    if _DATE.fullmatch(text):
        return "a date"
    return "a text with digits" if any(c.isdigit() for c in text) else "a word"


def _gathered(
    rows: list[Submission], mapping: FileMapping, ids: set[str], problems: list[Problem]
) -> list[Submission]:
    """Put the answers of the long layout together, one submission per respondent, site and wave."""
    item, value = mapping.columns.item or "", mapping.columns.value or ""
    whole: dict[tuple[str, str, str], Submission] = {}
    for row in rows:
        word = row.cells[item]
        elements = {column: row.cells[column] for column in mapping.sgic}
        first = whole.setdefault((row.key, row.site, row.wave), replace(row, cells=elements, lines={}))
        if word not in mapping.multi and item_of(word, mapping, ids) is None and word not in mapping.ignore:
            remedy = "correct it, or add the word to `items` or `ignore` in instrument.yml"
            problems.append(Problem(row.place(), f"`{item}` must be a known item", kind_of(word), remedy))
        if word in first.lines and mapping.duplicates == "refuse":
            found = f"a second, the first on line {first.lines[word]}"
            remedy = "remove one, or set `duplicates: keep_last`"
            problems.append(Problem(row.place(), "an item must have one answer in a wave", found, remedy))
        first.cells[word], first.lines[word] = row.cells[value], row.line
    return list(whole.values())
