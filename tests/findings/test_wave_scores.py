"""Units come in the order of every table, and all sites together leave out what cannot be compared."""

from __future__ import annotations

import pandas as pd
import pytest

from casestudy.findings import wave_scores

PLACES = {"es": "both", "linde": "both", "wilg": "both", "beuk": "first only"}


def scores_of(places: dict[str, str]) -> pd.DataFrame:
    rows = [
        (f"r{i}", site, wave, "KEN", 3.0 + i)
        for site, kind in places.items()
        for i in range(2)
        for wave in ("T0", "T1")
        if kind == "both" or wave == "T0"
    ]
    return pd.DataFrame(rows, columns=["respondent", "site", "wave", "scale", "score"])


@pytest.mark.parametrize(
    ("places", "unlinked", "n", "linked", "note"),
    [
        (PLACES, ["wilg"], [4, 4], True, ("without_unlinked_sites", "without_absent_sites")),
        ({"es": "both", "wilg": "both"}, ["wilg"], [2, 2], True, ("without_unlinked_sites",)),
        ({"wilg": "both"}, ["wilg"], [2, 2], False, ()),
        ({"wilg": "both", "beuk": "first only"}, ["wilg"], [2, 2], False, ("without_absent_sites",)),
        ({"beuk": "first only"}, [], [2, 0], True, ()),
    ],
)
def test_all_holds_what_can_be_compared(places, unlinked, n, linked, note):
    found = list(
        wave_scores.units(
            scores_of(places), waves=["T0", "T1"], sites=list(places), scales=["KEN"], unlinked_sites=unlinked
        )
    )
    assert [unit.site for unit in found] == ["ALL", *places]
    together = found[0]
    assert (together.n.tolist(), together.linked, together.note) == (n, linked, note)
    assert together.n_sites == len(set(together.number.tolist()))


def test_the_same_id_at_two_sites_is_two_people():
    found = next(
        wave_scores.units(scores_of(PLACES), waves=["T0", "T1"], sites=["es", "linde"], scales=["KEN"])
    )
    assert found.pairs(0, 1).sum() == 4


def test_a_scale_and_a_site_without_scores_have_units_too():
    found = list(
        wave_scores.units(scores_of(PLACES).iloc[:0], waves=["T0", "T1"], sites=["es"], scales=["VAA"])
    )
    assert [(unit.scale, unit.site, unit.n.tolist()) for unit in found] == [
        ("VAA", "ALL", [0, 0]),
        ("VAA", "es", [0, 0]),
    ]
