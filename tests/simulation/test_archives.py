"""Word files and workbooks that readers understand and whose bytes never change."""

from __future__ import annotations

from pathlib import Path

from casestudy.material.formats import sheets, word
from casestudy.simulation import archives


def test_a_document_gives_its_paragraphs_back() -> None:
    data = archives.document(["I: Hoe gaat het?", "R: Goed & rustig <zo>."])
    assert list(word.read(data, "a.docx")) == ["I: Hoe gaat het?", "R: Goed & rustig <zo>."]


def test_a_workbook_gives_its_cells_back_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(archives.workbook("antwoorden", [["id", "c1"], ["012", "3-4"], ["7", ""]]))
    sheet = sheets.read(path, "a.xlsx")
    assert sheet.header == ("id", "c1")
    assert [values for _, values in sheet.rows] == [{"id": "012", "c1": "3-4"}, {"id": "7", "c1": ""}]


def test_bytes_depend_on_the_words_only() -> None:
    assert archives.document(["a"]) == archives.document(["a"])
    assert archives.workbook("s", [["a"]]) != archives.workbook("s", [["b"]])
