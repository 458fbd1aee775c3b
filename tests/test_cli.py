import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from casestudy import cli, errors

KINDS = ("implementation", "narrative", "assessment", "pilot")
SLOW = {"matplotlib", "nbconvert", "nbformat", "pandas", "papermill", "scipy", "seaborn", "numpy"}
SEEN = """
import atexit, sys
atexit.register(lambda: print('LOADED', *sorted(name for name in sys.modules if '.' not in name)))
from casestudy.cli import main
main()
"""


@pytest.fixture
def invoke():
    def invoke(*arguments: str | Path):
        return CliRunner().invoke(cli.main, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def workbench(tmp_path, invoke):
    (tmp_path / "notebooks").mkdir()
    for name in ("01_code_site", "02_site_report", "03_cross_site_report", "04_codebook", "05_agreement"):
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text('{"cells": []}')
    invoke("new", tmp_path / "interviews" / "proef")
    return tmp_path


@pytest.mark.parametrize("command", sorted(cli.main.commands))
def test_every_command_has_an_example(command, invoke):
    shown = invoke(command, "--help")
    assert shown.exit_code == 0
    assert f"Example: casestudy {command}" in shown.output


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_study_passes_check(kind, tmp_path, invoke):
    made = invoke("new", tmp_path / "proef", "--kind", kind)
    assert made.exit_code == 0, made.output
    checked = invoke("check", tmp_path / "proef")
    assert (checked.exit_code, checked.stderr) == (0, "")
    text = (tmp_path / "proef" / "study.yml").read_text()
    assert f"kind: {kind}" in text


def test_new_never_overwrites(tmp_path, invoke):
    (tmp_path / "proef").mkdir()
    (tmp_path / "proef" / "mine.txt").write_text("x")
    refused = invoke("new", tmp_path / "proef")
    assert refused.exit_code == errors.WRONG_USE
    assert refused.stderr.startswith("PATH: it must be a new or empty folder")
    assert [path.name for path in (tmp_path / "proef").iterdir()] == ["mine.txt"]


def test_check_tells_every_problem_in_one_line(workbench, invoke):
    folder = workbench / "interviews" / "proef"
    (folder / "participants.csv").write_text("participant,role,site,consent\nP1,juf,site-a,quote\n")
    (folder / "guide.yml").write_text("versions: 3\n")
    checked = invoke("check", folder)
    assert checked.exit_code == errors.INPUT_REFUSED
    lines = checked.stderr.splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == ["guide.yml", "participants.csv"]
    assert lines[-1] == "2 to mend"
    assert str(workbench) not in checked.output


def test_wrong_settings_have_their_own_code(workbench, invoke):
    path = workbench / "interviews" / "proef" / "study.yml"
    path.write_text(path.read_text() + "colour: red\n")
    for command in ("check", "status", "build"):
        told = invoke(command, path.parent)
        assert (told.exit_code, told.stderr.count("\n")) == (errors.WRONG_USE, 1)
        assert "study.yml" in told.stderr


def test_status_says_what_is_stale_and_why(workbench, invoke):
    told = invoke("status", workbench / "interviews" / "proef")
    assert told.exit_code == errors.STALE
    assert told.output.splitlines() == [
        "no edition is published",
        *(f"code:{site}: never built" for site in ("site-a", "site-b")),
        "agreement: never built",
        *(f"site:{site}: never built" for site in ("site-a", "site-b")),
        "cross: never built",
        "codebook: never built",
        "0 of 7 steps are current",
    ]
    assert not (workbench / "reports").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["build", "nowhere"], "STUDY: it must be a"),
        (["build", "{study}", "--site", "site-c"], "--site: a site must be in study.yml, found `site-c`"),
        (["build", "{study}", "--jobs", "0"], "--jobs"),
        (["build", "{study}"], "notebooks/01_code_site.ipynb: every parameter must be known"),
    ],
)
def test_wrong_use_is_told_without_a_traceback(workbench, invoke, arguments, told):
    study = str(workbench / "interviews" / "proef")
    refused = invoke(*[argument.format(study=study) for argument in arguments])
    assert refused.exit_code == errors.WRONG_USE
    assert told in refused.stderr
    assert "Traceback" not in refused.output
    assert not list((workbench / "reports").glob("proef"))


def test_a_file_that_is_no_notebook_is_told(workbench, invoke):
    (workbench / "notebooks" / "01_code_site.ipynb").write_text("[]")
    refused = invoke("build", workbench / "interviews" / "proef")
    assert refused.exit_code == errors.WRONG_USE
    assert "notebooks/01_code_site.ipynb: it must be a notebook" in refused.stderr


def test_an_unknown_error_is_one_line_and_a_private_file(workbench, invoke):
    (workbench / "interviews" / "proef" / "study.yml").chmod(0o644)
    (workbench / "reports").mkdir()
    (workbench / "reports" / ".proef").write_text("in the way")
    told = invoke("build", workbench / "interviews" / "proef")
    assert told.exit_code == errors.NOTHING_BUILT
    assert len(told.stderr.splitlines()) == 1
    assert str(workbench) not in told.output


@pytest.mark.parametrize(
    "arguments", [["--help"], ["status", "{study}"], ["build", "--help"], ["check", "--help"]]
)
def test_quick_commands_load_nothing_slow(workbench, arguments):
    study = str(workbench / "interviews" / "proef")
    run = subprocess.run(
        [sys.executable, "-c", SEEN, *[argument.format(study=study) for argument in arguments]],
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )
    loaded = set(run.stdout.splitlines()[-1].split())
    assert "LOADED" in loaded
    assert loaded & SLOW == set()


def test_lab_opens_without_a_request(tmp_path):
    command = cli.lab_command(tmp_path)
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert "--LabApp.news_url=None" in " ".join(command)
