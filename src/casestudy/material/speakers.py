"""Who speaks: telling labels of speakers from other words at the start of a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_TIME = r"[\[(]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?[\])]?"
_TITLE = r"(?:(?i:drs?|prof|ir|ing|mw|mevr|dhr)\.[^\S\n]?){0,3}"
_LABEL = rf"(?P<label>{_TITLE}[^\W_](?:[^.?!,;:\[\]()<>*\t\n]{{0,38}}[^\s.?!,;:\[\]()<>*])?)"
# Signs without width that programs put before a line.
_UNSEEN = "[\\s\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]*"
_SAID = re.compile(
    rf"{_UNSEEN}[*_]{{0,3}}(?:{_TIME}\s+)?{_LABEL}[^\S\n]*(?:{_TIME})?[*_]{{0,3}}:[*_]{{0,3}}(?=\s|$)"
)
_HEADING = re.compile(rf"{_UNSEEN}[*_]{{0,3}}\[?{_LABEL}\]?[*_]{{0,3}}\s+{_TIME}\s*$")
_BRACKETED = re.compile(rf"\s*\[{_LABEL}\]:?(?=\s+\S)")
_TABBED = re.compile(r"(?P<label>[^\s]+)\t(?=[^\t]*\S)[^\t]*$")

_INTERVIEWER = re.compile(r"(?:i|int|interviewer|onderzoeker|researcher)\s?\d*", re.IGNORECASE)
_ANSWERING = re.compile(
    r"(?:r|p|resp|respondent|participant|deelnemer|geïnterviewde|interviewee)\s?\d*", re.IGNORECASE
)

# Titles that a person may have once and lack the next time; forms of address tell two people apart.
_TITLES = re.compile(r"\b(?:dr|drs|prof|ir|ing)\b\.?")

LONGEST = 40
ALMOST_ALL = 0.8


@dataclass(frozen=True, slots=True)
class Mark:
    """A line at which a turn begins: the speaker, and where on that line the words begin."""

    line: int
    speaker: str | None
    offset: int


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the speakers of a source before it is read.

    The labels of ``interviewers`` and ``participants`` need not recur. What is no conversation has no
    speakers: all of it is one turn.
    """

    interviewers: tuple[str, ...] = ()
    participants: tuple[str, ...] = ()
    is_conversation: bool = True

    def is_interviewer(self, label: str | None) -> bool:
        """Whether a label is an interviewer's: one of those given, else one of the usual ones.

        Examples
        --------
        >>> Known().is_interviewer("Interviewer 2"), Known(("Anna",)).is_interviewer("Interviewer")
        (True, False)
        """
        if label is None:
            return False
        if self.interviewers:
            return label.casefold() in {name.casefold() for name in self.interviewers}
        return _INTERVIEWER.fullmatch(label) is not None

    def knows(self, label: str) -> bool:
        """Whether a label is a speaker's even when it stands once."""
        return (
            label in self.participants
            or self.is_interviewer(label)
            or _ANSWERING.fullmatch(label) is not None
        )


def accepted(labels: Iterable[str], known: Known) -> set[str]:
    """Choose the labels that are speakers: known ones, and those that recur when at least two people speak.

    Examples
    --------
    >>> sorted(accepted(["I", "R", "Let op"], Known()))
    ['I', 'R']
    >>> accepted(["Let op", "Let op"], Known())
    set()
    """
    counts = Counter(label for label in labels if _may_be_label(label) or known.knows(label))
    # One person written in several ways is one person.
    persons: Counter[str] = Counter()
    for label, count in counts.items():
        persons[person(label)] += count
    chosen = {label for label in counts if persons[person(label)] > 1 or known.knows(label)}
    several = len({person(label) for label in chosen}) > 1
    return chosen if several or any(known.knows(label) for label in chosen) else set()


def person(label: str) -> str:
    """Give the form in which one person's labels are the same: without case, spaces, points and titles.

    Examples
    --------
    >>> person("DB"), person("db :"), person("dr. D.B.")
    ('db', 'db', 'db')
    """
    plain = label.casefold()
    return re.sub(r"[\W_]+", "", _TITLES.sub("", plain)) or plain


def marks(lines: Sequence[str], known: Known) -> list[Mark]:
    """Find the lines of a transcript at which turns begin; none when the speakers are in doubt.

    Recognised are ``Label: words``, with a time before the label or behind it, ``Label   0:01`` with the
    words on the next lines, ``[Label] words`` when nearly every line begins so, and ``id<tab>words`` when
    every line is so.

    Examples
    --------
    >>> marks(["I: Hoe gaat het?", "R: Goed.", "Let op: niet vergeten."], Known())
    [Mark(line=0, speaker='I', offset=3), Mark(line=1, speaker='R', offset=3)]
    """
    if not known.is_conversation:
        return []
    filled = [(number, line) for number, line in enumerate(lines) if line.strip()]
    found = [
        (number, match) for number, line in filled if (match := _HEADING.match(line) or _SAID.match(line))
    ]
    chosen = accepted((_plain(match["label"]) for _, match in found), known)
    if chosen:
        return _made(lines, [(number, match) for number, match in found if _plain(match["label"]) in chosen])
    found = [(number, match) for number, line in filled if (match := _BRACKETED.match(line))]
    chosen = accepted((_plain(match["label"]) for _, match in found), known)
    found = [(number, match) for number, match in found if _plain(match["label"]) in chosen]
    if found and len(found) >= ALMOST_ALL * len(filled):
        return _made(lines, found)
    tabbed = [_TABBED.match(line) for _, line in filled]
    if len(filled) > 1 and all(tabbed):
        counts = Counter(match["label"] for match in tabbed if match)
        recur = len(counts) < len(filled)
        return [
            Mark(number, match["label"] if recur else None, match.end("label") + 1)
            for (number, _), match in zip(filled, tabbed, strict=True)
            if match
        ]
    return []


def _made(lines: Sequence[str], found: Iterable[tuple[int, re.Match[str]]]) -> list[Mark]:
    made = []
    for number, match in found:
        rest = lines[number][match.end() :]
        made.append(Mark(number, _plain(match["label"]), match.end() + len(rest) - len(rest.lstrip())))
    return made


def _plain(label: str) -> str:
    return " ".join(label.split())


def _may_be_label(label: str) -> bool:
    label = re.sub(f"^{_TITLE}", "", label)
    if len(label) > LONGEST or set(label) & set(".?!;:") or not any(c.isalpha() for c in label):
        return False
    return label[0].isupper() or " " not in label or any(c.isdigit() for c in label)
