"""Does a short series grow, how fast, and how sure is that? No distribution is assumed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist, median

from msgspec import Struct

__all__ = ["Slope", "growth_p", "theil_sen"]


class Slope(Struct, frozen=True, kw_only=True):
    """A robust slope with its one-sided bounds, in units of y per unit of x."""

    value: float
    low: float
    high: float


def theil_sen(x: Sequence[float], y: Sequence[float], *, confidence: float = 0.99) -> Slope:
    """Return the median of the slopes between all pairs, and its bounds.

    P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63
    (1968): a bound is the slope whose rank lies z standard deviations of Kendall's S
    from the middle. With too few points for the confidence it is the outermost slope.

    Raises: ValueError for fewer than two points, or x that does not rise.

    >>> theil_sen([0, 1, 2, 3], [0, 2, 4, 6]).value
    2.0
    """
    count = len(x)
    if count < 2 or count != len(y):
        raise ValueError(f"a slope must have at least two points, got {count} and {len(y)}")
    if any(after <= before for before, after in pairwise(x)):
        raise ValueError("x must rise")
    slopes = sorted(
        (y[j] - y[i]) / (x[j] - x[i]) for i in range(count) for j in range(i + 1, count)
    )
    deviation = math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    reach = NormalDist().inv_cdf(confidence) * deviation
    rank = max(math.floor((len(slopes) - reach) / 2), 0)
    return Slope(
        value=float(median(slopes)), low=float(slopes[rank]), high=float(slopes[-1 - rank])
    )


def growth_p(y: Sequence[float]) -> float:
    """Return how likely such growth is where nothing grows: the one-sided Mann-Kendall test.

    H. B. Mann, "Nonparametric tests against trend", Econometrica 13 (1945); normal
    approximation with correction for continuity and for ties (M. G. Kendall 1975).

    >>> growth_p([1, 1, 1, 1])
    1.0
    """
    count = len(y)
    score = sum((y[j] > y[i]) - (y[j] < y[i]) for i in range(count) for j in range(i + 1, count))
    ties = [list(y).count(value) for value in set(y)]
    variance = (
        count * (count - 1) * (2 * count + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)
    ) / 18
    if score <= 0 or variance <= 0:
        return 1.0
    return 1.0 - NormalDist().cdf((score - 1) / math.sqrt(variance))
