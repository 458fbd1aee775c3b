"""Tables of turns: the same rows from text and from a workbook."""

from __future__ import annotations

import io
import zipfile
from html import escape

import pytest

from casestudy.errors import InvalidMaterial
from casestudy.material import turns_table
from casestudy.material.formats import workbooks
from casestudy.material.turns_table import Row

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def cell(value: str) -> str:
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else "<c/>"


def grid(*rows: list[str]) -> str:
    return "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)


def workbook(tabs: dict[str, str], *, hidden: tuple[str, ...] = (), shared: str = "") -> bytes:
    """A workbook with a sheet per tab, written by hand so that nothing is checked on the way."""
    numbered = list(enumerate(tabs, start=1))
    state = {name: ' state="hidden"' if name in hidden else "" for name in tabs}
    listed = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"{state[n]}/>' for i, n in numbered)
    links = "".join(
        f'<Relationship Id="r{i}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i, _ in numbered
    )
    links += f'<Relationship Id="s" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    parts = {
        "[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>",
        "_rels/.rels": f'<Relationships xmlns="{LINKS}"><Relationship Id="r0" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{LINKS}">{links}</Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{shared}</sst>',
    }
    for i, name in numbered:
        parts[f"xl/worksheets/sheet{i}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{tabs[name]}</sheetData></worksheet>'
        )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in parts.items():
            archive.writestr(part, text)
    return file.getvalue()


HEAD, SAID = ["tijd", "Spreker", "Tekst"], ["0:01", "I", "Hoe; ging, het?"]
HEADERS = [
    (["speaker", "text"], {"speaker": 0, "words": 1}),
    (["Speaker_Name", "Utterance"], {"speaker": 0, "words": 1}),
    (["wie", "uitspraak"], {"speaker": 0, "words": 1}),
    (["Naam  spreker", "Gesproken tekst"], {"speaker": 0, "words": 1}),
    (["id", "leeftijd"], {}),
    (["tekst"], {"words": 0}),
]


@pytest.mark.parametrize(("header", "found"), HEADERS)
def test_columns_by_their_dutch_and_english_names(header: list[str], found: dict[str, int]) -> None:
    assert turns_table.columns(header) == found


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_text_and_workbook_give_the_same_rows(sign: str) -> None:
    text = f'{sign.join(HEAD)}\n0:01{sign}I{sign}"Hoe; ging, het?"\n'
    expected = (Row("I", "Hoe; ging, het?"),)
    assert turns_table.from_text(text, "a.csv").rows == expected
    assert turns_table.from_workbook(workbook({"a": grid(HEAD, SAID)}), "a.xlsx").rows == expected


def test_a_formula_is_not_run_and_looks_like_what_it_is() -> None:
    rows = grid(HEAD) + '<row><c/><c/><c t="str"><f>1+1</f><v>twee</v></c></row>'
    assert turns_table.from_workbook(workbook({"a": rows}), "a.xlsx").rows == (Row("", "twee"),)
    assert turns_table.from_text("tekst\n=1+1\n", "a.csv").rows == (Row(None, "=1+1"),)


def test_hidden_and_other_sheets_are_not_read_and_told() -> None:
    tabs = {
        "gesprek": grid(HEAD, SAID),
        "sleutel": grid(["naam", "tekst"], ["A", "b"]),
        "telling": grid(["n"]),
    }
    turns = turns_table.from_workbook(workbook(tabs, hidden=("sleutel",)), "a.xlsx")
    assert turns.rows == (Row("I", "Hoe; ging, het?"),)
    assert turns.remarks == (
        "hidden sheets were not read: `sleutel`",
        "other sheets without turns were not read: 1",
    )


REFUSED = {
    "no turns": (workbook({"a": grid(["id", "leeftijd"])}), "a table of turns must have a column `speaker`"),
    "turns twice": (
        workbook({"a": grid(HEAD, SAID), "b": grid(HEAD, SAID)}),
        "one sheet of a workbook must hold",
    ),
    "no workbook": (b"tekst", "it must be an xlsx workbook"),
    "the last cell": (
        workbook({"a": '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'}),
        "a workbook must hold cells within 100,000 rows",
    ),
    "one text in many cells": (
        workbook(
            {"a": "<row>" + '<c t="s"><v>0</v></c>' * 2_000 + "</row>"},
            shared=f"<si><t>{'x' * 50_001}</t></si>",
        ),
        "a workbook must hold at most 100,000,000 characters",
    ),
}


@pytest.mark.parametrize(("data", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        turns_table.from_workbook(data, "es/a.xlsx")
    assert str(refused.value).startswith(f"es/a.xlsx: {told}")


def test_a_part_in_an_encoding_of_nobody_is_refused() -> None:
    file = io.BytesIO(workbook({"a": grid(HEAD, SAID)}))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/x.xml", '<?xml version="1.0" encoding="UTF1.5"?><a/>')
    with pytest.raises(InvalidMaterial, match="it must be an xlsx workbook"):
        workbooks.read(file.getvalue(), "a.xlsx", list)
