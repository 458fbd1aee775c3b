"""The material of one round: only its own work, before settling, with who went through what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casestudy import study as studies
from casestudy.errors import WrongUse
from casestudy.material import codings, double_coding, rounds, sources
from casestudy.material.codings import Coding
from casestudy.study import Study

STUDY = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}]
"""
ROUND = """\
rounds:
  - {id: r1, kind: reliability, codebook: 1.0.0, coders: [anna, bo], sources: [es-01, es-02],
     closed: 2019-09-02}
  - {id: r2, kind: reliability, codebook: 1.0.0, coders: [anna, cy], sources: [es-03]}
"""
TEXT = "I: Hoe ging het?\nR: Er is geen tijd. Het plan helpt.\n"
QUOTE = "Er is geen tijd."


@pytest.fixture
def study(tmp_path: Path) -> Study:
    (tmp_path / "study.yml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "codebook.yml").write_text("id: p\nversion: 1.1.0\nframeworks: [midi]\n", encoding="utf-8")
    (tmp_path / "participants.csv").write_text("participant,role,site,consent\nP1,client,es,quote\n")
    rows = [f"es-0{n},es,interview,es-0{n}.txt,2019-03,P1,quote" for n in (1, 2, 3)]
    header = "source,site,kind,file,date,participants,consent"
    (tmp_path / "sources.csv").write_text("\n".join([header, *rows]) + "\n")
    for n in (1, 2, 3):
        path = tmp_path / "sources" / "es" / f"es-0{n}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEXT, encoding="utf-8")
    return studies.read(tmp_path)


def give(study: Study, coder: str, source: str, **changed: Any) -> None:
    text = next(one.text for one in sources.read(study) if one.source == source)
    start = text.index(QUOTE)
    values: dict[str, Any] = {
        "coding": f"{coder}-{source}-{len(changed)}",
        "coder": coder,
        "source": source,
        "start": start,
        "end": start + len(QUOTE),
        "code": "M23",
        "codebook": "1.0.0",
        "kind": "human",
        "status": "confirmed",
        "round": "reliability",
        "quote": QUOTE,
        "text_sha256": sources.sha256(text),
        "at": "2019-08-01T10:00:00+02:00",
    }
    codings.append(study, Coding.model_validate(values | changed), text)


def test_a_study_without_double_coding_has_none(study: Study) -> None:
    give(study, "anna", "es-01")
    assert double_coding.read(study) is None
    with pytest.raises(WrongUse, match="two coders must have coded one source"):
        double_coding.read(study, "r1")


def test_an_implied_round_asks_for_two_coders_per_source(study: Study) -> None:
    for coder in ("anna", "bo"):
        give(study, coder, "es-01")
    found = double_coding.read(study)
    assert found is not None
    assert (found.round.id, found.at_least, found.codings["coder"].tolist()) == ("all", 2, ["anna", "bo"])
    assert found.turns["is_interviewer"].tolist() == [True, False]
    assert found.sentences[~found.sentences["is_interviewer"]]["source"].tolist() == ["es-01"] * 2


def test_a_round_holds_its_own_work_only(study: Study) -> None:
    (study.folder / rounds.FILE).write_text(ROUND, encoding="utf-8")
    give(study, "anna", "es-01")
    give(study, "bo", "es-01")
    give(study, "bo", "es-02", at="2019-09-03T10:00:00+02:00")
    give(study, "anna", "es-02", codebook="1.1.0", code="M21")
    give(study, "cy", "es-01")
    give(study, "anna", "es-03")
    found = double_coding.read(study)
    assert found is not None
    assert (found.round.id, found.at_least) == ("r1", None)
    assert found.codings["coding"].tolist() == ["anna-es-01-0", "bo-es-01-0"]
    assert [source.source for source in found.sources] == ["es-01", "es-02"]
    assert found.worked.empty


def test_only_an_open_round_is_no_round_yet(study: Study) -> None:
    (study.folder / rounds.FILE).write_text(ROUND.replace("closed: 2019-09-02", ""), encoding="utf-8")
    assert double_coding.read(study) is None
    with pytest.raises(WrongUse, match="found `r1` open"):
        double_coding.read(study, "r1")


def test_who_looked_for_every_code_went_through_the_source(study: Study) -> None:
    (study.folder / rounds.FILE).write_text(ROUND, encoding="utf-8")
    give(study, "anna", "es-01")
    give(study, "anna", "es-02", code="M21")
    at = "2019-08-02T10:00:00+02:00"
    for coder, source, codes in (("bo", "es-01", ["M21", "M23", "M24"]), ("bo", "es-02", ["M21"])):
        event = codings.Screened(source=source, codes=tuple(codes), coder=coder, codebook="1.0.0", at=at)
        codings.screen(study, event)
    found = double_coding.read(study)
    assert found is not None
    assert found.worked.values.tolist() == [["es-01", "bo"]]
