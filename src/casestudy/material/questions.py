"""What an instrument asks: options, items in scales, open questions, and how the respondent is known."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from casestudy.documents import Record
from casestudy.material.guide import Place, doubled, refuse
from casestudy.material.mappings import SGIC_ELEMENTS
from casestudy.study import Identifier, Words


class Options(Record):
    """The answers one may give: numbers from ``min`` to ``max``, whole unless ``decimals``, and words.

    ``not_applicable`` are the words for "does not apply", at the items that allow it.
    """

    min: float
    max: float
    labels: tuple[Words, ...] = ()
    decimals: bool = False
    not_applicable: Words | None = None

    @model_validator(mode="after")
    def _range_and_labels(self) -> Self:
        if not float("-inf") < self.min < self.max < float("inf"):
            raise ValueError("must have a `min` below its `max`, found another order; correct the two")
        if self.labels and len(self.labels) != self.max - self.min + 1:
            raise ValueError(
                f"must have a label for every answer, found {len(self.labels)}; add or remove labels"
            )
        return self

    def has(self, value: float) -> bool:
        """Tell whether a number is one of the answers."""
        return self.min <= value <= self.max and (self.decimals or value.is_integer())


class Item(Record):
    """One question; raw answers stay raw, ``reverse`` is used once, in scoring."""

    id: Identifier
    text: Words
    options: Identifier
    reverse: bool = False
    not_applicable: bool = False
    skill: Identifier | None = None


class Norm(Record):
    """Spread and reliability of a scale in a larger sample, and where they were published."""

    sd: float = Field(gt=0, allow_inf_nan=False)
    reliability: float = Field(gt=0, lt=1, allow_inf_nan=False)
    source: str = Field(min_length=1)


class Scale(Record):
    """Items that together measure one thing: a mean score, or frequencies shown item by item.

    Parameters
    ----------
    waves
        Waves in which it is asked; left out, every wave that does not look back.
    intro
        What stands above the items.
    norm
        Against which the change of one person is held; left out, this study's own sample.
    """

    id: Identifier
    label: Words
    kind: Literal["mean", "frequency"] = "mean"
    items: tuple[Item, ...] = Field(min_length=1)
    waves: tuple[Identifier, ...] = ()
    intro: Words | None = None
    norm: Norm | None = None

    @model_validator(mode="after")
    def _norm_of_a_mean(self) -> Self:
        if self.norm is not None and self.kind != "mean":
            found = f"found one of kind {self.kind}"
            return refuse(self, [(("norm",), f"must stand at a scale of kind mean, {found}; remove it")])
        return self


class OpenItem(Record):
    """A question that is answered in own words; its answers are never in a table.

    ``waves`` as at a scale.
    """

    id: Identifier
    text: Words
    waves: tuple[Identifier, ...] = ()


class Element(Record):
    """One part of a self-generated code: a question whose answer stays the same and tells little."""

    id: Identifier
    text: Words
    kind: Literal["letter", "day", "month", "count", "text"] = "text"


class Person(Record):
    """How the respondent is known: by a number that was handed out, a self-generated code, or not at all."""

    ask: Literal["number", "code", "nothing"] = "nothing"
    elements: tuple[Element, ...] = ()

    @model_validator(mode="after")
    def _six_for_a_code(self) -> Self:
        n, wanted = len(self.elements), SGIC_ELEMENTS if self.ask == "code" else 0
        wrong: list[tuple[Place, str]] = []
        if n != wanted:
            told = f"must be {SGIC_ELEMENTS} with `ask: code` and none without, found {n}; correct the two"
            wrong.append((("elements",), told))
        wrong += doubled([element.id for element in self.elements], ("elements",), "id")
        return refuse(self, wrong)
