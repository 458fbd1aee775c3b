"""Released frames: nothing that is hidden can be read or worked out from them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from casestudy.reporting import disclosure, released, released_change
from casestudy.reporting.disclosure import Limits, Withheld


@pytest.fixture
def public(material: Any) -> Limits:
    return disclosure.limits(material.study, "public")


@pytest.fixture
def site(material: Any) -> Limits:
    return disclosure.limits(material.study, "site")


def test_a_rating_needs_conversations_from_several_roles(material: Any, site: Limits) -> None:
    view = released.ratings(material.settled, material.proposed, site)
    shown = view.frame.set_index(["code", "site"])["rating"]
    assert shown["M04", "s3"] == "few"
    assert view.withheld == (Withheld("too_few_conversations", "s3 x M04"),)
    lone = material.proposed.assign(n_roles=1)
    assert set(released.ratings(material.settled, lone, site).frame["rating"]) == {"few", "M"}


def test_missing_neutral_and_mixed_stay_three_things(material: Any, site: Limits) -> None:
    shown = released.ratings(material.settled, material.proposed, site).frame.set_index(["code", "site"])
    assert shown["rating"]["M29", "s1"] == "M"
    assert shown["reason"]["M29", "s1"] == "not_mentioned"
    assert shown["rating"]["M22", "s1"] == "0"
    assert shown["rating"]["M05", "s1"] == "X"
    assert bool(shown["unstable"]["M05", "s1"])


@pytest.mark.parametrize("scale", ["KEN", "VAA", "HOU"])
def test_a_small_site_takes_another_with_it(material: Any, public: Limits, scale: str) -> None:
    view = released_change.change(material.change, public, sites=material.study.site_ids, together=True)
    states = view.frame[view.frame["scale"] == scale].set_index("site")["state"]
    assert states[states == "hidden"].index.tolist() == ["s3", "s5"]
    rules = {w.place: w.rule for w in view.withheld}
    assert rules[f"{scale} x s5"] == "few_people"
    assert rules[f"{scale} x s3"] == "complementary"


def test_a_hidden_row_holds_no_number(material: Any, public: Limits) -> None:
    sites = material.study.site_ids
    frame = released_change.change(material.change, public, sites=sites, together=True).frame
    hidden = frame[frame["state"] == "hidden"].drop(columns=["scale", "site", "state", "method"])
    assert len(hidden) == 6
    assert hidden.isna().all(axis=None)


def test_a_site_alone_takes_nobody_with_it(material: Any, site: Limits) -> None:
    view = released_change.change(material.change, site, sites=["s3"], together=False)
    assert not view.withheld
    assert view.frame["n"].tolist() == [38.0] * 3


def test_a_site_under_ten_is_described_and_not_tested(material: Any, site: Limits) -> None:
    row = released_change.change(material.change, site, sites=["s5"], together=False).frame.iloc[0]
    assert (row["state"], row["n"], row["diff"]) == ("described", 8.0, 0.7)
    assert math.isnan(row["lo"])


def test_unlinked_waves_have_no_number_of_pairs(material: Any, site: Limits) -> None:
    row = released_change.change(material.change, site, sites=["s4"], together=False).frame.iloc[0]
    assert (row["n_before"], row["n_after"], row["method"]) == (44.0, 36.0, "welch")
    assert math.isnan(row["n"])


def test_public_counts_are_multiples_of_five(material: Any, public: Limits) -> None:
    sites = material.study.site_ids
    change = released_change.change(material.change, public, sites=sites, together=True).frame
    practice = released.practice(material.practice, public, units=["ALL", *sites]).frame
    numbers = pd.concat(
        [change["n"], change["n_before"], change["n_after"], practice["n_of"], practice["n"]]
    ).dropna()
    assert (numbers % 5 == 0).all()


def test_a_wave_that_never_was_is_absent_and_not_hidden(material: Any, site: Limits) -> None:
    frame = material.change[material.change["site"] == "s1"].assign(n_after=0, n_pairs=0, state="absent")
    view = released_change.change(frame, site, sites=["s1"], together=False)
    assert set(view.frame["state"]) == {"absent"}
    assert not view.withheld


def test_use_of_skills_hides_small_numbers_and_what_would_tell_them(material: Any, public: Limits) -> None:
    view = released.practice(material.practice, public, units=["ALL", *material.study.site_ids])
    of_skill = view.frame[view.frame["skill"] == "SK03"].set_index("unit")
    assert of_skill.loc["s5", "form"] in ("word", "hidden")
    assert Withheld("complementary", "SK03 x s3") in view.withheld
    assert of_skill["share"].isna().sum() >= 2


def test_a_hidden_denominator_does_not_follow_from_the_row_of_all(material: Any, site: Limits) -> None:
    counts = {"ALL": (100, 140), "s1": (50, 52), "s2": (25, 50), "s3": (23, 35), "s5": (2, 3)}
    rows = [(unit, "SK01", of, often, often / of, 0.1, 0.9, 0) for unit, (often, of) in counts.items()]
    frame = pd.DataFrame(rows, columns=material.practice.columns)
    view = released.practice(frame, site, units=list(counts)).frame.set_index("unit")
    assert view["n_of"].isna().sum() >= 2


def test_contributions_say_little_of_few(material: Any, site: Limits) -> None:
    frame = released.attribution(material.attribution, site, unit="ALL").frame
    first = frame[frame["skill"] == "SK01"].set_index("component")
    assert first["grade"].to_dict() == {
        "CP01": "one", "CP04": "two", "CP05": "three", "CP09": "asked", "CP11": "not_offered",
    }  # fmt: skip
    assert first.loc["CP04", "share"] == 0.56
    assert math.isnan(first.loc["CP09", "share"])
    assert bool(first.loc["CP01", "warn"])


def test_who_does_not_use_a_skill_is_counted_in_a_band(material: Any, site: Limits) -> None:
    columns = "unit skill n_applicable n_often share lo hi n_not_applicable".split()
    rows = [
        ("s1", "SK01", 48, 36, 0.75, 0.6, 0.85, 6),
        ("s1", "SK02", 52, 40, 0.77, 0.63, 0.86, 2),
        ("s1", "SK03", 9, 4, 0.44, 0.2, 0.7, 6),
    ]
    view = released.practice(pd.DataFrame(rows, columns=columns), site, units=["s1"]).frame.set_index("skill")
    assert view.loc["SK01", ["n_of", "skipped_low", "skipped_high"]].tolist() == [48, 5, 9]
    assert view.loc["SK02", ["skipped_low", "skipped_high"]].isna().all()
    assert view.loc["SK03", "form"] == "word"
    assert view.loc["SK03", ["n_of", "skipped_low", "skipped_high"]].isna().all()
