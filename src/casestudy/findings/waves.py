"""Three waves at once: what was learned, what of it stayed, and what is left of it in the end."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from casestudy.findings import mixed_model, paired, wave_means
from casestudy.findings.evidence import state
from casestudy.findings.multiplicity import holm
from casestudy.findings.wave_means import Contrast, WaveMeans
from casestudy.findings.wave_scores import ALL, Unit, units

NAN = math.nan
CONTRASTS = {"learning": (0, 1), "retention": (1, 2), "net": (0, 2)}
N_SITES_STATSMODELS = 10  # with more sites its matrices take minutes; the same model by sums takes none
CONTRAST_COLUMNS = (
    "scale site contrast before after n_before n_after n_pairs diff lo hi lo90 hi90 p p_adj sesoi state "
    "retained method note"
).split()

Values = NDArray[np.float64]


class _Rules(NamedTuple):
    confidence: float
    n_describe: int
    n_test: int
    sesoi_site_sd: float
    sesoi_all_sd: float

    @property
    def limits(self) -> paired.Limits:
        return paired.Limits(self.confidence, self.n_describe, self.n_test)


class _Model(NamedTuple):
    """The means of a unit and where they stand among those of other units; None where no model serves."""

    means: WaveMeans | None
    place: int = 0


def contrast_table(
    scores: pd.DataFrame,
    *,
    waves: Sequence[str] = ("T0", "T1", "T2"),
    sites: Sequence[str],
    scales: Sequence[str],
    unlinked_sites: Sequence[str] = (),
    confidence: float = 0.95,
    n_describe: int = 5,
    n_test: int = 6,
    sesoi_site_sd: float = 0.5,
    sesoi_all_sd: float = 0.3,
) -> pd.DataFrame:
    """Contrasts between three waves for every scale, over all sites (``ALL``) and per site.

    ``learning`` is the second wave minus the first, ``retention`` the third minus the second, ``net`` the
    third minus the first; they come from one model with the wave as a factor, so that who misses a wave still
    counts in the others. A site's rows rest on its own people only, and are the same in its own report and
    beside other sites; they are fitted by ``wave_means``. The row of all sites together is fitted by
    statsmodels when there are two sites up to ``N_SITES_STATSMODELS``, whose import takes seconds that a
    report of one site need not pay; both give the same numbers.

    Parameters
    ----------
    scores
        ``respondent site wave scale score``, one row per respondent, wave and scale; nan is no score.
    waves
        The three waves in their order.
    unlinked_sites
        Sites whose people cannot be linked between waves: Welch's interval there, without a number of pairs.

    Returns
    -------
    DataFrame
        Columns ``CONTRAST_COLUMNS``, unrounded. ``method`` is ``mixed``, ``paired`` (with the note
        ``model_fallback``: people do not differ in the model, or it did not converge), ``welch`` or ``none``.
        ``ALL`` averages the sites that have pairs, weighted by who was there in the first wave (where nobody
        was, in the earlier one of the contrast); t has ``n_pairs`` minus the number of sites as degrees of
        freedom. ``p`` is nan below ``n_test``, ``p_adj`` Holm's over the contrasts of a scale and unit.
        ``state`` is that of ``evidence.state``, ``too_few`` below ``n_describe`` pairs (counts only), or
        ``absent`` when nobody is in a wave. ``sesoi`` is a share of the SD in the first wave. ``retained`` is
        NA but on ``retention`` of a scale that went up while learning, as nothing else can be kept: true when
        the interval of level ``2 * confidence - 1`` lies above minus ``sesoi``. Further notes:
        ``wave_missing``, ``not_tested``, ``without_unlinked_sites``, ``without_absent_sites``.

    Examples
    --------
    >>> people = pd.DataFrame({"respondent": list("abcdef") * 3, "site": "es", "scale": "KEN",
    ...     "wave": ["T0"] * 6 + ["T1"] * 6 + ["T2"] * 6,
    ...     "score": [2, 3, 3, 2, 4, 3, 3, 4, 3.5, 3, 5, 4.5, 3, 4, 3.5, 3.5, 5, 4]})
    >>> table = contrast_table(people, sites=["es"], scales=["KEN"])
    >>> table.loc[table["site"] == "es", ["contrast", "state", "retained"]].values.tolist()
    [['learning', 'up', <NA>], ['retention', 'none', True], ['net', 'up', <NA>]]
    """
    if len(waves) != 3 or len(set(waves)) != 3:
        raise ValueError("three different waves are compared")
    rules = _Rules(confidence, n_describe, n_test, sesoi_site_sd, sesoi_all_sd)
    found = units(scores, waves=waves, sites=sites, scales=scales, unlinked_sites=set(unlinked_sites))
    rows = [row for unit, model in _modelled(found) for row in _rows(unit, model, list(waves), rules)]
    table = pd.DataFrame(rows, columns=CONTRAST_COLUMNS)
    numbers = ["diff", "lo", "hi", "lo90", "hi90", "p", "p_adj", "sesoi"]
    kinds = dict.fromkeys(["n_before", "n_after", "n_pairs"], "Int64") | dict.fromkeys(numbers, "float64")
    return table.astype(kinds | {"retained": "boolean"})


def _modelled(found: Iterable[Unit]) -> Iterator[tuple[Unit, _Model]]:
    """Fit the models; those of the sites of one scale all at once."""
    for _, of_scale in groupby(found, key=lambda unit: unit.scale):
        together, *alone = of_scale
        told = together.linked and (together.n > 0).sum() > 1
        yield together, _Model(_of_all(together) if told else None)
        if alone:
            number = np.repeat(np.arange(len(alone)), [len(unit.scores) for unit in alone])
            scores = np.concatenate([unit.scores for unit in alone])
            means = wave_means.of_sites(scores, number, n_sites=len(alone), pooled=False)
            yield from ((unit, _Model(means, place)) for place, unit in enumerate(alone))


def _of_all(unit: Unit) -> WaveMeans:
    if 1 < unit.n_sites <= N_SITES_STATSMODELS:
        return mixed_model.of_sites(unit.scores, unit.number, n_sites=unit.n_sites)
    return wave_means.of_sites(unit.scores, unit.number, n_sites=unit.n_sites, pooled=True)


def _rows(unit: Unit, model: _Model, waves: list[str], rules: _Rules) -> list[dict[str, Any]]:
    share = rules.sesoi_all_sd if unit.site == ALL else rules.sesoi_site_sd
    first = unit.scores[:, 0][~np.isnan(unit.scores[:, 0])]
    sesoi = share * paired.sd(first) if len(first) > 1 else NAN
    rows = []
    for name, (i, j) in CONTRASTS.items():
        keys = {
            "scale": unit.scale,
            "site": unit.site,
            "contrast": name,
            "before": waves[i],
            "after": waves[j],
        }
        rows.append(keys | _told(unit, model, (i, j), sesoi, rules))
    for row, p in zip(rows, holm([row.get("p", NAN) for row in rows]), strict=True):
        row["p_adj"] = float(p)
    learning, retention = rows[0], rows[1]
    if learning["state"] == "up" and not math.isnan(retention.get("lo90", NAN) + sesoi):
        retention["retained"] = retention["lo90"] > -sesoi
    return rows


def _told(unit: Unit, model: _Model, waves: tuple[int, int], sesoi: float, rules: _Rules) -> dict[str, Any]:
    """Every column of a row but its keys, ``p_adj`` and ``retained``."""
    n_before, n_after = (int(unit.n[wave]) for wave in waves)
    n_pairs = int(unit.pairs(*waves).sum()) if unit.linked else None
    row: dict[str, Any] = {"n_before": n_before, "n_after": n_after, "n_pairs": n_pairs, "sesoi": NAN}
    if not (n_before and n_after):
        return row | {"state": "absent", "method": "none", "note": "wave_missing"}
    n = min(n_before, n_after) if n_pairs is None else n_pairs
    if n < rules.n_describe or (unit.linked and _freedom(unit, waves) < 1):
        method = "none" if unit.linked else "welch"
        return row | {"state": "too_few", "method": method, "note": " ".join(unit.note)}
    found, method = _contrast(unit, model, waves, rules)
    note = [*unit.note, *(["model_fallback"] if method == "paired" else [])]
    note += ["not_tested"] if n < rules.n_test else []
    lo, hi = found.interval(rules.confidence)
    lo90, hi90 = found.interval(2 * rules.confidence - 1)
    return row | {
        "diff": found.diff,
        "lo": lo,
        "hi": hi,
        "lo90": lo90,
        "hi90": hi90,
        "sesoi": sesoi,
        "p": found.p if n >= rules.n_test else NAN,
        "state": state(lo, hi, lo90, hi90, sesoi),
        "method": method,
        "note": " ".join(note),
    }


def _freedom(unit: Unit, waves: tuple[int, int]) -> int:
    """Count the pairs minus the sites that have any."""
    both = unit.pairs(*waves)
    return int(both.sum()) - len(np.unique(unit.number[both]))


def _contrast(unit: Unit, model: _Model, waves: tuple[int, int], rules: _Rules) -> tuple[Contrast, str]:
    x, y = (unit.scores[:, wave] for wave in waves)
    if not unit.linked:
        welch = paired.of_groups(x, y, rules.limits)
        quantile = Contrast(0.0, 1.0, welch.df).interval(rules.confidence)[1]
        return Contrast(welch.diff, (welch.hi - welch.diff) / quantile, welch.df), "welch"

    def count(flags: NDArray[np.bool_]) -> Values:
        return np.bincount(unit.number[flags], minlength=unit.n_sites).astype(float)

    both = unit.pairs(*waves)
    n_pairs, n_first = count(both), count(~np.isnan(unit.scores[:, 0]))
    weight = np.where(n_pairs > 0, np.where(n_first > 0, n_first, count(~np.isnan(x))), 0.0)
    df = float(_freedom(unit, waves))
    if model.means is not None and model.means.usable[model.place]:
        return wave_means.contrast(model.means, model.place, waves, weight, df), "mixed"
    return _paired(np.round(y - x, 10)[both], unit.number[both], n_pairs, weight, df), "paired"


def _paired(d: Values, number: NDArray[np.int_], n_pairs: Values, weight: Values, df: float) -> Contrast:
    """Weighted mean of the sites' mean changes; their spread within sites is taken together."""
    used = n_pairs > 0
    mean = np.bincount(number, d, minlength=len(n_pairs)) / np.where(used, n_pairs, 1)
    variance = float(((d - mean[number]) ** 2).sum()) / df
    share = weight / weight.sum()
    se = math.sqrt(variance * float((share[used] ** 2 / n_pairs[used]).sum()))
    return Contrast(float(share @ mean), se, df)
