"""What the questionnaire says of use: how often skills are used, and what contributed."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.reporting import disclosure, markup, names, released
from casestudy.reporting.disclosure import Limits, Proportion
from casestudy.reporting.markup import Cell, Column
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL, Released
from casestudy.reporting.tables.change import hidden_notes
from casestudy.study import Audience, Study

GRADES = {"three": "●●●", "two": "●●", "one": "●", "asked": "○", "hindered": "⚠"}
NOT_OFFERED = "×"


def shown_practice(practice: pd.DataFrame, study: Study, site: str | None, limits: Limits) -> Released:
    """Give the use of skills an audience may see: one site, or all sites together and apart."""
    return released.practice(practice, limits, units=[ALL, *study.site_ids] if site is None else [site])


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
        if view.frame.empty or not practice["n_applicable"].astype(float).gt(0).any():
            return Rendering(markup.absent(labels["absent.no_practice"]))
        if (view.frame["form"] == "hidden").all():
            return Rendering(markup.absent(labels["absent.too_few"]), None, view.withheld)
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
    return [said, percent_range(row, labels), labels.number(row.n_of), _skipped(row, labels)]


def _practice_cell(row: Any, labels: Labels) -> str | Cell:
    said = names.proportion(view_of(row), labels)
    if row.form == "percent":
        return labels.say("practice.with_n", share=said, n=labels.number(row.n_of))
    return said if row.form == "of" else markup.withheld(said)


def percent_range(row: Any, labels: Labels) -> str:
    """Give the interval of a share as two whole percentages."""
    return labels.say("from_to", lo=labels.percent(row.lo), hi=labels.percent(row.hi))


def _skipped(row: Any, labels: Labels) -> str | Cell:
    if math.isnan(row.skipped_low):
        return markup.withheld("–")
    return names.band(row.skipped_low, row.skipped_high, labels)


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
        if view.frame["grade"].isin(["hidden", "not_offered"]).all():
            reason = "absent.too_few" if attribution["n_users"].gt(0).any() else "absent.no_attribution"
            return Rendering(markup.absent(labels[reason]), None, view.withheld)
        html = attribution_table(id, view, codebook, labels)
        html += grade_key(view.frame, labels) + markup.note(
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


def grade_key(view: pd.DataFrame, labels: Labels, *, drawn: bool = False) -> Markup:
    """Tell what the signs of the contributions mean.

    Parameters
    ----------
    view
        Rows of released contributions.
    drawn
        Whether the key is of a drawing, which has a sign where the table has words.
    """
    signs = [(sign, labels[f"grade.{word}"]) for word, sign in GRADES.items()]
    signs += [("–", labels["withheld"])] if (view["grade"] == "hidden").any() else []
    apart = drawn and (view["grade"] == "not_offered").any()
    return markup.key([*signs, (NOT_OFFERED, labels["attribution.not_offered"])] if apart else signs)


def attribution_numbers(view: Released, codebook: Codebook) -> pd.DataFrame:
    """Give the released contributions as programs read them."""
    return names.labelled(names.labelled(view.frame, "component", codebook), "skill", codebook)
