"""What patterns and terms find in Dutch, what they must not find, and that no pattern runs away."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.errors import WrongUse
from casestudy.findings import suggestions
from casestudy.material import codebook

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


FRAMEWORKS = [code for name in ("midi", "skills", "components") for code in codebook.framework(name)]


def test_every_anchor_of_the_frameworks_is_suggested_its_code():
    anchors = [
        (code.id, anchor)
        for code in FRAMEWORKS
        for anchor in (code.anchors.positive, code.anchors.negative)
        if anchor
    ]
    assert len(anchors) >= 67
    found = suggestions.suggest(
        sentences(*[anchor for _, anchor in anchors]), {code.id: code.patterns for code in FRAMEWORKS}
    )
    hit = set(zip(found.table["sentence"], found.table["code"], strict=True))
    assert [(n, code) for n, (code, _) in enumerate(anchors) if (n, code) not in hit] == []
    assert found.timed_out == ()


def test_terms_and_patterns_of_a_code_go_together():
    said = sentences("De caseload is erg hoog.", "Er is geen geld.", "Besproken met mw. De Vries.")
    terms = {"M21": ["caseload NEAR/3 hoog"], "SK": ["lemma:bespreken NEAR/4 Vries"]}
    found = suggestions.suggest(said, {"M22": [r"\bgeld\b"], "M21": ["hoog"]}, terms).table
    assert found[["sentence", "code", "matched"]].values.tolist() == [
        [0, "M21", "caseload is erg hoog"],
        [1, "M22", "geld"],
        [2, "SK", "Besproken met mw. De Vries"],
    ]


def test_a_broken_term_is_named_by_its_code():
    with pytest.raises(WrongUse, match="code `M99`"):
        suggestions.suggest(sentences("Geen tijd."), {}, {"M99": ["tijd ("]})


RUNAWAY = [  # each takes for ever on the text beside it, without a limit
    (r"(a|aa)+$", "a" * 60 + "b"),
    (r"(a+)+$", "a" * 60 + "b"),
    (r"(a|a)*$", "a" * 60 + "b"),
    (r"(.*a){25}c", "a" * 80 + "b"),
    (r"(\w+\s?)+!", "de een en de ander of nog een die er is en die er was en blijft."),
    (r"([a-z]+)*\d", "a" * 60),
    (r"(x+x+)+y", "x" * 60),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 60),
    (r"(?:a?){40}a{40}b", "a" * 60),
    (r"(\w*)*-(\w*)*-(\w*)*=", "a" * 60),
]


@pytest.mark.parametrize(("pattern", "text"), RUNAWAY)
def test_a_runaway_pattern_ends_in_time_and_the_rest_goes_on(pattern, text):
    said = sentences("Geen tijd.", *[text] * 20)
    start = time.process_time()
    found = suggestions.suggest(said, {"M23": PATTERNS["M23"], "X": [pattern]}, {"T": ["geen"]}, timeout=0.2)
    assert time.process_time() - start < 1
    assert found.table.loc[found.table["sentence"] == 0, "code"].tolist() == ["M23", "T"]
    assert set(found.timed_out) <= {"X"}


def test_most_runaway_patterns_are_named():
    said = sentences(*[text for _, text in RUNAWAY])
    named = suggestions.suggest(
        said, {str(n): [p] for n, (p, _) in enumerate(RUNAWAY)}, timeout=0.1
    ).timed_out
    assert len(named) >= 3
