"""Lines of sources.csv: written behind the others, which keep every byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.errors import InvalidMaterial
from casestudy.material import source_rows
from casestudy.material.source_rows import SourceRow
from casestudy.schema import read_table

ROW = SourceRow(
    source="es-2",
    site="es",
    kind="interview",
    file="a, b.txt",
    date="2019-03",
    participants=("p1", "p2"),
    consent="quote",
    interviewer=("I", "Int 2"),
)
HEADER = "source,site,kind,file,date,consent,participants,interviewer"
FIRST = "es-1,es,document,c.md,2019-01,quote,,"


def test_a_list_that_is_not_there_gets_every_column() -> None:
    written = source_rows.added(None, [ROW]).decode()
    header, line = written.splitlines()
    assert tuple(header.split(",")) == tuple(SourceRow.model_fields)
    assert line == 'es-2,es,interview,"a, b.txt",2019-03,nl,p1 p2,,quote,I|Int 2,,'


FILES = [
    f"{HEADER}\n{FIRST}\n",
    f"{HEADER}\r\n{FIRST}\r\n",
    f"{HEADER}\n{FIRST}",
    f"\ufeff{HEADER}\n\n{FIRST}\n\n",
    f"{HEADER}\n{FIRST}\n".replace(",", ";"),
    f'{HEADER}\n"es-1","es",document,"c,\nd.md",2019-01,quote,,\n',
]


@pytest.mark.parametrize("text", FILES)
def test_lines_that_are_there_keep_every_byte(text: str) -> None:
    data = text.encode()
    after = source_rows.added(data, [ROW])
    assert after.startswith(data)
    _, rows = read_table(after.decode("utf-8-sig"), "sources.csv")
    assert len(rows) == 2
    assert rows[1][1]["file"] == "a, b.txt"
    assert rows[1][1]["participants"] == "p1 p2"


@pytest.mark.parametrize("text", FILES)
def test_a_new_file_name_changes_one_line_only(text: str) -> None:
    data = source_rows.added(text.encode(), [ROW])
    after = source_rows.renamed(data, "es-2", "e.docx")
    assert after.startswith(text.encode())
    _, rows = read_table(after.decode("utf-8-sig"), "sources.csv")
    assert [rows[1][1]["file"], rows[1][1]["interviewer"]] == ["e.docx", "I|Int 2"]
    assert source_rows.renamed(data, "es-9", "e.docx") == data


def test_a_value_without_a_column_is_refused() -> None:
    with pytest.raises(InvalidMaterial) as refused:
        source_rows.added(b"source,site,kind,file,date,consent\n", [ROW])
    assert str(refused.value) == (
        "sources.csv: the column `interviewer` must be there, found none; add it to the header\n"
        "sources.csv: the column `participants` must be there, found none; add it to the header"
    )


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n|"), min_size=1, max_size=20))
def test_any_value_comes_back(label: str) -> None:
    row = ROW.model_copy(update={"interviewer": (label,)})
    _, rows = read_table(source_rows.added(None, [row]).decode(), "sources.csv")
    assert rows[0][1]["interviewer"] == label.strip()
