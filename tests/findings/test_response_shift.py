"""The shift is what lies between both changes, of the same people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import response_shift

# methods F5, golden set of twelve pairs. Its column THEN is not printed; a mean of .283 within .224 and .343
# leaves one possibility when twelve people look back .2, .3 or .4 lower: six, two and four of them.
T0 = np.array([2.8, 3.0, 3.2, 2.5, 3.7, 3.3, 2.2, 3.5, 4.0, 2.7, 3.2, 3.0])
T1 = np.array([3.5, 3.3, 3.2, 3.3, 3.8, 4.0, 3.0, 3.4, 4.2, 3.5, 3.7, 3.6])
THEN = T0 - np.repeat([0.2, 0.3, 0.4], [6, 2, 4])


def scores_of(site: str = "es", **waves: np.ndarray) -> pd.DataFrame:
    blocks = [
        pd.DataFrame({"respondent": [f"{site}{i}" for i in range(len(s))], "wave": wave, "score": s})
        for wave, s in waves.items()
    ]
    return pd.concat(blocks, ignore_index=True).assign(site=site, scale="VAA")


def then_test(*scores: pd.DataFrame, **settings: object) -> pd.DataFrame:
    both = pd.concat(scores, ignore_index=True)
    sites = list(dict.fromkeys(both["site"]))
    table = response_shift.then_test(
        both, before="T0", after="T1", then="THEN", sites=sites, scales=["VAA"], **settings
    )
    assert list(table.columns) == response_shift.SHIFT_COLUMNS
    return table.set_index("site")


def test_the_golden_numbers():
    row = then_test(scores_of(T0=T0, T1=T1, THEN=THEN)).loc["es"]
    assert row[["shift", "shift_lo", "shift_hi"]].tolist() == pytest.approx([0.283, 0.224, 0.343], abs=5e-4)
    assert row[["diff", "diff_lo", "diff_hi"]].tolist() == pytest.approx([0.450, 0.238, 0.662], abs=5e-4)
    assert row["diff_then"] == pytest.approx(0.733, abs=5e-4)
    assert row[["n", "n_change", "n_then"]].tolist() == [12, 12, 12]


def test_by_hand():
    # shifts 0, .5, 1, .5, .5: mean .5, SD .35355, t(4) at .975 is 2.7764: half width .43899
    before = np.array([2.0, 3.0, 4.0, 3.0, 2.5])
    then = before - np.array([0.0, 0.5, 1.0, 0.5, 0.5])
    row = then_test(scores_of(T0=before, T1=before + 1, THEN=then)).loc["ALL"]
    assert row[["shift", "shift_lo", "shift_hi"]].tolist() == pytest.approx([0.5, 0.06101, 0.93899], abs=1e-5)
    assert row[["diff", "diff_lo", "diff_hi", "diff_then"]].tolist() == pytest.approx([1, 1, 1, 1.5])


@settings(max_examples=10)
@given(seed=st.integers(0, 999), shift=st.sampled_from([-1.0, 0.3, 5.0]))
def test_change_and_shift_add_up_and_a_constant_moves_nothing(seed, shift):
    rng = np.random.default_rng(seed)
    waves = rng.integers(6, 31, size=(3, 15)) / 6
    waves[rng.random((3, 15)) < 0.1] = np.nan
    found, moved = (
        then_test(scores_of(T0=w[0], T1=w[1], THEN=w[2])).loc["es"] for w in (waves, waves[:, ::-1] + shift)
    )
    assert found["n"] == (~np.isnan(waves)).all(axis=0).sum()
    assert found["diff_then"] == pytest.approx(found["diff"] + found["shift"], nan_ok=True)
    pd.testing.assert_series_equal(found, moved, rtol=1e-8)


@pytest.mark.parametrize(("n", "told"), [(1, False), (4, False), (5, True)])
def test_few_people_are_counted_only(n, told):
    row = then_test(scores_of(T0=T0[:n], T1=T1[:n], THEN=THEN[:n])).loc["es"]
    assert row["n"] == n
    assert row[["shift", "diff", "diff_then"]].notna().all() == told


def test_an_unlinked_site_only_tells_what_was_asked_at_once():
    table = then_test(scores_of(T0=T0, T1=T1, THEN=THEN), unlinked_sites=["es"])
    for site in ("ALL", "es"):
        row = table.loc[site]
        assert pd.isna(row["n"])
        assert pd.isna(row["shift"])
        assert row["n_then"] == 12
        assert row["diff_then"] == pytest.approx(0.733, abs=5e-4)


def test_who_did_not_look_back_is_in_neither_number():
    nobody = np.full(12, np.nan)
    table = then_test(scores_of(T0=T0, T1=T1, THEN=THEN), scores_of("beuk", T0=T0, T1=T1 + 1, THEN=nobody))
    assert table.loc["beuk", "n"] == 0
    assert pd.isna(table.loc["beuk", "diff"])
    assert table.loc["ALL", "diff"] == pytest.approx(table.loc["es", "diff"])
