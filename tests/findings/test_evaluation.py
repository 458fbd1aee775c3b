"""How the agreement of suggestions with people is told, and what a gate, an audit and drift ask."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.errors import WrongUse
from casestudy.findings import evaluation as suggestions
from casestudy.findings.intervals import wilson


def units(tp: int, fp: int, fn: int, tn: int, *, n_sources: int = 10, code: str = "M23") -> pd.DataFrame:
    pairs = [(1, 1)] * tp + [(0, 1)] * fp + [(1, 0)] * fn + [(0, 0)] * tn
    table = pd.DataFrame(pairs, columns=["human", "machine"])
    sources = [f"s{i % n_sources}" for i in table.index]
    return table.assign(unit=table.index, source=sources, code=code, random=True)


def one(table: pd.DataFrame) -> pd.Series:
    assert len(table) == 1
    return table.iloc[0]


def test_evaluation_matches_the_example():
    table = units(40, 10, 20, 330, n_sources=7)
    row = one(suggestions.evaluate(table, seed=1, draws=500))  # methods C2
    printed = {"precision": 0.800, "precision_lo": 0.670, "precision_hi": 0.888, "recall": 0.667}
    printed |= {"recall_lo": 0.541, "recall_hi": 0.773, "f1": 0.727, "kappa": 0.684}
    assert {name: row[name] for name in printed} == pytest.approx(printed, abs=5e-4)
    assert row[["n_units", "n_human_pos", "gate"]].tolist() == [400, 60, "off"]
    assert row["f1_lo"] < row["f1"] < row["f1_hi"]
    assert row["kappa_lo"] < row["kappa"] < row["kappa_hi"]
    assert "accuracy" not in row.index


KAPPAS = [((118, 5, 2, 0), -0.023), ((80, 10, 5, 5), 0.32), ((40, 9, 6, 45), 0.70)]  # methods D2


@pytest.mark.parametrize(("cells", "kappa"), KAPPAS)
def test_kappa_matches_the_printed_tables(cells, kappa):
    row = one(suggestions.evaluate(units(*cells), seed=1, draws=10))
    assert row["kappa"] == pytest.approx(kappa, abs=5e-3)


UNDEFINED = [  # tp, fp, fn, tn, and the measures that have a zero denominator
    ((0, 0, 5, 5), {"precision", "f1"}),
    ((0, 5, 0, 5), {"recall", "f1"}),
    ((0, 0, 0, 9), {"precision", "recall", "f1", "kappa"}),
    ((9, 0, 0, 0), {"kappa"}),
]


@pytest.mark.parametrize(("cells", "undefined"), UNDEFINED)
def test_a_zero_denominator_is_missing_not_zero(cells, undefined):
    row = one(suggestions.evaluate(units(*cells), seed=1, draws=20))
    assert {name for name in suggestions.MEASURES if math.isnan(row[name])} == undefined
    assert row["gate"] == "off"


def test_wrong_throughout_is_zero_not_missing():
    assert one(suggestions.evaluate(units(0, 5, 5, 5), seed=1, draws=20))["f1"] == 0


def test_a_blank_is_left_out():
    table = units(4, 1, 1, 4).astype({"human": "Int64", "machine": "Int64"})
    table.loc[0, "human"] = pd.NA
    assert one(suggestions.evaluate(table, seed=1, draws=10))["n_units"] == 9


def test_too_few_examples_are_noted_and_kept_out_of_the_macro_average():
    table = pd.concat([units(8, 2, 2, 8, code="M23"), units(9, 0, 0, 9, code="M24")])
    rated = suggestions.evaluate(table, seed=1, draws=10)
    assert rated["note"].isna().tolist() == [True, False]
    assert rated["note"].iloc[1] == "few"
    averages = suggestions.averages(rated).set_index("average")
    assert averages["n_codes"].to_dict() == {"micro": 2, "macro": 1}
    assert averages.loc["macro", "recall"] == pytest.approx(0.8)
    assert averages.loc["micro", "recall"] == pytest.approx(17 / 19)


GATES = [  # precision lower bound, recall lower bound, kappa
    (0.80, 0.60, 0.70, "allowed"),
    (0.786, 0.9, 0.9, "off"),
    (0.9, 0.59, 0.9, "off"),
    (0.9, 0.9, 0.69, "off"),
    (math.nan, 0.9, 0.9, "off"),
    (0.9, 0.9, math.nan, "off"),
]


@pytest.mark.parametrize(("precision_lo", "recall_lo", "kappa", "expected"), GATES)
def test_gate(precision_lo, recall_lo, kappa, expected):
    assert suggestions.gate(precision_lo, recall_lo, kappa) == expected


def test_gate_opens_on_the_numbers_of_the_specification():
    gates = [
        one(suggestions.evaluate(units(tp, n - tp, 8, 400), seed=1, draws=10))["gate"]
        for tp, n in [(45, 50), (46, 50), (19, 20)]
    ]
    assert gates == ["off", "allowed", "off"]


def test_sources_that_are_alike_leave_no_uncertainty_between_them():
    alike = pd.concat([units(4, 1, 2, 9, n_sources=1).assign(source=name) for name in "abc"])
    row = one(suggestions.evaluate(alike, seed=1, draws=50))
    assert row[["f1_lo", "f1_hi"]].tolist() == pytest.approx([row["f1"]] * 2)
    single = one(suggestions.evaluate(units(4, 1, 2, 9, n_sources=1), seed=1, draws=50))
    assert math.isnan(single["f1_lo"])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99))
def test_the_order_of_units_and_other_codes_change_nothing(seed):
    table = pd.concat([units(9, 3, 4, 30, code="M23"), units(12, 1, 2, 20, code="M24")])
    whole = suggestions.evaluate(table, seed=7, draws=100)
    shuffled = suggestions.evaluate(table.sample(frac=1, random_state=seed), seed=7, draws=100)
    pd.testing.assert_frame_equal(whole, shuffled)
    alone = suggestions.evaluate(table[table["code"] == "M24"], seed=7, draws=100)
    pd.testing.assert_frame_equal(alone, whole.iloc[[1]].reset_index(drop=True), check_dtype=False)


def test_nothing_to_compare():
    assert suggestions.evaluate(units(1, 0, 0, 0).iloc[:0], seed=1).empty


WILSON_LOWS = [(45, 50, 0.786), (46, 50, 0.812), (19, 20, 0.764)]  # methods C1


@pytest.mark.parametrize(("right", "n", "low"), WILSON_LOWS)
def test_lower_bounds_are_those_of_the_specification(right, n, low):
    assert wilson(right, n).lo == pytest.approx(low, abs=5e-4)


NOT_DRAWN = [
    ("active", False),
    ("dictionary", False),
    ("coded", False),
    ("reliability", True),
    ("eval", True),
]


def said(n: int = 40, source: str = "a") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": source,
            "sentence": range(n),
            "start": range(0, 10 * n, 10),
            "end": range(9, 10 * n, 10),
            "text": "Geen tijd",
            "is_interviewer": False,
        }
    )


def people(n: int = 20, source: str = "a", round_: str = "main") -> pd.DataFrame:
    starts = range(0, 10 * n, 10)
    fixed = {"code": "M23", "kind": "human", "status": "confirmed", "round": round_}
    return pd.DataFrame({"source": source, "start": starts, "end": [s + 9 for s in starts], **fixed})


@pytest.mark.parametrize(("drawn", "is_random"), NOT_DRAWN)
def test_only_what_was_drawn_at_random_opens_a_gate(drawn, is_random):
    found = said(20)[["source", "sentence"]].assign(code="M23")
    frame = pd.DataFrame({"source": ["a"], "start": [pd.NA], "end": [pd.NA], "drawn": [drawn]})
    table = suggestions.units(said(), people(), found, codes=["M23"], frame=frame)
    row = one(suggestions.evaluate(table, seed=1, draws=10))
    assert row[["precision", "recall", "kappa"]].tolist() == [1, 1, 1]
    assert row["gate"] == ("allowed" if is_random else "off")
    assert row["note"] is pd.NA if is_random else row["note"] == "not_random"


def test_without_a_frame_nothing_was_drawn_at_random():
    found = said(20)[["source", "sentence"]].assign(code="M23")
    table = suggestions.units(said(), people(), found, codes=["M23"])
    assert len(table) == 40
    assert one(suggestions.evaluate(table, seed=1, draws=10))["note"] == "not_random"
    unsaid = table.drop(columns="random")
    assert one(suggestions.evaluate(unsaid, seed=1, draws=10))["gate"] == "off"


def test_one_unit_that_was_chosen_closes_the_gate():
    table = units(60, 0, 0, 60)
    table.loc[0, "random"] = False
    assert one(suggestions.evaluate(table, seed=1, draws=10))["gate"] == "off"


def test_a_frame_of_sentences_compares_these_only():
    batch = said()[["source", "start", "end"]].assign(code="M23", p=0.5, eval=[True, False] * 20)
    frame = suggestions.random_frame(people(), batch)
    table = suggestions.units(
        said(), people(), said(0)[["source", "sentence"]].assign(code=""), codes=["M23"], frame=frame
    )
    assert len(table) == 20
    assert table["human"].sum() == 10
    assert table["random"].all()


def test_a_source_of_a_reliability_round_counts_when_the_main_round_has_it():
    codings = pd.concat([people(), people(source="b", round_="reliability"), people(round_="reliability")])
    both = pd.concat([said(), said(source="b"), said(source="c")])
    found = both[["source", "sentence"]].iloc[:0].assign(code="")
    table = suggestions.units(both, codings, found, codes=["M23"], frame=suggestions.random_frame(codings))
    assert table["source"].unique().tolist() == ["a"]


def test_a_frame_without_its_columns_is_refused():
    with pytest.raises(WrongUse, match="drawn"):
        suggestions.units(said(), people(), said(), codes=[], frame=pd.DataFrame({"source": ["a"]}))


def test_half_of_a_sentence_is_enough():
    half = people(1).assign(end=5)
    places = said(2).assign(end=[10, 19])
    assert suggestions.covered(places, half).values.tolist() == [[0, "M23"]]
    assert suggestions.covered(places, half.assign(end=4)).empty
    twice = pd.concat([half.assign(end=4), half.assign(start=2, end=4, code="M22")])
    assert suggestions.covered(places, twice).empty


OVERLAPPING = [  # segments of one code on a sentence of ten characters, and whether half of it is covered
    ([(0, 4), (1, 4)], False),
    ([(0, 4), (0, 4), (2, 4)], False),
    ([(0, 3), (1, 4), (6, 7)], True),
    ([(0, 9), (2, 3), (4, 5)], True),
    ([(-5, 2), (8, 12), (9, 12)], False),
]


@pytest.mark.parametrize(("segments", "is_covered"), OVERLAPPING)
def test_a_character_under_several_segments_counts_once(segments, is_covered):
    """Methods D1: the segments of a code cover half of the sentence, whoever made them."""
    table = pd.DataFrame(segments, columns=["start", "end"]).assign(source="a", code="M23")
    assert len(suggestions.covered(said(1).assign(end=10), table)) == is_covered
