"""The framework matrix: what researchers wrote per code and site, linked to the quotes that may be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from markupsafe import Markup

from casestudy.findings.counts import confirmed
from casestudy.findings.ratings import SEVERAL_ROLES
from casestudy.labels import Labels
from casestudy.material import summaries as written
from casestudy.material.codebook import Codebook
from casestudy.material.summaries import Summary
from casestudy.reporting import disclosure, markup, names, quotes
from casestudy.reporting.disclosure import Limits, Withheld
from casestudy.reporting.markup import Cell, Column, Row
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.quotes import Quote
from casestudy.study import Audience, Study

MIN_SOURCES = 2


def framework_matrix(
    summaries: Sequence[Summary],
    codings: pd.DataFrame,
    sources: pd.DataFrame,
    given: Sequence[Quote] = (),
    *,
    study: Study,
    codebook: Codebook,
    site: str | None = None,
    id: str = "framework",  # noqa: A002
) -> Part:
    """Codes by sites with the summary of each cell; a code leads to the quotes below that it rests on.

    A summary of what came up in few conversations, or that rests on one of them, would tell in other words
    what one person said: outside the research team it is left out. Which site a quote comes from is said
    nowhere.

    Parameters
    ----------
    summaries
        What :func:`summaries.read` gave.
    codings, sources
        The frames; they tell which cells have evidence, and of how many conversations.
    given
        What :func:`quotes.released` gave.
    site
        One site, or nothing for all sites.
    """
    sites = [site] if site else study.site_ids
    evidence = confirmed(codings, sources)
    reach = evidence.groupby(["code", "site"])["source"].nunique()
    spoken = {(str(code), str(where)): int(n) for (code, where), n in reach.items()}
    heard = {
        (str(code), str(where)): _n_roles(cell["role"])
        for (code, where), cell in evidence.groupby(["code", "site"])
    }
    of_coding = dict(zip(evidence["coding"], evidence["source"], strict=True))
    cells = {(s.code, s.site): s for s in summaries if s.site in sites}
    codes = [code.id for code in codebook.codes if any((code.id, where) in cells for where in sites)]

    def draw(labels: Labels, audience: Audience) -> Rendering:
        if not codes:
            return Rendering(markup.absent(labels["absent.no_summaries"]))
        limits = disclosure.limits(study, audience)
        shown = {
            cell: s
            for cell, s in cells.items()
            if audience == "internal"
            or (
                spoken.get(cell, 0) >= limits.conversations
                and heard.get(cell, 0) >= limits.roles
                and _n_sources(s, of_coding) >= MIN_SOURCES
            )
        }
        withheld = tuple(
            Withheld("too_few_conversations", f"{c} x {w}") for c, w in cells if (c, w) not in shown
        )
        below = {code: _quotes(code, shown, given, limits) for code in codes}
        rows: list[Row] = []
        for number, code in enumerate(codes, start=1):
            name = names.code(codebook, code, labels)
            said = (_cell(code, where, cells, shown, spoken, labels) for where in sites)
            linked = Markup('<a href="#{}-quotes-{}">{}</a>').format(id, number, name)
            rows.append([linked if below[code] else name, *said])
        heads = [labels["framework.summary"]] if site else [names.site(study, s, labels) for s in sites]
        columns = [Column(labels["joint.subject"]), *(Column(head) for head in heads)]
        html = markup.table(id, labels["framework.caption"], columns, rows)
        html += markup.note(
            labels["framework.note"], labels["framework.links"] if any(below.values()) else ""
        )
        for number, code in enumerate(codes, start=1):
            if below[code]:
                html += _block(id, number, names.code(codebook, code, labels), below[code], labels)
        return Rendering(html, None, withheld)

    return Part(id, "table", draw)


def _n_roles(roles: pd.Series) -> int:
    """Count the kinds of people who spoke, as a rating does; a group of several kinds is two at least."""
    kinds = set(roles.dropna())
    return max(len(kinds), 2 if SEVERAL_ROLES in kinds else 0)


def _n_sources(summary: Summary, of_coding: dict[str, str]) -> int:
    return len({of_coding[excerpt] for excerpt in summary.excerpts if excerpt in of_coding})


def _cell(
    code: str,
    site: str,
    cells: dict[tuple[str, str], Summary],
    shown: dict[tuple[str, str], Summary],
    spoken: Mapping[tuple[str, str], int],
    labels: Labels,
) -> Cell:
    if (code, site) in shown:
        text, language = written.text(shown[code, site], labels.language)
        if language == labels.language:
            return Cell(text)
        return Cell(Markup('<span lang="{}">{}</span>').format(language, text))
    if (code, site) in cells:
        return markup.withheld(labels["mentions.too_few"])
    return markup.withheld(labels["framework.unwritten" if (code, site) in spoken else "framework.silent"])


def _quotes(
    code: str, shown: dict[tuple[str, str], Summary], given: Sequence[Quote], limits: Limits
) -> list[Quote]:
    """Give the released quotes that the summaries of a code rest on, no two in the same words."""
    excerpts = {excerpt for (c, _), summary in shown.items() if c == code for excerpt in summary.excerpts}
    mine = [quote for quote in given if quote.id in excerpts and limits.audience in quote.audiences]
    return list({quote.text: quote for quote in mine}.values())


def _block(id: str, number: int, name: str, of_code: list[Quote], labels: Labels) -> Markup:  # noqa: A002
    title = labels.say("framework.quotes", code=labels.say("quote.name", name=name))
    blocks = markup.joined((quotes.block(quote, labels) for quote in of_code), "\n")
    return Markup('\n<section id="{}-quotes-{}"><h3>{}</h3>\n{}</section>').format(id, number, title, blocks)
