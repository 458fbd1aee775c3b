"""What each audience may see: thresholds, suppression, rounding, and words in place of small numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from casestudy.findings.counts import spread_word
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


def hidden(counts: Sequence[float], minimum: int) -> tuple[bool, ...]:
    """Tell which counts of one row must be left out when their total is published.

    A count below ``minimum`` is hidden, zero included. What is hidden together must then be at least two
    counts with a total of at least ``minimum``; until it is, the smallest shown count is hidden too.

    Parameters
    ----------
    counts
        Counts that add up to a published total; nan where nothing could exist, which is neither shown nor
        hidden.
    minimum
        Smallest count that may be shown.

    Returns
    -------
    tuple of bool
        For every position, whether it is hidden.

    Examples
    --------
    >>> [i + 1 for i, out in enumerate(hidden([12, 9, 3, 8, 7], 5)) if out]
    [3, 5]
    """
    return hidden_together([counts], minimum)


def hidden_together(
    rows: Sequence[Sequence[float]], minimum: int, *, forced: Iterable[int] = ()
) -> tuple[bool, ...]:
    """Tell which positions must be left out when several rows of counts over them are published.

    Parameters
    ----------
    rows
        Rows of counts, each with a published total; see :func:`hidden`.
    minimum
        Smallest count that may be shown.
    forced
        Positions that are hidden for another reason.

    Examples
    --------
    >>> hidden_together([[12, 9, 8, 7], [9, 3, 8, 7]], 5)
    (False, True, False, True)
    """
    real = [{i: n for i, n in enumerate(row) if not math.isnan(n)} for row in rows]
    out = {i for row in real for i, n in row.items() if n < minimum} | set(forced)
    while open_rows := [row for row in real if _gives_away(row, out, minimum)]:
        reach = {i: sum(i in row for row in open_rows) for row in open_rows for i in row if i not in out}
        out.add(min(reach, key=lambda i: (-reach[i], sum(row.get(i, 0) for row in open_rows), i)))
    return tuple(i in out for i in range(len(rows[0]) if rows else 0))


def _gives_away(row: Mapping[int, float], out: set[int], minimum: int) -> bool:
    """Whether what is hidden in a row could be worked out, while another count could still be hidden."""
    gone = [n for i, n in row.items() if i in out]
    return 0 < len(gone) < len(row) and (len(gone) < 2 or sum(gone) < minimum)


@dataclass(frozen=True, slots=True)
class Spread:
    """How many of a group, as far as a reader may know: a word, and exact numbers where safe."""

    word: str
    n: int | None = None
    n_of: int | None = None


def conversations(n: int, n_of: int, limits: Limits) -> Spread:
    """Say in how many conversations something came up.

    Exact numbers only when both those who did and those who did not reach the minimum; otherwise a word.
    ``all`` and ``none`` of a group are never stated, and outside the research team neither is ``one``.

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
    word = _word(max(n, 1), max(n_of, n, 1))
    if word == "one" and limits.audience != "internal":
        word = "few"
    if limits.shows(n) and limits.shows(n_of - n):
        return Spread(word, limits.count(n), limits.count(n_of))
    return Spread(word)


def _word(n: int, n_of: int) -> str:
    """Choose the word for a share.

    ``all`` is never said: above nine in ten it becomes ``almost``. In a group of ten or fewer that would
    still mean everyone, so there ``most`` includes everyone; of five or fewer it also includes everyone but
    one.
    """
    if 10 * n >= 9 * n_of:
        return "almost" if n_of > 10 else "most"
    if 2 < n_of <= 5 and n == n_of - 1:
        return "most"
    return spread_word(n, n_of)


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
    if not (limits.shows(n) and limits.shows(n_of - n)) or 10 * n >= 9 * n_of:
        word = _word(max(int(n), 2), int(n_of))
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
    return decimal(mean, 1)


def decimal(value: float, decimals: int) -> float:
    """Round a number to so many decimals, half away from zero; nan stays nan.

    Examples
    --------
    >>> decimal(0.985, 2), decimal(-0.045, 2), decimal(0.0004, 3)
    (0.99, -0.05, 0.0)
    """
    if math.isnan(value):
        return math.nan
    scale = 10.0**decimals
    return math.copysign(math.floor(abs(round(value * scale, 9)) + 0.5), value) / scale + 0.0


def band(n: int, minimum: int) -> tuple[int, int | None]:
    """Give the first and last number of the band a count falls in; an open end is None.

    The band below the minimum starts at 0.

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
