"""XLSForm: what pyxform makes of the workbook, what its cells hold, and answers read back."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from pyxform.xls2xform import convert

from casestudy.errors import InvalidMaterial
from casestudy.exchange import xlsform
from casestudy.exchange.form import Form
from casestudy.material import survey
from casestudy.study import Study

Made = Callable[..., Form]
ReadBack = Callable[..., Study]
HOSTILE = ("=1+1", "+1", "@SUM(A1)", "-2", "'x", "<b>a & b</b>", "a\nb", "{{7*191}}", "007", "TRUE")


def _cells(workbook: bytes) -> dict[str, list[dict[str, str]]]:
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    tables = {}
    for sheet in book:
        head, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        tables[sheet.title] = [
            {key: value for key, value in zip(head, row, strict=True) if value is not None} for row in rows
        ]
    return tables


def _compiled(workbook: bytes) -> str:
    warnings: list[str] = []
    result = convert(workbook, warnings=warnings)
    assert warnings == []
    return str(result.xform)


@pytest.mark.parametrize("wave", ["T0", "T1", "THEN"])
def test_pyxform_compiles_it_without_a_warning(made: Made, wave: str) -> None:
    form = made(wave)
    xform = _compiled(xlsform.workbook(form))
    root = ET.fromstring(xform)
    texts = {element.text for element in root.iter() if element.text}
    assert 'lang="Nederlands (nl)"' in xform
    assert 'lang="English (en)"' in xform
    for question in form.questions:
        assert root.findall(f".//*{{http://www.w3.org/2002/xforms}}{question.id}")
        if question.kind != "fixed":
            assert {question.text.nl, question.text.en} <= texts
    assert 'id="spiegel_' in xform
    assert 'version="2.1"' in xform


def test_a_code_of_six_elements_compiles_with_its_patterns(made: Made) -> None:
    kinds = ("letter", "letter", "day", "month", "count", "text")
    elements = [
        {"id": f"E{n}", "text": {"nl": "a", "en": "b"}, "kind": kind} for n, kind in enumerate(kinds, start=1)
    ]
    form = made(person={"ask": "code", "elements": elements})
    xform = _compiled(xlsform.workbook(form))
    assert "regex(., '^([1-9]|1[0-2])$')" in xform
    assert xlsform.mapping(form, "a.csv")["sgic"] == ["E1", "E2", "E3", "E4", "E5", "E6"]


def test_components_are_relevant_for_users_only(made: Made) -> None:
    rows = {row["name"]: row for row in _cells(xlsform.workbook(made()))["survey"] if "name" in row}
    assert rows["CON_SK01"]["type"] == "select_multiple components_SK01"
    assert rows["CON_SK01"]["relevant"] == "${TOE1} = '3' or ${TOE1} = '4' or ${TOE1} = '5'"
    assert rows["TOE1"]["type"] == "select_one optional_often"
    assert rows["UREN"]["constraint"] == ". >= 0 and . <= 40"
    assert rows["wave"]["calculation"] == "'T1'"


@pytest.mark.parametrize("text", HOSTILE)
def test_every_text_stays_text(made: Made, text: str) -> None:
    said = {"nl": text, "en": text}
    scale = {"id": "KEN", "label": said, "items": [{"id": "KEN1", "text": said, "options": "agree"}]}
    form = made("T0", title=said, scales=[scale], components={}, component_waves=[])
    workbook = xlsform.workbook(form)
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    filled = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in filled} == {"s"}
    tables = _cells(workbook)
    (row,) = [row for row in tables["survey"] if row.get("name") == "KEN1"]
    assert row["label::Nederlands (nl)"] == row["label::English (en)"] == text
    assert tables["settings"][0]["form_title"] == text
    assert tables["settings"][0]["version"] == "2.1"
    assert text in {element.text for element in ET.fromstring(_compiled(workbook)).iter()}


def test_the_same_form_gives_the_same_file(made: Made) -> None:
    assert xlsform.workbook(made()) == xlsform.workbook(made())


def test_a_text_that_would_name_an_answer_is_refused(made: Made) -> None:
    scale = {"id": "KEN", "label": {"nl": "a", "en": "a"}}
    item = {"id": "KEN1", "text": {"nl": "kosten ${x}", "en": "a"}, "options": "agree"}
    form = made("T0", scales=[{**scale, "items": [item]}], components={}, component_waves=[])
    with pytest.raises(InvalidMaterial, match="`KEN`") as refused:
        xlsform.workbook(form)
    assert "kosten" not in str(refused.value)


ANSWERS = """wave,site,respondent,KEN1,KEN2,TOE1,UREN,CON_SK01,CON_SK01/CP01,CON_SK01/CP04,O1,_id,_uuid
T1,es,r1,4,2,5,7.5,CP01,1,0,vrij,1,a
T1,es,r2,1,,nvt,,,,,,2,b
T1,esdoorn,r3,5,1,2,0,,,,,3,c
"""


def test_answers_are_read_back_with_the_mapping(made: Made, read_back: ReadBack) -> None:
    study = read_back(xlsform.mapping(made(), "t1.csv"), ANSWERS)
    found = survey.read(study)
    given = {(one.respondent, one.item): one.value for one in found.responses}
    assert [given["r1", item] for item in ("KEN1", "KEN2", "TOE1", "UREN")] == [4, 2, 5, 7.5]
    reasons = {(one.respondent, one.item): one.reason_na for one in found.responses if one.value is None}
    assert reasons["r2", "TOE1"] == "not_applicable"
    assert reasons["r2", "KEN2"] == "skipped"
    ticks = {(one.respondent, one.component): one.value for one in found.contributions}
    assert (ticks["r1", "CP01"], ticks["r1", "CP04"], ticks["r2", "CP01"]) == (1, 0, None)


def test_an_id_that_starts_with_a_digit_gets_a_name_and_keeps_its_id(made: Made, read_back: ReadBack) -> None:
    text = {"nl": "a", "en": "a"}
    scale = {"id": "1", "label": text, "items": [{"id": "1a", "text": text, "options": "agree"}]}
    changes: dict[str, Any] = {"scales": [scale], "components": {}, "component_waves": [], "open": []}
    form = made("T0", **changes)
    _compiled(xlsform.workbook(form))
    study = read_back(xlsform.mapping(form, "a.csv"), "wave,site,respondent,_1a\nT0,es,r1,3\n", **changes)
    assert [(one.item, one.value) for one in survey.read(study).responses] == [("1a", 3)]
