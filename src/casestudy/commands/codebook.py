"""The codebook on the terminal: its codes, what happened to them, and keeping the present version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from casestudy.commands.terminal import csv_option, show, study_argument, told

if TYPE_CHECKING:
    import pandas as pd

    from casestudy.material.codebook import Codebook
    from casestudy.material.crosswalk import Carried
    from casestudy.study import Study

FAMILIES = ("factor", "skill", "component", "process", "narrative", "inductive")


@click.command("codebook")
@study_argument
@click.option("--family", type=click.Choice(FAMILIES), help="Only codes of this family.")
@click.option("--version", metavar="V", help="As this version saw it; else the one in force.")
@click.option("--changes", is_flag=True, help="What happened to codes, and what must be done about it.")
@click.option("--keep", is_flag=True, help="Check the number of codebook.yml and keep it as that version.")
@csv_option
def codebook(
    study: str | None, family: str | None, version: str | None, changes: bool, keep: bool, csv: Path | None
) -> None:
    """Show the codes with how many codings and sources each has.

    With --changes: each change of a code, the segments that must be coded again, and the sources in which
    nobody has looked for a newer code. With --keep the present book is kept in `codebooks/`, so that
    codings find the meaning they were made under; a number too low for what changed is refused.

    \b
    Example: casestudy codebook voorbeeld --family factor
    """
    with told(study) as found:
        from casestudy.errors import Gathered, WrongUse
        from casestudy.material import codebook_versions

        if (changes or keep) and (family or version):
            raise WrongUse(
                "--family, --version: they must stand without --changes and --keep; leave them out"
            )
        if keep and changes:
            raise WrongUse("--keep: it must stand without --changes; give one of the two")
        if keep:
            click.echo(f"kept as {codebook_versions.keep(found)}")
            return
        Gathered(codebook_versions.problems(found)).stop()
        found = _under(found, version)
        book, carried = _read(found)
        if changes:
            _tell_changes(book, carried, csv)
            return
        click.echo(f"{book.id} {book.version}")
        show(_codes(book, carried, family), csv)


def _under(study: Study, version: str | None) -> Study:
    """Give the study as it is read under another version of its codebook."""
    if version is None:
        return study
    from casestudy.documents import nearest
    from casestudy.errors import WrongUse
    from casestudy.material import codebook_versions

    known = list(codebook_versions.kept(study))
    if version not in known:
        raise WrongUse(
            f"--version: it must be a version that is known, found `{version}`; {nearest(version, known)}"
        )
    return study.model_copy(update={"codebook": version})


def _read(study: Study) -> tuple[Codebook, Carried]:
    from casestudy.material import codebook as codebooks
    from casestudy.material import crosswalk
    from casestudy.material.check import has_sources

    book = codebooks.read(study)
    return book, crosswalk.read(study) if has_sources(study) else crosswalk.Carried(())


def _codes(book: Codebook, carried: Carried, family: str | None) -> pd.DataFrame:
    import pandas as pd

    counted = [coding for coding in carried.codings if coding.status == "confirmed"]
    rows = []
    for code in book.codes:
        if family not in (None, code.family):
            continue
        mine = [coding for coding in counted if coding.code == code.id]
        sources = {coding.source for coding in mine}
        rows.append((code.id, code.family, code.label.en, len(mine), len(sources), code.active))
    return pd.DataFrame(rows, columns=["code", "family", "label", "n_codings", "n_sources", "active"])


def _tell_changes(book: Codebook, carried: Carried, csv: Path | None) -> None:
    from casestudy.material import code_history

    click.echo(f"{book.id} {book.version}")
    for change in book.changelog:
        click.echo(f"{change.version}: {change.note}")
    table = code_history.changes(carried)
    if len(table) or csv is not None:
        show(table, csv)
    if not len(table):
        click.echo("no code was added, changed or retired since the first version that is known")
    click.echo(f"superseded: {len(carried.superseded)}")
    for title, lines in (
        ("must be coded again", _recode(carried)),
        ("did not agree when they became one", _conflicts(carried)),
        ("not yet screened", _unscreened(carried)),
    ):
        click.echo(f"{title}: {len(lines) or 'none'}")
        for line in lines:
            click.echo(f"  {line}")


def _recode(carried: Carried) -> list[str]:
    return [
        f"{old.source} {old.start}-{old.end}: `{old.code}` by {old.coder}, now {' or '.join(to)}"
        for old, to in ((one.coding, one.to) for one in carried.recode)
    ]


def _conflicts(carried: Carried) -> list[str]:
    return [f"{one.coding}: {one.field} of {', '.join(one.codings)}" for one in carried.conflicts]


def _unscreened(carried: Carried) -> list[str]:
    codes: dict[str, list[str]] = {}
    for source, code in carried.unscreened:
        codes.setdefault(code, []).append(source)
    return [f"{code}: {', '.join(sources)}" for code, sources in codes.items()]
