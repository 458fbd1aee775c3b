"""What the tests in a browser share: one Chromium, and the checker of accessibility."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Iterator
from importlib.resources import files as files_of
from typing import Any

import pytest

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    return (
        os.environ.get("CASESTUDY_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )


def missing(what: str) -> None:
    """Skip on a desk without the program; never where every check has to run."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} must be there")
    pytest.skip(f"{what} is not there")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests; every page has a context of its own."""
    if chromium() is None:
        missing("Chromium")
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ModuleNotFoundError:
        missing("playwright")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script that finds what not everyone can read."""
    return (files_of("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
