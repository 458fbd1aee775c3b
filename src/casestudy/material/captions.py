"""Captions: what was said in a WebVTT or SubRip file, once, by whom."""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import dataclass

from casestudy.errors import InvalidMaterial, Problem, place

# A time may be missing on either side.
_TIMING = re.compile(r"\s*(?:[\d:.,]+\s*-->\s*(?:[\d:.,]+.*)?|-->\s*(?:[\d:.,]+.*)?)")
_NUMBER = re.compile(r"\s*(\d{1,9})\s*")
_GUID = re.compile(r"\s*[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{20,30}(?:/\d+-\d+)?\s*", re.IGNORECASE)
_ASIDE = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
_LAYOUT = re.compile(r"\{\\[^{}\n]{0,100}\}")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s(?P<name>[^<>]*)>|</v>")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[\d:.]+>|</?>")
_WORD_TIME = re.compile(r"<\d[\d:.]*>")
_ROLLING_SHARE = 0.4
_ROLLING_COUNT = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a caption; ``speaker`` is there when a voice tag says so."""

    speaker: str | None
    words: str


def read(text: str, name: str) -> list[Line]:
    """Read the lines of all captions in order; a line that stays on the screen counts once.

    Raises
    ------
    InvalidMaterial
        When a ``.vtt`` file does not begin as one.

    Examples
    --------
    >>> read("WEBVTT\\n\\n0:01 --> 0:02\\n<v Anna>Hoe gaat\\nhet?</v>\\n", "a.vtt")
    [Line(speaker='Anna', words='Hoe gaat'), Line(speaker='Anna', words='het?')]
    """
    if name.lower().endswith(".vtt") and not text.startswith("WEBVTT"):
        must = "a caption file must begin with `WEBVTT`"
        remedy = "export the captions again as WebVTT"
        raise InvalidMaterial([Problem(place(name, 1), must, "something else", remedy)])
    cues, _ = _cues(text, is_subrip=name.lower().endswith(".srt"))
    shown = [_lines(cue) for cue in cues]
    if _is_rolling(cues, shown):
        return _unrolled(shown)
    return [line for cue in shown for line in cue]


def left_out(text: str, name: str) -> int:
    """Count the lines that belong to no caption, and are no note, style, head or id either.

    Examples
    --------
    >>> left_out("WEBVTT\\n\\nNOTE zo\\n\\n7\\n0:01 --> 0:02\\na\\n\\nwoorden zonder tijd\\n", "a.vtt")
    1
    """
    return _cues(text, is_subrip=name.lower().endswith(".srt"))[1]


def _cues(text: str, *, is_subrip: bool) -> tuple[list[list[str]], int]:
    """Give the text lines below each timing line, and how many stand under none and are no aside.

    In WebVTT an empty line ends a caption; in SubRip the next number does, and a caption may hold empty ones.
    """
    cues: list[list[str]] = []
    n_stray, is_open, is_aside, last = 0, False, not is_subrip, ""
    lines = text.split("\n")
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if _TIMING.fullmatch(line):
            cues.append([])
            is_open, is_aside = True, False
        elif not line.strip():
            # A line of spaces belongs to a caption that is not yet over; an empty one ends it.
            is_open = is_open and (line != "" or is_subrip)
            is_aside = False
        elif _TIMING.fullmatch(after) and _is_id(line, len(cues), is_alone=not last.strip()):
            is_open = False
        elif is_open:
            cues[-1].append(line)
        else:
            is_aside = is_aside or _ASIDE.match(line) is not None
            n_stray += not is_aside
        last = line
    return cues, n_stray


def _is_id(line: str, n_cues: int, *, is_alone: bool) -> bool:
    """Whether a line before a timing line names the caption; one right below words only when it looks so."""
    number = _NUMBER.fullmatch(line)
    return is_alone or bool(_GUID.fullmatch(line)) or (number is not None and int(number[1]) == n_cues + 1)


def _lines(cue: list[str]) -> list[Line]:
    lines: list[Line] = []
    speaker: str | None = None
    text, begin = "\n".join(cue), 0
    for voice in _VOICE.finditer(text):
        lines.extend(_said(speaker, text[begin : voice.start()]))
        name = voice["name"]
        speaker = (" ".join(html.unescape(name).split()) or None) if name is not None else None
        begin = voice.end()
    return [*lines, *_said(speaker, text[begin:])]


def _said(speaker: str | None, words: str) -> list[Line]:
    bare = _LAYOUT.sub("", _TAG.sub("", words))
    plain = (" ".join(html.unescape(line).split()) for line in bare.split("\n"))
    return [Line(speaker, line) for line in plain if line]


def _is_rolling(cues: list[list[str]], shown: list[list[Line]]) -> bool:
    repeats = sum(bool(a and b and a[-1] == b[0]) for a, b in itertools.pairwise(shown))
    timed = any(_WORD_TIME.search(line) for cue in cues for line in cue)
    return timed or (repeats >= _ROLLING_COUNT and repeats >= _ROLLING_SHARE * (len(shown) - 1))


def _unrolled(shown: list[list[Line]]) -> list[Line]:
    result: list[Line] = []
    before: list[Line] = []
    for cue in shown:
        for line in cue:
            if line in before:
                continue
            last = result[-1] if result and before else None
            if last and last.speaker == line.speaker and line.words.startswith(f"{last.words} "):
                result[-1] = line
            else:
                result.append(line)
        before = cue or before
    return result
