"""Transcripts: one text, its turns and its sentences, whatever the file."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections import Counter
from pathlib import Path

import docx
import pytest
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
    ("a.pdf", b"x", "a.pdf: the kind of file must be one of .txt .md .docx .vtt .srt .csv"),
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


# Real files of other people, with what is known of them in truth.json.


@pytest.mark.real_material
@pytest.mark.parametrize("letter", ["A", "B", "C"])
@pytest.mark.parametrize("suffix", ["docx", "csv"])
def test_qux360_turns_and_speakers(shared_data: Path, letter: str, suffix: str) -> None:
    folder = shared_data / "transcripts" / "qux360"
    truth = json.loads((folder / "truth.json").read_text())[letter]
    known = Known(("Jordan Lee",))
    transcript = read((folder / f"interview_{letter}.{suffix}").read_bytes(), f"a.{suffix}", known)
    invariants(transcript)
    assert len(transcript.turns) == truth["turns"]
    assert Counter(turn.speaker for turn in transcript.turns) == truth["turns_per_speaker"]
    n_interviewer = sum(turn.is_interviewer for turn in transcript.turns)
    assert n_interviewer == truth["turns_per_speaker"]["Jordan Lee"]


@pytest.mark.real_material
@pytest.mark.parametrize(("letter", "n_lost"), [("A", 2), ("B", 0), ("C", 1)])
def test_qux360_gives_the_same_text_from_docx_and_csv(shared_data: Path, letter: str, n_lost: int) -> None:
    """The Word files were cut every 120 characters and the spaces at the cuts thrown away.

    Three of the cuts fell just before a space; nothing in the file tells them from cuts inside a word, and so
    three pairs of words stay glued. All other words and signs are equal.
    """
    folder = shared_data / "transcripts" / "qux360"
    from_word = read((folder / f"interview_{letter}.docx").read_bytes(), "a.docx")
    from_table = read((folder / f"interview_{letter}.csv").read_bytes(), "a.csv")
    assert from_word.text.replace(" ", "") == from_table.text.replace(" ", "")
    assert len(from_table.text) - len(from_word.text) == n_lost
    assert [turn.speaker for turn in from_word.turns] == [turn.speaker for turn in from_table.turns]
    assert "its lines were cut at 120 characters" in from_word.remarks[0]


@pytest.mark.real_material
def test_captions_of_other_programs(shared_data: Path) -> None:
    folder = shared_data / "transcripts" / "captions"
    truth = json.loads((folder / "truth.json").read_text())
    voices = read((folder / "teams_voice_tags.vtt").read_bytes(), "a.vtt")
    assert [turn.speaker for turn in voices.turns] == truth["teams_voice_tags.vtt"]["speakers"]
    assert len(voices.turns) == truth["teams_voice_tags.vtt"]["turns"]
    classic = read((folder / "teams_stream_classic.vtt").read_bytes(), "a.vtt")
    assert len(classic.turns) == 1
    assert "NOTE" not in classic.text
    assert "Confidence" not in classic.text
    assert classic.text.startswith("Go back on WhatsApp. Yeah. So\nmy first question is just a\nlittle bit.")
    zoom = read((folder / "zoom_saved_transcript.txt").read_bytes(), "a.txt")
    assert (
        Counter(turn.speaker for turn in zoom.turns) == truth["zoom_saved_transcript.txt"]["per_speaker_raw"]
    )
    rolling = read((folder / "youtube_dl.vtt").read_bytes(), "a.vtt")
    assert rolling.text.split() == "yeah what this will happen is I'm telling".split()


LINES = [
    ("captions_with_bom.vtt", 4),
    ("using_identifiers.vtt", 6),
    ("metadata_headers_multiline.vtt", 2),
    ("missing_caption_text.vtt", 4),
    ("sample.srt", 5),
]


@pytest.mark.real_material
@pytest.mark.parametrize(("name", "n_lines"), LINES)
def test_captions_hold_their_words_and_nothing_else(shared_data: Path, name: str, n_lines: int) -> None:
    transcript = read((shared_data / "transcripts" / "captions" / name).read_bytes(), name)
    lines = transcript.text.split("\n")
    assert len(lines) == n_lines
    assert all(line.startswith("Caption text #") for line in lines)


@pytest.mark.real_material
def test_voices_and_times_that_are_not_padded(shared_data: Path) -> None:
    name = "non_padded_timestamps.vtt"
    transcript = read((shared_data / "transcripts" / "captions" / name).read_bytes(), name)
    assert said(transcript) == [
        ("Jane Doe", "Good morning everyone."),
        ("John Smith", "Morning, let's get started."),
        ("Jane Doe", "Thanks for joining."),
    ]


@pytest.mark.real_material
def test_qualcoder_examples(shared_data: Path) -> None:
    folder = shared_data / "transcripts" / "qualcoder_examples"
    truth = json.loads((folder / "truth.json").read_text())["transcript.txt"]
    group = read((folder / "transcript.txt").read_bytes(), "transcript.txt")
    assert len(group.turns) == truth["turns"]
    assert Counter(turn.speaker for turn in group.turns) == truth["speakers"]
    one = read((folder / "ID1.docx").read_bytes(), "ID1.docx")
    assert one.text.count("\n") == 2
    assert one.text.startswith("I really like learning new things.")
    assert one.text.endswith("I'm happy to pay €200.")


@pytest.mark.real_material
def test_parlamint_turns_stand_behind_their_ids(shared_data: Path) -> None:
    folder = shared_data / "transcripts" / "parlamint_nl"
    truth = json.loads((folder / "truth.json").read_text())
    name = "ParlaMint-NL_2014-04-16-tweedekamer-3"
    transcript = read((folder / f"{name}.txt").read_bytes(), "a.txt")
    with (folder / f"{name}-meta.tsv").open(encoding="utf-8", newline="") as file:
        speakers = {row["ID"]: row["Speaker_name"] for row in csv.DictReader(file, delimiter="\t")}
    before = [transcript.text[: turn.start].rsplit("\n", 1)[-1].strip() for turn in transcript.turns]
    assert len(transcript.turns) == truth["turns"]
    assert Counter(speakers[label] for label in before) == truth["speakers"]
    assert [s.turn for s in transcript.sentences].count(1) == 15  # counted by hand
    assert all(turn.speaker is None for turn in transcript.turns)
