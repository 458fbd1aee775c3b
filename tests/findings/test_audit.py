"""A random share stays with people, and precision is followed through time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from casestudy.findings import audit


def suggested(n: int, code: str = "M23") -> pd.DataFrame:
    return pd.DataFrame({"source": "a", "start": range(n), "end": range(1, n + 1), "code": code})


@pytest.mark.parametrize(
    ("n", "expected"), [(0, 0), (1, 1), (3, 1), (10, 3), (11, 4), (100, 30), (1000, 300)]
)
def test_three_in_ten_stay_in_audit(n, expected):
    assert int(audit.audit_share(suggested(n), ["M23"], seed=1).sum()) == expected


def test_only_allowed_codes_are_in_audit():
    table = pd.concat([suggested(20), suggested(20, "M24")], ignore_index=True)
    chosen = audit.audit_share(table, ["M24"], seed=1)
    assert table.loc[chosen, "code"].unique().tolist() == ["M24"]
    assert int(chosen.sum()) == 6


def test_the_order_of_suggestions_changes_nothing():
    table = suggested(50)
    shuffled = table.sample(frac=1, random_state=3)
    assert (
        audit.audit_share(shuffled, ["M23"], seed=5)
        .sort_index()
        .equals(audit.audit_share(table, ["M23"], seed=5))
    )


def test_a_suggestion_keeps_its_lot_when_others_come():
    before = audit.audit_share(suggested(100), ["M23"], seed=1)
    after = audit.audit_share(suggested(110), ["M23"], seed=1)[:100]
    assert int((before != after).sum()) <= 5


def test_every_suggestion_is_as_likely():
    table = suggested(40)
    times = sum(audit.audit_share(table, ["M23"], seed=seed).astype(int) for seed in range(500))
    expected = 500 * 12 / 40
    # Without putting back: the sum of squares is a chi-square of 39 degrees of freedom, less a factor.
    assert ((times - expected) ** 2 / (expected * (1 - 0.3))).sum() < 80  # far beyond the 99.9th percentile


def followed(*periods: tuple[int, int]) -> pd.DataFrame:
    rows = [
        {"code": "M23", "period": f"2026-{month:02d}", "machine": 1, "human": int(i < right)}
        for month, (right, n) in enumerate(periods, start=1)
        for i in range(n)
    ]
    return audit.drift(pd.DataFrame(rows))


DRIFTS = [
    ([(45, 50), (45, 50)], [False, False]),
    ([(45, 50), (25, 50)], [False, True]),
    ([(25, 50), (25, 50)], [False, True]),  # the first period is what the gate was asked of
    ([(45, 50), (0, 1)], [False, False]),  # one wrong suggestion is no drift
    ([(45, 50), (33, 50), (30, 50)], [False, True, True]),
    ([(45, 50), (36, 50)], [False, False]),  # the interval still reaches the bound
]


@pytest.mark.parametrize(("periods", "below"), DRIFTS)
def test_drift_is_flagged_where_the_whole_interval_lies_below(periods, below):
    assert followed(*periods)["below"].tolist() == below


def test_a_period_without_suggestions_has_no_precision():
    table = audit.drift(pd.DataFrame({"code": ["a"], "period": ["1"], "human": [1], "machine": [0]}))
    assert np.isnan(table["precision"].item())
    assert np.isnan(table["precision_lo"].item())
