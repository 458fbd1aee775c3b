"""Answers to single items: what is put together, what is left out, and what the bars and words say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casestudy import labels
from casestudy.findings import item_change
from casestudy.material.instrument import Instrument
from casestudy.material.questions import Item, Options, Scale
from casestudy.reporting import figures, released_items, tables
from casestudy.reporting.disclosure import Limits
from casestudy.reporting.figures.drawing import NARROW, WIDE
from casestudy.reporting.parts import Part
from casestudy.reporting.released_items import bands
from casestudy.study import Site, Study, Wave, Words

WAVES = ("T0", "T1")
SITE, PUBLIC = Limits("site"), Limits("public", minimum=10, base=5)
AGREE = tuple(
    Words(nl=nl, en=en)
    for nl, en in (
        ("helemaal oneens", "strongly disagree"),
        ("oneens", "disagree"),
        ("neutraal", "neutral"),
        ("eens", "agree"),
        ("helemaal eens", "strongly agree"),
    )
)
Answers = Mapping[str, Mapping[str, Sequence[int]]]  # per site and wave, how many chose each option


def _frame(counts: Answers, item: str = "V1") -> pd.DataFrame:
    rows = []
    everywhere = {
        wave: [sum(c) for c in zip(*(of[wave] for of in counts.values()), strict=True)] for wave in WAVES
    }
    for site, of_site in {"ALL": everywhere, **counts}.items():
        for wave in WAVES:
            rows += [
                (item, "VAA", site, wave, float(value), n, sum(of_site[wave]))
                for value, n in enumerate(of_site[wave], start=1)
            ]
    return pd.DataFrame(rows, columns=item_change.DISTRIBUTION_COLUMNS)


def _moved(up: int, same: int, down: int, site: str = "s1", item: str = "V1") -> pd.DataFrame:
    n = up + same + down
    shift = (up - down) / n
    row = (item, "VAA", site, n, up, same, down, shift, shift - 0.2, shift + 0.2, 0.1, 0.1)
    return pd.DataFrame([row], columns=item_change.SHIFT_COLUMNS)


UNLINKED = pd.DataFrame(
    [("V1", "VAA", "s1", pd.NA, pd.NA, pd.NA, pd.NA, *[float("nan")] * 5)],
    columns=item_change.SHIFT_COLUMNS,
)


def _released(t0: Sequence[int], t1: Sequence[int], limits: Limits = SITE) -> pd.DataFrame:
    frame = _frame({"s1": {"T0": t0, "T1": t1}})
    return released_items.answers(frame, UNLINKED, limits, unit="s1", waves=WAVES).frame


@pytest.mark.parametrize(
    ("t0", "t1", "widths"),
    [
        ((10, 10, 10, 10, 10), (5, 5, 10, 10, 20), [1, 1, 1, 1, 1]),
        ((4, 10, 10, 10, 10), (5, 5, 10, 10, 20), [2, 1, 2]),
        ((0, 5, 10, 10, 10), (5, 5, 10, 10, 20), [2, 1, 2]),
        ((10, 10, 3, 10, 10), (5, 5, 10, 10, 20), [3, 2]),
        ((1, 2, 3, 30, 10), (5, 5, 10, 10, 20), [3, 2]),
        ((20, 10, 3, 1, 1), (20, 5, 10, 10, 20), [2, 3]),
    ],
)
def test_options_with_too_few_are_put_together(
    t0: tuple[int, ...], t1: tuple[int, ...], widths: list[int]
) -> None:
    found = _released(t0, t1)
    assert set(found["form"]) == {"percent"}
    for wave in WAVES:
        of_wave = found[found["wave"] == wave]
        assert (of_wave["last"] - of_wave["first"] + 1).tolist() == widths


def test_items_of_one_scale_are_told_in_the_same_fineness() -> None:
    fine, coarse = (
        _frame({"s1": {"T0": t0, "T1": (5, 5, 10, 10, 20)}}, item)
        for item, t0 in (("V1", (10, 10, 10, 10, 10)), ("V2", (4, 10, 10, 10, 10)))
    )
    alone = released_items.answers(fine, UNLINKED, SITE, unit="s1", waves=WAVES).frame
    both = released_items.answers(pd.concat([fine, coarse]), UNLINKED, SITE, unit="s1", waves=WAVES).frame
    assert len(alone) == 10
    assert both.groupby(["item", "wave"]).size().tolist() == [3, 3, 3, 3]


def test_shares_are_whole_percentages_of_at_least_twenty_people() -> None:
    found = _released((5, 5, 20, 20, 10), (5, 7, 8, 20, 20))
    assert found.loc[found["wave"] == "T0", "share"].tolist() == [0.08, 0.08, 0.33, 0.33, 0.17]
    assert found["n"].isna().all()
    assert (found["n_low"] == 50).all()


def test_fewer_than_twenty_are_counted_only_where_nobody_can_be_subtracted() -> None:
    frame = _frame({"s1": {"T0": (3, 3, 0, 6, 6), "T1": (2, 4, 0, 6, 6)}})
    even = released_items.answers(frame, _moved(6, 6, 6), SITE, unit="s1", waves=WAVES).frame
    assert (even["form"] == "of").all()
    assert even["n"].tolist() == [6, 12, 6, 12]
    two_left = released_items.answers(frame, _moved(6, 5, 5), SITE, unit="s1", waves=WAVES).frame
    assert (two_left["form"] == "hidden").all()
    rounded = released_items.answers(frame, _moved(6, 6, 6), PUBLIC, unit="s1", waves=WAVES).frame
    assert not rounded["form"].isin(["of", "percent"]).any()


@pytest.mark.parametrize(
    ("t0", "t1", "forms"),
    [
        ((0, 0, 1, 30, 31), (0, 0, 0, 40, 22), {"T0": "word", "T1": "word"}),
        ((10, 10, 5, 20, 20), (0, 0, 0, 40, 22), {"T0": "percent", "T1": "word"}),
        ((1, 1, 0, 1, 1), (5, 5, 5, 5, 5), {"T0": "hidden", "T1": "hidden"}),
        ((0, 0, 0, 0, 0), (5, 5, 5, 5, 5), {"T0": "absent", "T1": "absent"}),
    ],
)
def test_nearly_everyone_is_a_word_and_too_few_are_nothing(
    t0: tuple[int, ...], t1: tuple[int, ...], forms: dict[str, str]
) -> None:
    found = _released(t0, t1)
    assert dict(zip(found["wave"], found["form"], strict=True)) == forms
    if "word" in forms.values():
        assert set(found.loc[found["form"] == "word", "word"]) <= {"few", "part", "most", "almost"}
        assert found.loc[found["form"] == "word", "share"].isna().all()


counts_of_a_wave = st.lists(st.integers(0, 40), min_size=5, max_size=5)
sites = st.dictionaries(
    st.sampled_from(["s1", "s2", "s3"]),
    st.fixed_dictionaries({"T0": counts_of_a_wave, "T1": counts_of_a_wave}),
    min_size=1,
)


@settings(max_examples=40)
@given(counts=sites, limits=st.sampled_from([SITE, PUBLIC]))
def test_nothing_that_is_shown_tells_of_a_few_people(counts: Answers, limits: Limits) -> None:
    frame = _frame(counts)
    keys = zip(frame["site"], frame["wave"], frame["value"], strict=True)
    known = dict(zip(keys, frame["n"], strict=True))

    def chose(site: str, wave: str, first: float = 1, last: float = 5) -> int:
        return sum(known[site, wave, float(value)] for value in range(int(first), int(last) + 1))

    for unit in ("ALL", *counts):
        found = released_items.answers(frame, UNLINKED.iloc[:0], limits, unit=unit, waves=WAVES).frame
        for row in found[found["form"].isin(["percent", "of"])].itertuples(index=False):
            band = (row.wave, row.first, row.last)
            assert limits.minimum <= chose(unit, *band) < 0.9 * chose(unit, row.wave)
            for site in counts if unit == "ALL" else ():
                if chose(site, row.wave) < chose("ALL", row.wave):
                    assert chose("ALL", *band) - chose(site, *band) >= limits.minimum
        assert found.groupby("wave")["form"].nunique().max() == 1


@pytest.mark.parametrize("n", range(2, 12))
def test_every_way_of_putting_options_together_holds_each_once(n: int) -> None:
    for way in bands(n):
        assert [place for band in way for place in band] == list(range(n))
    assert len(bands(n)[-1]) == 2


@pytest.mark.parametrize(
    ("moves", "form"),
    [
        ((14, 20, 6), "three"),  # methods F5
        ((14, 22, 4), "two"),
        ((4, 30, 6), "hidden"),
        ((36, 2, 2), "hidden"),
        ((6, 6, 6), "hidden"),
    ],
)
def test_a_net_shift_is_told_when_every_group_is_large(moves: tuple[int, int, int], form: str) -> None:
    (row,) = released_items.shifts(_moved(*moves), SITE, unit="s1").frame.to_dict("records")
    assert row["form"] == form
    assert (row["shift"] == 0.20) == (form == "three")


def test_people_who_cannot_be_followed_have_no_shift() -> None:
    found = released_items.shifts(UNLINKED, SITE, unit="s1")
    assert found.frame["form"].tolist() == ["absent"]
    assert found.withheld == ()


@pytest.fixture
def scene() -> dict[str, object]:
    waves = (
        Wave(id="T0", label=Words(nl="voormeting", en="first"), relation="before"),
        Wave(id="T1", label=Words(nl="nameting", en="second"), relation="directly_after"),
    )
    study = Study(
        title=Words(nl="a", en="a"),
        question=Words(nl="a", en="a"),
        kind="implementation",
        sites=(Site(id="s1", name="Es"), Site(id="s2", name="Beuk")),
        waves=waves,
    )
    asked = tuple(
        Item(
            id=f"V{n}", text=Words(nl=f"Vraag <{n}>.", en=f"Question <{n}>."), options="agree", reverse=n == 2
        )
        for n in (1, 2)
    )
    scale = Scale(id="VAA", label=Words(nl="Vaardigheid", en="Skill"), items=asked)
    instrument = Instrument(
        id="i", version="1", options={"agree": Options(min=1, max=5, labels=AGREE)}, scales=(scale,)
    )
    frames = [
        _frame({"s1": {"T0": (4, 10, 10, 10, 10), "T1": (5, 5, 10, 10, 20)}}, "V1"),
        _frame({"s1": {"T0": (1, 1, 1, 1, 0), "T1": (5, 5, 10, 10, 20)}}, "V2"),
    ]
    moves = [_moved(14, 20, 6), _moved(1, 1, 2, item="V2")]
    return {
        "distributions": pd.concat(frames),
        "net_shift": pd.concat(moves),
        "study": study,
        "instrument": instrument,
        "site": "s1",
    }


def _plain(html: object) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r'data:image[^"]*', "", str(html)))).strip()


@pytest.mark.parametrize("part", [tables.items, figures.items])
def test_table_and_figure_say_the_same(part: object, scene: dict[str, object]) -> None:
    drawn = part(**scene).draw(labels.read("nl"), "site")  # type: ignore[operator]
    said = _plain(drawn.html)
    for words in (
        "‘helemaal oneens’ of ‘oneens’",
        "Vraag &lt;2&gt;. (omgekeerd gesteld)",
        "voormeting 32\N{NO-BREAK SPACE}% 23\N{NO-BREAK SPACE}% 45\N{NO-BREAK SPACE}%",
        "niet getoond",
        "Netto +20 procentpunt",
        "Antwoorden die te weinig mensen gaven, zijn samengevoegd",
    ):
        assert words.replace("\N{NO-BREAK SPACE}", " ") in said.replace("\N{NO-BREAK SPACE}", " ")
    assert {line.place for line in drawn.withheld} == {"V2 x s1", "V2 x s1 x shift"}
    assert "Es" in drawn.released["site"].tolist()
    assert drawn.released.loc[drawn.released["item"] == "V2", "share"].isna().all()


def test_the_figure_has_two_sizes_its_words_and_its_numbers(scene: dict[str, object]) -> None:
    part: Part = figures.items(**scene)  # type: ignore[arg-type]
    html = str(part.draw(labels.read("en"), "site").html)
    drawings = [unquote(found) for found in re.findall(r"svg\+xml,([A-Za-z0-9%._~/:=;-]+)", html)]
    widths = [float(ET.fromstring(drawn).get("width", "").removesuffix("pt")) for drawn in drawings]
    assert widths == pytest.approx([NARROW.width * 72, WIDE.width * 72])
    for drawn in drawings:
        words = [text.text for text in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
        assert words[:3] == ["‘strongly disagree’ or ‘disagree’", "neutral", "‘agree’ or ‘strongly agree’"]
        assert {"Question <1>.", "Question <2>. (worded the other way round)", "45%", "60%"} <= set(words)
        assert words.count("not shown") == 2
        assert len(drawn) < 12_000
    (alternative,) = re.findall(r'alt="([^"]*)"', html)
    assert alternative.startswith("Bars of 2 questions on Skill, per question first above second.")
    assert "goes from 45% to 60%" in alternative
    assert "<details>" in html
    again: Part = figures.items(**scene)  # type: ignore[arg-type]
    assert str(again.draw(labels.read("en"), "site").html) == html


def test_a_site_of_which_nothing_can_be_shown_gets_one_line(scene: dict[str, object]) -> None:
    few = _frame({"s1": {"T0": (1, 1, 1, 1, 0), "T1": (1, 1, 1, 1, 1)}})
    drawn = figures.items(**{**scene, "distributions": few}).draw(labels.read("nl"), "site")  # type: ignore[arg-type]
    assert "<img" not in str(drawn.html)
    assert "<table" not in str(drawn.html)
    assert "te weinig mensen" in str(drawn.html)


def test_items_with_other_options_stand_apart_in_their_own_words(scene: dict[str, object]) -> None:
    old = scene["instrument"]
    assert isinstance(old, Instrument)
    first, second = old.scales[0].items
    often = Options(min=1, max=5, labels=tuple(Words(nl=f"vaak{n}", en=f"often{n}") for n in range(5)))
    scale = old.scales[0].model_copy(
        update={"items": (first, second.model_copy(update={"options": "often"}))}
    )
    new = old.model_copy(update={"options": {**old.options, "often": often}, "scales": (scale,)})
    counts = {"s1": {"T0": (10, 10, 10, 10, 10), "T1": (5, 5, 10, 10, 20)}}
    both = pd.concat([_frame(counts, "V1"), _frame(counts, "V2")])
    drawn = tables.items(**{**scene, "instrument": new, "distributions": both})  # type: ignore[arg-type]
    agree, how_often = str(drawn.draw(labels.read("nl"), "site").html).split('id="items-2-caption"')
    assert "helemaal eens" in agree
    assert "vaak4" not in agree.rpartition("<table")[0]
    assert "helemaal eens" not in how_often
    assert "vaak4" in how_often


def test_a_wave_that_was_not_held_is_no_comparison(scene: dict[str, object]) -> None:
    none = _frame({"s1": {"T0": (5, 5, 5, 5, 5), "T1": (0, 0, 0, 0, 0)}})
    drawn = tables.items(**{**scene, "distributions": none}).draw(labels.read("nl"), "site")  # type: ignore[arg-type]
    assert "withheld" in str(drawn.html)
    assert drawn.released is None
