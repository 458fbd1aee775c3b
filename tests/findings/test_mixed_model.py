"""The model by statsmodels names its failures and keeps the warnings it does not judge."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from casestudy.findings import mixed_model, random_intercept

ONES = np.ones(8)
PAIRS = np.repeat(np.arange(4), 2)


@pytest.mark.parametrize(
    ("scores", "columns", "people", "problem"),
    [
        ([1, 2, 3, 5, 2, 2.5, 4, 6], ONES[:, None], PAIRS, ""),
        ([1, 3, 3, 1, 1.5, 2.5, 2.5, 1.5], ONES[:, None], PAIRS, "no_between"),
        ([1, 2, 3, 5, 2, 2.5, 4, 6], ONES[:, None], np.arange(8), "not_fitted"),
        ([1, 2, 3, 5, 2, 2.5, 4, 6], np.column_stack([ONES, ONES]), PAIRS, "not_fitted"),
        ([np.nan] * 8, ONES[:, None], PAIRS, "not_fitted"),
    ],
    ids=["fitted", "people do not differ", "no pairs", "columns depend", "all missing"],
)
def test_what_cannot_be_used_is_named(scores, columns, people, problem):
    found = mixed_model.fit(scores, columns, people)
    assert found.problem == problem
    assert np.isnan(found.beta).all() == (problem == "not_fitted")


@pytest.mark.parametrize("unit", [0.001, 1.0, 1000.0])
def test_the_unit_of_the_scores_decides_nothing(unit):
    scores = unit * np.array([1, 2, 3, 5, 2, 2.5, 4, 6])
    found = mixed_model.fit(scores, ONES[:, None], PAIRS)
    plain = mixed_model.fit(scores / unit, ONES[:, None], PAIRS)
    assert found.problem == ""
    assert found.beta / unit == pytest.approx(plain.beta, rel=1e-4)


@pytest.mark.parametrize("seed", [43, 52, 74, 98, *range(10)])
def test_a_variance_of_zero_is_never_missed(seed):
    # the first four are seeds at which statsmodels stops at a variance above zero and says that it converged
    rng = np.random.default_rng(seed)
    scores = (rng.normal(size=(30, 2)) + 0.15 * rng.normal(size=(30, 1))).ravel()
    columns, people = np.tile(np.eye(2), (30, 1)), np.repeat(np.arange(30), 2)
    sure = random_intercept.fit(scores, columns, people)
    assert mixed_model.fit(scores, columns, people).problem == ("" if sure.converged else "no_between")


def test_models_of_other_people_are_not_compared():
    all_of_them = mixed_model.fit([1, 2, 3, 5, 2, 2.5, 4, 6], ONES[:, None], PAIRS, reml=False)
    fewer = mixed_model.fit([1, 2, 3, 5, 2, 2.5], ONES[:6, None], PAIRS[:6], reml=False)
    with pytest.raises(ValueError, match="the same scores"):
        mixed_model.likelihood_ratio(fewer, all_of_them)


def test_a_fit_is_quiet_where_it_can_be_used():
    rng = np.random.default_rng(2)
    scores = 0.01 * (np.repeat(rng.normal(size=30), 2) + rng.normal(size=60))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert mixed_model.fit(scores, np.ones((60, 1)), np.repeat(np.arange(30), 2)).problem == ""
