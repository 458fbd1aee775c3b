"""Codings: who gave which code to which characters, from logs ``codings/<coder>/<source>.jsonl``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from casestudy.documents import nearest
from casestudy.errors import InvalidMaterial, Problem
from casestudy.material import coding_events, coding_rules, folders, lines, logs, sources, standing
from casestudy.material.coding_events import (
    FOLDER,
    TEXTS,
    Coding,
    Moment,
    Place,
    Screened,
    Sha256,
    append,
    delete,
    kept_text,
    move,
    screen,
)
from casestudy.material.coding_rules import Books
from casestudy.material.lines import Damage
from casestudy.material.standing import CoderLog
from casestudy.study import Study

__all__ = [
    "FOLDER",
    "TEXTS",
    "Coding",
    "Moment",
    "Place",
    "Screened",
    "Sha256",
    "append",
    "damage",
    "delete",
    "faults",
    "kept_text",
    "move",
    "n_lost",
    "read",
    "read_logs",
    "remarks",
    "screen",
    "screened",
]


def read(study: Study, site: str | None = None) -> tuple[Coding, ...]:
    """Read the codings that stand, of one site or of all: by coder, then source, in the order of the log.

    They stand in the text that their source has now: where that was edited since, place, words and
    ``text_sha256`` are those of the present text. A coding whose place must be asked, or whose words are
    gone, is left out until somebody decides (see :mod:`casestudy.material.reviews`). So is one that was
    deleted, every coding of a source that is withdrawn, and what came under a later version of the codebook
    than the one that ``study.codebook`` names. Damage in a log costs only itself (see :func:`damage`).

    Raises
    ------
    InvalidMaterial
        With every problem of the sources, the codebook and the logs: what is no valid record, and every
        coding that does not belong to its source, its text, its codebook or its coder.
    """
    found = read_logs(study, site)
    now = ((one.now(log.source)) for log in found for one in log.standing)
    return tuple(coding for coding in now if coding is not None)


def screened(study: Study, site: str | None = None) -> tuple[Screened, ...]:
    """Read which coder looked for which codes in which source; as ``read`` otherwise."""
    return tuple(event for log in read_logs(study, site) for event in log.screened)


def read_logs(study: Study, site: str | None = None) -> tuple[CoderLog, ...]:
    """Read every coder's log with what stands in it, by coder and then source; as ``read`` otherwise."""
    books = Books(study)
    texts = {source.source: source for source in sources.read(study, site)}
    elsewhere = {row.source for row in sources.rows(study)} - texts.keys() | set(sources.withdrawn(study))
    kept = standing.Texts(study)
    found: list[CoderLog] = []
    problems: list[Problem] = []
    for coder, path in coding_events.log_files(study):
        if path.stem in texts:
            log = standing.read(study, coder, path, texts[path.stem], books=books, kept=kept)
            problems += log.problems
            found.append(log)
        elif path.stem not in elsewhere:
            must = "a log must bear the id of a source of sources.csv whose file holds words"
            remedy = nearest(path.stem, sorted({*texts, *elsewhere}))
            problems.append(Problem(coding_events.log_name(coder, path.stem), must, f"`{path.stem}`", remedy))
    problems += coding_rules.doubled((one.where, one.given) for log in found for one in log.standing)
    if problems:
        raise InvalidMaterial(problems)
    return tuple(found)


def damage(study: Study, site: str | None = None) -> tuple[Damage, ...]:
    """Name every stretch of the logs that is not as it was written, by log and place.

    Raises
    ------
    InvalidMaterial
        With ``site``, when it is not known which sources are its own.
    """
    return tuple(
        stretch
        for name, path in _named(study, site)
        for stretch in logs.damage(path, name, root=study.folder)
    )


def n_lost(study: Study, site: str | None = None) -> int:
    """Count the stretches of the logs that could not be read: as many codings, or more, are missing."""
    return sum(stretch.is_lost for stretch in damage(study, site))


def faults(study: Study) -> list[Problem]:
    """Find what must be mended and does not keep the codings from being read.

    Damaged stretches; codings of one id with other content, of which the first counts; kept texts that are
    no longer what their name says.
    """
    found: list[Problem] = []
    for name, path in _named(study, None):
        reading = logs.opened(path, coding_events.EVENT, name, root=study.folder)
        found += [stretch.problem for stretch in reading.damage]
        found += standing.doubles(name, list(reading.entries))
    for path in sorted((study.folder / FOLDER / TEXTS).glob("*.txt")):
        if folders.stray(path) is None:
            try:
                kept_text(study, path.stem)
            except InvalidMaterial as refused:
                found += refused.problems
    return found


def remarks(study: Study) -> tuple[str, ...]:
    """Tell what a person should know of the logs and nothing has to stop for.

    Logs with lines that bear no running hash, told once for all; logs that a newer version of the program
    wrote in; copies that a sync program made, with what they hold beside the log.
    """
    told: list[str] = []
    unsealed: list[str] = []
    for name, path in _named(study, None):
        reading = logs.opened(path, coding_events.EVENT, name, root=study.folder)
        told += reading.remarks
        unsealed += [name] if reading.unsealed else []
    for folder in coding_events.coders(study):
        for copy, log in logs.conflict_copies(folder):
            name = f"{FOLDER}/{folder.name}/{copy.name}"
            n_new = _n_new(copy, log, name, study)
            if n_new:
                what = f"lines that {log.name} does not have: {n_new}"
                told.append(f"{name}: a sync-conflict copy, {what}; take them in with `casestudy merge`")
    if unsealed:
        more = f" and {len(unsealed) - 1} more logs" if len(unsealed) > 1 else ""
        told.append(f"{unsealed[0]}{more}: not sealed, an edit or a cut there would not be noticed")
    return tuple(told)


def _n_new(copy: Path, log: Path, name: str, study: Study) -> int:
    try:
        data = folders.read_bytes(copy, root=study.folder, name=name, limit=logs.LIMIT_BYTES)
    except InvalidMaterial:
        return 0
    have = lines.read(log.read_bytes(), name).lines if log.is_file() else ()
    known = {lines.digest(line.content) for line in have}
    return sum(lines.digest(line.content) not in known for line in lines.read(data, name).lines)


def _named(study: Study, site: str | None) -> Iterator[tuple[str, Path]]:
    own = None if site is None else {row.source for row in sources.rows(study) if row.site == site}
    for coder, path in coding_events.log_files(study):
        if own is None or path.stem in own:
            yield coding_events.log_name(coder, path.stem), path
