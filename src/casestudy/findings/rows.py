"""Where words follow one another as a term wants them: all terms at once, from the rarest word of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from casestudy.findings import words
from casestudy.findings.terms import Row
from casestudy.findings.wording import ANY, Wording
from casestudy.findings.words import Batch, Integers

_NOTHING = -1  # no word there, or any word
_JOINTS = {"space": 0, "apostrophe": 1, "hyphen": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Members by the number of their group, so that the members of many groups are had at once."""

    members: Integers
    begins: Integers
    sizes: Integers

    @classmethod
    def by(cls, keys: Integers, n_groups: int) -> Self:
        """Group the places of ``keys``; a negative key is of no group."""
        members = np.argsort(keys, kind="stable")
        members = members[keys[members] >= 0]
        sizes = np.bincount(keys[members], minlength=n_groups)
        return cls(members, np.cumsum(sizes) - sizes, sizes)

    def of(self, groups: Integers) -> tuple[Integers, Integers]:
        """Give all members of these groups, and the place in ``groups`` that each belongs to.

        Examples
        --------
        >>> pairs = Groups.by(np.array([1, 0, 1]), 2).of(np.array([1, 1, 0]))
        >>> [numbers.tolist() for numbers in pairs]
        [[0, 2, 0, 2, 1], [0, 0, 1, 1, 2]]
        """
        sizes = self.sizes[groups]
        owner = np.repeat(np.arange(len(groups)), sizes)
        within = np.arange(len(owner)) - (np.cumsum(sizes) - sizes)[owner]
        return self.members[self.begins[groups[owner]] + within], owner


class Rows:
    """The different rows of words in some terms, each looked for once.

    Parameters
    ----------
    first, second
        The rows of each term; ``second`` of those with ``NEAR`` only.
    """

    def __init__(self, first: Sequence[Row], second: Sequence[Row | None]) -> None:
        rows = list(dict.fromkeys([*first, *(row for row in second if row is not None)]))
        number = {row: place for place, row in enumerate(rows)}
        self.words = tuple(dict.fromkeys(word for row in rows for word in row.words))
        self.lengths = np.array([len(row.words) for row in rows], dtype=np.int64)
        atom = {word: place for place, word in enumerate(self.words)} | {ANY: _NOTHING}
        longest = int(self.lengths.max(initial=0))
        self._atoms = _padded([[atom[word] for word in row.words] for row in rows], longest)
        self._joints = _padded([[_JOINTS[joint] for joint in row.joints] for row in rows], longest)
        is_pair = np.array([row is not None for row in second], dtype=bool)
        firsts = np.array([number[row] for row in first], dtype=np.int64)
        seconds = np.array([_NOTHING if row is None else number[row] for row in second], dtype=np.int64)
        self.sole = Groups.by(np.where(is_pair, _NOTHING, firsts), len(rows))
        self._sides = [Groups.by(np.where(is_pair, side, _NOTHING), len(rows)) for side in (firsts, seconds)]

    def paired(self, rows: Integers) -> tuple[Integers, Integers, Integers]:
        """Give for each place of ``rows`` the terms with ``NEAR`` it is part of: term, place and side."""
        parts = [side.of(rows) for side in self._sides]
        sides = [np.full(len(term), side) for side, (term, _) in enumerate(parts)]
        term, owner = (np.concatenate(values) for values in zip(*parts, strict=True))
        return term, owner, np.concatenate(sides)

    def found(self, batch: Batch, numbers: Integers, wording: Wording) -> tuple[Integers, Integers]:
        """Find all rows in a batch.

        Parameters
        ----------
        batch, numbers
            The words of some texts, and their numbers in the lexicon.
        wording
            Knows which of these words the words of the rows stand for.

        Returns
        -------
        tuple of numpy.ndarray
            The first word of each row that was found, and the number of the row.
        """
        anchors = self._anchors(numbers, wording)
        by_atom = Groups.by(self._atoms[np.arange(len(anchors)), anchors], len(self.words))
        row, owner = by_atom.of(wording.atoms)
        by_number = Groups.by(wording.numbers[owner], wording.n_seen)
        said = np.flatnonzero(by_number.sizes[numbers])
        pair, place = by_number.of(numbers[said])
        row = row[pair]
        first = said[place] - anchors[row]
        kept = (first >= 0) & (first + self.lengths[row] <= len(numbers))
        first, row = first[kept], row[kept]
        several = self.lengths[row] > 1
        follow, their = self._followed(batch, numbers, wording, anchors, first[several], row[several])
        return np.append(first[~several], follow), np.append(row[~several], their)

    def _anchors(self, numbers: Integers, wording: Wording) -> Integers:
        """Place in each row of the word that is said least in this batch."""
        n_said = np.bincount(numbers, minlength=wording.n_seen)
        per_word = np.bincount(wording.atoms, n_said[wording.numbers], minlength=len(self.words))
        seldom = np.append(per_word, np.inf)[self._atoms]  # the last is for no word and for any word
        return np.asarray(np.argmin(seldom, axis=1)) if seldom.size else np.empty(0, dtype=np.int64)

    def _followed(
        self,
        batch: Batch,
        numbers: Integers,
        wording: Wording,
        anchors: Integers,
        first: Integers,
        row: Integers,
    ) -> tuple[Integers, Integers]:
        """Keep the rows whose every word is there, joined as it must be."""
        for step in range(self._atoms.shape[1]):
            longer = np.flatnonzero(self.lengths[row] > step)
            atoms = self._atoms[row[longer], step]
            fits = np.ones(len(row), dtype=bool)
            asked = (atoms != _NOTHING) & (anchors[row[longer]] != step)
            fits[longer[asked]] = wording.stands_for(atoms[asked], numbers[first[longer[asked]] + step])
            if step:
                longer = longer[fits[longer]]
                joints = self._joints[row[longer], step - 1]
                fits[longer] = _joined(batch, first[longer] + step - 1, joints)
            first, row = first[fits], row[fits]
        return first, row


def _joined(batch: Batch, before: Integers, joints: Integers) -> np.ndarray:
    """Tell whether between words and the next ones stands what must: white space only, or the one sign."""
    gaps = words.between(batch, before)
    one = batch.starts[before + 1] - batch.ends[before] == 1
    is_space = (gaps | words.LINE) == (words.SPACE | words.LINE)
    return np.choose(
        joints, [is_space, one & (gaps == words.APOSTROPHE), one & (gaps == words.HYPHEN)]
    ).astype(bool)


def _padded(rows: Sequence[Sequence[int]], width: int) -> np.ndarray:
    return np.array([[*row, *[_NOTHING] * (width - len(row))] for row in rows], dtype=np.int64).reshape(
        len(rows), width
    )
