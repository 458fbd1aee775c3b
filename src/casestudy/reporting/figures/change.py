"""Change as dots with intervals, per scale and site."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.figures import drawing
from casestudy.reporting.figures.dots import Chart, Line
from casestudy.reporting.figures.drawing import NARROW, WIDE
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL
from casestudy.reporting.tables.change import change as change_table
from casestudy.reporting.tables.change import shown_change
from casestudy.study import Audience, Study

SIGNS = {"up": "▲", "down": "▼", "none": "■", "unclear": "○", "described": "◇"}
MOST_VALUES = 3


def change(
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "change-figure",  # noqa: A002
) -> Part:
    """Difference between two waves with its interval; the same numbers as :func:`tables.change`.

    Parameters
    ----------
    change
        The change frame.
    site
        One site, or nothing for all sites together and apart.
    """
    behind = change_table(change, study=study, instrument=instrument, site=site, id=f"{id}-numbers")

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = shown_change(change, study, site, disclosure.limits(study, audience)).frame
        numbers = behind.draw(labels, audience)
        if view["diff"].isna().all():
            return numbers
        lines = list(_lines(view, study, instrument, labels, one_site=site is not None))
        limits, ticks = axis(view)
        chart = Chart(
            lines, limits, ticks, lambda x: labels.signed(x, 1), labels["change.axis"], above=site is not None
        )
        drawings = (chart.svg(WIDE, id), chart.svg(NARROW, id))
        before, after = names.compared(study, labels)
        caption = Markup("{}{}").format(
            labels.say("change.caption", before=before, after=after), _key(view, labels)
        )
        alternative = _alternative(view, study, instrument, labels, one_site=site is not None)
        html = drawing.figure(id, drawings, alternative, caption, numbers.html, labels)
        return Rendering(html, numbers.released, numbers.withheld)

    return Part(id, "figure", draw)


def _lines(
    view: pd.DataFrame, study: Study, instrument: Instrument, labels: Labels, *, one_site: bool
) -> Iterator[Line]:
    for scale in dict.fromkeys(view["scale"]):
        if not one_site:
            yield Line(names.scale(instrument, scale, labels))
        for row in view[view["scale"] == scale].itertuples(index=False):
            name = names.scale(instrument, scale, labels) if one_site else names.site(study, row.site, labels)
            strong = row.site == ALL
            if math.isnan(row.diff):
                said = labels["withheld" if row.state == "hidden" else "not_measured"]
                yield Line(name, row.state, said=said, strong=strong)
            else:
                yield Line(name, row.state, row.diff, row.lo, row.hi, labels.signed(row.diff, 1), strong)


def axis(view: pd.DataFrame) -> tuple[tuple[float, float], list[float]]:
    """Give an axis in half points that holds every interval and the zero."""
    low = min(0.0, view["lo"].min(), view["diff"].min())
    high = max(0.0, view["hi"].max(), view["diff"].max())
    first, last = math.floor(low * 2 - 0.2), math.ceil(high * 2 + 0.2)
    return (first / 2, last / 2), [step / 2 for step in range(first, last + 1)]


def _key(view: pd.DataFrame, labels: Labels) -> Markup:
    used = [state for state in SIGNS if (view["state"] == state).any()]
    return markup.key((SIGNS[state], labels[f"state.{state}"]) for state in used)


def _alternative(
    view: pd.DataFrame, study: Study, instrument: Instrument, labels: Labels, *, one_site: bool
) -> str:
    rows = view if one_site else view[view["site"] == ALL]
    shown = rows[rows["diff"].notna()].head(MOST_VALUES)
    values = []
    for row in shown.itertuples(index=False):
        scale, diff = names.scale(instrument, row.scale, labels), labels.signed(row.diff, 1)
        if math.isnan(row.lo):
            values.append(labels.say("alt.change_described", scale=scale, diff=diff))
        else:
            interval = names.interval(row.lo, row.hi, labels)
            values.append(labels.say("alt.change_tested", scale=scale, diff=diff, interval=interval))
    start = (
        labels["alt.change_site"]
        if one_site
        else labels.say("alt.change", sites=labels[f"site_words.{study.site_word}"])
    )
    return f"{start} {labels.list(values)}." if values else start
