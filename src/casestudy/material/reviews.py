"""The review list: codings whose text was edited since, where their words are now, and settling that.

Codings that are ``same``, ``moved`` or ``changed`` count where they stand now; they are listed until somebody
settles them. Those to ``ask`` and ``orphaned`` ones do not count until somebody decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from casestudy.documents import nearest
from casestudy.errors import WrongUse
from casestudy.material import codings, standing
from casestudy.material.anchors import STATES, Span, State
from casestudy.material.coding_events import Coding
from casestudy.material.sources import Source
from casestudy.study import Study

SETTLED: tuple[State, ...] = ("same", "moved", "changed")


@dataclass(frozen=True, slots=True)
class Placed:
    """One coding whose text was edited.

    ``coding`` is as it was at its last settled place, ``now`` as it stands in the present text (nothing for
    ``ask`` and ``orphaned``), ``candidates`` are places to choose from. Its words are for researchers only.
    """

    coding: Coding
    state: State
    source: Source
    now: Coding | None = None
    candidates: tuple[Span, ...] = ()

    @property
    def old_words(self) -> str:
        """The words that were coded."""
        return self.coding.quote

    @property
    def new_words(self) -> str | None:
        """The words that the coding has now; nothing when it does not stand."""
        return None if self.now is None else self.now.quote

    @property
    def choices(self) -> tuple[str, ...]:
        """The words at each place to choose from."""
        return tuple(self.source.text[start:end] for start, end in self.candidates)


def read(study: Study, site: str | None = None, *, coder: str | None = None) -> tuple[Placed, ...]:
    """Read the codings whose text was edited since somebody placed them, by coder, source and log.

    Raises
    ------
    InvalidMaterial
        As :func:`casestudy.material.codings.read`.
    """
    return tuple(
        Placed(one.base, one.placement.state, log.source, one.now(log.source), one.placement.candidates)
        for log in codings.read_logs(study, site)
        if coder in (None, log.coder)
        for one in log.standing
        if one.placement is not None
    )


def counts(placed: Iterable[Placed]) -> Mapping[State, int]:
    """Count the codings of a review list by state, every state included.

    Examples
    --------
    >>> counts([])
    {'same': 0, 'moved': 0, 'changed': 0, 'ask': 0, 'orphaned': 0}
    """
    found = Counter(one.state for one in placed)
    return {state: found[state] for state in STATES}


def settle(study: Study, placed: Iterable[Placed], *, by: str, at: str) -> int:
    """Record for every coding that stands that it is right where it stands now, each in its coder's log.

    Returns
    -------
    int
        How many there were.
    """
    n_settled = 0
    for one in placed:
        if one.now is not None:
            codings.move(study, one.now, one.source.text, state=one.state, by=by, at=at)
            n_settled += 1
    return n_settled


def place(study: Study, placed: Iterable[Placed], coding: str, choice: int, *, by: str, at: str) -> None:
    """Record that a coding stands at one of its candidates, numbered from 1.

    Raises
    ------
    WrongUse
        When no such coding is to be asked, or it has no such candidate.
    """
    one = _named(placed, coding, "--place")
    if not 1 <= choice <= len(one.candidates):
        what = f"a place of `{coding}` must be a number from 1 to {len(one.candidates)}"
        remedy = "choose one of those" if one.candidates else "only codings to `ask` have places to choose"
        raise WrongUse(f"--place: {what}, found {choice}; {remedy}")
    chosen = standing.at(one.coding, one.source, *one.candidates[choice - 1])
    codings.move(study, chosen, one.source.text, state=one.state, by=by, at=at)


def drop(study: Study, placed: Iterable[Placed], coding: str, *, by: str, at: str) -> None:
    """Record that a coding no longer stands, because its words are gone.

    Raises
    ------
    WrongUse
        When it is not in the review list.
    """
    codings.delete(study, _named(placed, coding, "--drop").coding, at=at, by=by)


def _named(placed: Iterable[Placed], coding: str, option: str) -> Placed:
    by_id = {one.coding.coding: one for one in placed}
    if coding not in by_id:
        remedy = nearest(coding, sorted(by_id)) if by_id else "the list is empty"
        raise WrongUse(f"{option}: a coding must be in the review list, found `{coding}`; {remedy}")
    return by_id[coding]
