"""How well suggestions agree with people, on a random part only, with intervals and a gate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from casestudy.errors import WrongUse
from casestudy.findings.counts import confirmed
from casestudy.findings.intervals import wilson

Gate = Literal["off", "allowed"]

MIN_POSITIVES = 10  # below this many human positives a code has too few examples to be judged
MIN_PRECISION_LO = 0.80
MEASURES = ["precision", "recall", "f1", "kappa"]
CELLS = ["tp", "fp", "fn", "tn"]
DRAWN_AT_RANDOM = ("reliability", "eval")


def random_frame(codings: pd.DataFrame, batches: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give what was drawn at random and read by people: the only place where suggestions may be judged.

    Parameters
    ----------
    codings
        source and round; the sources of a reliability round are drawn at random.
    batches
        source, start, end and eval of batches that were read (:mod:`casestudy.findings.worklist`); only what
        is flagged ``eval`` is taken.

    Returns
    -------
    pandas.DataFrame
        source, start, end (absent: the whole source), drawn (``reliability`` or ``eval``).

    Examples
    --------
    >>> random_frame(pd.DataFrame({"source": ["a", "b"], "round": ["main", "reliability"]})).values.tolist()
    [['b', <NA>, <NA>, 'reliability']]
    """
    sources = codings.loc[codings["round"] == "reliability", "source"].drop_duplicates()
    parts = [pd.DataFrame({"source": sources, "start": pd.NA, "end": pd.NA, "drawn": "reliability"})]
    if batches is not None:
        drawn = batches.loc[batches["eval"].astype(bool), ["source", "start", "end"]].drop_duplicates()
        parts.append(drawn[~drawn["source"].isin(sources)].assign(drawn="eval"))
    kinds = {"source": "str", "start": "Int64", "end": "Int64", "drawn": "str"}
    return pd.concat([part.astype(kinds) for part in parts], ignore_index=True)


def units(
    sentences: pd.DataFrame,
    codings: pd.DataFrame,
    suggested: pd.DataFrame,
    *,
    codes: Sequence[str],
    cover: float = 0.5,
    frame: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Set people and machine side by side on every participant sentence of the sources that people coded.

    Parameters
    ----------
    sentences
        As ``suggest`` takes them; also the sentences that nobody marked, or recall would be 1 by
        construction.
    codings
        source, start, end, code, kind, status and round; only confirmed codings of people count.
    suggested
        The table that ``suggest`` gives.
    codes
        Codes to compare.
    cover
        Share of a sentence's characters that segments of a code must cover; exactly this share is enough.
    frame
        source, start, end, drawn: what was drawn and then read by people, see :func:`random_frame`; only its
        sentences are compared. What was chosen because a suggestion stood there, or because a code was
        uncertain, may be in it, but says nothing about the rest: its ``drawn`` is another word. Without a
        frame every coded source is compared, and nothing counts as drawn at random.

    Returns
    -------
    pandas.DataFrame
        unit source code human machine random, a row for every sentence and code; human and machine are 0 or
        1, random tells whether the unit was drawn at random.

    Examples
    --------
    >>> said = pd.DataFrame({"source": "a", "sentence": [0, 1], "start": [0, 11], "end": [10, 30],
    ...     "text": ["Geen tijd.", "De rest is anders ok"], "is_interviewer": False})
    >>> people = pd.DataFrame({"source": "a", "start": [0], "end": [20], "code": "M23", "kind": "human",
    ...     "status": "confirmed", "round": "main"})
    >>> found = pd.DataFrame({"source": ["a"], "sentence": [0], "code": ["M23"]})
    >>> table = units(said, people, found, codes=["M23"])
    >>> table[["human", "machine"]].values.tolist()
    [[1, 1], [0, 0]]
    """
    evidence = confirmed(codings, codings[["source"]].drop_duplicates())
    said = sentences.loc[~sentences["is_interviewer"].astype(bool)]
    said = said[["source", "sentence", "start", "end"]].reset_index(drop=True)
    said = said.assign(drawn=_drawn(said, evidence, frame)).dropna(subset="drawn").reset_index(drop=True)
    grid = said.assign(unit=said.index).merge(pd.DataFrame({"code": list(codes)}), how="cross")
    reached = covered(said, evidence, cover=cover)
    human = pd.MultiIndex.from_frame(grid[["unit", "code"]]).isin(pd.MultiIndex.from_frame(reached))
    keys = pd.MultiIndex.from_frame(suggested[["source", "sentence", "code"]])
    machine = pd.MultiIndex.from_frame(grid[["source", "sentence", "code"]]).isin(keys)
    return grid[["unit", "source", "code"]].assign(
        human=human.astype(int), machine=machine.astype(int), random=grid["drawn"].isin(DRAWN_AT_RANDOM)
    )


def covered(sentences: pd.DataFrame, codings: pd.DataFrame, *, cover: float = 0.5) -> pd.DataFrame:
    """Give the sentences that segments of a code cover for a good part.

    Parameters
    ----------
    sentences, codings
        source, start, end of both; code of the codings, whose kind and status do not matter here. A
        character that several segments of a code cover counts once.
    cover
        Share of a sentence's characters; exactly this share is enough.

    Returns
    -------
    pandas.DataFrame
        unit (place of the sentence, counted from 0) and code.
    """
    places = sentences[["source", "start", "end"]].assign(unit=np.arange(len(sentences)))
    overlap = places.merge(
        codings[["source", "code", "start", "end"]].drop_duplicates(), on="source", suffixes=("", "_coded")
    )
    lengths = sentences["end"].to_numpy() - sentences["start"].to_numpy()
    overlap["start"] = overlap[["start", "start_coded"]].max(axis=1)
    overlap["end"] = overlap[["end", "end_coded"]].min(axis=1)
    overlap = overlap[overlap["end"] > overlap["start"]].sort_values(["unit", "code", "start", "end"])
    groups = [overlap["unit"], overlap["code"]]
    # Only what lies behind all earlier segments of the code is new.
    reached = overlap["end"].groupby(groups, observed=True).cummax()
    reached = reached.groupby(groups, observed=True).shift(fill_value=0)
    new = (overlap["end"] - np.maximum(overlap["start"], reached)).clip(lower=0)
    total = new.groupby(groups, observed=True).sum().rename("covered").reset_index()
    enough = total["covered"] >= cover * lengths[total["unit"]]
    return total.loc[enough, ["unit", "code"]].reset_index(drop=True)


def _drawn(said: pd.DataFrame, evidence: pd.DataFrame, frame: pd.DataFrame | None) -> pd.Series:
    """How each sentence came to be compared; absent for those that are not."""
    coded = said["source"].isin(evidence["source"])
    if frame is None:
        return pd.Series(pd.NA, index=said.index, dtype="str").mask(coded, "coded")
    if missing := sorted({"source", "start", "end", "drawn"} - set(frame.columns)):
        raise WrongUse(f"a frame must have the columns source, start, end and drawn, found no {missing[0]}")
    whole = frame[frame["start"].isna()].drop_duplicates("source").set_index("source")["drawn"]
    # A source that nobody coded in the main round has no answer to be compared with.
    drawn = said["source"].map(whole).astype("str").where(coded)
    parts = frame.dropna(subset=["start", "end"]).drop_duplicates(["source", "start", "end"])
    single = said[["source", "start", "end"]].merge(parts, how="left", on=["source", "start", "end"])["drawn"]
    return drawn.fillna(single.astype("str").set_axis(said.index))


def evaluate(
    units: pd.DataFrame,
    *,
    seed: int,
    draws: int = 2000,
    min_positives: int = MIN_POSITIVES,
    min_precision_lo: float = MIN_PRECISION_LO,
    min_recall_lo: float = 0.60,
    min_kappa: float = 0.70,
) -> pd.DataFrame:
    """Compare suggestions with human coding, code by code.

    Parameters
    ----------
    units
        One row per unit and code: unit, source, code, human (0 or 1), machine (0 or 1). A unit that either
        left blank is dropped, never read as 0. ``random`` says whether the unit was drawn at random; a code
        with a unit that was not, or whose units do not say so, cannot pass its gate. Do not use the units on
        which the terms or patterns were made.
    seed, draws
        Of the bootstrap over sources.
    min_positives
        A code with fewer human positives is noted as ``few``; else one whose units were not all drawn at
        random as ``not_random``.
    min_precision_lo, min_recall_lo, min_kappa
        What a code must reach for its gate, see :func:`gate`.

    Returns
    -------
    pandas.DataFrame
        code, n_units, n_human_pos, the cells tp fp fn tn, then precision, recall (Wilson intervals ``_lo``,
        ``_hi``), f1, kappa (percentile bootstrap over sources), gate and note, sorted by code. A measure
        whose denominator is 0 is nan, and f1 is nan when precision or recall is; an interval over fewer than
        two sources is nan. Accuracy is left out: where few units hold a code it always looks excellent.

    References
    ----------
    Cohen, J. (1960). A coefficient of agreement for nominal scales.
    *Educational and Psychological Measurement*, 20(1), 37-46.

    Examples
    --------
    >>> units = pd.DataFrame({"unit": range(4), "source": ["a", "a", "b", "b"], "code": "M23",
    ...     "human": [1, 1, 0, 0], "machine": [1, 0, 0, 0]})
    >>> evaluate(units, seed=1, draws=50)[["precision", "recall", "kappa", "gate", "note"]].values.tolist()
    [[1.0, 0.5, 0.5, 'off', 'few']]
    """
    complete = units.dropna(subset=["human", "machine"])
    human, machine = complete["human"].astype(int) == 1, complete["machine"].astype(int) == 1
    counts = pd.DataFrame(
        {"tp": human & machine, "fp": ~human & machine, "fn": human & ~machine, "tn": ~human & ~machine}
    ).astype(int)
    per_source = counts.groupby([complete["code"], complete["source"]], sort=True).sum()
    drawn = (
        complete["random"].astype(bool) if "random" in complete else pd.Series(False, index=complete.index)
    )
    is_random = drawn.groupby(complete["code"]).all()
    rows = []
    for code, cells in per_source.groupby(level=0, sort=True):
        row = {"code": code, **_measured(cells.to_numpy(), seed=seed, draws=draws)}
        open_gate = gate(
            row["precision_lo"],
            row["recall_lo"],
            row["kappa"],
            min_precision_lo=min_precision_lo,
            min_recall_lo=min_recall_lo,
            min_kappa=min_kappa,
        )
        is_few = row["n_human_pos"] < min_positives
        note = "few" if is_few else pd.NA if is_random[code] else "not_random"
        rows.append(row | {"gate": open_gate if is_random[code] else "off", "note": note})
    bounds = [name + end for name in MEASURES for end in ("", "_lo", "_hi")]
    return pd.DataFrame(rows, columns=["code", "n_units", "n_human_pos", *CELLS, *bounds, "gate", "note"])


def averages(evaluation: pd.DataFrame) -> pd.DataFrame:
    """Micro and macro averages of an evaluation.

    Parameters
    ----------
    evaluation
        What :func:`evaluate` gives.

    Returns
    -------
    pandas.DataFrame
        average (``micro`` over the summed cells of all codes, ``macro`` over the codes that are not ``few``),
        n_codes, precision, recall, f1, kappa. A macro average leaves out the codes whose measure is nan; that
        of f1 is the mean of the codes' own.

    Examples
    --------
    >>> units = pd.DataFrame({"unit": range(4), "source": ["a", "a", "b", "b"], "code": "M23",
    ...     "human": [1, 1, 0, 0], "machine": [1, 0, 0, 0]})
    >>> averages(evaluate(units, seed=1, draws=50))[["average", "n_codes", "recall"]].values.tolist()
    [['micro', 1, 0.5], ['macro', 0, nan]]
    """
    pooled = _measures(evaluation[CELLS].sum().to_numpy(dtype=float)[None, :])
    micro = {name: float(values[0]) for name, values in pooled.items()}
    enough = evaluation.loc[(evaluation["note"] != "few").fillna(True).astype(bool)]
    macro = enough[MEASURES].astype(float).mean().to_dict()
    rows = [
        {"average": "micro", "n_codes": len(evaluation), **micro},
        {"average": "macro", "n_codes": len(enough), **macro},
    ]
    return pd.DataFrame(rows, columns=["average", "n_codes", *MEASURES])


def gate(
    precision_lo: float,
    recall_lo: float,
    kappa: float,
    *,
    min_precision_lo: float = MIN_PRECISION_LO,
    min_recall_lo: float = 0.60,
    min_kappa: float = 0.70,
) -> Gate:
    """Tell whether suggestions of a code may be accepted without a look; ``off`` when anything is nan.

    Examples
    --------
    >>> gate(0.812, 0.70, 0.75), gate(0.786, 0.70, 0.75), gate(0.9, float("nan"), 0.9)
    ('allowed', 'off', 'off')
    """
    reached = precision_lo >= min_precision_lo and recall_lo >= min_recall_lo and kappa >= min_kappa
    return "allowed" if reached else "off"


def _measured(cells: np.ndarray, *, seed: int, draws: int) -> dict[str, float]:
    """All numbers of one code from its cells per source, shape (sources, 4)."""
    tp, fp, fn, tn = (int(total) for total in cells.sum(axis=0))
    row: dict[str, float] = {"n_units": tp + fp + fn + tn, "n_human_pos": tp + fn}
    row |= {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
    row |= {name: float(values[0]) for name, values in _measures(cells.sum(axis=0)[None, :]).items()}
    row["precision_lo"], row["precision_hi"] = wilson(tp, tp + fp)
    row["recall_lo"], row["recall_hi"] = wilson(tp, tp + fn)
    resampled = _measures(_resampled(cells, seed=seed, draws=draws))
    for name in ("f1", "kappa"):
        row[f"{name}_lo"], row[f"{name}_hi"] = _percentiles(resampled[name])
    return row


def _measures(cells: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall, F1 and kappa of each row of cells (tp, fp, fn, tn); nan where a denominator is 0."""
    tp, fp, fn, tn = cells.astype(float).T
    n = tp + fp + fn + tn
    precision, recall = _ratio(tp, tp + fp), _ratio(tp, tp + fn)
    f1 = np.where(np.isnan(precision + recall), math.nan, _ratio(2 * tp, 2 * tp + fp + fn))
    # Both terms of kappa are multiplied by n squared, so that counts stay whole and "1 by chance" is exact.
    chance = (tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)
    kappa = _ratio((tp + tn) * n - chance, n * n - chance)
    return {"precision": precision, "recall": recall, "f1": f1, "kappa": kappa}


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    ratio: np.ndarray = np.divide(above, below, out=np.full(np.shape(above), math.nan), where=below != 0)
    return ratio


def _resampled(cells: np.ndarray, *, seed: int, draws: int) -> np.ndarray:
    """Sum the cells of bootstrap samples of sources, shape (draws, 4); none from fewer than two sources."""
    n_sources = len(cells)
    if n_sources < 2:
        return np.empty((0, 4))
    weights = np.random.default_rng(seed).multinomial(n_sources, np.full(n_sources, 1 / n_sources), draws)
    return np.asarray(weights @ cells)


def _percentiles(values: np.ndarray) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return math.nan, math.nan
    lo, hi = np.percentile(known, [2.5, 97.5])
    return float(lo), float(hi)
