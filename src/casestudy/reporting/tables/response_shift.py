"""Looking back: the change from what people said before, beside the change from how they see it now."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names, released_measuring, released_waves
from casestudy.reporting.disclosure import Limits
from casestudy.reporting.markup import Cell, Column, Text
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import Released
from casestudy.reporting.tables.change import About, by_scale, hidden_notes, is_silent, ranged
from casestudy.study import Audience, Study

NUMBERS = ("diff", "diff_then", "shift")


def shown_shift(
    shift: pd.DataFrame, change: pd.DataFrame, study: Study, site: str | None, limits: Limits
) -> Released:
    """Give what an audience may see of looking back: one site, or all together and apart."""
    return released_measuring.shift(shift, change, released_waves.scope(study, site, limits))


def response_shift(
    shift: pd.DataFrame,
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "response-shift",  # noqa: A002
) -> Part:
    """Two changes side by side, folded, and how far people judge their start otherwise when they look back.

    Parameters
    ----------
    shift
        The judgement in hindsight beside the earlier one.
    change
        The change frame of the compared waves.
    site
        One site, or nothing for all sites together and apart.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_shift(shift, change, study, site, limits)
        quiet = is_silent(change, study, site, limits)
        if (view.frame["state"] == "absent").all():
            reason = Markup("") if quiet else markup.absent(labels["absent.no_then"])
            return Rendering(reason)
        if view.frame["shift"].isna().all():
            reason = Markup("") if quiet else markup.absent(labels["absent.too_few"])
            return Rendering(reason, None, view.withheld)
        columns = [Column(labels[f"shift.{title}"], numbers=True) for title in (*NUMBERS, "n")]
        about = About(study, instrument, labels, site)
        asked = view.frame[view.frame["state"] != "absent"]["scale"]
        shown = view.frame[view.frame["scale"].isin(asked)]  # not the scales of which nobody was asked
        html = by_scale(id, labels["shift.caption"], columns, shown, lambda row: _cells(row, labels), about)
        html += markup.note(labels["shift.note"], *hidden_notes(view, labels, limits))
        return Rendering(
            markup.folded(labels["shift.numbers"], html), names.named(shown, study), view.withheld
        )

    return Part(id, "table", draw)


def _cells(row: Any, labels: Labels) -> list[Text | Cell]:
    if row.state in ("hidden", "absent"):
        reason = labels["withheld"] if row.state == "hidden" else labels["not_measured"]
        return [*[markup.withheld("–")] * 3, markup.withheld(reason)]
    cells = [
        ranged(getattr(row, name), getattr(row, f"{name}_lo"), getattr(row, f"{name}_hi"), 1, labels)
        for name in NUMBERS
    ]
    known = not math.isnan(row.n_low)
    return [*cells, names.band(row.n_low, row.n_high, labels) if known else labels.number(row.n)]
