"""Delimited text: the same cells in any dialect and encoding, and nothing guessed in silence."""

from __future__ import annotations

import csv
import io
import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudy.errors import InvalidMaterial
from casestudy.material.formats import delimited, sheets

GOOD = "id;naam;V1\np1;één;4\np2;zoë;\n"
CELLS = [(1, ["id", "naam", "V1"]), (2, ["p1", "één", "4"]), (3, ["p2", "zoë", ""])]


def read(tmp_path: Path, data: bytes, *, separator: str | None = None) -> delimited.Text:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    return delimited.read(path, "survey/t.csv", separator=separator)


def told(tmp_path: Path, data: bytes) -> str:
    with pytest.raises(InvalidMaterial) as refused:
        read(tmp_path, data)
    (problem,) = refused.value.problems
    return str(problem)


ENCODINGS = [
    ("utf-8", ()),
    ("utf-8-sig", ()),
    ("utf-16", ()),
    ("cp1252", (("read as Windows-1252, which was guessed", 1),)),
    ("utf-16-le", (("read as UTF-16, which was guessed", 1),)),
]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize(("encoding", "counts"), ENCODINGS)
def test_every_encoding_and_line_end_gives_the_same(
    tmp_path: Path, encoding: str, counts: tuple[tuple[str, int], ...], end: str
) -> None:
    found = read(tmp_path, GOOD.replace("\n", end).encode(encoding))
    assert (found.grid, found.counts) == (CELLS, counts)


def test_letters_in_parts_are_the_same_letters(tmp_path: Path) -> None:
    assert read(tmp_path, unicodedata.normalize("NFD", GOOD).encode()).grid == CELLS


SEPARATORS = [
    ("a;b\n1,5;2,5\n", [["a", "b"], ["1,5", "2,5"]]),
    ("a,b\n1;5,2\n", [["a", "b"], ["1;5", "2"]]),
    ("a\tb\n1,5\t2;5\n", [["a", "b"], ["1,5", "2;5"]]),
    ('"a;b",c\n1,2\n', [["a;b", "c"], ["1", "2"]]),
    ("a;b, or c\n1;2\n", [["a", "b, or c"], ["1", "2"]]),
    ("sep=;\na;b\n1;2\n", [["a", "b"], ["1", "2"]]),
    ("SEP=,\r\na;b,c\r\n1;2,3\r\n", [["a;b", "c"], ["1;2", "3"]]),
    ("a\n1,5\n", [["a"], ["1", "5"]]),
    ("a\n1\n", [["a"], ["1"]]),
]


@pytest.mark.parametrize(("text", "cells"), SEPARATORS)
def test_the_separator_is_the_only_one_that_fits(tmp_path: Path, text: str, cells: list[list[str]]) -> None:
    assert [row for _, row in read(tmp_path, text.encode()).grid] == cells


def test_two_separators_that_fit_are_asked_about(tmp_path: Path) -> None:
    text = b"a;b,c\n1;2,3\n"
    assert told(tmp_path, text) == (
        "survey/t.csv:1: one sign must separate the values, found 2 that may be it; "
        "name it as `separator` in instrument.yml"
    )
    assert read(tmp_path, text, separator=",").grid[1] == (2, ["1;2", "3"])
    assert read(tmp_path, text, separator=";").grid[1] == (2, ["1", "2,3"])
    assert read(tmp_path, b"a\tb;c\n1\t2;3\n", separator="tab").grid[1] == (2, ["1", "2;3"])


REFUSED = [
    (b"a,b\n1,\x00\n", "survey/t.csv:2: the file must be text, found a sign that no text has"),
    (b"a,b\n1,\xe9\x81\n", "survey/t.csv:2: the file must be text, found byte 7 that is not"),
    (b'a,b\n1,2\n1,"x\n3,4\n', "survey/t.csv:3: the table must be valid csv, found a broken quote"),
    (b'a,b\n1,2\n1,"x" y\n3,4\n', "survey/t.csv:3: the table must be valid csv, found a broken quote"),
    (b"sep=,\na,b\n\n" + b'1,"x\n', "survey/t.csv:4: the table must be valid csv, found a broken quote"),
]


@pytest.mark.parametrize(("data", "problem"), REFUSED)
def test_what_is_no_text_is_refused_by_row(tmp_path: Path, data: bytes, problem: str) -> None:
    assert told(tmp_path, data).startswith(problem)


def test_too_large_a_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "LIMIT_CELLS", 20)
    assert "a table must hold at most" in told(tmp_path, b"a,b\n" + b"1,2\n" * 10)
    monkeypatch.setattr(delimited, "LIMIT_BYTES", 5)
    assert "the file must be under 5 bytes" in told(tmp_path, GOOD.encode())


def test_a_row_of_another_length_is_refused_by_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,2\n"x\ny",2,3\n4\n', encoding="utf-8")
    with pytest.raises(InvalidMaterial) as refused:
        sheets.read(path, "survey/t.csv")
    assert [str(problem).partition(";")[0] for problem in refused.value.problems] == [
        "survey/t.csv:3: the row must have 2 values, found 3 values",
        "survey/t.csv:5: the row must have 2 values, found 1 values",
    ]


FORMULAS = ["=1+1", "'=1+1", "+31", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\ufeff=1", "{{7*7}}"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_read_as_it_was_typed(tmp_path: Path, text: str) -> None:
    data = io.StringIO(newline="")
    csv.writer(data).writerows([["a", "b"], [text, "x"]])
    assert read(tmp_path, data.getvalue().encode()).grid[1] == (2, [text, "x"])


# What a cell may hold: anything but signs that no text has; the form that is read has no space around it.
WORDS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t;,\"'"), max_size=12
).map(lambda text: unicodedata.normalize("NFC", text).strip())


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(WORDS, min_size=n, max_size=n), max_size=5)),
    separator=st.sampled_from([",", ";", "\t"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_dialect_gives_the_cells_that_were_written(
    tmp_path: Path, rows: list[list[str]], separator: str, quoting: int, end: str, encoding: str
) -> None:
    header = [f"kolom {n}" for n in range(len(rows[0]) if rows else 2)]
    data = io.StringIO(newline="")
    csv.writer(data, delimiter=separator, quoting=quoting, lineterminator=end).writerows([header, *rows])  # type: ignore[arg-type]
    name = "tab" if separator == "\t" else separator
    found = read(tmp_path, data.getvalue().encode(encoding), separator=name)
    assert [row for _, row in found.grid] == [header, *(row for row in rows if any(row))]
    if quoting == csv.QUOTE_ALL:
        # With every cell in quotes the header alone tells the separator.
        assert read(tmp_path, data.getvalue().encode(encoding)).grid == found.grid


def test_damaged_copies_are_read_or_refused(tmp_path: Path) -> None:
    good = ("id;naam;V1\n" + "".join(f'p{n};"zo;ë {n}";{n % 5}\n' for n in range(40))).encode()
    chance = random.Random(3)
    for _ in range(200):
        data = bytearray(good)
        for _ in range(chance.choice([1, 3, 10])):
            at = chance.randrange(len(data))
            new = [bytes(chance.randrange(256) for _ in range(3)), b'"', b"\0", b"\n", b";", b""]
            data[at : at + chance.choice([0, 1, 8])] = chance.choice(new)
        path = tmp_path / "t.csv"
        path.write_bytes(bytes(data[: chance.randrange(1, len(data) + 200)]))
        assert outcome(path).startswith("survey/t.csv")


def outcome(path: Path) -> str:
    try:
        return sheets.read(path, f"survey/{path.name}").name
    except InvalidMaterial as refused:
        return str(refused)


def test_rows_of_separators_alone_are_counted(tmp_path: Path) -> None:
    found = read(tmp_path, b"id;V1\np1;4\n;\n\n ; \np2;5\n;\n")
    assert [line for line, _ in found.grid] == [1, 2, 6]
    assert found.counts == (("rows without any value, not read", 3),)


def test_a_table_may_be_wide_but_not_endless(tmp_path: Path) -> None:
    header = b",".join(b"c%d" % n for n in range(delimited.LIMIT_COLUMNS))
    assert len(read(tmp_path, header + b"\n").grid[0][1]) == delimited.LIMIT_COLUMNS
    assert told(tmp_path, header + b",x\n").startswith("survey/t.csv: a table must hold at most 200,000 rows")


def test_a_separator_that_is_not_read_is_told(tmp_path: Path) -> None:
    assert "one known sign must separate the values, found `|`" in told(tmp_path, b"id|V1\np1|4\n")


def test_an_endless_cell_is_told_as_one(tmp_path: Path) -> None:
    assert "found a cell that is far too long" in told(tmp_path, b"id,V1\np1," + b"x" * 200_000 + b"\n")
