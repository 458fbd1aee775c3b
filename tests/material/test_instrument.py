"""The instrument: scales, items and a written mapping for every file; a slip is named by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial, WrongUse
from casestudy.material import check, instrument, instrument_versions, survey
from casestudy.study import Study

STUDY = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}, {id: beuk, name: Beuk}]
waves:
  - {id: T0, label: {nl: voor, en: before}, relation: before}
  - {id: T1, label: {nl: na, en: after}, relation: directly_after}
"""

INSTRUMENT = """\
id: reflectie
version: "1"
options:
  likert: {min: 1, max: 5}
  vaak: {min: 1, max: 2, labels: [{nl: nooit, en: never}, {nl: vaak, en: often}]}
scales:
  - id: VAA
    label: {nl: Vaardigheid, en: Skill}
    items:
      - {id: V1, text: {nl: Ik kan het, en: I can}, options: likert}
      - {id: V2, text: {nl: Ik kan het niet, en: I cannot}, options: likert, reverse: true}
  - id: TOE
    label: {nl: Toepassing, en: Use}
    kind: frequency
    items:
      - {id: TOE04, text: {nl: Plan, en: Plan}, options: vaak, not_applicable: true, skill: SK04}
components: {SK04: [CP01, CP11]}
files:
  - file: voor.csv
    columns: {respondent: id, site: plek}
    wave: T0
    sites: {Es B.V.: es}
    items: {vraag 1: V1}
    multi: {con: {skill: SK04, component: CP11}}
    offered: {es: [CP01, CP11], beuk: []}
    unlinked_sites: [beuk]
  - file: "na/*.xlsx"
    sheet: antwoorden
    columns: {respondent: id, wave: meting, site: plek}
    waves: {na: T1}
"""


def made(tmp_path: Path, text: str | None = INSTRUMENT) -> Study:
    folder = tmp_path / "proef"
    folder.mkdir()
    (folder / "study.yml").write_text(STUDY, encoding="utf-8")
    if text is not None:
        (folder / "instrument.yml").write_text(text, encoding="utf-8")
    return studies.read(folder)


def test_everything_is_there(tmp_path: Path) -> None:
    found = instrument.read(made(tmp_path))
    assert [item.id for item in found.items] == ["V1", "V2", "TOE04"]
    assert found.unlinked_sites == {"beuk"}
    scale, item = found.scale("TOE"), found.item("V2")
    assert scale is not None
    assert scale.kind == "frequency"
    assert item is not None
    assert item.reverse
    assert (found.item("V9"), found.scale("V9")) == (None, None)
    assert found.files[1].missing == ("", "NA")


def test_a_study_without_a_survey(tmp_path: Path) -> None:
    assert instrument.read(made(tmp_path, None)) == instrument.NOTHING


def test_survey_files_without_an_instrument(tmp_path: Path) -> None:
    study = made(tmp_path, None)
    (study.folder / "survey").mkdir()
    (study.folder / "survey" / ".DS_Store").write_text("x", encoding="utf-8")
    assert instrument.read(study) == instrument.NOTHING
    (study.folder / "survey" / "t.csv").write_text("id\n", encoding="utf-8")
    with pytest.raises(InvalidMaterial, match="it must be there when survey/ holds files"):
        instrument.read(study)


MISTAKES = [
    (
        "options: likert, reverse",
        "options: likrt, reverse",
        11,
        "`scales.0.items.1.options` must be one of `options`",
    ),
    ("id: V2", "id: v1", 11, "`scales.0.items.1.id` must stand once, found `v1` again"),
    ("id: TOE\n", "id: VAA\n", 12, "`scales.1.id` must stand once"),
    ("kind: frequency", "kind: sum", 14, "`scales.1.kind` must be"),
    ("{min: 1, max: 5}", "{min: 5, max: 1}", 4, "`options.likert` must have a `min` below its `max`"),
    (
        "{min: 1, max: 2, labels",
        "{min: 1, max: 3, labels",
        5,
        "`options.vaak` must have a label for every answer",
    ),
    ("{min: 1, max: 5}", "{min: 1, max: .inf}", 4, "`options.likert"),
    ("file: voor.csv", "file: ../voor.csv", 19, "`files.0.file` must name files inside survey/"),
    ("file: voor.csv", "file: /etc/passwd", 19, "`files.0.file` must name files inside survey/"),
    ("    wave: T0\n", "", 19, "`files.0.wave` must be given once, as `wave` or as `columns.wave`"),
    (
        "site: plek}\n    waves",
        "site: plek}\n    site: es\n    waves",
        30,
        "`files.1.site` must be given once",
    ),
    ("wave: T0", "wave: T9", 21, "`wave` must name a wave of study.yml, found `T9`"),
    (
        "Es B.V.: es",
        "Es B.V.: esch",
        22,
        "`sites` must name a site of study.yml, found `esch`; did you mean `es`?",
    ),
    ("na: T1", "na: T4", 30, "`waves` must name a wave of study.yml, found `T4`"),
    (
        "unlinked_sites: [beuk]",
        "unlinked_sites: [beuken]",
        26,
        "`unlinked_sites` must name a site of study.yml",
    ),
    ("vraag 1: V1", "vraag 1: V9", 23, "`files.0.items.vraag 1` must be an item of a scale, found `V9`"),
    ("con: {skill: SK04", "con: {skill: SK05", 24, "`files.0.multi.con` must name the `skill` of an item"),
    ("component: CP11", "component: CP12", 24, "`files.0.multi.con` must be in `components` of that skill"),
    (", beuk: []}", "}", 25, "`offered` must name every site, found nothing for `beuk`"),
    (
        "{respondent: id, site: plek}",
        "{site: plek}",
        20,
        "`files.0.columns` must name the `respondent` column",
    ),
    ("wave: T0\n", "wave: T0\n    linking: sgic\n", 19, "`files.0.sgic` must name 6 columns"),
    ("wave: T0\n", "wave: T0\n    layout: long\n", 20, "`files.0.columns` must name `item`, `value` and"),
    ("wave: T0\n", 'wave: T0\n    ticked: ["0"]\n', 22, "`files.0.ticked` must differ from `unticked`"),
    (
        "wave: T0\n",
        "wave: T0\n    duplicate: keep_last\n",
        22,
        "every key must be known, found `files.0.duplicate`",
    ),
    ("wave: T0\n", "wave: T0\n    two_sites: ignore\n", 22, "`files.0.two_sites` must be"),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), MISTAKES)
def test_a_mistake_is_named_by_line(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    assert INSTRUMENT.count(old) == 1
    with pytest.raises(InvalidMaterial) as refused:
        instrument.read(made(tmp_path, INSTRUMENT.replace(old, new)))
    assert str(refused.value).startswith(f"instrument.yml:{line}: {message}"), str(refused.value)
    assert str(tmp_path) not in str(refused.value)


FORM = """\
id: reflectie
version: "1.0"
title: {nl: Reflectie, en: Reflection}
intro: {nl: Tien minuten, en: Ten minutes}
person:
  ask: code
  elements:
    - {id: c1, text: {nl: a, en: a}, kind: letter}
    - {id: c2, text: {nl: b, en: b}, kind: letter}
    - {id: c3, text: {nl: c, en: c}, kind: day}
    - {id: c4, text: {nl: d, en: d}, kind: month}
    - {id: c5, text: {nl: e, en: e}, kind: count}
    - {id: c6, text: {nl: f, en: f}}
options:
  likert: {min: 1, max: 5, not_applicable: {nl: nvt, en: n/a}}
scales:
  - id: VAA
    label: {nl: Vaardigheid, en: Skill}
    waves: [T1, THEN]
    intro: {nl: Denk terug, en: Think back}
    norm: {sd: 0.6, reliability: 0.8, source: Author 2020}
    items:
      - {id: V1, text: {nl: Ik kan het, en: I can}, options: likert}
  - id: TOE
    label: {nl: Toepassing, en: Use}
    kind: frequency
    items:
      - {id: TOE4, text: {nl: Plan, en: Plan}, options: likert, not_applicable: true, skill: SK04}
components: {SK04: [CP01, CP11]}
component_waves: [T1]
component_question: {nl: Wat hielp?, en: What helped?}
open:
  - {id: O1, text: {nl: Nog iets?, en: Anything else?}, waves: [T1]}
  - {id: O2, text: {nl: Waarom?, en: Why?}}
reflection:
  SK04:
    - {nl: Wanneer?, en: When?}
    - {nl: Hoe?, en: How?}
"""
FORM_STUDY = STUDY + "  - {id: THEN, label: {nl: terug, en: back}, relation: retrospective}\n"


def formed(tmp_path: Path, text: str = FORM) -> Study:
    study = made(tmp_path, text)
    (study.folder / "study.yml").write_text(FORM_STUDY, encoding="utf-8")
    return studies.read(study.folder)


def test_a_form_asks_what_its_wave_asks(tmp_path: Path) -> None:
    study = formed(tmp_path)
    found = instrument.read(study)
    asked = {wave.id: [scale.id for scale in found.asked(wave.id, study)] for wave in study.waves}
    assert asked == {"T0": ["TOE"], "T1": ["VAA", "TOE"], "THEN": ["VAA"]}
    opened = {wave.id: [one.id for one in found.open_items(wave.id, study)] for wave in study.waves}
    assert opened == {"T0": ["O2"], "T1": ["O1", "O2"], "THEN": []}
    assert [found.asks_components(wave.id, study) for wave in study.waves] == [False, True, False]
    assert found.scales[0].norm is not None
    assert [element.kind for element in found.person.elements][2:] == ["day", "month", "count", "text"]
    assert found.options["likert"].not_applicable is not None
    with pytest.raises(WrongUse, match="--wave: a wave must be in study.yml, found `T7`"):
        found.asked("T7", study)


def test_without_waves_everything_is_asked_but_where_one_looks_back(tmp_path: Path) -> None:
    text = FORM.replace("    waves: [T1, THEN]\n", "").replace("component_waves: [T1]\n", "")
    study = formed(tmp_path, text)
    found = instrument.read(study)
    assert not found.says_when
    assert [len(found.asked(wave.id, study)) for wave in study.waves] == [2, 2, 0]
    assert [found.asks_components(wave.id, study) for wave in study.waves] == [False, True, False]


FORM_MISTAKES = [
    (
        "waves: [T1, THEN]",
        "waves: [T1, T4]",
        19,
        "`waves` must be waves of study.yml, found `T4`; use",
    ),
    ("waves: [T1, THEN]", "waves: [T1, T1]", 19, "`scales.0.waves.1` must stand once, found `T1` again"),
    ("component_waves: [T1]", "component_waves: [T5]", 30, "`component_waves` must be waves of study.yml"),
    ("en: Anything else?}, waves: [T1]", "en: Anything else?}, waves: [TX]", 33, "`waves` must be waves of"),
    ("{sd: 0.6,", "{sd: 0,", 21, "`scales.0.norm.sd` must be greater than 0"),
    ("{sd: 0.6,", "{sd: .inf,", 21, "`scales.0.norm.sd` must be"),
    ("reliability: 0.8", "reliability: 1", 21, "`scales.0.norm.reliability` must be less than 1"),
    ("reliability: 0.8", "reliability: 0", 21, "`scales.0.norm.reliability` must be greater than 0"),
    (", source: Author 2020}", "}", 21, "`scales.0.norm.source` must be given"),
    (
        "    waves: [T1, THEN]\n",
        "    kind: frequency\n",
        21,
        "`scales.0.norm` must stand at a scale of kind mean",
    ),
    ("id: c2,", "id: C1,", 9, "`person.elements.1.id` must stand once, found `C1` again"),
    ("    - {id: c6, text: {nl: f, en: f}}\n", "", 7, "`person.elements` must be 6 with `ask: code`"),
    ("ask: code", "ask: number", 7, "`person.elements` must be 6 with `ask: code` and none without, found 6"),
    ("kind: day", "kind: date", 10, "`person.elements.2.kind` must be"),
    ("{id: O2,", "{id: v1,", 34, "`open.1.id` must stand once, found `v1` again"),
    ("{id: O2,", "{id: c1,", 8, "`person.elements.0.id` must stand once, found `c1` again"),
    ("components: {SK04", "components: {SK05", 29, "`components.SK05` must be the `skill` of an item"),
    ("[CP01, CP11]", "[CP01, CP01]", 29, "`components.SK04.1` must stand once, found `CP01` again"),
    ("components: {SK04: [CP01, CP11]}\n", "", 29, "`component_waves` must stand with `components`"),
    ("reflection:\n  SK04", "reflection:\n  SK4", 36, "`reflection.SK4` must be the `skill` of an item"),
    ("    - {nl: Hoe?, en: How?}\n", "", 36, "`reflection.SK04` must be 2 questions, found 1"),
    ("not_applicable: {nl: nvt, en: n/a}", "not_applicable: nvt", 15, "`options.likert.not_applicable`"),
    ("title: {nl: Reflectie, en: Reflection}", "title: {nl: Reflectie}", 3, "`title.en` must be given"),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), FORM_MISTAKES)
def test_a_mistake_in_the_form_is_named_by_line(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    assert FORM.count(old) == 1
    with pytest.raises(InvalidMaterial) as refused:
        instrument.read(formed(tmp_path, FORM.replace(old, new)))
    assert str(refused.value).startswith(f"instrument.yml:{line}: {message}"), str(refused.value)


CODEBOOK = """\
id: boek
version: 1.0.0
codes:
  - {id: SK04, family: skill, label: {nl: Plan, en: Plan}, definition: {nl: x, en: x}}
  - {id: CP01, family: component, label: {nl: Dag, en: Day}, definition: {nl: x, en: x}}
  - {id: CP12, family: process, label: {nl: Dag, en: Day}, definition: {nl: x, en: x}}
"""


def test_skills_and_components_are_codes_of_the_codebook(tmp_path: Path) -> None:
    study = formed(tmp_path, FORM.replace("CP11", "CP12"))
    (study.folder / "codebook.yml").write_text(CODEBOOK, encoding="utf-8")
    (problem,) = check.problems(study)
    assert str(problem) == (
        "instrument.yml:29: a component must be a code of that family in codebook.yml, found `CP12`; "
        "did you mean `CP01`?"
    )


def test_a_version_is_kept_whole_without_its_mappings(tmp_path: Path) -> None:
    study = formed(tmp_path)
    assert instrument_versions.keep(study) == "instruments/1.0.yml"
    assert instrument_versions.keep(study) == "instruments/1.0.yml"
    present = instrument.read(study)
    assert instrument_versions.version(study, present.model_copy(update={"version": "2"}), "1.0") == present
    path = study.folder / "instrument.yml"
    path.write_text(FORM.replace("Ik kan het", "Het lukt"), encoding="utf-8")
    with pytest.raises(InvalidMaterial, match=r"instrument.yml:2: `version` must be new, as 1.0 was kept"):
        instrument_versions.keep(study)
    path.write_text(FORM.replace("reliability: 0.8", "reliability: 0.7"), encoding="utf-8")
    assert instrument_versions.keep(study) == "instruments/1.0.yml"
    path.write_text(FORM.replace('"1.0"', '"../x"'), encoding="utf-8")
    with pytest.raises(InvalidMaterial, match="`version` must be letters, digits"):
        instrument_versions.keep(study)
    path.unlink()
    with pytest.raises(InvalidMaterial, match="the file must be there"):
        instrument_versions.keep(study)


OLD = INSTRUMENT[: INSTRUMENT.index("files:")]
NEW = (
    OLD.replace('version: "1"', 'version: "2"')
    .replace("id: V2, text: {nl: Ik kan het niet, en: I cannot}", "id: V3, text: {nl: Ik wil, en: I want}")
    .replace("SK04: [CP01, CP11]", "SK04: [CP01]")
)
FILES = """\
files:
  - file: voor.csv
    instrument: "1"
    columns: {respondent: id, site: plek}
    wave: T0
    items: {vraag 2: V2, vraag 1: V1}
    multi: {con1: {skill: SK04, component: CP01}, con2: {skill: SK04, component: CP11}}
"""


def versions(tmp_path: Path, new: str = NEW + FILES) -> Study:
    study = made(tmp_path, OLD)
    instrument_versions.keep(study)
    (study.folder / "instrument.yml").write_text(new, encoding="utf-8")
    (study.folder / "survey").mkdir()
    text = "id,plek,vraag 1,vraag 2,TOE04,con1,con2\np1,es,4,2,2,1,1\n"
    (study.folder / "survey" / "voor.csv").write_text(text.replace("2,1,1", "vaak,1,1"), encoding="utf-8")
    return studies.read(study.folder)


def test_answers_to_an_earlier_version_are_read(tmp_path: Path) -> None:
    study = versions(tmp_path, (NEW + FILES).replace("multi:", "shown_from: 2\n    multi:"))
    found = survey.read(study)
    assert {row.item: row.value for row in found.responses} == {"V1": 4.0, "TOE04": 2.0}
    assert [(box.component, box.value) for box in found.contributions] == [("CP01", 1)]
    counts = {(count.place, count.what): count.n for count in found.counts}
    assert counts["survey/voor.csv", "items of an earlier version that are asked no more, not read"] == 1
    assert check.problems(study)[0].place == "codebook.yml"


VERSION_MISTAKES = [
    (
        "{min: 1, max: 5}",
        "{min: 1, max: 7}",
        "`V1` must have the options and the direction it had in version 1",
    ),
    (
        "en: I can}, options: likert",
        "en: I can}, options: likert, reverse: true",
        "`V1` must have the options",
    ),
    ("{nl: vaak, en: often}", "{nl: altijd, en: always}", "`TOE04` must have the options"),
    (
        'instrument: "1"',
        'instrument: "7"',
        "answers were given on version 7, and that must be known, found 1",
    ),
    ("vraag 1: V1", "vraag 1: V9", "`files.0.items.vraag 1` must be an item of a scale, found `V9`"),
]


@pytest.mark.parametrize(("old", "new", "message"), VERSION_MISTAKES)
def test_what_cannot_be_compared_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert (NEW + FILES).count(old) == 1
    with pytest.raises(InvalidMaterial) as refused:
        survey.read(versions(tmp_path, (NEW + FILES).replace(old, new)))
    assert len(refused.value.problems) == 1
    assert message in str(refused.value)


def test_a_kept_version_bears_its_number_and_its_instrument(tmp_path: Path) -> None:
    study = versions(tmp_path)
    path = study.folder / "instruments" / "1.yml"
    text = path.read_text(encoding="utf-8")
    for old, new in (("id: reflectie", "id: ander"), ("version: '1'", "version: '3'")):
        path.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(
            InvalidMaterial, match=r"instruments/1.yml: `(id|version)` of a kept instrument must be"
        ):
            survey.read(study)
