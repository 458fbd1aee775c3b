"""Comments in the margin: which ones are codings, on which words, and what becomes of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from casestudy.material import margins, sources
from casestudy.material.codebook import Code, Codebook, framework
from casestudy.material.sources import Source, SourceRow
from casestudy.material.transcripts import PlacedComment
from casestudy.study import Study, Words

OWN = Code(
    id="IND_rust",
    family="inductive",
    label=Words(nl="Rust in het team", en="Calm"),
    definition={"nl": "Rust."},  # type: ignore[arg-type]
)
BOOK = Codebook(id="proef", version="1.2.0", codes=(*framework("midi"), OWN))
ROW = SourceRow(source="es-1", site="es", kind="interview", file="a.docx", date="2019-03", consent="quote")
TEXT = b"I: Hoe ging het?\nR: Er was te weinig tijd. Dat scheelt. Wij zijn er nog.\n"
AT = "2019-03-04T10:00:00Z"


def source() -> Source:
    return sources.made(ROW.model_copy(update={"file": "a.txt"}), TEXT)


def on(words: str, text: str) -> PlacedComment:
    start = source().text.index(words)
    return PlacedComment("Anna", text, start, start + len(words), words)


def sorted_out(*comments: PlacedComment, standing: tuple[margins.Coding, ...] = ()) -> margins.SortedOut:
    return margins.sorted_out(comments, source(), BOOK, coder="anna", at=AT, standing=standing)


NAMED = [
    ("M23", ("M23", None, None)),
    ("m23 -", ("M23", "-", None)),
    ("M23 x", ("M23", "x", None)),
    ("M23 0", ("M23", "0", None)),
    ("M23 (+) een dagdeel", ("M23", "+", "een dagdeel")),
    ("M23 - te weinig", ("M23", None, "te weinig")),
    ("M23: te weinig", ("M23", None, "te weinig")),
    ("M23 te weinig", ("M23", None, "te weinig")),
    ("Tijd", ("M23", None, None)),
    ("tijd +", ("M23", "+", None)),
    ("codeer: tijd", ("M23", None, None)),
    ("Code: tijd - te kort", ("M23", None, "te kort")),
    ("Time available -", ("M23", "-", None)),
    ("IND_rust +", ("IND_rust", None, None)),
    ("Rust in het team", ("IND_rust", None, None)),
    ("code: rust", ("IND_rust", None, None)),
    ("M230", None),
    ("Tijd is hier geld", None),
    ("Tijdens de dienst", None),
    ("Mooi gezegd!", None),
    ("code: iets anders", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), NAMED)
def test_what_a_comment_names(text: str, expected: tuple[str, str | None, str | None] | None) -> None:
    found = margins.named(text, BOOK)
    assert (None if found is None else (found.code, found.valence, found.memo)) == expected


def test_a_word_that_two_labels_have_names_neither() -> None:
    doubled = Codebook(id="proef", version="1.0.0", codes=(OWN, OWN.model_copy(update={"id": "IND_b"})))
    assert margins.named("rust", doubled) is margins.named("Rust in het team", doubled) is None


def test_a_coding_is_that_of_a_person_on_whole_words() -> None:
    [coding] = sorted_out(on(" weinig tij", "M23 -: elke week")).codings
    assert (coding.quote, coding.code, coding.valence, coding.memo) == (
        "weinig tijd",
        "M23",
        "-",
        "elke week",
    )
    assert (coding.coder, coding.kind, coding.status, coding.codebook) == (
        "anna",
        "human",
        "confirmed",
        "1.2.0",
    )
    assert source().text[coding.start : coding.end] == coding.quote
    assert coding.text_sha256 == source().sha256


def test_a_comment_on_no_words_of_a_turn_is_a_memo() -> None:
    found = sorted_out(
        PlacedComment("Anna", "M23 -", None, None, "Gesprek 3"), PlacedComment("Anna", "Hm", None, None, "")
    )
    assert (found.codings, found.memos) == ((), ("- “Gesprek 3”: M23 -", "- Hm"))


def test_other_comments_are_memos_with_their_words() -> None:
    found = sorted_out(on("Dat scheelt.", "Mooi\ngezegd"))
    assert (found.codings, found.memos) == ((), ("- “Dat scheelt.”: Mooi gezegd",))


def test_the_same_code_does_not_stand_twice_over_the_same_words() -> None:
    found = sorted_out(on("weinig tijd", "M23 -"), on("te weinig tijd", "M23 -"), on("tijd", "M22"))
    assert [coding.code for coding in found.codings] == ["M23", "M22"]
    assert (len(found.memos), found.n_overlapping) == (1, 1)


def test_taking_comments_in_again_gives_nothing_new() -> None:
    comments = (on("weinig tijd", "M23 -"), on("scheelt", "M22"))
    first = sorted_out(*comments)
    assert sorted_out(*comments, standing=first.codings) == margins.SortedOut()
    assert len({coding.coding for coding in first.codings}) == 2


def test_memos_are_added_once(tmp_path: Path) -> None:
    study = Study.model_construct()
    study.__pydantic_private__ = {"_folder": tmp_path, "_reports": tmp_path}
    assert margins.keep(study, "es-1", ["- a", "- b", "- a"]) == 2
    path = tmp_path / "memos" / "sources" / "es-1.md"
    path.write_text(path.read_text() + "Van mij.", encoding="utf-8")
    assert margins.keep(study, "es-1", ["- b", "- c"]) == 1
    assert path.read_text(encoding="utf-8") == "- a\n- b\nVan mij.\n- c\n"
