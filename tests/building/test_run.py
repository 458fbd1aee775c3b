import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from casestudy.building import inputs, ledger, run, status
from casestudy.building.ledger import Busy
from casestudy.errors import INPUT_REFUSED, NOTHING_BUILT, PARTLY_DONE, TERMINATED, InvalidMaterial, WrongUse

BREAK_BEUK = 'assert site != "beuk", "het geheime citaat"'
NINE = "Path(tables, site, 'counts.csv').write_text('n\\n9\\n')"
SLEEP = 'import os, time\nPath(study).joinpath("pid").write_text(str(os.getpid()))\ntime.sleep(60)'


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<style.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL).split())


def pages_of(workbench) -> dict[str, str]:
    return inputs.of_folder(workbench.published)


def test_one_new_interview_reruns_one_site_and_the_comparison(workbench):
    first = run.build(workbench.study)
    assert (first.exit_code, len(first.built), first.failed) == (0, 9, ())
    assert workbench.published.readlink().as_posix() == ".proef/editions/1"
    assert "beuk 5" in text_of(workbench.page("nl/beuk.html"))
    assert text_of(workbench.page("en/cross-site.html")).count("beuk") == 2
    assert (workbench.published / "tables" / "beuk-counts.csv").read_text() == "n\n5\n"
    assert "Esdoorn" in workbench.page("index.html")
    assert {one.state for one in status.published(workbench.study)[1]} == {"fresh"}

    before = pages_of(workbench)
    again = run.build(workbench.study)
    assert (again.built, len(again.current), again.edition.is_new) == ((), 9, False)
    assert pages_of(workbench) == before
    assert status.unchanged(workbench.study) == again.edition

    workbench.write("sources/beuk/a-01.txt", "P: het hielp mij goed en vaak\n")
    assert status.unchanged(workbench.study) is None
    told = []
    second = run.build(workbench.study, tell=told.append)
    assert second.built == ("code:beuk", "site:beuk", "cross")
    reasons = {one.step: one.reasons for one in told if one.state == "built"}
    assert reasons["code:beuk"] == ("sources/beuk/a-01.txt is changed",)
    assert (second.edition.number, second.edition.date) == (2, "2017-09-01")
    assert "beuk 7" in text_of(workbench.page("nl/beuk.html"))
    assert sorted(path.name for path in (workbench.workshop / "work").iterdir()) == []
    assert len(list((workbench.workshop / "steps").glob("*/*"))) == 9


def test_a_failing_site_keeps_its_last_good_report_with_its_date(workbench, monkeypatch, capfd):
    run.build(workbench.study)
    workbench.notebook("01_code_site", BREAK_BEUK, NINE)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1506816000")
    result = run.build(workbench.study)
    assert result.exit_code == PARTLY_DONE
    assert [failure.step for failure in result.failed] == ["code:beuk"]
    assert result.waiting == ("site:beuk",)
    assert result.edition.is_new
    states = {one.page: (one.state, one.date) for one in status.published(workbench.study)[1]}
    assert states["beuk"] == ("not_renewed", "2017-09-01")
    assert states["linde"] == ("fresh", "2017-10-01")
    assert "beuk 5" in text_of(workbench.page("nl/beuk.html"))
    assert "1 september 2017" in text_of(workbench.page("nl/beuk.html"))
    assert "linde 9" in text_of(workbench.page("nl/linde.html"))
    assert "beuk,old,2017-09-01" in text_of(workbench.page("nl/cross-site.html"))
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""
    assert all("geheime" not in path.read_text() for path in workbench.published.rglob("*.*"))
    assert "geheime" in (workbench.workshop / "failures" / "code-beuk.txt").read_text()
    standing = {one.step.id: one for one in status.of(workbench.study)}
    assert standing["code:beuk"].failed.message == "AssertionError"
    assert standing["site:linde"].reasons == ()

    workbench.notebook("01_code_site", NINE)
    mended = run.build(workbench.study)
    assert mended.exit_code == 0
    assert not list((workbench.workshop / "failures").iterdir())
    assert "beuk,current" in text_of(workbench.page("nl/cross-site.html"))
    assert status.unchanged(workbench.study) == dataclasses.replace(mended.edition, is_new=False)


def test_when_every_site_fails_nothing_is_published(workbench):
    workbench.notebook("01_code_site", "raise KeyError(1)")
    result = run.build(workbench.study)
    assert result.exit_code == NOTHING_BUILT
    assert [failure.kind for failure in result.failed] == ["error"] * 3
    assert result.edition is None
    assert not workbench.published.exists()


def test_only_the_named_site_runs(workbench):
    run.build(workbench.study)
    for site in ("beuk", "linde"):
        workbench.write(f"sources/{site}/a-01.txt", "P: kort\n")
    result = run.build(workbench.study, sites=["beuk"])
    assert result.built == ("code:beuk", "site:beuk", "cross")
    states = {one.page: one.state for one in status.published(workbench.study)[1]}
    assert states == {
        "esdoorn": "fresh",
        "beuk": "fresh",
        "linde": "not_renewed",
        "cross-site": "fresh",
        "codebook": "fresh",
    }


def test_nothing_is_published_when_nobody_can_say_whose_ids_to_look_for(workbench):
    workbench.write("participants.csv", "participant,role\n")
    with pytest.raises(InvalidMaterial) as refused:
        run.build(workbench.study)
    assert refused.value.exit_code == INPUT_REFUSED
    assert not workbench.published.exists()


def test_a_second_build_is_refused_at_once(workbench):
    with ledger.locked(workbench.study), pytest.raises(Busy, match="another build is running, started 20"):
        run.build(workbench.study)


WRONG = [
    ({"sites": ["bek"]}, "found `bek`; did you mean `beuk`"),
    ({"given": {"ste": "es"}}, "every parameter must be known, found `ste`"),
    ({"given": {"x = 1; import os": "es"}}, "every parameter must be known"),
]


@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_wrong_use_is_told_before_anything_runs(workbench, wrong, told):
    with pytest.raises(WrongUse, match=re.escape(told)):
        run.build(workbench.study, **wrong)
    assert not (workbench.workshop / "ledger.json").exists()


def test_a_notebook_that_lost_a_parameter_is_told_before_anything_runs(workbench):
    workbench.notebook("02_site_report", parameters='study: str = ""\ntables: str = ""')
    with pytest.raises(WrongUse, match=r"notebooks/02_site_report.ipynb: .* found `site`"):
        run.build(workbench.study)


def test_a_real_folder_is_never_replaced(workbench):
    workbench.published.mkdir(parents=True)
    with pytest.raises(WrongUse, match=r"reports/proef: it must be a link"):
        run.build(workbench.study)


@pytest.fixture
def builder(workbench):
    """Start a build that hangs in its first notebook; give the process and its kernel's id."""
    workbench.notebook("01_code_site", SLEEP)
    process = subprocess.Popen(
        [sys.executable, "-m", "casestudy", "build", str(workbench.folder), "--jobs", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process, _waited(workbench.folder / "pid")
    process.kill()
    process.communicate()


def _waited(path: Path) -> int:
    for _ in range(600):
        if path.is_file() and path.read_text():
            return int(path.read_text())
        time.sleep(0.1)
    raise TimeoutError(path)


def _is_gone(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_a_build_that_is_asked_to_stop_leaves_nothing_behind(workbench, builder):
    process, kernel = builder
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)
    assert process.returncode == TERMINATED
    assert err == "interrupted; what was published is as it was\n"
    assert out == ""
    assert _is_gone(kernel)
    assert not list((workbench.workshop / "work").iterdir())


def test_a_killed_build_heals_and_gives_the_same_bytes(workbench, builder):
    process, kernel = builder
    process.kill()
    process.wait()
    assert _is_gone(kernel)
    assert list((workbench.workshop / "work").iterdir())
    workbench.notebook("01_code_site", NINE)
    run.build(workbench.study, jobs=1)
    healed = pages_of(workbench)
    assert not list((workbench.workshop / "work").iterdir())
    shutil.rmtree(workbench.reports)
    run.build(workbench.study, jobs=3)
    assert pages_of(workbench) == healed
