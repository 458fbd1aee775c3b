"""Quotes: released by people, for these readers, short, few per person, no role that points at someone."""

from __future__ import annotations

from typing import Any

import pytest

from casestudy import labels
from casestudy.material.decisions import QuoteRelease
from casestudy.reporting import quotes
from casestudy.study import Audience


def _released(m: Any, **changes: Any) -> tuple[quotes.Quote, ...]:
    given = {"decisions": m.decisions, "codings": m.codings, "sources": m.source_rows, "people": m.people}
    return quotes.released(*(given | changes).values(), study=m.study)


def test_only_open_releases_with_consent_and_two_per_person(material: Any) -> None:
    # q2 is the third of one person, q3 comes from a source without consent to quote, q5 is refused
    assert [q.id for q in _released(material)] == ["q0", "q1", "q4"]


@pytest.mark.parametrize(
    ("audience", "ids"), [("internal", ["q0", "q1"]), ("site", ["q0", "q1"]), ("public", ["q0"])]
)
def test_a_quote_is_for_the_readers_it_was_released_for(
    material: Any, audience: Audience, ids: list[str]
) -> None:
    assert [q.id for q in _released(material) if audience in q.audiences and q.code == "M13"] == ids


def test_a_coding_that_was_rejected_takes_its_quote_with_it(material: Any) -> None:
    codings = material.codings.assign(status="rejected")
    assert _released(material, codings=codings) == ()


def test_a_withdrawn_source_leaves_no_quote(material: Any) -> None:
    rows = [row for row in material.source_rows if row.source != "s1i1"]
    assert [q.id for q in _released(material, sources=rows)] == ["q2", "q4"] or [
        q.id for q in _released(material, sources=rows)
    ] == ["q4"]


def test_a_quote_longer_than_the_study_allows_stays_inside(material: Any) -> None:
    release = next(d for d in material.decisions if isinstance(d, QuoteRelease))
    long = release.model_copy(update={"text": "woord " * 41})
    assert _released(material, decisions=(long,)) == ()


def test_a_role_is_named_only_where_enough_people_hold_it(material: Any) -> None:
    voices = {q.id: q.voice for q in _released(material)}
    assert voices == {"q0": "professional", "q1": "professional", "q4": "someone"}
    few = [p for p in material.people if p.participant in ("s1p1", "s1p2", "s1p7")]
    assert {q.voice for q in _released(material, people=few)} == {"someone"}


def test_a_list_of_quotes_says_no_site_and_records_what_is_left_out(material: Any) -> None:
    part = quotes.shown(_released(material), study=material.study, codebook=material.codebook)
    drawn = part.draw(labels.read("nl"), "public")
    assert "Esdoorn" not in str(drawn.html)
    assert {w.rule for w in drawn.withheld} == {"quote_not_for_public"}
    nobody = quotes.shown((), study=material.study, codebook=material.codebook).draw(
        labels.read("en"), "public"
    )
    assert "No quotes have been released" in str(nobody.html)
