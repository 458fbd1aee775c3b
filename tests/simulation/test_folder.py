"""A simulated study: without problems, the same from the same seed, and equal to the example that is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casestudy import study as studies
from casestudy.errors import WrongUse
from casestudy.material import check
from casestudy.simulation import cast, folder

EXAMPLE = Path(__file__).resolve().parents[2] / "interviews" / "voorbeeld"


def contents(place: Path) -> dict[str, bytes]:
    return {
        path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()
    }


def test_the_example_is_what_its_seed_gives(tmp_path: Path) -> None:
    folder.write(tmp_path / "voorbeeld", n_sites=5, seed=folder.EXAMPLE_SEED)
    made, kept = contents(tmp_path / "voorbeeld"), contents(EXAMPLE)
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_the_example_has_no_problems_and_says_it_is_fictional() -> None:
    study = studies.read(EXAMPLE)
    assert check.problems(study) == []
    assert study.fictional
    assert study.site_ids == ["esdoorn", "beuk", "linde", "wilg", "es"]


def test_no_truth_lies_in_the_study() -> None:
    assert [name for name in contents(EXAMPLE) if "truth" in name] == []


@pytest.mark.parametrize("n_sites", [1, 2, 3, 7])
def test_any_number_of_sites_reads_without_problems(tmp_path: Path, n_sites: int) -> None:
    folder.write(tmp_path / "s", n_sites=n_sites, seed=3)
    study = studies.read(tmp_path / "s")
    assert check.problems(study) == []
    assert len(study.sites) == n_sites


def test_another_seed_gives_another_study(tmp_path: Path) -> None:
    for seed in (1, 2):
        folder.write(tmp_path / str(seed), n_sites=1, seed=seed)
    first, second = contents(tmp_path / "1"), contents(tmp_path / "2")
    name = "sources/esdoorn/esdoorn-01.txt"
    assert first[name] != second[name]


def test_the_truth_stands_apart(tmp_path: Path) -> None:
    folder.write(tmp_path / "s", n_sites=2, seed=1, truth=tmp_path / "t")
    planted = json.loads((tmp_path / "t" / "truth.json").read_text(encoding="utf-8"))
    assert planted["ratings"]["esdoorn"]["M13"] == "2"
    assert planted["profiles"] == {"esdoorn": "A", "beuk": "B"}


def test_the_truth_is_refused_inside_the_study(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="outside the study"):
        folder.write(tmp_path / "s", truth=tmp_path / "s" / "truth")
    assert not (tmp_path / "s").exists()


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(WrongUse, match="empty folder"):
        folder.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.parametrize("n_sites", [0, -1, 401])
def test_a_number_of_sites_that_cannot_be_is_refused(tmp_path: Path, n_sites: int) -> None:
    with pytest.raises(WrongUse, match="--sites"):
        folder.write(tmp_path / "s", n_sites=n_sites)


def test_many_sites_have_names_of_their_own() -> None:
    names = [cast.name(number) for number in range(342)]
    assert len(set(names)) == 342
    assert len({cast.site(number, 1).site for number in range(342)}) == 342
