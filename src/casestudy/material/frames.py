"""Material as pandas frames: one row per thing, the same columns also when there are no rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from casestudy.errors import InvalidMaterial
from casestudy.material import (
    code_history,
    crosswalk,
    decisions,
    evidence,
    guide,
    people,
    ratings,
    reviews,
    survey,
)
from casestudy.material import codebook as codebooks
from casestudy.material import codings as codings_
from casestudy.material import sources as source_texts
from casestudy.material.check import has_sources
from casestudy.material.codebook import Codebook
from casestudy.material.crosswalk import Carried
from casestudy.material.guide import Guide
from casestudy.material.instrument import Instrument
from casestudy.material.mappings import SGIC_ELEMENTS
from casestudy.material.people import Participant
from casestudy.material.sources import Source
from casestudy.material.submissions import Count
from casestudy.material.summaries import Summary
from casestudy.material.survey import Responses
from casestudy.study import Study

SEVERAL = "mixed"

TEXT, WHOLE, SOME, NUMBER, FLAG = "str", "int64", "Int64", "float64", "bool"

SOURCES = {
    **dict.fromkeys(["source", "site", "kind", "wave", "role"], TEXT),
    "n_roles": WHOLE,
    "date": TEXT,
    "n_participants": WHOLE,
    **dict.fromkeys(["guide", "consent", "language"], TEXT),
    **dict.fromkeys(["n_characters", "n_sentences"], WHOLE),
}
CODINGS = {
    **dict.fromkeys(["coding", "source", "site", "role"], TEXT),
    **dict.fromkeys(["start", "end", "n_characters"], WHOLE),
    **dict.fromkeys(["code", "family", "coder", "kind", "codebook", "valence"], TEXT),
    "strength": SOME,
    **dict.fromkeys(["practice", "contribution", "linked_skill", "status", "round", "derived_from"], TEXT),
}
SENTENCES = {
    "source": TEXT,
    **dict.fromkeys(["sentence", "start", "end"], WHOLE),
    "text": TEXT,
    "is_interviewer": FLAG,
}
ASKED = {**dict.fromkeys(["site", "source", "code"], TEXT), "asked": FLAG}
RESPONSES = {
    **dict.fromkeys(["respondent", "site", "wave", "item"], TEXT),
    "value": NUMBER,
    "reason_na": TEXT,
}
RESPONDENTS = dict.fromkeys(["respondent", "site", "link_method", "role_class"], TEXT)
CONTRIBUTIONS = {
    **dict.fromkeys(["respondent", "site", "wave", "skill", "component"], TEXT),
    "value": NUMBER,
    "offered": FLAG,
}
COUNTS = {**dict.fromkeys(["place", "what"], TEXT), "n": WHOLE}
ITEMS = {
    **dict.fromkeys(["item", "scale"], TEXT),
    "reverse": FLAG,
    **dict.fromkeys(["min", "max"], NUMBER),
    **dict.fromkeys(["kind", "skill"], TEXT),
}
PARTICIPANTS = {
    **dict.fromkeys(["participant", "role", "role_class", "site", "consent"], TEXT),
    "is_withdrawn": FLAG,
}
CODES = {**dict.fromkeys(["code", "family", "domain", "parent", "nl", "en"], TEXT), "active": FLAG}
RATINGS = dict.fromkeys(["site", "code", "value", "rater", "rationale"], TEXT)
SETTLED = {
    **dict.fromkeys(["site", "code", "rating", "proposed", "rationale"], TEXT),
    **dict.fromkeys(["n_supporting", "n_contrary"], WHOLE),
    "standing": TEXT,
    **dict.fromkeys(["n_new", "n_gone", "n_changed"], WHOLE),
}
JOINT_MAP = {
    "row": TEXT,
    "codes": "object",
    **dict.fromkeys(["scale", "item", "relation", "neg_means"], TEXT),
}
SCREENED = dict.fromkeys(["source", "code"], TEXT)
REVIEWED = {"state": TEXT, "n": WHOLE}
SUMMARIES = dict.fromkeys(["site", "code", "nl", "en", "excerpts", "by"], TEXT)
FIT = dict.fromkeys(["site", "row", "label", "explanation", "rationale"], TEXT)


def sources(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame of the sources that count, in the order of ``sources.csv``.

    Returns
    -------
    DataFrame
        Columns ``SOURCES``. ``role`` is the role class of the participants, ``mixed`` when there are several
        and absent when nobody is named; ``n_characters`` counts what participants said, without the
        interviewer.
    """
    roles = _roles(study)
    return _frame(SOURCES, (_source(source, roles) for source in _texts(study, site)))


def sentences(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame of all sentences, columns ``SENTENCES``; numbered from 0 in each source."""
    rows = (
        {
            "source": source.source,
            "sentence": number,
            "start": sentence.start,
            "end": sentence.end,
            "text": source.text[sentence.start : sentence.end],
            "is_interviewer": source.turns[sentence.turn].is_interviewer,
        }
        for source in _texts(study, site)
        for number, sentence in enumerate(source.sentences)
    )
    return _frame(SENTENCES, rows)


def codings(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame of the codings that count under the codebook in force, ordered by source and place.

    Returns
    -------
    DataFrame
        Columns ``CODINGS``; ``role`` is that of the source, ``n_characters`` the length of the segment.
        Codings of earlier codebooks bear the code that theirs became; superseded ones are left out, and
        those that lost when two coders settled a difference too.

    Raises
    ------
    InvalidMaterial
        When a code was split or redefined and segments of it were not coded again yet.
    """
    codes = codebooks.read(study)
    roles = _roles(study)
    about = {source.source: _source(source, roles) for source in _texts(study, site)}
    if not about:
        return _frame(CODINGS, ())
    carried = crosswalk.read(study, site)
    if waiting := crosswalk.unresolved(carried):
        raise InvalidMaterial(waiting)
    order = {source: number for number, source in enumerate(about)}
    found = sorted(
        carried.codings,
        key=lambda c: (order[c.source], c.start, c.end, c.code, c.coder, c.coding),
    )
    rows = (
        coding.model_dump(include=set(CODINGS))
        | {column: about[coding.source][column] for column in ("site", "role")}
        | {"n_characters": coding.end - coding.start, "family": codes.code(coding.code).family}
        for coding in found
    )
    return _frame(CODINGS, rows)


def asked(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame that says for every source and active code whether its guide asks about it, columns ``ASKED``."""
    topics = guide.read(study)
    active = [code.id for code in codebooks.read(study).codes if code.active]
    rows = (
        {"site": row.site, "source": row.source, "code": code, "asked": code in topics.asked(row.guide)}
        for row in (source_texts.rows(study) if has_sources(study) else ())
        if site in (None, row.site)
        for code in active
    )
    return _frame(ASKED, rows)


def responses(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame of all answers to items, columns ``RESPONSES``, in the order of ``survey.read``."""
    return answers(survey.read(study, site))


def answers(found: Responses) -> pd.DataFrame:
    """Frame of answers that were read before, columns ``RESPONSES``."""
    return _frame(RESPONSES, (_fields(row, RESPONSES) for row in found.responses))


def respondents(found: Responses) -> pd.DataFrame:
    """Frame of the people who answered, columns ``RESPONDENTS``."""
    return _frame(RESPONDENTS, (_fields(row, RESPONDENTS) for row in found.respondents))


def counts(found: Iterable[Count]) -> pd.DataFrame:
    """Frame of what was read and left out, columns ``COUNTS``: per file and rule how often."""
    return _frame(COUNTS, (count._asdict() for count in found))


def contributions(found: Responses, wave: str) -> pd.DataFrame:
    """Frame of what components contributed in one wave, columns ``CONTRIBUTIONS``; nan without an answer."""
    ticked = (row for row in found.contributions if row.wave == wave)
    return _frame(CONTRIBUTIONS, (_fields(row, CONTRIBUTIONS) for row in ticked))


def sgic(found: Responses, wave: str) -> pd.DataFrame:
    """Frame of the self-generated codes of one wave: ``code site role_class`` and a column per element."""
    elements = [f"element_{n}" for n in range(1, SGIC_ELEMENTS + 1)]
    rows = (
        {"code": row.respondent, "site": row.site, "role_class": row.role_class}
        | dict(zip(elements, row.elements, strict=True))
        for row in found.sgic
        if row.wave == wave
    )
    return _frame(dict.fromkeys(["code", "site", "role_class", *elements], TEXT), rows)


def items(instrument: Instrument) -> pd.DataFrame:
    """Frame of the instrument's items, columns ``ITEMS``."""
    rows = (
        {
            "item": item.id,
            "scale": scale.id,
            "reverse": item.reverse,
            "min": instrument.options[item.options].min,
            "max": instrument.options[item.options].max,
            "kind": scale.kind,
            "skill": item.skill,
        }
        for scale in instrument.scales
        for item in scale.items
    )
    return _frame(ITEMS, rows)


def participants(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame of the participants, columns ``PARTICIPANTS``; the month of a withdrawal stays out of it."""
    rows = (
        _fields(person, PARTICIPANTS)
        | {"role_class": people.role_class(person.role), "is_withdrawn": person.withdrawn is not None}
        for person in _roles(study).values()
        if site in (None, person.site)
    )
    return _frame(PARTICIPANTS, rows)


def codebook(codes: Codebook) -> pd.DataFrame:
    """Frame of the codes in the codebook's order, columns ``CODES``; ``nl`` and ``en`` are the labels."""
    rows = (
        _fields(code, CODES) | {"code": code.id, "nl": code.label.nl, "en": code.label.en}
        for code in codes.codes
    )
    return _frame(CODES, rows)


def rated(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame of what each rater judged alone, columns ``RATINGS``."""
    return _frame(RATINGS, (_fields(rating, RATINGS) for rating in ratings.read(study, site)))


def settled(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame of the settled ratings and how they relate to the evidence of now.

    Returns
    -------
    DataFrame
        Columns ``SETTLED``. ``rating`` is the value that was decided; ``standing`` is ``current``, ``stale``
        or ``unpinned`` (nobody recorded what it was settled on); ``n_new``, ``n_gone`` and ``n_changed``
        count the codings that make it stale, which a new meaning of the code does without any.
    """
    if not (study.folder / ratings.NAME).exists():
        return _frame(SETTLED, ())
    now = evidence.read(study, site)
    found = [(line, ratings.standing(line, now)) for line in ratings.settled(study, site, against=now)]
    rows = (
        _fields(rating, SETTLED)
        | {
            "rating": rating.value,
            "n_supporting": len(set(rating.supporting)),
            "n_contrary": len(set(rating.contrary)),
            "standing": standing.state,
            "n_new": len(standing.new),
            "n_gone": len(standing.gone),
            "n_changed": len(standing.changed),
        }
        for rating, standing in found
    )
    return _frame(SETTLED, rows)


def screened(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame of the sources in which somebody looked for a code, found or not: source and code."""
    events = codings_.screened(study, site) if has_sources(study) else ()
    rows = ({"source": event.source, "code": code} for event in events for code in event.codes)
    return _frame(SCREENED, rows).drop_duplicates(ignore_index=True)


def code_changes(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame of what each version of the codebook changed, with how many codings it touched."""
    return code_history.changes(_carried(study, site))


def unscreened(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame of the sources in which nobody looked for a newer code yet: source and code."""
    return code_history.not_screened(_carried(study, site))


def _carried(study: Study, site: str | None) -> Carried:
    return crosswalk.read(study, site) if has_sources(study) else Carried(())


def reviewed(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame of how codings stand on texts that were corrected, columns ``REVIEWED``.

    ``state`` is ``same moved changed ask orphaned``, and ``lost`` for lines of a log that cannot be read.
    """
    found = has_sources(study)
    counts = reviews.counts(reviews.read(study, site) if found else ())
    lost = codings_.n_lost(study, site) if found else 0
    rows: list[tuple[str, int]] = [*counts.items(), ("lost", lost)]
    return _frame(REVIEWED, ({"state": state, "n": n} for state, n in rows))


def written(found: Iterable[Summary]) -> pd.DataFrame:
    """Frame of written summaries, columns ``SUMMARIES``; ``excerpts`` holds ids of codings."""
    rows = (
        {"site": one.site, "code": one.code, "by": one.by, **one.summary.model_dump()}
        | {"excerpts": " ".join(one.excerpts)}
        for one in found
    )
    return _frame(SUMMARIES, rows)


def joint_map(topics: Guide) -> pd.DataFrame:
    """Frame of the rows of the joint display, columns ``JOINT_MAP``; ``codes`` holds tuples."""
    return _frame(JOINT_MAP, (_fields(row, JOINT_MAP) for row in topics.joint_display))


def fit(study: Study, site: str | None = None) -> pd.DataFrame:
    """Frame of the decided fits, columns ``FIT``."""
    found = decisions.of_kind(decisions.read(study, site), decisions.Fit)
    return _frame(FIT, (_fields(decision, FIT) for decision in found))


def _roles(study: Study) -> dict[str, Participant]:
    if not (study.folder / people.FILE).exists():
        return {}
    return {person.participant: person for person in people.read(study)}


def _texts(study: Study, site: str | None) -> tuple[Source, ...]:
    return source_texts.read(study, site) if has_sources(study) else ()


def _source(source: Source, persons: Mapping[str, Participant]) -> dict[str, Any]:
    row = source.row
    roles = {people.role_class(persons[who].role) for who in row.participants}
    said = [turn for turn in source.turns if not turn.is_interviewer]
    return _fields(row, SOURCES) | {
        "role": SEVERAL if len(roles) > 1 else next(iter(roles), None),
        "n_roles": len(roles),
        "n_participants": len(row.participants),
        "n_characters": sum(turn.end - turn.start for turn in said),
        "n_sentences": len(source.sentences),
    }


def _fields(record: object, columns: Iterable[str]) -> dict[str, Any]:
    return {column: getattr(record, column) for column in columns if hasattr(record, column)}


def _frame(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a frame with these columns and types, however few rows there are."""
    found = list(rows)
    values = {name: pd.Series([row[name] for row in found], dtype=kind) for name, kind in columns.items()}
    return pd.DataFrame(values, columns=list(columns))
