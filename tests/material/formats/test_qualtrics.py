"""Exports of Qualtrics: header rows, previews, unfinished responses, and nothing of who the people are."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from casestudy.errors import InvalidMaterial
from casestudy.material.formats import qualtrics, sheets
from casestudy.material.formats.sheets import Sheet
from casestudy.material.mappings import FileMapping

IDS = {
    "StartDate": "startDate",
    "Status": "status",
    "IPAddress": "ipAddress",
    "Progress": "progress",
    "Finished": "finished",
    "ResponseId": "_recordId",
    "RecipientLastName": "recipientLastName",
    "RecipientFirstName": "recipientFirstName",
    "RecipientEmail": "recipientEmail",
    "ExternalReference": "externalDataReference",
    "LocationLatitude": "locationLatitude",
    "LocationLongitude": "locationLongitude",
    "Q1": "QID1",
    "Q2": "QID2_TEXT",
    "Status_q": "QID3",
}
TEXTS = {
    "RecipientEmail": "E-mail des Empfängers",
    "StartDate": "Anfangsdatum",
    "Q1": "How are\nyou, today?",
    "Q2": "Words",
}
SECRET = {
    "IPAddress": "130.92.34.66",
    "RecipientLastName": "Jansen",
    "RecipientFirstName": "Zoë",
    "RecipientEmail": "zoe@voorbeeld.nl",
    "ExternalReference": "bsn-1234",
    "LocationLatitude": "47.11",
    "LocationLongitude": "7.23",
}
ROW = {"StartDate": "2019-03-01 10:00:00", "Status": "0", "Progress": "100", "Finished": "1"} | SECRET
ROW |= {"ResponseId": "R_1", "Q1": "4", "Q2": "p1", "Status_q": "Survey Preview"}


def export(rows: list[dict[str, str]], *, n_headers: int = 3) -> str:
    data = io.StringIO(newline="")
    writer = csv.writer(data)
    writer.writerow(IDS)
    writer.writerows([[TEXTS.get(name, name) for name in IDS]] if n_headers > 1 else [])
    writer.writerows([[json.dumps({"ImportId": one}) for one in IDS.values()]] if n_headers > 2 else [])
    writer.writerows([[(ROW | row)[name] for name in IDS] for row in rows])
    return data.getvalue()


def read(tmp_path: Path, text: str, **mapping: Any) -> Sheet:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    columns = {"respondent": "Q2"}
    settings = {"file": "*", "columns": columns, "wave": "T0", "site": "es", "items": {"Q1": "V1"}} | mapping
    return qualtrics.sheet(sheets.raw(path, "survey/t.csv"), FileMapping.model_validate(settings), ["V1"])


def told(tmp_path: Path, text: str, **mapping: Any) -> list[str]:
    with pytest.raises(InvalidMaterial) as refused:
        read(tmp_path, text, **mapping)
    lines = [str(problem) for problem in refused.value.problems]
    assert not [secret for secret in SECRET.values() for line in lines if secret in line]
    return lines


@pytest.mark.parametrize("n_headers", [2, 3])
def test_nothing_is_kept_of_who_the_people_are(tmp_path: Path, n_headers: int) -> None:
    found = read(tmp_path, export([{}], n_headers=n_headers), ignore=["Status_q"])
    assert found.header == ("Q1", "Q2", "Status_q")
    ((line, row),) = found.rows
    # The question takes two lines of the file.
    assert line == n_headers + 2
    assert row == {"Q1": "4", "Q2": "p1", "Status_q": "Survey Preview"}
    assert dict(found.counts) == {f"personal column dropped, `{name}`": 1 for name in SECRET} | {
        "columns of Qualtrics itself not read": 5
    }
    assert not [secret for secret in SECRET.values() if secret in repr(found) + str(found.rows)]


def test_the_row_of_import_ids_tells_the_program(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for n_headers, is_export in ((3, True), (2, False), (1, False)):
        path.write_text(export([{}], n_headers=n_headers), encoding="utf-8")
        assert qualtrics.is_export(sheets.raw(path, "survey/t.csv")) == is_export


def test_a_column_may_go_by_its_import_id(tmp_path: Path) -> None:
    found = read(tmp_path, export([{}]), columns={"respondent": "QID2_TEXT"}, items={"QID1": "V1"})
    assert found.header == ("QID1", "QID2_TEXT", "Status_q")


def test_what_qualtrics_says_itself_may_be_used(tmp_path: Path) -> None:
    found = read(tmp_path, export([{}]), columns={"respondent": "ResponseId", "date": "startDate"})
    assert found.rows[0][1]["startDate"] == "2019-03-01 10:00:00"
    assert found.rows[0][1]["ResponseId"] == "R_1"


def test_the_older_form_has_numbered_columns_in_any_language(tmp_path: Path) -> None:
    header = [*(f"V{n}" for n in range(1, 11)), "Q1", "Q2", "LocationAccuracy", ""]
    texts = "Antwoord-ID,Set,Naam,Extern,Adres,IP,Toestand,Begin,Einde,Klaar,Hoe?,Wie?,LocationAccuracy,"
    row = "R_1,Default,Jansen,bsn-1234,zoe@voorbeeld.nl,130.92.34.66,0,2019-03-01,2019-03-01,1,4,p1,-1,"
    found = read(tmp_path, f"{','.join(header)}\n{texts}\n{row}\n")
    assert found.rows == ((3, {"Q1": "4", "Q2": "p1"}),)
    personal = ["V3", "V4", "V5", "V6", "LocationAccuracy"]
    assert [what for what, _ in found.counts if "personal" in what] == [
        f"personal column dropped, `{name}`" for name in personal
    ]


def test_a_question_for_a_name_is_personal(tmp_path: Path) -> None:
    text = "StartDate,Q1,Q2,Q3\nStart Date,Hoe?,Wie?,E-mail address\n2019-03-01,4,p1,zoe@voorbeeld.nl\n"
    assert read(tmp_path, text).rows == ((3, {"Q1": "4", "Q2": "p1"}),)


STATUS = [
    ("0", {}, 1, {}),
    ("IP Address", {}, 1, {}),
    ("4", {}, 1, {}),
    ("16", {}, 1, {}),
    ("8", {}, 1, {"responses that Qualtrics takes for spam, kept": 1}),
    ("1", {}, 0, {"previews and tests dropped by rule": 1}),
    ("2", {}, 0, {"previews and tests dropped by rule": 1}),
    ("17", {}, 0, {"previews and tests dropped by rule": 1}),
    ("Survey Preview", {}, 0, {"previews and tests dropped by rule": 1}),
    ("Survey Test", {}, 0, {"previews and tests dropped by rule": 1}),
    ("Umfragevorschau", {"Umfragevorschau": "drop"}, 0, {"previews and tests dropped by rule": 1}),
    ("IP-Adresse", {"IP-Adresse": "keep"}, 1, {}),
]


@pytest.mark.parametrize(("word", "status", "n", "counts"), STATUS)
def test_previews_and_tests_are_dropped_and_counted(
    tmp_path: Path, word: str, status: dict[str, str], n: int, counts: dict[str, int]
) -> None:
    found = read(tmp_path, export([{"Status": word}]), status=status)
    assert len(found.rows) == n
    assert {what: k for what, k in found.counts if "column" not in what} == counts


FINISHED = [
    ({"Finished": "0"}, True),
    ({"Finished": "False"}, True),
    ({"Finished": "ONWAAR"}, True),
    ({"Finished": "WAAR", "Progress": "40"}, False),
    ({"Finished": "", "Progress": "40"}, True),
    ({"Finished": "True", "Progress": "40"}, False),
    ({"Finished": "", "Progress": "100"}, False),
    ({"Finished": "", "Progress": ""}, False),
]


@pytest.mark.parametrize(("row", "is_open"), FINISHED)
def test_unfinished_responses_are_kept_or_dropped_by_rule(
    tmp_path: Path, row: dict[str, str], *, is_open: bool
) -> None:
    kept = read(tmp_path, export([{}, row]))
    dropped = read(tmp_path, export([{}, row]), unfinished="drop")
    assert (len(kept.rows), len(dropped.rows)) == (2, 1 if is_open else 2)
    assert ("unfinished forms kept", 1) in kept.counts or not is_open
    assert ("unfinished forms dropped by rule", 1) in dropped.counts or not is_open


def test_what_cannot_be_told_is_refused_by_row(tmp_path: Path) -> None:
    rows = [{}, {"Status": "Umfragevorschau"}, {"Finished": "Wahr"}, {"Finished": "", "Progress": "half"}]
    assert [line.partition(",")[0] for line in told(tmp_path, export(rows))] == [
        "survey/t.csv:6: the status of a response must be known",
        "survey/t.csv:7: `Finished` must be 1",
        "survey/t.csv:8: `Finished` must be 1",
    ]


@pytest.mark.parametrize("column", ["ExternalReference", "externalDataReference"])
def test_a_mapping_cannot_use_a_personal_column(tmp_path: Path, column: str) -> None:
    (line,) = told(tmp_path, export([{}]), columns={"respondent": column})
    assert line == (
        f"survey/t.csv:1: the mapping must not use a personal column, found `{column}`; "
        "remove it from instrument.yml; ask for a code in a question"
    )


def test_the_rows_below_the_names_may_have_been_removed(tmp_path: Path) -> None:
    rows = [{}, {"Status": "1"}, {"Finished": "0", "Progress": "40"}]
    found = read(tmp_path, export(rows, n_headers=1), ignore=["Status_q"], unfinished="drop")
    assert [(line, row["Q1"]) for line, row in found.rows] == [(2, "4")]
    assert found.n_dropped == 2
    assert not [secret for secret in SECRET.values() if secret in repr(found) + str(found.rows)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Q1,Q2\n5,p1\n3,p2\n", [2, 3]),
        ("Q1,Q2\nHoe?,Wie?\n3,p2\n", [3]),
        ("Q1,Q2\neens,p1\neens,p2\n", [2, 3]),
        ("Finished,Q1,Q2\n1,eens,p1\n1,oneens,p2\n", [2, 3]),
        ("ResponseId,Q1,Q2\nR_1,eens,p1\nR_2,oneens,p2\n", [2, 3]),
        ("StartDate,Q1,Q2\nBegindatum,Hoe?,Wie?\n2019-03-01,eens,p2\n", [3]),
        ("StartDate,Q1,Q2\nBegindatum,2019,Wie?\n2019-03-01,eens,p2\n", [3]),
        ("StartDate,Q1,Q2\n43525.5,eens,p1\n43525.7,oneens,p2\n", [2, 3]),
    ],
)
def test_a_response_is_never_taken_for_questions(tmp_path: Path, text: str, lines: list[int]) -> None:
    assert [line for line, _ in read(tmp_path, text).rows] == lines


def test_words_that_may_be_either_are_asked_about(tmp_path: Path) -> None:
    (line,) = told(tmp_path, "Q1,Q2\neens,p1\noneens,p2\n")
    assert line.startswith("survey/t.csv:2: it must be clear whether the second row holds questions or a")


def test_dropping_needs_a_column_that_tells_what_is_unfinished(tmp_path: Path) -> None:
    (line,) = told(tmp_path, "Q1,Q2\nHoe?,Wie?\n3,p2\n", unfinished="drop")
    assert line.startswith("survey/t.csv: unfinished responses must be told by `Finished` or `Progress`")


def test_its_own_columns_tell_the_program(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Finished,RecordedDate,ResponseId,Q1\n1,2019-03-01,R_1,4\n", encoding="utf-8")
    assert qualtrics.is_export(sheets.raw(path, "survey/t.csv"))


def test_a_column_twice_is_refused(tmp_path: Path) -> None:
    text = export([{}]).replace("Status_q", "Q1")
    (line,) = told(tmp_path, text)
    assert line.startswith("survey/t.csv:1: a column must stand once, found `Q1` 2 times")
    assert read(tmp_path, text, items={"QID1": "V1"}, ignore=["Q1"]).header == ("QID1", "Q2", "Q1")


def test_an_export_to_spss_keeps_nobody_either() -> None:
    cases = pd.DataFrame([{name: (ROW | {"Status": "0"})[name] for name in IDS}])
    rows = ((1, {str(name): str(value) for name, value in cases.iloc[0].items()}),)
    sheet = Sheet("survey/t.sav", tuple(IDS), rows)
    mapping = FileMapping.model_validate(
        {"file": "*", "columns": {"respondent": "Q2"}, "wave": "T0", "site": "es"}
    )
    found = qualtrics.variables(sheet, mapping)
    assert found.rows == ((1, {"Q1": "4", "Q2": "p1", "Status_q": "Survey Preview"}),)
