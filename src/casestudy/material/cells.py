"""What stands in a cell, told without showing it: its kind, its likely twin among known words, its moment."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

from casestudy.material.mappings import DateOrder

_MONTH = (
    r"(?:jan|feb|fév|mrt|mar|maa|mär|mrz|apr|avr|mei|may|mai|jun|jui|jul|aug|aoû|sep|okt|oct|nov|dec|dez|déc)"
    r"[a-zûé]*\.?"
)
_WEEKDAY = r"(?:ma|di|wo|do|vr|za|zo|mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?"
DATE = re.compile(
    rf"\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}([ T].*)?"
    rf"|\d{{1,2}}(?:[-/. ]\d{{1,2}}[-/. ]\d{{4}}|([-/])\d{{1,2}}\2\d\d)( \d{{1,2}}:\d\d.*)?"
    rf"|(?:{_WEEKDAY},? )?\d{{1,2}}[-/. ]{_MONTH}([-/. ]\d{{2,4}})?"
    rf"|{_MONTH}[-/. ]\d{{1,4}}(,? \d{{4}})?|\d{{1,2}}:\d\d(:\d\d)?",
    re.IGNORECASE | re.ASCII,
)
# What spreadsheet programs show in place of a value, in several languages; and how they write long numbers.
ERROR = re.compile(r"#(?:[A-ZÄÖÜ]{1,12}[!?]|[A-ZÄÖÜ]{1,6}/[A0!]{1,2}|N/[AB]|DEEL/0!|#+)")
POWERS = re.compile(r"\d([.,]\d+)?e\+\d+", re.IGNORECASE | re.ASCII)

_PARTS = re.compile(
    r"(?P<first>\d{1,4})[-/. ](?P<second>\d{1,2})[-/. ](?P<third>\d{1,4})"
    r"(?:,?[ T](?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<seconds>\d\d)(?:[.,]\d{1,9})?)?"
    r"(?: ?(?P<half>[ap]\.?m\.?))?(?: ?(?:Z|[A-Z]{3,4}(?=$|[+-])))?(?P<zone>[+-]\d{1,2}(?::?\d\d)?)?)?",
    re.ASCII | re.IGNORECASE,
)
_ORDERS: tuple[DateOrder, ...] = ("day-month-year", "month-day-year", "year-month-day")
_PLACES = {"day-month-year": (2, 1, 0), "month-day-year": (2, 0, 1), "year-month-day": (0, 1, 2)}
_FIRST_YEAR = 1900


def kind_of(text: str) -> str:
    """Say what kind of value stands in a cell, and nothing of the value itself.

    Examples
    --------
    >>> [kind_of(text) for text in ("", "7", "1,5", "2019-03-01", "3-mrt", "4 of 5", "geen idee")]
    ['nothing', 'a number', 'a decimal number', 'a date', 'a date', 'a text with digits', 'a word']
    >>> kind_of("#N/A")
    'an error'
    """
    if not text:
        return "nothing"
    if re.fullmatch(r"[+-]?\d+", text):
        return "a number"
    if re.fullmatch(r"[+-]?\d*[.,]\d+", text):
        return "a decimal number"
    if DATE.fullmatch(text):
        return "a date"
    if ERROR.fullmatch(text):
        return "an error"
    return "a text with digits" if any(c.isdigit() for c in text) else "a word"


def plain(word: str) -> str:
    """Give a word the form in which `7`, `07`, `7.0` and `７` are one, and so are `a1` and `A1`.

    Signs that nobody sees are left out.

    Examples
    --------
    >>> plain("07"), plain("7.0"), plain("A1"), plain("7\u200b")
    ('7', '7', 'a1', '7')
    """
    seen = word if word.isascii() else "".join(sign for sign in word if unicodedata.category(sign) != "Cf")
    folded = unicodedata.normalize("NFKC", seen).casefold()
    return re.sub(r"0*(\d+)", r"\1", re.sub(r"(?<=\d)[.,]0+$", "", folded))


def twin(word: str, known: Iterable[str]) -> str | None:
    """Give the known word that a word is likely meant to be, as it differs by zeros, case or width alone.

    Examples
    --------
    >>> twin("1.0", ["1", "2"]), twin("3", ["1", "2"])
    ('1', None)
    """
    like = plain(word)
    return next((one for one in known if plain(one) == like), None) if word else None


def moments(text: str, order: DateOrder | None = None) -> list[datetime]:
    """Give every moment that a date in figures may mean; none when it is no date.

    Examples
    --------
    >>> [f"{moment:%Y-%m-%d}" for moment in moments("3/4/2019")]
    ['2019-04-03', '2019-03-04']
    >>> [f"{moment:%Y-%m-%d}" for moment in moments("3/4/2019", "month-day-year")]
    ['2019-03-04']
    >>> [f"{moment:%H:%M}" for moment in moments("2019-03-04 1:02 PM")]
    ['13:02']
    """
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return []
    numbers = [parts["first"], parts["second"], parts["third"]]
    hour, minute, seconds = (int(parts[name] or 0) for name in ("hour", "minute", "seconds"))
    if parts["half"]:
        hour = hour % 12 + 12 * (parts["half"][0] in "pP")
    # A year that stands first is nothing else, whatever order other rows have.
    orders = ("year-month-day",) if len(parts["first"]) > 2 else (order,) if order else _ORDERS
    found = []
    for one in orders:
        year, month, day = (numbers[n] for n in _PLACES[one])
        # Programs shorten a year to two figures only where it stands last.
        written = f"20{year}" if len(year) == 2 and one != "year-month-day" else year
        try:
            moment = datetime(int(written), int(month), int(day), hour, minute, seconds)  # noqa: DTZ001 - a zone is reckoned with below
        except ValueError:
            continue
        if len(written) == 4 and moment.year >= _FIRST_YEAR:
            found.append(moment - _ahead(parts["zone"]))
    return list(dict.fromkeys(found))


def _ahead(zone: str | None) -> timedelta:
    """Say how far a zone such as ``+01:00`` is ahead."""
    if not zone:
        return timedelta()
    figures = zone[1:].replace(":", "")
    hours, minutes = (figures[:-2], figures[-2:]) if len(figures) > 2 else (figures, "0")
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return -ahead if zone[0] == "-" else ahead
