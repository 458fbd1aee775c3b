"""All terms of all codes found in one pass over many texts.

A text is cut into words once, equal words are looked at once, and only words that some term holds are
followed up. The language of terms is described in :mod:`casestudy.findings.terms`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from casestudy.errors import WrongUse
from casestudy.findings import overlaps, words
from casestudy.findings.nearness import nearest
from casestudy.findings.rows import Rows
from casestudy.findings.terms import Term, parse
from casestudy.findings.wording import Wording
from casestudy.findings.words import Batch, Integers, Lexicon

BATCH = 4_000_000  # characters that are worked on at once; about fifty bytes of memory each


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """What a dictionary found: one place per hit, ordered by document, start, end and code.

    ``document``, ``start``, ``end`` (code points, half-open), ``code`` and ``term`` are numbers, shape
    (n_hits,); the last two stand for ``codes[code]`` and ``terms[term]``.
    """

    document: Integers
    start: Integers
    end: Integers
    code: Integers
    term: Integers
    codes: tuple[str, ...]
    terms: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.start)

    def table(self) -> pd.DataFrame:
        """Give the hits as document, start, end, code and term, the last two in words."""
        table = pd.DataFrame({"document": self.document, "start": self.start, "end": self.end})
        for name, numbers, written in (("code", self.code, self.codes), ("term", self.term, self.terms)):
            table[name] = pd.Series(np.array([*written, ""], dtype=object)[numbers], dtype="str")
        return table

    def segments(self, segments: pd.DataFrame) -> Integers:
        """Place each hit in the segment in which it starts.

        Parameters
        ----------
        segments
            document, start, end; the segments of a document do not overlap. Sentences or turns, for instance.

        Returns
        -------
        numpy.ndarray
            Row of ``segments``, counted from 0, per hit; -1 where no segment holds the start.
        """
        if len(segments) == 0:
            return np.full(len(self), -1)
        document, start, end = (segments[name].to_numpy(np.int64) for name in ("document", "start", "end"))
        width = max(int(end.max()), int(self.start.max(initial=0))) + 1
        keys = document * width + start
        order = np.argsort(keys, kind="stable")
        wanted = self.document * width + self.start
        found = order[np.maximum(np.searchsorted(keys[order], wanted, side="right") - 1, 0)]
        inside = (document[found] == self.document) & (start[found] <= self.start) & (self.start < end[found])
        return np.where(inside, found, -1)


class Dictionary:
    """The terms of all codes, made ready; it remembers the words it has met, for the next text.

    Parameters
    ----------
    codes, terms
        Each term with the number of its code.

    Examples
    --------
    >>> said = compile({"M23": ["tijd*", "geen tijd"], "M21": ["caseload NEAR/5 hoog"]})
    >>> said.find("Er is geen tijd, want hoog is de caseload.").table()[["start", "end", "code", "term"]]
    ...     # doctest: +NORMALIZE_WHITESPACE
       start  end code                  term
    0      6   15  M23             geen tijd
    1     22   41  M21  caseload NEAR/5 hoog
    """

    def __init__(self, codes: Sequence[str], terms: Sequence[tuple[int, Term]]) -> None:
        self.codes = tuple(codes)
        self.terms = tuple(term.written for _, term in terms)
        self._code = np.array([code for code, _ in terms], dtype=np.int64)
        self._within = np.array([term.within for _, term in terms], dtype=np.int64)
        self._rows = Rows([term.first for _, term in terms], [term.second for _, term in terms])
        self._wording = Wording(self._rows.words)
        self._lexicon = Lexicon()

    def find(self, text: str) -> Hits:
        """Find all terms in one text, as :meth:`find_all` does."""
        return self.find_all([text])

    def find_all(
        self, texts: Sequence[str], sentences: pd.DataFrame | None = None, *, overlapping: bool = False
    ) -> Hits:
        """Find all terms in many texts, each a document by its place.

        Parameters
        ----------
        texts
            Texts in normal form C.
        sentences
            document, start, end of the sentences that ``NEAR`` stays within. Without them a sentence ends
            at white space with a full stop, question mark, exclamation mark or ellipsis, and at a line end
            before a word that does not begin with a small letter.
        overlapping
            Whether to give every hit of every term; only those of one term never overlap then. Otherwise, of
            hits of one code that overlap, the longest stay, of equally long ones the leftmost. Hits of
            different codes may overlap either way.
        """
        found = [
            self._found(texts[first:last], first, sentences, overlapping=overlapping)
            for first, last in _batches(texts)
        ]
        columns = [
            np.concatenate([np.empty(0, dtype=np.int64), *parts]) for parts in zip(*found, strict=True)
        ]
        document, start, end, code, term = columns or [np.empty(0, dtype=np.int64)] * 5
        return Hits(document, start, end, code, term, self.codes, self.terms)

    def _found(
        self, texts: Sequence[str], number: int, sentences: pd.DataFrame | None, *, overlapping: bool
    ) -> tuple[Integers, ...]:
        batch = words.split(texts)
        numbers = self._lexicon.numbers(batch)
        self._wording.learn(self._lexicon)
        first, row = self._rows.found(batch, numbers, self._wording)
        last = first + self._rows.lengths[row] - 1
        term, start, end = self._of_terms(batch, first, last, row, sentences, number)
        code = self._code[term]
        if not overlapping:
            kept = overlaps.longest(code, start, end)
            term, start, end, code = term[kept], start[kept], end[kept], code[kept]
        # Terms are numbered code by code, so their order is that of the codes too.
        order = np.lexsort((term, start * (int((end - start).max(initial=0)) + 1) + end - start))
        term, start, end, code = term[order], start[order], end[order], code[order]
        document = np.searchsorted(batch.offsets, start, side="right") - 1
        offsets = batch.offsets[document]
        return document + number, start - offsets, end - offsets, code, term

    def _of_terms(
        self,
        batch: Batch,
        first: Integers,
        last: Integers,
        row: Integers,
        sentences: pd.DataFrame | None,
        number: int,
    ) -> tuple[Integers, Integers, Integers]:
        """Terms with their places in the batch, from the rows that were found."""
        sole, owner = self._rows.sole.of(row)
        start, end = batch.starts[first[owner]], batch.ends[last[owner]]
        several = self._rows.lengths[row[owner]] > 1
        keep = ~several
        keep[several] = overlaps.leftmost(sole[several], start[several], end[several])
        sole, start, end = sole[keep], start[keep], end[keep]
        near, owner, side = self._rows.paired(row)
        if len(near) == 0:
            return sole, start, end
        begins = words.breaks(batch) if sentences is None else _begins(batch, sentences, number)
        found, left, right = nearest(batch, begins, near, side, first[owner], last[owner], self._within[near])
        term = np.concatenate([sole, found])
        return term, np.append(start, batch.starts[left]), np.append(end, batch.ends[right])


def compile(terms: Mapping[str, Sequence[str]]) -> Dictionary:  # noqa: A001
    """Make the terms of all codes ready for searching; each must be good.

    Parameters
    ----------
    terms
        Terms per code. Of a term that a code names twice the first counts.

    Raises
    ------
    WrongUse
        With every term that cannot be read, named by its code.
    """
    read: dict[tuple[int, Term], None] = {}
    wrong = []
    for number, (code, written) in enumerate(terms.items()):
        for one in written:
            try:
                read[number, parse(one)] = None
            except ValueError as fault:
                wrong.append(f"a term of code `{code}` cannot be read: {fault}")
    if wrong:
        raise WrongUse("\n".join(wrong))
    return Dictionary(list(terms), list(read))


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Cut a row of texts where enough characters are together."""
    if not texts:
        return
    lengths = np.cumsum([len(text) + 1 for text in texts])
    cuts = np.flatnonzero(np.diff(lengths // BATCH)) + 1
    edges = [0, *cuts.tolist(), len(texts)]
    yield from pairwise(edges)


def _begins(batch: Batch, sentences: pd.DataFrame, number: int) -> Integers:
    """Words with which the sentences of a batch begin, and those behind their ends, in order."""
    document = sentences["document"].to_numpy(np.int64) - number
    here = (document >= 0) & (document < len(batch.offsets))
    offsets = batch.offsets[document[here]]
    edges = [offsets + sentences[name].to_numpy(np.int64)[here] for name in ("start", "end")]
    return words.marked(batch, [np.searchsorted(batch.starts, places) for places in (batch.offsets, *edges)])
