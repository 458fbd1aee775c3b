"""What can go wrong in a way the user can mend, and how it is told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeVar

DONE = 0
STALE = 1
WRONG_USE = 2
INPUT_REFUSED = 3
PARTLY_DONE = 4
DISCLOSURE_STOP = 5
NOTHING_BUILT = 6
BUSY = 75
INTERRUPTED = 130
TERMINATED = 143

SETTINGS_FILE = "study.yml"

# A column that is wrong in every row must not bury what else is wrong.
_MOST_ALIKE = 100
_DIGITS = re.compile(r"(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in the material that must be mended, told in one line.

    Parameters
    ----------
    place
        File relative to the study folder, with the line where there is one: ``codebook.yml:12``.
    must
        What must hold there.
    found
        What was found; a field name or an id, never text of a transcript or an answer.
    remedy
        What to do.

    Examples
    --------
    >>> print(Problem("sources.csv:4", "`site` must be a site of study.yml", "`eik`", "did you mean `es`?"))
    sources.csv:4: `site` must be a site of study.yml, found `eik`; did you mean `es`?
    """

    place: str
    must: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return plain(f"{self.place}: {self.must}, found {self.found}; {self.remedy}")

    def __lt__(self, other: Problem) -> bool:
        """Tell which stands first: by file and line, numbers as numbers."""
        return self._order() < other._order()

    def _order(self) -> tuple[list[str | int], ...]:
        words = (self.place, self.must, self.found, self.remedy)
        return tuple(
            [int(part) if n % 2 else part for n, part in enumerate(_DIGITS.split(word))] for word in words
        )


def plain(words: str) -> str:
    r"""Give words as one line can show them; names of files may hold signs that nobody sees or that break it.

    Examples
    --------
    >>> plain("sources/es/a\nb\u202e.txt")
    'sources/es/a\ufffdb\ufffd.txt'
    """
    return "".join(sign if sign.isprintable() or sign == "\u00a0" else "\ufffd" for sign in words)


def place(file: PurePath | str, line: int | None = None) -> str:
    """Name a place the way every message does.

    Examples
    --------
    >>> place("guide.yml", 7), place("guide.yml")
    ('guide.yml:7', 'guide.yml')
    """
    name = file.as_posix() if isinstance(file, PurePath) else file
    return name if line is None else f"{name}:{line}"


class CasestudyError(Exception):
    """An error that is told in plain lines and has an exit code; never a traceback."""

    exit_code = WRONG_USE


class WrongUse(CasestudyError):
    """A command, parameter or setting that cannot be used as given."""


class InvalidMaterial(CasestudyError):
    """Everything that must be mended before the material can be used.

    The arguments are kept, so that the error survives the way back from a worker process.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(_few_alike(sorted(problems))))
        super().__init__(self.problems)

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        """2 when a setting is wrong, 3 when only the material is."""
        settings = any(p.place.split(":")[0] == SETTINGS_FILE for p in self.problems)
        return WRONG_USE if settings else INPUT_REFUSED

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def _few_alike(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Give the first of many problems of a file that differ by numbers alone, and how many follow them."""
    n_alike: Counter[Problem] = Counter()
    left_out: dict[Problem, str] = {}
    for problem in problems:
        file, _, line = problem.place.rpartition(":")
        alike = Problem(file, problem.must, _DIGITS.sub("", problem.found), problem.remedy)
        n_alike[alike] += line.isdecimal()
        if n_alike[alike] <= _MOST_ALIKE:
            yield problem
        else:
            left_out.setdefault(alike, problem.place)
    for alike, first in left_out.items():
        found = f"the like from here on, {n_alike[alike] - _MOST_ALIKE:,} times more"
        yield Problem(first, alike.must, found, alike.remedy)


Value = TypeVar("Value")


class Gathered(list[Problem]):
    """Problems of several readers, gathered so that they can be told all at once.

    Examples
    --------
    >>> problems = Gathered()
    >>> def broken() -> int: raise InvalidMaterial([Problem("a.csv", "it must have rows", "none", "add one")])
    >>> problems.gather(broken) is None
    True
    >>> len(problems)
    1
    """

    def gather(self, read: Callable[[], Value]) -> Value | None:
        """Return what ``read`` gives, or nothing when it was refused; the reasons are kept."""
        try:
            return read()
        except InvalidMaterial as refused:
            self.extend(refused.problems)
            return None

    def stop(self) -> None:
        """Raise once when anything was gathered."""
        if self:
            raise InvalidMaterial(dict.fromkeys(self))
