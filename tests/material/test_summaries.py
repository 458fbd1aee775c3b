"""Summaries: read per site, tied to codings that stand, every problem at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import codings, sources, summaries
from casestudy.study import Study

SETTINGS = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}, {id: beuk, name: Beuk}]
"""
TEXT = "R: Er is geen tijd. Het plan helpt wel.\n"
SPOKEN = [  # coding, source, words, code, status
    ("c1", "es-01", "Er is geen tijd.", "M23", "confirmed"),
    ("c2", "es-01", "Het plan helpt wel.", "M04", "confirmed"),
    ("c3", "beuk-01", "Er is geen tijd.", "M23", "confirmed"),
    ("c4", "es-01", "geen tijd", "M22", "suggested"),
]
GOOD = """\
summaries:
  - code: M23
    summary: {nl: Tijd is krap., en: Time is short.}
    excerpts: [c1]
    by: r1
    at: 2019-06-01T10:00:00+00:00
  - code: M04
    summary: {nl: "Het plan helpt, <b>soms</b>."}
    excerpts: [c2]
    by: r2
"""


def made(folder: Path, files: dict[str, str]) -> Study:
    (folder / "study.yml").write_text(SETTINGS, encoding="utf-8")
    (folder / "codebook.yml").write_text("id: proef\nversion: 1.0.0\nframeworks: [midi]\n", encoding="utf-8")
    (folder / "participants.csv").write_text("participant,role,site,consent,withdrawn\n")
    (folder / "sources.csv").write_text(
        "source,site,kind,file,date,participants,consent\n"
        "es-01,es,interview,es-01.txt,2019-03,,quote\nbeuk-01,beuk,interview,beuk-01.txt,2019-03,,quote\n"
    )
    logs: dict[str, str] = {}
    for coding, source, words, code, status in SPOKEN:
        start = TEXT.index(words)
        line = {
            "event": "code",
            "coding": coding,
            "source": source,
            "start": start,
            "end": start + len(words),
            "code": code,
            "codebook": "1.0.0",
            "coder": "a",
            "kind": "human",
            "status": status,
            "round": "main",
            "quote": words,
            "text_sha256": sources.sha256(TEXT),
            "at": "2019-04-01T10:00:00+00:00",
        }
        name = f"codings/a/{source}.jsonl"
        logs[name] = logs.get(name, "") + json.dumps(line) + "\n"
    texts = {f"sources/{site}/{site}-01.txt": TEXT for site in ("es", "beuk")}
    texts[f"codings/.texts/{sources.sha256(TEXT)}.txt"] = TEXT
    for name, text in (files | logs | texts).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return studies.read(folder)


def entry(code: str, excerpts: str, *, nl: str = "Samen.") -> str:
    return f"  - code: {code}\n    summary: {{nl: {nl}}}\n    excerpts: [{excerpts}]\n    by: r1\n"


def test_the_summaries_of_a_study_are_read_by_site(tmp_path):
    beuk = "summaries:\n" + entry("M23", "c3")
    study = made(tmp_path, {"summaries/es.yml": GOOD, "summaries/beuk.yml": beuk})
    found = summaries.read(study)
    assert [(s.site, s.code, s.excerpts, s.by) for s in found] == [
        ("es", "M23", ("c1",), "r1"),
        ("es", "M04", ("c2",), "r2"),
        ("beuk", "M23", ("c3",), "r1"),
    ]
    assert [s.site for s in summaries.read(study, "beuk")] == ["beuk"]
    assert summaries.text(found[0], "en") == ("Time is short.", "en")
    assert summaries.text(found[1], "en") == ("Het plan helpt, <b>soms</b>.", "nl")


def test_a_study_without_summaries_has_none(tmp_path):
    assert summaries.read(made(tmp_path, {})) == ()


WRONG = [
    ("a code that is not there", entry("M99", "c1"), 2, "`code` must be a code of codebook.yml"),
    ("a cell twice", entry("M23", "c1") + entry("M23", "c1"), 6, "a code must have one summary"),
    ("an excerpt twice", entry("M23", "c1, c1"), 2, "an excerpt must stand once"),
    ("an excerpt that is gone", entry("M23", "c9"), 4, "`excerpts` must be codings that stand"),
    ("a suggestion", entry("M22", "c4"), 4, "`excerpts` must be codings that stand"),
    ("of another code", entry("M23", "c2"), 4, "`excerpts` must be of code `M23`"),
    ("of another site", entry("M23", "c3"), 4, "`excerpts` must be of site `es`"),
    ("without an excerpt", entry("M23", ""), 4, "`summaries.0.excerpts`"),
    ("an unknown field", entry("M23", "c1") + "    rating: 1\n", 6, "every key must be known"),
]


@pytest.mark.parametrize(("case", "text", "line", "must"), WRONG, ids=[case for case, *_ in WRONG])
def test_each_problem_has_its_place(tmp_path, case, text, line, must):
    with pytest.raises(InvalidMaterial) as refused:
        summaries.read(made(tmp_path, {"summaries/es.yml": "summaries:\n" + text}))
    (problem,) = refused.value.problems
    assert problem.place == f"summaries/es.yml:{line}", case
    assert problem.must.startswith(must)
    assert "Samen" not in str(problem)


def test_every_problem_is_told_at_once(tmp_path):
    text = "summaries:\n" + entry("M23", "c9, c2") + entry("M22", "c4")
    files = {"summaries/es.yml": text, "summaries/beuk.yml": "summaries:\n" + entry("M23", "c1")}
    with pytest.raises(InvalidMaterial) as refused:
        summaries.read(made(tmp_path, files))
    assert len(refused.value.problems) == 4


@pytest.mark.parametrize("name", ["summaries/eik.yml", "summaries/es.txt", "summaries/es/m23.yml"])
def test_a_file_of_no_site_is_a_problem(tmp_path, name):
    with pytest.raises(InvalidMaterial) as refused:
        summaries.read(made(tmp_path, {name: GOOD}))
    assert [problem.place for problem in refused.value.problems] == [name]


def test_what_is_written_is_read_also_when_its_excerpts_are_gone(tmp_path):
    text = "summaries:\n" + entry("M23", "c1, c9") + entry("M04", "c2")
    study = made(tmp_path, {"summaries/es.yml": text})
    found = summaries.written(study)
    assert summaries.gone(found, codings.read(study)) == {("M23", "es"): ("c9",)}
    cells = [("M23", "es"), ("M23", "beuk"), ("M23", "beuk"), ("M04", "es")]
    assert summaries.unwritten(found, cells) == [("M23", "beuk")]
