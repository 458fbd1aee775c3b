"""Drawing: two sizes of one picture as small, reproducible SVG, and the figure element around them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from casestudy.labels import Labels

# The colours of the page around the figures, see template/style.css.
ACCENT, INK, MUTED, GRID = "#0d5750", "#1b2422", "#4a5753", "#d5dcd9"
SANS = ["DejaVu Sans"]
SHORTER = (
    (r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", ""),
    (r"\s*\n\s*", " "),
    (r">\s+<", "><"),
    (r' id="[A-Za-z0-9.]+_\d+"', ""),  # names of groups, which nothing refers to
    (r"<g/>", ""),
    (r"DejaVuSans-(Bold|Oblique|BoldOblique)?-?", r"g\1"),
    (r'(<use [^>]*)transform="translate\(([\d.]+) 0\)"', r'\1x="\2"'),
    (r"(?<![\d.])([1-9]\d*\.\d\d)\d+", r"\1"),  # finer than a pixel; numbers under 1 are scales and stay
    (r" ?\b([CLMQz]) ", r"\1"),  # an outline needs no spaces around its letters, nor before a minus sign
    (r"(?<=\d) (?=-\d+[ CLQz])", ""),
    (r' xmlns:xlink="[^"]*"|(?<=<use )xlink:(?=href="#)', ""),
)


@dataclass(frozen=True, slots=True)
class Size:
    """One of the two sizes a figure is drawn in.

    Parameters
    ----------
    name
        ``wide`` for a page, ``narrow`` for a phone; a narrow drawing is taller and puts names above what they
        name.
    width
        Inches; 3.3 inches is 317 pixels.
    text
        Points; never under 9 pixels on the smallest screen.
    """

    name: str
    width: float
    text: float

    @property
    def is_narrow(self) -> bool:
        """Whether names stand above what they name."""
        return self.name == "narrow"


WIDE, NARROW = Size("wide", 7.2, 9.0), Size("narrow", 3.3, 8.5)


@contextmanager
def _style(size: Size, salt: str) -> Iterator[None]:
    """Our own settings for one drawing, whatever a user's matplotlib says."""
    ours: dict[Any, Any] = {
        "svg.hashsalt": salt,
        "svg.fonttype": "path",
        "font.family": "sans-serif",
        "font.sans-serif": SANS,
        "font.size": size.text,
        "axes.edgecolor": MUTED,
        "axes.labelcolor": INK,
        "axes.linewidth": 0.6,
        "axes.unicode_minus": True,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "hatch.linewidth": 0.6,
        "path.simplify": True,
        "text.hinting": "none",
    }
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(ours)
        yield


def svg(paint: Callable[[Axes, Size], None], size: Size, height: float, salt: str) -> bytes:
    """Paint on one set of axes and give the SVG: no date, comments or metadata, the same bytes every time.

    Parameters
    ----------
    paint
        Draws on the axes, knowing the size.
    size, height
        Width and text size, and the height in inches.
    salt
        Makes ids inside the drawing its own.
    """
    with _style(size, salt):
        figure = Figure(figsize=(size.width, height), layout=ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02))
        FigureCanvasSVG(figure)
        paint(figure.add_subplot(), size)
        buffer = io.BytesIO()
        figure.savefig(
            buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    return stripped(buffer.getvalue())


def stripped(drawing: bytes) -> bytes:
    """Take prologue, comments, metadata, unused ids, needless digits and spaces out of an SVG."""
    text = drawing.decode("utf-8")
    for pattern, shorter in SHORTER:
        text = re.sub(pattern, shorter, text, flags=re.DOTALL)
    return text.strip().encode("utf-8")


def figure(
    id: str,  # noqa: A002
    drawings: tuple[bytes, bytes],
    alternative: str,
    caption: str,
    table: Markup,
    labels: Labels,
) -> Markup:
    """Write the figure element: drawings, text alternative, caption, and the numbers one click away.

    Parameters
    ----------
    drawings
        The wide and the narrow SVG.
    alternative
        What the figure shows, with the values that matter.
    table
        The same numbers as a table.
    """
    # Table and figure may stand on one page, and two regions must not have the same name.
    mark = Markup('<caption id="{}-numbers-caption">').format(id)
    table = Markup(str(table).replace(mark, Markup("{}{}: ").format(mark, labels["figure.numbers"])))  # noqa: S704
    wide, narrow = (address(drawing) for drawing in drawings)
    return Markup(
        '<figure id="fig-{}"><picture><source media="(max-width: 40rem)" srcset="{}">'
        '<img src="{}" alt="{}"></picture>\n<figcaption>{}</figcaption>\n'
        "<details><summary>{}</summary>\n{}\n</details></figure>"
    ).format(id, narrow, wide, alternative, caption, labels["figure.numbers"], table)


def address(drawing: bytes) -> str:
    """Write a drawing as an address, so that the page needs no other file.

    Percent-coded rather than base64: a text search over the page sees words, not one endless run of letters.

    Examples
    --------
    >>> address(b'<svg width="5"/>')
    'data:image/svg+xml,%3Csvg%20width=%225%22/%3E'
    """
    return f"data:image/svg+xml,{quote(drawing, safe='/:=;')}"


def wrapped(text: str, width: int) -> str:
    """Break a name into lines of at most ``width`` characters, between words.

    Examples
    --------
    >>> wrapped("Formele bekrachtiging management", 22).splitlines()
    ['Formele bekrachtiging', 'management']
    """
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def bare(axes: Axes) -> None:
    """Take the frame and the tick marks away."""
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
