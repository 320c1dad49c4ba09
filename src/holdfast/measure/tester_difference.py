"""Do two benchmarks differ? By an interval around the ratio of their medians, never by a fixed share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Literal

import msgspec

from holdfast.clock import Random, seeded
from holdfast.errors import UsageError
from holdfast.measure.given import is_number
from holdfast.measure.tester_result import PerformanceResult
from holdfast.stats.percentiles import percentile_of_sorted
from holdfast.text.format import format_share

__all__ = ["PerformanceDifference", "difference_of"]

Status = Literal["slower", "faster", "same", "undecided"]

# Neighbouring calls share the machine's mood, so that single calls are no independent draws:
# blocks of them are drawn instead. H. Kunsch, "The jackknife and the bootstrap for general
# stationary observations", Annals of Statistics 17 (1989).
BLOCKS = 20
LEAST_CALLS = 2 * BLOCKS
RESAMPLES = 2000
# Blocks that follow each other this closely are no independent draws either. Of 20 that are,
# one in a hundred reaches it (standard error 1 / sqrt(20)).
DRIFT = 0.5


class PerformanceDifference(msgspec.Struct, frozen=True, kw_only=True):
    """How `current` relates to `baseline`.

    `ratio` is current / baseline of the medians, within `low` and `high` at `confidence`.
    `slower` and `faster`: the interval lies beyond `floor`. `same`: it lies within it.
    `undecided`: it does neither, and `reason` says what is missing.
    """

    status: Status
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float
    floor: float
    median_diff: float | None = None
    mean_diff: float | None = None
    reason: str = ""
    baseline: str
    current: str

    @property
    def differs(self) -> bool:
        """One of them is faster, beyond the floor."""
        return self.status in {"slower", "faster"}

    def __str__(self) -> str:
        """Say it in a line."""
        if self.ratio is None or self.low is None or self.high is None:
            return f"{self.status}: {self.reason}"
        told = (
            f"{self.status}: {self.current} takes {self.ratio:.3f} times as long as {self.baseline}"
            f" (between {self.low:.3f} and {self.high:.3f}, {format_share(self.confidence)} sure)"
        )
        return f"{told}; {self.reason}" if self.reason else told


def difference_of(
    baseline: PerformanceResult,
    current: PerformanceResult,
    *,
    confidence: float,
    floor: float,
    seed: int,
) -> PerformanceDifference:
    """Bound the ratio of the medians by drawing blocks of calls again and again.

    Raises:
        UsageError: `confidence` or `floor` cannot mean anything.
    """
    if not is_number(confidence) or not 0.5 <= confidence < 1:
        raise UsageError(f"confidence must lie between 0.5 and 1, got {confidence!r:.60}")
    if not is_number(floor) or not 0 <= floor < 1:
        raise UsageError(f"floor must be at least 0 and below 1, got {floor!r:.60}")
    missing = _missing(baseline) or _missing(current)
    if missing:
        return PerformanceDifference(
            status="undecided",
            reason=missing,
            confidence=confidence,
            floor=floor,
            baseline=baseline.name,
            current=current.name,
        )
    ours, theirs = _blocks(baseline.times_s), _blocks(current.times_s)
    ratio = median(current.times_s) / median(baseline.times_s)
    low, high = _interval(ours, theirs, confidence, seeded(seed, "difference"))
    low, high = min(low, ratio), max(high, ratio)
    status, reason = _verdict(low, high, floor)
    drifting = [
        each.name
        for each, blocks in ((baseline, ours), (current, theirs))
        if _follows_itself(blocks) > DRIFT
    ]
    if drifting:
        status = "undecided"
        reason = (
            f"the times of {' and '.join(drifting)} drift: the machine was not the same throughout"
        )
    lost = baseline.failed + current.failed
    if lost:
        reason = "; ".join(
            [*([reason] if reason else []), f"{lost} failed calls have no part in it"]
        )
    return PerformanceDifference(
        status=status,
        ratio=ratio,
        low=low,
        high=high,
        confidence=confidence,
        floor=floor,
        median_diff=median(current.times_s) - median(baseline.times_s),
        mean_diff=math.fsum(current.times_s) / len(current.times_s)
        - math.fsum(baseline.times_s) / len(baseline.times_s),
        reason=reason,
        baseline=baseline.name,
        current=current.name,
    )


def _missing(result: PerformanceResult) -> str:
    if result.succeeded == 0:
        return f"no call of {result.name} worked"
    if not result.times_s:
        return f"the times of the single calls of {result.name} were not kept"
    if len(result.times_s) < LEAST_CALLS:
        return (
            f"{result.name} has {len(result.times_s)} calls that worked,"
            f" {LEAST_CALLS} are the least"
        )
    if min(result.times_s) <= 0:
        return f"a call of {result.name} took no time that this clock can tell"
    return ""


def _blocks(times_s: Sequence[float]) -> list[float]:
    """Return the logarithm of the median of each of 20 stretches of calls."""
    edges = [round(n * len(times_s) / BLOCKS) for n in range(BLOCKS + 1)]
    return [math.log(median(times_s[start:end])) for start, end in pairwise(edges)]


def _interval(
    ours: Sequence[float], theirs: Sequence[float], confidence: float, random: Random
) -> tuple[float, float]:
    drawn = sorted(
        median(random.choices(theirs, k=len(theirs))) - median(random.choices(ours, k=len(ours)))
        for _ in range(RESAMPLES)
    )
    tail = 50 * (1 - confidence)
    return (
        math.exp(percentile_of_sorted(drawn, tail)),
        math.exp(percentile_of_sorted(drawn, 100 - tail)),
    )


def _follows_itself(blocks: Sequence[float]) -> float:
    """Return the correlation of blocks with their neighbours, by rank: one far block is one rank."""
    order = sorted(range(len(blocks)), key=blocks.__getitem__)
    ranks = [0.0] * len(blocks)
    for rank, at in enumerate(order):
        ranks[at] = rank - (len(blocks) - 1) / 2
    spread = sum(rank * rank for rank in ranks)
    # What does not vary cannot drift.
    return (
        sum(a * b for a, b in pairwise(ranks)) / spread
        if blocks[order[0]] < blocks[order[-1]]
        else 0.0
    )


def _verdict(low: float, high: float, floor: float) -> tuple[Status, str]:
    if low > 1 + floor:
        return "slower", ""
    if high < 1 / (1 + floor):
        return "faster", ""
    if low >= 1 / (1 + floor) and high <= 1 + floor:
        return "same", ""
    return "undecided", (
        f"the interval is too wide for a floor of {format_share(floor)}: more calls would narrow it"
    )
