"""What is asked of one respondent in one wave, in the order in which it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from casestudy.material.codebook import Codebook
from casestudy.material.instrument import Instrument
from casestudy.material.questions import Item, OpenItem, Options, Scale
from casestudy.study import Study, Words

MOST_BOXES = 11


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The questions of one wave.

    Parameters
    ----------
    wave
        The wave.
    scales
        Asked about now, those with a mean before those with frequencies; each kind in the instrument's order.
    components
        Per skill the components one may tick, only those that were offered where that is known; empty when
        this wave does not ask what contributed.
    then, then_scales
        The wave that looks back, and what it asks; only with the wave directly after the training.
    open
        Questions answered in own words.
    """

    wave: str
    scales: tuple[Scale, ...]
    components: Mapping[str, tuple[str, ...]]
    then: str | None
    then_scales: tuple[Scale, ...]
    open: tuple[OpenItem, ...]


def asked(study: Study, instrument: Instrument, wave: str, site: str | None = None) -> Asked:
    """Give the questions of a wave, for one site or for whoever opens the page.

    Raises
    ------
    WrongUse
        When the study has no such wave or site.
    """
    if site is not None:
        study.site(site)
    scales = instrument.asked(wave, study)
    then = _looking_back(study, instrument, wave)
    return Asked(
        wave=wave,
        scales=tuple(sorted(scales, key=lambda scale: scale.kind == "frequency")),
        components=_components(study, instrument, scales, wave, site),
        then=then,
        then_scales=instrument.asked(then, study) if then else (),
        open=instrument.open_items(wave, study),
    )


def waves(study: Study, instrument: Instrument) -> tuple[str, ...]:
    """Name the waves in which something is asked; one that looks back is part of another."""
    return tuple(
        wave.id
        for wave in study.waves
        if wave.relation != "retrospective"
        and (instrument.asked(wave.id, study) or instrument.open_items(wave.id, study))
    )


def skill_name(instrument: Instrument, codebook: Codebook, skill: str) -> Words:
    """Say what a skill is called: as in the codebook, else by the question about it."""
    if skill in codebook:
        return codebook.code(skill).label
    return next((item.text for item in instrument.items if item.skill == skill), Words(nl=skill, en=skill))


def component_name(codebook: Codebook, component: str) -> Words:
    """Say what a component is called in the codebook, else by its id."""
    return codebook.code(component).label if component in codebook else Words(nl=component, en=component)


def shown_from(options: Options) -> float:
    """Give the answer from which the components of a skill are asked: the middle of the options.

    With options from never (1) to always (5) that is sometimes (3).

    Examples
    --------
    >>> shown_from(Options(min=1, max=5))
    3.0
    """
    return (options.min + options.max) / 2


def steps(options: Options) -> tuple[float, ...]:
    """Give the answers that each get a box of their own; none when they are too many or have decimals.

    Examples
    --------
    >>> steps(Options(min=0, max=2)), steps(Options(min=0, max=100))
    ((0, 1, 2), ())
    """
    n = options.max - options.min + 1
    if options.decimals or n != int(n) or n > MOST_BOXES:
        return ()
    return tuple(whole(options.min + step) for step in range(int(n)))


def whole(value: float) -> float:
    """Write 3.0 as 3, so that a number looks as it was given."""
    return int(value) if value == int(value) else value


def words_of(options: Options, step: int) -> Words:
    """Give the words of the n-th answer, or its number."""
    if options.labels:
        return options.labels[step]
    number = str(whole(options.min + step))
    return Words(nl=number, en=number)


def allows_none(items: tuple[Item, ...]) -> bool:
    """Tell whether any of these items has the answer "does not apply"."""
    return any(item.not_applicable for item in items)


def _looking_back(study: Study, instrument: Instrument, wave: str) -> str | None:
    relations = {known.id: known.relation for known in study.waves}
    back = next((known for known, relation in relations.items() if relation == "retrospective"), None)
    if relations.get(wave) != "directly_after" or back is None:
        return None
    return back if instrument.asked(back, study) else None


def _components(
    study: Study, instrument: Instrument, scales: tuple[Scale, ...], wave: str, site: str | None
) -> dict[str, tuple[str, ...]]:
    if not instrument.asks_components(wave, study):
        return {}
    skills = [item.skill for scale in scales for item in scale.items if item.skill]
    known = [mapping.offered[site] for mapping in instrument.files if site in mapping.offered] if site else []
    offered = {part for parts in known for part in parts}
    shown = {
        skill: tuple(part for part in instrument.components.get(skill, ()) if not known or part in offered)
        for skill in skills
    }
    return {skill: parts for skill, parts in shown.items() if parts}
