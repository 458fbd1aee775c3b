"""Bytes to text, and text to sentences; offsets are code points of NFC text with ``\\n`` line ends."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator

from casestudy.errors import InvalidMaterial, Problem

# More than a hundred hours of talk.
LIMIT_BYTES = 10_000_000

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# How much of a file is looked at for the zeros that UTF-16 writes beside Latin letters, and how many tell.
_LOOKED_AT = 100_000
_FEWEST_UNITS = 8
_ZEROS = 0.7
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b]")
# Two bytes and more that are one letter in UTF-8 practically never stand in Windows-1252 text.
_UTF8_LETTER = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")

# Encodings that nothing in the file names.
GUESSED = {"cp1252": "Windows-1252", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
_REMARKS = {
    "cp1252": "it is not UTF-8 and was read as Windows-1252; look whether letters with accents are right",
    "utf-16-le": "it has no byte order mark and was read as UTF-16; look whether its words are right",
    "utf-16-be": "it has no byte order mark and was read as UTF-16; look whether its words are right",
}
# What is in the text and is not seen. A joiner inside an emoji is part of it.
_UNSEEN = {
    "signs that turn the direction of reading": re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"),
    "signs without width": re.compile(
        "[\u200b\u200c\u2060\ufeff]|(?<![\u2190-\u2bff\ufe0f\U0001f000-\U0001ffff])\u200d"
    ),
    "soft hyphens": re.compile("\u00ad"),
    "words that mix letters of two alphabets": re.compile(
        r"[A-Za-zÀ-ɏ][\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f][A-Za-zÀ-ɏ]"
    ),
}

# Never the end of a sentence.
_OPEN = frozenset(
    "dhr mw mevr mej dr drs ir ing prof mr mrs ms jr sr bijv bv vlgs vgl zgn resp incl excl evt ca "
    "circa vs gem plm afd tel toel".split()
)
# Not the end of a sentence before a number.
_NUMBERED = frozenset(
    "nr nrs art lid par blz p pag hfst fig tab vol jan feb mrt apr jun jul aug sep sept okt "
    "oct nov dec".split()
)
_BREAK = re.compile(r"(?<![.!?…])(?P<stop>[.!?…]++)(?P<close>[\"”’'»)\]]*+)(?=\s|\Z)|(?P<line>\n\s*+)")
# d.w.z., i.p.v., m.b.t. and their like.
_DOTTED = re.compile(r"\w{1,3}(?:\.\w{1,3})+")


def decode(data: bytes, name: str) -> tuple[str, str | None]:
    """Read bytes as normalised text, with a remark when the encoding had to be guessed.

    A byte order mark decides; else many zeros at every other byte, which only UTF-16 has; else it is UTF-8;
    else, when no byte speaks against it, Windows-1252.

    Raises
    ------
    InvalidMaterial
        When it is too long, or not text, with the position of the first byte that shows it.

    Examples
    --------
    >>> decode(b"\\xef\\xbb\\xbfe\\xcc\\x81e\\xcc\\x81n\\r\\nkeer", "a.txt")
    ('één\\nkeer', None)
    """
    if len(data) > LIMIT_BYTES:
        must = f"a text must be at most {LIMIT_BYTES:,} bytes"
        raise InvalidMaterial([Problem(name, must, f"{len(data):,}", "split it into several sources")])
    encoding = encoding_of(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _refused(name, error.start) from None
    if control := _CONTROL.search(text):
        raise _refused(name, len(text[: control.start()].encode(encoding)))
    return normalise(text.removeprefix("\ufeff")), _REMARKS.get(encoding)


def encoding_of(data: bytes) -> str:
    """Find the encoding of a text, as ``decode`` does; nothing says that it can be decoded.

    Examples
    --------
    >>> encoding_of("één".encode()), encoding_of("één".encode("cp1252"))
    ('utf-8', 'cp1252')
    """
    if data.startswith(_UTF16):
        return "utf-16"
    looked_at = data[:_LOOKED_AT]
    first, second = looked_at[::2], looked_at[1::2]
    if len(second) >= _FEWEST_UNITS:
        for here, there, encoding in ((second, first, "utf-16-le"), (first, second, "utf-16-be")):
            if here.count(0) >= _ZEROS * len(here) and there.count(0) == 0:
                return encoding
    return "cp1252" if _is_windows(data) else "utf-8"


def normalise(text: str) -> str:
    r"""Give text the one form in which characters are counted: NFC with ``\n`` line ends.

    Examples
    --------
    >>> normalise("cafe\u0301\r\nen\rthee")
    'café\nen\nthee'
    """
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def unseen(text: str) -> str | None:
    """Tell how many signs a text holds that nobody sees; they stay in it, as its characters are counted.

    Examples
    --------
    >>> unseen("over\u00adleg\u200b")
    'it holds what is not seen, and keeps it: signs without width 1, soft hyphens 1'
    """
    counts = {what: len(pattern.findall(text)) for what, pattern in _UNSEEN.items()}
    told = ", ".join(f"{what} {count}" for what, count in counts.items() if count)
    return f"it holds what is not seen, and keeps it: {told}" if told else None


def _is_windows(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return not _UTF8_LETTER.search(data)
    return False


def _refused(name: str, position: int) -> InvalidMaterial:
    found = f"something else at byte {position}"
    return InvalidMaterial(
        [Problem(name, "the file must be text", found, "save it as UTF-8 text, or correct its kind")]
    )


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Give the sentences of a stretch of Dutch or English text, half-open and without space around them.

    An abbreviation, an initial, a number in a list or a small letter after a full stop ends no sentence; an
    empty line does, and a line end unless the next line goes on with a small letter.

    Examples
    --------
    >>> text = "Mw. De Vries kwam, d.w.z. soms. En toen? Ja."
    >>> [text[start:end] for start, end in sentences(text)]
    ['Mw. De Vries kwam, d.w.z. soms.', 'En toen?', 'Ja.']
    """
    end = len(text) if end is None else end
    begin = start
    for found in _BREAK.finditer(text, start, end):
        if found.end() < end and _ends_sentence(text, begin, found, end):
            yield from _trimmed(text, begin, found.end())
            begin = found.end()
    yield from _trimmed(text, begin, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    stretch = text[start:end]
    if bare := stretch.strip():
        start += len(stretch) - len(stretch.lstrip())
        yield start, start + len(bare)


def _ends_sentence(text: str, begin: int, found: re.Match[str], end: int) -> bool:
    after = text[found.end() : min(found.end() + 40, end)].lstrip()[:1]
    if found["line"] is not None:
        before = text[max(begin, found.start() - 40) : found.start()].rstrip()
        if found["line"].count("\n") > 1:
            return True
        return (
            not after.islower()
            and before[-1:] not in (",", "-")
            and not _stays_open(before.removesuffix("."), before, after)
        )
    before = text[max(begin, found.start() - 40) : found.start()]
    if after.islower():
        return "." not in found["stop"] and "…" not in found["stop"] and not found["close"]
    if found["stop"] != "." or found["close"]:
        return True
    whole = text[begin : found.start()].strip() if found.start() - begin < 12 else before
    return not (_stays_open(before, f"{before}.", after) or whole.isdigit())


def _stays_open(before: str, written: str, after: str) -> bool:
    if not written.endswith("."):
        return False
    words = before.split()
    word = words[-1].lstrip("\"'“‘«([") if words and not before[-1:].isspace() else ""
    folded = word.casefold()
    is_initial = len(word) == 1 and word.isupper()
    is_numbered = folded in _NUMBERED and after.isdigit()
    return folded in _OPEN or is_initial or is_numbered or bool(_DOTTED.fullmatch(word))
