"""The survey on the terminal: counts of what was read, links and their sealing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from click import Command
from click.testing import CliRunner, Result

from casestudy import study as studies
from casestudy.commands.survey import link, survey
from casestudy.material import sealing

EXAMPLE = Path(__file__).resolve().parents[2] / "interviews" / "voorbeeld"


def run(command: Command, study: Path, *arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(command, [str(study), *arguments], input=answer)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The survey of the example."""
    folder = tmp_path / "project" / "interviews" / "voorbeeld"
    folder.mkdir(parents=True)
    for name in ("study.yml", "codebook.yml", "participants.csv", "instrument.yml"):
        shutil.copy(EXAMPLE / name, folder / name)
    shutil.copytree(EXAMPLE / "survey", folder / "survey")
    return folder


def test_what_was_read_is_shown_as_counts(study: Path, tmp_path: Path) -> None:
    found = run(survey, study, "--csv", str(tmp_path / "counts.csv"))
    assert found.exit_code == 0, found.output
    lines = [line.split() for line in found.output.splitlines()]
    assert ["survey/nameting.csv", "duplicates", "dropped", "by", "rule", "2"] in lines
    assert ["site", "wave", "n_respondents", "n_with_id", "n_with_code"] in lines
    here = {(line[0], line[1]): line[2:] for line in lines if len(line) == 5 and line[1].startswith("T")}
    assert here["linde", "T0"][1] == "0"
    assert here["linde", "T0"][0] == here["linde", "T0"][2]
    assert here["wilg", "T0"][1:] == ["0", "0"]
    table = pd.read_csv(tmp_path / "counts.csv")
    assert list(table.columns) == ["place", "what", "n"]
    assert len(table) > 10


def test_one_site_is_shown_alone_and_an_unknown_one_refused(study: Path) -> None:
    found = run(survey, study, "--site", "es")
    assert "beuk" not in found.output
    assert run(survey, study, "--site", "eik").exit_code == 2


def test_remarks_name_items_that_run_against_their_scale(study: Path) -> None:
    path = study / "instrument.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    reverse: true\n", "", 1), encoding="utf-8")
    found = run(survey, study)
    assert "`KEN4` runs against the rest of `KEN` in T0 (r -" in found.output
    assert "respondents with one answer to everything: " in found.output


def test_a_study_without_survey_has_nothing_to_show(study: Path) -> None:
    shutil.rmtree(study / "survey")
    (study / "instrument.yml").unlink()
    assert "no survey was read" in run(survey, study).output
    assert "no file holds self-generated codes" in run(link, study).output


def test_links_are_counted_per_pair_of_waves(study: Path, tmp_path: Path) -> None:
    found = run(link, study, "--csv", str(tmp_path / "links.csv"))
    assert found.exit_code == 0, found.output
    table = pd.read_csv(tmp_path / "links.csv").set_index(["first_wave", "second_wave"])
    assert set(table["site"]) == {"linde"}
    first = table.loc[("T0", "T1")]
    linked = first["n_exact"] + first["n_fuzzy"]
    assert first["share_linked"] == pytest.approx(linked / first["n_second"])
    assert first["n_fuzzy"] > 0


def test_sealing_asks_shows_and_leaves_the_links(study: Path, tmp_path: Path) -> None:
    salt = tmp_path / "voorbeeld.salt"
    before = run(survey, study).output
    for answer in ("n\n", ""):
        asked = run(link, study, "--seal", "--salt", str(salt), answer=answer)
        assert asked.exit_code == 0
        assert asked.output.endswith("nothing was changed\n")
    assert "survey/linde.xlsx.sealed.csv: " in asked.output
    assert "near ones no more" in asked.output
    assert not salt.exists()
    assert (study / "survey" / "linde.xlsx").exists()
    done = run(link, study, "--seal", "--salt", str(salt), "--yes")
    assert done.exit_code == 0, done.output
    assert "survey/linde.xlsx removed" in done.output
    assert salt.stat().st_mode & 0o777 == 0o600
    assert not (study / "survey" / "linde.xlsx").exists()
    after = run(survey, study).output
    kept = [line for line in before.splitlines() if "linde" not in line]
    assert [line.split() for line in kept if "survey/" in line] == [
        line.split() for line in after.splitlines() if "survey/" in line and "linde" not in line
    ]
    again = run(link, study, "--seal", "--salt", str(salt), "--yes")
    assert "no file holds answers of self-generated codes" in again.output


def test_a_sealed_study_keeps_its_salt(study: Path, tmp_path: Path) -> None:
    salt = tmp_path / "voorbeeld.salt"
    assert run(link, study, "--seal", "--salt", str(salt), "--yes").exit_code == 0
    shutil.copy(EXAMPLE / "survey" / "linde.xlsx", study / "survey" / "linde.xlsx")
    (study / "survey" / "linde.xlsx.sealed.csv").unlink()
    other = run(link, study, "--seal", "--salt", str(tmp_path / "other.salt"), "--yes")
    assert other.exit_code == 2
    assert "it must be the file this study was sealed with before" in other.output
    assert run(link, study, "--seal", "--salt", str(salt), "--yes").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seal"], "--seal, --salt: they must stand together"),
        (["--salt", "x.salt"], "--seal, --salt: they must stand together"),
        (["--yes"], "--yes: it must stand with --seal"),
    ],
)
def test_wrong_use_of_link_is_told(study: Path, arguments: list[str], message: str) -> None:
    found = run(link, study, *arguments)
    assert found.exit_code == 2
    assert message in found.output


def test_a_salt_in_the_project_is_refused(study: Path) -> None:
    found = run(link, study, "--seal", "--salt", str(study.parent.parent / "x.salt"), "--yes")
    assert found.exit_code == 2
    assert "--salt: the file must lie outside the study and its project" in found.output
    assert not (study.parent.parent / "x.salt").exists()


def test_one_sealing_runs_at_a_time(study: Path, tmp_path: Path) -> None:
    salt = tmp_path / "voorbeeld.salt"
    with sealing.alone(studies.read(study)):
        found = run(link, study, "--seal", "--salt", str(salt), "--yes")
    assert found.exit_code == 2
    assert "--seal: one sealing must run at a time, found another" in found.output
    assert (study / "survey" / "linde.xlsx").exists()
    assert run(link, study, "--seal", "--salt", str(salt), "--yes").exit_code == 0
