import json
import stat

import pytest

from casestudy.building import ledger
from casestudy.building.ledger import Busy, Entry, Failed, Ledger


def kept(workbench, text="n\n1\n"):
    made = workbench.workshop / "work" / "made"
    (made / "tables").mkdir(parents=True)
    (made / "tables" / "counts.csv").write_text(text)
    return ledger.keep(workbench.study, "code-es", made)


def test_a_ledger_comes_back_as_it_was_written(workbench):
    with ledger.locked(workbench.study):
        name, outputs = kept(workbench)
        entry = Entry({"codebook.yml": "1"}, name, outputs, "2017-09-01")
        failed = Failed("error", "ValueError", 3, "2017-09-02")
        known = Ledger().built("code:es", entry).failed("code:es", failed)
        ledger.write(workbench.study, known)
    assert ledger.read(workbench.study) == known


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": 99}', '{"format": 1, "steps": 3}'])
def test_a_damaged_or_other_ledger_counts_as_empty(workbench, damage):
    with ledger.locked(workbench.study):
        (workbench.workshop / "ledger.json").write_text(damage)
    assert ledger.read(workbench.study) == Ledger()


def test_a_result_that_was_changed_by_hand_does_not_count(workbench):
    with ledger.locked(workbench.study):
        name, outputs = kept(workbench)
        ledger.write(workbench.study, Ledger().built("code:es", Entry({}, name, outputs, "2017-09-01")))
    (workbench.workshop / "steps" / name / "tables" / "counts.csv").write_text("n\n2\n")
    assert ledger.read(workbench.study).steps == {}


def test_an_equal_result_is_kept_once(workbench):
    with ledger.locked(workbench.study):
        first, second, third = kept(workbench), kept(workbench), kept(workbench, "n\n2\n")
    assert first == second != third
    assert len(list((workbench.workshop / "steps" / "code-es").iterdir())) == 2


def test_a_success_takes_the_failure_away():
    failed = Ledger().failed("code:es", Failed("error", "ValueError", 3, "2017-09-02"))
    assert failed.built("code:es", Entry({}, "x", {}, "2017-09-03")).failures == {}


def test_the_second_holder_is_refused_with_the_start_of_the_first(workbench):
    with ledger.locked(workbench.study):
        with pytest.raises(Busy, match=r"started \d{4}-\d\d-\d\d") as busy, ledger.locked(workbench.study):
            pass
        assert busy.value.exit_code == 75
    with ledger.locked(workbench.study):
        pass


def test_what_a_killed_build_left_is_removed(workbench, tmp_path):
    sockets = tmp_path / "casestudy-abc"
    sockets.mkdir()
    with ledger.locked(workbench.study):
        rest = workbench.workshop / "work" / "tmpx"
        rest.mkdir()
        (rest / "elsewhere").write_text(str(sockets))
        (workbench.workshop / ".ledger.json.abcd1234").write_text("half")
        ledger.heal(workbench.study)
        assert not sockets.exists()
        assert list((workbench.workshop / "work").iterdir()) == []
        assert not list(workbench.workshop.glob(".ledger*"))


def test_the_workshop_is_private_but_readers_may_pass(workbench):
    with ledger.locked(workbench.study):
        ledger.write(workbench.study, Ledger())
    paths = [workbench.workshop, *workbench.workshop.iterdir()]
    mode = {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths}
    assert mode[".proef"] == 0o711
    assert {mode[name] for name in ("failures", "steps", "tables", "work")} == {0o700}
    assert mode["ledger.json"] == 0o600
    assert json.loads((workbench.workshop / "ledger.json").read_text())["format"] == 1
