"""The report a notebook writes: what it rests on, the tables it reads and keeps, and the parts it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import publish_display_data

from casestudy import study as studies
from casestudy.findings import coder_agreement, linking, reliable_change
from casestudy.material import (
    codebook,
    decisions,
    double_coding,
    frames,
    guide,
    instrument,
    site_tables,
    survey,
)
from casestudy.material.codebook import Codebook, Family
from casestudy.material.decisions import Decision
from casestudy.material.guide import Guide
from casestudy.material.instrument import Instrument
from casestudy.material.survey import Responses
from casestudy.reporting import opening
from casestudy.reporting.parts import Part, bundle
from casestudy.reporting.released import CONVERSATION_KINDS
from casestudy.study import Audience, Relation, Site, Study, Words

ALL = "ALL"
SITE_AUDIENCES: tuple[Audience, ...] = ("site", "internal")
CROSS_AUDIENCES: tuple[Audience, ...] = ("public", "internal")


@dataclass(frozen=True)
class Report:
    """One report in the making: a site's, or the one across sites when ``site`` is None.

    Parameters
    ----------
    study, codebook, guide, instrument, decisions
        What was fixed before the analysis, and what people decided since.
    site
        The site the report is about.
    tables
        Folder of the step tables, one sub-folder per site.
    """

    study: Study
    codebook: Codebook
    guide: Guide
    instrument: Instrument
    decisions: tuple[Decision, ...]
    site: Site | None
    tables: Path

    @property
    def audiences(self) -> tuple[Audience, ...]:
        """For whom the parts are drawn; the first is what the researcher sees in the notebook."""
        possible = SITE_AUDIENCES if self.site else CROSS_AUDIENCES
        return tuple(a for a in possible if a in self.study.audiences) or possible[:1]

    @property
    def patterns(self) -> dict[str, tuple[str, ...]]:
        """The dictionary: patterns per active code."""
        return {code.id: code.patterns for code in self.codebook.codes if code.active and code.patterns}

    @property
    def factors(self) -> list[str]:
        """Ids of the active factor codes, in the order of the codebook."""
        return self.codes("factor")

    def codes(self, family: Family) -> list[str]:
        """Ids of the active codes of a family, in the order of the codebook."""
        return [code.id for code in self.codebook.family(family) if code.active]

    @property
    def terms(self) -> dict[str, tuple[str, ...]]:
        """The dictionary: terms per active code."""
        return {code.id: code.terms for code in self.codebook.codes if code.active and code.terms}

    @property
    def searched(self) -> list[str]:
        """Ids of the active codes that the dictionary looks for."""
        return [code.id for code in self.codebook.codes if code.active and (code.terms or code.patterns)]

    @property
    def rating_rule(self) -> Mapping[str, Any]:
        """Thresholds of a proposed rating, as ``findings.ratings`` takes them."""
        return self.study.thresholds.rating.model_dump(exclude={"min_stability"})

    @property
    def gate_rule(self) -> Mapping[str, Any]:
        """Thresholds that suggestions of a code must reach, as ``findings.suggestions`` takes them."""
        return self.study.thresholds.machine.model_dump()

    @property
    def score_rule(self) -> Mapping[str, Any]:
        """How many items must be answered, as ``findings.scales`` takes it."""
        return {"min_answered_share": self.study.thresholds.survey.min_answered_share}

    @property
    def compared(self) -> Mapping[str, Any]:
        """Which scores are compared: waves, sites, scales with a mean, and where nobody can be followed."""
        waves = {"before": self.study.comparison.before, "after": self.study.comparison.after}
        scales = [scale.id for scale in self.instrument.scales if scale.kind == "mean"]
        unlinked = sorted(self.instrument.unlinked_sites)
        return {**waves, "sites": self.sites, "scales": scales, "unlinked_sites": unlinked}

    @property
    def change_rule(self) -> Mapping[str, Any]:
        """What is compared and by which thresholds, as ``findings.change`` takes it."""
        names = ("confidence", "n_describe", "n_test", "n_bca", "sesoi_site_sd", "sesoi_all_sd")
        return {**self.compared, **self._thresholds(*names), "seed": self.study.seed}

    @property
    def waves_rule(self) -> Mapping[str, Any]:
        """The compared waves and the one after them, as ``findings.waves`` takes them."""
        names = ("confidence", "n_describe", "n_test", "sesoi_site_sd", "sesoi_all_sd")
        rule = {key: value for key, value in self.compared.items() if key not in ("before", "after")}
        compared = self.study.comparison
        waves = (compared.before, compared.after, self._wave("followup"))
        return {**rule, **self._thresholds(*names), "waves": waves}

    @property
    def shift_rule(self) -> Mapping[str, Any]:
        """The compared waves and the one that looks back, as ``findings.response_shift`` takes them."""
        return {
            **self.compared,
            **self._thresholds("confidence", "n_describe"),
            "then": self._wave("retrospective"),
        }

    @property
    def leavers_rule(self) -> Mapping[str, Any]:
        """What is compared, as ``findings.attrition`` takes it."""
        return {**self.compared, **self._thresholds("confidence", "n_describe")}

    @property
    def reliable_rule(self) -> Mapping[str, Any]:
        """What is compared, and scales of which a larger sample is known, as ``reliable_change`` takes it."""
        known = {scale.id: scale.norm for scale in self.instrument.scales if scale.norm is not None}
        norms = {scale: reliable_change.Norm(norm.sd, norm.reliability) for scale, norm in known.items()}
        return {**self.compared, "norms": norms}

    @property
    def items_rule(self) -> Mapping[str, Any]:
        """What is compared, as ``findings.item_change`` takes it."""
        rule = {key: value for key, value in self.compared.items() if key != "scales"}
        return {**rule, **self._thresholds("confidence", "n_describe", "n_test")}

    @property
    def invited(self) -> Mapping[tuple[str, str], int]:
        """How many were invited per site and wave, where that is known."""
        return {(site.id, wave): n for site in self.study.sites for wave, n in site.invited.items()}

    @property
    def waves(self) -> list[str]:
        """Waves in which people were asked how they are now, in the order of the study."""
        return [wave.id for wave in self.study.waves if wave.relation != "retrospective"]

    def _thresholds(self, *names: str) -> Mapping[str, Any]:
        return {name: getattr(self.study.thresholds.survey, name) for name in names}

    def _wave(self, relation: Relation) -> str:
        """Give the first wave of a kind; an empty text, which no wave bears, when there is none."""
        return next((wave.id for wave in self.study.waves if wave.relation == relation), "")

    @property
    def practice_rule(self) -> Mapping[str, Any]:
        """The wave in which the use of skills is read, as ``findings.practice`` takes it."""
        return {"wave": self.study.comparison.after, "confidence": self.study.thresholds.survey.confidence}

    @property
    def attribution_rule(self) -> Mapping[str, Any]:
        """Skills, components and where they were offered, as ``findings.attribution`` takes them."""
        offered = {
            site: parts for mapping in self.instrument.files for site, parts in mapping.offered.items()
        }
        families = {"skills": self.codes("skill"), "components": self.codes("component")}
        return {**self.practice_rule, **families, "offered": offered or None}

    @property
    def ordering_scale(self) -> str:
        """The scale whose change sets sites apart: the study's own choice, else the first that has a mean."""
        means = [scale.id for scale in self.instrument.scales if scale.kind == "mean"]
        return self.study.comparison.ordering_scale or next(iter(means), "")

    @property
    def criterion(self) -> Words:
        """The name of that scale, for readers."""
        scale = self.instrument.scale(self.ordering_scale)
        return scale.label if scale else self.study.question

    @property
    def agreement(self) -> pd.DataFrame:
        """How far coders agreed per code, over all sites; no rows while that is not known."""
        folder = self.tables / ALL
        if not (folder / "agreement.csv").exists():
            return pd.DataFrame(columns=list(site_tables.TABLES["agreement"].columns))
        return site_tables.read(folder, "agreement")

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict on the agreement of coders, per code."""
        return coder_agreement.verdicts(self.agreement)

    @property
    def double_coding(self) -> dict[str, Any] | None:
        """What two coders or more did with the same sources, as ``findings.coded_units`` takes it."""
        return double_coding.together({name: self.table(name) for name in double_coding.TABLES})

    def conversations(self, sources: pd.DataFrame) -> pd.DataFrame:
        """Keep the sources in which people talk, without documents."""
        return sources[sources["kind"].isin(CONVERSATION_KINDS)]

    def table(self, name: str) -> pd.DataFrame:
        """Read a step table: this site's, or all sites' one below the other.

        Raises
        ------
        CasestudyError
            When the notebook that makes the table has not run yet; the message names it.
        """
        if self.site:
            return site_tables.read(self.tables / self.site.id, name)
        # Without any table the first site's is asked for, and its absence says what to run.
        sites = self.sites or self.study.site_ids[:1]
        return pd.concat([site_tables.read(self.tables / site, name) for site in sites], ignore_index=True)

    @property
    def sites(self) -> list[str]:
        """Ids of the sites this report speaks about: its own, or all that have tables."""
        if self.site:
            return [self.site.id]
        return [site for site in self.study.site_ids if (self.tables / site).is_dir()]

    def survey(self) -> Responses:
        """Read this site's answers, with the records of one person linked where that is beyond doubt."""
        found = survey.read(self.study, self.site.id if self.site else None)
        codes = {wave.id: frames.sgic(found, wave.id) for wave in self.study.waves}
        pairs = linking.link_waves(codes, fixed=["role_class"])[["first", "second", "method"]]
        return survey.linked(found, pairs.itertuples(index=False, name=None))

    def keep(self, **frames: pd.DataFrame) -> None:
        """Keep frames as step tables under their names, for the notebooks that come after."""
        folder = self.tables / (self.site.id if self.site else ALL)
        for name, frame in frames.items():
            site_tables.write(folder, name, frame)

    def show(self, *parts: Part) -> None:
        """Show parts: the page keeps them, drawn for each audience and language; all else is dropped."""
        for part in parts:
            shown = bundle(part, self.study.languages, self.audiences)
            publish_display_data(shown)  # type: ignore[no-untyped-call]

    def open(self, sources: pd.DataFrame, responses: pd.DataFrame) -> None:
        """Show what the report is, what material it rests on, and which sites are not up to date in it."""
        states = self.tables / ALL / "site_states.csv"
        older = site_tables.read(states.parent, states.stem) if not self.site and states.exists() else None
        self.show(opening.head(sources, responses, study=self.study, site=self.site, states=older))

    def close(self) -> None:
        """Show versions and thresholds, and mark that the notebook ran to its end."""
        self.show(opening.end(study=self.study, codebook=self.codebook, instrument=self.instrument))


def site(study: str = "", site: str = "", tables: str = "") -> Report:
    """Open the report of one site.

    Parameters
    ----------
    study
        Name of a study under ``interviews/``, or its folder; empty: the one at hand.
    site
        Id of a site in ``study.yml``; empty: the first.
    tables
        Folder of the step tables; empty: the study's own.

    Raises
    ------
    WrongUse
        When there is no such study or site.
    InvalidMaterial
        With every problem of the files that are read.
    """
    value = studies.read(study or None)
    return _opened(value, value.site(site) if site else value.sites[0], tables)


def across(study: str = "", tables: str = "") -> Report:
    """Open the report across sites, which reads their tables and no material; arguments as in ``site``."""
    return _opened(studies.read(study or None), None, tables)


def _opened(study: Study, site: Site | None, tables: str) -> Report:
    return Report(
        study=study,
        codebook=codebook.read(study),
        guide=guide.read(study),
        instrument=instrument.read(study),
        decisions=tuple(decisions.read(study)),
        site=site,
        tables=Path(tables) if tables else study.workshop / "tables",
    )
