"""Single answers: a number or the words of an option, nothing in between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.material import answers
from casestudy.material.instrument import Options
from casestudy.study import Words

LIKERT = Options(min=1, max=5)
AGREE = Options(min=0, max=1, labels=(Words(nl="oneens", en="disagree"), Words(nl="eens", en="agree")))

KINDS = {"nothing", "a number", "a decimal number", "a date", "a text with digits", "a word"}
KINDS |= {"a `,`", "a number outside"}


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0.0), ("Eens", 1.0), ("DISAGREE", 0.0), ("+1", 1.0), ("01", 1.0)]
)
def test_numbers_and_words(text: str, value: float) -> None:
    assert answers.number(text, AGREE) == value


@given(st.text(max_size=12))
def test_no_text_is_taken_for_another_number(text: str) -> None:
    try:
        value = answers.number(text, LIKERT)
    except ValueError as refused:
        told = str(refused)
    else:
        assert (value, text.isascii()) == (float(text), True)
        assert value in {1.0, 2.0, 3.0, 4.0, 5.0}
        return
    # The message says the kind of what was found, never the text itself.
    assert told in KINDS
