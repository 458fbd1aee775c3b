"""Front matter: the row of a text in ``sources.csv``, written at the head of the text itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from casestudy import documents
from casestudy.documents import Record

# `date` and `language` also stand at the head of texts that know nothing of a study.
TELLING = {"source", "site", "kind", "participants", "interviewer", "consent", "guide", "wave"}
KINDS = (".txt", ".md")
LONGEST = 8_000

_BLOCK = re.compile(r"---[^\S\n]*\n(?P<yaml>.*?)^---[^\S\n]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"(?P<key>[a-z_]+)[^\S\n]*:(?=\s|\Z)|\s|-\s|#|\Z")

Head = TypeVar("Head", bound=Record)


@dataclass(frozen=True, slots=True)
class FrontMatter(Generic[Head]):
    """What stands at the head of a text, the line of each key, and where the words begin."""

    head: Head
    lines: dict[str, int]
    end: int


def read(text: str, model: type[Head], *, name: str) -> FrontMatter[Head] | None:
    """Read the front matter of a text; nothing when it has none.

    A block between two lines ``---`` at the very start is front matter when its lines are YAML keys and one
    of them is a column that only a source has. Any other text between such lines belongs to the text.

    Parameters
    ----------
    text
        The normalised text.
    model
        The record it must hold.
    name
        The file's name, for messages.

    Raises
    ------
    InvalidMaterial
        With every problem of the block.

    Examples
    --------
    >>> class Row(Record):
    ...     site: str
    >>> text = "---\\nsite: es\\n---\\nI: Hoe ging het?\\n"
    >>> found = read(text, Row, name="a.md")
    >>> found.head.site, text[found.end :]
    ('es', 'I: Hoe ging het?\\n')
    >>> read("---\\ntitle: Verslag\\n---\\n", Row, name="a.md") is None
    True
    """
    block = _BLOCK.match(text, 0, LONGEST)
    if block is None:
        return None
    found = [_LINE.match(line) for line in block["yaml"].split("\n")]
    lines = {line["key"]: number for number, line in enumerate(found, start=2) if line and line["key"]}
    if None in found or not lines.keys() & TELLING:
        return None
    # The empty line stands for the one with the dashes, so that lines are counted as in the file.
    return FrontMatter(documents.parse(f"\n{block['yaml']}", model, name=name), lines, block.end())
