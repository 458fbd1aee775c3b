"""The codebook: ready frameworks, own codes, and patterns that find what they were written for."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import get_args

import pytest
import regex

from casestudy import study as studies
from casestudy.errors import InvalidMaterial
from casestudy.material import codebook
from casestudy.material.codebook import Code, framework

SETTINGS = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat helpt?, en: What helps?}
kind: implementation
sites: [{id: esdoorn, name: Esdoorn}]
"""
ALL = [code for name in get_args(codebook.Framework) for code in framework(name)]
BY_ID = {code.id: code for code in ALL}
ANCHORS = [
    (code.id, text)
    for code in ALL
    for text in (code.anchors.positive, code.anchors.negative)
    if text is not None
]

# Methods B1: code, domain, Dutch name, English name.
MIDI = """\
M01|innovation|Procedurele helderheid|Procedural clarity
M02|innovation|Juistheid|Correctness
M03|innovation|Compleetheid|Completeness
M04|innovation|Complexiteit|Complexity
M05|innovation|Congruentie huidige werkwijze|Compatibility
M06|innovation|Zichtbaarheid uitkomsten|Observability
M07|innovation|Relevantie cliënt|Relevance for client
M08|user|Persoonlijk voordeel/nadeel|Personal benefits/drawbacks
M09|user|Uitkomstverwachting|Outcome expectations
M10|user|Taakopvatting|Professional obligation
M11|user|Tevredenheid cliënt|Client satisfaction
M12|user|Medewerking cliënt|Client cooperation
M13|user|Sociale steun|Social support
M14|user|Descriptieve norm|Descriptive norm
M15|user|Subjectieve norm|Subjective norm
M16|user|Eigen-effectiviteitsverwachting|Self-efficacy
M17|user|Kennis|Knowledge
M18|user|Informatieverwerking|Awareness of content
M19|organisation|Formele bekrachtiging management|Formal ratification by management
M20|organisation|Vervanging bij personeelsverloop|Replacement when staff leave
M21|organisation|Capaciteit/bezettingsgraad|Staff capacity
M22|organisation|Financiële middelen|Financial resources
M23|organisation|Tijd|Time available
M24|organisation|Beschikbaarheid materialen en voorzieningen|Material resources and facilities
M25|organisation|Coördinator|Coordinator
M26|organisation|Turbulentie in de organisatie|Unsettled organisation
M27|organisation|Beschikbaarheid informatie over gebruik innovatie|Information accessible about use
M28|organisation|Feedback aan gebruiker|Feedback to user
M29|context|Wet- en regelgeving|Legislation and regulations
""".splitlines()


def hits(code: Code, text: str) -> bool:
    return any(regex.search(pattern, text, flags=regex.IGNORECASE) for pattern in code.patterns)


def study_with(folder: Path, text: str) -> studies.Study:
    (folder / "study.yml").write_text(SETTINGS, encoding="utf-8")
    (folder / "codebook.yml").write_text(text, encoding="utf-8")
    return studies.read(folder)


def problems(study: studies.Study) -> str:
    with pytest.raises(InvalidMaterial) as refused:
        codebook.read(study)
    return str(refused.value)


def own(*codes: str, head: str = "id: proef\nversion: 1.2.0\n") -> str:
    return head + "codes:\n" + "".join(codes)


def code(code_id: str, more: str = "") -> str:
    return (
        f"  - id: {code_id}\n    family: inductive\n    label: {{nl: Naam, en: Name}}\n"
        f"    definition: {{nl: Betekenis}}\n{more}"
    )


def test_the_midi_has_the_names_and_domains_of_methods_b1() -> None:
    rows = [f"{c.id}|{c.domain}|{c.label.nl}|{c.label.en}" for c in framework("midi")]
    assert rows == MIDI


def test_the_other_frameworks_have_the_codes_of_methods_b3_and_b4() -> None:
    assert [c.id for c in framework("skills")] == [f"SK{n:02}" for n in range(1, 10)]
    assert [c.id for c in framework("components")] == [f"CP{n:02}" for n in range(1, 13)]
    assert {c.family for c in framework("skills")} == {"skill"}
    assert {c.family for c in framework("components")} == {"component"}


def test_every_ready_code_is_defined_in_both_languages_and_in_right_dutch() -> None:
    for c in ALL:
        assert c.definition.en, c.id
        assert c.patterns, c.id
        dutch = " ".join(filter(None, (c.definition.nl, c.include, c.exclude, c.label.nl)))
        assert not regex.search(r"\bclient|\bcoordinat|\bfinancie[^ë]", dutch), c.id
    assert all(c.include and c.exclude for c in framework("midi"))


@pytest.mark.parametrize(("code_id", "text"), ANCHORS)
def test_an_anchor_is_hit_by_its_own_pattern(code_id: str, text: str) -> None:
    assert hits(BY_ID[code_id], text)


def test_unintended_hits_on_anchors_are_the_two_of_methods_b6_and_sixteen_across_families() -> None:
    """Methods B6 counts 67 anchors and 2 unintended hits within a family; the others were counted here."""
    assert len(ANCHORS) == 67
    others = [(c, o.id) for (c, text), o in product(ANCHORS, ALL) if o.id != c and hits(o, text)]
    within = [(c, o) for c, o in others if BY_ID[c].family == BY_ID[o].family]
    assert within == [("SK05", "SK04"), ("SK05", "SK08")]
    assert len(others) - len(within) == 16


PATTERNS = [
    ("M21", "informatie", False),
    ("M21", "de formatie is rond", True),
    ("M13", "Ik kan bij mijn collega’s terecht", True),
    ("M05", "het sluit heel goed aan bij ons", True),
    ("M16", "ÉN IK DURF HET", True),
    ("SK09", "ÉÉN PLAN", True),
    ("SK07", "de netwerkpartners", False),
]


@pytest.mark.parametrize(("code_id", "text", "is_hit"), PATTERNS)
def test_a_pattern_knows_dutch(code_id: str, text: str, is_hit: bool) -> None:
    assert hits(BY_ID[code_id], text) is is_hit


def test_frameworks_come_first_and_own_codes_add_to_them(tmp_path: Path) -> None:
    head = "id: proef\nversion: 2.1.0\nframeworks: [midi, skills, components]\n"
    book = codebook.read(study_with(tmp_path, own(code("IND_rust", "    parent: M08\n"), head=head)))
    assert [c.id for c in book.codes] == [c.id for c in ALL] + ["IND_rust"]
    assert (len(book.family("factor")), len(book.family("skill")), len(book.family("component"))) == (
        29,
        9,
        12,
    )
    assert book.code("IND_rust").parent == "M08"
    assert (book.major, "M01" in book, "m01" in book) == ("2", True, False)
    with pytest.raises(KeyError):
        book.code("M99")


def test_a_framework_alone_is_a_codebook(tmp_path: Path) -> None:
    book = codebook.read(study_with(tmp_path, "id: proef\nversion: 1.0.0\nframeworks: [midi]\n"))
    assert len(book.codes) == 29


def test_ids_stay_the_text_that_was_typed(tmp_path: Path) -> None:
    book = codebook.read(study_with(tmp_path, own(code("no"), code("012"))))
    assert [c.id for c in book.codes] == ["no", "012"]


MIDI_HEAD = "id: p\nversion: 1.0.0\nframeworks: [midi]\n"
REFUSED = [
    (own(code("A"), code("A")), "codebook.yml:8: `codes.1.id` must stand once, found `A` again"),
    (own(code("A"), code("a")), "codebook.yml:8: `codes.1.id` must stand once, found `a` again"),
    (own(code("M01"), head=MIDI_HEAD), "codebook.yml:5: `codes.0.id` must stand once, found `M01` again"),
    (
        own(code("A", "    parent: B\n")),
        "codebook.yml:8: `codes.0.parent` must be the id of a code, found `B`",
    ),
    (own(code("A", "    parent: ond_rust\n"), code("IND_rust")), "did you mean `IND_rust`?"),
    (own(code("A", "    parent: A\n")), "`codes.0.parent` must not lead back to the code itself"),
    (own(code("A", "    parent: B\n"), code("B", "    parent: A\n")), "`codes.1.parent` must not lead back"),
    (
        own(code("A", "    patterns: ['tijd(']\n")),
        "codebook.yml:8: `codes.0.patterns.0` must be a valid pattern",
    ),
    (own(code("A", "    domain: user\n")), "codebook.yml:4: `codes.0` must have no `domain`"),
    (own(code("A").replace("inductive", "factor")), "codebook.yml:4: `codes.0` must have a `domain`"),
    (own(code("A").replace("inductive", "theme")), "codebook.yml:5: `codes.0.family` must be"),
    (own(code("A", "    colour: red\n")), "codebook.yml:8: every key must be known, found `codes.0.colour`"),
    (own(code("A").replace(", en: Name", "")), "`codes.0.label.en` must be given"),
    (own(code("A"), head="id: p\nversion: '1.0'\n"), "codebook.yml:2: `version` must be three numbers"),
    ("id: p\nversion: 1.0.0\n", "must hold codes"),
    ("id: p\nversion: 1.0.0\nframeworks: [cfir]\n", "codebook.yml:3: `frameworks.0` must be"),
    ("id: p\nversion: 1.0.0\nframeworks: [midi, midi]\n", "remove the doubled one"),
]


@pytest.mark.parametrize(("text", "told"), REFUSED)
def test_a_wrong_codebook_is_told_by_line(tmp_path: Path, text: str, told: str) -> None:
    assert told in problems(study_with(tmp_path, text))


def test_no_codebook_is_a_problem(tmp_path: Path) -> None:
    study = study_with(tmp_path, own(code("A")))
    (tmp_path / "codebook.yml").unlink()
    assert problems(study).startswith("codebook.yml: the file must be there")
