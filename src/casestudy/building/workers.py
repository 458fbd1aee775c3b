"""Running one step in a process of its own: one private folder, one kernel, a whole result or none.

A notebook that looks finished proves nothing: papermill leaves completed cells behind a dead kernel and takes
``sys.exit(0)`` for success. A result counts when the run returned, every cell ran and the report was closed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from casestudy.building import kernels
from casestudy.building.ledger import RELEASED
from casestudy.building.parameters import Value, named
from casestudy.errors import CasestudyError, WrongUse
from casestudy.reporting import notebooks

_read: Any = nbformat.read  # nbformat has no types
_writes: Any = nbformat.writes
_from_dict: Any = nbformat.from_dict

INJECTED = "injected-parameters"
TABLES = "tables"
RESULT = "result"
# Errors of this package whose words hold no data.
TOLD = ("InvalidMaterial", "TableMissing", "TableWrong", "WrongUse")
START_SECONDS = 60
NO_SPACE = "the disk is full; free some of it"

Kind = Literal[
    "kernel stopped", "stopped early", "time limit", "memory limit", "no space", "error", "refused"
]


@dataclass(frozen=True)
class Failure:
    """A step that broke: where, how, and in words that hold no data.

    Parameters
    ----------
    step
        Id of the step.
    cell
        Number of the notebook cell, counted from 1 over all cells; nothing when no cell is to blame.
    kind
        How it broke.
    message
        The name of an error, or the lines of refused material; never text of a cell or a transcript.
    """

    step: str
    cell: int | None
    kind: Kind
    message: str

    def __str__(self) -> str:
        if self.kind == "refused":
            return "\n".join(f"{self.step}: {line}" for line in self.message.splitlines())
        where = "" if self.cell is None else f", notebook cell {self.cell}"
        return f"{self.step}{where}: {self.kind} ({self.message})"


@dataclass(frozen=True)
class Limits:
    """What one step may take."""

    cell_seconds: int = 600
    memory: int | None = 4 * 2**30


@dataclass(frozen=True)
class StepOrder:
    """Everything a worker needs to know to run one step.

    Parameters
    ----------
    step, notebook, parameters
        What to run with what.
    folder
        A private folder that does not exist yet.
    socket
        A short absolute path that names the kernel's sockets.
    tables
        Folders to copy in, by the name of the site they are about.
    reads
        Which tables to copy; all when none is named.
    own
        The name under ``tables/`` that the step writes to.
    details
        The private file for what went wrong.
    seed
        For random numbers drawn without a generator.
    """

    step: str
    notebook: Path
    parameters: Mapping[str, Value]
    folder: Path
    socket: Path
    own: str
    details: Path
    tables: Mapping[str, Path] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    seed: int = 0
    limits: Limits = Limits()


@dataclass(frozen=True)
class StepOutcome:
    """How a step ended: a folder with its whole result, or a failure."""

    step: str
    seconds: float
    result: Path | None = None
    failure: Failure | None = None


class _Broken(Exception):
    """The run ended in a known way; the arguments are kind, cell and message."""

    def __init__(self, kind: Kind, cell: int | None, message: str) -> None:
        super().__init__(kind, cell, message)
        self.kind, self.cell, self.message = kind, cell, message


@dataclass
class _Place:
    """The cell that runs, in numbers of the notebook as people wrote it."""

    cell: int | None = None
    shift: int = 0

    def started(self, cell: Any, cell_index: int) -> None:
        """Note a cell that starts; the one papermill added is nobody's."""
        if INJECTED in cell.metadata.get("tags", []):
            self.shift = 1
        else:
            self.cell = cell_index + 1 - self.shift


def ready(log: str) -> None:
    """Ready a worker process for its one step.

    An interrupt is the builder's to handle, nothing may reach the terminal, and when the builder is gone, so
    is the worker. The kernel is forked first, because waiting for the builder takes a thread.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kernels.silence(log)
    kernels.prepare()
    kernels.end_with_parent(partial(os._exit, 1))


def run_step(order: StepOrder) -> StepOutcome:
    """Run one step to a whole result or a failure; never raises, and says nothing.

    Parameters
    ----------
    order
        What to run.

    Returns
    -------
    StepOutcome
        On success ``result`` is a folder with ``released.ipynb`` and ``tables/``. Details of a failure, which
        may hold text of transcripts, go to the order's private file.
    """
    started = time.monotonic()
    place = _Place()
    try:
        result = _result(order, place)
    except Exception as error:  # noqa: BLE001 - whatever breaks one step must not break the build
        failure = _failure(order.step, error, place)
        _write_details(order, error)
        return StepOutcome(order.step, time.monotonic() - started, failure=failure)
    return StepOutcome(order.step, time.monotonic() - started, result)


def _result(order: StepOrder, place: _Place) -> Path:
    order.folder.mkdir(mode=0o700, parents=True)
    limits = order.limits
    with kernels.started(order.folder, order.socket, seed=order.seed, memory=limits.memory) as own:
        tables = order.folder / TABLES
        _copy_tables(order, tables)
        notebook = named(read_notebook(order.notebook))
        with _kernel_watched(own.kernel, place):
            executed = papermill.execute_notebook(
                notebook,
                None,
                parameters={**order.parameters, "tables": str(tables)},
                kernel_name="python3",
                language="python",
                cwd=order.folder,
                progress_bar=False,
                request_save_on_cell_execute=False,
                start_timeout=START_SECONDS,
                execution_timeout=limits.cell_seconds,
                on_cell_start=place.started,
                **own.settings,
            )
    _check_no_exit(executed)
    return _finished(order, executed, tables / order.own)


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook in the one form that all of this package knows.

    Raises
    ------
    WrongUse
        When the file is no notebook.
    """
    try:
        # An old notebook comes back as another class, which papermill does not take for one.
        notebook: nbformat.NotebookNode = _from_dict(_read(path, as_version=4))
        nbformat.validate(notebook)
    except (ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError):
        raise WrongUse(
            f"notebooks/{path.name}: it must be a notebook, found something else; save it from JupyterLab"
        ) from None
    return notebook


def _copy_tables(order: StepOrder, tables: Path) -> None:
    (tables / order.own).mkdir(parents=True)
    for site, folder in order.tables.items():
        (tables / site).mkdir(exist_ok=True)
        for path in sorted(folder.iterdir()):
            if not order.reads or path.stem in order.reads:
                shutil.copyfile(path, tables / site / path.name)
    for name, data in order.files.items():
        path = tables / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@contextlib.contextmanager
def _kernel_watched(kernel: kernels.Kernel, place: _Place) -> Iterator[None]:
    """Tell the ways in which a kernel can leave apart."""
    try:
        yield
    except CellTimeoutError as error:
        raise _Broken("time limit", place.cell, "the cell ran too long") from error
    except (DeadKernelError, RuntimeError) as error:
        kernel.process.join(5)
        code = kernel.poll()
        if code == 0:
            raise _Broken("stopped early", place.cell, "the kernel was left before the end") from error
        if code is not None and code < 0:
            raise _Broken("kernel stopped", place.cell, "killed") from error
        raise _Broken(
            "kernel stopped", place.cell, "not running" if code is None else f"exit {code}"
        ) from error


def _check_no_exit(executed: nbformat.NotebookNode) -> None:
    """Refuse a run that ``sys.exit`` cut short, which papermill takes for a success."""
    for index, cell in enumerate(executed.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error" and output.ename == "SystemExit":
                raise _Broken(
                    "stopped early", _number(executed, index), "the notebook was left before the end"
                )


def _finished(order: StepOrder, executed: nbformat.NotebookNode, tables: Path) -> Path:
    for cell in executed.cells:
        if INJECTED in cell.metadata.get("tags", []) and cell.execution_count is None:
            raise _Broken("stopped early", None, "the parameters were not read")
    executed.cells = [cell for cell in executed.cells if INJECTED not in cell.metadata.get("tags", [])]
    released = notebooks.release(executed)
    result = order.folder / RESULT
    shutil.copytree(tables, result / TABLES)
    text = _writes(released, version=4)
    (result / RELEASED).write_text(f"{text}\n", encoding="utf-8", newline="\n")
    return result


def _number(notebook: nbformat.NotebookNode, index: int) -> int:
    return index + 1 - sum(INJECTED in cell.metadata.get("tags", []) for cell in notebook.cells[:index])


def _failure(step: str, error: Exception, place: _Place) -> Failure:
    if isinstance(error, _Broken):
        return Failure(step, error.cell, error.kind, error.message)
    if isinstance(error, notebooks.Incomplete):
        return Failure(step, error.cell, "stopped early", f"{error.must}, found {error.found}")
    if isinstance(error, PapermillExecutionError):
        return _of_cell(step, error, place)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Failure(step, place.cell, "no space", NO_SPACE)
    if isinstance(error, CasestudyError):
        return Failure(step, None, "refused", str(error))
    return Failure(step, place.cell, "error", type(error).__name__)


def _of_cell(step: str, error: PapermillExecutionError, place: _Place) -> Failure:
    name = str(error.ename)
    if name in TOLD:
        return Failure(step, place.cell, "refused", str(error.evalue))
    if name == "MemoryError":
        return Failure(step, place.cell, "memory limit", "the cell needed too much memory")
    if str(error.evalue).startswith(f"[Errno {errno.ENOSPC}]"):
        return Failure(step, place.cell, "no space", NO_SPACE)
    if name == "SystemExit":
        return Failure(step, place.cell, "stopped early", "the notebook was left before the end")
    return Failure(step, place.cell, "error", name if name.isidentifier() else "an error")


def _write_details(order: StepOrder, error: Exception) -> None:
    """Keep what may hold data where only its owner can read it; a full disk must not hide the failure."""
    with contextlib.suppress(OSError):
        log = order.folder / kernels.LOG
        text = "".join(traceback.format_exception(error))
        printed = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        order.details.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        order.details.unlink(missing_ok=True)
        opened = os.open(order.details, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8", errors="replace") as file:
            file.write(f"{text}\n{printed}")
