"""Publishing: an edition is made in a private folder, checked, and shown to readers by one rename of a link.

Readers see the old edition or the new one, never a mixture. No new edition is made when nothing changed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from casestudy.building import ledger, shelf
from casestudy.building.edition import Making
from casestudy.building.ledger import Ledger
from casestudy.building.shelf import Edition, Page
from casestudy.errors import DISCLOSURE_STOP, CasestudyError
from casestudy.material import people, survey
from casestudy.reporting import gate
from casestudy.study import Study

WITHHELD = "withheld"


class Withheld(CasestudyError):
    """An edition that may not leave; every finding is one line."""

    exit_code = DISCLOSURE_STOP


def publish(
    study: Study, reports: Sequence[Page], known: Ledger, *, folder: Path, concept: bool, keep: int
) -> Edition | None:
    """Publish one edition, unless the published one already says all of it.

    Parameters
    ----------
    study
        The study.
    reports
        Its pages, in the order of the index.
    known
        The ledger, for the number of the last edition.
    folder
        A private folder to make the edition in; it does not exist yet.
    concept
        Whether pages bear the mark of a concept.
    keep
        How many editions to keep, this one included.

    Returns
    -------
    Edition or None
        The edition that readers see now; nothing when there is no page to publish.

    Raises
    ------
    Withheld
        With every finding of the disclosure gate; then nothing is published.
    InvalidMaterial
        When the ids that no page may hold cannot be read; then nothing is published either.
    WrongUse
        When something else than a link to an edition stands where the edition is to appear.
    """
    shelf.check_place(study)
    if not any(page.result for page in reports if page.kind != "codebook"):
        return None
    if same := shelf.current(study, reports, concept=concept):
        return same
    before = shelf.record(study)
    number = (int(before["edition"]) if before else known.edition) + 1
    made = Making(study, folder, number, ledger.today(), concept)
    record, withheld = made.write(reports)
    record["contents"] = shelf.contents(study, reports, concept=concept)
    _stop_at_gate(study, reports, folder)
    _write_record(folder, record)
    _keep_withheld(study, number, withheld)
    _link(study, folder, number)
    _prune(study, number, keep)
    return Edition(number, made.date, is_new=True)


def _stop_at_gate(study: Study, reports: Iterable[Page], folder: Path) -> None:
    """Look at everything that would leave; what a group of readers may not see is looked for in its pages."""
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in shelf.files(folder)}
    # Where these cannot be read, nobody can say that a page is safe, and nothing is published.
    respondents = [who.respondent.partition("@")[0] for who in survey.read(study).respondents]
    participants = [who.participant for who in people.read(study)]
    lines: list[str] = []
    for name in dict.fromkeys(["", *(page.name for page in reports)]):
        own = {place: text for place, text in texts.items() if _page_of(place, reports) == name}
        inside = {place: text for place, text in own.items() if place.startswith("internal/")}
        outside = {place: text for place, text in own.items() if place not in inside}
        others = [site.name for site in study.sites if site.id != name] if name in study.site_ids else []
        everyone = {"respondent id": respondents}
        lines += _lines(inside, everyone)
        lines += _lines(outside, {**everyone, "participant id": participants, "name of another site": others})
    if lines:
        raise Withheld("\n".join(lines))


def _lines(texts: dict[str, str], forbidden: dict[str, list[str]]) -> list[str]:
    found = gate.problems(texts, forbidden)
    return [str(problem) for problems in found.values() for problem in problems]


def _page_of(place: str, reports: Iterable[Page]) -> str:
    """Name the page a file belongs to; indexes belong to none."""
    stem = Path(place).stem
    names = sorted((page.name for page in reports), key=len, reverse=True)
    is_table = "tables" in Path(place).parts
    return next((n for n in names if stem == n or (is_table and stem.startswith(f"{n}-"))), "")


def _write_record(folder: Path, record: dict[str, Any]) -> None:
    value = {**record, "files": shelf.files(folder)}
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / shelf.RECORD).write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _keep_withheld(study: Study, number: int, withheld: dict[str, Any]) -> None:
    """Keep apart what was held back and by which rule: a reader who knew would know which value was small."""
    folder = study.workshop / WITHHELD
    folder.mkdir(mode=0o700, exist_ok=True)
    text = json.dumps(withheld, indent=1, sort_keys=True, ensure_ascii=False)
    ledger.replace_file(folder / f"{number}.json", f"{text}\n".encode())


def _link(study: Study, made: Path, number: int) -> None:
    """Let readers see the new edition from one moment to the next."""
    editions = study.workshop / "editions"
    editions.mkdir(exist_ok=True)
    target = editions / str(number)
    if target.exists():
        shutil.rmtree(target)  # made by a build that was killed before anyone could see it
    _open_to_readers(made)
    made.rename(target)
    place, fresh = study.reports / study.name, study.workshop / "fresh"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(Path(f".{study.name}") / "editions" / str(number), target_is_directory=True)
    fresh.replace(place)


def _open_to_readers(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _prune(study: Study, number: int, keep: int) -> None:
    """Remove editions older than those to keep, and any a killed build left after this one."""
    for path in (study.workshop / "editions").iterdir():
        if not path.name.isdigit() or not number - max(keep, 1) < int(path.name) <= number:
            shutil.rmtree(path, ignore_errors=True)
            (study.workshop / WITHHELD / f"{path.name}.json").unlink(missing_ok=True)
