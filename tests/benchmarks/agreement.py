"""Time agreement on 200,000 units beside a plain loop over the same judgements.

Both compute the same in one run, equal to eight digits, so that the machine's speed falls out of the ratio.
The loops are timed on a part of the work and scaled up, which the lines say::

    OMP_NUM_THREADS=1 python tests/benchmarks/agreement.py
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from casestudy.findings.agreement import alpha_interval, krippendorff_alpha
from casestudy.findings.binary_codes import binary_alphas

N_UNITS, N_CODES, N_DRAWS, N_SOURCES = 200_000, 40, 1_000, 400
LOOPED_CODES, LOOPED_DRAWS = 2, 5
Value = TypeVar("Value")


def timed(work: Callable[[], Value], times: int = 1) -> tuple[float, Value]:
    """Fewest seconds on the clock that some work takes, and what it gives."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        value = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), value


def plain(values: np.ndarray) -> float:
    """Nominal alpha unit by unit, as its definition reads."""
    within, n_of = 0.0, Counter[float]()
    for unit in values.T.tolist():
        given = [value for value in unit if value == value]
        if len(given) >= 2:
            counts = Counter(given)
            n_of.update(counts)
            within += (len(given) ** 2 - sum(n * n for n in counts.values())) / (len(given) - 1)
    n = sum(n_of.values())
    return 1 - (n - 1) * within / (n * n - sum(k * k for k in n_of.values()))


def judgements() -> tuple[np.ndarray, np.ndarray]:
    """Three coders on many units with five categories, and on many codes."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 5, N_UNITS)
    values = np.where(rng.random((3, N_UNITS)) < 0.8, truth, rng.integers(0, 5, (3, N_UNITS))).astype(float)
    values[rng.random(values.shape) < 0.05] = np.nan
    given = rng.random((N_UNITS, N_CODES)) < 0.1
    return values, (given ^ (rng.random((3, N_UNITS, N_CODES)) < 0.05)).astype(np.int8)


def tell(what: str, ours: float, theirs: float, note: str = "") -> None:
    """One line: seconds of both and their ratio."""
    print(f"{what:<44}{ours:8.3f} s   plain loop {theirs:8.1f} s{note:<14} ratio {theirs / ours:8.0f}")


def main() -> None:
    """Compute all three both ways and print the ratios."""
    values, codes = judgements()
    ours, alpha = timed(lambda: krippendorff_alpha(values).value, 3)
    theirs, expected = timed(lambda: plain(values))
    assert abs(alpha - expected) < 1e-8, (alpha, expected)
    tell("alpha, 3 coders x 200,000 units", ours, theirs)

    ours, alphas = timed(lambda: binary_alphas(codes), 3)
    theirs, some = timed(lambda: [plain(codes[:, :, n].astype(float)) for n in range(LOOPED_CODES)])
    assert np.abs(alphas[:LOOPED_CODES] - some).max() < 1e-8, (alphas[:LOOPED_CODES], some)
    tell("40 codes x 3 coders x 200,000 units", ours, theirs * N_CODES / LOOPED_CODES, " (scaled)")

    sources = np.repeat(np.arange(N_SOURCES), N_UNITS // N_SOURCES)
    ours, interval = timed(lambda: alpha_interval(values, sources, seed=1, draws=N_DRAWS), 3)
    by_source = values.reshape(3, N_SOURCES, -1)
    rng = np.random.default_rng(2)
    drawn = [rng.integers(0, N_SOURCES, N_SOURCES) for _ in range(LOOPED_DRAWS)]
    theirs, some = timed(lambda: [plain(by_source[:, draw].reshape(3, -1)) for draw in drawn])
    assert all(interval.lo - 0.01 < one < interval.hi + 0.01 for one in some), (interval, some)
    tell("interval, 1,000 draws of 400 sources", ours, theirs * N_DRAWS / LOOPED_DRAWS, " (scaled)")


if __name__ == "__main__":
    main()
