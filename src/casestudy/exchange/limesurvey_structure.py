"""A questionnaire that already stands in LimeSurvey, as an instrument to go on with.

Read from a survey (``.lss``), a question group (``.lsg``) or the tab-separated structure (``.txt``,
``.tsv``), whose rows repeat for every language. Nothing is guessed: what cannot be an item is named.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import yaml
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from markupsafe import Markup

from casestudy.errors import InvalidMaterial, Problem
from casestudy.study import LANGUAGES

MOST_BYTES = 20_000_000
MAIN = "0"  # what a question that is no part of another has as its parent
# Types whose answers LimeSurvey itself fixes, with the range they are stored in.
FIXED = {"5": (1, 5), "A": (1, 5), "B": (1, 10)}
LISTED = {"L", "!", "O", "F", "H"}
WORDS = {"T", "S", "U", "Q"}

Texts = dict[str, str]
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, one of its parts, or one of its answers: its code, and its words by language."""

    code: str
    text: Texts


@dataclass(frozen=True, slots=True)
class Question:
    """A question of one of LimeSurvey's types, with its parts (subquestions) and answers in their order."""

    code: str
    kind: str
    text: Texts
    parts: tuple[Asked, ...] = ()
    answers: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Structure:
    """The questions of a file in their order, its languages, and the version of the program's database."""

    questions: tuple[Question, ...]
    languages: tuple[str, ...]
    version: int | None = None


@dataclass(slots=True)
class _Draft:
    kind: str
    text: Texts = field(default_factory=dict)
    parts: dict[str, Texts] = field(default_factory=dict)
    answers: dict[str, Texts] = field(default_factory=dict)


def read(data: bytes, name: str) -> Structure:
    r"""Read the structure of a questionnaire; texts come without their markup.

    Raises
    ------
    InvalidMaterial
        When it is too large, is no such file, or holds no question.

    Examples
    --------
    >>> rows = ["class\ttype/scale\tname\ttext\tlanguage", "Q\tF\tV\tUw werk\tnl", "SQ\t\t1\tIk kan het\tnl"]
    >>> found = read("\n".join([*rows, "A\t0\t1\tnee\tnl", "A\t0\t2\tja\tnl"]).encode(), "vragen.txt")
    >>> [(question.code, question.parts[0].text, len(question.answers)) for question in found.questions]
    [('V', {'nl': 'Ik kan het'}, 2)]
    """
    if len(data) > MOST_BYTES:
        raise _refused(
            name, f"it must have at most {MOST_BYTES:,} bytes", "more", "export the questions alone"
        )
    structure = (
        _of_xml(data, name) if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else _of_rows(data, name)
    )
    if not structure.questions:
        raise _refused(name, "it must hold a question", "none", "export the survey structure again")
    return structure


def _refused(name: str, must: str, found: str, remedy: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(name, must, found, remedy)])


def _of_xml(data: bytes, name: str) -> Structure:
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise _refused(
            name, "it must be a whole export of LimeSurvey", "a damaged one", "export it again"
        ) from None
    drafts = {
        row["qid"]: (row["title"], _Draft(row["type"]))
        for row in _rows(root, "questions")
        if row.get("parent_qid", MAIN) == MAIN and {"qid", "title", "type"} <= row.keys()
    }
    texts = _texts(root, "question_l10ns", "qid", "question")
    for row in _rows(root, "questions"):
        if row.get("qid") in drafts:
            drafts[row["qid"]][1].text |= texts.get(row["qid"]) or _own(row, "question")
    for row in sorted(_rows(root, "subquestions"), key=lambda row: _order(row, "question_order")):
        if row.get("parent_qid") in drafts and "title" in row:
            part = drafts[row["parent_qid"]][1].parts.setdefault(row["title"], {})
            part |= texts.get(row.get("qid", "")) or _own(row, "question")
    answers = _texts(root, "answer_l10ns", "aid", "answer")
    for row in sorted(_rows(root, "answers"), key=lambda row: _order(row, "sortorder")):
        if row.get("qid") in drafts and "code" in row:
            answer = drafts[row["qid"]][1].answers.setdefault(row["code"], {})
            answer |= answers.get(row.get("aid", "")) or _own(row, "answer")
    version = root.findtext("DBVersion", "")
    languages = tuple(found.text or "" for found in root.iterfind("languages/language"))
    return Structure(tuple(_whole(drafts.values())), languages, int(version) if version.isdecimal() else None)


def _rows(root: Element, table: str) -> Iterator[Row]:
    for row in root.iterfind(f"{table}/rows/row"):
        yield {cell.tag: (cell.text or "").strip() for cell in row}


def _texts(root: Element, table: str, key: str, column: str) -> dict[str, Texts]:
    found: dict[str, Texts] = {}
    for row in _rows(root, table):
        found.setdefault(row.get(key, ""), {})[row.get("language", "")] = _plain(row.get(column, ""))
    return found


def _own(row: Row, column: str) -> Texts:
    """Words in the row itself, where older versions of the program keep them."""
    return {row["language"]: _plain(row[column])} if "language" in row and column in row else {}


def _order(row: Row, column: str) -> int:
    return int(row[column]) if row.get(column, "").isdecimal() else 0


def _plain(text: str) -> str:
    return " ".join(Markup(text).striptags().split())  # noqa: S704 - read as markup only to take it away


def _of_rows(data: bytes, name: str) -> Structure:
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter="\t"))
    except (UnicodeDecodeError, csv.Error):
        rows = []
    if not rows or not {"class", "type/scale", "name", "text", "language"} <= rows[0].keys():
        raise _refused(
            name,
            "it must be a LimeSurvey structure",
            "another kind of file",
            "export it as lss, lsg or tab-separated",
        )
    drafts: dict[str, _Draft] = {}
    languages: dict[str, None] = {}
    current = _Draft("")
    for row in rows:
        kind, code, language = (str(row.get(column) or "") for column in ("class", "name", "language"))
        said = {language: _plain(str(row.get("text") or ""))}
        if kind == "Q":
            current = drafts.setdefault(code, _Draft(str(row.get("type/scale") or "")))
            current.text |= said
            languages.setdefault(language)
        elif kind == "SQ":
            current.parts.setdefault(code, {}).update(said)
        elif kind == "A":
            current.answers.setdefault(code, {}).update(said)
    return Structure(tuple(_whole(drafts.items())), tuple(languages))


def _whole(drafts: Any) -> Iterator[Question]:
    for code, draft in drafts:
        parts, answers = (
            tuple(Asked(name, text) for name, text in found.items()) for found in (draft.parts, draft.answers)
        )
        yield Question(code, draft.kind, draft.text, parts, answers)


def skipped(structure: Structure) -> tuple[str, ...]:
    """Codes of the questions that are neither items with answers to choose from nor open questions."""
    return tuple(q.code for q in structure.questions if not (_has_items(q) or q.kind in WORDS))


def instrument(structure: Structure, name: str) -> str:
    """Write an ``instrument.yml`` to go on with: a scale per question, its parts as items.

    Which items are reversed, which wave asks what, and what a scale is called, a questionnaire does not say;
    fill it in. A text that is missing in Dutch or English has that of the other language.
    """
    wanted: dict[str, Any] = {"id": name, "version": "1", "options": {}, "scales": [], "open": []}
    for question in structure.questions:
        if _has_items(question):
            options = wanted["options"].setdefault(question.code, _options(question))
            same = next(key for key, value in wanted["options"].items() if value == options)
            if same != question.code:
                del wanted["options"][question.code]
            wanted["scales"].append(_scale(question, same))
        elif question.kind in WORDS:
            asked = question.parts or (Asked("", question.text),)
            ids = [_id(question.code, part.code) for part in asked]
            wanted["open"] += [{"id": i, "text": _both(p.text, i)} for i, p in zip(ids, asked, strict=True)]
    written = {key: value for key, value in wanted.items() if value}
    return yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=110)


def _has_items(question: Question) -> bool:
    return question.kind in FIXED or (question.kind in LISTED and len(question.answers) > 1)


def _options(question: Question) -> dict[str, Any]:
    if question.kind in FIXED:
        low, high = FIXED[question.kind]
        return {"min": low, "max": high}
    codes = [answer.code for answer in question.answers]
    numbers = [int(code) for code in codes] if all(code.isdecimal() for code in codes) else []
    first = numbers[0] if numbers and numbers == list(range(numbers[0], numbers[0] + len(codes))) else 1
    labels = [_both(answer.text, answer.code) for answer in question.answers]
    return {"min": first, "max": first + len(codes) - 1, "labels": labels}


def _scale(question: Question, options: str) -> dict[str, Any]:
    asked = question.parts or (Asked("", question.text),)
    items = [
        {"id": _id(question.code, part.code), "options": options, "text": _both(part.text, part.code)}
        for part in asked
    ]
    return {"id": question.code, "label": _both(question.text, question.code), "items": items}


def _id(question: str, part: str) -> str:
    return f"{question}_{part}" if part else question


def _both(text: Mapping[str, str], instead: str) -> Texts:
    """Give words in both languages; informal Dutch is Dutch, and a text without words is its code."""
    known = {language.partition("-")[0]: words for language, words in text.items() if words}
    any_ = next(iter(known.values()), instead or "?")
    return {language: known.get(language, any_) for language in LANGUAGES}
