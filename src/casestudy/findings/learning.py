"""Suggestions learned from what people coded: how probable a code is in each sentence, never its direction.

Needs scikit-learn, which comes with ``pip install "casestudy[suggest]"``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from casestudy.findings.counts import confirmed
from casestudy.findings.evaluation import MIN_POSITIVES, covered

FOLDS = 5
COLUMNS = ["source", "sentence", "start", "end", "code", "p", "held_out"]


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What was learned: a probability per sentence and code, and the codes with too few examples.

    ``table`` has one row per participant sentence and learned code: source, sentence, start, end, code, p,
    held_out (whether the model that gave p had not seen any sentence of that source; always so). ``few``
    names the codes that were not learned, with the number of sentences that people gave them.
    """

    table: pd.DataFrame
    few: Mapping[str, int]


def learn(
    sentences: pd.DataFrame,
    codings: pd.DataFrame,
    *,
    codes: list[str],
    seed: int,
    folds: int = FOLDS,
    min_positives: int = MIN_POSITIVES,
    cover: float = 0.5,
) -> Learned:
    """Learn each code from the sentences that people gave it, and estimate it for all sentences.

    Words, pairs of words and stretches of three to five letters are weighed by TF-IDF and put in a logistic
    regression per code. Sentences of sources that people coded are estimated by a model that was made without
    their source, those of other sources by a model made of all coded sources: no estimate rests on its own
    answer, nor on what the same person said elsewhere in the conversation.

    Parameters
    ----------
    sentences
        source, sentence, start, end, text, is_interviewer; what an interviewer says is left out.
    codings
        source, start, end, code, kind, status and round; only confirmed codings of people are learned from.
    codes
        Codes to learn, each by itself.
    seed
        Of the division of sources into folds.
    folds
        Number of parts; at most the number of coded sources, of which there must be two.
    min_positives
        A code that people gave to fewer sentences is not learned.
    cover
        Share of a sentence's characters that segments of a code must cover for it to hold the code.

    Returns
    -------
    Learned
        Ordered by source, start and code; p is in [0, 1]. The order of the rows given changes nothing.

    References
    ----------
    Pedregosa, F., et al. (2011). Scikit-learn: Machine learning in Python. *Journal of Machine Learning
    Research*, 12, 2825-2830.

    Examples
    --------
    >>> said = pd.DataFrame({"source": ["a"] * 2 + ["b"] * 2, "sentence": [0, 1] * 2, "start": [0, 11] * 2,
    ...     "end": [10, 20] * 2, "text": ["Geen tijd.", "Het lukt."] * 2, "is_interviewer": False})
    >>> people = pd.DataFrame({"source": ["a", "b"], "start": 0, "end": 10, "code": "M23", "kind": "human",
    ...     "status": "confirmed", "round": "main"})
    >>> learned = learn(said, people, codes=["M23"], seed=1, min_positives=2)
    >>> p = learned.table["p"]
    >>> bool(p[0] > p[1] and p[2] > p[3])
    True
    """
    said = sentences.loc[~sentences["is_interviewer"].astype(bool)]
    said = said.sort_values(["source", "start", "end"], kind="stable").reset_index(drop=True)
    evidence = confirmed(codings, codings[["source"]].drop_duplicates())
    held = covered(said, evidence, cover=cover)
    n_held = {code: int((held["code"] == code).sum()) for code in codes}
    able = [code for code in codes if n_held[code] >= min_positives]
    few = {code: n for code, n in n_held.items() if code not in able}
    fold = _folds(said["source"], sorted(set(evidence["source"])), folds, seed)
    answers = np.zeros((len(said), len(able)), dtype=bool)
    for column, code in enumerate(able):
        answers[held.loc[held["code"] == code, "unit"].to_numpy(), column] = True
    if not able or len(np.unique(fold[fold >= 0])) < 2:
        return Learned(_table(said, [], np.empty((len(said), 0))), {code: n_held[code] for code in codes})
    estimate = np.full(answers.shape, np.nan)
    for part in np.unique(fold):
        train = (fold >= 0) & (fold != part)
        estimate[fold == part] = _estimate(said["text"], answers, train, fold == part)
    return Learned(_table(said, able, estimate), few)


def _folds(source: pd.Series, coded: list[str], folds: int, seed: int) -> np.ndarray:
    """Give the number of the part that each sentence is in by its source; -1 where nobody coded."""
    order = np.random.default_rng(seed).permutation(len(coded))
    n_folds = max(min(folds, len(coded)), 1)
    part = {coded[place]: number % n_folds for number, place in enumerate(order.tolist())}
    return np.array([part.get(name, -1) for name in source], dtype=np.int64)


def _estimate(texts: pd.Series, answers: np.ndarray, train: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Probability per wanted sentence and code from the sentences of ``train``, shape (n_wanted, n_codes)."""
    known, asked = _weighed(texts[train].tolist(), texts[wanted].tolist())
    estimate = np.zeros((asked.shape[0], answers.shape[1]))
    for column in range(answers.shape[1]):
        answer = answers[train, column]
        if answer.all() or not answer.any():
            # Nothing to tell apart: all examples lie in the part that was left out.
            estimate[:, column] = float(answer.all())
        else:
            # In its dual form, for there are many more features than sentences.
            model = LogisticRegression(C=10.0, solver="liblinear", dual=True, random_state=0, max_iter=1000)
            estimate[:, column] = model.fit(known, answer).predict_proba(asked)[:, 1]
    return estimate


def _weighed(known: list[str], asked: list[str]) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    both = (
        TfidfVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), sublinear_tf=True),  # noqa: S106
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
    )
    trained = sparse.hstack([one.fit_transform(known) for one in both], format="csr")
    return trained, sparse.hstack([one.transform(asked) for one in both], format="csr")


def _table(said: pd.DataFrame, codes: list[str], estimate: np.ndarray) -> pd.DataFrame:
    places = said[["source", "sentence", "start", "end"]]
    table = places.loc[places.index.repeat(len(codes))].reset_index(drop=True)
    table["code"] = pd.Series(codes * len(said), dtype="str")
    return table.assign(p=estimate.ravel(), held_out=True)[COLUMNS]
