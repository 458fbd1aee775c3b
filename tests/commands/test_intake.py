"""The command that takes sources in: what it prints, what it leaves, how it ends."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casestudy import study as studies
from casestudy.commands.intake import add
from casestudy.material import check, codings, sources

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "../shared/data/transcripts"
TALK = "Interviewer: Hoe ging het?\nR: Goed. Het was fijn.\nInterviewer: Echt?\nR: Ja.\n"
EXAMPLE = ROOT / "interviews" / "voorbeeld"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The settings and people of the example, without its sources."""
    folder = tmp_path / "interviews" / "voorbeeld"
    folder.mkdir(parents=True)
    for name in ("study.yml", "participants.csv", "codebook.yml"):
        shutil.copy(EXAMPLE / name, folder / name)
    return folder


def run(study: Path, *arguments: str | Path) -> Result:
    result = CliRunner().invoke(add, [*map(str, arguments), "--study", str(study)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Het was" not in result.output
    assert str(study.parent) not in result.output
    return result


def received(study: Path, name: str = "gesprek 2019-05.txt", content: str | bytes = TALK) -> Path:
    path = study.parent.parent / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (1_552_000_000, 1_552_000_000))
    return path


def test_it_says_what_it_found_and_what_it_chose(study: Path) -> None:
    result = run(study, received(study), "--site", "es")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "es-gesprek-2019-05: interview, 4 turns of 2 speakers, 5 sentences",
        "  source: es-gesprek-2019-05, from the file name; give `--source` when that holds a name",
        "  date: 2019-05, from the file name",
        "  consent: analysis_only, the safe one; nothing of it is quoted until you change it",
        "  kind: interview, speakers were recognised",
        "  language: nl, by its most common words",
        "  interviewer: Interviewer, labels that look like one",
        "  correct what is not so in sources.csv",
        "1 taken in, 0 renewed, 0 already there",
    ]
    assert check.problems(studies.read(study)) == []


def test_again_and_another_version(study: Path) -> None:
    path = received(study)
    run(study, path, "--site", "es")
    assert run(study, path, "--site", "es").output.splitlines() == [
        "gesprek 2019-05.txt: already taken in as es-gesprek-2019-05",
        "0 taken in, 0 renewed, 1 already there",
    ]
    path = received(study, content=TALK + "R: Nee.\n")
    told = run(study, path, "--site", "es").output.splitlines()
    assert told[0] == "es-gesprek-2019-05: a new version, interview, 5 turns of 2 speakers, 6 sentences"
    assert told[1:] == [
        "  no coding of it has to be looked at again",
        "0 taken in, 1 renewed, 0 already there",
    ]


def test_a_coded_source_tells_how_many_codings_are_looked_at_again(tmp_path: Path) -> None:
    study = tmp_path / "voorbeeld"
    shutil.copytree(EXAMPLE, study)
    found = studies.read(study)
    coded = {coding.source for coding in codings.read(found, "es")}
    row = next(row for row in sources.rows(found) if row.source in coded)
    new = tmp_path / "verbeterd.txt"
    new.write_bytes(TALK.encode())
    os.utime(new, (1_552_000_000, 1_552_000_000))
    result = run(study, new, "--site", "es", "--source", row.source)
    assert result.exit_code == 0, result.output
    assert f"{row.source}: a new version" in result.output
    assert "of its codings will be looked at again; see `casestudy review`" in result.output


def test_what_is_dropped_needs_no_argument(study: Path) -> None:
    folder = study / "sources" / "es"
    folder.mkdir(parents=True)
    (folder / "a.md").write_text("Een verslag van de dag.\n")
    assert "1 taken in" in run(study).output
    assert run(study).output == "nothing to take in; every file in sources/ has a row\n"


def test_a_refusal_is_a_line_and_exit_code_3(study: Path) -> None:
    bad = received(study, "plaat.txt", "\x00\x01")
    result = run(study, received(study), bad, "--site", "es")
    assert result.exit_code == 3
    assert result.output.startswith("plaat.txt: the file must be text, found something else at byte 0")
    assert not (study / "sources").exists()


WRONG = [
    (["--site", "ess"], "--site: a site must be in study.yml"),
    ([], "--site: a site must be named"),
    (["--site", "es", "--date", "2019-05-01"], "--date: it must be a month"),
    (["--site", "es", "--source", "a b"], "--source: it must be letters"),
    (["--site", "es", "--comments", "codings"], "--coder: it must stand with"),
    (["--site", "es", "--coder", "anna"], "--coder: it must stand with"),
    (["--site", "es", "--comments", "codings", "--coder", "a/b"], "--coder: it must be letters"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_wrong_use_is_exit_code_2(study: Path, arguments: list[str], told: str) -> None:
    result = run(study, received(study), *arguments)
    assert (result.exit_code, result.output.startswith(told)) == (2, True), result.output


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def commented(*notes: tuple[str, str]) -> bytes:
    """A Word file in which each of the notes hangs on one of the words `tijd`."""

    def run_(text: str) -> str:
        return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'

    said = "".join(
        f'<w:commentRangeStart w:id="{n}"/>{run_("tijd")}<w:commentRangeEnd w:id="{n}"/>'
        f'<w:r><w:commentReference w:id="{n}"/></w:r>{run_(" was kort. ")}'
        for n in range(len(notes))
    )
    paragraphs = [run_("I: Hoe ging het?"), run_("R: ") + said, run_("I: En nu?"), run_("R: Beter.")]
    body = "".join(f"<w:p>{paragraph}</w:p>" for paragraph in paragraphs)
    remarks = "".join(
        f'<w:comment w:id="{n}" w:author="{who}"><w:p>{run_(text)}</w:p></w:comment>'
        for n, (who, text) in enumerate(notes)
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}.document.main+xml"/>'
        f'<Override PartName="/word/comments.xml" ContentType="{kind}.comments+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="a" '
        f'Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship '
        f'Id="a" Type="{OFFICE}/comments" Target="comments.xml"/></Relationships>',
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
        "word/comments.xml": f"<w:comments {W}>{remarks}</w:comments>",
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def test_comments_of_word_are_told_and_taken_in_when_asked(study: Path) -> None:
    notes = [("Anna", "M23 -"), ("Anna", "Hier doorvragen"), ("Anna", "tijd")]
    path = received(study, "a.docx", commented(*notes))
    assert run(study, path, "--site", "es").output.splitlines()[-1] == (
        "es-a: 3 Word comments by 1 person; take them in with `--comments memos` or `--comments codings`"
    )
    asked = (path, "--site", "es", "--comments", "codings", "--coder", "anna")
    assert run(study, *asked).output.splitlines() == [
        "a.docx: already taken in as es-a",
        "0 taken in, 0 renewed, 1 already there",
        "es-a: 2 codings and 1 memo from its comments",
    ]
    first, second = codings.read(studies.read(study))
    assert (first.code, first.valence, first.quote, first.coder) == ("M23", "-", "tijd", "anna")
    assert (second.code, second.valence) == ("M23", None)
    assert "Hier doorvragen" in (study / "memos" / "sources" / "es-a.md").read_text(encoding="utf-8")
    assert run(study, *asked).output.endswith("es-a: 0 codings and 0 memos from its comments\n")


def test_comments_of_two_people_are_no_codings_of_one(study: Path) -> None:
    path = received(study, "a.docx", commented(("Anna", "M23 -"), ("Bo", "M22 +")))
    asked = (path, "--site", "es", "--comments", "codings", "--coder", "anna")
    result = run(study, *asked)
    assert result.exit_code == 3
    assert "comments must be of one person to be the codings of one coder, found 2" in result.output
    assert codings.read(studies.read(study)) == ()
    assert "1 coding and 0 memos" in run(study, *asked, "--author", "anna").output


def test_help_shows_an_example() -> None:
    assert "Example: casestudy add" in CliRunner().invoke(add, ["--help"]).output


@pytest.mark.real_material
def test_any_file_is_taken_in_or_refused_in_a_line(study: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with real files of other people is not here")
    files = sorted(path for path in SHARED.rglob("*") if path.is_file())
    ends = {}
    for number, path in enumerate(files):
        result = run(study, path, "--site", "es", "--source", f"es-{number}")
        ends[path.name] = result.exit_code
        assert result.exit_code in (0, 3), path.name
    assert ends["interview_A.docx"] == ends["transcript.txt"] == ends["sample.srt"] == 0
    assert ends["truth.json"] == ends["cases123.csv"] == 3
    assert len(sources.read(studies.read(study))) == len([code for code in ends.values() if code == 0])


@pytest.mark.real_material
def test_answers_of_a_survey_lead_to_their_respondents(study: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with real files of other people is not here")
    for name in ("survey456.csv", "survey789.xlsx"):
        path = SHARED / "qualcoder_examples" / name
        assert run(study, path, "--site", "es").exit_code == 3
        assert run(study, path, "--site", "es", "--kind", "survey_open").exit_code == 0
    speakers = {turn.speaker for source in sources.read(studies.read(study)) for turn in source.turns}
    assert speakers == {f"ID{n}" for n in range(4, 10)}


@pytest.mark.parametrize("name", ["x" * 300 + ".txt", "/".join(["y" * 100] * 60) + ".txt"])
def test_a_name_that_no_system_allows_is_wrong_use(study: Path, name: str) -> None:
    result = run(study, name, "--site", "es")
    assert (result.exit_code, len(result.output.splitlines())) == (2, 1)
    assert "shorten it" in result.output


def test_an_empty_name_is_not_the_folder_at_hand(study: Path) -> None:
    result = run(study, "", "--site", "es")
    assert result.exit_code == 2
    assert "a file must have a name, found an empty one" in result.output
    assert not (study / "sources.csv").exists()
