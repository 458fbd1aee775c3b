"""What is planted in a simulated study: ratings, practice, contributions, and what tests must find again.

Every site has the profile of one of five (A to E); a study of more than five sites repeats them. Mentions are
stratified: a planted rating is spoken by a fixed band of the eight conversations, and at most one of them
says the opposite, so that sampling alone cannot hide what was planted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from casestudy.simulation.bank import generator

PROFILES = "ABCDE"
CONVERSATIONS = 8
Value = str

# Rows of the published design first; then the factors that carry a special case.
_PLANTED: dict[str, str] = {
    "M23": "+1 -2 -1 -2 -2",
    "M13": "+2 +1 +1 -1 -1",
    "M19": "+1 +1 0 -1 -1",
    "M16": "+2 +1 +2 +1 +1",
    "M05": "X X +1 X -1",
    "M20": "-2 -2 -2 -2 -2",
    "M29": "M M -1 M M",
    "M22": "0 0 0 0 0",
    "M04": "-1 -1 +1 -1 -1",
    "M10": "0 0 0 0 X",
    "M15": "0 0 0 0 0",
    "M17": "M +1 +1 +1 +1",
    "M21": "0 0 M M M",
    "M25": "M +1 0 M M",
    "M27": "0 M 0 M M",
}
# Of the other fourteen factors half are spoken of without a direction, half are never spoken of.
NEUTRAL = ("M01", "M06", "M08", "M12", "M14", "M24", "M28")
SILENT = ("M02", "M03", "M07", "M09", "M11", "M18", "M26")

_SKILLS: dict[str, str] = {
    "SK01": "+1 +1 +1 X +1",
    "SK02": "+2 +1 +1 +1 +1",
    "SK03": "+1 -1 X -1 -1",
    "SK04": "+2 -1 +1 -1 +1",
    "SK05": "X -1 -1 -1 -1",
    "SK06": "+1 +1 +1 X +1",
    "SK07": "+1 -1 +1 -1 M",
    "SK08": "X X +1 M X",
    "SK09": "+1 X +1 X M",
}

# Labels of the nine designed factors when A, B and C are set against D and E, and with one site left out.
CONTRASTS = {
    "M23": "weak",
    "M13": "strong",
    "M19": "weak",
    "M16": "none",
    "M05": "none",
    "M20": "none",
    "M29": "insufficient",
    "M22": "none",
    "M04": "none",
}

COMPONENTS = tuple(f"CP{number:02d}" for number in range(1, 13))
_WEIGHTS = np.array([0.12, 0.05, 0.15, 0.18, 0.14, 0.10, 0.07, 0.06, 0.03, 0.03, 0.05, 0.02])
NOT_EVERYWHERE = {"CP11": "AB"}

SENSITIVITY = {"M23": 0.95, "SK04": 0.95, "M13": 0.85, "M15": 0.60}
SPECIFICITY = {"M23": 0.995, "SK04": 0.995, "M13": 0.99, "M15": 0.97}
OTHER_SENSITIVITY = 0.90
DICTIONARY = {"M23": (0.70, 0.80), "SK04": (0.95, 0.90), "M15": (0.40, 0.30)}


@dataclass(frozen=True, slots=True)
class Utterance:
    """One passage that a conversation must hold; ``certain`` ones are never missed by a coder."""

    code: str
    way: str
    concrete: bool
    skill: str | None = None
    certain: bool = False


def profile(site: int) -> str:
    """Give the profile of the site with this number.

    Examples
    --------
    >>> [profile(number) for number in (0, 4, 5)]
    ['A', 'E', 'A']
    """
    return PROFILES[site % len(PROFILES)]


def ratings(site: int) -> dict[str, Value]:
    """Give the planted rating of every factor and skill at a site: ``-2`` to ``2``, ``X`` or ``M``.

    Examples
    --------
    >>> [ratings(number)["M13"] for number in range(5)]
    ['2', '1', '1', '-1', '-1']
    >>> len(ratings(0))
    38
    """
    place = PROFILES.index(profile(site))
    found = {code: values.split()[place].lstrip("+") for code, values in (_PLANTED | _SKILLS).items()}
    found |= dict.fromkeys(NEUTRAL, "0") | dict.fromkeys(SILENT, "M")
    return dict(sorted(found.items()))


def offered(site: int) -> tuple[str, ...]:
    """Components that are offered at a site."""
    return tuple(code for code in COMPONENTS if profile(site) in NOT_EVERYWHERE.get(code, PROFILES))


def spoken(site: int, seed: int) -> list[list[Utterance]]:
    """Plan what each of a site's eight conversations must say, the special cases of the first five included.

    Returns
    -------
    list of list of Utterance
        One list per conversation; at the first site a ninth, of the participant who withdraws.
    """
    rng = generator(seed, site, "mentions")
    said: list[list[Utterance]] = [[] for _ in range(CONVERSATIONS)]
    values = ratings(site)
    for code, value in values.items():
        if code.startswith("M") and (site, code) not in _SPECIAL:
            _give(said, _factor(code, value, rng), rng)
    discussed = _skills(said, values, rng)
    _components(said, discussed, site, rng)
    _special_cases(said, site, rng)
    return said


def _give(
    said: list[list[Utterance]], stances: Sequence[Sequence[Utterance]], rng: np.random.Generator
) -> list[int]:
    places = [int(place) for place in rng.permutation(CONVERSATIONS)[: len(stances)]]
    for place, stance in zip(places, stances, strict=True):
        said[place].extend(stance)
    return places


def _factor(code: str, value: Value, rng: np.random.Generator) -> list[list[Utterance]]:
    """Plan per mentioning conversation what it says about a factor."""
    if value == "M":
        return []
    if value == "X":
        ways = ["helps", "hinders"] * 3
        return [_stance(code, way, rng, concrete=rng.random() < 0.3) for way in ways]
    if value == "0":
        return _without_direction(code, rng)
    way, other = ("helps", "hinders") if int(value) > 0 else ("hinders", "helps")
    strong = abs(int(value)) == 2
    n = int(rng.choice([5, 6, 7], p=[0.25, 0.5, 0.25]))
    against = rng.random() < (0.06 if strong else 0.12) * n
    n_concrete = (3 + int(rng.random() < 0.3)) if strong else int(rng.random() < 0.06 * n)
    stances = [_stance(code, way, rng, concrete=place < n_concrete) for place in range(n - against)]
    if against:
        both = rng.random() < 0.5
        stances.append(
            [*(_stance(code, way, rng, most=1) if both else []), *_stance(code, other, rng, most=1)]
        )
    return stances


def _without_direction(code: str, rng: np.random.Generator) -> list[list[Utterance]]:
    n = (
        int(rng.integers(5, 8))
        if code in _PLANTED and code not in ("M10", "M21", "M25", "M27")
        else int(rng.integers(3, 6))
    )
    stances = [[Utterance(code, "neutral", False)] for _ in range(n)]
    if rng.random() < 0.03 * n and n > 4:
        stances[0] = [Utterance(code, "helps" if rng.random() < 0.5 else "hinders", False)]
    return stances


def _stance(
    code: str, way: str, rng: np.random.Generator, *, concrete: bool = False, most: int = 3
) -> list[Utterance]:
    """One to three passages in one direction; a concrete stance tells an event after saying it in general."""
    n = min(most, int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])))
    n_concrete = max(1, n // 2) if concrete else 0
    return [Utterance(code, way, place >= n - n_concrete) for place in range(n)]


def _skills(
    said: list[list[Utterance]], values: Mapping[str, Value], rng: np.random.Generator
) -> dict[str, list[int]]:
    """Plan who speaks of practising which skill; gives the conversations that use it, at least partly."""
    discussed: dict[str, list[int]] = {}
    for code in _SKILLS:
        ways = _practice(values[code], rng)
        places = _give(said, [[Utterance(code, way, rng.random() < _EVENTS[way])] for way in ways], rng)
        discussed[code] = [
            place for place, way in zip(places, ways, strict=True) if way in ("applied", "partly")
        ]
    return discussed


_EVENTS = {"applied": 0.55, "partly": 0.3, "not_applied": 0.5, "intention": 0.0, "unclear": 0.0}


def _practice(value: Value, rng: np.random.Generator) -> list[str]:
    if value == "M":
        return []
    if value == "X":
        return ["applied", "not_applied"] * 3
    if value == "2":
        return ["applied"] * 6 + (["partly"] if rng.random() < 0.5 else [])
    most = "applied" if int(value) > 0 else "not_applied"
    rest = (
        ["intention"] if int(value) < 0 or rng.random() < 0.3 else ["unclear"] if rng.random() < 0.3 else []
    )
    return [*[most] * 4, "partly", "partly", *rest]


# New themes per conversation, in order of date: saturation is reached at 6+2 (base 4, run 2, 5 %).
NEW_THEMES = (9, 5, 4, 3, 2, 1, 1, 0, 1, 0, 0, 0)
N_THEMES = sum(NEW_THEMES)


def themes(sources: Sequence[str], seed: int) -> dict[str, list[str]]:
    """Plan which themes come up in which conversation.

    Parameters
    ----------
    sources
        Ids of the conversations in order of date, then id.

    Returns
    -------
    dict of str to list of str
        Codes per conversation: those that are new there, and two that came up before; later conversations
        bring nothing new.

    Examples
    --------
    >>> planned = themes([f"a-{number:02d}" for number in range(14)], seed=1)
    >>> [len(codes) for codes in planned.values()][:3], len({c for codes in planned.values() for c in codes})
    ([9, 7, 6], 26)
    """
    rng = generator(seed, "themes")
    order = [f"IND_{1 + int(place):02d}" for place in rng.permutation(N_THEMES)]
    planned: dict[str, list[str]] = {}
    known = 0
    for number, source in enumerate(sources):
        n_new = NEW_THEMES[number] if number < len(NEW_THEMES) else 0
        again = [
            order[int(place)] for place in rng.permutation(known)[: 2 if number < len(NEW_THEMES) else 1]
        ]
        planned[source] = [*again, *order[known : known + n_new]]
        known += n_new
    return planned


CONVERSATION_OF_TEAM_LEADER, CONVERSATION_OF_EXPERT = 4, 5
OUTLIER, CHORUS, INFORMATION, EMOJI, CASELOAD, WITHDRAWN = 1, 6, 5, 6, 2, 8
# Who leads does not say what a team leader did; and where only the interviewer may say "caseload", the
# component that would bring the word in stays unsaid.
_UNSAID = {("CP06", CONVERSATION_OF_TEAM_LEADER), ("CP06", CONVERSATION_OF_EXPERT), ("CP12", CASELOAD)}


def _components(
    said: list[list[Utterance]], discussed: Mapping[str, list[int]], site: int, rng: np.random.Generator
) -> None:
    """Let every conversation say of two or three components what they did for a skill it practises."""
    on = np.array([code in offered(site) for code in COMPONENTS])
    weights = _WEIGHTS * on / (_WEIGHTS * on).sum()
    for place, talk in enumerate(said):
        skills = [code for code, places in discussed.items() if place in places]
        if not skills:
            continue
        chosen = rng.choice(COMPONENTS, size=int(rng.integers(2, 4)), replace=False, p=weights)
        for code in sorted(str(one) for one in chosen):
            skill = skills[int(rng.integers(len(skills)))]
            if (code, skill) != ("CP04", "SK04") and (code, place) not in _UNSAID:
                way = str(rng.choice(["helped", "hindered", "none"], p=[0.72, 0.16, 0.12]))
                talk.append(Utterance(code, way, False, skill))
    for place in discussed["SK04"][: {"A": 3, "C": 1}.get(profile(site), 0)]:
        said[place].append(Utterance("CP04", "helped", True, "SK04", certain=True))


# Cells whose mentions are fixed by a special case instead of drawn.
_SPECIAL = {(0, "M19"), (0, "M23"), (1, "M25"), (3, "M13")}


def _special_cases(said: list[list[Utterance]], site: int, rng: np.random.Generator) -> None:
    if site == 0:
        # Six say that management backs it, one with an event; the ninth tells a second event, and withdraws.
        for place in range(6):
            said[place].append(Utterance("M19", "helps", False))
        said[2].append(Utterance("M19", "helps", True, certain=True))
        # "Geen tijd" and "tijd genoeg" stand in one conversation.
        for place in (1, 2, 4, 5, 6):
            said[place] += _stance("M23", "helps", rng)
        said[3] += [Utterance("M23", "helps", False), Utterance("M23", "hinders", False)]
        said.append(_withdrawn())
    elif site == 1:
        said[OUTLIER] += [Utterance("M25", "hinders", number >= 16, certain=True) for number in range(30)]
        for place in (0, 2, 3, 5, 7):
            said[place].append(Utterance("M25", "helps", place == 3, certain=True))
    elif site == 3:
        # Five speakers of one group repeat one point: one source.
        said[CHORUS] += [Utterance("M13", "hinders", False) for _ in range(5)]
        for place in (0, 3, 4, 7):
            said[place] += _stance("M13", "hinders", rng, most=2)
        said[5].append(Utterance("M13", "helps", False))


def _withdrawn() -> list[Utterance]:
    ways = [
        ("M19", "helps", True),
        ("M16", "helps", False),
        ("M20", "hinders", True),
        ("M13", "helps", False),
    ]
    factors = [Utterance(code, way, concrete, certain=code == "M19") for code, way, concrete in ways]
    return [*factors, Utterance("SK02", "applied", True), Utterance("CP03", "helped", False, "SK02")]
