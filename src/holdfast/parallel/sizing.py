"""How many items does the next chunk of this map have, and does its crew pay?"""

from __future__ import annotations

from holdfast.parallel.chunks import ChunkRule, Pace, next_chunk
from holdfast.parallel.crew import Crew, Done
from holdfast.parallel.desk import Desk
from holdfast.parallel.growth import Growth
from holdfast.parallel.job import Job
from holdfast.parallel.weigh import Scale

__all__ = ["Load", "Use", "next_size", "serial_size"]

# Short enough that a change of mind comes in time, long enough that looking costs nothing.
BATCH_S = 0.0005
MOST_BATCH_S = 0.01
MOST_BATCH = 4096

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


class Load:
    """The bytes that a chunk's items and results take, which a stream is bounded by.

    What travels is counted; of what stays in this process, a value is looked at now and then.
    """

    def __init__(self, job: Job) -> None:
        self._is_bounded = job.buffer_bytes is not None
        self._holds_items = job.items.sequence is None
        self._items = Scale()
        self._values = Scale()

    def of(self, done: Done) -> int:
        """Return the bytes of a chunk that came back."""
        if done.ran is None or not self._is_bounded or done.size:
            return done.size + done.in_size
        busy_s = done.ran.busy_s
        total = self._values.add(done.ran.values, busy_s)
        if self._holds_items and done.chunk.items is not None:
            total += self._items.add(done.chunk.items, busy_s)
        return int(total)


def serial_size(job: Job, pace: Pace, done: int, *, elapsed_s: float = 0.0) -> int:
    """Return how many items to run here next: a quarter of the time so far, and few at first."""
    batch_s = min(max(BATCH_S, elapsed_s / 4), MOST_BATCH_S)
    size = 1 if pace.item_s is None else int(batch_s / max(pace.item_s, 1e-9))
    # At most as many as have run: a cheap head says little of what follows it.
    size = min(size, MOST_BATCH, done, job.buffer_items or MOST_BATCH)
    if job.buffer_bytes is not None and pace.item_bytes >= 1:
        size = min(size, int(job.buffer_bytes / pace.item_bytes))
    return max(1, size)


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
        size = next_chunk(rule, pace, crew.workers, desk.left, done=job.items.taken)
    if job.buffer_items is None or desk.backlog:
        return size
    ahead = job.items.taken - desk.released
    room = job.buffer_items - ahead
    if job.buffer_bytes is not None and pace.item_bytes > 0:
        room = min(room, int(job.buffer_bytes / pace.item_bytes) - ahead)
    # With nothing out, one item may always go: else the stream would stand still.
    return max(min(size, room), 0 if crew.in_flight() or ahead else 1)
