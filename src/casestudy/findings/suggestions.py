"""Suggested codings from the terms and patterns of the codebook.

A suggestion says that a topic is named; it never says whether that topic helps or hinders, and it is not a
coding. How well suggestions agree with people is in :mod:`casestudy.findings.evaluation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import regex

from casestudy.errors import WrongUse
from casestudy.findings import dictionary
from casestudy.findings.audit import audit_share, drift
from casestudy.findings.evaluation import averages, evaluate, gate, random_frame, units

COLUMNS = ["source", "sentence", "start", "end", "code", "matched"]
QUICK = 1 / 20  # share of the time limit in which a pattern goes through an ordinary sentence
N_SLOW = 4  # sentences on which it may take longer


@dataclass(frozen=True, slots=True, eq=False)
class Suggestions:
    """What the patterns found, and the codes that got no suggestions because a pattern took too long.

    ``table`` has one row per sentence and code: source, sentence, start, end (of the sentence), code, matched
    (the words that triggered it).
    """

    table: pd.DataFrame
    timed_out: tuple[str, ...]


def suggest(
    sentences: pd.DataFrame,
    patterns: Mapping[str, Sequence[str]],
    terms: Mapping[str, Sequence[str]] | None = None,
    timeout: float = 1.0,
) -> Suggestions:
    r"""Suggest each code for the participant sentences that one of its terms or patterns finds.

    Parameters
    ----------
    sentences
        One row per sentence: source, sentence, start, end, text, is_interviewer. What an interviewer says is
        never suggested.
    patterns
        Per code the regular expressions that name its topic, matched without regard to case; ``\b`` and
        ``\w`` know all letters.
    terms
        Per code the terms of the dictionary (:mod:`casestudy.findings.terms`). A code without terms and
        patterns gets no suggestions.
    timeout
        Seconds that one pattern may waste. Terms need no limit.

    Returns
    -------
    Suggestions
        At most one suggestion per sentence and code, in order of source, place and code; ``matched`` are the
        first words that a term found, else those of the first pattern. A code of which one pattern takes too
        long is named in ``timed_out`` and has no suggestions at all, because part of them would look like all
        of them.

    Raises
    ------
    WrongUse
        When a term or pattern cannot be read; named by its code.

    Examples
    --------
    >>> said = pd.DataFrame({"source": "a-01", "sentence": [1, 2], "start": [0, 21], "end": [20, 41],
    ...     "text": ["Er is geen informatie", "Er is geen formatie."], "is_interviewer": False})
    >>> found = suggest(said, {"M21": [r"\bformatie\b"]}, {"M17": ["informatie*"]})
    >>> found.table[["sentence", "code", "matched"]].values.tolist()
    [[1, 'M17', 'informatie'], [2, 'M21', 'formatie']]
    """
    said = sentences.loc[~sentences["is_interviewer"].astype(bool)]
    said = said.sort_values(["source", "start", "end"], kind="stable").reset_index(drop=True)
    texts = said["text"].tolist()
    by_code = _named(texts, terms or {})
    timed_out: list[str] = []
    for code in sorted(patterns):
        try:
            _match(texts, code, patterns[code], timeout, by_code.setdefault(code, {}))
        except TimeoutError:
            timed_out.append(code)
            del by_code[code]
    found = sorted((place, code, words) for code, ones in by_code.items() for place, words in ones.items())
    table = said.iloc[[place for place, _, _ in found]][["source", "sentence", "start", "end"]]
    table = table.reset_index(drop=True)
    table["code"] = pd.Series([code for _, code, _ in found], dtype="str")
    table["matched"] = pd.Series([words for _, _, words in found], dtype="str")
    return Suggestions(table[COLUMNS], tuple(timed_out))


def _named(texts: Sequence[str], terms: Mapping[str, Sequence[str]]) -> dict[str, dict[int, str]]:
    """Words of the first term in each text, by code and place."""
    compiled = dictionary.compile(terms)
    whole = pd.DataFrame({"document": range(len(texts)), "start": 0, "end": [len(text) for text in texts]})
    first = compiled.find_all(texts, whole).table().drop_duplicates(["document", "code"])
    found: dict[str, dict[int, str]] = {}
    for document, start, end, code in first[["document", "start", "end", "code"]].itertuples(index=False):
        found.setdefault(code, {})[document] = texts[document][start:end]
    return found


def _match(
    texts: Sequence[str], code: str, patterns: Sequence[str], timeout: float, found: dict[int, str]
) -> None:
    """Add the first match in each text without one; TimeoutError when one pattern wastes too much time."""
    for pattern in pd.Series(list(patterns), dtype="str").str.normalize("NFC"):
        compiled = _compile(code, pattern)
        n_slow = 0
        for place, text in enumerate(texts):
            if place in found:
                continue
            try:
                match = compiled.search(text, timeout=timeout * QUICK)
            except TimeoutError:
                n_slow += 1
                if n_slow > N_SLOW:
                    raise
                match = compiled.search(text, timeout=timeout * (1 / N_SLOW - QUICK))
            if match is not None:
                found[place] = match.group()


def _compile(code: str, pattern: str) -> regex.Pattern[str]:
    try:
        return regex.compile(pattern, regex.IGNORECASE | regex.UNICODE)
    except (regex.error, RecursionError) as fault:
        raise WrongUse(f"a pattern of code `{code}` cannot be read: {fault}") from None


__all__ = [
    "COLUMNS",
    "Suggestions",
    "audit_share",
    "averages",
    "drift",
    "evaluate",
    "gate",
    "random_frame",
    "suggest",
    "units",
]
