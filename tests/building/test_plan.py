import json
from pathlib import Path

import pytest

from casestudy.building import inputs, plan, status
from casestudy.building.ledger import Ledger
from casestudy.building.plan import Step
from casestudy.errors import WrongUse

CODING = {"event": "code", "coding": "c1", "source": "beuk-01"}
QUOTE = {"kind": "quote_release", "quote": "c1"}


def steps_of(workbench):
    found, _ = status.steps(workbench.study, Ledger())
    return {step.id: step for step in found}


def test_the_plan_has_two_steps_per_site_one_across_sites_and_one_for_the_codebook(workbench):
    steps = steps_of(workbench)
    assert list(steps) == [
        *("code:esdoorn", "code:beuk", "code:linde", "agreement"),
        *("site:esdoorn", "site:beuk", "site:linde"),
        "cross",
        "codebook",
    ]
    assert steps["site:beuk"].needs == ("code:beuk", "agreement")
    assert steps["cross"].needs == ("site:esdoorn", "site:beuk", "site:linde", "agreement")
    assert steps["agreement"].needs == steps["codebook"].needs == ("code:esdoorn", "code:beuk", "code:linde")


CHANGES = [
    ("sources/beuk/a-01.txt", "P: anders\n", {"code:beuk", "site:beuk"}),
    ("codings/jansen/beuk-01.jsonl", json.dumps(CODING) + "\n", {"code:beuk", "site:beuk"}),
    ("ratings/jansen.jsonl", json.dumps({"site": "beuk", "code": "M23"}) + "\n", {"site:beuk"}),
    ("decisions.jsonl", json.dumps({"kind": "question", "site": "beuk"}) + "\n", {"site:beuk"}),
    ("decisions.jsonl", json.dumps({"kind": "question", "site": "ALL"}) + "\n", {"site:*", "cross"}),
    ("codebook.yml", "id: test\nversion: 2.0.0\n", {"code:*", "agreement", "site:*", "cross", "codebook"}),
    ("guide.yml", "versions: {}\n", {"code:*", "agreement", "site:*", "cross"}),
    (
        "codebooks/1.0.0.yml",
        "id: test\nversion: 1.0.0\n",
        {"code:*", "agreement", "site:*", "cross", "codebook"},
    ),
    ("rounds.yml", "rounds: []\n", {"code:*", "agreement", "site:*", "cross"}),
    ("summaries/beuk.yml", "summaries: []\n", {"site:beuk"}),
    ("memos/sites/beuk.md", "voor onszelf", set()),
    ("notes.txt", "not material", set()),
    ("sources/beuk/loose.txt", "not in the list", set()),
    ("../../notebooks/02_site_report.ipynb", '{"cells": []}', {"site:*"}),
]


@pytest.mark.parametrize(("name", "text", "stale"), CHANGES, ids=[f"{c[0]} {len(c[2])}" for c in CHANGES])
def test_a_change_reaches_only_the_steps_it_matters_to(workbench, name, text, stale):
    before = steps_of(workbench)
    workbench.write(name, text)
    after = steps_of(workbench)
    changed = {step for step in after if plan.reasons(after[step], before[step].inputs)}
    assert changed == {step for step in after if {step, f"{step.partition(':')[0]}:*"} & stale}


def test_a_row_of_sources_csv_reaches_its_own_site(workbench):
    before = steps_of(workbench)
    rows = (workbench.folder / "sources.csv").read_text()
    workbench.write("sources.csv", rows.replace("beuk-01", "beuk-02"))
    after = steps_of(workbench)
    assert plan.reasons(after["code:beuk"], before["code:beuk"].inputs) == ["sources.csv is changed"]
    assert plan.reasons(after["code:linde"], before["code:linde"].inputs) == []


def test_a_broken_table_reaches_every_site_and_does_not_stop_the_plan(workbench):
    before = steps_of(workbench)
    workbench.write("sources.csv", 'source,site\n"')
    after = steps_of(workbench)
    for step in ("code:beuk", "code:linde"):
        assert "sources.csv is changed" in plan.reasons(after[step], before[step].inputs)


def test_a_new_site_leaves_the_others_current(workbench):
    before = steps_of(workbench)
    settings = (workbench.folder / "study.yml").read_text()
    workbench.write("study.yml", settings.replace("waves:", "  - {id: es, name: Es}\nwaves:"))
    after = steps_of(workbench)
    recorded = {name: step.inputs for name, step in before.items()}
    stale = {name for name, step in after.items() if plan.reasons(step, recorded.get(name))}
    assert stale == {"code:es", "site:es", "cross"}


def test_a_quote_follows_the_site_that_said_it(workbench):
    workbench.write("codings/jansen/beuk-01.jsonl", json.dumps(CODING) + "\n")
    before = steps_of(workbench)
    workbench.write("decisions.jsonl", json.dumps(QUOTE) + "\n")
    after = steps_of(workbench)
    stale = {step for step in after if plan.reasons(after[step], before[step].inputs)}
    assert stale == {"site:beuk", "cross"}


def test_outputs_and_run_counts_of_a_notebook_do_not_matter(workbench):
    path = workbench.notebooks / "01_code_site.ipynb"
    before = inputs.of_notebook(path)
    notebook = json.loads(path.read_text())
    printed = {"output_type": "stream", "name": "stdout", "text": "x"}
    notebook["cells"][0] |= {"execution_count": 7, "outputs": [printed]}
    path.write_text(json.dumps(notebook))
    assert inputs.of_notebook(path) == before


REASONS = [
    (None, {}, ["never built"]),
    ({"codebook.yml": "1"}, {"codebook.yml": "1"}, []),
    ({"study.yml": "0"}, {"study.yml": "1"}, ["settings in study.yml are changed"]),
    ({"the notebook 02": "0"}, {"the notebook 02": "1"}, ["the notebook 02 is changed"]),
    ({"guide.yml": "absent"}, {"guide.yml": "1"}, ["guide.yml is new"]),
    ({"ratings/a.jsonl": "1"}, {}, ["ratings/a.jsonl is gone"]),
    ({inputs.LIBRARIES: "0"}, {inputs.LIBRARIES: "1"}, ["the installed libraries are changed"]),
]


@pytest.mark.parametrize(("recorded", "now", "told"), REASONS)
def test_reasons_are_plain_words(recorded, now, told):
    assert plan.reasons(Step("site:es", Path("02_site_report.ipynb"), inputs=now), recorded) == told


def test_a_kind_without_reports_is_told(workbench):
    settings = (workbench.folder / "study.yml").read_text()
    workbench.write("study.yml", settings.replace("implementation", "pilot"))
    with pytest.raises(WrongUse, match="found `pilot`"):
        steps_of(workbench)


def test_a_missing_notebook_is_told(workbench):
    (workbench.notebooks / "02_site_report.ipynb").unlink()
    with pytest.raises(WrongUse, match=r"notebooks/02_site_report.ipynb"):
        steps_of(workbench)


def test_survey_responses_reach_their_own_site(workbench):
    workbench.write("instrument.yml", INSTRUMENT)
    workbench.write("survey/all.csv", "respondent,wave,site,V1\nr1,T0,esdoorn,3\nr2,T0,beuk,4\n")
    before = steps_of(workbench)
    workbench.write("survey/all.csv", "respondent,wave,site,V1\nr1,T0,esdoorn,3\nr2,T0,beuk,5\n")
    after = steps_of(workbench)
    stale = {step for step in after if plan.reasons(after[step], before[step].inputs)}
    assert stale == {"site:beuk"}


INSTRUMENT = """
id: test
version: "1"
options: {likert: {min: 1, max: 5}}
scales:
  - {id: v, label: {nl: V, en: V}, items: [{id: V1, text: {nl: a, en: a}, options: likert}]}
files:
  - file: "*.csv"
    columns: {respondent: respondent, wave: wave, site: site}
    waves: {T0: T0}
    sites: {esdoorn: esdoorn, beuk: beuk}
"""
