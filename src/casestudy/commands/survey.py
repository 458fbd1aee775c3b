"""The survey on the terminal: what was read, and how waves were linked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from casestudy.commands.terminal import csv_option, save, show, site_option, study_argument, told

if TYPE_CHECKING:
    import pandas as pd

    from casestudy.material.survey import Responses
    from casestudy.study import Study


# Fewer respondents say nothing about an item.
N_REMARK = 10


@click.command("survey")
@study_argument
@site_option
@csv_option
def survey(study: str | None, site: str | None, csv: Path | None) -> None:
    """Show what was read of the survey: counts per file and rule, respondents per site and wave.

    Remarks follow on items that run against their scale, respondents who gave one answer to everything, and
    scales that began so high that they can hardly rise. With --csv the counts are written too.

    \b
    Example: casestudy survey voorbeeld --site es
    """
    with told(study) as found:
        from casestudy.material import frames
        from casestudy.material import survey as surveys

        if site is not None:
            found.site(site)
        read = surveys.read(found, site)
        counts = frames.counts(read.counts)
        if counts.empty and not read.responses:
            click.echo("no survey was read: survey/ holds no file that instrument.yml names")
        else:
            show(counts)
            click.echo()
            show(_respondents(found, read))
            for remark in _remarks(found, read):
                click.echo(remark)
        if csv is not None:
            save(counts, csv)


def _respondents(study: Study, read: Responses) -> pd.DataFrame:
    """Count who gave any answer, per site and wave, and how many of them can be followed."""
    import pandas as pd

    answered = {(r.site, r.wave, r.respondent) for r in read.responses if r.value is not None}
    coded = {(record.site, record.wave, record.respondent) for record in read.sgic}
    known = {who.respondent for who in read.respondents if who.link_method != "none"}
    sites = [site for site in study.site_ids if any(site == here for here, _, _ in answered)]
    rows = []
    for site in sites:
        for wave in (wave.id for wave in study.waves):
            here = {entry for entry in answered if entry[:2] == (site, wave)}
            if here:
                ids = sum(who in known for _, _, who in here)
                rows.append((site, wave, len(here), ids, len(here & coded)))
    columns = ["site", "wave", "n_respondents", "n_with_id", "n_with_code"]
    return pd.DataFrame(rows, columns=columns)


def _remarks(study: Study, read: Responses) -> Iterator[str]:
    from casestudy.findings import scales
    from casestudy.material import frames
    from casestudy.material import instrument as instruments

    items = frames.items(instruments.read(study))
    responses = frames.answers(read)
    if not (items["kind"] == "mean").any():
        return
    flagged = scales.item_rest(responses, items)
    flagged = flagged[flagged["flag"] & (flagged["n"] >= N_REMARK)]
    for row in flagged.itertuples(index=False):
        yield (
            f"`{row.item}` runs against the rest of `{row.scale}` in {row.wave} (r {row.r:.2f}, n {row.n}); "
            "look at its `reverse`"
        )
    straight = scales.straight_lining(responses, items)
    if n := int(straight["n_straight"].sum()):
        yield f"respondents with one answer to everything: {n} of {int(straight['n_respondents'].sum())}"
    tops = scales.ceiling(scales.score(responses, items), items, wave=study.comparison.before)
    if n := int(tops["limited"].sum()):
        yield (
            f"scales that stood near their top in {study.comparison.before}, over all and per site: {n} of "
            f"{len(tops)}; their change is limited by the scale"
        )


@click.command("link")
@study_argument
@click.option("--seal", is_flag=True, help="Replace the answers of the codes by a salted hash.")
@click.option(
    "--salt",
    "salt_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --seal: the file with the study's salt, outside the project; made when it is not there.",
)
@click.option("--yes", is_flag=True, help="Seal without asking.")
@csv_option
def link(study: str | None, seal: bool, salt_file: Path | None, yes: bool, csv: Path | None) -> None:
    """Show per site and pair of waves how many self-generated codes could be linked.

    With --seal the six answers of every code are replaced, in all files of survey/, by one hash that only
    whoever has the salt can make again. The links stay as they are. Codes of a later wave are sealed with the
    same salt: exactly equal ones are linked to the person, near ones no more. Copies of the files elsewhere
    keep the answers: destroy them too.

    \b
    Example: casestudy link voorbeeld
    Example: casestudy link voorbeeld --seal --salt ~/salts/voorbeeld.salt
    """
    with told(study) as found:
        from casestudy.errors import WrongUse
        from casestudy.material import sealing
        from casestudy.material import survey as surveys

        if seal != (salt_file is not None):
            raise WrongUse("--seal, --salt: they must stand together; give both or none")
        if yes and not seal:
            raise WrongUse("--yes: it must stand with --seal; leave it out")
        if seal and sealing.is_begun(found):
            with sealing.alone(found):
                _finish(found)
            return
        read = surveys.read(found)
        counts = _link_counts(found, read)
        if counts.empty:
            click.echo(
                "no file holds self-generated codes of two waves; sealed ones are linked by their hash"
            )
        if csv is not None or not counts.empty:
            show(counts, csv)
        if salt_file is not None:
            _seal(found, read, salt_file, yes=yes)


def _records(study: Study, read: Responses) -> dict[str, pd.DataFrame]:
    from casestudy.material import frames

    coded = {record.wave for record in read.sgic}
    return {wave.id: frames.sgic(read, wave.id) for wave in study.waves if wave.id in coded}


def _link_counts(study: Study, read: Responses) -> pd.DataFrame:
    from casestudy.findings import linking

    return linking.wave_link_counts(_records(study, read), fixed=["role_class"])


def _seal(study: Study, read: Responses, salt_file: Path, *, yes: bool) -> None:
    from casestudy.errors import WrongUse
    from casestudy.findings import linking
    from casestudy.material import salt, sealing
    from casestudy.material import survey as surveys

    salt.must_lie_outside(salt_file, study)
    files = sealing.files(study)
    if not files:
        click.echo("no file holds answers of self-generated codes")
        return
    is_new = not salt_file.exists()
    if is_new and sealing.was_sealed(study):
        raise WrongUse("--salt: it must be the file this study was sealed with before, found none; name it")
    if not is_new:
        sealing.must_be_the_salt(study, salt.read(salt_file, study))
    for file in files:
        gone = "" if file.copy == file.name else f" in the place of survey/{file.name}"
        click.echo(f"survey/{file.copy}: {file.n_rows} rows will be sealed{gone}")
    if is_new:
        click.echo("the salt will be made; keep it where only you can read it, and never beside the study")
    click.echo("in later waves exactly equal codes will still be linked, near ones no more")
    if not yes and not _confirmed():
        click.echo("nothing was changed")
        return
    secret = salt.make(salt_file, study) if is_new else salt.read(salt_file, study)
    pairs = linking.link_waves(_records(study, read), fixed=["role_class"])
    same = pairs[["first", "second", "method"]].itertuples(index=False, name=None)
    persons = surveys.persons_of(read, same)
    with sealing.alone(study):
        sealing.stage(study, sealing.plan(study, read, persons, secret), read, persons, secret)
        _finish(study)


def _confirmed() -> bool:
    try:
        return click.confirm("Replace the answers of the codes? This cannot be undone")
    except click.Abort:  # nobody is there to answer
        click.echo()
        return False


def _finish(study: Study) -> None:
    from casestudy.material import sealing

    for step in sealing.steps(study):
        click.echo(step)
    click.echo("sealed; destroy older copies of these files, also in backups and version control")
