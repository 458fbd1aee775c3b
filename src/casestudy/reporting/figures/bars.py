"""Stacked bars written as SVG: rectangles, and words in the sans-serif of the reader's own system.

A report holds a drawing of every scale in two sizes; drawn as shapes, letter by letter, they would be most of
the page. Which typeface a reader has is not known here, so every text gets the room that it needs in DejaVu
Sans, the widest of those that :data:`FAMILY` asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
from markupsafe import escape
from matplotlib.ft2font import FT2Font

from casestudy.reporting.figures.drawing import INK, MUTED, Size

FAMILY = "system-ui,Segoe UI,Roboto,Noto Sans,Helvetica Neue,Arial,sans-serif"
# From the lowest option to the highest: light to dark, so that the order shows without colour too. Between
# the two halves lie tones on which neither ink nor white is read well.
LOWER, UPPER = ("#eef4f2", "#bcd6d0", "#83b3ab"), ("#3f837b", "#357a72", "#0d5750")
WHITE = "#ffffff"
UNKNOWN = 1.4  # of the text size: room for a letter that DejaVu Sans does not have
POINTS = 72  # to an inch
EDGE, BESIDE, MOST_BESIDE = 2.0, 8.0, 112.0  # points: around the drawing, next to the bars, for words there
LINE, ASCENT, MIDDLE = (
    11.0,
    9.0,
    3.0,
)  # points: a line, its top to the baseline, its mid-height to the baseline
BAR, SWATCH = 16.0, 10.0
SPACE, BREAK = 4.0, 9.0  # points between bars, and between items
PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)

LEFT, RIGHT, CENTRE = "", 'text-anchor="end"', 'text-anchor="middle"'
QUIET, ASIDE, LIGHT = f'fill="{MUTED}"', f'fill="{MUTED}" font-style="italic"', f'{CENTRE} fill="#fff"'


class Shade(NamedTuple):
    """How a part of a bar looks: its place between the lowest option (0) and the highest (1).

    Parameters
    ----------
    place
        From 0 to 1.
    is_striped
        Whether lines cross it, so that it differs from the part at the same place.
    """

    place: float
    is_striped: bool = False

    @property
    def fill(self) -> str:
        """The colour.

        Examples
        --------
        >>> Shade(0.0).fill, Shade(0.875).fill, Shade(1.0).fill
        ('#eef4f2', '#216861', '#0d5750')
        """
        shades, start = (LOWER, 0.0) if self.place <= 0.5 else (UPPER, 0.5)
        step = (self.place - start) * 2 * (len(shades) - 1)
        first = min(int(step), len(shades) - 2)
        ends = zip(_colours(shades[first]), _colours(shades[first + 1]), strict=True)
        return "#" + "".join(f"{round(low + (high - low) * (step - first)):02x}" for low, high in ends)

    @property
    def is_dark(self) -> bool:
        """Whether white reads better on it than ink."""
        return contrast(self.fill, WHITE) > contrast(self.fill, INK)


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a bar: how it looks, its share of the bar, and what it says where there is room."""

    shade: Shade
    share: float
    said: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, of how many people, and its segments, or words in their place."""

    name: str
    people: str
    segments: tuple[Segment, ...] = ()
    said: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars under headings, below their key.

    Parameters
    ----------
    key
        What each shade stands for.
    items
        From top to bottom: a heading and its bars.
    ticks
        What is written under the bars, at :data:`PLACES`.
    """

    key: tuple[tuple[Shade, str], ...]
    items: tuple[tuple[str, tuple[Bar, ...]], ...]
    ticks: tuple[str, ...]

    def svg(self, size: Size) -> bytes:
        """Write the drawing in one size; the same bytes every time.

        Examples
        --------
        >>> from casestudy.reporting.figures.drawing import NARROW
        >>> chart = Chart((), (("a < b", (Bar("T0", "", (Segment(Shade(0), 1.0, "100%"),)),)),), ())
        >>> chart.svg(NARROW).count(b"a &lt; b")
        1
        """
        bars = [bar for _, of_item in self.items for bar in of_item]
        frame = _Frame.of(bars, size)
        marks: list[_Area | _Words] = []
        y = EDGE
        for shade, said in self.key:
            more, y = _key(shade, said, y, frame)
            marks += more
        for heading, of_item in self.items:
            lines = wrapped(heading, frame.width - 2 * EDGE, frame.text)
            y += BREAK
            marks.append(_Words(LEFT, EDGE, y, lines))
            y += len(lines) * LINE + 0.75 * SPACE
            for bar in of_item:
                more, y = _bar(bar, y, frame)
                marks += more
        marks += _axis(self.ticks, y, frame)
        return _written(marks, frame, y + LINE + EDGE).encode("utf-8")


class _Area(NamedTuple):
    """A rectangle; one without a line is paper under a word."""

    shade: Shade
    x: float
    y: float
    width: float
    height: float
    has_line: bool = True


class _Words(NamedTuple):
    """Lines of text: how they look, and where the first one starts or has its middle or end, at its top."""

    look: str
    x: float
    y: float
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Frame:
    """How the room of one size is used, in points: where the bars start and end, and what stands beside."""

    size: Size
    start: float
    end: float

    @classmethod
    def of(cls, bars: Sequence[Bar], size: Size) -> _Frame:
        width = size.width * POINTS
        if size.is_narrow:
            return cls(size, EDGE, width - EDGE)
        names, people = (
            max((advance(text, size.text) for text in texts), default=0.0)
            for texts in ([bar.name for bar in bars], [bar.people for bar in bars])
        )
        before, after = (min(room, MOST_BESIDE) + BESIDE if room else 0.0 for room in (names, people))
        return cls(size, EDGE + before, width - EDGE - after)

    @property
    def width(self) -> float:
        return self.size.width * POINTS

    @property
    def text(self) -> float:
        return self.size.text

    @property
    def room(self) -> float:
        return self.end - self.start


def _key(shade: Shade, said: str, y: float, frame: _Frame) -> tuple[list[_Area | _Words], float]:
    lines = wrapped(said, frame.width - 3 * EDGE - 1.5 * SWATCH, frame.text)
    swatch = _Area(shade, EDGE, y + (LINE - 0.8 * SWATCH) / 2, SWATCH, 0.8 * SWATCH)
    return [swatch, _Words(LEFT, EDGE + 1.6 * SWATCH, y, lines)], y + len(lines) * LINE + SPACE / 2


def _bar(bar: Bar, y: float, frame: _Frame) -> tuple[list[_Area | _Words], float]:
    """Put the name and the people of a bar beside it, or above it where there is little room."""
    marks: list[_Area | _Words] = []
    said = wrapped(bar.said, frame.room, frame.text)
    if frame.size.is_narrow:
        above = wrapped(f"{bar.name} ({bar.people})" if bar.people else bar.name, frame.room, frame.text)
        marks.append(_Words(QUIET, EDGE, y, above))
        y += len(above) * LINE + SPACE / 2
        height = max(BAR, len(said) * LINE) if bar.segments else len(said) * LINE
    else:
        before, after = (wrapped(text, MOST_BESIDE, frame.text) for text in (bar.name, bar.people))
        height = max(BAR, max(map(len, (before, after, said))) * LINE)
        marks += [
            _Words(QUIET, x, y + (height - len(lines) * LINE) / 2, lines)
            for x, lines in ((EDGE, before), (frame.end + BESIDE, after))
        ]
    middle = y + height / 2
    marks.append(_Words(ASIDE, frame.start, middle - len(said) * LINE / 2, said))
    starts = accumulate((segment.share for segment in bar.segments), initial=0.0)
    for segment, (low, high) in zip(bar.segments, pairwise(starts), strict=True):
        marks += _segment(segment, frame.start + low * frame.room, (high - low) * frame.room, middle, frame)
    return marks, y + height + SPACE


def _segment(
    segment: Segment, x: float, width: float, middle: float, frame: _Frame
) -> Iterator[_Area | _Words]:
    shade = segment.shade
    yield _Area(shade, x, middle - BAR / 2, width, BAR)
    wide = advance(segment.said, frame.text) + SPACE
    if wide > width:
        return
    if shade.is_striped:
        paper = Shade(shade.place)
        yield _Area(paper, x + (width - wide) / 2, middle - LINE / 2, wide, LINE, has_line=False)
    top = middle + MIDDLE - ASCENT
    yield _Words(LIGHT if shade.is_dark else CENTRE, x + width / 2, top, [segment.said])


def _axis(ticks: Sequence[str], y: float, frame: _Frame) -> Iterator[_Words]:
    """Write under the bars; the first and the last stay within them."""
    for place, said in zip(PLACES, ticks, strict=False):
        look = {0.0: LEFT, 1.0: RIGHT}.get(place, CENTRE)
        yield _Words(look, frame.start + place * frame.room, y, [said])


def _written(marks: Iterable[_Area | _Words], frame: _Frame, height: float) -> str:
    """Write what looks alike once, with all its places."""
    areas: dict[tuple[bool, Shade], list[str]] = {}
    words: dict[str, list[str]] = {}
    for mark in marks:
        if isinstance(mark, _Area):
            x, y, w, h = (_number(value) for value in mark[1:5])
            areas.setdefault((not mark.has_line, mark.shade), []).append(f"M{x} {y}h{w}v{h}h-{w}z")
            continue
        for n, line in enumerate(mark.lines):
            y = _number(mark.y + n * LINE + ASCENT)
            words.setdefault(mark.look, []).append(f'<text x="{_number(mark.x)}" y="{y}">{safe(line)}</text>')
    width, tall = _number(frame.width), _number(height)
    drawn = [_shapes(*look, places) for look, places in sorted(areas.items())]
    drawn += [f"<g {look}>{''.join(texts)}</g>" for look, texts in words.items()]
    text = f'font-family="{FAMILY}" font-size="{_number(frame.text)}" fill="{INK}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{tall}pt"'
        f' viewBox="0 0 {width} {tall}" {text}>'
        f'<path fill="{WHITE}" d="M0 0h{width}v{tall}h-{width}z"/>{"".join(drawn)}</svg>'
    )


def _shapes(is_paper: bool, shade: Shade, places: Sequence[str]) -> str:
    """Write all parts with one shade as one path, and the lines across them as another over it."""
    line = WHITE if shade.is_dark else MUTED
    look = f'fill="{shade.fill}"' if is_paper else f'fill="{shade.fill}" stroke="{line}" stroke-width=".6"'
    if not shade.is_striped:
        return f'<path {look} d="{"".join(places)}"/>'
    name = f"s{round(1000 * shade.place)}"
    return (
        f'<pattern id="{name}" width="7" height="7" patternUnits="userSpaceOnUse">'
        f'<path stroke="{line}" stroke-width=".7" d="M-1 1l2-2M0 7l7-7M6 8l2-2"/></pattern>'
        f'<g {look}><path id="p{name}" d="{"".join(places)}"/></g><use href="#p{name}" fill="url(#{name})"/>'
    )


def wrapped(text: str, room: float, size: float) -> list[str]:
    """Break a text into lines that fit in a room, between words; a word that is longer than a line is cut.

    Parameters
    ----------
    text
        Any text. Spaces that do not break stay as they are.
    room, size
        The length of a line and the size of the text, in points.

    Examples
    --------
    >>> wrapped("Ik weet wanneer ik een ander moet inschakelen.", 110, 9)
    ['Ik weet wanneer ik een', 'ander moet', 'inschakelen.']
    >>> wrapped("", 130, 9)
    []
    """
    lines: list[str] = []
    for word in (piece for whole in BREAKS.split(text) if whole for piece in _cut(whole, room, size)):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and advance(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


# White space, but for the spaces that hold a number and its sign together.
BREAKS = re.compile(r"[^\S\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]+")


def _cut(word: str, room: float, size: float) -> Iterator[str]:
    if advance(word, size) <= room:
        yield word
        return
    piece = ""
    for letter in word:
        if piece and advance(piece + letter, size) > room:
            yield piece
            piece = ""
        piece += letter
    yield piece


def advance(text: str, size: float) -> float:
    """Give the room that a text needs at most, in points.

    Examples
    --------
    >>> round(advance("100%", 9), 1)
    25.7
    """
    return size * sum(map(_advance, text))


@cache
def _advance(letter: str) -> float:
    font = _font()
    if not font.get_char_index(ord(letter)):
        return UNKNOWN
    return font.load_char(ord(letter)).linearHoriAdvance / 2**16 / POINTS


@cache
def _font() -> FT2Font:
    font = FT2Font(str(Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")))
    font.set_size(POINTS, POINTS)
    return font


def safe(text: str) -> str:
    """Write a text for an SVG: nothing in it is markup or reads like an attribute, or cannot stand in XML.

    Examples
    --------
    >>> safe('<b> a=1')
    '&lt;b&gt; a&#61;1'
    """
    return str(escape(NOT_XML.sub("", text))).replace("=", "&#61;")


NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def contrast(one: str, other: str) -> float:
    """Give the contrast between two colours as WCAG 2.2 defines it, from 1 to 21.

    Examples
    --------
    >>> contrast("#ffffff", "#000000")
    21.0
    """
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in _colours(colour)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _colours(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _number(value: float) -> str:
    """Write a length to a tenth of a point, finer than a pixel."""
    return f"{value:.1f}".removesuffix(".0")
