"""OpenDocument texts: the paragraphs and tables of an ``.odt`` in the order in which they are read.

Tracked insertions are read; deletions, hidden text, notes, annotations, text boxes, headers and footers are
not. A deletion stands outside the text in this kind of file, so that leaving it out takes nothing else along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from casestudy.material.formats import archives
from casestudy.material.formats.archives import Archive, child, kind_of, value
from casestudy.material.formats.word import Table

_MIME = b"application/vnd.oasis.opendocument.text"
_KIND = {"kind": "a readable OpenDocument text", "program": "LibreOffice"}
_DEEPEST_STYLE = 50
_MOST_SPACES = 1_000
_SPACES = re.compile(r"[ \t\r\n]+")
_LISTS = frozenset("list list-item list-header section numbered-paragraph".split())
_ROWS = frozenset("table-header-rows table-rows table-row-group".split())
_SKIPPED = frozenset(
    "tracked-changes annotation annotation-end note frame custom-shape rect line g object ruby-text "
    "hidden-text hidden-paragraph forms sequence-decls variable-decls user-field-decls alphabetical- "
    "index-mark bibliography-mark tracked-change table-of-content script".split()
)


def read(data: bytes, name: str) -> list[str | Table]:
    """Read the paragraphs and tables of an OpenDocument text.

    Raises
    ------
    InvalidMaterial
        When it is not such a file, is damaged, has a password, or would unfold beyond the limits.
    """
    with archives.opened(data, name, **_KIND) as archive:
        if not archive.bytes("mimetype").strip().startswith(_MIME):
            raise archive.refused("another kind of file", "save it as .odt")
        manifest = "META-INF/manifest.xml"
        if archive.holds(manifest) and b"encryption-data" in archive.bytes(manifest):
            raise archive.refused("a file with a password", "save it without a password")
        content = archive.parsed("content.xml")
        body = child(child(content, "body"), "text")
        if body is None:
            raise archive.refused("a file without a text", "open it in LibreOffice and save it again")
        return list(_Reader(_hidden_styles(archive, content)).blocks(body))


def _hidden_styles(archive: Archive, content: Element) -> frozenset[str]:
    """Names of styles that hide their text, also by the style they are based on."""
    roots = [archive.parsed("styles.xml")] if archive.holds("styles.xml") else []
    state: dict[str, bool | None] = {}
    based: dict[str, str] = {}
    for style in (style for root in [*roots, content] for style in root.iter()):
        if kind_of(style) == "style":
            own = value(style, "name")
            shown = [value(part, "display") for part in style if kind_of(part) == "text-properties"]
            state[own] = next((display == "none" for display in shown if display), None)
            based[own] = value(style, "parent-style-name")
    hidden = set()
    for own in state:
        at, steps = own, 0
        while state.get(at) is None and at in based and steps < _DEEPEST_STYLE:
            at, steps = based[at], steps + 1
        if state.get(at):
            hidden.add(own)
    return frozenset(hidden)


@dataclass(slots=True)
class _Words:
    """Words of one paragraph, its spaces told as the format says: those in a row count once."""

    parts: list[str] = field(default_factory=list)
    is_spaced: bool = True

    def text(self, raw: str | None) -> None:
        plain = _SPACES.sub(" ", raw or "")
        plain = plain[1:] if self.is_spaced and plain.startswith(" ") else plain
        if plain:
            self.parts.append(plain)
            self.is_spaced = plain.endswith(" ")

    def sign(self, sign: str) -> None:
        self.parts.append(sign)
        self.is_spaced = False


@dataclass(frozen=True, slots=True)
class _Reader:
    hidden: frozenset[str]

    def blocks(self, parent: Element) -> Iterator[str | Table]:
        for element in parent:
            kind = kind_of(element)
            if self.hides(element):
                continue
            if kind in ("p", "h"):
                yield self.paragraph(element)
            elif kind == "table":
                yield Table(tuple(self.row(row) for row in _rows(element)))
            elif kind in _LISTS:
                yield from self.blocks(element)

    def row(self, row: Element) -> tuple[str, ...]:
        return tuple(self.cell(cell) for cell in row if kind_of(cell) == "table-cell")

    def cell(self, cell: Element) -> str:
        parts: list[str] = []
        for block in self.blocks(cell):
            parts += [block] if isinstance(block, str) else [text for row in block.rows for text in row]
        return "\n".join(parts)

    def paragraph(self, paragraph: Element) -> str:
        words = _Words()
        self.fill(words, paragraph)
        return "".join(words.parts)

    def fill(self, words: _Words, element: Element) -> None:
        words.text(element.text)
        for part in element:
            kind = kind_of(part)
            if kind == "s":
                words.sign(" " * _count(value(part, "c")))
            elif kind == "tab":
                words.sign("\t")
            elif kind == "line-break":
                words.sign("\n")
            elif kind not in _SKIPPED and not self.hides(part):
                self.fill(words, part)
            words.text(part.tail)

    def hides(self, element: Element) -> bool:
        is_off = kind_of(element) == "section" and value(element, "display") == "none"
        return is_off or value(element, "style-name") in self.hidden


def _rows(table: Element) -> Iterator[Element]:
    for part in table:
        if kind_of(part) == "table-row":
            yield part
        elif kind_of(part) in _ROWS:
            yield from _rows(part)


def _count(written: str) -> int:
    return min(int(written), _MOST_SPACES) if written.isdecimal() and len(written) < 10 else 1
