"""Transcripts: files of several kinds become one text with turns and sentences.

The text of a ``.txt`` or ``.md`` file is its own. Of ``.docx``, ``.vtt``, ``.srt`` and ``.csv`` it is made:
one line ``Speaker: words`` per turn, so that an interview is the same text from any two of these; without
speakers, the paragraphs. Offsets are Unicode code points of NFC text with ``\\n`` line ends, half-open.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from casestudy import schema
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import captions, speakers, texts, word
from casestudy.material.speakers import Known

_HEADERS = {
    "speaker": [
        "speaker",
        "spreker",
        "speaker name",
        "name",
        "naam",
        "who",
        "wie",
        "participant",
        "deelnemer",
    ],
    "words": [
        "statement",
        "text",
        "tekst",
        "utterance",
        "uitspraak",
        "words",
        "woorden",
        "transcript",
        "inhoud",
    ],
}
_SHORTEST_WRAP = 60
_FEWEST_WRAPS = 3


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
class _Said:
    speaker: str | None
    words: str


def read(data: bytes, *, name: str, known: Known | None = None) -> Transcript:
    """Read the bytes of a transcript.

    Parameters
    ----------
    data
        The file's bytes.
    name
        The file's name relative to the study folder; its ending says of which kind it is.
    known
        What is known of its speakers.

    Raises
    ------
    InvalidMaterial
        When the file is of an unknown kind, damaged, or not text.

    Examples
    --------
    >>> transcript = read(b"I: Hoe ging het?\\nR: Goed. Heel goed zelfs.\\n", name="a.txt")
    >>> [transcript.text[turn.start : turn.end] for turn in transcript.turns if not turn.is_interviewer]
    ['Goed. Heel goed zelfs.']
    >>> len(transcript.sentences)
    3
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in _READERS:
        must = f"the kind of file must be one of {' '.join(KINDS)}"
        raise InvalidMaterial([Problem(name, must, "another kind", "save it as one of these")])
    return _READERS[suffix](data, name, known or Known())


def _plain_text(data: bytes, name: str, known: Known) -> Transcript:
    text, remark = texts.decode(data, name)
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    found = speakers.marks(lines, known)
    ends = [*(starts[mark.line] for mark in found[1:]), len(text)]
    turns = [(starts[m.line] + m.offset, end, m.speaker) for m, end in zip(found, ends, strict=False)]
    return _transcript(text, turns or [(0, len(text), None)], known, [remark] if remark else [])


def _word(data: bytes, name: str, known: Known) -> Transcript:
    lines: list[str] = []
    said: list[_Said] = []
    for block in word.read(data, name):
        turns: list[_Said] = []
        if isinstance(block, word.Table):
            turns = _table_turns(block, known) if known.is_conversation else []
            block = "\n".join(cell for row in block.rows for cell in row)
        said += turns
        lines += [] if turns else texts.normalise(block).split("\n")
    if said:
        return _composed(said, known, _left_out(lines))
    found = speakers.marks(lines, known)
    width = _wrap(lines, {mark.line for mark in found})
    return _from_lines(lines, found, known, width=width)


def _table_turns(table: word.Table, known: Known) -> list[_Said]:
    """Give the turns of a table of speakers and their words; none when it is another table."""
    rows = [row for row in table.rows if any(cell.strip() for cell in row)]
    columns = _columns(rows[0]) if rows else {}
    if len(columns) == len(_HEADERS):
        who, what = columns["speaker"], columns["words"]
        return [_Said(row[who], row[what]) for row in rows[1:] if len(row) > max(who, what)]
    if any(len(row) != 2 for row in rows):
        return []
    labels = [" ".join(row[0].split()).removesuffix(":") for row in rows]
    chosen = speakers.accepted(labels, known)
    if not chosen or sum(label in chosen for label in labels) < speakers.ALMOST_ALL * len(rows):
        return []
    return [_Said(label, row[1]) for label, row in zip(labels, rows, strict=True)]


def _captions(data: bytes, name: str, known: Known) -> Transcript:
    text, remark = texts.decode(data, name)
    shown = captions.read(text, name)
    remarks = [remark] if remark else []
    if known.is_conversation and any(line.speaker for line in shown):
        return _composed(_joined([_Said(line.speaker, line.words) for line in shown]), known, remarks)
    lines = [line.words for line in shown]
    return _from_lines(lines, speakers.marks(lines, known), known, remarks, joins=True)


def _table(data: bytes, name: str, known: Known) -> Transcript:
    text, remark = texts.decode(data, name)
    header, rows = schema.read_table(text, name)
    columns = _columns(header)
    if "words" not in columns or len(set(header)) < len(header):
        must = "a table of turns must have a column `speaker` and a column `text`, each once"
        raise InvalidMaterial([Problem(place(name, 1), must, "other columns", "name the columns so")])
    who = header[columns["speaker"]] if "speaker" in columns else None
    what = header[columns["words"]]
    said = [_Said(row[who] if who else None, row[what]) for _, row in rows]
    return _composed(said, known, [remark] if remark else [])


_READERS: dict[str, Callable[[bytes, str, Known], Transcript]] = {
    ".txt": _plain_text,
    ".md": _plain_text,
    ".docx": _word,
    ".vtt": _captions,
    ".srt": _captions,
    ".csv": _table,
}
KINDS = tuple(_READERS)


def _columns(header: Sequence[str]) -> dict[str, int]:
    folded = [" ".join(cell.casefold().replace("_", " ").split()) for cell in header]
    found = {column: [name for name in names if name in folded] for column, names in _HEADERS.items()}
    return {column: folded.index(names[0]) for column, names in found.items() if names}


def _from_lines(
    lines: list[str],
    found: list[speakers.Mark],
    known: Known,
    remarks: Sequence[str] = (),
    *,
    joins: bool = False,
    width: int | None = None,
) -> Transcript:
    if not found:
        text = "\n".join(plain for line in lines if (plain := line.strip()))
        return _transcript(text, [(0, len(text), None)], known, remarks)
    ends = [*(mark.line for mark in found[1:]), len(lines)]
    said = [
        _Said(mark.speaker, _words(lines[mark.line : end], width)[mark.offset :])
        for mark, end in zip(found, ends, strict=True)
    ]
    told = [*remarks, *_left_out(lines[: found[0].line])]
    if width is not None:
        told.append(f"its lines were cut at {width} characters and joined again; spaces may be missing there")
    return _composed(_joined(said) if joins else said, known, told)


def _wrap(lines: list[str], beginnings: set[int]) -> int | None:
    """Width at which a program cut its lines, also inside words; nothing when its lines are paragraphs."""
    width = max((len(line) for line in lines), default=0)
    goes_on = [bool(line.strip()) and number not in beginnings for number, line in enumerate(lines)]
    n_full = sum(len(line) == width and more for line, more in zip(lines, goes_on[1:], strict=False))
    return width if width >= _SHORTEST_WRAP and n_full >= _FEWEST_WRAPS else None


def _words(lines: list[str], width: int | None) -> str:
    """One turn's words; a line that fills the ``width`` goes on in the middle of a word."""
    return "".join(line if width is not None and len(line) == width else f"{line} " for line in lines)


def _joined(said: list[_Said]) -> list[_Said]:
    """Captions of one speaker that follow each other are one turn."""
    joined: list[_Said] = []
    for speaker, parts in itertools.groupby(said, key=lambda part: part.speaker):
        joined.append(_Said(speaker, " ".join(part.words for part in parts)))
    return joined


def _left_out(lines: list[str]) -> list[str]:
    count = sum(bool(line.strip()) for line in lines)
    return [f"paragraphs outside the turns of speakers were left out: {count}"] if count else []


def _composed(said: list[_Said], known: Known, remarks: Sequence[str]) -> Transcript:
    parts: list[str] = []
    turns: list[tuple[int, int, str | None]] = []
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
    text = "".join(parts)
    return _transcript(text, turns if known.is_conversation else [(0, length, None)], known, remarks)


def _transcript(
    text: str, stretches: list[tuple[int, int, str | None]], known: Known, remarks: Sequence[str]
) -> Transcript:
    turns: list[Turn] = []
    found: list[Sentence] = []
    for start, end, speaker in stretches:
        words = text[start:end]
        if bare := words.strip():
            begin = start + len(words) - len(words.lstrip())
            turn = Turn(begin, begin + len(bare), speaker, known.is_interviewer(speaker))
            found += [Sentence(*both, len(turns)) for both in texts.sentences(text, turn.start, turn.end)]
            turns.append(turn)
    return Transcript(text, tuple(turns), tuple(found), (*remarks, *_doubts(turns, known)))


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
