"""Exports of LimeSurvey: any kind of header, what the program adds, and syntax files that are never run."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from casestudy.errors import InvalidMaterial
from casestudy.material.formats import limesurvey, sheets, syntax_files
from casestudy.material.formats.sheets import Sheet
from casestudy.material.mappings import FileMapping

R = r"""data <- read.csv("survey_1_R_data_file.csv", quote = "'\"", na.strings=c("", "\"\""),
  stringsAsFactors=FALSE, fileEncoding="UTF-8-BOM")


# LimeSurvey Field type: F
data[, 1] <- as.numeric(data[, 1])
attributes(data)$variable.labels[1] <- "id"
names(data)[1] <- "id"
# LimeSurvey Field type: DATETIME23.2
data[, 2] <- as.character(data[, 2])
attributes(data)$variable.labels[2] <- "submitdate"
names(data)[2] <- "submitdate"
# LimeSurvey Field type: A
data[, 3] <- as.character(data[, 3])
attributes(data)$variable.labels[3] <- "[I can] How \"well\"? It\'s fine (really)"
data[, 3] <- factor(data[, 3], levels=c("AO01","AO02"),labels=c("oneens", "mee \"eens\", c(1)"))
names(data)[3] <- "Q1_SQ001"
# LimeSurvey Field type: F
data[, 4] <- as.numeric(data[, 4])
attributes(data)$variable.labels[4] <- "How often?"
data[, 4] <- factor(data[, 4], levels=c(1,2),labels=c("nooit", "vaak"))
names(data)[4] <- "Q2"
# Variable name was incorrect and was changed from  to q_ .
data[, 5] <- as.character(data[, 5])
attributes(data)$variable.labels[5] <- "Role [Other]"
names(data)[5] <- "q_"
"""

SPS = """*$Rev: 121017 $.
SET UNICODE=ON.
SHOW LOCALE.
PRESERVE LOCALE.
SET LOCALE='en_UK'.

GET DATA
 /TYPE=TXT
 /FILE='survey_1_SPSS_data_file.dat'
 /DELIMITERS=","
 /QUALIFIER="'"
 /VARIABLES=
 V1 F1
 V2 DATETIME23.2
 V3 A5
 V4 F1
 V5 A5.
CACHE.
EXECUTE.
*Define Variable Properties.
VARIABLE LABELS V1 "id".
VARIABLE LABELS V2 "submitdate".
VARIABLE LABELS V3 "[I can] How ""well""? It's "+
"fine (really)".
VARIABLE LABELS V4 "How often?".
VARIABLE LABELS V5 "Role [Other]".
*Define Value labels.
VALUE LABELS  V3
 "AO01" "oneens"
 "AO02" "mee ""eens"", c(1)".
VALUE LABELS  V4
 1 "nooit"
 2 "vaak".
VARIABLE LEVEL V4(SCALE).
RENAME VARIABLE ( V1 = id ).
RENAME VARIABLE ( V2 = submitdate ).
RENAME VARIABLE ( V3 = Q1_SQ001 ).
RENAME VARIABLE ( V4 = Q2 ).
* Variable name was incorrect and was changed from  to q_ .
RENAME VARIABLE ( V5 = q_ ).
RESTORE LOCALE.
"""

TEXTS = ["Response ID", "Date submitted", "How well? [I can]", "How often?", "Role [Other]"]
DONE, OPEN = ["1", "2021-09-24 11:00:00", "AO02", "2", ""], ["2", "", "AO01", "", "x"]


def table(*rows: list[str]) -> str:
    data = io.StringIO(newline="")
    csv.writer(data).writerows(rows)
    return data.getvalue()


def syntax(tmp_path: Path, text: str, suffix: str = ".R") -> dict[int, syntax_files.Column]:
    path = tmp_path / f"s{suffix}"
    path.write_text(text, encoding="utf-8")
    return syntax_files.read(path, f"survey/{path.name}")


def read(
    tmp_path: Path,
    text: str,
    *,
    name: str = "t.csv",
    said: dict[int, syntax_files.Column] | None = None,
    ids: tuple[str, ...] = (),
    **mapping: Any,
) -> Sheet:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    settings = {"file": "*", "program": "limesurvey", "linking": "none", "wave": "T0", "site": "es"} | mapping
    found = sheets.raw(path, f"survey/{name}")
    return limesurvey.sheet(found, FileMapping.model_validate(settings), ids, said)


def told(tmp_path: Path, text: str, **more: Any) -> str:
    with pytest.raises(InvalidMaterial) as refused:
        read(tmp_path, text, **more)
    (problem,) = refused.value.problems
    return str(problem)


@pytest.mark.parametrize(("text", "suffix"), [(R, ".R"), (SPS, ".sps")], ids=["R", "SPSS"])
def test_a_syntax_file_gives_codes_and_labels(tmp_path: Path, text: str, suffix: str) -> None:
    found = syntax(tmp_path, text, suffix)
    assert {number: column.code for number, column in found.items()} == {
        1: "id",
        2: "submitdate",
        3: "Q1_SQ001",
        4: "Q2",
        5: "q_",
    }
    assert found[3].text == '[I can] How "well"? It\'s fine (really)'
    assert found[3].labels == {"AO01": "oneens", "AO02": 'mee "eens", c(1)'}
    assert found[4].labels == {"1": "nooit", "2": "vaak"}


NEVER = [
    ('system("rm -rf ~")\n', ".R", 1),
    (R + 'names(data)[1] <- paste("a", "b")\n', ".R", R.count("\n") + 1),
    (R + 'source("x.R")', ".R", R.count("\n") + 1),
    (R.replace('"How often?"', "readline()"), ".R", 20),
    (R.replace('labels=c("nooit", "vaak")', 'labels=c("nooit", f("vaak"))'), ".R", 21),
    (R.replace('"How often?"', '"How often?'), ".R", 20),
    ("HOST COMMAND=['rm -rf ~'].\n", ".sps", 1),
    (SPS + "INSERT FILE='x'.\n", ".sps", SPS.count("\n") + 1),
]


@pytest.mark.parametrize(("text", "suffix", "line"), NEVER)
def test_a_statement_that_the_program_does_not_write_is_refused(
    tmp_path: Path, text: str, suffix: str, line: int
) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        syntax(tmp_path, text, suffix)
    (problem,) = refused.value.problems
    assert problem.place == f"survey/s{suffix}:{line}"
    assert problem.must == "a syntax file must hold only what LimeSurvey writes"
    assert "rm" not in str(problem)


def test_other_syntax_files_are_refused(tmp_path: Path) -> None:
    for text, suffix in ((R, ".txt"), ("# nothing\n", ".R")):
        with pytest.raises(InvalidMaterial):
            syntax(tmp_path, text, suffix)


def test_no_syntax_file_takes_long(tmp_path: Path) -> None:
    for text in (
        'names(data)[1] <- "' + "\\" * 200_000,
        "data[, 1] <- factor(data[, 1], levels=c(" + "1," * 50_000,
    ):
        with pytest.raises(InvalidMaterial):
            syntax(tmp_path, text)


HEADERS = [
    (TEXTS, {"How well? [I can]": "V1"}, "How well? [I can]"),
    (["id", "submitdate", "Q1[SQ001]", "Q2", "Q3_other"], {"Q1[SQ001]": "V1"}, "Q1[SQ001]"),
    (["id", "submitdate", "Q1[SQ001]", "Q2", "Q3_other"], {"Q1_SQ001": "V1"}, "Q1_SQ001"),
    (["id", "submitdate", "Q1_SQ001", "Q2", "Q3_other"], {"Q1_SQ001": "V1"}, "Q1_SQ001"),
    (
        ["id", "submitdate", "Q1[SQ001]. How well? [I can]", "Q2. How often?", "x"],
        {"Q1[SQ001]": "V1"},
        "Q1[SQ001]",
    ),
    (
        ["id", "submitdate", "Q1[SQ001]. How well? [I can]", "Q2. How often?", "x"],
        {"Q1_SQ001": "V1"},
        "Q1_SQ001",
    ),
    (["id", "submitdate", "How?", "How?", ""], {"How?": "V1"}, "How?"),
    (["id", "submitdate", "", "How?", ""], {"column 3": "V1"}, "column 3"),
    (["id", "submitdate", "How?", "How?", "How?"], {"column 3": "V1"}, "column 3"),
]


@pytest.mark.parametrize(("header", "items", "column"), HEADERS)
def test_a_column_may_go_by_any_of_its_names(
    tmp_path: Path, header: list[str], items: dict[str, str], column: str
) -> None:
    found = read(tmp_path, table(header, DONE), items=items)
    assert found.rows[0][1][column] == "AO02"


def test_headers_that_repeat_or_are_blank_have_numbers(tmp_path: Path) -> None:
    header = ["How?", "How?", "", "", "How?"]
    found = read(tmp_path, table(header, ["1", "2", "3", "", "5"]))
    assert found.rows == (
        (2, {"How?": "1", "How? (2)": "2", "column 3": "3", "column 4": "", "How? (3)": "5"}),
    )
    assert found.positions == (1, 2, 3, 4, 5)


def test_a_code_may_be_the_id_of_an_item(tmp_path: Path) -> None:
    found = read(tmp_path, table(["id", "submitdate", "Q1[SQ001]", "Q2", "x"], DONE), ids=("Q1_SQ001", "id"))
    assert found.header == ("Q1_SQ001", "Q2", "x")


def test_a_syntax_file_names_the_columns_of_a_table_of_questions(tmp_path: Path) -> None:
    found = read(tmp_path, table(TEXTS, DONE), said=syntax(tmp_path, R), ids=("Q1_SQ001", "Q2"))
    assert found.header == ("Q1_SQ001", "Q2", "Role [Other]")
    assert found.meanings.label("Q1_SQ001", "AO02") == 'mee "eens", c(1)'
    assert found.meanings.label("Q2", "2") == "vaak"


def test_the_data_file_for_spss_has_no_header(tmp_path: Path) -> None:
    text = "'1','2021-09-24 11:00:00','AO02','2','it, is'\n"
    found = read(tmp_path, text, name="t.dat", said=syntax(tmp_path, SPS, ".sps"), ids=("Q2",))
    assert found.rows == ((1, {"Q1_SQ001": "AO02", "Q2": "2", "q_": "it, is"}),)


OTHER = [
    table(TEXTS[:4], DONE[:4]),
    table([*TEXTS[1:], TEXTS[0]], [*DONE[1:], DONE[0]]),
    table(["id", "submitdate", "Q2", "Q1_SQ001", "q_"], DONE),
]


@pytest.mark.parametrize("text", OTHER)
def test_a_syntax_file_of_another_export_is_refused(tmp_path: Path, text: str) -> None:
    assert "the syntax file must be of the same export" in told(tmp_path, text, said=syntax(tmp_path, R))


def test_unfinished_forms_are_kept_or_dropped_by_rule(tmp_path: Path) -> None:
    text = table(TEXTS, DONE, OPEN)
    kept, dropped = read(tmp_path, text), read(tmp_path, text, unfinished="drop")
    assert (len(kept.rows), len(dropped.rows)) == (2, 1)
    assert ("unfinished forms kept", 1) in kept.counts
    assert ("unfinished forms dropped by rule", 1) in dropped.counts


def test_the_program_s_own_columns_are_left_out_unless_named(tmp_path: Path) -> None:
    header = ["id", "submitdate", "startlanguage", "token", "Q1"]
    rows = ["1", "2021-09-24", "nl", "abc", "4"]
    found = read(tmp_path, table(header, rows))
    assert (found.header, found.counts) == (("Q1",), (("columns of LimeSurvey itself not read", 4),))
    used = read(tmp_path, table(header, rows), linking="id", columns={"respondent": "token"})
    assert used.rows == ((2, {"token": "abc", "Q1": "4"}),)


def test_nothing_is_kept_of_who_the_people_are(tmp_path: Path) -> None:
    secret = ["130.92.34.66", "https://x.nl", "Zoë", "Jansen", "zoe@voorbeeld.nl"]
    names = ["ipaddr", "refurl", "firstname", "lastname", "email"]
    for header in (names, ["IP address", "Referrer URL", "First name", "Last name", "Email address"]):
        found = read(tmp_path, table([*header, "Q1"], [*secret, "4"]))
        assert found.rows == ((2, {"Q1": "4"}),)
        assert found.counts == tuple((f"personal column dropped, `{name}`", 1) for name in header)
        message = told(
            tmp_path, table([*header, "Q1"], [*secret, "4"]), linking="id", columns={"respondent": header[4]}
        )
        assert "the mapping must not use a personal column" in message
        assert not [word for word in secret if word in message]


def test_a_code_that_the_program_made_up_is_no_other_column(tmp_path: Path) -> None:
    made_up = """data[, 1] <- as.character(data[, 1])
attributes(data)$variable.labels[1] <- "Seed"
names(data)[1] <- "q_"
attributes(data)$variable.labels[
  2
] <- "How often?"
names(data)[ 2 ] <- "Q2"
# Variable name was incorrect and was changed from  to q_ .
"""
    found = read(tmp_path, table(["seed", "Q2"], ["17", "2"]), said=syntax(tmp_path, made_up), ids=("Q2",))
    assert found.rows == ((2, {"Q2": "2"}),)


def test_dropping_needs_the_date_on_which_a_form_was_handed_in(tmp_path: Path) -> None:
    text = table(["Antwoord-ID", "Q1"], ["1", "4"])
    assert "unfinished forms must be told by the date" in told(tmp_path, text, unfinished="drop")
    assert len(read(tmp_path, text).rows) == 1
