"""PDF files: the lines of their pages in the order in which they are read, words whole again.

The file is taken apart by a process of its own with little memory and time, so that a file made to do harm
harms nothing. Headers, footers and page numbers are left out, hyphens at the ends of lines taken away, and
ligatures written as their letters. A file without text, such as a scan, is refused.
"""

from __future__ import annotations

import itertools
import json
import re
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from casestudy.errors import InvalidMaterial, Problem
from casestudy.material.formats.pdf_columns import Stretch

LIMIT_BYTES = 50_000_000
LIMIT_SECONDS = 20
# Named and not imported: what it needs would cost every command its start.
_PROCESS = "casestudy.material.formats.pdf_pages"

_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
}
_LIGATURES |= {0x132: "IJ", 0x133: "ij"}
_CONTROL: dict[int, str] = {code: " " if chr(code).isspace() else "" for code in range(32)}
_UNTOLD = re.compile("[\ufffd\ue000-\uf8ff]")
_MOST_UNTOLD = 0.1
# How many lines at the top and at the bottom of a page may be a header or a footer.
_EDGE = 3
_SAME_HEIGHT = 3.0
_OFTEN = 0.6
_DIGITS = re.compile(r"\d+")
_PAGE = re.compile(
    r"(?:pagina|page|blz\.?|p\.?)\s*#(?:\s*(?:van|of|/)\s*#)?|#\s*(?:van|of|/)\s*#|[-–]\s*#\s*[-–]", re.I
)
_HYPHEN = re.compile(r"(?P<stem>[^\W_]+)(?P<hyphen>[-\u00ad\u2010])$")
_WORD = re.compile(r"[^\W\d_]+")
_AND = frozenset("en of en/of dan tot t/m and or".split())
# Two vowels that would be read as one sound; a Dutch compound is then written with a hyphen.
_CLASH = re.compile(r"aa|ae|ai|au|ee|ei|eu|ie|ii|oe|oo|ou|oi|ui|uu|ij", re.I)
_GAP, _INDENT, _OTHER_SIZE = 1.3, 0.8, 0.15


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is printed; ``begins`` when it begins a paragraph, ``label`` as in a table of speakers."""

    words: str
    begins: bool
    label: str = ""


@dataclass(frozen=True, slots=True)
class Printed:
    """The lines of a PDF, and what a person should know of how they were read."""

    lines: tuple[Line, ...]
    remarks: tuple[str, ...]


def read(data: bytes, name: str) -> Printed:
    """Read the lines of a PDF.

    Raises
    ------
    InvalidMaterial
        When it is not a PDF, has a password, is damaged, holds no text, or goes beyond the limits.
    """
    if len(data) > LIMIT_BYTES:
        raise _refused(name, f"more than {LIMIT_BYTES:,} bytes", "save it without pictures")
    return arranged(_pages(data, name), name)


def _refused(name: str, found: str, remedy: str = "save its text as .docx or .txt") -> InvalidMaterial:
    return InvalidMaterial([Problem(name, "the file must be a readable PDF with text", found, remedy)])


def _pages(data: bytes, name: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-P", "-m", _PROCESS]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=LIMIT_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise _refused(name, f"a file that takes longer than {LIMIT_SECONDS} seconds") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        # The process was stopped by its limits or fell over.
        raise _refused(name, "a file that takes too much memory or time") from None
    if "refused" in answer:
        raise _refused(name, str(answer["refused"]))
    pages: list[dict[str, Any]] = answer["pages"]
    return pages


def arranged(pages: Sequence[dict[str, Any]], name: str) -> Printed:
    """Put what stands on the pages into lines, as ``read`` does.

    Raises
    ------
    InvalidMaterial
        When there is no text, or most of its letters cannot be told.
    """
    printed = [[_stretch(*line) for line in page["lines"]] for page in pages]
    text = "".join(line.words for page in printed for line in page)
    untold = len(_UNTOLD.findall(text))
    if not text.strip():
        raise _refused(name, "pages without text, such as a scan", "let a program read the letters first")
    if untold > _MOST_UNTOLD * len(text):
        raise _refused(name, "letters that cannot be told")
    kept, n_margins = _without_margins(printed)
    n_margins += sum(page["outside"] for page in pages)
    n_slanted = sum(page["slanted"] for page in pages)
    remarks = []
    if n_margins:
        remarks.append(f"headers, footers and page numbers were left out: {n_margins}")
    if n_slanted:
        remarks.append(f"pieces of text that stand at a slant were left out: {n_slanted}")
    if untold:
        remarks.append(f"letters that the file does not tell are shown as \ufffd: {untold}")
    return Printed(tuple(_lines(kept)), tuple(remarks))


def _stretch(left: float, right: float, base: float, size: float, words: str, label: str) -> Stretch:
    return Stretch(left, right, base, size, _plain(words), _plain(label))


def _plain(words: str) -> str:
    return words.translate(_CONTROL).translate(_LIGATURES)


def _without_margins(pages: list[list[Stretch]]) -> tuple[list[list[Stretch]], int]:
    """Leave out the lines at the edges of pages that return on most of them, and page numbers."""
    ordered = [sorted(page, key=lambda line: -line.base) for page in pages]
    seen = Counter(key for page in ordered for key in {_key(line) for line in page[:_EDGE] + page[-_EDGE:]})
    often = {key for key, count in seen.items() if count > 1 and count >= _OFTEN * len(pages)}
    kept = []
    for page, lines in zip(pages, ordered, strict=True):
        outside = {id(line) for edge in (lines, lines[::-1]) for line in _margin(edge, often)}
        kept.append([line for line in page if id(line) not in outside])
    return kept, sum(map(len, pages)) - sum(map(len, kept))


def _margin(lines: list[Stretch], often: set[tuple[int, str]]) -> list[Stretch]:
    """Give the lines from the edge of a page inwards that are no text: a gap parts them from it."""
    steps = [abs(a.base - b.base) for a, b in itertools.pairwise(lines)]
    usual = statistics.median_low(steps) if steps else 0.0
    found = 0
    for number, (line, step) in enumerate(zip(lines[:_EDGE], steps, strict=False), start=1):
        if _key(line) not in often and not _PAGE.fullmatch(_key(line)[1]):
            break
        found = number if step > _GAP * usual else found
    return lines[:found]


def _key(line: Stretch) -> tuple[int, str]:
    return round(line.base / _SAME_HEIGHT), _DIGITS.sub("#", line.words.strip())


def _lines(pages: list[list[Stretch]]) -> Iterator[Line]:
    found = [line for page in pages for line in page]
    steps = [a.base - b.base for a, b in itertools.pairwise(found) if 0 < a.base - b.base < 4 * a.size]
    usual = statistics.median_low(steps) if steps else 0.0
    before: Stretch | None = None
    for line in found:
        begins = before is None or bool(line.label) or _begins(before, line, usual)
        yield Line(line.words.strip(), begins, line.label.strip())
        before = line


def _begins(before: Stretch, line: Stretch, usual: float) -> bool:
    step = before.base - line.base
    is_next = 0 < step <= _GAP * usual
    if abs(before.size - line.size) > _OTHER_SIZE * max(before.size, line.size):
        return True
    if not is_next:
        # Another column or page: the paragraph goes on when the sentence does.
        is_open = before.words.rstrip()[-1:] not in '.?!:…”"'
        return step > 0 or not (is_open and line.words[:1].islower())
    return line.left - before.left > _INDENT * line.size


def paragraphs(lines: Sequence[Line], beginnings: set[int]) -> list[str]:
    """Join printed lines to paragraphs, the words at their ends whole again.

    Parameters
    ----------
    lines
        The lines as they are printed.
    beginnings
        Positions of lines that begin a paragraph whatever they look like, such as a speaker's turn.

    Examples
    --------
    >>> printed = [Line("Een gezins-", True), Line("voogd en een GI-", False), Line("medewerker.", False)]
    >>> paragraphs(printed, set())
    ['Een gezinsvoogd en een GI-medewerker.']
    """
    known = Counter(word for line in lines for word in _inside(line.words))
    found: list[str] = []
    for number, line in enumerate(lines):
        if line.begins or number in beginnings or not found:
            found.append(line.words)
        else:
            found[-1] = _joined(found[-1], line.words, known)
    return found


def _inside(words: str) -> list[str]:
    """Words that stand in the middle of a line, hyphens and all: how the writer writes them."""
    return [word.strip(".,;:?!()\"'‘’“”").casefold() for word in words.split()[:-1]]


def _joined(before: str, after: str, known: Counter[str]) -> str:
    end = _HYPHEN.search(before[-80:])
    start = _WORD.match(after)
    if end is None or start is None or not after[0].islower():
        return f"{before} {after}"
    stem, follow = end["stem"], start[0]
    whole, bare = f"{stem}-{follow}".casefold(), f"{stem}{follow}".casefold()
    if end["hyphen"] == "\u00ad":
        return before[:-1] + after
    if follow.casefold() in _AND and not known[bare]:
        return f"{before} {after}"
    # Capitals, a digit or one letter before a hyphen are written with it: GI-medewerker, e-mail.
    is_real = stem.isupper() or stem[-1].isdigit() or len(stem) == 1 or _CLASH.fullmatch(stem[-1] + follow[0])
    if known[whole] != known[bare]:
        is_real = known[whole] > known[bare]
    return before + after if is_real else before[:-1] + after
