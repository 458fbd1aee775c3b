"""Saved self-reflections: what the page saves is read as it was filled in, and anything else is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.findings import linking
from casestudy.material import frames, instrument_versions, sealing, survey
from casestudy.material import instrument as instruments
from casestudy.material.survey import Contribution, Respondent, Response
from casestudy.study import Study

STUDY = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}, {id: beuk, name: Beuk}]
waves:
  - {id: T0, label: {nl: voor, en: before}, relation: before}
  - {id: T1, label: {nl: na, en: after}, relation: directly_after}
  - {id: THEN, label: {nl: terug, en: back}, relation: retrospective}
"""

INSTRUMENT = """\
id: reflectie
version: "1.0"
person: {ask: number}
options:
  likert: {min: 1, max: 5}
  cijfer: {min: 0, max: 10, decimals: true}
scales:
  - id: VAA
    label: {nl: Vaardigheid, en: Skill}
    waves: [T0, T1, THEN]
    items:
      - {id: V1, text: {nl: Ik kan het, en: I can}, options: likert}
      - {id: V2, text: {nl: Ik durf het, en: I dare}, options: cijfer}
  - id: TOE
    label: {nl: Toepassing, en: Use}
    kind: frequency
    items:
      - {id: TOE4, text: {nl: Plan, en: Plan}, options: likert, not_applicable: true, skill: SK04}
components: {SK04: [CP01, CP11]}
open: [{id: O1, text: {nl: Wat nog?, en: What else?}}]
files:
  - file: "zelf/*.json"
    program: self-reflection
"""
CODE = """\
person:
  ask: code
  elements:
    - {id: c1, text: {nl: a, en: a}}
    - {id: c2, text: {nl: b, en: b}}
    - {id: c3, text: {nl: c, en: c}}
    - {id: c4, text: {nl: d, en: d}}
    - {id: c5, text: {nl: e, en: e}}
    - {id: c6, text: {nl: f, en: f}}
"""
SAVED: dict[str, Any] = {
    "format": "casestudy-self-reflection",
    "format_version": 1,
    "instrument": {"id": "reflectie", "version": "1.0"},
    "wave": "T1",
    "site": "es",
    "language": "nl",
    "saved": "2026-11",
    "person": {"number": "p7"},
    "answers": {"V1": 4, "V2": 7.5, "TOE4": 3},
    "then": {"V1": 2, "V2": None},
    "components": {"SK04": ["CP11"]},
}


def saved(**changed: Any) -> dict[str, Any]:
    return {key: value for key, value in {**SAVED, **changed}.items() if value is not ...}


def made(tmp_path: Path, files: dict[str, Any], *, instrument: str = INSTRUMENT) -> Study:
    folder = tmp_path / "project" / "interviews" / "proef"
    (folder / "survey" / "zelf").mkdir(parents=True)
    (folder / "study.yml").write_text(STUDY, encoding="utf-8")
    (folder / "instrument.yml").write_text(instrument, encoding="utf-8")
    for name, content in files.items():
        data = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        (folder / "survey" / "zelf" / name).write_bytes(data)
    return studies.read(folder)


def told(study: Study) -> list[str]:
    with pytest.raises(InvalidMaterial) as refused:
        survey.read(study)
    return [str(problem) for problem in refused.value.problems]


def test_a_saved_file_is_read_as_it_was_filled_in(tmp_path: Path) -> None:
    found = survey.read(made(tmp_path, {"a.json": saved(open={"O1": "geheim"})}))
    assert found.responses == (
        Response("p7", "es", "T1", "V1", 4.0),
        Response("p7", "es", "T1", "V2", 7.5),
        Response("p7", "es", "T1", "TOE4", 3.0),
        Response("p7", "es", "THEN", "V1", 2.0),
        Response("p7", "es", "THEN", "V2", None, "skipped"),
        Response("p7", "es", "THEN", "TOE4", None, "not_shown"),
    )
    assert [box for box in found.contributions if box.wave == "T1"] == [
        Contribution("p7", "es", "T1", "SK04", "CP01", 0, True),
        Contribution("p7", "es", "T1", "SK04", "CP11", 1, True),
    ]
    assert {box.value for box in found.contributions if box.wave == "THEN"} == {None}
    assert found.respondents == (Respondent("p7", "es", "id"),)
    counts = {count.what: count.n for count in found.counts}
    assert counts["open answers not read; `casestudy add` takes them in"] == 1
    assert "geheim" not in repr(found)


def test_a_site_may_come_from_the_mapping_and_nobody_need_be_known(tmp_path: Path) -> None:
    files = {"a.json": saved(site=None, person={}, then=..., components=..., answers={"TOE4": "na"})}
    text = INSTRUMENT + "    site: beuk\n"
    found = survey.read(made(tmp_path, files, instrument=text))
    assert {(row.site, row.wave, row.item, row.value, row.reason_na) for row in found.responses} == {
        ("beuk", "T1", "V1", None, "skipped"),
        ("beuk", "T1", "V2", None, "skipped"),
        ("beuk", "T1", "TOE4", None, "not_applicable"),
    }
    assert [who.link_method for who in found.respondents] == ["none"]
    assert {box.value for box in found.contributions} == {None}


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + json.dumps(SAVED).encode()
    assert len(survey.read(made(tmp_path, {"a.json": data})).respondents) == 1


NO_FILE = "the file must be a saved self-reflection, found something else"
BAD_BYTES = [
    (b"", None),
    (b"[]", NO_FILE),
    (b'{"format": "other"}', NO_FILE),
    (b"{", NO_FILE),
    (b"[" * 200_000, NO_FILE),
    (b'{"format": "casestudy-self-reflection", "x": ' + b"[" * 400 + b"]" * 400 + b"}", NO_FILE),
    (b"\xff\xfe{}", "the file must be UTF-8 text, found other bytes"),
    (b'{"a": 1, "a": 2}', "a key must stand once, found one twice"),
    (b'{"a": NaN}', "every number must be one, found NaN or infinity"),
    (b'{"a": -Infinity}', "every number must be one, found NaN or infinity"),
    (b'{"a": ' + b"9" * 5000 + b"}", NO_FILE),
    (b'{"a": "\\ud800"}', NO_FILE),
    (b" " * 1_000_001, "a file must be at most 1,000,000 bytes, found 1,000,001"),
]


@pytest.mark.parametrize(("data", "message"), BAD_BYTES, ids=range(len(BAD_BYTES)))
def test_other_bytes_are_refused(tmp_path: Path, data: bytes, message: str | None) -> None:
    study = made(tmp_path, {"a.json": data})
    if message is None:  # an empty file is a placeholder of a program that synchronises folders
        assert survey.read(study).responses == ()
        return
    (problem,) = told(study)
    assert problem.startswith(f"survey/zelf/a.json: {message}"), problem


BAD = [
    ({"format_version": 2}, "`format_version` must be as the page saves it"),
    ({"format_version": "1"}, "`format_version` must be as the page saves it"),
    (
        {"instrument": {"id": "geheim", "version": "1.0"}},
        "it must be filled in on the instrument `reflectie`",
    ),
    ({"instrument": {"id": "reflectie", "version": "geheim"}}, "the version that was filled in must be kept"),
    ({"instrument": {"id": "reflectie", "version": "../../study"}}, "the version that was filled in must be"),
    ({"wave": "geheim"}, "`wave` must be a wave of study.yml, found another"),
    ({"site": "geheim"}, "`site` must be a site of study.yml, found another"),
    ({"site": None}, "the site of the person must be known, found nothing"),
    ({"language": "geheim"}, "`language` must be as the page saves it"),
    ({"saved": "2026-11-23"}, "`saved` must be as the page saves it"),
    ({"answers": ...}, "`answers` must be given whole, found less"),
    ({"answers": {"geheim": 1}}, "`answers` must be items of version 1.0, found 1 others"),
    ({"answers": {"V1": 6}}, "`V1` must be an answer from 1 to 5, found another number"),
    ({"answers": {"V1": 0.99}}, "`V1` must be an answer from 1 to 5, found another number"),
    ({"answers": {"V1": 2.5}}, "`V1` must be an answer from 1 to 5, found another number"),
    ({"answers": {"V1": 1e308}}, "`V1` must be an answer from 1 to 5, found another number"),
    ({"answers": {"V1": True}}, "`answers` must be as the page saves it"),
    ({"answers": {"V1": "4"}}, "`answers` must be as the page saves it"),
    ({"answers": {"V1": [4]}}, "`answers` must be as the page saves it"),
    ({"answers": {"V1": "na"}}, '`V1` must be answered, found "does not apply"'),
    ({"then": {"V1": 7}}, "`V1` must be an answer from 1 to 5"),
    ({"then": {"X1": 7}}, "`then` must be items of version 1.0"),
    ({"components": {"SK05": []}}, "`components` must be of skills of version 1.0"),
    ({"components": {"SK04": ["geheim"]}}, "`components.SK04` must be components of that skill, each once"),
    ({"components": {"SK04": ["CP01", "CP01"]}}, "`components.SK04` must be components of that skill"),
    ({"open": {"geheim": "x"}}, "`open` must be open questions of version 1.0, found 1 others"),
    ({"open": {"O1": 3}}, "`open` must be as the page saves it"),
    ({"person": {"number": 7}}, "`person` must be as the page saves it"),
    ({"person": {"number": "x" * 65}}, "`person` must be as the page saves it"),
    ({"person": {"number": "a\u0000b"}}, "`person` must be as the page saves it"),
    ({"person": {"number": ""}}, "`person` must be as the page saves it"),
    ({"person": {"number": "p7", "elements": {}}}, "`person` must be as the page saves it"),
    (
        {"person": {"elements": {"c1": "A"}}},
        "`person` must be as the instrument asks it, found a self-generated",
    ),
    ({"person": {"geheim": "x"}}, "`person` must be as the page saves it"),
    ({"geheim": 1}, "every key must be known, found another"),
]


@pytest.mark.parametrize(("changed", "message"), BAD, ids=range(len(BAD)))
def test_anything_else_than_the_page_saves_is_refused(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    problems = told(made(tmp_path, {"a.json": saved(**changed)}))
    assert len([problem for problem in problems if message in problem]) == 1, problems
    assert all(problem.startswith("survey/zelf/a.json") for problem in problems)
    assert "geheim" not in str(problems)


def test_a_file_that_looks_back_needs_the_wave(tmp_path: Path) -> None:
    study = made(tmp_path, {"a.json": SAVED}, instrument=INSTRUMENT.replace(", THEN]", "]"))
    path = study.folder / "study.yml"
    path.write_text(STUDY.replace("retrospective", "followup"), encoding="utf-8")
    (problem,) = told(studies.read(study.folder))
    assert "answers that look back must have a wave of relation retrospective" in problem


def test_a_site_of_the_mapping_must_be_that_of_the_file(tmp_path: Path) -> None:
    (problem,) = told(made(tmp_path, {"a.json": SAVED}, instrument=INSTRUMENT + "    site: beuk\n"))
    assert "`site` must be `beuk`, as the mapping says, found another site" in problem


@pytest.mark.parametrize(
    "who", [{"number": "p7"}, {"elements": dict.fromkeys(["c1", "c2", "c3", "c4", "c5", "c6"], "a")}]
)
def test_who_hands_in_twice_falls_under_the_rule_for_doubles(tmp_path: Path, who: dict[str, Any]) -> None:
    text = INSTRUMENT if "number" in who else INSTRUMENT.replace("person: {ask: number}\n", CODE)
    files = {
        "a.json": saved(person=who, then=...),
        "b.json": saved(person=who, then=..., answers={"V1": 1, "V2": 1, "TOE4": 1}),
    }
    study = made(tmp_path, files, instrument=text)
    (problem,) = told(study)
    assert problem.startswith("survey/zelf/b.json:1: a respondent must answer once in a wave")
    path = study.folder / "instrument.yml"
    path.write_text(text + "    duplicates: keep_last\n", encoding="utf-8")
    found = survey.read(study)
    assert [row.value for row in found.responses] == [1.0, 1.0, 1.0]


def test_codes_become_records_that_are_linked_and_sealed(tmp_path: Path) -> None:
    code = {"c1": "A", "c2": "b", "c3": "07", "c4": "3", "c5": "0", "c6": "k"}
    other = {"c1": "Q", "c2": "r", "c3": "30", "c4": "9"}
    files = {
        "a.json": saved(person={"elements": code}, open={"O1": "een, twee"}),
        "b.json": saved(person={"elements": code}, wave="T0", then=..., components=...),
        "c.json": saved(person={"elements": other}, wave="T0", then=..., components=...),
    }
    study = made(tmp_path, files, instrument=INSTRUMENT.replace("person: {ask: number}\n", CODE))
    found = survey.read(study)
    assert [record.elements for record in found.sgic if record.wave == "THEN"] == [tuple(code.values())]
    waves = {wave.id: frames.sgic(found, wave.id) for wave in study.waves}
    pairs = linking.link_waves(waves, fixed=["role_class"])[["first", "second", "method"]].itertuples(
        index=False, name=None
    )
    persons = survey.persons_of(found, pairs)
    assert [len(records) for records, _ in persons.values()] == [3]
    plan = sealing.plan(study, found, persons, bytes(32))
    sealing.stage(study, plan, found, persons, bytes(32))
    assert list(sealing.steps(study))[-1] == "done"
    after = survey.read(study)
    assert len(after.respondents) == 2
    assert sorted(who.link_method for who in after.respondents) == ["none", "sgic_exact"]
    assert sorted(path.name for path in (study.folder / "survey" / "zelf").iterdir()) == [
        "a.json.sealed.csv",
        "b.json.sealed.csv",
        "c.json.sealed.csv",
    ]
    assert "een, twee" in (study.folder / "survey" / "zelf" / "a.json.sealed.csv").read_text(encoding="utf-8")


def test_an_earlier_version_is_read_when_it_was_kept(tmp_path: Path) -> None:
    study = made(tmp_path, {"a.json": saved(then=...)})
    instrument_versions.keep(study)
    newer = INSTRUMENT.replace('"1.0"', '"2.0"').replace(
        "      - {id: V2, text: {nl: Ik durf het, en: I dare}, options: cijfer}\n",
        "      - {id: V3, text: {nl: Ik wil het, en: I want to}, options: likert}\n",
    )
    path = study.folder / "instrument.yml"
    path.write_text(newer, encoding="utf-8")
    found = survey.read(study)
    assert {row.item: row.value for row in found.responses} == {"V1": 4.0, "TOE4": 3.0}
    path.write_text(newer.replace("likert: {min: 1, max: 5}", "likert: {min: 1, max: 7}"), encoding="utf-8")
    problems = told(study)
    assert [problem.split(", found")[0] for problem in problems] == [
        "survey/zelf/a.json: `TOE4` must have the options and the direction it had in version 1.0",
        "survey/zelf/a.json: `V1` must have the options and the direction it had in version 1.0",
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.dictionaries(st.sampled_from(["V1", "TOE4"]), st.integers(1, 5) | st.none()),
    st.floats(0, 10) | st.none(),
    st.sets(st.sampled_from(["CP01", "CP11"])),
)
def test_every_answer_survives(
    tmp_path: Path, whole: dict[str, int | None], mark: float | None, ticked: set[str]
) -> None:
    folder = tmp_path / "project" / "interviews" / "proef"
    study = studies.read(folder) if folder.exists() else made(tmp_path, {})
    mark = None if mark is None else round(mark, 3)
    content = saved(answers={**whole, "V2": mark}, then=..., components={"SK04": sorted(ticked)})
    (folder / "survey" / "zelf" / "a.json").write_text(json.dumps(content), encoding="utf-8")
    found = survey.read(study)
    given_ = {row.item: row.value for row in found.responses}
    assert given_ == {"V1": whole.get("V1"), "V2": mark, "TOE4": whole.get("TOE4")}
    if whole.get("TOE4") is not None:
        assert {box.component for box in found.contributions if box.value} == ticked
    assert instruments.read(study).says_when
