"""Words and numbers in two languages."""

from __future__ import annotations

import string

import pytest

from casestudy import labels


@pytest.mark.parametrize(
    ("value", "decimals", "nl", "en"),
    [
        (0.45, 1, "0,5", "0.5"),
        (-0.45, 1, "−0,5", "−0.5"),
        (2.675, 2, "2,68", "2.68"),
        (1234.5, 1, "1.234,5", "1,234.5"),
        (-0.04, 1, "0,0", "0.0"),
        (7, 0, "7", "7"),
    ],
)
def test_numbers_are_written_the_way_the_language_does(value: float, decimals: int, nl: str, en: str) -> None:
    assert labels.read("nl").number(value, decimals) == nl
    assert labels.read("en").number(value, decimals) == en


def test_both_languages_say_the_same_things() -> None:
    nl, en = labels.read("nl").words, labels.read("en").words
    assert list(nl) == list(en)


def test_both_languages_fill_in_the_same_values() -> None:
    nl, en = labels.read("nl").words, labels.read("en").words
    fields = {key: {f for _, f, _, _ in string.Formatter().parse(text) if f} for key, text in nl.items()}
    assert fields == {
        key: {f for _, f, _, _ in string.Formatter().parse(text) if f} for key, text in en.items()
    }


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(KeyError):
        labels.read("xx")
