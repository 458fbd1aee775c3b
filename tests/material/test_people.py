"""Participants: pseudonyms, roles, sites, consent."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import people

SETTINGS = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat helpt?, en: What helps?}
kind: implementation
sites:
  - {id: esdoorn, name: Esdoorn}
  - {id: beuk, name: Beuk}
"""
HEADER = "participant,role,site,consent,withdrawn\n"


def study_with(folder: Path, rows: str) -> studies.Study:
    (folder / "study.yml").write_text(SETTINGS, encoding="utf-8")
    (folder / "participants.csv").write_text(HEADER + rows, encoding="utf-8")
    return studies.read(folder)


def problems(study: studies.Study) -> list[str]:
    with pytest.raises(InvalidMaterial) as refused:
        people.read(study)
    return [str(problem) for problem in refused.value.problems]


def test_participants_are_read_the_withdrawn_ones_too(tmp_path: Path) -> None:
    study = study_with(tmp_path, "P01,professional,esdoorn,quote,\nP02,manager,beuk,paraphrase,2019-03\n")
    first, second = people.read(study)
    assert first == people.Participant(
        participant="P01", role="professional", site="esdoorn", consent="quote", withdrawn=None
    )
    assert (second.withdrawn, people.role_class(second.role)) == ("2019-03", "lead")


def test_a_study_may_have_no_participants_yet(tmp_path: Path) -> None:
    assert people.read(study_with(tmp_path, "")) == ()


REFUSED = [
    ("P01,professional,eik,quote,\n", "participants.csv:2: `site` must be a site of study.yml, found `eik`"),
    ("P01,professional,Beuk,quote,\n", "did you mean `beuk`?"),
    ("P01,chef,beuk,quote,\n", "participants.csv:2: `role` must be"),
    ("P01,client,beuk,,\n", "participants.csv:2: `consent` must be filled in"),
    (",client,beuk,quote,\n", "participants.csv:2: `participant` must be filled in"),
    ("P01,client,beuk,quote,2019-03-04\n", "`withdrawn` must be a month"),
    ("P 01,client,beuk,quote,\n", "`participant` must be letters"),
]


@pytest.mark.parametrize(("rows", "told"), REFUSED)
def test_a_wrong_value_is_a_problem_with_its_line(tmp_path: Path, rows: str, told: str) -> None:
    assert told in "\n".join(problems(study_with(tmp_path, rows)))


SAME = [
    ("P01", "P01", "found `P01` again, first on line 2"),
    ("P01", "p01", "found `p01` that differs only in case, first on line 2"),
    ("P01", " P01 ", "found `P01` again, first on line 2"),
]


@pytest.mark.parametrize(("first", "second", "told"), SAME)
def test_ids_that_a_person_would_take_for_one_are_a_problem(
    tmp_path: Path, first: str, second: str, told: str
) -> None:
    rows = f"{first},client,beuk,quote,\n{second},client,beuk,quote,\n"
    [problem] = problems(study_with(tmp_path, rows))
    assert problem.startswith("participants.csv:3: `participant` must stand once")
    assert told in problem


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    rows = "P01,client,eik,quote,\nP01,client,els,quote,\n"
    assert len(problems(study_with(tmp_path, rows))) == 3


def test_every_role_has_a_class() -> None:
    roles = get_args(people.Role)
    assert {people.role_class(role) for role in roles} == set(get_args(people.RoleClass))
    assert len(roles) == 11  # methods A1
