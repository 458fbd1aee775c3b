"""Taking sources in: originals are kept byte for byte, rows are written last, all files of a call or none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

from casestudy.errors import Gathered, InvalidMaterial, Problem, WrongUse
from casestudy.material import codings, folders, originals, people, proposals, rewrites, source_rows, sources
from casestudy.material.arrivals import Watch
from casestudy.material.source_rows import FILE, FOLDER
from casestudy.material.sources import WATCH, Head, Source, SourceRow
from casestudy.study import Study

State = Literal["new", "version", "same"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file.

    Parameters
    ----------
    file
        Its name as it was given, or relative to the study folder.
    state
        A new source, a new version of one, or bytes that are there already.
    source
        The source as it reads now; absent when it was there already and somebody withdrew.
    told
        A line for each value of the row that was not given.
    n_codings
        How many codings of the source were made on another text; absent when they cannot be read.
    """

    file: str
    state: State
    source: Source
    told: tuple[str, ...] = ()
    n_codings: int | None = 0


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A file that was named or dropped; ``site`` and ``inside`` of one that lies in the study already."""

    path: Path
    shown: str
    site: str | None = None
    inside: str | None = None


@dataclass(frozen=True, slots=True)
class _Decided:
    taken: Taken
    arrival: _Arrival
    data: bytes
    replaces: SourceRow | None = None


def take_in(
    study: Study, files: Sequence[Path], given: Head, *, at: str, watch: Watch = WATCH
) -> tuple[Taken, ...]:
    """Take files in as sources of one site, all of them or none.

    Parameters
    ----------
    study
        The study.
    files
        Files, or folders of files; without any, what lies in ``sources/`` and has no row yet, apart from
        what is still changing.
    given
        What is known of them, the site above all; the rest is proposed.
    at
        The moment, for the log.
    watch
        Tells which files are still changing.

    Raises
    ------
    WrongUse
        When the site is not one of the study, or a value can hold for one file only.
    InvalidMaterial
        With every problem of every file; then nothing is taken in.
    """
    if given.site is not None:
        study.site(given.site)
    before = _listed(study)
    rows = source_rows.read(study) if before is not None else []
    problems = Gathered()
    arrivals = list(_arrivals(study, files, given.site, problems))
    if given.source is not None and len(arrivals) > 1:
        raise WrongUse(f"--source: it must be for one file, found {len(arrivals)}; take them in one by one")
    known = _Known(study, tuple(row for _, row in rows), source_rows.columns(before))
    late = watch.changing([one.path for one in arrivals], beside=[study.folder / people.FILE])
    if files:
        must, found = "a file must be whole", "one that is still changing"
        problems.extend(
            Problem(one.shown, must, found, "wait for it") for one in arrivals if one.path in late
        )
    arrivals = [one for one in arrivals if one.path not in late]
    decided: list[_Decided] = []
    for arrival in arrivals:
        one = problems.gather(partial(_decide, study, arrival, given, known, decided))
        decided += [one] if one is not None else []
    persons = problems.gather(partial(people.read, study))
    problems.extend(_clashes(study, rows, decided, persons))
    problems.stop()
    _write(study, decided, before, at)
    return tuple(one.taken for one in decided)


def _listed(study: Study) -> bytes | None:
    path = study.folder / FILE
    there = os.path.lexists(path)
    return folders.read_bytes(path, root=study.folder, name=FILE) if there else None


class _Known:
    """The sources that are there: by id, by file, and by the bytes of their file."""

    def __init__(self, study: Study, rows: tuple[SourceRow, ...], columns: tuple[str, ...]) -> None:
        self.rows = rows
        self.columns = columns
        self._folder = study.folder
        self._sizes: dict[int, list[SourceRow]] = {}
        for row in rows:
            path = study.folder / row.name
            if path.is_file():
                self._sizes.setdefault(path.stat().st_size, []).append(row)

    def same_bytes(self, data: bytes) -> SourceRow | None:
        for row in self._sizes.get(len(data), ()):
            if folders.read_bytes(self._folder / row.name, root=self._folder, name=row.name) == data:
                return row
        return None

    def target(self, source: str | None, site: str, file: str) -> SourceRow | None:
        """Give the source that a file is a new version of: the one named, else the one of that file."""
        for row in self.rows:
            if row.source == source or (
                source is None and row.site == site and row.file.casefold() == file.casefold()
            ):
                return row
        return None


def _arrivals(
    study: Study, files: Sequence[Path], site: str | None, problems: Gathered
) -> Iterator[_Arrival]:
    if not files:
        names = sources.unlisted(study) if (study.folder / FILE).exists() else _all_files(study)
        yield from (
            _inside(study, study.folder / name)
            for name in names
            if site in (None, name.split("/")[1]) and name.count("/") > 1
        )
        return
    for path in files:
        if path.is_dir() and not path.is_symlink():
            within = [found for _, found in folders.entries(path) if folders.stray(found) is None]
            if not within:
                problems.append(Problem(path.name, "a folder must hold files", "none", "name another"))
            yield from (_inside(study, found) for found in within)
        elif why := folders.stray_name(path.name):
            problems.append(Problem(path.name, "it must be the file itself", why, "name the file itself"))
        else:
            yield _inside(study, path)


def _all_files(study: Study) -> tuple[str, ...]:
    found = folders.entries(study.folder / FOLDER)
    return tuple(f"{FOLDER}/{name}" for name, path in found if folders.stray(path) is None)


def _inside(study: Study, path: Path) -> _Arrival:
    """Place a file: in the folder of a site, or outside the study."""
    own = (study.folder / FOLDER).resolve()
    real = path.parent.resolve() / path.name
    if not real.is_relative_to(own) or len(real.relative_to(own).parts) < 2:
        return _Arrival(path, path.name)
    site, *rest = real.relative_to(own).parts
    return _Arrival(path, f"{FOLDER}/{real.relative_to(own).as_posix()}", site, "/".join(rest))


def _decide(study: Study, arrival: _Arrival, given: Head, known: _Known, earlier: list[_Decided]) -> _Decided:
    """Say what one file becomes; nothing is written yet."""
    if arrival.path.is_symlink():
        remedy = "name the file itself"
        raise _refused(arrival.shown, "it must be a file", "a link", remedy)
    data = folders.read_bytes(arrival.path, root=arrival.path.parent, name=arrival.shown)
    if not data:
        raise _refused(arrival.shown, "a file must hold something", "nothing yet", "wait until it is filled")
    own = next((row for row in known.rows if row.name == arrival.shown and arrival.inside), None)
    if same := own or known.same_bytes(data):
        _not_withdrawn(study, same, arrival.shown)
        return _Decided(Taken(arrival.shown, "same", sources.made(same, data)), arrival, data)
    if twin := next((one for one in earlier if one.data == data), None):
        return _Decided(replace(twin.taken, file=arrival.shown, state="same", told=()), arrival, data)
    file = arrival.inside or proposals.safe_name(arrival.path.name, shown=arrival.shown)
    given = _filled(given, sources.head(data, name=arrival.shown), arrival)
    target = known.target(given.source, str(given.site), file)
    if target is not None:
        return _version(study, arrival, data, given, target)
    _not_beside(known.rows, given, file, arrival.shown)
    proposal = proposals.propose(
        data,
        given,
        name=arrival.shown,
        file=file,
        modified=arrival.path.stat().st_mtime,
        taken=[row.source for row in known.rows],
        columns=known.columns,
    )
    _lies_inside(study, proposal.source.name, arrival.shown)
    return _Decided(Taken(arrival.shown, "new", proposal.source, proposal.told), arrival, data)


def _filled(given: Head, head: Head, arrival: _Arrival) -> Head:
    """Give what is known of a file: what the caller says, else its front matter, else its folder."""
    if given.site is not None and arrival.site not in (None, given.site):
        found = "the folder of another site"
        raise _refused(
            arrival.shown, f"it must lie in the folder of `{given.site}`", found, "leave `--site` out"
        )
    values = {**head.model_dump(exclude_none=True), **given.model_dump(exclude_none=True)}
    values.setdefault("site", arrival.site)
    if values["site"] is None:
        raise WrongUse("--site: a site must be named, found none; add `--site` with an id of study.yml")
    return Head(**values)


def _version(study: Study, arrival: _Arrival, data: bytes, given: Head, old: SourceRow) -> _Decided:
    """Make another file the text of a source that is there; its row stays as it is."""
    _not_withdrawn(study, old, arrival.shown)
    problems = [
        Problem(
            arrival.shown,
            f"`{key}` must be what {FILE} says of `{old.source}`",
            "another value",
            f"correct it in {FILE}, or choose another `--source`",
        )
        for key in Head.model_fields
        if (value := getattr(given, key)) is not None and value != getattr(old, key)
    ]
    if problems:
        raise InvalidMaterial(problems)
    suffix = PurePosixPath(arrival.path.name).suffix
    is_same_kind = PurePosixPath(old.file).suffix.casefold() == suffix.casefold()
    file = old.file if is_same_kind else str(PurePosixPath(old.file).with_suffix(suffix))
    row = old.model_copy(update={"file": arrival.inside or file})
    source = sources.made(row, data, name=arrival.shown)
    _lies_inside(study, source.name, arrival.shown)
    _lies_inside(study, f"{originals.KEPT}/{old.file}", arrival.shown)
    n_codings = _n_codings(study, source)
    return _Decided(Taken(arrival.shown, "version", source, (), n_codings), arrival, data, old)


def _lies_inside(study: Study, name: str, shown: str) -> None:
    folders.must_lie_inside((study.folder / name).parent, root=study.folder, name=shown)


def _n_codings(study: Study, source: Source) -> int | None:
    try:
        standing = codings.read(study, source.site)
    except InvalidMaterial:
        return None
    return sum(one.source == source.source and one.text_sha256 != source.sha256 for one in standing)


def _not_withdrawn(study: Study, row: SourceRow, shown: str) -> None:
    if row.source in sources.withdrawn(study):
        found = f"`{row.source}`, which somebody withdrew from"
        raise _refused(shown, "a source must be one that may be used", found, "remove the file")


def _not_beside(rows: Iterable[SourceRow], given: Head, file: str, shown: str) -> None:
    """Refuse a file with the name of a source but another ending: one interview must not count twice."""
    stem = PurePosixPath(file).with_suffix("").as_posix().casefold()
    for row in rows:
        own = PurePosixPath(row.file).with_suffix("").as_posix().casefold()
        if given.source is None and row.site == given.site and own == stem:
            remedy = f"give `--source {row.source}` for a new version of it, or an id of its own"
            raise _refused(shown, "a file must not bear the name of a source", f"`{row.source}`", remedy)


def _refused(shown: str, must: str, found: str, remedy: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(shown, must, found, remedy)])


def _clashes(
    study: Study,
    rows: list[tuple[int, SourceRow]],
    decided: list[_Decided],
    persons: Sequence[people.Participant] | None,
) -> Iterator[Problem]:
    """Check the rows that would be there afterwards, each problem named by the file it comes from."""
    changed = [one for one in decided if one.taken.state != "same"]
    versions = {one.replaces.source: one for one in changed if one.replaces is not None}
    after = [(line, versions[r.source].taken.source.row if r.source in versions else r) for line, r in rows]
    first = max((line for line, _ in rows), default=1) + 1
    new = [one for one in changed if one.replaces is None]
    after += [(first + number, one.taken.source.row) for number, one in enumerate(new)]
    places = {f"{FILE}:{first + number}": one.arrival.shown for number, one in enumerate(new)}
    for problem in source_rows.wrong(after, study, persons):
        found = problem.found
        for line, shown in places.items():
            found = found.replace(f"first on line {line.partition(':')[2]}", f"first of {shown}")
        yield replace(problem, place=places.get(problem.place, problem.place), found=found)
    for one in changed:
        row, old = one.taken.source.row, one.replaces
        if old is not None and versions[old.source] is not one:
            must, remedy = "a source must get one new version at a time", "take them in one by one"
            yield Problem(one.arrival.shown, must, f"two of `{old.source}`", remedy)
        is_own = one.arrival.inside is not None or (old is not None and old.name == row.name)
        if not is_own and os.path.lexists(study.folder / row.name) and not _is_half_taken(study, one):
            remedy = f"run `casestudy add --site {row.site}` for that one, or rename one"
            yield Problem(one.arrival.shown, "its name must be free", f"another file at {row.name}", remedy)


def _is_half_taken(study: Study, one: _Decided) -> bool:
    """Whether the same bytes lie there without a row: a run that was stopped halfway put them there."""
    name = one.taken.source.row.name
    try:
        return folders.read_bytes(study.folder / name, root=study.folder, name=name) == one.data
    except InvalidMaterial:
        return False


def _write(study: Study, decided: Sequence[_Decided], before: bytes | None, at: str) -> None:
    """Bring everything to the disk: originals and log first, rows last.

    Stopped halfway it leaves whole files, which the next run takes in, with the same files or without a FILE.
    """
    changed = [one for one in decided if one.taken.state != "same"]
    new = [one.taken.source.row for one in changed if one.replaces is None]
    after = source_rows.added(before, new) if new or before is None else before
    moved = [(one, one.replaces) for one in changed if one.replaces is not None]
    for one, old in moved:
        if one.taken.source.row.file != old.file:
            after = source_rows.renamed(after, old.source, one.taken.source.row.file)
    for one in changed:
        outside = None if one.arrival.inside is not None else one.arrival.path
        originals.keep(study, one.taken.source, one.data, at=at, replaces=one.replaces, copied_from=outside)
    if after != before:
        if _listed(study) != before:
            must, remedy = "nobody may change it meanwhile", "run `casestudy add` again"
            raise _refused(FILE, must, "a change while files were taken in", remedy)
        rewrites.write_whole(study.folder / FILE, after)
    for one, old in moved:
        if one.taken.source.row.name != old.name:
            (study.folder / old.name).unlink(missing_ok=True)
