"""Versions of an instrument: those that were kept, and which of their answers the present one can use.

A version is kept whole in ``instruments/<version>.yml``, so that answers to it can be read after the
instrument has changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import yaml

from casestudy import documents
from casestudy.documents import nearest
from casestudy.errors import Gathered, InvalidMaterial, Problem, place
from casestudy.material import folders, rewrites
from casestudy.material import instrument as instruments
from casestudy.material.guide import Place, line_of
from casestudy.material.instrument import FILE, Instrument
from casestudy.material.mappings import FileMapping
from casestudy.material.questions import Item
from casestudy.study import Study

FOLDER = "instruments"


class Fitted(NamedTuple):
    """The present instrument with mappings that only name what it asks, and what that left out.

    ``gone`` holds a pattern of files, and how many items of their version are asked no more.
    """

    instrument: Instrument
    gone: tuple[tuple[str, int], ...] = ()


def kept_versions(study: Study) -> tuple[str, ...]:
    """Give the versions in ``instruments/``, as the files bear them, in the order of the names."""
    folder = study.folder / FOLDER
    return tuple(sorted(path.stem for path in folder.glob("*.yml") if folders.stray(path) is None))


def version(study: Study, present: Instrument, version: str) -> Instrument:
    """Give the present instrument or a version that was kept.

    Raises
    ------
    InvalidMaterial
        When it was not kept, with every problem of its file, and when the file holds another instrument.
    """
    if version == present.version:
        return present
    known = kept_versions(study)
    if version not in known:
        must = f"answers were given on version {documents.short(version)}, and that must be known"
        remedy = nearest(version, [present.version, *known])
        raise InvalidMaterial([Problem(FOLDER, must, ", ".join(known) or "no version", remedy)])
    return _kept(study, present.id, version)


def _kept(study: Study, id_: str, version: str) -> Instrument:
    name = f"{FOLDER}/{version}.yml"
    found = documents.read(study.folder / name, Instrument, name=name)
    for field, wanted in (("id", id_), ("version", version)):
        if getattr(found, field) != wanted:
            must = f"`{field}` of a kept instrument must be `{wanted}`"
            raise InvalidMaterial([Problem(name, must, f"`{getattr(found, field)}`", "restore the file")])
    return found


def keep(study: Study) -> str:
    """Keep the present instrument whole under its version, without the mappings of files.

    Returns
    -------
    str
        The file's name relative to the study folder; the same when it was kept before.

    Raises
    ------
    InvalidMaterial
        When there is no instrument, its version cannot name a file, or that version was kept and asked
        something else; then nothing is written.
    """
    documents.must_be_there(study.folder / FILE, FILE)
    present = instruments.read(study)
    if found := problems(study, present):
        raise InvalidMaterial(found)
    name = f"{FOLDER}/{present.version}.yml"
    path = study.folder / name
    if not path.exists():
        folders.must_lie_inside(path.parent, root=study.folder, name=name)
        rewrites.write_whole(path, text(present).encode())
    return name


def problems(study: Study, present: Instrument) -> list[Problem]:
    """Find what is wrong with the number of ``instrument.yml`` and with the versions that were kept."""
    found = Gathered()
    where = place(FILE, line_of(study.folder / FILE, "version")) if present.files or present.scales else FILE
    if not set(present.version) <= _NAMES or present.version.startswith("."):
        must = "`version` must be letters, digits, `-`, `_` or `.`"
        found.append(Problem(where, must, "something else", "choose a plain one"))
    for name in kept_versions(study):
        old = found.gather(partial(_kept, study, present.id, name))
        if old is not None and name == present.version and _asks(old) != _asks(present):
            must = f"`version` must be new, as {name} was kept and asked something else"
            remedy = "raise it, or take the change back"
            found.append(Problem(where, must, f"`{name}`", remedy))
    return found


_NAMES = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def _asks(one: Instrument) -> dict[str, Any]:
    """Give all that respondents see; how files are read and norms may change under one version."""
    return one.model_dump(exclude={"files": True, "scales": {"__all__": {"norm"}}})


def text(one: Instrument) -> str:
    """Write an instrument without its mappings as YAML that our strict reader reads as the same instrument.

    Examples
    --------
    >>> print(text(Instrument(id="survey", version="1.0")), end="")
    id: survey
    version: '1.0'
    """
    values = one.model_dump(mode="json", exclude_none=True, exclude_defaults=True, exclude={"files"})
    return yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=1_000_000)


def fitted(study: Study, present: Instrument) -> Fitted:
    """Fit mappings of files that were answered under an earlier version to the present one.

    Answers to an item are comparable when it has the same id and the same options in both. What the present
    version asks no more is left unread and counted.

    Raises
    ------
    InvalidMaterial
        When the version was not kept, does not ask what the mapping names, or an item changed its options.
    """
    found = Gathered()
    mappings: list[FileMapping] = []
    gone: list[tuple[str, int]] = []
    for index, mapping in enumerate(present.files):
        if mapping.instrument in (None, present.version):
            mappings.append(mapping)
            continue
        old = found.gather(partial(version, study, present, mapping.instrument or ""))
        if old is None:
            continue
        found += _mistakes(study, index, mapping, old)
        found += incomparable(old, present, _place(study, mapping.file))
        fit, n_gone = _fit(mapping, old, present)
        mappings.append(fit)
        if n_gone:
            gone.append((mapping.file, n_gone))
    found.stop()
    return Fitted(present.model_copy(update={"files": tuple(mappings)}), tuple(gone))


def incomparable(old: Instrument, new: Instrument, where: str) -> Iterator[Problem]:
    """Find items that both versions ask and whose answers do not mean the same."""
    for item in old.items:
        now = new.item(item.id)
        if now is not None and _meaning(item, old) != _meaning(now, new):
            must = f"`{item.id}` must have the options and the direction it had in version {old.version}"
            remedy = "take that change back, or give the new question an id of its own"
            yield Problem(where, must, f"others in version {new.version}", remedy)


def _meaning(item: Item, one: Instrument) -> tuple[object, ...]:
    options = one.options[item.options]
    return options.min, options.max, options.decimals, options.labels, item.reverse


def _mistakes(study: Study, index: int, mapping: FileMapping, old: Instrument) -> Iterator[Problem]:
    for where, told in old.mapping_mistakes(index, mapping):
        must, _, remedy = told.partition("; ")
        must, _, found = must.partition(", found ")
        field = documents.short(".".join(str(part) for part in where))
        yield Problem(_place(study, mapping.file, where), f"`{field}` {must}", found, remedy)


def _place(study: Study, file: str, where: Place = ()) -> str:
    words = [str(where[-1])] if where else ["instrument"]
    return place(FILE, line_of(study.folder / FILE, "files", file, *words))


def _fit(mapping: FileMapping, old: Instrument, new: Instrument) -> tuple[FileMapping, int]:
    asked = {item.id for item in new.items}
    gone = [item.id for item in old.items if item.id not in asked]
    items = {column: item for column, item in mapping.items.items() if item in asked}
    multi = {
        column: tick
        for column, tick in mapping.multi.items()
        if tick.skill in new.skills
        and (not new.components or tick.component in new.components.get(tick.skill, ()))
    }
    unread = [column for column in (*mapping.items, *mapping.multi) if column not in {*items, *multi}]
    ignore = tuple(dict.fromkeys([*mapping.ignore, *unread, *gone]))
    return mapping.model_copy(update={"items": items, "multi": multi, "ignore": ignore}), len(gone)
