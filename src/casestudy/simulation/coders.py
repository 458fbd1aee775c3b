"""Two simulated coders: where planted passages stand in the text as read, and who saw which of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from casestudy.material.coding_events import Coding, Screened
from casestudy.material.sources import sha256
from casestudy.material.transcripts import Transcript
from casestudy.simulation import truth
from casestudy.simulation.bank import generator
from casestudy.simulation.cast import Piece
from casestudy.simulation.talk import Said
from casestudy.simulation.truth import Utterance

FIRST, SECOND = "coder-a", "coder-b"
VERSION, THEMES_VERSION = "1.0.0", "1.1.0"
# More than the usual fifth, so that there are enough examples to judge agreement by.
DOUBLE_SHARE = 0.40
_MONTHS = {FIRST: "07", SECOND: "08"}
_MONTH_OF_THEMES = "10"
_VALENCE = {"helps": "+", "hinders": "-", "neutral": "0"}
# Talk in which a coder may wrongly see a code.
_SIBLINGS = {
    "M23": ("M21", "CP12", "M20"),
    "M13": ("CP05", "CP06", "M25", "M14"),
    "M15": ("M19", "M14", "M25", "M10"),
    "SK04": ("SK05", "SK02", "M05"),
}


@dataclass(frozen=True, slots=True)
class Text:
    """A source as its reader gives it, with the place of every planted passage."""

    piece: Piece
    transcript: Transcript
    sha256: str
    planted: tuple[tuple[int, int, Utterance], ...]


def text(piece: Piece, transcript: Transcript, said: Sequence[Said]) -> Text:
    """Find every planted passage in the text as it was read back.

    Raises
    ------
    ValueError
        When words that were written are not in the text.
    """
    at, planted = 0, []
    for one in said:
        start = transcript.text.index(one.words, at)
        at = start + len(one.words)
        if one.planted is not None:
            planted.append((start, at, one.planted))
    return Text(piece, transcript, sha256(transcript.text), tuple(planted))


def codings(source: Text, seed: int, *, coder: str, is_double: bool) -> list[Coding]:
    """Code one source as a coder would: most planted passages, and some false ones where two coders code.

    The first coder reads everything once more when the themes nobody asked about have become codes.
    """
    rng = generator(seed, source.piece.source, coder)
    seen = [
        (start, end, _given(utterance))
        for start, end, utterance in source.planted
        if not _is_theme(utterance)
        and (
            utterance.certain or rng.random() < truth.SENSITIVITY.get(utterance.code, truth.OTHER_SENSITIVITY)
        )
    ]
    if coder == SECOND:
        seen = [(start, _shortened(source, start, end, rng), fields) for start, end, fields in seen]
    if is_double:
        seen += _false(source, rng)
    seen = sorted(seen, key=lambda one: one[:2])
    if coder == FIRST:
        seen += [(start, end, {"code": u.code}) for start, end, u in source.planted if _is_theme(u)]
    return [
        _coding(source, number, start, end, fields, coder)
        for number, (start, end, fields) in enumerate(seen, start=1)
    ]


def screened(source: Text, codes: Sequence[str]) -> Screened:
    """Record that the first coder looked for the themes in a whole source."""
    piece = source.piece
    return Screened(
        source=piece.source,
        codes=tuple(codes),
        coder=FIRST,
        codebook=THEMES_VERSION,
        at=f"2019-{_MONTH_OF_THEMES}-{1 + piece.number:02d}T16:00:00+00:00",
    )


def _is_theme(utterance: Utterance) -> bool:
    return utterance.code.startswith("IND_")


def _given(utterance: Utterance) -> dict[str, Any]:
    strength = 2 if utterance.concrete else 1
    if utterance.skill is not None:
        return {
            "code": utterance.code,
            "contribution": utterance.way,
            "linked_skill": utterance.skill,
            "strength": strength,
        }
    if utterance.code.startswith("SK"):
        return {"code": utterance.code, "practice": utterance.way, "strength": strength}
    if utterance.code.startswith("N"):
        return {"code": utterance.code}
    return {"code": utterance.code, "valence": _VALENCE[utterance.way], "strength": strength}


def _shortened(source: Text, start: int, end: int, rng: np.random.Generator) -> int:
    """Leave off the last sentence of a passage now and then, as the second coder does."""
    ends = [one.end for one in source.transcript.sentences if start <= one.start and one.end <= end]
    return ends[-2] if len(ends) > 1 and rng.random() < 0.15 else end


def _false(source: Text, rng: np.random.Generator) -> Iterator[tuple[int, int, dict[str, Any]]]:
    turns = source.transcript.turns
    spoken = [
        one
        for one in source.transcript.sentences
        if not turns[one.turn].is_interviewer and one.end - one.start > 25
    ]
    for code, specificity in truth.SPECIFICITY.items():
        about = {c: [(s, e) for s, e, u in source.planted if u.code == c] for c in (code, *_SIBLINGS[code])}
        free = [(one.start, one.end) for one in spoken if not _within(one.start, about[code])]
        near = [one for one in free if any(_within(one[0], about[sibling]) for sibling in _SIBLINGS[code])]
        n = int(rng.binomial(len(free), 1 - specificity))
        rest = [one for one in free if one not in near]
        order = [near[int(i)] for i in rng.permutation(len(near))] + [
            rest[int(i)] for i in rng.permutation(len(rest))
        ]
        fields = (
            {"code": code, "practice": "unclear"} if code.startswith("SK") else {"code": code, "valence": "0"}
        )
        for start, end in order[:n]:
            yield start, end, {**fields, "strength": 1}


def _within(place: int, stretches: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in stretches)


def _coding(source: Text, number: int, start: int, end: int, fields: dict[str, Any], coder: str) -> Coding:
    is_theme = fields["code"].startswith("IND_")
    month = _MONTH_OF_THEMES if is_theme else _MONTHS[coder]
    return Coding(
        coding=f"{coder[-1]}-{source.piece.source}-{number:03d}",
        source=source.piece.source,
        start=start,
        end=end,
        codebook=THEMES_VERSION if is_theme else VERSION,
        coder=coder,
        kind="human",
        status="confirmed",
        round="main" if coder == FIRST else "reliability",
        quote=source.transcript.text[start:end],
        text_sha256=source.sha256,
        at=f"2019-{month}-{1 + source.piece.number:02d}T{_clock(number)}:00+00:00",
        **fields,
    )


def _clock(number: int) -> str:
    return f"{9 + number // 60:02d}:{number % 60:02d}"
