"""The guide: what was asked is known, and codes that do not exist are named by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial, WrongUse
from casestudy.material import guide
from casestudy.study import Study

STUDY = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}]
"""
CODEBOOK = "id: proef\nversion: 1.0.0\nframeworks: [midi, skills]\n"

GUIDE = """\
versions:
  "1":
    topics:
      - id: tijd
        question: {nl: Hoe staat het met de tijd?, en: How about time?}
        codes: [M23, M20]
      - {id: open, question: {nl: Wat nog meer?, en: What else?}}
  "2":
    topics:
      - {id: tijd, question: {nl: En de tijd?, en: And time?}, codes: [M23]}
joint_display:
  - row: vaardigheid
    label: {nl: Vaardigheden, en: Skills}
    codes: [SK04]
    scale: VAA
    relation: same_object
  - {row: steun, label: {nl: Steun, en: Support}, codes: [M13], relation: explains, neg_means: worsening}
"""


def made(tmp_path: Path, text: str | None = GUIDE) -> Study:
    folder = tmp_path / "proef"
    folder.mkdir()
    (folder / "study.yml").write_text(STUDY, encoding="utf-8")
    (folder / "codebook.yml").write_text(CODEBOOK, encoding="utf-8")
    if text is not None:
        (folder / "guide.yml").write_text(text, encoding="utf-8")
    return studies.read(folder)


def test_what_each_version_asks(tmp_path: Path) -> None:
    found = guide.read(made(tmp_path))
    assert [found.asked(version) for version in ("1", "2", None)] == [{"M23", "M20"}, {"M23"}, set()]
    row = found.row("vaardigheid")
    assert row is not None
    assert (row.codes, row.scale, row.neg_means) == (("SK04",), "VAA", "no_improvement")
    assert found.row("iets") is None


def test_an_unknown_version_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"guide\.yml: a version must be in the guide, found `3`"):
        guide.read(made(tmp_path)).asked("3")


def test_a_study_without_a_guide_asked_nothing_known(tmp_path: Path) -> None:
    assert guide.read(made(tmp_path, None)) == guide.Guide()


MISTAKES = [
    ("codes: [M23]}", "codes: [M99]}", "guide.yml:10: `codes` must be codes of codebook.yml, found `M99`"),
    ("codes: [SK04]", "codes: [SK4]", "guide.yml:14: `codes` must be codes of codebook.yml, found `SK4`"),
    ("codes: [M13]", "codes: []", "guide.yml:17: `joint_display.1.codes` must"),
    ("id: open", "id: Tijd", "guide.yml:7: `versions.1.topics.1.id` must stand once, found `Tijd` again"),
    ("row: steun", "row: vaardigheid", "guide.yml:17: `joint_display.1.row` must stand once"),
    (
        "scale: VAA",
        "scale: VAA\n    item: V1",
        "guide.yml:12: `joint_display.0` must name a `scale` or an `item`",
    ),
    ("relation: explains", "relation: causes", "guide.yml:17: `joint_display.1.relation` must be"),
    ("topics:\n      - {id: tijd", "topic:\n      - {id: tijd", "guide.yml:9: every key must be known"),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES)
def test_a_mistake_is_named_by_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert GUIDE.count(old) == 1
    with pytest.raises(InvalidMaterial) as refused:
        guide.read(made(tmp_path, GUIDE.replace(old, new)))
    assert any(str(problem).startswith(message) for problem in refused.value.problems), str(refused.value)


def test_every_unknown_code_is_named_at_once(tmp_path: Path) -> None:
    text = GUIDE.replace("M23, M20", "M98, M99").replace("[M13]", "[M97]")
    with pytest.raises(InvalidMaterial) as refused:
        guide.read(made(tmp_path, text))
    assert [problem.place for problem in refused.value.problems] == [
        "guide.yml:6",
        "guide.yml:6",
        "guide.yml:17",
    ]
