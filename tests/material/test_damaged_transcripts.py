"""Damaged copies of good transcripts are read or refused, whatever the damage; nothing falls over."""

from __future__ import annotations

import io
import random
import re
import zipfile

import pytest

from casestudy.errors import InvalidMaterial
from casestudy.material import transcripts
from casestudy.material.formats import pdf, pdf_pages

N_COPIES = 200
WORDS = [
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xe9",
        b"=1+1",
        b"../../PWNED",
        b"-1",
        b"99999999999999999999",
    ),
    *(
        b"NaN",
        b"1e400",
        b"\r\n",
        b"]]>",
        b"&x;",
        b"\xf0\x9f\x98\x80",
        b"",
        b'"',
        b"'",
        b";",
        b"\t",
        b"A" * 5000,
    ),
]
NUMBERS = [b"-1", b"0", b"2147483648", b"99999999999999999999", b"1.5", b"", b"x"]
SAID = [("I", "Hoe ging het?"), ("R", "Goed. Één keer niet."), ("I", "En toen?"), ("R", "Zo.")]
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def packed(parts: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def relations(kind: str, target: str) -> str:
    return f'<Relationships><Relationship Id="r1" Type="{OFFICE}/{kind}" Target="{target}"/></Relationships>'


def word() -> bytes:
    marked = '<w:commentRangeStart w:id="1"/>{}<w:commentRangeEnd w:id="1"/>'
    runs = [f"<w:r><w:t>{who}: {words}</w:t></w:r>" for who, words in SAID]
    body = "".join(f"<w:p>{marked.format(run) if n == 1 else run}</w:p>" for n, run in enumerate(runs))
    table = "<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>"
    note = '<w:comment w:id="1" w:author="A"><w:p><w:r><w:t>let op</w:t></w:r></w:p></w:comment>'
    return packed(
        {
            "_rels/.rels": relations("officeDocument", "word/document.xml"),
            "word/document.xml": f"<w:document {WORD}><w:body>{body}{table}</w:body></w:document>",
            "word/comments.xml": f"<w:comments {WORD}>{note}</w:comments>",
            "word/styles.xml": f'<w:styles {WORD}><w:style w:styleId="a"><w:rPr><w:vanish/></w:rPr></w:style>'
            "</w:styles>",
        }
    )


def open_document() -> bytes:
    said = "".join(f'<t:p t:style-name="a">{who}:<t:s t:c="2"/>{words}</t:p>' for who, words in SAID)
    body = f'<o:x xmlns:o="o" xmlns:t="t"><o:body><o:text>{said}</o:text></o:body></o:x>'
    return packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": body})


def workbook() -> bytes:
    rows = [("speaker", "text"), *SAID]
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{value}</t></is></c>' for value in row) + "</row>"
        for row in rows
    )
    return packed(
        {
            "_rels/.rels": relations("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
            '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relations("worksheet", "worksheets/sheet1.xml").replace(
                "<Relationships>",
                '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">',
            ),
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData>'
            "</worksheet>",
        }
    )


def printed() -> bytes:
    lines = b"".join(
        b"BT /F 10 Tf 50 %d Td (%s: %s) Tj ET\n" % (700 - 12 * n, who.encode(), words.encode("cp1252"))
        for n, (who, words) in enumerate(SAID)
    )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(lines), lines),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % pair for pair in enumerate(objects, start=1))
    return b"%PDF-1.4\n" + body + b"trailer <</Size 6/Root 1 0 R>>\nstartxref\n0\n%%EOF"


PLAIN = "".join(f"{who}: {words}\n" for who, words in SAID).encode()
CUES = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n<v {w}>{t}</v>\n\n" for n, (w, t) in enumerate(SAID))
RICH = (
    rb"{\rtf1\ansi{\fonttbl{\f0\fcharset0 A;}}I: Hoe \u8216?ging\u8217? h\'e9t?\par R: {\deleted a}Zo.\par}"
)
SEEDS = {
    "a.txt": PLAIN,
    "a.docx": word(),
    "a.odt": open_document(),
    "a.rtf": RICH,
    "a.pdf": printed(),
    "a.vtt": f"WEBVTT\n\nNOTE x\n\n{CUES}".encode(),
    "a.srt": CUES.encode(),
    "a.csv": b"speaker,text\n" + "".join(f'{who},"{words}"\n' for who, words in SAID).encode(),
    "a.xlsx": workbook(),
}


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Flips, cuts, doubled stretches, zeros and noise; other numbers and other words between quotes."""
    bad = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 5])):
        begin = chance.randrange(len(bad) + 1)
        end = min(len(bad), begin + chance.randrange(1, 64))
        numbers, quoted = (
            re.finditer(rb"-?\d+", bytes(bad)),
            re.finditer(rb'(?<=")[^"\n]{0,40}(?=")', bytes(bad)),
        )
        way = chance.randrange(8)
        if way == 0 and bad:
            bad[begin - 1] ^= 1 << chance.randrange(8)
        elif way == 1:
            del bad[begin : chance.choice([end, len(bad)])]
        elif way == 2:
            bad[begin:begin] = bad[begin:end] * chance.choice([1, 3, 50])
        elif way == 3:
            bad[begin:end] = bytes(end - begin)
        elif way == 4:
            bad[begin:begin] = chance.choice(WORDS)
        elif way == 5:
            bad[begin:end] = chance.randbytes(end - begin)
        elif found := [*(numbers if way == 6 else quoted)]:
            match = chance.choice(found)
            bad[match.start() : match.end()] = chance.choice(NUMBERS if way == 6 else WORDS)
    return bytes(bad)


def damaged_inside(data: bytes, chance: random.Random) -> bytes:
    """One member of an archive is damaged or lost, and the archive around it stays sound."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    hit = chance.choice([*parts])
    parts[hit] = damaged(parts[hit], chance)
    if chance.random() < 0.1:
        del parts[hit]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


@pytest.mark.parametrize("name", SEEDS)
def test_a_good_copy_is_read(name: str) -> None:
    transcript = transcripts.read(SEEDS[name], name=name)
    assert {turn.speaker for turn in transcript.turns} == {"I", "R"}
    assert len(transcript.turns) == (2 if name == "a.rtf" else 4)


def is_refused_pdf(data: bytes) -> bool:
    """As ``pdf.read``, without the process of its own: hundreds of processes take minutes."""
    try:
        pdf.arranged(pdf_pages.pages(data), "a.pdf")
    except (InvalidMaterial, pdf_pages.Unreadable):
        return True
    return False


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", SEEDS)
def test_damaged_copies_are_read_or_refused(name: str) -> None:
    chance, data, n_refused = random.Random(20170901), SEEDS[name], 0
    for _ in range(N_COPIES):
        inside = data.startswith(b"PK") and chance.random() < 0.8
        bad = damaged_inside(data, chance) if inside else damaged(data, chance)
        if name == "a.pdf":
            n_refused += is_refused_pdf(bad)
            continue
        try:
            transcript = transcripts.read(bad, name=name)
            placed = transcripts.comments(bad, name=name)
        except InvalidMaterial:
            n_refused += 1
        else:
            assert all(0 <= turn.start < turn.end <= len(transcript.text) for turn in transcript.turns)
            assert all(comment.end is None or comment.end <= len(transcript.text) for comment in placed)
    assert 0 < n_refused < N_COPIES
