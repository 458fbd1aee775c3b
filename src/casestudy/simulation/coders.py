"""Two simulated coders: where planted passages stand in the text as read, and who saw which of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from casestudy.material.codings import Coding
from casestudy.material.sources import sha256
from casestudy.material.transcripts import Transcript
from casestudy.simulation import truth
from casestudy.simulation.bank import generator
from casestudy.simulation.cast import Piece
from casestudy.simulation.talk import Said
from casestudy.simulation.truth import Utterance

FIRST, SECOND = "coder-a", "coder-b"
VERSION = "1.0.0"
DOUBLE_SHARE = 0.20
_MONTHS = {FIRST: "07", SECOND: "08"}
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


def double_coded(conversations: Sequence[Piece], seed: int) -> set[str]:
    """Choose at random a fifth of the conversations, at least one of each site."""
    rng = generator(seed, "double")
    by_site: dict[str, list[str]] = {}
    for piece in conversations:
        by_site.setdefault(piece.site, []).append(piece.source)
    chosen = {sources[int(rng.integers(len(sources)))] for sources in by_site.values()}
    rest = [piece.source for piece in conversations if piece.source not in chosen]
    missing = max(0, round(DOUBLE_SHARE * len(conversations)) - len(chosen))
    return chosen | {rest[int(place)] for place in rng.permutation(len(rest))[:missing]}


def codings(source: Text, seed: int, *, coder: str, is_double: bool) -> list[Coding]:
    """Code one source as a coder would: most planted passages, and some false ones where two coders code."""
    rng = generator(seed, source.piece.source, coder)
    seen = [
        (start, end, _given(utterance))
        for start, end, utterance in source.planted
        if utterance.certain or rng.random() < truth.SENSITIVITY.get(utterance.code, truth.OTHER_SENSITIVITY)
    ]
    if coder == SECOND:
        seen = [(start, _shortened(source, start, end, rng), fields) for start, end, fields in seen]
    if is_double:
        seen += _false(source, rng)
    return [
        _coding(source, number, start, end, fields, coder)
        for number, (start, end, fields) in enumerate(sorted(seen, key=lambda one: one[:2]), start=1)
    ]


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
    return Coding(
        coding=f"{coder[-1]}-{source.piece.source}-{number:03d}",
        source=source.piece.source,
        start=start,
        end=end,
        codebook=VERSION,
        coder=coder,
        kind="human",
        status="confirmed",
        round="main" if coder == FIRST else "reliability",
        quote=source.transcript.text[start:end],
        text_sha256=source.sha256,
        at=f"2019-{_MONTHS[coder]}-{1 + source.piece.number:02d}T{_clock(number)}:00+00:00",
        **fields,
    )


def _clock(number: int) -> str:
    return f"{9 + number // 60:02d}:{number % 60:02d}"
