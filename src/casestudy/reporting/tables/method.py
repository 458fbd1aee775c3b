"""How it was done: suggestions and their quality, thresholds, the codebook, and why a part is empty."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook, Family
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.disclosure import Withheld
from casestudy.reporting.markup import Cell, Column
from casestudy.reporting.parts import Part, Rendering
from casestudy.study import Audience, Study

REASONS = (
    "no_sources",
    "no_ratings",
    "no_survey",
    "no_comparison",
    "no_practice",
    "no_attribution",
    "no_quotes",
    "no_decisions",
    "no_joint",
    "no_suggestions",
)


def suggestions(
    evaluation: pd.DataFrame,
    codings: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    id: str = "suggestions",  # noqa: A002
) -> Part:
    """How good automatic suggestions were, and which share of the confirmed codings began as one.

    Parameters
    ----------
    evaluation
        What ``findings.suggestions.evaluate`` gave.
    codings
        All codings; those confirmed are counted.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        enough = evaluation[(evaluation["note"] != "few") & evaluation["precision"].notna()]
        if evaluation.empty and not codings["derived_from"].notna().any():
            return Rendering(markup.absent(labels["absent.no_suggestions"]))
        few = [code for code in evaluation["code"] if code not in set(enough["code"])]
        html = markup.paragraphs(_began(codings, limits, labels))
        if len(enough):
            titles = ("precision", "recall", "kappa", "gate")
            columns = [Column(labels["factor"])]
            columns += [Column(labels[f"suggestions.{title}"], numbers=title != "gate") for title in titles]
            rows = [_suggestion_row(row, codebook, labels) for row in enough.itertuples(index=False)]
            html += Markup("\n") + markup.table(id, labels["suggestions.caption"], columns, rows)
        said = [labels["suggestions.note"]]
        if few:
            codes = labels.list(names.code(codebook, code, labels) for code in few)
            said.append(labels.say("suggestions.few", codes=codes))
        columns_kept = [
            "code",
            *(f"{m}{end}" for m in ("precision", "recall", "kappa") for end in ("", "_lo", "_hi")),
            "gate",
        ]
        numbers = enough[columns_kept].reset_index(drop=True).round(2)
        return Rendering(html + markup.note(*said), names.labelled(numbers, "code", codebook))

    return Part(id, "table", draw)


def _began(codings: pd.DataFrame, limits: disclosure.Limits, labels: Labels) -> str:
    confirmed = codings[(codings["status"] == "confirmed") & codings["kind"].isin(["human", "import"])]
    n, n_of = int(confirmed["derived_from"].notna().sum()), len(confirmed)
    if n_of < limits.percent_base:
        return labels["suggestions.no_share"]
    return labels.say("suggestions.share", share=labels.percent(disclosure.hundredths(n / n_of)))


def _suggestion_row(row: Any, codebook: Codebook, labels: Labels) -> list[str | Cell]:
    return [
        names.code(codebook, row.code, labels),
        _with_range(row.precision, row.precision_lo, row.precision_hi, labels),
        _with_range(row.recall, row.recall_lo, row.recall_hi, labels),
        "–" if math.isnan(row.kappa) else labels.number(row.kappa, 2),
        labels[f"suggestions.gate.{row.gate}"],
    ]


def _with_range(value: float, lo: float, hi: float, labels: Labels) -> str:
    if math.isnan(value):
        return "–"
    if math.isnan(lo):
        return labels.percent(value)
    return labels.say("with_range", value=labels.percent(value), lo=labels.percent(lo), hi=labels.percent(hi))


def placement(reviewed: pd.DataFrame, *, study: Study, id: str = "placement") -> Part:  # noqa: A002
    """Say which codings count after a transcript was corrected, and which wait for a person.

    Parameters
    ----------
    reviewed
        ``state`` and ``n``, as ``frames.reviewed`` gives them; of several sites below each other.
    """
    counts = reviewed.groupby("state")["n"].sum()
    n_of = {state: int(counts.get(state, 0)) for state in ("moved", "changed", "ask", "orphaned", "lost")}

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        is_exact = audience == "internal"
        if not any(n_of.values()):
            return Rendering(markup.paragraphs(labels["placement.none"]))
        said = [
            labels.say(
                f"placement.{state}",
                n=labels.number(n) if is_exact or limits.shows(n) else labels["placement.few"],
            )
            for state, n in n_of.items()
            if n
        ]
        return Rendering(markup.paragraphs(labels["placement.some"]) + markup.bullets(said))

    return Part(id, "text", draw)


def thresholds(*, study: Study, id: str = "thresholds") -> Part:  # noqa: A002
    """Every threshold this study used, and who signed for a weaker one."""

    def draw(labels: Labels, audience: Audience) -> Rendering:  # noqa: ARG001
        groups, rows = [], []
        for group in ("rating", "survey", "machine", "disclosure"):
            values = getattr(study.thresholds, group).model_dump()
            body = [
                [labels[f"threshold.{group}.{name}"], _value(value, labels)] for name, value in values.items()
            ]
            groups.append((labels[f"threshold.{group}"], body))
            rows += [(f"{group}.{name}", float(value)) for name, value in values.items()]
        columns = [Column(labels["threshold.rule"]), Column(labels["threshold.value"], numbers=True)]
        html = markup.table(id, labels["threshold.caption"], columns, groups, grouped=True)
        signed = [
            labels.say(
                "threshold.signed",
                rule=labels[f"threshold.disclosure.{line.threshold}"],
                value=labels.number(line.value),
                when=labels.day(line.when),
                why=line.why,
            )
            for line in study.thresholds.signed
        ]
        frame = pd.DataFrame(rows, columns=["threshold", "value"])
        return Rendering(html + markup.note(*signed), frame)

    return Part(id, "table", draw)


def _value(value: float, labels: Labels) -> str:
    return labels.number(value) if float(value).is_integer() else labels.number(value, 2)


def codebook(
    codebook: Codebook,
    *,
    study: Study,  # noqa: ARG001
    family: Family = "factor",
    id: str = "codebook",  # noqa: A002
) -> Part:
    """Give the codes of one family that are in use, with what they mean."""

    def draw(labels: Labels, audience: Audience) -> Rendering:  # noqa: ARG001
        rows = [
            [code.label[labels.language], _definition(code.definition, labels)]
            for code in codebook.codes
            if code.family == family and code.active
        ]
        columns = [Column(labels["codebook.code"]), Column(labels["codebook.definition"])]
        caption = labels.say(f"codebook.caption.{family}", version=codebook.version)
        return Rendering(markup.table(id, caption, columns, rows))

    return Part(id, "table", draw)


def _definition(definition: Any, labels: Labels) -> str | Markup:
    """Give the definition in the reader's language, or in Dutch and marked as such."""
    if labels.language == "en" and not definition.en:
        return Markup('<span lang="nl">{}</span>').format(definition.nl)
    return str(definition.en if labels.language == "en" else definition.nl)


def absent(reason: str, *, id: str) -> Part:  # noqa: A002
    """Say why a part is empty, instead of leaving it out in silence.

    Parameters
    ----------
    reason
        ``no_sources no_ratings no_survey no_comparison no_practice no_attribution no_quotes no_decisions
        no_joint no_suggestions``.
    """
    if reason not in REASONS:
        raise ValueError(f"a reason must be one of {REASONS}, found `{reason}`")

    def draw(labels: Labels, audience: Audience) -> Rendering:  # noqa: ARG001
        return Rendering(markup.absent(labels[f"absent.{reason}"]), None, (Withheld(reason, id),))

    return Part(id, "text", draw)
