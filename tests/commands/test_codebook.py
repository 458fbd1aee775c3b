"""The codebook on the terminal: codes with their numbers, changes with their consequences, and keeping."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from casestudy.commands.codebook import codebook

EXAMPLE = Path(__file__).resolve().parents[2] / "interviews" / "voorbeeld"
N_SOURCES = 6
SPLIT = """\
changes:
- {version: 2.0.0, change: split, from: [N1], to: [N1a, N1b], note: Twee soorten}
"""


def run(study: Path, *arguments: str) -> Result:
    return CliRunner().invoke(codebook, [str(study), *arguments])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The first sources of the example and talks with clients, with what was coded in them, as a study."""
    study = tmp_path / "interviews" / "voorbeeld"
    study.mkdir(parents=True)
    for name in ("study.yml", "codebook.yml", "participants.csv"):
        shutil.copy(EXAMPLE / name, study / name)
    # The book as it was before the themes became codes.
    text = (EXAMPLE / "codebook.yml").read_text(encoding="utf-8")
    text = text[: text.index("- id: IND_01")].replace("version: 1.1.0\nchange", "version: 1.0.0\nchange")
    cut = text.index("- version: 1.1.0"), text.index("frameworks:")
    (study / "codebook.yml").write_text(text[: cut[0]] + text[cut[1] :], encoding="utf-8")
    rows = (EXAMPLE / "sources.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    rows = [row for n, row in enumerate(rows) if n <= N_SOURCES or row.split(",")[0].endswith("-c1")]
    (study / "sources.csv").write_text("".join(rows), encoding="utf-8")
    sources = {row.split(",")[0] for row in rows[1:]}
    for path in (
        *EXAMPLE.glob("sources/*/*"),
        *EXAMPLE.glob("codings/*/*.jsonl"),
        *EXAMPLE.glob("codings/.texts/*"),
    ):
        if path.stem in sources or path.parent.name == ".texts":
            target = study / path.relative_to(EXAMPLE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_first_version(path) if path.suffix == ".jsonl" else path.read_bytes())
    return study


def _first_version(log: Path) -> bytes:
    """Lines of a log that were made before the themes became codes, without their seals."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    kept = [{k: v for k, v in line.items() if k not in ("after", "hash")} for line in lines]
    return "".join(json.dumps(line) + "\n" for line in kept if line["codebook"] == "1.0.0").encode()


def edit(study: Path, *pairs: tuple[str, str]) -> None:
    path = study / "codebook.yml"
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def split(study: Path) -> None:
    """Split N1 in version 2.0.0; the first of two codes keeps its words."""
    text = (study / "codebook.yml").read_text(encoding="utf-8")
    start, end = text.index("- id: N1\n"), text.index("- id: N2\n")
    twice = text[start:end].replace("N1", "N1a") + text[start:end].replace("N1", "N1b")
    whole = text[:start] + twice + text[end:]
    whole = whole.replace("version: 1.0.0\nchangelog", f"version: 2.0.0\n{SPLIT}changelog")
    (study / "codebook.yml").write_text(whole, encoding="utf-8")


def confirmed(study: Path, code: str) -> tuple[int, int]:
    """Codings with a code that stand in the logs, counted from the lines themselves, and their sources."""
    codings, gone, sources = set(), set(), set()
    for path in study.glob("codings/*/*.jsonl"):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        gone |= {line["coding"] for line in lines if line["event"] == "delete"}
        for line in lines:
            if line.get("code") == code and line["status"] == "confirmed" and line["coding"] not in gone:
                codings.add(line["coding"])
                sources.add(line["source"])
    return len(codings), len(sources)


def test_codes_are_shown_with_their_codings_and_sources(copy: Path, tmp_path: Path) -> None:
    found = run(copy, "--family", "skill", "--csv", str(tmp_path / "codes.csv"))
    assert found.exit_code == 0
    assert found.output.splitlines()[0] == "veiligheid 1.0.0"
    table = pd.read_csv(tmp_path / "codes.csv").set_index("code")
    assert list(table.index) == [f"SK{n:02}" for n in range(1, 10)]
    assert set(table["family"]) == {"skill"}
    assert table["n_codings"].sum() > 0
    for code, row in table.iterrows():
        assert (row["n_codings"], row["n_sources"]) == confirmed(copy, str(code))


def test_the_whole_book_is_shown_without_a_family() -> None:
    lines = run(EXAMPLE).output.splitlines()
    assert len(lines) == 2 + 29 + 9 + 12 + 4 + 26


def test_an_untouched_history_asks_for_nothing(copy: Path) -> None:
    found = run(copy, "--changes")
    assert found.exit_code == 0
    for line in ("superseded: 0", "must be coded again: none", "not yet screened: none"):
        assert line in found.output.splitlines()


def test_keeping_and_splitting_shows_what_must_be_coded_again(copy: Path) -> None:
    assert run(copy, "--keep").output == "kept as codebooks/1.0.0.yml\n"
    n, n_sources = confirmed(copy, "N1")
    assert n > 1
    split(copy)
    told = run(copy, "--changes", "--csv", str(copy / "code_changes.csv")).output
    assert f"superseded: {n}\n" in told
    assert f"must be coded again: {n}\n" in told
    assert told.count(", now N1a or N1b") == n
    (row,) = pd.read_csv(copy / "code_changes.csv").to_dict("records")
    became = {"became": "N1a N1b", "note": "Twee soorten"}
    assert row == {"version": "2.0.0", "code": "N1", "change": "split", "n_codings_affected": n, **became}
    earlier = run(copy, "--version", "1.0.0", "--family", "narrative").output
    assert "veiligheid 1.0.0" in earlier
    assert earlier.splitlines()[2].split()[-3:] == [str(n), str(n_sources), "True"]
    now = run(copy, "--family", "narrative").output
    assert now.splitlines()[2].split()[-3:] == ["0", "0", "True"]
    assert run(copy, "--keep").output == "kept as codebooks/2.0.0.yml\n"


def test_a_new_code_is_listed_until_it_is_screened(copy: Path) -> None:
    run(copy, "--keep")
    new = "- id: N5\n  family: narrative\n  label: {nl: Nieuw, en: New}\n  definition: {nl: Iets nieuws.}\n"
    edit(copy, ("version: 1.0.0\nchangelog", "version: 1.1.0\nchangelog"), ("- id: N1\n", f"{new}- id: N1\n"))
    told = run(copy, "--changes").output
    assert "not yet screened: 1\n  N5: " in told
    assert "1.1.0    N5    new" in told


LOW = [
    (("nl: Vrijwilligheid", "nl: Vrije keus"), "must be at least 1.0.1"),
    (("- id: N1\n", "- id: N9\n"), "must be at least 2.0.0"),
]


@pytest.mark.parametrize(("pair", "line"), LOW)
@pytest.mark.parametrize("arguments", [("--keep",), ()])
def test_a_number_that_is_too_low_is_refused(
    copy: Path, pair: tuple[str, str], line: str, arguments: tuple[str, ...]
) -> None:
    run(copy, "--keep")
    before = (copy / "codebooks" / "1.0.0.yml").read_bytes()
    edit(copy, pair)
    found = run(copy, *arguments)
    assert found.exit_code == 3
    assert f"codebook.yml: `version` {line}, as 1.0.0 was kept" in found.output
    assert str(copy) not in found.output
    assert (copy / "codebooks" / "1.0.0.yml").read_bytes() == before


WRONG = [
    (("--family", "theme"), "Invalid value for '--family'"),
    (("--keep", "--changes"), "--keep: it must stand without --changes"),
    (("--keep", "--family", "skill"), "they must stand without --changes and --keep"),
    (
        ("--version", "9.9.9"),
        "--version: it must be a version that is known, found `9.9.9`; use one of: 1.0.0",
    ),
]


@pytest.mark.parametrize(("arguments", "line"), WRONG)
def test_wrong_use_is_told(arguments: tuple[str, ...], line: str) -> None:
    found = run(EXAMPLE, *arguments)
    assert found.exit_code == 2
    assert line in found.output


def test_a_study_without_sources_shows_its_codes(tmp_path: Path) -> None:
    for name in ("study.yml", "codebook.yml"):
        shutil.copy(EXAMPLE / name, tmp_path / name)
    found = run(tmp_path, "--family", "skill")
    assert found.exit_code == 0
    assert found.output.count("skill") == 9
