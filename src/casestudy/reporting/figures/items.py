"""Answers to single items as stacked bars: before above after, from the lowest option to the highest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument
from casestudy.material.questions import Options, Scale
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.figures import bars, drawing
from casestudy.reporting.figures.bars import Bar, Chart, Segment, Shade
from casestudy.reporting.figures.drawing import NARROW, WIDE
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

MOST_VALUES = 3


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
    chart = _chart(view, scale, study, instrument, labels)
    drawings = (chart.svg(WIDE), chart.svg(NARROW))
    caption = labels.say("items.caption", scale=scale.label[labels.language])
    alternative = _alternative(view, scale, study, instrument, labels)
    return drawing.figure(id, drawings, alternative, caption, numbers, labels)


def _chart(view: View, scale: Scale, study: Study, instrument: Instrument, labels: Labels) -> Chart:
    options = instrument.options[scale.items[0].options]
    told = view.answers[view.answers["form"].isin(["percent", "of"])]
    used = sorted(set(zip(told["first"].astype(float), told["last"].astype(float), strict=True)))
    key = tuple((_shade(*band, options), said_band(instrument, scale, *band, labels)) for band in used)
    shown = []
    for item in scale.items:
        of_item = tuple(
            _bar(of_wave, names.wave(study, wave, labels), scale, instrument, labels)
            for wave, of_wave in view.per_item.get(item.id, {}).items()
        )
        if of_item:
            shown.append((item_text(item, labels), of_item))
    return Chart(key, tuple(shown), tuple(map(labels.percent, bars.PLACES)))


def _bar(bands: Sequence[Any], wave: str, scale: Scale, instrument: Instrument, labels: Labels) -> Bar:
    first = bands[0]
    if first.form in ("hidden", "absent"):
        return Bar(wave, "", said=labels["withheld" if first.form == "hidden" else "not_measured"])
    known = labels.say("items.n", people=people(first, labels))
    if first.form == "word":
        band = said_band(instrument, scale, first.first, first.last, labels)
        said = labels.say("items.word", share=said_share(first, labels), band=band)
        return Bar(wave, known, said=said)
    options = instrument.options[scale.items[0].options]
    # Rounded shares may add up to a little more or less than one; a bar is always whole.
    total = math.fsum(band.share for band in bands)
    return Bar(
        wave,
        known,
        tuple(
            Segment(
                _shade(band.first, band.last, options),
                band.share / total,
                labels.number(band.n) if band.form == "of" else labels.percent(band.share),
            )
            for band in bands
        ),
    )


def _shade(first: float, last: float, options: Options) -> Shade:
    """Choose a shade by where a band lies; one that takes the middle in is striped: another lies there."""
    if first == last:
        return Shade((first - options.min) / (options.max - options.min))
    return Shade(0.25 if first == options.min else 0.75, first <= (options.min + options.max) / 2 <= last)


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
