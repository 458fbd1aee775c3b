"""The words of many texts at once: where each stands, and which words are the same, whatever their case.

Every character becomes one byte: letters their own, folded, so that the first eight letters of a word are one
number of 64 bits. Words are told apart by these numbers themselves and not by a hash, so two different words
can never be taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, repeat

import numpy as np
import pandas as pd

from casestudy.findings.terms import APOSTROPHES, HYPHENS, fold, folded

WORD, SPACE, LINE, STOP, APOSTROPHE, HYPHEN, OTHER = (np.uint8(1 << bit) for bit in range(7))
STOPS = ".!?…"
RARE = 6  # the byte of a letter that has no byte of its own
FIRST_LETTER = 7
_MARKS = (OTHER, SPACE, LINE | SPACE, STOP, APOSTROPHE, HYPHEN, WORD)

# Latin, Greek and Cyrillic letters get a byte of their own; words with others are compared as text.
_ALPHABET = (range(0x30, 0x180), range(0x218, 0x21C), range(0x386, 0x3CF), range(0x400, 0x460))
# Where letters stand that fold to one of these.
_CASED = (*_ALPHABET, range(0x1E00, 0x2000), range(0x2100, 0x2150))
_EIGHT = 8
_LONGEST = 3 * _EIGHT  # longer words are compared as text
_HALF = 32  # bits
_MASKS = np.array([(1 << 8 * n) - 1 for n in range(_EIGHT + 1)], dtype="<u8")

Integers = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class _Alphabet:
    table: np.ndarray  # byte of every code point
    marks: bytes  # what each byte is, as a table for ``bytes.translate``
    letters: str  # folded letter of each byte


@cache
def _alphabet() -> _Alphabet:
    """Sort all code points: letters as the module ``re`` knows them, white space, joints and stops."""
    every = "".join(map(chr, range(0x110000)))
    table = np.zeros(len(every), dtype=np.uint8)
    for letters in re.finditer(r"\w+", every):
        table[letters.start() : letters.end()] = RARE
    own: dict[str, int] = {}
    for letter in filter(lambda one: table[ord(one)] == RARE, map(chr, chain(*_ALPHABET))):
        if len(own) < 256 - FIRST_LETTER:
            own.setdefault(fold(letter), FIRST_LETTER + len(own))
    for letter in filter(lambda one: table[ord(one)] == RARE, map(chr, chain(*_CASED))):
        table[ord(letter)] = own.get(fold(letter), RARE)
    for spaces in re.finditer(r"\s", every):
        table[spaces.start()] = 1
    for byte, signs in ((2, "\n"), (3, STOPS), (4, APOSTROPHES), (5, HYPHENS)):
        for sign in signs:
            table[ord(sign)] = byte
    marks = bytes(_MARKS[min(byte, RARE)] for byte in range(256))
    return _Alphabet(table, marks, ("\0" * FIRST_LETTER + "".join(own)).ljust(256, "\0"))


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Texts one behind the other, with one sign between them that is neither letter nor space.

    ``offsets`` is where each text begins; ``starts`` and ``ends`` are the places of the words, in code points
    of ``text``, half-open and in order. ``data`` holds a byte per character, ``marks`` what it is.
    """

    text: str
    offsets: Integers
    data: bytes
    marks: np.ndarray
    starts: Integers
    ends: Integers


def split(texts: Sequence[str]) -> Batch:
    """Find the words of some texts: the longest stretches of letters, digits and low lines.

    Examples
    --------
    >>> batch = split(["De collega’s.", "Geen tijd"])
    >>> [batch.text[start:end] for start, end in zip(batch.starts, batch.ends)]
    ['De', 'collega', 's', 'Geen', 'tijd']
    """
    text = "\0".join(texts)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    alphabet = _alphabet()
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    data = b"\0" + alphabet.table.take(codes, mode="clip").tobytes() + b"\0"
    marks = np.frombuffer(data.translate(alphabet.marks), dtype=np.uint8)
    is_word = marks == WORD
    # With a sign before and behind, the places of change are starts and ends by turns.
    changes = np.flatnonzero(is_word[1:] != is_word[:-1])
    return Batch(
        text,
        np.cumsum(lengths + 1) - (lengths + 1),
        data[1:] + bytes(_LONGEST),
        marks[1:],
        changes[::2],
        changes[1::2],
    )


def between(batch: Batch, words: Integers) -> np.ndarray:
    """All marks of the characters between each of some words and the next word, combined bit by bit."""
    if len(words) == 0:
        return np.empty(0, dtype=np.uint8)
    edges = np.column_stack([batch.ends[words], batch.starts[words + 1]]).ravel()
    return np.bitwise_or.reduceat(batch.marks, edges)[::2]


def breaks(batch: Batch) -> Integers:
    """Words with which a sentence begins, numbered as in the batch, in order.

    A text begins one; so does the word after white space with a full stop, question mark, exclamation mark or
    ellipsis, and the word after a line end unless it begins with a small letter. Texts whose sentences are
    known need no such rule.
    """
    found = [np.searchsorted(batch.starts, batch.offsets)]
    for sign in (STOP, LINE):
        places = np.flatnonzero((batch.marks & sign) != 0)
        after = np.searchsorted(batch.starts, places)
        after = after[(after > 0) & (after < len(batch.starts)) & (np.diff(after, prepend=-1) > 0)]
        gaps = between(batch, after - 1)
        if sign == STOP:
            found.append(after[(gaps & SPACE) > 0])
        else:
            initials = [batch.text[place] for place in batch.starts[after].tolist()]
            found.append(after[[not initial.islower() for initial in initials]])
    return marked(batch, found)


def marked(batch: Batch, words: Sequence[Integers]) -> Integers:
    """Put numbers of words in order, each once; one behind the last word of the batch may be among them."""
    is_marked = np.zeros(len(batch.starts) + 1, dtype=bool)
    for numbers in words:
        is_marked[numbers] = True
    return np.flatnonzero(is_marked)


class Lexicon:
    """Every different word met so far, folded and numbered from 0; it grows with the texts.

    The first eight and sixteen letters of longer words are numbered too: what a long word is made of.
    """

    def __init__(self) -> None:
        self.words: list[str] = []
        self._short: dict[int, int] = {}
        self._long: dict[int, int] = {}
        self._tails: dict[int, int] = {}
        self._tail_words: list[str] = []
        self._odd: dict[str, int] = {}

    def numbers(self, batch: Batch) -> Integers:
        """Give the number of every word of a batch.

        Examples
        --------
        >>> lexicon = Lexicon()
        >>> lexicon.numbers(split(["Tijd, geen tijd"])).tolist(), lexicon.words
        ([0, 1, 0], ['tijd', 'geen'])
        """
        lengths = batch.ends - batch.starts
        is_odd = _odd(batch, lengths)
        plain = np.flatnonzero(~is_odd) if is_odd.any() else np.arange(len(lengths))
        found = np.empty(len(lengths), dtype=np.int64)
        found[plain] = _numbered(self._short, self.words, _eight(batch, plain, lengths, 0), _spelled)
        for behind in range(_EIGHT, _LONGEST, _EIGHT):
            plain = plain[lengths[plain] > behind]
            eights = _eight(batch, plain, lengths, behind)
            tails = _numbered(self._tails, self._tail_words, eights, _spelled)
            found[plain] = _numbered(self._long, self.words, (found[plain] << _HALF) + tails, self._joined)
        for place in np.flatnonzero(is_odd).tolist():
            word = folded(batch.text[batch.starts[place] : batch.ends[place]])
            if word not in self._odd:
                self._odd[word] = len(self.words)
                self.words.append(word)
            found[place] = self._odd[word]
        return found

    def _joined(self, both: int) -> str:
        return self.words[both >> _HALF] + self._tail_words[both & (1 << _HALF) - 1]


def _numbered(
    known: dict[int, int], words: list[str], keys: np.ndarray, spell: Callable[[int], str]
) -> Integers:
    """Give each key the number it had before, and a new one the next number, with its word."""
    places, kinds = pd.factorize(keys)
    every = kinds.tolist()
    numbers = np.fromiter(map(known.get, every, repeat(-1)), dtype=np.int64, count=len(every))
    for place in np.flatnonzero(numbers < 0).tolist():
        known[every[place]] = numbers[place] = len(words)
        words.append(spell(every[place]))
    return np.asarray(numbers[places])


def _eight(batch: Batch, words: Integers, lengths: Integers, behind: int) -> np.ndarray:
    """Give up to eight letters of some words, from a place in the word on, as one number each."""
    # A number at every place of the text, without copying.
    eights = np.ndarray((len(batch.data) - _EIGHT + 1,), dtype="<u8", buffer=batch.data, strides=(1,))
    return np.asarray(
        eights[batch.starts[words] + behind] & _MASKS[np.minimum(lengths[words] - behind, _EIGHT)]
    )


def _spelled(eight: int) -> str:
    letters = eight.to_bytes(_EIGHT, "little").rstrip(b"\0")
    return "".join(map(_alphabet().letters.__getitem__, letters))


def _odd(batch: Batch, lengths: Integers) -> np.ndarray:
    """Flag the words that are compared as text: very long ones, and those with a rare letter."""
    is_odd = lengths > _LONGEST
    if bytes([RARE]) in batch.data:
        rare = np.flatnonzero(np.frombuffer(batch.data, dtype=np.uint8) == RARE)
        is_odd[np.searchsorted(batch.starts, rare, side="right") - 1] = True
    return np.asarray(is_odd)
