"""The instrument: scales, items and answer options, and the files that hold its answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal, Self

from pydantic import Field, model_validator

from casestudy import documents
from casestudy.documents import Record, nearest
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import folders
from casestudy.material.guide import Place, doubled, line_of, refuse
from casestudy.material.mappings import FileMapping
from casestudy.study import Identifier, Study, Words

FILE = "instrument.yml"
FOLDER = "survey"


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
