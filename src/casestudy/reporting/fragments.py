"""HTML fragments on their way to a page: prose from markdown, and everything cleaned by one allow-list."""

from __future__ import annotations

import re
from typing import Any

import nh3
from markupsafe import Markup, escape
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TAGS = set(
    "a abbr b blockquote caption cite dd details div dl dt em figcaption figure footer h3 h4 img li ol p"
    " picture section source span strong sub summary sup table tbody td th thead tr ul".split()
)
ATTRIBUTES = {
    "*": {"class", "id", "lang", "role", "tabindex"},
    "a": {"href"},
    "abbr": {"title"},
    "img": {"alt", "src", "width", "height"},
    "source": {"media", "srcset", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
DROPPED_WITH_CONTENT = {"script", "style", "noscript", "template", "iframe", "object", "svg", "math", "title"}

_IMAGE = re.compile(
    r"data:image/(?:(?:png|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}|svg\+xml,[A-Za-z0-9%._~/:=;-]+)"
)
_SAFE = {
    "href": re.compile(
        r"#[A-Za-z][\w.-]*|(?:\.\./)*(?:[\w-][\w.-]*/)*[\w-][\w.-]*\.(?:html|csv)(?:#[A-Za-z][\w.-]*)?"
    ),
    "src": _IMAGE,
    "srcset": _IMAGE,
    "id": re.compile(r"[A-Za-z][\w.-]*"),
    "class": re.compile(r"[\w -]*"),
    "role": re.compile(r"region|group|img|list|listitem|note|table|row|cell|rowgroup|columnheader|rowheader"),
    "tabindex": re.compile(r"0"),
}


def clean(html: str, *, more: frozenset[str] = frozenset()) -> Markup:
    """Keep of a fragment what a page may hold: known tags, pictures as data, links that stay here.

    Parameters
    ----------
    html
        Any text.
    more
        Further tags to keep.

    Examples
    --------
    >>> clean('<p onclick="x()">a &lt; b<script>alert(1)</script></p>')
    Markup('<p>a &lt; b</p>')
    >>> clean('<a href="javascript:alert(1)">x</a><a href="#part-change">y</a>')
    Markup('<a>x</a><a href="#part-change">y</a>')
    """
    kept = nh3.clean(
        html,
        tags=TAGS | more,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        generic_attribute_prefixes={"aria-", "data-"},
        url_schemes={"data"},
        link_rel=None,
        strip_comments=True,
    )
    return Markup(kept)  # noqa: S704 - this is the place where a fragment becomes trusted


def is_safe(attribute: str, value: str) -> bool:
    """Whether the value of an allowed attribute leads nowhere else and means what it seems to.

    Examples
    --------
    >>> is_safe("href", "../en/beuk.html#section-change"), is_safe("href", "//example.org/beuk.html")
    (True, False)
    """
    pattern = _SAFE.get(attribute)
    return pattern is None or pattern.fullmatch(value) is not None


def _attribute(_: str, name: str, value: str) -> str | None:
    return value if is_safe(name, value) else None


class _Prose(IPythonRenderer):
    """Markdown without raw HTML, pictures, code or a heading of the first level; it never opens a file."""

    def __init__(self) -> None:
        super().__init__(escape=True, allow_harmful_protocols=False, exclude_anchor_links=True)

    def heading(self, text: str, level: int, **attrs: Any) -> str:  # noqa: ARG002
        level = min(max(level, 2), 4)
        return f"<h{level}>{text}</h{level}>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        return f'<a href="{url}">{text}</a>' if is_safe("href", url) else text

    def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        return text

    def block_code(self, code: str, info: str | None = None) -> str:  # noqa: ARG002
        return f"<p>{escape(code)}</p>\n"


def prose(markdown: str) -> Markup:
    """Turn released prose into a clean fragment; HTML in it is shown as it was typed.

    Examples
    --------
    >>> prose("# Kern\\n\\nTwee *dingen* <b>vallen</b> op.")
    Markup('<h2>Kern</h2>\\n<p>Twee <em>dingen</em> &lt;b&gt;vallen&lt;/b&gt; op.</p>\\n')
    """
    html = MarkdownWithMath(renderer=_Prose(), plugins=[]).render(markdown)
    return clean(html, more=frozenset({"h2"}))


_PIECE = re.compile(r"<style>.*?</style>|<(?:\"[^\"]*\"|[^\"<>])*>|[^<]+", re.DOTALL)
_QUOTED = re.compile(r'"[^"]*"')
# What a scan of the bytes would take for an attribute, a script or a request, though it is only text.
_ALARMING = [
    (re.compile(r"(?<=[A-Za-z])(\s*)="), r"\1&#61;"),
    (re.compile(r"(?i)(script)(\s*):"), r"\1\2&#58;"),
    (re.compile(r"(?i)(url)\("), r"\1&#40;"),
    (re.compile(r"(?i)@(?=import)"), "&#64;"),
]


def quiet(page: str) -> str:
    """Write text that only looks like markup with entities, so that a reader of the bytes is not alarmed.

    Examples
    --------
    >>> quiet('<p title="onclick=x">src=//a</p>')
    '<p title="onclick&#61;x">src&#61;//a</p>'
    """
    return _PIECE.sub(lambda found: _quiet_piece(found.group()), page)


def _quiet_piece(piece: str) -> str:
    if piece.startswith(("<style>", "<meta", "<!")):
        return piece
    if piece.startswith("<"):
        return _QUOTED.sub(lambda found: _quiet_text(found.group()), piece)
    return _quiet_text(piece)


def _quiet_text(text: str) -> str:
    if text.startswith('"data:'):
        return text
    for pattern, replacement in _ALARMING:
        text = pattern.sub(replacement, text)
    return text
