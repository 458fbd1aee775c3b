"""The interview guide: which topic was asked in which version, and the map between interviews and survey."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from casestudy import documents
from casestudy.documents import Record, nearest
from casestudy.errors import InvalidMaterial, Problem, WrongUse, place
from casestudy.material import codebook
from casestudy.material.codebook import Codebook
from casestudy.study import Identifier, Study, Words

FILE = "guide.yml"

Place = tuple[str | int, ...]


class Topic(Record):
    """One topic of the guide, the question as it was asked, and the codes it is meant to bring up."""

    id: Identifier
    question: Words
    codes: tuple[Identifier, ...] = ()


class GuideVersion(Record):
    """The topics of one version of the guide."""

    topics: tuple[Topic, ...] = Field(min_length=1)


class JointRow(Record):
    """One row of the joint display: what interviews and survey say about the same thing.

    ``same_object`` rows speak about one thing twice; ``explains`` rows set a factor beside an outcome and
    are never called agreement.
    """

    row: Identifier
    label: Words
    codes: tuple[Identifier, ...] = Field(min_length=1)
    scale: Identifier | None = None
    item: Identifier | None = None
    relation: Literal["same_object", "explains"]
    neg_means: Literal["no_improvement", "worsening"] = "no_improvement"

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if self.scale and self.item:
            raise ValueError("must name a `scale` or an `item`, found both; keep one of the two")
        return self


class Guide(Record):
    """All versions of the interview guide, and the rows of the joint display.

    Examples
    --------
    >>> topic = Topic(id="werk", question=Words(nl="Hoe gaat het?", en="How is it?"), codes=("M23",))
    >>> guide = Guide(versions={"1": GuideVersion(topics=(topic,))})
    >>> sorted(guide.asked("1")), sorted(guide.asked(None))
    (['M23'], [])
    """

    versions: dict[str, GuideVersion] = Field(default_factory=dict)
    joint_display: tuple[JointRow, ...] = ()

    @model_validator(mode="after")
    def _ids_stand_once(self) -> Self:
        rows = [row.row for row in self.joint_display]
        wrong = list(doubled(rows, ("joint_display",), "row"))
        for version, guide in self.versions.items():
            ids = [topic.id for topic in guide.topics]
            wrong += doubled(ids, ("versions", version, "topics"), "id")
        return refuse(self, wrong)

    def asked(self, version: str | None) -> frozenset[str]:
        """Codes that this version of the guide asks about; nothing for a source without a guide.

        Raises
        ------
        WrongUse
            When the guide has no such version.
        """
        if version is None:
            return frozenset()
        if version not in self.versions:
            known = nearest(version, list(self.versions))
            raise WrongUse(f"{FILE}: a version must be in the guide, found `{version}`; {known}")
        return frozenset(code for topic in self.versions[version].topics for code in topic.codes)

    def row(self, row: str) -> JointRow | None:
        """Give one row of the joint display by its id."""
        return next((candidate for candidate in self.joint_display if candidate.row == row), None)


def read(study: Study) -> Guide:
    """Read ``guide.yml``; a study without the file has an empty guide.

    Raises
    ------
    InvalidMaterial
        With every problem of the file; a code that the codebook does not have is one.
    """
    path = study.folder / FILE
    if not path.exists():
        return Guide()
    guide = documents.read(path, Guide, name=FILE)
    problems = list(_code_problems(guide, codebook.read(study), path))
    if problems:
        raise InvalidMaterial(problems)
    return guide


def _code_problems(guide: Guide, codes: Codebook, path: Path) -> Iterator[Problem]:
    known = [code.id for code in codes.codes]
    used: list[tuple[tuple[str, ...], str]] = [
        (("versions", version, topic.id), code)
        for version, value in guide.versions.items()
        for topic in value.topics
        for code in topic.codes
    ]
    used += [(("joint_display", row.row), code) for row in guide.joint_display for code in row.codes]
    for above, code in used:
        if code not in known:
            where = place(FILE, line_of(path, *above, code))
            yield Problem(where, "`codes` must be codes of codebook.yml", f"`{code}`", nearest(code, known))


def doubled(ids: list[str], above: Place, field: str) -> Iterator[tuple[Place, str]]:
    """Find ids that stand more than once in a list, with the place of each repetition.

    Examples
    --------
    >>> list(doubled(["a", "b", "A"], ("scales",), "id"))
    [(('scales', 2, 'id'), 'must stand once, found `A` again; rename one')]
    """
    seen: set[str] = set()
    for index, word in enumerate(ids):
        if word.casefold() in seen:
            yield (*above, index, field), f"must stand once, found `{word}` again; rename one"
        seen.add(word.casefold())


Valid = TypeVar("Valid", bound=Record)


def refuse(value: Valid, wrong: list[tuple[Place, str]]) -> Valid:
    """Return the record, or raise with the place inside the document of everything that is wrong with it.

    A plain ``ValueError`` would name the first line of the whole file.
    """
    if not wrong:
        return value
    details = [
        InitErrorDetails(
            type=PydanticCustomError("value_error", "{told}", {"told": told}), loc=where, input=None
        )
        for where, told in wrong
    ]
    raise ValidationError.from_exception_data(type(value).__name__, details)


def line_of(path: Path, *words: str) -> int | None:
    """Find the line of a document on which the last word stands, below the lines of the words before it.

    For problems that only come to light when two files are laid side by side, after their lines are
    forgotten.
    """
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    start = 0
    for word in words:
        exact = re.compile(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])")
        start = next((n for n in range(start, len(lines)) if exact.search(lines[n])), -1)
        if start < 0:
            return None
    return start + 1
