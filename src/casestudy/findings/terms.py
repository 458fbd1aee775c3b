"""The language in which a dictionary names words: one term is a word, words in a row, or two that stand near.

======================  ======================================================================================
``tijd``                the word itself
``tijd*``, ``*plan*``   ``*`` stands for any letters, also none
``on?eker``             ``?`` stands for one letter
``geen tijd``           words in a row with only white space between them, also across a line end
``caseload NEAR/5 hoog``  both in one sentence, in either order, at most four words between them
``lemma:bespreken``     every word with this Dutch dictionary form: bespreek, bespraken, besproken
======================  ======================================================================================

Words of a row or of a ``NEAR`` may hold ``*``, ``?`` and ``lemma:`` too. Capitals make no difference, accents
do. A hyphen or apostrophe inside a word parts it: ``partner`` also finds *ex-partner*, ``ex-partner`` finds
only that, and ``collega's`` finds *collega’s* whichever apostrophe was typed. ``*`` and ``?`` never reach
across one; for the distance of ``NEAR`` the parts are one word. A term names a topic: ``tijd`` finds *geen
tijd* and *tijd genoeg* alike.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

import regex

APOSTROPHES = "'’‘´`′＇"
HYPHENS = "‐‑-"
LONGEST = 200  # characters of one term
FARTHEST = 99

Kind = Literal["exact", "wildcard", "lemma"]
Joint = Literal["space", "apostrophe", "hyphen"]

LEMMA = "lemma:"

_JOINT = regex.compile(f"([{APOSTROPHES}{HYPHENS}])")
_NEAR = regex.compile(r"\bNEAR\b(?:/(\d+))?")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a term, folded; ``lemma`` means every word with this dictionary form."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """Words that follow one another; ``joints[i]`` is what stands between word i and the next."""

    words: tuple[Word, ...]
    joints: tuple[Joint, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A row of words, or two rows at most ``within`` words apart."""

    written: str
    first: Row
    second: Row | None = None
    within: int = 0


@cache
def fold(character: str) -> str:
    """Give the one form that all cases of a character share; always one character.

    Examples
    --------
    >>> "".join(map(fold, "ÉÉN ĲS İ"))
    'één ĳs i'
    """
    if character in "İı":
        return "i"
    small = character.casefold()
    return small if len(small) == 1 else _one(character.lower(), character)


def _one(candidate: str, otherwise: str) -> str:
    return candidate if len(candidate) == 1 else otherwise


def folded(text: str) -> str:
    """Fold every character of a text; its length stays the same."""
    return "".join(map(fold, text))


def parse(term: str) -> Term:
    """Read one term.

    Parameters
    ----------
    term
        As the module describes.

    Raises
    ------
    ValueError
        When it cannot be read; the text says what must hold.

    Examples
    --------
    >>> parse("caseload NEAR/5 hoog*").within
    5
    >>> parse("e-learning").first.joints
    ('hyphen',)
    >>> parse("tijd (geld)")
    Traceback (most recent call last):
        ...
    ValueError: a term must be made of letters, `*`, `?`, spaces, hyphens and apostrophes, found `(`
    """
    written = " ".join(unicodedata.normalize("NFC", term).split())
    if len(written) > LONGEST:
        raise ValueError(f"a term must have at most {LONGEST} characters, found {len(written)}")
    near = list(_NEAR.finditer(written))
    if not near:
        return Term(written, _row(written))
    if len(near) > 1 or near[0][1] is None or not 1 <= int(near[0][1]) <= FARTHEST:
        raise ValueError(
            f"`NEAR` must stand once in a term, with a distance in words from 1 to {FARTHEST}; "
            "write for instance `caseload NEAR/5 hoog*`"
        )
    first, second = written[: near[0].start()], written[near[0].end() :]
    return Term(written, _row(first), _row(second), int(near[0][1]))


def _row(written: str) -> Row:
    words: list[Word] = []
    joints: list[Joint] = []
    for spaced in written.split():
        kind: Kind = "exact"
        bare = spaced
        if spaced.startswith(LEMMA):
            kind, bare = "lemma", spaced.removeprefix(LEMMA)
        parts = _JOINT.split(bare.strip(APOSTROPHES))
        for number, part in enumerate(parts):
            if number % 2:
                joints.append("hyphen" if part in HYPHENS else "apostrophe")
            else:
                if number == 0 and words:
                    joints.append("space")
                words.append(_word(part, kind))
    if not any(regex.search(r"\w", word.text) for word in words):
        raise ValueError("a term must hold a word with a letter, on both sides of `NEAR` too; add one")
    return Row(tuple(words), tuple(joints))


def _word(part: str, kind: Kind) -> Word:
    if kind == "lemma" and not regex.fullmatch(r"\w+", part):
        raise ValueError("`lemma:` must stand before one word without signs, as in `lemma:bespreken`")
    if not part:
        raise ValueError("a hyphen or apostrophe must stand inside a word; remove it, or write `*` beside it")
    if strange := regex.search(r"[^\w*?]", part):
        raise ValueError(
            "a term must be made of letters, `*`, `?`, spaces, hyphens and apostrophes, "
            f"found `{strange.group()}`"
        )
    if kind == "exact" and regex.search(r"[*?]", part):
        kind, part = "wildcard", regex.sub(r"\*+", "*", part)
    return Word(kind, folded(part))
