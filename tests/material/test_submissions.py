"""Forms as they stand in files: whose, when and where, told by row; what was left out is counted."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
import xlsxwriter

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import instrument as instruments
from casestudy.material import submissions, survey
from casestudy.material.survey import Responses
from casestudy.study import Study

STUDY = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}, {id: beuk, name: Beuk}]
waves:
  - {id: T0, label: {nl: voor, en: before}, relation: before}
  - {id: T1, label: {nl: na, en: after}, relation: directly_after}
"""
INSTRUMENT = """\
id: reflectie
version: "1"
options:
  likert: {min: 1, max: 5}
  vaak: {min: 1, max: 2, labels: [{nl: nooit, en: never}, {nl: vaak, en: often}]}
scales:
  - id: VAA
    label: {nl: Vaardigheid, en: Skill}
    items:
      - {id: V1, text: {nl: a, en: a}, options: likert}
      - {id: V2, text: {nl: b, en: b}, options: likert, not_applicable: true}
      - {id: V3, text: {nl: c, en: c}, options: vaak}
files:
"""
WIDE = """\
  - file: "*"
    columns: {respondent: id, wave: meting, site: plek}
    waves: {voor: T0, "1": T1}
    ignore: [opmerking]
"""
HEADER = "id,meting,plek,V1\n"


def made(tmp_path: Path, mapping: str, files: dict[str, str | bytes]) -> Study:
    folder = tmp_path / "proef"
    (folder / "survey").mkdir(parents=True)
    (folder / "study.yml").write_text(STUDY, encoding="utf-8")
    (folder / "instrument.yml").write_text(INSTRUMENT + mapping, encoding="utf-8")
    for name, text in files.items():
        (folder / "survey" / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return studies.read(folder)


def told(study: Study) -> list[str]:
    with pytest.raises(InvalidMaterial) as refused:
        survey.read(study)
    return [str(problem) for problem in refused.value.problems]


def counts(found: Responses) -> dict[str, int]:
    return {count.what: count.n for count in found.counts}


def workbook(rows: list[list[Any]], *, hidden: bool = False, epoch_1904: bool = False) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"date_1904": epoch_1904}) as book:
        sheet, day = book.add_worksheet("antwoorden"), book.add_format({"num_format": "yyyy-mm-dd"})
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, pd.Timestamp):
                    sheet.write_datetime(r, c, value, day)
                elif isinstance(value, str) and value.startswith("#"):
                    sheet.write_formula(r, c, "=NA()", None, value)
                elif isinstance(value, str):
                    sheet.write_string(r, c, value)
                elif value is not None:
                    sheet.write(r, c, value)
        if hidden:
            book.add_worksheet("sleutel").hide()
    return data.getvalue()


WAVES = ["voor ", "1", " 1 ", "T1"]
NO_WAVES = [
    ("1.0", "it is likely the same as `1`: add it as it stands to `waves` in instrument.yml"),
    ("01", "it is likely the same as `1`: add it as it stands to `waves` in instrument.yml"),
    ("０1", "it is likely the same as `1`: add it as it stands to `waves` in instrument.yml"),
    ("t1", "it is likely the same as `T1`: add it as it stands to `waves` in instrument.yml"),
    ("Voor", "it is likely the same as `voor`: add it as it stands to `waves` in instrument.yml"),
    ("tussen", "correct it, or add the word to `waves` in instrument.yml"),
    ("", "correct it, or add the word to `waves` in instrument.yml"),
]


@pytest.mark.parametrize("word", WAVES)
def test_a_wave_is_a_listed_word(tmp_path: Path, word: str) -> None:
    found = survey.read(made(tmp_path, WIDE, {"t.csv": f"{HEADER}p1,{word},es,4\n"}))
    assert [row.wave for row in found.responses] == ["T0" if word == "voor " else "T1"]


@pytest.mark.parametrize(("word", "remedy"), NO_WAVES)
def test_another_wave_is_refused_by_row(tmp_path: Path, word: str, remedy: str) -> None:
    (line,) = told(made(tmp_path, WIDE, {"t.csv": f"{HEADER}p1,{word},es,4\n"}))
    assert line.startswith("survey/t.csv:2: `meting` must be a known wave, found ")
    assert line.endswith(f"; {remedy}")


def test_a_number_of_a_workbook_is_the_word_it_looks_like(tmp_path: Path) -> None:
    rows = [["id", "meting", "plek", "V1"], ["p1", 1, "es", 4], ["p2", 1.0, "es", "5"], [7, "1", "es", 3.0]]
    found = survey.read(made(tmp_path, WIDE, {"t.xlsx": workbook(rows)}))
    assert [(row.respondent, row.wave, row.value) for row in found.responses] == [
        ("7", "T1", 3.0),
        ("p1", "T1", 4.0),
        ("p2", "T1", 5.0),
    ]


NO_IDS: list[tuple[Any, str]] = [
    (pd.Timestamp(2019, 3, 1), "a date"),
    ("3-3-2019", "a date"),
    ("13:30", "a date"),
    (1e17, "a number in powers of ten"),
    ("1,00E+05", "a number in powers of ten"),
    ("#N/A", "an error"),
    ("#REF!", "an error"),
    (None, "nothing"),
    ("99", "nothing"),
]


@pytest.mark.parametrize("epoch_1904", [False, True])
@pytest.mark.parametrize(("written", "kind"), NO_IDS)
def test_what_a_spreadsheet_made_of_an_id_is_refused(
    tmp_path: Path, written: object, kind: str, *, epoch_1904: bool
) -> None:
    data = workbook([["id", "meting", "plek", "V1"], [written, "T0", "es", 4]], epoch_1904=epoch_1904)
    mapping = WIDE + "    missing_values: {'99': refused}\n"
    (line,) = told(made(tmp_path, mapping, {"t.xlsx": data}))
    assert line.startswith(f"survey/t.xlsx:2: `id` must hold an id, found {kind};")


def test_an_error_in_a_cell_is_told_by_row_and_a_hidden_sheet_is_counted(tmp_path: Path) -> None:
    rows = [["id", "meting", "plek", "V1"], ["p1", "T0", "es", "#N/A"], ["p2", "T0", "es", 4]]
    study = made(tmp_path, WIDE, {"t.xlsx": workbook(rows)})
    assert told(study)[0].startswith("survey/t.xlsx:2: `V1` must be a number from 1 to 5, found an error")
    found = survey.read(made(tmp_path / "b", WIDE, {"t.xlsx": workbook([rows[0], rows[2]], hidden=True)}))
    assert counts(found)["hidden sheet not read, `sleutel`"] == 1


def test_ids_that_look_alike_are_reported_across_kinds_of_files(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.csv": f"{HEADER}01,T0,es,4\n",
        "b.xlsx": workbook([["id", "meting", "plek", "V1"], [1, "T1", "es", 4]]),
    }
    (line,) = told(made(tmp_path, WIDE, files))
    assert line.startswith("survey/b.xlsx:2: an id must differ by more than zeros, case or width")


DATED = """\
  - file: "*"
    columns: {respondent: id, wave: meting, site: plek, date: dag}
    duplicates: keep_last
"""
DATES = [
    ("", ["2019-05-01", "2019-04-30"], 1.0),
    ("", ["2019-05-01 09:00", "2019-05-01 08:59:59"], 1.0),
    ("", ["2019-04-30", "2019-05-01"], 2.0),
    ("", ["2019-05-01", "2019-05-01"], 2.0),
    ("", ["2019-05-01", ""], 2.0),
    ("    dates: day-month-year\n", ["1-6-2019", "2-5-2019"], 1.0),
    ("    dates: month-day-year\n", ["1-6-2019", "2-5-2019"], 2.0),
]


@pytest.mark.parametrize(("order", "days", "value"), DATES)
def test_the_latest_of_two_forms_is_kept(tmp_path: Path, order: str, days: list[str], value: float) -> None:
    rows = "".join(f"p1,T0,es,{day},{n}\n" for n, day in enumerate(days, start=1))
    study = made(tmp_path, DATED + order, {"t.csv": "id,meting,plek,dag,V1\n" + rows})
    found = survey.read(study)
    assert [row.value for row in found.responses] == [value]
    assert counts(found)["duplicates dropped by rule"] == 1
    # No day is kept of anybody.
    (one, _), _ = submissions.read(study, instruments.read(study))
    assert not [day for day in days if day and day in repr(one) + repr(one.cells)]


NO_DATES = [
    ("", "3-4-2019", "`dag` must be one date, found one that may be read in two ways"),
    ("    dates: day-month-year\n", "4-13-2019", "`dag` must be a date in figures, found one in words"),
    ("", "gisteren", "`dag` must be a date in figures, found a word"),
]


@pytest.mark.parametrize(("order", "day", "problem"), NO_DATES)
def test_a_date_that_means_two_is_reported(tmp_path: Path, order: str, day: str, problem: str) -> None:
    text = f"id,meting,plek,dag,V1\np1,T0,es,{day},4\n"
    (line,) = told(made(tmp_path, DATED + order, {"t.csv": text}))
    assert line.startswith(f"survey/t.csv:2: {problem}")
    # Without the rule nobody needs the date, and it is not looked at.
    mapping = DATED.replace("keep_last", "refuse")
    assert len(survey.read(made(tmp_path / "b", mapping, {"t.csv": text})).responses) == 1


def test_the_latest_answer_is_kept_in_the_long_layout_too(tmp_path: Path) -> None:
    mapping = """\
  - file: "*"
    layout: long
    columns: {respondent: id, wave: meting, site: plek, date: dag, item: vraag, value: antwoord}
    duplicates: keep_last
    ignore: ["tijd *"]
"""
    rows = "p1,T0,es,2019-05-02,V1,4\np1,T0,es,2019-05-01,V1,2\np1,T0,es,2019-05-01,tijd 1,3\n"
    text = "id,meting,plek,dag,vraag,antwoord\n" + rows
    found = survey.read(made(tmp_path, mapping, {"t.csv": text}))
    assert [row.value for row in found.responses] == [4.0]


def test_columns_that_are_left_out_are_not_kept(tmp_path: Path) -> None:
    text = "id,meting,plek,V1,opmerking\np1,T0,es,4,geheim\n"
    study = made(tmp_path, WIDE, {"t.csv": text})
    (one,), _ = submissions.read(study, instruments.read(study))
    assert one.cells == {"V1": "4"} | ({"id": "p1"} if "id" in one.cells else {})
    assert "geheim" not in repr(one) + str(one.cells)


@pytest.mark.parametrize(("rule", "n", "what"), [("keep", 2, "kept"), ("drop", 1, "dropped by rule")])
def test_forms_that_were_not_handed_in(tmp_path: Path, rule: str, n: int, what: str) -> None:
    mapping = WIDE.replace("site: plek}", "site: plek, submitted: klaar}") + f"    unfinished: {rule}\n"
    text = "id,meting,plek,V1,klaar\np1,T0,es,4,2019-05-01\np2,T0,es,4,\n"
    found = survey.read(made(tmp_path, mapping, {"t.csv": text}))
    assert len(found.responses) == n
    assert counts(found)[f"unfinished forms {what}"] == 1


def test_an_unknown_column_is_told_with_its_number(tmp_path: Path) -> None:
    (line,) = told(made(tmp_path, WIDE, {"t.csv": "id,meting,plek,V1,leeftijd\np1,T0,es,4,30\n"}))
    assert line.startswith("survey/t.csv:1: every column must be named in instrument.yml, unread ones under ")
    assert "found column 5, `leeftijd`" in line


ANSWERS = [
    ("    answers: {likt: {eens: 4}}\n", "`answers.likt` must be one of `options`"),
    ("    answers: {likert: {eens: 6}}\n", "must be an answer from 1 to 5, found another"),
]


@pytest.mark.parametrize(("setting", "problem"), ANSWERS)
def test_listed_answers_must_be_answers(tmp_path: Path, setting: str, problem: str) -> None:
    (line,) = told(made(tmp_path, WIDE + setting, {"t.csv": f"{HEADER}p1,T0,es,4\n"}))
    assert line.startswith("instrument.yml:")
    assert problem.partition("` ")[2] in line or problem in line


def spss(tmp_path: Path) -> bytes:
    cases = pd.DataFrame(
        {
            "id": ["p1", "p2", "p3"],
            "meting": [1.0, 2.0, 1.0],
            "plek": [1.0, 1.0, 2.0],
            "V1": [4.0, 98.0, None],
            "V2": [99.0, 5.0, 1.0],
            "V3": [10.0, 20.0, 10.0],
        }
    )
    labels = {
        "meting": {1: "voormeting", 2: "nameting"},
        "plek": {1: "Es", 2: "Beuk"},
        "V1": {98: "wil niet zeggen"},
        "V2": {99: "n.v.t."},
        "V3": {10: "Nooit", 20: "VAAK"},
    }
    path = tmp_path / "t.sav"
    pyreadstat.write_sav(
        cases, str(path), variable_value_labels=labels, missing_ranges={"V1": [98, 99], "V2": [98, 99]}
    )
    return path.read_bytes()


SPSS = """\
  - file: "*.sav"
    columns: {respondent: id, wave: meting, site: plek}
    waves: {voormeting: T0, "2": T1}
    sites: {Es: es, Beuk: beuk}
    missing_values: {wil niet zeggen: refused, "99": not_applicable}
"""


def test_an_spss_file_is_read_by_values_and_labels(tmp_path: Path) -> None:
    found = survey.read(made(tmp_path, SPSS, {"t.sav": spss(tmp_path)}))
    assert [(row.respondent, row.wave, row.item, row.value, row.reason_na) for row in found.responses] == [
        ("p1", "T0", "V1", 4.0, None),
        ("p1", "T0", "V2", None, "not_applicable"),
        ("p1", "T0", "V3", 1.0, None),
        ("p2", "T1", "V1", None, "refused"),
        ("p2", "T1", "V2", 5.0, None),
        ("p2", "T1", "V3", 2.0, None),
        ("p3", "T0", "V1", None, "skipped"),
        ("p3", "T0", "V2", 1.0, None),
        ("p3", "T0", "V3", 1.0, None),
    ]
    here = {what: n for what, n in counts(found).items() if what.startswith(("cells", "var", "rows"))}
    assert here == {
        "rows read": 3,
        "variables read": 6,
        "cells answered": 6,
        "cells refused": 1,
        "cells not_applicable": 1,
        "cells skipped": 1,
    }


def test_what_is_marked_as_missing_and_not_named_is_refused_by_row(tmp_path: Path) -> None:
    mapping = SPSS.replace('wil niet zeggen: refused, "99"', '"99"')
    (line,) = told(made(tmp_path, mapping, {"t.sav": spss(tmp_path)}))
    assert line == (
        "survey/t.sav:2: `V1` must be an answer, or missing for a reason, found what its user marked as "
        "missing; name the value or its label under `missing_values` in instrument.yml, with the reason"
    )


def test_a_label_and_a_value_that_mean_two_waves(tmp_path: Path) -> None:
    mapping = SPSS.replace('waves: {voormeting: T0, "2": T1}', 'waves: {"1": T1, voormeting: T0, "2": T1}')
    lines = told(made(tmp_path, mapping, {"t.sav": spss(tmp_path)}))
    assert [line.partition("; ")[0] for line in lines] == [
        f"survey/t.sav:{case}: `meting` must be a known wave, found a value and a label that mean two"
        for case in (1, 3)
    ]


R = (
    'names(data)[1] <- "id"\nnames(data)[2] <- "token"\nnames(data)[3] <- "V3"\n'
    'data[, 3] <- factor(data[, 3], levels=c("A1","A2"),labels=c("nooit", "vaak"))\n'
)
LIME = """\
  - file: "t.csv"
    program: limesurvey
    syntax: s.R
    columns: {respondent: token}
    wave: T0
    site: es
"""


def test_a_syntax_file_is_no_file_of_answers(tmp_path: Path) -> None:
    text = "Response ID,Access code,How often?\n1,p1,A2\n2,p2,A1\n"
    found = survey.read(made(tmp_path, LIME, {"t.csv": text, "s.R": R}))
    assert [(row.respondent, row.value) for row in found.responses] == [("p1", 2.0), ("p2", 1.0)]
    (line,) = told(made(tmp_path / "b", LIME, {"t.csv": text}))
    assert line.startswith("survey/s.R: the syntax file must be there, found nothing")


def test_a_qualtrics_file_tells_itself(tmp_path: Path) -> None:
    text = (
        'IPAddress,Status,Q9,V1\nIP-Adresse,Antworttyp,Wie?,Hoe?\n"{""ImportId"":""ipAddress""}",'
        '"{""ImportId"":""status""}","{""ImportId"":""QID9""}","{""ImportId"":""QID1""}"\n'
        "130.92.34.66,0,p1,4\n130.92.34.67,1,p2,5\n"
    )
    mapping = '  - file: "*"\n    columns: {respondent: QID9}\n    wave: T0\n    site: es\n'
    found = survey.read(made(tmp_path, mapping, {"t.csv": text}))
    assert [(row.respondent, row.value) for row in found.responses] == [("p1", 4.0)]
    assert counts(found)["personal column dropped, `IPAddress`"] == 1
    assert counts(found)["previews and tests dropped by rule"] == 1
