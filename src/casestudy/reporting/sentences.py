"""Sentences with numbers: what a reader can retell, made from the same released numbers as the tables."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.material.guide import Guide
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names, released
from casestudy.reporting.change_sentences import (
    attrition,
    change,
    change_sentence,
    reliable_change,
    response_shift,
    site_differences,
    waves,
)
from casestudy.reporting.contribution_sentences import contribution
from casestudy.reporting.disclosure import Limits
from casestudy.reporting.markup import Text
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL, TOO_FEW
from casestudy.reporting.tables.change import shown_change
from casestudy.reporting.tables.contrasts import told_apart
from casestudy.reporting.tables.integration import shown_joint
from casestudy.reporting.tables.ratings import shown_ratings, top
from casestudy.reporting.tables.survey import shown_practice, view_of
from casestudy.study import Audience, Study

__all__ = [
    "at_a_glance",
    "attrition",
    "certainty",
    "change",
    "contribution",
    "differences",
    "integration",
    "reliable_change",
    "response_shift",
    "site_differences",
    "waves",
]

RECURRING_CONVERSATIONS, GROUNDED_SITES, GROUNDED_STRANDS = 3, 2, 2
FINDINGS, ATTENTION = 3, 2
HELPS, HINDERS = ("1", "2"), ("-1", "-2")


def certainty(n_sources: int, n_sites: int, n_strands: int) -> str:
    """How sure a statement is: a step of the certainty ladder.

    Returns
    -------
    str
        ``grounded`` (both strands, two or more sites), ``recurring`` (three or more conversations) or
        ``lead``.

    Examples
    --------
    >>> certainty(2, 1, 1), certainty(5, 1, 1), certainty(9, 3, 2)
    ('lead', 'recurring', 'grounded')
    """
    if n_strands >= GROUNDED_STRANDS and n_sites >= GROUNDED_SITES:
        return "grounded"
    return "recurring" if n_sources >= RECURRING_CONVERSATIONS else "lead"


def at_a_glance(
    settled: pd.DataFrame,
    proposed: pd.DataFrame,
    sources: pd.DataFrame,
    change: pd.DataFrame,
    practice: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    instrument: Instrument,
    site: str | None = None,
    id: str = "at-a-glance",  # noqa: A002
) -> Part:
    """At most three findings and two points of attention, and what this report is not.

    Parameters
    ----------
    settled, proposed, sources, change, practice
        The frames of one site, or of all sites.
    site
        One site, or nothing for all sites together.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        ratings = shown_ratings(settled, proposed, study, limits)
        talks = released.conversation_counts(sources)
        scene = (study, codebook, labels)
        good, bad = (
            _factor(ratings.frame, side, scene)
            if site is None
            else _site_factor(ratings.frame, side, site, talks, limits, scene)
            for side in ("helps", "hinders")
        )  # fmt: skip
        changes = shown_change(change, study, site, limits)
        rows = list(changes.frame[changes.frame["site"] == (site or ALL)].itertuples(index=False))
        up = [change_sentence(r, study, instrument, labels) for r in rows if r.state == "up"]
        other = [
            change_sentence(r, study, instrument, labels)
            for r in rows
            if r.state in ("down", "unclear", "none")
        ]
        used = shown_practice(practice, study, site, limits)
        most, least = _skills(used.frame[used.frame["unit"] == (site or ALL)], codebook, labels)
        findings = [said for said in (most, good, *up) if said][:FINDINGS]
        attention = [said for said in (bad, *other, least) if said][:ATTENTION]
        html = _block("glance.findings", findings, "absent.no_findings", labels)
        html += Markup("\n") + _block("glance.attention", attention, "absent.no_findings", labels)
        not_this = labels["glance.not_cross" if site is None else "glance.not_site"]
        told = any(said in (*findings, *attention) for said in (*up, *other))
        interval = labels["sentence.interval_note"] if told else ""
        html += markup.note(not_this, interval, _explained(labels, good, bad))
        return Rendering(html, None, (*ratings.withheld, *changes.withheld, *used.withheld))

    return Part(id, "text", draw)


def _explained(labels: Labels, *said: Text | None) -> str:
    """Explain the mark of ratings whose evidence has changed, where a sentence bears it."""
    return labels["key.stale_note"] if any(one and names.STALE in one for one in said) else ""


def _block(title: str, said: list[Text], empty: str, labels: Labels) -> Markup:
    body = markup.bullets(said) if said else markup.absent(labels[empty])
    return Markup("<h3>{}</h3>\n{}").format(labels[title], body)


Scene = tuple[Study, Codebook, Labels]


def _site_factor(
    frame: pd.DataFrame, side: str, site: str, talks: dict[str, int], limits: Limits, scene: Scene
) -> Text | None:
    """Give the strongest factor of one site in one direction, with its reach and how sure that is."""
    study, codebook, labels = scene
    rows = top(frame[frame["site"] == site], codebook, 1 if side == "helps" else -1, 1)
    if rows.empty:
        return None
    row = rows.iloc[0]
    spread = disclosure.conversations(int(row["n_sources"]), talks.get(site, 0), limits)
    said = labels.say(
        "glance.site_factor",
        site=names.site(study, site, labels),
        factor=names.code(codebook, row["code"], labels),
        rating=labels[f"rating.{row['rating']}"],
        sign=names.SIGNS[row["rating"]] + names.marks(stale=bool(row["stale"])),
        spread=names.spread(spread, labels),
    )
    return _sure(said, certainty(int(row["n_sources"]), 1, 1), labels)


def _factor(frame: pd.DataFrame, side: str, scene: Scene) -> Text | None:
    """Give the factor that works in one direction at most sites."""
    study, codebook, labels = scene
    chosen = frame[frame["rating"].isin(HELPS if side == "helps" else HINDERS)]
    if chosen.empty:
        return None
    points = chosen.assign(size=chosen["rating"].astype(int).abs())
    sums = points.groupby("code").agg(n=("site", "size"), size=("size", "sum"), talks=("n_sources", "sum"))
    order = {code.id: place for place, code in enumerate(codebook.codes)}
    best = min(sums.itertuples(), key=lambda r: (-r.n, -r.size, order[r.Index]))
    stale = bool(chosen.loc[chosen["code"] == best.Index, "stale"].any())
    said = labels.say(
        f"glance.{side}",
        factor=names.code(codebook, best.Index, labels) + names.marks(stale=stale),
        at=labels.say("x_of_y", n=labels.number(best.n), n_of=labels.number(len(study.sites))),
        sites=labels[f"site_words.{study.site_word}"],
    )
    return _sure(said, certainty(int(best.talks), int(best.n), 1), labels)


def _sure(said: str, step: str, labels: Labels) -> Markup:
    return Markup("{} {}").format(said, markup.badge(labels[f"certainty.{step}"]))


def _skills(frame: pd.DataFrame, codebook: Codebook, labels: Labels) -> tuple[str | None, str | None]:
    shown = frame[frame["share"].notna()].sort_values("share", ascending=False, kind="stable")
    if shown.empty:
        return None, None
    ends = [("most", shown.iloc[0]), ("least", shown.iloc[-1])]
    said = [
        labels.say(
            f"glance.skill_{end}",
            skill=names.code(codebook, row["skill"], labels),
            share=names.proportion(view_of(row), labels),
            people=labels.say("glance.people", n=labels.number(row["n_of"]))
            if row["form"] == "percent"
            else "",
        )
        for end, row in ends
    ]
    return said[0], said[1] if len(shown) > 1 else None


def integration(
    joint: pd.DataFrame,
    change: pd.DataFrame,
    proposed: pd.DataFrame,
    *,
    study: Study,
    guide: Guide,
    site: str | None = None,
    id: str = "joint-sentences",  # noqa: A002
) -> Part:
    """Which subjects interviews and survey agree on, and on which they do not; settled labels only."""

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = shown_joint(joint, change, proposed, study, guide, site, disclosure.limits(study, audience))
        settled = view.frame[(view.frame["label"] != "") & (view.frame["label"] != "suppressed")]
        said = [
            Markup("<b>{}:</b> {}").format(*pair) for pair in _by_label(settled, study, guide, labels, site)
        ]
        html = markup.bullets(said) if said else Markup("")  # the table below says why
        return Rendering(html + markup.note(_explained(labels, *said)), None, view.withheld)

    return Part(id, "text", draw)


def _by_label(
    settled: pd.DataFrame, study: Study, guide: Guide, labels: Labels, site: str | None
) -> Iterator[tuple[str, str]]:
    for label in dict.fromkeys(settled["label"]):
        subjects: dict[str, list[str]] = {}
        for row in settled[settled["label"] == label].itertuples(index=False):
            entry = guide.row(row.row)
            if entry is not None:
                at = "" if site else names.site(study, row.site, labels)
                marked = at + names.marks(stale=bool(row.stale))
                subjects.setdefault(entry.label[labels.language], []).append(marked)
        told = (s + sites[0] if site else f"{s} ({labels.list(sites)})" for s, sites in subjects.items())
        yield labels[f"fit.{label}"], f"{labels.list(told)}."


def differences(
    leave_one_out: pd.DataFrame,
    contrasts: pd.DataFrame,
    settled: pd.DataFrame,
    proposed: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    id: str = "differences",  # noqa: A002
) -> Part:
    """Say in what sites differ and are alike; only what stays when any one site is left out."""

    def draw(labels: Labels, audience: Audience) -> Rendering:
        ratings = shown_ratings(settled, proposed, study, disclosure.limits(study, audience))
        if ratings.frame.empty:
            return Rendering(markup.absent(labels["absent.no_ratings"]))
        apart = told_apart(contrasts, leave_one_out, ratings)
        keep = apart.frame[~apart.frame["changes"] & apart.frame["label"].isin(["strong", "weak"])]
        sites = labels[f"site_words.{study.site_word}"]
        words = {"sites": sites, "n": labels.number(len(study.sites))}
        stale = set(ratings.frame.loc[ratings.frame["stale"], "code"])
        lists = {"differ": list(keep["code"]), **_alike(ratings.frame, study, codebook)}
        said = [
            labels.say(f"differences.{key}", factors=_factors(codes, stale, codebook, labels), **words)
            for key, codes in lists.items()
            if codes
        ]
        compared = (contrasts["label"] != "insufficient").any()
        if compared and not lists["differ"]:
            said.insert(0, labels.say("differences.none", **words))
        html = markup.paragraphs(*said) + markup.note(_explained(labels, *said))
        return Rendering(html, None, apart.withheld)

    return Part(id, "text", draw)


def _factors(codes: list[str], stale: set[str], codebook: Codebook, labels: Labels) -> str:
    named = ((names.code(codebook, code, labels), names.marks(stale=code in stale)) for code in codes)
    return labels.list(labels.say("quote.name", name=name) + mark for name, mark in named)


def _alike(frame: pd.DataFrame, study: Study, codebook: Codebook) -> dict[str, list[str]]:
    """Factors that every site has a rating of in the same direction."""
    alike: dict[str, list[str]] = {"alike_helps": [], "alike_hinders": []}
    for code in (c.id for c in codebook.codes):
        found = set(frame.loc[frame["code"] == code, "rating"])
        if TOO_FEW in found or len(frame[frame["code"] == code]) < len(study.sites):
            continue
        if found and found <= set(HELPS):
            alike["alike_helps"].append(code)
        elif found and found <= set(HINDERS):
            alike["alike_hinders"].append(code)
    return alike
