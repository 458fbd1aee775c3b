"""Step tables: types come back exactly, bytes repeat, and a missing table says which notebook makes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudy.errors import CasestudyError
from casestudy.findings import attribution, change, integration, practice, ratings, scales, suggestions
from casestudy.material import frames, site_tables
from casestudy.material.site_tables import TABLES, TableMissing, TableWrong

COUNTS = {"code": "M23", "n_segments": 3, "n_sources": 2, "n_of": 6, "coverage": 0.1}

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.none() | st.text(min_size=1, max_size=8),
    "number": st.none() | st.floats(allow_nan=False),
    "whole": st.integers(-(2**53), 2**53),
    "whole?": st.none() | st.integers(-(2**53), 2**53),
    "flag": st.booleans(),
    "flag?": st.none() | st.booleans(),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, pd.DataFrame]:
    name = draw(st.sampled_from(sorted(TABLES)))
    n = draw(st.integers(0, 4))
    columns = {
        column: pd.Series(
            draw(st.lists(VALUES[kind], min_size=n, max_size=n)), dtype=site_tables.DTYPES[kind]
        )
        for column, kind in TABLES[name].columns.items()
    }
    return name, pd.DataFrame(columns)


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(tables())
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, given_table: tuple[str, pd.DataFrame]
) -> None:
    name, frame = given_table
    folder = tmp_path_factory.mktemp("tabel")
    path = site_tables.write(folder, name, frame)
    found = site_tables.read(folder, name)
    pd.testing.assert_frame_equal(found, frame, check_exact=True)
    first = path.read_bytes()
    assert site_tables.write(folder, name, found).read_bytes() == first
    assert [entry.name for entry in folder.iterdir()] == [f"{name}.csv"]


def test_the_bytes_are_plain(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        [
            {"site": "es", "source": 'a,"b"', "code": "één\r\nregel", "asked": True},
            {"site": "es", "source": " =1+1", "code": "M23", "asked": False},
        ]
    )
    path = site_tables.write(tmp_path / "nieuw", "asked", frame[["asked", "code", "source", "site"]])
    expected = 'site,source,code,asked\nes,"a,""b""","één\r\nregel",true\nes, =1+1,M23,false\n'
    assert path.read_bytes() == expected.encode()


def test_other_types_with_the_same_values_are_taken(tmp_path: Path) -> None:
    loose = pd.DataFrame([COUNTS], dtype="object").astype({"n_of": "float64", "n_segments": "Int64"})
    path = site_tables.write(tmp_path, "counts", loose)
    assert path.read_text(encoding="utf-8") == "code,n_segments,n_sources,n_of,coverage\nM23,3,2,6,0.1\n"
    assert site_tables.read(tmp_path, "counts").dtypes.astype(str).tolist() == [
        "str",
        *["int64"] * 3,
        "float64",
    ]


WRONG = [
    ({"n_segments": 1.5}, "`n_segments` must hold values of the kind `whole`"),
    ({"n_segments": None}, "`n_segments` must hold values of the kind `whole`"),
    ({"n_segments": True}, "`n_segments` must hold values of the kind `whole`"),
    ({"coverage": "veel"}, "`coverage` must hold values of the kind `number`"),
    ({"code": 23}, "`code` must hold values of the kind `text`"),
    ({"extra": 1}, "it must have the columns of its table, found others (extra)"),
]


@pytest.mark.parametrize(("changed", "message"), WRONG)
def test_a_frame_of_another_kind_is_not_written(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(TableWrong) as refused:
        site_tables.write(tmp_path, "counts", pd.DataFrame([COUNTS | changed]))
    assert str(refused.value).startswith(f"counts.csv: {message}")
    assert list(tmp_path.iterdir()) == []


def test_an_absent_flag_is_not_false(tmp_path: Path) -> None:
    frame = pd.DataFrame({"site": ["es"], "source": ["a"], "code": ["M23"], "asked": [None]})
    with pytest.raises(TableWrong, match="`asked` must hold values of the kind `flag`"):
        site_tables.write(tmp_path, "asked", frame)


def test_a_missing_table_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(TableMissing) as refused:
        site_tables.read(tmp_path, "counts")
    assert str(refused.value) == "counts.csv: the table must be there, found nothing; run 01_code_site first"
    assert isinstance(refused.value, CasestudyError)
    with pytest.raises(TableMissing, match="run 02_site_report first"):
        site_tables.read(tmp_path, "change")


DAMAGED = [
    b"",
    b"code,n_segments,n_sources,n_of\n",
    b"code,n_segments,n_sources,n_of,coverage\nM23,3,2,6\n",
    b"code,n_segments,n_sources,n_of,coverage\nM23,drie,2,6,0.1\n",
    b"code,n_segments,n_sources,n_of,coverage\nM23,,2,6,0.1\n",
    b"code,n_segments,n_sources,n_of,coverage\nM23,3,2,6,x\n",
    b"code,n_segments,n_sources,n_of,coverage\nM23,99999999999999999999,2,6,1\n",
    b"\xff\xfe",
]


@pytest.mark.parametrize("data", DAMAGED)
def test_a_damaged_table_is_refused_without_its_values(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "counts.csv").write_bytes(data)
    with pytest.raises(TableMissing) as refused:
        site_tables.read(tmp_path, "counts")
    assert "run 01_code_site first" in str(refused.value)
    assert "drie" not in str(refused.value)


def test_an_unknown_table_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(TableWrong, match="did you mean `counts`"):
        site_tables.read(tmp_path, "count")


COLUMNS = [
    ("sources", list(frames.SOURCES)),
    ("codings", list(frames.CODINGS)),
    ("asked", list(frames.ASKED)),
    # The words that matched stay out of the table: they are text of a conversation.
    ("suggestions", [column for column in suggestions.COLUMNS if column != "matched"]),
    ("proposed", ratings.COLUMNS),
    ("practice", practice.PRACTICE_COLUMNS),
    ("practice_sources", practice.SOURCE_COLUMNS),
    ("attribution", attribution.ATTRIBUTION_COLUMNS),
    ("change", change.CHANGE_COLUMNS),
    ("scores", scales.SCORE_COLUMNS),
    ("joint", integration.JOINT_COLUMNS),
]


@pytest.mark.parametrize(("name", "columns"), COLUMNS, ids=[name for name, _ in COLUMNS])
def test_a_table_has_the_columns_that_are_computed(name: str, columns: list[str]) -> None:
    assert list(TABLES[name].columns) == columns


@pytest.mark.parametrize("name", ["sources", "codings", "asked"])
def test_frames_of_material_keep_their_types(name: str) -> None:
    kinds = getattr(frames, name.upper())
    assert {column: site_tables.DTYPES[kind] for column, kind in TABLES[name].columns.items()} == kinds


def test_numpy_values_are_values(tmp_path: Path) -> None:
    row = {
        "code": "M23",
        "n_segments": np.int64(3),
        "n_sources": np.int32(2),
        "n_of": 6,
        "coverage": np.float64(0.1),
    }
    site_tables.write(tmp_path, "counts", pd.DataFrame([row], dtype="object"))
    assert site_tables.read(tmp_path, "counts")["n_segments"].tolist() == [3]
