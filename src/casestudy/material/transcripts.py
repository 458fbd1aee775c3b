"""Transcripts: files of several kinds become one text with turns and sentences.

The text of a ``.txt`` or ``.md`` file is its own. Of every other kind it is made: one line ``Speaker: words``
per turn, so that an interview is the same text from any two of these; without speakers, the paragraphs.
Offsets are Unicode code points of NFC text with ``\\n`` line ends, half-open.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from casestudy.errors import InvalidMaterial, Problem
from casestudy.material import captions, speakers, texts, turns, turns_table
from casestudy.material.formats import open_document, pdf, rich_text, word
from casestudy.material.speakers import Known
from casestudy.material.turns import Said, Sentence, Transcript, Turn

__all__ = ["KINDS", "PlacedComment", "Sentence", "Transcript", "Turn", "comments", "read"]

LIMIT_BYTES = 50_000_000
LIMIT_CHARACTERS = 10_000_000
_SHORTEST_WRAP = 60
_FEWEST_WRAPS = 3
# What a program that makes transcripts writes of itself into them, with the name of who pressed the button.
_PROGRAM = re.compile(
    r"\S.{0,60} (?:(?:started|stopped) transcription|heeft de transcriptie (?:gestart|gestopt|beëindigd))"
)


@dataclass(frozen=True, slots=True)
class PlacedComment:
    """A comment of a file and the characters of the transcript it hangs on: half-open, in code points.

    ``start`` and ``end`` are absent when it hangs on no word of a turn: on a label, on a paragraph that was
    left out, or on nothing. ``words`` are the words in the file.
    """

    author: str
    text: str
    start: int | None
    end: int | None
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
    if len(data) > LIMIT_BYTES:
        must = f"a transcript must be at most {LIMIT_BYTES:,} bytes"
        raise InvalidMaterial([Problem(name, must, f"{len(data):,}", "split it into several sources")])
    transcript = _READERS[suffix](data, name, known or Known())
    if len(transcript.text) > LIMIT_CHARACTERS:
        must = f"the text of a transcript must be at most {LIMIT_CHARACTERS:,} characters"
        raise InvalidMaterial([Problem(name, must, "more", "split it into several sources")])
    return transcript


def comments(data: bytes, *, name: str, known: Known | None = None) -> tuple[PlacedComment, ...]:
    """Read the comments of a Word file and place them on the text that ``read`` makes of it.

    A comment on words of several turns goes from the first of them to the last. Files of other kinds have no
    comments.

    Parameters
    ----------
    data, name, known
        As for ``read``.

    Raises
    ------
    InvalidMaterial
        When the file cannot be read.
    """
    if PurePosixPath(name).suffix.lower() != ".docx":
        return ()
    blocks = word.read(data, name)
    said, _ = _said_in(blocks, known or Known())
    text, stretches = turns.put_together(said)
    if not said:
        plain = _plain_lines(_lines_of(blocks))
        text, stretches = plain, [(0, len(plain), None)]
        said = [Said(None, plain)]
    filled = [part for part in said if part.words.strip()]
    running = word.running(blocks)
    placed = []
    for comment in word.comments(data, name):
        begin = _count(running[: comment.start])
        span = _placed(begin, begin + _count(comment.words), text, stretches, [part.at for part in filled])
        start, end = span or (None, None)
        placed.append(PlacedComment(comment.author, comment.text, start, end, comment.words))
    return tuple(placed)


def _count(text: str) -> int:
    return len("".join(text.split()))


def _placed(
    begin: int, end: int, text: str, stretches: list[turns.Stretch], ats: list[int]
) -> tuple[int, int] | None:
    """Characters of the text that are the signs ``begin`` up to ``end`` of the file, spaces not counted.

    Between a file and its text only spaces, labels and left-out paragraphs differ, and so the signs of one
    turn follow each other in both.
    """
    found: list[int] = []
    for (start, stop, _), at in zip(stretches, ats, strict=True):
        if at >= end:
            break
        if at + stop - start > begin:
            signs = [place for place in range(start, stop) if not text[place].isspace()]
            found += signs[max(begin - at, 0) : max(end - at, 0)]
    return (found[0], found[-1] + 1) if found else None


def _plain_text(data: bytes, name: str, known: Known) -> Transcript:
    text, remark = texts.decode(data, name)
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    found = speakers.marks(lines, known)
    ends = [*(starts[mark.line] for mark in found[1:]), len(text)]
    stretches = [(starts[m.line] + m.offset, end, m.speaker) for m, end in zip(found, ends, strict=False)]
    return turns.transcript(text, stretches or [(0, len(text), None)], known, [remark] if remark else [])


def _word(data: bytes, name: str, known: Known) -> Transcript:
    return _from_blocks(word.read(data, name), known)


def _open_document(data: bytes, name: str, known: Known) -> Transcript:
    return _from_blocks(open_document.read(data, name), known)


def _rich_text(data: bytes, name: str, known: Known) -> Transcript:
    return _from_blocks(rich_text.read(data, name), known)


def _from_blocks(blocks: list[str | word.Table], known: Known) -> Transcript:
    said, remarks = _said_in(blocks, known)
    if said:
        return turns.composed(said, known, remarks)
    text = _plain_lines(_lines_of(blocks))
    return turns.transcript(text, [(0, len(text), None)], known, remarks)


def _said_in(blocks: list[str | word.Table], known: Known) -> tuple[list[Said], list[str]]:
    """Give the turns of paragraphs and tables, and remarks; none when no speakers are recognised."""
    said: list[Said] = []
    outside: list[str] = []
    at = 0
    for block in blocks:
        is_table = isinstance(block, word.Table) and known.is_conversation
        spoken = _table_turns(block, known, at) if is_table and isinstance(block, word.Table) else []
        said += spoken
        outside += [] if spoken else texts.normalise(word.flat(block)).split("\n")
        at += _count(texts.normalise(word.flat(block)))
    if said:
        return said, _left_out(outside)
    found = speakers.marks(outside, known)
    return _said_on(outside, found) if found else ([], [])


def _said_on(lines: list[str], found: list[speakers.Mark]) -> tuple[list[Said], list[str]]:
    """Give the turns that begin at the marks, and remarks; what a program wrote of itself is left out."""
    width = _wrap(lines, {mark.line for mark in found})
    own = {number for number, line in enumerate(lines) if _PROGRAM.fullmatch(line.strip())}
    begun = sorted([*found, *(speakers.Mark(number, None, 0) for number in own)], key=lambda mark: mark.line)
    begun = [mark for mark in begun if mark.line >= found[0].line]
    ends = [*(mark.line for mark in begun[1:]), len(lines)]
    before = [0, *itertools.accumulate(map(_count, lines))]
    said = [
        Said(
            mark.speaker,
            _words(lines[mark.line : end], width)[mark.offset :],
            before[mark.line] + _count(lines[mark.line][: mark.offset]),
        )
        for mark, end in zip(begun, ends, strict=True)
        if mark.line not in own
    ]
    told = _left_out([*lines[: found[0].line], *(lines[n] for n in own if n > found[0].line)])
    if width is not None:
        told.append(f"its lines were cut at {width} characters and joined again; spaces may be missing there")
    return said, told


def _lines_of(blocks: list[str | word.Table]) -> list[str]:
    return word.running(blocks).split("\n")


def _plain_lines(lines: list[str]) -> str:
    return "\n".join(plain for line in lines if (plain := line.strip()))


def _table_turns(table: word.Table, known: Known, at: int) -> list[Said]:
    """Give the turns of a table of speakers and their words; none when it is another table."""
    flat: list[tuple[tuple[str, ...], list[int]]] = []
    for row in table.rows:
        counts = [_count(texts.normalise(cell)) for cell in row]
        if any(counts):
            flat.append((row, [at + before for before in itertools.accumulate(counts, initial=0)]))
        at += sum(counts)
    columns = turns_table.columns(flat[0][0]) if flat else {}
    if len(columns) == 2:
        who, what = columns["speaker"], columns["words"]
        return [Said(row[who], row[what], ats[what]) for row, ats in flat[1:] if len(row) > max(who, what)]
    if any(len(row) != 2 for row, _ in flat):
        return []
    labels = [_label(row[0]) for row, _ in flat]
    chosen = speakers.accepted(labels, known)
    if not chosen or sum(label in chosen for label in labels) < speakers.ALMOST_ALL * len(flat):
        return []
    return [Said(label, row[1], ats[1]) for label, (row, ats) in zip(labels, flat, strict=True)]


def _label(cell: str) -> str:
    return " ".join(cell.split()).removesuffix(":").rstrip()


def _pdf(data: bytes, name: str, known: Known) -> Transcript:
    printed = pdf.read(data, name)
    labels = [_label(line.label) for line in printed.lines if line.label]
    chosen = speakers.accepted(labels, known)
    is_table = chosen and sum(label in chosen for label in labels) >= speakers.ALMOST_ALL * len(labels)
    lines = [
        replace(line, words=texts.normalise(_with_label(line, ": " if is_table else " ")))
        for line in printed.lines
    ]
    found = speakers.marks([line.words for line in lines], known)
    # A heading is a line of its own, and so is what stands below it.
    headings = {mark.line + 1 for mark in found if mark.offset >= len(lines[mark.line].words)}
    whole = pdf.paragraphs(lines, headings | {mark.line for mark in found})
    return _from_lines(whole, known, printed.remarks)


def _with_label(line: pdf.Line, sign: str) -> str:
    return f"{_label(line.label)}{sign}{line.words}" if line.label else line.words


def _captions(data: bytes, name: str, known: Known) -> Transcript:
    text, remark = texts.decode(data, name)
    shown = captions.read(text, name)
    remarks = [remark] if remark else []
    if n_stray := captions.left_out(text, name):
        remarks.append(f"lines that belong to no caption were left out: {n_stray}")
    if known.is_conversation and any(line.speaker for line in shown):
        return turns.composed(
            turns.joined([Said(line.speaker, line.words) for line in shown]), known, remarks
        )
    return _from_lines([line.words for line in shown], known, remarks, joins=True)


def _table(data: bytes, name: str, known: Known) -> Transcript:
    text, remark = texts.decode(data, name)
    return _from_turns(turns_table.from_text(text, name), known, [remark] if remark else [])


def _workbook(data: bytes, name: str, known: Known) -> Transcript:
    return _from_turns(turns_table.from_workbook(data, name), known, [])


def _from_turns(table: turns_table.Turns, known: Known, remarks: Sequence[str]) -> Transcript:
    said = [Said(row.speaker and _label(row.speaker), row.words) for row in table.rows]
    return turns.composed(said, known, [*remarks, *table.remarks])


_READERS: dict[str, Callable[[bytes, str, Known], Transcript]] = {
    ".txt": _plain_text,
    ".md": _plain_text,
    ".docx": _word,
    ".odt": _open_document,
    ".rtf": _rich_text,
    ".pdf": _pdf,
    ".vtt": _captions,
    ".srt": _captions,
    ".csv": _table,
    ".xlsx": _workbook,
}
KINDS = tuple(_READERS)


def _from_lines(
    lines: list[str], known: Known, remarks: Sequence[str] = (), *, joins: bool = False
) -> Transcript:
    found = speakers.marks(lines, known)
    if not found:
        text = _plain_lines(lines)
        return turns.transcript(text, [(0, len(text), None)], known, remarks)
    said, told = _said_on(lines, found)
    return turns.composed(turns.joined(said) if joins else said, known, [*remarks, *told])


def _wrap(lines: list[str], beginnings: set[int]) -> int | None:
    """Width at which a program cut its lines, also inside words; nothing when its lines are paragraphs."""
    width = max((len(line) for line in lines), default=0)
    goes_on = [bool(line.strip()) and number not in beginnings for number, line in enumerate(lines)]
    n_full = sum(len(line) == width and more for line, more in zip(lines, goes_on[1:], strict=False))
    return width if width >= _SHORTEST_WRAP and n_full >= _FEWEST_WRAPS else None


def _words(lines: list[str], width: int | None) -> str:
    """One turn's words; a line that fills the ``width`` goes on in the middle of a word."""
    return "".join(line if width is not None and len(line) == width else f"{line} " for line in lines)


def _left_out(lines: list[str]) -> list[str]:
    count = sum(bool(line.strip()) for line in lines)
    return [f"paragraphs outside the turns of speakers were left out: {count}"] if count else []
