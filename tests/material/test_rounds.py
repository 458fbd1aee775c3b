"""Rounds: what a file must hold, who sees what, which results may be computed, how sources are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy import study as studies
from casestudy.errors import InvalidMaterial, WrongUse
from casestudy.material import rounds
from casestudy.material.codings import Coding
from casestudy.material.rounds import ImpliedRound, Round
from casestudy.material.sources import SourceRow
from casestudy.study import Study

STUDY = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}, {id: beuk, name: Beuk}]
"""
SOURCES = ("es-01", "es-02", "beuk-01", "weg-01")
R1 = "{id: r1, kind: reliability, codebook: 1.0.0, coders: [anna, bo], sources: [es-01, beuk-01]}"
T1 = "{id: t1, kind: training, codebook: 1.0.0, coders: [cy], reference: anna, sources: [es-02]}"


def made(tmp_path: Path, text: str | None) -> Study:
    folder = tmp_path / "proef"
    folder.mkdir()
    (folder / "study.yml").write_text(STUDY, encoding="utf-8")
    (folder / "codebook.yml").write_text("id: proef\nversion: 1.2.0\nframeworks: [midi]\n", encoding="utf-8")
    people = "participant,role,site,consent,withdrawn\nP1,client,es,quote,2019-05\n"
    (folder / "participants.csv").write_text(people, encoding="utf-8")
    lines = ["source,site,kind,file,date,participants,consent"]
    for source in SOURCES:
        site = "es" if source.startswith(("es", "weg")) else "beuk"
        who = "P1" if source == "weg-01" else ""
        lines.append(f"{source},{site},interview,{source}.txt,2019-03,{who},quote")
        path = folder / "sources" / site / f"{source}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("I: Hoe?\nR: Er is geen tijd.\n", encoding="utf-8")
    (folder / "sources.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if text is not None:
        (folder / rounds.FILE).write_text(text, encoding="utf-8")
    return studies.read(folder)


def listed(*entries: str) -> str:
    return "rounds:\n" + "".join(f"  - {entry}\n" for entry in entries)


def coding(coder: str, source: str, **changed: Any) -> Coding:
    values: dict[str, Any] = {
        "coding": f"{coder}-{source}",
        "coder": coder,
        "source": source,
        "start": 0,
        "end": 4,
        "code": "M23",
        "codebook": "1.0.0",
        "kind": "human",
        "status": "confirmed",
        "round": "main",
        "quote": "tijd",
        "text_sha256": "0" * 64,
        "at": "2019-04-01T10:00:00+02:00",
    }
    return Coding.model_validate(values | changed)


CODINGS = tuple(coding(coder, source) for coder in ("anna", "bo", "cy") for source in SOURCES[:3])


def test_a_study_without_the_file_has_no_rounds(tmp_path: Path) -> None:
    assert rounds.read(made(tmp_path, None)) == ()


def test_rounds_are_read(tmp_path: Path) -> None:
    drawn = R1.replace("}", ", closed: 2019-09-02, drawn: {seed: 7, share: 0.2}}")
    one, two = rounds.read(made(tmp_path, listed(drawn, T1)))
    assert (one.id, one.is_open, one.coders, one.major) == ("r1", False, ("anna", "bo"), "1")
    assert one.drawn is not None
    assert one.drawn.share == 0.2
    assert (two.kind, two.reference, two.is_open) == ("training", "anna", True)


def test_a_withdrawn_source_is_no_problem(tmp_path: Path) -> None:
    (one,) = rounds.read(made(tmp_path, listed(R1.replace("beuk-01", "weg-01"))))
    assert one.sources == ("es-01", "weg-01")


BAD = [
    ([R1, R1.replace("es-01, beuk-01", "es-02")], "3: `rounds.1.id`"),
    ([R1.replace("reliability", "blind")], "2: `rounds.0.kind` must be 'training' or 'reliability'"),
    ([R1.replace("anna, bo", "anna")], "2: `rounds.0.coders` must name two coders or more"),
    ([R1.replace("anna, bo", "anna, anna")], "2: `rounds.0.coders` must name each once, found `anna` again"),
    ([R1.replace("}", ", reference: anna}")], "2: `rounds.0.reference` must be given for a training round"),
    ([T1.replace("reference: anna, ", "")], "2: `rounds.0.reference` must be given for a training round"),
    ([T1.replace("anna", "cy")], "2: `rounds.0.reference` must not be one of the coders"),
    ([R1.replace("}", ", closed: 2019-13-40}")], "2: `rounds.0.closed` must be a day"),
    ([R1.replace("1.0.0", "1")], "2: `rounds.0.codebook` must be three numbers"),
    ([R1.replace("1.0.0", "3.0.0")], "2: `codebook` of round `r1` must have the MAJOR"),
    ([R1.replace("es-01", "es-1")], "2: `sources` of round `r1` must be in sources.csv, found `es-1`; did"),
    ([R1, R1.replace("r1", "r2").replace("1.0.0", "1.2.0")], "3: `rounds.1.sources` must not give a coder a"),
    ([R1.replace("kind", "soort")], "2: every key must be known, found `rounds.0.soort`"),
]


@pytest.mark.parametrize(("entries", "message"), BAD)
def test_a_bad_round_is_named_with_its_line(tmp_path: Path, entries: list[str], message: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        rounds.read(made(tmp_path, listed(*entries)))
    assert any(str(problem).startswith(f"rounds.yml:{message}") for problem in refused.value.problems), (
        refused.value
    )


def test_all_problems_at_once(tmp_path: Path) -> None:
    wrong = [R1.replace("anna, bo", "anna").replace("}", ", reference: bo}"), T1.replace("anna", "cy")]
    with pytest.raises(InvalidMaterial) as refused:
        rounds.read(made(tmp_path, listed(*wrong)))
    assert len(refused.value.problems) == 3


def test_a_new_version_of_the_codebook_may_do_the_same_sources_again(tmp_path: Path) -> None:
    study = made(tmp_path, listed(R1.replace("1.0.0", "2.0.0"), R1.replace("r1", "r2")))
    (study.folder / "codebooks").mkdir()
    older = (study.folder / "codebook.yml").read_text().replace("1.2.0", "1.0.0")
    (study.folder / "codebooks" / "1.0.0.yml").write_text(older, encoding="utf-8")
    (study.folder / "codebook.yml").write_text(older.replace("1.0.0", "2.0.0"), encoding="utf-8")
    assert [one.major for one in rounds.read(study)] == ["2", "1"]


def one(**changed: Any) -> Round:
    values = {"id": "r1", "kind": "reliability", "codebook": "1.0.0", "coders": ["anna", "bo"]}
    return Round.model_validate({**values, "sources": ["es-01"], **changed})


def seen(codings: tuple[Coding, ...]) -> set[str]:
    return {coding.coding for coding in codings}


def test_a_coder_is_blind_until_the_round_is_closed() -> None:
    open_round, closed = one(), one(closed="2019-09-02")
    every = seen(CODINGS)
    assert seen(rounds.blind(CODINGS, [open_round], "anna")) == every - {"bo-es-01", "cy-es-01"}
    assert seen(rounds.blind(CODINGS, [open_round], "cy")) == every
    assert rounds.blind(CODINGS, [closed], "anna") == CODINGS
    training = one(kind="training", coders=["cy"], reference="anna")
    assert seen(rounds.blind(CODINGS, [training], "cy")) == every - {"anna-es-01", "bo-es-01"}


def test_blindness_is_that_of_the_file(tmp_path: Path) -> None:
    study = made(tmp_path, listed(R1))
    hidden = {"bo-es-01", "cy-es-01", "bo-beuk-01", "cy-beuk-01"}
    assert seen(CODINGS) - seen(rounds.visible(study, CODINGS, "anna")) == hidden


def test_suggestions_of_a_machine_are_not_hidden() -> None:
    machine = coding("woorden", "es-01", kind="dictionary", status="suggested")
    assert rounds.blind([machine], [one()], "anna") == (machine,)


def test_only_a_closed_round_has_results() -> None:
    found = [one(closed="2019-09-02"), one(id="r2", sources=["es-02"], closed="2019-10-02"), one(id="r3")]
    assert rounds.choose(found, CODINGS).id == "r2"
    assert rounds.choose(found, CODINGS, "r1").id == "r1"
    with pytest.raises(WrongUse, match="found `r3` open; when every coder has finished, add `closed"):
        rounds.choose(found, CODINGS, "r3")
    with pytest.raises(WrongUse, match="found `r1` open"):
        rounds.choose([one()], CODINGS)
    with pytest.raises(WrongUse, match="found `r7`; use one of: r1, r2, r3"):
        rounds.choose(found, CODINGS, "r7")


def test_without_rounds_all_that_two_people_coded_is_one() -> None:
    more = (
        coding("bo", "es-01", coding="t", round="training"),
        coding("woorden", "es-02", kind="dictionary", status="suggested"),
        coding("anna", "beuk-01"),
        coding("anna", "es-01"),
        coding("bo", "es-02"),
        coding("bo", "beuk-01", codebook="1.1"),
        coding("bo", "beuk-01", codebook="1.3.0"),
        coding("anna", "beuk-01", codebook="1.1.0"),
    )
    chosen = rounds.choose((), more)
    assert isinstance(chosen, ImpliedRound)
    assert (chosen.id, chosen.sources, chosen.coders) == ("all", ("beuk-01",), ("anna", "bo"))
    assert (chosen.codebook, chosen.is_open) == ("1.1.0", False)
    with pytest.raises(WrongUse, match="two coders must have coded one source"):
        rounds.choose((), more[:2])


def test_the_newest_major_counts_without_rounds() -> None:
    newer = tuple(coding(who, "es-02", codebook="10.0.0") for who in ("anna", "bo"))
    chosen = rounds.implied([*CODINGS, *newer])
    assert chosen is not None
    assert (chosen.codebook, chosen.sources) == ("10.0.0", ("es-02",))


def test_a_training_round_is_found_by_its_coder() -> None:
    training = one(id="t1", kind="training", coders=["cy"], reference="anna", closed="2019-09-02")
    assert rounds.training([one(), training], "cy") == training
    with pytest.raises(WrongUse, match="found none of `di`; use one of: cy"):
        rounds.training([one(), training], "di")
    with pytest.raises(WrongUse, match="found `t1` open"):
        rounds.training([training.model_copy(update={"closed": None})], "cy")


HELD = [
    ({}, True),
    ({"coder": "cy"}, False),
    ({"source": "es-02"}, False),
    ({"codebook": "1.2.9"}, True),
    ({"codebook": "1.3.0"}, False),
    ({"codebook": "1"}, True),
    ({"at": "2019-09-02T23:59:00+02:00"}, True),
    ({"at": "2019-09-03T00:01:00+02:00"}, False),
]


@pytest.mark.parametrize(("changed", "held"), HELD)
def test_work_after_closing_or_under_a_later_codebook_is_not_of_the_round(
    changed: dict[str, str], held: bool
) -> None:
    work = {"coder": "bo", "source": "es-01", "codebook": "1.0.0", "at": "2019-08-01T09:00:00+00:00"}
    assert one(codebook="1.2.0", closed="2019-09-02").holds(**(work | changed)) is held


def row(site: str, number: int) -> SourceRow:
    return SourceRow(
        source=f"{site}-{number:02d}",
        site=site,
        kind="interview",
        file="a.txt",
        date="2019-03",
        consent="quote",
    )


@given(
    st.dictionaries(st.sampled_from(["es", "beuk", "eik", "wilg"]), st.integers(1, 12), min_size=1),
    st.floats(0.01, 1),
    st.integers(0, 99),
    st.randoms(use_true_random=False),
)
def test_a_draw_holds_every_site_and_its_share(
    sites: dict[str, int], share: float, seed: int, chance: Any
) -> None:
    rows = [row(site, number) for site, n in sites.items() for number in range(n)]
    drawn = rounds.draw(rows, share, seed)
    assert {source.partition("-")[0] for source in drawn} == set(sites)
    assert len(drawn) == max(len(sites), int(share * len(rows) + 0.5))
    assert rounds.per_site(rows, drawn).keys() == sites.keys()
    chance.shuffle(rows)
    assert set(rounds.draw(rows, share, seed)) == set(drawn)


def test_every_source_has_the_same_chance() -> None:
    rows = [row("es", number) for number in range(10)]
    n_of = dict.fromkeys((one.source for one in rows), 0)
    for seed in range(1000):
        for source in rounds.draw(rows, 0.2, seed):
            n_of[source] += 1
    assert all(150 < n < 250 for n in n_of.values())


@pytest.mark.parametrize("share", [0, -0.1, 1.5])
def test_a_share_lies_between(share: float) -> None:
    with pytest.raises(WrongUse, match="--draw"):
        rounds.draw([row("es", 1)], share, 1)
    with pytest.raises(WrongUse, match="found none"):
        rounds.draw([], 0.2, 1)
