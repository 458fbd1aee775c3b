"""Change of pairs, groups and overlapping waves equals published results; too few people say nothing."""

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
from scipy import stats

from casestudy.findings import evidence, paired, scales

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
    found = asdict(paired.paired(before, after))
    for name, value in expected.items():
        digits = len(str(value).partition(".")[2])
        assert found[name] == pytest.approx(value, abs=0.5 * 10**-digits + 1e-12), name


def test_published_unlinked_change():
    # methods F7: the twelve before and two more, against the twelve after
    found = paired.unlinked(pd.concat([BEFORE, pd.Series([2.9, 3.1])]), AFTER)
    assert (found.lo, found.hi) == pytest.approx((0.133, 0.793), abs=5e-4)
    assert found.t == pytest.approx(2.90, abs=5e-3)
    assert found.df == pytest.approx(23.5, abs=0.05)
    assert found.p == pytest.approx(0.008, abs=5e-4)
    assert (found.p_superior, found.g) == pytest.approx((0.80, 1.08), abs=5e-3)
    assert not hasattr(found, "n_pairs")


@pytest.mark.parametrize(
    ("before", "after", "superior", "p"),
    [
        (  # Hollander and Wolfe (1973), depression before and after, as the R package brunnermunzel prints it
            [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30],
            [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29],
            0.2839506,
            0.1628,
        ),
        (  # Brunner and Munzel (2000), pain scores of two treatments
            [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1],
            [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4],
            0.788961,
            0.005786,
        ),
    ],
    ids=["depression", "pain"],
)
def test_published_superiority(before, after, superior, p):
    found = paired.unlinked(pd.Series(before), pd.Series(after))
    assert found.p_superior == pytest.approx(superior, abs=5e-7)
    assert found.p_bm == pytest.approx(p, abs=10.0 ** -(len(str(p)) - 2) / 2)


@settings(max_examples=40, deadline=None)
@given(x=st.lists(SCORE, min_size=6, max_size=15), y=st.lists(SCORE, min_size=6, max_size=15))
def test_superiority_equals_another_program(x, y):
    found = paired.unlinked(pd.Series(x), pd.Series(y))
    rounded = np.round(x, 10), np.round(y, 10)
    apart = rounded[0].max() <= rounded[1].min() or rounded[1].max() <= rounded[0].min()
    if not apart:
        assert found.p_bm == pytest.approx(stats.brunnermunzel(*rounded).pvalue, abs=1e-9)


def test_groups_that_do_not_meet_have_no_test_of_superiority():
    found = paired.unlinked(BEFORE, BEFORE + 5)
    assert found.p_superior == 1
    assert math.isnan(found.p_bm)


def test_published_change_of_partly_linked_waves():
    # Derrick, Toher and White (2017), The Quantitative Methods in Psychology, 13(2), 120-126: p .026, printed
    # for equal variances; with sixteen people in either wave the SDs do not move the third digit
    single = [20, 21, 16, 18, 14, 12, 14, 17], [10, 16, 18, 16, 15, 14, 13, 10]
    both = [14, 15, 18, 20, 11, 19, 14, 15], [15, 10, 15, 17, 13, 19, 12, 13]
    before = pd.Series(single[0] + both[0], index=[*"abcdefgh", *range(8)])
    after = pd.Series(single[1] + both[1], index=[*"ijklmnop", *range(8)])
    found = paired.overlapping(before, after)
    assert (found.n_before, found.n_after, found.n_pairs) == (16, 16, 8)
    assert found.p == pytest.approx(0.026, abs=5e-4)
    assert found.diff == pytest.approx(after.mean() - before.mean())
    back = paired.overlapping(after, before)
    assert (back.lo, back.hi) == pytest.approx((-found.hi, -found.lo))


@settings(max_examples=40, deadline=None)
@given(pairs=st.lists(st.tuples(SCORE, SCORE), min_size=6, max_size=20))
def test_partly_linked_waves_lie_between_linked_and_unlinked_ones(pairs):
    x, y = (pd.Series(side) for side in zip(*pairs, strict=True))
    names = "diff lo hi lo90 hi90 t df".split()
    linked, one = paired.overlapping(x, y), paired.paired(x, y)
    other = y.set_axis(range(100, 100 + len(y)))
    unlinked, two = paired.overlapping(x, other), paired.unlinked(x, other)
    for name in names:
        expected = pytest.approx(getattr(two, name), abs=1e-9, nan_ok=True)
        assert getattr(unlinked, name) == expected, name
    if min(one.sd_before, one.sd_after, one.sd_diff) > 0:
        for name in names:
            assert getattr(linked, name) == pytest.approx(getattr(one, name), abs=1e-7), name


@pytest.mark.parametrize("n_pairs", [5, 10, 18])
def test_partly_linked_waves_err_as_often_as_they_say(n_pairs):
    # methods F7: .044 to .048 where taking all as independent gave .036, .029 and .012
    rng = np.random.default_rng(n_pairs)
    n, rejected = n_pairs + 8, []
    for _ in range(1500):
        x, y = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=n + 4).T
        x[:4], y[-8:] = np.nan, np.nan
        rejected.append(paired.of_everybody(x, y, paired.Limits()).p < 0.05)
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.018)


def test_linking_narrows_the_interval():
    # methods F7: the unlinked interval is wider by 1 / sqrt(1 - r), 1.58 times for r = .6
    rng = np.random.default_rng(1)
    x, y = (pd.Series(v) for v in rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=20_000).T)
    linked, unlinked = paired.paired(x, y), paired.unlinked(x, y)
    assert (unlinked.hi - unlinked.lo) / (linked.hi - linked.lo) == pytest.approx(1.58, abs=0.02)


def test_common_language_effect_size():
    # documentation of pingouin: CLES .396 for these two series
    x = pd.Series([20, 22, 19, 20, 22, 18, 24, 20, 19, 24, 26, 13])
    y = pd.Series([38, 37, 33, 29, 14, 12, 20, 22, 17, 25, 26, 16])
    assert paired.unlinked(y, x).p_superior == pytest.approx(0.396, abs=5e-4)


@pytest.mark.parametrize(
    ("n", "described", "tested"),
    [(0, False, False), (1, False, False), (4, False, False), (5, True, False), (6, True, True)],
)
def test_too_few_people_say_nothing(n, described, tested):
    of_pairs = paired.paired(BEFORE[:n], AFTER[:n])
    others = paired.unlinked(BEFORE[:n], AFTER[:n]), paired.overlapping(BEFORE[:n], AFTER[:n])
    assert of_pairs.n_pairs == n
    assert (of_pairs.n_zero is None) is not described
    for found in (of_pairs, *others):
        assert math.isnan(found.diff) is not described
        assert math.isnan(found.p) is not tested


def test_everybody_counts_but_only_pairs_change():
    before = pd.Series([3.0, 3.5, 2.0, 4.0, 3.0, 2.5, np.nan, 5.0], index=list("abcdefgh"))
    after = pd.Series([3.5, 3.5, 3.0, 4.5, 3.5, 3.0, 4.0, np.nan], index=list("abcdefgh"))
    found = paired.paired(before, after.iloc[::-1])
    assert (found.n_before, found.n_after, found.n_pairs) == (7, 7, 6)
    assert found.m_before == pytest.approx(3.0)
    assert found.diff == pytest.approx(0.5)


@pytest.mark.parametrize(("step", "state"), [(0.5, "up"), (-0.5, "down"), (0.0, "none")])
def test_everybody_changed_equally(step, state):
    found = paired.paired(BEFORE, BEFORE + step)
    assert (found.lo, found.hi) == pytest.approx((step, step))
    assert all(math.isnan(value) for value in (found.t, found.dz, found.p_t))
    assert evidence.state(found.lo, found.hi, found.lo90, found.hi90, 0.25) == state


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(st.tuples(SCORE, SCORE), min_size=6, max_size=30),
    seed=st.integers(0, 99),
    shift=st.sampled_from([-1.0, 0.5, 2.0]),
)
def test_relabelling_and_shifting_everybody(pairs, seed, shift):
    x, y = (pd.Series(side) for side in zip(*pairs, strict=True))
    found = paired.paired(x, y)
    order = np.random.default_rng(seed).permutation(len(x))
    renamed = paired.paired(x.iloc[order].set_axis(range(len(x))), y.iloc[order].set_axis(range(len(x))))
    moved = paired.paired(x + shift, y + shift)
    for other in (renamed, moved):
        for name in ("diff", "lo", "hi", "r_rb", "p", "dz", "n_zero"):
            expected = pytest.approx(getattr(found, name), abs=1e-7, nan_ok=True)
            assert getattr(other, name) == expected, name
    assert moved.m_before == pytest.approx(found.m_before + shift)


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
    found = paired.paired(before, after)
    assert (found.n_pairs, found.df) == (expected["n_matched"], expected["df"])
    assert (found.lo, found.hi) == pytest.approx(expected["ci95_change"], abs=1e-6)
    numbers = {"diff": "mean_change", "m_before": "mean_t1", "sd_after": "sd_t2", "p_t": "p"}
    for ours, theirs in (numbers | {name: name for name in ("t", "dz", "r")}).items():
        assert getattr(found, ours) == pytest.approx(expected[theirs], abs=1e-6), ours
    flip = evidence.sign_flip(after - before, zeros="drop", n_exact=0)
    # the file leaves out the correction for small samples
    correction = 1 - 3 / (4 * (expected["n_matched"] - 1) - 1)
    assert found.g_av == pytest.approx(correction * expected["d_av"], abs=1e-6)
    assert flip.w_plus == expected["wilcoxon"]["V"]
    assert flip.p == pytest.approx(expected["wilcoxon"]["p_normal_approx_continuity"], abs=1e-6)


@pytest.mark.real_material
def test_students_sleep_data(shared_data: Path):
    expected = json.loads((shared_data / "reference/change/sleep_student1908.expected.json").read_text())
    sleep = pd.read_csv(shared_data / "reference/change/sleep_student1908.csv", index_col="id")
    found = paired.paired(sleep["pre"], sleep["post"])
    assert (found.lo, found.hi) == pytest.approx(expected["ci95"], abs=1e-6)
    assert (found.t, found.p_t) == pytest.approx((expected["t"], expected["p"]), abs=1e-5)
    assert (found.diff, found.dz) == pytest.approx((expected["mean_change"], expected["dz"]), abs=1e-6)
    assert found.n_zero == expected["zero_differences"]
    flip = evidence.sign_flip(sleep["post"] - sleep["pre"], zeros="drop", n_exact=0)
    assert flip.p == pytest.approx(expected["wilcoxon_p_normal_approx_cc"], abs=1e-8)
