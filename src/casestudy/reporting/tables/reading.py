"""Reading aids: which codes stand together, how much was said, and whether later talks brought new codes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from casestudy.findings.saturation import Saturation
from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.disclosure import Limits, Spread, Withheld
from casestudy.reporting.markup import Cell, Column, Row
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL
from casestudy.study import Audience, Study


def cooccurrence(
    pairs: pd.DataFrame,
    sources: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    window: str = "segment",
    most: int = 15,
    id: str = "cooccurrence",  # noqa: A002
) -> Part:
    """Name the codes that stand together most; only pairs that do so often enough, in enough sources.

    How strongly is for the research team; other readers get the pairs, and in how many conversations.

    Parameters
    ----------
    pairs
        What :func:`cooccurrence.cooccurrence` gave.
    sources
        The sources that were compared.
    window
        What together meant.
    most
        At most so many pairs, the strongest first.
    """
    ordered = pairs.sort_values(["c", "n12"], ascending=False, kind="stable")

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        enough = ordered["enough"]
        if audience != "internal":
            enough = enough & (ordered["n_sources"] >= limits.conversations)
        withheld = tuple(
            Withheld("too_few_together", f"{row.first} x {row.second}")
            for row in ordered[~enough].itertuples(index=False)
        )
        shown = ordered[enough].head(most)
        if shown.empty:
            return Rendering(markup.absent(labels["absent.no_pairs"]), None, withheld)
        views = [disclosure.conversations(int(n), len(sources), limits) for n in shown["n_sources"]]
        exact = audience == "internal"
        rows = [
            _pair(row, view, codebook, labels, limits, exact=exact)
            for row, view in zip(shown.itertuples(index=False), views, strict=True)
        ]
        columns = [Column(labels["together.first"]), Column(labels["together.second"])]
        columns.append(Column(labels["together.in"]))
        if exact:
            columns += [
                Column(labels[f"together.{key}"], numbers=True) for key in ("c", "p_second", "p_first", "n")
            ]
        caption = labels.say("together.caption", window=labels[f"together.window.{window}"])
        notes = markup.note(labels["together.note"], labels["together.note_c"] if exact else "")
        numbers = _with_spread(shown[["first", "second"]], views)
        numbers = names.labelled(names.labelled(numbers, "first", codebook), "second", codebook)
        return Rendering(markup.table(id, caption, columns, rows) + notes, numbers, withheld)

    return Part(id, "table", draw)


def _with_spread(frame: pd.DataFrame, views: Sequence[Spread]) -> pd.DataFrame:
    """Put beside each row in how many conversations, as far as a reader may know."""
    return frame.assign(
        spread=[view.word for view in views],
        n=[math.nan if view.n is None else view.n for view in views],
        n_of=[math.nan if view.n_of is None else view.n_of for view in views],
    )


def _pair(row: Any, view: Spread, codebook: Codebook, labels: Labels, limits: Limits, *, exact: bool) -> Row:
    cells: list[str | Cell] = [names.code(codebook, code, labels) for code in (row.first, row.second)]
    cells.append(names.spread(view, labels))
    if not exact:
        return cells
    if not limits.shows(row.n12):
        return [*cells, *[markup.withheld(labels["withheld"])] * 4]
    shares = (row.c, row.p_second_given_first, row.p_first_given_second)
    together = labels.say("x_of_y", n=labels.number(row.n12), n_of=labels.number(row.n1 + row.n2 - row.n12))
    return [*cells, *(labels.number(share, 2) for share in shares), together]


def three_counts(
    counts: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    id: str = "three-counts",  # noqa: A002
) -> Part:
    """Tell in how many conversations each code stands; the research team also sees segments and coverage.

    Talkative people and fine coding give many segments: only conversations say how widely something is
    shared. For an appendix.

    Parameters
    ----------
    counts
        What :func:`counts.three_counts` gave for the conversations of one site, or of all.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        used = counts[counts["n_sources"] > 0]
        if used.empty or int(used["n_of"].iloc[0]) < limits.conversations:
            return Rendering(markup.absent(labels["absent.no_counts"]))
        columns = [Column(labels["codebook.codes"]), Column(labels["ratings.spread"])]
        exact = audience == "internal"
        if exact:
            columns += [
                Column(labels["counts.segments"], numbers=True),
                Column(labels["counts.coverage"], numbers=True),
            ]
        rows: list[Row] = []
        views = []
        for row in used.itertuples(index=False):
            view = disclosure.conversations(int(row.n_sources), int(row.n_of), limits)
            views.append(view)
            cells: list[str | Cell] = [names.code(codebook, row.code, labels), names.spread(view, labels)]
            if exact:
                enough = limits.shows(row.n_segments)
                cells.append(labels.number(row.n_segments) if enough else markup.withheld(labels["withheld"]))
                cells.append("" if math.isnan(row.coverage) else _share(row.coverage, labels))
            rows.append(cells)
        frame = _with_spread(used[["code"]], views)
        html = markup.table(id, labels["counts.caption"], columns, rows) + markup.note(labels["counts.note"])
        return Rendering(html, names.labelled(frame, "code", codebook))

    return Part(id, "table", draw)


def _share(share: float, labels: Labels) -> str:
    """Write a small share with one decimal."""
    mark = "\N{NO-BREAK SPACE}%" if labels.language == "nl" else "%"
    return f"{labels.number(100 * share, 1)}{mark}"


def saturation(
    found: Saturation,
    *,
    study: Study,
    site: str | None = None,
    id: str = "saturation",  # noqa: A002
) -> Part:
    """Say whether later conversations still brought new codes, in the order of dates and in random orders.

    Parameters
    ----------
    found
        What :func:`saturation.saturation` gave.
    site
        One site, or nothing for all sites together and apart.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        units = [site] if site else [ALL, *study.site_ids]
        summary = found.summary.set_index("site")
        shown = [unit for unit in units if unit in summary.index]
        if not shown or not summary.loc[shown, "n_codes"].any():
            return Rendering(markup.absent(labels["absent.no_saturation"]))
        rows = [
            [
                names.site(study, unit, labels),
                said(found, unit, limits, labels),
                _in_random_orders(summary.loc[unit], labels),
            ]
            for unit in shown
        ]
        columns = [Column(labels[f"site_word.{study.site_word}"]), Column(labels["saturation.observed"])]
        columns.append(Column(labels["saturation.random"]))
        rule = summary.loc[shown[0]]
        note = labels.say(
            "saturation.note",
            base=labels.number(rule["base"]),
            run=labels.number(rule["run"]),
            threshold=labels.percent(rule["threshold"]),
        )
        html = markup.table(id, labels["saturation.caption"], columns, rows) + markup.note(note)
        numbers = summary.loc[shown].reset_index()[["site", "state", "p_not_reached_random"]]
        rounded = numbers.assign(
            p_not_reached_random=numbers["p_not_reached_random"].map(disclosure.hundredths)
        )
        return Rendering(html, names.named(rounded, study))

    return Part(id, "table", draw)


def said(found: Saturation, unit: str, limits: Limits, labels: Labels) -> str:
    """Say in one sentence what the order of dates shows for a site, or for all."""
    row = found.summary.set_index("site").loc[unit]
    if row["state"] == "not_assessable":
        short = row["n_sources"] < row["base"] + row["run"]
        return labels["saturation.too_few" if short else "saturation.no_base"]
    if row["state"] == "not_reached":
        return labels["saturation.not_reached"]
    after = int(str(row["reached_at"]).partition("+")[0])
    few = not (limits.shows(after) and limits.shows(row["n_sources"]))
    if few and limits.audience != "internal":
        return labels["saturation.reached_word"]
    window = found.windows[(found.windows["site"] == unit) & (found.windows["after"] == after)].iloc[0]
    values = {"after": labels.number(after), "run": labels.number(row["run"])}
    if row["n_codes_base"] < limits.percent_base:
        return labels.say("saturation.reached_few", **values)
    return labels.say("saturation.reached", share=labels.percent(window["share"]), **values)


def _in_random_orders(row: pd.Series, labels: Labels) -> str:
    if math.isnan(row["p_not_reached_random"]):
        return labels["page_none"]
    share = labels.percent(disclosure.hundredths(row["p_not_reached_random"]))
    return labels.say("saturation.not_reached_random", share=share, n=labels.number(row["n_orders"]))


def frame_coverage(
    coverage: pd.DataFrame,
    *,
    study: Study,
    site: str | None = None,
    id: str = "frame-coverage",  # noqa: A002
) -> Part:
    """Tell how many codes of a frame that was fixed beforehand came up at all.

    Parameters
    ----------
    coverage
        What :func:`saturation.frame_coverage` gave.
    site
        One site, or nothing for all sites together and apart.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        units = [site] if site else [ALL, *study.site_ids]
        mine = coverage.set_index("site")
        shown = [unit for unit in units if unit in mine.index]
        enough = [unit for unit in shown if mine.loc[unit, "n_sources"] >= limits.conversations]
        if not enough:
            return Rendering(markup.absent(labels["absent.no_counts"]))
        rows: list[Row] = []
        for unit in shown:
            row = mine.loc[unit]
            used = labels.say("x_of_y", n=labels.number(row["n_used"]), n_of=labels.number(row["n_codes"]))
            cell = used if unit in enough else markup.withheld(labels["mentions.too_few"])
            rows.append([names.site(study, unit, labels), cell])
        columns = [Column(labels[f"site_word.{study.site_word}"]), Column(labels["frame.used"])]
        html = markup.table(id, labels["frame.caption"], columns, rows) + markup.note(labels["frame.note"])
        numbers = mine.loc[enough].reset_index()[["site", "n_used", "n_codes"]]
        withheld = tuple(Withheld("too_few_conversations", unit) for unit in shown if unit not in enough)
        return Rendering(html, names.named(numbers, study), withheld)

    return Part(id, "table", draw)
