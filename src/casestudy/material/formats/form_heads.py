"""The head of a filled-in form: whose it is, of which site, wave and role, and when it was filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar, get_args

from casestudy.errors import Problem
from casestudy.material import cells, people
from casestudy.material.cells import kind_of
from casestudy.material.formats.sheets import Meanings
from casestudy.material.mappings import FileMapping
from casestudy.material.people import Role, RoleClass
from casestudy.study import Study

LIMIT_ID = 64

# Both a role and its class may stand in a survey file.
_ROLES: dict[str, RoleClass] = {role: people.role_class(role) for role in get_args(Role)}
_ROLES |= {role_class: role_class for role_class in get_args(RoleClass)}

Values = Mapping[str, str]
Meant = TypeVar("Meant")


@dataclass(frozen=True, slots=True)
class Heads:
    """How the heads of the forms of one file are read.

    A word is taken as it stands; a label that the file gives a value is a word too. Where value and label
    mean two things, neither is taken.
    """

    mapping: FileMapping
    meanings: Meanings
    waves: Mapping[str, str] = field(repr=False)
    sites: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, mapping: FileMapping, meanings: Meanings, study: Study) -> Heads:
        """Take the words of the study and of the mapping."""
        waves = {wave.id: wave.id for wave in study.waves} | mapping.waves
        return cls(mapping, meanings, waves, {site: site for site in study.site_ids} | mapping.sites)

    def site(self, values: Values) -> str | None:
        """Give the site of a form, if its word is known."""
        column = self.mapping.columns.site
        return self._meant(values, column, self.sites) if column else self.mapping.site

    def wave(self, values: Values) -> str | None:
        """Give the wave of a form, if its word is known."""
        column = self.mapping.columns.wave
        return self._meant(values, column, self.waves) if column else self.mapping.wave

    def role_class(self, values: Values) -> RoleClass | None:
        """Give the class of the role, if there is one."""
        column = self.mapping.columns.role_class
        return self._meant(values, column, _ROLES) if column else None

    def _meant(self, values: Values, column: str, known: Mapping[str, Meant]) -> Meant | None:
        value = values[column]
        label = self.meanings.label(column, value)
        found = {known[word] for word in (value, label) if word is not None and word in known}
        return found.pop() if len(found) == 1 else None

    def is_open(self, values: Values) -> bool:
        """Tell whether the form was begun and not handed in, as far as the mapping says where that stands."""
        column = self.mapping.columns.submitted
        return column is not None and self._is_missing(column, values[column])

    def moments(self, values: Values) -> list[datetime]:
        """Give every moment that the date of a form may mean; none when nobody needs it or there is none."""
        column = self.mapping.columns.date
        if column is None or self.mapping.duplicates != "keep_last":
            return []
        return cells.moments(values[column], self.mapping.dates)

    def _is_missing(self, column: str, value: str) -> bool:
        said = {"", *self.mapping.missing, *self.mapping.missing_values}
        label = self.meanings.label(column, value)
        return value in said or label in said or self.meanings.marks(column, value)

    def problems(self, values: Values, where: str) -> Iterator[Problem]:
        """Find everything in the head of a form that cannot be used."""
        columns = self.mapping.columns
        if columns.wave and self.wave(values) is None:
            yield self._unknown(where, columns.wave, "wave", values, self.waves)
        if columns.site and self.site(values) is None:
            yield self._unknown(where, columns.site, "site", values, self.sites)
        if (
            columns.role_class
            and self.role_class(values) is None
            and not self._is_missing(columns.role_class, values[columns.role_class])
        ):
            found, remedy = kind_of(values[columns.role_class]), f"use one of: {', '.join(_ROLES)}"
            yield Problem(where, f"`{columns.role_class}` must be a role", found, remedy)
        yield from self._date_problems(values, where)
        if columns.respondent:
            yield from self._id_problems(values[columns.respondent], columns.respondent, where)

    def _unknown(
        self, where: str, column: str, what: str, values: Values, known: Mapping[str, str]
    ) -> Problem:
        value, label = values[column], self.meanings.label(column, values[column])
        must = f"`{column}` must be a known {what}"
        if value in known and label in known:
            remedy = f"write the word in `{what}s` in instrument.yml as it is meant"
            return Problem(where, must, "a value and a label that mean two", remedy)
        if like := cells.twin(value, known):
            remedy = f"it is likely the same as `{like}`: add it as it stands to `{what}s` in instrument.yml"
        else:
            remedy = f"correct it, or add the word to `{what}s` in instrument.yml"
        return Problem(where, must, kind_of(value), remedy)

    def _date_problems(self, values: Values, where: str) -> Iterator[Problem]:
        column = self.mapping.columns.date
        if column is None or self.mapping.duplicates != "keep_last" or not values[column]:
            return
        found = self.moments(values)
        if len(found) > 1:
            must, remedy = (
                f"`{column}` must be one date",
                "set `dates` in instrument.yml, such as day-month-year",
            )
            yield Problem(where, must, "one that may be read in two ways", remedy)
        elif not found:
            must, remedy = (
                f"`{column}` must be a date in figures",
                "write it as 2019-03-01, or correct `dates` in instrument.yml",
            )
            kind = kind_of(values[column])
            found_ = "one in words, or of another order than `dates`" if kind == "a date" else kind
            yield Problem(where, must, found_, remedy)

    def _id_problems(self, written: str, column: str, where: str) -> Iterator[Problem]:
        must = f"`{column}` must hold an id"
        changed = "write the id again as text, in no form that spreadsheet programs change"
        if self._is_missing(column, written):
            yield Problem(where, must, "nothing", "give the row its id, or remove it")
        elif cells.DATE.fullmatch(written):
            yield Problem(where, must, "a date", changed)
        elif cells.POWERS.fullmatch(written):
            yield Problem(where, must, "a number in powers of ten", changed)
        elif cells.ERROR.fullmatch(written):
            yield Problem(where, must, "an error", "mend the formula, or write the id as text")
        elif len(written) > LIMIT_ID:
            must = f"`{column}` must hold an id of at most {LIMIT_ID} signs"
            yield Problem(
                where, must, "a longer text", "check which column is `respondent` in instrument.yml"
            )
