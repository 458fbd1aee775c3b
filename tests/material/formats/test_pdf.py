"""PDF files: words in the order in which they are read, and no way to do harm."""

from __future__ import annotations

import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.errors import InvalidMaterial
from casestudy.material.formats import pdf, pdf_columns, pdf_pages
from casestudy.material.formats.pdf import Line
from casestudy.material.formats.pdf_columns import Stretch

CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def put_together(objects: list[bytes], trailer: bytes = b"") -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    at = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    out += b"trailer <</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, trailer, at)
    return bytes(out)


def stream(data: bytes, about: bytes = b"") -> bytes:
    packed = zlib.compress(data)
    return b"<</Length %d/Filter/FlateDecode%s>>\nstream\n%s\nendstream" % (len(packed), about, packed)


def document(*pages: bytes, form: bytes = b"", trailer: bytes = b"") -> bytes:
    """A PDF with the operators of each page, a font `/F` and a form `/X`."""
    kids = b" ".join(b"%d 0 R" % (5 + 2 * number) for number in range(len(pages)))
    objects = [CATALOG, b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)), FONT]
    objects.append(stream(form, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"))
    for number, page in enumerate(pages):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents %d 0 R"
            b"/Resources<</Font<</F 3 0 R>>/XObject<</X 4 0 R>>>>>>" % (6 + 2 * number)
        )
        objects.append(stream(page))
    return put_together(objects, trailer)


def at(x: float, y: float, words: str, size: int = 10) -> bytes:
    plain = words.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"BT /F %d Tf %f %f Td (%s) Tj ET\n" % (size, x, y, plain)


def column(x: float, lines: list[str], top: float = 700, step: float = 12) -> bytes:
    return b"".join(at(x, top - step * number, line) for number, line in enumerate(lines))


def paragraphs(data: bytes) -> list[str]:
    """As ``pdf.read``, without the process of its own."""
    return pdf.paragraphs(pdf.arranged(pdf_pages.pages(data), "a.pdf").lines, set())


LEFT = [f"links regel {n} gaat hier verder" for n in range(6)]
RIGHT = [f"rechts regel {n} gaat hier verder" for n in range(6)]
BESIDE = [at(50, 700 - 12 * n, LEFT[n]) + at(320, 700 - 12 * n, RIGHT[n]) for n in range(6)]
READ = {
    "one column": (column(50, ["Een zin die", "verder gaat."]), ["Een zin die verder gaat."]),
    "letters of Windows": (at(50, 700, "“één” cliënt – €5…"), ["“één” cliënt – €5…"]),
    "drawn from below": (at(50, 688, "daarna.") + at(50, 700, "Eerst"), ["Eerst daarna."]),
    "columns drawn one after the other": (column(50, LEFT) + column(320, RIGHT), [" ".join([*LEFT, *RIGHT])]),
    "columns drawn line by line": (b"".join(BESIDE), [" ".join([*LEFT, *RIGHT])]),
    "a title across columns": (
        at(50, 760, "Een titel die over beide kolommen van de bladzijde loopt en verder", 14)
        + column(320, RIGHT)
        + column(50, LEFT),
        ["Een titel die over beide kolommen van de bladzijde loopt en verder", " ".join([*LEFT, *RIGHT])],
    ),
    "a gap begins a paragraph": (
        column(50, ["Een.", "Nog een."]) + column(50, ["Twee."], top=660),
        ["Een. Nog een.", "Twee."],
    ),
    "pieces of a word": (
        b"BT /F 10 Tf 50 700 Td [(ge) 20 (kern) -10 (d) -300 (woord)] TJ ET",
        ["gekernd woord"],
    ),
    "printed twice": (at(50, 700, "vet") + at(50.3, 700, "vet"), ["vet"]),
    "a form": (b"q 1 0 0 1 0 300 cm /X Do Q", ["in een vorm"]),
    "what the file says is no text": (
        b"/Artifact <</Type/Pagination>> BDC " + at(50, 780, "kop") + b"EMC " + at(50, 700, "tekst"),
        ["tekst"],
    ),
    "words at a slant": (b"BT /F 40 Tf 1 1 -1 1 90 90 Tm (CONCEPT) Tj ET " + at(50, 700, "tekst"), ["tekst"]),
}


@pytest.mark.parametrize(("page", "expected"), READ.values(), ids=READ)
def test_what_is_read(page: bytes, expected: list[str]) -> None:
    assert paragraphs(document(page, form=at(50, 100, "in een vorm"))) == expected


def test_a_table_of_speakers_keeps_its_rows() -> None:
    rows = [
        ("I", ["Hoe ging het in de eerste week van de training?"]),
        ("R", ["Goed, want wij hadden", "veel tijd."]),
    ] * 4
    page, y = b"", 760.0
    for label, lines in rows:
        page += at(50, y, label) + column(90, lines, top=y)
        y -= 12 * len(lines) + 8
    printed = pdf.arranged(pdf_pages.pages(document(page)), "a.pdf")
    labelled = [(line.label, line.words) for line in printed.lines if line.label]
    assert labelled == [(label, lines[0]) for label, lines in rows]
    assert [line.words for line in printed.lines] == [line for _, lines in rows for line in lines]


def test_headers_footers_and_page_numbers_are_left_out_with_a_remark() -> None:
    pages = [
        at(50, 780, "Gesprek 7, vertrouwelijk")
        + column(50, [f"Regel {n} van bladzijde {number} gaat nog" for n in range(9)])
        + at(290, 30, f"Pagina {number} van 3")
        for number in (1, 2, 3)
    ]
    printed = pdf.arranged(pdf_pages.pages(document(*pages)), "a.pdf")
    assert len(printed.lines) == 27
    assert printed.remarks == ("headers, footers and page numbers were left out: 6",)


def test_ligatures_are_letters_and_nothing_else_is_changed() -> None:
    line = [50.0, 90.0, 700.0, 10.0, "eﬃciënte aﬀiche, vrĳ ½ ² ™", ""]
    (read,) = pdf.arranged([{"lines": [line], "outside": 0, "slanted": 0}], "a.pdf").lines
    assert read.words == "efficiënte affiche, vrij ½ ² ™"


JOINED = {
    "a word cut in two": (["de gezins-", "voogd"], "de gezinsvoogd"),
    "an abbreviation": (["een GI-", "medewerker"], "een GI-medewerker"),
    "a letter": (["per e-", "mail"], "per e-mail"),
    "a digit": (["de 12-", "jarige"], "de 12-jarige"),
    "a capital follows": (["Noord-", "Holland"], "Noord- Holland"),
    "two vowels that clash": (["een auto-", "ongeluk"], "een auto-ongeluk"),
    "a compound left open": (["zorg-", "en dienstverlening"], "zorg- en dienstverlening"),
    "as the writer writes it elsewhere": (
        ["een niet-", "aangeboren ziekte, en niet-aangeboren is"],
        "een niet-aangeboren ziekte, en niet-aangeboren is",
    ),
    "a soft hyphen": (["samen\u00ad", "werking"], "samenwerking"),
    "a dash": (["zo –", "dacht ik"], "zo – dacht ik"),
}


@pytest.mark.parametrize(("lines", "expected"), JOINED.values(), ids=JOINED)
def test_words_at_the_ends_of_lines_are_whole_again(lines: list[str], expected: str) -> None:
    printed = [Line(words, begins=number == 0) for number, words in enumerate(lines)]
    assert pdf.paragraphs(printed, set()) == [expected]


def told(data: bytes) -> str:
    with pytest.raises(InvalidMaterial) as refused:
        pdf.read(data, "es/a.pdf")
    assert str(refused.value).startswith("es/a.pdf: the file must be a readable PDF with text, found ")
    return str(refused.value)


def test_the_process_of_its_own_gives_the_same() -> None:
    data = document(column(50, LEFT))
    assert pdf.read(data, "a.pdf") == pdf.arranged(pdf_pages.pages(data), "a.pdf")


LOCK = b"/Encrypt<</Filter/Standard/V 1/R 2/P -1/O(" + b"a" * 32 + b")/U(" + b"a" * 32 + b")>>/ID[(a)(a)]"
HOSTILE = {
    "no PDF": (b"geheim", "a damaged file or another kind of file"),
    "a scan": (document(b"q Q"), "pages without text, such as a scan; let a program read the letters"),
    "a password": (document(at(50, 700, "geheim"), trailer=LOCK), "a file with a password"),
    "pages in a ring": (
        put_together([CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"]),
        "a damaged file",
    ),
    "a form in itself": (
        put_together(
            [
                CATALOG,
                b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
                b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</X 4 0 R>>>>>>",
                stream(
                    b"/X Do /X Do",
                    b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 4 0 R>>>>",
                ),
            ]
        ),
        "a file that unfolds",
    ),
    "endless nesting": (document(b"[" * 500_000 + b"]" * 500_000), "a damaged file"),
    "unfolds": (document(b"BT (a) Tj ET " * 8_000_000), "a damaged file"),
    "too many pages": (document(*([b""] * 1_001)), "more than 1,000 pages"),
}


@pytest.mark.parametrize(("data", "found"), HOSTILE.values(), ids=HOSTILE)
def test_what_could_do_harm_is_refused_in_time_and_without_its_words(data: bytes, found: str) -> None:
    begun = time.perf_counter()
    message = told(data)
    assert found in message
    assert "geheim" not in message
    assert time.perf_counter() - begun < 20


def test_letters_that_cannot_be_told_are_refused() -> None:
    line = [50.0, 90.0, 700.0, 10.0, "\ufffd\ue001" * 9 + "ab", ""]
    with pytest.raises(InvalidMaterial, match="letters that cannot be told"):
        pdf.arranged([{"lines": [line], "outside": 0, "slanted": 0}], "a.pdf")


PLACES = st.tuples(st.integers(0, 500), st.integers(0, 700), st.integers(1, 200), st.sampled_from("abc"))


@given(st.lists(PLACES, max_size=30))
def test_every_word_of_a_page_is_read_once(places: list[tuple[int, int, int, str]]) -> None:
    stretches = [Stretch(x, x + width, y, 10, words) for x, y, width, words in places]
    read = "".join(f"{line.label}{line.words}" for line in pdf_columns.lines(stretches))
    assert sorted(read.replace(" ", "")) == sorted("".join(words for *_, words in places))
