"""What must hold of a coding beside its place: its log, its code in its own codebook, its neighbours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from casestudy.documents import nearest
from casestudy.errors import InvalidMaterial, Problem
from casestudy.material import codebook, codebook_versions
from casestudy.material.codebook import Codebook
from casestudy.material.coding_events import Coding
from casestudy.study import Study

FAMILIES: Mapping[str, codebook.Family] = {
    "valence": "factor",
    "practice": "skill",
    "contribution": "component",
    "linked_skill": "component",
}


class Books:
    """The codebook in force, and for codings of another MAJOR the one in which they find their code."""

    def __init__(self, study: Study) -> None:
        self.in_force = codebook.read(study)
        self._study = study
        self._kept: Mapping[str, Codebook] | None = None

    def of(self, version: str) -> Codebook:
        """Give the book of a coding.

        Raises
        ------
        InvalidMaterial
            When no book of its MAJOR is known.
        """
        if version.partition(".")[0] == self.in_force.major:
            return self.in_force
        if self._kept is None:
            self._kept = codebook_versions.kept(self._study)
        return codebook_versions.of_version(self._kept, version)


def not_own(coder: str, where: str) -> Problem:
    """Tell that a line stands in another coder's log."""
    return Problem(
        where, "`coder` must be the name of the folder", f"`{coder}`", "move the line to that coder's log"
    )


def wrong_log(coding: Coding, coder: str, source: str, where: str) -> Iterator[Problem]:
    """Tell whether a coding stands in the log of another coder or source."""
    if coding.coder != coder:
        yield not_own(coding.coder, where)
    if coding.source != source:
        must = "`source` must be the name of the file"
        yield Problem(where, must, f"`{coding.source}`", "move the line to the log of that source")


def wrong_code(coding: Coding, books: Books, where: str) -> Iterator[Problem]:
    """Tell what is wrong with a coding's code, and with the fields that go with its family."""
    try:
        book = books.of(coding.codebook)
    except InvalidMaterial:
        must = "`codebook` must be a version that is kept, or of the MAJOR of one"
        remedy = f"restore `{codebook.FOLDER}/{coding.codebook}.yml`, or set its status to `superseded`"
        yield Problem(where, must, f"`{coding.codebook}`", remedy)
        return
    named = codebook.FILE if book is books.in_force else f"codebook {book.version}"
    if coding.code not in book:
        is_own = book is books.in_force or book.version == coding.codebook
        restore = f"restore `{codebook.FOLDER}/{coding.codebook}.yml`, the book it was made under"
        remedy = nearest(coding.code, [code.id for code in book.codes]) if is_own else restore
        yield Problem(where, f"`code` must be in {named}", f"`{coding.code}`", remedy)
        return
    code = book.code(coding.code)
    if not code.active:
        yield Problem(where, "`code` must be active", f"`{code.id}`", "code the segment with a code that is")
    for field, family in FAMILIES.items():
        if getattr(coding, field) is not None and code.family != family:
            must = f"`{field}` must stand with a code of the family {family} only"
            yield Problem(where, must, f"it with `{code.id}`", "remove it or choose another code")
    skill = coding.linked_skill
    if skill is not None and (skill not in book or book.code(skill).family != "skill"):
        remedy = nearest(skill, [code.id for code in book.family("skill")])
        yield Problem(where, f"`linked_skill` must be a skill of {named}", f"`{skill}`", remedy)


def overlapping(given: Iterable[tuple[str, Coding]]) -> Iterator[Problem]:
    """Tell which codings of one log overlap with one code, in the text they were made on."""
    by_code: dict[tuple[str, str], list[tuple[int, int, str, str]]] = defaultdict(list)
    for where, coding in given:
        if coding.status in ("suggested", "confirmed"):
            segment = (coding.start, coding.end, where, coding.coding)
            by_code[coding.code, coding.text_sha256].append(segment)
    for (code, _), segments in by_code.items():
        reach, holder = -1, ""
        for start, end, where, coding_id in sorted(segments):
            if start < reach:
                must = f"codings of one coder with `{code}` must not overlap"
                yield Problem(where, must, f"`{coding_id}` over `{holder}`", "delete one, or make them one")
            if end > reach:
                reach, holder = end, coding_id


def doubled(standing: Iterable[tuple[str, Coding]]) -> Iterator[Problem]:
    """Tell which ids stand in more than one log."""
    first: dict[str, str] = {}
    for where, coding in standing:
        earlier = first.setdefault(coding.coding, where)
        if earlier != where:
            found = f"`{coding.coding}` again, first in {earlier}"
            yield Problem(where, "`coding` must stand once", found, "give one of the two another id")
