"""OpenDocument texts: words in order, deletions and what is hidden left out."""

from __future__ import annotations

import io
import zipfile

import pytest

from casestudy.errors import InvalidMaterial
from casestudy.material.formats import open_document
from casestudy.material.formats.word import Table

MIME = b"application/vnd.oasis.opendocument.text"
SPACES = 'xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:style="s" xmlns:draw="d"'
HIDING = (
    '<style:style style:name="Weg"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="Ook" style:parent-style-name="Weg"/>'
)


def packed(body: str, *, mime: bytes = MIME, more: dict[str, bytes] | None = None) -> bytes:
    content = (
        f"<office:document-content {SPACES}><office:automatic-styles>{HIDING}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"mimetype": mime, "content.xml": content.encode(), **(more or {})}.items():
            archive.writestr(name, data)
    return file.getvalue()


def p(*content: str, style: str = "") -> str:
    return f'<text:p text:style-name="{style}">{"".join(content)}</text:p>'


DELETED = (
    "<text:tracked-changes><text:changed-region><text:deletion>"
    f"{p('weg')}</text:deletion></text:changed-region></text:tracked-changes>"
)
LIST = "<text:list><text:list-item>{}</text:list-item></text:list>"
CELL = "<table:table-cell>{}</table:table-cell>"
ROW = f"<table:table-row>{CELL.format(p('I'))}{CELL.format(p('Hoe') + p('dan?'))}</table:table-row>"
NOTE = f"<text:note><text:note-body>{p('weg')}</text:note-body></text:note>"
BOX = f"<draw:frame><draw:text-box>{p('weg')}</draw:text-box></draw:frame>"
MARGIN = f"<office:annotation>{p('weg')}</office:annotation>"
BODIES = {
    "paragraphs, headings and spans": (
        f"<text:h>Kop</text:h>{p('Een <text:span>twee</text:span> drie')}",
        ["Kop", "Een twee drie"],
    ),
    "spaces in a row count once": (p("a  b\n  c <text:span> d</text:span>"), ["a b c d"]),
    "spaces that were meant, tabs and line ends": (
        p('a<text:s text:c="3"/>b<text:s/>c<text:tab/>d<text:line-break/>e'),
        ["a   b c\td\ne"],
    ),
    "lists, also in lists": (LIST.format(p("a") + LIST.format(p("b"))), ["a", "b"]),
    "sections": (f"<text:section>{p('a')}</text:section>", ["a"]),
    "a hidden section": (f'<text:section text:display="none">{p("weg")}</text:section>{p("a")}', ["a"]),
    "a table": (
        f"<table:table><table:table-header-rows>{ROW}</table:table-header-rows></table:table>",
        [Table((("I", "Hoe\ndan?"),))],
    ),
    "deletions are not read, insertions are": (
        DELETED + p('a <text:change text:change-id="c1"/><text:change-start/>erbij<text:change-end/>'),
        ["a erbij"],
    ),
    "annotations, notes and text boxes are not": (p(f"a{MARGIN}{NOTE}{BOX} b"), ["a b"]),
    "a hiding style hides": (p('a<text:span text:style-name="Weg">weg</text:span>'), ["a"]),
    "a style based on a hiding style hides": (p("weg", style="Ook") + p("a"), ["a"]),
    "a count of spaces that is a bomb": (p('a<text:s text:c="99999999999"/>b'), ["a b"]),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES)
def test_what_is_read(body: str, expected: list[str | Table]) -> None:
    assert open_document.read(packed(body), "a.odt") == expected


REFUSED = {
    "another kind": (
        packed("", mime=b"application/vnd.oasis.opendocument.spreadsheet"),
        "another kind of file",
    ),
    "a password": (
        packed("", more={"META-INF/manifest.xml": b"<a><encryption-data/></a>"}),
        "file with a password",
    ),
    "no archive": (b"tekst", "damaged file or another kind of file"),
    "endless nesting": (packed(p("<text:span>" * 5_000 + "</text:span>" * 5_000)), "that unfolds|nesting"),
}


@pytest.mark.parametrize(("data", "found"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused(data: bytes, found: str) -> None:
    with pytest.raises(
        InvalidMaterial, match=f"^es/a.odt: the file must be a readable Open.* found.* ({found})"
    ):
        open_document.read(data, "es/a.odt")
