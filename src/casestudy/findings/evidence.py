"""What differences allow to say: the sign-flip test, two one-sided tests, and the state of a change."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

N_EXACT = 100  # up to so many differences counting costs well under a millisecond

Values = NDArray[np.float64]
State = Literal["up", "down", "none", "unclear"]


class SignFlip(NamedTuple):
    """Sign-flip test on signed ranks: rank sums, rank-biserial correlation and two-sided p."""

    w_plus: float
    w_minus: float
    r_rb: float  # (w_plus - w_minus) / (w_plus + w_minus); nan when every difference is zero
    p: float
    n_zero: int
    exact: bool


class Equivalence(NamedTuple):
    """Two one-sided tests: ``p`` is the larger of both, the interval has level 1 - 2 alpha."""

    t_lower: float
    t_upper: float
    p: float
    lo: float
    hi: float


def sign_flip(
    differences: ArrayLike, *, zeros: Literal["pratt", "drop"] = "pratt", n_exact: int = N_EXACT
) -> SignFlip:
    """Test whether differences go up as often and as far as down, by flipping their signs.

    Up to a hundred differences the p-value is exact, ties included: every pattern of signs on the observed
    midranks is counted. Above that it comes from the normal approximation with tie and continuity correction,
    which is then within .002 of it.

    Parameters
    ----------
    differences
        After minus before, shape (n,); nan is left out, and values are rounded to ten digits, so that 3.5 -
        2.7 and 3.6 - 2.8 are the same change.
    zeros
        ``pratt`` ranks zeros and then leaves them out of the sums; ``drop`` leaves them out before ranking.
    n_exact
        Above this many ranked differences the normal approximation serves; 0 gives what programs print that
        know no other.

    Returns
    -------
    SignFlip
        ``p`` is 1 when every difference is zero and nan when there is none.

    References
    ----------
    Pratt, J. W. (1959). Remarks on zeros and ties in the Wilcoxon signed rank procedures. *Journal of the
    American Statistical Association*, 54, 655-667.
    Kerby, D. S. (2014). The simple difference formula. *Comprehensive Psychology*, 3, 11.IT.3.1.

    Examples
    --------
    >>> sign_flip([0.2, 0.4, 0.1, 0.3, 0.5, 0.6]).p
    0.03125
    """
    d = np.round(np.asarray(differences, dtype=float), 10)
    d = d[~np.isnan(d)]
    n_zero = int((d == 0).sum())
    ranked = d[d != 0] if zeros == "drop" else d
    ranks = doubled_midranks(np.abs(ranked))
    plus, minus = int(ranks[ranked > 0].sum()), int(ranks[ranked < 0].sum())
    exact = len(ranked) <= n_exact
    if plus + minus == 0:
        return SignFlip(0.0, 0.0, math.nan, 1.0 if len(d) else math.nan, n_zero, exact)
    p = (_exact_p if exact else _normal_p)(ranks[ranked != 0], plus)
    return SignFlip(plus / 2, minus / 2, (plus - minus) / (plus + minus), p, n_zero, exact)


def doubled_midranks(values: Values) -> NDArray[np.int_]:
    """Twice the midrank of each value, which is a whole number even in a tie.

    Examples
    --------
    >>> doubled_midranks(np.array([0.3, 0.1, 0.3])).tolist()
    [5, 2, 5]
    """
    _, place, size = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(size)
    return np.asarray((2 * last - size + 1)[place])


def _exact_p(ranks: NDArray[np.int_], plus: int) -> float:
    """Share of all sign patterns whose sum lies at least as far from the middle."""
    total = int(ranks.sum())
    ways = np.zeros(total + 1)
    ways[0] = 1
    for rank in ranks:
        ways[rank:] = ways[rank:] + ways[:-rank]
    far = np.abs(2 * np.arange(total + 1) - total) >= abs(2 * plus - total)
    return float(ways[far].sum() / 2.0 ** len(ranks))


def _normal_p(ranks: NDArray[np.int_], plus: int) -> float:
    # Ranks are doubled: 1 is the usual correction of one half.
    distance = max(0.0, abs(plus - ranks.sum() / 2) - 1)
    return float(2 * special.ndtr(-distance / math.sqrt(float((ranks**2).sum()) / 4)))


def state(lo: float, hi: float, lo90: float, hi90: float, sesoi: float) -> State:
    """Say what an interval of change allows to say: ``up``, ``down``, ``none`` or ``unclear``.

    ``up`` and ``down`` need a 95 % interval that does not touch zero, ``none`` needs the 90 % interval to lie
    inside plus and minus ``sesoi``, the smallest change of interest. A precise small change meets both: it is
    then told by its direction, because a change that the data show must not be called absent; that it is
    small is told by the estimate beside it. All other intervals, and nan, are ``unclear``: not significant is
    not no change.

    References
    ----------
    Lakens, D. (2017). Equivalence tests: a practical primer. *Social Psychological and Personality Science*,
    8, 355-362.

    Examples
    --------
    >>> state(0.1, 0.3, 0.12, 0.28, 0.4), state(-0.1, 0.1, -0.08, 0.08, 0.4), state(-0.6, 0.4, -0.5, 0.3, 0.4)
    ('up', 'none', 'unclear')
    """
    if lo > 0:
        return "up"
    if hi < 0:
        return "down"
    return "none" if lo90 > -sesoi and hi90 < sesoi else "unclear"


def tost(diff: float, se: float, df: float, bound: float, *, alpha: float = 0.05) -> Equivalence:
    """Two one-sided tests of whether a difference lies inside plus and minus ``bound``.

    Parameters
    ----------
    diff, se, df
        The difference, its standard error (above zero) and degrees of freedom.
    bound
        Smallest difference of interest, in the unit of ``diff``.

    References
    ----------
    Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the power approach.
    *Journal of Pharmacokinetics and Biopharmaceutics*, 15, 657-680.

    Examples
    --------
    >>> round(tost(0.0, 0.1, 20, 0.3).p, 4)
    0.0035
    """
    lower, upper = (diff + bound) / se, (diff - bound) / se
    p = max(float(special.stdtr(df, -lower)), float(special.stdtr(df, upper)))
    half = float(special.stdtrit(df, 1 - alpha)) * se
    return Equivalence(lower, upper, p, diff - half, diff + half)
