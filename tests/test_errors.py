"""Problems are told in the order of the file, and one mistake in every row does not bury the others."""

from __future__ import annotations

import pickle

from casestudy.errors import InvalidMaterial, Problem


def wrong(line: int, found: str = "a word", must: str = "`V1` must be a number") -> Problem:
    return Problem(f"survey/t.csv:{line}", must, found, "correct it")


def test_lines_and_columns_stand_in_the_order_of_their_numbers() -> None:
    lines = [wrong(n) for n in (10, 2, 1, 33)]
    assert [p.place.rpartition(":")[2] for p in InvalidMaterial(lines).problems] == ["1", "2", "10", "33"]
    columns = [wrong(1, f"column {n}, `x`") for n in (10, 9)]
    assert [p.found[:9] for p in InvalidMaterial(columns).problems] == ["column 9,", "column 10"]


def test_the_same_in_very_many_rows_is_summed_up() -> None:
    many = [wrong(n, f"a second row, the first on line {n - 1}") for n in range(2, 1002)]
    found = InvalidMaterial([*many, wrong(5, must="`V2` must be a number")])
    assert len(found.problems) == 102
    assert str(found.problems[-1]) == (
        "survey/t.csv:102: `V1` must be a number, found the like from here on, 900 times more; correct it"
    )
    again = InvalidMaterial([*found.problems, wrong(7, must="`V3` must be a number")])
    assert len(again.problems) == 103
    assert pickle.loads(pickle.dumps(found)).problems == found.problems
