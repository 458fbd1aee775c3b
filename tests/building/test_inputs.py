import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casestudy.building import inputs, plan
from casestudy.building.plan import Step
from casestudy.study import Study

DIGESTS = st.dictionaries(
    st.sampled_from(["a.csv", "b.csv", "study.yml", "the survey"]), st.sampled_from("123")
)


@given(DIGESTS, DIGESTS)
def test_a_step_is_current_exactly_when_all_its_inputs_are_equal(now, before):
    step = Step("site:es", Path("n.ipynb"), inputs=now)
    assert (plan.reasons(step, before) == []) == (now == before)
    assert (step.fingerprint == Step("site:es", Path("n.ipynb"), inputs=before).fingerprint) == (
        now == before
    )


@given(st.dictionaries(st.text(), st.text()))
def test_the_order_of_keys_does_not_matter(value):
    assert inputs.of_value(value) == inputs.of_value(dict(reversed(value.items())))


def test_a_pipe_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert inputs.of_file(tmp_path / "pipe") == inputs.ABSENT
    assert inputs.of_folder(tmp_path) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [{"cell_type": "code"}]}'])
def test_a_file_that_is_no_notebook_still_has_a_digest(tmp_path, text):
    path = tmp_path / "x.ipynb"
    path.write_text(text)
    assert inputs.of_notebook(path) == inputs.of_file(path)


def test_a_damaged_line_of_a_log_reaches_every_site(workbench):
    workbench.write("ratings/jansen.jsonl", '{"site": "beuk", "code": "M01"}\n{"site": "be')
    material = inputs.material(workbench.study, survey={})
    before = {site: material.of_ratings(site) for site in ("beuk", "linde")}
    workbench.write("ratings/jansen.jsonl", '{"site": "beuk", "code": "M01"}\n{"site": "bee')
    assert all(material.of_ratings(site) != before[site] for site in ("beuk", "linde"))


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="only Linux tells who has a file open")
def test_a_source_that_is_still_changing_is_stale_at_the_next_build(tmp_path):
    folder = tmp_path / "sources" / "es"
    folder.mkdir(parents=True)
    rows = ({"source": "es-1", "site": "es", "file": "a.txt"},)
    study = Study.model_construct()
    study.__pydantic_private__ = {"_folder": tmp_path, "_reports": tmp_path}
    with (folder / "a.txt").open("w") as file:
        file.write("I: Hoe?\n")
        file.flush()
        material = inputs.Material(study, rows, (), (), {})
        assert material.of_sources("es")["sources/es/a.txt"] == inputs.CHANGING
