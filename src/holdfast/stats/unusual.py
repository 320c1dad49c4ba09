"""Did this take longer than it usually does? Judged against its own past, on a log scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from msgspec import Struct

__all__ = ["MIN_BEFORE", "Usual", "usual"]

# With fewer, one bad run before would decide what is usual.
MIN_BEFORE = 8
# Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993): beyond this, an outlier.
MAX_SCORE = 3.5
# 1 / 0.6745: makes the median absolute deviation of normal data its standard deviation.
_TO_SIGMA = 1.4826
# A past without any scatter would make an outlier of every microsecond: a standard deviation
# of less than a tenth is below what one machine repeats.
_MIN_SIGMA = math.log(1.1)


class Usual(Struct, frozen=True):
    """What durations usually were: their median, the longest that is not out of line, their count."""

    median_s: float
    limit_s: float
    count: int
    sigma: float

    def score(self, duration_s: float) -> float:
        """Return how many robust standard deviations of the logarithm a duration lies above the median."""
        return (math.log(max(duration_s, 1e-9)) - math.log(self.median_s)) / self.sigma


def usual(durations_s: Sequence[float]) -> Usual | None:
    """Return what is usual; None where too little is known.

    The modified z-score of Iglewicz and Hoaglin, on the logarithm: durations are skewed, and
    what doubles is as far away for 10 ms as for 10 s.

    >>> usual([1.0] * 10).limit_s < 1.5
    True
    """
    logs = [math.log(each) for each in durations_s if each > 0]
    if len(logs) < MIN_BEFORE:
        return None
    middle = median(logs)
    sigma = max(_TO_SIGMA * median(abs(each - middle) for each in logs), _MIN_SIGMA)
    return Usual(math.exp(middle), math.exp(middle + MAX_SCORE * sigma), len(logs), sigma)
