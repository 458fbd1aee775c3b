"""Every part: both languages, every audience, escaped, accessible, the same bytes, nothing hidden inside."""

from __future__ import annotations

import json
import re
from typing import Any

import html5lib
import pandas as pd
import pytest
from markupsafe import Markup

from casestudy import labels
from casestudy.reporting import figures, sentences, tables
from casestudy.reporting.parts import MIME, Part, Rendering, as_rows, bundle
from casestudy.study import Audience

Parts = dict[str, Part]
PAGES: list[tuple[str, Audience]] = [
    ("site_parts", "internal"),
    ("site_parts", "site"),
    ("cross_parts", "internal"),
    ("cross_parts", "public"),
]


@pytest.fixture(params=PAGES, ids=lambda page: "-".join(page), scope="module")
def page(request: pytest.FixtureRequest) -> tuple[dict[str, Any], Audience]:
    """All parts of a page as they are stored, drawn in both languages."""
    name, audience = request.param
    parts: Parts = request.getfixturevalue(name)
    return {key: bundle(part, ["nl", "en"], [audience])[MIME] for key, part in parts.items()}, audience


def _drawn(page: tuple[dict[str, Any], Audience]) -> list[tuple[str, str, str]]:
    parts, audience = page
    return [
        (key, lang, html)
        for key, part in parts.items()
        for lang, html in part["renderings"][audience].items()
    ]


def test_a_bundle_is_json_and_shows_the_first_reader_in_the_notebook() -> None:
    part = Part(
        "p",
        "table",
        lambda w, audience: Rendering(Markup("<p>{}</p>").format(audience), pd.DataFrame({"n": [5.0]})),
    )
    made = bundle(part, ["nl", "en"], ["site", "public"])
    content = json.loads(json.dumps(made[MIME]))
    assert made["text/html"] == "<p>site</p>"
    assert content["renderings"]["public"] == {"nl": "<p>public</p>", "en": "<p>public</p>"}
    assert content["released"]["site"] == {"columns": ["n"], "rows": [[5]]}
    assert (content["version"], content["kind"], content["withheld"]) == (
        1,
        "table",
        {"site": [], "public": []},
    )


@pytest.mark.parametrize("wrong", ["Change", "a b", "", "-a", "a--b"])
def test_an_id_is_fit_for_an_anchor(wrong: str) -> None:
    with pytest.raises(ValueError, match="lower-case"):
        Part(wrong, "text", lambda w, audience: Rendering(Markup("")))


def test_rows_are_plain_values() -> None:
    frame = pd.DataFrame(
        {"a": pd.array([1, pd.NA], dtype="Int64"), "b": [True, False], "c": ["x", None], "d": [0.5, 2.0]}
    )
    assert as_rows(frame)["rows"] == [[1, True, "x", 0.5], [None, False, None, 2]]


def test_every_fragment_is_valid_and_reads_on_its_own(page: tuple[dict[str, Any], Audience]) -> None:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    for key, lang, html in _drawn(page):
        tree = parser.parseFragment(html)
        for table in tree.iter("table"):
            assert table.find("caption") is not None, (key, lang)
            assert all(th.get("scope") for th in table.iter("th")), (key, lang)
        for image in tree.iter("img"):
            assert len(image.get("alt", "")) >= 40, (key, lang)
        assert not list(tree.iter("h1")) + list(tree.iter("h2")), (key, lang)
        assert not {e.tag for e in tree.iter()} & {"script", "style", "iframe", "form", "input"}, (key, lang)


def test_ids_start_with_the_part_and_stand_once(page: tuple[dict[str, Any], Audience]) -> None:
    parts, audience = page
    seen: list[str] = []
    for key, part in parts.items():
        ids = re.findall(r'\bid="([^"]+)"', part["renderings"][audience]["nl"])
        assert all(i.removeprefix("fig-").startswith(key) for i in ids), (key, ids)
        seen += ids
    assert len(seen) == len(set(seen))


def test_both_languages_hold_the_same_numbers(page: tuple[dict[str, Any], Audience]) -> None:
    for key, part in page[0].items():
        nl, en = (_numbers(part["renderings"][page[1]][lang], lang) for lang in ("nl", "en"))
        assert nl == en, key


def _numbers(html: str, language: str) -> list[str]:
    text = re.sub(r'(src|srcset|id|scope|class|aria-labelledby)="[^"]*"', "", html)
    found = re.findall(r"[−+]?\d+(?:[.,]\d+)?", text.replace("\N{NO-BREAK SPACE}", ""))
    return sorted(n.replace(",", ".") if language == "nl" else n for n in found)


def test_readers_meet_names_and_never_ids(page: tuple[dict[str, Any], Audience]) -> None:
    for key, lang, html in _drawn(page):
        text = re.sub(r'(src|srcset|id|aria-labelledby)="[^"]*"', "", html)
        assert not re.search(r"\b(M\d\d|SK\d\d|CP\d\d|IND1|s[1-5]|s[1-5][ip]\d|q\d|KEN|VAA|HOU)\b", text), (
            key,
            lang,
        )
        assert "nan" not in text.lower().split(), (key, lang)


def test_forbidden_words_are_never_printed(page: tuple[dict[str, Any], Audience]) -> None:
    banned = re.compile(
        r"significan|effect van|effect of|\bp\s*[=<]|score van de organisatie|ranglijst:", re.IGNORECASE
    )
    for key, lang, html in _drawn(page):
        text = re.sub(r'(src|srcset)="[^"]*"', "", html)
        assert not banned.search(text), (key, lang)


def test_text_from_data_is_shown_as_typed(site_parts: Parts, cross_parts: Parts) -> None:
    quoted = str(site_parts["quotes"].draw(labels.read("nl"), "site").html)
    assert "Citaat 0 &lt;i&gt;zo&lt;/i&gt;" in quoted
    book = str(cross_parts["codebook"].draw(labels.read("en"), "public").html)
    assert "&lt;b&gt;Calm&lt;/b&gt;" in book
    assert '<span lang="nl">Rust</span>' in book


def test_the_same_part_gives_the_same_bytes(cross_parts: Parts) -> None:
    for key in ("change", "change-figure", "ratings"):
        assert bundle(cross_parts[key], ["nl"], ["public"]) == bundle(cross_parts[key], ["nl"], ["public"])


def test_hidden_change_leaves_no_trace(material: Any) -> None:
    m = material
    hidden = m.change["site"].isin(["s3", "s5"])
    other = m.change.assign(**{
        column: m.change[column].where(~hidden, m.change[column] + 1.3)
        for column in ("m_before", "m_after", "diff", "lo", "hi", "model_diff")
    })  # fmt: skip
    about = {"study": m.study, "instrument": m.instrument}
    joint = {"study": m.study, "guide": m.guide}
    for make in (tables.change, figures.change, sentences.change):
        assert _public(make(m.change, **about)) == _public(make(other, **about))
    first, second = (
        tables.joint_display(m.joint, change, m.proposed, decisions=m.decisions, **joint)
        for change in (m.change, other)
    )
    assert _public(first) == _public(second)


def test_a_hidden_rating_leaves_no_trace(material: Any) -> None:
    m, about = material, {"study": material.study, "codebook": material.codebook}
    lone = (m.settled["code"] == "M04") & (m.settled["site"] == "s3")
    other = m.settled.assign(rating=m.settled["rating"].where(~lone, "-2"))
    for make in (tables.rating_matrix, figures.ratings):
        assert _public(make(m.settled, m.proposed, **about)) == _public(make(other, m.proposed, **about))


def test_hidden_use_of_a_skill_leaves_no_trace(material: Any) -> None:
    m, about = material, {"study": material.study, "codebook": material.codebook}
    hidden = (m.practice["skill"] == "SK03") & m.practice["unit"].isin(["s3", "s5"])
    other = m.practice.assign(
        **{c: m.practice[c] + hidden * 1 for c in ("n_often",)}, share=0.5, lo=m.practice["lo"]
    )
    for make in (tables.practice, figures.practice):
        assert _public(make(m.practice, **about)) == _public(make(other, **about))


def _public(part: Part) -> dict[str, Any]:
    return bundle(part, ["nl", "en"], ["public"])
