"""Pages as a reader's browser shows them: nothing runs, nothing is fetched, everyone can read everything."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode, v4

from casestudy.reporting import notebooks, pages
from casestudy.reporting.notebooks import MIME
from casestudy.reporting.pages import Entry, Head

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[klik](javascript:alert(1))",
    '<a href="java\nscript:alert(1)">klik</a>',
    "<svg onload=alert(1)></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    '"><img src=//example.org/x.png>',
    "![kaart](https://example.org/kaart.png)",
    "<style>@import url(//example.org/x.css)</style>",
    '<meta http-equiv="refresh" content="0;url=//example.org">',
    "{{7*191}} {% include 'x' %}",
    "]]> \u2028 \u202e",
]

SAMPLE = Path(__file__).parent / "sample"
SECTIONS = {
    "glance": {"at-a-glance": "text"},
    "about": {},
    "factors": {"ratings": "table", "matrix": "table", "quotes": "quotes"},
    "change": {"figure": "figure", "numbers": "table"},
    "together": {"joint": "table"},
    "method": {"cards": "text"},
}


def sample(extra: str = "") -> NotebookNode:
    """Every kind of part as a run leaves it, with ``extra`` raw in every place that data could reach."""
    prose = {language: chapters(language) for language in ("nl", "en")}
    cells = [shown("head", "material", extra)]
    for number, (section, parts) in enumerate(SECTIONS.items()):
        for language, texts in prose.items():
            tags = [language, f"section-{section}"]
            cells.append(v4.new_markdown_cell(f"{texts[number]}\n\n{extra}", metadata={"tags": tags}))
        cells += [shown(kind, part, extra) for part, kind in parts.items()]
    return notebooks.release(v4.new_notebook(cells=[*cells, shown("end", "end", extra)]))


def chapters(language: str) -> list[str]:
    text = (SAMPLE / f"{language}.md").read_text(encoding="utf-8")
    return re.split(r"\n(?=## )", text)


def shown(kind: str, part: str, extra: str) -> NotebookNode:
    """One executed code cell that shows a part."""
    html = fragment(part).replace("EXTRA", extra)
    data = {
        "version": 1,
        "kind": kind,
        "id": part,
        "renderings": {"site": {"nl": html, "en": html}},
        "released": {"site": {"columns": ["scale", "n"], "rows": [["knowledge", 14]]}},
        "withheld": {"site": [{"rule": "few_people", "place": "Es x T1"}]},
    }
    output = v4.new_output("display_data", data={MIME: data, "text/html": "<p>in the notebook</p>"})
    printed = v4.new_output("stream", name="stderr", text="printed by the cell")
    return v4.new_code_cell("report.show()", execution_count=1, outputs=[printed, output])


def fragment(part: str) -> str:
    html = (SAMPLE / f"{part}.html").read_text(encoding="utf-8")
    if part == "figure":
        html = html.replace("NUMBERS", fragment("numbers").replace("numbers-", "figure-"))
        html = html.replace("NARROW", drawing(330)).replace("WIDE", drawing(720))
    return html


def drawing(width: int) -> str:
    """Dots with intervals, as the figures of the package look, without any library."""
    rows = [("Kennis", 0.42, 0.2, 0.64), ("Vaardigheden", 0.55, 0.3, 0.8), ("Houding", 0.08, -0.12, 0.28)]
    left, size = (190, 15) if width > 400 else (105, 13)

    def at(value: float) -> float:
        return left + (value + 0.4) / 1.4 * (width - left - 20)

    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 200" font-size="{size}">'
    svg += f'<path d="M{at(0)} 10V190" stroke="#8b9793"/>'
    for y, (name, value, lo, hi) in zip((40, 95, 150), rows, strict=True):
        svg += f'<text x="0" y="{y + 5}" font-family="sans-serif" fill="#1b2422">{name}</text>'
        svg += f'<path d="M{at(lo)} {y}H{at(hi)}" stroke="#0d5750" stroke-width="3"/>'
        svg += f'<circle cx="{at(value)}" cy="{y}" r="7" fill="#0d5750"/>'
    return "data:image/svg+xml;base64," + base64.b64encode(f"{svg}</svg>".encode()).decode()


def head(language: str, extra: str = "", **more: Any) -> Head:
    other = {"nl": "en", "en": "nl"}[language]
    values: dict[str, Any] = {
        "study": f"Samen werken aan veiligheid {extra}",
        "title": f"Esdoorn {extra}",
        "edition": 3,
        "date": "2019-03-12",
        "about": f"Wat professionals ervaren nu zij een jaar met de werkwijze werken. {extra}",
        "fictional": True,
        "concept": True,
        "stale_since": "2019-02-01",
        "changes": (f"Twee gesprekken toegevoegd {extra}",),
        "alternates": {other: f"../{other}/esdoorn.html"},
    }
    return Head(**(values | more))


def entries(extra: str = "") -> list[Entry]:
    both_pages = {language: f"{language}/x.html" for language in ("nl", "en")}
    return [
        Entry(
            title=f"Esdoorn {extra}",
            kind="site",
            state="fresh",
            hrefs=both_pages,
            edition=3,
            date="2019-03-12",
        ),
        Entry(title="Beuk", kind="site", state="fresh", hrefs=both_pages, edition=3, date="2019-03-12"),
        Entry(
            title="Linde",
            kind="site",
            state="not_renewed",
            reason="refused",
            hrefs=both_pages,
            edition=2,
            date="2019-02-01",
        ),
        Entry(title="Wilg", kind="site", state="fresh", hrefs=both_pages, edition=3, date="2019-03-12"),
        Entry(title="Es", kind="site", state="withheld", reason="too_few"),
        Entry(
            title="Vijf organisaties vergeleken",
            kind="cross",
            state="fresh",
            hrefs=both_pages,
            edition=3,
            date="2019-03-12",
        ),
    ]


def all_pages(extra: str = "") -> dict[str, str]:
    """A site page in both languages and an index page, with ``extra`` in every place that data can reach."""
    released = sample(extra)
    question = f"Wat helpt professionals om samen met gezinnen aan veiligheid te werken? {extra}"
    listing: dict[str, Any] = {
        "title": f"Samen werken aan veiligheid {extra}",
        "about": question,
        "alternates": {"en": "index-en.html"},
        "concept": False,
        "stale_since": None,
    }
    return {
        "nl": pages.render(released, language="nl", audience="site", head=head("nl", extra)),
        "en": pages.render(released, language="en", audience="site", head=head("en", extra)),
        "index": pages.index(entries(extra), language="nl", head=head("nl", extra, **listing)),
    }


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    written = {}
    for name, text in all_pages().items():
        written[name] = folder / f"{name}.html"
        written[name].write_text(text, encoding="utf-8")
    return written


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    """Open a file, and keep what it tried to do: ``visit(path).dialogs``, ``.requests``."""
    opened = []

    def go(path: Path, width: int = 1280, **settings: Any) -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, **settings)
        page.dialogs, page.requests = [], []
        page.on("dialog", lambda dialog: (page.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(path.as_uri(), wait_until="load")
        opened.append(page)
        return page

    yield go
    for page in opened:
        page.close()


@pytest.mark.parametrize("attacks", [ATTACKS[::2], ATTACKS[1::2]], ids=["even", "odd"])
def test_text_from_data_runs_nothing_and_fetches_nothing(
    attacks: list[str], visit: Any, tmp_path: Path
) -> None:
    for name, text in all_pages(" ".join(attacks)).items():
        path = tmp_path / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        page = visit(path, bypass_csp=True)
        page.wait_for_timeout(50)
        assert page.dialogs == []
        assert [url for url in page.requests if not url.startswith(("data:", path.as_uri()))] == []
        assert (
            page.evaluate("document.querySelectorAll('script, iframe, object, embed, base, form').length")
            == 0
        )
        assert "1337" not in page.inner_text("body")
        assert page.title().startswith(("Esdoorn", "Samen werken"))
        for attack in attacks:
            assert attack.split("\n")[0][:8] in page.inner_text("h1"), "a title is shown as it was typed"


@pytest.mark.parametrize("name", ["nl", "en", "index"])
def test_axe_finds_nothing(name: str, files: dict[str, Path], visit: Any, axe: str) -> None:
    page = visit(files[name], bypass_csp=True)
    page.evaluate(axe)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        found = page.evaluate(
            "async () => await axe.run(document, {resultTypes: ['violations', 'incomplete']})"
        )
        told = [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found["violations"]]
        assert told == []
        # Axe cannot judge a sign that is no letter, nor cells that have scrolled out of their frame.
        undecided = {rule["id"] for rule in found["incomplete"]}
        assert undecided <= {"color-contrast", "th-has-data-cells"}


@pytest.mark.parametrize("name", ["nl", "index"])
def test_a_page_never_scrolls_sideways(name: str, files: dict[str, Path], visit: Any) -> None:
    page = visit(files[name])
    for width in (1280, 768, 480, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_a_wide_matrix_scrolls_inside_a_frame_that_the_keyboard_reaches(
    files: dict[str, Path], visit: Any
) -> None:
    page = visit(files["nl"], 320)
    region = page.locator("#part-matrix .scroll")
    assert region.evaluate("e => e.scrollWidth > e.clientWidth")
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert region.evaluate("e => e.scrollLeft") > 0
    assert region.evaluate("e => getComputedStyle(e).outlineStyle") != "none"


def test_a_table_becomes_cards_that_name_every_value(files: dict[str, Path], visit: Any) -> None:
    page = visit(files["nl"], 320)
    cell = page.locator("#part-ratings td").first
    assert cell.evaluate("e => getComputedStyle(e, '::before').content") == '"Beoordeling"'
    row = page.locator("#part-ratings tbody tr").first
    assert row.evaluate("e => getComputedStyle(e).display") == "block"


def test_the_narrow_drawing_is_used_on_a_telephone(files: dict[str, Path], visit: Any) -> None:
    shown = "document.querySelector('figure img').currentSrc"
    assert visit(files["nl"], 320).evaluate(shown) != visit(files["nl"], 1280).evaluate(shown)


def test_the_first_key_press_skips_to_the_text(files: dict[str, Path], visit: Any) -> None:
    page = visit(files["nl"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("name", ["nl", "en", "index"])
def test_paper_shows_everything_and_is_tagged(
    name: str, files: dict[str, Path], visit: Any, tmp_path: Path
) -> None:
    page = visit(files[name])
    page.emulate_media(media="print")
    assert page.locator(".contents").count() == 0 or not page.locator(".contents").is_visible()
    for table in page.locator("details table").all():
        assert table.bounding_box() is not None
        assert table.evaluate("e => e.checkVisibility({contentVisibilityAuto: true})")
    target = tmp_path / "page.pdf"
    page.pdf(path=str(target), tagged=True, prefer_css_page_size=True)
    if shutil.which("pdfinfo"):
        told = subprocess.run(["pdfinfo", str(target)], capture_output=True, text=True, check=True).stdout
        assert "Tagged:          yes" in told
        assert "A4" in told
    if shutil.which("pdftotext") and name == "nl":
        words = subprocess.run(
            ["pdftotext", str(target), "-"], capture_output=True, text=True, check=True
        ).stdout
        assert words.count("Gemiddelde score vóór en na de training") == 2, (
            "the table behind the figure is printed"
        )


@pytest.mark.parametrize(
    "page", ["index", "index-en", "nl/esdoorn", "en/es", "nl/cross-site", "en/cross-site"]
)
def test_the_pages_of_the_example_hold_for_everyone(page: str, project: Path, visit: Any, axe: str) -> None:
    path = project / "reports" / "voorbeeld" / f"{page}.html"
    opened = visit(path, bypass_csp=True)
    opened.evaluate(axe)
    for width in (1280, 320):
        opened.set_viewport_size({"width": width, "height": 900})
        wide = opened.evaluate("document.scrollingElement.scrollWidth")
        assert wide <= width
        found = opened.evaluate("async () => await axe.run(document, {resultTypes: ['violations']})")
        assert [(rule["id"], rule["nodes"][0]["html"][:120]) for rule in found["violations"]] == []
