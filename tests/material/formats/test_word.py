"""Word files: words in order, no more than that, and no way to do harm."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from casestudy.errors import InvalidMaterial
from casestudy.material.formats import word
from casestudy.material.formats.word import Table

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
COMPATIBLE = "http://schemas.openxmlformats.org/markup-compatibility/2006"
MAIN = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{MAIN}" Target="word/document.xml"/></Relationships>'
)


def packed(body: str, *, styles: str = "", more: dict[str, bytes] | None = None, head: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", RELATIONS)
        archive.writestr("word/document.xml", f"{head}<w:document {W}><w:body>{body}</w:body></w:document>")
        if styles:
            archive.writestr("word/styles.xml", f"<w:styles {W}>{styles}</w:styles>")
        for name, data in (more or {}).items():
            archive.writestr(name, data)
    return file.getvalue()


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def para(*content: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(content)}</w:p>"


def told(data: bytes) -> str:
    with pytest.raises(InvalidMaterial) as refused:
        word.read(data, "sources/es/a.docx")
    assert str(refused.value).startswith("sources/es/a.docx: the file must be a readable Word file, found ")
    return str(refused.value)


def test_paragraphs_and_tables_stand_in_the_order_of_the_document() -> None:
    document = docx.Document()
    document.add_heading("Kop")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ["I", "Hoe?", "R", "Zo."], strict=True):
        cell.text = text
    document.add_paragraph("Slot\tmet tab").add_run().add_break()
    document.sections[0].header.paragraphs[0].text = "Koptekst"
    document.sections[0].footer.paragraphs[0].text = "Voettekst"
    file = io.BytesIO()
    document.save(file)
    assert word.read(file.getvalue(), "a.docx") == [
        "Kop",
        Table((("I", "Hoe?"), ("R", "Zo."))),
        "Slot\tmet tab\n",
    ]


def test_comments_are_not_read() -> None:
    document = docx.Document()
    runs = document.add_paragraph("Woorden.").runs
    document.add_comment(runs, text="Geheime opmerking", author="A")
    file = io.BytesIO()
    document.save(file)
    assert word.read(file.getvalue(), "a.docx") == ["Woorden."]


def test_a_hidden_run_that_the_library_writes_is_not_read() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Zichtbaar")
    paragraph.add_run(" verborgen").font.hidden = True
    inserted = OxmlElement("w:ins")
    inserted.set(qn("w:id"), "1")
    inserted.append(paragraph.add_run(" erbij")._r)
    paragraph._p.append(inserted)
    file = io.BytesIO()
    document.save(file)
    assert word.read(file.getvalue(), "a.docx") == ["Zichtbaar erbij"]


def noted(key: str, text: str, *, author: str = "Anna", paragraph: str = "") -> str:
    """A comment as it stands in the part of comments."""
    where = f' w14:paraId="{paragraph}"' if paragraph else ""
    words = f"<w:p{where}><w:r><w:t>{text}</w:t></w:r></w:p>"
    return f'<w:comment w:id="{key}" w:author="{author}">{words}</w:comment>'


def hung(key: str, *content: str) -> str:
    return f'<w:commentRangeStart w:id="{key}"/>{"".join(content)}<w:commentRangeEnd w:id="{key}"/>'


def with_comments(body: str, *notes: str, threads: str = "") -> bytes:
    head = f'{W} xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
    more = {"word/comments.xml": f"<w:comments {head}>{''.join(notes)}</w:comments>".encode()}
    if threads:
        more["word/commentsExtended.xml"] = f'<a xmlns:w15="x">{threads}</a>'.encode()
    return packed(body, more=more)


def test_comments_have_the_words_they_hang_on_and_what_stands_around_them() -> None:
    long = "een lang stuk van veertig tekens of meer, "
    body = para(run(f"R: {long}")) + para(run("I: ja "), hung("1", run("ja")), run(f" {long}"))
    (comment,) = word.comments(with_comments(body, noted("1", "let op")), "a.docx")
    assert (comment.author, comment.text, comment.words, comment.line) == ("Anna", "let op", "ja", 1)
    assert comment.before.endswith("I: ja ")
    assert comment.after.startswith(f" {long.rstrip()}")
    assert min(len(comment.before), len(comment.after)) >= 32
    running = word.running(word.read(with_comments(body, noted("1", "let op")), "a.docx"))
    assert running[comment.start : comment.end] == "ja"


def test_a_reply_hangs_on_the_words_of_the_comment_it_answers() -> None:
    notes = [noted("7", "waarom?", paragraph="A1"), noted("8", "daarom", author="Bo", paragraph="A2")]
    threads = '<w15:commentEx w15:paraId="A1"/><w15:commentEx w15:paraId="A2" w15:paraIdParent="A1"/>'
    data = with_comments(para(run("R: "), hung("7", run("ja"))), *notes, threads=threads)
    first, reply = word.comments(data, "a.docx")
    assert (first.words, first.answers) == ("ja", None)
    assert (reply.author, reply.text, reply.words, reply.answers) == ("Bo", "daarom", "ja", 0)


HUNG = {
    "over paragraphs": (
        para(run("a "), '<w:commentRangeStart w:id="1"/>', run("b"))
        + para(run("c"), '<w:commentRangeEnd w:id="1"/>', run("d")),
        "b\nc",
    ),
    "between paragraphs": (hung("1", para(run("a")), para(run("b"))), "a\nb"),
    "in a cell": (f"<w:tbl><w:tr><w:tc>{para(hung('1', run('a')))}</w:tc></w:tr></w:tbl>", "a"),
    "on an insertion": (para("<w:ins>", hung("1", run("a")), "</w:ins>"), "a"),
    "on a deletion": (
        para(run("a"), "<w:del>", hung("1", "<w:r><w:delText>b</w:delText></w:r>"), "</w:del>"),
        "",
    ),
    "on nothing": (para(run("a")), ""),
    "on hidden words": (para(run("a"), hung("1", run("b", "<w:vanish/>"))), ""),
    "spaces at its ends": (para(run("a"), hung("1", run(" b "))), "b"),
    "letters of two characters": (para(run("e\u0301e\u0301n "), hung("1", run("e\u0301"))), "é"),
}


@pytest.mark.parametrize(("body", "words"), HUNG.values(), ids=HUNG)
def test_where_a_comment_hangs(body: str, words: str) -> None:
    data = with_comments(body, noted("1", "x"))
    (comment,) = word.comments(data, "a.docx")
    assert comment.words == words
    assert word.running(word.read(data, "a.docx"))[comment.start : comment.end] == words


@pytest.mark.timeout(12)
def test_very_many_comments_are_read_in_no_time() -> None:
    keys = [str(number) for number in range(20_000)]
    body = para(*(hung(key, run("a ")) for key in keys))
    found = word.comments(with_comments(body, *(noted(key, key) for key in keys)), "a.docx")
    assert [comment.text for comment in found] == keys


def test_comments_that_the_library_writes() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("R: Eerst ")
    document.add_comment([paragraph.add_run("dit")], text="codeer: tijd", author="Anna")
    file = io.BytesIO()
    document.save(file)
    (comment,) = word.comments(file.getvalue(), "a.docx")
    assert (comment.author, comment.text, comment.words) == ("Anna", "codeer: tijd", "dit")


def test_a_file_without_comments_has_none() -> None:
    assert word.comments(packed(para(run("a"))), "a.docx") == ()


VANISH = '<w:style w:styleId="Weg"><w:rPr><w:vanish/></w:rPr></w:style>'
BASED = VANISH + '<w:style w:styleId="Ook"><w:basedOn w:val="Weg"/></w:style>'
CHOICE = (
    f'<mc:AlternateContent xmlns:mc="{COMPATIBLE}"><mc:Choice>{para(run("a"))}</mc:Choice>'
    f"<mc:Fallback>{para(run('b'))}</mc:Fallback></mc:AlternateContent>"
)
BODIES = {
    "insertions are read": (para("<w:ins>", run("erbij"), "</w:ins>"), ["erbij"]),
    "deletions are not": (para(run("a"), "<w:del><w:r><w:delText>weg</w:delText></w:r></w:del>"), ["a"]),
    "text moved here is read, text moved away is not": (
        para("<w:moveTo>", run("hier"), "</w:moveTo><w:moveFrom>", run("weg"), "</w:moveFrom>"),
        ["hier"],
    ),
    "hidden text is not": (para(run("a"), run("weg", "<w:vanish/>")), ["a"]),
    "text that is said not to be hidden is": (para(run("a", '<w:vanish w:val="0"/>')), ["a"]),
    "a hiding style hides": (para(run("a"), run("weg", '<w:rStyle w:val="Weg"/>')), ["a"]),
    "a style based on a hiding style hides": (para(run("weg"), properties='<w:pStyle w:val="Ook"/>'), [""]),
    "field codes are not text": (para("<w:r><w:instrText>PAGE</w:instrText></w:r>", run("3")), ["3"]),
    "links and content controls are": (
        para(
            "<w:hyperlink>",
            run("link"),
            "</w:hyperlink><w:sdt><w:sdtContent>",
            run("veld"),
            "</w:sdtContent></w:sdt>",
        ),
        ["linkveld"],
    ),
    "a control around paragraphs": (
        f"<w:sdt><w:sdtContent>{para(run('a'))}{para(run('b'))}</w:sdtContent></w:sdt>",
        ["a", "b"],
    ),
    "breaks and hyphens": (
        para("<w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:noBreakHyphen/><w:t>c</w:t></w:r>"),
        ["a\nb-c"],
    ),
    "tab stops are not tabs": (para(run("a"), properties="<w:tabs><w:tab/></w:tabs>"), ["a"]),
    "a deleted paragraph end": (
        para(run("a"), properties="<w:rPr><w:del/></w:rPr>") + para(run("b")),
        ["ab"],
    ),
    "a deleted row": (
        f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>{para(run('weg'))}</w:tc></w:tr><w:tr><w:tc>{para(run('a'))}</w:tc></w:tr></w:tbl>",
        [Table((("a",),))],
    ),
    "a table in a table": (
        f"<w:tbl><w:tr><w:tc><w:tbl><w:tr><w:tc>{para(run('a'))}</w:tc></w:tr></w:tbl>{para(run('b'))}</w:tc></w:tr></w:tbl>",
        [Table((("a\nb",),))],
    ),
    "one choice of two": (CHOICE, ["a"]),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES)
def test_what_is_read(body: str, expected: list[str | Table]) -> None:
    assert word.read(packed(body, styles=BASED), "a.docx") == expected


def archive(write: Callable[[zipfile.ZipFile], None]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        write(made)
    return file.getvalue()


def link(made: zipfile.ZipFile) -> None:
    member = zipfile.ZipInfo("word/link")
    member.external_attr = 0o120777 << 16
    made.writestr(member, "/etc/passwd")


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE d SYSTEM "http://example.org/d.dtd">'
FILE = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
ATTACKS = {
    "empty": (b"", "a damaged file"),
    "text": (b"I: Hoe?", "a damaged file"),
    "an old Word file": (b"\xd0\xcf\x11\xe0" + bytes(100), "an old Word file or one with a password"),
    "another archive": (archive(lambda made: made.writestr("a.txt", "x")), "a damaged file or another kind"),
    "entities": (packed("", head=LAUGHS), "a document type or entity"),
    "a definition elsewhere": (packed("", head=OUTSIDE), "a document type or entity"),
    "a file as entity": (packed("", head=FILE), "a document type or entity"),
    "broken xml": (packed("<w:p>"), "a damaged part"),
    "an unknown encoding": (packed("", head='<?xml version="1.0" encoding="x-none"?>'), "a damaged"),
    "a bomb": (packed("", more={"word/media/a.png": bytes(30_000_000)}), "unfolds far beyond its size"),
    "up and away": (packed("", more={"../a.txt": b"x"}), "a name that leads elsewhere"),
    "up and away inside": (packed("", more={"word/../../a.txt": b"x"}), "a name that leads elsewhere"),
    "from the root": (packed("", more={"/etc/a.txt": b"x"}), "a name that leads elsewhere"),
    "a Windows path": (packed("", more={"C:a.txt": b"x"}), "a name that leads elsewhere"),
    "a link": (archive(link), "a name that leads elsewhere"),
    "too many parts": (
        archive(lambda made: [made.writestr(f"a{n}", "") for n in range(5001)]),
        "more than 5,000",
    ),
}


@pytest.mark.parametrize(("data", "found"), ATTACKS.values(), ids=ATTACKS)
def test_what_could_do_harm_is_refused(data: bytes, found: str) -> None:
    assert found in told(data)


def test_endless_nesting_is_refused_where_it_is_read() -> None:
    body = para("<w:hyperlink>" * 5_000, run("a"), "</w:hyperlink>" * 5_000)
    # What cannot be packed keeps the file from looking like a bomb.
    assert "endless nesting" in told(
        packed(body, more={"word/media/a.png": random.Random(1).randbytes(20_000)})
    )


def test_a_part_that_is_larger_than_it_says_is_refused() -> None:
    data = bytearray(packed(para(run("x" * 5000))))
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"word/document.xml"))
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    assert "found" in told(bytes(data))


def test_damaged_copies_are_read_or_refused_but_never_fall_over() -> None:
    document = docx.Document()
    document.add_paragraph("I: Hoe ging het in de week van de training?")
    document.add_table(1, 2)
    file = io.BytesIO()
    document.save(file)
    good, chance, n_refused = file.getvalue(), random.Random(20170901), 0
    for _ in range(150):
        bad = bytearray(good)
        for _ in range(chance.choice([1, 2, 5])):
            at = chance.randrange(len(bad))
            if chance.random() < 0.3:
                del bad[at : at + chance.randrange(1, 400)]
            else:
                bad[at] ^= 1 << chance.randrange(8)
        try:
            word.read(bytes(bad), "a.docx")
        except InvalidMaterial:
            n_refused += 1
    assert 0 < n_refused < 150


def test_damaged_xml_is_read_or_refused_but_never_falls_over() -> None:
    good, chance, n_refused = packed(para(run("Hoe ging het?")), styles=BASED), random.Random(20170901), 0
    with zipfile.ZipFile(io.BytesIO(good)) as made:
        parts = {name: made.read(name) for name in made.namelist()}
    for _ in range(150):
        name = chance.choice([*parts])
        bad = bytearray(parts[name])
        at = chance.randrange(len(bad))
        bad[at : at + chance.randrange(0, 5)] = chance.randbytes(chance.randrange(0, 3))
        data = archive(
            lambda made, broken={**parts, name: bytes(bad)}: [made.writestr(*part) for part in broken.items()]
        )
        try:
            word.read(data, "a.docx")
        except InvalidMaterial:
            n_refused += 1
    assert 0 < n_refused < 150
