"""Codings of several coders side by side, on the units of the texts that they coded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from casestudy.errors import WrongUse
from casestudy.findings.counts import EVIDENCE_KINDS
from casestudy.findings.unitised import merged

Unit = Literal["sentence", "turn", "character"]
Whole = NDArray[np.int64]

UNITS: tuple[Unit, ...] = ("sentence", "turn", "character")
TRAINING = "training"
_SEGMENT = ["coder", "source", "code"]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Coders side by side on the units of the sources that they all coded.

    Parameters
    ----------
    unit, version
        Kind of unit, and the version of the codebook.
    coders, codes
        Sorted; the axes of ``values``.
    frame
        One row per unit in order: source unit start end weight (characters for the unit character, else 1).
    values
        Shape (coders, units, codes): 1 given, 0 not given, -1 when the coder did not code that source.
    segments
        The codings behind it: coding coder source code start end valence.
    spans
        What participants said: source start end.
    """

    unit: Unit
    version: str
    coders: tuple[str, ...]
    codes: tuple[str, ...]
    frame: pd.DataFrame
    values: NDArray[np.int8]
    segments: pd.DataFrame
    spans: pd.DataFrame

    @property
    def sources(self) -> list[str]:
        """Sources that are compared."""
        return list(dict.fromkeys(self.frame["source"]))


def compare(
    codings: pd.DataFrame,
    sentences: pd.DataFrame,
    *,
    coders: Sequence[str],
    sources: Sequence[str] | None = None,
    codes: Sequence[str] | None = None,
    version: str | None = None,
    unit: Unit = "sentence",
    turns: pd.DataFrame | None = None,
    cover: float = 0.5,
    at_least: int | None = None,
    worked: pd.DataFrame | None = None,
    with_training: bool = False,
) -> Compared:
    """Lay the codings of several coders side by side.

    Parameters
    ----------
    codings
        coding coder source code start end valence kind status round codebook; only confirmed codings of
        people count, and those of training rounds do not.
    sentences
        source sentence start end is_interviewer; what an interviewer says is no unit.
    coders, sources
        Who is compared, on which sources; else on all.
    codes
        Codes to compare; else those that one of the coders gave.
    version
        Only codings of this version's MAJOR count. It may be left out when there is one MAJOR only.
    unit, turns
        ``sentence`` is given a code when segments cover ``cover`` of its characters, exactly that is enough;
        ``turn`` when they touch it; ``character`` needs no rule. The latter two need ``turns``: source start
        end is_interviewer.
    at_least
        How many of the coders must have coded a source for it to count; else all of them.
    worked
        source and coder, of sources that a coder went through without giving any code.

    Raises
    ------
    WrongUse
        With codings of several MAJOR versions and none named, fewer than two coders, or turns that are needed
        and not given.

    Examples
    --------
    >>> said = pd.DataFrame({"source": "a", "sentence": [0, 1], "start": [0, 11], "end": [10, 20],
    ...     "is_interviewer": False})
    >>> marks = pd.DataFrame({"coding": ["x1", "y1"], "coder": ["x", "y"], "source": "a", "code": "M23",
    ...     "start": [0, 0], "end": [20, 10], "valence": "-", "kind": "human", "status": "confirmed",
    ...     "round": "reliability", "codebook": "1.0.0"})
    >>> compare(marks, said, coders=["x", "y"]).values[:, :, 0].tolist()
    [[1, 1], [1, 0]]
    """
    names = tuple(sorted(set(coders)))
    if len(names) < 2:
        raise WrongUse(f"coders: two or more must be compared, found {len(names)}")
    if unit != "sentence" and turns is None:
        raise WrongUse(f"turns: they must be given for the unit `{unit}`, found none")
    own = _counting(codings, names, with_training=with_training)
    own, shown = _of_major(own if sources is None else own[own["source"].isin(list(sources))], version)
    done = own[["source", "coder"]] if worked is None else pd.concat([own, worked])[["source", "coder"]]
    done = done[done["coder"].isin(names)].drop_duplicates()
    n_done = done["source"].value_counts()
    eligible = sorted(n_done.index[n_done >= (len(names) if at_least is None else at_least)])
    if sources is not None:
        eligible = [source for source in eligible if source in set(sources)]
    segments = own.loc[own["source"].isin(eligible), ["coding", *_SEGMENT, "start", "end", "valence"]]
    segments = segments.sort_values(["source", "start", "end", "code", "coder", "coding"], ignore_index=True)
    wanted = tuple(sorted(set(segments["code"]) if codes is None else set(codes)))
    spans = _said(sentences if turns is None else turns, eligible)
    frame = _frame(unit, sentences, spans, segments, eligible)
    values = _values(frame, segments, (names, wanted), 0.0 if unit == "turn" else cover)
    missing = pd.MultiIndex.from_product([names, frame["source"]]).isin(
        pd.MultiIndex.from_frame(done[["coder", "source"]])
    )
    values[~missing.reshape(len(names), len(frame))] = -1
    return Compared(unit, shown, names, wanted, frame, values, segments, spans)


def major(version: str) -> str:
    """Give the part of a version that decides what a code means.

    Examples
    --------
    >>> major("2.1.0")
    '2'
    """
    return version.partition(".")[0]


def valences(compared: Compared) -> pd.DataFrame:
    """Give the valence of each code that a coder gave to a unit: the one that covers most of it.

    Each segment counts by itself; of those that cover as much, the first in the text.

    Returns
    -------
    pandas.DataFrame
        coder unit code valence; ``unit`` is the row of the unit, coder and code their numbers.
    """
    given = compared.segments.dropna(subset=["valence"]).reset_index(drop=True)
    given = given[given["code"].isin(compared.codes)].reset_index(drop=True)
    row, unit, shared = touching(compared.frame, given)
    table = pd.DataFrame(
        {
            "coder": pd.Index(compared.coders).get_indexer(given["coder"])[row],
            "unit": unit,
            "code": pd.Index(compared.codes).get_indexer(given["code"])[row],
            "valence": given["valence"].to_numpy()[row],
            "shared": -shared,
        }
    )
    reached = compared.values[table["coder"], table["unit"], table["code"]] == 1
    keys = ["coder", "unit", "code"]
    return (
        table[reached].sort_values([*keys, "shared"], kind="stable").drop_duplicates(keys)[[*keys, "valence"]]
    )


def _counting(codings: pd.DataFrame, coders: Sequence[str], *, with_training: bool) -> pd.DataFrame:
    return codings[
        (codings["status"] == "confirmed")
        & codings["kind"].isin(EVIDENCE_KINDS)
        & codings["coder"].isin(coders)
        & (with_training | (codings["round"] != TRAINING))
    ]


def _of_major(codings: pd.DataFrame, version: str | None) -> tuple[pd.DataFrame, str]:
    majors = codings["codebook"].map(major)
    if version is not None:
        return codings[majors == major(version)], version
    if majors.nunique() > 1:
        found = ", ".join(sorted(set(majors)))
        raise WrongUse(f"version: codings of one MAJOR version must be compared, found {found}; name one")
    versions = sorted(set(codings["codebook"]), key=lambda text: [int(part) for part in text.split(".")])
    return codings, versions[-1] if versions else ""


def _said(stretches: pd.DataFrame, sources: list[str]) -> pd.DataFrame:
    kept = ~stretches["is_interviewer"].astype(bool) & stretches["source"].isin(sources)
    return (
        stretches.loc[kept, ["source", "start", "end"]]
        .sort_values(["source", "start", "end"])
        .reset_index(drop=True)
    )


def _frame(
    unit: Unit, sentences: pd.DataFrame, spans: pd.DataFrame, segments: pd.DataFrame, sources: list[str]
) -> pd.DataFrame:
    if unit == "sentence":
        frame = sentences[~sentences["is_interviewer"].astype(bool) & sentences["source"].isin(sources)]
        frame = frame[["source", "sentence", "start", "end"]].rename(columns={"sentence": "unit"})
        return frame.sort_values(["source", "start"], ignore_index=True).assign(weight=1)
    if unit == "turn":
        return spans.assign(unit=spans.groupby("source").cumcount(), weight=1)
    pieces = []
    for source, own in spans.groupby("source", sort=True):
        marks = segments[segments["source"] == source]
        edges = np.unique(pd.concat([own["start"], own["end"], marks["start"], marks["end"]]))
        within = np.searchsorted(own["start"], edges[:-1], side="right") - 1
        inside = (within >= 0) & (edges[:-1] < own["end"].to_numpy()[within])
        cut = pd.DataFrame({"source": source, "start": edges[:-1][inside], "end": edges[1:][inside]})
        pieces.append(cut.assign(unit=range(len(cut))))
    frame = pd.concat(pieces, ignore_index=True) if pieces else spans.assign(unit=0)
    return frame.assign(weight=frame["end"] - frame["start"])


def touching(frame: pd.DataFrame, segments: pd.DataFrame) -> tuple[Whole, Whole, Whole]:
    """Pair every segment with the units it touches: row of the segment, row of the unit, shared characters.

    Both have source, start and end; the units are in order and do not overlap.
    """
    reach = pd.concat([frame[["source", "end"]], segments[["source", "end"]]]).groupby("source")["end"].max()
    offset = (reach + 1).cumsum().shift(fill_value=0)
    base, own = offset.reindex(frame["source"]).to_numpy(), offset.reindex(segments["source"]).to_numpy()
    unit_start, unit_end = frame["start"].to_numpy() + base, frame["end"].to_numpy() + base
    start, end = segments["start"].to_numpy() + own, segments["end"].to_numpy() + own
    first = np.searchsorted(unit_end, start, side="right")
    n_touched = np.maximum(np.searchsorted(unit_start, end, side="left") - first, 0)
    row = np.repeat(np.arange(len(segments)), n_touched)
    unit = np.arange(n_touched.sum()) + np.repeat(
        first - np.concatenate([[0], n_touched.cumsum()[:-1]])[: len(first)], n_touched
    )
    shared = np.minimum(unit_end[unit], end[row]) - np.maximum(unit_start[unit], start[row])
    return row, unit, shared.astype(np.int64)


def _values(
    frame: pd.DataFrame, segments: pd.DataFrame, axes: tuple[Sequence[str], Sequence[str]], cover: float
) -> NDArray[np.int8]:
    coders, codes = axes
    values = np.zeros((len(coders), len(frame), len(codes)), dtype=np.int8)
    whole = merged(segments[segments["code"].isin(codes)], _SEGMENT)
    if whole.empty or frame.empty:
        return values
    row, unit, shared = touching(frame, whole)
    who = pd.Index(coders).get_indexer(whole["coder"])[row]
    what = pd.Index(codes).get_indexer(whole["code"])[row]
    cell, place = np.unique(np.ravel_multi_index((who, unit, what), values.shape), return_inverse=True)
    covered = np.bincount(place, weights=shared)
    lengths = (frame["end"] - frame["start"]).to_numpy()[cell // len(codes) % len(frame)]
    values.flat[cell[covered >= cover * lengths]] = 1
    return values
