"""Syntax files beside an export of LimeSurvey: codes and labels of its columns, read and never run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material.formats import delimited

SUFFIXES = {".r", ".sps"}

# The program takes line breaks out of every text.
_STRING = r'"(?:[^"\\\n]|\\[^\n])*+"'
_VALUE = rf"(?:{_STRING}|-?\d+(?:\.\d+)?|NA)"
_LIST = rf"(?:{_VALUE}(?:\s*,\s*{_VALUE})*+)?"
_COLUMN = r"data\[\s*,\s*(?P<column>\d{1,5})\s*\]"
_SAME = r"data\[\s*,\s*\d{1,5}\s*\]"
_NUMBER = r"\[\s*(?P<column>\d{1,5})\s*\]"
# Every statement that the program writes, and no other.
_R = {
    "gap": re.compile(r"\s++|#[^\n]*+"),
    "": re.compile(rf'data\s*<-\s*read\.csv\((?:[^()"]|{_STRING}|\((?:[^()"]|{_STRING})*+\))*+\)'),
    "kind": re.compile(rf"{_COLUMN}\s*<-\s*as\.\w+\(\s*{_SAME}\s*\)"),
    "text": re.compile(rf"attributes\(data\)\$variable\.labels{_NUMBER}\s*<-\s*(?P<word>{_STRING})"),
    "name": re.compile(rf"names\(data\){_NUMBER}\s*<-\s*(?P<word>{_STRING})"),
    "labels": re.compile(
        rf"{_COLUMN}\s*<-\s*factor\(\s*{_SAME}\s*,\s*levels\s*=\s*c\(\s*(?P<levels>{_LIST})\s*\)\s*,"
        rf"\s*labels\s*=\s*c\(\s*(?P<labels>{_LIST})\s*\)(?:\s*,\s*ordered\s*=\s*\w+)?\s*\)",
        re.DOTALL,
    ),
}
_QUOTED = r'"(?:[^"\n]|"")*+"'
_SPS = {
    "gap": re.compile(r"\s++|\*[^\n]*+"),
    "text": re.compile(
        rf"VARIABLE LABELS\s+V(?P<column>\d{{1,5}})\s+(?P<word>{_QUOTED}(?:\s*\+\s*{_QUOTED})*+)\s*\.", re.I
    ),
    "name": re.compile(
        r"RENAME VARIABLE\s*\(\s*V(?P<column>\d{1,5})\s*=\s*(?P<word>[^\s()\"]++)\s*\)\s*\.", re.I
    ),
    "labels": re.compile(
        rf"VALUE LABELS\s+V(?P<column>\d{{1,5}})(?P<pairs>(?:\s+(?:{_QUOTED}|-?[\d.]+)\s+{_QUOTED})++)\s*\.",
        re.I,
    ),
    "data": re.compile(r"GET DATA\b(?P<columns>[^*]*?)\.\s*?\n\s*CACHE\.\s*EXECUTE\.", re.I),
    "": re.compile(
        r"(?:SET|SHOW|PRESERVE|RESTORE|CACHE|EXECUTE|VARIABLE LEVEL|MISSING VALUES)\b[^\n]*+", re.I
    ),
}
_PAIR = re.compile(rf"(?P<value>{_QUOTED}|-?[\d.]+)\s+(?P<label>{_QUOTED})")
_DEFINED = re.compile(r"^\s*V(\d{1,5})\s", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Column:
    """What a syntax file says of one column: its code, its question, and the labels of its answers."""

    code: str = ""
    text: str = ""
    labels: dict[str, str] = field(default_factory=dict)


def read(path: Path, name: str) -> dict[int, Column]:
    """Read a syntax file for R or SPSS.

    Parameters
    ----------
    path
        A ``.R`` or ``.sps`` file as LimeSurvey writes it.
    name
        Its name relative to the study folder, for messages.

    Returns
    -------
    dict
        The columns by their number, from 1.

    Raises
    ------
    InvalidMaterial
        When it holds any statement that the program does not write, with its line.
    """
    text = delimited.text_of(path, name)[0]
    suffix = path.suffix.casefold()
    if suffix not in SUFFIXES:
        found = f"`{path.suffix[:12]}`"
        raise _refused(name, "a syntax file must end in `.R` or `.sps`", found, "export it again")
    is_r = suffix == ".r"
    said: dict[int, Column] = {}
    for kind, match in _statements(text, _R if is_r else _SPS, name):
        if kind == "data":
            numbers = [int(number) for number in _DEFINED.findall(match["columns"])]
            said |= {number: said.get(number, Column(f"V{number}")) for number in numbers}
        elif kind:
            number = int(match["column"])
            before = said.get(number, Column())
            said[number] = _with(before, kind, match, _r_word if is_r else _sps_word)
    if not said:
        raise _refused(name, "a syntax file must name columns", "none", "export it again")
    return said


def _refused(where: str, must: str, found: str, remedy: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(where, must, found, remedy)])


def _statements(
    text: str, grammar: dict[str, re.Pattern[str]], name: str
) -> Iterator[tuple[str, re.Match[str]]]:
    at = 0
    while at < len(text):
        matches = ((kind, pattern.match(text, at)) for kind, pattern in grammar.items())
        kind, match = next(((kind, match) for kind, match in matches if match), ("", None))
        if match is None:
            where = place(name, text.count("\n", 0, at) + 1)
            must = "a syntax file must hold only what LimeSurvey writes"
            raise _refused(where, must, "something else", "export it again; it is read and never run")
        if kind not in ("gap", ""):
            yield kind, match
        at = match.end()


def _with(before: Column, kind: str, match: re.Match[str], word: Callable[[str], str]) -> Column:
    if kind == "name":
        return Column(word(match["word"]), before.text, before.labels)
    if kind == "text":
        return Column(before.code, word(match["word"]), before.labels)
    if kind == "labels":
        if "pairs" in match.re.groupindex:
            pairs = [(pair["value"], pair["label"]) for pair in _PAIR.finditer(match["pairs"])]
        else:
            values, labels = (re.findall(_VALUE, match[group], re.DOTALL) for group in ("levels", "labels"))
            pairs = list(zip(values, labels, strict=False)) if len(values) == len(labels) else []
        return Column(before.code, before.text, {word(value): word(label) for value, label in pairs})
    return before


def _flat(word: str) -> str:
    return " ".join(word.split())


def _r_word(written: str) -> str:
    if not written.startswith('"'):
        return written
    return _flat(re.sub(r"\\(.)", r"\1", written[1:-1], flags=re.DOTALL))


def _sps_word(written: str) -> str:
    parts = re.findall(_QUOTED, written)
    return _flat("".join(part[1:-1].replace('""', '"') for part in parts)) if parts else written
