"""Rounds in which several coders code the same sources, each blind to the others, from ``rounds.yml``."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from casestudy import documents
from casestudy.documents import Record, nearest
from casestudy.errors import InvalidMaterial, Problem, WrongUse, place
from casestudy.material import codebook_versions, sources
from casestudy.material.codings import Coding
from casestudy.material.guide import doubled, line_of, refuse
from casestudy.material.sources import SourceRow
from casestudy.study import Identifier, Study, Version

FILE = "rounds.yml"
IMPLIED = "all"
PEOPLE = ("human", "import")
TALK = ("interview", "focusgroup", "worksession", "narrative")


def _day(value: str) -> str:
    try:
        if len(value) != len("YYYY-MM-DD"):
            raise ValueError
        date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a day, `YYYY-MM-DD`; write the day on which it was closed") from None
    return value


Day = Annotated[str, AfterValidator(_day)]
Ids = Annotated[tuple[Identifier, ...], Field(min_length=1)]


class Drawn(Record):
    """How the sources of a round were drawn."""

    seed: int
    share: float = Field(gt=0, le=1)


class Round(Record):
    """Coders, the sources that each of them codes alone, and the codebook they do it with.

    A ``training`` round has a ``reference``, the coder whose codings the others are compared with. Until it
    is ``closed`` nobody sees what another coder of the round did in its sources, and nothing is computed.
    """

    id: Identifier
    kind: Literal["training", "reliability"]
    codebook: Version
    coders: Ids
    sources: Ids
    reference: Identifier | None = None
    closed: Day | None = None
    drawn: Drawn | None = None

    @property
    def is_open(self) -> bool:
        """Whether coders are still at work."""
        return self.closed is None

    def holds(self, coder: str, source: str, codebook: str, at: str) -> bool:
        """Whether work belongs to the round.

        It is by one of its coders, or the reference, in one of its sources, not under a later MINOR of the
        codebook and not after the day of closing: what is coded after talking about it is no blind coding.
        """
        return (
            (coder in self.coders or coder == self.reference)
            and source in self.sources
            and _order(codebook)[:2] <= _order(self.codebook)[:2]
            and (self.closed is None or at[: len(self.closed)] <= self.closed)
        )

    @property
    def major(self) -> str:
        """The part of the version that decides what codes mean."""
        return self.codebook.partition(".")[0]


class ImpliedRound(Round):
    """Everything that two coders happened to code, in a study without ``rounds.yml``."""

    @property
    def is_open(self) -> bool:
        """Never: nobody said that it was to be blind."""
        return False


class _Document(Record):
    rounds: tuple[Round, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        wrong = list(doubled([one.id for one in self.rounds], ("rounds",), "id"))
        for number, one in enumerate(self.rounds):
            wrong += [(("rounds", number, field), told) for field, told in _wrong(one)]
        return refuse(self, [*wrong, *_twice(self.rounds)])


def _wrong(one: Round) -> Iterator[tuple[str, str]]:
    for field in ("coders", "sources"):
        ids = getattr(one, field)
        for again in sorted({value for value in ids if ids.count(value) > 1}):
            yield field, f"must name each once, found `{again}` again; remove one"
    if one.kind == "reliability" and len(set(one.coders)) < 2:
        yield "coders", "must name two coders or more for a reliability round; add one"
    if (one.kind == "training") != (one.reference is not None):
        yield "reference", "must be given for a training round, and only there; add or remove it"
    if one.reference in one.coders:
        yield "reference", "must not be one of the coders who are trained; choose an experienced coder"


def _twice(found: Sequence[Round]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Tell where one coder would do the same source twice, for nobody could tell the codings apart."""
    first: dict[tuple[str, str, str], str] = {}
    for number, one in enumerate(found):
        if one.kind == "reliability":
            keys = [(one.major, coder, source) for source in one.sources for coder in one.coders]
            clash = [key for key in keys if first.setdefault(key, one.id) != one.id]
            for source in dict.fromkeys(key[2] for key in clash):
                told = (
                    f"must not give a coder a source twice with one codebook, found `{source}`; draw another"
                )
                yield ("rounds", number, "sources"), told


def read(study: Study) -> tuple[Round, ...]:
    """Read the rounds of a study in the order of ``rounds.yml``; without the file there are none.

    Raises
    ------
    InvalidMaterial
        With every problem of the file: also a source that is not in ``sources.csv``, and a version of a
        codebook of which no book is known.
    """
    path = study.folder / FILE
    if not path.exists():
        return ()
    found = documents.read(path, _Document, name=FILE).rounds
    books = codebook_versions.kept(study)
    known = [row.source for row in sources.rows(study)]
    gone = set(sources.withdrawn(study))
    problems = []
    for one in found:
        for source in one.sources:
            if source not in known and source not in gone:
                where = place(FILE, line_of(path, one.id, source))
                must = f"`sources` of round `{one.id}` must be in {sources.FILE}"
                problems.append(Problem(where, must, f"`{source}`", nearest(source, known)))
        if one.major not in {version.partition(".")[0] for version in books}:
            where = place(FILE, line_of(path, one.id, one.codebook))
            must = f"`codebook` of round `{one.id}` must have the MAJOR of a version that is known"
            problems.append(Problem(where, must, f"`{one.codebook}`", nearest(one.codebook, list(books))))
    if problems:
        raise InvalidMaterial(problems)
    return found


def implied(codings: Iterable[Coding]) -> ImpliedRound | None:
    """Make one round of every source that two people coded, under the newest MAJOR that has such sources.

    Its version is the newest that two of them worked with: what came after was coded by one of them alone.
    Training codings do not count. Nothing when no source was coded by two people.
    """
    own = [c for c in codings if c.status == "confirmed" and c.kind in PEOPLE and c.round != "training"]
    who: dict[tuple[int, str], set[str]] = {}
    for coding in own:
        who.setdefault((_major(coding), coding.source), set()).add(coding.coder)
    double = {key: coders for key, coders in who.items() if len(coders) >= 2}
    if not double:
        return None
    newest = max(number for number, _ in double)
    found = {source: coders for (number, source), coders in double.items() if number == newest}
    reached: dict[str, str] = {}
    for coding in own:
        if _major(coding) == newest and coding.source in found:
            reached[coding.coder] = max(reached.get(coding.coder, "0"), coding.codebook, key=_order)
    return ImpliedRound(
        id=IMPLIED,
        kind="reliability",
        codebook=_full(sorted(reached.values(), key=_order)[-2]),
        coders=tuple(sorted(set().union(*found.values()))),
        sources=tuple(sorted(found)),
    )


def choose(found: Sequence[Round], codings: Iterable[Coding], wanted: str | None = None) -> Round:
    """Give the round whose results may be computed: the one that is named, else the last closed one.

    Parameters
    ----------
    found
        The rounds of the study; when there are none, all that two people coded is one round.
    codings
        All codings that stand.
    wanted
        Id of a round.

    Raises
    ------
    WrongUse
        When there is no such round, when it is still open, and when nothing was coded twice.
    """
    rounds = found or tuple(filter(None, [implied(codings)]))
    if not rounds:
        raise WrongUse(f"--round: two coders must have coded one source, found none; make a round in {FILE}")
    by_id = {one.id: one for one in rounds}
    if wanted is not None and wanted not in by_id:
        raise WrongUse(
            f"--round: a round must be in {FILE}, found `{wanted}`; {nearest(wanted, list(by_id))}"
        )
    closed = [one for one in rounds if one.kind == "reliability" and not one.is_open]
    chosen = by_id[wanted] if wanted is not None else (closed or [rounds[-1]])[-1]
    if chosen.is_open:
        raise WrongUse(
            f"--round: a round must be closed before its results are computed, found `{chosen.id}` open; "
            f"when every coder has finished, add `closed: YYYY-MM-DD` to it in {FILE}"
        )
    return chosen


def training(found: Sequence[Round], coder: str, wanted: str | None = None) -> Round:
    """Give the training round of a coder that is named, else the last one.

    Raises
    ------
    WrongUse
        When there is none, or it is still open.
    """
    own = [one for one in found if one.kind == "training" and coder in one.coders]
    own = [one for one in own if wanted in (None, one.id)]
    if not own:
        trained = sorted({name for one in found if one.kind == "training" for name in one.coders})
        remedy = nearest(coder, trained) if trained else f"add one to {FILE}"
        raise WrongUse(f"--training: a coder must have a training round, found none of `{coder}`; {remedy}")
    return choose(found, (), own[-1].id)


def visible(study: Study, codings: Iterable[Coding], coder: str) -> tuple[Coding, ...]:
    """Leave out what a coder must not see yet; see :func:`blind`."""
    return blind(codings, read(study), coder)


def blind(codings: Iterable[Coding], found: Iterable[Round], coder: str) -> tuple[Coding, ...]:
    """Leave out other people's codings of the sources of every open round that this coder takes part in.

    Parameters
    ----------
    codings
        Codings in any order; those that stay keep it.
    found
        The rounds of the study.
    coder
        Who is going to look.
    """
    hidden = {source for one in found if one.is_open and coder in one.coders for source in one.sources}
    return tuple(
        coding
        for coding in codings
        if coding.coder == coder or coding.source not in hidden or coding.kind not in PEOPLE
    )


def draw(rows: Iterable[SourceRow], share: float, seed: int) -> tuple[str, ...]:
    """Draw sources at random for a round: a share of all, at least one of each site.

    Parameters
    ----------
    rows
        Sources to draw from.
    share
        Share of all sources, rounded half up; 0.15 to 0.20 is usual.
    seed
        The same seed draws the same sources, in whatever order they are listed; one more source in the list
        changes at most what it takes the place of.

    Returns
    -------
    tuple of str
        Ids in the order of ``rows``.

    Raises
    ------
    WrongUse
        When the share does not lie above 0 and up to 1, or there are no sources.

    Examples
    --------
    >>> rows = [SourceRow(source=f"{site}-{n}", site=site, kind="interview", file="a.txt", date="2019-03",
    ...     consent="quote") for site in ("es", "beuk") for n in range(5)]
    >>> drawn = draw(rows, 0.2, seed=7)
    >>> len(drawn), sorted(source.partition("-")[0] for source in drawn)
    (2, ['beuk', 'es'])
    """
    listed = list(rows)
    if not 0 < share <= 1:
        raise WrongUse(f"--draw: a share must lie above 0 and up to 1, found {share}; 0.2 is usual")
    if not listed:
        raise WrongUse(f"--draw: there must be sources, found none; list them in {sources.FILE}")
    order = sorted(listed, key=lambda row: hashlib.sha256(f"{seed}:{row.source}".encode()).digest())
    chosen = {row.site: row.source for row in reversed(order)}
    wanted = int(share * len(listed) + 0.5)
    taken = set(chosen.values())
    for row in order:
        if len(taken) >= wanted:
            break
        taken.add(row.source)
    return tuple(row.source for row in listed if row.source in taken)


def per_site(rows: Iterable[SourceRow], drawn: Iterable[str]) -> Mapping[str, int]:
    """Count drawn sources per site."""
    taken = set(drawn)
    return Counter(row.site for row in rows if row.source in taken)


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in _full(version).split("."))


def _major(coding: Coding) -> int:
    return _order(coding.codebook)[0]


def _full(version: str) -> str:
    parts = [*version.split("."), "0", "0"][:3]
    return ".".join(parts)
