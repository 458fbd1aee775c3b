"""The bank of sentences: enough of everything, nothing twice, nothing borrowed, no names, and its traps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
import regex

from casestudy.material import codebook, texts
from casestudy.simulation import bank as banks
from casestudy.simulation import truth
from casestudy.simulation.bank import Bank, Deck, generator, worded

# Factors whose direction is planted somewhere need talk in both directions.
DIRECTED = "M04 M05 M08 M10 M12 M13 M15 M16 M17 M19 M20 M21 M22 M23 M24 M25 M27 M29".split()
CAPITALS = {"AVG", "ICT", "MT", "Jeugdwet", "Eén", "U"}


@pytest.fixture(scope="module")
def bank() -> Bank:
    return banks.read()


def every_line(bank: Bank) -> Iterator[str]:
    for passages in bank.passages.values():
        yield from (passage.text for passage in passages)
    for value in (bank.neutral.model_dump(), bank.interviewer.model_dump()):
        yield from strings(value)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            if key not in ("codes", "spontaneous", "later", "en"):
                yield from strings(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings(one)


@pytest.mark.parametrize("code", DIRECTED)
@pytest.mark.parametrize("way", ["helps", "hinders"])
def test_a_directed_factor_has_six_passages_each_way(bank: Bank, code: str, way: str) -> None:
    passages = bank.passages[code, way]
    assert len(passages) >= 6
    assert {passage.concrete for passage in passages} == {True, False}


@pytest.mark.parametrize("code", [code.id for code in codebook.framework("midi")])
def test_every_factor_has_neutral_talk_and_both_directions(bank: Bank, code: str) -> None:
    assert len(bank.passages[code, "neutral"]) >= 4
    assert len(bank.passages[code, "helps"]) >= 2
    assert len(bank.passages[code, "hinders"]) >= 2


@pytest.mark.parametrize("code", [code.id for code in codebook.framework("skills")])
def test_every_skill_has_every_kind_of_practice(bank: Bank, code: str) -> None:
    least = {"applied": 4, "partly": 2, "not_applied": 2, "intention": 2, "unclear": 1}
    assert [way for way, n in least.items() if len(bank.passages[code, way]) < n] == []


@pytest.mark.parametrize("code", truth.COMPONENTS)
def test_every_component_helps_and_hinders_a_skill(bank: Bank, code: str) -> None:
    for way, least in (("helped", 3), ("hindered", 2), ("none", 1)):
        passages = bank.passages[code, way]
        assert len(passages) >= least
        assert all(banks.SKILL in passage.text for passage in passages)


def test_no_line_stands_twice(bank: Bank) -> None:
    counts = Counter(line.casefold() for line in every_line(bank))
    assert [line for line, n in counts.items() if n > 1] == []


def test_nothing_is_borrowed_from_the_anchors(bank: Bank) -> None:
    plain = regex.compile(r"\W+")
    ready = [code for name in ("midi", "skills", "components") for code in codebook.framework(name)]  # type: ignore[arg-type]
    anchors = {a for code in ready for a in (code.anchors.positive, code.anchors.negative) if a}
    written = {plain.sub(" ", anchor).strip().casefold() for anchor in anchors}
    ours = {plain.sub(" ", line).strip().casefold() for line in every_line(bank)}
    assert len(written) > 50
    assert ours & written == set()


def test_no_names_of_people_or_places(bank: Bank) -> None:
    strange = set()
    for line in every_line(bank):
        plain = worded(line, generator(1))
        for start, end in texts.sentences(plain):
            words = re.findall(r"[^\W\d_]+", re.sub(r": \w", ": x", plain[start:end]))
            strange |= {word for word in words[1:] if word[0].isupper()} - CAPITALS
    assert strange == set()


@pytest.mark.parametrize("code", [code.id for code in codebook.framework("midi")])
def test_the_topic_of_a_factor_is_known(bank: Bank, code: str) -> None:
    assert bank.topic_of(code) in bank.interviewer.topics
    assert bank.interviewer.probes[code]


def hit_shares(bank: Bank) -> dict[str, float]:
    """Share of the passages of a code that its own patterns find, by code."""
    shares = {}
    for code in (code for name in ("midi", "skills") for code in codebook.framework(name)):  # type: ignore[arg-type]
        patterns = [regex.compile(pattern, regex.IGNORECASE) for pattern in code.patterns]
        lines = [p.text for (c, _), ps in bank.passages.items() if c == code.id for p in ps]
        found = [any(pattern.search(line) for pattern in patterns) for line in lines]
        shares[code.id] = sum(found) / len(found)
    return shares


def test_the_dictionary_finds_part_of_what_is_said(bank: Bank, capsys: pytest.CaptureFixture[str]) -> None:
    shares = hit_shares(bank)
    with capsys.disabled():
        print("\nown pattern finds:", " ".join(f"{code} {share:.2f}" for code, share in shares.items()))
    assert shares["SK04"] >= 0.80
    assert shares["M23"] >= 0.70
    assert 0.10 <= shares["M15"] <= 0.45


def patterns_of(code: str) -> list[regex.Pattern[str]]:
    ready = [one for name in ("midi", "skills") for one in codebook.framework(name)]  # type: ignore[arg-type]
    return [
        regex.compile(pattern, regex.IGNORECASE)
        for one in ready
        if one.id == code
        for pattern in one.patterns
    ]


@pytest.mark.parametrize("code", ["M23", "M15", "SK04"])
def test_traps_mislead_the_dictionary(bank: Bank, code: str) -> None:
    patterns = patterns_of(code)
    found = [line for line in bank.neutral.traps[code] if any(pattern.search(line) for pattern in patterns)]
    assert len(found) == len(bank.neutral.traps[code])


def test_information_stands_twenty_times_and_is_no_formation(bank: Bank) -> None:
    lines = bank.neutral.information
    assert sum(line.casefold().count("informatie") for line in lines) >= 20
    assert not any(pattern.search(line) for pattern in patterns_of("M21") for line in lines)


def test_only_the_interviewer_brings_up_the_caseload(bank: Bank) -> None:
    assert "caseload" in bank.interviewer.caseload
    assert "caseload" not in bank.neutral.caseload[0]


def test_a_deck_deals_everything_before_it_repeats(bank: Bank) -> None:
    deck = Deck(bank, 1, 0, generator(1))
    n = sum(passage.concrete for passage in bank.passages["M20", "hinders"])
    dealt = [deck.passage("M20", "hinders", concrete=True)[0].text for _ in range(2 * n)]
    assert len(set(dealt[:n])) == n
    assert set(dealt[n:]) == set(dealt[:n])


def test_neighbouring_sites_begin_elsewhere(bank: Bank) -> None:
    first = [Deck(bank, 1, site, generator(1)).line("small", bank.neutral.small) for site in range(5)]
    assert len(set(first)) == 5
