"""Codings of earlier codebooks in the codes of the one in force: what carries over, and what people must do.

A rename and a merge can be done mechanically. After a split, and when a code came to mean something else,
only a person can tell which code a segment has now; until then a report would count it wrongly.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from casestudy.errors import Problem
from casestudy.material import codebook, codebook_versions, codings, decisions, settling
from casestudy.material.codebook import FILE, Codebook
from casestudy.material.codebook_changes import Step, history, order
from casestudy.material.codings import Coding
from casestudy.material.decisions import Settlement
from casestudy.study import Study

Field = Literal["valence", "practice", "contribution", "linked_skill"]

# What stands when merged codings do not say the same.
_UNDECIDED: Mapping[Field, str | None] = {
    "valence": "x",
    "practice": "unclear",
    "contribution": "unclear",
    "linked_skill": None,
}
# Changes after which a person must say what a segment has become.
_ASKING = ("split", "redefined")
_ENDING = (*_ASKING, "retire")
_UNITED = ("suggested", "confirmed")


@dataclass(frozen=True, slots=True)
class Recode:
    """A segment that must be coded again, with one of the codes ``to``, or whose coding must be deleted."""

    coding: Coding
    to: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Codings that became one while they did not say the same about ``field``; or one whose skill went."""

    coding: str
    field: Field
    codings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """One change of a code, and how many confirmed codings of earlier versions bore that code."""

    version: str
    code: str
    change: str
    n_codings_affected: int
    to: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """Codings as the codebook in force sees them.

    Parameters
    ----------
    codings
        The codings that count, in the order they came, with codes of the book in force. One that was
        translated bears the version in force, another the version it was made under.
    superseded
        Codings whose code was split, redefined or retired, as they were made, with status ``superseded``.
    recode
        The confirmed ones among them that a person must code again and has not yet.
    conflicts
        Merged codings that did not agree, and components whose skill is not there any more.
    unscreened
        Source and code, where the source was coded before the code existed and nobody looked for it since.
    affected
        Every change up to the book in force, from old to new.
    """

    codings: tuple[Coding, ...]
    superseded: tuple[Coding, ...] = ()
    recode: tuple[Recode, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unscreened: tuple[tuple[str, str], ...] = ()
    affected: tuple[Affected, ...] = ()


@dataclass(frozen=True, slots=True)
class _Walk:
    """The way of one code through the changes that came after a version."""

    code: str
    met: tuple[tuple[str, Step], ...]
    end: Step | None

    @property
    def before_merging(self) -> str:
        """The code, under its newest name, until a merge made it one with another."""
        return next((code for code, step in self.met if step.change == "merge"), self.code)


def read(study: Study, site: str | None = None) -> Carried:
    """Read the codings that stand as they count: settled, and translated into the codebook in force.

    Raises
    ------
    InvalidMaterial
        With every problem of the codings, of the kept codebooks and of the decisions.
    """
    logs = codings.read_logs(study, site)
    now = (one.now(log.source) for log in logs for one in log.standing)
    settlements = decisions.of_kind(decisions.read(study), Settlement)
    return carried(
        settling.settled((coding for coding in now if coding is not None), settlements),
        codebook_versions.kept(study),
        codebook.read(study),
        settled={coding for line in settlements for coding in line.standing},
        screened={(event.source, code) for log in logs for event in log.screened for code in event.codes},
    )


def problems(study: Study, site: str | None = None) -> list[Problem]:
    """Find codes whose segments must be coded again before a report can be built: one problem per code."""
    return unresolved(read(study, site))


def unresolved(found: Carried) -> list[Problem]:
    """Tell which codes have segments that must be coded again, with how many."""
    waiting = Counter((one.version, one.coding.code, one.to) for one in found.recode)
    return [_unresolved(*key, n) for key, n in waiting.items()]


def _unresolved(version: str, code: str, to: tuple[str, ...], n: int) -> Problem:
    segments = "1 segment needs" if n == 1 else f"{n} segments need"
    new = " or ".join(f"`{one}`" for one in to) or "another code"
    must = f"codings with `{code}` from before version {version} must be coded again with {new}, or deleted"
    remedy = "`casestudy codebook --changes` lists them by source"
    return Problem(FILE, must, f"{segments} recoding", remedy)


def carried(
    codings: Sequence[Coding],
    versions: Mapping[str, Codebook],
    in_force: Codebook,
    *,
    screened: Collection[tuple[str, str]] = (),
    settled: Collection[str] = (),
) -> Carried:
    """Translate codings into the codebook in force.

    Parameters
    ----------
    codings
        Codings that stand, each with the version it was made under.
    versions
        What ``codebook_versions.kept`` gave.
    in_force
        The book that reports are built under; changes that came after it do not count.
    screened
        Source and code, where a coder looked for the code and found nothing.
    settled
        Ids of codings that a settled decision let stand for everybody; one of them recodes the segments of
        all coders, another those of its own coder.

    Examples
    --------
    >>> from casestudy.material.codebook import framework
    >>> book = Codebook(id="b", version="1.0.0", codes=framework("skills"))
    >>> carried([], {"1.0.0": book}, book).recode
    ()
    """
    steps = history(versions, in_force)
    walks = [(coding, _walk(coding.code, coding.codebook, steps)) for coding in codings]
    standing: list[Coding] = []
    ended: list[tuple[Coding, Step]] = []
    conflicts: list[Conflict] = []
    superseded: list[Coding] = []
    for coding, walk in walks:
        if coding.status == "superseded" or walk.end is not None:
            superseded.append(coding.model_copy(update={"status": "superseded"}))
            if walk.end is not None:
                ended.append((coding, walk.end))
            continue
        skill = _walk(coding.linked_skill, coding.codebook, steps) if coding.linked_skill else None
        if skill is not None and skill.end is not None:
            conflicts.append(Conflict(coding.coding, "linked_skill", (coding.coding,)))
        standing.append(_translated(coding, walk, skill, in_force))
    united, disagreeing = _united(standing, {coding.coding: walk.before_merging for coding, walk in walks})
    return Carried(
        codings=united,
        superseded=tuple(superseded),
        recode=tuple(_waiting(ended, codings, steps, settled)),
        conflicts=(*conflicts, *disagreeing),
        unscreened=tuple(_unscreened(codings, united, steps, in_force, screened)),
        affected=tuple(_affected(walks, steps)),
    )


def _walk(code: str, version: str, steps: Sequence[Step]) -> _Walk:
    since, met = order(version), []
    for step in steps:
        if order(step.version) <= since or code not in step.before:
            continue
        met.append((code, step))
        if step.change in _ENDING:
            return _Walk(code, tuple(met), step)
        if step.change in ("rename", "merge"):
            code = step.after[0]
    return _Walk(code, tuple(met), None)


def _translated(coding: Coding, walk: _Walk, skill: _Walk | None, in_force: Codebook) -> Coding:
    linked = skill.code if skill is not None and skill.end is None else None
    if (walk.code, linked) == (coding.code, coding.linked_skill):
        return coding
    update = {"code": walk.code, "linked_skill": linked, "codebook": in_force.version}
    return coding.model_copy(update=update)


def _united(
    standing: Sequence[Coding], before_merging: Mapping[str, str]
) -> tuple[tuple[Coding, ...], list[Conflict]]:
    """Make one of codings that overlap and whose codes were merged; the first id stays.

    Codings that overlapped under one and the same code are left as the coder made them.
    """
    groups: dict[tuple[str, ...], list[Coding]] = defaultdict(list)
    for coding in standing:
        if coding.status in _UNITED:
            key = (coding.source, coding.coder, coding.code, coding.status, coding.text_sha256)
            groups[key].append(coding)

    def differ(found: Sequence[Coding]) -> bool:
        return len({before_merging[coding.coding] for coding in found}) > 1

    became: dict[str, Coding | None] = {}
    conflicts: list[Conflict] = []
    for cluster in (found for group in filter(differ, groups.values()) for found in _clusters(group)):
        if differ(cluster):
            became |= {coding.coding: None for coding in cluster[1:]}
            became[cluster[0].coding], disagreeing = _union(cluster)
            conflicts += disagreeing
    kept = (became.get(coding.coding, coding) for coding in standing)
    return tuple(coding for coding in kept if coding is not None), conflicts


def _clusters(group: Sequence[Coding]) -> Iterator[list[Coding]]:
    cluster: list[Coding] = []
    reach = -1
    for coding in sorted(group, key=lambda c: (c.start, c.end, c.coding)):
        if cluster and coding.start >= reach:
            yield cluster
            cluster = []
        cluster.append(coding)
        reach = max(reach, coding.end) if len(cluster) > 1 else coding.end
    if cluster:
        yield cluster


def _union(cluster: Sequence[Coding]) -> tuple[Coding, list[Conflict]]:
    first = cluster[0]
    quote, end = first.quote, first.end
    for coding in cluster[1:]:
        if coding.end > end:
            quote, end = quote + coding.quote[end - coding.start :], coding.end
    update: dict[str, Any] = {"quote": quote, "end": end, "at": max(coding.at for coding in cluster)}
    update["codebook"] = max((coding.codebook for coding in cluster), key=order)
    update["strength"] = max((c.strength for c in cluster if c.strength is not None), default=None)
    update["memo"] = "\n".join(dict.fromkeys(c.memo for c in cluster if c.memo)) or None
    update["derived_from"] = next((c.derived_from for c in cluster if c.derived_from), None)
    conflicts = []
    for field, undecided in _UNDECIDED.items():
        given = dict.fromkeys(value for c in cluster if (value := getattr(c, field)) is not None)
        update[field] = next(iter(given), None) if len(given) < 2 else undecided
        if len(given) > 1:
            conflicts.append(Conflict(first.coding, field, tuple(c.coding for c in cluster)))
    return first.model_copy(update=update), conflicts


def _waiting(
    ended: Sequence[tuple[Coding, Step]],
    codings: Sequence[Coding],
    steps: Sequence[Step],
    settled: Collection[str],
) -> Iterator[Recode]:
    """Give the segments nobody has coded again: same source and coder, an overlap, a code that came of it."""
    by_source: dict[str, list[Coding]] = defaultdict(list)
    for coding in codings:
        if coding.status == "confirmed":
            by_source[coding.source].append(coding)
    for old, step in ended:
        # What another round coded reaches no result, so nobody has to code it again.
        if old.status != "confirmed" or old.round != "main" or step.change not in _ASKING:
            continue
        to = _became(step, steps)
        is_done = any(
            new.code in to
            and order(new.codebook) >= order(step.version)
            and (new.coder == old.coder or new.coding in settled)
            and new.start < old.end
            and old.start < new.end
            for new in by_source[old.source]
        )
        if not is_done:
            yield Recode(old, step.after, step.version)


def _became(step: Step, steps: Sequence[Step]) -> set[str]:
    """Give the codes that a change made, and what later changes made of these."""
    codes = set(step.after)
    for later in steps[steps.index(step) + 1 :]:
        if codes & set(later.before):
            codes |= set(later.after)
    return codes


def _unscreened(
    codings: Sequence[Coding],
    standing: Sequence[Coding],
    steps: Sequence[Step],
    in_force: Codebook,
    screened: Collection[tuple[str, str]],
) -> Iterator[tuple[str, str]]:
    born = {code.id: code.since for code in in_force.codes if code.since is not None}
    looked = set(screened)
    for step in steps:
        if step.change == "new":
            born |= dict.fromkeys(step.after, step.version)
        elif step.change == "rename":
            old, new = step.before[0], step.after[0]
            born |= {new: born[old]} if old in born else {}
            looked |= {(source, new) for source, code in looked if code == old}
    first: dict[str, str] = {}
    for coding in codings:
        if coding.status == "confirmed":
            seen = (first.get(coding.source, coding.codebook), coding.codebook)
            first[coding.source] = min(seen, key=order)
    found = {(coding.source, coding.code) for coding in standing if coding.status == "confirmed"}
    found |= looked
    for source, earliest in sorted(first.items()):
        for code in in_force.codes:
            is_later = code.id in born and order(born[code.id]) > order(earliest)
            if is_later and code.active and (source, code.id) not in found:
                yield source, code.id


def _affected(walks: Sequence[tuple[Coding, _Walk]], steps: Sequence[Step]) -> Iterator[Affected]:
    n = Counter(
        (step.version, code, step.change)
        for coding, walk in walks
        if coding.status == "confirmed"
        for code, step in walk.met
    )
    for step in steps:
        to = step.after if step.change in ("rename", "split", "merge") else ()
        for code in step.before or step.after:
            count = n[(step.version, code, step.change)]
            yield Affected(step.version, code, step.change, count, to, step.note)
