"""Versions of the codebook: what was kept, what differs, and how high the number must be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casestudy import documents
from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import codebook, codebook_versions
from casestudy.material.codebook import Anchors, Code, Codebook, CodeChange, Definition, framework
from casestudy.material.codebook_changes import Difference, compare, history, needed, order
from casestudy.study import Words

SETTINGS = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat helpt?, en: What helps?}
kind: implementation
sites: [{id: esdoorn, name: Esdoorn}]
"""


def code(code_id: str, **fields: Any) -> Code:
    values = {
        "id": code_id,
        "family": "skill",
        "label": Words(nl="Naam", en="Name"),
        "definition": Definition(nl="Betekenis"),
    }
    return Code(**(values | fields))


def change(version: str, kind: str, before: str = "", after: str = "") -> CodeChange:
    values = {"version": version, "change": kind, "from": before.split(), "to": after.split()}
    return CodeChange.model_validate(values)


def book(version: str, *codes: Code, changes: tuple[CodeChange, ...] = ()) -> Codebook:
    return Codebook(id="boek", version=version, codes=codes, changes=changes)


def write(folder: Path, *books: Codebook) -> studies.Study:
    """A study whose last book is the present one; the others were kept."""
    (folder / "study.yml").write_text(SETTINGS, encoding="utf-8")
    (folder / "codebooks").mkdir(exist_ok=True)
    *earlier, present = books
    (folder / "codebook.yml").write_text(codebook_versions.text(present), encoding="utf-8")
    for old in earlier:
        path = folder / "codebooks" / f"{old.version}.yml"
        path.write_text(codebook_versions.text(old), encoding="utf-8")
    return studies.read(folder)


def told(study: studies.Study) -> list[str]:
    return [str(problem) for problem in codebook_versions.problems(study)]


@pytest.mark.parametrize(
    ("version", "numbers"), [("2", (2, 0, 0)), ("2.1", (2, 1, 0)), ("1.10.3", (1, 10, 3))]
)
def test_versions_are_ordered_as_numbers(version: str, numbers: tuple[int, int, int]) -> None:
    assert order(version) == numbers


# Methods B7: a new code is MINOR; wording, examples and patterns are PATCH; another meaning is MAJOR.
EDITS: list[tuple[dict[str, Any], str | None, str]] = [
    ({}, None, "1.2.3"),
    ({"label": Words(nl="Anders", en="Other")}, "wording", "1.2.4"),
    ({"anchors": Anchors(positive="Zo dan.")}, "wording", "1.2.4"),
    ({"patterns": ("rust",)}, "wording", "1.2.4"),
    ({"terms": ("rust*",)}, "wording", "1.2.4"),
    ({"definition": Definition(nl="Betekenis", en="Meaning")}, "wording", "1.2.4"),
    ({"definition": Definition(nl="  Betekenis ")}, None, "1.2.3"),
    ({"definition": Definition(nl="Iets anders")}, "meaning", "2.0.0"),
    ({"include": Definition(nl="ook dit")}, "meaning", "2.0.0"),
    ({"exclude": Definition(nl="dit niet")}, "meaning", "2.0.0"),
    ({"family": "component"}, "place", "2.0.0"),
    ({"parent": "B"}, "place", "2.0.0"),
    ({"family": "factor", "domain": "user"}, "place", "2.0.0"),
    ({"active": False}, "gone", "2.0.0"),
    ({"since": "1.0.0"}, None, "1.2.3"),
]


@pytest.mark.parametrize(("edit", "aspect", "least"), EDITS, ids=str)
def test_an_edit_asks_for_the_version_of_methods_b7(
    edit: dict[str, Any], aspect: str | None, least: str
) -> None:
    old, new = book("1.2.3", code("A"), code("B")), book("1.2.3", code("A", **edit), code("B"))
    assert [d.aspect for d in compare(old, new)] == ([aspect] if aspect else [])
    assert needed(old, new) == least


def test_a_new_code_is_minor_and_one_that_went_is_major() -> None:
    small, large = book("1.2.3", code("A")), book("1.2.3", code("A"), code("B"))
    assert compare(small, large) == (Difference("B", "new", "minor"),)
    assert compare(large, small) == (Difference("B", "gone", "major"),)
    assert (needed(small, large), needed(large, small)) == ("1.3.0", "2.0.0")


def test_a_code_that_comes_back_is_new() -> None:
    old, new = book("1.0.0", code("A"), code("B", active=False)), book("1.0.0", code("A"), code("B"))
    assert compare(old, new) == (Difference("B", "new", "minor"),)


def test_a_reword_leaves_the_meaning() -> None:
    old = book("1.0.0", code("A"))
    other = code("A", definition=Definition(nl="Met andere woorden"))
    new = book("1.0.1", other, changes=(change("1.0.1", "reword", "A"),))
    assert compare(old, new) == (Difference("A", "wording", "patch"),)
    assert needed(old, new) == "1.0.1"


def test_a_reword_of_a_later_version_does_not_count_yet() -> None:
    other = code("A", definition=Definition(nl="Met andere woorden"))
    new = book("1.0.1", other, changes=(change("1.0.2", "reword", "A"),))
    assert needed(book("1.0.0", code("A")), new) == "2.0.0"


def test_a_renamed_code_is_compared_with_what_it_became() -> None:
    old = book("1.0.0", code("A"))
    new = book("2.0.0", code("B", patterns=("x",)), changes=(change("2.0.0", "rename", "A", "B"),))
    assert compare(old, new) == (Difference("A", "wording", "major"),)


TOO_LOW: list[tuple[Codebook, Codebook, str]] = [
    (
        book("1.0.0", code("A")),
        book("1.0.0", code("A"), code("B")),
        "as 1.0.0 was kept and this changed: a new code `B`, found `1.0.0`; write `version: 1.1.0`",
    ),
    (
        book("1.0.0", code("A")),
        book("1.9.0", code("A", definition=Definition(nl="Anders"))),
        "`version` must be at least 2.0.0, as 1.0.0 was kept and this changed: the meaning of `A`",
    ),
    (
        book("1.0.0", code("A"), code("B")),
        book("2.0.0", code("A")),
        "codebook.yml: `changes` must say what became of `B`, a code of 1.0.0, found nothing; add an entry",
    ),
    (
        book("1.0.0", code("A"), code("B")),
        book("1.1.0", code("A"), changes=(change("1.1.0", "retire", "B"),)),
        "is a retire and must come with a new MAJOR after 1.0.0, found `1.1.0`; give it version 2.0.0",
    ),
    (
        book("1.0.0", code("A")),
        book("2.0.0", code("A1"), code("A2"), changes=(change("2.0.0", "split", "Aa", "A1 A2"),)),
        "`from` of `changes.0` must name codes that are active in version 1.0.0, found `Aa`; did you mean",
    ),
    (
        book("1.0.0", code("A")),
        book("2.0.0", code("A1"), code("A2"), changes=(change("2.0.0", "split", "A", "A1 A3"),)),
        "`to` of `changes.0` must name codes that are active in version 2.0.0, found `A3`; use one of: A1",
    ),
    (
        book("1.0.0", code("A")),
        book("1.0.0", code("A"), changes=(change("1.1.0", "new", "", "B"),)),
        "`changes.0` must not be of a version after that of the codebook, 1.0.0, found `1.1.0`",
    ),
    (
        book("2.0.0", code("A")),
        book("1.0.0", code("A")),
        "codebook.yml: `version` must not be lower than a version that was kept, found 1.0.0 after 2.0.0",
    ),
    # two codes that change names would both become one of them
    (
        book("1.0.0", code("A"), code("B")),
        book(
            "2.0.0",
            code("A"),
            code("B"),
            changes=(change("2.0.0", "rename", "A", "B"), change("2.0.0", "rename", "B", "A")),
        ),
        "`to` of `changes.0` must not be a code of version 1.0.0, for its change is rename, found `B`",
    ),
    (
        book("1.0.0", code("A"), code("B")),
        book("2.0.0", code("B"), changes=(change("2.0.0", "rename", "A", "B"),)),
        "`to` of `changes.0` must not be a code of version 1.0.0, for its change is rename, found `B`",
    ),
]


@pytest.mark.parametrize(("old", "new", "line"), TOO_LOW)
def test_a_number_that_is_too_low_and_a_change_that_is_not_told_are_problems(
    tmp_path: Path, old: Codebook, new: Codebook, line: str
) -> None:
    found = told(write(tmp_path, old, new))
    assert any(line in one for one in found), found


RIGHT: list[tuple[Codebook, ...]] = [
    (book("1.0.0", code("A")),),
    (book("1.0.0", code("A")), book("1.0.0", code("A"))),
    (book("1.0.0", code("A")), book("1.1.0", code("A"), code("B"))),
    (
        book("1.0.0", code("A")),
        book("2.0.0", code("A1"), code("A2"), changes=(change("2.0.0", "split", "A", "A1 A2"),)),
    ),
    # a code that was made and went on since
    (
        book("1.0.0", code("A")),
        book(
            "3.0.0",
            code("C"),
            changes=(change("2.0.0", "rename", "A", "B"), change("3.0.0", "rename", "B", "C")),
        ),
    ),
    # ids that move up: the one that becomes free is listed first
    (
        book("1.0.0", code("A"), code("B")),
        book(
            "2.0.0",
            code("B"),
            code("C"),
            changes=(change("2.0.0", "rename", "B", "C"), change("2.0.0", "rename", "A", "B")),
        ),
    ),
]


@pytest.mark.parametrize("books", RIGHT, ids=lambda books: " ".join(b.version for b in books))
def test_a_right_history_has_no_problems(tmp_path: Path, books: tuple[Codebook, ...]) -> None:
    study = write(tmp_path, *books)
    assert told(study) == []


def test_kept_books_are_known_from_old_to_new(tmp_path: Path) -> None:
    books = [book(v, code(f"A{n}")) for n, v in enumerate(("1.10.0", "1.9.0", "2.0.0"))]
    study = write(tmp_path, *books)
    (tmp_path / "codebooks" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "codebooks" / "1.9.0 (conflicted copy).yml").write_bytes(b"x")
    assert list(codebook_versions.kept(study)) == ["1.9.0", "1.10.0", "2.0.0"]


def test_the_present_book_counts_under_its_own_number(tmp_path: Path) -> None:
    study = write(tmp_path, book("1.0.0", code("A")), book("1.0.0", code("B")))
    assert "B" in codebook_versions.kept(study)["1.0.0"]


def test_every_problem_of_the_kept_books_is_told(tmp_path: Path) -> None:
    study = write(tmp_path, book("1.0.0", code("A")), book("2.0.0", code("A")))
    (tmp_path / "codebooks" / "1.0.0.yml").rename(tmp_path / "codebooks" / "1.5.0.yml")
    (tmp_path / "codebooks" / "1.1.0.yml").write_text("id: boek\nversion: x\n", encoding="utf-8")
    found = told(study)
    assert (
        "codebooks/1.5.0.yml: a kept codebook must bear its version as its name, found version 1.0.0; "
        in (found[-1])
    )
    assert any(line.startswith("codebooks/1.1.0.yml:2: `version` must be three numbers") for line in found)


MEANINGS = [("1.0.0", "1.0.0"), ("1.2.0", "1.4.0"), ("1", "1.0.0"), ("1.4", "1.4.0"), ("2.7.1", "2.0.0")]


@pytest.mark.parametrize(("version", "found"), MEANINGS)
def test_a_coding_finds_its_code_in_its_own_version_or_the_newest_of_its_major(
    tmp_path: Path, version: str, found: str
) -> None:
    study = write(tmp_path, *(book(v, code("A")) for v in ("1.0.0", "1.4.0", "2.0.0")))
    assert codebook_versions.meaning(study, version).version == found


def test_a_version_of_which_nothing_is_known_is_a_problem(tmp_path: Path) -> None:
    study = write(tmp_path, book("1.0.0", code("A")), book("2.0.0", code("A")))
    with pytest.raises(InvalidMaterial) as refused:
        codebook_versions.meaning(study, "3.0.0")
    assert str(refused.value) == (
        "codebooks: codings were made with version 3.0.0, and a book of that MAJOR must be known, "
        "found 1.0.0, 2.0.0; restore `codebooks/3.0.0.yml` from a copy"
    )


def test_keeping_writes_the_whole_book_once(tmp_path: Path) -> None:
    study = write(tmp_path, book("1.0.0", code("A")))
    text = "id: boek\nversion: 1.0.0\nframeworks: [midi]\nchangelog: [{version: 1.0.0, note: Eerste.}]\n"
    (tmp_path / "codebook.yml").write_text(text, encoding="utf-8")
    assert codebook_versions.keep(study) == "codebooks/1.0.0.yml"
    path = tmp_path / "codebooks" / "1.0.0.yml"
    first, stamp = path.read_bytes(), path.stat().st_mtime_ns
    assert codebook.version(study, "1.0.0").codes == codebook.current(study).codes
    assert codebook_versions.keep(study) == "codebooks/1.0.0.yml"
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (first, stamp)
    assert [entry.name for entry in path.parent.iterdir()] == ["1.0.0.yml"]
    assert b"frameworks" not in first
    assert first.count(b"- id: M") == 29
    assert not os.access(tmp_path / "codebooks" / ".1.0.0.yml.tmp", os.F_OK)


def test_a_book_that_changed_under_its_number_is_not_kept(tmp_path: Path) -> None:
    study = write(tmp_path, book("1.0.0", code("A")), book("1.0.0", code("A", patterns=("x",))))
    before = (tmp_path / "codebooks" / "1.0.0.yml").read_bytes()
    with pytest.raises(InvalidMaterial, match=r"`version` must be at least 1\.0\.1"):
        codebook_versions.keep(study)
    assert (tmp_path / "codebooks" / "1.0.0.yml").read_bytes() == before


def test_ready_frameworks_come_back_from_a_kept_book(tmp_path: Path) -> None:
    names: tuple[codebook.Framework, ...] = ("midi", "cfir", "cfir2009", "skills", "components")
    whole = book("1.0.0", *(c for name in names for c in framework(name)))
    path = tmp_path / "1.0.0.yml"
    path.write_text(codebook_versions.text(whole), encoding="utf-8")
    assert documents.read(path, Codebook, name="1.0.0.yml") == whole


def test_a_kept_book_that_names_a_framework_holds_its_codes(tmp_path: Path) -> None:
    study = write(tmp_path, book("1.0.0", code("A")))
    text = "id: boek\nversion: 0.9.0\nframeworks: [skills]\n"
    (tmp_path / "codebooks" / "0.9.0.yml").write_text(text, encoding="utf-8")
    assert len(codebook_versions.kept(study)["0.9.0"].codes) == 9


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
WRITTEN = st.one_of(
    TEXTS,
    st.sampled_from(
        ["no", "~", "null", "012", "1.0", "- a", "a: b", "#x", "'", '"', "a\\n", "🙂", "=", "*a"]
    ),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.yml"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(label=WRITTEN, meaning=WRITTEN, term=WRITTEN, note=WRITTEN)
def test_whatever_is_written_is_read_as_the_same_book(
    path: Path, label: str, meaning: str, term: str, note: str
) -> None:
    try:
        written = Codebook(
            id="no",
            version="1.0.0",
            changelog=(codebook.Change(version="1.0.0", note=note),),
            codes=(
                code(
                    "012", label=Words(nl=label, en=label), definition=Definition(nl=meaning), terms=(term,)
                ),
            ),
        )
    except ValueError:  # only white space
        return
    path.write_bytes(codebook_versions.text(written).encode())
    read = documents.read(path, Codebook, name="book.yml")
    assert read == written
    assert codebook_versions.text(read).encode() == path.read_bytes()


def test_the_history_is_what_is_declared_and_what_the_books_show() -> None:
    books = (
        book("1.0.0", code("A"), code("B"), code("C"), code("D")),
        book("1.1.0", code("A"), code("B"), code("C"), code("D"), code("E")),
        book(
            "2.0.0",
            *(code("A1"), code("A2"), code("B", definition=Definition(nl="Anders")), code("D"), code("E")),
            changes=(change("2.0.0", "split", "A", "A1 A2"), change("2.0.0", "retire", "C")),
        ),
        book(
            "2.0.1",
            *(code("A1"), code("A2"), code("B", definition=Definition(nl="Anders")), code("E")),
            code("D", definition=Definition(nl="Woorden")),
            changes=(
                change("2.0.1", "reword", "D"),
                change("2.0.0", "split", "A", "A1 A2"),
                change("2.0.0", "retire", "C"),
            ),
        ),
    )
    known = {b.version: b for b in books}
    found = [(s.version, s.change, s.before, s.after) for s in history(known, books[-1])]
    assert found == [
        ("1.1.0", "new", (), ("E",)),
        ("2.0.0", "split", ("A",), ("A1", "A2")),
        ("2.0.0", "retire", ("C",), ()),
        ("2.0.0", "redefined", ("B",), ("B",)),
        ("2.0.1", "reword", ("D",), ("D",)),
    ]
    assert [s.version for s in history(known, books[1])] == ["1.1.0"]


ONLY_SHOWN: list[tuple[Callable[[], Codebook], list[tuple[str, tuple[str, ...]]]]] = [
    (lambda: book("2.0.0", code("A")), [("retire", ("B",))]),
    (lambda: book("2.0.0", code("A"), code("B", active=False)), [("retire", ("B",))]),
    (lambda: book("2.0.0", code("A"), code("B", family="component")), [("redefined", ("B",))]),
    (lambda: book("2.0.0", code("A"), code("B", parent="A")), []),
    (
        lambda: book(
            "2.0.0",
            *(code("A"), code("B2", definition=Definition(nl="Anders"))),
            changes=(change("2.0.0", "rename", "B", "B2"),),
        ),
        [("rename", ("B",)), ("redefined", ("B2",))],
    ),
]


@pytest.mark.parametrize(("new", "steps"), ONLY_SHOWN)
def test_what_nobody_declared_is_seen_in_the_books(
    new: Callable[[], Codebook], steps: list[tuple[str, tuple[str, ...]]]
) -> None:
    old, now = book("1.0.0", code("A"), code("B")), new()
    found = history({"1.0.0": old, now.version: now}, now)
    assert [(step.change, step.before) for step in found] == steps
