"""Archives from many hands: members read by name, nothing believed that an archive says of itself."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from casestudy.errors import InvalidMaterial
from casestudy.material.formats import archives


def packed(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return file.getvalue()


def read(data: bytes, member: str = "a.xml") -> str:
    with archives.opened(data, "es/a.odt", kind="a readable text", program="Writer") as archive:
        return archive.parsed(member).tag


def told(data: bytes) -> str:
    with pytest.raises(InvalidMaterial) as refused:
        read(data)
    assert str(refused.value).startswith("es/a.odt: the file must be a readable text, found ")
    return str(refused.value)


def locked(data: bytes) -> bytes:
    """The same archive, its only member marked as encrypted in the list of members."""
    changed = bytearray(data)
    at = changed.rfind(b"PK\x01\x02")
    changed[at + 8] |= 1
    return bytes(changed)


def test_a_member_is_read_by_its_name() -> None:
    assert read(packed({"a.xml": b"<een/>", "b.xml": b"<twee/>"})) == "een"


ATTACKS = {
    "nothing": (b"", "a damaged file or another kind of file; open it in Writer"),
    "no such member": (packed({"b.xml": b"<a/>"}), "a damaged file or another kind"),
    "a password": (locked(packed({"a.xml": b"<a/>"})), "a file with a password"),
    "a bomb": (packed({"a.xml": b"<a>" + b" " * 20_000_000 + b"</a>"}), "unfolds far beyond its size"),
    "away": (packed({"a.xml": b"<a/>", "../b": b""}), "a name that leads elsewhere"),
    "an entity": (
        packed({"a.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
        "a document type or entity",
    ),
    "half a part": (packed({"a.xml": b"<a>"}), "a damaged part"),
    "an encoding of nobody": (
        packed({"a.xml": b'<?xml version="1.0" encoding="x-1"?><a/>'}),
        "a damaged part",
    ),
}


@pytest.mark.parametrize(("data", "found"), ATTACKS.values(), ids=ATTACKS)
def test_what_could_do_harm_is_refused(data: bytes, found: str) -> None:
    assert found in told(data)


def test_more_elements_than_a_text_has_are_refused_before_they_cost_memory() -> None:
    # What cannot be packed keeps the file from looking like a bomb.
    padding = random.Random(1).randbytes(60_000)
    body = b"<a>" + b"<b/>" * archives.LIMIT_ELEMENTS + b"</a>"
    assert "marks in it" in told(packed({"a.xml": body, "b": padding}))
