"""The forms of the instrument on the terminal: a folder of files, and what a page tells of others."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from casestudy import study as studies
from casestudy.commands.forms import instrument
from casestudy.material import survey as surveys
from casestudy.reporting.self_reflection import references

EXAMPLE = Path(__file__).resolve().parents[2] / "interviews" / "voorbeeld"


def run(study: Path, *arguments: str) -> Result:
    return CliRunner().invoke(instrument, [str(study), *arguments])


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The survey of the example."""
    folder = tmp_path / "project" / "interviews" / "voorbeeld"
    folder.mkdir(parents=True)
    for name in ("study.yml", "codebook.yml", "participants.csv", "instrument.yml"):
        shutil.copy(EXAMPLE / name, folder / name)
    shutil.copytree(EXAMPLE / "survey", folder / "survey")
    return folder


def told_of_others(page: Path) -> Any:
    """What the page holds on everybody's scores."""
    held = re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert held is not None
    return json.loads(held[1])["reference"]


def test_forms_are_written_to_a_folder_beside_the_reports(study: Path, tmp_path: Path) -> None:
    found = run(study, "--wave", "T1", "--language", "nl")
    assert found.exit_code == 0, found.output
    folder = study.parent.parent / "reports" / "voorbeeld-forms"
    written = {f"{folder.name}/{path.name}" for path in folder.iterdir()}
    assert written == set(found.output.split())
    assert found.output.count("page-mapping.yml") == 1
    assert f"{folder.name}/paper-T1-nl.html" in written
    elsewhere = run(study, "--wave", "T0", "--site", "es", "--to", str(tmp_path / "forms"))
    assert elsewhere.exit_code == 0, elsewhere.output
    assert (tmp_path / "forms" / "page-T0-es.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--wave", "T9"], "--wave: a wave must be in study.yml, found `T9`"),
        (["--site", "eik"], "--site: a site must be in study.yml"),
        (["--keep", "--wave", "T1"], "--keep: it must stand alone"),
    ],
)
def test_wrong_use_of_instrument_is_told(study: Path, arguments: list[str], message: str) -> None:
    found = run(study, *arguments)
    assert found.exit_code == 2
    assert message in found.output


def test_an_instrument_without_scales_has_no_forms(study: Path) -> None:
    shutil.rmtree(study / "survey")
    (study / "instrument.yml").write_text('id: leeg\nversion: "1"\n', encoding="utf-8")
    found = run(study)
    assert found.exit_code == 2
    assert "instrument.yml: it must hold scales, found none" in found.output


def test_a_version_is_kept(study: Path) -> None:
    found = run(study, "--keep")
    assert found.output == "kept as instruments/1.0.yml\n"
    assert (study / "instruments" / "1.0.yml").is_file()


def test_a_page_speaks_of_others_only_when_that_is_asked_for(study: Path, tmp_path: Path) -> None:
    arguments = ("--wave", "T1", "--to", str(tmp_path))
    assert run(study, *arguments).exit_code == 0
    assert told_of_others(tmp_path / "page-T1.html") is None
    found = run(study, *arguments, "--reference")
    assert found.exit_code == 0, found.output
    told = told_of_others(tmp_path / "page-T1.html")["T1"]
    assert set(told) == {"KEN", "VAA", "HOU"}
    assert all(set(band) == {"low", "high", "reason"} for band in told.values()), (
        "and never how many they are"
    )
    assert all(band["low"] < band["high"] for band in told.values())


def test_two_pages_never_differ_by_fewer_than_five_people(study: Path, tmp_path: Path) -> None:
    rows = (study / "survey" / "nameting.csv").read_text(encoding="utf-8").splitlines()
    arguments = ("--wave", "T1", "--to", str(tmp_path), "--reference")
    (study / "survey" / "nameting.csv").write_text("\n".join(rows[:60]) + "\n", encoding="utf-8")
    (study / "survey" / "linde.xlsx").unlink()
    run(study, *arguments)
    before = told_of_others(tmp_path / "page-T1.html")
    path = studies.read(study).workshop / references.FILE
    assert path.stat().st_mode & 0o077 == 0
    # The lowest score on everything: one more would draw the quartiles down.
    for n in range(1, 6):
        low = [re.sub(r"^r\d+", f"r9{k}", rows[1]).split(",") for k in range(n)]
        more = [",".join([*row[:4], *["1"] * 18, *row[22:]]) for row in low]
        text = "\n".join([*rows[:60], *more]) + "\n"
        (study / "survey" / "nameting.csv").write_text(text, encoding="utf-8")
        found = run(study, *arguments)
        assert found.exit_code == 0, found.output
        assert ("fewer than five joined since" in found.output) == (n < 5)
        assert (told_of_others(tmp_path / "page-T1.html") == before) == (n < 5)


def test_a_reference_that_was_changed_by_hand_is_refused(study: Path, tmp_path: Path) -> None:
    path = studies.read(study).workshop / references.FILE
    path.parent.mkdir(parents=True)
    path.write_text("[]", encoding="utf-8")
    found = run(study, "--reference", "--to", str(tmp_path))
    assert "references.json: it must be as it was written" in found.output
    assert found.exit_code != 0


@pytest.mark.parametrize(("language", "separator"), [("nl", ";"), ("en", ",")])
def test_papers_are_typed_in_a_sheet_and_read_back(
    study: Path, tmp_path: Path, language: str, separator: str
) -> None:
    shutil.rmtree(study / "survey")
    text = (study / "instrument.yml").read_text(encoding="utf-8").split("\nfiles:\n")[0]
    (study / "instrument.yml").write_text(text, encoding="utf-8")
    assert run(study, "--to", str(tmp_path), "--language", language).exit_code == 0
    sheet = (tmp_path / "typing-T1.csv").read_text(encoding="utf-8-sig")
    head = next(csv.reader([sheet], delimiter=separator))
    typed = {"paper": "17", "site": "es", "KEN1": "5", "TOE1": "4", "TOE2": "nvt", "SK01_CP04": "1"}
    typed |= {"E1": "a", "E2": "b", "E3": "7", "E4": "11", "E5": "0", "E6": "z"}
    (study / "survey").mkdir()
    row = separator.join(typed.get(name, "") for name in head)
    (study / "survey" / "typing-T1.csv").write_text(f"{sheet}{row}\r\n", encoding="utf-8-sig")
    mapping = (tmp_path / "typing-T1-mapping.yml").read_text(encoding="utf-8")
    assert mapping.startswith("# KEN1 KEN2 ")
    assert yaml.safe_load(mapping)[0]["wave"] == "T1"
    (study / "instrument.yml").write_text(f"{text}\nfiles:\n{mapping}", encoding="utf-8")
    read = surveys.read(studies.read(study))
    assert {one.item: one.value for one in read.responses if one.value is not None} == {"KEN1": 5, "TOE1": 4}
    assert {one.item for one in read.responses if one.reason_na == "not_applicable"} == {"TOE2"}
    ticks = {(one.skill, one.component): one.value for one in read.contributions if one.value is not None}
    assert {skill for skill, _ in ticks} == {"SK01"}, "boxes count for who uses the skill"
    assert [pair for pair, value in ticks.items() if value] == [("SK01", "CP04")]
    assert [record.elements for record in read.sgic] == [("a", "b", "7", "11", "0", "z")]
