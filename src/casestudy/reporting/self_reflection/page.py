"""The self-reflection page: one offline file that a professional fills in, keeps, and opens the next time.

The page holds a script, and the policy at its top names that script and the style sheet by their hash:
nothing else runs, nothing is fetched or sent, and a text from the study is data that the script shows as
text. Equal input gives equal bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from casestudy import labels as words_of
from casestudy.findings.scales import needed_items
from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.material.instrument import Instrument
from casestudy.material.questions import Item, Options, Scale
from casestudy.reporting.self_reflection import form
from casestudy.reporting.self_reflection.form import Asked
from casestudy.reporting.self_reflection.reference import Band
from casestudy.study import Study, Words

FORMAT = "casestudy-self-reflection"
FORMAT_VERSION = 1
# In the order in which they call one another, the last one starts the page.
SCRIPTS = ("elements", "scoring", "answers", "files", "questions", "profile", "start")


def html(
    study: Study,
    instrument: Instrument,
    codebook: Codebook,
    *,
    wave: str | None = None,
    site: str | None = None,
    reference: Collection[Band] | None = None,
) -> str:
    """Make the page of an instrument.

    Parameters
    ----------
    study, instrument, codebook
        Whose questions, and what skills and components are called.
    wave, site
        For which wave and site; without a wave the page asks which it is.
    reference
        What ``reference.band`` gave per scale and wave. A band without numbers is told as too few
        respondents; left out, the page does not speak of others at all.

    Returns
    -------
    str
        A complete HTML page in the languages of the study, the first of them shown first.

    Raises
    ------
    WrongUse
        When the study has no such wave or site.
    """
    content = _whose(study, instrument, site) | _what(study, instrument, codebook, wave, site)
    content["reference"] = None if reference is None else _reference(reference)
    return _lay_out(study, instrument, content)


def content_policy(style: str, script: str | None = None) -> Markup:
    """Allow a style sheet and perhaps a script by their hash, pictures in the page, and nothing else."""
    scripts = "none" if script is None else _hash(script)
    rules = (
        f"default-src 'none'; script-src '{scripts}'; style-src '{_hash(style)}'; img-src data:; "
        "connect-src 'none'; form-action 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return Markup(rules)  # noqa: S704 - hashes and words of our own


def embedded(value: Any) -> Markup:
    r"""Write a value as JSON that stays inside its element, whatever texts are in it.

    Examples
    --------
    >>> print(embedded({"title": "</script><!-- \u2028"}))
    {"title":"\u003c/script\u003e\u003c!-- \u2028"}
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - without a sign that means something in HTML


def _whose(study: Study, instrument: Instrument, site: str | None) -> dict[str, Any]:
    """Give what a saved file must name, and what stands around the questions."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "instrument": {"id": instrument.id, "version": instrument.version},
        "languages": list(study.languages),
        "title": _both(instrument.title or study.title),
        "study": _both(study.title),
        "intro": _both(instrument.intro) if instrument.intro else None,
        "fictional": study.fictional,
        "site": site,
        "siteName": study.site(site).name if site else None,
        "waveNames": {known.id: _both(known.label) for known in study.waves},
        "person": _person(instrument),
        "words": {language: _messages(words_of.read(language)) for language in study.languages},
    }


def _what(
    study: Study, instrument: Instrument, codebook: Codebook, wave: str | None, site: str | None
) -> dict[str, Any]:
    """Give the questions, and which of them each wave asks."""
    chosen = (wave,) if wave is not None else form.waves(study, instrument)
    question = instrument.component_question
    return {
        "wave": wave,
        "rounds": {one: _round(form.asked(study, instrument, one, site)) for one in chosen},
        "scales": {one.id: _scale(one, instrument, study) for one in instrument.scales},
        "open": {one.id: _both(one.text) for one in instrument.open},
        "names": _names(instrument, codebook),
        "componentQuestion": _both(question) if question else None,
        "reflection": {skill: [_both(q) for q in two] for skill, two in instrument.reflection.items()},
    }


def _lay_out(study: Study, instrument: Instrument, content: dict[str, Any]) -> str:
    script, style = _script(), styles("style.css")
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            language=study.languages[0],
            title=(instrument.title or study.title)[study.languages[0]],
            no_script=[(language, content["words"][language]["no_script"]) for language in study.languages],
            content_policy=content_policy(style, script),
            script=Markup(script),  # noqa: S704 - a file of our own
            style=Markup(style),  # noqa: S704 - a file of our own
            content=embedded(content),
        )
    )


@cache
def environment() -> Environment:
    """Give the templates of this room; everything they are given is escaped."""
    loader = PackageLoader("casestudy.reporting", "self_reflection")
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@cache
def styles(name: str) -> str:
    """Give a style sheet without its comments and indentation."""
    text = re.sub(r"/\*.*?\*/", "", _text(name), flags=re.DOTALL)
    return "\n" + "\n".join(line.strip() for line in text.splitlines() if line.strip()) + "\n"


@cache
def _script() -> str:
    """Join the scripts; none of their names can be reached from outside."""
    body = "\n".join(_text(f"script/{name}.js") for name in SCRIPTS)
    return f'\n(() => {{\n"use strict";\n{body}}})();\n'


def _text(name: str) -> str:
    return (files("casestudy.reporting") / "self_reflection" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _messages(labels: Labels) -> dict[str, str]:
    prefix = "reflect."
    names = [key.removeprefix(prefix) for key in labels.words if key.startswith(prefix)]
    return {name: labels[f"reflect.{name}"] for name in names}


def _both(words: Words) -> dict[str, str]:
    return {"nl": words.nl, "en": words.en}


def _round(asked: Asked) -> dict[str, Any]:
    return {
        "scales": [scale.id for scale in asked.scales],
        "components": {skill: list(parts) for skill, parts in asked.components.items()},
        "then": asked.then,
        "thenScales": [scale.id for scale in asked.then_scales],
        "open": [one.id for one in asked.open],
    }


def _person(instrument: Instrument) -> dict[str, Any]:
    elements = [
        {"id": element.id, "text": _both(element.text), "kind": element.kind}
        for element in instrument.person.elements
    ]
    return {"ask": instrument.person.ask, "elements": elements}


def _scale(scale: Scale, instrument: Instrument, study: Study) -> dict[str, Any]:
    norm = scale.norm
    return {
        "kind": scale.kind,
        "label": _both(scale.label),
        "intro": _both(scale.intro) if scale.intro else None,
        "needed": needed_items(len(scale.items), study.thresholds.survey.min_answered_share),
        "norm": {"sd": norm.sd, "reliability": norm.reliability, "source": norm.source} if norm else None,
        "items": [_item(item, instrument.options[item.options]) for item in scale.items],
    }


def _item(item: Item, options: Options) -> dict[str, Any]:
    none = options.not_applicable
    return {
        "id": item.id,
        "text": _both(item.text),
        "skill": item.skill,
        "reverse": item.reverse,
        "min": form.whole(options.min),
        "max": form.whole(options.max),
        "decimals": options.decimals,
        "shownFrom": form.shown_from(options),
        "choices": [[value, _both(form.words_of(options, n))] for n, value in enumerate(form.steps(options))],
        "notApplicable": item.not_applicable,
        "notApplicableWords": _both(none) if none else None,
    }


def _names(instrument: Instrument, codebook: Codebook) -> dict[str, dict[str, str]]:
    parts = dict.fromkeys(part for parts in instrument.components.values() for part in parts)
    names = {skill: form.skill_name(instrument, codebook, skill) for skill in instrument.skills}
    names |= {part: form.component_name(codebook, part) for part in parts}
    return {code: _both(name) for code, name in names.items()}


def _reference(bands: Collection[Band]) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {}
    for band in bands:
        told.setdefault(band.wave, {})[band.scale] = {
            "low": band.low,
            "high": band.high,
            "reason": band.reason,
        }
    return told
