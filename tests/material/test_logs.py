"""Append-only logs: whole sealed lines, damage named by its bytes, nothing lost beside it."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import re
import signal
import tempfile
import threading
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter

from casestudy.documents import Record
from casestudy.errors import InvalidMaterial, WrongUse
from casestudy.material import lines, logs, rewrites


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


def stack(*ids: int) -> bytes:
    return logs.sealed(Note(id=number) for number in ids)


def whys(data: bytes) -> list[tuple[int, str, bool]]:
    return [(one.line, one.why, one.is_lost) for one in lines.read(data, "a.jsonl").damage]


def ids(data: bytes) -> list[int]:
    return [line.values["id"] for line in lines.read(data, "a.jsonl").lines]


def test_appending_writes_the_same_bytes_as_sealing_the_whole(tmp_path: Path) -> None:
    for number in range(5):
        logs.append(tmp_path / "a.jsonl", Note(id=number, text="é😀"))
    assert (tmp_path / "a.jsonl").read_bytes() == logs.sealed(Note(id=n, text="é😀") for n in range(5))
    assert whys((tmp_path / "a.jsonl").read_bytes()) == []


def test_each_line_names_the_one_it_was_written_after(tmp_path: Path) -> None:
    first, second, third = (json.loads(row) for row in stack(1, 2, 3).splitlines())
    assert [first["after"], second["after"], third["after"]] == ["", first["hash"], second["hash"]]
    assert all(re.fullmatch("[0-9a-f]{16}", row["hash"]) for row in (first, second, third))


ONE, TWO, THREE, FOUR = stack(1, 2, 3, 4).splitlines(keepends=True)
# Two people appended to the same line at once; `OTHER` is also what a merge brings.
OTHER = lines.sealed_line(Note(id=9), json.loads(ONE)["hash"])
EDITED = TWO.replace(b'"id": 2', b'"id": 7')
HEADED = lines.sealed_line(Note(id=8), "")
TAMPERING = {
    "nothing happened": (ONE + TWO + THREE, [], [1, 2, 3]),
    "a line was edited": (
        ONE + TWO.replace(b'"id": 2', b'"id": 7') + THREE,
        [(2, "edited", False)],
        [1, 7, 3],
    ),
    "a line was cut out": (ONE + THREE, [(2, "cut out", False)], [1, 3]),
    "two lines were cut out": (ONE + FOUR, [(2, "cut out", False)], [1, 4]),
    "the head was cut off": (TWO + THREE, [(1, "cut off", False)], [2, 3]),
    "the tail was cut off": (ONE + TWO, [], [1, 2]),
    "lines changed places": (ONE + THREE + TWO, [(2, "cut out", False)], [1, 3, 2]),
    "two wrote at once": (ONE + TWO + OTHER + THREE, [], [1, 2, 9, 3]),
    "two logs with a head each": (ONE + HEADED + TWO, [], [1, 8, 2]),
    "another file program put the fields in another order": (
        ONE + json.dumps(dict(reversed(json.loads(TWO).items()))).encode() + b"\r\n" + THREE,
        [],
        [1, 2, 3],
    ),
}


@pytest.mark.parametrize(("data", "told", "left"), TAMPERING.values(), ids=TAMPERING)
def test_an_edited_or_cut_log_is_noticed_and_read(
    data: bytes, told: list[tuple[int, str, bool]], left: list[int]
) -> None:
    found = whys(data)
    assert [(line, is_lost) for line, _, is_lost in found] == [(line, is_lost) for line, _, is_lost in told]
    assert all(part in why for (_, why, _), (_, part, _) in zip(found, told, strict=True))
    assert ids(data) == left


@given(st.data())
def test_every_cut_but_that_of_the_tail_and_every_edit_is_noticed(data: st.DataObject) -> None:
    rows = stack(*range(6)).splitlines(keepends=True)
    start = data.draw(st.integers(0, 4))
    end = data.draw(st.integers(start + 1, 5))
    assert whys(b"".join(rows[:start] + rows[end:]))
    place = data.draw(st.integers(0, 5))
    values = json.loads(rows[place]) | {"id": data.draw(st.integers(10, 99))}
    edited = json.dumps(values).encode() + b"\n"
    assert [why for _, why, _ in whys(b"".join([*rows[:place], edited, *rows[place + 1 :]]))] == [
        lines.EDITED
    ]


def test_a_cut_tail_is_seen_beside_the_head_that_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(ONE + TWO + THREE)
    kept = logs.head(path)
    assert kept == logs.Head(json.loads(THREE)["hash"], 3)
    logs.append(path, Note(id=4))
    assert logs.holds(path, kept)
    path.write_bytes(ONE + TWO)
    assert logs.damage(path, "a.jsonl") == ()
    assert not logs.holds(path, kept)


def test_lines_without_a_seal_are_read_as_before_and_followed(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": 1}', '{"id": 2}')
    logs.append(path, Note(id=3))
    found = logs.opened(path, Note, "a.jsonl")
    assert [note.id for _, note in found.entries] == [1, 2, 3]
    assert (found.damage, found.unsealed) == ((), (1, 2))
    rows = path.read_bytes().splitlines(keepends=True)
    assert whys(rows[0] + rows[2]) == [(2, lines.GAP, False)]


MARK = b"<<<<<<< ours\n", b"=======\n", b">>>>>>> theirs\n"
STRETCHES = {
    "zero bytes before a line": (ONE + b"\0" * 40 + TWO + THREE, [(2, lines.NULS)], [1, 2, 3]),
    "zero bytes on a line of their own": (ONE + b"\0" * 40 + b"\n" + TWO, [(2, lines.NULS)], [1, 2]),
    "bytes that are no text": (ONE + b"\xff\xfe garbage\n" + TWO, [(2, lines.NOT_TEXT)], [1, 2]),
    "marks of version control": (
        ONE + MARK[0] + TWO + MARK[1] + OTHER + MARK[2],
        [(2, lines.CONFLICT), (4, lines.CONFLICT), (6, lines.CONFLICT)],
        [1, 2, 9],
    ),
    "a torn line at the end": (ONE + TWO[:-9], [(2, lines.TORN)], [1]),
    "a torn line that another went on behind": (ONE + TWO[:30] + OTHER, [(2, lines.BROKEN)], [1, 9]),
    "two lines on one": (ONE + TWO[:-1] + THREE, [], [1, 2, 3]),
    "a damaged line whose follower is whole": (ONE + b"#" + TWO[9:] + THREE, [(2, lines.BROKEN)], [1, 3]),
    "a mark of byte order": (b"\xef\xbb\xbf" + ONE + TWO, [], [1, 2]),
    "only damage": (b"\xff" * 300, [(1, lines.NOT_TEXT)], []),
}


@pytest.mark.parametrize(("data", "told", "left"), STRETCHES.values(), ids=STRETCHES)
def test_a_damaged_stretch_costs_only_itself_and_is_named_by_its_bytes(
    data: bytes, told: list[tuple[int, str]], left: list[int]
) -> None:
    found = lines.read(data, "a.jsonl")
    assert [(one.line, one.why) for one in found.damage] == told
    assert ids(data) == left
    for one in found.damage:
        assert one.is_lost
        stretch = data[one.first : one.last + 1]
        assert stretch == stretch.strip()
        assert not any(line.data in stretch for line in found.lines)


@given(st.binary(max_size=60), st.integers(0, 2), st.integers(0, 80))
def test_bytes_put_anywhere_cost_at_most_the_line_they_stand_in(junk: bytes, number: int, place: int) -> None:
    rows = [ONE, TWO, THREE]
    rows[number] = rows[number][:place] + junk + rows[number][place:]
    found = lines.read(b"".join(rows), "a.jsonl")
    left = [line.values.get("id") for line in found.lines if line.is_sealed]
    assert {1, 2, 3} - {number + 1} <= set(left)


def test_setting_aside_keeps_a_whole_copy_first(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    data = ONE + b"\0\0" + TWO[5:] + THREE + FOUR
    path.write_bytes(data)
    copy = logs.set_aside(path)
    assert copy is not None
    assert copy.parent == tmp_path / ".damaged"
    assert copy.read_bytes() == data
    assert path.read_bytes() == ONE + THREE + FOUR
    assert logs.damage(path, "a.jsonl") == ()
    logs.append(path, Note(id=5))
    assert logs.damage(path, "a.jsonl") == ()
    assert logs.set_aside(path) is None


def test_an_edited_line_and_a_cut_can_be_accepted_and_later_ones_are_still_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    data = ONE + THREE.replace(b'"id": 3', b'"id": 6') + FOUR
    path.write_bytes(data)
    assert len(logs.damage(path, "a.jsonl")) == 2
    assert logs.set_aside(path) is not None
    assert path.read_bytes() == data
    assert logs.damage(path, "a.jsonl") == ()
    path.write_bytes(data.replace(b'"id": 4', b'"id": 5'))
    assert [one.line for one in logs.damage(path, "a.jsonl")] == [3]


def test_a_log_that_is_rewritten_loses_no_line_that_comes_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(ONE + TWO)
    late = os.open(path, os.O_WRONLY | os.O_APPEND)

    def change(data: bytes) -> bytes:
        os.write(late, OTHER)  # somebody who had the log open saves after it was read
        return data.replace(TWO, b"")

    rewrites.rewrite(path, change, copies=".copies")
    os.close(late)
    assert path.read_bytes() == ONE + OTHER


def test_writers_lose_nothing_while_the_log_is_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"junk\n")

    def write(writer: int) -> None:
        for number in range(60):
            logs.append(path, Note(id=writer * 1000 + number))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        rewrites.rewrite(
            path, lambda data: data[2:] if data.startswith(b"x\n") else b"x\n" + data, copies=".copies"
        )
    for thread in threads:
        thread.join()
    written_ids = {line.values["id"] for line in lines.read(path.read_bytes(), "a.jsonl").lines}
    assert written_ids == {writer * 1000 + number for writer in range(3) for number in range(60)}


def test_a_newer_format_is_read_as_far_as_it_is_known_and_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "anna" / "a.jsonl"
    path.parent.mkdir()
    newer = lines.sealed_line({"id": 2, "colour": "red", "format": 2}, json.loads(ONE)["hash"])
    path.write_bytes(ONE + newer)
    found = logs.opened(path, Note, "anna/a.jsonl")
    assert [note.id for _, note in found.entries] == [1, 2]
    assert (found.problems, found.damage) == ((), ())
    assert found.remarks == ("anna/a.jsonl: a newer version of the program wrote in it; read only",)
    with pytest.raises(WrongUse, match="anna/a.jsonl: a newer version of the program wrote in it"):
        logs.append(path, Note(id=3))
    assert path.read_bytes() == ONE + newer


def test_the_same_record_twice_counts_once_also_when_it_was_sealed_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for _ in range(2):
        logs.append(path, Note(id=1))
    assert [note.id for _, note in logs.read(path, Note, "a.jsonl")] == [1]


def test_copies_of_sync_programs_are_known_with_their_log(tmp_path: Path) -> None:
    names = [
        "E01.sync-conflict-20190401-100000-ABCDEFG.jsonl",
        "E02 (conflicted copy 2019-04-01).jsonl",
        "E-3 (Anna's conflicted copy).jsonl",
        "E04_conf(1).jsonl",
    ]
    for name in [*names, "E01.jsonl"]:
        (tmp_path / name).write_bytes(ONE)
    found = logs.conflict_copies(tmp_path)
    assert [log.name for _, log in sorted(found)] == ["E-3.jsonl", "E01.jsonl", "E02.jsonl", "E04.jsonl"]
    assert logs.conflict_copies(tmp_path / "none") == []


def _write_many(path: str, writer: int, n_records: int) -> None:
    for number in range(n_records):
        logs.append(Path(path), {"id": writer * 10_000 + number, "text": "x" * (number * 137 % 9_000)})


def test_four_processes_at_once_keep_every_record_whole(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_write_many, args=(str(tmp_path / "a.jsonl"), n, 100)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 4
    found = lines.read((tmp_path / "a.jsonl").read_bytes(), "a.jsonl")
    assert found.damage == ()
    assert {line.values["id"] for line in found.lines} == {
        w * 10_000 + n for w in range(4) for n in range(100)
    }


def test_what_was_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    """Sixty of the kills that ``tests/benchmarks/kills.py`` does a thousand of."""
    path = tmp_path / "a.jsonl"
    acknowledged: list[int] = []
    for kill in range(60):
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            for number in range(10_000):
                logs.append(path, {"id": kill * 10_000 + number, "text": "é" * (number % 900)})
                os.write(write_end, (kill * 10_000 + number).to_bytes(8, "big"))
            os._exit(0)
        os.close(write_end)
        with os.fdopen(read_end, "rb") as pipe:
            data = pipe.read(8)  # it has begun
            threading.Event().wait((kill * 7 % 11) / 1_000)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            data += pipe.read()
        acknowledged += [int.from_bytes(data[at : at + 8], "big") for at in range(0, len(data) - 7, 8)]
    found = lines.read(path.read_bytes(), "a.jsonl")
    assert len(acknowledged) >= 60
    assert set(acknowledged) <= {line.values["id"] for line in found.lines}
    assert [one for one in found.damage if not one.is_lost] == []


FLOODS = [b"\0{" * 50_000, b'{"a' * 50_000, b'{"a":1}' * 10_000, b'{"a":' + b"[" * 50_000, b"\n" * 100_000]


@pytest.mark.parametrize("junk", FLOODS, ids=["zero bytes", "beginnings", "objects", "nesting", "lines"])
def test_a_flood_of_junk_costs_only_itself(junk: bytes) -> None:
    assert ids(ONE + junk + b"\n" + TWO) == [1, 2]
