"""Exports of LimeSurvey: columns named by question, by code or by both, and what the program adds to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from casestudy.documents import short
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material.formats import sheets
from casestudy.material.formats.sheets import Meanings, Raw, Sheet
from casestudy.material.formats.syntax_files import Column
from casestudy.material.mappings import FileMapping

# What LimeSurvey says of a form itself, in the words of both kinds of header.
_ABOUT = {
    "id": "Response ID",
    "submitdate": "Date submitted",
    "lastpage": "Last page",
    "startlanguage": "Start language",
    "seed": "Seed",
    "startdate": "Date started",
    "datestamp": "Date last action",
    "token": "Access code",
    "interviewtime": "Total time",
}
PERSONAL = frozenset(
    {"ipaddr", "ip address", "refurl", "referrer url", "firstname", "first name", "lastname"}
)
PERSONAL |= {"last name", "email", "email address", "e-mail address"}

_CODE = r"[A-Za-z][A-Za-z0-9_]*(?:\[[^\[\]]{1,60}\])*"
_CODE_AND_TEXT = re.compile(rf"(?P<code>{_CODE})\. +\S")
_MADE_UP = re.compile(r"q_\d*")
_IN_BRACKETS = re.compile(r"\[([A-Za-z0-9_]+)\]")


def sheet(
    found: Raw, mapping: FileMapping, items: Collection[str], syntax: dict[int, Column] | None = None
) -> Sheet:
    """Read the rows of an export.

    A column may be named by its header, whatever that holds; by the code in a header ``code. question``; by
    the code that a syntax file gives it; with ``_`` for the brackets of a code, ``Q1_SQ001``; or by its
    number, ``column 12``. A header that stands again is ``header (2)``.

    Parameters
    ----------
    found
        Rows and cells of the file; one without a header row when ``syntax`` names its columns and the file
        is the data file for SPSS.
    mapping
        Which columns are used; the rule for forms that were not finished.
    items
        Ids of items: a column may bear one.
    syntax
        Columns of the syntax file, by number.

    Returns
    -------
    Sheet
        Without personal columns, of which only the name is told, and without what LimeSurvey itself says of
        a form unless the mapping names it; ``meanings`` holds the labels of the syntax file.

    Raises
    ------
    InvalidMaterial
        When rows are ragged, the syntax file is of other columns, or the mapping names a personal column.
    """
    has_header = not found.name.casefold().endswith(".dat")
    n_columns = len(found.grid[0][1])
    if syntax is not None and (problem := _other_columns(found, syntax, n_columns, has_header=has_header)):
        raise InvalidMaterial([problem])
    words = (
        found.grid[0][1] if has_header else [syntax[n + 1].code if syntax else "" for n in range(n_columns)]
    )
    names = _names(words, syntax or {})
    # What the program says itself is no item, whatever it is called.
    bears = [() if _about(called) else items for called in names]
    header = [
        word
        for called, ids in zip(names, bears, strict=True)
        for word in sheets.addressed([called], {*mapping.used, *ids}, mapping.ignore)
    ]
    if doubled := next((word for word, n in Counter(header).items() if n > 1), None):
        must, remedy = "a column must be named once", "use the numbers, such as `column 12`"
        raise InvalidMaterial([Problem(place(found.name, 1), must, f"two for `{short(doubled)}`", remedy)])
    whole = sheets.table(found, n_headers=1 if has_header else 0, header=header)
    labels = {header[n - 1]: column.labels for n, column in (syntax or {}).items() if column.labels}
    about = {column: _about(names[n - 1]) for column, n in zip(whole.header, whole.positions, strict=True)}
    return _kept(whole, Meanings(labels), about, mapping)


def _names(words: Sequence[str], syntax: dict[int, Column]) -> list[tuple[str, ...]]:
    """Give every name by which each column may be called, none of which calls two."""
    seen: Counter[str] = Counter()
    found: list[list[str]] = []
    for number, word in enumerate(words, start=1):
        seen[word] += 1
        plain = f"column {number}"
        own = plain if not word else word if seen[word] == 1 else f"{word} ({seen[word]})"
        codes = [syntax[number].code] if number in syntax else []
        if written := _CODE_AND_TEXT.match(word):
            codes.append(written["code"])
        codes += [
            _IN_BRACKETS.sub(r"_\1", code) for code in (*codes, word) if "[" in code and " " not in code
        ]
        found.append([own, *codes, plain])
    uses = Counter(name for names in found for name in {*names})
    return [(names[0], *(name for name in names[1:] if name and uses[name] == 1)) for names in found]


def _other_columns(
    found: Raw, syntax: dict[int, Column], n_columns: int, *, has_header: bool
) -> Problem | None:
    """Find out that a syntax file was exported with other columns than the file beside it."""
    must = "the syntax file must be of the same export"
    if sorted(syntax) != list(range(1, n_columns + 1)):
        return Problem(found.name, must, f"{len(syntax)} columns for {n_columns}", "export both again")
    known = {text.casefold(): code for code, text in _ABOUT.items()} | {code: code for code in _ABOUT}
    codes = {column.code for column in syntax.values()}
    for number, word in enumerate(found.grid[0][1], start=1) if has_header else ():
        # A header that is itself a code, or that the program always uses for one, shows a shift.
        code = known.get(word.casefold()) or (word if word in codes else None)
        # Where the program knows no code it makes one up.
        if code is not None and syntax[number].code != code and not _MADE_UP.fullmatch(syntax[number].code):
            return Problem(found.name, must, f"another column {number}", "export both again")
    return None


def _about(names: Sequence[str]) -> str:
    """Say what a column tells of the form itself: a code of the program, ``personal``, or nothing."""
    folded = [name.casefold() for name in names]
    if any(name in PERSONAL for name in folded):
        return "personal"
    return next((code for code, text in _ABOUT.items() if code in folded or text.casefold() in folded), "")


def _kept(found: Sheet, meanings: Meanings, about: dict[str, str], mapping: FileMapping) -> Sheet:
    personal = [column for column in found.header if about[column] == "personal"]
    if used := [column for column in personal if column in mapping.used]:
        remedy = "remove it from instrument.yml; ask for a code in a question"
        must = "the mapping must not use a personal column"
        wrong = [Problem(place(found.name, 1), must, f"`{short(column)}`", remedy) for column in used]
        raise InvalidMaterial(wrong)
    of_program = [column for column in found.header if about[column] not in ("", "personal")]
    submitted = next((column for column in of_program if about[column] == "submitdate"), None)
    if submitted is None and mapping.columns.submitted is None and mapping.unfinished == "drop":
        must = "unfinished forms must be told by the date on which a form was handed in"
        remedy = "name its column as `columns.submitted`, or export it with `submitdate`"
        raise InvalidMaterial([Problem(place(found.name, 1), must, "no such column", remedy)])
    rows, told = found.rows, [(f"personal column dropped, `{short(column)}`", 1) for column in personal]
    if submitted is not None and mapping.columns.submitted is None:
        open_ = sum(not row[submitted] for _, row in rows)
        told += [(sheets.UNFINISHED[mapping.unfinished], open_)] if open_ else []
        if mapping.unfinished == "drop":
            rows = tuple((line, row) for line, row in rows if row[submitted])
    left = [column for column in of_program if column not in mapping.named]
    told += [("columns of LimeSurvey itself not read", len(left))] if left else []
    kept = replace(
        found,
        rows=rows,
        counts=(*found.counts, *told),
        meanings=meanings,
        n_dropped=found.n_dropped + len(found.rows) - len(rows),
    )
    return sheets.without(kept, {*personal, *left})
