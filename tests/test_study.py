"""Settings: found by name, refused when unknown, never weaker without a signature."""

from __future__ import annotations

from pathlib import Path

import pytest

from casestudy import study
from casestudy.errors import InvalidMaterial, WrongUse

GOOD = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites:
  - {id: "no", name: Nee}
  - {id: 012, name: Twaalf}
waves:
  - {id: T0, label: {nl: voor, en: before}, relation: before}
  - {id: T1, label: {nl: na, en: after}, relation: directly_after}
"""


def folder(tmp_path: Path, text: str, name: str = "proef") -> Path:
    place = tmp_path / "interviews" / name
    place.mkdir(parents=True)
    (place / "study.yml").write_text(text, encoding="utf-8")
    return place


def problems(tmp_path: Path, text: str) -> str:
    with pytest.raises(InvalidMaterial) as refused:
        study.read(folder(tmp_path, text))
    assert refused.value.exit_code == 2
    return str(refused.value)


def test_ids_are_text(tmp_path: Path) -> None:
    value = study.read(folder(tmp_path, GOOD))
    assert value.site_ids == ["no", "012"]
    assert value.reports == tmp_path / "reports"
    assert value.minimum("public") == 10


def test_a_study_is_found_by_name_from_inside_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(tmp_path, GOOD)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert study.read("proef").folder == study.read().folder == place


def test_which_study_is_asked_when_there_are_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, GOOD, "een"), folder(tmp_path, GOOD, "twee")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WrongUse, match="one study must be named, found 2; use one of: een, twee"):
        study.read()
    with pytest.raises(WrongUse, match="did you mean `twee`"):
        study.read("tweee")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("seeed: 5", "every key must be known, found `seeed`"),
        ("kind: survey", "a key must stand once"),
        ("comparison: {before: T0, after: T9}", "must name waves of this study, found `T9`"),
        (
            "thresholds: {disclosure: {min_cell: 2}}",
            "must not be weaker than 5 without a signed line, found 2",
        ),
        ("thresholds: {disclosure: {max_quote_words: 90}}", "must not be weaker than 40"),
        ("thresholds: {survey: {n_describe: 1}}", "thresholds.survey.n_describe"),
        (
            "thresholds: {signed: [{threshold: x, value: 3, who: ab, when: 2026-01-01, why: we all agreed}]}",
            "must name a disclosure threshold",
        ),
    ],
)
def test_a_wrong_setting_is_refused(tmp_path: Path, line: str, said: str) -> None:
    assert said in problems(tmp_path, GOOD + line + "\n")


def test_a_weaker_threshold_needs_a_signed_line(tmp_path: Path) -> None:
    signed = (
        "{threshold: min_cell, value: 4, who: J. de Wit, when: 2026-01-01, why: agreed with all five sites}"
    )
    text = GOOD + f"thresholds: {{disclosure: {{min_cell: 4}}, signed: [{signed}]}}\n"
    assert study.read(folder(tmp_path, text)).minimum("site") == 4


def test_sites_that_differ_only_in_case_are_refused(tmp_path: Path) -> None:
    assert "must have one entry per id" in problems(tmp_path, GOOD.replace("012", '"NO"'))


def test_an_unknown_site_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="a site must be in study.yml, found `x`"):
        study.read(folder(tmp_path, GOOD)).site("x")


def test_the_study_that_the_lab_was_opened_on_is_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(tmp_path, GOOD, "een")
    place = folder(tmp_path, GOOD, "twee")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(study.STUDY_AT_HAND, str(place))
    assert study.read().folder == place
    assert study.read("een").name == "een"
