"""Which trained skills are practised: how often people say so, and in how many conversations it came up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from casestudy.findings.counts import confirmed
from casestudy.findings.intervals import NOTHING, wilson

ALL = "ALL"
PRACTICE_COLUMNS = "unit skill n_applicable n_often share lo hi n_not_applicable".split()
SOURCE_COLUMNS = "site skill n_applied n_partly n_not_applied n_intention n_sources".split()
PRACTICES = ("applied", "partly", "not_applied", "intention")


def shares(k: pd.Series, n: pd.Series, *, confidence: float = 0.95) -> pd.DataFrame:
    """Share ``k`` of ``n`` with its Wilson interval, row by row: columns ``share lo hi``.

    All three are nan where ``n`` is 0 or either count is absent. Equal rows are computed once, because a
    table of hundreds of sites repeats a few pairs of counts.

    Examples
    --------
    >>> shares(pd.Series([41, 0]), pd.Series([52, 7])).round(3).values.tolist()
    [[0.788, 0.66, 0.878], [0.0, 0.0, 0.354]]
    """
    counts = [None if pd.isna(a) or pd.isna(b) else (int(a), int(b)) for a, b in zip(k, n, strict=True)]
    found = {pair: wilson(*pair, confidence) for pair in set(counts) if pair is not None}
    rows = [(pair[0] / pair[1], *found[pair]) if pair and pair[1] else (np.nan, *NOTHING) for pair in counts]
    return pd.DataFrame(rows, columns=["share", "lo", "hi"], index=k.index, dtype=float)


def frequencies(responses: pd.DataFrame, items: pd.DataFrame, *, wave: str) -> pd.DataFrame:
    """How often each respondent says to use each skill, in one wave.

    Parameters
    ----------
    responses
        ``respondent site wave item value reason_na``.
    items
        ``item kind skill``; only frequency items that name a skill count. A skill asked in several items
        counts with the highest answer.

    Returns
    -------
    DataFrame
        ``respondent site skill value not_applicable``. ``value`` is nan without an answer; ``not_applicable``
        is true when that was the answer, and false when the item was skipped.
    """
    asked = items.loc[(items["kind"] == "frequency") & items["skill"].notna(), ["item", "skill"]]
    given = responses.loc[responses["wave"] == wave].merge(asked, on="item")
    given = given.assign(na=given["value"].isna() & (given["reason_na"] == "not_applicable").fillna(False))
    groups = given.groupby(["respondent", "site", "skill"], observed=True)
    found = groups.agg(value=("value", "max"), na=("na", "any")).reset_index()
    not_applicable = found["na"].astype(bool) & found["value"].isna()
    return found.drop(columns="na").assign(not_applicable=not_applicable)


def practised(
    responses: pd.DataFrame,
    items: pd.DataFrame,
    *,
    wave: str,
    sites: Sequence[str],
    often: float = 4.0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Share of respondents who use a skill "often" or "always", among those to whom it applies.

    Parameters
    ----------
    responses, items
        As in ``frequencies``.
    sites
        Sites that get rows after ``ALL``; ``ALL`` counts these sites together.
    often
        Lowest answer that counts as often: 4 on options 1 never to 5 always.

    Returns
    -------
    DataFrame
        ``unit skill n_applicable n_often share lo hi n_not_applicable``, a row for every unit and skill of
        the instrument, with a Wilson interval. "Not applicable" is not a low answer: it is counted apart.
        Skipped items count nowhere. ``share`` is nan when nobody answered.

    Examples
    --------
    >>> items = pd.DataFrame({"item": ["t1"], "kind": "frequency", "skill": "SK01"})
    >>> answers = pd.DataFrame({"respondent": list("abc"), "site": "es", "wave": "T1", "item": "t1",
    ...     "value": [5.0, 2.0, None], "reason_na": [None, None, "not_applicable"]})
    >>> found = practised(answers, items, wave="T1", sites=["es"])
    >>> found[["unit", "n_often", "n_applicable"]].values.tolist()
    [['ALL', 1, 2], ['es', 1, 2]]
    """
    skills = list(dict.fromkeys(items.loc[items["kind"] == "frequency", "skill"].dropna()))
    given = frequencies(responses, items, wave=wave)
    given = given[given["site"].isin(list(sites))]
    flags = given.assign(
        n_applicable=given["value"].notna(),
        n_often=given["value"] >= often,
        n_not_applicable=given["not_applicable"],
    )
    both = pd.concat([flags.assign(unit=ALL), flags.assign(unit=flags["site"])])
    grid = pd.MultiIndex.from_product([[ALL, *sites], skills], names=["unit", "skill"])
    names = ["n_applicable", "n_often", "n_not_applicable"]
    found = both.groupby(["unit", "skill"], observed=True)[names].sum()
    found = found.reindex(grid, fill_value=0).astype(int).reset_index()
    interval = shares(found["n_often"], found["n_applicable"], confidence=confidence)
    return pd.concat([found, interval], axis=1)[PRACTICE_COLUMNS]


def practice_sources(
    codings: pd.DataFrame, sources: pd.DataFrame, *, skills: Sequence[str], sites: Sequence[str]
) -> pd.DataFrame:
    """Count the sources in which a skill is said to be applied, partly applied, not applied or intended.

    Parameters
    ----------
    codings
        ``source site code family practice`` and what ``counts.confirmed`` needs; only confirmed codings
        count.
    sources
        The sources that take part; a group session is one.

    Returns
    -------
    DataFrame
        ``site skill n_applied n_partly n_not_applied n_intention n_sources``, a row for every site and skill.
        A source counts in every column it speaks of, however often; ``n_sources`` counts the sources that
        mention the skill at all. Zero is nobody mentioned it, which is not the same as not applied.
    """
    evidence = confirmed(codings, sources)
    evidence = evidence.loc[evidence["family"] == "skill", ["site", "code", "source", "practice"]]
    grid = pd.MultiIndex.from_product([sites, skills], names=["site", "code"])
    columns = {}
    for practice in PRACTICES:
        said = evidence[(evidence["practice"] == practice).fillna(False).astype(bool)]
        columns[f"n_{practice}"] = said.groupby(["site", "code"], observed=True)["source"].nunique()
    columns["n_sources"] = evidence.groupby(["site", "code"], observed=True)["source"].nunique()
    found = pd.DataFrame({name: n.reindex(grid, fill_value=0) for name, n in columns.items()}, index=grid)
    return found.astype(int).reset_index().rename(columns={"code": "skill"})[SOURCE_COLUMNS]
