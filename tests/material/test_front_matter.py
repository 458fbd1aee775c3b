"""Front matter: a row at the head of a text, told from a text between lines."""

from __future__ import annotations

import pytest

from casestudy.errors import InvalidMaterial
from casestudy.material import front_matter
from casestudy.material.source_rows import Head

WORDS = "I: Hoe?\nR: Goed.\n"


def read(text: str) -> front_matter.FrontMatter[Head] | None:
    return front_matter.read(text, Head, name="a.md")


def test_its_values_its_lines_and_where_the_words_begin() -> None:
    block = "---\nsource: es-1\nsite: es\nparticipants: [p1, p2]\ninterviewer: Anna | Bo\n---\n"
    found = read(block + WORDS)
    assert found is not None
    assert (found.head.source, found.head.participants, found.head.interviewer) == (
        "es-1",
        ("p1", "p2"),
        ("Anna", "Bo"),
    )
    assert found.lines == {"source": 2, "site": 3, "participants": 4, "interviewer": 5}
    assert (block + WORDS)[found.end :] == WORDS


TEXTS = [
    WORDS,
    "---\n",
    "---\nsite: es\n",
    "---\ntitle: Verslag\ndate: 2019-03-04\n---\n" + WORDS,
    "---\nEr was eens een site: een verhaal.\n---\n" + WORDS,
    "---\nsite: es\nEen gewone zin staat hier ook.\n---\n" + WORDS,
    "\n---\nsite: es\n---\n" + WORDS,
    "----\nsite: es\n---\n" + WORDS,
]


@pytest.mark.parametrize("text", TEXTS)
def test_other_texts_have_none(text: str) -> None:
    assert read(text) is None


WRONG = [
    ("site: es\nsiet: es\n", "a.md:3: every key must be known, found `siet`"),
    ("site: es\nkind: gesprek\n", "a.md:3: `kind` must be"),
    ("site: es\ndate: 2019-03-04\n", "a.md:3: `date` must be a month"),
    ("site: es\nsite: es\n", "a.md:3: a key must stand once"),
    ("site: [es\n", "a.md:3: the file must be valid YAML"),
    ("site: !!python/object:os.system es\n", "a.md:2: a value must be plain"),
]


@pytest.mark.parametrize(("block", "told"), WRONG)
def test_what_is_wrong_is_told_with_its_line(block: str, told: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        read(f"---\n{block}---\n{WORDS}")
    assert told in str(refused.value)
