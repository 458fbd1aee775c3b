"""What was asked, what came up and what did not: three kinds of silence that never become one zero."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from casestudy.findings.counts import confirmed, three_counts

By = Literal["site", "role"]
ALL = "ALL"
UNKNOWN = "unknown"

STATES = ("mentioned", "asked_not_mentioned", "not_asked", "not_coded")
SOURCE_COLUMNS = {
    **dict.fromkeys(["source", "site", "role", "code", "state"], "str"),
    **dict.fromkeys(["asked", "unprompted", "directed"], "bool"),
}
GROUP_COLUMNS = [
    *["n_sources", "n_asked", "n_mentioned", "n_mentioned_asked", "n_unprompted", "n_directed"],
    *["n_asked_not_mentioned", "n_not_asked", "n_not_coded"],
]


def mentions(
    codings: pd.DataFrame,
    sources: pd.DataFrame,
    asked: pd.DataFrame,
    *,
    codes: Sequence[str],
    screened: Collection[tuple[str, str]] = (),
) -> pd.DataFrame:
    """Tell for every source and code whether it came up, was asked in vain, or was not asked at all.

    Parameters
    ----------
    codings
        Columns source, code, valence, kind, status, round; only confirmed codings count.
    sources
        All sources that take part: source, site, role (absent where nobody is named).
    asked
        Columns source, code, asked: whether the source's guide asks about the code.
    codes
        The codes to report, in this order.
    screened
        Pairs of a source and a code that somebody looked for in it. A source without any coding, and not
        screened for the code, is ``not_coded``: that nothing was found in it says nothing yet.

    Returns
    -------
    pandas.DataFrame
        source site role code state asked unprompted directed, a row per source and code. ``state`` is
        ``mentioned asked_not_mentioned not_asked not_coded``; ``unprompted`` is mentioned though not asked;
        ``directed`` is mentioned as a help or a hindrance at least once, not only neutrally.

    Examples
    --------
    >>> sources = pd.DataFrame({"source": ["a", "b"], "site": "es", "role": "professional"})
    >>> codings = pd.DataFrame({"source": ["a", "b"], "code": ["M23", "M01"], "valence": ["-", None],
    ...     "kind": "human", "status": "confirmed", "round": "main"})
    >>> asked = pd.DataFrame({"source": ["b"], "code": ["M23"], "asked": [True]})
    >>> found = mentions(codings, sources, asked, codes=["M23", "M22"])
    >>> found["state"].tolist(), found["unprompted"].tolist()
    (['mentioned', 'not_asked', 'asked_not_mentioned', 'not_asked'], [True, False, False, False])
    """
    evidence = confirmed(codings, sources)
    about = sources[["source", "site", "role"]].drop_duplicates("source")
    frame = about.merge(pd.DataFrame({"code": pd.Series(list(codes), dtype="str")}), how="cross")
    cell = pd.MultiIndex.from_frame(frame[["source", "code"]].astype("object"))
    came_up = cell.isin(_cells(evidence))
    was_asked = cell.isin(_cells(asked.loc[asked["asked"].fillna(False).astype(bool)]))
    directed = cell.isin(_cells(evidence.loc[evidence["valence"].isin(["+", "-", "x"])]))
    pairs = pd.MultiIndex.from_tuples(list(screened), names=["source", "code"]) if screened else cell[:0]
    read = frame["source"].isin(evidence["source"]).to_numpy() | cell.isin(pairs)
    state = np.select(
        [came_up, ~read, was_asked], ["mentioned", "not_coded", "asked_not_mentioned"], "not_asked"
    )
    frame = frame.assign(
        role=frame["role"].fillna(UNKNOWN),
        state=state,
        asked=was_asked,
        unprompted=came_up & ~was_asked,
        directed=directed,
    )
    return frame[list(SOURCE_COLUMNS)].astype(SOURCE_COLUMNS)


def _cells(frame: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(frame[["source", "code"]].astype("object"))


def mention_counts(mentioned: pd.DataFrame, *, by: Sequence[By] = ("site",)) -> pd.DataFrame:
    """Count sources per group and code, with the sources that were asked as the denominator.

    Parameters
    ----------
    mentioned
        What :func:`mentions` gave.
    by
        Groups: ``site``, ``role`` or both; empty for all sources together.

    Returns
    -------
    pandas.DataFrame
        The columns of ``by``, code, state, n_sources, n_asked, n_mentioned, n_mentioned_asked (of n_asked),
        n_unprompted (mentioned though not asked), n_directed, n_asked_not_mentioned, n_not_asked,
        n_not_coded. A source that was asked and that nobody has coded yet is in no denominator. ``state`` of
        a group: the first of ``mentioned asked_not_mentioned not_asked not_coded`` that holds for a source.
        n_mentioned, n_asked_not_mentioned, n_not_asked and n_not_coded add up to n_sources.

    Examples
    --------
    >>> found = pd.DataFrame({"source": ["a", "b", "c"], "site": "es", "role": "lead", "code": "M23",
    ...     "state": ["mentioned", "asked_not_mentioned", "not_asked"], "asked": [True, True, False],
    ...     "unprompted": False, "directed": [True, False, False]})
    >>> mention_counts(found)[["state", "n_mentioned_asked", "n_asked", "n_sources"]].values.tolist()
    [['mentioned', 1, 2, 3]]
    """
    is_state = {state: mentioned["state"] == state for state in STATES}
    counted = mentioned["asked"] & ~is_state["not_coded"]
    flags = pd.DataFrame(
        {
            "n_sources": True,
            "n_asked": counted,
            "n_mentioned": is_state["mentioned"],
            "n_mentioned_asked": is_state["mentioned"] & mentioned["asked"],
            "n_unprompted": mentioned["unprompted"],
            "n_directed": mentioned["directed"],
            "n_asked_not_mentioned": is_state["asked_not_mentioned"],
            "n_not_asked": is_state["not_asked"],
            "n_not_coded": is_state["not_coded"],
        },
        index=mentioned.index,
    ).astype("int64")
    keys = [*by, "code"]
    sums = flags.groupby([mentioned[key] for key in keys], sort=False).sum().reset_index()
    names = ["n_mentioned", "n_asked_not_mentioned", "n_not_asked"]
    state = np.select([sums[name] > 0 for name in names], STATES[:3], STATES[3])
    sums.insert(len(keys), "state", pd.Series(state, index=sums.index, dtype="str"))
    return sums[[*keys, "state", *GROUP_COLUMNS]]


def counts_by(
    codings: pd.DataFrame, sources: pd.DataFrame, *, codes: Sequence[str], by: By = "site"
) -> pd.DataFrame:
    """Count segments, sources and covered text per code, for all sources and per group.

    Parameters
    ----------
    codings, sources, codes
        As in :func:`counts.three_counts`.
    by
        ``site`` or ``role``.

    Returns
    -------
    pandas.DataFrame
        The column of ``by`` (``ALL`` first), code, n_segments, n_sources, n_of, coverage.

    Examples
    --------
    >>> sources = pd.DataFrame({"source": ["a", "b"], "site": ["es", "beuk"], "n_characters": [60, 40]})
    >>> codings = pd.DataFrame({"source": "a", "start": [0], "end": [15], "code": "M23", "kind": "human",
    ...     "status": "confirmed", "round": "main"})
    >>> counts_by(codings, sources, codes=["M23"])[["site", "n_sources", "coverage"]].values.tolist()
    [['ALL', 1, 0.15], ['es', 1, 0.25], ['beuk', 0, 0.0]]
    """
    group = sources[by].fillna(UNKNOWN)
    frames = [three_counts(codings, sources, codes=codes).assign(**{by: ALL})]
    for name in dict.fromkeys(group):
        mine = three_counts(codings, sources[group == name], codes=codes)
        frames.append(mine.assign(**{by: name}))
    counted = pd.concat(frames, ignore_index=True)
    return counted[[by, *(column for column in counted.columns if column != by)]]


def quote_matrix(
    codings: pd.DataFrame,
    sources: pd.DataFrame,
    words: Mapping[str, str],
    *,
    codes: Sequence[str],
    by: By = "site",
) -> pd.DataFrame:
    """Lay coded words side by side: for every code and group its segments, in the order of the text.

    For researchers only; what a reader may see are released quotes.

    Parameters
    ----------
    codings
        Columns coding, source, start, end, code, valence, kind, status, round; only confirmed codings.
    sources
        All sources that take part: source, site, role.
    words
        The text of each coding.
    codes
        Codes, in this order.
    by
        ``site`` or ``role``.

    Returns
    -------
    pandas.DataFrame
        code, the column of ``by``, source, coding, valence, quote.

    Examples
    --------
    >>> sources = pd.DataFrame({"source": ["a"], "site": ["es"], "role": ["lead"]})
    >>> codings = pd.DataFrame({"coding": ["c1"], "source": ["a"], "start": [0], "end": [9], "code": "M23",
    ...     "valence": "-", "kind": "human", "status": "confirmed", "round": "main"})
    >>> quote_matrix(codings, sources, {"c1": "geen tijd"}, codes=["M23"])["quote"].tolist()
    ['geen tijd']
    """
    evidence = confirmed(codings, sources)
    evidence = evidence.loc[evidence["code"].isin(list(codes))]
    about = sources.drop_duplicates("source").set_index("source")[by].fillna(UNKNOWN)
    groups = {name: n for n, name in enumerate(dict.fromkeys(about))}
    order = {code: n for n, code in enumerate(codes)}
    frame = evidence.assign(
        **{by: evidence["source"].map(about)}, quote=[words.get(coding, "") for coding in evidence["coding"]]
    )
    place = {"_code": frame["code"].map(order), "_group": frame[by].map(groups)}
    keys = ["_code", "_group", "source", "start", "end", "coding"]
    ordered = frame.assign(**place).sort_values(keys, kind="stable")
    return ordered[["code", by, "source", "coding", "valence", "quote"]].reset_index(drop=True)
