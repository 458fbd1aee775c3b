"""Where two coders differ, as a list that people can settle, and which codes are taken for one another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Literal

import numpy as np
import pandas as pd

from casestudy.findings.coded_units import Compared, touching, valences

Difference = Literal["only_A", "only_B", "boundary", "valence", "sibling_code"]

COLUMNS = {
    "source": "str",
    **dict.fromkeys(["unit", "start", "end", "n_units"], "int64"),
    **dict.fromkeys(["coder_a", "coder_b", "code", "type", "sibling"], "str"),
    **dict.fromkeys(["codes_a", "codes_b", "codings_a", "codings_b"], "str"),
}
CONFUSIONS = {"code": "str", "other": "str", "n_units": "int64", "n_sources": "int64"}


@dataclass(frozen=True, slots=True)
class _Passage:
    """Overlapping segments of two coders with one code, and the units to which each of them gave it."""

    source: str
    code: str
    start: int
    end: int
    codings: tuple[tuple[str, ...], tuple[str, ...]]
    units: tuple[frozenset[int], frozenset[int]]

    @property
    def side(self) -> int | None:
        """0 or 1 when only that coder gave the code, None when both did."""
        if all(self.codings):
            return None
        return 0 if self.codings[0] else 1

    @property
    def given(self) -> frozenset[int]:
        return self.units[0] | self.units[1]


def disagreements(compared: Compared) -> pd.DataFrame:
    """List what coders must settle: one row per passage on which two of them differ.

    Parameters
    ----------
    compared
        What :func:`casestudy.findings.coded_units.compare` gives.

    Returns
    -------
    pandas.DataFrame
        source unit start end n_units coder_a coder_b code type sibling codes_a codes_b codings_a codings_b,
        in order of place; coders in the order of their names. ``unit`` is the first unit that differs and
        ``n_units`` how many do. ``type`` is ``only_A`` or ``only_B`` when one coder gave the code,
        ``boundary`` when both gave it to other units of one passage, ``valence`` when both gave it with
        another valence, ``sibling_code`` when the other gave another code instead: ``sibling``, of several
        the one most often confused with it. ``codes_*`` are all codes of that coder on the passage, with
        their valence; ``codings_*`` the ids of the codings that differ. A coding stands in one row per pair
        of coders.

    Examples
    --------
    >>> from casestudy.findings.coded_units import compare
    >>> said = pd.DataFrame({"source": "a", "sentence": [0, 1], "start": [0, 11], "end": [10, 20],
    ...     "is_interviewer": False})
    >>> marks = pd.DataFrame({"coding": ["x1", "y1"], "coder": ["x", "y"], "source": "a",
    ...     "code": ["M23", "M21"], "start": 0, "end": 10, "valence": "-", "kind": "human",
    ...     "status": "confirmed", "round": "reliability", "codebook": "1.0.0"})
    >>> disagreements(compare(marks, said, coders=["x", "y"]))[["code", "type", "sibling"]].values.tolist()
    [['M23', 'sibling_code', 'M21']]
    """
    often = _often(compared)
    signed = _signed(compared)
    rows = []
    for pair in combinations(range(len(compared.coders)), 2):
        passages = list(_passages(compared, pair))
        alone = [passage for passage in passages if passage.side is not None]
        matched = _siblings(alone, often)
        for number, passage in enumerate(alone):
            if number not in matched.values():
                other = alone[matched[number]] if number in matched else None
                rows.append(_alone(passage, other, compared, pair, signed))
        for passage in passages:
            if passage.side is None:
                rows.extend(_shared(passage, compared, pair, signed))
    rows.sort(
        key=lambda row: (row["source"], row["start"], row["end"], row["code"], row["coder_a"], row["coder_b"])
    )
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=kind) for name, kind in COLUMNS.items()}
    )


def confusions(compared: Compared) -> pd.DataFrame:
    """Count, per pair of codes, the units to which one coder gave the one and another coder the other.

    Returns
    -------
    pandas.DataFrame
        code other n_units n_sources, most frequent first; a pair stands once, its codes in the order of their
        names. Both codes were given by one coder of the pair only, on other passages than the other's.

    Examples
    --------
    >>> from casestudy.findings.coded_units import compare
    >>> said = pd.DataFrame({"source": "a", "sentence": [0, 1], "start": [0, 11], "end": [10, 20],
    ...     "is_interviewer": False})
    >>> marks = pd.DataFrame({"coding": ["x1", "y1"], "coder": ["x", "y"], "source": "a",
    ...     "code": ["M23", "M21"], "start": 0, "end": 20, "valence": "-", "kind": "human",
    ...     "status": "confirmed", "round": "reliability", "codebook": "1.0.0"})
    >>> confusions(compare(marks, said, coders=["x", "y"])).values.tolist()
    [['M21', 'M23', 2, 1]]
    """
    counted: Counter[tuple[str, str]] = Counter()
    where: dict[tuple[str, str], set[str]] = {}
    for pair, source, n_units in _confused(compared):
        counted[pair] += n_units
        where.setdefault(pair, set()).add(source)
    rows = [(*pair, n, len(where[pair])) for pair, n in counted.items()]
    rows.sort(key=lambda row: (-row[2], row[0], row[1]))
    columns = list(zip(*rows, strict=True)) or [()] * len(CONFUSIONS)
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=kind)
            for (name, kind), values in zip(CONFUSIONS.items(), columns, strict=True)
        }
    )


def _confused(compared: Compared) -> Iterator[tuple[tuple[str, str], str, int]]:
    for pair in combinations(range(len(compared.coders)), 2):
        alone = [passage for passage in _passages(compared, pair) if passage.side is not None]
        for one, other in _meeting(alone):
            first, second = sorted((alone[one].code, alone[other].code))
            yield (first, second), alone[one].source, len(alone[one].given & alone[other].given)


def _often(compared: Compared) -> Counter[tuple[str, str]]:
    counted: Counter[tuple[str, str]] = Counter()
    for pair, _, n_units in _confused(compared):
        counted[pair] += n_units
    return counted


def _passages(compared: Compared, pair: tuple[int, int]) -> Iterator[_Passage]:
    """Passages on which at least one of two coders gave a code to a unit that both could have coded."""
    names = [compared.coders[number] for number in pair]
    segments = compared.segments
    segments = segments[segments["coder"].isin(names) & segments["code"].isin(compared.codes)]
    segments = segments.sort_values(["source", "code", "start", "end", "coder", "coding"], ignore_index=True)
    if segments.empty:
        return
    by = segments[["source", "code"]]
    reach = segments.groupby(["source", "code"], sort=False)["end"].cummax()
    begins = by.ne(by.shift()).any(axis=1) | (segments["start"] >= reach.shift(fill_value=0))
    row, unit, _ = touching(compared.frame, segments)
    touched = np.split(unit, np.searchsorted(row, np.arange(1, len(segments))))
    who = [names.index(coder) for coder in segments["coder"]]
    columns = [segments[name].tolist() for name in ("source", "code", "start", "end", "coding")]
    bounds = [*np.flatnonzero(begins), len(segments)]
    for first, last in pairwise(bounds):
        members = range(first, last)
        source, code = columns[0][first], columns[1][first]
        values = compared.values[list(pair), :, compared.codes.index(code)]
        units = tuple(
            frozenset(
                int(u)
                for n in members
                if who[n] == side
                for u in touched[n]
                if values[side, u] == 1 and values[1 - side, u] >= 0
            )
            for side in (0, 1)
        )
        codings = tuple(tuple(columns[4][n] for n in members if who[n] == side) for side in (0, 1))
        if any(units):
            start, end = columns[2][first], max(columns[3][n] for n in members)
            yield _Passage(source, code, start, end, (codings[0], codings[1]), (units[0], units[1]))


def _meeting(alone: list[_Passage]) -> Iterator[tuple[int, int]]:
    """Pair passages of the two coders, with another code, that share units; the first coder's comes first."""
    at: dict[int, list[int]] = {}
    for number, passage in enumerate(alone):
        for unit in passage.given:
            at.setdefault(unit, []).append(number)
    found = {
        (one, other)
        for numbers in at.values()
        for one in numbers
        for other in numbers
        if alone[one].side == 0 and alone[other].side == 1
    }
    yield from sorted(found)


def _siblings(alone: list[_Passage], often: Counter[tuple[str, str]]) -> dict[int, int]:
    """Match a passage of the first coder with one of the second, each once, the most confused codes first."""

    def rank(pair: tuple[int, int]) -> tuple[object, ...]:
        one, other = alone[pair[0]], alone[pair[1]]
        first, second = sorted((one.code, other.code))
        return (
            -often[first, second],
            -len(one.given & other.given),
            one.source,
            one.start,
            one.code,
            other.code,
        )

    matched: dict[int, int] = {}
    for one, other in sorted(_meeting(alone), key=rank):
        if one not in matched and other not in matched.values():
            matched[one] = other
    return matched


def _alone(
    passage: _Passage,
    other: _Passage | None,
    compared: Compared,
    pair: tuple[int, int],
    signed: dict[tuple[int, int, int], str],
) -> dict[str, object]:
    kind: Difference = "only_A" if passage.side == 0 else "only_B"
    if other is None:
        return _row(passage, kind, passage.given, compared, pair, signed)
    row = _row(passage, "sibling_code", passage.given | other.given, compared, pair, signed)
    row["start"], row["end"] = min(passage.start, other.start), max(passage.end, other.end)
    return row | {"sibling": other.code, "codings_b": " ".join(other.codings[1])}


def _shared(
    passage: _Passage, compared: Compared, pair: tuple[int, int], signed: dict[tuple[int, int, int], str]
) -> Iterator[dict[str, object]]:
    first, second = passage.units
    code = compared.codes.index(passage.code)
    turned = set()
    for unit in first & second:
        a, b = signed.get((pair[0], unit, code)), signed.get((pair[1], unit, code))
        if a is not None and b is not None and a != b:
            turned.add(unit)
    if turned:
        yield _row(passage, "valence", frozenset(turned), compared, pair, signed)
    elif first != second:
        yield _row(passage, "boundary", first ^ second, compared, pair, signed)


def _row(
    passage: _Passage,
    kind: Difference,
    units: frozenset[int],
    compared: Compared,
    pair: tuple[int, int],
    signed: dict[tuple[int, int, int], str],
) -> dict[str, object]:
    spread = sorted(units | passage.given)
    return {
        "source": passage.source,
        "unit": int(compared.frame["unit"].iloc[min(units)]),
        "start": passage.start,
        "end": passage.end,
        "n_units": len(units),
        "coder_a": compared.coders[pair[0]],
        "coder_b": compared.coders[pair[1]],
        "code": passage.code,
        "type": kind,
        "sibling": None,
        "codes_a": _codes(spread, pair[0], compared, signed),
        "codes_b": _codes(spread, pair[1], compared, signed),
        "codings_a": " ".join(passage.codings[0]),
        "codings_b": " ".join(passage.codings[1]),
    }


def _codes(units: list[int], coder: int, compared: Compared, signed: dict[tuple[int, int, int], str]) -> str:
    """All codes a coder gave to these units, each with its valences."""
    given = compared.values[coder, units] == 1
    said = []
    for code in map(int, np.flatnonzero(given.any(axis=0))):
        signs = sorted({signed[coder, unit, code] for unit in units if (coder, unit, code) in signed})
        said.append(f"{compared.codes[code]} ({' '.join(signs)})" if signs else compared.codes[code])
    return "; ".join(said)


def _signed(compared: Compared) -> dict[tuple[int, int, int], str]:
    given = valences(compared)
    keys = zip(given["coder"], given["unit"], given["code"], strict=True)
    return {(int(c), int(u), int(k)): str(v) for (c, u, k), v in zip(keys, given["valence"], strict=True)}
