"""Every problem in a study's material, at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from casestudy.documents import nearest
from casestudy.errors import Gathered, Problem, place
from casestudy.material import (
    codebook,
    codings,
    decisions,
    folders,
    guide,
    instrument,
    people,
    ratings,
    sources,
    survey,
)
from casestudy.material.decisions import Fit, MetaInference
from casestudy.material.guide import Guide, line_of
from casestudy.material.instrument import Instrument
from casestudy.material.sources import SourceRow
from casestudy.study import Study


def problems(study: Study) -> list[Problem]:
    """Read everything in a study's folder and gather what must be mended.

    A part that is not there yet is no problem: reports say that there are no codings or no survey. A
    codebook there must be, and a file that another one refers to.

    Returns
    -------
    list of Problem
        Each once, ordered by file; empty when the material can be used as it is.
    """
    found = Gathered()
    found.gather(partial(codebook.read, study))
    rows = _material(study, found)
    found.gather(partial(ratings.read, study))
    found.gather(partial(ratings.settled, study))
    decided = found.gather(partial(decisions.numbered, study))
    topics = found.gather(partial(guide.read, study))
    asked = found.gather(partial(instrument.read, study))
    if asked is not None:
        found.gather(partial(survey.read, study))
    if topics is not None:
        found.extend(_guide_problems(study, topics, rows))
        found.extend(_row_problems(topics, decided or ()))
    if topics is not None and asked is not None:
        found.extend(_measure_problems(study, topics, asked))
    return sorted(set(found))


def has_sources(study: Study) -> bool:
    """Tell whether the study has come to its sources: a list of them, or a file that should be in it."""
    listed = (study.folder / sources.FILE).exists()
    return listed or any(True for _ in folders.entries(study.folder / sources.FOLDER))


def _material(study: Study, found: Gathered) -> tuple[SourceRow, ...]:
    """Read people, sources and codings as far as the study has them."""
    if has_sources(study):
        rows = found.gather(partial(sources.rows, study))
        if found.gather(partial(sources.read, study)) is not None:
            found.gather(partial(codings.read, study))
        else:  # one broken source must not hide what is wrong with the codings of another site
            for site in study.site_ids:
                if found.gather(partial(sources.read, study, site)) is not None:
                    found.gather(partial(codings.read, study, site))
        return rows or ()
    if (study.folder / people.FILE).exists():
        found.gather(partial(people.read, study))
    return ()


def _guide_problems(study: Study, topics: Guide, rows: tuple[SourceRow, ...]) -> Iterator[Problem]:
    known = list(topics.versions)
    for row in rows:
        if row.guide is not None and row.guide not in known:
            where = place(sources.FILE, line_of(study.folder / sources.FILE, row.source))
            remedy = nearest(row.guide, known) if known else f"add it to {guide.FILE}"
            yield Problem(where, f"`guide` must be a version of {guide.FILE}", f"`{row.guide}`", remedy)


def _measure_problems(study: Study, topics: Guide, asked: Instrument) -> Iterator[Problem]:
    scales, items = [scale.id for scale in asked.scales], [item.id for item in asked.items]
    for row in topics.joint_display:
        for field, word, known in (("scale", row.scale, scales), ("item", row.item, items)):
            if word is not None and word not in known:
                where = place(guide.FILE, line_of(study.folder / guide.FILE, "joint_display", row.row, word))
                must = f"`{field}` must be in {instrument.FILE}"
                yield Problem(where, must, f"`{word}`", nearest(word, known))


def _row_problems(topics: Guide, decided: tuple[tuple[int, decisions.Decision], ...]) -> Iterator[Problem]:
    known = [row.row for row in topics.joint_display]
    for line, decision in decided:
        if isinstance(decision, Fit | MetaInference) and decision.row not in known:
            must = f"`row` must be a row of `joint_display` in {guide.FILE}"
            where, near = place(decisions.FILE, line), nearest(decision.row, known)
            yield Problem(where, must, f"`{decision.row}`", near)
