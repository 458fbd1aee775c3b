"""Doubts about who speaks, told by numbers and lines and never by words of a transcript."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casestudy.material import speakers
from casestudy.material.speakers import Known

_SHOWN = re.compile(
    r"[^\W_]{1,3}|(?:interviewer|onderzoeker|researcher|resp|respondent|participant|deelnemer|interviewee)\s?\d*",
    re.IGNORECASE,
)
_ONCE = re.compile(r"[*_]{0,3}(?P<label>[^\W\d_][^\W_]{0,15}(?: [^\W_]{1,15})?)[*_]{0,3}:[*_]{0,3}\s+\S")
# A run of spaces is looked at once, from its first: there may be a million of them.
_BEHIND_LABEL = re.compile(r":(?=\s|$)|(?<![^\S\n])[^\S\n]++\d{1,2}:\d{2}(?!\d)")
_MOST_LINES = 5
_SHORTEST_ALIKE = 5
_MOST_LABELS = 100
# Letters and digits that look like others in most fonts.
_ALIKE = str.maketrans("I|1!0АВЕКМНОРСТХаеорсухіј", "lllloABEKMHOPCTXaeopcyxij")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A turn as far as a doubt may concern it: its label as written, its line counted from 1, its words."""

    label: str | None
    line: int
    words: str


def doubts(turns: Sequence[Labelled], before: Sequence[tuple[int, str]], known: Known) -> Iterator[str]:
    """Tell what is doubtful about the speakers of a source.

    Parameters
    ----------
    turns
        The turns in order, each with its label as it is written.
    before
        Lines that begin no turn, with their number, counted from 1.
    known
        What is known of the speakers.

    Examples
    --------
    >>> said = [Labelled("I", 1, "Hoe?"), Labelled("DB", 2, "Zo.R: Ja."), Labelled("Db", 3, "En zo.")]
    >>> list(doubts([*said, Labelled("R", 4, "Ja.")], [], Known()))[:2]
    ['labels that differ in case, spaces, points or a title count as one person: `DB` and `Db`', \
'a label in the middle of a turn, where two turns may have run together: line 2']
    """
    lines: dict[str, list[int]] = defaultdict(list)
    for turn in turns:
        if turn.label is not None:
            lines[turn.label].append(turn.line)
    if not lines:
        return
    yield from _written_differently(lines)
    yield from _run_together(turns, list(lines))
    yield from _look_alike(lines)
    yield from _alone(lines, known)
    once = Counter(match["label"] for _, line in before if (match := _ONCE.match(line)))
    left = [number for number, line in before if (match := _ONCE.match(line)) and once[match["label"]] == 1]
    if left:
        yield f"words before a colon that stand once were not taken for a speaker: {_on(left)}"


def names(labels: Sequence[str]) -> dict[str, str]:
    """Give for each label the one that stands for its person: the most frequent, then the first.

    Examples
    --------
    >>> names(["DB", "I", "db", "DB"])
    {'DB': 'DB', 'I': 'I', 'db': 'DB'}
    """
    counts = Counter(labels)
    first: dict[str, str] = {}
    for label in sorted(counts, key=lambda label: -counts[label]):
        first.setdefault(speakers.person(label), label)
    return {label: first[speakers.person(label)] for label in counts}


def _written_differently(lines: dict[str, list[int]]) -> Iterator[str]:
    persons: dict[str, list[str]] = defaultdict(list)
    for label in lines:
        persons[speakers.person(label)].append(label)
    several = [forms for forms in persons.values() if len(forms) > 1]
    for forms in several[:_MOST_LINES]:
        told = " and ".join(_shown(form, lines) for form in forms[:_MOST_LINES])
        yield f"labels that differ in case, spaces, points or a title count as one person: {told}"


def _run_together(turns: Sequence[Labelled], labels: Sequence[str]) -> Iterator[str]:
    """Find labels of this source inside the words of a turn, on their own or run into other words."""
    longest = sorted(labels[:_MOST_LABELS], key=len, reverse=True)
    found = []
    for turn in turns:
        line, counted = turn.line, 0
        for sign in _BEHIND_LABEL.finditer(turn.words):
            label = next((label for label in longest if turn.words.endswith(label, 0, sign.start())), "")
            begin = sign.start() - len(label)
            before = turn.words[begin - 1 : begin]
            # In "vraagR: antwoord" a small letter or a sign stands before the label; in "WIFI: ja" a capital.
            is_own = not before.isalnum() or (before.islower() and label[:1].isupper())
            if label and begin > 0 and is_own:
                line, counted = line + turn.words.count("\n", counted, sign.start()), sign.start()
                found.append(line)
    if found:
        yield f"a label in the middle of a turn, where two turns may have run together: {_on(found)}"


def _look_alike(lines: dict[str, list[int]]) -> Iterator[str]:
    pairs = [
        (first, second)
        for first, second in itertools.combinations(list(lines)[:_MOST_LABELS], 2)
        if speakers.person(first) != speakers.person(second) and _is_alike(first, second)
    ]
    for first, second in pairs[:_MOST_LINES]:
        told = f"{_shown(first, lines)} and {_shown(second, lines)}"
        yield f"two labels that look alike and count as two people: {told}"


def _is_alike(first: str, second: str) -> bool:
    a, b = (unicodedata.normalize("NFKC", label).translate(_ALIKE).casefold() for label in (first, second))
    if a == b:
        return True
    # `R1` and `R2` are two people; a name with one wrong letter is doubtful.
    if any(c.isdigit() for c in first + second) or min(len(a), len(b)) < _SHORTEST_ALIKE:
        return False
    shared = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[shared:], b[shared:]
    return rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:]


def _alone(lines: dict[str, list[int]], known: Known) -> Iterator[str]:
    n_turns = sum(map(len, lines.values()))
    persons = Counter(speakers.person(label) for label, found in lines.items() for _ in found)
    if n_turns <= len(lines) + 1:
        return
    alone = [
        label
        for label in lines
        if persons[speakers.person(label)] == 1 and label not in (*known.participants, *known.interviewers)
    ]
    if alone:
        yield f"a label that stands once may be no person: {_on([lines[label][0] for label in alone])}"


def _shown(label: str, lines: dict[str, list[int]]) -> str:
    """Give a label that is no name; else where it stands, as it may be the name of a person."""
    return f"`{label}`" if _SHOWN.fullmatch(label) else f"a label on line {lines[label][0]}"


def _on(lines: Sequence[int]) -> str:
    unique = sorted(set(lines))
    more = f" and {len(unique) - _MOST_LINES} more" if len(unique) > _MOST_LINES else ""
    return f"line{'s' if len(unique) > 1 else ''} {', '.join(map(str, unique[:_MOST_LINES]))}{more}"
