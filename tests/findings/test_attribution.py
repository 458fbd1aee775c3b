"""The attribution matrix: users are the base, what was not offered is missing, and a source counts once."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import attribution

ITEMS = pd.DataFrame(
    {"item": ["toe1", "toe4"], "scale": "TOE", "kind": "frequency", "skill": ["SK01", "SK04"]}
)
SITES = ["es", "wilg"]


def responses_of(used: list[float], *, site: str = "es", item: str = "toe4") -> pd.DataFrame:
    people = [f"{site}{i}" for i in range(len(used))]
    frame = pd.DataFrame({"respondent": people, "value": used, "reason_na": None})
    return frame.assign(site=site, wave="T1", item=item)


def named(
    values: list[float], *, site: str = "es", skill: str = "SK04", component: str = "CP04"
) -> pd.DataFrame:
    people = [f"{site}{i}" for i in range(len(values))]
    frame = pd.DataFrame({"respondent": people, "value": values})
    return frame.assign(site=site, wave="T1", skill=skill, component=component, offered=True)


def codings_of(rows: list[tuple[str, str, str, str | None]]) -> pd.DataFrame:
    """Site, source, then a component with its contribution to SK04 or SK04 itself with its practice."""
    frame = pd.DataFrame(rows, columns=["site", "source", "code", "said"])
    component = frame["code"].str.startswith("CP")
    return frame.assign(
        family=np.where(component, "component", "skill"),
        contribution=frame["said"].where(component),
        practice=frame["said"].where(~component),
        linked_skill=np.where(component, "SK04", None),
        kind="human",
        status="confirmed",
        round="main",
    )


def matrix(
    contributions: pd.DataFrame,
    responses: pd.DataFrame,
    codings: pd.DataFrame | None = None,
    **settings: object,
) -> pd.DataFrame:
    codings = codings_of([]) if codings is None else codings
    sources = pd.DataFrame({"source": codings["source"].unique()})
    chosen = {"skills": ["SK01", "SK04"], "components": ["CP04", "CP11"], "sites": SITES} | settings
    return attribution.attribution(contributions, responses, ITEMS, codings, sources, wave="T1", **chosen)


def cell(table: pd.DataFrame, unit: str, skill: str = "SK04", component: str = "CP04") -> pd.Series:
    at = (table["unit"] == unit) & (table["skill"] == skill) & (table["component"] == component)
    return table[at].iloc[0]


def test_published_cell():
    # methods G: 41 of 52 use it often, 23 of these 41 name coaching; 4 of 6 sources at 2 sites say it helped
    used = responses_of([4.0] * 41 + [3.0] * 11)
    contributions = named([1.0] * 23 + [0.0] * 18 + [1.0] * 11)
    talk = [("es", f"s{i}", "CP04", "helped") for i in range(3)] + [("wilg", "w1", "CP04", "helped")]
    talk += [("es", f"s{i}", "SK04", "applied") for i in range(5)] + [("wilg", "w1", "SK04", "partly")]
    talk += [("es", "s9", "SK04", "intention")]
    table = matrix(contributions, used, codings_of(talk))
    assert list(table.columns) == attribution.ATTRIBUTION_COLUMNS
    row = cell(table, "ALL")
    assert (row["n_users"], row["n_named"]) == (41, 23)
    assert (row["share"], row["lo"], row["hi"]) == pytest.approx((0.561, 0.410, 0.701), abs=5e-4)
    assert (row["n_src_helped"], row["n_src_discussed"], row["n_sites_helped"]) == (4, 6, 2)
    assert (row["grade"], row["warn"]) == ("two", False)
    assert cell(table, "wilg")["n_users"] == 0
    assert math.isnan(cell(table, "wilg")["share"])


def test_none_of_seven():
    row = cell(matrix(named([0.0] * 7), responses_of([5.0] * 7)), "ALL")
    assert (row["n_users"], row["n_named"], row["share"], row["lo"]) == (7, 0, 0.0, 0.0)
    assert row["hi"] == pytest.approx(0.354, abs=5e-4)
    assert row["grade"] == "asked"


@pytest.mark.parametrize(
    ("users", "named_by", "lo", "helped", "hindered", "sites", "key", "warn"),
    [
        (40, 30, 0.60, 3, 0, 2, "three", False),
        (40, 26, 0.50, 3, 0, 2, "three", False),
        (40, 30, 0.60, 3, 0, 1, "two", False),
        (40, 30, 0.60, 2, 0, 2, "two", False),
        (41, 23, 0.41, 4, 0, 2, "two", False),
        (40, 20, 0.35, 0, 0, 0, "two", False),
        (40, 2, 0.01, 3, 0, 1, "two", False),
        (40, 1, 0.00, 0, 0, 0, "one", False),
        (40, 0, 0.00, 1, 0, 1, "one", False),
        (40, 0, 0.00, 0, 1, 0, "one", True),
        (40, 0, 0.00, 0, 0, 0, "asked", False),
        (0, 0, math.nan, 0, 0, 0, "none", False),
        (4, 4, 0.51, 0, 0, 0, "none", False),
        (4, 4, 0.51, 3, 3, 2, "two", True),
        (40, 30, 0.60, 3, 2, 2, "three", False),
        (40, 30, 0.4999, 3, 0, 2, "two", False),
        (6, 3, 0.19, 0, 0, 0, "two", False),
        (41, 20, 0.34, 2, 0, 2, "one", False),
        (5, 5, 0.57, 3, 0, 2, "three", False),
        (5, 0, 0.00, 0, 0, 0, "asked", False),
        (0, 0, math.nan, 3, 0, 2, "two", False),
        (0, 0, math.nan, 0, 3, 0, "one", True),
        (4, 4, 0.51, 1, 0, 1, "one", False),
    ],
)
def test_grades(users, named_by, lo, helped, hindered, sites, key, warn):
    found = attribution.grade(
        users, named_by, lo, n_src_helped=helped, n_src_hindered=hindered, n_sites_helped=sites
    )
    assert found == (key, warn)


def test_what_was_not_offered_is_missing_and_not_zero():
    used = pd.concat([responses_of([5.0] * 6, site=site) for site in SITES])
    contributions = pd.concat([named([1.0] * 6, site=site, component="CP11") for site in SITES])
    talk = codings_of([(site, f"{site}-s", "CP11", "helped") for site in SITES])
    table = matrix(contributions, used, talk, offered={"wilg": ["CP04"]})
    absent = cell(table, "wilg", component="CP11")
    counts = ["n_users", "n_named", "n_src_helped", "n_src_hindered", "n_src_discussed", "n_sites_helped"]
    assert absent[[*counts, "share", "lo", "hi", "specificity"]].isna().all()
    assert (absent["offered"], absent["grade"]) == (False, "none")
    pooled = cell(table, "ALL", component="CP11")
    assert (pooled["n_users"], pooled["n_src_helped"], pooled["n_sites_helped"]) == (6, 1, 1)
    assert pooled["offered"]
    nowhere = matrix(contributions, used, talk, offered={"wilg": [], "es": []})
    assert not nowhere["offered"].any()
    assert nowhere["n_users"].isna().all()


def test_what_the_survey_says_was_not_offered_is_missing_too():
    used = pd.concat([responses_of([5.0] * 6, site=site) for site in SITES])
    away = named([np.nan] * 6, site="wilg", component="CP11").assign(offered=False)
    table = matrix(pd.concat([named([1.0] * 6, component="CP11"), away]), used)
    assert table.loc[~table["offered"], ["unit", "component"]].drop_duplicates().values.tolist() == [
        ["wilg", "CP11"]
    ]
    assert cell(table, "ALL", component="CP11")["n_users"] == 6


def test_another_wave_is_not_mixed_in():
    later = named([1.0] * 6).assign(wave="T2")
    assert cell(matrix(later, responses_of([5.0] * 6)), "es")["n_users"] == 0


def test_only_users_who_were_shown_the_component_are_the_base():
    row = cell(matrix(named([1.0, 0.0, np.nan, 1.0]), responses_of([5.0, 4.0, 5.0, 2.0])), "es")
    assert (row["n_users"], row["n_named"]) == (2, 1)


def test_specificity_is_the_share_above_the_mean_over_skills():
    used = pd.concat([responses_of([5.0] * 10), responses_of([5.0] * 10, item="toe1")])
    everywhere = [named([1.0] * 8 + [0.0] * 2, skill=skill) for skill in ("SK01", "SK04")]
    only_here = [
        named([1.0] * 6 + [0.0] * 4, component="CP11"),
        named([0.0] * 10, skill="SK01", component="CP11"),
    ]
    table = matrix(pd.concat([*everywhere, *only_here]), used)
    assert cell(table, "ALL")["specificity"] == pytest.approx(0.0)
    assert cell(table, "ALL", component="CP11")["specificity"] == pytest.approx(0.3)
    assert cell(table, "ALL", skill="SK01", component="CP11")["specificity"] == pytest.approx(-0.3)


def test_a_source_counts_once_and_needs_a_linked_skill():
    talk = codings_of(
        [
            ("es", "s1", "CP04", "helped"),
            ("es", "s1", "CP04", "helped"),
            ("es", "s1", "CP04", "hindered"),
            ("es", "s2", "CP04", "none"),
            ("es", "s3", "CP04", "helped"),
        ]
    )
    talk.loc[4, "linked_skill"] = None
    row = cell(matrix(named([]), responses_of([]), talk), "es")
    assert (row["n_src_helped"], row["n_src_hindered"]) == (1, 1)
    assert (row["grade"], row["warn"]) == ("one", True)


def test_every_unit_skill_and_component_has_its_row():
    table = matrix(named([]), responses_of([]))
    expected = [(u, s, c) for u in ("ALL", *SITES) for s in ("SK01", "SK04") for c in ("CP04", "CP11")]
    assert list(zip(table["unit"], table["skill"], table["component"], strict=True)) == expected
    assert set(table["grade"]) == {"none"}


def test_a_component_of_two_sites_is_missing_at_the_three_others():
    # methods P4: CP11 is offered at A and B only
    sites = list("ABCDE")
    used = pd.concat([responses_of([5.0] * 8, site=site) for site in sites])
    coaching = [named([1.0] * 4 + [0.0] * 4, site=site) for site in sites]
    only_two = [named([1.0] * 6 + [0.0] * 2, site=site, component="CP11") for site in "AB"]
    away = [named([np.nan] * 8, site=site, component="CP11").assign(offered=False) for site in "CDE"]
    everything = pd.concat([*coaching, *only_two, *away])
    offered = {site: ["CP04", "CP11"] if site in "AB" else ["CP04"] for site in sites}
    for table in (
        matrix(everything, used, sites=sites),
        matrix(everything, used, sites=sites, offered=offered),
    ):
        for site in "CDE":
            absent = cell(table, site, component="CP11")
            assert absent[["n_users", "n_named", "n_src_helped", "share"]].isna().all()
            assert (absent["offered"], absent["grade"]) == (False, "none")
        pooled = cell(table, "ALL", component="CP11")
        assert (pooled["n_users"], pooled["n_named"], pooled["share"]) == (16, 12, 0.75)
        assert cell(table, "ALL")["n_users"] == 40


def test_who_uses_a_skill_sometimes_is_asked_but_is_no_user():
    # methods G: components are shown from "sometimes" on; users answer "often" or "always"
    row = cell(matrix(named([1.0, 1.0, 0.0, np.nan]), responses_of([3.0, 4.0, 5.0, 2.0])), "es")
    assert (row["n_users"], row["n_named"]) == (2, 1)


PERSON = st.tuples(
    st.sampled_from(SITES),
    st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, math.nan]),
    st.sampled_from([0.0, 1.0, math.nan]),
)


@settings(max_examples=12)
@given(people=st.lists(PERSON, max_size=16), seed=st.integers(0, 99))
def test_shares_rest_on_users_and_all_is_the_sum_of_the_sites(people, seed):
    frame = pd.DataFrame(people, columns=["site", "used", "ticked"])
    where = {"respondent": [f"r{i}" for i in frame.index], "site": frame["site"], "wave": "T1"}
    used = pd.DataFrame(where).assign(item="toe4", value=frame["used"], reason_na=None)
    ticks = pd.DataFrame(where).assign(skill="SK04", component="CP04", value=frame["ticked"], offered=True)
    table = matrix(ticks, used)
    rows = [cell(table, unit) for unit in ("ALL", *SITES)]
    users = frame[(frame["used"] >= 4) & frame["ticked"].notna()]
    assert [row["n_users"] for row in rows] == [len(users), *((users["site"] == s).sum() for s in SITES)]
    for row in rows:
        assert row["n_named"] <= row["n_users"]
        assert math.isnan(row["share"]) == (row["n_users"] == 0)
        assert math.isnan(row["share"]) or row["lo"] <= row["share"] <= row["hi"]
    for count in ("n_users", "n_named"):
        assert rows[0][count] == rows[1][count] + rows[2][count]
    rng = np.random.default_rng(seed)
    mixed = [part.iloc[rng.permutation(len(part))] for part in (ticks, used)]
    pd.testing.assert_frame_equal(matrix(*mixed), table)
