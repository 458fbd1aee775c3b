import json
from dataclasses import replace

import nbformat
import pytest

from casestudy.building import edition, inputs, ledger, publish, shelf
from casestudy.building.ledger import Ledger
from casestudy.building.publish import Withheld
from casestudy.building.shelf import CROSS_PAGE, Page

MIME = "application/vnd.casestudy.part+json"


@pytest.fixture
def shelf_of(workbench, tmp_path):
    """Publish pages made of handwritten results; no kernel runs."""

    def result(name, text, audience, rows):
        part = {
            "version": 1,
            "kind": "table",
            "id": "counts",
            "renderings": {audience: {"nl": f"<p>{text}</p>", "en": f"<p>{text}</p>"}},
            "released": {audience: {"columns": ["n", "site"], "rows": rows}},
            "withheld": {audience: [{"rule": "few_people", "place": "use x beuk"}]},
        }
        output = nbformat.v4.new_output("display_data", data={MIME: part})
        cell = nbformat.v4.new_code_cell("", id="cell-1", outputs=[output])
        folder = tmp_path / "results" / name / str(inputs.of_value(part)[:8])
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "released.ipynb")
        return folder

    class Shelf:
        known = Ledger()

        def publish(
            self, *, text="tekst", keep=5, rows=((7, "=1+1"), (None, "Es")), failed=(), concept=False
        ):
            names = {
                name: "public" if name == CROSS_PAGE else "site" for name in ("esdoorn", "beuk", CROSS_PAGE)
            }
            pages = [
                Page(name, "not_built", failed=True)
                if name in failed
                else Page(name, "fresh", "2017-09-01", result(name, text, audience, rows))
                for name, audience in names.items()
            ]
            study = workbench.study
            with ledger.locked(study):
                ledger.heal(study)
                folder = workbench.workshop / "work" / "edition"
                made = publish.publish(study, pages, self.known, folder=folder, concept=concept, keep=keep)
            self.known = replace(self.known, edition=made.number if made else self.known.edition)
            return made

    return Shelf()


def test_an_edition_is_a_link_to_a_whole_folder(shelf_of, workbench):
    made = shelf_of.publish()
    assert (made.number, made.date, made.is_new) == (1, "2017-09-01", True)
    assert workbench.published.readlink().as_posix() == ".proef/editions/1"
    assert sorted(inputs.of_folder(workbench.published)) == sorted(
        [
            "edition.json", "index.html", "index-en.html",
            "nl/esdoorn.html", "nl/beuk.html", "nl/cross-site.html",
            "en/esdoorn.html", "en/beuk.html", "en/cross-site.html",
            "tables/esdoorn-counts.csv", "tables/beuk-counts.csv", "tables/cross-site-counts.csv",
        ]
    )  # fmt: skip
    assert shelf.files(workbench.published) == workbench.record["files"]


def test_the_record_says_what_was_withheld_and_how_much_is_left(shelf_of, workbench):
    shelf_of.publish()
    page = workbench.record["pages"][0]
    private = json.loads((workbench.workshop / "withheld" / "1.json").read_text())
    assert private[page["page"]] == [
        {"audience": "site", "part": "counts", "rule": "few_people", "place": "use x beuk"}
    ]
    assert (page["n_shown"], page["n_withheld"]) == (3, 1)
    assert "few_people" not in (workbench.published / "edition.json").read_text()
    assert workbench.record["useful_share"] == 0.75


def test_no_edition_is_made_when_nothing_changed(shelf_of):
    assert shelf_of.publish().is_new
    assert not shelf_of.publish().is_new
    assert shelf_of.publish(concept=True).number == 2


def test_an_edition_that_was_changed_by_hand_is_made_again(shelf_of, workbench):
    shelf_of.publish()
    (workbench.published / "nl" / "beuk.html").write_text("iets anders")
    assert shelf_of.publish().number == 2
    assert "tekst" in workbench.page("nl/beuk.html")


def test_old_editions_are_kept_up_to_a_number(shelf_of, workbench):
    for number in range(1, 5):
        assert shelf_of.publish(text=f"tekst {number}", keep=2).number == number
    assert sorted(path.name for path in (workbench.workshop / "editions").iterdir()) == ["3", "4"]


def test_an_edition_nobody_saw_is_made_anew_under_the_same_number(shelf_of, workbench):
    shelf_of.publish()
    (workbench.workshop / "editions" / "2" / "nl").mkdir(parents=True)
    (workbench.workshop / "fresh").symlink_to(".proef/editions/2")
    assert shelf_of.publish(text="nieuw").number == 2
    assert "nieuw" in workbench.page("nl/beuk.html")


def test_a_number_is_never_used_twice_when_the_link_is_gone(shelf_of, workbench):
    shelf_of.publish()
    workbench.published.unlink()
    assert shelf_of.publish().number == 2


def test_a_report_that_was_never_built_is_listed_without_a_link(shelf_of, workbench):
    shelf_of.publish(failed=["beuk"])
    assert "Beuk" in workbench.page("index.html")
    assert "beuk.html" not in workbench.page("index.html")
    assert not (workbench.published / "nl" / "beuk.html").exists()


def test_without_any_page_there_is_no_edition(shelf_of, workbench):
    assert shelf_of.publish(failed=["esdoorn", "beuk", CROSS_PAGE]) is None
    assert not workbench.published.exists()


LEAKS = [
    ("P-linde", "participant id"),
    ("Beuk", "name of another site"),
    ("/home/an/x", "trace of the machine"),
]


@pytest.mark.parametrize(("text", "told"), LEAKS)
def test_the_gate_stops_the_whole_edition(shelf_of, workbench, text, told):
    shelf_of.publish()
    before = inputs.of_folder(workbench.published)
    with pytest.raises(Withheld) as stopped:
        shelf_of.publish(text=text)
    assert stopped.value.exit_code == 5
    assert told in str(stopped.value)
    assert text not in str(stopped.value)
    assert inputs.of_folder(workbench.published) == before


@pytest.mark.parametrize(
    ("value", "written"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("-2", "-2"), ("+0.5", "+0.5"), ("-x", "'-x"), (None, None), (-2, -2)],
)
def test_text_that_looks_like_a_formula_is_marked(value, written):
    assert edition.as_text(value) == written


def test_tables_hold_released_numbers_only(shelf_of, workbench):
    shelf_of.publish()
    assert (workbench.published / "tables" / "beuk-counts.csv").read_text() == "n,site\n7,'=1+1\n,Es\n"


def test_the_record_is_json_without_a_path(shelf_of, workbench):
    shelf_of.publish()
    text = (workbench.published / "edition.json").read_text()
    assert str(workbench.root) not in text
    assert json.loads(text)["edition"] == 1
