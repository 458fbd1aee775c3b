"""The structure of a LimeSurvey questionnaire as tab-separated text, and the mapping of its answers.

The columns and classes are those of the program's own export: ``S`` and ``SL`` rows for the survey, then for
every language the groups (``G``), questions (``Q``), subquestions (``SQ``) and answers (``A``). Items of a
scale with the same answers are one array (``F``), a lone item is a list (``L``), a number that is typed in is
``N``, components are a multiple choice (``M``), and the wave is an equation (``*``) that nobody sees.

"Does not apply" is stored as ``nvt``: a word, which no range of numbers can hold and no sum can take in.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, groupby
from typing import Any

from casestudy.exchange import form as forms
from casestudy.exchange.form import NOT_APPLICABLE, RESPONDENT, SITE, WAVE, Form, Group, Question
from casestudy.study import Words

ENCODING = "utf-8-sig"
OBLIGATORY = """id related_id class type/scale name relevance text help language validation mandatory other
default same_default""".split()
# Settings of a question, in the order of the program's own export.
SETTINGS = "assessment_value hidden max_num_value_n min_num_value_n num_value_int_only random_order".split()
COLUMNS = [*OBLIGATORY, *SETTINGS]
# Nothing that tells who answered is kept with the answers: no address, no time, no page they came from.
SURVEY = {
    "anonymized": "Y",
    "format": "G",
    "savetimings": "N",
    "language": "",
    "additional_languages": "",
    "datestamp": "N",
    "usecookie": "N",
    "allowsave": "N",
    "allowprev": "Y",
    "ipaddr": "N",
    "refurl": "N",
    "listpublic": "N",
    "assessments": "N",
    "shownoanswer": "N",
    "showwelcome": "Y",
    "showprogress": "Y",
}
TICKED, UNTICKED, MISSING = ["Y", "1"], ["N", "0", ""], ["", "NA", "N/A"]
LIMIT_QUESTION, LIMIT_SUBQUESTION = 20, 5
SCALE_OF_ANSWERS = "0"
# Names of the program's own, which its importer refuses (its models of questions; here whatever their case).
RESERVED = frozenset("lang sid savedid token qid gid sgq self that this".split())
RESERVED_IN_QUESTION = frozenset({"time"})
FORMULA = ("=", "+", "-", "@")  # a spreadsheet program would compute a text that starts like this

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as the program has it: an array or a multiple choice has its own questions or boxes.

    ``rows`` and ``answers`` are codes with their words; ``columns`` gives the heading in a file of answers
    for every question of the form, ``variable`` its name in an expression.
    """

    code: str
    type: str
    text: Words
    first: Question
    rows: tuple[tuple[str, Words], ...] = ()
    answers: tuple[tuple[str, Words], ...] = ()
    columns: tuple[tuple[str, str], ...] = ()

    def variable(self, question: str) -> str:
        """Name a question of the form in an expression."""
        return dict(self.columns)[question].replace("[", "_").removesuffix("]")


def structure(form: Form) -> str:
    """Write the form as LimeSurvey reads it; save it as a ``.txt`` file with ``ENCODING``.

    Texts are HTML there: signs that mean something to HTML, to the program's expressions (``{``) or to a
    spreadsheet program (``=`` at the start) are written as entities, tabs and line ends as space and break.

    Parameters
    ----------
    form
        The form, see :func:`casestudy.exchange.form.of`.

    Raises
    ------
    InvalidMaterial
        With every id that cannot be a code: letters and digits, a letter first, at most 20 signs for a
        question and 5 for an answer or a component, each once.
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", delimiter="\t", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_rows(form))
    return buffer.getvalue()


def mapping(form: Form, file: str) -> dict[str, Any]:
    """Give the mapping that reads the answers to this form back.

    It holds for an export of answers as csv with question codes as headings and answer codes as answers. A
    box that was not ticked is an empty cell there, as one that was never reached is; so forms that were not
    finished are dropped, and counted.

    Parameters
    ----------
    file
        Pattern of the files under ``survey/``.
    """
    asked = _asked(form)
    column = {id_: name for one in asked for id_, name in one.columns}
    said: dict[str, Any] = {"file": file, "program": "limesurvey", "unfinished": "drop"}
    said["columns"] = {WAVE: column[WAVE], SITE: column[SITE]}
    said["linking"] = form.linking
    if form.linking == "id":
        said["columns"][RESPONDENT] = column[RESPONDENT]
    said["sgic"] = [column[element] for element in form.elements]
    sites = [one for one in form.questions if one.id == SITE]
    said["sites"] = {code: id_ for one in sites for id_, code in _codes(one).items() if code != id_}
    said["items"] = {column[one.id]: one.id for one in form.items if column[one.id] != one.id}
    said["not_applicable"], said["missing"] = [NOT_APPLICABLE], MISSING
    boxes = [(one, one.first) for one in asked if one.first.kind == "ticks"]
    said["multi"] = {
        f"{one.code}[{code}]": {"skill": ticks.skill, "component": part}
        for one, ticks in boxes
        for part, code in _codes(ticks).items()
    }
    if said["multi"]:
        said |= {"ticked": TICKED, "unticked": UNTICKED, "shown_from": form.shown_from}
    said["ignore"] = [column[one.id] for one in form.questions if one.kind == "text"]
    return {key: value for key, value in said.items() if value not in ({}, [])}


def _asked(form: Form) -> list[_Asked]:
    """Turn the form into questions of the program, every code fit and each once."""
    found = [one for group in form.groups for one in _of_group(group)]
    names = {f"{'scale ' * (one.type == 'F')}{one.first.id}": one.code for one in found}
    forms.apart(names, _is_code)
    return found


def _of_group(group: Group) -> Iterator[_Asked]:
    runs = [tuple(run) for _, run in groupby(group.questions, key=_answers)]
    arrays = [run for run in runs if len(run) > 1 and _answers(run[0])]
    for run in runs:
        if run in arrays:
            number = str(arrays.index(run) + 1) if len(arrays) > 1 else ""
            yield _array(f"{_short(group.id)}{number}", run)
        else:
            yield from (_single(question) for question in run)


def _answers(question: Question) -> tuple[tuple[str, str], ...]:
    """Give what an array has in common; nothing for a question that cannot stand in one."""
    if _type(question) != "L" or question.required:
        return ()
    return tuple((choice.code, repr(choice.text)) for choice in question.choices)


def _array(code: str, questions: tuple[Question, ...]) -> _Asked:
    names = [question.id for question in questions]
    codes = forms.apart(dict(zip(names, _numbered(names, "SQ"), strict=True)), _is_subcode)
    return _Asked(
        code,
        "F",
        forms.said("form.array"),
        questions[0],
        tuple((codes[question.id], question.text) for question in questions),
        _worded(questions[0]),
        tuple((question.id, f"{code}[{codes[question.id]}]") for question in questions),
    )


def _single(question: Question) -> _Asked:
    kind = _type(question)
    code = _short(question.id)
    code = f"q{code}" if code[:1].isdigit() else code
    text = Words(nl=question.value, en=question.value) if kind == "*" else question.text
    worded = _worded(question) if kind in ("L", "M") else ()
    rows, answers = (worded, ()) if kind == "M" else ((), worded)
    return _Asked(code, kind, text, question, rows, answers, ((question.id, code),))


def _type(question: Question) -> str:
    types = {"number": "N", "ticks": "M", "line": "S", "text": "T", "fixed": "*"}
    if question.kind != "one":
        return types[question.kind]
    # Codes of answers are letters and digits; numbers below zero are typed in.
    negative = any(choice.code.startswith("-") for choice in question.choices)
    return "N" if negative else "L"


def _worded(question: Question) -> tuple[tuple[str, Words], ...]:
    codes = _codes(question)
    return tuple((codes[choice.code], choice.text) for choice in question.choices)


def _codes(question: Question) -> dict[str, str]:
    """Give the code of every choice in the program, by its code in the study."""
    ids = [choice.code for choice in question.choices]
    return forms.apart(dict(zip(ids, _numbered(ids, "A"), strict=True)), _is_subcode)


def _numbered(ids: list[str], letters: str) -> list[str]:
    """Shorten ids to codes; one that is too long gets a number in its place."""
    digits = LIMIT_SUBQUESTION - len(letters)
    short = [_short(id_) for id_ in ids]
    return [
        code if 0 < len(code) <= LIMIT_SUBQUESTION else f"{letters}{number:0{digits}}"
        for number, code in enumerate(short, start=1)
    ]


def _short(id: str) -> str:  # noqa: A002
    """Leave out what a code cannot hold."""
    return re.sub(r"[^A-Za-z0-9]", "", id)


def _is_code(code: str) -> bool:
    named = code.casefold() not in RESERVED and len(code) <= LIMIT_QUESTION
    return named and bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", code))


def _is_subcode(code: str) -> bool:
    named = code.casefold() not in RESERVED_IN_QUESTION and len(code) <= LIMIT_SUBQUESTION
    return named and bool(re.fullmatch(r"[A-Za-z0-9]+", code))


def _rows(form: Form) -> Iterator[Row]:
    asked = {one.first.id: one for one in _asked(form)}
    settings = SURVEY | {
        "language": form.languages[0],
        "additional_languages": " ".join(form.languages[1:]),
    }
    for name, value in settings.items():
        yield {"class": "S", "name": name, "text": value}
    for language in form.languages:
        told = {"surveyls_language": language, "surveyls_title": _html(form.title[language])}
        told["surveyls_welcometext"] = _html(form.intro[language]) if form.intro else ""
        for name, value in told.items():
            yield {"class": "SL", "name": name, "text": value, "language": language}
    for language in form.languages:
        yield from _in_language(form, asked, language)


def _in_language(form: Form, asked: dict[str, _Asked], language: str) -> Iterator[Row]:
    """Write all groups and questions once; numbers are the same in every language."""
    number = count(1)
    expressions = {id_: one.variable(id_) for one in asked.values() for id_, _ in one.columns}
    for place, group in enumerate(form.groups, start=1):
        yield {
            "id": str(place),
            "class": "G",
            "type/scale": str(place),
            "name": _html(group.label[language]),
            "relevance": "1",
            "text": _html(group.intro[language]) if group.intro else "",
            "language": language,
        }
        for one in [asked[question.id] for question in group.questions if question.id in asked]:
            yield from _question(one, language, number, expressions)


def _question(one: _Asked, language: str, number: Iterator[int], names: dict[str, str]) -> Iterator[Row]:
    own = str(next(number))
    yield {
        "id": own,
        "class": "Q",
        "type/scale": one.type,
        "name": one.code,
        "relevance": _relevance(one.first, names),
        "text": _html(one.text[language]),
        "language": language,
        "validation": f"/^{one.first.pattern}$/" if one.first.pattern else "",
        "mandatory": "Y" if one.first.required else "N",
        "other": "N",
        "same_default": "0",
        **_settings(one),
    }
    for code, text in one.rows:
        row = {"id": str(next(number)), "related_id": own, "class": "SQ", "type/scale": SCALE_OF_ANSWERS}
        yield {**row, "name": code, "relevance": "1", "text": _html(text[language]), "language": language}
    for code, text in one.answers:
        row = {"id": own, "class": "A", "type/scale": SCALE_OF_ANSWERS, "name": code}
        yield {**row, "text": _html(text[language]), "language": language, "assessment_value": "0"}


def _settings(one: _Asked) -> Row:
    if one.type == "*":
        return {"hidden": "1"}
    if one.type == "M":
        return {"random_order": "1"}
    if one.type != "N":
        return {}
    values = [float(choice.code) for choice in one.first.choices]
    low, high = (min(values), max(values)) if values else (one.first.low, one.first.high)
    whole = {} if one.first.decimals else {"num_value_int_only": "1"}
    return {"min_num_value_n": f"{low:g}", "max_num_value_n": f"{high:g}", **whole}


def _relevance(question: Question, names: dict[str, str]) -> str:
    """Write when a question is shown; a code is compared as text, for `nvt` is no number."""
    said = []
    for when in question.shown_when:
        asked = f"{names[when.question]}.NAOK"
        said += [f'{asked} == "{code}"' for code in when.codes] or [f"{asked} >= {when.least:g}"]
    return " or ".join(said) or "1"


def _html(text: str) -> str:
    """Write plain text as HTML on one line, with nothing in it that a program might carry out."""
    safe = html.escape(text.replace("\t", " "))
    for sign in "{}\\":
        safe = safe.replace(sign, f"&#{ord(sign)};")
    if safe[:1] in FORMULA:
        safe = f"&#{ord(safe[0])};{safe[1:]}"
    return "<br />".join(safe.splitlines())
