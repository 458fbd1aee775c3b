"""Pages as a reader's browser shows them: nothing runs, nothing is fetched, everything can be read by everyone."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode, v4

from casestudy.reporting import notebooks, pages
from casestudy.reporting.notebooks import MIME
from casestudy.reporting.pages import Entry, Head

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
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

PROSE = {
    "glance": ("Kern in één minuut", "At a glance", "", ""),
    "about": (
        "Waarover gaat dit rapport",
        "About this report",
        "Esdoorn werkt sinds twee jaar met een veiligheidsplan dat **samen met het gezin en het netwerk** wordt gemaakt."
        " We spraken met professionals en leidinggevenden over wat daarbij helpt en wat in de weg staat.\n\n"
        "Zo leest u dit rapport:\n\n- een beoordeling loopt van −2 (belemmert sterk) tot +2 (helpt sterk);\n"
        "- een factor waar niemand over sprak, heet *niet beoordeeld*. Dat is iets anders dan geen invloed.",
        "Esdoorn has worked for two years with a safety plan that is made **together with the family and its network**."
        " We spoke with professionals and leads about what helps and what stands in the way.\n\n"
        "How to read this report:\n\n- a rating runs from −2 (hinders strongly) to +2 (helps strongly);\n"
        "- a factor nobody raised is *not rated*. That is not the same as no influence.",
    ),
    "factors": (
        "Wat helpt en wat belemmert",
        "What helps and hinders",
        "Twee onderzoekers beoordeelden elke factor, los van elkaar. Daarna kwamen zij samen tot een oordeel.",
        "Two researchers rated every factor, independently. Then they settled on a rating together.",
    ),
    "change": (
        "Verandering volgens professionals",
        "Change according to professionals",
        "Professionals vulden de vragenlijst vóór en na de training in. Er was geen groep ter vergelijking.",
        "Professionals filled in the questionnaire before and after the training. There was no comparison group.",
    ),
    "together": ("Wat beide bronnen samen vertellen", "What both sources say together", "", ""),
    "method": ("Verantwoording", "Method and limits", "", ""),
}


@dataclass
class Sample:
    """A notebook as a run leaves it, with every kind of part; ``extra`` is put wherever data can stand."""

    extra: str = ""
    cells: list[Any] = field(default_factory=list)

    def heading(self, section: str) -> None:
        nl, en, nl_text, en_text = PROSE[section]
        for language, title, text in (("nl", nl, nl_text), ("en", en, en_text)):
            tags = [language, f"section-{section}"]
            source = f"## {title}\n\n{text}\n\n{self.extra}"
            self.cells.append(v4.new_markdown_cell(source, metadata={"tags": tags}))

    def part(self, kind: str, id: str, html: dict[str, str]) -> None:  # noqa: A002
        drawn = {language: text.replace("EXTRA", self.extra) for language, text in html.items()}
        data = {
            "version": 1,
            "kind": kind,
            "id": id,
            "renderings": {audience: drawn for audience in ("internal", "site", "public")},
            "released": {"site": {"columns": ["scale", "n"], "rows": [["knowledge", 14]]}},
            "withheld": {"site": [{"rule": "few_people", "place": "Es x T1"}]},
        }
        shown = v4.new_output("display_data", data={MIME: data, "text/html": "<p>in the notebook</p>"})
        noise = v4.new_output("stream", name="stderr", text="printed by the cell")
        self.cells.append(
            v4.new_code_cell("show()", execution_count=len(self.cells) + 1, outputs=[noise, shown])
        )

    def notebook(self) -> NotebookNode:
        return notebooks.release(v4.new_notebook(cells=self.cells))


def sample(extra: str = "") -> NotebookNode:
    made = Sample(extra)
    made.part("head", "material", both(MATERIAL))
    for section, shown in SECTIONS.items():
        made.heading(section)
        for kind, id, html in shown:  # noqa: A001
            made.part(kind, id, both(html))
    made.part("end", "end", both("<p>Notitieboek 02, versie 0.1.0, codeboek 1.2, drempels 5 en 10.</p>"))
    return made.notebook()


def both(html: str) -> dict[str, str]:
    return {"nl": html, "en": html}


def drawing(width: int) -> str:
    """Dots with intervals, as the figures of the package look, without any library."""
    rows = [("Kennis", 0.42, 0.2, 0.64), ("Vaardigheden", 0.55, 0.3, 0.8), ("Houding", 0.08, -0.12, 0.28)]
    left, size = (190, 15) if width > 400 else (105, 13)

    def at(value: float) -> float:
        return left + (value + 0.4) / 1.4 * (width - left - 20)

    marks = [f'<line x1="{at(0)}" x2="{at(0)}" y1="10" y2="190" stroke="#8b9793"/>']
    for i, (name, value, lo, hi) in enumerate(rows):
        y = 40 + 55 * i
        marks.append(f'<text x="0" y="{y + 5}" font-size="{size}" font-family="sans-serif" fill="#1b2422">{name}</text>')
        marks.append(f'<line x1="{at(lo)}" x2="{at(hi)}" y1="{y}" y2="{y}" stroke="#0d5750" stroke-width="3"/>')
        marks.append(f'<circle cx="{at(value)}" cy="{y}" r="7" fill="#0d5750"/>')
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 200">{"".join(marks)}</svg>'
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


MATERIAL = """<dl><div><dt>Gesprekken</dt><dd>10 tot 19</dd></div><div><dt>Deelnemers aan gesprekken</dt>
<dd>20 tot 49</dd></div><div><dt>Ingevulde vragenlijsten</dt><dd>10 tot 19, voor en na</dd></div></dl>"""

GLANCE = """<h3>Drie bevindingen</h3><ol>
<li>Professionals maken het veiligheidsplan steeds vaker <strong>samen met het gezin</strong>.
<a href="#part-ratings">Bekijk de factoren</a></li>
<li>Collega's helpen elkaar: steun van collega's is de sterkste helpende factor EXTRA.</li>
<li>Kennis en vaardigheden namen toe na de training; houding bleef gelijk.</li></ol>
<h3>Twee aandachtspunten</h3><ul><li>Tijd is de sterkste belemmerende factor.</li>
<li>Nieuwe collega's krijgen de training laat.</li></ul>
<p class="note">Dit rapport vertelt wat mensen ervaren. Het bewijst niet dat de training de oorzaak is.</p>"""

RATINGS = """<table class="stack"><caption id="ratings-caption">Factoren die het meest helpen EXTRA</caption>
<thead><tr><th scope="col">Factor</th><th scope="col">Beoordeling</th><th scope="col">Ter sprake in</th></tr></thead>
<tbody><tr><th scope="row">Steun van collega's</th><td class="rating p2" data-label="Beoordeling">+2 helpt sterk</td>
<td data-label="Ter sprake in">de meeste gesprekken<blockquote class="quote"><p lang="nl">“We kijken [elke week] met
zijn tweeën naar het plan, dan durf je ook te zeggen dat het spannend is.”</p><footer>professional</footer>
</blockquote></td></tr>
<tr><th scope="row">Duidelijke werkwijze</th><td class="rating p1" data-label="Beoordeling">+1 helpt ◐</td>
<td data-label="Ter sprake in">een deel van de gesprekken</td></tr>
<tr><th scope="row">Tijd EXTRA</th><td class="rating m2" data-label="Beoordeling">−2 belemmert sterk</td>
<td data-label="Ter sprake in">bijna alle gesprekken</td></tr></tbody></table>
<p class="note">◐ Deze beoordeling verandert als één keuze in de berekening anders was gemaakt.</p>"""

SITES = ("Esdoorn", "Beuk", "Linde", "Wilg", "Es")
CELLS = [
    ("Vernieuwing", None),
    ("Duidelijke werkwijze", "p1 p2 p1 zero none"),
    ("Past bij wat men al deed", "p2 p1 mixed p1 p1"),
    ("Gebruiker", None),
    ("Steun van collega's", "p2 p2 p1 m1 p1"),
    ("Kennis", "p1 few zero m1 p1"),
    ("Organisatie", None),
    ("Tijd EXTRA", "m2 m1 m2 m2 m1"),
    ("Bekrachtiging door leidinggevenden", "m1 p1 none m2 few"),
]
SIGNS = {"p2": "+2", "p1": "+1", "zero": "0", "m1": "−1", "m2": "−2", "mixed": "X", "none": "–", "few": "○"}

KEY = {"p2": "helpt sterk", "p1": "helpt", "zero": "geen invloed", "m1": "belemmert", "m2": "belemmert sterk"}
KEY |= {"mixed": "gemengd", "none": "niet beoordeeld", "few": "te weinig gesprekken"}


def matrix() -> str:
    rows = []
    for name, values in CELLS:
        if values is None:
            rows.append(f'<tr><th scope="rowgroup" colspan="6">{name}</th></tr>')
            continue
        cells = "".join(f'<td class="rating {v}">{SIGNS[v]}</td>' for v in values.split())
        rows.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    heads = "".join(f'<th scope="col">{site}</th>' for site in SITES)
    key = "".join(f"<li><b>{sign}</b> {KEY[name]}</li>" for name, sign in SIGNS.items())
    return f"""<div class="scroll" role="region" tabindex="0" aria-labelledby="matrix-caption"><table class="matrix">
<caption id="matrix-caption">Beoordeling van elke factor, per organisatie</caption>
<thead><tr><th scope="col">Factor</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>
<ul class="key">{key}</ul>"""


NUMBERS = """<table class="stack"><caption id="{id}-caption">Gemiddelde score vóór en na de training</caption><thead><tr>
<th scope="col">Schaal</th><th scope="col" class="num">n</th><th scope="col" class="num">Vóór</th>
<th scope="col" class="num">Na</th><th scope="col" class="num">Verschil</th></tr></thead><tbody>
<tr><th scope="row">Kennis EXTRA</th><td class="num" data-label="n">14</td><td class="num" data-label="Vóór">3,1</td>
<td class="num" data-label="Na">3,5</td><td class="num" data-label="Verschil">+0,4</td></tr>
<tr><th scope="row">Vaardigheden</th><td class="num" data-label="n">14</td><td class="num" data-label="Vóór">2,9</td>
<td class="num" data-label="Na">3,5</td><td class="num" data-label="Verschil">+0,6</td></tr>
<tr><th scope="row">Houding</th><td class="num" data-label="n"><span class="withheld">minder dan 5</span></td>
<td class="num" data-label="Vóór"><span class="withheld">weggelaten</span></td>
<td class="num" data-label="Na"><span class="withheld">weggelaten</span></td>
<td class="num" data-label="Verschil"><span class="withheld">weggelaten</span></td></tr></tbody></table>"""

FIGURE = f"""<figure id="fig-change"><picture><source media="(max-width: 40rem)" srcset="{drawing(330)}">
<img src="{drawing(720)}" alt="Verschil per schaal: kennis 0,4 hoger, vaardigheden 0,6 hoger, houding gelijk EXTRA">
</picture><figcaption>Verschil tussen voor en na de training, met het interval waarin het verschil waarschijnlijk
ligt. EXTRA</figcaption><details><summary>De cijfers achter deze figuur</summary>
{NUMBERS.format(id="change-figure")}</details></figure>"""

JOINT = """<table class="stack"><caption id="joint-caption">Gesprekken en vragenlijst naast elkaar</caption><thead><tr>
<th scope="col">Onderwerp</th><th scope="col">Gesprekken</th><th scope="col">Vragenlijst</th>
<th scope="col">Samen</th></tr></thead><tbody><tr><th scope="row">Kennis</th>
<td data-label="Gesprekken">Professionals noemen meer kennis van signalen.</td>
<td data-label="Vragenlijst">Hoger dan voor de training</td>
<td data-label="Samen"><span class="badge">bevestigt</span> Beide bronnen wijzen op groei.</td></tr>
<tr><th scope="row">Houding</th><td data-label="Gesprekken">Een deel noemt meer lef om door te vragen.</td>
<td data-label="Vragenlijst"><span class="withheld">te weinig deelnemers</span></td>
<td data-label="Samen"><span class="badge">wijst af</span> De vragenlijst vraagt niet naar lef. EXTRA</td></tr></tbody>
</table>"""

QUOTES = """<h3>Tijd</h3><blockquote class="quote"><p lang="nl">“Er is altijd wel een crisis die voorgaat. Dan blijft het
plan half af liggen. EXTRA”</p><footer>professional</footer></blockquote>"""

CARDS = """<ul class="cards"><li><h3>Wie deden mee</h3><p>Professionals en leidinggevenden van vijf organisaties.</p></li>
<li><h3>Wie codeerden</h3><p>Twee onderzoekers, onafhankelijk van elkaar.</p></li>
<li><h3>Wat we niet weten</h3><p>Of de verandering door de training kwam EXTRA.</p></li></ul>"""

SECTIONS: dict[str, list[tuple[str, str, str]]] = {
    "glance": [("text", "at-a-glance", GLANCE)],
    "about": [],
    "factors": [("table", "ratings", RATINGS), ("table", "matrix", matrix()), ("quotes", "quotes", QUOTES)],
    "change": [("figure", "change-figure", FIGURE), ("table", "change", NUMBERS.format(id="change"))],
    "together": [("table", "joint", JOINT)],
    "method": [("text", "method", CARDS)],
}


def head(language: str, extra: str = "", **more: Any) -> Head:
    other = {"nl": "en", "en": "nl"}[language]
    values: dict[str, Any] = {
        "study": f"Samen werken aan veiligheid {extra}",
        "title": f"Esdoorn {extra}",
        "edition": 3,
        "date": "2019-03-12",
        "about": f"Wat professionals van Esdoorn ervaren nu zij een jaar met de werkwijze werken. {extra}",
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
        Entry(title=f"Esdoorn {extra}", kind="site", state="fresh", hrefs=both_pages, edition=3, date="2019-03-12"),
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
    listing = {"title": f"Samen werken aan veiligheid {extra}", "about": question, "alternates": {"en": "index-en.html"}}
    return {
        "nl": pages.render(released, language="nl", audience="site", head=head("nl", extra)),
        "en": pages.render(released, language="en", audience="site", head=head("en", extra)),
        "index": pages.index(entries(extra), language="nl", head=head("nl", extra, **listing)),
    }


def chromium() -> str | None:
    return os.environ.get("CASESTUDY_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def axe() -> Path | None:
    named = os.environ.get("CASESTUDY_AXE")
    path = Path(named) if named else ROOT / "node_modules" / "axe-core" / "axe.min.js"
    return path if path.is_file() else None


def missing(what: str) -> None:
    """Skip on a desk without the program; never where every check has to run."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} must be there")
    pytest.skip(f"{what} is not there")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if chromium() is None:
        missing("Chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield opened
        opened.close()


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


@pytest.mark.parametrize("attack", ATTACKS)
def test_text_from_data_runs_nothing_and_fetches_nothing(attack: str, visit: Any, tmp_path: Path) -> None:
    for name, text in all_pages(attack).items():
        path = tmp_path / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        page = visit(path, bypass_csp=True)
        page.wait_for_timeout(50)
        assert page.dialogs == []
        assert [url for url in page.requests if not url.startswith(("data:", path.as_uri()))] == []
        assert page.evaluate("document.querySelectorAll('script, iframe, object, embed, base, form').length") == 0
        assert "1337" not in page.inner_text("body")
        assert page.title().startswith(("Esdoorn", "Samen werken"))
        assert attack.split("\n")[0][:8] in page.inner_text("h1"), "a title is shown as it was typed"


@pytest.mark.parametrize("name", ["nl", "en", "index"])
def test_axe_finds_nothing(name: str, files: dict[str, Path], visit: Any) -> None:
    script = axe()
    if script is None:
        missing("axe-core")
        return
    for width in (1280, 320):
        page = visit(files[name], width, bypass_csp=True)
        page.evaluate(script.read_text(encoding="utf-8"))
        found = page.evaluate("async () => await axe.run(document, {resultTypes: ['violations', 'incomplete']})")
        told = [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found["violations"]]
        assert told == []
        assert [rule["id"] for rule in found["incomplete"]] == []


@pytest.mark.parametrize("width", [320, 480, 768, 1280])
@pytest.mark.parametrize("name", ["nl", "index"])
def test_a_page_never_scrolls_sideways(name: str, width: int, files: dict[str, Path], visit: Any) -> None:
    page = visit(files[name], width)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_a_wide_matrix_scrolls_inside_a_frame_that_the_keyboard_reaches(files: dict[str, Path], visit: Any) -> None:
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
def test_paper_shows_everything_and_is_tagged(name: str, files: dict[str, Path], visit: Any, tmp_path: Path) -> None:
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
        words = subprocess.run(["pdftotext", str(target), "-"], capture_output=True, text=True, check=True).stdout
        assert words.count("Gemiddelde score vóór en na de training") == 2, "the table behind the figure is printed"
