"""What was built, from what, and when: the private workshop beside the published reports."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock

from casestudy.building import inputs
from casestudy.errors import BUSY, CasestudyError
from casestudy.study import Study

FORMAT = 1
RELEASED = "released.ipynb"
PRIVATE = stat.S_IRWXU
# Readers pass through the workshop to the published edition, and can list nothing on the way.
PASSABLE = stat.S_IRWXU | stat.S_IXGRP | stat.S_IXOTH


class Busy(CasestudyError):
    """Another build of the same study is running."""

    exit_code = BUSY


@dataclass(frozen=True)
class Entry:
    """The last good result of one step: what it was made from, where it lies and what it holds."""

    inputs: Mapping[str, str]
    result: str
    outputs: Mapping[str, str]
    date: str


@dataclass(frozen=True)
class Failed:
    """The last failure of one step, in words that hold no data."""

    kind: str
    message: str
    cell: int | None
    date: str


@dataclass(frozen=True)
class Ledger:
    """All results and failures of a study, and the survey's digests, which are slow to make."""

    steps: Mapping[str, Entry] = field(default_factory=dict)
    failures: Mapping[str, Failed] = field(default_factory=dict)
    survey_files: str = ""
    survey: Mapping[str, str] = field(default_factory=dict)
    edition: int = 0

    def built(self, step: str, entry: Entry) -> Ledger:
        """Return a ledger in which the step has this result."""
        failures = {name: failed for name, failed in self.failures.items() if name != step}
        return replace(self, steps={**self.steps, step: entry}, failures=failures)

    def failed(self, step: str, failed: Failed) -> Ledger:
        """Return a ledger in which the step failed; its last good result stays."""
        return replace(self, failures={**self.failures, step: failed})

    def surveyed(self, files: str, survey: Mapping[str, str]) -> Ledger:
        """Return a ledger that knows the responses per site of these survey files."""
        return replace(self, survey_files=files, survey=dict(survey))


def read(study: Study) -> Ledger:
    """Read the ledger.

    One that is damaged or of another version counts as empty, and everything is built again. A result
    whose files are gone or changed by hand does not count either.
    """
    try:
        value = json.loads((study.workshop / "ledger.json").read_bytes())
        if value["format"] != FORMAT:
            return Ledger()
        steps = {name: Entry(**entry) for name, entry in value["steps"].items()}
        failures = {name: Failed(**failed) for name, failed in value["failures"].items()}
        whole = {name: entry for name, entry in steps.items() if _is_whole(study, entry)}
        return Ledger(whole, failures, value["survey_files"], value["survey"], value["edition"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Ledger()


def write(study: Study, ledger: Ledger) -> None:
    """Write the ledger in one rename, on disk on return."""
    value = {"format": FORMAT, **asdict(ledger)}
    replace_file(study.workshop / "ledger.json", json.dumps(value, indent=1, sort_keys=True).encode())


def keep(study: Study, folder: str, made: Path) -> tuple[str, dict[str, str]]:
    """Keep a finished result under a name made of its contents; an equal one is there already.

    Parameters
    ----------
    study
        The study.
    folder
        The step's folder name.
    made
        A private folder that holds the result and nothing else; it is moved.

    Returns
    -------
    tuple
        The result's name under ``steps/`` and the digests of its files.
    """
    outputs = inputs.of_folder(made)
    name = f"{folder}/{inputs.of_value(outputs)[:16]}"
    target = study.workshop / "steps" / name
    if inputs.of_folder(target) == outputs:
        shutil.rmtree(made)
    else:
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        made.rename(target)
    return name, outputs


def prune(study: Study, ledger: Ledger) -> None:
    """Remove results that no entry of the ledger names."""
    named = {entry.result for entry in ledger.steps.values()}
    for path in sorted((study.workshop / "steps").glob("*/*")):
        if path.relative_to(study.workshop / "steps").as_posix() not in named:
            shutil.rmtree(path, ignore_errors=True)


def result(study: Study, entry: Entry) -> Path:
    """Give the folder of a result."""
    return study.workshop / "steps" / entry.result


def share_tables(study: Study, site: str, tables: Path) -> None:
    """Lay a step's tables where a notebook that is run by hand looks for them."""
    target = study.workshop / "tables" / site
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(tables.iterdir()) if tables.is_dir() else []:
        replace_file(target / path.name, path.read_bytes())


def replace_file(path: Path, data: bytes) -> None:
    """Write a private file whole or not at all."""
    opened, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def locked(study: Study, *, wait: bool = False) -> Iterator[None]:
    """Hold the study for one build; the lock goes with the process that holds it.

    Raises
    ------
    Busy
        At once, with the start of the other build, when it is held and ``wait`` is false.
    """
    folder = study.workshop
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(PASSABLE)
    for name in ("failures", "steps", "tables", "work"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name).chmod(PRIVATE)
    lock = filelock.FileLock(folder / "lock", timeout=-1 if wait else 0)
    try:
        with lock:
            replace_file(folder / "started", now().encode())
            yield
    except filelock.Timeout:
        raise Busy(
            f"reports/{study.name}: another build is running, started {_started(folder)}; "
            "wait for it or use `--wait`"
        ) from None


def heal(study: Study) -> None:
    """Remove what a killed build left behind; only the holder of the lock may."""
    for rest in (study.workshop / "work").glob("*/elsewhere"):
        elsewhere = Path(rest.read_text(encoding="utf-8"))
        if elsewhere.name.startswith("casestudy-"):
            shutil.rmtree(elsewhere, ignore_errors=True)
    for rest in (study.workshop / "work").iterdir():
        shutil.rmtree(rest, ignore_errors=True)
    for folder in (study.workshop, *(study.workshop / "tables").glob("*")):
        for rest in folder.glob(".*.????????"):
            if rest.is_file():
                rest.unlink(missing_ok=True)


def now() -> str:
    """Give the moment, in UTC, for messages only; nothing that is published holds it."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def today() -> str:
    """Give an edition its date: ``SOURCE_DATE_EPOCH`` where it is set, so that a rebuild gives equal bytes.

    Examples
    --------
    >>> import os; os.environ["SOURCE_DATE_EPOCH"] = "1504224000"
    >>> today()
    '2017-09-01'
    >>> del os.environ["SOURCE_DATE_EPOCH"]
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return moment.strftime("%Y-%m-%d")


def _is_whole(study: Study, entry: Entry) -> bool:
    return inputs.of_folder(result(study, entry)) == dict(entry.outputs)


def _started(folder: Path) -> str:
    with contextlib.suppress(OSError):
        return (folder / "started").read_text(encoding="utf-8")
    return "just now"


def json_of(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; nothing when it is absent or damaged."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
