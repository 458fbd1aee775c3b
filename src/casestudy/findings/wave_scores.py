"""Scores with a column per wave, cut into the units that tables have rows for: all sites, then each site."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ALL = "ALL"

Values = NDArray[np.float64]


class Unit(NamedTuple):
    """Scores of one scale, at one site or at all."""

    scale: str
    site: str
    scores: Values  # (n, n_waves); nan is no score
    number: NDArray[np.int_]  # site of each respondent, from 0 within the unit
    n_sites: int
    linked: bool  # people are the same in all waves
    note: tuple[str, ...] = ()

    @property
    def n(self) -> NDArray[np.int_]:
        """Respondents per wave."""
        return np.asarray((~np.isnan(self.scores)).sum(axis=0))

    def pairs(self, first: int, second: int) -> NDArray[np.bool_]:
        """Say who has a score in both waves."""
        return np.asarray(~np.isnan(self.scores[:, first]) & ~np.isnan(self.scores[:, second]))


def units(
    scores: pd.DataFrame,
    *,
    waves: Sequence[str],
    sites: Sequence[str],
    scales: Sequence[str],
    unlinked_sites: Collection[str] = (),
) -> Iterator[Unit]:
    """Give the units per scale: first ``ALL``, then every site, whether anybody answered there or not.

    Parameters
    ----------
    scores
        ``respondent site wave scale score``, one row per respondent, wave and scale; nan is no score. Ids of
        respondents mean something within a site only.
    unlinked_sites
        Sites whose people cannot be linked between waves.

    Yields
    ------
    Unit
        ``ALL`` holds the linked sites with somebody in two waves or more, or the unlinked ones when no linked
        one has that; its ``note`` says ``without_unlinked_sites`` or ``without_absent_sites`` when sites are
        left out.

    Examples
    --------
    >>> scores = pd.DataFrame({"respondent": ["a", "a", "b"], "site": "es", "scale": "KEN",
    ...                        "wave": ["T0", "T1", "T0"], "score": [2.0, 3.0, 4.0]})
    >>> [(u.site, u.n.tolist()) for u in units(scores, waves=["T0", "T1"], sites=["es"], scales=["KEN"])]
    [('ALL', [2, 1]), ('es', [2, 1])]
    """
    asked = scores[scores["wave"].isin(waves) & scores["scale"].isin(scales) & scores["site"].isin(sites)]
    keys = asked.set_index(["scale", "site", "respondent", "wave"])["score"].astype(float)
    wide = keys.unstack("wave").reindex(columns=list(waves))
    of_scale = pd.Index(scales).get_indexer(wide.index.get_level_values("scale"))
    number = pd.Index(sites).get_indexer(wide.index.get_level_values("site"))
    linked = np.array([site not in unlinked_sites for site in sites], dtype=bool)
    values = wide.to_numpy(dtype=float)
    for place, scale in enumerate(scales):
        own, where = values[of_scale == place], number[of_scale == place]
        yield _together(scale, own, where, linked)
        order = np.argsort(where, kind="stable")
        ends = np.cumsum(np.bincount(where, minlength=len(sites)))[:-1]
        for i, rows in enumerate(np.split(order, ends)[: len(sites)]):
            nobody = np.zeros(len(rows), dtype=np.int_)
            yield Unit(scale, sites[i], own[rows], nobody, 1, bool(linked[i]))


def _together(scale: str, scores: Values, number: NDArray[np.int_], linked: NDArray[np.bool_]) -> Unit:
    n = np.stack([np.bincount(number[~np.isnan(wave)], minlength=len(linked)) for wave in scores.T], axis=-1)
    several = (n > 0).sum(axis=1) > 1
    used = several & linked if (several & linked).any() else several
    note = ["without_unlinked_sites"] if (several & ~used).any() else []
    note += ["without_absent_sites"] if used.any() and not several.all() else []
    chosen = used if used.any() else np.ones(len(linked), dtype=bool)
    rows = chosen[number]
    place = np.cumsum(chosen) - 1
    is_linked = bool((used & linked).any()) or not used.any()
    return Unit(scale, ALL, scores[rows], place[number[rows]], int(chosen.sum()), is_linked, tuple(note))
