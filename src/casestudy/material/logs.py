"""Append-only logs: one JSON object per line, on disk before ``append`` returns.

Each line is sealed with a running hash (:mod:`casestudy.material.lines`). A log is rewritten in two cases
only, when a person sets a damaged stretch aside and when logs are merged, and never before a copy is made.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from casestudy.documents import Record, short
from casestudy.errors import InvalidMaterial, Problem, WrongUse, place
from casestudy.material import folders, lines, rewrites
from casestudy.material.lines import Damage, Line, Lines, sealed
from casestudy.material.rewrites import sync_folder

__all__ = [
    "Damage",
    "Head",
    "Reading",
    "append",
    "conflict_copies",
    "damage",
    "files",
    "head",
    "holds",
    "log_of",
    "opened",
    "read",
    "scan",
    "sealed",
    "set_aside",
    "sync_folder",
]

LIMIT_BYTES = 200_000_000
RESTORE = "restore the line from a copy or remove it"
SUFFIX = ".jsonl"
DAMAGED = ".damaged"
ACCEPTED = ".accepted"

# How much of a log is looked at to append to it.
_TAIL = 65_536
# How sync programs mark the copy they make of a file that two machines wrote.
_CONFLICT = re.compile(r"\.sync-conflict-|_conf\(|[ _.-]*\(|[ _.-]+(in )?conflict", re.IGNORECASE)

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Reading(Generic[Entry]):
    """What a log holds: records with their line, damage, lines that are no valid record, and remarks."""

    entries: tuple[tuple[int, Entry], ...] = ()
    damage: tuple[Damage, ...] = ()
    problems: tuple[Problem, ...] = ()
    remarks: tuple[str, ...] = ()
    unsealed: tuple[int, ...] = ()

    @property
    def n_lost(self) -> int:
        """How many stretches could not be read."""
        return sum(stretch.is_lost for stretch in self.damage)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log ended at some moment: the hash of its last whole line, and how many lines it had."""

    hash: str
    n_lines: int


def append(path: Path, record: Record | Mapping[str, Any]) -> None:
    """Add one line to a log: one write on a descriptor that can only append, then a flush to the disk.

    Fields without a value are left out; ``after`` and ``hash`` are added. When the file ends in a torn line,
    the new line starts after it, so that the damage costs that one line only.

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
    WrongUse
        When a newer version of the program wrote in the log.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    while not _append(path, record):
        pass
    if is_new:
        sync_folder(path.parent)


def _append(path: Path, record: Record | Mapping[str, Any]) -> bool:
    """Append, and tell whether the line stands in the log: it may have been rewritten in the meantime."""
    opened = os.open(path, rewrites.APPENDING, 0o644)
    try:
        size = os.fstat(opened).st_size
        last = _tail(opened, size, path)
        line = lines.sealed_line(record, "" if last is None else last.hash)
        data = b"\n" + line if size and _read_at(opened, size - 1, 1) != b"\n" else line
        if os.write(opened, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(opened)
        return _is_at(opened, path)
    finally:
        os.close(opened)


def _tail(opened: int, size: int, path: Path) -> Line | None:
    begin = size
    data = b""
    while begin > 0:
        step = min(begin, max(_TAIL, len(data)))
        begin -= step
        data = _read_at(opened, begin, step) + data
        # The first line of a stretch may be the end of one that began before it.
        whole = data if begin == 0 else data[data.find(b"\n") + 1 :] if b"\n" in data else b""
        if b'"format"' in whole and any(one.format > lines.FORMAT for one in lines.read(whole, "").lines):
            name = f"{path.parent.name}/{path.name}"
            raise WrongUse(f"{name}: a newer version of the program wrote in it; use that one to go on in it")
        if (last := lines.tail(whole)) is not None:
            return last
    return None


def _read_at(opened: int, begin: int, count: int) -> bytes:
    os.lseek(opened, begin, os.SEEK_SET)
    data = b""
    while len(data) < count and (more := os.read(opened, count - len(data))):
        data += more
    return data


def _is_at(opened: int, path: Path) -> bool:
    mine, there = os.fstat(opened), path.stat()
    return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)


def read(
    path: Path, model: type[Entry] | TypeAdapter[Entry], name: str, *, root: Path | None = None
) -> list[tuple[int, Entry]]:
    """Read a log as records with their line numbers, in the file's order; a doubled record counts once.

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
    found = opened(path, model, name, root=root)
    lost = [stretch.problem for stretch in found.damage if stretch.is_lost]
    return list(found.entries), [*lost, *found.problems]


def opened(
    path: Path, model: type[Entry] | TypeAdapter[Entry], name: str, *, root: Path | None = None
) -> Reading[Entry]:
    """Read what can be read of a log and name every damage in it; as ``read`` otherwise.

    A line of a newer version of the program is read as far as its fields are known.
    """
    try:
        found = _lines(path, name, root)
    except InvalidMaterial as refused:
        return Reading(problems=refused.problems)
    adapter = model if isinstance(model, TypeAdapter) else TypeAdapter(model)
    entries: list[tuple[int, Entry]] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for line in found.lines:
        content = line.content
        same = lines.digest(content)
        if same in seen:
            continue
        seen.add(same)
        is_newer = line.format > lines.FORMAT
        if isinstance(content.get("format"), int):
            del content["format"]
        try:
            entries.append((line.number, _validated(adapter, content, is_newer=is_newer)))
        except ValidationError as error:
            problems.extend(() if is_newer else _told(error, place(name, line.number)))
    remarks = (f"{name}: a newer version of the program wrote in it; read only",) if found.newer else ()
    return Reading(tuple(entries), found.damage, tuple(problems), remarks, found.unsealed)


def damage(path: Path, name: str, *, root: Path | None = None) -> tuple[Damage, ...]:
    """Name every stretch of a log that is not as it was written, in the order of the file.

    Lines cut off at the tail cannot be seen from the log alone; see :func:`holds`.
    """
    try:
        return _lines(path, name, root).damage
    except InvalidMaterial:
        return ()


def head(path: Path) -> Head:
    """Tell where a log ends now, to be kept elsewhere and compared later; an empty hash for an empty log."""
    found = lines.read(path.read_bytes() if path.is_file() else b"", path.name).lines
    return Head(found[-1].hash if found else "", len(found))


def holds(path: Path, kept: Head) -> bool:
    """Tell whether a log still holds the line at which it ended before, and no fewer lines.

    Examples
    --------
    >>> holds(Path("no-such.jsonl"), Head("", 0)), holds(Path("no-such.jsonl"), Head("6c5042c0c5d4a5ff", 1))
    (True, False)
    """
    found = lines.read(path.read_bytes() if path.is_file() else b"", path.name).lines
    return len(found) >= kept.n_lines and (not kept.hash or kept.hash in {line.hash for line in found})


def set_aside(path: Path) -> Path | None:
    """Take damaged stretches out of a log, and accept its cuts and edited lines; a whole copy is made first.

    Returns
    -------
    Path or None
        The copy, ``.damaged/<name>.<first 8 of its SHA-256>`` beside the log; nothing when there was no
        damage and nothing was done.
    """
    name = path.name
    found = damage(path, name)
    if not found:
        return None
    copy = rewrites.copied(path, path.read_bytes(), DAMAGED)
    marks = {stretch.mark for stretch in found if stretch.mark}
    if any(stretch.is_lost for stretch in found):
        rewrites.rewrite(path, lambda data: _without(data, marks), copies=DAMAGED)
    if new := marks - _accepted(path):
        accepted = "".join(f"{mark}\n" for mark in sorted(new | _accepted(path)))
        rewrites.write_whole(copy.with_name(name + ACCEPTED), accepted.encode("ascii"))
    return copy


def _without(data: bytes, marks: set[str]) -> bytes:
    """Give the whole lines of a log, and note which of them follow a line that is gone."""
    kept = b"".join(line.data + b"\n" for line in lines.read(data, "").lines)
    marks.update(stretch.mark for stretch in lines.read(kept, "").damage)
    return kept


def files(folder: Path) -> list[Path]:
    """Give the logs in a folder by name, without copies of sync programs, locks and hidden files."""
    if not folder.is_dir():
        return []
    found = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.name)
    return [path for path in found if folders.stray(path) in (None, folders.EMPTY)]


def conflict_copies(folder: Path) -> list[tuple[Path, Path]]:
    """Give the copies that a sync program made of the logs in a folder, each with its log.

    The log need not be there: its name is what stands before the mark of the sync program.
    """
    found = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.name) if folder.is_dir() else []
    copies = [path for path in found if folders.stray_name(path.name) == "a sync-conflict copy"]
    return [(path, log_of(path)) for path in copies]


def log_of(copy: Path) -> Path:
    """Name the log that a sync-conflict copy was made of.

    Examples
    --------
    >>> log_of(Path("E01.sync-conflict-20190401-100000-ABCDEFG.jsonl")).name
    'E01.jsonl'
    >>> log_of(Path("E-01 (conflicted copy 2019-04-01).jsonl")).name
    'E-01.jsonl'
    """
    stem = copy.name.removesuffix(SUFFIX)
    found = _CONFLICT.search(stem)
    return copy.with_name((stem[: found.start()] if found else stem) + SUFFIX)


def _lines(path: Path, name: str, root: Path | None) -> Lines:
    if not path.exists() and not path.is_symlink():
        return Lines()
    data = folders.read_bytes(path, root=root or path.parent, name=name, limit=LIMIT_BYTES)
    return lines.read(data, name, accepted=_accepted(path))


def _accepted(path: Path) -> set[str]:
    kept = path.parent / DAMAGED / (path.name + ACCEPTED)
    return set(kept.read_text(encoding="ascii", errors="replace").split()) if kept.is_file() else set()


def _validated(adapter: TypeAdapter[Entry], content: dict[str, Any], *, is_newer: bool) -> Entry:
    """Read fields as a record; of a newer line, without the fields that are not known yet."""
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        unknown = {detail["loc"][-1] for detail in found if detail["type"] == "extra_forbidden"}
        if not is_newer or not unknown:
            raise
        return adapter.validate_python({k: value for k, value in content.items() if k not in unknown})


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
