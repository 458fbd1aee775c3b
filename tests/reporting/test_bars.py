"""Stacked bars: everything has its place in the drawing, whatever a text says."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy.reporting.figures import bars, drawing
from casestudy.reporting.figures.bars import Bar, Chart, Segment, Shade
from casestudy.reporting.figures.drawing import INK, NARROW, WIDE, Size

TICKS = ("0%", "25%", "50%", "75%", "100%")
HOSTILE = (
    "</text></svg><script>x()</script> onload=x() href=http://x/ \x00\x0b & ' \" \N{RIGHT-TO-LEFT OVERRIDE}"
)


def _bar(*shares: float, name: str = "T0", people: str = "n: 50", said: str = "") -> Bar:
    last = max(len(shares) - 1, 1)
    parts = (
        Segment(Shade(place / last), share, f"{round(100 * share)}%") for place, share in enumerate(shares)
    )
    return Bar(name, people, tuple(parts), said)


def _chart(heading: str, *of_item: Bar, key: tuple[tuple[Shade, str], ...] = ()) -> Chart:
    return Chart(key, ((heading, of_item),), TICKS)


def _texts(chart: Chart, size: Size) -> list[tuple[str, float, float]]:
    root = ET.fromstring(chart.svg(size))
    found = root.iter("{http://www.w3.org/2000/svg}text")
    return [(text.text or "", float(text.attrib["x"]), float(text.attrib["y"])) for text in found]


def _areas(chart: Chart, size: Size) -> list[tuple[float, float, float]]:
    """Left side, top and width of every part of a bar, in the order of their shades."""
    paths = re.findall(r'<path fill="[^"]*" stroke="[^"]*" stroke-width=".6" d="([^"]*)"', _svg(chart, size))
    places = [re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v", path) for path in paths]
    return [(float(x), float(y), float(width)) for path in places for x, y, width in path]


def _svg(chart: Chart, size: Size) -> str:
    return chart.svg(size).decode()


both = pytest.mark.parametrize("size", [WIDE, NARROW], ids=lambda size: size.name)


@both
@settings(max_examples=30, deadline=None)
@given(text=st.one_of(st.just(HOSTILE), st.text(min_size=1, max_size=300)))
def test_any_text_stays_text_and_within_the_drawing(size: Size, text: str) -> None:
    key = ((Shade(0.25, True), text),)
    chart = _chart(text, _bar(0.5, 0.5, name=text, people=text), _bar(said=text), key=key)
    drawn = _svg(chart, size)
    assert {element.tag.split("}")[1] for element in ET.fromstring(drawn).iter()} <= set(
        "svg g path pattern use text".split()
    )
    outside_tags = re.sub(r"<[^>]*>", " ", drawn)
    assert not re.search(r"\son[a-z]+\s*=|href\s*=|<script|<!--", outside_tags, re.IGNORECASE)
    width, height = (float(side) for side in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn)[0])
    for said, x, y in _texts(chart, size):
        assert 0 < x <= width
        assert 0 < y < height
        if x == bars.EDGE:
            assert x + bars.advance(said, size.text) <= width
    assert chart.svg(size) == drawn.encode()


@both
@settings(max_examples=20, deadline=None)
@given(shares=st.lists(st.integers(1, 100), min_size=2, max_size=7))
def test_the_parts_of_a_bar_follow_one_another_and_fill_it(size: Size, shares: list[int]) -> None:
    whole = sum(shares)
    areas = _areas(_chart("A", _bar(*(share / whole for share in shares))), size)
    full = _areas(_chart("A", _bar(1.0)), size)[0]
    assert len(areas) == len(shares)
    assert areas[0][0] == full[0]
    assert sum(width for *_, width in areas) == pytest.approx(full[2], abs=0.05 * len(shares) + 1e-6)
    for (x, _, width), (following, _, _) in pairwise(areas):
        assert x + width == pytest.approx(following, abs=0.11)


@both
def test_bars_of_an_item_stand_below_one_another_in_their_order(size: Size) -> None:
    chart = _chart("Item", _bar(1.0, name="first", people="n: 5"), _bar(1.0, name="second"))
    order = ("Item", "first", "second", "0%")
    texts = _texts(chart, size)
    heights = [y for name in order for said, _, y in texts if said.split(" (")[0] == name]
    assert heights == sorted(heights)
    assert len(heights) == len(order)
    (_, upper, _), (_, lower, _) = _areas(chart, size)
    assert upper < lower


@both
def test_a_share_is_written_where_there_is_room_for_it(size: Size) -> None:
    said = [text for text, *_ in _texts(_chart("A", _bar(0.02, 0.4, 0.58)), size)]
    assert {"40%", "58%"} <= set(said)
    assert "2%" not in said


@pytest.mark.parametrize("n", range(2, 8))
def test_shades_grow_darker_and_words_on_them_can_be_read(n: int) -> None:
    shades = [Shade(place / (n - 1)) for place in range(n)]
    light = [bars.contrast(shade.fill, "#000000") for shade in shades]
    assert all(high > 1.1 * low for high, low in pairwise(light))
    for shade in shades:
        # WCAG 2.2, success criterion 1.4.3: text at least 4.5 to 1.
        assert bars.contrast(shade.fill, bars.WHITE if shade.is_dark else INK) >= 4.5


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        # Published by WebAIM for its contrast checker: #777777 on white fails by a hair, #767676 passes.
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ffffff", "#000000", 21.0),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert bars.contrast(one, other) == pytest.approx(ratio, abs=0.005)


def test_a_striped_part_has_lines_and_paper_under_its_number() -> None:
    striped = Segment(Shade(0.25, is_striped=True), 0.6, "60%")
    plain = Segment(Shade(0.75), 0.4, "40%")
    drawn = _svg(_chart("A", Bar("T0", "", (striped, plain))), WIDE)
    assert drawn.count("<pattern") == drawn.count("<use") == 1
    paper = re.findall(r'<path fill="([^"]*)" d=', drawn)
    assert paper == [bars.WHITE, striped.shade.fill]


@both
def test_words_stand_in_place_of_a_bar_that_is_not_shown(size: Size) -> None:
    chart = _chart("A", Bar("T0", "", said="not shown"), _bar(0.5, 0.5))
    assert "not shown" in [text for text, *_ in _texts(chart, size)]
    assert len(_areas(chart, size)) == 2


@both
def test_a_scale_of_six_items_and_seven_options_stays_small(size: Size) -> None:
    text = (
        "Ik overleg bij ieder vermoeden van onveiligheid eerst met een collega, ook als het al langer loopt."
    )
    two = (
        _bar(0.16, 0.14, 0.14, 0.14, 0.14, 0.14, 0.14, name="voormeting", people="n: 50 tot en met 99"),
    ) * 2
    key = tuple((Shade(place / 6), f"antwoord {place}") for place in range(7))
    drawn = Chart(key, ((text, two),) * 6, TICKS).svg(size)
    assert len(drawing.address(drawn)) < 12_000


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("een twee", ["een", "twee"]),
        ("50\N{NO-BREAK SPACE}% en", ["50\N{NO-BREAK SPACE}%", "en"]),
        ("Kwaliteit", ["Kwalit", "eit"]),
        ("漢漢漢", ["漢漢", "漢"]),
    ],
)
def test_a_text_breaks_between_words_and_a_long_word_is_cut(text: str, lines: list[str]) -> None:
    assert bars.wrapped(text, 32, 10) == lines
