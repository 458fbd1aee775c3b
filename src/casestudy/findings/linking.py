"""Linking the waves of an anonymous survey by self-generated codes, only where one pair is beyond doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PAIR_COLUMNS = ["site", "first", "second", "n_equal", "method"]
COUNT_COLUMNS = [
    "site",
    "n_first",
    "n_second",
    "n_exact",
    "n_fuzzy",
    "n_ambiguous",
    "share_linked",
]


@dataclass(frozen=True, slots=True)
class _Compared:
    """All records of one site in two waves, compared element by element."""

    site: object
    first: pd.DataFrame
    second: pd.DataFrame
    equal: NDArray[np.int_]  # (n_first, n_second): elements that are given and equal
    conflict: NDArray[np.bool_]  # (n_first, n_second): a fixed covariate differs


def link(
    first: pd.DataFrame, second: pd.DataFrame, *, min_equal: int = 5, fixed: Sequence[str] = ()
) -> pd.DataFrame:
    """Pair records of two waves whose self-generated codes agree, within a site.

    Two records are linked when each is the other's single best match and at least ``min_equal`` elements are
    equal. A tie on either side leaves all of them unlinked, and so does a difference on a fixed covariate:
    a wrong pair does more harm than a missing one.

    Parameters
    ----------
    first, second
        One row per record: ``code`` (its id in that wave), ``site`` when there are several, the columns named
        in ``fixed``, and one column per element of the self-generated code (all others). Elements are
        compared as text without regard to case; an element that is not given equals nothing.
    min_equal
        Fewest equal elements. Of six, five: with four, false pairs come by chance (about ten in a site of
        150).
    fixed
        Covariates that cannot change between the waves, such as the role class; unknown conflicts with
        nothing.

    Returns
    -------
    DataFrame
        ``site first second n_equal method`` with one row per pair; ``method`` is ``sgic_exact`` when every
        element is equal, else ``sgic_fuzzy``.

    References
    ----------
    Yurek, L. A., Vasey, J., & Sullivan Havens, D. (2008). The use of self-generated identification codes in
    longitudinal research. *Evaluation Review*, 32(5), 435-452.

    Examples
    --------
    >>> first = pd.DataFrame({"code": ["a", "b"], "m": ["A", "B"], "d": ["01", "02"], "s": ["x", "y"]})
    >>> second = pd.DataFrame({"code": ["p", "q"], "m": ["B", "A"], "d": ["02", "01"], "s": ["y", "z"]})
    >>> link(first, second, min_equal=2)[["first", "second", "method"]].values.tolist()
    [['a', 'q', 'sgic_fuzzy'], ['b', 'p', 'sgic_exact']]
    """
    n_elements = len(_elements(first, fixed))
    rows = []
    for compared in _compare(first, second, fixed):
        for i, j in _mutual_best(compared.equal, min_equal):
            if not compared.conflict[i, j]:
                n_equal = int(compared.equal[i, j])
                method = "sgic_exact" if n_equal == n_elements else "sgic_fuzzy"
                codes = compared.first["code"].iloc[i], compared.second["code"].iloc[j]
                rows.append((compared.site, *codes, n_equal, method))
    return pd.DataFrame(rows, columns=PAIR_COLUMNS).sort_values(["site", "first"], ignore_index=True)


def link_counts(
    first: pd.DataFrame, second: pd.DataFrame, *, min_equal: int = 5, fixed: Sequence[str] = ()
) -> pd.DataFrame:
    """How many records could be linked, per site; arguments as in ``link``.

    Returns
    -------
    DataFrame
        ``site n_first n_second n_exact n_fuzzy n_ambiguous share_linked``. ``n_ambiguous`` counts records of
        the first wave that had a candidate with enough equal elements and still stay unlinked;
        ``share_linked`` is the linked share of the second wave, nan when nobody took part in it.
    """
    pairs = link(first, second, min_equal=min_equal, fixed=fixed)
    rows = []
    for compared in _compare(first, second, fixed):
        method = pairs.loc[pairs["site"] == compared.site, "method"]
        candidates = int((compared.equal >= min_equal).any(axis=1).sum())
        n_first, n_second = compared.equal.shape
        exact, fuzzy = int((method == "sgic_exact").sum()), int((method == "sgic_fuzzy").sum())
        share = len(method) / n_second if n_second else float("nan")
        rows.append((compared.site, n_first, n_second, exact, fuzzy, candidates - len(method), share))
    return pd.DataFrame(rows, columns=COUNT_COLUMNS)


def _elements(frame: pd.DataFrame, fixed: Sequence[str]) -> list[str]:
    return [column for column in frame.columns if column not in {"code", "site", *fixed}]


def _compare(first: pd.DataFrame, second: pd.DataFrame, fixed: Sequence[str]) -> list[_Compared]:
    elements = _elements(first, fixed)
    alone = "" if "site" not in first.columns else None
    sides = [frame.assign(site=alone) if alone is not None else frame for frame in (first, second)]
    found = []
    for site in sorted(set(sides[0]["site"]) | set(sides[1]["site"])):
        here, there = (side[side["site"] == site] for side in sides)
        equal, _ = _agreement(here, there, elements)
        _, conflict = _agreement(here, there, list(fixed))
        found.append(_Compared(site, here, there, equal, conflict > 0))
    return found


def _agreement(
    here: pd.DataFrame, there: pd.DataFrame, columns: list[str]
) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Per pair of records: in how many columns both are given and equal, and given and different."""
    equal = np.zeros((len(here), len(there)), dtype=int)
    different = equal.copy()
    for column in columns:
        left, right = _as_text(here[column])[:, None], _as_text(there[column])[None, :]
        given = (left != "") & (right != "")
        equal += given & (left == right)
        different += given & (left != right)
    return equal, different


def _as_text(column: pd.Series) -> NDArray[np.str_]:
    """Text of each value, empty when not given; 3.0 is 3, because a column with a gap is read as numbers."""
    whole = [int(v) if isinstance(v, float) and v.is_integer() else v for v in column]
    return np.array(["" if pd.isna(v) else str(v).strip().casefold() for v in whole], dtype=str)


def _mutual_best(equal: NDArray[np.int_], min_equal: int) -> list[tuple[int, int]]:
    """Positions that are the single highest of their row and of their column, and high enough."""
    if equal.size == 0:
        return []
    best_of_row = equal == equal.max(axis=1, keepdims=True)
    best_of_column = equal == equal.max(axis=0, keepdims=True)
    single = (best_of_row.sum(axis=1) == 1)[:, None] & (best_of_column.sum(axis=0) == 1)[None, :]
    found = best_of_row & best_of_column & single & (equal >= min_equal)
    return [(int(i), int(j)) for i, j in np.argwhere(found)]
