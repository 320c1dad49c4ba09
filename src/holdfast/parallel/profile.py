"""What was measured and decided for a map, as values?"""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["ChunkLog", "Decision", "ExecutorName", "Measured", "Profile"]

ExecutorName = Literal["serial", "thread", "process", "interpreter", "custom"]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What the items that ran so far tell of those to come, per item.

    `spread` is the coefficient of variation; `idle_share` the part of the time that was
    neither work nor queueing; `parallelism` the processors that one item keeps busy;
    `threads_gain` what two threads did together, None where that was not tried.
    """

    items: int = 0
    item_s: float = 0.0
    spread: float = 0.0
    idle_share: float = 0.0
    parallelism: float = 1.0
    queued_share: float = 0.0
    in_s: float = 0.0
    out_s: float = 0.0
    in_bytes: float = 0.0
    out_bytes: float = 0.0
    threads_gain: float | None = None
    memory_growth: int = 0


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to "how do we go on?", and what it was based on."""

    executor: ExecutorName
    workers: int
    reason: str
    at_items: int
    at_s: float
    predicted_s: float | None = None
    serial_s: float | None = None


class ChunkLog(msgspec.Struct, frozen=True, kw_only=True):
    """One chunk as it ran: first position, items, worker, seconds in the function."""

    start: int
    items: int
    worker: int
    busy_s: float


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time goes, apart: what is serial, what starting, bytes and dispatch cost.

    `amdahl_ceiling` is the speedup that no number of workers passes, with this serial
    share; `best_s` the least that the usable cores could take for the same work.
    """

    measured: Measured = Measured()
    total_s: float = 0.0
    calls_s: float = 0.0
    serial_share: float = 1.0
    amdahl_ceiling: float = 1.0
    start_s: float = 0.0
    bytes_s: float = 0.0
    dispatch_s: float = 0.0
    deciding_s: float = 0.0
    waiting_s: float = 0.0
    serial_estimate_s: float | None = None
    best_s: float | None = None
    cores: int = 1
    bound: str = ""
    start_method: str = ""
    start_reason: str = ""
    memory_bytes: int = 0
    lost_workers: int = 0
    chunks: tuple[ChunkLog, ...] = ()

    @property
    def regret(self) -> float | None:
        """Return the time taken over the best estimate; 1 is perfect."""
        return self.total_s / self.best_s if self.best_s else None
