"""What stands in a cell: kinds that show nothing of it, twins of known words, and dates in figures."""

from __future__ import annotations

import pytest

from casestudy.material import cells
from casestudy.material.mappings import DateOrder

KINDS = [
    ("４", "a number"),
    ("4²", "a text with digits"),
    ("²", "a text with digits"),
    ("1e1", "a text with digits"),
    ("0x4", "a text with digits"),
    ("inf", "a word"),
    ("nan", "a word"),
    ("13:30", "a date"),
    ("3 maart", "a date"),
    ("#N/A", "an error"),
    ("#N/B", "an error"),
    ("#REF!", "an error"),
    ("#VERW!", "an error"),
    ("#DEEL/0!", "an error"),
    ("#DIV/0!", "an error"),
    ("#NAAM?", "an error"),
    ("#FORMULA!", "an error"),
    ("########", "an error"),
    ("#1", "a text with digits"),
]


@pytest.mark.parametrize(("text", "kind"), KINDS)
def test_kinds(text: str, kind: str) -> None:
    assert cells.kind_of(text) == kind


TWINS = [("1.0", "1"), ("01", "1"), ("０1", "1"), ("t1", "T1"), ("１", "1"), ("VOOR", "voor"), ("1,0", "1")]
STRANGERS = ["10", "1.5", "", "T", "voor de", "2"]


@pytest.mark.parametrize(("word", "known"), TWINS)
def test_a_twin_differs_by_zeros_width_or_case(word: str, known: str) -> None:
    assert cells.twin(word, ["1", "T1", "voor"]) == known


@pytest.mark.parametrize("word", STRANGERS)
def test_a_stranger_has_no_twin(word: str) -> None:
    assert cells.twin(word, ["1", "T1", "voor"]) is None


DATES: list[tuple[str, DateOrder | None, list[str]]] = [
    ("2019-03-04", None, ["2019-03-04"]),
    ("2019-03-04 13:05:06", None, ["2019-03-04"]),
    ("4-3-2019", "day-month-year", ["2019-03-04"]),
    ("4/3/2019", "month-day-year", ["2019-04-03"]),
    ("4.3.2019", None, ["2019-03-04", "2019-04-03"]),
    ("4-4-2019", None, ["2019-04-04"]),
    ("13-4-2019", None, ["2019-04-13"]),
    ("4-13-2019", None, ["2019-04-13"]),
    ("4-13-2019", "day-month-year", []),
    ("2019-03-04", "day-month-year", ["2019-03-04"]),
    ("31-2-2019", None, []),
    ("4-3-19", None, []),
    ("3 maart 2019", None, []),
    ("2019-03-04 25:00", None, []),
    ("", None, []),
]


@pytest.mark.parametrize(("text", "order", "days"), DATES)
def test_dates_that_a_text_may_mean(text: str, order: DateOrder | None, days: list[str]) -> None:
    assert [f"{moment:%Y-%m-%d}" for moment in cells.moments(text, order)] == days


def test_the_clock_orders_two_forms_of_one_day() -> None:
    (first,), (second,) = cells.moments("2019-03-04T09:00"), cells.moments("2019-03-04 10:00:01Z")
    assert (first.isoformat(), second.isoformat()) == ("2019-03-04T09:00:00", "2019-03-04T10:00:01")
