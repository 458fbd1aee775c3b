"""Released answers to single items: so many options together that no option tells of a few people.

An item is shown when both waves can be shown in the same options. Options that were chosen by too few are put
together with those next to them, first into three (lower half, middle, upper half), then into two. What is
still too few, or nearly everyone, is said in words or left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from casestudy.reporting import disclosure, wave_counts
from casestudy.reporting.disclosure import Limits, Withheld
from casestudy.reporting.released import ALL, Released, number

ANSWERS = "item scale site wave first last form share n n_of n_low n_high word".split()
SHIFTS = "item scale site form n_low n_high up same down shift lo hi".split()
MOST_APART = 7  # options that are still told one by one
MOVES = ("n_up", "n_same", "n_down")

Bands = tuple[tuple[int, ...], ...]
Counts = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class _Item:
    """The answers to one item: per wave how many chose each option, here and at each of several sites."""

    options: tuple[float, ...]
    here: Counts
    apart: Mapping[str, Counts]

    def total(self, wave: str) -> float:
        return sum(self.here[wave])


def bands(n_options: int) -> list[Bands]:
    """Give the ways in which options are put together, from the finest to the coarsest.

    Examples
    --------
    >>> bands(5)[1:]
    [((0, 1), (2,), (3, 4)), ((0, 1, 2), (3, 4)), ((0, 1), (2, 3, 4))]
    >>> bands(4)
    [((0,), (1,), (2,), (3,)), ((0, 1), (2, 3))]
    """
    places, half = tuple(range(n_options)), n_options // 2
    low, high = places[:half], places[n_options - half :]
    middle = places[half : n_options - half]
    ways: list[Bands] = [tuple((place,) for place in places)] if n_options <= MOST_APART else []
    if middle:
        ways += [(low, middle, high), (low + middle, high), (low, middle + high)]
    else:
        ways.append((low, high))
    return list(dict.fromkeys(ways))


def answers(
    frame: pd.DataFrame, shifts: pd.DataFrame, limits: Limits, *, unit: str, waves: tuple[str, str]
) -> Released:
    """Keep the answers to items of one unit (a site or ``ALL``) that an audience may see.

    Parameters
    ----------
    frame
        ``item scale site wave value n n_of``, as ``findings.item_change.distributions`` gives it. For ``ALL``
        it also holds the sites: no site may work out the others by taking itself away.
    shifts
        ``item scale site n …``, as ``findings.item_change.net_shift`` gives it, for how many people answered
        in both waves.
    waves
        The two that are compared.

    Returns
    -------
    Released
        Columns :data:`ANSWERS`, a row per item, wave and band of options from ``first`` to ``last``. ``form``
        is ``percent`` (share in whole hundredths, people as a band), ``of`` (n of n_of), ``word`` (only the
        upper half, with its word), ``hidden`` or ``absent``; the last two have one row per wave.
    """
    rows: list[dict[str, Any]] = []
    withheld: list[Withheld] = []
    pairs = shifts[shifts["site"] == unit].set_index("item")["n"]
    of_waves = frame[frame["wave"].isin(waves)]
    for scale, of_scale in of_waves.groupby("scale", sort=False):
        items = {str(name): _item(rows_, unit, waves) for name, rows_ in of_scale.groupby("item", sort=False)}
        counted = {name: number(pairs.get(name)) for name in items}
        for name, told in _of_scale(items, waves, counted, limits).items():
            if {row["form"] for row in told} & {"hidden", "word"}:
                withheld.append(Withheld("few_people", f"{name} x {unit}"))
            rows += [{"item": name, "scale": scale, "site": unit, **row} for row in told]
    return Released(pd.DataFrame(rows, columns=ANSWERS), tuple(withheld))


def _item(of_item: pd.DataFrame, unit: str, waves: Sequence[str]) -> _Item:
    options = tuple(sorted(float(value) for value in of_item["value"].unique()))
    keys = zip(of_item["site"], of_item["wave"], of_item["value"], strict=True)
    chose = dict(zip(keys, of_item["n"].astype(float), strict=True))

    def counts(site: str) -> Counts:
        return {wave: [chose.get((site, wave, value), 0.0) for value in options] for wave in waves}

    others = [str(s) for s in of_item["site"].unique() if s != ALL] if unit == ALL else []
    return _Item(options, counts(unit), {site: counts(site) for site in others})


def _of_scale(
    items: Mapping[str, _Item], waves: Sequence[str], pairs: Mapping[str, float], limits: Limits
) -> dict[str, list[dict[str, Any]]]:
    """Tell the items of a scale option by option where all that are shown can be, else in wider bands."""
    for apart in (True, False):
        told = {
            name: list(_rows(item, waves, pairs[name], limits, apart=apart)) for name, item in items.items()
        }
        bars = [row for rows in told.values() for row in rows if row["form"] in ("percent", "of")]
        if all(row["first"] == row["last"] for row in bars):
            break
    return told


def _way(item: _Item, ways: Sequence[Bands], limits: Limits, waves: Sequence[str]) -> Bands | None:
    """Find the finest way to put the options together in which nothing tells of a few people."""
    for way in ways:
        if len(way) > 1 and all(_is_safe(item, way, wave, limits) for wave in waves):
            return way
    return None


def _is_safe(item: _Item, way: Bands, wave: str, limits: Limits) -> bool:
    here = _sums(item.here[wave], way)
    if not all(limits.shows(n) and 10 * n < 9 * sum(here) for n in here):
        return False
    rests = [
        [n - own for n, own in zip(here, _sums(counts[wave], way), strict=True)]
        for counts in item.apart.values()
    ]
    return all(limits.shows(n) for rest in rests if sum(rest) > 0 for n in rest)


def _sums(counts: Sequence[float], way: Bands) -> list[float]:
    return [sum(counts[place] for place in band) for band in way]


def _rows(
    item: _Item, waves: Sequence[str], pairs: float, limits: Limits, *, apart: bool
) -> Iterator[dict[str, Any]]:
    totals = [item.total(wave) for wave in waves]
    if not all(totals):
        yield from ({"wave": wave, "form": "absent"} for wave in waves)
        return
    ways = bands(len(item.options))
    way = _way(item, ways if apart else [way for way in ways if len(way) <= 3], limits, waves)
    percent = all(n >= limits.percent_base for n in totals)
    if way and (percent or (limits.base == 1 and all(_is_even(n, pairs, limits) for n in totals))):
        for wave in waves:
            yield from _bars(item, way, wave, pairs, limits, percent=percent)
        return
    yield from _words(item, waves, pairs, limits)


def _is_even(n: float, pairs: float, limits: Limits) -> bool:
    """Tell whether a count may stand beside that of the people in both waves: as many, or many more."""
    return math.isnan(pairs) or n == pairs or limits.shows(n - pairs)


def _bars(
    item: _Item, way: Bands, wave: str, pairs: float, limits: Limits, *, percent: bool
) -> Iterator[dict[str, Any]]:
    total = item.total(wave)
    for band, n in zip(way, _sums(item.here[wave], way), strict=True):
        told: dict[str, Any] = {"share": disclosure.hundredths(n / total)}
        if percent:
            known = wave_counts.beside(total, limits, part=pairs)
            told |= {"form": "percent", "n_low": known.low, "n_high": known.high}
        else:
            told |= {"form": "of", "n": n, "n_of": total}
        yield {"wave": wave, "first": item.options[band[0]], "last": item.options[band[-1]], **told}


def _words(item: _Item, waves: Sequence[str], pairs: float, limits: Limits) -> Iterator[dict[str, Any]]:
    """Say of the upper half how many it were: in words, beside a percentage where one wave has that."""
    places = tuple(range(len(item.options)))
    half = len(places) // 2
    way = (places[: len(places) - half], places[len(places) - half :])
    told: list[dict[str, Any]] = []
    for wave in waves:
        total, top = item.total(wave), _sums(item.here[wave], way)[1]
        view = disclosure.proportion(top, total, limits)
        if view.form == "word":
            known = wave_counts.beside(total, limits, part=pairs)
            span = {"first": item.options[way[1][0]], "last": item.options[-1]}
            size = {"n_low": known.low, "n_high": known.high}
            told.append({"wave": wave, **span, "form": "word", **size, "word": view.word})
        elif view.form == "percent" and _is_safe(item, way, wave, limits):
            told += _bars(item, way, wave, pairs, limits, percent=True)
        else:
            yield from ({"wave": one, "form": "hidden"} for one in waves)
            return
    yield from told


def shifts(frame: pd.DataFrame, limits: Limits, *, unit: str) -> Released:
    """Keep how many people moved to a higher and a lower option, of one unit (a site or ``ALL``).

    Everything is a whole percentage of the people who answered in both waves, and nothing is said of fewer
    people than a percentage needs. With the interval of the net shift all three groups can be worked out, so
    it is told only when each is large enough.

    Returns
    -------
    Released
        Columns :data:`SHIFTS`. ``form`` is ``three`` (up, same, down, net shift with its interval), ``two``
        (only up; the others stayed or went down), ``hidden``, or ``absent`` where nobody can be followed.
    """
    rows: list[dict[str, Any]] = []
    withheld: list[Withheld] = []
    for name, of_item in frame.groupby("item", sort=False):
        at = of_item.set_index("site")
        if unit not in at.index:
            continue
        others = [at.loc[s] for s in at.index if s != ALL] if unit == ALL else []
        row = _shift(at.loc[unit], others, limits)
        if row["form"] in ("two", "hidden"):
            withheld.append(Withheld("few_people", f"{name} x {unit} x shift"))
        rows.append({"item": name, "scale": at.loc[unit, "scale"], "site": unit, **row})
    return Released(pd.DataFrame(rows, columns=SHIFTS), tuple(withheld))


def _shift(row: pd.Series, others: Sequence[pd.Series], limits: Limits) -> dict[str, Any]:
    n = number(row["n"])
    if math.isnan(n) or n == 0:
        return {"form": "absent"}
    if n < max(limits.percent_base, limits.tested):
        return {"form": "hidden"}
    moved = [number(row[column]) for column in MOVES]
    elsewhere = [[number(other[column]) for column in MOVES] for other in others]
    apart = [moved[0], n - moved[0]]
    known = wave_counts.beside(n, limits)
    told: dict[str, Any] = {"n_low": known.low, "n_high": known.high}
    up, same, down = (disclosure.hundredths(count / n) for count in moved)
    if _is_large(moved, elsewhere, limits):
        numbers = {key: disclosure.decimal(number(row[key]), 2) for key in ("shift", "lo", "hi")}
        return {"form": "three", **told, "up": up, "same": same, "down": down, **numbers}
    two = [[counts[0], sum(counts) - counts[0]] for counts in elsewhere]
    return {"form": "two", **told, "up": up} if _is_large(apart, two, limits) else {"form": "hidden"}


def _is_large(counts: Sequence[float], elsewhere: Sequence[Sequence[float]], limits: Limits) -> bool:
    """Tell whether groups are large enough, here and when any one site takes itself away."""
    if not all(limits.shows(n) and 10 * n < 9 * sum(counts) for n in counts):
        return False
    known = [own for own in elsewhere if not any(math.isnan(n) for n in own)]
    rests = [[n - o for n, o in zip(counts, own, strict=True)] for own in known]
    return all(limits.shows(n) for rest in rests if sum(rest) > 0 for n in rest)
