"""Doubts about who speaks: told by numbers and lines, never by words."""

from __future__ import annotations

import pytest

from casestudy.material import transcripts
from casestudy.material.speakers import Known

TALK = "I: Hoe?\nR: Zo.\nI: En?\nR: Ja.\n"
ONE = "labels that differ in case, spaces, points or a title count as one person: "
MIDDLE = "a label in the middle of a turn, where two turns may have run together: "
ALIKE = "two labels that look alike and count as two people: "
CASES = {
    "nothing doubtful": (TALK, []),
    "a label run into words": (TALK + "I: Wat vond je?R: Goed.\n", [f"{MIDDLE}line 5"]),
    "a label after a space": (TALK + "R: Zo. I: En toen?\n", [f"{MIDDLE}line 5"]),
    "a heading run into words": (TALK + "R: Ja.I 0:05 En?\n", [f"{MIDDLE}line 5"]),
    "on a later line of a turn": (TALK + "R: Ja\n en toenI: En?\n", [f"{MIDDLE}line 6"]),
    "capitals that end in a label": (TALK + "R: De WIFI: slecht.\n", []),
    "one person": (TALK + "r: Nee.\n", [f"{ONE}`R` and `r`"]),
    "a name is not shown": (
        "Anna Smit: a\nI: b\nANNA SMIT: c\nI: d\n",
        [f"{ONE}a label on line 1 and a label on line 3"],
    ),
    "a wrong letter in a name": (
        "Annelies: a\nI: b\nAnnelies: c\nI: d\nAnnalies: e\nAnnalies: f\n",
        [f"{ALIKE}a label on line 1 and a label on line 5"],
    ),
    "a Cyrillic letter": ("A: a\nI: b\nA: c\nI: b\n\u0410: d\n\u0410: e\n", [f"{ALIKE}`A` and `\u0410`"]),
    "numbers tell people apart": ("R1: a\nR2: b\nI: c\nR1: d\nR2: e\nI: f\n", []),
    "a label that stands once": (TALK + "R2: Ja.\n", ["a label that stands once may be no person: line 5"]),
    "words before a colon": (
        TALK + "Let op: niets.\n",
        ["words before a colon that stand once were not taken for a speaker: line 5"],
    ),
}


@pytest.mark.parametrize(("text", "told"), CASES.values(), ids=CASES)
def test_what_is_doubtful_is_told_with_its_line(text: str, told: list[str]) -> None:
    remarks = transcripts.read(text.encode(), name="a.txt").remarks
    assert [remark for remark in remarks if "mix letters" not in remark] == told


def test_a_known_participant_may_speak_once() -> None:
    known = Known((), ("P-07",))
    assert transcripts.read((TALK + "P-07: Ja.\n").encode(), name="a.txt", known=known).remarks == ()


def test_no_remark_holds_a_name_or_words() -> None:
    text = "Anna Smit: geheim\nI: b\nANNA SMIT: geheimAnna Smit: zo\nAnna Smlt: x\nAnna Smlt: y\n"
    text += "Jan Bos: geheim\n"
    remarks = " ".join(transcripts.read(text.encode(), name="a.txt").remarks).casefold()
    assert remarks
    assert not [word for word in ("anna", "smit", "smlt", "jan", "bos", "geheim") if word in remarks]


@pytest.mark.timeout(20)
def test_very_many_labels_are_doubted_in_no_time() -> None:
    text = "".join(f"R{number}: a\n" for number in range(15_000))
    assert "15,000" not in str(transcripts.read(text.encode(), name="a.txt").remarks)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("sign", [" ", "\t", "\u00a0"])
def test_very_many_spaces_are_looked_at_once(sign: str) -> None:
    text = f"I: a\nR: b{sign * 500_000}c\nR:{sign * 3}12:30\n"
    assert transcripts.read(text.encode(), name="a.txt").turns[1].speaker == "R"
