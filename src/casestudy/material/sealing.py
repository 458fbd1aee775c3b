"""Sealing: a salted hash takes the place of the answers of self-generated codes, in all files or in none.

Whoever has a file of the survey can tell who gave six answers about their mother and birthplace. After waves
were linked nobody needs these answers any more.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import filelock

from casestudy.errors import SETTINGS_FILE, InvalidMaterial, Problem, WrongUse
from casestudy.material import (
    folders,
    instrument_versions,
    people,
    rewrites,
    salt,
    sealed,
    submissions,
    survey,
)
from casestudy.material import instrument as instruments
from casestudy.material.formats.sheets import Sheet
from casestudy.material.instrument import FILE, FOLDER, Instrument
from casestudy.material.mappings import FileMapping
from casestudy.material.submissions import Submission
from casestudy.material.survey import LinkMethod, Responses
from casestudy.study import Study

Persons = Mapping[str, tuple[tuple[str, ...], LinkMethod]]

_WORK, _STUDY, _CHECK = ".sealing", "study", "salt-check"


class File(NamedTuple):
    """A survey file with self-generated codes, and the name of its sealed copy, relative to ``survey/``."""

    name: str
    copy: str
    n_rows: int


@dataclass(frozen=True, slots=True)
class Seal:
    """What stands in the place of elements: the code of the person, and how the waves were linked."""

    code: str
    how: LinkMethod


@dataclass(frozen=True)
class Plan:
    """Sealed copies, what becomes of every record, and the fingerprints of the files they were made from.

    ``seals`` and ``names`` hold the seal of each record and the respondent's id in the sealed survey.
    """

    files: tuple[File, ...]
    texts: tuple[str, ...] = field(repr=False)
    seals: Mapping[str, Seal] = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    digests: tuple[str, ...] = field(repr=False)


def files(study: Study) -> tuple[File, ...]:
    """Name the survey files that hold elements of self-generated codes."""
    return tuple(file for file, _, _ in _open_files(study, _instrument(study)))


@contextlib.contextmanager
def alone(study: Study) -> Iterator[None]:
    """Let one sealing of a study run at a time; the lock goes with the process that holds it.

    Raises
    ------
    WrongUse
        At once, when another is running.
    """
    folder = study.folder / FOLDER / _WORK
    folders.must_lie_inside(folder, root=study.folder, name=FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(folder / "lock", timeout=0):
            yield
    except filelock.Timeout:
        raise WrongUse("--seal: one sealing must run at a time, found another; wait for it") from None


def plan(study: Study, found: Responses, persons: Persons, secret: bytes) -> Plan:
    """Make the sealed copies, and write nothing.

    Parameters
    ----------
    study, found
        The study, and its survey as ``survey.read`` gives it.
    persons
        Linked records, as ``survey.persons_of`` gives them.
    secret
        The study's salt.

    Returns
    -------
    Plan
        A person's records bear the hash of the earliest. Records whose elements cannot tell them apart, that
        are not complete, or of a site where nobody is followed, bear a hash of their own, so that none of
        them is linked, now or later.
    """
    instrument = _instrument(study)
    handed_in, _ = submissions.read(study, instrument)
    seals, rows = _seals(instrument, handed_in, found, persons, secret)
    made, texts, digests = [], [], []
    for file, sheet, mapping in _open_files(study, instrument):
        made.append(file)
        texts.append(_text(sheet, mapping, rows, secret))
        digests.append(_digest(study.folder / FOLDER / file.name))
    names = _names(instrument, handed_in, seals)
    return Plan(tuple(made), tuple(texts), seals, names, tuple(digests))


def stage(study: Study, made: Plan, found: Responses, persons: Persons, secret: bytes) -> None:
    """Write the copies beside the survey, read them back, and only then say that they are to take its place.

    To be called ``alone``.

    Raises
    ------
    InvalidMaterial
        When a copy does not read as its file did, or a file was changed meanwhile; then all is as it was.
        Also when a sealing was interrupted, whose copies are still needed.
    WrongUse
        When the study was sealed with another salt.
    """
    sealed.must_be_whole(study)
    must_be_the_salt(study, secret)
    work = study.folder / FOLDER / _WORK
    folders.must_lie_inside(work, root=study.folder, name=FOLDER)
    shutil.rmtree(work / _STUDY, ignore_errors=True)
    try:
        _write_beside(study, made, work / _STUDY)
        for file, digest in zip(made.files, made.digests, strict=True):
            if _digest(study.folder / FOLDER / file.name) != digest:
                raise _refused("a file must stay as it is while it is sealed", "one that was changed")
        _must_read_alike(study, made, found, persons, work / _STUDY)
    except BaseException:
        shutil.rmtree(work / _STUDY, ignore_errors=True)
        raise
    rewrites.write_whole(work / _CHECK, salt.check_of(secret).encode())
    moves = [{"copy": file.copy, "remove": file.name} for file in made.files]
    rewrites.write_whole(study.folder / FOLDER / sealed.JOURNAL, json.dumps(moves).encode())


def steps(study: Study) -> Iterator[str]:
    """Put staged copies in the place of their files, one step at a time, naming each.

    After an interruption the same steps end the work; what was done is passed over. To be called ``alone``.

    Raises
    ------
    InvalidMaterial
        When a copy is gone; the file that it would take the place of stays.
    """
    survey_, journal = study.folder / FOLDER, study.folder / FOLDER / sealed.JOURNAL
    if not journal.exists():
        return
    staged = survey_ / _WORK / _STUDY / FOLDER
    for move in json.loads(journal.read_bytes()):
        target, old = survey_ / move["copy"], survey_ / move["remove"]
        if (staged / move["copy"]).exists():
            _made_writable(target)
            (staged / move["copy"]).replace(target)
            rewrites.sync_folder(target.parent)
            yield f"{FOLDER}/{move['copy']} written"
        if not (target.exists() and sealed.is_sealed(target)):
            must, remedy = "the sealed copy must be there", "restore the folder from a copy, and seal again"
            raise InvalidMaterial([Problem(f"{FOLDER}/{move['copy']}", must, "nothing", remedy)])
        if old != target and old.exists():
            _made_writable(old)
            old.unlink()
            rewrites.sync_folder(old.parent)
            yield f"{FOLDER}/{move['remove']} removed"
    journal.unlink()
    rewrites.sync_folder(journal.parent)
    yield "done"
    shutil.rmtree(survey_ / _WORK / _STUDY, ignore_errors=True)


def is_begun(study: Study) -> bool:
    """Tell whether a sealing was interrupted that ``steps`` must end."""
    return (study.folder / FOLDER / sealed.JOURNAL).exists()


def was_sealed(study: Study) -> bool:
    """Tell whether files of the study were sealed before."""
    return (study.folder / FOLDER / _WORK / _CHECK).exists()


def must_be_the_salt(study: Study, secret: bytes) -> None:
    """Refuse another salt than that of an earlier sealing: nobody could be followed to a later wave.

    Raises
    ------
    WrongUse
        When it is another.
    """
    if was_sealed(study):
        known = (study.folder / FOLDER / _WORK / _CHECK).read_text(encoding="utf-8")
        if known != salt.check_of(secret):
            must = "--salt: it must be the salt with which this study was sealed before, found another"
            raise WrongUse(f"{must}; name that file")


def _instrument(study: Study) -> Instrument:
    return instrument_versions.fitted(study, instruments.read(study)).instrument


def _open_files(study: Study, instrument: Instrument) -> Iterator[tuple[File, Sheet, FileMapping]]:
    """Read every file that still holds elements, with the mapping that fits its table."""
    problems: list[Problem] = []
    for file, written in submissions.files(study, instrument, problems):
        sheet, mapping = submissions.table(f"{FOLDER}/{file}", written, study, instrument)
        if mapping.linking == "sgic" and mapping.sgic:
            yield File(str(file), str(sealed.copy_of(file)), len(sheet.rows)), sheet, mapping


def _elements(one: Submission) -> tuple[str, ...]:
    return tuple(one.cells.get(column, "") for column in one.mapping.sgic)


class _Group(NamedTuple):
    """The records of one person, and the earliest of them."""

    earliest: Submission
    records: list[Submission]


def _groups(
    to_seal: Sequence[Submission], names: Mapping[int, str], found: Responses, persons: Persons
) -> dict[str, _Group]:
    """Put together what is one person's, by the name of the earliest record."""
    first_of = {record: first for first, (records, _) in persons.items() for record in records}
    kept = {record.respondent for record in found.sgic}
    # Who handed in twice has one code, so that the rule for doubles finds both again.
    twin = {
        (survey.person(one), one.site, one.wave): names[id(one)] for one in to_seal if names[id(one)] in kept
    }
    groups: dict[str, _Group] = {}
    for one in to_seal:
        name = names[id(one)]
        if name not in kept:
            name = twin.get((survey.person(one), one.site, one.wave), name)
        first = first_of.get(name, name)
        group = groups.get(first, _Group(one, []))
        earliest = one if names[id(one)] == first else group.earliest
        groups[first] = _Group(earliest, [*group.records, one])
    return groups


def _seals(
    instrument: Instrument,
    handed_in: Sequence[Submission],
    found: Responses,
    persons: Persons,
    secret: bytes,
) -> tuple[dict[str, Seal], dict[tuple[str, int], Seal]]:
    """Give every record its seal, by its name and by the rows of its file."""
    to_seal = [one for one in handed_in if one.mapping.linking == "sgic"]
    names = {id(one): survey.respondent(one, instrument.unlinked_sites) for one in to_seal}
    groups = _groups(to_seal, names, found, persons)
    codes = {first: _whole_code(group.earliest, instrument, secret) for first, group in groups.items()}
    n_with, before = Counter(codes.values()), _sealed_before(handed_in)
    seals: dict[str, Seal] = {}
    rows: dict[tuple[str, int], Seal] = {}
    for first, (one, records) in groups.items():
        code, how = codes[first], persons[first][1] if first in persons else "none"
        if code is None or n_with[code] > 1 or _conflicts(records, before.get(code, ())):
            code = salt.sealed_code(secret, one.site, _elements(one), apart=f"{one.name}:{one.line}")
        elif code in before and how == "none":
            how = "sgic_exact"
        seal = Seal(code, how)
        seals |= {names[id(each)]: seal for each in records}
        rows |= {(each.name, line): seal for each in records for line in (each.line, *each.lines.values())}
    return seals, rows


def _names(
    instrument: Instrument, handed_in: Sequence[Submission], seals: Mapping[str, Seal]
) -> dict[str, str]:
    names = {}
    for one in handed_in:
        if one.mapping.linking == "sgic":
            name = survey.respondent(one, instrument.unlinked_sites)
            within = f"{one.site}:" if one.mapping.respondent_within == "site" else ""
            wave = f"@{one.wave}" if one.site in instrument.unlinked_sites else ""
            names[name] = f"{within}{seals[name].code}{wave}"
    return names


def _whole_code(one: Submission, instrument: Instrument, secret: bytes) -> str | None:
    """Hash a complete code; nothing where an element is missing or nobody may be followed."""
    elements = _elements(one)
    if one.site in instrument.unlinked_sites or not all(map(salt.plain, elements)):
        return None
    return salt.sealed_code(secret, one.site, elements)


def _sealed_before(handed_in: Sequence[Submission]) -> dict[str | None, list[Submission]]:
    before: dict[str | None, list[Submission]] = defaultdict(list)
    for one in handed_in:
        if one.mapping.columns.respondent == sealed.CODE:
            before[one.written].append(one)
    return before


def _conflicts(group: Sequence[Submission], before: Sequence[Submission]) -> bool:
    """Tell whether records cannot be of one person: two in a wave, or another class of roles."""
    if {one.wave for one in group} & {one.wave for one in before}:
        return True
    return len({one.role_class for one in (*group, *before) if one.role_class} if before else ()) > 1


def _text(sheet: Sheet, mapping: FileMapping, seals: Mapping[tuple[str, int], Seal], secret: bytes) -> str:
    at = sheet.header.index(mapping.sgic[0])
    header = [column for column in sheet.header if column not in mapping.sgic]
    header[at:at] = sealed.COLUMNS
    columns = mapping.columns
    frame = [column for column in (columns.respondent, columns.site, columns.wave) if column]
    # A row of the long layout that a later one replaced belongs to the same record.
    same = {
        tuple(row[c] for c in frame): seals[sheet.name, line]
        for line, row in sheet.rows
        if (sheet.name, line) in seals and mapping.layout == "long"
    }
    rows = []
    for line, row in sheet.rows:
        seal = seals.get((sheet.name, line)) or same.get(tuple(row[c] for c in frame))
        if seal is None:  # a row that is not read, by a rule of the mapping
            elements = [row[column] for column in mapping.sgic]
            seal = Seal(salt.sealed_code(secret, "", elements, apart=f"{sheet.name}:{line}"), "none")
        rows.append({**row, sealed.CODE: seal.code, sealed.HOW: seal.how})
    return sealed.text(header, rows, sheet.meanings)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _made_writable(path: Path) -> None:
    """Take away what keeps some systems from replacing or removing a file."""
    with contextlib.suppress(OSError):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)


def _write_beside(study: Study, made: Plan, beside: Path) -> None:
    """Lay out the study's survey as it will be, with the sealed copies brought to the disk."""
    replaced = {file.name for file in made.files}
    wanted = [SETTINGS_FILE, FILE, people.FILE]
    wanted += [
        f"{instrument_versions.FOLDER}/{name}.yml" for name in instrument_versions.kept_versions(study)
    ]
    wanted += [
        f"{FOLDER}/{name}" for name in map(str, instruments.survey_files(study)) if name not in replaced
    ]
    for name in wanted:
        if (study.folder / name).is_file():
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            _linked_or_copied(study.folder / name, beside / name)
    for file, text in zip(made.files, made.texts, strict=True):
        rewrites.write_whole(beside / FOLDER / file.copy, text.encode())


def _linked_or_copied(path: Path, target: Path) -> None:
    with contextlib.suppress(OSError):
        os.link(path, target)
        return
    shutil.copyfile(path, target)


def _must_read_alike(study: Study, made: Plan, found: Responses, persons: Persons, beside: Path) -> None:
    shadow = study.model_copy()
    shadow._folder = beside
    after = survey.read(shadow)
    pairs = [(first, other, how) for first, (records, how) in persons.items() for other in records[1:]]
    before = survey.linked(found, pairs)
    wanted = [(made.names.get(row.respondent, row.respondent), *_rest(row)) for row in _rows(before)]
    read = [(row.respondent, *_rest(row)) for row in _rows(after)]
    ways = {made.names[name]: {seal.how, "sgic_exact"} for name, seal in made.seals.items()}
    odd = [
        who for who in after.respondents if who.link_method not in ways.get(who.respondent, {who.link_method})
    ]
    if sorted(wanted, key=repr) != sorted(read, key=repr) or odd or after.sgic:
        raise _refused("a sealed copy must read as its file did", "other answers or links")


def _rows(found: Responses) -> tuple[survey.Response | survey.Contribution, ...]:
    return (*found.responses, *found.contributions)


def _rest(row: survey.Response | survey.Contribution) -> tuple[object, ...]:
    if isinstance(row, survey.Response):
        return row.site, row.wave, row.item, row.value, row.reason_na
    return row.site, row.wave, row.skill, row.component, row.value, row.offered


def _refused(must: str, found: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(FOLDER, must, found, "nothing was changed; keep the files as they are")])
