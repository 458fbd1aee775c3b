"""What is stale and why, and how old each published page is; quick, because it runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from casestudy.building import inputs, ledger, plan, shelf
from casestudy.building.ledger import Failed, Ledger
from casestudy.building.plan import Step
from casestudy.building.shelf import Edition, Page
from casestudy.errors import InvalidMaterial
from casestudy.material import survey
from casestudy.study import Study

RENEWED = "which sites are renewed"


@dataclass(frozen=True)
class Standing:
    """One step, why it must run, and how its last run ended.

    Parameters
    ----------
    step
        The step.
    reasons
        Why it is stale, in plain words; empty when it is current.
    date
        Date of its last good result.
    failed
        Its last failure, when that came after the last good result.
    """

    step: Step
    reasons: tuple[str, ...]
    date: str | None
    failed: Failed | None

    @property
    def is_stale(self) -> bool:
        """Whether it must run."""
        return bool(self.reasons)


@dataclass(frozen=True)
class Published:
    """The age of one published page."""

    page: str
    state: str
    date: str | None


def notebooks(study: Study) -> Path:
    """Give the folder of the notebooks: beside the ``interviews/`` that holds the study."""
    shelf = study.folder.parent
    return (shelf.parent if shelf.name == "interviews" else shelf) / "notebooks"


def steps(study: Study, known: Ledger, *, concept: bool = False) -> tuple[tuple[Step, ...], Ledger]:
    """List the steps with their inputs as the material is now, and a ledger that knows the survey."""
    files = inputs.survey_files(study)
    if known.survey_files != files:
        known = known.surveyed(files, _survey(study, files))
    material = inputs.material(study, survey=known.survey)
    found = plan.of(study, notebooks=notebooks(study), material=material, concept=concept)
    return found, known


def of(study: Study, *, concept: bool = False) -> tuple[Standing, ...]:
    """Say of every step whether it is current, in the order in which they would run.

    Parameters
    ----------
    study
        The study.
    concept
        Whether a concept build is meant.
    """
    found, known = steps(study, ledger.read(study), concept=concept)
    return tuple(_standings(found, known))


def published(study: Study) -> tuple[int | None, tuple[Published, ...]]:
    """Give the number of the published edition and the age of its pages."""
    found = shelf.record(study)
    if found is None:
        return None, ()
    pages = (Published(str(page["page"]), str(page["state"]), page["date"]) for page in found["pages"])
    return int(found["edition"]), tuple(pages)


def unchanged(study: Study, *, concept: bool = False) -> Edition | None:
    """Give the published edition when a build would change nothing; else nothing.

    Only the holder of the lock may rely on it.
    """
    known = ledger.read(study)
    found, known = steps(study, known, concept=concept)
    standings = list(_standings(found, known))
    if any(one.is_stale for one in standings) or known.failures.keys() & {one.step.id for one in standings}:
        return None
    pages = [
        Page(step.page, "fresh", entry.date, ledger.result(study, entry))
        for step in found
        if step.page is not None and (entry := known.steps.get(step.id))
    ]
    return shelf.current(study, pages, concept=concept)


def site_states(states: Mapping[str, tuple[str, str | None]]) -> bytes:
    """Write which sites' tables are ``current``, ``old`` or ``absent``, and the date of old ones.

    Examples
    --------
    >>> site_states({"es": ("current", None), "beuk": ("old", "2017-09-01")})
    b'site,state,date\\nes,current,\\nbeuk,old,2017-09-01\\n'
    """
    lines = [",".join((site, state, date or "")) for site, (state, date) in states.items()]
    return "\n".join(["site,state,date", *lines, ""]).encode()


def tables_of(step: Step, known: Ledger) -> dict[str, str]:
    """Digest the tables a step reads, from the last good results of the steps it needs."""
    found = {}
    for need in step.needs:
        if entry := known.steps.get(need):
            site = need.partition(":")[2] or inputs.ALL
            tables = {
                n.removeprefix("tables/"): d for n, d in entry.outputs.items() if n.startswith("tables/")
            }
            found.update(
                {
                    f"tables/{site}/{name}": digest
                    for name, digest in tables.items()
                    if not step.reads or name.removesuffix(".csv") in step.reads
                }
            )
    return found


def _standings(found: Iterable[Step], known: Ledger) -> Iterator[Standing]:
    stale: set[str] = set()
    for step in found:
        entry = known.steps.get(step.id)
        # Who reads a few tables only may well find them unchanged.
        follows = entry is not None and not step.reads
        reasons = [f"follows {need}" for need in step.needs if need in stale] if follows else []
        now = step.with_tables(tables_of(step, known))
        recorded = dict(entry.inputs) if entry else None
        if step.kind == "cross":
            # Which sites are renewed is known once none of them is stale.
            states = site_states(dict.fromkeys(step.sites, ("current", None)))
            renewed = inputs.of_bytes(states) if not reasons else (recorded or {}).get(RENEWED, "")
            now = replace(now, inputs={**now.inputs, RENEWED: renewed})
        reasons += plan.reasons(now, recorded)
        if reasons:
            stale.add(step.id)
        yield Standing(step, tuple(reasons), entry.date if entry else None, known.failures.get(step.id))


def _survey(study: Study, files: str) -> dict[str, str]:
    """Digest the responses of every site; a survey that cannot be read counts whole for each."""
    try:
        read = survey.read(study)
    except (InvalidMaterial, OSError):
        return dict.fromkeys(study.site_ids, files)
    rows: list[Any] = [*read.responses, *read.respondents, *read.contributions, *read.sgic]
    return inputs.surveyed(study, ((row.site, _plain(row)) for row in rows))


def _plain(row: object) -> tuple[object, ...]:
    names = getattr(type(row), "__slots__", None) or vars(row)
    return (type(row).__name__, *(getattr(row, name) for name in names))
