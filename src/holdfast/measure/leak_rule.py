"""Is this growth a leak? Robust, with an effect floor, and held against a longer look.

Three things must come together: a Theil-Sen slope whose lower bound lies above what the
harness and the allocator leave themselves, growth that chance does not explain, and a
pace that does not fade. Significance alone would flag clean code, for the first bytes of
bookkeeping grow quite regularly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from holdfast.model.leak import CHANNELS
from holdfast.stats.trend import growth_p, theil_sen

__all__ = ["LEAST_CHECKPOINTS", "Growth", "floor_of", "is_flat", "judge_growth", "still_grows"]

Verdict = Literal["flat", "unsure", "fading", "grows"]

# What fills in the first third (imports, caches, pools) says nothing of what comes later.
WARM_UP = 1 / 3
# With fewer there are not enough left after warm-up for any growth to be significant.
LEAST_CHECKPOINTS = 12
CHANCE = 0.001
# The floors of the channels hold for so many calls between two checkpoints.
FULL_STEP = 100
# The last half must grow at more than this share of the first half's pace.
PACE = 1 / 3


class Growth(Struct, frozen=True, kw_only=True):
    """What one channel's readings say so far; slopes are per call."""

    verdict: Verdict
    per_call: float
    low: float
    high: float


def judge_growth(name: str, calls: Sequence[int], readings: Sequence[float]) -> Growth:
    """Judge the checkpoints of one channel, the first third left out.

    `grows` is growth by all three tests, `fading` one that slows down, `unsure` one that
    could be chance, `flat` none that counts.
    """
    first = int(len(calls) * WARM_UP)
    x, y = list(calls[first:]), list(readings[first:])
    slope = theil_sen(x, y)
    found = {"per_call": slope.value, "low": slope.low, "high": slope.high}
    floor = floor_of(name, calls)
    if slope.value <= floor:
        return Growth(verdict="flat", **found)
    if slope.low <= floor or growth_p(y) >= CHANCE:
        return Growth(verdict="unsure", **found)
    return Growth(verdict="fading" if _fades(x, y) else "grows", **found)


def floor_of(name: str, calls: Sequence[int]) -> float:
    """Return how little per call is nothing: what one checkpoint itself may leave weighs more among few calls."""
    return CHANNELS[name][1] * max(1.0, FULL_STEP / (calls[1] - calls[0]))


def is_flat(name: str, calls: Sequence[int], readings: Sequence[float]) -> bool:
    """Tell whether nothing that counts was added over a stretch."""
    return theil_sen(list(calls), list(readings)).value <= floor_of(name, calls)


def still_grows(name: str, calls: Sequence[int], readings: Sequence[float], *, pace: float) -> bool:
    """Tell whether a later stretch goes on growing at more than a third of the pace seen first."""
    slope = theil_sen(list(calls), list(readings))
    enough = max(floor_of(name, calls), pace * PACE)
    return slope.value > enough and not _fades(list(calls), list(readings))


def _fades(x: list[int], y: list[float]) -> bool:
    middle = len(x) // 2
    early = (y[middle] - y[0]) / (x[middle] - x[0])
    late = (y[-1] - y[middle]) / (x[-1] - x[middle])
    return late <= early * PACE
