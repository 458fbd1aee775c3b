"""What raters judged per site and code, each alone, and what they settled together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field

from casestudy.documents import Record, nearest
from casestudy.errors import Gathered, InvalidMaterial, Problem, place
from casestudy.material import codebook, logs
from casestudy.material.codebook import Codebook
from casestudy.study import Identifier, Study

FOLDER = "ratings"
SETTLED = "settled"
RATED_FAMILIES = ("factor", "skill")

Value = Literal["-2", "-1", "0", "1", "2", "X", "M"]


def _moment(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a moment, `YYYY-MM-DDThh:mm:ss+00:00`; write it so") from None
    return value


def _two_people(value: tuple[str, ...]) -> tuple[str, ...]:
    if len({name.casefold() for name in value}) < 2:
        raise ValueError("must name two people who decided together; add the second")
    return value


Moment = Annotated[str, AfterValidator(_moment)]
Person = Annotated[str, Field(min_length=1, max_length=60)]
TwoPeople = Annotated[tuple[Person, ...], AfterValidator(_two_people)]
Reason = Annotated[str, Field(min_length=3)]


class Rating(Record):
    """One rater's judgement of one code at one site, made alone."""

    site: Identifier
    code: Identifier
    value: Value
    rationale: str = ""
    rater: Identifier
    at: Moment


class SettledRating(Record):
    """What at least two people decided, with the codings for and against it."""

    site: Identifier
    code: Identifier
    value: Value
    proposed: Value | None = None
    rationale: Reason
    supporting: tuple[str, ...] = ()
    contrary: tuple[str, ...] = ()
    decided_by: TwoPeople
    at: Moment


Judgement = TypeVar("Judgement", Rating, SettledRating)


def read(study: Study, site: str | None = None) -> tuple[Rating, ...]:
    """Read every rater's own ratings; the last line of a rater per site and code counts.

    Returns
    -------
    tuple of Rating
        In the order of rater, site and code.

    Raises
    ------
    InvalidMaterial
        With every bad line, unknown site and unknown code, and every line in another rater's file.
    """
    problems = Gathered()
    codes = codebook.read(study)
    latest: list[Rating] = []
    for path in logs.files(study.folder / FOLDER):
        if path.stem == SETTLED:
            continue
        name = f"{FOLDER}/{path.name}"
        lines, damaged = logs.scan(path, Rating, name, root=study.folder)
        problems.extend(damaged)
        problems.extend(_problems(lines, study, codes, name))
        problems.extend(_stray_raters(lines, path.stem, name))
        latest += _last(line for _, line in lines)
    problems.stop()
    kept = (rating for rating in latest if site in (None, rating.site))
    return tuple(sorted(kept, key=lambda rating: (rating.rater, rating.site, rating.code)))


def settled(study: Study, site: str | None = None) -> tuple[SettledRating, ...]:
    """Read the ratings that were settled together; the last line per site and code counts.

    Raises
    ------
    InvalidMaterial
        With every bad line, unknown site and unknown code.
    """
    name = f"{FOLDER}/{SETTLED}.jsonl"
    lines, problems = logs.scan(study.folder / name, SettledRating, name, root=study.folder)
    problems += _problems(lines, study, codebook.read(study), name)
    problems += [
        Problem(place(name, number), "`supporting` must name a coding", "none", "add one, or settle on `M`")
        for number, line in lines
        if line.value != "M" and not line.supporting
    ]
    if problems:
        raise InvalidMaterial(problems)
    kept = (rating for rating in _last(line for _, line in lines) if site in (None, rating.site))
    return tuple(sorted(kept, key=lambda rating: (rating.site, rating.code)))


def _last(lines: Iterable[Judgement]) -> list[Judgement]:
    return list({(line.site, line.code): line for line in lines}.values())


def _problems(
    lines: Iterable[tuple[int, Judgement]], study: Study, codes: Codebook, name: str
) -> Iterator[Problem]:
    known = [code.id for code in codes.codes if code.family in RATED_FAMILIES]
    for number, line in lines:
        where = place(name, number)
        if line.site not in study.site_ids:
            near = nearest(line.site, study.site_ids)
            yield Problem(where, "`site` must be a site of study.yml", f"`{line.site}`", near)
        if line.code not in known:
            near = nearest(line.code, known)
            yield Problem(where, "`code` must be a factor or skill of codebook.yml", f"`{line.code}`", near)


def _stray_raters(lines: Iterable[tuple[int, Rating]], rater: str, name: str) -> Iterator[Problem]:
    for number, line in lines:
        if line.rater != rater:
            must = "`rater` must be the name of the file"
            yield Problem(place(name, number), must, f"`{line.rater}`", "move the line to that rater's file")
