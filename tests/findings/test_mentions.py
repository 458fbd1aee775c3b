"""Mentions: a site of six sources counted by hand, and three kinds of silence that stay apart."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.findings import mentions

# Six sources of two sites: guide 1 asks about time (M23) and money (M22), guide 2 about time only; the last
# has no guide. What was said: by hand, a row per source.
SOURCES = pd.DataFrame(
    [
        ("es-1", "es", "professional", "1"),
        ("es-2", "es", "professional", "1"),
        ("es-3", "es", "lead", "2"),
        ("es-4", "es", None, None),
        ("wilg-1", "wilg", "professional", "2"),
        ("wilg-2", "wilg", "lead", "2"),
    ],
    columns=["source", "site", "role", "guide"],
).assign(n_characters=100)
GUIDES = {"1": {"M23", "M22"}, "2": {"M23"}}
ASKED = pd.DataFrame(
    [
        (row.source, code, isinstance(row.guide, str) and code in GUIDES[row.guide])
        for row in SOURCES.itertuples()
        for code in ("M23", "M22", "M29")
    ],
    columns=["source", "code", "asked"],
)
SAID = [
    ("es-1", "M23", "-"),
    ("es-1", "M23", "-"),
    ("es-2", "M01", None),  # read, and about something else
    ("es-3", "M23", "0"),
    ("es-3", "M22", "+"),  # nobody asked
    ("es-4", "M23", "x"),  # nobody asked
    ("wilg-1", "M01", None),
    ("wilg-2", "M01", None),
]
CODES = ["M23", "M22", "M29"]

# state n_sources n_asked n_mentioned n_mentioned_asked n_unprompted n_directed n_asked_not_mentioned
# n_not_asked: counted by hand
BY_SITE = {
    ("es", "M23"): ("mentioned", 4, 3, 3, 2, 1, 2, 1, 0),
    ("es", "M22"): ("mentioned", 4, 2, 1, 0, 1, 1, 2, 1),
    ("es", "M29"): ("not_asked", 4, 0, 0, 0, 0, 0, 0, 4),
    ("wilg", "M23"): ("asked_not_mentioned", 2, 2, 0, 0, 0, 0, 2, 0),
    ("wilg", "M22"): ("not_asked", 2, 0, 0, 0, 0, 0, 0, 2),
    ("wilg", "M29"): ("not_asked", 2, 0, 0, 0, 0, 0, 0, 2),
}
BY_ROLE = {
    ("professional", "M23"): ("mentioned", 3, 3, 1, 1, 0, 1, 2, 0),
    ("lead", "M23"): ("mentioned", 2, 2, 1, 1, 0, 0, 1, 0),
    ("unknown", "M23"): ("mentioned", 1, 0, 1, 0, 1, 1, 0, 0),
    ("professional", "M22"): ("asked_not_mentioned", 3, 2, 0, 0, 0, 0, 2, 1),
    ("lead", "M22"): ("mentioned", 2, 0, 1, 0, 1, 1, 0, 1),
}


def codings(rows: list[tuple[str, str, str | None]], **values: object) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["source", "code", "valence"])
    return table.assign(**({"kind": "human", "status": "confirmed", "round": "main"} | values))


def found(rows: list[tuple[str, str, str | None]] = SAID, asked: pd.DataFrame = ASKED) -> pd.DataFrame:
    return mentions.mentions(codings(rows), SOURCES, asked, codes=CODES)


@pytest.mark.parametrize(("by", "expected"), [("site", BY_SITE), ("role", BY_ROLE)])
def test_a_study_counted_by_hand(by, expected):
    counted = mentions.mention_counts(found(), by=(by,)).set_index([by, "code"])
    for cell, values in expected.items():
        assert tuple(counted.loc[cell].drop("n_not_coded")) == values, cell
        assert counted.loc[cell, "n_not_coded"] == 0


def test_site_and_role_together_are_one_grid():
    both = mentions.mention_counts(found(), by=("site", "role")).set_index(["site", "role", "code"])
    assert both.loc[("es", "professional", "M23"), ["n_mentioned", "n_asked"]].tolist() == [1, 2]
    everything = mentions.mention_counts(found(), by=()).set_index("code")
    assert everything.loc["M23", ["n_mentioned_asked", "n_asked", "n_sources"]].tolist() == [2, 5, 6]


def test_a_question_that_is_removed_changes_the_denominator_and_nothing_else():
    """From the list of what no other program has: absence made visible."""
    without = ASKED.assign(asked=ASKED["asked"] & ~(ASKED["code"] == "M22"))
    before, after = (
        mentions.mention_counts(found(asked=asked)).set_index(["site", "code"]) for asked in (ASKED, without)
    )
    cell = ("es", "M22")
    assert (before.loc[cell, "n_asked"], after.loc[cell, "n_asked"]) == (2, 0)
    assert after.loc[cell, "state"] == "mentioned"
    assert after.loc[("wilg", "M23"), "state"] == "asked_not_mentioned"
    others = [c for c in before.index if c != cell]
    pd.testing.assert_frame_equal(before.loc[others], after.loc[others])


def test_what_nobody_coded_is_not_silence():
    rows = [row for row in SAID if not row[0].startswith("wilg")]
    unread = found(rows)
    assert set(unread.loc[unread["site"] == "wilg", "state"]) == {"not_coded"}
    counted = mentions.mention_counts(unread).set_index(["site", "code"])
    assert counted.loc[("wilg", "M23"), ["n_asked", "n_not_coded"]].tolist() == [0, 2]
    screened = mentions.mentions(codings(rows), SOURCES, ASKED, codes=["M23"], screened=[("wilg-1", "M23")])
    states = screened.set_index("source")["state"]
    assert states[["wilg-1", "wilg-2"]].tolist() == ["asked_not_mentioned", "not_coded"]


@pytest.mark.parametrize("wrong", [{"kind": "dictionary"}, {"status": "suggested"}, {"round": "reliability"}])
def test_a_suggestion_is_no_mention(wrong):
    more = pd.concat([codings(SAID), codings([("wilg-1", "M29", "+")], **wrong)])
    seen = mentions.mentions(more, SOURCES, ASKED, codes=CODES)
    assert "mentioned" not in set(seen.loc[seen["site"] == "wilg", "state"])


@given(st.lists(st.tuples(st.sampled_from(list(SOURCES["source"])), st.sampled_from([*CODES, "M01"]))))
@settings(max_examples=40)
def test_every_source_is_in_one_state(pairs):
    seen = found([(source, code, "+") for source, code in pairs])
    assert len(seen) == len(SOURCES) * len(CODES)
    counted = mentions.mention_counts(seen)
    parts = ["n_mentioned", "n_asked_not_mentioned", "n_not_asked", "n_not_coded"]
    assert (counted[parts].sum(axis=1) == counted["n_sources"]).all()
    assert (counted["n_mentioned_asked"] + counted["n_unprompted"] == counted["n_mentioned"]).all()
    assert (counted["n_mentioned_asked"] <= counted["n_asked"]).all()


def test_counts_stand_together_and_apart():
    rows = codings([("es-1", "M23", "-"), ("wilg-1", "M23", "-")]).assign(start=0, end=[50, 20])
    by_role = mentions.counts_by(rows, SOURCES, codes=["M23"], by="role").set_index("role")
    assert by_role.loc["ALL", ["n_sources", "n_of"]].tolist() == [2, 6]
    assert by_role.loc["professional", ["n_sources", "n_of", "coverage"]].tolist() == [2, 3, 70 / 300]
    assert by_role.loc["unknown", "n_sources"] == 0


def test_quotes_stand_by_code_and_site_in_the_order_of_the_text():
    rows = codings(
        [("wilg-1", "M23", "-"), ("es-1", "M23", "-"), ("es-1", "M22", None), ("es-1", "M23", "+")]
    )
    rows = rows.assign(coding=["c1", "c2", "c3", "c4"], start=[0, 40, 0, 10], end=[5, 45, 5, 15])
    words = {"c1": "een", "c2": "twee", "c3": "drie", "c4": "vier"}
    laid = mentions.quote_matrix(rows, SOURCES, words, codes=["M22", "M23"])
    assert laid[["code", "site", "quote"]].values.tolist() == [
        ["M22", "es", "drie"],
        ["M23", "es", "vier"],
        ["M23", "es", "twee"],
        ["M23", "wilg", "een"],
    ]
    assert mentions.quote_matrix(rows, SOURCES, words, codes=["M23"], by="role")[
        "role"
    ].unique().tolist() == ["professional"]
