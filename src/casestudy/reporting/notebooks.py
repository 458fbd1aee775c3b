"""What of an executed notebook may leave: released prose and shown parts, nothing else.

An allow-list and not a filter: code, printed text, tracebacks, plain representations, attachments, metadata
and paths are never copied. The small notebook that remains is what pages are made of, and what is kept as the
last good version.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from nbformat import NotebookNode, v4
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from casestudy.errors import NOTHING_BUILT, CasestudyError
from casestudy.study import LANGUAGES, Audience, Language

MIME = "application/vnd.casestudy.part+json"
AUDIENCES: tuple[Audience, ...] = ("internal", "site", "public")
SECTION = r"section-[a-z0-9]+(-[a-z0-9]+)*"

_new: Any = v4  # nbformat has no types
Scalar = str | int | Annotated[float, Field(allow_inf_nan=False)] | bool | None


class Incomplete(CasestudyError):
    """A notebook that looks finished and is not; its page must not be made.

    Parameters
    ----------
    cell
        Number of the notebook cell, counted from 1 over all cells; nothing when the whole notebook is meant.
    must
        What must hold.
    found
        What was found; never output of the cell.

    Examples
    --------
    >>> print(Incomplete(4, "every code cell must have run", "one that has not"))
    notebook cell 4: every code cell must have run, found one that has not; run the notebook again
    """

    exit_code = NOTHING_BUILT

    def __init__(self, cell: int | None, must: str, found: str) -> None:
        super().__init__(cell, must, found)
        self.cell, self.must, self.found = cell, must, found

    def __str__(self) -> str:
        where = "notebook" if self.cell is None else f"notebook cell {self.cell}"
        return f"{where}: {self.must}, found {self.found}; run the notebook again"


class _Kept(BaseModel):
    """Known fields only; anything else in the output stays behind."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)


class ReleasedTable(_Kept):
    """Released numbers of one part for one audience."""

    columns: list[str]
    rows: list[list[Scalar]]


class WithheldLine(_Kept):
    """One place where a rule kept a value back."""

    rule: str
    place: str


class ReleasedPart(_Kept):
    """What a notebook showed: a table, figure, quotes or sentence, per audience and language."""

    version: Literal[1]
    kind: Literal["head", "table", "figure", "quotes", "text", "end"]
    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)
    renderings: dict[Audience, dict[Language, str]]
    released: dict[Audience, ReleasedTable] | None = None
    withheld: dict[Audience, list[WithheldLine]] = {}


def release(executed: NotebookNode) -> NotebookNode:
    """Keep what may leave of a notebook that ran to its end.

    Parameters
    ----------
    executed
        The notebook as the run left it; it is not changed.

    Returns
    -------
    NotebookNode
        A valid notebook with the prose tagged for a language and the shown parts, in their order. Equal input
        gives equal bytes.

    Raises
    ------
    Incomplete
        When a code cell has not run or failed, when a part is not valid or stands twice, when prose lacks one
        of the languages, or when the last code cell does not hold the end of the report.

    Examples
    --------
    >>> end = {"version": 1, "kind": "end", "id": "end", "renderings": {}}
    >>> shown = v4.new_output("display_data", data={MIME: end, "text/plain": "<Part>"})
    >>> ran = v4.new_code_cell("report.close()", execution_count=2, outputs=[shown])
    >>> note = v4.new_markdown_cell("For the researcher only.")
    >>> [cell.cell_type for cell in release(v4.new_notebook(cells=[note, ran])).cells]
    ['code']
    """
    cells: list[NotebookNode] = []
    last: list[ReleasedPart] = []
    seen: set[str] = set()
    for number, cell in enumerate(executed.cells, start=1):
        if cell.cell_type == "markdown" and (tags := _released_tags(cell)):
            prose = _new.new_markdown_cell(_text(cell.source), id=f"cell-{number}", metadata={"tags": tags})
            cells.append(prose)
        elif cell.cell_type == "code" and _text(cell.source).strip():
            _check_ran(number, cell)
            last = _shown(number, cell, seen)
            outputs = [_new.new_output("display_data", data={MIME: p.model_dump(mode="json")}) for p in last]
            cells += [_new.new_code_cell("", id=f"cell-{number}", outputs=outputs)] if outputs else []
    if not last or last[-1].kind != "end":
        raise Incomplete(None, "the last code cell must close the report", "no end")
    _check_languages(cells)
    released: NotebookNode = _new.new_notebook(cells=cells)
    return released


def parts(notebook: NotebookNode) -> list[ReleasedPart]:
    """List the parts of a released notebook in their order."""
    data = [output.data[MIME] for cell in notebook.cells for output in cell.get("outputs", [])]
    return [ReleasedPart.model_validate(part) for part in data]


def tables(notebook: NotebookNode, audience: Audience) -> dict[str, ReleasedTable]:
    """Give the released numbers for one audience by the id of their part."""
    shown = ((part.id, part.released or {}) for part in parts(notebook))
    return {part: released[audience] for part, released in shown if audience in released}


def withheld(notebook: NotebookNode, audience: Audience) -> list[tuple[str, WithheldLine]]:
    """List what was kept back from one audience, each with the id of its part."""
    return [(part.id, line) for part in parts(notebook) for line in part.withheld.get(audience, [])]


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _released_tags(cell: NotebookNode) -> list[str]:
    """Tags that have a meaning for a page; none when the cell is for the researcher only."""
    tags = {str(tag) for tag in cell.metadata.get("tags", [])}
    if not tags & set(LANGUAGES):
        return []
    return sorted(tag for tag in tags if tag in (*LANGUAGES, *AUDIENCES) or re.fullmatch(SECTION, tag))


def _check_ran(number: int, cell: NotebookNode) -> None:
    if cell.get("execution_count") is None:
        raise Incomplete(number, "every code cell must have run", "one that has not")
    if any(output.output_type == "error" for output in cell.outputs):
        raise Incomplete(number, "a code cell must end without an error", "an error")
    record = cell.metadata.get("papermill", {})
    if record.get("status", "completed") != "completed" or record.get("exception"):
        raise Incomplete(number, "a code cell must be completed", "one that was stopped")


def _shown(number: int, cell: NotebookNode, seen: set[str]) -> list[ReleasedPart]:
    """Read the parts that a cell shows; their ids are added to those seen before."""
    found = []
    for data in [output.data[MIME] for output in cell.outputs if MIME in output.get("data", {})]:
        try:
            part = ReleasedPart.model_validate(data)
        except ValidationError as error:
            fields = ", ".join(sorted({str(detail["loc"][0]) for detail in error.errors() if detail["loc"]}))
            raise Incomplete(number, "a shown part must be valid", f"`{fields}` that is not") from None
        if part.id in seen:
            raise Incomplete(number, "the id of a part must stand once", f"`{part.id}` again")
        if len({frozenset(languages) for languages in part.renderings.values()}) > 1:
            raise Incomplete(number, "a part must be drawn in every language", f"`{part.id}` without one")
        seen.add(part.id)
        found.append(part)
    return found


def _check_languages(cells: list[NotebookNode]) -> None:
    """Check that prose stands in every language: as many cells, the same sections in the same order."""
    prose = [set(cell.metadata.tags) for cell in cells if cell.cell_type == "markdown"]
    outlines = [[tags - set(LANGUAGES) for tags in prose if language in tags] for language in LANGUAGES]
    if any(outline != outlines[0] for outline in outlines):
        raise Incomplete(None, "released prose must stand in every language", "text in one language only")
