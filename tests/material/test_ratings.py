"""Ratings: one file per rater, the last line counts, nobody settles alone, and evidence makes them stale."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial, WrongUse
from casestudy.material import check, codebook_versions, codings, evidence, frames, ratings, sources
from casestudy.material.codings import Coding
from casestudy.material.ratings import Rating, SettledRating
from casestudy.study import Study

STUDY = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}, {id: beuk, name: Beuk}]
"""
FACTOR = "factor, domain: user"
FAMILIES = {"M13": FACTOR, "M22": FACTOR, "M23": FACTOR, "SK04": "skill", "CP01": "component"}
CODEBOOK = "id: proef\nversion: 1.0.0\ncodes:\n" + "".join(
    f"  - {{id: {code}, family: {family}, label: {{nl: {code}, en: {code}}}, definition: {{nl: {code}}}}}\n"
    for code, family in FAMILIES.items()
)
AT = "2019-05-06T10:00:00+00:00"
SOURCES = "source,site,kind,file,date,participants,consent,interviewer\n" + "".join(
    f"{name},{name[:-2]},interview,{name}.txt,2019-02,,quote,I\n"
    for name in ("es-1", "es-2", "es-3", "beuk-1")
)
TEXT = "I: En?\nP: Er is te weinig tijd.\nI: Altijd?\nP: Soms is er tijd genoeg. Wij vinden ruimte.\n"
SHORT, ENOUGH, ROOM = "Er is te weinig tijd", "Soms is er tijd genoeg", "Wij vinden ruimte"


def rated(**changed: Any) -> dict[str, Any]:
    return {
        "site": "es",
        "code": "M23",
        "value": "-2",
        "rationale": "vaak",
        "rater": "r1",
        "at": AT,
    } | changed


def settled(**changed: Any) -> dict[str, Any]:
    line = {"site": "es", "code": "M23", "value": "-1", "proposed": "-2", "rationale": "besproken", "at": AT}
    return line | {"supporting": ["c1"], "contrary": ["c2"], "decided_by": ["r1", "r2"]} | changed


def made(tmp_path: Path, files: dict[str, list[dict[str, Any]]]) -> Study:
    folder = tmp_path / "proef"
    (folder / "ratings").mkdir(parents=True)
    (folder / "study.yml").write_text(STUDY, encoding="utf-8")
    (folder / "codebook.yml").write_text(CODEBOOK, encoding="utf-8")
    for name, lines in files.items():
        write(folder, name, lines)
    return studies.read(folder)


def write(folder: Path, name: str, lines: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "ratings" / f"{name}.jsonl").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Time hinders at es: one coding for that, one against; another code and another site beside it."""
    found = made(tmp_path_factory.mktemp("template"), {})
    (found.folder / "sources.csv").write_text(SOURCES, encoding="utf-8")
    (found.folder / "participants.csv").write_text("participant,role,site,consent\n", encoding="utf-8")
    for row in sources.rows(found):
        path = found.folder / "sources" / row.site / row.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEXT, encoding="utf-8")
    code(found, "c1", "es-1", SHORT, valence="-", strength=2)
    code(found, "c2", "es-2", ENOUGH, valence="+")
    code(found, "c3", "es-1", ROOM, code="M13", valence="+")
    code(found, "c4", "beuk-1", SHORT, valence="-")
    return found.folder


@pytest.fixture
def study(template: Path, tmp_path: Path) -> Study:
    return studies.read(shutil.copytree(template, tmp_path / "proef"))


def code(study: Study, name: str, source: str, quote: str, **more: Any) -> Coding:
    text = next(one for one in sources.read(study) if one.source == source).text
    start = text.index(quote)
    fields = {"coding": name, "source": source, "start": start, "end": start + len(quote), "quote": quote}
    fields |= {"code": "M23", "codebook": "1.0.0", "coder": "c", "kind": "human", "status": "confirmed"}
    fields |= {"round": "main", "text_sha256": sources.sha256(text), "at": AT} | more
    coding = Coding.model_validate(fields)
    codings.append(study, coding, text)
    return coding


def pinned(study: Study, **changed: Any) -> dict[str, Any]:
    line = settled(**changed)
    return line | evidence.pin(evidence.read(study), line["site"], line["code"])


def states(study: Study) -> dict[tuple[str, str], str]:
    found = frames.settled(study)
    return {(site, code): state for site, code, state in found[["site", "code", "standing"]].to_numpy()}


def test_the_last_line_of_each_rater_counts(tmp_path: Path) -> None:
    lines = [rated(), rated(site="beuk", value="X"), rated(value="0"), rated(code="SK04", value="M")]
    study = made(tmp_path, {"r2": [rated(rater="r2", value="1")], "r1": lines})
    found = [(rating.rater, rating.site, rating.code, rating.value) for rating in ratings.read(study)]
    assert found == [
        ("r1", "beuk", "M23", "X"),
        ("r1", "es", "M23", "0"),
        ("r1", "es", "SK04", "M"),
        ("r2", "es", "M23", "1"),
    ]
    assert [rating.site for rating in ratings.read(study, "beuk")] == ["beuk"]


def test_settled_ratings_keep_what_they_rest_on(study: Study) -> None:
    lines = [settled(), settled(value="M", supporting=[], contrary=[], code="M22"), settled(value="-2")]
    write(study.folder, "settled", lines)
    found = ratings.settled(study)
    assert [(r.code, r.value, r.supporting, r.contrary) for r in found] == [
        ("M22", "M", (), ()),
        ("M23", "-2", ("c1",), ("c2",)),
    ]
    assert ratings.settled(study, "beuk") == ()
    assert states(study) == {("es", "M22"): "unpinned", ("es", "M23"): "unpinned"}


def test_a_study_without_ratings(tmp_path: Path) -> None:
    study = made(tmp_path, {})
    assert (ratings.read(study), ratings.settled(study), ratings.one_sided(study)) == ((), (), [])


BAD = [
    (rated(site="esch"), "`site` must be a site of study.yml, found `esch`"),
    (rated(code="M99"), "`code` must be a factor or skill of codebook.yml, found `M99`"),
    (rated(code="CP01"), "`code` must be a factor or skill of codebook.yml, found `CP01`"),
    (rated(value="3"), "`value` must be"),
    (rated(value=-2), "`value` must be"),
    (rated(value=None), "`value` must be"),
    (rated(rater="r2"), "`rater` must be the name of the file, found `r2`"),
    (rated(at="gisteren"), "`at` must be a moment"),
    (rated(score=1), "every field must be known, found `score`"),
]


@pytest.mark.parametrize(("line", "message"), BAD)
def test_a_bad_line_is_named(tmp_path: Path, line: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        ratings.read(made(tmp_path, {"r1": [rated(), line]}))
    assert str(refused.value).startswith(f"ratings/r1.jsonl:2: {message}")


PIN = {"codebook": "1.0.0", "seen": {"c1": "0" * 12, "c2": "1" * 12}}
PIN["evidence"] = evidence.digest("1.0.0", {"c1": "0" * 12, "c2": "1" * 12})
BAD_SETTLED = [
    (settled(decided_by=["r1"]), "`decided_by` must name two people"),
    (settled(decided_by=["r1", "R1"]), "`decided_by` must name two people"),
    (settled(rationale=""), "`rationale` must"),
    (settled(supporting=[], contrary=[]), "`supporting` must name a coding"),
    (settled(site="linde"), "`site` must be a site of study.yml"),
    (settled(codebook="1.0.0"), "`the line` must have `codebook`, `evidence` and `seen` together"),
    (settled(**PIN | {"codebook": "2.0.0"}), "`the line` must have the `evidence` that belongs to"),
    (settled(**PIN, supporting=["c3"]), "`the line` must name codings that are in `seen`"),
    (settled(**PIN | {"seen": {"c1": "zo"}}), "`c1` must match pattern"),
    (
        settled(supporting=["c9"], contrary=[]),
        "`supporting` and `contrary` must name codings of this site and code, found `c9`, which never was",
    ),
]


@pytest.mark.parametrize(("line", "message"), BAD_SETTLED)
def test_a_bad_settled_line_is_named(tmp_path: Path, line: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidMaterial) as refused:
        ratings.settled(made(tmp_path, {"settled": [line]}))
    assert str(refused.value).startswith(f"ratings/settled.jsonl:1: {message}")


def test_all_files_are_told_at_once(tmp_path: Path) -> None:
    study = made(
        tmp_path, {"r1": [rated(code="M98")], "r2": [rated(rater="r2", code="M99"), rated(rater="r2")]}
    )
    with (study.folder / "ratings" / "r2.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"site": "es"')
    with pytest.raises(InvalidMaterial) as refused:
        ratings.read(study)
    places = [problem.place for problem in refused.value.problems]
    assert places == ["ratings/r1.jsonl:1", "ratings/r2.jsonl:1", "ratings/r2.jsonl:3"]


ELSEWHERE = [("c3", "of another code"), ("c4", "of another site"), ("c5", "which never was")]


@pytest.mark.parametrize("site", [None, "es"])
@pytest.mark.parametrize(("coding", "found"), ELSEWHERE)
def test_a_coding_of_another_cell_is_no_support(
    study: Study, coding: str, found: str, site: str | None
) -> None:
    write(study.folder, "settled", [settled(supporting=[coding])])
    with pytest.raises(InvalidMaterial, match=f"`{coding}`, {found}"):
        ratings.settled(study, site)
    write(study.folder, "settled", [settled(supporting=[coding]), settled()])
    assert ratings.settled(study), "a later line mends it"


# What happens after settling, and which cells of es M23, es M13 and beuk M23 are stale then.
AFTER: list[tuple[str, Callable[[Study], object], set[str]]] = [
    ("nothing", lambda _: None, set()),
    ("new", lambda s: code(s, "c9", "es-3", SHORT, valence="-"), {"es M23"}),
    ("new elsewhere", lambda s: code(s, "c9", "beuk-1", ROOM, code="M13", valence="+"), set()),
    ("only suggested", lambda s: code(s, "c9", "es-3", SHORT, valence="-", status="suggested"), set()),
    ("another round", lambda s: code(s, "c9", "es-3", SHORT, valence="-", round="reliability"), set()),
    ("gone", lambda s: codings.delete(s, known(s, "c1"), at=AT), {"es M23"}),
    ("gone elsewhere", lambda s: codings.delete(s, known(s, "c4"), at=AT), {"beuk M23"}),
    ("book 1.4.0", lambda s: book(s, "1.4.0"), set()),
    ("book 2.0.0, in which nothing of these changed", lambda s: book(s, "2.0.0"), set()),
]


def known(study: Study, name: str) -> Coding:
    return next(one for one in codings.read(study) if one.coding == name)


def book(study: Study, version: str, text: str = CODEBOOK) -> None:
    codebook_versions.keep(study)
    (study.folder / "codebook.yml").write_text(text.replace("1.0.0", version), encoding="utf-8")


@pytest.mark.parametrize(("change", "stale"), [row[1:] for row in AFTER], ids=[row[0] for row in AFTER])
def test_exactly_the_cells_with_other_evidence_are_stale(
    study: Study, change: Callable[[Study], object], stale: set[str]
) -> None:
    others = [
        pinned(study, code="M13", value="1", supporting=["c3"], contrary=[]),
        pinned(study, site="beuk", supporting=["c4"], contrary=[]),
    ]
    write(study.folder, "settled", [pinned(study), *others])
    change(study)
    found = {f"{site} {code}": state for (site, code), state in states(study).items()}
    assert found == {
        cell: "stale" if cell in stale else "current" for cell in ("es M23", "es M13", "beuk M23")
    }


def test_what_changed_is_counted(study: Study) -> None:
    write(study.folder, "settled", [pinned(study)])
    codings.delete(study, known(study, "c1"), at=AT)
    code(study, "c8", "es-3", SHORT, valence="-")
    code(study, "c9", "es-1", SHORT, valence="-")
    row = frames.settled(study, "es").iloc[0]
    assert row[["standing", "n_new", "n_gone", "n_changed"]].tolist() == ["stale", 2, 1, 0]


LINE = SettledRating.model_validate(settled() | PIN)


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, "current"),
        ({"start": 40, "end": 60, "text_sha256": "a" * 64}, "current"),
        ({"quote": "Er  is te\nweinig tijd"}, "current"),
        ({"quote": "Er is te weinig rust"}, "stale"),
        ({"valence": "x"}, "stale"),
        ({"strength": 2}, "stale"),
        ({"memo": "let op"}, "current"),
    ],
    ids=str,
)
def test_words_and_judgement_make_stale_and_place_does_not(changed: dict[str, Any], state: str) -> None:
    fields = {"coding": "c1", "source": "es-1", "start": 0, "end": 20, "code": "M23", "codebook": "1.0.0"}
    fields |= {"coder": "c", "kind": "human", "status": "confirmed", "round": "main", "quote": SHORT}
    coding = Coding.model_validate(fields | {"text_sha256": "b" * 64, "at": AT, "valence": "-"})
    now = evidence.Evidence("1.0.0", {("es", "M23"): (coding,)})
    line = settled(contrary=[]) | evidence.pin(now, "es", "M23")
    later = evidence.Evidence("1.0.0", {("es", "M23"): (coding.model_copy(update=changed),)})
    found = ratings.standing(SettledRating.model_validate(line), later)
    assert (found.state, len(found.changed)) == (state, int(state == "stale"))


@pytest.mark.parametrize(
    ("redefined", "majors", "is_other"),
    [
        ({}, {"1", "2"}, False),
        ({"M23": ("2.0.0",)}, {"1", "2"}, True),
        ({"M13": ("2.0.0",)}, {"1", "2"}, False),
        ({"M23": ("1.0.0",)}, {"1", "2"}, False),
        ({}, {"2"}, True),  # what 1.0.0 meant was not kept
    ],
)
def test_a_new_meaning_of_the_code_makes_stale(
    redefined: dict[str, tuple[str, ...]], majors: set[str], is_other: bool
) -> None:
    cells: dict[tuple[str, str], tuple[Coding, ...]] = {}
    pin = evidence.pin(evidence.Evidence("1.0.0", cells), "es", "M23")
    line = SettledRating.model_validate(settled(value="M", supporting=[], contrary=[]) | pin)
    later = evidence.Evidence("2.0.0", cells, redefined, frozenset(majors))
    assert ratings.standing(line, later).other_codebook is is_other


def test_evidence_for_what_nobody_spoke_of_makes_it_stale(study: Study) -> None:
    write(study.folder, "settled", [pinned(study, code="M22", value="M", supporting=[], contrary=[])])
    assert states(study) == {("es", "M22"): "current"}
    code(study, "c9", "es-1", ENOUGH, code="M22", valence="+")
    assert states(study) == {("es", "M22"): "stale"}


def test_a_coding_that_went_makes_an_older_line_stale_and_stops_nothing(study: Study) -> None:
    write(study.folder, "settled", [settled()])
    codings.delete(study, known(study, "c2"), at=AT)
    row = frames.settled(study).iloc[0]
    assert row[["standing", "n_gone"]].tolist() == ["stale", 1]


def test_ratings_outlive_their_codings(study: Study) -> None:
    write(study.folder, "settled", [pinned(study)])
    for path in (study.folder / "codings").rglob("*.jsonl"):
        path.unlink()
    assert states(study) == {("es", "M23"): "stale"}


def test_a_line_of_a_later_codebook_does_not_count_yet(study: Study) -> None:
    first = pinned(study, value="-2")
    book(study, "1.5.0")
    write(study.folder, "settled", [first, pinned(study, value="-1")])
    assert [line.value for line in ratings.settled(study)] == ["-1"]
    book(study, "1.2.0")
    assert [line.value for line in ratings.settled(study)] == ["-2"]


def test_ratings_of_a_retired_code_rest_without_a_problem(study: Study) -> None:
    lines = [pinned(study, code="M22", value="M", supporting=[], contrary=[]), pinned(study)]
    write(study.folder, "settled", lines)
    write(study.folder, "r1", [rated(code="M22", value="M"), rated()])
    kept = "".join(line for line in CODEBOOK.splitlines(keepends=True) if "M22" not in line)
    book(study, "2.0.0", kept + "changes: [{version: 2.0.0, change: retire, from: [M22], to: []}]\n")
    assert [line.code for line in ratings.settled(study)] == ["M23"]
    assert [line.code for line in ratings.read(study)] == ["M23"]
    write(study.folder, "settled", [settled(code="M21")])
    with pytest.raises(InvalidMaterial, match="`code` must be a factor or skill"):
        ratings.settled(study)


ONE_SIDED: list[tuple[dict[str, Any], bool]] = [
    ({"value": "-1", "contrary": []}, True),
    ({"value": "-1", "contrary": ["c2"]}, False),
    ({"value": "-1", "contrary": [], "contrary_note": "gaat over een ander jaar"}, False),
    ({"value": "1", "supporting": ["c2"], "contrary": []}, True),
    ({"value": "X", "contrary": []}, False),
    ({"value": "0", "contrary": []}, False),
    ({"site": "beuk", "supporting": ["c4"], "contrary": []}, False),
]


@pytest.mark.parametrize("is_pinned", [False, True])
@pytest.mark.parametrize(("line", "is_one_sided"), ONE_SIDED)
def test_a_direction_answers_for_what_speaks_against_it(
    study: Study, line: dict[str, Any], is_one_sided: bool, is_pinned: bool
) -> None:
    write(study.folder, "settled", [pinned(study, **line) if is_pinned else settled(**line)])
    found = [str(problem) for problem in ratings.one_sided(study)]
    assert found == [str(problem) for problem in check.problems(study)], "the check names it, a build goes on"
    assert len(found) == is_one_sided
    assert all("name one, or say in `contrary_note` why" in one for one in found)


def test_what_came_later_is_not_held_against_a_rating(study: Study) -> None:
    codings.delete(study, known(study, "c2"), at=AT)
    write(study.folder, "settled", [pinned(study, contrary=[])])
    code(study, "c9", "es-3", ENOUGH, valence="+")
    assert ratings.one_sided(study) == []
    assert states(study) == {("es", "M23"): "stale"}


def again(study: Study, **more: Any) -> SettledRating:
    (line,) = ratings.settled(study)
    signed: dict[str, Any] = {"decided_by": ["r1", "r3"], "rationale": "nog steeds", "at": AT}
    return ratings.again(line, evidence.read(study), **signed | more)


def test_settling_again_makes_it_current(study: Study) -> None:
    write(study.folder, "settled", [pinned(study)])
    codings.delete(study, known(study, "c2"), at=AT)
    code(study, "c9", "es-3", ENOUGH, valence="+")
    with pytest.raises(WrongUse, match="--contrary: a coding that points the other way must be named"):
        again(study)
    ratings.settle(study, again(study, contrary=["c9"]))
    (line,) = ratings.settled(study)
    assert (line.value, line.supporting, line.contrary) == ("-1", ("c1",), ("c9",))
    assert line.decided_by == ("r1", "r3")
    assert states(study) == {("es", "M23"): "current"}
    assert len((study.folder / ratings.NAME).read_bytes().splitlines()) == 2


def test_settling_again_needs_support_that_stands(study: Study) -> None:
    write(study.folder, "settled", [pinned(study)])
    codings.delete(study, known(study, "c1"), at=AT)
    with pytest.raises(WrongUse, match="--supporting: a coding must support `-1`"):
        again(study)
    with pytest.raises(WrongUse, match=r"--supporting: .* found `c3`"):
        again(study, supporting=["c3"])
    code(study, "c9", "es-3", SHORT, valence="-")
    assert again(study, supporting=["c9"]).supporting == ("c9",)


def test_a_rater_bears_a_name_of_their_own(study: Study) -> None:
    ratings.rate(study, Rating.model_validate(rated(rater="r7")))
    assert [rating.rater for rating in ratings.read(study)] == ["r7"]
    with pytest.raises(WrongUse, match="the name of a person"):
        ratings.rate(study, Rating.model_validate(rated(rater="Settled")))
