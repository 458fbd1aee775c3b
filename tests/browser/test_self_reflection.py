"""The self-reflection page in a browser: by keyboard alone, read aloud, kept in a file, and nowhere else."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from casestudy import cli, labels
from casestudy import study as studies
from casestudy.findings import linking, scales
from casestudy.material import codebook as codebooks
from casestudy.material import frames
from casestudy.material import instrument as instruments
from casestudy.material import survey as surveys
from casestudy.material.instrument import Instrument
from casestudy.material.reflections import Reflection
from casestudy.reporting.self_reflection import page as self_reflection
from casestudy.reporting.self_reflection import paper
from casestudy.reporting.self_reflection.reference import Band

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
STUDY = studies.read(ROOT / "interviews" / "voorbeeld")
CODEBOOK = codebooks.read(STUDY)
NL, EN = labels.read("nl"), labels.read("en")
AGREE = [("oneens", "disagree"), ("een beetje oneens", "slightly disagree"), ("geen mening", "no opinion"),
         ("een beetje eens", "slightly agree"), ("eens", "agree")]  # fmt: skip
OFTEN = [
    ("nooit", "never"),
    ("zelden", "rarely"),
    ("soms", "sometimes"),
    ("vaak", "often"),
    ("altijd", "always"),
]
CODE = {"E1": "letter", "E2": "letter", "E3": "day", "E4": "month", "E5": "count", "E6": "text"}


def both(nl: str, en: str | None = None) -> dict[str, str]:
    return {"nl": nl, "en": en or f"{nl} (en)"}


def item(name: str, options: str = "agree", **more: Any) -> dict[str, Any]:
    return {"id": name, "text": both(f"Vraag {name}"), "options": options, **more}


def an_instrument(extra: str = "", **more: Any) -> Instrument:
    """Everything an instrument can ask, with ``extra`` in every text."""
    norm = {"norm": {"sd": 0.8, "reliability": 0.86, "source": f"een proefafname {extra}"}}
    values: dict[str, Any] = {
        "id": "reflectie",
        "version": "2.0",
        "title": both(f"Reflectie {extra}", f"Reflection {extra}"),
        "person": {
            "ask": "code",
            "elements": [
                {"id": one, "text": both(f"Stukje {one} {extra}"), "kind": kind} for one, kind in CODE.items()
            ],
        },
        "options": {
            "agree": {"min": 1, "max": 5, "labels": [both(f"{nl} {extra}", en) for nl, en in AGREE]},
            "often": {"min": 1, "max": 5, "labels": [both(nl, en) for nl, en in OFTEN]},
            "share": {"min": 0, "max": 100, "decimals": True},
        },
        "scales": [
            {"id": "KEN", "label": both(f"Kennis {extra}", "Knowledge"),
             "items": [item(f"KEN{n}", reverse=n == 4) for n in range(1, 7)]},
            {"id": "VAA", "label": both("Vaardigheden", "Skills"), "waves": ["T0", "T1", "THEN"], **norm,
             "items": [item(f"VAA{n}", reverse=n == 2) for n in range(1, 4)]},
            {"id": "TOE", "label": both("Toepassen", "Use"), "kind": "frequency", "items": [
                item("TOE1", "often", not_applicable=True, skill="SK01"),
                item("TOE2", "often", not_applicable=True, skill="SK02"),
                item("TOE3", "share", not_applicable=True)]},
        ],
        "components": {"SK01": ["CP01", "CP04"], "SK02": ["CP01", "CP04"]},
        "component_waves": ["T1"],
        "open": [{"id": "O1", "text": both(f"Wat neemt u mee? {extra}"), "waves": ["T1"]}],
        "reflection": {"SK01": [both("Wanneer lukte het?"), both("Wat hielp?")]},
    }  # fmt: skip
    return Instrument.model_validate(values | more)


INSTRUMENT = an_instrument()
BANDS = [Band("KEN", "T1", 3.2, 4.1), Band("VAA", "T1", None, None, "few")]
TYPED = {"E1": "A", "E2": "ë", "E3": "7", "E4": "11", "E5": "0", "E6": "van 't"}
ANSWERS: dict[str, Any] = {
    "KEN1": 4, "KEN2": 5, "KEN3": 1, "KEN4": 2, "KEN5": None, "KEN6": None,
    "VAA1": 5, "VAA2": 1, "VAA3": 4, "TOE1": 4, "TOE2": "na", "TOE3": 12.5,
}  # fmt: skip
THEN: dict[str, Any] = {"VAA1": 2, "VAA2": None, "VAA3": 2}
WORDS = 'Eerst luisteren; "dan" pas \\ een <b>plan</b>. \u2603'


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page from a file, and keep what it tried to do."""
    opened = []

    def go(path: Path, width: int = 1280, *, bypass_csp: bool = False) -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, bypass_csp=bypass_csp)
        page.set_default_timeout(5000)
        page.dialogs, page.requests, page.wrongs = [], [], []
        page.on("dialog", lambda dialog: (page.dialogs.append(dialog.type), dialog.dismiss()))
        page.on("filechooser", lambda _: None)  # from the start, or the first one may open a real window
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("pageerror", lambda error: page.wrongs.append(str(error)))
        page.on("console", lambda told: page.wrongs.append(told.text) if told.type == "error" else None)
        page.goto(path.as_uri(), wait_until="load")
        opened.append(page)
        return page

    yield go
    for page in opened:
        assert page.wrongs == []
        assert [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))] == []
        page.close()


@pytest.fixture
def visit(open_page: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Open the page of an instrument."""

    def go(instrument: Instrument = INSTRUMENT, width: int = 1280, **chosen: Any) -> Any:
        bypass_csp = chosen.pop("bypass_csp", False)
        path = tmp_path / "page.html"
        chosen.setdefault("reference", BANDS)
        path.write_text(self_reflection.html(STUDY, instrument, CODEBOOK, **chosen), encoding="utf-8")
        return open_page(path, width, bypass_csp=bypass_csp)

    return go


def focused(page: Any) -> dict[str, str]:
    """What has the focus: its id, type and name."""
    told = (
        "(e => ({id: e.id, type: e.type ?? '', name: e.name ?? '', tag: e.tagName}))(document.activeElement)"
    )
    return dict(page.evaluate(told))


def tab_to(page: Any, wanted: str) -> None:
    for _ in range(120):
        page.keyboard.press("Tab")
        if focused(page)["id"] == wanted:
            return
    raise AssertionError(f"the keyboard does not reach {wanted}")


def fill_by_keyboard(page: Any, answers: dict[str, Any], ticked: set[str]) -> None:
    """Go from field to field of a section with the tab key, and answer each as planned."""
    while True:
        page.keyboard.press("Tab")
        at = focused(page)
        if at["id"] == "next":
            return
        planned = answers.get(at["name"] or at["id"])
        if at["type"] == "radio" and planned is not None:
            page.keyboard.press("Space")
            for _ in range(page.locator(f'[name="{at["name"]}"]').count()):
                if page.evaluate("document.activeElement.value") == str(planned):
                    break
                page.keyboard.press("ArrowDown")
        elif at["type"] == "checkbox" and at["id"] in ticked:
            page.keyboard.press("Space")
        elif at["type"] in ("text", "textarea") and planned is not None:
            page.keyboard.insert_text(str(planned))


def test_everything_can_be_filled_in_by_keyboard_and_kept_in_a_file(visit: Any, tmp_path: Path) -> None:
    page = visit()
    plan: dict[str, Any] = {f"answers.{name}": value for name, value in ANSWERS.items()}
    plan |= {f"then.{name}": value for name, value in THEN.items()}
    plan |= {f"person.{name}": value for name, value in TYPED.items()}
    plan |= {"wave": "T1", "open.O1": WORDS, "answers.TOE3": "12,5"}
    seen = []
    while page.locator("#next").count():
        seen.append(page.inner_text("#progress"))
        fill_by_keyboard(page, plan, {"components.SK01.CP04"})
        page.keyboard.press("Enter")
        assert focused(page)["id"] == "heading", "the focus moves to the new section"
        assert page.inner_text("#told") == page.inner_text("#progress"), "and how far one is, is said"
    assert seen == ["Begin", *(f"Deel {n} van 7" for n in range(1, 7))]
    tab_to(page, "save-own")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "zelfreflectie-T1.json"
    download.value.save_as(tmp_path / "own.json")
    text = (tmp_path / "own.json").read_text(encoding="utf-8")
    saved = json.loads(text)
    assert re.fullmatch(r"\d{4}-\d{2}", saved.pop("saved"))
    assert saved == {
        "format": "casestudy-self-reflection",
        "format_version": 1,
        "instrument": {"id": "reflectie", "version": "2.0"},
        "wave": "T1",
        "site": None,
        "language": "nl",
        "person": {"elements": TYPED},
        "answers": ANSWERS,
        "then": THEN,
        "components": {"SK01": ["CP04"]},
        "open": {"O1": WORDS},
    }
    assert Reflection.model_validate_json(text).answers["TOE3"] == 12.5
    assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    assert page.context.storage_state()["origins"] == []
    look_back_at_it(visit, tmp_path)


def look_back_at_it(visit: Any, tmp_path: Path) -> None:
    """The next time: the same file shows the profile again, and an earlier one stands beside it."""
    write(tmp_path / "earlier.json", wave="T0", answers=dict.fromkeys(ANSWERS, 2) | {"TOE2": "na", "TOE3": 2})
    page = visit()
    choose_by_keyboard(page, tmp_path / "own.json")
    tab_to_text(page, NL.say("reflect.file_show", wave="nameting"))
    page.keyboard.press("Enter")
    assert page.inner_text("#heading") == "Uw profiel"
    assert focused(page)["id"] == "heading"
    assert NL["reflect.error_more"] not in page.inner_text("main")
    choose_by_keyboard(page, tmp_path / "earlier.json")
    told = page.inner_text("main")
    # KEN: (4 + 5 + 1 + (6 - 2)) / 4 = 3.5; before (2 * 5 + (6 - 2)) / 6 = 2.3. VAA: (5 + 5 + 4) / 3 = 4.7;
    # before (2 + 4 + 2) / 3 = 2.7, and 2.0 / (0.8 * sqrt(2 * 0.14)) = 4.7 errors of measurement.
    assert "Uw score is 4,7 op een schaal van 1 tot 5." in told
    assert "2,0 hoger dan bij uw eerdere meting: 2,7 (voormeting, maart 2026)" in told
    assert told.count(NL["reflect.error_more"]) == 1
    assert told.count(NL["reflect.error_unknown"]) == 1, "knowledge has no norm"
    assert cells(page, "KEN") == ["3,5", "2,3", "+1,2", "–", "4 van 6"]
    assert cells(page, "VAA") == ["4,7", "2,7", "+2,0", "2,0", "3 van 3"]
    assert NL.say("reflect.band_sentence", wave="nameting", low="3,2", high="4,1") in told
    assert NL["reflect.band_few"] in told
    assert WORDS in told
    assert page.locator(".skill").first.locator("dd").all_inner_texts() == [
        "vaak",
        "zelden",
        "Coaching op de werkvloer",
    ]
    assert page.locator("main b, main script").count() == 0


def write(path: Path, **more: Any) -> Path:
    plain: dict[str, Any] = {
        "format": "casestudy-self-reflection",
        "format_version": 1,
        "instrument": {"id": "reflectie", "version": "2.0"},
        "wave": "T1",
        "site": "es",
        "language": "nl",
        "saved": "2026-03",
        "person": {},
        "answers": {},
        "components": {},
        "open": {},
    }
    path.write_text(json.dumps(plain | more), encoding="utf-8")
    return path


def cells(page: Any, row: str) -> list[str]:
    return list(page.locator(f'tr[data-row="{row}"] td').all_inner_texts())


def choose_by_keyboard(page: Any, path: Path) -> None:
    tab_to(page, "file")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(path)
    page.wait_for_selector("#reading")
    assert focused(page)["id"] == "reading", "what became of the file is read out"


def tab_to_text(page: Any, text: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == text:
            return
    raise AssertionError(f"the keyboard does not reach {text}")


def open_file(page: Any, path: Path) -> str:
    page.set_input_files("#file", [])
    page.set_input_files("#file", path)
    page.wait_for_selector("#reading")
    return str(page.inner_text("#reading"))


NOW = {"KEN1": 4, "KEN2": 3, "KEN3": 5, "KEN4": 2, "KEN5": 4, "KEN6": 4, "VAA1": 4, "VAA2": 5, "VAA3": 2,
       "VAA4": 4, "VAA5": None, "VAA6": 4, "HOU1": 5, "HOU2": 5, "HOU3": 4, "HOU4": 3, "HOU5": 1, "HOU6": 4,
       "TOE1": 4, "TOE2": 2, "TOE3": "na",
       "TOE4": 5, "TOE5": 3, "TOE6": 1, "TOE7": None, "TOE8": 2, "TOE9": 1}  # fmt: skip
BEFORE = {name: 1 if value == 5 else 2 for name, value in NOW.items()} | {"TOE9": "na"}
BACK = {f"VAA{n}": value for n, value in enumerate((1, 2, 4, None, 2, 3), start=1)}
TICKED = {"SK01": {"CP04"}, "SK04": {"CP01", "CP11"}, "SK05": set[str]()}
CODE_OF_ONE = {"E1": "Å", "E2": "b", "E3": "07", "E4": "11", "E5": "0", "E6": "z"}


def test_what_is_handed_in_is_read_as_it_was_typed_and_linked(open_page: Any, tmp_path: Path) -> None:
    study, forms = a_study_with_pages(tmp_path)
    inbox = study / "survey" / "self-reflections" / "es"
    inbox.mkdir(parents=True)
    first = open_page(forms / "page-T0-es.html")
    fill_in(first, {"answers": BEFORE}, set())
    assert NL["reflect.band_few"] not in first.inner_text("main"), "no word on others unless it is asked for"
    hand_in(first, inbox / "one-t0.json")
    read = surveys.read(studies.read(study))
    assert given(read, "T0") == BEFORE
    second = open_page(forms / "page-T1-es.html")
    boxes = {f"components.{skill}.{part}" for skill, parts in TICKED.items() for part in parts}
    fill_in(second, {"answers": NOW, "then": BACK}, boxes)
    choose_by_keyboard(second, inbox / "one-t0.json")
    # VAA now (4 + 5 + 4 + 4 + 4) / 5, before (2 + 1 + 4 + 2 + 2 + 2) / 6, back (1 + 2 + 2 + 2 + 3) / 5.
    assert cells(second, "VAA") == ["4,2", "2,2", "+2,0", "2,0", "5 van 6"]
    hand_in(second, inbox / "one-t1.json")
    read = surveys.read(studies.read(study))
    assert (given(read, "T0"), given(read, "T1"), given(read, "THEN")) == (BEFORE, NOW, BACK)
    ticked = {(one.skill, one.component): one.value for one in read.contributions if one.value is not None}
    assert {skill for skill, _ in ticked} == set(TICKED)
    assert {pair for pair, value in ticked.items() if value} == {(s, c) for s in TICKED for c in TICKED[s]}
    answers, items = frames.answers(read), frames.items(instruments.read(studies.read(study)))
    scored = scales.score(answers, items).set_index(["wave", "scale"])["score"]
    assert [scored[wave, "VAA"] for wave in ("T1", "T0", "THEN")] == pytest.approx([4.2, 13 / 6, 2.0])
    codes = {wave: frames.sgic(read, wave) for wave in ("T0", "T1", "THEN")}
    pairs = linking.link_waves(codes, fixed=["role_class"])
    same = surveys.linked(read, pairs[["first", "second", "method"]].itertuples(index=False, name=None))
    assert [who.link_method for who in same.respondents] == ["sgic_exact"]
    assert len({row.respondent for row in same.responses}) == 1


def a_study_with_pages(home: Path) -> tuple[Path, Path]:
    """The example without its answers, with the mapping of the pages that are made for one site."""
    study, forms = home / "project" / "interviews" / "voorbeeld", home / "forms"
    study.mkdir(parents=True)
    for name in ("study.yml", "codebook.yml"):
        shutil.copy(ROOT / "interviews" / "voorbeeld" / name, study / name)
    text = (ROOT / "interviews" / "voorbeeld" / "instrument.yml").read_text(encoding="utf-8")
    asked = text.split("\nfiles:\n")[0]
    (study / "instrument.yml").write_text(asked, encoding="utf-8")
    made = CliRunner().invoke(cli.main, ["instrument", str(study), "--site", "es", "--to", str(forms)])
    assert made.exit_code == 0, made.output
    mapping = (forms / "page-mapping-es.yml").read_text(encoding="utf-8")
    (study / "instrument.yml").write_text(f"{asked}\nfiles:\n{mapping}", encoding="utf-8")
    return study, forms


def fill_in(page: Any, answers: dict[str, dict[str, Any]], ticked: set[str]) -> None:
    """Fill in all sections with the keys alone, the code of one person at the start."""
    plan = {f"{store}.{name}": value for store, values in answers.items() for name, value in values.items()}
    plan |= {f"person.{name}": value for name, value in CODE_OF_ONE.items()}
    while page.locator("#next").count():
        fill_by_keyboard(page, plan, ticked)
        page.keyboard.press("Enter")


def hand_in(page: Any, target: Path) -> None:
    tab_to(page, "save-hand-in")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    download.value.save_as(target)


def given(read: surveys.Responses, wave: str) -> dict[str, Any]:
    """What was read of a wave, in the words of the page."""
    reasons = {"not_applicable": "na", "skipped": None}
    rows = [row for row in read.responses if row.wave == wave and row.reason_na != "not_shown"]
    return {row.item: reasons[row.reason_na] if row.reason_na else row.value for row in rows}


def test_scores_are_those_of_the_reports(visit: Any, tmp_path: Path) -> None:
    draw = random.Random(7)
    people = {f"p{n}": {name: draw.choice([None, None, 1, 2, 3, 4, 5]) for name in ANSWERS} for n in range(6)}
    people["all"] = dict.fromkeys(ANSWERS, 5)
    people["none"] = dict.fromkeys(ANSWERS)
    items = pd.DataFrame(
        [
            {
                "item": one.id,
                "scale": scale.id,
                "reverse": one.reverse,
                "min": 1,
                "max": 5,
                "kind": scale.kind,
            }
            for scale in INSTRUMENT.scales
            for one in scale.items
        ]
    )
    rows = [(who, "es", "T1", name, value) for who, given in people.items() for name, value in given.items()]
    responses = pd.DataFrame(rows, columns=["respondent", "site", "wave", "item", "value"]).astype(
        {"value": float}
    )
    scored = scales.score(responses, items, min_answered_share=STUDY.thresholds.survey.min_answered_share)
    page = visit()
    for who, given in people.items():
        page.reload()
        open_file(page, write(tmp_path / "one.json", answers=given))
        page.click(".file .second")
        for row in scored[scored["respondent"] == who].itertuples():
            shown = "–" if pd.isna(row.score) else NL.number(row.score, 1)
            assert cells(page, row.scale)[0] == shown, (who, row.scale, given)
            assert cells(page, row.scale)[-1] == f"{row.n_answered} van {row.n_items}"


@pytest.mark.parametrize(("width", "language"), [(320, "nl"), (1280, "en")])
def test_axe_finds_nothing_in_any_section(
    width: int, language: str, visit: Any, axe: str, tmp_path: Path
) -> None:
    page = visit(width=width, bypass_csp=True)
    page.evaluate(axe)
    page.click(f"#language-{language}")
    page.check('[value="T1"]')
    page.fill('[id="person.E3"]', "41")
    page.click("#next")
    assert_accessible(page, width)
    page.fill('[id="person.E3"]', "")
    page.click("#next")
    while page.locator("#next").count():
        for first in page.locator("fieldset.item .choices input:first-child").all()[:3]:
            first.check()
        page.evaluate(
            "document.querySelectorAll('[name=\"answers.TOE1\"]').forEach(e => e.value === '4' && e.click())"
        )
        assert_accessible(page, width)
        page.click("#next")
    open_file(page, write(tmp_path / "t0.json", wave="T0", answers=dict.fromkeys(ANSWERS, 2)))
    page.click("summary")
    assert page.evaluate("document.documentElement.lang") == language
    assert page.title().startswith({"nl": "Uw profiel", "en": "Your profile"}[language])
    assert_accessible(page, width)
    page.click("#clear")
    assert_accessible(page, width)


def assert_accessible(page: Any, width: int) -> None:
    found = page.evaluate("async () => await axe.run(document, {resultTypes: ['violations']})")
    told = [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found["violations"]]
    assert told == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    small = """[...document.querySelectorAll('button, summary, a, .choice, [type=text], [type=file]')]
        .filter(e => e.checkVisibility({visibilityProperty: true}) && e.className !== 'skip')
        .map(e => e.getBoundingClientRect()).filter(box => box.height < 24 || box.width < 24).length"""
    assert page.evaluate(small) == 0, "what can be pressed is at least 24 pixels high and wide"
    assert page.locator("h1").count() == 1


def test_a_code_that_is_not_right_is_told_at_the_field_and_above(visit: Any) -> None:
    page = visit()
    page.click("#next")
    assert NL["reflect.problem_wave"] in page.inner_text("#errors")
    page.check('[value="T1"]')
    for name, typed in {**TYPED, "E1": "An", "E3": "32", "E5": "twee", "E6": ""}.items():
        page.fill(f'[id="person.{name}"]', typed)
    tab_to(page, "next")
    page.keyboard.press("Enter")
    assert focused(page)["id"] == "errors"
    assert page.locator("#errors li").count() == 4
    field = page.locator('[id="person.E3"]')
    assert field.get_attribute("aria-invalid") == "true"
    named = field.get_attribute("aria-describedby").split()
    assert [page.locator(f'[id="{one}"]').inner_text() for one in named] == [
        NL["reflect.element_day"],
        NL["reflect.problem_day"],
    ]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(page)["id"] == "person.E3", "the summary leads to the field"
    page.click("#language-en")
    assert EN["reflect.problem_day"] in page.inner_text("#errors")
    for name in TYPED:
        page.fill(f'[id="person.{name}"]', "")
    page.click("#next")
    assert page.inner_text("#heading") == "Knowledge", "nobody has to give a code"


def test_back_forward_and_another_language_keep_the_answers(visit: Any) -> None:
    page = visit(wave="T1", site="es")
    assert "Es" in page.inner_text("main")
    page.click("#next")
    page.check('[id="answers.KEN1.3"]')
    page.click("#language-en")
    assert focused(page)["id"] == "language-en"
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator('[id="answers.KEN1.3"]').is_checked()
    assert "agree" in page.inner_text("main")
    page.click("#next")
    page.click("#back")
    assert page.locator('[id="answers.KEN1.3"]').is_checked()
    page.locator("fieldset button").first.click()
    assert page.locator("fieldset:first-of-type input:checked").count() == 0, "an answer can be taken back"
    assert focused(page)["id"] == "answers.KEN1.0"


def test_a_typed_number_must_be_one_that_may_be_given(visit: Any) -> None:
    page = visit(wave="T0")
    for _ in range(3):
        page.click("#next")
    page.fill('[id="answers.TOE3"]', "100,1")
    page.click("#next")
    assert NL.say("reflect.problem_number", min="0", max="100") in page.inner_text("#errors")
    page.check('[id="answers.TOE3.na"]')
    page.click("#next")
    assert page.inner_text("#heading") == "Uw profiel"
    assert page.locator(".skill").nth(2).locator("dd").inner_text() == NL["reflect.not_applicable"]


BASE: dict[str, Any] = {"answers": {"KEN1": 4}}
WRONG = {
    "no json": ("geen json", "file_other"),
    "other json": ('{"format": "iets anders"}', "file_other"),
    "a list": ("[1]", "file_other"),
    "newer": ({**BASE, "format_version": 2}, "file_newer"),
    "other instrument": ({**BASE, "instrument": {"id": "anders", "version": "2.0"}}, "file_other_instrument"),
    "unknown wave": ({**BASE, "wave": "T9"}, "file_other_instrument"),
    "unknown item": ({"answers": {"XYZ": 4}}, "file_damaged"),
    "no such answer": ({"answers": {"KEN1": 6}}, "file_damaged"),
    "half an answer": ({"answers": {"KEN1": 2.5}}, "file_damaged"),
    "text as an answer": ({"answers": {"KEN1": "<b>4</b>"}}, "file_damaged"),
    "must apply": ({"answers": {"KEN1": "na"}}, "file_damaged"),
    "a stray key": ({**BASE, "extra": 1}, "file_damaged"),
    "a day": ({**BASE, "saved": "2026-03-01"}, "file_damaged"),
    "inherited": (
        '{"format": "casestudy-self-reflection", "format_version": 1, "__proto__": {"wave": "T1"}}',
        "file_damaged",
    ),
}  # fmt: skip


def test_a_wrong_file_is_told_and_nothing_is_taken_from_it(visit: Any, tmp_path: Path) -> None:
    page = visit()
    for name, (content, key) in WRONG.items():
        path = tmp_path / "wrong.json"
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            write(path, **content)
        assert open_file(page, path).endswith(NL[f"reflect.{key}"]), name
        assert page.locator(".file .second").count() == 0
    path = write(
        tmp_path / "old.json",
        instrument={"id": "reflectie", "version": "1.0"},
        answers={"OLD1": 9, "VAA1": 4},
    )
    assert NL.say("reflect.file_other_version", theirs="1.0", ours="2.0") in open_file(page, path)
    assert page.locator(".file .second").count() == 0, "another version cannot be shown as this one"


def test_another_version_is_compared_without_a_word_on_error(visit: Any, tmp_path: Path) -> None:
    page = visit()
    open_file(page, write(tmp_path / "own.json", answers=ANSWERS))
    page.click(".file .second")
    older = {"VAA1": 1, "VAA2": 5, "VAA3": 1, "KEN1": 1}
    open_file(
        page,
        write(
            tmp_path / "old.json", wave="T0", instrument={"id": "reflectie", "version": "1"}, answers=older
        ),
    )
    assert cells(page, "VAA")[:3] == ["4,7", "1,0", "+3,7"]
    assert cells(page, "KEN")[1:3] == ["–", "–"], "that version did not ask everything of this scale"
    assert NL["reflect.error_more"] not in page.inner_text("main")


def test_a_difference_is_held_against_the_error_of_measuring(visit: Any, tmp_path: Path) -> None:
    # Jacobson and Truax (1991): 1.96 * 0.8 * sqrt(2 * (1 - 0.86)) = 0.83 points; the score now is 4.
    page = visit()
    open_file(page, write(tmp_path / "own.json", answers={"VAA1": 4, "VAA2": 2, "VAA3": 4}))
    page.click(".file .second")
    cases = {(4, 3, 4): "error_within", (4, 3, 3): "error_within", (3, 3, 3): "error_more"}
    for before, key in cases.items():
        given = dict(zip(("VAA1", "VAA2", "VAA3"), before, strict=True))
        open_file(page, write(tmp_path / "t0.json", wave="T0", answers=given))
        assert NL[f"reflect.{key}"] in page.inner_text("main"), before


def test_what_is_handed_in_leaves_own_words_out_unless_they_are_ticked(visit: Any, tmp_path: Path) -> None:
    page = visit()
    open_file(
        page, write(tmp_path / "own.json", answers=ANSWERS, open={"O1": WORDS}, person={"elements": TYPED})
    )
    page.click(".file .second")
    handed = []
    for _ in range(2):
        with page.expect_download() as download:
            page.click("#save-hand-in")
        assert download.value.suggested_filename == "zelfreflectie-T1-inleveren.json"
        handed.append(json.loads(Path(download.value.path()).read_text(encoding="utf-8")))
        page.check("#open-too")
    assert [one["open"] for one in handed] == [{}, {"O1": WORDS}]
    assert [one["person"] for one in handed] == [{"elements": TYPED}] * 2
    assert handed[0]["site"] == "es", "the site of the file is kept"


def test_a_double_click_saves_once_and_a_huge_file_is_not_read(visit: Any, tmp_path: Path) -> None:
    page = visit(wave="T1")
    long = write(tmp_path / "long.json", instrument={"id": "reflectie", "version": "9" * 65}, answers=ANSWERS)
    assert open_file(page, long).endswith(NL["reflect.file_damaged"])
    (tmp_path / "film.json").write_bytes(b"[" * 40_000_000)
    assert open_file(page, tmp_path / "film.json").endswith(NL["reflect.file_other"])
    open_file(page, write(tmp_path / "own.json", answers=ANSWERS))
    page.click(".file .second")
    saved: list[Any] = []
    page.on("download", lambda one: saved.append(one))
    page.dblclick("#save-own")
    page.wait_for_timeout(200)
    assert len(saved) == 1
    while page.inner_text("#heading") != NL["reflect.section_open"]:
        page.click("#back")
    page.locator('[id="open.O1"]').press("Shift")
    page.keyboard.insert_text("\u05e9\u05dc\u05d5\u05dd \U0001f642 " * 1500)
    assert len(page.input_value('[id="open.O1"]').encode("utf-16-le")) / 2 == 10000


def test_leaving_asks_once_until_everything_is_saved_or_cleared(visit: Any) -> None:
    page = visit(wave="T1")
    page.click("#next")
    page.check('[id="answers.KEN1.3"]')
    page.evaluate("setTimeout(() => location.reload(), 0)")
    page.wait_for_timeout(200)
    assert page.dialogs == ["beforeunload"]
    assert page.locator('[id="answers.KEN1.3"]').is_checked(), "staying keeps the answers"
    while page.locator("#next").count():
        page.click("#next")
    page.click("#clear")
    assert page.locator("#sure").is_visible()
    page.keyboard.press("Escape")
    assert page.inner_text("#heading") == "Uw profiel"
    page.click("#clear")
    page.click("#sure .first")
    assert page.inner_text("#heading") == NL["reflect.section_start"]
    page.click("#next")
    assert page.locator("input:checked").count() == 0
    page.reload()
    assert page.dialogs == ["beforeunload"]


ATTACKS = [
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{7*191}} {wave} $& \u202e \"'><svg onload=alert(1)>",
]


def test_text_of_the_study_runs_nothing(visit: Any, tmp_path: Path) -> None:
    attack = " ".join(ATTACKS)
    page = visit(an_instrument(attack), bypass_csp=True)
    assert attack in page.inner_text("h1")
    open_file(page, write(tmp_path / "own.json", answers=ANSWERS, then=THEN, open={"O1": attack}))
    page.click(".file .second")
    open_file(page, write(tmp_path / "t0.json", wave="T0", answers=ANSWERS))
    page.click("summary")
    assert page.inner_text("main").count(attack) > 5
    for _ in range(7):
        page.click("#back")
    page.wait_for_timeout(50)
    assert page.dialogs == []
    assert "1337" not in page.inner_text("main")
    assert page.locator("main img, main script").count() == 0


def pdf(page: Any, target: Path) -> str:
    page.pdf(path=str(target), tagged=True, prefer_css_page_size=True)
    if shutil.which("pdfinfo"):
        told = subprocess.run(["pdfinfo", str(target)], capture_output=True, text=True, check=True).stdout
        assert "Tagged:          yes" in told
        assert "A4" in told
    if not shutil.which("pdftotext"):
        return ""
    words = ["pdftotext", "-layout", str(target), "-"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_the_profile_prints_with_every_answer(visit: Any, tmp_path: Path) -> None:
    page = visit()
    open_file(page, write(tmp_path / "own.json", answers=ANSWERS))
    page.click(".file .second")
    page.emulate_media(media="print")
    assert not page.locator("#save-own").is_visible()
    assert not page.locator("#bar").is_visible()
    told = pdf(page, tmp_path / "profile.pdf")
    if told:
        assert told.count("niet ingevuld") >= 2
        assert "Vraag KEN6" in told
        assert "Bewaar" not in told


def test_the_paper_prints_on_a4_and_is_read_aloud(browser: Any, axe: str, tmp_path: Path) -> None:
    path = tmp_path / "paper.html"
    path.write_text(paper.html(STUDY, INSTRUMENT, CODEBOOK, wave="T1", language="nl"), encoding="utf-8")
    for width in (1280, 320):
        page = browser.new_page(viewport={"width": width, "height": 900}, bypass_csp=True)
        page.goto(path.as_uri())
        page.evaluate(axe)
        assert_accessible(page, width)
        told = pdf(page, tmp_path / "paper.pdf")
        page.close()
        if told:
            assert "Vraag VAA3" in told
            assert re.search(r"\b1\s?/\s?\d", told), "pages are numbered"
