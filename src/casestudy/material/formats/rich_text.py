r"""Rich Text files: the paragraphs and tables of an ``.rtf`` in the order in which they are read.

Tracked insertions are read; deletions, hidden text, notes, comments, headers, footers, pictures and the codes
of fields are not. Letters come as bytes of the code page of their font (``\'e9``) or as UTF-16 with a
substitute behind them (``\u8216?``), which is skipped.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace

from casestudy.errors import InvalidMaterial, Problem
from casestudy.material.formats.word import Table

LIMIT_BYTES = 50_000_000
LIMIT_DEPTH = 1_000

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})?[ ]?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])"
    rb"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\"
)
# Groups whose words are not the writer's, or stand elsewhere on the page.
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr "
    b"footerf footnote annotation atnid atnauthor atntime atndate atnref atnparent atrfstart atrfend "
    b"fldinst listtable listoverridetable listtext pntext pntxta pntxtb pnseclvl pn revtbl rsidtbl "
    b"generator themedata colorschememapping datastore latentstyles xmlnstbl filetbl background shp "
    b"shpinst shptxt nonshppict sp nonesttables nesttableprops xe tc tcn rxe txe bkmkstart bkmkend "
    b"docvar userprops mmathPr private ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn template falt panose "
    b"fontemb fontfile oleclsid ffname ffdeftext ffformat ffhelptext ffstattext ffentrymcr ffexitmcr ffl "
    b"formfield datafield do upr".split()
)
_SIGNS = {
    b"tab": "\t",
    b"line": "\n",
    b"lbr": "\n",
    b"emdash": "—",
    b"endash": "–",
    b"emspace": "\u2003",
    b"enspace": "\u2002",
    b"qmspace": "\u2005",
    b"bullet": "•",
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"zwj": "\u200d",
    b"zwnj": "\u200c",
}
_ESCAPED = {b"~": "\xa0", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}"}
_ENDS = frozenset((b"par", b"sect", b"page", b"column"))
_PAGES = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850", b"ansi": "cp1252"}
_CONTROL = {code: None for code in range(32) if chr(code) not in "\t\n"}
_CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    134: "gbk",
    136: "big5",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}


def read(data: bytes, name: str) -> list[str | Table]:
    r"""Read the paragraphs and tables of a Rich Text file.

    Raises
    ------
    InvalidMaterial
        When it is no such file, is cut off, too large or too deeply nested.

    Examples
    --------
    >>> read(rb"{\rtf1\ansi E\'e9n \u8216?zo\u8217? {\deleted weg}zei.\par Twee}", "a.rtf")
    ['Eén ‘zo’ zei.', 'Twee']
    """
    if len(data) > LIMIT_BYTES:
        found, remedy = f"more than {LIMIT_BYTES:,} bytes", "save it without pictures"
        raise _refused(name, found, remedy)
    data = data.removeprefix(codecs.BOM_UTF8).lstrip()
    if not data.startswith(b"{\\rtf"):
        raise _refused(name, "another kind of file", "save it again as .rtf")
    return _Reader(data, name).blocks()


def _refused(name: str, found: str, remedy: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(name, "the file must be a readable Rich Text file", found, remedy)])


@dataclass(frozen=True, slots=True)
class _State:
    """What holds inside a group and ends with it."""

    skips: bool = False
    is_hidden: bool = False
    is_deleted: bool = False
    is_fonts: bool = False
    substitutes: int = 1
    font: int = -1


@dataclass(slots=True)
class _Reader:
    data: bytes
    name: str
    state: _State = field(default_factory=_State)
    above: list[_State] = field(default_factory=list)
    page: str = "cp1252"
    fonts: dict[int, str] = field(default_factory=dict)
    # Characters still to come that stand for a letter already read.
    substitutes: int = 0
    is_starred: bool = False
    # Bytes and UTF-16 units that are not letters yet: several may make one.
    octets: bytearray = field(default_factory=bytearray)
    units: bytearray = field(default_factory=bytearray)
    words: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    rows: list[tuple[str, ...]] = field(default_factory=list)
    in_table: bool = False
    found: list[str | Table] = field(default_factory=list)

    def blocks(self) -> list[str | Table]:
        """Go through the file once, from its first brace to the one that closes it."""
        at = 0
        while token := _TOKEN.match(self.data, at):
            at = token.end()
            starred, self.is_starred = self.is_starred, token["sign"] == b"*"
            if token["brace"]:
                self.brace(token["brace"])
                if not self.above:
                    return self.ended()
            elif word := token["word"]:
                number = int(token["number"]) if token["number"] else None
                at += max(number or 0, 0) if word == b"bin" else 0
                if starred or word in _SKIPPED:
                    self.state = replace(self.state, skips=True, is_fonts=word == b"fonttbl")
                elif not self.stands_for_another():
                    self.control(word, number)
            elif token["text"]:
                self.letters(token["text"])
            elif (token["hex"] or token["sign"]) and not self.stands_for_another():
                self.sign(token)
        raise _refused(self.name, "a file that is cut off", "open it in Word and save it again")

    def brace(self, brace: bytes) -> None:
        self.flush()
        self.substitutes = 0
        if brace == b"}":
            self.state = self.above.pop()
            return
        self.above.append(self.state)
        if len(self.above) > LIMIT_DEPTH:
            raise _refused(self.name, "endless nesting", "copy its text into a new file")

    def stands_for_another(self) -> bool:
        if self.substitutes == 0:
            return False
        self.substitutes -= 1
        return True

    def letters(self, text: bytes) -> None:
        text, self.substitutes = text[self.substitutes :], max(self.substitutes - len(text), 0)
        if self.is_read and text:
            self.flush_units()
            self.octets += text

    def sign(self, token: re.Match[bytes]) -> None:
        if not self.is_read:
            return
        if token["hex"]:
            self.flush_units()
            self.octets.append(int(token["hex"], 16))
        elif token["sign"] in b"\r\n":
            self.end()
        else:
            self.write(_ESCAPED.get(token["sign"], ""))

    @property
    def is_read(self) -> bool:
        return not (self.state.skips or self.state.is_hidden or self.state.is_deleted)

    def control(self, word: bytes, number: int | None) -> None:
        state = self.state
        if word == b"f":
            self.flush()
            self.state = replace(state, font=number or 0)
        elif state.is_fonts and word == b"fcharset":
            self.fonts[state.font] = _CHARSETS.get(number or 0, "")
        elif state.skips:
            return
        elif word in (b"v", b"deleted", b"plain", b"uc"):
            self.flush()
            self.state = _formatted(state, word, number)
        elif word in _PAGES or word == b"ansicpg":
            self.page = _page(word, number)
        elif word in (b"intbl", b"pard"):
            self.in_table = word == b"intbl"
        elif self.is_read:
            self.shown(word, number)

    def shown(self, word: bytes, number: int | None) -> None:
        """Follow what is seen on paper: a letter, a sign, the end of a paragraph, cell or row."""
        if word == b"u" and number is not None:
            self.flush_bytes()
            self.units += (number & 0xFFFF).to_bytes(2, "little")
            self.substitutes = self.state.substitutes
        elif word in _SIGNS:
            self.write(_SIGNS[word])
        elif word in _ENDS:
            self.end()
        elif word == b"cell":
            self.flush()
            self.cells.append("".join(self.words).strip("\n"))
            self.words.clear()
        elif word == b"nestcell":
            self.write("\n")
        elif word == b"row":
            self.rows.append(tuple(self.cells))
            self.cells.clear()

    def write(self, text: str) -> None:
        self.flush()
        self.words.append(text)

    def end(self) -> None:
        """End a paragraph; inside a table it is one line of its cell."""
        if self.in_table:
            self.write("\n")
            return
        self.flush()
        self.close_table()
        self.found.append("".join(self.words))
        self.words.clear()

    def close_table(self) -> None:
        if self.rows:
            self.found.append(Table(tuple(self.rows)))
            self.rows.clear()

    def ended(self) -> list[str | Table]:
        self.flush()
        if self.cells:
            self.rows.append(tuple(self.cells))
        self.close_table()
        if self.words:
            self.found.append("".join(self.words))
        return self.found

    def flush(self) -> None:
        self.flush_bytes()
        self.flush_units()

    def flush_bytes(self) -> None:
        if self.octets:
            encoding = self.fonts.get(self.state.font) or self.page
            # Five bytes are no letter in Windows-1252; what cannot be told is shown as such.
            self.words.append(self.octets.decode(encoding, errors="replace").translate(_CONTROL))
            self.octets.clear()

    def flush_units(self) -> None:
        if self.units:
            self.words.append(self.units.decode("utf-16-le", errors="replace").translate(_CONTROL))
            self.units.clear()


def _formatted(state: _State, word: bytes, number: int | None) -> _State:
    if word == b"uc":
        return replace(state, substitutes=min(max(1 if number is None else number, 0), 8))
    if word == b"plain":
        return replace(state, is_hidden=False)
    return replace(state, **{"is_hidden" if word == b"v" else "is_deleted": number != 0})


def _page(word: bytes, number: int | None) -> str:
    page = _PAGES.get(word, f"cp{number}")
    try:
        "".encode(page)
    except LookupError:
        return "utf-8" if number == 65001 else "cp1252"
    return page
