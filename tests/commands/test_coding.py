"""The commands `review` and `merge`, on a copy of the example."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casestudy import study as studies
from casestudy.commands import coding as commands
from casestudy.material import codings, logs, sources
from casestudy.study import Study

ROOT = Path(__file__).resolve().parents[2]
SITE, SITES = "es", ("esdoorn", "beuk", "linde", "wilg", "es")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """One site of the example, its coded texts kept as the desk keeps them."""
    folder = tmp_path / "interviews" / "proef"
    example = ROOT / "interviews" / "voorbeeld"
    others = [name for name in SITES if name != SITE]

    def elsewhere(_: str, names: list[str]) -> list[str]:
        return [n for n in names if n in (*others, "survey") or n.startswith(tuple(f"{o}-" for o in others))]

    shutil.copytree(example, folder, ignore=elsewhere)
    rows = (folder / "sources.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept_rows = [row for row in rows[1:] if f",{SITE}," in row]
    (folder / "sources.csv").write_text("".join([rows[0], *kept_rows]), encoding="utf-8")
    found = studies.read(folder)
    kept = folder / "codings" / ".texts"
    kept.mkdir(exist_ok=True)
    for source in sources.read(found, SITE):
        (kept / f"{source.sha256}.txt").write_text(source.text, encoding="utf-8")
    return found


@pytest.fixture
def run(study: Study) -> Callable[..., Result]:
    def invoke(command: object, *arguments: str) -> Result:
        found = CliRunner().invoke(command, [*arguments])  # type: ignore[arg-type]
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return found

    return invoke


def first(study: Study) -> codings.Coding:
    return next(one for one in codings.read(study, SITE) if one.source == "es-01")


def edit(study: Study, old: str, new: str) -> None:
    [path] = (study.folder / "sources" / SITE).glob("es-01.*")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_nothing_to_review_is_said(study: Study, run: Callable[..., Result]) -> None:
    found = run(commands.review, str(study.folder), "--site", SITE)
    assert (found.exit_code, found.output) == (0, "every coding stands on the text that its source has now\n")


def test_the_list_shows_words_then_and_now_and_changes_nothing(
    study: Study, run: Callable[..., Result]
) -> None:
    coding = first(study)
    word = coding.quote.split()[2]
    edit(study, coding.quote, coding.quote.replace(word, "zonnebloem", 1))
    before = {path: path.read_bytes() for path in study.folder.rglob("*") if path.is_file()}
    found = run(commands.review, str(study.folder), "--site", SITE)
    assert found.exit_code == 0
    [line] = [line for line in found.output.splitlines() if line.startswith(f"{coding.coding}  ")]
    assert line.startswith(f"{coding.coding}  changed  {coding.code}  es-01 {coding.start}-{coding.end} → ")
    assert "zonnebloem" in line
    assert "1 changed" in found.output
    assert {path: path.read_bytes() for path in study.folder.rglob("*") if path.is_file()} == before


def test_settling_and_dropping(study: Study, run: Callable[..., Result]) -> None:
    coding = first(study)
    edit(study, coding.quote, "Weggelaten op verzoek.")
    found = run(
        commands.review,
        str(study.folder),
        "--settle",
        "--drop",
        coding.coding,
        "--by",
        "bo",
        "--coder",
        "coder-a",
    )
    assert found.exit_code == 0
    assert " settled\n" in found.output
    assert found.output.endswith("every coding stands on the text that its source has now\n")
    assert coding.coding not in {one.coding for one in codings.read(study)}


def test_choosing_a_place(study: Study, run: Callable[..., Result]) -> None:
    coding = first(study)
    edit(study, coding.quote, f"{coding.quote} {coding.quote}")
    found = run(commands.review, str(study.folder), "--site", SITE)
    assert f"{coding.coding}  ask  " in found.output
    assert "    2: " in found.output
    run(commands.review, str(study.folder), "--place", f"{coding.coding}=2", "--by", "bo")
    [placed] = [one for one in codings.read(study, SITE) if one.coding == coding.coding]
    assert placed.quote == coding.quote
    assert placed.start >= coding.end


WRONG = [
    (["--settle"], "--by: it must name who decides"),
    (["--place", "c1", "--by", "bo"], "--place: it must be `ID=N`"),
    (["--place", "c1=1", "--by", "bo"], "--place: a coding must be in the review list"),
    (["--drop", "c1", "--by", "bo"], "--drop: a coding must be in the review list"),
    (["--drop", "c1", "--by", "Bo Vis"], "--by: it must be an id"),
    (["--site", "eik"], "--site: a site must be in study.yml"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_wrong_use_is_told_in_a_line(
    study: Study, run: Callable[..., Result], arguments: list[str], told: str
) -> None:
    found = run(commands.review, str(study.folder), *arguments)
    assert found.exit_code == 2
    assert told in found.output


def test_setting_damage_aside(study: Study, run: Callable[..., Result]) -> None:
    path = study.folder / "codings" / "coder-a" / "es-01.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"event": "co')
    found = run(commands.review, str(study.folder), "--set-aside", "--site", SITE)
    assert found.exit_code == 0
    assert found.output.startswith(
        "codings/coder-a/es-01.jsonl: set aside, whole copy in .damaged/es-01.jsonl."
    )
    assert path.read_bytes() == whole
    assert (
        "no log is damaged" in run(commands.review, str(study.folder), "--set-aside", "--site", SITE).output
    )


def test_merging_another_copy(study: Study, run: Callable[..., Result]) -> None:
    theirs = studies.read(shutil.copytree(study.folder, study.folder.with_name("ander")))
    coding = first(theirs)
    codings.delete(theirs, coding, at="2019-12-01T10:00:00Z")
    found = run(commands.merge, str(theirs.folder), str(study.folder))
    assert (found.exit_code, found.output) == (0, f"codings/{coding.coder}/es-01.jsonl: 1 lines taken in\n")
    assert codings.read(study, SITE) == codings.read(theirs, SITE)
    assert run(commands.merge, str(theirs.folder), str(study.folder)).output == "nothing new\n"
    assert run(commands.merge, str(study.folder / "sources"), str(study.folder)).exit_code == 2


def test_the_log_of_a_coder_is_the_only_file_that_a_deletion_touches(study: Study) -> None:
    path = study.folder / "codings" / "coder-a" / "es-01.jsonl"
    before = path.read_bytes()
    codings.delete(study, first(study), at="2019-12-01T10:00:00Z", by="bo")
    assert path.read_bytes().startswith(before)
    assert logs.damage(path, "es-01.jsonl") == ()
