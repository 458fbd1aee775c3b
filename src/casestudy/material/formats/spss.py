"""SPSS files: every value as text with its label, and what the user marked as missing kept apart by value.

The file is taken apart by a process of its own with little memory and time, so that a file made to do harm
harms nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from casestudy.documents import must_be_there
from casestudy.errors import InvalidMaterial, Problem
from casestudy.material.formats.delimited import WITHOUT_VALUE
from casestudy.material.formats.sheets import Meanings, Sheet
from casestudy.material.formats.workbooks import number
from casestudy.material.mappings import heading

SUFFIXES = {".sav", ".zsav"}
LIMIT_BYTES = 50_000_000
# The process stops itself after less time of its own; a busy machine may keep it waiting.
LIMIT_SECONDS = 60
# Named and not imported: what it needs would cost every command its start.
_PROCESS = "casestudy.material.formats.spss_cases"

Value = float | str | None


def read(path: Path, name: str, *, decimal: str = ".") -> Sheet:
    """Read the cases of an SPSS file as a table, a row per case and a column per variable.

    A number is written as in a workbook, a date as ``YYYY-MM-DD``, a system-missing number as nothing. The
    line of a case is its number.

    Parameters
    ----------
    path
        A ``.sav`` or ``.zsav`` file.
    name
        Its name relative to the study folder, for messages.
    decimal
        The mark before the decimals of a number.

    Returns
    -------
    Sheet
        ``meanings`` holds the value labels and every value in the file that its user marked as missing.

    Raises
    ------
    InvalidMaterial
        When it is no SPSS file, is damaged, or is beyond the limits of size, memory and time.
    """
    if path.suffix.casefold() not in SUFFIXES:
        raise _refused(name, "another kind of file")
    must_be_there(path, name)
    if path.stat().st_size > LIMIT_BYTES:
        raise _refused(name, f"more than {LIMIT_BYTES:,} bytes")
    return _sheet(_cases(path, name), name, decimal)


def _refused(name: str, found: str) -> InvalidMaterial:
    must, remedy = "the file must be a readable SPSS file (sav, zsav)", "save it again, or export it as csv"
    return InvalidMaterial([Problem(name, must, found, remedy)])


def _cases(path: Path, name: str) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", _PROCESS, str(path.resolve())]
    # Threads that nothing here needs would each reserve memory.
    quiet = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, capture_output=True, timeout=LIMIT_SECONDS, check=False, env=quiet)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise _refused(name, f"a file that takes longer than {LIMIT_SECONDS} seconds") from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        # The reader fell over, or was stopped by its limits.
        raise _refused(name, "a damaged file, or one that takes too much memory or time") from None
    if "refused" in answer:
        raise _refused(name, str(answer["refused"]))
    return answer


def _sheet(found: dict[str, Any], name: str, decimal: str) -> Sheet:
    names = [heading(word.replace("\0", "")) for word in found["names"]]
    if not names or len(set(names)) < len(names):
        raise _refused(name, "variables without names of their own")
    as_text = [
        {value: _text(value, decimal) for value in dict.fromkeys(column)} for column in found["columns"]
    ]
    columns = [
        [said[value] for value in column] for said, column in zip(as_text, found["columns"], strict=True)
    ]
    labels = {
        heading(word.replace("\0", "")): {_text(value, decimal): _clean(str(said)) for value, said in pairs}
        for word, pairs in found["labels"].items()
    }
    marked: dict[str, frozenset[str]] = {}
    for word, original, said in zip(names, found["names"], as_text, strict=True):
        ranges = found["missing"].get(original, ())
        marked[word] = frozenset(text for value, text in said.items() if _is_marked(value, ranges))
    cases = enumerate(zip(*columns, strict=True), start=1)
    rows = tuple((case, dict(zip(names, row, strict=True))) for case, row in cases if any(row))
    counts: tuple[tuple[str, int], ...] = (("variables read", len(names)),)
    if n_empty := len(columns[0]) - len(rows):
        counts = (*counts, (WITHOUT_VALUE, n_empty))
    if found["is_guessed"]:
        counts = (*counts, ("read as Windows-1252, which was guessed", 1))
    return Sheet(name, tuple(names), rows, (), counts, Meanings(labels, marked))


def _clean(word: str) -> str:
    """Give words as people see them: without breaks, nothing that is not seen at the ends."""
    return " ".join(unicodedata.normalize("NFC", word).replace("\0", "").split())


def _text(value: Value, decimal: str) -> str:
    if isinstance(value, float):
        return number(value, decimal)
    return "" if value is None else unicodedata.normalize("NFC", value).replace("\0", "").strip()


def _is_marked(value: Value, ranges: Iterable[tuple[Value, Value]]) -> bool:
    """Tell whether a value lies in a range that the user marked as missing; texts are marked one by one."""
    for low, high in ranges:
        if isinstance(value, float) and isinstance(low, float | int) and isinstance(high, float | int):
            if low <= value <= high:
                return True
        elif isinstance(value, str) and isinstance(low, str) and value.strip() == low.strip():
            return True
    return False
