"""Reliable change equals the published example and four studies; small categories are merged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import reliable_change, scales
from casestudy.findings.reliable_change import Merged, Norm

# methods F5, golden set of twelve pairs
T0 = [2.8, 3.0, 3.2, 2.5, 3.7, 3.3, 2.2, 3.5, 4.0, 2.7, 3.2, 3.0]
T1 = [3.5, 3.3, 3.2, 3.3, 3.8, 4.0, 3.0, 3.4, 4.2, 3.5, 3.7, 3.6]


def scores_of(site: str, before: list[float], after: list[float]) -> pd.DataFrame:
    waves = [pd.DataFrame({"score": s, "wave": w}) for s, w in ((before, "T0"), (after, "T1"))]
    people = [wave.assign(respondent=wave.index) for wave in waves]
    return pd.concat(people, ignore_index=True).assign(site=site, scale="VAA")


def alpha_of(value: float) -> pd.DataFrame:
    return pd.DataFrame({"scale": "VAA", "wave": ["T0", "T1"], "alpha": [value, 0.1]})


def counts(*scores: pd.DataFrame, alpha: float = 0.8, **settings: object) -> pd.DataFrame:
    both = pd.concat(scores, ignore_index=True)
    table = reliable_change.counts(
        both,
        alpha_of(alpha),
        before="T0",
        after="T1",
        sites=sorted(set(both["site"])),
        scales=["VAA"],
        **settings,
    )
    assert list(table.columns) == reliable_change.RELIABLE_COLUMNS
    return table.set_index("site")


def test_jacobson_and_truax(shared_data: Path):
    stored = json.loads((shared_data / "reference/change/jacobson_truax_1991.json").read_text())
    given_, expected = stored["given"], stored["expected"]
    sd, reliability = given_["SD_pre"], given_["reliability"]
    assert reliable_change.error_of_difference(sd, reliability) == pytest.approx(expected["S_diff"], abs=5e-5)
    found = reliable_change.index([given_["x_pre"]], [given_["x_post"]], sd=sd, reliability=reliability)
    assert found.tolist() == pytest.approx([expected["RC"]], abs=5e-5)
    threshold = reliable_change.CRITICAL * reliable_change.error_of_difference(sd, reliability)
    assert threshold == pytest.approx(expected["threshold"], abs=5e-4)
    assert bool(found[0] > reliable_change.CRITICAL) is expected["reliable_at_1.96"]


@pytest.mark.parametrize(("alpha", "n_up"), [(0.70, 3), (0.80, 5), (0.864, 6)])
def test_the_verdict_depends_on_the_reliability(alpha, n_up):
    # methods F6: 3, 5 or 6 improved
    row = counts(scores_of("es", T0, T1), alpha=alpha).loc["es"]
    assert row[["n", "n_up", "n_same", "n_down"]].tolist() == [12, n_up, 12 - n_up, 0]
    assert row["sd"] == pytest.approx(np.std(T0, ddof=1))
    assert (row["reliability"], row["source"]) == (alpha, "sample")


@pytest.mark.real_material
@pytest.mark.parametrize("study", ["AGES", "SHED", "Cart", "PAT"])
def test_four_studies_of_state_anxiety(shared_data: Path, study: str):
    # the file counts complete people in both waves; alpha is that of everybody complete in the first wave
    stored = json.loads((shared_data / "survey/sai_prepost_4studies.expected.json").read_text())
    expected = stored["studies"][study]
    raw = pd.read_csv(shared_data / "survey/sai_prepost_4studies.csv").query("study == @study")
    items = raw.columns.drop(["study", "time", "id"])
    reverse = stored["scale"].partition("reverse (5-x): ")[2].partition(";")[0].split(", ")
    instrument = pd.DataFrame({"item": items, "scale": "SAI", "min": 1, "max": 4, "kind": "mean"})
    instrument["reverse"] = instrument["item"].isin(reverse)
    names = {"study": "site", "time": "wave", "id": "respondent"}
    answers = raw.melt(id_vars=list(names), var_name="item").rename(columns=names)
    found = scales.score(answers, instrument, min_answered_share=1.0).dropna(subset="score")
    found = found[found.groupby("respondent")["wave"].transform("nunique") == 2]
    alpha = scales.reliability(answers, instrument, draws=0)
    row = reliable_change.counts(found, alpha, before=1, after=2, sites=[study], scales=["SAI"]).iloc[1]
    theirs = expected["rci_with_alpha_as_reliability"]
    assert row[["sd", "reliability", "s_diff"]].tolist() == pytest.approx(
        [theirs["sd_pre"], theirs["reliability"], theirs["S_diff"]], abs=1e-6
    )
    counted = ["reliably_up", "no_reliable_change", "reliably_down"]
    assert row[["n_up", "n_same", "n_down"]].tolist() == [expected["rci_counts"][name] for name in counted]


def test_a_larger_sample_goes_before_the_own_one():
    row = counts(scores_of("es", T0, T1), norms={"VAA": Norm(1.0, 0.9)}).loc["es"]
    assert (row["sd"], row["reliability"], row["source"]) == (1.0, 0.9, "norm")
    assert row["s_diff"] == pytest.approx(np.sqrt(0.2))


def test_all_sites_share_one_measurement_error_and_their_counts_add_up():
    table = counts(
        scores_of("es", T0, T1),
        scores_of("linde", T1, T0),
        scores_of("wilg", T0, T1),
        unlinked_sites=["wilg"],
    )
    assert table["s_diff"].nunique() == 1
    categories = ["n", "n_up", "n_same", "n_down"]
    assert table.loc["ALL", categories].tolist() == table.loc[["es", "linde"], categories].sum().tolist()
    assert table.loc["es", "n_up"] == table.loc["linde", "n_down"] == 5
    assert table.loc["wilg", categories].isna().all()


@pytest.mark.parametrize("alpha", [-0.2, 1.0, 1.3, np.nan])
def test_without_a_reliability_nobody_is_counted(alpha):
    row = counts(scores_of("es", T0, T1), alpha=alpha).loc["es"]
    assert row["n"] == 12
    assert row[["n_up", "n_same", "n_down"]].isna().all()


@pytest.mark.parametrize(
    ("before", "after", "n"),
    [([3.0], [4.0], 1), ([np.nan] * 3, [np.nan] * 3, 0)],
    ids=["one person", "all missing"],
)
def test_no_spread_gives_no_counts(before, after, n):
    row = counts(scores_of("es", before, after)).loc["es"]
    assert row["n"] == n
    assert row[["n_up", "n_same", "n_down"]].isna().all()


@settings(max_examples=12)
@given(seed=st.integers(0, 999), shift=st.sampled_from([-2.0, 0.5]))
def test_names_and_a_constant_change_no_count(seed, shift):
    before, after = np.random.default_rng(seed).integers(6, 31, size=(2, 14)) / 6
    found = counts(scores_of("es", before, after)).loc["es"]
    other = counts(scores_of("es", before[::-1] + shift, after[::-1] + shift)).loc["es"]
    assert (
        other[["n", "n_up", "n_same", "n_down"]].tolist() == found[["n", "n_up", "n_same", "n_down"]].tolist()
    )


@pytest.mark.parametrize(
    ("up", "same", "down", "told"),
    [
        (6, 10, 7, Merged(6, 10, 7, None)),
        (6, 10, 0, Merged(6, 10, 0, None)),
        (0, 12, 0, Merged(0, 12, 0, None)),
        (6, 10, 4, Merged(6, None, None, 14)),
        (6, 3, 3, Merged(6, None, None, 6)),
        (6, 1, 3, Merged(None, None, None, None)),
        (4, 10, 7, Merged(None, None, None, None)),
        (4, 1, 0, Merged(None, None, None, None)),
    ],
)
def test_small_categories_are_merged_or_not_told(up, same, down, told):
    assert reliable_change.merged(up, same, down, 5) == told
