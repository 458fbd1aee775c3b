"""A page is complete in itself, right for its reader, and shows data as text."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args
from xml.etree.ElementTree import Element

import html5lib
import pytest
from nbformat import NotebookNode, v4

from casestudy import labels
from casestudy.reporting import gate, notebooks, pages
from casestudy.reporting.notebooks import MIME, Incomplete
from casestudy.reporting.pages import CONTENT_POLICY, Entry, Head
from casestudy.study import Study

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    '<a href="javascript:alert(1)">x</a>',
    "{{7*191}}",
    "{% include 'base.html.j2' %}",
    "{{ ''.__class__.__mro__ }}",
    "]]>",
    "a\u2028b\u2029c",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<!-- --!><script>alert(1)</script>",
    "\"' onfocus=alert(1) autofocus x='",
]


def part(name: str, kind: str = "text", html: str = "", **renderings: Any) -> NotebookNode:
    drawn = renderings or {
        "site": {"nl": html or f"<p>{name} in woorden</p>", "en": html or f"<p>{name} in words</p>"}
    }
    data = {"version": 1, "kind": kind, "id": name, "renderings": drawn, "released": None, "withheld": {}}
    return v4.new_code_cell(
        "show", execution_count=1, outputs=[v4.new_output("display_data", data={MIME: data})]
    )


def prose(nl: str, en: str, *tags: str) -> list[NotebookNode]:
    texts = {"nl": nl, "en": en}
    return [v4.new_markdown_cell(text, metadata={"tags": [key, *tags]}) for key, text in texts.items()]


def released(*cells: NotebookNode) -> NotebookNode:
    return notebooks.release(v4.new_notebook(cells=[*cells, part("end", "end", "<p>Slotwoord</p>")]))


def report(extra: str = "") -> NotebookNode:
    return released(
        part("material", "head", f"<p>Twaalf gesprekken {extra}</p>"),
        *prose(
            f"## Kern {extra}\n\nEen *woord* vooraf {extra}",
            f"## Core {extra}\n\nA *word* first",
            "section-core",
        ),
        part("glance", html=f"<p>glance in woorden {extra}</p>"),
        *prose("## Verandering", "## Change", "section-change"),
        part("change", "table", "<p>Meer kennis</p>"),
    )


def head(**more: Any) -> Head:
    values: dict[str, Any] = {"study": "Samen veilig", "title": "Esdoorn", "edition": 3, "date": "2019-03-12"}
    values |= {"alternates": {"nl": "../nl/esdoorn.html", "en": "../en/esdoorn.html"}}
    return Head(**(values | more))


def render(notebook: NotebookNode, *, language: Any = "nl", audience: Any = "site", **more: Any) -> str:
    return pages.render(notebook, language=language, audience=audience, head=head(**more))


def entry(title: str = "Esdoorn", **more: Any) -> Entry:
    values: dict[str, Any] = {
        "title": title,
        "kind": "site",
        "state": "fresh",
        "edition": 3,
        "date": "2019-03-12",
    }
    return Entry(**(values | {"hrefs": {"nl": "nl/esdoorn.html", "en": "en/esdoorn.html"}} | more))


def parsed(page: str) -> Element:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree: Element = parser.parse(page)
    assert [error for error in parser.errors if error[1] != "eof-in-table"] == []
    return tree


def words(element: Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


ALL = {
    "page": lambda language: render(
        report(), language=language, fictional=True, concept=True, stale_since="2019-02-01"
    ),
    "index": lambda language: pages.index([entry()], language=language, head=head(about="Wat helpt?")),
}


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("kind", ALL)
def test_a_page_is_complete_in_itself(kind: str, language: str) -> None:
    page = ALL[kind](language)
    tree = parsed(page)
    assert tree.get("lang") == language
    first = tree.find("head")[0]  # type: ignore[index]
    assert (first.get("http-equiv"), first.get("content")) == ("Content-Security-Policy", CONTENT_POLICY)
    assert CONTENT_POLICY == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    for tag in ("h1", "main", "title", "body/header", "body/footer"):
        assert len(tree.findall(f".//{tag}" if "/" not in tag else tag)) == 1, tag
    assert tree.find("body")[0].get("href") == "#content"  # type: ignore[index]
    assert len(page.encode()) < 60_000
    assert gate.problems({"page.html": page}, {}) == {}


def test_the_contents_follow_the_released_headings() -> None:
    tree = parsed(render(report()))
    links = tree.findall(".//nav[@class='contents']//a")
    assert [(link.get("href"), words(link)) for link in links] == [
        ("#section-core", "Kern"),
        ("#section-change", "Verandering"),
    ]
    assert [h.get("id") for h in tree.findall(".//main//h2")] == ["section-core", "section-change"]
    assert [e.get("id") for e in tree.findall(".//div[@id]")] == [
        "part-material",
        "part-glance",
        "part-change",
        "part-end",
    ]


def test_parts_stand_under_the_heading_before_them() -> None:
    chapters = parsed(render(report())).findall(".//main/section")
    assert [words(chapter) for chapter in chapters] == [
        "Kern Een woord vooraf glance in woorden",
        "Verandering Meer kennis",
    ]


def test_the_head_and_the_end_of_a_report_stand_above_and_under_the_text() -> None:
    tree = parsed(render(report()))
    assert "Twaalf gesprekken" in words(tree.find("body/header"))
    assert "Slotwoord" in words(tree.find("body/footer"))
    assert "Slotwoord" not in words(tree.find(".//main"))


def test_each_language_has_its_own_words() -> None:
    nl, en = (words(parsed(render(report(), language=language)).find("body")) for language in ("nl", "en"))
    assert "Verandering" in nl
    assert "12 maart 2019" in nl
    assert "Change" in en
    assert "12 March 2019" in en
    assert "Verandering" not in en


def test_the_other_language_and_all_reports_are_one_link_away() -> None:
    tree = parsed(render(report(), index="../index.html"))
    links = [(link.get("href"), link.get("lang")) for link in tree.findall("body/header//a")]
    assert links == [("../index.html", None), ("../en/esdoorn.html", "en")]


def test_prose_and_parts_reach_their_own_audience() -> None:
    drawn = {key: {"nl": f"<p>voor {key}</p>", "en": f"<p>for {key}</p>"} for key in ("internal", "site")}
    notebook = released(
        *prose("## A\n\nvoor allen", "## A\n\nfor all", "section-a"),
        *prose("geheim", "secret", "internal"),
        part("one", **drawn),
    )
    site, internal = render(notebook), render(notebook, audience="internal")
    assert ("voor site" in site, "voor internal" in site, "geheim" in site) == (True, False, False)
    assert ("voor internal" in internal, "geheim" in internal) == (True, True)


def test_a_chapter_that_is_empty_for_these_readers_says_so() -> None:
    notebook = released(
        *prose("## A", "## A", "section-a"), part("one", internal={"nl": "<p>x</p>", "en": "<p>x</p>"})
    )
    assert labels.read("nl")["page_nothing_here"] in render(notebook)


def test_a_part_without_this_language_stops_the_page() -> None:
    notebook = released(part("one", site={"en": "<p>x</p>"}))
    with pytest.raises(Incomplete, match="a part must be drawn in every language"):
        render(notebook)


def test_headings_without_an_anchor_get_one_from_their_words() -> None:
    tree = parsed(
        render(released(*prose("## Wat nu?\n\na\n\n## En dan\n\nb", "## Now\n\na\n\n## Then\n\nb")))
    )
    assert [h.get("id") for h in tree.findall(".//main//h2")] == ["section-wat-nu", "section-en-dan"]


BANNERS = [
    ({"fictional": True}, "Fictief"),
    ({"concept": True}, "Concept"),
    ({"stale_since": "2019-02-01"}, "Niet vernieuwd sinds 1 februari 2019"),
]


@pytest.mark.parametrize(("setting", "banner"), BANNERS)
def test_banners_say_what_a_reader_must_know(setting: dict[str, Any], banner: str) -> None:
    assert banner in words(parsed(render(report(), **setting)).find("body/header"))
    assert banner not in words(parsed(render(report())).find("body/header"))


def test_changes_since_the_previous_edition_are_listed() -> None:
    assert "Twee gesprekken erbij" in words(
        parsed(render(report(), changes=("Twee gesprekken erbij",))).find("body/header")
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_text_from_data_stays_text(attack: str) -> None:
    told = head(study=attack, title=attack, about=attack, changes=(attack,))
    notebook = report(attack.replace("\n", " "))
    for page in (
        pages.render(notebook, language="nl", audience="site", head=told),
        pages.index([entry(attack)], language="nl", head=told),
    ):
        tree = html5lib.parse(page, namespaceHTMLElements=False)
        assert words(tree.find(".//h1")) == " ".join(attack.split()), "shown as it was typed"
        assert not tree.findall(".//script")
        assert not [
            e for e in tree.iter() for name in e.attrib if name.startswith("on") or name == "autofocus"
        ]
        assert "1337" not in page
        found = gate.problems({"page.html": page}, {}).get("page.html", [])
        assert [problem for problem in found if "picture" not in problem.must] == []


def test_a_broken_fragment_cannot_break_the_page() -> None:
    broken = "<div><section><ul><li></main></section></body></html><table><tr><td>x"
    tree = html5lib.parse(render(released(part("one", html=broken))), namespaceHTMLElements=False)
    assert tree.find("body/footer") is not None
    assert tree.find("body/footer//h2") is not None


def test_a_page_holds_nothing_of_the_notebook_but_what_was_released() -> None:
    noisy = part("one")
    noisy.source = "SECRET"
    noisy.outputs.append(v4.new_output("stream", name="stdout", text="SECRET"))
    noisy.outputs.append(v4.new_output("execute_result", data={"text/plain": "SECRET"}, execution_count=1))
    assert "SECRET" not in render(released(noisy, v4.new_markdown_cell("SECRET")))


PRINT_HASH = """
import sys
sys.path.insert(0, {folder!r})
import test_pages as t
print(t.fingerprint())
"""


def fingerprint() -> str:
    both = render(report("x")) + pages.index([entry()], language="en", head=head())
    return hashlib.sha256(both.encode()).hexdigest()


def test_equal_input_gives_equal_bytes_in_another_process() -> None:
    for seed in ("1", "2"):
        code = PRINT_HASH.format(folder=str(Path(__file__).parent))
        environment = {
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": ":".join(sys.path),
            "TZ": "Asia/Tokyo",
            "LANG": "C",
        }
        told = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert told.stdout.strip() == fingerprint()


def test_the_index_lists_every_report_and_its_state() -> None:
    page = pages.index(
        [
            entry("Esdoorn"),
            entry("Linde", state="not_renewed", reason="refused", edition=2, date="2019-02-01"),
            entry("Es", state="withheld", reason="too_few", hrefs={}, edition=None, date=None),
            entry("Vergelijking", kind="cross"),
        ],
        language="nl",
        head=head(title="Samen veilig", about="Wat helpt?"),
    )
    rows = [words(row) for row in parsed(page).findall(".//tbody/tr")]
    older = "Niet vernieuwd sinds 1 februari 2019 In het materiaal staat iets dat eerst moet worden hersteld."
    absent = "Niet vrijgegeven Er deden te weinig mensen mee om veilig te rapporteren."
    assert rows == [
        "Vergelijking Vergelijkend rapport Actueel 12 maart 2019 3",
        "Esdoorn Rapport over één organisatie Actueel 12 maart 2019 3",
        f"Linde Rapport over één organisatie {older} 1 februari 2019 2",
        f"Es Rapport over één organisatie {absent} – –",
    ]
    linked = [words(link) for link in parsed(page).findall(".//tbody//a")]
    assert linked == ["Vergelijking", "Esdoorn", "Linde"]
    assert "2 van 4 rapporten zijn actueel" in page


def test_an_index_without_reports_says_so() -> None:
    assert labels.read("nl")["page_no_reports"] in pages.index([], language="nl", head=head())


def test_every_word_of_a_page_is_there_in_both_languages() -> None:
    template = Path(pages.__file__).parent / "template"
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(template.glob("*.j2")))
    literal = set(re.findall(r'say\(words, ["\']([a-z_]+[a-z])["\'](?! ~)', text))
    words_of_a_site = get_args(Study.model_fields["site_word"].annotation)
    made = {f"kind_site_{word}" for word in words_of_a_site} | {
        f"readers_site_{word}" for word in words_of_a_site
    }
    made |= {f"reason_{reason}" for reason in get_args(pages.Reason)} | {"readers_internal", "readers_public"}
    made |= {"read_nl", "read_en"}
    assert len(literal) > 20
    for language in ("nl", "en"):
        assert [key for key in literal | made if f"page_{key}" not in labels.read(language)] == []
