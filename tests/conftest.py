"""What tests share: golden fragments, the real files of other people, and the example study."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock
from hypothesis import settings

from casestudy import cli

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "golden"
SHARED = ROOT.parent / "shared"

# No test is timed: a busy machine is no bug. Where every change is tried, the same cases are drawn each time.
settings.register_profile("casestudy", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("casestudy")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the golden fragments; read the diff"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "many_seeds" not in (config.getoption("-m") or ""):
        skip = pytest.mark.skip(reason="fifty seeds take minutes; run them with -m many_seeds")
        for item in items:
            if "many_seeds" in item.keywords:
                item.add_marker(skip)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare text with ``tests/golden/<name>``; ``--update-golden`` rewrites the file instead."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return check


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real files that nobody on this project wrote; they stand beside the repository."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the folder ../shared/data with real files of other people is not here")
    return SHARED / "data"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder as somebody has it who cloned the repository, with the example built; read only.

    Test processes that run side by side share one build.
    """
    shelf = tmp_path_factory.getbasetemp()
    shelf = shelf.parent if "PYTEST_XDIST_WORKER" in os.environ else shelf
    root = shelf / "project"
    with FileLock(shelf / "project.lock"):
        if not root.exists():
            draft = shelf / "project-draft"
            for name in ("notebooks", "interviews"):
                shutil.copytree(ROOT / name, draft / name)
            draft.rename(root)
            built = CliRunner().invoke(cli.main, ["build", str(root / "interviews" / "voorbeeld")])
            assert built.exit_code == 0, built.output
    return root
