"""Counts of people on one page: how few left, or joined, does not follow from what a site is told."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.reporting import wave_counts
from casestudy.reporting.disclosure import Limits
from casestudy.reporting.released_change import change
from casestudy.reporting.released_waves import Scope, leavers, took_part, waves

NAN = math.nan
SITE, PUBLIC = Limits("site"), Limits("public", minimum=10, base=5)
WAVES = ("T0", "T1", "T2")
PAIRS = {"learning": ("T0", "T1"), "retention": ("T1", "T2"), "net": ("T0", "T2")}
# who is in which waves, and how many people do that
PRESENCE = [p for p in itertools.product((0, 1), repeat=3) if any(p)]
Band = tuple[float, float]


@pytest.mark.parametrize(
    ("n", "part", "limits", "band"),
    [
        (14, NAN, SITE, (10, 19)),
        (14, 12, SITE, (10, 19)),
        (19, 17, SITE, (10, 49)),  # 0 to 2 who left would be too few values
        (9, 9, SITE, (5, 19)),
        (4, NAN, SITE, (0, 4)),
        (4, 4, SITE, (0, 4)),  # a part below the minimum is told nowhere
        (99, 98, SITE, (50, NAN)),
        (18, 17, PUBLIC, (10, 19)),  # told as 15, which can be 13
        (19, 18, PUBLIC, (10, 49)),  # told as 20, which can be 18
    ],
)
def test_a_band_leaves_the_difference_open(n: float, part: float, limits: Limits, band: Band) -> None:
    known = wave_counts.beside(n, limits, part=part)
    assert (known.low, known.high) == pytest.approx(band, nan_ok=True)


@pytest.mark.parametrize(
    ("n", "whole", "band"), [(12, 14, (10, 19)), (11, 12, (5, 19)), (6, 6, (5, 9)), (25, 21, (10, 49))]
)
def test_a_band_leaves_open_how_many_skipped_a_question(n: float, whole: float, band: Band) -> None:
    known = wave_counts.beside(n, SITE, whole=whole)
    assert (known.low, known.high) == band


@pytest.mark.parametrize(
    ("counts", "may"),
    [
        ([14, 13, 12], True),
        ([9, 8, 8], False),
        ([9, 9, 9], True),
        ([14, 9, 14], False),
        ([14, 4, 4], False),
        ([12, NAN, NAN], True),
        ([], True),
    ],
)
def test_means_of_nearly_the_same_people_stand_together_when_many(counts: list[float], may: bool) -> None:
    assert wave_counts.side_by_side(counts, SITE) is may


def _people(presence: Mapping[tuple[int, ...], int], waves: tuple[str, ...]) -> int:
    return sum(n for p, n in presence.items() if all(p[WAVES.index(w)] for w in waves))


def _released(
    presence: Mapping[tuple[int, ...], int], limits: Limits
) -> tuple[dict[tuple[str, ...], Band], float]:
    """What the tables of one site tell of each group of people, as a band, and how many left where shown."""
    n = {w: _people(presence, (w,)) for w in WAVES}
    pairs = {name: _people(presence, pair) for name, pair in PAIRS.items()}
    both = pairs["learning"]
    scored = {"scale": "VAA", "site": "s1", "diff": 0.4, "lo": 0.1, "hi": 0.7, "note": ""}
    row = {
        **scored, "before": "T0", "after": "T1", "n_before": n["T0"], "n_after": n["T1"], "n_pairs": both,
        "m_before": 3.0, "m_after": 3.4, "model_diff": 0.4, "method": "paired",
        "state": "up" if both >= 5 else "too_few" if n["T0"] and n["T1"] else "absent",
    }  # fmt: skip
    told = pd.DataFrame([row])
    scope = Scope(limits, ["s1"], together=False)
    contrasts = pd.DataFrame(
        {**scored, "contrast": name, "before": a, "after": b, "n_pairs": pairs[name], "retained": pd.NA,
         "method": "mixed", "state": "up" if pairs[name] >= 5 else "too_few"}
        for name, (a, b) in PAIRS.items()
    )  # fmt: skip
    left = pd.DataFrame(
        [("VAA", "s1", n["T0"], n["T1"], both, n["T0"] - both, 3.0, 2.9, 0.1, -0.2, 0.4, "")],
        columns="scale site n_before n_after n_both n_left m_stayed m_left g lo hi note".split(),
    )
    asked = pd.DataFrame([("s1", w, pd.NA, n[w]) for w in WAVES], columns=["site", "wave", "n_invited", "n"])
    blur = limits.base // 2
    known: dict[tuple[str, ...], Band] = {}

    def tell(group: tuple[str, ...], exact: float, low: float, high: float) -> None:
        low, high = (exact - blur, exact + blur) if not math.isnan(exact) else (low, high)
        before = known.get(group, (0, math.inf))
        if not math.isnan(low):
            known[group] = (max(before[0], low), min(before[1], math.inf if math.isnan(high) else high))

    for shown in change(told, limits, sites=["s1"], together=False).frame.itertuples():
        tell(("T0", "T1"), shown.n, NAN, NAN)
    for shown in waves(contrasts, told, scope).frame.itertuples():
        tell(PAIRS[shown.contrast], NAN, shown.n_low, shown.n_high)
    for shown in took_part(asked, told, scope).frame.itertuples():
        tell((shown.wave,), NAN, shown.low, shown.high)
    gone = NAN
    for shown in leavers(left, told, scope).frame.itertuples():
        tell(("T0", "T1"), shown.n_stayed, NAN, NAN)
        gone = shown.n_left_low
    return known, gone


PEOPLE = st.dictionaries(st.sampled_from(PRESENCE), st.integers(0, 20), min_size=1).filter(
    lambda presence: 3 <= sum(presence.values()) <= 40
)


@given(PEOPLE, st.sampled_from([SITE, PUBLIC]))
def test_how_few_left_or_joined_stays_open(presence: dict[tuple[int, ...], int], limits: Limits) -> None:
    known, left = _released(presence, limits)
    assert all(high >= limits.minimum or low == 0 for low, high in known.values())
    for pair in PAIRS.values():
        for wave in pair:
            alone = _people(presence, (wave,)) - _people(presence, pair)
            if alone >= limits.minimum or pair not in known or (wave,) not in known:
                continue
            (low, high), (least, most) = known[(wave,)], known[pair]
            values = high - least - max(0.0, low - most)
            assert values >= limits.minimum / 2, (presence, wave, pair, known)
            if (wave, pair) == ("T0", ("T0", "T1")):
                assert math.isnan(left)


@given(PEOPLE)
def test_no_small_count_is_the_difference_of_two_that_are_told(presence: dict[tuple[int, ...], int]) -> None:
    known, _ = _released(presence, SITE)
    exact = [low for low, high in known.values() if low == high]
    assert all(n >= SITE.minimum for n in exact)
    assert all(abs(a - b) >= SITE.minimum for a, b in itertools.combinations(exact, 2))
