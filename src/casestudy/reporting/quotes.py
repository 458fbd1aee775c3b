"""Quotes that may be read: released by people for this audience, short, and without a known speaker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.material.decisions import Decision, QuoteRelease
from casestudy.material.evidence import PRACTICE
from casestudy.material.people import Participant, role_class
from casestudy.material.sources import SourceRow
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.disclosure import Withheld
from casestudy.reporting.parts import Part, Rendering
from casestudy.study import Audience, Study

NAMED_VOICES = ("professional", "client")  # a lead is often the only one of a site


@dataclass(frozen=True, slots=True)
class Quote:
    """A released quote: its words, what it is about, and who may read it."""

    id: str
    text: str
    code: str
    site: str
    audiences: frozenset[Audience]
    voice: str  # professional, client or someone
    language: str = "nl"
    direction: str = ""  # of its coding: + - x 0, empty when none was given


def released(
    decisions: Iterable[Decision],
    codings: pd.DataFrame,
    sources: Iterable[SourceRow],
    people: Iterable[Participant],
    *,
    study: Study,
) -> tuple[Quote, ...]:
    """Quotes that at least one audience may read.

    A quote needs an open release, a confirmed coding of a source that still counts and whose consent allows
    quoting, and at most as many words as the study allows. Of one person, or one group session, no more
    quotes are kept than the study allows; which ones is the order of the decisions.

    Parameters
    ----------
    decisions
        All decisions; only releases of quotes are read.
    codings
        Frame of the codings: coding source site code role status, and valence and practice for the direction.
    sources
        Rows of the sources that still count.
    people
        All participants; a class of roles is named only where enough people at that site belong to it.
    """
    rules = study.thresholds.disclosure
    spoken = {row.source: row for row in sources if row.consent == "quote"}
    codings = codings[codings["status"] == "confirmed"].set_index("coding")
    crowd = Counter((person.site, role_class(person.role)) for person in people if person.withdrawn is None)
    used: dict[Audience, Counter[str]] = {"internal": Counter(), "site": Counter(), "public": Counter()}
    kept: list[Quote] = []
    for release in decisions:
        if not isinstance(release, QuoteRelease) or not release.is_open or release.quote not in codings.index:
            continue
        coding = codings.loc[release.quote]
        source = spoken.get(str(coding["source"]))
        if source is None or len(release.text.split()) > rules.max_quote_words:
            continue
        who = source.participants[0] if len(source.participants) == 1 else source.source
        audiences = frozenset(a for a in release.audiences if used[a][who] < rules.max_quotes_per_person)
        for audience in audiences:
            used[audience][who] += 1
        if audiences:
            code, site, role = str(coding["code"]), str(coding["site"]), str(coding["role"])
            known = role in NAMED_VOICES and crowd[site, role] >= rules.min_cell  # type: ignore[index]
            voice = role if known else "someone"
            about = (release.text, code, site, audiences, voice, source.language, _direction(coding))
            kept.append(Quote(release.quote, *about))
    return tuple(kept)


def _direction(coding: pd.Series) -> str:
    """Give the direction of a coding; practice says for a skill what valence says for a factor."""
    valence = coding.get("valence")
    return valence if isinstance(valence, str) else PRACTICE.get(str(coding.get("practice")), "")


COLUMNS = ["quote", "text", "code", "site", "audiences", "voice", "language", "direction"]


def frame(quotes: Sequence[Quote], site: str) -> pd.DataFrame:
    """Lay out the quotes of one site as a table for the report across sites."""
    rows = [
        (q.id, q.text, q.code, q.site, " ".join(sorted(q.audiences)), q.voice, q.language, q.direction)
        for q in quotes
        if q.site == site
    ]
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str")


def from_frame(table: pd.DataFrame) -> tuple[Quote, ...]:
    """Read quotes back from their table.

    Examples
    --------
    >>> quote = Quote("q1", "We hebben er tijd voor.", "M23", "es", frozenset({"site"}), "someone")
    >>> from_frame(frame([quote], "es")) == (quote,)
    True
    """
    rows = table[COLUMNS].itertuples(index=False, name=None)
    return tuple(
        Quote(id_, text, code, site, frozenset(audiences.split()), voice, language, _text(direction))
        for id_, text, code, site, audiences, voice, language, direction in rows
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def first(
    quotes: Sequence[Quote],
    code: str,
    audience: Audience,
    site: str | None = None,
    *,
    directions: Sequence[str] | None = None,
) -> Quote | None:
    """Give the first quote about a code that this audience may read, pointing one of these ways."""
    fitting = (
        q
        for q in quotes
        if q.code == code
        and audience in q.audiences
        and site in (None, q.site)
        and (directions is None or q.direction in directions)
    )
    return next(fitting, None)


def block(quote: Quote, labels: Labels) -> Markup:
    """Write one quote with whose voice it is, in the language in which it was said."""
    return Markup('<blockquote class="quote"><p lang="{}">{}</p><footer>{}</footer></blockquote>').format(
        quote.language, labels.say("quote.text", text=quote.text), labels[f"voice.{quote.voice}"]
    )


def shown(
    quotes: Sequence[Quote],
    *,
    study: Study,
    codebook: Codebook,
    codes: Sequence[str] | None = None,
    site: str | None = None,
    most: int = 2,
    id: str = "quotes",  # noqa: A002
) -> Part:
    """Quotes by the factor they belong to.

    Parameters
    ----------
    quotes
        What :func:`released` gave.
    codes
        Codes to show quotes of, in this order; without it all, in the order of the codebook.
    site
        One site, or nothing for all sites; which site a quote comes from is never shown.
    most
        At most so many quotes per code, no two in the same words.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        wanted = list(codes) if codes is not None else [code.id for code in codebook.codes]
        mine = [q for q in quotes if audience in q.audiences and site in (None, q.site)]
        hidden = [
            q for q in quotes if audience not in q.audiences and site in (None, q.site) and q.code in wanted
        ]
        blocks = []
        for code in wanted:
            different = {q.text: q for q in reversed(mine) if q.code == code}
            of_code = [block(q, labels) for q in list(reversed(different.values()))[:most]]
            if of_code:
                blocks.append(
                    Markup("<h3>{}</h3>\n").format(names.code(codebook, code, labels))
                    + markup.joined(of_code, "\n")
                )
        html = markup.joined(blocks, "\n") if blocks else markup.absent(labels["absent.no_quotes"])
        limits = disclosure.limits(study, audience)
        return Rendering(
            html, None, tuple(Withheld(f"quote_not_for_{limits.audience}", q.id) for q in hidden)
        )

    return Part(id, "quotes", draw)
