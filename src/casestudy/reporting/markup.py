"""Fragments of a page: tables with captions and scoped headers, notes and keys; all text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Text = str | Markup
MANY_COLUMNS = 7


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and whether it holds numbers."""

    title: Text
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with a class of its own."""

    content: Text
    css: str = ""


Row = Sequence[Text | Cell]


def table(
    id: str,  # noqa: A002
    caption: Text,
    columns: Sequence[Column],
    rows: Sequence[Row] | Sequence[tuple[Text, Sequence[Row]]],
    *,
    css: str = "stack",
    grouped: bool = False,
) -> Markup:
    """Write a table; the first cell of every row is its header.

    Parameters
    ----------
    id
        Start of every id in the fragment.
    rows
        Rows of cells; with ``grouped``, pairs of a group heading and its rows.
    css
        ``stack`` becomes cards on a narrow screen; ``matrix`` scrolls inside its own frame, and so does a
        table of many columns.

    Examples
    --------
    >>> print(table("t", "<n>", [Column("a"), Column("n", True)], [["x", "5"]]))
    <table class="stack"><caption id="t-caption">&lt;n&gt;</caption>
    <thead><tr><th scope="col">a</th><th scope="col" class="num">n</th></tr></thead>
    <tbody>
    <tr><th scope="row">x</th><td class="num" data-label="n">5</td></tr>
    </tbody>
    </table>
    """
    css = f"{css} wide" if len(columns) > MANY_COLUMNS else css
    heads = joined(
        Markup('<th scope="col"{}>{}</th>').format(_css("num" * c.numbers), c.title) for c in columns
    )
    groups = [(str(title), body) for title, body in rows] if grouped else [("", rows)]
    bodies = Markup("\n").join(_body(title, body, columns) for title, body in groups)  # type: ignore[arg-type]
    written = Markup(
        '<table class="{}"><caption id="{}-caption">{}</caption>\n<thead><tr>{}</tr></thead>\n{}\n</table>'
    ).format(css, id, caption, heads, bodies)
    if not {"matrix", "wide"} & {*css.split()}:
        return written
    return Markup(
        '<div class="scroll" role="region" tabindex="0" aria-labelledby="{}-caption">\n{}\n</div>'
    ).format(id, written)


def _body(title: str, rows: Sequence[Row], columns: Sequence[Column]) -> Markup:
    head = Markup("")
    if title:
        head = Markup('<tr><th scope="colgroup" colspan="{}">{}</th></tr>\n').format(len(columns), title)
    return Markup("<tbody>\n{}{}\n</tbody>").format(
        head, Markup("\n").join(_row(row, columns) for row in rows)
    )


def _row(row: Row, columns: Sequence[Column]) -> Markup:
    cells = [cell if isinstance(cell, Cell) else Cell(cell) for cell in row]
    first = Markup('<th scope="row"{}>{}</th>').format(_css(cells[0].css), cells[0].content)
    others = (
        Markup('<td{} data-label="{}">{}</td>').format(
            _css(" ".join(filter(None, ["num" * column.numbers, cell.css]))),
            plain(column.title),
            cell.content,
        )
        for cell, column in zip(cells[1:], columns[1:], strict=True)
    )
    return Markup("<tr>{}{}</tr>").format(first, joined(others))


def _css(names: str) -> Markup:
    return Markup(' class="{}"').format(names) if names else Markup("")


def plain(text: Text) -> str:
    """Give the words of a fragment without its tags."""
    return text.striptags() if isinstance(text, Markup) else text


def joined(fragments: Iterable[Text], by: str = "") -> Markup:
    """Put fragments behind each other."""
    return escape(by).join(escape(fragment) for fragment in fragments)


def note(*sentences: Text) -> Markup:
    """Write sentences in small print; nothing for no sentences."""
    said = [sentence for sentence in sentences if sentence]
    return Markup('\n<p class="note">{}</p>').format(joined(said, " ")) if said else Markup("")


def paragraphs(*sentences: Text) -> Markup:
    """Write each sentence as a paragraph."""
    return joined((Markup("<p>{}</p>").format(sentence) for sentence in sentences if sentence), "\n")


def absent(text: Text) -> Markup:
    """Write why there is nothing here."""
    return Markup('<p class="withheld">{}</p>').format(text)


def folded(summary: Text, content: Text) -> Markup:
    """Write what opens under a line of its own."""
    return Markup("<details><summary>{}</summary>\n{}\n</details>").format(summary, content)


def bullets(items: Iterable[Text], css: str = "") -> Markup:
    """Write a list."""
    return Markup("<ul{}>{}</ul>").format(
        _css(css), joined(Markup("<li>{}</li>").format(item) for item in items)
    )


def key(entries: Iterable[tuple[Text, Text]], css: str = "key") -> Markup:
    """Write what each sign in a table or figure means."""
    items = joined(Markup("<li><b>{}</b> {}</li>").format(sign, meaning) for sign, meaning in entries)
    return Markup('\n<ul class="{}">{}</ul>').format(css, items)


def badge(text: Text) -> Markup:
    """Write a mark beside a value."""
    return Markup('<span class="badge">{}</span>').format(text)


def withheld(text: Text) -> Cell:
    """Write a cell whose value is left out."""
    return Cell(Markup('<span class="withheld">{}</span>').format(text))
