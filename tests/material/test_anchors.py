"""Placements: sixteen kinds of edits and a thousand random ones, against an oracle that follows characters.

The oracle carries with every character where it came from; it never looks at words.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.material import anchors, texts
from casestudy.material.alignment import align
from casestudy.material.anchors import Placement, placements

NEW = -1
WORDS = (
    "de het een tijd plan gezin collega training gesprek overleg maar want omdat toch soms vaak nooit goed "
    "lastig helpt kost werk weer samen team leiding vraag kind ouder school avond week dag uur stap veilig "
    "schaal kaart formulier systeem nieuw oud eigen ander eerst later meteen rustig druk rooster dienst"
).split()


@dataclass(frozen=True)
class Traced:
    """A text with the place in the first text each character came from; of a copy, ``-2 - place``."""

    text: str
    origins: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Traced:
        return cls(text, tuple(range(len(text))))

    @classmethod
    def new(cls, text: str) -> Traced:
        return cls(text, (NEW,) * len(text))

    def __getitem__(self, part: slice) -> Traced:
        return Traced(self.text[part], self.origins[part])

    def __add__(self, other: Traced) -> Traced:
        return Traced(self.text + other.text, self.origins + other.origins)

    def copied(self) -> Traced:
        return Traced(self.text, tuple(-2 - place if place >= 0 else place for place in self.origins))

    def replaced(self, start: int, end: int, text: str | Traced) -> Traced:
        middle = Traced.new(text) if isinstance(text, str) else text
        return self[:start] + middle + self[end:]

    def substituted(self, pattern: str, change: Callable[[re.Match[str]], str]) -> Traced:
        result, at = Traced("", ()), 0
        for found in re.finditer(pattern, self.text):
            new = change(found)
            if new == found.group():
                continue
            # A change that keeps its beginning or end keeps those characters.
            head = len(found.group()) if new.startswith(found.group()) else 0
            result = result + self[at : found.start() + head] + Traced.new(new[head:])
            at = found.end()
        return result + self[at:]


def judged(before: str, after: Traced, segment: tuple[int, int], found: Placement) -> str:
    """Say what became of a coding: right, wrong, lost, or told to a person."""
    start, end = segment
    wanted = set(range(start, end))
    if found.state in ("same", "moved"):
        assert found.start is not None
        assert found.end is not None
        if after.text[found.start : found.end] != before[start:end]:
            return "wrong"
        own = sum(after.origins[found.start + n] == start + n for n in range(end - start))
        copies = sum(after.origins[found.start + n] == -2 - start - n for n in range(end - start))
        left = len(wanted.intersection(after.origins))
        around = slice(max(0, start - 32), end + 32)
        if before[around] == after.text[max(0, found.start - 32) : found.end + 32]:
            return "right"  # the same words with the same words around them: nobody can tell these apart
        is_right = own > (end - start) / 2 or (left <= (end - start) / 2 and copies > (end - start) / 2)
        return "right" if is_right and (found.state == "same") == (found.start == start) else "wrong"
    if found.state == "changed":
        assert found.start is not None
        assert found.end is not None
        came = {place if place >= 0 else -2 - place for place in after.origins[found.start : found.end]}
        return "told" if wanted & came else "wrong"
    if found.state == "orphaned" and after.text.count(before[start:end]) == 1 and end - start > 12:
        whole = after.text.index(before[start:end])
        return "lost" if after.origins[whole] == start else "told"
    return "told"


def talk(seed: int, n_turns: int = 60) -> str:
    """A made-up conversation with names, short answers that come again, and sentences that come twice."""
    rng = random.Random(seed)
    said: list[str] = []
    for number in range(n_turns):
        if number % 2 == 0:
            said.append(f"I: {_sentence(rng, 4, 9)[:-1]}?")
            continue
        kind = rng.random()
        if kind < 0.2:
            said.append(rng.choice(["R: Ja.", "R: Nee.", "R: Ja, dat klopt.", "R: Hm hm."]))
        elif kind < 0.27 and len(said) > 5:
            said.append(said[rng.randrange(1, len(said), 2)])
        else:
            said.append("R: " + " ".join(_sentence(rng, 5, 16) for _ in range(rng.randint(1, 4))))
    return "\n".join(said) + "\n"


def _sentence(rng: random.Random, low: int, high: int) -> str:
    words = [rng.choice([*WORDS, "Jan", "Fatima", "Kees"]) for _ in range(rng.randint(low, high))]
    return " ".join(words).capitalize() + rng.choice([".", ".", ".", "!"])


def coded(text: str, rng: random.Random, n: int = 40) -> list[tuple[int, int]]:
    """Sentences, whole answers, and a few loose words of the participant."""
    sentences = [span for span in texts.sentences(text) if span[1] - span[0] > 1]
    found = [rng.choice(sentences) for _ in range(n)]
    answers = [(m.start(1), m.end(1)) for m in re.finditer(r"^R: (.+)$", text, re.M)]
    found += [rng.choice(answers) for _ in range(n // 4)]
    words = [m.span() for m in re.finditer(r"\w+(?: \w+)?", text)]
    return found + [rng.choice(words) for _ in range(n // 4)]


def _lines(traced: Traced) -> list[Traced]:
    ends = [m.end() for m in re.finditer("\n", traced.text)]
    return [traced[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _joined(parts: Sequence[Traced]) -> Traced:
    return Traced("".join(p.text for p in parts), tuple(place for p in parts for place in p.origins))


def _typos(traced: Traced, rng: random.Random) -> Traced:
    def mend(found: re.Match[str]) -> str:
        word = found.group()
        at = rng.randrange(len(word))
        return word[:at] + rng.choice("xqz") + word[at + 1 :] if rng.random() < 0.03 else word

    return traced.substituted(r"\w{4,}", mend)


def _pseudonyms(traced: Traced, rng: random.Random) -> Traced:
    names = {"Jan": "[naam-1]", "jan": "[naam-1]", "Fatima": "[naam-2]", "fatima": "[naam-2]"}
    return traced.substituted(r"\b([Jj]an|[Ff]atima)\b", lambda found: names[found.group()])


def _stamped(traced: Traced, rng: random.Random) -> Traced:
    lines = _lines(traced)
    return _joined([Traced.new(f"[00:{n // 60:02}:{n % 60:02}] ") + line for n, line in enumerate(lines)])


def _headed(traced: Traced, rng: random.Random) -> Traced:
    return Traced.new("Gesprek 12\nDatum: maart\nAanwezig: R en I\n\n") + traced


def _shortened(traced: Traced, rng: random.Random) -> Traced:
    return _joined([line for line in _lines(traced) if rng.random() > 0.2])


def _doubled(traced: Traced, rng: random.Random) -> Traced:
    lines = _lines(traced)
    for _ in range(6):
        lines.insert(rng.randrange(len(lines)), rng.choice(lines).copied())
    return _joined(lines)


def _swapped(traced: Traced, rng: random.Random) -> Traced:
    lines = _lines(traced)
    half = len(lines) // 2
    return _joined([*lines[half:], *lines[:half]])


def _normalised(change: Callable[[str], str]) -> Callable[[Traced, random.Random], Traced]:
    """Edits that the reader of a text undoes: the characters that come out are those that went in."""

    def edit(traced: Traced, rng: random.Random) -> Traced:
        text = texts.normalise(change(traced.text))
        assert text == traced.text
        return traced

    return edit


def _spaced(traced: Traced, rng: random.Random) -> Traced:
    return traced.substituted(" ", lambda _: rng.choice([" ", " ", " ", "  ", "\u00a0"]))


def _retranscribed(traced: Traced, rng: random.Random) -> Traced:
    return traced.substituted(r"\w+", lambda m: rng.choice(WORDS) if rng.random() < 0.15 else m.group())


def _halved(traced: Traced, rng: random.Random) -> Traced:
    return _joined(_lines(traced)[: traced.text.count("\n") // 2])


EDITS: dict[str, Callable[[Traced, random.Random], Traced]] = {
    "typos mended": _typos,
    "names replaced": _pseudonyms,
    "time stamps added": _stamped,
    "a header added": _headed,
    "turns deleted": _shortened,
    "turns doubled": _doubled,
    "halves swapped": _swapped,
    "other line ends": _normalised(lambda text: text.replace("\n", "\r\n")),
    "double and hard spaces": _spaced,
    "decomposed letters": _normalised(lambda text: unicodedata.normalize("NFD", text)),
    "an emoji before": lambda traced, rng: Traced.new("👩‍👩‍👧 ") + traced,
    "an emoji in every line": lambda traced, rng: _joined(
        [Traced.new("😀") + line for line in _lines(traced)]
    ),
    "transcribed again": _retranscribed,
    "half deleted": _halved,
    "another transcript": lambda traced, rng: Traced.new(talk(rng.randrange(10_000) + 10_000)),
    "emptied": lambda traced, rng: Traced.new(""),
}


@cache
def outcome(edit: str) -> tuple[Counter[str], Counter[str]]:
    told: Counter[str] = Counter()
    states: Counter[str] = Counter()
    for seed in range(12):
        rng = random.Random(f"{edit}{seed}")
        before = talk(seed)
        segments = coded(before, rng)
        after = EDITS[edit](Traced.of(before), rng)
        found = placements(before, after.text, segments)
        assert len(found) == len(segments)
        told.update(judged(before, after, *both) for both in zip(segments, found, strict=True))
        states.update(one.state for one in found)
    return told, states


@pytest.mark.parametrize("edit", EDITS)
def test_no_edit_makes_a_coding_wrong_and_hardly_one_is_lost(edit: str) -> None:
    told, _ = outcome(edit)
    assert told["wrong"] == 0
    assert told["lost"] <= 0.01 * told.total()


INSERTED = ["e", "ja ", " ", "😀", "[naam-3] ", "R: Ja.\n", "\n"]


def edited(traced: Traced, rng: random.Random) -> Traced:
    """One random edit: of characters, words, sentences or turns."""
    size = len(traced.text)
    start = rng.randrange(size + 1)
    end = min(size, start + rng.choice([1, 3, 10, 40, 200, 800]))
    kind = rng.randrange(9)
    if kind == 0:
        return traced.replaced(start, end, "")
    if kind == 1:
        return traced.replaced(
            start, start, rng.choice(["e", "ja ", " ", "😀", "[naam-3] ", "R: Ja.\n", "\n"])
        )
    if kind == 2:
        return traced.replaced(start, min(size, start + 6), rng.choice(["xyz", "heel anders", "[naam-1]"]))
    if kind == 3:
        at = rng.randrange(size + 1)
        return traced.replaced(at, at, traced[start:end].copied())
    if kind == 4:
        rest = traced[:start] + traced[end:]
        at = rng.randrange(len(rest.text) + 1)
        return rest[:at] + traced[start:end] + rest[at:]
    if kind == 5:
        return traced.replaced(start, start, _sentence(rng, 3, 12) + " ")
    lines = _lines(traced)
    if len(lines) < 3:
        return traced
    number = rng.randrange(len(lines))
    if kind == 6:
        return _joined(lines[:number] + lines[number + 1 :]) + traced[len(_joined(lines).text) :]
    if kind == 7:
        at = rng.randrange(len(lines))
        return (
            _joined([*lines[:at], lines[number].copied(), *lines[at:]]) + traced[len(_joined(lines).text) :]
        )
    return rng.choice([_typos, _pseudonyms, _stamped, _doubled, _swapped, _spaced])(traced, rng)


def test_a_thousand_random_edits_move_no_coding_to_other_words_in_silence() -> None:
    told: Counter[str] = Counter()
    for seed in range(1_000):
        rng = random.Random(seed)
        before = talk(seed % 50, n_turns=16)
        segments = coded(before, rng, n=8)
        after = Traced.of(before)
        for _ in range(rng.choice([1, 1, 1, 2, 3, 5])):
            after = edited(after, rng)
        found = placements(before, after.text, segments)
        told.update(judged(before, after, *both) for both in zip(segments, found, strict=True))
    assert told["wrong"] == 0
    assert told["lost"] <= 0.01 * told.total()
    assert told["right"] >= 0.6 * told.total()


SMALL = [
    ("", "", [], []),
    ("Ja.", "Ja.", [(0, 3)], ["same"]),
    ("Ja.", "", [(0, 3)], ["orphaned"]),
    ("Geen tijd.", "O, geen tijd.", [(0, 10)], ["changed"]),
    ("Geen tijd.", "Nu: Geen tijd.", [(0, 10), (5, 9)], ["moved", "moved"]),
    ("A: Ja.\nB: Ja.\n", "A: Ja.\nB: Ja.\nC: Ja.\n", [(3, 5), (10, 12)], ["same", "ask"]),
    ("Eerst dit.\nEerst dit.\nDan dat.\n", "Eerst dit.\nDan dat.\n", [(0, 10), (11, 21)], ["ask", "ask"]),
]


@pytest.mark.parametrize(("old", "new", "segments", "states"), SMALL)
def test_small_texts(old: str, new: str, segments: list[tuple[int, int]], states: list[str]) -> None:
    assert [found.state for found in placements(old, new, segments)] == states


def test_one_of_two_that_are_alike_is_asked_with_where_it_may_be() -> None:
    before = "I: En?\nR: Er is geen tijd.\nR: Er is geen tijd.\nI: Dat was het, dank u wel.\n"
    after = before.replace("R: Er is geen tijd.\n", "", 1)
    found = placements(before, after, [(10, 26), (30, 46)])
    assert [one.state for one in found] == ["ask", "ask"]
    assert [[after[start:end] for start, end in one.candidates] for one in found] == [
        ["Er is geen tijd."]
    ] * 2


def test_words_that_were_typed_anew_at_an_edge_are_taken_in_whole() -> None:
    before = "R: Eerst dit. Jan belde gisteren met Fatima. Toen dat.\n"
    after = "R: Eerst dit. [naam-1] belde gisteren met [naam-2]. Toen dat.\n"
    [found] = placements(before, after, [(14, 44)])
    assert after[found.start : found.end] == "[naam-1] belde gisteren met [naam-2]."


def test_of_another_transcript_nothing_is_placed_without_asking() -> None:
    before, after = talk(1), talk(10_001)
    rng = random.Random(1)
    assert {one.state for one in placements(before, after, coded(before, rng))} <= {"ask", "orphaned"}


@given(st.text("ab .\n", max_size=60), st.text("ab .\n", max_size=60), st.data())
def test_whatever_the_texts_a_placement_keeps_its_promise(old: str, new: str, data: st.DataObject) -> None:
    if not old:
        return
    start = data.draw(st.integers(0, len(old) - 1))
    end = data.draw(st.integers(start + 1, len(old)))
    [found] = placements(old, new, [(start, end)])
    if found.state in ("same", "moved", "changed"):
        assert found.start is not None
        assert found.end is not None
        assert 0 <= found.start < found.end <= len(new)
        is_exact = new[found.start : found.end] == old[start:end]
        assert is_exact == (found.state != "changed")
        assert (found.start == start) == (found.state == "same") or found.state == "changed"
    else:
        assert (found.start, found.end) == (None, None)
        assert all(0 <= begin < stop <= len(new) for begin, stop in found.candidates)
        assert bool(found.candidates) == (found.state == "ask")


@given(st.text("ab é.\n", max_size=80), st.text("ab é.\n", max_size=80))
def test_an_alignment_gives_blocks_that_are_the_same_in_both_and_in_order(old: str, new: str) -> None:
    found = align(old, new)
    at = to = 0
    for block in found.blocks:
        assert block.length > 0
        assert block.old >= at
        assert block.new >= to
        at, to = block.old + block.length, block.new + block.length
        assert old[block.old : at] == new[block.new : to]
    assert at <= len(old)
    assert to <= len(new)


WITHOUT_TEXT = [
    ("Ja. Nee. Ja.", "ask", [(0, 3), (9, 12)]),
    ("Nee.", "orphaned", []),
    ("Nu ja. Ja.", "moved", []),
]


@pytest.mark.parametrize(("new", "state", "candidates"), WITHOUT_TEXT)
def test_a_quote_without_its_text_must_stand_once(
    new: str, state: str, candidates: list[tuple[int, int]]
) -> None:
    found = anchors.quoted(new, "Ja.", 1)
    assert (found.state, list(found.candidates)) == (state, candidates)
