"""Words and number formats in the reader's language; no other module holds a word that a reader sees."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Labels:
    """All words of one language.

    Examples
    --------
    >>> nl, en = read("nl"), read("en")
    >>> nl.number(-1.25, 1), en.number(1234.5, 1)
    ('−1,3', '1,234.5')
    >>> nl.signed(0.5, 1), nl.month("2019-03")
    ('+0,5', 'maart 2019')
    """

    language: str
    words: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.words[key]

    def __contains__(self, key: str) -> bool:
        return key in self.words

    def say(self, key: str, /, **values: Any) -> str:
        """Fill in one sentence; a value that is a number must have been formatted before."""
        return self.words[key].format(**values)

    def number(self, value: float, decimals: int = 0) -> str:
        """Write a number with ``decimals`` digits, rounded half away from zero, with a real minus sign."""
        scale = 10**decimals
        rounded = math.copysign(math.floor(abs(round(value * scale, 9)) + 0.5), value) / scale
        rounded = rounded if rounded else 0.0
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return str(format_decimal(rounded, format=pattern, locale=self._locale)).replace("-", MINUS)

    def signed(self, value: float, decimals: int = 0) -> str:
        """Write a number with its sign, zero without."""
        text = self.number(value, decimals)
        return text if text.startswith(MINUS) or not any(c in "123456789" for c in text) else f"+{text}"

    def percent(self, share: float) -> str:
        """Write a share as a whole percentage."""
        return (
            f"{self.number(100 * share)}\N{NO-BREAK SPACE}%"
            if self.language == "nl"
            else f"{self.number(100 * share)}%"
        )

    def month(self, month: str) -> str:
        """Write ``YYYY-MM`` in words."""
        year, number = month.split("-")
        return format_date(date(int(year), int(number), 1), "MMMM y", locale=self._locale)

    def day(self, day: str) -> str:
        """Write ``YYYY-MM-DD`` in words."""
        return format_date(date.fromisoformat(day), "d MMMM y", locale=self._locale)

    def list(self, items: Iterable[str]) -> str:
        """Join words the way the language does."""
        return str(format_list(list(items), locale=self._locale))

    @property
    def _locale(self) -> Locale:
        return Locale("nl", "NL") if self.language == "nl" else Locale("en", "GB")


@cache
def read(language: str) -> Labels:
    """Read the words of one language.

    Parameters
    ----------
    language
        ``nl`` or ``en``.

    Raises
    ------
    KeyError
        When the language is not there.
    """
    messages = files("casestudy") / "reporting" / "messages"
    shelf = messages / f"{language}.yml"
    if not shelf.is_file():
        raise KeyError(language)
    text = shelf.read_text(encoding="utf-8")
    return Labels(language, {str(k): str(v) for k, v in yaml.safe_load(text).items()})
