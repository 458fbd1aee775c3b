"""Codings: saved whole, and every rule that ties one to its source, text, codebook and coder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import codings, sources
from casestudy.material.codings import Coding

SETTINGS = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat helpt?, en: What helps?}
kind: implementation
sites:
  - {id: esdoorn, name: Esdoorn}
  - {id: beuk, name: Beuk}
"""
CODEBOOK = """\
id: proef
version: 2.1.0
frameworks: [midi, skills, components]
codes:
  - id: IND_oud
    family: inductive
    label: {nl: Oud, en: Old}
    definition: {nl: Niet meer gebruikt}
    active: false
"""
TEXT = "I: Hoe ging het 😀?\nR: Er is geen tijd. Het plan helpt, één keer.\n"
SHA = sources.sha256(TEXT)
QUOTE = "Er is geen tijd."
START = TEXT.index(QUOTE)


@pytest.fixture
def study(tmp_path: Path) -> studies.Study:
    (tmp_path / "study.yml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "codebook.yml").write_text(CODEBOOK, encoding="utf-8")
    (tmp_path / "participants.csv").write_text(
        "participant,role,site,consent,withdrawn\nP01,client,esdoorn,quote,\nP02,client,beuk,quote,2019-05\n"
    )
    (tmp_path / "sources.csv").write_text(
        "source,site,kind,file,date,participants,consent\n"
        "E01,esdoorn,interview,e01.txt,2019-03,P01,quote\n"
        "B01,beuk,interview,b01.txt,2019-03,,quote\n"
        "B02,beuk,interview,b02.txt,2019-03,P02,quote\n"
    )
    for name in ("esdoorn/e01.txt", "beuk/b01.txt", "beuk/b02.txt"):
        path = tmp_path / "sources" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEXT, encoding="utf-8")
    return studies.read(tmp_path)


def fields(**changes: Any) -> dict[str, Any]:
    base = {
        "coding": "c1",
        "source": "E01",
        "start": START,
        "end": START + len(QUOTE),
        "code": "M23",
        "codebook": "2.0.3",
        "coder": "anna",
        "kind": "human",
        "status": "confirmed",
        "round": "main",
        "quote": QUOTE,
        "text_sha256": SHA,
        "at": "2019-04-01T10:00:00+02:00",
    }
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def coding(**changes: Any) -> Coding:
    return Coding.model_validate(fields(**changes))


def write(study: studies.Study, *events: dict[str, Any], coder: str = "anna", source: str = "E01") -> None:
    path = study.folder / "codings" / coder / f"{source}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join(json.dumps({"event": "code", **event}) + "\n" for event in events), encoding="utf-8"
    )


def problems(study: studies.Study, site: str | None = None) -> list[str]:
    with pytest.raises(InvalidMaterial) as refused:
        codings.read(study, site)
    told = [str(problem) for problem in refused.value.problems]
    assert not any(word in line for line in told for word in ("geen tijd", "plan helpt", str(study.folder)))
    return told


def test_what_is_appended_is_read(study: studies.Study) -> None:
    first, second = (
        coding(valence="-", strength=2, memo="één"),
        coding(coding="c2", code="SK04", practice="intention"),
    )
    codings.append(study, first, TEXT)
    codings.append(study, second, TEXT)
    assert codings.read(study) == (first, second)
    assert codings.read(study, "esdoorn") == (first, second)
    assert codings.read(study, "beuk") == ()


def test_a_line_holds_what_was_given_and_nothing_else(study: studies.Study) -> None:
    codings.append(study, coding(valence="+"), TEXT)
    line = (study.folder / "codings" / "anna" / "E01.jsonl").read_text(encoding="utf-8")
    assert json.loads(line) == {"event": "code", **fields(valence="+")}
    assert line.endswith("}\n")


def test_the_coded_text_is_kept_by_its_fingerprint(study: studies.Study) -> None:
    codings.append(study, coding(), TEXT)
    kept = study.folder / "codings" / ".texts"
    assert [path.name for path in kept.iterdir()] == [f"{SHA}.txt"]
    assert codings.kept_text(study, SHA) == TEXT
    (kept / f"{SHA}.txt").write_text("anders", encoding="utf-8")
    with pytest.raises(InvalidMaterial, match="a kept text must never change"):
        codings.kept_text(study, SHA)


def test_a_text_that_was_kept_stays_when_the_source_is_corrected(study: studies.Study) -> None:
    codings.append(study, coding(), TEXT)
    later = TEXT + "R: Nog iets.\n"
    codings.append(study, coding(coding="c2", text_sha256=sources.sha256(later), code="M21"), later)
    assert len(list((study.folder / "codings" / ".texts").iterdir())) == 2


APPENDED = [
    ({"text_sha256": "0" * 64}, "`text_sha256` of coding `c1` must be that of the text"),
    ({"quote": "anders"}, "`quote` of coding `c1` must be the text from `start` to `end`"),
    ({"end": START}, "must have `0 <= start < end <="),
]


@pytest.mark.parametrize(("changes", "told"), APPENDED)
def test_a_coding_that_does_not_fit_its_text_is_not_saved(
    study: studies.Study, changes: Any, told: str
) -> None:
    with pytest.raises(InvalidMaterial, match=r".*") as refused:
        codings.append(study, coding(**changes), TEXT)
    assert told in str(refused.value)
    assert not (study.folder / "codings").exists()


def test_a_deleted_coding_stays_in_the_log_and_does_not_stand(study: studies.Study) -> None:
    codings.append(study, coding(), TEXT)
    codings.delete(study, coding(), at="2019-04-02T09:00:00Z")
    codings.append(study, coding(coding="c2"), TEXT)
    assert [found.coding for found in codings.read(study)] == ["c2"]
    assert (study.folder / "codings" / "anna" / "E01.jsonl").read_text().count("\n") == 3


def test_the_same_event_twice_is_one_coding(study: studies.Study) -> None:
    turned = dict(reversed(fields().items()))
    write(study, fields(), fields(), turned)
    assert len(codings.read(study)) == 1


def test_two_coders_may_code_the_same_words(study: studies.Study) -> None:
    write(study, fields())
    write(study, fields(coding="c2", coder="bo"), coder="bo")
    assert [found.coder for found in codings.read(study)] == ["anna", "bo"]


def test_codings_stand_by_coder_then_source_then_line(study: studies.Study) -> None:
    write(study, fields(coding="c4", code="M21"), fields(coding="c3"))
    write(study, fields(coding="c2", source="B01"), source="B01")
    write(study, fields(coding="c1", coder="aad"), coder="aad")
    assert [found.coding for found in codings.read(study)] == ["c1", "c2", "c4", "c3"]


def test_codings_of_a_withdrawn_source_are_left_out_without_a_word(study: studies.Study) -> None:
    write(study, fields(source="B02", quote="woorden van iemand die zich terugtrok"), source="B02")
    assert codings.read(study) == ()
    assert codings.read(study, "beuk") == ()


def test_copies_of_sync_programs_are_left_out(study: studies.Study) -> None:
    write(study, fields())
    write(study, fields(), source="E01.sync-conflict-20190401-100000-ABCDEFG")
    write(study, fields(), coder=".texts")
    assert len(codings.read(study)) == 1


def test_no_codings_yet(study: studies.Study) -> None:
    assert codings.read(study) == ()


# Integrity rules of methods A and of the log, each by name.
RULES = {
    "offsets lie within the text": ({"end": 5000}, "must have `0 <= start < end <= "),
    "a segment is not empty": ({"end": START}, "must have `0 <= start < end <= "),
    "start is not negative": ({"start": -1}, "`start` must be greater than or equal to 0"),
    "offsets are whole numbers": ({"start": "12"}, "`start` must be a valid integer"),
    "the quote is the text": ({"quote": QUOTE + " "}, "`quote` of coding `c1` must be the text from"),
    "offsets count characters, not UTF-16 units": (
        {"start": START + 1, "end": START + 1 + len(QUOTE)},
        "`quote` of coding `c1` must be the text from `start` to `end`",
    ),
    "the text is the one that was coded": (
        {"text_sha256": "0" * 64},
        "must be made on the text that the source has now",
    ),
    "the code exists": ({"code": "M99"}, "`code` must be in codebook.yml, found `M99`"),
    "codes compare exactly": ({"code": "m23"}, "found `m23`; did you mean `M23`?"),
    "the code is active": ({"code": "IND_oud"}, "`code` must be active, found `IND_oud`"),
    "the code has its meaning of this codebook": (
        {"codebook": "1.9.0"},
        "`codebook` must be of version 2, found `1.9.0`",
    ),
    "the version is a version": ({"codebook": "latest"}, "`codebook` must match pattern"),
    "a coder writes in an own log": ({"coder": "bo"}, "`coder` must be the name of the folder, found `bo`"),
    "coders compare exactly": ({"coder": "Anna"}, "`coder` must be the name of the folder, found `Anna`"),
    "a log is of one source": ({"source": "B01"}, "`source` must be the name of the file, found `B01`"),
    "only factors have a valence": (
        {"code": "SK01", "valence": "+"},
        "`valence` must stand with a code of the family factor",
    ),
    "only skills are practised": (
        {"practice": "applied"},
        "`practice` must stand with a code of the family skill only",
    ),
    "only components contribute": (
        {"contribution": "helped"},
        "`contribution` must stand with a code of the family component",
    ),
    "only components link to a skill": (
        {"linked_skill": "SK01"},
        "`linked_skill` must stand with a code of the family",
    ),
    "a linked skill exists": (
        {"code": "CP01", "linked_skill": "SK77"},
        "must be a skill of codebook.yml, found `SK77`",
    ),
    "a linked skill is a skill": (
        {"code": "CP01", "linked_skill": "M01"},
        "must be a skill of codebook.yml, found `M01`",
    ),
    "a machine does not confirm": ({"kind": "dictionary"}, "must not be `confirmed` by a machine"),
    "a valence is one of four": ({"valence": "positive"}, "`valence` must be '+', '-', 'x' or '0'"),
    "a strength is one or two": ({"strength": 3}, "`strength` must be 1 or 2"),
    "a confidence is a share": ({"confidence": 1.5}, "`confidence` must be less than or equal to 1"),
    "a moment is a moment": ({"at": "gisteren"}, "`at` must match pattern"),
    "fields are known": ({"weight": 2}, "every field must be known, found `weight`"),
}


@pytest.mark.parametrize(("changes", "told"), RULES.values(), ids=RULES)
def test_rule(study: studies.Study, changes: dict[str, Any], told: str) -> None:
    write(study, fields(coding="c0", code="M21"), fields(**changes))
    found = problems(study)
    assert all(line.startswith("codings/anna/E01.jsonl:2: ") for line in found)
    assert told in "\n".join(found)


def test_rule_ids_are_unique_over_all_logs(study: studies.Study) -> None:
    write(study, fields())
    write(study, fields(coder="bo", code="M21"), coder="bo")
    [told] = problems(study)
    assert told.startswith(
        "codings/bo/E01.jsonl:1: `coding` must stand once, found `c1` again, first in codings/anna"
    )


def test_rule_the_same_id_with_other_content_is_a_problem(study: studies.Study) -> None:
    write(study, fields(), fields(code="M21"))
    assert "codings/anna/E01.jsonl:2: `coding` must stand once" in problems(study)[0]


def test_rule_a_log_bears_the_id_of_a_source(study: studies.Study) -> None:
    write(study, fields(source="e01"), source="e01")
    [told] = problems(study)
    assert told.startswith("codings/anna/e01.jsonl: a log must bear the id of a source of sources.csv")
    assert told.endswith("did you mean `E01`?")


def test_rule_a_deletion_names_a_coding_of_its_log_and_its_coder(study: studies.Study) -> None:
    gone = {"event": "delete", "coding": "c9", "coder": "bo", "at": "2019-04-02T09:00:00Z"}
    write(study, fields(), gone)
    told = "\n".join(problems(study))
    assert "codings/anna/E01.jsonl:2: a deletion must name a coding of this log, found `c9`" in told
    assert "codings/anna/E01.jsonl:2: `coder` must be the name of the folder, found `bo`" in told


OVERLAPS = [
    (0, 10, 5, 15, True),
    (0, 10, 0, 10, True),
    (0, 20, 5, 6, True),
    (0, 10, 10, 20, False),
    (0, 5, 10, 20, False),
]


@pytest.mark.parametrize(("a", "b", "c", "d", "overlaps"), OVERLAPS)
def test_rule_codings_of_one_coder_and_code_do_not_overlap(
    study: studies.Study, a: int, b: int, c: int, d: int, overlaps: bool
) -> None:
    first = fields(coding="c1", start=a, end=b, quote=TEXT[a:b])
    second = fields(coding="c2", start=c, end=d, quote=TEXT[c:d])
    write(study, second, first)
    if overlaps:
        [told] = problems(study)
        assert "codings of one coder with `M23` must not overlap" in told
    else:
        assert len(codings.read(study)) == 2


def test_rejected_and_superseded_codings_may_lie_under_another(study: studies.Study) -> None:
    below = [fields(coding=status, status=status) for status in ("rejected", "superseded")]
    write(study, fields(), *below)
    assert len(codings.read(study)) == 3


def test_a_superseded_coding_rests_on_its_old_text_and_codebook(study: studies.Study) -> None:
    old = fields(status="superseded", text_sha256="0" * 64, codebook="1.0.0", code="M13", end=9000)
    write(study, old)
    assert len(codings.read(study)) == 1


def test_a_damaged_line_is_named_and_its_words_are_not(study: studies.Study) -> None:
    write(study, fields())
    path = study.folder / "codings" / "anna" / "E01.jsonl"
    path.write_text(
        path.read_text(encoding="utf-8") + '{"event": "code", "quote": "Er is geen tijd', encoding="utf-8"
    )
    [told] = problems(study)
    assert told.startswith("codings/anna/E01.jsonl:2: a line must be one whole JSON object")


def test_one_site_does_not_stop_for_the_logs_of_another(study: studies.Study) -> None:
    write(study, fields(code="M99"))
    assert codings.read(study, "beuk") == ()
    assert len(problems(study, "esdoorn")) == 1


def test_every_problem_is_told_at_once(study: studies.Study) -> None:
    write(study, fields(code="M99"), fields(coding="c2", code="M98"), fields(coding="c3", end=9000))
    assert len(problems(study)) == 3
