"""The label table as it is written in the methods, and a joint display that tells absence from silence."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import integration

QUAL = ["pos", "neg", "mixed", "neutral", "absent"]
QUANT = ["up", "down", "none", "unclear", "absent"]
# methods L2, one word per column of QUANT
NO_IMPROVEMENT = """
agreement     dissonance    partial       inconclusive  silence_quant
dissonance    partial       agreement     inconclusive  silence_quant
partial       partial       partial       inconclusive  silence_quant
partial       partial       agreement     inconclusive  silence_quant
silence_qual  silence_qual  silence_qual  silence_qual  no_data
"""
WORSENING = """
agreement     dissonance    partial       inconclusive  silence_quant
dissonance    agreement     partial       inconclusive  silence_quant
partial       partial       partial       inconclusive  silence_quant
partial       partial       agreement     inconclusive  silence_quant
silence_qual  silence_qual  silence_qual  silence_qual  no_data
"""
EXPLAINS = """
consistent    expected_change_absent  expected_change_absent  inconclusive  silence_quant
in_spite_of   consistent              consistent              inconclusive  silence_quant
inconclusive  inconclusive            inconclusive            inconclusive  silence_quant
inconclusive  inconclusive            inconclusive            inconclusive  silence_quant
silence_qual  silence_qual            silence_qual            silence_qual  no_data
"""
SETTINGS = {
    "no improvement": (NO_IMPROVEMENT, {"neg_means": "no_improvement"}),
    "worsening": (WORSENING, {"neg_means": "worsening"}),
    "explains": (EXPLAINS, {"relation": "explains"}),
    "explains, worsening": (EXPLAINS, {"relation": "explains", "neg_means": "worsening"}),
}
CELLS = [
    pytest.param(qual, quant, word, settings, id=f"{name}: {qual} {quant}")
    for name, (table, settings) in SETTINGS.items()
    for qual, line in zip(QUAL, table.split("\n")[1:-1], strict=True)
    for quant, word in zip(QUANT, line.split(), strict=True)
]


@pytest.mark.parametrize(("qual", "quant", "word", "settings"), CELLS)
def test_the_whole_label_table(qual, quant, word, settings):
    assert integration.label(qual, quant, **settings).label == word


@pytest.mark.parametrize(
    ("qual", "diff", "lean"),
    [
        ("pos", 0.2, "agreement"),
        ("pos", -0.2, "dissonance"),
        ("pos", 0.0, "dissonance"),
        ("neg", 0.2, "dissonance"),
        ("neg", -0.2, "agreement"),
        ("neg", 0.0, "agreement"),
        ("mixed", 0.2, None),
        ("neutral", 0.2, None),
        ("pos", math.nan, None),
    ],
)
def test_an_unclear_change_leans(qual, diff, lean):
    assert integration.label(qual, "unclear", diff=diff) == ("inconclusive", lean)


def test_a_factor_never_leans_to_agreement_with_an_outcome():
    assert integration.label("pos", "unclear", relation="explains", diff=0.3).lean is None


@pytest.mark.parametrize(
    ("qual", "quant", "could_qual", "could_quant", "word"),
    [
        ("pos", "absent", True, False, "not_covered"),
        ("absent", "up", False, True, "not_covered"),
        ("absent", "absent", False, False, "not_covered"),
        ("absent", "absent", True, False, "no_data"),
        ("pos", "up", False, False, "agreement"),
    ],
)
def test_silence_needs_a_strand_that_could_have_spoken(qual, quant, could_qual, could_quant, word):
    found = integration.label(qual, quant, could_qual=could_qual, could_quant=could_quant)
    assert found.label == word


@pytest.mark.parametrize("quant", ["too_few", "suppressed"])
@pytest.mark.parametrize("qual", QUAL)
@pytest.mark.parametrize("relation", ["same_object", "explains"])
def test_too_few_and_suppressed_are_told_as_such(qual, quant, relation):
    assert integration.label(qual, quant, relation=relation, diff=0.4) == (quant, None)


@pytest.mark.parametrize(
    ("ratings", "state"),
    [
        ([], "absent"),
        (["M"], "absent"),
        (["2"], "pos"),
        (["1", "M"], "pos"),
        (["-2", "-1"], "neg"),
        (["0"], "neutral"),
        (["1", "0"], "pos"),
        (["1", "-1"], "mixed"),
        (["X"], "mixed"),
        (["2", "X"], "mixed"),
        (["0", "X"], "mixed"),
    ],
)
def test_state_of_several_ratings(ratings, state):
    assert integration.qual_state(ratings) == state


@settings(deadline=None)
@given(ratings=st.lists(st.sampled_from(list(integration.RATING_STATES)), max_size=5))
def test_the_order_of_codes_does_not_matter(ratings):
    assert integration.qual_state(ratings) == integration.qual_state(ratings[::-1])


def test_every_state_has_a_label():
    for table in (integration.SAME_OBJECT, integration.WORSENING):
        assert len(table) == 4 * 3


ROWS = pd.DataFrame(
    {
        "row": ["vaardigheid", "netwerk", "kennis", "houding"],
        "codes": [("SK04",), ("SK07",), ("M17",), ("M09",)],
        "scale": ["VAA", None, "KEN", "HOU"],
        "item": None,
        "relation": "same_object",
        "neg_means": "no_improvement",
    }
)
# methods L4; a fourth wave of the story stands in one comparison here
GOLDEN = [
    ("A", "vaardigheid", "SK04", "2", "VAA", "up", 0.73, 0.55, 0.91, 54, "agreement", None),
    ("B", "vaardigheid", "SK04", "-1", "VAA", "up", 0.45, 0.25, 0.66, 44, "dissonance", None),
    ("D", "vaardigheid", "SK04", "-1", "VAA", "none", -0.04, -0.35, 0.27, 32, "agreement", None),
    ("E", "vaardigheid", "SK04", "1", "VAA", "unclear", -0.06, -0.56, 0.44, 10, "inconclusive", "dissonance"),
    ("C", "netwerk", "SK07", "1", None, "absent", None, None, None, None, "not_covered", None),
    ("A", "kennis", "M17", "M", "KEN", "up", 0.66, 0.47, 0.84, 54, "silence_qual", None),
    ("E", "houding", "M09", "X", "HOU", "too_few", None, None, None, 4, "too_few", None),
]
COLUMNS = "site row code rating scale state diff lo hi n_pairs label lean".split()


@pytest.fixture(scope="module")
def strands() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Settled ratings, change and questions of the golden rows."""
    golden = pd.DataFrame(GOLDEN, columns=COLUMNS)
    settled = golden[["site", "code", "rating"]].assign(n_sources=6)
    change = golden.dropna(subset=["scale"])[["scale", "site", "state", "diff", "lo", "hi", "n_pairs"]]
    pooled = change[change["site"] == "A"].assign(site="ALL", state="down")
    change = pd.concat([change, pooled], ignore_index=True).assign(n_before=60, n_after=50)
    asked = golden[["site", "code"]].assign(source="s1", asked=True)
    return settled, change.astype({"diff": float, "lo": float, "hi": float, "n_pairs": "Int64"}), asked


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case[0]} {case[1]}")
def test_golden_joint_display(strands, case):
    table = integration.joint_display(ROWS, *strands, sites=list("ABCDE"))
    assert list(table.columns) == integration.JOINT_COLUMNS
    assert len(table) == 5 * 4
    expected = dict(zip(COLUMNS, case, strict=True))
    row = table[(table["site"] == expected["site"]) & (table["row"] == expected["row"])].iloc[0]
    assert row["label_proposed"] == expected["label"]
    assert row["rating"] == expected["rating"]
    assert row["quant_state"] == expected["state"]
    for name in ("lean", "diff", "lo", "hi", "n_pairs"):
        assert pd.isna(row[name]) if expected[name] is None else row[name] == expected[name]
    assert pd.isna(row["label"])


def test_a_topic_that_was_not_asked_is_not_covered(strands):
    settled, change, asked = strands
    nobody_asked = asked.assign(asked=asked["code"] != "M17")
    table = integration.joint_display(ROWS, settled, change, nobody_asked, sites=["A"]).set_index("row")
    assert table.loc["kennis", "label_proposed"] == "not_covered"


def test_a_site_where_the_survey_was_not_held_is_not_silent(strands):
    settled, change, asked = strands
    absent = change[(change["site"] == "A") & (change["scale"] == "VAA")].assign(state="absent", n_after=0)
    told = []
    for others in (change.iloc[:0], change[(change["site"] == "A") & (change["scale"] == "KEN")]):
        both = pd.concat([absent, others])
        table = integration.joint_display(ROWS, settled, both, asked, sites=["A"]).set_index("row")
        told.append(table.loc["vaardigheid", "label_proposed"])
    assert told == ["not_covered", "silence_quant"]


def test_a_decision_becomes_the_label_and_an_open_row_has_none(strands):
    fit = pd.DataFrame(
        [{"site": "B", "row": "vaardigheid", "label": "partial", "rationale": "timing", "decided_by": "x, y"}]
    )
    table = integration.joint_display(ROWS, *strands, sites=list("AB"), fit=fit)
    decided = table.dropna(subset=["label"])
    assert decided[["site", "row", "label_proposed", "label", "rationale"]].values.tolist() == [
        ["B", "vaardigheid", "dissonance", "partial", "timing"]
    ]


def test_several_codes_share_a_row(strands):
    settled = pd.DataFrame(
        {"site": "A", "code": ["SK04", "SK05", "SK06"], "rating": ["2", "-1", "M"], "n_sources": [6, 4, 0]}
    )
    rows = ROWS.iloc[:1].assign(codes=[("SK05", "SK04", "SK06")])
    row = integration.joint_display(rows, settled, *strands[1:], sites=["A"]).iloc[0]
    assert (row["qual_state"], row["rating"], row["n_sources"]) == ("mixed", "-1 2 M", 6)
    assert row["label_proposed"] == "partial"


@pytest.mark.parametrize(
    ("n_sources", "n_people", "weak"),
    [(3, 10, False), (2, 10, True), (3, 9, True), (None, 10, False), (3, None, False)],
)
def test_weak_rows(n_sources, n_people, weak):
    assert integration.is_weak(n_sources, n_people) is weak


STANDINGS = [
    (["current", "current"], "current"),
    (["current", "unpinned"], "unpinned"),
    (["unpinned", "stale"], "stale"),
    (["current", None], "current"),
]


@pytest.mark.parametrize(("standings", "expected"), STANDINGS)
def test_a_row_is_as_stale_as_its_codes(strands, standings, expected):
    settled = pd.DataFrame({"site": "A", "code": ["SK04", "SK05"], "rating": ["2", "1"], "n_sources": [6, 4]})
    rows = ROWS.head(1).assign(codes=[("SK04", "SK05")])
    found = integration.joint_display(rows, settled.assign(standing=standings), *strands[1:], sites=["A"])
    assert found["standing"].tolist() == [expected]
    without = integration.joint_display(rows, settled, *strands[1:], sites=["A"])
    assert without["standing"].isna().all(), "nothing is said of ratings whose standing nobody gave"


def test_settled_evidence_passes_the_standing_on():
    standing = {"standing": "stale", "n_new": 2, "n_gone": 1, "n_changed": 0}
    settled = pd.DataFrame(
        [{"site": "A", "code": "M23", "rating": "1", "proposed": "1", "rationale": "zo", "n_supporting": 1}]
    ).assign(**standing)
    proposed = pd.DataFrame([{"site": "A", "code": "M23", "n_sources": 4, "stability": 0.8}])
    none = pd.DataFrame(columns=["site", "skill", "n_sources"])
    row = integration.settled_evidence(settled, proposed, none).iloc[0]
    assert row[integration.STANDING_COLUMNS].to_dict() == standing
    assert (row["n_sources"], row["stability"]) == (4, 0.8)
