"""Append-only logs: whole lines, damage named by line, nothing lost beside it."""

from __future__ import annotations

import errno
import json
import os
import re
import tempfile
import threading
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter

from casestudy.documents import Record
from casestudy.errors import InvalidMaterial
from casestudy.material import logs


class Note(Record):
    id: int
    text: str = ""


class Start(Record):
    event: Literal["start"]
    id: int


class Stop(Record):
    event: Literal["stop"]
    id: int


def written(folder: Path, *lines: str) -> Path:
    path = folder / "a.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_what_is_appended_is_read_in_order_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.jsonl"
    logs.append(path, Note(id=1, text="één 😀\u2028regel"))
    logs.append(path, {"id": 2})
    assert logs.read(path, Note, "a.jsonl") == [(1, Note(id=1, text="één 😀\u2028regel")), (2, Note(id=2))]


@pytest.mark.skipif(not Path("/proc/self/io").is_file(), reason="this system does not count writes")
def test_a_line_is_one_write_however_long(tmp_path: Path) -> None:
    def writes() -> int:
        return int(re.search(r"syscw: (\d+)", Path("/proc/self/io").read_text())[1])

    before = writes()
    for number in range(3):
        logs.append(tmp_path / "a.jsonl", Note(id=number, text="x" * 70_000))
    assert writes() - before == 3


def test_a_line_that_is_not_whole_on_disk_counts_as_not_saved(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "a.jsonl"
    logs.append(path, Note(id=1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        # The disk has room for the first five bytes of the line only.
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 5, hard))
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            logs.append(path, Note(id=2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    logs.append(path, Note(id=3))
    entries, problems = logs.scan(path, Note, "a.jsonl")
    assert [note.id for _, note in entries] == [1, 3]
    assert [problem.place for problem in problems] == ["a.jsonl:2"]


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"

    def write(writer: int) -> None:
        for number in range(25):
            logs.append(path, Note(id=writer * 1000 + number, text="x" * (number * 1000)))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(logs.read(path, Note, "a.jsonl")) == 100


def test_a_log_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("")
    (tmp_path / "a.jsonl").symlink_to(tmp_path / "other.txt")
    with pytest.raises(OSError, match=r".*"):
        logs.append(tmp_path / "a.jsonl", Note(id=1))
    assert (tmp_path / "other.txt").read_text() == ""


def test_a_log_that_is_not_there_or_empty_holds_nothing(tmp_path: Path) -> None:
    assert logs.read(tmp_path / "none.jsonl", Note, "none.jsonl") == []
    assert logs.read(written(tmp_path), Note, "a.jsonl") == []


def test_the_same_line_twice_counts_once(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": 1}', "", '{"id": 2}', '{"id": 1}')
    assert [line for line, _ in logs.read(path, Note, "a.jsonl")] == [1, 3]


BAD_LINES = [
    ('{"id": 1', "one whole JSON object"),
    ("[1]", "one whole JSON object"),
    ('{"id": 1, "id": 2}', "one whole JSON object"),
    ('{"id": NaN}', "one whole JSON object"),
    ('{"id": ' + "9" * 5000 + "}", "one whole JSON object"),
    ("[" * 100_000, "one whole JSON object"),
    ('{"id": 1, "secret words": 2}', "every field must be known"),
    ("{}", "`id` must be there"),
    ('{"id": "secret words"}', "`id` must be a valid integer"),
    ('{"id": 1, "text": "\\ud800"}', "`text` must be"),
]


@pytest.mark.parametrize(("line", "must"), BAD_LINES)
def test_a_bad_line_is_a_problem_with_its_number_and_costs_only_itself(
    tmp_path: Path, line: str, must: str
) -> None:
    path = written(tmp_path, '{"id": 1}', line, '{"id": 3}')
    entries, problems = logs.scan(path, Note, "codings/anna/a.jsonl")
    assert [note.id for _, note in entries] == [1, 3]
    assert {problem.place for problem in problems} == {"codings/anna/a.jsonl:2"}
    assert must in str(problems[0])
    with pytest.raises(InvalidMaterial):
        logs.read(path, Note, "codings/anna/a.jsonl")


def test_bytes_that_are_no_text_cost_only_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id": 1}\r\n\xff\xfe\x00\n{"id": 3}\n')
    entries, problems = logs.scan(path, Note, "a.jsonl")
    assert [note.id for _, note in entries] == [1, 3]
    assert len(problems) == 1


def test_a_value_that_stands_there_is_never_repeated(tmp_path: Path) -> None:
    adapter: TypeAdapter[Start | Stop] = TypeAdapter(Annotated[Start | Stop, Field(discriminator="event")])
    lines = [
        '{"event": "geheime woorden", "id": 1}',
        '{"id": 1}',
        '{"event": "stop", "id": "geheime woorden"}',
    ]
    _, problems = logs.scan(written(tmp_path, *lines), adapter, "a.jsonl")
    told = "\n".join(map(str, problems))
    assert "geheim" not in told
    assert "a.jsonl:1: `event` must be one of 'start', 'stop'" in told
    assert "a.jsonl:3: `id` must be a valid integer" in told


def test_logs_of_a_folder_without_copies_of_sync_programs(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "a.sync-conflict-20190301-120000-A.jsonl", ".a.jsonl", "notes.txt"):
        (tmp_path / name).write_text("{}\n")
    assert [path.name for path in logs.files(tmp_path)] == ["a.jsonl", "b.jsonl"]
    assert logs.files(tmp_path / "none") == []


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=5), st.integers(0, 400))
def test_a_log_cut_anywhere_gives_every_whole_line(texts: list[str], cut: int) -> None:
    lines = [json.dumps({"id": n, "text": text}, ensure_ascii=False).encode() for n, text in enumerate(texts)]
    data = b"".join(line + b"\n" for line in lines)[:cut]
    whole = data.count(b"\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_bytes(data)
        entries, problems = logs.scan(path, Note, "a.jsonl")
    assert [note.id for _, note in entries][:whole] == list(range(whole))
    assert len(entries) + len(problems) <= whole + 1
