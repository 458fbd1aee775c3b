"""The check: every problem of a study at once; a part that is not there yet is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casestudy import study as studies
from casestudy.material import check, codings, sources
from casestudy.material.codings import Coding
from casestudy.study import Study

FILES = {
    "study.yml": """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}]
waves:
  - {id: T0, label: {nl: voor, en: before}, relation: before}
  - {id: T1, label: {nl: na, en: after}, relation: directly_after}
""",
    "codebook.yml": "id: proef\nversion: 1.0.0\nframeworks: [midi, skills]\n",
}
AT = "2019-05-06T10:00:00+00:00"
SIGNED = {"decided_by": ["r1", "r2"], "at": AT}
MORE = {
    "participants.csv": "participant,role,site,consent,withdrawn\np1,professional,es,quote,\n",
    "sources.csv": "source,site,kind,file,date,participants,guide,consent\n"
    "es-1,es,interview,a.txt,2019-02,p1,v1,quote\n",
    "sources/es/a.txt": "I: En?\np1: Goed.\nI: Ja?\np1: Ja.\n",
    "guide.yml": "versions:\n  v1:\n    topics: [{id: t, question: {nl: T?, en: T?}, codes: [M23]}]\n"
    "joint_display:\n  - {row: v, label: {nl: v, en: v}, codes: [SK04], scale: VAA, relation: same_object}\n",
    "instrument.yml": "id: i\nversion: '1'\noptions: {l: {min: 1, max: 5}}\nscales:\n  - id: VAA\n"
    "    label: {nl: V, en: S}\n    items: [{id: V1, text: {nl: a, en: a}, options: l}]\n"
    "files:\n  - {file: t.csv, columns: {respondent: id}, site: es, wave: T0}\n",
    "survey/t.csv": "id,V1\nq1,4\n",
    "ratings/r1.jsonl": json.dumps({"site": "es", "code": "M23", "value": "-1", "rater": "r1", "at": AT})
    + "\n",
    "decisions.jsonl": json.dumps(
        {"kind": "fit", "site": "es", "row": "v", "label": "agreement", "rationale": "zo is het"} | SIGNED
    )
    + "\n",
}


def made(tmp_path: Path, files: dict[str, str]) -> Study:
    folder = tmp_path / "proef"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return studies.read(folder)


def told(study: Study) -> list[str]:
    return [str(problem) for problem in check.problems(study)]


def test_a_study_that_has_just_begun_has_no_problems(tmp_path: Path) -> None:
    assert told(made(tmp_path, FILES)) == []


def test_a_whole_study_has_no_problems(tmp_path: Path) -> None:
    assert told(made(tmp_path, FILES | MORE)) == []


@pytest.mark.parametrize("left", [["participants.csv"], ["instrument.yml"], ["ratings/r1.jsonl"]])
def test_parts_may_come_in_any_order(tmp_path: Path, left: list[str]) -> None:
    assert told(made(tmp_path, FILES | {name: MORE[name] for name in left})) == []


def test_a_codebook_must_be_there(tmp_path: Path) -> None:
    (found,) = told(made(tmp_path, {"study.yml": FILES["study.yml"]}))
    assert found.startswith("codebook.yml: the file must be there")


BROKEN = [
    ({"codebook.yml": "id: proef\n"}, "codebook.yml:1: `version` must be given"),
    (
        {"participants.csv": "participant,role,site,consent\np1,baas,es,quote\n"},
        "participants.csv:2: `role` must be",
    ),
    ({"sources/es/b.txt": "x"}, "sources/es/b.txt: a file must have a row in sources.csv"),
    (
        {"guide.yml": MORE["guide.yml"].replace("v1", "v2")},
        "sources.csv:2: `guide` must be a version of guide.yml",
    ),
    (
        {"guide.yml": MORE["guide.yml"].replace("M23", "M99")},
        "guide.yml:3: `codes` must be codes of codebook.yml",
    ),
    (
        {"guide.yml": MORE["guide.yml"].replace("VAA", "KEN")},
        "guide.yml:5: `scale` must be in instrument.yml",
    ),
    (
        {"guide.yml": MORE["guide.yml"].replace("scale: VAA", "item: V9")},
        "guide.yml:5: `item` must be in instrument.yml, found `V9`",
    ),
    (
        {"guide.yml": MORE["guide.yml"].replace("row: v,", "row: w,")},
        "decisions.jsonl:1: `row` must be a row of `joint_display` in guide.yml, found `v`",
    ),
    ({"survey/t.csv": "id,V1\nq1,9\n"}, "survey/t.csv:2: `V1` must be a number from 1 to 5"),
    ({"survey/extra.csv": "id,V1\n"}, "survey/extra.csv: one mapping must say how to read the file"),
    ({"ratings/r1.jsonl": "{}\n"}, "ratings/r1.jsonl:1: `at` must be there"),
    ({"ratings/settled.jsonl": "{\n"}, "ratings/settled.jsonl:1: a line must be one whole JSON object"),
    ({"decisions.jsonl": "[]\n"}, "decisions.jsonl:1: a line must be one whole JSON object"),
    ({"codings/c1/es-1.jsonl": "{}\n"}, "codings/c1/es-1.jsonl:1: "),
]


@pytest.mark.parametrize(("changed", "message"), BROKEN, ids=[message.split(":")[0] for _, message in BROKEN])
def test_every_file_is_checked(tmp_path: Path, changed: dict[str, str], message: str) -> None:
    found = told(made(tmp_path, FILES | MORE | changed))
    assert any(line.startswith(message) for line in found), found
    assert str(tmp_path) not in "".join(found)


def test_a_guide_version_without_any_guide(tmp_path: Path) -> None:
    files = FILES | {name: MORE[name] for name in ("participants.csv", "sources.csv", "sources/es/a.txt")}
    assert told(made(tmp_path, files)) == [
        "sources.csv:2: `guide` must be a version of guide.yml, found `v1`; add it to guide.yml"
    ]


def test_everything_comes_at_once_and_each_thing_once(tmp_path: Path) -> None:
    changed = {
        "participants.csv": "participant,role,site,consent\np1,baas,es,quote\n",
        "guide.yml": MORE["guide.yml"].replace("M23", "M99"),
        "survey/t.csv": "id,V1\nq1,9\n",
        "ratings/r1.jsonl": "{}\n",
    }
    found = told(made(tmp_path, FILES | MORE | changed))
    assert len(found) == len(set(found))
    files = {line.split(":")[0] for line in found}
    assert files == {"participants.csv", "guide.yml", "survey/t.csv", "ratings/r1.jsonl"}
    assert found == sorted(found, key=lambda line: line.split(":")[0])


@pytest.mark.parametrize(("kind", "is_told"), [("reliability", True), ("training", True), ("main", False)])
def test_codings_that_reach_no_result_are_told(tmp_path: Path, kind: str, is_told: bool) -> None:
    study = made(tmp_path, FILES | MORE)
    (source,) = sources.read(study)
    start = source.text.index("Goed")
    coding = Coding(
        coding="c1", source="es-1", start=start, end=start + 4, code="M23", codebook="1.0.0", coder="ann",
        kind="human", valence="+", status="confirmed", round=kind, quote="Goed",
        text_sha256=source.sha256, at=AT,
    )  # fmt: skip
    codings.append(study, coding, source.text)
    assert check.problems(study) == []
    assert any("are of no main round" in remark for remark in check.remarks(study)) is is_told
