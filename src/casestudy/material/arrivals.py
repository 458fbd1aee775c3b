"""Files that are still arriving: what a program is writing or syncing must not be read half.

A file that was just made looks the same as one that is being made, so age alone says nothing: a study that
was cloned a moment ago must be read at once. A young file counts as changing when a program holds it open for
writing (where the system can tell), or when it is seen to change between two looks.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from signal import Signals

if sys.platform == "linux":
    import fcntl

# Seconds. After these a file is settled and costs no wait.
YOUNG = 10.0
# A file that is newer than the rest of the study must have been left alone for so long.
QUIET = 1.5
# Files that were put there together, as a clone or a copy does, are watched for so long.
MOMENT = 0.05
TOGETHER = 1.0
# What was seen to change stays out for so long, so that one step does not read it the second time.
HELD = 30.0
_MOST_LOOKS = 3

_Look = tuple[int, int]


class Watch:
    """Watches files, and remembers what it saw.

    Parameters
    ----------
    now
        Gives the time in seconds, on the clock of the file system.
    wait
        Waits a number of seconds.
    """

    def __init__(
        self, *, now: Callable[[], float] = time.time, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self._now = now
        self._wait = wait
        self._settled: dict[Path, _Look] = {}
        self._held: dict[Path, float] = {}

    def changing(self, paths: Iterable[Path], *, beside: Iterable[Path] = ()) -> frozenset[Path]:
        """Give the files that are still changing.

        It waits at most once for all of them together, and only when some are young and not looked at
        before: ``MOMENT`` when most of the files came together, else until the newcomers were left alone
        for ``QUIET``.

        Parameters
        ----------
        paths
            The files; one that is not there, a folder, a pipe or a device is never changing.
        beside
            Other files of the study, which only tell whether it was put there all at once.
        """
        looks = {path: look for path in paths if (look := _look(path))}
        now = self._now()
        self._held = {path: until for path, until in self._held.items() if until > now}
        unsure = {
            path: look
            for path, look in looks.items()
            if path not in self._held and self._settled.get(path) != look and abs(now - _moment(look)) < YOUNG
        }
        grown = {path for path in unsure if is_written(path)}
        waiting = {path: look for path, look in unsure.items() if path not in grown}
        around = [*looks.values(), *(look for path in beside if (look := _look(path)))]
        grown |= self._seen_to_change(waiting, around)
        self._held |= dict.fromkeys(grown, self._now() + HELD)
        return frozenset(looks.keys() & self._held.keys())

    def _seen_to_change(self, waiting: Mapping[Path, _Look], around: list[_Look]) -> set[Path]:
        """Look again; another size is a change, another time only when it goes on.

        A program that syncs sets the time of a file after its last byte.
        """
        pause = self._pause(waiting, around)
        grown: set[Path] = set()
        for _ in range(_MOST_LOOKS):
            if not waiting:
                return grown
            self._wait(pause)
            again = {path: _look(path) for path in waiting}
            grown |= {path for path, look in again.items() if look is None or look[0] != waiting[path][0]}
            touched = {
                path: look
                for path, look in again.items()
                if look is not None and path not in grown and look != waiting[path]
            }
            self._settled |= {
                path: look
                for path, look in again.items()
                if look is not None and path not in grown and path not in touched
            }
            waiting = touched
        return grown | waiting.keys()

    def _pause(self, waiting: Mapping[Path, _Look], around: list[_Look]) -> float:
        if not waiting:
            return 0.0
        newest = max(_moment(look) for look in waiting.values())
        n_together = sum(abs(newest - _moment(look)) <= TOGETHER for look in around)
        if 2 * n_together > len(around):
            return MOMENT
        return min(max(newest + QUIET - self._now(), MOMENT), QUIET)


def _look(path: Path) -> _Look | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return (found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _moment(look: _Look) -> float:
    return look[1] / 1e9


def is_written(path: Path) -> bool:
    """Whether a program on this machine holds a file open for writing; false where the system cannot tell.

    References
    ----------
    fcntl(2), *Leases*: a read lease on a file that is open for writing is refused with ``EAGAIN``.
    """
    if sys.platform == "linux":
        try:
            opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            # A writer that comes while the lease is held makes the system send a signal; this one is ignored.
            fcntl.fcntl(opened, fcntl.F_SETSIG, Signals.SIGURG)
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            os.close(opened)
    return False
