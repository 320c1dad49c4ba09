"""Which value do q percent of the values not exceed, and how do they spread?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from msgspec import Struct

__all__ = ["Summary", "percentile", "percentile_of_sorted", "summary"]


class Summary(Struct, frozen=True, kw_only=True):
    """The spread of `n` values, in their own unit; `stdev` is that of a sample (n - 1)."""

    n: int
    mean: float
    min: float
    max: float
    p50: float
    p95: float
    p99: float
    stdev: float


def percentile(values: Iterable[float], q: float) -> float:
    """Interpolate the percentile `q`, from 0 to 100, between the closest ranks.

    This is type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The
    American Statistician 50 (1996), the default of numpy, R and Excel.

    Raises: ValueError for no values, NaN among them, and a `q` outside 0 to 100.

    >>> percentile([1, 2, 3, 4], 50)
    2.5
    """
    return percentile_of_sorted(_sorted(values), q)


def percentile_of_sorted(ordered: Sequence[float], q: float) -> float:
    """Interpolate like `percentile` on values in ascending order, which is not checked."""
    if not 0 <= q <= 100:
        raise ValueError(f"a percentile must lie between 0 and 100, got {q!r}")
    if not ordered:
        raise ValueError("a percentile must have at least one value, got none")
    rank = (len(ordered) - 1) * q / 100
    at = math.floor(rank)
    low, high = ordered[at], ordered[min(at + 1, len(ordered) - 1)]
    # Without this, infinite values would give inf - inf or 0 * inf: NaN.
    if low == high or rank == at:
        return float(low)
    # Rounding must not lead beyond the neighbour, or p99 could exceed the maximum.
    return float(min(high, low + (high - low) * (rank - at)))


def summary(values: Iterable[float]) -> Summary:
    """Sum up values by their mean, extremes, percentiles and standard deviation.

    Raises: ValueError for no values and for NaN among them.

    >>> summary([1, 2, 3]).p50
    2.0
    """
    ordered = _sorted(values)
    p50, p95, p99 = (percentile_of_sorted(ordered, q) for q in (50, 95, 99))
    n = len(ordered)
    mean = min(max(math.fsum(ordered) / n, ordered[0]), ordered[-1])
    variance = math.fsum((value - mean) ** 2 for value in ordered) / (n - 1) if n > 1 else 0.0
    return Summary(
        n=n,
        mean=mean,
        min=float(ordered[0]),
        max=float(ordered[-1]),
        p50=p50,
        p95=p95,
        p99=p99,
        stdev=math.sqrt(variance),
    )


def _sorted(values: Iterable[float]) -> list[float]:
    ordered = sorted(values)
    # NaN has no place in an order, and sorted() leaves it anywhere.
    if any(map(math.isnan, ordered)):
        raise ValueError("a percentile must be taken of numbers, got nan")
    return ordered
