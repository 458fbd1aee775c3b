"""Notebooks are thin, stored without output, and say the same things in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import papermill
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
NUMBERED = [path for path in NOTEBOOKS if path.name[0].isdigit()]


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def test_the_steps_are_there() -> None:
    assert [path.stem for path in NUMBERED] == [
        *("01_code_site", "02_site_report", "03_cross_site_report", "04_codebook", "05_agreement")
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_is_stored_but_the_source(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert not [cell for cell in code_cells(path) if cell.outputs or cell.execution_count]
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_one_cell_holds_the_parameters_with_types_and_help(path: Path) -> None:
    tagged = [i for i, cell in enumerate(code_cells(path)) if "parameters" in tags(cell)]
    assert tagged == [0]
    for parameter in papermill.inspect_notebook(str(path)).values():
        assert parameter["inferred_type_name"] in ("str", "bool")
        assert len(parameter["help"]) > 10


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_logic_lives_in_src(path: Path) -> None:
    banned = (
        ast.FunctionDef,
        ast.Lambda,
        ast.ClassDef,
        ast.For,
        ast.While,
        ast.If,
        ast.IfExp,
        ast.Try,
        ast.ListComp,
    )
    for cell in code_cells(path):
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, banned)]
        assert len(cell.source.splitlines()) <= 6


@pytest.mark.parametrize("path", NUMBERED[1:4], ids=lambda path: path.stem)
def test_prose_stands_in_both_languages_with_the_same_sections(path: Path) -> None:
    prose = [cell for cell in read(path).cells if cell.cell_type == "markdown"]
    sections = {
        language: [
            next(t for t in sorted(tags(c)) if t.startswith("section-"))
            for c in prose
            if language in tags(c) and c.source.startswith("## ")
        ]
        for language in ("nl", "en")
    }
    assert sections["nl"] == sections["en"] != []
    assert len(set(sections["nl"])) == len(sections["nl"])
    assert sum("nl" in tags(c) for c in prose) == sum("en" in tags(c) for c in prose)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_path_but_the_studys(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/home/|/root/|/Users/|/tmp/|[A-Z]:\\\\", text)
