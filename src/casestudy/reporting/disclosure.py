"""What each audience may see: thresholds, suppression, rounding and the words that stand in for small numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from casestudy.study import Audience, Study

BANDS = (5, 10, 20, 50, 100)
PUBLIC_BASE = 5


@dataclass(frozen=True, slots=True, order=True)
class Withheld:
    """One value that was left out: by which rule, and where it would have stood."""

    rule: str
    place: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The disclosure rules for one audience, taken from the study's thresholds.

    Parameters
    ----------
    minimum
        Smallest count, denominator or n of a mean that is shown.
    tested
        Smallest n of a site whose change is tested and not only described.
    percent_base
        Smallest denominator of a percentage; below it a reader gets ``x of y``.
    conversations, roles
        From how many conversations, of how many role classes, the strength of a factor is shown.
    base
        Published counts are multiples of this.
    """

    audience: Audience
    minimum: int = 5
    tested: int = 10
    percent_base: int = 20
    conversations: int = 3
    roles: int = 2
    base: int = 1

    def count(self, n: float) -> int:
        """Round a count to the base of this audience, half up.

        Examples
        --------
        >>> Limits("public", base=5).count(12), Limits("site").count(12)
        (10, 12)
        """
        return math.floor(n / self.base + 0.5) * self.base

    def shows(self, n: float) -> bool:
        """Whether a count this large may be shown; an absent count is never shown."""
        return not math.isnan(n) and n >= self.minimum


def limits(study: Study, audience: Audience) -> Limits:
    """Take the rules for one audience from a study."""
    rules = study.thresholds.disclosure
    return Limits(
        audience=audience,
        minimum=study.minimum(audience),
        tested=max(rules.min_site_tested, study.minimum(audience)),
        percent_base=rules.min_percent_base,
        conversations=rules.min_conversations,
        roles=rules.min_roles,
        base=PUBLIC_BASE if audience == "public" else 1,
    )


def hidden(counts: Sequence[float], minimum: int, *, forced: Iterable[int] = ()) -> tuple[bool, ...]:
    """Which counts of one row must be left out when their total is published.

    A count below ``minimum`` is hidden, zero included. Whatever is hidden together must then be at least two counts
    with a total of at least ``minimum``; until it is, the smallest shown count is hidden too.

    Parameters
    ----------
    counts
        Counts that add up to a published total; nan where nothing could exist (it is neither shown nor hidden).
    minimum
        Smallest count that may be shown.
    forced
        Positions that are hidden for another reason.

    Returns
    -------
    tuple of bool
        For every position, whether it is hidden.

    Examples
    --------
    >>> [i + 1 for i, out in enumerate(hidden([12, 9, 3, 8, 7], 5)) if out]
    [3, 5]
    """
    real = {i: n for i, n in enumerate(counts) if not math.isnan(n)}
    out = {i for i, n in real.items() if n < minimum} | (set(forced) & real.keys())
    while out and (len(out) < 2 or sum(real[i] for i in out) < minimum):
        shown = [i for i in real if i not in out]
        if not shown:
            break
        out.add(min(shown, key=lambda i: (real[i], i)))
    return tuple(i in out for i in range(len(counts)))


def hidden_together(rows: Sequence[Sequence[float]], minimum: int, *, forced: Iterable[int] = ()) -> tuple[bool, ...]:
    """Which positions must be left out when several rows of counts are published over the same positions.

    Examples
    --------
    >>> hidden_together([[12, 9, 8, 7], [9, 3, 8, 7]], 5)
    (False, True, False, True)
    """
    out = set(forced)
    while True:
        more = {i for row in rows for i, hide in enumerate(hidden(row, minimum, forced=out)) if hide} | out
        if more == out:
            return tuple(i in out for i in range(len(rows[0]) if rows else 0))
        out = more


@dataclass(frozen=True, slots=True)
class Spread:
    """How many of a group, as far as a reader may know: a word, and exact numbers only where they are safe."""

    word: str
    n: int | None = None
    n_of: int | None = None


def conversations(n: int, n_of: int, limits: Limits) -> Spread:
    """Say in how many conversations something came up.

    Exact numbers only when both those who did and those who did not reach the minimum; otherwise a word. ``all`` and
    ``none`` of a group are never stated, and outside the research team neither is ``one``.

    Returns
    -------
    Spread
        ``word`` is one of ``one few part most almost``.

    Examples
    --------
    >>> conversations(22, 40, Limits("public", minimum=10, base=5))
    Spread(word='part', n=20, n_of=40)
    >>> conversations(5, 6, Limits("site")).word, conversations(6, 6, Limits("site")).word
    ('most', 'most')
    >>> conversations(1, 8, Limits("internal")).word, conversations(1, 8, Limits("site")).word
    ('one', 'few')
    """
    word = _word(n, n_of)
    if word == "one" and limits.audience != "internal":
        word = "few"
    if limits.shows(n) and limits.shows(n_of - n):
        return Spread(word, limits.count(n), limits.count(n_of))
    return Spread(word)


def _word(n: int, n_of: int) -> str:
    """The word for a share; in a small group ``most`` includes everyone, so that it never means exactly everyone."""
    if n > 0.9 * n_of:
        return "almost" if n_of > 10 else "most"
    if n == 1 and n_of > 3:
        return "one"
    if 3 * n > 2 * n_of or (n_of <= 5 and n == n_of - 1 and n_of > 2):
        return "most"
    return "part" if 3 * n >= n_of else "few"


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share of respondents as a reader may see it.

    Parameters
    ----------
    form
        ``percent``, ``of`` (x of y), ``word`` or ``hidden``.
    share
        Whole hundredths; only for ``percent`` and ``of``.
    n, n_of
        Numerator (only for ``of``) and denominator.
    word
        ``few part most almost``; only for ``word``.
    """

    form: str
    share: float = math.nan
    n: float = math.nan
    n_of: float = math.nan
    word: str = ""


def proportion(n: float, n_of: float, limits: Limits) -> Proportion:
    """Say which share of respondents did something.

    Examples
    --------
    >>> proportion(41, 52, Limits("site")).share, proportion(8, 14, Limits("site")).form
    (0.79, 'of')
    >>> proportion(60, 62, Limits("site")).word, proportion(0, 7, Limits("site")).form
    ('almost', 'hidden')
    """
    if not limits.shows(n_of) or math.isnan(n):
        return Proportion("hidden")
    shown = float(limits.count(n_of))
    if not (limits.shows(n) and limits.shows(n_of - n)) or n > 0.9 * n_of:
        word = _word(int(n), int(n_of)) if n > 1 else "few"
        wide = sum(_word(k, int(n_of)) == word for k in range(2, int(n_of) + 1)) >= limits.minimum / 2
        return Proportion("word", n_of=shown, word=word) if wide else Proportion("hidden", n_of=shown)
    share = hundredths(n / n_of)
    if n_of < limits.percent_base:
        return Proportion("of", share, float(limits.count(n)), shown)
    return Proportion("percent", share, n_of=shown)


def hundredths(share: float) -> float:
    """Round a share to whole percentages, half up."""
    return math.nan if math.isnan(share) else math.floor(share * 100 + 0.5 + 1e-9) / 100


def tenths(mean: float) -> float:
    """Round a mean to one decimal, half away from zero, as every published mean is.

    Examples
    --------
    >>> tenths(0.25), tenths(-0.25), tenths(-0.04)
    (0.3, -0.3, 0.0)
    """
    if math.isnan(mean):
        return math.nan
    return math.copysign(math.floor(abs(round(mean * 10, 9)) + 0.5), mean) / 10 + 0.0


def band(n: int, minimum: int) -> tuple[int, int | None]:
    """The band a count falls in, as first and last number; an open end is None, below the minimum starts at 0.

    Examples
    --------
    >>> band(12, 5), band(3, 5), band(7, 10), band(250, 5)
    ((10, 19), (0, 4), (0, 9), (100, None))
    """
    edges = sorted({minimum, *(edge for edge in BANDS if edge > minimum)})
    if n < edges[0]:
        return 0, edges[0] - 1
    low = max(edge for edge in edges if edge <= n)
    above = [edge for edge in edges if edge > low]
    return low, (above[0] - 1 if above else None)
