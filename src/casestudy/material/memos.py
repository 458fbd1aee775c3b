"""Memos: what researchers noted for themselves on the study, a site, a code, a source or a segment.

A memo never reaches a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from casestudy.documents import nearest
from casestudy.errors import Gathered, InvalidMaterial, Problem
from casestudy.material import codebook, codings, folders, sources
from casestudy.study import Study

FOLDER = "memos"
STUDY_FILE = "study.md"
SUFFIX = ".md"
LIMIT_BYTES = 2_000_000

About = Literal["study", "site", "code", "source", "segment"]
_FOLDERS: dict[str, About] = {"sites": "site", "codes": "code", "sources": "source"}


@dataclass(frozen=True, slots=True)
class Memo:
    """One memo: what it is about, its words, and where it stands.

    Parameters
    ----------
    about, id
        A kind of thing and its id: of a code, a site, a source or a coding; the study's own name.
    text
        The memo as it was written last.
    where
        Its file relative to the study folder.
    code, site
        Of a segment its code and site, of a source its site; absent otherwise.
    """

    about: About
    id: str
    text: str
    where: str
    code: str | None = None
    site: str | None = None

    def belongs_to(self, thing: str) -> bool:
        """Whether the memo is about this code, site, source or coding, or about something within it.

        Examples
        --------
        >>> memo = Memo("segment", "c1", "Let op.", "codings/a/es-01.jsonl", code="M23", site="es")
        >>> memo.belongs_to("M23"), memo.belongs_to("es"), memo.belongs_to("M22")
        (True, True, False)
        """
        return thing in (self.id, self.code, self.site)


def read(study: Study) -> tuple[Memo, ...]:
    """Read every memo: of the study, its sites, codes and sources in their own order, then of segments.

    An empty file is no memo yet. A memo on a source of somebody who withdrew is left out.

    Raises
    ------
    InvalidMaterial
        With every file in ``memos/`` that is named after nothing in this study or cannot be read, and every
        problem of the sources, the codebook and the codings.
    """
    problems = Gathered()
    book = problems.gather(partial(codebook.read, study))
    listed = (study.folder / sources.FILE).exists()
    rows = problems.gather(partial(sources.rows, study)) if listed else ()
    gone = problems.gather(partial(sources.withdrawn, study)) if listed else ()
    coded = problems.gather(partial(codings.read, study)) if listed and rows is not None else ()
    sites = {row.source: row.site for row in rows or ()}
    known: dict[About, Sequence[str] | None] = {
        "site": study.site_ids,
        "code": None if book is None else [code.id for code in book.codes],
        "source": None if rows is None else list(sites),
    }
    found = _written(study, known, frozenset(gone or ()), sites, problems)
    problems.stop()
    segments = (
        Memo("segment", c.coding, c.memo.strip(), _log(c), c.code, sites.get(c.source))
        for c in coded or ()
        if c.memo and c.memo.strip()
    )
    return (*found, *segments)


def _log(coding: codings.Coding) -> str:
    return f"{codings.FOLDER}/{coding.coder}/{coding.source}.jsonl"


def _written(
    study: Study,
    known: dict[About, Sequence[str] | None],
    gone: frozenset[str],
    sites: dict[str, str],
    problems: Gathered,
) -> list[Memo]:
    """Memos that have a file of their own."""
    found: list[tuple[tuple[int, int], Memo]] = []
    kinds: list[About] = ["study", *known]
    for name, path in folders.entries(study.folder / FOLDER):
        if folders.stray(path) is not None:
            continue
        where = f"{FOLDER}/{name}"
        about, id_ = _thing(name, study)
        ids: Sequence[str] | None = [study.name] if about == "study" else known.get(about) if about else ()
        if about == "source" and id_ in gone:
            continue
        if about is None or (ids is not None and id_ not in ids):
            problems.append(_stray(where, about, id_, ids or ()))
            continue
        text = problems.gather(partial(_text, study, path, where))
        if text:
            site = sites.get(id_) if about == "source" else None
            order = list(ids).index(id_) if ids is not None else 0
            found.append(((kinds.index(about), order), Memo(about, id_, text, where, site=site)))
    return [memo for _, memo in sorted(found, key=lambda pair: pair[0])]


def _thing(name: str, study: Study) -> tuple[About | None, str]:
    """Say what a file is named after; no kind when the place means nothing."""
    if name == STUDY_FILE:
        return "study", study.name
    folder, _, file = name.rpartition("/")
    about = _FOLDERS.get(folder) if file.endswith(SUFFIX) else None
    return about, file.removesuffix(SUFFIX)


def _stray(where: str, about: About | None, id_: str, known: Sequence[str]) -> Problem:
    if about is None:
        must = f"a memo must be {FOLDER}/{STUDY_FILE} or lie in codes/, sites/ or sources/ as <id>{SUFFIX}"
        return Problem(where, must, "another place or kind of file", "move it or rename it")
    return Problem(where, f"a memo must bear the id of a {about}", f"`{id_}`", nearest(id_, list(known)))


def _text(study: Study, path: Path, where: str) -> str:
    data = folders.read_bytes(path, root=study.folder, name=where, limit=LIMIT_BYTES)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        raise InvalidMaterial(
            [Problem(where, "the file must be UTF-8 text", "another coding", "save it as UTF-8")]
        ) from None


def about(memos: Sequence[Memo], thing: str | None) -> Iterator[Memo]:
    """Keep the memos about one code, site, source or coding; all without one."""
    return (memo for memo in memos if thing is None or memo.belongs_to(thing))
