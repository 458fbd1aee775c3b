"""Practised skills: who can answer is the base, and a conversation counts once."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import practice

ITEMS = pd.DataFrame(
    {
        "item": ["toe1", "toe2", "ken1"],
        "scale": ["TOE", "TOE", "KEN"],
        "kind": ["frequency", "frequency", "mean"],
        "skill": ["SK01", "SK04", None],
    }
)


def answers(values: list[float | str | None], *, item: str = "toe2", site: str = "es") -> pd.DataFrame:
    """One answer per respondent: a number, ``na`` for not applicable, None for skipped."""
    return pd.DataFrame(
        {
            "respondent": [f"{site}{i}" for i in range(len(values))],
            "site": site,
            "wave": "T1",
            "item": item,
            "value": [np.nan if v is None or v == "na" else float(v) for v in values],
            "reason_na": [
                "not_applicable" if v == "na" else "skipped" if v is None else None for v in values
            ],
        }
    )


def codings_of(rows: list[tuple[str, str, str, str | None]]) -> pd.DataFrame:
    """Confirmed codings from site, source, skill and practice."""
    frame = pd.DataFrame(rows, columns=["site", "source", "code", "practice"])
    return frame.assign(family="skill", kind="human", status="confirmed", round="main")


def row_of(table: pd.DataFrame, unit: str, skill: str) -> pd.Series:
    return table[(table["unit"] == unit) & (table["skill"] == skill)].iloc[0]


def test_published_share():
    # methods G: used "often" or "always" by 41 of 52
    given_answers = answers([4] * 20 + [5] * 21 + [3] * 11 + ["na"] * 3 + [None] * 2)
    table = practice.practised(given_answers, ITEMS, wave="T1", sites=["es"])
    assert list(table.columns) == practice.PRACTICE_COLUMNS
    for unit in ("ALL", "es"):
        row = row_of(table, unit, "SK04")
        assert (row["n_often"], row["n_applicable"], row["n_not_applicable"]) == (41, 52, 3)
        assert (row["share"], row["lo"], row["hi"]) == pytest.approx((0.788, 0.660, 0.878), abs=5e-4)


def test_none_of_seven():
    row = row_of(practice.practised(answers([2] * 7), ITEMS, wave="T1", sites=["es"]), "es", "SK04")
    assert (row["share"], row["lo"]) == (0.0, 0.0)
    assert row["hi"] == pytest.approx(0.354, abs=5e-4)


@pytest.mark.parametrize(
    ("values", "n_often", "n_applicable", "n_not_applicable"),
    [
        ([4, 5, 3], 2, 3, 0),
        (["na", "na"], 0, 0, 2),
        ([1, "na", None], 0, 1, 1),
        ([], 0, 0, 0),
    ],
)
def test_not_applicable_is_no_low_answer(values, n_often, n_applicable, n_not_applicable):
    row = row_of(practice.practised(answers(values), ITEMS, wave="T1", sites=["es"]), "es", "SK04")
    counts = row[["n_often", "n_applicable", "n_not_applicable"]].tolist()
    assert counts == [n_often, n_applicable, n_not_applicable]
    assert math.isnan(row["share"]) == (n_applicable == 0)


@settings(max_examples=15)
@given(
    here=st.lists(st.sampled_from([1, 3, 4, 5, "na", None]), max_size=12),
    there=st.lists(st.sampled_from([1, 3, 4, 5, "na", None]), max_size=12),
)
def test_all_is_the_sum_of_the_sites(here, there):
    both = pd.concat([answers(here), answers(there, site="wilg")])
    table = practice.practised(both, ITEMS, wave="T1", sites=["es", "wilg"])
    for count in ("n_often", "n_applicable", "n_not_applicable"):
        sites = [row_of(table, unit, "SK04")[count] for unit in ("es", "wilg")]
        assert row_of(table, "ALL", "SK04")[count] == sum(sites)
    assert (table["n_often"] <= table["n_applicable"]).all()


def test_every_unit_and_skill_has_its_row():
    both = pd.concat([answers([5, 2]), answers([4], site="wilg"), answers([5], item="ken1")])
    table = practice.practised(both, ITEMS, wave="T1", sites=["wilg", "es", "linde"])
    expected = [(u, s) for u in ("ALL", "wilg", "es", "linde") for s in ("SK01", "SK04")]
    assert list(zip(table["unit"], table["skill"], strict=True)) == expected
    assert row_of(table, "ALL", "SK04")["n_often"] == 2
    empty = row_of(table, "linde", "SK04")
    assert (empty["n_applicable"], empty["n_not_applicable"]) == (0, 0)
    assert math.isnan(empty["share"])


def test_another_wave_is_not_mixed_in():
    assert practice.practised(answers([5]), ITEMS, wave="T0", sites=["es"])["n_applicable"].sum() == 0


def test_a_skill_asked_twice_counts_with_the_highest_answer():
    items = ITEMS.assign(skill=["SK04", "SK04", None])
    both = pd.concat([answers([2, "na", "na"], item="toe1"), answers([5, 3, "na"], item="toe2")])
    found = practice.frequencies(both, items, wave="T1").set_index("respondent")
    assert found["value"].tolist() == pytest.approx([5.0, 3.0, math.nan], nan_ok=True)
    assert found["not_applicable"].tolist() == [False, False, True]


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.sampled_from([1, 3, 4, 5, "na", None]), max_size=20), seed=st.integers(0, 99))
def test_relabelling_respondents_changes_nothing(values, seed):
    order = np.random.default_rng(seed).permutation(len(values))
    tables = [
        practice.practised(answers(v), ITEMS, wave="T1", sites=["es"])
        for v in (values, [values[i] for i in order])
    ]
    pd.testing.assert_frame_equal(*tables)
    row = row_of(tables[0], "ALL", "SK04")
    skipped = values.count(None)
    assert row["n_applicable"] + row["n_not_applicable"] + skipped == len(values)


def test_a_source_counts_once_however_often_it_says_so():
    codings = codings_of(
        [
            ("es", "s1", "SK04", "applied"),
            ("es", "s1", "SK04", "applied"),
            ("es", "s1", "SK04", "intention"),
            ("es", "s2", "SK04", "unclear"),
            ("es", "s3", "SK04", None),
            ("wilg", "s4", "SK04", "not_applied"),
            ("es", "gone", "SK04", "applied"),
        ]
    )
    sources = pd.DataFrame({"source": ["s1", "s2", "s3", "s4"]})
    table = practice.practice_sources(codings, sources, skills=["SK01", "SK04"], sites=["es", "wilg"])
    assert list(table.columns) == practice.SOURCE_COLUMNS
    assert table.values.tolist() == [
        ["es", "SK01", 0, 0, 0, 0, 0],
        ["es", "SK04", 1, 0, 0, 1, 3],
        ["wilg", "SK01", 0, 0, 0, 0, 0],
        ["wilg", "SK04", 0, 0, 1, 0, 1],
    ]


@pytest.mark.parametrize(
    "change", [{"status": "suggested"}, {"kind": "dictionary"}, {"round": "training"}, {"family": "factor"}]
)
def test_only_confirmed_codings_of_skills_count(change):
    codings = codings_of([("es", "s1", "SK04", "applied")]).assign(**change)
    sources = pd.DataFrame({"source": ["s1"]})
    table = practice.practice_sources(codings, sources, skills=["SK04"], sites=["es"])
    assert table["n_sources"].tolist() == [0]
