"""How far sites differ in change, beside what chance gives; no site is named and none stands first."""

from __future__ import annotations

import math

import pandas as pd

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names, released_measuring
from casestudy.reporting.markup import Cell, Column, Row, Text
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.tables.change import p_value
from casestudy.study import Audience, Study


def site_differences(
    differ: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    id: str = "site-differences",  # noqa: A002
) -> Part:
    """Test of a difference between sites per scale, with its size and the size that chance gives.

    Parameters
    ----------
    differ
        The tests over sites, one row per scale.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = released_measuring.differ(differ, limits)
        sites = labels[f"site_words.{study.site_word}"]
        shown = view.frame[view.frame["state"] == "shown"]
        if shown.empty:
            none = labels.say("absent.no_site_differences", sites=sites)
            return Rendering(markup.absent(none), None, view.withheld)
        titles = ("eps2", "eps2_null", "f", "p", "n")
        columns = [Column(labels["scale"])]
        columns += [Column(labels[f"differ.{title}"], numbers=True) for title in titles]
        rows: list[Row] = []
        for row in shown.itertuples(index=False):
            test: Text | Cell = "–" if math.isnan(row.f) else labels.number(row.f, 2)
            sizes = (labels.number(row.eps2, 2), labels.number(row.eps2_null, 2))
            scale = names.scale(instrument, row.scale, labels)
            rows.append([scale, *sizes, test, p_value(row.p, labels), labels.number(row.n)])
        html = markup.table(id, labels.say("differ.caption", sites=sites), columns, rows)
        said = [labels.say("differ.note", sites=sites)]
        said += [labels["differ.note_boot"]] if (shown["used"] == "boot").any() else []
        said += [labels["note.rounded"]] if limits.base > 1 else []
        return Rendering(html + markup.note(*said), view.frame, view.withheld)

    return Part(id, "table", draw)
