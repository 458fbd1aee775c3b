"""The instrument: scales, items and answer options, and how each survey file maps to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from casestudy import documents
from casestudy.documents import Record, nearest
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import folders
from casestudy.material.guide import Place, doubled, line_of, refuse
from casestudy.study import Identifier, Study, Words

FILE = "instrument.yml"
FOLDER = "survey"
SGIC_ELEMENTS = 6


def _inside(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or not value:
        raise ValueError(
            "must name files inside survey/, found a path that may lead out; write it as `t0/*.csv`"
        )
    return value


class Options(Record):
    """The answers one may give: numbers from ``min`` to ``max``, whole unless ``decimals``, and words."""

    min: float
    max: float
    labels: tuple[Words, ...] = ()
    decimals: bool = False

    @model_validator(mode="after")
    def _range_and_labels(self) -> Self:
        if not float("-inf") < self.min < self.max < float("inf"):
            raise ValueError("must have a `min` below its `max`, found another order; correct the two")
        if self.labels and len(self.labels) != self.max - self.min + 1:
            raise ValueError(
                f"must have a label for every answer, found {len(self.labels)}; add or remove labels"
            )
        return self


class Item(Record):
    """One question; raw answers stay raw, ``reverse`` is used once, in scoring."""

    id: Identifier
    text: Words
    options: Identifier
    reverse: bool = False
    not_applicable: bool = False
    skill: Identifier | None = None


class Scale(Record):
    """Items that together measure one thing: a mean score, or frequencies shown item by item."""

    id: Identifier
    label: Words
    kind: Literal["mean", "frequency"] = "mean"
    items: tuple[Item, ...] = Field(min_length=1)


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


class Instrument(Record):
    """The questionnaire as a whole, in one version, with the files that hold its answers."""

    id: Identifier
    version: str = Field(min_length=1)
    options: dict[Identifier, Options] = Field(default_factory=dict)
    scales: tuple[Scale, ...] = ()
    components: dict[Identifier, tuple[Identifier, ...]] = Field(default_factory=dict)
    files: tuple[FileMapping, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wrong = list(doubled([scale.id for scale in self.scales], ("scales",), "id"))
        seen: set[str] = set()
        for s, scale in enumerate(self.scales):
            for i, item in enumerate(scale.items):
                where: Place = ("scales", s, "items", i)
                if item.id.casefold() in seen:
                    wrong.append(((*where, "id"), f"must stand once, found `{item.id}` again; rename one"))
                seen.add(item.id.casefold())
                if item.options not in self.options:
                    near = nearest(item.options, list(self.options))
                    wrong.append(
                        ((*where, "options"), f"must be one of `options`, found `{item.options}`; {near}")
                    )
        wrong += [mistake for f, mapping in enumerate(self.files) for mistake in self._strays(f, mapping)]
        return refuse(self, wrong)

    def _strays(self, index: int, mapping: FileMapping) -> Iterator[tuple[Place, str]]:
        known = [item.id for item in self.items]
        for column, item in mapping.items.items():
            if item not in known:
                where = ("files", index, "items", column)
                yield where, f"must be an item of a scale, found `{item}`; {nearest(item, known)}"
        skills = {item.skill for item in self.items if item.skill}
        for column, tick in mapping.multi.items():
            where = ("files", index, "multi", column)
            if tick.skill not in skills:
                near = nearest(tick.skill, sorted(skills))
                yield where, f"must name the `skill` of an item, found `{tick.skill}`; {near}"
            elif self.components and tick.component not in self.components.get(tick.skill, ()):
                yield where, f"must be in `components` of that skill, found `{tick.component}`; correct one"

    @property
    def items(self) -> tuple[Item, ...]:
        """All items, scale by scale."""
        return tuple(item for scale in self.scales for item in scale.items)

    @property
    def unlinked_sites(self) -> frozenset[str]:
        """Sites at which nobody can be followed from wave to wave, in any file."""
        return frozenset(site for mapping in self.files for site in mapping.unlinked_sites)

    def item(self, item: str) -> Item | None:
        """Give one item by its id."""
        return next((candidate for candidate in self.items if candidate.id == item), None)

    def scale(self, scale: str) -> Scale | None:
        """Give one scale by its id."""
        return next((candidate for candidate in self.scales if candidate.id == scale), None)


NOTHING = Instrument(id="none", version="0")


def read(study: Study) -> Instrument:
    """Read ``instrument.yml``; a study without a survey has ``NOTHING``.

    Raises
    ------
    InvalidMaterial
        With every problem of the file; also when there are survey files and no instrument to read them by.
    """
    path = study.folder / FILE
    if not path.exists():
        if survey_files(study):
            must = "it must be there when survey/ holds files"
            raise InvalidMaterial([Problem(FILE, must, "nothing", "add it; `casestudy new` shows one")])
        return NOTHING
    instrument = documents.read(path, Instrument, name=FILE)
    problems = [p for mapping in instrument.files for p in _study_problems(mapping, study, path)]
    if problems:
        raise InvalidMaterial(problems)
    return instrument


def survey_files(study: Study) -> list[PurePosixPath]:
    """Name the files under ``survey/``, relative to it, without lock files, copies and other strays."""
    return [name for name, stray in _entries(study) if stray is None]


def strays(study: Study) -> list[tuple[PurePosixPath, str]]:
    """Name what lies under ``survey/`` and is not read, with the reason."""
    return [(name, stray) for name, stray in _entries(study) if stray is not None]


def _entries(study: Study) -> list[tuple[PurePosixPath, str | None]]:
    found = folders.entries(study.folder / FOLDER)
    return [(PurePosixPath(name), folders.stray(path)) for name, path in found]


def _study_problems(mapping: FileMapping, study: Study, path: Path) -> Iterator[Problem]:
    sites, waves = study.site_ids, [wave.id for wave in study.waves]
    used = [("site", "site", mapping.site, sites), ("wave", "wave", mapping.wave, waves)]
    used += [("sites", "site", site, sites) for site in mapping.sites.values()]
    used += [("waves", "wave", wave, waves) for wave in mapping.waves.values()]
    used += [("unlinked_sites", "site", site, sites) for site in mapping.unlinked_sites]
    used += [("offered", "site", site, sites) for site in mapping.offered]
    for field, what, word, known in used:
        if word is not None and word not in known:
            where = place(FILE, line_of(path, "files", mapping.file, word))
            yield Problem(
                where, f"`{field}` must name a {what} of study.yml", f"`{word}`", nearest(word, known)
            )
    if mapping.offered and (left := [site for site in sites if site not in mapping.offered]):
        where = place(FILE, line_of(path, "files", mapping.file, "offered"))
        yield Problem(
            where, "`offered` must name every site", f"nothing for `{left[0]}`", "add it, or write `[]`"
        )
