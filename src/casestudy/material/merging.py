"""Union of logs: two copies of a study become one that has every line of both, whoever merges which.

A merged log stands in one order, whatever was merged first: every line after the one it was written after,
and lines that could stand side by side by their moment. So merging is commutative, associative and idempotent
on the bytes of the result. Nothing is removed: a stretch that cannot be read is kept at the end of the log.
"""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from casestudy.errors import Gathered, Problem, WrongUse, plain
from casestudy.material import coding_events, decisions, folders, lines, logs, ratings, rewrites, sources
from casestudy.material.lines import Line
from casestudy.study import Study

COPIES = ".copies"

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class MergedLog:
    """A log that took in lines."""

    name: str
    n_new: int


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge brought: the logs that took in lines, kept texts, and what a person should look at."""

    logs: tuple[MergedLog, ...] = ()
    n_texts: int = 0
    remarks: tuple[str, ...] = ()


def union(*logs_: bytes) -> bytes:
    r"""Merge logs into one that has every line of each once.

    Parameters
    ----------
    logs_
        The bytes of the logs; one that is not there is empty.

    Returns
    -------
    bytes
        Whole lines in the one order, then what could not be read, a line each. The same lines give the same
        bytes, in whatever order and however often they are merged.

    Examples
    --------
    >>> both = lines.sealed([{"id": 1}])
    >>> last = lines.tail(both).hash
    >>> mine = both + lines.sealed_line({"id": 2, "at": "2019-04-02"}, last)
    >>> other = both + lines.sealed_line({"id": 3, "at": "2019-04-01"}, last)
    >>> [line.values["id"] for line in lines.read(union(mine, other), "a.jsonl").lines]
    [1, 3, 2]
    >>> union(mine, other) == union(other, mine) == union(other, union(mine, other))
    True
    """
    whole: dict[str, Line] = {}
    lost: set[bytes] = set()
    for data in logs_:
        for line in lines.read(data, "").lines:
            key = _identity(line)
            if key not in whole or line.data < whole[key].data:
                whole[key] = line
        lost |= _lost(data)
    ordered = [line.data for line in _ordered(whole)]
    return b"".join(row + b"\n" for row in [*ordered, *sorted(lost)])


def merge(study: Study, other: Path) -> Merged:
    """Take in the logs of another copy of a study, or one copy of a log that a sync program made.

    Parameters
    ----------
    study
        The study that takes in.
    other
        A study folder, or a sync-conflict copy that lies in a folder of logs of the study.

    Raises
    ------
    WrongUse
        When it is neither.
    InvalidMaterial
        When a file of it may not be read.
    """
    if other.is_dir():
        if other.resolve() == study.folder.resolve():
            raise WrongUse("OTHER: it must be another copy, found the study itself; name the other folder")
        pairs = list(every_log(other))
        if not pairs and not (other / coding_events.FOLDER).is_dir():
            found = f"found `{other.name}` without logs"
            raise WrongUse(
                f"OTHER: it must be a study folder, {found}; name the folder that holds `codings/`"
            )
        root = other
    elif other.is_file() and other.suffix == logs.SUFFIX:
        pairs = [_of_copy(study, other)]
        root = other.parent
    else:
        raise WrongUse(
            f"OTHER: it must be a study folder or a copy of a log, found `{other.name}`; check its name"
        )
    _check_places(study, [name for name, _ in pairs])
    taken, remarks = [], []
    for name, path in pairs:
        log, unreadable = _taken(study, name, path, root)
        taken += [log] if log.n_new else []
        remarks += unreadable
    n_texts, wrong = _texts(study, other) if other.is_dir() else (0, [])
    remarks += [line for name, _ in pairs for line in _doubles(study, name)]
    return Merged(tuple(taken), n_texts, (*remarks, *wrong))


def every_log(folder: Path) -> Iterator[tuple[str, Path]]:
    """Find every log of a study folder, each with its name relative to it: codings, ratings, decisions."""
    own = folder / coding_events.FOLDER
    coders = sorted(own.iterdir()) if own.is_dir() else []
    for coder in coders:
        if coder.is_dir() and not coder.is_symlink() and folders.stray_name(coder.name) is None:
            for path in logs.files(coder):
                yield f"{coding_events.FOLDER}/{coder.name}/{path.name}", path
    for path in logs.files(folder / ratings.FOLDER):
        yield f"{ratings.FOLDER}/{path.name}", path
    if (folder / decisions.FILE).is_file():
        yield decisions.FILE, folder / decisions.FILE


def _of_copy(study: Study, copy: Path) -> tuple[str, Path]:
    log = logs.log_of(copy).resolve()
    if not log.is_relative_to(study.folder.resolve()) or log == copy.resolve():
        must = "a copy of a log must lie beside it and bear the mark of a sync program"
        raise WrongUse(f"OTHER: {must}, found `{copy.name}`; put it there, or name a study folder")
    return log.relative_to(study.folder.resolve()).as_posix(), copy


def _check_places(study: Study, names: Iterable[str]) -> None:
    """Refuse logs that would come where nothing of a study may stand, before anything is written."""
    problems = Gathered()
    texts = coding_events.text_name("0")
    for name in [*names, texts]:
        folder = (study.folder / name).parent
        problems.gather(partial(folders.must_lie_inside, folder, root=study.folder, name=name))
        if not all(_IDENTIFIER.fullmatch(part) for part in name.removesuffix(logs.SUFFIX).split("/")):
            must, remedy = "the name of a log must be made of ids", "rename it in the other copy"
            problems += [Problem(name, must, "other signs", remedy)] if name != texts else []
    problems.stop()


def _taken(study: Study, name: str, path: Path, root: Path) -> tuple[MergedLog, list[str]]:
    """Take in one log, and tell of what came along that cannot be read."""
    theirs = folders.read_bytes(path, root=root, name=name, limit=logs.LIMIT_BYTES)
    target = study.folder / name
    mine = (
        folders.read_bytes(target, root=study.folder, name=name, limit=logs.LIMIT_BYTES)
        if target.exists()
        else b""
    )
    if not theirs.strip():
        return MergedLog(name, 0), []
    rewrites.rewrite(target, lambda present: union(present, theirs), copies=COPIES)
    have = {_identity(line) for line in lines.read(mine, name).lines}
    n_new = len({_identity(line) for line in lines.read(theirs, name).lines} - have)
    what = "what came along cannot be read and is kept; `casestudy check` shows where"
    return MergedLog(name, n_new), [f"{name}: {what}"] if _lost(theirs) - _lost(mine) else []


def _lost(data: bytes) -> set[bytes]:
    """Give the pieces of a log that cannot be read."""
    stretches = (data[one.first : one.last + 1] for one in lines.read(data, "").damage if one.is_lost)
    return {bare for stretch in stretches for part in stretch.split(b"\n") if (bare := part.strip())}


def _texts(study: Study, other: Path) -> tuple[int, list[str]]:
    """Take in the texts that were coded; one whose content is not what its name says is told."""
    n_new, wrong = 0, []
    for path in sorted((other / coding_events.FOLDER / coding_events.TEXTS).glob("*.txt")):
        name = coding_events.text_name(path.stem)
        if folders.stray(path) is not None or (study.folder / name).exists():
            continue
        data = folders.read_bytes(path, root=other, name=name, limit=logs.LIMIT_BYTES)
        if sources.sha256(data.decode("utf-8", "replace")) != path.stem:
            wrong.append(f"{plain(name)}: it holds other content than its name says, and was not taken in")
            continue
        rewrites.write_whole(study.folder / name, data)
        n_new += 1
    return n_new, wrong


def _doubles(study: Study, name: str) -> Iterator[str]:
    """Codings of a merged log that bear one id with other content; both are kept."""
    if not name.startswith(f"{coding_events.FOLDER}/") or not (study.folder / name).exists():
        return
    first: dict[str, str] = {}
    for line in lines.read((study.folder / name).read_bytes(), name).lines:
        content = line.content
        coding = content.get("coding")
        if content.get("event") == "code" and isinstance(coding, str):
            own = lines.digest(content)
            if first.setdefault(coding, own) != own:
                told = f"`{coding}` stands twice with other content; both are kept, the first counts"
                yield f"{name}:{line.number}: {told}"


def _identity(line: Line) -> str:
    """Tell lines apart by all they hold, the seal included, whatever the order of their fields."""
    return f"{line.hash}{lines.digest(line.values)}"


def _ordered(whole: Mapping[str, Line]) -> Iterator[Line]:
    """Order lines: each after those it was written after, else by moment and hash."""
    by_hash: dict[str, list[str]] = defaultdict(list)
    for key, line in whole.items():
        by_hash[line.hash].append(key)
    followers: dict[str, list[str]] = defaultdict(list)
    n_above: dict[str, int] = {}
    for key, line in whole.items():
        above = (
            [other for other in by_hash.get(str(line.values["after"]), ()) if other != key]
            if line.is_sealed
            else []
        )
        n_above[key] = len(above)
        for other in above:
            followers[other].append(key)
    ready = [(_moment(whole[key]), key) for key, n in n_above.items() if n == 0]
    heapq.heapify(ready)
    while n_above:
        if not ready:  # only forged hashes lead round in a circle
            ready = [min((_moment(whole[key]), key) for key in n_above)]
        _, key = heapq.heappop(ready)
        if n_above.pop(key, None) is None:
            continue
        yield whole[key]
        for other in followers[key]:
            if other in n_above:
                n_above[other] -= 1
                if n_above[other] == 0:
                    heapq.heappush(ready, (_moment(whole[other]), other))


def _moment(line: Line) -> str:
    at = line.values.get("at")
    try:
        found = datetime.fromisoformat(at) if isinstance(at, str) else None
        if found is None:
            return ""
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return ""
