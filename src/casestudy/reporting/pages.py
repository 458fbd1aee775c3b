"""Pages: one self-contained HTML file per report, made from a released notebook by our own template.

No script, no outside request, no clock: equal input gives equal bytes. Everything that comes from data is
escaped or cleaned before it meets the template, and nothing from data is ever read as a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode

from casestudy import labels
from casestudy.labels import Labels
from casestudy.reporting import fragments
from casestudy.reporting.notebooks import AUDIENCES, MIME, Incomplete, ReleasedPart
from casestudy.study import LANGUAGES, Audience, Language

CONTENT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

ReportKind = Literal["site", "cross", "codebook"]
INDEX_ORDER: tuple[ReportKind, ...] = ("cross", "site", "codebook")
State = Literal["fresh", "not_renewed", "withheld"]
Reason = Literal["failed", "refused", "disclosure", "too_few", "nothing_yet"]


@dataclass(frozen=True, kw_only=True)
class Head:
    """What stands above a page: which study, page and edition, and what a reader must know first.

    Parameters
    ----------
    study, title
        Title of the study and of the page, in the page's language; on the index page both are the study's.
    edition, date
        Number and day (``YYYY-MM-DD``) of the edition, from its record.
    kind, site_word
        What kind of report it is, and what a site is called (``Study.site_word``).
    about
        One sentence under the title; on the index page the question of the study.
    fictional, concept, stale_since
        Banners; ``stale_since`` is the day of the last good version when a newer one could not be made.
    changes
        Sentences on what changed since the previous edition.
    alternates
        Language to the address of the same page in that language, relative to this page.
    index
        Address of the page that lists all reports, relative to this page.
    """

    study: str
    title: str
    edition: int
    date: str
    kind: ReportKind = "site"
    site_word: str = "organisation"
    about: str = ""
    fictional: bool = False
    concept: bool = False
    stale_since: str | None = None
    changes: tuple[str, ...] = ()
    alternates: Mapping[str, str] = field(default_factory=dict)
    index: str = "../index.html"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One report on the index page.

    Parameters
    ----------
    title, kind
        Its title in the page's language, and what kind of report it is.
    state, reason
        Whether it is of this edition, an older one, or not there at all, and why.
    hrefs
        Language to the address of the page, relative to the index page; empty when it is withheld.
    edition, date
        Of the version that a reader gets.
    """

    title: str
    kind: ReportKind
    state: State
    reason: Reason | None = None
    hrefs: Mapping[str, str] = field(default_factory=dict)
    edition: int | None = None
    date: str | None = None


@dataclass(frozen=True)
class Section:
    """A heading of the page with everything up to the next one; the anchor is the same in every edition."""

    anchor: str
    title: Markup
    blocks: tuple[Markup, ...]


def render(notebook: NotebookNode, *, language: Language, audience: Audience, head: Head) -> str:
    """Make one page from a released notebook.

    Parameters
    ----------
    notebook
        What :func:`casestudy.reporting.notebooks.release` gave.
    language, audience
        Which of its renderings to show.
    head
        What stands above the page.

    Returns
    -------
    str
        A complete HTML page.

    Raises
    ------
    Incomplete
        When a part was drawn for this audience, but not in this language.
    """
    chosen = {"language": language, "audience": audience, "head": head}
    exporter: Any = PageExporter  # nbconvert's constructors have no types
    page, _ = exporter().from_notebook_node(notebook, resources=chosen)
    return fragments.quiet(str(page))


def index(entries: Sequence[Entry], *, language: Language, head: Head) -> str:
    """Make the page that lists every report: what it is, how old, and why one is not there.

    Parameters
    ----------
    entries
        The reports in the study's order; the one across sites is shown first and the codebook last.
    language
        Language of the page.
    head
        What stands above the page; ``index`` is not used.
    """
    entries = sorted(entries, key=lambda entry: INDEX_ORDER.index(entry.kind))
    words = labels.read(language)
    template = _environment().get_template("index.html.j2")
    current = sum(entry.state == "fresh" for entry in entries)
    return fragments.quiet(
        template.render(words=words, language=language, head=head, entries=entries, n_current=current)
    )


class PageExporter(TemplateExporter):
    """Our template on nbconvert, without its preprocessors, filters, search paths or configuration."""

    file_extension = ".html"
    output_mimetype = "text/html"
    default_preprocessors: list[Any] = []  # noqa: RUF012 - the trait of nbconvert, emptied

    def _template_file_default(self) -> str:
        return "page.html.j2"

    def _template_paths(self, prune: bool = True, root_dirs: Any = None) -> list[str]:  # noqa: ARG002
        return []

    def _create_environment(self) -> Environment:
        return _environment()

    def from_notebook_node(  # type: ignore[override]  # as nbconvert's own
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Lay out the sections of a released notebook for the language and audience in ``resources``."""
        chosen = resources or {}
        language, audience = chosen["language"], chosen["audience"]
        head, sections, end = _layout(nb, language, audience)
        page = {"words": labels.read(language), "sections": sections, "material": head, "made": end}
        output: tuple[str, dict[str, Any]] = super().from_notebook_node(nb, {**chosen, "page": page}, **kw)
        return output


@cache
def _environment() -> Environment:
    loader = PackageLoader("casestudy.reporting", "template")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {"style": _style(), "content_policy": Markup(CONTENT_POLICY), "say": _say}  # noqa: S704
    return environment


def _style() -> Markup:
    """Our own style sheet without its comments and indentation."""
    text = (files("casestudy.reporting") / "template" / "style.css").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return Markup("\n".join(line.strip() for line in text.splitlines() if line.strip()))  # noqa: S704


def _say(words: Labels, key: str, **values: Any) -> str:
    return words.say(f"page_{key}", **values)


def _layout(
    notebook: NotebookNode, language: Language, audience: Audience
) -> tuple[tuple[Markup, ...], tuple[Section, ...], tuple[Markup, ...]]:
    """Split a released notebook into what goes above, in and under the page."""
    sections: list[tuple[str, Markup, list[Markup]]] = [("start", Markup(), [])]
    above: list[Markup] = []
    under: list[Markup] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and _is_for(set(cell.metadata.tags), language, audience):
            for piece in _pieces(cell):
                if isinstance(piece, Markup):
                    sections[-1][2].append(piece)
                else:
                    sections.append((*piece, []))
        for part in [ReleasedPart.model_validate(output.data[MIME]) for output in cell.get("outputs", [])]:
            shown = {"head": above, "end": under}.get(part.kind, sections[-1][2])
            shown += _drawn(part, language, audience)
    told = [Section(anchor, title, tuple(blocks)) for anchor, title, blocks in sections if title or blocks]
    return tuple(above), tuple(told), tuple(under)


def _is_for(tags: set[str], language: Language, audience: Audience) -> bool:
    """Prose without an audience is for every audience."""
    audiences = tags & set(AUDIENCES)
    return language in tags and (not audiences or audience in audiences)


def _pieces(cell: NotebookNode) -> Iterator[tuple[str, Markup] | Markup]:
    """Headings of released prose as (anchor, title), and what stands between them."""
    anchors = [tag for tag in cell.metadata.tags if tag not in LANGUAGES and tag not in AUDIENCES]
    for number, text in enumerate(re.split(r"<h2>(.*?)</h2>", fragments.prose(cell.source), flags=re.DOTALL)):
        piece = Markup(text.strip())  # noqa: S704 - cleaned by fragments.prose
        if number % 2:
            yield (anchors.pop(0) if anchors else _slug(piece.striptags())), piece
        elif piece:
            yield Markup('<div class="prose">\n{}\n</div>').format(piece)


def _slug(title: str) -> str:
    return "-".join(["section", *re.findall(r"[a-z0-9]+", title.lower())])


def _drawn(part: ReleasedPart, language: Language, audience: Audience) -> Iterator[Markup]:
    drawings = part.renderings.get(audience)
    if not drawings:
        return
    if language not in drawings:
        raise Incomplete(None, "a part must be drawn in every language", f"`{part.id}` without one")
    wrapped = Markup('<div class="part part-{}" id="part-{}">\n{}\n</div>')
    yield wrapped.format(part.kind, part.id, fragments.clean(drawings[language]))
