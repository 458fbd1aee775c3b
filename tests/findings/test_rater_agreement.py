"""Two raters: weighted kappa over what has an order, X and M apart, and how far what was settled lies off."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.findings import rater_agreement

COLUMNS = ["site", "code", "value", "rater"]


def rated(**given: list[str]) -> pd.DataFrame:
    rows = [
        (f"s{number % 2}", f"M{number}", value, rater)
        for rater, values in given.items()
        for number, value in enumerate(values)
        if value
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


# methods E2: two raters of twelve cells, categories 1 to 4, moved to the scale of ratings with equal steps.
FIRST = [1, 2, 2, 3, 3, 3, 4, 4, 2, 1, 3, 4]
SECOND = [1, 2, 3, 3, 3, 2, 4, 3, 2, 2, 3, 4]
A, B = [[str(value - 3) for value in values] for values in (FIRST, SECOND)]


def test_the_published_kappas() -> None:
    row = rater_agreement.pairs(rated(a=A, b=B)).iloc[0]
    found = row[["kappa_unweighted", "kappa_linear", "kappa_quadratic"]].astype(float).round(3).tolist()
    assert found == [0.538, 0.680, 0.812]  # printed as .813, which is .8125 rounded up
    assert row["kappa_quadratic"] == 0.8125
    assert (row["n_cells"], row["n_ordinal"], row["share_same_kind"]) == (12, 12, 1)
    assert math.isnan(row["kappa_kind"]), "with one kind throughout there is nothing to agree on"


def test_mixed_and_missing_stand_outside_the_order() -> None:
    more = rated(a=[*A, "X", "M", "M", "0", "X"], b=[*B, "X", "M", "X", "M", "1"])
    row = rater_agreement.pairs(more).iloc[0]
    assert row["kappa_quadratic"] == 0.8125
    assert row[["n_cells", "n_ordinal", "n_same_kind"]].tolist() == [17, 12, 14]
    assert row["share_same_kind"] == pytest.approx(14 / 17)
    # Kinds: 12 agreed on the scale, 1 on X, 1 on M; margins 13/2/2 and 13/2/2 of 17 by hand.
    expected = (13 * 13 + 2 * 2 + 2 * 2) / 17**2
    assert row["kappa_kind"] == pytest.approx((14 / 17 - expected) / (1 - expected))


def test_only_cells_that_both_rated_are_compared() -> None:
    row = rater_agreement.pairs(rated(a=[*A, "2", ""], b=[*B, "", "1"])).iloc[0]
    assert (row["n_cells"], row["kappa_quadratic"]) == (12, 0.8125)


def test_three_raters_make_three_pairs_and_one_makes_none() -> None:
    found = rater_agreement.pairs(rated(c=A, a=A, b=B))
    assert found[["first", "second"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    assert found["kappa_quadratic"].tolist() == [0.8125, 1, 0.8125]
    for few in (rated(a=A), rated()):
        assert rater_agreement.pairs(few).empty
        assert list(rater_agreement.pairs(few).columns) == rater_agreement.PAIR_COLUMNS


def test_raters_without_a_cell_in_common_have_no_kappa() -> None:
    row = rater_agreement.pairs(rated(a=["1", ""], b=["", "1"])).iloc[0]
    assert (row["n_cells"], row["n_ordinal"], row["n_same_kind"]) == (0, 0, 0)
    assert row[["kappa_quadratic", "kappa_unweighted", "share_same_kind", "kappa_kind"]].isna().all()


VALUES = st.lists(
    st.tuples(st.sampled_from("-2 -1 0 1 2 X M".split()), st.sampled_from("-2 -1 0 1 2 X M".split())),
    min_size=1,
    max_size=12,
)


@given(values=VALUES)
def test_exchanging_the_raters_changes_nothing(values: list[tuple[str, str]]) -> None:
    one, other = [a for a, _ in values], [b for _, b in values]
    there, back = (rater_agreement.pairs(rated(a=x, b=y)) for x, y in ((one, other), (other, one)))
    pd.testing.assert_frame_equal(there, back)


def test_deviation_from_proposal_and_raters() -> None:
    cells = pd.DataFrame(
        [("es", "M1", "1", "1"), ("es", "M2", "2", "1"), ("es", "M3", "X", None), ("beuk", "M1", "0", "M")],
        columns=["site", "code", "rating", "proposed"],
    )
    alone = pd.DataFrame(
        [
            ("es", "M1", "1", "a"),
            ("es", "M1", "1", "b"),
            ("es", "M2", "2", "a"),
            ("es", "M2", "1", "b"),
            ("es", "M3", "1", "a"),
        ],
        columns=COLUMNS,
    )
    found = rater_agreement.deviation(cells, alone)
    assert (found.n_proposed, found.n_rated) == (3, 3)
    assert found.from_proposal == pytest.approx(2 / 3)
    assert (found.from_a_rater, found.from_all_raters) == pytest.approx((2 / 3, 1 / 3))


def test_no_ratings_no_shares() -> None:
    none = pd.DataFrame(columns=["site", "code", "rating", "proposed"], dtype="str")
    found = rater_agreement.deviation(none, rated())
    assert (found.n_proposed, found.n_rated) == (0, 0)
    assert all(
        math.isnan(share) for share in (found.from_proposal, found.from_a_rater, found.from_all_raters)
    )
