"""What each version of the codebook changed, and what nobody looked for yet: frames per site, and of all."""

from __future__ import annotations

import pandas as pd

from casestudy.material.crosswalk import Affected, Carried

CHANGES = {
    **dict.fromkeys(["version", "code", "change"], "str"),
    "n_codings_affected": "int64",
    **dict.fromkeys(["became", "note"], "str"),
}


def changes(found: Carried) -> pd.DataFrame:
    """Frame of every change of a code, columns ``CHANGES``; ``became`` holds the codes after it.

    The first four columns are those of methods B7, ``code_changes.csv``.
    """
    rows = [
        (one.version, one.code, one.change, one.n_codings_affected, " ".join(one.to), one.note)
        for one in found.affected
    ]
    return pd.DataFrame(rows, columns=list(CHANGES)).astype(CHANGES)


def not_screened(found: Carried) -> pd.DataFrame:
    """Frame of the sources in which nobody looked for a newer code yet: source and code."""
    return pd.DataFrame(found.unscreened, columns=["source", "code"], dtype="str")


def of_sites(changes: pd.DataFrame, unscreened: pd.DataFrame) -> Carried:
    """Put together what the sites' frames of changes and of sources not yet screened tell.

    Examples
    --------
    >>> one = pd.DataFrame([("2.0.0", "M13", "split", 3, "M13a M13b", "twee")], columns=list(CHANGES))
    >>> none = pd.DataFrame(columns=["source", "code"])
    >>> of_sites(pd.concat([one, one]), none).affected[0].n_codings_affected
    6
    """
    n_of: dict[tuple[str, str, str, tuple[str, ...], str | None], int] = {}
    for row in changes[list(CHANGES)].itertuples(index=False):
        note = None if pd.isna(row.note) else str(row.note)
        became = () if pd.isna(row.became) else tuple(str(row.became).split())
        key = (str(row.version), str(row.code), str(row.change), became, note)
        n_of[key] = n_of.get(key, 0) + int(row.n_codings_affected)
    affected = tuple(
        Affected(v, code, change, n, to, note) for (v, code, change, to, note), n in n_of.items()
    )
    pairs = unscreened[["source", "code"]].itertuples(index=False, name=None)
    return Carried((), affected=affected, unscreened=tuple(pairs))
