"""Cases and variables of an SPSS file; run as a process of its own, which may be stopped at any time.

The reader is not in Python: a damaged file may break it in any way it likes, and takes only this process
along. It says why a file cannot be read in words that are never the file's.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time
from typing import Any

import pyreadstat

from casestudy.material import texts

if sys.platform != "win32":
    import resource

LIMIT_CASES = 100_000
LIMIT_CELLS = 2_500_000
# Address space is more than what is used: libraries count in it.
LIMIT_MEMORY = 1_500_000_000
LIMIT_SECONDS = 15

DAMAGED = "a damaged file or another kind of file"
CELLS = f"more than {LIMIT_CASES:,} cases or {LIMIT_CELLS:,} cells"
MEMORY = "a file that unfolds far beyond its size"
LETTERS = "letters of no encoding that can be told"
# The encoding in which every byte is one letter, so that none is lost on the way through the reader.
_BYTES = "ISO-8859-1"


class Unreadable(Exception):
    """Why an SPSS file cannot be read."""


def cases(path: str) -> dict[str, Any]:
    """Give variables, value labels, what the user marked as missing, and the cases.

    Returns
    -------
    dict
        ``names``; ``labels`` per variable as pairs of value and words; ``missing`` per variable as pairs of
        the lowest and highest value; ``columns`` of values, where a system-missing number is None and a date
        a text; ``is_guessed`` when the file says no encoding that fits.

    Raises
    ------
    Unreadable
        When the file is damaged or beyond the limits.
    """
    try:
        return _cases(path)
    except (MemoryError, Unreadable):
        raise
    except Exception:  # noqa: BLE001 - a broken file breaks the reader in any way it likes
        raise Unreadable(DAMAGED) from None


def _cases(path: str) -> dict[str, Any]:
    how: dict[str, Any] = {"user_missing": True, "output_format": "dict", "encoding": _BYTES}
    _, about = pyreadstat.read_sav(path, metadataonly=True, **how)
    n_columns, n_told = len(about.column_names), about.number_rows
    most = min(LIMIT_CASES, LIMIT_CELLS // max(n_columns, 1))
    if (n_told or 0) > most:
        raise Unreadable(CELLS)
    values, about = pyreadstat.read_sav(path, row_limit=most + 1, **how)
    columns = [list(values.get(name, ())) for name in about.column_names]
    if any(len(column) > most for column in columns):
        raise Unreadable(CELLS)
    lengths = {len(column) for column in columns}
    is_whole = len(lengths) < 2 and (n_told is None or n_told < 0 or lengths <= {n_told})
    named = {name for name in about.column_names if isinstance(name, str)}
    if not is_whole or len(named) < n_columns:
        raise Unreadable(DAMAGED)
    labels = {name: list(words.items()) for name, words in about.variable_value_labels.items()}
    missing = {
        name: [(one["lo"], one["hi"]) for one in ranges] for name, ranges in about.missing_ranges.items()
    }
    answer = {
        "names": about.column_names,
        "labels": list(labels.items()),
        "missing": list(missing.items()),
        "columns": [_plain(column) for column in columns],
    }
    return _in_letters(answer, _told(path))


def _told(path: str) -> str | None:
    """Give the encoding that the file says it has, if it says any that is known."""
    with contextlib.suppress(Exception):
        _, about = pyreadstat.read_sav(path, metadataonly=True)
        return codecs.lookup(str(about.file_encoding)).name
    return None


def _in_letters(answer: dict[str, Any], encoding: str | None) -> dict[str, Any]:
    """Turn the bytes of every text into letters: as the file says, or as no byte speaks against it.

    The reader itself drops bytes at the end of a text that its encoding does not have.
    """
    raw = b"\n".join(_texts(answer))
    is_guessed = False
    try:
        raw.decode(encoding or "ascii")
    except UnicodeDecodeError:
        encoding, is_guessed = texts.encoding_of(raw), True
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            raise Unreadable(LETTERS) from None
    decoded = _decoded(answer, encoding or "ascii")
    found = {key: dict(decoded[key]) for key in ("labels", "missing")}
    return {**decoded, **found, "is_guessed": is_guessed and encoding != "utf-8"}


def _texts(value: Any) -> Iterator[bytes]:
    if isinstance(value, str):
        yield value.encode(_BYTES)
    elif isinstance(value, list | tuple):
        # A column is numbers or texts, and most of its values stand in it often.
        for one in _distinct(value):
            yield from _texts(one)
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))


def _distinct(values: Sequence[Any]) -> Iterable[Any]:
    try:
        return dict.fromkeys(values)
    except TypeError:
        return values


def _decoded(value: Any, encoding: str) -> Any:
    if isinstance(value, str):
        return value.encode(_BYTES).decode(encoding)
    if isinstance(value, dict):
        return {key: _decoded(one, encoding) for key, one in value.items()}
    if not isinstance(value, list | tuple):
        return value
    distinct = _distinct(value)
    if distinct is value:
        return [_decoded(one, encoding) for one in value]
    known = {one: _decoded(one, encoding) for one in distinct}
    return [known[one] for one in value]


def _plain(column: Sequence[object]) -> list[float | str | None]:
    """Give numbers, texts and nothing; a day is a text."""
    if all(isinstance(value, float) for value in column):
        return [None if value != value else value for value in column]  # type: ignore[misc]
    return [_one_plain(value) for value in column]


def _one_plain(value: object) -> float | str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return str(value)


def written(answer: dict[str, Any]) -> Iterator[str]:
    """Write the answer column by column, so that it is never in memory twice."""
    columns = answer.pop("columns", [])
    yield json.dumps(answer)[:-1] + ', "columns": ['
    for number, column in enumerate(columns):
        yield (", " if number else "") + json.dumps(column)
    yield "]}"


def _bound() -> None:
    """Let the system stop this process before it takes all memory or time; where a system can do that."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT_MEMORY, LIMIT_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_SECONDS, LIMIT_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read the file that is named and write its cases, or why there are none, as JSON."""
    _bound()
    try:
        # The reader prints remarks of its own.
        with contextlib.redirect_stdout(io.StringIO()):
            answer = cases(sys.argv[1])
    except MemoryError:
        answer = {"refused": MEMORY}
    except Unreadable as refused:
        answer = {"refused": str(refused)}
    for piece in written(answer):
        sys.stdout.buffer.write(piece.encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
