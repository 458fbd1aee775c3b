"""Turns: what was said by whom becomes one text, with the place of every turn and every sentence in it.

The text of an interview is one line ``Speaker: words`` per turn. Offsets are Unicode code points of NFC text
with ``\\n`` line ends, half-open.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casestudy.material import speaker_doubts, texts
from casestudy.material.speakers import Known

# More turns than any conversation has; what is doubtful about them is beyond telling.
_MOST_DOUBTED = 20_000

# Where the words of a turn stand in a text, and the label they have there.
Stretch = tuple[int, int, str | None]


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker's uninterrupted stretch: the words after the label, half-open, in code points."""

    start: int
    end: int
    speaker: str | None
    is_interviewer: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a turn; ``turn`` is the turn's position in the source."""

    start: int
    end: int
    turn: int


@dataclass(frozen=True, slots=True)
class Transcript:
    """The text of a source with its turns and sentences, and what a person should know of how it was read."""

    text: str
    turns: tuple[Turn, ...]
    sentences: tuple[Sentence, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Words and who said them; ``at`` counts the signs before them in the file, spaces left out."""

    speaker: str | None
    words: str
    at: int = 0


def joined(said: list[Said]) -> list[Said]:
    """Captions of one speaker that follow each other are one turn."""
    joined: list[Said] = []
    for speaker, parts in itertools.groupby(said, key=lambda part: part.speaker):
        joined.append(Said(speaker, " ".join(part.words for part in parts)))
    return joined


def composed(said: list[Said], known: Known, remarks: Sequence[str]) -> Transcript:
    """Give the transcript of what was said; what is no conversation is one turn of nobody."""
    text, turns = put_together(said)
    return transcript(text, turns if known.is_conversation else [(0, len(text), None)], known, remarks)


def put_together(said: list[Said]) -> tuple[str, list[Stretch]]:
    """Give one line ``Speaker: words`` per turn, and where its words stand; what has no words has no turn."""
    parts: list[str] = []
    turns: list[Stretch] = []
    length = 0
    for part in said:
        words = texts.normalise(" ".join(part.words.split()))
        speaker = texts.normalise(" ".join((part.speaker or "").split()))
        if not words:
            continue
        label = f"{speaker}: " if speaker else ""
        parts.append(f"{label}{words}\n")
        turns.append((length + len(label), length + len(label) + len(words), speaker or None))
        length += len(parts[-1])
    return "".join(parts), turns


def transcript(text: str, stretches: list[Stretch], known: Known, remarks: Sequence[str]) -> Transcript:
    """Give the transcript of a text whose turns are known: its sentences, and what is doubtful in it.

    Labels that are one person's become that person's most frequent label; the text keeps them as they are.
    """
    turns: list[Turn] = []
    found: list[Sentence] = []
    labels: list[str | None] = []
    names = speaker_doubts.names([speaker for _, _, speaker in stretches if speaker is not None])
    for start, end, label in stretches:
        words = text[start:end]
        if bare := words.strip():
            begin = start + len(words) - len(words.lstrip())
            asks = known.is_interviewer(label) or known.is_interviewer(names.get(label or ""))
            turn = Turn(begin, begin + len(bare), names.get(label or ""), asks)
            found += [Sentence(*both, len(turns)) for both in texts.sentences(text, turn.start, turn.end)]
            turns.append(turn)
            labels.append(label)
    told = [*remarks, *_doubts(turns, known)]
    if any(labels) and known.is_conversation and len(turns) <= _MOST_DOUBTED:
        told += _doubtful_speakers(text, turns, labels, known)
    unseen = texts.unseen(text)
    return Transcript(text, tuple(turns), tuple(found), (*told, *([unseen] if unseen else [])))


def _doubtful_speakers(text: str, turns: list[Turn], labels: list[str | None], known: Known) -> Iterator[str]:
    begun: list[int] = []
    line, at = 1, 0
    for turn in turns:
        line, at = line + text.count("\n", at, turn.start), turn.start
        begun.append(line)
    told = [
        speaker_doubts.Labelled(label, number, text[turn.start : turn.end])
        for label, number, turn in zip(labels, begun, turns, strict=True)
    ]
    first = set(begun)
    others = [(n, words) for n, words in enumerate(text.split("\n"), start=1) if n not in first]
    return speaker_doubts.doubts(told, others, known)


def _doubts(turns: list[Turn], known: Known) -> Iterator[str]:
    if not turns:
        yield "it holds no words"
    elif not known.is_conversation:
        return
    elif all(turn.speaker is None for turn in turns):
        yield "no speakers were recognised; every word counts as a participant's"
    elif not any(turn.is_interviewer for turn in turns):
        yield "no turn is an interviewer's; give the label in the column `interviewer` of sources.csv"
    elif all(turn.is_interviewer for turn in turns):
        yield "every turn is an interviewer's; look at the column `interviewer` of sources.csv"
