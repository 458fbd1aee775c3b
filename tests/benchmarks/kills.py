"""Kill a process that saves codings, at random moments, and count what was acknowledged and is not there::

    python tests/benchmarks/kills.py --kills 1000

The process tells through a pipe what it saved. What was told and cannot be read is lost; a torn last line
that was never told is not. Beside it, four processes write to one log at once.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import time
from pathlib import Path

from casestudy.material import lines, logs

N_BYTES = 8


def saved_until_killed(path: Path, first: int, seconds: float) -> list[int]:
    """Let a child save records until it is killed, and give the numbers it told."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            number = first
            while True:
                logs.append(path, {"id": number, "quote": "é😀" * (number % 400), "source": "E01"})
                os.write(write_end, number.to_bytes(N_BYTES, "big"))
                number += 1
        finally:
            os._exit(1)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        data = pipe.read(N_BYTES)  # it has begun
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        data += pipe.read()
    return [
        int.from_bytes(data[at : at + N_BYTES], "big") for at in range(0, len(data) - N_BYTES + 1, N_BYTES)
    ]


def kills(folder: Path, n_kills: int) -> None:
    """Print how many records were acknowledged, lost and damaged; a new log every hundred kills."""
    rng = random.Random(1)
    n_told = n_lost = n_torn = n_broken = 0
    start = time.perf_counter()
    for begin in range(0, n_kills, 100):
        path = folder / f"{begin}.jsonl"
        told: list[int] = []
        for kill in range(begin, min(n_kills, begin + 100)):
            told += saved_until_killed(path, kill * 100_000, rng.uniform(0, 0.02))
        found = lines.read(path.read_bytes(), path.name)
        there = {line.values["id"] for line in found.lines}
        n_told += len(told)
        n_lost += len(set(told) - there)
        n_torn += sum(one.is_lost for one in found.damage)
        n_broken += sum(not one.is_lost for one in found.damage)
    seconds = time.perf_counter() - start
    print(f"{n_kills:,} kills: {n_told:,} acknowledged, {n_lost} lost; {seconds:.0f} s")
    print(f"  lines that cannot be read {n_torn}, lines told as cut or edited {n_broken}")


def writers(folder: Path, n_writers: int, n_records: int) -> None:
    """Print how many records of several writers at once were kept."""
    path = folder / "writers.jsonl"
    start = time.perf_counter()
    children = []
    for writer in range(n_writers):
        child = os.fork()
        if child == 0:
            for number in range(n_records):
                quote = "x" * (number * 7919 % 70_000)
                logs.append(path, {"id": writer * 1_000_000 + number, "quote": quote})
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    found = lines.read(path.read_bytes(), path.name)
    n_kept = len({line.values["id"] for line in found.lines})
    seconds = time.perf_counter() - start
    print(f"{n_writers} writers x {n_records}: {n_kept:,} kept, {len(found.damage)} damaged; {seconds:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kills(Path(folder), given.kills)
        writers(Path(folder), 4, 500)


if __name__ == "__main__":
    main()
