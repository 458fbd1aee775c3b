"""New study folders: commented files that pass ``check`` as they are, for people to fill in."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from casestudy.errors import WrongUse

# Every kind starts from the same files; its own ones come on top.
EVERY = "every"
SITES = ("site-a", "site-b")
FOLDERS = (*(f"sources/{site}" for site in SITES), "codings", "ratings")
MORE = {"implementation": ("survey",)}


def write(path: Path, kind: str) -> None:
    """Make a study folder.

    Parameters
    ----------
    path
        The folder; it does not exist yet, or is empty.
    kind
        ``implementation``, ``narrative``, ``assessment`` or ``pilot``.

    Raises
    ------
    WrongUse
        When something is there already; nothing is ever overwritten.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise WrongUse(
            f"PATH: it must be a new or empty folder, found `{path.name}` with something in it; "
            "choose another name"
        )
    path.mkdir(parents=True, exist_ok=True)
    for folder in (*FOLDERS, *MORE.get(kind, ())):
        (path / folder).mkdir(parents=True)
    shelf = files(__name__)
    for group in (EVERY, kind):
        for file in sorted((shelf / group).iterdir(), key=_name):
            (path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")


def _name(file: Traversable) -> str:
    return file.name
