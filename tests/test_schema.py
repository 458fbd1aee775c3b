"""Tables as people save them: separators, quotes, marks, and a row number for every problem."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy import schema
from casestudy.documents import Record
from casestudy.errors import InvalidMaterial


class Person(Record):
    id: str
    age: int
    note: str | None = None


def read(tmp_path: Path, text: str | bytes) -> list[tuple[int, Person]]:
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return schema.read_rows(path, Person, name="people.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separator_mark_and_line_end_do_not_matter(
    tmp_path: Path, separator: str, mark: bytes, end: str
) -> None:
    text = end.join(
        [separator.join(row) for row in (["id", "age", "note"], ["012", "5", ""], ["no", "6", "x"])]
    )
    assert read(tmp_path, mark + text.encode()) == [
        (2, Person(id="012", age=5)),
        (3, Person(id="no", age=6, note="x")),
    ]


def test_a_row_with_a_line_break_keeps_the_line_numbers_right(tmp_path: Path) -> None:
    rows = read(tmp_path, 'id,age,note\na,1,"two\nlines"\nb,2,x\n')
    assert [line for line, _ in rows] == [2, 4]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        read(tmp_path, "id,age\na,old\n,3\nb\n")
    assert [p.place for p in refused.value.problems] == ["people.csv:4"]
    with pytest.raises(InvalidMaterial) as refused:
        read(tmp_path, "id,age\na,old\n,3\n")
    assert [p.place for p in refused.value.problems] == ["people.csv:2", "people.csv:3"]
    assert "old" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,age,age\na,1,2\n", "a column must stand once, found `age` 2 times"),
        ("id,leeftijd\na,1\n", "every column must be known, found `leeftijd`"),
        ("id\na\n", "the column `age` must be there"),
        ("", "the table must have a header"),
        (b"id,age\n\xff,1\n", "must be UTF-8 text"),
        ('id,age\n"a,1\n', "the table must be valid csv"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        read(tmp_path, text)
    assert said in str(refused.value)


@given(
    st.lists(
        st.tuples(st.text("abc \"';,\té", min_size=1, max_size=8), st.text("xyz\n,;", max_size=8)), max_size=5
    )
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    schema.write_rows(
        path, ["key", "value"], [{"key": f"k{i}{k}", "value": v} for i, (k, v) in enumerate(rows)]
    )
    _, back = schema.read_table(schema.text_of(path, "t.csv"), "t.csv")
    assert [row["value"] for _, row in back] == [v.strip() for _, v in rows]


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no free links")
def test_a_table_behind_a_link_that_leads_out_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text("id,age\na,1\n", encoding="utf-8")
    study = tmp_path / "study"
    study.mkdir()
    (study / "people.csv").symlink_to("../elsewhere.csv")
    with pytest.raises(InvalidMaterial, match=r"people\.csv: a file must lie in the study folder"):
        schema.read_rows(study / "people.csv", Person, name="people.csv")
