"""The table of change: every scale and site, what is left out is said, and leavers do not pull."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import change, multiplicity, paired, random_intercept

# methods F5, golden set of twelve pairs
BEFORE = pd.Series([2.8, 3.0, 3.2, 2.5, 3.7, 3.3, 2.2, 3.5, 4.0, 2.7, 3.2, 3.0])
AFTER = pd.Series([3.5, 3.3, 3.2, 3.3, 3.8, 4.0, 3.0, 3.4, 4.2, 3.5, 3.7, 3.6])


def scores_of(site: str, before: pd.Series, after: pd.Series, *, scale: str = "VAA") -> pd.DataFrame:
    """Scores of one site; the same position is the same person, nan is no score."""
    waves = [pd.DataFrame({"score": s, "wave": w}) for s, w in ((before, "T0"), (after, "T1"))]
    people = [wave.assign(respondent=[f"{site}{i}" for i in wave.index]) for wave in waves]
    return pd.concat(people, ignore_index=True).assign(site=site, scale=scale)


def table_of(*scores: pd.DataFrame, **settings: object) -> pd.DataFrame:
    both = pd.concat(scores, ignore_index=True)
    sites = settings.pop("sites", list(dict.fromkeys(both["site"])))
    return change.change_table(both, before="T0", after="T1", sites=sites, **settings)


def row_of(table: pd.DataFrame, site: str, scale: str = "VAA") -> pd.Series:
    return table[(table["site"] == site) & (table["scale"] == scale)].iloc[0]


def test_every_scale_and_site_has_its_row():
    kinds = [scores_of("es", BEFORE, AFTER, scale=s) for s in ("KEN", "VAA")]
    table = table_of(*kinds, scales=["VAA", "KEN", "HOU"], sites=["linde", "es"])
    assert list(table.columns) == change.CHANGE_COLUMNS
    expected = [(s, u) for s in ("VAA", "KEN", "HOU") for u in ("ALL", "linde", "es")]
    assert list(zip(table["scale"], table["site"], strict=True)) == expected
    nothing = table[(table["scale"] == "HOU") | (table["site"] == "linde")]
    assert set(nothing["state"]) == {"absent"}
    assert set(nothing["note"]) == {"wave_missing"}
    assert nothing["diff"].isna().all()


def test_a_row_holds_the_paired_change():
    row = row_of(table_of(scores_of("es", BEFORE, AFTER)), "es")
    found = paired.paired(BEFORE, AFTER)
    for name in "n_pairs m_before sd_after diff lo hi lo90 hi90 t df dz g_av r r_rb p n_zero".split():
        assert row[name] == pytest.approx(getattr(found, name)), name
    assert (row["state"], row["method"], row["note"]) == ("up", "paired", "")
    assert row["sesoi"] == pytest.approx(0.5 * found.sd_before)
    assert (row["model_diff"], row["model_lo"]) == pytest.approx((0.45, found.lo))
    assert row[["overlap_diff", "overlap_lo", "dz_lo", "g_lo", "r_rb_lo"]].isna().all()
    assert (row["p_adj"], row["adjust"]) == (row["p"], "bh")


def test_leavers_do_not_shrink_the_smallest_change_of_interest():
    after = AFTER.where(BEFORE > 2.9)
    row = row_of(table_of(scores_of("es", BEFORE, after)), "es")
    assert row["sesoi"] == pytest.approx(0.5 * BEFORE.std())
    assert row["sd_before"] < BEFORE.std()


def test_all_pools_the_linked_sites_only():
    linked = scores_of("es", BEFORE, AFTER), scores_of("linde", AFTER, BEFORE)
    table = table_of(*linked, scores_of("wilg", BEFORE, AFTER + 1), unlinked_sites=["wilg"])
    row = row_of(table, "ALL")
    assert (row["n_pairs"], row["n_before"], row["note"]) == (24, 24, "without_unlinked_sites")
    assert row["diff"] == pytest.approx(0.0)
    assert row["sesoi"] == pytest.approx(0.3 * row["sd_before"])


def test_unlinked_waves_never_give_a_number_of_pairs():
    table = table_of(scores_of("wilg", BEFORE, AFTER), unlinked_sites=["wilg"])
    for row in (row_of(table, "wilg"), row_of(table, "ALL")):
        assert row["method"] == "welch"
        assert pd.isna(row["n_pairs"])
        assert pd.isna(row["n_zero"])
        assert row[["dz", "g_av", "r", "model_diff", "overlap_diff", "r_rb_lo"]].isna().all()
        assert row["diff"] == pytest.approx(0.45)
        found = paired.unlinked(BEFORE, AFTER)
        assert (row["g"], row["g_lo"], row["g_hi"]) == pytest.approx((found.g, found.g_lo, found.g_hi))
        assert row["g_lo"] < row["g"] < row["g_hi"]


@pytest.mark.parametrize(("n", "state", "note"), [(4, "too_few", ""), (5, "up", "not_tested"), (6, "up", "")])
@pytest.mark.parametrize("unlinked_sites", [[], ["es"]])
def test_small_sites(n, state, note, unlinked_sites):
    after = pd.Series([4.0, 4.5, 4.2, 4.4, 4.1, 4.3])
    table = table_of(scores_of("es", BEFORE[:n], after[:n]), unlinked_sites=unlinked_sites)
    row = row_of(table, "es")
    assert (row["state"], row["note"].replace("model_fallback", "")) == (state, note)
    assert (row["n_before"], row["n_after"]) == (n, n)
    assert math.isnan(row["diff"]) is (n < 5)
    assert math.isnan(row["p"]) is (n < 6)


def test_a_site_without_the_second_wave_is_absent_and_said():
    table = table_of(scores_of("es", BEFORE, AFTER), scores_of("beuk", BEFORE, AFTER * np.nan))
    assert row_of(table, "beuk")["state"] == "absent"
    assert row_of(table, "beuk")["n_before"] == 12
    assert row_of(table, "ALL")["n_before"] == 12
    assert row_of(table, "ALL")["note"] == "without_absent_sites"


def test_sites_are_adjusted_among_themselves():
    table = table_of(some_scores(5, SIZES), n_draws=99)
    sites = table[table["site"] != "ALL"]
    assert set(sites["adjust"]) == {"bh"}
    assert sites["p_adj"].tolist() == multiplicity.benjamini_hochberg(sites["p"]).tolist()


def test_holm_is_over_the_pooled_rows_of_all_scales():
    kinds = [
        scores_of("es", BEFORE, AFTER, scale="KEN"),
        scores_of("es", BEFORE, BEFORE[::-1].reset_index(drop=True), scale="HOU"),
    ]
    table = table_of(*kinds)
    pooled = table[table["site"] == "ALL"].set_index("scale")
    assert set(pooled["adjust"]) == {"holm"}
    assert pooled.loc["KEN", "p_adj"] == pytest.approx(2 * pooled.loc["KEN", "p"])
    assert pooled.loc["HOU", "p_adj"] == pytest.approx(pooled.loc["HOU", "p"])


def test_hundreds_of_sites_are_quick_and_each_is_as_if_alone():
    rng = np.random.default_rng(5)
    sites = [f"s{i:03d}" for i in range(60)]
    blocks = []
    for site in sites:
        x = pd.Series(rng.integers(6, 31, size=9) / 6)
        blocks.append(scores_of(site, x, x + pd.Series(rng.integers(-3, 5, size=9) / 6)))
    table = table_of(*blocks).set_index("site")
    alone = table_of(blocks[7]).set_index("site").loc[sites[7]]
    pd.testing.assert_series_equal(table.loc[sites[7]].drop("p_adj"), alone.drop("p_adj"))


@pytest.mark.parametrize(("n", "given"), [(19, False), (20, True)])
def test_bootstrap_intervals_need_enough_pairs(n, given):
    rng = np.random.default_rng(2)
    before = pd.Series(rng.integers(6, 25, size=n) / 6)
    table = table_of(scores_of("es", before, before + pd.Series(rng.integers(-3, 6, size=n) / 6)))
    bounds = [f"{name}_{end}" for name in ("dz", "g", "r_rb") for end in ("lo", "hi")]
    assert (row_of(table, "es")[bounds].notna() == given).all()
    if given:
        row = row_of(table, "es")
        for name, value in (("dz", "dz"), ("g", "g_av"), ("r_rb", "r_rb")):
            assert row[f"{name}_lo"] < row[value] < row[f"{name}_hi"], name


def some_scores(seed: int, sizes: dict[str, int]) -> pd.DataFrame:
    """Likert means of several sites and two scales, some missing in either wave."""
    rng = np.random.default_rng(seed)
    blocks = []
    for scale in ("KEN", "VAA"):
        for site, n in sizes.items():
            x = pd.Series(rng.integers(6, 25, size=n) / 6)
            y = x + pd.Series(rng.integers(-3, 6, size=n) / 6)
            absent = rng.random((2, n)) < 0.1
            blocks.append(scores_of(site, x.mask(absent[0]), y.mask(absent[1]), scale=scale))
    return pd.concat(blocks, ignore_index=True)


SIZES = {"esdoorn": 40, "beuk": 26, "es": 9}


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 999))
def test_relabelling_respondents_changes_not_one_digit(seed):
    scores = some_scores(seed, SIZES)
    people = scores["respondent"].unique()
    names = np.random.default_rng(seed).permutation([f"r{i}" for i in range(len(people))])
    renamed = scores.assign(respondent=scores["respondent"].map(dict(zip(people, names, strict=True))))
    shuffled = renamed.sample(frac=1, random_state=seed)
    settings = {"scales": ["KEN", "VAA"], "sites": list(SIZES), "n_draws": 299}
    pd.testing.assert_frame_equal(table_of(scores, **settings), table_of(shuffled, **settings), rtol=1e-10)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 999), shift=st.sampled_from([-1.0, 0.5, 3.0]))
def test_adding_a_constant_shifts_means_and_no_change(seed, shift):
    scores = some_scores(seed, SIZES)
    one = table_of(scores, n_draws=299)
    other = table_of(scores.assign(score=scores["score"] + shift), n_draws=299)
    means = ["m_before", "m_after"]
    np.testing.assert_allclose(other[means], one[means] + shift, rtol=1e-9)
    pd.testing.assert_frame_equal(one.drop(columns=means), other.drop(columns=means), rtol=1e-6)


def test_all_missing_is_absent_and_one_person_is_no_test():
    missing = scores_of("es", BEFORE * np.nan, AFTER * np.nan)
    alone = scores_of("linde", BEFORE[:1], AFTER[:1])
    table = table_of(missing, alone)
    numbers = "diff lo hi p dz g_av g r_rb model_diff overlap_diff sesoi p_adj".split()
    assert table[numbers].isna().all(axis=None)
    assert row_of(table, "es")["state"] == "absent"
    assert (row_of(table, "linde")["state"], row_of(table, "linde")["n_pairs"]) == ("too_few", 1)


def test_draws_are_those_of_the_seed():
    scores = some_scores(3, {"es": 30})
    one, again, other = (table_of(scores, seed=seed, n_draws=499) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, again)
    assert (one["dz_lo"] != other["dz_lo"]).all()
    assert (one["lo"] == other["lo"]).all()


def test_whoever_is_in_one_wave_only_is_not_ignored_in_silence():
    after = AFTER.where(BEFORE > 2.7)
    row = row_of(table_of(scores_of("es", BEFORE, after)), "es")
    everybody = paired.overlapping(BEFORE, after)
    assert (row["overlap_diff"], row["overlap_lo"], row["overlap_hi"]) == pytest.approx(
        (everybody.diff, everybody.lo, everybody.hi)
    )
    assert row["overlap_diff"] > row["diff"]  # who began low and left pulls it up


def test_a_model_that_cannot_be_fitted_leaves_the_pairs_and_says_so():
    row = row_of(table_of(scores_of("es", BEFORE, BEFORE + 0.5)), "es")
    assert (row["model_diff"], row["model_lo"], row["model_hi"]) == (row["diff"], row["lo"], row["hi"])
    assert row["note"] == "model_fallback"


def planted(rng: np.random.Generator, n: int, shift: float, dropout: float) -> tuple[pd.Series, pd.Series]:
    """Scores of one site with a planted change (methods P2); who scored low before leaves more often."""
    latent = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=n)
    latent[:, 1] += shift
    noise = rng.normal(size=(n, 2, 6)) * math.sqrt(1 - 0.75**2)
    answers = 1 + np.searchsorted([-1.6, -0.7, 0.3, 1.3], 0.75 * latent[:, :, None] + noise)
    before, after = answers.mean(axis=2).T
    odds = np.log(dropout / (1 - dropout)) - 0.6 * (before - before.mean()) / before.std()
    left = rng.random(n) < 1 / (1 + np.exp(-odds))
    return pd.Series(before), pd.Series(np.where(left, np.nan, after))


SITES = {"esdoorn": (64, 0.15), "beuk": (56, 0.20), "linde": (52, 0.25), "es": (14, 0.30)}


def test_the_planted_change_is_found_over_fifty_seeds():
    # methods P2, kennis: true change .698; predicted for everybody within .03, naive above, completers below
    errors = []
    states = []
    for seed in range(50):
        rng = np.random.default_rng(seed)
        study = {site: planted(rng, n, 1.0, dropout) for site, (n, dropout) in SITES.items()}
        table = table_of(*(scores_of(site, *waves) for site, waves in study.items()), n_draws=99)
        row = row_of(table, "ALL")
        before, after = (pd.concat([waves[i] for waves in study.values()]) for i in (0, 1))
        errors.append([row["model_diff"], after.mean() - before.mean(), row["diff"]])
        states.append(table.set_index("site")["state"])
    predicted, naive, completers = np.mean(errors, axis=0) - 0.698
    assert abs(predicted) < 0.03
    assert naive > 0.03
    assert completers < -0.02
    found = pd.DataFrame(states)
    assert (found[["esdoorn", "beuk", "linde", "ALL"]] == "up").all(axis=None)
    assert not (found == "down").any(axis=None)
    assert "none" not in set(found["es"])


def test_no_planted_change_is_mostly_told_as_none_where_there_are_enough_people():
    # methods P2, houding at A: P(none, .5 SD) .95 and P(up) .00
    states = []
    for seed in range(40):
        before, after = planted(np.random.default_rng(seed), 64, 0.0, 0.15)
        table = table_of(scores_of("esdoorn", before, after), n_draws=99)
        states.append(row_of(table, "esdoorn")["state"])
    assert np.mean([state == "none" for state in states]) >= 0.8
    assert np.mean([state in {"up", "down"} for state in states]) <= 0.1


def test_the_table_tells_the_same_as_the_model():
    before, after = planted(np.random.default_rng(1), 40, 0.7, 0.3)
    table = table_of(scores_of("es", before, after))
    expected = random_intercept.change(before, after, np.zeros(len(before)))
    for site in ("es", "ALL"):
        found = row_of(table, site)[["model_diff", "model_lo", "model_hi"]].astype(float)
        assert found.tolist() == pytest.approx([expected.diff, expected.lo, expected.hi]), site


HOSTILE = {
    "one value": lambda x, y: (x * 0 + 3, y * 0 + 3),
    "one step for all": lambda x, y: (x, x + 0.5),
    "nothing varies after": lambda x, y: (x, y * 0 + 4),
    "nothing varies before": lambda x, y: (x * 0 + 4, y),
    "two values": lambda x, y: (np.where(x > 3, 5.0, 1.0), np.where(y > 3, 5.0, 1.0)),
    "huge": lambda x, y: (x * 1e9, y * 1e9),
    "far from zero": lambda x, y: (x + 1e9, y + 1e9),
    "tiny range": lambda x, y: (3 + x * 1e-9, 3 + y * 1e-9),
    "nobody twice": lambda x, y: (
        np.where(np.arange(len(x)) % 2, x, np.nan),
        np.where(np.arange(len(x)) % 2, np.nan, y),
    ),
    "no score at all": lambda x, y: (x * np.nan, y * np.nan),
}


@pytest.mark.parametrize("unlinked_sites", [[], ["es"]], ids=["linked", "unlinked"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_no_score_makes_the_table_say_too_much(kind, unlinked_sites):
    rng = np.random.default_rng(1)
    for n in (0, 1, 4, 5, 6, 20, 101):
        x, y = HOSTILE[kind](*rng.integers(6, 31, size=(2, n)) / 6)
        es = scores_of("es", pd.Series(x, dtype=float), pd.Series(y, dtype=float))
        linde = scores_of("linde", BEFORE, AFTER)
        table = table_of(es, linde, sites=["es", "linde"], unlinked_sites=unlinked_sites, n_draws=199)
        people = table["n_pairs"].fillna(table[["n_before", "n_after"]].min(axis=1)).astype(int)
        numbers = table.select_dtypes("float64").columns
        assert not np.isinf(table[numbers].to_numpy()).any(), n
        assert table.loc[people < 6, ["p", "p_adj"]].isna().all(axis=None), n
        assert table.loc[people < 5, numbers].isna().all(axis=None), n
        none = table[table["state"] == "none"]
        assert ((none["lo90"] > -none["sesoi"]) & (none["hi90"] < none["sesoi"])).all(), n
        if unlinked_sites:
            assert row_of(table, "ALL")["n_pairs"] == 12
            assert pd.isna(row_of(table, "es")["n_pairs"])
