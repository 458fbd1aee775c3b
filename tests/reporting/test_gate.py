"""The gate finds what must not leave, however it is hidden, and never repeats it."""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.reporting import gate
from casestudy.reporting.pages import CONTENT_POLICY

WORD = "Resp-0417é"
FORBIDDEN = {"respondent id": [WORD, "Resp-0001"]}

GOOD = f"""<!doctype html>
<html lang="nl">
<head>
<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">
<meta charset="utf-8"><link rel="icon" href="data:,"><title>Beuk</title><style>p{{color:#111}}</style></head>
<body><a href="#content">naar</a><main id="content"><h1>Beuk</h1>
<h2 id="section-a">A</h2><p>Twaalf gesprekken</p><!HERE><h2 id="section-b">B</h2></main></body></html>"""


def page(html: str) -> str:
    return GOOD.replace("<!HERE>", html)


def svg(text: str) -> str:
    data = base64.b64encode(f'<svg xmlns="http://www.w3.org/2000/svg">{text}</svg>'.encode()).decode()
    return f'<img alt="wat de figuur toont" src="data:image/svg+xml;base64,{data}">'


HIDDEN: dict[str, Callable[[str], str]] = {
    "as it is": lambda word: word,
    "in capitals": str.upper,
    "without accents": lambda word: word.replace("é", "e"),
    "accent apart": lambda word: word.replace("é", "e\u0301"),
    "decimal entities": lambda word: "".join(f"&#{ord(c)};" for c in word),
    "hexadecimal entities": lambda word: "".join(f"&#x{ord(c):x};" for c in word),
    "doubled entities": lambda word: "".join(f"&amp;#{ord(c)};" for c in word),
    "percent": lambda word: "".join(f"%{byte:02X}" for byte in word.encode()),
    "zero width": lambda word: "\u200b".join(word),
    "soft hyphen": lambda word: "\u00ad".join(word),
    "joiner entities": lambda word: "&zwnj;".join(word),
    "bidi": lambda word: f"\u202e{word[:3]}\u2066{word[3:]}",
    "full width": lambda word: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word),
    "split by tags": lambda word: "<b>" + "</b><b>".join(word) + "</b>",
    "in an attribute": lambda word: f'<abbr title="{word}">x</abbr>',
    "base64": lambda word: base64.b64encode(f"naam: {word}".encode()).decode(),
    "base64 twice": lambda word: base64.b64encode(base64.b64encode(f"naam {word}".encode())).decode(),
    "in a picture": lambda word: svg(f"<text>{word}</text>"),
    "in an encoded picture": lambda word: f"data:image/svg+xml,{urllib.parse.quote(word)}",
}


@pytest.mark.parametrize("hide", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_forbidden_word_is_found_however_it_is_hidden(hide: Callable[[str], str]) -> None:
    found = gate.problems({"nl/beuk.html": page(f"<p>voor {hide(WORD)} na</p>")}, FORBIDDEN)
    told = [
        problem for problem in found["nl/beuk.html"] if problem.must == "a page must hold no respondent id"
    ]
    assert [(problem.place, problem.found) for problem in told] == [
        ("nl/beuk.html#section-a", "number 2 of 2")
    ]
    assert "0417" not in "".join(map(str, found["nl/beuk.html"]))


@pytest.mark.parametrize("text", ["XResp-0417é", "Resp-0417éx", "Resp-04170", "resp", "0417", "Resp 0417"])
def test_another_word_is_not_taken_for_it(text: str) -> None:
    assert gate.problems({"a.html": page(f"<p>{text}</p>")}, {"respondent id": ["Resp-0417e"]}) == {}


def test_words_that_look_like_counts_are_not_looked_for() -> None:
    assert gate.problems({"a.csv": "12,3,4711,ab"}, {"respondent id": ["12", "4711", "ab", "3"]}) == {}
    assert "a.csv" in gate.problems({"a.csv": "12,47110"}, {"respondent id": ["47110"]})


def test_names_with_spaces_are_found_over_a_line_end() -> None:
    assert "a.html" in gate.problems({"a.html": page("<p>Anna de\n  Vries</p>")}, {"name": ["Anna de Vries"]})


def test_a_good_page_has_no_problems() -> None:
    assert gate.problems({"a.html": page(svg("<path d='M0 0'/>"))}, FORBIDDEN) == {}


STRUCTURE = [
    ("<script>x</script>", "known elements only"),
    ("<iframe></iframe>", "known elements only"),
    ("<p onclick='x'>a</p>", "run and fetch nothing"),
    ("<p style='color:red'>a</p>", "run and fetch nothing"),
    ("<a href='javascript:x'>a</a>", "run and fetch nothing"),
    ("<a href=' java&#10;script:x'>a</a>", "run and fetch nothing"),
    ("<a href='https://example.org'>a</a>", "run and fetch nothing"),
    ("<img alt='een kaart' src='//example.org/x.png'>", "run and fetch nothing"),
    ("<img alt='een kaart' src='kaart.png'>", "run and fetch nothing"),
    ("<link rel=stylesheet href=x.css>", "run and fetch nothing"),
    ("<meta http-equiv=refresh content=0>", "run and fetch nothing"),
    ("<style>p{background:url(x)}</style>", "run and fetch nothing"),
    ("<!-- intern -->", "no comments"),
    ("<h1>x</h1>", "one `<h1>`"),
    ("<p id='content'>x</p>", "an id must stand once"),
    ("<a href='#weg'>x</a>", "a link must lead somewhere"),
    ("<div aria-labelledby='weg'>x</div>", "a link must lead somewhere"),
    ("<img alt='' src='data:image/png;base64,iVBORw=='>", "every picture must say what it shows"),
    (svg("<metadata>x</metadata>"), "nothing but the drawing"),
    (svg("<!-- made by -->"), "nothing but the drawing"),
    (svg("<script>x</script>"), "nothing but the drawing"),
    (svg("<image href='https://example.org/x.png'/>"), "nothing but the drawing"),
    ("<p>/home/anna/interviews</p>", "no trace of the machine"),
    ("<p>C:\\Users\\anna</p>", "no trace of the machine"),
    ("<p>file:///srv/x</p>", "no trace of the machine"),
    ("<p>Traceback (most recent call last)</p>", "no trace of the machine"),
    ("<p>&lt;module&gt; in ipykernel_12</p>", "no trace of the machine"),
    ("<p>papermill 2.7</p>", "no trace of the machine"),
]


@pytest.mark.parametrize(("html", "must"), STRUCTURE)
def test_what_a_page_must_not_hold_is_named(html: str, must: str) -> None:
    told = gate.problems({"a.html": page(html)}, {})["a.html"]
    assert [problem.must for problem in told if must in problem.must] != []


HEADS = [
    (GOOD.replace("img-src data:; ", ""), "start with its content policy"),
    (
        GOOD.replace("<head>", '<head><meta charset="utf-8">'),
        "content policy",
    ),
    (GOOD.replace('lang="nl"', ""), "name its language"),
    (GOOD.replace("<main", "<div").replace("</main", "</div"), "one `<main>`"),
    (GOOD.replace("<title>Beuk</title>", ""), "one `<title>`"),
    ("", "start with its content policy"),
]


@pytest.mark.parametrize(("text", "must"), HEADS)
def test_a_page_has_its_frame(text: str, must: str) -> None:
    told = gate.problems({"a.html": text.replace("<!HERE>", "")}, {})["a.html"]
    assert [problem.must for problem in told if must in problem.must] != []


def test_a_png_with_words_in_it_is_stopped() -> None:
    def png(extra: bytes) -> str:
        data = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + extra + b"IEND"
        return f'<img alt="een kaart" src="data:image/png;base64,{base64.b64encode(data).decode()}">'

    assert gate.problems({"a.html": page(png(b"IDAT"))}, {}) == {}
    assert "a.html" in gate.problems({"a.html": page(png(b"tEXtAuthor\0Resp-0417"))}, {})
    assert (
        len(
            gate.problems({"a.html": page(png(b"tEXtAuthor\0Resp-0417\xe9 "))}, {"id": ["Resp-0417é"]})[
                "a.html"
            ]
        )
        == 2
    )


@given(st.text())
def test_any_text_can_be_looked_at(text: str) -> None:
    gate.problems({"a.html": text, "a.csv": text}, FORBIDDEN)


@given(st.text())
def test_comparing_is_stable(text: str) -> None:
    assert gate.plain(gate.plain(text)) == gate.plain(text)
