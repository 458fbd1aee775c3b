"""Released change between two waves: what an audience may see of every scale, at every site and together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from casestudy.reporting import disclosure, wave_counts
from casestudy.reporting.disclosure import Limits, Withheld
from casestudy.reporting.released import ALL, Released, number

ESTIMATES = ["model_diff", "overlap_diff"]
CHANGE = [
    "scale",
    "site",
    "n",
    "n_before",
    "n_after",
    "m_before",
    "m_after",
    "diff",
    "lo",
    "hi",
    "state",
    "method",
]
CHANGE += ESTIMATES
SIZES = ["g", "g_lo", "g_hi", "r_rb", "r_rb_lo", "r_rb_hi"]
OTHERS = [f"{estimate}_{end}" for estimate in ("model", "overlap") for end in ("diff", "lo", "hi")]
IN_NUMBERS = ["scale", "site", "n", "n_before", "n_after", "method", "diff", "lo", "hi", *SIZES]
IN_NUMBERS += ["p", "p_adj", "adjust", *OTHERS, "n_zero", "decimals"]


def change(frame: pd.DataFrame, limits: Limits, *, sites: Sequence[str], together: bool) -> Released:
    """Change per scale and site, without rows that are too small or that could be worked out from the others.

    Parameters
    ----------
    frame
        The change frame, sites and ``ALL``.
    sites
        Sites to show, in this order.
    together
        Whether the row of all sites is shown too; it comes first, and then a lone hidden site takes another
        with it.

    Returns
    -------
    Released
        Columns ``CHANGE``. ``n`` is the number of pairs and absent for separate groups, which have n_before
        and n_after instead; means have one decimal. ``state`` is ``up down none unclear`` where tested,
        ``described`` where not, ``hidden`` where left out, ``absent`` where there was nothing to compare.
        ``model_diff`` and ``overlap_diff`` are the two estimates with whoever was there in one wave only,
        where those are enough people to be told of.
    """
    rows: list[dict[str, Any]] = []
    withheld: list[Withheld] = []
    for scale in dict.fromkeys(frame["scale"]):
        of_scale = frame[frame["scale"] == scale].set_index("site")
        shown = [site for site in sites if site in of_scale.index]
        out = _hidden_sites(of_scale, shown, limits, together=together and ALL in of_scale.index)
        for site in ([ALL] if together and ALL in of_scale.index else []) + shown:
            row = of_scale.loc[site]
            rule = out.get(site) or ("" if _large_enough(row, limits) or _is_absent(row) else "few_people")
            if rule:
                withheld.append(Withheld(rule, f"{scale} x {site}"))
            rows.append(_change_row(scale, site, row, limits, hide=bool(rule)))
    return Released(pd.DataFrame(rows, columns=CHANGE), tuple(withheld))


def _hidden_sites(
    of_scale: pd.DataFrame, sites: list[str], limits: Limits, *, together: bool
) -> dict[str, str]:
    small = [
        s for s in sites if not _is_absent(of_scale.loc[s]) and not _large_enough(of_scale.loc[s], limits)
    ]
    if not together:
        return dict.fromkeys(small, "few_people")
    counts = [
        [math.nan if _is_absent(of_scale.loc[s]) else number(of_scale.loc[s, column]) for s in sites]
        for column in ("n_before", "n_after", "n_pairs")
    ]
    out = disclosure.hidden_together(counts, limits.minimum, forced=[sites.index(s) for s in small])
    return {
        s: "few_people" if s in small else "complementary" for s, hide in zip(sites, out, strict=True) if hide
    }


def _is_absent(row: pd.Series) -> bool:
    return str(row["state"]) == "absent" or not (number(row["n_before"]) > 0 and number(row["n_after"]) > 0)


def _large_enough(row: pd.Series, limits: Limits) -> bool:
    counts = [number(row["n_before"]), number(row["n_after"])]
    if str(row["method"]) != "welch":
        counts.append(number(row["n_pairs"]))
    return all(limits.shows(n) for n in counts)


def _change_row(scale: str, site: str, row: pd.Series, limits: Limits, *, hide: bool) -> dict[str, Any]:
    start = {"scale": scale, "site": site, "method": str(row["method"])}
    if hide or _is_absent(row):
        return {**start, "state": "hidden" if hide else "absent"}
    paired = start["method"] != "welch"
    counts = ["n_pairs"] if paired else ["n_before", "n_after"]
    tested = all(number(row[c]) >= (limits.minimum if site == ALL else limits.tested) for c in counts)
    means = ["m_before", "m_after", "diff", *(["lo", "hi"] if tested else [])]
    state = str(row["state"])
    names = {"n_pairs": "n"}
    return {
        **start,
        **{names.get(c, c): float(limits.count(number(row[c]))) for c in counts},
        **{c: disclosure.tenths(number(row[c])) for c in means},
        "state": state if tested and state not in ("too_few", "absent") else "described",
        **{c: disclosure.tenths(number(row.get(c))) for c in ESTIMATES if _others_allow(row, tested, limits)},
    }


def _others_allow(row: pd.Series, tested: bool, limits: Limits) -> bool:
    """Whether the estimates with those in one wave only may stand beside that of the pairs."""
    n_before, n_after, n_both = (number(row[c]) for c in ("n_before", "n_after", "n_pairs"))
    return tested and wave_counts.others_allow(n_before, n_after, n_both, limits)


def in_numbers(frame: pd.DataFrame, limits: Limits, *, sites: Sequence[str], together: bool) -> Released:
    """Change as a statistician reads it: of what may be tested, with sizes, p-values and other estimates.

    A row stands here only where :func:`change` shows its interval, so that no p-value stands without one.
    Differences have two decimals. They have one for the public, and beside all sites together where one of
    the sites is hidden: two would let whoever knows the other sites' numbers, from their own pages, work out
    the hidden one. Sizes have two, p-values three.

    Parameters
    ----------
    frame
        The change frame, sites and ``ALL``; columns of :data:`SIZES` and :data:`OTHERS` that are not there
        give nan.
    sites, together
        As for :func:`change`.

    Returns
    -------
    Released
        Columns ``IN_NUMBERS``; ``decimals`` of the differences and their intervals. ``g`` is ``g_av`` (over
        the mean of both SDs) where ``method`` is ``paired``, Hedges' g where it is ``welch``. ``n_zero``
        counts people without any change, where they and the others are enough to tell.
    """
    view = change(frame, limits, sites=sites, together=together)
    found = {(row["scale"], row["site"]): row for _, row in frame.iterrows()}
    hidden = set(view.frame.loc[view.frame["state"] == "hidden", "scale"]) if together else set()
    rows = []
    for shown in view.frame[view.frame["lo"].notna()].to_dict("records"):
        row = found[shown["scale"], shown["site"]]
        zero, pairs = number(row.get("n_zero")), number(row["n_pairs"])
        decimals = 1 if limits.audience == "public" or shown["scale"] in hidden else 2
        kept = {key: shown[key] for key in ("scale", "site", "n", "n_before", "n_after", "method")}
        kept["decimals"] = decimals
        kept |= {c: disclosure.decimal(number(row.get(c)), decimals) for c in ("diff", "lo", "hi")}
        kept |= {c: disclosure.decimal(number(row.get(c)), 2) for c in SIZES}
        if kept["method"] == "paired":
            kept["g"] = disclosure.decimal(number(row.get("g_av")), 2)
        kept |= {c: disclosure.decimal(number(row.get(c)), 3) for c in ("p", "p_adj")}
        kept["adjust"] = row["adjust"] if isinstance(row.get("adjust"), str) else ""
        if _others_allow(row, True, limits):
            kept |= {c: disclosure.decimal(number(row.get(c)), decimals) for c in OTHERS}
        if wave_counts.apart(pairs, zero, limits):
            kept["n_zero"] = float(limits.count(zero))
        rows.append(kept)
    return Released(pd.DataFrame(rows, columns=IN_NUMBERS), view.withheld)
