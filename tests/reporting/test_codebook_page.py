"""The codebook page: its reading sentence, its entries, and what each reader sees of its history."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from casestudy import labels
from casestudy.material.codebook import (
    Anchors,
    Change,
    Code,
    Codebook,
    CodeChange,
    Definition,
    Framework,
    framework,
)
from casestudy.material.crosswalk import Affected, Carried, Recode
from casestudy.reporting import fragments, names
from casestudy.reporting.parts import Part
from casestudy.reporting.tables import codebook_page
from casestudy.study import Audience, Site, Study, Words

NL, EN = labels.read("nl"), labels.read("en")
AUDIENCES: tuple[Audience, ...] = ("internal", "site", "public")
EVIL = "<img src=x onerror=alert(1)>\"'&"


def change(version: str, kind: str, before: str = "", after: str = "") -> CodeChange:
    values = {"version": version, "change": kind, "from": before.split(), "to": after.split()}
    return CodeChange.model_validate(values)


def code(code_id: str, **fields: Any) -> Code:
    values = {
        "id": code_id,
        "family": "inductive",
        "label": Words(nl="Rust", en="Calm"),
        "definition": Definition(nl="Geen haast."),
    }
    return Code(**(values | fields))


@pytest.fixture
def study() -> Study:
    words = Words(nl="Onderzoek", en="Study")
    sites = (Site(id="s1", name="Esdoorn"),)
    return Study(title=words, question=words, kind="implementation", fictional=True, sites=sites)


def book(*extra: Code, version: str = "2.1.0", **fields: Any) -> Codebook:
    ready: tuple[Framework, ...] = ("midi", "skills", "components")
    codes = (*(c for name in ready for c in framework(name)), *extra)
    return Codebook(id="boek", version=version, codes=codes, **fields)


def text(part: Part, audience: Audience = "public", words: labels.Labels = NL) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", str(part.draw(words, audience).html))).strip()


LOG = (Change(version="2.0.0", note="Eerste"), Change(version="2.1.0", note="Sociale steun gesplitst"))
HISTORY = Carried((), affected=(Affected("2.1.0", "M13", "split", 14, ("M13a", "M13b"), "Twee soorten"),))


def test_the_reading_sentence_is_that_of_methods_b7(study: Study) -> None:
    """Methods B7: 29 factors, 9 skills and 12 components; one code was split and 14 segments were recoded."""
    part = codebook_page.reading(book(changelog=LOG), HISTORY, study=study)
    assert text(part).endswith(
        "Codeboek versie 2.1.0 bevat 29 factoren, 9 vaardigheden en 12 onderdelen. "
        "Sinds versie 2.0.0: één code gesplitst en 15 fragmenten opnieuw gecodeerd."
    )
    assert text(part, "internal", EN).endswith(
        "Codebook version 2.1.0 has 29 factors, 9 skills and 12 components. "
        "Since version 2.0.0: one code split and 14 segments recoded."
    )


def test_segments_that_wait_are_not_called_recoded(study: Study) -> None:
    waiting = tuple(Recode(None, ("M13a",), "2.1.0") for _ in range(14))  # type: ignore[arg-type]
    found = Carried((), recode=waiting, affected=HISTORY.affected)
    part = codebook_page.reading(book(changelog=LOG), found, study=study)
    assert "opnieuw" not in text(part, "internal")


def test_a_first_version_has_no_history(study: Study) -> None:
    one = Codebook(id="boek", version="1.0.0", codes=(code("A"), code("B", active=False)))
    part = codebook_page.reading(one, Carried(()), study=study)
    assert text(part).endswith(" Codeboek versie 1.0.0 bevat één code uit het materiaal zelf.")
    assert text(codebook_page.versions(one, Carried(()), study=study)) == NL["codebook.no_changes"]


def test_nothing_changed_is_said(study: Study) -> None:
    part = codebook_page.reading(book(changelog=LOG), Carried(()), study=study)
    assert text(part).endswith("Sinds versie 2.0.0 bleven alle codes wat zij waren.")


def test_the_overview_counts_per_family_and_domain(study: Study) -> None:
    """Methods B1: 7, 11, 10 and 1 determinants."""
    drawn = codebook_page.overview(book(), study=study).draw(NL, "public")
    assert drawn.released is not None
    rows = drawn.released[["domain", "n_main", "n_codes"]].values.tolist()
    assert rows[:4] == [["innovation", 7, 7], ["user", 11, 11], ["organisation", 10, 10], ["context", 1, 1]]
    assert [row[1:] for row in rows[4:]] == [[9, 9], [12, 12]]
    assert str(drawn.html).count('scope="colgroup"') == 2


def test_the_overview_of_the_cfir_counts_constructs_and_all(study: Study) -> None:
    """Methods B2: 8 + 7 + 11 + 13 + 9 constructs and 3 + 10 + 0 + 6 subconstructs."""
    cfir = Codebook(id="boek", version="1.0.0", codes=framework("cfir"))
    drawn = codebook_page.overview(cfir, study=study).draw(EN, "public")
    assert drawn.released is not None
    assert drawn.released[["n_main", "n_codes"]].values.tolist() == [
        [8, 8],
        [7, 10],
        [11, 21],
        [13, 13],
        [9, 15],
    ]
    for domain in ("outer_setting", "inner_setting", "individuals", "process"):
        assert labels.read("nl")[f"domain.{domain}"] != labels.read("en")[f"domain.{domain}"]


def test_a_report_knows_every_domain() -> None:
    cfir = Codebook(id="boek", version="1.0.0", codes=framework("cfir"))
    found = names.factors(cfir, [c.id for c in cfir.codes])
    assert sum(len(ids) for _, ids in found) == 67
    assert all(f"domain.{domain}" in words for domain, _ in found for words in (NL, EN))


class _Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.open.append(tag)
        self.ids += [str(values["id"])] if "id" in values else []
        self.links += [str(values["href"])] if "href" in values else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", ["midi", "cfir", "cfir2009", "skills", "components"])
@pytest.mark.parametrize("words", [NL, EN], ids=["nl", "en"])
def test_every_code_has_an_entry_that_a_page_may_hold(
    study: Study, name: Framework, words: labels.Labels
) -> None:
    codes = framework(name)
    one = Codebook(id="boek", version="1.0.0", codes=codes)
    drawn = codebook_page.codes(one, study=study, family=codes[0].family).draw(words, "public")
    page = _Page(str(drawn.html))
    assert page.open == []
    assert page.ids == [f"code-{c.id.lower()}" for _, group in _grouped(one) for c in group]
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert unescape(str(fragments.clean(str(drawn.html)))) == unescape(str(drawn.html))
    assert drawn.released is not None
    assert len(drawn.released) == len(codes)
    levels = [tag for tag in page.tags if tag in ("h3", "h4")]
    assert levels[0] == "h3"


def _grouped(one: Codebook) -> list[tuple[str, list[Code]]]:
    if one.codes[0].family != "factor":
        return [("", list(one.codes))]
    return [(d, [one.code(c) for c in ids]) for d, ids in names.factors(one, [c.id for c in one.codes])]


def test_an_entry_says_what_a_code_means_in_both_languages(study: Study) -> None:
    part = codebook_page.codes(book(), study=study)
    drawn = str(part.draw(NL, "public").html)
    entry = re.search(r'<section class="code" id="code-m13">.*?</section>', drawn, re.DOTALL)
    assert entry is not None
    html = entry.group()
    assert '<h4>Sociale steun <span class="badge">M13</span></h4>' in html
    assert '<p class="note" lang="en">Social support</p>' in html
    assert "<dt>Wel hier</dt><dd>ik kan terecht bij, ik sta er alleen voor</dd>" in html
    assert "Bedachte voorbeelden en zoekwoorden bij M13 Sociale steun" in html
    assert html.index("<details>") < html.index("altijd bij mijn collega’s terecht")
    english = str(part.draw(EN, "public").html)
    assert '<dd><span lang="nl">ik kan terecht bij, ik sta er alleen voor</span></dd>' in english
    assert '<p class="note" lang="nl">Sociale steun</p>' in english


def test_an_exclusion_links_to_the_code_it_names_when_it_is_in_the_list(study: Study) -> None:
    drawn = str(codebook_page.codes(book(), study=study).draw(NL, "public").html)
    assert 'moeilijkheid van de stappen zelf → <a href="#code-m04">M04</a>' in drawn
    assert "formele coaching als onderdeel → CP04" in drawn


def test_words_of_a_codebook_are_escaped_everywhere(study: Study) -> None:
    # a code that is named behind an arrow, beside words that are no id
    both = Definition(nl=f"{EVIL} → A; {EVIL}", en=f"{EVIL} → A")
    bad = {
        "label": Words(nl=EVIL, en=EVIL),
        "definition": both,
        "include": both,
        "exclude": both,
        "anchors": Anchors(positive=EVIL, negative=EVIL),
        "terms": (EVIL,),
    }
    codes = (code("A", **bad), code("B", parent="A", **bad), code("C", active=False, **bad))
    notes = (Change(version="1.0.0", note=EVIL),)
    one = Codebook(id="boek", version="1.0.0", codes=codes, changelog=notes)
    history = Carried(
        (), affected=(Affected("1.0.0", "A", "retire", 5, (), EVIL),), unscreened=(("a-01", "A"),)
    )
    parts = [
        codebook_page.reading(one, history, study=study),
        codebook_page.overview(one, study=study),
        codebook_page.codes(one, study=study, family="inductive"),
        codebook_page.versions(one, history, study=study),
        codebook_page.unscreened(one, history, study=study),
    ]
    for part in parts:
        for words in (NL, EN):
            assert "<img" not in str(part.draw(words, "internal").html), part.id


COUNTS: list[tuple[Audience, int, str]] = [
    ("internal", 3, "3"),
    ("site", 3, "minder dan 5"),
    ("site", 14, "14"),
    ("public", 9, "minder dan 10"),
    ("public", 14, "15"),
]


@pytest.mark.parametrize(("audience", "n", "shown"), COUNTS)
def test_a_small_number_of_codings_is_a_word_outside_the_team(
    study: Study, audience: Audience, n: int, shown: str
) -> None:
    history = Carried((), affected=(Affected("2.1.0", "M13", "split", n, ("M13a", "M13b")),))
    part = codebook_page.versions(book(changelog=LOG), history, study=study)
    drawn = part.draw(NL, audience)
    assert f'data-label="Coderingen die de code toen hadden">{shown}</td>' in str(drawn.html)
    assert drawn.released is not None
    (released,) = drawn.released["n_codings_affected"]
    assert released != released or released >= (0 if audience == "internal" else study.minimum(audience))


def test_the_history_is_told_from_new_to_old(study: Study) -> None:
    steps = (Affected("2.0.0", "N1", "new", 0), Affected("2.1.0", "M13", "split", 14, ("M13a", "M13b")))
    part = codebook_page.versions(book(changelog=LOG), Carried((), affected=steps), study=study)
    told = text(part, "internal")
    assert told.index("Versie 2.1.0: Sociale steun gesplitst") < told.index("Versie 2.0.0: Eerste")
    assert "2.1.0 gesplitst M13 Sociale steun M13a en M13b 14 2.0.0 toegevoegd N1 – –" in told


def test_codes_that_came_in_together_share_a_row_and_no_reason_is_told_twice(study: Study) -> None:
    steps = (
        *(Affected("2.0.0", code, "new", 0, (), "Eerste") for code in ("M01", "M02")),
        Affected("2.1.0", "M13", "split", 14, ("M13a",), "Twee soorten"),
    )
    part = codebook_page.versions(book(changelog=LOG), Carried((), affected=steps), study=study)
    told = text(part, "internal")
    assert "2.0.0 toegevoegd M01 Procedurele helderheid en M02 Juistheid – – –" in told
    assert "M13a 14 Twee soorten" in told
    assert told.count("Eerste") == 1


@pytest.mark.parametrize("audience", AUDIENCES)
def test_only_the_research_team_sees_which_sources_wait(study: Study, audience: Audience) -> None:
    found = Carried((), unscreened=(("esdoorn-01", "M01"), ("esdoorn-02", "M01"), ("esdoorn-02", "SK01")))
    told = text(codebook_page.unscreened(book(), found, study=study), audience)
    assert ("esdoorn" in told) is (audience == "internal")
    if audience == "internal":
        assert "M01 Procedurele helderheid esdoorn-01 en esdoorn-02 SK01" in told
    nobody = text(codebook_page.unscreened(book(), Carried(()), study=study), audience)
    assert nobody == NL["codebook.unscreened_no_newer"]
    newer = Carried((), affected=(Affected("2.0.0", "N1", "new", 0),))
    assert (
        text(codebook_page.unscreened(book(), newer, study=study), audience) == NL["codebook.unscreened_none"]
    )


@pytest.mark.parametrize("family", codebook_page.FAMILIES)
def test_a_family_without_codes_says_so(study: Study, family: Any) -> None:
    one = Codebook(id="boek", version="1.0.0", codes=(code("A", active=False),))
    part = codebook_page.codes(one, study=study, family=family)
    assert text(part) == NL[f"codebook.none.{family}"]
    assert part.id == f"codes-{family}"


def test_a_code_says_since_when_it_is_there(study: Study) -> None:
    changes = (change("1.1.0", "new", "", "A"),)
    one = Codebook(
        id="boek", version="2.0.0", codes=(code("A"), code("B", since="1.2.0"), code("C")), changes=changes
    )
    told = text(codebook_page.codes(one, study=study, family="inductive"))
    assert re.findall(r"Sinds versie (\S+)", told) == ["1.1.0", "1.2.0"]
