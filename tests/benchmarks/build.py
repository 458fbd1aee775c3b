"""Compare a build with what one would type without it: papermill and nbconvert, one notebook after the other.

Both run on the same fictional study in one go and print their ratio, so that the machine's speed falls out::

    python tests/benchmarks/build.py --sites 5
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def timed(work: Callable[[], None]) -> float:
    """Seconds on the clock that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def plain(root: Path, sites: list[str]) -> None:
    """Run every notebook with the papermill command and turn it into HTML with the nbconvert command."""
    tables, out = root / "plain-tables", root / "plain"
    out.mkdir()
    coded = [("01_code_site", site) for site in sites]
    reported = [("02_site_report", site) for site in sites]
    across = [("03_cross_site_report", ""), ("04_codebook", "")]
    for name, site in [*coded, ("05_agreement", ""), *reported, *across]:
        executed = out / f"{name}-{site}.ipynb"
        given = {
            "study": str(root / "interviews" / "proef"),
            "tables": str(tables),
            **({"site": site} if site else {}),
        }
        parameters = [word for key, value in given.items() for word in ("-p", key, value)]
        call("papermill", str(root / "notebooks" / f"{name}.ipynb"), str(executed), *parameters)
        call("nbconvert", "--to", "html", "--no-input", str(executed))


def call(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], check=True, capture_output=True)


def main() -> None:
    """Make a study, build it both ways, print the ratios."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--sites", type=int, default=5)
    n_sites = options.parse_args().sites
    root = Path(tempfile.mkdtemp(prefix="benchmark-"))
    try:
        shutil.copytree(ROOT / "notebooks", root / "notebooks")
        study = root / "interviews" / "proef"
        call("casestudy", "simulate", str(study), "--sites", str(n_sites), "--seed", "1")
        sites = sorted(folder.name for folder in (study / "sources").iterdir())
        ours = timed(lambda: call("casestudy", "build", str(study)))
        theirs = timed(lambda: plain(root, sites))
    finally:
        shutil.rmtree(root)
    print(f"{n_sites} sites and the report across them, {os.cpu_count()} processors")
    print(f"  casestudy build      {ours:6.1f} s")
    print(f"  papermill, nbconvert {theirs:6.1f} s, one language and one audience")
    print(f"  ratio                {theirs / ours:6.1f}")


if __name__ == "__main__":
    main()
