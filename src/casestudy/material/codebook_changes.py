"""What differs between two codebooks, and everything that happened to codes from the first to the present.

MAJOR of a version counts up when a code comes to mean something else, is split, merged, renamed or retired,
or moves to another parent, domain or family; MINOR when a code is added; PATCH for labels, wording, examples,
patterns and terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from casestudy.material.codebook import Code, Codebook, CodeChange, Kind

Level = Literal["patch", "minor", "major"]
Aspect = Literal["new", "gone", "meaning", "place", "wording"]
Order = tuple[int, int, int]

LEVELS: tuple[Level, ...] = ("patch", "minor", "major")
DECLARED = ("rename", "split", "merge", "retire")


@dataclass(frozen=True, slots=True)
class Step:
    """What one version did to codes: as the book declares it, or as two known books show it.

    Parameters
    ----------
    version
        The version in which it happened.
    change
        A declared change, or ``redefined``: a code kept its id and came to mean something else.
    before, after
        Codes of the older and of the newer book.
    note
        What the researchers wrote about it.
    """

    version: str
    change: Kind | Literal["redefined"]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One code that is not the same in two books.

    Parameters
    ----------
    code
        Its id, that of the older book where it has another one now.
    aspect
        ``new``, ``gone`` (left out or no longer active), ``meaning``, ``place`` (parent, domain or family)
        or ``wording``.
    level
        The part of the version that must count up for it.
    """

    code: str
    aspect: Aspect
    level: Level


def order(version: str) -> Order:
    """Give a version as three numbers, so that versions can be put in order; what is left out is 0.

    Examples
    --------
    >>> order("1.10.0") > order("1.9.3"), order("2")
    (True, (2, 0, 0))
    """
    numbers = [int(part) for part in version.split(".")]
    major, minor, patch = (*numbers, 0, 0)[:3]
    return major, minor, patch


def compare(old: Codebook, new: Codebook) -> tuple[Difference, ...]:
    """Tell which codes differ between two books, ordered as the older book and then the newer one has them.

    The Dutch definition, inclusion and exclusion carry the meaning. They may be put in other words without a
    change of meaning when ``changes`` of the newer book say so with a ``reword``; English words may always.
    A code that was renamed is compared with what it became.

    Examples
    --------
    >>> from casestudy.material.codebook import Code, Definition
    >>> from casestudy.study import Words
    >>> label = Words(nl="Rust", en="Rest")
    >>> rest = Code(id="R", family="skill", label=label, definition=Definition(nl="Geen haast"))
    >>> other = rest.model_copy(update={"definition": Definition(nl="Geen lawaai")})
    >>> old = Codebook(id="b", version="1.0.0", codes=(rest,))
    >>> compare(old, Codebook(id="b", version="1.0.1", codes=(other,)))
    (Difference(code='R', aspect='meaning', level='major'),)
    """
    return tuple(_compared(old, new, between(old, new)))


def _compared(old: Codebook, new: Codebook, said: Sequence[CodeChange]) -> Iterator[Difference]:
    names = {change.before[0]: change.after[0] for change in said if change.change == "rename"}
    reworded = {code for change in said if change.change == "reword" for code in change.before}
    became = {code.id: names.get(code.id, code.id) for code in old.codes}
    for code in old.codes:
        now = became[code.id]
        after = new.code(now) if now in new else None
        yield from _differences(code, after, is_reworded=bool(reworded & {code.id, now}))
    known = {became[code.id] for code in old.codes if code.active}
    yield from (Difference(c.id, "new", "minor") for c in new.codes if c.active and c.id not in known)


def between(old: Codebook, new: Codebook) -> tuple[CodeChange, ...]:
    """Give the changes that the newer book declares for versions after the older one, in order."""
    low, high = order(old.version), order(new.version)
    return tuple(change for change in declared(new) if low < order(change.version) <= high)


def declared(book: Codebook) -> tuple[CodeChange, ...]:
    """Give the changes a book declares up to its own version, from old to new."""
    past = [change for change in book.changes if order(change.version) <= order(book.version)]
    return tuple(sorted(past, key=lambda change: order(change.version)))


def history(books: Mapping[str, Codebook], in_force: Codebook) -> tuple[Step, ...]:
    """Give everything that happened to codes up to the book in force, from old to new.

    What the book declares comes first within a version; behind it what only the kept books show: a code that
    is new or gone, and one that was redefined because its meaning or its family is another.

    Parameters
    ----------
    books
        What :func:`kept` gave.
    in_force
        The book that reports are built under; what came after it is left out.
    """
    said = declared(in_force)
    steps = [Step(c.version, c.change, c.before, c.after or _same(c), c.note) for c in said]
    known = [book for name, book in books.items() if order(name) < order(in_force.version)]
    for old, new in pairwise([*known, in_force]):
        steps += _shown(old, new, [c for c in said if _within(c, old, new)])
    return tuple(sorted(steps, key=lambda step: order(step.version)))


def _same(change: CodeChange) -> tuple[str, ...]:
    return change.before if change.change == "reword" else ()


def _within(change: CodeChange, old: Codebook, new: Codebook) -> bool:
    return order(old.version) < order(change.version) <= order(new.version)


def _shown(old: Codebook, new: Codebook, said: Sequence[CodeChange]) -> Iterator[Step]:
    told = {code for change in said if change.change in DECLARED for code in change.before}
    made = {code for change in said if change.change != "reword" for code in change.after}
    names = {change.before[0]: change.after[0] for change in said if change.change == "rename"}
    for code, aspect in ((d.code, d.aspect) for d in _compared(old, new, said)):
        now = names.get(code, code)
        if aspect == "new" and code not in made:
            yield Step(new.version, "new", (), (code,))
        elif aspect == "gone" and code not in told:
            yield Step(new.version, "retire", (code,), ())
        elif code in names or code not in told | made:
            moved = aspect == "place" and old.code(code).family != new.code(now).family
            if aspect == "meaning" or moved:
                yield Step(new.version, "redefined", (now,), (now,))


def _differences(old: Code, new: Code | None, *, is_reworded: bool) -> Iterator[Difference]:
    if new is None or not new.active:
        if old.active:
            yield Difference(old.id, "gone", "major")
        return
    if not old.active:
        return
    if _place(old) != _place(new):
        yield Difference(old.id, "place", "major")
    if _meaning(old) != _meaning(new) and not is_reworded:
        yield Difference(old.id, "meaning", "major")
    elif _wording(old) != _wording(new) or old.id != new.id:
        yield Difference(old.id, "wording", "major" if old.id != new.id else "patch")


def _place(code: Code) -> tuple[Any, ...]:
    return code.family, code.domain, code.parent


def _meaning(code: Code) -> tuple[str | None, ...]:
    texts = (code.definition, code.include, code.exclude)
    return tuple(" ".join(text.nl.split()) if text else None for text in texts)


def _wording(code: Code) -> Code:
    return code.model_copy(update={"id": "", "family": "", "domain": None, "parent": None, "since": None})


def needed(old: Codebook, new: Codebook) -> str:
    """Give the lowest version the newer book may bear after the older one.

    Examples
    --------
    >>> book = Codebook(id="b", version="1.2.3", frameworks=("skills",), codes=())
    >>> needed(book, book)
    '1.2.3'
    """
    levels = {difference.level for difference in compare(old, new)}
    levels |= {"major" for change in between(old, new) if change.change in DECLARED}
    major, minor, patch = order(old.version)
    if not levels:
        return old.version
    steps = {
        "major": (major + 1, 0, 0),
        "minor": (major, minor + 1, 0),
        "patch": (major, minor, patch + 1),
    }
    return ".".join(str(part) for part in steps[max(levels, key=LEVELS.index)])
