"""Use of skills as dots with intervals."""

from __future__ import annotations

import math

import pandas as pd

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.reporting import disclosure, names
from casestudy.reporting.figures import drawing
from casestudy.reporting.figures.dots import Chart, Line
from casestudy.reporting.figures.drawing import NARROW, WIDE
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL
from casestudy.reporting.tables import survey as table
from casestudy.study import Audience, Study

TICKS = (0, 0.25, 0.5, 0.75, 1)


def practice(
    practice: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    site: str | None = None,
    id: str = "practice-figure",  # noqa: A002
) -> Part:
    """Share that uses each skill often or always; of several sites, all together.

    Parameters
    ----------
    practice
        The practice frame.
    site
        One site, or nothing for all sites; then the table behind the figure has the sites apart.
    """
    behind = table.practice(practice, study=study, codebook=codebook, site=site, id=f"{id}-numbers")

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = table.shown_practice(practice, study, site, disclosure.limits(study, audience)).frame
        numbers = behind.draw(labels, audience)
        mine = view[view["unit"] == (site or ALL)]
        if mine["share"].isna().all():
            return numbers
        lines = [
            _line(row, names.code(codebook, row.skill, labels), labels)
            for row in mine.itertuples(index=False)
        ]
        chart = Chart(lines, (0, 1), TICKS, labels.percent, labels["practice.axis"], above=True)
        drawings = (chart.svg(WIDE, id), chart.svg(NARROW, id))
        alternative = _alternative(mine, codebook, labels)
        html = drawing.figure(id, drawings, alternative, labels["practice.caption"], numbers.html, labels)
        return Rendering(html, numbers.released, numbers.withheld)

    return Part(id, "figure", draw)


def _line(row: object, name: str, labels: Labels) -> Line:
    view = table.view_of(row)
    said = names.proportion(view, labels)
    if math.isnan(view.share):
        return Line(name, "share", said=said)
    return Line(name, "share", view.share, row.lo, row.hi, said)  # type: ignore[attr-defined]


def _alternative(view: pd.DataFrame, codebook: Codebook, labels: Labels) -> str:
    shown = view[view["share"].notna()].sort_values("share", ascending=False, kind="stable")
    said = [labels.say("alt.practice", n=labels.number(len(view)))]
    ends = {"most": shown.iloc[0]} | ({"least": shown.iloc[-1]} if len(shown) > 1 else {})
    for end, row in ends.items():
        share = names.proportion(table.view_of(row), labels)
        said.append(
            labels.say(f"alt.practice_{end}", skill=names.code(codebook, row["skill"], labels), share=share)
        )
    return " ".join(said)
