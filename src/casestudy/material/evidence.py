"""The codings that ratings rest on, per site and code, and a fingerprint of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import regex

from casestudy.material import codebook, codebook_versions, codings, crosswalk, logs, sources
from casestudy.material.codings import Coding
from casestudy.study import Study

MARK_LENGTH = 12
NEW_MEANING = ("redefined", "split", "merge")
KINDS = ("human", "import")
# Practice says for a skill what valence says for a factor.
PRACTICE: Mapping[str, str] = {
    "applied": "+",
    "partly": "x",
    "not_applied": "-",
    "intention": "0",
    "unclear": "0",
}

Cell = tuple[str, str]


@dataclass(frozen=True)
class Evidence:
    """The codings that count, per site and code, and the version of the codebook they are read in.

    ``redefined`` gives the versions in which a code got another meaning, as far as books were kept;
    ``majors`` are the MAJOR versions of those books.
    """

    codebook: str
    cells: Mapping[Cell, tuple[Coding, ...]]
    redefined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    majors: frozenset[str] = frozenset()

    def of(self, site: str, code: str) -> tuple[Coding, ...]:
        """Give the codings that stand for one cell."""
        return self.cells.get((site, code), ())


def read(study: Study, site: str | None = None) -> Evidence:
    """Read the codings that count, of one site or of all, in the codebook in force.

    Raises
    ------
    InvalidMaterial
        With every problem of the codebook, the sources and the logs of the codings.
    """
    version = codebook.read(study).version
    if not (study.folder / sources.FILE).exists():
        return Evidence(version, {})
    at = {row.source: row.site for row in sources.rows(study)}
    cells: dict[Cell, list[Coding]] = {}
    carried = crosswalk.read(study, site)
    redefined: dict[str, tuple[str, ...]] = {}
    for one in carried.affected:
        for code in {one.code, *one.to} if one.change in NEW_MEANING else ():
            redefined[code] = (*redefined.get(code, ()), one.version)
    for coding in carried.codings:
        if counts(coding):
            cells.setdefault((at[coding.source], coding.code), []).append(coding)
    majors = frozenset(major(known) for known in codebook_versions.kept(study))
    return Evidence(version, {cell: tuple(found) for cell, found in cells.items()}, redefined, majors)


def counts(coding: Coding) -> bool:
    """Tell whether a coding may reach a result: confirmed by a person, in the main round."""
    return coding.status == "confirmed" and coding.kind in KINDS and coding.round == "main"


def direction(coding: Coding) -> str | None:
    """Give the direction in which a coding points: ``+``, ``-``, ``x``, ``0``, or nothing when not said."""
    return coding.valence or PRACTICE.get(coding.practice or "")


def seen(evidence: Evidence, site: str, code: str) -> dict[str, str]:
    """Give the codings that stand for one cell, each with a mark of its words and judgement.

    Where a coding stands in its text does not matter, nor how its words are spaced.
    """
    return {one.coding: _mark(one) for one in sorted(evidence.of(site, code), key=lambda one: one.coding)}


def fingerprint(evidence: Evidence, site: str, code: str) -> str:
    """Digest the evidence for one cell: which codings, their words and judgements, and the MAJOR version.

    The same whatever their order, whatever stands in other cells, and wherever the words moved to.
    """
    return digest(evidence.codebook, seen(evidence, site, code))


def pin(evidence: Evidence, site: str, code: str) -> dict[str, Any]:
    """Give the fields of a settled rating that record the evidence it was settled on."""
    shown = seen(evidence, site, code)
    return {"codebook": evidence.codebook, "evidence": digest(evidence.codebook, shown), "seen": shown}


def digest(version: str, marks: Mapping[str, str]) -> str:
    """Digest marks of codings, read in a MAJOR version of the codebook.

    Examples
    --------
    >>> digest("1.0.0", {"a": "1", "b": "2"}) == digest("1.4.2", {"b": "2", "a": "1"})
    True
    """
    return _hash([major(version), sorted(marks.items())])


def major(version: str) -> str:
    """Give the part of a codebook's version that changes with the meaning of a code.

    Examples
    --------
    >>> major("2.1.0")
    '2'
    """
    return version.partition(".")[0]


def _mark(coding: Coding) -> str:
    words = " ".join(coding.quote.split())
    judged = [coding.status, coding.valence, coding.strength, coding.practice]
    return _hash([words, *judged])[:MARK_LENGTH]


def _hash(value: Any) -> str:
    return sha256(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Trace:
    """That a coding once was made: in which source, and with which code where that can still be read."""

    source: str
    code: str | None = None
    codebook: str | None = None


def traces(study: Study) -> dict[str, Trace]:
    """Find every coding that was ever made, by its id, deleted ones and those of damaged lines included."""
    found: dict[str, Trace] = {}
    folder = study.folder / codings.FOLDER
    for coder in sorted(folder.iterdir()) if folder.is_dir() else []:
        for path in logs.files(coder):
            for line in path.read_bytes().splitlines():
                for coding, trace in _trace(line, path.stem):
                    found.setdefault(coding, trace)
    return found


def _trace(line: bytes, source: str) -> list[tuple[str, Trace]]:
    try:
        event = json.loads(line)
        if event.get("event") == "code":
            return [(str(event["coding"]), Trace(source, str(event["code"]), str(event["codebook"])))]
        return []
    except (ValueError, KeyError, AttributeError, RecursionError):
        ids = regex.findall(rb'"coding": ?"([A-Za-z0-9_.-]+)"', line)
        return [(one.decode("ascii"), Trace(source)) for one in ids]
