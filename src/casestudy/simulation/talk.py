"""Conversations: planted passages become questions and answers that read like talk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from casestudy.simulation import truth
from casestudy.simulation.bank import SKILL, Bank, Deck, Passage, generator
from casestudy.simulation.cast import Piece
from casestudy.simulation.truth import Utterance

INTERVIEWER = -1
MOST_TURNS, FEWEST_TURNS = 58, 36

# Who leads a team does not speak of "my team leader".
_OF_LEADS = re.compile(r"teamleider|leidinggevende|gedragsdeskundige", re.IGNORECASE)
# Chance that a conversation holds a sentence that misleads a dictionary; set by the planted precision.
_TRAPS = {"M23": 0.34, "M15": 0.32, "SK04": 0.04}


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of words in a turn; ``planted`` is there when it carries a code."""

    words: str
    planted: Utterance | None = None


@dataclass(slots=True)
class Turn:
    """What one person says before another does; the interviewer is ``INTERVIEWER``."""

    speaker: int
    said: list[Said] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The whole turn as it is written down."""
        return " ".join(said.words for said in self.said)


@dataclass(frozen=True, slots=True)
class _Voice:
    """Everything one conversation draws its words from."""

    bank: Bank
    deck: Deck
    piece: Piece
    rng: np.random.Generator

    def line(self, name: str) -> Said:
        return Said(self.deck.line(name, getattr(self.bank.neutral, name)))

    def ask(self, name: str) -> Turn:
        return Turn(INTERVIEWER, [Said(self.deck.line(f"ask {name}", getattr(self.bank.interviewer, name)))])

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)


def conversation(
    piece: Piece,
    site: int,
    utterances: Sequence[Utterance],
    bank: Bank,
    deck: Deck,
    seed: int,
    themes: Sequence[str] = (),
) -> list[Turn]:
    """Make one conversation that says every planted utterance once.

    Parameters
    ----------
    piece
        The source it is for.
    site
        The site's number, for the special cases.
    utterances
        What must be said.
    themes
        What comes up besides, at the end, without being asked about.

    Returns
    -------
    list of Turn
        The interviewer begins and ends; a topic without an utterance is asked about all the same.
    """
    voice = _Voice(bank, deck, piece, generator(seed, piece.source, "talk"))
    turns = [*_opening(voice, site)]
    for topic, chunks in _agenda(voice, utterances).items():
        turns += _topic(voice, topic, chunks)
        if topic == "time" and (site, piece.number) == (4, truth.CASELOAD):
            turns += [Turn(INTERVIEWER, [Said(bank.interviewer.caseload)]), Turn(0, [voice.line("caseload")])]
    turns += _closing(voice, [_themed(voice, code) for code in themes])
    _mislead(voice, site, turns)
    return turns


def _opening(voice: _Voice, site: int) -> Iterator[Turn]:
    if not voice.piece.is_group:
        opening, work = voice.ask("openings"), voice.ask("work")
        yield Turn(INTERVIEWER, [*opening.said, *work.said])
        name = "lead_work" if voice.piece.is_lead else "work"
        yield Turn(0, [voice.line(name), voice.line("small")])
        return
    opening, work = voice.ask("group_openings"), voice.ask("work")
    yield Turn(INTERVIEWER, [*opening.said, *work.said])
    first = [voice.line("emoji")] if (site, voice.piece.number) == (2, truth.EMOJI) else []
    yield Turn(0, [*first, voice.line("work")])
    yield Turn(1, [voice.line("work"), voice.line("small")])
    yield Turn(2, [voice.line("work")])


def _closing(voice: _Voice, besides: Sequence[Said]) -> Iterator[Turn]:
    yield voice.ask("closings")
    yield Turn(0, [voice.line("agree"), *besides[:3]])
    for number, place in enumerate(range(3, len(besides), 3), start=1):
        yield Turn(INTERVIEWER, [Said(("En verder?", "Nog iets?")[number % 2])])
        yield Turn(number % len(voice.piece.people), list(besides[place : place + 3]))
    if voice.piece.is_group:
        yield Turn(3, [voice.line("agreeing")])
    yield voice.ask("thanks")


def _themed(voice: _Voice, code: str) -> Said:
    words = voice.bank.themes[code].said
    return Said(words[voice.piece.number % len(words)], Utterance(code, "", False, certain=True))


Chunks = list[list[Utterance]]


def _agenda(voice: _Voice, utterances: Sequence[Utterance]) -> dict[str, Chunks]:
    """Divide what must be said over topics, and within these over answers, to a natural length."""
    by_topic: dict[str, list[Utterance]] = {name: [] for name in voice.bank.interviewer.topics}
    for utterance in utterances:
        by_topic[voice.bank.topic_of(utterance.code)].append(utterance)
    agenda = {name: [[one] for one in _ordered(said, voice.rng)] or [[]] for name, said in by_topic.items()}
    most = int(voice.rng.integers(FEWEST_TURNS + 6, MOST_TURNS - 2))
    while _n_turns(voice, agenda) > most and (longest := max(agenda.values(), key=len)) and len(longest) > 1:
        at = min(range(len(longest) - 1), key=lambda place: len(longest[place]) + len(longest[place + 1]))
        longest[at : at + 2] = [[*longest[at], *longest[at + 1]]]
    while _n_turns(voice, agenda) < FEWEST_TURNS:
        min(agenda.values(), key=len).append([])
    return agenda


def _n_turns(voice: _Voice, agenda: dict[str, Chunks]) -> int:
    chunks = [chunk for chunks in agenda.values() for chunk in chunks]
    if not voice.piece.is_group:
        return 2 * len(chunks) + 5
    return sum(2 + max(1, len(chunk)) for chunk in chunks if chunk) + 2 * chunks.count([]) + 8


def _ordered(said: Sequence[Utterance], rng: np.random.Generator) -> list[Utterance]:
    """Keep what is said of one code together, in general before by example."""
    codes = list(dict.fromkeys(one.code for one in said))
    place = {code: int(number) for code, number in zip(codes, rng.permutation(len(codes)), strict=True)}
    return sorted(said, key=lambda one: (place[one.code], one.concrete, one.way))


def _topic(voice: _Voice, topic: str, chunks: Chunks) -> Iterator[Turn]:
    asked = voice.bank.interviewer.topics[topic]
    before: str | None = None
    for number, chunk in enumerate(chunks):
        if number == 0:
            yield Turn(INTERVIEWER, [Said(voice.deck.line(f"ask {topic}", (asked.question.nl, *asked.more)))])
        else:
            yield _follow_up(voice, chunk, before)
        yield from (_group_answer if voice.piece.is_group else _answer)(voice, chunk, is_first=number == 0)
        before = chunk[-1].code if chunk else before


def _follow_up(voice: _Voice, chunk: Sequence[Utterance], before: str | None) -> Turn:
    if chunk and chunk[0].code != before:
        probes = voice.bank.interviewer.probes[chunk[0].code]
        return Turn(INTERVIEWER, [Said(voice.deck.line(f"probe {chunk[0].code}", probes))])
    if chunk and chunk[0].concrete:
        return voice.ask("examples")
    return voice.ask("group_deeper" if voice.piece.is_group and voice.chance(0.6) else "deeper")


def _answer(voice: _Voice, chunk: Sequence[Utterance], *, is_first: bool) -> Iterator[Turn]:
    said: list[Said] = []
    if not chunk:
        said += (
            [voice.line("thin")]
            if is_first and voice.chance(0.6)
            else [voice.line("openers"), voice.line("small")]
        )
        yield Turn(0, said)
        return
    if voice.chance(0.5 if is_first else 0.25):
        said.append(voice.line("openers"))
    for number, utterance in enumerate(chunk):
        if number:
            said += _link(voice, chunk[number - 1], utterance)
        said.append(_spoken(voice, utterance))
    if voice.chance(0.35):
        said.append(voice.line("small"))
    if voice.chance(0.3):
        said.append(voice.line("tails"))
    yield Turn(0, said)


def _group_answer(voice: _Voice, chunk: Sequence[Utterance], *, is_first: bool) -> Iterator[Turn]:
    first = int(voice.rng.integers(len(voice.piece.people)))
    if not chunk:
        yield Turn(first, [voice.line("thin" if is_first else "small")])
        return
    for number, utterance in enumerate(chunk):
        speaker = (first + number) % len(voice.piece.people)
        said = [_reaction(voice, chunk[number - 1], utterance)] if number else []
        if not number and voice.chance(0.4):
            said.append(voice.line("openers"))
        said.append(_spoken(voice, utterance))
        if voice.chance(0.3):
            said.append(voice.line("small"))
        yield Turn(speaker, said)
    if voice.chance(0.5):
        other = (first + len(chunk)) % len(voice.piece.people)
        yield Turn(other, [voice.line("agreeing"), *([voice.line("small")] if voice.chance(0.5) else [])])


def _reaction(voice: _Voice, before: Utterance, after: Utterance) -> Said:
    if before.code != after.code:
        return voice.line("adding")
    return voice.line("agreeing" if before.way == after.way else "differing")


def _link(voice: _Voice, before: Utterance, after: Utterance) -> list[Said]:
    if before.code == after.code and before.way != after.way:
        return [voice.line("contrasts")]
    if before.code == after.code:
        return [voice.line("chorus")] if voice.chance(0.2) else []
    return [voice.line("links")] if voice.chance(0.55) else []


def _spoken(voice: _Voice, utterance: Utterance) -> Said:
    avoid = _OF_LEADS if voice.piece.is_lead else None
    passage, words = voice.deck.passage(
        utterance.code, utterance.way, concrete=utterance.concrete, avoid=avoid
    )
    if utterance.skill is not None:
        words = words.replace(SKILL, voice.bank.phrases[utterance.skill])
    return Said(_with_filler(voice, passage, words), utterance)


def _with_filler(voice: _Voice, passage: Passage, words: str) -> str:
    if passage.concrete or not words[0].isalpha() or words[:3].isupper() or not voice.chance(0.18):
        return words
    filler = voice.deck.line("fillers", voice.bank.neutral.fillers)
    return f"{filler.rstrip()} {words[0].lower()}{words[1:]}"


def _mislead(voice: _Voice, site: int, turns: list[Turn]) -> None:
    """Put in the sentences that a dictionary takes for a code although nobody means it."""
    answers = [turn for turn in turns if turn.speaker != INTERVIEWER]
    for code, chance in _TRAPS.items():
        if voice.chance(chance):
            words = voice.deck.line(f"trap {code}", voice.bank.neutral.traps[code])
            answers[0 if voice.chance(0.6) else -1].said.append(Said(words))
    if (site, voice.piece.number) == (2, truth.INFORMATION):
        for number, words in enumerate(voice.bank.neutral.information):
            answers[(2 + number) % len(answers)].said.append(Said(words))
