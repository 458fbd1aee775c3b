"""Who stayed and who left are compared by what they said before, and only where enough did either."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from casestudy.findings import attrition


def scores_of(site: str, before: list[float], after: list[float]) -> pd.DataFrame:
    waves = [pd.DataFrame({"score": s, "wave": w}) for s, w in ((before, "T0"), (after, "T1"))]
    people = [wave.assign(respondent=wave.index) for wave in waves]
    return pd.concat(people, ignore_index=True).assign(site=site, scale="KEN")


def leavers(*scores: pd.DataFrame, **settings: object) -> pd.DataFrame:
    both = pd.concat(scores, ignore_index=True)
    sites = list(dict.fromkeys(both["site"]))
    table = attrition.leavers(both, before="T0", after="T1", sites=sites, scales=["KEN"], **settings)
    assert list(table.columns) == attrition.LEAVERS_COLUMNS
    return table.set_index("site")


GONE = np.nan
# means before 4 and 3, both variances 1/2: g = sqrt(2) * (1 - 3 / (4 * 8 - 1))
STAYED, LEFT = [4.0, 5.0, 4.0, 3.0, 4.0], [3.0, 4.0, 3.0, 2.0, 3.0]


def test_leavers_by_hand():
    row = leavers(scores_of("es", STAYED + LEFT, [4.0] * 5 + [GONE] * 5)).loc["es"]
    assert row[["n_before", "n_after", "n_both", "n_left"]].tolist() == [10, 5, 5, 5]
    assert row[["m_stayed", "m_left"]].tolist() == pytest.approx([4, 3])
    assert row["g"] == pytest.approx(math.sqrt(2) * (1 - 3 / 31))
    df, unit = 8, math.sqrt(2 / 5) * (1 - 3 / 31)
    tails = [stats.nct.cdf(row["g"] / unit, df, row[end] / unit) for end in ("lo", "hi")]
    assert tails == pytest.approx([0.975, 0.025], abs=1e-6)
    assert row["note"] == ""


@pytest.mark.parametrize(
    ("before", "after", "note", "left"),
    [
        (STAYED + LEFT[:4], [4.0] * 5 + [GONE] * 4, "too_few", 4),
        (STAYED[:4] + LEFT, [4.0] * 4 + [GONE] * 5, "too_few", 5),
        (STAYED, [4.0] * 5, "nobody_left", 0),
        (STAYED, [GONE] * 5, "wave_missing", 5),
        ([GONE] * 5, STAYED, "wave_missing", 0),
        ([3.0], [GONE], "wave_missing", 1),
    ],
)
def test_leavers_are_not_described_by_few(before, after, note, left):
    row = leavers(scores_of("es", before, after)).loc["es"]
    assert (row["note"], row["n_left"]) == (note, left)
    assert row[["m_stayed", "m_left", "g", "lo", "hi"]].isna().all()


def test_who_left_an_unlinked_site_is_not_known():
    blocks = [scores_of(site, STAYED + LEFT, [4.0] * 5 + [GONE] * 5) for site in ("es", "wilg")]
    table = leavers(*blocks, unlinked_sites=["wilg"])
    assert table.loc["wilg", "note"] == "unlinked"
    assert table.loc["wilg", ["n_before", "n_after"]].tolist() == [10, 5]
    assert table.loc["wilg", ["n_both", "n_left", "g"]].isna().all()
    assert table.loc["ALL", "note"] == "without_unlinked_sites"
    assert table.loc["ALL", "n_left"] == 5


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 999), shift=st.sampled_from([-1.0, 2.5]))
def test_names_and_a_constant_do_not_change_who_left(seed, shift):
    rng = np.random.default_rng(seed)
    before, after = rng.integers(6, 31, size=(2, 24)) / 6
    after[rng.random(24) < 0.4] = np.nan
    found = leavers(scores_of("es", before, after)).loc["es"]
    other = leavers(scores_of("es", before[::-1] + shift, after[::-1] + shift)).loc["es"]
    means = ["m_stayed", "m_left"]
    assert (other[means] - shift).tolist() == pytest.approx(found[means].tolist(), nan_ok=True)
    pd.testing.assert_series_equal(other.drop(means), found.drop(means), rtol=1e-7)


def test_participation_counts_people_with_an_answer():
    answers = pd.DataFrame(
        [
            ("a", "es", "T0", "KEN1", 3.0),
            ("a", "es", "T0", "KEN2", 4.0),
            ("b", "es", "T0", "KEN1", np.nan),
            ("c", "es", "T0", "TOE1", 1.0),
            ("a", "es", "T1", "KEN1", 4.0),
            ("a", "wilg", "T0", "KEN1", 4.0),
        ],
        columns=["respondent", "site", "wave", "item", "value"],
    )
    table = attrition.participation(
        answers, waves=["T0", "T1", "T2"], sites=["es", "wilg"], invited={("es", "T0"): 12}
    )
    assert list(table.columns) == attrition.PARTICIPATION_COLUMNS
    assert table["n"].tolist() == [2, 1, 0, 1, 0, 0]
    assert table["n_invited"].tolist() == [12, *[pd.NA] * 5]
    renamed = answers.assign(respondent=answers["respondent"].map({"a": "z", "b": "y", "c": "x"}))
    again = attrition.participation(renamed, waves=["T0", "T1", "T2"], sites=["es", "wilg"])
    assert again["n"].tolist() == table["n"].tolist()
    assert again["n_invited"].isna().all()
