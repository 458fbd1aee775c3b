"""Figures: two readable sizes, words behind them, nothing in the file that a reader should not have."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import unquote

import matplotlib as mpl
import pytest

from casestudy import labels
from casestudy.reporting.figures import drawing
from casestudy.reporting.figures.drawing import NARROW, WIDE
from casestudy.reporting.parts import Part

FIGURES = [
    ("cross_parts", "ratings"),
    ("cross_parts", "change-figure"),
    ("site_parts", "change-figure"),
    ("site_parts", "practice-figure"),
    ("cross_parts", "attribution-figure"),
]


@pytest.fixture(params=FIGURES, ids=lambda figure: "-".join(figure), scope="module")
def html(request: pytest.FixtureRequest) -> str:
    page, part = request.param
    parts: dict[str, Part] = request.getfixturevalue(page)
    return str(parts[part].draw(labels.read("nl"), "internal").html)


def _drawings(html: str) -> list[str]:
    return [unquote(found) for found in re.findall(r"svg\+xml,([A-Za-z0-9%._~/:=;-]+)", html)]


def test_both_sizes_are_well_formed_and_small(html: str) -> None:
    narrow, wide = _drawings(html)
    for drawn, size in ((narrow, NARROW), (wide, WIDE)):
        root = ET.fromstring(drawn)
        assert float(root.get("width", "").removesuffix("pt")) == pytest.approx(size.width * 72)
        assert len(drawn) < 150_000


def test_text_is_drawn_as_shapes_of_at_least_nine_pixels(html: str) -> None:
    narrow, wide = _drawings(html)
    for drawn, shrink in ((narrow, 288 / 317), (wide, 1.0)):
        assert "<text" not in drawn
        scales = [float(s) for s in re.findall(r"scale\((\d*\.\d+) -\d*\.\d+\)", drawn)]
        assert scales
        assert min(scales) * 100 * (96 / 72) * shrink >= 9


def test_the_file_tells_nothing_about_its_making(html: str) -> None:
    for drawn in _drawings(html):
        assert not re.search(
            r"metadata|<!--|matplotlib|date|rdf|http://(?!www\.w3\.org)", drawn, flags=re.IGNORECASE
        )


def test_the_words_name_values_and_the_table_is_one_click_away(html: str) -> None:
    alternative = re.search(r'alt="([^"]+)"', html)
    assert alternative is not None
    assert len(alternative[1]) >= 40
    assert re.search(r"\d", alternative[1])
    assert "<details><summary>De cijfers achter deze figuur</summary>" in html
    assert "<table" in html.split("<details>")[1]


def test_a_users_settings_do_not_reach_a_drawing(site_parts: dict[str, Part]) -> None:
    part = site_parts["change-figure"]
    first = part.draw(labels.read("en"), "site").html
    with mpl.rc_context(
        {"font.size": 20, "axes.facecolor": "red", "svg.fonttype": "none", "lines.linewidth": 9}
    ):
        assert part.draw(labels.read("en"), "site").html == first


def test_no_window_machinery_is_started(site_parts: dict[str, Part]) -> None:
    import matplotlib.pyplot as plt

    site_parts["practice-figure"].draw(labels.read("nl"), "site")
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Tijd", ["Tijd"]),
        ("een twee drie", ["een twee", "drie"]),
        ("onafbreekbaarwoord", ["onafbreekbaarwoord"]),
    ],
)
def test_names_break_between_words(text: str, lines: list[str]) -> None:
    assert drawing.wrapped(text, 8).split("\n") == lines


def test_a_figure_without_a_number_becomes_its_table(material: Any) -> None:
    from casestudy.reporting import figures

    few = material.change[material.change["site"] == "s5"]
    part = figures.change(few, study=material.study, instrument=material.instrument, site="s5")
    html = str(part.draw(labels.read("nl"), "public").html)
    assert "<svg" not in html
    assert "<img" not in html
    assert "te weinig mensen mee" in html
