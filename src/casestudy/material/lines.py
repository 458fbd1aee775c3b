"""Lines of a log as bytes: sealed with a running hash, read back with every stretch that is damaged.

A sealed line carries ``after``, the hash of the line it was written after (``""`` for the first), and
``hash``, over its own fields and ``after``. Two people who append at once, or logs that are merged, make
branches: a line may follow any line above it. A line that was edited, cut out, or cut off at the head of the
log is noticed. Lines that are cut off at the tail leave no trace in the file itself; compare :func:`tail`
with what it gave before.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from casestudy.documents import Record
from casestudy.errors import Problem, place

FORMAT = 1
HEX = 16
SEAL = ("after", "hash")

_BOM = b"\xef\xbb\xbf"
_MARKS = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")
_OBJECT = re.compile(r'\{\s*"')
_NULS = re.compile(rb"\0+")
# A damaged line holds few whole records; an attack may hold many beginnings.
_MOST_BEGINNINGS = 60

TORN, BROKEN = "a torn line", "a damaged line"
CONFLICT, NOT_TEXT, NULS = "a mark of version control", "bytes that are no text", "zero bytes"
EDITED = "a line that was edited"
HEAD, GAP = "lines cut off above it", "lines cut out above it"
_LOST = "restore it from a copy, or set it aside with `casestudy review --set-aside`"
_NOTICED = "restore the log from a copy, or accept it with `casestudy review --set-aside`"


@dataclass(frozen=True, slots=True, order=True)
class Damage:
    """A stretch of a log that is not as it was written: bytes ``first`` to ``last``, both included.

    ``is_lost`` when nothing could be read of it; a line that was edited, or that stands below a cut, is read.
    ``mark`` is what a person accepts it by.
    """

    name: str
    first: int
    last: int
    line: int
    why: str
    is_lost: bool = True
    mark: str = ""

    @property
    def problem(self) -> Problem:
        """The line to tell."""
        found = f"{self.why}, bytes {self.first} to {self.last}"
        where = place(self.name, self.line)
        if self.is_lost:
            return Problem(where, "a line must be one whole JSON object", found, _LOST)
        return Problem(where, "a log must be as it was written", found, _NOTICED)


@dataclass(frozen=True, slots=True)
class Line:
    """One whole line: its number, its bytes, where these begin in the log, and its fields."""

    number: int
    first: int
    data: bytes
    values: Mapping[str, Any]

    @property
    def is_sealed(self) -> bool:
        """Whether it carries a running hash."""
        return _is_sealed(self.values)

    @property
    def hash(self) -> str:
        """What a line after it calls it: its own hash, else one of what it holds."""
        return str(self.values["hash"]) if self.is_sealed else digest(self.values)

    @property
    def content(self) -> dict[str, Any]:
        """What was recorded, without the seal."""
        return unsealed(self.values) if self.is_sealed else dict(self.values)

    @property
    def format(self) -> int:
        """The format number of the program that wrote it."""
        found = self.values.get("format", FORMAT)
        return found if isinstance(found, int) else FORMAT


@dataclass(frozen=True, slots=True)
class Lines:
    """What the bytes of a log hold: every whole line in the order of the file, beside every damage."""

    lines: tuple[Line, ...] = ()
    damage: tuple[Damage, ...] = ()

    @property
    def unsealed(self) -> tuple[int, ...]:
        """Numbers of the lines without a running hash: older ones, or written by hand."""
        return tuple(line.number for line in self.lines if not line.is_sealed)

    @property
    def newer(self) -> tuple[int, ...]:
        """Numbers of the lines that a newer version of the program wrote."""
        return tuple(line.number for line in self.lines if line.format > FORMAT)


def digest(values: Mapping[str, Any]) -> str:
    """Hash what a line holds, whatever the order of its fields; its own ``hash`` is left out.

    Examples
    --------
    >>> digest({"b": 1, "a": "é"}) == digest({"a": "é", "b": 1, "hash": "0" * 16})
    True
    """
    own = {key: value for key, value in values.items() if key != "hash"}
    text = json.dumps(own, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:HEX]


def sealed_line(record: Record | Mapping[str, Any], after: str) -> bytes:
    r"""Write one record as a line that follows the line of hash ``after``; fields without a value left out.

    Examples
    --------
    >>> sealed_line({"id": 1}, "")
    b'{"id": 1, "after": "", "hash": "e9a08fe33c47f2f8"}\n'
    """
    values = record.model_dump(mode="json", exclude_none=True) if isinstance(record, Record) else dict(record)
    values = {**unsealed(values), "after": after}
    values["hash"] = digest(values)
    return json.dumps(values, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def sealed(records: Iterable[Record | Mapping[str, Any]]) -> bytes:
    """Write a whole log: every record a line, each after the one above it.

    Examples
    --------
    >>> [(line.values["id"], line.number) for line in read(sealed([{"id": 5}, {"id": 6}]), "a.jsonl").lines]
    [(5, 1), (6, 2)]
    """
    after, written = "", []
    for record in records:
        line = sealed_line(record, after)
        after = json.loads(line)["hash"]
        written.append(line)
    return b"".join(written)


def unsealed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of a line without its seal."""
    return {key: value for key, value in values.items() if key not in SEAL}


def read(data: bytes, name: str, *, accepted: Container[str] = ()) -> Lines:
    """Read the bytes of a log; a damaged stretch costs only itself.

    Parameters
    ----------
    data
        The log.
    name
        Its name relative to the study folder, for messages.
    accepted
        Marks of damage that a person has seen and let stand.

    Examples
    --------
    >>> log = sealed([{"id": 1}, {"id": 2}, {"id": 3}])
    >>> one, two, three = log.splitlines(keepends=True)
    >>> [(cut.line, cut.why, cut.is_lost) for cut in read(one + three, "a.jsonl").damage]
    [(2, 'lines cut out above it', False)]
    >>> [(torn.line, torn.first, torn.last) for torn in read(one + two[:-9], "a.jsonl").damage]
    [(2, 51, 108)]
    """
    found = _Found(name)
    first = len(_BOM) if data.startswith(_BOM) else 0
    rows = data[first:].split(b"\n")
    for number, row in enumerate(rows, start=1):
        _read_row(found, row, number, first, is_last=number == len(rows))
        first += len(row) + 1
    damage = [*found.damage, *_breaks(found, accepted)]
    return Lines(tuple(found.lines), tuple(sorted(damage, key=lambda stretch: stretch.first)))


def tail(data: bytes) -> Line | None:
    """Give the last whole line of some bytes; nothing when there is none."""
    end = len(data)
    while end > 0:
        begin = data.rfind(b"\n", 0, end) + 1
        if lines := read(data[begin:end], "").lines:
            return lines[-1]
        end = begin - 1
    return None


@dataclass(slots=True)
class _Found:
    name: str
    lines: list[Line] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)

    def lost(self, data: bytes, number: int, first: int, why: str) -> None:
        """Note a stretch without the space around it; one that goes on from the last is one with it."""
        if not (bare := data.strip()):
            return
        first += data.index(bare)
        last = first + len(bare) - 1
        before = self.damage[-1] if self.damage else None
        reach = 2 if before is not None and {before.why, why} <= {NOT_TEXT, NULS} else 1
        if before is not None and before.last + reach >= first:
            self.damage[-1] = replace(before, last=last)
        else:
            self.damage.append(Damage(self.name, first, last, number, why))


def _read_row(found: _Found, row: bytes, number: int, first: int, *, is_last: bool) -> None:
    bare = row.strip()
    if not bare:
        return
    begin = first + row.index(bare)
    if bare.startswith(_MARKS) and b"{" not in bare:
        found.lost(bare, number, begin, CONFLICT)
        return
    if (values := _object(bare)) is not None:
        found.lines.append(Line(number, begin, bare, values))
        return
    nuls = list(islice(_NULS.finditer(bare), _MOST_BEGINNINGS))
    if len(nuls) == _MOST_BEGINNINGS:
        found.lost(bare, number, begin, NULS)
        return
    at = 0
    for nul in [*nuls, None]:
        end = len(bare) if nul is None else nul.start()
        _read_piece(found, bare[at:end], number, begin + at, is_last=is_last and nul is None)
        if nul is not None:
            found.lost(nul.group(), number, begin + nul.start(), NULS)
            at = nul.end()


def _read_piece(found: _Found, piece: bytes, number: int, first: int, *, is_last: bool) -> None:
    """Read what is whole in a damaged line: between zero bytes a line, else a record whose seal is right."""
    bare = piece.strip()
    if (values := _object(bare)) is not None:
        found.lines.append(Line(number, first + piece.index(bare), bare, values))
        return
    text = piece.decode("utf-8", "surrogateescape")
    at = 0
    for beginning in list(_OBJECT.finditer(text))[:_MOST_BEGINNINGS]:
        start = beginning.start()
        if start < at:
            continue
        values, end = _first_object(text, start)
        if values is not None and _is_sealed(values) and digest(values) == values["hash"]:
            _lose(found, text[at:start], number, first + _n_bytes(text[:at]), is_last=False)
            whole = text[start:end].encode("utf-8", "surrogateescape")
            found.lines.append(Line(number, first + _n_bytes(text[:start]), whole, values))
            at = end
    _lose(found, text[at:], number, first + _n_bytes(text[:at]), is_last=is_last)


def _lose(found: _Found, text: str, number: int, first: int, *, is_last: bool) -> None:
    data = text.encode("utf-8", "surrogateescape")
    try:
        data.decode()
        why = TORN if is_last else BROKEN
    except UnicodeDecodeError:
        why = NOT_TEXT
    found.lost(data, number, first, why)


def _n_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _breaks(found: _Found, accepted: Container[str]) -> Iterator[Damage]:
    """Lines whose hash is not theirs, and lines that follow one that is not above them."""
    above = {""}
    told: set[str] = set()
    for position, line in enumerate(found.lines):
        last = line.first + len(line.data) - 1
        if not line.is_sealed:
            above.add(line.hash)
            continue
        own, after = digest(line.values), str(line.values["after"])
        if own != line.hash and own not in accepted:
            yield Damage(found.name, line.first, last, line.number, EDITED, is_lost=False, mark=own)
        if after not in above and after not in told and after not in accepted:
            told.add(after)
            # What cannot be read right above it may be the very line that it follows.
            before = found.lines[position - 1].first if position else -1
            if not any(before < stretch.first < line.first for stretch in found.damage):
                why = GAP if position else HEAD
                yield Damage(found.name, line.first, last, line.number, why, is_lost=False, mark=after)
        above.add(line.hash)


def _is_sealed(values: Mapping[str, Any]) -> bool:
    return all(isinstance(values.get(key), str) for key in SEAL)


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _first_object(text: str, start: int) -> tuple[dict[str, Any] | None, int]:
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start
    return (value, end) if isinstance(value, dict) else (None, start)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError
    return value


def _no_constant(_: str) -> None:
    raise ValueError


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
