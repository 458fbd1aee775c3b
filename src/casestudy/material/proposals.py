"""What is proposed for a new source: its id, its file name and the rest of its row, each with the reason."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from casestudy.errors import InvalidMaterial, Problem
from casestudy.material import open_answers, sources
from casestudy.material.sources import Head, Source, SourceRow
from casestudy.material.speakers import Known
from casestudy.study import Language

_WORDS: dict[Language, frozenset[str]] = {
    "nl": frozenset(
        "de het een en van ik je dat niet wat maar met voor ook zijn er naar bij aan heb".split()
    ),
    "en": frozenset("the a and of i you that not what but with for also are there to it my on have".split()),
}
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\\/:*?"<>|\ufeff]+')
# Names that Windows keeps for devices, whatever the ending.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_YEAR_FIRST = re.compile(
    r"(?<!\d)(?P<year>20\d\d)[-_. ]?(?P<month>0[1-9]|1[0-2])(?:[-_. ]?(?:0[1-9]|[12]\d|3[01]))?(?!\d)"
)
_DAY_FIRST = re.compile(
    r"(?<!\d)(?:0?[1-9]|[12]\d|3[01])[-_. ](?P<month>0?[1-9]|1[0-2])[-_. ](?P<year>20\d\d)(?!\d)"
)
# Without these the source would be read in another way.
_NEEDED = ("kind", "language")
CAPTIONS = (".vtt", ".srt")
LONGEST_NAME = 100
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Proposal:
    """The row of a new source with what the file reads as, and a line for each value that was not given."""

    source: Source
    told: tuple[str, ...]

    @property
    def row(self) -> SourceRow:
        """The row that is proposed."""
        return self.source.row


def propose(
    data: bytes,
    given: Head,
    *,
    name: str,
    file: str,
    modified: float,
    taken: Collection[str] = (),
    columns: Collection[str] = tuple(Head.model_fields),
) -> Proposal:
    """Propose the row of a file of which only the site must be given.

    Parameters
    ----------
    data
        The bytes of the file.
    given
        What is known of it; its front matter has been read.
    name
        What messages call the file.
    file
        Its name in the folder of the site.
    modified
        When the file was last changed, in seconds since 1970.
    taken
        Ids that other sources have.
    columns
        The columns that ``sources.csv`` has; for another one nothing is proposed that can be left out.

    Raises
    ------
    InvalidMaterial
        When the file cannot be read.

    Examples
    --------
    >>> found = propose(
    ...     b"I: Hoe ging het?\\nR: Goed.\\n",
    ...     Head(site="es"),
    ...     name="gesprek 2019-03.txt",
    ...     file="gesprek 2019-03.txt",
    ...     modified=0,
    ... )
    >>> found.row.source, found.row.kind, found.row.date, found.row.consent
    ('es-gesprek-2019-03', 'interview', '2019-03', 'analysis_only')
    """
    told: dict[str, str] = {}
    values = {key: value for key in Head.model_fields if (value := getattr(given, key)) is not None}
    if "source" not in values:
        values["source"] = _free(slug(PurePosixPath(file).stem, str(given.site)), taken)
        told["source"] = "from the file name; give `--source` when that holds a name"
    if "date" not in values:
        values["date"], told["date"] = month(file, modified)
    if "consent" not in values:
        values["consent"] = "analysis_only"
        told["consent"] = "the safe one; nothing of it is quoted until you change it"
    read = _first_read(data, {"kind": "interview", **values, "file": file}, name, is_sure="kind" in values)
    heard = {key: both for key, both in _heard(read) if key not in values and key in {*columns, *_NEEDED}}
    row = SourceRow(**{**read.row.model_dump(), **{key: value for key, (value, _) in heard.items()}})
    told |= {key: why for key, (_, why) in heard.items()}
    lines = (f"{key}: {_shown(getattr(row, key))}, {why}" for key, why in told.items())
    return Proposal(read if row == read.row else sources.made(row, data, name=name), tuple(lines))


def _first_read(data: bytes, values: dict[str, object], name: str, *, is_sure: bool) -> Source:
    try:
        return sources.made(SourceRow.model_validate(values), data, name=name)
    except InvalidMaterial:
        if not is_sure and _is_open_answers(data, name):
            must, found = "a table must hold turns of speakers", "answers of respondents"
            remedy = "take it in with `--kind survey_open`"
            raise InvalidMaterial([Problem(name, must, found, remedy)]) from None
        raise


def _heard(read: Source) -> Iterator[tuple[str, tuple[object, str]]]:
    """Give what the text itself tells of its row, with the reason."""
    speakers = dict.fromkeys(turn.speaker for turn in read.turns if turn.speaker is not None)
    if speakers:
        yield "kind", (read.row.kind, "speakers were recognised")
    elif read.row.file.lower().endswith(CAPTIONS):
        yield "kind", (read.row.kind, "captions are of something said")
    else:
        yield "kind", ("document", "no speakers were recognised")
    found = language(read.text)
    yield "language", (found or "nl", "by its most common words" if found else "as no common word tells")
    labels = tuple(label for label in speakers if Known().is_interviewer(label))
    if labels and read.row.kind != "survey_open":
        yield "interviewer", (labels, "labels that look like one")


def slug(stem: str, site: str) -> str:
    """Make an id of a file name: letters and digits of ASCII, with the site in front.

    Examples
    --------
    >>> slug("Gesprek (één) 03", "es"), slug("ES_09", "es"), slug("会議", "es")
    ('es-gesprek-een-03', 'es-09', 'es-source')
    """
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.split(r"[^a-z0-9]+", plain) if word]
    own = [word for word in re.split(r"[^a-z0-9]+", site.lower()) if word]
    rest = words[len(own) :] if words[: len(own)] == own else words
    return f"{site}-{'-'.join(rest) or 'source'}"[:LONGEST_ID].rstrip("-.")


def safe_name(name: str, *, shown: str) -> str:
    """Give the name under which a file is kept: one that every system takes.

    Raises
    ------
    InvalidMaterial
        When nothing of the name is left.

    Examples
    --------
    >>> safe_name("cafe\\u0301: 1?.txt", shown="x"), safe_name("..\\\\con.md", shown="x")
    ('café- 1-.txt', 'con-file.md')
    """
    bare = unicodedata.normalize("NFC", name.replace("\\", "/").split("/")[-1])
    bare = bare.encode("utf-8", "replace").decode()
    bare = _UNSAFE.sub("-", bare).strip(" .-")
    pure = PurePosixPath(bare)
    stem = f"{pure.stem}-file" if _RESERVED.fullmatch(bare) else pure.stem
    if not stem.strip(" .-") or not pure.suffix:
        must = "a file must have a name and an ending that says its kind"
        raise InvalidMaterial([Problem(shown, must, "none", "rename it")])
    return f"{stem[:LONGEST_NAME].rstrip(' .')}{pure.suffix}"


def month(file: str, modified: float) -> tuple[str, str]:
    """Give the month in a file name, else that of the file itself, and say which.

    Examples
    --------
    >>> month("gesprek 12-5-2019.docx", 0), month("20190512.txt", 0), month("gesprek 7.txt", 86400 * 40)[0]
    (('2019-05', 'from the file name'), ('2019-05', 'from the file name'), '1970-02')
    """
    if found := _YEAR_FIRST.search(file) or _DAY_FIRST.search(file):
        return f"{found['year']}-{int(found['month']):02}", "from the file name"
    day = datetime.datetime.fromtimestamp(modified, tz=datetime.UTC)
    return f"{day:%Y-%m}", "the month in which the file was last changed"


def language(text: str) -> Language | None:
    """Tell Dutch from English by the words that are most common in each; nothing when neither wins.

    Examples
    --------
    >>> language("I had the time to do it."), language("Ik had er de tijd voor."), language("")
    ('en', 'nl', None)
    """
    counts = Counter(re.findall(r"[a-z]+", text[:200_000].lower()))
    nl, en = (sum(counts[word] for word in _WORDS[one]) for one in ("nl", "en"))
    return None if en == nl else "en" if en > nl else "nl"


def _free(source: str, taken: Collection[str]) -> str:
    folded = {one.casefold() for one in taken}
    return next(one for one in _numbered(source) if one.casefold() not in folded)


def _numbered(source: str) -> Iterator[str]:
    yield source
    number = 2
    while True:
        ending = f"-{number}"
        yield source[: LONGEST_ID - len(ending)] + ending
        number += 1


def _is_open_answers(data: bytes, name: str) -> bool:
    if PurePosixPath(name).suffix.lower() not in open_answers.KINDS:
        return False
    try:
        open_answers.read(data, name=name)
    except InvalidMaterial:
        return False
    return True


def _shown(value: object) -> str:
    return " | ".join(value) if isinstance(value, tuple) else str(value)
