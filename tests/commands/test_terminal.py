"""Tables on the terminal and in a file, and readers who close the pipe."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from casestudy.commands.terminal import show
from casestudy.errors import WrongUse

ROOT = Path(__file__).resolve().parents[2]

CELLS = [
    (1.0, "1"),
    (0.12345, "0.123"),
    (float("nan"), "–"),
    (None, "–"),
    (pd.NA, "–"),
    ("twee\nregels", "twee regels"),
    (float("inf"), "inf"),
]


@pytest.mark.parametrize(("value", "shown"), CELLS)
def test_a_cell_is_one_word_or_line(value, shown, capsys):
    show(pd.DataFrame({"code": ["M23"], "value": pd.Series([value], dtype="object")}))
    assert capsys.readouterr().out.splitlines() == ["code  value", f"M23   {shown}"]


def test_numbers_stand_right_and_words_left(capsys):
    show(pd.DataFrame({"code": ["M1", "M23"], "n": [5, 12]}))
    assert capsys.readouterr().out == "code   n\nM1     5\nM23   12\n"


def test_the_file_holds_the_same_table_with_empty_cells(tmp_path, capsys):
    show(pd.DataFrame({"code": ["M23"], "alpha": [float("nan")]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "code,alpha\nM23,\n"
    with pytest.raises(WrongUse, match="--csv"):
        show(pd.DataFrame({"code": ["M23"]}), tmp_path / "nowhere" / "a.csv")


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "@SUM(A1)", "-x", "=HYPERLINK(0)"])
def test_no_text_in_the_file_is_a_formula(text, tmp_path):
    table = pd.DataFrame({"words": [text, "ja"], "rating": ["-2", None], "diff": [-0.5, 1.0]})
    show(table, tmp_path / "a.csv")
    back = pd.read_csv(tmp_path / "a.csv", dtype=str, keep_default_na=False)
    assert back["words"].tolist() == [f"'{text}", "ja"]
    assert back["rating"].tolist() == ["-2", ""]
    assert back["diff"].tolist() == ["-0.5", "1.0"]


def test_who_closes_the_pipe_gets_no_complaint():
    command = [sys.executable, "-m", "casestudy", "memos", str(ROOT / "interviews" / "voorbeeld")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as told:
        assert told.stdout is not None
        told.stdout.close()
        _, complaint = told.communicate(timeout=60)
    assert complaint == b""


def test_every_command_stands_in_one_section():
    from casestudy import cli

    listed = [name for names in cli.SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(cli.main.commands)
    shown = CliRunner().invoke(cli.main, ["--help"]).output
    assert [title for title in cli.SECTIONS if f"{title}:" in shown] == list(cli.SECTIONS)
