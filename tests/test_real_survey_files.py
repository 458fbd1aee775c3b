"""Survey files that nobody on this project wrote, read as a study reads its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import survey
from casestudy.material.survey import Responses

pytestmark = pytest.mark.real_material

STUDY = """\
title: {nl: Echte bestanden, en: Real files}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}]
waves:
  - {id: T0, label: {nl: voor, en: before}, relation: before}
  - {id: T1, label: {nl: na, en: after}, relation: directly_after}
"""
AGREE = "Strongly Disagree,Disagree,No Opinion,Agree,Strongly Agree".split(",")


@pytest.fixture(scope="module")
def real(shared_data: Path) -> Path:
    return shared_data / "survey"


def asked(items: dict[str, dict[str, Any]], files: list[dict[str, Any]]) -> str:
    """An instrument with one scale per item, so that the items need not belong together."""
    scales = [
        {
            "id": f"S-{item}",
            "label": {"nl": item, "en": item},
            "items": [{"id": item, "text": {"nl": item, "en": item}, "options": item}],
        }
        for item in items
    ]
    whole = {"id": "echt", "version": "1", "options": items, "scales": scales, "files": files}
    return json.dumps(whole)  # which is YAML too


def read(tmp_path: Path, source: Path, instrument: str, beside: dict[str, str] | None = None) -> Responses:
    folder = tmp_path / "echt"
    (folder / "survey").mkdir(parents=True)
    (folder / "study.yml").write_text(STUDY, encoding="utf-8")
    (folder / "instrument.yml").write_text(instrument, encoding="utf-8")
    (folder / "survey" / source.name).write_bytes(source.read_bytes())
    for name, text in (beside or {}).items():
        (folder / "survey" / name).write_text(text, encoding="utf-8")
    return survey.read(studies.read(folder))


def counts(found: Responses) -> dict[str, int]:
    return {count.what: count.n for count in found.counts}


WORDS = [{"nl": word, "en": word} for word in AGREE]


def test_seventeen_guests_of_a_hotel(real: Path, tmp_path: Path) -> None:
    expected = json.loads((real / "hotel.expected.json").read_text(encoding="utf-8"))
    items = {f"v{n}": {"min": 1, "max": 5, "labels": WORDS} for n in range(1, 6)}
    mapping = {"file": "hotel.sav", "linking": "none", "wave": "T0", "site": "es"}
    found = read(tmp_path, real / "hotel.sav", asked(items, [mapping]))
    assert expected["value_labels_1_5"] == AGREE
    assert counts(found)["rows read"] == counts(found)["submissions kept"] == expected["n"]
    assert counts(found)["variables read"] == expected["items"]
    assert counts(found)["cells answered"] == expected["n"] * expected["items"]
    first = [row.value for row in found.responses if row.respondent == "survey/hotel.sav:1@T0"]
    assert first == [4, 2, 3, 4, 1]


def test_labels_turned_round_are_noticed(real: Path, tmp_path: Path) -> None:
    items = {f"v{n}": {"min": 1, "max": 5, "labels": WORDS[::-1]} for n in range(1, 6)}
    mapping = {"file": "hotel.sav", "linking": "none", "wave": "T0", "site": "es"}
    with pytest.raises(InvalidMaterial) as refused:
        read(tmp_path, real / "hotel.sav", asked(items, [mapping]))
    assert {problem.found for problem in refused.value.problems} == {"a value and a label that mean two"}


@pytest.mark.parametrize("name", ["sample.csv", "sample_legacy.csv"])
def test_one_response_of_qualtrics_without_the_person(real: Path, tmp_path: Path, name: str) -> None:
    source = real / "qualtrics" / name
    expected = json.loads((source.parent / "expected.json").read_text(encoding="utf-8"))[name]
    mapping: dict[str, Any] = {"file": name, "items": {"Q1": "V1"}, "ignore": ["Q2*"]}
    mapping |= {"linking": "none", "wave": "T0", "site": "es"}
    if expected["header_rows"] == 2:
        # Nothing in the older form tells the program.
        mapping["program"] = "qualtrics"
    found = read(tmp_path, source, asked({"V1": {"min": 1, "max": 3}}, [mapping]))
    assert counts(found)["rows read"] == expected["responses"]
    assert [row.value for row in found.responses] == [2.0]
    dropped = {what.split("`")[1] for what in counts(found) if what.startswith("personal column dropped")}
    assert set(expected.get("personal_columns_that_must_be_dropped", ["V3", "V4", "V5", "V6"])) <= dropped
    kept = repr(found)
    assert not [secret for secret in ("130.92", "47.11", "7.23", "Anonym", "R_2YPO") if secret in kept]


def test_the_header_is_needed_to_read_the_older_form(real: Path, tmp_path: Path) -> None:
    mapping = {"file": "*.csv", "linking": "none", "wave": "T0", "site": "es"}
    with pytest.raises(InvalidMaterial) as refused:
        read(
            tmp_path, real / "qualtrics" / "sample_legacy.csv", asked({"V1": {"min": 1, "max": 3}}, [mapping])
        )
    assert not [line for line in str(refused.value).splitlines() if "130.92" in line or "Anonym" in line]


TRAITS = {
    f"Describe yourselves [{trait}]": f"B{n}"
    for n, trait in enumerate(
        ["Openness", "Conscientiousness", "Extraversion", "Agreeableness", "Emotional Stability"], start=1
    )
}
LIME: dict[str, Any] = {
    "file": "survey_998192_data.csv",
    "program": "limesurvey",
    "linking": "none",
    "wave": "T0",
    "site": "es",
    "ignore": ["*"],
}


def test_seven_forms_of_limesurvey_of_which_two_are_finished(real: Path, tmp_path: Path) -> None:
    source = real / "limesurvey" / "survey_998192_data.csv"
    expected = json.loads((source.parent / "expected.json").read_text(encoding="utf-8"))[source.name]
    items = {item: {"min": 1, "max": 5} for item in TRAITS.values()}
    found = read(tmp_path, source, asked(items, [LIME | {"items": TRAITS}]))
    assert counts(found)["rows read"] == counts(found)["submissions kept"] == expected["rows"]
    assert counts(found)["unfinished forms kept"] == expected["rows"] - expected["completed_with_submit_date"]
    assert [row.value for row in found.responses if row.value is not None] == [3, 3, 3, 3, 3, 1, 2, 3, 3, 4]
    finished = LIME | {"items": TRAITS, "unfinished": "drop"}
    kept = read(tmp_path / "b", source, asked(items, [finished]))
    assert counts(kept)["submissions kept"] == expected["completed_with_submit_date"]
    assert counts(kept)["unfinished forms dropped by rule"] == 5


def test_every_column_that_is_not_named_is_told_by_its_number(real: Path, tmp_path: Path) -> None:
    source = real / "limesurvey" / "survey_998192_data.csv"
    expected = json.loads((source.parent / "expected.json").read_text(encoding="utf-8"))[source.name]
    mapping = LIME | {"ignore": ["Question time: *", "Group time: *"]}
    with pytest.raises(InvalidMaterial) as refused:
        read(tmp_path, source, asked({"V1": {"min": 1, "max": 3}}, [mapping]))
    places = [
        int(problem.found.partition(",")[0].removeprefix("column ")) for problem in refused.value.problems
    ]
    # Columns 1 to 7 and the total time are of the program itself; those after it are timings by pattern.
    assert places == list(range(8, 52))
    assert expected["columns"] == 71


def test_columns_may_be_named_by_their_number(real: Path, tmp_path: Path) -> None:
    source = real / "limesurvey" / "survey_998192_data.csv"
    items = {item: {"min": 1, "max": 5} for item in TRAITS.values()}
    numbers = {f"column {number}": item for number, item in zip(range(35, 40), TRAITS.values(), strict=True)}
    by_number = read(tmp_path, source, asked(items, [LIME | {"items": numbers}]))
    by_words = read(tmp_path / "b", source, asked(items, [LIME | {"items": TRAITS}]))
    assert by_number.responses == by_words.responses


def test_ten_subjects_in_the_long_layout(real: Path, tmp_path: Path) -> None:
    mapping = {
        "file": "cronbach_alpha.csv",
        "layout": "long",
        "columns": {"respondent": "Subj", "item": "Items", "value": "Scores"},
        "wave": "T0",
        "site": "es",
    }
    items = {f"Q{n}": {"min": 0, "max": 10} for n in range(1, 12)}
    found = read(tmp_path, real / "cronbach_alpha.csv", asked(items, [mapping]))
    lines = (real / "cronbach_alpha.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert counts(found)["rows read"] == len(lines)
    assert sum(row.value is not None for row in found.responses) == sum(
        not line.endswith(",") for line in lines
    )


def test_items_of_2800_people_are_all_read(real: Path, tmp_path: Path) -> None:
    expected = json.loads((real / "bfi.expected.json").read_text(encoding="utf-8"))
    items = {f"{trait}{n}": {"min": 1, "max": 6} for trait in "ACENO" for n in range(1, 6)}
    mapping = {
        "file": "bfi.csv",
        "linking": "none",
        "wave": "T0",
        "site": "es",
        "ignore": ["gender", "education", "age"],
    }
    found = read(tmp_path, real / "bfi.csv", asked(items, [mapping]))
    assert counts(found)["rows read"] == expected["n"]
    for trait, complete in expected["n_listwise"].items():
        rows = [row for row in found.responses if row.item.startswith(trait)]
        short = {row.respondent for row in rows if row.value is None}
        assert expected["n"] - len(short) == complete
