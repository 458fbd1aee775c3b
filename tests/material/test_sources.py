"""Sources: what stands in sources.csv, what lies in the folder, and who withdrew."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import sources
from casestudy.material.arrivals import Watch

SETTINGS = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat helpt?, en: What helps?}
kind: implementation
sites:
  - {id: esdoorn, name: Esdoorn}
  - {id: beuk, name: Beuk}
waves:
  - {id: T0, label: {nl: Voormeting, en: Before}, relation: before}
  - {id: T1, label: {nl: Nameting, en: After}, relation: followup}
"""
PEOPLE = """\
participant,role,site,consent,withdrawn
P01,professional,esdoorn,quote,
P02,manager,esdoorn,paraphrase,
P03,professional,beuk,quote,
"""
HEADER = "source,site,kind,file,date,language,participants,guide,consent,interviewer,wave\n"
ROW = "E01,esdoorn,interview,e01.txt,2019-03,nl,P01,1,quote,,T0\n"
WORDS = "I: Hoe?\nR: Goed. Heel goed.\n"


def study_with(folder: Path, rows: str, files: dict[str, str | bytes], people: str = PEOPLE) -> studies.Study:
    (folder / "study.yml").write_text(SETTINGS, encoding="utf-8")
    (folder / "participants.csv").write_text(people, encoding="utf-8")
    (folder / "sources.csv").write_text(HEADER + rows, encoding="utf-8")
    for name, content in files.items():
        path = folder / "sources" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return studies.read(folder)


def problems(study: studies.Study, site: str | None = None) -> str:
    with pytest.raises(InvalidMaterial) as refused:
        sources.read(study, site)
    assert str(study.folder) not in str(refused.value)
    return str(refused.value)


def test_a_source_is_its_row_its_text_its_turns_and_its_sentences(tmp_path: Path) -> None:
    study = study_with(tmp_path, ROW, {"esdoorn/e01.txt": WORDS})
    [source] = sources.read(study)
    assert (source.source, source.site, source.name) == ("E01", "esdoorn", "sources/esdoorn/e01.txt")
    assert (source.row.participants, source.row.guide, source.row.interviewer) == (("P01",), "1", ())
    assert (source.text, source.sha256) == (WORDS, sources.sha256(WORDS))
    assert [source.text[turn.start : turn.end] for turn in source.turns] == ["Hoe?", "Goed. Heel goed."]
    assert len(source.sentences) == 3


def test_values_that_may_be_left_out(tmp_path: Path) -> None:
    study = study_with(tmp_path, "", {"esdoorn/e01.txt": WORDS})
    (tmp_path / "sources.csv").write_text(
        "source,site,kind,file,date,consent\nE01,esdoorn,interview,e01.txt,2019-03,quote\n"
    )
    [row] = sources.rows(study)
    assert (row.language, row.participants, row.guide, row.interviewer, row.wave) == (
        "nl",
        (),
        None,
        (),
        None,
    )


def test_participants_and_interviewers_are_lists_in_one_cell(tmp_path: Path) -> None:
    row = "E01,esdoorn,focusgroup,e01.txt,2019-03,nl,P01  P02,1,quote,Anna de Wit | Bo,T0\n"
    words = "Anna de Wit: Hoe?\nBo: En?\nP01: Goed.\nP02: Slecht.\n"
    [source] = sources.read(study_with(tmp_path, row, {"esdoorn/e01.txt": words}))
    assert source.row.participants == ("P01", "P02")
    assert [turn.is_interviewer for turn in source.turns] == [True, True, False, False]


def test_a_focus_group_is_one_source(tmp_path: Path) -> None:
    row = "E01,esdoorn,focusgroup,e01.txt,2019-03,nl,P01 P02,1,quote,,T0\n"
    assert len(sources.read(study_with(tmp_path, row, {"esdoorn/e01.txt": WORDS}))) == 1


def test_a_document_is_one_turn(tmp_path: Path) -> None:
    row = ROW.replace("interview", "document")
    [source] = sources.read(study_with(tmp_path, row, {"esdoorn/e01.txt": WORDS}))
    assert [turn.speaker for turn in source.turns] == [None]


def test_one_site_reads_its_own_files_only(tmp_path: Path) -> None:
    rows = ROW + "B01,beuk,interview,b01.txt,2019-03,nl,P03,1,quote,,T0\n"
    study = study_with(
        tmp_path, rows, {"esdoorn/e01.txt": b"\0", "beuk/b01.txt": WORDS, "esdoorn/x.txt": "x"}
    )
    assert [source.source for source in sources.read(study, "beuk")] == ["B01"]
    told = problems(study)
    assert "sources/esdoorn/e01.txt: the file must be text" in told
    assert "sources/esdoorn/x.txt: a file must have a row in sources.csv" in told


GONE = PEOPLE.replace("P02,manager,esdoorn,paraphrase,", "P02,manager,esdoorn,paraphrase,2019-06")


def test_a_withdrawn_participant_takes_every_source_along(tmp_path: Path) -> None:
    rows = ROW + "E02,esdoorn,focusgroup,e02.txt,2019-04,nl,P01 P02,1,quote,,T0\n"
    files = {"esdoorn/e01.txt": WORDS, "esdoorn/e02.txt": WORDS}
    study = study_with(tmp_path, rows, files, GONE)
    assert [source.source for source in sources.read(study)] == ["E01"]
    assert [row.source for row in sources.rows(study)] == ["E01"]
    assert sources.withdrawn(study) == ("E02",)
    (tmp_path / "sources" / "esdoorn" / "e02.txt").unlink()
    assert len(sources.read(study)) == 1
    assert "e02" not in "".join(sources.remarks(study))


def changed(old: str, new: str) -> str:
    assert old in ROW
    return ROW.replace(old, new)


ROWS = [
    (changed("esdoorn", "eik"), "sources.csv:2: `site` must be a site of study.yml, found `eik`"),
    (changed("esdoorn", "Esdoorn"), "did you mean `esdoorn`?"),
    (changed("interview", "gesprek"), "sources.csv:2: `kind` must be"),
    (changed("2019-03", "2019-03-04"), "sources.csv:2: `date` must be a month"),
    (changed("T0", "T9"), "sources.csv:2: `wave` must be a wave of study.yml, found `T9`"),
    (changed("quote", "yes"), "sources.csv:2: `consent` must be"),
    (changed("P01", "P09"), "sources.csv:2: `participants` must be ids of participants.csv, found `P09`"),
    (changed("P01", "p01"), "found `p01`; did you mean `P01`?"),
    (changed("P01", "P03"), "must belong to the site of the source, found `P03` of site `beuk`"),
    (changed("P01", "P01 P01"), "a participant must stand once, found `P01` again"),
    (changed("e01.txt", "../beuk/b01.txt"), "sources.csv:2: `file` must be a file in the folder of its site"),
    (changed("e01.txt", "/etc/passwd"), "sources.csv:2: `file` must be a file in the folder of its site"),
    (changed("e01.txt", "C:a.txt"), "sources.csv:2: `file` must be a file in the folder of its site"),
    (changed("e01.txt", "a\\b.txt"), "sources.csv:2: `file` must be a file in the folder of its site"),
    (changed("e01.txt", "~$e01.docx"), "sources.csv:2: `file` must not be a lock file"),
    (
        changed("e01.txt", "e01.jpg"),
        "sources.csv:2: `file` must be of a kind that is read: .txt .md",
    ),
    (changed("E01", "E 01"), "sources.csv:2: `source` must be letters"),
    (changed("E01", ""), "sources.csv:2: `source` must be filled in"),
    (ROW + ROW, "sources.csv:3: `source` must stand once, found `E01` again, first on line 2"),
    (ROW + changed("E01", "e01"), "found `e01` that differs only in case, first on line 2"),
    (
        ROW + changed("E01", "E02"),
        "sources.csv:3: `file` must stand once, found a file again, first on line 2",
    ),
    (ROW + changed("E01", "E02").replace("e01", "E01"), "found a file that differs only in case"),
]


@pytest.mark.parametrize(("rows", "told"), ROWS)
def test_a_wrong_row_is_a_problem_with_its_line(tmp_path: Path, rows: str, told: str) -> None:
    assert told in problems(study_with(tmp_path, rows, {"esdoorn/e01.txt": WORDS}))


def test_problems_of_people_and_sources_are_told_together(tmp_path: Path) -> None:
    people = PEOPLE.replace("P03,professional,beuk", "P03,professional,berk")
    told = problems(study_with(tmp_path, changed("T0", "T9"), {"esdoorn/e01.txt": WORDS}, people))
    assert "participants.csv:4" in told
    assert "sources.csv:2" in told


def test_a_listed_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    told = problems(study_with(tmp_path, ROW, {}))
    assert (
        told == "sources/esdoorn/e01.txt: the file must be there, found nothing; add it or correct its name"
    )


def test_a_file_that_no_row_names_is_a_problem(tmp_path: Path) -> None:
    told = problems(study_with(tmp_path, ROW, {"esdoorn/e01.txt": WORDS, "esdoorn/oud/e00.txt": WORDS}))
    assert told.startswith("sources/esdoorn/oud/e00.txt: a file must have a row in sources.csv, found none")


STRAYS = {
    "esdoorn/~$e01.docx": "x",
    "esdoorn/.~lock.e01.odt#": "x",
    "esdoorn/e01 (conflicted copy 2019-03-02).txt": WORDS,
    "esdoorn/e01.sync-conflict-20190302-101010-ABCDEFG.txt": WORDS,
    "esdoorn/e02.docx": b"",
}


def test_strays_are_named_once_and_not_counted(tmp_path: Path) -> None:
    files = {"esdoorn/e01.txt": WORDS, "esdoorn/.DS_Store": "x", **STRAYS}
    study = study_with(tmp_path, ROW, files)
    assert len(sources.read(study)) == 1
    told = sources.remarks(study)
    assert sorted(told) == sorted(
        [
            "sources/esdoorn/~$e01.docx: a lock file, not read",
            "sources/esdoorn/.~lock.e01.odt#: a lock file, not read",
            "sources/esdoorn/e01 (conflicted copy 2019-03-02).txt: a sync-conflict copy, not read",
            "sources/esdoorn/e01.sync-conflict-20190302-101010-ABCDEFG.txt: a sync-conflict copy, not read",
            "sources/esdoorn/e02.docx: an empty placeholder, not read",
        ]
    )


def test_a_listed_file_that_holds_nothing_yet_is_not_counted(tmp_path: Path) -> None:
    study = study_with(tmp_path, ROW, {"esdoorn/e01.txt": b""})
    assert sources.rows(study) == sources.read(study) == ()
    assert sources.remarks(study) == ("sources/esdoorn/e01.txt: an empty placeholder, not read",)


def test_remarks_name_the_file(tmp_path: Path) -> None:
    study = study_with(tmp_path, ROW, {"esdoorn/e01.txt": "Zonder spreker, één keer.".encode("cp1252")})
    first, second = sources.remarks(study)
    assert first.startswith("sources/esdoorn/e01.txt: it is not UTF-8 and was read as Windows-1252")
    assert second.startswith("sources/esdoorn/e01.txt: no speakers were recognised")


def test_a_link_out_of_the_study_is_refused(tmp_path: Path) -> None:
    (tmp_path / "study" / "sources" / "esdoorn").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text(WORDS)
    (tmp_path / "study" / "sources" / "esdoorn" / "e01.txt").symlink_to(tmp_path / "secret.txt")
    assert "found a link that leads out of it" in problems(study_with(tmp_path / "study", ROW, {}))


def test_a_linked_folder_out_of_the_study_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "e01.txt").write_text(WORDS)
    (tmp_path / "study" / "sources").mkdir(parents=True)
    (tmp_path / "study" / "sources" / "esdoorn").symlink_to(tmp_path / "elsewhere")
    told = problems(study_with(tmp_path / "study", ROW, {}))
    assert "sources/esdoorn/e01.txt: a file must lie in the study folder" in told


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no named pipes in folders")
@pytest.mark.timeout(5)
@pytest.mark.parametrize("name", ["e01.txt", "other.txt"])
def test_a_pipe_is_refused_without_opening_it(tmp_path: Path, name: str) -> None:
    files = {} if name == "e01.txt" else {"esdoorn/e01.txt": WORDS}
    study = study_with(tmp_path, ROW, files)
    (tmp_path / "sources" / "esdoorn").mkdir(parents=True, exist_ok=True)
    os.mkfifo(tmp_path / "sources" / "esdoorn" / name)
    assert problems(study).startswith(f"sources/esdoorn/{name}: ")
    sources.remarks(study)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    study = study_with(tmp_path, ROW, {"esdoorn/e01.txt": WORDS})
    with (tmp_path / "sources" / "esdoorn" / "e01.txt").open("r+b") as file:
        file.truncate(200_000_000)
    assert "a file must be at most 50,000,000 bytes, found 200,000,000" in problems(study)


def test_no_material_yet(tmp_path: Path) -> None:
    study = study_with(tmp_path, "", {})
    assert (sources.read(study), sources.rows(study), sources.remarks(study)) == ((), (), ())
    (tmp_path / "sources.csv").unlink()
    assert problems(study).startswith("sources.csv: the file must be there")


def test_a_dropped_file_is_taken_in_by_a_command(tmp_path: Path) -> None:
    study = study_with(tmp_path, "", {"esdoorn/x.txt": WORDS, "y.txt": WORDS})
    told = problems(study)
    assert (
        "sources/esdoorn/x.txt: a file must have a row in sources.csv, found none; run `casestudy add" in told
    )
    assert "--site esdoorn`" in told
    assert "sources/y.txt: a file must have a row in sources.csv, found none; move it into the folder" in told
    assert sources.unlisted(study) == ("sources/esdoorn/x.txt", "sources/y.txt")


def growing(path: Path) -> Watch:
    """Watch files while one of them grows at every look."""

    def write(_: float) -> None:
        with path.open("a") as file:
            file.write("R: En nog iets.\n")

    return Watch(wait=write)


@pytest.mark.parametrize("rows", [ROW, ""], ids=["listed", "dropped"])
def test_a_file_that_is_still_changing_is_left_out_and_named(tmp_path: Path, rows: str) -> None:
    study = study_with(tmp_path, rows, {"esdoorn/e01.txt": WORDS})
    watch = growing(tmp_path / "sources" / "esdoorn" / "e01.txt")
    assert sources.read(study, watch=watch) == ()
    assert sources.arriving(study, watch=watch) == ("sources/esdoorn/e01.txt",)
    assert sources.remarks(study, watch=watch) == (
        "sources/esdoorn/e01.txt: still changing; taken in at the next run",
    )
    assert [row.source for row in sources.rows(study)] == ["E01"][: len(rows)]


def test_a_file_written_slowly_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    study = study_with(tmp_path, ROW, {"esdoorn/e01.txt": WORDS})
    path = tmp_path / "sources" / "esdoorn" / "e01.txt"
    whole = WORDS + "R: En nog iets.\n" * 20

    def write() -> None:
        for _ in range(20):
            with path.open("a") as file:
                file.write("R: En nog iets.\n")
            time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = [source.text for source in sources.read(study, watch=Watch())]
    finally:
        writer.join()
    assert seen in ([], [whole])
    assert [source.text for source in sources.read(study, watch=Watch())] == [whole]


FRONT = "---\nsource: E01\nsite: esdoorn\nparticipants: [P01]\n---\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_front_matter_is_no_part_of_the_text(tmp_path: Path, encoding: str) -> None:
    study = study_with(tmp_path, ROW, {"esdoorn/e01.txt": (FRONT + WORDS).encode(encoding)})
    [source] = sources.read(study)
    assert source.text == WORDS
    assert source.sha256 == sources.sha256(WORDS)


def test_front_matter_must_agree_with_the_row(tmp_path: Path) -> None:
    study = study_with(tmp_path, ROW, {"esdoorn/e01.txt": FRONT.replace("P01", "P02") + WORDS})
    told = problems(study)
    assert told.startswith("sources/esdoorn/e01.txt:4: `participants` must be what sources.csv says")


def test_open_answers_are_turns_of_their_respondents(tmp_path: Path) -> None:
    table = b"id,score,tip\nR1,4,Geef ons allemaal een dag de tijd.\nR2,2,\n"
    row = ROW.replace("interview", "survey_open").replace("e01.txt", "e01.csv").replace("P01", "")
    [source] = sources.read(study_with(tmp_path, row, {"esdoorn/e01.csv": table}))
    [turn] = source.turns
    assert (turn.speaker, source.text[turn.start : turn.end]) == ("R1", "Geef ons allemaal een dag de tijd.")


ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "utf-16"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_text_whatever_its_bytes(tmp_path: Path, encoding: str, end: str) -> None:
    words = "I: Hoe was het café?\nR: Eén keer geweest.\n"
    [source] = sources.read(
        study_with(tmp_path, ROW, {"esdoorn/e01.txt": words.replace("\n", end).encode(encoding)})
    )
    assert (source.text, source.sha256) == (words, sources.sha256(words))
    assert any("Windows-1252" in remark for remark in source.remarks) == (encoding == "cp1252")


NO_TEXT = [(b"I: Hoe?\n\x00", 8), (b"\x89PNG\r\n\x1a\n\0\0", 6), (b"I: \xc3\xa9\xff", 5)]


@pytest.mark.parametrize(("data", "position"), NO_TEXT)
def test_what_is_no_text_is_refused_with_the_byte(tmp_path: Path, data: bytes, position: int) -> None:
    assert f"at byte {position};" in problems(study_with(tmp_path, ROW, {"esdoorn/e01.txt": data}))
