"""Fragments keep what a page may hold and lose the rest."""

from __future__ import annotations

from pathlib import Path

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.reporting import fragments

DATA = "data:image/svg+xml;base64,PHN2Zy8+"
PICTURE = (
    f'<picture><source media="(max-width: 40rem)" srcset="{DATA}"><img src="{DATA}" alt="wat"></picture>'
)
KEPT = [
    '<table class="stack"><caption id="a-caption">A</caption></table>',
    '<table><thead><tr><th scope="col">x</th></tr></thead></table>',
    '<table><tbody><tr><td class="num" data-label="x" colspan="2">1</td></tr></tbody></table>',
    '<div class="scroll" role="region" tabindex="0" aria-labelledby="a-caption">x</div>',
    f'<figure id="fig-a">{PICTURE}<figcaption>b</figcaption></figure>',
    "<details><summary>c</summary><p>d</p></details>",
    '<blockquote class="quote"><p lang="nl">“x”</p><footer>professional</footer></blockquote>',
    "<h3>a</h3><h4>b</h4><ol><li><b>x</b> <em>y</em></li></ol><dl><dt>a</dt><dd>b<sup>1</sup></dd></dl>",
    '<a href="#part-change">x</a> <a href="../en/beuk.html#section-change">y</a>',
    '<a href="../tables/cross-site-change.csv">z</a>',
]
LOST = [
    ("<script>alert(1)</script>", ""),
    ("<p onclick='x()' style='color:red'>a</p>", "<p>a</p>"),
    ("<img src=x onerror=alert(1) alt=a>", '<img alt="a">'),
    ('<img src="https://example.org/x.png" alt="a">', '<img alt="a">'),
    ('<img src="data:text/html;base64,AAAA" alt="a">', '<img alt="a">'),
    (f'<source srcset="{DATA}, https://example.org/x.png 2x">', "<source>"),
    ('<a href="javascript:alert(1)">a</a>', "<a>a</a>"),
    ('<a href="JaVa\tscript:alert(1)">a</a>', "<a>a</a>"),
    ('<a href="https://example.org">a</a>', "<a>a</a>"),
    ('<a href="//example.org/x.html">a</a>', "<a>a</a>"),
    ('<a href="/etc/x.html">a</a>', "<a>a</a>"),
    ('<a href="data:text/html,x">a</a>', "<a>a</a>"),
    ('<a href="x.html?y=1">a</a>', "<a>a</a>"),
    ("<iframe src=x></iframe><object data=x></object><embed src=x>", ""),
    ("<svg><script>x</script><text>a</text></svg>", ""),
    ("<style>@import 'x'</style>a<!-- b -->", "a"),
    ("<h1>a</h1><h2>b</h2>", "ab"),
    ("<form action=x><input name=y>a</form>", "a"),
    ('<p id="1 2" class="a{b}" role="alert" tabindex="5">a</p>', "<p>a</p>"),
    ("<base href=//x><meta http-equiv=refresh content=0><link rel=stylesheet href=x>a", "a"),
]


@pytest.mark.parametrize("html", KEPT)
def test_what_parts_are_made_of_is_kept(html: str) -> None:
    assert str(fragments.clean(html)) == html


@pytest.mark.parametrize(("html", "left"), LOST)
def test_what_runs_or_leads_away_is_lost(html: str, left: str) -> None:
    assert str(fragments.clean(html)) == left


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = fragments.clean(text)
    assert fragments.clean(once) == once


PROSE = [
    ("# A", "<h2>A</h2>"),
    ("##### A", "<h4>A</h4>"),
    ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("a <img src=x onerror=alert(1)> b", "a &lt;img src=x onerror=alert(1)&gt; b"),
    ("[x](javascript:alert(1))", "<p>x</p>"),
    ("[x](#section-change)", '<a href="#section-change">x</a>'),
    ("![een kaart](kaart.png)", "een kaart"),
    ("![een kaart](attachment:kaart.png)", "een kaart"),
    ("{{7*191}} {% raw %}", "{{7*191}} {% raw %}"),
    ("```python\nprint('<b>')\n```", "print('&lt;b&gt;')"),
    ("```mermaid\n<script>x</script>\n```", "&lt;script&gt;x&lt;/script&gt;"),
    ("tussen $5 en $6 *dus*", "tussen $5 en $6 <em>dus</em>"),
    ("a ]]> b", "a ]]&gt; b"),
    ("a\u2028b", "a\u2028b"),
]


@pytest.mark.parametrize(("markdown", "html"), PROSE)
def test_prose_shows_what_was_typed(markdown: str, html: str) -> None:
    assert html in fragments.prose(markdown)


def test_prose_never_opens_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kaart.png").write_bytes(b"\x89PNG")
    monkeypatch.chdir(tmp_path)
    for text in ("![k](kaart.png)", "<img src='kaart.png'>", "![k](attachment:x)"):
        assert "<img" not in fragments.prose(text)
        assert "base64" not in fragments.prose(text)


QUIET = [
    ('<p title="a onclick=x">b onerror=x</p>', '<p title="a onclick&#61;x">b onerror&#61;x</p>'),
    ("href=javascript:x", "href&#61;javascript&#58;x"),
    ("@import url(//x)", "&#64;import url&#40;//x)"),
    (f'<img src="{DATA}" alt="src=//x">', f'<img src="{DATA}" alt="src&#61;//x">'),
    ("<style>a[b=c]{}</style>", "<style>a[b=c]{}</style>"),
    ('<meta name="viewport" content="width=1">', '<meta name="viewport" content="width=1">'),
]


@pytest.mark.parametrize(("page", "quiet"), QUIET)
def test_text_that_looks_like_markup_does_not_alarm_a_scan(page: str, quiet: str) -> None:
    assert fragments.quiet(page) == quiet


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_quiet_fragment_reads_the_same(text: str) -> None:
    html = str(fragments.clean(f'<p>{text}</p><img alt="{text}">'))
    parse = html5lib.HTMLParser(namespaceHTMLElements=False).parseFragment
    before, after = parse(html), parse(fragments.quiet(html))
    assert [(e.tag, e.attrib, e.text, e.tail) for e in after.iter()] == [
        (e.tag, e.attrib, e.text, e.tail) for e in before.iter()
    ]
