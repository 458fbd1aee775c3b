"""Filled-in forms: what one respondent handed in for one wave, cell by cell, as it stands in the files."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from casestudy.documents import nearest, short
from casestudy.errors import Gathered, Problem, place
from casestudy.material import instrument as instruments
from casestudy.material import reflections, sealed, survey_files
from casestudy.material.cells import kind_of
from casestudy.material.formats import sheets
from casestudy.material.formats.form_heads import Heads
from casestudy.material.formats.sheets import Meanings, Sheet
from casestudy.material.instrument import FOLDER, Instrument
from casestudy.material.mappings import FileMapping
from casestudy.material.people import RoleClass
from casestudy.study import Study


@dataclass(frozen=True, slots=True)
class Submission:
    """All answers of one respondent in one wave, as text, keyed by the column or item word of the file.

    ``lines`` holds the line of each answer where these differ, in the long layout; ``meanings`` what the file
    itself says of its values. Cells of columns that are left out are not kept.
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
    meanings: Meanings = field(default=Meanings(), repr=False)

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
        The submissions in the order of files and rows, doubles of the wide layout included, these by their
        dates where all of them have one; and counts per file.

    Raises
    ------
    InvalidMaterial
        With every problem: files that no mapping names, unknown columns, waves, sites, roles and items, rows
        without an id, ids that a spreadsheet turned into dates.
    """
    problems = Gathered()
    found: list[_Dated] = []
    counts = [Count(f"{FOLDER}/{name}", f"left out, {why}", 1) for name, why in instruments.strays(study)]
    counts += _still_to_come(study, instrument)
    for file, written in files(study, instrument, problems):
        name = f"{FOLDER}/{file}"
        read_ = problems.gather(partial(table, name, written, study, instrument))
        if read_ is None:
            continue
        sheet, mapping = read_
        wrong = list(_column_problems(sheet, mapping, instrument))
        problems.extend(wrong)
        if not wrong:
            here = _submissions(sheet, mapping, study, instrument, problems, counts)
            counts += _counts(sheet, mapping, instrument, [one for one, _ in here])
            found += here
    problems.stop()
    return _latest_last(found), counts


def table(name: str, mapping: FileMapping, study: Study, instrument: Instrument) -> tuple[Sheet, FileMapping]:
    """Read one survey file as a table, with the mapping that fits the table."""
    path = study.folder / name
    if is_sealed := sealed.is_sealed(path):
        sheet = sealed.read(path, name, root=study.folder)
    elif mapping.program == reflections.PROGRAM:
        sheet = reflections.read(path, name, mapping, study, instrument)
    else:
        sheet = survey_files.read(study, name, mapping, instrument)
    if mapping.program == reflections.PROGRAM:
        mapping = reflections.fitted(mapping, sheet.header, instrument)
    return sheet, sealed.fitted(mapping) if is_sealed else mapping


def files(
    study: Study, instrument: Instrument, problems: list[Problem]
) -> Iterator[tuple[PurePosixPath, FileMapping]]:
    """Give every survey file, named relative to ``survey/``, with the one mapping that matches it."""
    beside = {PurePosixPath(mapping.syntax) for mapping in instrument.files if mapping.syntax is not None}
    for file in instruments.survey_files(study):
        if file in beside:
            continue
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
    return PurePosixPath("/", sealed.original(file)).match(f"/{mapping.file}")


def _still_to_come(study: Study, instrument: Instrument) -> Iterator[Count]:
    files = instruments.survey_files(study)
    for mapping in instrument.files:
        if not any(_matches(file, mapping) for file in files):
            yield Count(f"{FOLDER}/{mapping.file}", "files found", 0)


def _column_problems(sheet: Sheet, mapping: FileMapping, instrument: Instrument) -> Iterator[Problem]:
    where = place(sheet.name, 1)
    ids = [item.id for item in instrument.items] if mapping.layout == "wide" else []
    known = {*mapping.named, *ids}
    numbered = zip(sheet.positions or range(1, len(sheet.header) + 1), sheet.header, strict=True)
    strange = [
        (n, column) for n, column in numbered if column not in known and not mapping.is_ignored(column)
    ]
    missing = sorted(mapping.used - {*sheet.header})
    if (strange or missing) and (found := _answers_instead(sheet, strange, known, bool(missing))):
        must, remedy = (
            "the first row must hold the names of the columns",
            "add that row, or correct the names",
        )
        yield Problem(where, must, found, f"{remedy} in instrument.yml")
        return
    n_likened = _MOST_LIKENED // max(len(known), len(sheet.header), 1)
    for n, column in enumerate(missing):
        must = f"the column `{short(column)}` of instrument.yml must be there"
        near = nearest(column, [short(word) for word in sheet.header]) if n < n_likened else "correct it"
        yield Problem(where, must, "nothing", near)
    for n, (position, column) in enumerate(strange):
        must = "every column must be named in instrument.yml, unread ones under `ignore`"
        near = _meant(column, known) if n < n_likened else ""
        yield Problem(where, must, f"column {position}, `{short(column)}`", near or _NAME_IT)
    items = Counter(item for column in sheet.header if (item := item_of(column, mapping, ids)) is not None)
    for item, n in items.items():
        if n > 1:
            found, remedy = ("two", "ignore one of the two") if n == 2 else (str(n), "ignore all but one")
            yield Problem(where, "an item must have one column", f"{found} for `{item}`", remedy)


def _answers_instead(
    sheet: Sheet, strange: Sequence[tuple[int, str]], known: Collection[str], is_short: bool
) -> str | None:
    """Say why the first row may hold somebody's answers, of which no message may then show anything."""
    doubtful = [*enumerate(sheet.header, start=1)] if is_short else strange
    for n, word in doubtful:
        if word not in known and sheets.is_value(word):
            return f"{kind_of(word)} in column {n}"
    return "none of those in instrument.yml" if is_short and not {*sheet.header} & {*known} else None


_NAME_IT = "add it under `items`, `columns` or `ignore`; `*` in `ignore` stands for any words"
# Likening every column of a large export to every known one takes long.
_MOST_LIKENED = 20_000


def _meant(column: str, known: Collection[str]) -> str:
    """Ask whether a known column was meant that is hardly another."""
    close = difflib.get_close_matches(column, sorted(known), n=1, cutoff=0.8)
    return f"did you mean `{short(close[0])}`? else add it under `ignore`" if close else ""


def _counts(
    sheet: Sheet, mapping: FileMapping, instrument: Instrument, here: list[Submission]
) -> Iterator[Count]:
    yield Count(sheet.name, "rows read", len(sheet.rows) + sheet.n_dropped)
    for what, n in sheet.counts:
        yield Count(sheet.name, what, n)
    ids = [item.id for item in instrument.items]
    if mapping.layout == "wide":
        asked = {item_of(column, mapping, ids) for column in sheet.header}
        if left := len(set(ids) - asked):
            yield Count(sheet.name, "items without a column", left)
    else:
        yield Count(sheet.name, "rows put together", sum(len(one.lines) for one in here))
        yield Count(sheet.name, "forms put together of them", len(here))


def item_of(column: str, mapping: FileMapping, ids: Iterable[str]) -> str | None:
    """Give the item that a column or item word stands for, if it stands for one."""
    if column in mapping.ignore or column in mapping.multi:
        return None
    return mapping.items.get(column, column if column in ids else None)


def _submissions(
    sheet: Sheet,
    mapping: FileMapping,
    study: Study,
    instrument: Instrument,
    problems: list[Problem],
    counts: list[Count],
) -> list[_Dated]:
    heads = Heads.of(mapping, sheet.meanings, study)
    ids = {item.id for item in instrument.items}
    kept = [column for column in sheet.header if _is_kept(column, mapping, ids)]
    found: list[_Dated] = []
    n_open = 0
    for line, values in sheet.rows:
        if heads.is_open(values):
            n_open += 1
            if mapping.unfinished == "drop":
                continue
        wrong = [*heads.problems(values, place(sheet.name, line))]
        problems.extend(wrong)
        if wrong:
            continue
        site, column = heads.site(values) or "", mapping.columns.respondent
        within = f"{site}:" if mapping.respondent_within == "site" else ""
        key = values[column] if column else f"{sheet.name}:{line}"
        who = (f"{within}{key}", site, heads.wave(values) or "", heads.role_class(values))
        cells_ = {column: values[column] for column in kept}
        one = Submission(mapping, sheet.name, line, *who, cells_, meanings=sheet.meanings)
        found.append(_Dated(one, next(iter(heads.moments(values)), None)))
    is_long = mapping.layout == "long"
    if n_open:
        what = sheets.UNFINISHED[mapping.unfinished]
        counts.append(Count(sheet.name, f"rows of {what}" if is_long else what, n_open))
    if not is_long:
        return found
    whole = _gathered(_latest_last(found), mapping, ids, problems)
    if doubled := len(found) - sum(len(one.lines) for one in whole):
        counts.append(Count(sheet.name, "doubled answers dropped by rule", doubled))
    return [_Dated(one, None) for one in whole]


def _is_kept(column: str, mapping: FileMapping, ids: Collection[str]) -> bool:
    """Tell whether the cells of a column are kept: its answers, who gave them, and how a code was sealed."""
    columns = mapping.columns
    head = {columns.role_class, columns.date, columns.submitted, columns.wave, columns.site}
    if mapping.layout == "long":
        return column in mapping.used - head or column == sealed.HOW
    is_answer = column in mapping.multi or item_of(column, mapping, ids) is not None
    return is_answer or column in mapping.sgic or column == sealed.HOW


class _Dated(NamedTuple):
    """A submission and the moment of its date, which is kept no longer than needed to order doubles."""

    one: Submission
    moment: datetime | None


def _latest_last(found: Iterable[_Dated]) -> list[Submission]:
    """Put doubles whose moments are all known in the order of their dates, within the places they have."""
    dated = list(found)
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, (one, _) in enumerate(dated):
        columns = one.mapping.columns
        item = one.cells.get(columns.item or "", "") if one.mapping.layout == "long" else ""
        groups.setdefault((one.key, one.site, one.wave, item), []).append(number)
    order = list(range(len(dated)))
    for numbers in groups.values():
        moments = [dated[n].moment for n in numbers]
        if len(numbers) > 1 and None not in moments:
            latest = sorted(numbers, key=lambda n: dated[n].moment or datetime.min)  # noqa: DTZ901
            for place_, n in zip(numbers, latest, strict=True):
                order[place_] = n
    return [dated[n].one for n in order]


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
        known = word in mapping.multi or item_of(word, mapping, ids) is not None
        if not (known or mapping.is_ignored(word)):
            remedy = "correct it, or add the word to `items` or `ignore` in instrument.yml"
            problems.append(Problem(row.place(), f"`{item}` must be a known item", kind_of(word), remedy))
        if word in first.lines and mapping.duplicates == "refuse":
            found = f"a second, the first on line {first.lines[word]}"
            remedy = "remove one, or set `duplicates: keep_last`"
            problems.append(Problem(row.place(), "an item must have one answer in a wave", found, remedy))
        first.cells[word], first.lines[word] = row.cells[value], row.line
    return list(whole.values())
