"""Originals: every file as it was received, and the log of what was taken in when."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path, PurePosixPath

from casestudy.documents import Record
from casestudy.material import folders, logs, rewrites
from casestudy.material.codings import Moment, Sha256
from casestudy.material.sources import FOLDER, Source, SourceRow
from casestudy.study import Identifier, Study

LOG = f"{FOLDER}/.taken.jsonl"
KEPT = f"{FOLDER}/.originals"


class Event(Record):
    """One line of the log: an original that was taken in, and the one that it replaced."""

    source: Identifier
    site: Identifier
    file: str
    sha256: Sha256
    text_sha256: Sha256
    at: Moment
    remarks: int
    supersedes: Sha256 | None = None


def read(study: Study) -> tuple[Event, ...]:
    """Read what was taken in, in that order.

    Raises
    ------
    InvalidMaterial
        With every damaged line.
    """
    return tuple(event for _, event in logs.read(study.folder / LOG, Event, LOG, root=study.folder))


def kept(study: Study, source: str) -> tuple[Path, ...]:
    """Give the originals that were kept of a source when newer ones came; for whoever must remove it."""
    found, _ = logs.scan(study.folder / LOG, Event, LOG, root=study.folder)
    digests = {event.sha256 for _, event in found if event.source == source}
    digests |= {event.supersedes for _, event in found if event.source == source and event.supersedes}
    folder = study.folder / KEPT
    return tuple(path for path in sorted(folder.glob("*")) if path.stem in digests)


def keep(
    study: Study,
    source: Source,
    data: bytes,
    *,
    at: str,
    replaces: SourceRow | None = None,
    copied_from: Path | None = None,
) -> None:
    """Put an original in its place, keep the one it replaces, and note both; all on disk on return.

    Parameters
    ----------
    study
        The study.
    source
        The source as it reads from ``data``.
    data
        The bytes of the original.
    at
        The moment.
    replaces
        The row of the source so far, when this is a new version of it.
    copied_from
        Where the file lies; absent when it lies in its place already.
    """
    supersedes = _set_apart(study, replaces.name) if replaces is not None else None
    if copied_from is not None:
        path, found = study.folder / source.name, copied_from.stat()
        rewrites.write_whole(path, data)
        # The date of the file says more of the conversation than that of the copy.
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    event = Event(
        source=source.source,
        site=source.site,
        file=source.row.file,
        sha256=hashlib.sha256(data).hexdigest(),
        text_sha256=source.sha256,
        at=at,
        remarks=len(source.remarks),
        supersedes=supersedes,
    )
    logs.append(study.folder / LOG, event)


def _set_apart(study: Study, name: str) -> str | None:
    """Keep a file that is about to be replaced under the fingerprint of its bytes."""
    if not (study.folder / name).is_file():
        return None
    old = folders.read_bytes(study.folder / name, root=study.folder, name=name)
    supersedes = hashlib.sha256(old).hexdigest()
    path = study.folder / KEPT / f"{supersedes}{PurePosixPath(name).suffix}"
    if not path.exists():
        rewrites.write_whole(path, old)
    return supersedes
