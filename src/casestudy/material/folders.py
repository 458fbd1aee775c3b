"""Files of a study folder: which are material, which are strays, and opening them without surprises."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from casestudy.errors import InvalidMaterial, Problem

LIMIT_BYTES = 50_000_000
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
HIDDEN = "a hidden file"
EMPTY = "an empty placeholder"

_STRAYS = {
    "a lock file": r"(~\$|\.~lock\.|~wrl).*|.*\.lo?ck",
    "a sync-conflict copy": r".*(\.sync-conflict-|conflicted copy|in conflict|conflict[- ]?kopie"
    r"|conflicterende kopie|_conf\(\d+\)).*|.*\.(orig|rej)",
    "a file half made": r".*(~|\.tmp|\.temp|\.part|\.crdownload|\.swp|\.bak)",
    HIDDEN: r"\..*|thumbs\.db|desktop\.ini|__macosx",
}
_NAMES = {why: re.compile(pattern, re.IGNORECASE | re.DOTALL) for why, pattern in _STRAYS.items()}


def stray_name(name: str) -> str | None:
    """Say why a file of this name is not material; nothing when it may be.

    Examples
    --------
    >>> stray_name("~$gesprek.docx"), stray_name("a.sync-conflict-20190301-101010-ABCDEF.txt")
    ('a lock file', 'a sync-conflict copy')
    >>> stray_name("gesprek.docx") is None
    True
    """
    return next((why for why, pattern in _NAMES.items() if pattern.fullmatch(name)), None)


def stray(path: Path) -> str | None:
    """Say why a file is not material, by its name or as it holds nothing yet; nothing when it may be."""
    if why := stray_name(path.name):
        return why
    try:
        found = path.lstat()
    except OSError:
        return None
    return EMPTY if stat.S_ISREG(found.st_mode) and found.st_size == 0 else None


def entries(folder: Path) -> Iterator[tuple[str, Path]]:
    """Walk a folder in a fixed order: every file with its name relative to the folder.

    A link is given and not followed; hidden folders are passed over.

    Raises
    ------
    InvalidMaterial
        When the folder itself is a link: what lies behind it would be left out and nobody would know.
    """
    if folder.is_symlink():
        raise _refused(folder.name, "a folder must be there itself", "a link", "put the folder itself there")
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.is_dir() and not path.is_symlink():
            if stray_name(path.name) != HIDDEN:
                yield from ((f"{path.name}/{name}", found) for name, found in entries(path))
        else:
            yield path.name, path


def must_lie_inside(folder: Path, *, root: Path, name: str) -> None:
    """Refuse a folder to write in that a link leads out of the study; it need not be there yet.

    Raises
    ------
    InvalidMaterial
        When it lies elsewhere.
    """
    if not folder.resolve().is_relative_to(root.resolve()):
        remedy = "put the folder itself there"
        raise _refused(name, "its folder must lie in the study folder", "a link that leads out of it", remedy)


def read_bytes(path: Path, *, root: Path, name: str, limit: int = LIMIT_BYTES) -> bytes:
    """Read a file of the study and only that: no link out of it, no device or pipe, nothing too large.

    Parameters
    ----------
    path
        The file.
    root
        The study folder it must lie in, links resolved.
    name
        Its name relative to the study folder, for messages.
    limit
        The most bytes it may have.

    Raises
    ------
    InvalidMaterial
        When the file is not there or may not be read.
    """
    try:
        real = path.resolve(strict=True)
        inside = real.is_relative_to(root.resolve())
        found = real.stat() if inside else None
    except (OSError, RuntimeError, ValueError):
        raise _refused(name, "the file must be there", "nothing", "add it or correct its name") from None
    if found is None:
        remedy = "put the file itself there"
        raise _refused(name, "a file must lie in the study folder", "a link that leads out of it", remedy)
    if not stat.S_ISREG(found.st_mode):
        raise _refused(name, "it must be a file", "a folder, pipe or device", "replace it by a file")
    if found.st_size > limit:
        raise _refused(name, f"a file must be at most {limit:,} bytes", f"{found.st_size:,}", "split it")
    try:
        # A pipe that took the file's place between the check and here must not hold the reader up.
        with os.fdopen(os.open(real, _FLAGS), "rb") as file:
            return file.read(limit + 1)
    except OSError:
        raise _refused(
            name, "the file must be readable", "no permission or a damaged disk", "check its rights"
        ) from None


def _refused(name: str, must: str, found: str, remedy: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(name, must, found, remedy)])
