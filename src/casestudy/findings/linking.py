"""Linking the waves of an anonymous survey by self-generated codes, only where one pair is beyond doubt."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PAIR_COLUMNS = ["site", "first", "second", "n_equal", "method"]
COUNT_COLUMNS = "site n_first n_second n_exact n_fuzzy n_ambiguous share_linked".split()
PERSON_COLUMNS = ["site", "first", "second", "first_wave", "second_wave", "method"]
WAVE_COUNT_COLUMNS = ["first_wave", "second_wave", *COUNT_COLUMNS]
EXACT, FUZZY = "sgic_exact", "sgic_fuzzy"

Numbers = NDArray[np.int_]
Node = tuple[str, object]  # a wave and the id of a record in it


@dataclass(frozen=True, slots=True)
class _Compared:
    """All records of one site in two waves, compared element by element."""

    site: object
    first: pd.DataFrame
    second: pd.DataFrame
    equal: NDArray[np.int8]  # (n_first, n_second): elements that are given and equal
    conflict: NDArray[np.bool_]  # (n_first, n_second): a fixed covariate differs


class _Person(NamedTuple):
    """Somebody with records in two waves or more, in the order of the waves, and the pairs behind that."""

    site: object
    records: list[Node]
    pairs: dict[tuple[Node, Node], str]  # how two records of theirs were matched


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
        compared as text without regard to case, to how a letter with an accent is stored, or to zeros before
        a number; an element that is not given equals nothing.
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
    compared = _compare(first, second, fixed)
    return _pairs(compared, len(_elements(first, fixed)), min_equal)


def _pairs(compared: list[_Compared], n_elements: int, min_equal: int) -> pd.DataFrame:
    rows = []
    for one in compared:
        codes = one.first["code"].to_numpy(), one.second["code"].to_numpy()
        for i, j in _mutual_best(one.equal, min_equal):
            if not one.conflict[i, j]:
                n_equal = int(one.equal[i, j])
                method = EXACT if n_equal == n_elements else FUZZY
                rows.append((one.site, codes[0][i], codes[1][j], n_equal, method))
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
    compared = _compare(first, second, fixed)
    return _counted(compared, _pairs(compared, len(_elements(first, fixed)), min_equal), min_equal)


def _counted(compared: list[_Compared], pairs: pd.DataFrame, min_equal: int) -> pd.DataFrame:
    methods = pairs.groupby("site")["method"].value_counts().to_dict()
    linked = pairs.groupby("site")["first"].agg(set).to_dict()
    rows = []
    for one in compared:
        n_first, n_second = one.equal.shape
        exact, fuzzy = (int(methods.get((one.site, method), 0)) for method in (EXACT, FUZZY))
        candidate = (one.equal >= min_equal).any(axis=1)
        alone = ~one.first["code"].isin(linked.get(one.site, set())).to_numpy()
        share = (exact + fuzzy) / n_second if n_second else float("nan")
        rows.append((one.site, n_first, n_second, exact, fuzzy, int((candidate & alone).sum()), share))
    return pd.DataFrame(rows, columns=COUNT_COLUMNS)


def link_waves(
    waves: Mapping[str, pd.DataFrame], *, min_equal: int = 5, fixed: Sequence[str] = ()
) -> pd.DataFrame:
    """Link the records of one person over all waves, also of somebody who was absent in the first.

    Every two waves are linked by ``link``. Records that hang together through these pairs are one person when
    there is at most one of them in each wave and they agree on the fixed covariates; else none of them is
    linked.

    Parameters
    ----------
    waves
        Records per wave, in the order of the waves, as ``link`` takes them.
    min_equal, fixed
        As in ``link``.

    Returns
    -------
    DataFrame
        ``site first second first_wave second_wave method``: a row for each later record of a person.
        ``first`` is that person's earliest record, and no ``second`` is a ``first``. ``method`` is
        ``sgic_exact`` when every pair behind the person is.

    Examples
    --------
    >>> waves = {wave: pd.DataFrame({"code": [f"1@{wave}", f"2@{wave}"], "m": ["A", "B"], "d": ["1", "2"]})
    ...          for wave in ("T0", "T1", "T2")}
    >>> waves["T0"] = waves["T0"].iloc[:1]
    >>> link_waves(waves, min_equal=2)[["first", "second"]].values.tolist()
    [['1@T0', '1@T1'], ['1@T0', '1@T2'], ['2@T1', '2@T2']]
    """
    rows = []
    for one in _persons(waves, min_equal, fixed):
        (wave, record), *later = one.records
        method = EXACT if set(one.pairs.values()) == {EXACT} else FUZZY
        rows += [(one.site, record, other, wave, other_wave, method) for other_wave, other in later]
    return pd.DataFrame(rows, columns=PERSON_COLUMNS).sort_values(
        ["site", "first_wave", "first", "second_wave"], key=_by_wave(waves), ignore_index=True
    )


def wave_link_counts(
    waves: Mapping[str, pd.DataFrame], *, min_equal: int = 5, fixed: Sequence[str] = ()
) -> pd.DataFrame:
    """How many records ``link_waves`` could link, per pair of waves and site; arguments as there.

    Returns
    -------
    DataFrame
        ``first_wave second_wave`` and the columns of ``link_counts``. Two records that are linked only
        through a third wave count as fuzzy.
    """
    persons = list(_persons(waves, min_equal, fixed))
    parts = [pd.DataFrame(columns=WAVE_COUNT_COLUMNS)]
    for first, second in combinations(waves, 2):
        rows = []
        for one in persons:
            record = dict(one.records)
            if first in record and second in record:
                method = one.pairs.get(((first, record[first]), (second, record[second])), FUZZY)
                rows.append((one.site, record[first], record[second], 0, method))
        pairs = pd.DataFrame(rows, columns=PAIR_COLUMNS)
        counted = _counted(_compare(waves[first], waves[second], fixed), pairs, min_equal)
        parts.append(counted.assign(first_wave=first, second_wave=second))
    return pd.concat(parts[1:] or parts, ignore_index=True)[WAVE_COUNT_COLUMNS]


def _persons(waves: Mapping[str, pd.DataFrame], min_equal: int, fixed: Sequence[str]) -> Iterator[_Person]:
    group: dict[Node, set[Node]] = {}
    pairs: dict[tuple[Node, Node], str] = {}
    site_of: dict[Node, object] = {}
    for first, second in combinations(waves, 2):
        found = link(waves[first], waves[second], min_equal=min_equal, fixed=fixed)
        for pair in found.itertuples(index=False):
            ends = (first, pair.first), (second, pair.second)
            joined = set(ends).union(*(group.get(node, ()) for node in ends))
            group |= dict.fromkeys(joined, joined)
            site_of |= dict.fromkeys(ends, pair.site)
            pairs[ends] = pair.method
    order = {wave: number for number, wave in enumerate(waves)}
    traits = _traits(waves, fixed)
    for joined in {id(nodes): nodes for nodes in group.values()}.values():
        records = sorted(joined, key=lambda node: order[node[0]])
        if len({wave for wave, _ in records}) == len(records) and _agrees(records, traits):
            own = {ends: pairs[ends] for ends in combinations(records, 2) if ends in pairs}
            yield _Person(site_of[records[0]], records, own)


def _traits(waves: Mapping[str, pd.DataFrame], fixed: Sequence[str]) -> dict[Node, tuple[str, ...]]:
    """Give the fixed covariates of every record as text; empty is unknown."""
    found: dict[Node, tuple[str, ...]] = {}
    for wave, frame in waves.items():
        columns = [_as_text(frame[column]) for column in fixed]
        for number, code in enumerate(frame["code"]):
            found[wave, code] = tuple(str(column[number]) for column in columns)
    return found


def _agrees(person: list[Node], traits: Mapping[Node, tuple[str, ...]]) -> bool:
    return all(
        len(set(values) - {""}) <= 1 for values in zip(*(traits[node] for node in person), strict=True)
    )


def _by_wave(waves: Mapping[str, pd.DataFrame]) -> Callable[[pd.Series], pd.Series]:
    """Sort waves as they come and not by their names."""
    order = {wave: number for number, wave in enumerate(waves)}
    return lambda column: column.map(order) if str(column.name).endswith("_wave") else column


def _elements(frame: pd.DataFrame, fixed: Sequence[str]) -> list[str]:
    return [column for column in frame.columns if column not in {"code", "site", *fixed}]


def _compare(first: pd.DataFrame, second: pd.DataFrame, fixed: Sequence[str]) -> list[_Compared]:
    elements = _elements(first, fixed)
    sides = [frame if "site" in frame.columns else frame.assign(site="") for frame in (first, second)]
    # Texts become numbers once, for all sites: hundreds of sites compare tens of millions of pairs.
    numbers = {column: _numbered(*(side[column] for side in sides)) for column in (*elements, *fixed)}
    at = [side.reset_index(drop=True).groupby("site", observed=True).indices for side in sides]
    nobody = np.array([], dtype=int)
    found = []
    for site in sorted(set(at[0]) | set(at[1])):
        here, there = (rows.get(site, nobody) for rows in at)
        equal, _ = _agreement([(numbers[c][0][here], numbers[c][1][there]) for c in elements], here, there)
        _, different = _agreement([(numbers[c][0][here], numbers[c][1][there]) for c in fixed], here, there)
        found.append(_Compared(site, sides[0].iloc[here], sides[1].iloc[there], equal, different > 0))
    return found


def _agreement(
    columns: Sequence[tuple[Numbers, Numbers]], here: Numbers, there: Numbers
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Per pair of records: in how many columns both are given and equal, and given and different."""
    equal = np.zeros((len(here), len(there)), dtype=np.int8)
    different = equal.copy()
    for left, right in columns:
        given = (left > 0)[:, None] & (right > 0)[None, :]
        same = left[:, None] == right[None, :]
        equal += given & same
        different += given & ~same
    return equal, different


def _numbered(left: pd.Series, right: pd.Series) -> tuple[Numbers, Numbers]:
    """Give every text of two columns a number, 0 where nothing is given."""
    texts = np.concatenate([_as_text(left), _as_text(right)])
    codes, known = pd.factorize(texts)
    empty = np.flatnonzero(known == "")
    numbers = np.where(np.isin(codes, empty), 0, codes + 1)
    return numbers[: len(left)], numbers[len(left) :]


def _as_text(column: pd.Series) -> NDArray[np.object_]:
    """Text of each value, empty when not given; 3.0 and 03 are 3, as columns with gaps have it."""
    plain = {value: _plain(value) for value in pd.unique(column.dropna())}
    return np.array(["" if pd.isna(value) else plain[value] for value in column], dtype=object)


def _plain(value: object) -> str:
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    text = unicodedata.normalize("NFKC", str(whole)).strip().casefold()
    return text.lstrip("0") or "0" if text.isdecimal() else text


def _mutual_best(equal: NDArray[np.int8], min_equal: int) -> list[tuple[int, int]]:
    """Positions that are the single highest of their row and of their column, and high enough."""
    if equal.size == 0:
        return []
    best_of_row = equal == equal.max(axis=1, keepdims=True)
    best_of_column = equal == equal.max(axis=0, keepdims=True)
    single = (best_of_row.sum(axis=1) == 1)[:, None] & (best_of_column.sum(axis=0) == 1)[None, :]
    found = best_of_row & best_of_column & single & (equal >= min_equal)
    return [(int(i), int(j)) for i, j in np.argwhere(found)]
