"""The rating matrix as a picture: colour and value in every cell; on a phone, names above their cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from casestudy.labels import Labels
from casestudy.material.codebook import Codebook
from casestudy.reporting import disclosure, names
from casestudy.reporting.figures import drawing
from casestudy.reporting.figures.drawing import MUTED, NARROW, WIDE, Size
from casestudy.reporting.parts import Part, Rendering
from casestudy.reporting.released import TOO_FEW
from casestudy.reporting.tables import ratings as table
from casestudy.study import Audience, Study, Words

PALETTE = "PuOr"
UNCOLOURED = ("X", "M", TOO_FEW)


def ratings(
    settled: pd.DataFrame,
    proposed: pd.DataFrame,
    *,
    study: Study,
    codebook: Codebook,
    order: Sequence[str] | None = None,
    ordered_by: Words | None = None,
    agreement: Mapping[str, str] | None = None,
    id: str = "ratings",  # noqa: A002
) -> Part:
    """Factors by sites as a heat matrix; the same numbers as :func:`tables.rating_matrix`.

    Parameters
    ----------
    settled, proposed, order, ordered_by, agreement
        As in the table.
    """
    behind = table.rating_matrix(
        settled,
        proposed,
        study=study,
        codebook=codebook,
        order=order,
        ordered_by=ordered_by,
        agreement=agreement,
        id=f"{id}-numbers",
    )

    def draw(labels: Labels, audience: Audience) -> Rendering:
        limits = disclosure.limits(study, audience)
        view = table.shown_ratings(settled, proposed, study, limits).frame
        numbers = behind.draw(labels, audience)
        grid = _grid(view, table.matrix_order(study, order, limits), study, codebook, labels, agreement)
        if not grid.codes:
            return numbers
        drawings = (grid.svg(WIDE, id), grid.svg(NARROW, id))
        caption = Markup("{}{}").format(
            labels.say("matrix.caption", site=names.one_site(study, labels)),
            table.rating_key(view, labels, agreement),
        )
        html = drawing.figure(
            id, drawings, _alternative(grid, view, study, labels), caption, numbers.html, labels
        )
        return Rendering(html, numbers.released, numbers.withheld)

    return Part(id, "figure", draw)


@dataclass(frozen=True)
class _Grid:
    """What the matrix shows: names of the sites, and per domain the factors with their released ratings."""

    sites: tuple[str, ...]
    groups: tuple[tuple[str, tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...]], ...]

    @property
    def codes(self) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
        """All factors: code, label, ratings and the marks of each."""
        return [row for _, rows in self.groups for row in rows]

    def svg(self, size: Size, salt: str) -> bytes:
        """Draw in one size."""
        lines = self._lines(size)
        step = 0.27 if size.is_narrow else 0.29
        return drawing.svg(
            lambda axes, s: self._paint(axes, s, lines), size, 0.55 + step * len(lines), f"{salt}-{size.name}"
        )

    def _lines(self, size: Size) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
        """Lines of the drawing: a heading, a name, or a line of cells (with its name beside it when wide)."""
        lines: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]] = []
        for title, rows in self.groups:
            lines.append(("heading", title, (), ()))
            for _, label, values, marks in rows:
                if size.is_narrow:
                    lines.append(("name", label, (), ()))
                lines.append(("cells", "" if size.is_narrow else label, values, marks))
        return lines

    def _paint(
        self, axes: Axes, size: Size, lines: list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]
    ) -> None:
        n = len(self.sites)
        values = np.array(
            [[_number(v) for v in cells] or [np.nan] * n for _, _, cells, _ in lines], dtype=float
        )
        signs = [
            [names.SIGNS[v] + m for v, m in zip(cells, marks, strict=True)] or [""] * n
            for _, _, cells, marks in lines
        ]
        sns.heatmap(
            values,
            annot=np.array(signs, dtype=object),
            fmt="",
            cmap=PALETTE,
            vmin=-2.6,
            vmax=2.6,
            cbar=False,
            linewidths=1.2,
            linecolor="white",
            ax=axes,
            mask=np.isnan(values),
            annot_kws={"size": size.text},
        )
        for y, (kind, label, cells, marks) in enumerate(lines):
            self._finish(axes, size, y, kind, label, cells, marks)
        axes.set_xticks(
            np.arange(n) + 0.5, labels=list(self.sites), rotation=90 * _is_tight(self.sites, size)
        )
        axes.set_yticks(
            np.arange(len(lines)) + 0.5, labels=[_beside(kind, label, size) for kind, label, _, _ in lines]
        )
        axes.tick_params(axis="y", rotation=0)
        axes.xaxis.tick_top()
        drawing.bare(axes)

    def _finish(
        self,
        axes: Axes,
        size: Size,
        y: int,
        kind: str,
        label: str,
        cells: tuple[str, ...],
        marks: tuple[str, ...],
    ) -> None:
        if kind == "heading":
            start = 0.0 if size.is_narrow else -0.01
            side = "left" if size.is_narrow else "right"
            weight: dict[str, Any] = {
                "fontweight": "bold",
                "va": "center",
                "ha": side,
                "color": drawing.ACCENT,
            }
            axes.text(start, y + 0.66, label, transform=axes.get_yaxis_transform(), **weight)
        elif kind == "name":
            axes.text(
                0,
                y + 0.68,
                drawing.wrapped(label, 60),
                transform=axes.get_yaxis_transform(),
                va="center",
                ha="left",
            )
        for x, (value, mark) in enumerate(zip(cells, marks, strict=True)):
            if value not in UNCOLOURED:
                continue
            hatch = "////" if value == "X" else None
            edge = MUTED if value == "X" else drawing.GRID
            axes.add_patch(
                Rectangle(
                    (x + 0.03, y + 0.04), 0.94, 0.92, fill=False, hatch=hatch, edgecolor=edge, linewidth=0.5
                )
            )
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2} if value == "X" else None
            axes.text(
                x + 0.5,
                y + 0.5,
                names.SIGNS[value] + mark,
                ha="center",
                va="center",
                fontsize=size.text,
                bbox=box,
            )


def _grid(
    view: pd.DataFrame,
    sites: list[str],
    study: Study,
    codebook: Codebook,
    labels: Labels,
    agreement: Mapping[str, str] | None,
) -> _Grid:
    cells = {(r.code, r.site): (str(r.rating), _marks(r)) for r in view.itertuples(index=False)}
    talked = list(dict.fromkeys(view.loc[view["rating"] != "M", "code"]))
    groups = []
    for domain, codes in names.factors(codebook, talked):
        rows = []
        for code in codes:
            values, marks = zip(*(cells.get((code, site), ("M", "")) for site in sites), strict=True)
            rows.append((code, table.factor(code, codebook, labels, agreement), values, marks))
        groups.append((labels[f"domain.{domain}"], tuple(rows)))
    return _Grid(tuple(names.site(study, site, labels) for site in sites), tuple(groups))


def _marks(row: Any) -> str:
    return "" if row.rating == TOO_FEW else table.cell_marks(row)


def _number(value: str) -> float:
    return np.nan if value in UNCOLOURED else float(value)


def _beside(kind: str, label: str, size: Size) -> str:
    return drawing.wrapped(label, 46) if kind == "cells" and not size.is_narrow else ""


def _is_tight(sites: Sequence[str], size: Size) -> bool:
    """Whether names of sites must stand upright to fit above their columns."""
    room = (3.2 if size.is_narrow else 4.4) / max(1, len(sites))
    return max((len(site) for site in sites), default=0) * 0.08 > room


def _alternative(grid: _Grid, view: pd.DataFrame, study: Study, labels: Labels) -> str:
    sites = labels[f"site_words.{study.site_word}"]
    counted = {"n": labels.number(len(grid.codes)), "sites": f"{labels.number(len(grid.sites))} {sites}"}
    said = [labels.say("alt.ratings", **counted)]
    label = {code: name for code, name, _, _ in grid.codes}
    for side, signs in (("hinders", ("-1", "-2")), ("helps", ("1", "2"))):
        counts = Counter(code for code in view.loc[view["rating"].isin(signs), "code"] if code in label)
        if counts:
            most = max(counts.values())
            code = next(code for code, _, _, _ in grid.codes if counts[code] == most)
            at = labels.say("x_of_y", n=labels.number(most), n_of=labels.number(len(grid.sites)))
            said.append(labels.say(f"alt.ratings_{side}", factor=label[code], at=at, sites=sites))
    return " ".join(said)
