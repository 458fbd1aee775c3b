"""Counts that mislead on their own: what counts as evidence, as a source, and as covered text."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import counts

SOURCES = pd.DataFrame({"source": ["a", "b", "c"], "site": "es", "n_characters": [100, 60, 40]})


def codings(*rows: tuple[str, int, int], **values: object) -> pd.DataFrame:
    table = pd.DataFrame(list(rows), columns=["source", "start", "end"])
    defaults = {"code": "M23", "valence": "-", "strength": 1}
    return table.assign(**(defaults | {"kind": "human", "status": "confirmed", "round": "main"} | values))


EVIDENCE = [
    ({}, True),
    ({"kind": "import"}, True),
    ({"kind": "dictionary"}, False),
    ({"kind": "model"}, False),
    ({"status": "suggested"}, False),
    ({"status": "rejected"}, False),
    ({"status": "superseded"}, False),
    ({"status": pd.NA}, False),
    ({"round": "training"}, False),
    ({"round": "reliability"}, False),
    ({"source": "withdrawn"}, False),
]


@pytest.mark.parametrize(("values", "counted"), EVIDENCE)
def test_only_confirmed_codings_of_known_sources_count(values, counted):
    table = codings(("a", 0, 10)).assign(**values)
    assert len(counts.confirmed(table, SOURCES)) == counted
    assert len(counts.three_counts(table, SOURCES)) == counted


COVERAGE = [  # segments of one code, and characters covered
    ([("a", 0, 10)], 10),
    ([("a", 0, 10), ("a", 0, 10)], 10),
    ([("a", 0, 10), ("a", 5, 15)], 15),
    ([("a", 0, 30), ("a", 5, 10), ("a", 20, 40)], 40),
    ([("a", 0, 10), ("a", 10, 20)], 20),
    ([("a", 0, 10), ("b", 0, 10)], 20),
    ([("b", 0, 600)], 60),
]


@pytest.mark.parametrize(("segments", "characters"), COVERAGE)
def test_each_character_is_covered_once(segments, characters):
    table = counts.three_counts(codings(*segments), SOURCES)
    assert table["coverage"].tolist() == pytest.approx([characters / 200])


def test_three_counts_of_every_code_asked_for():
    table = counts.three_counts(
        codings(("a", 0, 10), ("a", 20, 30), ("b", 0, 10)), SOURCES, codes=["M29", "M23"]
    )
    assert table.values.tolist() == [["M29", 0, 0, 3, 0.0], ["M23", 3, 2, 3, 0.15]]


def test_a_group_session_is_one_source():
    table = counts.three_counts(codings(*[("b", i, i + 1) for i in range(5)]), SOURCES)
    assert table[["n_segments", "n_sources", "n_of"]].values.tolist() == [[5, 1, 3]]


def test_nothing_coded_and_nobody_spoke():
    empty = codings(("a", 0, 1)).iloc[:0]
    assert counts.three_counts(empty, SOURCES).empty
    silent = counts.three_counts(empty, SOURCES.iloc[:0], codes=["M23"])
    assert silent[["n_sources", "n_of"]].values.tolist() == [[0, 0]]
    assert math.isnan(silent["coverage"].iloc[0])


def test_one_talkative_person_turns_the_balance_of_mentions():
    """Case E9 of the methods specification: balance -14, while three of four sources say it helps."""
    said = pd.concat(
        [
            codings(*[("talker", 10 * i, 10 * i + 5) for i in range(9)], strength=2),
            codings(("a", 0, 5), ("b", 0, 5), valence="+"),
            codings(("c", 0, 5), valence="+", strength=2),
        ]
    )
    sources = pd.DataFrame({"source": ["talker", "a", "b", "c"], "n_characters": 200})
    assert counts.mention_balance(said, sources).to_dict() == {"M23": -14}


def test_the_balance_leaves_mixed_and_neutral_out():
    said = codings(("a", 0, 5), ("a", 5, 9), ("b", 0, 5), ("c", 0, 5))
    said["valence"] = ["x", "0", "+", pd.NA]
    said["strength"] = pd.array([2, 2, pd.NA, 2], dtype="Int64")
    assert counts.mention_balance(said, SOURCES).to_dict() == {"M23": 1}


SPREAD = [
    *[(1, n, "one") for n in (1, 2, 30)],
    *[(2, 6, "part"), (2, 7, "few"), (9, 30, "few"), (10, 30, "part"), (20, 30, "part"), (21, 30, "most")],
    *[(2, 2, "all"), (2, 3, "part"), (29, 30, "most"), (30, 30, "all"), (4, 6, "part"), (5, 6, "most")],
]


@pytest.mark.parametrize(("n", "n_of", "word"), SPREAD)
def test_spread_words(n, n_of, word):
    assert counts.spread_word(n, n_of) == word


@pytest.mark.parametrize(("n", "n_of"), [(0, 5), (6, 5), (0, 0)])
def test_no_word_for_nobody(n, n_of):
    with pytest.raises(ValueError, match="1 <= n <= n_of"):
        counts.spread_word(n, n_of)


SEGMENTS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.integers(1, 10)), max_size=12)


@settings(max_examples=40, deadline=None)
@given(segments=SEGMENTS, seed=st.integers(0, 99))
def test_coverage_is_the_union_in_any_order(segments, seed):
    table = codings(*[(source, start, start + length) for source, start, length in segments])
    counted = counts.three_counts(table, SOURCES, codes=["M23"])
    shuffled = counts.three_counts(table.sample(frac=1, random_state=seed), SOURCES.iloc[::-1], codes=["M23"])
    pd.testing.assert_frame_equal(counted, shuffled)
    union = {(source, place) for source, start, n in segments for place in range(start, start + n)}
    assert counted["coverage"].iloc[0] == pytest.approx(len(union) / 200)
