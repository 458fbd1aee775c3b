"""Whether new conversations still brought new codes: base, run and threshold, beside random orders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from casestudy.findings.counts import confirmed

ALL = "ALL"
BASE, RUN, THRESHOLD, N_ORDERS = 4, 2, 0.05, 2000

Counts = NDArray[np.int64]
SUMMARY = {
    "site": "str",
    **dict.fromkeys(["n_sources", "n_not_coded", "base", "run"], "int64"),
    "threshold": "float64",
    **dict.fromkeys(["n_codes", "n_codes_base"], "int64"),
    **dict.fromkeys(["state", "reached_at"], "str"),
    "p_not_reached_random": "float64",
    "n_orders": "int64",
}
CURVE = {
    "site": "str",
    "place": "int64",
    "source": "str",
    "date": "str",
    "n_new": "int64",
    "n_cumulative": "int64",
}
WINDOWS = {"site": "str", "after": "int64", "n_new": "int64", "share": "float64"}
ORDERS = {"site": "str", "after": "Int64", "share": "float64"}


@dataclass(frozen=True)
class Saturation:
    """What each new source brought, in the order of dates and in random orders.

    Parameters
    ----------
    summary
        One row per site and one for ``ALL``: site n_sources n_not_coded base run threshold n_codes
        n_codes_base state reached_at p_not_reached_random n_orders. ``state`` is ``reached``,
        ``not_reached`` or ``not_assessable``; ``reached_at`` is ``i+run``, absent when it was not reached.
    curve
        site place source date n_new n_cumulative: codes first seen in each source, in the order of dates.
    windows
        site after n_new share: new codes in the ``run`` sources after the first ``after``, as a share of the
        codes in the base.
    orders
        site after share: in which share of the random orders it was reached after so many sources; an absent
        ``after`` is the share in which it was not reached.
    """

    summary: pd.DataFrame
    curve: pd.DataFrame
    windows: pd.DataFrame
    orders: pd.DataFrame


def saturation(
    codings: pd.DataFrame,
    sources: pd.DataFrame,
    *,
    codes: Sequence[str],
    sites: Sequence[str] | None = None,
    base: int = BASE,
    run: int = RUN,
    threshold: float = THRESHOLD,
    n_orders: int = N_ORDERS,
    seed: int,
    screened: Collection[tuple[str, str]] = (),
) -> Saturation:
    """Tell after how many sources new ones hardly brought new codes, over all sites and per site.

    Meant for codes that grew from the material, inductive or narrative ones; for a frame that was fixed
    beforehand see :func:`frame_coverage`.

    Parameters
    ----------
    codings
        Columns source, code, kind, status, round; only confirmed codings of ``codes`` count.
    sources
        All sources that take part: source, site, date (text that sorts by time). Ties of dates go by id.
    codes
        The codes to follow.
    sites
        Sites to report apart, in this order; without it those of ``sources``.
    base, run, threshold
        Sources in the base; sources per window; largest share of new codes that counts as nothing new.
    n_orders, seed
        How many random orders are drawn, and from where; the same for every site.
    screened
        Pairs of a source and a code that somebody looked for in it. A source without any coding that was
        screened for none of ``codes`` is left out and counted as not coded: nobody has looked, so it says
        nothing about new codes.

    Returns
    -------
    Saturation
        ``not_assessable`` where there are fewer than base + run sources, or no codes in the base.

    References
    ----------
    Guest, G., Namey, E., & Chen, M. (2020). A simple method to assess and report thematic saturation in
    qualitative research. *PLOS ONE*, 15(5), e0232076.

    Examples
    --------
    >>> sources = pd.DataFrame({"source": list("abcd"), "site": "es", "date": "2019-03"})
    >>> codings = pd.DataFrame({"source": list("abbcd"), "code": ["x", "y", "x", "x", "y"], "kind": "human",
    ...     "status": "confirmed", "round": "main"})
    >>> found = saturation(codings, sources, codes=["x", "y"], base=2, run=1, n_orders=50, seed=1)
    >>> found.summary.loc[0, ["state", "reached_at"]].tolist()
    ['reached', '2+1']
    """
    if base < 1 or run < 1 or n_orders < 1:
        raise ValueError("base, run and n_orders must be at least 1")
    evidence = confirmed(codings, sources)
    looked = {source for source, code in screened if code in set(codes)}
    read = sources["source"].isin({*evidence["source"], *looked})
    ordered = sources.loc[read].sort_values(["date", "source"], kind="stable")
    found: list[tuple[pd.DataFrame, ...]] = []
    for site in [ALL, *(sites if sites is not None else dict.fromkeys(sources["site"]))]:
        mine = ordered if site == ALL else ordered[ordered["site"] == site]
        n_all = len(sources) if site == ALL else int((sources["site"] == site).sum())
        present = _presence(evidence, mine["source"], codes)
        about = {"site": site, "n_sources": len(mine), "n_not_coded": n_all - len(mine)}
        rule = {"base": base, "run": run, "threshold": threshold}
        new = new_codes(present)
        curve = mine[["source", "date"]].assign(
            site=site, place=range(1, len(mine) + 1), n_new=new, n_cumulative=new.cumsum()
        )
        after = random_reach(present, base=base, run=run, threshold=threshold, n_orders=n_orders, seed=seed)
        summary = pd.DataFrame([about | rule | _summary(new, after, base, run, threshold)])
        found.append(
            (summary, curve, windows(new, base=base, run=run).assign(site=site), _orders(after, site))
        )
    frames = (pd.concat(parts, ignore_index=True) for parts in zip(*found, strict=True))
    shapes = (SUMMARY, CURVE, WINDOWS, ORDERS)
    return Saturation(*(f[list(s)].astype(s) for f, s in zip(frames, shapes, strict=True)))


def _presence(evidence: pd.DataFrame, order: pd.Series, codes: Sequence[str]) -> NDArray[np.bool_]:
    """Lay out whether each code was given in each source, sources in their order."""
    pairs = pd.MultiIndex.from_frame(evidence[["source", "code"]].astype("object"))
    grid = pd.MultiIndex.from_product([order.astype("object"), list(codes)])
    return np.asarray(grid.isin(pairs)).reshape(len(order), len(codes))


def new_codes(present: NDArray[np.bool_]) -> Counts:
    """Count the codes first seen in each source.

    Parameters
    ----------
    present
        Sources in their order by codes, shape (n_sources, n_codes).

    Examples
    --------
    >>> new_codes(np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]], dtype=bool)).tolist()
    [2, 0, 1]
    """
    seen = np.logical_or.accumulate(present, axis=0) if len(present) else present
    n_seen = seen.sum(axis=1)
    return np.asarray(np.diff(n_seen, prepend=0), dtype=np.int64)


def windows(new: Counts, *, base: int, run: int) -> pd.DataFrame:
    """Share of new codes in every window of ``run`` sources after the base; windows overlap, step 1.

    Parameters
    ----------
    new
        New codes per source, shape (n_sources,).

    Returns
    -------
    pandas.DataFrame
        after (sources before the window), n_new, share of the codes in the base (nan when it holds none).

    Examples
    --------
    >>> new = np.array([9, 5, 4, 3, 2, 1, 1, 0])
    >>> windows(new, base=4, run=2)["share"].round(3).tolist()
    [0.143, 0.095, 0.048]
    """
    in_window = _sums(new[None, :], base, run)[0]
    in_base = int(new[:base].sum())
    share = in_window / in_base if in_base else np.full(len(in_window), np.nan)
    after = np.arange(base, base + len(in_window))
    return pd.DataFrame({"after": after, "n_new": in_window, "share": share})


def _sums(new: Counts, base: int, run: int) -> Counts:
    """Count new codes per row and window, shape (n_rows, n_windows)."""
    total = np.concatenate([np.zeros((len(new), 1), dtype=np.int64), new.cumsum(axis=1)], axis=1)
    return np.asarray(total[:, base + run :] - total[:, base : total.shape[1] - run])


def random_reach(
    present: NDArray[np.bool_], *, base: int, run: int, threshold: float, n_orders: int, seed: int
) -> Counts:
    """After how many sources the threshold is reached when the same sources come in random orders.

    Parameters
    ----------
    present
        Sources by codes, shape (n_sources, n_codes).

    Returns
    -------
    numpy.ndarray
        Shape (n_orders,); 0 where it was not reached, also where the base of an order holds no code.
    """
    n_sources, n_codes = present.shape
    if n_sources < base + run:
        return np.zeros(n_orders, dtype=np.int64)
    generator = np.random.default_rng(seed)
    places = generator.permuted(np.tile(np.arange(n_sources), (n_orders, 1)), axis=1)
    new = np.zeros((n_orders, n_sources), dtype=np.int64)
    each = np.arange(n_orders)
    for code in range(n_codes):
        if present[:, code].any():
            new[each, places[:, present[:, code]].min(axis=1)] += 1
    in_base = new[:, :base].sum(axis=1)
    low = (_sums(new, base, run) <= _bound(in_base, threshold)[:, None]) & (in_base > 0)[:, None]
    return np.where(low.any(axis=1), base + low.argmax(axis=1), 0)


def _bound(in_base: Counts, threshold: float) -> NDArray[np.float64]:
    """Give the most new codes a window may hold; 1 of 20 is 5 %, whatever binary fractions make of it."""
    return np.asarray(in_base * threshold + 1e-9, dtype=np.float64)


def _summary(new: Counts, after: Counts, base: int, run: int, threshold: float) -> dict[str, object]:
    in_base = int(new[:base].sum())
    counted = _sums(new[None, :], base, run)[0]
    assessable = len(counted) > 0 and in_base > 0
    low = np.flatnonzero(counted <= _bound(np.array([in_base]), threshold)) if assessable else np.array([])
    state = "not_assessable" if not assessable else "reached" if len(low) else "not_reached"
    return {
        "n_codes": int(new.sum()),
        "n_codes_base": in_base,
        "state": state,
        "reached_at": f"{base + int(low[0])}+{run}" if len(low) else None,
        "p_not_reached_random": float((after == 0).mean()) if assessable else np.nan,
        "n_orders": len(after),
    }


def _orders(after: Counts, site: str) -> pd.DataFrame:
    reached, n = np.unique(after, return_counts=True)
    frame = pd.DataFrame({"site": site, "after": reached, "share": n / len(after)}).astype({"after": "Int64"})
    return frame.assign(after=frame["after"].mask(frame["after"] == 0))


def frame_coverage(
    codings: pd.DataFrame, sources: pd.DataFrame, *, codes: Sequence[str], sites: Sequence[str] | None = None
) -> pd.DataFrame:
    """Tell how many codes of a frame that was fixed beforehand came up, over all sites and per site.

    New codes cannot appear in such a frame, so there is no saturation to reach.

    Parameters
    ----------
    codings, sources, codes, sites
        As in :func:`saturation`.

    Returns
    -------
    pandas.DataFrame
        site, n_sources, n_codes (in the frame), n_used (given at least once), n_unused.

    Examples
    --------
    >>> sources = pd.DataFrame({"source": ["a", "b"], "site": ["es", "beuk"]})
    >>> codings = pd.DataFrame({"source": ["a"], "code": ["M23"], "kind": "human", "status": "confirmed",
    ...     "round": "main"})
    >>> frame_coverage(codings, sources, codes=["M23", "M22"])["n_used"].tolist()
    [1, 1, 0]
    """
    evidence = confirmed(codings, sources)
    where = evidence["source"].map(sources.set_index("source")["site"])
    names = list(sites) if sites is not None else list(dict.fromkeys(sources["site"]))
    rows = []
    for site in [ALL, *names]:
        mine = evidence if site == ALL else evidence[where == site]
        n_sources = len(sources) if site == ALL else int((sources["site"] == site).sum())
        used = len(set(codes) & set(mine["code"]))
        rows.append((site, n_sources, len(set(codes)), used, len(set(codes)) - used))
    return pd.DataFrame(rows, columns=["site", "n_sources", "n_codes", "n_used", "n_unused"])
