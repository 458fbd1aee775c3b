"""What readers call things: pseudonyms of sites, labels of codes and scales, words and signs of ratings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import pandas as pd

from casestudy.labels import MINUS, Labels
from casestudy.material.codebook import Codebook, Domain
from casestudy.material.instrument import Instrument
from casestudy.reporting.disclosure import Proportion, Spread
from casestudy.reporting.released import ALL, TOO_FEW
from casestudy.study import Study

SIGNS = {
    "-2": f"{MINUS}2",
    "-1": f"{MINUS}1",
    "0": "0",
    "1": "+1",
    "2": "+2",
    "X": "X",
    "M": "–",
    TOO_FEW: "○",
}
UNSTABLE, STALE, TENTATIVE = "◐", "↻", "†"
DOMAINS: tuple[Domain, ...] = get_args(Domain)


def site(study: Study, site: str, labels: Labels) -> str:
    """Give the pseudonym of a site, or the words for all sites together."""
    return labels[f"all_sites.{study.site_word}"] if site == ALL else study.site(site).name


def one_site(study: Study, labels: Labels) -> str:
    """Say what a site is called in this study, inside a sentence."""
    return labels[f"site_word.{study.site_word}"].lower()


def code(codebook: Codebook, code: str, labels: Labels) -> str:
    """Give the label of a code."""
    return codebook.code(code).label[labels.language]


def scale(instrument: Instrument, scale: str, labels: Labels) -> str:
    """Give the label of a scale, or of an item that is reported by itself."""
    for candidate in instrument.scales:
        if candidate.id == scale:
            return candidate.label[labels.language]
    items = {item.id: item.text[labels.language] for item in instrument.items}
    return items[scale]


def scale_range(instrument: Instrument, scale: str) -> tuple[float, float]:
    """Give the lowest and the highest answer on a scale."""
    for candidate in instrument.scales:
        if candidate.id == scale:
            options = [instrument.options[item.options] for item in candidate.items]
            return min(o.min for o in options), max(o.max for o in options)
    item = next(item for item in instrument.items if item.id == scale)
    return instrument.options[item.options].min, instrument.options[item.options].max


def scale_words(instrument: Instrument, scale: str, labels: Labels) -> str:
    """Say on what scale an answer is a number: by its number of points where that has a word."""
    low, high = scale_range(instrument, scale)
    if low == 1 and f"scale_points.{high:g}" in labels:
        return labels[f"scale_points.{high:g}"]
    return labels.say("scale_from_to", low=labels.number(low), high=labels.number(high))


def wave(study: Study, wave: str, labels: Labels) -> str:
    """Give the label of a wave, or its id when the study does not describe its waves."""
    return next((w.label[labels.language] for w in study.waves if w.id == wave), wave)


def compared(study: Study, labels: Labels) -> tuple[str, str]:
    """Give the labels of the two waves between which change is told."""
    return wave(study, study.comparison.before, labels), wave(study, study.comparison.after, labels)


def marks(*, unstable: bool = False, stale: bool = False, tentative: bool = False) -> str:
    """Give the signs behind a value, each with a space before it: unsure, to be confirmed again, tentative.

    Examples
    --------
    >>> marks(unstable=True, stale=True), marks()
    (' ◐ ↻', '')
    """
    given = {UNSTABLE: unstable, STALE: stale, TENTATIVE: tentative}
    return "".join(f" {sign}" for sign, holds in given.items() if holds)


def rating(value: str, labels: Labels, *, unstable: bool = False, stale: bool = False) -> str:
    """Give a rating as its sign and its words, with its marks.

    Examples
    --------
    >>> from casestudy import labels
    >>> rating("-2", labels.read("nl")), rating("X", labels.read("en"), unstable=True)
    ('−2 belemmert sterk', 'X mixed ◐')
    """
    return f"{SIGNS[value]} {labels[f'rating.{value}']}{marks(unstable=unstable, stale=stale)}"


def spread(view: Spread, labels: Labels) -> str:
    """In how many conversations something came up, in words or exact numbers."""
    if view.n is None or view.n_of is None:
        return labels[f"conversations.{view.word}"]
    return labels.say("conversations.exact", n=labels.number(view.n), n_of=labels.number(view.n_of))


def proportion(view: Proportion, labels: Labels) -> str:
    """Give a share of respondents the way this audience may read it."""
    if view.form == "percent":
        return labels.percent(view.share)
    if view.form == "of":
        return labels.say("x_of_y", n=labels.number(view.n), n_of=labels.number(view.n_of))
    return labels[f"people.{view.word}"] if view.form == "word" else labels["withheld"]


def interval(lo: float, hi: float, labels: Labels) -> str:
    """Give a range of two signed numbers with one decimal."""
    return labels.say("from_to", lo=labels.signed(lo, 1), hi=labels.signed(hi, 1))


def band(low: float, high: float, labels: Labels) -> str:
    """Say a band of numbers; an open end is nan.

    Examples
    --------
    >>> from casestudy import labels
    >>> band(5, 9, labels.read("en")), band(0, 4, labels.read("en"))
    ('5 to 9', 'fewer than 5')
    """
    if low == 0:
        return labels.say("band.below", n=labels.number(high + 1))
    if pd.isna(high):
        return labels.say("band.above", n=labels.number(low))
    return labels.say("band.between", low=labels.number(low), high=labels.number(high))


def factors(codebook: Codebook, codes: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Codes by domain, both in the order of the codebook; domains without a code are left out."""
    known = [code for code in codebook.codes if code.id in set(codes)]
    grouped = [(domain, [code.id for code in known if code.domain == domain]) for domain in DOMAINS]
    return [(domain, ids) for domain, ids in grouped if ids]


def labelled(frame: pd.DataFrame, column: str, codebook: Codebook) -> pd.DataFrame:
    """Put the Dutch and the English label behind a column of code ids, for tables that programs read."""
    place = list(frame.columns).index(column) + 1
    out = frame.copy()
    for offset, language in enumerate(("nl", "en")):
        words = [codebook.code(code).label[language] for code in frame[column]]
        out.insert(place + offset, f"{column}_{language}", words)
    return out


def named(frame: pd.DataFrame, study: Study, column: str = "site") -> pd.DataFrame:
    """Replace ids of sites by their pseudonyms; ``ALL`` stays."""
    known = {s.id: s.name for s in study.sites}
    return frame.assign(**{column: [known.get(site, site) for site in frame[column]]})
