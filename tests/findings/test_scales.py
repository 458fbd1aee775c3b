"""Scores follow the missing rule, reliability equals published values, and odd answers are noticed."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import scales

NA = None


def items_of(reverse: list[bool], *, high: int = 5, scale: str = "VAA") -> pd.DataFrame:
    names = [f"{scale}{i}" for i in range(1, len(reverse) + 1)]
    return pd.DataFrame(
        {
            "item": names,
            "scale": scale,
            "reverse": reverse,
            "min": 1,
            "max": high,
            "kind": "mean",
            "skill": NA,
        }
    )


def answers_of(rows: list[list[float | None]], items: pd.DataFrame, wave: str = "T0") -> pd.DataFrame:
    wide = pd.DataFrame(rows, columns=list(items["item"]), dtype=float)
    wide = wide.assign(respondent=[f"r{i:03d}" for i in range(len(rows))], site="es", wave=wave)
    return wide.melt(id_vars=["respondent", "site", "wave"], var_name="item")


@pytest.mark.parametrize(
    ("answers", "expected", "n_answered"),
    [
        # methods F2: six items, the second reversed
        ([4, 2, 5, NA, 3, 4], 4.00, 5),
        ([5, 1, NA, NA, 4, 5], 4.75, 4),
        ([NA, NA, NA, NA, 4, 2], math.nan, 2),
        ([NA] * 6, math.nan, 0),
        ([3, 3, 3, 3, 3, 3], 3.0, 6),
    ],
)
def test_scores(answers, expected, n_answered):
    items = items_of([False, True, False, False, False, False])
    scores = scales.score(answers_of([answers], items), items)
    assert list(scores.columns) == scales.SCORE_COLUMNS
    row = scores.iloc[0]
    assert row["score"] == pytest.approx(expected, nan_ok=True)
    assert (row["n_answered"], row["n_items"]) == (n_answered, 6)


@pytest.mark.parametrize(
    ("share", "n_items", "needed"),
    [(2 / 3, 6, 4), (0.6667, 6, 4), (2 / 3, 9, 6), (2 / 3, 5, 4), (0.5, 6, 3), (1.0, 6, 6), (0.01, 6, 1)],
)
def test_share_of_items_is_rounded_up(share, n_items, needed):
    assert scales.needed_items(n_items, share) == needed


def test_frequency_items_get_no_score():
    items = items_of([False] * 6).assign(kind="frequency")
    assert scales.score(answers_of([[1, 2, 3, 4, 5, 5]], items), items).empty


def test_what_was_answered_stays_as_it_was():
    items = items_of([False, True])
    answers = answers_of([[4, 2]], items)
    kept = answers.copy()
    scales.score(answers, items)
    pd.testing.assert_frame_equal(answers, kept)


ROWS = st.lists(
    st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=6, max_size=6), min_size=1, max_size=8
)


@settings(deadline=None)
@given(rows=ROWS, seed=st.integers(0, 99))
def test_relabelling_respondents_changes_no_score(rows, seed):
    items = items_of([False, True, False, False, True, False])
    scores = scales.score(answers_of(rows, items), items)
    order = np.random.default_rng(seed).permutation(len(rows))
    renamed = scales.score(answers_of([rows[i] for i in order], items), items)
    assert np.array_equal(renamed["score"], scores["score"].to_numpy()[order], equal_nan=True)


def test_perfect_consistency():
    found = scales.cronbach_alpha(pd.DataFrame({"a": [1, 2, 4, 5], "b": [1, 2, 4, 5], "c": [1, 2, 4, 5]}))
    assert (found.value, found.lo, found.hi) == pytest.approx((1.0, 1.0, 1.0))


@pytest.mark.parametrize(
    "wide",
    [
        pd.DataFrame({"a": [1.0], "b": [2.0]}),
        pd.DataFrame({"a": [np.nan, 1.0], "b": [1.0, np.nan]}),
        pd.DataFrame({"a": [3.0, 3.0, 3.0], "b": [2.0, 2.0, 2.0]}),
        pd.DataFrame({"a": [1.0, 2.0, 3.0]}),
    ],
    ids=["one person", "nobody complete", "no spread", "one item"],
)
def test_alpha_is_nan_when_it_is_not_defined(wide):
    found = scales.cronbach_alpha(wide)
    assert all(math.isnan(v) for v in (found.value, found.lo, found.hi))


def test_reliability_says_when_it_is_only_indicative():
    items = items_of([False, False, True])
    rng = np.random.default_rng(4)
    level = rng.integers(1, 6, size=40)
    rows = [[int(v), int(np.clip(v + rng.integers(-1, 2), 1, 5)), int(6 - v)] for v in level]
    found = pd.concat(
        [scales.reliability(answers_of(rows[:n], items, wave), items) for n, wave in ((40, "T0"), (12, "T1"))]
    )
    assert list(found.columns) == scales.RELIABILITY_COLUMNS
    assert found["indicative"].tolist() == [False, True]
    assert (found["alpha"] > 0.8).all()


@pytest.mark.parametrize(("marked", "flagged"), [(True, []), (False, ["VAA2"])])
def test_an_item_without_its_reverse_mark_is_noticed(marked, flagged):
    rng = np.random.default_rng(7)
    level = rng.integers(1, 6, size=60)
    noise = rng.integers(-1, 2, size=(60, 4))
    wide = np.clip(level[:, None] + noise, 1, 5)
    wide[:, 1] = 6 - wide[:, 1]
    items = items_of([False, marked, False, False])
    found = scales.item_rest(answers_of(wide.tolist(), items), items)
    assert list(found.columns) == scales.ITEM_REST_COLUMNS
    assert found.loc[found["flag"], "item"].tolist() == flagged


def test_an_item_that_never_varies_gets_no_flag():
    items = items_of([False, False, False])
    found = scales.item_rest(answers_of([[3, 1, 2], [3, 2, 3], [3, 4, 4]], items), items)
    assert math.isnan(found.loc[0, "r"])
    assert not found["flag"].any()


def test_ceiling_counts_scores_at_the_top():
    items = items_of([False])
    scores = pd.DataFrame(
        {
            "respondent": list("abcdef"),
            "site": ["es", "es", "es", "linde", "linde", "linde"],
            "wave": "T0",
            "scale": "VAA",
            "score": [4.5, 4.4, 5.0, 1.0, 2.0, np.nan],
        }
    )
    found = scales.ceiling(scores, items, wave="T0").set_index("site")
    assert found["n"].to_dict() == {"ALL": 5, "es": 3, "linde": 2}
    assert found["n_ceiling"].to_dict() == {"ALL": 2, "es": 2, "linde": 0}
    assert found["limited"].to_dict() == {"ALL": True, "es": True, "linde": False}


def test_straight_lining_needs_a_reversed_item():
    items = items_of([False, True, False, False, True, False])
    rows = [[4] * 6, [4, 2, 4, 4, 2, 4], [3, 3, 3, 3, 3, NA], [NA] * 6]
    found = scales.straight_lining(answers_of(rows, items), items)
    assert found.values.tolist() == [["es", "T0", 3, 1]]
    all_one_way = items.assign(reverse=False)
    assert scales.straight_lining(answers_of(rows, items), all_one_way)["n_straight"].tolist() == [0]


@pytest.mark.real_material
def test_alpha_of_the_pingouin_set(shared_data: Path):
    expected = json.loads((shared_data / "survey/cronbach_alpha.expected.json").read_text())
    long = pd.read_csv(shared_data / "survey/cronbach_alpha.csv")
    found = scales.cronbach_alpha(long.pivot(index="Subj", columns="Items", values="Scores"))
    assert found.value == pytest.approx(expected["alpha"], abs=1e-12)
    assert (found.lo, found.hi) == pytest.approx(expected["ci95"], abs=5e-4)


@pytest.mark.real_material
@pytest.mark.parametrize("scale", ["A", "C", "E", "N", "O"])
def test_alphas_of_2800_answers(shared_data: Path, scale: str):
    expected = json.loads((shared_data / "survey/bfi.expected.json").read_text())
    keys = expected["keys"][scale]
    names = [key.lstrip("-") for key in keys]
    items = items_of([key.startswith("-") for key in keys], high=6, scale=scale).assign(item=names)
    wide = pd.read_csv(shared_data / "survey/bfi.csv")[names].assign(site="x", wave="T0")
    long = wide.assign(respondent=range(len(wide))).melt(
        id_vars=["respondent", "site", "wave"], var_name="item"
    )
    found = scales.reliability(long, items).iloc[0]
    assert found["alpha"] == pytest.approx(expected["alpha_listwise"][scale], abs=1e-6)
    assert found["n"] == expected["n_listwise"][scale]
    if scale == "A":
        rest = scales.item_rest(long, items).set_index("item")["r"]
        assert rest.to_dict() == pytest.approx(expected["A_item_rest_r"], abs=1e-6)
