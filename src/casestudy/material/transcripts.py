"""Transcripts: files of several kinds become one text with turns and sentences.

The text of a ``.txt`` or ``.md`` file is its own. Of ``.docx``, ``.vtt``, ``.srt`` and ``.csv`` it is made:
one line ``Speaker: words`` per turn, so that the same interview from two of these gives the same text;
without speakers, the paragraphs. Offsets are Unicode code points of NFC text with ``\\n`` line ends,
half-open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from casestudy import schema
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import captions, speakers, texts, word
from casestudy.material.speakers import Known

_HEADERS = {
    "speaker": (
        "speaker",
        "spreker",
        "speaker name",
        "naam",
        "name",
        "who",
        "wie",
        "deelnemer",
        "participant",
        "speaker_label",
    ),
    "words": (
        "statement text tekst utterance uitspraak words woorden transcript transcription transcriptie content inhoud quote sentence zin"
    ).split(),
    "time": (
        "timestamp",
        "time",
        "tijd",
        "tijdstip",
        "start",
        "begin",
        "start time",
        "starttijd",
        "tijdcode",
        "timecode",
    ),
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


def read(data: bytes, *, name: str, known: Known | None = None, has_speakers: bool = True) -> Transcript:
    """Read the bytes of a transcript.

    Parameters
    ----------
    data
        The file's bytes.
    name
        The file's name relative to the study folder; its ending says of which kind it is.
    known
        The labels of interviewers and participants.
    has_speakers
        False for a document: all of it is one turn without a speaker.

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
    reader = _READERS.get(PurePosixPath(name).suffix.lower())
    if reader is None:
        found = f"`{PurePosixPath(name).suffix or 'none'}`"
        kinds = ", ".join(_READERS)
        raise InvalidMaterial(
            [Problem(name, f"the kind of file must be one of {kinds}", found, "save it as one of these")]
        )
    return reader(data, name, known or Known(), has_speakers)


def _plain_text(data: bytes, name: str, known: Known, has_speakers: bool) -> Transcript:
    text, remark = texts.decode(data, name)
    remarks = [remark] if remark else []
    lines = text.split("\n")
    found = speakers.marks(lines, known) if has_speakers else []
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    turns = []
    for number, mark in enumerate(found):
        start = starts[mark.line] + mark.offset
        end = starts[found[number + 1].line] if number + 1 < len(found) else len(text)
        turns.append((start, end, mark.speaker))
    if not turns:
        turns = [(0, len(text), None)]
    return _transcript(text, turns, known, has_speakers, remarks)


def _word(data: bytes, name: str, known: Known, has_speakers: bool) -> Transcript:
    lines: list[str] = []
    said: list[_Said] = []
    for block in word.read(data, name):
        if isinstance(block, word.Table):
            turns = _table_turns(block, known) if has_speakers else []
            said += turns
            lines += (
                [] if turns else [line for row in block.rows for cell in row for line in cell.split("\n")]
            )
        else:
            lines += block.split("\n")
    lines = [texts.normalise(line) for line in lines]
    if said:
        return _composed(said, known, has_speakers, _left_out(lines))
    return _from_lines(lines, known, has_speakers, [], is_word=True)


def _table_turns(table: word.Table, known: Known) -> list[_Said]:
    rows = [row for row in table.rows if any(cell.strip() for cell in row)]
    if not rows:
        return []
    columns = _columns([cell.strip() for cell in rows[0]])
    if "words" in columns and "speaker" in columns:
        who, what = columns["speaker"], columns["words"]
        return [_Said(row[who], row[what]) for row in rows[1:] if len(row) > max(who, what)]
    if any(len(row) != 2 for row in rows):
        return []
    labels = [" ".join(row[0].split()).removesuffix(":") for row in rows]
    chosen = speakers.accepted(labels, known)
    if not chosen or sum(label in chosen for label in labels) < speakers.ALMOST_ALL * len(rows):
        return []
    return [_Said(label, row[1]) for label, row in zip(labels, rows, strict=True)]


def _captions(data: bytes, name: str, known: Known, has_speakers: bool) -> Transcript:
    text, remark = texts.decode(data, name)
    lines = captions.read(text, name)
    remarks = [remark] if remark else []
    if not has_speakers or not any(line.speaker for line in lines):
        return _from_lines([line.words for line in lines], known, has_speakers, remarks, joins=True)
    return _composed(
        _joined([_Said(line.speaker, line.words) for line in lines]), known, has_speakers, remarks
    )


def _table(data: bytes, name: str, known: Known, has_speakers: bool) -> Transcript:
    text, remark = texts.decode(data, name)
    header, rows = schema.read_table(text, name)
    columns = _columns(header)
    if "words" not in columns or len(set(header)) < len(header):
        must = "a table of turns must have a column `speaker` and a column `text`, each once"
        raise InvalidMaterial([Problem(place(name, 1), must, "other columns", "name the columns so")])
    who = header[columns["speaker"]] if "speaker" in columns else None
    what = header[columns["words"]]
    said = [_Said(row[who] if who else None, row[what]) for _, row in rows]
    return _composed(said, known, has_speakers, [remark] if remark else [])


_READERS: dict[str, Callable[[bytes, str, Known, bool], Transcript]] = {
    ".txt": _plain_text,
    ".md": _plain_text,
    ".docx": _word,
    ".vtt": _captions,
    ".srt": _captions,
    ".csv": _table,
}
KINDS = tuple(_READERS)


def _columns(header: Sequence[str]) -> dict[str, int]:
    folded = ["_".join(cell.casefold().split()) for cell in header]
    found: dict[str, int] = {}
    for column, names in _HEADERS.items():
        places = [folded.index(known) for known in names if known in folded]
        if places:
            found[column] = places[0]
    return found


def _from_lines(
    lines: list[str], known: Known, has_speakers: bool, remarks: Sequence[str], *, is_word: bool
) -> Transcript:
    found = speakers.marks(lines, known) if has_speakers else []
    if not found:
        text = "\n".join(plain for line in lines if (plain := line.strip()))
        return _transcript(text, [(0, len(text), None)], known, has_speakers, remarks)
    width = _wrap(lines, {mark.line for mark in found}) if is_word else None
    said = []
    for number, mark in enumerate(found):
        end = found[number + 1].line if number + 1 < len(found) else len(lines)
        said.append(
            _Said(mark.speaker, _words([lines[mark.line][mark.offset :], *lines[mark.line + 1 : end]], width))
        )
    told = [*remarks, *_left_out(lines[: found[0].line])]
    if width is not None:
        told.append(
            f"its lines were cut off at {width} characters and were joined again; spaces may be missing
            there"
        )
    return _composed(_joined(said) if joins else said, known, has_speakers, told)


def _wrap(lines: list[str], beginnings: set[int]) -> int | None:
    """Width at which a program cut its lines, in the middle of words; nothing when lines are paragraphs."""
    width = max((len(line) for line in lines), default=0)
    full = [
        n
        for n, line in enumerate(lines[:-1])
        if len(line) == width and lines[n + 1].strip() and n + 1 not in beginnings
    ]
    return width if width >= _SHORTEST_WRAP and len(full) >= _FEWEST_WRAPS else None


def _words(lines: list[str], width: int | None) -> str:
    """One turn's words on one line; a line cut off at exactly ``width`` goes on in the middle of a word."""
    words = ""
    for line in lines:
        words += line if width is not None and len(line) == width else f"{line} "
    return words


def _joined(said: list[_Said]) -> list[_Said]:
    """Captions of one speaker that follow each other are one turn."""
    joined: list[_Said] = []
    for part in said:
        if joined and joined[-1].speaker == part.speaker:
            joined[-1] = _Said(part.speaker, f"{joined[-1].words} {part.words}")
        else:
            joined.append(part)
    return joined


def _left_out(lines: list[str]) -> list[str]:
    count = sum(bool(line.strip()) for line in lines)
    return [f"paragraphs outside the turns of speakers were left out: {count}"] if count else []


def _composed(said: list[_Said], known: Known, has_speakers: bool, remarks: Sequence[str]) -> Transcript:
    text = ""
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
    if not has_speakers:
        turns = [(0, len(text), None)]
    return _transcript(text, turns, known, has_speakers, remarks)


def _transcript(
    text: str,
    stretches: list[tuple[int, int, str | None]],
    known: Known,
    has_speakers: bool,
    remarks: Sequence[str],
) -> Transcript:
    turns: list[Turn] = []
    found: list[Sentence] = []
    for start, end, speaker in stretches:
        words = text[start:end]
        if not words.strip():
            continue
        start, end = start + len(words) - len(words.lstrip()), start + len(words.rstrip())
        found += [Sentence(begin, until, len(turns)) for begin, until in texts.sentences(text, start, end)]
        turns.append(Turn(start, end, speaker, known.is_interviewer(speaker)))
    told = (
        [*remarks, *_doubts(turns, known)]
        if has_speakers
        else [*remarks, *([] if turns else ["it holds no words"])]
    )
    return Transcript(text, tuple(turns), tuple(found), tuple(told))


def _doubts(turns: list[Turn], has_speakers: bool) -> Iterator[str]:
    if not turns:
        yield "it holds no words"
    elif not has_speakers:
        return
    elif all(turn.speaker is None for turn in turns):
        yield "no speakers were recognised; every word counts as a participant's"
    elif not any(turn.is_interviewer for turn in turns):
        yield "no turn is an interviewer's; give the label in the column `interviewer` of sources.csv"
    elif all(turn.is_interviewer for turn in turns):
        yield "every turn is an interviewer's; look at the column `interviewer` of sources.csv"
