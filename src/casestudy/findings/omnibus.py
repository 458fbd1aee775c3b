"""Do sites change differently? One test over all of them, which is right with few people as well."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casestudy.findings.evidence import doubled_midranks
from casestudy.findings.likelihood import TwoWaves, lowest, normal, two_waves
from casestudy.findings.wave_scores import ALL, Unit, units

NAN = math.nan
N_AT_ONCE = 1_000_000  # numbers per step of the search, so that memory stays small
DIFFER_COLUMNS = (
    "scale n_sites n n_people f df1 df2 p_f h p_kw eps2 eps2_null lr p_chi2 p_boot used p note"
).split()

Values = NDArray[np.float64]
Sites = NDArray[np.int_]


class OneWay(NamedTuple):
    """One-way analysis of variance; nan without two groups, a degree of freedom or any spread."""

    f: float
    df1: int
    df2: int
    p: float


class KruskalWallis(NamedTuple):
    """Kruskal-Wallis test with its effect size and what that is expected to be when nothing differs."""

    h: float
    df: int
    p: float
    eps2: float  # h / (n - 1)
    eps2_null: float  # (k - 1) / (n - 1)
    n: int


class Interaction(NamedTuple):
    """Likelihood-ratio test of whether the change differs between sites."""

    lr: float
    df: int
    p_chi2: float
    p_boot: float
    n: int


def one_way(values: ArrayLike, group: ArrayLike) -> OneWay:
    """Compare the means of groups by the F test; nan in ``values`` is left out.

    References
    ----------
    Fisher, R. A. (1925). *Statistical Methods for Research Workers*. Oliver and Boyd.

    Examples
    --------
    >>> found = one_way([1, 2, 3, 2, 3, 4], list("aaabbb"))
    >>> found.f, found.df1, found.df2
    (1.5, 1, 4)
    """
    y, number, n = _grouped(values, group)
    df1, df2 = len(n) - 1, len(y) - len(n)
    if df1 < 1 or df2 < 1:
        return OneWay(NAN, max(df1, 0), max(df2, 0), NAN)
    mean = np.bincount(number, y) / n
    within = float(((y - mean[number]) ** 2).sum())
    between = float(n @ (mean - y.mean()) ** 2)
    if within <= 1e-18 * len(y):
        return OneWay(NAN, df1, df2, NAN)
    f = (between / df1) / (within / df2)
    return OneWay(f, df1, df2, float(special.fdtrc(df1, df2, f)))


def kruskal_wallis(values: ArrayLike, group: ArrayLike) -> KruskalWallis:
    """Compare the ranks of groups, corrected for ties; nan in ``values`` is left out.

    ``eps2`` is above zero even when nothing differs, by ``eps2_null`` on average: print both. Values are
    rounded to ten digits first, so that equal changes are ties.

    References
    ----------
    Kruskal, W. H., & Wallis, W. A. (1952). Use of ranks in one-criterion variance analysis. *Journal of the
    American Statistical Association*, 47, 583-621.

    Examples
    --------
    >>> found = kruskal_wallis([1, 2, 3, 4, 5, 6], list("aaabbb"))
    >>> round(found.h, 3), round(found.eps2, 3), found.eps2_null
    (3.857, 0.771, 0.2)
    """
    y, number, n = _grouped(values, group)
    df, n_all = len(n) - 1, len(y)
    if df < 1 or n_all < 2:
        return KruskalWallis(NAN, max(df, 0), NAN, NAN, NAN, n_all)
    rank = doubled_midranks(np.round(y, 10)) / 2
    spread = float(((rank - (n_all + 1) / 2) ** 2).sum())
    if spread == 0:
        return KruskalWallis(NAN, df, NAN, NAN, df / (n_all - 1), n_all)
    between = float(n @ (np.bincount(number, rank) / n - (n_all + 1) / 2) ** 2)
    h = (n_all - 1) * between / spread
    p = float(special.chdtrc(df, h))
    return KruskalWallis(h, df, p, h / (n_all - 1), df / (n_all - 1), n_all)


def _grouped(values: ArrayLike, group: ArrayLike) -> tuple[Values, Sites, Sites]:
    y = np.asarray(values, dtype=float)
    there = ~np.isnan(y)
    _, number, n = np.unique(np.asarray(group)[there], return_inverse=True, return_counts=True)
    return y[there], number, n


def interaction(
    before: ArrayLike, after: ArrayLike, site: ArrayLike, *, seed: int, n_boot: int = 999
) -> Interaction:
    """Test ``wave * site`` against ``wave + site``, both with ``(1 | respondent)``, by maximum likelihood.

    The chi-square distribution of the ratio needs many people: with eight or fewer per site it rejects a true
    null twice as often as it says. ``p_boot`` instead counts how often studies drawn from the model without
    the interaction, with the same people missing, give at least this ratio.

    Parameters
    ----------
    before, after, site
        Score before, score after and site of each respondent, shape (n,); nan is no score.
    seed, n_boot
        Of the bootstrap; ``p_boot`` is never below 1 / (n_boot + 1).

    Returns
    -------
    Interaction
        nan with fewer than two sites, when a site has no pair, or when nothing is left to vary.

    References
    ----------
    Davison, A. C., & Hinkley, D. V. (1997). *Bootstrap Methods and their Application*, section 4.2.3.
    Cambridge University Press.

    Examples
    --------
    >>> before, site = [1, 2, 4, 3, 1, 2, 3, 4], [0, 0, 0, 0, 1, 1, 1, 1]
    >>> found = interaction(before, [2, 3, 4.5, np.nan, 1, 2, 2.5, 4], site, seed=1, n_boot=99)
    >>> round(found.lr, 2), found.df, found.p_boot < 0.05
    (11.71, 1, True)
    """
    x, y = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    there = ~(np.isnan(x) & np.isnan(y))
    x, y = x[there], y[there]
    number = np.unique(np.asarray(site)[there], return_inverse=True)[1]
    waves = two_waves(x, y, number)
    df, n = len(waves.n_pairs) - 1, len(x)
    can = df >= 1 and waves.n_pairs.min() > 0 and waves.change_squares.sum() > 1e-18 * n
    if not can or waves.n_pairs.sum() - df - 1 < 1:
        return Interaction(NAN, max(df, 0), NAN, NAN, n)
    lr = float(_ratio(waves, 1)[0])
    share = float(_lowest(waves, 1, equal=True)[0][0])
    drawn = [_ratio(set_, len(set_.m_before)) for set_ in _studies(x, y, number, share, seed, n_boot)]
    more = float((np.concatenate(drawn) >= lr - 1e-9).sum()) if drawn else NAN
    return Interaction(lr, df, float(special.chdtrc(df, lr)), (more + 1) / (n_boot + 1), n)


def _studies(x: Values, y: Values, number: Sites, share: float, seed: int, n_boot: int) -> Iterator[TwoWaves]:
    """Draw studies without interaction; means and the unit of the scores do not matter to the ratio."""
    rng = np.random.default_rng(seed)
    at_once = max(1, min(n_boot, N_AT_ONCE // (len(x) + 17 * int(number.max() + 1))))
    for first in range(0, n_boot, at_once):
        shape = (min(at_once, n_boot - first), len(x))
        person = math.sqrt(share) * rng.standard_normal(shape)
        first_wave, second_wave = (
            np.where(np.isnan(wave), NAN, person + math.sqrt(1 - share) * rng.standard_normal(shape))
            for wave in (x, y)
        )
        yield two_waves(first_wave, second_wave, number)


def _ratio(waves: TwoWaves, n_sets: int) -> Values:
    """Likelihood ratio of each set of scores."""
    equal, free = (_lowest(waves, n_sets, equal=e)[1] for e in (True, False))
    return np.maximum(equal - free, 0.0)


def _lowest(waves: TwoWaves, n_sets: int, *, equal: bool) -> tuple[Values, Values]:
    """Share of the variance between people at which the model fits best, and its deviance there."""
    share = lowest(lambda grid: _deviance(waves, grid, equal=equal), (n_sets,), n_rounds=6)
    return share, _deviance(waves, share, equal=equal)


def _deviance(waves: TwoWaves, share: Values, *, equal: bool) -> Values:
    """Deviance but for constants, with a change per site, or with an equal one."""
    ratio = share / (1 - share)
    at = normal(waves, ratio[..., None])
    if equal:
        both, half = at.before + 2 * at.cross + at.after, at.cross + at.after
        right = at.right_before + at.right_after
        slope, pull = at.after - half**2 / both, at.right_after - half * right / both
        gap = waves.m_after - waves.m_before
        moved = ((pull + slope * gap).sum(axis=-1) / slope.sum(axis=-1))[..., None] - gap
        left = at.rest - right**2 / both - 2 * pull * moved + slope * moved**2
    else:
        left = at.left_over
    spread = waves.n_pairs.sum() * np.log1p(2 * ratio) + (waves.n_first + waves.n_second).sum() * np.log1p(
        ratio
    )
    return np.asarray(waves.n * np.log(np.maximum(left.sum(axis=-1), 1e-300)) + spread)


def differ(
    scores: pd.DataFrame,
    *,
    before: str,
    after: str,
    sites: Sequence[str],
    scales: Sequence[str],
    unlinked_sites: Sequence[str] = (),
    seed: int,
    n_boot: int = 999,
    n_describe: int = 5,
) -> pd.DataFrame:
    """Test per scale whether the linked sites change differently.

    Parameters
    ----------
    scores
        ``respondent site wave scale score``, one row per respondent, wave and scale; nan is no score.
    unlinked_sites
        Left out, since nobody's change is known there.
    seed, n_boot
        Of the bootstrap; every scale draws the same studies.
    n_describe
        Sites with fewer pairs are left out.

    Returns
    -------
    DataFrame
        Columns ``DIFFER_COLUMNS``, one row per scale. ``n`` counts pairs, ``n_people`` everybody in a wave.
        ``f`` and ``h`` compare the changes of the pairs; ``lr`` uses everybody. ``used`` says which test to
        report, and ``p`` is its p-value: ``f`` when everybody is in both waves, ``boot`` when people are
        missing (``p_chi2`` is too small with fewer than twenty people at a site, and equals ``p_boot`` with
        many). ``note`` holds keys: ``too_few_sites`` (fewer than two; then there is no test),
        ``without_unlinked_sites``, ``without_absent_sites``, ``without_small_sites``.

    Examples
    --------
    >>> people = pd.DataFrame({"respondent": list("abcdefghij") * 2, "scale": "KEN",
    ...     "site": (["es"] * 5 + ["beuk"] * 5) * 2, "wave": ["T0"] * 10 + ["T1"] * 10,
    ...     "score": [2, 3, 3, 2, 4, 2, 4, 3, 5, 1, 3, 4, 3.5, 3, 5, 2, 4.5, 3, 4.5, 1]})
    >>> found = differ(people, before="T0", after="T1", sites=["es", "beuk"], scales=["KEN"], seed=1)
    >>> found[["n", "f", "used"]].round(2).values.tolist()
    [[10, 23.14, 'f']]
    """
    rows = []
    for unit in units(
        scores, waves=[before, after], sites=sites, scales=scales, unlinked_sites=unlinked_sites
    ):
        if unit.site == ALL:
            rows.append({"scale": unit.scale, **_row(unit, n_describe, seed, n_boot)})
    whole = dict.fromkeys(["n_sites", "n", "n_people", "df1", "df2"], "Int64")
    numbers = ["f", "p_f", "h", "p_kw", "eps2", "eps2_null", "lr", "p_chi2", "p_boot", "p"]
    table = pd.DataFrame(rows, columns=DIFFER_COLUMNS)
    return table.astype(whole | dict.fromkeys(numbers, "float64"))


def _row(unit: Unit, n_describe: int, seed: int, n_boot: int) -> dict[str, Any]:
    pair = unit.pairs(0, 1)
    there = ~np.isnan(unit.scores).all(axis=1)
    enough = np.bincount(unit.number[pair], minlength=unit.n_sites) >= n_describe
    kept = there & enough[unit.number] & unit.linked
    notes = [*unit.note, *(["without_small_sites"] if unit.linked and not enough.all() else [])]
    (x, y), site, pair = unit.scores[kept].T, unit.number[kept], pair[kept]
    n_sites = len(np.unique(site))
    row: dict[str, Any] = {"n_sites": n_sites, "n": int(pair.sum()), "n_people": len(x)}
    if n_sites < 2:
        return row | {"note": " ".join(["too_few_sites", *notes])}
    change = np.round(y - x, 10)
    f, h, complete = one_way(change, site), kruskal_wallis(change, site), bool(pair.all())
    model = interaction(x, y, site, seed=seed, n_boot=0 if complete else n_boot)
    row |= {"f": f.f, "df1": f.df1, "df2": f.df2, "p_f": f.p, "h": h.h, "p_kw": h.p, "eps2": h.eps2}
    row |= {"eps2_null": h.eps2_null, "lr": model.lr, "p_chi2": model.p_chi2, "p_boot": model.p_boot}
    row |= {"used": "f", "p": f.p} if complete else {"used": "boot", "p": model.p_boot}
    return row | {"note": " ".join(notes)}
