"""What clients brought in, and what suggestions alone would cover in a concept build."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.reporting import disclosure, markup, names, quotes
from casestudy.reporting.markup import Column
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.quotes import Quote
from casestudy.study import Audience, Study

CLIENT = "client"
THEMES = ("narrative", "process", "inductive")


def clients(
    codings: pd.DataFrame,
    released: Sequence[Quote] = (),
    *,
    study: Study,  # noqa: ARG001
    codebook: Codebook,
    id: str = "clients",  # noqa: A002
) -> Part:
    """Name the topics that came up in sessions with clients, with the quotes that may be read.

    How often a topic came up is not said: a work session is one source, and its members are few.

    Parameters
    ----------
    codings
        The codings frame; confirmed codings of themes in sources whose participants are clients count.
    released
        What :func:`quotes.released` gave.
    """
    mine = codings[(codings["role"] == CLIENT) & (codings["status"] == "confirmed")]
    raised = set(mine.loc[mine["family"].isin(THEMES), "code"])
    themes = [code.id for code in codebook.codes if code.id in raised]

    def draw(labels: Labels, audience: Audience) -> Rendering:
        if not themes:
            return Rendering(markup.absent(labels["absent.no_clients"]))
        html = markup.paragraphs(labels["clients.intro"])
        html += markup.bullets(names.code(codebook, code, labels) for code in themes)
        said = [q for q in released if q.voice == CLIENT and audience in q.audiences]
        html += markup.joined(Markup("\n") + quotes.block(quote, labels) for quote in said)
        return Rendering(html + markup.note(labels["clients.note"]))

    return Part(id, "text", draw)


def coverage(
    suggestions: pd.DataFrame,
    sources: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    concept: bool,
    id: str = "coverage",  # noqa: A002
) -> Part:
    """In a concept build, say in how many conversations the dictionary finds each topic; else nothing at all.

    Nobody has reviewed these suggestions. They say which topics to read first, never what people think of
    them, and they stand apart from every rating.

    Parameters
    ----------
    suggestions
        One row per suggestion: source and code.
    sources
        The sources frame.
    concept
        Whether this is a concept build.
    """
    found = suggestions[suggestions["source"].isin(sources["source"])]
    n_sources = found.groupby("code")["source"].nunique()
    codes = [code.id for code in codebook.codes if code.id in n_sources.index]

    def draw(labels: Labels, audience: Audience) -> Rendering:
        if not (concept or study.concept) or not codes:
            return Rendering(Markup(""))
        limits = disclosure.limits(study, audience)
        views = [disclosure.conversations(int(n_sources[code]), len(sources), limits) for code in codes]
        rows = [
            [names.code(codebook, code, labels), names.spread(view, labels)]
            for code, view in zip(codes, views, strict=True)
        ]
        columns = [Column(labels["factor"]), Column(labels["coverage.found_in"])]
        return Rendering(
            markup.table(id, labels["coverage.caption"], columns, rows) + markup.note(labels["coverage.note"])
        )

    return Part(id, "table", draw)
