"""The survey of a simulated study: latent change with dropout, frequencies, boxes, traps of real files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from casestudy.simulation import truth
from casestudy.simulation.bank import generator
from casestudy.simulation.cast import Site
from casestudy.simulation.settings import INSTRUMENT_ITEMS, SGIC, SGIC_SITE, SKILLS, tick

Values = NDArray[np.float64]
Cells = dict[str, str]

N_BEFORE = {"A": 64, "B": 56, "C": 52, "D": 44, "E": 14}
DROPOUT = {"A": 0.15, "B": 0.20, "C": 0.25, "D": 0.25, "E": 0.30}
SHIFT: dict[str, dict[str, float]] = {
    "KEN": dict.fromkeys("ABCDE", 1.0),
    "VAA": {"A": 1.1, "B": 0.7, "C": 0.7, "D": 0.0, "E": 0.0},
    "HOU": dict.fromkeys("ABCDE", 0.0),
}
LOADING, CORRELATION, BETWEEN = 0.75, 0.70, 0.6
THRESHOLDS = np.array([-1.6, -0.7, 0.3, 1.3])
LEAVING = -0.6  # change of the log-odds of leaving per SD of the score before
THEN_SHIFT = 0.38  # latent; .28 points of the scale
REVERSED = {"KEN4", "VAA3", "HOU5"}
HALF_ANSWERED = (
    (0, "T1", "HOU"),
    (1, "T1", "VAA"),
    (2, "T1", "VAA"),
    (3, "T1", "VAA"),
    (1, "T1", "HOU"),
    (2, "T0", "HOU"),
    (3, "T0", "HOU"),
)
STRAIGHT = (0, 1, 2)
FOLLOWUP_SHARE, FOLLOWUP_AT_E = 0.8, 4
USERS, APPLICABLE, NAMED = 41, 52, 23
_NAMING = dict(
    zip(truth.COMPONENTS, (0.45, 0.15, 0.5, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.1, 0.3, 0.12), strict=True)
)
_FREQUENCY = dict(zip(SKILLS, (0.1, 0.5, -0.2, 0.1, -0.4, 0.4, -0.1, -0.2, 0.2), strict=True))


@dataclass(slots=True)
class Form:
    """One filled-in form: who, where, when, and the text in every cell."""

    key: str
    site: str
    wave: str
    role: str
    cells: Cells = field(default_factory=dict)
    code: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Everybody of one site: latent positions per wave and scale, and who stays."""

    site: Site
    latent: dict[str, dict[str, Values]]
    stays: NDArray[np.bool_]
    later: NDArray[np.bool_]


def forms(site: Site, seed: int) -> list[Form]:
    """Fill in every form of one site, wave by wave in the order in which they came in, traps included."""
    rng = generator(seed, site.number, "survey")
    answers = _scales(site, rng)
    group = _group(answers, site, rng)
    filled = _forms(group, answers, seed, rng)
    _traps(filled, site.number, rng)
    return filled


@dataclass(frozen=True, slots=True)
class _Answers:
    """Answers from 1 to 5 per wave and item, unreversed, for everybody there was before; latent positions."""

    items: dict[str, dict[str, NDArray[np.int_]]]
    latent: dict[str, dict[str, Values]]


def _scales(site: Site, rng: np.random.Generator) -> _Answers:
    n = N_BEFORE[site.profile]
    latent: dict[str, dict[str, Values]] = {wave: {} for wave in ("T0", "T1", "T2", "THEN")}
    common = {wave: rng.standard_normal(n) for wave in ("T0", "T1")}
    for scale in INSTRUMENT_ITEMS:
        shift = SHIFT[scale][site.profile]
        own, new = (
            math.sqrt(BETWEEN) * common[wave] + math.sqrt(1 - BETWEEN) * rng.standard_normal(n)
            for wave in ("T0", "T1")
        )
        still = CORRELATION * own + math.sqrt(1 - CORRELATION**2) * new
        latent["T0"][scale], latent["T1"][scale] = own, still + shift
        latent["T2"][scale] = 0.9 * shift + 0.8 * still + 0.6 * rng.standard_normal(n)
        latent["THEN"][scale] = own - THEN_SHIFT
    items = {
        wave: {
            f"{scale}{number}": _answered(positions, rng)
            for scale, positions in scales.items()
            for number in range(1, INSTRUMENT_ITEMS[scale] + 1)
        }
        for wave, scales in latent.items()
    }
    return _Answers(items, latent)


def _answered(position: Values, rng: np.random.Generator) -> NDArray[np.int_]:
    """Give the answer from 1 to 5 to an item with the common loading."""
    pull = LOADING * position + math.sqrt(1 - LOADING**2) * rng.standard_normal(len(position))
    return 1 + np.searchsorted(THRESHOLDS, pull)


def _group(answers: _Answers, site: Site, rng: np.random.Generator) -> Group:
    """Decide who stays: exactly the planted number, the sooner the higher the score before."""
    n = N_BEFORE[site.profile]
    score = np.mean(list(answers.items["T0"].values()), axis=0)
    z = (score - score.mean()) / score.std()
    n_leaving = math.floor(n * DROPOUT[site.profile] + 0.5)
    leaving = np.argsort(-(LEAVING * z + rng.gumbel(size=n)), kind="stable")[:n_leaving]
    stays = np.ones(n, dtype=bool)
    stays[leaving] = False
    later = np.zeros(n, dtype=bool)
    here = np.flatnonzero(stays)
    if site.profile in "ABC":
        later[rng.permutation(here)[: round(FOLLOWUP_SHARE * len(here))]] = True
    elif site.profile == "E":
        later[rng.permutation(here)[:FOLLOWUP_AT_E]] = True
    return Group(site, answers.latent, stays, later)


def _forms(group: Group, answers: _Answers, seed: int, rng: np.random.Generator) -> list[Form]:
    site, n = group.site, len(group.stays)
    roles = np.where(rng.random(n) < 0.88, "professional", "teamleider")
    uses = {wave: _frequencies(group, wave, rng) for wave in ("T0", "T1", "T2")}
    boxes = _boxes(group, uses["T1"], rng)
    codes = _codes(n, rng)
    there = {"T0": np.ones(n, dtype=bool), "T1": group.stays, "T2": group.later, "THEN": group.stays}
    found = []
    for wave, present in there.items():
        if wave == "THEN" and site.profile == "D":
            continue
        ids = _ids(site, n, wave if site.profile == "D" else "", seed)
        for person in (int(one) for one in rng.permutation(np.flatnonzero(present))):
            cells = {
                item: _written(item, int(v[person]))
                for item, v in answers.items[wave].items()
                if _is_asked(item, wave)
            }
            if wave != "THEN":
                cells |= uses[wave][person]
            if wave == "T1":
                cells |= boxes[person]
            found.append(Form(ids[person], site.site, wave, str(roles[person]), cells, codes[person]))
    return found


def _is_asked(item: str, wave: str) -> bool:
    return wave != "THEN" or item.startswith("VAA")


def _written(item: str, value: int) -> str:
    return str(6 - value if item in REVERSED else value)


def _ids(site: Site, n: int, wave: str, seed: int) -> list[str]:
    """Random numbers that say nothing; where waves cannot be linked, other ones in every wave."""
    rng = generator(seed, site.number, "numbers", wave)
    first = 100_000 + 2_000 * site.number
    numbers = first + rng.permutation(500)[:n] + {"": 0, "T0": 500, "T1": 1000, "T2": 1500}[wave]
    return [f"r{int(number)}" for number in numbers]


def _frequencies(group: Group, wave: str, rng: np.random.Generator) -> list[Cells]:
    """Give how often everybody uses each skill; in profile A after training exactly 41 of 52 use the plan."""
    n = len(group.stays)
    skill = group.latent[wave]["VAA"]
    found: list[Cells] = [{} for _ in range(n)]
    for number, code in enumerate(SKILLS, start=1):
        pull = 0.6 * skill + 0.8 * rng.standard_normal(n) + _FREQUENCY[code]
        values, absent = 1 + np.searchsorted(THRESHOLDS, pull), rng.random(n) < 0.05
        if (wave, code, group.site.profile) == ("T1", "SK04", "A"):
            values, absent = _exact(values, pull, np.flatnonzero(group.stays), rng)
        for person in range(n):
            found[person][f"TOE{number}"] = "nvt" if absent[person] else str(int(values[person]))
    return found


def _exact(
    values: NDArray[np.int_], pull: Values, here: NDArray[np.int_], rng: np.random.Generator
) -> tuple[NDArray[np.int_], NDArray[np.bool_]]:
    values, absent = values.copy(), np.zeros(len(values), dtype=bool)
    absent[rng.permutation(here)[: len(here) - APPLICABLE]] = True
    ranked = sorted((int(one) for one in here if not absent[one]), key=lambda one: -pull[one])
    for place, person in enumerate(ranked):
        values[person] = max(4, values[person]) if place < USERS else min(3, values[person])
    return values, absent


def _boxes(group: Group, uses: Sequence[Cells], rng: np.random.Generator) -> list[Cells]:
    """Boxes of the components for every skill that is used at least now and then; other boxes stay empty."""
    on = truth.offered(group.site.number)
    found: list[Cells] = []
    users = [p for p in map(int, np.flatnonzero(group.stays)) if uses[p]["TOE4"] in ("4", "5")]
    named = {int(one) for one in rng.permutation(np.array(users, dtype=int))[:NAMED]}
    for person in range(len(group.stays)):
        cells: Cells = {}
        for number, skill in enumerate(SKILLS, start=1):
            used = uses[person][f"TOE{number}"]
            shown = used in ("3", "4", "5")
            for place, component in enumerate(truth.COMPONENTS):
                ticked = rng.random() < _NAMING[component] * (0.7 + 0.12 * ((number + place) % 6))
                if (skill, component, group.site.profile) == ("SK04", "CP04", "A") and used in ("4", "5"):
                    ticked = person in named
                cells[tick(skill, component)] = str(int(ticked)) if shown and component in on else ""
        found.append(cells)
    return found


def _codes(n: int, rng: np.random.Generator) -> list[tuple[str, ...]]:
    """Self-generated codes of six elements: letters, a day, a month, a number of siblings, a letter."""
    letters = np.array(list("abcdefghijklmnoprstvwz"))
    return [
        (
            str(rng.choice(letters)),
            str(rng.choice(letters)),
            f"{int(rng.integers(1, 32))}",
            f"{int(rng.integers(1, 13))}",
            f"{int(rng.integers(0, 4))}",
            str(rng.choice(letters)),
        )
        for _ in range(n)
    ]


def _traps(filled: list[Form], number: int, rng: np.random.Generator) -> None:
    taken: set[str] = set()
    for site, wave, scale in HALF_ANSWERED:
        if site == number:
            form = _pick(filled, wave, rng, taken)
            for place in (2, 4, 6):
                form.cells[f"{scale}{place}"] = ""
    if number in STRAIGHT:
        form = _pick(filled, "T0", rng, taken)
        form.cells |= {item: "4" for item in form.cells if not item.startswith("TOE")}
    if number == 1:
        _duplicates(filled, rng, taken)
    if number == SGIC_SITE:
        _slips(filled, rng)


def _pick(filled: Sequence[Form], wave: str, rng: np.random.Generator, taken: set[str]) -> Form:
    free = [form for form in filled if form.wave == wave and form.key not in taken]
    form = free[int(rng.integers(len(free)))]
    taken.add(form.key)
    return form


def _duplicates(filled: list[Form], rng: np.random.Generator, taken: set[str]) -> None:
    """Two people hand their form in twice; the first, unfinished one comes before the one that counts."""
    for _ in range(2):
        form = _pick(filled, "T1", rng, taken)
        first = {item: value if item.startswith("KEN") else "" for item, value in form.cells.items()}
        filled.insert(filled.index(form), Form(form.key, form.site, form.wave, form.role, first, form.code))


def _slips(filled: Sequence[Form], rng: np.random.Generator) -> None:
    """Let eight people write one element of their code otherwise after training, and two pairs share one."""
    by_wave = {wave: {form.key: form for form in filled if form.wave == wave} for wave in ("T0", "T1")}
    both = [key for key in by_wave["T1"] if key in by_wave["T0"]]
    order = [both[int(place)] for place in rng.permutation(len(both))]
    for key in order[:8]:
        form, place = by_wave["T1"][key], int(rng.integers(len(SGIC)))
        wrong = "9" if place == 4 else "x"
        form.code = (*form.code[:place], wrong, *form.code[place + 1 :])
    for one, other in ((8, 9), (10, 11)):
        shared = by_wave["T0"][order[one]].code
        for form in filled:
            if form.key in (order[one], order[other]):
                form.code = shared
                form.role = "professional"


def torn(sites: Sequence[Site], seed: int) -> Iterator[Form]:
    """One respondent who stands at the first site before and at the second after training."""
    if len(sites) < 2:
        return
    rng = generator(seed, "torn")
    for place, wave in ((0, "T0"), (1, "T1")):
        cells = {
            f"{scale}{number}": str(int(rng.integers(2, 6)))
            for scale, most in INSTRUMENT_ITEMS.items()
            for number in range(1, most + 1)
        }
        yield Form("r99999", sites[place].site, wave, "professional", cells)
