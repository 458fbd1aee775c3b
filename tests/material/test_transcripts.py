"""Transcripts: one text, its turns and its sentences, whatever the file."""

from __future__ import annotations

import csv
import io
import re
import unicodedata

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st

from casestudy.errors import InvalidMaterial
from casestudy.material import transcripts
from casestudy.material.speakers import Known
from casestudy.material.transcripts import Transcript

SAID = [
    ("I", "Hoe ging het in de eerste week?"),
    ("R", "Goed. Mw. De Vries hielp, d.w.z. soms 😀."),
    ("I", "En toen?"),
    ("R", "Cliënten kwamen “gewoon” één keer… Meer niet."),
]
CANONICAL = "".join(f"{speaker}: {words}\n" for speaker, words in SAID)


def said(transcript: Transcript) -> list[tuple[str | None, str]]:
    return [(turn.speaker, transcript.text[turn.start : turn.end]) for turn in transcript.turns]


def read(data: bytes | str, name: str, known: Known | None = None) -> Transcript:
    return transcripts.read(data.encode() if isinstance(data, str) else data, name=name, known=known)


def as_csv(delimiter: str, *header: str) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows((f"0:{n:02}", *turn) for n, turn in enumerate(SAID))
    return file.getvalue().encode("utf-8-sig")


def as_docx(*, form: str) -> bytes:
    document = docx.Document()
    if form in ("table", "table with a head"):
        rows = [("Spreker", "Tekst"), *SAID] if form == "table with a head" else SAID
        table = document.add_table(len(rows), 2)
        for row, turn in zip(table.rows, rows, strict=True):
            row.cells[0].text, row.cells[1].text = turn
    for number, (speaker, words) in enumerate(SAID if not form.startswith("table") else []):
        if form == "labels":
            document.add_paragraph(f"{speaker}: {words}")
        else:
            heading = document.add_paragraph(f"{speaker}   0:{number:02}")
            if form == "headings and line breaks":
                heading.add_run().add_break()
                heading.add_run(words)
            else:
                for part in (*words.split(" ", 1), ""):
                    document.add_paragraph(part)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def as_vtt(*, voices: bool) -> str:
    cues = []
    for number, (speaker, words) in enumerate(SAID):
        for part, half in enumerate(words.split(" ", 1)):
            shown = f"<v {speaker}>{half}</v>" if voices else half if part else f"{speaker}: {half}"
            cues.append(f"00:0{number}:0{part}.000 --> 00:0{number}:0{part + 1}.000\n{shown}")
    return "WEBVTT\n\n" + "\n\n".join(cues)


FILES = {
    "txt": ("a.txt", CANONICAL.encode()),
    "md": ("a.md", CANONICAL.encode()),
    "csv with commas": ("a.csv", as_csv(",", "timestamp", "speaker", "statement")),
    "csv with semicolons": ("a.csv", as_csv(";", "Tijd", "Spreker", "Tekst")),
    "csv with tabs": ("a.csv", as_csv("\t", "start", "Speaker_Name", "Utterance")),
    "docx with labels": ("a.docx", as_docx(form="labels")),
    "docx with headings": ("a.docx", as_docx(form="headings")),
    "docx with line breaks": ("a.docx", as_docx(form="headings and line breaks")),
    "docx with a table": ("a.docx", as_docx(form="table")),
    "docx with a table with a head": ("A.DOCX", as_docx(form="table with a head")),
    "vtt with voices": ("a.vtt", as_vtt(voices=True).encode()),
    "vtt with labels": ("a.vtt", as_vtt(voices=False).encode()),
}


@pytest.mark.parametrize(("name", "data"), FILES.values(), ids=FILES)
def test_the_same_interview_is_the_same_text_from_every_kind_of_file(name: str, data: bytes) -> None:
    transcript = read(data, name)
    assert transcript.text == CANONICAL
    assert said(transcript) == SAID
    assert [turn.is_interviewer for turn in transcript.turns] == [True, False, True, False]
    assert transcript.remarks == ()


def test_the_text_of_a_text_file_is_its_own() -> None:
    text = "Gesprek 7, esdoorn\n\nI:   Hoe?\nR: Goed.\n   Heel goed.\n\n"
    transcript = read(text, "a.txt")
    assert transcript.text == text
    assert said(transcript) == [("I", "Hoe?"), ("R", "Goed.\n   Heel goed.")]


def test_words_before_the_first_speaker_are_in_no_turn() -> None:
    document = docx.Document()
    for line in ("Gesprek met een naam", "I: Hoe?", "R: Goed."):
        document.add_paragraph(line)
    file = io.BytesIO()
    document.save(file)
    transcript = read(file.getvalue(), "a.docx")
    assert transcript.text == "I: Hoe?\nR: Goed.\n"
    assert transcript.remarks == ("paragraphs outside the turns of speakers were left out: 1",)


def test_paragraphs_without_speakers_are_one_turn_with_a_remark() -> None:
    document = docx.Document()
    for line in ("Eerste alinea. Met twee zinnen", "", "Tweede alinea."):
        document.add_paragraph(line)
    file = io.BytesIO()
    document.save(file)
    transcript = read(file.getvalue(), "a.docx")
    assert said(transcript) == [(None, "Eerste alinea. Met twee zinnen\nTweede alinea.")]
    assert len(transcript.sentences) == 3
    assert transcript.remarks == ("no speakers were recognised; every word counts as a participant's",)


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.vtt", "a.docx"])
def test_a_document_is_one_turn_without_a_speaker(name: str) -> None:
    data = {n.lower(): d for n, d in FILES.values()}[name]
    transcript = read(data, name, Known(is_conversation=False))
    assert [(turn.start, turn.speaker, turn.is_interviewer) for turn in transcript.turns] == [
        (0, None, False)
    ]
    assert transcript.remarks == ()


def test_given_interviewers_are_told_apart() -> None:
    text = "Anna: Hoe?\nBo: Goed.\nAnna: En?\nBo: Slecht."
    assert [turn.is_interviewer for turn in read(text, "a.txt", Known(("Anna",))).turns] == [True, False] * 2
    assert read(text, "a.txt").remarks[0].startswith("no turn is an interviewer's")
    assert read(text, "a.txt", Known(("Anna", "Bo"))).remarks[0].startswith("every turn is an interviewer's")


EMPTY = {
    "nothing": ("a.txt", b""),
    "spaces": ("a.md", b" \n\n "),
    "a csv with a header only": ("a.csv", b"speaker,text\n"),
    "a csv with empty words": ("a.csv", b"speaker,text\nI,\n"),
    "captions without words": ("a.vtt", b"WEBVTT\n\n0:01 --> 0:02\n\n"),
}


@pytest.mark.parametrize(("name", "data"), EMPTY.values(), ids=EMPTY)
def test_a_file_without_words_is_read_with_a_remark(name: str, data: bytes) -> None:
    transcript = read(data, name)
    assert (transcript.turns, transcript.sentences, transcript.remarks) == ((), (), ("it holds no words",))


REFUSED = [
    (
        "a.png",
        b"x",
        "a.png: the kind of file must be one of .txt .md .docx .odt .rtf .pdf .vtt .srt .csv .xlsx",
    ),
    ("a", b"x", "a: the kind of file must be one of"),
    ("a.csv", b"id,age\n1,2\n", "a.csv:1: a table of turns must have a column `speaker` and a column `text`"),
    ("a.csv", b"text,text\n1,2\n", "a.csv:1: a table of turns must have"),
    ("a.csv", b'text\n"geheim', "a.csv:2: the table must be valid csv"),
    ("a.csv", b"", "a.csv: the table must have a header"),
    ("a.docx", b"geheim", "a.docx: the file must be a readable Word file"),
    ("a.vtt", b"geheim", "a.vtt:1: a caption file must begin with `WEBVTT`"),
    ("a.txt", b"geheim\0", "a.txt: the file must be text, found something else at byte 6"),
]


@pytest.mark.parametrize(("name", "data", "told"), REFUSED)
def test_what_cannot_be_read_is_one_problem_without_its_words(name: str, data: bytes, told: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        read(data, name)
    assert len(refused.value.problems) == 1
    assert str(refused.value).startswith(told)
    assert "geheim" not in str(refused.value)


SPEECH = st.text("ab cDé.?!…😀\u0301“”’\n", max_size=40)
TALK = st.lists(st.tuples(st.sampled_from(["I", "R", "R2"]), SPEECH), max_size=6)


def invariants(transcript: Transcript) -> None:
    text = transcript.text
    assert unicodedata.is_normalized("NFC", text)
    assert "\r" not in text
    ends = [0]
    for turn in transcript.turns:
        assert ends[-1] <= turn.start < turn.end <= len(text)
        assert text[turn.start : turn.end] == text[turn.start : turn.end].strip()
        ends.append(turn.end)
    for sentence in transcript.sentences:
        turn = transcript.turns[sentence.turn]
        assert turn.start <= sentence.start < sentence.end <= turn.end
    for number, turn in enumerate(transcript.turns):
        parts = [text[s.start : s.end] for s in transcript.sentences if s.turn == number]
        assert "".join("".join(part.split()) for part in parts) == "".join(
            text[turn.start : turn.end].split()
        )


@given(TALK)
def test_offsets_count_characters_of_the_normalised_text(talk: list[tuple[str, str]]) -> None:
    raw = "".join(f"{speaker}: {words}\n" for speaker, words in talk)
    plain = read(raw, "a.txt")
    invariants(plain)
    assert plain.text == unicodedata.normalize("NFC", raw)
    for other in (
        unicodedata.normalize("NFD", raw).encode(),
        raw.replace("\n", "\r\n").encode("utf-8-sig"),
        raw.encode("utf-16"),
    ):
        assert read(other, "a.txt") == plain


@given(TALK)
def test_a_table_of_turns_gives_every_word_once(talk: list[tuple[str, str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([("speaker", "text"), *talk])
    transcript = read(file.getvalue(), "a.csv")
    invariants(transcript)
    expected = [
        (who, unicodedata.normalize("NFC", " ".join(words.split()))) for who, words in talk if words.strip()
    ]
    assert said(transcript) == expected


@given(st.text("I R:[]\t0:1\nAnna.é-", max_size=120))
def test_any_text_keeps_the_invariants(text: str) -> None:
    invariants(read(text, "a.txt"))


def commented(*paragraphs: str, cells: list[tuple[str, str]] | None = None) -> bytes:
    """A Word file in which the words between ``<`` and ``>`` have the comment of their number."""
    document, number = docx.Document(), 0
    places = [document.add_paragraph() for _ in paragraphs]
    written = list(zip(places, paragraphs, strict=True))
    if cells:
        table = document.add_table(len(cells), 2)
        rows = zip(table.rows, cells, strict=True)
        written += [
            (cell.paragraphs[0], text)
            for row, pair in rows
            for cell, text in zip(row.cells, pair, strict=True)
        ]
    for paragraph, text in written:
        for part in re.split("(<[^>]*>)", text):
            run = paragraph.add_run(part.strip("<>"))
            if part.startswith("<"):
                document.add_comment([run], text=str(number), author="A")
                number += 1
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


LABELS = ("Titel <naam>", "I: ja ja <ja> ja", "<R: >ja\tja  <ja>  ja.", "Ja <ja>", "", "I: <ja>")
COMMENTED = {
    "labels": (commented(*LABELS), ["naam", "ja", "R:", "ja", "ja", "ja"]),
    "headings": (commented("Jan   0:01", "ja <ja>", "Bo   0:05", "<ja>", "Jan   0:09", "ja"), ["ja", "ja"]),
    "a table": (
        commented(cells=[("I", "ja <ja>"), ("<R>", "<ja> ja"), ("I", "ja"), ("R", "j<a>")]),
        ["ja", "R", "ja", "a"],
    ),
    "no speakers": (commented("ja  ja", "", "<ja>  ja <ja ja>"), ["ja", "ja ja"]),
}


@pytest.mark.parametrize(("data", "words"), COMMENTED.values(), ids=COMMENTED)
def test_comments_are_placed_on_the_text_also_with_words_that_recur(data: bytes, words: list[str]) -> None:
    """Each range is emptied in the file: what is missing in the text then is what the range named."""
    text = read(data, "a.docx").text
    placed = transcripts.comments(data, name="a.docx")
    assert [comment.words for comment in placed] == words
    document = docx.Document(io.BytesIO(data))
    runs = [run for paragraph in document.element.iter(qn("w:p")) for run in paragraph.iter(qn("w:r"))]
    hung = [
        run
        for run in runs
        if run.getprevious() is not None and run.getprevious().tag == qn("w:commentRangeStart")
    ]
    for number, (comment, run) in enumerate(zip(placed, hung, strict=True)):
        assert comment.text == str(number)
        if comment.start is None or comment.end is None:
            assert comment.words in ("naam", "R:", "R")
            continue
        kept = [node.text for node in run.iter(qn("w:t"))]
        for node in run.iter(qn("w:t")):
            node.text = re.sub(r"\S", "€", node.text)
        file = io.BytesIO()
        document.save(file)
        marked = read(file.getvalue(), "a.docx").text
        assert [n for n, sign in enumerate(marked) if sign == "€"] == [
            n for n in range(comment.start, comment.end) if not text[n].isspace()
        ]
        for node, old in zip(run.iter(qn("w:t")), kept, strict=True):
            node.text = old


def test_a_file_of_another_kind_has_no_comments() -> None:
    assert transcripts.comments(b"I: Hoe?", name="a.txt") == ()


def test_one_person_written_in_several_ways_is_one_speaker_with_a_remark() -> None:
    transcript = read("I: Hoe?\nDB: Zo.\nI: En?\ndb: Ja.\ndr. DB: Nee.\nDB: Wel.\n", "a.txt")
    assert [turn.speaker for turn in transcript.turns] == ["I", "DB", "I", "DB", "DB", "DB"]
    assert transcript.text.count("dr. DB") == 1
    assert "count as one person: `DB` and `db` and a label on line 5" in transcript.remarks[0]


def test_what_the_program_wrote_of_itself_is_in_no_turn() -> None:
    document = docx.Document()
    for line in (
        "Anna Smit started transcription",
        "Anna Smit   0:05",
        "Hoe?",
        "Bo   0:09",
        "Zo.",
        "Anna Smit   0:12",
    ):
        document.add_paragraph(line)
    for line in ("Goed.", "Anna Smit stopped transcription"):
        document.add_paragraph(line)
    file = io.BytesIO()
    document.save(file)
    transcript = read(file.getvalue(), "a.docx", Known(("Anna Smit",), ("Bo",)))
    assert transcript.text == "Anna Smit: Hoe?\nBo: Zo.\nAnna Smit: Goed.\n"
    assert transcript.remarks == ("paragraphs outside the turns of speakers were left out: 2",)


@pytest.mark.parametrize(
    "label", ["**Anna Smit** 0:05", "[Anna Smit] 11:02:09", "Anna Smit   0:05", "\u200eAnna Smit 0:05"]
)
def test_names_with_a_time_above_the_words(label: str) -> None:
    text = f"{label}\nHoe?\n\nBo 0:07\nZo.\n\n{label}\nGoed.\n"
    transcript = read(text, "a.txt", Known(("Anna Smit",), ("Bo",)))
    assert said(transcript) == [("Anna Smit", "Hoe?"), ("Bo", "Zo."), ("Anna Smit", "Goed.")]


TOO_LARGE = {
    "a file of 50 MB": ("a.docx", bytes(50_000_001), "a.docx: a transcript must be at most 50,000,000 bytes"),
    "a line of 50 MB": ("a.txt", b"a" * 50_000_000, "a.txt: a text must be at most 10,000,000 bytes"),
}


@pytest.mark.parametrize(("name", "data", "told"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_is_too_large_is_refused_with_the_limit(name: str, data: bytes, told: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        read(data, name)
    assert str(refused.value).startswith(told)


LONG_LINES = [b"R: a b c. ", b"R: ", b"a.", b"<v a>", b"0:01 ", b"[a] "]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", LONG_LINES)
@pytest.mark.parametrize("name", ["a.txt", "a.srt"])
def test_a_long_line_is_read_in_no_time(piece: bytes, name: str) -> None:
    head = b"1\n0:01 --> 0:02\n" if name == "a.srt" else b""
    read(head + b"R: a " + piece * (300_000 // len(piece)), name)
