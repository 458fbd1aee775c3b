"""Change between two waves: of linked people, of unlinked groups, and of everybody who was there before."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from casestudy.findings import attrition
from casestudy.findings.evidence import doubled_midranks, sign_flip, state
from casestudy.findings.multiplicity import holm

ALL = "ALL"
NAN = math.nan
NO_SPREAD = 1e-12
COUNTS = ["n_before", "n_after", "n_pairs", "n_zero"]
CHANGE_COLUMNS = (
    "scale site before after n_before n_after n_pairs m_before sd_before m_after sd_after diff lo hi "
    "lo90 hi90 t df dz g_av r r_rb p p_adj n_zero state method model_diff sesoi note"
).split()

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeanChange:
    """Means of two waves and their difference, in points of the scale; nan where too few people allow it."""

    n_before: int
    n_after: int
    m_before: float = NAN
    sd_before: float = NAN
    m_after: float = NAN
    sd_after: float = NAN
    diff: float = NAN
    lo: float = NAN
    hi: float = NAN
    lo90: float = NAN  # level 2 * confidence - 1, for the equivalence test
    hi90: float = NAN
    t: float = NAN
    df: float = NAN


@dataclass(frozen=True, slots=True)
class PairedChange(MeanChange):
    """Change of the people who are in both waves; means and SDs are theirs, the counts are everybody's."""

    n_pairs: int = 0
    n_zero: int | None = None
    sd_diff: float = NAN
    dz: float = NAN
    g_av: float = NAN
    r: float = NAN
    r_rb: float = NAN
    p_t: float = NAN
    p: float = NAN  # of the sign-flip test


@dataclass(frozen=True, slots=True)
class UnlinkedChange(MeanChange):
    """Difference between two waves whose people cannot be linked; there is no number of pairs to give."""

    g: float = NAN
    p_superior: float = NAN  # probability that somebody after scores above somebody before, ties half
    p: float = NAN


def paired(
    before: pd.Series, after: pd.Series, *, confidence: float = 0.95, n_describe: int = 5, n_test: int = 6
) -> PairedChange:
    """Mean change, in points of the scale, of respondents who have a score in both waves.

    Parameters
    ----------
    before, after
        Score per respondent, indexed by respondent id; nan is no score. The index links the waves.
    n_describe, n_test
        Below ``n_describe`` pairs only the counts are given; below ``n_test`` there is no p-value, because
        the smallest possible one at five pairs is .0625.

    Returns
    -------
    PairedChange
        Means and SDs are those of the pairs; ``n_before`` and ``n_after`` count everybody with a score.
        ``lo``-``hi`` is the t-interval; ``lo90``-``hi90`` has level ``2 * confidence - 1`` and serves the
        equivalence test. ``p`` is that of ``sign_flip``, ``p_t`` that of the t-test. ``g_av`` divides by the
        mean of both SDs. ``t``, ``dz`` and ``p_t`` are nan when everybody changed equally, ``r`` when a wave
        does not vary.

    References
    ----------
    Lakens, D. (2013). Calculating and reporting effect sizes to facilitate cumulative science. *Frontiers in
    Psychology*, 4, 863.

    Examples
    --------
    >>> before = pd.Series([2.8, 3.0, 3.2, 2.5, 3.7, 3.3], index=list("abcdef"))
    >>> after = pd.Series([3.5, 3.3, 3.2, 3.3, 3.8, 4.0], index=list("abcdef"))
    >>> change = paired(before, after)
    >>> change.n_pairs, round(change.diff, 3), change.n_zero
    (6, 0.433, 1)
    """
    first, second = before.dropna(), after.dropna()
    both = pd.concat([first, second], axis=1, join="inner", keys=["before", "after"]).to_numpy(dtype=float)
    limits = _Limits(confidence, n_describe, n_test)
    return _paired(both[:, 0], both[:, 1], len(first), len(second), limits)


class _Limits(NamedTuple):
    confidence: float
    n_describe: int
    n_test: int


def _paired(x: Values, y: Values, n_before: int, n_after: int, limits: _Limits) -> PairedChange:
    n = len(x)
    if n < limits.n_describe:
        return PairedChange(n_before, n_after, n_pairs=n)
    d = np.round(y - x, 10)
    diff, sd = float(d.mean()), _sd(d)
    means = _means(x, y, diff, sd / math.sqrt(n), n - 1, limits)
    flip, tested = sign_flip(d), n >= limits.n_test
    sds = means["sd_before"], means["sd_after"]
    means |= {"n_before": n_before, "n_after": n_after}
    return PairedChange(
        **means,
        n_pairs=n,
        n_zero=flip.n_zero,
        sd_diff=sd,
        dz=_ratio(diff, sd),
        g_av=(1 - 3 / (4 * (n - 1) - 1)) * _ratio(diff, sum(sds) / 2),
        r=float(np.corrcoef(x, y)[0, 1]) if min(sds) > 0 else NAN,
        r_rb=flip.r_rb,
        p_t=_two_sided(means["t"], n - 1) if tested else NAN,
        p=flip.p if tested else NAN,
    )


def _means(x: Values, y: Values, diff: float, se: float, df: float, limits: _Limits) -> dict[str, Any]:
    """Fields of ``MeanChange``; ``special`` because this runs for thousands of cells."""
    wide, narrow = (special.stdtrit(df, q) * se for q in ((1 + limits.confidence) / 2, limits.confidence))
    spread = {"lo": -wide, "hi": wide, "lo90": -narrow, "hi90": narrow}
    return {
        "n_before": len(x),
        "n_after": len(y),
        "m_before": float(x.mean()),
        "sd_before": _sd(x),
        "m_after": float(y.mean()),
        "sd_after": _sd(y),
        "diff": diff,
        **{name: float(diff + half) for name, half in spread.items()},
        "t": _ratio(diff, se),
        "df": float(df),
    }


def _two_sided(t: float, df: float) -> float:
    return float(2 * special.stdtr(df, -abs(t)))


def _sd(values: Values) -> float:
    sd = float(values.std(ddof=1))
    return sd if sd > NO_SPREAD else 0.0


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else NAN


def unlinked(
    before: pd.Series, after: pd.Series, *, confidence: float = 0.95, n_describe: int = 5, n_test: int = 6
) -> UnlinkedChange:
    """Difference between the means of two waves whose people cannot be linked; nothing is said of a person.

    Parameters
    ----------
    before, after
        Scores of each wave; nan is no score and the index is not used.
    n_describe, n_test
        Fewest scores in each wave to describe the difference and to test it.

    Returns
    -------
    UnlinkedChange
        Welch's interval, degrees of freedom and p. ``g`` divides by the pooled SD and is corrected for small
        samples; nan, like ``t`` and ``p``, when nothing varies.

    References
    ----------
    Welch, B. L. (1947). The generalization of 'Student's' problem when several different population variances
    are involved. *Biometrika*, 34, 28-35. Hedges, L. V. (1981). Distribution theory for Glass's estimator of
    effect size. *Journal of Educational Statistics*, 6, 107-128.

    Examples
    --------
    >>> change = unlinked(pd.Series([2.8, 3.0, 3.2, 2.5, 3.7]), pd.Series([3.5, 3.3, 3.2, 3.3, 3.8, 4.0]))
    >>> round(change.diff, 3), round(change.p_superior, 3)
    (0.477, 0.85)
    """
    x, y = (wave.dropna().to_numpy(dtype=float) for wave in (before, after))
    return _unlinked(x, y, _Limits(confidence, n_describe, n_test))


def _unlinked(x: Values, y: Values, limits: _Limits) -> UnlinkedChange:
    n, m = len(x), len(y)
    if min(n, m) < limits.n_describe:
        return UnlinkedChange(n, m)
    var_x, var_y, diff = _sd(x) ** 2, _sd(y) ** 2, float(y.mean() - x.mean())
    a, b = var_x / n, var_y / m
    df = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1)) if a + b else n + m - 2
    means = _means(x, y, diff, math.sqrt(a + b), df, limits)
    ranks = doubled_midranks(np.round(np.concatenate([x, y]), 10))
    above = ranks[n:].sum() / 2 - m * (m + 1) / 2
    pooled = math.sqrt(((n - 1) * var_x + (m - 1) * var_y) / (n + m - 2))
    return UnlinkedChange(
        **means,
        g=(1 - 3 / (4 * (n + m) - 9)) * _ratio(diff, pooled),
        p_superior=float(above / (n * m)),
        p=_two_sided(means["t"], df) if min(n, m) >= limits.n_test else NAN,
    )


class _Rules(NamedTuple):
    """What decides how one cell is told; the smallest change of interest is in SDs of the scores before."""

    limits: _Limits
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
    sesoi_site_sd: float = 0.5,
    sesoi_all_sd: float = 0.3,
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

    Returns
    -------
    DataFrame
        Columns ``CHANGE_COLUMNS``, unrounded, one row per scale for ``ALL`` and for each site. ``method`` is
        ``paired``, ``welch`` (``n_pairs`` is then absent, and ``r_rb`` is 2 P(after > before) - 1) or
        ``none``. ``state`` is that of the function ``state``, ``too_few`` below ``n_describe`` (only counts
        are given), or ``absent`` when a wave has no score. ``ALL`` pools the linked sites with both waves, or
        the unlinked ones if no other site has both. ``p`` is exact or Welch's; ``p_adj`` is Holm's over the
        ``ALL`` rows and nan for sites, which are exploratory. ``model_diff`` is the change predicted for
        everybody who was there before. ``sesoi`` is a share of the SD of everybody before, so that leavers do
        not shrink it. ``note`` holds keys, separated by spaces: ``wave_missing``, ``not_tested``,
        ``without_unlinked_sites``, ``without_absent_sites``.

    Examples
    --------
    >>> scores = pd.DataFrame({"respondent": list("abcdef") * 2, "site": "es", "scale": "KEN",
    ...     "wave": ["T0"] * 6 + ["T1"] * 6, "score": [2, 3, 3, 2, 4, 3, 3, 4, 3, 3, 4, 4]})
    >>> table = change_table(scores, before="T0", after="T1", sites=["es"])
    >>> table[["site", "n_pairs", "state", "method"]].values.tolist()
    [['ALL', 6, 'up', 'paired'], ['es', 6, 'up', 'paired']]
    """
    wanted = list(dict.fromkeys(scores["scale"])) if scales is None else list(scales)
    rules = _Rules(_Limits(confidence, n_describe, n_test), sesoi_site_sd, sesoi_all_sd)
    cells = _cells(scores, (before, after), wanted, list(sites), set(unlinked_sites))
    rows = [
        {"scale": c.scale, "site": c.site, "before": before, "after": after, **_told(c, rules)} for c in cells
    ]
    table = pd.DataFrame(rows, columns=CHANGE_COLUMNS)
    pooled = table["site"] == ALL
    table.loc[pooled, "p_adj"] = holm(table.loc[pooled, "p"])
    numbers = [c for c in CHANGE_COLUMNS[4:] if c not in {*COUNTS, "state", "method", "note"}]
    return table.astype(dict.fromkeys(COUNTS, "Int64") | dict.fromkeys(numbers, "float64"))


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


def _told(cell: _Cell, rules: _Rules) -> dict[str, object]:
    """Every column of a row but its keys and ``p_adj``."""
    x, y = cell.x[~np.isnan(cell.x)], cell.y[~np.isnan(cell.y)]
    limits = rules.limits
    row: dict[str, object] = {"note": " ".join(cell.left_out)}
    if not cell.has_both:
        absent = {"n_before": len(x), "n_after": len(y), "n_pairs": 0 if cell.linked else None}
        return {**absent, "state": "absent", "method": "none", "note": "wave_missing"}
    found: PairedChange | UnlinkedChange
    if cell.linked:
        pairs = ~np.isnan(cell.x) & ~np.isnan(cell.y)
        found = _paired(cell.x[pairs], cell.y[pairs], len(x), len(y), limits)
        row |= {"method": "paired", **asdict(found)}
        n = found.n_pairs
    else:
        found = _unlinked(x, y, limits)
        row |= {"method": "welch", **asdict(found), "r_rb": 2 * found.p_superior - 1}
        n = min(len(x), len(y))
    if n < limits.n_describe:
        return row | {"state": "too_few"}
    if n < limits.n_test:
        row["note"] = " ".join([*cell.left_out, "not_tested"])
    if cell.linked and n >= limits.n_test:
        everyone = ~np.isnan(cell.x)
        row["model_diff"] = attrition.predict(
            cell.x[everyone], cell.y[everyone], cell.group[everyone], limits.confidence
        ).diff
    sesoi = _sd(x) * (rules.sesoi_all_sd if cell.site == ALL else rules.sesoi_site_sd)
    verdict = state(found.lo, found.hi, found.lo90, found.hi90, sesoi)
    return row | {"sesoi": sesoi, "state": verdict}
