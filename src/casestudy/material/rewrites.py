"""Files that are replaced whole or not at all, also while somebody appends to them."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

# A log that is a link is not ours to write to; the binary flag is there where line ends would be rewritten.
_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
APPENDING = os.O_RDWR | os.O_APPEND | os.O_CREAT | _LINK


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def rewrite(path: Path, change: Callable[[bytes], bytes], *, copies: str) -> Path | None:
    """Replace the bytes of a log by others, whole or not at all, while others may append to it.

    Parameters
    ----------
    path
        The log; one that is not there is empty.
    change
        Gives the new bytes for the present ones.
    copies
        Name of the folder beside the log in which a copy of the present bytes is made first.

    Returns
    -------
    Path or None
        The copy; nothing when nothing changed or there was nothing to copy.
    """
    if not path.exists():
        if new := change(b""):
            write_whole(path, new)
        return None
    reading = os.open(path, os.O_RDONLY | _LINK)
    try:
        with os.fdopen(reading, "rb", closefd=False) as file:
            data = file.read()
            new = change(data)
            if new == data:
                return None
            copy = copied(path, data, copies)
            write_whole(path, new)
            # Somebody who opened the log before its name went to the new file wrote in the old one.
            late = file.read()
        if late:
            _append_late(path, late)
        return copy
    finally:
        os.close(reading)


def _append_late(path: Path, late: bytes) -> None:
    opened = os.open(path, APPENDING, 0o644)
    try:
        if os.write(opened, late) != len(late):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(opened)
    finally:
        os.close(opened)


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in its place whole or not at all, and bring it to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
    sync_folder(path.parent)


def copied(path: Path, data: bytes, folder: str) -> Path:
    """Keep these bytes of a file in a folder beside it, named by their fingerprint."""
    copy = path.parent / folder / f"{path.name}.{hashlib.sha256(data).hexdigest()[:8]}"
    if not copy.exists():
        write_whole(copy, data)
    return copy
