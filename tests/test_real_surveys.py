"""Published numbers of surveys that nobody on this project wrote, from what is read to what is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from scipy import stats

from casestudy.findings import change, item_change, omega, scales

pytestmark = pytest.mark.real_material

STUDIES = ("AGES", "SHED", "Cart", "PAT")
SAI_REVERSED = "calm secure at.ease rested comfortable confident relaxed content joyful pleasant".split()
BFI_SCALES = ("A", "C", "E", "N", "O")


def expected(shared_data: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared_data / f"{name}.expected.json").read_text(encoding="utf-8"))
    return found


def items_of(scale: str, names: list[str], reverse: list[str], low: int, high: int) -> pd.DataFrame:
    items = pd.DataFrame({"item": names, "scale": scale, "min": low, "max": high, "kind": "mean"})
    return items.assign(reverse=items["item"].isin(reverse))


def long(wide: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    keys = ["respondent", "site", "wave"]
    return wide[[*keys, *names]].melt(id_vars=keys, var_name="item").astype({"value": float})


# 2,800 answers to the Big Five Inventory: psychTools::bfi, values of R psych.


@pytest.fixture(scope="module")
def bfi(shared_data: Path) -> pd.DataFrame:
    wide = pd.read_csv(shared_data / "survey" / "bfi.csv")
    return wide.assign(respondent=[f"r{i}" for i in range(len(wide))], site="x", wave="T0")


def bfi_items(shared_data: Path, scale: str) -> pd.DataFrame:
    keys = expected(shared_data, "survey/bfi")["keys"][scale]
    names = [key.lstrip("-") for key in keys]
    return items_of(scale, names, [key[1:] for key in keys if key.startswith("-")], 1, 6)


@pytest.mark.parametrize("scale", BFI_SCALES)
def test_bfi_alpha_is_that_of_complete_answers(bfi: pd.DataFrame, shared_data: Path, scale: str) -> None:
    published = expected(shared_data, "survey/bfi")
    items = bfi_items(shared_data, scale)
    found = scales.reliability(long(bfi, list(items["item"])), items, draws=200).iloc[0]
    assert found["alpha"] == pytest.approx(published["alpha_listwise"][scale], abs=5e-8)
    assert found["n"] == published["n_listwise"][scale]
    for other in ("alpha_pairwise", "alpha_scoreItems_median_imputed"):
        assert found["alpha"] != pytest.approx(published[other][scale], abs=5e-5)
    assert found["omega_lo"] < found["omega"] < found["omega_hi"]
    assert (found["n_draws_kept"], found["note"]) == (200, "")


@pytest.mark.parametrize("scale", BFI_SCALES)
def test_bfi_omega(bfi: pd.DataFrame, shared_data: Path, scale: str) -> None:
    # Published for the correlation matrix: the omega of standardised items, here by standardising them.
    published = expected(shared_data, "survey/bfi")["omega_total_one_factor_ML_listwise"][scale]
    items = bfi_items(shared_data, scale)
    turned = scales.keyed(long(bfi, list(items["item"])), items)
    wide = turned.pivot(index="respondent", columns="item", values="value").dropna()
    standard = (wide - wide.mean()) / wide.std()
    assert omega.omega_total(standard, draws=0).value == pytest.approx(published, abs=5e-6)
    assert omega.omega_total(wide, draws=0).value == pytest.approx(published, abs=0.02)


def test_bfi_items_against_the_rest(bfi: pd.DataFrame, shared_data: Path) -> None:
    items = bfi_items(shared_data, "A")
    found = scales.item_rest(long(bfi, list(items["item"])), items).set_index("item")
    published = expected(shared_data, "survey/bfi")["A_item_rest_r"]
    assert found["r"].to_dict() == pytest.approx(published, abs=5e-8)
    assert not found["flag"].any()
    unmarked = scales.item_rest(long(bfi, list(items["item"])), items.assign(reverse=False))
    assert unmarked.loc[unmarked["flag"], "item"].tolist() == ["A1"]


# Seventeen guests of a hotel: the GNU PSPP manual, "Testing data consistency".


@pytest.fixture(scope="module")
def hotel(shared_data: Path) -> pd.DataFrame:
    wide, _ = pyreadstat.read_sav(str(shared_data / "survey" / "hotel.sav"))
    return wide.assign(respondent=[f"r{i}" for i in range(len(wide))], site="x", wave="T0")


def test_hotel_alpha_and_items_against_the_rest(hotel: pd.DataFrame, shared_data: Path) -> None:
    published = expected(shared_data, "survey/hotel")
    items = items_of("hotel", ["v1", "v3", "v4"], ["v3"], 1, 5)
    found = scales.reliability(long(hotel, list(items["item"])), items).iloc[0]
    assert found["alpha"] == pytest.approx(published["precise"]["alpha_v1_v3rev_v4"], abs=5e-8)
    assert round(found["alpha"], 2) == published["published"]["alpha_v1_v3rev_v4"]
    assert (found["n"], found["indicative"]) == (published["n"], True)
    rest = scales.item_rest(long(hotel, list(items["item"])), items).set_index("item")
    assert rest["r"].to_dict() == pytest.approx(published["precise"]["item_rest_r"], abs=5e-8)
    assert not rest["flag"].any()


def test_hotel_five_items_are_not_one_scale(hotel: pd.DataFrame, shared_data: Path) -> None:
    published = expected(shared_data, "survey/hotel")["precise"]
    items = items_of("hotel", ["v1", "v2", "v3", "v4", "v5"], ["v3", "v5"], 1, 5)
    answers = long(hotel, list(items["item"]))
    found = scales.reliability(answers, items, draws=0).iloc[0]
    assert found["alpha"] == pytest.approx(published["alpha_all5_with_v3_v5_reversed"], abs=5e-8)
    assert "below_60" in found["note"].split()
    assert scales.item_rest(answers, items)["flag"].any()


# Ten items of fifteen people in long layout: the documentation of pingouin.


def test_cronbach_alpha_of_a_long_file(shared_data: Path) -> None:
    published = expected(shared_data, "survey/cronbach_alpha")
    rows = pd.read_csv(shared_data / "survey" / "cronbach_alpha.csv")
    answers = rows.rename(columns={"Subj": "respondent", "Items": "item", "Scores": "value"})
    answers = answers.assign(site="x", wave="T0")
    items = items_of("s", sorted(set(answers["item"])), [], 1, 7)
    found = scales.reliability(answers, items, draws=0).iloc[0]
    assert found["alpha"] == pytest.approx(published["alpha"], abs=1e-12)
    assert (found["lo"], found["hi"]) == pytest.approx(published["ci95"], abs=5e-4)
    assert "below_60" in found["note"].split()


# State anxiety before and after, four studies as sites: psychTools::sai.


@pytest.fixture(scope="module")
def sai(shared_data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers and items; ids repeat across the studies, so a person is a study and an id."""
    wide = pd.read_csv(shared_data / "survey" / "sai_prepost_4studies.csv")
    names = [name for name in wide.columns if name not in ("study", "time", "id")]
    wide["respondent"] = wide["study"] + "-" + wide["id"].astype(str)
    wide["wave"] = wide["time"].map({1: "T0", 2: "T1"})
    return long(wide.rename(columns={"study": "site"}), names), items_of("SAI", names, SAI_REVERSED, 1, 4)


@pytest.mark.parametrize("study", STUDIES)
def test_sai_alpha_of_the_first_wave(
    sai: tuple[pd.DataFrame, pd.DataFrame], shared_data: Path, study: str
) -> None:
    answers, items = sai
    found = scales.reliability(answers[answers["site"] == study], items, draws=50).set_index("wave").loc["T0"]
    published = expected(shared_data, "survey/sai_prepost_4studies")["studies"][study]
    assert found["alpha"] == pytest.approx(published["alpha_first_wave_listwise"]["alpha"], abs=1e-9)
    assert found["n"] == published["alpha_first_wave_listwise"]["n"]
    assert found["n_items"] == 20


@pytest.mark.parametrize(
    ("convention", "share"),
    # Everybody with any answer, or only who answered all twenty items; two thirds of them is our own rule.
    [("mean_of_available_items", 0.05), ("complete_items_only", 1.0)],
)
def test_sai_scores_and_their_change(
    sai: tuple[pd.DataFrame, pd.DataFrame], shared_data: Path, convention: str, share: float
) -> None:
    answers, items = sai
    scores = scales.score(answers, items, min_answered_share=share)
    table = change.change_table(scores, before="T0", after="T1", sites=list(STUDIES)).set_index("site")
    studies = expected(shared_data, "survey/sai_prepost_4studies")["studies"]
    ours = "n_pairs m_before sd_before m_after sd_after diff t df dz r".split()
    theirs = "n_matched mean_t1 sd_t1 mean_t2 sd_t2 mean_change t df dz r".split()
    for study in STUDIES:
        published, row = studies[study][convention], table.loc[study]
        told = [published[name] for name in theirs]
        assert row[ours].astype(float).tolist() == pytest.approx(told, abs=1e-9), study
        assert (row["lo"], row["hi"]) == pytest.approx(published["ci95_change"], abs=1e-9)
        # g_av is the published d_av, which divides by the mean of both SDs, corrected for small samples.
        corrected = published["d_av"] * (1 - 3 / (4 * (published["n_matched"] - 1) - 1))
        assert row["g_av"] == pytest.approx(corrected, abs=1e-9)


def test_sai_items_as_distributions(sai: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    answers, items = sai
    spread = item_change.distributions(answers, items, waves=["T0", "T1"], sites=list(STUDIES))
    empty = item_change.unanswered(
        answers.assign(reason_na=None), items, waves=["T0", "T1"], sites=list(STUDIES)
    )
    assert spread.loc[spread["site"] == "ALL", "n"].sum() == answers["value"].notna().sum()
    assert empty.loc[empty["site"] == "ALL", "n_skipped"].sum() == answers["value"].isna().sum()
    shift = item_change.net_shift(answers, items, before="T0", after="T1", sites=list(STUDIES))
    assert (shift["n"] == shift[["n_up", "n_same", "n_down"]].sum(axis=1)).all()
    assert (shift["p_adj"].dropna() >= shift["p"].dropna()).all()


# Extra hours of sleep of ten people on two drugs: Student (1908).


def test_sleep_of_student(shared_data: Path) -> None:
    published = expected(shared_data, "reference/change/sleep_student1908")
    rows = pd.read_csv(shared_data / "reference" / "change" / "sleep_student1908.csv")
    scores = rows.rename(columns={"id": "respondent", "pre": "T0", "post": "T1"}).melt(
        id_vars="respondent", var_name="wave", value_name="score"
    )
    scores = scores.assign(respondent=scores["respondent"].astype(str), site="x", scale="sleep")
    row = change.change_table(scores, before="T0", after="T1", sites=["x"]).set_index("site").loc["x"]
    told = row[["n_pairs", "diff", "df", "n_zero"]].astype(float).tolist()
    assert told == pytest.approx([published[n] for n in ("n", "mean_change", "df", "zero_differences")])
    assert (row["t"], row["dz"]) == pytest.approx((published["t"], published["dz"]), abs=5e-6)
    assert (row["lo"], row["hi"]) == pytest.approx(published["ci95"], abs=5e-9)
    assert 2 * stats.t.sf(row["t"], row["df"]) == pytest.approx(published["p"], abs=5e-7)
    # Ours is the exact sign-flip test, in which the zero keeps its rank; nine people all slept longer.
    assert row["p"] == pytest.approx(2 * 0.5**9)
    assert row["diff"] / row["dz"] == pytest.approx(published["sd_change"], abs=5e-7)
    assert np.sign(row["lo90"]) == 1
