"""The framework matrix: what researchers wrote per code and site, from ``summaries/<site>.yml``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from casestudy import documents
from casestudy.documents import Record, nearest
from casestudy.errors import Gathered, Problem, place
from casestudy.material import codebook, codings, folders, sources
from casestudy.material.codebook import Codebook
from casestudy.material.codings import Coding
from casestudy.material.guide import line_of
from casestudy.material.signed import Moment, Person
from casestudy.study import Identifier, Study

FOLDER = "summaries"
SUFFIX = ".yml"
EVIDENCE_KINDS = ("human", "import")


class Text(Record):
    """A summary in Dutch, and where there is one in English."""

    nl: str = Field(min_length=1)
    en: str | None = None


class Entry(Record):
    """One cell as it is written down: a code, its summary, and the codings it rests on."""

    code: Identifier
    summary: Text
    excerpts: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    by: Person
    at: Moment | None = None


class _File(Record):
    summaries: tuple[Entry, ...]


class Summary(Entry):
    """One cell of the framework matrix: an entry with its site."""

    site: Identifier


Cell = tuple[str, str]


def read(study: Study, site: str | None = None) -> tuple[Summary, ...]:
    """Read the summaries of one site or of all; by site, then in the order of the file.

    Raises
    ------
    InvalidMaterial
        With every problem of the files: an unknown site or code, a doubled cell, and an excerpt that does
        not stand any more or belongs to another code or site; and every problem of the codings.
    """
    problems = Gathered()
    found = problems.gather(partial(written, study, site)) or ()
    if not found:
        problems.stop()
        return ()
    book = problems.gather(partial(codebook.read, study))
    # Of this site only: what is broken elsewhere must not stop it.
    coded = problems.gather(partial(codings.read, study, site))
    if book is not None and coded is not None:
        problems.extend(_wrong_excerpts(study, found, {c.coding: c for c in coded}, book))
    problems.stop()
    return found


def written(study: Study, site: str | None = None) -> tuple[Summary, ...]:
    """Read the summaries as they stand, whether or not their excerpts still do; as ``read`` otherwise."""
    problems = Gathered()
    book = problems.gather(partial(codebook.read, study))
    known = None if book is None else [code.id for code in book.codes]
    found: dict[str, tuple[Summary, ...]] = {}
    for name, path in folders.entries(study.folder / FOLDER):
        if folders.stray(path) is not None:
            continue
        where, stem = f"{FOLDER}/{name}", name.removesuffix(SUFFIX)
        if not name.endswith(SUFFIX) or stem not in study.site_ids:
            must = f"a file with summaries must be {FOLDER}/<site>{SUFFIX}, of a site of study.yml"
            problems.append(Problem(where, must, f"`{name}`", nearest(stem, study.site_ids)))
        elif site in (None, stem):
            file = problems.gather(partial(documents.read, path, _File, name=where))
            entries = file.summaries if file is not None else ()
            problems.extend(_wrong_entries(entries, known, path, where))
            found[stem] = tuple(Summary(site=stem, **dict(entry)) for entry in entries)
    problems.stop()
    return tuple(summary for id_ in study.site_ids for summary in found.get(id_, ()))


def of_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[Summary, ...]:
    """Make summaries of the rows of their frame, columns ``site code nl en excerpts by``."""
    return tuple(
        Summary(
            site=row["site"],
            code=row["code"],
            summary=Text(nl=row["nl"], en=row["en"] if isinstance(row["en"], str) else None),
            excerpts=tuple(row["excerpts"].split()),
            by=row["by"],
        )
        for row in rows
    )


def standing(coded: Iterable[Coding]) -> dict[str, Coding]:
    """Codings on which a summary can rest, by id: confirmed by a person."""
    return {c.coding: c for c in coded if c.status == "confirmed" and c.kind in EVIDENCE_KINDS}


def gone(found: Iterable[Summary], coded: Iterable[Coding]) -> dict[Cell, tuple[str, ...]]:
    """Name the excerpts that do not stand any more, by the code and site of the summary that rests on them.

    Parameters
    ----------
    found
        What :func:`written` gave.
    coded
        The codings that stand.
    """
    known = standing(coded)
    lost = {(s.code, s.site): tuple(e for e in s.excerpts if e not in known) for s in found}
    return {cell: excerpts for cell, excerpts in lost.items() if excerpts}


def unwritten(found: Iterable[Summary], evidence: Iterable[Cell]) -> list[Cell]:
    """List the cells, code and site, that have evidence but no summary; each once, in the order given."""
    there = {(summary.code, summary.site) for summary in found}
    return [cell for cell in dict.fromkeys(evidence) if cell not in there]


def _wrong_entries(
    entries: Iterable[Entry], known: list[str] | None, path: Path, where: str
) -> Iterator[Problem]:
    seen: dict[str, int] = defaultdict(int)
    for entry in entries:
        seen[entry.code] += 1
        here = place(where, _line(path, entry.code, seen[entry.code]))
        if known is not None and entry.code not in known:
            must = "`code` must be a code of codebook.yml"
            yield Problem(here, must, f"`{entry.code}`", nearest(entry.code, known))
        if seen[entry.code] > 1:
            yield Problem(here, "a code must have one summary", f"`{entry.code}` again", "make them one")
        for excerpt in sorted({e for e in entry.excerpts if entry.excerpts.count(e) > 1}):
            yield Problem(here, "an excerpt must stand once", f"`{excerpt}` again", "remove one")


def _line(path: Path, code: str, nth: int) -> int | None:
    """Give the line on which a code gets its first, second, ... entry."""
    given = re.compile(rf"\bcode:\s*[\"']?{re.escape(code)}(?![\w.-])")
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    found = [number for number, line in enumerate(lines, start=1) if given.search(line)]
    return found[nth - 1] if nth <= len(found) else None


def _wrong_excerpts(
    study: Study, found: Iterable[Summary], coded: Mapping[str, Coding], book: Codebook
) -> Iterator[Problem]:
    known = standing(coded.values())
    sites = _sites(study)
    for summary in found:
        where = f"{FOLDER}/{summary.site}{SUFFIX}"
        for excerpt in summary.excerpts:
            here = place(where, line_of(study.folder / where, summary.code, excerpt))
            coding = known.get(excerpt)
            if coding is None:
                must = "`excerpts` must be codings that stand, confirmed by a person"
                yield Problem(here, must, f"`{excerpt}`", "choose another excerpt and read the summary again")
                continue
            if sites.get(coding.source) != summary.site:
                found_ = f"`{excerpt}` of another site"
                yield Problem(here, f"`excerpts` must be of site `{summary.site}`", found_, "remove it")
            # A coding of an earlier meaning bears the code it had then.
            if coding.codebook.partition(".")[0] == book.major and coding.code != summary.code:
                found_ = f"`{excerpt}` of `{coding.code}`"
                yield Problem(here, f"`excerpts` must be of code `{summary.code}`", found_, "remove it")


def _sites(study: Study) -> dict[str, str]:
    return {row.source: row.site for row in sources.rows(study)}


def text(summary: Summary, language: str) -> tuple[str, str]:
    """Give a summary in a language, or in Dutch where it has no other, beside the language it is in.

    Examples
    --------
    >>> cell = Summary(site="es", code="M23", summary=Text(nl="Weinig tijd."), excerpts=("c1",), by="r1")
    >>> text(cell, "en")
    ('Weinig tijd.', 'nl')
    """
    if language == "en" and summary.summary.en:
        return summary.summary.en, "en"
    return summary.summary.nl, "nl"
