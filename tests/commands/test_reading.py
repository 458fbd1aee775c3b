"""The reading aids on the command line: the example study, what is refused, and files for other programs."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result

from casestudy.commands import excerpts, reading

EXAMPLE = Path(__file__).resolve().parents[2] / "interviews" / "voorbeeld"
SITES = ("linde", "es")
TALKS = r"linde-c1|es-0[1-6]"
MEMOS = {"memos/codes/M23.md": "Tijd is ook ruimte.\n", "memos/sites/es.md": "Net gefuseerd.\n"}
COMMANDS = {
    **{name: getattr(reading, name) for name in ("saturation", "cooccurrence", "coverage", "matrix")},
    **{name: getattr(excerpts, name) for name in ("context", "quotes", "framework", "memos")},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sites of the example, with memos and summaries."""
    folder = tmp_path_factory.mktemp("project") / "interviews" / "voorbeeld"
    folder.mkdir(parents=True)
    settings = yaml.safe_load((EXAMPLE / "study.yml").read_text(encoding="utf-8"))
    settings["sites"] = [site for site in settings["sites"] if site["id"] in SITES]
    (folder / "study.yml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    for name in ("codebook.yml", "guide.yml"):
        shutil.copy(EXAMPLE / name, folder / name)
    for name in ("sources.csv", "participants.csv"):
        rows = pd.read_csv(EXAMPLE / name, dtype="str")
        here = rows["site"].isin(SITES)
        kept = rows[here & rows["source"].str.fullmatch(TALKS)] if name == "sources.csv" else rows[here]
        kept.to_csv(folder / name, index=False)
        files = [f"{row.site}/{row.file}" for row in kept.itertuples()] if name == "sources.csv" else []
        logs = [
            path for row in kept.get("source", []) for path in (EXAMPLE / "codings").glob(f"*/{row}.jsonl")
        ]
        for path in [*(EXAMPLE / "sources" / file for file in files), *logs]:
            target = folder / path.relative_to(EXAMPLE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    shutil.copytree(EXAMPLE / "codings" / ".texts", folder / "codings" / ".texts")
    for name, text in (MEMOS | {"summaries/es.yml": _summaries(folder)}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _summaries(folder: Path) -> str:
    """One summary that rests on a coding of the example, and one whose excerpt is gone."""
    lines = (
        json.loads(line)
        for path in sorted((folder / "codings" / "coder-a").glob("es-*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    wanted = {"code": "M23", "status": "confirmed", "round": "main"}
    first = next(line for line in lines if line.items() >= wanted.items())
    return (
        "summaries:\n"
        f"  - {{code: M23, summary: {{nl: Tijd is krap.}}, excerpts: [{first['coding']}], by: r1}}\n"
        "  - {code: M13, summary: {nl: Steun.}, excerpts: [gone-1], by: r1}\n"
    )


def run(name: str, *arguments: str) -> Result:
    return CliRunner().invoke(COMMANDS[name], [*arguments])


def done(name: str, *arguments: str) -> str:
    result = run(name, *arguments)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example(name):
    text = done(name, "--help")
    assert f"Example: casestudy {name} " in text


def test_saturation_of_themes_that_hardly_came_up_cannot_be_assessed(study, tmp_path):
    text = done("saturation", str(study), "--family", "narrative", "--csv", str(tmp_path / "s.csv"))
    assert "es: cannot be assessed; the base holds none of these codes" in text
    assert "linde: cannot be assessed; it takes 6 conversations, found 1 conversations" in text
    table = pd.read_csv(tmp_path / "s.csv")
    assert table["site"].tolist() == ["ALL", *SITES]


def test_the_observed_order_never_stands_without_random_ones(study):
    text = done("saturation", str(study), "--base", "1", "--run", "1", "--orders", "40", "--seed", "3")
    assert re.search(r"^ALL, in 40 random orders: ", text, re.MULTILINE)
    assert text == done("saturation", str(study), *"--base 1 --run 1 --orders 40 --seed 3".split())


def test_a_fixed_family_gets_coverage_instead(study):
    text = done("saturation", str(study), "--family", "factor")
    assert "fixed beforehand" in text
    assert "n_used" in text


def test_pairs_come_with_both_shares(study, tmp_path):
    done("cooccurrence", str(study), "--site", "es", "--window", "turn", "--csv", str(tmp_path / "p.csv"))
    table = pd.read_csv(tmp_path / "p.csv")
    assert table["c"].is_monotonic_decreasing
    assert {"p_second_given_first", "p_first_given_second", "n_sources", "enough"} <= {*table}


def test_counts_stand_by_role(study):
    text = done("coverage", str(study), "--by", "role", "--code", "M23")
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["ALL", "professional", "lead"]


def test_the_matrix_has_the_asked_as_its_denominator(study, tmp_path):
    text = done("matrix", str(study), "--family", "factor", "--csv", str(tmp_path / "m.csv"))
    assert re.search(r"○ 0/\d", text)
    assert "neither asked nor mentioned: M02" in text
    table = pd.read_csv(tmp_path / "m.csv")
    parts = ["n_mentioned", "n_asked_not_mentioned", "n_not_asked", "n_not_coded"]
    assert (table[parts].sum(axis=1) == table["n_sources"]).all()


def test_a_word_is_found_in_what_participants_said(study, tmp_path):
    said = done("context", "caseload", str(study), "--csv", str(tmp_path / "c.csv"))
    asked = done("context", "caseload", str(study), "--interviewer")
    assert "[caseload]" in said.lower()
    assert said.splitlines()[-2].startswith("1 times in 1 of ")
    assert asked.splitlines()[-1].startswith("2 times in 2 of ")
    table = pd.read_csv(tmp_path / "c.csv")
    assert table["match"].str.lower().eq("caseload").all()
    inside = done("context", "tijd*", str(study), "--code", "M23", "--site", "es", "--width", "20")
    lines = inside.splitlines()[:-1]
    assert lines
    assert len({line.index("[") for line in lines}) == 1
    assert len(lines) < len(done("context", "tijd*", str(study), "--site", "es").splitlines())


def test_quotes_stand_by_code_and_group(study, tmp_path):
    text = done("quotes", str(study), "--code", "M23", "--by", "role", "--csv", str(tmp_path / "q.csv"))
    assert text.startswith("M23  ")
    assert "\n  professional\n" in text
    assert set(pd.read_csv(tmp_path / "q.csv")["code"]) == {"M23"}


def test_the_framework_names_what_is_missing_and_what_is_gone(study):
    text = done("framework", str(study), "--site", "es")
    assert "Tijd is krap." in text
    assert "M13 at es: read again, its excerpts do not stand any more: gone-1" in text
    assert "M20: no summary yet at es" in text
    assert "M23: no summary" not in text


def test_memos_are_shown_whole(study):
    assert "code M23  (memos/codes/M23.md)\n    Tijd is ook ruimte.\n" in done("memos", str(study))
    assert (
        done("memos", str(study), "--about", "es")
        == "site es  (memos/sites/es.md)\n    Net gefuseerd.\n1 memos\n"
    )


REFUSED = [
    ("matrix", ("--site", "eik"), "--site: a site must be in study.yml"),
    ("context", ("tijd", "--site", "eik"), "--site: a site must be in study.yml"),
    ("quotes", ("--code", "M99"), "--code: it must be an active code of the codebook"),
    (
        "quotes",
        ("--code", "M23", "--family", "skill"),
        "--code: it must be an active code of the family skill",
    ),
    ("coverage", ("--family", "process"), "--family: the codebook must have codes of it"),
    ("context", ("***",), "WORD: it must hold a letter or a digit"),
    ("matrix", ("--csv", "/nowhere/x.csv"), "--csv: "),
]


@pytest.mark.parametrize(("name", "arguments", "told"), REFUSED)
def test_wrong_use_is_one_line(study, name, arguments, told):
    rest = [arguments[0], str(study), *arguments[1:]] if name == "context" else [str(study), *arguments]
    result = run(name, *rest)
    assert result.exit_code == 2
    assert result.stderr.startswith(told)
    assert len(result.stderr.splitlines()) == 1
    assert str(study.parent) not in result.stderr


def test_a_study_without_material_has_nothing_to_read(tmp_path):
    (tmp_path / "study.yml").write_text(
        "title: {nl: P, en: P}\nquestion: {nl: P, en: P}\nkind: implementation\nsites: [{id: es, name: Es}]\n"
    )
    (tmp_path / "codebook.yml").write_text("id: p\nversion: 1.0.0\nframeworks: [midi]\n")
    for name in COMMANDS:
        if name != "saturation":
            rest = ["tijd", str(tmp_path)] if name == "context" else [str(tmp_path)]
            done(name, *rest)
    assert "--family" in run("saturation", str(tmp_path)).stderr
