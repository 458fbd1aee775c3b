"""Append-only logs: one JSON object per line, on disk before ``append`` returns."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from casestudy.documents import Record, short
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import folders

LIMIT_BYTES = 200_000_000
RESTORE = "restore the line from a copy or remove it"
SUFFIX = ".jsonl"

# A log that is a link is not ours to write to; the binary flag is there where line ends would be rewritten.
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

Entry = TypeVar("Entry")


def append(path: Path, record: Record | Mapping[str, Any]) -> None:
    """Add one line to a log: one write on a descriptor that can only append, then a flush to the disk.

    Fields without a value are left out. When the file ends in a torn line, the new line starts after it, so
    that the damage costs that one line only.

    Parameters
    ----------
    path
        The log; its folder is made when it is not there.
    record
        What to add.

    Raises
    ------
    OSError
        When the line is not whole on disk; then it counts as not saved.
    """
    values = record.model_dump(mode="json", exclude_none=True) if isinstance(record, Record) else dict(record)
    line = json.dumps(values, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    opened = os.open(path, _FLAGS, 0o644)
    try:
        data = b"\n" + line if _is_torn(opened) else line
        if os.write(opened, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(opened)
    finally:
        os.close(opened)
    if is_new:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def read(
    path: Path, model: type[Entry] | TypeAdapter[Entry], name: str, *, root: Path | None = None
) -> list[tuple[int, Entry]]:
    """Read a log as records with their line numbers, in the file's order; a doubled line counts once.

    Parameters
    ----------
    path
        The log; one that is not there is empty.
    model
        The record of a line, or an adapter for several kinds of record.
    name
        The file's name relative to the study folder, for messages.
    root
        The study folder, when it is not the log's own folder.

    Raises
    ------
    InvalidMaterial
        With every line that is not a whole, valid record.
    """
    entries, problems = scan(path, model, name, root=root)
    if problems:
        raise InvalidMaterial(problems)
    return entries


def scan(
    path: Path, model: type[Entry] | TypeAdapter[Entry], name: str, *, root: Path | None = None
) -> tuple[list[tuple[int, Entry]], list[Problem]]:
    """Read what can be read of a log, beside a problem for every line that cannot; as ``read`` otherwise."""
    if not path.exists() and not path.is_symlink():
        return [], []
    try:
        data = folders.read_bytes(path, root=root or path.parent, name=name, limit=LIMIT_BYTES)
    except InvalidMaterial as refused:
        return [], list(refused.problems)
    adapter = model if isinstance(model, TypeAdapter) else TypeAdapter(model)
    entries: list[tuple[int, Entry]] = []
    problems: list[Problem] = []
    seen: set[bytes] = set()
    for number, line in enumerate(data.split(b"\n"), start=1):
        line = line.strip()
        if not line or line in seen:
            continue
        seen.add(line)
        try:
            entries.append((number, adapter.validate_python(_decoded(line))))
        except ValidationError as error:
            problems.extend(_told(error, place(name, number)))
        except (ValueError, RecursionError):
            remedy = "restore the line from a copy or remove it"
            problems.append(
                Problem(place(name, number), "a line must be one whole JSON object", "a damaged line", remedy)
            )
    return entries, problems


def files(folder: Path) -> list[Path]:
    """Give the logs in a folder by name, without copies of sync programs, locks and hidden files."""
    if not folder.is_dir():
        return []
    found = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.name)
    return [path for path in found if folders.stray(path) in (None, folders.EMPTY)]


def _is_torn(opened: int) -> bool:
    if os.fstat(opened).st_size == 0:
        return False
    os.lseek(opened, -1, os.SEEK_END)
    return os.read(opened, 1) != b"\n"


def _decoded(line: bytes) -> dict[str, Any]:
    value = json.loads(line.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    if not isinstance(value, dict):
        raise ValueError
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError
    return value


def _no_constant(_: str) -> None:
    raise ValueError


def _told(error: ValidationError, where: str) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_input=False):
        path = [str(part) for part in detail["loc"] if not str(part).startswith("function-")]
        # The first part names the kind of record where a log holds several kinds.
        field = short(path[-1]) if path else "the line"
        kind = detail["type"]
        if kind == "missing":
            yield Problem(where, f"`{field}` must be there", "nothing", RESTORE)
        elif kind in ("union_tag_invalid", "union_tag_not_found"):
            # The library's own sentence repeats what stands there.
            event = detail["ctx"]["discriminator"].strip("'")
            tags = detail["ctx"].get("expected_tags", "a known word")
            yield Problem(where, f"`{event}` must be one of {tags}", "something else", RESTORE)
        elif kind == "extra_forbidden":
            yield Problem(
                where,
                "every field must be known",
                f"`{field}`",
                "use the version of the program that wrote it",
            )
        else:
            message = detail["msg"].removeprefix("Value error, ")
            for old, new in (
                ("Input should be", "must be"),
                ("String should", "must"),
                ("Tuple should", "must"),
            ):
                message = message.replace(old, new)
            must, _, remedy = message.partition("; ")
            must = must if "must" in must.split() else f"must be right: {must}"
            yield Problem(where, f"`{field}` {must}", "something else", remedy or RESTORE)
