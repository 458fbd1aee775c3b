"""Proposed ratings: the worked cases of the methods specification, the boundaries, and what never changes."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import ratings

NOT_ASKED = pd.DataFrame({"site": [], "source": [], "code": [], "asked": []}).astype({"asked": bool})


def codings(said: list[str], *, code: str = "M23", prefix: str = "es", **values: object) -> pd.DataFrame:
    """One source per text; in it one coding per word: a valence, with `c` for a concrete example."""
    rows = [
        (f"{prefix}-{number:02d}", word[0], 2 if word.endswith("c") else 1)
        for number, words in enumerate(said)
        for word in words.split()
    ]
    table = pd.DataFrame(rows, columns=["source", "valence", "strength"]).astype({"strength": "Int64"})
    return table.assign(**({"code": code, "kind": "human", "status": "confirmed", "round": "main"} | values))


def sources(n: int, *, site: str = "es", roles: list[str] | None = None) -> pd.DataFrame:
    role = roles or ["professional"] * n
    return pd.DataFrame(
        {
            "source": [f"{site}-{number:02d}" for number in range(n)],
            "site": site,
            "role": role,
            "n_roles": [2 if r == "mixed" else 1 for r in role],
        }
    )


def cell(said: list[str], roles: list[str] | None = None, **thresholds: float) -> pd.Series:
    known = sources(max(len(said), 1), roles=roles)
    table = ratings.propose(codings(said), known, NOT_ASKED, codes=["M23"], **thresholds)
    assert len(table) == 1
    return table.iloc[0]


CASES = [  # methods E1: case, sources, proposed, with strict cap, with dominance .75
    ("E1", [], "M", "M", "M"),
    ("E2", ["+c"], "1", "1", "1"),
    ("E3", ["+c", "+c", "+"], "2", "2", "2"),
    ("E4", ["+c", "+c", "+c", "+", "-c"], "2", "1", "2"),
    ("E5", ["+c", "+c", "+c", "+", "+", "+ -"], "2", "1", "2"),
    ("E6", ["+c", "+c", "-c", "-c"], "X", "X", "X"),
    ("E7", ["0", "0"], "0", "0", "0"),
    ("E8", ["-", "-", "-"], "-1", "-1", "-1"),
    ("E9", [" ".join(["-c"] * 9), "+", "+", "+c"], "1", "1", "1"),
    ("E10", ["+", "-c", "-c"], "-1", "-1", "X"),
]


def proposals(*saids: list[str], **thresholds: float) -> list[str]:
    """Propose one rating for each of several sites at once."""
    names = [f"site{number:03d}" for number in range(len(saids))]
    said = [codings(words, prefix=name) for name, words in zip(names, saids, strict=True)]
    known = [sources(max(len(words), 1), site=name) for name, words in zip(names, saids, strict=True)]
    table = ratings.propose(pd.concat(said), pd.concat(known), NOT_ASKED, codes=["M23"], **thresholds)
    return table["proposed"].tolist()


VARIANTS = [(2, {}), (3, {"cap_opposition": 0.0}), (4, {"dominance": 0.75})]


@pytest.mark.parametrize(("column", "thresholds"), VARIANTS)
def test_worked_cases(column, thresholds):
    proposed = proposals(*[case[1] for case in CASES], **thresholds)
    expected = {case[0]: case[column] for case in CASES}
    assert dict(zip(expected, proposed, strict=True)) == expected


DETAILS = [  # sources, and the columns that explain the proposal
    (["+c"], {"thin": True, "n_sources": 1, "n_strong": 1, "share": 1.0, "opposing": 0.0}),
    (
        ["+c", "+c", "+c", "+", "-c"],
        {"n_plus": 4, "n_minus": 1, "n_strong": 3, "share": 0.8, "opposing": 0.2},
    ),
    (["+c"] * 3 + ["+", "+", "x"], {"n_mixed": 1, "share": 5.5 / 6, "opposing": 1 / 6, "thin": False}),
    ([" ".join(["-c"] * 9), "+", "+", "+c"], {"share": 0.75, "opposing": 0.25, "n_strong": 1}),  # E9
    (["+", "-c", "-c"], {"share": 1 / 3, "opposing": 1 / 3, "n_strong": 2}),  # E10
    (["-c", "-", "0"], {"n_minus": 2, "n_neutral": 1, "n_sources": 3, "n_strong": 1, "opposing": 0.0}),
    (["+ 0", "- -c", "0 x", "+ -"], {"n_plus": 1, "n_minus": 1, "n_mixed": 2, "n_neutral": 0, "n_strong": 0}),
]


@pytest.mark.parametrize(("said", "expected"), DETAILS)
def test_a_proposal_shows_what_it_rests_on(said, expected):
    row = cell(said)
    assert {name: row[name] for name in expected} == pytest.approx(expected)


def test_no_direction_no_opposition_and_no_voice_no_share():
    assert math.isnan(cell(["+", "-"])["opposing"])
    assert math.isnan(cell(["0", "0"])["share"])
    assert math.isnan(cell([])["share"])


THIRDS = range(1, 41)


@pytest.mark.parametrize("dominance", [2 / 3, 0.6667, 0.667])
def test_exactly_two_thirds_is_a_direction(dominance):
    helps = [["+"] * 2 * n + ["-"] * n for n in THIRDS]
    hinders = [["-"] * 2 * n + ["+"] * n for n in THIRDS]
    less = [["+"] * (2 * n - 1) + ["x"] + ["-"] * n for n in THIRDS]
    expected = ["1"] * 40 + ["-1"] * 40 + ["X"] * 40
    assert proposals(*helps, *hinders, *less, dominance=dominance) == expected


BOUNDARIES = [
    (["+", "x", "x"], {}, "1"),  # share (1 + 2/2) / 3
    (["-", "x", "x"], {}, "-1"),
    (["+", "0", "0"], {}, "1"),  # exactly a third is valenced
    (["+", "0", "0"], {"min_valenced_share": 0.3333}, "1"),
    (["+", "0", "0", "0"], {}, "0"),
    (["x", "0", "0", "0"], {}, "0"),
    (["x"], {}, "X"),
    (["+c"] * 8 + ["-"] * 2, {}, "2"),  # exactly a fifth opposes
    (["+c"] * 7 + ["-"] * 2, {}, "1"),
    (["+c", "+c"], {"min_sources": 3}, "1"),
    (["+c +c", "+"], {}, "1"),  # two examples of one source are one source
    (["+ 0c", "+ 0c", "+"], {}, "1"),  # an example without direction does not strengthen one
    (["+", "-"], {"dominance": 0.5}, "X"),  # both ways at once is no direction
]


@pytest.mark.parametrize(("said", "thresholds", "proposed"), BOUNDARIES)
def test_boundaries(said, thresholds, proposed):
    assert cell(said, **thresholds)["proposed"] == proposed


# Methods E1: sources, and how often a factor that is neutral is proposed as such without rule 2 and with it
NEUTRAL = [(5, 0.80, 0.92), (8, 0.71, 0.97), (12, 0.63, 0.99)]


@pytest.mark.parametrize(("n_sources", "without", "with_rule"), NEUTRAL)
def test_a_stray_valence_among_neutral_sources_does_not_turn_a_neutral_factor(n_sources, without, with_rule):
    """Sources of methods P1: three in four speak, in one to three segments of which 97 % are neutral."""
    rng = np.random.default_rng(20170901)
    n_segments = rng.integers(1, 4, (1200, n_sources)) * (rng.random((1200, n_sources)) < 0.75)
    code, source = (np.repeat(place.ravel(), n_segments.ravel()) for place in np.indices(n_segments.shape))
    said = codings([" ".join("0" * len(code))]).assign(
        code=[f"F{number}" for number in code],
        source=[f"es-{number:02d}" for number in source],
        valence=rng.choice(["0", "+", "-"], len(code), p=[0.97, 0.015, 0.015]),
    )
    share = {}
    for least in (0, 1 / 3):
        rated = ratings.propose(
            said,
            sources(n_sources),
            NOT_ASKED,
            codes=[f"F{number}" for number in range(1200)],
            min_valenced_share=least,
        )
        share[least] = (rated["proposed"] == "0").mean()
    # How many segments a source has is not said there, and moves the share without the rule.
    assert share[0] == pytest.approx(without, abs=0.08)
    assert share[1 / 3] == pytest.approx(with_rule, abs=0.03)


def test_missing_is_told_apart_from_not_asked():
    asked = pd.DataFrame(
        {
            "site": "es",
            "source": ["es-00", "es-01", "es-00"],
            "code": ["M22", "M22", "M29"],
            "asked": [False, True, False],
        }
    )
    table = ratings.propose(codings(["+"]), sources(2), asked, codes=["M23", "M22", "M29", "M01"])
    assert table["proposed"].tolist() == ["1", "M", "M", "M"]
    assert table["reason"].isna().tolist() == [True, False, False, False]
    assert table["reason"].tolist()[1:] == ["not_mentioned", "not_asked", "not_asked"]


NO_EVIDENCE = [
    {"status": "suggested"},
    {"status": "rejected"},
    {"status": "superseded"},
    {"kind": "dictionary"},
    {"kind": "model"},
    {"round": "training"},
    {"round": "reliability"},
    {"valence": pd.NA},
]


@pytest.mark.parametrize("values", NO_EVIDENCE, ids=str)
def test_what_is_no_evidence_leaves_no_rating(values):
    table = ratings.propose(codings(["+c", "+c"]).assign(**values), sources(2), NOT_ASKED, codes=["M23"])
    assert table["proposed"].tolist() == ["M"]


def test_imported_codings_are_evidence_once_confirmed():
    table = ratings.propose(codings(["+c", "+c"], kind="import"), sources(2), NOT_ASKED, codes=["M23"])
    assert table["proposed"].tolist() == ["2"]


def test_a_withdrawn_source_leaves_no_trace():
    said = codings(["+c", "+c", "+"])
    before = ratings.propose(said, sources(3), NOT_ASKED, codes=["M23"])
    after = ratings.propose(said, sources(3).iloc[1:], NOT_ASKED, codes=["M23"])
    assert (before["proposed"].item(), after["proposed"].item()) == ("2", "1")
    assert after["n_sources"].item() == 2


def test_five_voices_in_one_group_session_are_one_source():
    row = cell(["-c -c -c -c -c"], roles=["mixed"])
    assert row[["proposed", "n_sources", "thin"]].tolist() == ["-1", 1, True]


def test_thirty_segments_of_one_person_do_not_outvote_five_others():
    assert cell([" ".join(["-c"] * 30), *["+"] * 5])["proposed"] == "1"


ROLES = [
    (["professional", "professional"], True, 1),
    (["professional", "lead"], False, 2),
    (["professional", "mixed"], False, 2),
    (["mixed"], False, 2),
    (["professional", None], False, 1),
    (["lead"], True, 1),
]


@pytest.mark.parametrize(("roles", "single", "n_roles"), ROLES)
def test_roles(roles, single, n_roles):
    row = cell(["+"] * len(roles), roles=roles)
    assert (row["single_role"], row["n_roles"]) == (single, n_roles)


def test_every_site_and_code_has_a_row():
    both = pd.concat([sources(1, site="linde"), sources(2, site="es")])
    said = pd.concat([codings(["+"], prefix="linde"), codings(["-", "-"], code="M13")])
    table = ratings.propose(said, both, NOT_ASKED, codes=["M23", "M13"], sites=["wilg", "linde", "es"])
    assert table[["site", "code", "proposed"]].values.tolist() == [
        ["es", "M23", "M"],
        ["es", "M13", "-1"],
        ["linde", "M23", "1"],
        ["linde", "M13", "M"],
        ["wilg", "M23", "M"],
        ["wilg", "M13", "M"],
    ]
    assert table.columns.tolist() == ratings.COLUMNS


def test_no_codings_at_all():
    table = ratings.propose(codings([]), sources(3), NOT_ASKED, codes=["M23", "M13"])
    assert table["proposed"].tolist() == ["M", "M"]
    assert table["stability"].isna().all()


LEFT_OUT = [  # methods E3
    (["+c", "+c", "+"], ["1", "1", "2"], 1.0),
    (["+c", "+c", "-c", "-c"], ["-1", "-1", "1", "1"], 0.0),
    (["+", "-c", "-c"], ["-2", "X", "X"], 1 / 3),
]


@pytest.mark.parametrize(("said", "proposed", "same"), LEFT_OUT)
def test_leaving_one_source_out(said, proposed, same):
    table = ratings.sensitivity(codings(said), sources(len(said)), codes=["M23"])
    left_out = table[table["variant"] == "without_source"]
    assert left_out["proposed"].tolist() == proposed
    assert left_out["source"].tolist() == [f"es-{number:02d}" for number in range(len(said))]
    assert left_out["same_sign"].mean() == pytest.approx(same)


def test_variants_of_the_rule_and_without_leads():
    said, roles = ["+", "-c", "-c"], ["professional", "lead", "lead"]
    table = ratings.sensitivity(codings(said), sources(3, roles=roles), codes=["M23", "M29"])
    others = table[table["variant"] != "without_source"].set_index("variant")["proposed"].to_dict()
    assert others == {"strict_cap": "-1", "dominance_60": "-1", "dominance_75": "X", "without_leads": "1"}
    assert cell(said, roles=roles)["stability"] == pytest.approx(3 / 7)
    assert set(table["code"]) == {"M23"}, "a missing cell has nothing to vary"


NARROWED: list[tuple[list[str], dict[str, list[object]], dict[str, str]]] = [
    (["+c", "+c", "+"], {}, {}),
    (["+c", "+c", "+"], {"derived_from": [None, None, None], "wave": ["T0", "T0", "T0"]}, {}),
    (["+", "-", "-"], {"derived_from": [None, "s1", "s2"]}, {"human_only": "1"}),
    (["+", "-", "-"], {"derived_from": ["s0", "s1", "s2"]}, {"human_only": "M"}),
    (["+ +", "-"], {"derived_from": ["s0", None, None]}, {}),  # the source says the same without it
    (["+ -", "-"], {"derived_from": ["s0", None, None]}, {"human_only": "-1"}),
    (["+c", "+c", "-"], {"wave": ["T0", "T0", "T2"]}, {"wave_T0": "2", "wave_T2": "-1"}),
    (["+", "-"], {"wave": ["T0", None]}, {"wave_T0": "1"}),
]


@pytest.mark.parametrize(("said", "more", "expected"), NARROWED)
def test_variants_on_part_of_the_evidence_are_there_where_they_leave_something_out(said, more, expected):
    known, table = sources(len(said)), codings(said)
    known = known.assign(wave=more["wave"]) if "wave" in more else known
    table = table.assign(derived_from=more["derived_from"]) if "derived_from" in more else table
    found = ratings.sensitivity(table, known, codes=["M23", "M29"])
    narrowed = found[found["variant"].str.startswith(("human_only", "wave_"))]
    assert dict(zip(narrowed["variant"], narrowed["proposed"], strict=True)) == expected
    stability = ratings.propose(table, known, NOT_ASKED, codes=["M23"])["stability"].item()
    assert stability == pytest.approx(found["same_sign"].mean())


def test_leads_only_becomes_missing_not_neutral():
    table = ratings.sensitivity(codings(["+", "+"]), sources(2, roles=["lead", "lead"]), codes=["M23"])
    assert table.set_index("variant").loc["without_leads", "proposed"] == "M"


def test_stability_is_the_share_of_variants_with_the_same_class():
    said, known = codings(["+c", "+c", "-c", "-c", "0"]), sources(5)
    variants = ratings.sensitivity(said, known, codes=["M23"])
    proposed = ratings.propose(said, known, NOT_ASKED, codes=["M23"])
    assert proposed["stability"].item() == pytest.approx(variants["same_sign"].mean())


EVIDENCE = st.lists(
    st.lists(st.sampled_from(["+", "+c", "-", "-c", "x", "0"]), min_size=1, max_size=4).map(" ".join),
    min_size=0,
    max_size=7,
)


@settings(max_examples=20, deadline=None)
@given(said=EVIDENCE, seed=st.integers(0, 99))
def test_the_order_of_sources_and_codings_changes_nothing(said, seed):
    roles = ["professional", "lead", "mixed", "client", "lead", "professional", "client"]
    known, table = sources(7, roles=roles), codings(said)
    shuffled = table.sample(frac=1, random_state=seed), known.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(
        ratings.propose(table, known, NOT_ASKED, codes=["M23"]),
        ratings.propose(*shuffled, NOT_ASKED, codes=["M23"]),
    )
    pd.testing.assert_frame_equal(
        ratings.sensitivity(table, known, codes=["M23"]), ratings.sensitivity(*shuffled, codes=["M23"])
    )


@settings(max_examples=25, deadline=None)
@given(said=EVIDENCE)
def test_one_more_neutral_source_never_turns_the_sign(said):
    before, after = ratings.signs(pd.Series(proposals(said, [*said, "0"])))
    assert after in {before.replace("M", "0"), "0"}


@settings(max_examples=25, deadline=None)
@given(said=EVIDENCE)
def test_missing_neutral_and_mixed_stay_apart(said):
    row = cell(said)
    valenced = row["n_plus"] + row["n_minus"] + row["n_mixed"]
    assert (row["proposed"] == "M") == (len(said) == 0)
    assert (row["proposed"] == "0") == (len(said) > 0 and 3 * valenced < len(said))
    assert row["n_sources"] == len(said) == valenced + row["n_neutral"]


@settings(max_examples=25, deadline=None)
@given(said=EVIDENCE)
def test_help_and_hindrance_are_treated_alike(said):
    turned = [words.translate(str.maketrans("+-", "-+")) for words in said]
    mirror = {"2": "-2", "1": "-1", "-1": "1", "-2": "2"}
    proposed, back = proposals(said, turned)
    assert back == mirror.get(proposed, proposed)


def test_many_sites_at_once_are_rated_as_each_alone():
    saids = [said for _, said, *_ in CASES]
    assert proposals(*saids * 12) == [cell(said)["proposed"] for said in saids] * 12
