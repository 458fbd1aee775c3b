"""Tables as programs export them: the same text from csv and workbook; bombs are refused unopened."""

from __future__ import annotations

import io
import random
import time
import tracemalloc
import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pytest

from casestudy.errors import InvalidMaterial
from casestudy.material.formats import sheets

TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def cell(value: Any) -> str:
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    if isinstance(value, tuple):
        return f'<c s="1"><v>{value[0]}</v></c>'
    return (
        f'<c t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>' if value else "<c/>"
    )


def grid(rows: Sequence[Sequence[Any]]) -> str:
    return "".join(f"<row>{''.join(cell(value) for value in row)}</row>" for row in rows)


def workbook(
    tabs: Mapping[str, str], *, hidden: Sequence[str] = (), more: Mapping[str, bytes] | None = None
) -> bytes:
    """A workbook with a sheet per tab, written by hand so that nothing is checked on the way."""
    names = list(enumerate(tabs, start=1))
    state = {name: ' state="hidden"' if name in hidden else "" for name in tabs}
    listed = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"{state[n]}/>' for i, n in names)
    links = "".join(
        f'<Relationship Id="r{i}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i, _ in names
    )
    links += f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}"/>',
        "_rels/.rels": f'<Relationships xmlns="{LINKS}"><Relationship Id="r0" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{LINKS}">{links}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
        "</cellXfs></styleSheet>",
    }
    for i, name in names:
        parts[f"xl/worksheets/sheet{i}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{tabs[name]}</sheetData></worksheet>'
        )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in ({part: text.encode() for part, text in parts.items()} | dict(more or {})).items():
            archive.writestr(part, text)
    return data.getvalue()


def read(tmp_path: Path, data: bytes, *, sheet: str | None = None, name: str = "t.xlsx") -> sheets.Sheet:
    path = tmp_path / name
    path.write_bytes(data)
    return sheets.read(path, f"survey/{name}", sheet=sheet)


def told(tmp_path: Path, data: bytes, *, sheet: str | None = None, name: str = "t.xlsx") -> str:
    with pytest.raises(InvalidMaterial) as refused:
        read(tmp_path, data, sheet=sheet, name=name)
    return str(refused.value)


def test_a_workbook_and_a_csv_file_give_the_same(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["id", "V1", "V2"], ["007", 4, 2.5], ["", "", ""], ["p 2", "", "één"]]
    text = "id,V1,V2\n007,4,2.5\n,,\np 2,,één\n"
    first, second = (
        read(tmp_path, workbook({"Blad1": grid(rows)})),
        read(tmp_path, text.encode(), name="t.csv"),
    )
    assert first.header == second.header == ("id", "V1", "V2")
    assert (
        first.rows
        == second.rows
        == (
            (2, {"id": "007", "V1": "4", "V2": "2.5"}),
            (4, {"id": "p 2", "V1": "", "V2": "één"}),
        )
    )


VALUES = [
    (0.00001, "0.00001"),
    (0.30000000000000004, "0.30000000000000004"),
    (0.125, "0.125"),
    (1e15, "1000000000000000"),
    (1e16, "1e+16"),
    ("0123", "0123"),
    (4.0, "4"),
    (1e300, "1e+300"),
    (-3, "-3"),
    (0.1, "0.1"),
    (True, "TRUE"),
    (" spatie ", "spatie"),
    ((43525,), "2019-03-01"),
    ((43525.5,), "2019-03-01 12:00:00"),
    ("=1+1", "=1+1"),
    ("<script>", "<script>"),
]


@pytest.mark.parametrize(("value", "text"), VALUES, ids=[repr(value) for value, _ in VALUES])
def test_a_cell_becomes_text(tmp_path: Path, value: object, text: str) -> None:
    ((_, row),) = read(tmp_path, workbook({"a": grid([["id"], [value]])})).rows
    assert row == {"id": text}


def test_a_formula_has_the_value_that_was_computed_last(tmp_path: Path) -> None:
    rows = '<row><c t="inlineStr"><is><t>id</t></is></c></row><row><c><f>2+3</f><v>5</v></c></row>'
    assert read(tmp_path, workbook({"a": rows})).rows == ((2, {"id": "5"}),)


def test_a_table_may_start_lower_and_to_the_right(tmp_path: Path) -> None:
    text = '<c r="{}" t="inlineStr"><is><t>{}</t></is></c>'
    rows = "".join(
        f'<row r="{n}">{text.format(f"C{n}", first)}{text.format(f"D{n}", second)}</row>'
        for n, first, second in ((3, "id", "V1"), (4, "p", "2"))
    )
    found = read(tmp_path, workbook({"a": rows}))
    assert (found.header, found.rows) == (("id", "V1"), ((4, {"id": "p", "V1": "2"}),))


def placed(rows: Sequence[Sequence[str]]) -> str:
    """Cells with their references, so that a formula or an error may stand among them."""
    return "".join(
        f'<row r="{r}">'
        + "".join(c.replace("<c", f'<c r="{"ABCDEFGH"[n]}{r}"', 1) for n, c in enumerate(row))
        + "</row>"
        for r, row in enumerate(rows, start=1)
    )


ERRORS = [
    ('<c t="e"><v>#N/A</v></c>', "#N/A"),
    ('<c t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"),
    ("<c><f>1+1</f></c>", "#FORMULA!"),
    ('<c t="str"><f>"a"</f><v>a</v></c>', "a"),
    ('<c t="b"><v>1</v></c>', "TRUE"),
]


@pytest.mark.parametrize(("written", "text"), ERRORS)
@pytest.mark.parametrize("lay", [placed, lambda rows: "".join(f"<row>{''.join(row)}</row>" for row in rows)])
def test_an_error_is_no_empty_cell(tmp_path: Path, lay: Any, written: str, text: str) -> None:
    rows = lay([[cell("id"), cell("V1")], [cell("p"), written], [cell("q"), cell(4)]])
    found = read(tmp_path, workbook({"leeg": "", "a": rows}, hidden=["leeg"]))
    assert [row["V1"] for _, row in found.rows] == [text, "4"]


def test_dates_of_the_1904_system(tmp_path: Path) -> None:
    data = workbook({"a": grid([["dag"], [(43525,)], [(43525.5,)]])})
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(into, "w") as archive:
        for name in given.namelist():
            part = given.read(name)
            if name == "xl/workbook.xml":
                part = part.replace(b"<sheets>", b'<workbookPr date1904="1"/><sheets>')
            archive.writestr(name, part)
    # Day 0 is 1 January 1904 there, 1,462 days after that of the other system.
    assert [row["dag"] for _, row in read(tmp_path, into.getvalue()).rows] == [
        "2023-03-02",
        "2023-03-02 12:00:00",
    ]


MERGED = [
    ("A1:B1", 1, "merged cells"),
    ("B2:B3", 2, "merged cells"),
    ("A3:C9", 3, "merged cells"),
    ("E1:F1", None, ""),
]


@pytest.mark.parametrize(("ranges", "line", "found"), MERGED)
def test_merged_cells_are_no_empty_ones(tmp_path: Path, ranges: str, line: int | None, found: str) -> None:
    rows = grid([["id", "V1", "V2"], ["p", 1, 2], ["q", 3, 4]])
    data = workbook(
        {"a": f'{rows}</sheetData><mergeCells count="1"><mergeCell ref="{ranges}"/></mergeCells>'}
    )
    data = rezipped(data, lambda text: text.replace(b"</mergeCells></sheetData>", b"</mergeCells>"))
    if line is None:
        assert len(read(tmp_path, data).rows) == 2
    else:
        assert f"survey/t.xlsx:{line}: each cell of a table must stand alone, found {found}" in told(
            tmp_path, data
        )


def rezipped(data: bytes, change: Any) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(into, "w") as archive:
        for name in given.namelist():
            archive.writestr(name, change(given.read(name)))
    return into.getvalue()


def test_a_number_has_the_mark_of_the_study_and_a_text_its_own(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook({"a": grid([["a", "b"], [2.5, "2.5"]])}))
    assert sheets.raw(path, "survey/t.xlsx", decimal=",").grid == [(1, ["a", "b"]), (2, ["2,5", "2.5"])]


def test_hidden_sheets_are_named_and_not_read(tmp_path: Path) -> None:
    tabs = {"antwoorden": grid([["id"], ["p"]]), "sleutel": grid([["naam"], ["geheim"]])}
    found = read(tmp_path, workbook(tabs, hidden=["sleutel"]))
    assert (found.header, found.hidden) == (("id",), ("sleutel",))
    assert found.counts == (("hidden sheet not read, `sleutel`", 1),)
    assert "`sheet` must be a sheet that is not hidden" in told(
        tmp_path, workbook(tabs, hidden=["sleutel"]), sheet="sleutel"
    )


def test_which_of_several_sheets(tmp_path: Path) -> None:
    data = workbook({"a": grid([["id"], ["p"]]), "b": grid([["id"], ["q"]])})
    assert "it must be clear which sheet to read, found 2 sheets that are not hidden" in told(tmp_path, data)
    assert read(tmp_path, data, sheet="b").rows == ((2, {"id": "q"}),)


FAR = '<row r="{0}"><c r="{1}{0}"><v>1</v></c></row>'
BOMBS = {
    "the last cell alone": workbook({"a": FAR.format(1048576, "XFD")}),
    "the first and the last cell": workbook({"a": FAR.format(1, "A") + FAR.format(1048576, "XFD")}),
    "the last column": workbook({"a": FAR.format(1, "XFD")}),
    "the last row without a number": workbook({"a": FAR.format(100_000, "A") + "<row><c><v>1</v></c></row>"}),
    "a sheet hidden from the list": workbook(
        {"a": grid([["id"]])}, more={"xl/worksheets/sheet9.XML": FAR.format(1048576, "XFD").encode()}
    ),
    "a column beyond all columns": workbook({"a": FAR.format(1, "A" * 5000)}),
    "a row beyond all numbers": workbook({"a": FAR.format("9" * 5000, "A")}),
    "many cells in a small file": workbook({"a": "<row>" + "<c/>" * 6_000_000 + "</row>"}),
    "a large text": workbook({"a": grid([["id"], ["x" * 30_000_000]])}),
    "over 100 MB": workbook({"a": "x" * 100_000_001}),
    "a document type": workbook({"a": ""}, more={"xl/x.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
    "a part that is not XML": workbook({"a": grid([["id"]])}, more={"xl/x.xml": b"<a>"}),
    "a sheet outside": workbook(
        {"a": ""},
        more={
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{LINKS}"><Relationship Id="r1" '
            f'Type="{OFFICE}/worksheet" Target="media/a.png"/></Relationships>'.encode()
        },
    ),
    "too many members": workbook({"a": ""}, more={f"m{n}": b"" for n in range(5_001)}),
}


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("kind", BOMBS)
def test_what_would_not_fit_into_memory_is_refused(tmp_path: Path, kind: str) -> None:
    tracemalloc.start()
    begun = time.perf_counter()
    message = told(tmp_path, BOMBS[kind])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert message.startswith("survey/t.xlsx: ")
    assert time.perf_counter() - begun < 20
    assert peak < 200_000_000


OTHERS = [
    (b"", "t.xlsx", "it must be an xlsx workbook"),
    (b"PK\x03\x04", "t.xlsx", "it must be an xlsx workbook"),
    (b"id,V1\np,1\n", "t.xlsx", "it must be an xlsx workbook"),
    (workbook({"a": ""}), "t.xlsx", "the table must have a header"),
    (b"\xd0\xcf\x11\xe0", "t.xls", "the file must be csv, tsv, xlsx or sav"),
    (b"x", "t.ods", "the file must be csv, tsv, xlsx or sav"),
    (b"x", "t", "the file must be csv, tsv, xlsx or sav"),
    (workbook({"a": grid([["id"]])}), "t.csv", "the file must be text"),
    (b"id,id\np,q\n", "t.csv", "a column must stand once"),
    (b" \n\n", "t.csv", "the table must have a header, found an empty file"),
]


@pytest.mark.parametrize(("data", "name", "must"), OTHERS)
def test_another_kind_of_file_is_refused(tmp_path: Path, data: bytes, name: str, must: str) -> None:
    assert must in told(tmp_path, data, name=name)


def outcome(tmp_path: Path, data: bytes) -> str:
    try:
        return read(tmp_path, data).name
    except InvalidMaterial as refused:
        return str(refused)


def test_damaged_copies_are_read_or_refused(tmp_path: Path) -> None:
    good = workbook({"a": grid([["id", "V1"], *([f"p{n}", n % 5] for n in range(20))])})
    chance = random.Random(1)
    for _ in range(150):
        data = bytearray(good)
        for _ in range(chance.choice([1, 3, 10])):
            where = chance.randrange(len(data))
            data[where : where + chance.choice([0, 1, 8])] = bytes(
                chance.randrange(256) for _ in range(chance.choice([0, 1, 4]))
            )
        assert outcome(tmp_path, bytes(data)).startswith("survey/t.xlsx")


def test_damaged_parts_are_read_or_refused(tmp_path: Path) -> None:
    chance = random.Random(2)
    rows = grid([["id", "V1"], *([f"p{n}", n % 5] for n in range(20))])
    for _ in range(150):
        where = chance.randrange(len(rows))
        word = chance.choice(
            ["", "<c>", "</row>", 't="s"', "<v>9</v>", "&x;", "\x01", "1e400", '<c t="e"><v>#N/A</v></c>']
        )
        data = workbook({"a": rows[:where] + word + rows[where:]})
        assert outcome(tmp_path, data).startswith("survey/t.xlsx")
