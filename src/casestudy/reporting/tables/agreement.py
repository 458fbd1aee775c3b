"""How far coders agreed on each code, and which codes are to be read with care."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.findings.coder_agreement import Rules
from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.disclosure import Limits
from casestudy.reporting.markup import Cell, Column
from casestudy.reporting.parts import Part, Rendering
from casestudy.study import Audience, Study

TENTATIVE = "†"
SIGNS = {"ok": "✓", "tentative": TENTATIVE, "insufficient": "✗", "too_few": "○"}
RELEASED = ["code", "version", "unit", "alpha", "alpha_lo", "alpha_hi", "ac1", "verdict"]


def agreement(
    table: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    rules: Rules | None = None,
    id: str = "agreement",  # noqa: A002
) -> Part:
    """Alpha with its interval per code, AC1 beside it, and a verdict in a sign and words.

    Codes with too few instances are named below the table. Coders are never named, and few sources are told
    in words.

    Parameters
    ----------
    table
        What ``findings.coder_agreement.of_round`` gave; without rows when nothing was coded twice.
    rules
        The thresholds that the verdicts rest on.
    """
    used = rules or Rules()

    def draw(labels: Labels, audience: Audience) -> Rendering:
        if table.empty:
            return Rendering(markup.absent(labels["absent.no_agreement"]))
        limits = disclosure.limits(study, audience)
        ordered = _ordered(table, codebook)
        judged = ordered[ordered["verdict"] != "too_few"]
        html = markup.paragraphs(_how(ordered, limits, labels), _summary(ordered, used, labels))
        if len(judged):
            html += Markup("\n") + _shown(id, judged, codebook, labels)
        unsaid = ordered.loc[ordered["verdict"] == "too_few", "code"]
        few = labels.list(_label(codebook, code, labels) for code in unsaid)
        html += markup.note(labels["agreement.note"] if len(judged) else "")
        if few:
            title = labels.say("agreement.few", n=labels.number(used.min_positives))
            html += Markup("\n") + markup.folded(title, markup.paragraphs(f"{few}."))
        known = judged[judged["code"].isin([code.id for code in codebook.codes])]
        numbers = known[RELEASED].reset_index(drop=True).round(2)
        return Rendering(html, names.labelled(numbers, "code", codebook))

    return Part(id, "table", draw)


def _ordered(table: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    place = {code.id: number for number, code in enumerate(codebook.codes)}
    keys = table["code"].map(lambda code: place.get(code, len(place)))
    return table.assign(_place=keys).sort_values(["_place", "code"], ignore_index=True).drop(columns="_place")


def _label(codebook: Codebook, code: str, labels: Labels) -> str:
    """Give the label of a code, or its id when only an earlier codebook had it."""
    return names.code(codebook, code, labels) if code in codebook else code


def _how(table: pd.DataFrame, limits: Limits, labels: Labels) -> str:
    n_sources, n_coders = int(table["n_sources"].iloc[0]), int(table["n_coders"].iloc[0])
    sources = labels["agreement.sources_few"]
    if limits.shows(n_sources):
        sources = labels.say("agreement.sources", n=labels.number(limits.count(n_sources)))
    return labels.say(
        "agreement.how",
        coders=labels.number(n_coders),
        sources=sources,
        version=table["version"].iloc[0],
        n=labels.number(limits.count(int(table["n_units"].max()))),
        units=labels[f"agreement.unit.{table['unit'].iloc[0]}"],
    )


def _summary(table: pd.DataFrame, rules: Rules, labels: Labels) -> str:
    n_of = {verdict: int((table["verdict"] == verdict).sum()) for verdict in SIGNS}
    said = {verdict: labels.number(n) for verdict, n in n_of.items()}
    return labels.say(
        "agreement.summary",
        n_of=labels.number(len(table)),
        threshold=labels.number(rules.ok, 2),
        **said,
    )


def _shown(id: str, judged: pd.DataFrame, codebook: Codebook, labels: Labels) -> Markup:  # noqa: A002
    columns = [
        Column(labels["codebook.codes"]),
        Column(labels["agreement.alpha"], numbers=True),
        Column(labels["agreement.ac1"], numbers=True),
        Column(labels["agreement.verdict"]),
    ]
    rows = [_row(row, codebook, labels) for row in judged.itertuples(index=False)]
    return markup.table(id, labels["agreement.caption"], columns, rows)


def _row(row: Any, codebook: Codebook, labels: Labels) -> list[str | Cell]:
    alpha = labels.number(row.alpha, 2)
    if not math.isnan(row.alpha_lo):
        lo, hi = labels.number(row.alpha_lo, 2), labels.number(row.alpha_hi, 2)
        alpha = labels.say("with_range", value=alpha, lo=lo, hi=hi)
    return [
        _label(codebook, row.code, labels),
        alpha,
        labels.number(row.ac1, 2),
        f"{SIGNS[row.verdict]} {labels[f'agreement.verdict.{row.verdict}']}",
    ]
