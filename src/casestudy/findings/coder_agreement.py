"""Agreement of coders per code: from their codings and the texts to units, coefficients and verdicts.

A coefficient belongs to one code, one MAJOR version of the codebook, these coders and one kind of unit, and
is computed before anything was settled. Units that nobody coded count: not giving a code is a judgement too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from casestudy.findings import binary_codes
from casestudy.findings.agreement import TENTATIVE, krippendorff_alpha
from casestudy.findings.coded_units import TRAINING, Compared, compare, touching, valences
from casestudy.findings.unitised import merged, unitised_alpha

Verdict = Literal["ok", "tentative", "insufficient", "too_few"]

VALENCES: Mapping[str, float] = {"-": -1.0, "0": 0.0, "+": 1.0}
MEASURES = ["agree", "kappa", "ac1", "alpha", "alpha_lo", "alpha_hi", "p_below", "alpha_u"]
VALENCE_COLUMNS = ["n_valence", "valence_alpha", "valence_alpha_interval"]
COLUMNS = ["code", "version", "unit", "n_units", "n_pos_any", *MEASURES, "verdict", *VALENCE_COLUMNS]


@dataclass(frozen=True, slots=True)
class Rules:
    """When a code may be used, and from how many units it is judged at all (methods D4).

    Parameters
    ----------
    ok, tentative
        Smallest alpha of a code that is used, and of one that is used with a mark.
    min_units, min_positives
        Fewest units in all, and units to which somebody gave the code; below them there is no verdict.
    draws
        Of the bootstrap over sources.
    """

    ok: float = 0.80
    tentative: float = TENTATIVE
    min_units: int = 50
    min_positives: int = 20
    draws: int = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """How a new coder did beside the reference.

    ``passed`` is true when every code that could be judged reached the tentative threshold, false when one
    did not, and None when no code could be judged; ``below`` names the codes that did not reach it.
    """

    table: pd.DataFrame
    n_judged: int
    below: tuple[str, ...]
    passed: bool | None


def agreement(compared: Compared, *, seed: int, rules: Rules | None = None) -> pd.DataFrame:
    """Coefficients, interval and verdict of every code.

    Parameters
    ----------
    compared
        What :func:`compare` gives.
    seed
        Of the bootstrap over sources.
    rules
        Thresholds; else those of the methods.

    Returns
    -------
    pandas.DataFrame
        code version unit n_units n_pos_any agree kappa ac1 alpha alpha_lo alpha_hi p_below alpha_u verdict
        n_valence valence_alpha valence_alpha_interval, sorted by code. ``n_pos_any`` counts units to which
        somebody gave the code; ``kappa`` is the mean over pairs of coders; ``p_below`` the share of draws
        with alpha under the tentative threshold; ``alpha_u`` compares boundaries in what participants said,
        on sources that all coders coded. The valence columns compare units to which coders gave both the
        code and a valence, as four names and as -1, 0, 1. ``verdict`` is ``too_few`` below the smallest
        numbers and where alpha is nan. Coders and sources may stand in any order.

    Examples
    --------
    >>> said = pd.DataFrame({"source": "a", "sentence": [0, 1], "start": [0, 11], "end": [10, 20],
    ...     "is_interviewer": False})
    >>> marks = pd.DataFrame({"coding": ["x1", "y1"], "coder": ["x", "y"], "source": "a", "code": "M23",
    ...     "start": [0, 0], "end": [20, 10], "valence": "-", "kind": "human", "status": "confirmed",
    ...     "round": "reliability", "codebook": "1.0.0"})
    >>> table = agreement(compare(marks, said, coders=["x", "y"]), seed=1)
    >>> table[["code", "n_units", "n_pos_any", "agree", "verdict"]].values.tolist()
    [['M23', 2, 2, 0.5, 'too_few']]
    """
    rules = rules or Rules()
    frame, codes = compared.frame, compared.codes
    per_source = _per_source(compared)
    total = per_source.sum(axis=0)
    bounds = [
        binary_codes.alpha_bounds(per_source[:, n], seed=seed, draws=rules.draws, below=rules.tentative)
        for n in range(len(codes))
    ]
    table = pd.DataFrame({"code": list(codes), "version": compared.version, "unit": compared.unit})
    table["n_units"] = int(frame["weight"].sum())
    table["n_pos_any"] = binary_codes.positives(total).astype(int)
    table["agree"] = binary_codes.percent_agreements(total)
    table["kappa"] = binary_codes.pair_kappas(compared.values, frame["weight"])
    table["ac1"] = binary_codes.ac1s(total)
    table["alpha"] = binary_codes.alphas(total)
    for n, column in enumerate(("alpha_lo", "alpha_hi", "p_below")):
        table[column] = [float(bound[n]) for bound in bounds]
    table["alpha_u"] = _unitised(compared)
    n_positive = _stretches(compared) if compared.unit == "character" else table["n_pos_any"]
    table["verdict"] = [
        verdict(alpha, n_units=int(n_units), n_positive=int(n), rules=rules)
        for alpha, n_units, n in zip(table["alpha"], table["n_units"], n_positive, strict=True)
    ]
    valences = _valence_agreement(compared)
    for column in VALENCE_COLUMNS:
        table[column] = [row[column] for row in valences]
    return table[COLUMNS]


def verdict(alpha: float, *, n_units: int, n_positive: int, rules: Rules | None = None) -> Verdict:
    """Say whether a code may be used, on the point estimate.

    Examples
    --------
    >>> [verdict(alpha, n_units=400, n_positive=30) for alpha in (0.80, 0.70, 0.66)]
    ['ok', 'tentative', 'insufficient']
    >>> verdict(0.95, n_units=400, n_positive=19)
    'too_few'
    """
    rules = rules or Rules()
    if math.isnan(alpha) or n_units < rules.min_units or n_positive < rules.min_positives:
        return "too_few"
    if alpha >= rules.ok:
        return "ok"
    return "tentative" if alpha >= rules.tentative else "insufficient"


def of_round(material: Mapping[str, Any] | None, *, seed: int, rules: Rules | None = None) -> pd.DataFrame:
    """Agreement on one round, with how many sources and coders it rests on.

    Parameters
    ----------
    material
        What :func:`casestudy.findings.coded_units.compare` takes, by name; nothing when nothing was coded
        twice.
    seed, rules
        As in :func:`agreement`.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`agreement`, then n_sources and n_coders; no rows when nothing was coded twice.

    Examples
    --------
    >>> len(of_round(None, seed=1))
    0
    """
    if material is None:
        return pd.DataFrame(columns=[*COLUMNS, "n_sources", "n_coders"])
    compared = compare(**material)
    table = agreement(compared, seed=seed, rules=rules)
    return table.assign(n_sources=len(compared.sources), n_coders=len(compared.coders))


def verdicts(table: pd.DataFrame) -> dict[str, str]:
    """Give the verdict of every code of an agreement table, for marks in other tables."""
    return dict(zip(table["code"], table["verdict"], strict=True))


def training(
    codings: pd.DataFrame,
    sentences: pd.DataFrame,
    *,
    coder: str,
    reference: str,
    sources: Sequence[str],
    version: str | None = None,
    seed: int,
    rules: Rules | None = None,
) -> Training:
    """Compare a new coder's training codings with those of the reference coder.

    The coder passes when at least one code could be judged and every code that could be judged reaches the
    tentative threshold. Codes with too few instances are not judged: talk them through.

    Parameters
    ----------
    codings, sentences, version
        As in :func:`compare`; of the coder only codings of a training round count.
    coder, reference, sources
        Who is tried, beside whom, on which sources.
    """
    rules = rules or Rules()
    own = (codings["coder"] == coder) & (codings["round"] == TRAINING)
    both = codings[own | (codings["coder"] == reference)]
    laid = partial(compare, both, sentences, coders=[coder, reference], sources=sources)
    table = agreement(laid(version=version, with_training=True), seed=seed, rules=rules)
    judged = table[table["verdict"] != "too_few"]
    below = tuple(judged.loc[judged["verdict"] == "insufficient", "code"])
    return Training(table, len(judged), below, None if judged.empty else not below)


def _per_source(compared: Compared) -> NDArray[np.float64]:
    """Count profiles of every source and code, shape (sources, codes, coders + 1, coders + 1)."""
    n, base = len(compared.codes), len(compared.coders) + 1
    sources = compared.frame["source"].to_numpy()
    weights = None if compared.unit != "character" else compared.frame["weight"].to_numpy()
    changes = np.flatnonzero(sources[1:] != sources[:-1]) + 1
    bounds = [0, *(int(begin) for begin in changes), len(sources)] if len(sources) else []
    found = [
        binary_codes.count_profiles(
            compared.values[:, start:end], None if weights is None else weights[start:end]
        )
        for start, end in pairwise(bounds)
    ]
    return np.array(found).reshape(len(found), n, base, base)


def _unitised(compared: Compared) -> list[float]:
    """Alpha of boundaries per code, on what participants said in the sources that every coder coded."""
    sources = compared.frame["source"].to_numpy()
    partly = set(sources[(compared.values[:, :, 0] < 0).any(axis=0)]) if compared.codes else set()
    spans = compared.spans[~compared.spans["source"].isin(partly)]
    segments = compared.segments[compared.segments["source"].isin(set(spans["source"]))]
    row, unit, shared = touching(spans.reset_index(drop=True), segments)
    lengths = (spans["end"] - spans["start"]).to_numpy()
    before = np.concatenate([[0], lengths.cumsum()])
    # Places among the words of participants only: what others say in between takes no room.
    starts = before[unit] + np.maximum(segments["start"].to_numpy()[row] - spans["start"].to_numpy()[unit], 0)
    pieces = pd.DataFrame({"row": row, "start": starts, "end": starts + shared}).groupby("row")
    placed = segments.iloc[list(pieces.groups)][["coder", "code"]].reset_index(drop=True)
    placed["start"], placed["end"] = pieces["start"].min().to_numpy(), pieces["end"].max().to_numpy()
    length, coders = int(before[-1]), list(compared.coders)
    by_code = dict(tuple(placed.rename(columns={"code": "value"}).groupby("value")))
    return [
        unitised_alpha(by_code[code], length, coders).value if code in by_code else math.nan
        for code in compared.codes
    ]


def _stretches(compared: Compared) -> list[int]:
    """Count, per code, the stretches of text to which somebody gave it."""
    segments = compared.segments
    n_of = merged(segments, ["source", "code"])["code"].value_counts()
    return [int(n_of.get(code, 0)) for code in compared.codes]


def _valence_agreement(compared: Compared) -> list[dict[str, float]]:
    given = valences(compared)
    numbers, signs = pd.factorize(given["valence"], sort=True)
    scale = np.array([VALENCES.get(sign, math.nan) for sign in signs])
    coder, unit, code = (given[name].to_numpy() for name in ("coder", "unit", "code"))
    rows = []
    for number in range(len(compared.codes)):
        own = np.flatnonzero(code == number)
        units, place = np.unique(unit[own], return_inverse=True)
        named = np.full((len(compared.coders), len(units)), math.nan)
        named[coder[own], place] = numbers[own]
        scaled = named.copy()
        scaled[coder[own], place] = scale[numbers[own]]
        n_both = int(((~np.isnan(named)).sum(axis=0) >= 2).sum())
        found = (n_both, krippendorff_alpha(named).value, krippendorff_alpha(scaled, "interval").value)
        rows.append(dict(zip(VALENCE_COLUMNS, found, strict=True)))
    return rows
