"""Change between two waves for every scale and site: one table that says how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from casestudy.findings import random_intercept
from casestudy.findings.evidence import state
from casestudy.findings.multiplicity import benjamini_hochberg, holm
from casestudy.findings.paired import (
    Limits,
    PairedChange,
    UnlinkedChange,
    of_everybody,
    of_groups,
    of_pairs,
    sd,
)
from casestudy.findings.resampling import N_DRAWS, effect_intervals

ALL = "ALL"
COUNTS = ["n_before", "n_after", "n_pairs", "n_zero"]
CHANGE_COLUMNS = (
    "scale site before after n_before n_after n_pairs m_before sd_before m_after sd_after diff lo hi "
    "lo90 hi90 t df dz dz_lo dz_hi g_av g g_lo g_hi r r_rb r_rb_lo r_rb_hi p p_adj adjust n_zero state "
    "method model_diff model_lo model_hi overlap_diff overlap_lo overlap_hi sesoi note"
).split()
ADJUSTMENTS = {"holm": holm, "bh": benjamini_hochberg}
TEXTS = {"scale", "site", "before", "after", "adjust", "state", "method", "note"}

FIELDS = {kind: [field.name for field in fields(kind)] for kind in (PairedChange, UnlinkedChange)}

Values = NDArray[np.float64]
Row = dict[str, Any]


class _Rules(NamedTuple):
    """What decides how one cell is told; the smallest change of interest is in SDs of the scores before."""

    limits: Limits
    sesoi_site_sd: float
    sesoi_all_sd: float


class _Cell(NamedTuple):
    """Scores of one scale at one site, or at all: before and after per respondent, or nan."""

    scale: object
    site: object
    x: Values
    y: Values
    group: NDArray[np.int_]
    linked: bool
    left_out: tuple[str, ...] = ()

    @property
    def has_both(self) -> bool:
        return not (np.isnan(self.x).all() or np.isnan(self.y).all())

    @property
    def pairs(self) -> tuple[Values, Values]:
        both = ~(np.isnan(self.x) | np.isnan(self.y))
        return self.x[both], self.y[both]


def change_table(
    scores: pd.DataFrame,
    *,
    before: str,
    after: str,
    sites: Sequence[str],
    scales: Sequence[str] | None = None,
    unlinked_sites: Sequence[str] = (),
    confidence: float = 0.95,
    n_describe: int = 5,
    n_test: int = 6,
    n_bca: int = 20,
    sesoi_site_sd: float = 0.5,
    sesoi_all_sd: float = 0.3,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Change between two waves for every scale, over all sites (``ALL``) and per site.

    Parameters
    ----------
    scores
        ``respondent site wave scale score``, one row per respondent, wave and scale; nan is no score.
    sites, scales
        What gets rows, in this order; without ``scales``, those of ``scores`` in their order.
    unlinked_sites
        Sites whose people cannot be linked between the waves: two groups are compared there (``welch``).
    n_describe, n_test, n_bca
        Fewest pairs, or people in each wave, to describe the change, to test it, and fewest pairs to give
        bootstrap intervals, which are too narrow below that.
    n_draws, seed
        Draws of the bootstrap intervals, and what decides them: a row depends on the scores of its own cell
        only, but for ``p_adj``.

    Returns
    -------
    DataFrame
        Columns ``CHANGE_COLUMNS``, unrounded, one row per scale for ``ALL`` and for each site. ``method`` is
        ``paired``, ``welch`` (``n_pairs`` is then absent, and ``r_rb`` is 2 P(after > before) - 1) or
        ``none``. ``state`` is that of the function ``state``, ``too_few`` below ``n_describe`` (only counts
        are given), or ``absent`` when a wave has no score. ``ALL`` pools the linked sites with both waves, or
        the unlinked ones if no other site has both.

        ``lo``-``hi`` is the t-interval. ``g_av`` is given for pairs and ``g`` for groups, ``g_lo``-``g_hi``
        belongs to whichever it is; the intervals of ``dz``, ``g_av`` and of ``r_rb`` of pairs are BCa. ``p``
        is that of the sign-flip test, or Welch's; ``p_adj`` is Holm's over the ``ALL`` rows (``adjust`` is
        ``holm``) and Benjamini and Hochberg's over the site rows (``bh``), which are exploratory. ``model_*``
        is the change that a random-intercept model finds for everybody in either wave; ``overlap_*`` compares
        both waves as they stand, given where people are in one wave only. ``sesoi`` is a share of the SD of
        everybody before, so that leavers do not shrink it. Scores, differences, their intervals and ``sesoi``
        are in points of the scale; ``dz``, ``g_av`` (by the mean of both SDs) and ``g`` (by the pooled SD)
        are in SDs. ``df`` is that of ``t``; the t of ``model_*`` has ``n_pairs`` minus the number of sites.

        ``note`` holds keys, separated by spaces: ``wave_missing``, ``not_tested``,
        ``without_unlinked_sites``, ``without_absent_sites``, ``model_fallback`` (the model could not be
        fitted, and ``model_*`` is the change of the pairs).

    Examples
    --------
    >>> scores = pd.DataFrame({"respondent": list("abcdef") * 2, "site": "es", "scale": "KEN",
    ...     "wave": ["T0"] * 6 + ["T1"] * 6, "score": [2, 3, 3, 2, 4, 3, 3, 4, 3, 3, 4, 4]})
    >>> table = change_table(scores, before="T0", after="T1", sites=["es"])
    >>> table[["site", "n_pairs", "state", "method"]].values.tolist()
    [['ALL', 6, 'up', 'paired'], ['es', 6, 'up', 'paired']]
    """
    wanted = list(scores["scale"].unique() if scales is None else scales)
    rules = _Rules(Limits(confidence, n_describe, n_test), sesoi_site_sd, sesoi_all_sd)
    cells = list(_cells(scores, (before, after), wanted, list(sites), set(unlinked_sites)))
    rows = [{"before": before, "after": after, **_told(cell, rules)} for cell in cells]
    _add_model(cells, rows, rules.limits)
    _add_intervals(cells, rows, n_bca=n_bca, confidence=confidence, n_draws=n_draws, seed=seed)
    table = pd.DataFrame(rows, columns=CHANGE_COLUMNS)
    numbers = [c for c in CHANGE_COLUMNS if c not in TEXTS | set(COUNTS)]
    table = table.astype(dict.fromkeys(COUNTS, "Int64") | dict.fromkeys(numbers, "float64"))
    for name, adjust in ADJUSTMENTS.items():
        family = table["adjust"] == name
        table.loc[family, "p_adj"] = adjust(table.loc[family, "p"])
    return table


def _cells(
    scores: pd.DataFrame,
    waves: tuple[str, str],
    scales: list[str],
    sites: list[str],
    unlinked_sites: set[str],
) -> Iterator[_Cell]:
    """Cells in the order of the table: per scale first the pooled one, then every site."""
    asked = scores[scores["wave"].isin(waves) & scores["scale"].isin(scales) & scores["site"].isin(sites)]
    keys = asked.set_index(["scale", "site", "respondent", "wave"])["score"].astype(float)
    wide = keys.unstack("wave").reindex(columns=list(waves))
    # In the order of their scores, so that not even rounding tells who is called what.
    wide = wide.iloc[np.lexsort((wide[waves[1]], wide[waves[0]]))]
    x, y = wide[waves[0]].to_numpy(), wide[waves[1]].to_numpy()
    rows = wide.groupby(level=["scale", "site"], observed=True).indices
    nobody = np.array([], dtype=int)
    for scale in scales:
        own = []
        for number, site in enumerate(sites):
            at = rows.get((scale, site), nobody)
            own.append(_Cell(scale, site, x[at], y[at], np.full(len(at), number), site not in unlinked_sites))
        yield _pooled(scale, own)
        yield from own


def _pooled(scale: str, own: list[_Cell]) -> _Cell:
    """All linked sites with both waves as one cell, or all unlinked ones when there is no linked one."""
    both = [cell for cell in own if cell.has_both]
    linked = [cell for cell in both if cell.linked]
    pooled = linked or both
    left_out = ["without_unlinked_sites"] if len(pooled) < len(both) else []
    left_out += ["without_absent_sites"] if 0 < len(both) < len(own) else []
    chosen = pooled or own
    x, y, group = (np.concatenate([cell[i] for cell in chosen]) for i in (2, 3, 4))
    return _Cell(scale, ALL, x, y, group, bool(linked) or not both, tuple(left_out))


def _told(cell: _Cell, rules: _Rules) -> Row:
    """Every column of a row but its waves, model, bootstrap intervals and adjusted p."""
    limits, is_all = rules.limits, cell.site == ALL
    keys = {"scale": cell.scale, "site": cell.site, "adjust": "holm" if is_all else "bh"}
    n_before, n_after = (int((~np.isnan(wave)).sum()) for wave in (cell.x, cell.y))
    if not cell.has_both:
        absent = {"n_before": n_before, "n_after": n_after, "n_pairs": 0 if cell.linked else None}
        return keys | absent | {"state": "absent", "method": "none", "note": "wave_missing"}
    found: PairedChange | UnlinkedChange
    own: Row
    if cell.linked:
        found = of_pairs(cell.x, cell.y, limits)
        n, own = found.n_pairs, {"method": "paired"}
    else:
        found = of_groups(cell.x, cell.y, limits)
        n, own = min(n_before, n_after), {"method": "welch", "r_rb": 2 * found.p_superior - 1}
    row = keys | {name: getattr(found, name) for name in FIELDS[type(found)]} | own
    if n < limits.n_describe:
        return row | {"state": "too_few", "note": " ".join(cell.left_out)}
    if cell.linked and max(n_before, n_after) > n:
        overlap = of_everybody(cell.x, cell.y, limits)
        row |= {"overlap_diff": overlap.diff, "overlap_lo": overlap.lo, "overlap_hi": overlap.hi}
    sesoi = sd(cell.x[~np.isnan(cell.x)]) * (rules.sesoi_all_sd if is_all else rules.sesoi_site_sd)
    row["state"] = state(found.lo, found.hi, found.lo90, found.hi90, sesoi)
    notes = [*cell.left_out, *(["not_tested"] if n < limits.n_test else [])]
    return row | {"sesoi": sesoi, "note": " ".join(notes)}


def _add_model(cells: Sequence[_Cell], rows: Sequence[Row], limits: Limits) -> None:
    """Fill in the model's estimate of every paired change that is tested; those of the sites all at once."""
    chosen = [i for i, row in enumerate(rows) if row["method"] == "paired"]
    chosen = [i for i in chosen if rows[i]["n_pairs"] >= max(limits.n_test, limits.n_describe)]
    confidence = limits.confidence
    fitted = {}
    for i in (i for i in chosen if cells[i].site == ALL):
        one = random_intercept.change(cells[i].x, cells[i].y, cells[i].group, confidence=confidence)
        fitted[i] = one.diff, one.lo, one.hi, one.fallback
    if own := [i for i in chosen if cells[i].site != ALL]:
        x, y = (np.concatenate([cells[i][wave] for i in own]) for wave in (2, 3))
        number = np.repeat(np.arange(len(own)), [len(cells[i].x) for i in own])
        every = random_intercept.change_of_cells(x, y, number, n_cells=len(own), confidence=confidence)
        columns = (column.tolist() for column in (every.diff, every.lo, every.hi, every.fallback))
        fitted |= dict(zip(own, zip(*columns, strict=True), strict=True))
    for i, (diff, lo, hi, fallback) in fitted.items():
        row = rows[i]
        if math.isnan(diff):
            diff, lo, hi, fallback = row["diff"], row["lo"], row["hi"], True
        row |= {"model_diff": diff, "model_lo": lo, "model_hi": hi}
        row["note"] = " ".join([*row["note"].split(), *(["model_fallback"] if fallback else [])])


def _add_intervals(
    cells: Sequence[_Cell], rows: Sequence[Row], *, n_bca: int, confidence: float, n_draws: int, seed: int
) -> None:
    """Fill in the bootstrap intervals of every row that is about enough pairs."""
    chosen = [i for i, row in enumerate(rows) if row["method"] == "paired" and row["state"] != "too_few"]
    chosen = [i for i in chosen if rows[i]["n_pairs"] >= n_bca]
    pairs = [cells[i].pairs for i in chosen]
    found = effect_intervals(pairs, confidence=confidence, n_draws=n_draws, seed=seed)
    for i, intervals in zip(chosen, found, strict=True):
        for name, (lo, hi) in zip(("dz", "g", "r_rb"), intervals, strict=True):
            rows[i] |= {f"{name}_lo": lo, f"{name}_hi": hi}
