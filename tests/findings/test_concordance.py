"""Words in context: whole words, wildcards, accents and emoji, and places that point at the words."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import concordance

CASES = [
    ("tijd", "Geen tijd, tijdens TIJD.", ["tijd", "TIJD"]),
    ("tijd*", "Geen tijd, tijdens TIJD.", ["tijd", "tijdens", "TIJD"]),
    ("*druk", "tijdsdruk en druk", ["tijdsdruk", "druk"]),
    ("geen  tijd", "Er is geen\n tijd.", ["geen tijd"]),
    ("reëel", "Dat is reëel; reel niet.", ["reëel"]),
    ("c.q", "c.q. of cxq", ["c.q"]),
    ("plan", "veiligheidsplan plan_b plan-b", ["plan", "plan"]),
    ("niet", "", []),
]


def turns(*texts: str) -> pd.DataFrame:
    starts = [sum(map(len, texts[:n])) for n in range(len(texts))]
    return pd.DataFrame({"source": "a", "turn": range(len(texts)), "start": starts, "text": texts})


@pytest.mark.parametrize(("term", "text", "expected"), CASES)
def test_a_term_finds_its_words(term, text, expected):
    assert concordance.concordance(turns(text), term)["match"].tolist() == expected


def test_a_term_written_in_another_way_is_the_same_term():
    assert concordance.concordance(turns("één keer"), "e\u0301e\u0301n")["match"].tolist() == ["één"]


@pytest.mark.parametrize("empty", ["", " ", "*", "..."])
def test_a_term_without_a_letter_is_refused(empty):
    with pytest.raises(ValueError, match="letter"):
        concordance.concordance(turns("x"), empty)


def test_places_count_characters_after_an_emoji():
    text = "Ja 😀 geen tijd."
    row = concordance.concordance(turns("Vraag?", text), "tijd").iloc[0]
    assert ("Vraag?" + text)[row["start"] : row["end"]] == "tijd"
    assert row["turn"] == 1


def test_context_stays_within_the_turn_and_keeps_words_whole():
    row = concordance.concordance(turns("Eerst dit. ", "een twee drie vier vijf zes"), "drie", width=9).iloc[
        0
    ]
    assert (row["left"], row["right"]) == ("een twee ", " vier")


@given(st.lists(st.sampled_from(["tijd", "wij", "plan,", "é😀"]), max_size=30), st.integers(1, 40))
@settings(max_examples=50)
def test_left_match_and_right_are_the_text(words, width):
    text = " ".join(words)
    for row in concordance.concordance(turns(text), "tijd", width=width).itertuples():
        assert f"{row.left}{row.match}{row.right}" in text
        assert max(len(row.left), len(row.right)) <= width + 1
