"""Scale scores of the survey, how reliable they are, and signs that an answer is not as it seems."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from casestudy.findings.omega import omega_total

SCORE_COLUMNS = ["respondent", "site", "wave", "scale", "score", "n_answered", "n_items"]
RELIABILITY_COLUMNS = (
    "scale wave alpha lo hi omega omega_lo omega_hi n_draws_kept n n_items indicative note"
).split()
ITEM_REST_COLUMNS = ["scale", "item", "wave", "r", "n", "flag"]
CEILING_COLUMNS = ["scale", "site", "n", "n_ceiling", "share", "limited"]
STRAIGHT_COLUMNS = ["site", "wave", "n_respondents", "n_straight"]
LOW_ALPHA = 0.60
MARK = "turned"  # the column that says which answers ``keyed`` turned round
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

    Returns
    -------
    DataFrame
        ``respondent site wave item value scale reverse min max turned``; ``turned`` tells which values were
        turned round and marks the frame as keyed.

    Raises
    ------
    ValueError
        When the responses bear that mark: turned twice, an item would stand as it was given again.

    Examples
    --------
    >>> items = pd.DataFrame({"item": ["a", "b"], "scale": "KEN", "reverse": [False, True],
    ...                       "min": 1, "max": 5, "kind": "mean"})
    >>> answers = pd.DataFrame({"respondent": "r1", "site": "es", "wave": "T0", "item": ["a", "b"],
    ...                         "value": [4.0, 1.0]})
    >>> keyed(answers, items)[["item", "value", "turned"]].values.tolist()
    [['a', 4.0, False], ['b', 5.0, True]]
    """
    _refuse_keyed(responses)
    wanted = items.loc[items["kind"] == "mean", ["item", "scale", "reverse", "min", "max"]]
    answers = responses[["respondent", "site", "wave", "item", "value"]].merge(wanted, on="item")
    value, turn = answers["value"].astype(float), answers["reverse"].astype(bool)
    turned = answers["min"].astype(float) + answers["max"].astype(float) - value
    return answers.assign(value=value.mask(turn, turned), **{MARK: turn})


def _refuse_keyed(responses: pd.DataFrame) -> None:
    if MARK in responses.columns:
        raise ValueError(
            f"`responses` must be the answers as they were given, found a column `{MARK}`: reversed items "
            "are turned round in it already; pass the responses that were read"
        )


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
    responses: pd.DataFrame,
    items: pd.DataFrame,
    *,
    n_reliability: int = 30,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Cronbach's alpha and omega total per mean scale and wave, over all sites.

    Both rest on the respondents who answered every item of the scale in that wave (listwise). Other
    conventions give other numbers: alpha of pairwise correlations, or of answers whose gaps were filled with
    the median; none of them is used here. Low reliability is told; no item is ever left out to raise it.

    Parameters
    ----------
    responses, items
        As in ``score``.
    n_reliability
        Fewest complete respondents to judge by.
    draws, seed
        Of the bootstrap behind the interval of omega; with 0 draws there is none (see ``omega.omega_total``).

    Returns
    -------
    DataFrame
        ``scale wave alpha lo hi omega omega_lo omega_hi n_draws_kept n n_items indicative note``; ``n``
        counts complete respondents, and ``indicative`` is true below ``n_reliability`` of them. ``alpha`` and
        ``omega`` are nan where they are not defined. ``note`` holds keys, separated by spaces: why there is
        no omega (``no_omega``, ``few`` or ``heywood``), and ``below_60`` when alpha is lower than .60.

    Examples
    --------
    >>> items = pd.DataFrame({"item": ["a", "b"], "scale": "KEN", "reverse": False, "min": 1, "max": 5,
    ...                       "kind": "mean"})
    >>> answers = pd.DataFrame({"respondent": ["r1", "r2", "r3", "r4"] * 2, "site": "es", "wave": "T0",
    ...                         "item": ["a"] * 4 + ["b"] * 4, "value": [1, 2, 3, 4, 2, 2, 4, 4]})
    >>> reliability(answers, items)[["scale", "wave", "alpha", "n", "note"]].round(4).values.tolist()
    [['KEN', 'T0', 0.9412, 4, 'no_omega']]
    """
    rows = []
    for (scale, wave), answers in keyed(responses, items).groupby(["scale", "wave"], observed=True):
        wide = _wide(answers)
        alpha = cronbach_alpha(wide, confidence=confidence)
        omega = omega_total(wide, draws=draws, seed=seed, confidence=confidence)
        low = "below_60" if alpha.value < LOW_ALPHA else ""
        own = (omega.value, omega.lo, omega.hi, omega.n_draws_kept)
        note = " ".join(filter(None, [omega.note, low]))
        few = alpha.n < n_reliability
        rows.append((scale, wave, alpha.value, alpha.lo, alpha.hi, *own, alpha.n, alpha.k, few, note))
    return pd.DataFrame(rows, columns=RELIABILITY_COLUMNS)


def items_instead(reliability: pd.DataFrame, before: str, after: str) -> list[str]:
    """Scales whose alpha is below .60 in both waves: their items are reported and not the scale.

    Parameters
    ----------
    reliability
        ``scale wave alpha``, as ``reliability`` gives them. A scale without an alpha in one of the waves is
        not among them: nothing is known of it.

    Examples
    --------
    >>> found = pd.DataFrame({"scale": ["KEN", "KEN", "HOU", "HOU"], "wave": ["T0", "T1"] * 2,
    ...                       "alpha": [0.55, 0.59, 0.55, 0.60]})
    >>> items_instead(found, "T0", "T1")
    ['KEN']
    """
    low = reliability[reliability["wave"].isin([before, after]) & (reliability["alpha"] < LOW_ALPHA)]
    waves = low.groupby("scale", observed=True, sort=False)["wave"].nunique()
    return [str(scale) for scale in waves[waves == len({before, after})].index]


def item_rest(responses: pd.DataFrame, items: pd.DataFrame, *, near_zero: float = 0.10) -> pd.DataFrame:
    """Correlation of each item with the sum of the other items of its scale, per wave, after reversing.

    A correlation near or below zero mostly means that the item is worded the other way round and lacks its
    ``reverse`` mark, or has one too many; or that the items are not one scale. It is a reason to look at the
    instrument, never to drop an item because alpha would rise.

    Parameters
    ----------
    near_zero
        Highest correlation that is flagged.

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
            rows.append((scale, item, wave, r, len(complete), r <= near_zero))
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
    _refuse_keyed(responses)
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
