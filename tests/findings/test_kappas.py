"""Kappas of more than two coders, as published for the psychiatric diagnoses of 1971."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from casestudy.findings import kappas
from casestudy.findings.agreement import cohen_kappa, krippendorff_alpha


def test_the_diagnoses_of_1971(shared_data: Path) -> None:
    """Fleiss (1971), Psychological Bulletin 76, 378-382; further digits from the R package irr 0.84.1."""
    folder = shared_data / "reference" / "agreement"
    values = pd.read_csv(folder / "fleiss1971_diagnoses.csv", dtype="str").T.to_numpy(dtype=object)
    expected = json.loads((folder / "fleiss1971_diagnoses.expected.json").read_text())
    fleiss = kappas.fleiss_kappa(values)
    assert (fleiss.n_units, fleiss.n_coders) == (expected["subjects"], expected["raters"])
    found = {
        "fleiss_kappa": fleiss.value,
        "conger_exact_kappa": kappas.conger_kappa(values).value,
        "light_kappa_mean_pairwise_cohen": kappas.light_kappa(values).value,
        "krippendorff_alpha_nominal": krippendorff_alpha(values).value,
    }
    assert found == pytest.approx(expected["precise"], abs=5e-9)
    assert kappas.category_kappas(values).to_dict() == pytest.approx(expected["category_kappa"], abs=5e-4)


def test_for_two_coders_conger_and_light_are_cohen() -> None:
    first, second = [1, 1, 2, 3, 3, 1], [1, 2, 2, 3, 1, 1]
    cohen = cohen_kappa(first, second).value
    assert kappas.conger_kappa([first, second]).value == pytest.approx(cohen)
    assert kappas.light_kappa([first, second]).value == pytest.approx(cohen)


@pytest.mark.parametrize("kappa", [kappas.fleiss_kappa, kappas.conger_kappa, kappas.light_kappa])
def test_perfect_undefined_and_nothing(kappa: object) -> None:
    assert callable(kappa)
    assert kappa([[1, 2, 2], [1, 2, 2], [1, 2, 2]]).value == 1
    assert math.isnan(kappa([[1, 1], [1, 1], [1, 1]]).value)
    assert math.isnan(kappa([[math.nan, 1], [1, math.nan], [math.nan, math.nan]]).value)
