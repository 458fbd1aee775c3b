"""Released numbers about the measuring: looking back, the error of measuring, and what chance gives.

As in ``released_waves``, what is hidden of the change between the compared waves stays hidden here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from casestudy.reporting import disclosure, wave_counts
from casestudy.reporting.disclosure import Limits, Proportion, Withheld
from casestudy.reporting.released import Released, complementary, number
from casestudy.reporting.released_waves import Scope, hidden, is_tested, silent, units

SHIFT = "scale site n n_low n_high shift shift_lo shift_hi diff diff_lo diff_hi".split()
SHIFT += ["diff_then", "diff_then_lo", "diff_then_hi", "state"]
RELIABLE = "scale site form share n_up n_down n word reliability source".split()
LOOKED_BACK = ("n_change", "n", "n_then")
FEWEST_SITES = 3
DIFFER = "scale n_sites n f df1 eps2 eps2_null p used state".split()


def shift(frame: pd.DataFrame, change: pd.DataFrame, scope: Scope) -> Released:
    """How people judge their start when they look back, and the change as reckoned from both judgements.

    Parameters
    ----------
    frame
        Rows per scale and site, as ``findings.response_shift.then_test`` gives them.
    change
        The change frame; a scale or site hidden there is hidden here.

    Returns
    -------
    Released
        Columns :data:`SHIFT`. ``n`` counts the pairs of the change, the band those who also looked back.
        ``state`` is ``lower``, ``higher`` or ``unclear``, how the start looks in hindsight, ``described``
        where too few people allow an interval, ``hidden``, or ``absent``.
    """
    rows, withheld = [], []
    mute = silent(change, scope)
    for scale in dict.fromkeys(frame["scale"]):
        of_scale = frame[frame["scale"] == scale]
        found = {row["site"]: row for row in of_scale.to_dict("records")}
        counts = {u: [number(found[u][c]) for c in LOOKED_BACK] for u in units(of_scale, scope)}
        absent = {u for u, ns in counts.items() if any(math.isnan(n) for n in ns) or not any(ns)}
        measured = {u: [math.nan] * 3 if u in absent else ns for u, ns in counts.items()}
        small = {u for u in set(counts) - absent if not wave_counts.side_by_side(counts[u], scope.limits)}
        out = hidden(measured, small, mute.get(scale, frozenset()), scope)
        for unit in counts:
            start = {"scale": scale, "site": unit}
            if unit in absent or unit in out:
                rows.append({**start, "state": "absent" if unit in absent else "hidden"})
                withheld += [] if unit in absent else [Withheld(out[unit], f"{scale} x {unit} x then")]
            else:
                rows.append(start | _shift_row(found[unit], counts[unit], scope.limits))
    return Released(pd.DataFrame(rows, columns=SHIFT), tuple(withheld))


def _shift_row(row: Mapping[str, Any], counts: Sequence[float], limits: Limits) -> dict[str, Any]:
    pairs, *others = counts
    tested = is_tested(row["site"], counts, limits)
    here = wave_counts.exact(pairs, limits)
    back = wave_counts.beside(min(others), limits, whole=pairs)
    ends = ["", "_lo", "_hi"] if tested else [""]
    kept = {f"{name}{end}" for name in ("shift", "diff", "diff_then") for end in ends}
    state = "described"
    if tested:
        lo, hi = number(row["shift_lo"]), number(row["shift_hi"])
        state = "lower" if lo > 0 else "higher" if hi < 0 else "unclear"
    return {
        "n": here.n,
        "n_low": back.low,
        "n_high": back.high,
        "state": state,
        **{c: disclosure.tenths(number(row[c])) for c in sorted(kept)},
    }


def reliable(frame: pd.DataFrame, change: pd.DataFrame, scope: Scope) -> Released:
    """How many people changed by more than the error of measuring, as far as that may be told.

    Three groups (up, alike, down) are told where each is large enough; else alike and down together, so that
    a zero and a few look the same. Several sites beside all of them are always told in two groups.

    Parameters
    ----------
    frame
        Rows per scale and site, as ``findings.reliable_change.counts`` gives them.
    change
        The change frame of the same two waves.

    Returns
    -------
    Released
        Columns :data:`RELIABLE`. ``form`` is ``three``, ``percent`` or ``of`` (up, and the rest), ``word``,
        ``hidden`` or ``absent``; ``n`` is the number of pairs.
    """
    rows, withheld = [], []
    mute = silent(change, scope)
    for scale in dict.fromkeys(frame["scale"]):
        of_scale = frame[frame["scale"] == scale]
        found = {row["site"]: row for row in of_scale.to_dict("records")}
        hushed = mute.get(scale, frozenset())
        counts = {u: (number(found[u]["n_up"]), number(found[u]["n"])) for u in units(of_scale, scope)}
        counts = {u: c for u, c in counts.items() if not any(math.isnan(n) for n in c)}
        views = {
            u: Proportion("hidden") if u in hushed else disclosure.proportion(*c, scope.limits)
            for u, c in counts.items()
        }
        gone = complementary(counts, views, scope.limits)
        for unit in units(of_scale, scope):
            view = Proportion("hidden") if unit in gone else views.get(unit, Proportion("absent"))
            rows.append(_reliable_row(found[unit], view, scope))
            if view.form in ("word", "hidden"):
                rule = "complementary" if unit in gone else "few_people"
                withheld.append(Withheld(rule, f"{scale} x {unit} x beyond error"))
    return Released(pd.DataFrame(rows, columns=RELIABLE), tuple(withheld))


def _reliable_row(row: Mapping[str, Any], view: Proportion, scope: Scope) -> dict[str, Any]:
    limits, form = scope.limits, view.form
    start = {"scale": row["scale"], "site": row["site"], "form": form}
    if form in ("absent", "hidden"):
        return start
    start |= {"n": view.n_of, "word": view.word, "source": row["source"]}
    start |= {"reliability": disclosure.decimal(number(row["reliability"]), 2)}
    if form == "word":
        return start
    groups = [number(row[c]) for c in ("n_up", "n_same", "n_down")]
    if not scope.together and all(limits.shows(n) for n in groups):
        start |= {"form": "three", "n_down": float(limits.count(groups[2]))}
    return start | {"share": view.share, "n_up": float(limits.count(groups[0]))}


def differ(frame: pd.DataFrame, limits: Limits) -> Released:
    """How far sites differ in change, beside what chance alone would give; numbers of all sites together.

    Parameters
    ----------
    frame
        Rows per scale, as ``findings.omnibus.differ`` gives them.

    Returns
    -------
    Released
        Columns :data:`DIFFER`; ``state`` is ``shown``, or ``hidden`` where too few people or sites are in it.
        ``p`` is that of the test the findings chose (``used``). The second number of degrees of freedom is
        left out: with it the exact number of people would be told.
    """
    rows, withheld = [], []
    for row in frame.to_dict("records"):
        n, sites = number(row["n"]), number(row["n_sites"])
        start = {"scale": row["scale"], "n_sites": sites, "used": row["used"]}
        if not limits.shows(n) or not sites >= FEWEST_SITES or math.isnan(number(row["eps2"])):
            rows.append({**start, "state": "hidden"})
            withheld.append(Withheld("few_people", f"{row['scale']} x sites"))
            continue
        start |= {"n": float(limits.count(n)), "df1": number(row["df1"]), "state": "shown"}
        start |= {c: disclosure.decimal(number(row[c]), 2) for c in ("f", "eps2", "eps2_null")}
        rows.append({**start, "p": disclosure.decimal(number(row["p"]), 3)})
    return Released(pd.DataFrame(rows, columns=DIFFER), tuple(withheld))
