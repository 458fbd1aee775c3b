"""Ratings: one file per rater, the last line counts, and nobody settles alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import ratings
from casestudy.study import Study

STUDY = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}, {id: beuk, name: Beuk}]
"""
CODEBOOK = "id: proef\nversion: 1.0.0\nframeworks: [midi, skills, components]\n"
AT = "2019-05-06T10:00:00+00:00"


def rated(**changed: Any) -> dict[str, Any]:
    return {
        "site": "es",
        "code": "M23",
        "value": "-2",
        "rationale": "vaak",
        "rater": "r1",
        "at": AT,
    } | changed


def settled(**changed: Any) -> dict[str, Any]:
    line = {"site": "es", "code": "M23", "value": "-1", "proposed": "-2", "rationale": "besproken", "at": AT}
    return line | {"supporting": ["c1"], "contrary": [], "decided_by": ["r1", "r2"]} | changed


def made(tmp_path: Path, files: dict[str, list[dict[str, Any]]]) -> Study:
    folder = tmp_path / "proef"
    (folder / "ratings").mkdir(parents=True)
    (folder / "study.yml").write_text(STUDY, encoding="utf-8")
    (folder / "codebook.yml").write_text(CODEBOOK, encoding="utf-8")
    for name, lines in files.items():
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / "ratings" / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return studies.read(folder)


def test_the_last_line_of_each_rater_counts(tmp_path: Path) -> None:
    lines = [rated(), rated(site="beuk", value="X"), rated(value="0"), rated(code="SK04", value="M")]
    study = made(tmp_path, {"r2": [rated(rater="r2", value="1")], "r1": lines, "settled": [settled()]})
    found = [(rating.rater, rating.site, rating.code, rating.value) for rating in ratings.read(study)]
    assert found == [
        ("r1", "beuk", "M23", "X"),
        ("r1", "es", "M23", "0"),
        ("r1", "es", "SK04", "M"),
        ("r2", "es", "M23", "1"),
    ]
    assert [rating.site for rating in ratings.read(study, "beuk")] == ["beuk"]


def test_settled_ratings_keep_what_they_rest_on(tmp_path: Path) -> None:
    lines = [settled(), settled(value="M", supporting=[], code="M22"), settled(value="-2", contrary=["c2"])]
    study = made(tmp_path, {"settled": lines})
    found = ratings.settled(study)
    assert [(r.code, r.value, r.supporting, r.contrary) for r in found] == [
        ("M22", "M", (), ()),
        ("M23", "-2", ("c1",), ("c2",)),
    ]
    assert ratings.settled(study, "beuk") == ()


def test_a_study_without_ratings(tmp_path: Path) -> None:
    study = made(tmp_path, {})
    assert (ratings.read(study), ratings.settled(study)) == ((), ())


BAD = [
    (rated(site="esch"), "`site` must be a site of study.yml, found `esch`"),
    (rated(code="M99"), "`code` must be a factor or skill of codebook.yml, found `M99`"),
    (rated(code="CP01"), "`code` must be a factor or skill of codebook.yml, found `CP01`"),
    (rated(value="3"), "`value` must be"),
    (rated(value=-2), "`value` must be"),
    (rated(value=None), "`value` must be"),
    (rated(rater="r2"), "`rater` must be the name of the file, found `r2`"),
    (rated(at="gisteren"), "`at` must be a moment"),
    (rated(score=1), "every field must be known, found `score`"),
]


@pytest.mark.parametrize(("line", "message"), BAD)
def test_a_bad_line_is_named(tmp_path: Path, line: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        ratings.read(made(tmp_path, {"r1": [rated(), line]}))
    assert str(refused.value).startswith(f"ratings/r1.jsonl:2: {message}")


BAD_SETTLED = [
    (settled(decided_by=["r1"]), "`decided_by` must name two people"),
    (settled(decided_by=["r1", "R1"]), "`decided_by` must name two people"),
    (settled(rationale=""), "`rationale` must"),
    (settled(supporting=[]), "`supporting` must name a coding"),
    (settled(site="linde"), "`site` must be a site of study.yml"),
]


@pytest.mark.parametrize(("line", "message"), BAD_SETTLED)
def test_a_bad_settled_line_is_named(tmp_path: Path, line: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        ratings.settled(made(tmp_path, {"settled": [line]}))
    assert str(refused.value).startswith(f"ratings/settled.jsonl:1: {message}")


def test_all_files_are_told_at_once(tmp_path: Path) -> None:
    study = made(
        tmp_path, {"r1": [rated(code="M98")], "r2": [rated(rater="r2", code="M99"), rated(rater="r2")]}
    )
    with (study.folder / "ratings" / "r2.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"site": "es"')
    with pytest.raises(InvalidMaterial) as refused:
        ratings.read(study)
    places = [problem.place for problem in refused.value.problems]
    assert places == ["ratings/r1.jsonl:1", "ratings/r2.jsonl:1", "ratings/r2.jsonl:3"]
