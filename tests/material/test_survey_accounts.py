"""Every row of every survey file is accounted for: it was kept, or a count says why it was not."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudy import study as studies
from casestudy.material import survey

STUDY = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}, {id: beuk, name: Beuk}]
waves:
  - {id: T0, label: {nl: voor, en: before}, relation: before}
  - {id: T1, label: {nl: na, en: after}, relation: directly_after}
"""
ITEMS = ("V1", "V2")
INSTRUMENT = {
    "id": "proef",
    "version": "1",
    "options": {"cijfer": {"min": 1, "max": 5}},
    "scales": [
        {
            "id": "S",
            "label": {"nl": "S", "en": "S"},
            "items": [{"id": item, "text": {"nl": item, "en": item}, "options": "cijfer"} for item in ITEMS],
        }
    ],
}
PEOPLE = "participant,role,site,consent,withdrawn\np1,professional,es,quote,2019-04\n"
COLUMNS = {"respondent": "wie", "wave": "meting", "site": "plek"}
RULES = {"duplicates": "keep_last", "two_sites": "drop", "missing": ["", "NA"]}


class Row(NamedTuple):
    """One row that somebody handed in, or a row of separators alone."""

    who: str
    wave: str
    site: str
    answers: tuple[str, str]
    is_finished: bool
    is_preview: bool
    is_empty: bool


ROWS = st.lists(
    st.builds(
        Row,
        st.sampled_from(["p1", "p2", "p3", "p4"]),
        st.sampled_from(["T0", "T1"]),
        st.sampled_from(["es", "es", "es", "beuk"]),
        st.tuples(*[st.sampled_from(["1", "5", "", "NA"])] * 2),
        st.booleans(),
        st.integers(0, 4).map(lambda n: n == 0),
        st.integers(0, 6).map(lambda n: n == 0),
    ),
    max_size=12,
)


def table(header: list[str], rows: list[list[str]]) -> str:
    data = io.StringIO(newline="")
    csv.writer(data).writerows([header, *rows])
    return data.getvalue()


def cells(row: Row) -> list[str]:
    return [row.who, row.wave, row.site, *row.answers]


def plain(rows: list[Row]) -> str:
    header = [*COLUMNS.values(), *ITEMS, "klaar"]
    return table(header, [[""] * 6 if r.is_empty else [*cells(r), "2019" * r.is_finished] for r in rows])


def lime(rows: list[Row]) -> str:
    header = ["submitdate", *COLUMNS.values(), *ITEMS]
    return table(header, [[""] * 6 if r.is_empty else ["2019" * r.is_finished, *cells(r)] for r in rows])


def qualtrics(rows: list[Row]) -> str:
    header = ["StartDate", "Status", "Finished", *COLUMNS.values(), *ITEMS]
    ids = [json.dumps({"ImportId": f"Q{n}" if n > 2 else word}) for n, word in enumerate(header)]
    named = [["2019-03-01", str(int(r.is_preview)), str(int(r.is_finished)), *cells(r)] for r in rows]
    return table(
        header, [header, ids, *([""] * 8 if r.is_empty else n for r, n in zip(rows, named, strict=True))]
    )


def long(rows: list[Row]) -> str:
    header = [*COLUMNS.values(), "klaar", "vraag", "antwoord"]
    return table(
        header,
        [
            [""] * 6 if r.is_empty else [*cells(r)[:3], "2019" * r.is_finished, item, answer]
            for r in rows
            for item, answer in zip(ITEMS, r.answers, strict=True)
        ],
    )


HANDED = {"columns": COLUMNS | {"submitted": "klaar"}}
FILES: dict[str, tuple[Any, dict[str, Any]]] = {
    "plain.csv": (plain, HANDED),
    "lime.csv": (lime, {"columns": COLUMNS, "program": "limesurvey"}),
    "qualtrics.csv": (qualtrics, {"columns": COLUMNS}),
    "long.csv": (
        long,
        {"columns": HANDED["columns"] | {"item": "vraag", "value": "antwoord"}, "layout": "long"},
    ),
}


def totals(files: dict[str, list[Row]], unfinished: str, *, someone_withdrew: bool) -> Counter[str]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "survey").mkdir()
        mappings = [{"file": name, "unfinished": unfinished, **RULES, **FILES[name][1]} for name in files]
        (root / "study.yml").write_text(STUDY, encoding="utf-8")
        (root / "instrument.yml").write_text(json.dumps(INSTRUMENT | {"files": mappings}), encoding="utf-8")
        if someone_withdrew:
            (root / "participants.csv").write_text(PEOPLE, encoding="utf-8")
        for name, rows in files.items():
            (root / "survey" / name).write_text(FILES[name][0](rows), encoding="utf-8", newline="")
        found = survey.read(studies.read(root))
    total: Counter[str] = Counter()
    for count in found.counts:
        # The long layout counts answers where the others count forms.
        is_long = count.place == "survey/long.csv" and count.what == "rows read"
        total["answers read" if is_long else count.what] += count.n
    assert total["cells answered"] == sum(row.value is not None for row in found.responses)
    return total


@given(
    st.dictionaries(st.sampled_from(sorted(FILES)), ROWS, min_size=1),
    st.sampled_from(["keep", "drop"]),
    st.booleans(),
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_every_row_is_kept_or_told(
    files: dict[str, list[Row]], unfinished: str, someone_withdrew: bool
) -> None:
    total = totals(files, unfinished, someone_withdrew=someone_withdrew)
    rows = [(name, row) for name, several in files.items() for row in several]
    empty = sum((2 if name == "long.csv" else 1) for name, row in rows if row.is_empty)
    assert total["rows without any value, not read"] == empty
    assert total["rows read"] == sum(not row.is_empty for name, row in rows if name != "long.csv")
    left_out = (
        "previews and tests dropped by rule",
        "unfinished forms dropped by rule",
        "duplicates dropped by rule",
        "rows left out because someone withdrew",
        "rows of respondents in two sites left out",
        "submissions kept",
    )
    forms = total["rows read"] + total["forms put together of them"]
    assert forms == sum(total[what] for what in left_out)
    in_long = (
        "rows put together",
        "doubled answers dropped by rule",
        "rows of unfinished forms dropped by rule",
    )
    assert total["answers read"] == sum(total[what] for what in in_long)
