"""Commands that show words: in their context, as coded segments, as summaries, and as memos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casestudy.commands import selection
from casestudy.commands.selection import By
from casestudy.commands.terminal import csv_option, save, site_option, study_argument, told
from casestudy.errors import WrongUse

if TYPE_CHECKING:
    import pandas as pd

    from casestudy.study import Study


@click.command()
@click.argument("word")
@study_argument
@site_option
@click.option("--code", metavar="ID", help="Only inside segments with this code.")
@click.option(
    "--width", type=click.IntRange(10, 400), default=60, show_default=True, help="Characters either side."
)
@click.option("--interviewer", is_flag=True, help="Also what interviewers said.")
@csv_option
def context(
    word: str,
    study: str | None,
    site: str | None,
    code: str | None,
    width: int,
    interviewer: bool,
    csv: Path | None,
) -> None:
    """Show WORD with the words around it, wherever a participant said it; `*` stands for any letters.

    \b
    Example: casestudy context "tijd*" voorbeeld --site beuk
    """
    with told(study) as found:
        from casestudy.findings import concordance

        if code is not None:
            selection.wanted(selection.codebook(found, site), None, (code,))
        turns = selection.turns(found, site)
        said = turns if interviewer else turns[~turns["is_interviewer"]]
        try:
            hits = concordance.concordance(said, word, width=width)
        except ValueError:
            raise WrongUse("WORD: it must hold a letter or a digit, found none; give a word") from None
        except TimeoutError:
            raise WrongUse("WORD: it must be found quickly, found too many `*`; use fewer") from None
        if code is not None:
            hits = _inside(hits, found, site, code)
        for row in hits.itertuples(index=False):
            said_ = f"{row.left:>{width}}[{row.match}]{row.right}"
            click.echo(f"{row.source:<14} {row.turn:>4}  {said_}".rstrip())
        click.echo(f"{len(hits)} times in {hits['source'].nunique()} of {turns['source'].nunique()} sources")
        if csv is not None:
            save(hits, csv)


def _inside(hits: pd.DataFrame, study: Study, site: str | None, code: str) -> pd.DataFrame:
    """Keep the hits that share a character with a segment of a code."""
    from casestudy.findings import counts

    codings, sources = selection.material(study, site)
    evidence = counts.confirmed(codings, sources)
    segments = evidence[evidence["code"] == code]
    near = hits.reset_index().merge(
        segments[["source", "start", "end"]], on="source", suffixes=("", "_coded")
    )
    near = near[(near["start"] < near["end_coded"]) & (near["start_coded"] < near["end"])]
    return hits.loc[hits.index.isin(near["index"])]


@click.command()
@selection.grouped_by
def quotes(
    study: str | None, site: str | None, by: By, family: str | None, codes: tuple[str, ...], csv: Path | None
) -> None:
    """Show the coded words side by side, by code and by site or role; for researchers only.

    \b
    Example: casestudy quotes voorbeeld --code M23 --by role
    """
    with told(study) as found:
        from casestudy.findings import mentions
        from casestudy.material import codings as coding_logs

        book = selection.codebook(found, site)
        wanted = selection.wanted(book, family, codes)
        codings, sources = selection.material(found, site)
        words = {
            c.coding: " ".join(c.quote.split())
            for c in (coding_logs.read(found, site) if len(sources) else ())
        }
        table = mentions.quote_matrix(codings, sources, words, codes=wanted, by=by)
        for code, of_code in table.groupby("code", sort=False):
            click.echo(f"{code}  {book.code(str(code)).label.en}")
            for group, mine in of_code.groupby(by, sort=False):
                click.echo(f"  {group}")
                for row in mine.itertuples(index=False):
                    sign = row.valence if isinstance(row.valence, str) else " "
                    click.echo(f"    {row.source} {sign} {row.quote}")
        n_cells = len(table.drop_duplicates(["code", by]))
        click.echo(f"{len(table)} segments in {n_cells} cells")
        if csv is not None:
            save(table, csv)


@click.command()
@study_argument
@site_option
def framework(study: str | None, site: str | None) -> None:
    """Show the written summaries per code and site, which cells have none, and whose excerpts are gone.

    \b
    Example: casestudy framework voorbeeld --site beuk
    """
    with told(study) as found:
        from casestudy.findings import counts
        from casestudy.material import codings as coding_logs
        from casestudy.material import summaries

        book = selection.codebook(found, site)
        codings, sources = selection.material(found, site)
        written = summaries.written(found, site)
        order = {code.id: n for n, code in enumerate(book.codes)}
        for summary in sorted(written, key=lambda s: order[s.code]):
            click.echo(f"{summary.code}  {book.code(summary.code).label.en}  {summary.site}")
            click.echo(f"    {' '.join(summary.summary.nl.split())}")
            click.echo(f"    by {summary.by}, rests on {', '.join(summary.excerpts)}")
        evidence = counts.confirmed(codings, sources)[["code", "site"]].drop_duplicates()
        evidence = evidence.assign(place=evidence["code"].map(order)).sort_values(["place", "site"])
        left = summaries.unwritten(written, zip(evidence["code"], evidence["site"], strict=True))
        standing = coding_logs.read(found) if written else ()
        for (code, where), excerpts in summaries.gone(written, standing).items():
            click.echo(
                f"{code} at {where}: read again, its excerpts do not stand any more: {', '.join(excerpts)}"
            )
        _tell_left(left)
        click.echo(f"{len(written)} summaries, {len(left)} cells with evidence and no summary")


def _tell_left(left: Sequence[tuple[str, str]]) -> None:
    by_code: dict[str, list[str]] = {}
    for code, where in left:
        by_code.setdefault(code, []).append(where)
    for code, sites in by_code.items():
        click.echo(f"{code}: no summary yet at {', '.join(sites)}")


@click.command()
@study_argument
@click.option("--about", metavar="ID", help="Only memos about this code, site, source or coding.")
def memos(study: str | None, about: str | None) -> None:
    """Show what researchers noted, each memo whole, in its newest wording.

    \b
    Example: casestudy memos voorbeeld --about beuk
    """
    with told(study) as found:
        from casestudy.material import memos as notes

        mine = list(notes.about(notes.read(found), about))
        for memo in mine:
            click.echo(f"{memo.about} {memo.id}  ({memo.where})")
            for line in memo.text.splitlines():
                click.echo(f"    {line}".rstrip())
        click.echo(f"{len(mine)} memos")
