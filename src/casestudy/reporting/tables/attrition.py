"""Who took part in each wave, and whether those who stayed differed from those who left."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names, released_waves
from casestudy.reporting.disclosure import Limits
from casestudy.reporting.markup import Cell, Column, Row, Text
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import Released
from casestudy.reporting.tables.change import About, by_scale, hidden_notes, never_measured, ranged
from casestudy.study import Audience, Study


def shown_leavers(
    leavers: pd.DataFrame, change: pd.DataFrame, study: Study, site: str | None, limits: Limits
) -> Released:
    """Give what an audience may see of who stayed and who left: one site, or all together and apart."""
    return released_waves.leavers(leavers, change, released_waves.scope(study, site, limits))


def attrition(
    participation: pd.DataFrame,
    leavers: pd.DataFrame,
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "attrition",  # noqa: A002
) -> Part:
    """Numbers of people per wave in bands, and the scores before of those who stayed and those who left.

    Those who stayed are never set against everybody: that difference is partly made by who left.

    Parameters
    ----------
    participation
        Who took part per site and wave, and how many were invited.
    leavers
        Who stayed and who left between the compared waves.
    change
        The change frame of those waves.
    site
        One site, or nothing for all sites together and apart.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        scope = released_waves.scope(study, site, limits)
        took_part = released_waves.took_part(participation, change, scope)
        if took_part.frame.empty or never_measured(change):
            return Rendering(Markup(""))  # the change table says why
        html = _took_part_table(f"{id}-waves", took_part.frame, study, labels, one_site=site is not None)
        view = shown_leavers(leavers, change, study, site, limits)
        html += Markup("\n") + _leavers_block(id, view, limits, About(study, instrument, labels, site))
        withheld = (*took_part.withheld, *view.withheld)
        return Rendering(html, names.named(view.frame, study), withheld)

    return Part(id, "table", draw)


def _took_part_table(
    id: str,  # noqa: A002
    frame: pd.DataFrame,
    study: Study,
    labels: Labels,
    *,
    one_site: bool,
) -> Markup:
    invited = frame["invited_low"].notna().any()
    columns = [Column(labels["wave"])]
    columns += [Column(labels["attrition.invited"], numbers=True)] if invited else []
    columns += [Column(labels["attrition.took_part"], numbers=True)]
    groups: dict[str, list[Row]] = {}
    for row in frame.itertuples(index=False):
        cells: list[Text | Cell] = [names.wave(study, row.wave, labels)]
        if invited:
            asked = names.band(row.invited_low, row.invited_high, labels)
            cells.append(asked if not math.isnan(row.invited_low) else markup.withheld("–"))
        cells.append(names.band(row.low, row.high, labels))
        groups.setdefault(names.site(study, row.site, labels), []).append(cells)
    if one_site:
        rows = [row for of_site in groups.values() for row in of_site]
        return markup.table(id, labels["attrition.caption"], columns, rows)
    return markup.table(id, labels["attrition.caption"], columns, list(groups.items()), grouped=True)


def _leavers_block(id: str, view: Released, limits: Limits, about: About) -> Markup:  # noqa: A002
    """Write who stayed and who left as a table, or why there is none."""
    labels = about.labels
    if view.frame["m_left"].isna().all():
        hidden = (view.frame["state"] == "hidden").any()
        reason = labels.say("attrition.too_few", minimum=labels.number(limits.minimum))
        return markup.absent(reason if hidden else labels["attrition.unlinked"])
    titles = ("m_stayed", "m_left", "g", "n_stayed", "n_left")
    columns = [Column(labels[f"attrition.{title}"], numbers=True) for title in titles]
    columns.append(Column(labels["change.state"]))
    before, after = names.compared(about.study, labels)
    caption = labels.say("attrition.stayed_caption", before=before, after=after)
    html = by_scale(id, caption, columns, view.frame, lambda row: _leavers_cells(row, labels), about)
    said = [labels["attrition.note"]]
    if (view.frame["state"] == "hidden").any():
        said.append(labels.say("attrition.too_few", minimum=labels.number(limits.minimum)))
    return html + markup.note(*said, *hidden_notes(view, labels, limits))


def _leavers_cells(row: Any, labels: Labels) -> list[Text | Cell]:
    if row.state in ("hidden", "absent"):
        reason = labels["withheld"] if row.state == "hidden" else labels["not_measured"]
        return [*[markup.withheld("–")] * 5, markup.withheld(reason)]
    return [
        labels.number(row.m_stayed, 1),
        labels.number(row.m_left, 1),
        ranged(row.g, row.lo, row.hi, 2, labels),
        labels.number(row.n_stayed),
        names.band(row.n_left_low, row.n_left_high, labels),
        labels[f"attrition.state_{row.state}"],
    ]
