"""What was asked and came up, asked in vain, or never asked, in words and signs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.findings.mentions import UNKNOWN, By, mention_counts
from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.reporting import disclosure, markup, names
from casestudy.reporting.disclosure import Limits, Spread, Withheld
from casestudy.reporting.markup import Cell, Column, Row
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import CONVERSATION_KINDS, Released
from casestudy.study import Audience, Study

SIGNS = {"mentioned": "●", "asked_not_mentioned": "○", "not_asked": "–"}
UNPROMPTED = "*"
ROLES = ("professional", "lead", "client", "mixed", UNKNOWN)
SHOWN = ("mentioned", "asked_not_mentioned")


def mention_matrix(
    mentioned: pd.DataFrame,
    sources: pd.DataFrame,
    participants: pd.DataFrame | None = None,
    *,
    study: Study,
    codebook: Codebook,
    by: By = "site",
    site: str | None = None,
    id: str = "mentions",  # noqa: A002
) -> Part:
    """Tell per code whether it came up, was asked in vain or was not asked, in words where numbers are small.

    Conversations in which the code was asked are the denominator; a code that somebody raised by themselves
    has a mark. Codes that were neither asked nor raised are named below the table.

    Parameters
    ----------
    mentioned
        What :func:`mentions.mentions` gave; only conversations count here, no documents.
    sources
        The sources frame.
    participants
        The participants frame; needed to set roles apart, which is done only where enough people have them.
    by
        Columns: sites, or classes of roles.
    site
        One site, or nothing for all sites.
    """
    if by == "role" and participants is None:
        raise ValueError("roles need the participants, to know how many people have them")
    talks = sources[
        sources["kind"].isin(CONVERSATION_KINDS) & sources["site"].isin([site] if site else study.site_ids)
    ]
    counted = mention_counts(mentioned[mentioned["source"].isin(talks["source"])], by=(by,))
    crowd = _crowd(talks, participants, site) if participants is not None and by == "role" else {}

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        if counted.empty:
            return Rendering(markup.absent(labels["absent.no_mentions"]))
        if by == "role" and not _roles_may_stand_apart(counted, crowd, limits):
            told = markup.absent(labels["mentions.roles_withheld"])
            return Rendering(told, None, (Withheld("few_people", id),))
        view = shown_mentions(counted, limits, by=by, exact=site is not None and by == "site")
        groups = [g for g in (study.site_ids if by == "site" else ROLES) if g in set(view.frame[by])]
        html = _mentions_table(id, view.frame, groups, by, study, codebook, labels)
        numbers = view.frame if by == "role" else names.named(view.frame, study)
        return Rendering(html, names.labelled(numbers, "code", codebook), view.withheld)

    return Part(id, "table", draw)


def _crowd(talks: pd.DataFrame, participants: pd.DataFrame, site: str | None) -> dict[str, int]:
    """Count the people behind each class of roles; of mixed sessions, how many took part."""
    here = participants[~participants["is_withdrawn"]]
    here = here[here["site"].isin([site] if site else list(here["site"]))]
    people = {str(role): int(n) for role, n in here["role_class"].value_counts().items()}
    in_sessions = talks.groupby(talks["role"].fillna(UNKNOWN))["n_participants"].sum()
    return {str(r): people.get(str(r), int(n)) for r, n in in_sessions.items()}


def _roles_may_stand_apart(counted: pd.DataFrame, crowd: Mapping[str, int], limits: Limits) -> bool:
    """Whether no class of roles, shown or left out, can be told from what is shown.

    The table of all conversations stands beside this one: what only a class too small to show brought up
    could be worked out from the two.
    """
    if limits.audience == "internal":
        return True
    n_talks = counted.groupby("role")["n_sources"].max()
    small = {r for r, n in n_talks.items() if not (limits.shows(n) and limits.shows(crowd.get(str(r), 0)))}
    raised = counted[counted["n_mentioned"] > 0]
    shown = set(raised.loc[~raised["role"].isin(small), "code"])
    return len(small) < len(n_talks) and set(raised["code"]) <= shown


def shown_mentions(
    counted: pd.DataFrame, limits: Limits, *, by: By = "site", exact: bool = False
) -> Released:
    """Give of the counts what an audience may see.

    Parameters
    ----------
    counted
        What :func:`mentions.mention_counts` gave for one grouping.
    exact
        Whether numbers may stand in place of words. Of several groups they would give away, with the total
        elsewhere on the page, what another group left unsaid.

    Returns
    -------
    Released
        code, the column of ``by``, state, spread, n, n_of, unprompted. ``state`` is also ``too_few`` where a
        group has too few conversations; ``spread`` is the word for the share of the conversations in which it
        was asked, empty where it came up only unasked.
    """
    rows: list[tuple[Any, ...]] = []
    withheld: list[Withheld] = []
    for row in counted.itertuples(index=False):
        group = str(getattr(row, by))
        floor = limits.conversations if by == "site" or limits.audience == "internal" else limits.minimum
        if row.n_sources < floor:
            rows.append((row.code, group, "too_few", "", math.nan, math.nan, False))
            withheld.append(Withheld("too_few_conversations", f"{row.code} x {group}"))
            continue
        view = Spread("")
        if row.n_mentioned_asked and row.n_asked >= limits.conversations:
            view = disclosure.conversations(int(row.n_mentioned_asked), int(row.n_asked), limits)
        n, n_of = (number if exact and number is not None else math.nan for number in (view.n, view.n_of))
        unprompted = bool(row.n_unprompted > 0)
        rows.append((row.code, group, str(row.state), view.word, n, n_of, unprompted))
    columns = ["code", by, "state", "spread", "n", "n_of", "unprompted"]
    return Released(pd.DataFrame(rows, columns=columns), tuple(withheld))


def _mentions_table(
    id: str,  # noqa: A002
    view: pd.DataFrame,
    groups: Sequence[str],
    by: By,
    study: Study,
    codebook: Codebook,
    labels: Labels,
) -> Markup:
    known = [code.id for code in codebook.codes if code.id in set(view["code"])]
    shown = [code for code in known if code in set(view.loc[view["state"].isin(SHOWN), "code"])]
    heads = {g: names.site(study, g, labels) if by == "site" else labels[f"role.{g}"] for g in groups}
    small = [g for g in groups if by == "role" and (view.loc[view[by] == g, "state"] == "too_few").all()]
    notes = [labels["mentions.note"]]
    if silent := [names.code(codebook, code, labels) for code in known if code not in shown]:
        notes.append(labels.say("mentions.silent", codes=labels.list(silent)))
    if small:
        notes.append(labels.say("mentions.small", groups=labels.list(heads.pop(g) for g in small)))
    if (view["state"] == "not_coded").any():
        notes.append(labels["mentions.note_not_coded"])
    if not shown or not heads:
        return markup.absent(labels["absent.no_mentions"]) + markup.note(*notes[1:])
    cells = {(r.code, getattr(r, by)): r for r in view.itertuples(index=False)}
    rows: dict[str, Row] = {
        code: [names.code(codebook, code, labels), *(_cell(cells.get((code, g)), labels) for g in heads)]
        for code in shown
    }
    families = {codebook.code(code).family for code in shown}
    first = labels["factor"] if families == {"factor"} else labels["codebook.codes"]
    columns = [Column(first), *(Column(head) for head in heads.values())]
    css = "matrix stack words" if len(heads) > 1 else "stack"
    caption = labels["mentions.caption"]
    if families == {"factor"}:
        domains: list[tuple[str, list[Row]]] = [
            (labels[f"domain.{domain}"], [rows[code] for code in codes])
            for domain, codes in names.factors(codebook, shown)
        ]
        table = markup.table(id, caption, columns, domains, css=css, grouped=True)
    else:
        table = markup.table(id, caption, columns, list(rows.values()), css=css)
    states = set(view.loc[view["code"].isin(shown), "state"])
    signs = [(sign, labels[f"mentions.key.{state}"]) for state, sign in SIGNS.items() if state in states]
    marks = [(UNPROMPTED, labels["mentions.key.unprompted"])] if view["unprompted"].any() else []
    return table + markup.key([*signs, *marks]) + markup.note(*notes)


def _cell(row: Any, labels: Labels) -> Cell:
    if row is None:
        return Cell(labels["mentions.too_few"], "withheld")
    if row.state in ("too_few", "not_coded"):
        return markup.withheld(labels[f"mentions.{row.state}"])
    if row.state != "mentioned":
        return Cell(f"{SIGNS[row.state]} {labels[f'mentions.{row.state}']}")
    mark = UNPROMPTED if row.unprompted else ""
    said = labels["mentions.mentioned"] if not row.spread else labels[f"mentions.{row.spread}"]
    if not math.isnan(row.n):
        said = labels.say("x_of_y", n=labels.number(row.n), n_of=labels.number(row.n_of))
    return Cell(f"{SIGNS['mentioned']}{mark} {said}")
