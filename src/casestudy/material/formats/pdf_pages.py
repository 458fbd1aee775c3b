"""Where words stand on the pages of a PDF; run as a process of its own, which may be stopped at any time.

It imports next to nothing of this package, so that it starts at once, and it says why a file cannot be read
in words that are never the file's.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
from dataclasses import astuple, dataclass, field, replace
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.generic import ArrayObject, ContentStream, NameObject
from pypdf.generic._font import Font

from casestudy.material.formats import pdf_columns
from casestudy.material.formats.pdf_columns import Stretch

if sys.platform != "win32":
    import resource

LIMIT_PAGES = 1_000
LIMIT_CHARACTERS = 10_000_000
LIMIT_FORMS = 2_000
LIMIT_NESTING = 10
LIMIT_MEMORY = 900_000_000
LIMIT_SECONDS = 15

LOCKED = "a file with a password"
DAMAGED = "a damaged file or another kind of file"
PAGES = f"more than {LIMIT_PAGES:,} pages"
LENGTH = f"more than {LIMIT_CHARACTERS:,} characters"
MEMORY = "a file that unfolds far beyond its size"

# Shares of the size of the letters: a gap that is a space, one that parts columns, one that is a slip back.
_SPACE, _WIDE, _BACK, _BASELINE = 0.15, 0.6, 0.5, 0.4

Matrix = tuple[float, float, float, float, float, float]
_UNIT: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_TURNED: dict[int, Matrix] = {
    90: (0.0, -1.0, 1.0, 0.0, 0.0, 0.0),
    180: (-1.0, 0.0, 0.0, -1.0, 0.0, 0.0),
    270: (0.0, 1.0, -1.0, 0.0, 0.0, 0.0),
}


class Unreadable(Exception):
    """Why a PDF cannot be read."""


def pages(data: bytes) -> list[dict[str, Any]]:
    """Give the lines of every page, in the order in which they are read.

    Returns
    -------
    list
        A page each: ``lines`` of ``[left, right, baseline, size, words, label]`` in 72nds of an inch from the
        lower left corner, and how many pieces were ``outside`` the text (headers and the like, where the file
        says so) or ``slanted``.

    Raises
    ------
    Unreadable
        When the file is damaged, locked or beyond the limits.
    """
    try:
        return _pages(data)
    except Unreadable:
        raise
    except MemoryError:
        raise Unreadable(MEMORY) from None
    except Exception:  # noqa: BLE001 - a broken file breaks the reader in any way it likes
        raise Unreadable(DAMAGED) from None


def _pages(data: bytes) -> list[dict[str, Any]]:
    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted:
        raise Unreadable(LOCKED)
    if len(reader.pages) > LIMIT_PAGES:
        raise Unreadable(PAGES)
    found = []
    left = LIMIT_CHARACTERS
    for page in reader.pages:
        drawn = _Drawing(reader, left)
        turned = _TURNED.get(page.rotation % 360, _UNIT)
        drawn.run(page, _resources(page), _State(place=turned))
        left -= drawn.n_characters
        stretches = [_stretch(*stretch) for stretch in drawn.stretches]
        found.append(
            {
                "lines": [astuple(line) for line in pdf_columns.lines(stretches)],
                "outside": drawn.n_outside,
                "slanted": drawn.n_slanted,
            }
        )
    return found


def _stretch(left: float, right: float, base: float, size: float, words: str) -> Stretch:
    return Stretch(_rounded(left), _rounded(right), _rounded(base), _rounded(size), words)


def _rounded(number: float) -> float:
    return round(min(max(number, -1e6), 1e6), 2)


def _resources(owner: Any) -> Any:
    steps = 0
    while owner is not None and steps < LIMIT_NESTING:
        if (own := owner.get("/Resources")) is not None:
            return own.get_object()
        above = owner.get("/Parent")
        owner, steps = None if above is None else above.get_object(), steps + 1
    return {}


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _numbers(operands: Any, count: int) -> list[float]:
    if len(operands) < count:
        raise ValueError("operands are missing")
    return [float(operand) for operand in operands[:count]]


@dataclass(frozen=True, slots=True)
class _State:
    """What holds for the words that are drawn next."""

    place: Matrix = _UNIT
    font: Font | None = None
    size: float = 1.0
    spacing: float = 0.0
    word_spacing: float = 0.0
    width: float = 1.0
    leading: float = 0.0
    rise: float = 0.0


_SET = {"Tc": "spacing", "Tw": "word_spacing", "TL": "leading", "Ts": "rise"}


@dataclass(slots=True)
class _Drawing:
    """One page as it is drawn."""

    reader: PdfReader
    limit: int
    stretches: list[list[Any]] = field(default_factory=list)
    n_characters: int = 0
    n_outside: int = 0
    n_slanted: int = 0
    n_forms: int = 0
    state: _State = _State()
    line: Matrix = _UNIT
    text: Matrix = _UNIT
    marked: list[bool] = field(default_factory=list)
    last: tuple[str, float, float] = ("", 0.0, 0.0)

    def run(self, owner: Any, resources: Any, state: _State, depth: int = 0) -> None:
        """Follow the operators of a page or of a form that stands on it."""
        contents = (
            owner.get_contents() if isinstance(owner, PageObject) else ContentStream(owner, self.reader)
        )
        if contents is None:
            return
        fonts: dict[str, Font] = {}
        above: list[_State] = []
        self.state = state
        for operands, operator in contents.operations:
            name = operator.decode("latin-1")
            if name == "q":
                above.append(self.state)
            elif name == "Q":
                self.state = above.pop() if above else state
            elif name == "Tf" and len(operands) > 1:
                font = self.font(str(operands[0]), resources, fonts)
                self.state = replace(self.state, font=font, size=float(operands[1]))
            elif name == "Do" and operands:
                kept = self.state, self.line, self.text
                self.form(str(operands[0]), resources, depth)
                self.state, self.line, self.text = kept
            else:
                # A single broken operator costs itself, as in every program that shows the page.
                with contextlib.suppress(ValueError, TypeError, IndexError, OverflowError):
                    self.step(name, operands)

    def font(self, name: str, resources: Any, known: dict[str, Font]) -> Font | None:
        if name not in known:
            stored = resources.get("/Font")
            found = None if stored is None else stored.get_object().get(name)
            if found is None:
                return None
            known[name] = Font.from_font_resource(found.get_object())
        return known[name]

    def form(self, name: str, resources: Any, depth: int) -> None:
        stored = resources.get("/XObject")
        found = None if stored is None else stored.get_object().get(name)
        form = None if found is None else found.get_object()
        self.n_forms += 1
        if form is None or form.get("/Subtype") != "/Form":
            return
        if depth >= LIMIT_NESTING or self.n_forms > LIMIT_FORMS:
            raise Unreadable(MEMORY)
        matrix = tuple(_numbers(form.get("/Matrix", list(_UNIT)), 6))
        own = form.get("/Resources")
        inner = resources if own is None else own.get_object()
        self.run(form, inner, replace(self.state, place=_times(matrix, self.state.place)), depth + 1)  # type: ignore[arg-type]

    def step(self, name: str, operands: Any) -> None:
        """One operator of the text or of what it stands on."""
        if name == "cm":
            place = _times(tuple(_numbers(operands, 6)), self.state.place)  # type: ignore[arg-type]
            self.state = replace(self.state, place=place)
        elif name == "BT":
            self.line = self.text = _UNIT
        elif name == "Tm":
            self.line = self.text = tuple(_numbers(operands, 6))  # type: ignore[assignment]
        elif name in ("Td", "TD"):
            x, y = _numbers(operands, 2)
            if name == "TD":
                self.state = replace(self.state, leading=-y)
            self.move(x, y)
        elif name == "T*":
            self.move(0, -self.state.leading)
        elif name in _SET:
            value: Any = _numbers(operands, 1)[0]
            self.state = replace(self.state, **{_SET[name]: value})
        elif name == "Tz":
            self.state = replace(self.state, width=_numbers(operands, 1)[0] / 100)
        elif name in ("BMC", "BDC"):
            self.marked.append(bool(operands) and operands[0] == "/Artifact")
        elif name == "EMC" and self.marked:
            self.marked.pop()
        elif name in ("Tj", "TJ", "'", '"'):
            self.show(name, operands)

    def show(self, name: str, operands: Any) -> None:
        if name == '"':
            words, letters = _numbers(operands, 2)
            self.state = replace(self.state, word_spacing=words, spacing=letters)
        if name in ("'", '"'):
            self.move(0, -self.state.leading)
        shown = operands[-1]
        for part in shown if name == "TJ" and isinstance(shown, ArrayObject) else [shown]:
            if isinstance(part, int | float):
                self.advance(-float(part) / 1000 * self.state.size * self.state.width)
            elif isinstance(part, bytes | str) and not isinstance(part, NameObject):
                self.piece(part)

    def move(self, x: float, y: float) -> None:
        self.line = self.text = _times((1.0, 0.0, 0.0, 1.0, x, y), self.line)

    def advance(self, width: float) -> None:
        self.text = _times((1.0, 0.0, 0.0, 1.0, width, 0.0), self.text)

    def piece(self, raw: bytes | str) -> None:
        state = self.state
        words, glyphs = _letters(raw, state.font)
        if not words:
            return
        letters = state.font.get_text_width(glyphs) if state.font is not None else 500.0 * len(glyphs)
        width = (
            letters / 1000 * state.size + state.spacing * len(glyphs) + state.word_spacing * words.count(" ")
        )
        a, b, _, d, left, base = _times((1.0, 0.0, 0.0, 1.0, 0.0, state.rise), _times(self.text, state.place))
        self.advance(width * state.width)
        right = _times(self.text, state.place)[4]
        self.n_characters += len(words)
        if self.n_characters > self.limit:
            raise Unreadable(LENGTH)
        if any(self.marked):
            self.n_outside += 1
        elif abs(b) > abs(a) / 10:
            self.n_slanted += 1
        else:
            self.put(left, right, base, abs(state.size * d) or abs(state.size), words)

    def put(self, left: float, right: float, base: float, size: float, words: str) -> None:
        """Add a piece of words to the stretch it goes on with, or begin a new one."""
        last, self.last = self.last, (words, left, base)
        if last[0] == words and abs(last[1] - left) < _SPACE * size and abs(last[2] - base) < _SPACE * size:
            return  # printed twice, to look bold
        before = self.stretches[-1] if self.stretches else None
        if before is not None and abs(before[2] - base) < _BASELINE * max(size, before[3]):
            gap = left - before[1]
            if -_BACK * size < gap < _WIDE * size:
                is_apart = gap > _SPACE * size and not before[4].endswith(" ") and not words.startswith(" ")
                before[4] += f" {words}" if is_apart else words
                before[1], before[3] = right, max(before[3], size)
                return
        self.stretches.append([left, right, base, size, words])


def _letters(raw: bytes | str, font: Font | None) -> tuple[str, str]:
    """Letters of a string as its font says, and its glyphs; a letter that nothing tells is U+FFFD."""
    if isinstance(raw, str):
        raw = getattr(raw, "original_bytes", None) or raw.encode("latin-1", "replace")
    if font is None:
        return "\ufffd" * len(raw), raw.decode("latin-1")
    encoding = font.encoding
    if isinstance(encoding, str):
        codes = glyphs = raw.decode(encoding, "replace")
    else:
        codes, glyphs = "".join(encoding.get(code, chr(code)) for code in raw), raw.decode("latin-1")
    return "".join(font.character_map.get(code, code) for code in codes), glyphs


def _bound() -> None:
    """Let the system stop this process before it takes all memory or time; where a system can do that."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT_MEMORY, LIMIT_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_SECONDS, LIMIT_SECONDS))


def main() -> None:
    """Read a PDF from standard input and write its pages, or why there are none, as JSON."""
    _bound()
    logging.disable()
    try:
        answer: dict[str, Any] = {"pages": pages(sys.stdin.buffer.read())}
    except Unreadable as refused:
        answer = {"refused": str(refused)}
    sys.stdout.buffer.write(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
