"""Scores follow the missing rule, reliability equals published values, and odd answers are noticed."""

from __future__ import annotations

import math

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


@settings(max_examples=30, deadline=None)
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


def test_turning_twice_is_refused():
    # faults 25: a frame in which reversed items are turned round already bears a mark
    items = items_of([False, True, False, False, False, False])
    turned = scales.keyed(answers_of([[4, 2, 5, 3, 3, 4]], items), items)
    assert turned["value"].tolist() == [4, 4, 5, 3, 3, 4]
    for again in (scales.keyed, scales.score, scales.reliability, scales.item_rest, scales.straight_lining):
        with pytest.raises(ValueError, match="turned"):
            again(turned, items)


def test_reliability_does_not_hang_on_who_is_called_what():
    items = items_of([False] * 4)
    rng = np.random.default_rng(11)
    level = rng.normal(3, 1, size=(80, 1))
    rows = np.clip(np.round(level + rng.normal(0, 0.8, size=(80, 4))), 1, 5)
    rows[3, 2] = np.nan
    first = scales.reliability(answers_of(rows.tolist(), items), items, draws=200)
    other = scales.reliability(answers_of(rows[rng.permutation(80)].tolist(), items), items, draws=200)
    pd.testing.assert_frame_equal(first, other, rtol=1e-9)
    row = first.iloc[0]
    assert (row["n"], row["n_items"], row["indicative"]) == (79, 4, False)
    assert row["omega_lo"] < row["omega"] < row["omega_hi"]
    assert row["n_draws_kept"] == 200


@pytest.mark.parametrize(
    ("wide", "note"),
    [
        # two independent answers each given by half of the people: alpha is 0 and there is nothing in common
        ([[1, 1], [1, 5], [5, 1], [5, 5]], "no_omega below_60"),
        ([[1, 1], [2, 2], [5, 5]], "no_omega"),
        ([[1, 1, 2], [2, 2, 3], [5, 5, 5]], "few"),
        ([[1, None, 2], [2, None, 3]], "few"),
    ],
)
def test_why_there_is_no_omega(wide, note):
    items = items_of([False] * len(wide[0]))
    row = scales.reliability(answers_of(wide, items), items).iloc[0]
    assert math.isnan(row["omega"])
    assert (row["n_draws_kept"], row["note"]) == (0, note)


@pytest.mark.parametrize(
    ("alphas", "expected"),
    [
        ((0.59, 0.40), ["KEN"]),
        ((0.60, 0.40), []),
        ((0.59, 0.60), []),
        ((math.nan, 0.40), []),
        ((0.40, math.nan), []),
    ],
)
def test_a_scale_is_replaced_by_its_items_only_when_both_waves_are_low(alphas, expected):
    rows = [("KEN", wave, alpha) for wave, alpha in zip(("T0", "T1"), alphas, strict=True)]
    rows += [("KEN", "T2", 0.1), ("HOU", "T0", 0.9), ("HOU", "T1", 0.1)]
    found = pd.DataFrame(rows, columns=["scale", "wave", "alpha"])
    assert scales.items_instead(found, "T0", "T1") == expected


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_missing_reverse_mark_is_noticed_in_the_planted_survey(seed):
    # methods P2: six items, loadings .75, thresholds -1.6, -.7, .3, 1.3; the third is reversed in the form
    rng = np.random.default_rng(seed)
    latent = 0.75 * rng.normal(size=(216, 1)) + math.sqrt(1 - 0.75**2) * rng.normal(size=(216, 6))
    wide = 1 + np.searchsorted([-1.6, -0.7, 0.3, 1.3], latent).astype(float)
    wide[:, 2] = 6 - wide[:, 2]
    for mark, flagged in ((True, []), (False, ["VAA3"])):
        items = items_of([False, False, mark, False, False, False])
        found = scales.item_rest(answers_of(wide.tolist(), items), items)
        assert found.loc[found["flag"], "item"].tolist() == flagged


def test_the_planted_straight_liners_are_found():
    # methods P2: three straight-liners among people whose answers differ
    items = items_of([False, False, False, True, False, True])
    rng = np.random.default_rng(3)
    rows = rng.integers(1, 6, size=(61, 6))
    assert np.ptp(rows, axis=1).min() > 0
    told = np.concatenate([rows, np.repeat([[3], [4], [5]], 6, axis=1)])
    found = scales.straight_lining(answers_of(told.tolist(), items), items)
    assert found[["n_respondents", "n_straight"]].values.tolist() == [[64, 3]]


@pytest.mark.parametrize(("low", "high", "top"), [(1, 5, 4.5), (0, 10, 8.75), (1, 7, 6.25)])
def test_the_top_of_a_scale_lies_in_its_own_options(low, high, top):
    items = items_of([False]).assign(min=low, max=high)
    people = list("abcdefgh")
    scores = pd.DataFrame({"respondent": people, "site": "es", "wave": "T0", "scale": "VAA"})
    quarter = scores.assign(score=[top, top] + [top - 0.01] * 6)
    more = scores.assign(score=[top, top, top] + [top - 0.01] * 5)
    for table, n, limited in ((quarter, 2, False), (more, 3, True)):
        row = scales.ceiling(table, items, wave="T0").set_index("site").loc["ALL"]
        assert (row["n_ceiling"], row["limited"]) == (n, limited)


# Holzinger and Swineford (1939): covariances of nine tests of 301 pupils, as lavaan prints them
VISUAL = [[1.358, 0.407, 0.580], [0.407, 1.382, 0.451], [0.580, 0.451, 1.275]]
TEXTUAL = [[1.351, 1.098, 0.896], [1.098, 1.660, 1.015], [0.896, 1.015, 1.196]]
SPEED = [[1.183, 0.535, 0.373], [0.535, 1.022, 0.457], [0.373, 0.457, 1.015]]


@pytest.mark.parametrize(
    ("covariance", "alpha", "lo", "hi"),
    [(VISUAL, 0.626, 0.547, 0.694), (TEXTUAL, 0.883, 0.858, 0.904), (SPEED, 0.688, 0.622, 0.745)],
    ids=["visual", "textual", "speed"],
)
def test_published_alphas_with_their_feldt_intervals(covariance, alpha, lo, hi):
    # methods F3; R psych::alpha gives the same
    drawn = np.random.default_rng(1).normal(size=(301, 3))
    drawn -= drawn.mean(axis=0)
    white = drawn @ np.linalg.inv(np.linalg.cholesky(np.cov(drawn, rowvar=False))).T
    answers = pd.DataFrame(white @ np.linalg.cholesky(covariance).T)
    assert answers.cov().to_numpy() == pytest.approx(np.array(covariance))
    found = scales.cronbach_alpha(answers)
    assert (found.value, found.lo, found.hi) == pytest.approx((alpha, lo, hi), abs=6e-4)
    assert (found.n, found.k) == (301, 3)


def test_published_alpha_of_fifteen_people():
    # documentation of pingouin, cronbach_alpha: .592 [.195, .840], ten items of fifteen people; the
    # interval of Feldt follows from these three numbers, here with other answers of the same size and alpha
    drawn = np.random.default_rng(2).normal(size=(15, 10))
    white = np.linalg.svd(drawn - drawn.mean(axis=0), full_matrices=False)[0] * math.sqrt(14)
    r = 0.591719 / (10 - 9 * 0.591719)  # equal correlations that give this alpha
    answers = pd.DataFrame(white @ np.linalg.cholesky(np.full((10, 10), r) + (1 - r) * np.eye(10)).T)
    found = scales.cronbach_alpha(answers)
    assert (found.value, found.lo, found.hi) == pytest.approx((0.592, 0.195, 0.840), abs=5e-4)
