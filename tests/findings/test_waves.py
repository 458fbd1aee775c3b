"""Contrasts of three waves: the model's numbers, honest states, and one site told alike everywhere."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import multiplicity, paired, random_intercept, waves

WAVES = ("T0", "T1", "T2")


def people(site: str, seed: int, n: int = 20, *, steps=(0.0, 0.6, 0.5), leave=(0.0, 0.2, 0.4), scale="KEN"):
    """Scores of one site in rows; the share ``leave`` of a wave is missing."""
    rng = np.random.default_rng(seed)
    scores = 3 + rng.normal(0, 0.7, size=(n, 1)) + rng.normal(0, 0.4, size=(n, 3)) + np.array(steps)
    scores[rng.random((n, 3)) < np.array(leave)] = np.nan
    return rows(scores, site, scale)


def rows(scores: np.ndarray, site: str, scale: str = "KEN") -> pd.DataFrame:
    wide = pd.DataFrame(scores, columns=list(WAVES[: scores.shape[1]]))
    wide["respondent"] = [f"{site}{i}" for i in range(len(wide))]
    return wide.melt("respondent", var_name="wave", value_name="score").assign(site=site, scale=scale)


def table_of(*frames: pd.DataFrame, **settings: object) -> pd.DataFrame:
    scores = pd.concat(frames, ignore_index=True)
    sites = settings.pop("sites", list(dict.fromkeys(scores["site"])))
    scales = settings.pop("scales", list(dict.fromkeys(scores["scale"])))
    return waves.contrast_table(scores, sites=sites, scales=scales, **settings)


def rows_of(table: pd.DataFrame, site: str, scale: str = "KEN") -> pd.DataFrame:
    return table[(table["site"] == site) & (table["scale"] == scale)].set_index("contrast")


def test_every_scale_unit_and_contrast_has_its_row():
    table = table_of(people("es", 1), sites=["es", "beuk"], scales=["VAA", "KEN"])
    assert list(table.columns) == waves.CONTRAST_COLUMNS
    keys = [
        (scale, unit, contrast)
        for scale in ("VAA", "KEN")
        for unit in ("ALL", "es", "beuk")
        for contrast in ("learning", "retention", "net")
    ]
    assert list(zip(table["scale"], table["site"], table["contrast"], strict=True)) == keys
    nothing = table[(table["scale"] == "VAA") | (table["site"] == "beuk")]
    assert set(nothing["state"]) == {"absent"}
    assert set(nothing["method"]) == {"none"}
    assert nothing[["diff", "p", "retained"]].isna().all(axis=None)


def test_a_site_is_told_the_same_alone_and_beside_others():
    blocks = [people(site, seed) for seed, site in enumerate(("es", "beuk", "linde"))]
    together, alone = table_of(*blocks), table_of(blocks[1])
    for unit in ("beuk", "ALL"):
        ours = rows_of(alone, unit)
        pd.testing.assert_frame_equal(
            ours.drop(columns=["site", "sesoi", "state", "retained"]),
            rows_of(together, "beuk").drop(columns=["site", "sesoi", "state", "retained"]),
        )


def test_two_waves_give_the_model_of_everybody():
    blocks = [people(site, seed, leave=(0, 0.3, 1.0)) for seed, site in enumerate(("es", "beuk"))]
    table = table_of(*blocks)
    wide = pd.concat(blocks).pivot(index=["site", "respondent"], columns="wave", values="score")
    site = wide.index.get_level_values("site")
    for unit, own in (("ALL", wide), ("es", wide[site == "es"])):
        row = rows_of(table, unit).loc["learning"]
        found = random_intercept.change(own["T0"], own["T1"], own.index.get_level_values("site"))
        assert (row["diff"], row["lo"], row["hi"]) == pytest.approx(
            (found.diff, found.lo, found.hi), abs=1e-5
        )
        assert row["n_pairs"] == found.n_pairs
        assert rows_of(table, unit).loc["net", "state"] == "absent"


def test_complete_waves_give_differences_of_means_that_add_up():
    block = people("es", 3, leave=(0, 0, 0))
    found = rows_of(table_of(block), "es")
    mean = block.groupby("wave")["score"].mean()
    assert found.loc["learning", "diff"] == pytest.approx(mean["T1"] - mean["T0"])
    assert found.loc["net", "diff"] == pytest.approx(found.loc[["learning", "retention"], "diff"].sum())
    assert found["p_adj"].tolist() == pytest.approx(multiplicity.holm(found["p"]).tolist())
    assert found["sesoi"].tolist() == pytest.approx(3 * [0.5 * block[block["wave"] == "T0"]["score"].std()])


@pytest.mark.parametrize(
    ("steps", "retained"), [((0, 0.8, 0.8), True), ((0, 0.8, 0.0), False)], ids=["stayed", "lost"]
)
def test_what_was_learned_is_retained_only_when_the_interval_says_so(steps, retained):
    found = rows_of(table_of(people("es", 4, 60, steps=steps)), "es")
    assert bool(found.loc["retention", "retained"]) is retained
    assert bool(found.loc["retention", "lo90"] > -found.loc["retention", "sesoi"]) is retained
    assert found.loc[["learning", "net"], "retained"].isna().all()


@pytest.mark.parametrize("steps", [(0, 0.0, 0.0), (0, -0.8, -0.8)], ids=["nothing learned", "went down"])
def test_nothing_is_retained_where_nothing_was_learned(steps):
    found = rows_of(table_of(people("es", 4, 60, steps=steps)), "es")
    assert found["retained"].isna().all()


@pytest.mark.parametrize(("n", "state", "tested"), [(4, "too_few", False), (5, None, False), (6, None, True)])
@pytest.mark.parametrize("unlinked", [[], ["es"]])
def test_small_sites(n, state, tested, unlinked):
    block = people("es", 5, n, leave=(0, 0, 0))
    found = rows_of(table_of(block, unlinked_sites=unlinked), "es")
    assert ((found["state"] == "too_few") == (state == "too_few")).all()
    assert (found["diff"].isna() == (n < 5)).all()
    assert (found["p"].notna() == tested).all()
    assert (found["note"].str.contains("not_tested") == (n == 5)).all()


def test_one_pair_at_each_of_many_sites_is_too_few():
    blocks = [people(f"s{i}", i, 1, leave=(0, 0, 0)) for i in range(6)]
    found = rows_of(table_of(*blocks), "ALL")
    assert set(found["state"]) == {"too_few"}
    assert found["n_pairs"].tolist() == [6, 6, 6]


def test_unlinked_waves_are_two_groups_without_pairs():
    block = people("wilg", 6, 30)
    table = table_of(block, unlinked_sites=["wilg"])
    before, after = (block[block["wave"] == wave]["score"] for wave in ("T0", "T1"))
    expected = paired.unlinked(before, after)
    for unit in ("wilg", "ALL"):
        row = rows_of(table, unit).loc["learning"]
        numbers = (row["diff"], row["lo"], row["hi"], row["lo90"], row["p"])
        theirs = (expected.diff, expected.lo, expected.hi, expected.lo90, expected.p)
        assert numbers == pytest.approx(theirs)
        assert row["method"] == "welch"
        assert pd.isna(row["n_pairs"])


def test_all_leaves_out_what_it_must_and_says_so():
    blocks = [people("es", 1), people("wilg", 2), people("beuk", 3, leave=(0, 1, 1))]
    found = rows_of(table_of(*blocks, unlinked_sites=["wilg"]), "ALL")
    assert set(found["note"]) == {"without_unlinked_sites without_absent_sites"}
    assert found["diff"].tolist() == pytest.approx(rows_of(table_of(blocks[0]), "es")["diff"].tolist())


@pytest.mark.parametrize("n_sites", [1, 3])
def test_people_who_do_not_differ_are_told_by_their_pairs(n_sites):
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(12, 1))
    scores = 3 + np.hstack([noise, -noise, noise]) + rng.normal(0, 0.1, size=(12, 3)) + [0, 0.5, 0.7]
    blocks = [rows(scores + 0.1 * i, f"s{i}") for i in range(n_sites)]
    found = rows_of(table_of(*blocks), "ALL").loc["learning"]
    expected = paired.paired(pd.Series(scores[:, 0]), pd.Series(scores[:, 1]))
    assert (found["method"], found["note"]) == ("paired", "model_fallback")
    assert found["diff"] == pytest.approx(expected.diff)
    assert n_sites > 1 or (found["lo"], found["p"]) == pytest.approx((expected.lo, expected.p_t))


def test_all_missing_is_absent_and_one_person_gives_no_test():
    nothing = table_of(*(people(site, 1, leave=(1, 1, 1)) for site in ("es", "beuk")))
    assert set(nothing["state"]) == {"absent"}
    one = table_of(people("es", 1, 1, leave=(0, 0, 0)))
    assert set(one["state"]) == {"too_few"}
    assert one[["diff", "lo", "p", "p_adj"]].isna().all(axis=None)


@settings(max_examples=6)
@given(seed=st.integers(0, 999), shift=st.sampled_from([-2.0, 0.5, 10.0]))
def test_relabelling_people_and_a_constant_change_nothing(seed, shift):
    block = people("es", seed, 12)
    names = dict(zip(block["respondent"].unique(), np.random.default_rng(seed).permutation(12), strict=True))
    moved = block.assign(respondent=block["respondent"].map(names), score=block["score"] + shift)
    found, other = (table_of(frame.sample(frac=1, random_state=seed)) for frame in (block, moved))
    pd.testing.assert_frame_equal(found, other, rtol=0, atol=1e-6)


def test_two_waves_are_refused():
    with pytest.raises(ValueError, match="three different waves"):
        table_of(people("es", 1), waves=("T0", "T1"))


def test_a_report_of_one_site_does_not_pay_for_statsmodels():
    told = (
        "import sys, numpy as np, pandas as pd; from casestudy.findings import waves;"
        "s = pd.DataFrame({'respondent': [*range(8)] * 3, 'wave': ['T0'] * 8 + ['T1'] * 8 + ['T2'] * 8,"
        " 'site': 'es', 'scale': 'KEN', 'score': np.random.default_rng(0).normal(size=24)});"
        "waves.contrast_table(s, sites=['es'], scales=['KEN']); print('statsmodels' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
