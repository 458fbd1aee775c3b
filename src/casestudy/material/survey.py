"""The survey: who answered what in which wave, with a count of everything that was left out."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from casestudy.errors import Gathered, Problem
from casestudy.material import answers, people, submissions
from casestudy.material import instrument as instruments
from casestudy.material.answers import Reason
from casestudy.material.instrument import FOLDER, Instrument
from casestudy.material.people import RoleClass
from casestudy.material.submissions import Count, Submission
from casestudy.study import Study

LinkMethod = Literal["id", "sgic_exact", "sgic_fuzzy", "none"]


@dataclass(frozen=True, slots=True)
class Response:
    """One respondent's answer to one item in one wave; without a value there is a reason."""

    respondent: str
    site: str
    wave: str
    item: str
    value: float | None
    reason_na: Reason | None = None


@dataclass(frozen=True, slots=True)
class Respondent:
    """A person who filled in the instrument, and how their waves were linked."""

    respondent: str
    site: str
    link_method: LinkMethod
    role_class: RoleClass | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    """Whether a respondent ticked that a component contributed to a skill.

    ``value`` is None where the box was not shown or left open, and always where the component was not
    ``offered``.
    """

    respondent: str
    site: str
    wave: str
    skill: str
    component: str
    value: int | None
    offered: bool


@dataclass(frozen=True, slots=True)
class SgicRecord:
    """The elements of one self-generated code; ``respondent`` names the row until waves are linked."""

    respondent: str
    site: str
    wave: str
    elements: tuple[str, ...] = field(repr=False)
    role_class: RoleClass | None = None


@dataclass(frozen=True, slots=True)
class Responses:
    """All answers of a survey, and what was done to get them."""

    responses: tuple[Response, ...] = ()
    respondents: tuple[Respondent, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    sgic: tuple[SgicRecord, ...] = ()
    counts: tuple[Count, ...] = ()

    @property
    def log(self) -> tuple[str, ...]:
        """The counts, each in one line."""
        return tuple(str(count) for count in self.counts)


def read(study: Study, site: str | None = None) -> Responses:
    """Read the answers of every survey file, of one site or of all.

    Nothing is averaged, turned or filled in. At a site where waves are not linked a respondent's id ends in
    ``@`` and the wave, so that nobody can be followed; so do respondents with a self-generated code, until
    ``linked``.

    Returns
    -------
    Responses
        Ordered by site, respondent, wave and item as the study and the instrument order them. A respondent
        who has withdrawn is left out; ``counts`` says how many rows every rule left out, and which wave of
        the comparison nobody answered.

    Raises
    ------
    InvalidMaterial
        With every problem of ``instrument.yml`` and of the files, none of them showing an answer.
    """
    instrument = instruments.read(study)
    if not instrument.files and not instruments.survey_files(study):
        return Responses()
    handed_in, counts = submissions.read(study, instrument)
    problems = Gathered(_lookalikes(handed_in))
    kept = _without_withdrawn(handed_in, study, counts, problems)
    kept = _once_per_wave(kept, counts, problems)
    kept = _at_one_site(kept, counts, problems)
    answered = answers.read(kept, instrument, problems)
    problems.stop()
    counts += [*_kept(answered), *_silent_waves(study, answered, site)]
    return _values(study, instrument, [a for a in answered if site in (None, a.submission.site)], counts)


def linked(responses: Responses, pairs: Iterable[tuple[str, str, LinkMethod]]) -> Responses:
    """Give the two rows of each pair one respondent.

    Parameters
    ----------
    responses
        As read, with a row per wave for respondents with a self-generated code.
    pairs
        The respondent of the earlier wave, the same person's in the later one, and how they were matched.

    Returns
    -------
    Responses
        In which the later respondents bear the earlier one's id, and the self-generated codes are gone.

    Examples
    --------
    >>> rows = tuple(Response(who, "es", wave, "V1", 3.0) for who, wave in (("1@T0", "T0"), ("9@T1", "T1")))
    >>> two = Responses(rows, tuple(Respondent(row.respondent, "es", "none") for row in rows))
    >>> one = linked(two, [("1@T0", "9@T1", "sgic_exact")])
    >>> [row.respondent for row in one.responses], [who.link_method for who in one.respondents]
    (['1@T0', '1@T0'], ['sgic_exact'])
    """
    found = list(pairs)
    same = {second: first for first, second, _ in found}
    method = {first: how for first, _, how in found}
    rows = (replace(row, respondent=same.get(row.respondent, row.respondent)) for row in responses.responses)
    ticks = (
        replace(tick, respondent=same.get(tick.respondent, tick.respondent))
        for tick in responses.contributions
    )
    people_ = (
        replace(who, link_method=method.get(who.respondent, who.link_method))
        for who in responses.respondents
        if who.respondent not in same
    )
    return Responses(tuple(rows), tuple(people_), tuple(ticks), (), responses.counts)


def respondent(one: Submission, unlinked_sites: Iterable[str]) -> str:
    """Give the respondent's id; where waves are not linked it holds for this wave only."""
    return one.key if _is_linked(one, unlinked_sites) else f"{one.key}@{one.wave}"


def _is_linked(one: Submission, unlinked_sites: Iterable[str]) -> bool:
    return one.mapping.linking == "id" and one.site not in unlinked_sites


def _plain(name: str) -> str:
    """Give an id the form in which `7`, `07` and `7.0` are one, and so are `a1` and `A1`."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"0*(\d+)", r"\1", re.sub(r"(?<=\d)[.,]0+$", "", folded))


def _lookalikes(handed_in: Sequence[Submission]) -> Iterator[Problem]:
    """Find ids that are one to a reader and two to a program."""
    first: dict[str, Submission] = {}
    told: set[str] = set()
    for one in handed_in:
        if one.mapping.columns.respondent is None:
            continue
        earlier = first.setdefault(_plain(one.key), one)
        if earlier.key != one.key and one.key not in told:
            told.add(one.key)
            found = f"one that is likely the same as in {earlier.place()}"
            remedy = "write the id in one way in all files"
            yield Problem(one.place(), "an id must differ by more than zeros, case or width", found, remedy)


def _without_withdrawn(
    handed_in: list[Submission], study: Study, counts: list[Count], problems: Gathered
) -> list[Submission]:
    if not (study.folder / people.FILE).exists():
        return handed_in
    persons = problems.gather(partial(people.read, study)) or ()
    gone = {_plain(who.participant) for who in persons if who.withdrawn}
    kept = [one for one in handed_in if _plain(one.written) not in gone]
    if len(kept) < len(handed_in):
        counts.append(Count(FOLDER, "rows left out because someone withdrew", len(handed_in) - len(kept)))
    return kept


def _once_per_wave(
    handed_in: list[Submission], counts: list[Count], problems: list[Problem]
) -> list[Submission]:
    latest: dict[tuple[str, str, str], Submission] = {}
    dropped: Counter[str] = Counter()
    for one in handed_in:
        key = (one.key, one.site, one.wave)
        earlier = latest.pop(key, None)
        latest[key] = one
        if earlier is None:
            continue
        dropped[earlier.name] += 1
        if "refuse" in (one.mapping.duplicates, earlier.mapping.duplicates):
            found = f"a second row, the first in {earlier.place()}"
            remedy = "remove one, or set `duplicates: keep_last`"
            problems.append(Problem(one.place(), "a respondent must answer once in a wave", found, remedy))
    counts += [Count(name, "duplicates dropped by rule", n) for name, n in dropped.items()]
    return list(latest.values())


def _at_one_site(
    handed_in: list[Submission], counts: list[Count], problems: list[Problem]
) -> list[Submission]:
    first: dict[str, Submission] = {}
    torn: set[str] = set()
    for one in handed_in:
        earlier = first.setdefault(one.key, one)
        if earlier.site == one.site:
            continue
        torn.add(one.key)
        if "refuse" in (one.mapping.two_sites, earlier.mapping.two_sites):
            found = f"another site in {earlier.place()}"
            remedy = "correct it, or set `two_sites: drop` or `respondent_within: site`"
            problems.append(Problem(one.place(), "a respondent must belong to one site", found, remedy))
    if torn:
        counts.append(Count(FOLDER, "respondents in two sites dropped by rule", len(torn)))
    return [one for one in handed_in if one.key not in torn]


def _kept(answered: Sequence[answers.Answered]) -> list[Count]:
    totals: Counter[tuple[str, str]] = Counter()
    for one in answered:
        totals[one.submission.name, "submissions kept"] += 1
        for reason in (reason for _, reason in one.items.values() if reason):
            totals[one.submission.name, f"cells {reason}"] += 1
        for what, n in one.left_out.items():
            totals[one.submission.name, what] += n
    return [Count(name, what, n) for (name, what), n in sorted(totals.items())]


def _silent_waves(study: Study, answered: Sequence[answers.Answered], site: str | None) -> list[Count]:
    heard = {(one.submission.site, one.submission.wave) for one in answered if one.has_value}
    waves = dict.fromkeys((study.comparison.before, study.comparison.after))
    sites = [known for known in study.site_ids if site in (None, known)]
    silent = [(s, w) for s in sites for w in waves if (s, w) not in heard]
    return [Count(FOLDER, f"respondents of site {s} in wave {w}", 0) for s, w in silent]


def _values(
    study: Study, instrument: Instrument, answered: Sequence[answers.Answered], counts: list[Count]
) -> Responses:
    sites, waves = study.site_ids, [wave.id for wave in study.waves]

    def order(one: answers.Answered) -> tuple[int, str, int]:
        form = one.submission
        return sites.index(form.site), respondent(form, instrument.unlinked_sites), waves.index(form.wave)

    responses: list[Response] = []
    who: dict[str, Respondent] = {}
    ticks: list[Contribution] = []
    codes: list[SgicRecord] = []
    for one in sorted(answered, key=order):
        form = one.submission
        name = respondent(form, instrument.unlinked_sites)
        here = (name, form.site, form.wave)
        responses += [Response(*here, item, *found) for item, found in one.items.items()]
        ticks += [Contribution(*here, *box, *found) for box, found in one.ticks.items()]
        method: LinkMethod = "id" if _is_linked(form, instrument.unlinked_sites) else "none"
        who.setdefault(name, Respondent(name, form.site, method, form.role_class))
        if form.mapping.linking == "sgic" and form.site not in instrument.unlinked_sites:
            elements = tuple(form.cells[column] for column in form.mapping.sgic)
            codes.append(SgicRecord(*here, elements, form.role_class))
    return Responses(tuple(responses), tuple(who.values()), tuple(ticks), tuple(codes), tuple(counts))
