"""What raters judged per site and code, each alone, and what they settled together on which evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, model_validator

from casestudy.documents import Record, nearest
from casestudy.errors import Gathered, Problem, WrongUse, place
from casestudy.material import codebook, codebook_versions, evidence, logs, sources
from casestudy.material.codebook import Codebook
from casestudy.material.codebook_changes import order
from casestudy.material.codings import Coding, Sha256
from casestudy.material.evidence import Evidence, Trace
from casestudy.material.signed import Moment, Reason, TwoPeople
from casestudy.study import Identifier, Study, Version

FOLDER = "ratings"
SETTLED = "settled"
NAME = f"{FOLDER}/{SETTLED}{logs.SUFFIX}"
RATED_FAMILIES = ("factor", "skill")
HELPS, HINDERS = ("1", "2"), ("-1", "-2")

Value = Literal["-2", "-1", "0", "1", "2", "X", "M"]
State = Literal["current", "stale", "unpinned"]


Mark = Annotated[str, Field(pattern=rf"^[0-9a-f]{{{evidence.MARK_LENGTH}}}$")]


class Rating(Record):
    """One rater's judgement of one code at one site, made alone."""

    site: Identifier
    code: Identifier
    value: Value
    rationale: str = ""
    rater: Identifier
    at: Moment


class SettledRating(Record):
    """What at least two people decided, with the codings for and against it, and what they saw.

    ``seen`` holds every coding that stood for the cell, with a mark of its words and judgement; ``evidence``
    is the fingerprint of all that, and ``codebook`` the version it was read in. The three stand together or
    not at all: an older line has none. ``contrary_note`` says why codings that point the other way do not
    count, where ``contrary`` names none.
    """

    site: Identifier
    code: Identifier
    value: Value
    proposed: Value | None = None
    rationale: Reason
    supporting: tuple[str, ...] = ()
    contrary: tuple[str, ...] = ()
    contrary_note: Reason | None = None
    decided_by: TwoPeople
    at: Moment
    codebook: Version | None = None
    evidence: Sha256 | None = None
    seen: Mapping[Identifier, Mark] | None = None

    @model_validator(mode="after")
    def _pin_is_whole(self) -> Self:
        if self.codebook is None and self.evidence is None and self.seen is None:
            return self
        if self.codebook is None or self.evidence is None or self.seen is None:
            raise ValueError("must have `codebook`, `evidence` and `seen` together; settle it again")
        if self.evidence != evidence.digest(self.codebook, self.seen):
            raise ValueError("must have the `evidence` that belongs to its `seen` and `codebook`")
        if self.named - self.seen.keys():
            raise ValueError("must name codings that are in `seen`; settle it again")
        return self

    @property
    def named(self) -> set[str]:
        """The codings it names, for and against."""
        return {*self.supporting, *self.contrary}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a settled rating relates to the evidence of now: what came, what went, what is no longer the same.

    ``unpinned`` is a rating of which nobody recorded what it rested on; only a coding that it names and that
    is gone makes such a rating stale.
    """

    state: State
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    other_codebook: bool = False


Judgement = TypeVar("Judgement", Rating, SettledRating)
Line = tuple[int, Judgement]


def read(study: Study, site: str | None = None) -> tuple[Rating, ...]:
    """Read every rater's own ratings; the last line of a rater per site and code counts.

    Ratings of a code that only another version of the codebook has do not count.

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
    book = codebook.read(study)
    latest: list[Rating] = []
    for path in logs.files(study.folder / FOLDER):
        if path.stem == SETTLED:
            continue
        name = f"{FOLDER}/{path.name}"
        lines, damaged = logs.scan(path, Rating, name, root=study.folder)
        problems.extend(damaged)
        problems.extend(_problems(lines, study, book, name))
        problems.extend(_stray_raters(lines, path.stem, name))
        latest += [line for _, line in _last(lines)]
    problems.stop()
    kept = (rating for rating in latest if site in (None, rating.site) and rating.code in book)
    return tuple(sorted(kept, key=lambda rating: (rating.rater, rating.site, rating.code)))


def settled(
    study: Study, site: str | None = None, *, against: Evidence | None = None
) -> tuple[SettledRating, ...]:
    """Read the ratings that were settled together; the last line per site and code counts.

    A line that was settled in a later version of the codebook than the one in force does not count yet, and
    one of a code that the codebook in force does not have any more does not count either.

    Parameters
    ----------
    study, site
        The study, and one site of it or all.
    against
        What :func:`evidence.read` gave for them, when it was read before.

    Raises
    ------
    InvalidMaterial
        With every bad line, unknown site and unknown code, and every coding that a rating names and that
        never was, or is of another site or code. A coding that stood and is gone is no problem: it makes the
        rating stale.
    """
    return tuple(line for _, line in _counting(study, site, against))


def one_sided(study: Study) -> list[Problem]:
    """Name every settled direction that passes over the codings against it.

    Returns
    -------
    list of Problem
        For each rating that helps or hinders, names no ``contrary`` coding and has no ``contrary_note``,
        while its raters saw codings that point the other way. Codings that came later are not held against
        it; they make it stale.

    Raises
    ------
    InvalidMaterial
        As :func:`settled`.
    """
    lines = _counting(study, None, None)
    now = evidence.read(study)
    found = []
    for number, line in lines:
        passed_over = [one for one in opposing(line, now) if line.seen is None or one.coding in line.seen]
        if passed_over and not line.contrary and line.contrary_note is None:
            must = f"`contrary` of `{line.code}` must name at least one coding that points the other way"
            remedy = "name one, or say in `contrary_note` why they do not count"
            found.append(Problem(place(NAME, number), must, f"none of {len(passed_over)}", remedy))
    return found


def standing(line: SettledRating, now: Evidence) -> Standing:
    """Compare what a rating was settled on with the evidence of now."""
    marks = evidence.seen(now, line.site, line.code)
    if line.seen is None or line.codebook is None:
        gone = tuple(sorted(line.named - marks.keys()))
        return Standing("stale" if gone else "unpinned", gone=gone)
    new, gone = sorted(marks.keys() - line.seen.keys()), tuple(sorted(line.seen.keys() - marks.keys()))
    changed = sorted(one for one, mark in marks.items() if line.seen.get(one, mark) != mark)
    other = _means_another_thing(line.code, line.codebook, now)
    state: State = "stale" if new or gone or changed or other else "current"
    return Standing(state, tuple(new), gone, tuple(changed), other)


def _means_another_thing(code: str, version: str, now: Evidence) -> bool:
    """Tell whether a code got another meaning since a version; that another code did says nothing of it.

    Where no book of that MAJOR was kept nobody can tell, and the rating must be looked at again.
    """
    if evidence.major(version) not in now.majors | {evidence.major(now.codebook)}:
        return True
    return any(order(later) > order(version) for later in now.redefined.get(code, ()))


def opposing(line: SettledRating, now: Evidence) -> tuple[Coding, ...]:
    """Give the codings that stand and point another way than a settled direction, mixed ones included."""
    other = ("-", "x") if line.value in HELPS else ("+", "x") if line.value in HINDERS else ()
    return tuple(one for one in now.of(line.site, line.code) if evidence.direction(one) in other)


def again(
    line: SettledRating,
    now: Evidence,
    *,
    decided_by: Iterable[str],
    rationale: str,
    at: str,
    supporting: Iterable[str] = (),
    contrary: Iterable[str] = (),
    contrary_note: str | None = None,
) -> SettledRating:
    """Settle a rating again with the same value, on the evidence of now.

    The codings it named are kept as far as they stand; ``supporting`` and ``contrary`` add to them.

    Raises
    ------
    WrongUse
        When a named coding does not stand for the cell, when nothing supports the rating any more, or when it
        would pass over the codings against it.
    """
    stands = sorted({one.coding for one in now.of(line.site, line.code)})
    added = {"supporting": tuple(supporting), "contrary": tuple(contrary)}
    for option, named in added.items():
        if strange := sorted(set(named) - set(stands)):
            must = f"a coding must stand for {line.code} at {line.site}"
            raise WrongUse(f"--{option}: {must}, found `{strange[0]}`; {nearest(strange[0], stands)}")
    kept = {
        field: tuple(one for one in dict.fromkeys((*getattr(line, field), *named)) if one in stands)
        for field, named in added.items()
    }
    if line.value != "M" and not kept["supporting"]:
        must = f"a coding must support `{line.value}`, found none that still stands"
        raise WrongUse(f"--supporting: {must}; name one, or settle another value")
    note = None if kept["contrary"] else contrary_note or line.contrary_note
    if opposing(line, now) and not kept["contrary"] and note is None:
        must = "a coding that points the other way must be named, found none"
        raise WrongUse(f"--contrary: {must}; name one, or say with --contrary-note why they do not count")
    fields = {"contrary_note": note, "decided_by": tuple(decided_by), "rationale": rationale, "at": at}
    pinned = evidence.pin(now, line.site, line.code)
    return SettledRating.model_validate({**line.model_dump(), **kept, **fields, **pinned})


def settle(study: Study, line: SettledRating) -> None:
    """Add a settled rating to its log; it is on disk when this returns.

    Raises
    ------
    OSError
        When the line is not whole on disk; then it counts as not saved.
    """
    logs.append(study.folder / NAME, line)


def rate(study: Study, rating: Rating) -> None:
    """Add one rater's own rating to that rater's log; it is on disk when this returns.

    Raises
    ------
    WrongUse
        When the rater bears the name of the file of settled ratings.
    OSError
        When the line is not whole on disk; then it counts as not saved.
    """
    if rating.rater.casefold() == SETTLED:
        raise WrongUse(f"--rater: it must be the name of a person, found `{SETTLED}`; choose another")
    logs.append(study.folder / FOLDER / f"{rating.rater}{logs.SUFFIX}", rating)


def instant(moment: str) -> datetime:
    """Read a moment so that it can be compared with another; without a zone it is taken as UTC.

    Examples
    --------
    >>> instant("2019-09-09T11:00:00+02:00") == instant("2019-09-09T09:00:00")
    True
    """
    read = datetime.fromisoformat(moment)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _counting(study: Study, site: str | None, against: Evidence | None) -> list[Line[SettledRating]]:
    """Give the settled lines that count, with their numbers, ordered by site and code."""
    book = codebook.read(study)
    problems = Gathered()
    lines, damaged = logs.scan(study.folder / NAME, SettledRating, NAME, root=study.folder)
    problems.extend(damaged)
    problems.extend(_problems(lines, study, book, NAME))
    problems.extend(
        Problem(place(NAME, number), "`supporting` must name a coding", "none", "add one, or settle on `M`")
        for number, line in lines
        if line.value != "M" and not line.supporting
    )
    in_force = [(number, line) for number, line in lines if _is_of(book, line)]
    counting = [(number, line) for number, line in _last(in_force) if site in (None, line.site)]
    if any(line.seen is None for _, line in counting):
        now = against or problems.gather(partial(evidence.read, study, site))
        problems.extend(_strange(study, counting, now) if now else ())
    problems.stop()
    return sorted(counting, key=lambda entry: (entry[1].site, entry[1].code))


def _is_of(book: Codebook, line: SettledRating) -> bool:
    is_later = line.codebook is not None and order(line.codebook) > order(book.version)
    return line.code in book and not is_later


def _last(lines: Iterable[Line[Judgement]]) -> list[Line[Judgement]]:
    return list({(line.site, line.code): (number, line) for number, line in lines}.values())


def _strange(study: Study, lines: list[Line[SettledRating]], now: Evidence) -> Iterator[Problem]:
    """Codings that a rating names and that never were evidence for it; those it was pinned to, were."""
    missing = {
        number: sorted(line.named - {one.coding for one in now.of(line.site, line.code)})
        for number, line in lines
        if line.seen is None
    }
    if not any(missing.values()):
        return
    made = evidence.traces(study)
    at = {row.source: row.site for row in sources.rows(study)} if made else {}
    for number, line in lines:
        for one in missing.get(number, ()):
            if found := _wrong(line, made.get(one), at, now):
                must = "`supporting` and `contrary` must name codings of this site and code"
                remedy = "name others, in a new line for this site and code"
                yield Problem(place(NAME, number), must, f"`{one}`, {found}", remedy)


def _wrong(line: SettledRating, made: Trace | None, at: Mapping[str, str], now: Evidence) -> str | None:
    """Say what is wrong with a coding that does not stand for a rating; one that once did may be gone."""
    if made is None:
        return "which never was"
    if at.get(made.source, line.site) != line.site:
        return "of another site"
    same_meaning = made.codebook is not None and evidence.major(made.codebook) == evidence.major(now.codebook)
    return "of another code" if same_meaning and made.code != line.code else None


def _problems(lines: Sequence[Line[Judgement]], study: Study, book: Codebook, name: str) -> Iterator[Problem]:
    known = [code.id for code in book.codes if code.family in RATED_FAMILIES]
    strange = {line.code for _, line in lines if line.code not in known}
    elsewhere = _codes_elsewhere(study, book) if strange else set()
    for number, line in lines:
        where = place(name, number)
        if line.site not in study.site_ids:
            near = nearest(line.site, study.site_ids)
            yield Problem(where, "`site` must be a site of study.yml", f"`{line.site}`", near)
        if line.code in strange - elsewhere:
            near = nearest(line.code, known)
            yield Problem(where, "`code` must be a factor or skill of codebook.yml", f"`{line.code}`", near)


def _codes_elsewhere(study: Study, book: Codebook) -> set[str]:
    """Codes that other versions of the codebook have and the one in force has not."""
    kept = codebook_versions.kept(study).values()
    return {code.id for other in kept for code in other.codes if code.id not in book}


def _stray_raters(lines: Iterable[tuple[int, Rating]], rater: str, name: str) -> Iterator[Problem]:
    for number, line in lines:
        if line.rater != rater:
            must = "`rater` must be the name of the file"
            yield Problem(place(name, number), must, f"`{line.rater}`", "move the line to that rater's file")
