"""Sentences about change: after the training, never because of it; each with its interval and its people."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names, released_measuring
from casestudy.reporting.disclosure import Withheld
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL
from casestudy.reporting.tables.attrition import shown_leavers
from casestudy.reporting.tables.change import is_silent, shown_change
from casestudy.reporting.tables.reliable_change import share_up, shown_reliable
from casestudy.reporting.tables.response_shift import shown_shift
from casestudy.reporting.tables.waves import shown_waves
from casestudy.study import Audience, Study

ROUNDING_STEP = 0.1
SILENT = ("hidden", "absent")
MOVED = ("up", "down")


def change(
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "change-sentences",  # noqa: A002
) -> Part:
    """One sentence per scale: change after the training, never an effect of it.

    Where the estimate with those who were there only once differs, that is said too.

    Parameters
    ----------
    change
        The change frame.
    site
        One site, or nothing for all sites together.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = shown_change(change, study, site, disclosure.limits(study, audience))
        mine = _of(view.frame, site)
        shown = mine[~mine["state"].isin(SILENT)]
        said = [
            " ".join([change_sentence(row, study, instrument, labels), *_other_estimates(row, labels)])
            for row in shown.itertuples(index=False)
        ]
        if said:  # else the figure below says why
            said += _together(mine, "sentence.", SILENT, instrument, labels)
        html = markup.bullets(said) if said else Markup("")
        html += markup.note(
            labels["sentence.note_described"] if (shown["state"] == "described").any() else "",
            labels["sentence.interval_note"] if shown["lo"].notna().any() else "",
        )
        return Rendering(html, names.named(mine, study), _about(view.withheld, site))

    return Part(id, "text", draw)


def change_sentence(row: Any, study: Study, instrument: Instrument, labels: Labels) -> str:
    """Say one row of shown change as a sentence, with its interval and the number of people."""
    return labels.say(
        f"sentence.{row.state}",
        scale=names.scale(instrument, row.scale, labels),
        on=names.scale_words(instrument, row.scale, labels),
        **_numbers(row, study, labels),
        people=_people(row, labels),
    )


def _together(
    rows: pd.DataFrame,
    family: str,
    states: Iterable[str],
    instrument: Instrument,
    labels: Labels,
    **said: str,
) -> list[str]:
    """Say once per state of which scales it holds, instead of the same sentence for each of them."""
    told = []
    for state in states:
        scales = rows.loc[rows["state"] == state, "scale"]
        if len(scales):
            named = _scales(scales, instrument, labels)
            told.append(labels.say(f"{family}{state}", scales=named, **said))
    return told


def _scales(ids: Iterable[str], instrument: Instrument, labels: Labels) -> str:
    """Name scales as a list, each between quotation marks."""
    return labels.list(labels.say("quote.name", name=names.scale(instrument, id_, labels)) for id_ in ids)


def _of(frame: pd.DataFrame, site: str | None) -> pd.DataFrame:
    return frame[frame["site"] == (site or ALL)].reset_index(drop=True)


def _about(withheld: Iterable[Withheld], site: str | None) -> tuple[Withheld, ...]:
    return tuple(w for w in withheld if (site or ALL) in w.place.split(" x "))


def _numbers(row: Any, study: Study, labels: Labels) -> dict[str, str]:
    """Give the difference with and without its sign, and its interval; of a fall, that of the fall."""
    size, ends = abs(row.diff), sorted((abs(row.lo), abs(row.hi))) if not math.isnan(row.lo) else ()
    return {
        "size": labels.number(size, 1) if size else labels.say("below", n=labels.number(ROUNDING_STEP, 1)),
        "diff": labels.signed(row.diff, 1),
        "confidence": labels.percent(study.thresholds.survey.confidence),
        "range": "–".join(labels.number(end, 1) for end in ends),
        "interval": names.interval(row.lo, row.hi, labels) if ends else "",
    }


def _people(row: Any, labels: Labels) -> str:
    if not math.isnan(row.n):
        return labels.say("sentence.people", n=labels.number(row.n))
    before, after = labels.number(row.n_before), labels.number(row.n_after)
    return labels.say("sentence.two_groups", before=before, after=after)


def _other_estimates(row: Any, labels: Labels) -> list[str]:
    """Say the estimates with those who were there once, where they differ by more than rounding does."""
    return [
        labels.say(f"sentence.{estimate}", diff=labels.signed(getattr(row, estimate), 1))
        for estimate in ("model_diff", "overlap_diff")
        if abs(getattr(row, estimate) - row.diff) > 1.5 * ROUNDING_STEP
    ]


def waves(
    contrasts: pd.DataFrame,
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "waves-sentences",  # noqa: A002
) -> Part:
    """Which scores were kept, under a heading of its own; that one was, only where the contrast says so.

    A score that rose or fell gets its numbers; of the others the figure below has them.

    Parameters
    ----------
    contrasts, change
        The contrasts between three waves, and the change frame of the compared ones.
    site
        One site, or nothing for all sites together.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_waves(contrasts, change, study, site, limits)
        mine = _of(view.frame, site)
        kept = mine[mine["contrast"] == "retention"]
        quiet = kept["diff"].isna().all() and is_silent(change, study, site, limits)
        html = Markup("") if quiet else heading("waves", labels)
        if kept["diff"].notna().any():  # else the figure below says why
            html += Markup("\n") + markup.bullets(_kept(kept, study, instrument, labels))
        return Rendering(html, None, _about(view.withheld, site))

    return Part(id, "text", draw)


def heading(family: str, labels: Labels) -> Markup:
    """Give the heading of what a part says within a section."""
    return Markup("<h3>{}</h3>").format(labels[f"{family}.heading"])


def _kept(kept: pd.DataFrame, study: Study, instrument: Instrument, labels: Labels) -> list[str]:
    """Say per state which scores were kept; what rose or fell with its numbers."""
    first = kept.iloc[0]
    waves = {end: names.wave(study, first[end], labels) for end in ("before", "after")}
    state = kept["state"].mask(kept["retained"].astype(bool) & ~kept["state"].isin(MOVED), "retained")
    rows = kept.assign(state=state)
    moved = [
        labels.say(
            f"waves.sentence_{row.state}",
            scale=names.scale(instrument, row.scale, labels),
            **waves,
            **_numbers(row, study, labels),
            people=labels.say("sentence.people", n=names.band(row.n_low, row.n_high, labels)),
        )
        for row in rows[rows["state"].isin(MOVED)].itertuples(index=False)
    ]
    others = ("retained", "none", "unclear", "described", "hidden")
    return (
        _together(rows, "waves.sentence_", others[:1], instrument, labels, **waves)
        + moved
        + _together(rows, "waves.sentence_", others[1:], instrument, labels, **waves)
    )


def attrition(
    leavers: pd.DataFrame,
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "attrition-sentences",  # noqa: A002
) -> Part:
    """Whether those who stayed differed before from those who left, per scale, in words.

    Parameters
    ----------
    leavers, change
        Who stayed and who left between the compared waves, and the change between them.
    site
        One site, or nothing for all sites together.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = shown_leavers(leavers, change, study, site, disclosure.limits(study, audience))
        mine = _of(view.frame, site)
        said = [
            labels.say(
                f"attrition.sentence_{row.state}",
                scale=names.scale(instrument, row.scale, labels),
                stayed=labels.number(row.m_stayed, 1),
                left=labels.number(row.m_left, 1),
            )
            for row in mine[mine["state"].isin(["higher", "lower"])].itertuples(index=False)
        ]
        said += _together(mine, "attrition.sentence_", ("unclear", "described"), instrument, labels)
        html = markup.bullets(said) if said else Markup("")  # the table below says why
        return Rendering(html, None, _about(view.withheld, site))

    return Part(id, "text", draw)


def response_shift(
    shift: pd.DataFrame,
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "response-shift-sentences",  # noqa: A002
) -> Part:
    """How people judge their start in hindsight, and what that does to the change.

    Parameters
    ----------
    shift, change
        The judgement in hindsight beside the earlier one, and the change between the compared waves.
    site
        One site, or nothing for all sites together.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_shift(shift, change, study, site, limits)
        mine = _of(view.frame, site)
        said = [
            labels.say(
                f"shift.sentence_{row.state}",
                scale=names.scale(instrument, row.scale, labels),
                size=labels.number(abs(row.shift), 1),
                diff=labels.signed(row.diff, 1),
                diff_then=labels.signed(row.diff_then, 1),
            )
            for row in mine[mine["shift"].notna()].itertuples(index=False)
        ]
        quiet = not said and is_silent(change, study, site, limits)
        html = Markup("") if quiet else heading("shift", labels)
        if said:  # else the table below says why
            html += Markup("\n") + markup.paragraphs(labels["shift.intro"]) + markup.bullets(said)
        return Rendering(html, None, _about(view.withheld, site))

    return Part(id, "text", draw)


def reliable_change(
    counts: pd.DataFrame,
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "reliable-change-sentences",  # noqa: A002
) -> Part:
    """How many people went up by more than the error of measuring, per scale.

    Parameters
    ----------
    counts, change
        How many people changed beyond error, and the change between the compared waves.
    site
        One site, or nothing for all sites together.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = shown_reliable(counts, change, study, site, disclosure.limits(study, audience))
        mine = _of(view.frame, site)
        told = mine[~mine["form"].isin(SILENT)]
        said = "; ".join(_beyond_error(row, instrument, labels) for row in told.itertuples(index=False))
        html = markup.paragraphs(labels.say("reliable.sentence", scales=said)) if said else Markup("")
        html += markup.note(*(labels[f"reliable.sentence_{source}"] for source in told["source"].unique()))
        return Rendering(html, None, _about(view.withheld, site))

    return Part(id, "text", draw)


def _beyond_error(row: Any, instrument: Instrument, labels: Labels) -> str:
    form = row.form if row.form in ("three", "word") else "two"
    n_of, down = ("" if math.isnan(x) else labels.number(x) for x in (row.n, row.n_down))
    some = names.proportion(share_up(row), labels)
    scale = names.scale(instrument, row.scale, labels)
    return labels.say(f"reliable.told_{form}", scale=scale, some=some, n_of=n_of, down=down)


def site_differences(
    differ: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    id: str = "site-differences-sentences",  # noqa: A002
) -> Part:
    """Whether change differs between sites by more than chance gives; no site is named.

    Parameters
    ----------
    differ
        The tests over sites, one row per scale.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = released_measuring.differ(differ, disclosure.limits(study, audience))
        level = 1 - study.thresholds.survey.confidence
        shown = view.frame[view.frame["state"] == "shown"]
        kinds = shown["p"].lt(level).map({True: "more", False: "chance"}).rename("kind")
        said = [
            labels.say(
                f"differ.sentence_{kind}",
                scales=_scales(rows["scale"], instrument, labels),
                n_sites=labels.number(n_sites),
                sites=labels[f"site_words.{study.site_word}"],
            )
            for (kind, n_sites), rows in shown.groupby([kinds, "n_sites"], sort=False)
        ]
        html = markup.bullets(said) if said else Markup("")  # the table below says why
        return Rendering(html, None, view.withheld)

    return Part(id, "text", draw)
