"""How scales hang together, and what the answers are worth, as readers are told."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from casestudy import labels
from casestudy.reporting import tables
from casestudy.reporting.parts import Rendering
from casestudy.study import Audience

NAN = float("nan")
COLUMNS = "scale wave alpha lo hi omega omega_lo omega_hi n_draws_kept n n_items indicative note".split()
GOOD = (0.8123, 0.71, 0.884, 0.8251, 0.73, 0.89, 990)
NO_OMEGA = (0.7, 0.5, 0.85, NAN, NAN, NAN, 0)
LOW = (0.41, 0.2, 0.6, 0.45, 0.2, 0.62, 1000)


def _frame(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def _said(drawn: Rendering) -> str:
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", str(drawn.html)))
    return plain.replace("\N{NO-BREAK SPACE}", " ")


def _drawn(material: Any, frame: pd.DataFrame, audience: Audience = "site", **more: Any) -> Rendering:
    part = tables.reliability(frame, study=material.study, instrument=material.instrument, **more)
    return part.draw(labels.read("nl"), audience)


def test_both_coefficients_stand_with_their_intervals(material: Any) -> None:
    drawn = _drawn(material, _frame(("KEN", "T0", *GOOD, 40, 6, False, "")))
    assert "voormeting 0,81 0,71 tot 0,88 0,83 0,73 tot 0,89 6 Alfa" in _said(drawn)
    assert "indicatief" not in _said(drawn).split("Alfa zegt")[0]
    assert "ten minste 990 herhaalde steekproeven" in _said(drawn)
    assert drawn.released is not None
    assert drawn.released["omega"].tolist() == [0.83]


def test_under_thirty_people_both_are_indicative(material: Any) -> None:
    drawn = _drawn(material, _frame(("KEN", "T0", *GOOD, 29, 6, True, "")))
    assert "0,8 indicatief 0,7 tot 0,9 0,8 indicatief 0,7 tot 0,9" in _said(drawn)
    assert str(drawn.html).count('<span class="badge">indicatief</span>') == 2


@pytest.mark.parametrize("note", ["heywood", "no_omega", "few"])
def test_why_there_is_no_omega_is_said_in_words(material: Any, note: str) -> None:
    drawn = _drawn(material, _frame(("VAA", "T1", *NO_OMEGA, 40, 6, False, note)))
    assert "Ervaren vaardigheid (nameting)" in _said(drawn)
    assert labels.read("nl").words[f"reliability.{note}"].split("{")[0] in _said(drawn)
    assert "herhaalde steekproeven" not in _said(drawn)


@pytest.mark.parametrize(("notes", "told"), [(("below_60", "below_60"), True), (("below_60", ""), False)])
def test_low_in_both_waves_sends_the_reader_to_the_items(
    material: Any, notes: tuple[str, str], told: bool
) -> None:
    rows = [("HOU", wave, *LOW, 40, 6, False, note) for wave, note in zip(("T0", "T1"), notes, strict=True)]
    said = _said(_drawn(material, _frame(*rows)))
    assert ("Kijk daar naar de losse vragen" in said) == told
    assert ("op één of meer metingen lager" in said) != told


@pytest.mark.parametrize(("audience", "shown"), [("internal", 1), ("site", 1), ("public", 0)])
def test_too_few_people_are_left_out(material: Any, audience: Audience, shown: int) -> None:
    frame = _frame(("KEN", "T0", *GOOD, 9, 6, True, ""), ("KEN", "T1", *GOOD, 4, 6, True, ""))
    drawn = _drawn(material, frame, audience)
    assert (0 if drawn.released is None else len(drawn.released)) == shown
    assert {line.place for line in drawn.withheld} >= {"KEN x T1"}


def test_items_that_do_not_go_along_are_named_to_the_research_team_only(material: Any) -> None:
    frame = _frame(("KEN", "T0", *GOOD, 40, 6, False, ""))
    rest = pd.DataFrame(
        [("KEN", "KEN1", "T0", -0.2, 40, True), ("VAA", "VAA1", "T0", 0.5, 40, False)],
        columns=["scale", "item", "wave", "r", "n", "flag"],
    )
    inside = _said(_drawn(material, frame, "internal", item_rest=rest))
    assert "KEN1: ? (nl) (voormeting)" in inside
    assert "VAA1" not in inside
    for audience in ("site", "public"):
        assert "KEN1" not in _said(_drawn(material, frame, audience, item_rest=rest))
    assert "Elke vraag gaat samen" in _said(_drawn(material, frame, "internal", item_rest=rest[1:]))


CEILING = pd.DataFrame(
    [
        ("KEN", "ALL", 100, 40, 0.4, True),
        ("KEN", "s1", 19, 8, 0.42, True),
        ("VAA", "ALL", 100, 10, 0.1, False),
        ("VAA", "s1", 19, 1, 0.05, False),
    ],
    columns=["scale", "site", "n", "n_ceiling", "share", "limited"],
)
STRAIGHT = pd.DataFrame(
    [("s1", "T0", 30, 2), ("s2", "T0", 30, 5), ("s1", "T1", 30, 0)],
    columns=["site", "wave", "n_respondents", "n_straight"],
)
READ = pd.DataFrame([("survey/<t0>.csv", "rows read", 61)], columns=["place", "what", "n"])


def _quality(material: Any, audience: Audience, site: str | None = None) -> str:
    part = tables.survey_quality(
        CEILING, STRAIGHT, READ, study=material.study, instrument=material.instrument, site=site
    )
    return _said(part.draw(labels.read("nl"), audience))


def test_a_full_scale_leaves_little_room_to_rise(material: Any) -> None:
    said = _quality(material, "public")
    assert "De schaal Kennis laat weinig stijging toe: op de voormeting stond 40 %" in said
    assert "Ervaren vaardigheid" not in said


def test_of_fewer_than_twenty_nothing_is_said_of_the_top(material: Any) -> None:
    assert "stijging" not in _quality(material, "site", "s1")


def test_inattention_and_what_was_read_are_for_the_research_team(material: Any) -> None:
    inside = _quality(material, "internal")
    assert "Op de voormeting gaven 7 mensen" in inside
    assert "Op de nameting gaven minder dan 5 mensen" in inside
    assert "survey/&lt;t0&gt;.csv rows read 61" in inside
    assert "Op de voormeting gaven minder dan 5 mensen" in _quality(material, "internal", "s1")
    for audience in ("site", "public"):
        said = _quality(material, audience)
        assert "hetzelfde antwoord" not in said
        assert "rows read" not in said
