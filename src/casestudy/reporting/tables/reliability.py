"""How far the items of a scale measure one thing: alpha and omega per scale and wave."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.disclosure import Withheld
from casestudy.reporting.markup import Cell, Column, Row
from casestudy.reporting.parts import Part, Rendering
from casestudy.study import Audience, Study

COEFFICIENTS = ["alpha", "lo", "hi", "omega", "omega_lo", "omega_hi"]
RELEASED = ["scale", "wave", *COEFFICIENTS, "n_items"]
NO_OMEGA = ("heywood", "no_omega", "few")
LOW = "below_60"


def reliability(
    reliability: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    item_rest: pd.DataFrame | None = None,
    id: str = "reliability",  # noqa: A002
) -> Part:
    """Cronbach's alpha and omega total per scale and wave, with their intervals.

    People are not counted here: beside the exact number who filled in two waves, those of single waves would
    tell how few left, joined or skipped a question. Another table has them in bands. What rests on so few
    people that it is only indicative has one decimal: from alpha and its interval the number of people can be
    worked out, and with one decimal only roughly.

    Parameters
    ----------
    reliability
        One row per scale and wave: scale wave alpha lo hi omega omega_lo omega_hi n_draws_kept n n_items
        indicative note, as ``findings.scales.reliability`` gives it.
    item_rest
        scale item wave r n flag, as ``findings.scales.item_rest`` gives it. The research team is told which
        items do not go along with the others of their scale; nobody else is.
    """
    shelf = [scale.id for scale in instrument.scales] + [wave.id for wave in study.waves]

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        large = reliability["n"].map(limits.shows).astype(bool)
        hidden = reliability[~large].itertuples(index=False)
        withheld = tuple(Withheld("few_people", f"{row.scale} x {row.wave}") for row in hidden)
        shown = reliability[large].sort_values(["scale", "wave"], key=lambda ids: ids.map(shelf.index))
        if shown.empty:
            reason = "absent.no_survey" if not reliability["n"].gt(0).any() else "absent.too_few"
            return Rendering(markup.absent(labels[reason]), None, withheld)
        view = _released(shown)
        html = _table(id, view, study, instrument, labels)
        html += markup.note(*_notes(view, study, instrument, labels))
        if audience == "internal" and item_rest is not None:
            html += _strangers(item_rest, study, instrument, labels)
        return Rendering(html, view[RELEASED], withheld)

    return Part(id, "table", draw)


def _released(shown: pd.DataFrame) -> pd.DataFrame:
    """Round the coefficients as far as the number of people asks for."""
    view = shown.copy()
    places = [_decimals(indicative) for indicative in shown["indicative"]]
    for name in COEFFICIENTS:
        values = zip(shown[name].astype(float), places, strict=True)
        view[name] = [disclosure.decimal(value, digits) for value, digits in values]
    return view


def _decimals(indicative: object) -> int:
    return 1 if indicative else 2


def _table(
    id: str,  # noqa: A002
    view: pd.DataFrame,
    study: Study,
    instrument: Instrument,
    labels: Labels,
) -> Markup:
    heads = ("alpha", "interval", "omega", "omega_interval", "items")
    columns = [
        Column(labels["wave"]),
        *(Column(labels[f"reliability.{head}"], numbers=True) for head in heads),
    ]
    groups: dict[str, list[Row]] = {}
    for row in view.itertuples(index=False):
        cells = [
            _marked(row.alpha, row, labels),
            _range(row.lo, row.hi, row, labels),
            _marked(row.omega, row, labels),
            _range(row.omega_lo, row.omega_hi, row, labels),
            labels.number(row.n_items),
        ]
        scale = names.scale(instrument, row.scale, labels)
        groups.setdefault(scale, []).append([names.wave(study, row.wave, labels), *cells])
    return markup.table(id, labels["reliability.caption"], columns, list(groups.items()), grouped=True)


def _marked(value: float, row: Any, labels: Labels) -> str | Markup | Cell:
    """Write a coefficient, marked when it rests on few people; a dash where there is none."""
    if math.isnan(value):
        return markup.withheld("–")
    said = labels.number(value, _decimals(row.indicative))
    return (
        Markup("{} {}").format(said, markup.badge(labels["reliability.indicative"]))
        if row.indicative
        else said
    )


def _range(lo: float, hi: float, row: Any, labels: Labels) -> str | Cell:
    if math.isnan(lo) or math.isnan(hi):
        return markup.withheld("–")
    digits = _decimals(row.indicative)
    return labels.say("from_to", lo=labels.number(lo, digits), hi=labels.number(hi, digits))


def _notes(view: pd.DataFrame, study: Study, instrument: Instrument, labels: Labels) -> Iterator[str]:
    """Explain the coefficients, and say of which scales something must be known."""
    yield labels.say("reliability.note", n=labels.number(study.thresholds.survey.n_reliability))
    kept = view.loc[view["omega_lo"].notna(), "n_draws_kept"]
    if len(kept):
        yield labels.say("reliability.draws", n=labels.number(kept.min()))
    notes = view.assign(note=view["note"].fillna("").str.split())
    for key in NO_OMEGA:
        at = [row for row in notes.itertuples(index=False) if key in row.note]
        if at:
            scales = labels.list(
                labels.say(
                    "reliability.at",
                    scale=names.scale(instrument, row.scale, labels),
                    wave=names.wave(study, row.wave, labels),
                )
                for row in at
            )
            yield labels.say(f"reliability.{key}", scales=scales)
    low = notes.assign(low=[LOW in note for note in notes["note"]]).groupby("scale", sort=False)["low"]
    for key, told in (("below_60", low.all()), ("low_once", low.any() & ~low.all())):
        scales = labels.list(names.scale(instrument, scale, labels) for scale in told[told].index)
        if scales:
            yield labels.say(f"reliability.{key}", scales=scales)


def _strangers(item_rest: pd.DataFrame, study: Study, instrument: Instrument, labels: Labels) -> Markup:
    flagged = item_rest[item_rest["flag"].astype(bool)]
    if flagged.empty:
        return markup.note(labels["reliability.item_rest_none"])
    said = (
        labels.say(
            "reliability.item_rest_at",
            item=row.item,
            text=names.scale(instrument, row.item, labels),
            wave=names.wave(study, row.wave, labels),
        )
        for row in flagged.itertuples(index=False)
    )
    return Markup("\n<p>{}</p>\n{}").format(labels["reliability.item_rest"], markup.bullets(said))
