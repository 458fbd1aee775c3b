"""Sealing: hashes take the place of self-generated codes in all files or none, and nobody is linked anew."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from casestudy import study as studies
from casestudy.errors import InvalidMaterial, WrongUse
from casestudy.findings import linking
from casestudy.material import frames, salt, sealed, sealing, survey
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
  - {id: T2, label: {nl: later, en: later}, relation: followup}
"""

INSTRUMENT = """\
id: reflectie
version: "1"
options:
  likert: {min: 1, max: 5}
scales:
  - id: VAA
    label: {nl: Vaardigheid, en: Skill}
    items:
      - {id: V1, text: {nl: Ik kan het, en: I can}, options: likert}
      - {id: V2, text: {nl: Ik durf het, en: I dare}, options: likert}
files:
  - file: "*.csv"
    columns: {wave: meting, site: plek, role_class: rol}
    linking: sgic
    sgic: [c1, c2, c3, c4, c5, c6]
    unlinked_sites: [beuk]
    ignore: [opmerking]
  - file: "na/*.xlsx"
    columns: {wave: meting, site: plek}
    linking: sgic
    sgic: [moeder, plaats, dag, maand, ouder, letter]
    unlinked_sites: [beuk]
    items: {vraag een: V1}
  - file: los.txt
    columns: {respondent: id, site: plek}
    wave: T0
"""

BEFORE = """\
meting,plek,rol,c1,c2,c3,c4,c5,c6,V1,V2,opmerking
T0,es,professional,A,B,07,3,0,k,1,2,"een, twee"
T0,es,professional,C,D,12,4,1,l,2,2,
T0,es,professional,E,F,30,11,2,m,3,,drie
T0,es,professional,E,F,30,11,2,m,4,2,
T0,es,professional,G,,,,,n,4,2,
T0,es,teamleider,P,Q,9,9,9,z,5,5,
T0,beuk,professional,A,B,07,3,0,k,5,5,
T1,beuk,professional,A,B,07,3,0,k,4,5,
"""
AFTER = [
    ["meting", "plek", "moeder", "plaats", "dag", "maand", "ouder", "letter", "vraag een", "V2"],
    ["T1", "es", "a", "b", 7, 3, 0, "K", 5, 4],
    ["T1", "es", "C", "D", 13, 4, 1, "l", 4, 4],
    ["T1", "es", "G", "", "", "", "", "n", 2, 2],
    ["T1", "es", "R", "S", 1, 1, 1, "r", 2, 3],
]
LATER = """\
meting,plek,rol,c1,c2,c3,c4,c5,c6,V1,V2,opmerking
T2,es,professional,a,B,7,3,0,K,4,4,
T2,es,professional,C,D,12,5,1,l,2,2,
T2,es,professional,R,S,1,1,1,r,3,3,
T2,es,professional,P,Q,9,9,9,z,5,4,
T2,es,professional,E,F,30,11,2,m,1,1,
"""
SECRETS = (",07,", "A,B", ",D,", "E,F", "moeder", "c1")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    folder = tmp_path / "project" / "interviews" / "proef"
    (folder / "survey" / "na").mkdir(parents=True)
    (folder / "study.yml").write_text(STUDY, encoding="utf-8")
    (folder / "instrument.yml").write_text(INSTRUMENT, encoding="utf-8")
    (folder / "survey" / "voor.csv").write_text(BEFORE, encoding="utf-8")
    (folder / "survey" / "los.txt").write_text("id,plek,V1,V2\nq1,es,3,3\n", encoding="utf-8")
    with xlsxwriter.Workbook(folder / "survey" / "na" / "meting 1.xlsx") as book:
        sheet = book.add_worksheet("antwoorden")
        for n, row in enumerate(AFTER):
            sheet.write_row(n, 0, row)
    return studies.read(folder)


def persons(study: Study, found: Responses) -> sealing.Persons:
    waves = {wave.id: frames.sgic(found, wave.id) for wave in study.waves}
    pairs = linking.link_waves(waves, fixed=["role_class"])[["first", "second", "method"]]
    return survey.persons_of(found, pairs.itertuples(index=False, name=None))


def stage(study: Study, secret: bytes = bytes(32), found: Responses | None = None) -> None:
    found = found or survey.read(study)
    linked = persons(study, found)
    sealing.stage(study, sealing.plan(study, found, linked, secret), found, linked, secret)


def seal(study: Study, secret: bytes = bytes(32)) -> None:
    stage(study, secret)
    for _ in sealing.steps(study):
        pass


def answers(found: Responses, name: Callable[[str], object] = str) -> list[tuple[object, ...]]:
    rows = ((name(r.respondent), r.site, r.wave, r.item, r.value, r.reason_na) for r in found.responses)
    return sorted(rows, key=repr)


def followed(found: Responses) -> set[frozenset[tuple[str, tuple[object, ...]]]]:
    """Who is followed, by wave and answers, without the name of anybody."""
    rows = pd.DataFrame(
        [(r.respondent, r.site, r.wave, r.item, r.value, r.reason_na) for r in found.responses],
        columns=["who", "site", "wave", "item", "value", "reason"],
    )
    return {
        frozenset(
            (wave, tuple(map(repr, part.drop(columns=["who"]).to_numpy().ravel()))) for wave, part in one
        )
        for one in (group.groupby("wave") for _, group in rows.groupby("who"))
    }


def tree(study: Study) -> dict[str, bytes]:
    folder = study.folder / "survey"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".sealing" not in path.parts
    }


def test_a_sealed_study_gives_the_same_answers_of_the_same_people(study: Study) -> None:
    found = survey.read(study)
    linked = persons(study, found)
    pairs = [(first, other, how) for first, (records, how) in linked.items() for other in records[1:]]
    assert len(pairs) == 2
    before = survey.linked(found, pairs)
    seal(study)
    after = survey.read(study)
    assert sorted(tree(study)) == ["los.txt", "na/meting 1.xlsx.sealed.csv", "voor.csv"]
    assert after.sgic == ()
    assert followed(after) == followed(before)
    assert sorted(who.link_method for who in after.respondents) == sorted(
        who.link_method for who in before.respondents
    )
    assert len({who.respondent for who in after.respondents}) == len(before.respondents)


def test_nothing_of_the_codes_is_left(study: Study) -> None:
    seal(study)
    for name in ("voor.csv", "na/meting 1.xlsx.sealed.csv"):
        text = (study.folder / "survey" / name).read_text(encoding="utf-8")
        assert [secret for secret in SECRETS if secret in text] == []
        header, *rows = csv.reader(text.splitlines())
        assert {"sealed_code", "sealed_by"} <= {*header}
        at = header.index("sealed_code")
        assert all(len(row[at]) == 16 and int(row[at], 16) >= 0 for row in rows)
    assert (study.folder / "survey" / "los.txt").read_text(encoding="utf-8") == "id,plek,V1,V2\nq1,es,3,3\n"
    kept = [path.name for path in (study.folder / "survey" / ".sealing").rglob("*")]
    assert kept == ["salt-check"]
    assert "een, twee" in (study.folder / "survey" / "voor.csv").read_text(encoding="utf-8")


def test_who_cannot_be_told_apart_bears_a_code_alone(study: Study) -> None:
    seal(study)
    with (study.folder / "survey" / "voor.csv").open(encoding="utf-8", newline="") as file:
        codes = [row["sealed_code"] for row in csv.DictReader(file)]
    assert len(set(codes)) == len(codes)
    assert codes[0] == salt.sealed_code(bytes(32), "es", ["A", "B", "7", "3", "0", "K"])
    twins = salt.sealed_code(bytes(32), "es", ["E", "F", "30", "11", "2", "m"])
    assert twins not in codes
    assert salt.sealed_code(bytes(32), "beuk", ["A", "B", "7", "3", "0", "k"]) not in codes


def test_an_equal_code_of_a_later_wave_is_linked_and_a_near_one_is_not(study: Study) -> None:
    seal(study)
    first = {(r.wave, r.item, r.value): r.respondent for r in survey.read(study).responses}
    (study.folder / "survey" / "later.csv").write_text(LATER, encoding="utf-8")
    assert [file.name for file in sealing.files(study)] == ["later.csv"]
    seal(study)
    found = survey.read(study)
    waves: dict[str, list[str]] = {}
    for row in found.responses:
        if row.item == "V1" and row.site == "es":
            waves.setdefault(row.respondent, []).append(row.wave)
    assert sorted(waves[first["T0", "V1", 1.0]]) == ["T0", "T1", "T2"]  # a whole code, exactly equal
    assert sorted(waves[first["T0", "V1", 2.0]]) == ["T0", "T1"]  # one element differs
    assert ["T1", "T2"] in [sorted(found) for found in waves.values()]  # first seen at T1
    # Another class of roles, and twins, are linked to nobody.
    assert sum(found == ["T0"] for found in waves.values()) >= 4
    methods = {who.respondent: who.link_method for who in found.respondents}
    assert methods[first["T0", "V1", 1.0]] == "sgic_exact"


def test_another_salt_is_refused_later(study: Study) -> None:
    seal(study)
    (study.folder / "survey" / "later.csv").write_text(LATER, encoding="utf-8")
    before = tree(study)
    with pytest.raises(WrongUse, match="it must be the salt with which this study was sealed before"):
        seal(study, b"\x01" * 32)
    assert tree(study) == before


def test_after_an_interruption_all_is_old_or_all_is_new(study: Study, tmp_path: Path) -> None:
    untouched = tree(study)
    whole = tmp_path / "whole" / "interviews" / "proef"
    shutil.copytree(study.folder, whole)
    seal(studies.read(whole))
    sealed_tree = tree(studies.read(whole))
    stage(study)
    n_steps = 4  # two copies in place, the workbook removed, the journal gone
    for stopped_after in range(n_steps + 1):
        folder = tmp_path / str(stopped_after) / "interviews" / "proef"
        shutil.copytree(study.folder, folder)
        one = studies.read(folder)
        assert len(list(islice(sealing.steps(one), stopped_after))) == stopped_after
        if stopped_after < n_steps:
            with pytest.raises(
                InvalidMaterial, match="sealing that was interrupted; run `casestudy link --seal`"
            ):
                survey.read(one)
            assert sealing.is_begun(one)
        assert len(list(sealing.steps(one))) == n_steps - stopped_after
        assert tree(one) == sealed_tree
        survey.read(one)
    # Before the journal nothing has happened at all.
    (study.folder / "survey" / sealed.JOURNAL).unlink()
    assert tree(study) == untouched
    assert survey.read(study).sgic
    seal(study)
    assert tree(study) == sealed_tree


def test_a_file_stays_when_its_sealed_copy_is_gone(study: Study) -> None:
    untouched = tree(study)
    stage(study)
    shutil.rmtree(study.folder / "survey" / ".sealing" / "study")
    with pytest.raises(InvalidMaterial, match="the sealed copy must be there, found nothing"):
        list(sealing.steps(study))
    assert tree(study) == untouched


def test_copies_that_an_interrupted_sealing_needs_are_kept(study: Study) -> None:
    found = survey.read(study)
    linked = persons(study, found)
    made = sealing.plan(study, found, linked, bytes(32))
    sealing.stage(study, made, found, linked, bytes(32))
    with pytest.raises(InvalidMaterial, match="sealing that was interrupted"):
        sealing.stage(study, made, found, linked, bytes(32))
    assert len(list(sealing.steps(study))) == 4


def test_files_that_may_only_be_read_are_sealed_too(study: Study) -> None:
    for path in (study.folder / "survey").rglob("*.*"):
        path.chmod(0o444)
    seal(study)
    assert not survey.read(study).sgic


def test_a_file_that_changes_meanwhile_stops_everything(study: Study) -> None:
    found = survey.read(study)
    linked = persons(study, found)
    plan = sealing.plan(study, found, linked, bytes(32))
    path = study.folder / "survey" / "voor.csv"
    path.write_text(BEFORE + "T0,es,professional,X,Y,1,1,1,x,1,1,\n", encoding="utf-8")
    before = tree(study)
    with pytest.raises(InvalidMaterial, match="nothing was changed"):
        sealing.stage(study, plan, found, linked, bytes(32))
    assert tree(study) == before
    assert not sealing.is_begun(study)


def test_a_copy_that_reads_otherwise_stops_everything(study: Study) -> None:
    found = survey.read(study)
    linked = persons(study, found)
    plan = sealing.plan(study, found, linked, bytes(32))
    swapped = sealing.Plan(
        plan.files,
        tuple(t.replace(",1,2,", ",2,1,") for t in plan.texts),
        plan.seals,
        plan.names,
        plan.digests,
    )
    assert swapped.texts != plan.texts
    before = tree(study)
    with pytest.raises(InvalidMaterial, match="a sealed copy must read as its file did"):
        sealing.stage(study, swapped, found, linked, bytes(32))
    assert tree(study) == before
    assert not list((study.folder / "survey").rglob("*sealed*"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("V1,V1,sealed_code,sealed_by\n1,1,a,none\n", "voor.csv:1: a column must stand once"),
        ("V1,sealed_code,sealed_by\n1,a\n", "voor.csv:2: the row must have 3 values"),
        ('V1,sealed_code,sealed_by\n"1,a,none\n', "voor.csv: a sealed file must be the csv that was written"),
    ],
)
def test_a_broken_sealed_file_is_refused(study: Study, text: str, message: str) -> None:
    (study.folder / "survey" / "voor.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidMaterial, match=message):
        survey.read(study)


LONG = """\
  - file: lang.tsv
    layout: long
    columns: {respondent: nr, wave: meting, site: plek, item: vraag, value: antwoord}
    linking: sgic
    sgic: [c1, c2, c3, c4, c5, c6]
    duplicates: keep_last
"""


def test_a_long_file_is_sealed_row_by_row(study: Study) -> None:
    (study.folder / "instrument.yml").write_text(INSTRUMENT + LONG, encoding="utf-8")
    code = "A\tB\t7\t3\t0\tk"
    lines = ["nr\tmeting\tplek\tvraag\tantwoord\tc1\tc2\tc3\tc4\tc5\tc6"]
    lines += [f"7\tT2\tes\t{item}\t{value}\t{code}" for item, value in (("V1", 1), ("V2", 2), ("V1", 3))]
    (study.folder / "survey" / "lang.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    before = survey.read(study)
    seal(study)
    found = [row for row in survey.read(study).responses if row.wave == "T2"]
    assert [(row.item, row.value) for row in found] == [("V1", 3.0), ("V2", 2.0)]
    assert [row.value for row in before.responses if row.wave == "T2"] == [3.0, 2.0]
    assert len({row.respondent for row in found}) == 1
    assert found[0].respondent in {row.respondent for row in survey.read(study).responses if row.wave == "T0"}


SAV = """\
  - file: meting.sav
    columns: {wave: METING, site: PLEK}
    waves: {later: T2}
    sites: {Esdorp: es}
    missing_values: {weet niet: refused}
    linking: sgic
    sgic: [c1, c2, c3, c4, c5, c6]
"""


def test_what_a_file_says_of_its_values_is_sealed_with_it(study: Study) -> None:
    (study.folder / "instrument.yml").write_text(INSTRUMENT + SAV, encoding="utf-8")
    codes = {f"c{n}": [text, "x"] for n, text in enumerate(("A", "B", "7", "3", "0", "k"), start=1)}
    frame = pd.DataFrame(
        {"METING": [3.0, 3.0], "PLEK": [1.0, 1.0], "V1": [1.0, 9.0], "V2": [2.0, 5.0], **codes}
    )
    labels = {"METING": {3.0: "later"}, "PLEK": {1.0: "Esdorp"}, "V1": {9.0: "weet niet"}}
    pyreadstat.write_sav(
        frame,
        study.folder / "survey" / "meting.sav",
        variable_value_labels=labels,
        missing_ranges={"V1": [9.0]},
    )
    found = survey.read(study)
    before = [(r.item, r.value, r.reason_na) for r in found.responses if r.wave == "T2"]
    assert before == [("V1", 1.0, None), ("V2", 2.0, None), ("V1", None, "refused"), ("V2", 5.0, None)]
    stage(study, found=found)
    assert list(sealing.steps(study))[-1] == "done"
    assert "meting.sav.sealed.csv" in tree(study)
    after = [(r.item, r.value, r.reason_na) for r in survey.read(study).responses if r.wave == "T2"]
    assert sorted(after, key=repr) == sorted(before, key=repr)
    path = study.folder / "survey" / "meting.sav.sealed.csv"
    path.write_text(path.read_text(encoding="utf-8").replace('""labels""', '""words""'), encoding="utf-8")
    with pytest.raises(InvalidMaterial, match=r"meting.sav.sealed.csv:2: the meanings must be as they were"):
        survey.read(study)


element = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
elements = st.lists(element, min_size=6, max_size=6)


@given(elements, st.binary(min_size=32, max_size=32))
def test_one_person_has_one_hash_however_it_is_written(code: list[str], secret: bytes) -> None:
    written = [f" {text} " if text.strip() else text for text in code]
    assert salt.sealed_code(secret, "es", written) == salt.sealed_code(secret, "es", code)


@given(elements, st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_another_salt_or_site_gives_another_hash(code: list[str], one: bytes, other: bytes) -> None:
    first = salt.sealed_code(one, "es", code)
    assert (first == salt.sealed_code(other, "es", code)) == (one == other)
    assert first != salt.sealed_code(one, "beuk", code)
    assert first != salt.sealed_code(one, "es", code, apart="voor.csv:2")


@given(element, element)
def test_elements_are_equal_to_the_hash_when_they_are_to_the_linking(one: str, other: str) -> None:
    sides = [pd.DataFrame({"code": ["x"], "e": [text]}) for text in (one, other)]
    is_linked = len(linking.link(*sides, min_equal=1)) == 1
    assert is_linked == (salt.plain(one) == salt.plain(other) != "")


def test_a_salt_is_made_for_its_owner_alone(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "proef.salt"
    made = salt.make(path, study)
    assert len(made) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert salt.read(path, study) == made
    with pytest.raises(WrongUse, match="--salt: "):
        salt.make(path, study)
    path.chmod(0o640)
    with pytest.raises(WrongUse, match="only you may read the file"):
        salt.read(path, study)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(WrongUse, match="must hold 32 bytes"):
        salt.read(path, study)
    with pytest.raises(WrongUse, match="must be readable"):
        salt.read(tmp_path / "none.salt", study)


@pytest.mark.parametrize("place", ["interviews/proef/x.salt", "x.salt", "notes/x.salt", "reports/x.salt"])
def test_a_salt_lies_outside_the_project(study: Study, place: str) -> None:
    project = study.folder.parent.parent
    with pytest.raises(WrongUse, match="must lie outside the study and its project"):
        salt.must_lie_outside(project / place, study)


def test_a_link_into_the_project_is_no_place_for_a_salt(study: Study, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(study.folder)
    with pytest.raises(WrongUse, match="must lie outside"):
        salt.make(tmp_path / "elsewhere" / "x.salt", study)


def test_the_journal_names_files_and_nothing_else(study: Study) -> None:
    stage(study)
    journal = json.loads((study.folder / "survey" / sealed.JOURNAL).read_text(encoding="utf-8"))
    assert journal == [
        {"copy": "na/meting 1.xlsx.sealed.csv", "remove": "na/meting 1.xlsx"},
        {"copy": "voor.csv", "remove": "voor.csv"},
    ]
