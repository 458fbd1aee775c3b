"""Archives from many hands: the zip containers of office files, opened without unpacking them.

Nothing is ever written to a disk. A member is read by its name and counted while it is read, so that what an
archive says of itself is never believed.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from casestudy.errors import InvalidMaterial, Problem

LIMIT_BYTES = 100_000_000
LIMIT_RATIO = 100
LIMIT_MEMBERS = 5_000
LIMIT_PARSED = 30_000_000
LIMIT_ELEMENTS = 1_000_000

_MEMBER = re.compile(r"[\w\[\]][\w\[\]\-. ()+&,=%@~#!]*(?:/[\w\[\]\-. ()+&,=%@~#!]+)*/?")
_ENCRYPTED = 0x1
_LINK = 0o120000
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


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was found sound; ``kind`` and ``program`` are words for messages about it."""

    file: zipfile.ZipFile
    name: str
    kind: str
    program: str

    def refused(self, found: str, remedy: str) -> InvalidMaterial:
        """Give the refusal of this file for what was found in it."""
        return refused(self.name, self.kind, found, remedy)

    def holds(self, member: str) -> bool:
        """Whether there is a member of this name."""
        return member in self.file.NameToInfo

    def bytes(self, member: str) -> bytes:
        """Read one member, and never more of it than it said it holds.

        Raises
        ------
        InvalidMaterial
            When it is too large, or larger than it says.
        """
        declared = self.file.getinfo(member).file_size
        if declared > LIMIT_PARSED:
            raise self.refused(f"more than {LIMIT_PARSED:,} bytes of text", "split it into several files")
        with self.file.open(member) as file:
            data = file.read(declared + 1)
        if len(data) > declared:
            raise self.refused("a part larger than it says", "save its text as a new file")
        return data

    def parsed(self, member: str) -> Element:
        """Read one member as XML, with every document type and entity forbidden.

        Raises
        ------
        InvalidMaterial
            When it is damaged, too large or holds what is forbidden.
        """
        data = self.bytes(member)
        # An element costs memory however short its name is.
        if data.count(b"<") > LIMIT_ELEMENTS:
            raise self.refused(f"more than {LIMIT_ELEMENTS:,} marks in it", "save its text as a new file")
        try:
            root: Element = fromstring(data, forbid_dtd=True)
        except DefusedXmlException:
            raise self.refused("a document type or entity", "save its text as a new file") from None
        except (ParseError, LookupError, ValueError):
            raise self.refused("a damaged part", f"open it in {self.program} and save it again") from None
        return root


@contextmanager
def opened(data: bytes, name: str, *, kind: str, program: str) -> Iterator[Archive]:
    """Open an archive after its list of members was checked; what breaks while it is read is a refusal too.

    Parameters
    ----------
    data
        The file's bytes.
    name
        The file's name relative to the study folder, for messages.
    kind, program
        What the file must be and what to mend it with: ``a readable Word file``, ``Word``.

    Raises
    ------
    InvalidMaterial
        When it is no archive, is damaged, or would unfold beyond the limits.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            archive = Archive(file, name, kind, program)
            _check_members(archive, len(data))
            yield archive
    except RecursionError:
        raise refused(name, kind, "endless nesting", "copy its text into a new file") from None
    except _BROKEN:
        found, remedy = "a damaged file or another kind of file", f"open it in {program} and save it again"
        raise refused(name, kind, found, remedy) from None


def refused(name: str, kind: str, found: str, remedy: str) -> InvalidMaterial:
    """Give the refusal of a file that is not what it must be."""
    return InvalidMaterial([Problem(name, f"the file must be {kind}", found, remedy)])


def _check_members(archive: Archive, size: int) -> None:
    members = archive.file.infolist()
    if len(members) > LIMIT_MEMBERS:
        raise archive.refused(f"more than {LIMIT_MEMBERS:,} parts", "save its text as a new file")
    declared = sum(member.file_size for member in members)
    if declared > LIMIT_BYTES or declared > LIMIT_RATIO * size:
        raise archive.refused("a file that unfolds far beyond its size", "save its text as a new file")
    for member in members:
        is_link = (member.external_attr >> 16) & 0o170000 == _LINK
        steps = member.filename.split("/")
        if is_link or ".." in steps or "." in steps or not _MEMBER.fullmatch(member.filename):
            raise archive.refused("a part with a name that leads elsewhere", "save its text as a new file")
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise archive.refused("a file with a password", "save it without a password")


def kind_of(element: Element) -> str:
    """Name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def child(element: Element | None, kind: str) -> Element | None:
    """Give the first child of a kind; nothing when there is none."""
    return None if element is None else next((part for part in element if kind_of(part) == kind), None)


def value(element: Element, attribute: str) -> str:
    """Value of an attribute, whatever its namespace; empty when it is not there."""
    return next((text for key, text in element.items() if key.rpartition("}")[2] == attribute), "")
