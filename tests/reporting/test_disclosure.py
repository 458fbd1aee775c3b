"""Suppression, words in place of small numbers, rounding and bands."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.reporting import disclosure
from casestudy.reporting.disclosure import Limits

SITE = Limits("site")
PUBLIC = Limits("public", minimum=10, base=5)
counts = st.lists(st.integers(0, 40), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("row", "positions"),
    [
        ([12, 9, 3, 8, 7], [3, 5]),
        ([12, 9, 3, 2, 7], [3, 4]),
        ([12, 9, 1, 1, 7], [3, 4, 5]),
        ([12, 9, 8, 7], []),
        ([4, 4, 12], [1, 2]),
        ([12, 0, 9], [2, 3]),
        ([12, math.nan, 3, 9], [3, 4]),
        ([3], [1]),
    ],
    ids=str,
)
def test_golden_rows_hide_the_cells_of_methods_o(row: list[float], positions: list[int]) -> None:
    assert [i + 1 for i, out in enumerate(disclosure.hidden(row, 5)) if out] == positions


@given(counts, st.sampled_from([5, 10]))
def test_no_hidden_count_can_be_worked_out_from_the_total(row: list[int], minimum: int) -> None:
    out = disclosure.hidden(row, minimum)
    gone = [n for n, hide in zip(row, out, strict=True) if hide]
    assert all(hide or n >= minimum for n, hide in zip(row, out, strict=True))
    assert not gone or len(gone) == len(row) or (len(gone) >= 2 and sum(gone) >= minimum)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=7))
def test_rows_published_together_are_each_safe(cells: list[tuple[int, int]]) -> None:
    rows = [[float(a) for a, _ in cells], [float(b) for _, b in cells]]
    out = disclosure.hidden_together(rows, 5)
    for row in rows:
        gone = [n for n, hide in zip(row, out, strict=True) if hide]
        assert not gone or len(gone) == len(row) or (len(gone) >= 2 and sum(gone) >= 5)


def test_one_extra_position_serves_all_rows_when_it_can() -> None:
    rows = [[50, 40, 30, 44, 3], [50, 40, 30, math.nan, 3]]
    assert disclosure.hidden_together(rows, 5) == (False, False, True, False, True)


@pytest.mark.parametrize(
    ("n", "n_of", "limits", "word"),
    [
        (1, 8, Limits("internal"), "one"),
        (1, 8, SITE, "few"),
        (2, 8, SITE, "few"),
        (3, 8, SITE, "part"),
        (6, 8, SITE, "most"),
        (8, 8, SITE, "most"),
        (2, 3, SITE, "most"),
        (39, 40, SITE, "almost"),
        (40, 40, SITE, "almost"),
    ],
)
def test_conversations_become_words(n: int, n_of: int, limits: Limits, word: str) -> None:
    spread = disclosure.conversations(n, n_of, limits)
    assert (spread.word, spread.n) == (word, None)


@given(st.integers(1, 60), st.integers(0, 60), st.sampled_from([SITE, PUBLIC, Limits("internal")]))
def test_exact_conversations_only_when_both_sides_reach_the_minimum(
    n: int, rest: int, limits: Limits
) -> None:
    spread = disclosure.conversations(n, n + rest, limits)
    assert (spread.n is not None) == (n >= limits.minimum and rest >= limits.minimum)
    assert spread.word != "all"
    assert spread.word != "one" or limits.audience == "internal"
    if spread.word == "most":
        same = [
            k for k in range(1, n + rest + 1) if disclosure.conversations(k, n + rest, limits).word == "most"
        ]
        assert len(same) > 1 or n + rest <= 2


@given(st.integers(0, 80), st.integers(0, 80), st.sampled_from([SITE, PUBLIC]))
def test_no_number_of_respondents_under_the_minimum_is_told(n: int, rest: int, limits: Limits) -> None:
    view = disclosure.proportion(n, n + rest, limits)
    if view.form in ("percent", "of"):
        assert min(n, rest) >= limits.minimum
        assert n < 0.9 * (n + rest)
    else:
        assert math.isnan(view.share)
        assert math.isnan(view.n)
    if view.form == "percent":
        assert n + rest >= limits.percent_base
        assert view.share * 100 == pytest.approx(round(view.share * 100))
    if n + rest < limits.minimum:
        assert math.isnan(view.n_of)


@pytest.mark.parametrize(
    ("n", "n_of", "form"),
    [
        (41, 52, "percent"),
        (8, 14, "of"),
        (0, 7, "hidden"),
        (51, 52, "word"),
        (3, 4, "hidden"),
        (math.nan, math.nan, "hidden"),
    ],
)
def test_forms_of_a_proportion(n: float, n_of: float, form: str) -> None:
    assert disclosure.proportion(n, n_of, SITE).form == form


@pytest.mark.parametrize(("mean", "shown"), [(0.45, 0.5), (-0.45, -0.5), (3.415, 3.4), (-0.02, 0.0)])
def test_means_have_one_decimal(mean: float, shown: float) -> None:
    assert disclosure.tenths(mean) == shown
    assert str(disclosure.tenths(mean)) == str(shown)


@given(st.integers(0, 500), st.sampled_from([5, 10]))
def test_a_band_holds_its_count_and_tells_nothing_below_the_minimum(n: int, minimum: int) -> None:
    low, high = disclosure.band(n, minimum)
    assert low <= n <= (math.inf if high is None else high)
    assert low in (0, *disclosure.BANDS)
    assert low >= minimum or (low, high) == (0, minimum - 1)


def test_limits_come_from_the_study(material) -> None:  # type: ignore[no-untyped-def]
    assert disclosure.limits(material.study, "public") == Limits("public", minimum=10, base=5)
    assert disclosure.limits(material.study, "site") == Limits("site")
