import stat
from pathlib import Path

import pytest

from casestudy.building import pools, workers
from casestudy.building.workers import Limits, StepOrder

REFUSE = """
from casestudy.errors import InvalidMaterial, Problem
raise InvalidMaterial([Problem("sources.csv:2", "it must be", "not", "do")])
"""
DRAW = """
import numpy, random
drawn = f"{numpy.random.rand()} {random.random()} {hash('es')}"
Path(tables, "beuk", "drawn.csv").write_text(drawn)
"""
FAULTS = [
    ('raise ValueError("het geheime citaat")', 4, "error", "ValueError"),
    ("import sys; sys.exit(0)", 4, "stopped early", "the notebook was left before the end"),
    ("import os; os._exit(0)", 4, "stopped early", "the kernel was left before the end"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 4, "kernel stopped", "killed"),
    ("while True: pass", 4, "time limit", "the cell ran too long"),
    ("import numpy; numpy.ones(10**9)", 4, "memory limit", "the cell needed too much memory"),
    (
        REFUSE,
        4,
        "refused",
        "sources.csv:2: it must be, found not; do",
    ),
]


@pytest.fixture
def run(workbench, tmp_path):
    """Run one order per list of cells in worker processes."""

    def run(*notebooks: Path, limits: Limits | None = None, **given: str):
        with pools.pool(2, workers.ready, tmp_path / "workers.log") as pool:
            values = {"study": str(workbench.folder), "site": "beuk", **given}
            orders = [
                StepOrder(
                    f"site:{n}", path, values, tmp_path / f"run-{n}", tmp_path / f"k{n}", "beuk",
                    tmp_path / f"details-{n}.txt", limits=limits or Limits(),
                )
                for n, path in enumerate(notebooks)
            ]  # fmt: skip
            return [future.result() for future in [pool.submit(workers.run_step, order) for order in orders]]

    return run


def notebook(workbench, *cells: str, name: str = "x", **given) -> Path:
    written = workbench.notebook("02_site_report", "1", *cells, **given)
    return written.rename(written.with_name(f"{name}.ipynb"))


def test_every_way_to_break_a_notebook_is_told_by_cell_and_kind(workbench, run, tmp_path, capfd):
    paths = [notebook(workbench, fault[0], name=f"f{n}") for n, fault in enumerate(FAULTS)]
    outcomes = run(*paths, limits=Limits(cell_seconds=2, memory=2 * 2**30))
    for outcome, (_, cell, kind, message) in zip(outcomes, FAULTS, strict=True):
        failure = outcome.failure
        assert failure is not None
        assert (failure.cell, failure.kind, failure.message) == (cell, kind, message)
        assert outcome.result is None
        assert outcome.seconds < 15
    printed = capfd.readouterr()
    assert "geheime" not in printed.out + printed.err
    assert "Traceback" not in printed.out + printed.err
    details = tmp_path / "details-0.txt"
    assert "het geheime citaat" in details.read_text()
    assert stat.S_IMODE(details.stat().st_mode) == 0o600


def test_a_report_that_was_not_closed_is_not_finished(workbench, run):
    (outcome,) = run(notebook(workbench, end=False))
    assert outcome.failure is not None
    assert outcome.failure.kind == "stopped early"
    assert outcome.failure.message == "the last code cell must close the report, found no end"


ODD = "Samen \"Doen\" 'x'\n\\n\u2028\x00é👩\u200d👧{site}"


def test_odd_values_arrive_intact_and_random_numbers_are_the_steps_own(workbench, run):
    seen = 'Path(tables, "beuk", "seen.csv").write_bytes(site.encode())'
    paths = [notebook(workbench, seen, DRAW, name=f"n{n}") for n in range(2)]
    first, second = run(*paths, site=ODD)
    assert first.failure is None, first.failure
    tables = [outcome.result / "tables" for outcome in (first, second)]
    assert (tables[0] / "seen.csv").read_bytes() == ODD.encode()
    assert (tables[0] / "drawn.csv").read_text() == (tables[1] / "drawn.csv").read_text()
    released = [(outcome.result / "released.ipynb").read_text() for outcome in (first, second)]
    assert released[0] == released[1]
    assert "Samen" not in released[0]
    assert str(workbench.root) not in released[0]


def test_a_kernel_needs_no_executor_of_ours(workbench, tmp_path):
    """In a process with threads the kernel is started afresh, and the result is the same."""
    path = notebook(workbench, 'Path(tables, "beuk", "n.csv").write_text("n")')
    values = {"study": str(workbench.folder), "site": "beuk"}
    outcome = workers.run_step(
        StepOrder("site:beuk", path, values, tmp_path / "run", tmp_path / "k", "beuk", tmp_path / "d.txt")
    )
    assert outcome.failure is None, (tmp_path / "d.txt").read_text()
    assert (outcome.result / "tables" / "n.csv").read_text() == "n"
