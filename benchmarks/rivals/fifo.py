"""How long do sleeps take in the order of the file? `python -m benchmarks.rivals.fifo PLAN`.

What one writes without a scheduler: a task each, a semaphore for the slots, one for the permits.
The permit is taken first, so that nobody holds a slot while it waits for a permit; the other way
round is slower.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

__all__ = ["Plan", "main"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds to sleep in their order; `is_limited` tells which of them take a permit."""

    sleeps_s: list[float]
    is_limited: list[bool]
    slots: int
    permits: int


async def main(plan: Plan) -> float:
    """Carry the plan out; return the seconds from the first start to the last end."""
    slots = asyncio.Semaphore(plan.slots)
    permits = asyncio.Semaphore(plan.permits)
    start = time.perf_counter()

    async def rest(seconds: float, *, is_limited: bool) -> None:
        async with AsyncExitStack() as held:
            if is_limited:
                await held.enter_async_context(permits)
            await held.enter_async_context(slots)
            await asyncio.sleep(seconds)

    async with asyncio.TaskGroup() as group:
        for seconds, is_limited in zip(plan.sleeps_s, plan.is_limited, strict=True):
            group.create_task(rest(seconds, is_limited=is_limited))
    return time.perf_counter() - start


if __name__ == "__main__":
    print(asyncio.run(main(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan))))
