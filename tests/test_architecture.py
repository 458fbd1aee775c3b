"""The reading order is the import rule, and the files that describe the project agree with one another."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "casestudy"

# A module imports only what stands before it. This list is also the order in which to read the package.
READING_ORDER = """
errors documents schema study labels
material.folders material.rewrites material.lines material.logs material.codebook
material.codebook_changes material.codebook_versions material.people material.texts material.speakers
material.speaker_doubts material.turns material.captions material.formats.archives material.formats.word
material.formats.open_document material.formats.rich_text material.formats.pdf_columns
material.formats.pdf_pages material.formats.pdf material.formats.workbooks material.turns_table
material.transcripts material.arrivals material.front_matter material.open_answers material.source_rows
material.sources material.alignment material.anchors material.coding_events material.coding_rules
material.standing material.codings material.reviews material.signed material.decisions material.settling
material.crosswalk material.code_history material.evidence material.ratings material.merging
material.guide material.rounds material.memos material.summaries material.mappings material.cells
material.questions material.instrument material.instrument_versions material.formats.delimited
material.formats.sheets material.formats.form_heads material.formats.syntax_files
material.formats.qualtrics material.formats.limesurvey material.formats.spss_cases material.formats.spss
material.survey_files material.salt material.sealed material.reflections material.submissions
material.answers material.survey material.sealing material.check material.double_coding material.originals
material.proposals material.margins material.intake material.frames material.site_tables
findings.intervals findings.counts findings.terms findings.words findings.wording findings.overlaps
findings.nearness findings.rows findings.dictionary findings.evaluation findings.audit
findings.suggestions findings.learning findings.worklist findings.categories findings.agreement
findings.kappas findings.icc findings.binary_codes findings.unitised findings.coded_units
findings.disagreements findings.coder_agreement findings.saturation findings.cooccurrence
findings.mentions findings.concordance findings.ratings findings.rater_agreement findings.contrasts
findings.omega findings.scales findings.linking findings.multiplicity findings.item_change
findings.evidence findings.resampling findings.paired findings.likelihood findings.random_intercept
findings.change findings.wave_scores findings.wave_means findings.mixed_model findings.attrition
findings.waves findings.omnibus findings.response_shift findings.reliable_change findings.practice
findings.attribution findings.integration
reporting.disclosure reporting.parts reporting.wave_counts reporting.released reporting.released_change
reporting.released_waves reporting.released_measuring reporting.released_items reporting.markup
reporting.names reporting.quotes
reporting.tables.participation reporting.tables.ratings reporting.tables.evidence
reporting.tables.mentions reporting.tables.framework reporting.tables.reading reporting.tables.contrasts
reporting.tables.change reporting.tables.waves reporting.tables.attrition reporting.tables.response_shift
reporting.tables.reliable_change reporting.tables.site_differences reporting.tables.items
reporting.tables.survey reporting.tables.reliability reporting.tables.survey_quality
reporting.tables.integration reporting.tables.decisions reporting.tables.method
reporting.tables.codebook_page reporting.tables.agreement reporting.tables.voices
reporting.figures.drawing reporting.figures.bars reporting.figures.dots reporting.figures.ratings
reporting.figures.change reporting.figures.waves reporting.figures.items reporting.figures.practice
reporting.figures.attribution reporting.figures.saturation
reporting.change_sentences reporting.contribution_sentences reporting.sentences reporting.opening
reporting.report
reporting.self_reflection.reference reporting.self_reflection.references reporting.self_reflection.form
reporting.self_reflection.page reporting.self_reflection.paper
reporting.notebooks reporting.fragments reporting.pages reporting.gate
building.inputs building.ledger building.shelf building.plan building.parameters building.kernels
building.pools building.workers building.status building.edition building.publish building.run
exchange.form exchange.typing_sheet exchange.xlsform exchange.limesurvey exchange.limesurvey_structure
simulation.bank simulation.truth simulation.cast simulation.talk simulation.archives simulation.files
simulation.coders simulation.settings simulation.survey simulation.judgements simulation.folder
commands.terminal commands.selection commands.intake commands.coding commands.codebook commands.suggest
commands.agree commands.reading commands.excerpts commands.ratings commands.survey commands.forms
cli
""".split()
PACKAGES = "material findings reporting building exchange desk simulation commands".split()
FINDINGS_MAY_IMPORT = {
    "__future__",
    "bisect",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "itertools",
    "math",
    "re",
    "typing",
    "unicodedata",
}
FINDINGS_MAY_IMPORT |= {"numpy", "pandas", "regex", "scipy", "simplemma", "casestudy"}
# What one module alone needs: suggestions that learn want an extra, the mixed model a large library.
FINDINGS_WITH_MORE = {
    "findings.learning": {"sklearn"},
    "findings.mixed_model": {"statsmodels", "warnings"},
}
# What takes seconds to import is imported where it is used.
LATE_IMPORTS = {"findings.mixed_model": "statsmodels"}


def modules() -> list[str]:
    names = (path.relative_to(PACKAGE).with_suffix("").parts for path in PACKAGE.rglob("*.py"))
    return sorted(".".join(parts) for parts in names if parts[-1] != "__init__")


def imports(module: str) -> list[tuple[ast.stmt, str]]:
    """Every import statement of a module with the dotted name it reaches."""
    path = PACKAGE.joinpath(*module.split(".")).with_suffix(".py")
    found: list[tuple[ast.stmt, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            known = [name for name in inside if name.removeprefix("casestudy.") in modules()]
            found += [(node, name) for name in (known or [node.module])]
    return found


def test_every_module_stands_in_the_reading_order() -> None:
    assert sorted(READING_ORDER) == [m for m in modules() if m != "__main__"]


@pytest.mark.parametrize("module", READING_ORDER)
def test_a_module_imports_only_what_stands_before_it(module: str) -> None:
    before = set(READING_ORDER[: READING_ORDER.index(module)])
    before |= {name.rpartition(".")[0] for name in before} - {module.rpartition(".")[0]}
    own = [name.removeprefix("casestudy.") for _, name in imports(module) if name.startswith("casestudy.")]
    assert [name for name in own if name not in before] == []


def test_packages_stand_in_the_order_of_the_design() -> None:
    seen = list(dict.fromkeys(name.split(".")[0] for name in READING_ORDER if "." in name))
    assert seen == [name for name in PACKAGES if name in seen]
    assert READING_ORDER[-1] == "cli"


@pytest.mark.parametrize("module", [m for m in READING_ORDER if m != "cli" and not m.startswith("commands.")])
def test_imports_stand_at_the_top(module: str) -> None:
    tree = ast.parse(PACKAGE.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8"))
    top = {node.lineno for node in tree.body}
    for node in tree.body:
        if isinstance(node, ast.If):  # for the type checker only
            top |= {inner.lineno for inner in node.body}
    late = [
        ast.unparse(node)
        for node, name in imports(module)
        if node.lineno not in top and name.partition(".")[0] != LATE_IMPORTS.get(module)
    ]
    assert late == []


@pytest.mark.parametrize("module", [m for m in READING_ORDER if m.startswith("findings.")])
def test_findings_are_pure(module: str) -> None:
    allowed = FINDINGS_MAY_IMPORT | FINDINGS_WITH_MORE.get(module, set())
    assert {name.split(".")[0] for _, name in imports(module)} <= allowed
    text = PACKAGE.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
    assert not re.search(r"\b(print|open)\(|np\.random\.(seed|rand|normal|choice)\b", text)


def test_there_is_no_room_without_a_noun() -> None:
    nouns = {part for name in modules() for part in name.split(".")}
    assert not nouns & {"utils", "util", "helpers", "common", "core", "manager", "misc"}


def test_environment_equals_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda_names = {"jupyter-client": "jupyter_client", "jupyter-server": "jupyter_server"}
    expected = [f"python{project['requires-python']}"]
    for requirement in project["dependencies"]:
        name = re.match(r"[A-Za-z0-9-]+", requirement)
        assert name
        expected.append(requirement.replace(name.group(), conda_names.get(name.group(), name.group()), 1))
    conda = [line for line in environment["dependencies"] if isinstance(line, str)]
    assert sorted(conda) == sorted([*expected, "pip"])


def test_every_dependency_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(r for rs in project["optional-dependencies"].values() for r in rs)]
    names = {re.split(r"[><=\[ ]", requirement)[0] for requirement in wanted}
    lock = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.M))
    assert names <= locked
    assert "://" not in lock


def test_the_package_opens_without_heavy_libraries() -> None:
    script = "import sys, casestudy, casestudy.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "pandas",
        "numpy",
        "scipy",
        "matplotlib",
        "seaborn",
        "nbformat",
        "nbclient",
        "papermill",
        "nbconvert",
    }
    assert not heavy & set(loaded)
