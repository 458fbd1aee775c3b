"""Codes that each new conversation brought: a rising line, and bars for what each run of them added."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from casestudy.findings.saturation import Saturation
from casestudy.labels import Labels
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.figures import drawing
from casestudy.reporting.figures.drawing import ACCENT, GRID, MUTED, NARROW, WIDE, Size
from casestudy.reporting.markup import Column
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL
from casestudy.reporting.tables import reading as table
from casestudy.study import Audience, Study

BAR = "#b8cfc9"


def saturation(
    found: Saturation,
    *,
    study: Study,
    site: str | None = None,
    id: str = "saturation-figure",  # noqa: A002
) -> Part:
    """Draw the codes found so far per conversation, and the new ones per run.

    A point per conversation could be known again by who took part, so only the research team gets the
    drawing; other readers get the words of :func:`tables.saturation`.

    Parameters
    ----------
    found
        What :func:`saturation.saturation` gave.
    site
        One site, or nothing for all sites together.
    """
    unit = site or ALL
    words = table.saturation(found, study=study, site=site, id=f"{id}-numbers")

    def draw(labels: Labels, audience: Audience) -> Rendering:
        told = words.draw(labels, audience)
        curve = found.curve[found.curve["site"] == unit]
        if audience != "internal" or not curve["n_new"].any():
            return told
        windows = found.windows[found.windows["site"] == unit]
        run = int(found.summary["run"].iloc[0])
        drawings = (
            _svg(curve, windows, run, labels, WIDE, id),
            _svg(curve, windows, run, labels, NARROW, id),
        )
        first, last = int(curve["n_cumulative"].iloc[0]), int(curve["n_cumulative"].iloc[-1])
        seen = {"first": first, "last": last, "n": len(curve), "run": run}
        alternative = labels.say("alt.saturation", **{key: labels.number(n) for key, n in seen.items()})
        state = table.said(found, unit, disclosure.limits(study, audience), labels)
        caption = labels.say(
            "saturation.figure", unit=names.site(study, unit, labels), run=labels.number(run)
        )
        behind = told.html + _numbers(f"{id}-steps", curve, labels)
        html = drawing.figure(id, drawings, f"{alternative} {state}", caption, behind, labels)
        return Rendering(html, told.released, told.withheld)

    return Part(id, "figure", draw)


def _svg(
    curve: pd.DataFrame,
    windows: pd.DataFrame,
    run: int,
    labels: Labels,
    size: Size,
    id: str,  # noqa: A002
) -> bytes:
    def paint(axes: Axes, size: Size) -> None:  # noqa: ARG001
        added = windows[windows["n_new"] > 0]
        ends, heights = added["after"].to_numpy() + run, added["n_new"].to_numpy()
        axes.bar(ends, heights, width=0.7, color=BAR, edgecolor=MUTED, linewidth=0.6)
        places, seen = curve["place"].to_numpy(), curve["n_cumulative"].to_numpy()
        axes.plot(places, seen, color=ACCENT, linewidth=1.6, marker="o", markersize=3.5)
        axes.set_xlim(0.4, len(curve) + 0.6)
        axes.set_ylim(0, max(1, int(seen[-1])) * 1.08)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(nbins=6, integer=True))
            axis.set_major_formatter(lambda value, _: labels.number(value))
        axes.grid(axis="y", color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.set_xlabel(labels["saturation.axis"])
        axes.set_ylabel(labels["saturation.codes"])
        drawing.bare(axes)

    return drawing.svg(paint, size, 2.6, f"{id}-{size.name}")


def _numbers(id: str, curve: pd.DataFrame, labels: Labels) -> Markup:  # noqa: A002
    columns = [
        Column(labels["saturation.axis"]),
        Column(labels["saturation.new"], numbers=True),
        Column(labels["saturation.codes"], numbers=True),
    ]
    rows = [
        [labels.number(row.place), labels.number(row.n_new), labels.number(row.n_cumulative)]
        for row in curve.itertuples(index=False)
    ]
    return Markup("\n") + markup.table(id, labels["saturation.steps"], columns, rows)
