"""What ratings rest on: evidence that changed since they were settled, and how far two raters agreed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.findings import rater_agreement
from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.disclosure import Limits, Withheld
from casestudy.reporting.markup import Column
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.tables.ratings import shown_ratings
from casestudy.study import Audience, Study

COUNTS = {"n_new": "new", "n_gone": "gone", "n_changed": "words"}


def evidence(
    settled: pd.DataFrame,
    proposed: pd.DataFrame,
    rated: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    site: str | None = None,
    id: str = "rating-evidence",  # noqa: A002
) -> Part:
    """Which ratings are to be confirmed again, and how far raters who judged alone agreed, with numbers.

    Parameters
    ----------
    settled
        The settled ratings with ``n_sources standing n_new n_gone n_changed``. How many segments came, went
        and changed is told to the research team only.
    proposed
        The proposals; a rating that may not be shown is not named either.
    rated
        What each rater judged alone: ``site code value rater``.
    site
        One site, or nothing for all sites.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        mine = settled if site is None else settled[settled["site"] == site]
        own = rated if site is None else rated[rated["site"] == site]
        if mine.empty:
            return Rendering(markup.absent(labels["evidence.none"]))
        limits = disclosure.limits(study, audience)
        stale, withheld = _stale(mine, proposed, study, codebook, limits)
        html = _table(id, stale, limits, study, codebook, labels, one_site=site is not None)
        html += Markup("\n") + markup.paragraphs(*_unpinned(mine, labels), *agreement(mine, own, labels))
        numbers = names.labelled(names.named(stale[["site", "code"]], study), "code", codebook)
        return Rendering(html, numbers.reset_index(drop=True), withheld)

    return Part(id, "table", draw)


def agreement(settled: pd.DataFrame, rated: pd.DataFrame, labels: Labels) -> Iterator[str]:
    """Say how far every two raters agreed, and how often what was settled lies off; no rater is named."""
    pairs = rater_agreement.pairs(rated)
    pairs = pairs[pairs["n_cells"] > 0]
    if pairs.empty:
        yield labels["raters.none"]
        return
    for pair in pairs.itertuples(index=False):
        n_cells = labels.number(pair.n_cells)
        if math.isnan(pair.kappa_quadratic):
            yield labels.say("raters.agreement_undefined", n_cells=n_cells)
        else:
            weights = ("quadratic", "linear", "unweighted")
            kappas = {w: labels.number(getattr(pair, f"kappa_{w}"), 2) for w in weights}
            yield labels.say(
                "raters.agreement", n_cells=n_cells, n_ordinal=labels.number(pair.n_ordinal), **kappas
            )
        share = labels.percent(pair.share_same_kind)
        if math.isnan(pair.kappa_kind):
            yield labels.say("raters.kinds_undefined", share=share)
        else:
            yield labels.say("raters.kinds", share=share, kappa=labels.number(pair.kappa_kind, 2))
    off = rater_agreement.deviation(settled, rated)
    if off.n_proposed and off.n_rated:
        proposal, rater = labels.percent(off.from_proposal), labels.percent(off.from_a_rater)
        yield labels.say("raters.deviation", proposal=proposal, rater=rater)


def _stale(
    settled: pd.DataFrame, proposed: pd.DataFrame, study: Study, codebook: Codebook, limits: Limits
) -> tuple[pd.DataFrame, tuple[Withheld, ...]]:
    """Keep the stale ratings that this audience may know of, in the order of the codebook and the sites."""
    stale = settled[settled["standing"] == "stale"]
    cells = pd.MultiIndex.from_frame(stale[["site", "code"]])
    factors = shown_ratings(settled, proposed, study, limits).frame
    named = cells.isin(list(factors.loc[factors["stale"], ["site", "code"]].itertuples(index=False)))
    # A skill is not proposed by rule; that enough conversations speak of it is known from the settled table.
    is_skill = stale["code"].isin([code.id for code in codebook.family("skill")])
    named |= (is_skill & (stale["n_sources"].fillna(0) >= limits.conversations)).to_numpy(dtype=bool)
    if limits.audience == "internal":
        named[:] = True
    withheld = sorted(f"{site} x {code}" for site, code in cells[~named])
    order = {code.id: n for n, code in enumerate(codebook.codes)}
    places = {site: n for n, site in enumerate(study.site_ids)}
    shown = stale.loc[named]
    shown = shown.assign(at=shown["code"].map(order), then=shown["site"].map(places))
    shown = shown.sort_values(["at", "then"]).drop(columns=["at", "then"])
    return shown, tuple(Withheld("too_few_conversations", where) for where in withheld)


def _table(
    id: str,  # noqa: A002
    stale: pd.DataFrame,
    limits: Limits,
    study: Study,
    codebook: Codebook,
    labels: Labels,
    *,
    one_site: bool,
) -> Markup:
    if stale.empty:
        return markup.paragraphs(labels["evidence.all_current"])
    at: dict[tuple[str, str], list[str]] = {}
    for row in stale.itertuples(index=False):
        why = labels.list(_why(row, limits, labels))
        at.setdefault((row.code, why), []).append(names.site(study, row.site, labels))
    rows = [
        [names.code(codebook, code, labels), *([] if one_site else [labels.list(sites)]), why]
        for (code, why), sites in at.items()
    ]
    where = [] if one_site else [Column(labels[f"site_word.{study.site_word}"])]
    columns = [Column(labels["joint.subject"]), *where, Column(labels["evidence.why"])]
    return markup.table(id, labels["evidence.caption"], columns, rows)


def _why(row: Any, limits: Limits, labels: Labels) -> list[str]:
    counts = {word: int(getattr(row, column)) for column, word in COUNTS.items()}
    if not any(counts.values()):
        return [labels["evidence.codebook"]]
    if limits.audience != "internal":
        return [labels["evidence.changed"]]
    return [labels.say(f"evidence.{word}", n=labels.number(n)) for word, n in counts.items() if n]


def _unpinned(settled: pd.DataFrame, labels: Labels) -> list[str]:
    n = int((settled["standing"] == "unpinned").sum())
    if not n:
        return []
    return [labels.say("evidence.unpinned", n=labels.number(n), n_of=labels.number(len(settled)))]
