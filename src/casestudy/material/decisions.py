"""What people decided and signed: fits, conclusions, quotes, gates, settled codings, conditions and more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, TypeAdapter, model_validator

from casestudy.documents import Record, nearest
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.material import codebook, logs
from casestudy.material.codebook import Codebook
from casestudy.material.codings import Place
from casestudy.material.signed import Moment, Person, Reason, TwoPeople
from casestudy.study import Audience, Identifier, Study, Words

FILE = "decisions.jsonl"
ALL = "ALL"

FitLabel = Literal[
    "agreement",
    "partial",
    "dissonance",
    "inconclusive",
    "silence_qual",
    "silence_quant",
    "not_covered",
    "too_few",
    "suppressed",
    "no_data",
    "consistent",
    "in_spite_of",
    "expected_change_absent",
]
Explanation = Literal[
    "method_artefact",
    "different_people",
    "timing",
    "response_shift",
    "social_desirability",
    "real_contradiction",
]
Approval = Literal["not_needed", "asked", "approved", "approved_with_changes", "refused", "expired"]
People = Annotated[tuple[Person, ...], Field(min_length=1)]
OPEN_APPROVALS = ("not_needed", "approved", "approved_with_changes")


class Fit(Record):
    """How interviews and survey relate in one row of a site's joint display."""

    kind: Literal["fit"]
    site: Identifier
    row: Identifier
    label: FitLabel
    explanation: Explanation | None = None
    rationale: Reason
    segments: tuple[str, ...] = ()
    decided_by: TwoPeople
    at: Moment

    @model_validator(mode="after")
    def _dissonance_is_explained(self) -> Self:
        if self.label == "dissonance" and self.explanation is None:
            raise ValueError("must give an `explanation` for dissonance; choose one")
        if self.label == "dissonance" and len(set(self.segments)) < 2:
            raise ValueError("must name two `segments` for dissonance; add them")
        return self


class MetaInference(Record):
    """The conclusion drawn from both strands for one row, and the strand that carries it."""

    kind: Literal["meta_inference"]
    site: Identifier
    row: Identifier
    text: Words
    carried_by: Literal["interviews", "survey", "both"]
    decided_by: TwoPeople
    at: Moment


class QuoteRelease(Record):
    """A quote that named people release, or no longer release, for named audiences."""

    kind: Literal["quote_release"]
    quote: str = Field(min_length=1)
    text: str = Field(min_length=1)
    audiences: tuple[Audience, ...] = ()
    approval: Approval
    decided_by: People
    at: Moment

    @property
    def is_open(self) -> bool:
        """Whether the quote may be shown at all."""
        return self.approval in OPEN_APPROVALS and bool(self.audiences)


class Gate(Record):
    """Suggestions of one code may count, or no longer may, in one version of the codebook."""

    kind: Literal["gate"]
    code: Identifier
    codebook: str = Field(min_length=1)
    is_open: bool = True
    rationale: Reason
    decided_by: TwoPeople
    at: Moment


class Settlement(Record):
    """What became of one disagreement between two coders; their codings stay in the logs.

    ``codings`` holds the ids of the first coder's codings and those of the second's; a coder who did not give
    the code has none. ``both`` lets all of them stand, ``neither`` none, and ``other`` only the coding that
    ``coding`` names.
    """

    kind: Literal["settlement"]
    source: Identifier
    start: Place
    end: Place
    code: Identifier
    codings: tuple[tuple[Identifier, ...], tuple[Identifier, ...]]
    decision: Literal["first", "second", "both", "neither", "other"]
    coding: Identifier | None = None
    rationale: Reason
    decided_by: TwoPeople
    at: Moment

    @model_validator(mode="after")
    def _names_what_it_settles(self) -> Self:
        ids = [coding for side in self.codings for coding in side]
        if not ids:
            raise ValueError("must name in `codings` what it settles; add the ids")
        if len(set(ids)) < len(ids):
            raise ValueError("must name each of its `codings` once; remove the doubled one")
        if not self.start < self.end:
            raise ValueError("must have `start` before `end`; correct one of them")
        if (self.decision == "other") != (self.coding is not None):
            raise ValueError("must name in `coding` the new one, for `other` only; add or remove it")
        return self

    @property
    def losing(self) -> tuple[str, ...]:
        """Ids of the codings that no longer count."""
        first, second = self.codings
        gone = {"first": second, "second": first, "both": ()}.get(self.decision, (*first, *second))
        return tuple(coding for coding in gone if coding != self.coding)

    @property
    def standing(self) -> tuple[str, ...]:
        """Ids of the codings that count from now on."""
        named = [coding for side in self.codings for coding in side]
        kept = [coding for coding in named if coding not in self.losing]
        return tuple(dict.fromkeys([*kept, *([self.coding] if self.coding else [])]))


class Condition(Record):
    """What must be done about one factor for the innovation to stay, and by whom."""

    kind: Literal["condition"]
    site: Identifier
    code: Identifier
    action: Words
    owner: Words
    decided_by: People
    at: Moment


class Question(Record):
    """An open question for team and management."""

    kind: Literal["question"]
    site: Identifier
    text: Words
    decided_by: People
    at: Moment


class Recommendation(Record):
    """Advice across the sites for one group of readers."""

    kind: Literal["recommendation"]
    audience: Words
    text: Words
    decided_by: People
    at: Moment


Decision = Fit | MetaInference | QuoteRelease | Gate | Settlement | Condition | Question | Recommendation
Kind = TypeVar(
    "Kind", Fit, MetaInference, QuoteRelease, Gate, Settlement, Condition, Question, Recommendation
)


_LINE: TypeAdapter[Decision] = TypeAdapter(Annotated[Decision, Field(discriminator="kind")])


def read(study: Study, site: str | None = None) -> tuple[Decision, ...]:
    """Read all decisions in the order in which they were first made.

    A later fit or meta-inference of the same row, release of the same quote, gate of the same code or
    settlement of the same codings replaces the earlier one; other decisions stand until their line is
    removed. With ``site``, decisions about that site, about ``ALL``, and those that belong to no site.

    Raises
    ------
    InvalidMaterial
        With every bad line, unknown site and unknown code, and every quote that is too long.
    """
    return tuple(decision for _, decision in numbered(study, site))


def numbered(study: Study, site: str | None = None) -> tuple[tuple[int, Decision], ...]:
    """Read the decisions that stand, each with its line; as ``read`` otherwise."""
    lines, problems = logs.scan(study.folder / FILE, _LINE, FILE, root=study.folder)
    codes = codebook.read(study)
    problems += [
        told for number, line in lines for told in _problems(line, study, codes, place(FILE, number))
    ]
    if problems:
        raise InvalidMaterial(problems)
    latest = {_key(line): (number, line) for number, line in lines}
    return tuple(
        (number, line)
        for number, line in latest.values()
        if site is None or getattr(line, "site", ALL) in (site, ALL)
    )


def of_kind(decisions: tuple[Decision, ...], kind: type[Kind]) -> tuple[Kind, ...]:
    """Keep the decisions of one kind."""
    return tuple(decision for decision in decisions if isinstance(decision, kind))


def _key(line: Decision) -> tuple[str, ...]:
    if isinstance(line, Fit | MetaInference):
        return line.kind, line.site, line.row
    if isinstance(line, QuoteRelease):
        return line.kind, line.quote
    if isinstance(line, Gate):
        return line.kind, line.code
    if isinstance(line, Settlement):
        return line.kind, *sorted(coding for side in line.codings for coding in side)
    return line.kind, line.model_dump_json()


def _problems(line: Decision, study: Study, codes: Codebook, where: str) -> Iterator[Problem]:
    site = getattr(line, "site", ALL)
    sites = study.site_ids if isinstance(line, Fit) else [*study.site_ids, ALL]
    if not (site in sites or (site == ALL and not isinstance(line, Fit))):
        yield Problem(where, "`site` must be a site of study.yml", f"`{site}`", nearest(site, sites))
    # The code of a settlement is that of its codings, in the codebook they were made with.
    code = None if isinstance(line, Settlement) else getattr(line, "code", None)
    known = [known.id for known in codes.codes]
    if code is not None and code not in known:
        yield Problem(where, "`code` must be a code of codebook.yml", f"`{code}`", nearest(code, known))
    if isinstance(line, QuoteRelease):
        limit, n_words = study.thresholds.disclosure.max_quote_words, len(line.text.split())
        if n_words > limit:
            yield Problem(where, f"`text` must be at most {limit} words", f"{n_words}", "shorten the quote")
