"""The example study from the command line to the page, and what happens when its material is broken."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import papermill
import pytest
from click.testing import CliRunner, Result

from casestudy import cli, labels
from casestudy import study as studies
from casestudy.material import codings, frames, reviews
from casestudy.reporting import fragments, gate, notebooks

ROOT = Path(__file__).resolve().parents[1]
SITES = ["esdoorn", "beuk", "linde", "wilg", "es"]
REPORTS = [*SITES, "cross-site"]
PAGES = [*REPORTS, "codebook"]
COUNTS = {"n", "n_of", "n_before", "n_after", "n_not_applicable"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, list(arguments))


@pytest.fixture(scope="module")
def published(project: Path) -> Path:
    return project / "reports" / "voorbeeld"


@pytest.fixture
def own(project: Path, tmp_path: Path) -> Path:
    """A copy of the built project that a test may change."""
    shutil.copytree(project, tmp_path / "own", symlinks=True)
    return tmp_path / "own"


@pytest.fixture
def material(tmp_path: Path) -> Path:
    """A copy of the example's material that a test may change."""
    return Path(shutil.copytree(ROOT / "interviews" / "voorbeeld", tmp_path / "interviews" / "voorbeeld"))


class _Text(HTMLParser):
    """The words of a page, with the text alternatives of its figures."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.is_shown = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_shown = tag != "style"
        self.words += [value for name, value in attrs if name == "alt" and value]

    def handle_data(self, data: str) -> None:
        self.words += [data] if self.is_shown else []


def text_of(page: Path) -> str:
    reader = _Text()
    reader.feed(page.read_text(encoding="utf-8"))
    return " ".join(reader.words)


def numbers(text: str, language: str) -> Counter[str]:
    versions = re.compile(r"\d+\.\d+\.\d+(?![\d.,])|reflectie 1\.0")
    found = re.findall(r"\d[\d.,]*\d|\d", versions.sub("", text))
    if language == "nl":
        found = [number.replace(".", "").replace(",", ".") for number in found]
    return Counter(number.replace(",", "") if language == "en" else number for number in found)


def test_every_report_stands_in_both_languages(published: Path) -> None:
    assert published.is_symlink()
    for language in ("nl", "en"):
        assert {page.stem for page in (published / language).glob("*.html")} == set(PAGES)
    assert "Fictief" in text_of(published / "index.html")
    assert "Fictional" in text_of(published / "index-en.html")


@pytest.mark.parametrize("page", REPORTS)
def test_both_languages_give_the_same_numbers(page: str, published: Path) -> None:
    nl, en = (text_of(published / language / f"{page}.html") for language in ("nl", "en"))
    assert numbers(nl, "nl") == numbers(en, "en")


@pytest.mark.parametrize("page", REPORTS)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_page_says_names_and_no_ids(page: str, language: str, published: Path, project: Path) -> None:
    text = text_of(published / language / f"{page}.html")
    assert not re.findall(r"\b(?:M\d\d|SK\d\d|CP\d\d|KEN|VAA|HOU|TOE\d|T0|T1|THEN)\b", text)
    people = (project / "interviews" / "voorbeeld" / "participants.csv").read_text(encoding="utf-8")
    ids = [line.split(",")[0] for line in people.splitlines()[1:]]
    assert not [person for person in ids if person in text]
    others = {"esdoorn", "beuk", "linde", "wilg"} - {page}
    if page != "cross-site":
        assert not [site for site in others if re.search(rf"\b{site}\b", text, re.IGNORECASE)]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_and_harmless(page: str, published: Path) -> None:
    files = {f"{language}/{page}.html": (published / language / f"{page}.html") for language in ("nl", "en")}
    assert gate.problems({name: path.read_text(encoding="utf-8") for name, path in files.items()}, {}) in (
        {},
        {name: [] for name in files},
    )
    assert all(path.stat().st_size < 2_000_000 for path in files.values())


def test_cleaning_takes_nothing_from_a_real_part(project: Path) -> None:
    for released in (project / "reports" / ".voorbeeld" / "steps").rglob("released.ipynb"):
        for cell in json.loads(released.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                (content,) = output["data"].values()
                for languages in content["renderings"].values():
                    for html in languages.values():
                        assert plain(fragments.clean(html)) == plain(html)


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", html)))


def test_no_released_count_is_under_the_threshold(project: Path, published: Path) -> None:
    study = studies.read(project / "interviews" / "voorbeeld")
    checked = 0
    for path in (published / "tables").glob("*.csv"):
        minimum = study.minimum("public" if path.name.startswith("cross-site") else "site")
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for column in COUNTS & row.keys():
                    if row[column]:
                        checked += 1
                        assert float(row[column]) >= minimum, f"{path.name} {column}"
    assert checked > 200


def test_the_withdrawn_conversation_is_nowhere(project: Path) -> None:
    folder = project / "interviews" / "voorbeeld"
    people = (folder / "participants.csv").read_text(encoding="utf-8").splitlines()[1:]
    (gone,) = [line.split(",")[0] for line in people if line.split(",")[4]]
    rows = (folder / "sources.csv").read_text(encoding="utf-8").splitlines()[1:]
    (source,) = [line.split(",")[0] for line in rows if gone in line.split(",")[6].split()]
    for path in (project / "reports").rglob("*.*"):
        if path.is_file() and path.suffix in (".csv", ".html", ".ipynb", ".json"):
            assert not re.search(rf"\b{source}\b", path.read_text(encoding="utf-8")), path.name


def test_nothing_changed_means_nothing_is_done(project: Path) -> None:
    place = str(project / "interviews" / "voorbeeld")
    again = run("build", place)
    assert again.exit_code == 0
    assert "edition 1" in again.output
    assert "is current" in again.output
    assert run("status", place).exit_code == 0


def test_one_new_conversation_makes_one_site_and_the_comparison_stale(own: Path) -> None:
    folder = own / "interviews" / "voorbeeld"
    register = folder / "sources.csv"
    before = register.read_text(encoding="utf-8")
    new = folder / "sources" / "es" / "es-nieuw.txt"
    new.write_text("I: Hoe gaat het?\nR: Het gaat goed, dank je.\nI: Fijn.\nR: Ja.\n", encoding="utf-8")
    person = next(line.split(",")[6] for line in before.splitlines() if line.startswith("es-01,"))
    register.write_text(
        f"{before}es-nieuw,es,interview,es-nieuw.txt,2019-05,nl,{person},1,quote,I\n", encoding="utf-8"
    )
    told = run("status", str(folder))
    assert told.exit_code == 1
    stale = [line.split(":")[:2] for line in told.output.splitlines() if "stale" in line or "changed" in line]
    named = {":".join(words) for words in stale if words[0] in ("code", "site")}
    assert {name.split(" ")[0] for name in named} == {"code:es", "site:es"}
    assert "10 of 13 steps are current" in told.output


def test_broken_material_is_told_at_once_and_nothing_good_is_lost(own: Path) -> None:
    folder = own / "interviews" / "voorbeeld"
    page = own / "reports" / "voorbeeld" / "nl" / "beuk.html"
    good = page.read_bytes()
    document = folder / "sources" / "beuk" / "beuk-01.docx"
    document.write_bytes(document.read_bytes()[:2000])
    log = next((folder / "codings" / "coder-a").glob("linde-02.jsonl"))
    lines = log.read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0])
    lines[0] = json.dumps({**first, "end": 10_000_000})
    lines[1] = json.dumps({**json.loads(lines[1]), "code": "M99"})
    log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    guide = folder / "guide.yml"
    guide.write_text(guide.read_text(encoding="utf-8") + "onbekend: 1\n", encoding="utf-8")
    survey = folder / "survey" / "nameting.csv"
    rows = survey.read_text(encoding="utf-8").splitlines()
    cells = rows[1].split(",")
    rows[1] = ",".join([*cells[:4], "9", *cells[5:]])
    survey.write_text("\n".join(rows) + "\n", encoding="utf-8")

    told = run("check", str(folder))
    assert told.exit_code == 3
    for place in (
        "sources/beuk/beuk-01.docx",
        "linde-02.jsonl:1",
        "linde-02.jsonl:2",
        "guide.yml",
        "nameting.csv:2",
    ):
        assert [line for line in told.output.splitlines() if place in line], place
    assert "Traceback" not in told.output
    assert first["quote"][:25] not in told.output

    built = run("build", str(folder))
    assert built.exit_code == 3
    assert page.read_bytes() == good


def test_a_new_study_builds_and_every_section_says_why_it_is_empty(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    place = tmp_path / "interviews" / "nieuw"
    assert run("new", str(place), "--kind", "implementation").exit_code == 0
    built = run("build", str(place))
    assert built.exit_code == 0, built.output
    for language in ("nl", "en"):
        words = labels.read(language)
        for page in ("site-a", "cross-site"):
            text = text_of(tmp_path / "reports" / "nieuw" / language / f"{page}.html")
            for reason in (
                "no_ratings",
                "no_comparison",
                "no_practice",
                "no_attribution",
                "no_decisions",
            ):
                assert words[f"absent.{reason}"] in text, f"{page} {reason}"
            assert not re.search(r"\bnan\b|None|NaN", text)


def test_the_report_across_sites_needs_no_raw_material(own: Path, tmp_path: Path) -> None:
    folder = own / "interviews" / "voorbeeld"
    for raw in ("sources", "codings", "survey", "ratings"):
        shutil.rmtree(folder / raw)
    for table in ("sources.csv", "participants.csv"):
        (folder / table).unlink()
    given = {"study": str(folder), "tables": str(own / "reports" / ".voorbeeld" / "tables")}
    ran = papermill.execute_notebook(
        ROOT / "notebooks" / "03_cross_site_report.ipynb", tmp_path / "ran.ipynb", given, progress_bar=False
    )
    assert notebooks.parts(notebooks.release(ran))[-1].kind == "end"


def test_an_earlier_codebook_gives_its_numbers_again(material: Path) -> None:
    """The themes that became codes later, and all that was coded with them, are gone; nothing else is."""
    now = studies.read(material)
    with (material / "study.yml").open("a", encoding="utf-8") as file:
        file.write('codebook: "1.0.0"\n')
    earlier = studies.read(material)
    later, before = frames.codings(now), frames.codings(earlier)
    same = later[later["family"] != "inductive"].reset_index(drop=True)
    assert 0 < len(before) < len(later)
    pd.testing.assert_frame_equal(before, same)
    pd.testing.assert_frame_equal(frames.settled(earlier), frames.settled(now))
    assert set(frames.settled(earlier)["standing"]) == {"current"}
    assert len(frames.code_changes(now)) == 26
    assert frames.code_changes(earlier).empty


def test_a_corrected_transcript_touches_only_the_ratings_that_rest_on_it(material: Path) -> None:
    """One typing error under one coding: the coding is listed and follows, one cell is stale, no more."""
    coding = next(one for one in codings.read(studies.read(material), "es") if one.code == "M23")
    path = next((material / "sources" / "es").glob(f"{coding.source}.*"))
    text = path.read_text(encoding="utf-8")
    words = coding.quote.split()
    wrong = " ".join([*words[:2], f"{words[2]}q", *words[3:]])
    assert text.count(coding.quote) == 1
    path.write_text(text.replace(coding.quote, wrong), encoding="utf-8")
    study = studies.read(material)
    (listed,) = [one for one in reviews.read(study) if one.state == "changed"]
    assert (listed.coding.coding, listed.new_words) == (coding.coding, wrong)
    settled = frames.settled(study)
    stale = settled[settled["standing"] == "stale"]
    assert stale[["site", "code", "n_changed"]].values.tolist() == [["es", "M23", 1]]
