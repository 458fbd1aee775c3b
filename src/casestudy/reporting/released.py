"""From findings to released numbers: one frame each, from which tables, figures and sentences are made.

Everything a reader meets of ratings, use of skills and contributions comes from these frames (of change: from
those of ``released_change`` and ``released_waves``), so a table, the figure beside it and the sentence above
it can never show different numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from casestudy.reporting import disclosure, wave_counts
from casestudy.reporting.disclosure import Limits, Withheld

ALL = "ALL"
TOO_FEW = "few"
REACH = ["n_sources", "n_plus", "n_minus", "n_mixed", "n_roles", "single_role", "reason"]
CONVERSATION_KINDS = ("interview", "focusgroup", "worksession", "narrative")


@dataclass(frozen=True)
class Released:
    """Numbers one audience may see, and what was left out on the way."""

    frame: pd.DataFrame
    withheld: tuple[Withheld, ...] = ()


def ratings(
    settled: pd.DataFrame, proposed: pd.DataFrame, limits: Limits, *, min_stability: float = 0.75
) -> Released:
    """Keep confirmed ratings whose evidence is broad enough to show.

    Parameters
    ----------
    settled
        The settled matrix in long form: site code rating n_sources stability standing.
    proposed
        The proposals, for the reach of the evidence: site code n_sources n_plus n_minus n_mixed n_roles
        single_role reason.
    limits
        The rules of the audience.
    min_stability
        Below it a rating is marked as unstable.

    Returns
    -------
    Released
        site code rating n_sources n_against reason unstable stale single_role. ``rating`` is ``-2`` to
        ``2``, ``X``, ``M``, or ``few`` when there were too few conversations, or conversations with too few
        kinds of people, to show it. ``n_against`` conversations point another way than a direction that is
        shown. ``stale`` ratings rest on evidence that has changed since they were settled, and a rating that
        is not shown has no mark. ``single_role`` is told to the research team only.
    """
    reach = proposed[["site", "code", *REACH]]
    frame = settled[["site", "code", "rating", "stability", "standing"]]
    frame = frame.merge(reach, on=["site", "code"], how="left")
    rows, withheld = [], []
    for row in frame.itertuples(index=False):
        n, roles = number(row.n_sources), number(row.n_roles)
        rating = str(row.rating)
        enough = n >= limits.conversations and roles >= limits.roles
        if rating != "M" and not enough:
            rating = TOO_FEW
            withheld.append(Withheld("too_few_conversations", f"{row.site} x {row.code}"))
        reason = str(row.reason) if rating == "M" and isinstance(row.reason, str) else ""
        stale = rating != TOO_FEW and row.standing == "stale"
        shown = rating not in ("M", TOO_FEW)
        unstable = shown and number(row.stability) < min_stability
        alone = limits.audience == "internal" and shown and _flag(row.single_role)
        counts = (n if enough else math.nan, _against(row, rating))
        rows.append((row.site, row.code, rating, *counts, reason, unstable, stale, alone))
    columns = "site code rating n_sources n_against reason unstable stale single_role".split()
    return Released(pd.DataFrame(rows, columns=columns), tuple(withheld))


def _against(row: Any, rating: str) -> float:
    """How many conversations point another way than the direction of a rating, mixed ones included."""
    if rating in ("1", "2"):
        return number(row.n_minus) + number(row.n_mixed)
    return number(row.n_plus) + number(row.n_mixed) if rating in ("-1", "-2") else 0.0


def practice(frame: pd.DataFrame, limits: Limits, *, units: Sequence[str]) -> Released:
    """Share of professionals who use a skill often, per skill and unit (a site or ``ALL``).

    Returns
    -------
    Released
        unit skill form share n n_of lo hi word skipped_low skipped_high; see :class:`disclosure.Proportion`
        for the forms. Those to whom a skill does not apply are counted in a band: together with the others
        they are everybody of that wave, and beside the exact number who filled in two waves that would tell
        how few joined.
    """
    rows: list[dict[str, Any]] = []
    withheld: list[Withheld] = []
    for skill in dict.fromkeys(frame["skill"]):
        of_skill = frame[frame["skill"] == skill].set_index("unit")
        shown = [unit for unit in units if unit in of_skill.index]
        counts = {u: _counts(of_skill.loc[u]) for u in shown}
        views = {u: disclosure.proportion(*counts[u], limits) for u in shown}
        for unit in complementary(counts, views, limits):
            views[unit] = disclosure.Proportion("hidden")
            withheld.append(Withheld("complementary", f"{skill} x {unit}"))
        for unit, view in views.items():
            if (
                view.form in ("word", "hidden")
                and Withheld("complementary", f"{skill} x {unit}") not in withheld
            ):
                withheld.append(Withheld("few_people", f"{skill} x {unit}"))
            rows.append({"unit": unit, "skill": skill, **_practice_row(of_skill.loc[unit], view, limits)})
    columns = "unit skill form share n n_of lo hi word skipped_low skipped_high".split()
    return Released(pd.DataFrame(rows, columns=columns), tuple(withheld))


def _counts(row: pd.Series) -> tuple[float, float]:
    return number(row["n_often"]), number(row["n_applicable"])


def complementary(
    counts: Mapping[str, tuple[float, float]], views: Mapping[str, disclosure.Proportion], limits: Limits
) -> list[str]:
    """Name the units that must say nothing, lest a hidden count of another follows from the row of all units.

    Parameters
    ----------
    counts
        Per unit how many did something, and of how many.
    views
        Per unit the share as it would be shown; without ``ALL`` nothing follows.
    """
    parts = [unit for unit in views if unit != ALL]
    if ALL not in views or not parts or math.isnan(views[ALL].n_of):
        return []
    small = {i for i, unit in enumerate(parts) if views[unit].form in ("word", "hidden")}
    numbers = [counts[unit] for unit in parts]
    shares = [[some for some, _ in numbers], [of - some for some, of in numbers]]
    out = disclosure.hidden_together(shares, limits.minimum, forced=small)
    gone = disclosure.hidden([of for _, of in numbers], limits.minimum)
    return [
        unit
        for i, unit in enumerate(parts)
        if (out[i] and i not in small) or (gone[i] and not math.isnan(views[unit].n_of))
    ]


def _practice_row(row: pd.Series, view: disclosure.Proportion, limits: Limits) -> dict[str, Any]:
    numbers = view.form in ("percent", "of")
    skipped = number(row["n_not_applicable"])
    told = numbers and limits.shows(skipped)
    band = wave_counts.beside(skipped, limits) if told else wave_counts.Known()
    return {
        "form": view.form,
        "share": view.share,
        "n": view.n,
        "n_of": view.n_of if numbers else math.nan,
        "lo": disclosure.hundredths(number(row["lo"])) if numbers else math.nan,
        "hi": disclosure.hundredths(number(row["hi"])) if numbers else math.nan,
        "word": view.word,
        "skipped_low": band.low,
        "skipped_high": band.high,
    }


def attribution(frame: pd.DataFrame, limits: Limits, *, unit: str) -> Released:
    """Which parts of the training contributed to which skill, in one unit (a site or ``ALL``).

    Returns
    -------
    Released
        skill component grade warn form share n n_of. ``grade`` is ``three two one asked``; ``asked`` also
        where a component was named too little to say more, ``hidden`` where so few people use the skill that
        a grade would tell what nearly each of them named, ``not_offered`` where the component was not part of
        the training. ``warn``: at least as many conversations say it hindered.
    """
    rows: list[tuple[Any, ...]] = []
    withheld: list[Withheld] = []
    for row in frame[frame["unit"] == unit].itertuples(index=False):
        named, users = number(row.n_named), number(row.n_users)
        spoken = max(number(row.n_src_helped), number(row.n_src_hindered)) >= limits.conversations
        view = disclosure.proportion(named, users, limits)
        grade = _grade(row, _leaves_open(users, limits), limits.shows(named), spoken)
        numbers = grade not in ("hidden", "not_offered") and view.form in ("percent", "of")
        if grade != "not_offered" and not numbers:
            withheld.append(Withheld("few_people", f"{row.skill} x {row.component}"))
        shown = (
            (view.form, view.share, float(limits.count(named)), view.n_of)
            if numbers
            else ("hidden", math.nan, math.nan, math.nan)
        )
        warn = bool(row.warn) and spoken and grade != "not_offered"
        rows.append((row.skill, row.component, grade, warn, *shown))
    columns = ["skill", "component", "grade", "warn", "form", "share", "n", "n_of"]
    return Released(pd.DataFrame(rows, columns=columns), tuple(withheld))


def _leaves_open(users: float, limits: Limits) -> bool:
    """Whether a grade of these users' answers leaves open how many named a component, up to all of them."""
    return limits.shows(users) and users - limits.minimum + 1 >= limits.minimum / 2


def _grade(row: Any, shows_users: bool, shows_named: bool, spoken: bool) -> str:
    if not bool(row.offered):
        return "not_offered"
    if not shows_users and not spoken:
        return "hidden"
    return str(row.grade) if shows_named or spoken else "asked"


def conversation_counts(sources: pd.DataFrame) -> dict[str, int]:
    """Count the conversations per site; documents, observations and open answers are none."""
    talks = sources[sources["kind"].isin(CONVERSATION_KINDS)]
    return {str(site): int(n) for site, n in talks.groupby("site")["source"].nunique().items()}


def _flag(value: Any) -> bool:
    """Give a flag; whatever is absent does not hold."""
    return number(value) == 1


def number(value: Any) -> float:
    """Give a count or mean as a float; whatever is absent becomes nan."""
    return math.nan if value is None or value is pd.NA or value != value else float(value)
