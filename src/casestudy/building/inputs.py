"""What a step depends on, as digests by name: of every file the slice of one site.

That is why one new interview reruns one site.

Reading is lenient on purpose. A file that cannot be split into sites counts whole for each of them; what is
wrong with it is told by the notebook that reads it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import casestudy
from casestudy.errors import SETTINGS_FILE, InvalidMaterial, WrongUse
from casestudy.material.arrivals import Watch
from casestudy.schema import read_table, text_of
from casestudy.study import Study

ALL = "ALL"
ABSENT = "absent"
# No file's digest, so that a source which is left out while it changes is stale at the next build.
CHANGING = "still changing"
PACKAGE, LIBRARIES, CONCEPT = (
    "the package casestudy",
    "the installed libraries",
    "the choice of a concept build",
)
MAIN_LIBRARIES = ("ipykernel", "matplotlib", "nbclient", "numpy", "pandas", "papermill", "scipy", "seaborn")
# Rooms that decide what a cell shows; the others only decide when and where it runs.
ROOMS = ("material", "findings", "reporting")

Digests = dict[str, str]
_WATCH = Watch()


def of_bytes(data: bytes) -> str:
    """Digest bytes.

    Examples
    --------
    >>> of_bytes(b"")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(data).hexdigest()


def of_value(value: Any) -> str:
    """Digest a plain value, the same whatever the order of its keys."""
    return of_bytes(
        json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
    )


def of_file(path: Path) -> str:
    """Digest a file; a missing file has a digest of its own, and a pipe or device is never opened."""
    if not path.is_file():
        return ABSENT
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_folder(folder: Path) -> Digests:
    """Digest every regular file under a folder, by its name relative to it."""
    found = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    return {path.relative_to(folder).as_posix(): of_file(path) for path in found}


def of_notebook(path: Path) -> str:
    """Digest what people write in a notebook, prose included; outputs and run counts do not matter."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        return of_value(
            [[cell["cell_type"], _source(cell), cell["metadata"].get("tags", [])] for cell in cells]
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return of_file(path)


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])


@cache
def of_package() -> str:
    """Digest the parts of this package that decide what a cell shows."""
    folder = Path(casestudy.__file__).parent
    files = [
        *folder.glob("*.py"),
        *(path for room in ROOMS for path in (folder / room).rglob("*") if path.is_file()),
    ]
    files = [path for path in files if "__pycache__" not in path.parts and path.name != "cli.py"]
    digests = {path.relative_to(folder).as_posix(): of_file(path) for path in files}
    return of_value([casestudy.__version__, digests])


@cache
def of_libraries() -> str:
    """Digest the versions of Python and of the libraries that numbers and figures come from."""
    versions = {}
    for name in MAIN_LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = ABSENT
    return of_value([platform.python_version(), versions])


def settings(study: Study, site: str | None = None) -> str:
    """Digest the settings a step sees: of sites only its own, so that a new one leaves the rest current."""
    values = study.model_dump(mode="json", exclude={"sites"})
    sites = [entry.model_dump(mode="json") for entry in study.sites if site in (None, entry.id)]
    return of_value([values, sites])


@dataclass(frozen=True)
class Material:
    """All inputs of a study, read once."""

    study: Study
    source_rows: tuple[dict[str, str], ...] | None
    participant_rows: tuple[dict[str, str], ...] | None
    decisions: tuple[dict[str, Any], ...] | None
    survey: Mapping[str, str]

    def of_sources(self, site: str) -> Digests:
        """Give the site's sources: its files, its rows and its participants."""
        folder = self.study.folder
        names = [f"sources/{site}/{row['file']}" for row in self._counted(site) if row.get("file")]
        if self.source_rows is None:
            names = [f"sources/{site}/{name}" for name in of_folder(folder / "sources" / site)]
        names = sorted({name for name in names if ".." not in Path(name).parts})
        changing = _WATCH.changing([folder / name for name in names], beside=[folder / SETTINGS_FILE])
        files = {name: CHANGING if folder / name in changing else of_file(folder / name) for name in names}
        return {
            **files,
            "sources.csv": self._slice("sources.csv", self.source_rows, site),
            "participants.csv": self._slice("participants.csv", self.participant_rows, site),
        }

    def of_codings(self, site: str) -> Digests:
        """Give the codings of the site's sources, one log per coder and source."""
        folder = self.study.folder / "codings"
        own = {f"{row.get('source')}.jsonl" for row in self._counted(site)}
        logs = sorted(path for path in folder.glob("*/*.jsonl") if not path.parent.name.startswith("."))
        mine = [path for path in logs if path.name in own or self.source_rows is None]
        return {f"codings/{path.parent.name}/{path.name}": of_file(path) for path in mine}

    def of_summaries(self, site: str) -> Digests:
        """Give what was written about the site's evidence per code."""
        name = f"summaries/{site}.yml"
        return {name: of_file(self.study.folder / name)}

    def of_ratings(self, site: str) -> Digests:
        """Give the site's lines of every rater's log."""
        logs = sorted((self.study.folder / "ratings").glob("*.jsonl"))
        lines = {f"ratings/{path.name}": _lines(path) for path in logs}
        return {name: of_value(_about(rows, site)) for name, rows in lines.items() if _about(rows, site)}

    def of_decisions(self, site: str, *, kinds: Iterable[str] = ()) -> Digests:
        """Give decisions about the site and those of no other; a quote belongs to the site that said it."""
        if self.decisions is None:
            return {"decisions.jsonl": of_file(self.study.folder / "decisions.jsonl")}
        own = [row for row in self.decisions if not kinds or row.get("kind") in set(kinds)]
        elsewhere = self._quoted_elsewhere(site)
        away = self._sources_elsewhere(site) if site != ALL else set()
        kept = [row for row in _about(own, site) or () if row.get("quote") not in elsewhere]
        kept = [row for row in kept if row.get("kind") != "settlement" or row.get("source") not in away]
        return {"decisions.jsonl": of_value(kept)}

    def of_survey(self, site: str) -> Digests:
        """Give the site's responses and the instrument they were given on."""
        folder = self.study.folder
        kept = sorted(folder.glob("instruments/*.yml"))
        asked = {"instrument.yml": of_file(folder / "instrument.yml")}
        asked |= {f"instruments/{path.name}": of_file(path) for path in kept}
        return {**asked, "the survey": self.survey.get(site, ABSENT)}

    def of_frame(self) -> Digests:
        """Give the files that hold for every site."""
        folder = self.study.folder
        return {
            **self.of_codebook(),
            **{name: of_file(folder / name) for name in ("guide.yml", "rounds.yml")},
        }

    def of_codebook(self) -> Digests:
        """Give the codebook and its kept versions."""
        folder = self.study.folder
        kept = {f"codebooks/{path.name}": of_file(path) for path in sorted(folder.glob("codebooks/*.yml"))}
        return {"codebook.yml": of_file(folder / "codebook.yml"), **kept}

    def _quoted_elsewhere(self, site: str) -> set[str]:
        if (
            site == ALL
            or self.source_rows is None
            or not any(row.get("kind") == "quote_release" for row in self.decisions or ())
        ):
            return set()
        others = {f"{row.get('source')}.jsonl" for row in self.source_rows if row.get("site") != site}
        logs = [path for path in (self.study.folder / "codings").glob("*/*.jsonl") if path.name in others]
        return {str(row.get("coding")) for path in logs for row in _lines(path) or () if row.get("coding")}

    def _sources_elsewhere(self, site: str) -> set[str]:
        return {str(row.get("source")) for row in self.source_rows or () if row.get("site") != site}

    def _counted(self, site: str) -> list[dict[str, str]]:
        """Rows of the site's sources without those of people who withdrew: nothing of them is an input."""
        gone = {row.get("participant") for row in self.participant_rows or () if row.get("withdrawn")}
        rows = self._rows(self.source_rows, site)
        return [row for row in rows if not gone & set(row.get("participants", "").split())]

    @staticmethod
    def _rows(rows: tuple[dict[str, str], ...] | None, site: str) -> list[dict[str, str]]:
        return [row for row in rows or () if row.get("site") == site]

    def _slice(self, name: str, rows: tuple[dict[str, str], ...] | None, site: str) -> str:
        return of_file(self.study.folder / name) if rows is None else of_value(self._rows(rows, site))


def material(study: Study, *, survey: Mapping[str, str]) -> Material:
    """Read the tables and logs of a study once.

    Parameters
    ----------
    study
        The study.
    survey
        Digest of the responses per site, see :func:`surveyed`.
    """
    return Material(
        study,
        _table(study.folder / "sources.csv"),
        _table(study.folder / "participants.csv"),
        _lines(study.folder / "decisions.jsonl"),
        survey,
    )


def survey_files(study: Study) -> str:
    """Digest everything the survey is read from; while it is equal, so are the responses of every site."""
    names = ("instrument.yml", "participants.csv")
    files = {**{name: of_file(study.folder / name) for name in names}, **of_folder(study.folder / "survey")}
    files |= of_folder(study.folder / "instruments")
    return of_value([files, of_file(study.folder / SETTINGS_FILE), of_package()])


def surveyed(study: Study, rows: Iterable[tuple[str, tuple[Any, ...]]]) -> Digests:
    """Digest responses per site, whatever the order of the files they came from."""
    per_site: dict[str, list[str]] = {site: [] for site in study.site_ids}
    for site, values in rows:
        per_site.setdefault(site, []).append(repr(values))
    return {site: of_value(sorted(values)) for site, values in per_site.items()}


def _table(path: Path) -> tuple[dict[str, str], ...] | None:
    """Rows of a table as text; an absent table has none, a broken one is unknown."""
    if not path.is_file():
        return ()
    try:
        return tuple(row for _, row in read_table(text_of(path, path.name), path.name)[1])
    except (InvalidMaterial, WrongUse):
        return None


def _lines(path: Path) -> tuple[dict[str, Any], ...] | None:
    """Lines of a log; a damaged line is kept as its text, so that every site sees it change."""
    return tuple(_parsed(path)) if path.is_file() else ()


def _parsed(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().split(b"\n"):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        yield row if isinstance(row, dict) else {"damaged": of_bytes(line)}


def _about(rows: Iterable[dict[str, Any]] | None, site: str) -> list[dict[str, Any]] | None:
    return None if rows is None else [row for row in rows if row.get("site", ALL) in (site, ALL)]
