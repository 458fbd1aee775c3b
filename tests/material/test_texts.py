"""Bytes to one normalised text, and Dutch sentences."""

from __future__ import annotations

import codecs
import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.errors import InvalidMaterial
from casestudy.material import texts

WORDS = "Cliënt zei: “één keer”.\nEn toen — niets…\n"
NFD = unicodedata.normalize("NFD", WORDS)
WRITTEN = {
    "UTF-8": WORDS.encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + WORDS.encode(),
    "UTF-16 little": codecs.BOM_UTF16_LE + WORDS.encode("utf-16-le"),
    "UTF-16 big": codecs.BOM_UTF16_BE + WORDS.encode("utf-16-be"),
    "CRLF": WORDS.replace("\n", "\r\n").encode(),
    "CR": WORDS.replace("\n", "\r").encode(),
    "mixed line ends": WORDS.replace("\n", "\r\n", 1).encode(),
    "NFD": NFD.encode(),
    "NFD, CRLF, UTF-16": (NFD.replace("\n", "\r\n")).encode("utf-16"),
}


@pytest.mark.parametrize("data", WRITTEN.values(), ids=WRITTEN)
def test_the_same_words_are_the_same_text_however_they_were_saved(data: bytes) -> None:
    assert texts.decode(data, "a.txt") == (WORDS, None)


def test_windows_1252_is_read_with_a_remark() -> None:
    text, remark = texts.decode(WORDS.encode("cp1252"), "a.txt")
    assert text == WORDS
    assert remark is not None
    assert "Windows-1252" in remark


# In Windows-1252 a letter with an accent and two odd signs can look like one letter of UTF-8; Dutch does not.
PIECES = ["één ", "cliënt", "ïe", "’s ", "“ja” ", "€ 5", "… ", "– ", "\n", "Wat?", "à la ", "reünie"]
DUTCH = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(DUTCH)
def test_any_dutch_text_is_the_same_in_every_encoding(text: str) -> None:
    expected = texts.normalise(text)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        for form in (text, text.replace("\n", "\r\n")):
            assert texts.decode(form.encode(encoding), "a.txt")[0] == expected
    assert texts.decode(unicodedata.normalize("NFD", text).encode(), "a.txt")[0] == expected


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_by_its_zeros(encoding: str) -> None:
    text, remark = texts.decode("R: één cliënt zei ‘zo’…\n".encode(encoding), "a.txt")
    assert text == "R: één cliënt zei ‘zo’…\n"
    assert remark is not None
    assert "UTF-16" in remark


UNSEEN = {
    "nothing unseen": ("Één cliënt – “zo” 😀 👩‍👩‍👧", None),
    "turned around": ("\u202eabc\u202c \u2067a\u2069", "signs that turn the direction of reading 4"),
    "without width": ("over\u200bleg \ufeffen a\u200db", "signs without width 3"),
    "soft hyphens": ("over\u00adleg", "soft hyphens 1"),
    "a Cyrillic letter in a Latin word": ("J\u0430n zei да", "words that mix letters of two alphabets 1"),
}


@pytest.mark.parametrize(("text", "told"), UNSEEN.values(), ids=UNSEEN)
def test_signs_that_nobody_sees_are_counted(text: str, told: str | None) -> None:
    found = texts.unseen(text)
    assert found == (None if told is None else f"it holds what is not seen, and keeps it: {told}")


REFUSED = {
    "NUL": (b"goed\x00zo", 4),
    "NUL in marked UTF-8": (codecs.BOM_UTF8 + b"goed\x00zo", 7),
    "UTF-16 without a mark": ("goed".encode("utf-16-le"), 1),
    "UTF-16 cut in half": (codecs.BOM_UTF16_LE + "goed".encode("utf-16-le")[:-1], 8),
    "NUL in UTF-16": ("\ufeffgo\0ed".encode("utf-16-le"), 6),
    "UTF-32": ("goed".encode("utf-32"), 2),
    "png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", 6),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF", 4),
    "zip": (b"PK\x03\x04\x14\x00", 2),
    "half a letter among whole ones": ("één ".encode() + b"\xc3 keer", 6),
    "no letter of any table": (b"goed \x81 zo", 5),
}


@pytest.mark.parametrize(("data", "position"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_text_is_refused_with_the_byte_that_shows_it(data: bytes, position: int) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        texts.decode(data, "sources/es/a.txt")
    told = "sources/es/a.txt: the file must be text, found something else at byte "
    assert str(refused.value).startswith(f"{told}{position};")


def test_a_text_longer_than_anyone_talks_is_refused() -> None:
    with pytest.raises(InvalidMaterial, match="a text must be at most 10,000,000 bytes, found 10,000,001"):
        texts.decode(bytes(10_000_001), "a.txt")


@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_a_problem(data: bytes) -> None:
    try:
        text, _ = texts.decode(data, "a.txt")
    except InvalidMaterial:
        return
    assert text == texts.normalise(text)


SENTENCES = [
    ["Dat was goed.", "Toen niet."],
    ["Mw. De Vries en dhr. Jansen kwamen.", "Ze bleven."],
    ["Dr. A. de Boer en prof. B.C. Smit weten het."],
    ["Het duurde drie dgn. of zo."],
    ["We hebben d.w.z. niets, m.b.t. tijd of o.a. geld.", "Echt niet."],
    ["Op 3 mrt. 2019 en 4 jan. 2020.", "Ik sprak met Jan.", "Hij lachte."],
    ["Zie art. 5 lid 2 en nr. 12, blz. 3."],
    ["Koffie, thee, enz.", "Daarna begon het."],
    ["Nee!", "Waarom?!", "Omdat…", "Nou ja."],
    ["Ik dacht... nee, toch niet.", "Wel dus."],
    ["“Kom je?” vroeg ze.", "“Ja.”", "Hij kwam."],
    ["Hè?", "ja dat klopt."],
    ["Het was 3.5 punten en 1.000 euro.", "’s Avonds niet."],
    ["1. Eerst melden.", "2. Dan praten."],
    ["Om 9.30 uur.", "(Dat was laat.)", "Goed."],
    ["Dat is zo", "Een nieuwe regel\nloopt door."],
    ["Een kop", "Nog een kop"],
    ["Goed 😀.", "👍 Top."],
    ["Dat weet u.", "Zeker."],
    ["Dr. Smith said so, e.g. twice.", "Mrs. Jones agreed."],
]


@pytest.mark.parametrize("expected", SENTENCES, ids=lambda sentences: sentences[0])
def test_sentences(expected: list[str]) -> None:
    joint = "\n\n" if expected[0].istitle() or expected[0] in ("Dat is zo", "Een kop") else " "
    text = joint.join(expected)
    assert [text[start:end] for start, end in texts.sentences(text)] == expected


WRITING = st.text("aB. ?!…\n\t“”()1é😀\u0301,-’", max_size=120)


@given(WRITING, st.integers(0, 120), st.integers(0, 120))
def test_sentences_hold_every_word_of_a_stretch_once(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    found = list(texts.sentences(text, start, end))
    assert all(text[a:b] == text[a:b].strip() != "" for a, b in found)
    assert all(start <= a < b <= end for a, b in found)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(found))
    assert "".join("".join(text[a:b].split()) for a, b in found) == "".join(text[start:end].split())


@pytest.mark.parametrize(
    "text", ["." * 200_000, ". " * 100_000, "\n" * 200_000, "a" * 1_000_000, " " * 500_000]
)
@pytest.mark.timeout(5)
def test_long_monotonous_text_is_split_in_no_time(text: str) -> None:
    assert sum(end - start for start, end in texts.sentences(text)) <= len(text)
