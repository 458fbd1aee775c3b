"""Answers to single items as stacked bars: before above after, from the lowest option to the highest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument, Scale
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.figures import drawing
from casestudy.reporting.figures.drawing import INK, MUTED, NARROW, WIDE, Size
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.tables import items as numbers_behind
from casestudy.reporting.tables.items import (
    View,
    asked_scales,
    item_text,
    notes,
    people,
    released_numbers,
    said_band,
    said_share,
    scale_tables,
    shown_items,
)
from casestudy.study import Audience, Study

# From light to dark, so that the order shows without colour too; words are dark on the first three.
SHADES = ("#eef4f2", "#bcd6d0", "#83b3ab", "#357a72", "#0d5750")
DARK = 3
TICKS = (0, 0.25, 0.5, 0.75, 1)
LINE, GAP, INCHES = 0.76, 0.24, 0.19  # a line of text and what stands around a text, in steps of 0.19 inch
MOST_VALUES = 3


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the room of one size is used.

    Parameters
    ----------
    left, right
        Room beside the bars, in lengths of a whole bar: for the waves, and for how many people.
    step
        Lines that a bar takes.
    letters, said
        Letters on a line, across and beside the waves.
    least
        Parts of a bar shorter than this have no room for a number.
    inches
        Width of the drawing.
    """

    left: float
    right: float
    step: float
    letters: int
    said: int
    least: float
    inches: float


WIDE_PLAN = _Plan(left=0.23, right=0.21, step=1.35, letters=92, said=64, least=0.06, inches=WIDE.width)
NARROW_PLAN = _Plan(left=0.72, right=0.0, step=2.3, letters=44, said=26, least=0.19, inches=NARROW.width)


@dataclass(frozen=True, slots=True)
class _Segment:
    """One part of a bar: its place among the bands, its share of the bar, and what it says."""

    first: float
    last: float
    share: float
    said: str


@dataclass(frozen=True, slots=True)
class _Bar:
    """One wave of an item: its segments, or words in their place."""

    wave: str
    people: str
    segments: tuple[_Segment, ...] = ()
    said: str = ""


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a drawing shows: the key, and the bars of every item."""

    low: float
    high: float
    key: tuple[tuple[float, float, str], ...]
    items: tuple[tuple[str, tuple[_Bar, ...]], ...]


def items(
    distributions: pd.DataFrame,
    net_shift: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    scales: Sequence[str] | None = None,
    id: str = "items-figure",  # noqa: A002
) -> Part:
    """Answers to the items of each scale as a figure of its own; the same numbers as :func:`tables.items`.

    Parameters
    ----------
    distributions, net_shift
        As in :func:`tables.items`.
    site
        One site, or nothing for all sites together.
    scales
        Which scales; left out, all.
    """
    behind = numbers_behind(
        distributions, net_shift, study=study, instrument=instrument, site=site, scales=scales, id=id
    )

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_items(distributions, net_shift, study, instrument, site, limits, scales)
        if not view.answers["form"].isin(["percent", "of"]).any():
            return behind.draw(labels, audience)
        drawn = [
            _figure(f"{id}-{number}", view.of(scale), scale, study, instrument, labels)
            for number, scale in enumerate(asked_scales(view, instrument), start=1)
        ]
        html = markup.joined(drawn, "\n") + markup.note(*notes(view, labels, limits))
        return Rendering(html, released_numbers(view, study), view.withheld)

    return Part(id, "figure", draw)


def _figure(
    id: str,  # noqa: A002
    view: View,
    scale: Scale,
    study: Study,
    instrument: Instrument,
    labels: Labels,
) -> Markup:
    numbers = scale_tables(f"{id}-numbers", view, scale, study, instrument, labels)
    if not view.answers["form"].isin(["percent", "of"]).any():
        return numbers
    rows = _drawn(view, scale, study, instrument, labels)
    drawings = (_svg(rows, labels, WIDE, id), _svg(rows, labels, NARROW, id))
    caption = labels.say("items.caption", scale=scale.label[labels.language])
    alternative = _alternative(view, scale, study, instrument, labels)
    return drawing.figure(id, drawings, alternative, caption, numbers, labels)


def _drawn(view: View, scale: Scale, study: Study, instrument: Instrument, labels: Labels) -> _Rows:
    options = instrument.options[scale.items[0].options]
    told = view.answers[view.answers["form"].isin(["percent", "of"])]
    used = sorted(set(zip(told["first"].astype(float), told["last"].astype(float), strict=True)))
    key = tuple((*band, said_band(instrument, scale, *band, labels)) for band in used)
    shown = []
    for item in scale.items:
        mine = view.answers[view.answers["item"] == item.id]
        if len(mine):
            bars = tuple(
                _bar(of_wave, names.wave(study, str(wave), labels), scale, instrument, labels)
                for wave, of_wave in mine.groupby("wave", sort=False)
            )
            shown.append((item_text(item, labels), bars))
    return _Rows(options.min, options.max, key, tuple(shown))


def _bar(of_wave: pd.DataFrame, wave: str, scale: Scale, instrument: Instrument, labels: Labels) -> _Bar:
    bands = list(of_wave.itertuples(index=False))
    first: Any = bands[0]
    if first.form in ("hidden", "absent"):
        return _Bar(wave, "", said=labels["withheld" if first.form == "hidden" else "not_measured"])
    known = labels.say("items.n", people=people(first, labels))
    if first.form == "word":
        band = said_band(instrument, scale, first.first, first.last, labels)
        said = labels.say("items.word", share=said_share(first, labels), band=band)
        return _Bar(wave, known, said=said)
    # Rounded shares may add up to a little more or less than one; a bar is always whole.
    total = math.fsum(band.share for band in bands)
    return _Bar(
        wave,
        known,
        tuple(
            _Segment(
                band.first,
                band.last,
                band.share / total,
                labels.number(band.n) if band.form == "of" else labels.percent(band.share),
            )
            for band in bands
        ),
    )


def _svg(rows: _Rows, labels: Labels, size: Size, id: str) -> bytes:  # noqa: A002
    plan = NARROW_PLAN if size.is_narrow else WIDE_PLAN
    headings = [drawing.wrapped(text, plan.letters) for text, _ in rows.items]
    places, end = _places(rows, headings, plan)

    def paint(axes: Axes, size: Size) -> None:  # noqa: ARG001
        axes.set_xlim(-plan.left, 1 + plan.right)
        axes.set_ylim(end, 0)
        _paint_key(axes, rows, plan)
        for heading, (_, bars), y in zip(headings, rows.items, places, strict=True):
            axes.text(-plan.left, y, heading, va="top", ha="left", linespacing=1.15)
            y += _height(heading) + plan.step / 2
            for bar in bars:
                _paint_bar(axes, y, bar, rows, plan)
                y += plan.step
        axes.set_yticks([])
        axes.set_xticks(TICKS, labels=[labels.percent(tick) for tick in TICKS])
        drawing.bare(axes)

    return drawing.svg(paint, size, 0.35 + INCHES * end, f"{id}-{size.name}")


def _places(rows: _Rows, headings: Sequence[str], plan: _Plan) -> tuple[list[float], float]:
    """Where each item starts, in lines from the top, and where the last one ends."""
    places: list[float] = []
    y = sum(_height(said) for said in _key(rows, plan)) + 0.6
    for heading, (_, bars) in zip(headings, rows.items, strict=True):
        places.append(y)
        y += _height(heading) + len(bars) * plan.step + 0.6
    return places, y - 0.4


def _height(text: str) -> float:
    return len(text.splitlines()) * LINE + GAP


def _key(rows: _Rows, plan: _Plan) -> list[str]:
    return [drawing.wrapped(said, plan.letters - 4) for _, _, said in rows.key]


def _paint_key(axes: Axes, rows: _Rows, plan: _Plan) -> None:
    y = 0.0
    for (first, last, _), said in zip(rows.key, _key(rows, plan), strict=True):
        width = 0.16 * (1 + plan.left + plan.right) / plan.inches
        axes.add_patch(_patch(-plan.left, y + 0.15, width, 0.75, first, last, rows))
        axes.text(-plan.left + 1.5 * width, y, said, va="top", ha="left", linespacing=1.15)
        y += _height(said)


def _paint_bar(axes: Axes, y: float, bar: _Bar, rows: _Rows, plan: _Plan) -> None:
    name = bar.wave if plan.right else f"{bar.wave}\n{bar.people}".strip()
    axes.text(-plan.left, y, name, va="center", ha="left", linespacing=1.1)
    if plan.right and bar.people:
        axes.text(1.02, y, bar.people, va="center", ha="left")
    if bar.said:
        said = drawing.wrapped(bar.said, plan.said)
        axes.text(0, y, said, va="center", ha="left", color=MUTED, fontstyle="italic", linespacing=1.1)
    left = 0.0
    for segment in bar.segments:
        height = plan.step * 0.84
        patch = _patch(left, y - height / 2, segment.share, height, segment.first, segment.last, rows)
        axes.add_patch(patch)
        if segment.share >= plan.least:
            shade = _shade(segment.first, segment.last, rows)
            paper = {"facecolor": SHADES[shade], "edgecolor": "none", "pad": 1.2}
            colour = "white" if shade >= DARK else INK
            place = left + segment.share / 2
            axes.text(place, y, segment.said, va="center", ha="center", color=colour, bbox=paper)
        left += segment.share


def _patch(
    x: float, y: float, width: float, height: float, first: float, last: float, rows: _Rows
) -> Rectangle:
    """Draw a part of a bar; one that takes the middle in is striped, for its shade is that of another."""
    shade = _shade(first, last, rows)
    middle = (rows.low + rows.high) / 2
    wide = first < last and first <= middle <= last
    line = "white" if shade >= DARK else MUTED
    patch = Rectangle((x, y), width, height, facecolor=SHADES[shade], edgecolor=line, linewidth=0.6)
    if wide:
        patch.set_hatch("///")
    return patch


def _shade(first: float, last: float, rows: _Rows) -> int:
    """Choose a shade by where a band lies between the lowest and the highest option."""
    if first < last:
        return 1 if first == rows.low else DARK
    return round((first - rows.low) / (rows.high - rows.low) * (len(SHADES) - 1))


def _alternative(view: View, scale: Scale, study: Study, instrument: Instrument, labels: Labels) -> str:
    """Say what the bars show, and the items of which the share at the upper end changed most."""
    told = view.answers[view.answers["form"].isin(["percent", "of"])]
    waves = (study.comparison.before, study.comparison.after)
    before, after = (names.wave(study, wave, labels) for wave in waves)
    said = [
        labels.say(
            "alt.items",
            n=labels.number(view.answers["item"].nunique()),
            scale=scale.label[labels.language],
            before=before,
            after=after,
        )
    ]
    top = told.sort_values("last", kind="stable").groupby(["item", "wave"], sort=False).tail(1)
    wide = top.pivot(index="item", columns="wave", values="share").reindex(columns=list(waves)).dropna()
    moved = (wide[waves[1]] - wide[waves[0]]).abs().sort_values(ascending=False, kind="stable")
    for item in scale.items:
        if item.id in moved.index[:MOST_VALUES]:
            ends = {str(row.wave): row for row in top[top["item"] == item.id].itertuples(index=False)}
            band: Any = ends[waves[0]]
            said.append(
                labels.say(
                    "alt.items_moved",
                    item=item.text[labels.language].rstrip("."),
                    band=said_band(instrument, scale, band.first, band.last, labels),
                    before=said_share(band, labels),
                    after=said_share(ends[waves[1]], labels),
                )
            )
    return " ".join(said)
