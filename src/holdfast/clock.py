"""Where do time, sleep and randomness come from? From here, and from nowhere else."""

from __future__ import annotations

import asyncio
import datetime
import random
import time
from collections.abc import Callable
from typing import Protocol

__all__ = [
    "Clock",
    "Random",
    "SystemClock",
    "fresh_seed",
    "monotonic",
    "seed_global",
    "seeded",
    "sleep_blocking",
]

Random = random.Random

# For hot paths, where a method call on a clock object would be measured along.
monotonic: Callable[[], float] = time.perf_counter


class Clock(Protocol):
    """Time as a run sees it; tests put virtual time in its place."""

    def now(self) -> float:
        """Return monotonic seconds; only differences mean anything."""
        ...

    def wall(self) -> datetime.datetime:
        """Return the calendar time, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Return monotonic seconds; only differences mean anything."""
        return time.perf_counter()

    def wall(self) -> datetime.datetime:
        """Return the calendar time, in UTC."""
        return datetime.datetime.now(datetime.UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` on the running event loop."""
        await asyncio.sleep(seconds)


def seeded(seed: int, *parts: str) -> Random:
    """Return a generator that depends on the run's seed and on `parts` alone."""
    return random.Random(":".join([str(seed), *parts]))


def fresh_seed() -> int:
    """Return a seed for a run that was given none."""
    return random.SystemRandom().randrange(2**31)


def sleep_blocking(seconds: float) -> None:
    """Block the calling thread; only for code that has no event loop."""
    time.sleep(seconds)


def seed_global(seed: int) -> None:
    """Seed the generator that user code finds in `random`, so that a run can be replayed."""
    random.seed(seed)
