"""The instrument: scales, items and a written mapping for every file; a slip is named by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import instrument
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
