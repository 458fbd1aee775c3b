"""A word with the words around it, wherever it was said."""

from __future__ import annotations

import unicodedata

import pandas as pd
import regex

COLUMNS = {
    "source": "str",
    **dict.fromkeys(["turn", "start", "end"], "int64"),
    **dict.fromkeys(["left", "match", "right"], "str"),
}
SPACES = regex.compile(r"\s+")
LETTER = r"[\p{L}\p{M}\p{N}]"


def pattern(term: str) -> str:
    r"""Give the pattern of a term as a whole word; ``*`` stands for any letters, a space for any space.

    Raises
    ------
    ValueError
        When the term holds no letter or digit.

    Examples
    --------
    >>> bool(regex.search(pattern("tijd*"), "Onze TIJDDRUK.", regex.IGNORECASE))
    True
    >>> bool(regex.search(pattern("tijd"), "tijdens", regex.IGNORECASE))
    False
    """
    plain = unicodedata.normalize("NFC", " ".join(term.split()))
    if not regex.search(LETTER, plain):
        raise ValueError("a term must hold a letter or a digit")
    words = (
        regex.escape(plain, special_only=True, literal_spaces=True)
        .replace(r"\*", f"{LETTER}*")
        .replace(" ", r"\s+")
    )
    return rf"(?<!{LETTER}){words}(?!{LETTER})"


def concordance(turns: pd.DataFrame, term: str, *, width: int = 60, timeout: float = 1.0) -> pd.DataFrame:
    """Find a term in turns and give what was said just before and after it.

    Parameters
    ----------
    turns
        One row per turn: source, turn, start, text; ``start`` is the turn's place in its source.
    term
        A word or words; see :func:`pattern`. Case makes no difference.
    width
        Most characters of context on either side, within the same turn; a word is never cut.
    timeout
        Seconds that the search may take in one turn.

    Returns
    -------
    pandas.DataFrame
        source, turn, start and end (code points in the source, half-open), left, match, right; the three
        behind each other are the text, with one space for any white space. In the order of ``turns``.

    Examples
    --------
    >>> said = pd.DataFrame({"source": ["a"], "turn": [1], "start": [100], "text": ["Er is geen tijd voor."]})
    >>> concordance(said, "tijd", width=8)[["start", "left", "match", "right"]].values.tolist()
    [[111, 'is geen ', 'tijd', ' voor.']]
    """
    wanted = regex.compile(pattern(term), regex.IGNORECASE)
    rows = []
    for row in turns.itertuples(index=False):
        text = str(row.text)
        for found in wanted.finditer(text, timeout=timeout):
            left = _end_of(text[: found.start()], width)
            right = _start_of(text[found.end() :], width)
            match = " ".join(found.group().split())
            place = (row.source, row.turn, row.start + found.start(), row.start + found.end())
            rows.append((*place, left, match, right))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _end_of(text: str, width: int) -> str:
    flat = SPACES.sub(" ", text).lstrip()
    return flat if len(flat) <= width else flat[-width - 1 : -1].partition(" ")[2] + flat[-1]


def _start_of(text: str, width: int) -> str:
    flat = SPACES.sub(" ", text).rstrip()
    return flat if len(flat) <= width else flat[0] + flat[1 : width + 1].rpartition(" ")[0]
