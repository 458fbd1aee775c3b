"""The list to settle: every kind of difference, each once, and which codes are taken for one another."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from casestudy.findings.coded_units import compare
from casestudy.findings.disagreements import CONFUSIONS, confusions, disagreements

SAID = pd.DataFrame(
    {
        "source": "s1",
        "sentence": range(10),
        "start": range(0, 100, 10),
        "end": range(10, 110, 10),
        "is_interviewer": False,
    }
)
Mark = tuple[str, str, int, int, str | None]


def found(*marks: Mark, coders: tuple[str, ...] = ("a", "b")) -> pd.DataFrame:
    return disagreements(compare(codings(*marks), SAID, coders=coders))


def codings(*marks: Mark) -> pd.DataFrame:
    """Marks of coder, code, start, end and valence; both coders also gave a code they agree on."""
    shared: list[Mark] = [(coder, "z", 90, 100, None) for coder in ("a", "b", "c")]
    rows = [
        {
            "coding": f"{coder}{n}",
            "coder": coder,
            "code": code,
            "start": start,
            "end": end,
            "valence": valence,
        }
        for n, (coder, code, start, end, valence) in enumerate([*shared, *marks])
    ]
    fixed = {"source": "s1", "kind": "human", "status": "confirmed", "round": "reliability"}
    return pd.DataFrame(rows).assign(**fixed, codebook="1.0.0")


KINDS: list[tuple[str, list[Mark], tuple[Any, ...]]] = [
    ("only_A", [("a", "x", 0, 20, "+")], (0, 0, 20, 2, None)),
    ("only_B", [("b", "x", 30, 40, "+")], (3, 30, 40, 1, None)),
    ("boundary", [("a", "x", 0, 20, "+"), ("b", "x", 0, 10, "+")], (1, 0, 20, 1, None)),
    ("valence", [("a", "x", 0, 10, "+"), ("b", "x", 0, 10, "-")], (0, 0, 10, 1, None)),
    ("valence", [("a", "x", 0, 20, "+"), ("b", "x", 0, 10, "-")], (0, 0, 20, 1, None)),
    ("sibling_code", [("a", "x", 0, 10, "+"), ("b", "y", 5, 20, "+")], (0, 0, 20, 2, "y")),
]


@pytest.mark.parametrize(("kind", "marks", "row"), KINDS)
def test_every_kind_of_difference(kind: str, marks: list[Mark], row: tuple[Any, ...]) -> None:
    (one,) = found(*marks).itertuples(index=False)
    sibling = None if pd.isna(one.sibling) else one.sibling
    assert (one.type, one.code, (one.unit, one.start, one.end, one.n_units, sibling)) == (kind, "x", row)
    assert (one.coder_a, one.coder_b) == ("a", "b")
    named = {*one.codings_a.split(), *one.codings_b.split()}
    assert named == {f"{mark[0]}{n}" for n, mark in enumerate(marks, start=3)}


@pytest.mark.parametrize(
    "marks",
    [
        [("a", "x", 0, 10, "+"), ("b", "x", 0, 10, "+")],
        [("a", "x", 0, 10, "+"), ("b", "x", 0, 8, "+")],  # more than half of the same sentence
        [("a", "x", 0, 10, "+"), ("b", "x", 0, 10, None)],  # one gave no valence
        [("a", "x", 0, 3, "+")],  # less than half of any sentence
    ],
)
def test_no_difference(marks: list[Mark]) -> None:
    assert found(*marks).empty


def test_all_codes_of_a_passage_stand_beside_it() -> None:
    marks: list[Mark] = [("a", "x", 0, 10, "+"), ("a", "w", 0, 10, None), ("b", "w", 0, 10, None)]
    (one,) = found(*marks).itertuples(index=False)
    assert (one.codes_a, one.codes_b) == ("w; x (+)", "w")


def test_the_sibling_is_the_code_most_often_confused() -> None:
    often: list[Mark] = [("a", "x", 30, 50, None), ("b", "y", 30, 50, None)]
    both: list[Mark] = [("a", "x", 0, 10, None), ("b", "v", 0, 10, None), ("b", "y", 0, 10, None)]
    rows = found(*often, *both)
    assert rows[["start", "code", "type"]].values.tolist() == [
        [0, "v", "only_B"],
        [0, "x", "sibling_code"],
        [30, "x", "sibling_code"],
    ]
    assert set(rows["sibling"].dropna()) == {"y"}


def test_a_coding_stands_in_one_row() -> None:
    long: list[Mark] = [("a", "x", 0, 60, None), ("b", "y", 0, 10, None), ("b", "v", 20, 30, None)]
    rows = found(*long)
    named = " ".join([*rows["codings_a"], *rows["codings_b"]]).split()
    assert sorted(named) == sorted(set(named)) == ["a3", "b4", "b5"]


def test_three_coders_are_compared_in_pairs() -> None:
    marks: list[Mark] = [("a", "x", 0, 10, None), ("b", "x", 0, 10, None)]
    rows = found(*marks, coders=("c", "b", "a"))
    assert rows[["coder_a", "coder_b", "type"]].values.tolist() == [
        ["a", "c", "only_A"],
        ["b", "c", "only_A"],
    ]


def test_confusions_count_units_and_sources_in_either_direction() -> None:
    marks: list[Mark] = [
        ("a", "x", 0, 20, None),
        ("b", "y", 0, 20, None),
        ("a", "y", 40, 50, None),
        ("b", "x", 40, 50, None),
        ("a", "x", 60, 70, None),
        ("b", "v", 60, 70, None),
    ]
    table = confusions(compare(codings(*marks), SAID, coders=["a", "b"]))
    assert table.values.tolist() == [["x", "y", 3, 1], ["v", "x", 1, 1]]


def test_where_nothing_differs_the_tables_are_empty() -> None:
    compared = compare(codings(), SAID, coders=["a", "b"])
    assert disagreements(compared).empty
    assert list(confusions(compared).columns) == list(CONFUSIONS)
