"""Time every change table of 342 sites x 12 scales x 3 waves beside a loop over scipy, group by group.

Three tables (T0-T1, T1-T2, T0-T2) with bootstrap intervals of three effect sizes (BCa, 9,999 draws) and exact
sign-flip tests. The loop computes those four per group with ``scipy.stats``, in vectorised form and with the
same draws for all three intervals, and nothing else of what the tables hold. It is timed on random groups of
sites and on one pooled group, and scaled up.
Times are seconds of the processor, so that other work on the machine falls out::

    python tests/benchmarks/change.py
"""

from __future__ import annotations

import os
import resource
import time
import warnings
from itertools import combinations

# One thread for both sides, set before numpy starts any: on small matrices threads only wait for others.
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from scipy import stats  # noqa: E402

from casestudy.findings import change, resampling  # noqa: E402

N_SITES, N_SCALES, N_DRAWS, N_BCA = 342, 12, 9_999, 20
WAVES = ("T0", "T1", "T2")
LOOPED = 120
BOUNDS = {"dz": ("dz_lo", "dz_hi"), "g_av": ("g_lo", "g_hi"), "r_rb": ("r_rb_lo", "r_rb_hi")}


def survey() -> pd.DataFrame:
    """Scores of six five-point items at sites of 6 to 60 people, of whom some miss a wave or leave."""
    rng = np.random.default_rng(1)
    sites = np.repeat([f"s{i:03d}" for i in range(N_SITES)], rng.integers(6, 61, size=N_SITES))
    frames = []
    for scale in range(N_SCALES):
        latent = rng.normal(size=(len(sites), 1))
        for number, wave in enumerate(WAVES):
            items = 0.75 * (latent + 0.4 * number + 0.5 * rng.normal(size=latent.shape))
            answers = 1 + np.searchsorted(
                [-1.6, -0.7, 0.3, 1.3], items + 0.66 * rng.normal(size=(len(sites), 6))
            )
            score = np.where(rng.random(len(sites)) < 0.05 + 0.05 * number, np.nan, answers.mean(axis=1))
            respondent = np.arange(len(sites)).astype(str)
            frames.append(
                pd.DataFrame({"respondent": respondent, "site": sites, "wave": wave, "score": score}).assign(
                    scale=f"scale {scale:02d}"
                )
            )
    return pd.concat(frames, ignore_index=True)


def tables(scores: pd.DataFrame) -> list[pd.DataFrame]:
    """All three tables, as the product makes them."""
    sites = list(dict.fromkeys(scores["site"]))
    return [
        change.change_table(scores, before=before, after=after, sites=sites, n_bca=N_BCA, n_draws=N_DRAWS)
        for before, after in combinations(WAVES, 2)
    ]


def dz(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    d = y - x
    return d.mean(axis=axis) / d.std(axis=axis, ddof=1)


def g_av(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    sds = x.std(axis=axis, ddof=1) + y.std(axis=axis, ddof=1)
    return (1 - 3 / (4 * x.shape[axis] - 5)) * (y - x).mean(axis=axis) / (sds / 2)


def r_rb(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    d = np.round(y - x, 10)
    ranks = stats.rankdata(np.abs(d), axis=axis)
    return (ranks * np.sign(d)).sum(axis=axis) / (ranks * (d != 0)).sum(axis=axis)


def effects(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.stack([dz(x, y, axis), g_av(x, y, axis), r_rb(x, y, axis)])


def looped(x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, float]:
    """One group with scipy: three bootstrap intervals where there are enough pairs, and a sign-flip test."""
    found, batch = {}, 100 if len(x) > 1_000 else None
    if len(x) >= N_BCA:
        interval = stats.bootstrap(
            (x, y), effects, paired=True, vectorized=True, n_resamples=N_DRAWS, batch=batch, rng=seed
        ).confidence_interval
        for bounds, both in zip(BOUNDS.values(), np.transpose(interval), strict=True):
            found |= dict(zip(bounds, both, strict=True))
    d = np.round(y - x, 10)
    signed = stats.rankdata(np.abs(d)) * np.sign(d)
    flips = {"permutation_type": "samples", "n_resamples": N_DRAWS, "batch": batch}
    test = stats.permutation_test((signed,), np.sum, vectorized=True, rng=seed, **flips)
    return found | {"p": float(test.pvalue)}


def pairs_of(row: pd.Series, scores: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Scores before and after of the people whom a row is about."""
    about = scores["scale"] == row["scale"]
    if row["site"] != change.ALL:
        about &= scores["site"] == row["site"]
    wide = scores[about].pivot_table(index="respondent", columns="wave", values="score")
    both = wide[[row["before"], row["after"]]].dropna()
    return both[row["before"]].to_numpy(), both[row["after"]].to_numpy()


def compare(chosen: pd.DataFrame, first: list[dict[str, float]], second: list[dict[str, float]]) -> None:
    """Print how far ours lies from scipy's, beside how far scipy with another seed does."""
    one, other = pd.DataFrame(first), pd.DataFrame(second)
    for name, bounds in BOUNDS.items():
        columns = list(bounds)
        ours = (chosen[columns].to_numpy(dtype=float) - one[columns]).abs().stack()
        theirs = (other[columns] - one[columns]).abs().stack()
        print(
            f"{name:<6}largest difference to scipy {ours.max():.4f}, mean {ours.mean():.4f}; of scipy with "
            f"another seed {theirs.max():.4f}, mean {theirs.mean():.4f}  ({len(ours)} bounds)"
        )
        assert ours.mean() < 1.5 * theirs.mean(), name
    exact = chosen["p"].to_numpy(dtype=float)
    # scipy doubles the share of one tail, which doubles its error
    apart, error = np.abs(one["p"] - exact), np.sqrt(exact * (2 - exact) / N_DRAWS) + 2 / N_DRAWS
    print(f"p     largest difference to scipy {apart.max():.4f}, or {(apart / error).max():.1f} of its SD")
    assert (apart < 5 * error).all()


def main() -> None:
    """Compute both, print the times, the ratio, the memory and the differences."""
    scores = survey()
    start, clock = time.process_time(), time.perf_counter()
    made = tables(scores)
    ours, wall = time.process_time() - start, time.perf_counter() - clock
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = pd.concat(made, ignore_index=True)
    pooled, tested = rows[rows["site"] == change.ALL], rows[(rows["site"] != change.ALL) & rows["p"].notna()]
    n_intervals = int((tested["n_pairs"] >= N_BCA).sum())
    print(
        f"{len(scores)} scores, {len(rows)} rows; {len(tested)} of sites tested, {n_intervals} with intervals"
    )

    chosen = tested.sample(LOOPED, random_state=2)
    groups = [pairs_of(row, scores) for _, row in chosen.iterrows()]
    start = time.process_time()
    first = [looped(x, y, 11) for x, y in groups]
    of_sites = (time.process_time() - start) * len(tested) / LOOPED
    x, y = pairs_of(pooled.iloc[0], scores)
    start = time.process_time()
    looped(x, y, 11)
    of_all = (time.process_time() - start) * len(pooled)
    again = []
    for _ in range(3):
        start = time.process_time()
        resampling.effect_intervals([(x, y)])
        again.append(time.process_time() - start)
    ours_all = min(again) * len(pooled)
    print(
        f"three tables: {ours:.1f} s of one processor ({wall:.1f} on the clock), peak memory {memory:.0f} MB"
    )
    print(f"loop over scipy: {of_sites:.0f} s for sites (scaled up from {LOOPED} random groups of them)")
    print(
        f"                 {of_all:.0f} s for all sites together (scaled up from 1 of {len(pooled)} groups)"
    )
    print(f"intervals of pooled groups alone, in the product: {ours_all:.1f} s")
    print(f"ratio {(of_sites + of_all) / ours:.0f}; of sites alone {of_sites / (ours - ours_all):.0f}")
    compare(chosen, first, [looped(x, y, 12) for x, y in groups])


if __name__ == "__main__":
    # scipy warns where a group has no interval: everybody rose
    warnings.simplefilter("ignore")
    main()
