"""What two coders or more did with the same sources, as frames: before anything was settled or translated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from casestudy.material import codings as coding_logs
from casestudy.material import rounds
from casestudy.material import sources as source_texts
from casestudy.material.check import has_sources
from casestudy.material.codebook_changes import order
from casestudy.material.codings import Coding, Screened
from casestudy.material.rounds import PEOPLE, ImpliedRound, Round
from casestudy.material.sources import Source
from casestudy.material.standing import CoderLog
from casestudy.study import Study

CODINGS = {
    **dict.fromkeys(["coding", "coder", "source", "code"], "str"),
    **dict.fromkeys(["start", "end"], "int64"),
    **dict.fromkeys(["valence", "kind", "status", "round", "codebook"], "str"),
}
WORKED = dict.fromkeys(["source", "coder"], "str")
SENTENCES = {
    "source": "str",
    **dict.fromkeys(["sentence", "start", "end"], "int64"),
    "is_interviewer": "bool",
}
TURNS = {"source": "str", **dict.fromkeys(["turn", "start", "end"], "int64"), "is_interviewer": "bool"}
PLACES = {
    **dict.fromkeys(["source", "unit"], "str"),
    **dict.fromkeys(["number", "start", "end"], "int64"),
    "is_interviewer": "bool",
}
TABLES = ("double_codings", "double_places", "double_rounds", "double_worked")
ROUNDS = {**dict.fromkeys(["round", "version", "coders", "sources"], "str"), "at_least": "int64"}


@dataclass(frozen=True, slots=True, eq=False)
class DoubleCoding:
    """One round with the material that agreement is computed from.

    Parameters
    ----------
    round
        The round.
    sources
        Its sources with their texts; withdrawn ones are left out.
    codings
        Columns ``CODINGS``: what its coders, and the reference of a training round, did in these sources
        while the round was open, unsettled.
    worked
        Columns ``WORKED``: sources that a coder went through, also without giving any code.
    sentences, turns
        Columns ``SENTENCES`` and ``TURNS``, of these sources.
    """

    round: Round
    sources: tuple[Source, ...]
    codings: pd.DataFrame
    worked: pd.DataFrame
    sentences: pd.DataFrame
    turns: pd.DataFrame

    @property
    def at_least(self) -> int | None:
        """How many coders must have done a source: two where nobody planned a round, else all (None)."""
        return 2 if isinstance(self.round, ImpliedRound) else None


def read(study: Study, wanted: str | None = None, *, site: str | None = None) -> DoubleCoding | None:
    """Read as :func:`chosen` does, of one site or of all; nothing when there is nothing to compare yet."""
    found, logs = rounds.read(study), _logs(study, site)
    if wanted is None and not _is_ready(found, _made(logs)):
        return None
    return _of_round(study, rounds.choose(found, _made(logs), wanted), logs, site)


def tables(found: DoubleCoding | None) -> dict[str, pd.DataFrame]:
    """Lay a round out as the tables that one notebook leaves for the next: places and codings, no words."""
    if found is None:
        return {
            "double_codings": _frame(CODINGS, []),
            "double_worked": _frame(WORKED, []),
            "double_places": _frame(PLACES, []),
            "double_rounds": _frame(ROUNDS, []),
        }
    one = found.round
    row = [one.id, one.codebook, " ".join(one.coders), " ".join(one.sources), found.at_least or 0]
    units = [found.sentences.rename(columns={"sentence": "number"}).assign(unit="sentence")]
    units += [found.turns.rename(columns={"turn": "number"}).assign(unit="turn")]
    return {
        "double_codings": found.codings,
        "double_worked": found.worked,
        "double_places": pd.concat(units, ignore_index=True)[list(PLACES)],
        "double_rounds": _frame(ROUNDS, [row]),
    }


def together(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any] | None:
    """Put the tables of all sites together, as ``findings.coded_units.compare`` takes them.

    Parameters
    ----------
    tables
        What :func:`tables` gave, each with the rows of every site.

    Returns
    -------
    dict or None
        Nothing when no site has a round that is closed.
    """
    found = tables["double_rounds"].drop_duplicates()
    if found.empty:
        return None
    places = tables["double_places"].rename(columns={"number": "sentence"})
    of = {unit: places[places["unit"] == unit].drop(columns="unit") for unit in ("sentence", "turn")}
    at_least = int(found["at_least"].max())
    return {
        "codings": tables["double_codings"],
        "sentences": of["sentence"],
        "turns": of["turn"].rename(columns={"sentence": "turn"}),
        "worked": tables["double_worked"],
        "coders": sorted({coder for names in found["coders"] for coder in names.split()}),
        "sources": sorted({source for names in found["sources"] for source in names.split()}),
        "version": max(found["version"], key=order),
        "at_least": at_least or None,
    }


def chosen(study: Study, wanted: str | None = None) -> DoubleCoding:
    """Read the round that is named, else the last closed one.

    Raises
    ------
    WrongUse
        When there is no such round, it is still open, or nothing was coded twice.
    InvalidMaterial
        With every problem of the rounds, the sources and the codings.
    """
    found, logs = rounds.read(study), _logs(study)
    return _of_round(study, rounds.choose(found, _made(logs), wanted), logs)


def training(study: Study, coder: str, wanted: str | None = None) -> DoubleCoding:
    """Read the training round of a coder; refused as in :func:`casestudy.material.rounds.training`."""
    return _of_round(study, rounds.training(rounds.read(study), coder, wanted), _logs(study))


def _logs(study: Study, site: str | None = None) -> tuple[CoderLog, ...]:
    return coding_logs.read_logs(study, site) if has_sources(study) else ()


def _made(logs: Iterable[CoderLog]) -> list[Coding]:
    now = (one.now(log.source) for log in logs for one in log.standing)
    return [coding for coding in now if coding is not None]


def _of_round(study: Study, one: Round, logs: Sequence[CoderLog], site: str | None = None) -> DoubleCoding:
    texts = tuple(source for source in source_texts.read(study, site) if source.source in one.sources)
    made = [c for c in _made(logs) if c.kind in PEOPLE and one.holds(c.coder, c.source, c.codebook, c.at)]
    screened = [event for log in logs for event in log.screened]
    return DoubleCoding(
        one,
        texts,
        _frame(CODINGS, [[getattr(coding, name) for name in CODINGS] for coding in made]),
        _frame(WORKED, _worked(one, made, screened)),
        _frame(SENTENCES, [row for source in texts for row in _sentences(source)]),
        _frame(TURNS, [row for source in texts for row in _turns(source)]),
    )


def _worked(one: Round, own: Sequence[Coding], screened: Iterable[Screened]) -> list[list[object]]:
    """List sources in which a coder looked for every code that anybody gave in the round, given or not."""
    given = {coding.code for coding in own if coding.codebook.partition(".")[0] == one.major}
    looked: dict[tuple[str, str], set[str]] = {}
    for event in screened:
        if one.holds(event.coder, event.source, event.codebook, event.at):
            looked.setdefault((event.source, event.coder), set()).update(event.codes)
    return [[source, coder] for (source, coder), codes in sorted(looked.items()) if given <= codes]


def _is_ready(found: Sequence[Round], made: Sequence[Coding]) -> bool:
    if not found:
        return rounds.implied(made) is not None
    return any(one.kind == "reliability" and not one.is_open for one in found)


def _sentences(source: Source) -> list[list[object]]:
    return [
        [source.source, number, one.start, one.end, source.turns[one.turn].is_interviewer]
        for number, one in enumerate(source.sentences)
    ]


def _turns(source: Source) -> list[list[object]]:
    return [
        [source.source, number, turn.start, turn.end, turn.is_interviewer]
        for number, turn in enumerate(source.turns)
    ]


def _frame(columns: dict[str, str], rows: list[list[object]]) -> pd.DataFrame:
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pd.DataFrame(
        {
            name: pd.Series(list(own), dtype=kind)
            for (name, kind), own in zip(columns.items(), values, strict=True)
        }
    )
