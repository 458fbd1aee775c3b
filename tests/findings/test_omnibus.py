"""Whether sites change differently: published ranks, the model's ratio, and few false alarms."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from casestudy.findings import mixed_model, omnibus

# Mangiafico, Summary and Analysis of Extension Program Evaluation in R, chapter Kruskal-Wallis test: Likert
# scores of three speakers; H = 16.842, df = 2, p = 0.0002202, epsilon-squared 0.581
POOH, PIGLET, TIGGER = "3544444455", "2422123223", "4444535443"


def test_kruskal_wallis_of_the_handbook():
    scores = [int(score) for score in POOH + PIGLET + TIGGER]
    found = omnibus.kruskal_wallis(scores, np.repeat(["Pooh", "Piglet", "Tigger"], 10))
    assert found.h == pytest.approx(16.842, abs=5e-4)
    assert (found.df, found.n) == (2, 30)
    assert found.p == pytest.approx(0.0002202, abs=5e-8)
    assert found.eps2 == pytest.approx(0.581, abs=5e-4)


@pytest.mark.parametrize(("n", "expected"), [(30, 0.14), (60, 0.07), (120, 0.03)])
def test_what_eps2_is_expected_to_be_when_nothing_differs(n, expected):
    # methods F8, five sites
    rng = np.random.default_rng(n)
    drawn = [omnibus.kruskal_wallis(rng.normal(size=n), np.arange(n) % 5) for _ in range(300)]
    assert drawn[0].eps2_null == pytest.approx(expected, abs=0.005)
    assert np.mean([found.eps2 for found in drawn]) == pytest.approx(expected, abs=0.01)


@settings(max_examples=20)
@given(st.lists(st.lists(st.integers(-6, 9), min_size=2, max_size=9), min_size=2, max_size=5))
def test_scipy_gives_the_same(groups):
    values = np.concatenate(groups) / 6
    group = np.repeat(np.arange(len(groups)), [len(one) for one in groups])
    ours = omnibus.kruskal_wallis(values, group), omnibus.one_way(values, group)
    if len(set(values)) == 1:
        assert math.isnan(ours[0].h)
        return
    ranks = stats.kruskal(*groups)
    assert (ours[0].h, ours[0].p) == pytest.approx((ranks.statistic, ranks.pvalue))
    if any(len(set(one)) > 1 for one in groups):
        means = stats.f_oneway(*groups)
        if abs(means.statistic) < 1e-9:  # equal means, of which scipy makes a small number of either sign
            assert ours[1].f == pytest.approx(0, abs=1e-9)
            return
        assert (ours[1].f, ours[1].p) == pytest.approx((means.statistic, means.pvalue), abs=1e-9)
    else:
        assert math.isnan(ours[1].f)


@pytest.mark.parametrize("values", [[1.0, np.nan], [1.0, 2.0], [np.nan, np.nan]])
def test_one_group_or_one_person_gives_no_test(values):
    for found in (omnibus.one_way(values, [0, 0]), omnibus.kruskal_wallis(values, [0, 0])):
        assert math.isnan(found.p)
    assert math.isnan(omnibus.interaction(values, values, [0, 1], seed=1, n_boot=9).p_boot)


def study(rng: np.random.Generator, n: int, n_sites: int = 5, *, missing: float = 0.0, gain: float = 0.0):
    """Scores before and after at sites of ``n`` people; the last site gains ``gain`` more."""
    site = np.repeat(np.arange(n_sites), n)
    person = rng.normal(3, 0.8, size=len(site))
    before, after = (person + rng.normal(0, 0.5, size=len(site)) for _ in range(2))
    after += 0.4 + gain * (site == n_sites - 1)
    after[rng.random(len(site)) < missing] = np.nan
    return before, after, site


def test_the_ratio_is_that_of_both_models_fitted_by_statsmodels():
    before, after, site = study(np.random.default_rng(1), 20, 4, missing=0.3)
    scores, people = np.concatenate([before, after]), np.tile(np.arange(80), 2)
    sites, later = np.eye(4)[np.tile(site, 2)], np.repeat([0.0, 1.0], 80)[:, None]
    small, large = (
        mixed_model.fit(scores, np.hstack([sites, change]), people, reml=False)
        for change in (later, sites * later)
    )
    expected = mixed_model.likelihood_ratio(small, large)
    found = omnibus.interaction(before, after, site, seed=1, n_boot=9)
    assert (found.lr, found.p_chi2) == pytest.approx((expected.lr, expected.p), abs=1e-4)
    assert found.df == expected.df == 3


def test_the_seed_decides_the_draws_and_nothing_else_does():
    before, after, site = study(np.random.default_rng(2), 12, missing=0.2)
    first, again, other = (omnibus.interaction(before, after, site, seed=s, n_boot=199) for s in (1, 1, 2))
    assert first == again
    assert first.lr == other.lr
    chance = math.sqrt(2 * first.p_boot * (1 - first.p_boot) / 199)
    assert first.p_boot != other.p_boot
    assert first.p_boot == pytest.approx(other.p_boot, abs=3 * chance)
    moved = omnibus.interaction(
        before * 10 + 3, after * 10 + 3, np.array(list("abcde"))[site], seed=1, n_boot=199
    )
    assert (moved.lr, moved.p_boot) == pytest.approx((first.lr, first.p_boot), abs=1e-4)


def rejected(n: int, n_studies: int, n_boot: int) -> tuple[float, float, float]:
    """Share of studies without a difference that each test rejects at .05: chi-square, bootstrap, F."""
    rng = np.random.default_rng(n)
    p = []
    for number in range(n_studies):
        before, after, site = study(rng, n, missing=0.25)
        found = omnibus.interaction(before, after, site, seed=number, n_boot=n_boot)
        p.append((found.p_chi2, found.p_boot, omnibus.one_way(after - before, site).p))
    chi2, boot, f = np.nanmean(np.array(p) <= 0.05, axis=0)
    return float(chi2), float(boot), float(f)


def test_few_people_fool_the_chi_square_and_not_the_bootstrap():
    chi2, boot, f = rejected(5, 120, 59)
    assert chi2 > max(boot, f)
    assert max(boot, f) <= 0.09


@pytest.mark.many_seeds
@pytest.mark.parametrize(("n", "expected"), [(5, 0.10), (8, 0.09), (20, 0.05)])
def test_false_alarms_over_many_studies(n, expected):
    # methods F8: chi-square rejects a true null in 10, 9 and 5 %, F in 4-5 %; the standard error here is .012
    chi2, boot, f = rejected(n, 600, 199)
    assert chi2 == pytest.approx(expected, abs=0.036)
    assert boot == pytest.approx(0.05, abs=0.025)
    assert f == pytest.approx(0.05, abs=0.025)


def rows(before: np.ndarray, after: np.ndarray, site: np.ndarray, scale: str = "KEN") -> pd.DataFrame:
    waves = [
        pd.DataFrame({"score": s, "wave": w, "respondent": range(len(s))})
        for s, w in ((before, "T0"), (after, "T1"))
    ]
    return pd.concat([wave.assign(site=[f"s{i}" for i in site], scale=scale) for wave in waves])


def differ(scores: pd.DataFrame, **settings: object) -> pd.DataFrame:
    sites = settings.pop("sites", sorted(set(scores["site"])))
    scales = settings.pop("scales", sorted(set(scores["scale"])))
    chosen = {"seed": 1, "n_boot": 99} | settings
    return omnibus.differ(scores, before="T0", after="T1", sites=sites, scales=scales, **chosen)


def test_complete_people_are_told_by_f_and_missing_ones_by_the_bootstrap():
    rng = np.random.default_rng(3)
    complete, gaps = study(rng, 10), study(rng, 10, missing=0.3)
    table = differ(pd.concat([rows(*complete), rows(*gaps, scale="VAA")])).set_index("scale")
    assert list(table.reset_index().columns) == omnibus.DIFFER_COLUMNS
    ken, vaa = table.loc["KEN"], table.loc["VAA"]
    assert (ken["used"], vaa["used"]) == ("f", "boot")
    assert ken["p"] == ken["p_f"]
    assert vaa["p"] == vaa["p_boot"]
    assert pd.isna(ken["p_boot"])
    assert (ken["n"], ken["n_people"], ken["df2"]) == (50, 50, 45)
    assert vaa["n"] < vaa["n_people"] == 50


def test_a_planted_difference_is_found():
    gaps = study(np.random.default_rng(4), 15, missing=0.2, gain=1.0)
    assert differ(rows(*gaps))["p"][0] < 0.05


@pytest.mark.parametrize(
    ("unlinked", "sites", "n_sites", "note"),
    [
        ([], ["s0", "s1", "s2"], 3, ""),
        (["s0"], ["s0", "s1", "s2"], 2, "without_unlinked_sites"),
        ([], ["s0"], 1, "too_few_sites"),
        (["s0", "s1", "s2"], ["s0", "s1", "s2"], 0, "too_few_sites"),
    ],
)
def test_which_sites_are_compared(unlinked, sites, n_sites, note):
    row = differ(rows(*study(np.random.default_rng(5), 8, 3)), sites=sites, unlinked_sites=unlinked).iloc[0]
    assert (row["n_sites"], row["note"]) == (n_sites, note)
    assert math.isnan(row["p"]) == (n_sites < 2)


def test_a_site_with_few_pairs_is_left_out():
    before, after, site = study(np.random.default_rng(6), 8, 3)
    after[(site == 1)] = [1, 2, 3, 4, *[np.nan] * 4]
    row = differ(rows(before, after, site)).iloc[0]
    assert (row["n_sites"], row["note"]) == (2, "without_small_sites")
    expected = omnibus.one_way((after - before)[site != 1], site[site != 1])
    assert (row["f"], row["p"]) == pytest.approx((expected.f, expected.p))
