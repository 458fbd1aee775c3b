"""The codes of a study: ready frameworks and its own, from ``codebook.yml`` or a version that was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import regex
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from casestudy import documents
from casestudy.documents import Record, nearest
from casestudy.errors import SETTINGS_FILE, WrongUse
from casestudy.material import folders
from casestudy.study import Identifier, Study, Words
from casestudy.study import Version as Version

FILE = "codebook.yml"
FOLDER = "codebooks"

Family = Literal["factor", "skill", "component", "process", "narrative", "inductive"]
Domain = Literal[
    "innovation",
    "user",
    "organisation",
    "context",
    "outer_setting",
    "inner_setting",
    "individuals",
    "process",
]
Framework = Literal["midi", "cfir", "cfir2009", "skills", "components"]
Kind = Literal["new", "reword", "rename", "split", "merge", "retire"]


def _pattern(value: str) -> str:
    try:
        regex.compile(value, flags=regex.IGNORECASE)
    except (regex.error, RecursionError):
        raise ValueError("must be a valid pattern; check its brackets and signs") from None
    return value


def _dutch(value: Any) -> Any:
    return {"nl": value} if isinstance(value, str) else value


Pattern = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_pattern)]
Term = Annotated[str, Field(min_length=1, max_length=200)]


class Definition(Record):
    """What a code means, in Dutch and perhaps in English; the Dutch text is the one that counts."""

    nl: str = Field(min_length=1)
    en: str | None = None

    def __getitem__(self, language: str) -> str:
        """Give the text in a language, in Dutch where there is no other."""
        return self.en if language == "en" and self.en else self.nl


Hint = Annotated[Definition, BeforeValidator(_dutch)]


class Anchors(Record):
    """An invented example of what to code, for each direction."""

    positive: str | None = None
    negative: str | None = None


class Code(Record):
    """A named idea in the codebook.

    ``patterns`` (regular expressions) and ``terms`` (words of the dictionary language) find its topic in a
    sentence, never its direction. No pattern is tried out on reading, for that proves nothing: one that ends
    on every text tried may run away on the next. Whoever matches one cuts it off after a second, as
    ``findings.suggestions`` does, which names the code and goes on. ``include`` and ``exclude`` are Dutch, or
    Dutch and English. ``since`` is the version in which the code came, where kept versions do not show it.
    """

    id: Identifier
    family: Family
    domain: Domain | None = None
    parent: Identifier | None = None
    label: Words
    definition: Definition
    include: Hint | None = None
    exclude: Hint | None = None
    anchors: Anchors = Anchors()
    patterns: tuple[Pattern, ...] = ()
    terms: tuple[Term, ...] = ()
    active: bool = True
    since: Version | None = None

    @model_validator(mode="after")
    def _domain_of_factors_only(self) -> Self:
        if self.family == "factor" and self.domain is None:
            raise ValueError("must have a `domain`, for it is a factor; add it")
        if self.family != "factor" and self.domain is not None:
            raise ValueError("must have no `domain`, for only factors have one; remove it")
        return self


class Change(Record):
    """What one version of the codebook changed."""

    version: Version
    note: str = Field(min_length=1)


# How many codes a change has before and after it, and how that is said.
_SIDES: Mapping[Kind, tuple[range, range, str]] = {
    "new": (range(1), range(1, 1000), "no codes in `from` and one or more in `to`"),
    "reword": (range(1, 1000), range(1000), "one or more codes in `from`"),
    "rename": (range(1, 2), range(1, 2), "one code in `from` and one in `to`"),
    "split": (range(1, 2), range(2, 1000), "one code in `from` and two or more in `to`"),
    "merge": (range(2, 1000), range(1, 2), "two or more codes in `from` and one in `to`"),
    "retire": (range(1, 1000), range(1), "one or more codes in `from` and none in `to`"),
}


class CodeChange(Record):
    """What one version did to codes: ``before`` (``from`` in the file) became ``after`` (``to``).

    A reword leaves the meaning as it was; without one, another definition is another meaning.
    """

    version: Version
    change: Kind
    before: tuple[Identifier, ...] = Field((), validation_alias="from", serialization_alias="from")
    after: tuple[Identifier, ...] = Field((), validation_alias="to", serialization_alias="to")
    note: str | None = None

    @model_validator(mode="after")
    def _has_both_sides(self) -> Self:
        before, after, said = _SIDES[self.change]
        fits = len(self.before) in before and len(self.after) in after
        doubled = len(set(self.before)) < len(self.before) or len(set(self.after)) < len(self.after)
        if not fits or doubled:
            raise ValueError(f"must have {said}, each once, for its `change` is {self.change}; correct it")
        if self.change == "reword" and self.after not in ((), self.before):
            raise ValueError("must have the same codes in `to`, or none, for its `change` is reword; mend it")
        if self.change == "rename" and self.after == self.before:
            raise ValueError("must have another code in `to`, for its `change` is rename; correct it")
        return self


class _Framework(Record):
    codes: tuple[Code, ...]


class MappedCode(Record):
    """The constructs of both versions of the CFIR that stand nearest to a determinant of the MIDI."""

    midi: Identifier
    cfir2009: tuple[Identifier, ...] = Field(min_length=1)
    cfir: tuple[Identifier, ...] = Field(min_length=1)
    direct: bool = True


class FrameworkMap(Record):
    """Where the determinants of the MIDI stand in the CFIR: to translate, never to add ratings up again.

    It may be used once two researchers stand in ``confirmed_by``; ``warning`` goes with every use.
    """

    confirmed_by: tuple[str, ...] = ()
    warning: Words
    rows: tuple[MappedCode, ...]

    @property
    def is_confirmed(self) -> bool:
        """Whether two researchers have confirmed it."""
        return len(set(self.confirmed_by)) >= 2


@cache
def midi_to_cfir() -> FrameworkMap:
    """Give the mapping of methods B2, which two researchers must still confirm.

    Examples
    --------
    >>> found = midi_to_cfir()
    >>> found.rows[22].midi, found.rows[22].cfir, found.is_confirmed
    ('M23', ('ID.OPPORTUNITY', 'ID.DELIVERERS'), False)
    """
    return documents.read(_framework_path("midi_to_cfir"), FrameworkMap, name="frameworks/midi_to_cfir.yml")


@cache
def framework(name: Framework) -> tuple[Code, ...]:
    """Give the codes of a ready framework.

    ``midi`` holds the 29 determinants of the Measurement Instrument for Determinants of Innovations,
    ``cfir`` the 48 constructs and 19 subconstructs of the Consolidated Framework for Implementation Research
    of 2022 and ``cfir2009`` the 39 of its first version: names are theirs, descriptions are own words.
    ``skills`` and ``components`` hold what a training in the safety of children practises and consists of.

    References
    ----------
    Fleuren, M.A.H., Paulussen, T.G.W.M., Van Dommelen, P., & Van Buuren, S. (2014). Towards a measurement
    instrument for determinants of innovations. *International Journal for Quality in Health Care*, 26(5),
    501-510.

    Damschroder, L.J., Aron, D.C., Keith, R.E., Kirsh, S.R., Alexander, J.A., & Lowery, J.C. (2009). Fostering
    implementation of health services research findings into practice. *Implementation Science*, 4, 50.

    Damschroder, L.J., Reardon, C.M., Widerquist, M.A.O., & Lowery, J. (2022). The updated Consolidated
    Framework for Implementation Research based on user feedback. *Implementation Science*, 17, 75.

    Examples
    --------
    >>> len(framework("midi")), framework("midi")[0].label.nl
    (29, 'Procedurele helderheid')
    >>> sum(code.parent is None for code in framework("cfir")), len(framework("cfir2009"))
    (48, 39)
    """
    return documents.read(_framework_path(name), _Framework, name=f"frameworks/{name}.yml").codes


def _framework_path(name: str) -> Path:
    return Path(str(files("casestudy") / "material" / "frameworks" / f"{name}.yml"))


def _fits(codes: tuple[Code, ...], info: ValidationInfo) -> tuple[Code, ...]:
    names: Sequence[Framework] = info.data.get("frameworks", ())
    ready = [code for name in names for code in framework(name)]
    found = [*_doubled(codes, ready), *_wrong_parents(codes, ready)]
    if len(set(names)) < len(names):
        found.append(_detail((), "must stand beside `frameworks` named once; remove the doubled one"))
    if not ready and not codes:
        found.append(_detail((), "must hold codes, or `frameworks` must name some; add one of the two"))
    if found:
        raise ValidationError.from_exception_data("codes", found)
    return codes


def _doubled(codes: tuple[Code, ...], ready: list[Code]) -> Iterator[InitErrorDetails]:
    seen = {code.id.casefold() for code in ready}
    for index, code in enumerate(codes):
        if code.id.casefold() in seen:
            yield _detail(
                (index, "id"),
                "must stand once, {found}; keep one or choose another id",
                f"found `{code.id}` again",
            )
        seen.add(code.id.casefold())


def _wrong_parents(codes: tuple[Code, ...], ready: list[Code]) -> Iterator[InitErrorDetails]:
    parents = {code.id: code.parent for code in (*ready, *codes)}
    for index, code in enumerate(codes):
        if code.parent is None:
            continue
        if code.parent not in parents:
            found = f"found `{code.parent}`; {nearest(code.parent, list(parents))}"
            yield _detail((index, "parent"), "must be the id of a code, {found}", found)
            continue
        above: str | None = code.parent
        for _ in parents:
            above = parents.get(above) if above is not None and above != code.id else above
        if above == code.id:
            yield _detail((index, "parent"), "must not lead back to the code itself, found a circle; mend it")


def _detail(where: tuple[int | str, ...], message: str, found: str = "") -> InitErrorDetails:
    error = PydanticCustomError("codebook", message, {"found": found})
    return InitErrorDetails(type=error, loc=where, input=None)


class Codebook(Record):
    """All codes of a study with the version of their meaning; the codes of ``frameworks`` come first.

    ``changelog`` tells in words what each version changed, ``changes`` what it did to which codes.
    """

    id: Identifier
    version: Version
    changelog: tuple[Change, ...] = ()
    changes: tuple[CodeChange, ...] = ()
    frameworks: tuple[Framework, ...] = ()
    codes: Annotated[tuple[Code, ...], AfterValidator(_fits)] = Field((), validate_default=True)

    @property
    def major(self) -> str:
        """The part of the version that changes when a code means something else."""
        return self.version.partition(".")[0]

    def __contains__(self, code: str) -> bool:
        return code in self._by_id

    def code(self, code: str) -> Code:
        """Give one code by its id.

        Raises
        ------
        KeyError
            When the codebook has no such code.
        """
        return self._by_id[code]

    def family(self, family: Family) -> tuple[Code, ...]:
        """Give the codes of one family in the codebook's order, inactive ones included."""
        return tuple(code for code in self.codes if code.family == family)

    @cached_property
    def _by_id(self) -> dict[str, Code]:
        return {code.id: code for code in self.codes}


def read(study: Study) -> Codebook:
    """Read the codebook in force, its frameworks filled in: ``codebook.yml``, or the version the study names.

    Raises
    ------
    WrongUse
        When ``codebook`` of ``study.yml`` names a version that is not there.
    InvalidMaterial
        With every problem of the file: an id that stands twice, also one of a framework, a parent that is
        not there, a pattern that cannot be used.
    """
    book = current(study)
    if study.codebook in (None, book.version):
        return book
    known = kept_versions(study)
    if study.codebook in known:
        return version(study, study.codebook)
    remedy = nearest(study.codebook, list(dict.fromkeys([*known, book.version])))
    raise WrongUse(
        f"{SETTINGS_FILE}: `codebook` must be a version that was kept, found `{study.codebook}`; {remedy}"
    )


def current(study: Study) -> Codebook:
    """Read ``codebook.yml``, its frameworks filled in; see :func:`read`."""
    return _whole(study, FILE)


def version(study: Study, version: str) -> Codebook:
    """Read a version that was kept, ``codebooks/<version>.yml``; see :func:`read`."""
    return _whole(study, f"{FOLDER}/{version}.yml")


def _whole(study: Study, name: str) -> Codebook:
    own = documents.read(study.folder / name, Codebook, name=name)
    ready = tuple(code for framework_name in own.frameworks for code in framework(framework_name))
    return own.model_copy(update={"codes": (*ready, *own.codes)})


def kept_versions(study: Study) -> tuple[str, ...]:
    """Give the names of the versions in ``codebooks/``, as the files bear them, in the order of the names."""
    folder = study.folder / FOLDER
    found = sorted(path.stem for path in folder.glob("*.yml") if folders.stray(path) is None)
    return tuple(found)
