"""Who took part: pseudonyms, roles, consent and withdrawal, from ``participants.csv``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from casestudy import schema
from casestudy.documents import Record, nearest
from casestudy.errors import InvalidMaterial, Problem, place
from casestudy.study import Identifier, Month, Study

FILE = "participants.csv"

Role = Literal[
    "professional",
    "teamleider",
    "gedragsdeskundige",
    "aandachtsfunctionaris",
    "trainer",
    "manager",
    "client",
    "client_council",
    "family_manager",
    "partner",
    "inspector",
]
RoleClass = Literal["professional", "lead", "client"]
Consent = Literal["quote", "paraphrase", "analysis_only"]

_CLASSES: dict[Role, RoleClass] = {
    "professional": "professional",
    "family_manager": "professional",
    "partner": "professional",
    "teamleider": "lead",
    "gedragsdeskundige": "lead",
    "aandachtsfunctionaris": "lead",
    "trainer": "lead",
    "manager": "lead",
    "inspector": "lead",
    "client": "client",
    "client_council": "client",
}


class Participant(Record):
    """A person under a pseudonym; ``withdrawn`` is the month in which they took their consent back."""

    participant: Identifier
    role: Role
    site: Identifier
    consent: Consent
    withdrawn: Month | None = None


def read(study: Study) -> tuple[Participant, ...]:
    """Read every participant of the study, the withdrawn ones included.

    Raises
    ------
    InvalidMaterial
        With every problem of ``participants.csv``, an id that stands twice or a site that the study has
        not.
    """
    rows = schema.read_rows(study.folder / FILE, Participant, name=FILE)
    problems = [*_doubled(rows), *_unknown_sites(rows, study)]
    if problems:
        raise InvalidMaterial(problems)
    return tuple(row for _, row in rows)


def role_class(role: Role) -> RoleClass:
    """Give the class under which a role is counted and shown.

    Who works with families is a ``professional``, also at a partner organisation; who leads, trains,
    advises or inspects is a ``lead``; who receives help is a ``client``.

    Examples
    --------
    >>> role_class("teamleider"), role_class("family_manager"), role_class("client_council")
    ('lead', 'professional', 'client')
    """
    return _CLASSES[role]


def _doubled(rows: list[tuple[int, Participant]]) -> Iterator[Problem]:
    first: dict[str, tuple[int, str]] = {}
    for line, row in rows:
        earlier = first.setdefault(row.participant.casefold(), (line, row.participant))
        if earlier[0] == line:
            continue
        same = "again" if earlier[1] == row.participant else "that differs only in case"
        found = f"`{row.participant}` {same}, first on line {earlier[0]}"
        yield Problem(
            place(FILE, line), "`participant` must stand once", found, "keep one row or choose another id"
        )


def _unknown_sites(rows: list[tuple[int, Participant]], study: Study) -> Iterator[Problem]:
    for line, row in rows:
        if row.site not in study.site_ids:
            must = "`site` must be a site of study.yml"
            yield Problem(place(FILE, line), must, f"`{row.site}`", nearest(row.site, study.site_ids))
