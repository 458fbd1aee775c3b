"""Commands that help to read: saturation, co-occurrence, coverage, and what came up and what did not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from casestudy.commands import selection
from casestudy.commands.selection import FAMILIES, By, codes_option, family_option
from casestudy.commands.terminal import csv_option, save, show, site_option, study_argument, told

if TYPE_CHECKING:
    import pandas as pd

    from casestudy.findings.cooccurrence import Window

GROWN = ("inductive", "narrative")  # families that grow from the material
SIGNS = {"mentioned": "●", "asked_not_mentioned": "○", "not_asked": "–"}


@click.command()
@study_argument
@site_option
@click.option(
    "--family", type=click.Choice(FAMILIES), help="Codes to follow; else inductive or narrative ones."
)
@click.option(
    "--base", type=click.IntRange(1), default=4, show_default=True, help="Conversations in the base."
)
@click.option("--run", type=click.IntRange(1), default=2, show_default=True, help="Conversations per window.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=0.05,
    show_default=True,
    help="Largest share of new codes.",
)
@click.option(
    "--orders", type=click.IntRange(1), default=2000, show_default=True, help="Random orders to draw."
)
@click.option("--seed", type=click.IntRange(0), help="Seed of the random orders; else the study's own.")
@csv_option
def saturation(
    study: str | None,
    site: str | None,
    family: str | None,
    base: int,
    run: int,
    threshold: float,
    orders: int,
    seed: int | None,
    csv: Path | None,
) -> None:
    """Tell whether later conversations still brought new codes, by date and in random orders.

    Of a family that was fixed beforehand it tells how many of its codes came up instead.

    \b
    Example: casestudy saturation voorbeeld --family narrative
    """
    with told(study) as found:
        from casestudy.findings import saturation as findings

        book = selection.codebook(found, site)
        family = family or next((f for f in GROWN if selection.active_codes(book, f)), GROWN[0])
        codes = selection.wanted(book, family, ())
        codings, sources = selection.material(found, site, talks=True)
        sites = [site] if site else found.site_ids
        if family not in GROWN:
            click.echo(f"the codes of the family {family} were fixed beforehand: how many of them came up")
            show(findings.frame_coverage(codings, sources, codes=codes, sites=sites), csv)
            return
        seed = found.seed if seed is None else seed
        rule = {"base": base, "run": run, "threshold": threshold, "n_orders": orders, "seed": seed}
        looked = selection.screened(found, site)
        result = findings.saturation(
            codings,
            sources,
            codes=codes,
            sites=sites,
            screened=looked,
            **rule,  # type: ignore[arg-type]
        )
        summary = result.summary if site is None else result.summary[result.summary["site"] == site]
        show(summary, csv)
        for row in summary.itertuples(index=False):
            if row.state == "not_assessable":
                few = row.n_sources < base + run
                why = f"it takes {base + run} conversations" if few else "the base holds none of these codes"
                click.echo(f"{row.site}: cannot be assessed; {why}, found {row.n_sources} conversations")
            else:
                _tell_orders(result.orders, str(row.site), run, orders)


def _tell_orders(orders: pd.DataFrame, unit: str, run: int, n_orders: int) -> None:
    mine = orders[orders["site"] == unit].sort_values("after")  # never reached comes last
    reached = [
        "not reached" if absent else f"{after}+{run}"
        for after, absent in zip(mine["after"], mine["after"].isna(), strict=True)
    ]
    shares = [f"{where} {share:.0%}" for where, share in zip(reached, mine["share"], strict=True)]
    click.echo(f"{unit}, in {n_orders} random orders: {', '.join(shares)}")


@click.command()
@study_argument
@site_option
@family_option
@codes_option
@click.option(
    "--window",
    type=click.Choice(["segment", "sentence", "turn", "source"]),
    default="segment",
    show_default=True,
    help="What together means.",
)
@csv_option
def cooccurrence(
    study: str | None,
    site: str | None,
    family: str | None,
    codes: tuple[str, ...],
    window: Window,
    csv: Path | None,
) -> None:
    """Show which codes stand together, the strongest pairs first.

    Pairs that are not `enough` (together under 3 times, or in one source) are for reading on, not for
    reports.

    \b
    Example: casestudy cooccurrence voorbeeld --site beuk --window turn
    """
    with told(study) as found:
        from casestudy.findings import cooccurrence as findings

        wanted = selection.wanted(selection.codebook(found, site), family, codes)
        codings, sources = selection.material(found, site)
        units = selection.turns(found, site) if window == "turn" else None
        if window == "sentence":
            from casestudy.material import frames

            units = frames.sentences(found, site)
        pairs = findings.cooccurrence(codings, sources, codes=wanted, window=window, units=units)
        show(pairs.sort_values(["c", "n12"], ascending=False, kind="stable"), csv)


@click.command()
@selection.grouped_by
def coverage(
    study: str | None, site: str | None, by: By, family: str | None, codes: tuple[str, ...], csv: Path | None
) -> None:
    """Count segments, sources and covered text per code, together and by site or role.

    Only the number of sources is evidence; the other two say how talkative people were and how finely was
    coded.

    \b
    Example: casestudy coverage voorbeeld --by role --family factor
    """
    with told(study) as found:
        from casestudy.findings import counts, mentions

        wanted = selection.wanted(selection.codebook(found, site), family, codes)
        codings, sources = selection.material(found, site)
        table = mentions.counts_by(codings, sources, codes=wanted, by=by)
        table = table[table["n_sources"] > 0]
        words = [counts.spread_word(n, of) for n, of in zip(table["n_sources"], table["n_of"], strict=True)]
        show(table.assign(spread=words), csv)


@click.command()
@selection.grouped_by
def matrix(
    study: str | None, site: str | None, by: By, family: str | None, codes: tuple[str, ...], csv: Path | None
) -> None:
    """Show per code in how many of the conversations that asked about it it came up.

    The file of --csv holds all counts, a row per code and group.

    \b
    Example: casestudy matrix voorbeeld --by site --family factor
    """
    with told(study) as found:
        from casestudy.findings import mentions
        from casestudy.material import frames

        wanted = selection.wanted(selection.codebook(found, site), family, codes)
        codings, sources = selection.material(found, site, talks=True)
        asked, looked = frames.asked(found, site), selection.screened(found, site)
        mentioned = mentions.mentions(codings, sources, asked, codes=wanted, screened=looked)
        counted = mentions.mention_counts(mentioned, by=(by,))
        cells = counted.assign(cell=[_cell(row) for row in counted.itertuples(index=False)])
        groups = list(dict.fromkeys(counted[by]))
        wide = cells.pivot(index="code", columns=by, values="cell").reindex(index=wanted, columns=groups)
        silent = (wide == SIGNS["not_asked"]).all(axis=1)
        show(wide[~silent].reset_index())
        click.echo(
            "● mentioned in n/asked, * also unasked, ○ asked, not mentioned, – not asked, ? not all coded"
        )
        if silent.any():
            click.echo(f"neither asked nor mentioned: {', '.join(wide.index[silent])}")
        if csv is not None:
            save(counted, csv)


def _cell(row: object) -> str:
    at = {name: getattr(row, name) for name in ("state", "n_mentioned_asked", "n_asked", "n_unprompted")}
    unread = " ?" if getattr(row, "n_not_coded", 0) else ""
    sign = SIGNS.get(at["state"], "")
    mark = "*" if at["n_unprompted"] else ""
    share = f" {at['n_mentioned_asked']}/{at['n_asked']}" if at["n_asked"] else ""
    return f"{sign}{mark}{share}{unread}".strip()
