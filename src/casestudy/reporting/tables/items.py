"""Answers to single items before and after, in bands of options, and how many people moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from markupsafe import Markup

from casestudy.labels import Labels
from casestudy.material.instrument import Instrument
from casestudy.material.questions import Item, Scale
from casestudy.reporting import disclosure, markup, names, released_items
from casestudy.reporting.disclosure import Limits, Proportion, Withheld
from casestudy.reporting.markup import Cell, Column, Row
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import ALL, Released
from casestudy.reporting.released_items import MOST_APART
from casestudy.reporting.tables.change import hidden_notes
from casestudy.study import Audience, Study

MOST_OPTIONS = 11


@dataclass(frozen=True)
class View:
    """The released answers to the items of some scales, and how many moved."""

    answers: pd.DataFrame
    shifts: pd.DataFrame
    withheld: tuple[Withheld, ...]

    @property
    def is_told(self) -> bool:
        """Whether anything is said of any item."""
        return bool(self.answers["form"].isin(["percent", "of", "word"]).any())

    def of(self, scale: Scale) -> View:
        """Give what belongs to the items of one scale."""
        ids = [item.id for item in scale.items]
        answers, shifts = (frame[frame["item"].isin(ids)] for frame in (self.answers, self.shifts))
        return View(answers, shifts, self.withheld)

    @cached_property
    def per_item(self) -> dict[str, dict[str, list[Any]]]:
        """The bands of answers per item and wave, in the order of the frame."""
        found: dict[str, dict[str, list[Any]]] = {}
        for row in self.answers.itertuples(index=False):
            found.setdefault(str(row.item), {}).setdefault(str(row.wave), []).append(row)
        return found


def shown_items(
    distributions: pd.DataFrame,
    net_shift: pd.DataFrame,
    study: Study,
    instrument: Instrument,
    site: str | None,
    limits: Limits,
    scales: Sequence[str] | None = None,
) -> View:
    """Give the answers an audience may see, of one site or of all, to items with options to count."""
    wanted = [item.id for item in instrument.items if _is_counted(item, instrument)]
    mine = distributions[distributions["item"].isin(wanted)]
    moved = net_shift[net_shift["item"].isin(wanted)]
    if scales is not None:
        mine, moved = (frame[frame["scale"].isin(list(scales))] for frame in (mine, moved))
    waves = (study.comparison.before, study.comparison.after)
    answers = released_items.answers(mine, moved, limits, unit=site or ALL, waves=waves)
    shifts = released_items.shifts(moved, limits, unit=site or ALL)
    return View(answers.frame, shifts.frame, (*answers.withheld, *shifts.withheld))


def _is_counted(item: Item, instrument: Instrument) -> bool:
    options = instrument.options[item.options]
    return not options.decimals and options.max - options.min < MOST_OPTIONS


def items(
    distributions: pd.DataFrame,
    net_shift: pd.DataFrame,
    *,
    study: Study,
    instrument: Instrument,
    site: str | None = None,
    scales: Sequence[str] | None = None,
    id: str = "items",  # noqa: A002
) -> Part:
    """Answers to every item in both waves, and how many people moved to another answer.

    Parameters
    ----------
    distributions
        item scale site wave value n n_of, as ``findings.item_change.distributions`` gives it; for all sites
        together also with the rows of the sites.
    net_shift
        item scale site n n_up n_same n_down shift lo hi, as ``findings.item_change.net_shift`` gives it.
    site
        One site, or nothing for all sites together.
    scales
        Which scales; left out, all.
    """

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = shown_items(distributions, net_shift, study, instrument, site, limits, scales)
        shelf = asked_scales(view, instrument)
        if not shelf:
            return Rendering(markup.absent(labels["absent.no_comparison"]), None, view.withheld)
        if not view.is_told:
            return Rendering(markup.absent(labels["absent.too_few"]), None, view.withheld)
        tables = [
            scale_tables(f"{id}-{number}", view.of(scale), scale, study, instrument, labels)
            for number, scale in enumerate(shelf, start=1)
        ]
        html = markup.joined(tables, "\n") + markup.note(*notes(view, labels, limits))
        return Rendering(html, released_numbers(view, study), view.withheld)

    return Part(id, "table", draw)


def asked_scales(view: View, instrument: Instrument) -> list[Scale]:
    """Scales of which an item was answered in both waves, in the instrument's order.

    A scale whose items have several sets of options is given once for each, with the items that have it.
    """
    asked = set(view.answers.loc[view.answers["form"] != "absent", "item"])
    found = []
    for scale in instrument.scales:
        for options in dict.fromkeys(item.options for item in scale.items):
            same = tuple(item for item in scale.items if item.options == options)
            if asked.intersection(item.id for item in same):
                found.append(scale.model_copy(update={"items": same}))
    return found


def released_numbers(view: View, study: Study) -> pd.DataFrame:
    """Give the released numbers as programs read them: answers, and below them who moved."""
    both = pd.concat([view.answers.assign(part="answers"), view.shifts.assign(part="shift")])
    return names.named(both, study)


def scale_tables(
    id: str,  # noqa: A002
    view: View,
    scale: Scale,
    study: Study,
    instrument: Instrument,
    labels: Labels,
) -> Markup:
    """Write the answers of one scale as a table, and who moved as another; nothing shown is one line."""
    name = scale.label[labels.language]
    if not view.is_told:
        return markup.absent(labels.say("items.all_hidden", scale=name))
    heads = columns_of(view, scale, instrument)
    columns = [
        Column(labels["wave"]),
        *(Column(said_band(instrument, scale, *head, labels), numbers=True) for head in heads),
    ]
    columns.append(Column(labels["items.people"], numbers=True))
    asked = [item for item in scale.items if item.id in view.per_item]
    groups = [
        (item_text(item, labels), list(_rows(view.per_item[item.id], heads, study, labels))) for item in asked
    ]
    caption = labels.say("items.caption", scale=name)
    html = markup.table(id, caption, columns, groups, grouped=True)
    moved = view.shifts[view.shifts["form"] != "absent"].set_index("item")
    rows: list[Row] = [
        [item_text(item, labels), shift_sentence(moved.loc[item.id], item, instrument, labels)]
        for item in asked
        if item.id in moved.index
    ]
    if not moved["form"].isin(["three", "two"]).any():
        return html
    titles = [Column(labels["items.item"]), Column(labels["items.moved"])]
    caption = labels.say("items.moved_caption", scale=name)
    return html + Markup("\n") + markup.table(f"{id}-moved", caption, titles, rows)


def columns_of(view: View, scale: Scale, instrument: Instrument) -> list[tuple[float, float]]:
    """Give the bands of options that the table has columns for: each option, or three bands, or two."""
    options = instrument.options[scale.items[0].options]
    values = [options.min + n for n in range(int(options.max - options.min) + 1)]
    numbers = view.answers[view.answers["form"].isin(["percent", "of"])]
    single = len(numbers) > 0 and bool((numbers["first"] == numbers["last"]).all())
    if single and len(values) <= MOST_APART:
        return [(value, value) for value in values]
    half = len(values) // 2
    middle = values[half : len(values) - half]
    ends = [(values[0], values[half - 1]), (values[len(values) - half], values[-1])]
    return [ends[0], *((value, value) for value in middle), ends[1]]


def said_band(instrument: Instrument, scale: Scale, first: float, last: float, labels: Labels) -> str:
    """Say a band of options in the words of the instrument, or in its numbers."""
    options = instrument.options[scale.items[0].options]

    def word(value: float) -> str:
        place = round(value - options.min)
        return options.labels[place][labels.language] if options.labels else labels.number(value)

    if first == last:
        return word(first)
    key = "items.or" if last - first == 1 else "items.to"
    return labels.say(key, first=word(first), last=word(last))


def item_text(item: Item, labels: Labels) -> str:
    """Give the words of an item, and that it is worded the other way round."""
    text = item.text[labels.language]
    return labels.say("items.reversed", text=text) if item.reverse else text


def _rows(
    answers: Mapping[str, Sequence[Any]],
    heads: Sequence[tuple[float, float]],
    study: Study,
    labels: Labels,
) -> Iterator[Row]:
    for wave, bands in answers.items():
        row = bands[0]
        name = names.wave(study, wave, labels)
        if row.form in ("hidden", "absent"):
            said = labels["withheld" if row.form == "hidden" else "not_measured"]
            yield [name, *[markup.withheld("–")] * len(heads), markup.withheld(said)]
            continue
        cells: dict[tuple[float, float], str | Cell] = {head: markup.withheld("–") for head in heads}
        for band in bands:
            head, wider = _head(band, heads)
            said = said_share(band, labels)
            cells[head] = labels.say("items.with_middle", share=said) if wider else said
        yield [name, *cells.values(), people(row, labels)]


def _head(band: Any, heads: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], bool]:
    """Find the column of a band, and whether the band is wider: the outer column takes the middle in."""
    if (band.first, band.last) in heads:
        return (band.first, band.last), False
    low = band.first == heads[0][0]
    return heads[0 if low else -1], True


def said_share(band: Any, labels: Labels) -> str:
    """Say the share that chose a band."""
    return names.proportion(Proportion(band.form, band.share, band.n, band.n_of, band.word), labels)


def people(row: Any, labels: Labels) -> str:
    """Say how many answered: exactly where the counts are told, else as a band."""
    return labels.number(row.n_of) if row.form == "of" else names.band(row.n_low, row.n_high, labels)


def shift_sentence(row: pd.Series, item: Item, instrument: Instrument, labels: Labels) -> str | Cell:
    """Say which share moved towards the highest and the lowest option, and the net shift."""
    if row["form"] == "hidden":
        return markup.withheld(labels["withheld"])
    options = instrument.options[item.options]
    ends = [options.labels[place][labels.language] for place in (0, -1)] if options.labels else []
    low, high = ends or [labels.number(options.min), labels.number(options.max)]
    told = {"high": high, "low": low, "up": labels.percent(row["up"])}
    told["people"] = names.band(row["n_low"], row["n_high"], labels)
    if row["form"] == "two":
        return labels.say("items.shift_two", **told)
    told |= {"same": labels.percent(row["same"]), "down": labels.percent(row["down"])}
    points = {
        key: labels.signed(100 * row[name]) for key, name in (("net", "shift"), ("lo", "lo"), ("hi", "hi"))
    }
    return labels.say("items.shift_three", **told, **points)


def notes(view: View, labels: Labels, limits: Limits) -> list[str]:
    """Tell what a reader must know to read answers to single items."""
    shown = view.answers[view.answers["form"].isin(["percent", "of"])]
    said = [labels["items.note_percent"]] if (shown["form"] == "percent").any() else []
    if (shown["first"] != shown["last"]).any():
        said.append(labels["items.note_bands"])
    if len(view.shifts) and (view.shifts["form"] == "absent").all():
        said.append(labels["items.note_unlinked"])
    return [*said, *hidden_notes(Released(view.answers, view.withheld), labels, limits)]
