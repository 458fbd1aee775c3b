"""Files of a study folder: strays by name, and nothing opened that should not be."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from casestudy.errors import InvalidMaterial
from casestudy.material import folders

STRAYS = [
    ("~$gesprek.docx", "a lock file"),
    (".~lock.gesprek.odt#", "a lock file"),
    ("gesprek.lock", "a lock file"),
    ("gesprek (conflicted copy 2019-03-01).txt", "a sync-conflict copy"),
    ("gesprek (Case Conflict).txt", None),
    ("gesprek.sync-conflict-20190301-120000-ABCDEFG.txt", "a sync-conflict copy"),
    ("gesprek (laptop's conflicterende kopie).docx", "a sync-conflict copy"),
    ("gesprek.docx.orig", "a sync-conflict copy"),
    ("gesprek.txt~", "a file half made"),
    ("gesprek.docx.crdownload", "a file half made"),
    (".DS_Store", "a hidden file"),
    ("Thumbs.db", "a hidden file"),
    ("gesprek.txt", None),
    ("conflict met de buren.txt", None),
]


@pytest.mark.parametrize(("name", "why"), STRAYS, ids=[name for name, _ in STRAYS])
def test_a_stray_is_known_by_its_name(name: str, why: str | None) -> None:
    assert folders.stray_name(name) == why


def test_an_empty_file_is_a_placeholder(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    assert folders.stray(tmp_path / "a.txt") == folders.EMPTY
    assert folders.stray(tmp_path / "not there.txt") is None


def test_entries_stand_in_a_fixed_order_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.txt").write_text("x")
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.txt").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert [name for name, _ in folders.entries(tmp_path)] == ["a.txt", "b/2.txt", "loop"]


def test_a_file_is_read_and_a_link_inside_the_study_too(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"words")
    (tmp_path / "b.txt").symlink_to("a.txt")
    assert folders.read_bytes(tmp_path / "b.txt", root=tmp_path, name="b.txt") == b"words"


def test_a_link_out_of_the_study_is_refused_without_opening(tmp_path: Path) -> None:
    study = tmp_path / "study"
    study.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (study / "a.txt").symlink_to("../secret.txt")
    with pytest.raises(InvalidMaterial, match="found a link that leads out of it"):
        folders.read_bytes(study / "a.txt", root=study, name="a.txt")


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no named pipes in folders")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(InvalidMaterial, match="found a folder, pipe or device"):
        folders.read_bytes(tmp_path / "a.txt", root=tmp_path, name="a.txt")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: None, "found nothing"),
        (lambda path: path.mkdir(), "found a folder, pipe or device"),
        (lambda path: path.symlink_to(path.name), "found nothing"),
        (lambda path: path.write_bytes(b"123456"), "at most 5 bytes, found 6"),
    ],
    ids=["absent", "folder", "loop", "too large"],
)
def test_what_is_no_readable_file_is_a_problem(tmp_path: Path, make, told: str) -> None:
    make(tmp_path / "a.txt")
    with pytest.raises(InvalidMaterial, match=told) as refused:
        folders.read_bytes(tmp_path / "a.txt", root=tmp_path, name="sources/es/a.txt", limit=5)
    assert str(refused.value).startswith("sources/es/a.txt: ")
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no free links")
def test_a_folder_that_is_a_link_is_told_and_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "memos").symlink_to("elsewhere")
    with pytest.raises(InvalidMaterial, match="memos: a folder must be there itself, found a link"):
        list(folders.entries(tmp_path / "memos"))
