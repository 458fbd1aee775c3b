"""What coders' logs record, one line per event in ``codings/<coder>/<source>.jsonl``: nothing is ever undone.

A coding given, deleted, or moved to another version of its text, and sources that were screened for codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, model_validator

from casestudy.documents import Record
from casestudy.errors import InvalidMaterial, Problem
from casestudy.material import folders, logs, rewrites, sources
from casestudy.material.anchors import State
from casestudy.study import Identifier, Study

FOLDER = "codings"
TEXTS = ".texts"

Place = Annotated[int, Field(strict=True, ge=0)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Moment = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?$")
]
Version = Annotated[str, Field(pattern=r"^\d+(\.\d+){0,2}$")]


class Coding(Record):
    """One coder giving one code to one segment of a source's text.

    ``valence`` belongs to factors, ``practice`` to skills, ``contribution`` and ``linked_skill`` to
    components; an absent one was not given, which is not the same as neutral. ``text_sha256`` names the text
    that ``start``, ``end`` and ``quote`` belong to, ``codebook`` the version that gave ``code`` its meaning.
    """

    model_config = ConfigDict(str_strip_whitespace=False)

    coding: Identifier
    source: Identifier
    start: Place
    end: Place
    code: Identifier
    codebook: Version
    coder: Identifier
    kind: Literal["human", "import", "dictionary", "model"]
    valence: Literal["+", "-", "x", "0"] | None = None
    strength: Literal[1, 2] | None = None
    practice: Literal["applied", "partly", "not_applied", "intention", "unclear"] | None = None
    contribution: Literal["helped", "hindered", "none", "unclear"] | None = None
    linked_skill: Identifier | None = None
    confidence: float | None = Field(None, ge=0, le=1)
    status: Literal["suggested", "confirmed", "rejected", "superseded"]
    round: Literal["training", "reliability", "main"]
    memo: str | None = None
    derived_from: str | None = None
    quote: str = Field(min_length=1)
    text_sha256: Sha256
    at: Moment

    @model_validator(mode="after")
    def _machines_only_suggest(self) -> Self:
        if self.status == "confirmed" and self.kind in ("dictionary", "model"):
            raise ValueError(
                "must not be `confirmed` by a machine; let a person confirm it in a coding of theirs"
            )
        return self


class Given(Coding):
    """A coding as it was given."""

    event: Literal["code"]

    def bare(self) -> Coding:
        """Give the coding without the name of its event."""
        return Coding.model_construct(**{field: getattr(self, field) for field in Coding.model_fields})


class Deleted(Record):
    """A coding no longer stands, from this version of the codebook on; ``by`` whom, if not by its coder."""

    event: Literal["delete"]
    coding: Identifier
    coder: Identifier
    codebook: Version | None = None
    by: Identifier | None = None
    at: Moment


class Moved(Record):
    """Somebody settled where a coding stands in a later text; ``state`` says how it had been found there."""

    model_config = ConfigDict(str_strip_whitespace=False)

    event: Literal["move"]
    coding: Identifier
    start: Place
    end: Place
    quote: str = Field(min_length=1)
    text_sha256: Sha256
    state: State
    by: Identifier
    codebook: Version | None = None
    at: Moment

    @property
    def place(self) -> dict[str, Any]:
        """The fields of a coding that say where it stands."""
        return {field: getattr(self, field) for field in ("start", "end", "quote", "text_sha256")}


class Screened(Record):
    """A coder looked for these codes in all of a source, and gave them where they were."""

    event: Literal["screened"] = "screened"
    source: Identifier
    codes: tuple[Identifier, ...] = Field(min_length=1)
    coder: Identifier
    codebook: Version
    at: Moment


Event = Given | Deleted | Moved | Screened
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def append(study: Study, coding: Coding, text: str) -> None:
    """Save one coding: the text it was made on, then one line in the coder's log; both are on disk on return.

    Parameters
    ----------
    study
        The study.
    coding
        The coding; the log is chosen by its coder and its source.
    text
        The text of the source as it was shown.

    Raises
    ------
    InvalidMaterial
        When quote, place and text do not belong together; then nothing is written.
    OSError
        When it could not be brought to the disk whole; then it counts as not saved.
    WrongUse
        When a newer version of the program wrote in the log.
    """
    name = log_name(coding.coder, coding.source)
    _keep_checked(study, coding, text, name)
    fields = coding.model_dump(mode="json", exclude_none=True)
    logs.append(_to_write(study, name), {"event": "code", **fields})


def delete(
    study: Study, coding: Coding, *, at: str, codebook: str | None = None, by: str | None = None
) -> None:
    """Record that a coding no longer stands; the coding itself stays in its log.

    With ``codebook``, it goes on standing for a build under an earlier version.
    """
    event = Deleted(event="delete", coding=coding.coding, coder=coding.coder, codebook=codebook, by=by, at=at)
    logs.append(_to_write(study, log_name(coding.coder, coding.source)), event)


def move(
    study: Study, coding: Coding, text: str, *, state: State, by: str, at: str, codebook: str | None = None
) -> None:
    """Record where a coding stands in the text its source has now; the text is kept.

    Parameters
    ----------
    study
        The study.
    coding
        The coding with the place, words and text it has from now on.
    text
        That text.
    state
        How the place had been found.
    by
        Who settled it.
    at
        When.
    codebook
        Version of the codebook from which on it holds, if not from the start.

    Raises
    ------
    InvalidMaterial
        When quote, place and text do not belong together; then nothing is written.
    """
    name = log_name(coding.coder, coding.source)
    _keep_checked(study, coding, text, name)
    event = Moved(
        event="move",
        coding=coding.coding,
        start=coding.start,
        end=coding.end,
        quote=coding.quote,
        text_sha256=coding.text_sha256,
        state=state,
        by=by,
        codebook=codebook,
        at=at,
    )
    logs.append(_to_write(study, name), event)


def screen(study: Study, screened: Screened) -> None:
    """Record that a coder looked for codes in all of a source."""
    logs.append(_to_write(study, log_name(screened.coder, screened.source)), screened)


def kept_text(study: Study, text_sha256: str) -> str:
    """Give a text on which codings were made, as it was then.

    Raises
    ------
    InvalidMaterial
        When it is not there, or is no longer that text.
    """
    name = text_name(text_sha256)
    data = folders.read_bytes(study.folder / name, root=study.folder, name=name, limit=logs.LIMIT_BYTES)
    text = data.decode("utf-8", "replace")
    if sources.sha256(text) != text_sha256:
        found = "other content than its name says"
        raise InvalidMaterial(
            [Problem(name, "a kept text must never change", found, "restore it from a copy")]
        )
    return text


def misplaced(coding: Coding, text: str, where: str) -> Iterator[Problem]:
    """Tell whether a coding's place and words are not those of a text."""
    what = f"coding `{coding.coding}`"
    if not coding.start < coding.end <= len(text):
        must = f"{what} must have `0 <= start < end <= {len(text)}`"
        yield Problem(where, must, f"{coding.start} and {coding.end}", "code the segment again")
    elif coding.quote != text[coding.start : coding.end]:
        must = f"`quote` of {what} must be the text from `start` to `end`"
        yield Problem(
            where, must, "other words", "code the segment again; places count characters, not bytes"
        )


def log_name(coder: str, source: str) -> str:
    """Name a log relative to the study folder."""
    return f"{FOLDER}/{coder}/{source}{logs.SUFFIX}"


def text_name(text_sha256: str) -> str:
    """Name a kept text relative to the study folder."""
    return f"{FOLDER}/{TEXTS}/{text_sha256}.txt"


def coders(study: Study) -> list[Path]:
    """Give the folders of the coders by name."""
    folder = study.folder / FOLDER
    found = sorted(folder.iterdir(), key=lambda entry: entry.name) if folder.is_dir() else []
    return [coder for coder in found if coder.is_dir() and folders.stray_name(coder.name) is None]


def log_files(study: Study) -> Iterator[tuple[str, Path]]:
    """Give every log with its coder, by coder and then source."""
    for coder in coders(study):
        yield from ((coder.name, path) for path in logs.files(coder))


def _to_write(study: Study, name: str) -> Path:
    """Give a file to write in; never one in a folder that leads out of the study."""
    path = study.folder / name
    folders.must_lie_inside(path.parent, root=study.folder, name=name)
    return path


def _keep_checked(study: Study, coding: Coding, text: str, name: str) -> None:
    if sources.sha256(text) != coding.text_sha256:
        must = f"`text_sha256` of coding `{coding.coding}` must be that of the text"
        raise InvalidMaterial([Problem(name, must, "another", "read the source again")])
    if problems := list(misplaced(coding, text, name)):
        raise InvalidMaterial(problems)
    path = _to_write(study, text_name(coding.text_sha256))
    if not path.exists():
        rewrites.write_whole(path, text.encode())
