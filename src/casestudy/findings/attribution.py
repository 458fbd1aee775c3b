"""Which parts of the project people say contributed to a skill; perceived contribution, never effect."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple

import pandas as pd

from casestudy.findings.counts import confirmed
from casestudy.findings.practice import ALL, frequencies, shares

ATTRIBUTION_COLUMNS = (
    "unit skill component n_users n_named share lo hi n_src_helped n_src_hindered n_src_discussed "
    "n_sites_helped grade warn specificity offered"
).split()
KEYS = ["site", "skill", "component"]
COUNTS = ["n_users", "n_named", "n_src_helped", "n_src_hindered", "n_src_discussed", "n_sites_helped"]
HALF = 0.5
ENOUGH_SOURCES = 3
ENOUGH_SITES = 2

GradeKey = Literal["three", "two", "one", "asked", "none"]


class Grade(NamedTuple):
    """How well a contribution is supported, and whether as many say that it hindered."""

    key: GradeKey
    warn: bool


def grade(
    n_users: int,
    n_named: int,
    lo: float,
    *,
    n_src_helped: int,
    n_src_hindered: int,
    n_sites_helped: int,
    min_users: int = 5,
) -> Grade:
    """Grade one cell of the attribution matrix on survey and interviews together.

    ``three``: the lower bound of the share is at least one half and at least three sources of two sites say
    it helped. ``two``: the share is at least one half, or at least three sources say it helped. ``one``:
    anybody mentions it. ``asked``: people were asked and nobody did. ``none``: not asked, or fewer than
    ``min_users`` were, whose answers then count for nothing. ``warn``: as many sources say that it hindered
    as that it helped.

    Examples
    --------
    >>> grade(41, 23, 0.41, n_src_helped=4, n_src_hindered=0, n_sites_helped=2)
    Grade(key='two', warn=False)
    """
    surveyed = n_users >= min_users
    named = n_named if surveyed else 0
    many_sources = n_src_helped >= ENOUGH_SOURCES
    key: GradeKey
    if surveyed and lo >= HALF and many_sources and n_sites_helped >= ENOUGH_SITES:
        key = "three"
    elif (surveyed and named >= HALF * n_users) or many_sources:
        key = "two"
    elif named or n_src_helped or n_src_hindered:
        key = "one"
    else:
        key = "asked" if surveyed else "none"
    return Grade(key, n_src_hindered > 0 and n_src_hindered >= n_src_helped)


def attribution(
    contributions: pd.DataFrame,
    responses: pd.DataFrame,
    items: pd.DataFrame,
    codings: pd.DataFrame,
    sources: pd.DataFrame,
    *,
    wave: str,
    skills: Sequence[str],
    components: Sequence[str],
    sites: Sequence[str],
    offered: Mapping[str, Collection[str]] | None = None,
    often: float = 4.0,
    min_users: int = 5,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Tell per skill and component who uses the skill, who of them names it, and who said it helped.

    Parameters
    ----------
    contributions
        ``respondent site wave skill component value offered``: 1 named, 0 not named, nan not shown to that
        respondent.
    responses, items, wave, often
        Who uses a skill: respondents who answer at least ``often`` in this wave (see
        ``practice.frequencies``).
    codings, sources
        Interviews; only confirmed codings of components that name a ``linked_skill`` count, per source.
    offered
        Components offered per site; a site that is not in it offered all. Without it, what ``contributions``
        says. Elsewhere the cell is structurally missing: its counts are absent, not 0, and ``ALL`` leaves
        that site out of both strands.
    min_users
        Fewest users whose answers count for the grade.

    Returns
    -------
    DataFrame
        Columns ``ATTRIBUTION_COLUMNS``, a row for every unit (``ALL`` and each site), skill and component. Of
        the users, only those who were shown the component are in ``n_users``; ``lo``-``hi`` is a Wilson
        interval, and ``share`` is nan without users. ``n_src_discussed`` counts sources in which the skill
        was (partly) applied. ``specificity`` is the share minus the mean share of that component over the
        unit's skills: what is named everywhere explains nothing about one skill. One site can never reach
        ``three``.
    """
    grid = pd.MultiIndex.from_product([sites, skills, components], names=KEYS)
    ticks = contributions[contributions["wave"] == wave]
    survey = _survey(ticks, frequencies(responses, items, wave=wave), often)
    table = pd.concat([survey, _interviews(codings, sources)], axis=1).reindex(grid).fillna(0)
    discussed = _discussed(codings, sources).reindex(grid.droplevel("component"), fill_value=0)
    table = table.assign(n_src_discussed=discussed.to_numpy(), n_sites_helped=table["n_src_helped"] > 0)
    missing = _not_offered(ticks, offered, sites, components)
    table["offered"] = [(site, component) not in missing for site, _, component in grid]
    table = table.astype(dict.fromkeys(COUNTS, "Int64")).reset_index().rename(columns={"site": "unit"})
    table.loc[~table["offered"], COUNTS] = pd.NA
    pooled = table.groupby(["skill", "component"], sort=False)[[*COUNTS, "offered"]].sum(min_count=1)
    pooled = pooled.reset_index().assign(unit=ALL, offered=lambda row: row["offered"] > 0)
    table = pd.concat([pooled, table], ignore_index=True)
    return _graded(table, confidence, min_users)[ATTRIBUTION_COLUMNS]


def _not_offered(
    ticks: pd.DataFrame,
    offered: Mapping[str, Collection[str]] | None,
    sites: Sequence[str],
    components: Sequence[str],
) -> set[tuple[str, str]]:
    if offered is not None:
        return {(s, c) for s in sites for c in components if c not in offered.get(s, components)}
    anywhere = ticks.groupby(["site", "component"], observed=True)["offered"].any()
    return set(anywhere[~anywhere.astype(bool)].index)


def _survey(ticks: pd.DataFrame, used: pd.DataFrame, often: float) -> pd.DataFrame:
    users = used.loc[used["value"] >= often, ["respondent", "site", "skill"]]
    shown = ticks.dropna(subset=["value"]).merge(users, on=["respondent", "site", "skill"])
    return shown.groupby(KEYS, observed=True)["value"].agg(n_users="count", n_named="sum")


def _interviews(codings: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    evidence = confirmed(codings, sources)
    evidence = evidence[(evidence["family"] == "component") & evidence["linked_skill"].notna()]
    evidence = evidence.drop(columns="skill", errors="ignore")
    evidence = evidence.rename(columns={"linked_skill": "skill", "code": "component"})
    found = {}
    for contribution in ("helped", "hindered"):
        said = evidence[(evidence["contribution"] == contribution).fillna(False).astype(bool)]
        found[f"n_src_{contribution}"] = said.groupby(KEYS, observed=True)["source"].nunique()
    return pd.DataFrame(found)


def _discussed(codings: pd.DataFrame, sources: pd.DataFrame) -> pd.Series:
    evidence = confirmed(codings, sources)
    applied = evidence["practice"].isin(["applied", "partly"]) & (evidence["family"] == "skill")
    groups = evidence[applied].rename(columns={"code": "skill"}).groupby(["site", "skill"], observed=True)
    return groups["source"].nunique()


def _graded(table: pd.DataFrame, confidence: float, min_users: int) -> pd.DataFrame:
    table = table.join(shares(table["n_named"], table["n_users"], confidence=confidence))
    mean = table.groupby(["unit", "component"])["share"].transform("mean")
    names = ["n_users", "n_named", "n_src_helped", "n_src_hindered", "n_sites_helped"]
    grades = []
    for row, lo in zip(table[names].fillna(0).itertuples(index=False), table["lo"], strict=True):
        counts = {name: int(getattr(row, name)) for name in names}
        grades.append(grade(**counts, lo=-math.inf if pd.isna(lo) else lo, min_users=min_users))
    keys, warnings = [found.key for found in grades], [found.warn for found in grades]
    return table.assign(specificity=table["share"] - mean, grade=keys, warn=warnings)
