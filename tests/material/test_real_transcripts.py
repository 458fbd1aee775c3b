"""Real transcripts of other people, with what is known of them in their ``truth.json``."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from casestudy.errors import InvalidMaterial
from casestudy.material import transcripts
from casestudy.material.speakers import Known
from casestudy.material.transcripts import Transcript

pytestmark = pytest.mark.real_material


def said(transcript: Transcript) -> list[tuple[str | None, str]]:
    return [(turn.speaker, transcript.text[turn.start : turn.end]) for turn in transcript.turns]


def read(data: bytes, name: str, known: Known | None = None) -> Transcript:
    return transcripts.read(data, name=name, known=known)


def invariants(transcript: Transcript) -> None:
    text = transcript.text
    assert unicodedata.is_normalized("NFC", text)
    assert "\r" not in text
    assert all(0 <= turn.start < turn.end <= len(text) for turn in transcript.turns)
    for sentence in transcript.sentences:
        turn = transcript.turns[sentence.turn]
        assert turn.start <= sentence.start < sentence.end <= turn.end


@pytest.mark.parametrize("letter", ["A", "B", "C"])
@pytest.mark.parametrize("suffix", ["docx", "csv", "xlsx"])
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


@pytest.mark.parametrize(("letter", "n_lost"), [("A", 2), ("B", 0), ("C", 1)])
def test_qux360_gives_the_same_text_from_docx_csv_and_xlsx(
    shared_data: Path, letter: str, n_lost: int
) -> None:
    """The Word files were cut every 120 characters and the spaces at the cuts thrown away.

    Three of the cuts fell just before a space; nothing in the file tells them from cuts inside a word, and so
    three pairs of words stay glued. All other words and signs are equal.
    """
    folder = shared_data / "transcripts" / "qux360"
    from_word = read((folder / f"interview_{letter}.docx").read_bytes(), "a.docx")
    from_table = read((folder / f"interview_{letter}.csv").read_bytes(), "a.csv")
    assert from_word.text.replace(" ", "") == from_table.text.replace(" ", "")
    assert len(from_table.text) - len(from_word.text) == n_lost
    from_workbook = read((folder / f"interview_{letter}.xlsx").read_bytes(), "a.xlsx")
    assert from_workbook == from_table
    assert [turn.speaker for turn in from_word.turns] == [turn.speaker for turn in from_table.turns]
    assert "its lines were cut at 120 characters" in from_word.remarks[0]


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


@pytest.mark.parametrize(("name", "n_lines"), LINES)
def test_captions_hold_their_words_and_nothing_else(shared_data: Path, name: str, n_lines: int) -> None:
    transcript = read((shared_data / "transcripts" / "captions" / name).read_bytes(), name)
    lines = transcript.text.split("\n")
    assert len(lines) == n_lines
    assert all(line.startswith("Caption text #") for line in lines)


def test_voices_and_times_that_are_not_padded(shared_data: Path) -> None:
    name = "non_padded_timestamps.vtt"
    transcript = read((shared_data / "transcripts" / "captions" / name).read_bytes(), name)
    assert said(transcript) == [
        ("Jane Doe", "Good morning everyone."),
        ("John Smith", "Morning, let's get started."),
        ("Jane Doe", "Thanks for joining."),
    ]


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


def test_an_open_document_of_another_program(shared_data: Path) -> None:
    data = (shared_data / "transcripts" / "qualcoder_examples" / "ID2.odt").read_bytes()
    first, second, third = read(data, "ID2.odt").text.split("\n")
    # Read in the original: three paragraphs of spans that differ in their formats only.
    assert first.startswith("I have not studied much before, but my father Joe Bloggs really encouraged me")
    assert first.endswith("searching the web did not help.")
    assert second == "I really want someone to sit down with me and explain the course material."
    assert third == "The course cost €200.00 and I do not want to waste my money."


@pytest.mark.parametrize("name", ["cases123.csv", "survey456.csv", "survey789.xlsx"])
def test_tables_of_answers_are_no_turns(shared_data: Path, name: str) -> None:
    data = (shared_data / "transcripts" / "qualcoder_examples" / name).read_bytes()
    with pytest.raises(InvalidMaterial, match="a table of turns must have a column `speaker`"):
        read(data, name)


def test_notes_between_captions_are_no_words(shared_data: Path) -> None:
    transcript = read(
        (shared_data / "transcripts" / "captions" / "comments.vtt").read_bytes(), "comments.vtt"
    )
    assert transcript.text.split("\n") == [
        "- Ta en kopp varmt te.",
        "- Det är inte varmt.",
        "- Har en kopp te.",
        "- Det smakar som te.",
        "- Ta en kopp",
    ]
    tags = read((shared_data / "transcripts" / "captions" / "cue_tags.vtt").read_bytes(), "cue_tags.vtt")
    assert tags.text == "When the moon hits your eye\nLike a big-a pizza pie\nThat's amore"


def test_a_law_is_one_turn_of_nobody_in_its_own_words(shared_data: Path) -> None:
    data = (shared_data / "transcripts" / "regeling_jeugdwet_excerpt.md").read_bytes()
    transcript = read(data, "regeling.md", Known(is_conversation=False))
    assert transcript.text == data.decode()
    assert [turn.speaker for turn in transcript.turns] == [None]
    assert transcript.remarks == ()


def test_every_file_is_read_or_refused_in_one_line(shared_data: Path) -> None:
    for path in sorted((shared_data / "transcripts").rglob("*.*")):
        if path.suffix in (".json", ".tsv") or path.stem in ("cases123", "survey456", "survey789"):
            with pytest.raises(InvalidMaterial) as refused:
                read(path.read_bytes(), path.name)
            assert len(refused.value.problems) == 1
        else:
            invariants(read(path.read_bytes(), path.name))
