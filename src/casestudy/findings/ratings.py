"""Proposed ratings: what the sources of a site together say about a factor, and how firmly.

A source speaks once per factor, however often it is coded. Missing (M), neutral (0) and mixed (X) stay apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from casestudy.findings.counts import confirmed

LEAD = "lead"
SEVERAL_ROLES = "mixed"
STRONG_SOURCES = 2  # so many sources with a concrete example make a rating strong

# A threshold written as .667 means two thirds. No share of fewer than 300 sources lies this close to a third
# without being one, so a share exactly on a boundary always falls on the side that the rule names.
BOUNDARY = 5e-4

VALENCES = ["+", "-", "x", "0"]
EVIDENCE = ["source", "code", "valence", "strength"]
STATES = ["n_plus", "n_minus", "n_mixed", "n_neutral", "strong_plus", "strong_minus"]
COLUMNS = [
    *[
        "site",
        "code",
        "proposed",
        "reason",
        "n_sources",
        "n_plus",
        "n_minus",
        "n_mixed",
        "n_neutral",
        "n_strong",
    ],
    *["share", "opposing", "thin", "single_role", "n_roles", "stability"],
]


@dataclass(frozen=True, slots=True)
class Rule:
    """Thresholds of a proposal.

    Parameters
    ----------
    dominance
        Share of the valenced sources that must point one way; exactly this share is enough.
    cap_opposition
        Largest share of other valenced sources beside which a rating can still be strong.
    min_sources
        Fewer sources give a thin rating, never a strong one.
    min_valenced_share
        With a smaller share of valenced sources the rating is neutral.
    """

    dominance: float = 2 / 3
    cap_opposition: float = 0.20
    min_sources: int = 2
    min_valenced_share: float = 1 / 3


def propose(
    codings: pd.DataFrame,
    sources: pd.DataFrame,
    asked: pd.DataFrame,
    *,
    codes: Sequence[str],
    sites: Sequence[str] | None = None,
    dominance: float = 2 / 3,
    cap_opposition: float = 0.20,
    min_sources: int = 2,
    min_valenced_share: float = 1 / 3,
) -> pd.DataFrame:
    """Propose a rating for every site and factor code, from confirmed codings only.

    Per site and code: P, N, X and Z sources are positive, negative, mixed and neutral; k = P + N + X and n =
    k + Z. Without sources the rating is M. With k/n below ``min_valenced_share`` it is 0. Otherwise share =
    (P + X/2)/k decides: at least ``dominance`` is +, at most 1 - ``dominance`` is -, between them X. It is 2
    rather than 1 when at least two sources in that direction gave a concrete example (strength 2), the other
    valenced sources are at most ``cap_opposition`` of k, and n is at least ``min_sources``.

    Parameters
    ----------
    codings
        Columns source, code, valence, strength, kind, status, round, and derived_from where codings may come
        from suggestions. Rows that are not :func:`~casestudy.findings.counts.confirmed`, or have no valence,
        are left out.
    sources
        One row per source that takes part: source, site, role, n_roles, and wave where the study has waves. A
        group session is one source.
    asked
        Columns site, source, code, asked: whether the source's topic guide covers the code.
    codes, sites
        Codes to rate, in this order; sites to rate, all of ``sources`` when not given.
    dominance, cap_opposition, min_sources, min_valenced_share
        See :class:`Rule`.

    Returns
    -------
    pandas.DataFrame
        One row per site (sorted) and code: site, code, proposed (``-2`` to ``2``, ``X`` or ``M``, as text),
        reason (``not_asked`` or ``not_mentioned`` for M, else missing), n_sources, n_plus, n_minus, n_mixed,
        n_neutral, n_strong (sources in the direction with a concrete example), share (nan without valenced
        sources), opposing (nan without a direction), thin, single_role, n_roles, stability (nan for M, see
        :func:`sensitivity`).

    References
    ----------
    Damschroder, L. J., & Lowery, J. C. (2013). Evaluation of a large-scale weight management program using
    the consolidated framework for implementation research. *Implementation Science*, 8, 51. (Scale of the
    ratings; the deterministic rule and the separate X are this package's.)

    Examples
    --------
    >>> names = ["a", "b", "c"]
    >>> sources = pd.DataFrame({"source": names, "site": "es", "role": "client", "n_roles": 1})
    >>> codings = pd.DataFrame({"source": names, "code": "M23", "valence": ["-", "-", "+"],
    ...     "strength": [2, 2, 1], "kind": "human", "status": "confirmed", "round": "main"})
    >>> asked = pd.DataFrame({"site": "es", "source": ["a"], "code": "M22", "asked": True})
    >>> rated = propose(codings, sources, asked, codes=["M23", "M22", "M29"])
    >>> rated[["code", "proposed", "n_sources"]].values.tolist()
    [['M23', '-1', 3], ['M22', 'M', 0], ['M29', 'M', 0]]
    >>> rated["reason"].tolist()[1:]
    ['not_mentioned', 'not_asked']
    """
    rule = Rule(dominance, cap_opposition, min_sources, min_valenced_share)
    states, grid = _states(codings, sources, codes), _grid(sources, codes, sites)
    unaided = _unaided(codings, sources, codes)
    rated = _summed(states, grid)
    rated["proposed"] = _proposals(rated, rule)
    rated = rated.join(_evidence(rated, rule)).join(_roles(states, grid))
    rated["reason"] = _reasons(rated["proposed"], asked)
    rated["stability"] = _stability(_variants(states, unaided, grid, rule), rated["proposed"])
    return rated.reset_index()[COLUMNS]


def sensitivity(
    codings: pd.DataFrame,
    sources: pd.DataFrame,
    *,
    codes: Sequence[str],
    sites: Sequence[str] | None = None,
    dominance: float = 2 / 3,
    cap_opposition: float = 0.20,
    min_sources: int = 2,
    min_valenced_share: float = 1 / 3,
) -> pd.DataFrame:
    """Propose every rating again under each variant of the evidence and the rule.

    The variants are: each source that speaks about the code left out in turn (``without_source``), no
    opposition allowed beside a strong rating (``strict_cap``), a dominance of .60 and of .75, no leading
    roles (``without_leads``; a session of several roles stays in), only codings that did not begin as a
    suggestion (``human_only``), and one wave only (``wave_T0`` and so on). The last two are there only for a
    cell in which they leave something out: a variant that changes nothing would make every rating look firm.

    Parameters
    ----------
    codings, sources, codes, sites, dominance, cap_opposition, min_sources, min_valenced_share
        As in :func:`propose`.

    Returns
    -------
    pandas.DataFrame
        One row per site, code and variant: site, code, variant, source (the one left out, else missing),
        proposed (under the variant), same_sign (whether its class +, -, 0, X or M equals that of the
        proposal). Stability is the share of ``same_sign`` in a cell. A cell without evidence has no rows:
        there is nothing to vary.

    Examples
    --------
    >>> names = ["a", "b", "c"]
    >>> sources = pd.DataFrame({"source": names, "site": "es", "role": "client", "n_roles": 1})
    >>> codings = pd.DataFrame({"source": names, "code": "M23", "valence": ["-", "-", "+"],
    ...     "strength": [2, 2, 1], "kind": "human", "status": "confirmed", "round": "main"})
    >>> variants = sensitivity(codings, sources, codes=["M23"])
    >>> variants[["variant", "source", "proposed"]].values.tolist()[:3]
    [['without_source', 'a', 'X'], ['without_source', 'b', 'X'], ['without_source', 'c', '-2']]
    """
    rule = Rule(dominance, cap_opposition, min_sources, min_valenced_share)
    states, grid = _states(codings, sources, codes), _grid(sources, codes, sites)
    unaided = _unaided(codings, sources, codes)
    proposed = _proposals(_summed(states, grid), rule)
    variants = _variants(states, unaided, grid, rule)
    variants["same_sign"] = _same_sign(variants, proposed)
    return variants.loc[_spoken(variants, proposed)].reset_index(drop=True)


def _grid(sources: pd.DataFrame, codes: Sequence[str], sites: Sequence[str] | None) -> pd.MultiIndex:
    rated_sites = sorted(sources["site"].unique()) if sites is None else sorted(sites)
    return pd.MultiIndex.from_product([rated_sites, list(codes)], names=["site", "code"])


def _states(codings: pd.DataFrame, sources: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    """One row per site, code and source that speaks about it: its one state, as 0/1 columns, and its role."""
    evidence = confirmed(codings, sources).reindex(columns=EVIDENCE)
    evidence = evidence.loc[evidence["valence"].isin(VALENCES) & evidence["code"].isin(list(codes))]
    valence = evidence["valence"].astype("str")
    strong = evidence["strength"].astype("Float64").eq(2).fillna(False).astype(bool)
    said = pd.DataFrame({"plus": valence == "+", "minus": valence == "-", "mixed": valence == "x"})
    said["strong_plus"], said["strong_minus"] = said["plus"] & strong, said["minus"] & strong
    said = said.groupby([evidence["code"], evidence["source"]], sort=True).any().reset_index()
    mixed = said["mixed"] | (said["plus"] & said["minus"])
    plus, minus = said["plus"] & ~mixed, said["minus"] & ~mixed
    about = sources.reindex(columns=["source", "site", "role", "n_roles", "wave"])
    known = about.drop_duplicates("source").set_index("source").reindex(said["source"])
    states = said[["code", "source"]].assign(
        site=known["site"].to_numpy(),
        role=known["role"].to_numpy(),
        wave=known["wave"].to_numpy(),
        n_roles=pd.to_numeric(known["n_roles"]).fillna(0).to_numpy(dtype=int),
        n_plus=plus.astype(int),
        n_minus=minus.astype(int),
        n_mixed=mixed.astype(int),
        n_neutral=(~(plus | minus | mixed)).astype(int),
        strong_plus=(said["strong_plus"] & plus).astype(int),
        strong_minus=(said["strong_minus"] & minus).astype(int),
    )
    return states.sort_values(["site", "code", "source"]).reset_index(drop=True)


def _summed(states: pd.DataFrame, grid: pd.MultiIndex) -> pd.DataFrame:
    """Numbers of sources per state for every cell of the grid; zeros where nobody spoke."""
    return states.groupby(["site", "code"])[STATES].sum().reindex(grid, fill_value=0).astype(int)


def _proposals(cells: pd.DataFrame, rule: Rule) -> pd.Series:
    """Apply the rule to numbers of sources per state; any index."""
    plus, minus, mixed, neutral, strong_plus, strong_minus = cells[STATES].to_numpy(dtype=float).T
    valenced = plus + minus + mixed
    n = valenced + neutral
    per_valenced, per_source = np.maximum(valenced, 1), np.maximum(n, 1)
    helps = (plus + mixed / 2) / per_valenced >= rule.dominance - BOUNDARY
    hinders = (minus + mixed / 2) / per_valenced >= rule.dominance - BOUNDARY
    helps, hinders = helps & ~hinders, hinders & ~helps
    opposing = np.where(helps, minus + mixed, plus + mixed) / per_valenced
    concrete = np.where(helps, strong_plus, strong_minus) >= STRONG_SOURCES
    strong = concrete & (opposing <= rule.cap_opposition + BOUNDARY) & (n >= rule.min_sources)
    neutral_overall = (valenced == 0) | (valenced / per_source < rule.min_valenced_share - BOUNDARY)
    chosen = np.select(
        [n == 0, neutral_overall, helps & strong, helps, hinders & strong, hinders],
        ["M", "0", "2", "1", "-2", "-1"],
        default="X",
    )
    return pd.Series(chosen, index=cells.index, dtype="str")


def _evidence(rated: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Gather what a proposal rests on: sources, share, opposition, concrete examples and thinness."""
    valenced = rated["n_plus"] + rated["n_minus"] + rated["n_mixed"]
    n = valenced + rated["n_neutral"]
    sign = signs(rated["proposed"])
    other = (valenced - rated["n_plus"]).where(sign == "+", valenced - rated["n_minus"])
    strong = rated["strong_plus"].where(sign == "+", rated["strong_minus"].where(sign == "-", 0))
    per = valenced.where(valenced > 0, math.nan)
    return pd.DataFrame(
        {
            "n_sources": n,
            "n_strong": strong,
            "share": (rated["n_plus"] + rated["n_mixed"] / 2) / per,
            "opposing": (other / per).where(sign.isin(["+", "-"]), math.nan),
            "thin": (n > 0) & (n < rule.min_sources),
        }
    )


def _roles(states: pd.DataFrame, grid: pd.MultiIndex) -> pd.DataFrame:
    """How many role classes speak in a cell, and whether all its sources share a single one."""
    plain = states["role"].where(states["role"].notna() & (states["role"] != SEVERAL_ROLES))
    cells = pd.DataFrame({"plain": plain, "widest": states["n_roles"], "known": plain.notna()})
    by_cell = cells.groupby([states["site"], states["code"]])
    different = by_cell["plain"].nunique().reindex(grid, fill_value=0)
    alike = by_cell["known"].all().reindex(grid, fill_value=False).astype(bool)
    widest = by_cell["widest"].max().reindex(grid, fill_value=0)
    n_roles = np.maximum(different, widest).astype(int)
    return pd.DataFrame({"n_roles": n_roles, "single_role": alike & (n_roles == 1)})


def _reasons(proposed: pd.Series, asked: pd.DataFrame) -> pd.Series:
    """Why a cell is missing; a code that no source of the site was asked about was not asked."""
    was_asked = asked["asked"].fillna(False).astype(bool).groupby([asked["site"], asked["code"]]).any()
    covered = pd.Series(proposed.index.isin(was_asked.index[was_asked]), index=proposed.index)
    reason = pd.Series("not_asked", index=proposed.index, dtype="object").mask(covered, "not_mentioned")
    return reason.where(proposed == "M", pd.NA)


def _unaided(codings: pd.DataFrame, sources: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame | None:
    """Give the states of the codings that did not begin as a suggestion; nothing when none did."""
    derived = codings.reindex(columns=["derived_from"])["derived_from"].notna().to_numpy()
    return _states(codings.loc[~derived], sources, codes) if derived.any() else None


def _narrowed(
    states: pd.DataFrame, unaided: pd.DataFrame | None
) -> dict[str, tuple[pd.DataFrame, pd.MultiIndex]]:
    """Parts of the evidence by name, each with the cells in which it leaves something out."""
    parts = {}
    if unaided is not None:
        weighed = ["site", "code", "source", *STATES]
        same = states[weighed].merge(unaided[weighed], on=weighed, how="left", indicator=True)
        parts["human_only"] = (unaided, _cells_of(states.loc[(same["_merge"] == "left_only").to_numpy()]))
    for wave in sorted(states["wave"].dropna().unique()):
        within = states["wave"].eq(wave).fillna(False).astype(bool)
        here, elsewhere = states.loc[within], states.loc[~within]
        parts[f"wave_{wave}"] = (here, _cells_of(here).intersection(_cells_of(elsewhere)))
    return {name: (part, cells) for name, (part, cells) in parts.items() if len(cells)}


def _cells_of(states: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(states[["site", "code"]].drop_duplicates())


def _variants(
    states: pd.DataFrame, unaided: pd.DataFrame | None, grid: pd.MultiIndex, rule: Rule
) -> pd.DataFrame:
    """Long table of proposals under every variant; ``without_source`` rows only where a source speaks."""
    cells = _summed(states, grid)
    speaking = states.loc[states["site"].isin(grid.get_level_values("site"))].reset_index(drop=True)
    own = pd.MultiIndex.from_frame(speaking[["site", "code"]])
    without = cells.reindex(own).reset_index(drop=True) - speaking[STATES]
    left_out = speaking[["site", "code", "source"]].assign(
        variant="without_source", proposed=_proposals(without, rule)
    )
    no_leads = _summed(states.loc[states["role"].ne(LEAD).fillna(True).astype(bool)], grid)
    others = {
        "strict_cap": _proposals(cells, replace(rule, cap_opposition=0.0)),
        "dominance_60": _proposals(cells, replace(rule, dominance=0.60)),
        "dominance_75": _proposals(cells, replace(rule, dominance=0.75)),
        "without_leads": _proposals(no_leads, rule),
    }
    for name, (part, concerned) in _narrowed(states, unaided).items():
        within = grid.intersection(concerned, sort=None)
        others[name] = _proposals(_summed(part, within), rule)
    parts = [left_out] + [
        proposed.rename("proposed").reset_index().assign(variant=name, source=None)
        for name, proposed in others.items()
    ]
    table = pd.concat([part.astype({"source": "object"}) for part in parts], ignore_index=True)
    return table[["site", "code", "variant", "source", "proposed"]]


def _same_sign(variants: pd.DataFrame, proposed: pd.Series) -> np.ndarray:
    cells = pd.MultiIndex.from_frame(variants[["site", "code"]])
    return np.asarray(signs(variants["proposed"]).to_numpy() == signs(proposed).reindex(cells).to_numpy())


def _spoken(variants: pd.DataFrame, proposed: pd.Series) -> np.ndarray:
    cells = pd.MultiIndex.from_frame(variants[["site", "code"]])
    return np.asarray(proposed.reindex(cells).to_numpy() != "M")


def _stability(variants: pd.DataFrame, proposed: pd.Series) -> pd.Series:
    """Share of the variants that keep the sign class; nan for a missing cell."""
    same = pd.Series(_same_sign(variants, proposed), dtype=float)
    share = same.groupby([variants["site"], variants["code"]]).mean().reindex(proposed.index)
    return share.where(proposed != "M", math.nan)


def signs(ratings: pd.Series) -> pd.Series:
    """Sign class of each rating: ``+`` or ``-`` without the strength; 0, X and M as they are.

    Examples
    --------
    >>> signs(pd.Series(["2", "-1", "0", "X", "M"])).tolist()
    ['+', '-', '0', 'X', 'M']
    """
    return ratings.replace({"1": "+", "2": "+", "-1": "-", "-2": "-"})
