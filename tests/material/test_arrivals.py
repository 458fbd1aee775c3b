"""Arrivals: a file that is being written is told from one that was just put there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from casestudy.material.arrivals import HELD, MOMENT, QUIET, YOUNG, Watch, is_written

START = 1_000_000.0


class Clock:
    """Time that passes when somebody waits, and what happens meanwhile."""

    def __init__(self, *meanwhile: Callable[[], None]) -> None:
        self.time = START
        self.waits: list[float] = []
        self._meanwhile = list(meanwhile)

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += seconds
        self.waits.append(seconds)
        if self._meanwhile:
            self._meanwhile.pop(0)()

    def watch(self) -> Watch:
        return Watch(now=self.now, wait=self.wait)


def file(folder: Path, name: str, *, age: float = 0.0, content: str = "I: Hoe?\n") -> Path:
    path = folder / name
    path.write_text(content)
    set_age(path, age)
    return path


def set_age(path: Path, age: float) -> None:
    moment = int((START - age) * 1e9)
    os.utime(path, ns=(moment, moment))


def grow(path: Path, *, age: float = 0.0) -> Callable[[], None]:
    def more() -> None:
        path.write_text(path.read_text() + "R: Goed.\n")
        set_age(path, age)

    return more


def test_an_old_file_costs_no_wait(tmp_path: Path) -> None:
    clock = Clock()
    assert clock.watch().changing([file(tmp_path, "a.txt", age=YOUNG + 1)]) == frozenset()
    assert clock.waits == []


def test_a_study_that_was_just_put_there_is_read_after_a_moment_and_looked_at_once(tmp_path: Path) -> None:
    clock = Clock()
    watch = clock.watch()
    paths = [file(tmp_path, f"{n}.txt", age=0.1 * n) for n in range(5)]
    assert watch.changing(paths) == watch.changing(paths) == frozenset()
    assert clock.waits == [MOMENT]


def test_a_newcomer_must_have_been_left_alone(tmp_path: Path) -> None:
    clock = Clock()
    old = [file(tmp_path, f"{n}.txt", age=500) for n in range(3)]
    new = file(tmp_path, "new.txt", age=0.5)
    assert clock.watch().changing([*old, new]) == frozenset()
    assert clock.waits == [pytest.approx(QUIET - 0.5)]


def test_files_beside_tell_that_one_is_a_newcomer(tmp_path: Path) -> None:
    clock = Clock()
    settings = [file(tmp_path, name, age=500) for name in ("study.yml", "participants.csv")]
    clock.watch().changing([file(tmp_path, "new.txt")], beside=settings)
    assert clock.waits == [QUIET]


def test_a_file_that_grows_is_left_out_and_held_for_the_step(tmp_path: Path) -> None:
    growing, settled = file(tmp_path, "a.txt"), file(tmp_path, "b.txt")
    clock = Clock(grow(growing, age=-0.01))
    watch = clock.watch()
    assert watch.changing([growing, settled]) == {growing}
    set_age(growing, 0)
    assert watch.changing([growing, settled]) == {growing}, "it stands still now, but was read by nobody"
    clock.time += HELD + YOUNG
    assert watch.changing([growing, settled]) == frozenset()


@pytest.mark.parametrize(("n_touches", "is_out"), [(1, False), (5, True)])
def test_another_time_alone_is_looked_at_again(tmp_path: Path, n_touches: int, is_out: bool) -> None:
    path = file(tmp_path, "a.txt")
    clock = Clock(*(lambda n=n: set_age(path, -0.001 * n) for n in range(1, n_touches + 1)))
    assert clock.watch().changing([path]) == (frozenset({path}) if is_out else frozenset())


def test_a_file_that_goes_away_meanwhile_is_changing(tmp_path: Path) -> None:
    path = file(tmp_path, "a.txt")
    assert Clock(path.unlink).watch().changing([path]) == {path}


def test_what_is_no_file_is_never_changing(tmp_path: Path) -> None:
    assert Clock().watch().changing([tmp_path, tmp_path / "none.txt"]) == frozenset()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a file open")
def test_a_file_that_is_open_for_writing_is_changing_without_a_wait(tmp_path: Path) -> None:
    path = file(tmp_path, "a.txt")
    clock = Clock()
    with path.open("a") as writer:
        set_age(path, 0)
        assert is_written(path)
        assert clock.watch().changing([path]) == {path}
        writer.write("R: Goed.\n")
    assert clock.waits == []
    assert not is_written(path)
    with path.open() as _:
        assert not is_written(path)


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no named pipes in folders")
@pytest.mark.timeout(5)
def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    assert Clock().watch().changing([tmp_path / "a.txt"]) == frozenset()
