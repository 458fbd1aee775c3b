"""What the questionnaire says: change, use of skills, contributions, and how reliable the scales are."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.material.instrument import Instrument
from casestudy.reporting import disclosure, markup, names, released
from casestudy.reporting.disclosure import Limits, Proportion
from casestudy.reporting.markup import Cell, Column, Row, Text
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL, Released
from casestudy.study import Audience, Study

GRADES = {"three": "●●●", "two": "●●", "one": "●", "asked": "○", "hindered": "⚠"}


def shown_change(change: pd.DataFrame, study: Study, site: str | None, limits: Limits) -> Released:
    """Give the change an audience may see: one site, or all sites together and apart."""
    sites = study.site_ids if site is None else [site]
    return released.change(change, limits, sites=sites, together=site is None)


def shown_practice(practice: pd.DataFrame, study: Study, site: str | None, limits: Limits) -> Released:
    """Give the use of skills an audience may see: one site, or all sites together and apart."""
    return released.practice(practice, limits, units=[ALL, *study.site_ids] if site is None else [site])


def change(
    change: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    id: str = "change",  # noqa: A002
) -> Part:
    """Mean before and after, difference and interval per scale.

    Parameters
    ----------
    change
        The change frame.
    site
        One site, or nothing for all sites together and apart.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_change(change, study, site, limits)
        if (view.frame["state"] == "absent").all():
            return Rendering(markup.absent(labels["absent.no_comparison"]))
        html = change_table(id, view, study, instrument, labels, one_site=site is not None)
        html += markup.note(*change_notes(view, labels, limits))
        return Rendering(html, names.named(view.frame, study), view.withheld)

    return Part(id, "table", draw)


def change_table(
    id: str,  # noqa: A002
    view: Released,
    study: Study,
    instrument: Instrument,
    labels: Labels,
    *,
    one_site: bool,
) -> Markup:
    """Write released change as a table; one site by scale, several sites grouped by scale."""
    before = names.wave(study, study.comparison.before, labels)
    after = names.wave(study, study.comparison.after, labels)
    titles = [before, after, labels["change.difference"], labels["change.interval"], labels["change.n"]]
    first = labels["scale"] if one_site else labels[f"site_word.{study.site_word}"]
    columns = [
        Column(first),
        *(Column(title, numbers=True) for title in titles),
        Column(labels["change.state"]),
    ]
    caption = labels.say("change.caption", before=before, after=after)
    groups: dict[str, list[Row]] = {}
    for row in view.frame.itertuples(index=False):
        scale = names.scale(instrument, row.scale, labels)
        head = scale if one_site else names.site(study, row.site, labels)
        groups.setdefault(scale, []).append([head, *change_cells(row, labels)])
    if one_site:
        return markup.table(id, caption, columns, [row for rows in groups.values() for row in rows])
    return markup.table(id, caption, columns, list(groups.items()), grouped=True)


def change_cells(row: Any, labels: Labels) -> list[Text | Cell]:
    """Give the cells of one row of change: two means, difference, interval, people, and what it says."""
    if row.state in ("hidden", "absent"):
        reason = labels["withheld"] if row.state == "hidden" else labels["not_measured"]
        return [*[markup.withheld("–")] * 5, markup.withheld(reason)]
    tested = not math.isnan(row.lo)
    return [
        labels.number(row.m_before, 1),
        labels.number(row.m_after, 1),
        labels.signed(row.diff, 1),
        names.interval(row.lo, row.hi, labels) if tested else markup.withheld("–"),
        people(row, labels),
        labels[f"state.{row.state}"],
    ]


def people(row: Any, labels: Labels) -> str:
    """How many people a change rests on: those who answered twice, or two separate groups."""
    if math.isnan(row.n):
        before, after = labels.number(row.n_before), labels.number(row.n_after)
        return labels.say("change.two_groups", before=before, after=after)
    return labels.number(row.n)


def change_notes(view: Released, labels: Labels, limits: Limits) -> list[str]:
    """Tell what a reader must know to read a table of change."""
    shown = view.frame[~view.frame["state"].isin(["hidden", "absent"])]
    said = [labels["change.note_rounding"], labels["change.note_control"]]
    if (shown["method"] == "welch").any():
        said.append(labels["change.note_unlinked"])
    if (shown["state"] == "described").any():
        said.append(labels.say("change.note_described", minimum=labels.number(limits.tested)))
    return [*said, *hidden_notes(view, labels, limits)]


def hidden_notes(view: Released, labels: Labels, limits: Limits) -> list[str]:
    """Why values are missing, and that counts are rounded, where that is so."""
    said = [labels.say("note.hidden", minimum=labels.number(limits.minimum))] if view.withheld else []
    return [*said, labels["note.rounded"]] if limits.base > 1 else said


def practice(
    practice: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    site: str | None = None,
    id: str = "practice",  # noqa: A002
) -> Part:
    """Which share of professionals uses each skill often or always.

    Parameters
    ----------
    practice
        The practice frame.
    site
        One site, or nothing for all sites together and apart.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_practice(practice, study, site, limits)
        if view.frame.empty:
            return Rendering(markup.absent(labels["absent.no_practice"]))
        html = practice_table(id, view, study, codebook, labels, one_site=site is not None)
        html += markup.note(labels["practice.note"], *hidden_notes(view, labels, limits))
        return Rendering(html, practice_numbers(view, study, codebook), view.withheld)

    return Part(id, "table", draw)


def practice_table(
    id: str,  # noqa: A002
    view: Released,
    study: Study,
    codebook: Codebook,
    labels: Labels,
    *,
    one_site: bool,
) -> Markup:
    """Write the released use of skills: one site with its interval, several sites as columns."""
    rows = list(view.frame.itertuples(index=False))
    if one_site:
        titles = ("practice.share", "practice.interval", "practice.n", "practice.not_applicable")
        columns = [Column(labels["skill"]), *(Column(labels[title], numbers=True) for title in titles)]
        body = [[names.code(codebook, row.skill, labels), *_practice_cells(row, labels)] for row in rows]
        return markup.table(id, labels["practice.caption"], columns, body)
    units = list(dict.fromkeys(row.unit for row in rows))
    cells = {(row.skill, row.unit): _practice_cell(row, labels) for row in rows}
    columns = [
        Column(labels["skill"]),
        *(Column(names.site(study, unit, labels), numbers=True) for unit in units),
    ]
    body = [
        [
            names.code(codebook, skill, labels),
            *(cells.get((skill, unit), markup.withheld("–")) for unit in units),
        ]
        for skill in dict.fromkeys(row.skill for row in rows)
    ]
    return markup.table(id, labels["practice.caption"], columns, body, css="matrix")


def view_of(row: Any) -> Proportion:
    """Give a row of released use of skills as the proportion it came from."""
    return Proportion(row.form, row.share, row.n, row.n_of, row.word)


def _practice_cells(row: Any, labels: Labels) -> list[str | Cell]:
    said = names.proportion(view_of(row), labels)
    if math.isnan(row.share):
        return [markup.withheld(said), *[markup.withheld("–")] * 3]
    return [said, percent_range(row, labels), labels.number(row.n_of), _or_dash(row.n_not_applicable, labels)]


def _practice_cell(row: Any, labels: Labels) -> str | Cell:
    said = names.proportion(view_of(row), labels)
    if row.form == "percent":
        return labels.say("practice.with_n", share=said, n=labels.number(row.n_of))
    return said if row.form == "of" else markup.withheld(said)


def percent_range(row: Any, labels: Labels) -> str:
    """Give the interval of a share as two whole percentages."""
    return labels.say("from_to", lo=labels.percent(row.lo), hi=labels.percent(row.hi))


def _or_dash(n: float, labels: Labels) -> str | Cell:
    return markup.withheld("–") if math.isnan(n) else labels.number(n)


def practice_numbers(view: Released, study: Study, codebook: Codebook) -> pd.DataFrame:
    """Give the released numbers of the use of skills as programs read them."""
    return names.labelled(names.named(view.frame, study, "unit"), "skill", codebook)


def attribution(
    attribution: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    site: str | None = None,
    id: str = "attribution",  # noqa: A002
) -> Part:
    """Which parts of the training contributed to which skill, as professionals see it.

    Parameters
    ----------
    attribution
        The attribution frame.
    site
        One site, or nothing for all sites together.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = released.attribution(attribution, limits, unit=site or ALL)
        if view.frame.empty or not _was_asked(attribution):
            return Rendering(markup.absent(labels["absent.no_attribution"]))
        html = attribution_table(id, view, codebook, labels)
        html += grade_key(view, labels) + markup.note(
            labels["attribution.note"], *hidden_notes(view, labels, limits)
        )
        return Rendering(html, attribution_numbers(view, codebook), view.withheld)

    return Part(id, "table", draw)


def _was_asked(attribution: pd.DataFrame) -> bool:
    """Tell whether anybody ticked a component or spoke of one."""
    counts = attribution[["n_users", "n_src_helped", "n_src_hindered"]]
    return bool(counts.fillna(0).to_numpy().sum() > 0)


def attribution_table(id: str, view: Released, codebook: Codebook, labels: Labels) -> Markup:  # noqa: A002
    """Write released contributions: components as rows, skills as columns, each cell its grade and share."""
    skills = list(dict.fromkeys(view.frame["skill"]))
    cells = {(row.skill, row.component): row for row in view.frame.itertuples(index=False)}
    columns = [
        Column(labels["component"]),
        *(Column(names.code(codebook, skill, labels)) for skill in skills),
    ]
    rows = [
        [
            names.code(codebook, component, labels),
            *(_grade_cell(cells.get((skill, component)), labels) for skill in skills),
        ]
        for component in dict.fromkeys(view.frame["component"])
    ]
    return markup.table(id, labels["attribution.caption"], columns, rows, css="matrix")


def _grade_cell(row: Any, labels: Labels) -> str | Cell:
    if row is None or row.grade not in GRADES:
        reason = "not_offered" if row is None or row.grade == "not_offered" else "hidden"
        return markup.withheld(labels[f"attribution.{reason}"])
    share = "" if math.isnan(row.share) else names.proportion(view_of_share(row), labels)
    return Cell(f"{sign_of(row)} {share}".strip(), f"grade grade-{row.grade}")


def sign_of(row: Any) -> str:
    """Give the sign of a grade, with the warning when it hindered as often."""
    return GRADES[row.grade] + (GRADES["hindered"] if row.warn else "")


def view_of_share(row: Any) -> Proportion:
    """Give a row of released contributions as the proportion it came from."""
    return Proportion(row.form, row.share, row.n, row.n_of)


def grade_key(view: Released, labels: Labels) -> Markup:
    """Tell what the signs of the contributions mean."""
    signs = [(sign, labels[f"grade.{word}"]) for word, sign in GRADES.items()]
    return markup.key(
        [*signs, ("–", labels["withheld"])] if (view.frame["grade"] == "hidden").any() else signs
    )


def attribution_numbers(view: Released, codebook: Codebook) -> pd.DataFrame:
    """Give the released contributions as programs read them."""
    return names.labelled(names.labelled(view.frame, "component", codebook), "skill", codebook)


def reliability(
    reliability: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    id: str = "reliability",  # noqa: A002
) -> Part:
    """Cronbach's alpha per scale and wave.

    Parameters
    ----------
    reliability
        One row per scale and wave: scale wave alpha lo hi n n_items, as
        ``findings.scales.reliability`` gives it.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        shown = reliability[[limits.shows(n) for n in reliability["n"]]]
        if shown.empty:
            return Rendering(markup.absent(labels["absent.no_survey"]))
        order = [scale.id for scale in instrument.scales] + [wave.id for wave in study.waves]
        shown = shown.sort_values(["scale", "wave"], key=lambda ids: ids.map(order.index))
        columns = [Column(labels["scale"]), Column(labels["wave"])]
        columns += [
            Column(labels[f"reliability.{name}"], numbers=True)
            for name in ("alpha", "interval", "items", "n")
        ]
        rows = [
            [
                names.scale(instrument, row.scale, labels),
                names.wave(study, row.wave, labels),
                _indicative(row, labels, study.thresholds.survey.n_reliability),
                _two_decimals_range(row, labels),
                labels.number(row.n_items),
                labels.number(limits.count(row.n)),
            ]
            for row in shown.itertuples(index=False)
        ]
        html = markup.table(id, labels["reliability.caption"], columns, rows)
        html += markup.note(
            labels.say("reliability.note", n=labels.number(study.thresholds.survey.n_reliability))
        )
        rounded = shown.assign(
            n=[limits.count(n) for n in shown["n"]], **{c: shown[c].round(2) for c in ("alpha", "lo", "hi")}
        )
        hidden = reliability.drop(index=shown.index).itertuples(index=False)
        withheld = tuple(disclosure.Withheld("few_people", f"{row.scale} x {row.wave}") for row in hidden)
        return Rendering(html, rounded[["scale", "wave", "alpha", "lo", "hi", "n", "n_items"]], withheld)

    return Part(id, "table", draw)


def _two_decimals_range(row: Any, labels: Labels) -> str:
    if math.isnan(row.lo):
        return "–"
    return labels.say("from_to", lo=labels.number(row.lo, 2), hi=labels.number(row.hi, 2))


def _indicative(row: Any, labels: Labels, enough: int) -> Markup | str:
    """Write alpha, marked when it rests on few; a dash where it is not defined."""
    if math.isnan(row.alpha):
        return "–"
    value = labels.number(row.alpha, 2)
    return (
        Markup("{} {}").format(value, markup.badge(labels["reliability.indicative"]))
        if row.n < enough
        else value
    )
