"""Scale scores of the survey, how reliable they are, and signs that an answer is not as it seems."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

SCORE_COLUMNS = ["respondent", "site", "wave", "scale", "score", "n_answered", "n_items"]
RELIABILITY_COLUMNS = ["scale", "wave", "alpha", "lo", "hi", "n", "n_items", "indicative"]
ITEM_REST_COLUMNS = ["scale", "item", "wave", "r", "n", "flag"]
CEILING_COLUMNS = ["scale", "site", "n", "n_ceiling", "share", "limited"]
STRAIGHT_COLUMNS = ["site", "wave", "n_respondents", "n_straight"]
WRITTEN_SHARE = 1e-4  # 2/3 is often written as 0.6667; that must not ask for a fifth item of six


@dataclass(frozen=True, slots=True)
class Reliability:
    """Cronbach's alpha with its Feldt interval and what it rests on."""

    value: float  # nan when it is not defined
    lo: float
    hi: float
    n: int  # respondents who answered every item
    k: int  # items


def needed_items(n_items: int, min_answered_share: float) -> int:
    """Smallest number of answered items that still gives a score: the share of the items, rounded up.

    Examples
    --------
    >>> needed_items(6, 2 / 3), needed_items(6, 0.6667), needed_items(5, 2 / 3)
    (4, 4, 4)
    """
    return max(1, math.ceil((min_answered_share - WRITTEN_SHARE) * n_items))


def keyed(responses: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Responses to the items of mean scales, every reversed item turned round (min + max - value).

    This is the only place where an item is reversed; the responses that come in stay as they were given.
    """
    wanted = items.loc[items["kind"] == "mean", ["item", "scale", "reverse", "min", "max"]]
    answers = responses[["respondent", "site", "wave", "item", "value"]].merge(wanted, on="item")
    value = answers["value"].astype(float)
    turned = answers["min"].astype(float) + answers["max"].astype(float) - value
    return answers.assign(value=value.mask(answers["reverse"].astype(bool), turned))


def score(responses: pd.DataFrame, items: pd.DataFrame, *, min_answered_share: float = 2 / 3) -> pd.DataFrame:
    """Mean of the answered items of a scale, per respondent and wave, in points of the answer options.

    Parameters
    ----------
    responses
        One row per respondent, wave and item: ``respondent site wave item value``; nan is no answer.
    items
        ``item scale reverse min max kind``. Scales of kind ``frequency`` get no score: "not applicable" is
        not a low score, so they are reported per item (see ``practice``).
    min_answered_share
        Share of a scale's items that must be answered; the number of items is rounded up.

    Returns
    -------
    DataFrame
        ``respondent site wave scale score n_answered n_items``, one row per respondent, wave and scale of
        which any row came in. ``score`` is nan when too few items were answered.

    Examples
    --------
    >>> items = pd.DataFrame({"item": ["a", "b"], "scale": "KEN", "reverse": [False, True],
    ...                       "min": 1, "max": 5, "kind": "mean"})
    >>> answers = pd.DataFrame({"respondent": "r1", "site": "es", "wave": "T0", "item": ["a", "b"],
    ...                         "value": [4.0, 1.0]})
    >>> score(answers, items)["score"].tolist()
    [4.5]
    """
    groups = keyed(responses, items).groupby(["respondent", "site", "wave", "scale"], observed=True)["value"]
    scores = groups.agg(score="mean", n_answered="count").reset_index()
    n_items = items.groupby("scale", observed=True)["item"].nunique()
    scores["n_items"] = scores["scale"].map(n_items).astype(int)
    needed = {n: needed_items(n, min_answered_share) for n in scores["n_items"].unique()}
    enough = scores["n_answered"] >= scores["n_items"].map(needed)
    scores["score"] = scores["score"].where(enough)
    return scores[SCORE_COLUMNS]


def cronbach_alpha(wide: pd.DataFrame, *, confidence: float = 0.95) -> Reliability:
    """Cronbach's alpha of one scale in one wave, on the respondents who answered every item.

    Parameters
    ----------
    wide
        Answers, shape (n_respondents, n_items), reversed items already turned round (see ``keyed``).

    Returns
    -------
    Reliability
        Unrounded; at most 1, and below 0 when items work against each other. nan when there are fewer than
        two complete respondents or two items, or when the total does not vary.

    References
    ----------
    Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. *Psychometrika*, 16,
    297-334. Feldt, L. S. (1965). The approximate sampling distribution of Kuder-Richardson reliability
    coefficient twenty. *Psychometrika*, 30, 357-370 (the interval).

    Examples
    --------
    >>> round(cronbach_alpha(pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 2, 4, 4]})).value, 4)
    0.9412
    """
    complete = wide.dropna().to_numpy(dtype=float)
    n, k = complete.shape
    total = float(complete.sum(axis=1).var(ddof=1)) if n > 1 else 0.0
    if k < 2 or total <= 1e-12:
        return Reliability(math.nan, math.nan, math.nan, n, k)
    value = k / (k - 1) * (1 - float(complete.var(axis=0, ddof=1).sum()) / total)
    tail, df, df_error = (1 - confidence) / 2, n - 1, (n - 1) * (k - 1)
    lo, hi = (1 - (1 - value) * float(stats.f.ppf(p, df, df_error)) for p in (1 - tail, tail))
    return Reliability(value, lo, hi, n, k)


def _wide(answers: pd.DataFrame) -> pd.DataFrame:
    return answers.pivot(index=["site", "respondent"], columns="item", values="value")


def reliability(
    responses: pd.DataFrame, items: pd.DataFrame, *, n_reliability: int = 30, confidence: float = 0.95
) -> pd.DataFrame:
    """Cronbach's alpha per mean scale and wave, over all sites.

    Returns
    -------
    DataFrame
        ``scale wave alpha lo hi n n_items indicative``; ``n`` counts complete respondents, and ``indicative``
        is true below ``n_reliability`` of them. ``alpha`` is nan where it is not defined.
    """
    rows = []
    for (scale, wave), answers in keyed(responses, items).groupby(["scale", "wave"], observed=True):
        found = cronbach_alpha(_wide(answers), confidence=confidence)
        few = found.n < n_reliability
        rows.append((scale, wave, found.value, found.lo, found.hi, found.n, found.k, few))
    return pd.DataFrame(rows, columns=RELIABILITY_COLUMNS)


def item_rest(responses: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Correlation of each item with the sum of the other items of its scale, per wave, after reversing.

    A correlation that is not above zero mostly means that the item is worded the other way round and lacks
    its ``reverse`` mark, or has one too many.

    Returns
    -------
    DataFrame
        ``scale item wave r n flag``. ``n`` counts respondents who answered the whole scale; ``r`` is nan, and
        ``flag`` false, when there are fewer than three of them or when item or rest does not vary.
    """
    rows: list[tuple[object, ...]] = []
    for (scale, wave), answers in keyed(responses, items).groupby(["scale", "wave"], observed=True):
        complete = _wide(answers).dropna()
        total = complete.sum(axis=1)
        for item in complete.columns:
            r = _correlation(complete[item].to_numpy(), (total - complete[item]).to_numpy())
            rows.append((scale, item, wave, r, len(complete), r <= 0))
    return pd.DataFrame(rows, columns=ITEM_REST_COLUMNS)


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return math.nan
    return float(np.corrcoef(first, second)[0, 1])


def ceiling(
    scores: pd.DataFrame, items: pd.DataFrame, *, wave: str, near: float = 0.875, limit: float = 0.25
) -> pd.DataFrame:
    """Share of respondents whose score stands at the top of the scale, so that it can hardly rise.

    Parameters
    ----------
    wave
        The wave before the training.
    near
        Where the top begins, as a share of the range of the options: 0.875 is 4.5 on options 1 to 5.
    limit
        Above this share the change that can be seen is limited by the scale.

    Returns
    -------
    DataFrame
        ``scale site n n_ceiling share limited``, a row per scale for ``ALL`` and for each site. Respondents
        without a score are left out.
    """
    ends = items.groupby("scale", observed=True).agg(low=("min", "min"), high=("max", "max")).astype(float)
    top = ends["low"] + near * (ends["high"] - ends["low"])
    present = scores[(scores["wave"] == wave) & scores["score"].notna()]
    present = present.assign(at_top=present["score"] >= present["scale"].map(top) - 1e-9)
    both = pd.concat([present.assign(site="ALL"), present])
    found = both.groupby(["scale", "site"], observed=True, sort=False)["at_top"].agg(
        n="size", n_ceiling="sum"
    )
    found = found.reset_index()
    share = found["n_ceiling"] / found["n"]
    return found.assign(share=share, limited=share > limit)[CEILING_COLUMNS]


def straight_lining(responses: pd.DataFrame, items: pd.DataFrame, *, min_items: int = 6) -> pd.DataFrame:
    """Count respondents who gave one and the same answer to everything, reversed items included.

    Parameters
    ----------
    min_items
        Fewest answered items, of which at least one is reversed and one is not, for a verdict: agreeing with
        a statement and with its opposite is what tells inattention from a strong opinion.

    Returns
    -------
    DataFrame
        ``site wave n_respondents n_straight``; ``n_respondents`` counts those who answered any item.
    """
    mean_items = items.loc[items["kind"] == "mean", ["item", "reverse"]]
    given = responses.merge(mean_items, on="item").dropna(subset=["value"])
    given = given.assign(reverse=given["reverse"].astype(bool))
    people = given.groupby(["site", "wave", "respondent"], observed=True).agg(
        n=("value", "size"),
        low=("value", "min"),
        high=("value", "max"),
        any_reverse=("reverse", "any"),
        all_reverse=("reverse", "all"),
    )
    tells = (people["n"] >= min_items) & people["any_reverse"] & ~people["all_reverse"]
    people = people.assign(straight=tells & (people["low"] == people["high"]))
    found = people.groupby(["site", "wave"], observed=True)["straight"]
    return found.agg(n_respondents="size", n_straight="sum").reset_index()[STRAIGHT_COLUMNS]
