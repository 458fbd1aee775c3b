"""Reading aids on a page: words for small numbers, nothing that singles a person out, and sound markup."""

from __future__ import annotations

import re
from typing import Any, get_args

import html5lib
import numpy as np
import pandas as pd
import pytest

from casestudy import labels
from casestudy.findings import counts, saturation
from casestudy.findings.cooccurrence import cooccurrence
from casestudy.findings.mentions import mentions
from casestudy.material.codebook import Code, Codebook, Definition, framework
from casestudy.material.summaries import Summary, Text
from casestudy.reporting import figures, fragments, tables
from casestudy.reporting.parts import MIME, Part, bundle
from casestudy.reporting.quotes import Quote
from casestudy.study import Audience, Site, Study, Words

SITES = {"s1": "Esdoorn", "s2": "Beuk", "s3": "Linde"}
N_TALKS = {"s1": 20, "s2": 8, "s3": 2}
CODES = ["M01", "M04", "M20", "M23", "M29"]
EVERYONE: tuple[Audience, ...] = get_args(Audience)


def words(text: str) -> Words:
    return Words(nl=f"{text} (nl)", en=f"{text} (en)")


STUDY = Study(
    title=words("Onderzoek"),
    question=words("Vraag"),
    kind="implementation",
    audiences=EVERYONE,
    sites=tuple(Site(id=key, name=name) for key, name in SITES.items()),
)
OWN = tuple(
    Code(
        id=f"IND{n}",
        family="inductive",
        label=Words(nl=f"<b>Rust</b> {n}", en=f"<b>Calm</b> {n}"),
        definition=Definition(nl="Rust"),
    )
    for n in range(24)
)
BOOK = Codebook(id="boek", version="1.0.0", codes=(*framework("midi"), *OWN))
ABOUT: dict[str, Any] = {"study": STUDY, "codebook": BOOK}


def _sources() -> pd.DataFrame:
    rows = [
        (
            f"{site}-{n:02}",
            site,
            "interview",
            "lead" if n % 4 == 3 else "professional",
            f"2019-{1 + n % 12:02}",
        )
        for site, n_talks in N_TALKS.items()
        for n in range(n_talks)
    ]
    frame = pd.DataFrame(rows, columns=["source", "site", "kind", "role", "date"])
    document = pd.DataFrame([("s1-doc", "s1", "document", None, "2019-01")], columns=frame.columns)
    return pd.concat([frame, document]).assign(n_characters=1000, n_participants=1)


SOURCES = _sources()
TALKS = SOURCES[SOURCES["kind"] == "interview"]
PEOPLE = TALKS.assign(participant=TALKS["source"], role_class=TALKS["role"], is_withdrawn=False)


def codings(rows: list[tuple[str, str]]) -> pd.DataFrame:
    """Codings of codes in sources: each at a place of its own, so that codes given after it overlap."""
    frame = pd.DataFrame(rows, columns=["source", "code"]).merge(SOURCES[["source", "site", "role"]])
    started = frame.assign(
        start=frame["code"].map({"M01": 0, "M04": 5, "M20": 100, "M23": 200, "M29": 300}).fillna(500)
    )
    return started.astype({"start": int}).assign(
        coding=[f"c{n}" for n in range(len(frame))],
        end=started["start"].astype(int) + 10,
        valence="-",
        kind="human",
        status="confirmed",
        round="main",
    )


# M01 and M04 in one segment each; M20 in 10 of 20 at the first site; M29 in one conversation; all were read
SAID = [
    *((f"s1-{n:02}", code) for n in range(10) for code in ("M01", "M04", "M20")),
    *((f"s2-{n:02}", "M01") for n in range(8)),
    *((f"s3-{n:02}", "M04") for n in range(2)),
    *((f"s1-{n:02}", "M01") for n in range(10, 20)),
    ("s1-doc", "M29"),
    ("s2-00", "M29"),
]
CODED = codings(SAID)
ASKED = pd.DataFrame(
    [(source, code, code in ("M01", "M04", "M20", "M23")) for source in TALKS["source"] for code in CODES],
    columns=["source", "code", "asked"],
)
MENTIONED = mentions(CODED, SOURCES, ASKED, codes=CODES)
GROWN = codings([
    *((f"s1-{n:02}", f"IND{code}") for n in range(20) for code in ([*range(21)] if n == 0 else [n, 0])),
    *((f"s2-{n:02}", f"IND{n}") for n in range(8)),
    *((f"s3-{n:02}", "IND0") for n in range(2)),
])  # fmt: skip
FOUND = saturation.saturation(
    GROWN, TALKS, codes=[code.id for code in OWN], sites=[*SITES], n_orders=60, seed=1
)
QUOTES = [
    Quote("c0", "Er is <i>geen</i> tijd.", "M01", "s1", frozenset({"internal", "site"}), "professional"),
    Quote("c3", "Te druk.", "M01", "s1", frozenset(EVERYONE), "someone"),
    Quote("c9", "Niet van een samenvatting.", "M20", "s1", frozenset(EVERYONE), "someone"),
]


def summary(code: str, site: str, sources: list[str], **text: str) -> Summary:
    here = CODED[(CODED["code"] == code) & CODED["source"].isin(sources)]
    return Summary(
        site=site,
        code=code,
        summary=Text(**({"nl": "Er was <script>weinig</script> tijd."} | text)),
        excerpts=tuple(here["coding"]),
        by="r1",
    )


SUMMARIES = [
    summary("M01", "s1", ["s1-00", "s1-01", "s1-02"], en="There was little time."),
    summary("M01", "s2", ["s2-00"], nl="Zei de teamleider."),
    summary("M04", "s3", ["s3-00", "s3-01"], nl="Zeiden twee."),
]


def parts(site: str | None) -> dict[str, Part]:
    """Give every reading aid of the page of one site, or of the page across sites."""
    here = TALKS if site is None else TALKS[TALKS["site"] == site]
    pairs = cooccurrence(CODED, here, codes=CODES)
    coverage = saturation.frame_coverage(CODED, TALKS, codes=CODES, sites=[*SITES])
    made = (
        tables.mention_matrix(MENTIONED, SOURCES, site=site, **ABOUT),
        tables.mention_matrix(MENTIONED, SOURCES, PEOPLE, by="role", site=site, id="mentions-role", **ABOUT),
        tables.cooccurrence(pairs, here, **ABOUT),
        tables.three_counts(counts.three_counts(CODED, here, codes=CODES), **ABOUT),
        tables.saturation(FOUND, study=STUDY, site=site),
        figures.saturation(FOUND, study=STUDY, site=site),
        tables.frame_coverage(coverage, study=STUDY, site=site),
        tables.framework_matrix(SUMMARIES, CODED, SOURCES, QUOTES, site=site, **ABOUT),
    )
    return {part.id: part for part in made}


PAGES = [(site, audience) for site in (None, "s1", "s3") for audience in EVERYONE]


@pytest.fixture(scope="module", params=PAGES, ids=str)
def page(request: pytest.FixtureRequest) -> dict[tuple[str, str], str]:
    """All aids of a page for one audience, by part and language."""
    site, audience = request.param
    drawn = {}
    for key, part in parts(site).items():
        content = bundle(part, ["nl", "en"], [audience])[MIME]["renderings"][audience]
        drawn |= {(key, language): html for language, html in content.items()}
    return drawn


def test_every_fragment_is_sound(page):
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    seen: list[str] = []
    for (key, language), html in page.items():
        tree = parser.parseFragment(html)
        for table in tree.iter("table"):
            assert table.find("caption") is not None, key
            assert all(head.get("scope") for head in table.iter("th")), key
        for image in tree.iter("img"):
            assert len(image.get("alt", "")) >= 40, key
        assert str(fragments.clean(html)).replace("&nbsp;", "\N{NO-BREAK SPACE}") == html, key
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert all(i.removeprefix("fig-").startswith(key) for i in ids), key
        assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids), key
        seen += ids if language == "nl" else []
    assert len(seen) == len(set(seen))


def test_readers_meet_names_and_never_ids(page):
    for key, html in page.items():
        text = re.sub(r'(src|srcset|id|href|aria-labelledby)="[^"]*"', "", html)
        assert not re.search(r"\b(M\d\d|IND\d+|s[1-3](-\w+)?|c\d+|r1|nan)\b", text), key
        assert "<script>" not in text
        assert "<i>" not in text


def test_both_languages_hold_the_same_numbers(page):
    for key in {key for key, _ in page}:
        nl, en = (numbers(page[key, language], language) for language in ("nl", "en"))
        assert nl == en, key


def numbers(html: str, language: str) -> list[str]:
    text = re.sub(r'(src|srcset|id|href|scope|class|aria-labelledby)="[^"]*"', "", html)
    found = re.findall(r"\d+(?:[.,]\d+)*", text)
    return sorted(
        n.replace(".", "").replace(",", ".") if language == "nl" else n.replace(",", "") for n in found
    )


def drawn(part: Part, audience: Audience, language: str = "nl") -> str:
    return str(part.draw(labels.read(language), audience).html)


def cells(part: Part, audience: Audience) -> dict[str, list[str]]:
    """Words of each row of a part's table, by its name."""
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", drawn(part, audience), re.S)
    return {
        re.sub("<[^>]+>", "", name): [
            re.sub("<[^>]+>", "", c) for c in re.findall(r"<td.*?>(.*?)</td>", rest, re.S)
        ]
        for name, rest in rows
    }


def test_silence_has_three_faces():
    shown = cells(parts(None)["mentions"], "public")
    few = "te weinig gesprekken"
    assert shown["Procedurele helderheid"] == ["● bijna alle", "● de meeste", few]
    assert shown["Tijd"] == ["○ niet genoemd", "○ niet genoemd", few]
    assert shown["Wet- en regelgeving"] == ["– niet gevraagd", "●* genoemd", few]


def test_numbers_stand_only_where_both_sides_are_large_and_nothing_can_be_subtracted():
    one_site = cells(parts("s1")["mentions"], "site")
    assert one_site["Vervanging bij personeelsverloop"] == ["● 10 van 20"]
    assert cells(parts(None)["mentions"], "site")["Vervanging bij personeelsverloop"][0] == "● een deel"
    assert cells(parts("s1")["mentions-role"], "internal")["Vervanging bij personeelsverloop"] == [
        "● een deel",
        "● een deel",
    ]


def test_documents_are_no_conversations():
    """A document with a code of its own changes no word."""
    more = pd.concat([CODED, codings([("s1-doc", "M23")]).assign(coding="d1")])
    seen = mentions(more, SOURCES, ASKED, codes=CODES)
    part = tables.mention_matrix(seen, SOURCES, **ABOUT)
    assert drawn(part, "internal") == drawn(parts(None)["mentions"], "internal")


def role_part(rows: list[tuple[str, str]], people: pd.DataFrame = PEOPLE) -> Part:
    seen = mentions(codings(rows), SOURCES, ASKED, codes=CODES)
    return tables.mention_matrix(seen, SOURCES, people, by="role", site="s2", **ABOUT)


READ = [(f"s2-{n:02}", "M01") for n in range(8)]  # six professionals and two leads


def test_a_role_of_few_people_is_not_set_apart():
    """Of two leads at a site nothing is shown apart; what only they said would follow from the whole."""
    alike = role_part([*READ, ("s2-00", "M20"), ("s2-03", "M20")])
    assert "Leiding" in drawn(alike, "site")
    assert all(len(row) == 1 for row in cells(alike, "site").values())
    told_apart = role_part([*READ, ("s2-03", "M20")])
    assert "niet naast elkaar" in drawn(told_apart, "site")
    assert cells(told_apart, "site") == {}
    assert "niet naast elkaar" not in drawn(told_apart, "internal")


def test_what_few_people_with_a_role_said_leaves_no_trace():
    said = [*READ, *((f"s2-{n:02}", "M20") for n in (0, 1)), ("s2-03", "M20")]
    silent = [row for row in said if row != ("s2-03", "M20")]
    assert bundle(role_part(said), ["nl"], ["site"]) == bundle(role_part(silent), ["nl"], ["site"])


def test_six_conversations_with_one_person_are_one_person():
    alone = PEOPLE[(PEOPLE["role"] != "professional") | (PEOPLE["source"] == "s2-00")]
    assert "niet naast elkaar" in drawn(role_part(READ, alone), "site")


def test_roles_need_people():
    with pytest.raises(ValueError, match="participants"):
        tables.mention_matrix(MENTIONED, SOURCES, by="role", **ABOUT)


def test_pairs_that_stand_together_too_seldom_are_held_back():
    rows = [(f"s1-{n:02}", code) for n in range(6) for code in ("M01", "M04")]
    pairs = cooccurrence(codings(rows), TALKS, codes=CODES)
    few = cooccurrence(codings(rows[:4]), TALKS, codes=CODES)
    assert pairs["enough"].tolist() == [True]
    assert few["n12"].tolist() == [2]
    shown = tables.cooccurrence(pairs, TALKS, **ABOUT)
    assert cells(shown, "public") == {"Procedurele helderheid": ["Complexiteit", "enkele gesprekken"]}
    assert len(cells(shown, "internal")["Procedurele helderheid"]) == 6
    held = bundle(tables.cooccurrence(few, TALKS, **ABOUT), ["nl"], [*EVERYONE])[MIME]
    assert all("Complexiteit" not in held["renderings"][audience]["nl"] for audience in EVERYONE)
    assert held["withheld"]["public"] == [{"rule": "too_few_together", "place": "M01 x M04"}]


def test_numbers_of_fragments_are_for_researchers():
    part = parts(None)["three-counts"]
    assert [len(row) for row in cells(part, "public").values()] == [1, 1, 1, 1]
    assert cells(part, "internal")["Procedurele helderheid"][1] == "28"
    assert cells(part, "internal")["Wet- en regelgeving"][1] == "niet getoond"


def test_saturation_says_what_the_dates_show_and_what_chance_does():
    by_site = cells(parts(None)["saturation"], "site")
    assert by_site["Linde"] == ["Niet te beoordelen: er zijn te weinig gesprekken.", "–"]
    assert "willekeurige volgorden" in by_site["Esdoorn"][1]
    assert by_site["Beuk"][0] == "Ook de laatste gesprekken leverden nog nieuwe codes op."


# i, codes in the base, audience, what is said: numbers only where they are large enough to be shown
REACHED = [
    (6, 21, "site", "Na 6 gesprekken leverden de volgende 2 samen nog 5\N{NO-BREAK SPACE}% nieuwe codes op."),
    (6, 21, "public", "Latere gesprekken leverden bijna geen nieuwe codes meer op."),
    (6, 12, "site", "Na 6 gesprekken leverden de volgende 2 bijna geen nieuwe codes meer op."),
    (4, 21, "site", "Latere gesprekken leverden bijna geen nieuwe codes meer op."),
    (
        4,
        21,
        "internal",
        "Na 4 gesprekken leverden de volgende 2 samen nog 5\N{NO-BREAK SPACE}% nieuwe codes op.",
    ),
]


@pytest.mark.parametrize(("after", "n_base", "audience", "expected"), REACHED)
def test_where_saturation_was_reached_is_said_as_far_as_it_may(after, n_base, audience, expected):
    found = saturation.Saturation(
        FOUND.summary.assign(
            n_sources=12,
            n_codes_base=n_base,
            state="reached",
            reached_at=f"{after}+2",
            p_not_reached_random=0.56,
        ),
        FOUND.curve,
        pd.DataFrame({"site": ["ALL", *SITES], "after": after, "n_new": 1, "share": 1 / 21}),
        FOUND.orders,
    )
    told = cells(tables.saturation(found, study=STUDY), audience)["Alle organisaties samen"]
    assert told[0] == expected
    assert told[1].startswith("Bij 56\N{NO-BREAK SPACE}% van 60 ")


def test_a_point_per_conversation_is_for_researchers():
    part = parts(None)["saturation-figure"]
    assert "<img" in drawn(part, "internal")
    for audience in ("site", "public"):
        assert "<img" not in drawn(part, audience)
    assert bundle(part, ["nl"], ["internal"]) == bundle(
        parts(None)["saturation-figure"], ["nl"], ["internal"]
    )


def test_a_study_without_codes_of_its_own_says_so():
    empty = saturation.saturation(GROWN, TALKS, codes=["M99"], sites=[*SITES], n_orders=5, seed=1)
    for part in (tables.saturation(empty, study=STUDY), figures.saturation(empty, study=STUDY)):
        assert "uit het materiaal zelf" in drawn(part, "internal")


def test_a_site_of_few_conversations_has_no_coverage():
    assert cells(parts(None)["frame-coverage"], "site") == {
        "Alle organisaties samen": ["4 van 5"],
        "Esdoorn": ["3 van 5"],
        "Beuk": ["2 van 5"],
        "Linde": ["te weinig gesprekken"],
    }


def test_summaries_lead_to_the_quotes_that_this_reader_may_see():
    part = parts(None)["framework"]
    site, public = drawn(part, "site"), drawn(part, "public")
    assert 'href="#framework-quotes-1"' in site
    assert 'id="framework-quotes-1"' in site
    assert "Er is &lt;i&gt;geen&lt;/i&gt; tijd." in site
    assert "geen&lt;/i&gt; tijd" not in public
    assert "Te druk." in public
    assert "Niet van een samenvatting" not in site


def test_a_summary_is_text_and_in_its_own_language():
    part = parts(None)["framework"]
    assert "Er was &lt;script&gt;weinig&lt;/script&gt; tijd." in drawn(part, "public")
    assert "There was little time." in drawn(part, "public", "en")
    assert '<span lang="nl">Zeiden twee.</span>' in drawn(part, "internal", "en")


def test_a_summary_of_what_few_said_is_for_researchers():
    part = parts(None)["framework"]
    assert "Zei de teamleider." in drawn(part, "internal")
    for audience in ("site", "public"):
        assert "Zei de teamleider." not in drawn(part, audience)
        assert "Zeiden twee." not in drawn(part, audience)
    shown = cells(part, "internal")
    assert shown["Complexiteit"] == ["nog niet samengevat", "niet ter sprake gekomen", "Zeiden twee."]


def test_a_site_without_summaries_says_so():
    none = tables.framework_matrix([], CODED, SOURCES, **ABOUT)
    assert "nog geen samenvattingen" in drawn(none, "site")


def test_nothing_coded_says_so():
    nothing = CODED.head(0)
    empty = mentions(nothing, SOURCES, ASKED, codes=CODES)
    assert "nog niets gelezen" in drawn(tables.mention_matrix(empty, SOURCES, **ABOUT), "internal")
    counted = counts.three_counts(nothing, TALKS, codes=CODES)
    assert "te weinig gesprekken" in drawn(tables.three_counts(counted, **ABOUT), "site")
    pairs = cooccurrence(nothing, TALKS, codes=CODES)
    assert "vaak genoeg samen" in drawn(tables.cooccurrence(pairs, TALKS, **ABOUT), "site")
    assert np.isnan(counts.three_counts(nothing, TALKS.head(0), codes=CODES)["coverage"]).all()
