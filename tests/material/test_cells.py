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
    ("4-3-19", None, ["2019-03-04", "2019-04-03"]),
    ("4-3-19 10:11:12", "day-month-year", ["2019-03-04"]),
    ("2019/03/04 1:02:03 p.m. CET", None, ["2019-03-04"]),
    ("2019-01-01T00:30:00.000+01:00", None, ["2018-12-31"]),
    ("2019-03-04 10:00 ongeveer", None, []),
    ("3 maart 2019", None, []),
    ("2019-03-04 25:00", None, []),
    ("", None, []),
]


@pytest.mark.parametrize(("text", "order", "days"), DATES)
def test_dates_that_a_text_may_mean(text: str, order: DateOrder | None, days: list[str]) -> None:
    assert [f"{moment:%Y-%m-%d}" for moment in cells.moments(text, order)] == days


CLOCKS = [
    ("2019/03/04 1:02:03 p.m. CET", "13:02"),
    ("2019/03/04 11:02:03 a.m. CET", "11:02"),
    ("2019-03-04 12:01 AM", "00:01"),
    ("2019-03-04 12:01 PM", "12:01"),
    ("2019/03/04 1:02:03 PM GMT+1", "12:02"),
    ("2019-03-04T10:00:00.000+01:00", "09:00"),
    ("2019-03-04T10:00:00-0230", "12:30"),
    ("4/3/2019 13:02:03", "13:02"),
]


@pytest.mark.parametrize(("text", "clock"), CLOCKS)
def test_the_clock_is_read_as_programs_write_it(text: str, clock: str) -> None:
    (moment,) = cells.moments(text, "day-month-year")
    assert f"{moment:%H:%M}" == clock


CHANGED = "1/2/19 12-03-19 2019/03/04 1-Mär 1-déc Mrt-05 4-maart-2019".split()


@pytest.mark.parametrize("text", [*CHANGED, "maandag 4 maart 2019", "March 4, 2019", "4-3-2019 10:11"])
def test_what_spreadsheet_programs_make_of_ids_is_a_date(text: str) -> None:
    assert cells.DATE.fullmatch(text)


@pytest.mark.parametrize(
    "text", ["1.02.03", "1-2", "192.168.10", "eik 3-mei", "maart-team 3", "P-1-2", "12-03-7"]
)
def test_other_ids_are_no_dates(text: str) -> None:
    assert not cells.DATE.fullmatch(text)


def test_the_clock_orders_two_forms_of_one_day() -> None:
    (first,), (second,) = cells.moments("2019-03-04T09:00"), cells.moments("2019-03-04 10:00:01Z")
    assert (first.isoformat(), second.isoformat()) == ("2019-03-04T09:00:00", "2019-03-04T10:00:01")
