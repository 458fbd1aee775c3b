"""The self-reflection page and the paper: closed to the outside, whole in both languages, reproducible."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files
from typing import Any

import html5lib
import pandas as pd
import pytest

from casestudy import labels
from casestudy.errors import WrongUse
from casestudy.material.codebook import Code, Codebook, Definition
from casestudy.material.instrument import Instrument
from casestudy.material.questions import Options
from casestudy.reporting.self_reflection import form, page, paper
from casestudy.reporting.self_reflection.reference import Band, band
from casestudy.study import Study

ATTACKS = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{7*191}} {% include 'x' %}",
    "<!-- ]]> --!>",
    "\"quotes' & <b>",
    "\u202eomgekeerd \u2028\u2029",
    "constructor __proto__ {wave}",
]
ROOM = files("casestudy.reporting") / "self_reflection"


def both(text: str) -> dict[str, str]:
    text = text.rstrip(" ")
    return {"nl": f"{text} nl", "en": f"{text} en"}


def a_study(extra: str = "", **more: Any) -> Study:
    waves = [("T0", "before"), ("T1", "directly_after"), ("T2", "followup"), ("THEN", "retrospective")]
    values: dict[str, Any] = {
        "title": both(f"Onderzoek {extra}"),
        "question": both("Vraag"),
        "kind": "implementation",
        "sites": [{"id": "es", "name": f"Es {extra}"}, {"id": "beuk", "name": "Beuk"}],
        "waves": [{"id": w, "label": both(f"meting {w} {extra}"), "relation": r} for w, r in waves],
    }
    return Study.model_validate(values | more)


def an_instrument(extra: str = "", **more: Any) -> Instrument:
    def item(name: str, options: str = "agree", **rest: Any) -> dict[str, Any]:
        return {"id": name, "text": both(f"Vraag {name} {extra}"), "options": options, **rest}

    agree = {"min": 1, "max": 5, "labels": [both(f"woord {n} {extra}") for n in range(1, 6)]}
    values: dict[str, Any] = {
        "id": "reflectie",
        "version": "1.0",
        "title": both(f"Reflectie {extra}"),
        "intro": both(f"Welkom {extra}"),
        "person": {
            "ask": "code",
            "elements": [
                {"id": f"E{n}", "text": both(f"Element {n} {extra}"), "kind": kind}
                for n, kind in enumerate(["letter", "letter", "day", "month", "count", "text"])
            ],
        },
        "options": {
            "agree": {**agree, "not_applicable": both(f"nvt {extra}")},
            "share": {"min": 0, "max": 100, "decimals": True},
        },
        "scales": [
            {"id": "TOE", "label": both(f"Toepassen {extra}"), "kind": "frequency", "items": [
                item("TOE1", skill="SK01", not_applicable=True), item("TOE2", skill="SK02")]},
            {"id": "VAA", "label": both(f"Vaardigheid {extra}"), "waves": ["T0", "T1", "THEN"], "items": [
                item("VAA1"), item("VAA2", reverse=True), item("VAA3")],
             "norm": {"sd": 0.8, "reliability": 0.86, "source": f"bron {extra}"}},
            {"id": "DEEL", "label": both(f"Deel {extra}"), "intro": both(f"Denk aan {extra}"), "items": [
                item("DEEL1", "share", not_applicable=True)]},
        ],
        "components": {"SK01": ["CP01", "CP02"], "SK02": ["CP01"]},
        "component_question": both(f"Wat hielp {extra}"),
        "open": [{"id": "O1", "text": both(f"Nog iets {extra}"), "waves": ["T1"]}],
        "reflection": {"SK01": [both(f"Wanneer {extra}"), both(f"Hoe {extra}")]},
    }  # fmt: skip
    return Instrument.model_validate(values | more)


def a_codebook(extra: str = "") -> Codebook:
    kinds = {"SK01": "skill", "CP01": "component", "CP02": "component"}
    codes = [
        Code.model_validate(
            {
                "id": code,
                "family": kind,
                "label": both(f"Naam {code} {extra}"),
                "definition": Definition(nl="x"),
            }
        )
        for code, kind in kinds.items()
    ]
    return Codebook(id="boek", version="1.0.0", codes=tuple(codes))


def a_page(extra: str = "", **more: Any) -> str:
    return page.html(a_study(extra), an_instrument(extra), a_codebook(extra), **more)


def a_paper(extra: str = "", wave: str = "T1", language: Any = "nl") -> str:
    return paper.html(a_study(extra), an_instrument(extra), a_codebook(extra), wave=wave, language=language)


def data_of(text: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, flags=re.DOTALL)
    assert found
    return json.loads(found.group(1))


def parsed(text: str) -> Any:
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


@pytest.mark.parametrize(("make", "n_scripts"), [(a_page, 2), (a_paper, 0)])
@pytest.mark.parametrize("attack", ATTACKS)
def test_text_of_the_study_stays_text(attack: str, make: Any, n_scripts: int) -> None:
    text = make(attack)
    tree = parsed(text)
    assert len(tree.findall(".//script")) == n_scripts
    assert not tree.findall(".//img")
    assert not tree.findall(".//b")
    assert "1337" not in text, "7 times 191, if anything had read it as a template"


def test_hostile_texts_arrive_as_they_were_written() -> None:
    for attack in ATTACKS:
        data = data_of(a_page(attack, site="es"))
        assert data["title"]["nl"] == f"Reflectie {attack} nl"
        assert attack.strip() in data["siteName"]
        assert attack in data["names"]["CP01"]["en"]
        assert attack in data["scales"]["VAA"]["items"][0]["choices"][0][1]["nl"]


@pytest.mark.parametrize("make", [a_page, a_paper])
def test_the_policy_comes_first_and_names_what_may_run(make: Any) -> None:
    text = make()
    tree = parsed(text)
    first = tree.find(".//head")[0]
    assert first.get("http-equiv") == "Content-Security-Policy"
    rules = dict(rule.strip().split(" ", 1) for rule in first.get("content").split(";"))
    assert (
        rules["default-src"] == rules["connect-src"] == rules["form-action"] == rules["base-uri"] == "'none'"
    )
    for name in ("script", "style"):
        written = [element.text for element in tree.iter(name) if element.get("type") != "application/json"]
        hashes = [base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in written]
        allowed = " ".join(f"'sha256-{known}'" for known in hashes) or "'none'"
        assert rules[f"{name}-src"] == allowed


@pytest.mark.parametrize("make", [a_page, a_paper])
def test_nothing_points_outside_and_nothing_is_kept(make: Any) -> None:
    text = make()
    outside = re.findall(r"https?://[^\s\"'<]*", text)
    assert set(outside) <= {"http://www.w3.org/2000/svg"}  # the name of a language, never fetched
    for word in ("localStorage", "sessionStorage", "indexedDB", "cookie", "fetch(", "XMLHttp", "sendBeacon"):
        assert word not in text
    assert "innerHTML" not in text
    assert not re.search(r"\son\w+=", text)


@pytest.mark.parametrize("make", [a_page, a_paper])
def test_equal_input_gives_equal_bytes(make: Any) -> None:
    assert make("x") == make("x")


def test_every_word_of_the_page_is_used_in_both_languages() -> None:
    data = data_of(a_page())
    assert list(data["words"]) == ["nl", "en"]
    assert list(data["words"]["nl"]) == list(data["words"]["en"])
    scripts = "".join((ROOM / "script" / f"{name}.js").read_text(encoding="utf-8") for name in page.SCRIPTS)
    called = set(re.findall(r'"([a-z][a-z_0-9]*)"', scripts))
    ranges = {
        f"{head}_{kind}"
        for head in ("element", "problem")
        for kind in ("letter", "day", "month", "count", "text")
    }
    known = set(data["words"]["nl"])
    assert known - called - ranges - {"language_name", "no_script"} == set()
    asked = set(re.findall(r'\bt\("(\w+)"', scripts))
    assert asked - known == set()
    assert "".join(re.findall(r"words\[\w+\]\.(\w+)", scripts)) == "language_name"


def test_every_word_of_the_paper_is_used() -> None:
    template = (ROOM / "paper.html.j2").read_text(encoding="utf-8")
    known = {key.removeprefix("paper.") for key in labels.read("nl").words if key.startswith("paper.")}
    assert known == set(re.findall(r'say\("(\w+)"', template))


def test_a_study_in_one_language_gets_a_page_in_one() -> None:
    text = page.html(a_study(languages=["en"]), an_instrument(), a_codebook())
    assert '<html lang="en"' in text
    assert list(data_of(text)["words"]) == ["en"]


def test_a_wave_asks_its_own_questions() -> None:
    rounds = data_of(a_page())["rounds"]
    assert list(rounds) == ["T0", "T1", "T2"]
    assert rounds["T0"] == {
        "scales": ["VAA", "DEEL", "TOE"], "components": {}, "then": None, "thenScales": [], "open": []
    }  # fmt: skip
    assert rounds["T1"]["then"] == "THEN"
    assert rounds["T1"]["thenScales"] == ["VAA"]
    assert rounds["T1"]["components"] == {"SK01": ["CP01", "CP02"], "SK02": ["CP01"]}
    assert rounds["T2"]["scales"] == ["DEEL", "TOE"]
    assert list(data_of(a_page(wave="T1"))["rounds"]) == ["T1"]


def test_only_components_that_were_offered_are_asked() -> None:
    mapping = {"file": "t1.csv", "wave": "T1", "columns": {"respondent": "nr", "site": "org"}}
    offered = {"offered": {"es": ["CP02"], "beuk": []}}
    instrument = an_instrument(files=[mapping | offered])
    assert form.asked(a_study(), instrument, "T1", "es").components == {"SK01": ("CP02",)}
    assert form.asked(a_study(), instrument, "T1", "beuk").components == {}
    assert form.asked(a_study(), instrument, "T1").components["SK01"] == ("CP01", "CP02")


@pytest.mark.parametrize("wrong", [{"wave": "T9"}, {"site": "eik"}, {"wave": "T1", "site": "eik"}])
def test_an_unknown_wave_or_site_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(WrongUse):
        a_page(**wrong)


@pytest.mark.parametrize(
    ("options", "boxes"),
    [
        ({"min": 0, "max": 3}, (0, 1, 2, 3)),
        ({"min": 1, "max": 11}, tuple(range(1, 12))),
        ({"min": 0, "max": 11}, ()),
        ({"min": 1, "max": 5, "decimals": True}, ()),
        ({"min": 0.5, "max": 2.5}, (0.5, 1.5, 2.5)),
        ({"min": 0.5, "max": 2}, ()),
    ],
)
def test_answers_get_boxes_while_they_are_few(options: dict[str, Any], boxes: tuple[float, ...]) -> None:
    assert form.steps(Options(**options)) == boxes


def answered(sizes: dict[str, int]) -> pd.DataFrame:
    rows = [
        (f"{site}{n}", site, "T1", "KEN", 2.0 + n % 5 * 0.5)
        for site, size in sizes.items()
        for n in range(size)
    ]
    return pd.DataFrame(rows, columns=["respondent", "site", "wave", "scale", "score"])


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ({"es": 10, "beuk": 10}, None),
        ({"es": 10, "beuk": 9}, "few"),
        ({"es": 40}, "one_site"),
        ({"es": 40, "beuk": 4}, "one_site"),
        ({"es": 40, "beuk": 5}, None),
        ({}, "few"),
    ],
)
def test_a_band_is_given_for_enough_people_of_more_sites(sizes: dict[str, int], reason: str | None) -> None:
    found = band(answered(sizes), scale="KEN", wave="T1")
    assert found.reason == reason
    assert (found.low is None) == (found.high is None) == (reason is not None)


def test_a_band_counts_scores_of_its_own_scale_and_wave_only() -> None:
    people = answered({"es": 10, "beuk": 10})
    assert (
        band(people.assign(score=people["score"].mask(people.index == 3)), scale="KEN", wave="T1").reason
        == "few"
    )
    assert band(people, scale="VAA", wave="T1").reason == "few"
    assert band(people, scale="KEN", wave="T0").reason == "few"
    again = pd.concat([people[people["site"] == "es"]] * 2 + [people[people["site"] == "beuk"][:9]])
    assert band(again, scale="KEN", wave="T1").reason == "few", "a row twice is one person"
    with pytest.raises(ValueError, match="n_quartiles"):
        band(people, scale="KEN", wave="T1", n_quartiles=10)


def test_a_band_has_the_quartiles_of_definition_seven() -> None:
    # 1..20: the quartiles of definition 7 of Hyndman and Fan are at 1 + 19/4 and 1 + 19 * 3/4.
    people = answered({"es": 10, "beuk": 10}).assign(score=[float(n) for n in range(1, 21)])
    assert band(people, scale="KEN", wave="T1")[2:] == (5.8, 15.3, None, 20)


def test_a_page_tells_of_others_only_what_a_band_tells() -> None:
    assert data_of(a_page())["reference"] is None
    bands = [Band("VAA", "T1", 3.2, 4.1), Band("DEEL", "T1", None, None, "few")]
    assert data_of(a_page(reference=bands))["reference"] == {
        "T1": {
            "VAA": {"low": 3.2, "high": 4.1, "reason": None},
            "DEEL": {"low": None, "high": None, "reason": "few"},
        }
    }
    assert data_of(a_page(reference=[]))["reference"] == {}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_paper_asks_what_the_page_asks(language: str) -> None:
    text = a_paper(language=language)
    assert f'<html lang="{language}"' in text
    tree = parsed(text)
    rows = ["".join(cell.itertext()) for cell in tree.findall(".//tbody/tr/th")]
    names = ["VAA1", "VAA2", "VAA3", "DEEL1", "TOE1", "TOE2", "VAA1", "VAA2", "VAA3"]
    assert [re.findall(r"Vraag (\w+)", row)[0] for row in rows] == names
    assert all(row.endswith(f"{language}") for row in rows)
    titles = ["".join(heading.itertext()) for heading in tree.findall(".//h2")]
    words = labels.read(language)
    looking_back = words.say("reflect.section_then", scale=f"Vaardigheid {language}")
    assert titles[0] == words["paper.person"]
    assert titles[-3:] == [words["paper.components"], looking_back, words["paper.open"]]


def test_the_paper_has_a_box_per_answer_and_none_where_it_may_not_be() -> None:
    tree = parsed(a_paper())
    boxes = {
        re.findall(r"Vraag (\w+)", "".join(row.itertext()))[0]: len(row.findall(".//span[@class='box']"))
        for row in tree.findall(".//tbody/tr")
    }
    assert boxes == {"VAA1": 5, "VAA2": 5, "VAA3": 5, "DEEL1": 1, "TOE1": 6, "TOE2": 5}
    assert len(tree.findall(".//span[@class='square']")) == 2 + 2 + 2 + 2


def test_the_paper_prints_nothing_smaller_than_eleven_points() -> None:
    style = (ROOM / "paper.css").read_text(encoding="utf-8")
    sizes = [
        float(size)
        for size in re.findall(r"(?<![\w.-])([\d.]+)pt/|font: ([\d.]+)pt", style)
        for size in size
        if size
    ]
    assert min(sizes) >= 11
    assert "font-size" not in style


def test_a_wave_without_extras_prints_without_them() -> None:
    titles = ["".join(heading.itertext()) for heading in parsed(a_paper(wave="T2")).findall(".//h2")]
    assert titles[1:] == ["Deel nl", "Toepassen nl"]
    nobody = an_instrument(person={"ask": "nothing"})
    text = paper.html(a_study(), nobody, a_codebook(), wave="T2", language="nl")
    assert len(parsed(text).findall(".//h2")) == 2
