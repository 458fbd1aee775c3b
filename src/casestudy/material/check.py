"""Every problem in a study's material, at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from casestudy.documents import nearest
from casestudy.errors import Gathered, Problem, place
from casestudy.material import (
    codebook,
    codebook_versions,
    codings,
    crosswalk,
    decisions,
    folders,
    guide,
    instrument,
    instrument_versions,
    logs,
    memos,
    people,
    ratings,
    reviews,
    rounds,
    settling,
    sources,
    summaries,
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
    codes = found.gather(partial(codebook.read, study))
    if codes is not None:
        found.extend(found.gather(partial(codebook_versions.problems, study)) or ())
    rows = _material(study, found)
    _coded(study, found, rows)
    found.extend(codings.faults(study))
    found.extend(_damage(study))
    found.gather(partial(ratings.read, study))
    if found.gather(partial(ratings.settled, study)):
        found.extend(found.gather(partial(ratings.one_sided, study)) or ())
    decided = found.gather(partial(decisions.numbered, study))
    topics = found.gather(partial(guide.read, study))
    asked = found.gather(partial(instrument.read, study))
    if asked is not None:
        found.extend(instrument_versions.problems(study, asked))
        found.gather(partial(survey.read, study))
    if asked is not None and codes is not None:
        found.extend(instrument.code_problems(study, asked, codes))
    if topics is not None:
        found.extend(_guide_problems(study, topics, rows))
        found.extend(_row_problems(topics, decided or ()))
    if topics is not None and asked is not None:
        found.extend(_measure_problems(study, topics, asked))
    return sorted(set(found))


def remarks(study: Study) -> tuple[str, ...]:
    """Tell what a person should know of material that is in order, each once.

    What was left out of a source or guessed about it, how logs stand, codings whose text was corrected, and
    codes that are newer than the coding of a source.
    """
    if not has_sources(study):
        return ()
    told = [*sources.remarks(study), *codings.remarks(study)]
    n_of = reviews.counts(reviews.read(study))
    moved = ", ".join(f"{n} {state}" for state, n in n_of.items() if n and state != "same")
    if moved:
        told.append(f"codings whose text was corrected: {moved}; `casestudy review` lists them")
    told += _outside_the_main_round(study)
    if waiting := crosswalk.read(study).unscreened:
        n_codes = len({code for _, code in waiting})
        told.append(
            f"sources not yet screened for {n_codes} newer codes; `casestudy codebook --changes` lists them"
        )
    return tuple(dict.fromkeys(told))


def _outside_the_main_round(study: Study) -> Iterator[str]:
    """Name sources that only a reliability or training round coded: what stands there reaches no result."""
    rounds_of: dict[str, set[str]] = {}
    for coding in settling.of_study(study, codings.read(study)):
        if coding.status == "confirmed":
            rounds_of.setdefault(coding.source, set()).add(coding.round)
    for source, found in rounds_of.items():
        if "main" not in found:
            yield (
                f"codings of `{source}` are of no main round and count nowhere; settle what two coders did "
                "with `casestudy agree --settle`, or code it in the main round"
            )


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


def _coded(study: Study, found: Gathered, rows: tuple[SourceRow, ...]) -> None:
    """Read what hangs on the codings: versions, rounds, settlements, memos and summaries."""
    found.gather(partial(memos.read, study))
    found.gather(partial(summaries.read, study))
    found.gather(partial(rounds.read, study))
    coded = found.gather(partial(codings.read, study)) if rows else None
    if coded is not None:
        found.extend(found.gather(partial(crosswalk.problems, study)) or ())
        known = [row.source for row in rows]
        found.extend(found.gather(partial(settling.problems, study, coded, known)) or ())


def _damage(study: Study) -> Iterator[Problem]:
    """Tell where logs of ratings and decisions are not as they were written."""
    kept = [*logs.files(study.folder / ratings.FOLDER), study.folder / decisions.FILE]
    for path in kept:
        name = path.relative_to(study.folder).as_posix()
        yield from (stretch.problem for stretch in logs.damage(path, name, root=study.folder))


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
