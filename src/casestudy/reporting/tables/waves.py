"""Three waves: what was kept, and the difference over the whole period."""

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
from casestudy.reporting.tables.change import hidden_notes, is_silent
from casestudy.study import Audience, Study

METHODS = ("mixed", "paired", "welch")


def shown_waves(
    contrasts: pd.DataFrame, change: pd.DataFrame, study: Study, site: str | None, limits: Limits
) -> Released:
    """Give the contrasts an audience may see: one site, or all sites together and apart."""
    return released_waves.waves(contrasts, change, released_waves.scope(study, site, limits))


def waves(
    contrasts: pd.DataFrame,
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "waves",  # noqa: A002
) -> Part:
    """Retention and net change per scale, with what each says; learning is the change told elsewhere.

    Parameters
    ----------
    contrasts
        The contrasts between three waves.
    change
        The change frame of the compared waves, of which the same people are told.
    site
        One site, or nothing for all sites together and apart.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_waves(contrasts, change, study, site, limits)
        quiet = is_silent(change, study, site, limits)
        if (view.frame["state"] == "absent").all():
            reason = Markup("") if quiet else markup.absent(labels["absent.no_waves"])
            return Rendering(reason)
        if view.frame["diff"].isna().all():
            reason = Markup("") if quiet else markup.absent(labels["absent.too_few"])
            return Rendering(reason, None, view.withheld)
        titles = ("change.difference", "change.interval", "change.n")
        columns = [Column(labels["waves.period"]), *(Column(labels[title], numbers=True) for title in titles)]
        columns.append(Column(labels["change.state"]))
        groups: dict[str, list[Row]] = {}
        for row in view.frame.itertuples(index=False):
            scale = names.scale(instrument, row.scale, labels)
            group = scale if site else f"{scale}: {names.site(study, row.site, labels)}"
            groups.setdefault(group, []).append([period(row, study, labels), *_cells(row, labels)])
        html = markup.table(id, labels["waves.caption"], columns, list(groups.items()), grouped=True)
        html += markup.note(*waves_notes(view, labels, limits))
        return Rendering(html, names.named(view.frame, study), view.withheld)

    return Part(id, "table", draw)


def period(row: Any, study: Study, labels: Labels) -> str:
    """Say which contrast a row is, with its two waves."""
    before, after = (names.wave(study, wave, labels) for wave in (row.before, row.after))
    return labels.say(f"waves.{row.contrast}", before=before, after=after)


def verdict(row: Any, labels: Labels) -> str:
    """Say what a row shows; that something was kept only where the contrast says so."""
    return labels["waves.retained"] if row.retained else labels[f"state.{row.state}"]


def band_of(row: Any, labels: Labels) -> str:
    """How many people a row rests on, within a band."""
    return names.band(row.n_low, row.n_high, labels)


def _cells(row: Any, labels: Labels) -> list[Text | Cell]:
    if row.state in ("hidden", "absent"):
        reason = labels["withheld"] if row.state == "hidden" else labels["not_measured"]
        return [*[markup.withheld("–")] * 3, markup.withheld(reason)]
    tested = not math.isnan(row.lo)
    return [
        labels.signed(row.diff, 1),
        names.interval(row.lo, row.hi, labels) if tested else markup.withheld("–"),
        band_of(row, labels),
        verdict(row, labels),
    ]


def waves_notes(view: Released, labels: Labels, limits: Limits) -> list[str]:
    """Tell what a reader must know to read the contrasts."""
    shown = view.frame[view.frame["diff"].notna()]
    said = [labels["waves.note_retained"], labels["waves.note_bands"]]
    said += [labels[f"waves.note_{method}"] for method in METHODS if (shown["method"] == method).any()]
    if (shown["state"] == "described").any():
        said.append(labels.say("change.note_described", minimum=labels.number(limits.tested)))
    return [*said, *hidden_notes(view, labels, limits)]
