"""Memos: read from files and codings, named after things that exist, and kept away from every page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from casestudy import reporting
from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import frames, memos, site_tables, sources
from casestudy.study import Study

SETTINGS = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat?, en: What?}
kind: implementation
sites: [{id: es, name: Es}, {id: beuk, name: Beuk}]
"""
TEXT = "R: Er is geen tijd. Het plan helpt.\n"
FILES = {
    "memos/study.md": "Let op de volgorde.",
    "memos/sites/beuk.md": "Beuk is net gefuseerd.\r\nZie ook Es.",
    "memos/sites/es.md": "\ufeffRustig gesprek.",
    "memos/codes/M23.md": "Tijd is ook *ruimte*.",
    "memos/sources/es-01.md": "Moeizaam begin.",
    "memos/sources/beuk-01.md": "Van iemand die zich terugtrok.",
    "memos/codes/M22.md": "",
    "memos/.aantekening.md.swp": "half",
}


def made(folder: Path, files: dict[str, str], *, memo: str | None = "Twijfel over de richting.") -> Study:
    (folder / "study.yml").write_text(SETTINGS, encoding="utf-8")
    (folder / "codebook.yml").write_text("id: proef\nversion: 1.0.0\nframeworks: [midi]\n", encoding="utf-8")
    (folder / "participants.csv").write_text(
        "participant,role,site,consent,withdrawn\np1,professional,es,quote,\np2,professional,beuk,quote,2019-05\n"
    )
    (folder / "sources.csv").write_text(
        "source,site,kind,file,date,participants,consent\n"
        "es-01,es,interview,es-01.txt,2019-03,p1,quote\n"
        "beuk-01,beuk,interview,beuk-01.txt,2019-03,p2,quote\n"
    )
    quote = "Er is geen tijd."
    start = TEXT.index(quote)
    coding = {
        "event": "code",
        "coding": "c1",
        "source": "es-01",
        "start": start,
        "end": start + len(quote),
        "code": "M23",
        "codebook": "1.0.0",
        "coder": "a",
        "kind": "human",
        "valence": "-",
        "status": "confirmed",
        "round": "main",
        "quote": quote,
        "text_sha256": sources.sha256(TEXT),
        "at": "2019-04-01T10:00:00+00:00",
    }
    lines = json.dumps(coding | ({"memo": memo} if memo else {})) + "\n"
    everything = files | {
        **{f"sources/{site}/{site}-01.txt": TEXT for site in ("es", "beuk")},
        "codings/a/es-01.jsonl": lines,
        f"codings/.texts/{sources.sha256(TEXT)}.txt": TEXT,
    }
    for name, text in everything.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return studies.read(folder)


def test_every_memo_is_read_in_the_order_of_the_study(tmp_path):
    found = memos.read(made(tmp_path, FILES))
    assert [(memo.about, memo.id) for memo in found] == [
        ("study", tmp_path.name),
        ("site", "es"),
        ("site", "beuk"),
        ("code", "M23"),
        ("source", "es-01"),
        ("segment", "c1"),
    ]
    texts = {memo.id: memo.text for memo in found}
    assert texts["es"] == "Rustig gesprek."
    assert texts["beuk"] == "Beuk is net gefuseerd.\nZie ook Es."
    assert texts["c1"] == "Twijfel over de richting."
    assert found[-1].where == "codings/a/es-01.jsonl"


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (None, 6),
        ("M23", 2),  # the code, and the segment that bears it
        ("es", 3),  # the site, its source and its segment
        ("es-01", 1),
        ("c1", 1),
        ("wilg", 0),
    ],
)
def test_memos_are_found_by_what_they_are_about(tmp_path, thing, expected):
    assert len(list(memos.about(memos.read(made(tmp_path, FILES)), thing))) == expected


WRONG = [
    ("memos/codes/M99.md", "a memo must bear the id of a code", "`M99`"),
    ("memos/sites/eik.md", "a memo must bear the id of a site", "`eik`"),
    ("memos/sources/es-1.md", "a memo must bear the id of a source", "`es-1`"),
    ("memos/codes/M23.txt", "a memo must be memos/study.md", "another place"),
    ("memos/M23.md", "a memo must be memos/study.md", "another place"),
    ("memos/people/p1.md", "a memo must be memos/study.md", "another place"),
]


@pytest.mark.parametrize(("name", "must", "found"), WRONG)
def test_a_memo_on_nothing_is_a_problem(tmp_path, name, must, found):
    with pytest.raises(InvalidMaterial) as refused:
        memos.read(made(tmp_path, {name: "geheim"}))
    (problem,) = refused.value.problems
    assert problem.place == name
    assert problem.must.startswith(must)
    assert problem.found.startswith(found)
    assert "geheim" not in str(problem)


def test_every_problem_is_told_at_once(tmp_path):
    study = made(tmp_path, {name: "x" for name, *_ in WRONG})
    (tmp_path / "memos" / "sites" / "es.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidMaterial) as refused:
        memos.read(study)
    assert len(refused.value.problems) == len(WRONG) + 1


def test_a_study_without_memos_or_sources_has_none(tmp_path):
    (tmp_path / "study.yml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "codebook.yml").write_text("id: p\nversion: 1.0.0\nframeworks: [midi]\n", encoding="utf-8")
    assert memos.read(studies.read(tmp_path)) == ()


def test_no_part_takes_a_memo(tmp_path):
    """No module that makes pages knows of memos, and no frame or table behind a page has room for one."""
    for path in Path(reporting.__file__).parent.rglob("*.py"):
        assert not re.search(r"\bmemos\b|\.memo\b", path.read_text(encoding="utf-8")), path.name
    assert not [table for table, known in site_tables.TABLES.items() if "memo" in known.columns]
    codings = frames.codings(made(tmp_path, FILES))
    assert len(codings) == 1
    assert "memo" not in codings.columns
    assert "Twijfel" not in codings.to_csv()
