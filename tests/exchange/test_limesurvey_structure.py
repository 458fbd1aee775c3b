"""Questionnaires of LimeSurvey become an instrument: real files, our own export, and files that are none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from casestudy.commands.forms import instrument as command
from casestudy.errors import InvalidMaterial
from casestudy.exchange import limesurvey, limesurvey_structure
from casestudy.exchange.form import Form
from casestudy.material.instrument import Instrument

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "survey" / "limesurvey"
real = pytest.mark.skipif(
    not DATA.is_dir(), reason="the folder ../shared/data with real files of other people is not here"
)
OLD = """<?xml version="1.0" encoding="UTF-8"?>
<document><LimeSurveyDocType>Survey</LimeSurveyDocType><DBVersion>178</DBVersion>
<languages><language>nl</language><language>en</language></languages>
<questions><rows>
<row><qid>1</qid><parent_qid>0</parent_qid><type>A</type><title>VAA</title><language>nl</language>
<question><![CDATA[<p>Uw <b>werk</b></p>]]></question></row>
<row><qid>1</qid><parent_qid>0</parent_qid><type>A</type><title>VAA</title><language>en</language>
<question>Your work</question></row>
<row><qid>9</qid><parent_qid>0</parent_qid><type>T</type><title>OPEN</title><language>nl</language>
<question>Wat nog?</question></row>
<row><qid>8</qid><parent_qid>0</parent_qid><type>D</type><title>DATUM</title><language>nl</language>
<question>Wanneer?</question></row>
</rows></questions>
<subquestions><rows>
<row><qid>3</qid><parent_qid>1</parent_qid><title>2</title><language>nl</language>
<question>Ik wil het</question><question_order>2</question_order></row>
<row><qid>2</qid><parent_qid>1</parent_qid><title>1</title><language>nl</language>
<question>Ik kan het</question><question_order>1</question_order></row>
</rows></subquestions></document>"""


def instrument_of(data: bytes, name: str) -> Instrument:
    written = limesurvey_structure.instrument(limesurvey_structure.read(data, name), "q")
    return Instrument.model_validate(yaml.safe_load(written))


@real
def test_a_question_group_has_what_its_description_says():
    expected = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))["limesurvey_group_1370.lsg"]
    found = limesurvey_structure.read((DATA / "limesurvey_group_1370.lsg").read_bytes(), "group.lsg")
    assert found.version == expected["DBVersion"]
    assert len(found.questions) == expected["questions"]
    assert {q.code: q.kind for q in found.questions} == {
        code: kind.split()[0] for code, kind in expected["types"].items()
    }
    assert [part.code for part in found.questions[1].parts] == expected["subquestions"]
    assert {len(q.answers) for q in found.questions} == {expected["answer_options_per_question"]}


@real
def test_a_structure_in_two_languages_is_one_questionnaire():
    expected = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))["structure_en_nl.tsv"]
    found = limesurvey_structure.read((DATA / "structure_en_nl.tsv").read_bytes(), "structure.tsv")
    assert list(found.languages) == expected["languages"]
    asked = [[q.kind, q.code, language] for q in found.questions for language in q.text]
    assert asked == expected["question_types"]
    assert len(found.questions[0].answers) * len(found.languages) == expected["by_class"]["A"]


def test_an_older_export_keeps_its_words_in_the_rows():
    found = instrument_of(OLD.encode(), "oud.lss")
    (scale,) = found.scales
    assert (scale.label.nl, scale.label.en) == ("Uw werk", "Your work")
    assert [(item.id, item.text.nl) for item in scale.items] == [
        ("VAA_1", "Ik kan het"),
        ("VAA_2", "Ik wil het"),
    ]
    assert (found.options["VAA"].min, found.options["VAA"].max) == (1, 5)
    assert [one.id for one in found.open] == ["OPEN"]
    assert limesurvey_structure.skipped(limesurvey_structure.read(OLD.encode(), "oud.lss")) == ("DATUM",)


def test_our_own_structure_comes_back_with_its_items(made: Callable[..., Form]):
    structure = limesurvey.structure(made("T1")).encode(limesurvey.ENCODING)
    texts = {item.text.nl for scale in instrument_of(structure, "t1.txt").scales for item in scale.items}
    assert {"Ik weet nl", "Ik twijfel nl"} <= texts


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<document>",
        b'<!DOCTYPE d [<!ENTITY a "b">]><document>&a;</document>',
        b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><document/>',
        b"<html><body>no</body></html>",
        b"id,name\n1,2\n",
        b"class\ttype/scale\tname\ttext\tlanguage\nG\t1\tgroup\t\tnl\n",
        b"\xff\xfe\x00\x01",
        b'class\ttype/scale\tname\ttext\tlanguage\nQ\tL\t"' + b"x" * 200_000,
    ],
    ids=["nothing", "torn", "entity", "outside", "a page", "a csv", "no question", "bytes", "a huge cell"],
)
def test_what_is_no_questionnaire_is_refused_in_one_line(data: bytes):
    with pytest.raises(InvalidMaterial) as refused:
        limesurvey_structure.read(data, "file.lss")
    assert [problem.place for problem in refused.value.problems] == ["file.lss"]


def test_the_command_writes_an_instrument_that_holds_and_never_another(tmp_path: Path):
    words = {"nl": "a", "en": "b"}
    study = tmp_path / "project" / "interviews" / "nieuw"
    study.mkdir(parents=True)
    about = {
        "title": words,
        "question": words,
        "kind": "implementation",
        "sites": [{"id": "es", "name": "Es"}],
    }
    (study / "study.yml").write_text(json.dumps(about), encoding="utf-8")
    source = tmp_path / "oud.lss"
    source.write_text(OLD, encoding="utf-8")
    first, second = (CliRunner().invoke(command, [str(study), "--from", str(source)]) for _ in range(2))
    assert first.exit_code == 0, first.output
    assert "3 questions of oud.lss" in first.output
    assert "DATUM" in first.output
    assert len(yaml.safe_load((study / "instrument.yml").read_text(encoding="utf-8"))["scales"]) == 1
    assert second.exit_code == 2
    assert "move it away" in second.output
