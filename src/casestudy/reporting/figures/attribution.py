"""Contributions of the parts of the training as a matrix of dots."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.reporting import disclosure, markup, names, released
from casestudy.reporting.figures import drawing
from casestudy.reporting.figures.drawing import ACCENT, GRID, INK, NARROW, WIDE, Size
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL
from casestudy.reporting.tables import survey as table
from casestudy.study import Audience, Study

DOTS = {"three": 3, "two": 2, "one": 1, "asked": 1}  # from the strongest indication to none
SPACING = 0.24
MOST_VALUES = 3


def attribution(
    attribution: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    site: str | None = None,
    id: str = "attribution-figure",  # noqa: A002
) -> Part:
    """Show components by skills, more dots for a stronger indication, with the numbers of the table.

    Parameters
    ----------
    attribution
        The attribution frame.
    site
        One site, or nothing for all sites together.
    """
    behind = table.attribution(attribution, study=study, codebook=codebook, site=site, id=f"{id}-numbers")

    def draw(labels: Labels, audience: Audience) -> Rendering:
        found = released.attribution(attribution, disclosure.limits(study, audience), unit=site or ALL)
        view = found.frame
        numbers = behind.draw(labels, audience)
        used = view.loc[view["grade"] != "not_offered", "component"]
        offered = view[view["component"].isin(used)]
        if not offered["grade"].isin(list(DOTS)).any():
            return numbers
        drawings = (_svg(offered, codebook, labels, WIDE, id), _svg(offered, codebook, labels, NARROW, id))
        key = table.grade_key(offered, labels, drawn=True)
        caption = Markup("{}{}{}").format(
            labels["attribution.caption"], key, _nowhere(view, set(used), codebook, labels)
        )
        html = drawing.figure(
            id, drawings, _alternative(offered, codebook, labels), caption, numbers.html, labels
        )
        return Rendering(html, numbers.released, numbers.withheld)

    return Part(id, "figure", draw)


def _nowhere(view: pd.DataFrame, used: set[str], codebook: Codebook, labels: Labels) -> Markup:
    """Name the components that were offered for no skill; they have no row in the drawing."""
    left_out = [component for component in dict.fromkeys(view["component"]) if component not in used]
    if not left_out:
        return Markup("")
    components = labels.list(names.code(codebook, component, labels) for component in left_out)
    return markup.note(labels.say("attribution.nowhere", components=components))


def _svg(view: pd.DataFrame, codebook: Codebook, labels: Labels, size: Size, id: str) -> bytes:  # noqa: A002
    skills, components = list(dict.fromkeys(view["skill"])), list(dict.fromkeys(view["component"]))
    cells = {(row.skill, row.component): row for row in view.itertuples(index=False)}
    step = 1.0 if size.is_narrow else 0.0  # room for the name above the dots

    def paint(axes: Axes, size: Size) -> None:
        ys = np.arange(len(components)) * (1 + step) + 0.5 + step
        axes.set_xlim(0, len(skills))
        axes.set_ylim(len(components) * (1 + step), 0)
        for y, component in zip(ys, components, strict=True):
            axes.axhline(y, color=GRID, linewidth=0.6, zorder=0)
            if size.is_narrow:
                name = names.code(codebook, component, labels)
                axes.text(0, y - 0.9, name, transform=axes.get_yaxis_transform(), va="center", ha="left")
            for x, skill in enumerate(skills):
                _dots(axes, x + 0.5, y, cells.get((skill, component)), 4.0 if size.is_narrow else 5.0)
        heads = [drawing.wrapped(names.code(codebook, skill, labels), 32) for skill in skills]
        axes.set_xticks(np.arange(len(skills)) + 0.5, labels=heads, rotation=90, ha="center", linespacing=1.0)
        beside = [] if size.is_narrow else list(ys)
        axes.set_yticks(
            beside,
            labels=[drawing.wrapped(names.code(codebook, c, labels), 36) for c in components][: len(beside)],
        )
        axes.xaxis.tick_top()
        drawing.bare(axes)

    height = 2.6 + (0.25 if size.is_narrow else 0.3) * len(components) * (1 + step)
    return drawing.svg(paint, size, height, f"{id}-{size.name}")


def _dots(axes: Axes, x: float, y: float, row: Any, points: float) -> None:
    """Draw the sign of the key: one to three dots, a ring where it was asked and not named.

    Not offered and not shown have signs of their own, so that no cell is told by its colour or by nothing.
    """
    if row is None or row.grade not in DOTS:
        sign = "–" if row is not None and row.grade == "hidden" else table.NOT_OFFERED
        gap = {"facecolor": "white", "edgecolor": "none", "pad": 3.0}  # in the line, or a dash would be lost
        axes.text(x, y, sign, ha="center", va="center", color=INK, fontweight="bold", bbox=gap)
        return
    places = x + SPACING * (np.arange(DOTS[row.grade]) - (DOTS[row.grade] - 1) / 2)
    inside = "white" if row.grade == "asked" else ACCENT
    marks: dict[str, Any] = {"markersize": points, "markerfacecolor": inside, "markeredgecolor": ACCENT}
    axes.plot(places, np.full(len(places), y), "o", **marks)
    if row.warn:
        axes.text(places[-1] + 0.12, y, table.GRADES["hindered"], ha="left", va="center")


def _alternative(view: pd.DataFrame, codebook: Codebook, labels: Labels) -> str:
    rank = {grade: place for place, grade in enumerate(DOTS)}
    graded = view[view["grade"].isin(["three", "two", "one"])]
    ordered = graded.assign(place=graded["grade"].map(rank), size=-graded["share"].fillna(0))
    best = ordered.sort_values(["place", "size"], kind="stable").head(MOST_VALUES)
    pairs = [
        labels.say(
            "alt.attribution_pair",
            component=names.code(codebook, row.component, labels),
            skill=names.code(codebook, row.skill, labels),
        )
        for row in best.itertuples(index=False)
    ]
    shape = {
        "components": labels.number(view["component"].nunique()),
        "skills": labels.number(view["skill"].nunique()),
    }
    start = labels.say("alt.attribution", **shape)
    return f"{start} {labels.say('alt.attribution_most', pairs=labels.list(pairs))}" if pairs else start
