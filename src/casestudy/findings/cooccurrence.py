"""Which codes stand together: in overlapping segments, in one sentence, one turn or one source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from casestudy.findings.counts import confirmed

Window = Literal["segment", "sentence", "turn", "source"]
MIN_TOGETHER, MIN_SOURCES = 3, 2

Bools = NDArray[np.bool_]
COLUMNS = {
    **dict.fromkeys(["first", "second"], "str"),
    **dict.fromkeys(["n1", "n2", "n12", "n1_with_2", "n2_with_1"], "int64"),
    **dict.fromkeys(["c", "p_second_given_first", "p_first_given_second"], "float64"),
    "n_sources": "int64",
    "enough": "bool",
}


def cooccurrence(
    codings: pd.DataFrame,
    sources: pd.DataFrame,
    *,
    codes: Sequence[str],
    window: Window = "segment",
    units: pd.DataFrame | None = None,
    min_together: int = MIN_TOGETHER,
    min_sources: int = MIN_SOURCES,
) -> pd.DataFrame:
    """Count how often two codes stand together, with how often each stands at all.

    With the window ``segment`` different stretches of text with a code are counted: one of the first code
    counts as together when it shares a character with one of the second. Coders cut long or short, so both
    directions may give another number; ``n12`` is the smaller of the two, in the union as well, and the
    coefficient never exceeds 1. With another window units that hold a code are counted.

    Parameters
    ----------
    codings
        Columns source, start, end, code, kind, status, round; only confirmed codings count.
    sources
        All sources that take part.
    codes
        Codes to compare; the order of the rows.
    window
        What together means: ``segment sentence turn source``.
    units
        For ``sentence`` and ``turn``: one row per unit with source, start, end. Units that
        ``is_interviewer`` marks are no units.
    min_together, min_sources
        From how many times together, in how many sources, a pair is ``enough`` to show to readers.

    Returns
    -------
    pandas.DataFrame
        first second n1 n2 n12 n1_with_2 n2_with_1 c p_second_given_first p_first_given_second n_sources
        enough: every pair that stands together at least once. ``c`` is n12 / (n1 + n2 - n12), Jaccard;
        ``p_second_given_first`` is the share of the first code's segments or units that hold the second.
        Always read the shares and the counts beside ``c``: a rare code that lies wholly inside a frequent one
        has a low ``c``.

    References
    ----------
    Jaccard, P. (1912). The distribution of the flora in the alpine zone. *New Phytologist*, 11, 37-50.

    Examples
    --------
    >>> sources = pd.DataFrame({"source": ["a"]})
    >>> codings = pd.DataFrame({"source": "a", "start": [0, 20, 5], "end": [10, 30, 8],
    ...     "code": ["x", "x", "y"], "kind": "human", "status": "confirmed", "round": "main"})
    >>> pair = cooccurrence(codings, sources, codes=["x", "y"]).iloc[0]
    >>> float(pair["c"]), float(pair["p_second_given_first"]), float(pair["p_first_given_second"])
    (0.5, 0.5, 1.0)
    """
    if window in ("sentence", "turn") and units is None:
        raise ValueError(f"the window `{window}` needs its units")
    order = list(dict.fromkeys(codes))
    place = {code: n for n, code in enumerate(order)}
    evidence = confirmed(codings, sources)
    evidence = evidence.loc[evidence["code"].isin(order), ["source", "start", "end", "code"]]
    size = len(order)
    count, together, n_sources = (
        np.zeros(shape, dtype=np.int64) for shape in (size, (size, size), (size, size))
    )
    for holds, near in _held(evidence.drop_duplicates(), place, window, units):
        count += holds.sum(axis=0)
        here = holds.T.astype(np.int64) @ near.astype(np.int64)
        together += here
        n_sources += here > 0
    return _pairs(order, count, together, n_sources, min_together, min_sources)


def _held(
    segments: pd.DataFrame, place: dict[str, int], window: Window, units: pd.DataFrame | None
) -> Iterator[tuple[Bools, Bools]]:
    """Per source: which code each segment or unit holds, and which codes stand near it; (n, n_codes) both."""
    if units is not None and "is_interviewer" in units:
        units = units.loc[~units["is_interviewer"].astype(bool)]
    by_source = {} if units is None else dict(iter(units.groupby("source")))
    for source, mine in segments.groupby("source", sort=True):
        given = np.zeros((len(mine), len(place)), dtype=bool)
        given[np.arange(len(mine)), mine["code"].map(place).to_numpy(dtype=int)] = True
        if window == "segment":
            yield given, (_overlap(mine, mine).astype(np.int64) @ given) > 0
        elif window == "source":
            whole = np.asarray(given.any(axis=0, keepdims=True))
            yield whole, whole
        elif source in by_source:
            holds = (_overlap(by_source[source], mine).astype(np.int64) @ given) > 0
            yield holds, holds


def _overlap(ones: pd.DataFrame, others: pd.DataFrame) -> Bools:
    """Whether stretches share a character, (n_ones, n_others); half-open, so touching is not sharing."""
    start, end = (ones[column].to_numpy()[:, None] for column in ("start", "end"))
    return np.asarray((start < others["end"].to_numpy()) & (others["start"].to_numpy() < end))


def _pairs(
    order: list[str],
    count: NDArray[np.int64],
    together: NDArray[np.int64],
    n_sources: NDArray[np.int64],
    min_together: int,
    min_sources: int,
) -> pd.DataFrame:
    first, second = np.triu_indices(len(order), k=1)
    both = together[first, second] > 0
    first, second = first[both], second[both]
    there, back = together[first, second], together[second, first]
    n1, n2, n12 = count[first], count[second], np.minimum(there, back)
    reach = n_sources[first, second]
    names = np.array(order, dtype=object)
    values = {
        "first": names[first],
        "second": names[second],
        "n1": n1,
        "n2": n2,
        "n12": n12,
        "n1_with_2": there,
        "n2_with_1": back,
        "c": n12 / (n1 + n2 - n12),
        "p_second_given_first": there / n1,
        "p_first_given_second": back / n2,
        "n_sources": reach,
        "enough": (n12 >= min_together) & (reach >= min_sources),
    }
    return pd.DataFrame(values).astype(COLUMNS)
