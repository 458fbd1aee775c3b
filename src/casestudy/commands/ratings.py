"""Ratings on the terminal: the table of cells, the memo that raters judge from, and the lines they add."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casestudy.commands.terminal import ABSENT, csv_option, show, site_option, study_argument, told
from casestudy.errors import WrongUse

if TYPE_CHECKING:
    import pandas as pd

    from casestudy.material.codings import Coding
    from casestudy.material.evidence import Evidence
    from casestudy.material.ratings import Rating, SettledRating
    from casestudy.study import Study

SIDES = {"+": "for: it helps", "-": "against: it hinders", "x": "mixed", "0": "neutral", "": "no direction"}
VALUES = ("-2", "-1", "0", "1", "2", "X", "M")


@click.command()
@study_argument
@site_option
@click.option("--code", metavar="C", help="Only this factor or skill.")
@click.option("--memo", is_flag=True, help="Print the evidence as raters read it, without anybody's ratings.")
@click.option("--stale", is_flag=True, help="Only ratings whose evidence has changed since.")
@csv_option
@click.option(
    "--rate", type=click.Choice(VALUES), metavar="VALUE", help="Add a rating of your own: -2 to 2, X or M."
)
@click.option("--rater", metavar="ID", help="Who rates; the table then shows this rater's ratings only.")
@click.option("--confirm", is_flag=True, help="Settle again with the same value, on the evidence of now.")
@click.option("--by", multiple=True, metavar="NAME", help="Who confirms; give it twice.")
@click.option("--rationale", metavar="TEXT", help="Why.")
@click.option("--supporting", multiple=True, metavar="ID", help="A coding for the rating.")
@click.option("--contrary", multiple=True, metavar="ID", help="A coding against it.")
@click.option("--contrary-note", metavar="TEXT", help="Why codings against it do not count.")
def ratings(study: str | None, csv: Path | None, **options: Any) -> None:
    """Show ratings per site and code: proposed, by each rater, settled, and whether their evidence stands.

    What is printed is for researchers: names of raters, words of conversations. The memo never shows a
    rating, so that the next rater judges without having seen one.

    \b
    Example: casestudy ratings voorbeeld --site es --stale

    \b
    More:
      casestudy ratings voorbeeld --memo --site es --code M23
      casestudy ratings voorbeeld --rate -1 --rater jansen --site es --code M23 --rationale "..."
      casestudy ratings voorbeeld --confirm --site es --code M23 --by jansen --by bakker --rationale "..."
    """
    with told(study) as found:
        asked = _Asked(**options)
        _refuse_mixtures(asked)
        cells = _cells(found, asked)
        if asked.rate is not None:
            _rate(found, asked)
        elif asked.confirm:
            _confirm(found, asked)
        elif asked.memo:
            for line in _memos(found, asked.site or "", cells):
                click.echo(line)
        else:
            _table(found, asked, cells, csv)


@dataclass(frozen=True)
class _Asked:
    """The options as given."""

    site: str | None
    code: str | None
    memo: bool
    stale: bool
    rate: str | None
    rater: str | None
    confirm: bool
    by: tuple[str, ...]
    rationale: str | None
    supporting: tuple[str, ...]
    contrary: tuple[str, ...]
    contrary_note: str | None


def _refuse_mixtures(asked: _Asked) -> None:
    chosen = [
        name
        for name, on in (("--memo", asked.memo), ("--rate", asked.rate), ("--confirm", asked.confirm))
        if on
    ]
    if len(chosen) > 1:
        raise WrongUse(f"{chosen[0]}: it must stand alone, found {chosen[1]} beside it; choose one")
    if chosen and asked.site is None:
        raise WrongUse(f"{chosen[0]}: the site must be named, found none; add --site")
    if chosen and chosen[0] != "--memo" and asked.code is None:
        raise WrongUse(f"{chosen[0]}: the code must be named, found none; add --code")
    if asked.rate is not None and asked.rater is None:
        raise WrongUse("--rate: the rater must be named, found none; add --rater")
    if asked.confirm and len({name.casefold() for name in asked.by}) < 2:
        raise WrongUse(f"--by: two people must confirm together, found {len(set(asked.by))}; add the other")
    if asked.confirm and len((asked.rationale or "").strip()) < 3:
        raise WrongUse("--rationale: a confirmation must say why, found nothing; add it")


def _cells(study: Study, asked: _Asked) -> list[tuple[str, str]]:
    """Sites and codes that are asked for, in the order of study and codebook."""
    from casestudy.documents import nearest
    from casestudy.material import codebook
    from casestudy.material.ratings import RATED_FAMILIES

    book = codebook.read(study)
    known = [code.id for family in RATED_FAMILIES for code in book.family(family) if code.active]  # type: ignore[arg-type]
    if asked.code is not None and asked.code not in known:
        must = "it must be a factor or skill of the codebook"
        raise WrongUse(f"--code: {must}, found `{asked.code}`; {nearest(asked.code, known)}")
    sites = [study.site(asked.site).id] if asked.site else study.site_ids
    return [(site, code) for site in sites for code in known if asked.code in (None, code)]


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="seconds")


def _rate(study: Study, asked: _Asked) -> None:
    from pydantic import ValidationError

    from casestudy.material import ratings as material

    fields = {"site": asked.site, "code": asked.code, "value": asked.rate, "rater": asked.rater}
    try:
        rating = material.Rating.model_validate(fields | {"rationale": asked.rationale or "", "at": _now()})
    except ValidationError:
        must = "it must be a short id of letters, digits, `-`, `_` or `.`"
        raise WrongUse(f"--rater: {must}, found something else; choose another") from None
    material.rate(study, rating)
    click.echo(f"{rating.site} {rating.code}: rated {rating.value} by {rating.rater}")


def _confirm(study: Study, asked: _Asked) -> None:
    from casestudy.material import evidence
    from casestudy.material import ratings as material

    now = evidence.read(study, asked.site)
    settled = {(line.site, line.code): line for line in material.settled(study, asked.site, against=now)}
    line = settled.get((asked.site or "", asked.code or ""))
    if line is None:
        raise WrongUse("--confirm: there must be a settled rating, found none; settle it first")
    named: dict[str, Any] = {"supporting": asked.supporting, "contrary": asked.contrary}
    signed: dict[str, Any] = {"decided_by": asked.by, "rationale": asked.rationale, "at": _now()}
    again = material.again(line, now, **named, contrary_note=asked.contrary_note, **signed)
    material.settle(study, again)
    n = len(again.seen or {})
    click.echo(f"{line.site} {line.code}: {line.value} confirmed on {n} codings of now")


def _table(study: Study, asked: _Asked, cells: list[tuple[str, str]], csv: Path | None) -> None:
    import pandas as pd

    from casestudy.material import evidence
    from casestudy.material import ratings as material

    now = evidence.read(study, asked.site)
    settled = {(one.site, one.code): one for one in material.settled(study, asked.site, against=now)}
    own = {(one.site, one.code, one.rater): one for one in material.read(study, asked.site)}
    raters = [asked.rater] if asked.rater else sorted({rater for _, _, rater in own})
    proposed = _proposed(study, asked.site, [code for _, code in cells])
    rows = [
        _row(cell, proposed.get(cell, {}), {r: own.get((*cell, r)) for r in raters}, settled.get(cell), now)
        for cell in cells
        if not asked.stale or (cell in settled and material.standing(settled[cell], now).state == "stale")
    ]
    table = pd.DataFrame(rows, columns=_head(raters)).astype({"n_against": "Int64", "named": "Int64"})
    if asked.rater:  # whoever still has to rate a cell must not read what others made of it
        unrated = table[asked.rater].isna()
        hidden = ["settled", "standing", "changed", "rated_first", "named"]
        for column in hidden:
            table[column] = table[column].mask(unrated)
    show(table, csv)
    shown = set(cells)
    states = [str(material.standing(one, now).state) for cell, one in settled.items() if cell in shown]
    counts = ", ".join(f"{states.count(s)} {s}" for s in ("current", "stale", "unpinned") if s in states)
    click.echo(f"{len(states)} settled" + (f": {counts}" if counts else ""))
    if not asked.rater:
        rated = [one for one in own.values() if (one.site, one.code) in shown]
        _tell_agreement([settled[cell] for cell in cells if cell in settled], rated)


def _head(raters: list[str]) -> list[str]:
    settled = ["settled", "standing", "changed", "rated_first"]
    against = ["n_against", "named"]
    return ["site", "code", "proposed", "n_sources", *raters, *settled, *against, "stability", "flags"]


def _row(
    cell: tuple[str, str],
    proposal: dict[Any, Any],
    own: dict[str, Rating | None],
    settled: SettledRating | None,
    now: Evidence,
) -> dict[str, Any]:
    from casestudy.material import ratings as material

    flags = [flag for flag in ("thin", "single_role") if proposal.get(flag)]
    row: dict[str, Any] = {
        **dict(zip(("site", "code"), cell, strict=True)),
        "proposed": proposal.get("proposed"),
        "n_sources": len({one.source for one in now.of(*cell)}),
        **{rater: rating.value if rating else None for rater, rating in own.items()},
        "stability": proposal.get("stability"),
        "flags": " ".join(flags),
    }
    if settled is None:
        return row
    standing = material.standing(settled, now)
    counts = {"+": standing.new, "-": standing.gone, "~": standing.changed}
    changed = [f"{sign}{len(ids)}" for sign, ids in counts.items() if ids]
    return row | {
        "settled": settled.value,
        "standing": standing.state,
        "changed": " ".join([*changed, *(["codebook"] if standing.other_codebook else [])]),
        "rated_first": _rated_first(settled, own),
        "n_against": len(material.opposing(settled, now)),
        "named": len(settled.contrary),
    }


def _rated_first(settled: SettledRating, own: dict[str, Rating | None]) -> str:
    """Tell whether two raters had judged alone before the rating was settled."""
    from casestudy.material.ratings import instant

    before = [r for r in own.values() if r is not None and instant(r.at) <= instant(settled.at)]
    return "both" if len(before) > 1 else "one" if before else "none"


def _proposed(study: Study, site: str | None, codes: list[str]) -> dict[tuple[str, str], dict[Any, Any]]:
    """Proposals of factors by site and code; a skill's practice is not proposed by rule."""
    from casestudy.findings import ratings as findings
    from casestudy.material import codebook, frames

    factors = [code.id for code in codebook.read(study).family("factor") if code.id in set(codes)]
    rule = study.thresholds.rating.model_dump(exclude={"min_stability"})
    sites = [site] if site else study.site_ids
    about = (frames.codings(study, site), frames.sources(study, site), frames.asked(study, site))
    table = findings.propose(*about, codes=factors, sites=sites, **rule)
    return {(row["site"], row["code"]): row for row in table.to_dict("records")}


def _tell_agreement(settled: list[SettledRating], rated: list[Rating]) -> None:
    import pandas as pd

    from casestudy.findings import rater_agreement

    alone = [(one.site, one.code, one.value, one.rater) for one in rated]
    together = [(one.site, one.code, one.value, one.proposed) for one in settled]
    own = pd.DataFrame(alone, columns=["site", "code", "value", "rater"], dtype="str")
    decided = pd.DataFrame(together, columns=["site", "code", "rating", "proposed"], dtype="str")
    for pair in rater_agreement.pairs(own).itertuples(index=False):
        kappa = " ".join(
            f"{weights} {_number(getattr(pair, f'kappa_{weights}'))}"
            for weights in ("quadratic", "linear", "unweighted")
        )
        kinds = f"same kind in {pair.n_same_kind} (kappa {_number(pair.kappa_kind)})"
        click.echo(
            f"{pair.first} and {pair.second}: {pair.n_cells} cells, {kinds}; "
            f"weighted kappa over {pair.n_ordinal}: {kappa}"
        )
    off = rater_agreement.deviation(decided, own)
    if off.n_proposed and off.n_rated:
        shares = (off.from_proposal, off.from_a_rater, off.from_all_raters)
        from_proposal, from_one, from_all = (_number(share) for share in shares)
        said = f"share of settled ratings that differ: from the proposal {from_proposal}"
        click.echo(f"{said}, from at least one rater {from_one}, from every rater {from_all}")


def _number(value: float) -> str:
    return ABSENT if value != value else f"{value:.3f}"


def _memos(study: Study, site: str, cells: list[tuple[str, str]]) -> Iterator[str]:
    """Write what raters judge from, per cell: the evidence by source, what was asked, and the proposal."""
    from casestudy.findings import ratings as findings
    from casestudy.material import codebook, evidence, frames

    now, book = evidence.read(study, site), codebook.read(study)
    codes = [code for _, code in cells]
    about, asked = frames.sources(study, site), frames.asked(study, site)
    rule = study.thresholds.rating.model_dump(exclude={"min_stability"})
    proposed = _proposed(study, site, codes)
    factors = [code for code in codes if (site, code) in proposed]
    variants = findings.sensitivity(frames.codings(study, site), about, codes=factors, sites=[site], **rule)
    for _, code in cells:
        spoken = now.of(site, code)
        n_asked = int(asked.loc[(asked["code"] == code) & asked["asked"], "source"].nunique())
        yield f"{study.site(site).name} · {code} {book.code(code).label.nl}"
        yield f"asked in {n_asked} of {len(about)} sources; spoken of in {len({c.source for c in spoken})}"
        yield from _voices(spoken, about)
        if (site, code) in proposed:
            yield from _proposal(proposed[site, code], variants[variants["code"] == code])
        yield ""


def _voices(spoken: tuple[Coding, ...], about: pd.DataFrame) -> Iterator[str]:
    from casestudy.material.evidence import direction

    roles = about.set_index("source")["role"]
    for side, title in SIDES.items():
        of_side = sorted(
            (one for one in spoken if (direction(one) or "") == side), key=lambda one: (one.source, one.start)
        )
        if of_side:
            yield f"  {title}"
        for one in of_side:
            role = roles.get(one.source)
            who = role if isinstance(role, str) else "no role"
            concrete = ", concrete" if one.strength == 2 else f", {one.practice}" if one.practice else ""
            yield f"    {one.source} ({who}{concrete}) {one.coding}: {' '.join(one.quote.split())}"


def _proposal(proposal: dict[Any, Any], variants: pd.DataFrame) -> Iterator[str]:
    flags = ", ".join(flag.replace("_", " ") for flag in ("thin", "single_role") if proposal[flag])
    reason = str(proposal["reason"]).replace("_", " ") if proposal["proposed"] == "M" else ""
    more = "; ".join(said for said in (reason, flags) if said)
    yield f"  proposed {proposal['proposed']}" + (f" ({more})" if more else "")
    if variants.empty:
        return
    yield f"  stability {_number(float(proposal['stability']))}: the proposal would be"
    left_out = variants[variants["variant"] == "without_source"]
    without = " ".join(f"{row.proposed}" for row in left_out.itertuples(index=False))
    yield f"    {without} with each source left out in turn"
    for row in variants[variants["variant"] != "without_source"].itertuples(index=False):
        yield f"    {row.proposed} under {row.variant.replace('_', ' ')}"
