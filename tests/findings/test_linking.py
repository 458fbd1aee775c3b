"""Records are linked only when one pair is beyond doubt, whichever way one looks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import linking

ELEMENTS = ["mother", "birthplace", "day", "month", "siblings", "surname"]


def wave(rows: dict[str, str], *, site: str = "es", **columns: list[str | None]) -> pd.DataFrame:
    """Records from six-letter codes, one letter per element; a dot is an element that is not given."""
    letters = [[None if letter == "." else letter for letter in code] for code in rows.values()]
    frame = pd.DataFrame(letters, columns=ELEMENTS, dtype=object)
    return frame.assign(code=list(rows), site=site, **columns)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"a": "ABCDEF"}, {"p": "ABCDEF"}, [("a", "p", 6, "sgic_exact")]),
        ({"a": "ABCDEF"}, {"p": "abcdeX"}, [("a", "p", 5, "sgic_fuzzy")]),
        ({"a": "ABCDEF"}, {"p": "ABCD.F"}, [("a", "p", 5, "sgic_fuzzy")]),
        ({"a": "ABCDEF"}, {"p": "ABCDXX"}, []),
        ({"a": "AB...."}, {"p": "AB...."}, []),
        ({"a": "ABCDEF", "b": "ABCDEF"}, {"p": "ABCDEF"}, []),
        ({"a": "ABCDEF", "b": "ABCDEF"}, {"p": "ABCDEF", "q": "ABCDEF"}, []),
        ({"a": "ABCDEF"}, {"p": "ABCDEX", "q": "ABCDXF"}, []),
        (
            {"a": "ABCDEF", "b": "ABCDEX"},
            {"p": "ABCDEF", "q": "ABCDEX"},
            [("a", "p", 6, "sgic_exact"), ("b", "q", 6, "sgic_exact")],
        ),
        ({"a": "ABCDEF", "b": "ABCDEX"}, {"p": "ABCDEF"}, [("a", "p", 6, "sgic_exact")]),
        ({}, {"p": "ABCDEF"}, []),
    ],
    ids=[
        "same",
        "one changed",
        "one not given",
        "two changed",
        "not given is not equal",
        "twins before",
        "twins in both",
        "tie after",
        "exact beats near",
        "second best is left",
        "nobody",
    ],
)
def test_pairs(first, second, expected):
    pairs = linking.link(wave(first), wave(second))
    assert list(pairs.columns) == linking.PAIR_COLUMNS
    found = pairs[["first", "second", "n_equal", "method"]]
    assert list(found.itertuples(index=False, name=None)) == expected


def test_never_across_sites():
    assert linking.link(wave({"a": "ABCDEF"}), wave({"p": "ABCDEF"}, site="linde")).empty


@pytest.mark.parametrize(("role", "n"), [("professional", 1), ("lead", 0), (None, 1)])
def test_a_conflict_on_a_fixed_covariate_leaves_unlinked(role, n):
    first = wave({"a": "ABCDEF"}, role_class=["professional"])
    second = wave({"p": "ABCDEF"}, role_class=[role])
    assert len(linking.link(first, second, fixed=["role_class"])) == n


def test_whole_numbers_read_with_a_gap_stay_equal():
    first, second = wave({"a": "ABCDEF"}), wave({"p": "ABCDEF"})
    pairs = linking.link(first.assign(day=[3]), second.assign(day=[3.0]))
    assert pairs["method"].tolist() == ["sgic_exact"]


def test_counts():
    first = wave({"a": "ABCDEF", "b": "GHIJKL", "c": "MNOPQR", "d": "MNOPQR", "e": "STUVWX"})
    second = wave({"p": "ABCDEF", "q": "GHIJKX", "r": "MNOPQR", "s": "......"})
    counts = linking.link_counts(first, second)
    assert list(counts.columns) == linking.COUNT_COLUMNS
    assert counts.iloc[0].tolist() == ["es", 5, 4, 1, 1, 2, 0.5]


CODES = st.lists(st.text("AB.", min_size=6, max_size=6), max_size=8)


@settings(max_examples=50, deadline=None)
@given(first=CODES, second=CODES, seed=st.integers(0, 99), least=st.integers(3, 6))
def test_symmetric_and_blind_to_order(first, second, seed, least):
    left = wave({f"a{i}": code for i, code in enumerate(first)})
    right = wave({f"b{i}": code for i, code in enumerate(second)})
    pairs = linking.link(left, right, min_equal=least)
    found = set(zip(pairs["first"], pairs["second"], strict=True))
    assert len(set(pairs["first"])) == len(set(pairs["second"])) == len(found)
    back = linking.link(right, left, min_equal=least)
    assert set(zip(back["second"], back["first"], strict=True)) == found
    rng = np.random.default_rng(seed)
    moved = [side.iloc[rng.permutation(len(side))] for side in (left, right)]
    pd.testing.assert_frame_equal(linking.link(*moved, min_equal=least), pairs)


# Shares of the six elements as they occur in the Netherlands, roughly: initials and the third letter of names
# follow the most common names, births spread evenly, and most people have no or one older brother or sister.
MOTHER = [14, 11, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 1, 1, 1]
BIRTHPLACE = [12, 10, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 2, 2, 1, 1]
SURNAME = [12, 11, 10, 9, 9, 8, 7, 6, 6, 5, 4, 4, 3, 2, 2, 1, 1]
SHARES = [MOTHER, BIRTHPLACE, [1] * 30, [1] * 12, [44, 33, 15, 5, 2, 1], SURNAME]


def drawn(rng: np.random.Generator, n: int) -> np.ndarray:
    """Codes of ``n`` people, an element per column."""
    return np.stack([rng.choice(len(p), size=n, p=np.array(p) / sum(p)) for p in SHARES], axis=1)


def records(codes: np.ndarray, size: int, wave: str = "") -> pd.DataFrame:
    """Records of sites of one size; the code says who it is."""
    frame = pd.DataFrame(codes, columns=ELEMENTS)
    people = [f"{i}{wave}" for i in range(len(codes))]
    return frame.assign(code=people, site=np.arange(len(codes)) // size)


def test_two_strangers_hardly_ever_share_five_elements():
    # methods F4: 1.05e-5 per pair with its frequencies, and forty times that for four elements
    rng = np.random.default_rng(20170901)
    first, second = drawn(rng, 4000), drawn(rng, 4000)
    equal = np.zeros((4000, 4000), dtype=np.int8)
    for element in range(6):
        equal += first[:, None, element] == second[None, :, element]
    five, four = (equal >= 5).mean(), (equal >= 4).mean()
    assert 0.3e-5 < five < 4e-5
    assert 25 < four / five < 60


def test_strangers_are_linked_as_seldom_as_that():
    # methods F4: two groups of 150 strangers give .24 false pairs with five equal elements, 9.2 with four
    rng = np.random.default_rng(1)
    sides = [records(drawn(rng, 40 * 150), 150) for _ in range(2)]
    false = [len(linking.link(*sides, min_equal=least)) / 40 for least in (5, 4)]
    assert 0 < false[0] < 1
    assert 2 < false[1] < 20


@pytest.mark.parametrize("size", [25, 60])
def test_an_error_in_one_element_is_mostly_survived(size):
    # methods F4: with 6 % error per element true pairs are found in 69 % (exact) and 95 % (five of six)
    rng = np.random.default_rng(20170901)
    true = drawn(rng, 1800)
    noisy = np.where(rng.random(true.shape) < 0.06, drawn(rng, 1800) + 100, true)
    pairs = linking.link(records(true, size), records(noisy, size))
    right = pairs["first"] == pairs["second"]
    assert (~right).sum() <= 2
    assert (right & (pairs["method"] == "sgic_exact")).sum() / 1800 == pytest.approx(0.69, abs=0.03)
    assert right.sum() / 1800 == pytest.approx(0.95, abs=0.02)


def test_hundreds_of_sites_are_linked_at_once():
    codes = drawn(np.random.default_rng(2), 342 * 150)
    pairs = linking.link(records(codes, 150), records(codes, 150))
    assert (pairs["first"] == pairs["second"]).all()
    assert len(pairs) > 0.95 * len(codes)


@pytest.mark.parametrize(
    ("written", "again"),
    [("07", "7"), ("é", "e\u0301"), (" k ", "K"), (3.0, "03"), ("0", "00"), ("\uff11", "1")],
)
def test_one_element_written_in_two_ways_is_one(written, again):
    first = wave({"a": "ABCDEF"}).assign(day=[written])
    second = wave({"p": "ABCDEF"}).assign(day=[again])
    assert linking.link(first, second)["method"].tolist() == ["sgic_exact"]


def three(t0: dict[str, str], t1: dict[str, str], t2: dict[str, str]) -> dict[str, pd.DataFrame]:
    return {"T0": wave(t0), "T1": wave(t1), "T2": wave(t2)}


@pytest.mark.parametrize(
    ("waves", "expected"),
    [
        (three({"a": "ABCDEF"}, {"p": "ABCDEF"}, {"x": "ABCDEF"}), [("a", "p"), ("a", "x")]),
        (three({}, {"p": "ABCDEF"}, {"x": "ABCDEF"}), [("p", "x")]),
        (three({"a": "ABCDEF"}, {}, {"x": "ABCDEF"}), [("a", "x")]),
        # four of six equal between the first and the last, but each is beyond doubt with the one between
        (three({"a": "ABCDEF"}, {"p": "ABCDEX"}, {"x": "ABCDYX"}), [("a", "p"), ("a", "x")]),
        # the last resembles another one of the first wave: two of that wave in one chain
        (three({"a": "ABCDEF", "b": "XBCYEZ"}, {"p": "ABCYEF"}, {"x": "XBCYEF"}), []),
        # twins before are linked to nobody; the later waves can be
        (
            three({"a": "ABCDEF", "b": "ABCDEF"}, {"p": "ABCDEF"}, {"x": "ABCDEF"}),
            [("p", "x")],
        ),
        (three({"a": "ABCDEF"}, {"p": "GHIJKL"}, {"x": "MNOPQR"}), []),
    ],
    ids=[
        "three waves",
        "absent at first",
        "absent between",
        "through the middle",
        "conflict",
        "twins before",
        "nobody",
    ],
)
def test_persons_over_three_waves(waves, expected):
    found = linking.link_waves(waves)
    assert list(found.columns) == linking.PERSON_COLUMNS
    assert list(found[["first", "second"]].itertuples(index=False, name=None)) == expected


def test_the_conflict_is_only_seen_over_all_waves():
    waves = three({"a": "ABCDEF", "b": "XBCYEZ"}, {"p": "ABCYEF"}, {"x": "XBCYEF"})
    pairs = [linking.link(waves[f], waves[s]) for f, s in (("T0", "T1"), ("T1", "T2"), ("T0", "T2"))]
    assert [list(zip(p["first"], p["second"], strict=True)) for p in pairs] == [
        [("a", "p")],
        [("p", "x")],
        [("b", "x")],
    ]


def test_a_role_that_differs_at_the_ends_of_a_chain_leaves_unlinked():
    waves = three({"a": "ABCDEF"}, {"p": "ABCDEX"}, {"x": "ABCDYX"})
    roles = {"T0": ["professional"], "T1": [None], "T2": ["lead"]}
    with_roles = {name: frame.assign(role_class=roles[name]) for name, frame in waves.items()}
    assert linking.link_waves(with_roles, fixed=["role_class"]).empty
    roles["T2"] = ["professional"]
    with_roles = {name: frame.assign(role_class=roles[name]) for name, frame in waves.items()}
    assert len(linking.link_waves(with_roles, fixed=["role_class"])) == 2


def test_the_method_is_that_of_the_weakest_pair():
    found = linking.link_waves(three({"a": "ABCDEF"}, {"p": "ABCDEF"}, {"x": "ABCDEX"}))
    assert found["method"].tolist() == ["sgic_fuzzy", "sgic_fuzzy"]
    same = linking.link_waves(three({"a": "ABCDEF"}, {"p": "ABCDEF"}, {"x": "ABCDEF"}))
    assert same["method"].tolist() == ["sgic_exact", "sgic_exact"]


def test_counts_per_pair_of_waves():
    waves = three(
        {"a": "ABCDEF", "b": "GHIJKL", "c": "STUVWX"},
        {"p": "ABCDEX", "q": "MNOPQR"},
        {"x": "ABCDYX", "y": "MNOPQR", "z": "STUVWX", "s": "STUVWX"},
    )
    counts = linking.wave_link_counts(waves)
    assert list(counts.columns) == linking.WAVE_COUNT_COLUMNS
    assert counts.values.tolist() == [
        ["T0", "T1", "es", 3, 2, 0, 1, 0, 0.5],
        ["T0", "T2", "es", 3, 4, 0, 1, 1, 0.25],
        ["T1", "T2", "es", 2, 4, 1, 1, 0, 0.5],
    ]
    assert linking.wave_link_counts({"T0": waves["T0"]}).empty


def test_with_two_waves_persons_are_pairs():
    rng = np.random.default_rng(6)
    true = drawn(rng, 300)
    sides = [np.where(rng.random(true.shape) < 0.1, 99, true) for _ in range(2)]
    waves = {name: records(side, 30, f"@{name}") for name, side in zip(("T0", "T1"), sides, strict=True)}
    pairs = linking.link(*waves.values())
    found = linking.link_waves(waves)
    columns = ["site", "first", "second", "method"]
    pd.testing.assert_frame_equal(found[columns], pairs[columns])
    counts = linking.link_counts(*waves.values())
    pd.testing.assert_frame_equal(linking.wave_link_counts(waves)[linking.COUNT_COLUMNS], counts)


@settings(max_examples=25)
@given(first=CODES, second=CODES, third=CODES, seed=st.integers(0, 99))
def test_persons_are_consistent_and_blind_to_order(first, second, third, seed):
    waves = {
        name: wave({f"{i}@{name}": code for i, code in enumerate(codes)})
        for name, codes in (("T0", first), ("T1", second), ("T2", third))
    }
    found = linking.link_waves(waves)
    assert not set(found["first"]) & set(found["second"])
    assert found["second"].is_unique
    assert not found.duplicated(["first", "second_wave"]).any()
    rng = np.random.default_rng(seed)
    moved = {name: side.iloc[rng.permutation(len(side))] for name, side in waves.items()}
    pd.testing.assert_frame_equal(linking.link_waves(moved), found)
