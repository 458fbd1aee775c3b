"""Dots with intervals: one line per value, its name beside it or, on a phone, above it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from casestudy.reporting.figures import drawing
from casestudy.reporting.figures.drawing import ACCENT, GRID, INK, MUTED, Size

MARKERS = {
    "up": "^",
    "down": "v",
    "none": "s",
    "unclear": "o",
    "described": "D",
    "retained": "P",
    "share": "o",
}
HOLLOW = ("unclear", "described")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a heading (without ``state``), a value with its interval, or words in place of a value."""

    label: str
    state: str = ""
    value: float = math.nan
    lo: float = math.nan
    hi: float = math.nan
    said: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines on one axis.

    Parameters
    ----------
    lines
        From top to bottom.
    limits, ticks, tick_label
        The axis, and how a number on it is written.
    title
        What the axis measures.
    above
        Whether names stand above their line when the drawing is narrow.
    """

    lines: Sequence[Line]
    limits: tuple[float, float]
    ticks: Sequence[float]
    tick_label: Callable[[float], str]
    title: str
    above: bool

    def svg(self, size: Size, salt: str) -> bytes:
        """Draw in one size."""
        places, end = self._places(size)
        return drawing.svg(
            lambda axes, s: self._paint(axes, s, places, end), size, 0.62 + 0.27 * end, f"{salt}-{size.name}"
        )

    def _places(self, size: Size) -> tuple[list[float], float]:
        """Where each line stands, in lines from the top, and where the last one ends."""
        places: list[float] = []
        y = 0.0
        above = self.above and size.is_narrow
        for line in self.lines:
            heading = not line.state
            y += 0.35 if heading and places else 0.0
            places.append(y + (0.95 if above and not heading else 0.5))
            y += 1.65 if above and not heading else 1.0
        return places, y

    def _paint(self, axes: Axes, size: Size, places: list[float], end: float) -> None:
        axes.set_xlim(*self.limits)
        axes.set_ylim(end, 0)
        axes.set_xticks(self.ticks, labels=[self.tick_label(tick) for tick in self.ticks])
        axes.grid(axis="x", color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        if self.limits[0] < 0 < self.limits[1]:
            axes.axvline(0, color=MUTED, linewidth=1.0)
        above = self.above and size.is_narrow
        beside = [(y, line) for y, line in zip(places, self.lines, strict=True) if line.state and not above]
        axes.set_yticks(
            [y for y, _ in beside],
            labels=[drawing.wrapped(line.label, 18 if size.is_narrow else 44) for _, line in beside],
        )
        for tick, (_, line) in zip(axes.get_yticklabels(), beside, strict=True):
            tick.set_fontweight("bold" if line.strong else "normal")
        for y, line in zip(places, self.lines, strict=True):
            _paint_line(axes, y, line, above=above)
        axes.set_xlabel(self.title)
        drawing.bare(axes)


def _paint_line(axes: Axes, y: float, line: Line, *, above: bool) -> None:
    edge = axes.get_yaxis_transform()
    if not line.state:
        axes.text(
            0,
            y,
            line.label,
            transform=edge,
            va="center",
            ha="left",
            fontweight="bold",
            color=ACCENT,
            bbox=_paper(),
        )
        return
    if above:
        axes.text(0, y - 0.62, line.label, transform=edge, va="center", ha="left", bbox=_paper())
    if math.isnan(line.value):
        axes.text(
            0.02,
            y,
            line.said,
            transform=edge,
            va="center",
            ha="left",
            color=MUTED,
            fontstyle="italic",
            bbox=_paper(),
        )
        return
    if not math.isnan(line.lo):
        axes.plot(
            [line.lo, line.hi],
            [y, y],
            color=ACCENT,
            linewidth=2.4 if line.strong else 1.6,
            solid_capstyle="butt",
        )
    face = "white" if line.state in HOLLOW else ACCENT
    large = line.strong or line.state == "retained"  # a small plus is lost on its own line
    size = 7.5 if large else 6.0
    axes.plot(
        line.value, y, MARKERS[line.state], markersize=size, markerfacecolor=face, markeredgecolor=ACCENT
    )
    weight = "bold" if line.strong else "normal"
    axes.text(1.02, y, line.said, transform=edge, va="center", ha="left", color=INK, fontweight=weight)


def _paper() -> dict[str, object]:
    """White behind words, so that grid lines do not cross them."""
    return {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
