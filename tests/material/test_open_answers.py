"""Open answers: a turn per answer, spoken by its respondent."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.errors import InvalidMaterial
from casestudy.material import open_answers

SHARED = Path(__file__).resolve().parents[2] / "../shared/data/transcripts/qualcoder_examples"
TABLE = """\
respondent;leeftijd;oordeel;waarom;tip
R1;24;helemaal mee eens;Omdat er eindelijk tijd voor was. Heel fijn.;Geef ook de nachtdienst een dagdeel vrij.
R2;;mee eens;;
R3;51;oneens;Ik vond het niet passen bij ons team.;Geen
"""


def spoken(found: open_answers.Transcript) -> list[tuple[str | None, str]]:
    return [(turn.speaker, found.text[turn.start : turn.end]) for turn in found.turns]


def test_every_answer_is_a_turn_of_its_respondent() -> None:
    found = open_answers.read(TABLE.encode(), name="a.csv")
    assert spoken(found) == [
        ("R1", "Omdat er eindelijk tijd voor was. Heel fijn."),
        ("R1", "Geef ook de nachtdienst een dagdeel vrij."),
        ("R3", "Ik vond het niet passen bij ons team."),
        ("R3", "Geen"),
    ]
    assert not any(turn.is_interviewer for turn in found.turns)
    assert found.text.split("\n")[1] == "R1 [tip]: Geef ook de nachtdienst een dagdeel vrij."
    assert [found.turns[one.turn].speaker for one in found.sentences] == ["R1", "R1", "R1", "R3", "R3"]
    assert found.remarks == (
        "open questions: `waarom`, `tip`; respondents: `respondent`",
        "columns left out: `leeftijd`, `oordeel`",
    )


def test_questions_that_are_named_are_the_only_ones() -> None:
    found = open_answers.read(TABLE.encode(), name="a.csv", questions=["oordeel"])
    assert [words for _, words in spoken(found)] == ["helemaal mee eens", "mee eens", "oneens"]


REFUSED = [
    ("naam,tip\nR1,Geef ons allemaal een dag de tijd.\n", "a column that names the respondent"),
    ("id,tip\nR1,kort\n", "a column with answers in sentences"),
    (
        "id,tip\nR1,Geef ons allemaal een dag de tijd.\nR1,Nog eens.\n",
        "a.csv:3: a respondent must stand once",
    ),
    ("id,tip\n,Geef ons allemaal een dag de tijd.\n", "a.csv:2: every answer must have a respondent"),
    ("id,tip,tip\nR1,a,b\n", "a.csv:1: a table of open answers must have columns, each once"),
    ("", "the table must have a header"),
]


@pytest.mark.parametrize(("table", "told"), REFUSED)
def test_another_table_is_refused(table: str, told: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        open_answers.read(table.encode(), name="a.csv")
    assert told in str(refused.value)
    assert "Geef ons" not in str(refused.value)


def test_an_unknown_question_is_refused_with_what_was_meant() -> None:
    with pytest.raises(InvalidMaterial, match="found `waaron`; did you mean `waarom`"):
        open_answers.read(TABLE.encode(), name="a.csv", questions=["waaron"])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30), min_size=1, max_size=5))
def test_a_turn_is_where_it_says(answers: list[str]) -> None:
    rows = [f'R{n},"{answer.replace(chr(34), "")}"' for n, answer in enumerate(answers)]
    data = "\n".join(["id,tip", *rows, ""]).encode()
    found = open_answers.read(data, name="a.csv", questions=["tip"])
    for turn in found.turns:
        line = found.text[: turn.end].rpartition("\n")[2]
        assert line == f"{turn.speaker} [tip]: {found.text[turn.start : turn.end]}"


@pytest.mark.real_material
@pytest.mark.parametrize(("name", "n_turns"), [("survey456.csv", 3), ("survey789.xlsx", 6)])
def test_surveys_of_another_program(name: str, n_turns: int) -> None:
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with real files of other people is not here")
    found = open_answers.read((SHARED / name).read_bytes(), name=name)
    assert len(found.turns) == n_turns
    assert len({turn.speaker for turn in found.turns}) == 3
