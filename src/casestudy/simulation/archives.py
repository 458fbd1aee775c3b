"""Word files and workbooks whose bytes depend on nothing but their words."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument"
_CORE = (
    f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<dc:creator>onderzoek</dc:creator>"
    '<dcterms:created xsi:type="dcterms:W3CDTF">2019-01-01T00:00:00Z</dcterms:created>'
    "</cp:coreProperties>"
)


def document(paragraphs: Iterable[str]) -> bytes:
    """Make a Word file of plain paragraphs.

    Examples
    --------
    >>> document(["Dag."]) == document(["Dag."])
    True
    """
    body = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{escape(words)}</w:t></w:r></w:p>' for words in paragraphs
    )
    parts = {
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
        "docProps/core.xml": _CORE,
    }
    return _packed(parts, main="word/document.xml", kind=f"{_TYPE}.wordprocessingml.document.main+xml")


def workbook(sheet: str, rows: Iterable[Sequence[str]]) -> bytes:
    """Make a workbook with one sheet in which every cell is text, so that no program turns an id into a date.

    Examples
    --------
    >>> workbook("a", [["id"], ["012"]]) == workbook("a", [["id"], ["012"]])
    True
    """
    lines = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row) + "</row>"
        for row in rows
    )
    book = f'<sheets><sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets>'
    relation = f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    relations = f'<Relationships xmlns="{_PACKAGE}/relationships">{relation}</Relationships>'
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}">{book}</workbook>',
        "xl/_rels/workbook.xml.rels": relations,
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEET}"><sheetData>{lines}</sheetData></worksheet>',
        "docProps/core.xml": _CORE,
    }
    more = {"xl/worksheets/sheet1.xml": f"{_TYPE}.spreadsheetml.worksheet+xml"}
    return _packed(parts, main="xl/workbook.xml", kind=f"{_TYPE}.spreadsheetml.sheet.main+xml", more=more)


def _packed(
    parts: Mapping[str, str], *, main: str, kind: str, more: Mapping[str, str] | None = None
) -> bytes:
    kinds = {
        main: kind,
        "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
        **(more or {}),
    }
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{what}"/>' for name, what in kinds.items()
    )
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
    relations = (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="{main}"/>'
        f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" '
        'Target="docProps/core.xml"/></Relationships>'
    )
    members = {"[Content_Types].xml": types, "_rels/.rels": relations, **parts}
    file = io.BytesIO()
    # Stored, not compressed: compressed bytes differ between versions of the library.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, text in members.items():
            entry = zipfile.ZipInfo(name, date_time=(2019, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, _HEAD + text)
    return file.getvalue()
