"""Between which bounds does a median or a ratio lie, when nothing is known of the distribution?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from holdfast.clock import Random
from holdfast.stats.percentiles import percentile_of_sorted

__all__ = ["median_interval", "nested_median_interval", "ratio_interval"]


def median_interval(
    values: Sequence[float], random: Random, *, confidence: float = 0.95, resamples: int = 1000
) -> tuple[float, float]:
    """Bound the median by the percentiles of resampled medians.

    B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979).
    The values must be independent: those of one process share its moment and its layout, and
    `nested_median_interval` is for these.

    Raises: ValueError for no values, and for a confidence outside 0 to 1.
    """
    return nested_median_interval(
        [[value] for value in values], random, confidence=confidence, resamples=resamples
    )


def ratio_interval(
    base: Sequence[float],
    new: Sequence[float],
    random: Random,
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> tuple[float, float]:
    """Bound the median of new / base over pairs that were taken together.

    Raises: ValueError unless there are as many of each, all above 0.
    """
    if len(base) != len(new) or min([*base, *new], default=1.0) <= 0:
        raise ValueError(
            f"pairs must have two values above 0 each, got {len(base)} and {len(new)} values"
        )
    logs = [math.log(theirs / ours) for ours, theirs in zip(base, new, strict=True)]
    low, high = median_interval(logs, random, confidence=confidence, resamples=resamples)
    return math.exp(low), math.exp(high)


def nested_median_interval(
    groups: Sequence[Sequence[float]],
    random: Random,
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> tuple[float, float]:
    """Bound the median of the groups' medians: groups are drawn first, then values within each.

    Repetition belongs where the variance is: T. Kalibera and R. Jones, "Rigorous benchmarking
    in reasonable time", ISMM 2013.

    Raises: ValueError where a group or all of them are empty, and for a confidence outside 0 to 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence!r}")
    if not groups or not all(groups):
        raise ValueError("a median must have at least one value in each group, got none")
    medians = sorted(
        median(median(random.choices(group, k=len(group))) for group in drawn)
        for drawn in (random.choices(groups, k=len(groups)) for _ in range(resamples))
    )
    tail = 50 * (1 - confidence)
    return percentile_of_sorted(medians, tail), percentile_of_sorted(medians, 100 - tail)
