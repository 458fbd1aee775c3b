"""Print how many codings are placed per second of processor time after an edit, per kind of edit::

python tests/benchmarks/anchors.py --characters 60000 --codings 200
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import sys
import time
from pathlib import Path
from types import ModuleType

from casestudy.material.anchors import placements

CASES = Path(__file__).resolve().parents[1] / "material" / "test_anchors.py"


def cases() -> ModuleType:
    """Load the conversations and edits that the tests use."""
    spec = importlib.util.spec_from_file_location("edits", CASES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["edits"] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characters", type=int, default=60_000)
    parser.add_argument("--codings", type=int, default=200)
    given = parser.parse_args()
    edits = cases()
    text = edits.talk(1, n_turns=given.characters // 85)[: given.characters]
    text = text[: text.rindex("\n") + 1]
    segments = edits.coded(text, random.Random(1), n=given.codings * 2 // 3)[: given.codings]
    print(f"{len(text):,} characters, {len(segments)} codings")
    seconds = []
    for name, edit in edits.EDITS.items():
        after = edit(edits.Traced.of(text), random.Random(2)).text
        start = time.process_time()
        placements(text, after, segments)
        seconds.append(time.process_time() - start)
        print(f"{name:25} {seconds[-1]:7.3f} s {len(segments) / seconds[-1]:12,.0f} placements per second")
    mean = sum(seconds) / len(seconds)
    print(f"slowest {max(seconds):.3f} s; 400 such transcripts {400 * mean:.0f} s")


if __name__ == "__main__":
    main()
