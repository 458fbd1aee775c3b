"""Evidence of ratings: which codings count, and a fingerprint that follows nothing but them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy import study as studies
from casestudy.findings import counts
from casestudy.material import evidence, frames
from casestudy.material.codings import Coding
from casestudy.material.evidence import Evidence

EXAMPLE = Path(__file__).resolve().parents[2] / "interviews" / "voorbeeld"
CELL = ("es", "M23")


def coding(name: str, **changed: Any) -> Coding:
    fields = {"coding": name, "source": "es-1", "start": 0, "end": 9, "code": "M23", "codebook": "1.0.0"}
    fields |= {"coder": "c", "kind": "human", "status": "confirmed", "round": "main", "quote": "geen tijd"}
    fields |= {"valence": "-", "text_sha256": "a" * 64, "at": "2019-05-06T10:00:00+00:00"}
    return Coding.model_validate(fields | changed)


def test_the_same_codings_count_as_in_the_findings() -> None:
    study = studies.read(EXAMPLE)
    frame = frames.codings(study)
    expected = set(counts.confirmed(frame, frames.sources(study))["coding"])
    found = evidence.read(study)
    assert {one.coding for cell in found.cells.values() for one in cell} == expected
    assert expected < set(frame["coding"]), "the reliability round is no evidence"
    alone = evidence.read(study, "es").cells
    assert alone == {cell: of for cell, of in found.cells.items() if cell[0] == "es"}


NO_EVIDENCE = [
    {"status": "suggested"},
    {"status": "rejected"},
    {"status": "superseded"},
    {"kind": "model", "status": "suggested"},
    {"round": "training"},
    {"round": "reliability"},
]


@pytest.mark.parametrize("changed", NO_EVIDENCE, ids=str)
def test_what_is_no_evidence_does_not_count(changed: dict[str, str]) -> None:
    assert evidence.counts(coding("a"))
    assert evidence.counts(coding("a", kind="import"))
    assert not evidence.counts(coding("a", **changed))


DIRECTIONS = [
    ({"valence": "-"}, "-"),
    ({"valence": "0"}, "0"),
    ({"valence": None}, None),
    ({"valence": None, "practice": "applied"}, "+"),
    ({"valence": None, "practice": "partly"}, "x"),
    ({"valence": None, "practice": "not_applied"}, "-"),
    ({"valence": None, "practice": "unclear"}, "0"),
]


@pytest.mark.parametrize(("judged", "direction"), DIRECTIONS)
def test_practice_points_as_valence_does(judged: dict[str, str | None], direction: str | None) -> None:
    assert evidence.direction(coding("a", **judged)) == direction


NAMES = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True)


@given(names=NAMES, order=st.randoms(use_true_random=False), moved=st.integers(0, 500))
def test_order_place_and_other_cells_change_no_fingerprint(names: list[str], order: Any, moved: int) -> None:
    here = tuple(coding(name) for name in names)
    shuffled = list(here)
    order.shuffle(shuffled)
    elsewhere = tuple(
        one.model_copy(update={"start": one.start + moved, "end": one.end + moved, "text_sha256": "b" * 64})
        for one in shuffled
    )
    before = Evidence("1.0.0", {CELL: here})
    after = Evidence("1.7.3", {CELL: elsewhere, ("es", "M13"): here, ("beuk", "M23"): here[:1]})
    assert evidence.fingerprint(before, *CELL) == evidence.fingerprint(after, *CELL)


@given(names=NAMES, other=st.sampled_from("abcdefghz"))
def test_one_coding_more_or_less_is_another_fingerprint(names: list[str], other: str) -> None:
    changed = [name for name in names if name != other] if other in names else [*names, other]
    before, after = (Evidence("1.0.0", {CELL: tuple(map(coding, one))}) for one in (names, changed))
    assert evidence.fingerprint(before, *CELL) != evidence.fingerprint(after, *CELL)


def test_another_major_is_another_fingerprint() -> None:
    one, two = (Evidence(version, {CELL: (coding("a"),)}) for version in ("1.9.9", "2.0.0"))
    assert evidence.fingerprint(one, *CELL) != evidence.fingerprint(two, *CELL)


def test_a_pin_holds_what_is_there() -> None:
    now = Evidence("1.2.0", {CELL: (coding("b"), coding("a"))})
    pinned = evidence.pin(now, *CELL)
    assert list(pinned) == ["codebook", "evidence", "seen"]
    assert list(pinned["seen"]) == ["a", "b"]
    assert pinned["evidence"] == evidence.fingerprint(now, *CELL) == evidence.digest("1.9.0", pinned["seen"])
    assert evidence.pin(now, "es", "M22")["seen"] == {}


def test_codings_leave_a_trace_when_they_are_deleted_or_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "codings" / "c"
    folder.mkdir(parents=True)
    lines = [
        '{"event": "code", "coding": "a", "code": "M23", "codebook": "1.0.0", "quote": "x"}',
        '{"event": "delete", "coding": "a"}',
        '{"event": "code", "coding": "b", "code": "M2',
        "niets",
        "[1]",
    ]
    (folder / "es-1.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "codings" / ".texts").mkdir()
    study = studies.read(EXAMPLE).model_copy()
    study._folder = tmp_path
    assert evidence.traces(study) == {
        "a": evidence.Trace("es-1", "M23", "1.0.0"),
        "b": evidence.Trace("es-1"),
    }
