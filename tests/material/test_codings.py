"""Codings: saved whole, every rule that ties one to its source, codebook and coder, and edited texts."""

from __future__ import annotations

import json
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import check, codebook_versions, codings, sources
from casestudy.material.codings import Coding, Screened

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
    return made(tmp_path)


def made(tmp_path: Path) -> studies.Study:
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


def log(study: studies.Study, coder: str = "anna", source: str = "E01") -> Path:
    return study.folder / "codings" / coder / f"{source}.jsonl"


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
    values = json.loads(line)
    assert values.pop("after") == ""
    assert len(values.pop("hash")) == 16
    assert values == {"event": "code", **fields(valence="+")}
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
    "the code exists": ({"code": "M99"}, "`code` must be in codebook.yml, found `M99`"),
    "codes compare exactly": ({"code": "m23"}, "found `m23`; did you mean `M23`?"),
    "the code is active": ({"code": "IND_oud"}, "`code` must be active, found `IND_oud`"),
    "the code has its meaning of this codebook": (
        {"codebook": "1.9.0"},
        "`codebook` must be a version that is kept, or of the MAJOR of one, found `1.9.0`",
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


def test_of_one_id_with_other_content_the_first_counts_and_the_second_is_told(study: studies.Study) -> None:
    write(study, fields(), fields(code="M21"))
    assert [found.code for found in codings.read(study)] == ["M23"]
    [told] = codings.faults(study)
    assert str(told).startswith(
        "codings/anna/E01.jsonl:2: `coding` must stand once, found `c1` with other content, first on line 1"
    )


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


def test_a_damaged_line_costs_itself_and_is_named_without_its_words(study: studies.Study) -> None:
    write(study, fields())
    path = log(study)
    path.write_bytes(b"<<<<<<< mine\n" + path.read_bytes() + b'{"event": "code", "quote": "Er is geen tijd')
    assert [found.coding for found in codings.read(study)] == ["c1"]
    first, second = codings.faults(study)
    assert str(first).startswith(
        "codings/anna/E01.jsonl:1: a line must be one whole JSON object, found a mark"
    )
    assert str(second).startswith("codings/anna/E01.jsonl:3: ")
    assert "Er is" not in str(second)
    assert [one.line for one in codings.damage(study, "esdoorn")] == [1, 3]
    assert codings.damage(study, "beuk") == ()
    assert codings.n_lost(study) == 2


def test_a_deletion_of_a_line_that_is_damaged_stops_nothing(study: studies.Study) -> None:
    codings.append(study, coding(), TEXT)
    codings.append(study, coding(coding="c2", code="M21"), TEXT)
    codings.delete(study, coding(), at="2019-04-02T09:00:00Z")
    path = log(study)
    path.write_bytes(b"#" + path.read_bytes()[9:])
    assert [found.coding for found in codings.read(study)] == ["c2"]


def test_one_site_does_not_stop_for_the_logs_of_another(study: studies.Study) -> None:
    write(study, fields(code="M99"))
    assert codings.read(study, "beuk") == ()
    assert len(problems(study, "esdoorn")) == 1


def test_every_problem_is_told_at_once(study: studies.Study) -> None:
    write(study, fields(code="M99"), fields(coding="c2", code="M98"), fields(coding="c3", end=9000))
    assert len(problems(study)) == 3


def edit(study: studies.Study, text: str) -> str:
    """Put another text in the file of E01, and give its fingerprint."""
    (study.folder / "sources" / "esdoorn" / "e01.txt").write_text(text, encoding="utf-8")
    return sources.sha256(text)


EDITED = {
    "same": (TEXT + "R: Verder niets.\n", QUOTE, START),
    "moved": ("Gesprek 1 😀\n" + TEXT, QUOTE, START + 12),
    "changed": (TEXT.replace("geen tijd", "nooit tijd"), "Er is nooit tijd.", START),
}


@pytest.mark.parametrize(("text", "quote", "start"), EDITED.values(), ids=EDITED)
def test_a_coding_stands_on_the_present_text(study: studies.Study, text: str, quote: str, start: int) -> None:
    codings.append(study, coding(), TEXT)
    sha = edit(study, text)
    [found] = codings.read(study)
    assert (found.quote, found.start, found.end) == (quote, start, start + len(quote))
    assert found.text_sha256 == sha
    assert (found.coding, found.code, found.at) == ("c1", "M23", coding().at)


def test_a_coding_whose_words_are_gone_does_not_stand_and_comes_back_with_them(study: studies.Study) -> None:
    codings.append(study, coding(), TEXT)
    edit(study, "I: Hoe ging het 😀?\nR: Heel anders. Het plan helpt, één keer.\n")
    assert codings.read(study) == ()
    edit(study, TEXT)
    assert codings.read(study) == (coding(),)


@pytest.mark.parametrize(
    ("text", "found"),
    [("Nu. " + QUOTE + " Zo.\n", [4]), (f"{QUOTE} En {QUOTE}\n", []), ("Niets ervan.\n", [])],
    ids=["once", "twice", "gone"],
)
def test_without_the_kept_text_words_are_placed_where_they_stand_once(
    study: studies.Study, text: str, found: list[int]
) -> None:
    write(study, fields())
    edit(study, text)
    assert [one.start for one in codings.read(study)] == found


def test_a_kept_text_that_was_changed_is_a_fault_and_is_not_used(study: studies.Study) -> None:
    codings.append(study, coding(), TEXT)
    (study.folder / "codings" / ".texts" / f"{SHA}.txt").write_text("x" * len(TEXT))
    assert codings.read(study) == (coding(),)
    assert "a kept text must never change" in str(codings.faults(study)[0])
    edit(study, "Nu: " + TEXT)
    assert [one.start for one in codings.read(study)] == [START + 4]


def test_words_that_were_never_where_the_coding_says_are_orphaned(study: studies.Study) -> None:
    codings.append(study, coding(), TEXT)
    path = log(study)
    path.write_text(path.read_text(encoding="utf-8").replace(QUOTE, "Er was geen tijd"), encoding="utf-8")
    edit(study, "Nu: " + TEXT)
    assert codings.read(study) == ()


def test_a_settled_move_comes_before_what_is_computed(study: studies.Study) -> None:
    codings.append(study, coding(), TEXT)
    later = f"{QUOTE} {QUOTE}\n"
    edit(study, later)
    assert codings.read(study) == ()
    second = len(QUOTE) + 1
    settled = coding(start=second, end=second + len(QUOTE), text_sha256=sources.sha256(later))
    codings.move(study, settled, later, state="ask", by="bo", at="2019-05-01T10:00:00Z")
    assert codings.read(study) == (settled,)
    edit(study, "Kop.\n" + later)
    assert [one.start for one in codings.read(study)] == [second + 5]
    edit(study, TEXT)
    assert codings.read(study) == (coding(),)


def test_a_move_to_other_words_is_not_saved(study: studies.Study) -> None:
    codings.append(study, coding(), TEXT)
    with pytest.raises(InvalidMaterial, match="must be the text from `start` to `end`"):
        codings.move(
            study, coding(start=START + 1, end=START + 5), TEXT, state="moved", by="bo", at=coding().at
        )
    assert log(study).read_bytes().count(b"\n") == 1


def test_a_source_that_was_screened(study: studies.Study) -> None:
    seen = Screened(
        source="E01", codes=("M23", "M21"), coder="anna", codebook="2.1.0", at="2019-04-03T09:00:00Z"
    )
    codings.append(study, coding(), TEXT)
    codings.screen(study, seen)
    assert codings.screened(study) == codings.screened(study, "esdoorn") == (seen,)
    assert codings.screened(study, "beuk") == ()
    assert codings.read(study) == (coding(),)


def test_a_coding_of_another_major_has_its_meaning_of_then(study: studies.Study) -> None:
    codebook_versions.keep(study)
    (study.folder / "codebook.yml").write_text(
        "id: proef\nversion: 3.0.0\nframeworks: [skills]\nchanges:\n  - {version: 3.0.0, change: retire, "
        "from: [M23]}\n",
        encoding="utf-8",
    )
    write(study, fields(), fields(coding="c2", code="SK01", codebook="3.0.0"))
    assert [one.code for one in codings.read(study)] == ["M23", "SK01"]
    write(study, fields(code="M99"))
    assert "`code` must be in codebook 2.1.0, found `M99`" in problems(study)[0]


def test_under_an_earlier_codebook_what_came_later_is_left_out(study: studies.Study) -> None:
    codebook_versions.keep(study)
    book = study.folder / "codebook.yml"
    book.write_text(CODEBOOK.replace("2.1.0", "2.2.0"), encoding="utf-8")
    codings.append(study, coding(codebook="2.1.0"), TEXT)
    codings.append(study, coding(coding="c2", code="M21", codebook="2.2.0"), TEXT)
    codings.delete(study, coding(), at="2019-06-01T10:00:00Z", codebook="2.2.0")
    assert [one.coding for one in codings.read(study)] == ["c2"]
    (study.folder / "study.yml").write_text(SETTINGS + "codebook: 2.1.0\n", encoding="utf-8")
    assert [one.coding for one in codings.read(studies.read(study.folder))] == ["c1"]


def test_remarks_name_logs_without_a_seal_once_and_copies_with_other_lines(study: studies.Study) -> None:
    write(study, fields())
    write(study, fields(coding="c2", coder="bo"), coder="bo")
    write(study, fields(), fields(coding="c3"), source="E01.sync-conflict-20190401-100000-ABCDEFG")
    first, second = codings.remarks(study)
    assert first.startswith(
        "codings/anna/E01.sync-conflict-20190401-100000-ABCDEFG.jsonl: a sync-conflict copy"
    )
    assert "lines that E01.jsonl does not have: 1" in first
    assert second.startswith("codings/anna/E01.jsonl and 1 more logs: not sealed")


def test_the_check_names_damage_and_goes_on(study: studies.Study) -> None:
    for number, code in enumerate(("M23", "M21", "M13")):
        codings.append(study, coding(coding=f"c{number}", code=code), TEXT)
    assert not [one for one in check.problems(study) if one.place.startswith("codings")]
    path = log(study)
    rows = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(rows[0] + rows[2])
    told = [str(one) for one in check.problems(study) if one.place.startswith("codings")]
    assert len(told) == 1
    assert told[0].startswith(
        "codings/anna/E01.jsonl:2: a log must be as it was written, found lines cut out"
    )


FORMS = {
    "plain": lambda text: text.encode(),
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "decomposed": lambda text: unicodedata.normalize("NFD", text).encode(),
    "UTF-16": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
}
WORDS = st.text(st.sampled_from("abé ëñ😀👩‍👧\u0301.\n한글ﬁ"), min_size=1, max_size=60)


@settings(max_examples=25)
@given(WORDS, st.sampled_from(sorted(FORMS)), st.sampled_from(sorted(FORMS)), st.data())
def test_places_survive_every_form_of_the_same_text(
    words: str, first: str, second: str, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        study = made(Path(folder))
        file = study.folder / "sources" / "esdoorn" / "e01.txt"
        file.write_bytes(FORMS[first](f"R: {words} einde.\n"))
        [source] = sources.read(study, "esdoorn")
        start = data.draw(st.integers(0, len(source.text) - 1))
        end = data.draw(st.integers(start + 1, len(source.text)))
        quote = source.text[start:end]
        assume(quote.strip())
        given_ = coding(start=start, end=end, quote=quote, text_sha256=source.sha256)
        codings.append(study, given_, source.text)
        file.write_bytes(FORMS[second](f"R: {words} einde.\n"))
        assert codings.read(study, "esdoorn") == (given_,)
