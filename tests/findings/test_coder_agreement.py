"""One continuum at four units, verdicts, valence, versions, training."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import coder_agreement
from casestudy.findings.coded_units import compare
from casestudy.findings.coder_agreement import Rules, agreement, verdict, verdicts

# Methods D1: 800 characters, one code, two coders
SENTENCES = [0, 60, 140, 180, 210, 310, 380, 430, 520, 580, 700, 740, 800]
TURNS = [0, 180, 210, 580, 800]
A, B = [(60, 180), (310, 430), (580, 700)], [(60, 140), (330, 420), (430, 520), (590, 690)]
EXPECTED = [
    ("turn", None, 4, 1.000, 1.000, 1.000, 1.000),
    ("sentence", None, 12, 0.833, 0.657, 0.676, 0.671),
    ("sentence", 180, 11, 0.818, 0.633, 0.639, 0.650),
    ("character", None, 800, 0.775, 0.546, 0.555, 0.546),
]


def stretches(edges: list[int], interviewer: int | None = None, source: str = "s1") -> pd.DataFrame:
    table = pd.DataFrame({"source": source, "start": edges[:-1], "end": edges[1:]})
    return table.assign(sentence=range(len(table)), is_interviewer=table["start"].eq(interviewer))


def coding(coder: str, start: int, end: int, **changed: Any) -> dict[str, Any]:
    row = {"coder": coder, "source": "s1", "code": "x", "start": start, "end": end, "valence": None}
    row |= {"kind": "human", "status": "confirmed", "round": "reliability", "codebook": "1.0.0"}
    row |= changed
    return row | {"coding": f"{coder}-{row['source']}-{row['code']}-{start}-{row['round']}"}


CONTINUUM = pd.DataFrame([coding("a", *one) for one in A] + [coding("b", *one) for one in B])


@pytest.mark.parametrize(("unit", "interviewer", "n_units", "agree", "kappa", "ac1", "alpha"), EXPECTED)
def test_one_continuum_at_every_unit(
    unit: Any, interviewer: int | None, n_units: int, agree: float, kappa: float, ac1: float, alpha: float
) -> None:
    said, turns = stretches(SENTENCES, interviewer), stretches(TURNS)
    found = agreement(compare(CONTINUUM, said, coders=["a", "b"], unit=unit, turns=turns), seed=1)
    (row,) = found.itertuples(index=False)
    assert (row.n_units, row.unit, row.version) == (n_units, unit, "1.0.0")
    # From these counts of characters kappa is .5455 and AC1 .5545; the methods round both up.
    assert (row.agree, row.kappa, row.ac1, row.alpha) == pytest.approx((agree, kappa, ac1, alpha), abs=6e-4)
    assert row.alpha_u == pytest.approx(0.559, abs=5e-4)


CELLS = [  # methods D1: both gave the code, only the first, only the second, neither
    ("turn", None, (3, 0, 0, 1)),
    ("sentence", None, (4, 1, 1, 6)),
    ("sentence", 180, (4, 1, 1, 5)),
    ("character", None, (270, 90, 90, 350)),
]


@pytest.mark.parametrize(("unit", "interviewer", "cells"), CELLS)
def test_one_continuum_has_the_cells_of_the_method(
    unit: Any, interviewer: int | None, cells: tuple[int, ...]
) -> None:
    said, turns = stretches(SENTENCES, interviewer), stretches(TURNS)
    found = compare(CONTINUUM, said, coders=["a", "b"], unit=unit, turns=turns)
    first, second = found.values[:, :, 0]
    n_of = [
        int(found.frame.loc[(first == one) & (second == two), "weight"].sum())
        for one in (1, 0)
        for two in (1, 0)
    ]
    assert tuple(n_of) == cells


def test_positive_units_are_those_of_the_union() -> None:
    turns = stretches(TURNS)
    found = {
        unit: int(
            agreement(
                compare(CONTINUUM, stretches(SENTENCES), coders=["a", "b"], unit=unit, turns=turns), seed=1
            )["n_pos_any"].iloc[0]
        )
        for unit in ("sentence", "turn", "character")
    }
    assert found == {"sentence": 4 + 1 + 1, "turn": 3, "character": 270 + 90 + 90}


def test_boundaries_are_compared_in_what_participants_said() -> None:
    turns = stretches(TURNS)
    # 100 characters of an interviewer go in before everything; agreement on the rest is what it was.
    moved = CONTINUUM.assign(start=CONTINUUM["start"] + 100, end=CONTINUUM["end"] + 100)
    later = turns.assign(start=turns["start"] + 100, end=turns["end"] + 100)
    asked = pd.DataFrame([{"source": "s1", "start": 0, "end": 100, "is_interviewer": True}])
    said = stretches(SENTENCES).assign(start=lambda t: t["start"] + 100, end=lambda t: t["end"] + 100)
    compared = compare(moved, said, coders=["a", "b"], turns=pd.concat([asked, later]))
    assert agreement(compared, seed=1)["alpha_u"].iloc[0] == pytest.approx(0.559, abs=5e-4)


VERDICTS = [
    (0.80, 50, 20, "ok"),
    (0.7999, 50, 20, "tentative"),
    (0.667, 50, 20, "tentative"),
    (0.6669, 50, 20, "insufficient"),
    (-0.1, 400, 40, "insufficient"),
    (0.95, 49, 20, "too_few"),
    (0.95, 50, 19, "too_few"),
    (math.nan, 400, 400, "too_few"),
]


@pytest.mark.parametrize(("alpha", "n_units", "n_positive", "expected"), VERDICTS)
def test_verdicts(alpha: float, n_units: int, n_positive: int, expected: str) -> None:
    assert verdict(alpha, n_units=n_units, n_positive=n_positive) == expected


def many(n_sources: int = 6, n_sentences: int = 20, seed: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three coders over several sources, with errors and valences."""
    rng = np.random.default_rng(seed)
    said = pd.concat(
        [stretches(list(range(0, 10 * n_sentences + 1, 10)), source=f"s{n}") for n in range(n_sources)]
    )
    rows = []
    for source in said["source"].unique():
        for sentence in range(n_sentences):
            for code, share in (("x", 0.4), ("y", 0.2)):
                truth = rng.random() < share
                for coder in ("a", "b", "c"):
                    if truth ^ (rng.random() < 0.1):
                        valence = "+" if code == "x" and rng.random() < 0.8 else "-" if code == "x" else None
                        place = {"source": source, "code": code, "valence": valence}
                        rows.append(coding(coder, 10 * sentence, 10 * sentence + 10, **place))
    return pd.DataFrame(rows), said


def test_more_than_two_coders_over_many_sources() -> None:
    codings, said = many()
    found = agreement(compare(codings, said, coders=["a", "b", "c"]), seed=1)
    assert found["code"].tolist() == ["x", "y"]
    assert (found["n_units"] == 120).all()
    assert ((found["alpha_lo"] < found["alpha"]) & (found["alpha"] < found["alpha_hi"])).all()
    assert found["p_below"].between(0, 1).all()
    assert verdicts(found).keys() == {"x", "y"}
    assert found["n_valence"].iloc[1] == 0
    assert found["valence_alpha"].iloc[0] > 0 or found["n_valence"].iloc[0] > 0


@settings(max_examples=4)
@given(st.permutations(["a", "b", "c"]), st.permutations([f"s{n}" for n in range(6)]))
def test_names_and_order_of_coders_and_sources_change_nothing(coders: list[str], sources: list[str]) -> None:
    codings, said = many()
    who, where = dict(zip("abc", coders, strict=True)), dict(zip(sorted(sources), sources, strict=True))
    renamed = codings.assign(coder=codings["coder"].map(who), source=codings["source"].map(where))
    mixed = renamed.sample(frac=1, random_state=1)
    first = agreement(compare(codings, said, coders=["a", "b", "c"]), seed=1)
    moved = said.assign(source=said["source"].map(where)).sample(frac=1, random_state=2)
    second = agreement(compare(mixed, moved, coders=coders), seed=1)
    pd.testing.assert_frame_equal(first, second)


def test_perfect_agreement_and_nothing_to_disagree_on() -> None:
    codings, said = many()
    own = codings[codings["coder"] == "a"]
    copy = own.assign(coder="b", coding=own["coding"] + "-b")
    found = agreement(compare(pd.concat([own, copy]), said, coders=["a", "b"]), seed=1)
    assert (found[["agree", "kappa", "ac1", "alpha", "alpha_lo", "alpha_hi", "alpha_u"]] == 1).all(axis=None)
    assert found["valence_alpha"].iloc[0] == found["valence_alpha_interval"].iloc[0] == 1
    silent = compare(pd.concat([own, copy]), said, coders=["a", "b"], codes=["z"])
    row = agreement(silent, seed=1).iloc[0]
    assert row[["kappa", "ac1", "alpha", "alpha_lo", "alpha_hi", "p_below", "alpha_u"]].isna().all()
    assert (row["n_pos_any"], row["verdict"]) == (0, "too_few")


def test_nothing_coded_twice_gives_an_empty_table() -> None:
    codings, said = many()
    found = agreement(compare(codings[codings["coder"] == "a"], said, coders=["a", "b"]), seed=1)
    assert list(found.columns) == coder_agreement.COLUMNS
    assert found.empty


def test_rules_are_the_studys_own() -> None:
    codings, said = many()
    compared = compare(codings, said, coders=["a", "b", "c"])
    assert set(agreement(compared, seed=1, rules=Rules(ok=0.0, tentative=-1.0))["verdict"]) == {"ok"}
    assert set(agreement(compared, seed=1, rules=Rules(min_units=121))["verdict"]) == {"too_few"}


def test_valence_of_mixed_is_no_number() -> None:
    said = stretches([0, 10, 20, 30])
    rows = [coding("a", 0, 10, valence="x"), coding("b", 0, 10, valence="+")]
    rows += [coding("a", 10, 20, valence="-"), coding("b", 10, 20, valence="-")]
    rows += [coding("a", 20, 30, valence="+"), coding("b", 20, 30, valence="+")]
    (row,) = agreement(compare(pd.DataFrame(rows), said, coders=["a", "b"]), seed=1).itertuples(index=False)
    # Six values x - + with 1 3 2 wait for one pair apart: 1 - 5 * 2 / (36 - 1 - 4 - 9)
    assert row.valence_alpha == pytest.approx(1 - 5 * 2 / (36 - 1 - 4 - 9))
    assert row.valence_alpha_interval == 1
    assert row.n_valence == 3


def trained(error: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    codings, said = many(n_sources=4)
    reference = codings[codings["coder"] == "a"]
    rng = np.random.default_rng(3)
    kept = reference[rng.random(len(reference)) >= error]
    new = kept.assign(coder="new", coding="new-" + kept["coding"], round="training")
    elsewhere = reference.assign(coder="new", coding="later-" + reference["coding"], round="main")
    return pd.concat([reference, new, elsewhere]), said


@pytest.mark.parametrize(("error", "passed"), [(0.0, True), (0.6, False)])
def test_a_new_coder_is_tried_on_the_training_round_alone(error: float, passed: bool) -> None:
    codings, said = trained(error)
    sources = ["s0", "s1", "s2", "s3"]
    found = coder_agreement.training(codings, said, coder="new", reference="a", sources=sources, seed=1)
    assert found.passed is passed
    assert (found.below == ()) is passed
    assert found.n_judged >= 1


def test_a_new_coder_with_little_material_cannot_be_judged() -> None:
    codings, said = trained(0.0)
    found = coder_agreement.training(codings, said, coder="new", reference="a", sources=["s0"], seed=1)
    assert (found.passed, found.n_judged, found.below) == (None, 0, ())
