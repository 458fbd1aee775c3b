"""Who takes part in a simulated study: sites, people, and the conversations and documents to be made."""

from __future__ import annotations

from dataclasses import dataclass

from casestudy.simulation.bank import generator
from casestudy.simulation.truth import CONVERSATIONS, WITHDRAWN, profile

TREES = (
    "Esdoorn Beuk Linde Wilg Es Berk Eik Els Iep Hazelaar Kastanje Lijsterbes Populier Meidoorn Sleedoorn "
    "Vlier Kornoelje Lariks Spar Den Taxus Jeneverbes Hulst Acacia Plataan Noot Kers Peer Appel Pruim "
    "Moerbei Ceder"
).split()

ROLES = ("professional",) * 4 + ("teamleider", "gedragsdeskundige")
GROUP = 5
COUNCIL_SITE, COUNCIL_PEOPLE = 2, 13
FORMATS = ("txt", "txt", "md", "docx", "txt", "vtt", "csv", "txt")
DOCUMENT_FORMATS = ("md", "docx", "txt")
MONTHS = ("2019-02", "2019-03", "2019-03", "2019-04", "2019-04", "2019-05", "2019-06", "2019-06", "2019-03")


@dataclass(frozen=True, slots=True)
class Person:
    """A participant under a pseudonym."""

    participant: str
    role: str
    site: str
    consent: str
    withdrawn: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A source to be written: who speaks in it, and in which kind of file."""

    source: str
    site: str
    kind: str
    format: str
    date: str
    people: tuple[Person, ...]
    guide: str | None
    number: int

    @property
    def file(self) -> str:
        """Name of the file under ``sources/<site>/``."""
        return f"{self.source}.{self.format}"

    @property
    def is_group(self) -> bool:
        """Whether more than one person answers."""
        return self.kind == "focusgroup"

    @property
    def is_lead(self) -> bool:
        """Whether the person who answers leads or advises a team."""
        return not self.is_group and any(person.role != "professional" for person in self.people)

    @property
    def consent(self) -> str:
        """The strictest consent of those who speak."""
        levels = ("analysis_only", "paraphrase", "quote")
        return min((person.consent for person in self.people), key=levels.index, default="quote")


@dataclass(frozen=True, slots=True)
class Site:
    """One fictional organisation with everybody and everything in it."""

    number: int
    site: str
    name: str
    people: tuple[Person, ...]
    conversations: tuple[Piece, ...]
    documents: tuple[Piece, ...]
    session: Piece | None

    @property
    def profile(self) -> str:
        """Letter of the planted profile."""
        return profile(self.number)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All sources in the order of ``sources.csv``."""
        return (*self.conversations, *self.documents, *([self.session] if self.session else []))


def name(number: int) -> str:
    """Name a site after a tree; with a number once the trees have run out.

    Examples
    --------
    >>> name(0), name(32)
    ('Esdoorn', 'Esdoorn 2')
    """
    turn, tree = divmod(number, len(TREES))
    return TREES[tree] if turn == 0 else f"{TREES[tree]} {turn + 1}"


def site(number: int, seed: int) -> Site:
    """Make one site: six interviews, two focus groups, documents, and at the third a session with clients."""
    title = name(number)
    word = title.lower().replace(" ", "-")
    people = list(_people(word, seed, number))
    conversations = [_conversation(word, number, place, people) for place in range(CONVERSATIONS)]
    if number == 0:
        gone = Person(f"{word}-p17", "professional", word, "quote", withdrawn="2019-09")
        people.append(gone)
        conversations.append(
            Piece(f"{word}-09", word, "interview", "txt", MONTHS[WITHDRAWN], (gone,), "1", WITHDRAWN)
        )
    n_documents = 3 if number < 2 else 2
    documents = tuple(
        Piece(
            f"{word}-d{n + 1}", word, "document", DOCUMENT_FORMATS[(number + n) % 3], "2019-01", (), None, n
        )
        for n in range(n_documents)
    )
    session = None
    if number == COUNCIL_SITE:
        council = [
            Person(f"{word}-c{n:02d}", "client_council", word, "quote") for n in range(1, COUNCIL_PEOPLE + 1)
        ]
        people += council
        session = Piece(f"{word}-c1", word, "worksession", "md", "2019-05", tuple(council), None, 0)
    return Site(number, word, title, tuple(people), tuple(conversations), documents, session)


def _people(word: str, seed: int, number: int) -> list[Person]:
    rng = generator(seed, number, "people")
    roles = (*ROLES, *("professional",) * (2 * GROUP))
    # Pseudonyms say nothing of the order in which people were spoken to.
    labels = rng.permutation(len(roles)) + 1
    levels = [
        "quote" if place < len(ROLES) or rng.random() < 0.95 else "paraphrase" for place in range(len(roles))
    ]
    if number % 5 == 3:
        levels[4] = "analysis_only"
    return [
        Person(f"{word}-p{int(label):02d}", role, word, level)
        for label, role, level in zip(labels, roles, levels, strict=True)
    ]


def _conversation(word: str, number: int, place: int, people: list[Person]) -> Piece:
    is_group = place >= len(ROLES)
    first = len(ROLES) + (place - len(ROLES)) * GROUP
    who = people[first : first + GROUP] if is_group else [people[place]]
    return Piece(
        f"{word}-{place + 1:02d}",
        word,
        "focusgroup" if is_group else "interview",
        FORMATS[(place + 3 * number) % len(FORMATS)],
        MONTHS[place],
        tuple(who),
        "2" if is_group else "1",
        place,
    )
