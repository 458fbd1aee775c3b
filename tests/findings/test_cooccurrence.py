"""Co-occurrence: the examples of methods C5, every window, and a coefficient that stays within its bounds."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings.cooccurrence import cooccurrence


def codings(rows: list[tuple[str, int, int, str]], **values: object) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["source", "start", "end", "code"])
    return table.assign(**({"kind": "human", "status": "confirmed", "round": "main"} | values))


def sources(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"source": list(names)})


def planted(n1: int, n2: int, n12: int) -> pd.DataFrame:
    """Segments of two codes, so many of which lie in one another, one to one."""
    rows = [("a", 100 * n, 100 * n + 50, "one") for n in range(n1)]
    rows += [("a", 100 * n + 10, 100 * n + 20, "two") for n in range(n12)]
    rows += [("b", 100 * n, 100 * n + 20, "two") for n in range(n2 - n12)]
    return codings(rows)


# methods C5: n1, n2, n12, then c, P(2|1), P(1|2); the second code of the other case is the frequent one
GOLDEN = [
    ("a third", 20, 12, 8, 1 / 3, 8 / 20, 8 / 12),
    ("a rare code inside a frequent one", 60, 6, 6, 0.10, 6 / 60, 1.0),
]


@pytest.mark.parametrize(("case", "n1", "n2", "n12", "c", "second", "first"), GOLDEN)
def test_the_examples_of_the_method(case, n1, n2, n12, c, second, first):
    pair = cooccurrence(planted(n1, n2, n12), sources("a", "b"), codes=["one", "two"]).iloc[0]
    assert (pair["n1"], pair["n2"], pair["n12"]) == (n1, n2, n12), case
    assert pair["c"] == pytest.approx(c)
    assert pair["p_second_given_first"] == pytest.approx(second)
    assert pair["p_first_given_second"] == pytest.approx(first)


def test_many_short_segments_in_one_long_one_do_not_exceed_one():
    """Counted per overlap the coefficient would be 10 / (10 + 1 - 10) = 10."""
    rows = [("a", 0, 1000, "two"), *(("a", 100 * n, 100 * n + 9, "one") for n in range(10))]
    pair = cooccurrence(codings(rows), sources("a"), codes=["one", "two"]).iloc[0]
    assert (pair["n1_with_2"], pair["n2_with_1"], pair["n12"]) == (10, 1, 1)
    assert pair["c"] == pytest.approx(0.1)
    assert (pair["p_second_given_first"], pair["p_first_given_second"]) == (1.0, 1.0)


# Two codes at given places in a text of two turns, 0-50 and 50-100, of sentences of 25 characters.
TURNS = pd.DataFrame({"source": "a", "start": [0, 50], "end": [50, 100]})
SENTENCES = pd.DataFrame({"source": "a", "start": [0, 25, 50, 75], "end": [25, 50, 75, 100]})
PLACES = [
    ("overlapping", (0, 20), (10, 30), {"segment": 1, "sentence": 1, "turn": 1, "source": 1}),
    ("touching", (0, 10), (10, 20), {"segment": 0, "sentence": 1, "turn": 1, "source": 1}),
    ("two sentences of one turn", (0, 20), (30, 40), {"segment": 0, "sentence": 0, "turn": 1, "source": 1}),
    ("two turns", (0, 20), (60, 70), {"segment": 0, "sentence": 0, "turn": 0, "source": 1}),
    ("over a border of turns", (40, 60), (70, 80), {"segment": 0, "sentence": 1, "turn": 1, "source": 1}),
]


@pytest.mark.parametrize(("case", "one", "two", "expected"), PLACES)
@pytest.mark.parametrize("window", ["segment", "sentence", "turn", "source"])
def test_each_window_sees_what_it_should(case, one, two, expected, window):
    rows = codings([("a", *one, "one"), ("a", *two, "two")])
    units = {"sentence": SENTENCES, "turn": TURNS}.get(window)
    pairs = cooccurrence(rows, sources("a"), codes=["one", "two"], window=window, units=units)
    assert pairs["n12"].sum() == expected[window], case


def test_two_sources_with_both_codes_are_not_one_place():
    rows = codings([("a", 0, 10, "one"), ("b", 0, 10, "two")])
    for window in ("segment", "source"):
        assert cooccurrence(rows, sources("a", "b"), codes=["one", "two"], window=window).empty


def test_what_an_interviewer_says_is_no_unit():
    rows = codings([("a", 0, 20, "one"), ("a", 30, 40, "two")])
    asked = TURNS.assign(is_interviewer=[True, False])
    assert cooccurrence(rows, sources("a"), codes=["one", "two"], window="turn", units=asked).empty


def test_windows_of_turns_need_their_turns():
    with pytest.raises(ValueError, match="needs its units"):
        cooccurrence(codings([]), sources("a"), codes=["one"], window="turn")


ENOUGH = [
    ("three times in two sources", [("a", 3), ("b", 1)], True),
    ("twice", [("a", 1), ("b", 1)], False),
    ("in one source", [("a", 9)], False),
]


@pytest.mark.parametrize(("case", "where", "enough"), ENOUGH)
def test_a_pair_is_shown_from_three_times_in_two_sources(case, where, enough):
    rows = [
        (source, 100 * n, 100 * n + 10, code)
        for source, times in where
        for n in range(times)
        for code in "xy"
    ]
    pair = cooccurrence(codings(rows), sources("a", "b"), codes=["x", "y"]).iloc[0]
    assert bool(pair["enough"]) is enough, case
    assert pair["c"] == 1


def test_two_coders_on_one_stretch_are_one_segment():
    rows = [("a", 0, 10, "x"), ("a", 0, 10, "x"), ("a", 0, 10, "y")]
    assert cooccurrence(codings(rows), sources("a"), codes=["x", "y"]).iloc[0]["n1"] == 1


@pytest.mark.parametrize("wrong", [{"kind": "model"}, {"status": "rejected"}, {"round": "training"}])
def test_only_confirmed_codings_count(wrong):
    rows = pd.concat([codings([("a", 0, 10, "x")]), codings([("a", 0, 10, "y")], **wrong)])
    assert cooccurrence(rows, sources("a"), codes=["x", "y"]).empty


def test_no_codings_give_no_pairs():
    pairs = cooccurrence(codings([]), sources("a"), codes=["x", "y"])
    assert pairs.empty
    assert pairs["c"].dtype == "float64"


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.integers(1, 30), st.sampled_from("xyz")),
        max_size=25,
    )
)
@settings(max_examples=60)
def test_the_coefficient_is_a_share_and_the_same_both_ways(found):
    rows = codings([(source, start, start + length, code) for source, start, length, code in found])
    there = cooccurrence(rows, sources("a", "b"), codes=list("xyz"))
    back = cooccurrence(rows, sources("a", "b"), codes=list("zyx"))
    assert ((there["c"] > 0) & (there["c"] <= 1)).all()
    assert there["p_second_given_first"].between(0, 1).all()
    pairs = {frozenset((r.first, r.second)): (r.c, r.n12) for r in there.itertuples()}
    assert pairs == {frozenset((r.first, r.second)): (r.c, r.n12) for r in back.itertuples()}
    for row in there.itertuples():
        slow = sum(
            any(s == a and start < e and b < end for a, b, e, code in _distinct(found) if code == row.second)
            for s, start, end, code in _distinct(found)
            if code == row.first
        )
        assert slow == row.n1_with_2


def _distinct(found: list[tuple[str, int, int, str]]) -> set[tuple[str, int, int, str]]:
    return {(source, start, start + length, code) for source, start, length, code in found}
