"""What to read next: the priority as written down, an exact random share, and the same batch in any order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from casestudy.errors import WrongUse
from casestudy.findings import worklist

NONE = pd.Series(dtype=float)


def units(n: int = 60, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "source": [f"s{i % 7}" for i in range(n)],
            "site": [f"x{i % 3}" for i in range(n)],
            "start": range(n),
            "end": range(1, n + 1),
            "code": [f"M{i % 4}" for i in range(n)],
            "p": rng.random(n),
        }
    )


PRIORITIES = [  # p, positives of the code, coded sources of the site, lot, and the formula of methods C3
    (0.5, 0, 0, 0.0, 0.7),
    (0.0, 0, 0, 0.0, 0.0),
    (1.0, 0, 0, 1.0, 0.3),
    (0.25, 0, 0, 0.0, 0.35),
    (0.5, 3, 0, 0.0, 0.35),
    (0.5, 0, 8, 0.0, 0.7 / 3),
    (0.5, 3, 8, 0.5, 0.7 / 6 + 0.15),
    (np.nan, 0, 0, 0.0, 0.7),
]


@pytest.mark.parametrize(("p", "positives", "sources", "lot", "expected"), PRIORITIES)
def test_priority_is_the_formula(p, positives, sources, lot, expected):
    unit = pd.DataFrame({"site": ["x"], "code": ["a"], "p": [p]})
    known = {"positives": pd.Series({"a": positives}), "coded_sources": pd.Series({"x": sources})}
    given_lots = np.array([lot])
    assert worklist.priority(unit, *known.values(), lots=given_lots).item() == pytest.approx(expected)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 80), seed=st.integers(0, 10_000), order=st.integers(0, 99))
def test_the_share_drawn_at_random_is_exact_and_order_changes_nothing(n, seed, order):
    table = units()
    drawn = worklist.batch(table, n=n, seed=seed, positives=NONE, coded_sources=NONE)
    size = min(n, 60)
    assert len(drawn) == size
    assert int(drawn["eval"].sum()) == int(np.floor(0.3 * size + 0.5))
    assert not drawn.duplicated(worklist.UNIT).any()
    shuffled = table.sample(frac=1, random_state=order)
    again = worklist.batch(shuffled, n=n, seed=seed, positives=NONE, coded_sources=NONE)
    pd.testing.assert_frame_equal(drawn, again)


def test_what_is_drawn_at_random_is_uniform():
    table = units(40)
    times = np.zeros(40)
    for seed in range(600):
        drawn = worklist.batch(table, n=20, seed=seed, positives=NONE, coded_sources=NONE)
        times[drawn.loc[drawn["eval"], "start"]] += 1
    expected = 600 * 6 / 40
    statistic = ((times - expected) ** 2 / (expected * (1 - 6 / 40))).sum() * 39 / 40
    assert 0.001 < stats.chi2.sf(statistic, 39) < 0.999


def test_the_others_are_the_most_uncertain():
    table = units(200).assign(p=[0.5 if i < 30 else 0.0 for i in range(200)])
    drawn = worklist.batch(table, n=30, seed=3, positives=NONE, coded_sources=NONE)
    assert (drawn.loc[~drawn["eval"], "p"] == 0.5).all()


def test_each_sentence_keeps_its_most_telling_code():
    table = pd.DataFrame(
        {"source": "s", "site": "x", "start": 0, "end": 9, "code": ["b", "a", "c"], "p": [0.9, 0.5, 0.5]}
    )
    kept = worklist.leading(table, positives=pd.Series({"a": 8}), coded_sources=NONE)
    assert kept["code"].tolist() == ["c"]


WRONG = [
    (units(), 0, "at least one"),
    (pd.concat([units(), units()]), 5, "must differ"),
    (units().assign(p=1.5), 5, "between 0 and 1"),
]


@pytest.mark.parametrize(("table", "n", "must"), WRONG)
def test_a_batch_that_cannot_be_drawn_says_why(table, n, must):
    with pytest.raises(WrongUse, match=must):
        worklist.batch(table, n=n, seed=1, positives=NONE, coded_sources=NONE)


def test_prevalence_rests_on_the_random_part_only():
    read = pd.DataFrame(
        {"code": "a", "human": [1] * 40 + [0] * 60 + [1] * 50, "eval": [True] * 100 + [False] * 50}
    )
    row = worklist.prevalence(read).iloc[0]
    assert row[["n", "n_human_pos", "prevalence"]].tolist() == [100, 40, 0.4]
    assert row["prevalence_lo"] < 0.4 < row["prevalence_hi"]
