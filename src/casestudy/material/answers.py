"""What each cell of a submission says: a number, a reason for none, a tick, or a problem without its text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from casestudy.documents import short
from casestudy.errors import Problem
from casestudy.material.cells import kind_of
from casestudy.material.instrument import Instrument
from casestudy.material.mappings import FileMapping, folded
from casestudy.material.questions import Item, Options
from casestudy.material.submissions import Submission, item_of

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
    is_long = one.mapping.layout == "long"
    for column in one.lines if is_long else one.cells:
        name = item_of(column, one.mapping, items)
        if name is None:
            continue
        item, in_column = items[name], (one.mapping.columns.value or "") if is_long else column
        label = one.meanings.label(in_column, one.cells[column])
        is_marked = one.meanings.marks(in_column, one.cells[column])
        says = _Said(one.cells[column], label, is_marked, bool(one.meanings.missing.get(in_column)))
        try:
            found[name] = _value(says, item, instrument.options[item.options], one.mapping)
        except _Refused as refused:
            must, kind, remedy = refused.args
            problems.append(Problem(one.place(column), f"`{short(column)}` {must}", kind, remedy))
    return {name: found[name] for name in items if name in found}


class _Said(NamedTuple):
    """What stands in a cell, the label that the file gives it, and whether it marks it as no answer.

    ``column_marks`` when it marks any value of the column so.
    """

    text: str
    label: str | None
    is_marked: bool
    column_marks: bool

    @property
    def words(self) -> tuple[str, ...]:
        return (self.text,) if self.label is None else (self.text, self.label)


def _value(said: _Said, item: Item, options: Options, mapping: FileMapping) -> Found:
    reason = _no_value(said, mapping, options)
    if reason == "not_applicable" and not item.not_applicable:
        raise _Refused(
            "must be answered", '"does not apply"', "correct it, or set `not_applicable` for the item"
        )
    if reason is not None:
        return None, reason
    if said.is_marked:
        remedy = "name the value or its label under `missing_values` in instrument.yml, with the reason"
        raise _Refused(
            "must be an answer, or missing for a reason", "what its user marked as missing", remedy
        )
    return _answer(said, item, options, mapping), None


def _no_value(said: _Said, mapping: FileMapping, options: Options) -> Reason | None:
    """Say why there is no answer; nothing when there is one, or it must be refused."""
    if not said.text or any(word in mapping.missing for word in said.words):
        return "skipped"
    if any(word in mapping.not_applicable or _is_of_none(word, options) for word in said.words):
        return "not_applicable"
    if said.column_marks and not said.is_marked and _can_be_given(said.text, options, mapping.decimal):
        # The file says of this column which of its values are none, and this one is an answer.
        return None
    return next((mapping.missing_values[word] for word in said.words if word in mapping.missing_values), None)


def _is_of_none(word: str, options: Options) -> bool:
    """Tell whether these are the instrument's own words for "does not apply"."""
    none = options.not_applicable
    return none is not None and folded(word) in (folded(none.nl), folded(none.en))


def _can_be_given(text: str, options: Options, decimal: str) -> bool:
    try:
        _number(text, options, decimal)
    except _Refused:
        return False
    return True


def _answer(said: _Said, item: Item, options: Options, mapping: FileMapping) -> float:
    """Read an answer by the words that the mapping lists, else by number or by the words of the option.

    A value whose label says another answer than its number is no answer until the mapping lists one of them.
    """
    listed = {folded(word): value for word, value in mapping.answers.get(item.options, {}).items()}
    if found := {listed[folded(word)] for word in said.words if folded(word) in listed}:
        if len(found) > 1:
            raise _Refused(*_TWO)
        return found.pop()
    is_number = bool(_NUMBER.fullmatch(said.text))
    if is_number and any(_NUMBER.fullmatch(word) for word in listed):
        remedy = "add the number to `answers` in instrument.yml, where others are listed"
        raise _Refused("must be a listed answer", kind_of(said.text), remedy)
    by_label = None if said.label is None else _by_words(said.label, options)
    if by_label is None:
        return _number(said.text, options, mapping.decimal)
    is_answer = _can_be_given(said.text, options, mapping.decimal)
    if is_answer and _number(said.text, options, mapping.decimal) != by_label:
        raise _Refused(*_TWO)
    return by_label


_TWO = (
    "must mean one answer",
    "a value and a label that mean two",
    "list the label or the value under `answers` in instrument.yml",
)
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)


def _by_words(text: str, options: Options) -> float | None:
    """Give the answer whose words in either language these are."""
    for value, words in enumerate(options.labels):
        if folded(text) in (folded(words.nl), folded(words.en)):
            return options.min + value
    return None


def _number(text: str, options: Options, decimal: str) -> float:
    low, high = f"{options.min:g}", f"{options.max:g}"
    must = f"must be a number from {low} to {high}"
    remedy = "correct it, or add the word to `answers` or `missing_values` in instrument.yml"
    if not _NUMBER.fullmatch(text):
        by_words = _by_words(text, options)
        if by_words is None:
            raise _Refused(must, kind_of(text), remedy)
        return by_words
    other = "," if decimal == "." else "."
    if other in text:
        raise _Refused(
            f"must have `{decimal}` before decimals",
            f"a `{other}`",
            "correct it, or set `decimal` in instrument.yml",
        )
    value_ = float(text.replace(decimal, "."))
    if not options.decimals and not value_.is_integer():
        whole = "correct it, or set `decimals` of the options"
        raise _Refused(f"must be a whole number from {low} to {high}", "a decimal number", whole)
    if not options.min <= value_ <= options.max:
        none = "correct it, or name the number under `missing_values` in instrument.yml if it is no answer"
        raise _Refused(must, "a number outside", none)
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
        ticked = _tick(one, column)
        if isinstance(ticked, str):
            must = f"`{short(column)}` must be a word of `ticked`, `unticked` or `missing`"
            remedy = "correct it, or add the word to one of these in instrument.yml"
            problems.append(Problem(one.place(column), must, ticked, remedy))
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


def _tick(one: Submission, column: str) -> int | str | None:
    mapping, text = one.mapping, one.cells.get(column, "")
    in_column = (mapping.columns.value or "") if mapping.layout == "long" else column
    label = one.meanings.label(in_column, text)
    words = (text,) if label is None else (text, label)
    if any(word in mapping.unticked for word in words):
        return 0
    if any(word in mapping.ticked for word in words):
        return 1
    said = {"", *mapping.missing, *mapping.missing_values}
    return None if any(word in said for word in words) else kind_of(text)
