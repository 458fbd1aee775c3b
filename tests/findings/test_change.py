"""Change equals published results, keeps quiet below its thresholds, and undoes the pull of leavers."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import attrition, change, evidence, scales

# methods F5, golden set of twelve pairs
BEFORE = pd.Series([2.8, 3.0, 3.2, 2.5, 3.7, 3.3, 2.2, 3.5, 4.0, 2.7, 3.2, 3.0])
AFTER = pd.Series([3.5, 3.3, 3.2, 3.3, 3.8, 4.0, 3.0, 3.4, 4.2, 3.5, 3.7, 3.6])
PAIRED = [
    (
        BEFORE,
        AFTER,
        {
            "n_pairs": 12,
            "diff": 0.450,
            "sd_diff": 0.334,
            "lo": 0.238,
            "hi": 0.662,
            "t": 4.66,
            "df": 11,
            "p_t": 0.0007,
            "dz": 1.346,
            "g_av": 0.986,
            "r": 0.756,
            "r_rb": 0.935,
            "p": 0.00293,
            "n_zero": 1,
        },
    ),
    (  # Lakens (2013), table of movie ratings
        pd.Series([9, 6, 7, 8, 7, 9, 8, 8, 8, 7]),
        pd.Series([9, 7, 8, 9, 8, 9, 9, 10, 9, 9]),
        {
            "t": 4.743,
            "df": 9,
            "p_t": 0.0011,
            "lo": 0.52,
            "hi": 1.48,
            "dz": 1.50,
            "g_av": 1.032,
            "r": 0.726,
            "n_zero": 2,
        },
    ),
]
SCORE = st.integers(6, 30).map(lambda total: total / 6)


@pytest.mark.parametrize(("before", "after", "expected"), PAIRED, ids=["twelve pairs", "movies"])
def test_published_paired_change(before, after, expected):
    found = asdict(change.paired(before, after))
    for name, value in expected.items():
        digits = len(str(value).partition(".")[2])
        assert found[name] == pytest.approx(value, abs=0.5 * 10**-digits + 1e-12), name


def test_published_unlinked_change():
    # methods F7: the twelve before and two more, against the twelve after
    found = change.unlinked(pd.concat([BEFORE, pd.Series([2.9, 3.1])]), AFTER)
    assert (found.lo, found.hi) == pytest.approx((0.133, 0.793), abs=5e-4)
    assert found.t == pytest.approx(2.90, abs=5e-3)
    assert found.df == pytest.approx(23.5, abs=0.05)
    assert found.p == pytest.approx(0.008, abs=5e-4)
    assert (found.p_superior, found.g) == pytest.approx((0.80, 1.08), abs=5e-3)
    assert not hasattr(found, "n_pairs")


def test_common_language_effect_size():
    # documentation of pingouin: CLES .396 for these two series
    x = pd.Series([20, 22, 19, 20, 22, 18, 24, 20, 19, 24, 26, 13])
    y = pd.Series([38, 37, 33, 29, 14, 12, 20, 22, 17, 25, 26, 16])
    assert change.unlinked(y, x).p_superior == pytest.approx(0.396, abs=5e-4)


@pytest.mark.parametrize(
    ("n", "described", "tested"),
    [(0, False, False), (1, False, False), (4, False, False), (5, True, False), (6, True, True)],
)
def test_too_few_people_say_nothing(n, described, tested):
    paired = change.paired(BEFORE[:n], AFTER[:n])
    unlinked = change.unlinked(BEFORE[:n], AFTER[:n])
    assert paired.n_pairs == n
    assert (paired.n_zero is None) is not described
    for found in (paired, unlinked):
        assert math.isnan(found.diff) is not described
        assert math.isnan(found.p) is not tested


def test_everybody_counts_but_only_pairs_change():
    before = pd.Series([3.0, 3.5, 2.0, 4.0, 3.0, 2.5, np.nan, 5.0], index=list("abcdefgh"))
    after = pd.Series([3.5, 3.5, 3.0, 4.5, 3.5, 3.0, 4.0, np.nan], index=list("abcdefgh"))
    found = change.paired(before, after.iloc[::-1])
    assert (found.n_before, found.n_after, found.n_pairs) == (7, 7, 6)
    assert found.m_before == pytest.approx(3.0)
    assert found.diff == pytest.approx(0.5)


@pytest.mark.parametrize(("step", "state"), [(0.5, "up"), (-0.5, "down"), (0.0, "none")])
def test_everybody_changed_equally(step, state):
    found = change.paired(BEFORE, BEFORE + step)
    assert (found.lo, found.hi) == pytest.approx((step, step))
    assert all(math.isnan(value) for value in (found.t, found.dz, found.p_t))
    assert change.state(found.lo, found.hi, found.lo90, found.hi90, 0.25) == state


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(st.tuples(SCORE, SCORE), min_size=6, max_size=30),
    seed=st.integers(0, 99),
    shift=st.sampled_from([-1.0, 0.5, 2.0]),
)
def test_relabelling_and_shifting_everybody(pairs, seed, shift):
    x, y = (pd.Series(side) for side in zip(*pairs, strict=True))
    found = change.paired(x, y)
    order = np.random.default_rng(seed).permutation(len(x))
    renamed = change.paired(x.iloc[order].set_axis(range(len(x))), y.iloc[order].set_axis(range(len(x))))
    moved = change.paired(x + shift, y + shift)
    for other in (renamed, moved):
        for name in ("diff", "lo", "hi", "r_rb", "p", "dz", "n_zero"):
            expected = pytest.approx(getattr(found, name), abs=1e-7, nan_ok=True)
            assert getattr(other, name) == expected, name
    assert moved.m_before == pytest.approx(found.m_before + shift)


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
    found = change.paired(BEFORE, AFTER)
    for name in "n_pairs m_before sd_after diff lo hi lo90 hi90 t df dz g_av r r_rb p n_zero".split():
        assert row[name] == pytest.approx(getattr(found, name)), name
    assert (row["state"], row["method"], row["note"]) == ("up", "paired", "")
    assert row["sesoi"] == pytest.approx(0.5 * found.sd_before)
    assert row["model_diff"] == pytest.approx(0.45)
    assert math.isnan(row["p_adj"])


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
        assert row[["dz", "g_av", "r", "model_diff"]].isna().all()
        assert row["diff"] == pytest.approx(0.45)


@pytest.mark.parametrize(("n", "state", "note"), [(4, "too_few", ""), (5, "up", "not_tested"), (6, "up", "")])
@pytest.mark.parametrize("unlinked_sites", [[], ["es"]])
def test_small_sites(n, state, note, unlinked_sites):
    after = pd.Series([4.0, 4.5, 4.2, 4.4, 4.1, 4.3])
    table = table_of(scores_of("es", BEFORE[:n], after[:n]), unlinked_sites=unlinked_sites)
    row = row_of(table, "es")
    assert (row["state"], row["note"]) == (state, note)
    assert (row["n_before"], row["n_after"]) == (n, n)
    assert math.isnan(row["diff"]) is (n < 5)
    assert math.isnan(row["p"]) is (n < 6)


def test_a_site_without_the_second_wave_is_absent_and_said():
    table = table_of(scores_of("es", BEFORE, AFTER), scores_of("beuk", BEFORE, AFTER * np.nan))
    assert row_of(table, "beuk")["state"] == "absent"
    assert row_of(table, "beuk")["n_before"] == 12
    assert row_of(table, "ALL")["n_before"] == 12
    assert row_of(table, "ALL")["note"] == "without_absent_sites"


def test_holm_is_over_the_pooled_rows_of_all_scales():
    kinds = [
        scores_of("es", BEFORE, AFTER, scale="KEN"),
        scores_of("es", BEFORE, BEFORE[::-1].reset_index(drop=True), scale="HOU"),
    ]
    table = table_of(*kinds)
    pooled = table[table["site"] == "ALL"].set_index("scale")
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


@pytest.mark.real_material
@pytest.mark.parametrize("study", ["AGES", "SHED", "Cart", "PAT"])
@pytest.mark.parametrize(("rule", "share"), [("mean_of_available_items", 0.05), ("complete_items_only", 1.0)])
def test_four_studies_of_state_anxiety(shared_data: Path, study: str, rule: str, share: float):
    stored = json.loads((shared_data / "survey/sai_prepost_4studies.expected.json").read_text())
    expected = stored["studies"][study][rule]
    raw = pd.read_csv(shared_data / "survey/sai_prepost_4studies.csv")
    items = raw.columns.drop(["study", "time", "id"])
    reverse = stored["scale"].partition("reverse (5-x): ")[2].partition(";")[0].split(", ")
    instrument = pd.DataFrame({"item": items, "scale": "SAI", "min": 1, "max": 4, "kind": "mean"})
    instrument["reverse"] = instrument["item"].isin(reverse)
    answers = raw.melt(id_vars=["study", "time", "id"], var_name="item")
    answers = answers.rename(columns={"study": "site", "time": "wave", "id": "respondent"})
    scores = scales.score(answers[answers["site"] == study], instrument, min_answered_share=share)
    before, after = (scores[scores["wave"] == w].set_index("respondent")["score"] for w in (1, 2))
    found = change.paired(before, after)
    assert (found.n_pairs, found.df) == (expected["n_matched"], expected["df"])
    assert (found.lo, found.hi) == pytest.approx(expected["ci95_change"], abs=1e-6)
    numbers = {"diff": "mean_change", "m_before": "mean_t1", "sd_after": "sd_t2", "p_t": "p"}
    for ours, theirs in (numbers | {name: name for name in ("t", "dz", "r")}).items():
        assert getattr(found, ours) == pytest.approx(expected[theirs], abs=1e-6), ours
    flip = evidence.sign_flip(after - before, zeros="drop")
    assert flip.w_plus == expected["wilcoxon"]["V"]
    assert flip.p == pytest.approx(expected["wilcoxon"]["p_normal_approx_continuity"], abs=1e-6)


@pytest.mark.real_material
def test_students_sleep_data(shared_data: Path):
    expected = json.loads((shared_data / "reference/change/sleep_student1908.expected.json").read_text())
    sleep = pd.read_csv(shared_data / "reference/change/sleep_student1908.csv", index_col="id")
    found = change.paired(sleep["pre"], sleep["post"])
    assert (found.lo, found.hi) == pytest.approx(expected["ci95"], abs=1e-6)
    assert (found.t, found.p_t) == pytest.approx((expected["t"], expected["p"]), abs=1e-5)
    assert (found.diff, found.dz) == pytest.approx((expected["mean_change"], expected["dz"]), abs=1e-6)
    assert found.n_zero == expected["zero_differences"]


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
        table = table_of(*(scores_of(site, *waves) for site, waves in study.items()))
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
        states.append(row_of(table_of(scores_of("esdoorn", before, after)), "esdoorn")["state"])
    assert np.mean([state == "none" for state in states]) >= 0.8
    assert np.mean([state in {"up", "down"} for state in states]) <= 0.1


def test_the_table_tells_the_same_prediction_as_the_function():
    before, after = planted(np.random.default_rng(1), 40, 0.7, 0.3)
    row = row_of(table_of(scores_of("es", before, after)), "es")
    assert row["model_diff"] == pytest.approx(attrition.predicted(before, after).diff)
