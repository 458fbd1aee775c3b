"""Change of persons beyond the error of measuring, counted; never a person."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names, released_measuring, released_waves
from casestudy.reporting.disclosure import Limits, Proportion
from casestudy.reporting.markup import Cell, Column, Text
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import Released
from casestudy.reporting.tables.change import About, by_scale, hidden_notes, is_silent
from casestudy.study import Audience, Study


def shown_reliable(
    counts: pd.DataFrame, change: pd.DataFrame, study: Study, site: str | None, limits: Limits
) -> Released:
    """Give what an audience may see of change beyond error: one site, or all together and apart."""
    return released_measuring.reliable(counts, change, released_waves.scope(study, site, limits))


def reliable_change(
    counts: pd.DataFrame,
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "reliable-change",  # noqa: A002
) -> Part:
    """How many people went up, and down, by more than the error of measuring.

    Parameters
    ----------
    counts
        How many people changed beyond error, per scale and site.
    change
        The change frame of the compared waves.
    site
        One site, or nothing for all sites together and apart.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_reliable(counts, change, study, site, limits)
        quiet = is_silent(change, study, site, limits)
        if (view.frame["form"] == "absent").all():
            reason = Markup("") if quiet else markup.absent(labels["absent.no_reliable"])
            return Rendering(reason)
        if view.frame["form"].isin(["absent", "hidden"]).all():
            reason = Markup("") if quiet else markup.absent(labels["reliable.too_few"])
            return Rendering(reason, None, view.withheld)
        three = (view.frame["form"] == "three").any()
        titles = ["up", *(["down"] if three else []), "n", "reliability"]
        columns = [Column(labels[f"reliable.{title}"], numbers=True) for title in titles]
        about = About(study, instrument, labels, site)
        html = by_scale(
            id,
            labels["reliable.caption"],
            columns,
            view.frame,
            lambda row: _cells(row, labels, three=three),
            about,
        )
        said = [labels["reliable.note"], "" if three else labels["reliable.note_two"]]
        html += markup.note(*said, *hidden_notes(view, labels, limits))
        return Rendering(html, names.named(view.frame, study), view.withheld)

    return Part(id, "table", draw)


def share_up(row: Any) -> Proportion:
    """Give the share that went up beyond error as the proportion it came from."""
    if row.form == "word":
        return Proportion("word", n_of=row.n, word=row.word)
    return Proportion("of", row.share, row.n_up, row.n)


def _cells(row: Any, labels: Labels, *, three: bool) -> list[Text | Cell]:
    if row.form in ("absent", "hidden"):
        reason = labels["withheld"] if row.form == "hidden" else labels["not_measured"]
        return [markup.withheld(reason), *[markup.withheld("–")] * (3 if three else 2)]
    down: list[Text | Cell] = [markup.withheld(labels["reliable.not_apart"])]
    if row.form == "three":
        down = [labels.say("x_of_y", n=labels.number(row.n_down), n_of=labels.number(row.n))]
    return [
        names.proportion(share_up(row), labels),
        *(down if three else []),
        labels.number(row.n),
        "–" if math.isnan(row.reliability) else _source(row, labels),
    ]


def _source(row: Any, labels: Labels) -> str:
    return labels.say(f"reliable.from_{row.source}", reliability=labels.number(row.reliability, 2))
