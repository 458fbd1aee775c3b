"""Labels of speakers, told from other words at the start of a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.material import speakers
from casestudy.material.speakers import Known

CASES = {
    "letters": (["I: Hoe?", "R: Zo."], ["I", "R"]),
    "a respondent who speaks once": (["I: Hoe?", "R1: Zo.", "I: En?"], ["I", "R1", "I"]),
    "names that recur": (["Anna: a", "Bo de Wit: b", "Anna: c", "Bo de Wit: d"], ["Anna", "Bo de Wit"] * 2),
    "a name that stands once is in doubt": (["Anna: a", "Bo: b", "Anna: c", "I: d"], ["Anna", "Anna", "I"]),
    "one recurring word is no conversation": (["Let op: a", "Let op: b"], []),
    "words after a label on the next line": (
        ["Interviewer:", "Hoe?", "Respondent:", "Zo."],
        ["Interviewer", "Respondent"],
    ),
    "times before": (["[00:01] Int: a", "00:00:07 Jan: b", "0:09 Jan: c"], ["Int", "Jan", "Jan"]),
    "times behind": (["Int (00:01): a", "Jan 0:07: b", "Jan: c"], ["Int", "Jan", "Jan"]),
    "headings": (
        ["Jan Smit   0:01", "a", "", "Int   0:05", "b", "Jan Smit   1:00:01", "c"],
        ["Jan Smit", "Int", "Jan Smit"],
    ),
    "bold in Markdown": (["**I:** Hoe?", "**R**: Zo."], ["I", "R"]),
    "brackets on nearly every line": (["[a1] x", "[b1] y", "[a1] z", "[b1] w"], ["a1", "b1", "a1", "b1"]),
    "replacements in brackets": (
        ["[naam kind] kwam.", "Hij niet.", "[naam school] ook.", "[naam kind] en [naam school]."],
        [],
    ),
    "ids and tabs": (["u1\tGoed.", "u2\tZo."], [None, None]),
    "speakers and tabs": (["A\tGoed.", "B\tZo.", "A\tJa."], ["A", "B", "A"]),
    "a sentence with a colon": (["Ze zei iets, namelijk: nee.", "Ze zei iets, namelijk: ja."], []),
    "a label of more than forty letters": ([f"{'x' * 41}: a", f"{'x' * 41}: b", "I: c"], ["I"]),
    "web addresses and times": (["http://a", "http://b", "12:30 uur", "12:30 uur"], []),
    "small words at the start": (["en toen zei ze: a", "en toen zei ze: b", "I: c"], ["I"]),
    "nothing": ([], []),
    "empty lines": (["", " ", "\t"], []),
}


@pytest.mark.parametrize(("lines", "expected"), CASES.values(), ids=CASES)
def test_marks(lines: list[str], expected: list[str | None]) -> None:
    assert [mark.speaker for mark in speakers.marks(lines, Known())] == expected


def test_the_words_begin_after_the_label_and_the_time() -> None:
    lines = ["  [00:01] Int (00:02):   Hoe?", "R 1:\tZo."]
    found = speakers.marks(lines, Known())
    assert [lines[mark.line][mark.offset :] for mark in found] == ["Hoe?", "Zo."]


INTERVIEWERS = ["I", "Int", "interviewer", "Interviewer 1", "Interviewer2", "Onderzoeker", "Onderzoeker 2"]
OTHERS = ["R", "Ina", "Inti", "Anna", "Interviewer A", "1", None]


@pytest.mark.parametrize("label", INTERVIEWERS)
def test_usual_labels_of_interviewers(label: str) -> None:
    assert Known().is_interviewer(label)


@pytest.mark.parametrize("label", OTHERS)
def test_other_labels_are_participants(label: str | None) -> None:
    assert not Known().is_interviewer(label)


def test_given_labels_take_the_place_of_the_usual_ones() -> None:
    known = Known(("Jordan Lee", "JL"))
    assert known.is_interviewer("jordan lee")
    assert not known.is_interviewer("Interviewer")


def test_a_participants_id_and_a_given_interviewer_need_not_recur() -> None:
    lines = ["Anna: Hoe?", "P-07: Zo.", "Let op: niets."]
    assert [mark.speaker for mark in speakers.marks(lines, Known(("Anna",), ("P-07",)))] == ["Anna", "P-07"]


def test_a_document_has_no_speakers() -> None:
    assert speakers.marks(["I: Hoe?", "R: Zo."], Known(is_conversation=False)) == []


@given(st.lists(st.text("AIR b:[]()0:1\t*.é", max_size=30), max_size=8))
def test_marks_stand_in_order_within_their_lines(lines: list[str]) -> None:
    found = speakers.marks(lines, Known())
    assert [mark.line for mark in found] == sorted({mark.line for mark in found})
    assert all(0 < mark.offset <= len(lines[mark.line]) for mark in found)


@pytest.mark.parametrize(
    "line", [" " * 200_000, "A" + " " * 200_000 + "b", "[A" + " " * 200_000, "A\t" * 100_000]
)
@pytest.mark.timeout(5)
def test_a_long_line_is_told_in_no_time(line: str) -> None:
    assert speakers.marks([line, line], Known()) == []
