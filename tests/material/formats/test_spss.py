"""SPSS files: labels, what the user marked as missing, and damage that harms nothing."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from casestudy.errors import InvalidMaterial
from casestudy.material.formats import spss, spss_cases
from casestudy.material.formats.sheets import Sheet

CASES = pd.DataFrame(
    {
        "nr": ["r1", "é2 ", "r3", "r4"],
        "V1": [1.0, 99.0, 98.0, None],
        "V2": [2.5, 0.125, 4.0, 5.0],
        "dag": [date(2019, 3, 1)] * 4,
        "rol": ["a", "NVT", "", "b"],
    }
)
LABELS = {"V1": {1: "oneens", 99: "n.v.t.", 98: "weet niet"}, "rol": {"a": "professional"}}
MISSING = {"V1": [{"lo": 98, "hi": 99}], "rol": ["NVT"]}


def written(path: Path, cases: pd.DataFrame = CASES, **more: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pyreadstat.write_sav(cases, str(path), **more)
    return path


def read(path: Path, decimal: str = ".") -> Sheet:
    return spss.read(path, f"survey/{path.name}", decimal=decimal)


def told(path: Path) -> str:
    with pytest.raises(InvalidMaterial) as refused:
        read(path)
    (problem,) = refused.value.problems
    assert problem.place == f"survey/{path.name}"
    return problem.found


@pytest.mark.parametrize("suffix", ["sav", "zsav"])
def test_values_labels_and_marks_come_through(tmp_path: Path, suffix: str) -> None:
    path = written(
        tmp_path / "survey" / f"t.{suffix}",
        variable_value_labels=LABELS,
        missing_ranges=MISSING,
        compress=suffix == "zsav",
    )
    found = read(path, ",")
    assert found.header == ("nr", "V1", "V2", "dag", "rol")
    assert found.rows == (
        (1, {"nr": "r1", "V1": "1", "V2": "2,5", "dag": "2019-03-01", "rol": "a"}),
        (2, {"nr": "é2", "V1": "99", "V2": "0,125", "dag": "2019-03-01", "rol": "NVT"}),
        (3, {"nr": "r3", "V1": "98", "V2": "4", "dag": "2019-03-01", "rol": ""}),
        (4, {"nr": "r4", "V1": "", "V2": "5", "dag": "2019-03-01", "rol": "b"}),
    )
    assert found.meanings.label("V1", "99") == "n.v.t."
    assert found.meanings.label("rol", "a") == "professional"
    assert {name: set(values) for name, values in found.meanings.missing.items() if values} == {
        "V1": {"98", "99"},
        "rol": {"NVT"},
    }
    assert found.counts == (("variables read", 5),)


OTHERS = [
    (b"", "a damaged file or another kind of file"),
    (b"$FL2@(#) nonsense", "a damaged file or another kind of file"),
    (b"id,V1\n1,2\n", "a damaged file or another kind of file"),
]


@pytest.mark.parametrize(("data", "found"), OTHERS)
def test_what_is_no_spss_file_is_refused(tmp_path: Path, data: bytes, found: str) -> None:
    path = tmp_path / "t.sav"
    path.write_bytes(data)
    with pytest.raises(spss_cases.Unreadable, match=found):
        spss_cases.cases(str(path))


def test_another_kind_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "survey" / "t.csv"
    path.parent.mkdir()
    path.write_bytes(b"id\n1\n")
    assert told(path) == "another kind of file"


def test_a_table_without_cases_is_one(tmp_path: Path) -> None:
    found = spss_cases.cases(str(written(tmp_path / "t.sav", CASES.iloc[:0])))
    assert (found["names"], found["columns"]) == (list(CASES.columns), [[]] * 5)


def test_a_cut_file_is_refused_and_not_read_in_part(tmp_path: Path) -> None:
    many = pd.DataFrame({"V1": [float(n) for n in range(2000)]})
    whole = written(tmp_path / "t.sav", many).read_bytes()
    part = tmp_path / "cut.sav"
    part.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(spss_cases.Unreadable):
        spss_cases.cases(str(part))


def test_a_table_beyond_the_limits_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(written(tmp_path / "t.sav"))
    monkeypatch.setattr(spss_cases, "LIMIT_CASES", 3)
    with pytest.raises(spss_cases.Unreadable, match="more than"):
        spss_cases.cases(path)


def test_letters_of_another_encoding_are_read_as_windows_and_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "survey" / "t.sav", pd.DataFrame({"nr": ["zoee"], "V1": [1.0]}))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"zoee", "zoë ".encode("cp1252")))
    found = read(path)
    assert found.rows[0][1]["nr"] == "zoë"
    assert found.counts[-1] == ("read as Windows-1252, which was guessed", 1)


# The damage that broke the reader itself when it was tried on many copies; the process dies, not the command.
def test_damaged_copies_are_read_or_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "survey" / "t.sav", variable_value_labels=LABELS, missing_ranges=MISSING)
    good = path.read_bytes()
    chance = random.Random(4)
    for _ in range(2):
        data = bytearray(good)
        at = chance.randrange(len(data))
        data[at : at + 8] = bytes(chance.randrange(256) for _ in range(chance.choice([4, 8])))
        path.write_bytes(bytes(data))
        try:
            told_ = read(path).name
        except InvalidMaterial as refused:
            told_ = str(refused)
        assert told_.startswith("survey/t.sav")


def test_cases_without_any_value_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "survey" / "t.sav", pd.DataFrame({"V1": [1.0, float("nan"), float("nan")]}))
    found = spss.read(path, "survey/t.sav")
    assert [case for case, _ in found.rows] == [1]
    assert found.counts == (("variables read", 1), ("rows without any value, not read", 2))
