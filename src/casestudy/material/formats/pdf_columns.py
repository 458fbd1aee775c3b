"""The order in which the words of a printed page are read: lines, columns, and tables of speakers."""

from __future__ import annotations

import bisect
import itertools
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

# Two stretches stand on one line when their baselines differ by less than this share of their size.
_BASELINE = 0.4
# What stands left of a gutter and what stands right of it, before it parts columns.
_FEWEST_LINES = 3
_SMALLEST_SHARE = 0.2
_MOST_ACROSS = 0.25
# A left column narrower than this share of the right one holds labels.
_NARROW = 0.35
_MOST_CANDIDATES = 30
_DEEPEST = 4
_GAP = 1.35
_ALMOST_ALL = 0.8


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words that stand on one line: from left to right on a baseline, in 72nds of an inch."""

    left: float
    right: float
    base: float
    size: float
    words: str
    # The words of the cell to the left of them, in a table whose left column is narrow.
    label: str = ""

    @property
    def width(self) -> float:
        """How much of the line it takes."""
        return max(self.right - self.left, 0.0)


def lines(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Put the stretches of one page into the order in which they are read, one stretch for each line.

    Without columns a page is read from top to bottom. Columns are read one after the other between the lines
    that run across them; in a table, the cells of one row are read before those of the next, and the first
    line of a row keeps the words of a narrow left cell as its ``label``.

    Examples
    --------
    >>> left = [Stretch(10, 100, 90 - 10 * n, 8, f"links {n}") for n in range(3)]
    >>> right = [Stretch(110, 200, 90 - 10 * n, 8, f"rechts {n}") for n in range(3)]
    >>> [line.words for line in lines([*right, *left])]
    ['links 0', 'links 1', 'links 2', 'rechts 0', 'rechts 1', 'rechts 2']
    """
    filled = [stretch for stretch in stretches if stretch.words.strip()]
    return list(_ordered(filled, depth=0))


def _ordered(stretches: list[Stretch], depth: int) -> Iterator[Stretch]:
    gutter = _gutter(stretches) if depth < _DEEPEST else None
    if gutter is None:
        yield from _rows(stretches)
        return
    across = [s for s in stretches if _runs_across(s, gutter)]
    sides = [s for s in stretches if not _runs_across(s, gutter)]
    cuts = _cuts(sides, across, gutter)
    holds_labels = _holds_labels(sides, gutter)
    # Of each band between two cuts: what stands left, what stands right, and the line across that ends it.
    bands: list[tuple[list[Stretch], ...]] = [([], [], []) for _ in range(len(cuts) + 1)]
    for stretch in sides:
        # What stands at the height of a cut, or below it, belongs to the band that begins there.
        band = bisect.bisect_right(cuts, -stretch.base)
        bands[band][stretch.left >= gutter - 1].append(stretch)
    for stretch in across:
        bands[bisect.bisect_left(cuts, -stretch.base)][2].append(stretch)
    for left, right, below in bands:
        if holds_labels:
            yield from _labelled(left, right)
        else:
            yield from _ordered(left, depth + 1)
            yield from _ordered(right, depth + 1)
        yield from _rows(below)


def _runs_across(stretch: Stretch, gutter: float) -> bool:
    return stretch.left < gutter - 1 and stretch.right > gutter + stretch.size


def _cuts(sides: list[Stretch], across: list[Stretch], gutter: float) -> list[float]:
    """Give the heights at which reading starts again at the left, counted downwards, in order.

    These are lines that run across, and the rows of a table.
    """
    cuts = {-s.base for s in across}
    left = [s for s in sides if s.left < gutter - 1]
    right = [s for s in sides if s.left >= gutter - 1]
    if _holds_labels(sides, gutter):
        cuts |= {-s.base - s.size * _BASELINE for s in left}
    elif _is_drawn_in_rows(sides, gutter):
        first, second = _beginnings(left), _beginnings(right)
        heights = {round(s.base) + step for s in second for step in (-1, 0, 1)}
        both = [s for s in first if round(s.base) in heights]
        if len(first) > 1 and len(both) >= _ALMOST_ALL * max(len(first), len(second)):
            cuts |= {-s.base - s.size * _BASELINE for s in both}
    return sorted(cuts)


def _is_drawn_in_rows(sides: list[Stretch], gutter: float) -> bool:
    """Whether the file goes back and forth between left and right, as for a table; columns it ends first."""
    drawn = [s.left < gutter - 1 for s in sides]
    return sum(here != there for here, there in itertools.pairwise(drawn)) > _FEWEST_LINES


def _beginnings(column: list[Stretch]) -> list[Stretch]:
    """Lines of a column that stand below a gap: where paragraphs, or the rows of a table, begin."""
    rows = sorted(column, key=lambda s: -s.base)
    steps = [above.base - below.base for above, below in itertools.pairwise(rows)]
    usual = statistics.median_low(steps) if steps else 0.0
    return [s for s, step in zip(rows, [float("inf"), *steps], strict=False) if step > _GAP * usual]


def _holds_labels(sides: list[Stretch], gutter: float) -> bool:
    widths = [[s.width for s in sides if (s.left < gutter - 1) is is_left] for is_left in (True, False)]
    if not all(widths):
        return False
    return max(widths[0]) < _NARROW * max(widths[1])


def _gutter(stretches: list[Stretch]) -> float | None:
    """Where a right column begins; nothing when the page has one column.

    The candidate is taken at which the fewest lines run across, and of those the one that parts best.
    """
    if len(stretches) < 2 * _FEWEST_LINES:
        return None
    lefts = Counter(round(s.left) for s in stretches)
    found = []
    for candidate in sorted(number for number, _ in lefts.most_common(_MOST_CANDIDATES))[1:]:
        begin = candidate - 1.0
        right = [s for s in stretches if s.left >= begin - 1]
        left = [s for s in stretches if s.left < begin - 1 and s.right <= begin + s.size]
        n_across = len(stretches) - len(left) - len(right)
        starts = sum(abs(s.left - candidate) <= 1.5 for s in right)
        if _parts(left, right, n_across, starts):
            found.append((n_across, -min(len(left), len(right)), begin))
    return min(found)[2] if found else None


def _parts(left: list[Stretch], right: list[Stretch], n_across: int, starts: int) -> bool:
    n = len(left) + len(right)
    if min(len(left), len(right), starts) < _FEWEST_LINES or n_across > _MOST_ACROSS * n:
        return False
    if min(len(left), len(right)) < _SMALLEST_SHARE * n or starts < len(right) / 2:
        return False
    # Columns stand beside each other: most lines of the shorter one have a neighbour at their height.
    few, many = sorted((left, right), key=len)
    top, bottom = max(s.base for s in many), min(s.base for s in many)
    beside = sum(bottom - s.size <= s.base <= top + s.size for s in few)
    return beside >= _ALMOST_ALL * len(few)


def _rows(stretches: list[Stretch]) -> Iterator[Stretch]:
    """Read from top to bottom; what stands on one line is one line."""
    waiting: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda s: (-s.base, s.left)):
        if waiting and waiting[0].base - stretch.base > _BASELINE * max(waiting[0].size, stretch.size):
            yield _line(waiting)
            waiting = []
        waiting.append(stretch)
    if waiting:
        yield _line(waiting)


def _line(stretches: list[Stretch]) -> Stretch:
    parts = sorted(stretches, key=lambda s: s.left)
    words = " ".join(part.words.strip() for part in parts)
    size = max(parts, key=lambda s: len(s.words)).size
    return Stretch(parts[0].left, parts[-1].right, parts[0].base, size, words)


def _labelled(left: list[Stretch], right: list[Stretch]) -> Iterator[Stretch]:
    labels, words = list(_rows(left)), list(_rows(right))
    label = " ".join(line.words for line in labels)
    if words:
        yield replace(words[0], label=label)
        yield from words[1:]
    else:
        yield from labels
