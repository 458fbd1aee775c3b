"""Change between two waves: for readers, and in numbers for whoever wants to check them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names, released_change
from casestudy.reporting.disclosure import Limits
from casestudy.reporting.markup import Cell, Column, Row, Text
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import Released
from casestudy.study import Audience, Study

OTHERS = ("model", "overlap")
SMALLEST_P = 0.001


class About(NamedTuple):
    """What a table is about and in which words: one site, or all of them."""

    study: Study
    instrument: Instrument
    labels: Labels
    site: str | None


def shown_change(change: pd.DataFrame, study: Study, site: str | None, limits: Limits) -> Released:
    """Give the change an audience may see: one site, or all sites together and apart."""
    sites = study.site_ids if site is None else [site]
    return released_change.change(change, limits, sites=sites, together=site is None)


def change(
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "change",  # noqa: A002
) -> Part:
    """Mean before and after, difference and interval per scale.

    Parameters
    ----------
    change
        The change frame.
    site
        One site, or nothing for all sites together and apart.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_change(change, study, site, limits)
        if (view.frame["state"] == "absent").all():
            reason = "absent.no_survey" if never_measured(change) else "absent.no_comparison"
            return Rendering(markup.absent(labels[reason]))
        if view.frame["diff"].isna().all():
            return Rendering(markup.absent(labels["absent.too_few"]), None, view.withheld)
        html = change_table(id, view, About(study, instrument, labels, site))
        html += markup.note(*change_notes(view, labels, limits))
        return Rendering(html, names.named(view.frame, study), view.withheld)

    return Part(id, "table", draw)


def is_silent(change: pd.DataFrame, study: Study, site: str | None, limits: Limits) -> bool:
    """Whether no change is shown at all: one sentence then tells why, also for what goes with it.

    Parameters
    ----------
    change
        The change frame.
    site
        One site, or nothing for all sites together and apart.
    """
    return bool(shown_change(change, study, site, limits).frame["diff"].isna().all())


def never_measured(change: pd.DataFrame) -> bool:
    """Whether nobody filled in either of the compared waves, so that the change table alone tells why.

    Examples
    --------
    >>> never_measured(pd.DataFrame({"n_before": [0, None], "n_after": [0, 0]}))
    True
    """
    return not change[["n_before", "n_after"]].astype(float).gt(0).to_numpy().any()


def change_table(id: str, view: Released, about: About) -> Markup:  # noqa: A002
    """Write released change as a table; one site by scale, several sites grouped by scale."""
    labels = about.labels
    before, after = names.compared(about.study, labels)
    titles = [before, after, labels["change.difference"], labels["change.interval"], labels["change.n"]]
    columns = [*(Column(title, numbers=True) for title in titles), Column(labels["change.state"])]
    caption = labels.say("change.caption", before=before, after=after)
    return by_scale(id, caption, columns, view.frame, lambda row: change_cells(row, labels), about)


def by_scale(
    id: str,  # noqa: A002
    caption: str,
    columns: Sequence[Column],
    view: pd.DataFrame,
    cells: Callable[[Any], list[Text | Cell]],
    about: About,
) -> Markup:
    """Write a row per scale for one site, or, for several, a row per site in groups of one scale.

    Parameters
    ----------
    columns
        All but the first, which names the scale or the site.
    cells
        Gives the cells of a row of the view, but the first.
    """
    labels = about.labels
    groups: dict[str, list[Row]] = {}
    for row in view.itertuples(index=False):
        scale = names.scale(about.instrument, row.scale, labels)
        head = scale if about.site else names.site(about.study, row.site, labels)
        groups.setdefault(scale, []).append([head, *cells(row)])
    if about.site:
        heads = [Column(labels["scale"]), *columns]
        return markup.table(id, caption, heads, [row for rows in groups.values() for row in rows])
    heads = [Column(labels[f"site_word.{about.study.site_word}"]), *columns]
    return markup.table(id, caption, heads, list(groups.items()), grouped=True)


def change_cells(row: Any, labels: Labels) -> list[Text | Cell]:
    """Give the cells of one row of change: two means, difference, interval, people, and what it says."""
    if row.state in ("hidden", "absent"):
        reason = labels["withheld"] if row.state == "hidden" else labels["not_measured"]
        return [*[markup.withheld("–")] * 5, markup.withheld(reason)]
    tested = not math.isnan(row.lo)
    return [
        labels.number(row.m_before, 1),
        labels.number(row.m_after, 1),
        labels.signed(row.diff, 1),
        names.interval(row.lo, row.hi, labels) if tested else markup.withheld("–"),
        people(row, labels),
        labels[f"state.{row.state}"],
    ]


def people(row: Any, labels: Labels) -> str:
    """How many people a change rests on: those who answered twice, or two separate groups."""
    if math.isnan(row.n):
        before, after = labels.number(row.n_before), labels.number(row.n_after)
        return labels.say("change.two_groups", before=before, after=after)
    return labels.number(row.n)


def change_notes(view: Released, labels: Labels, limits: Limits) -> list[str]:
    """Tell what a reader must know to read a table of change."""
    shown = view.frame[~view.frame["state"].isin(["hidden", "absent"])]
    said = [labels["change.note_rounding"], labels["change.note_control"]]
    if (shown["method"] == "welch").any():
        said.append(labels["change.note_unlinked"])
    if (shown["state"] == "described").any():
        said.append(labels.say("change.note_described", minimum=labels.number(limits.tested)))
    return [*said, *hidden_notes(view, labels, limits)]


def hidden_notes(view: Released, labels: Labels, limits: Limits) -> list[str]:
    """Why values are missing, and that counts are rounded, where that is so."""
    said = [labels.say("note.hidden", minimum=labels.number(limits.minimum))] if view.withheld else []
    return [*said, labels["note.rounded"]] if limits.base > 1 else said


def change_in_numbers(
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "change-in-numbers",  # noqa: A002
) -> Part:
    """Sizes, p-values and the estimates with whoever was there once, for the appendix.

    Parameters
    ----------
    change
        The change frame.
    site
        One site, or nothing for all sites together and apart.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        sites = study.site_ids if site is None else [site]
        view = released_change.in_numbers(change, limits, sites=sites, together=site is None)
        if view.frame.empty:
            quiet = is_silent(change, study, site, limits)  # then the change table says why
            reason = Markup("") if quiet else markup.absent(labels["absent.too_few_to_test"])
            return Rendering(reason, None, view.withheld)
        titles = ("diff_in_points", "g", "r_rb", "p", "p_adj", *OTHERS, "n_zero", "n")
        columns = [Column(labels[f"change.{title}"], numbers=True) for title in titles]
        before, after = names.compared(study, labels)
        caption = labels.say("change.numbers_caption", before=before, after=after)
        about = About(study, instrument, labels, site)
        html = by_scale(id, caption, columns, view.frame, lambda row: _number_cells(row, labels), about)
        said = [labels.say("change.note_g", n=labels.number(study.thresholds.survey.n_bca))]
        said += [labels[f"change.note_{convention}"] for convention in ("p", "others", "alpha")]
        html += markup.note(*said, *hidden_notes(view, labels, limits))
        released = names.named(view.frame.drop(columns="decimals"), study)
        return Rendering(html, released, view.withheld)

    return Part(id, "table", draw)


def _number_cells(row: Any, labels: Labels) -> list[Text | Cell]:
    return [
        ranged(row.diff, row.lo, row.hi, row.decimals, labels),
        ranged(row.g, row.g_lo, row.g_hi, 2, labels),
        ranged(row.r_rb, row.r_rb_lo, row.r_rb_hi, 2, labels),
        p_value(row.p, labels),
        _p_adjusted(row, labels),
        ranged(row.model_diff, row.model_lo, row.model_hi, row.decimals, labels),
        ranged(row.overlap_diff, row.overlap_lo, row.overlap_hi, row.decimals, labels),
        markup.withheld("–") if math.isnan(row.n_zero) else labels.number(row.n_zero),
        people(row, labels),
    ]


def ranged(value: float, lo: float, hi: float, decimals: int, labels: Labels) -> Text | Cell:
    """Give a signed number with its interval behind it, alone when it has none, a dash when it is absent."""
    if math.isnan(value):
        return markup.withheld("–")
    said = labels.signed(value, decimals)
    if math.isnan(lo):
        return said
    return labels.say(
        "with_range", value=said, lo=labels.signed(lo, decimals), hi=labels.signed(hi, decimals)
    )


def p_value(p: float, labels: Labels) -> Text | Cell:
    """Give a p-value with three decimals; a dash when there is none."""
    if math.isnan(p):
        return markup.withheld("–")
    return labels.number(p, 3) if p >= SMALLEST_P else labels.say("below", n=labels.number(SMALLEST_P, 3))


def _p_adjusted(row: Any, labels: Labels) -> Text | Cell:
    if math.isnan(row.p_adj) or not row.adjust:
        return p_value(row.p_adj, labels)
    return labels.say(
        "change.adjusted", p=p_value(row.p_adj, labels), adjust=labels[f"change.adjust_{row.adjust}"]
    )
