"""What tells sites apart, with how much of that chance alone would show."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup

from casestudy.findings.contrasts import ChanceBaseline
from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.disclosure import Withheld
from casestudy.reporting.markup import Column
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import TOO_FEW, Released
from casestudy.reporting.tables.ratings import shown_ratings, stale_note
from casestudy.study import Audience, Study, Words


def distinguishing(
    contrasts: pd.DataFrame,
    leave_one_out: pd.DataFrame,
    settled: pd.DataFrame,
    proposed: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    high: Sequence[str],
    low: Sequence[str],
    criterion: Words,
    chance: ChanceBaseline,
    id: str = "distinguishing",  # noqa: A002
) -> Part:
    """Factors that tell the high sites from the low ones, with the chance check printed under them.

    Parameters
    ----------
    contrasts, leave_one_out, chance
        What ``findings.contrasts`` gave.
    settled, proposed
        A factor with a rating that may not be shown is left out: its gap would tell that rating.
    high, low, criterion
        The two groups of sites, and what they were divided by.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        view = told_apart(
            contrasts,
            leave_one_out,
            shown_ratings(settled, proposed, study, disclosure.limits(study, audience)),
        )
        if settled.empty:
            return Rendering(markup.absent(labels["absent.no_ratings"]))
        if not high or not low:  # nothing to compare is not the same as no difference
            words = labels[f"site_words.{study.site_word}"]
            return Rendering(markup.absent(labels.say("absent.no_groups", sites=words)))
        groups = _groups(study, labels, audience, high, low, criterion)
        html = markup.paragraphs(groups)
        if view.frame.empty:
            html += markup.paragraphs(labels["distinguishing.none"])
        else:
            rows = [
                [
                    names.code(codebook, row.code, labels) + names.marks(stale=bool(row.stale)),
                    labels[f"distinguishing.{row.label}"],
                    labels.number(row.gap),
                    labels["distinguishing.changes" if row.changes else "distinguishing.stays"],
                ]
                for row in view.frame.itertuples(index=False)
            ]
            titles = ("factor", "distinguishing.label", "distinguishing.gap", "distinguishing.left_out")
            named = {"site": names.one_site(study, labels)}
            columns = [Column(labels.say(t, **named), numbers=t.endswith("gap")) for t in titles]
            html += Markup("\n") + markup.table(id, labels["distinguishing.caption"], columns, rows)
        html += markup.note(_chance(chance, view.frame, study, labels), *stale_note(view.frame, labels))
        return Rendering(html, names.labelled(view.frame, "code", codebook), view.withheld)

    return Part(id, "table", draw)


def told_apart(contrasts: pd.DataFrame, leave_one_out: pd.DataFrame, ratings: Released) -> Released:
    """Keep the distinguishing factors of which every rating may be shown.

    Returns
    -------
    Released
        code label gap changes stale; ``changes`` is whether the label is another one when a site is left out,
        ``stale`` whether a rating behind it rests on evidence that has changed since.
    """
    unsafe = set(ratings.frame.loc[ratings.frame["rating"] == TOO_FEW, "code"])
    found = contrasts[contrasts["label"].isin(["strong", "weak", "reversed"])]
    changed = leave_one_out.groupby("code")["changed"].any()
    safe = found[~found["code"].isin(unsafe)]
    frame = safe[["code", "label", "gap"]].assign(
        changes=[bool(changed.get(code, True)) for code in safe["code"]],
        stale=safe["code"].isin(ratings.frame.loc[ratings.frame["stale"], "code"]),
    )
    strength = frame["label"].map({"strong": 0, "weak": 1, "reversed": 2})
    frame = frame.assign(strength=strength).sort_values(
        ["strength", "gap"], ascending=[True, False], kind="stable"
    )
    withheld = tuple(Withheld("too_few_conversations", f"gap x {c}") for c in found["code"] if c in unsafe)
    return Released(frame.drop(columns="strength").reset_index(drop=True), withheld)


def _groups(
    study: Study,
    labels: Labels,
    audience: Audience,
    high: Sequence[str],
    low: Sequence[str],
    criterion: Words,
) -> str:
    """Name the two groups to the research team; other readers get their sizes, because nobody is ranked."""
    said = criterion[labels.language]
    if audience == "internal":
        first, second = ([names.site(study, s, labels) for s in group] for group in (high, low))
        return labels.say(
            "distinguishing.named", criterion=said, high=labels.list(first), low=labels.list(second)
        )
    high_n, low_n = labels.number(len(high)), labels.number(len(low))
    words = labels[f"site_words.{study.site_word}"]
    return labels.say("distinguishing.groups", criterion=said, high=high_n, low=low_n, sites=words)


def _chance(chance: ChanceBaseline, frame: pd.DataFrame, study: Study, labels: Labels) -> str:
    return labels.say(
        "distinguishing.chance",
        n=labels.number(chance.n_high + chance.n_low),
        sites=labels[f"site_words.{study.site_word}"],
        factors=labels.number(chance.n_factors),
        expected=labels.number(chance.strong + chance.weak),
        found=labels.number(int(frame["label"].isin(["strong", "weak"]).sum())),
    )
