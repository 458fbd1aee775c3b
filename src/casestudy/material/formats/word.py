"""Word files: the paragraphs and tables of a ``.docx`` in the order in which they are read, and its comments.

The file is opened as the archive it is and its parts are parsed with every DTD forbidden. Insertions that
are tracked are read; deletions, hidden text, headers, footers, notes and text boxes are not. Comments are no
part of the text; they are read on their own, with the words they hang on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from casestudy.material import texts
from casestudy.material.formats import archives
from casestudy.material.formats.archives import Archive, child, kind_of, value

_OLD = b"\xd0\xcf\x11\xe0"
_KIND = {"kind": "a readable Word file", "program": "Word"}
_DEEPEST_STYLE = 50
CONTEXT = 64
_SKIPPED = frozenset(
    "del moveFrom instrText delText delInstrText rt pPr rPr sectPr sdtPr sdtEndPr drawing pict object p tbl "
    "t".split()
)
# Where a comment begins, ends or stands; XML cannot hold these characters, so no text is taken for a mark.
_MARKS = {"commentRangeStart": "s", "commentRangeEnd": "e", "commentReference": "r"}
_MARK = re.compile("\ud800(?P<kind>[ser])(?P<id>[^\udbff]*)\udbff")
_GONE = frozenset(("del", "moveFrom"))
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, each cell its paragraphs joined by line ends."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment in the margin and the words it hangs on.

    ``start`` and ``end`` are offsets in the running text of the same file; ``words`` are the words between
    them, ``before`` and ``after`` what stands around them, ``line`` the number of their line, counted from 0.
    A comment on nothing, or on words that were deleted, has no words. ``answers`` is the position of the
    comment that this one replies to.
    """

    author: str
    text: str
    words: str
    start: int
    end: int
    before: str
    after: str
    line: int
    answers: int | None = None


def read(data: bytes, name: str) -> list[str | Table]:
    """Read the paragraphs and tables of a Word file.

    Raises
    ------
    InvalidMaterial
        When it is not a Word file, is damaged, or would unfold beyond the limits.
    """
    with _opened(data, name) as archive:
        return _blocks(archive, marked=False)


def running(blocks: list[str | Table]) -> str:
    """Give the text in which comments are placed: every paragraph and every cell in order, a line for each.

    Examples
    --------
    >>> running(["Kop", Table((("I", "Hoe?"), ("R", "Zo.")))])
    'Kop\\nI\\nHoe?\\nR\\nZo.'
    """
    return "\n".join(texts.normalise(flat(block)) for block in blocks)


def flat(block: str | Table) -> str:
    """Give a block as plain lines."""
    return block if isinstance(block, str) else "\n".join(cell for row in block.rows for cell in row)


def comments(data: bytes, name: str) -> tuple[Comment, ...]:
    """Read the comments of a Word file in the order of the words they hang on, replies with their own words.

    Raises
    ------
    InvalidMaterial
        When it is not a Word file, is damaged, or would unfold beyond the limits.
    """
    with _opened(data, name) as archive:
        marked = _blocks(archive, marked=True)
        noted = _notes(archive, _main_part(archive))
    text, ranges = _ranges(marked)
    # A reply without words of its own hangs on those of the comment it answers.
    places = {key: ranges.get(key) or ranges.get(note.answers or "") for key, note in noted.items()}
    order = sorted(noted, key=lambda key: places[key] or (len(text) + 1, 0))
    positions = {key: position for position, key in enumerate(order)}
    return tuple(_comment(text, places[key] or (0, 0), noted[key], positions) for key in order)


@contextmanager
def _opened(data: bytes, name: str) -> Iterator[Archive]:
    if data.startswith(_OLD):
        found, remedy = "an old Word file or one with a password", "save it as .docx without a password"
        raise archives.refused(name, _KIND["kind"], found, remedy)
    with archives.opened(data, name, **_KIND) as archive:
        yield archive


def _blocks(archive: Archive, *, marked: bool) -> list[str | Table]:
    part = _main_part(archive)
    body = child(archive.parsed(part), "body")
    if body is None:
        raise archive.refused("a file without a text", "open it in Word and save it again")
    reader = _Reader(_hidden_styles(archive, part), [] if marked else None)
    # A mark behind the last paragraph has none to stand in.
    return [*reader.blocks(body), *(["".join(reader.marks)] if reader.marks else [])]


def _main_part(archive: Archive) -> str:
    for relation in archive.parsed("_rels/.rels"):
        if relation.get("Type", "").endswith("/officeDocument"):
            return relation.get("Target", "").lstrip("/")
    raise archive.refused("another kind of file", "save it as .docx")


def _hidden_styles(archive: Archive, part: str) -> frozenset[str]:
    """Ids of styles that hide their text, also by the style they are based on."""
    styles = f"{part.rpartition('/')[0]}/styles.xml".lstrip("/")
    if not archive.holds(styles):
        return frozenset()
    state: dict[str, bool | None] = {}
    based: dict[str, str] = {}
    for style in archive.parsed(styles):
        if kind_of(style) == "style":
            own = value(style, "styleId")
            state[own] = _is_hidden(child(style, "rPr"))
            base = child(style, "basedOn")
            based[own] = value(base, "val") if base is not None else ""
    hidden = set()
    for style_id in state:
        at, steps = style_id, 0
        while state.get(at) is None and at in based and steps < _DEEPEST_STYLE:
            at, steps = based[at], steps + 1
        if state.get(at):
            hidden.add(style_id)
    return frozenset(hidden)


def _is_hidden(properties: Element | None) -> bool | None:
    vanish = child(properties, "vanish")
    return None if vanish is None else value(vanish, "val") not in ("0", "false", "off")


@dataclass(frozen=True, slots=True)
class _Reader:
    hidden: frozenset[str]
    # Marks that wait for their paragraph; nothing when marks are not read.
    marks: list[str] | None = None

    def blocks(self, parent: Element) -> Iterator[str | Table]:
        """Paragraphs and tables below an element; a paragraph whose end was deleted goes on in the next."""
        waiting = ""
        for element in _unfolded(parent):
            if kind_of(element) == "p":
                waiting += self.paragraph(element)
                if not _end_is_deleted(element):
                    yield waiting
                    waiting = ""
            elif kind_of(element) == "tbl":
                yield self.table(element)
            elif self.marks is not None:
                self.marks.extend(_marks_in(element))
        if waiting:
            yield waiting

    def table(self, table: Element) -> Table:
        rows = [
            row
            for row in _unfolded(table)
            if kind_of(row) == "tr" and child(child(row, "trPr"), "del") is None
        ]
        return Table(
            tuple(tuple(self.cell(cell) for cell in _unfolded(row) if kind_of(cell) == "tc") for row in rows)
        )

    def cell(self, cell: Element) -> str:
        parts = []
        for block in self.blocks(cell):
            parts += [block] if isinstance(block, str) else [value for row in block.rows for value in row]
        return "\n".join(parts)

    def paragraph(self, paragraph: Element) -> str:
        style = child(child(paragraph, "pPr"), "pStyle")
        hides = style is not None and value(style, "val") in self.hidden
        before = ""
        if self.marks:
            before = "".join(self.marks)
            self.marks.clear()
        return before + "".join(self.words(paragraph, hides))

    def words(self, element: Element, hides: bool) -> Iterator[str]:
        for part in _unfolded(element):
            kind = kind_of(part)
            if kind == "t" and not hides:
                yield part.text or ""
            elif kind in _SIGNS and not hides:
                yield _SIGNS[kind]
            elif kind == "r":
                yield from self.words(part, self.run_hides(part, hides))
            elif self.marks is not None and (kind in _MARKS or kind in _GONE):
                yield from _marks_in(part)
            elif kind not in _SKIPPED:
                yield from self.words(part, hides)

    def run_hides(self, run: Element, hides: bool) -> bool:
        properties = child(run, "rPr")
        own = _is_hidden(properties)
        if own is not None:
            return own
        style = child(properties, "rStyle")
        return hides or (style is not None and value(style, "val") in self.hidden)


def _unfolded(parent: Element) -> Iterator[Element]:
    """Children of an element; a wrapper that marks a change, a field or a choice gives way to its own."""
    for part in parent:
        kind = kind_of(part)
        if kind in ("ins", "moveTo", "sdt", "sdtContent", "customXml", "smartTag"):
            yield from _unfolded(part)
        elif kind == "AlternateContent":
            chosen = child(part, "Choice")
            chosen = child(part, "Fallback") if chosen is None else chosen
            if chosen is not None:
                yield from _unfolded(chosen)
        else:
            yield part


def _end_is_deleted(paragraph: Element) -> bool:
    return child(child(child(paragraph, "pPr"), "rPr"), "del") is not None


def _marks_in(element: Element) -> list[str]:
    """Give the marks of comments on an element and below it, also where words were deleted."""
    found = ((_MARKS.get(kind_of(part)), value(part, "id")) for part in element.iter())
    return [f"\ud800{kind}{key}\udbff" for kind, key in found if kind]


@dataclass(frozen=True, slots=True)
class _Note:
    author: str
    text: str
    answers: str | None


def _notes(archive: Archive, part: str) -> dict[str, _Note]:
    """Give the comments by their id, in the order of their file."""
    folder = part.rpartition("/")[0]
    stored, threads = (f"{folder}/{name}.xml".lstrip("/") for name in ("comments", "commentsExtended"))
    if not archive.holds(stored):
        return {}
    reader = _Reader(_hidden_styles(archive, part))
    notes: dict[str, _Note] = {}
    by_paragraph: dict[str, str] = {}
    for comment in archive.parsed(stored):
        key = value(comment, "id")
        blocks = reader.blocks(comment)
        text = texts.normalise("\n".join(flat(block) for block in blocks)).strip()
        by_paragraph |= {
            value(paragraph, "paraId"): key for paragraph in comment if value(paragraph, "paraId")
        }
        notes[key] = _Note(texts.normalise(value(comment, "author")), text, None)
    if archive.holds(threads):
        for thread in archive.parsed(threads):
            below = by_paragraph.get(value(thread, "paraId"))
            above = by_paragraph.get(value(thread, "paraIdParent"))
            if below is not None and above is not None and below != above:
                notes[below] = replace(notes[below], answers=above)
    return notes


def _ranges(marked: list[str | Table]) -> tuple[str, dict[str, tuple[int, int]]]:
    """Give the running text without its marks, and for each comment the characters it hangs on."""
    begun: dict[str, int] = {}
    ended: dict[str, int] = {}
    lines, length = [], 0
    for block in marked:
        pieces = _MARK.split(flat(block))
        plain = ""
        # A split at two groups gives: words, kind, id, words, kind, id, words.
        for words, kind, key in zip(pieces[::3], [*pieces[1::3], ""], [*pieces[2::3], ""], strict=True):
            plain += words
            if kind:
                at = length + len(texts.normalise(plain))
                (begun if kind == "s" else ended).setdefault(key, at)
                if kind == "r":
                    begun.setdefault(key, at)
        lines.append(texts.normalise(plain))
        length += len(lines[-1]) + 1
    text = "\n".join(lines)
    return text, {key: _bare(text, begun[key], end) for key, end in ended.items() if key in begun}


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """Give the range without the spaces at its ends; empty when it holds nothing else."""
    words = text[start:end]
    bare = words.strip()
    start += len(words) - len(words.lstrip()) if bare else 0
    return start, start + len(bare)


def _comment(text: str, place: tuple[int, int], note: _Note, positions: Mapping[str, int]) -> Comment:
    start, end = place
    answers = None if note.answers is None else positions.get(note.answers)
    before, after = text[max(start - CONTEXT, 0) : start], text[end : end + CONTEXT]
    line = text.count("\n", 0, start)
    return Comment(note.author, note.text, text[start:end], start, end, before, after, line, answers)
