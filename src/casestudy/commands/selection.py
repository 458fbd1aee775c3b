"""Which material a command works on: codings and sources of the sites, and codes, that were asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from casestudy.commands.terminal import csv_option, site_option, study_argument
from casestudy.errors import WrongUse

if TYPE_CHECKING:
    import pandas as pd

    from casestudy.material.codebook import Codebook
    from casestudy.study import Study

FAMILIES = ("factor", "skill", "component", "process", "narrative", "inductive")
By = Literal["site", "role"]
Command = TypeVar("Command", bound=Callable[..., Any])

family_option = click.option("--family", type=click.Choice(FAMILIES), help="Only codes of this family.")
by_option = click.option(
    "--by", type=click.Choice(["site", "role"]), default="site", show_default=True, help="Columns or groups."
)
codes_option = click.option(
    "--code", "codes", multiple=True, metavar="ID", help="Only this code; repeat for more."
)


def grouped_by(command: Command) -> Command:
    """Give a command the choices that every table of codes by group has."""
    choices = (study_argument, site_option, by_option, family_option, codes_option, csv_option)
    for choice in reversed(choices):
        command = choice(command)
    return command


def codebook(study: Study, site: str | None) -> Codebook:
    """Read the codebook in force; the site must be one of the study."""
    from casestudy.material import codebook as codebooks

    if site is not None:
        study.site(site)
    return codebooks.read(study)


def material(study: Study, site: str | None, *, talks: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the frames of codings and sources; with ``talks`` no documents, for they are asked nothing."""
    from casestudy.material import frames

    sources = frames.sources(study, site)
    if talks:
        from casestudy.reporting.released import CONVERSATION_KINDS

        sources = sources[sources["kind"].isin(CONVERSATION_KINDS)]
    return frames.codings(study, site), sources


def screened(study: Study, site: str | None) -> set[tuple[str, str]]:
    """Read in which source somebody looked for which code."""
    from casestudy.material import check, codings

    if not check.has_sources(study):
        return set()
    return {(event.source, code) for event in codings.screened(study, site) for code in event.codes}


def active_codes(book: Codebook, family: str | None) -> list[str]:
    """Give the ids of the active codes of a family, or of all, in the order of the codebook."""
    return [code.id for code in book.codes if code.active and family in (None, code.family)]


def wanted(book: Codebook, family: str | None, codes: Sequence[str]) -> list[str]:
    """Codes that were asked for, in the order of the codebook."""
    from casestudy.documents import nearest

    known = active_codes(book, family)
    for code in codes:
        if code not in known:
            whose = f"of the family {family}" if family else "of the codebook"
            raise WrongUse(
                f"--code: it must be an active code {whose}, found `{code}`; {nearest(code, known)}"
            )
    if not known:
        there = sorted({code.family for code in book.codes if code.active})
        raise WrongUse(
            f"--family: the codebook must have codes of it, found none; use one of: {', '.join(there)}"
        )
    return [code for code in known if not codes or code in codes]


def turns(study: Study, site: str | None) -> pd.DataFrame:
    """Frame of all turns: source turn start end is_interviewer text."""
    import pandas as pd

    from casestudy.material import check, sources

    if site is not None:
        study.site(site)
    rows = [
        (source.source, number, turn.start, turn.end, turn.is_interviewer, source.text[turn.start : turn.end])
        for source in (sources.read(study, site) if check.has_sources(study) else ())
        for number, turn in enumerate(source.turns)
    ]
    columns = ["source", "turn", "start", "end", "is_interviewer", "text"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"turn": "int64", "start": "int64", "end": "int64", "is_interviewer": "bool"})
