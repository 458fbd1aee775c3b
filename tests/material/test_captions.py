"""Captions: everything said once, by whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.errors import InvalidMaterial
from casestudy.material import captions
from casestudy.material.captions import Line


def vtt(*cues: str, head: str = "WEBVTT") -> str:
    blocks = [f"00:00:{n:02}.000 --> 00:00:{n + 1:02}.000\n{cue}" for n, cue in enumerate(cues)]
    return "\n\n".join([head, *blocks]) + "\n"


GUID = "ef04c7c2-a59e-463f-9d27-b5b1259d6777"
CASES = {
    "plain": (vtt("Hallo.", "Dag."), [(None, "Hallo."), (None, "Dag.")]),
    "a voice": (vtt("<v Anna>Hallo.</v>"), [("Anna", "Hallo.")]),
    "a voice over lines": (vtt("<v Anna>Hallo\ndaar.</v>"), [("Anna", "Hallo"), ("Anna", "daar.")]),
    "a voice that is not closed": (vtt("<v Anna>Hallo.", "Dag."), [("Anna", "Hallo."), (None, "Dag.")]),
    "two voices in a cue": (vtt("<v Anna>Ja?</v> <v Bo B.>Nee.</v>"), [("Anna", "Ja?"), ("Bo B.", "Nee.")]),
    "a loud voice": (vtt("<v.loud.first Anna  de Wit>Ja!"), [("Anna de Wit", "Ja!")]),
    "marks and entities": (vtt("<i>A</i> &amp; <c.x>B</c> &lt;3"), [(None, "A & B <3")]),
    "less than": (vtt("2 < 3 en 4 > 1"), [(None, "2 < 3 en 4 > 1")]),
    "ids": ("WEBVTT\n\nid-1\n0:01 --> 0:02\na\n\n17\n0:02 --> 0:03\nb\n", [(None, "a"), (None, "b")]),
    "notes and styles": (
        "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nNOTE\nniet dit\n\n0:01 --> 0:02 line:0\na\n\nNOTE nee\n",
        [(None, "a")],
    ),
    "a header of several lines": ("WEBVTT - titel\nKind: captions\n\n0:01 --> 0:02\na", [(None, "a")]),
    "no empty line between cues": (
        "WEBVTT\n\n0:01 --> 0:02\na\n0:02 --> 0:03\nb",
        [(None, "a"), (None, "b")],
    ),
    "an empty cue": (vtt("", "a"), [(None, "a")]),
    "someone says the same twice": (
        vtt("Ja.", "Ja.", "Nee."),
        [(None, "Ja."), (None, "Ja."), (None, "Nee.")],
    ),
    "rolling": (vtt("a", "a\nb", "b\nc", "c\nd"), [(None, "a"), (None, "b"), (None, "c"), (None, "d")]),
    "growing": (
        vtt("zo<00:00:00.500><c> is</c>", "zo is het", "zo is het\nen niet"),
        [(None, "zo is het"), (None, "en niet")],
    ),
    "a voice whose name goes over lines": (vtt("<v Anna\nde Wit>Ja!</v>"), [("Anna de Wit", "Ja!")]),
    "a mark over lines": (vtt("<c.x\ny>Ja</c>\nnee"), [(None, "Ja"), (None, "nee")]),
    "missing times": (
        "WEBVTT\n\n0:01 -->\na\n\n--> 0:03\nb\n\n-->\nc\n",
        [(None, "a"), (None, "b"), (None, "c")],
    ),
    "ids without an empty line before them": (
        f"WEBVTT\n\n1\n0:01 --> 0:02\na\n2\n0:02 --> 0:03\nb\n{GUID}/12-0\n0:03 --> 0:04\nc\n",
        [(None, "a"), (None, "b"), (None, "c")],
    ),
    "a number that is said": (
        "WEBVTT\n\n1\n0:01 --> 0:02\n17\n0:02 --> 0:03\nb",
        [(None, "17"), (None, "b")],
    ),
    "regions": ("WEBVTT\n\nREGION\nid:a\nwidth:4%\n\n0:01 --> 0:02\na\n", [(None, "a")]),
    "nothing": ("WEBVTT\n", []),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_captions(text: str, expected: list[tuple[str | None, str]]) -> None:
    assert captions.read(text, "a.vtt") == [Line(*line) for line in expected]


def test_subrip_needs_no_head() -> None:
    assert captions.read("1\n00:00:01,000 --> 00:00:02,000\na\n", "a.srt") == [Line(None, "a")]


def test_an_empty_line_in_a_subrip_caption_costs_no_words() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}a\n\nb\n\n2\n00:00:02,000 --> 00:00:03,000\nc\n"
    assert [line.words for line in captions.read(text, "a.srt")] == ["a", "b", "c"]


LEFT_OUT = [
    ("WEBVTT - titel\nKind: captions\n\nNOTE zo\nen zo\n\n7\n0:01 --> 0:02\na\n", 0),
    ("WEBVTT\n\nwoorden zonder tijd\nen nog een regel\n\n0:01 --> 0:02\na\n", 2),
    ("WEBVTT\n\n0:01 --> 0:02\na\n\nlos\n", 1),
]


@pytest.mark.parametrize(("text", "n"), LEFT_OUT)
def test_lines_that_belong_to_no_caption_are_counted(text: str, n: int) -> None:
    assert captions.left_out(text, "a.vtt") == n


def test_a_caption_file_must_begin_as_one() -> None:
    with pytest.raises(InvalidMaterial, match=r"^es/a.vtt:1: a caption file must begin with `WEBVTT`"):
        captions.read("geheime woorden", "es/a.vtt")


@given(st.text("WEBVT\n-> 0:1.<v/c>a&;", max_size=200))
def test_any_text_is_read(text: str) -> None:
    found = captions.read(f"WEBVTT\n\n0:01 --> 0:02\n{text}", "a.vtt")
    assert all(line.words == " ".join(line.words.split()) != "" for line in found)


@pytest.mark.parametrize(
    "line", ["<v " * 50_000, "<" * 100_000, "<v" + " " * 100_000, "<c" * 50_000, "<1" * 50_000]
)
@pytest.mark.timeout(5)
def test_broken_marks_are_read_in_no_time(line: str) -> None:
    captions.read(vtt(line), "a.vtt")
