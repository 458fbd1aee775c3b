"""What would be suggested and what to read next, on two sites of the example study."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result

from casestudy.commands.suggest import suggest
from casestudy.findings import worklist

EXAMPLE = Path(__file__).resolve().parents[2] / "interviews" / "voorbeeld"
SITES = ("linde", "beuk")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sites, with a term in the codebook; the sources of one site nobody coded yet."""
    folder = tmp_path_factory.mktemp("project") / "interviews" / "proef"
    folder.mkdir(parents=True)
    settings = yaml.safe_load((EXAMPLE / "study.yml").read_text(encoding="utf-8"))
    settings["sites"] = [site for site in settings["sites"] if site["id"] in SITES]
    (folder / "study.yml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    term = {"id": "IND_99", "family": "inductive", "label": {"nl": "Loket", "en": "Desk"}}
    book = yaml.safe_load((EXAMPLE / "codebook.yml").read_text(encoding="utf-8"))
    words = ["lemma:gesprek", "tijd NEAR/5 geen"]
    book["codes"].append({**term, "definition": {"nl": "Een vaste plek."}, "terms": words})
    (folder / "codebook.yml").write_text(yaml.safe_dump(book, allow_unicode=True), encoding="utf-8")
    for name in ("sources.csv", "participants.csv"):
        rows = pd.read_csv(EXAMPLE / name, dtype="str")
        rows[rows["site"].isin(SITES)].to_csv(folder / name, index=False)
    for site in SITES:
        shutil.copytree(EXAMPLE / "sources" / site, folder / "sources" / site)
    for path in (EXAMPLE / "codings").glob("coder-*/linde-*.jsonl"):
        target = folder / path.relative_to(EXAMPLE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    shutil.copytree(EXAMPLE / "codings" / ".texts", folder / "codings" / ".texts")
    return folder


def run(study: Path, *arguments: str) -> Result:
    return CliRunner().invoke(suggest, [str(study), *arguments])


def table(study: Path, tmp_path: Path, *arguments: str) -> pd.DataFrame:
    result = run(study, *arguments, "--csv", str(tmp_path / "out.csv"))
    assert result.exit_code == 0, result.output
    return pd.read_csv(tmp_path / "out.csv")


def files(study: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted((study / "codings").rglob("*")) if path.is_file()}


def test_it_shows_what_is_suggested_and_changes_nothing(study, tmp_path):
    before = files(study)
    shown = table(study, tmp_path).set_index("code")
    assert {"n_suggestions", "n_sources", "share_confirmed", "precision_lo", "gate", "below_since"} <= set(
        shown
    )
    assert shown.loc["IND_99", "n_suggestions"] > 0
    assert shown.loc["M23", "n_suggestions"] > 0
    assert (shown["gate"] == "off").all()  # far too few examples
    assert files(study) == before


def test_one_site_has_its_own_counts_and_the_measures_of_the_study(study, tmp_path):
    whole, site = (table(study, tmp_path, *more).set_index("code") for more in ((), ("--site", "linde")))
    assert (site["n_suggestions"] <= whole["n_suggestions"]).all()
    assert site["n_suggestions"].sum() < whole["n_suggestions"].sum()
    pd.testing.assert_series_equal(site["precision"], whole["precision"])


def test_a_batch_is_of_unread_sentences_and_three_in_ten_are_random(study, tmp_path):
    drawn = table(study, tmp_path, "--batch", "20", "--seed", "3")
    assert drawn.columns.tolist() == worklist.COLUMNS
    assert (len(drawn), int(drawn["eval"].sum())) == (20, 6)
    assert not drawn["source"].str.startswith("linde-0").any()  # people coded these
    again = table(study, tmp_path, "--batch", "20", "--seed", "3")
    pd.testing.assert_frame_equal(drawn, again)


def test_what_was_read_is_not_given_again_and_is_judged(study, tmp_path):
    first = tmp_path / "first.csv"
    assert run(study, "--batch", "30", "--csv", str(first)).exit_code == 0
    place = ["source", "start", "end"]
    second = table(study, tmp_path, "--batch", "30", "--seed", "9", "--read", str(first))
    assert second.merge(pd.read_csv(first), on=place).empty
    assert table(study, tmp_path, "--read", str(first))["precision"].size > 0


def test_a_model_learns_from_what_people_coded(study, tmp_path):
    pytest.importorskip("sklearn", reason="scikit-learn comes with the extra `suggest`")
    drawn = table(study, tmp_path, "--by", "model", "--batch", "10", "--code", "SK01", "--code", "M16")
    assert drawn["p"].between(0, 1).all()


def test_without_its_library_the_model_says_what_to_install(study, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    monkeypatch.delitem(sys.modules, "casestudy.findings.learning", raising=False)
    monkeypatch.delattr("casestudy.findings.learning", raising=False)
    result = run(study, "--by", "model")
    assert result.exit_code == 2
    assert 'pip install "casestudy[suggest]"' in result.stderr


REFUSED = [
    (["--code", "M99"], "active code"),
    (["--site", "elders"], "id of a site"),
    (["--read", "{sources}"], "must have the columns source, start"),
]


@pytest.mark.parametrize(("arguments", "must"), REFUSED)
def test_what_cannot_be_is_refused_in_one_line(study, arguments, must):
    result = run(study, *[one.format(sources=study / "sources.csv") for one in arguments])
    assert result.exit_code == 2
    assert must in result.stderr
    assert len(result.stderr.splitlines()) == 1
