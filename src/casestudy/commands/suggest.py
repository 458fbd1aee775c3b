"""What the dictionary or a model suggests, how far that can be trusted, and what to read next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from casestudy.commands.terminal import csv_option, show, site_option, study_argument, told
from casestudy.errors import WrongUse

if TYPE_CHECKING:
    import pandas as pd

    from casestudy.material.codebook import Codebook
    from casestudy.study import Study

INSTALL = 'scikit-learn is not there; install it with `pip install "casestudy[suggest]"`'
LIKELY = 0.5  # a model suggests a code from this probability on
SHOWN = ["precision", "precision_lo", "precision_hi", "recall", "recall_lo", "recall_hi", "kappa"]


@dataclass(frozen=True, slots=True)
class _Material:
    said: pd.DataFrame  # sentences of participants
    codings: pd.DataFrame
    evidence: pd.DataFrame  # the codings that people confirmed
    sources: pd.DataFrame


@click.command()
@study_argument
@site_option
@click.option("--by", type=click.Choice(["dictionary", "model"]), default="dictionary", help="What suggests.")
@click.option(
    "--code", "codes", metavar="CODE", multiple=True, help="Only this code; may be given more often."
)
@click.option(
    "--batch", metavar="N", type=click.IntRange(1), help="Give the N sentences to read next instead."
)
@click.option("--seed", metavar="S", type=click.IntRange(0), help="Of the draw of a batch; else the study's.")
@click.option(
    "--read",
    "read",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A batch that people have read: what is drawn at random in it is used to judge suggestions.",
)
@csv_option
def suggest(
    study: str | None,
    site: str | None,
    by: Literal["dictionary", "model"],
    codes: tuple[str, ...],
    batch: int | None,
    seed: int | None,
    read: tuple[Path, ...],
    csv: Path | None,
) -> None:
    """Show what would be suggested per code, and how well that agrees with people.

    A suggestion says that a topic is named, never whether it helps or hinders, and nothing becomes a coding
    by this command. Precision and recall come only from what was drawn at random and read by people: the
    sources of a reliability round, and the part of a batch that is flagged `eval`. Read the sentences of a
    batch one by one; look in those flagged `eval` for every code, also the ones that are not named there.

    \b
    Example: casestudy suggest voorbeeld --site linde
    Example: casestudy suggest voorbeeld --batch 40 --seed 1 --csv batch-1.csv
    """
    with told(study) as found:
        from casestudy.material import codebook

        book = codebook.read(found)
        wanted = _wanted(book, codes)
        if site is not None and site not in {one.id for one in found.sites}:
            raise WrongUse(f"--site: must be the id of a site of the study, found `{site}`")
        material = _material(found)
        seen = _read(read)
        estimates: pd.DataFrame | None = None
        if by == "model":
            estimates = _learned(material, wanted, found.seed)
            suggested = estimates[estimates["p"] >= LIKELY].reset_index(drop=True)
        else:
            suggested = _found(book, material, wanted)
        if batch is None:
            table = _judged(found, material, suggested, wanted, site, seen)
            show(table if csv is not None else table[table["n_suggestions"] > 0], csv)
            click.echo("precision, recall and kappa: on what was drawn at random and read by people only")
        else:
            units = _unread(material, suggested if estimates is None else estimates, site, seen)
            show(_batch(material, units, batch, found.seed if seed is None else seed), csv)


def _wanted(book: Codebook, codes: tuple[str, ...]) -> list[str]:
    from casestudy.documents import nearest

    active = [code.id for code in book.codes if code.active]
    for code in codes:
        if code not in active:
            raise WrongUse(
                f"--code: must be an active code of codebook.yml, found `{code}`; {nearest(code, active)}"
            )
    return [code for code in active if not codes or code in codes]


def _material(study: Study) -> _Material:
    from casestudy.findings import counts
    from casestudy.material import frames

    codings, sentences = frames.codings(study), frames.sentences(study)
    said = sentences.loc[~sentences["is_interviewer"].astype(bool)].reset_index(drop=True)
    evidence = counts.confirmed(codings, codings[["source"]].drop_duplicates())
    return _Material(said, codings, evidence, frames.sources(study))


def _found(book: Codebook, material: _Material, wanted: list[str]) -> pd.DataFrame:
    from casestudy.findings import suggestions

    own = [code for code in book.codes if code.id in wanted]
    patterns = {code.id: code.patterns for code in own if code.patterns}
    terms = {code.id: code.terms for code in own if code.terms}
    found = suggestions.suggest(material.said, patterns, terms)
    for code in found.timed_out:
        click.echo(f"{code}: a pattern takes too long, so nothing is suggested; make it simpler", err=True)
    return found.table


def _learned(material: _Material, wanted: list[str], seed: int) -> pd.DataFrame:
    try:
        from casestudy.findings import learning
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "sklearn":
            raise
        raise WrongUse(INSTALL) from None
    learned = learning.learn(material.said, material.codings, codes=wanted, seed=seed)
    if learned.few:
        click.echo(f"too few examples to learn: {', '.join(learned.few)}", err=True)
    return learned.table


def _read(files: tuple[Path, ...]) -> pd.DataFrame | None:
    """Batches that people have read, one below the other."""
    import pandas as pd

    from casestudy.findings.worklist import COLUMNS

    kinds = {"source": "str", "code": "str", "start": "int64", "end": "int64", "eval": "bool"}
    parts = []
    for path in files:
        try:
            parts.append(pd.read_csv(path, dtype=kinds))
        except (ValueError, OSError):
            raise WrongUse(f"--read: {path.name} must be a batch as --batch wrote it") from None
        if list(parts[-1].columns) != COLUMNS:
            raise WrongUse(f"--read: {path.name} must have the columns {', '.join(COLUMNS)}")
    return pd.concat(parts, ignore_index=True) if parts else None


def _judged(
    study: Study,
    material: _Material,
    suggested: pd.DataFrame,
    wanted: list[str],
    site: str | None,
    seen: pd.DataFrame | None,
) -> pd.DataFrame:
    """Suggestions per code, beside how well those of the whole study agree with people."""
    from casestudy.findings import audit, evaluation

    frame = evaluation.random_frame(material.codings, seen)
    units = evaluation.units(material.said, material.codings, suggested, codes=wanted, frame=frame)
    rule = study.thresholds.machine
    judged = evaluation.evaluate(units, seed=study.seed, **rule.model_dump())
    about = material.sources
    dated = units.assign(period=units["source"].map(about.set_index("source")["date"]))
    followed = audit.drift(dated.dropna(subset="period"), min_precision_lo=rule.min_precision_lo)
    below = followed[followed["below"]].drop_duplicates("code", keep="last").set_index("code")["period"]
    here = about if site is None else about[about["site"] == site]
    table = _counted(material, suggested[suggested["source"].isin(here["source"])], wanted)
    table = table.merge(judged[["code", *SHOWN, "gate", "note"]], how="left", on="code")
    return table.assign(gate=table["gate"].fillna("off"), below_since=table["code"].map(below))


def _counted(material: _Material, suggested: pd.DataFrame, wanted: list[str]) -> pd.DataFrame:
    """Suggestions and sources per code, and which share of the suggestions people have confirmed already."""
    import pandas as pd

    from casestudy.findings import evaluation

    held = evaluation.covered(material.said, material.evidence)
    place = material.said[["source", "sentence"]].iloc[held["unit"]].reset_index(drop=True)
    keys = ["source", "sentence", "code"]
    known = pd.MultiIndex.from_frame(place.assign(code=held["code"])[keys])
    is_known = pd.MultiIndex.from_frame(suggested[keys]).isin(known)
    by_code = suggested.assign(known=is_known.astype(float)).groupby("code")
    table = pd.DataFrame({"code": pd.Series(wanted, dtype="str")})
    table["n_suggestions"] = table["code"].map(by_code.size()).fillna(0).astype(int)
    table["n_sources"] = table["code"].map(by_code["source"].nunique()).fillna(0).astype(int)
    return table.assign(share_confirmed=table["code"].map(by_code["known"].mean()))


def _unread(
    material: _Material, suggested: pd.DataFrame, site: str | None, seen: pd.DataFrame | None
) -> pd.DataFrame:
    """Sentences that nobody read yet, each with every code that may be there."""
    import pandas as pd

    about = material.sources if site is None else material.sources[material.sources["site"] == site]
    part_read = set() if seen is None else set(seen["source"])
    whole_read = set(material.evidence["source"]) - part_read
    said = material.said.merge(about[["source", "site"]], on="source")
    said = said.loc[~said["source"].isin(whole_read), ["source", "sentence", "site", "start", "end"]]
    if seen is not None:
        place = ["source", "start", "end"]
        said = said[~pd.MultiIndex.from_frame(said[place]).isin(pd.MultiIndex.from_frame(seen[place]))]
    if said.empty:
        raise WrongUse("a batch needs sentences that nobody read yet; there are none here")
    # A dictionary finds or finds not: how probable the code is then, nobody knows.
    estimates = suggested if "p" in suggested else suggested.assign(p=float("nan"))
    columns = ["source", "sentence", "code", "p"]
    units = said.merge(estimates[columns], how="left", on=["source", "sentence"])
    return units.assign(p=units["p"].mask(units["code"].isna(), 0.0))


def _batch(material: _Material, units: pd.DataFrame, n: int, seed: int) -> pd.DataFrame:
    from casestudy.findings import worklist

    positives = material.evidence.groupby("code").size()
    coded = material.sources[material.sources["source"].isin(material.evidence["source"])]
    known = {"positives": positives, "coded_sources": coded.groupby("site")["source"].nunique()}
    return worklist.batch(worklist.leading(units, **known), n=n, seed=seed, **known)
