"""Single items: how the answers spread over the options, and how many people moved up or down."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from casestudy.findings.intervals import agresti_min, sign_test
from casestudy.findings.multiplicity import benjamini_hochberg

ALL = "ALL"
DISTRIBUTION_COLUMNS = ["item", "scale", "site", "wave", "value", "n", "n_of"]
UNANSWERED_COLUMNS = "item scale site wave n_answered n_not_applicable n_not_shown n_skipped".split()
SHIFT_COLUMNS = "item scale site n n_up n_same n_down shift lo hi p p_adj".split()
SHIFT_COUNTS = ["n", "n_up", "n_same", "n_down"]
MOST_OPTIONS = 11  # 0 to 10; a finer scale has no options to count one by one

Counts = NDArray[np.int_]


def distributions(
    responses: pd.DataFrame, items: pd.DataFrame, *, waves: Sequence[str], sites: Sequence[str]
) -> pd.DataFrame:
    """Count the answers per option of every item, for all sites together (``ALL``) and per site.

    Parameters
    ----------
    responses
        ``respondent site wave item value``; nan is no answer.
    items
        ``item scale min max``. Reversed items are not turned round: a reader sees the statement itself.
    waves, sites
        What gets rows, in this order.

    Returns
    -------
    DataFrame
        ``item scale site wave value n n_of``, a row for every option of every item, also where nobody chose
        it. Options are the whole numbers from ``min`` to ``max``; an item with more than eleven of them, or
        with decimals, has a row per value that was given anywhere. ``n_of`` counts those who gave an answer:
        "does not apply" and skipped items stand in ``unanswered``. It is 0 where nobody did.

    Examples
    --------
    >>> items = pd.DataFrame({"item": ["a"], "scale": "KEN", "min": 1, "max": 3})
    >>> answers = pd.DataFrame({"respondent": list("xyz"), "site": "es", "wave": "T0", "item": "a",
    ...                         "value": [1, 3, None]})
    >>> found = distributions(answers, items, waves=["T0"], sites=["es"])
    >>> found.loc[found["site"] == "ALL", ["value", "n", "n_of"]].values.tolist()
    [[1.0, 1.0, 2.0], [2.0, 0.0, 2.0], [3.0, 1.0, 2.0]]
    """
    given = _asked(responses, items, waves, sites).dropna(subset=["value"])
    given = _with_all(given.assign(value=given["value"].astype(float).round(10)))
    keys = ["item", "site", "wave", "value"]
    found = given.groupby(keys, observed=True).size()
    of = given.groupby(keys[:3], observed=True).size()
    chosen = given.groupby("item", observed=True)["value"].unique()
    grid = [
        (row.item, site, wave, value)
        for row in items.itertuples(index=False)
        for options in [_options(row.min, row.max, chosen.get(row.item, ()))]
        for site in (ALL, *sites)
        for wave in waves
        for value in options
    ]
    table = pd.DataFrame(grid, columns=keys).astype({"value": float})
    table["n"] = found.reindex(pd.MultiIndex.from_frame(table[keys]), fill_value=0).to_numpy()
    table["n_of"] = of.reindex(pd.MultiIndex.from_frame(table[keys[:3]]), fill_value=0).to_numpy()
    table["scale"] = table["item"].map(items.set_index("item")["scale"])
    return table[DISTRIBUTION_COLUMNS]


def unanswered(
    responses: pd.DataFrame, items: pd.DataFrame, *, waves: Sequence[str], sites: Sequence[str]
) -> pd.DataFrame:
    """Count why items have no answer, apart for each reason, because none of them is a low answer.

    Parameters
    ----------
    responses
        ``respondent site wave item value reason_na``.
    items, waves, sites
        As in ``distributions``.

    Returns
    -------
    DataFrame
        ``item scale site wave n_answered n_not_applicable n_not_shown n_skipped``, a row for every item,
        ``ALL`` or site, and wave. Skipped is what has no answer and no other reason.

    Examples
    --------
    >>> items = pd.DataFrame({"item": ["a"], "scale": "TOE", "min": 1, "max": 3})
    >>> answers = pd.DataFrame({"respondent": list("xyz"), "site": "es", "wave": "T0", "item": "a",
    ...                         "value": [1, None, None], "reason_na": [None, "not_applicable", "skipped"]})
    >>> found = unanswered(answers, items, waves=["T0"], sites=["es"])
    >>> found.loc[found["site"] == "ALL", UNANSWERED_COLUMNS[4:]].values.tolist()
    [[1, 1, 0, 1]]
    """
    asked = _asked(responses, items, waves, sites)
    empty = asked["value"].isna()
    reason = asked["reason_na"].astype(object).where(asked["reason_na"].notna(), "skipped")
    flags = asked.assign(
        n_answered=~empty,
        n_not_applicable=empty & (reason == "not_applicable"),
        n_not_shown=empty & (reason == "not_shown"),
        n_skipped=empty & ~reason.isin(["not_applicable", "not_shown"]),
    )
    keys = ["item", "site", "wave"]
    grid = pd.MultiIndex.from_product([items["item"], [ALL, *sites], waves], names=keys)
    found = _with_all(flags).groupby(keys, observed=True)[UNANSWERED_COLUMNS[4:]].sum()
    found = found.reindex(grid, fill_value=0).astype(int).reset_index()
    found["scale"] = found["item"].map(items.set_index("item")["scale"])
    return found[UNANSWERED_COLUMNS]


def net_shift(
    responses: pd.DataFrame,
    items: pd.DataFrame,
    *,
    before: str,
    after: str,
    sites: Sequence[str],
    unlinked_sites: Sequence[str] = (),
    confidence: float = 0.95,
    n_describe: int = 5,
    n_test: int = 6,
) -> pd.DataFrame:
    """Tell per item how many people moved to a higher and to a lower option between two waves.

    Parameters
    ----------
    responses, items
        As in ``distributions``; up is up on the options as they were shown, also for a reversed item, so that
        it agrees with the bars of that item.
    unlinked_sites
        Sites whose people cannot be linked: nobody can be said to have moved there. They have rows without
        numbers, and ``ALL`` leaves them out.
    n_describe, n_test
        Below ``n_describe`` people only their number is given; below ``n_test`` there is no p-value.

    Returns
    -------
    DataFrame
        ``item scale site n n_up n_same n_down shift lo hi p p_adj``, a row for every item and ``ALL`` or
        site. ``n`` counts people who answered in both waves; ``shift`` is (up - down) / n with the interval
        of Agresti and Min; ``p`` is of the exact sign test, nan when nobody moved. ``p_adj`` is Benjamini
        and Hochberg's, over the ``ALL`` rows and over the rows of sites apart. No mean of a single item is
        given: its options are not known to lie equally far apart.

    References
    ----------
    Agresti, A., & Min, Y. (2005). Simple improved confidence intervals for comparing matched proportions.
    *Statistics in Medicine*, 24(5), 729-740.

    Examples
    --------
    >>> items = pd.DataFrame({"item": ["a"], "scale": "KEN", "min": 1, "max": 5})
    >>> answers = pd.DataFrame({"respondent": list("uvwxyz") * 2, "site": "es", "item": "a",
    ...     "wave": ["T0"] * 6 + ["T1"] * 6, "value": [1, 2, 3, 3, 4, 4, 2, 3, 3, 4, 5, 3]})
    >>> found = net_shift(answers, items, before="T0", after="T1", sites=["es"])
    >>> found[["site", "n", "n_up", "n_same", "n_down"]].values.tolist()
    [['ALL', 6, 4, 1, 1], ['es', 6, 4, 1, 1]]
    """
    moved = _moves(_asked(responses, items, [before, after], sites), before, after)
    moved = moved[~moved["site"].isin(list(unlinked_sites))]
    keys = ["item", "site"]
    grid = pd.MultiIndex.from_product([items["item"], [ALL, *sites]], names=keys)
    found = _with_all(moved).groupby(keys, observed=True)[SHIFT_COUNTS].sum().reindex(grid, fill_value=0)
    told = [_told(counts, confidence, n_test) for counts in found[SHIFT_COUNTS[1:]].to_numpy().tolist()]
    numbers = pd.DataFrame(told, columns=["shift", "lo", "hi", "p"], index=grid, dtype=float)
    table = pd.concat([found.astype("Int64"), numbers], axis=1).reset_index()
    few = table["n"] < n_describe
    table.loc[few, SHIFT_COUNTS[1:]] = pd.NA
    table.loc[few, ["shift", "lo", "hi", "p"]] = np.nan
    table.loc[table["site"].isin(list(unlinked_sites)), SHIFT_COUNTS] = pd.NA
    table["p_adj"] = np.nan
    for family in (table["site"] == ALL, table["site"] != ALL):
        table.loc[family, "p_adj"] = benjamini_hochberg(table.loc[family, "p"])
    table["scale"] = table["item"].map(items.set_index("item")["scale"])
    return table[SHIFT_COLUMNS]


def _asked(
    responses: pd.DataFrame, items: pd.DataFrame, waves: Sequence[str], sites: Sequence[str]
) -> pd.DataFrame:
    at = responses["wave"].isin(list(waves)) & responses["site"].isin(list(sites))
    return responses[at & responses["item"].isin(items["item"])]


def _with_all(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows twice: once for all sites together, once for their own."""
    return pd.concat([frame.assign(site=ALL), frame], ignore_index=True)


def _options(low: float, high: float, given: Iterable[float]) -> list[float]:
    seen = sorted(given)
    whole = float(low).is_integer() and all(value.is_integer() for value in seen)
    if whole and high - low < MOST_OPTIONS:
        return [float(value) for value in range(int(low), int(high) + 1)]
    return seen


def _moves(asked: pd.DataFrame, before: str, after: str) -> pd.DataFrame:
    """One row per item and person with an answer in both waves, and where the answer went."""
    keys = ["item", "site", "respondent"]
    given = asked.dropna(subset=["value"]).set_index([*keys, "wave"])["value"].astype(float)
    wide = given.unstack("wave").reindex(columns=[before, after]).dropna()
    change = (wide[after] - wide[before]).round(10)
    flags = {"n": True, "n_up": change > 0, "n_same": change == 0, "n_down": change < 0}
    return pd.DataFrame(flags, index=wide.index).reset_index()


def _told(counts: list[int], confidence: float, n_test: int) -> tuple[float, float, float, float]:
    up, same, down = counts
    shift = agresti_min(up, same, down, confidence)
    p = sign_test(up, down) if shift.n >= n_test else math.nan
    return shift.value, shift.lo, shift.hi, p
