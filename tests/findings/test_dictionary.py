"""What terms find, held against regular expressions and against a plain search word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.errors import WrongUse
from casestudy.findings import dictionary, overlaps, terms, words


def found(term: str, text: str) -> list[str]:
    hits = dictionary.compile({"C": [term]}).find(text)
    return [text[start:end] for start, end in zip(hits.start, hits.end, strict=True)]


FINDS = [
    ("tijd", "Tijd, tijd en TIJD; maaltijd, tijden", ["Tijd", "tijd", "TIJD"]),
    ("tijd*", "tijd tijdgebrek maaltijd", ["tijd", "tijdgebrek"]),
    ("*tijd", "tijd tijdgebrek maaltijd", ["tijd", "maaltijd"]),
    ("*plan*", "veiligheidsplannen, plan, plaan", ["veiligheidsplannen", "plan"]),
    ("on?eker", "onzeker onseker onker", ["onzeker", "onseker"]),
    ("t?jd*n", "tijden tijdn tijd", ["tijden", "tijdn"]),
    ("één", "ÉÉN plan, een plan, één", ["ÉÉN", "één"]),
    ("clie\u0308nt*", "cliënten", ["cliënten"]),
    (
        "geen tijd",
        "Geen tijd. Geen\n tijd. Geen, tijd. Geen  tijd",
        ["Geen tijd", "Geen\n tijd", "Geen  tijd"],
    ),
    ("gee* t?jd", "geene tijd geen tjd", ["geene tijd"]),
    ("geen * tijd", "geen enkele tijd, geen tijd", ["geen enkele tijd"]),
    ("collega's", "collega’s collega's collega s collegas", ["collega’s", "collega's"]),
    ("collega*", "Collega’s en collegiale collega", ["Collega", "collega"]),
    ("partner", "ex-partner", ["partner"]),
    ("ex-partner", "ex-partner ex‑partner ex partner expartner", ["ex-partner", "ex‑partner"]),
    ("e-learn*", "E-learning", ["E-learning"]),
    ("caseload NEAR/5 hoog*", "De caseload is echt te hoog.", ["caseload is echt te hoog"]),
    ("caseload NEAR/5 hoog*", "Hoge, maar hoog is de caseload", ["hoog is de caseload"]),
    ("caseload NEAR/5 hoog*", "caseload een twee drie vier vijf hoog", []),
    ("caseload NEAR/5 hoog*", "caseload een twee drie vier hoog", ["caseload een twee drie vier hoog"]),
    ("caseload NEAR/5 hoog*", "Zo is de caseload. Hoog is hij", []),
    ("caseload NEAR/5 hoog*", "De caseload\nis hoog", ["caseload\nis hoog"]),
    ("caseload NEAR/5 hoog*", "De caseload\nHoog", []),
    ("caseload NEAR/2 hoog", "caseload e-learning hoog", ["caseload e-learning hoog"]),
    ("geen tijd NEAR/3 caseload", "caseload, dus geen tijd", ["caseload, dus geen tijd"]),
    ("a NEAR/3 b", "a b a b a", ["a b", "a b"]),
    ("tijd* NEAR/3 tijd*", "tijd en tijden, tijdig", ["tijd en tijden"]),
    (
        "lemma:bespreken",
        "wij bespraken, besproken en bespreekt; bespreking",
        ["bespraken", "besproken", "bespreekt"],
    ),
    ("lemma:gezin", "Gezinnen en een gezin", ["Gezinnen", "gezin"]),
    ("niet lemma:bespreken", "niet besproken", ["niet besproken"]),
    ("caseload NEAR/3 lemma:hoog", "de hoge caseload", ["hoge caseload"]),
    ("tijd", "😀 tijd", ["tijd"]),
    ("žluťoučký", "ŽLUŤOUČKÝ kůň", ["ŽLUŤOUČKÝ"]),
    ("время", "ВРЕМЯ", ["ВРЕМЯ"]),
    ("وقت", "لا وقت", ["وقت"]),
    ("İstanbul", "istanbul ISTANBUL", ["istanbul", "ISTANBUL"]),
    ("arbeidsongeschiktheids*", "arbeidsongeschiktheidsverzekering", ["arbeidsongeschiktheidsverzekering"]),
    ("samenwerking", "samenwerkin samenwerking samenwerkings", ["samenwerking"]),
]


@pytest.mark.parametrize(("term", "text", "expected"), FINDS)
def test_a_term_finds(term, text, expected):
    assert found(term, text) == expected


WRONG = [
    ("", "a letter"),
    ("   ", "a letter"),
    ("*", "a letter"),
    ("??", "a letter"),
    ("tijd (geld)", "found `(`"),
    ("d.w.z.", "found `.`"),
    ("tijd/geld", "found `/`"),
    ("tijd NEAR geld", "distance in words"),
    ("tijd NEAR/0 geld", "from 1 to 99"),
    ("tijd NEAR/100 geld", "from 1 to 99"),
    ("a NEAR/2 b NEAR/3 c", "once"),
    ("NEAR/5 geld", "both sides"),
    ("tijd NEAR/5", "both sides"),
    ("lemma:", "one word"),
    ("lemma:besp*", "one word"),
    ("e- learning", "inside a word"),
    ("a" * 201, "at most 200"),
]


@pytest.mark.parametrize(("term", "must"), WRONG)
def test_a_term_that_cannot_be_read_says_what_must_hold(term, must):
    with pytest.raises(ValueError, match=re.escape(must)):
        terms.parse(term)


def test_all_wrong_terms_are_told_at_once_by_code():
    with pytest.raises(WrongUse, match=r"(?s)code `M21`.*code `M23`"):
        dictionary.compile({"M21": ["(", "goed"], "M23": ["lemma:"]})


def test_of_one_code_the_longest_then_the_leftmost_stay():
    text = "Geen tijd voor overleg met collega's"
    hits = dictionary.compile(
        {"A": ["tijd", "geen tijd", "tijd voor overleg", "overleg met"], "B": ["tijd"]}
    ).find(text)
    assert [(hits.codes[c], text[s:e]) for c, s, e in zip(hits.code, hits.start, hits.end, strict=True)] == [
        ("B", "tijd"),
        ("A", "tijd voor overleg"),
    ]


def test_a_term_written_twice_counts_once():
    assert len(dictionary.compile({"A": ["tijd", "tijd", "tij*"]}).find("tijd")) == 1


def test_rows_do_not_reach_into_the_next_text():
    hits = dictionary.compile({"A": ["geen tijd"], "B": ["geen NEAR/5 tijd"]}).find_all(["Geen", "tijd", ""])
    assert len(hits) == 0


def test_given_sentences_bound_near():
    text = "mw. De caseload van dhr. Hoog"
    compiled = dictionary.compile({"A": ["caseload NEAR/5 hoog"]})
    whole = pd.DataFrame({"document": [0], "start": [0], "end": [len(text)]})
    assert len(compiled.find_all([text])) == 0
    assert len(compiled.find_all([text], whole)) == 1
    cut = pd.DataFrame({"document": [0, 0], "start": [0, 16], "end": [15, len(text)]})
    assert len(compiled.find_all([text], cut)) == 0


@pytest.mark.parametrize("texts", [[], [""], ["", "  ", "..."], ["één"]])
def test_nothing_to_find_is_no_hit(texts):
    assert len(dictionary.compile({"A": ["tijd", "a b", "a NEAR/2 b", "lemma:gaan"]}).find_all(texts)) == 0
    assert len(dictionary.compile({}).find_all(texts)) == 0


def test_hits_are_placed_in_segments():
    texts = ["Tijd. Geld.", "Geld", "Tijd"]
    hits = dictionary.compile({"A": ["tijd", "geld"]}).find_all(texts)
    turns = pd.DataFrame({"document": [2, 0, 0], "start": [0, 6, 0], "end": [4, 11, 5]})
    assert hits.document.tolist() == [0, 0, 1, 2]
    assert hits.segments(turns).tolist() == [2, 1, -1, 0]
    assert hits.segments(turns.iloc[:0]).tolist() == [-1] * 4


def test_small_batches_find_the_same(monkeypatch):
    texts = ["Geen tijd. ", "De caseload is hoog", "", "tijden"] * 5
    compiled = dictionary.compile({"A": ["geen tijd", "tijd*"], "B": ["caseload NEAR/3 hoog"]})
    whole = compiled.find_all(texts).table()
    monkeypatch.setattr(dictionary, "BATCH", 7)
    pd.testing.assert_frame_equal(compiled.find_all(texts).table(), whole)
    assert dictionary.compile({"A": ["tijd*"]}).find_all(texts).document.max() == 19


# --- A plain search, word by word, as a reference.

SEPARATORS = [" ", "  ", "\n", ", ", ". ", "-", "'", "’", "? ", ".", "\nX ", " – "]
SAID = ["tijd", "Tijden", "geen", "een", "caseload", "hoog", "ex", "één", "x", "onwaarschijnlijkheden", "ſ"]
ASKED = [
    "tijd",
    "tij*",
    "*e*",
    "?en",
    "geen tijd",
    "geen * tijd",
    "ex-een",
    "een'x",
    "tijd NEAR/3 een",
    "geen tijd NEAR/2 caseload",
    "*e* NEAR/4 hoog",
    "onwaarschijnlijk*",
    "s",
    "tijd tijd",
]


def plain(text: str, term: terms.Term) -> list[tuple[int, int]]:
    """All hits of one term in one text, none of them overlapping, read from left to right."""
    places = [one.span() for one in re.finditer(r"\w+", text)]
    gaps = [text[a[1] : b[0]] for a, b in pairwise(places)]
    first = list(rows(text, places, gaps, term.first))
    if term.second is not None:
        pairs = []
        for left, right in ((first, list(rows(text, places, gaps, term.second))),):
            for here, there in [(a, b) for a in left for b in right] + [(b, a) for a in left for b in right]:
                if here[1] < there[0] and near(text, places, gaps, here[1], there[0], term.within):
                    pairs.append((here[0], there[0], there[1]))
        nearest = sorted(pairs)
        first = [(start, end) for start, _, end in nearest]
    kept: list[tuple[int, int]] = []
    for start, end in first:
        if not kept or start > kept[-1][1]:
            kept.append((start, end))
    return [(places[start][0], places[end][1]) for start, end in kept]


def rows(text, places, gaps, row) -> Iterator[tuple[int, int]]:
    for start in range(len(places) - len(row.words) + 1):
        said = [text[a:b] for a, b in places[start : start + len(row.words)]]
        between = gaps[start : start + len(row.words) - 1]
        shapes = [re.escape(w.text).replace(r"\*", r"\w*").replace(r"\?", r"\w") for w in row.words]
        joints = {"space": r"\s+", "apostrophe": "['’]", "hyphen": "-"}
        if all(
            re.fullmatch(shape, word, re.IGNORECASE) for shape, word in zip(shapes, said, strict=True)
        ) and all(re.fullmatch(joints[j], gap) for j, gap in zip(row.joints, between, strict=True)):
            yield start, start + len(row.words) - 1


def near(text, places, gaps, before: int, after: int, within: int) -> bool:
    crossed = list(range(before, after))
    for gap in crossed:
        initial = text[places[gap + 1][0]]
        if (re.search(r"[.!?…]", gaps[gap]) and re.search(r"\s", gaps[gap])) or (
            "\n" in gaps[gap] and not initial.islower()
        ):
            return False
    return sum(not re.fullmatch("['’-]", gaps[gap]) for gap in crossed) <= within


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(SAID), st.sampled_from(SEPARATORS)), max_size=25).map(
            lambda pairs: "".join(word + sign for word, sign in pairs)
        ),
        max_size=3,
    )
)
def test_every_hit_is_that_of_a_plain_search(texts):
    hits = dictionary.compile({term: [term] for term in ASKED}).find_all(texts, overlapping=True)
    ours = sorted(zip(hits.document, hits.term, hits.start, hits.end, strict=True))
    expected = sorted(
        (document, number, start, end)
        for document, text in enumerate(texts)
        for number, term in enumerate(ASKED)
        for start, end in plain(text, terms.parse(term))
    )
    assert ours == expected


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-16"), max_size=60))
def test_words_are_those_of_a_regular_expression(text):
    batch = words.split([text])
    places = [one.span() for one in re.finditer(r"\w+", text)]
    assert list(zip(batch.starts, batch.ends, strict=True)) == places
    lexicon = words.Lexicon()
    numbers = lexicon.numbers(batch)
    assert [lexicon.words[n] for n in numbers] == [terms.folded(text[a:b]) for a, b in places]


def test_cases_are_those_of_a_regular_expression():
    cased = [one for one in map(chr, range(0x2000)) if re.match(r"\w", one) and one.upper() != one.lower()]
    joined = "".join(cased)
    alike = {frozenset(re.findall(one, joined, re.IGNORECASE)) for one in cased}
    # Two pairs of Greek letters are one and the same in normal form C.
    assert {
        len({terms.fold(one) for one in group}) for group in alike if "ΐ" not in group and "ΰ" not in group
    } == {1}
    letters = words._alphabet().letters
    assert all(
        letters[words._alphabet().table[ord(one)]] == terms.fold(one)
        for one in map(chr, range(0x110000))
        if words._alphabet().table[ord(one)] >= words.FIRST_LETTER
    )


SPANS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(1, 8)).map(
        lambda x: (x[0], x[1], x[1] + x[2])
    ),
    max_size=40,
)


@settings(max_examples=80, deadline=None)
@given(SPANS)
def test_what_overlaps_is_settled_as_one_by_one(spans):
    group, start, end = np.array(spans, dtype=np.int64).reshape(-1, 3).T
    for settle, rank in (
        (overlaps.leftmost, lambda n: (start[n], n)),
        (overlaps.longest, lambda n: (start[n] - end[n], start[n], n)),
    ):
        kept: list[int] = []
        for n in sorted(range(len(spans)), key=rank):
            if all(group[n] != group[m] or end[n] <= start[m] or end[m] <= start[n] for m in kept):
                kept.append(n)
        assert np.flatnonzero(settle(group, start, end)).tolist() == sorted(kept)


def test_no_wildcard_costs_much_time_on_a_long_word():
    text = "a" * 20_000 + "b"
    assert found("*a*a*a*a*a*c", text) == []
    assert found("*a*a*a*a*a*b", text) == [text]
