"""How many items does a worker get at once? Guided, and never more than a short time's worth."""

from __future__ import annotations

import math

import msgspec

__all__ = ["ChunkRule", "Pace", "next_chunk"]


class ChunkRule(msgspec.Struct, frozen=True, kw_only=True):
    """Guided self-scheduling (Polychronopoulos and Kuck, 1987), capped by time.

    A chunk is a `share`-th of an even part of what is left. The cap keeps a first chunk
    from holding all heavy items; the floor keeps the cost of handing chunks out small.
    """

    share: int = 4
    cap_s: float = 0.1
    floor_s: float = 0.0025
    bytes: int = 8 * 1024 * 1024


class Pace(msgspec.Struct):
    """A running mean of the seconds and result bytes per item, as the workers measured."""

    item_s: float | None = None
    item_bytes: float = 0.0

    def add(self, items: int, busy_s: float, size: int = 0) -> None:
        """Take in one chunk; newer ones count for three tenths."""
        if items <= 0:
            return
        mean_s, mean_bytes = busy_s / items, size / items
        if self.item_s is None:
            self.item_s, self.item_bytes = mean_s, mean_bytes
        else:
            self.item_s = 0.7 * self.item_s + 0.3 * mean_s
            self.item_bytes = 0.7 * self.item_bytes + 0.3 * mean_bytes


def next_chunk(
    rule: ChunkRule, pace: Pace, workers: int, left: int | None, *, done: int | None = None
) -> int:
    """Return how many items the next chunk has; 1 while nothing is known of their cost.

    `left` is None where the length is not known. It may end at any time then, so that a chunk is
    half as large as if as many were left as were `done`; without that, time alone decides.
    """
    if pace.item_s is None:
        return 1
    item_s = max(pace.item_s, 1e-9)
    size = max(1, int(rule.cap_s / item_s))
    if left is not None:
        guided = math.ceil(left / (rule.share * max(1, workers)))
        floor = math.ceil(rule.floor_s / item_s)
        # The floor may not starve workers: the last items are spread as evenly as they can be.
        floor = min(floor, math.ceil(left / max(1, workers)))
        size = max(min(guided, size), floor)
    elif done is not None:
        guided = math.ceil(done / (2 * rule.share * max(1, workers)))
        size = max(min(guided, size), math.ceil(rule.floor_s / item_s))
    # Below a byte per item nothing is to be bounded, and the quotient would overflow.
    if pace.item_bytes >= 1:
        size = min(size, max(1, int(rule.bytes / pace.item_bytes)))
    return max(1, size if left is None else min(size, left))
