"""What patterns find in Dutch, what they must not find, and how their agreement with people is told."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.errors import WrongUse
from casestudy.findings import suggestions

PATTERNS = {  # as in the methods specification, B6
    "M05": [r"sluit\w* (?:\w+ ){0,3}aan (?:bij|op)|past (?:\w+ ){0,3}bij (?:onze|ons|hoe)|bots\w* met"],
    "M12": [r"werk(?:en|t|te|ten) (?:\w+ ){0,2}mee|meewerk\w*|deur dicht|haak\w* af"],
    "M14": [r"(?:iedereen|niemand|de meeste collega\S*) (?:\w+ ){0,3}(?:doet|doen|gebruikt|gebruiken)"],
    "M21": [
        r"caseload|onderbezet\w*|\bbezetting|\bformatie\b|volle sterkte|\bzieken?\b|ziekteverzuim|wachtlijst"
    ],
    "M22": [r"\bgeld\b|budget\w*|bekosti\w*|financi[eë]\w*|subsidie"],
    "M23": [r"\btijd(?:gebrek|sdruk)?\b|\buren\b|ruimte in (?:de|mijn) agenda"],
    "SK09": [r"overdracht\w*|overgedragen|één plan|samenwerk\w*"],
    "ONE": [r"\béén\b"],
}
SLOW = r"(a|aa)+$"
TRAP = "a" * 60 + "b"


def sentences(*texts: str, interviewer: bool = False, source: str = "a-01") -> pd.DataFrame:
    ends = np.cumsum([len(text) + 1 for text in texts]) - 1
    return pd.DataFrame(
        {
            "source": source,
            "sentence": range(len(texts)),
            "start": [end - len(text) for end, text in zip(ends, texts, strict=True)],
            "end": ends,
            "text": list(texts),
            "is_interviewer": interviewer,
        }
    )


TOPICS = [
    ("Er is te weinig informatie over de informatie.", []),
    ("De formatie is niet op orde.", ["M21"]),
    ("Met deze caseload en drie zieken lukt het niet.", ["M21"]),
    ("Er is geen tijd voor.", ["M23"]),
    ("Er is tijd genoeg voor.", ["M23"]),
    ("De maaltijd was fijn.", []),
    ("De meeste collega’s gebruiken het.", ["M14"]),
    ("De meeste collega's gebruiken het.", ["M14"]),
    ("Het sluit eigenlijk heel goed aan bij ons werk.", ["M05"]),
    ("Ouders werken vaak niet mee.", ["M12"]),
    ("Wij maken ÉÉN PLAN met elkaar.", ["ONE", "SK09"]),
    ("Het geldt voor iedereen.", []),
    ("Dat is financiële onzin 😀, er is geen geld.", ["M22"]),
    ("Beééndigd.", []),
]


@pytest.mark.parametrize(("text", "codes"), TOPICS)
def test_patterns_find_the_topic(text, codes):
    assert suggestions.suggest(sentences(text), PATTERNS).table["code"].tolist() == codes


def test_information_is_never_staff_capacity():
    said = sentences(*["De informatie over informatie staat in de informatiemap."] * 20)
    assert suggestions.suggest(said, PATTERNS).table.empty


def test_a_suggestion_has_no_valence():
    found = suggestions.suggest(sentences("Er is geen tijd.", "Er is tijd genoeg."), PATTERNS).table
    assert found.columns.tolist() == ["source", "sentence", "start", "end", "code", "matched"]
    assert found["matched"].tolist() == ["tijd", "tijd"]


def test_one_suggestion_per_sentence_and_code():
    found = suggestions.suggest(sentences("Tijd, tijd, uren en tijdgebrek."), {"M23": ["tijd", "uren"]}).table
    assert found[["start", "end", "code", "matched"]].values.tolist() == [[0, 31, "M23", "Tijd"]]


def test_the_interviewer_is_never_suggested():
    said = pd.concat(
        [sentences("Hoe is de caseload?", interviewer=True), sentences("Die is hoog.", source="a-02")]
    )
    assert suggestions.suggest(said, PATTERNS).table.empty


def test_a_decomposed_pattern_finds_composed_text():
    assert len(suggestions.suggest(sentences("één"), {"ONE": ["e\u0301e\u0301n"]}).table) == 1


def test_a_slow_pattern_stops_its_own_code_only():
    patterns = {"M23": PATTERNS["M23"], "SLOW": ["tijd", SLOW]}
    found = suggestions.suggest(sentences("Geen tijd.", TRAP), patterns, timeout=0.05)
    assert found.timed_out == ("SLOW",)
    assert found.table["code"].tolist() == ["M23"]


def test_a_broken_pattern_is_named_by_its_code():
    with pytest.raises(WrongUse, match="code `M99`"):
        suggestions.suggest(sentences("Geen tijd."), {"M99": ["(tijd"]})


def test_nothing_said_nothing_suggested():
    found = suggestions.suggest(sentences("Tijd.").iloc[:0], PATTERNS)
    assert found.table.empty
    assert found.table.columns.tolist() == suggestions.COLUMNS
    assert suggestions.suggest(sentences("Tijd."), {"M23": []}).table.empty


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(len(TOPICS))))
def test_the_order_of_sentences_changes_nothing(order):
    said = sentences(*[text for text, _ in TOPICS])
    shuffled = suggestions.suggest(said.iloc[list(order)], dict(reversed(PATTERNS.items()))).table
    pd.testing.assert_frame_equal(shuffled, suggestions.suggest(said, PATTERNS).table)


def units(tp: int, fp: int, fn: int, tn: int, *, n_sources: int = 10, code: str = "M23") -> pd.DataFrame:
    pairs = [(1, 1)] * tp + [(0, 1)] * fp + [(1, 0)] * fn + [(0, 0)] * tn
    table = pd.DataFrame(pairs, columns=["human", "machine"])
    return table.assign(unit=table.index, source=[f"s{i % n_sources}" for i in table.index], code=code)


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
