"""Sentences that invented people say: hand-written passages per code, read from ``bank/``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import RootModel

from casestudy import documents
from casestudy.documents import Record
from casestudy.study import Words

Family = Literal["factor", "skill", "component"]
Lines = tuple[str, ...]

_CHOICE = re.compile(r"\{([^{}]*)\}")
SKILL = "<skill>"


@dataclass(frozen=True, slots=True)
class Passage:
    """One thing that is said about a code: one to three sentences, perhaps with a choice of words.

    ``way`` is helps, hinders or neutral for a factor; a kind of practice for a skill; a kind of contribution
    for a component. A ``concrete`` passage tells an event.
    """

    family: Family
    code: str
    way: str
    concrete: bool
    text: str


class _Kinds(Record):
    general: Lines = ()
    concrete: Lines = ()


class _FactorTalk(Record):
    helps: _Kinds
    hinders: _Kinds
    neutral: Lines


class _SkillTalk(Record):
    phrase: str
    applied: _Kinds
    partly: _Kinds
    not_applied: _Kinds
    intention: Lines
    unclear: Lines


class _ComponentTalk(Record):
    helped: Lines
    hindered: Lines
    none: Lines


class Topic(Record):
    """A topic of the conversation: what is asked, and which codes come up when it is."""

    question: Words
    codes: tuple[str, ...]
    spontaneous: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    more: Lines


class Interviewer(Record):
    """What the interviewer says."""

    openings: Lines
    group_openings: Lines
    work: Lines
    closings: Lines
    thanks: Lines
    examples: Lines
    deeper: Lines
    group_deeper: Lines
    topics: dict[str, Topic]
    probes: dict[str, Lines]
    caseload: str


class Neutral(Record):
    """Talk that carries no code, and the sentences that mislead a dictionary."""

    work: Lines
    lead_work: Lines
    openers: Lines
    fillers: Lines
    links: Lines
    contrasts: Lines
    tails: Lines
    thin: Lines
    small: Lines
    agreeing: Lines
    differing: Lines
    adding: Lines
    agree: Lines
    chorus: Lines
    caseload: Lines
    emoji: Lines
    information: Lines
    traps: dict[str, Lines]


class Theme(Record):
    """A code that nobody planned: what it is called, what it means, and what was said of it."""

    label: Words
    definition: Words
    said: Lines


class _Factors(RootModel[dict[str, _FactorTalk]]):
    pass


class _Skills(RootModel[dict[str, _SkillTalk]]):
    pass


class _Components(RootModel[dict[str, _ComponentTalk]]):
    pass


class _Themes(RootModel[dict[str, Theme]]):
    pass


@dataclass(frozen=True, slots=True)
class Bank:
    """All sentences: passages by code and way, phrases of skills, themes, neutral talk, questions."""

    passages: Mapping[tuple[str, str], tuple[Passage, ...]]
    phrases: Mapping[str, str]
    themes: Mapping[str, Theme]
    neutral: Neutral
    interviewer: Interviewer

    def topic_of(self, code: str) -> str:
        """Give the topic in which a code comes up."""
        for name, topic in self.interviewer.topics.items():
            if code in (*topic.codes, *topic.spontaneous, *topic.later):
                return name
        raise KeyError(code)


def path(name: str) -> Path:
    """Say where a file of the bank lies."""
    return Path(str(files("casestudy") / "simulation" / "bank" / name))


@cache
def read() -> Bank:
    """Read the whole bank.

    Examples
    --------
    >>> bank = read()
    >>> bank.topic_of("M23"), len({code for code, _ in bank.passages})
    ('time', 50)
    """
    factors = documents.read(path("factors.yml"), _Factors, name="factors.yml").root
    skills = documents.read(path("skills.yml"), _Skills, name="skills.yml").root
    components = documents.read(path("components.yml"), _Components, name="components.yml").root
    found: dict[tuple[str, str], tuple[Passage, ...]] = {}
    for code, factor in factors.items():
        found[code, "helps"] = _of_kinds("factor", code, "helps", factor.helps)
        found[code, "hinders"] = _of_kinds("factor", code, "hinders", factor.hinders)
        found[code, "neutral"] = _plain("factor", code, "neutral", factor.neutral)
    for code, skill in skills.items():
        found[code, "applied"] = _of_kinds("skill", code, "applied", skill.applied)
        found[code, "partly"] = _of_kinds("skill", code, "partly", skill.partly)
        found[code, "not_applied"] = _of_kinds("skill", code, "not_applied", skill.not_applied)
        found[code, "intention"] = _plain("skill", code, "intention", skill.intention)
        found[code, "unclear"] = _plain("skill", code, "unclear", skill.unclear)
    for code, component in components.items():
        for way in ("helped", "hindered", "none"):
            found[code, way] = _plain("component", code, way, getattr(component, way))
    return Bank(
        found,
        {code: skill.phrase for code, skill in skills.items()},
        documents.read(path("inductive.yml"), _Themes, name="inductive.yml").root,
        documents.read(path("neutral.yml"), Neutral, name="neutral.yml"),
        documents.read(path("interviewer.yml"), Interviewer, name="interviewer.yml"),
    )


def _of_kinds(family: Family, code: str, way: str, kinds: _Kinds) -> tuple[Passage, ...]:
    general = (Passage(family, code, way, False, text) for text in kinds.general)
    return (*general, *(Passage(family, code, way, True, text) for text in kinds.concrete))


def _plain(family: Family, code: str, way: str, lines: Lines) -> tuple[Passage, ...]:
    return tuple(Passage(family, code, way, False, text) for text in lines)


def generator(seed: int, *parts: str | int) -> np.random.Generator:
    """Give the random numbers of one part of a study; the same seed and part give the same numbers.

    Examples
    --------
    >>> int(generator(1, "es", "talk").integers(1000)) == int(generator(1, "es", "talk").integers(1000))
    True
    """
    name = "/".join(str(part) for part in (seed, *parts)).encode()
    return np.random.default_rng(int.from_bytes(blake2b(name, digest_size=16).digest(), "big"))


def worded(text: str, rng: np.random.Generator) -> str:
    """Choose one of the words wherever ``{a|b}`` offers a choice.

    Examples
    --------
    >>> worded("Na {twee|twee} keer.", generator(1))
    'Na twee keer.'
    """
    return _CHOICE.sub(lambda found: _one(found[1].split("|"), rng), text)


def _one(options: list[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


class Deck:
    """Deals lines and passages so that none comes back before all have been used.

    Every site begins at another place of the same shuffled order, so that neighbouring sites sound different.
    """

    def __init__(self, bank: Bank, seed: int, site: int, rng: np.random.Generator) -> None:
        self._bank, self._seed, self._site, self._rng = bank, seed, site, rng
        self._waiting: dict[tuple[str, ...], list[int]] = {}

    def line(self, name: str, lines: Lines, *, avoid: re.Pattern[str] | None = None) -> str:
        """Deal one line of a list, in words."""
        return worded(lines[self._next((name,), lines, avoid)], self._rng)

    def passage(
        self, code: str, way: str, *, concrete: bool, avoid: re.Pattern[str] | None = None
    ) -> tuple[Passage, str]:
        """Deal one passage about a code, with its words; a general one where there is no concrete one."""
        every = self._bank.passages[code, way]
        chosen = [passage for passage in every if passage.concrete == concrete] or list(every)
        key = (code, way, str(concrete))
        passage = chosen[self._next(key, tuple(passage.text for passage in chosen), avoid)]
        return passage, worded(passage.text, self._rng)

    def _next(self, key: tuple[str, ...], lines: Lines, avoid: re.Pattern[str] | None) -> int:
        waiting = self._waiting.setdefault(key, [])
        place = self._first(waiting, lines, avoid)
        if place is None:
            order = generator(self._seed, "deck", *key).permutation(len(lines))
            waiting.extend(int(one) for one in np.roll(order, -(7 * self._site % len(lines))))
            place = self._first(waiting, lines, avoid)
        chosen = waiting[0] if place is None else place
        waiting.remove(chosen)
        return chosen

    @staticmethod
    def _first(waiting: list[int], lines: Lines, avoid: re.Pattern[str] | None) -> int | None:
        return next((place for place in waiting if avoid is None or not avoid.search(lines[place])), None)
