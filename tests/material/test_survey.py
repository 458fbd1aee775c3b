"""Survey files as received: nothing averaged, guessed or dropped in silence, and no answer in a message."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import frames, survey
from casestudy.material.survey import Contribution, Respondent, Response, Responses
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

SCALES = """\
id: reflectie
version: "1"
options:
  likert: {min: 1, max: 5}
  vaak:
    min: 1
    max: 5
    labels:
      - {nl: nooit, en: never}
      - {nl: zelden, en: rarely}
      - {nl: soms, en: sometimes}
      - {nl: vaak, en: often}
      - {nl: altijd, en: always}
  cijfer: {min: 0, max: 10, decimals: true}
scales:
  - id: VAA
    label: {nl: Vaardigheid, en: Skill}
    items:
      - {id: V1, text: {nl: Ik kan het, en: I can}, options: likert}
      - {id: V2, text: {nl: Ik kan het niet, en: I cannot}, options: likert, reverse: true}
  - id: TOE
    label: {nl: Toepassing, en: Use}
    kind: frequency
    items:
      - {id: TOE04, text: {nl: Plan, en: Plan}, options: vaak, not_applicable: true, skill: SK04}
  - id: CIJ
    label: {nl: Cijfer, en: Mark}
    items: [{id: C1, text: {nl: Cijfer, en: Mark}, options: cijfer}]
components: {SK04: [CP01, CP11]}
files:
"""

WIDE = """\
  - file: "*.csv"
    columns: {respondent: id, wave: meting, site: plek}
    waves: {voor: T0, na: T1, "1": T1}
    sites: {Es B.V.: es}
    not_applicable: [nvt]
    missing: [NA, "99"]
"""


def made(tmp_path: Path, mapping: str, files: dict[str, str | bytes], *, settings: str = STUDY) -> Study:
    folder = tmp_path / "proef"
    (folder / "survey").mkdir(parents=True)
    (folder / "study.yml").write_text(settings, encoding="utf-8")
    (folder / "instrument.yml").write_text(SCALES + mapping, encoding="utf-8")
    for name, text in files.items():
        path = folder / "survey" / name if "/" not in name else folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return studies.read(folder)


def told(study: Study) -> list[str]:
    with pytest.raises(InvalidMaterial) as refused:
        survey.read(study)
    assert refused.value.exit_code == 3
    return [str(problem) for problem in refused.value.problems]


def counts(found: Responses) -> dict[str, int]:
    return {f"{count.place}: {count.what}": count.n for count in found.counts}


def test_a_wide_file_is_read_as_it_is_mapped(tmp_path: Path) -> None:
    text = (
        "id;meting;plek;V1;V2;TOE04\np1;voor;es;1;5;nvt\np1;na;Es B.V.;4;;vaak\np2;voor;beuk;99;2.0;Never\n"
    )
    found = survey.read(made(tmp_path, WIDE, {"t.csv": text}))
    assert found.responses == (
        Response("p1", "es", "T0", "V1", 1.0),
        Response("p1", "es", "T0", "V2", 5.0),
        Response("p1", "es", "T0", "TOE04", None, "not_applicable"),
        Response("p1", "es", "T1", "V1", 4.0),
        Response("p1", "es", "T1", "V2", None, "skipped"),
        Response("p1", "es", "T1", "TOE04", 4.0),
        Response("p2", "beuk", "T0", "V1", None, "skipped"),
        Response("p2", "beuk", "T0", "V2", 2.0),
        Response("p2", "beuk", "T0", "TOE04", 1.0),
    )
    assert found.respondents == (Respondent("p1", "es", "id"), Respondent("p2", "beuk", "id"))
    assert counts(found) == {
        "survey/t.csv: rows read": 3,
        "survey/t.csv: items without a column": 1,
        "survey/t.csv: submissions kept": 3,
        "survey/t.csv: cells skipped": 2,
        "survey/t.csv: cells answered": 6,
        "survey/t.csv: cells not_applicable": 1,
        "survey: respondents of site beuk in wave T1": 0,
    }
    assert found.log[0] == "survey/t.csv: rows read 3"


LONG = """\
  - file: lang.csv
    layout: long
    columns: {respondent: wie, site: plek, item: vraag, value: antwoord}
    items: {vraag 1: V1}
    ignore: [opmerking]
    wave: T0
"""


def test_a_long_file_gives_the_same_as_a_wide_one(tmp_path: Path) -> None:
    text = "wie,plek,vraag,antwoord\np1,es,vraag 1,3\np2,es,V2,1\np1,es,V2,\np1,es,opmerking,iets\n"
    found = survey.read(made(tmp_path, LONG, {"lang.csv": text}))
    assert found.responses == (
        Response("p1", "es", "T0", "V1", 3.0),
        Response("p1", "es", "T0", "V2", None, "skipped"),
        Response("p2", "es", "T0", "V2", 1.0),
    )


HEADER = "id,meting,plek,V1,V2,TOE04\n"

REFUSED = [
    ("p1,voor,es,6,1,1", "2: `V1` must be a number from 1 to 5, found a number outside"),
    ("p1,voor,es,0,1,1", "2: `V1` must be a number from 1 to 5, found a number outside"),
    ("p1,voor,es,99999999999999999999,1,1", "2: `V1` must be a number from 1 to 5, found a number outside"),
    ("p1,voor,es,geheim,1,1", "2: `V1` must be a number from 1 to 5, found a word"),
    ("p1,voor,es,4 of 5,1,1", "2: `V1` must be a number from 1 to 5, found a text with digits"),
    ("p1,voor,es,inf,1,1", "2: `V1` must be a number from 1 to 5, found a word"),
    ("p1,voor,es,nan,1,1", "2: `V1` must be a number from 1 to 5, found a word"),
    ("p1,voor,es,0x4,1,1", "2: `V1` must be a number from 1 to 5, found a text with digits"),
    ("p1,voor,es,1e0,1,1", "2: `V1` must be a number from 1 to 5, found a text with digits"),
    ("p1,voor,es,４,1,1", "2: `V1` must be a number from 1 to 5, found a number"),
    ("p1,voor,es,=1+1,1,1", "2: `V1` must be a number from 1 to 5, found a text with digits"),
    ("p1,voor,es,2019-03-01,1,1", "2: `V1` must be a number from 1 to 5, found a date"),
    ("p1,voor,es,3.5,1,1", "2: `V1` must be a whole number from 1 to 5, found a decimal number"),
    ('p1,voor,es,"3,0",1,1', "2: `V1` must have `.` before decimals, found a `,`"),
    ("p1,voor,es,nvt,1,1", '2: `V1` must be answered, found "does not apply"'),
    ("p1,voor,es,1,1,geregeld", "2: `TOE04` must be a number from 1 to 5, found a word"),
    ("p1,tussen,es,1,1,1", "2: `meting` must be a known wave, found a word"),
    ("p1,１,es,1,1,1", "2: `meting` must be a known wave, found a number"),
    ("p1,1.0,es,1,1,1", "2: `meting` must be a known wave, found a decimal number"),
    ("p1,,es,1,1,1", "2: `meting` must be a known wave, found nothing"),
    ("p1,voor,linde,1,1,1", "2: `plek` must be a known site, found a word"),
    (",voor,es,1,1,1", "2: `id` must hold an id, found nothing"),
    ("NA,voor,es,1,1,1", "2: `id` must hold an id, found nothing"),
    ("2019-03-01,voor,es,1,1,1", "2: `id` must hold an id, found a date"),
    ("2019-03-01 00:00:00,voor,es,1,1,1", "2: `id` must hold an id, found a date"),
    ("3-mrt,voor,es,1,1,1", "2: `id` must hold an id, found a date"),
    ("Mar-03,voor,es,1,1,1", "2: `id` must hold an id, found a date"),
    ("1/3/2019,voor,es,1,1,1", "2: `id` must hold an id, found a date"),
    ("x" * 65 + ",voor,es,1,1,1", "2: `id` must hold an id of at most 64 signs, found a longer text"),
    (
        "p1,voor,es,1,1,1\np1,voor,es,2,2,2",
        "3: a respondent must answer once in a wave, found a second row, the first in survey/t.csv:2",
    ),
    (
        "p1,voor,es,1,1,1\np1,na,beuk,2,2,2",
        "3: a respondent must belong to one site, found another site in survey/t.csv:2",
    ),
    (
        "p1,voor,es,1,1,1\np1,voor,beuk,2,2,2",
        "3: a respondent must belong to one site, found another site in survey/t.csv:2",
    ),
]


@pytest.mark.parametrize(("rows", "problem"), REFUSED)
def test_a_value_that_cannot_be_used_is_named_by_row(tmp_path: Path, rows: str, problem: str) -> None:
    found = told(made(tmp_path, WIDE, {"t.csv": HEADER + rows + "\n"}))
    assert len(found) == 1
    assert found[0].startswith(f"survey/t.csv:{problem}; ")
    assert "geheim" not in found[0]


@pytest.mark.parametrize(
    ("first", "second"), [("1", "01"), ("1", "1.0"), ("a1", "A1"), ("e1", "e01"), ("1", "１"), ("７", "7")]
)
def test_ids_that_are_likely_the_same_are_reported(tmp_path: Path, first: str, second: str) -> None:
    rows = f"{first},voor,es,1,1,1\n{second},na,es,1,1,1\n"
    (found,) = told(made(tmp_path, WIDE, {"t.csv": HEADER + rows}))
    assert found.startswith("survey/t.csv:3: an id must differ by more than zeros, case or width")
    assert "survey/t.csv:2" in found


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    rows = "p1,voor,es,6,word,1\n,tussen,linde,1,1,1\np3,voor,es,2,2,2\np3,voor,es,2,2,2\n"
    places = [line.split(": ")[0] for line in told(made(tmp_path, WIDE, {"t.csv": HEADER + rows}))]
    # What stands in one row comes before what shows only between rows.
    assert places == ["survey/t.csv:3"] * 3
    rows = "p1,voor,es,6,word,1\np3,voor,es,2,2,2\np3,voor,es,2,2,2\n"
    places = [line.split(": ")[0] for line in told(made(tmp_path / "b", WIDE, {"t.csv": HEADER + rows}))]
    assert places == ["survey/t.csv:2", "survey/t.csv:2", "survey/t.csv:4"]


COLUMNS = [
    ("id,meting,plek,V1,v2\n", "1: every column must be named in instrument.yml"),
    ("id,meting,plek,V1,V1\n", "1: a column must stand once, found `V1` 2 times"),
    ("id,meting,plek,,V1\n", "1: every column must have a name, found 1 without"),
    ("id,meting,V1\n", "1: the column `plek` of instrument.yml must be there, found nothing"),
]


@pytest.mark.parametrize(("text", "problem"), COLUMNS)
def test_columns_must_be_the_mapped_ones(tmp_path: Path, text: str, problem: str) -> None:
    found = told(made(tmp_path, WIDE, {"t.csv": text + "p1,voor,es,1,1\n" if text.count(",") == 4 else text}))
    assert any(line.startswith(f"survey/t.csv:{problem}") for line in found), found


def test_a_question_as_a_header_is_cut_in_a_message(tmp_path: Path) -> None:
    question = "Wat vindt u van uw teamleider, mevrouw " + "x" * 400
    (found,) = told(made(tmp_path, WIDE, {"t.csv": f'id,meting,plek,V1,"{question}"\n'}))
    assert "x" * 10 not in found


def test_two_columns_for_one_item(tmp_path: Path) -> None:
    mapping = WIDE + "    items: {eerste: V1}\n"
    found = told(made(tmp_path, mapping, {"t.csv": "id,meting,plek,V1,eerste\np,voor,es,1,2\n"}))
    assert found == [
        "survey/t.csv:1: an item must have one column, found two for `V1`; ignore one of the two"
    ]


def test_every_file_has_one_mapping(tmp_path: Path) -> None:
    mapping = WIDE.replace('"*.csv"', "voormeting.csv")
    files = {"voormeting.csv": HEADER, "nameting.csv": HEADER, "oud/voormeting.csv": HEADER}
    found = told(made(tmp_path, mapping, {f"survey/{name}": text for name, text in files.items()}))
    assert [line.partition(",")[0] for line in found] == [
        "survey/nameting.csv: one mapping must say how to read the file",
        "survey/oud/voormeting.csv: one mapping must say how to read the file",
    ]
    study = made(tmp_path / "b", "  []\n", {"t.csv": HEADER})
    assert told(study)[0].startswith("survey/t.csv: one mapping must say how to read the file, found none")


def test_a_file_that_is_still_to_come_is_said(tmp_path: Path) -> None:
    mapping = WIDE.replace("*.csv", "voor.csv") + WIDE.replace("*.csv", "na/*.xlsx")
    found = survey.read(made(tmp_path, mapping, {"voor.csv": HEADER + "p1,voor,es,1,1,1\n"}))
    assert counts(found)["survey/na/*.xlsx: files found"] == 0
    assert counts(found)["survey: respondents of site es in wave T1"] == 0


def test_strays_are_named_and_not_read(tmp_path: Path) -> None:
    files = {
        "t.csv": HEADER,
        "~$t.csv": "x",
        "t.sync-conflict-20190301-1.csv": "x",
        ".DS_Store": "x",
        "leeg.csv": "",
    }
    found = survey.read(made(tmp_path, WIDE, dict(files))).counts
    names = {count.place.removeprefix("survey/") for count in found if count.what.startswith("left out, ")}
    assert names == set(files) - {"t.csv"}


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "buiten.csv"
    outside.write_text(HEADER, encoding="utf-8")
    study = made(tmp_path, WIDE, {})
    (study.folder / "survey" / "t.csv").symlink_to(outside)
    assert told(study)[-1].startswith("survey/t.csv: it must be a file of the study, found a link")


def test_a_header_alone_is_a_survey_without_answers(tmp_path: Path) -> None:
    found = survey.read(made(tmp_path, WIDE, {"t.csv": HEADER}))
    assert found.responses == ()
    assert counts(found)["survey: respondents of site es in wave T0"] == 0


RULES = [
    (
        "    duplicates: keep_last\n",
        "p1,voor,es,1,1,1\np1,voor,es,2,2,2\np2,voor,es,3,3,3\n",
        {"p1": 2.0, "p2": 3.0},
        "survey/t.csv: duplicates dropped by rule",
    ),
    (
        "    two_sites: drop\n",
        "p1,voor,es,1,1,1\np1,na,beuk,2,2,2\np2,voor,es,3,3,3\n",
        {"p2": 3.0},
        "survey: respondents in two sites dropped by rule",
    ),
    (
        "    two_sites: drop\n",
        "p1,voor,es,1,1,1\np1,voor,beuk,2,2,2\np2,voor,es,3,3,3\n",
        {"p2": 3.0},
        "survey: respondents in two sites dropped by rule",
    ),
]


@pytest.mark.parametrize(("rule", "rows", "kept", "count"), RULES)
def test_what_a_rule_drops_is_counted(
    tmp_path: Path, rule: str, rows: str, kept: dict[str, float], count: str
) -> None:
    found = survey.read(made(tmp_path, WIDE + rule, {"t.csv": HEADER + rows}))
    assert {row.respondent: row.value for row in found.responses if row.item == "V1"} == kept
    assert counts(found)[count] == 1


def test_a_long_file_keeps_the_last_answer_by_rule(tmp_path: Path) -> None:
    text = "wie,plek,vraag,antwoord\np1,es,V1,3\np1,es,V1,4\n"
    (found,) = told(made(tmp_path, LONG, {"lang.csv": text}))
    assert found.startswith(
        "survey/lang.csv:3: an item must have one answer in a wave, found a second, the first on"
    )
    kept = survey.read(made(tmp_path / "b", LONG + "    duplicates: keep_last\n", {"lang.csv": text}))
    assert [row.value for row in kept.responses] == [4.0]
    assert counts(kept)["survey/lang.csv: doubled answers dropped by rule"] == 1


def test_an_unknown_item_of_a_long_file(tmp_path: Path) -> None:
    text = "wie,plek,vraag,antwoord\np1,es,V9,3\np1,es,V1,9\n"
    assert [line.partition(",")[0] for line in told(made(tmp_path, LONG, {"lang.csv": text}))] == [
        "survey/lang.csv:2: `vraag` must be a known item"
    ]
    assert told(made(tmp_path / "b", LONG, {"lang.csv": text.replace("V9", "V2")}))[0].startswith(
        "survey/lang.csv:3: `V1` must be a number from 1 to 5"
    )


@pytest.mark.parametrize(
    ("decimal", "written", "value"),
    [(".", "7.5", 7.5), (",", "7,5", 7.5), (",", "7", 7.0), (",", "7,0", 7.0)],
)
def test_decimals_where_the_options_have_them(
    tmp_path: Path, decimal: str, written: str, value: float
) -> None:
    mapping = WIDE + f'    decimal: "{decimal}"\n'
    found = survey.read(made(tmp_path, mapping, {"t.csv": f'id,meting,plek,C1\np,voor,es,"{written}"\n'}))
    assert [row.value for row in found.responses] == [value]


@pytest.mark.parametrize(
    ("decimal", "written", "other"), [(".", "7,5", ","), (",", "7.5", "."), (",", "7.0", ".")]
)
def test_the_other_decimal_mark_is_ambiguous(tmp_path: Path, decimal: str, written: str, other: str) -> None:
    mapping = WIDE + f'    decimal: "{decimal}"\n'
    (found,) = told(made(tmp_path, mapping, {"t.csv": f'id,meting,plek,C1\np,voor,es,"{written}"\n'}))
    assert found.startswith(f"survey/t.csv:2: `C1` must have `{decimal}` before decimals, found a `{other}`")


def test_nobody_can_be_followed_at_an_unlinked_site(tmp_path: Path) -> None:
    rows = "p1,voor,es,1,1,1\np1,na,es,2,2,2\nq1,voor,beuk,1,1,1\nq1,na,beuk,2,2,2\n"
    found = survey.read(made(tmp_path, WIDE + "    unlinked_sites: [beuk]\n", {"t.csv": HEADER + rows}))
    assert found.respondents == (
        Respondent("p1", "es", "id"),
        Respondent("q1@T0", "beuk", "none"),
        Respondent("q1@T1", "beuk", "none"),
    )


def test_a_site_unlinked_in_one_file_is_unlinked_in_all(tmp_path: Path) -> None:
    mapping = WIDE.replace("*.csv", "a.csv") + WIDE.replace("*.csv", "b.csv") + "    unlinked_sites: [beuk]\n"
    files: dict[str, str | bytes] = {
        "a.csv": HEADER + "q,voor,beuk,1,1,1\n",
        "b.csv": HEADER + "q,na,beuk,1,1,1\n",
    }
    found = survey.read(made(tmp_path, mapping, files))
    assert [who.respondent for who in found.respondents] == ["q@T0", "q@T1"]


def test_ids_that_repeat_across_sites(tmp_path: Path) -> None:
    rows = "1,voor,es,1,1,1\n1,na,es,2,2,2\n1,voor,beuk,3,3,3\n"
    found = survey.read(made(tmp_path, WIDE + "    respondent_within: site\n", {"t.csv": HEADER + rows}))
    assert [who.respondent for who in found.respondents] == ["es:1", "beuk:1"]


def test_without_ids_every_row_is_somebody_else(tmp_path: Path) -> None:
    mapping = '  - file: "*.csv"\n    columns: {wave: meting}\n    site: es\n    linking: none\n'
    found = survey.read(made(tmp_path, mapping, {"t.csv": "meting,V1\nT0,1\nT0,1\nT1,1\n"}))
    names = ["survey/t.csv:2@T0", "survey/t.csv:3@T0", "survey/t.csv:4@T1"]
    assert [who.respondent for who in found.respondents] == names


SGIC = """\
  - file: "*.csv"
    columns: {wave: meting, site: plek, role_class: rol}
    linking: sgic
    sgic: [e1, e2, e3, e4, e5, e6]
"""
SGIC_HEADER = "meting,plek,rol,e1,e2,e3,e4,e5,e6,V1\n"


def test_self_generated_codes_are_kept_apart_and_linked(tmp_path: Path) -> None:
    rows = "T0,es,teamleider,A,R,03,5,2,s,1\nT1,es,lead,A,R,03,5,2,t,4\nT1,es,professional,B,,01,1,0,x,5\n"
    found = survey.read(made(tmp_path, SGIC, {"t.csv": SGIC_HEADER + rows}))
    first, second, third = found.sgic
    assert first.elements == ("A", "R", "03", "5", "2", "s")
    assert (first.respondent, first.wave, first.role_class) == ("survey/t.csv:2@T0", "T0", "lead")
    assert third.elements[1] == ""
    assert "03" not in repr(found)
    joined = survey.linked(found, [(first.respondent, second.respondent, "sgic_fuzzy")])
    assert [(r.respondent, r.wave, r.value) for r in joined.responses] == [
        (first.respondent, "T0", 1.0),
        (first.respondent, "T1", 4.0),
        (third.respondent, "T1", 5.0),
    ]
    assert [who.link_method for who in joined.respondents] == ["sgic_fuzzy", "none"]
    assert joined.sgic == ()


def test_no_codes_are_kept_of_an_unlinked_site(tmp_path: Path) -> None:
    text = SGIC_HEADER + "T0,es,lead,A,R,03,5,2,s,1\n"
    assert survey.read(made(tmp_path, SGIC + "    unlinked_sites: [es]\n", {"t.csv": text})).sgic == ()


def test_an_unknown_role(tmp_path: Path) -> None:
    (found,) = told(made(tmp_path, SGIC, {"t.csv": SGIC_HEADER + "T0,es,directeur,A,R,03,5,2,s,1\n"}))
    assert found.startswith("survey/t.csv:2: `rol` must be a role, found a word; use one of: professional, ")


TICKS = (
    WIDE
    + """\
    multi:
      con_1: {skill: SK04, component: CP01}
      con_11: {skill: SK04, component: CP11}
    offered: {es: [CP01, CP11], beuk: [CP01]}
    shown_from: 3
"""
)


def test_components_that_were_not_shown_or_offered_are_no_zeros(tmp_path: Path) -> None:
    text = (
        "id,meting,plek,TOE04,con_1,con_11\n"
        "p1,na,es,soms,1,0\n"
        "p2,na,es,2,1,\n"
        "p3,na,es,nvt,,\n"
        "q1,na,beuk,5,0,1\n"
        "q2,na,beuk,5,,\n"
    )
    found = survey.read(made(tmp_path, TICKS, {"t.csv": text}))
    both = {(c.respondent, c.component): (c.value, c.offered) for c in found.contributions}
    assert both == {
        ("p1", "CP01"): (1, True),
        ("p1", "CP11"): (0, True),
        ("p2", "CP01"): (None, True),
        ("p2", "CP11"): (None, True),
        ("p3", "CP01"): (None, True),
        ("p3", "CP11"): (None, True),
        ("q1", "CP01"): (0, True),
        ("q1", "CP11"): (None, False),
        ("q2", "CP01"): (None, True),
        ("q2", "CP11"): (None, False),
    }
    assert counts(found)["survey/t.csv: ticks at skills below `shown_from`, left out"] == 1
    assert counts(found)["survey/t.csv: ticks at components that were not offered, left out"] == 1
    assert found.contributions[0] == Contribution("p1", "es", "T1", "SK04", "CP01", 1, offered=True)


def test_ticks_in_the_words_of_the_program(tmp_path: Path) -> None:
    mapping = TICKS + '    ticked: [Y]\n    unticked: ["", N]\n'
    header = "id,meting,plek,TOE04,con_1,con_11\n"
    found = survey.read(made(tmp_path, mapping, {"t.csv": header + "p,na,es,5,Y,\n"}))
    assert [tick.value for tick in found.contributions] == [1, 0]
    (problem,) = told(made(tmp_path / "b", mapping, {"t.csv": header + "p,na,es,5,Y,misschien\n"}))
    assert problem.startswith("survey/t.csv:2: `con_11` must be a word of `ticked`, `unticked` or `missing`")
    assert "misschien" not in problem


def test_who_has_withdrawn_is_left_out_and_counted(tmp_path: Path) -> None:
    people = (
        "participant,role,site,consent,withdrawn\np1,professional,es,quote,2019-04\np2,client,es,quote,\n"
    )
    files: dict[str, str | bytes] = {
        "./participants.csv": people,
        "t.csv": HEADER + "p1,voor,es,1,1,1\np2,voor,es,1,1,1\n",
    }
    found = survey.read(made(tmp_path, WIDE, files))
    assert [who.respondent for who in found.respondents] == ["p2"]
    assert counts(found)["survey: rows left out because someone withdrew"] == 1


def test_one_site_is_read_alone(tmp_path: Path) -> None:
    study = made(tmp_path, WIDE, {"t.csv": HEADER + "p1,voor,es,1,1,1\nq,voor,beuk,1,1,1\nq,na,beuk,1,1,1\n"})
    found = survey.read(study, "es")
    assert {row.site for row in found.responses} == {who.site for who in found.respondents} == {"es"}
    assert "survey: respondents of site es in wave T1" in counts(found)
    assert survey.read(study).responses[:3] == found.responses


def test_a_study_without_a_survey_has_no_answers(tmp_path: Path) -> None:
    study = made(tmp_path, WIDE, {})
    (study.folder / "instrument.yml").unlink()
    assert survey.read(study) == Responses()


def test_survey_files_need_an_instrument(tmp_path: Path) -> None:
    study = made(tmp_path, WIDE, {"t.csv": HEADER})
    (study.folder / "instrument.yml").unlink()
    assert told(study)[0].startswith("instrument.yml: it must be there when survey/ holds files")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.tuples(st.integers(1, 5), st.one_of(st.none(), st.integers(1, 5))), max_size=8))
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int | None]]
) -> None:
    lines = [f"p{n}x,voor,es,{a},{'' if b is None else b},1" for n, (a, b) in enumerate(rows)]
    study = made(tmp_path_factory.mktemp("rond"), WIDE, {"t.csv": HEADER + "\n".join(lines) + "\n"})
    found = survey.read(study).responses
    assert [row.value for row in found if row.item == "V1"] == [float(a) for a, _ in rows]
    assert [row.value for row in found if row.item == "V2"] == [
        None if b is None else float(b) for _, b in rows
    ]


@pytest.mark.real_material
def test_four_real_studies_with_two_waves(tmp_path: Path, shared_data: Path) -> None:
    source = shared_data / "survey" / "sai_prepost_4studies.csv"
    expected = json.loads(source.with_suffix(".expected.json").read_text(encoding="utf-8"))["studies"]
    with source.open(encoding="utf-8", newline="") as file:
        items = next(csv.reader(file))[3:]
    words = "text: {nl: x, en: x}, options: sai"
    scale = "".join(f"      - {{id: {item}, {words}}}\n" for item in items)
    sites = ", ".join(f"{{id: {site}, name: {site}}}" for site in expected)
    instrument = (
        'id: sai\nversion: "1"\noptions: {sai: {min: 1, max: 4}}\n'
        f"scales:\n  - id: SAI\n    label: {{nl: Angst, en: Anxiety}}\n    items:\n{scale}"
        "files:\n  - file: sai.csv\n    columns: {respondent: id, wave: time, site: study}\n"
        '    waves: {"1": T0, "2": T1}\n    respondent_within: site\n    missing: [NA]\n'
    )
    settings = STUDY.replace("[{id: es, name: Es}, {id: beuk, name: Beuk}]", f"[{sites}]")
    study = made(tmp_path, "", {"sai.csv": source.read_bytes()}, settings=settings)
    (study.folder / "instrument.yml").write_text(instrument, encoding="utf-8")
    found = survey.read(study)
    for site, truth in expected.items():
        rows = [row for row in found.responses if row.site == site]
        assert len({row.respondent for row in rows if row.wave == "T0"}) == truth["rows_time1"]
        given = [r for r in rows if r.value is not None]
        both = [{row.respondent for row in given if row.wave == wave} for wave in ("T0", "T1")]
        assert len(both[0] & both[1]) == truth["mean_of_available_items"]["n_matched"]
        assert sum(row.value is None for row in rows) == truth["missing_item_values"]
    assert counts(found)["survey/sai.csv: rows read"] == len(found.responses) / len(items)


WAVED = SCALES.replace(
    "    label: {nl: Vaardigheid, en: Skill}\n", "    label: {nl: Vaardigheid, en: Skill}\n    waves: [T1]\n"
).replace("    kind: frequency\n", "    kind: frequency\n    waves: [T0]\n")


def waved(tmp_path: Path, text: str) -> Study:
    study = made(tmp_path, WIDE, {"t.csv": "id,meting,plek,V1,V2,TOE04\n" + text})
    (study.folder / "instrument.yml").write_text(WAVED + WIDE, encoding="utf-8")
    return study


def test_what_a_wave_does_not_ask_was_not_shown(tmp_path: Path) -> None:
    found = survey.read(waved(tmp_path, "p1,voor,es,,,3\np1,na,es,4,,2\np2,na,es,1,1,\n"))
    told_ = {(r.respondent, r.wave, r.item): (r.value, r.reason_na) for r in found.responses}
    assert told_ == {
        ("p1", "T0", "V1"): (None, "not_shown"),
        ("p1", "T0", "V2"): (None, "not_shown"),
        ("p1", "T0", "TOE04"): (3.0, None),
        ("p1", "T1", "V1"): (4.0, None),
        ("p1", "T1", "V2"): (None, "skipped"),
        ("p1", "T1", "TOE04"): (2.0, None),
        ("p2", "T1", "V1"): (1.0, None),
        ("p2", "T1", "V2"): (1.0, None),
        ("p2", "T1", "TOE04"): (None, "not_shown"),
    }
    assert counts(found)["survey/t.csv: answers to items that their wave does not ask, kept"] == 1


def test_a_wave_with_answers_to_nothing_it_asks_is_refused(tmp_path: Path) -> None:
    (problem,) = told(waved(tmp_path, "p1,voor,es,3,2,\np2,voor,es,3,,\np1,na,es,4,,\n"))
    assert problem == (
        "survey/t.csv: a file must answer items that wave `T0` asks, found answers to other items only; "
        "correct the wave of the file, or `waves` of the scales"
    )


def of_waves(*records: tuple[str, str]) -> Responses:
    rows = tuple(Response(who, "es", wave, "V1", 3.0) for who, wave in records)
    return Responses(rows, tuple(Respondent(who, "es", "none") for who, _ in records))


def test_who_was_absent_at_first_is_followed_from_the_second_wave(tmp_path: Path) -> None:
    found = of_waves(("a", "T0"), ("b", "T1"), ("c", "T2"), ("d", "T1"), ("e", "T2"))
    pairs: list[tuple[str, str, survey.LinkMethod]] = [
        ("a", "b", "sgic_exact"),
        ("b", "c", "sgic_fuzzy"),
        ("d", "e", "sgic_exact"),
    ]
    for order in (pairs, pairs[::-1]):
        one = survey.linked(found, order)
        assert [(row.respondent, row.wave) for row in one.responses] == [
            ("a", "T0"),
            ("a", "T1"),
            ("a", "T2"),
            ("d", "T1"),
            ("d", "T2"),
        ]
        assert [(who.respondent, who.link_method) for who in one.respondents] == [
            ("a", "sgic_fuzzy"),
            ("d", "sgic_exact"),
        ]


def test_nobody_gets_two_records_in_one_wave() -> None:
    found = of_waves(("a", "T0"), ("b", "T1"), ("c", "T1"))
    one = survey.linked(found, [("a", "b", "sgic_exact"), ("a", "c", "sgic_exact")])
    assert [row.respondent for row in one.responses] == ["a", "a", "c"]


def test_counts_stand_in_a_frame(tmp_path: Path) -> None:
    found = survey.read(made(tmp_path, WIDE, {"t.csv": HEADER + "p1,voor,es,1,1,1\n"}))
    frame = frames.counts(found.counts)
    assert list(frame.columns) == ["place", "what", "n"]
    assert frame["n"].tolist() == [count.n for count in found.counts]
    assert frames.counts(()).empty


def test_a_column_is_named_as_people_see_it(tmp_path: Path) -> None:
    mapping = WIDE + "    items: {Ik kan het nu: V1}\n"
    text = 'id,meting,plek,"Ik\u00a0kan\nhet nu "\np,voor,es,4\n'
    assert [row.value for row in survey.read(made(tmp_path, mapping, {"t.csv": text})).responses] == [4.0]


HEADLESS = [
    "p17,voor,es,3\np18,voor,es,3\n",
    "jan,voor,es,eens\npiet,voor,es,oneens\n",
    "zoe@voorbeeld.nl,voor,es,eens\n",
    "3-4-2019,voor,es,eens\n",
]


@pytest.mark.parametrize("text", HEADLESS)
def test_answers_in_the_place_of_the_header_are_not_shown(tmp_path: Path, text: str) -> None:
    (line,) = told(made(tmp_path, WIDE, {"t.csv": text}))
    assert line.startswith("survey/t.csv:1: the first row must hold the names of the columns, found ")
    assert not [word for word in text.split("\n")[0].split(",") if len(word) > 2 and word in line]


def test_doubled_values_in_the_place_of_the_header_are_not_shown(tmp_path: Path) -> None:
    (line,) = told(made(tmp_path, WIDE, {"t.csv": "p17,T0,es,31,31\n"}))
    assert line.startswith("survey/t.csv:1: a column must stand once, found a number 2 times")
    assert "31" not in line


def test_a_number_may_name_a_column_that_is_mapped(tmp_path: Path) -> None:
    mapping = WIDE + '    items: {"1": V1}\n'
    found = survey.read(made(tmp_path, mapping, {"t.csv": "id,meting,plek,1\np,voor,es,4\n"}))
    assert [row.value for row in found.responses] == [4.0]


def test_ids_that_differ_by_signs_nobody_sees(tmp_path: Path) -> None:
    text = "id,meting,plek,V1\np1,voor,es,4\np1\u200b,na,es,4\n"
    (line,) = told(made(tmp_path, WIDE, {"t.csv": text}))
    assert line.startswith("survey/t.csv:3: an id must differ by more than zeros, case or width")
