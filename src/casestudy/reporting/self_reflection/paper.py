"""The instrument on paper: one page without script that prints on A4, to be filled in with a pen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from casestudy import labels as words_of
from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.material.instrument import Instrument
from casestudy.material.questions import Element, Item, Options, Scale
from casestudy.reporting.self_reflection import form
from casestudy.reporting.self_reflection.form import Asked
from casestudy.reporting.self_reflection.page import content_policy, environment, styles
from casestudy.study import Language, Study

SQUARES = {"letter": 1, "day": 2, "month": 2, "count": 2, "text": 0}
LINES_FOR_WORDS = 6


@dataclass(frozen=True)
class Block:
    """Items that share one table: their options stand above it, once on every sheet of paper.

    Parameters
    ----------
    heads
        Words of the options, "does not apply" last; empty when the answer is a number on a line.
    hint
        What such a number may be.
    rows
        Number, text and whether "does not apply" may be ticked, item by item.
    """

    heads: tuple[str, ...]
    hint: str
    has_none: bool
    rows: tuple[tuple[int, str, bool], ...]


def html(study: Study, instrument: Instrument, codebook: Codebook, *, wave: str, language: Language) -> str:
    """Make the questionnaire of one wave for printing.

    Parameters
    ----------
    study, instrument, codebook
        Whose questions, and what skills and components are called.
    wave, language
        For which wave, in which language. The components of all sites are printed, for the paper does not
        know where it will be filled in.

    Returns
    -------
    str
        A complete HTML page; equal input gives equal bytes.

    Raises
    ------
    WrongUse
        When the study has no such wave.
    """
    labels = words_of.read(language)
    asked = form.asked(study, instrument, wave)
    names = {known.id: known.label[language] for known in study.waves}
    return (
        environment()
        .get_template("paper.html.j2")
        .render(
            language=language,
            content_policy=content_policy(styles("paper.css")),
            style=Markup(styles("paper.css")),  # noqa: S704 - a file of our own
            say=_Words(labels),
            title=(instrument.title or study.title)[language],
            intro=instrument.intro[language] if instrument.intro else None,
            fictional=study.fictional,
            wave=names[wave],
            version=instrument.version,
            person=instrument.person.ask,
            elements=[_element(element, labels) for element in instrument.person.elements],
            parts=list(_parts(asked.scales, instrument, labels)),
            looking_back=list(
                _parts(asked.then_scales, instrument, labels, then=names.get(asked.then or ""))
            ),
            ticks=_ticks(asked, instrument, codebook, language),
            question=_question(instrument, labels),
            open=[one.text[language] for one in asked.open],
            n_lines=LINES_FOR_WORDS,
        )
    )


@dataclass(frozen=True)
class _Words:
    """The words of the paper, with their slots filled: ``say("wave", wave="T1")``."""

    labels: Labels

    def __call__(self, key: str, **values: Any) -> str:
        return self.labels.say(f"paper.{key}", **values)


def _element(element: Element, labels: Labels) -> tuple[str, str, int]:
    hint = labels[f"reflect.element_{element.kind}"]
    return element.text[labels.language], hint, SQUARES[element.kind]


def _parts(
    scales: tuple[Scale, ...], instrument: Instrument, labels: Labels, *, then: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield each scale with its title, what stands above it, and its tables; ``then`` when looking back."""
    for scale in scales:
        label = scale.label[labels.language]
        yield {
            "title": labels.say("reflect.section_then", scale=label) if then else label,
            "then": labels.say("reflect.then_intro", wave=then) if then else None,
            "intro": _intro(scale, labels, looks_back=then is not None),
            "blocks": list(_blocks(scale, instrument, labels)),
        }


def _intro(scale: Scale, labels: Labels, *, looks_back: bool) -> str | None:
    if scale.intro is not None:
        return scale.intro[labels.language]
    if looks_back:
        return None
    return labels["reflect.scale_intro" if scale.kind == "mean" else "reflect.use_intro"]


def _blocks(scale: Scale, instrument: Instrument, labels: Labels) -> Iterator[Block]:
    """Yield items in their order, a new table where other options begin."""
    numbered = list(enumerate(scale.items, start=1))
    while numbered:
        options = numbered[0][1].options
        n = next((k for k, (_, item) in enumerate(numbered) if item.options != options), len(numbered))
        yield _block(numbered[:n], instrument.options[options], labels)
        numbered = numbered[n:]


def _block(numbered: list[tuple[int, Item]], options: Options, labels: Labels) -> Block:
    language = labels.language
    has_none = form.allows_none(tuple(item for _, item in numbered))
    none = options.not_applicable[language] if options.not_applicable else labels["reflect.not_applicable"]
    heads = [form.words_of(options, n)[language] for n, _ in enumerate(form.steps(options))]
    ends = {name: labels.number(value, 0 if value == int(value) else 1) for name, value in _ends(options)}
    return Block(
        heads=(*heads, *((none,) if has_none else ())),
        hint="" if heads else labels.say("reflect.number_hint", **ends),
        has_none=has_none,
        rows=tuple((number, item.text[language], item.not_applicable) for number, item in numbered),
    )


def _ends(options: Options) -> tuple[tuple[str, float], tuple[str, float]]:
    return ("min", options.min), ("max", options.max)


def _ticks(
    asked: Asked, instrument: Instrument, codebook: Codebook, language: Language
) -> list[tuple[str, list[str]]]:
    return [
        (
            form.skill_name(instrument, codebook, skill)[language],
            [form.component_name(codebook, part)[language] for part in parts],
        )
        for skill, parts in asked.components.items()
    ]


def _question(instrument: Instrument, labels: Labels) -> str:
    own = instrument.component_question
    return own[labels.language] if own else labels["reflect.component_question"]
