"""The commands; the only place that prints and exits.

Everything slow is imported by the command that needs it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casestudy import __version__
from casestudy.commands import (
    agree,
    codebook,
    coding,
    excerpts,
    forms,
    intake,
    ratings,
    reading,
    suggest,
    survey,
)
from casestudy.commands.terminal import errors, reports_option, study_argument, told
from casestudy.errors import DONE, INPUT_REFUSED, STALE, WRONG_USE, InvalidMaterial

if TYPE_CHECKING:
    from casestudy.building.run import BuildResult, Told
    from casestudy.building.shelf import Edition
    from casestudy.building.status import Standing
    from casestudy.study import Study

KINDS = ("implementation", "narrative", "assessment", "pilot")
N_REASONS = 5


SECTIONS = {
    "Studies": ("new", "check", "add", "simulate"),
    "Survey": ("instrument", "survey", "link"),
    "Coding": ("codebook", "suggest", "agree", "review", "merge"),
    "Reading": (
        *("saturation", "coverage", "cooccurrence", "matrix", "context"),
        *("quotes", "framework", "memos", "ratings"),
    ),
    "Reports": ("build", "status", "lab"),
}


class Sections(click.Group):
    """Commands under the headings of a researcher's work, each in the order in which it comes up."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands by section."""
        for title, names in SECTIONS.items():
            commands = [(name, self.commands[name]) for name in names]
            with formatter.section(title):
                formatter.write_dl([(name, one.get_short_help_str(limit=70)) for name, one in commands])


@click.group(cls=Sections, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, package_name="casestudy")
def main() -> None:
    """Turn coded interviews and a reflection survey into reports people can trust."""


@main.command()
@study_argument
@reports_option
@click.option(
    "--site", "sites", multiple=True, metavar="ID", help="Only this site; give it again for another."
)
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Steps at a time; else one per processor.")
@click.option(
    "--concept", is_flag=True, help="Show unreviewed suggestions too, as coverage, under a watermark."
)
@click.option("--force", is_flag=True, help="Run every step, also those that are current.")
@click.option(
    "--keep", type=click.IntRange(1), default=5, show_default=True, metavar="N", help="Editions to keep."
)
@click.option("--wait", is_flag=True, help="Wait for another build of the study instead of stopping.")
def build(
    study: str | None,
    reports: str | None,
    sites: tuple[str, ...],
    jobs: int | None,
    concept: bool,
    force: bool,
    keep: int,
    wait: bool,
) -> None:
    """Run what is stale and publish one edition.

    STUDY is a folder or the name of one under `interviews/`; left out, it is the only study there. A site
    that fails keeps its last good report, with its date, and does not stop the others.

    \b
    Example: casestudy build voorbeeld --jobs 2

    \b
    Exit codes: 0 done, 2 wrong use or settings, 3 material refused, 4 partly done, 5 stopped by the
    disclosure gate, 6 nothing could be built, 75 another build is running, 130 and 143 interrupted.
    """
    with told(study, reports) as found:
        from casestudy.building import ledger, pools, status

        with pools.stoppable():
            if not force and not wait:
                with ledger.locked(found):
                    same = status.unchanged(found, concept=concept or found.concept)
                if same:
                    _tell_edition(found, same)
                    return
            pools.preheat()
            from casestudy.building import run

            result = run.build(
                found,
                sites=sites or None,
                jobs=jobs,
                force=force,
                keep=keep,
                concept=concept,
                wait_for_other=wait,
                tell=_progress(),
            )
        _tell_result(found, result)
        sys.exit(result.exit_code)


@main.command()
@study_argument
@reports_option
@click.option("--concept", is_flag=True, help="Compare with a concept build.")
def status(study: str | None, reports: str | None, concept: bool) -> None:
    """Show what is stale and why, and how old each published page is.

    Exit code 0 when all is current, 1 when something is stale.

    \b
    Example: casestudy status voorbeeld
    """
    with told(study, reports) as found:
        from casestudy.building import status as standing

        steps = standing.of(found, concept=concept or found.concept)
        edition, pages = standing.published(found)
        click.echo("no edition is published" if edition is None else f"edition {edition}")
        for page in pages:
            click.echo(
                f"  {page.page}: {page.state.replace('_', ' ')}" + (f", {page.date}" if page.date else "")
            )
        stale = [one for one in steps if one.is_stale]
        for one in stale:
            _tell_standing(one)
        click.echo(f"{len(steps) - len(stale)} of {len(steps)} steps are current")
        sys.exit(STALE if stale or edition is None else DONE)


@main.command()
@study_argument
def check(study: str | None) -> None:
    """Name every problem in the material, by file and line, and say how to mend it.

    \b
    Example: casestudy check voorbeeld
    """
    with told(study, None) as found:
        from casestudy.material import check as checking

        problems = checking.problems(found)
        for problem in problems:
            click.echo(str(problem), err=True)
        if problems:
            click.echo(f"{len(problems)} to mend", err=True)
            sys.exit(InvalidMaterial(problems).exit_code)
        for remark in checking.remarks(found):
            click.echo(remark)
        click.echo(f"{found.name}: the material is in order")


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--kind", type=click.Choice(KINDS), default="implementation", show_default=True, help="Kind of study."
)
def new(path: Path, kind: str) -> None:
    """Make a study folder with commented files that pass `check`.

    \b
    Example: casestudy new interviews/samen-veilig --kind implementation
    """
    with errors():
        from casestudy.building import folders

        folders.write(path, kind)
        click.echo(f"{path}: made; fill in study.yml first, then run `casestudy check`")


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--sites", type=click.IntRange(1), default=5, show_default=True, metavar="N", help="How many sites."
)
@click.option("--seed", type=int, default=1, show_default=True, metavar="S", help="Same seed, same study.")
@click.option(
    "--truth", type=click.Path(path_type=Path), help="Where to write what was planted; else nowhere."
)
def simulate(path: Path, sites: int, seed: int, truth: Path | None) -> None:
    """Make a fictional study in which the truth is known.

    \b
    Example: casestudy simulate interviews/fictief --sites 5 --seed 1
    """
    with errors():
        from casestudy.simulation import folder

        folder.write(path, n_sites=sites, seed=seed, truth=truth)
        click.echo(f"{path}: made, {sites} sites")


@main.command()
@study_argument
def lab(study: str | None) -> None:
    """Open JupyterLab on the notebooks, with this study chosen and nothing sent anywhere.

    \b
    Example: casestudy lab voorbeeld
    """
    with told(study, None) as found:
        from casestudy import study as studies
        from casestudy.building import status as standing

        folder = standing.notebooks(found)
        os.environ[studies.STUDY_AT_HAND] = str(found.folder)
        # Beside the user's own settings, ours switch off the question whether to fetch news.
        ours = str(Path(__file__).parent / "building" / "lab")
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(
            filter(None, [ours, os.environ.get("JUPYTER_CONFIG_PATH")])
        )
        os.execv(sys.executable, lab_command(folder))  # noqa: S606 - our own interpreter, no shell


for _command in (
    *(intake.add, coding.review, coding.merge, codebook.codebook, suggest.suggest, agree.agree),
    *(reading.saturation, reading.coverage, reading.cooccurrence, reading.matrix),
    *(excerpts.context, excerpts.quotes, excerpts.framework, excerpts.memos, ratings.ratings),
    *(forms.instrument, survey.survey, survey.link),
):
    main.add_command(_command)


def lab_command(folder: Path) -> list[str]:
    """Give the command that opens JupyterLab without news, updates or any other request.

    Examples
    --------
    >>> lab_command(Path("notebooks"))[1:4]
    ['-m', 'jupyterlab', '--notebook-dir=notebooks']
    """
    quiet = [
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    return [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}", *quiet]


def _progress() -> Callable[[Told], None]:
    """Tell one line per step; on a terminal a counter stands below them while work goes on."""
    live = sys.stderr.isatty()
    return partial(_tell_step, live=live)


def _tell_step(told: Told, *, live: bool) -> None:
    if live:
        click.echo("\r\x1b[K", nl=False, err=True)
    if told.state == "built":
        click.echo(f"{told.step}: built in {told.seconds:.1f} s; {_shortened(told.reasons)}")
    elif told.failure is not None:
        click.echo(str(told.failure), err=True)
    elif told.state == "waiting":
        click.echo(f"{told.step}: not run; {_shortened(told.reasons)}", err=True)
    if live and told.n_done < told.n_steps:
        click.echo(f"{told.n_done} of {told.n_steps} steps", nl=False, err=True)


def _shortened(reasons: Sequence[str]) -> str:
    more = f" and {len(reasons) - N_REASONS} more" if len(reasons) > N_REASONS else ""
    return ", ".join(reasons[:N_REASONS]) + more


def _tell_standing(one: Standing) -> None:
    click.echo(f"{one.step.id}: {_shortened(one.reasons)}")
    if one.failed is not None:
        where = "" if one.failed.cell is None else f" in notebook cell {one.failed.cell}"
        click.echo(f"  failed on {one.failed.date}{where}: {one.failed.kind} ({one.failed.message})")


def _tell_result(study: Study, result: BuildResult) -> None:
    n_steps = sum(len(names) for names in (result.built, result.current, result.failed, result.waiting))
    counts = f"{len(result.built)} built, {len(result.current)} current, {len(result.failed)} failed"
    click.echo(f"{counts} of {n_steps} steps")
    if result.edition is None:
        click.echo("nothing is published", err=True)
    else:
        _tell_edition(study, result.edition)


def _tell_edition(study: Study, edition: Edition) -> None:
    state = "published" if edition.is_new else "is current"
    click.echo(f"edition {edition.number} of {edition.date} {state}: reports/{study.name}/index.html")


__all__ = ["INPUT_REFUSED", "WRONG_USE", "lab_command", "main"]
