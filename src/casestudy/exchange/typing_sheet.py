"""A sheet for typing in papers: a heading per question, and the mapping that reads it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from casestudy.exchange.form import NOT_APPLICABLE, RESPONDENT, SITE, Choice, Form

ENCODING = "utf-8-sig"
PAPER = "paper"  # the number written on the paper, to find it again; it is not read
TICKED = "1"
# A spreadsheet program takes a file apart by the habits of its language, and writes it so again.
SEPARATORS = {"nl": ";", "en": ","}
DECIMALS = {"nl": ",", "en": "."}


def sheet(form: Form) -> str:
    """Write the headings of the sheet; save it as a ``.csv`` file with ``ENCODING``.

    Columns: the number of the paper, how the person is known, the site unless the form is for one, the items,
    and a box per skill and component. Answers in own words are not typed here.

    Parameters
    ----------
    form
        The form, see :func:`casestudy.exchange.form.of`; its first language tells the separator.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=SEPARATORS[form.languages[0]], lineterminator="\r\n")
    writer.writerow([PAPER, *_heads(form), *(item.id for item in form.items), *_boxes(form)])
    return buffer.getvalue()


def mapping(form: Form, file: str, *, wave: str) -> dict[str, Any]:
    """Give the mapping that reads the typed answers.

    A box without a sign was not crossed, for nobody types a nought for each of them.

    Parameters
    ----------
    file
        Pattern of the files under ``survey/``.
    wave
        The wave of the form, which no column repeats.
    """
    site = _fixed_site(form)
    columns = {RESPONDENT: RESPONDENT} if form.linking == "id" else {}
    columns |= {} if site else {SITE: SITE}
    said: dict[str, Any] = {"file": file, "wave": wave, "site": site, "columns": columns}
    said |= {"linking": form.linking, "sgic": list(form.elements), "not_applicable": [NOT_APPLICABLE]}
    if any(item.decimals for item in form.items):
        said["decimal"] = DECIMALS[form.languages[0]]
    if boxes := _boxes(form):
        said |= {"multi": boxes, "ticked": [TICKED], "unticked": ["0", ""], "shown_from": form.shown_from}
    said["ignore"] = [PAPER]
    return {key: value for key, value in said.items() if value not in ({}, [], None)}


def rules(form: Form, language: str) -> Iterator[str]:
    """Yield what to type for every kind of answer, in one line each.

    Parameters
    ----------
    language
        Of the words on the paper.
    """
    told = set()
    for item in form.items:
        if item.options in told or not item.choices:
            continue
        told.add(item.options)
        words = [f"{choice.code} = {choice.text[language]}" for choice in _all_choices(form, item.options)]
        yield f"{_items_with(form, item.options)}: {', '.join(words)}"
    yield "nothing was crossed: leave it empty"
    if _boxes(form):
        yield f"a component was crossed: {TICKED}; else leave it empty"


def _heads(form: Form) -> list[str]:
    known = [RESPONDENT] if form.linking == "id" else list(form.elements)
    return known if _fixed_site(form) else [*known, SITE]


def _fixed_site(form: Form) -> str | None:
    return next((one.value for one in form.questions if one.id == SITE and one.kind == "fixed"), None)


def _boxes(form: Form) -> dict[str, dict[str, str]]:
    """Give the heading of every box, with its skill and component."""
    ticks = [one for one in form.questions if one.kind == "ticks"]
    return {
        f"{one.skill}_{choice.code}": {"skill": one.skill, "component": choice.code}
        for one in ticks
        for choice in one.choices
    }


def _all_choices(form: Form, options: str) -> tuple[Choice, ...]:
    """Give the longest list of answers with these options: with "does not apply" where an item has it."""
    lists = [item.choices for item in form.items if item.options == options]
    return max(lists, key=len)


def _items_with(form: Form, options: str) -> str:
    return " ".join(item.id for item in form.items if item.options == options and item.choices)
