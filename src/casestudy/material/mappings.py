"""How the files of a survey are to be read: what each column is, and which words stand for what."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from casestudy.documents import Record
from casestudy.material.guide import Place, refuse
from casestudy.study import Identifier

SGIC_ELEMENTS = 6


def _inside(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or not value:
        raise ValueError(
            "must name files inside survey/, found a path that may lead out; write it as `t0/*.csv`"
        )
    return value


class Columns(Record):
    """Names of the columns that are no answers; ``item`` and ``value`` only in the long layout."""

    respondent: str | None = None
    wave: str | None = None
    site: str | None = None
    role_class: str | None = None
    item: str | None = None
    value: str | None = None


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
    layout
        ``wide``: one row per respondent and wave; ``long``: one row per answer.
    columns, items, multi, sgic, ignore
        What each column is. An item column may simply bear the item's id; every other column must be named,
        those that are not read under ``ignore``.
    waves, sites, wave, site
        Words in the file for waves and sites of the study, or one wave or site for the whole file.
    not_applicable, missing, decimal
        Texts for "does not apply" and for no answer (an empty cell always is); the decimal mark.
    linking, unlinked_sites
        Whether ``respondent`` is the same id in every wave, a self-generated code links waves, or nothing
        does. At an unlinked site nobody can be followed, whatever the ids look like.
    ticked, unticked, offered, shown_from
        Words for a ticked and an unticked box; components offered per site (each site when given at all);
        the answer to the skill's own item from which the boxes were shown.
    duplicates, two_sites, respondent_within
        Rules for a respondent twice in a wave, and at two sites; whether ids are unique in the study or in a
        site.
    """

    file: Annotated[str, AfterValidator(_inside)]
    sheet: str | None = None
    layout: Literal["wide", "long"] = "wide"
    columns: Columns = Columns()
    items: dict[str, Identifier] = Field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    waves: dict[str, Identifier] = Field(default_factory=dict)
    sites: dict[str, Identifier] = Field(default_factory=dict)
    wave: Identifier | None = None
    site: Identifier | None = None
    not_applicable: tuple[str, ...] = ()
    missing: tuple[str, ...] = ("", "NA")
    decimal: Literal[".", ","] = "."
    linking: Literal["id", "sgic", "none"] = "id"
    unlinked_sites: tuple[Identifier, ...] = ()
    sgic: tuple[str, ...] = ()
    multi: dict[str, Tick] = Field(default_factory=dict)
    ticked: tuple[str, ...] = ("1",)
    unticked: tuple[str, ...] = ("0",)
    offered: dict[Identifier, tuple[Identifier, ...]] = Field(default_factory=dict)
    shown_from: float = 3
    duplicates: Literal["refuse", "keep_last"] = "refuse"
    two_sites: Literal["refuse", "drop"] = "refuse"
    respondent_within: Literal["study", "site"] = "study"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        told: list[tuple[Place, str]] = []
        for what in ("wave", "site"):
            if (getattr(self, what) is None) == (getattr(self.columns, what) is None):
                told.append(
                    ((what,), f"must be given once, as `{what}` or as `columns.{what}`; keep one of the two")
                )
        if self.linking == "id" and self.columns.respondent is None:
            told.append((("columns",), "must name the `respondent` column; add it, or set `linking`"))
        if (self.linking == "sgic") != (len(self.sgic) == SGIC_ELEMENTS):
            told.append(
                (("sgic",), f"must name {SGIC_ELEMENTS} columns with `linking: sgic` only; correct the two")
            )
        long = self.layout == "long"
        if long != bool(self.columns.item and self.columns.value) or (long and not self.columns.respondent):
            told.append(
                (("columns",), "must name `item`, `value` and `respondent` in the long layout; correct it")
            )
        if both := {*self.ticked} & {*self.unticked}:
            told.append((("ticked",), f"must differ from `unticked`, found `{min(both)}` in both; keep one"))
        return refuse(self, told)
