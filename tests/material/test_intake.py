"""Taking in: originals byte for byte, rows last, versions kept, all files of a call or none."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial, WrongUse
from casestudy.material import codings, intake, originals, sources
from casestudy.material.arrivals import Watch
from casestudy.material.sources import Head
from casestudy.study import Study

SETTINGS = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat helpt?, en: What helps?}
kind: implementation
sites: [{id: es, name: Es}, {id: beuk, name: Beuk}]
"""
PEOPLE = "participant,role,site,consent,withdrawn\np1,professional,es,quote,\np2,manager,beuk,quote,\n"
TALK = "I: Hoe ging het?\nR: Goed. Het was fijn.\n"
AT = "2019-03-04T10:00:00Z"
LIST = b"source,site,kind,file,date,language,participants,guide,consent,interviewer\r\n"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    folder = tmp_path / "studie"
    folder.mkdir()
    (folder / "study.yml").write_text(SETTINGS, encoding="utf-8")
    (folder / "participants.csv").write_text(PEOPLE, encoding="utf-8")
    (folder / "codebook.yml").write_text("id: midi\nversion: 1.0.0\nframeworks: [midi]\n", encoding="utf-8")
    return studies.read(folder)


def received(study: Study, name: str = "gesprek 3.txt", content: str | bytes = TALK) -> Path:
    path = study.folder.parent / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (1_552_000_000, 1_552_000_000))
    return path


def take_in(study: Study, *files: Path, **given: Any) -> tuple[intake.Taken, ...]:
    return intake.take_in(study, files, Head(**{"site": "es", **given}), at=AT, watch=Watch())


def refused(study: Study, *files: Path, **given: Any) -> str:
    before = snapshot(study)
    with pytest.raises(InvalidMaterial) as error:
        take_in(study, *files, **given)
    assert snapshot(study) == before, "nothing is taken in"
    assert str(study.folder.parent) not in str(error.value)
    return str(error.value)


def snapshot(study: Study) -> dict[str, bytes]:
    found = (path for path in study.folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(study.folder).as_posix(): path.read_bytes() for path in found}


def log(study: Study) -> list[dict[str, Any]]:
    lines = (study.folder / originals.LOG).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_file_becomes_a_source_with_its_original_its_row_and_a_line_in_the_log(study: Study) -> None:
    [taken] = take_in(study, received(study))
    assert (taken.state, taken.source.source, taken.file) == ("new", "es-gesprek-3", "gesprek 3.txt")
    kept = study.folder / "sources" / "es" / "gesprek 3.txt"
    assert (kept.read_bytes(), kept.stat().st_mtime) == (TALK.encode(), 1_552_000_000)
    [source] = sources.read(study)
    assert (source.text, source.row.date, source.row.interviewer) == (TALK, "2019-03", ("I",))
    [line] = log(study)
    assert line["text_sha256"] == source.sha256
    assert {key: line[key] for key in ("source", "site", "file", "at")} == {
        "source": "es-gesprek-3",
        "site": "es",
        "file": "gesprek 3.txt",
        "at": AT,
    }
    assert originals.read(study)[0].sha256 == line["sha256"]


def test_rows_that_are_there_keep_their_bytes(study: Study) -> None:
    (study.folder / "sources.csv").write_bytes(LIST)
    take_in(study, received(study))
    assert (study.folder / "sources.csv").read_bytes() == (
        LIST + b"es-gesprek-3,es,interview,gesprek 3.txt,2019-03,nl,,,analysis_only,I\r\n"
    )


def test_the_same_bytes_again_change_nothing(study: Study) -> None:
    take_in(study, received(study))
    before = snapshot(study)
    [taken] = take_in(study, received(study, "een andere naam.txt"))
    assert (taken.state, taken.source.source) == ("same", "es-gesprek-3")
    assert snapshot(study) == before


def test_one_file_given_twice_is_one_source(study: Study) -> None:
    path = received(study)
    assert [one.state for one in take_in(study, path, path)] == ["new", "same"]
    assert len(sources.read(study)) == 1


def code(study: Study) -> None:
    [source] = sources.read(study)
    start = source.text.index("Goed.")
    coding = codings.Coding(
        coding="c1",
        source=source.source,
        start=start,
        end=start + 5,
        code="M23",
        codebook="1.0.0",
        coder="anna",
        kind="human",
        status="confirmed",
        round="main",
        quote="Goed.",
        text_sha256=source.sha256,
        at=AT,
    )
    codings.append(study, coding, source.text)


@pytest.mark.parametrize(("changed", "n_codings"), [("fijn", 1), ("\r\n", 0)])
def test_another_version_keeps_the_old_one_and_the_row(study: Study, changed: str, n_codings: int) -> None:
    take_in(study, received(study))
    code(study)
    before = (study.folder / "sources.csv").read_bytes()
    new = TALK.replace("fijn", "zwaar") if changed == "fijn" else TALK.replace("\n", "\r\n")
    [taken] = take_in(study, received(study, content=new))
    assert (taken.state, taken.source.source, taken.n_codings) == ("version", "es-gesprek-3", n_codings)
    assert (study.folder / "sources.csv").read_bytes() == before
    [old] = originals.kept(study, "es-gesprek-3")
    assert (old.read_bytes(), old.suffix) == (TALK.encode(), ".txt")
    assert (study.folder / "sources/es/gesprek 3.txt").read_bytes() == new.encode()
    assert log(study)[1]["supersedes"] == log(study)[0]["sha256"] == old.stem


def test_a_version_of_another_kind_renews_the_file_name(study: Study) -> None:
    take_in(study, received(study))
    new = received(study, "nieuw.csv", "speaker,text\nI,Hoe ging het?\nR,Goed.\n")
    [taken] = take_in(study, new, source="es-gesprek-3")
    assert taken.state == "version"
    [source] = sources.read(study)
    assert (source.row.file, source.row.date) == ("gesprek 3.csv", "2019-03")
    assert sorted(path.name for path in (study.folder / "sources/es").iterdir()) == ["gesprek 3.csv"]


def test_the_same_name_with_another_ending_is_asked_about(study: Study) -> None:
    take_in(study, received(study))
    other = received(study, "gesprek 3.md", "Een verslag.\n")
    assert "give `--source es-gesprek-3` for a new version of it" in refused(study, other)
    assert take_in(study, other, source="es-verslag")[0].state == "new"


def test_a_version_that_says_something_else_than_the_row_is_refused(study: Study) -> None:
    take_in(study, received(study))
    new = received(study, content=TALK + "R: Ja.\n")
    told = refused(study, new, consent="quote")
    assert told.startswith("gesprek 3.txt: `consent` must be what sources.csv says of `es-gesprek-3`")


def test_every_problem_of_every_file_is_told_and_nothing_is_taken_in(study: Study) -> None:
    files = [
        received(study, "a.txt"),
        received(study, "b.jpg", b"x"),
        received(study, "c.txt", b"\x89PNG\0"),
        received(study, "d.docx", b"PK\x03\x04 half"),
        received(study, "e.txt", b""),
        study.folder.parent / "f.txt",
    ]
    places = [line.partition(":")[0] for line in refused(study, *files).splitlines()]
    assert places == ["b.jpg", "c.txt", "d.docx", "e.txt", "f.txt"]


def test_two_files_that_would_get_one_id_or_name_are_refused(study: Study) -> None:
    (study.folder.parent / "b").mkdir()
    files = [received(study, "a!.txt"), received(study, "a?.txt", TALK + "R: Ja.\n")]
    told = refused(study, *files)
    assert "a?.txt: `source` must stand once, found `es-a` again, first of a!.txt" in told
    files = [received(study, "c.txt"), received(study, "b/c.txt", TALK + "R: Ja.\n")]
    assert "`file` must stand once" in refused(study, *files)


VALUES = [
    ({"participants": ("p9",)}, "a.txt: `participants` must be ids of participants.csv, found `p9`"),
    ({"participants": ("p2",)}, "must belong to the site of the source"),
    ({"wave": "T9"}, "a.txt: `wave` must be a wave of study.yml, found `T9`"),
]


@pytest.mark.parametrize(("given", "told"), VALUES)
def test_a_value_that_does_not_fit_the_study_is_refused(
    study: Study, given: dict[str, Any], told: str
) -> None:
    assert told in refused(study, received(study, "a.txt"), **given)


def test_a_site_must_be_one_of_the_study_and_must_be_named(study: Study) -> None:
    with pytest.raises(WrongUse, match="did you mean `beuk`"):
        take_in(study, received(study), site="beuc")
    with pytest.raises(WrongUse, match="--site: a site must be named"):
        intake.take_in(study, [received(study)], Head(), at=AT)
    with pytest.raises(WrongUse, match="--source: it must be for one file"):
        take_in(study, received(study, "a.txt"), received(study, "b.txt"), source="es-1")


def test_dropped_files_are_taken_in_where_they_lie(study: Study) -> None:
    folder = study.folder / "sources" / "es"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text(TALK)
    (folder / "~$a.docx").write_text("x")
    (folder / "leeg.txt").write_text("")
    [taken] = intake.take_in(study, [], Head(), at=AT, watch=Watch())
    assert (taken.file, taken.source.name) == ("sources/es/a.txt", "sources/es/a.txt")
    assert intake.take_in(study, [], Head(), at=AT, watch=Watch()) == ()
    assert take_in(study, folder / "a.txt")[0].state == "same"
    (folder / "b.txt").write_text(TALK + "R: Ja.\n")
    assert take_in(study, site="beuk") == ()
    assert "sources/es/b.txt: it must lie in the folder of `beuk`" in refused(
        study, folder / "b.txt", site="beuk"
    )


def test_a_folder_is_its_files_without_strays(study: Study) -> None:
    received(study, "a.txt").rename(study.folder.parent / "x.txt")
    inbox = study.folder.parent / "post"
    inbox.mkdir()
    for name, content in (("a.txt", TALK), ("b.md", "Een verslag.\n"), (".DS_Store", "x"), ("~$a.docx", "x")):
        (inbox / name).write_text(content)
    assert [one.source.source for one in take_in(study, inbox)] == ["es-a", "es-b"]
    (study.folder.parent / "leeg").mkdir()
    assert "leeg: a folder must hold files" in refused(study, study.folder.parent / "leeg")


def test_front_matter_gives_the_row(study: Study) -> None:
    block = "---\nsource: es-9\nsite: es\nkind: focusgroup\ndate: 2018-11\nparticipants: [p1]\n---\n"
    path = received(study, content=block + TALK)
    [taken] = intake.take_in(study, [path], Head(), at=AT)
    assert (taken.source.source, taken.source.row.kind, taken.source.row.participants) == (
        "es-9",
        "focusgroup",
        ("p1",),
    )
    assert sources.read(study)[0].text == TALK
    other = received(study, "b.txt", block.replace("es-9", "es-8") + TALK)
    assert "`date` must be what sources.csv says" in refused(study, other, date="2018-12")


def test_a_file_that_is_still_changing_is_refused_or_waited_for(study: Study) -> None:
    path = received(study)

    def grow(_: float) -> None:
        path.write_text(path.read_text() + "R: Ja.\n")

    os.utime(path)
    with pytest.raises(InvalidMaterial, match="found one that is still changing; wait for it"):
        intake.take_in(study, [path], Head(site="es"), at=AT, watch=Watch(wait=grow))
    dropped = study.folder / "sources" / "es" / "a.txt"
    dropped.parent.mkdir(parents=True)
    shutil.copy(path, dropped)
    path = dropped
    assert intake.take_in(study, [], Head(site="es"), at=AT, watch=Watch(wait=grow)) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no named pipes or free links")
@pytest.mark.timeout(5)
def test_pipes_devices_and_links_are_refused_unopened(study: Study) -> None:
    folder = study.folder.parent
    os.mkfifo(folder / "pijp.txt")
    (folder / "link.txt").symlink_to(received(study))
    (folder / "kring.txt").symlink_to(folder / "kring.txt")
    told = refused(study, folder / "pijp.txt", folder / "link.txt", folder / "kring.txt", Path("/dev/zero"))
    assert [line.partition(":")[0] for line in told.splitlines()] == (
        ["kring.txt", "link.txt", "pijp.txt", "zero"]
    )


ODD = ["$(touch gevaar).txt", "-rf.txt", "a\nb.txt", "a\u202etxt.txt", "é" * 80 + ".txt", "a'b;c&d.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="this system allows no such names")
@pytest.mark.parametrize("name", ODD)
def test_odd_names_become_plain_ones(study: Study, name: str) -> None:
    [taken] = take_in(study, received(study, name))
    [source] = sources.read(study)
    assert source.source == taken.source.source
    assert not set(source.row.file) & set("\n\u202e/\\")


def test_a_text_without_speakers_or_with_only_a_header_is_taken_in_with_a_remark(study: Study) -> None:
    [taken] = take_in(study, received(study, "a.csv", "speaker,text\n"))
    assert taken.source.remarks == ("it holds no words",)
    assert sources.read(study)[0].turns == ()


def test_a_file_that_is_too_large_is_refused_with_the_limit(study: Study) -> None:
    path = received(study)
    os.truncate(path, 200_000_000)
    assert "a file must be at most 50,000,000 bytes, found 200,000,000" in refused(study, path)
    long_line = received(study, "b.txt", b"R: " + b"a " * 6_000_000)
    assert "a text must be at most 10,000,000 bytes" in refused(study, long_line)


def test_a_source_that_somebody_withdrew_from_does_not_come_back(study: Study) -> None:
    take_in(study, received(study), participants=("p1",))
    people = study.folder / "participants.csv"
    people.write_text(people.read_text().replace("quote,\np2", "quote,2019-06\np2"))
    for content in (TALK, TALK + "R: Ja.\n"):
        told = refused(study, received(study, content=content))
        assert "found `es-gesprek-3`, which somebody withdrew from" in told


@pytest.mark.parametrize("is_version", [False, True])
def test_a_stop_before_the_rows_are_written_leaves_whole_files(study: Study, is_version: bool) -> None:
    if is_version:
        take_in(study, received(study))
    (study.folder / "sources").mkdir(exist_ok=True)
    log_file = study.folder / originals.LOG
    log_file.unlink(missing_ok=True)
    log_file.mkdir()
    new = TALK + "R: Ja.\n"
    with pytest.raises(OSError, match=r".*"):
        take_in(study, received(study, content=new))
    log_file.rmdir()
    assert (study.folder / "sources/es/gesprek 3.txt").read_bytes() == new.encode()
    if is_version:
        assert sources.read(study)[0].text == new
    else:
        assert [one.state for one in take_in(study)] == ["new"]
    assert [one.state for one in take_in(study, received(study, content=new))] == ["same"]


def test_a_list_that_changed_meanwhile_is_not_written_over(study: Study) -> None:
    (study.folder / "sources.csv").write_bytes(LIST)
    path = received(study)

    class Late(Watch):
        def changing(self, *args: Any, **options: Any) -> frozenset[Path]:
            (study.folder / "sources.csv").write_bytes(LIST + b"\r\n")
            return super().changing(*args, **options)

    with pytest.raises(InvalidMaterial, match="nobody may change it meanwhile"):
        intake.take_in(study, [path], Head(site="es"), at=AT, watch=Late())
    assert (study.folder / "sources.csv").read_bytes() == LIST + b"\r\n"
    assert [one.state for one in take_in(study)] == ["new"]


def test_a_run_that_was_stopped_before_its_rows_is_repeated_with_the_same_files(study: Study) -> None:
    path = received(study)
    [taken] = take_in(study, path)
    rows = study.folder / "sources.csv"
    rows.unlink()  # as after a stop between the original and its row
    assert [one.state for one in take_in(study, path)] == ["new"]
    assert [source.source for source in sources.read(study)] == [taken.source.source]
    rows.unlink()
    assert "its name must be free" in refused(study, received(study, content=TALK + "R: Meer.\n"))


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no named pipes or free links")
@pytest.mark.timeout(5)
@pytest.mark.parametrize("folder", ["sources", "sources/es"])
def test_nothing_is_written_through_a_link_that_leads_out(study: Study, folder: str) -> None:
    outside = study.folder.parent / "elders"
    outside.mkdir()
    (study.folder / folder).parent.mkdir(exist_ok=True)
    (study.folder / folder).symlink_to(outside)
    told = refused(study, received(study))
    assert "gesprek 3.txt: its folder must lie in the study folder, found a link" in told
    assert list(outside.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no named pipes or free links")
@pytest.mark.timeout(5)
def test_a_list_that_is_a_pipe_or_a_link_is_refused_unopened(study: Study) -> None:
    rows = study.folder / "sources.csv"
    os.mkfifo(rows)
    assert "sources.csv: it must be a file, found a folder, pipe" in refused(study, received(study))
    rows.unlink()
    (study.folder.parent / "elders.csv").write_bytes(LIST)
    rows.symlink_to("../elders.csv")
    assert "sources.csv: a file must lie in the study folder" in refused(study, received(study))
