"""The survey on the terminal: what was read, how waves were linked, and the forms of the instrument."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from casestudy.commands.terminal import csv_option, save, show, site_option, study_argument, told

if TYPE_CHECKING:
    import pandas as pd

    from casestudy.material.codebook import Codebook
    from casestudy.material.instrument import Instrument
    from casestudy.material.survey import Responses
    from casestudy.reporting.self_reflection.reference import Band
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


@click.command("instrument")
@study_argument
@click.option("--wave", metavar="ID", help="Forms of this wave; else of every wave that asks anything.")
@site_option
@click.option("--language", type=click.Choice(["nl", "en"]), help="Only this language.")
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write in; else `reports/<study>-forms/`.",
)
@click.option("--reference", is_flag=True, help="Show on the page where the middle half of all sites scored.")
@click.option("--keep", is_flag=True, help="Keep instrument.yml as its version, before it is changed.")
def instrument(
    study: str | None,
    wave: str | None,
    site: str | None,
    language: str | None,
    to: Path | None,
    reference: bool,
    keep: bool,
) -> None:
    """Write the forms of the instrument: a page to fill in, a paper one, and files for survey programs.

    The mapping files hold what belongs under `files` in instrument.yml once answers come in. With --reference
    the page compares with all sites together, wave by wave, where at least twenty people answered. With
    --keep nothing is written but the instrument itself, in `instruments/`, so that answers to this version can
    be read after it has changed.

    \b
    Example: casestudy instrument voorbeeld --wave T1 --language nl
    """
    with told(study) as found:
        from casestudy.errors import Gathered, WrongUse
        from casestudy.material import codebook, instrument_versions, rewrites
        from casestudy.material import instrument as instruments

        if keep:
            if wave or site or language or to or reference:
                raise WrongUse("--keep: it must stand alone; leave the other options out")
            click.echo(f"kept as {instrument_versions.keep(found)}")
            return
        if site is not None:
            found.site(site)
        one = instruments.read(found)
        if not one.scales:
            raise WrongUse(f"{instruments.FILE}: it must hold scales, found none; add them first")
        if language is not None:
            found = found.model_copy(update={"languages": (language,)})
        waves = [wave] if wave else [known.id for known in found.waves]
        waves = [wave for wave in waves if one.asked(wave, found) or one.open_items(wave, found)]
        folder = to if to is not None else found.reports / f"{found.name}-forms"
        refused, codes = Gathered(), codebook.read(found)
        bands = tuple(_bands(found, one)) if reference else ()
        for band in bands:
            if band.reason is not None:
                click.echo(f"no reference for {band.scale} in {band.wave}: {WHY_NO_BAND[band.reason]}")
        for order in (Order(found, one, codes, wave, site, bands) for wave in waves):
            for write in FORMS:
                for name, data in (refused.gather(partial(write, order)) or {}).items():
                    rewrites.write_whole(folder / name, data)
                    click.echo(f"{folder.name}/{name}")
        refused.stop()


WHY_NO_BAND = {"few": "too few answered", "one_site": "hardly anybody from more than one site answered"}


def _bands(study: Study, instrument: Instrument) -> Iterator[Band]:
    """Give where the middle half of all sites scored, for every mean scale in every wave it was asked in."""
    from casestudy.findings import scales
    from casestudy.material import frames
    from casestudy.material import survey as surveys
    from casestudy.reporting.self_reflection.reference import band

    share = study.thresholds.survey.min_answered_share
    answers = frames.answers(surveys.read(study))
    scores = scales.score(answers, frames.items(instrument), min_answered_share=share)
    for wave in (wave.id for wave in study.waves):
        for scale in instrument.asked(wave, study):
            if scale.kind == "mean" and (scores["wave"] == wave).any():
                yield band(scores, scale=scale.id, wave=wave)


class Order(NamedTuple):
    """Which forms are wanted: of which wave, for one site or all; the study says in which languages."""

    study: Study
    instrument: Instrument
    codebook: Codebook
    wave: str
    site: str | None
    bands: tuple[Band, ...] = ()

    def name(self, kind: str, ending: str) -> str:
        """Name a file of one kind of form."""
        return "-".join([kind, self.wave, *([self.site] if self.site else [])]) + ending


Files = dict[str, bytes]


def _page(order: Order) -> Files:
    from casestudy.reporting.self_reflection import form, page

    if order.wave not in form.waves(order.study, order.instrument):
        return {}  # what looks back is asked on the page of the wave before it
    asked = {"wave": order.wave, "site": order.site}
    html = page.html(order.study, order.instrument, order.codebook, **asked, reference=order.bands)
    return {order.name("page", ".html"): html.encode()}


def _paper(order: Order) -> Files:
    from casestudy.reporting.self_reflection import form, paper

    if order.wave not in form.waves(order.study, order.instrument):
        return {}
    files = {}
    for language in order.study.languages:
        html = paper.html(order.study, order.instrument, order.codebook, wave=order.wave, language=language)
        files[f"paper-{order.wave}-{language}.html"] = html.encode()
    return files


def _xlsform(order: Order) -> Files:
    from casestudy.exchange import form, xlsform

    one = form.of(order.study, order.instrument, order.codebook, wave=order.wave, site=order.site)
    mapping = form.pasted(xlsform.mapping(one, order.name("xlsform", ".csv")))
    return {
        order.name("xlsform", ".xlsx"): xlsform.workbook(one),
        order.name("xlsform", "-mapping.yml"): mapping.encode(),
    }


def _limesurvey(order: Order) -> Files:
    from casestudy.exchange import form, limesurvey

    one = form.of(order.study, order.instrument, order.codebook, wave=order.wave, site=order.site)
    mapping = form.pasted(limesurvey.mapping(one, order.name("limesurvey", ".csv")))
    return {
        order.name("limesurvey", ".txt"): limesurvey.structure(one).encode(limesurvey.ENCODING),
        order.name("limesurvey", "-mapping.yml"): mapping.encode(),
    }


# Every kind of form that `casestudy instrument` writes: the bytes of its files by name.
FORMS: tuple[Callable[[Order], Files], ...] = (_page, _paper, _xlsform, _limesurvey)
