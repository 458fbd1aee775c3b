"""Worker processes: forked from one warm parent where the system can fork, started afresh where it cannot.

Only the standard library is imported here, so that the warm parent can start while everything else still
loads.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import pkgutil
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path

from casestudy.errors import INTERRUPTED, TERMINATED

# What the warm parent loads besides the rooms that notebooks use. It only imports: work done there, a thread
# started there or a random number drawn there would be in every kernel.
LIBRARIES = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "matplotlib.pyplot",
    "pandas",
    "scipy.stats",
    "seaborn",
    "sqlite3",
    "tornado.locks",
    "tornado.platform.asyncio",
    "tornado.queues",
)
ROOMS = ("casestudy.material", "casestudy.findings", "casestudy.reporting")
# Threads of number libraries do not survive a fork and gain nothing on tables this small. A fixed hash seed
# keeps the order of sets, and so the bytes of a page, the same from run to run.
ENVIRONMENT = {
    "MPLBACKEND": "agg",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


def context() -> BaseContext:
    """Give the way in which worker processes start here."""
    # On macOS the system's own number library does not survive a fork.
    can_fork = "forkserver" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
    method = "forkserver" if can_fork else "spawn"
    return multiprocessing.get_context(method)


def preheat() -> None:
    """Start the warm parent, which loads the libraries while the caller goes on."""
    chosen = context()
    if chosen.get_start_method() == "forkserver":
        chosen.set_forkserver_preload(preloaded())
        with _environment(), _interrupts_held():
            forkserver.ensure_running()


def preloaded() -> list[str]:
    """Name every module that the warm parent loads.

    Examples
    --------
    >>> "pandas" in preloaded(), "casestudy.building.workers" in preloaded()
    (True, True)
    """
    names = []
    for room in ROOMS:
        folder = importlib.import_module(room).__path__
        names += [room, *(module.name for module in pkgutil.iter_modules(folder, f"{room}."))]
    return [*LIBRARIES, *names, "casestudy.building.workers"]


@contextlib.contextmanager
def pool(jobs: int, ready: Callable[[str], None], log: Path) -> Iterator[Executor]:
    """Give an executor in which every task has a process of its own.

    Left in a hurry, its processes end at once. A kernel ends with the process that runs it.

    Parameters
    ----------
    jobs
        How many processes at a time.
    ready
        Called with ``log`` in every new process.
    log
        A private file for what a worker writes to its standard streams.
    """
    preheat()
    before = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(
        jobs, mp_context=context(), initializer=ready, initargs=(str(log),), max_tasks_per_child=1
    )
    try:
        with _environment():
            yield executor
    except BaseException:
        for process in set(multiprocessing.active_children()) - before:
            process.kill()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


class Stopped(KeyboardInterrupt):
    """The build was asked to stop; ``exit_code`` says by what."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.exit_code = INTERRUPTED if signum == signal.SIGINT else TERMINATED


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Turn signals that ask to stop into one exception, so that everything private is cleared away first."""
    asked = [signal.SIGINT, signal.SIGTERM]

    def stop(signum: int, _: object) -> None:
        for one in asked:
            signal.signal(one, signal.SIG_IGN)
        raise Stopped(signum)

    before = {one: signal.signal(one, stop) for one in asked}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let processes started inside never see Ctrl-C; only the builder answers it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
