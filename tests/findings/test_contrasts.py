"""Distinguishing factors: a published table, the planted table, and what chance alone yields."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import contrasts

HIGH, LOW = ["A", "B", "C"], ["D", "E"]
UNITS = ["u1", "u2", "u3", "u4", "u5"]

# Varsi et al. (2015), JMIR 17(11):e262, table 2: four high units, one low unit, published label. A row whose
# low unit is missing was published as not distinguishing; here it is said that there is too little to tell.
PRINTED = """
Trialability            2 2 2 2 -1    strong
Tension for change      1 1 X 1 -2    strong
Compatibility           M 1 X 2 -2    strong
Relative priority       0 M 0 1 -2    strong
Available resources     2 2 2 2 -1    strong
Relative advantage      2 2 X 1 0     weak
Patient needs           0 1 0 0 -1    weak
Structural              0 0 0 0 -1    weak
Culture                 -1 -1 1 -1 -2 weak
Knowledge and beliefs   2 2 X 2 -1    weak
Adaptability            1 2 1 1 1     none
Self-efficacy           1 1 2 2 1     none
Stage of change         -1 2 -1 -1 -1 none
Design quality          1 1 1 -1 0    none
Cost                    X 0 -1 -2 M   insufficient
"""

# Methods P1: planted ratings, label, and the labels that change when a site is left out.
PLANTED = [
    ("M23", "1 -2 -1 -2 -2", "weak", {"A": "none"}),
    ("M13", "2 1 1 -1 -1", "strong", {}),
    ("M19", "1 1 0 -1 -1", "weak", {"C": "strong"}),
    ("M16", "2 1 2 1 1", "none", {"B": "weak"}),
    ("M05", "X X 1 X -1", "none", {"A": "weak", "B": "weak", "D": "weak"}),
    ("M20", "-2 -2 -2 -2 -2", "none", {}),
    ("M29", "M M -1 M M", "insufficient", {}),
    ("M22", "0 0 0 0 0", "none", {}),
    ("M04", "-1 -1 1 -1 -1", "none", {"A": "weak", "B": "weak"}),
]


def matrix(*rows: str, sites: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame([row.split() for row in rows], columns=sites or HIGH + LOW)


def published() -> list[tuple[str, str, str]]:
    words = [line.split() for line in PRINTED.strip().splitlines()]
    return [(" ".join(line[:-6]), " ".join(line[-6:-1]), line[-1]) for line in words]


@pytest.mark.parametrize(("construct", "row", "label"), published())
def test_printed_rows(construct, row, label):
    table = contrasts.distinguish(matrix(row, sites=UNITS), UNITS[:4], UNITS[4:])
    assert table["label"].item() == label, construct


@pytest.mark.real_material
def test_all_published_rows(shared_data):
    folder = shared_data / "reference" / "cfir"
    table = pd.read_csv(folder / "varsi2015_epatient.csv", dtype=str, keep_default_na=False)
    truth = json.loads((folder / "varsi2015_epatient.expected.json").read_text(encoding="utf-8"))
    sites = truth["sites"]
    rated = table.set_index("construct")[list(sites)].replace({"Missing": "M", "0mix": "X"})
    # One row says only where the innovation came from (E); rows without any rating cannot be labelled.
    rated = rated[~rated.isin(["E"]).any(axis=1) & (rated != "M").any(axis=1)]
    sides = [[site for site, side in sites.items() if side == wanted] for wanted in ("high", "low")]
    labels = contrasts.distinguish(rated, *sides).set_index("code")["label"].replace("insufficient", "none")
    assert len(labels) == 22
    assert labels.to_dict() == table.set_index("construct")["published_class"][labels.index].to_dict()
    assert labels.value_counts().to_dict() == {"none": 12, "strong": 5, "weak": 5}


def test_leaving_a_published_unit_out():
    rows = {construct: row for construct, row, _ in published()}
    table = matrix(*rows.values(), sites=UNITS).set_axis(list(rows), axis=0)
    changed = contrasts.leave_one_site_out(table, UNITS[:4], UNITS[4:]).query("changed")
    labels = {site: part.set_index("code")["label"].to_dict() for site, part in changed.groupby("left_out")}
    assert labels["u3"].items() >= {"Knowledge and beliefs": "strong", "Stage of change": "weak"}.items()
    assert {code for code, label in labels["u4"].items() if label == "weak"} >= {
        "Stage of change",
        "Design quality",
    }
    assert set(labels["u5"].values()) == {"insufficient"}


@pytest.mark.parametrize(("code", "row", "label", "without"), PLANTED)
def test_planted_labels(code, row, label, without):
    table = matrix(row).set_axis([code], axis=0)
    assert contrasts.distinguish(table, HIGH, LOW)["label"].tolist() == [label]
    left_out = contrasts.leave_one_site_out(table, HIGH, LOW).set_index("left_out")
    assert left_out["label"].to_dict() == dict.fromkeys(HIGH + LOW, label) | without
    assert set(left_out.index[left_out["changed"]]) == set(without)


GAPS = [  # the numbers that methods P1 prints beside the labels
    ("M23", 0, 4 / 3),
    ("M13", 2, None),
    ("M19", 1, None),
    ("M16", 0, 2 / 3),
    ("M05", 0, 5 / 6),
    ("M04", 0, 2 / 3),
]


@pytest.mark.parametrize(("code", "gap", "difference"), GAPS)
def test_planted_gaps(code, gap, difference):
    rows = {planted: row for planted, row, _, _ in PLANTED}
    table = contrasts.distinguish(matrix(rows[code]), HIGH, LOW)
    assert table["gap"].item() == gap
    assert difference is None or table["difference"].item() == pytest.approx(difference)


LABELS = [
    ("-1 -1 -1 1 1", "reversed"),
    ("-2 -2 1 1 1", "reversed"),  # gap 0 backwards, means 2 apart
    ("1 1 -1 -1 0", "none"),
    ("1 0 0 0 -2", "weak"),  # means exactly 4/3 apart
    ("1 0 0 -1 X", "none"),
    ("2 1 1 0 1", "none"),  # gap 0, means 5/6 apart
    ("M M M 1 1", "insufficient"),
    ("1 1 1 M M", "insufficient"),
    ("M 1 M M -1", "strong"),
    ("X X X M 0", "none"),
]


@pytest.mark.parametrize(("row", "label"), LABELS)
def test_labels(row, label):
    assert contrasts.distinguish(matrix(row), HIGH, LOW)["label"].item() == label


def test_means_exactly_one_apart_are_weak():
    """4/3 - 1/3 is 0.9999999999999999 in floating point; the rule says 1."""
    table = matrix("1 1 2 1 0 0", sites=list("ABCDEF"))
    assert contrasts.distinguish(table, list("ABC"), list("DEF"))["label"].item() == "weak"


def test_too_little_material_has_no_gap():
    table = contrasts.distinguish(matrix("M M -1 M M"), HIGH, LOW)
    assert table[["gap", "difference"]].isna().all(axis=None)


def test_numbers_empty_cells_and_signs_are_read_alike():
    written = matrix("2 1 M -1 X")
    numbers = pd.DataFrame([[2, 1.0, None, "-1", "X"]], columns=HIGH + LOW, dtype=object)
    signed = matrix("+2 +1 M -1 X")
    expected = contrasts.distinguish(written, HIGH, LOW)
    pd.testing.assert_frame_equal(contrasts.distinguish(numbers, HIGH, LOW), expected)
    pd.testing.assert_frame_equal(contrasts.distinguish(signed, HIGH, LOW), expected)


@pytest.mark.parametrize("strange", ["3", "?", "", 1.5])
def test_a_strange_rating_is_refused(strange):
    table = matrix("1 1 1 1 1").astype(object)
    table.iloc[0, 0] = strange
    with pytest.raises(ValueError, match="a rating must be one of"):
        contrasts.distinguish(table, HIGH, LOW)


def test_a_site_stands_on_one_side():
    with pytest.raises(ValueError, match="both high and low"):
        contrasts.distinguish(matrix("1 1 1 1 1"), HIGH, [*LOW, "A"])


def test_no_factors():
    assert contrasts.distinguish(matrix("1 1 1 1 1").iloc[:0], HIGH, LOW).empty


RATING = st.sampled_from(["-2", "-1", "0", "1", "2", "X", "M"])


@settings(max_examples=40, deadline=None)
@given(row=st.lists(RATING, min_size=5, max_size=5), order=st.permutations(HIGH + LOW))
def test_the_order_of_sites_changes_nothing_and_the_matrix_stays(row, order):
    table = matrix(" ".join(row))
    shuffled = table[list(order)]
    high, low = [s for s in order if s in HIGH], [s for s in order if s in LOW]
    pd.testing.assert_frame_equal(
        contrasts.distinguish(table, HIGH, LOW), contrasts.distinguish(shuffled, high, low)
    )
    assert table.iloc[0].tolist() == row, "X and M are stored as they were"


@settings(max_examples=40, deadline=None)
@given(row=st.lists(RATING, min_size=5, max_size=5))
def test_exchanging_the_sides_reverses_the_label(row):
    table = matrix(" ".join(row))
    there = contrasts.distinguish(table, HIGH, LOW)["label"].item()
    back = contrasts.distinguish(table, LOW, HIGH)["label"].item()
    turned = {"strong": {"reversed"}, "weak": {"reversed"}, "reversed": {"strong", "weak"}}
    assert back in turned.get(there, {there})


CHANCE = [  # methods E4, for 29 factors: high, low, strong, weak, as printed to two digits
    (2, 3, 0.34, 3.9, 0.99),
    (1, 4, 0.53, 7.0, 1.00),
]


@pytest.mark.parametrize(("n_high", "n_low", "strong", "weak", "p_any"), CHANCE)
def test_chance_alone_yields_distinguishing_factors(n_high, n_low, strong, weak, p_any):
    """40,000 draws in two batches; allowed: the rounding of the print and four Monte-Carlo errors."""
    chance = contrasts.chance_baseline(29, n_high, n_low, draws=40_000, seed=20170901)
    assert chance.strong == pytest.approx(strong, abs=0.005 + 4 * chance.strong_error)
    assert chance.weak == pytest.approx(weak, abs=0.05 + 4 * chance.weak_error)
    assert chance.p_any == pytest.approx(p_any, abs=0.005 + 0.002)
    assert max(chance.strong_error, chance.weak_error) < 0.015


def test_chance_applies_the_rule_of_the_labels():
    """Sites that score 2 or -2 at random: half of the pairs differ, half of these the right way."""
    chance = contrasts.chance_baseline(1, 1, 1, probabilities=(0.5, 0, 0, 0, 0.5), draws=20_000, seed=1)
    assert chance.strong == pytest.approx(0.25, abs=4 * chance.strong_error)
    assert chance.weak == 0


@pytest.mark.parametrize("probabilities", [(0.5, 0.5), (0.1, 0.1, 0.1, 0.1, 0.1)])
def test_probabilities_are_five_and_sum_to_one(probabilities):
    with pytest.raises(ValueError, match="sum to 1"):
        contrasts.chance_baseline(29, 2, 3, probabilities=probabilities, seed=1)


def test_without_sites_on_one_side_nothing_is_expected_by_chance() -> None:
    chance = contrasts.chance_baseline(29, 0, 5, seed=1)
    assert (chance.strong, chance.weak, chance.p_any) == (0, 0, 0)


def test_the_criterion_stands_outside_the_ratings() -> None:
    change = pd.DataFrame(
        {
            "scale": ["VAA"] * 6 + ["KEN"],
            "site": ["a", "b", "c", "d", "e", "ALL", "b"],
            "state": ["up", "unclear", "absent", "none", "too_few", "up", "up"],
        }
    )
    assert contrasts.groups(change, scale="VAA", sites=list("abcde")) == (["a"], ["b", "d"])


def test_without_a_criterion_there_is_no_site_to_leave_out() -> None:
    matrix = pd.DataFrame({"a": ["2"], "b": ["1"]}, index=["M13"])
    empty = contrasts.leave_one_site_out(matrix, [], [])
    assert empty.empty
    filled = contrasts.leave_one_site_out(matrix, ["a"], ["b"])
    assert list(empty.columns) == list(filled.columns)
