"""The command `ratings`: the table of cells, memos without anybody's ratings, and lines that are added."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from casestudy import study as studies
from casestudy.commands.ratings import ratings
from casestudy.material import codings, evidence
from casestudy.material import ratings as material
from casestudy.material.codings import Coding

ROOT = Path(__file__).resolve().parents[2]
HERE = ("--site", "es", "--code", "M23")
SIGNED = ("--by", "jansen", "--by", "bakker", "--rationale", "nog eens bekeken")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example study with every settled rating pinned to its evidence."""
    folder = tmp_path_factory.mktemp("project") / "interviews" / "voorbeeld"
    shutil.copytree(ROOT / "interviews" / "voorbeeld", folder)
    study = studies.read(folder)
    now = evidence.read(study)
    path = folder / material.NAME
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    pinned = [line | evidence.pin(now, line["site"], line["code"]) for line in lines]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in pinned), encoding="utf-8")
    return folder


@pytest.fixture
def changed(example: Path) -> Iterator[Path]:
    """The same, with one coding of M23 at es gone; put back afterwards."""
    logs = {
        path: path.read_bytes()
        for part in ("codings", "ratings")
        for path in (example / part).rglob("*.jsonl")
    }
    study = studies.read(example)
    codings.delete(study, spoken(example)[0], at="2019-10-01T09:00:00+00:00")
    yield example
    for part in ("codings", "ratings"):
        for path in (example / part).rglob("*.jsonl"):
            path.write_bytes(logs[path]) if path in logs else path.unlink()


def spoken(folder: Path) -> tuple[Coding, ...]:
    """The codings that stand for M23 at es."""
    return evidence.read(studies.read(folder), "es").of("es", "M23")


def run(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(ratings, [str(folder), *options])


def table(folder: Path, tmp_path: Path, *options: str) -> pd.DataFrame:
    done = run(folder, *options, "--csv", str(tmp_path / "t.csv"))
    assert done.exit_code == 0, done.output
    return pd.read_csv(tmp_path / "t.csv", dtype=str).set_index(["site", "code"])


def test_the_table_has_a_row_per_factor_and_skill(example: Path, tmp_path: Path) -> None:
    found = table(example, tmp_path, "--site", "es")
    assert len(found) == 38
    row = found.loc["es", "M23"]
    assert row[["settled", "standing", "rated_first"]].tolist() == ["-2", "current", "both"]
    own = {one.rater: one.value for one in material.read(studies.read(example), "es") if one.code == "M23"}
    assert row[list(own)].to_dict() == own
    said = run(example, "--site", "es").output
    assert "38 settled: 38 current" in said
    assert "rater-a and rater-b: 38 cells" in said
    assert "weighted kappa over" in said


def test_exactly_the_changed_cell_is_stale(changed: Path, tmp_path: Path) -> None:
    found = table(changed, tmp_path, "--stale")
    assert found.index.tolist() == [("es", "M23")]
    assert found.loc[("es", "M23"), ["standing", "changed"]].tolist() == ["stale", "-1"]


def test_confirming_makes_it_current_again(changed: Path, tmp_path: Path) -> None:
    done = run(changed, "--confirm", *HERE, *SIGNED)
    assert done.output == f"es M23: -2 confirmed on {len(spoken(changed))} codings of now\n"
    assert table(changed, tmp_path, "--stale", "--site", "es").empty
    (line,) = (one for one in material.settled(studies.read(changed), "es") if one.code == "M23")
    assert (line.decided_by, line.value) == (("jansen", "bakker"), "-2")
    assert set(line.seen or ()) == {one.coding for one in spoken(changed)}


def test_a_memo_holds_the_words_and_nobodys_ratings(example: Path) -> None:
    said = run(example, "--memo", *HERE).output
    for one in spoken(example):
        assert f" {one.coding}: {' '.join(one.quote.split())}\n" in said
    assert re.search(r"\(professional, concrete\) [\w-]+: ", said)
    assert f"spoken of in {len({one.source for one in spoken(example)})}\n" in said
    for line in (
        "against: it hinders",
        "proposed -2",
        "with each source left out in turn",
        "under strict cap",
    ):
        assert line in said
    study = studies.read(example)
    for one in (*material.read(study, "es"), *material.settled(study, "es")):
        if one.code == "M23":
            assert one.rationale not in said
    assert "rater" not in said
    assert "settled" not in said


def test_memos_of_a_whole_site(example: Path) -> None:
    said = run(example, "--memo", "--site", "es").output
    assert said.count("asked in") == 38
    assert "proposed M (not asked)" in said or "proposed M (not mentioned)" in said


def test_a_rater_adds_a_rating_and_sees_only_their_own(changed: Path, tmp_path: Path) -> None:
    done = run(changed, "--rate", "-1", "--rater", "jansen", *HERE, "--rationale", "algemeen")
    assert done.output == "es M23: rated -1 by jansen\n"
    found = table(changed, tmp_path, "--site", "es", "--rater", "jansen")
    assert {"rater-a", "rater-b"}.isdisjoint(found.columns)
    assert found.loc[("es", "M23"), ["jansen", "settled"]].tolist() == ["-1", "-2"]
    assert found.loc[("es", "M13"), ["jansen", "settled", "standing", "named"]].isna().all()
    assert "rater-a" not in run(changed, "--site", "es", "--rater", "jansen").output


WRONG = [
    (["--memo"], "--memo: the site must be named"),
    (["--rate", "1", "--site", "es"], "--rate: the code must be named"),
    (["--rate", "1", *HERE], "--rate: the rater must be named"),
    (["--rate", "1", *HERE, "--rater", "a/b"], "--rater: it must be a short id"),
    (["--rate", "1", *HERE, "--rater", "settled"], "--rater: it must be the name of a person"),
    (["--memo", "--confirm", *HERE], "--memo: it must stand alone, found --confirm"),
    (["--confirm", *HERE, "--by", "a", "--rationale", "zo is het"], "--by: two people must confirm"),
    (["--confirm", *HERE, "--by", "a", "--by", "b"], "--rationale: a confirmation must say why"),
    (["--confirm", *HERE, *SIGNED, "--supporting", "x"], "--supporting: a coding must stand for M23 at es"),
    (["--site", "eik"], "--site: a site must be in study.yml, found `eik`"),
    (["--code", "CP01"], "--code: it must be a factor or skill of the codebook, found `CP01`"),
]


@pytest.mark.parametrize(("options", "message"), WRONG)
def test_wrong_use_is_told_in_one_line(example: Path, options: list[str], message: str) -> None:
    before = (example / material.NAME).read_bytes()
    done = run(example, *options)
    assert done.exit_code == 2
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1
    assert (example / material.NAME).read_bytes() == before
