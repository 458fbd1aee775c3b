"""Codings of earlier codebooks: what carries over, what people must code again, what nobody looked for."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import code_history, codebook_versions, codings, crosswalk, frames, sources
from casestudy.material.codebook import Code, Codebook, CodeChange, Definition
from casestudy.material.codings import Coding
from casestudy.material.crosswalk import Carried, carried
from casestudy.study import Words

TEXT = "Ik sta er alleen voor. De teamleider helpt mij wel vaak, en mijn collega ook. " * 8


def code(code_id: str, family: str = "skill", text: str = "Betekenis", **more: Any) -> Code:
    label, definition = Words(nl=code_id, en=code_id), Definition(nl=text)
    values = {"id": code_id, "family": family, "label": label, "definition": definition}
    return Code(**(values | more))


def factor(code_id: str, text: str = "Betekenis") -> Code:
    return code(code_id, "factor", text, domain="user")


def change(version: str, kind: str, before: str = "", after: str = "") -> CodeChange:
    values = {"version": version, "change": kind, "from": before.split(), "to": after.split()}
    return CodeChange.model_validate(values)


def books(*codes: str, version: str = "2.0.0", changes: tuple[CodeChange, ...] = ()) -> dict[str, Codebook]:
    """The first book, of version 1.0.0, and the present one; codes before and after are words."""
    old, new = (tuple(factor(one) for one in side.split()) for side in codes)
    first = Codebook(id="boek", version="1.0.0", codes=old)
    return {"1.0.0": first, version: Codebook(id="boek", version=version, codes=new, changes=changes)}


def coding(coding_id: str, code_id: str, start: int = 0, end: int = 10, **fields: Any) -> Coding:
    values = {
        "coding": coding_id,
        "source": "a-01",
        "start": start,
        "end": end,
        "code": code_id,
        "codebook": "1.0.0",
        "coder": "anna",
        "kind": "human",
        "status": "confirmed",
        "round": "main",
        "quote": TEXT[start:end],
        "text_sha256": sources.sha256(TEXT),
        "at": "2019-03-01T10:00:00+00:00",
    }
    return Coding(**(values | fields))


def carry(found: list[Coding], known: dict[str, Codebook], **more: Any) -> Carried:
    return carried(found, known, known[max(known)], **more)


SPLIT = books("M13 M14", "M13a M13b M14", changes=(change("2.0.0", "split", "M13", "M13a M13b"),))
MERGE = books("A B C", "A C", changes=(change("2.0.0", "merge", "A B", "A"),))


def test_a_split_of_fourteen_codings_leaves_none_confirmed_and_asks_for_fourteen() -> None:
    """Methods B7, golden example."""
    made = [coding(f"c{n}", "M13", 12 * n, 12 * n + 10) for n in range(14)]
    found = carry(made, SPLIT)
    assert [c for c in found.codings if c.code == "M13"] == []
    assert [c.status for c in found.superseded] == ["superseded"] * 14
    assert len(found.recode) == 14
    (problem,) = crosswalk.unresolved(found)
    assert str(problem) == (
        "codebook.yml: codings with `M13` from before version 2.0.0 must be coded again with `M13a` or "
        "`M13b`, or deleted, found 14 segments need recoding; "
        "`casestudy codebook --changes` lists them by source"
    )


def test_untouched_codes_carry_over_as_they_were_made() -> None:
    made = coding("c1", "M14")
    assert carry([made], SPLIT).codings == (made,)


# Which second coding settles the segment 10-20 that bore M13.
RECODED: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"start": 19, "end": 30}, True),
    ({"start": 20, "end": 30}, False),
    ({"start": 0, "end": 10}, False),
    ({"coder": "bram"}, False),
    ({"source": "a-02"}, False),
    ({"codebook": "1.0.0"}, False),
    ({"codebook": "2.4.1"}, True),
    ({"code_id": "M14"}, False),
    ({"code_id": "M13b"}, True),
    ({"status": "suggested"}, False),
    ({"status": "rejected"}, False),
]


@pytest.mark.parametrize(("fields", "is_done"), RECODED, ids=str)
def test_a_segment_is_recoded_by_its_coder_where_it_lay_with_a_code_that_came_of_it(
    fields: dict[str, Any], is_done: bool
) -> None:
    values = {"code_id": "M13a", "start": 10, "end": 20, "codebook": "2.0.0"} | fields
    found = carry([coding("c1", "M13", 10, 20), coding("c2", **values)], SPLIT)
    assert bool(found.recode) is not is_done
    assert [c.coding for c in found.superseded] == ["c1"]


def test_a_settled_coding_recodes_for_everybody() -> None:
    made = [coding("c1", "M13"), coding("c2", "M13", coder="bram")]
    made.append(coding("c3", "M13a", coder="bram", codebook="2.0.0"))
    assert [one.coding.coding for one in carry(made, SPLIT).recode] == ["c1"]
    assert carry(made, SPLIT, settled={"c3"}).recode == ()


@pytest.mark.parametrize("status", ["suggested", "rejected"])
def test_what_nobody_confirmed_needs_no_recoding(status: str) -> None:
    found = carry([coding("c1", "M13", status=status)], SPLIT)
    assert (len(found.superseded), found.recode) == (1, ())


def test_a_coding_of_a_retired_code_is_superseded_and_not_coded_again() -> None:
    known = books("A B", "A", changes=(change("2.0.0", "retire", "B"),))
    found = carry([coding("c1", "B")], known)
    assert ([c.coding for c in found.superseded], found.recode, found.codings) == (["c1"], (), ())


def test_a_code_that_means_something_else_must_be_coded_again_under_its_own_name() -> None:
    first = Codebook(id="boek", version="1.0.0", codes=(factor("A"),))
    second = Codebook(id="boek", version="2.0.0", codes=(factor("A", "Iets anders"),))
    known = {"1.0.0": first, "2.0.0": second}
    assert len(carry([coding("c1", "A")], known).recode) == 1
    again = coding("c2", "A", codebook="2.0.0")
    found = carry([coding("c1", "A"), again], known)
    assert (found.recode, found.codings) == ((), (again,))


def test_a_reworded_code_carries_over() -> None:
    first = Codebook(id="boek", version="1.0.0", codes=(factor("A"),))
    reword = (change("1.0.1", "reword", "A"),)
    second = Codebook(id="boek", version="1.0.1", codes=(factor("A", "Anders gezegd"),), changes=reword)
    found = carry([coding("c1", "A")], {"1.0.0": first, "1.0.1": second})
    assert [c.coding for c in found.codings] == ["c1"]
    assert [(one.change, one.n_codings_affected) for one in found.affected] == [("reword", 1)]


def test_a_renamed_code_bears_its_new_id_and_version() -> None:
    known = books("A B", "A2 B", changes=(change("2.0.0", "rename", "A", "A2"),))
    made = [coding("c1", "A", valence="+"), coding("c2", "B")]
    found = carry(made, known)
    assert found.codings == (made[0].model_copy(update={"code": "A2", "codebook": "2.0.0"}), made[1])


def test_changes_follow_each_other() -> None:
    steps = (
        change("2.0.0", "rename", "A", "B"),
        change("3.0.0", "merge", "B C", "D"),
        change("4.0.0", "split", "D", "E F"),
    )
    known = books("A C", "E F", version="4.0.0", changes=steps)
    found = carry(
        [coding("c1", "A"), coding("c2", "C", 20, 30), coding("c3", "D", 40, 50, codebook="3.1")], known
    )
    assert [(one.coding.coding, one.to) for one in found.recode] == [
        ("c1", ("E", "F")),
        ("c2", ("E", "F")),
        ("c3", ("E", "F")),
    ]
    counted = {(one.version, one.code, one.change): one.n_codings_affected for one in found.affected}
    assert counted == {
        ("2.0.0", "A", "rename"): 1,
        ("3.0.0", "B", "merge"): 1,
        ("3.0.0", "C", "merge"): 1,
        ("4.0.0", "D", "split"): 3,
    }


def test_a_recoding_that_was_split_again_counts_for_the_first_split() -> None:
    steps = (change("2.0.0", "split", "A", "B C"), change("3.0.0", "split", "B", "D E"))
    known = books("A", "C D E", version="3.0.0", changes=steps)
    found = carry([coding("c1", "A"), coding("c2", "B", codebook="2.0.0")], known)
    assert [one.coding.coding for one in found.recode] == ["c2"]
    found = carry([coding("c1", "A"), coding("c2", "D", codebook="3.0.0")], known)
    assert found.recode == ()


def test_overlapping_segments_of_merged_codes_become_their_union() -> None:
    made = [
        coding("c2", "B", 5, 20, strength=2, memo="tweede", derived_from="s-9"),
        coding("c1", "A", 0, 10, strength=1, memo="eerste"),
        coding("c3", "B", 20, 30),
        coding("c4", "A", 5, 20, coder="bram"),
        coding("c5", "C", 0, 40),
    ]
    found = carry(made, MERGE)
    by_id = {c.coding: c for c in found.codings}
    assert set(by_id) == {"c1", "c3", "c4", "c5"}
    union = by_id["c1"]
    assert (union.start, union.end, union.quote) == (0, 20, TEXT[:20])
    assert (union.code, union.strength, union.memo, union.derived_from) == ("A", 2, "eerste\ntweede", "s-9")
    assert union.codebook == "2.0.0"
    assert (by_id["c3"].code, by_id["c3"].start) == ("A", 20)
    assert by_id["c4"] == made[3]
    assert found.conflicts == ()


VALENCES: list[tuple[tuple[str | None, str | None], str | None, bool]] = [
    (("+", "+"), "+", False),
    (("+", "-"), "x", True),
    (("0", "+"), "x", True),
    (("+", None), "+", False),
    ((None, None), None, False),
    (("x", "x"), "x", False),
]


@pytest.mark.parametrize(("given_", "stands", "is_conflict"), VALENCES)
def test_valences_that_differ_become_mixed_and_are_listed(
    given_: tuple[str | None, str | None], stands: str | None, is_conflict: bool
) -> None:
    """Methods B7: valence conflicts after a merge become ``x`` and are listed."""
    found = carry([coding("c1", "A", valence=given_[0]), coding("c2", "B", valence=given_[1])], MERGE)
    assert [c.valence for c in found.codings] == [stands]
    listed = [(one.coding, one.field, one.codings) for one in found.conflicts]
    assert listed == ([("c1", "valence", ("c1", "c2"))] if is_conflict else [])


def test_suggestions_and_codings_are_not_made_one() -> None:
    found = carry(
        [coding("c1", "A"), coding("c2", "B", status="suggested"), coding("c3", "B", status="rejected")],
        MERGE,
    )
    assert [(c.coding, c.code) for c in found.codings] == [("c1", "A"), ("c2", "A"), ("c3", "A")]


SEGMENTS = st.lists(
    st.tuples(
        st.sampled_from("ABC"), st.integers(0, 60), st.integers(1, 20), st.sampled_from(["anna", "bram"])
    ),
    max_size=12,
)


@given(SEGMENTS)
def test_a_merge_loses_no_character_and_leaves_nothing_doubled(
    segments: list[tuple[str, int, int, str]],
) -> None:
    made = [
        coding(f"c{n:02}", code_id, start, start + length, coder=coder)
        for n, (code_id, start, length, coder) in enumerate(segments)
    ]
    found = carry(made, MERGE)
    merged = {c.coding: c for c in found.codings}

    def covered(of: list[Coding], codes: str) -> set[tuple[str, int]]:
        return {(c.coder, place) for c in of if c.code in codes for place in range(c.start, c.end)}

    assert covered(list(found.codings), "A") == covered(made, "AB")
    assert covered(list(found.codings), "C") == covered(made, "C")
    assert all(c.quote == TEXT[c.start : c.end] for c in merged.values())
    assert carry(list(reversed(made)), MERGE).codings == tuple(
        sorted(found.codings, key=lambda c: -int(c.coding[1:]))
    )
    for one, two in product(made, made):
        if (one.code, two.code) == ("A", "B") and one.coder == two.coder and meet(one, two):
            near = [c for c in found.codings if c.code == "A" and c.coder == one.coder and meet(c, one)]
            assert [(c.start <= two.start, two.end <= c.end) for c in near] == [(True, True)]


def meet(one: Coding, two: Coding) -> bool:
    return one.start < two.end and two.start < one.end


SAME_CODE = [
    ("a rename", books("A B", "A2 B", changes=(change("2.0.0", "rename", "A", "A2"),))),
    ("a merge with a code that does not stand there", MERGE),
]


@pytest.mark.parametrize(("case", "known"), SAME_CODE)
def test_codings_that_overlapped_under_one_code_stay_as_the_coder_made_them(
    case: str, known: dict[str, Codebook]
) -> None:
    """Methods B7: only a merge makes a union, and only of what was coded with different codes."""
    made = [coding("c1", "A", 0, 30, valence="+"), coding("c2", "A", 20, 50, valence="-")]
    found = carry([*made, coding("c3", "B", 100, 110)], known)
    kept = [(c.start, c.end, c.valence) for c in found.codings[:2]]
    assert kept == [(0, 30, "+"), (20, 50, "-")], case
    assert found.conflicts == ()


def test_what_was_coded_after_a_merge_joins_what_was_coded_before() -> None:
    made = [coding("c1", "B", 0, 30), coding("c2", "A", 20, 50, codebook="2.0.0")]
    assert [(c.start, c.end, c.code) for c in carry(made, MERGE).codings] == [(0, 50, "A")]


def test_a_part_of_a_split_that_was_renamed_at_once_is_a_recoding() -> None:
    steps = (change("2.0.0", "split", "A", "A1 A2"), change("2.0.0", "rename", "A2", "A3"))
    again = coding("c2", "A3", codebook="2.0.0")
    assert carry([coding("c1", "A"), again], books("A", "A1 A3", changes=steps)).recode == ()


def test_a_component_follows_its_skill() -> None:
    codes = [code("CP01", "component"), code("SK01"), code("SK02")]
    first = Codebook(id="boek", version="1.0.0", codes=tuple(codes))
    steps = (change("2.0.0", "rename", "SK01", "SK11"), change("2.0.0", "retire", "SK02"))
    second = Codebook(id="boek", version="2.0.0", codes=(codes[0], code("SK11")), changes=steps)
    made = [
        coding("c1", "CP01", linked_skill="SK01"),
        coding("c2", "CP01", 20, 30, linked_skill="SK02"),
        coding("c3", "CP01", 40, 50),
    ]
    found = carry(made, {"1.0.0": first, "2.0.0": second})
    assert [(c.code, c.linked_skill) for c in found.codings] == [
        ("CP01", "SK11"),
        ("CP01", None),
        ("CP01", None),
    ]
    assert [(one.coding, one.field) for one in found.conflicts] == [("c2", "linked_skill")]


NEW = books("A", "A B", version="1.1.0")


def test_a_new_code_is_not_yet_screened_in_sources_that_were_coded_before() -> None:
    made = [
        coding("c1", "A"),
        coding("c2", "A", source="a-02"),
        coding("c3", "B", source="a-02", codebook="1.1.0"),
        coding("c4", "A", source="a-03", codebook="1.1.0"),
        coding("c5", "A", source="a-04"),
        coding("c6", "A", source="a-05", status="suggested"),
    ]
    assert carry(made, NEW).unscreened == (("a-01", "B"), ("a-04", "B"))
    assert carry(made, NEW, screened={("a-04", "B")}).unscreened == (("a-01", "B"),)
    assert crosswalk.unresolved(carry(made, NEW)) == []


def test_a_code_may_say_itself_since_when_it_is_there() -> None:
    book = Codebook(id="boek", version="1.1.0", codes=(factor("A"), code("B", since="1.1.0")))
    assert carried([coding("c1", "A")], {"1.1.0": book}, book).unscreened == (("a-01", "B"),)


def test_a_new_code_keeps_its_birth_under_another_name() -> None:
    steps = (change("1.1.0", "new", "", "B"), change("2.0.0", "rename", "B", "B2"))
    known = books("A", "A B2", changes=steps)
    made = [coding("c1", "A"), coding("c2", "A", source="a-02")]
    assert carry(made, known, screened={("a-02", "B")}).unscreened == (("a-01", "B2"),)


def test_codes_that_came_of_others_need_no_screening() -> None:
    assert carry([coding("c1", "M14")], SPLIT).unscreened == ()


def test_under_an_earlier_version_later_changes_do_not_count() -> None:
    made = coding("c1", "M13")
    found = carried([made], SPLIT, SPLIT["1.0.0"])
    assert (found.codings, found.recode, found.affected) == ((made,), (), ())


def test_the_frame_of_changes_has_the_columns_of_methods_b7() -> None:
    found = code_history.changes(carry([coding("c1", "M13"), coding("c2", "M13", 20, 30)], SPLIT))
    assert list(found.columns)[:4] == ["version", "code", "change", "n_codings_affected"]
    assert found.iloc[:, :4].to_dict("records") == [
        {"version": "2.0.0", "code": "M13", "change": "split", "n_codings_affected": 2}
    ]
    empty = code_history.changes(Carried(()))
    assert list(empty.columns) == list(found.columns)


STUDY = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat helpt?, en: What helps?}
kind: implementation
sites: [{id: esdoorn, name: Esdoorn}]
"""


@pytest.fixture
def study(tmp_path: Path) -> studies.Study:
    """A study of one source whose codebook split M13 after one segment was coded with it."""
    (tmp_path / "study.yml").write_text(STUDY, encoding="utf-8")
    rows = "source,site,kind,date,guide,consent,file\na-01,esdoorn,interview,2019-03,,quote,a-01.txt\n"
    (tmp_path / "sources.csv").write_text(rows, encoding="utf-8")
    people = "participant,role,site,consent,withdrawn\np-01,professional,esdoorn,quote,\n"
    (tmp_path / "participants.csv").write_text(people, encoding="utf-8")
    (tmp_path / "sources" / "esdoorn").mkdir(parents=True)
    (tmp_path / "sources" / "esdoorn" / "a-01.txt").write_text(f"R1: {TEXT}\n", encoding="utf-8")
    (tmp_path / "codebooks").mkdir()
    for name, book in (("codebooks/1.0.0.yml", SPLIT["1.0.0"]), ("codebook.yml", SPLIT["2.0.0"])):
        (tmp_path / name).write_text(codebook_versions.text(book), encoding="utf-8")
    found = studies.read(tmp_path)
    (source,) = sources.read(found)
    made = coding("c1", "M13", 4, 14, quote=source.text[4:14], text_sha256=source.sha256)
    write(found, made)
    return found


def write(study: studies.Study, made: Coding) -> None:
    path = study.folder / "codings" / made.coder / f"{made.source}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {"event": "code", **made.model_dump(mode="json", exclude_none=True)}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def test_the_frame_of_codings_waits_until_a_split_is_coded_again(study: studies.Study) -> None:
    (found,) = crosswalk.problems(study)
    assert (found.place, found.found) == ("codebook.yml", "1 segment needs recoding")
    with pytest.raises(InvalidMaterial, match="1 segment needs recoding"):
        frames.codings(study)
    (old,) = crosswalk.read(study).superseded
    write(
        study,
        old.model_copy(update={"coding": "c2", "code": "M13b", "codebook": "2.0.0", "status": "confirmed"}),
    )
    assert crosswalk.problems(study) == []
    frame = frames.codings(study)
    assert frame[["coding", "code", "family", "status"]].values.tolist() == [
        ["c2", "M13b", "factor", "confirmed"]
    ]


def test_a_code_of_a_version_that_was_not_kept_asks_for_that_version(study: studies.Study) -> None:
    path = study.folder / "codings" / "anna" / "a-01.jsonl"
    line = path.read_text(encoding="utf-8").replace('"M13"', '"NIEUW"').replace('"1.0.0"', '"1.1.0"')
    path.write_text(line, encoding="utf-8")
    told = (
        r"must be in codebook 1\.0\.0, found `NIEUW`; restore `codebooks/1\.1\.0\.yml`, the book it was made"
    )
    with pytest.raises(InvalidMaterial, match=told):
        frames.codings(study)


def test_a_source_that_was_screened_is_not_listed(study: studies.Study) -> None:
    first, second = NEW["1.0.0"], NEW["1.1.0"]
    (study.folder / "codebooks" / "1.0.0.yml").write_text(codebook_versions.text(first), encoding="utf-8")
    (study.folder / "codebook.yml").write_text(codebook_versions.text(second), encoding="utf-8")
    path = study.folder / "codings" / "anna" / "a-01.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"M13"', '"A"'), encoding="utf-8")
    assert crosswalk.read(study).unscreened == (("a-01", "B"),)
    event = {
        "source": "a-01",
        "codes": ["B"],
        "coder": "anna",
        "codebook": "1.1.0",
        "at": "2019-05-01T10:00Z",
    }
    codings.screen(study, codings.Screened.model_validate(event))
    assert crosswalk.read(study).unscreened == ()


def test_under_the_version_before_the_split_the_codings_are_as_they_were(study: studies.Study) -> None:
    frame = frames.codings(study.model_copy(update={"codebook": "1.0.0"}))
    assert frame[["coding", "code"]].values.tolist() == [["c1", "M13"]]


@pytest.mark.parametrize(("round_", "n_waiting"), [("main", 1), ("reliability", 0), ("training", 0)])
def test_only_what_reaches_a_result_must_be_coded_again(round_: str, n_waiting: int) -> None:
    found = carry([coding("c1", "M13", round=round_)], SPLIT)
    assert len(found.recode) == n_waiting
    assert [one.code for one in found.superseded] == ["M13"]


def test_what_two_people_settled_recodes_for_a_coder_who_left(study: studies.Study) -> None:
    """Bram coded the segment again, and it was settled that his coding stands for both."""
    (old,) = crosswalk.read(study).superseded
    new = {"coding": "b1", "coder": "bram", "code": "M13a", "codebook": "2.0.0", "status": "confirmed"}
    write(study, old.model_copy(update=new))
    assert len(crosswalk.problems(study)) == 1
    settled = {"kind": "settlement", "source": "a-01", "start": 4, "end": 14, "code": "M13a"}
    settled |= {"codings": [[], ["b1"]], "decision": "second", "rationale": "Steun van collega's."}
    settled |= {"decided_by": ["bram", "carla"], "at": "2019-06-01T10:00:00+00:00"}
    (study.folder / "decisions.jsonl").write_text(json.dumps(settled) + "\n", encoding="utf-8")
    assert crosswalk.problems(study) == []
    assert frames.codings(study)[["coding", "code"]].values.tolist() == [["b1", "M13a"]]
