"""What people decided: conditions for keeping the work going, questions to talk about, and advice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.material.decisions import Condition, Decision, Question, Recommendation
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.disclosure import Withheld
from casestudy.reporting.markup import Column
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL, TOO_FEW
from casestudy.reporting.tables.ratings import shown_ratings, stale_note
from casestudy.study import Audience, Study


def conditions(
    decisions: Iterable[Decision],
    settled: pd.DataFrame,
    proposed: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    site: str | None = None,
    id: str = "conditions",  # noqa: A002
) -> Part:
    """Show what must be done about a factor, and by whom; only where a confirmed rating may be shown.

    Parameters
    ----------
    decisions
        All decisions; conditions of the site, or of all sites together, are read.
    settled, proposed
        Confirmed ratings, and the reach of their evidence.
    site
        One site, or nothing for the conditions over all sites.
    """
    wanted = [d for d in decisions if isinstance(d, Condition) and d.site == (site or ALL)]

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = shown_ratings(settled, proposed, study, disclosure.limits(study, audience)).frame
        mine = view if site is None else view[view["site"] == site]
        rated = mine[~mine["rating"].isin(["M", TOO_FEW])]
        shown = [d for d in wanted if d.code in set(rated["code"])]
        withheld = tuple(
            Withheld("no_shown_rating", f"condition x {d.code}") for d in wanted if d not in shown
        )
        if not shown:
            return Rendering(markup.absent(labels["absent.no_decisions"]), None, withheld)
        rows = [
            [
                names.code(codebook, d.code, labels),
                _standing(rated[rated["code"] == d.code], labels, study, one_site=site is not None),
                d.action[labels.language],
                d.owner[labels.language],
            ]
            for d in shown
        ]
        titles = ("factor", "rating", "conditions.action", "conditions.owner")
        html = markup.table(
            id, labels["conditions.caption"], [Column(labels[title]) for title in titles], rows
        )
        html += markup.note(*stale_note(rated[rated["code"].isin([d.code for d in shown])], labels))
        return Rendering(html, None, withheld)

    return Part(id, "table", draw)


def _standing(rated: pd.DataFrame, labels: Labels, study: Study, *, one_site: bool) -> str:
    """Give the rating of one site, or at how many sites a factor helps, hinders or is mixed."""
    ratings, stale = list(rated["rating"]), bool(rated["stale"].any())
    if one_site:
        return names.rating(ratings[0], labels, stale=stale)
    sides = Counter(
        "helps" if r in ("1", "2") else "hinders" if r in ("-1", "-2") else "mixed" for r in ratings
    )
    n_of, sites = labels.number(len(study.sites)), labels[f"site_words.{study.site_word}"]
    counted = {side: labels.say("x_of_y", n=labels.number(n), n_of=n_of) for side, n in sides.items()}
    shown = [side for side in ("helps", "hinders", "mixed") if side in counted]
    said = labels.list(labels.say(f"conditions.{side}", at=f"{counted[side]} {sites}") for side in shown)
    return said + names.marks(stale=stale)


def questions(
    decisions: Iterable[Decision],
    *,
    study: Study,  # noqa: ARG001
    site: str | None = None,
    id: str = "questions",  # noqa: A002
) -> Part:
    """Open questions for team and management, of one site or over all sites."""
    wanted = [d for d in decisions if isinstance(d, Question) and d.site == (site or ALL)]

    def draw(labels: Labels, audience: Audience) -> Rendering:  # noqa: ARG001
        if not wanted:
            return Rendering(markup.absent(labels["absent.no_decisions"]))
        items = (Markup("<li>{}</li>").format(d.text[labels.language]) for d in wanted)
        return Rendering(Markup("<ol>{}</ol>").format(markup.joined(items)))

    return Part(id, "text", draw)


def recommendations(
    decisions: Iterable[Decision],
    *,
    study: Study,  # noqa: ARG001
    id: str = "recommendations",  # noqa: A002
) -> Part:
    """Advice, grouped by the readers it is for."""
    wanted = [d for d in decisions if isinstance(d, Recommendation)]

    def draw(labels: Labels, audience: Audience) -> Rendering:  # noqa: ARG001
        if not wanted:
            return Rendering(markup.absent(labels["absent.no_decisions"]))
        groups: dict[str, list[str]] = {}
        for d in wanted:
            groups.setdefault(d.audience[labels.language], []).append(d.text[labels.language])
        blocks = (
            Markup("<h3>{}</h3>\n{}").format(group, markup.bullets(texts)) for group, texts in groups.items()
        )
        return Rendering(markup.joined(blocks, "\n"))

    return Part(id, "text", draw)
