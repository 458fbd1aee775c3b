"""What interviews and survey say together: a proposed label per site and row, until researchers decide."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import pandas as pd

STANDING_COLUMNS = "standing n_new n_gone n_changed".split()
SETTLED_COLUMNS = [*"site code rating proposed n_sources stability rationale".split(), *STANDING_COLUMNS]
JOINT_COLUMNS = (
    "site row qual_state quant_state label_proposed lean label n_sources n_pairs diff lo hi rating standing "
    "rationale"
).split()

QualState = Literal["pos", "neg", "mixed", "neutral", "absent"]
QuantState = Literal["up", "down", "none", "unclear", "absent", "too_few", "suppressed"]
Relation = Literal["same_object", "explains"]
NegMeans = Literal["no_improvement", "worsening"]
Lean = Literal["agreement", "dissonance"]
LabelKey = Literal[
    "agreement",
    "partial",
    "dissonance",
    "inconclusive",
    "silence_qual",
    "silence_quant",
    "no_data",
    "not_covered",
    "too_few",
    "suppressed",
    "consistent",
    "in_spite_of",
    "expected_change_absent",
]

RATING_STATES: dict[str, QualState] = {
    "2": "pos",
    "1": "pos",
    "0": "neutral",
    "-1": "neg",
    "-2": "neg",
    "X": "mixed",
    "M": "absent",
}
SAME_OBJECT: dict[tuple[str, str], LabelKey] = {
    ("pos", "up"): "agreement",
    ("pos", "down"): "dissonance",
    ("pos", "none"): "partial",
    ("neg", "up"): "dissonance",
    ("neg", "down"): "partial",
    ("neg", "none"): "agreement",
    ("mixed", "up"): "partial",
    ("mixed", "down"): "partial",
    ("mixed", "none"): "partial",
    ("neutral", "up"): "partial",
    ("neutral", "down"): "partial",
    ("neutral", "none"): "agreement",
}
WORSENING: dict[tuple[str, str], LabelKey] = SAME_OBJECT | {
    ("neg", "down"): "agreement",
    ("neg", "none"): "partial",
}
EXPLAINS: dict[tuple[str, str], LabelKey] = {
    ("pos", "up"): "consistent",
    ("neg", "down"): "consistent",
    ("neg", "none"): "consistent",
    ("neg", "up"): "in_spite_of",
    ("pos", "down"): "expected_change_absent",
    ("pos", "none"): "expected_change_absent",
}


class Label(NamedTuple):
    """How the strands relate, and where an inconclusive row leans."""

    label: LabelKey
    lean: Lean | None = None


def label(
    qual: QualState,
    quant: QuantState,
    *,
    relation: Relation = "same_object",
    neg_means: NegMeans = "no_improvement",
    diff: float = math.nan,
    could_qual: bool = True,
    could_quant: bool = True,
) -> Label:
    """Propose how a rating and a change relate.

    Parameters
    ----------
    qual, quant
        State of the settled rating (see ``qual_state``) and of the change.
    relation
        ``same_object``: both strands speak of one thing. ``explains``: a factor beside an outcome, which is
        never called agreement.
    neg_means
        Whether a negative rating says that the thing did not improve, or that it got worse.
    diff
        Estimated change; it decides where an unclear change leans. nan does not lean.
    could_qual, could_quant
        Whether the strand could have spoken: the guide asked, the instrument was there. Only then is its
        absence a silence; otherwise the row is ``not_covered``.

    Returns
    -------
    Label
        A change of too few people, or one that is suppressed, is told as such and says nothing else.

    References
    ----------
    O'Cathain, A., Murphy, E., & Nicholl, J. (2010). Three techniques for integrating data in mixed methods
    studies. *BMJ*, 341, c4587. ``inconclusive`` is ours: without it a wide interval becomes false dissonance.

    Examples
    --------
    >>> label("pos", "up"), label("pos", "unclear", diff=-0.06)
    (Label(label='agreement', lean=None), Label(label='inconclusive', lean='dissonance'))
    """
    if quant == "suppressed" or quant == "too_few":
        return Label(quant)
    if qual == "absent" or quant == "absent":
        return Label(_absence(qual == "absent", quant == "absent", could_qual, could_quant))
    if relation == "explains":
        return Label(EXPLAINS.get((qual, quant), "inconclusive"))
    if quant == "unclear":
        return Label("inconclusive", _lean(qual, diff))
    return Label((WORSENING if neg_means == "worsening" else SAME_OBJECT)[qual, quant])


def _absence(no_qual: bool, no_quant: bool, could_qual: bool, could_quant: bool) -> LabelKey:
    if no_qual and no_quant:
        return "no_data" if could_qual or could_quant else "not_covered"
    if no_qual:
        return "silence_qual" if could_qual else "not_covered"
    return "silence_quant" if could_quant else "not_covered"


def _lean(qual: QualState, diff: float) -> Lean | None:
    if qual not in {"pos", "neg"} or math.isnan(diff):
        return None
    return "agreement" if (diff > 0) == (qual == "pos") else "dissonance"


def qual_state(ratings: Iterable[str]) -> QualState:
    """State of the settled ratings of the codes behind one row.

    Codes without evidence (``M``) are left out; direction beats neutral; both directions, or a mixed rating,
    are mixed; nothing left is absent.

    Examples
    --------
    >>> qual_state(["2"]), qual_state(["1", "0", "M"]), qual_state(["1", "-1"]), qual_state([])
    ('pos', 'pos', 'mixed', 'absent')
    """
    states = {RATING_STATES[rating] for rating in ratings} - {"absent"}
    if not states:
        return "absent"
    directions = states - {"neutral"}
    if not directions:
        return "neutral"
    return directions.pop() if len(directions) == 1 else "mixed"


def is_weak(
    n_sources: int | None, n_people: int | None, *, min_sources: int = 3, min_people: int = 10
) -> bool:
    """Tell whether a row rests on too little; a strand that is absent (None) is not counted.

    Examples
    --------
    >>> is_weak(6, 12), is_weak(2, 40), is_weak(6, None)
    (False, True, False)
    """
    few_sources = n_sources is not None and n_sources < min_sources
    return few_sources or (n_people is not None and n_people < min_people)


def settled_evidence(
    settled: pd.DataFrame, proposed: pd.DataFrame, practice_sources: pd.DataFrame
) -> pd.DataFrame:
    """Add to settled ratings how many sources they rest on, and how stable the proposal is.

    Parameters
    ----------
    settled
        ``site code rating proposed rationale``, of factors and skills, and ``STANDING_COLUMNS``.
    proposed
        The proposals of factors: ``site code n_sources stability``.
    practice_sources
        The sources that speak of a skill: ``site skill n_sources``.

    Returns
    -------
    DataFrame
        Columns ``SETTLED_COLUMNS``. ``n_sources`` is absent for a code that is neither; ``stability`` is nan
        for skills, whose practice is not proposed by rule.
    """
    factors = proposed[["site", "code", "n_sources", "stability"]]
    skills = practice_sources.rename(columns={"skill": "code"})[["site", "code", "n_sources"]]
    rests_on = pd.concat([factors, skills.assign(stability=float("nan"))], ignore_index=True)
    table = settled.merge(rests_on, on=["site", "code"], how="left", validate="one_to_one")
    return table.astype({"n_sources": "Int64", "stability": "float64"})[SETTLED_COLUMNS]


def joint_display(
    rows: pd.DataFrame,
    settled: pd.DataFrame,
    change: pd.DataFrame,
    asked: pd.DataFrame,
    *,
    sites: Sequence[str],
    fit: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Set the strands side by side, per site and row of the joint display.

    Parameters
    ----------
    rows
        ``row codes scale item relation neg_means``: what belongs together, fixed before the analysis.
        ``codes`` is a sequence of code ids; ``scale`` (else ``item``) names the rows of ``change``; absent:
        no survey.
    settled
        ``site code rating n_sources``: ratings that researchers settled, "-2" to "2", "X" or "M"; with
        ``standing`` where it is known.
    change
        The change table; only rows of a site are used, never the pooled ones.
    asked
        ``site source code asked``: whether the guide of a source asks about a code.
    fit
        ``site row label rationale``: what researchers decided; without it no row has a final label.

    Returns
    -------
    DataFrame
        Columns ``JOINT_COLUMNS``, a row per site and row of the map. ``rating`` holds the ratings of the
        row's codes in their order, ``n_sources`` the most sources behind any of them, ``standing`` is
        ``stale`` when one of them is, else ``unpinned`` when one of them is. The survey could have
        spoken when it has the scale and the site took part in both waves. ``label`` and ``rationale`` are
        absent until decided; ``n_pairs`` is absent where people are not linked.
    """
    evidence = _Evidence(settled, change, asked)
    told = [_row(site, row, evidence) for site in sites for row in rows.to_dict("records")]
    table = pd.DataFrame(told, columns=JOINT_COLUMNS).drop(columns=["label", "rationale"])
    decided = pd.DataFrame(columns=["site", "row", "label", "rationale"], dtype="str") if fit is None else fit
    decided = decided[["site", "row", "label", "rationale"]]
    table = table.merge(decided, on=["site", "row"], how="left", validate="many_to_one")
    return table[JOINT_COLUMNS].astype({"n_sources": "Int64", "n_pairs": "Int64"})


class _Evidence:
    """The frames of both strands, indexed once for many look-ups."""

    def __init__(self, settled: pd.DataFrame, change: pd.DataFrame, asked: pd.DataFrame) -> None:
        ratings = settled.reindex(columns=["site", "code", "rating", "n_sources", "standing"])
        self.ratings = {(r["site"], r["code"]): r for r in ratings.to_dict("records")}
        self.change = {(r["site"], r["scale"]): r for r in change.to_dict("records")}
        self.measured = set(change["scale"])
        took_part = (change["n_before"].fillna(0) > 0) & (change["n_after"].fillna(0) > 0)
        self.surveyed = set(change.loc[took_part, "site"])
        questions = asked.loc[asked["asked"].astype(bool), ["site", "code"]]
        self.asked = set(questions.itertuples(index=False, name=None))


def _row(site: str, row: dict[str, Any], evidence: _Evidence) -> dict[str, object]:
    codes = list(row["codes"])
    scale = row["item"] if pd.isna(row["scale"]) else row["scale"]
    rated = [evidence.ratings[site, code] for code in codes if (site, code) in evidence.ratings]
    ratings = [str(rating["rating"]) for rating in rated]
    standings = {rating["standing"] for rating in rated}
    measured = evidence.change.get((site, scale), {})
    qual, quant = qual_state(ratings), measured.get("state", "absent")
    proposed = label(
        qual,
        quant,
        relation=row["relation"],
        neg_means=row["neg_means"],
        diff=measured.get("diff", math.nan),
        could_qual=any((site, code) in evidence.asked for code in codes),
        could_quant=scale in evidence.measured and site in evidence.surveyed,
    )
    return {
        "site": site,
        "row": row["row"],
        "qual_state": qual,
        "quant_state": quant,
        "label_proposed": proposed.label,
        "lean": proposed.lean,
        "n_sources": max((r["n_sources"] for r in rated if not pd.isna(r["n_sources"])), default=None),
        "rating": " ".join(ratings) or None,
        "standing": next((state for state in ("stale", "unpinned", "current") if state in standings), None),
        **{name: measured.get(name) for name in ("n_pairs", "diff", "lo", "hi")},
    }
