"""A study made of files that nobody on this project wrote, built by the command that researchers type."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from casestudy import cli, study
from casestudy.material import check, site_tables, sources

ROOT = Path(__file__).resolve().parents[1]
SITES = ("AGES", "SHED", "Cart", "PAT")
REVERSED = ("calm secure at.ease rested comfortable confident relaxed content joyful pleasant").split()

pytestmark = pytest.mark.real_material


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir() or not (folder / "brief").is_dir():
        pytest.skip("the folder ../shared with real files of other people is not here")
    return folder


@pytest.fixture(scope="module")
def project(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three English interviews from Word, five Dutch documents, and four anxiety studies as the survey."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    folder = root / "interviews" / "echt"
    rows = []
    for letter, site in zip("ABC", SITES, strict=False):
        place = folder / "sources" / site
        place.mkdir(parents=True)
        name = f"interview_{letter}.docx"
        shutil.copy(shared / "data" / "transcripts" / "qux360" / name, place)
        rows.append(f"gesprek-{letter},{site},interview,{name},2021-03,en,p-{letter},quote,Jordan Lee")
    (folder / "sources" / "PAT").mkdir()
    for number, document in enumerate(sorted((shared / "brief").glob("*.txt"))):
        site = SITES[number % len(SITES)]
        shutil.copy(document, folder / "sources" / site)
        rows.append(f"stuk-{number},{site},document,{document.name},2019-11,nl,,analysis_only,")
    header = "source,site,kind,file,date,language,participants,consent,interviewer"
    write(folder / "sources.csv", "\n".join([header, *rows]))
    people = [f"p-{letter},professional,{site},quote" for letter, site in zip("ABC", SITES, strict=False)]
    write(folder / "participants.csv", "\n".join(["participant,role,site,consent", *people]))
    write(folder / "codebook.yml", "id: midi\nversion: 1.0.0\nframeworks: [midi, skills, components]\n")
    (folder / "survey").mkdir()
    shutil.copy(shared / "data" / "survey" / "sai_prepost_4studies.csv", folder / "survey")
    write(folder / "study.yml", yaml.safe_dump(settings()))
    write(folder / "instrument.yml", yaml.safe_dump(instrument(folder)))
    return root


def write(path: Path, text: str) -> None:
    path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


def settings() -> dict[str, object]:
    def words(nl: str, en: str) -> dict[str, str]:
        return {"nl": nl, "en": en}

    return {
        "title": words("Echte bestanden", "Real files"),
        "question": words("Verandert de spanning?", "Does anxiety change?"),
        "kind": "implementation",
        # The published numbers score everybody who answered anything: the mean of the available items.
        "thresholds": {"survey": {"min_answered_share": 0.05}},
        "sites": [{"id": site, "name": f"Studie {number}"} for number, site in enumerate(SITES, start=1)],
        "waves": [
            {"id": "T0", "label": words("eerste keer", "first time"), "relation": "before"},
            {"id": "T1", "label": words("tweede keer", "second time"), "relation": "directly_after"},
        ],
    }


def instrument(folder: Path) -> dict[str, object]:
    header = (folder / "survey" / "sai_prepost_4studies.csv").read_text(encoding="utf-8").split("\n", 1)[0]
    columns = [name.strip('"') for name in header.split(",")]
    items = [
        {"id": name, "text": {"nl": name, "en": name}, "options": "vier", "reverse": name in REVERSED}
        for name in columns[3:]
    ]
    return {
        "id": "sai",
        "version": "1",
        "options": {"vier": {"min": 1, "max": 4}},
        "scales": [{"id": "SAI", "label": {"nl": "Spanning", "en": "Anxiety"}, "items": items}],
        "files": [
            {
                "file": "*.csv",
                "columns": {"respondent": "id", "wave": "time", "site": "study"},
                "waves": {"1": "T0", "2": "T1"},
                "sites": {site: site for site in SITES},
                "respondent_within": "site",
            }
        ],
    }


@pytest.fixture(scope="module")
def built(project: Path) -> Path:
    result = CliRunner().invoke(cli.main, ["build", str(project / "interviews" / "echt")])
    assert result.exit_code == 0, result.output
    return project / "reports"


def test_the_material_has_no_problems(project: Path) -> None:
    assert [str(problem) for problem in check.problems(study.read(project / "interviews" / "echt"))] == []


def test_interviews_from_word_keep_their_turns(project: Path, shared: Path) -> None:
    truth = json.loads(
        (shared / "data" / "transcripts" / "qux360" / "truth.json").read_text(encoding="utf-8")
    )
    for source in sources.read(study.read(project / "interviews" / "echt")):
        if source.row.kind == "interview":
            expected = truth[source.source[-1]]
            assert len(source.turns) == expected["turns"]
            asked = sum(turn.is_interviewer for turn in source.turns)
            assert asked == expected["turns_per_speaker"]["Jordan Lee"]


@pytest.mark.parametrize("site", SITES)
def test_the_published_numbers_stand_in_the_built_tables(site: str, built: Path, shared: Path) -> None:
    text = (shared / "data" / "survey" / "sai_prepost_4studies.expected.json").read_text(encoding="utf-8")
    expected = json.loads(text)["studies"][site]
    folder = built / ".echt" / "tables" / site
    change = site_tables.read(folder, "change").set_index("site").loc[site]
    published = expected["mean_of_available_items"]
    assert change["n_pairs"] == published["n_matched"]
    for ours, theirs in {"diff": "mean_change", "t": "t", "df": "df", "dz": "dz", "r": "r"}.items():
        assert change[ours] == pytest.approx(published[theirs], abs=1e-9), ours
    reliability = site_tables.read(folder, "reliability").set_index("wave").loc["T0"]
    assert reliability["alpha"] == pytest.approx(expected["alpha_first_wave_listwise"]["alpha"], abs=1e-9)
    assert reliability["n"] == expected["alpha_first_wave_listwise"]["n"]


def test_the_dictionary_finds_topics_in_dutch_documents_and_counts_none(built: Path) -> None:
    tables = built / ".echt" / "tables"
    suggested = pd.concat([site_tables.read(tables / site, "suggestions") for site in SITES])
    assert {"SK04", "SK06", "CP01"} <= set(suggested.loc[suggested["source"].str.startswith("stuk"), "code"])
    proposed = pd.concat([site_tables.read(tables / site, "proposed") for site in SITES])
    assert set(proposed["proposed"]) == {"M"}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_reports_open_and_name_no_speaker(language: str, built: Path) -> None:
    pages = sorted((built / "echt" / language).glob("*.html"))
    assert [page.stem for page in pages] == sorted([*SITES, "codebook", "cross-site"])
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<h1" in text
        assert not [name for name in ("Jordan", "Priya", "FuturaSoft", "David Kim") if name in text]
