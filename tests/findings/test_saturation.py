"""Saturation: the worked example of methods C4, random orders, and what says nothing about it."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import saturation

# methods C4: codes first seen in each of twelve sources, in the order of their dates
NEW = [9, 5, 4, 3, 2, 1, 1, 0, 1, 0, 0, 0]
GOLDEN = [(2, 0.05, "6+2"), (2, 0.0, "9+2"), (3, 0.05, "7+3")]  # run, threshold, reached at: methods C4
ORDERS = {"base": 4, "run": 2, "threshold": 0.05}


def study(new: list[int], *, site: str = "es") -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Sources that bring so many codes each, and repeat the first code, so that each has been coded."""
    names = [f"{site}-{n:02}" for n in range(1, len(new) + 1)]
    months = [f"2019-{n:02}" for n in range(1, len(new) + 1)]
    sources = pd.DataFrame({"source": names, "site": site, "date": months})
    codes = [f"IND{n}" for n in range(sum(new))]
    first = [name for name, n in zip(names, new, strict=True) for _ in range(n)]
    rows = [*zip(first, codes, strict=True), *((name, "IND0") for name in names)]
    return coded(rows), sources, codes


def coded(rows: list[tuple[str, str]], **values: object) -> pd.DataFrame:
    table = pd.DataFrame(list(dict.fromkeys(rows)), columns=["source", "code"])
    return table.assign(**({"kind": "human", "status": "confirmed", "round": "main"} | values))


def alone(new: list[int]) -> np.ndarray:
    """Sources by codes when no code ever comes back."""
    present = np.zeros((len(new), sum(new)), dtype=bool)
    ends = np.cumsum(new)
    for row, (end, n) in enumerate(zip(ends, new, strict=True)):
        present[row, end - n : end] = True
    return present


@pytest.mark.parametrize(("run", "threshold", "reached"), GOLDEN)
def test_the_example_of_the_method_is_reached_where_it_says(run, threshold, reached):
    codings, sources, codes = study(NEW)
    found = saturation.saturation(
        codings, sources, codes=codes, run=run, threshold=threshold, n_orders=10, seed=1
    )
    row = found.summary.loc[0]
    assert (row["site"], row["state"], row["reached_at"]) == ("ALL", "reached", reached)
    assert (row["n_codes"], row["n_codes_base"], row["n_sources"]) == (26, 21, 12)


def test_the_windows_of_the_example_bring_what_the_method_says():
    shares = saturation.windows(np.array(NEW), base=4, run=2)
    assert shares["share"].head(3).tolist() == pytest.approx([3 / 21, 2 / 21, 1 / 21])
    assert shares["after"].tolist() == list(range(4, 11))


def test_random_orders_of_the_example_reach_it_as_seldom_as_the_method_says():
    """Methods C4: not reached in 56 % of 2,000 orders. That holds before the last window has been seen.

    With the window of the eleventh and the twelfth source, as in the observed order, it is 49 %.
    """
    after = saturation.random_reach(alone(NEW), **ORDERS, n_orders=2000, seed=20170901)
    assert np.mean((after == 0) | (after == 10)) == pytest.approx(0.56, abs=0.03)
    assert np.mean(after == 0) == pytest.approx(0.492, abs=0.03)


def test_random_orders_come_as_often_as_they_should():
    """All 720 orders of six sources, counted one by one."""
    present = np.array(
        [[1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [0, 1, 0, 1, 0], [1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [1, 0, 0, 0, 1]]
    ).astype(bool)

    def reached(order: tuple[int, ...]) -> int:
        seen: set[int] = set()
        new = []
        for source in order:
            codes = set(np.flatnonzero(present[source])) - seen
            new.append(len(codes))
            seen |= codes
        shares = [(i, sum(new[i : i + 2]) / sum(new[:3])) for i in (3, 4)]
        return next((i for i, share in shares if share <= 0.25), 0)

    every = [reached(order) for order in itertools.permutations(range(6))]
    drawn = saturation.random_reach(present, base=3, run=2, threshold=0.25, n_orders=20_000, seed=3)
    for after in (0, 3, 4):
        assert np.mean(drawn == after) == pytest.approx(every.count(after) / 720, abs=0.015)


def test_the_same_seed_gives_the_same_orders_and_another_gives_others():
    first, again, other = (
        saturation.random_reach(alone(NEW), **ORDERS, n_orders=200, seed=seed) for seed in (1, 1, 2)
    )
    assert first.tolist() == again.tolist() != other.tolist()


def test_the_family_planted_in_the_simulation_is_reached_at_six_plus_two():
    """Methods P1: 9, 5, 4, 3, 2, 1, 1, 0, 1, 0, 0, 0 over the pooled sources of five sites."""
    codings, sources, codes = study(NEW)
    sites = ["esdoorn", "beuk", "linde", "wilg", "es"]
    spread_out = sources.assign(site=[sites[n % 5] for n in range(len(sources))])
    shuffled = codings.sample(frac=1, random_state=5), spread_out.sample(frac=1, random_state=7)
    found = saturation.saturation(*shuffled, codes=codes, sites=sites, n_orders=100, seed=1)
    by_site = found.summary.set_index("site")
    assert by_site.loc["ALL", "reached_at"] == "6+2"
    assert by_site.loc[sites, "state"].unique().tolist() == ["not_assessable"]
    assert by_site.loc[sites, "p_not_reached_random"].isna().all()
    assert found.curve.loc[found.curve["site"] == "ALL", "n_new"].tolist() == NEW


@pytest.mark.parametrize(
    ("n_sources", "state"), [(5, "not_assessable"), (6, "reached"), (0, "not_assessable")]
)
def test_fewer_sources_than_base_and_run_cannot_be_assessed(n_sources, state):
    codings, sources, codes = study([2, 1, 1, 1, 0, 0][:n_sources] or [1])
    here = sources.head(n_sources)
    found = saturation.saturation(codings, here, codes=codes, sites=["es"], n_orders=5, seed=1)
    assert found.summary["state"].tolist() == [state, state]


def test_a_base_without_any_code_cannot_be_assessed():
    codings, sources, codes = study([1, 0, 0, 0, 0, 0, 0])
    late = codings[codings["source"] == "es-07"].assign(code="IND9")
    others = codings.assign(code="M23")
    found = saturation.saturation(pd.concat([others, late]), sources, codes=["IND9"], n_orders=5, seed=1)
    assert found.summary.loc[0, "state"] == "not_assessable"
    assert found.summary.loc[0, "n_codes"] == 1
    assert codes == ["IND0"]


def test_still_new_codes_at_the_end_are_not_reached():
    codings, sources, codes = study([3, 1, 1, 1, 1, 1, 1, 1])
    found = saturation.saturation(codings, sources, codes=codes, n_orders=50, seed=1)
    assert found.summary.loc[0, "state"] == "not_reached"
    assert found.summary["reached_at"].isna().all()


def test_a_source_that_nobody_coded_says_nothing_unless_it_was_read():
    codings, sources, codes = study([4, 2, 1, 1, 2, 1])
    more = pd.DataFrame({"source": ["es-07", "es-08"], "site": "es", "date": ["2019-07", "2019-08"]})
    everything = pd.concat([sources, more])
    unread = saturation.saturation(codings, everything, codes=codes, n_orders=5, seed=1).summary.loc[0]
    read = saturation.saturation(
        codings, everything, codes=codes, n_orders=5, seed=1, screened=[("es-07", "IND0"), ("es-08", "IND1")]
    ).summary.loc[0]
    assert (unread["state"], unread["n_sources"], unread["n_not_coded"]) == ("not_reached", 6, 2)
    assert (read["state"], read["reached_at"], read["n_not_coded"]) == ("reached", "6+2", 0)


@pytest.mark.parametrize("wrong", [{"kind": "dictionary"}, {"status": "suggested"}, {"round": "training"}])
def test_only_confirmed_codings_count(wrong):
    codings, sources, codes = study([2, 1, 1, 1, 0, 0])
    more = coded([("es-06", "IND1")], **wrong).assign(code="NEW")
    found = saturation.saturation(
        pd.concat([codings, more]), sources, codes=[*codes, "NEW"], n_orders=5, seed=1
    )
    assert found.summary.loc[0, "n_codes"] == 5


def test_sources_of_one_month_go_by_their_id():
    codings = coded([("b", "y"), ("a", "x"), ("c", "x")])
    sources = pd.DataFrame({"source": ["c", "b", "a"], "site": "es", "date": "2019-03"})
    found = saturation.saturation(codings, sources, codes=["x", "y"], base=1, run=1, n_orders=5, seed=1)
    curve = found.curve[found.curve["site"] == "ALL"]
    assert curve["source"].tolist() == ["a", "b", "c"]
    assert curve["n_cumulative"].tolist() == [1, 2, 2]


def test_a_share_on_the_threshold_is_reached():
    assert saturation.windows(np.array([20, 1]), base=1, run=1)["share"].tolist() == [0.05]
    codings, sources, codes = study([20, 1])
    found = saturation.saturation(codings, sources, codes=codes, base=1, run=1, n_orders=5, seed=1)
    assert found.summary.loc[0, "reached_at"] == "1+1"


@given(
    st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=12),
    st.integers(1, 4),
    st.integers(1, 3),
)
@settings(max_examples=40)
def test_new_codes_add_up_and_windows_hold_no_more_than_there_are(rows, base, run):
    present = np.array(rows, dtype=bool)
    new = saturation.new_codes(present)
    assert new.sum() == present.any(axis=0).sum()
    windows = saturation.windows(new, base=base, run=run)
    assert len(windows) == max(0, len(new) - base - run + 1)
    assert (windows["n_new"] <= new.sum()).all()
    after = saturation.random_reach(present, base=base, run=run, threshold=0.1, n_orders=20, seed=1)
    assert ((after == 0) | ((after >= base) & (after <= len(new) - run))).all()


def test_the_shares_of_the_orders_add_up():
    codings, sources, codes = study(NEW)
    found = saturation.saturation(codings, sources, codes=codes, n_orders=300, seed=4)
    mine = found.orders[found.orders["site"] == "ALL"]
    assert mine["share"].sum() == pytest.approx(1)
    never = mine.loc[mine["after"].isna(), "share"].sum()
    assert never == pytest.approx(found.summary.loc[0, "p_not_reached_random"])


def test_a_fixed_frame_is_covered_and_not_saturated():
    sources = pd.DataFrame({"source": ["a", "b", "c"], "site": ["es", "es", "beuk"]})
    codings = coded([("a", "M01"), ("b", "M01"), ("c", "M02"), ("c", "elsewhere")])
    found = saturation.frame_coverage(
        codings, sources, codes=["M01", "M02", "M03"], sites=["es", "beuk", "wilg"]
    )
    assert found.values.tolist() == [
        ["ALL", 3, 3, 2, 1],
        ["es", 2, 3, 1, 2],
        ["beuk", 1, 3, 1, 2],
        ["wilg", 0, 3, 0, 3],
    ]


@pytest.mark.parametrize("wrong", [{"base": 0}, {"run": 0}, {"n_orders": 0}])
def test_a_rule_without_sources_is_refused(wrong):
    codings, sources, codes = study([1, 1])
    with pytest.raises(ValueError, match="at least 1"):
        saturation.saturation(codings, sources, codes=codes, seed=1, **wrong)
