"""What an edition holds: pages, tables and indexes for every audience and language, and their record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casestudy import labels, schema
from casestudy.building.ledger import RELEASED
from casestudy.building.shelf import FORMAT, Page
from casestudy.building.workers import read_notebook
from casestudy.reporting import notebooks, pages
from casestudy.reporting.pages import Entry, Head
from casestudy.study import Audience, Language, Study

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Making:
    """One edition in the making."""

    study: Study
    folder: Path
    number: int
    date: str
    concept: bool

    def write(self, reports: Sequence[Page]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Write pages, tables and indexes; give their record, and what each page held back."""
        records, withheld = [], {}
        for page in reports:
            notebook = _released(page)
            for audience, root in self._shelves(page) if notebook else []:
                for language in self.study.languages:
                    self._write_page(page, notebook, audience, language, root)
                self._write_tables(page, notebook, audience, root)
            withheld[page.name] = self._withheld(page, notebook)
            records.append(self._page_record(page, notebook, len(withheld[page.name])))
        self._write_indexes(reports)
        shown = sum(record["n_shown"] for record in records)
        planned = shown + sum(record["n_withheld"] for record in records)
        record = {
            "format": FORMAT,
            "study": self.study.name,
            "edition": self.number,
            "date": self.date,
            "concept": self.concept,
            "useful_share": round(shown / planned, 4) if planned else None,
            "pages": records,
        }
        return record, withheld

    def _shelves(self, page: Page) -> list[tuple[Audience, str]]:
        shelves: list[tuple[Audience, str]] = []
        if page.audience in self.study.audiences:
            shelves.append((page.audience, ""))
        if "internal" in self.study.audiences:
            shelves.append(("internal", "internal/"))
        return shelves

    def _write_page(
        self, page: Page, notebook: Any, audience: Audience, language: Language, root: str
    ) -> None:
        others = {
            other: f"../{other}/{page.name}.html" for other in self.study.languages if other != language
        }
        head = self._head(
            language,
            title=_title(self.study, page, language),
            kind=page.kind,
            stale_since=page.date if page.state == "not_renewed" else None,
            alternates=others,
            index=f"../{self._index_name(language)}",
        )
        html = pages.render(notebook, language=language, audience=audience, head=head)
        self._write(f"{root}{language}/{page.name}.html", html)

    def _write_tables(self, page: Page, notebook: Any, audience: Audience, root: str) -> None:
        for part, table in notebooks.tables(notebook, audience).items():
            path = self.folder / f"{root}tables" / f"{page.name}-{part}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = [dict(zip(table.columns, map(as_text, row), strict=True)) for row in table.rows]
            schema.write_rows(path, table.columns, rows)

    def _withheld(self, page: Page, notebook: Any) -> list[dict[str, str]]:
        audiences = [audience for audience, _ in self._shelves(page)] if notebook else []
        lines = [(a, part, line) for a in audiences for part, line in notebooks.withheld(notebook, a)]
        return [{"audience": a, "part": part, "rule": w.rule, "place": w.place} for a, part, w in lines]

    def _page_record(self, page: Page, notebook: Any, n_withheld: int) -> dict[str, Any]:
        audiences = [audience for audience, _ in self._shelves(page)] if notebook else []
        tables = [table for a in audiences for table in notebooks.tables(notebook, a).values()]
        return {
            "page": page.name,
            "state": page.state,
            "date": page.date,
            "fingerprint": page.fingerprint,
            "audiences": audiences,
            "n_shown": sum(value is not None for table in tables for row in table.rows for value in row),
            "n_withheld": n_withheld,
        }

    def _write_indexes(self, reports: Sequence[Page]) -> None:
        roots: dict[Audience | None, str] = {None: ""}
        if "internal" in self.study.audiences:
            roots["internal"] = "internal/"
        for audience, root in roots.items():
            for language in self.study.languages:
                others = {o: self._index_name(o) for o in self.study.languages if o != language}
                name = self._index_name(language)
                words = {"title": self.study.title[language], "about": self.study.question[language]}
                head = self._head(language, kind="site", alternates=others, index=name, **words)
                entries = [entry for page in reports if (entry := self._entry(page, language, audience))]
                self._write(f"{root}{name}", pages.index(entries, language=language, head=head))

    def _entry(self, page: Page, language: Language, audience: Audience | None) -> Entry | None:
        if audience is None and page.audience not in self.study.audiences:
            return None
        hrefs: dict[str, str] = {}
        if page.result:
            hrefs = {other: f"{other}/{page.name}.html" for other in self.study.languages}
        return Entry(
            title=_title(self.study, page, language),
            kind=page.kind,
            state="withheld" if page.state == "not_built" else page.state,
            hrefs=hrefs,
            edition=self.number if page.state == "fresh" else None,
            date=page.date,
            reason="failed" if page.failed else "nothing_yet" if page.state == "not_built" else None,
        )

    def _head(self, language: Language, **given: Any) -> Head:
        return Head(
            study=self.study.title[language],
            edition=self.number,
            date=self.date,
            site_word=self.study.site_word,
            fictional=self.study.fictional,
            concept=self.concept,
            **given,
        )

    def _index_name(self, language: Language) -> str:
        return "index.html" if language == self.study.languages[0] else f"index-{language}.html"

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def as_text(value: Any) -> Any:
    """Give a value as a spreadsheet may read it: text that looks like a formula gets a quote in front.

    Examples
    --------
    >>> as_text("=1+1"), as_text("-2"), as_text(-2), as_text("Esdoorn")
    ("'=1+1", '-2', -2, 'Esdoorn')
    """
    if not isinstance(value, str) or not value.startswith(FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def _title(study: Study, page: Page, language: Language) -> str:
    if page.kind == "site":
        return study.site(page.name).name
    return labels.read(language)[f"page_kind_{page.kind}"]


def _released(page: Page) -> Any:
    return None if page.result is None else read_notebook(page.result / RELEASED)
