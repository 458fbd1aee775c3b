"""Sentences about change: after the training, never because of it; each with its interval and its people."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names, released, released_measuring
from casestudy.reporting.disclosure import Withheld
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL
from casestudy.reporting.tables.attrition import shown_leavers
from casestudy.reporting.tables.change import shown_change
from casestudy.reporting.tables.reliable_change import share_up, shown_reliable
from casestudy.reporting.tables.response_shift import shown_shift
from casestudy.reporting.tables.survey import view_of_share
from casestudy.reporting.tables.waves import shown_waves
from casestudy.study import Audience, Study

ROUNDING_STEP = 0.1
MOST_CONTRIBUTIONS = 3
SILENT = ("hidden", "absent")


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
        said = [
            " ".join([change_sentence(row, study, instrument, labels), *_other_estimates(row, labels)])
            for row in mine.itertuples(index=False)
        ]
        html = markup.bullets(said) if said else Markup("")  # the figure below says why
        if mine["lo"].notna().any():
            html += markup.note(labels["sentence.interval_note"])
        return Rendering(html, names.named(mine, study), _about(view.withheld, site))

    return Part(id, "text", draw)


def change_sentence(row: Any, study: Study, instrument: Instrument, labels: Labels) -> str:
    """Say one row of released change as a sentence, with its interval and the number of people."""
    scale = names.scale(instrument, row.scale, labels)
    return labels.say(
        f"sentence.{row.state}",
        scale=scale,
        on=names.scale_words(instrument, row.scale, labels),
        **_numbers(row, study, labels),
        people="" if row.state in SILENT else _people(row, labels),
    )


def _of(frame: pd.DataFrame, site: str | None) -> pd.DataFrame:
    return frame[frame["site"] == (site or ALL)].reset_index(drop=True)


def _about(withheld: Iterable[Withheld], site: str | None) -> tuple[Withheld, ...]:
    return tuple(w for w in withheld if (site or ALL) in w.place.split(" x "))


def _numbers(row: Any, study: Study, labels: Labels) -> dict[str, str]:
    """Give the difference with and without its sign, and its interval; of a fall, that of the fall."""
    if row.state in SILENT:
        return {}
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
    """One sentence per scale about what was kept; that it was is said only where the contrast says so.

    Parameters
    ----------
    contrasts, change
        The contrasts between three waves, and the change frame of the compared ones.
    site
        One site, or nothing for all sites together.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = shown_waves(contrasts, change, study, site, disclosure.limits(study, audience))
        mine = _of(view.frame, site)
        kept = mine[(mine["contrast"] == "retention") & (mine["state"] != "absent")]
        said = [_kept(row, study, instrument, labels) for row in kept.itertuples(index=False)]
        html = markup.bullets(said) if said else Markup("")  # the figure below says why
        if kept["lo"].notna().any():
            html += markup.note(labels["sentence.interval_note"])
        return Rendering(html, None, _about(view.withheld, site))

    return Part(id, "text", draw)


def _kept(row: Any, study: Study, instrument: Instrument, labels: Labels) -> str:
    before, after = (names.wave(study, wave, labels) for wave in (row.before, row.after))
    shown = {} if row.state == "hidden" else {"people": labels.say("sentence.people", n=_band(row, labels))}
    return labels.say(
        f"waves.sentence_{'retained' if row.retained else row.state}",
        scale=names.scale(instrument, row.scale, labels),
        before=before,
        after=after,
        **_numbers(row, study, labels),
        **shown,
    )


def _band(row: Any, labels: Labels) -> str:
    return labels.number(row.n) if math.isnan(row.n_low) else names.band(row.n_low, row.n_high, labels)


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
            for row in mine[mine["m_left"].notna()].itertuples(index=False)
        ]
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
        view = shown_shift(shift, change, study, site, disclosure.limits(study, audience))
        mine = _of(view.frame, site)
        said = [
            labels.say(
                f"shift.sentence_{row.state}",
                scale=names.scale(instrument, row.scale, labels),
                size=labels.number(abs(row.shift), 1),
                shift=labels.signed(-row.shift, 1),
                diff=labels.signed(row.diff, 1),
                diff_then=labels.signed(row.diff_then, 1),
            )
            for row in mine[mine["shift"].notna()].itertuples(index=False)
        ]
        html = markup.bullets(said) if said else Markup("")  # the table below says why
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
        said = [_beyond_error(row, instrument, labels) for row in told.itertuples(index=False)]
        html = markup.bullets(said) if said else Markup("")  # the table below says why
        html += markup.note(*(labels[f"reliable.sentence_{source}"] for source in told["source"].unique()))
        return Rendering(html, None, _about(view.withheld, site))

    return Part(id, "text", draw)


def _beyond_error(row: Any, instrument: Instrument, labels: Labels) -> str:
    form = row.form if row.form in ("three", "word") else "two"
    n, n_of, down = ("" if math.isnan(x) else labels.number(x) for x in (row.n_up, row.n, row.n_down))
    some = names.proportion(share_up(row), labels)
    scale = names.scale(instrument, row.scale, labels)
    return labels.say(f"reliable.sentence_{form}", scale=scale, some=some, n=n, n_of=n_of, down=down)


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
        said = [
            labels.say(
                f"differ.sentence_{'more' if row.p < level else 'chance'}",
                scale=names.scale(instrument, row.scale, labels),
                n_sites=labels.number(row.n_sites),
                sites=labels[f"site_words.{study.site_word}"],
                eps2=labels.number(row.eps2, 2),
                eps2_null=labels.number(row.eps2_null, 2),
            )
            for row in view.frame[view.frame["state"] == "shown"].itertuples(index=False)
        ]
        html = markup.bullets(said) if said else Markup("")  # the table below says why
        return Rendering(html, None, view.withheld)

    return Part(id, "text", draw)


def contribution(
    attribution: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    site: str | None = None,
    id: str = "contribution-sentences",  # noqa: A002
) -> Part:
    """Components that professionals name most often, each with the skill and the number of people.

    Parameters
    ----------
    attribution
        The attribution frame.
    site
        One site, or nothing for all sites together.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = released.attribution(attribution, disclosure.limits(study, audience), unit=site or ALL)
        told = view.frame[view.frame["share"].notna()].sort_values("share", ascending=False, kind="stable")
        said = [
            labels.say(
                f"attribution.sentence_{row.form}",
                skill=names.code(codebook, row.skill, labels),
                component=names.code(codebook, row.component, labels),
                some=names.proportion(view_of_share(row), labels)
                if row.form == "percent"
                else labels.number(row.n),
                n_of=labels.number(row.n_of),
            )
            for row in told.head(MOST_CONTRIBUTIONS).itertuples(index=False)
        ]
        html = markup.bullets(said) if said else Markup("")  # the figure below says why
        return Rendering(html, None, view.withheld)

    return Part(id, "text", draw)
