"""What each cell of a submission says: a number, a reason for none, a tick, or a problem without its text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from casestudy.documents import short
from casestudy.errors import Problem
from casestudy.material.instrument import Instrument, Item, Options
from casestudy.material.mappings import FileMapping
from casestudy.material.submissions import Submission, item_of, kind_of

Reason = Literal["skipped", "not_applicable", "not_shown", "refused"]
Found = tuple[float | None, Reason | None]

NOT_OFFERED = "ticks at components that were not offered, left out"
NOT_SHOWN = "ticks at skills below `shown_from`, left out"


@dataclass(frozen=True, slots=True)
class Answered:
    """A submission with its answers in the instrument's order: per item a value or a reason, per box a tick.

    A tick is a pair: 1, 0 or None, and whether the component was offered at the site.
    """

    submission: Submission
    items: dict[str, Found]
    ticks: dict[tuple[str, str], tuple[int | None, bool]]
    left_out: Counter[str]

    @property
    def has_value(self) -> bool:
        """Whether anything was answered at all."""
        return any(value is not None for value, _ in self.items.values())


class _Refused(Exception):
    """What must hold, what kind of thing was found, and what to do."""


def read(handed_in: Iterable[Submission], instrument: Instrument, problems: list[Problem]) -> list[Answered]:
    """Read every cell; what cannot be read becomes a problem with its file, line and column."""
    items = {item.id: item for item in instrument.items}
    answered = []
    for one in handed_in:
        found = _items(one, items, instrument, problems)
        left_out: Counter[str] = Counter()
        ticks = _ticks(one, items, found, left_out, problems)
        answered.append(Answered(one, found, ticks, left_out))
    return answered


def number(text: str, options: Options, *, decimal: str = ".") -> float:
    """Read one answer as a number, from the number itself or from the words of the option.

    Raises
    ------
    ValueError
        When it is neither, or no number that may be given.

    Examples
    --------
    >>> likert = Options(min=1, max=5)
    >>> number("4", likert), number("4.0", likert)
    (4.0, 4.0)
    """
    try:
        return _number(text, options, decimal)
    except _Refused as refused:
        raise ValueError(refused.args[1]) from None


def _items(
    one: Submission, items: dict[str, Item], instrument: Instrument, problems: list[Problem]
) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for column in one.lines if one.mapping.layout == "long" else one.cells:
        name = item_of(column, one.mapping, items)
        if name is None:
            continue
        try:
            found[name] = _value(
                one.cells[column], items[name], instrument.options[items[name].options], one.mapping
            )
        except _Refused as refused:
            must, kind, remedy = refused.args
            problems.append(Problem(one.place(column), f"`{short(column)}` {must}", kind, remedy))
    return {name: found[name] for name in items if name in found}


def _value(text: str, item: Item, options: Options, mapping: FileMapping) -> Found:
    if not text or text in mapping.missing:
        return None, "skipped"
    if text in mapping.not_applicable:
        if item.not_applicable:
            return None, "not_applicable"
        raise _Refused(
            "must be answered", '"does not apply"', "correct it, or set `not_applicable` for the item"
        )
    return _number(text, options, mapping.decimal), None


def _number(text: str, options: Options, decimal: str) -> float:
    low, high = f"{options.min:g}", f"{options.max:g}"
    must, remedy = f"must be a number from {low} to {high}", "correct it, or write the word in instrument.yml"
    if not re.fullmatch(r"[+-]?\d+([.,]\d+)?", text, re.ASCII):
        for value, words in enumerate(options.labels):
            if text.casefold() in (words.nl.casefold(), words.en.casefold()):
                return options.min + value
        raise _Refused(must, kind_of(text), remedy)
    other = "," if decimal == "." else "."
    if other in text:
        raise _Refused(
            f"must have `{decimal}` before decimals", f"a `{other}`", "correct it, or set `decimal`"
        )
    value_ = float(text.replace(decimal, "."))
    if not options.decimals and not value_.is_integer():
        raise _Refused(
            f"must be a whole number from {low} to {high}", "a decimal number", "correct the answer"
        )
    if not options.min <= value_ <= options.max:
        raise _Refused(must, "a number outside", "correct the answer")
    return value_


def _ticks(
    one: Submission,
    items: dict[str, Item],
    found: dict[str, Found],
    left_out: Counter[str],
    problems: list[Problem],
) -> dict[tuple[str, str], tuple[int | None, bool]]:
    ticks: dict[tuple[str, str], tuple[int | None, bool]] = {}
    mapping = one.mapping
    used = _used(items, found)
    for column, box in mapping.multi.items():
        ticked = _tick(one.cells.get(column, ""), mapping)
        if isinstance(ticked, str):
            must = f"`{short(column)}` must be a word of `ticked`, `unticked` or `missing`"
            problems.append(Problem(one.place(column), must, ticked, "correct it, or add the word"))
            continue
        offered = not mapping.offered or box.component in mapping.offered[one.site]
        frequency = used.get(box.skill)
        shown = frequency is not None and frequency >= mapping.shown_from
        if ticked == 1 and not (offered and shown):
            left_out[NOT_SHOWN if offered else NOT_OFFERED] += 1
        ticks[box.skill, box.component] = (ticked if offered and shown else None, offered)
    return ticks


def _used(items: dict[str, Item], found: dict[str, Found]) -> dict[str, float]:
    """Tell how often each skill is used; asked in several items, the highest answer counts."""
    used: dict[str, float] = {}
    for name, item in items.items():
        value = found.get(name, (None, None))[0]
        if item.skill is not None and value is not None:
            used[item.skill] = max(value, used.get(item.skill, value))
    return used


def _tick(text: str, mapping: FileMapping) -> int | str | None:
    if text in mapping.unticked:
        return 0
    if text in mapping.ticked:
        return 1
    return None if not text or text in mapping.missing else kind_of(text)
