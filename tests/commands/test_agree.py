"""The command on the example: the table, the list to settle and back, training, a draw, and refusals."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from casestudy import errors
from casestudy import study as studies
from casestudy.commands.agree import agree
from casestudy.material import codings, rounds

ROOT = Path(__file__).resolve().parents[2]
CODERS = ("coder-a", "coder-b")
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example without rounds of its own, and with one source more than two coders coded; read only."""
    example = ROOT / "interviews" / "voorbeeld"
    folder = tmp_path_factory.mktemp("project") / "interviews" / "voorbeeld"
    folder.mkdir(parents=True)
    for name in ("study.yml", "codebook.yml", "participants.csv", "decisions.jsonl"):
        shutil.copy(example / name, folder)
    logs = {coder: sorted(path.stem for path in (example / "codings" / coder).iterdir()) for coder in CODERS}
    kept = [*logs["coder-b"], next(source for source in logs["coder-a"] if source not in logs["coder-b"])]
    head, *rows = (example / "sources.csv").read_text(encoding="utf-8").splitlines()
    rows = [row for row in rows if row.partition(",")[0] in kept]
    (folder / "sources.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    files = [f"sources/{row['site']}/{row['file']}" for row in csv.DictReader([head, *rows])]
    files += [
        f"codings/{coder}/{source}.jsonl" for coder in CODERS for source in logs[coder] if source in kept
    ]
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(example / name, folder / name)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy of the example that a test may write in."""
    return Path(shutil.copytree(whole, tmp_path / "interviews" / "voorbeeld"))


@pytest.fixture
def run() -> Run:
    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(agree, [str(argument) for argument in arguments])

    return run


def doubly_coded(folder: Path) -> list[str]:
    one = rounds.implied(codings.read(studies.read(folder)))
    assert one is not None
    return list(one.sources)


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def write_round(folder: Path, **changed: object) -> None:
    one = {"id": "r1", "kind": "reliability", "codebook": "1.0.0", "coders": ["coder-a", "coder-b"]}
    entry = {**one, "closed": "2019-09-02", **changed}
    entry["sources"] = changed.get("sources") or doubly_coded(folder)
    kept = {key: value for key, value in entry.items() if value is not None}
    (folder / rounds.FILE).write_text(yaml.safe_dump({"rounds": [kept]}), encoding="utf-8")


def test_the_table_says_what_it_rests_on(whole: Path, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "overeenstemming.csv"
    told = run(whole, "--csv", path)
    assert told.exit_code == 0, told.output
    first, second, head, *_ = told.output.splitlines()
    assert first.startswith("there is no rounds.yml")
    assert second.startswith(
        "round all (reliability), codebook 1.0.0, unit sentence, coders coder-a, coder-b"
    )
    assert head.split()[:6] == ["code", "n_pos_any", "agree", "kappa", "ac1", "alpha"]
    assert told.output.splitlines()[-1].startswith("of ")
    rows = {row["code"]: row for row in table(path)}
    # Planted in the example: M15 is recognised badly, M27 hardly occurs.
    assert float(rows["M15"]["alpha"]) < 0.667
    assert (rows["M15"]["verdict"], rows["M27"]["verdict"]) == ("insufficient", "too_few")
    assert float(rows["M23"]["alpha"]) > float(rows["M15"]["alpha"])
    assert float(rows["SK04"]["alpha"]) > float(rows["M13"]["alpha"])


@pytest.mark.parametrize("unit", ["turn", "character"])
def test_another_unit_and_one_code(whole: Path, run: Run, unit: str) -> None:
    told = run(whole, "--unit", unit, "--code", "M15")
    assert told.exit_code == 0, told.output
    assert f"unit {unit}," in told.output
    assert [line.split()[0] for line in told.output.splitlines() if line.startswith("M")] == ["M15"]


def test_a_round_is_named(folder: Path, run: Run) -> None:
    write_round(folder)
    told = run(folder, "--round", "r1", "--code", "M15")
    assert told.exit_code == 0, told.output
    assert told.output.startswith("round r1 (reliability)")


def test_an_open_round_has_no_results(folder: Path, run: Run) -> None:
    write_round(folder, closed=None)
    for arguments in ((), ("--round", "r1"), ("--disagreements",)):
        refused = run(folder, *arguments)
        assert refused.exit_code == errors.WRONG_USE
        assert "found `r1` open; when every coder has finished, add `closed: YYYY-MM-DD`" in refused.stderr


def test_a_source_that_one_coder_has_not_done_is_told(folder: Path, run: Run) -> None:
    done = doubly_coded(folder)
    alone = next(
        path.stem for path in sorted((folder / "codings" / "coder-a").iterdir()) if path.stem not in done
    )
    write_round(folder, sources=[*done, alone])
    told = run(folder, "--code", "M15")
    assert f"not compared, for not every coder coded them: {alone}" in told.output


def test_a_list_goes_out_and_comes_back_settled(folder: Path, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "verschillen.csv"
    told = run(folder, "--disagreements", "--csv", path)
    assert told.exit_code == 0, told.output
    assert "were taken for one another" in told.output
    rows = table(path)
    assert f"{len(rows)} to settle" in told.output
    assert all(row["words"] and not row["decision"] + row["rationale"] + row["coding"] for row in rows)
    rows[0] |= {"decision": "second", "rationale": "zo staat het er"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    back = run(folder, "--settle", path, "--by", "anna", "--by", "bo")
    assert back.exit_code == 0, back.output
    assert back.output == f"1 settled in decisions.jsonl, 0 were there, {len(rows) - 1} without a decision\n"
    line = json.loads((folder / "decisions.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert (line["kind"], line["decided_by"]) == ("settlement", ["anna", "bo"])
    assert [" ".join(side) for side in line["codings"]] == [rows[0]["codings_a"], rows[0]["codings_b"]]
    again = run(folder, "--settle", path, "--by", "anna", "--by", "bo")
    assert again.output.startswith("0 settled in decisions.jsonl, 1 were there")
    # Agreement is that of before settling.
    assert run(folder, "--disagreements").output.endswith(f"{len(rows)} to settle\n")


def test_a_bad_sheet_writes_nothing(folder: Path, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "verschillen.csv"
    run(folder, "--disagreements", "--csv", path)
    before = (folder / "decisions.jsonl").read_bytes()
    text = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([text[0], *(f"{line.rstrip(',')},misschien,," for line in text[1:4])]) + "\n")
    refused = run(folder, "--settle", path, "--by", "anna", "--by", "bo")
    assert refused.exit_code == errors.INPUT_REFUSED
    assert refused.stderr.count("`decision` must be one of") == 3
    assert str(tmp_path) not in refused.stderr
    assert (folder / "decisions.jsonl").read_bytes() == before


def test_training_is_told_plainly(folder: Path, run: Run) -> None:
    log = folder / "codings" / "coder-b"
    for path in log.iterdir():
        text = path.read_text(encoding="utf-8").replace('"round": "reliability"', '"round": "training"')
        path.write_text(text, encoding="utf-8")
    sources = sorted(path.stem for path in log.iterdir())
    write_round(folder, id="t1", kind="training", coders=["coder-b"], reference="coder-a", sources=sources)
    told = run(folder, "--training", "coder-b")
    assert told.exit_code == 0, told.output
    assert told.output.startswith("round t1 (training)")
    assert "a coder passes when" in told.output
    assert told.output.splitlines()[-1].startswith("coder-b: not passed yet; train and try again on: M15")


def test_a_draw_can_be_pasted(whole: Path, run: Run) -> None:
    told = run(whole, "--draw", "0.2", "--seed", "3")
    (one,) = yaml.safe_load(told.output)["rounds"]
    assert one["drawn"] == {"seed": 3, "share": 0.2}
    assert {source.partition("-")[0] for source in one["sources"]} == {
        "esdoorn",
        "beuk",
        "linde",
        "wilg",
        "es",
    }
    assert run(whole, "--draw", "0.2", "--seed", "3").output == told.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--round", "r9"], "--round: a round must be in rounds.yml, found `r9`"),
        (["--code", "M99"], "--code: a coder must have given it, found `M99`"),
        (["--training", "x"], "--training: a coder must have a training round, found none of `x`"),
        (["--draw", "2"], "--draw: a share must lie above 0 and up to 1, found 2.0"),
        (["--draw", "0.2", "--disagreements"], "--draw: it must stand without --disagreements"),
        (["--by", "anna"], "--by: it must stand with --settle"),
        (["--draw", "0.2", "--csv", "x.csv"], "--csv: it must stand without --draw"),
        (["--seed", "1"], "--seed: it must stand with --draw"),
        (["--settle", "x.csv", "--by", "anna"], "--by: two people must decide together"),
    ],
)
def test_wrong_use_is_one_line(whole: Path, run: Run, arguments: list[str], message: str) -> None:
    refused = run(whole, *arguments)
    assert refused.exit_code == errors.WRONG_USE
    assert refused.stderr.startswith(message)
    assert refused.stderr.count("\n") == 1


def test_the_help_has_an_example(run: Run) -> None:
    assert "Example: casestudy agree" in run("--help").output
