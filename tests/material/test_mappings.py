"""How files are to be read: every mistake in a mapping is told, patterns name columns and nothing else."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from pydantic import ValidationError

from casestudy.material.mappings import FileMapping, covers, folded, heading

GOOD: dict[str, Any] = {"file": "*.csv", "columns": {"respondent": "id", "wave": "w", "site": "s"}}

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"file": "../a.csv"}, "must name files inside survey/"),
    ({"syntax": "/a.R", "program": "limesurvey"}, "must name files inside survey/"),
    ({"syntax": "a.R"}, "must stand with `program: limesurvey`"),
    ({"wave": "T0"}, "must be given once, as `wave` or as `columns.wave`"),
    ({"columns": {"wave": "w", "site": "s"}}, "must name the `respondent` column"),
    ({"layout": "long"}, "must name `item`, `value` and `respondent` in the long layout"),
    ({"linking": "sgic", "sgic": ["a"]}, "must name 6 columns"),
    ({"ticked": ["1"], "unticked": ["1"]}, "must differ from `unticked`"),
    (
        {"missing": ["99"], "missing_values": {"99": "refused"}},
        "must differ from `missing_values`, found `99`",
    ),
    ({"not_applicable": ["NA"]}, "must differ from `missing`, found `NA`"),
    ({"answers": {"vaak": {"Altijd": 5, "altijd ": 4}}}, "must have one value per word, found two for"),
    ({"answers": {"vaak": {"NVT": 5}}, "not_applicable": ["nvt"]}, "must be no word for a missing answer"),
    ({"answers": {"vaak": {"altijd": "veel"}}}, "Input should be a valid number"),
    ({"missing_values": {"99": "weg"}}, "Input should be 'skipped', 'not_applicable' or 'refused'"),
    ({"separator": "|"}, "Input should be ',', ';' or 'tab'"),
    ({"program": "excel"}, "Input should be 'table', 'qualtrics', 'limesurvey', 'spss' or 'self-reflection'"),
    ({"unfinished": "guess"}, "Input should be 'keep' or 'drop'"),
    ({"dates": "d-m-y"}, "Input should be 'day-month-year', 'month-day-year' or 'year-month-day'"),
    ({"guess": "yes"}, "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("change", "told"), WRONG)
def test_a_mistake_in_a_mapping_is_told(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(told)):
        FileMapping.model_validate(GOOD | change)


def test_a_saved_self_reflection_says_itself_who_and_when() -> None:
    mapping = FileMapping.model_validate({"file": "*.json", "program": "self-reflection"})
    assert mapping.used == set()


def test_every_setting_has_its_line() -> None:
    told = FileMapping.__doc__ or ""
    named = {word for line in told.splitlines() for word in line.strip().split(", ")}
    assert set(FileMapping.model_fields) <= named


PATTERNS = [
    ("Question time: *", "Question time: age", True),
    ("Question time: *", "Question time: ", True),
    ("*[Other]", "How? [Other]", True),
    ("*[Other]", "How? O", False),
    ("*", "anything\nat all", True),
    ("a*b*c", "a-b-b-c", True),
    ("a*b*c", "a-c-b", False),
    ("ab*ba", "aba", False),
    ("Q1[SQ*]", "Q1[SQ001]", True),
    ("Q1[SQ*]", "Q1S", False),
    ("Q?", "Q1", False),
    ("id", "id", True),
    ("id", "ID", False),
]


@pytest.mark.parametrize(("pattern", "column", "is_covered"), PATTERNS)
def test_a_star_stands_for_any_words(pattern: str, column: str, *, is_covered: bool) -> None:
    assert covers(pattern, column) == is_covered


def test_no_pattern_takes_long() -> None:
    begun = time.perf_counter()
    assert not covers("*a" * 2_000 + "*b", "a" * 100_000)
    assert time.perf_counter() - begun < 1


def test_a_pattern_never_takes_what_is_read() -> None:
    mapping = FileMapping.model_validate(GOOD | {"ignore": ["*"], "items": {"eerste": "V1"}})
    ignored = [column for column in ("id", "w", "s", "eerste", "opmerking") if mapping.is_ignored(column)]
    assert ignored == ["opmerking"]


def test_words_are_compared_without_case_and_gaps_and_never_by_likeness() -> None:
    assert folded(" Helemaal\u00a0 EENS ") == folded("helemaal eens")
    assert folded("e\u0301e\u0301n") == folded("ÉÉN")
    assert folded("eens") != folded("eens.")
    assert folded("４") != folded("4")


SEEN = ["Ik kan het", "Ik\u00a0kan het ", "Ik kan\nhet", "Ik kan\u200b het", "\ufeffIk  kan het"]


@pytest.mark.parametrize("written", SEEN)
def test_names_of_columns_are_what_people_see(written: str) -> None:
    mapping = FileMapping.model_validate(
        {"file": "*", "linking": "none", "wave": "T0", "site": "es", "items": {written: "V1"}}
    )
    assert heading(written) == "Ik kan het"
    assert list(mapping.items) == ["Ik kan het"]


NO_EFFECT = [
    ({"unfinished": "drop", "program": "table"}, "must stand with `columns.submitted`"),
    ({"unfinished": "drop", "program": "spss"}, "must stand with `columns.submitted`"),
    ({"status": {"Vorschau": "drop"}, "program": "table"}, "must stand with `program: qualtrics`"),
    ({"status": {"Vorschau": "drop"}, "program": "limesurvey"}, "must stand with `program: qualtrics`"),
    ({"items": {"Ik kan": "V1", "Ik  kan": "V2"}}, "must name a column once, found `Ik kan` twice"),
]


@pytest.mark.parametrize(("change", "told"), NO_EFFECT)
def test_a_rule_that_would_do_nothing_is_told(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(told)):
        FileMapping.model_validate(GOOD | change)
