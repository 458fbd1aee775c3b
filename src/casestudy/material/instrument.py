"""The instrument: what is asked in which wave and of whom, and the files that hold the answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Literal, Self

from pydantic import Field, model_validator

from casestudy import documents
from casestudy.documents import Record, nearest
from casestudy.errors import SETTINGS_FILE, InvalidMaterial, Problem, WrongUse, place
from casestudy.material import folders
from casestudy.material.codebook import Codebook
from casestudy.material.guide import Place, doubled, line_of, refuse
from casestudy.material.mappings import FileMapping
from casestudy.material.questions import Item, OpenItem, Options, Person, Scale
from casestudy.study import Identifier, Study, Words

FILE = "instrument.yml"
FOLDER = "survey"

N_REFLECTIONS = 2


class Instrument(Record):
    """The questionnaire as a whole, in one version, with the files that hold its answers.

    Parameters
    ----------
    title, intro
        What stands above it; without a title that of the study.
    person
        How the respondent is known.
    options, scales
        The answers one may give, by name, and the items that use them.
    components, component_waves, component_question
        Per skill the components of which one may tick those that contributed; in which waves, left out the
        later one of the comparison; and the words of the question.
    open
        Questions answered in own words.
    reflection
        Two questions per skill to think about, for the respondent alone.
    files
        How each file of answers is to be read.

    Examples
    --------
    >>> agree = Options(min=1, max=5)
    >>> item = Item(id="V1", text=Words(nl="Ik kan het", en="I can"), options="agree")
    >>> scale = Scale(id="VAA", label=Words(nl="Vaardigheid", en="Skill"), items=(item,))
    >>> one = Instrument(id="survey", version="1", options={"agree": agree}, scales=(scale,))
    >>> [item.id for item in one.items], one.person.ask
    (['V1'], 'nothing')
    """

    id: Identifier
    version: str = Field(min_length=1)
    title: Words | None = None
    intro: Words | None = None
    person: Person = Person()
    options: dict[Identifier, Options] = Field(default_factory=dict)
    scales: tuple[Scale, ...] = ()
    components: dict[Identifier, tuple[Identifier, ...]] = Field(default_factory=dict)
    component_waves: tuple[Identifier, ...] = ()
    component_question: Words | None = None
    open: tuple[OpenItem, ...] = ()
    reflection: dict[Identifier, tuple[Words, ...]] = Field(default_factory=dict)
    files: tuple[FileMapping, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wrong = list(doubled([scale.id for scale in self.scales], ("scales",), "id"))
        wrong += self._wrong_items()
        wrong += self._wrong_skills()
        wrong += self._wrong_waves()
        # What an earlier version asked is not known here; `instrument_versions` looks at those files.
        wrong += [
            mistake
            for f, mapping in enumerate(self.files)
            if mapping.instrument in (None, self.version)
            for mistake in self.mapping_mistakes(f, mapping)
        ]
        return refuse(self, wrong)

    def _wrong_items(self) -> Iterator[tuple[Place, str]]:
        named: list[tuple[Place, str]] = []
        for s, scale in enumerate(self.scales):
            for i, item in enumerate(scale.items):
                where: Place = ("scales", s, "items", i)
                named.append(((*where, "id"), item.id))
                if item.options not in self.options:
                    near = nearest(item.options, list(self.options))
                    yield (*where, "options"), f"must be one of `options`, found `{item.options}`; {near}"
        named += [(("open", n, "id"), one.id) for n, one in enumerate(self.open)]
        named += [(("person", "elements", n, "id"), one.id) for n, one in enumerate(self.person.elements)]
        seen: set[str] = set()
        for where, word in named:
            if word.casefold() in seen:
                yield where, f"must stand once, found `{word}` again; rename one"
            seen.add(word.casefold())

    def _wrong_skills(self) -> Iterator[tuple[Place, str]]:
        for field, skills in (("components", self.components), ("reflection", self.reflection)):
            for skill in skills:
                if skill not in self.skills:
                    near = nearest(skill, list(self.skills))
                    yield (field, skill), f"must be the `skill` of an item, found `{skill}`; {near}"
        for skill, parts in self.components.items():
            for n, _ in enumerate(parts):
                if parts[n] in parts[:n]:
                    where = ("components", skill, n)
                    yield where, f"must stand once, found `{parts[n]}` again; remove one"
        for skill, questions in self.reflection.items():
            if len(questions) != N_REFLECTIONS:
                told = f"must be {N_REFLECTIONS} questions, found {len(questions)}; add or remove one"
                yield ("reflection", skill), told

    def _wrong_waves(self) -> Iterator[tuple[Place, str]]:
        for n, scale in enumerate(self.scales):
            yield from _doubled_waves(("scales", n, "waves"), scale.waves)
        for n, one in enumerate(self.open):
            yield from _doubled_waves(("open", n, "waves"), one.waves)
        yield from _doubled_waves(("component_waves",), self.component_waves)
        if self.component_waves and not self.components:
            yield ("component_waves",), "must stand with `components`, found none; add them or remove this"

    def mapping_mistakes(self, index: int, mapping: FileMapping) -> Iterator[tuple[Place, str]]:
        """Find items, skills and components that a mapping names and this version does not ask."""
        known = [item.id for item in self.items]
        for column, item in mapping.items.items():
            if item not in known:
                where = ("files", index, "items", column)
                yield where, f"must be an item of a scale, found `{item}`; {nearest(item, known)}"
        for column, tick in mapping.multi.items():
            where = ("files", index, "multi", column)
            if tick.skill not in self.skills:
                near = nearest(tick.skill, sorted(self.skills))
                yield where, f"must name the `skill` of an item, found `{tick.skill}`; {near}"
            elif self.components and tick.component not in self.components.get(tick.skill, ()):
                yield where, f"must be in `components` of that skill, found `{tick.component}`; correct one"
        for name, words in mapping.answers.items():
            here = ("files", index, "answers", name)
            options = self.options.get(name)
            if options is None:
                yield here, f"must be one of `options`, found `{name}`; {nearest(name, list(self.options))}"
            elif wrong := [word for word, value in words.items() if not options.has(value)]:
                told = f"must be an answer from {options.min:g} to {options.max:g}, found another"
                yield (*here, wrong[0]), f"{told}; correct the number"

    @property
    def items(self) -> tuple[Item, ...]:
        """All items, scale by scale."""
        return tuple(item for scale in self.scales for item in scale.items)

    @property
    def skills(self) -> tuple[str, ...]:
        """Skills that items ask about, each once, in the order of the items."""
        return tuple(dict.fromkeys(item.skill for item in self.items if item.skill))

    @property
    def says_when(self) -> bool:
        """Whether any scale names its waves; an instrument that does not asks everything whenever it may."""
        return any(scale.waves for scale in self.scales)

    def asked(self, wave: str, study: Study) -> tuple[Scale, ...]:
        """Give the scales that are asked in a wave; one that looks back asks only what names it.

        Raises
        ------
        WrongUse
            When the study has no such wave.
        """
        return tuple(scale for scale in self.scales if _is_asked(scale, wave, study))

    def open_items(self, wave: str, study: Study) -> tuple[OpenItem, ...]:
        """Give the open questions of a wave, as ``asked`` gives its scales."""
        return tuple(one for one in self.open if _is_asked(one, wave, study))

    def asks_components(self, wave: str, study: Study) -> bool:
        """Tell whether respondents are asked in this wave what contributed."""
        return bool(self.components) and wave in (self.component_waves or (study.comparison.after,))

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


def _doubled_waves(where: Place, waves: tuple[str, ...]) -> Iterator[tuple[Place, str]]:
    for n, wave in enumerate(waves):
        if wave in waves[:n]:
            yield (*where, n), f"must stand once, found `{wave}` again; remove one"


def _is_asked(one: Scale | OpenItem, wave: str, study: Study) -> bool:
    relations = {known.id: known.relation for known in study.waves}
    if wave not in relations:
        raise WrongUse(
            f"--wave: a wave must be in {SETTINGS_FILE}, found `{wave}`; {nearest(wave, list(relations))}"
        )
    return wave in one.waves if one.waves else relations[wave] != "retrospective"


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
    problems = list(_wave_problems(instrument, study, path))
    problems += [p for mapping in instrument.files for p in _study_problems(mapping, study, path)]
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


def _wave_problems(instrument: Instrument, study: Study, path: Path) -> Iterator[Problem]:
    known = [wave.id for wave in study.waves]
    used: list[tuple[tuple[str, ...], Iterable[str]]] = [
        (("scales", scale.id, "waves"), scale.waves) for scale in instrument.scales
    ]
    used += [(("open", one.id, "waves"), one.waves) for one in instrument.open]
    used.append((("component_waves",), instrument.component_waves))
    for above, waves in used:
        for wave in waves:
            if wave not in known:
                where = place(FILE, line_of(path, *above, wave))
                must = f"`{above[-1]}` must be waves of {SETTINGS_FILE}"
                yield Problem(where, must, f"`{wave}`", nearest(wave, known))


def code_problems(study: Study, instrument: Instrument, codes: Codebook) -> Iterator[Problem]:
    """Find skills of items and components that the codebook does not have in that family."""
    families = {
        "skill": [code.id for code in codes.family("skill")],
        "component": [code.id for code in codes.family("component")],
    }
    used: list[tuple[Literal["skill", "component"], str, tuple[str, ...]]] = [
        ("skill", skill, ("scales", skill)) for skill in instrument.skills
    ]
    used += [
        ("component", part, ("components", skill, part))
        for skill, parts in instrument.components.items()
        for part in parts
    ]
    for family, word, words in dict.fromkeys(used):
        if word not in families[family]:
            where = place(FILE, line_of(study.folder / FILE, *words))
            must = f"a {family} must be a code of that family in codebook.yml"
            yield Problem(where, must, f"`{word}`", nearest(word, families[family]))


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
