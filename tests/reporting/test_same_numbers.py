"""One change reads the same wherever it stands: sentence, figure, table, at a glance, beside interviews."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from casestudy import labels
from casestudy.reporting import disclosure, names
from casestudy.reporting.parts import Part
from casestudy.reporting.tables.change import shown_change
from casestudy.study import Audience, Language

Parts = dict[str, Part]
READERS: list[tuple[Audience, Language]] = [("internal", "nl"), ("site", "en"), ("public", "nl")]


def _plain(drawn: str) -> str:
    said = re.sub(r"<[^>]+>", " ", re.sub(r"<(img|source)[^>]*>", " ", drawn))
    return re.sub(r"\s+", " ", html.unescape(said))


def _items(part: Part, words: labels.Labels, audience: Audience) -> list[str]:
    return [
        _plain(item) for item in re.findall(r"<li>(.*?)</li>", str(part.draw(words, audience).html), re.S)
    ]


@pytest.mark.parametrize(("audience", "language"), READERS)
@pytest.mark.parametrize("page", ["site_parts", "cross_parts"])
def test_a_change_reads_the_same_everywhere(
    request: pytest.FixtureRequest, material: Any, page: str, audience: Audience, language: Language
) -> None:
    parts: Parts = request.getfixturevalue(page)
    words, site = labels.read(language), "s1" if page == "site_parts" else None
    limits = disclosure.limits(material.study, audience)
    view = shown_change(material.change, material.study, site, limits).frame
    mine = view[view["site"] == (site or "ALL")]
    assert mine["lo"].notna().all()
    drawn = str(parts["change-figure"].draw(words, audience).html)
    alternative = html.unescape(re.findall(r'alt="([^"]+)"', drawn)[0])
    sentences = _items(parts["change-sentences"], words, audience)
    glance = " ".join(_items(parts["at-a-glance"], words, audience))
    table = _plain(str(parts["change"].draw(words, audience).html))
    released = parts["change-figure"].draw(words, audience).released
    assert released is not None
    for row in mine.itertuples(index=False):
        scale = names.scale(material.instrument, row.scale, words)
        diff, interval = words.signed(row.diff, 1), names.interval(row.lo, row.hi, words)
        means = f"{words.number(row.m_before, 1)} {words.number(row.m_after, 1)}"
        assert f"{means} {diff} {interval} {words.number(row.n)}" in table
        assert re.search(rf"{scale} {re.escape(diff)} \w+ \({re.escape(interval)}\)", alternative)
        said = next(one for one in sentences if f"‘{scale}’" in one)
        size, ends = words.number(abs(row.diff), 1), [words.number(abs(end), 1) for end in (row.lo, row.hi)]
        assert size in said
        assert all(end in said for end in [*ends, words.number(row.n)])
        told = said in glance or f"‘{scale}’" not in glance
        assert told, (scale, glance)
        line = released[(released["scale"] == row.scale) & (released["n"] == row.n)]
        assert [row.diff, row.lo, row.hi] in line[["diff", "lo", "hi"]].to_numpy().tolist()


@pytest.mark.parametrize(("audience", "language"), READERS)
def test_the_questionnaire_beside_the_interviews_gives_the_same_change(
    site_parts: Parts, material: Any, audience: Audience, language: Language
) -> None:
    words = labels.read(language)
    view = shown_change(
        material.change, material.study, "s1", disclosure.limits(material.study, audience)
    ).frame
    told = {
        f"{words.signed(row.diff, 1)} {names.interval(row.lo, row.hi, words)}" for row in view.itertuples()
    }
    said = _plain(str(site_parts["joint-display"].draw(words, audience).html))
    pattern = r"([+−]?\d[.,]\d) \w+ \(([^)]+)\)"
    found = {f"{diff} {interval}" for diff, interval in re.findall(pattern, said)}
    assert found
    assert found <= told


@pytest.mark.parametrize(("audience", "language"), READERS)
@pytest.mark.parametrize("page", ["site_parts", "cross_parts"])
def test_a_share_reads_the_same_in_figure_and_table(
    request: pytest.FixtureRequest, page: str, audience: Audience, language: Language
) -> None:
    parts: Parts = request.getfixturevalue(page)
    words = labels.read(language)
    drawn = str(parts["practice-figure"].draw(words, audience).html)
    alternative = html.unescape(re.findall(r'alt="([^"]+)"', drawn)[0])
    table = _plain(str(parts["practice"].draw(words, audience).html))
    shares = re.findall(r"\d+\s?%", alternative)
    assert shares
    assert all(re.sub(r"\s", " ", share) in table for share in shares)
