"""Three waves as dots with intervals: retention and the net difference per scale."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.figures import drawing
from casestudy.reporting.figures.change import MOST_VALUES, SIGNS, axis
from casestudy.reporting.figures.dots import Chart, Line
from casestudy.reporting.figures.drawing import NARROW, WIDE
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL
from casestudy.reporting.tables.waves import period, shown_waves, verdict
from casestudy.reporting.tables.waves import waves as waves_table
from casestudy.study import Audience, Study

KEPT = "✚"


def waves(
    contrasts: pd.DataFrame,
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "waves-figure",  # noqa: A002
) -> Part:
    """Differences between three waves with their intervals, of one site or of all together.

    Parameters
    ----------
    contrasts, change
        The contrasts between three waves, and the change frame of the compared ones.
    site
        One site, or nothing for all sites; then the table behind the figure has the sites apart.
    """
    about = {"study": study, "instrument": instrument, "site": site}
    behind = waves_table(contrasts, change, **about, id=f"{id}-numbers")  # type: ignore[arg-type]

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = shown_waves(contrasts, change, study, site, disclosure.limits(study, audience)).frame
        numbers = behind.draw(labels, audience)
        mine = view[view["site"] == (site or ALL)]
        if mine["diff"].isna().all():
            return numbers
        lines = list(_lines(mine, instrument, labels))
        limits, ticks = axis(mine)
        chart = Chart(lines, limits, ticks, lambda x: labels.signed(x, 1), labels["change.axis"], above=True)
        drawings = (chart.svg(WIDE, id), chart.svg(NARROW, id))
        caption = _caption(mine, study, labels)
        alternative = _alternative(mine, study, instrument, labels)
        html = drawing.figure(id, drawings, alternative, caption, numbers.html, labels)
        return Rendering(html, numbers.released, numbers.withheld)

    return Part(id, "figure", draw)


def _lines(view: pd.DataFrame, instrument: Instrument, labels: Labels) -> Iterator[Line]:
    for scale in dict.fromkeys(view["scale"]):
        yield Line(names.scale(instrument, scale, labels))
        for row in view[view["scale"] == scale].itertuples(index=False):
            name = labels[f"waves.short_{row.contrast}"]
            if math.isnan(row.diff):
                said = labels["withheld" if row.state == "hidden" else "not_measured"]
                yield Line(name, row.state, said=said)
            else:
                state = "retained" if row.retained else row.state
                yield Line(name, state, row.diff, row.lo, row.hi, labels.signed(row.diff, 1))


def _caption(view: pd.DataFrame, study: Study, labels: Labels) -> Markup:
    """Name the waves in their order, and tell what the shapes mean."""
    told = [*view["before"], *view["after"]]
    named = [names.wave(study, wave.id, labels) for wave in study.waves if wave.id in told]
    used = {
        SIGNS[state]: labels[f"state.{state}"]
        for state in view.loc[~view["retained"], "state"]
        if state in SIGNS
    }
    kept = {KEPT: labels["waves.retained"]} if view["retained"].any() else {}
    caption = labels.say("waves.figure_caption", waves=labels.list(named))
    return Markup("{}{}").format(caption, markup.key((used | kept).items()))


def _alternative(view: pd.DataFrame, study: Study, instrument: Instrument, labels: Labels) -> str:
    """Name the contrasts with the third wave first: they are what this figure adds."""
    shown = view[view["diff"].notna()]
    added = shown["contrast"] == "retention"
    chosen = pd.concat([shown[added], shown[~added]]).head(MOST_VALUES)
    values = [
        labels.say(
            "alt.waves_value",
            scale=names.scale(instrument, row.scale, labels),
            period=period(row, study, labels),
            diff=labels.signed(row.diff, 1),
            said=verdict(row, labels),
        )
        for row in chosen.itertuples(index=False)
    ]
    return f"{labels['alt.waves']} {labels.list(values)}."
