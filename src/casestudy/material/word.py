"""Word files: the paragraphs and tables of a ``.docx`` in the order in which they are read.

The file is opened as the archive it is and its parts are parsed with every DTD forbidden. Insertions that
are tracked are read; deletions, hidden text, headers, footers, notes, comments and text boxes are not.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from casestudy.errors import InvalidMaterial, Problem

LIMIT_BYTES = 100_000_000
LIMIT_RATIO = 100
LIMIT_MEMBERS = 5_000
LIMIT_PARSED = 30_000_000

_MEMBER = re.compile(r"[\w\[\]][\w\[\]\-. ()+&,=%@~#!]*(?:/[\w\[\]\-. ()+&,=%@~#!]+)*/?")
_OLD = b"\xd0\xcf\x11\xe0"
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    OverflowError,
)
_SKIPPED = frozenset(
    "del moveFrom instrText delText delInstrText rt pPr rPr sectPr sdtPr sdtEndPr drawing pict object p tbl "
    "t".split()
)
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, each cell its paragraphs joined by line ends."""

    rows: tuple[tuple[str, ...], ...]


def read(data: bytes, name: str) -> list[str | Table]:
    """Read the paragraphs and tables of a Word file.

    Raises
    ------
    InvalidMaterial
        When it is not a Word file, is damaged, or would unfold beyond the limits.
    """
    if data.startswith(_OLD):
        remedy = "save it as .docx without a password"
        raise _refused(name, "an old Word file or one with a password", remedy)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_members(archive, len(data), name)
            part = _main_part(archive, name)
            document = _parsed(archive, part, name)
            hidden = _hidden_styles(archive, part, name)
    except _BROKEN:
        raise _refused(
            name, "a damaged file or another kind of file", "open it in Word and save it again"
        ) from None
    body = next((child for child in document if _kind(child) == "body"), None)
    if body is None:
        raise _refused(name, "a file without a text", "open it in Word and save it again")
    try:
        return list(_Reader(hidden).blocks(body))
    except RecursionError:
        raise _refused(name, "endless nesting", "copy its text into a new file") from None


def _refused(name: str, found: str, remedy: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(name, "the file must be a readable Word file", found, remedy)])


def _check_members(archive: zipfile.ZipFile, size: int, name: str) -> None:
    members = archive.infolist()
    if len(members) > LIMIT_MEMBERS:
        raise _refused(name, f"more than {LIMIT_MEMBERS:,} parts", "save its text as a new file")
    declared = sum(member.file_size for member in members)
    if declared > LIMIT_BYTES or declared > LIMIT_RATIO * size:
        raise _refused(name, "a file that unfolds far beyond its size", "save its text as a new file")
    for member in members:
        is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
        steps = member.filename.split("/")
        if is_link or ".." in steps or "." in steps or not _MEMBER.fullmatch(member.filename):
            raise _refused(name, "a part with a name that leads elsewhere", "save its text as a new file")


def _part(archive: zipfile.ZipFile, part: str, name: str) -> bytes:
    declared = archive.getinfo(part).file_size
    if declared > LIMIT_PARSED:
        raise _refused(name, f"more than {LIMIT_PARSED:,} bytes of text", "split it into several files")
    with archive.open(part) as file:
        data = file.read(declared + 1)
    if len(data) > declared:
        raise _refused(name, "a part larger than it says", "save its text as a new file")
    return data


def _parsed(archive: zipfile.ZipFile, part: str, name: str) -> Element:
    data = _part(archive, part, name)
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise _refused(name, "a document type or entity", "save its text as a new file") from None
    except (ParseError, LookupError):
        raise _refused(name, "a damaged part", "open it in Word and save it again") from None
    return root


def _main_part(archive: zipfile.ZipFile, name: str) -> str:
    for relation in _parsed(archive, "_rels/.rels", name):
        if relation.get("Type", "").endswith("/officeDocument"):
            return relation.get("Target", "").lstrip("/")
    raise _refused(name, "another kind of file", "save it as .docx")


def _hidden_styles(archive: zipfile.ZipFile, part: str, name: str) -> frozenset[str]:
    """Ids of styles that hide their text, also by the style they are based on."""
    styles = f"{part.rpartition('/')[0]}/styles.xml".lstrip("/")
    if styles not in archive.namelist():
        return frozenset()
    state: dict[str, bool | None] = {}
    based: dict[str, str] = {}
    for style in _parsed(archive, styles, name):
        if _kind(style) == "style":
            own = _value(style, "styleId")
            state[own] = _is_hidden(_child(style, "rPr"))
            base = _child(style, "basedOn")
            based[own] = _value(base, "val") if base is not None else ""
    hidden = set()
    for style_id in state:
        at, steps = style_id, 0
        while state.get(at) is None and at in based and steps < len(state):
            at, steps = based[at], steps + 1
        if state.get(at):
            hidden.add(style_id)
    return frozenset(hidden)


def _kind(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(element: Element | None, kind: str) -> Element | None:
    return None if element is None else next((child for child in element if _kind(child) == kind), None)


def _value(element: Element, attribute: str) -> str:
    return next((value for key, value in element.items() if key.rpartition("}")[2] == attribute), "")


def _is_hidden(properties: Element | None) -> bool | None:
    vanish = _child(properties, "vanish")
    return None if vanish is None else _value(vanish, "val") not in ("0", "false", "off")


@dataclass(frozen=True, slots=True)
class _Reader:
    hidden: frozenset[str]

    def blocks(self, parent: Element) -> Iterator[str | Table]:
        """Paragraphs and tables below an element; a paragraph whose end was deleted goes on in the next."""
        waiting = ""
        for element in _unfolded(parent):
            if _kind(element) == "p":
                waiting += self.paragraph(element)
                if not _end_is_deleted(element):
                    yield waiting
                    waiting = ""
            elif _kind(element) == "tbl":
                yield self.table(element)
        if waiting:
            yield waiting

    def table(self, table: Element) -> Table:
        rows = [
            row
            for row in _unfolded(table)
            if _kind(row) == "tr" and _child(_child(row, "trPr"), "del") is None
        ]
        return Table(
            tuple(tuple(self.cell(cell) for cell in _unfolded(row) if _kind(cell) == "tc") for row in rows)
        )

    def cell(self, cell: Element) -> str:
        parts = []
        for block in self.blocks(cell):
            parts += [block] if isinstance(block, str) else [value for row in block.rows for value in row]
        return "\n".join(parts)

    def paragraph(self, paragraph: Element) -> str:
        style = _child(_child(paragraph, "pPr"), "pStyle")
        hides = style is not None and _value(style, "val") in self.hidden
        return "".join(self.words(paragraph, hides))

    def words(self, element: Element, hides: bool) -> Iterator[str]:
        for child in _unfolded(element):
            kind = _kind(child)
            if kind == "t" and not hides:
                yield child.text or ""
            elif kind in _SIGNS and not hides:
                yield _SIGNS[kind]
            elif kind == "r":
                yield from self.words(child, self.run_hides(child, hides))
            elif kind not in _SKIPPED:
                yield from self.words(child, hides)

    def run_hides(self, run: Element, hides: bool) -> bool:
        properties = _child(run, "rPr")
        own = _is_hidden(properties)
        if own is not None:
            return own
        style = _child(properties, "rStyle")
        return hides or (style is not None and _value(style, "val") in self.hidden)


def _unfolded(parent: Element) -> Iterator[Element]:
    """Children of an element; a wrapper that marks a change, a field or a choice gives way to its own."""
    for child in parent:
        kind = _kind(child)
        if kind in ("ins", "moveTo", "sdt", "sdtContent", "customXml", "smartTag"):
            yield from _unfolded(child)
        elif kind == "AlternateContent":
            chosen = _child(child, "Choice")
            chosen = _child(child, "Fallback") if chosen is None else chosen
            if chosen is not None:
                yield from _unfolded(chosen)
        else:
            yield child


def _end_is_deleted(paragraph: Element) -> bool:
    return _child(_child(_child(paragraph, "pPr"), "rPr"), "del") is not None
