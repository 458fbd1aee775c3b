"""Comments in the margin of a Word file: codings when they name a code, memos otherwise."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from casestudy.material import folders, rewrites, sources, transcripts
from casestudy.material.codebook import Code, Codebook
from casestudy.material.codings import Coding
from casestudy.material.sources import Source
from casestudy.material.transcripts import PlacedComment
from casestudy.study import Study

FOLDER = "memos/sources"

_CODED = re.compile(r"\s*(?:code|codering|codeer|coding)\s*:\s*", re.IGNORECASE)
# A sign is a direction when nothing follows it but a memo set off from it: `-` before words is a dash.
_SIGN = re.compile(r"\s*(?:\((?P<set>[-+x0−])\)|(?P<bare>[-+x0−])(?=\s*(?:[:;,]|\Z)))", re.IGNORECASE)
_GAP = re.compile(r"[\s:;,.–—-]*")
_Valence = Literal["+", "-", "x", "0"]
_SIGNS: dict[str, _Valence] = {"+": "+", "-": "-", "−": "-", "x": "x", "0": "0"}


@dataclass(frozen=True, slots=True)
class Named:
    """The code that a comment names, its direction, and what else it says."""

    code: str
    valence: _Valence | None = None
    memo: str | None = None


@dataclass(frozen=True, slots=True)
class SortedOut:
    """What comments become; ``n_overlapping`` of the memos would have been codings over another one."""

    codings: tuple[Coding, ...] = ()
    memos: tuple[str, ...] = ()
    n_overlapping: int = 0


def named(text: str, book: Codebook) -> Named | None:
    """Read a comment that begins with a code: its id, or a label that only one code has.

    After ``code:``, and when the comment is nothing else, one word of a label will do where no other label
    has it. Directions are read for factors only.

    Examples
    --------
    >>> from casestudy.material.codebook import framework
    >>> book = Codebook(id="midi", version="1.0.0", codes=framework("midi"))
    >>> named("M23 -", book), named("codeer: tijd", book)
    (Named(code='M23', valence='-', memo=None), Named(code='M23', valence=None, memo=None))
    >>> named("Tijd +: een dagdeel vrij", book)
    Named(code='M23', valence='+', memo='een dagdeel vrij')
    >>> named("Tijd is hier geld", book) is named("Tijdens het gesprek ging de bel", book) is None
    True
    """
    mark = _CODED.match(text)
    rest = " ".join(text[mark.end() if mark else 0 :].split())
    found = _longest(rest, book, is_marked=mark is not None) or _one_word(
        rest, book, is_marked=mark is not None
    )
    if found is None:
        return None
    code, end = found
    sign = _SIGN.match(rest, end)
    valence = _SIGNS[(sign["set"] or sign["bare"]).lower()] if sign else None
    end = sign.end() if sign else end
    memo = rest[_GAP.match(rest, end).end() :]  # type: ignore[union-attr]
    return Named(code.id, valence if code.family == "factor" else None, memo or None)


def _names(code: Code) -> set[str]:
    return {word.casefold() for word in (code.id, code.label.nl, code.label.en)}


def _longest(rest: str, book: Codebook, *, is_marked: bool) -> tuple[Code, int] | None:
    """Find the code whose id or label the comment begins with, and where that ends.

    A label that is followed by more words of the same sentence is just a word.
    """
    folded = rest.casefold()
    if len(folded) != len(rest):
        return None
    found: dict[int, list[Code]] = {}
    for code in book.codes:
        for name in _names(code) if code.active else ():
            free = r"\w" if is_marked or name == code.id.casefold() else r"\w|\s+[^\W\d_]{2}"
            if folded.startswith(name) and not re.match(free, rest[len(name) :]):
                found.setdefault(len(name), []).append(code)
    if not found:
        return None
    codes = found[max(found)]
    return (codes[0], max(found)) if len({code.id for code in codes}) == 1 else None


def _one_word(rest: str, book: Codebook, *, is_marked: bool) -> tuple[Code, int] | None:
    word = re.match(r"[^\W\d_]{3,}", rest)
    if word is None:
        return None
    alone = not _GAP.sub("", rest[word.end() :].strip().strip("+-x0−()"))
    wanted = word.group().casefold()
    having = [
        code
        for code in book.codes
        if code.active
        and any(wanted in re.findall(r"\w+", label.casefold()) for label in (code.label.nl, code.label.en))
    ]
    return (having[0], word.end()) if len(having) == 1 and (is_marked or alone) else None


def sorted_out(
    comments: Iterable[PlacedComment],
    source: Source,
    book: Codebook | None,
    *,
    coder: str = "",
    at: str = "",
    standing: Sequence[Coding] = (),
) -> SortedOut:
    """Make codings of the comments that name a code, and memos of the others.

    A person chose these codes, so the codings are confirmed; taking the same comments in again gives the same
    ids. A comment that hangs on no words of a turn is a memo.

    Parameters
    ----------
    comments
        The comments of one person, placed in the text of the source.
    source
        The source.
    book
        The codebook; left out, every comment is a memo.
    coder
        Who chose the codes.
    at
        The moment of taking in.
    standing
        Codings of this coder that stand; one code does not stand twice over the same words.
    """
    found: list[Coding] = []
    memos: list[str] = []
    n_overlapping = 0
    known = {coding.coding for coding in standing}
    for comment in comments:
        place = _whole_words(source.text, comment)
        names = named(comment.text, book) if book is not None and place is not None else None
        coding = _coding(names, source, book, place, coder, at) if names and book and place else None
        if coding is not None and coding.coding in known:
            continue
        if coding is not None and not any(_overlap(coding, one) for one in (*standing, *found)):
            found.append(coding)
            known.add(coding.coding)
            continue
        n_overlapping += coding is not None
        memos.append(_memo(source.text[slice(*place)] if place else comment.words, comment.text))
    return SortedOut(tuple(found), tuple(memos), n_overlapping)


def comments(study: Study, source: Source) -> tuple[PlacedComment, ...]:
    """Read the comments in the margin of a source's file; none when it is of a kind without them.

    Raises
    ------
    InvalidMaterial
        When the file cannot be read.
    """
    if not source.row.file.lower().endswith(".docx"):
        return ()
    data = folders.read_bytes(study.folder / source.name, root=study.folder, name=source.name)
    return transcripts.comments(data, name=source.name, known=sources.known(source.row))


def _coding(
    names: Named, source: Source, book: Codebook, place: tuple[int, int], coder: str, at: str
) -> Coding:
    start, end = place
    key = f"{coder}\n{source.source}\n{source.sha256}\n{start}\n{end}\n{names.code}"
    return Coding(
        coding=f"word-{hashlib.sha256(key.encode()).hexdigest()[:20]}",
        source=source.source,
        start=start,
        end=end,
        code=names.code,
        codebook=book.version,
        coder=coder,
        kind="human",
        valence=names.valence,
        memo=names.memo,
        status="confirmed",
        round="main",
        quote=source.text[start:end],
        text_sha256=source.sha256,
        at=at,
    )


def _whole_words(text: str, comment: PlacedComment) -> tuple[int, int] | None:
    """Place what a comment is about: without space around the words, never a part of one."""
    start, end = comment.start, comment.end
    if start is None or end is None or not text[start:end].strip():
        return None
    start += len(text[start:end]) - len(text[start:end].lstrip())
    end = start + len(text[start:end].rstrip())
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    return start, end


def _overlap(one: Coding, other: Coding) -> bool:
    return one.code == other.code and one.start < other.end and other.start < one.end


def _memo(words: str, text: str) -> str:
    about = " ".join(words.split())
    about = f"{about[:77]}..." if len(about) > 80 else about
    said = " ".join(text.split())
    return f"- “{about}”: {said}" if about else f"- {said}"


def keep(study: Study, source: str, memos: Sequence[str]) -> int:
    """Add memos to the file of a source, each once; gives how many were new.

    Raises
    ------
    InvalidMaterial
        When the file is there and cannot be read.
    """
    name = f"{FOLDER}/{source}.md"
    path = study.folder / name
    data = folders.read_bytes(path, root=study.folder, name=name) if path.exists() else b""
    known = set(data.decode("utf-8", "replace").splitlines())
    fresh = [memo for memo in dict.fromkeys(memos) if memo not in known]
    if fresh:
        gap = b"" if not data or data.endswith(b"\n") else b"\n"
        rewrites.write_whole(path, data + gap + "".join(f"{memo}\n" for memo in fresh).encode())
    return len(fresh)
