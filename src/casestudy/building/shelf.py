"""What stands on the shelf: the pages of an edition, and the record of the published one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from casestudy.building import inputs, ledger
from casestudy.building.ledger import RELEASED
from casestudy.errors import WrongUse
from casestudy.study import Audience, Study

FORMAT = 1
RECORD = "edition.json"
CROSS_PAGE = "cross-site"
CODEBOOK_PAGE = "codebook"
SHARED_PAGES = (CROSS_PAGE, CODEBOOK_PAGE)

PageState = Literal["fresh", "not_renewed", "not_built"]


@dataclass(frozen=True)
class Page:
    """One report of an edition.

    Parameters
    ----------
    name
        Id of the site, ``cross-site`` or ``codebook``.
    state
        ``fresh``, ``not_renewed`` when the last good version is older than its material, or ``not_built``.
    date
        Date of the numbers shown.
    result
        Folder of the last good result.
    failed
        Whether the last run of its step failed.
    """

    name: str
    state: PageState
    date: str | None = None
    result: Path | None = None
    failed: bool = False

    @property
    def audience(self) -> Audience:
        """Who the page is for, apart from the research team."""
        return "public" if self.name in SHARED_PAGES else "site"

    @property
    def kind(self) -> Literal["site", "cross", "codebook"]:
        """What kind of report it is."""
        return {CROSS_PAGE: "cross", CODEBOOK_PAGE: "codebook"}.get(self.name, "site")  # type: ignore[return-value]

    @property
    def fingerprint(self) -> str | None:
        """Digest of what the page is made from; nothing when it was never built."""
        return None if self.result is None else grouped(inputs.of_file(self.result / RELEASED))


@dataclass(frozen=True)
class Edition:
    """The number and date of an edition, and whether it was made now."""

    number: int
    date: str
    is_new: bool


def check_place(study: Study) -> None:
    """Check that the published folder is a link of ours, or is not there yet.

    Raises
    ------
    WrongUse
        When a real folder or file stands there.
    """
    place = study.reports / study.name
    if place.exists() and not place.is_symlink():
        raise WrongUse(
            f"reports/{study.name}: it must be a link that the build makes, found a folder or file; "
            "move it away"
        )


def record(study: Study) -> dict[str, Any] | None:
    """Read the record of the published edition; one that is damaged or of another version does not count."""
    value = ledger.json_of(study.reports / study.name / RECORD)
    needed = {"format", "edition", "date", "contents", "files", "pages"}
    return value if value and needed <= value.keys() and value["format"] == FORMAT else None


def grouped(digest: str) -> str:
    """Write a digest in groups, so that nothing in it can be taken for a telephone or service number.

    Examples
    --------
    >>> grouped("1b0935f9fd1cf7498125f8ac")
    '1b0935f9-fd1cf749-8125f8ac'
    """
    return "-".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def contents(study: Study, pages: Iterable[Page], *, concept: bool) -> str:
    """Digest everything an edition shows but its number and date."""
    about = study.model_dump(mode="json", include=set("title question languages audiences".split()))
    marks = [study.fictional, study.site_word, concept, [[site.id, site.name] for site in study.sites]]
    shown = [[page.name, page.state, page.date, page.failed, page.fingerprint] for page in pages]
    return grouped(inputs.of_value([FORMAT, inputs.of_package(), about, marks, shown]))


def files(folder: Path) -> dict[str, str]:
    """Digest every file of an edition but its record."""
    return {name: grouped(digest) for name, digest in inputs.of_folder(folder).items() if name != RECORD}


def current(study: Study, pages: Iterable[Page], *, concept: bool) -> Edition | None:
    """Give the published edition when it is whole and says all of this; else nothing."""
    found = record(study)
    if found is None or found["contents"] != contents(study, pages, concept=concept):
        return None
    if files(study.reports / study.name) != found["files"]:
        return None
    return Edition(int(found["edition"]), str(found["date"]), is_new=False)
