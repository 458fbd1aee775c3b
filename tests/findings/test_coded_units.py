"""From codings and texts to units: cover, eligible sources, missing coders, versions."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from casestudy.errors import WrongUse
from casestudy.findings import coded_units
from casestudy.findings.coded_units import compare


def codings(*given: tuple[str, str, str, int, int], **changed: Any) -> pd.DataFrame:
    """Codings of coder, source, code, start and end; the rest as in a reliability round."""
    rows = [
        {"coding": f"{coder}-{n}", "coder": coder, "source": source, "code": code, "start": start, "end": end}
        for n, (coder, source, code, start, end) in enumerate(given)
    ]
    columns = ["coding", "coder", "source", "code", "start", "end"]
    fixed = {"valence": None, "kind": "human", "status": "confirmed", "round": "reliability"}
    table = pd.DataFrame(rows, columns=columns).assign(**fixed, codebook="1.0.0")
    return table.assign(**changed)


def sentences(**sources: list[int]) -> pd.DataFrame:
    """Sentences that join at these boundaries; nobody is an interviewer."""
    rows = [
        (source, n, start, end, False)
        for source, edges in sources.items()
        for n, (start, end) in enumerate(pairwise(edges))
    ]
    return pd.DataFrame(rows, columns=["source", "sentence", "start", "end", "is_interviewer"])


SAID = sentences(s1=[0, 10, 20, 30], s2=[0, 10, 20])


def values(table: pd.DataFrame, said: pd.DataFrame = SAID, **more: Any) -> list[list[int]]:
    found = compare(table, said, coders=["a", "b"], **more)
    return [coder[:, 0].tolist() for coder in found.values]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, 5, [1, 0, 0]), (0, 4, [0, 0, 0]), (5, 15, [1, 1, 0]), (6, 20, [0, 1, 0]), (0, 30, [1, 1, 1])],
)
def test_exactly_half_is_enough(start: int, end: int, expected: list[int]) -> None:
    table = codings(("a", "s1", "x", start, end), ("b", "s1", "x", 0, 30))
    assert values(table) == [expected, [1, 1, 1]]


def test_segments_of_one_code_add_up_and_overlap_counts_once() -> None:
    table = codings(
        ("a", "s1", "x", 0, 3), ("a", "s1", "x", 7, 9), ("b", "s1", "x", 0, 4), ("b", "s1", "x", 1, 4)
    )
    assert values(table) == [[1, 0, 0], [0, 0, 0]]


def test_a_source_that_not_every_coder_coded_is_left_out() -> None:
    table = codings(("a", "s1", "x", 0, 10), ("b", "s1", "x", 0, 10), ("a", "s2", "x", 0, 10))
    assert compare(table, SAID, coders=["a", "b"]).sources == ["s1"]
    worked = pd.DataFrame({"source": ["s2"], "coder": ["b"]})
    found = compare(table, SAID, coders=["a", "b"], worked=worked)
    assert found.sources == ["s1", "s2"]
    assert found.values[1, :, 0].tolist() == [1, 0, 0, 0, 0]


def test_with_enough_coders_the_absent_one_is_missing_and_never_0() -> None:
    table = codings(
        ("a", "s1", "x", 0, 10), ("b", "s1", "x", 0, 10), ("a", "s2", "x", 0, 10), ("c", "s2", "x", 0, 10)
    )
    found = compare(table, SAID, coders=["c", "b", "a"], at_least=2)
    assert found.coders == ("a", "b", "c")
    assert found.values[:, :, 0].tolist() == [[1, 0, 0, 1, 0], [1, 0, 0, -1, -1], [-1, -1, -1, 1, 0]]


@pytest.mark.parametrize(
    "other",
    [
        {"status": "suggested"},
        {"status": "superseded"},
        {"status": "rejected"},
        {"kind": "dictionary"},
        {"kind": "model"},
        {"round": "training"},
    ],
)
def test_only_confirmed_codings_of_people_outside_training_count(other: dict[str, str]) -> None:
    table = codings(("a", "s1", "x", 0, 10), ("b", "s1", "x", 0, 10))
    more = codings(("a", "s1", "x", 20, 30), **other)
    assert values(pd.concat([table, more])) == values(table)


def test_interviewers_are_no_unit() -> None:
    said = SAID.assign(is_interviewer=[False, True, False, False, False])
    table = codings(("a", "s1", "x", 0, 30), ("b", "s1", "x", 0, 10))
    assert values(table, said) == [[1, 1], [1, 0]]


def test_a_turn_is_coded_when_it_is_touched() -> None:
    turns = pd.DataFrame({"source": "s1", "start": [0, 20], "end": [20, 30], "is_interviewer": False})
    table = codings(("a", "s1", "x", 19, 21), ("b", "s1", "x", 0, 20))
    assert values(table, unit="turn", turns=turns) == [[1, 1], [1, 0]]


def test_characters_are_weighed_pieces_of_what_participants_said() -> None:
    turns = pd.DataFrame({"source": "s1", "start": [0, 15], "end": [10, 30], "is_interviewer": False})
    table = codings(("a", "s1", "x", 5, 20), ("b", "s1", "x", 5, 17))
    found = compare(table, SAID, coders=["a", "b"], unit="character", turns=turns)
    assert found.frame[["start", "end", "weight"]].values.tolist() == [
        [0, 5, 5],
        [5, 10, 5],
        [15, 17, 2],
        [17, 20, 3],
        [20, 30, 10],
    ]
    assert found.values[:, :, 0].tolist() == [[0, 1, 1, 1, 0], [0, 1, 1, 0, 0]]


def test_versions_with_one_major_only() -> None:
    old = codings(("a", "s1", "x", 0, 10), ("b", "s1", "x", 20, 30), codebook="1.4.0")
    new = codings(("a", "s1", "x", 0, 10), ("b", "s1", "x", 0, 10), codebook="2.0.1")
    both = pd.concat([old, new])
    with pytest.raises(WrongUse, match="found 1, 2; name one"):
        compare(both, SAID, coders=["a", "b"])
    assert values(both, version="1.0.0") == [[1, 0, 0], [0, 0, 1]]
    assert values(both, version="2.0.0") == [[1, 0, 0], [1, 0, 0]]
    minor = pd.concat([old, codings(("a", "s1", "y", 0, 10), codebook="1.10.0")])
    assert compare(minor, SAID, coders=["a", "b"]).version == "1.10.0"


def test_wrong_use() -> None:
    with pytest.raises(WrongUse, match="two or more"):
        compare(codings(), SAID, coders=["a", "a"])
    with pytest.raises(WrongUse, match="turns: they must be given"):
        compare(codings(), SAID, coders=["a", "b"], unit="turn")


def test_nothing_coded() -> None:
    for unit in coded_units.UNITS:
        turns = SAID.rename(columns={"sentence": "turn"})
        found = compare(codings(), SAID, coders=["a", "b"], unit=unit, turns=turns)
        assert found.values.shape == (2, 0, 0)
        assert found.sources == []


def test_touching_pairs_segments_with_units_in_every_source() -> None:
    segments = pd.DataFrame({"source": ["s2", "s1", "s1"], "start": [5, 9, 29], "end": [12, 21, 90]})
    row, unit, shared = coded_units.touching(SAID, segments)
    expected = [(0, 3, 5), (0, 4, 2), (1, 0, 1), (1, 1, 10), (1, 2, 1), (2, 2, 1)]
    assert np.column_stack([row, unit, shared]).tolist() == [list(one) for one in expected]


def test_the_valence_is_that_of_most_of_the_unit() -> None:
    table = codings(("a", "s1", "x", 0, 4), ("a", "s1", "x", 4, 10), ("b", "s1", "x", 0, 10))
    table["valence"] = ["+", "-", "0"]
    found = coded_units.valences(compare(table, SAID, coders=["a", "b"]))
    assert found.values.tolist() == [[0, 0, 0, "-"], [1, 0, 0, "0"]]
