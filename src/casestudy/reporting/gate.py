"""The last look at finished pages: nothing that identifies a person, that runs, or that is fetched.

The gate reads what a reader's browser would read, not what the makers meant: before it looks it undoes
entities, %-coding, base64, invisible letters, full-width letters, accents and case. What it finds is named by
kind and place, never by the word itself, because messages end up in logs.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote, unquote_to_bytes

from casestudy.errors import Problem
from casestudy.reporting import fragments
from casestudy.reporting.pages import CONTENT_POLICY
from casestudy.study import LANGUAGES

SHORTEST_WORD = 3
SHORTEST_NUMBER = 5
DEEPEST = 3

_TAGS = fragments.TAGS | set("html head meta title style link body header nav main h1 h2 time".split())
_ATTRIBUTES = {name for names in fragments.ATTRIBUTES.values() for name in names} | set(
    "charset content datetime http-equiv hreflang name rel".split()
)
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x34F, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0xFEFF]
)
_INVISIBLE |= dict.fromkeys([*range(0x2060, 0x2070), *range(0xFE00, 0xFE10)])
_CODED = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_PNG = b"\x89PNG"
_TRACES = {
    "an absolute path": re.compile(
        r"(?:^|[\s\"'(=>,;])(?:/(?:home|root|tmp|users|mnt|usr|var|opt|private)/\w|[a-z]:[\\/]\w|file:/)|site-packages"
    ),
    "a traceback": re.compile(r"traceback \(most recent|ipykernel_\d|<module>|\x1b\[\d"),
    "a notebook's own record": re.compile(r"papermill|injected-parameters|kernelspec|execution_count"),
}
_IN_PICTURES = re.compile(
    rb"<metadata|<!--|<script|\son[a-z]+\s*=|(?:href|src)\s*=\s*[\"']?(?!#|[\"']|data:)|<foreignobject",
    re.IGNORECASE,
)
_PNG_TEXT = re.compile(rb"tEXt|iTXt|zTXt|eXIf|tIME")
_MEND = "look at this place in the private folder and correct the material or the part"


def problems(pages: Mapping[str, str], forbidden: Mapping[str, Collection[str]]) -> dict[str, list[Problem]]:
    """Find what must not leave.

    Parameters
    ----------
    pages
        Name to text of everything that would be published; what ends in ``.html`` is also checked as a page.
    forbidden
        Kind of word, as the reader of a message knows it (``respondent id``), to words that no page may hold.
        A word under three characters, or a number under five digits, cannot be told from a count and is not
        looked for.

    Returns
    -------
    dict
        Name of the page to its problems; empty when everything may leave.

    Examples
    --------
    >>> found = problems({"beuk.csv": "naam,n\\nR&#45;0\\u200b12,9"}, {"respondent id": ["R-012"]})
    >>> found["beuk.csv"][0].must, found["beuk.csv"][0].found
    ('a page must hold no respondent id', 'number 1 of 1')
    """
    words = [(kind, *numbered) for kind, known in forbidden.items() for numbered in _searchable(known)]
    found = {}
    for name, text in pages.items():
        told = list(_leaks(name, text, words))
        told += _structure(name, text) if name.endswith(".html") else []
        if told:
            found[name] = list(dict.fromkeys(told))
    return found


def plain(text: str) -> str:
    """Write text the way it is compared: no invisible letters, no accents, one case, single spaces.

    Examples
    --------
    >>> plain("Ｒ-\\u200b012  Ré")
    'r-012 re'
    """
    letters = unicodedata.normalize("NFKD", text.translate(_INVISIBLE)).casefold()
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


Word = tuple[str, str, re.Pattern[str], frozenset[str]]


def _searchable(known: Collection[str]) -> Iterator[tuple[str, re.Pattern[str], frozenset[str]]]:
    """Give the words their number in alphabetical order; leave out those that look like ordinary text."""
    ordered = sorted(set(known))
    for number, word in enumerate(ordered, start=1):
        looked = plain(word)
        if len(looked) < (SHORTEST_NUMBER if looked.isdecimal() else SHORTEST_WORD):
            continue
        pattern = re.compile(rf"(?<!\w){re.escape(looked)}(?!\w)")
        yield f"number {number} of {len(ordered)}", pattern, frozenset(re.findall(r"\w+", looked))


def _leaks(name: str, text: str, words: Collection[Word]) -> Iterator[Problem]:
    for chapter in re.split(r'(?=<h2 id=")', text):
        anchor = re.match(r'<h2 id="([\w-]+)"', chapter)
        place = f"{name}#{anchor.group(1)}" if anchor else name
        for view in dict.fromkeys(plain(shown) for shown in _views(chapter)):
            tokens = frozenset(re.findall(r"\w+", view))
            for kind, number, pattern, needed in words:
                if needed <= tokens and pattern.search(view):
                    yield Problem(place, f"a page must hold no {kind}", number, _MEND)
            for trace, pattern in _TRACES.items():
                if pattern.search(view):
                    yield Problem(place, "a page must hold no trace of the machine", trace, _MEND)


def _views(text: str, depth: int = 0) -> Iterator[str]:
    """Give the text as it stands, and as it reads after each way of hiding it is undone."""
    read = unescape(unescape(text))
    yield text
    yield read
    yield unquote(read)
    yield re.sub(r"<[^>]*>", "", read)
    yield re.sub(r"<[^>]*>", " ", read)
    if depth < DEEPEST:
        for coded in _CODED.findall(unquote(read)):
            for decoded in _decoded(coded):
                yield from _views(decoded, depth + 1)


def _decoded(coded: str) -> Iterator[str]:
    body = coded.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
        yield data.decode("latin-1" if data.startswith(_PNG) else "utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return


def _structure(name: str, text: str) -> list[Problem]:
    page = _Page()
    page.feed(text)
    page.close()
    return [Problem(name, must, found, _MEND) for must, found in dict.fromkeys(page.found())]


class _Page(HTMLParser):
    """What a browser would do with a page, and what a reader needs from it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.first_meta: dict[str, str] | None = None
        self.language = ""
        self.wrong: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self.tags.append(tag)
        if tag not in _TAGS:
            self.wrong.append(("a page must hold known elements only", f"`<{tag[:20]}>`"))
        for key, value in values.items():
            if not _is_safe(tag, key, value):
                self.wrong.append(("a page must run and fetch nothing", f"`{key[:20]}` on `<{tag[:20]}>`"))
        if tag == "meta" and self.first_meta is None:
            self.first_meta = values
        if tag == "html":
            self.language = values.get("lang", "")
        if tag == "img":
            self._look_at_picture(values)
        self.ids += [values["id"]] if "id" in values else []
        href = values.get("href", "")
        self.targets += [href[1:]] if href.startswith("#") else []
        self.targets += values.get("aria-labelledby", "").split() + values.get("aria-describedby", "").split()

    def _look_at_picture(self, values: dict[str, str]) -> None:
        if not values.get("alt", "").strip():
            self.wrong.append(("every picture must say what it shows", "one without words"))
        if _holds_metadata(values.get("src", "")):
            self.wrong.append(("a picture must hold nothing but the drawing", "something else in it"))

    def handle_data(self, data: str) -> None:
        if (
            self.tags
            and self.tags[-1] == "style"
            and re.search(r"url\(|@import|expression\(", data, re.IGNORECASE)
        ):
            self.wrong.append(("a page must run and fetch nothing", "an address in the style sheet"))

    def handle_comment(self, data: str) -> None:  # noqa: ARG002
        self.wrong.append(("a page must hold no comments", "one"))

    def found(self) -> Iterator[tuple[str, str]]:
        yield from self.wrong
        policy = {"http-equiv": "Content-Security-Policy", "content": CONTENT_POLICY}
        if self.first_meta != policy or self.tags[:3] != ["html", "head", "meta"]:
            yield "a page must start with its content policy", "something else"
        if self.language not in LANGUAGES:
            yield "a page must name its language", "none that is known"
        for tag in ("h1", "main", "title"):
            if self.tags.count(tag) != 1:
                yield f"a page must hold one `<{tag}>`", str(self.tags.count(tag))
        if doubled := _doubled(self.ids):
            yield "an id must stand once on a page", f"`{doubled[0]}` again"
        if missing := sorted(set(self.targets) - set(self.ids)):
            yield "a link must lead somewhere", f"`#{missing[0]}` without a place"


def _is_safe(tag: str, key: str, value: str) -> bool:
    if key not in _ATTRIBUTES and not key.startswith(("aria-", "data-")):
        return False
    if tag == "link":
        return (key, value) in {("rel", "icon"), ("href", "data:,")}
    if tag == "meta" and key == "http-equiv":
        return value == "Content-Security-Policy"
    return fragments.is_safe(key, value) or (tag in {"main", "nav"} and key == "tabindex")


def _doubled(ids: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [name for name in ids if name in seen or seen.add(name)]  # type: ignore[func-returns-value]


@cache
def _holds_metadata(source: str) -> bool:
    """Whether a picture that is written as data holds more than its drawing."""
    kind, _, body = source.partition(",")
    data = base64.b64decode(body + "==") if kind.endswith(";base64") else unquote_to_bytes(body)
    pattern = _PNG_TEXT if data.startswith(_PNG) else _IN_PICTURES
    return pattern.search(data) is not None
