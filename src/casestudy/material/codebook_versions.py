"""Versions of a codebook: the books that were kept, and whether the number fits what changed.

A book is kept whole in ``codebooks/<version>.yml``, so that a coding finds the words it was made under, also
when a framework of the program has moved on since.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from casestudy.documents import nearest
from casestudy.errors import Gathered, InvalidMaterial, Problem
from casestudy.material import codebook, logs
from casestudy.material.codebook import FILE, FOLDER, Codebook, CodeChange
from casestudy.material.codebook_changes import (
    DECLARED,
    LEVELS,
    Aspect,
    between,
    compare,
    declared,
    needed,
    order,
)
from casestudy.study import Study

N_NAMED = 5


def kept(study: Study) -> Mapping[str, Codebook]:
    """Read every version that is known, by version from old to new, ``codebook.yml`` among them.

    Raises
    ------
    InvalidMaterial
        With every problem of the books, and for a file whose name is not the version it holds.
    """
    found = Gathered()
    books = [found.gather(partial(codebook.current, study))]
    for name in codebook.kept_versions(study):
        book = found.gather(partial(codebook.version, study, name))
        if book is not None and book.version != name:
            must = "a kept codebook must bear its version as its name"
            remedy = f"rename it to `{book.version}.yml`"
            found.append(Problem(f"{FOLDER}/{name}.yml", must, f"version {book.version}", remedy))
        books.append(book)
    found.stop()
    known: dict[str, Codebook] = {}
    for book in books:
        if book is not None:
            # The present book comes first and is the one that counts under its own number.
            known.setdefault(book.version, book)
    return dict(sorted(known.items(), key=lambda item: order(item[0])))


def meaning(study: Study, version: str) -> Codebook:
    """Give the book in which a coding of this version finds its code; see :func:`of_version`.

    Raises
    ------
    InvalidMaterial
        When no book of that MAJOR is known, and with every problem of the books.
    """
    return of_version(kept(study), version)


def of_version(books: Mapping[str, Codebook], version: str) -> Codebook:
    """Give the book of exactly this version, else the newest known of the same MAJOR.

    Parameters
    ----------
    books
        What :func:`kept` gave.
    version
        The version a coding bears; ``2`` is read as ``2.0.0``.

    Raises
    ------
    InvalidMaterial
        When no book of that MAJOR is known.
    """
    wanted = order(version)
    same = {order(name): book for name, book in books.items() if order(name)[0] == wanted[0]}
    if not same:
        known = ", ".join(books)
        must = f"codings were made with version {version}, and a book of that MAJOR must be known"
        remedy = f"restore `{FOLDER}/{version}.yml` from a copy"
        raise InvalidMaterial([Problem(FOLDER, must, known or "none", remedy)])
    return same.get(wanted) or same[max(same)]


def problems(study: Study) -> list[Problem]:
    """Find what is wrong with the number of ``codebook.yml`` and with the changes it declares.

    Nothing can be said about a study of which no version was kept yet.
    """
    found = Gathered()
    books = found.gather(partial(kept, study))
    if books is None:
        return list(found)
    book = codebook.current(study)
    files = {name: codebook.version(study, name) for name in codebook.kept_versions(study)}
    newer = [name for name in files if order(name) > order(book.version)]
    if newer:
        must = "`version` must not be lower than a version that was kept"
        remedy = f"raise it, or take `{newer[-1]}.yml` out of `{FOLDER}/`"
        found.append(Problem(FILE, must, f"{book.version} after {newer[-1]}", remedy))
    earlier = [name for name in files if order(name) <= order(book.version)]
    if earlier:
        last = files[max(earlier, key=order)]
        found += _number(last, book)
        found += _undeclared(last, book)
    found += _declarations(book, {name: b for name, b in books.items() if name != book.version})
    return sorted(set(found))


def _number(old: Codebook, new: Codebook) -> Iterator[Problem]:
    least = needed(old, new)
    if order(new.version) >= order(least):
        return
    differences = compare(old, new)
    top = max((d.level for d in differences), key=LEVELS.index, default="major")
    reasons = dict.fromkeys(f"{_ASPECTS[d.aspect]} `{d.code}`" for d in differences if d.level == top)
    shown = ", ".join(list(reasons)[:N_NAMED]) + (" and more" if len(reasons) > N_NAMED else "")
    must = f"`version` must be at least {least}, as {old.version} was kept and this changed: {shown}"
    remedy = f"write `version: {least}`, or take the change back"
    if any(d.aspect == "meaning" for d in differences):
        remedy += "; a definition that means the same is told under `changes` with `change: reword`"
    yield Problem(FILE, must, f"`{new.version}`", remedy)


_ASPECTS: Mapping[Aspect, str] = {
    "new": "a new code",
    "gone": "a code that went,",
    "meaning": "the meaning of",
    "place": "the place of",
    "wording": "the wording of",
}


def _undeclared(old: Codebook, new: Codebook) -> Iterator[Problem]:
    told = {code for change in between(old, new) if change.change in DECLARED for code in change.before}
    for difference in compare(old, new):
        if difference.aspect == "gone" and difference.code not in told:
            must = f"`changes` must say what became of `{difference.code}`, a code of {old.version}"
            remedy = "add an entry with `change: retire`, `rename`, `merge` or `split`"
            yield Problem(FILE, must, "nothing", remedy)


def _declarations(book: Codebook, books: Mapping[str, Codebook]) -> Iterator[Problem]:
    """Tell which declared changes name codes that are not on their side, or come under too low a number."""
    for number, change in enumerate(book.changes):
        name, when = f"`changes.{number}`", order(change.version)
        if when > order(book.version):
            must = f"{name} must not be of a version after that of the codebook, {book.version}"
            yield Problem(FILE, must, f"`{change.version}`", "raise `version` or correct the entry")
            continue
        before = [old for version, old in books.items() if order(version) < when]
        if before:
            made = {
                code
                for other in declared(book)
                if order(before[-1].version) < order(other.version) <= when and other is not change
                for code in other.after
            }
            yield from _missing(
                name, "from", [code for code in change.before if code not in made], before[-1]
            )
            yield from _taken(name, change, book, before[-1])
            if change.change in DECLARED and order(before[-1].version)[0] == when[0]:
                must = (
                    f"{name} is a {change.change} and must come with a new MAJOR after {before[-1].version}"
                )
                yield Problem(FILE, must, f"`{change.version}`", f"give it version {when[0] + 1}.0.0")
        later = [new for version, new in books.items() if order(version) >= when]
        after = later[0] if later else book
        gone = {
            code
            for other in declared(book)
            if when < order(other.version) <= order(after.version)
            for code in other.before
        }
        yield from _missing(name, "to", [code for code in change.after if code not in gone], after)


def _taken(name: str, change: CodeChange, book: Codebook, before: Codebook) -> Iterator[Problem]:
    """Tell of a rename to the id of another code: the codings of both would become one without a word."""
    earlier = takewhile(lambda other: other is not change, declared(book))
    free = {
        code
        for other in earlier
        if order(other.version) > order(before.version) and other.change in DECLARED
        for code in other.before
    }
    for code in change.after if change.change == "rename" else ():
        if code in before and before.code(code).active and code not in free:
            must = f"`to` of {name} must not be a code of version {before.version}, for its change is rename"
            remedy = "declare a merge of both codes, or choose another id"
            yield Problem(
                FILE, must, f"`{code}`", f"{remedy}; what became of `{code}` itself is listed first"
            )


def _missing(name: str, side: str, codes: Sequence[str], book: Codebook) -> Iterator[Problem]:
    for code in codes:
        if code not in book or not book.code(code).active:
            must = f"`{side}` of {name} must name codes that are active in version {book.version}"
            remedy = nearest(code, [c.id for c in book.codes if c.active])
            yield Problem(FILE, must, f"`{code}`", remedy)


def keep(study: Study) -> str:
    """Keep the present codebook whole, with its frameworks filled in, under its version; the same if it was.

    Returns
    -------
    str
        The file's name relative to the study folder.

    Raises
    ------
    InvalidMaterial
        When its number is too low for what changed since the newest kept version; then nothing is written.
    """
    if found := problems(study):
        raise InvalidMaterial(found)
    book = codebook.current(study)
    name = f"{FOLDER}/{book.version}.yml"
    path = study.folder / name
    data = text(book).encode()
    if path.is_file() and path.read_bytes() == data:
        return name
    path.parent.mkdir(exist_ok=True)
    _write(path, data)
    return name


def text(book: Codebook) -> str:
    """Write a whole book as YAML that our strict reader reads as the same book; equal books, equal bytes.

    Examples
    --------
    >>> from casestudy.material.codebook import framework
    >>> text(Codebook(id="b", version="1.0.0", codes=framework("skills"))).splitlines()[:4]
    ['id: b', 'version: 1.0.0', 'codes:', '- id: SK01']
    """
    values = book.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude_defaults=True, exclude={"frameworks"}
    )
    return yaml.dump(values, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=1_000_000)


class _Plain(yaml.SafeDumper):
    """Writes every value out: no aliases, which the strict reader refuses."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _write(path: Path, data: bytes) -> None:
    """Put a file in its place whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    logs.sync_folder(path.parent)
