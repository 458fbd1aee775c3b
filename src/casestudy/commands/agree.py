"""How far coders agree: the table, the list to settle, the settled list back, a training test, a draw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casestudy.commands.terminal import csv_option, save, show, study_argument, told
from casestudy.errors import WrongUse

if TYPE_CHECKING:
    import pandas as pd

    from casestudy.findings.coded_units import Compared
    from casestudy.material.double_coding import DoubleCoding
    from casestudy.material.rounds import Round
    from casestudy.study import Study

UNITS = ("sentence", "turn", "character")
RESULTS = ("--round", "--code", "--csv")
# What may stand beside each of the things to do other than showing the table.
BESIDE = {
    "--disagreements": RESULTS,
    "--settle": ("--by",),
    "--training": ("--round", "--csv"),
    "--draw": ("--seed",),
}
VERDICTS = {
    "ok": "{n} ok (alpha at least {ok:.2f})",
    "tentative": "{n} tentative (at least {tentative:.3f})",
    "insufficient": "{n} insufficient",
    "too_few": "{n} with too few instances to say (fewer than {positives} {units} with the code)",
}


@click.command()
@study_argument
@click.option("--round", "round_id", metavar="ID", help="Round of rounds.yml; else the last closed one.")
@click.option(
    "--unit", type=click.Choice(UNITS), default="sentence", show_default=True, help="What is compared."
)
@click.option(
    "--code", "codes", multiple=True, metavar="C", help="Only this code; give it again for another."
)
@click.option("--disagreements", is_flag=True, help="List where coders differ, with the words, for settling.")
@click.option("--settle", type=click.Path(dir_okay=False, path_type=Path), help="Read a settled list back.")
@click.option("--by", "people", multiple=True, metavar="NAME", help="Who settled it; give it for each.")
@click.option("--training", metavar="CODER", help="Compare a new coder with the reference of the round.")
@click.option("--draw", type=float, metavar="SHARE", help="Draw sources for a new round, 0.15 to 0.20.")
@click.option("--seed", type=int, metavar="S", help="Seed of the draw; else that of the study.")
@csv_option
def agree(
    study: str | None,
    round_id: str | None,
    unit: str,
    codes: tuple[str, ...],
    disagreements: bool,
    settle: Path | None,
    people: tuple[str, ...],
    training: str | None,
    draw: float | None,
    seed: int | None,
    csv: Path | None,
) -> None:
    """Show how far coders agree on each code, before anything was settled.

    With --disagreements --csv FILE the list goes to a spreadsheet with empty columns for a decision (first,
    second, both, neither or other) and its reason; --settle FILE --by A --by B reads it back into
    decisions.jsonl. The list shows words of participants: keep it where the transcripts are.

    \b
    Example: casestudy agree voorbeeld
    """
    with told(study) as found:
        given: dict[str, object] = {
            "--disagreements": disagreements,
            "--settle": settle,
            "--training": training,
            "--draw": draw,
        }
        given |= {"--by": people, "--seed": seed, "--round": round_id, "--code": codes, "--csv": csv}
        _fit([name for name, value in given.items() if value not in (None, False, ())])
        if settle is not None:
            _settle(found, settle, people)
        elif draw is not None:
            _draw(found, draw, found.seed if seed is None else seed)
        elif training is not None:
            _training(found, training, round_id, csv)
        elif disagreements:
            _disagreements(_double(found, round_id), unit, codes, csv)
        else:
            _table(found, _double(found, round_id), unit, codes, csv)


def _fit(given: list[str]) -> None:
    """Refuse options that would be passed over in silence."""
    asked = [name for name in given if name in BESIDE]
    if len(asked) > 1:
        raise WrongUse(f"{asked[1]}: it must stand without {asked[0]}, found both; give one of them")
    beside = BESIDE[asked[0]] if asked else RESULTS
    for name in given:
        if name not in (*asked, *beside):
            where = " or ".join(mode for mode, options in BESIDE.items() if name in options)
            if asked and name in RESULTS:
                raise WrongUse(f"{name}: it must stand without {asked[0]}, found both; leave one out")
            raise WrongUse(f"{name}: it must stand with {where}, found it without; add that or leave it out")


def _double(study: Study, round_id: str | None) -> DoubleCoding:
    from casestudy.material import double_coding, rounds

    double = double_coding.chosen(study, round_id)
    if double.at_least is not None:
        click.echo(f"there is no {rounds.FILE}: everything that two people coded is taken as one round")
    return double


def _compared(double: DoubleCoding, unit: Any, codes: tuple[str, ...]) -> Compared:
    from casestudy.documents import nearest
    from casestudy.findings import coded_units

    compared = coded_units.compare(
        double.codings,
        double.sentences,
        coders=double.round.coders,
        sources=double.round.sources,
        version=double.round.codebook,
        unit=unit,
        turns=double.turns,
        at_least=double.at_least,
        worked=double.worked,
    )
    for code in codes:
        if code not in compared.codes:
            raise WrongUse(
                f"--code: a coder must have given it, found `{code}`; {nearest(code, list(compared.codes))}"
            )
    if not compared.sources:
        raise WrongUse(f"--round: every coder of `{double.round.id}` must have coded one source, found none")
    return compared


def _heading(one: Round, compared: Compared) -> None:
    n_sources, n_units = len(compared.sources), int(compared.frame["weight"].sum())
    click.echo(
        f"round {one.id} ({one.kind}), codebook {compared.version}, unit {compared.unit}, "
        f"coders {', '.join(compared.coders)}, {n_sources} sources, {n_units} {compared.unit}s, unsettled"
    )
    missing = sorted(set(one.sources) - set(compared.sources))
    if missing:
        click.echo(f"not compared, for not every coder coded them: {', '.join(missing)}")


def _table(study: Study, double: DoubleCoding, unit: str, codes: tuple[str, ...], csv: Path | None) -> None:
    from casestudy.findings import coder_agreement

    compared = _compared(double, unit, codes)
    _heading(double.round, compared)
    table = coder_agreement.agreement(compared, seed=study.seed)
    table = table[table["code"].isin(codes)] if codes else table
    # The same in every row, and said above.
    show(table.drop(columns=["version", "unit", "n_units"]), None)
    _write(table, csv)
    click.echo(_reading(table, unit))


def _reading(table: pd.DataFrame, unit: str) -> str:
    from casestudy.findings.coder_agreement import Rules

    rules = Rules()
    n_of = table["verdict"].value_counts()
    units = "passages" if unit == "character" else f"{unit}s"
    said = [
        text.format(
            n=n_of[verdict],
            ok=rules.ok,
            tentative=rules.tentative,
            positives=rules.min_positives,
            units=units,
        )
        for verdict, text in VERDICTS.items()
        if verdict in n_of
    ]
    return f"of {len(table)} codes in use: {', '.join(said)}" if said else "nobody gave a code"


def _write(table: pd.DataFrame, csv: Path | None) -> None:
    if csv is not None:
        save(table, csv)


def _disagreements(double: DoubleCoding, unit: str, codes: tuple[str, ...], csv: Path | None) -> None:
    from casestudy.findings import disagreements

    compared = _compared(double, unit, codes)
    _heading(double.round, compared)
    found = disagreements.disagreements(compared)
    found = found[found["code"].isin(codes) | found["sibling"].isin(codes)] if codes else found
    texts = {source.source: source.text for source in double.sources}
    places = zip(found["source"], found["start"], found["end"], strict=True)
    found = found.assign(words=[" ".join(texts[source][start:end].split()) for source, start, end in places])
    short = ["source", "start", "end", "coder_a", "coder_b", "code", "type", "sibling", "words"]
    show(found[short])
    for row in disagreements.confusions(compared).head(10).itertuples(index=False):
        click.echo(f"{row.code} and {row.other} were taken for one another in {row.n_units} units")
    click.echo(f"{len(found)} to settle")
    if csv is not None:
        from casestudy.material import settling

        blank: dict[str, Any] = dict.fromkeys(settling.TO_FILL_IN)
        _write(found.assign(**blank), csv)


def _settle(study: Study, sheet: Path, people: tuple[str, ...]) -> None:
    from datetime import UTC, datetime

    from casestudy.material import codings, decisions, settling

    moment = datetime.now(UTC).isoformat(timespec="seconds")
    found, n_open = settling.read_sheet(sheet, codings.read(study), decided_by=people, at=moment)
    n_new = settling.write(study, found)
    click.echo(
        f"{n_new} settled in {decisions.FILE}, {len(found) - n_new} were there, {n_open} without a decision"
    )


def _training(study: Study, coder: str, round_id: str | None, csv: Path | None) -> None:
    from casestudy.findings import coder_agreement
    from casestudy.material import double_coding

    double = double_coding.training(study, coder, round_id)
    one = double.round
    result = coder_agreement.training(
        double.codings,
        double.sentences,
        coder=coder,
        reference=str(one.reference),
        sources=one.sources,
        version=one.codebook,
        seed=study.seed,
    )
    click.echo(
        f"round {one.id} (training), codebook {one.codebook}, unit sentence, {coder} beside {one.reference}"
    )
    show(
        result.table[
            ["code", "n_units", "n_pos_any", "agree", "kappa", "alpha", "alpha_lo", "alpha_hi", "verdict"]
        ]
    )
    _write(result.table, csv)
    click.echo(
        "a coder passes when at least one code can be judged and every code that can be has an alpha of "
        f"at least {coder_agreement.Rules().tentative:.3f}"
    )
    if result.passed is None:
        click.echo(f"{coder}: cannot be judged yet, no code has instances enough; add sources to the round")
    elif result.passed:
        click.echo(f"{coder}: passed on {result.n_judged} codes; talk the others through")
    else:
        click.echo(f"{coder}: not passed yet; train and try again on: {', '.join(result.below)}")


def _draw(study: Study, share: float, seed: int) -> None:
    from casestudy.material import codebook, rounds, sources

    done = {source for one in rounds.read(study) if one.kind == "reliability" for source in one.sources}
    rows = [row for row in sources.rows(study) if row.source not in done and row.kind in rounds.TALK]
    drawn = rounds.draw(rows, share, seed)
    if done:
        click.echo(f"# {len(done)} sources of earlier rounds are left out")
    n_sites = len(rounds.per_site(rows, drawn))
    click.echo(f"# {len(drawn)} of {len(rows)} conversations, of {n_sites} sites; put this in {rounds.FILE}")
    click.echo("rounds:")
    click.echo("  - id: r1  # another id when there is one already")
    click.echo("    kind: reliability")
    click.echo(f"    codebook: {codebook.read(study).version}")
    click.echo("    coders: []  # who codes them, each alone")
    click.echo(f"    sources: [{', '.join(drawn)}]")
    click.echo(f"    drawn: {{seed: {seed}, share: {share:g}}}")
