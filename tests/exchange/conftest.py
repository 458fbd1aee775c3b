"""A small study with every kind of question, written as files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from casestudy import study as studies
from casestudy.exchange import form as forms
from casestudy.exchange.form import Form
from casestudy.material import codebook as codebooks
from casestudy.material import instrument as instruments
from casestudy.study import Study


def words(text: str) -> dict[str, str]:
    return {"nl": f"{text} nl", "en": f"{text} en"}


STUDY = {
    "title": words("Onderzoek"),
    "question": words("Vraag"),
    "kind": "implementation",
    "sites": [{"id": "es", "name": "Es"}, {"id": "esdoorn", "name": "Esdoorn"}],
    "waves": [
        {"id": "T0", "label": words("voor"), "relation": "before"},
        {"id": "T1", "label": words("na"), "relation": "directly_after"},
        {"id": "THEN", "label": words("terug"), "relation": "retrospective"},
    ],
}
AGREE = [words(word) for word in ("helemaal oneens", "oneens", "neutraal", "eens", "helemaal eens")]
INSTRUMENT: dict[str, Any] = {
    "id": "spiegel",
    "version": "2.1",
    "title": words("Spiegel"),
    "intro": words("Welkom"),
    "person": {"ask": "number"},
    "options": {
        "agree": {"min": 1, "max": 5, "labels": AGREE},
        "often": {"min": 1, "max": 5, "not_applicable": words("n.v.t.")},
        "hours": {"min": 0, "max": 40, "decimals": True},
    },
    "scales": [
        {
            "id": "KEN",
            "label": words("Kennis"),
            "waves": ["T0", "T1", "THEN"],
            "intro": words("Over kennis"),
            "items": [
                {"id": "KEN1", "text": words("Ik weet"), "options": "agree"},
                {"id": "KEN2", "text": words("Ik twijfel"), "options": "agree", "reverse": True},
            ],
        },
        {
            "id": "TOE",
            "label": words("Toepassen"),
            "kind": "frequency",
            "items": [
                {
                    "id": "TOE1",
                    "text": words("Ik maak een plan"),
                    "options": "often",
                    "not_applicable": True,
                    "skill": "SK01",
                },
                {"id": "UREN", "text": words("Uren"), "options": "hours"},
            ],
        },
    ],
    "components": {"SK01": ["CP01", "CP04"]},
    "component_waves": ["T1"],
    "open": [{"id": "O1", "text": words("Wat nog meer")}],
}
ELEMENTS = [
    {"id": f"E{n}", "text": words(f"Vraag {n}"), "kind": kind}
    for n, kind in enumerate(("letter", "letter", "day", "month", "count", "text"), start=1)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The study's folder, with an empty survey."""
    home = tmp_path / "interviews" / "klein"
    (home / "survey").mkdir(parents=True)
    write(home / "study.yml", STUDY)
    write(home / "codebook.yml", {"id": "b", "version": "1.0.0", "frameworks": ["skills", "components"]})
    write(home / "instrument.yml", INSTRUMENT)
    return home


def write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")  # JSON is YAML without aliases


@pytest.fixture
def made(folder: Path) -> Callable[..., Form]:
    """Make the form of a wave, after changes to the instrument."""

    def make(wave: str = "T1", site: str | None = None, **changes: Any) -> Form:
        write(folder / "instrument.yml", INSTRUMENT | changes)
        study = studies.read(folder)
        return forms.of(study, instruments.read(study), codebooks.read(study), wave=wave, site=site)

    return make


@pytest.fixture
def read_back(folder: Path) -> Callable[..., Study]:
    """Put a file of answers and its mapping into the study, and give the study."""

    def put(mapping: dict[str, Any], answers: str, **changes: Any) -> Study:
        (folder / "survey" / mapping["file"]).write_text(answers, encoding="utf-8-sig")
        pasted = yaml.safe_load(forms.pasted(mapping))
        write(folder / "instrument.yml", INSTRUMENT | changes | {"files": pasted})
        return studies.read(folder)

    return put
