"""The survey: who answered what in which wave, with a count of everything that was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, get_args

from casestudy.errors import Gathered, Problem
from casestudy.material import answers, instrument_versions, people, reflections, salt, sealed, submissions
from casestudy.material import instrument as instruments
from casestudy.material.answers import Reason
from casestudy.material.cells import plain
from casestudy.material.instrument import FOLDER, Instrument
from casestudy.material.people import RoleClass
from casestudy.material.submissions import Count, Submission
from casestudy.study import Study

LinkMethod = Literal["id", "sgic_exact", "sgic_fuzzy", "none"]

NOT_ASKED = "answers to items that their wave does not ask, kept"
ASKED_NO_MORE = "items of an earlier version that are asked no more, not read"


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
    sealed.must_be_whole(study)
    instrument, gone = instrument_versions.fitted(study, instrument)
    handed_in, counts = submissions.read(study, instrument)
    counts += [Count(f"{FOLDER}/{file}", ASKED_NO_MORE, n) for file, n in gone]
    problems = Gathered(_lookalikes(handed_in))
    kept = _without_withdrawn(handed_in, study, counts, problems)
    kept = _once_per_wave(kept, counts, problems)
    kept = _at_one_site(kept, counts, problems)
    answered = _as_asked(answers.read(kept, instrument, problems), study, instrument, problems)
    problems.stop()
    counts += [*_kept(answered), *_silent_waves(study, answered, site)]
    return _values(study, instrument, [a for a in answered if site in (None, a.submission.site)], counts)


def linked(responses: Responses, pairs: Iterable[tuple[str, str, LinkMethod]]) -> Responses:
    """Give the rows of all waves that pairs make one person one respondent.

    Parameters
    ----------
    responses
        As read, with a row per wave for respondents with a self-generated code.
    pairs
        The respondent of the earlier wave, the same person's in the later one, and how they were matched; any
        two waves, so that who was not there at first can be followed from the second to the third. A pair
        that would give a person two records in one wave counts for nothing.

    Returns
    -------
    Responses
        In which the later respondents bear the earlier one's id, and the self-generated codes are gone. A
        person whose records were not all equal is linked by ``sgic_fuzzy``.

    Examples
    --------
    >>> rows = tuple(Response(who, "es", wave, "V1", 3.0) for who, wave in (("1@T0", "T0"), ("9@T1", "T1")))
    >>> two = Responses(rows, tuple(Respondent(row.respondent, "es", "none") for row in rows))
    >>> one = linked(two, [("1@T0", "9@T1", "sgic_exact")])
    >>> [row.respondent for row in one.responses], [who.link_method for who in one.respondents]
    (['1@T0', '1@T0'], ['sgic_exact'])
    """
    persons = persons_of(responses, pairs)
    same = {record: first for first, (records, _) in persons.items() for record in records}
    rows = (replace(row, respondent=same.get(row.respondent, row.respondent)) for row in responses.responses)
    ticks = (
        replace(tick, respondent=same.get(tick.respondent, tick.respondent))
        for tick in responses.contributions
    )
    people_ = (
        replace(who, link_method=persons[who.respondent][1] if who.respondent in persons else who.link_method)
        for who in responses.respondents
        if same.get(who.respondent, who.respondent) == who.respondent
    )
    return Responses(tuple(rows), tuple(people_), tuple(ticks), (), responses.counts)


def persons_of(
    responses: Responses, pairs: Iterable[tuple[str, str, LinkMethod]]
) -> dict[str, tuple[tuple[str, ...], LinkMethod]]:
    """Put the records of each linked person together, arguments as in ``linked``.

    Returns
    -------
    dict
        Per respondent of an earliest record all records of the person, that one first, and how they were
        matched. Who was linked to nobody is not in it.
    """
    rows: tuple[Response | Contribution | SgicRecord, ...]
    rows = (*responses.responses, *responses.contributions, *responses.sgic)
    waves: dict[str, set[str]] = {}
    for row in rows:
        waves.setdefault(row.respondent, set()).add(row.wave)
    records: dict[str, list[str]] = {}
    methods: dict[str, LinkMethod] = {}
    first_of: dict[str, str] = {}
    for first, second, how in pairs:
        one, other = first_of.get(first, first), first_of.get(second, second)
        seen, new = waves.setdefault(one, set()), waves.setdefault(other, set())
        if one == other or seen & new:
            continue
        seen |= new
        fuzzy = "sgic_fuzzy" in (how, methods.get(one), methods.pop(other, None))
        methods[one] = "sgic_fuzzy" if fuzzy else how
        records.setdefault(one, [one]).extend(records.pop(other, [other]))
        first_of |= dict.fromkeys(records[one], one)
    return {one: (tuple(found), methods[one]) for one, found in records.items()}


def respondent(one: Submission, unlinked_sites: Iterable[str]) -> str:
    """Give the respondent's id; where waves are not linked it holds for this wave only."""
    return one.key if _is_linked(one, unlinked_sites) else f"{one.key}@{one.wave}"


def _method(one: Submission, unlinked_sites: Iterable[str]) -> LinkMethod:
    if not _is_linked(one, unlinked_sites):
        return "none"
    # In a sealed file stands how the waves of the person were linked when it was sealed.
    how = one.cells.get(sealed.HOW) if one.mapping.columns.respondent == sealed.CODE else None
    methods: dict[str | None, LinkMethod] = {method: method for method in get_args(LinkMethod)}
    return "id" if how is None else methods.get(how, "none")


def _is_linked(one: Submission, unlinked_sites: Iterable[str]) -> bool:
    return one.mapping.linking == "id" and one.site not in unlinked_sites


def _lookalikes(handed_in: Sequence[Submission]) -> Iterator[Problem]:
    """Find ids that are one to a reader and two to a program."""
    first: dict[str, Submission] = {}
    told: set[str] = set()
    for one in handed_in:
        if one.mapping.columns.respondent is None:
            continue
        earlier = first.setdefault(plain(one.key), one)
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
    gone = {plain(who.participant) for who in persons if who.withdrawn}
    kept = [one for one in handed_in if plain(one.written) not in gone]
    if len(kept) < len(handed_in):
        counts.append(Count(FOLDER, "rows left out because someone withdrew", len(handed_in) - len(kept)))
    return kept


def _once_per_wave(
    handed_in: list[Submission], counts: list[Count], problems: list[Problem]
) -> list[Submission]:
    latest: dict[tuple[object, str, str], Submission] = {}
    dropped: Counter[str] = Counter()
    for one in handed_in:
        key = (person(one), one.site, one.wave)
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


def person(one: Submission) -> object:
    """Tell by what two rows are one person's: the id, and in saved self-reflections a whole code too."""
    if one.mapping.program == reflections.PROGRAM and one.mapping.linking == "sgic":
        elements = tuple(salt.plain(one.cells[column]) for column in one.mapping.sgic)
        return elements if all(elements) else one.key
    return one.key


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
    kept = [one for one in handed_in if one.key not in torn]
    if torn:
        counts.append(Count(FOLDER, "rows of respondents in two sites left out", len(handed_in) - len(kept)))
    return kept


def _as_asked(
    answered: list[answers.Answered], study: Study, instrument: Instrument, problems: list[Problem]
) -> list[answers.Answered]:
    """Hold the answers against what each wave asks: an empty cell was not shown, an answer is counted.

    When a file has nothing else in a wave, its waves must have been mixed up.
    """
    if not instrument.says_when:
        return answered
    asked = {
        wave.id: {item.id for scale in instrument.asked(wave.id, study) for item in scale.items}
        for wave in study.waves
    }
    n_asked: Counter[tuple[str, str]] = Counter()
    n_strange: Counter[tuple[str, str]] = Counter()
    found = []
    for one in answered:
        items = dict(one.items)
        here, strange = (one.submission.name, one.submission.wave), 0
        for item, (value, reason) in one.items.items():
            given = value is not None or reason == "not_applicable"
            if item in asked[one.submission.wave]:
                n_asked[here] += given
            elif given:
                strange += 1
            elif reason == "skipped":
                items[item] = (None, "not_shown")
        n_strange[here] += strange
        left_out = one.left_out + Counter({NOT_ASKED: strange} if strange else {})
        found.append(replace(one, items=items, left_out=left_out))
    for (name, wave), n in n_strange.items():
        if n and not n_asked[name, wave]:
            must = f"a file must answer items that wave `{wave}` asks"
            remedy = "correct the wave of the file, or `waves` of the scales"
            problems.append(Problem(name, must, "answers to other items only", remedy))
    return found


def _kept(answered: Sequence[answers.Answered]) -> list[Count]:
    totals: Counter[tuple[str, str]] = Counter()
    for one in answered:
        totals[one.submission.name, "submissions kept"] += 1
        for _, reason in one.items.values():
            totals[one.submission.name, f"cells {reason or 'answered'}"] += 1
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
        method = _method(form, instrument.unlinked_sites)
        if name not in who:
            who[name] = Respondent(name, form.site, method, form.role_class)
        elif who[name].link_method == "none":
            who[name] = replace(who[name], link_method=method)
        if form.mapping.linking == "sgic" and form.site not in instrument.unlinked_sites:
            elements = tuple(form.cells[column] for column in form.mapping.sgic)
            codes.append(SgicRecord(*here, elements, form.role_class))
    return Responses(tuple(responses), tuple(who.values()), tuple(ticks), tuple(codes), tuple(counts))
