"""The codes of a study: ready frameworks and its own, from ``codebook.yml``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

import regex
from pydantic import AfterValidator, Field, ValidationInfo, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from casestudy import documents
from casestudy.documents import Record, nearest
from casestudy.study import Identifier, Study, Words

FILE = "codebook.yml"

Family = Literal["factor", "skill", "component", "process", "narrative", "inductive"]
Domain = Literal["innovation", "user", "organisation", "context"]
Framework = Literal["midi", "skills", "components"]


def _version(value: str) -> str:
    if not regex.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", value, flags=regex.ASCII):
        raise ValueError("must be three numbers, `MAJOR.MINOR.PATCH`; write for instance `1.0.0`")
    return value


def _pattern(value: str) -> str:
    try:
        regex.compile(value, flags=regex.IGNORECASE)
    except (regex.error, RecursionError):
        raise ValueError("must be a valid pattern; check its brackets and signs") from None
    return value


Version = Annotated[str, AfterValidator(_version)]
Pattern = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_pattern)]


class Definition(Record):
    """What a code means, in Dutch and where there is one in English."""

    nl: str = Field(min_length=1)
    en: str | None = None


class Anchors(Record):
    """An invented example of what to code, for each direction."""

    positive: str | None = None
    negative: str | None = None


class Code(Record):
    """A named idea in the codebook; ``patterns`` find its topic in a sentence, never its direction."""

    id: Identifier
    family: Family
    domain: Domain | None = None
    parent: Identifier | None = None
    label: Words
    definition: Definition
    include: str | None = None
    exclude: str | None = None
    anchors: Anchors = Anchors()
    patterns: tuple[Pattern, ...] = ()
    active: bool = True

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


class _Framework(Record):
    codes: tuple[Code, ...]


@cache
def framework(name: Framework) -> tuple[Code, ...]:
    """Give the codes of a ready framework.

    ``midi`` holds the 29 determinants of the Measurement Instrument for Determinants of Innovations by
    name, described in own words; ``skills`` and ``components`` hold what a training in the safety of
    children practises and consists of.

    References
    ----------
    Fleuren, M.A.H., Paulussen, T.G.W.M., Van Dommelen, P., & Van Buuren, S. (2014). Towards a measurement
    instrument for determinants of innovations. *International Journal for Quality in Health Care*, 26(5),
    501-510.

    Examples
    --------
    >>> len(framework("midi")), framework("midi")[0].label.nl
    (29, 'Procedurele helderheid')
    """
    path = Path(str(files("casestudy") / "material" / "frameworks" / f"{name}.yml"))
    return documents.read(path, _Framework, name=f"frameworks/{name}.yml").codes


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
    """All codes of a study with the version of their meaning; the codes of ``frameworks`` come first."""

    id: Identifier
    version: Version
    changelog: tuple[Change, ...] = ()
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
    """Read the codebook of a study, its frameworks filled in.

    Raises
    ------
    InvalidMaterial
        With every problem of ``codebook.yml``: an id that stands twice, also one of a framework, a parent
        that is not there, a pattern that cannot be used.
    """
    own = documents.read(study.folder / FILE, Codebook, name=FILE)
    ready = tuple(code for name in own.frameworks for code in framework(name))
    return own.model_copy(update={"codes": (*ready, *own.codes)})
