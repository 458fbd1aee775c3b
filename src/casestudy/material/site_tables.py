"""The tables one notebook leaves for the next: plain csv, the same bytes for the same values, types kept."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from casestudy.documents import nearest
from casestudy.errors import CasestudyError

Kind = Literal["text", "number", "whole", "whole?", "flag", "flag?"]

CODE_SITE = "01_code_site"
SITE_REPORT = "02_site_report"
AGREEMENT = "05_agreement"
BUILD = "casestudy build"

# What each kind is in a frame. A text and a number may be absent; a whole number and a flag only with `?`.
DTYPES: Mapping[Kind, str] = {
    "text": "str",
    "number": "float64",
    "whole": "int64",
    "whole?": "Int64",
    "flag": "bool",
    "flag?": "boolean",
}
MARKS: Mapping[str, Kind] = {
    "t": "text",
    "n": "number",
    "w": "whole",
    "w?": "whole?",
    "f": "flag",
    "f?": "flag?",
}


class TableMissing(CasestudyError):
    """A table that another notebook makes is not there, or not as it must be."""


class TableWrong(CasestudyError):
    """A table does not have the columns and values that its name promises."""


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of one table with their kinds, and the notebook that makes it."""

    notebook: str
    columns: Mapping[str, Kind]


def table(notebook: str, columns: str) -> Table:
    """Describe a table by its columns and the marks of their kinds; ``?`` where one may be absent.

    Examples
    --------
    >>> table("01_code_site", "code:t n_sources:w offered:f?").columns
    {'code': 'text', 'n_sources': 'whole', 'offered': 'flag?'}
    """
    kinds: dict[str, Kind] = {}
    for word in columns.split():
        name, _, mark = word.partition(":")
        kinds[name] = MARKS[mark]
    return Table(notebook, kinds)


TABLES: dict[str, Table] = {
    "sources": table(
        CODE_SITE,
        "source:t site:t kind:t wave:t role:t n_roles:w date:t n_participants:w guide:t consent:t "
        "language:t n_characters:w n_sentences:w",
    ),
    "codings": table(
        CODE_SITE,
        "coding:t source:t site:t role:t start:w end:w n_characters:w code:t family:t coder:t kind:t "
        "codebook:t valence:t strength:w? practice:t contribution:t linked_skill:t status:t round:t "
        "derived_from:t",
    ),
    "asked": table(
        CODE_SITE,
        "site:t source:t code:t asked:f",
    ),
    "participants": table(
        CODE_SITE,
        "participant:t role:t role_class:t site:t consent:t is_withdrawn:f",
    ),
    "suggestions": table(
        CODE_SITE,
        "source:t sentence:w start:w end:w code:t",
    ),
    "evaluation": table(
        CODE_SITE,
        "code:t n_units:w n_human_pos:w tp:w fp:w fn:w tn:w precision:n precision_lo:n precision_hi:n "
        "recall:n recall_lo:n recall_hi:n f1:n f1_lo:n f1_hi:n kappa:n kappa_lo:n kappa_hi:n gate:t "
        "note:t",
    ),
    "counts": table(
        CODE_SITE,
        "code:t n_segments:w n_sources:w n_of:w coverage:n",
    ),
    "proposed": table(
        CODE_SITE,
        "site:t code:t proposed:t reason:t n_sources:w n_plus:w n_minus:w n_mixed:w n_neutral:w "
        "n_strong:w share:n opposing:n thin:f? single_role:f? n_roles:w? stability:n",
    ),
    "double_codings": table(
        CODE_SITE,
        "coding:t coder:t source:t code:t start:w end:w valence:t kind:t status:t round:t codebook:t",
    ),
    "double_worked": table(
        CODE_SITE,
        "source:t coder:t",
    ),
    "double_places": table(
        CODE_SITE,
        "source:t unit:t number:w start:w end:w is_interviewer:f",
    ),
    "double_rounds": table(
        CODE_SITE,
        "round:t version:t coders:t sources:t at_least:w",
    ),
    "agreement": table(
        AGREEMENT,
        "code:t version:t unit:t n_units:w n_pos_any:w agree:n kappa:n ac1:n alpha:n alpha_lo:n alpha_hi:n "
        "p_below:n alpha_u:n verdict:t n_valence:w valence_alpha:n valence_alpha_interval:n n_sources:w "
        "n_coders:w",
    ),
    "summaries": table(
        SITE_REPORT,
        "site:t code:t nl:t en:t excerpts:t by:t",
    ),
    "reviewed": table(
        CODE_SITE,
        "state:t n:w",
    ),
    "rated": table(
        SITE_REPORT,
        "site:t code:t value:t rater:t rationale:t",
    ),
    "screened": table(
        CODE_SITE,
        "source:t code:t",
    ),
    "code_changes": table(
        CODE_SITE,
        "version:t code:t change:t n_codings_affected:w became:t note:t",
    ),
    "unscreened": table(
        CODE_SITE,
        "source:t code:t",
    ),
    "settled": table(
        SITE_REPORT,
        "site:t code:t rating:t proposed:t n_sources:w? stability:n rationale:t standing:t n_new:w n_gone:w "
        "n_changed:w",
    ),
    "practice": table(
        SITE_REPORT,
        "unit:t skill:t n_applicable:w? n_often:w? share:n lo:n hi:n n_not_applicable:w?",
    ),
    "practice_sources": table(
        SITE_REPORT,
        "site:t skill:t n_applied:w n_partly:w n_not_applied:w n_intention:w n_sources:w",
    ),
    "attribution": table(
        SITE_REPORT,
        "unit:t skill:t component:t n_users:w? n_named:w? share:n lo:n hi:n n_src_helped:w? "
        "n_src_hindered:w? n_src_discussed:w? n_sites_helped:w? grade:t warn:f? specificity:n "
        "offered:f?",
    ),
    "change": table(
        SITE_REPORT,
        "scale:t site:t before:t after:t n_before:w? n_after:w? n_pairs:w? m_before:n sd_before:n "
        "m_after:n sd_after:n diff:n lo:n hi:n lo90:n hi90:n t:n df:n dz:n dz_lo:n dz_hi:n g_av:n g:n g_lo:n "
        "g_hi:n r:n r_rb:n r_rb_lo:n r_rb_hi:n p:n p_adj:n adjust:t n_zero:w? state:t method:t model_diff:n "
        "model_lo:n model_hi:n overlap_diff:n overlap_lo:n overlap_hi:n sesoi:n note:t",
    ),
    "responses": table(
        SITE_REPORT,
        "respondent:t site:t wave:t item:t value:n reason_na:t",
    ),
    "contributions": table(
        SITE_REPORT,
        "respondent:t site:t wave:t skill:t component:t value:n offered:f",
    ),
    "quotes": table(
        SITE_REPORT,
        "quote:t text:t code:t site:t audiences:t voice:t language:t direction:t",
    ),
    "scores": table(
        SITE_REPORT,
        "respondent:t site:t wave:t scale:t score:n n_answered:w n_items:w",
    ),
    "reliability": table(
        SITE_REPORT,
        "scale:t wave:t alpha:n lo:n hi:n omega:n omega_lo:n omega_hi:n n_draws_kept:w n:w n_items:w "
        "indicative:f note:t",
    ),
    "read_counts": table(
        SITE_REPORT,
        "place:t what:t n:w",
    ),
    "site_states": table(BUILD, "site:t state:t date:t"),
    "joint": table(
        SITE_REPORT,
        "site:t row:t qual_state:t quant_state:t label_proposed:t lean:t label:t n_sources:w? "
        "n_pairs:w? diff:n lo:n hi:n rating:t standing:t rationale:t",
    ),
}


def conform(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame the columns, order and types that its table has; an empty text is absent.

    Raises
    ------
    TableWrong
        When a column is missing or unknown, or holds a value of another kind.

    Examples
    --------
    >>> row = {"code": "M23", "n_segments": 3.0, "n_sources": 2, "n_of": 6, "coverage": 0.1}
    >>> conform("counts", pd.DataFrame([row]))["n_segments"].dtype
    dtype('int64')
    """
    columns = _table(name).columns
    if set(frame.columns) != set(columns) or len(frame.columns) != len(columns):
        left = sorted(str(c) for c in set(columns).symmetric_difference(frame.columns))
        must = f"{name}.csv: it must have the columns of its table"
        raise TableWrong(f"{must}, found others ({', '.join(left) or 'doubled'}); correct the frame")
    cast = {column: _cast(name, column, kind, frame[column]) for column, kind in columns.items()}
    return pd.DataFrame(cast, columns=list(columns))


def write(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    """Write one table whole or not at all; the same values give the same bytes.

    Rows keep their order and the index is left out. Numbers have as many digits as they need to come back
    exactly, flags are ``true`` and ``false``, what is absent is empty.

    Raises
    ------
    TableWrong
        When the frame is not what the table's name promises.
    """
    frame = conform(name, frame)
    columns = _table(name).columns
    written = [[_written(kind, v) for v in frame[column].tolist()] for column, kind in columns.items()]
    rows = [list(columns), *zip(*written, strict=True)]
    text = "".join(",".join(_quoted(value) for value in row) + "\n" for row in rows)
    folder.mkdir(parents=True, exist_ok=True)
    path, draft = folder / f"{name}.csv", folder / f".{name}.csv.{os.getpid()}"
    try:
        with draft.open("wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def read(folder: Path, name: str) -> pd.DataFrame:
    """Read one table with the types with which it was written.

    Raises
    ------
    TableMissing
        When the table is not there, or not as this version writes it; the message says which notebook makes
        it.
    """
    described = _table(name)
    remedy = f"run {described.notebook} first"
    try:
        text = (folder / f"{name}.csv").read_bytes().decode("utf-8")
    except OSError:
        raise TableMissing(f"{name}.csv: the table must be there, found nothing; {remedy}") from None
    except UnicodeDecodeError:
        raise TableMissing(f"{name}.csv: the table must be text, found other bytes; {remedy}") from None
    header, *rows = list(csv.reader(io.StringIO(text, newline=""))) or [[]]
    columns = described.columns
    if header != list(columns) or any(len(row) != len(columns) for row in rows):
        raise TableMissing(
            f"{name}.csv: it must have the columns of its table, found others; remove it and {remedy}"
        )
    try:
        values = {
            column: _series(kind, [_found(kind, row[n]) for row in rows])
            for n, (column, kind) in enumerate(columns.items())
        }
    except (TypeError, ValueError, KeyError, OverflowError):
        raise TableMissing(
            f"{name}.csv: every value must be of its kind, found another; remove it and {remedy}"
        ) from None
    return pd.DataFrame(values, columns=list(columns))


def _table(name: str) -> Table:
    if name not in TABLES:
        near = nearest(name, list(TABLES))
        raise TableWrong(f"{name}.csv: a table must be known, found another name; {near}")
    return TABLES[name]


def _cast(name: str, column: str, kind: Kind, values: Any) -> Any:
    absent = values.isna()
    try:
        plain = [None if gone else _CAST[kind](v) for v, gone in zip(values, absent, strict=True)]
        return _series(kind, plain)
    except (TypeError, ValueError, OverflowError):
        must = f"{name}.csv: `{column}` must hold values of the kind `{kind}`"
        raise TableWrong(f"{must}, found another; correct the frame") from None


def _series(kind: Kind, values: list[Any]) -> pd.Series:
    # pandas would read an absent flag as False.
    if kind in ("whole", "flag") and None in values:
        raise TypeError
    return pd.Series(values, dtype=DTYPES[kind])


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        raise TypeError
    return value or None


def _whole(value: Any) -> int:
    if isinstance(value, str | bool | np.bool_) or int(value) != value:
        raise TypeError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, str | bool | np.bool_):
        raise TypeError
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise TypeError
    return bool(value)


def _quoted(value: str) -> str:
    # The csv module leaves a lone carriage return bare, which its reader then takes for a line end.
    return '"' + value.replace('"', '""') + '"' if any(mark in value for mark in ',"\r\n') else value


def _written(kind: Kind, value: Any) -> str:
    if pd.isna(value):
        return ""
    if kind == "number":
        return repr(float(value))
    return str(value).lower() if kind.startswith("flag") else str(value)


def _found(kind: Kind, text: str) -> Any:
    if not text:
        return None
    if kind.startswith("flag"):
        return {"true": True, "false": False}[text]
    return float(text) if kind == "number" else int(text) if kind.startswith("whole") else text


_CAST: Mapping[Kind, Callable[[Any], Any]] = {
    "text": _text,
    "number": _number,
    "whole": _whole,
    "whole?": _whole,
    "flag": _flag,
    "flag?": _flag,
}
