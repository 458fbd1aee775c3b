"""Parts: what one notebook cell shows, drawn for every audience and language from the same numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
from markupsafe import Markup

from casestudy import labels as words
from casestudy.labels import Labels
from casestudy.reporting.disclosure import Withheld
from casestudy.study import Audience, Language

MIME = "application/vnd.casestudy.part+json"
VERSION = 1

Kind = Literal["head", "table", "figure", "quotes", "text", "end"]


@dataclass(frozen=True)
class Rendering:
    """One drawing of a part: its fragment, the numbers in it, and what was left out.

    Parameters
    ----------
    html
        A block-level fragment, already escaped.
    released
        The numbers a reader can see, in the same rows in every language; absent when the part holds none.
    withheld
        Every value left out, with the rule and the place.
    """

    html: Markup
    released: pd.DataFrame | None = None
    withheld: tuple[Withheld, ...] = field(default=())


@dataclass(frozen=True)
class Part:
    """A report part: an id that stays the same between editions, and how to draw it.

    Examples
    --------
    >>> part = Part("hello", "text", lambda labels, audience: Rendering(Markup("<p>{}</p>").format(audience)))
    >>> bundle(part, ["nl"], ["site"])[MIME]["renderings"]
    {'site': {'nl': '<p>site</p>'}}
    """

    id: str
    kind: Kind
    draw: Callable[[Labels, Audience], Rendering]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.id):
            raise ValueError(f"a part's id must be lower-case words with `-`, found `{self.id}`")


def bundle(part: Part, languages: Sequence[Language], audiences: Sequence[Audience]) -> dict[str, Any]:
    """Draw a part for every audience and language, as the outputs of one notebook cell.

    Parameters
    ----------
    part
        The part to draw.
    languages, audiences
        What to draw it for; the first of both is what the researcher sees in the notebook.

    Returns
    -------
    dict
        MIME type to content: the part itself and ``text/html`` for the notebook.
    """
    renderings: dict[str, dict[str, str]] = {}
    released: dict[str, Any] = {}
    withheld: dict[str, list[dict[str, str]]] = {}
    for audience in audiences:
        drawn = {language: part.draw(words.read(language), audience) for language in languages}
        renderings[audience] = {language: str(drawing.html) for language, drawing in drawn.items()}
        first = drawn[languages[0]]
        withheld[audience] = [{"rule": w.rule, "place": w.place} for w in sorted(set(first.withheld))]
        if first.released is not None:
            released[audience] = as_rows(first.released)
    content = {
        "version": VERSION,
        "kind": part.kind,
        "id": part.id,
        "renderings": renderings,
        "released": released or None,
        "withheld": withheld,
    }
    return {MIME: content, "text/html": renderings[audiences[0]][languages[0]]}


def as_rows(frame: pd.DataFrame) -> dict[str, Any]:
    """Give a frame as plain columns and rows: an absent value is None, a whole number has no decimals.

    Examples
    --------
    >>> as_rows(pd.DataFrame({"n": [12.0, float("nan")], "site": ["Beuk", "Es"]}))
    {'columns': ['n', 'site'], 'rows': [[12, 'Beuk'], [None, 'Es']]}
    """
    rows = [[_plain(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    return {"columns": [str(column) for column in frame.columns], "rows": rows}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return bool(value)
    number = float(value)
    return int(number) if number.is_integer() else number
