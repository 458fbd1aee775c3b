"""XLSForm workbooks, for ODK, KoboToolbox and whatever else reads them, and the mapping of their answers.

Answers are stored as the numbers of the instrument. "Does not apply" is stored as ``nvt``: a word, which no
range of numbers can hold and no sum can take in.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import xlsxwriter

from casestudy.errors import InvalidMaterial, Problem
from casestudy.exchange import form as forms
from casestudy.exchange.form import NOT_APPLICABLE, RESPONDENT, SITE, WAVE, Condition, Form, Question
from casestudy.material.instrument import FILE
from casestudy.study import Words

LANGUAGES = {"nl": "Nederlands (nl)", "en": "English (en)"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
# What the programs add to a file of answers; it may tell who somebody is, and is not read.
ADDED = """start end today deviceid SubmissionDate KEY SubmitterID SubmitterName AttachmentsPresent
AttachmentsExpected Status ReviewState DeviceID Edits FormVersion instanceID instanceName meta-instanceID
meta/instanceID meta/instanceName meta/rootUuid formhub/uuid __version__ _version_ _id _uuid _submission_time
_validation_status _notes _status _submitted_by _tags _index""".split()

NO_DATE = datetime(2000, 1, 1)  # noqa: DTZ001  a workbook bears a date; the same form must give the same file

Row = dict[str, str]


def workbook(form: Form) -> bytes:
    """Write the form as an XLSForm workbook, every cell as text.

    Parameters
    ----------
    form
        The form, see :func:`casestudy.exchange.form.of`.

    Returns
    -------
    bytes
        The workbook, the same bytes for the same form.

    Raises
    ------
    InvalidMaterial
        With every id that cannot be the name of a question, and every text with `${`, which would be read as
        the name of one.
    """
    problems = list(_references(form))
    if problems:
        raise InvalidMaterial(problems)
    names = _names(form)
    title = form.title[form.languages[0]]
    settings = {"form_title": title, "form_id": form.id, "version": form.version}
    settings["default_language"] = LANGUAGES[form.languages[0]]
    return _book(
        {
            "survey": list(_survey(form, names)),
            "choices": list(_choices(form)),
            "settings": [settings],
        }
    )


def mapping(form: Form, file: str) -> dict[str, Any]:
    """Give the mapping that reads the answers to this form back.

    It holds for files with the stored values (not the labels), choices of a multiple choice in columns of
    their own, and no names of groups in the header.

    Parameters
    ----------
    file
        Pattern of the files under ``survey/``.
    """
    names = _names(form)
    said: dict[str, Any] = {"file": file, "columns": {WAVE: WAVE, SITE: SITE}, "linking": form.linking}
    if form.linking == "id":
        said["columns"] = {RESPONDENT: names[RESPONDENT], **said["columns"]}
    if form.linking == "sgic":
        said["sgic"] = [names[element] for element in form.elements]
    said["items"] = {names[one.id]: one.id for one in form.items if names[one.id] != one.id}
    said["not_applicable"] = [NOT_APPLICABLE]
    ticks = [one for one in form.questions if one.kind == "ticks"]
    said["multi"] = {
        f"{names[one.id]}/{choice.code}": {"skill": one.skill, "component": choice.code}
        for one in ticks
        for choice in one.choices
    }
    said["shown_from"] = form.shown_from
    unread = [names[one.id] for one in form.questions if one.kind == "text"]
    said["ignore"] = [*unread, *(names[one.id] for one in ticks), *ADDED]
    return {key: value for key, value in said.items() if value not in ({}, [])}


def _names(form: Form) -> dict[str, str]:
    ids = ["intro", *(question.id for question in form.questions)]
    ids += [f"{what}_{group.id}" for group in form.groups for what in ("group", "intro")]
    return forms.apart({id_: f"{'_' * id_[0].isdigit()}{id_}" for id_ in ids}, NAME.fullmatch)


def _references(form: Form) -> Iterator[Problem]:
    for group in form.groups:
        texts = [group.label, *([group.intro] if group.intro else [])]
        for question in group.questions:
            texts += [question.text, *(choice.text for choice in question.choices)]
        if any("${" in text[language] for text in texts for language in form.languages):
            must = "a text must not hold `${`, which stands for an answer in a form"
            yield Problem(FILE, must, f"one at `{group.id}`", "write it otherwise")


def _survey(form: Form, names: dict[str, str]) -> Iterator[Row]:
    if form.intro:
        yield {"type": "note", "name": names["intro"], **_labels(form.intro, form)}
    for group in form.groups:
        begin = {"type": "begin_group", "name": names[f"group_{group.id}"], "appearance": "field-list"}
        yield {**begin, **_labels(group.label, form)}
        if group.intro:
            yield {"type": "note", "name": names[f"intro_{group.id}"], **_labels(group.intro, form)}
        for question in group.questions:
            yield _row(question, form, names)
        yield {"type": "end_group"}


def _row(question: Question, form: Form, names: dict[str, str]) -> Row:
    row = {"type": _type(question), "name": names[question.id]}
    if question.kind == "fixed":
        return {**row, "calculation": f"'{question.value}'"}
    row |= _labels(question.text, form)
    if question.kind == "text":
        row["appearance"] = "multiline"
    if question.kind == "ticks":
        row["parameters"] = "randomize=true"
    if question.kind == "number":
        row["constraint"] = f". >= {question.low:g} and . <= {question.high:g}"
    if question.pattern:
        row["constraint"] = f"regex(., '^{question.pattern}$')"
    if question.required:
        row["required"] = "yes"
    if question.shown_when:
        row["relevant"] = " or ".join(_holds(when, names) for when in question.shown_when)
    return row


def _type(question: Question) -> str:
    if question.kind == "one":
        return f"select_one {_list(question)}"
    if question.kind == "ticks":
        return f"select_multiple {_list(question)}"
    if question.kind == "number":
        return "decimal" if question.decimals else "integer"
    return "calculate" if question.kind == "fixed" else "text"


def _holds(when: Condition, names: dict[str, str]) -> str:
    asked = f"${{{names[when.question]}}}"
    if not when.codes:
        return f"{asked} >= {when.least:g}"
    return " or ".join(f"{asked} = '{code}'" for code in when.codes)


def _list(question: Question) -> str:
    """Name the list of choices; with "does not apply" it is another list."""
    if question.kind == "ticks":
        return f"components_{question.skill}"
    optional = any(choice.code == NOT_APPLICABLE for choice in question.choices)
    return f"{'optional' if optional else 'options'}_{question.options}"


def _choices(form: Form) -> Iterator[Row]:
    lists = {_list(question): question.choices for question in form.questions if question.choices}
    for name, choices in lists.items():
        for choice in choices:
            yield {"list_name": name, "name": choice.code, **_labels(choice.text, form)}


def _labels(text: Words, form: Form) -> Row:
    return {f"label::{LANGUAGES[language]}": text[language] for language in form.languages}


def _book(sheets: dict[str, list[Row]]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": NO_DATE})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        columns = list(dict.fromkeys(column for row in rows for column in row))
        for number, row in enumerate([dict(zip(columns, columns, strict=True)), *rows]):
            for place, column in enumerate(columns):
                if column in row:
                    # `write` would make a formula of `=1+1` and a number of `-2`.
                    sheet.write_string(number, place, row[column])
    book.close()
    return buffer.getvalue()
