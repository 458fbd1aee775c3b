"""Frames: the columns of the contract, rows in a fixed order, absent is absent, also without any rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from casestudy import study as studies
from casestudy.material import codebook, codings, frames, guide, instrument, sources, survey
from casestudy.material.codings import Coding
from casestudy.study import Study

FILES = {
    "study.yml": """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}, {id: beuk, name: Beuk}]
waves:
  - {id: T0, label: {nl: voor, en: before}, relation: before}
  - {id: T1, label: {nl: na, en: after}, relation: directly_after}
""",
    "codebook.yml": "id: proef\nversion: 1.0.0\nframeworks: [skills]\ncodes:\n"
    "  - {id: F1, family: factor, domain: user, label: {nl: Tijd, en: Time}, definition: {nl: Tijd}}\n"
    "  - {id: F2, family: factor, domain: user, label: {nl: Oud, en: Old}, definition: {nl: Oud}, "
    "active: false}\n",
}
MORE = {
    "participants.csv": "participant,role,site,consent,withdrawn\np1,professional,es,quote,\n"
    "p2,teamleider,es,quote,\n"
    "p3,professional,beuk,quote,\np4,professional,es,quote,2019-05\n",
    "sources.csv": "source,site,kind,file,date,participants,guide,consent,interviewer,wave\n"
    "es-2,es,focusgroup,b.txt,2019-03,p1 p2,,quote,I,T0\n"
    "es-1,es,interview,a.txt,2019-02,p1,1,quote,I,\n"
    "beuk-1,beuk,document,c.txt,2019-02,,,quote,,\n"
    "es-3,es,interview,d.txt,2019-02,p4,1,quote,I,\n",
    "sources/es/a.txt": "I: Hoe gaat het? Goed?\np1: Te weinig tijd 🙂. Echt waar.\nI: Ja.\np1: Ja.\n",
    "sources/es/b.txt": "I: En?\np1: Goed.\nI: En u?\np2: Slecht.\np1: Hm.\np2: Ja.\n",
    "sources/es/d.txt": "I: En?\np4: Geheim.\nI: Ja?\np4: Ja.\n",
    "sources/beuk/c.txt": "Een notitie. Nog een zin.\n",
    "guide.yml": 'versions:\n  "1":\n    topics: [{id: t, question: {nl: Tijd?, en: Time?}, codes: [F1]}]\n'
    "joint_display:\n  - {row: v, label: {nl: v, en: v}, codes: [SK04, F1], "
    "scale: VAA, relation: same_object}\n",
    "instrument.yml": """\
id: i
version: "1"
options: {likert: {min: 1, max: 5}}
scales:
  - id: VAA
    label: {nl: V, en: S}
    items:
      - {id: V1, text: {nl: a, en: a}, options: likert, reverse: true}
      - {id: V2, text: {nl: b, en: b}, options: likert, skill: SK04}
files:
  - file: t.csv
    columns: {respondent: id, site: plek}
    wave: T0
    multi: {con: {skill: SK04, component: CP01}}
    offered: {es: [CP01], beuk: []}
""",
    "survey/t.csv": "id,plek,V1,V2,con\nq2,beuk,1,4,\nq1,es,,3,1\n",
}


def made(tmp_path: Path, files: dict[str, str]) -> Study:
    folder = tmp_path / "proef"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return studies.read(folder)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return made(tmp_path, FILES | MORE)


@pytest.fixture
def bare(tmp_path: Path) -> Study:
    return made(tmp_path / "leeg", FILES)


def coded(study: Study, name: str, source: str, quote: str, **more: object) -> None:
    text = next(one for one in sources.read(study) if one.source == source).text
    start = text.index(quote)
    coding = Coding.model_validate(
        {
            "coding": name,
            "source": source,
            "start": start,
            "end": start + len(quote),
            "code": "F1",
            "codebook": "1",
            "coder": "c1",
            "kind": "human",
            "status": "confirmed",
            "round": "main",
            "quote": quote,
            "text_sha256": sources.sha256(text),
            "at": "2019-05-06T10:00:00+00:00",
        }
        | more
    )
    codings.append(study, coding, text)


def test_sources(study: Study) -> None:
    found = frames.sources(study)
    assert (
        list(found.columns)
        == (
            "source site kind wave role n_roles date n_participants guide consent language n_characters "
            "n_sentences"
        ).split()
    )
    assert found["source"].tolist() == ["es-2", "es-1", "beuk-1"]
    assert found["role"].fillna("-").tolist() == ["mixed", "professional", "-"]
    assert found["n_roles"].tolist() == [2, 1, 0]
    assert found["wave"].fillna("-").tolist() == ["T0", "-", "-"]
    said = "Te weinig tijd 🙂. Echt waar." + "Ja."
    assert found.loc[1, "n_characters"] == len(said)
    assert found.loc[2, "n_sentences"] == 2
    assert frames.sources(study, "beuk")["source"].tolist() == ["beuk-1"]


def test_sentences(study: Study) -> None:
    found = frames.sentences(study, "es")
    found = found[found["source"] == "es-1"]
    assert found["text"].tolist() == [
        "Hoe gaat het?",
        "Goed?",
        "Te weinig tijd 🙂.",
        "Echt waar.",
        "Ja.",
        "Ja.",
    ]
    assert found["is_interviewer"].tolist() == [True, True, False, False, True, False]
    assert found["sentence"].tolist() == list(range(6))
    assert "Geheim" not in " ".join(frames.sentences(study)["text"])


def test_codings(study: Study) -> None:
    coded(study, "k2", "es-1", "weinig tijd 🙂", valence="-", strength=2)
    coded(study, "k3", "es-2", "Slecht", code="SK04", practice="not_applied")
    coded(study, "k1", "es-1", "Te", code="SK04", derived_from="s1")
    found = frames.codings(study)
    assert (
        list(found.columns)
        == (
            "coding source site role start end n_characters code family coder kind codebook valence strength "
            "practice contribution linked_skill status round derived_from"
        ).split()
    )
    assert found["coding"].tolist() == ["k3", "k1", "k2"]
    assert found["family"].tolist() == ["skill", "skill", "factor"]
    assert found["role"].tolist() == ["mixed", "professional", "professional"]
    assert found["n_characters"].tolist() == [6, 2, 13]
    assert found["strength"].isna().tolist() == [True, True, False]
    assert found["valence"].isna().tolist() == [True, True, False]
    assert frames.codings(study, "beuk").empty


def test_asked(study: Study) -> None:
    found = frames.asked(study)
    assert set(found["source"]) == {"es-2", "es-1", "beuk-1"}
    assert set(found["code"]) == {"F1", *(f"SK0{n}" for n in range(1, 10))}
    assert found.loc[found["asked"], ["source", "code"]].to_numpy().tolist() == [["es-1", "F1"]]


def test_survey_frames(study: Study) -> None:
    found = survey.read(study)
    table = frames.responses(study)
    assert table["respondent"].tolist() == ["q1", "q1", "q2", "q2"]
    assert table["value"].fillna(-1).tolist() == [-1, 3, 1, 4]
    assert table["reason_na"].fillna("-").tolist() == ["skipped", "-", "-", "-"]
    pd.testing.assert_frame_equal(table, frames.answers(found))
    ticks = frames.contributions(found, "T0")
    assert ticks["value"].fillna(-1).tolist() == [1, -1]
    assert ticks["offered"].tolist() == [True, False]
    assert frames.respondents(found)["link_method"].tolist() == ["id", "id"]
    table = frames.items(instrument.read(study))
    assert table[["item", "scale", "reverse", "min", "max", "kind"]].to_numpy().tolist() == [
        ["V1", "VAA", True, 1.0, 5.0, "mean"],
        ["V2", "VAA", False, 1.0, 5.0, "mean"],
    ]


def test_people_codes_and_the_map(study: Study) -> None:
    assert frames.participants(study)["role_class"].tolist() == [
        "professional",
        "lead",
        *["professional"] * 2,
    ]
    assert frames.participants(study)["is_withdrawn"].tolist() == [False, False, False, True]
    codes = frames.codebook(codebook.read(study))
    assert codes.loc[codes["code"] == "F1", "en"].tolist() == ["Time"]
    assert codes.loc[~codes["active"], "code"].tolist() == ["F2"]
    (row,) = frames.joint_map(guide.read(study)).to_dict("records")
    assert (row["row"], row["codes"], row["scale"]) == ("v", ("SK04", "F1"), "VAA")


EMPTY = ["sources", "sentences", "codings", "asked", "responses", "participants", "rated", "settled", "fit"]


@pytest.mark.parametrize("name", EMPTY)
def test_a_frame_without_rows_keeps_its_columns_and_types(bare: Study, study: Study, name: str) -> None:
    empty, full = getattr(frames, name)(bare), getattr(frames, name)(study)
    assert empty.empty
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert list(getattr(frames, name)(bare, "es").columns) == list(empty.columns)


def test_self_generated_codes_get_a_column_per_element() -> None:
    record = survey.SgicRecord("r@T0", "es", "T0", ("A", "", "03", "5", "2", "s"), "lead")
    found = frames.sgic(survey.Responses(sgic=(record,)), "T0")
    assert found.iloc[0].tolist() == ["r@T0", "es", "lead", "A", "", "03", "5", "2", "s"]
    assert list(frames.sgic(survey.Responses(), "T0").columns) == list(found.columns)
