"""Merging: a union of lines in one order, whoever merges what, and nothing lost on either side."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy import study as studies
from casestudy.errors import InvalidMaterial, WrongUse
from casestudy.material import codings, lines, logs, merging, sources
from casestudy.material.codings import Coding
from casestudy.material.merging import union

SETTINGS = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat helpt?, en: What helps?}
kind: implementation
sites: [{id: es, name: Es}]
"""
TEXT = "I: Hoe ging het?\nR: Er is geen tijd. Het plan helpt.\n"
AT = "2019-04-01T10:00:00+02:00"


def made(folder: Path) -> studies.Study:
    (folder / "sources" / "es").mkdir(parents=True)
    (folder / "study.yml").write_text(SETTINGS, encoding="utf-8")
    (folder / "codebook.yml").write_text("id: p\nversion: 1.0.0\nframeworks: [midi]\n")
    (folder / "participants.csv").write_text("participant,role,site,consent,withdrawn\n")
    (folder / "sources.csv").write_text(
        "source,site,kind,file,date,participants,consent\nE1,es,interview,a.txt,2019-03,,quote\n"
    )
    (folder / "sources" / "es" / "a.txt").write_text(TEXT, encoding="utf-8")
    return studies.read(folder)


@pytest.fixture
def study(tmp_path: Path) -> studies.Study:
    return made(tmp_path / "mine")


def coding(name: str, code: str = "M01", coder: str = "anna", text: str = TEXT) -> Coding:
    quote = "Er is geen tijd."
    return Coding.model_validate(
        {
            "coding": name,
            "source": "E1",
            "start": text.index(quote),
            "end": text.index(quote) + len(quote),
            "code": code,
            "codebook": "1.0.0",
            "coder": coder,
            "kind": "human",
            "status": "confirmed",
            "round": "main",
            "quote": quote,
            "text_sha256": sources.sha256(text),
            "at": AT,
        }
    )


def other(study: studies.Study) -> studies.Study:
    folder = study.folder.with_name("other")
    shutil.copytree(study.folder, folder)
    return studies.read(folder)


def files(study: studies.Study) -> dict[str, bytes]:
    """Every file of the codings, without the copies that were made before a merge."""
    found = (path for path in (study.folder / "codings").rglob("*") if path.is_file())
    return {p.relative_to(study.folder).as_posix(): p.read_bytes() for p in found if ".copies" not in p.parts}


@st.composite
def histories(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """Three copies of one log that went on apart: some lines in common, sealed or not, some damage."""
    base = logs.sealed({"id": n, "at": f"2019-04-0{n + 1}"} for n in range(draw(st.integers(0, 3))))

    def went_on(copy: int) -> bytes:
        data = base
        for n in range(draw(st.integers(0, 4))):
            values = {
                "id": draw(st.integers(0, 5)),
                "at": f"2019-05-0{draw(st.integers(1, 9))}",
                "copy": copy,
            }
            kind = draw(st.sampled_from(["sealed", "sealed", "sealed", "plain", "torn", "same"]))
            last = lines.tail(data)
            if kind == "same":
                values = {"id": 7, "at": "2019-05-01"}
            line = lines.sealed_line(values, last.hash if last else "")
            if kind == "plain":
                line = json.dumps(values).encode() + b"\n"
            data += line[: 10 + n] + b"\n" if kind == "torn" else line
        return data

    return went_on(1), went_on(2), went_on(1)


@given(histories())
def test_merging_is_commutative_associative_and_idempotent(copies: tuple[bytes, bytes, bytes]) -> None:
    a, b, c = copies
    assert union(a, b) == union(b, a)
    assert union(union(a, b), c) == union(a, union(b, c)) == union(c, b, a)
    both = union(a, b)
    assert union(both, b) == union(both, both) == union(both) == both


@given(histories())
def test_a_merged_log_has_every_line_of_each_and_no_cut(copies: tuple[bytes, bytes, bytes]) -> None:
    merged = lines.read(union(*copies), "a.jsonl")
    held = {line.data for line in merged.lines}
    for data in copies:
        assert {line.data for line in lines.read(data, "a.jsonl").lines} <= held
    assert [one for one in merged.damage if not one.is_lost] == []
    lost = {data[d.first : d.last + 1] for data in copies for d in lines.read(data, "").damage if d.is_lost}
    assert lost == {union(*copies)[d.first : d.last + 1] for d in merged.damage}


def test_a_log_that_grew_by_appending_is_in_its_order_already() -> None:
    log = logs.sealed({"id": n, "at": f"2019-04-{30 - n}"} for n in range(20))
    assert union(log) == log


def test_two_copies_that_went_on_apart_become_one(study: studies.Study) -> None:
    codings.append(study, coding("c1"), TEXT)
    theirs = other(study)
    codings.append(study, coding("c2", "M02"), TEXT)
    codings.append(theirs, coding("c3", "M03"), TEXT)
    codings.append(theirs, coding("c4", "M04", coder="bo"), TEXT)
    later = "Kop\n" + TEXT
    codings.append(theirs, coding("c5", "M05", text=later), later)
    codings.delete(theirs, coding("c1"), at=AT)
    merged = merging.merge(study, theirs.folder)
    assert [(log.name, log.n_new) for log in merged.logs] == [
        ("codings/anna/E1.jsonl", 3),
        ("codings/bo/E1.jsonl", 1),
    ]
    assert merged.n_texts == 1
    assert {one.coding for one in codings.read(study)} == {"c2", "c3", "c4", "c5"}
    assert codings.damage(study) == ()
    before = files(study)
    assert merging.merge(study, theirs.folder) == merging.Merged()
    assert files(study) == before


def test_whoever_takes_in_the_other_has_the_same_bytes(study: studies.Study) -> None:
    codings.append(study, coding("c1"), TEXT)
    theirs = other(study)
    codings.append(study, coding("c2", "M02"), TEXT)
    codings.append(theirs, coding("c3", "M03"), TEXT)
    mine_first = studies.read(shutil.copytree(study.folder, study.folder.with_name("first")))
    merging.merge(mine_first, theirs.folder)
    merging.merge(theirs, study.folder)
    assert files(mine_first) == files(theirs)


def test_a_copy_is_made_before_a_log_changes(study: studies.Study) -> None:
    codings.append(study, coding("c1"), TEXT)
    theirs = other(study)
    log = study.folder / "codings" / "anna" / "E1.jsonl"
    before = log.read_bytes()
    codings.append(theirs, coding("c2", "M02"), TEXT)
    merging.merge(study, theirs.folder)
    [copy] = (log.parent / ".copies").iterdir()
    assert copy.read_bytes() == before
    assert [one.coding for one in codings.read(study)] == ["c1", "c2"]


def test_the_same_id_with_other_content_is_kept_twice_and_named(study: studies.Study) -> None:
    theirs = other(study)
    codings.append(study, coding("c1"), TEXT)
    codings.append(theirs, coding("c1", "M02"), TEXT)
    merged = merging.merge(study, theirs.folder)
    assert merged.remarks == (
        "codings/anna/E1.jsonl:2: `c1` stands twice with other content; both are kept, the first counts",
    )
    assert len(codings.read(study)) == 1
    assert len(codings.faults(study)) == 1


def test_ratings_and_decisions_are_merged_too(study: studies.Study) -> None:
    theirs = other(study)
    rating = {"site": "es", "code": "M01", "value": "1", "rater": "r1", "at": AT}
    logs.append(theirs.folder / "ratings" / "r1.jsonl", rating)
    logs.append(theirs.folder / "decisions.jsonl", {"kind": "question", "site": "es", "at": AT})
    merged = merging.merge(study, theirs.folder)
    assert [log.name for log in merged.logs] == ["ratings/r1.jsonl", "decisions.jsonl"]
    assert (study.folder / "ratings" / "r1.jsonl").read_bytes() == (
        theirs.folder / "ratings" / "r1.jsonl"
    ).read_bytes()


def test_a_copy_of_a_sync_program_is_taken_in_by_its_log(study: studies.Study) -> None:
    codings.append(study, coding("c1"), TEXT)
    log = study.folder / "codings" / "anna" / "E1.jsonl"
    copy = log.with_name("E1.sync-conflict-20190401-100000-ABCDEFG.jsonl")
    shutil.copy(log, copy)
    logs.append(copy, {"event": "code", **coding("c2", "M02").model_dump(mode="json", exclude_none=True)})
    assert any("sync-conflict" in remark for remark in codings.remarks(study))
    assert [one.n_new for one in merging.merge(study, copy).logs] == [1]
    assert {one.coding for one in codings.read(study)} == {"c1", "c2"}
    assert codings.remarks(study) == ()
    assert copy.exists()


def test_a_kept_text_with_other_content_is_not_taken_in(study: studies.Study) -> None:
    theirs = other(study)
    codings.append(theirs, coding("c1"), TEXT)
    kept = theirs.folder / "codings" / ".texts" / f"{sources.sha256(TEXT)}.txt"
    kept.write_text("anders")
    merged = merging.merge(study, theirs.folder)
    assert merged.n_texts == 0
    assert "it holds other content than its name says" in merged.remarks[0]
    assert len(codings.read(study)) == 1


def test_a_damaged_line_of_ours_comes_back_whole_from_the_other_copy(study: studies.Study) -> None:
    for number in range(3):
        codings.append(study, coding(f"c{number}", f"M0{number + 1}"), TEXT)
    theirs = other(study)
    log = study.folder / "codings" / "anna" / "E1.jsonl"
    rows = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(rows[0] + rows[1][:40] + b"\n" + rows[2])
    assert len(codings.read(study)) == 2
    merging.merge(study, theirs.folder)
    assert len(codings.read(study)) == 3
    assert [one.is_lost for one in codings.damage(study)] == [True]
    logs.set_aside(log)
    assert codings.damage(study) == ()
    assert log.read_bytes() == b"".join(rows)


def test_what_is_no_copy_is_refused(study: studies.Study, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "b.jsonl").write_text("{}\n")
    for wrong in (
        tmp_path / "empty",
        tmp_path / "a.txt",
        tmp_path / "b.jsonl",
        tmp_path / "no",
        study.folder,
    ):
        with pytest.raises(WrongUse, match="OTHER: "):
            merging.merge(study, wrong)


@pytest.mark.parametrize("empty", [b"", b" \n"])
def test_a_log_without_lines_brings_nothing(study: studies.Study, empty: bytes) -> None:
    theirs = study.folder.with_name("theirs") / "codings" / "bram"
    theirs.mkdir(parents=True)
    (theirs / "E1.jsonl").write_bytes(empty)
    assert merging.merge(study, theirs.parent.parent) == merging.Merged()


def test_what_came_along_and_cannot_be_read_is_told_once(study: studies.Study) -> None:
    codings.append(study, coding("c1"), TEXT)
    theirs = other(study)
    with (theirs.folder / "codings" / "anna" / "E1.jsonl").open("ab") as log:
        log.write(b"geen regel\n")
    merged = merging.merge(study, theirs.folder)
    assert merged.remarks == (
        "codings/anna/E1.jsonl: what came along cannot be read and is kept; `casestudy check` shows where",
    )
    assert merging.merge(study, theirs.folder) == merging.Merged()


@pytest.mark.skipif(sys.platform == "win32", reason="this system allows no such names")
def test_a_log_whose_name_is_no_id_is_refused_in_one_line(study: studies.Study) -> None:
    codings.append(study, coding("c1"), TEXT)
    theirs = other(study)
    shutil.copytree(theirs.folder / "codings" / "anna", theirs.folder / "codings" / "an\nna")
    with pytest.raises(InvalidMaterial, match="must be made of ids") as refused:
        merging.merge(study, theirs.folder)
    assert len(str(refused.value).splitlines()) == 1
    assert not (study.folder / "codings" / "an\nna").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no free links")
@pytest.mark.parametrize("folder", ["codings", "codings/anna", "codings/.texts"])
def test_nothing_is_merged_through_a_link_that_leads_out(study: studies.Study, folder: str) -> None:
    theirs = other(study)
    codings.append(theirs, coding("c1"), TEXT)
    outside = study.folder.with_name("elders")
    outside.mkdir()
    (study.folder / folder).parent.mkdir(exist_ok=True)
    (study.folder / folder).symlink_to(outside)
    with pytest.raises(InvalidMaterial, match="its folder must lie in the study folder"):
        merging.merge(study, theirs.folder)
    with pytest.raises(InvalidMaterial, match="its folder must lie in the study folder"):
        codings.append(study, coding("c2"), TEXT)
    assert list(outside.iterdir()) == []
