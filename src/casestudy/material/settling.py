"""Settling disagreements between coders: what counts afterwards, and the sheet in which people decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, ValidationError

from casestudy import schema
from casestudy.documents import Record, nearest
from casestudy.errors import InvalidMaterial, Problem, WrongUse, place
from casestudy.material import decisions, logs
from casestudy.material.codings import Coding
from casestudy.material.decisions import Settlement
from casestudy.study import Study

Outcome = Literal["first", "second", "both", "neither", "other"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
TO_FILL_IN = ("decision", "rationale", "coding")
Place = Annotated[int, Field(ge=0)]


class SheetRow(Record):
    """One disagreement as people settle it in a spreadsheet; what is there only to be read is not used."""

    source: str
    start: Place
    end: Place
    code: str
    codings_a: str = ""
    codings_b: str = ""
    unit: str | None = None
    n_units: str | None = None
    coder_a: str | None = None
    coder_b: str | None = None
    type: str | None = None
    sibling: str | None = None
    codes_a: str | None = None
    codes_b: str | None = None
    words: str | None = None
    decision: str | None = None
    rationale: str | None = None
    coding: str | None = None


def settled(codings: Iterable[Coding], settlements: Iterable[Settlement]) -> tuple[Coding, ...]:
    """Give the codings as they count after settling; the logs stay as they are.

    Parameters
    ----------
    codings
        Codings that stand, in any order.
    settlements
        The last word on each disagreement.

    Returns
    -------
    tuple of Coding
        All of them in their order. Those that lost are ``superseded``. Those that a settlement let stand and
        that were made in a reliability round belong to the main round from now on, so that they count in
        results. Compute agreement before this.
    """
    lines = tuple(settlements)
    gone = {coding for line in lines for coding in line.losing}
    kept = {coding for line in lines for coding in line.standing} - gone
    return tuple(_after(coding, gone, kept) for coding in codings)


def _after(coding: Coding, gone: set[str], kept: set[str]) -> Coding:
    if coding.status != "confirmed":
        return coding
    if coding.coding in gone:
        return coding.model_copy(update={"status": "superseded"})
    if coding.coding in kept and coding.round == "reliability":
        return coding.model_copy(update={"round": "main"})
    return coding


def of_study(study: Study, codings: Iterable[Coding]) -> tuple[Coding, ...]:
    """Give the codings of a study as they count after what was decided; as :func:`settled`."""
    return settled(codings, decisions.of_kind(decisions.read(study), Settlement))


def problems(study: Study, codings: Sequence[Coding], known: Iterable[str]) -> list[Problem]:
    """Find settlements of codings that are not there.

    Parameters
    ----------
    study
        The study.
    codings
        All codings that stand.
    known
        Ids of the sources that count; what was settled about a withdrawn source is passed over.
    """
    by_id = {coding.coding: coding for coding in codings}
    counted = set(known)
    found: list[Problem] = []
    for number, line in decisions.numbered(study):
        if isinstance(line, Settlement) and line.source in counted:
            found += _unknown(line, by_id, place(decisions.FILE, number))
    return found


def _unknown(line: Settlement, by_id: Mapping[str, Coding], where: str) -> Iterator[Problem]:
    named = [*(coding for side in line.codings for coding in side), *([line.coding] if line.coding else [])]
    for coding in named:
        other = by_id.get(coding)
        if other is None or other.source != line.source:
            own = [one.coding for one in by_id.values() if one.source == line.source]
            must = f"a settlement must name codings of source `{line.source}`"
            yield Problem(where, must, f"`{coding}`", nearest(coding, own))


def read_sheet(
    path: Path, codings: Sequence[Coding], *, decided_by: Sequence[str], at: str
) -> tuple[tuple[Settlement, ...], int]:
    """Read what people decided in a sheet of disagreements.

    Parameters
    ----------
    path
        A csv file that ``casestudy agree --disagreements --csv`` wrote, with decisions filled in.
    codings
        All codings that stand.
    decided_by
        At least two people.
    at
        Moment, ``YYYY-MM-DDThh:mm:ss+00:00``.

    Returns
    -------
    tuple of Settlement, int
        Settled rows, and how many rows are still without a decision.

    Raises
    ------
    WrongUse
        When fewer than two people are named.
    InvalidMaterial
        With every problem of the sheet.
    """
    people = tuple(dict.fromkeys(name.strip() for name in decided_by if name.strip()))
    if len({name.casefold() for name in people}) < 2:
        raise WrongUse(f"--by: two people must decide together, found {len(people)}; give `--by` for each")
    name = path.name
    by_id = {coding.coding: coding for coding in codings}
    # People may keep their sheets where they like, also behind a link.
    rows = schema.read_rows(path.resolve(), SheetRow, name=name)
    found: list[Settlement] = []
    told: list[Problem] = []
    for number, row in rows:
        if row.decision is not None:
            where = place(name, number)
            problems = list(_wrong(row, by_id, where))
            told += problems
            if not problems:
                found.append(_settlement(row, people, at, where, told))
    told += _settled_twice(found, name)
    if told:
        raise InvalidMaterial(told)
    return tuple(found), sum(row.decision is None for _, row in rows)


def write(study: Study, settlements: Iterable[Settlement]) -> int:
    """Add settlements to the decisions, those that say the same again left out; gives how many were added."""
    known = {_said(line) for line in decisions.of_kind(decisions.read(study), Settlement)}
    new = [line for line in settlements if _said(line) not in known]
    for line in new:
        logs.append(study.folder / decisions.FILE, line)
    return len(new)


def _said(line: Settlement) -> str:
    return line.model_dump_json(exclude={"at"})


def _wrong(row: SheetRow, by_id: Mapping[str, Coding], where: str) -> Iterator[Problem]:
    decision = (row.decision or "").casefold()
    if decision not in OUTCOMES:
        must = f"`decision` must be one of {', '.join(OUTCOMES)}"
        yield Problem(where, must, "another word", "use one of these words, or leave it empty")
    if len((row.rationale or "").strip()) < 3:
        yield Problem(where, "`rationale` must say why", "nothing", "write a sentence")
    ids = [*row.codings_a.split(), *row.codings_b.split()]
    if not ids:
        must = "`codings_a` or `codings_b` must name what is settled"
        yield Problem(where, must, "nothing", "restore the row from the sheet as it was written")
    if decision == "other" and row.coding is None:
        yield Problem(
            where, "`coding` must name the new coding", "nothing", "code the segment, then add its id"
        )
    if decision in OUTCOMES and decision != "other" and row.coding is not None:
        yield Problem(where, "`coding` must be empty", "an id", "empty it, or decide `other`")
    own = [coding.coding for coding in by_id.values() if coding.source == row.source]
    for coding in [*ids, *([row.coding] if row.coding else [])]:
        if coding not in own:
            must = f"codings must be of source `{row.source}`"
            yield Problem(where, must, f"`{coding}`", nearest(coding, own))


def _settlement(
    row: SheetRow, people: tuple[str, ...], at: str, where: str, told: list[Problem]
) -> Settlement:
    values = {
        **row.model_dump(include={"source", "start", "end", "code", "rationale", "coding"}),
        "kind": "settlement",
        "codings": (row.codings_a.split(), row.codings_b.split()),
        "decision": (row.decision or "").casefold(),
        "decided_by": people,
        "at": at,
    }
    try:
        return Settlement.model_validate(values)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            must, _, remedy = detail["msg"].removeprefix("Value error, ").partition("; ")
            field = ".".join(str(part) for part in detail["loc"]) or "the row"
            told.append(Problem(where, f"`{field}` {must}", "something else", remedy or "restore the row"))
        return Settlement.model_construct(**values)


def _settled_twice(found: Sequence[Settlement], name: str) -> Iterator[Problem]:
    """Tell of a coding that one row lets stand and another does not."""
    gone = {coding for line in found for coding in line.losing}
    kept = {coding for line in found for coding in line.standing}
    for coding in sorted(gone & kept):
        must = "a coding must not stand in one row and lose in another"
        yield Problem(name, must, f"`{coding}`", "decide these rows alike, or `other` with a new coding")
