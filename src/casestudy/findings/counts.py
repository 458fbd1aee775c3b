"""How often a code was used, by how many sources, over how much text: counts that never stand alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

Spread = Literal["one", "few", "part", "most", "all"]

EVIDENCE_KINDS = ("human", "import")


def confirmed(codings: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Keep the codings that may reach a result: confirmed by a person, of the main round, of a known source.

    Parameters
    ----------
    codings
        Columns source, kind, status and round at least.
    sources
        One row per source that takes part; a source that is not here (a withdrawn participant's) leaves
        nothing.

    Returns
    -------
    pandas.DataFrame
        The rows of ``codings`` that are evidence, unchanged and in their order. A suggestion of a dictionary
        or a model is not a coding, whatever its status says.

    Examples
    --------
    >>> codings = pd.DataFrame({"source": ["a", "a", "gone"], "kind": ["human", "dictionary", "human"],
    ...     "status": "confirmed", "round": "main"})
    >>> len(confirmed(codings, pd.DataFrame({"source": ["a"]})))
    1
    """
    evidence = (
        (codings["status"] == "confirmed")
        & codings["kind"].isin(EVIDENCE_KINDS)
        & (codings["round"] == "main")
        & codings["source"].isin(sources["source"])
    )
    return codings.loc[evidence.fillna(False).astype(bool)]


def three_counts(
    codings: pd.DataFrame, sources: pd.DataFrame, *, codes: Sequence[str] | None = None
) -> pd.DataFrame:
    """Count segments, sources and covered text per code.

    Parameters
    ----------
    codings
        Columns source, start, end, code, kind, status, round; only :func:`confirmed` rows are counted.
    sources
        All sources that take part, with n_characters (what participants said); a group session is one source.
    codes
        Codes to report, in this order, also when nobody used them. Without it: the codes in use, sorted.

    Returns
    -------
    pandas.DataFrame
        code, n_segments (different stretches of text), n_sources, n_of (all sources), coverage (characters of
        the union of a code's segments, each counted once and at most a source's own length, over all
        participant characters; nan when there are none).

    Examples
    --------
    >>> sources = pd.DataFrame({"source": ["a", "b"], "n_characters": [60, 40]})
    >>> codings = pd.DataFrame({"source": "a", "start": [0, 5], "end": [10, 15], "code": "M23",
    ...     "kind": "human", "status": "confirmed", "round": "main"})
    >>> three_counts(codings, sources).values.tolist()
    [['M23', 2, 1, 2, 0.15]]
    """
    segments = confirmed(codings, sources)[["code", "source", "start", "end"]].drop_duplicates()
    wanted = sorted(segments["code"].unique()) if codes is None else list(codes)
    covered = _covered(segments, sources)
    by_code = segments.groupby("code")
    characters = float(sources["n_characters"].sum())
    share = covered.groupby("code").sum().reindex(wanted, fill_value=0.0).to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "code": pd.Series(wanted, dtype="str"),
            "n_segments": by_code.size().reindex(wanted, fill_value=0).to_numpy(dtype=int),
            "n_sources": by_code["source"].nunique().reindex(wanted, fill_value=0).to_numpy(dtype=int),
            "n_of": int(sources["source"].nunique()),
            "coverage": share / characters if characters > 0 else np.nan,
        }
    )


def _covered(segments: pd.DataFrame, sources: pd.DataFrame) -> pd.Series:
    """Characters in the union of the segments, per code and source."""
    ordered = segments.sort_values(["code", "source", "start", "end"]).reset_index(drop=True)
    start, end = ordered["start"].astype("int64"), ordered["end"].astype("int64")
    groups = [ordered["code"], ordered["source"]]
    reached = end.groupby(groups).cummax().groupby(groups).shift(fill_value=0)
    new = (end - np.maximum(start, reached)).clip(lower=0)
    covered = new.groupby(groups).sum()
    length = sources.set_index("source")["n_characters"].reindex(covered.index.get_level_values("source"))
    return np.minimum(covered, length.to_numpy(dtype=float))


def mention_balance(codings: pd.DataFrame, sources: pd.DataFrame) -> pd.Series:
    """Sum of direction times strength over all segments, per code.

    A warning beside a rating, never a result: one talkative person outweighs everybody else in it. A segment
    that is mixed or neutral adds nothing; a segment without a strength counts as 1.

    Parameters
    ----------
    codings
        Columns source, code, valence, strength, kind, status, round; only :func:`confirmed` rows are counted.
    sources
        The sources that take part.

    Returns
    -------
    pandas.Series
        Balance by code, in points; codes without a valenced segment are absent.

    Examples
    --------
    >>> codings = pd.DataFrame({"source": ["a", "a", "b"], "code": "M23", "valence": ["-", "-", "+"],
    ...     "strength": [2, 2, 1], "kind": "human", "status": "confirmed", "round": "main"})
    >>> mention_balance(codings, pd.DataFrame({"source": ["a", "b"]})).to_dict()
    {'M23': -3}
    """
    evidence = confirmed(codings, sources)
    evidence = evidence.loc[evidence["valence"].isin(["+", "-"])]
    sign = np.where(evidence["valence"] == "+", 1, -1)
    points = evidence["strength"].astype("Int64").fillna(1).astype("int64") * sign
    return points.groupby(evidence["code"], sort=True).sum().rename("balance")


def spread_word(n: int, n_of: int) -> Spread:
    """Key of the word for ``n`` of ``n_of`` sources.

    ``one`` is 1, ``few`` is 2 up to a third, ``part`` a third up to and with two thirds, ``most`` more than
    that, ``all`` all of them. Whether ``all`` may be printed is for the disclosure rules to say.

    Examples
    --------
    >>> [spread_word(n, 6) for n in (1, 2, 4, 5, 6)]
    ['one', 'part', 'part', 'most', 'all']
    >>> spread_word(2, 7)
    'few'
    """
    if not 1 <= n <= n_of:
        raise ValueError(f"a spread needs 1 <= n <= n_of, found n={n} and n_of={n_of}")
    if n == 1:
        return "one"
    if n == n_of:
        return "all"
    if 3 * n < n_of:
        return "few"
    return "part" if 3 * n <= 2 * n_of else "most"
