"""What interviews and survey say together: the joint display."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.decisions import Decision, Fit, MetaInference
from casestudy.material.guide import Guide, JointRow
from casestudy.reporting import disclosure, markup, names, quotes
from casestudy.reporting.disclosure import Limits, Withheld
from casestudy.reporting.markup import Cell, Column, Row
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.quotes import Quote
from casestudy.reporting.released import ALL, TOO_FEW, Released
from casestudy.reporting.tables.change import people, shown_change
from casestudy.reporting.tables.ratings import stale_note
from casestudy.study import Audience, Study

SILENT = ("silence_quant", "not_covered", "no_data", "too_few")
WEAK_PEOPLE, WEAK_CONVERSATIONS = 10, 3


def shown_joint(
    joint: pd.DataFrame,
    change: pd.DataFrame,
    proposed: pd.DataFrame,
    study: Study,
    guide: Guide,
    site: str | None,
    limits: Limits,
) -> Released:
    """Give the joint display an audience may see.

    When one strand is withheld, the label goes with it: ``agreement`` beside a known rating would tell the
    hidden change.

    Returns
    -------
    Released
        site row rating n diff lo hi state label weak stale; ``label`` is the settled label, empty when not
        settled, ``suppressed`` when a strand is withheld, ``too_few`` when a site has too few answers to
        test.
        ``stale`` rows have a rating that is shown and whose evidence has changed since it was settled.
    """
    survey = {
        (r.scale, r.site): r for r in shown_change(change, study, site, limits).frame.itertuples(index=False)
    }
    roles = {(r.site, r.code): _number(r.n_roles) for r in proposed.itertuples(index=False)}
    rows, withheld = [], []
    for row in joint.itertuples(index=False):
        entry = guide.row(row.row)
        if entry is None or (site is not None and row.site != site):
            continue
        rating = _rating(row, entry, roles, limits)
        measured = survey.get((entry.scale or entry.item or "", row.site))
        label = _label(row, rating, measured)
        if label in ("suppressed", "too_few") and label != row.label:
            withheld.append(Withheld(label, f"{row.row} x {row.site}"))
        stale = rating != TOO_FEW and row.standing == "stale"
        rows.append((row.site, row.row, rating, *_change(measured), label, _is_weak(row, measured), stale))
    columns = "site row rating n n_before n_after diff lo hi state label weak stale".split()
    return Released(pd.DataFrame(rows, columns=columns), tuple(withheld))


def _rating(row: Any, entry: JointRow, roles: dict[tuple[str, str], float], limits: Limits) -> str:
    """Give the ratings of a row's codes in their order; silence rests on nobody and may be said."""
    ratings = row.rating.split() if isinstance(row.rating, str) else []
    if not set(ratings) - {"M"}:
        return "M"
    reach = [roles[row.site, code] for code in entry.codes if (row.site, code) in roles]
    enough = _number(row.n_sources) >= limits.conversations and max(reach, default=math.inf) >= limits.roles
    return " ".join(ratings) if enough else TOO_FEW


def _label(row: Any, rating: str, measured: Any) -> str:
    label = row.label if isinstance(row.label, str) else ""
    if rating == TOO_FEW or (measured is not None and measured.state == "hidden"):
        return "suppressed"
    if measured is not None and measured.state == "described" and label not in SILENT:
        return "too_few"
    return label


def _change(measured: Any) -> tuple[float, float, float, float, float, float, str]:
    if measured is None:
        return (math.nan,) * 6 + ("absent",)
    return (
        measured.n,
        measured.n_before,
        measured.n_after,
        measured.diff,
        measured.lo,
        measured.hi,
        measured.state,
    )


def _is_weak(row: Any, measured: Any) -> bool:
    people = (
        math.nan
        if measured is None
        else min((n for n in (measured.n, measured.n_before) if not math.isnan(n)), default=math.nan)
    )
    return _number(row.n_sources) < WEAK_CONVERSATIONS or people < WEAK_PEOPLE


def _number(value: Any) -> float:
    return math.nan if value is None or value is pd.NA or value != value else float(value)


@dataclass(frozen=True)
class _Context:
    """What the cells of one drawing share."""

    study: Study
    guide: Guide
    labels: Labels
    audience: Audience
    said: dict[tuple[str, str], MetaInference]
    fits: dict[tuple[str, str], Fit]
    quotes: Sequence[Quote]


def joint_display(
    joint: pd.DataFrame,
    change: pd.DataFrame,
    proposed: pd.DataFrame,
    quotes: Sequence[Quote] = (),
    *,
    study: Study,
    guide: Guide,
    decisions: Iterable[Decision],
    site: str | None = None,
    id: str = "joint-display",  # noqa: A002
) -> Part:
    """Interviews and survey side by side per subject, with how they relate and what that means.

    Parameters
    ----------
    joint, change, proposed
        The joint display, the change it rests on, and the proposals for the reach of the ratings.
    decisions
        All decisions; fits and meta-inferences are read. Only settled labels are shown; the research team
        also sees that a label is not settled yet.
    site
        One site, or nothing for all sites with the conclusion over them.
    """
    decided = list(decisions)
    said = {(d.site, d.row): d for d in decided if isinstance(d, MetaInference)}
    fits = {(d.site, d.row): d for d in decided if isinstance(d, Fit)}

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_joint(joint, change, proposed, study, guide, site, limits)
        if view.frame.empty:
            return Rendering(markup.absent(labels["absent.no_joint"]))
        context = _Context(study, guide, labels, audience, said, fits, quotes)
        html = _table(id, view.frame, context, one_site=site is not None)
        if view.frame["weak"].any():
            html += markup.note(labels["joint.note_weak"])
        html += markup.note(labels["joint.note"], *stale_note(view.frame, labels))
        return Rendering(html, names.named(view.frame, study), view.withheld)

    return Part(id, "table", draw)


def _table(id: str, frame: pd.DataFrame, context: _Context, *, one_site: bool) -> Markup:  # noqa: A002
    labels = context.labels
    first = labels["joint.subject"] if one_site else labels[f"site_word.{context.study.site_word}"]
    titles = ["joint.interviews", "joint.survey", "joint.label", "joint.meta"]
    columns = [Column(first), *(Column(labels[title]) for title in titles)]
    if one_site:
        rows = [[_subject(row, context), *_cells(row, context)] for row in frame.itertuples(index=False)]
        return markup.table(id, labels["joint.caption"], columns, rows)
    groups: list[tuple[str, list[Row]]] = []
    for key in dict.fromkeys(frame["row"]):
        of_row = list(frame[frame["row"] == key].itertuples(index=False))
        body: list[Row] = [
            [names.site(context.study, row.site, labels), *_cells(row, context)] for row in of_row
        ]
        overall = context.said.get((ALL, key))
        if overall is not None:
            body.append([names.site(context.study, ALL, labels), "", "", "", overall.text[labels.language]])
        groups.append((_subject(of_row[0], context), body))
    return markup.table(id, labels["joint.caption"], columns, groups, grouped=True)


def _subject(row: Any, context: _Context) -> str:
    entry = context.guide.row(row.row)
    return entry.label[context.labels.language] if entry else ""


def _cells(row: Any, context: _Context) -> list[Cell | Markup | str]:
    return [
        _interviews(row, context),
        _survey(row, context.labels),
        _fit(row, context),
        _meaning(row, context),
    ]


def _interviews(row: Any, context: _Context) -> Cell | str | Markup:
    mark = names.marks(stale=bool(row.stale))
    if row.rating in ("M", TOO_FEW):
        return markup.withheld(context.labels[f"rating.{row.rating}"] + mark)
    entry = context.guide.row(row.row)
    given = (
        quotes.first(context.quotes, c, context.audience, row.site) for c in (entry.codes if entry else ())
    )
    quote = next((q for q in given if q is not None), None)
    said = quotes.block(quote, context.labels) if quote else Markup("")
    ratings = "; ".join(names.rating(rating, context.labels) for rating in row.rating.split())
    return Markup("{}{}{}").format(ratings, mark, said)


def _survey(row: Any, labels: Labels) -> Cell | str:
    if row.state in ("hidden", "absent"):
        return markup.withheld(labels["withheld" if row.state == "hidden" else "not_measured"])
    said = {"diff": labels.signed(row.diff, 1), "n": people(row, labels)}
    if math.isnan(row.lo):
        return labels.say("joint.described", **said)
    return labels.say("joint.tested", **said, interval=names.interval(row.lo, row.hi, labels))


def _fit(row: Any, context: _Context) -> Cell | Markup:
    labels = context.labels
    if not row.label:
        return markup.withheld(labels["joint.not_settled"])
    if row.label in ("suppressed", "too_few"):
        return markup.withheld(labels[f"fit.{row.label}"])
    fit = context.fits.get((row.site, row.row))
    why = f" {labels[f'explanation.{fit.explanation}']}" if fit is not None and fit.explanation else ""
    weak = Markup(" {}").format(markup.badge(labels["joint.weak"])) if row.weak else Markup("")
    return Markup("{}{}{}").format(labels[f"fit.{row.label}"], weak, why)


def _meaning(row: Any, context: _Context) -> Cell | str:
    """Give the conclusion; with one strand withheld, only when the other one carries it."""
    found = context.said.get((row.site, row.row))
    if found is None:
        return markup.withheld("–")
    hidden = {"interviews"} if row.rating == TOO_FEW else set()
    hidden |= {"survey"} if row.state in ("hidden", "described") else set()
    if hidden and (found.carried_by in hidden or found.carried_by == "both"):
        return markup.withheld(context.labels["withheld"])
    return found.text[context.labels.language]
