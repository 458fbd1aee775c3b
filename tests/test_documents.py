"""Strict YAML: ids stay text, every problem has its line, nothing surprising is loaded."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from casestudy import documents
from casestudy.documents import Record
from casestudy.errors import InvalidMaterial


class Item(Record):
    id: str
    n: int = 1
    reverse: bool = False
    note: str | None = None


class Sheet(Record):
    title: str
    items: tuple[Item, ...] = ()


def read(tmp_path: Path, text: str | bytes) -> Sheet:
    path = tmp_path / "sheet.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return documents.read(path, Sheet, name="sheet.yml")


def problems(tmp_path: Path, text: str | bytes) -> list[str]:
    with pytest.raises(InvalidMaterial) as refused:
        read(tmp_path, text)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("written", ["no", "012", "1e3", "0x1F", "yes", "2019-03-01", "1_000", "on", "1:30"])
def test_an_id_is_the_text_that_was_typed(tmp_path: Path, written: str) -> None:
    assert read(tmp_path, f"title: {written}\nitems:\n  - id: {written}\n").items[0].id == written


def test_values_get_the_type_of_their_schema(tmp_path: Path) -> None:
    item = read(tmp_path, "title: x\nitems:\n  - {id: a, n: 5, reverse: true, note: ~}\n").items[0]
    assert (item.n, item.reverse, item.note) == (5, True, None)


def test_every_problem_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = "title: x\nitems:\n  - id: a\n    n: many\n  - nmae: b\n  - id: c\n    reverse: perhaps\n"
    told = problems(tmp_path, text)
    assert [line.split(": ")[0] for line in told] == [
        "sheet.yml:4",
        "sheet.yml:5",
        "sheet.yml:5",
        "sheet.yml:7",
    ]
    assert any("every key must be known, found `items.1.nmae`" in line for line in told)
    assert any("`items.1.id` must be given, found nothing" in line for line in told)


def test_doubled_keys_are_all_named(tmp_path: Path) -> None:
    told = problems(tmp_path, "title: x\ntitle: y\nitems:\n  - {id: a, id: b}\n")
    assert told == [
        "sheet.yml:2: a key must stand once, found `title` again, first on line 1; keep one of the two",
        "sheet.yml:4: a key must stand once, found `id` again, first on line 4; keep one of the two",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: [unclosed\n", "the file must be valid YAML"),
        ("title: 'x\n", "the file must be valid YAML, found unexpected end of stream"),
        ("title: " + "[" * 60 + "]" * 60, "values must be nested at most 50 deep"),
        ("- " * 100_000 + "x", "values must be nested at most 50 deep"),
        ("? " * 50_000 + "x", "values must be nested at most 50 deep"),
        ("".join(" " * n + "a:\n" for n in range(1_500)), "values must be nested at most 50 deep"),
        ("title: !!python/object/apply:os.system ['true']\n", "a value must be plain, found a tag"),
        ("title: &a x\nitems: [{id: *a}, {id: *a}]\n", "a value must be written out, found an alias"),
        ("", "the file must hold settings, found an empty file"),
        ("- a\n- b\n", "must be"),
        (b"title: \xff\xfe\x00", "the file must be UTF-8 text"),
        ("title: a\x00b\n", "the file must be valid YAML"),
        ("title: x\n" + "items: [" + "{id: a}," * 12_000 + "]\n", "at most 20,000 values"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    told = problems(tmp_path, text)
    assert said in told[0]
    assert all("\n" not in line for line in told)


def test_a_missing_file_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(InvalidMaterial, match="the file must be there"):
        documents.read(tmp_path / "sheet.yml", Sheet, name="sheet.yml")


def test_the_value_itself_is_never_repeated(tmp_path: Path) -> None:
    told = problems(tmp_path, "title: x\nitems:\n  - {id: a, n: geheim-verhaal}\n")
    assert "geheim-verhaal" not in " ".join(told)


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no free links")
def test_a_link_that_leads_out_of_the_study_is_not_read(tmp_path: Path) -> None:
    study = tmp_path / "study"
    (study / "summaries").mkdir(parents=True)
    (study / "own.yml").write_text("title: x\n", encoding="utf-8")
    (study / "summaries" / "es.yml").symlink_to("../own.yml")
    assert documents.read(study / "summaries" / "es.yml", Sheet, name="summaries/es.yml").title == "x"
    (tmp_path / "sheet.yml").write_text("title: x\n", encoding="utf-8")
    (study / "sheet.yml").symlink_to("../sheet.yml")
    with pytest.raises(InvalidMaterial, match="found a link that leads out of it"):
        documents.read(study / "sheet.yml", Sheet, name="sheet.yml")
