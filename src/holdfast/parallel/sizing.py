"""How many items does the next chunk of this map have, and does its crew pay?"""

from __future__ import annotations

from holdfast.parallel.chunks import ChunkRule, Pace, next_chunk
from holdfast.parallel.crew import Crew
from holdfast.parallel.desk import Desk
from holdfast.parallel.growth import Growth

__all__ = ["Use", "next_size"]

# A crew that keeps its workers busy for less than this, after this long, is given up.
USEFUL = 0.9
JUDGED_AFTER_S = 0.3


class Use:
    """Judges whether workers are kept busy for longer than it takes to wait for them.

    It counts from the first answer on: what starting cost is spent, whatever follows.
    """

    def __init__(self) -> None:
        self._began: float | None = None
        self._busy_s = 0.0

    def add(self, busy_s: float, now: float) -> None:
        """Take in a chunk that came back."""
        if self._began is None:
            self._began = now
        else:
            self._busy_s += busy_s

    def is_poor(self, out_s: float, now: float) -> bool:
        """Say whether serial would have been faster; `out_s` is the work not heard of yet."""
        if self._began is None:
            return False
        elapsed = now - self._began
        return elapsed > JUDGED_AFTER_S and self._busy_s + out_s < USEFUL * elapsed


def next_size(desk: Desk, crew: Crew, pace: Pace, *, rule: ChunkRule, growth: Growth | None) -> int:
    """Return the size of the next chunk; 0 where a stream must not run further ahead."""
    job = desk.job
    if job.timeout_s is not None:
        size = 1
    elif job.chunksize is not None:
        size = job.chunksize
    elif growth is not None:
        size = max(1, int(rule.floor_s / max(pace.item_s or 1.0, 1e-9)))
        left = desk.left
        size = size if left is None else max(1, min(size, left // max(1, growth.size)))
    else:
        size = next_chunk(rule, pace, crew.workers, desk.left)
    if job.buffer_items is None or desk.backlog:
        return size
    ahead = job.items.taken - desk.released
    room = job.buffer_items - ahead
    if job.buffer_bytes is not None and pace.item_bytes > 0:
        room = min(room, int(job.buffer_bytes / pace.item_bytes) - ahead)
    # With nothing out, one item may always go: else the stream would stand still.
    return max(min(size, room), 0 if crew.in_flight() or ahead else 1)
