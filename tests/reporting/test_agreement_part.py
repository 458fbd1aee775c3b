"""The agreement part: verdicts in signs and words, few instances by name, no coder, few sources in words."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from casestudy import labels
from casestudy.findings import coder_agreement
from casestudy.material.codebook import Code, Codebook, Definition, framework
from casestudy.reporting.parts import Part
from casestudy.reporting.tables.agreement import agreement
from casestudy.study import Audience, Site, Study, Words

NL, EN = labels.read("nl"), labels.read("en")
AUDIENCES: tuple[Audience, ...] = ("internal", "site", "public")
STUDY = Study(
    title=Words(nl="Proef", en="Trial"),
    question=Words(nl="Wat?", en="What?"),
    kind="implementation",
    sites=(Site(id="es", name="Es"),),
)
OWN = Code(
    id="IND1",
    family="inductive",
    label=Words(nl="<b>Rust</b>", en="<b>Calm</b>"),
    definition=Definition(nl="Rust"),
)
BOOK = Codebook(id="boek", version="1.0.0", changelog=(), codes=(*framework("midi"), OWN))
VERDICTS = {"M27": "too_few", "M23": "ok", "M13": "tentative", "M15": "insufficient", "IND1": "too_few"}


def table(verdicts: dict[str, str] = VERDICTS, **changed: Any) -> pd.DataFrame:
    row = {"version": "1.0.0", "unit": "sentence", "n_units": 1203, "n_pos_any": 40, "alpha": 0.847}
    row |= {"alpha_lo": 0.76, "alpha_hi": 0.912, "ac1": 0.981} | changed
    found = pd.DataFrame([{"code": code, **row, "verdict": verdict} for code, verdict in verdicts.items()])
    return found.reindex(columns=coder_agreement.COLUMNS)


def part(found: pd.DataFrame | None = None, n_sources: int = 8) -> Part:
    given = table() if found is None else found
    return agreement(given.assign(n_sources=n_sources, n_coders=2), study=STUDY, codebook=BOOK)


def text(of: Part, audience: Audience = "internal", words: labels.Labels = NL) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", str(of.draw(words, audience).html)))


def test_the_sentences_hold_every_verdict_and_the_unit() -> None:
    said = text(part())
    assert (
        "Bij 1 van de 5 codes stemden de codeurs voldoende overeen (Krippendorffs alfa van ten minste 0,80)."
        in said
    )
    assert "Voorlopig: 1. Onvoldoende: 1. Te weinig voorbeelden om te beoordelen: 2." in said
    assert "2 codeurs codeerden 8 gesprekken los van elkaar met versie 1.0.0 van het codeboek" in said
    assert "1.203 zinnen van deelnemers" in said
    assert "Coders agreed sufficiently on 1 of 5 codes" in text(part(), words=EN)


def test_a_verdict_is_a_sign_and_a_word() -> None:
    said = text(part())
    for verdict in ("✓ voldoende", "† voorlopig", "✗ onvoldoende"):
        assert verdict in said
    assert "0,85 (0,76 tot 0,91) 0,98" in said


def test_codes_with_few_instances_are_named_and_not_judged() -> None:
    drawn = part().draw(NL, "internal")
    assert "(minder dan 20)" in text(part())
    assert "&lt;b&gt;Rust&lt;/b&gt;" in str(drawn.html)
    assert drawn.released is not None
    assert drawn.released["code"].tolist() == ["M13", "M15", "M23"]  # in the order of the codebook
    assert set(drawn.released.columns) >= {"code_nl", "code_en", "alpha", "alpha_lo", "alpha_hi", "verdict"}
    assert not [column for column in drawn.released if column.startswith("n_")]


@pytest.mark.parametrize(
    ("n_sources", "audience", "expected"),
    [
        (8, "internal", "8 gesprekken"),
        (8, "site", "8 gesprekken"),
        (8, "public", "enkele gesprekken"),
        (12, "public", "10 gesprekken"),
        (4, "internal", "enkele gesprekken"),
    ],
)
def test_few_sources_are_told_in_words(n_sources: int, audience: Audience, expected: str) -> None:
    assert f"codeerden {expected} los" in text(part(n_sources=n_sources), audience)


def test_all_codes_with_few_instances_give_no_empty_table() -> None:
    few = part(table(dict.fromkeys(VERDICTS, "too_few")))
    assert "<table" not in str(few.draw(NL, "site").html)
    assert "Te weinig voorbeelden om te beoordelen: 5." in text(few)


def test_a_code_of_an_earlier_codebook_has_its_id() -> None:
    old = part(table({"OUD1": "ok", "OUD2": "too_few"})).draw(NL, "internal")
    assert "OUD1" in str(old.html)
    assert "OUD2" in str(old.html)
    assert old.released is not None
    assert old.released.empty


@pytest.mark.parametrize("audience", AUDIENCES)
def test_nothing_coded_twice_is_said(audience: Audience) -> None:
    drawn = part(table({})).draw(EN, audience)
    assert "Nothing has been coded by two coders independently yet" in str(drawn.html)
    assert drawn.released is None


def test_one_source_has_no_interval() -> None:
    said = text(part(table({"M23": "ok"}, alpha_lo=float("nan"), alpha_hi=float("nan"))))
    assert "0,85 0,98" in said
    assert "nan" not in said
