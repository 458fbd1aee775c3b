"""Released numbers of three waves, of who took part in each, and of who left.

All of them tell of people of whom the change between the compared waves is told already. So each takes that
change too: what is hidden there stays hidden here, and counts of other groups of the same people are bands.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from casestudy.reporting import disclosure, released_change, wave_counts
from casestudy.reporting.disclosure import Limits, Withheld
from casestudy.reporting.released import ALL, Released, number
from casestudy.study import Study

WAVES = "scale site contrast before after n_low n_high diff lo hi state retained method".split()
LEAVERS = "scale site n_stayed n_left_low n_left_high m_stayed m_left g lo hi state".split()
TOOK_PART = "site wave low high invited_low invited_high".split()


class Scope(NamedTuple):
    """Whose numbers are shown, to whom: the sites in their order, and whether all together come first."""

    limits: Limits
    sites: Sequence[str]
    together: bool


def silent(change: pd.DataFrame, scope: Scope) -> dict[str, frozenset[str]]:
    """Name the units whose change is hidden, per scale; they say nothing in the tables beside it either."""
    view = released_change.change(change, scope.limits, sites=scope.sites, together=scope.together).frame
    out = view[view["state"] == "hidden"]
    return {scale: frozenset(out.loc[out["scale"] == scale, "site"]) for scale in view["scale"].unique()}


def scope(study: Study, site: str | None, limits: Limits) -> Scope:
    """Give the scope of one site alone, or of all sites together and apart."""
    return Scope(limits, study.site_ids if site is None else [site], site is None)


def units(of_scale: pd.DataFrame, scope: Scope) -> list[str]:
    """All together first, then the sites, as far as the frame has them."""
    known = set(of_scale["site"])
    return [unit for unit in ([ALL] if scope.together else []) + list(scope.sites) if unit in known]


def hidden(
    counts: Mapping[str, Sequence[float]], small: set[str], mute: frozenset[str], scope: Scope
) -> dict[str, str]:
    """Rule by which each unit is hidden: too few people, or lest another unit can be worked out.

    Parameters
    ----------
    counts
        Per unit, its numbers of people in the groups that are told of; nan where there could be nobody.
    small
        Units that are hidden for their own sake.
    mute
        Units whose change is hidden.
    """
    out = {unit: "few_people" for unit in counts if unit in small}
    out |= {unit: "complementary" for unit in counts if unit in mute and unit not in small}
    sites = [unit for unit in counts if unit != ALL]
    if ALL in counts and ALL not in out and sites:
        rows = list(zip(*(counts[site] for site in sites), strict=True))
        forced = [i for i, site in enumerate(sites) if site in out]
        gone = disclosure.hidden_together(rows, scope.limits.minimum, forced=forced)
        out |= {s: "complementary" for s, hide in zip(sites, gone, strict=True) if hide and s not in out}
    return out


def is_tested(site: str, counts: Sequence[float], limits: Limits) -> bool:
    """Whether a row has enough people for an interval and for saying what it shows."""
    least = limits.minimum if site == ALL else limits.tested
    return all(n >= least for n in counts if not math.isnan(n))


def waves(contrasts: pd.DataFrame, change: pd.DataFrame, scope: Scope) -> Released:
    """Retention and net change: what the third wave adds to the change between the compared ones.

    The contrast between the compared waves is left out. The change table tells it already, of those who were
    there both times; told once more with whoever was there once, it would read as another number, and the two
    together would tell of the few who left. The others stand or fall together, because either of them and the
    change give the other.

    Parameters
    ----------
    contrasts
        Rows per scale, site and contrast, as ``findings.waves.contrast_table`` gives them.
    change
        The change frame of the compared waves.

    Returns
    -------
    Released
        Columns :data:`WAVES`; people as a band. ``state`` as in a released change; ``retained`` is True only
        where the contrast says so and is shown.
    """
    rows, withheld = [], []
    mute = silent(change, scope)
    compared = set(zip(change["before"], change["after"], strict=True))
    for scale in dict.fromkeys(contrasts["scale"]):
        of_scale = contrasts[contrasts["scale"] == scale]
        found = {(row["site"], row["contrast"]): row for row in of_scale.to_dict("records")}
        hushed = mute.get(scale, frozenset())
        out = _hidden_with(of_scale, compared, hushed, scope)
        for unit in units(of_scale, scope):
            for name in dict.fromkeys(of_scale["contrast"]):
                row = found[unit, name]
                if (row["before"], row["after"]) in compared:
                    continue
                rule = out.get(unit, "")
                if rule and row["state"] != "absent":
                    withheld.append(Withheld(rule, f"{scale} x {unit} x {name}"))
                rows.append(_contrast(row, scope.limits, hide=bool(rule)))
    return Released(pd.DataFrame(rows, columns=WAVES), tuple(withheld))


def _hidden_with(
    of_scale: pd.DataFrame, compared: set[tuple[str, str]], mute: frozenset[str], scope: Scope
) -> dict[str, str]:
    """Rule by which each unit is hidden in the contrasts with a wave that is not compared."""
    every: dict[str, list[float]] = {unit: [] for unit in units(of_scale, scope)}
    others: dict[str, list[float]] = {unit: [] for unit in units(of_scale, scope)}
    for row in of_scale.to_dict("records"):
        if row["site"] in every:
            n = math.nan if row["state"] == "absent" else _people(row)
            every[row["site"]].append(n)
            if (row["before"], row["after"]) not in compared:
                others[row["site"]].append(n)
    measured = [unit for unit in others if any(not math.isnan(n) for n in others[unit])]
    small = {unit for unit in measured if not wave_counts.side_by_side(every[unit], scope.limits)}
    return hidden(others, small, mute, scope)


def _people(row: Mapping[str, Any]) -> float:
    """How many people a contrast rests on; of separate groups the smaller one, 0 where it is not known."""
    groups = [number(row.get(column)) for column in ("n_before", "n_after")]
    n = number(row["n_pairs"])
    return n if not math.isnan(n) else 0.0 if any(math.isnan(g) for g in groups) else min(groups)


def _contrast(row: Mapping[str, Any], limits: Limits, *, hide: bool) -> dict[str, Any]:
    start = {key: row[key] for key in ("scale", "site", "contrast", "before", "after", "method")}
    if hide or row["state"] == "absent":
        return {**start, "state": "hidden" if hide else "absent", "retained": False}
    n = _people(row)
    tested = is_tested(row["site"], [n], limits)
    known = wave_counts.beside(n, limits)
    state = str(row["state"]) if tested and row["state"] != "too_few" else "described"
    return {
        **start,
        "n_low": known.low,
        "n_high": known.high,
        **{c: disclosure.tenths(number(row[c])) for c in ["diff", *(["lo", "hi"] if tested else [])]},
        "state": state,
        "retained": tested and number(row["retained"]) == 1,
    }


def leavers(frame: pd.DataFrame, change: pd.DataFrame, scope: Scope) -> Released:
    """Mean before of those who stayed and of those who left between the compared waves.

    Parameters
    ----------
    frame
        Rows per scale and site, as ``findings.attrition.leavers`` gives them.
    change
        The change frame of the same two waves.

    Returns
    -------
    Released
        Columns :data:`LEAVERS`. Those who stayed are the pairs of the change and counted exactly, those who
        left in a band. ``state`` is ``higher``, ``lower`` or ``unclear``: those who stayed beside those who
        left; ``described`` where either group is too small for an interval; ``hidden``; or ``absent`` where
        nobody can be followed.
    """
    rows, withheld = [], []
    mute = silent(change, scope)
    for scale in dict.fromkeys(frame["scale"]):
        of_scale = frame[frame["scale"] == scale]
        found = {row["site"]: row for row in of_scale.to_dict("records")}
        counts = {u: [number(found[u]["n_both"]), number(found[u]["n_left"])] for u in units(of_scale, scope)}
        small = {
            unit
            for unit, (both, left) in counts.items()
            if not math.isnan(both) and not wave_counts.apart(both + left, left, scope.limits)
        }
        out = hidden(counts, small, mute.get(scale, frozenset()), scope)
        for unit, (both, left) in counts.items():
            if unit in out and not math.isnan(both):
                withheld.append(Withheld(out[unit], f"{scale} x {unit} x stayed"))
            start = {"scale": scale, "site": unit}
            if math.isnan(both) or unit in out:
                rows.append({**start, "state": "absent" if math.isnan(both) else "hidden"})
            else:
                rows.append(start | _leavers_row(found[unit], both, left, scope.limits))
    return Released(pd.DataFrame(rows, columns=LEAVERS), tuple(withheld))


def _leavers_row(row: Mapping[str, Any], both: float, left: float, limits: Limits) -> dict[str, Any]:
    gone = wave_counts.beside(left, limits)
    tested = is_tested(row["site"], [both, left], limits)
    lo, hi = (number(row[c]) if tested else math.nan for c in ("lo", "hi"))
    apart = lo > 0 or hi < 0
    above = number(row["m_stayed"]) > number(row["m_left"])
    state = "described" if math.isnan(lo) else "unclear" if not apart else "higher" if above else "lower"
    return {
        "n_stayed": wave_counts.exact(both, limits).n,
        "n_left_low": gone.low,
        "n_left_high": gone.high,
        **{c: disclosure.tenths(number(row[c])) for c in ("m_stayed", "m_left")},
        "g": disclosure.decimal(number(row["g"]), 2) if tested else math.nan,
        "lo": disclosure.decimal(lo, 2),
        "hi": disclosure.decimal(hi, 2),
        "state": state,
    }


def took_part(participation: pd.DataFrame, change: pd.DataFrame, scope: Scope) -> Released:
    """How many took part in each wave, and how many were invited, in bands.

    The bands are wide enough beside the counts of the change, so that nobody can work out how few left.

    Parameters
    ----------
    participation
        ``site wave n_invited n``; without a row of all sites, theirs are added up.
    change
        The change frame.
    """
    known = _told(change, scope)
    rows, withheld = [], []
    for unit in [ALL] * scope.together + list(scope.sites):
        of_unit = participation[participation["site"].isin(scope.sites if unit == ALL else [unit])]
        counts = of_unit.groupby("wave", sort=False)[["n", "n_invited"]].sum(min_count=1)
        for wave, n, invited in counts.itertuples(name=None):
            here = wave_counts.beside(number(n), scope.limits, part=known.get((unit, str(wave)), math.nan))
            asked = wave_counts.beside(number(invited), scope.limits)
            rows.append((unit, wave, here.low, here.high, asked.low, asked.high))
            if not scope.limits.shows(number(n)):
                withheld.append(Withheld("few_people", f"{unit} x {wave}"))
    return Released(pd.DataFrame(rows, columns=TOOK_PART), tuple(withheld))


def _told(change: pd.DataFrame, scope: Scope) -> dict[tuple[str, str], float]:
    """Give the largest number of people that a released change tells exactly, per unit and wave."""
    view = released_change.change(change, scope.limits, sites=scope.sites, together=scope.together).frame
    found: dict[tuple[str, str], float] = {}
    for end in ("before", "after"):
        counts = view["n"].astype(float).fillna(view[f"n_{end}"].astype(float)).groupby(view["site"]).max()
        for wave in dict.fromkeys(change[end]):
            found |= {(str(site), str(wave)): float(n) for site, n in counts.items()}
    return found
