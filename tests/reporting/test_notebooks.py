"""Only what is meant to leave a notebook leaves it, and only when the notebook ran to its end."""

from __future__ import annotations

import json
import pickle
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode, v4

from casestudy.errors import NOTHING_BUILT
from casestudy.reporting import notebooks, parts
from casestudy.reporting.notebooks import MIME, Incomplete

SECRET = "SECRET-4711"


def part(name: str = "change", kind: str = "table", **more: Any) -> dict[str, Any]:
    html = {"nl": "<p>tekst</p>", "en": "<p>text</p>"}
    data = {
        "version": 1,
        "kind": kind,
        "id": name,
        "renderings": {"site": html},
        "released": None,
        "withheld": {},
    }
    return data | more


def shown(*data: dict[str, Any], output: str = "display_data", **cell: Any) -> NotebookNode:
    more = {"execution_count": 1} if output == "execute_result" else {}
    outputs = [
        v4.new_output(output, data={MIME: d, "text/html": SECRET, "text/plain": SECRET}, **more) for d in data
    ]
    return v4.new_code_cell("report.show(x)", **({"execution_count": 1, "outputs": outputs} | cell))


def prose(text: str, *tags: str) -> NotebookNode:
    return v4.new_markdown_cell(text, metadata={"tags": list(tags)})


def notebook(*cells: NotebookNode) -> NotebookNode:
    return v4.new_notebook(cells=[*cells, shown(part("end", "end"))])


def test_the_name_of_a_part_is_the_same_where_it_is_made_and_where_it_leaves() -> None:
    assert MIME == parts.MIME


def test_nothing_leaves_but_prose_and_parts() -> None:
    noisy = shown(part("head", "head"))
    noisy.source = f"path = '{SECRET}'"
    noisy.metadata = NotebookNode(
        {"tags": ["parameters", SECRET], "papermill": {"status": "completed", "x": SECRET}}
    )
    noisy.outputs += [
        v4.new_output("stream", name="stdout", text=SECRET),
        v4.new_output("stream", name="stderr", text=SECRET),
        v4.new_output("execute_result", data={"text/plain": SECRET, "text/html": SECRET}, execution_count=1),
        v4.new_output("display_data", data={"image/png": "AAAA"}, metadata={"filename": SECRET}),
    ]
    noisy.outputs[0].metadata = NotebookNode({"path": SECRET})
    noisy.outputs[0].data[MIME]["more"] = SECRET
    attached = prose("Tekst", "nl", SECRET)
    attached.attachments = {"x.png": {"image/png": SECRET}}
    executed = notebook(noisy, prose(SECRET), v4.new_raw_cell(SECRET), attached, prose("Text", "en"))
    executed.metadata = NotebookNode(
        {"papermill": {"parameters": {"key": SECRET}}, "kernelspec": {"name": SECRET}}
    )

    released = notebooks.release(executed)

    nbformat.validate(released)
    assert SECRET not in nbformat.writes(released)
    assert [cell.cell_type for cell in released.cells] == ["code", "markdown", "markdown", "code"]
    assert [part.id for part in notebooks.parts(released)] == ["head", "end"]


@pytest.mark.parametrize("output", ["display_data", "execute_result"])
def test_a_part_is_kept_however_the_cell_showed_it(output: str) -> None:
    assert len(notebooks.parts(notebooks.release(notebook(shown(part(), output=output))))) == 2


def test_equal_input_gives_equal_bytes_also_after_reading_back() -> None:
    executed = notebook(prose("Tekst", "nl"), prose("Text", "en"), shown(part()))
    first = nbformat.writes(notebooks.release(executed))
    assert nbformat.writes(notebooks.release(executed)) == first
    assert nbformat.writes(nbformat.reads(first, as_version=4)) == first
    assert notebooks.parts(nbformat.reads(first, as_version=4)) == notebooks.parts(
        notebooks.release(executed)
    )


def test_the_notebook_of_the_run_is_not_changed() -> None:
    executed = notebook(prose("Tekst", "nl"), prose("Text", "en"), shown(part()))
    before = json.dumps(executed, sort_keys=True)
    notebooks.release(executed)
    assert json.dumps(executed, sort_keys=True) == before


NAN = {"columns": ["m"], "rows": [[float("nan")]]}
FAILED = v4.new_output("error", ename="ValueError", evalue=SECRET, traceback=[SECRET])
STOPPED = {"papermill": {"status": "running"}}
TORN = [
    ("not run", [shown(part(), execution_count=None)], 1, "every code cell must have run"),
    ("an error", [shown(part()), shown(outputs=[FAILED])], 2, "a code cell must end without an error"),
    ("stopped", [shown(part(), metadata=STOPPED)], 1, "a code cell must be completed"),
    ("twice", [shown(part()), shown(part())], 2, "the id of a part must stand once"),
    ("id", [shown(part("A b"))], 1, "a shown part must be valid"),
    ("kind", [shown(part(kind="script"))], 1, "a shown part must be valid"),
    ("version", [shown(part(version=2))], 1, "a shown part must be valid"),
    ("audience", [shown(part(renderings={"boss": {"nl": "x"}}))], 1, "a shown part must be valid"),
    ("nan", [shown(part(released={"site": NAN}))], 1, "a shown part must be valid"),
    (
        "no list",
        [shown(part(released={"site": {"columns": ["n"], "rows": [5]}}))],
        1,
        "a shown part must be valid",
    ),
    (
        "a language less",
        [shown(part(renderings={"site": {"nl": "x", "en": "x"}, "public": {"nl": "x"}}))],
        1,
        "a part must be drawn in every language",
    ),
    ("one language", [prose("Tekst", "nl")], None, "released prose must stand in every language"),
    (
        "other sections",
        [prose("## A", "nl", "section-a"), prose("## B", "en", "section-b")],
        None,
        "released prose must stand in every language",
    ),
]


@pytest.mark.parametrize(
    ("cells", "cell", "must"), [case[1:] for case in TORN], ids=[case[0] for case in TORN]
)
def test_a_torn_notebook_is_refused(cells: list[NotebookNode], cell: int | None, must: str) -> None:
    with pytest.raises(Incomplete) as caught:
        notebooks.release(notebook(*cells))
    assert (caught.value.cell, caught.value.must) == (cell, must)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [shown(part())],
        [shown(part("end", "end")), shown(part())],
        [shown(part("end", "end")), shown()],
        [prose("Einde", "nl"), prose("End", "en")],
    ],
    ids=["empty", "no end", "a part after the end", "a cell after the end", "prose only"],
)
def test_the_last_code_cell_must_close_the_report(cells: list[NotebookNode]) -> None:
    with pytest.raises(Incomplete, match="the last code cell must close the report"):
        notebooks.release(v4.new_notebook(cells=cells))


def test_an_empty_cell_has_nothing_to_run() -> None:
    end = shown(part("end", "end"))
    assert notebooks.release(v4.new_notebook(cells=[end, v4.new_code_cell("  \n")])).cells


def test_released_numbers_and_withheld_places_are_given_per_audience() -> None:
    table = {"columns": ["scale", "n"], "rows": [["knowledge", 14], ["attitude", None]]}
    line = {"rule": "few_people", "place": "attitude x T1"}
    released = notebooks.release(notebook(shown(part(released={"site": table}, withheld={"public": [line]}))))
    assert notebooks.tables(released, "site")["change"].rows == [["knowledge", 14], ["attitude", None]]
    assert notebooks.tables(released, "public") == {}
    assert notebooks.withheld(released, "site") == []
    assert [(name, line.rule) for name, line in notebooks.withheld(released, "public")] == [
        ("change", "few_people")
    ]


def test_the_error_survives_the_way_back_from_a_worker() -> None:
    error = Incomplete(3, "every code cell must have run", "one that has not")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.cell, again.exit_code) == (str(error), 3, NOTHING_BUILT)
