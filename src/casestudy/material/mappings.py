"""How the files of a survey are to be read: what each column is, and which words stand for what."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from casestudy.documents import Record, short
from casestudy.material.guide import Place, refuse
from casestudy.study import Identifier

SGIC_ELEMENTS = 6

Program = Literal["table", "qualtrics", "limesurvey", "spss", "self-reflection"]
NoValue = Literal["skipped", "not_applicable", "refused"]
DateOrder = Literal["day-month-year", "month-day-year", "year-month-day"]


def _inside(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or not value:
        raise ValueError(
            "must name files inside survey/, found a path that may lead out; write it as `t0/*.csv`"
        )
    return value


Inside = Annotated[str, AfterValidator(_inside)]


def heading(word: str) -> str:
    """Give the form in which names of columns are compared: as they are seen, on one line.

    Programs write breaks, hard spaces and signs that nobody sees into the questions that they use as names.

    Examples
    --------
    >>> heading("Ik\\u00a0kan\\u200b het\\n") == heading("Ik kan het")
    True
    """
    seen = word if word.isascii() else "".join(sign for sign in word if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFC", seen).split())


ColumnName = Annotated[str, AfterValidator(heading)]


def folded(word: str) -> str:
    """Give the form in which words of answers are compared: without case and width of gaps, else exactly.

    Examples
    --------
    >>> folded("  Helemaal   EENS "), folded("e\\u0301e\\u0301n") == folded("ÉÉN")
    ('helemaal eens', True)
    """
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).casefold()).split())


def covers(pattern: str, column: str) -> bool:
    """Tell whether a pattern names a column; ``*`` stands for any words, everything else for itself.

    Examples
    --------
    >>> covers("Question time: *", "Question time: age"), covers("*[Other]", "Role [Other]")
    (True, True)
    >>> covers("a*b", "ab c"), covers("Q[1]", "Q1")
    (False, False)
    """
    first, *middle = pattern.split("*")
    if not middle:
        return pattern == column
    last = middle.pop()
    if len(column) < len(first) + len(last) or not (column.startswith(first) and column.endswith(last)):
        return False
    at, end = len(first), len(column) - len(last)
    for words in middle:
        found = column.find(words, at, end)
        if found < 0:
            return False
        at = found + len(words)
    return True


class Columns(Record):
    """Names of the columns that are no answers; ``item`` and ``value`` only in the long layout.

    ``date`` is looked at only to tell which of two forms is the later one; ``submitted`` is empty where a
    form was not handed in.
    """

    respondent: ColumnName | None = None
    wave: ColumnName | None = None
    site: ColumnName | None = None
    role_class: ColumnName | None = None
    date: ColumnName | None = None
    submitted: ColumnName | None = None
    item: ColumnName | None = None
    value: ColumnName | None = None


class Tick(Record):
    """One box of a multi-select: this component contributed to this skill."""

    skill: Identifier
    component: Identifier


class FileMapping(Record):
    """How the survey files that match ``file`` are to be read; nothing is guessed.

    Parameters
    ----------
    file, sheet
        Pattern of files under ``survey/``; the sheet of a workbook that has more than one.
    program
        What wrote the files: a ``table`` with one header row, ``qualtrics``, ``limesurvey``, ``spss`` or
        ``self-reflection``. Left out, a ``.sav`` is SPSS, and a file with a row of ImportIds or with columns
        that only Qualtrics writes is Qualtrics.
    instrument
        The kept version of the instrument that was answered, when it is not the present one.
    separator
        What stands between the values of a text file, where the file leaves it open: ``,``, ``;`` or ``tab``.
    syntax
        The syntax file of a LimeSurvey export, under ``survey/``; it gives columns and answers their codes
        and labels, and is never run.
    layout
        ``wide``: one row per respondent and wave; ``long``: one row per answer.
    columns, items, multi, sgic, ignore
        What each column is. An item column may simply bear the item's id; every other column must be named,
        those that are not read under ``ignore``, where ``*`` stands for any words.
    waves, sites, wave, site
        Words in the file for waves and sites of the study, or one wave or site for the whole file. Labels of
        an SPSS or syntax file are words of the file too.
    answers
        Words for answers, per name of ``options``: ``{agree: {fully agree: 5}}``. Case and width of gaps do
        not count; once a number is listed, all numbers must be.
    not_applicable, missing, missing_values, decimal
        Texts for "does not apply" and for no answer (an empty cell always is); texts with the reason why
        there is no answer, ``skipped``, ``not_applicable`` or ``refused``; the decimal mark. What an SPSS
        file marks as missing must be named by one of these.
    unfinished
        Whether forms that were not finished are kept, which is counted, or dropped; a table and an SPSS file
        need ``columns.submitted`` for that.
    status
        Further words of the ``Status`` column of Qualtrics: whether such rows are kept or dropped. Previews
        and tests always are dropped.
    linking, unlinked_sites
        Whether ``respondent`` is the same id in every wave, a self-generated code links waves, or nothing
        does. At an unlinked site nobody can be followed, whatever the ids look like.
    ticked, unticked, offered, shown_from
        Words for a ticked and an unticked box; components offered per site (each site when given at all);
        the answer to the skill's own item from which the boxes were shown.
    duplicates, two_sites, respondent_within
        Rules for a respondent twice in a wave, and at two sites; whether ids are unique in the study or in a
        site. ``keep_last`` keeps the latest by ``columns.date``, without dates the one that stands last.
    dates
        The order of a date in figures; without it a date that can be read in two ways is refused.
    """

    file: Inside
    sheet: str | None = None
    program: Program | None = None
    instrument: Identifier | None = None
    separator: Literal[",", ";", "tab"] | None = None
    syntax: Inside | None = None
    layout: Literal["wide", "long"] = "wide"
    columns: Columns = Columns()
    items: dict[ColumnName, Identifier] = Field(default_factory=dict)
    ignore: tuple[ColumnName, ...] = ()
    waves: dict[str, Identifier] = Field(default_factory=dict)
    sites: dict[str, Identifier] = Field(default_factory=dict)
    wave: Identifier | None = None
    site: Identifier | None = None
    answers: dict[Identifier, dict[str, float]] = Field(default_factory=dict)
    not_applicable: tuple[str, ...] = ()
    missing: tuple[str, ...] = ("", "NA")
    missing_values: dict[str, NoValue] = Field(default_factory=dict)
    decimal: Literal[".", ","] = "."
    unfinished: Literal["keep", "drop"] = "keep"
    status: dict[str, Literal["keep", "drop"]] = Field(default_factory=dict)
    linking: Literal["id", "sgic", "none"] = "id"
    unlinked_sites: tuple[Identifier, ...] = ()
    sgic: tuple[ColumnName, ...] = ()
    multi: dict[ColumnName, Tick] = Field(default_factory=dict)
    ticked: tuple[str, ...] = ("1",)
    unticked: tuple[str, ...] = ("0",)
    offered: dict[Identifier, tuple[Identifier, ...]] = Field(default_factory=dict)
    shown_from: float = 3
    duplicates: Literal["refuse", "keep_last"] = "refuse"
    two_sites: Literal["refuse", "drop"] = "refuse"
    respondent_within: Literal["study", "site"] = "study"
    dates: DateOrder | None = None

    @property
    def named(self) -> frozenset[str]:
        """Every column that the mapping names, those under ``ignore`` included."""
        return self.used | {*self.ignore}

    @property
    def used(self) -> frozenset[str]:
        """Every column that the mapping says to read."""
        columns = self.columns
        frame = [columns.respondent, columns.wave, columns.site, columns.role_class, columns.date]
        frame += [columns.submitted, columns.item, columns.value, *self.sgic]
        answers = [*self.items, *self.multi] if self.layout == "wide" else []
        return frozenset(column for column in [*frame, *answers] if column is not None)

    def is_ignored(self, column: str) -> bool:
        """Tell whether a column is left out; a pattern never takes one that the mapping says to read."""
        if column in self.ignore:
            return True
        said = column in self.used or column in self.items or column in self.multi
        return not said and any(covers(pattern, column) for pattern in self.ignore)

    @field_validator("items", "multi", mode="before")
    @classmethod
    def _named_once(cls, value: object) -> object:
        """Refuse two names that look the same: one of them would be lost."""
        names = [heading(str(name)) for name in value] if isinstance(value, dict) else []
        if doubled := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"must name a column once, found `{short(doubled)}` twice; keep one")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        told = [*self._wrong_words(), *self._without_effect()]
        # A saved self-reflection says itself who handed in what and when.
        if self.program != "self-reflection":
            told += [*self._wrong_columns()]
        if self.syntax is not None and self.program != "limesurvey":
            told.append((("syntax",), "must stand with `program: limesurvey`; add it or remove this"))
        return refuse(self, told)

    def _without_effect(self) -> Iterator[tuple[Place, str]]:
        """Find rules that would leave nothing out, as the file does not say what they go by."""
        plain = self.program in ("table", "spss", "self-reflection")
        if self.unfinished == "drop" and plain and self.columns.submitted is None:
            yield ("unfinished",), "must stand with `columns.submitted`, found none; name that column"
        if self.status and (plain or self.program == "limesurvey"):
            yield ("status",), "must stand with `program: qualtrics`, found another; remove it"

    def _wrong_columns(self) -> Iterator[tuple[Place, str]]:
        for what in ("wave", "site"):
            if (getattr(self, what) is None) == (getattr(self.columns, what) is None):
                yield (what,), f"must be given once, as `{what}` or as `columns.{what}`; keep one of the two"
        if self.linking == "id" and self.columns.respondent is None:
            yield ("columns",), "must name the `respondent` column; add it, or set `linking`"
        if (self.linking == "sgic") != (len(self.sgic) == SGIC_ELEMENTS):
            yield ("sgic",), f"must name {SGIC_ELEMENTS} columns with `linking: sgic` only; correct the two"
        long = self.layout == "long"
        if long != bool(self.columns.item and self.columns.value) or (long and not self.columns.respondent):
            yield ("columns",), "must name `item`, `value` and `respondent` in the long layout; correct it"

    def _wrong_words(self) -> Iterator[tuple[Place, str]]:
        if both := {*self.ticked} & {*self.unticked}:
            yield ("ticked",), f"must differ from `unticked`, found `{min(both)}` in both; keep one"
        groups: dict[str, Iterable[str]] = {
            "not_applicable": self.not_applicable,
            "missing": self.missing,
            "missing_values": self.missing_values,
        }
        for first, second in combinations(groups, 2):
            if both := {*groups[first]} & {*groups[second]}:
                told = f"must differ from `{second}`, found `{short(min(both))}` in both; keep one"
                yield (first,), told
        said = {folded(word) for words in groups.values() for word in words}
        for options, words in self.answers.items():
            values: dict[str, float] = {}
            for word, value in words.items():
                if values.setdefault(folded(word), value) != value:
                    told = f"must have one value per word, found two for `{short(word)}`; keep one"
                    yield ("answers", options, word), told
                if folded(word) in said:
                    told = (
                        f"must be no word for a missing answer, found `{short(word)}`; keep it in one place"
                    )
                    yield ("answers", options, word), told
