"""How are a million durations kept in a few numbers that can be merged?"""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import Struct

__all__ = ["RELATIVE_ERROR", "Histogram", "merge"]

# Buckets per octave, all of one width; the layout is log-linear like that of HdrHistogram
# (hdrhistogram.org), with a width that follows from the float's own exponent.
_PER_OCTAVE = 64
# The middle of a bucket is at most half a width from any value in it.
RELATIVE_ERROR = 1 / (2 * _PER_OCTAVE)


class Histogram(Struct, kw_only=True):
    """Counts of values >= 0 in buckets, each within `RELATIVE_ERROR` of its values.

    It is plain data: encode it as any Struct. Keys of `buckets` are bucket numbers, zero
    has its own count, `total` is the sum of the values. Extremes and mean are exact; the
    extremes of nothing are 0.

    >>> histogram = Histogram()
    >>> histogram.record_all([0.1, 0.2, 0.3])
    >>> round(histogram.percentile(50), 2)
    0.2
    """

    buckets: dict[int, int] = {}
    zeros: int = 0
    count: int = 0
    total: float = 0.0
    min: float = 0.0
    max: float = 0.0

    @property
    def mean(self) -> float:
        """The exact mean.

        Raises: ValueError where nothing was recorded.
        """
        self._check_filled()
        return self.total / self.count

    def record(self, value: float, times: int = 1) -> None:
        """Count `value`, `times` over.

        Raises: ValueError for a negative or infinite value and NaN, and for times < 1.
        """
        if not 0 <= value < math.inf:
            raise ValueError(
                f"a value must be finite and not negative to be counted, got {value!r}"
            )
        if times < 1:
            raise ValueError(f"times must be at least 1, got {times!r}")
        if value:
            index = _index(value)
            self.buckets[index] = self.buckets.get(index, 0) + times
        else:
            self.zeros += times
        self.min = min(self.min, value) if self.count else float(value)
        self.count += times
        self.total += value * times
        self.max = max(self.max, value)

    def record_all(self, values: Iterable[float]) -> None:
        """Count each of the values."""
        for value in values:
            self.record(value)

    def percentile(self, q: float) -> float:
        """Estimate the smallest value that `q` percent of the values do not exceed.

        The answer is within `RELATIVE_ERROR` of the value of that rank, which is one that
        was recorded: nearest rank, no interpolation.

        Raises: ValueError where nothing was recorded, and for a `q` outside 0 to 100.
        """
        if not 0 <= q <= 100:
            raise ValueError(f"a percentile must lie between 0 and 100, got {q!r}")
        self._check_filled()
        rank = max(1, math.ceil(self.count * q / 100))
        seen = self.zeros
        if rank <= seen:
            return 0.0
        for index in sorted(self.buckets):
            seen += self.buckets[index]
            if rank <= seen:
                return min(max(_middle(index), self.min), self.max)
        return self.max

    def _check_filled(self) -> None:
        if not self.count:
            raise ValueError("a histogram must hold at least one value to be asked, got none")


def merge(histograms: Iterable[Histogram]) -> Histogram:
    """Add histograms up; percentiles must be taken of the sum, never averaged.

    >>> one, other = Histogram(), Histogram()
    >>> one.record(1.0)
    >>> other.record(2.0)
    >>> merge([one, other]).count
    2
    """
    whole = Histogram()
    for each in histograms:
        for index, times in each.buckets.items():
            whole.buckets[index] = whole.buckets.get(index, 0) + times
        whole.zeros += each.zeros
        if each.count:
            whole.min = min(whole.min, each.min) if whole.count else each.min
        whole.count += each.count
        whole.total += each.total
        whole.max = max(whole.max, each.max)
    return whole


def _index(value: float) -> int:
    fraction, exponent = math.frexp(value)
    return exponent * _PER_OCTAVE + int((fraction - 0.5) * 2 * _PER_OCTAVE)


def _middle(index: int) -> float:
    exponent, step = divmod(index, _PER_OCTAVE)
    return math.ldexp(0.5 + (step + 0.5) / (2 * _PER_OCTAVE), exponent)
