"""Items are told as options people chose and as people who moved; nothing without an answer is an answer."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import item_change

ITEMS = pd.DataFrame({"item": ["KEN1", "TOE1"], "scale": ["KEN", "TOE"], "min": 1, "max": 5})
WAVES = ["T0", "T1"]
Answer = float | str | None


def answers(values: list[Answer], *, wave: str = "T0", item: str = "KEN1", site: str = "es") -> pd.DataFrame:
    """One answer per respondent: a number, ``na`` for not applicable, None for skipped."""
    reasons = {"na": "not_applicable", "hidden": "not_shown", None: "skipped"}
    return pd.DataFrame(
        {
            "respondent": [f"{site}{i}" for i in range(len(values))],
            "site": site,
            "wave": wave,
            "item": item,
            "value": [float(v) if isinstance(v, (int, float)) else np.nan for v in values],
            "reason_na": [reasons.get(v) for v in values],
        }
    )


def both(first: list[Answer], second: list[Answer], **where: str) -> pd.DataFrame:
    return pd.concat([answers(first, wave="T0", **where), answers(second, wave="T1", **where)])


def row_of(table: pd.DataFrame, site: str = "es", item: str = "KEN1") -> pd.Series:
    return table[(table["site"] == site) & (table["item"] == item)].iloc[0]


def shift_of(responses: pd.DataFrame, **settings: object) -> pd.DataFrame:
    chosen = {"before": "T0", "after": "T1", "sites": ["es"]} | settings
    return item_change.net_shift(responses, ITEMS, **chosen)


def test_published_shift():
    # methods F5: 14 up, 20 the same, 6 down; Agresti and Min (2005) and the exact sign test
    first = [3.0] * 40
    second = [4.0] * 10 + [5.0] * 4 + [3.0] * 20 + [2.0] * 5 + [1.0]
    table = shift_of(both(first, second))
    assert list(table.columns) == item_change.SHIFT_COLUMNS
    for site in ("ALL", "es"):
        row = row_of(table, site)
        assert row[["n", "n_up", "n_same", "n_down"]].tolist() == [40, 14, 20, 6]
        assert row["shift"] == pytest.approx(0.20)
        assert (row["lo"], row["hi"], row["p"]) == pytest.approx((-0.015, 0.396, 0.115), abs=5e-4)


@pytest.mark.parametrize(
    ("n", "told", "tested"), [(4, False, False), (5, True, False), (6, True, True), (7, True, True)]
)
def test_few_people_are_not_described_or_not_tested(n, told, tested):
    row = row_of(shift_of(both([2.0] * n, [3.0] * n)))
    assert row["n"] == n
    assert pd.isna(row["n_up"]) == math.isnan(row["shift"]) == (not told)
    assert math.isnan(row["p"]) == (not tested)
    if tested:
        assert row["p"] == pytest.approx(2 * 0.5**n)


def test_only_people_with_both_answers_move():
    row = row_of(shift_of(both([1, 2, 3, None, "na", 5, 4, 3, 2], [2, None, 3, 4, 5, "na", 4, 3, 2])))
    assert row[["n", "n_up", "n_same", "n_down"]].tolist() == [5, 1, 4, 0]


def test_nobody_is_said_to_have_moved_where_people_cannot_be_linked():
    table = shift_of(
        pd.concat([both([2.0] * 6, [3.0] * 6), both([2.0] * 6, [1.0] * 6, site="linde")]),
        sites=["es", "linde"],
        unlinked_sites=["linde"],
    )
    assert table.loc[table["site"] == "linde", item_change.SHIFT_COLUMNS[3:]].isna().all(axis=None)
    assert row_of(table, "ALL")[["n", "n_up", "n_down"]].tolist() == [6, 6, 0]


def test_everybody_the_same_is_a_shift_of_zero_without_a_test():
    row = row_of(shift_of(both([3.0] * 8, [3.0] * 8)))
    assert (row["shift"], row["n_same"]) == (0.0, 8)
    assert row["lo"] < 0 < row["hi"]
    assert math.isnan(row["p"])


def test_values_that_differ_in_the_last_digit_are_the_same():
    row = row_of(shift_of(both([0.1 + 0.2] * 6, [0.3] * 6)))
    assert row["n_same"] == 6


def test_adjusted_within_the_table_for_sites_and_for_all_apart():
    parts = [both([2.0] * n, [3.0] * n, item=item) for item, n in (("KEN1", 8), ("TOE1", 6))]
    table = shift_of(pd.concat(parts))
    for site in ("ALL", "es"):
        rows = table[table["site"] == site]
        # two p-values, 2/256 and 2/64: Benjamini and Hochberg double the smaller and leave the larger
        assert rows["p_adj"].tolist() == pytest.approx([4 / 256, 2 / 64])


def test_every_option_has_its_row():
    table = item_change.distributions(
        pd.concat([answers([4, 4, 5, None, "na"]), answers([1], site="linde"), answers([5], wave="T2")]),
        ITEMS,
        waves=WAVES,
        sites=["linde", "es"],
    )
    assert list(table.columns) == item_change.DISTRIBUTION_COLUMNS
    keys = [
        (i, s, w, v)
        for i in ITEMS["item"]
        for s in ("ALL", "linde", "es")
        for w in WAVES
        for v in range(1, 6)
    ]
    assert list(table[["item", "site", "wave", "value"]].itertuples(index=False, name=None)) == keys
    at = table.set_index(["item", "site", "wave"]).sort_index(kind="stable")
    assert at.loc[("KEN1", "es", "T0"), "n"].tolist() == [0, 0, 0, 2, 1]
    assert at.loc[("KEN1", "ALL", "T0"), "n"].tolist() == [1, 0, 0, 2, 1]
    assert set(at.loc[("KEN1", "es", "T0"), "n_of"]) == {3}
    assert set(at.loc[("KEN1", "es", "T1"), "n_of"]) == {0}
    assert set(at.loc["TOE1", "scale"]) == {"TOE"}


@pytest.mark.parametrize(
    ("low", "high", "values", "options"),
    [
        (0, 10, [3.0], list(range(11))),
        (0, 100, [30.0, 70.0, 30.0], [30, 70]),
        (1, 5, [2.5, 4.0], [2.5, 4.0]),
        (0, 100, [], []),
    ],
)
def test_a_fine_scale_has_the_values_that_were_given(low, high, values, options):
    items = ITEMS.iloc[:1].assign(min=low, max=high)
    table = item_change.distributions(answers(values), items, waves=["T0"], sites=["es"])
    assert table.loc[table["site"] == "es", "value"].tolist() == options


def test_reasons_are_counted_apart():
    table = item_change.unanswered(
        answers([4, None, "na", "na", "hidden", 1], item="TOE1"), ITEMS, waves=WAVES, sites=["es"]
    )
    assert list(table.columns) == item_change.UNANSWERED_COLUMNS
    assert row_of(table, item="TOE1").tolist() == ["TOE1", "TOE", "es", "T0", 2, 2, 1, 1]
    assert table.loc[table["item"] == "KEN1", item_change.UNANSWERED_COLUMNS[4:]].to_numpy().sum() == 0


ANSWER = st.sampled_from([1, 2, 3, 4, 5, "na", None])


@settings(max_examples=12)
@given(pairs=st.lists(st.tuples(ANSWER, ANSWER), max_size=14), seed=st.integers(0, 99))
def test_relabelling_and_time_turned_round(pairs, seed):
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    order = np.random.default_rng(seed).permutation(len(pairs))
    given_answers = both(first, second)
    renamed = both([first[i] for i in order], [second[i] for i in order])
    table = shift_of(given_answers)
    pd.testing.assert_frame_equal(table, shift_of(renamed))
    back = row_of(shift_of(both(second, first)))
    row = row_of(table)
    assert (row["n"], row["p"]) == pytest.approx((back["n"], back["p"]), nan_ok=True)
    assert (row["shift"], row["lo"]) == pytest.approx((-back["shift"], -back["hi"]), nan_ok=True)
    spread = item_change.distributions(given_answers, ITEMS, waves=WAVES, sites=["es"])
    empty = item_change.unanswered(given_answers, ITEMS, waves=WAVES, sites=["es"])
    totals = spread.groupby(["item", "site", "wave"], sort=False)["n"].sum()
    assert totals.tolist() == empty["n_answered"].tolist()
    counted = empty.loc[empty["item"] == "KEN1", item_change.UNANSWERED_COLUMNS[4:]].sum(axis=1)
    assert set(counted) == {len(pairs)}
