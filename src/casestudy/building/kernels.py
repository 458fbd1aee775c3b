"""A warm kernel of one's own: forked from a worker that has everything loaded, by a Jupyter provisioner.

The kernel process is forked before the worker starts any thread, and waits for its orders. Where the system
cannot fork, or the worker has threads already, the same process is started afresh and loads what it needs:
slower, not other.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from multiprocessing import connection
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets.config import Config

PROVISIONER = "casestudy-warm"
LOG = "kernel.log"
HAS_FORK = "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"

_waiting: list[Kernel] = []


@dataclass(frozen=True)
class Orders:
    """How a kernel is to run."""

    arguments: tuple[str, ...]
    folder: str
    environment: dict[str, str]
    log: str
    seed: int
    memory: int | None


class Kernel:
    """A kernel process, with the questions Jupyter asks of one.

    Parameters
    ----------
    process
        The process, which waits.
    pipe
        Where its orders go.
    """

    stdin = stdout = stderr = None

    def __init__(self, process: Any, pipe: connection.Connection) -> None:
        self.process, self._pipe = process, pipe
        self.pid: int = process.pid

    def order(self, orders: Orders) -> None:
        """Let the process become a kernel."""
        self._pipe.send(orders)

    def poll(self) -> int | None:
        """Give the exit code; nothing while it runs."""
        code: int | None = self.process.exitcode
        return code

    def wait(self) -> int | None:
        """Wait for the end and give the exit code."""
        self.process.join()
        return self.poll()

    def send_signal(self, signum: int) -> None:
        """Send a signal to the process."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.process.terminate()

    def kill(self) -> None:
        """End the process and everything it started."""
        if self.poll() is None:
            with contextlib.suppress(OSError, AttributeError):
                os.killpg(self.pid, signal.SIGKILL)
            self.process.kill()
        self.process.join(10)


class Provisioner(LocalProvisioner):
    """Gives a kernel manager the process that waits for it."""

    async def launch_kernel(self, cmd: list[str], **launch: Any) -> Any:
        """Send the waiting process its orders.

        Parameters
        ----------
        cmd
            The command of a plain kernel; the arguments after the module's name are what counts.
        **launch
            The environment, among others.
        """
        manager: Any = self.parent
        environment = {**launch["env"], **manager.environment}
        orders = Orders(
            tuple(cmd[3:]),
            str(manager.folder),
            environment,
            str(manager.folder / LOG),
            manager.seed,
            manager.memory,
        )
        manager.kernel.order(orders)
        self.process, self.pid, self.pgid = manager.kernel, manager.kernel.pid, manager.kernel.pid
        return self.connection_info


class Manager(AsyncKernelManager):
    """A kernel manager for one waiting process, whatever kernels are installed on the system."""

    kernel: Kernel
    folder: Path
    environment: dict[str, str]
    seed: int
    memory: int | None

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel of this very Python."""
        factory = KernelProvisionerFactory.instance()
        entry = EntryPoint(PROVISIONER, f"{__name__}:Provisioner", KernelProvisionerFactory.GROUP_NAME)
        factory.provisioners[PROVISIONER] = entry
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": PROVISIONER, "config": {}}},
        )


@dataclass(frozen=True)
class Started:
    """A waiting kernel, and what papermill must be told to use it."""

    kernel: Kernel
    settings: dict[str, Any]


@contextlib.contextmanager
def started(folder: Path, socket: Path, *, seed: int, memory: int | None = None) -> Iterator[Started]:
    """Start a kernel process; it is gone when the block is left.

    Parameters
    ----------
    folder
        A private folder for the kernel's own files.
    socket
        A short absolute path that names the sockets, where the system has them.
    seed
        For random numbers that a notebook draws without a generator of its own; a fork would repeat those
        of its parent.
    memory
        The most memory the kernel may take, in bytes.
    """
    kernel = _waiting.pop() if _waiting else _process()
    try:
        config = Config()
        config.KernelManager.connection_file = str(folder / "kernel.json")
        if os.name == "posix":
            config.KernelManager.transport = "ipc"
            config.KernelManager.ip = str(socket)
        environment = {"IPYTHONDIR": str(folder / "ipython"), "MPLBACKEND": "agg"}
        own = {"kernel": kernel, "folder": folder, "environment": environment, "seed": seed, "memory": memory}
        manager = type("OwnManager", (Manager,), own)
        yield Started(
            kernel, {"config": config, "kernel_manager_class": manager, "shutdown_kernel": "immediate"}
        )
    finally:
        kernel.kill()


def prepare() -> None:
    """Start the one kernel process of a worker, before anything in it starts a thread."""
    _waiting.append(_process())


def is_single() -> bool:
    """Whether this process has one thread, so that a fork of it is whole."""
    tasks = Path("/proc/self/task")
    if tasks.is_dir():
        return len(list(tasks.iterdir())) == 1
    return threading.active_count() == 1


def end_with_parent(end: Callable[[], None]) -> None:
    """Call ``end`` when the process that started this one is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for_end, args=(parent.sentinel, end), daemon=True).start()


def _wait_for_end(sentinel: int, end: Callable[[], None]) -> None:
    connection.wait([sentinel])
    end()


def _process() -> Kernel:
    method = "fork" if HAS_FORK and is_single() and multiprocessing.parent_process() is not None else "spawn"
    context: Any = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, ours), daemon=True)
    process.start()
    theirs.close()
    return Kernel(process, ours)


def _serve(pipe: connection.Connection, other_end: connection.Connection) -> None:
    """Become a kernel once the orders are there; end when the worker does."""
    other_end.close()
    if os.name == "posix":
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        orders: Orders = pipe.recv()
    except EOFError:
        return
    end_with_parent(_end_all)
    silence(orders.log)
    os.environ.clear()
    os.environ.update(orders.environment)
    os.chdir(orders.folder)
    _limit(orders.memory)
    _reseed(orders.seed)
    # No one debugs a build, and loading the debugger takes half of a warm kernel's start.
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    sys.argv = ["ipykernel", *orders.arguments]
    application = importlib.import_module("ipykernel.kernelapp").IPKernelApp
    application.launch_instance(list(orders.arguments))


def _end_all() -> None:
    """End a kernel and what it started."""
    if os.name == "posix":
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def silence(log: str) -> None:
    """Send both standard streams to a private file; what is printed may hold data."""
    opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(opened, stream)
    os.close(opened)


def _limit(memory: int | None) -> None:
    """Limit the memory a kernel may fill; where the system has no such limit, it has none."""
    if memory is None or os.name != "posix":
        return
    resource = importlib.import_module("resource")
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (memory, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _reseed(seed: int) -> None:
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)
