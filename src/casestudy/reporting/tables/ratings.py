"""What helps and hinders: the factors of one site, the matrix of all sites, and what tells sites apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.reporting import disclosure, markup, names, quotes, released
from casestudy.reporting.disclosure import Limits, Withheld
from casestudy.reporting.markup import Cell, Column, Row
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.quotes import Quote
from casestudy.reporting.released import TOO_FEW, Released
from casestudy.study import Audience, Study, Words

TENTATIVE = ("tentative", "insufficient")
# Quotes that may stand beside a rating, and those that speak against it.
FOR: dict[str, tuple[str, ...]] = {"helps": ("+", ""), "hinders": ("-", "")}
AGAINST: dict[str, tuple[str, ...]] = {"helps": ("-", "x"), "hinders": ("+", "x")}
CSS = {"-2": "m2", "-1": "m1", "0": "zero", "1": "p1", "2": "p2", "X": "mixed", "M": "none", TOO_FEW: "few"}


def shown_ratings(settled: pd.DataFrame, proposed: pd.DataFrame, study: Study, limits: Limits) -> Released:
    """Give the ratings an audience may see, with the study's own threshold of stability."""
    stability = study.thresholds.rating.min_stability
    return released.ratings(settled, proposed, limits, min_stability=stability)


def ratings_list(
    settled: pd.DataFrame,
    proposed: pd.DataFrame,
    sources: pd.DataFrame,
    quotes: Sequence[Quote] = (),
    *,
    study: Study,
    codebook: Codebook,
    site: str,
    agreement: Mapping[str, str] | None = None,
    most: int = 5,
    id: str = "ratings-list",  # noqa: A002
) -> Part:
    """At most five helping and five hindering factors of one site.

    Each factor has its rating in words and sign, in how many conversations it came up, one quote this
    audience may read, and that it is experienced differently too where that is so, with a quote that says it.
    Marks tell that a rating is unstable, that its evidence has changed since, and that coders did not agree
    enough. Factors that are mixed, that could not be rated, or that nobody spoke of are named below, so that
    nothing is dropped in silence.

    Parameters
    ----------
    settled, proposed, sources
        Confirmed ratings, the proposals for the reach of their evidence, and the sources of the site.
    quotes
        What ``quotes.released`` gave.
    agreement
        Verdict on the agreement of coders per code, ``ok``, ``tentative``, ``insufficient`` or ``too_few``;
        without it nothing is said of that.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_ratings(settled[settled["site"] == site], proposed, study, limits)
        if view.frame.empty:
            return Rendering(markup.absent(labels["absent.no_ratings"]))
        n_of = released.conversation_counts(sources).get(site, 0)
        tops = {"helps": top(view.frame, codebook, 1, most), "hinders": top(view.frame, codebook, -1, most)}
        context = _Context(site, n_of, quotes, limits, codebook, labels, agreement or {})
        html = Markup("\n").join(_list(f"{id}-{side}", side, frame, context) for side, frame in tops.items())
        html += _others(view.frame, context)
        html += markup.joined(markup.note(said) for said in _list_notes(view.frame, context))
        return Rendering(html, _list_numbers(pd.concat(tops.values()), context), view.withheld)

    return Part(id, "table", draw)


def top(frame: pd.DataFrame, codebook: Codebook, direction: int, most: int) -> pd.DataFrame:
    """Give the strongest factors in one direction, ties in the order of the codebook."""
    order = {code.id: i for i, code in enumerate(codebook.codes)}
    chosen = frame[frame["rating"].isin([str(direction), str(2 * direction)])]
    keys = chosen.assign(size=chosen["rating"].astype(int).abs(), place=chosen["code"].map(order))
    ordered = keys.sort_values(["size", "n_sources", "place"], ascending=[False, False, True])
    return ordered.head(most).drop(columns=["size", "place"])


@dataclass(frozen=True)
class _Context:
    """What the rows of one list share."""

    site: str
    n_of: int
    quotes: Sequence[Quote]
    limits: Limits
    codebook: Codebook
    labels: Labels
    agreement: Mapping[str, str]

    def factor(self, code: str, *, stale: bool = False) -> str:
        """Give the name of a factor with its marks."""
        tentative = is_tentative(code, self.agreement)
        return names.code(self.codebook, code, self.labels) + names.marks(stale=stale, tentative=tentative)


def is_tentative(code: str, agreement: Mapping[str, str] | None) -> bool:
    """Tell whether coders agreed too little on a code to take its rating for more than tentative."""
    return (agreement or {}).get(code) in TENTATIVE


def _list(id: str, side: str, frame: pd.DataFrame, context: _Context) -> Markup:  # noqa: A002
    labels = context.labels
    if frame.empty:
        return markup.paragraphs(labels[f"ratings.no_{side}"])
    rows: list[Row] = []
    for row in frame.itertuples(index=False):
        spread = disclosure.conversations(int(row.n_sources), context.n_of, context.limits)
        rating = names.rating(row.rating, labels, unstable=bool(row.unstable), stale=bool(row.stale))
        alone = markup.badge(labels["ratings.single_role"]) if row.single_role else Markup("")
        said = (_quoted(row.code, FOR[side], context), alone, _otherwise(row, side, context))
        rows.append(
            [
                context.factor(row.code),
                Cell(rating, f"rating {CSS[row.rating]}"),
                Cell(markup.joined([names.spread(spread, labels), *said])),
            ]
        )
    columns = [Column(labels["factor"]), Column(labels["rating"]), Column(labels["ratings.spread"])]
    unstable = labels["key.unstable_note"] if frame["unstable"].any() else ""
    return markup.table(id, labels[f"ratings.{side}"], columns, rows) + markup.note(unstable)


def _quoted(code: str, directions: Sequence[str], context: _Context) -> Markup:
    audience = context.limits.audience
    quote = quotes.first(context.quotes, code, audience, context.site, directions=directions)
    return quotes.block(quote, context.labels) if quote else Markup("")


def against_word(n: float, n_of: int, limits: Limits) -> str:
    """Say how many conversations speak against a rating: nothing, ``some``, or a word of their spread.

    Never a number; where fewer speak than may be told of, only that there are such voices.

    Examples
    --------
    >>> [against_word(n, 8, Limits("site")) for n in (0, 1, 2, 4)]
    ['', 'some', 'some', 'part']
    """
    if not n > 0:
        return ""
    return "some" if n < limits.conversations else disclosure.conversations(int(n), n_of, limits).word


def _otherwise(row: Any, side: str, context: _Context) -> Markup:
    """Say that a factor is experienced differently too, and let a quote speak that may be read."""
    word = against_word(row.n_against, context.n_of, context.limits)
    if not word:
        return Markup("")
    labels = context.labels
    spread = "" if word == "some" else labels[f"conversations.{word}"]
    said = labels.say("ratings.otherwise_some" if word == "some" else "ratings.otherwise", spread=spread)
    html = Markup('<p class="otherwise">{}</p>{}')
    return html.format(said, _quoted(row.code, AGAINST[side], context))


def _list_notes(frame: pd.DataFrame, context: _Context) -> list[str]:
    labels, agreement = context.labels, context.agreement
    marked = any(is_tentative(code, agreement) for code in frame["code"])
    tentative = [labels["key.tentative_note"]] if marked else []
    return [*stale_note(frame, labels), *tentative, *_verdicts(frame, context.codebook, labels, agreement)]


def _verdicts(
    frame: pd.DataFrame, codebook: Codebook, labels: Labels, agreement: Mapping[str, str] | None
) -> list[str]:
    """Name the rated factors on which coders did not agree enough, and those with too few examples to say."""
    rated = set(frame.loc[~frame["rating"].isin(["M", TOO_FEW]), "code"])
    said = []
    for verdict in ("insufficient", "too_few"):
        codes = [code for code, given in (agreement or {}).items() if given == verdict and code in rated]
        ordered = [code for _, ids in names.factors(codebook, codes) for code in ids]
        if ordered:
            factors = labels.list(names.code(codebook, code, labels) for code in ordered)
            said.append(labels.say(f"ratings.{verdict}", factors=factors))
    return said


def stale_note(frame: pd.DataFrame, labels: Labels) -> list[str]:
    """Explain the mark of ratings whose evidence has changed, where a released frame has any."""
    return [labels["key.stale_note"]] if frame["stale"].any() else []


def _others(frame: pd.DataFrame, context: _Context) -> Markup:
    codebook, labels, stale = context.codebook, context.labels, set(frame.loc[frame["stale"], "code"])
    reasons = frame["reason"].where(frame["rating"] == "M", "")
    groups = {
        "mixed": frame[frame["rating"] == "X"],
        "neutral": frame[frame["rating"] == "0"],
        "few": frame[frame["rating"] == TOO_FEW],
        "not_mentioned": frame[reasons == "not_mentioned"],
        "not_asked": frame[(frame["rating"] == "M") & (reasons != "not_mentioned")],
    }
    said = []
    for group, rows in groups.items():
        if len(rows):
            ordered = [code for _, codes in names.factors(codebook, list(rows["code"])) for code in codes]
            words = labels.list(context.factor(code, stale=code in stale) for code in ordered)
            said.append(Markup("<b>{}</b> {}.").format(labels[f"ratings.others.{group}"], words))
    return Markup("\n") + markup.bullets(said) if said else Markup("")


def _list_numbers(frame: pd.DataFrame, context: _Context) -> pd.DataFrame:
    n_of, limits = context.n_of, context.limits
    views = [disclosure.conversations(int(n), n_of, limits) for n in frame["n_sources"]]
    numbers = frame[["code", "rating", "unstable", "stale"]].assign(
        tentative=[is_tentative(code, context.agreement) for code in frame["code"]],
        otherwise=[against_word(n, n_of, limits) for n in frame["n_against"]],
        spread=[view.word for view in views],
        n=[math.nan if view.n is None else view.n for view in views],
        n_of=[math.nan if view.n_of is None else view.n_of for view in views],
    )
    return names.labelled(numbers, "code", context.codebook)


def matrix_order(study: Study, order: Sequence[str] | None, limits: Limits) -> list[str]:
    """Give the sites in the order asked for to the research team only: readers never see a ranking."""
    return list(order) if order is not None and limits.audience == "internal" else study.site_ids


def rating_matrix(
    settled: pd.DataFrame,
    proposed: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    order: Sequence[str] | None = None,
    ordered_by: Words | None = None,
    agreement: Mapping[str, str] | None = None,
    id: str = "rating-matrix",  # noqa: A002
) -> Part:
    """Factors by sites, with the value and its sign in every cell.

    Parameters
    ----------
    settled, proposed
        Confirmed ratings, and the proposals for the reach of their evidence.
    order, ordered_by
        Sites in the order of a criterion, and its name; only the research team sees this order.
    agreement
        Verdict on the agreement of coders per code, as in :func:`ratings_list`.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_ratings(settled, proposed, study, limits)
        sites = matrix_order(study, order, limits)
        talked = _talked_of(view.frame)
        if not talked:
            return Rendering(markup.absent(labels["absent.no_ratings"]), None, view.withheld)
        cells = {(r.code, r.site): r for r in view.frame.itertuples(index=False)}
        groups: list[tuple[str, list[Row]]] = []
        for domain, codes in names.factors(codebook, talked):
            body: list[Row] = [
                [
                    factor(code, codebook, labels, agreement),
                    *(_matrix_cell(cells.get((code, s))) for s in sites),
                ]
                for code in codes
            ]
            groups.append((labels[f"domain.{domain}"], body))
        columns = [Column(labels["factor"]), *(Column(names.site(study, s, labels)) for s in sites)]
        html = markup.table(
            id,
            labels.say("matrix.caption", site=names.one_site(study, labels)),
            columns,
            groups,
            css="matrix",
            grouped=True,
        )
        said = matrix_notes(view.frame, codebook, labels, limits, ordered_by)
        html += rating_key(view.frame, labels, agreement)
        html += markup.note(*said, *_verdicts(view.frame, codebook, labels, agreement))
        numbers = _matrix_numbers(view.frame, talked, codebook, study, agreement)
        return Rendering(html, numbers, view.withheld)

    return Part(id, "table", draw)


def _talked_of(frame: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(frame.loc[frame["rating"] != "M", "code"]))


def _matrix_cell(row: Any) -> Cell:
    if row is None:
        return Cell(names.SIGNS["M"], "rating none")
    if row.rating == TOO_FEW:
        return Cell(Markup('<span class="withheld">{}</span>').format(names.SIGNS[TOO_FEW]), "rating few")
    return Cell(names.SIGNS[row.rating] + cell_marks(row), f"rating {CSS[row.rating]}")


def cell_marks(row: Any) -> str:
    """Give the marks of one released rating."""
    return names.marks(unstable=bool(row.unstable), stale=bool(row.stale))


def factor(code: str, codebook: Codebook, labels: Labels, agreement: Mapping[str, str] | None) -> str:
    """Give the name of a factor, with the mark of tentative agreement of coders."""
    return names.code(codebook, code, labels) + names.marks(tentative=is_tentative(code, agreement))


def rating_key(frame: pd.DataFrame, labels: Labels, agreement: Mapping[str, str] | None = None) -> Markup:
    """Tell what every sign of the matrix means; rare marks only where a released frame has them."""
    signs = [
        (names.SIGNS[value], labels[f"rating.{value}"])
        for value in ("-2", "-1", "0", "1", "2", "X", "M", TOO_FEW)
    ]
    signs.append((names.UNSTABLE, labels["key.unstable"]))
    if frame["stale"].any():
        signs.append((names.STALE, labels["key.stale"]))
    if any(is_tentative(code, agreement) for code in _talked_of(frame)):
        signs.append((names.TENTATIVE, labels["key.tentative"]))
    return markup.key(signs)


def matrix_notes(
    frame: pd.DataFrame, codebook: Codebook, labels: Labels, limits: Limits, ordered_by: Words | None
) -> list[str]:
    """Tell what stands below the matrix: factors nobody spoke of, and by what the sites are ordered."""
    silent = [code for code in dict.fromkeys(frame["code"]) if code not in set(_talked_of(frame))]
    said = []
    if ordered_by is not None and limits.audience == "internal":
        said.append(labels.say("matrix.ordered_by", criterion=ordered_by[labels.language]))
    if silent:
        ordered = [code for _, codes in names.factors(codebook, silent) for code in codes]
        stale = set(frame.loc[frame["stale"], "code"])
        named = (names.code(codebook, c, labels) + names.marks(stale=c in stale) for c in ordered)
        said.append(labels.say("matrix.silent", factors=labels.list(named)))
    return said


def _matrix_numbers(
    frame: pd.DataFrame,
    talked: list[str],
    codebook: Codebook,
    study: Study,
    agreement: Mapping[str, str] | None,
) -> pd.DataFrame:
    shown = frame[frame["code"].isin(talked)][["code", "site", "rating", "unstable", "stale"]]
    shown = shown.assign(tentative=[is_tentative(code, agreement) for code in shown["code"]])
    return names.labelled(names.named(shown, study), "code", codebook).reset_index(drop=True)


def spread(
    settled: pd.DataFrame,
    proposed: pd.DataFrame,
    sources: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    id: str = "spread",  # noqa: A002
) -> Part:
    """Show in how many conversations, and at how many sites, each confirmed factor came up."""

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        n_of = sum(released.conversation_counts(sources).values())
        confirmed = proposed.merge(
            settled.loc[settled["rating"] != "M", ["site", "code"]], on=["site", "code"]
        )
        sums = confirmed[confirmed["n_sources"] > 0].groupby("code")["n_sources"].agg(["sum", "size"])
        codes = [code for _, ids in names.factors(codebook, list(sums.index)) for code in ids]
        if not codes:
            return Rendering(markup.absent(labels["absent.no_ratings"]))
        views = {c: disclosure.conversations(min(int(sums.loc[c, "sum"]), n_of), n_of, limits) for c in codes}
        n_sites = {c: int(sums.loc[c, "size"]) for c in codes}
        total = labels.number(len(study.sites))
        rows = [
            [
                names.code(codebook, code, labels),
                names.spread(views[code], labels),
                labels.say("x_of_y", n=labels.number(n_sites[code]), n_of=total),
            ]
            for code in codes
        ]
        columns = [Column(labels["factor"]), Column(labels["ratings.spread"])]
        columns.append(Column(labels[f"site_words.{study.site_word}"].capitalize(), numbers=True))
        frame = pd.DataFrame(
            [(c, v.word, v.n, v.n_of, n_sites[c]) for c, v in views.items()],
            columns=["code", "spread", "n", "n_of", "n_sites"],
        )
        html = markup.table(id, labels["spread.caption"], columns, rows) + markup.note(labels["spread.note"])
        withheld = tuple(Withheld("few_people", f"{c} x ALL") for c, v in views.items() if v.n is None)
        return Rendering(html, names.labelled(frame, "code", codebook), withheld)

    return Part(id, "table", draw)
