"""Sources as files of several kinds: what turns, documents and session notes look like on disk."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from casestudy.simulation import archives
from casestudy.simulation.cast import Piece
from casestudy.simulation.talk import INTERVIEWER, Turn

_INTERVIEWERS = {"txt": "I", "md": "I", "docx": "Interviewer", "vtt": "Interviewer", "csv": "Int"}
_ANSWERING = {"txt": "R", "md": "R", "docx": "Respondent", "vtt": "Respondent", "csv": "Deelnemer"}
_WORDS_A_SECOND = 2.5


def interviewer(piece: Piece) -> str:
    """Give the label under which the interviewer stands in the file of a piece."""
    return _INTERVIEWERS[piece.format]


def transcript(piece: Piece, turns: Sequence[Turn]) -> bytes:
    """Write a conversation down in the piece's kind of file."""
    spoken = [(_label(piece, turn.speaker), turn) for turn in turns]
    if piece.format == "vtt":
        return _captions(spoken)
    if piece.format == "csv":
        return _table(spoken)
    if piece.format == "docx":
        return archives.document(f"{label}: {turn.words}" for label, turn in spoken)
    if piece.format == "md":
        lines = [f"**{label}:** {turn.words}\n" for label, turn in spoken]
        return "\n".join([f"# Gesprek {piece.source}\n", *lines]).encode()
    return "".join(f"{label}: {turn.words}\n" for label, turn in spoken).encode()


def document(piece: Piece, title: str, paragraphs: Iterable[str]) -> bytes:
    """Write a document down in the piece's kind of file."""
    if piece.format == "docx":
        return archives.document([title, *paragraphs])
    head = f"# {title}" if piece.format == "md" else title
    return "\n\n".join([head, *paragraphs, ""]).encode()


def notes(title: str, intro: str, tables: Sequence[Sequence[str]]) -> bytes:
    """Write down what stood on the flip-overs of a session, table by table."""
    lines = [f"# {title}", "", intro, ""]
    for number, said in enumerate(tables, start=1):
        lines += [f"## Tafel {number}", "", *(f"- {words}" for words in said), ""]
    return "\n".join(lines).encode()


def _label(piece: Piece, speaker: int) -> str:
    if speaker == INTERVIEWER:
        return interviewer(piece)
    label = _ANSWERING[piece.format]
    if not piece.is_group:
        return label
    return f"{label}{speaker + 1}" if len(label) == 1 else f"{label} {speaker + 1}"


def _captions(spoken: Iterable[tuple[str, Turn]]) -> bytes:
    lines, at = ["WEBVTT", ""], 0.0
    for label, turn in spoken:
        for said in turn.said:
            until = at + max(1.0, len(said.words.split()) / _WORDS_A_SECOND)
            lines += [f"{_clock(at)}.000 --> {_clock(until)}.000", f"<v {label}>{said.words}</v>", ""]
            at = until
    return "\n".join(lines).encode()


def _table(spoken: Iterable[tuple[str, Turn]]) -> bytes:
    file, at = io.StringIO(), 0.0
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["start", "speaker", "text"])
    for label, turn in spoken:
        writer.writerow([_clock(at), label, turn.words])
        at += len(turn.words.split()) / _WORDS_A_SECOND
    return file.getvalue().encode()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"
