"""Which words of a text the words of terms stand for: exact, with ``*`` and ``?``, by dictionary form."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import simplemma

from casestudy.findings.terms import Word, folded
from casestudy.findings.words import Integers, Lexicon

LANGUAGE = "nl"
ANY = Word("wildcard", "*")


class Wording:
    """The words that terms are made of, and every word of a lexicon that each of them stands for.

    A word of a text is looked at once, however often it is said. ``numbers`` and ``atoms`` are the pairs
    found so far, ordered by both: word ``numbers[i]`` of the lexicon is one that ``words[atoms[i]]`` stands
    for. :data:`ANY` stands for every word and is in no pair.
    """

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = tuple(words)
        self.numbers = np.empty(0, dtype=np.int64)
        self.atoms = np.empty(0, dtype=np.int64)
        self.n_seen = 0
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._lemmas: dict[str, list[int]] = defaultdict(list)
        self._shapes: list[_Shape] = []
        for atom, word in enumerate(self.words):
            if word.kind == "wildcard":
                if word != ANY:
                    self._shapes.append(_shape(atom, word.text))
            else:
                (self._exact if word.kind == "exact" else self._lemmas)[word.text].append(atom)

    def learn(self, lexicon: Lexicon) -> None:
        """Look at the words that the lexicon has won since the last time."""
        new = lexicon.words[self.n_seen :]
        pairs = sorted({*self._said(new), *self._formed(new), *self._shaped(new)})
        if pairs:
            found = np.array(pairs, dtype=np.int64)
            self.numbers = np.concatenate([self.numbers, found[:, 0] + self.n_seen])
            self.atoms = np.concatenate([self.atoms, found[:, 1]])
        self.n_seen = len(lexicon.words)

    def stands_for(self, atoms: Integers, numbers: Integers) -> np.ndarray:
        """Tell of each pair whether that word of a term stands for that word of the lexicon."""
        known = self.numbers * len(self.words) + self.atoms
        wanted = numbers * len(self.words) + atoms
        places = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
        return known[places] == wanted if len(known) else np.zeros(len(wanted), dtype=bool)

    def _said(self, new: Sequence[str]) -> Iterator[tuple[int, int]]:
        for number, word in enumerate(new):
            for atom in self._exact.get(word, ()):
                yield number, atom

    def _formed(self, new: Sequence[str]) -> Iterator[tuple[int, int]]:
        if not self._lemmas:
            return
        for number, word in enumerate(new):
            # A dictionary form is itself, also where the list of forms takes it for a form of another word.
            for lemma in {word, folded(simplemma.lemmatize(word, lang=LANGUAGE))}:
                for atom in self._lemmas.get(lemma, ()):
                    yield number, atom

    def _shaped(self, new: Sequence[str]) -> Iterator[tuple[int, int]]:
        if not self._shapes or not new:
            return
        lines = "\n" + "\n".join(new) + "\n"
        begins = list(accumulate((len(word) + 1 for word in new), initial=1))
        order = sorted(range(len(new)), key=new.__getitem__)
        ordered = [new[number] for number in order]
        for shape in self._shapes:
            if shape.prefix:
                beyond = shape.prefix[:-1] + chr(ord(shape.prefix[-1]) + 1)
                found = order[bisect_left(ordered, shape.prefix) : bisect_left(ordered, beyond)]
            else:
                found = list(shape.found(new, lines, begins))
            yield from ((number, shape.atom) for number in found)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A word with ``*`` and ``?``; ``prefix`` when it is letters with one ``*`` behind them."""

    atom: int
    literal: str
    prefix: str
    pattern: re.Pattern[str]

    def found(self, new: Sequence[str], lines: str, begins: Sequence[int]) -> Iterator[int]:
        """Words of this shape: looked for by its longest letters, then held against the whole of it."""
        if self.literal == "\n":
            yield from (number for number, word in enumerate(new) if self.pattern.fullmatch(word))
            return
        last, place = -1, lines.find(self.literal)
        while place >= 0:
            number = bisect_right(begins, place + self.literal.startswith("\n")) - 1
            if number != last and self.pattern.fullmatch(new[number]):
                yield number
            last, place = number, lines.find(self.literal, place + 1)


def _shape(atom: int, text: str) -> _Shape:
    first, *others = (re.escape(part).replace(r"\?", ".") for part in text.split("*"))
    # Each stretch is taken at its first place for good, so that no word costs much time.
    between = "".join(f"(?>.*?{part})" for part in others[:-1])
    pattern = re.compile(f"{first}{between}.*{others[-1]}" if others else first)
    literal = max(re.split(r"[*?]", f"\n{text}\n"), key=len)
    prefix = text[:-1] if re.fullmatch(r"[^*?]+\*", text) else ""
    return _Shape(atom, literal, prefix, pattern)
