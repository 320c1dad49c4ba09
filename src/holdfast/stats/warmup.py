"""From which measurement on is a series steady?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

__all__ = ["change_point", "is_steady", "steady_from"]

# Fewer values on one side of a change cannot be told from an outlier.
LEAST = 3
# Pettitt's p-value is an approximation that is good below this.
ALPHA = 0.05
# A change that is smaller than this share of the level is no warm-up worth waiting for.
FLOOR = 0.01


def change_point(values: Sequence[float]) -> tuple[int, float] | None:
    """Return where the level of a series changes most, and how probable that is by chance.

    The index is that of the first value after the change; None for a series too short to tell.
    By ranks, so that single outliers do not count: A. N. Pettitt, "A non-parametric approach to
    the change-point problem", Applied Statistics 28 (1979).

    >>> change_point([9, 9, 9, 9, 9, 1, 1, 1, 1, 1])  # doctest: +ELLIPSIS
    (5, 0.066...)
    """
    n = len(values)
    if n < 2 * LEAST:
        return None
    best, place, running = 0, 0, 0
    for at in range(1, n):
        last = values[at - 1]
        running += sum((last > other) - (last < other) for other in values)
        if LEAST <= at <= n - LEAST and abs(running) > abs(best):
            best, place = running, at
    if not place:
        return None
    return place, min(1.0, 2 * math.exp(-6 * best * best / (n**3 + n**2)))


def steady_from(values: Sequence[float]) -> int:
    """Return the index from which a series keeps its level: 0 if it does from the first value.

    Changes are sought anew in what follows each, as long as one is proven and larger than 1 % of
    the level. "Drop the first ten" is not enough: fewer than half of the benchmarks on virtual
    machines settle at all (E. Barrett et al., "Virtual machine warmup blows hot and cold", OOPSLA 2017).

    >>> steady_from([9, 8, 9, 9, 8, 1, 1, 1, 1, 1, 1])
    5
    """
    start = 0
    while True:
        rest = values[start:]
        found = change_point(rest)
        if found is None or found[1] > ALPHA:
            return start
        at = found[0]
        before, after = median(rest[:at]), median(rest[at:])
        if abs(before - after) <= FLOOR * abs(after):
            return start
        start += at


def is_steady(values: Sequence[float], *, least: int = 2 * LEAST) -> bool:
    """Tell whether at least the last `least` values keep one level."""
    return len(values) - steady_from(values) >= least
