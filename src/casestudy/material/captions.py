"""Captions: what was said in a WebVTT or SubRip file, once, by whom."""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import dataclass

from casestudy.errors import InvalidMaterial, Problem, place

_TIMING = re.compile(r"^\s*[\d:.,]+\s+-->\s+[\d:.,]+")
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
    cues = _cues(text)
    shown = [_lines(cue) for cue in cues]
    if _is_rolling(cues, shown):
        return _unrolled(shown)
    return [line for cue in shown for line in cue]


def _cues(text: str) -> list[list[str]]:
    """Text lines below each timing line; notes, styles, headers and ids stand under none and fall away."""
    cues: list[list[str]] = []
    is_open = False
    for line in text.split("\n"):
        if _TIMING.match(line):
            cues.append([])
            is_open = True
        elif not line.strip():
            # A line of spaces belongs to a caption that is not yet over; an empty one ends it.
            is_open = is_open and line != ""
        elif is_open:
            cues[-1].append(line)
    return cues


def _lines(cue: list[str]) -> list[Line]:
    lines: list[Line] = []
    speaker: str | None = None
    for line in cue:
        begin = 0
        for voice in _VOICE.finditer(line):
            lines.extend(_said(speaker, line[begin : voice.start()]))
            name = voice["name"]
            speaker = (" ".join(html.unescape(name).split()) or None) if name is not None else None
            begin = voice.end()
        lines.extend(_said(speaker, line[begin:]))
    return lines


def _said(speaker: str | None, words: str) -> list[Line]:
    plain = " ".join(html.unescape(_TAG.sub("", words)).split())
    return [Line(speaker, plain)] if plain else []


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
