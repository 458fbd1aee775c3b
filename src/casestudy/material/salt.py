"""The study's salt, which lies outside the project, and the hash that it makes of a self-generated code."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from casestudy.errors import WrongUse
from casestudy.material.rewrites import sync_folder
from casestudy.study import Study

N_BYTES = 32
N_DIGITS = 16
# Two texts cannot run into each other, as no element holds this sign.
_BETWEEN = "\x1f"


def must_lie_outside(path: Path, study: Study) -> None:
    """Refuse a salt inside the study or the project around it, where it would travel with what it protects.

    Raises
    ------
    WrongUse
        When it lies there, also through a link.
    """
    real = path.resolve()
    if any(real.is_relative_to(folder) for folder in _projects(study)):
        raise WrongUse(
            "--salt: the file must lie outside the study and its project, found a place inside; choose one "
            "that only you can read and that is not shared"
        )


def _projects(study: Study) -> Iterator[Path]:
    folder = study.folder.resolve()
    yield folder
    yield study.reports.resolve()
    if folder.parent.name == "interviews":
        yield folder.parent.parent
    yield from (above for above in folder.parents if (above / ".git").exists())


def read(path: Path, study: Study) -> bytes:
    """Read the salt.

    Raises
    ------
    WrongUse
        When it lies inside the project, is not there, can be read by others, or is no salt.
    """
    must_lie_outside(path, study)
    try:
        found = path.stat()
        data = path.read_bytes() if stat.S_ISREG(found.st_mode) and found.st_size == N_BYTES else b""
    except OSError:
        raise WrongUse("--salt: the file must be readable, found none that is; check its name") from None
    if os.name != "nt" and found.st_mode & 0o077:
        raise WrongUse("--salt: only you may read the file, found rights for others; run `chmod 600` on it")
    if len(data) != N_BYTES:
        raise WrongUse(f"--salt: the file must hold {N_BYTES} bytes, found another size; name the right file")
    return data


def make(path: Path, study: Study) -> bytes:
    """Make a new salt that only its owner can read; a file that is there stays as it is.

    Raises
    ------
    WrongUse
        When it would lie inside the project, or cannot be written.
    """
    must_lie_outside(path, study)
    data = secrets.token_bytes(N_BYTES)
    try:
        # Whole or not at all: half a salt would stand in the way of a new one.
        opened, temporary = tempfile.mkstemp(
            dir=path.parent, prefix=".", suffix=".tmp"
        )  # for the owner alone
        try:
            with os.fdopen(opened, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _put(Path(temporary), path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise WrongUse(f"--salt: {error.strerror}; choose another place") from None
    sync_folder(path.parent)
    return data


def _put(made: Path, path: Path) -> None:
    """Give a file its name, and never that of another that is there."""
    try:
        os.link(made, path)
    except FileExistsError:
        raise
    except OSError:  # some file systems have no second names
        if path.exists():
            raise
        made.rename(path)


def plain(element: str) -> str:
    """Give an element the form in which two are compared: without case, width, or zeros before a number.

    Examples
    --------
    >>> [plain(text) for text in (" B", "07", "0", "É")]
    ['b', '7', '0', 'é']
    """
    text = unicodedata.normalize("NFKC", element).strip().casefold()
    return text.lstrip("0") or "0" if text.isdecimal() else text


def sealed_code(salt: bytes, site: str, elements: Iterable[str], *, apart: str = "") -> str:
    """Hash a self-generated code of one site: HMAC-SHA256 with the salt, its first 16 hexadecimal digits.

    Parameters
    ----------
    salt
        The study's salt.
    site
        Its site; the same elements at another site are another person.
    elements
        The elements, in their order.
    apart
        Text that sets a record apart from others with the same elements, so that it is linked to none.

    Examples
    --------
    >>> first = sealed_code(bytes(32), "es", ["B", "07", "x"])
    >>> first == sealed_code(bytes(32), "es", ["b", "7", "X"]), len(first)
    (True, 16)
    >>> first == sealed_code(bytes(32), "es", ["B", "07", "x"], apart="voor.csv:3")
    False
    """
    text = _BETWEEN.join([site, *map(plain, elements), *([apart] if apart else [])])
    return hmac.new(salt, text.encode("utf-8"), hashlib.sha256).hexdigest()[:N_DIGITS]


def check_of(salt: bytes) -> str:
    """Give what a later sealing knows the salt by; it says nothing about the salt itself."""
    return hmac.new(salt, b"the salt of this study", hashlib.sha256).hexdigest()[:N_DIGITS]
