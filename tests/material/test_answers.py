"""Single answers: a number, listed words or the words of an option, nothing in between."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.errors import Problem
from casestudy.material import answers
from casestudy.material.formats.sheets import Meanings
from casestudy.material.instrument import Instrument
from casestudy.material.mappings import FileMapping
from casestudy.material.questions import Item, Options, Scale
from casestudy.material.submissions import Submission
from casestudy.study import Words

LIKERT = Options(min=1, max=5)
AGREE = Options(min=0, max=1, labels=(Words(nl="oneens", en="disagree"), Words(nl="eens", en="agree")))
OFTEN = Options(
    min=1,
    max=3,
    labels=(Words(nl="nooit", en="never"), Words(nl="soms", en="sometimes"), Words(nl="vaak", en="often")),
    not_applicable=Words(nl="niet van toepassing", en="does not apply"),
)
MARK = Options(min=0, max=10, decimals=True)

KINDS = {"nothing", "a number", "a decimal number", "a date", "a text with digits", "a word", "an error"}
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


def instrument(options: Options) -> Instrument:
    item = Item(id="V1", text=Words(nl="x", en="x"), options="o", not_applicable=True)
    scale = Scale(id="S", label=Words(nl="x", en="x"), items=(item,))
    return Instrument(id="i", version="1", options={"o": options}, scales=(scale,))


def said(
    text: str, options: Options, *, meanings: Meanings | None = None, **mapping: Any
) -> tuple[object, ...] | str:
    """The value and the reason, or the problem without its place."""
    read_by = FileMapping.model_validate(
        {"file": "*", "columns": {"respondent": "id"}, "wave": "T0", "site": "es"} | mapping
    )
    form = Submission(
        read_by, "t.csv", 2, "p", "es", "T0", None, {"V1": text}, meanings=meanings or Meanings()
    )
    problems: list[Problem] = []
    (found,) = answers.read([form], instrument(options), problems)
    return str(problems[0]).removeprefix("t.csv:2: `V1` ") if problems else found.items["V1"]


LISTED: list[tuple[str, dict[str, Any], object]] = [
    ("Helemaal  EENS", {"answers": {"o": {"helemaal eens": 5}}}, (5.0, None)),
    (
        "helemaal mee eens",
        {"answers": {"o": {"helemaal eens": 5}}},
        "must be a number from 1 to 5, found a word",
    ),
    ("0", {"answers": {"o": {"0": 1, "1": 2}}}, (1.0, None)),
    ("1", {"answers": {"o": {"0": 1, "1": 2}}}, (2.0, None)),
    ("4", {"answers": {"o": {"0": 1, "1": 2}}}, "must be a listed answer, found a number"),
    ("4", {"answers": {"o": {"ja": 1}}}, (4.0, None)),
    ("99", {"missing_values": {"99": "not_applicable"}}, (None, "not_applicable")),
    ("98", {"missing_values": {"98": "refused"}}, (None, "refused")),
    ("5", {"missing_values": {"5": "skipped"}}, (None, "skipped")),
    ("NA", {}, (None, "skipped")),
    ("#N/A", {}, "must be a number from 1 to 5, found an error"),
    ("#N/A", {"missing": ["#N/A"]}, (None, "skipped")),
    ("４", {}, "must be a number from 1 to 5, found a number"),
    ("4²", {}, "must be a number from 1 to 5, found a text with digits"),
    ("1e1", {}, "must be a number from 1 to 5, found a text with digits"),
    ("-oth-", {}, "must be a number from 1 to 5, found a word"),
]


@pytest.mark.parametrize(("text", "mapping", "found"), LISTED)
def test_words_and_values_by_list(text: str, mapping: dict[str, Any], found: object) -> None:
    read = said(text, LIKERT, **mapping)
    assert read.startswith(str(found)) if isinstance(read, str) else read == found


def test_the_words_for_does_not_apply_stand_in_the_instrument() -> None:
    assert said("Niet van  toepassing", OFTEN) == (None, "not_applicable")


def labelled(**labels: str) -> Meanings:
    return Meanings(labels={"V1": {key.removeprefix("_"): label for key, label in labels.items()}})


LABELS: list[tuple[str, Meanings, dict[str, Any], object]] = [
    ("3", labelled(_3="vaak"), {}, (3.0, None)),
    ("A3", labelled(A3="vaak"), {}, (3.0, None)),
    ("A3", labelled(A3="VAAK "), {}, (3.0, None)),
    ("3", labelled(_3="meestal"), {}, (3.0, None)),
    ("A3", labelled(A3="meestal"), {}, "must be a number from 1 to 3, found a text with digits"),
    ("A3", labelled(A3="meestal"), {"answers": {"o": {"meestal": 3}}}, (3.0, None)),
    ("A3", labelled(A3="meestal"), {"answers": {"o": {"A3": 3}}}, (3.0, None)),
    # The file turns the scale round: 1 is often there.
    ("1", labelled(_1="vaak"), {}, "must mean one answer, found a value and a label that mean two"),
    ("1", labelled(_1="vaak"), {"answers": {"o": {"vaak": 3}}}, (3.0, None)),
    ("1", labelled(_1="x"), {"answers": {"o": {"1": 3, "x": 2}}}, "must mean one answer, found"),
    ("9", labelled(_9="weet niet"), {"missing_values": {"weet niet": "refused"}}, (None, "refused")),
    ("9", labelled(_9="n.v.t."), {"not_applicable": ["n.v.t."]}, (None, "not_applicable")),
    ("9", labelled(_9="Does not apply"), {}, (None, "not_applicable")),
]


@pytest.mark.parametrize(("text", "meanings", "mapping", "found"), LABELS)
def test_a_label_is_a_word_of_the_file(
    text: str, meanings: Meanings, mapping: dict[str, Any], found: object
) -> None:
    read = said(text, OFTEN, meanings=meanings, **mapping)
    assert read.startswith(str(found)) if isinstance(read, str) else read == found


MARKED: list[tuple[str, dict[str, Any], object]] = [
    ("9", {"missing_values": {"9": "refused"}}, (None, "refused")),
    ("9", {"missing": ["9"]}, (None, "skipped")),
    ("9", {}, "must be an answer, or missing for a reason, found what its user marked as missing"),
    # The file marks 9 in this column and not 8: that is a mark out of ten, whatever it is elsewhere.
    ("8", {"missing_values": {"8": "refused"}}, (8.0, None)),
    ("77", {"missing_values": {"77": "refused"}}, (None, "refused")),
    ("8", {"missing": ["8"]}, (None, "skipped")),
]


@pytest.mark.parametrize(("text", "mapping", "found"), MARKED)
def test_what_a_file_marks_as_missing_has_a_reason(text: str, mapping: dict[str, Any], found: object) -> None:
    read = said(text, MARK, meanings=Meanings(missing={"V1": frozenset({"9"})}), **mapping)
    assert read.startswith(str(found)) if isinstance(read, str) else read == found


DECIMALS = [
    ("1,5", ",", (1.5, None)),
    ("1.5", ",", "must have `,` before decimals, found a `.`"),
    ("1,5", ".", "must have `.` before decimals, found a `,`"),
    ("1.500,5", ",", "must be a number from 0 to 10, found a text with digits"),
    ("1'5", ",", "must be a number from 0 to 10, found a text with digits"),
]


@pytest.mark.parametrize(("text", "decimal", "found"), DECIMALS)
def test_the_decimal_mark_is_that_of_the_study(text: str, decimal: str, found: object) -> None:
    read = said(text, MARK, decimal=decimal)
    assert read.startswith(str(found)) if isinstance(read, str) else read == found
