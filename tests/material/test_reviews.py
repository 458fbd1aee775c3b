"""The review list: what an edit of a transcript did to codings, and settling it."""

from __future__ import annotations

from pathlib import Path

import pytest

from casestudy import study as studies
from casestudy.errors import WrongUse
from casestudy.material import codings, reviews, sources
from casestudy.material.codings import Coding

SETTINGS = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat helpt?, en: What helps?}
kind: implementation
sites: [{id: es, name: Es}]
"""
TEXT = (
    "I: Hoe ging het de eerste weken met het nieuwe plan?\n"
    "R: Er is veel te weinig tijd voor. Jan helpt mij met de formulieren. Ja.\n"
    "I: En hoe gaat het nu, een half jaar later?\n"
    "R: Het plan hangt bij iedereen aan de muur. Wij praten er elke week over.\n"
)
LATER = (
    "Gesprek met R\n"
    "I: Hoe ging het de eerste weken met het nieuwe plan?\n"
    "R: Er is veel te weinig tijd voor. [naam-1] helpt mij met de formulieren. Ja. Ja.\n"
    "I: En hoe gaat het nu, een half jaar later?\n"
    "R: Dat weet ik niet. Wij praten er elke week over.\n"
)
QUOTES = {
    "time": "Er is veel te weinig tijd voor.",
    "name": "Jan helpt mij met de formulieren.",
    "yes": "Ja.",
    "gone": "Het plan hangt bij iedereen aan de muur.",
}
AT = "2019-04-01T10:00:00+02:00"


@pytest.fixture
def study(tmp_path: Path) -> studies.Study:
    (tmp_path / "study.yml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "codebook.yml").write_text("id: p\nversion: 1.0.0\nframeworks: [midi]\n")
    (tmp_path / "participants.csv").write_text("participant,role,site,consent,withdrawn\n")
    (tmp_path / "sources.csv").write_text(
        "source,site,kind,file,date,participants,consent\nE1,es,interview,a.txt,2019-03,,quote\n"
    )
    (tmp_path / "sources" / "es").mkdir(parents=True)
    found = studies.read(tmp_path)
    edit(found, TEXT)
    for number, (name, quote) in enumerate(QUOTES.items()):
        start = TEXT.index(quote)
        codings.append(found, coding(name, start, quote, f"M0{number + 1}"), TEXT)
    return found


def edit(study: studies.Study, text: str) -> None:
    (study.folder / "sources" / "es" / "a.txt").write_text(text, encoding="utf-8")


def coding(name: str, start: int, quote: str, code: str) -> Coding:
    return Coding.model_validate(
        {
            "coding": name,
            "source": "E1",
            "start": start,
            "end": start + len(quote),
            "code": code,
            "codebook": "1.0.0",
            "coder": "anna",
            "kind": "human",
            "status": "confirmed",
            "round": "main",
            "quote": quote,
            "text_sha256": sources.sha256(TEXT),
            "at": AT,
        }
    )


def states(study: studies.Study) -> dict[str, str]:
    return {one.coding.coding: one.state for one in reviews.read(study)}


def test_nothing_is_to_be_reviewed_while_the_text_is_as_it_was(study: studies.Study) -> None:
    assert reviews.read(study) == ()


def test_every_coding_of_an_edited_text_is_listed_with_its_words_then_and_now(study: studies.Study) -> None:
    edit(study, LATER)
    placed = {one.coding.coding: one for one in reviews.read(study)}
    assert states(study) == {"time": "moved", "name": "changed", "yes": "ask", "gone": "orphaned"}
    assert (placed["name"].old_words, placed["name"].new_words) == (
        QUOTES["name"],
        "[naam-1] helpt mij met de formulieren.",
    )
    assert placed["gone"].new_words is None
    assert placed["yes"].choices == ("Ja.", "Ja.")
    assert reviews.counts(placed.values()) == {"same": 0, "moved": 1, "changed": 1, "ask": 1, "orphaned": 1}
    assert [one.coding for one in codings.read(study)] == ["time", "name"]


def test_a_list_of_one_site_or_coder(study: studies.Study) -> None:
    edit(study, LATER)
    assert len(reviews.read(study, "es", coder="anna")) == 4
    assert reviews.read(study, coder="bo") == ()


def test_settling_writes_what_stands_and_leaves_what_must_be_decided(study: studies.Study) -> None:
    edit(study, LATER)
    before = codings.read(study)
    assert reviews.settle(study, reviews.read(study), by="bo", at=AT) == 2
    assert states(study) == {"yes": "ask", "gone": "orphaned"}
    assert codings.read(study) == before
    assert reviews.settle(study, reviews.read(study), by="bo", at=AT) == 0
    assert codings.damage(study) == ()


def test_a_place_is_chosen_and_an_orphan_dropped(study: studies.Study) -> None:
    edit(study, LATER)
    placed = reviews.read(study)
    reviews.place(study, placed, "yes", 2, by="bo", at=AT)
    reviews.drop(study, placed, "gone", by="bo", at=AT)
    assert states(study) == {"time": "moved", "name": "changed"}
    chosen = next(one for one in codings.read(study) if one.coding == "yes")
    assert (chosen.start, chosen.end) == next(p for p in placed if p.coding.coding == "yes").candidates[1]
    edit(study, TEXT)
    assert "gone" not in {one.coding for one in codings.read(study)}


def test_a_text_that_was_edited_twice_is_placed_from_the_last_settled_one(study: studies.Study) -> None:
    edit(study, LATER)
    reviews.settle(study, reviews.read(study), by="bo", at=AT)
    edit(study, LATER.replace("[naam-1]", "een collega"))
    assert states(study)["time"] == "same"
    assert {one.coding: one.quote for one in codings.read(study)}["name"] == (
        "een collega helpt mij met de formulieren."
    )


WRONG = [
    ("time", 1, "from 1 to 0"),
    ("yes", 3, "from 1 to 2"),
    ("yes", 0, "from 1 to 2"),
    ("no", 1, "found `no`"),
]


@pytest.mark.parametrize(("name", "choice", "told"), WRONG)
def test_a_place_that_is_not_to_be_chosen_is_refused(
    study: studies.Study, name: str, choice: int, told: str
) -> None:
    edit(study, LATER)
    with pytest.raises(WrongUse, match=told):
        reviews.place(study, reviews.read(study), name, choice, by="bo", at=AT)


def test_a_coding_that_is_not_listed_is_not_dropped(study: studies.Study) -> None:
    with pytest.raises(WrongUse, match="the list is empty"):
        reviews.drop(study, reviews.read(study), "time", by="bo", at=AT)
