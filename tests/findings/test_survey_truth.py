"""The planted truth of the survey (methods P2) is found again over many seeds, never in a single one."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from casestudy.findings import change, omnibus, response_shift, waves

N_BEFORE = {"A": 64, "B": 56, "C": 52, "D": 44, "E": 14}
DROPOUT = {"A": 0.15, "B": 0.20, "C": 0.25, "D": 0.25, "E": 0.30}
SHIFT = {
    "KEN": dict.fromkeys("ABCDE", 1.0),
    "VAA": {"A": 1.1, "B": 0.7, "C": 0.7, "D": 0.0, "E": 0.0},
    "HOU": dict.fromkeys("ABCDE", 0.0),
}
TRUE_CHANGE = {0.0: 0.0, 0.7: 0.498, 1.0: 0.698, 1.1: 0.763}
SITES, SCALES = list(N_BEFORE), list(SHIFT)
LOADING, CORRELATION, LEAVING = 0.75, 0.7, -0.6
LOOKING_BACK = 0.38  # latent; .28 points of the scale
THRESHOLDS = [-1.6, -0.7, 0.3, 1.3]
N_SEEDS = 50

# scale, site: paired mean, with everybody before (missing at random), naive; over 300 seeds
EXPECTED = {
    ("KEN", "A"): (0.655, 0.691, 0.732),
    ("KEN", "E"): (0.653, 0.707, 0.779),
    ("VAA", "A"): (0.731, 0.766, 0.802),
    ("VAA", "B"): (0.455, 0.497, 0.550),
    ("VAA", "C"): (0.461, 0.510, 0.574),
    ("VAA", "E"): (-0.062, -0.010, 0.080),
    ("HOU", "A"): (-0.032, -0.002, 0.043),
}


def answered(rng: np.random.Generator, latent: np.ndarray) -> np.ndarray:
    """Mean of six items from 1 to 5 for each latent position."""
    noise = math.sqrt(1 - LOADING**2) * rng.standard_normal((*latent.shape, 6))
    return (1 + np.searchsorted(THRESHOLDS, LOADING * latent[..., None] + noise)).mean(axis=-1)


def study(seed: int, *, leaving: bool = True) -> pd.DataFrame:
    """Scores of everybody; the lower the score before, the more often somebody leaves, scale by scale."""
    rng = np.random.default_rng(seed)
    site = np.repeat(SITES, list(N_BEFORE.values()))
    person = np.array([f"{s}{i}" for i, s in enumerate(site)])
    odds = np.log([DROPOUT[s] / (1 - DROPOUT[s]) for s in site])
    blocks = []
    for scale in SCALES:
        shift = np.array([SHIFT[scale][s] for s in site])
        own = rng.standard_normal(len(site))
        still = CORRELATION * own + math.sqrt(1 - CORRELATION**2) * rng.standard_normal(len(site))
        later = 0.9 * shift + 0.8 * still + 0.6 * rng.standard_normal(len(site))
        found = answered(rng, np.stack([own, still + shift, later, own - LOOKING_BACK]))
        z = (found[0] - found[0].mean()) / found[0].std()
        stays = rng.random(len(site)) > leaving / (1 + np.exp(-(odds + LEAVING * z)))
        fourth = np.cumsum(stays & (site == "E")) <= 4
        again = stays & (np.isin(site, ["A", "B", "C"]) | ((site == "E") & fourth))
        there = {
            "T0": stays | True,
            "T1": stays,
            "T2": again,
            "THEN": stays & (site != "D") & (scale == "VAA"),
        }
        for (wave, present), scores in zip(there.items(), found, strict=True):
            ids = np.where(site == "D", np.char.add(person, wave), person)
            rows = {"respondent": ids, "site": site, "score": scores}
            blocks.append(pd.DataFrame(rows)[present].assign(wave=wave, scale=scale))
    return pd.concat(blocks, ignore_index=True)


@pytest.fixture(scope="module")
def studies() -> list[pd.DataFrame]:
    return [study(seed) for seed in range(N_SEEDS)]


@pytest.fixture(scope="module")
def tables(studies: list[pd.DataFrame]) -> pd.DataFrame:
    """Change of every seed, without the resampled intervals."""
    found = [
        change.change_table(
            scores, before="T0", after="T1", sites=SITES, scales=SCALES, unlinked_sites=["D"], n_bca=10_000
        )
        for scores in studies
    ]
    return pd.concat(found, keys=range(N_SEEDS), names=["seed"]).set_index(["scale", "site"], append=True)


def rows_of(tables: pd.DataFrame, scale: str, site: str) -> pd.DataFrame:
    return tables.xs((scale, site), level=("scale", "site"))


def naive(scores: pd.DataFrame, scale: str, sites: str) -> float:
    own = scores[(scores["scale"] == scale) & scores["site"].isin(list(sites))]
    mean = own.groupby("wave")["score"].mean()
    return float(mean["T1"] - mean["T0"])


def test_bias_of_three_estimates_over_fifty_seeds(studies, tables):
    # linked sites pooled: everybody there was before within .03; naive above, completers below
    row = rows_of(tables, "KEN", "ALL")
    plain = np.mean([naive(scores, "KEN", "ABCE") for scores in studies])
    assert abs(row["model_diff"].mean() - TRUE_CHANGE[1.0]) < 0.03
    assert plain - TRUE_CHANGE[1.0] > 0.03
    assert row["diff"].mean() - TRUE_CHANGE[1.0] < -0.02


@pytest.mark.parametrize(("scale", "site"), EXPECTED)
def test_means_over_seeds_are_those_of_the_methods(studies, tables, scale, site):
    row = rows_of(tables, scale, site)
    # a seed's change has an SD of .10 to .13, at E with ten pairs of .27
    near = 0.12 if site == "E" else 0.05
    paired, everybody, plain = EXPECTED[scale, site]
    assert row["diff"].mean() == pytest.approx(paired, abs=near)
    assert row["model_diff"].mean() == pytest.approx(everybody, abs=near)
    assert np.mean([naive(scores, scale, site) for scores in studies]) == pytest.approx(plain, abs=near)


def test_states_over_seeds(tables):
    states = tables["state"]
    for scale, site in [("KEN", "A"), ("KEN", "B"), ("KEN", "C"), ("VAA", "A"), ("KEN", "ALL")]:
        assert (states.xs((scale, site), level=("scale", "site")) == "up").mean() >= 0.98, (scale, site)
    knowledge = states.xs("KEN", level="scale")
    assert not (knowledge == "down").any()
    small = knowledge.xs("E", level="site")
    assert (small == "none").mean() <= 0.04
    assert (small == "up").mean() == pytest.approx(0.77, abs=0.18)
    attitude = states.xs(("HOU", "A"), level=("scale", "site"))
    assert (attitude == "none").mean() >= 0.85
    assert (attitude == "up").mean() <= 0.06


def test_an_unlinked_site_has_no_pairs_and_no_change_of_a_person(tables):
    row = rows_of(tables, "VAA", "D")
    assert set(row["method"]) == {"welch"}
    assert row["n_pairs"].isna().all()
    assert row["diff"].mean() == pytest.approx(0.088, abs=0.06)
    assert (row["hi"] - row["lo"]).mean() == pytest.approx(0.72, abs=0.05)
    assert (row["state"] == "up").mean() <= 0.15
    assert rows_of(tables, "VAA", "ALL")["note"].str.contains("without_unlinked_sites").all()


def test_looking_back_is_planted_lower(studies):
    # THEN for skills .28 below T0; who stayed scored by chance too high before, and looks back further down
    found = pd.concat(
        response_shift.then_test(
            scores, before="T0", after="T1", then="THEN", sites=SITES, scales=["VAA"], unlinked_sites=["D"]
        ).set_index("site")
        for scores in [*studies[:20], *(study(seed, leaving=False) for seed in range(20))]
    )
    pooled = found.loc["ALL"]
    stayers, everybody = pooled["shift"][:20].mean(), pooled["shift"][20:].mean()
    assert everybody == pytest.approx(0.28, abs=0.025)
    assert everybody < stayers < everybody + 0.06
    assert (pooled["shift_lo"] > 0).all()
    assert (pooled["diff_then"] - pooled["diff"] - pooled["shift"]).abs().max() < 1e-9
    assert (found.loc["D", "n_then"] == 0).all()


def share_rejected(studies: list[pd.DataFrame], column: str, n_boot: int) -> pd.Series:
    found = [
        omnibus.differ(
            scores,
            before="T0",
            after="T1",
            sites=SITES,
            scales=SCALES,
            unlinked_sites=["D"],
            seed=1,
            n_boot=n_boot,
        ).set_index("scale")[column]
        for scores in studies
    ]
    return (pd.concat(found, axis=1) <= 0.05).mean(axis=1)


def test_power_to_see_that_sites_differ(studies):
    # F on change of A, B, C and E: skills .87, knowledge .05, attitude .06
    power = share_rejected(studies, "p_f", n_boot=0)
    assert power["VAA"] == pytest.approx(0.87, abs=0.15)
    assert max(power["KEN"], power["HOU"]) <= 0.16


def test_what_was_learned_is_told_where_there_was_a_third_wave(studies):
    found = pd.concat(
        waves.contrast_table(scores, sites=SITES, scales=["KEN"], unlinked_sites=["D"]).set_index(
            ["site", "contrast"]
        )
        for scores in studies[:8]
    )
    assert (found.loc[[("A", "learning"), ("A", "net"), ("ALL", "net")], "state"] == "up").all()
    assert found.loc[("ALL", "learning"), "diff"].mean() == pytest.approx(TRUE_CHANGE[1.0], abs=0.04)
    # a tenth of what was learned is lost, which is less than the smallest change of interest
    assert found.loc[("ALL", "retention"), "diff"].mean() == pytest.approx(-0.07, abs=0.05)
    assert found.loc[("ALL", "retention"), "retained"].mean() >= 0.6
    assert set(found.loc[("D", "retention"), "state"]) == {"absent"}
    assert set(found.loc[("E", "retention"), "state"]) == {"too_few"}
    assert found.loc[("E", "retention"), ["diff", "p", "retained"]].isna().all(axis=None)


@pytest.mark.many_seeds
def test_power_and_false_alarms_over_many_seeds():
    many = [study(seed) for seed in range(300)]
    for column in ("p_f", "p"):
        power = share_rejected(many, column, n_boot=199)
        assert power["VAA"] == pytest.approx(0.87, abs=0.07)
        assert power["KEN"] == pytest.approx(0.05, abs=0.04)
        assert power["HOU"] == pytest.approx(0.06, abs=0.04)
