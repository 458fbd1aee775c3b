"""The settings files of a simulated study: study, codebook, guide, instrument, participants and sources."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from casestudy import schema, study
from casestudy.material import codebook_versions
from casestudy.simulation import coders, files, truth
from casestudy.simulation.bank import Bank, path
from casestudy.simulation.cast import Site
from casestudy.study import LANGUAGES

INSTRUMENT_ITEMS = {"KEN": 6, "VAA": 6, "HOU": 6}
SKILLS = tuple(f"SK{number:02d}" for number in range(1, 10))
SGIC = ("c1", "c2", "c3", "c4", "c5", "c6")
SGIC_SITE = 2

_TITLE = {"nl": "Werken aan veiligheid in gezinnen", "en": "Working on safety in families"}
_QUESTION = {
    "nl": "Wat passen professionals na de training toe, wat helpt en belemmert hen, en wat veranderde "
    "er volgens henzelf?",
    "en": "What do professionals practise after the training, what helps and hinders them, and what "
    "changed in their own eyes?",
}
_WAVES = [
    ("T0", "voormeting", "before training", "before"),
    ("T1", "nameting", "after training", "directly_after"),
    ("T2", "borgingsmeting", "follow-up", "followup"),
    ("THEN", "terugblik op vóór de training", "looking back on before", "retrospective"),
]
_ROWS: list[tuple[str, str, str, list[str], str | None, str]] = [
    ("kennis", "Kennis", "Knowledge", ["M17"], "KEN", "same_object"),
    ("vaardigheid", "Plan met bodemeisen", "Plan with bottom lines", ["SK04"], "VAA", "same_object"),
    ("houding", "Taakopvatting", "Sense of duty", ["M10"], "HOU", "same_object"),
    ("netwerk", "Netwerk betrekken", "Involving the network", ["SK07"], None, "same_object"),
    ("tijd", "Tijd", "Time", ["M23"], "VAA", "explains"),
    ("steun", "Sociale steun", "Social support", ["M13"], "VAA", "explains"),
    ("vertrouwen", "Vertrouwen in eigen kunnen", "Self-efficacy", ["M16"], "VAA", "explains"),
]


def write(folder: Path, sites: Sequence[Site], bank: Bank) -> None:
    """Write every settings file of the study."""
    dump(folder / "study.yml", _study(sites))
    _codebooks(folder, bank)
    dump(folder / "guide.yml", _guide(bank))
    dump(folder / "instrument.yml", _instrument(sites))
    people = [person for site in sites for person in site.people]
    columns = ["participant", "role", "site", "consent", "withdrawn"]
    schema.write_rows(
        folder / "participants.csv",
        columns,
        [{column: getattr(person, column) for column in columns} for person in people],
    )
    schema.write_rows(folder / "sources.csv", _COLUMNS, [row for site in sites for row in _sources(site)])


_COLUMNS = [
    "source",
    "site",
    "kind",
    "file",
    "date",
    "language",
    "participants",
    "guide",
    "consent",
    "interviewer",
]


def _sources(site: Site) -> list[dict[str, Any]]:
    return [
        {
            **{
                name: getattr(piece, name)
                for name in ("source", "site", "kind", "file", "date", "guide", "consent")
            },
            "language": "nl",
            "participants": " ".join(person.participant for person in piece.people),
            "interviewer": files.interviewer(piece) if piece in site.conversations else None,
        }
        for piece in site.pieces
    ]


def _study(sites: Sequence[Site]) -> dict[str, Any]:
    return {
        "title": _TITLE,
        "question": _QUESTION,
        "kind": "implementation",
        "fictional": True,
        "languages": list(LANGUAGES),
        "audiences": ["site", "public"],
        "site_word": "organisation",
        "sites": [{"id": site.site, "name": site.name} for site in sites],
        "waves": [
            {"id": wave, "label": {"nl": nl, "en": en}, "relation": relation}
            for wave, nl, en, relation in _WAVES
        ],
        "comparison": {"before": "T0", "after": "T1", "ordering_scale": "VAA"},
        "seed": 20170901,
    }


def _codebooks(folder: Path, bank: Bank) -> None:
    """Write the codebook, and keep the version of it that was there before the themes became codes."""
    file = folder / "codebook.yml"
    first: dict[str, Any] = {
        "id": "veiligheid",
        "version": coders.VERSION,
        "changelog": [{"version": coders.VERSION, "note": "Eerste versie, vastgesteld na een proefronde."}],
        "frameworks": ["midi", "skills", "components"],
        "codes": yaml.safe_load(path("codebook.yml").read_text(encoding="utf-8")),
    }
    dump(file, first)
    codebook_versions.keep(study.read(folder))
    note = "Thema's die niemand had gevraagd en die vaker terugkwamen, zijn code geworden."
    dump(
        file,
        first
        | {
            "version": coders.THEMES_VERSION,
            "changelog": [*first["changelog"], {"version": coders.THEMES_VERSION, "note": note}],
            "changes": [
                {"version": coders.THEMES_VERSION, "change": "new", "to": list(bank.themes), "note": note}
            ],
            "codes": [*first["codes"], *_themes(bank)],
        },
    )


def _themes(bank: Bank) -> list[dict[str, Any]]:
    return [
        {
            "id": code,
            "family": "inductive",
            "label": theme.label.model_dump(),
            "definition": theme.definition.model_dump(),
        }
        for code, theme in bank.themes.items()
    ]


def write_rounds(folder: Path, sources: Sequence[str], seed: int) -> None:
    """Write the round in which two coders coded the same sources, each alone."""
    drawn = {
        "id": "r1",
        "kind": "reliability",
        "codebook": coders.VERSION,
        "coders": [coders.FIRST, coders.SECOND],
        "sources": list(sources),
        "closed": "2019-09-01",
        "drawn": {"seed": seed, "share": coders.DOUBLE_SHARE},
    }
    dump(folder / "rounds.yml", {"rounds": [drawn]})


def _guide(bank: Bank) -> dict[str, Any]:
    def version(number: int) -> dict[str, Any]:
        return {
            "topics": [
                {
                    "id": name,
                    "question": topic.question.model_dump(),
                    "codes": [*topic.codes, *(topic.later if number == 2 else ())],
                }
                for name, topic in bank.interviewer.topics.items()
            ]
        }

    rows = []
    for row, nl, en, codes, scale, relation in _ROWS:
        one: dict[str, Any] = {
            "row": row,
            "label": {"nl": nl, "en": en},
            "codes": codes,
            "relation": relation,
        }
        rows.append(one | ({"scale": scale} if scale else {}))
    return {"versions": {"1": version(1), "2": version(2)}, "joint_display": rows}


def rows() -> list[str]:
    """Rows of the joint display, in order."""
    return [row for row, *_ in _ROWS]


def tick(skill: str, component: str) -> str:
    """Name the column of one box of the multi-select."""
    return f"{skill}_{component}"


def _instrument(sites: Sequence[Site]) -> dict[str, Any]:
    base: dict[str, Any] = yaml.safe_load(path("instrument.yml").read_text(encoding="utf-8"))
    linked = {
        "columns": {"respondent": "nummer", "wave": "meting", "site": "organisatie", "role_class": "functie"},
        "linking": "id",
        "unlinked_sites": [site.site for site in sites if site.profile == "D"],
        "not_applicable": ["nvt"],
        "duplicates": "keep_last",
        "two_sites": "drop",
        "ignore": ["opmerking"],
    }
    boxes = {
        "multi": {tick(s, c): {"skill": s, "component": c} for s in SKILLS for c in truth.COMPONENTS},
        "offered": {site.site: list(truth.offered(site.number)) for site in sites},
        "ticked": ["1"],
        "unticked": ["0"],
    }
    mappings: list[dict[str, Any]] = [
        {"file": "voormeting.csv", **linked},
        {"file": "nameting.csv", **linked, **boxes},
        {"file": "borging.csv", **linked},
        {
            "file": "terugblik.csv",
            "layout": "long",
            "columns": {"respondent": "nummer", "site": "organisatie", "item": "vraag", "value": "antwoord"},
            "wave": "THEN",
            "unlinked_sites": linked["unlinked_sites"],
            "two_sites": "drop",
            "duplicates": "keep_last",
        },
    ]
    if len(sites) > SGIC_SITE:
        code = {
            "file": "linde.xlsx",
            "columns": {"wave": "meting", "role_class": "functie"},
            "site": sites[SGIC_SITE].site,
            "waves": {"voor": "T0", "na": "T1", "later": "T2", "terugblik": "THEN"},
            "linking": "sgic",
            "sgic": list(SGIC),
            "not_applicable": ["nvt"],
        }
        mappings.append({**code, **boxes})
    components = {skill: list(truth.COMPONENTS) for skill in SKILLS}
    return base | {"components": components, "files": mappings}


class _Plain(yaml.SafeDumper):
    """Writes every value out; the readers refuse aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def dump(file: Path, value: dict[str, Any]) -> None:
    """Write a file for people: every value in full, in the order given."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.dump(value, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=110)
    file.write_text(text, encoding="utf-8", newline="\n")
