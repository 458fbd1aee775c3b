"""Suggested codings from word patterns, and how well they agree with people.

A suggestion says that a topic is named; it never says whether that topic helps or hinders, and it is not a
coding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import regex

from casestudy.errors import WrongUse
from casestudy.findings.counts import confirmed
from casestudy.findings.intervals import wilson

Gate = Literal["off", "allowed"]

COLUMNS = ["source", "sentence", "start", "end", "code", "matched"]
MIN_POSITIVES = 10  # below this many human positives a code has too few examples to be judged
MEASURES = ["precision", "recall", "f1", "kappa"]
CELLS = ["tp", "fp", "fn", "tn"]


@dataclass(frozen=True, slots=True, eq=False)
class Suggestions:
    """What the patterns found, and the codes that got no suggestions because a pattern took too long.

    ``table`` has one row per sentence and code: source, sentence, start, end (of the sentence), code, matched
    (the words that triggered it).
    """

    table: pd.DataFrame
    timed_out: tuple[str, ...]


def suggest(
    sentences: pd.DataFrame, patterns: Mapping[str, Sequence[str]], timeout: float = 1.0
) -> Suggestions:
    r"""Suggest each code for the participant sentences that one of its patterns finds.

    Parameters
    ----------
    sentences
        One row per sentence: source, sentence, start, end, text, is_interviewer. What an interviewer says is
        never suggested.
    patterns
        Per code the patterns that name its topic, matched without regard to case; ``\b`` and ``\w`` know all
        letters. A code without patterns gets no suggestions.
    timeout
        Seconds that one pattern may take on one sentence.

    Returns
    -------
    Suggestions
        At most one suggestion per sentence and code, in order of source, place and code. A code of which one
        pattern takes too long is named in ``timed_out`` and has no suggestions at all, because part of them
        would look like all of them.

    Raises
    ------
    WrongUse
        When a pattern cannot be read; named by its code.

    Examples
    --------
    >>> said = pd.DataFrame({"source": "a-01", "sentence": [1, 2], "start": [0, 21], "end": [20, 41],
    ...     "text": ["Er is geen informatie", "Er is geen formatie."], "is_interviewer": False})
    >>> suggest(said, {"M21": [r"\bformatie\b"]}).table[["sentence", "code", "matched"]].values.tolist()
    [[2, 'M21', 'formatie']]
    """
    said = sentences.loc[~sentences["is_interviewer"].astype(bool)]
    said = said.sort_values(["source", "start", "end"], kind="stable").reset_index(drop=True)
    texts = said["text"].tolist()
    found: list[tuple[int, str, str]] = []
    timed_out: list[str] = []
    for code in sorted(patterns):
        try:
            found += [(place, code, words) for place, words in _matches(texts, code, patterns[code], timeout)]
        except TimeoutError:
            timed_out.append(code)
    found.sort()
    table = said.iloc[[place for place, _, _ in found]][["source", "sentence", "start", "end"]]
    table = table.reset_index(drop=True)
    table["code"] = pd.Series([code for _, code, _ in found], dtype="str")
    table["matched"] = pd.Series([words for _, _, words in found], dtype="str")
    return Suggestions(table[COLUMNS], tuple(timed_out))


def _matches(texts: list[str], code: str, patterns: Sequence[str], timeout: float) -> list[tuple[int, str]]:
    """Place and words of the first match in each text; TimeoutError when one pattern takes too long."""
    compiled = [
        _compile(code, pattern) for pattern in pd.Series(list(patterns), dtype="str").str.normalize("NFC")
    ]
    found = []
    for place, text in enumerate(texts):
        for pattern in compiled:
            match = pattern.search(text, timeout=timeout)
            if match is not None:
                found.append((place, match.group()))
                break
    return found


def _compile(code: str, pattern: str) -> regex.Pattern[str]:
    try:
        return regex.compile(pattern, regex.IGNORECASE | regex.UNICODE)
    except regex.error as fault:
        raise WrongUse(f"a pattern of code `{code}` cannot be read: {fault}") from None


def units(
    sentences: pd.DataFrame,
    codings: pd.DataFrame,
    suggested: pd.DataFrame,
    *,
    codes: Sequence[str],
    cover: float = 0.5,
) -> pd.DataFrame:
    """Set people and machine side by side on every participant sentence of the sources that people coded.

    Parameters
    ----------
    sentences
        As in :func:`suggest`; also the sentences that nobody marked, or recall would be 1 by construction.
    codings
        source, start, end, code, kind, status and round; only confirmed codings of people count.
    suggested
        The table of :func:`suggest`.
    codes
        Codes to compare.
    cover
        Share of a sentence's characters that segments of a code must cover; exactly this share is enough.

    Returns
    -------
    pandas.DataFrame
        unit source code human machine, a row for every sentence and code; human and machine are 0 or 1.

    Examples
    --------
    >>> said = pd.DataFrame({"source": "a", "sentence": [0, 1], "start": [0, 11], "end": [10, 30],
    ...     "text": ["Geen tijd.", "De rest is anders ok"], "is_interviewer": False})
    >>> people = pd.DataFrame({"source": "a", "start": [0], "end": [20], "code": "M23", "kind": "human",
    ...     "status": "confirmed", "round": "main"})
    >>> table = units(said, people, suggest(said, {"M23": ["tijd"]}).table, codes=["M23"])
    >>> table[["human", "machine"]].values.tolist()
    [[1, 1], [0, 0]]
    """
    evidence = confirmed(codings, codings[["source"]].drop_duplicates())
    said = sentences.loc[
        ~sentences["is_interviewer"].astype(bool) & sentences["source"].isin(evidence["source"])
    ]
    said = said[["source", "sentence", "start", "end"]].reset_index(drop=True)
    grid = said.assign(unit=said.index).merge(pd.DataFrame({"code": list(codes)}), how="cross")
    overlap = said.assign(unit=said.index).merge(
        evidence[["source", "code", "start", "end"]], on="source", suffixes=("", "_coded")
    )
    overlap["covered"] = overlap[["end", "end_coded"]].min(axis=1) - overlap[["start", "start_coded"]].max(
        axis=1
    )
    covered = overlap[overlap["covered"] > 0].groupby(["unit", "code"], observed=True)["covered"].sum()
    share = grid.set_index(["unit", "code"])
    reached = covered.reindex(share.index, fill_value=0) >= cover * (share["end"] - share["start"])
    keys = pd.MultiIndex.from_frame(suggested[["source", "sentence", "code"]])
    machine = pd.MultiIndex.from_frame(grid[["source", "sentence", "code"]]).isin(keys)
    return grid[["unit", "source", "code"]].assign(
        human=reached.to_numpy().astype(int), machine=machine.astype(int)
    )


def evaluate(
    units: pd.DataFrame,
    *,
    seed: int,
    draws: int = 2000,
    min_positives: int = MIN_POSITIVES,
    min_precision_lo: float = 0.80,
    min_recall_lo: float = 0.60,
    min_kappa: float = 0.70,
) -> pd.DataFrame:
    """Compare suggestions with human coding, code by code.

    Parameters
    ----------
    units
        One row per unit and code: unit, source, code, human (0 or 1), machine (0 or 1). A unit that either
        left blank is dropped, never read as 0. Draw the units at random, and not from those the patterns were
        made on.
    seed, draws
        Of the bootstrap over sources.
    min_positives
        A code with fewer human positives is noted as ``few``.
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
        rows.append(row | {"gate": open_gate, "note": "few" if row["n_human_pos"] < min_positives else pd.NA})
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
        n_codes, precision, recall, f1, kappa. A macro average leaves out the codes whose measure is nan.

    Examples
    --------
    >>> units = pd.DataFrame({"unit": range(4), "source": ["a", "a", "b", "b"], "code": "M23",
    ...     "human": [1, 1, 0, 0], "machine": [1, 0, 0, 0]})
    >>> averages(evaluate(units, seed=1, draws=50))[["average", "n_codes", "recall"]].values.tolist()
    [['micro', 1, 0.5], ['macro', 0, nan]]
    """
    pooled = _measures(evaluation[CELLS].sum().to_numpy(dtype=float)[None, :])
    micro = {name: float(values[0]) for name, values in pooled.items()}
    enough = evaluation.loc[evaluation["note"].isna()]
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
    min_precision_lo: float = 0.80,
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
