r"""Rich Text files: letters of every code page, deletions and what is hidden left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.errors import InvalidMaterial
from casestudy.material.formats import rich_text
from casestudy.material.formats.word import Table

FONTS = rb"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}{\f2\fcharset238 Arial CE;}}"
CASES = {
    "bytes of the code page": (rb"\ansicpg1252 E\'e9n caf\'e9 \'80 5", ["Eén café € 5"]),
    "bytes of the code page of a font": (rb"{\f1 \'cf\'d0}{\f2 \'9a}", ["ПРš"]),
    "units with a substitute": (rb"\u8216?zo\u8217? zei", ["‘zo’ zei"]),
    "two substitutes, one of them a byte": (rb"\uc2\u8364\'80xq", ["€q"]),
    "no substitute": (rb"\uc0\u8364 q", ["€q"]),
    "an emoji of two units": (rb"\u-10179?\u-8704?!", ["😀!"]),
    "half an emoji": (rb"\u-10179?!", ["\ufffd!"]),
    "paragraphs and line ends": (rb"a\par b\line c\par\pard d", ["a", "b\nc", "d"]),
    "signs": (rb"a\tab b\endash c\~d\_e\-f\{g\}\\", ["a\tb–c\xa0d-ef{g}\\"]),
    "deletions are not read, insertions are": (
        rb"a{\deleted weg}{\revised erbij}{\deleted\par}b",
        ["aerbijb"],
    ),
    "hidden text is not": (rb"a{\v weg}b\v weg\v0 c", ["abc"]),
    "headers, notes, comments and pictures are not": (
        rb"{\header weg}a{\footnote weg}{\*\annotation weg}{\pict\wmetafile8 ffff}{\info{\author weg}}b",
        ["ab"],
    ),
    "unknown groups are not": (rb"{\*\nieuw weg}a", ["a"]),
    "fields have their result": (rb'{\field{\*\fldinst HYPERLINK "x"}{\fldrslt klik}}', ["klik"]),
    "a table": (
        rb"\trowd\intbl I\cell Hoe?\cell\row\trowd\intbl R\cell Zo.\par En zo.\cell\row\pard na",
        [Table((("I", "Hoe?"), ("R", "Zo.\nEn zo."))), "na"],
    ),
    "a picture in bytes": (b"a{\\pict\\bin3 }{\\}b", ["ab"]),
    "line ends of the file are none of the text": (b"a\r\nb", ["ab"]),
    "nothing": (b"", []),
}


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES)
def test_what_is_read(body: bytes, expected: list[str | Table]) -> None:
    assert rich_text.read(rb"{\rtf1\ansi" + FONTS + rb"\pard " + body + b"}", "a.rtf") == expected


REFUSED = {
    "another kind": (b"tekst", "another kind of file"),
    "cut off": (rb"{\rtf1 tekst", "a file that is cut off"),
    "bytes that are not there": (rb"{\rtf1 \bin9999999999 x}", "a file that is cut off"),
    "endless nesting": (rb"{\rtf1" + b"{" * 5_000 + b"}" * 5_001, "endless nesting"),
    "a file without end": (rb"{\rtf1 " + b" " * 50_000_001, "more than 50,000,000 bytes"),
}


@pytest.mark.parametrize(("data", "found"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused(data: bytes, found: str) -> None:
    with pytest.raises(InvalidMaterial, match=f"^es/a.rtf: the file must be a readable Rich Text.* {found}"):
        rich_text.read(data, "es/a.rtf")


@given(st.text("abé€😀\\{} ", max_size=30))
def test_any_text_comes_back(text: str) -> None:
    units = text.encode("utf-16-le")
    numbers = [int.from_bytes(units[at : at + 2], "little", signed=True) for at in range(0, len(units), 2)]
    data = r"{\rtf1\ansi " + "".join(rf"\u{number}?" for number in numbers) + "}"
    assert rich_text.read(data.encode(), "a.rtf") == ([text] if text else [])
