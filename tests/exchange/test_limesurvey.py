"""LimeSurvey structures: rows like the program's own, texts that do nothing, and answers read back."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from casestudy.errors import InvalidMaterial
from casestudy.exchange import limesurvey
from casestudy.exchange.form import Form
from casestudy.material import survey
from casestudy.study import Study

Made = Callable[..., Form]
ReadBack = Callable[..., Study]
TEXT = {"nl": "a", "en": "b"}
HOSTILE = (
    "=1+1",
    "+1",
    "@SUM(A1)",
    "-2",
    '"quoted"',
    "<script>alert(1)</script>",
    "{TOKEN:FIRSTNAME} {7*191}",
    "back\\slash",
    "a & b",
)


def _rows(structure: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(structure, newline=""), delimiter="\t"))


def _one_item(id: str, text: dict[str, str] = TEXT, **more: Any) -> dict[str, Any]:  # noqa: A002
    scale = {"id": "KEN", "label": TEXT, "items": [{"id": id, "text": text, "options": "agree", **more}]}
    return {"scales": [scale], "components": {}, "component_waves": []}


@pytest.mark.real_material
def test_rows_and_columns_are_those_of_a_real_export(made: Made) -> None:
    shared = Path(__file__).resolve().parents[3] / "shared" / "data" / "survey" / "limesurvey"
    if not shared.is_dir():
        pytest.skip("the folder ../shared with real files of other people is not here")
    real = _rows((shared / "structure_en_nl.tsv").read_bytes().decode("utf-8-sig"))
    ours = _rows(limesurvey.structure(made()))
    theirs = list(real[0])
    assert list(ours[0])[: len(limesurvey.OBLIGATORY)] == theirs[: len(limesurvey.OBLIGATORY)]
    assert list(ours[0]) == [column for column in theirs if column in ours[0]]

    def order(rows: list[dict[str, str]]) -> list[tuple[str, str]]:
        """Give the classes with their language, as they come first; subquestions are not in the real one."""
        seen = [(row["class"], row["language"]) for row in rows if row["class"] != "SQ"]
        return list(dict.fromkeys(seen))

    swapped = {"nl": "en", "en": "nl", "": ""}  # the real file is English first
    assert order(ours) == [(kind, swapped[language]) for kind, language in order(real)]
    for kind in ("S", "SL", "G", "Q", "A"):
        first = next(row for row in real if row["class"] == kind)
        mine = next(row for row in ours if row["class"] == kind)
        filled = {c for c in limesurvey.OBLIGATORY if first[c] and c not in ("text", "help")}
        assert filled <= {column for column in mine if mine[column]}
    known = [row["name"] for row in real if row["class"] == "S"]
    settings = [row["name"] for row in ours if row["class"] == "S"]
    assert settings == [name for name in known if name in settings]


def test_every_question_is_there_in_its_own_type(made: Made) -> None:
    rows = [row for row in _rows(limesurvey.structure(made())) if row["language"] == "nl"]
    types = {row["name"]: row["type/scale"] for row in rows if row["class"] == "Q"}
    assert types == {
        "wave": "*",
        "site": "L",
        "respondent": "S",
        "KEN": "F",
        "TOE1": "L",
        "UREN": "N",
        "CONSK01": "M",
        "O1": "T",
    }
    assert [row["name"] for row in rows if row["class"] == "SQ"] == ["KEN1", "KEN2", "CP01", "CP04"]
    (ticks,) = [row for row in rows if row["name"] == "CONSK01"]
    assert ticks["relevance"] == 'TOE1.NAOK == "3" or TOE1.NAOK == "4" or TOE1.NAOK == "5"'
    (wave,) = [row for row in rows if row["name"] == "wave"]
    assert (wave["text"], wave["hidden"]) == ("T1", "1")


def test_an_array_is_named_in_a_condition_with_its_subquestion(made: Made) -> None:
    often = [{"id": f"TOE{n}", "text": TEXT, "options": "agree", "skill": f"SK0{n}"} for n in (1, 2)]
    form = made(
        scales=[{"id": "TOE", "label": TEXT, "items": often}],
        components={"SK02": ["CP01"]},
    )
    rows = _rows(limesurvey.structure(form))
    (ticks, _) = [row for row in rows if row["name"] == "CONSK02"]
    assert ticks["relevance"].startswith('TOE_TOE2.NAOK == "3"')


def test_both_languages_have_the_same_rows(made: Made) -> None:
    rows = _rows(limesurvey.structure(made()))
    kept = [column for column in rows[0] if column not in ("text", "language", "name")]
    inner = {
        language: [
            [row[column] for column in kept] + [row["name"] * (row["class"] != "G")]
            for row in rows
            if row["language"] == language and row["class"] != "SL"
        ]
        for language in ("nl", "en")
    }
    assert inner["nl"] == inner["en"]
    numbers = [row["id"] for row in rows if row["class"] in ("Q", "SQ") and row["language"] == "nl"]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_do_nothing_and_come_back(made: Made, text: str) -> None:
    form = made("T0", **_one_item("KEN1", {"nl": text, "en": text}))
    structure = limesurvey.structure(form)
    (row,) = [r for r in _rows(structure) if r["name"] == "KEN1" and r["language"] == "nl"]
    assert html.unescape(row["text"]) == text
    assert row["text"][0] not in "=+-@"
    assert not set('<>"{}\\') & set(row["text"])
    # No text needs quotes, so no reader can take them otherwise.
    assert '"' not in structure.replace('"3"', "").replace('"4"', "").replace('"5"', "")


def test_tabs_and_line_ends_in_a_text_break_no_row(made: Made) -> None:
    form = made("T0", **_one_item("KEN1", {"nl": "een\ttwee\r\ndrie\u2028vier", "en": "a"}))
    structure = limesurvey.structure(form)
    (row,) = [r for r in _rows(structure) if r["name"] == "KEN1" and r["language"] == "nl"]
    assert row["text"] == "een twee<br />drie<br />vier"
    lines = structure.split("\r\n")
    assert {line.count("\t") for line in lines[:-1]} == {len(limesurvey.COLUMNS) - 1}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (_one_item("a" * 21), "a" * 21),
        (_one_item("site-"), "`site` and `site-`"),
        (_one_item("Token"), "`Token`"),
        (_one_item("that"), "`that`"),
        (
            {
                **_one_item("x"),
                "scales": [
                    {
                        "id": "KEN",
                        "label": TEXT,
                        "items": [{"id": i, "text": TEXT, "options": "agree"} for i in ("V-1", "V1")],
                    }
                ],
            },
            "`V-1` and `V1`",
        ),
    ],
)
def test_ids_that_cannot_be_codes_are_refused_by_name(made: Made, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidMaterial, match=said):
        limesurvey.structure(made("T0", **changes))


def test_long_ids_become_numbers_in_an_array(made: Made) -> None:
    items = [{"id": f"kennis_{n}", "text": TEXT, "options": "agree"} for n in (1, 2)]
    form = made("T0", **(_one_item("x") | {"scales": [{"id": "KEN", "label": TEXT, "items": items}]}))
    assert limesurvey.mapping(form, "a.csv")["items"] == {
        "KEN[SQ001]": "kennis_1",
        "KEN[SQ002]": "kennis_2",
    }


# As the program writes it: question codes as headings, answer codes as answers, an empty cell for a box that
# was not ticked and for a question that was not shown.
ANSWERS = """"id","submitdate","lastpage","startlanguage","seed","wave","site","respondent","KEN[KEN1]",\
"KEN[KEN2]","TOE1","UREN","CONSK01[CP01]","CONSK01[CP04]","O1"
"1","1980-01-01 00:00:00","5","nl","77","T1","es","r1","4","2","5","7.5000000000","Y","","vrij"
"2","1980-01-01 00:00:00","5","nl","78","T1","es","r2","1","","nvt","","","",""
"3","1980-01-01 00:00:00","5","en","79","T1","A0002","r3","5","1","2","0.0000000000","","",""
"4","","2","en","80","T1","es","r4","5","","","","","",""
"""


def test_answers_are_read_back_with_the_mapping(made: Made, read_back: ReadBack) -> None:
    study = read_back(limesurvey.mapping(made(), "t1.csv"), ANSWERS)
    found = survey.read(study)
    given = {(one.respondent, one.item): one.value for one in found.responses}
    assert [given["r1", item] for item in ("KEN1", "KEN2", "TOE1", "UREN")] == [4, 2, 5, 7.5]
    reasons = {(one.respondent, one.item): one.reason_na for one in found.responses if one.value is None}
    assert reasons["r2", "TOE1"] == "not_applicable"
    assert reasons["r2", "KEN2"] == "skipped"
    sites = {one.respondent: one.site for one in found.respondents}
    assert sites == {"r1": "es", "r2": "es", "r3": "esdoorn"}
    assert "unfinished forms dropped by rule" in {count.what for count in found.counts}
    ticks = {(one.respondent, one.component): one.value for one in found.contributions}
    assert ticks["r1", "CP01"] == 1
    assert ticks["r1", "CP04"] == 0
    assert ticks["r2", "CP01"] is ticks["r3", "CP01"] is None
