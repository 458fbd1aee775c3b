"""The plan of a build: its steps, what each depends on, and why one must run again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from casestudy.building import inputs
from casestudy.building.inputs import CONCEPT, LIBRARIES, PACKAGE, Digests, Material
from casestudy.building.shelf import CODEBOOK_PAGE, CROSS_PAGE
from casestudy.errors import SETTINGS_FILE, WrongUse
from casestudy.study import Study

CODE, SITE, CROSS = "01_code_site", "02_site_report", "03_cross_site_report"
CODEBOOK, AGREEMENT = "04_codebook", "05_agreement"
NOTEBOOKS = {"code": CODE, "agreement": AGREEMENT, "site": SITE, "cross": CROSS, "codebook": CODEBOOK}
DOUBLE_CODING = ("double_codings", "double_places", "double_rounds", "double_worked")
SUFFIX = ".ipynb"


@dataclass(frozen=True)
class Step:
    """One run of one notebook.

    Parameters
    ----------
    id
        ``code:<site>``, ``agreement``, ``site:<site>``, ``cross`` or ``codebook``.
    notebook
        The notebook's file.
    parameters
        What it is called with, apart from folders.
    inputs
        Digest of everything the result depends on, by a name people know.
    needs
        Steps whose tables this one reads.
    reads
        Which of their tables; all when none is named. A change in another table does not wake the step.
    """

    id: str
    notebook: Path
    parameters: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """``code``, ``agreement``, ``site``, ``cross`` or ``codebook``."""
        return self.id.partition(":")[0]

    @property
    def site(self) -> str | None:
        """The site it is about; nothing for a step about all."""
        return self.id.partition(":")[2] or None

    @property
    def page(self) -> str | None:
        """The page it makes; nothing when it makes tables only."""
        pages = {"code": None, "agreement": None, "cross": CROSS_PAGE, "codebook": CODEBOOK_PAGE}
        return pages.get(self.kind, self.site)

    @property
    def sites(self) -> list[str]:
        """Sites whose reports it reads."""
        return [need.partition(":")[2] for need in self.needs if need.startswith("site:")]

    @property
    def folder(self) -> str:
        """The step's id as a folder name, on every system."""
        return self.id.replace(":", "-")

    @property
    def fingerprint(self) -> str:
        """Digest of all inputs together."""
        return inputs.of_value([self.id, dict(self.inputs)])

    def with_tables(self, tables: Mapping[str, str]) -> Step:
        """Give the step with the tables of the steps it needs among its inputs."""
        kept = {name: digest for name, digest in self.inputs.items() if not name.startswith("tables/")}
        return replace(self, inputs={**kept, **tables})


def of(study: Study, *, notebooks: Path, material: Material, concept: bool = False) -> tuple[Step, ...]:
    """List the steps of a study in the order in which they can run, without the tables they pass on.

    Parameters
    ----------
    study
        The study.
    notebooks
        The folder with the numbered notebooks.
    material
        The study's inputs.
    concept
        Whether unreviewed suggestions may be shown, under a watermark.

    Raises
    ------
    WrongUse
        When there are no notebooks for this kind of study.
    """
    if study.kind != "implementation":
        raise WrongUse(
            f"{SETTINGS_FILE}: reports are made for `kind: implementation`, found `{study.kind}`; "
            "`check` works for this study, its reports are not there yet"
        )
    files = {kind: _notebook(notebooks, name) for kind, name in NOTEBOOKS.items()}
    shared = {PACKAGE: inputs.of_package(), LIBRARIES: inputs.of_libraries(), CONCEPT: str(concept)}
    sites = study.site_ids
    codes = [Step(f"code:{s}", files["code"], {"site": s}, {**_code(material, s), **shared}) for s in sites]
    coded = tuple(step.id for step in codes)
    agreement = Step(
        "agreement", files["agreement"], {}, {**_agreement(material), **shared}, coded, reads=DOUBLE_CODING
    )
    reports = [
        Step(
            f"site:{s}",
            files["site"],
            {"site": s},
            {**_site(material, s), **shared},
            (f"code:{s}", agreement.id),
        )
        for s in sites
    ]
    shown = tuple(step.id for step in reports)
    cross = Step("cross", files["cross"], {}, {**_cross(material), **shared}, (*shown, agreement.id))
    book = Step(
        "codebook",
        files["codebook"],
        {},
        {**_codebook(material), **shared},
        coded,
        reads=("code_changes", "unscreened"),
    )
    steps = (*codes, agreement, *reports, cross, book)
    return tuple(replace(step, inputs={**step.inputs, **_prose(step)}) for step in steps)


def reasons(step: Step, recorded: Mapping[str, str] | None) -> list[str]:
    """Say in plain words why a step must run; nothing when it is current.

    Examples
    --------
    >>> now = {"sources/es/a-01.txt": "1", "codebook.yml": "2"}
    >>> step = Step("code:es", Path("01_code_site.ipynb"), inputs=now)
    >>> reasons(step, None)
    ['never built']
    >>> reasons(step, {"sources/es/a-01.txt": "0", "codebook.yml": "2", "sources/es/a-02.txt": "3"})
    ['sources/es/a-01.txt is changed', 'sources/es/a-02.txt is gone']
    """
    if recorded is None:
        return ["never built"]
    return list(_differences(dict(step.inputs), dict(recorded)))


def _differences(now: Digests, before: Digests) -> Iterator[str]:
    for name in sorted({*now, *before}):
        if now.get(name) == before.get(name):
            continue
        first, last = before.get(name, inputs.ABSENT), now.get(name, inputs.ABSENT)
        if name == SETTINGS_FILE:
            yield f"settings in {SETTINGS_FILE} are changed"
        elif name == LIBRARIES:
            yield f"{LIBRARIES} are changed"
        elif first == inputs.ABSENT:
            yield f"{name} is new"
        elif last == inputs.ABSENT:
            yield f"{name} is gone"
        else:
            yield f"{name} is changed"


def _notebook(folder: Path, name: str) -> Path:
    path = folder / f"{name}{SUFFIX}"
    if not path.is_file():
        raise WrongUse(
            f"notebooks/{path.name}: the notebook must lie in `notebooks/` beside `interviews/`, "
            "found nothing; put the study under the `interviews/` of a workbench"
        )
    return path


def _prose(step: Step) -> Digests:
    return {f"the notebook {step.notebook.stem}": inputs.of_notebook(step.notebook)}


def _code(material: Material, site: str) -> Digests:
    return {
        SETTINGS_FILE: inputs.settings(material.study, site),
        **material.of_frame(),
        **material.of_sources(site),
        **material.of_codings(site),
        **material.of_decisions(site, kinds=["gate", "settlement"]),
    }


def _site(material: Material, site: str) -> Digests:
    return {
        **_code(material, site),
        **material.of_ratings(site),
        **material.of_summaries(site),
        **material.of_decisions(site),
        **material.of_survey(site),
    }


def _cross(material: Material) -> Digests:
    instrument = {"instrument.yml": material.of_survey(inputs.ALL)["instrument.yml"]}
    shared = {**material.of_frame(), **instrument, **material.of_decisions(inputs.ALL)}
    return {SETTINGS_FILE: inputs.settings(material.study), **shared}


def _agreement(material: Material) -> Digests:
    return {SETTINGS_FILE: inputs.settings(material.study, ""), **material.of_frame()}


def _codebook(material: Material) -> Digests:
    # Which sites there are does not matter to it.
    return {SETTINGS_FILE: inputs.settings(material.study, ""), **material.of_codebook()}
