"""Settling: what counts afterwards, what stays, and every problem of a settled sheet at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial, WrongUse
from casestudy.material import decisions, settling
from casestudy.material.codings import Coding
from casestudy.material.decisions import Settlement
from casestudy.study import Study

STUDY = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}]
"""
AT = "2019-09-05T10:00:00+00:00"
BASE = {
    "kind": "settlement",
    "source": "es-01",
    "start": 0,
    "end": 10,
    "code": "M23",
    "codings": [["a1"], ["b1"]],
    "decision": "first",
    "rationale": "zo staat het er",
    "decided_by": ["anna", "bo"],
    "at": AT,
}


def coding(name: str, **changed: Any) -> Coding:
    values: dict[str, Any] = {
        "coding": name,
        "coder": "anna" if name.startswith("a") else "bo",
        "source": "es-01",
        "start": 0,
        "end": 10,
        "code": "M23",
        "codebook": "1.0.0",
        "kind": "human",
        "status": "confirmed",
        "round": "main" if name.startswith("a") else "reliability",
        "quote": "geen tijd.",
        "text_sha256": "0" * 64,
        "at": AT,
    }
    return Coding.model_validate(values | changed)


CODINGS = tuple(coding(name) for name in ("a1", "b1", "a2", "b2"))
OTHER = coding("b3", source="es-02")


def made(tmp_path: Path, *lines: dict[str, Any]) -> Study:
    folder = tmp_path / "proef"
    folder.mkdir()
    (folder / "study.yml").write_text(STUDY, encoding="utf-8")
    (folder / "codebook.yml").write_text("id: p\nversion: 1.0.0\nframeworks: [midi]\n", encoding="utf-8")
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "decisions.jsonl").write_text(text, encoding="utf-8")
    return studies.read(folder)


OUTCOMES = [
    ("first", None, {"a1": ("confirmed", "main"), "b1": ("superseded", "reliability")}),
    ("second", None, {"a1": ("superseded", "main"), "b1": ("confirmed", "main")}),
    ("both", None, {"a1": ("confirmed", "main"), "b1": ("confirmed", "main")}),
    ("neither", None, {"a1": ("superseded", "main"), "b1": ("superseded", "reliability")}),
    (
        "other",
        "b2",
        {"a1": ("superseded", "main"), "b1": ("superseded", "reliability"), "b2": ("confirmed", "main")},
    ),
]


@pytest.mark.parametrize(("decision", "other", "expected"), OUTCOMES)
def test_what_counts_after_settling(decision: str, other: str | None, expected: dict[str, Any]) -> None:
    line = Settlement.model_validate(BASE | {"decision": decision, "coding": other})
    after = {one.coding: (one.status, one.round) for one in settling.settled(CODINGS, [line])}
    untouched = {one.coding: (one.status, one.round) for one in CODINGS if one.coding not in expected}
    assert after == expected | untouched


def test_nobody_having_given_the_code_is_a_side_too() -> None:
    alone = BASE | {"codings": [[], ["b1"]]}
    for decision, status in (("first", "superseded"), ("second", "confirmed")):
        line = Settlement.model_validate(alone | {"decision": decision})
        assert {one.coding: one.status for one in settling.settled(CODINGS, [line])}["b1"] == status


def test_settling_changes_no_coding_it_does_not_name() -> None:
    suggested = coding("b1", status="suggested")
    assert settling.settled([suggested], [Settlement.model_validate(BASE)]) == (suggested,)
    assert settling.settled(CODINGS, []) == CODINGS
    once = settling.settled(CODINGS, [Settlement.model_validate(BASE)])
    assert settling.settled(once, [Settlement.model_validate(BASE)]) == once


def test_the_last_word_on_the_same_codings_counts(tmp_path: Path) -> None:
    study = made(tmp_path, BASE, BASE | {"decision": "second"}, BASE | {"codings": [["a2"], ["b2"]]})
    found = decisions.of_kind(decisions.read(study), Settlement)
    assert [(line.decision, line.losing) for line in found] == [("second", ("a1",)), ("first", ("b2",))]
    after = {one.coding: one.status for one in settling.of_study(study, CODINGS)}
    assert after == {"a1": "superseded", "b1": "confirmed", "a2": "confirmed", "b2": "superseded"}


BAD = [
    ({"codings": [[], []]}, "must name in `codings` what it settles"),
    ({"codings": [["a1"], ["a1"]]}, "must name each of its `codings` once"),
    ({"decision": "other"}, "must name in `coding` the new one"),
    ({"coding": "b2"}, "must name in `coding` the new one"),
    ({"start": 10}, "must have `start` before `end`"),
    ({"decision": "third"}, "`decision` must be"),
    ({"decided_by": ["anna"]}, "`decided_by` must name two people"),
    ({"rationale": " "}, "`rationale` must"),
]


@pytest.mark.parametrize(("changed", "message"), BAD)
def test_a_bad_settlement_is_named(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        decisions.read(made(tmp_path, BASE | changed))
    assert message in str(refused.value)
    assert str(refused.value).startswith("decisions.jsonl:1: ")


def test_a_code_of_an_earlier_codebook_stays_settled(tmp_path: Path) -> None:
    assert len(decisions.read(made(tmp_path, BASE | {"code": "OUD1"}))) == 1


def test_settlements_of_what_is_not_there_are_problems(tmp_path: Path) -> None:
    study = made(
        tmp_path, BASE, BASE | {"codings": [["a1"], ["b9"]]}, BASE | {"source": "weg", "codings": [["z"], []]}
    )
    found = settling.problems(study, [*CODINGS, OTHER], ["es-01", "es-02"])
    must = "decisions.jsonl:2: a settlement must name codings of source `es-01`, found `b9`; "
    assert [str(problem).startswith(must) for problem in found] == [True]


HEADER = "source;start;end;code;codings_a;codings_b;words;decision;rationale;coding"


def sheet(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "verschillen.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8-sig")
    return path


def read(path: Path, people: tuple[str, ...] = ("anna", "bo")) -> tuple[tuple[Settlement, ...], int]:
    return settling.read_sheet(path, [*CODINGS, OTHER], decided_by=people, at=AT)


def test_a_sheet_comes_back_as_decisions(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "es-01;0;10;M23;a1;b1;geen tijd.;First;zo staat het er;",
        "es-01;0;10;M23;a2;;geen tijd.;other;anders;b2",
        "es-01;0;10;M23;;b2;geen tijd.;;;",
    )
    found, n_open = read(path)
    assert [(line.decision, line.codings, line.coding) for line in found] == [
        ("first", (("a1",), ("b1",)), None),
        ("other", (("a2",), ()), "b2"),
    ]
    assert n_open == 1
    study = made(tmp_path, BASE)
    assert settling.write(study, found) == 1  # the first was there in the same words
    assert settling.write(study, found) == 0
    assert len(decisions.of_kind(decisions.read(study), Settlement)) == 2


def test_all_problems_of_a_sheet_at_once(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "es-01;0;10;M23;a1;b1;woorden;eerste;zo;",
        "es-01;0;10;M23;;;woorden;first;zo staat het;",
        "es-01;0;10;M23;a1;b3;woorden;first;zo staat het;",
        "es-01;0;10;M23;a1;b1;woorden;other;zo staat het;",
        "es-01;10;10;M23;a2;b2;woorden;both;zo staat het;",
        "es-01;0;10;M23;a2;b2;woorden;both;zo staat het;b1",
    )
    with pytest.raises(InvalidMaterial) as refused:
        read(path)
    told = [str(problem) for problem in refused.value.problems]
    assert "woorden" not in str(refused.value)
    assert [line.split(":")[1] for line in told] == ["2", "2", "3", "4", "5", "6", "7"]


def test_two_rows_must_not_contradict_each_other(tmp_path: Path) -> None:
    path = sheet(
        tmp_path, "es-01;0;10;M23;a1;b1;;first;zo is het;", "es-01;0;10;M23;a1;b2;;second;zo is het;"
    )
    with pytest.raises(InvalidMaterial, match="must not stand in one row and lose in another, found `a1`"):
        read(path)


@pytest.mark.parametrize("people", [(), ("anna",), ("anna", "Anna ")])
def test_two_people_decide(tmp_path: Path, people: tuple[str, ...]) -> None:
    with pytest.raises(WrongUse, match="two people must decide together"):
        read(sheet(tmp_path), people)
