"""Saved self-reflections: what one person filled in on the page and handed in, read as rows of a table.

A file comes from outside and is believed in nothing: what is not exactly what the page saves is refused, and
no answer stands in a message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from casestudy.documents import Record
from casestudy.errors import Gathered, InvalidMaterial, Problem
from casestudy.material import folders, instrument_versions
from casestudy.material.formats.sheets import Sheet
from casestudy.material.instrument import Instrument
from casestudy.material.mappings import Columns, FileMapping, Tick
from casestudy.material.questions import Options
from casestudy.study import Language, Month, Study

FORMAT = "casestudy-self-reflection"
PROGRAM = "self-reflection"
LIMIT_BYTES = 1_000_000
LIMIT_TEXT = 64
NOT_APPLICABLE = "na"

# Names that no item, element or open question can bear, as an id begins with a letter or digit.
NUMBER, WAVE, SITE = "@number", "@wave", "@site"
_BOX = ":"

_AGAIN = "ask for the file again, or take it out"

Answer = float | Literal["na"] | None


class _Saved(Record):
    """The strict part of a record: a number is no text, and a text no number."""

    model_config = ConfigDict(strict=True)


class Version(_Saved):
    """Which instrument was filled in."""

    id: str
    version: str


class Who(_Saved):
    """How the person is known: by a number, by what they gave of a self-generated code, or not at all."""

    number: str | None = None
    elements: dict[str, str] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [text for text in (self.number, *(self.elements or {}).values()) if text is not None]
        if self.number == "" or (self.number is not None and self.elements is not None):
            raise ValueError("an empty number, or two ways")
        if not all(text.isprintable() and len(text) <= LIMIT_TEXT for text in given):
            raise ValueError("text")
        return self


class Reflection(_Saved):
    """One saved self-reflection, as it stands in the file."""

    format: Literal["casestudy-self-reflection"]
    format_version: Literal[1]
    instrument: Version
    wave: str
    site: str | None = None
    language: Language
    saved: Month
    person: Who = Field(repr=False)
    answers: dict[str, Answer] = Field(repr=False)
    then: dict[str, Answer] | None = Field(None, repr=False)
    components: dict[str, list[str]] = Field(default_factory=dict, repr=False)
    open: dict[str, str] = Field(default_factory=dict, repr=False)


def read(path: Path, name: str, mapping: FileMapping, study: Study, instrument: Instrument) -> Sheet:
    """Read one saved self-reflection as rows: one for its wave, one for the wave that looks back.

    Parameters
    ----------
    path, name
        The file, and its name relative to the study folder, for messages.
    mapping
        How it is to be read; a ``site`` there is that of files that name none.
    study, instrument
        The study, and its present instrument.

    Returns
    -------
    Sheet
        Columns: the person's number or the elements of the code, wave and site, the items of the version
        that was filled in, a box per skill and component, and the open questions, whose answers no mapping
        reads. A question that was not asked is empty, and so is a box that was not shown.

    Raises
    ------
    InvalidMaterial
        With every problem of the file: it is no saved self-reflection, of another instrument or of a version
        that was not kept, too large, not UTF-8, nested too deep, holds a key twice, a number that is none, or
        an answer that cannot be given.
    """
    saved = _parsed(folders.read_bytes(path, root=study.folder, name=name, limit=LIMIT_BYTES), name)
    problems = Gathered()
    version = problems.gather(partial(_version, saved, name, study, instrument))
    problems.extend(_wrong_frame(saved, name, mapping, study))
    if version is not None:
        problems.extend(instrument_versions.incomparable(version, instrument, name))
        problems.extend(_wrong_person(saved, name, instrument))
        problems.extend(_wrong_answers(saved, name, version))
        problems.extend(_wrong_components(saved, name, version))
    if version is None or problems:
        raise InvalidMaterial(problems)
    return _sheet(saved, name, mapping, study, version, instrument)


def fitted(mapping: FileMapping, header: Iterable[str], instrument: Instrument) -> FileMapping:
    """Fit a mapping to the table that ``read`` gives, or to its sealed copy.

    A box was shown where the file says so, whatever ``shown_from`` is. Columns of an earlier version that the
    present one asks no more, and open answers, are not read.
    """
    columns = list(header)
    elements = tuple(one.id for one in instrument.person.elements if one.id in columns)
    boxes = {
        f"{skill}{_BOX}{part}": Tick(skill=skill, component=part)
        for skill, parts in instrument.components.items()
        for part in parts
        if f"{skill}{_BOX}{part}" in columns
    }
    items = {item.id for item in instrument.items}
    known = {NUMBER, WAVE, SITE, *elements, *boxes, *items}
    return mapping.model_copy(
        update={
            "layout": "wide",
            "columns": Columns(respondent=NUMBER if NUMBER in columns else None, wave=WAVE, site=SITE),
            "items": {},
            "multi": boxes,
            "sgic": elements,
            "linking": "id" if NUMBER in columns else "sgic" if elements else "none",
            "ignore": tuple(column for column in columns if column not in known),
            "waves": {},
            "sites": {},
            "wave": None,
            "site": None,
            "answers": {},
            "not_applicable": (NOT_APPLICABLE,),
            "missing": ("",),
            "missing_values": {},
            "decimal": ".",
            "ticked": ("1",),
            "unticked": ("0",),
            "shown_from": float("-inf"),
        }
    )


def _parsed(data: bytes, name: str) -> Reflection:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(name, "the file must be UTF-8 text", "other bytes") from None
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        # A text may hold half a sign, which no other program can write.
        json.dumps(value, ensure_ascii=False).encode()
    except _NotSaved as wrong:
        raise _refused(name, *wrong.args) from None
    except (RecursionError, UnicodeEncodeError, ValueError):
        raise _refused(name, "the file must be a saved self-reflection", "something else") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise _refused(name, "the file must be a saved self-reflection", "something else")
    try:
        return Reflection.model_validate_json(text)
    except ValidationError as error:
        raise InvalidMaterial(_schema_problems(error, name)) from None


class _NotSaved(Exception):
    """What must hold, and what was found."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotSaved("a key must stand once", "one twice")
    return found


def _no_number(_: str) -> None:
    raise _NotSaved("every number must be one", "NaN or infinity")


def _schema_problems(error: ValidationError, name: str) -> Iterator[Problem]:
    told = set()
    for detail in error.errors(include_url=False, include_input=False, include_context=False):
        # Only the names that the format itself has; whatever else stands there may be anybody's words.
        field = str(detail["loc"][0]) if detail["loc"] else ""
        known = field in Reflection.model_fields
        if detail["type"] == "missing":
            told.add((f"`{field}` must be given whole", "less"))
        elif detail["type"] == "extra_forbidden" and not (known and len(detail["loc"]) > 1):
            told.add(("every key must be known", "another"))
        elif known:
            told.add((f"`{field}` must be as the page saves it", "something else"))
        else:
            told.add(("the file must be a saved self-reflection", "something else"))
    return (Problem(name, must, found, _AGAIN) for must, found in sorted(told))


def _refused(name: str, must: str, found: str) -> InvalidMaterial:
    return InvalidMaterial([Problem(name, must, found, _AGAIN)])


def _version(saved: Reflection, name: str, study: Study, instrument: Instrument) -> Instrument:
    if saved.instrument.id != instrument.id:
        raise _refused(name, f"it must be filled in on the instrument `{instrument.id}`", "another")
    known = {instrument.version, *instrument_versions.kept_versions(study)}
    if saved.instrument.version not in known:
        must = f"the version that was filled in must be kept in {instrument_versions.FOLDER}/"
        remedy = "restore that version from a copy"
        raise InvalidMaterial([Problem(name, must, "another version", remedy)])
    return instrument_versions.version(study, instrument, saved.instrument.version)


def _wrong_frame(saved: Reflection, name: str, mapping: FileMapping, study: Study) -> Iterator[Problem]:
    if saved.wave not in [wave.id for wave in study.waves]:
        yield Problem(name, "`wave` must be a wave of study.yml", "another", _AGAIN)
    if saved.then is not None and _looking_back(study) is None:
        must = "answers that look back must have a wave of relation retrospective in study.yml"
        yield Problem(name, must, "no such wave", "add the wave")
    if saved.site is not None and saved.site not in study.site_ids:
        yield Problem(name, "`site` must be a site of study.yml", "another", _AGAIN)
    if mapping.site is not None and saved.site not in (None, mapping.site):
        must = f"`site` must be `{mapping.site}`, as the mapping says"
        yield Problem(name, must, "another site", "move the file, or correct the mapping")
    if mapping.site is None and saved.site is None:
        remedy = "give the mapping of the file a `site`"
        yield Problem(name, "the site of the person must be known", "nothing", remedy)


def _looking_back(study: Study) -> str | None:
    return next((wave.id for wave in study.waves if wave.relation == "retrospective"), None)


def _wrong_person(saved: Reflection, name: str, instrument: Instrument) -> Iterator[Problem]:
    who, ask = saved.person, instrument.person.ask
    if who.number is not None and ask != "number":
        yield Problem(name, "`person` must be as the instrument asks it", "a number", _AGAIN)
    if who.elements is not None and ask != "code":
        yield Problem(name, "`person` must be as the instrument asks it", "a self-generated code", _AGAIN)
    elif {*(who.elements or {})} - {element.id for element in instrument.person.elements}:
        must = "`person.elements` must be those of the instrument"
        yield Problem(name, must, "another", _AGAIN)


def _wrong_answers(saved: Reflection, name: str, version: Instrument) -> Iterator[Problem]:
    items = {item.id: item for item in version.items}
    for field, answers in (("answers", saved.answers), ("then", saved.then or {})):
        if unknown := [key for key in answers if key not in items]:
            must = f"`{field}` must be items of version {version.version}"
            yield Problem(name, must, f"{len(unknown)} others", _AGAIN)
        for key, answer in answers.items():
            if key not in items:
                continue
            options = version.options[items[key].options]
            if answer == NOT_APPLICABLE and not items[key].not_applicable:
                yield Problem(name, f"`{key}` must be answered", '"does not apply"', _AGAIN)
            elif isinstance(answer, float) and not _is_given(answer, options):
                must = f"`{key}` must be an answer from {options.min:g} to {options.max:g}"
                yield Problem(name, must, "another number", _AGAIN)
    if strange := {*saved.open} - {one.id for one in version.open}:
        must = f"`open` must be open questions of version {version.version}"
        yield Problem(name, must, f"{len(strange)} others", _AGAIN)


def _is_given(answer: float, options: Options) -> bool:
    return options.min <= answer <= options.max and (options.decimals or answer.is_integer())


def _wrong_components(saved: Reflection, name: str, version: Instrument) -> Iterator[Problem]:
    if unknown := [skill for skill in saved.components if skill not in version.components]:
        must = f"`components` must be of skills of version {version.version}"
        yield Problem(name, must, f"{len(unknown)} others", _AGAIN)
    for skill, ticked in saved.components.items():
        known = version.components.get(skill)
        if known is not None and (len(set(ticked)) < len(ticked) or not {*ticked} <= {*known}):
            must = f"`components.{skill}` must be components of that skill, each once"
            yield Problem(name, must, "others", _AGAIN)


def _sheet(
    saved: Reflection,
    name: str,
    mapping: FileMapping,
    study: Study,
    version: Instrument,
    instrument: Instrument,
) -> Sheet:
    who = saved.person
    elements = [one.id for one in instrument.person.elements] if who.elements else []
    boxes = [(skill, part) for skill, parts in version.components.items() for part in parts]
    header = [*([NUMBER] if who.number is not None else []), *elements, WAVE, SITE]
    header += [item.id for item in version.items]
    header += [*(f"{skill}{_BOX}{part}" for skill, part in boxes), *(one.id for one in version.open)]
    person = {
        NUMBER: who.number or "",
        **{one: (who.elements or {}).get(one, "").strip() for one in elements},
    }
    person[SITE] = saved.site or mapping.site or ""
    given: dict[str, Mapping[str, Answer]] = {saved.wave: saved.answers}
    if saved.then:
        given[_looking_back(study) or ""] = saved.then
    rows = []
    for line, (wave, answers) in enumerate(given.items(), start=1):
        row = {**dict.fromkeys(header, ""), **person, WAVE: wave}
        row |= {item: _text(answer) for item, answer in answers.items()}
        if line == 1:
            row |= {
                f"{skill}{_BOX}{part}": str(int(part in saved.components[skill]))
                for skill, part in boxes
                if skill in saved.components
            }
            row |= {one: " ".join(text.split()) for one, text in saved.open.items()}
        rows.append((line, {column: row[column] for column in header}))
    unread = sum(bool(row[one]) for one in saved.open for _, row in rows)
    told = (("open answers not read; `casestudy add` takes them in", unread),) if unread else ()
    return Sheet(name, tuple(header), tuple(rows), counts=told)


def _text(answer: Answer) -> str:
    if answer is None:
        return ""
    return answer if isinstance(answer, str) else re.sub(r"\.0$", "", repr(answer))
