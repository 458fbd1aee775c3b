"""Decisions: every kind reads, later ones replace earlier ones, and a refused quote stays refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.findings import integration
from casestudy.material import decisions
from casestudy.study import Study

STUDY = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}, {id: beuk, name: Beuk}]
"""
CODEBOOK = "id: proef\nversion: 1.0.0\nframeworks: [midi, skills]\n"
SIGNED = {"decided_by": ["r1", "r2"], "at": "2019-05-06T10:00:00+00:00"}
WORDS = {"nl": "iets", "en": "something"}


def fit(**changed: Any) -> dict[str, Any]:
    line = {
        "kind": "fit",
        "site": "es",
        "row": "vaardigheid",
        "label": "agreement",
        "rationale": "beide omhoog",
    }
    return line | {"segments": ["c1", "c2"]} | SIGNED | changed


def release(**changed: Any) -> dict[str, Any]:
    line = {"kind": "quote_release", "quote": "c1", "text": "Dat [werkt].", "audiences": ["site"]}
    return line | {"approval": "approved"} | SIGNED | changed


META = {"kind": "meta_inference", "site": "es", "row": "x", "text": WORDS, "carried_by": "both"} | SIGNED
GATE = {"kind": "gate", "code": "M23", "codebook": "1.0.0", "rationale": "gehaald"} | SIGNED
CONDITION = {"kind": "condition", "site": "es", "code": "M23", "action": WORDS, "owner": WORDS} | SIGNED
QUESTION = {"kind": "question", "site": "ALL", "text": WORDS} | SIGNED
ADVICE = {"kind": "recommendation", "audience": WORDS, "text": WORDS} | SIGNED
EVERY = [fit(), META, release(), GATE, CONDITION, QUESTION, ADVICE]


def made(tmp_path: Path, lines: list[dict[str, Any]]) -> Study:
    folder = tmp_path / "proef"
    folder.mkdir()
    (folder / "study.yml").write_text(STUDY, encoding="utf-8")
    (folder / "codebook.yml").write_text(CODEBOOK, encoding="utf-8")
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "decisions.jsonl").write_text(text, encoding="utf-8")
    return studies.read(folder)


def test_every_kind_reads(tmp_path: Path) -> None:
    found = decisions.read(made(tmp_path, EVERY))
    assert [decision.kind for decision in found] == [line["kind"] for line in EVERY]
    assert [gate.is_open for gate in decisions.of_kind(found, decisions.Gate)] == [True]


def test_a_site_gets_its_own_and_the_common_decisions(tmp_path: Path) -> None:
    study = made(tmp_path, [*EVERY, fit(site="beuk"), QUESTION | {"site": "beuk"}])
    kinds = [(decision.kind, getattr(decision, "site", None)) for decision in decisions.read(study, "beuk")]
    assert kinds == [
        ("quote_release", None),
        ("gate", None),
        ("question", "ALL"),
        ("recommendation", None),
        ("fit", "beuk"),
        ("question", "beuk"),
    ]


def test_a_study_without_decisions(tmp_path: Path) -> None:
    study = made(tmp_path, [])
    (study.folder / "decisions.jsonl").unlink()
    assert decisions.read(study) == ()


def test_the_last_word_on_a_quote_counts(tmp_path: Path) -> None:
    lines = [release(approval="asked"), release(), release(quote="c2"), release(approval="refused")]
    found = decisions.of_kind(decisions.read(made(tmp_path, lines)), decisions.QuoteRelease)
    assert [(line.quote, line.approval, line.is_open) for line in found] == [
        ("c1", "refused", False),
        ("c2", "approved", True),
    ]


@pytest.mark.parametrize("approval", ["asked", "refused", "expired"])
def test_a_quote_without_approval_is_not_open(tmp_path: Path, approval: str) -> None:
    (line,) = decisions.of_kind(
        decisions.read(made(tmp_path, [release(approval=approval)])), decisions.QuoteRelease
    )
    assert not line.is_open


def test_a_quote_for_nobody_is_not_open(tmp_path: Path) -> None:
    (line,) = decisions.of_kind(
        decisions.read(made(tmp_path, [release(audiences=[])])), decisions.QuoteRelease
    )
    assert not line.is_open


def test_conditions_of_one_factor_stand_side_by_side(tmp_path: Path) -> None:
    other = CONDITION | {"action": {"nl": "anders", "en": "other"}}
    assert len(decisions.read(made(tmp_path, [CONDITION, other, CONDITION]))) == 2


BAD = [
    (fit(site="ALL"), "`site` must be a site of study.yml, found `ALL`"),
    (fit(site="esch"), "`site` must be a site of study.yml, found `esch`; did you mean `es`?"),
    (fit(label="fits"), "`label` must be"),
    (fit(decided_by=["r1"]), "`decided_by` must name two people"),
    (fit(label="dissonance"), "`fit` must give an `explanation` for dissonance"),
    (fit(label="dissonance", explanation="timing", segments=["c1", "c1"]), "`fit` must name two `segments`"),
    (fit(rationale=" "), "`rationale` must"),
    (release(text="woord " * 41), "`text` must be at most 40 words, found 41"),
    (release(approval="yes"), "`approval` must be"),
    (release(decided_by=[]), "`decided_by` must"),
    (CONDITION | {"code": "M99"}, "`code` must be a code of codebook.yml, found `M99`"),
    (GATE | {"code": "M99"}, "`code` must be a code of codebook.yml, found `M99`"),
    (QUESTION | {"text": {"nl": "alleen"}}, "`en` must be there"),
    (QUESTION | {"kind": "vraag"}, "`kind` must be one of"),
]


@pytest.mark.parametrize(("line", "message"), BAD)
def test_a_bad_decision_is_named(tmp_path: Path, line: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        decisions.read(made(tmp_path, [fit(), line]))
    assert str(refused.value).startswith(f"decisions.jsonl:2: {message}"), str(refused.value)
    assert "woord woord" not in str(refused.value)


def test_the_labels_are_those_that_are_proposed() -> None:
    assert set(get_args(decisions.FitLabel)) == set(get_args(integration.LabelKey))
