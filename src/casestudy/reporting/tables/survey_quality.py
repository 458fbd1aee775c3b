"""What a reader must know of the answers before reading them: room to rise, attention, and what was read."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.disclosure import Limits, Withheld
from casestudy.reporting.markup import Column, Row
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL
from casestudy.study import Audience, Study


def survey_quality(
    ceiling: pd.DataFrame,
    straight: pd.DataFrame,
    counts: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "survey-quality",  # noqa: A002
) -> Part:
    """Scales on which many stood near the top before; for the research team also what the answers are worth.

    Parameters
    ----------
    ceiling
        scale site n n_ceiling share limited, as ``findings.scales.ceiling`` gives it for the earlier wave.
    straight
        site wave n_respondents n_straight, as ``findings.scales.straight_lining`` gives it.
    counts
        place what n, as ``material.frames.counts`` gives it.
    site
        One site, or nothing for all sites together.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        mine = ceiling[ceiling["site"] == (site or ALL)]
        if mine.empty:
            return Rendering(Markup(""))  # the table of reliability says why
        small = [row.scale for row in mine.itertuples(index=False) if row.n < limits.percent_base]
        withheld = tuple(Withheld("few_people", f"{scale} x ceiling") for scale in small)
        html = markup.paragraphs(*_limited(mine, study, instrument, labels, limits))
        if audience == "internal":
            html += Markup("\n") + markup.paragraphs(*_straight(straight, study, labels, limits, site))
            html += _read(f"{id}-counts", counts, labels)
        return Rendering(html, None, withheld)

    return Part(id, "text", draw)


def _limited(
    mine: pd.DataFrame, study: Study, instrument: Instrument, labels: Labels, limits: Limits
) -> Iterator[str]:
    # Of fewer people, more or less than a quarter at the top is too narrow a range to tell.
    shown = mine[mine["n"] >= limits.percent_base]
    limited = shown[shown["limited"].astype(bool)]
    wave = names.wave(study, study.comparison.before, labels)
    for row in limited.itertuples(index=False):
        view = disclosure.proportion(float(row.n_ceiling), float(row.n), limits)
        scale = names.scale(instrument, row.scale, labels)
        if view.form == "percent":
            yield labels.say(
                "quality.ceiling_share", scale=scale, wave=wave, share=labels.percent(view.share)
            )
        else:
            yield labels.say("quality.ceiling", scale=scale, wave=wave)
    if limited.empty and len(shown):
        yield labels.say("quality.no_ceiling", wave=wave)


def _straight(
    straight: pd.DataFrame, study: Study, labels: Labels, limits: Limits, site: str | None
) -> Iterator[str]:
    """Say how many gave one answer to everything; few are not counted, nor that there was nobody."""
    mine = straight if site is None else straight[straight["site"] == site]
    order = [wave.id for wave in study.waves]
    totals = mine.groupby("wave")[["n_respondents", "n_straight"]].sum()
    for wave in sorted(totals.index, key=order.index):
        n = float(totals.loc[wave, "n_straight"])
        said = (
            labels.number(limits.count(n))
            if limits.shows(n)
            else labels.say("band.below", n=labels.number(limits.minimum))
        )
        yield labels.say("quality.straight", wave=names.wave(study, wave, labels), n=said)


def _read(id: str, counts: pd.DataFrame, labels: Labels) -> Markup:  # noqa: A002
    """List what was read and left out, file by file, in the words of the program that read it."""
    if counts.empty:
        return Markup("")
    columns = [
        Column(labels["quality.place"]),
        Column(labels["quality.what"]),
        Column(labels["quality.n"], numbers=True),
    ]
    rows: list[Row] = [
        [row.place, Markup('<span lang="en">{}</span>').format(row.what), labels.number(row.n)]
        for row in counts.itertuples(index=False)
    ]
    table = markup.table(id, labels["quality.counts"], columns, rows)
    return Markup("\n") + markup.folded(labels["quality.counts"], table)
