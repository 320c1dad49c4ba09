"""What did the map cost so far, and is every index there exactly once?"""

from __future__ import annotations

import math

from holdfast.parallel.failure import ParallelDiffers
from holdfast.parallel.meter import Spent
from holdfast.parallel.profile import ChunkLog, Decision, Measured

__all__ = ["Books", "Cover"]


# So few items say little of those to come.
FEW = 5


class Cover:
    """Marks each position once; a map that loses or repeats one is not shown as done."""

    def __init__(self) -> None:
        self._seen = bytearray()
        self.count = 0

    def mark(self, start: int, count: int) -> None:
        """Mark positions as delivered.

        Raises:
            ParallelDiffers: one of them was delivered before.
        """
        stop = start + count
        if len(self._seen) < stop:
            self._seen.extend(bytes(max(stop - len(self._seen), len(self._seen))))
        again = self._seen.find(1, start, stop)
        if again >= 0:
            raise ParallelDiffers(f"every item must give one result, got two for item {again}")
        self._seen[start:stop] = b"\x01" * count
        self.count += count

    def close(self, expected: int) -> None:
        """Check that all positions below `expected` were delivered, and no others.

        Raises:
            ParallelDiffers: one is missing.
        """
        missing = self._seen.find(0, 0, expected)
        if self.count != expected or missing >= 0 or len(self._seen) < expected:
            raise ParallelDiffers(
                f"every item must give one result, got {self.count} results for "
                f"{expected} items (the first without one is {max(missing, 0)})"
            )


class Books:
    """Adds up where the time goes. Positions and seconds only: it reads no clock."""

    def __init__(self, *, keep_chunks: bool = False) -> None:
        self.items = 0
        self.calls_s = 0.0
        self.serial_s = 0.0
        self.serial_items = 0
        self.pull_s = 0.0
        self.pulled = 0
        self.start_s = 0.0
        self.bytes_s = 0.0
        self.dispatch_s = 0.0
        self.deciding_s = 0.0
        self.waiting_s = 0.0
        self.longest_s = 0.0
        self.lost_workers = 0
        self.in_s = self.out_s = self.in_bytes = self.out_bytes = 0.0
        self.threads_gain: float | None = None
        self.memory_growth = 0
        self.prior_s: float | None = None
        self.decisions: list[Decision] = []
        self.warnings: list[str] = []
        self.chunks: list[ChunkLog] = []
        self._keep_chunks = keep_chunks
        self._segment_items = 0
        self._segment_s = 0.0
        self._item_s = 0.0
        self._idle_share = 0.0
        self._parallelism = 1.0
        self._queued_share = 0.0
        self._weight = self._mean = self._m2 = 0.0

    def warn(self, text: str) -> None:
        """Keep a warning, once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def add_run(self, start: int, items: int, busy_s: float, *, worker: int | None = None) -> None:
        """Take in items that ran; `worker` is None for those that ran in this thread."""
        self.items += items
        self.calls_s += busy_s
        if items:
            self._spread(items, busy_s / items)
            self.longest_s = max(self.longest_s, busy_s / items)
        if worker is None:
            self.serial_s += busy_s
            self.serial_items += items
            self._segment_items += items
            self._segment_s += busy_s
        if self._keep_chunks:
            log = ChunkLog(start=start, items=items, worker=worker or 0, busy_s=busy_s)
            self.chunks.append(log)

    def add_sent(self, items: int, size: int) -> None:
        """Take in the bytes in which results came back; newer ones count for three tenths."""
        if size and items:
            known = self.out_bytes or size / items
            self.out_bytes = 0.7 * known + 0.3 * size / items

    def close_segment(self, spent: Spent) -> None:
        """Take in the clocks of a stretch of serial items; the newest stretch is believed.

        Each stretch is about three times as long as all before it, so it holds most of
        what is known, and costs that drift show.
        """
        if not self._segment_items:
            return
        self._item_s = self._segment_s / self._segment_items
        self._idle_share = spent.idle_share
        self._parallelism = spent.parallelism
        self._queued_share = min(1.0, spent.queued_s / spent.wall_s)
        self._segment_items = 0
        self._segment_s = 0.0

    def measured(self) -> Measured:
        """Return what is known per item."""
        pull_s = self.pull_s / self.pulled if self.pulled else 0.0
        item_s = self._item_s or (self.calls_s / self.items if self.items else 0.0)
        if self.prior_s is not None and 0 < self.items < FEW:
            # What an earlier run measured counts as one more item, and no longer than these.
            item_s = (item_s * self.items + self.prior_s) / (self.items + 1)
        return Measured(
            items=self.items,
            item_s=item_s,
            spread=self.spread,
            idle_share=self._idle_share,
            parallelism=self._parallelism,
            queued_share=self._queued_share,
            in_s=self.in_s + pull_s,
            out_s=self.out_s,
            in_bytes=self.in_bytes,
            out_bytes=self.out_bytes,
            threads_gain=self.threads_gain,
            memory_growth=self.memory_growth,
        )

    @property
    def spread(self) -> float:
        """Return the coefficient of variation of the time per item."""
        if self._weight <= 1 or self._mean <= 0:
            return 0.0
        return math.sqrt(self._m2 / self._weight) / self._mean

    def _spread(self, items: int, item_s: float) -> None:
        self._weight += items
        delta = item_s - self._mean
        self._mean += delta * items / self._weight
        self._m2 += items * delta * (item_s - self._mean)
