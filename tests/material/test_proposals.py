"""Proposals: a row of which only the site was given, and a name that every system takes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.errors import InvalidMaterial
from casestudy.material import proposals
from casestudy.material.sources import Head

TALK = b"Interviewer: Hoe ging het?\nR: Goed. Het was fijn.\n"
MARCH_2019 = 1_552_000_000.0


def propose(data: bytes = TALK, file: str = "gesprek 3.txt", **given: Any) -> proposals.Proposal:
    options = {key: given.pop(key) for key in ("taken", "columns") if key in given}
    head = Head(**{"site": "es", **given})
    return proposals.propose(data, head, name=file, file=file, modified=MARCH_2019, **options)


def test_a_row_of_which_only_the_site_is_given() -> None:
    found = propose()
    row = found.row
    assert (row.source, row.kind, row.date, row.language) == ("es-gesprek-3", "interview", "2019-03", "nl")
    assert (row.consent, row.interviewer) == ("analysis_only", ("Interviewer",))
    assert [line.partition(":")[0] for line in found.told] == (
        ["source", "date", "consent", "kind", "language", "interviewer"]
    )


def test_what_is_given_is_not_proposed() -> None:
    found = propose(
        source="E3",
        date="2018-01",
        consent="quote",
        kind="focusgroup",
        language="en",
        interviewer=("Interviewer",),
    )
    assert found.told == ()
    assert [turn.is_interviewer for turn in found.source.turns] == [True, False]


def test_without_speakers_it_is_a_document() -> None:
    found = propose(b"Een verslag van de bijeenkomst.\n")
    assert found.row.kind == "document"
    assert len(found.source.turns) == 1


def test_a_table_of_answers_must_be_called_one() -> None:
    data = b"id,tip\nR1,Geef ons allemaal een dag de tijd.\n"
    with pytest.raises(InvalidMaterial, match="take it in with `--kind survey_open`"):
        propose(data, "a.csv")
    assert propose(data, "a.csv", kind="survey_open").row.interviewer == ()


def test_nothing_is_proposed_for_a_column_that_is_not_there() -> None:
    found = propose(columns=("source", "site", "kind", "file", "date", "consent"))
    assert found.row.interviewer == ()
    assert found.row.language == "nl"


def test_an_id_that_is_taken_gets_a_number() -> None:
    assert propose(taken=["ES-Gesprek-3", "es-gesprek-3-2"]).row.source == "es-gesprek-3-3"


SLUGS = [
    ("Gesprek 3", "es", "es-gesprek-3"),
    ("es-03", "es", "es-03"),
    ("ES_03", "es", "es-03"),
    ("esdoorn-1", "es", "es-esdoorn-1"),
    ("03", "Team.Noord", "Team.Noord-03"),
    ("team noord 03", "Team.Noord", "Team.Noord-03"),
    ("één café", "es", "es-een-cafe"),
    ("会議", "es", "es-source"),
    ("es", "es", "es-source"),
]


@pytest.mark.parametrize(("stem", "site", "expected"), SLUGS)
def test_ids_of_file_names(stem: str, site: str, expected: str) -> None:
    assert proposals.slug(stem, site) == expected


@given(st.text(max_size=200))
def test_a_slug_is_an_id(stem: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", proposals.slug(stem, "es"))


NAMES = [
    ("gesprek 3.docx", "gesprek 3.docx"),
    ("cafe\u0301.txt", "café.txt"),
    ("../../etc/passwd.txt", "passwd.txt"),
    ("C:\\tekst\\a.txt", "a.txt"),
    ("a\x00b\x1b\u202ec.txt", "a-b-c.txt"),
    ("CON.txt", "CON-file.txt"),
    (".hidden.txt", "hidden.txt"),
    ('wat? "echt".txt', "wat- -echt-.txt"),
    ("-rf.txt", "rf.txt"),
    ("$(rm -rf ~).txt", "$(rm -rf ~).txt"),
    ("a" * 300 + ".txt", "a" * 100 + ".txt"),
]


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_names_that_every_system_takes(name: str, expected: str) -> None:
    assert proposals.safe_name(name, shown="a file") == expected


@pytest.mark.parametrize("name", ["", "...", "///", "zonder", "\u202e"])
def test_a_name_of_which_nothing_is_left_is_refused(name: str) -> None:
    with pytest.raises(InvalidMaterial):
        proposals.safe_name(name, shown="a file")


MONTHS = [
    ("2019-05 gesprek.docx", "2019-05"),
    ("gesprek_20190512.docx", "2019-05"),
    ("gesprek 12-05-2019.docx", "2019-05"),
    ("gesprek 1.5.2019.docx", "2019-05"),
    ("plan 2019-2020.docx", "2019-03"),
    ("dossier 120195.docx", "2019-03"),
    ("gesprek 2019.docx", "2019-03"),
]


@pytest.mark.parametrize(("file", "expected"), MONTHS)
def test_months_of_file_names(file: str, expected: str) -> None:
    assert proposals.month(file, MARCH_2019)[0] == expected
