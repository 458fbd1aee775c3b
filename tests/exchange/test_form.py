"""The form of one wave: what is asked, of whom, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.errors import InvalidMaterial, WrongUse
from casestudy.exchange import form as forms
from casestudy.exchange.form import Form

Made = Callable[..., Form]
HOURS = {"min": 0, "max": 40, "decimals": True}


@pytest.mark.parametrize(
    ("wave", "asked"),
    [
        ("T0", "wave site respondent KEN1 KEN2 TOE1 UREN O1"),
        ("T1", "wave site respondent KEN1 KEN2 TOE1 UREN CON_SK01 O1"),
        ("THEN", "wave site respondent KEN1 KEN2"),
    ],
)
def test_a_wave_asks_its_own_questions(made: Made, wave: str, asked: str) -> None:
    assert [question.id for question in made(wave).questions] == asked.split()


def test_who_answers_is_asked_in_the_way_of_the_study(made: Made) -> None:
    from_number = made(person={"ask": "number"})
    unknown = made(person={"ask": "nothing"})
    kinds = ("letter", "letter", "day", "month", "count", "text")
    elements = [{"id": f"E{n}", "text": {"nl": "a", "en": "a"}, "kind": kind} for n, kind in enumerate(kinds)]
    by_code = made(person={"ask": "code", "elements": elements})
    assert (from_number.linking, unknown.linking, by_code.linking) == ("id", "none", "sgic")
    assert "respondent" not in [question.id for question in unknown.questions]
    assert by_code.elements == ("E0", "E1", "E2", "E3", "E4", "E5")


def test_a_form_for_one_site_stores_it_and_bears_its_name(made: Made) -> None:
    form = made(site="es")
    (site,) = [question for question in form.questions if question.id == "site"]
    assert (site.kind, site.value, form.id) == ("fixed", "es", "spiegel_T1_es")


def test_components_are_asked_of_those_who_use_the_skill_often_enough(made: Made) -> None:
    (ticks,) = [question for question in made().questions if question.kind == "ticks"]
    (when,) = ticks.shown_when
    assert (when.question, when.codes) == ("TOE1", ("3", "4", "5"))
    assert "Afspraken" in ticks.text.nl or ticks.text.nl.endswith("?")


def test_what_does_not_apply_is_a_word_outside_every_range(made: Made) -> None:
    (item,) = [question for question in made().questions if question.id == "TOE1"]
    assert [choice.code for choice in item.choices] == ["1", "2", "3", "4", "5", "nvt"]
    assert item.choices[-1].text.nl == "n.v.t. nl"


@pytest.mark.parametrize(
    ("wave", "site", "changes", "said"),
    [
        ("T9", None, {}, "--wave"),
        ("THEN", None, {"scales": [], "open": [], "components": {}, "component_waves": []}, "--wave"),
        ("T1", "eik", {}, "--site"),
    ],
)
def test_a_form_that_cannot_be_made_says_why(
    made: Made, wave: str, site: str | None, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(WrongUse, match=said):
        made(wave, site, **changes)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"id": "wave", "options": "agree"}, "`wave`"),
        ({"id": "con_sk01", "options": "agree"}, "`con_sk01`"),
        ({"id": "N1", "options": "hours", "not_applicable": True}, "`N1`"),
    ],
)
def test_items_that_a_form_cannot_ask_are_named(made: Made, item: dict[str, Any], said: str) -> None:
    text = {"nl": "a", "en": "a"}
    one = {"id": "X", "label": text, "items": [{"text": text, **item}]}
    often = [{"id": "T", "options": "agree", "skill": "SK01", "text": text}]
    with pytest.raises(InvalidMaterial, match=said):
        made(scales=[one, {"id": "Y", "label": text, "items": often}])


@given(st.lists(st.text("abAB12", min_size=1, max_size=3), min_size=1, max_size=8, unique=True))
def test_names_are_apart_whatever_their_case(ids: list[str]) -> None:
    names = {id_: id_ for id_ in ids}
    if len({id_.casefold() for id_ in ids}) == len(ids):
        assert forms.apart(names, str.isalnum) == names
    else:
        with pytest.raises(InvalidMaterial):
            forms.apart(names, str.isalnum)
