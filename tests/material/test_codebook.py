"""The codebook: ready frameworks, own codes, and patterns that find what they were written for."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from typing import get_args

import pytest
import regex

from casestudy import study as studies
from casestudy.errors import InvalidMaterial, WrongUse
from casestudy.material import codebook
from casestudy.material.codebook import Code, CodeChange, framework, midi_to_cfir

SETTINGS = """\
title: {nl: Proef, en: Trial}
question: {nl: Wat helpt?, en: What helps?}
kind: implementation
sites: [{id: esdoorn, name: Esdoorn}]
"""
OURS: tuple[codebook.Framework, ...] = ("midi", "skills", "components")
ALL = [code for name in OURS for code in framework(name)]
EVERY = [code for name in get_args(codebook.Framework) for code in framework(name)]
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


# Methods B2: constructs and subconstructs of both versions of the CFIR per domain; B1: those of the MIDI.
COUNTS: list[tuple[codebook.Framework, dict[str, int], int]] = [
    ("midi", {"innovation": 7, "user": 11, "organisation": 10, "context": 1}, 0),
    (
        "cfir",
        {"innovation": 8, "outer_setting": 7, "inner_setting": 11, "individuals": 13, "process": 9},
        19,
    ),
    (
        "cfir2009",
        {"innovation": 8, "outer_setting": 4, "inner_setting": 5, "individuals": 5, "process": 4},
        13,
    ),
]


@pytest.mark.parametrize(("name", "per_domain", "n_sub"), COUNTS)
def test_a_framework_has_the_constructs_of_methods_b(
    name: codebook.Framework, per_domain: dict[str, int], n_sub: int
) -> None:
    codes = framework(name)
    assert Counter(c.domain for c in codes if c.parent is None) == per_domain
    assert sum(c.parent is not None for c in codes) == n_sub
    assert {c.family for c in codes} == {"factor"}


def test_cfir_2009_counts_its_subconstructs_too() -> None:
    """Methods B2: 8 + 4 + 14 + 5 + 8 = 39."""
    found = Counter(c.domain for c in framework("cfir2009"))
    assert [found[d] for d in ("innovation", "outer_setting", "inner_setting", "individuals", "process")] == [
        8,
        4,
        14,
        5,
        8,
    ]


def test_subconstructs_stand_under_the_constructs_of_methods_b2() -> None:
    found = Counter(c.parent for c in framework("cfir") if c.parent)
    assert found == {
        "OS.PRESSURE": 3,
        "IS.STRUCTURE": 3,
        "IS.CULTURE": 4,
        "IS.RESOURCES": 3,
        "PR.NEEDS": 2,
        "PR.ENGAGING": 2,
        "PR.REFLECTING": 2,
    }


# Methods E4: the rows of the published rating table (JMIR 2015, 17(11):e262, table 2), in full names.
PUBLISHED_ROWS = """\
Trialability|Tension for change|Compatibility|Relative priority|Available resources|Relative advantage
Patient needs and resources|Structural characteristics|Culture|Adaptability|Self-efficacy|Cost
Knowledge and beliefs about the intervention|Individual stage of change|Design quality and packaging
"""


def test_the_rows_of_a_published_rating_table_are_constructs_of_cfir_2009() -> None:
    names = {name for line in PUBLISHED_ROWS.splitlines() for name in line.split("|")}
    assert len(names) == 15
    assert names <= {c.label.en for c in framework("cfir2009")}


def test_no_id_stands_in_two_frameworks() -> None:
    ids = [c.id.casefold() for c in EVERY]
    assert len(ids) == len(set(ids))


def test_every_ready_code_is_defined_in_both_languages_and_in_right_dutch() -> None:
    for c in EVERY:
        assert c.definition.en, c.id
        assert max(len(c.definition.nl), len(c.definition.en)) <= 300, c.id
        texts = (c.definition, c.include, c.exclude)
        dutch = " ".join([c.label.nl, *(text.nl for text in texts if text)])
        assert not regex.search(r"\bclient|\bcoordinat|\bfinancie[^ër]", dutch), c.id
        assert c.definition.nl != c.definition.en, c.id
        assert c.include or c.family != "factor", c.id
    assert all(c.patterns for c in ALL)


@pytest.mark.parametrize("name", ["midi", "cfir", "cfir2009"])
def test_a_limit_points_to_a_code_that_is_there(name: codebook.Framework) -> None:
    known = {c.id for c in (*framework(name), *ALL)}
    for c in framework(name):
        assert c.exclude, c.id
        pointed = regex.findall(r"→ ([A-Z]+\d*(?:\.[A-Z_]+)*\d*)", c.exclude.nl)
        assert set(pointed) <= known - {c.id}, c.id


def test_every_determinant_is_mapped_to_constructs_and_no_researcher_has_confirmed_it() -> None:
    """Methods B2: 29 rows, of which M06 and M26 have no direct equivalent."""
    found = midi_to_cfir()
    assert [row.midi for row in found.rows] == [c.id for c in framework("midi")]
    assert {row.midi for row in found.rows if not row.direct} == {"M06", "M26"}
    assert {code for row in found.rows for code in row.cfir} <= {c.id for c in framework("cfir")}
    assert {code for row in found.rows for code in row.cfir2009} <= {c.id for c in framework("cfir2009")}
    assert found.is_confirmed is False
    assert found.warning.en.startswith("Use this only")


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
    ("id: p\nversion: 1.0.0\nframeworks: [epis]\n", "codebook.yml:3: `frameworks.0` must be"),
    (
        own(code("A", f"    terms: ['{'a' * 201}']\n")),
        "codebook.yml:8: `codes.0.terms.0` must have at most 200",
    ),
    (own(code("A", "    terms: [' ']\n")), "codebook.yml:8: `codes.0.terms.0` must have at least 1"),
    (own(code("A", "    since: 1.0\n")), "codebook.yml:8: `codes.0.since` must be three numbers"),
    (own(code("A"), head="id: p\nversion: 01.0.0\n"), "codebook.yml:2: `version` must be three numbers"),
    ("id: p\nversion: 1.0.0\nframeworks: [midi, midi]\n", "remove the doubled one"),
]


@pytest.mark.parametrize(("text", "told"), REFUSED)
def test_a_wrong_codebook_is_told_by_line(tmp_path: Path, text: str, told: str) -> None:
    assert told in problems(study_with(tmp_path, text))


def test_no_codebook_is_a_problem(tmp_path: Path) -> None:
    study = study_with(tmp_path, own(code("A")))
    (tmp_path / "codebook.yml").unlink()
    assert problems(study).startswith("codebook.yml: the file must be there")


def test_limits_are_dutch_or_dutch_and_english(tmp_path: Path) -> None:
    more = (
        "    include: alleen dit\n    exclude: {nl: dat niet, en: not that}\n    terms: [tijd*, geen tijd]\n"
    )
    found = codebook.read(study_with(tmp_path, own(code("A", more)))).code("A")
    assert found.include is not None
    assert found.exclude is not None
    assert [found.include["nl"], found.include["en"]] == ["alleen dit", "alleen dit"]
    assert [found.exclude["nl"], found.exclude["en"]] == ["dat niet", "not that"]
    assert found.terms == ("tijd*", "geen tijd")


SHAPES: list[tuple[str, list[str], list[str], str | None]] = [
    ("new", [], ["A"], None),
    ("new", ["A"], ["B"], "no codes in `from`"),
    ("reword", ["A", "B"], [], None),
    ("reword", ["A"], ["A"], None),
    ("reword", ["A"], ["B"], "the same codes in `to`"),
    ("rename", ["A"], ["B"], None),
    ("rename", ["A"], ["A"], "another code in `to`"),
    ("rename", ["A"], ["B", "C"], "one in `to`"),
    ("split", ["A"], ["A", "B"], None),
    ("split", ["A"], ["B"], "two or more in `to`"),
    ("split", ["A"], ["B", "B"], "each once"),
    ("merge", ["A", "B"], ["A"], None),
    ("merge", ["A"], ["B"], "two or more codes in `from`"),
    ("retire", ["A", "B"], [], None),
    ("retire", ["A"], ["B"], "none in `to`"),
]


@pytest.mark.parametrize(("change", "before", "after", "told"), SHAPES)
def test_a_change_has_codes_on_the_sides_its_kind_needs(
    tmp_path: Path, change: str, before: list[str], after: list[str], told: str | None
) -> None:
    entry = f"{{version: 1.1.0, change: {change}, from: {before}, to: {after}}}".replace("'", "")
    text = own(code("A"), head=f"id: p\nversion: 1.2.0\nchanges:\n  - {entry}\n")
    study = study_with(tmp_path, text)
    if told is None:
        (found,) = codebook.read(study).changes
        assert (found.change, list(found.before), list(found.after)) == (change, before, after)
    else:
        assert told in problems(study)
        assert "codebook.yml:4: `changes.0`" in problems(study)


def test_a_change_is_written_with_the_names_of_the_file() -> None:
    values = {"version": "2.0.0", "change": "retire", "from": ["A"]}
    found = CodeChange.model_validate(values)
    assert found.model_dump(by_alias=True, mode="json", exclude_defaults=True) == values


def kept(study: studies.Study, version: str, *codes: str) -> None:
    (study.folder / "codebooks").mkdir(exist_ok=True)
    text = own(*codes, head=f"id: proef\nversion: {version}\n")
    (study.folder / "codebooks" / f"{version}.yml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("asked", "codes"), [(None, ["B"]), ("1.2.0", ["B"]), ("1.0.0", ["A"])])
def test_a_study_may_name_the_codebook_its_reports_are_built_under(
    tmp_path: Path, asked: str | None, codes: list[str]
) -> None:
    study = study_with(tmp_path, own(code("B")))
    kept(study, "1.0.0", code("A"))
    pinned = study.model_copy(update={"codebook": asked})
    assert [c.id for c in codebook.read(pinned).codes] == codes


def test_an_unknown_codebook_is_a_wrong_setting(tmp_path: Path) -> None:
    study = study_with(tmp_path, own(code("B")))
    kept(study, "1.0.0", code("A"))
    (tmp_path / "study.yml").write_text(f"{SETTINGS}codebook: 3.0.0\n", encoding="utf-8")
    told = r"study.yml: `codebook` must be a version that was kept, found `3.0.0`; .*1\.[02]\.0"
    with pytest.raises(WrongUse, match=told):
        codebook.read(studies.read(tmp_path))
    (tmp_path / "study.yml").write_text(f"{SETTINGS}codebook: newest\n", encoding="utf-8")
    with pytest.raises(InvalidMaterial, match="`codebook` must be three numbers"):
        studies.read(tmp_path)
