"""One form: what the instrument asks in one wave, in its order, before a program's own way of writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from casestudy import labels
from casestudy.errors import InvalidMaterial, Problem, WrongUse
from casestudy.material.codebook import Codebook
from casestudy.material.instrument import FILE, Instrument
from casestudy.material.questions import Item, Scale
from casestudy.study import Study, Words

Kind = Literal["one", "number", "ticks", "line", "text", "fixed"]

NOT_APPLICABLE = "nvt"
SHOWN_FROM = 3.0
RESPONDENT, WAVE, SITE, TICKS = "respondent", "wave", "site", "CON"
MOST_CHOICES = 21
# What an element of a self-generated code may look like; written in one way, it is the same in every wave.
PATTERNS = {
    "letter": "[A-Za-z]",
    "day": "([1-9]|[12][0-9]|3[01])",
    "month": "([1-9]|1[0-2])",
    "count": "([0-9]|[1-9][0-9])",
    "text": "",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that may be chosen: the code that is stored, and its words."""

    code: str
    text: Words


@dataclass(frozen=True, slots=True)
class Condition:
    """When a question is shown: its ``question`` has one of the ``codes``, or a number from ``least``."""

    question: str
    codes: tuple[str, ...]
    least: float


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is asked, or a ``fixed`` value that is stored with the answers.

    Parameters
    ----------
    id
        What it is called in the study; once in a form.
    skill
        The skill to which components are ticked.
    choices, options
        Answers to choose from, and the name of the list in the instrument.
    low, high, decimals
        The range of a number.
    pattern
        What a line of text must look like.
    shown_when
        Shown when any of these holds; always when there is none.
    """

    id: str
    kind: Kind
    text: Words
    choices: tuple[Choice, ...] = ()
    options: str = ""
    low: float = 0.0
    high: float = 0.0
    decimals: bool = False
    pattern: str = ""
    required: bool = False
    shown_when: tuple[Condition, ...] = ()
    value: str = ""
    skill: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that stand together under a heading."""

    id: str
    label: Words
    questions: tuple[Question, ...]
    intro: Words | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A form for one wave, and for one site or for respondents who say at which site they work.

    Parameters
    ----------
    linking
        How respondents are followed: by ``id``, by a self-generated code (``sgic``), or not (``none``).
    elements
        Ids of the six questions of the code.
    """

    id: str
    version: str
    title: Words
    intro: Words | None
    languages: tuple[str, ...]
    linking: Literal["id", "sgic", "none"]
    elements: tuple[str, ...]
    shown_from: float
    groups: tuple[Group, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions, group by group."""
        return tuple(question for group in self.groups for question in group.questions)

    @property
    def items(self) -> tuple[Question, ...]:
        """The questions whose answers are numbers of the instrument."""
        others = (*self.elements, RESPONDENT, WAVE, SITE)
        return tuple(one for one in self.questions if one.kind in ("one", "number") and one.id not in others)


def of(
    study: Study,
    instrument: Instrument,
    codebook: Codebook,
    *,
    wave: str,
    site: str | None = None,
    shown_from: float = SHOWN_FROM,
) -> Form:
    """Make the form of one wave.

    A wave that looks back is a form of its own.

    Parameters
    ----------
    codebook
        Names the skills and the components.
    site
        Left out, respondents choose the site from the names of ``study.yml``.
    shown_from
        The answer to a skill's own item from which its components are asked.

    Raises
    ------
    WrongUse
        When the study has no such wave or site, or nothing is asked in that wave.
    InvalidMaterial
        With every item that such a form cannot ask.
    """
    scales, open_items = instrument.asked(wave, study), instrument.open_items(wave, study)
    if not scales and not open_items:
        raise WrongUse(
            f"--wave: a scale of {FILE} must be asked in it, found none in `{wave}`; choose another"
        )
    groups = [
        _opening(study, instrument, wave, site),
        *(_scale(scale, instrument) for scale in scales),
        *_ticks(study, instrument, codebook, wave, shown_from),
    ]
    if open_items:
        asked = tuple(Question(one.id, "text", one.text) for one in open_items)
        groups.append(Group("open", said("form.open"), asked))
    _refuse(scales, instrument, groups)
    linking: dict[str, Literal["id", "sgic", "none"]] = {"number": "id", "code": "sgic", "nothing": "none"}
    return Form(
        "_".join(part for part in (instrument.id, wave, site) if part),
        instrument.version,
        instrument.title or study.title,
        instrument.intro,
        tuple(study.languages),
        linking[instrument.person.ask],
        tuple(element.id for element in instrument.person.elements),
        shown_from,
        tuple(groups),
    )


def said(key: str, **values: Words) -> Words:
    """Give a sentence of the product's own in both languages."""
    in_language = {
        language: labels.read(language).say(key, **{name: words[language] for name, words in values.items()})
        for language in ("nl", "en")
    }
    return Words(**in_language)


def apart(names: Mapping[str, str], fits: Callable[[str], object]) -> dict[str, str]:
    """Check the names that the questions bear in a program.

    Parameters
    ----------
    names
        Id of each question in the study, and its name in the program.
    fits
        Whether the program takes a name.

    Returns
    -------
    dict
        The names as given.

    Raises
    ------
    InvalidMaterial
        With every id whose name the program does not take, or that has the name of another, whatever its
        case.

    Examples
    --------
    >>> apart({"V-1": "V1", "V2": "V2"}, str.isalnum)
    {'V-1': 'V1', 'V2': 'V2'}
    """
    first: dict[str, str] = {}
    problems: list[Problem] = []
    for id_, name in names.items():
        other = first.setdefault(name.casefold(), id_)
        if not fits(name):
            must = "an id must be fit for the name of a question in that program"
            problems.append(Problem(FILE, must, f"`{id_}`", "choose a short id of letters and digits"))
        elif other != id_:
            must = "ids must stay apart as names of questions in that program"
            problems.append(Problem(FILE, must, f"`{other}` and `{id_}`", "rename one"))
    if problems:
        raise InvalidMaterial(problems)
    return dict(names)


def pasted(mapping: dict[str, Any]) -> str:
    """Write a mapping as the block that goes under ``files`` in ``instrument.yml``.

    Examples
    --------
    >>> print(pasted({"file": "t1.csv", "wave": "T1"}), end="")
    - file: t1.csv
      wave: T1
    """
    return yaml.safe_dump([mapping], sort_keys=False, allow_unicode=True, width=100)


def _refuse(scales: Sequence[Scale], instrument: Instrument, groups: Sequence[Group]) -> None:
    """Stop at items that no form can ask, and at ids that stand twice in this one."""
    problems = [problem for scale in scales for item in scale.items for problem in _unasked(item, instrument)]
    ids = [question.id.casefold() for group in groups for question in group.questions]
    must = "an id must differ from those that a form has of itself"
    doubled = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    problems += [Problem(FILE, must, f"`{id_}`", "rename it") for id_ in doubled]
    if problems:
        raise InvalidMaterial(problems)


def _unasked(item: Item, instrument: Instrument) -> Iterator[Problem]:
    options = instrument.options[item.options]
    if item.not_applicable and _is_number(item, instrument):
        found = f"{options.min:g} to {options.max:g}, typed in, at `{item.id}`"
        remedy = "give its options fewer whole answers, or take `not_applicable` away"
        yield Problem(FILE, "an item that may not apply must have answers to choose from", found, remedy)


def _is_number(item: Item, instrument: Instrument) -> bool:
    options = instrument.options[item.options]
    return (
        options.decimals or options.max - options.min >= MOST_CHOICES or not float(options.min).is_integer()
    )


def _opening(study: Study, instrument: Instrument, wave: str, site: str | None) -> Group:
    """Ask who and where; the wave is stored, and so is the site when it is known."""
    asked = [Question(WAVE, "fixed", said("form.wave"), value=wave)]
    word = said(f"site_word.{study.site_word}")
    where = said("form.site", site=Words(nl=word.nl.lower(), en=word.en.lower()))
    if site is not None:
        asked.append(Question(SITE, "fixed", where, value=study.site(site).id))
    else:
        choices = tuple(Choice(one.id, Words(nl=one.name, en=one.name)) for one in study.sites)
        asked.append(Question(SITE, "one", where, choices, SITE, required=True))
    if instrument.person.ask == "number":
        asked.append(Question(RESPONDENT, "line", said("form.number"), required=True))
    for element in instrument.person.elements:
        pattern = PATTERNS[element.kind]
        asked.append(Question(element.id, "line", element.text, pattern=pattern, required=True))
    return Group("opening", said("form.opening"), tuple(asked))


def _scale(scale: Scale, instrument: Instrument) -> Group:
    return Group(
        scale.id, scale.label, tuple(_item(item, instrument) for item in scale.items), intro=scale.intro
    )


def _item(item: Item, instrument: Instrument) -> Question:
    options = instrument.options[item.options]
    if _is_number(item, instrument):
        span = {"low": options.min, "high": options.max, "decimals": options.decimals}
        return Question(item.id, "number", item.text, **span)  # type: ignore[arg-type]
    codes = [f"{options.min + n:g}" for n in range(int(options.max - options.min) + 1)]
    words = options.labels or tuple(Words(nl=code, en=code) for code in codes)
    choices = [Choice(code, text) for code, text in zip(codes, words, strict=True)]
    if item.not_applicable:
        choices.append(Choice(NOT_APPLICABLE, options.not_applicable or said("form.not_applicable")))
    return Question(item.id, "one", item.text, tuple(choices), item.options)


def _ticks(
    study: Study, instrument: Instrument, codebook: Codebook, wave: str, shown_from: float
) -> Iterator[Group]:
    """Ask per skill which components contributed, of those who use it often enough."""
    if not instrument.asks_components(wave, study):
        return
    scales = instrument.asked(wave, study)
    asked = []
    for skill, components in instrument.components.items():
        own = [_item(item, instrument) for scale in scales for item in scale.items if item.skill == skill]
        if not own:
            continue
        when = tuple(Condition(one.id, _from(one, shown_from), shown_from) for one in own)
        choices = tuple(Choice(part, codebook.code(part).label) for part in components)
        name = codebook.code(skill).label
        text = (
            said("form.about", question=instrument.component_question, skill=name)
            if instrument.component_question
            else said("form.components", skill=name)
        )
        asked.append(Question(f"{TICKS}_{skill}", "ticks", text, choices, shown_when=when, skill=skill))
    if asked:
        yield Group("components", said("form.contributed"), tuple(asked))


def _from(question: Question, least: float) -> tuple[str, ...]:
    codes = (choice.code for choice in question.choices if choice.code != NOT_APPLICABLE)
    return tuple(code for code in codes if float(code) >= least)
