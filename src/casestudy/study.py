"""A study: its sites, waves, thresholds and audiences, as written in ``study.yml``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from casestudy import documents
from casestudy.documents import Record, nearest
from casestudy.errors import SETTINGS_FILE, WrongUse

Language = Literal["nl", "en"]
Audience = Literal["internal", "site", "public"]
Kind = Literal["implementation", "narrative", "assessment", "pilot"]
Relation = Literal["before", "directly_after", "followup", "retrospective"]

STUDY_AT_HAND = "CASESTUDY_STUDY"
LANGUAGES: tuple[Language, ...] = ("nl", "en")
# Pages and folders of an edition that are not a site's.
RESERVED_IDS = ("all", "codebook", "cross-site", "index", "tables")


def _identifier(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", value):
        raise ValueError("must be letters, digits, `-`, `_` or `.`, at most 64; choose a short id")
    return value


def _month(value: str) -> str:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value):
        raise ValueError("must be a month, `YYYY-MM`; leave the day out, it can identify people")
    return value


def _version(value: str) -> str:
    if not re.fullmatch(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", value, flags=re.ASCII):
        raise ValueError("must be three numbers, `MAJOR.MINOR.PATCH`; write for instance `1.0.0`")
    return value


Identifier = Annotated[str, AfterValidator(_identifier)]
Version = Annotated[str, AfterValidator(_version)]
Month = Annotated[str, AfterValidator(_month)]
Share = Annotated[float, Field(ge=0, le=1)]


class Words(Record):
    """One thing said in Dutch and in English."""

    nl: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def __getitem__(self, language: str) -> str:
        return self.nl if language == "nl" else self.en


class Site(Record):
    """One organisation, municipality or pilot; ``name`` is the pseudonym that readers see.

    ``invited`` tells per wave how many people were asked to fill in the instrument, where that is known.
    """

    id: Identifier
    name: str = Field(min_length=1)
    context: Words | None = None
    invited: dict[Identifier, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)


class Wave(Record):
    """One round of measuring."""

    id: Identifier
    label: Words
    relation: Relation


class RatingThresholds(Record):
    """When evidence from sources becomes a proposed rating (methods E1)."""

    dominance: Share = 2 / 3
    cap_opposition: Share = 0.20
    min_sources: int = Field(2, ge=1)
    min_valenced_share: Share = 1 / 3
    min_stability: Share = 0.75


class SurveyThresholds(Record):
    """When a scale is scored and a change is described, tested or called absent (methods F)."""

    min_answered_share: Share = 2 / 3
    n_describe: int = Field(5, ge=5)
    n_test: int = Field(6, ge=6)
    n_bca: int = Field(20, ge=20)
    n_reliability: int = Field(30, ge=2)
    sesoi_site_sd: float = Field(0.5, gt=0)
    sesoi_all_sd: float = Field(0.3, gt=0)
    confidence: float = Field(0.95, gt=0.5, lt=1)


class MachineThresholds(Record):
    """What suggestions of one code must reach before they may count (methods C1)."""

    min_precision_lo: Share = 0.80
    min_recall_lo: Share = 0.60
    min_kappa: Share = 0.70


class DisclosureThresholds(Record):
    """The smallest counts a reader may see (reports 4); stricter freely, weaker only by a signed line."""

    min_cell: int = 5
    min_cell_public: int = 10
    min_site_tested: int = 10
    min_percent_base: int = 20
    min_conversations: int = 3
    min_roles: int = 2
    max_quote_words: int = 40
    max_quotes_per_person: int = 2


class SignedException(Record):
    """A weaker disclosure threshold, with who allowed it, when and why."""

    threshold: str
    value: int = Field(ge=1)
    who: str = Field(min_length=2)
    when: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    why: str = Field(min_length=10)


class Thresholds(Record):
    """All thresholds of a study in one place; reports print the values used."""

    rating: RatingThresholds = RatingThresholds()
    survey: SurveyThresholds = SurveyThresholds()
    machine: MachineThresholds = MachineThresholds()
    disclosure: DisclosureThresholds = DisclosureThresholds()
    signed: tuple[SignedException, ...] = ()

    @model_validator(mode="after")
    def _weaker_only_when_signed(self) -> Self:
        strict = DisclosureThresholds()
        raised = {"max_quote_words", "max_quotes_per_person"}
        signed = {line.threshold: line.value for line in self.signed}
        for name in DisclosureThresholds.model_fields:
            value, default = getattr(self.disclosure, name), getattr(strict, name)
            weaker = value > default if name in raised else value < default
            if weaker and signed.get(name) != value:
                raise ValueError(
                    f"`thresholds.disclosure.{name}` must not be weaker than {default} without a signed "
                    f"line, found {value}; add it to `thresholds.signed` with who, when and why"
                )
        for name in signed:
            if name not in DisclosureThresholds.model_fields:
                raise ValueError(
                    f"`thresholds.signed` must name a disclosure threshold, found `{name}`; correct it"
                )
        return self


class Comparison(Record):
    """The two waves between which change is reported, and the scale that orders the sites."""

    before: Identifier = "T0"
    after: Identifier = "T1"
    ordering_scale: Identifier | None = None


class Study(Record):
    """One research project: its sites, waves, languages, audiences and thresholds.

    ``codebook`` names the version of the codebook that reports are built under; left out, it is that of
    ``codebook.yml``.
    """

    title: Words
    question: Words
    kind: Kind
    fictional: bool = False
    concept: bool = False
    languages: tuple[Language, ...] = LANGUAGES
    audiences: tuple[Audience, ...] = ("site", "public")
    site_word: Literal["organisation", "municipality", "pilot", "group"] = "organisation"
    sites: tuple[Site, ...] = Field(min_length=1)
    waves: tuple[Wave, ...] = ()
    comparison: Comparison = Comparison()
    thresholds: Thresholds = Thresholds()
    seed: int = 20170901
    codebook: Version | None = None
    _folder: Path = PrivateAttr(default=Path())
    _reports: Path = PrivateAttr(default=Path())

    @model_validator(mode="after")
    def _ids_stand_once(self) -> Self:
        for what, ids in (("sites", [s.id for s in self.sites]), ("waves", [w.id for w in self.waves])):
            folded = [i.casefold() for i in ids]
            doubled = sorted({i for i in ids if folded.count(i.casefold()) > 1})
            if doubled:
                raise ValueError(
                    f"`{what}` must have one entry per id, found `{doubled[0]}` again; rename one"
                )
        if taken := [s.id for s in self.sites if s.id.casefold() in RESERVED_IDS]:
            raise ValueError(f"`sites` must not use the id `{taken[0]}`, a page bears it; choose another")
        known = [w.id for w in self.waves]
        for wave in (self.comparison.before, self.comparison.after):
            if known and wave not in known:
                raise ValueError(
                    f"`comparison` must name waves of this study, found `{wave}`; {nearest(wave, known)}"
                )
        for wave in (wave for site in self.sites for wave in site.invited):
            if wave not in known:
                raise ValueError(
                    f"`invited` must name waves of this study, found `{wave}`; {nearest(wave, known)}"
                )
        return self

    @property
    def folder(self) -> Path:
        """Where the study's material lies."""
        return self._folder

    @property
    def name(self) -> str:
        """The study's folder name, also the name of its reports."""
        return self._folder.name

    @property
    def reports(self) -> Path:
        """The folder in which the published reports of this study stand, beside those of other studies."""
        return self._reports

    @property
    def workshop(self) -> Path:
        """The private folder beside the published reports: step tables, editions and the ledger."""
        return self._reports / f".{self.name}"

    @property
    def site_ids(self) -> list[str]:
        """Ids of all sites in the study's order."""
        return [site.id for site in self.sites]

    def site(self, site: str) -> Site:
        """Give one site by its id.

        Raises
        ------
        WrongUse
            When the study has no such site.
        """
        for candidate in self.sites:
            if candidate.id == site:
                return candidate
        raise WrongUse(
            f"--site: a site must be in {SETTINGS_FILE}, found `{site}`; {nearest(site, self.site_ids)}"
        )

    def minimum(self, audience: Audience) -> int:
        """Give the smallest count this audience may see."""
        limits = self.thresholds.disclosure
        return limits.min_cell_public if audience == "public" else limits.min_cell


def find(study: str | Path | None = None, *, start: Path | None = None) -> Path:
    """Find a study folder by path, by its name under ``interviews/``, or as the one at hand.

    Without a name it is the study that JupyterLab was opened on (``CASESTUDY_STUDY``), else the only one.

    Raises
    ------
    WrongUse
        When there is none, or more than one and none was named.
    """
    start = (start or Path.cwd()).resolve()
    study = study or os.environ.get(STUDY_AT_HAND) or None
    if study is not None and (Path(study) / SETTINGS_FILE).is_file():
        return Path(study).resolve()
    shelves = [
        folder / "interviews" for folder in (start, *start.parents) if (folder / "interviews").is_dir()
    ]
    for shelf in shelves:
        names = sorted(path.parent.name for path in shelf.glob(f"*/{SETTINGS_FILE}"))
        if study is not None and str(study) in names:
            return (shelf / str(study)).resolve()
        if study is None and len(names) == 1:
            return (shelf / names[0]).resolve()
        if study is None and names:
            raise WrongUse(
                f"STUDY: one study must be named, found {len(names)}; use one of: {', '.join(names)}"
            )
        if names:
            asked = Path(study or "").name
            raise WrongUse(f"STUDY: it must be a study folder, found `{asked}`; {nearest(asked, names)}")
    asked = "none" if study is None else f"`{Path(study).name}`"
    raise WrongUse(
        f"STUDY: it must be a folder with {SETTINGS_FILE}, found {asked}; make one with `casestudy new`"
    )


def read(study: str | Path | None = None, *, reports: str | Path | None = None) -> Study:
    """Read a study's settings.

    Parameters
    ----------
    study
        A study folder, the name of one under ``interviews/``, or nothing for the one at hand.
    reports
        Where reports go; left out, ``reports/`` beside that ``interviews/``.

    Raises
    ------
    WrongUse
        When there is no such study.
    InvalidMaterial
        With every problem in ``study.yml``.
    """
    folder = find(study)
    value = documents.read(folder / SETTINGS_FILE, Study, name=SETTINGS_FILE)
    shelf = folder.parent.parent if folder.parent.name == "interviews" else folder.parent
    value._folder = folder
    value._reports = Path(reports).resolve() if reports else shelf / "reports"
    return value
