"""The forms of the instrument on the terminal: a page, a paper one, and files for survey programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from casestudy.commands.terminal import study_argument, told

if TYPE_CHECKING:
    from casestudy.material.codebook import Codebook
    from casestudy.material.instrument import Instrument
    from casestudy.reporting.self_reflection.reference import Band
    from casestudy.study import Study


# Under survey/, a folder per site: what people saved on the page and handed in.
HANDED_IN = "self-reflections"
WHY_NO_BAND = {"few": "too few answered", "one_site": "hardly anybody from more than one site answered"}


@click.command("instrument")
@study_argument
@click.option("--wave", metavar="ID", help="Forms of this wave; else of every wave that asks anything.")
@click.option("--site", metavar="ID", help="Forms for this site; else for all sites.")
@click.option("--language", type=click.Choice(["nl", "en"]), help="Only this language.")
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write in; else `reports/<study>-forms/`.",
)
@click.option("--reference", is_flag=True, help="Show on the page where the middle half of all sites scored.")
@click.option("--keep", is_flag=True, help="Keep instrument.yml as its version, before it is changed.")
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Write instrument.yml from a LimeSurvey structure (lss, lsg, txt, tsv); never over another.",
)
def instrument(
    study: str | None,
    wave: str | None,
    site: str | None,
    language: str | None,
    to: Path | None,
    reference: bool,
    keep: bool,
    source: Path | None,
) -> None:
    """Write the forms of the instrument, and how their answers are read.

    \b
    page-*.html       open in any browser, also offline; people hand in the file it saves
    paper-*.html      open in a browser and print on A4
    typing-*.csv      columns for typing in the paper ones
    xlsform-*.xlsx    for KoboToolbox and ODK
    limesurvey-*.txt  for LimeSurvey: create a survey, import, choose this file
    *mapping*.yml     put the block of the form you use under `files` in instrument.yml,
                      and the answers in survey/

    With --reference the page compares with all sites together, in each wave where at least twenty people
    answered. A comparison that was given before changes only once five more answered, so that two pages never
    tell what one person said.

    With --keep no form is written, but the instrument itself is kept in `instruments/`, so that answers to
    this version can be read after it has changed. With --from a questionnaire that stands in LimeSurvey
    becomes an instrument to go on with.

    \b
    Example: casestudy instrument voorbeeld --wave T1 --language nl
    """
    with told(study) as found:
        from casestudy.errors import Gathered, WrongUse
        from casestudy.material import codebook, instrument_versions, rewrites
        from casestudy.material import instrument as instruments

        if source is not None:
            if wave or site or language or to or reference or keep:
                raise WrongUse("--from: it must stand alone; leave the other options out")
            _take_over(found, source)
            return
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
        bands = _bands(found, one) if reference else None
        if language is not None:
            found = found.model_copy(update={"languages": (language,)})
        waves = [wave] if wave else [known.id for known in found.waves]
        waves = [wave for wave in waves if one.asked(wave, found) or one.open_items(wave, found)]
        folder = to if to is not None else found.reports / f"{found.name}-forms"
        refused, codes, written = Gathered(), codebook.read(found), dict[str, bytes]()
        for order in (Order(found, one, codes, wave, site, bands) for wave in waves):
            for write in FORMS:
                written |= refused.gather(partial(write, order)) or {}
        for name, data in written.items():
            rewrites.write_whole(folder / name, data)
            click.echo(f"{folder.name}/{name}")
        refused.stop()


def _take_over(study: Study, source: Path) -> None:
    """Write instrument.yml from the structure of a questionnaire, and say what is still to be done."""
    from casestudy.errors import WrongUse
    from casestudy.exchange import limesurvey_structure
    from casestudy.material import instrument as instruments
    from casestudy.material import rewrites

    if (study.folder / instruments.FILE).exists():
        raise WrongUse(
            f"--from: the study must have no {instruments.FILE} yet, found one; move it away first"
        )
    with source.open("rb") as opened:
        data = opened.read(limesurvey_structure.MOST_BYTES + 1)
    structure = limesurvey_structure.read(data, source.name)
    text = limesurvey_structure.instrument(structure, "questionnaire")
    rewrites.write_whole(study.folder / instruments.FILE, text.encode())
    click.echo(f"{instruments.FILE}: {len(structure.questions)} questions of {source.name} were read")
    for code in limesurvey_structure.skipped(structure):
        click.echo(f"left out, as it is no question with answers to choose from: {code}")
    click.echo("now name the scales, take out what is none, and mark reversed items; then `casestudy check`")


def _bands(study: Study, instrument: Instrument) -> tuple[Band, ...]:
    """Give what the page tells of others, remember it, and say on the terminal what it does not tell."""
    from casestudy.reporting.self_reflection import references

    now = tuple(_bands_of_now(study, instrument))
    bands = references.renewed(study, instrument, now)
    for band, told_ in zip(now, bands, strict=True):
        if band.reason is not None:
            click.echo(f"no reference for {band.scale} in {band.wave}: {WHY_NO_BAND[band.reason]}")
        elif (band.low, band.high) != (told_.low, told_.high):
            click.echo(f"the reference for {band.scale} in {band.wave} stays: fewer than five joined since")
    return bands


def _bands_of_now(study: Study, instrument: Instrument) -> Iterator[Band]:
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
    bands: tuple[Band, ...] | None = None

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
    return {order.name("page", ".html"): html.encode(), **_page_mapping(order)}


def _page_mapping(order: Order) -> Files:
    """Say how handed in files are read: one block for all waves, for each file says its own."""
    from casestudy.exchange import form

    sites = [order.site] if order.site else order.study.site_ids
    blocks = [
        form.pasted({"file": f"{HANDED_IN}/{site}/*.json", "program": "self-reflection", "site": site})
        for site in sites
    ]
    told_ = [
        f"put every file that was handed in under survey/{HANDED_IN}/, in the folder of its site",
        "give each a name of its own there: all of them arrive under the same",
    ]
    name = f"page-mapping-{order.site}.yml" if order.site else "page-mapping.yml"
    return {name: (_remarks(told_) + "".join(blocks)).encode()}


def _remarks(lines: list[str]) -> str:
    return "".join(f"# {line}\n" for line in lines)


def _paper(order: Order) -> Files:
    from casestudy.reporting.self_reflection import form, paper

    if order.wave not in form.waves(order.study, order.instrument):
        return {}
    files = {}
    for language in order.study.languages:
        html = paper.html(order.study, order.instrument, order.codebook, wave=order.wave, language=language)
        files[f"paper-{order.wave}-{language}.html"] = html.encode()
    return files


def _typing(order: Order) -> Files:
    from casestudy.exchange import form, typing_sheet

    one = form.of(order.study, order.instrument, order.codebook, wave=order.wave, site=order.site)
    name = order.name("typing", ".csv")
    remarks = list(typing_sheet.rules(one, order.study.languages[0]))
    mapping = form.pasted(typing_sheet.mapping(one, name, wave=order.wave))
    return {
        name: typing_sheet.sheet(one).encode(typing_sheet.ENCODING),
        order.name("typing", "-mapping.yml"): (_remarks(remarks) + mapping).encode(),
    }


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
FORMS: tuple[Callable[[Order], Files], ...] = (_page, _paper, _typing, _xlsform, _limesurvey)
