"""Which items go out next, and what becomes of what comes back?"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

import msgspec

from holdfast.clock import monotonic
from holdfast.parallel.books import Books, Cover
from holdfast.parallel.calls import Ran
from holdfast.parallel.caught import Caught, rebuild
from holdfast.parallel.crew import Chunk, Done
from holdfast.parallel.failure import (
    Failure,
    ItemTimeout,
    WorkerDied,
    WorkersFailed,
    add_index,
    name_of,
)
from holdfast.parallel.job import Job

__all__ = ["Block", "Desk"]

# Results in a row from `start` on; a collected failure stands in its place.
Block = tuple[int, list[Any]]


class Desk:
    """Hands out items once, takes results back once, and keeps the first failure."""

    def __init__(self, job: Job, books: Books) -> None:
        self.job = job
        self.books = books
        self.cover = Cover()
        self.backlog: deque[Chunk] = deque()
        self.failed_at: int | None = None
        self.error: BaseException | None = None
        self.may_redo = job.executor is None and job.timeout_s is None
        self.no_processes = ""
        self.last_items: Sequence[Any] = ()
        self.last_values: list[Any] = []
        self.out: dict[int, Chunk] = {}
        # All that an iterator gave, for those who go on by themselves.
        self.log: list[Any] | None = None
        # What a stream has not passed on yet, so that it can be held back.
        self.released = 0

    @property
    def left(self) -> int | None:
        """Return how many items have not been handed out, None if that is not known."""
        left = self.job.items.left
        waiting = sum(chunk.stop - chunk.start for chunk in self.backlog)
        return None if left is None else left + waiting

    @property
    def has_more(self) -> bool:
        """Say whether there may be items to hand out."""
        if self.failed_at is not None:
            return any(chunk.start < self.failed_at for chunk in self.backlog)
        return bool(self.backlog) or not self.job.items.is_spent

    def next(self, count: int, *, with_items: bool) -> Chunk | None:
        """Take the next chunk, first of what has to be run again; None if there is none."""
        while self.backlog:
            chunk = self.backlog.popleft()
            if self.failed_at is not None and chunk.start >= self.failed_at:
                continue
            if chunk.stop - chunk.start > count:
                self.backlog.appendleft(part(chunk, chunk.start + count, chunk.stop))
                chunk = part(chunk, chunk.start, chunk.start + count)
            return self._filled(chunk) if with_items else chunk
        if self.failed_at is not None or self.job.items.is_spent:
            return None
        start = self.job.items.taken
        began = monotonic()
        taken = self.job.items.take(count)
        self.books.pull_s += monotonic() - began
        self.books.pulled += len(taken)
        if not len(taken):
            return None
        if self.log is not None:
            self.log.extend(taken)
        stop = start + len(taken)
        has_sequence = self.job.items.sequence is not None
        keep = with_items or not has_sequence
        return Chunk(start=start, stop=stop, items=taken if keep else None)

    def take_ran(self, ran: Ran, chunk: Chunk) -> Generator[Block]:
        """Settle what ran: failures are kept or put in place, the rest is passed on."""
        values = ran.values
        if self.may_redo:
            lost = [each for each in ran.caught if each.is_lost]
            if lost:
                yield from self._redo(ran, chunk, lost)
                return
        for caught in sorted(ran.caught, key=lambda each: each.position):
            error = rebuild(caught)
            if self.fail(caught.position, error, caught.traceback):
                del values[caught.position - ran.start :]
                break
            values[caught.position - ran.start] = self._failure(caught, error)
        yield from self._pass_on(ran.start, values)

    def take_dead(self, done: Done) -> Generator[Block]:
        """Settle a chunk whose worker is gone: only its culprit is lost, the rest runs again."""
        chunk, culprit = done.chunk, done.culprit
        error = done.error or WorkersFailed("a worker is gone")
        self.books.lost_workers += isinstance(error, WorkerDied | ItemTimeout)
        if culprit is None and chunk.stop - chunk.start > 1:
            # Which one it was shows when each has a worker for itself.
            singles = [part(chunk, at, at + 1) for at in range(chunk.start, chunk.stop)]
            self.backlog.extendleft(reversed(singles))
            return
        if culprit is None:
            culprit = chunk.start
        if culprit + 1 < chunk.stop:
            self.backlog.appendleft(part(chunk, culprit + 1, chunk.stop))
        if culprit > chunk.start:
            self.backlog.appendleft(part(chunk, chunk.start, culprit))
        if not self.fail(culprit, error):
            index = self.job.items.index_of(culprit)
            yield from self._pass_on(culprit, [Failure(index, error)])

    def take_back(self) -> None:
        """Put all that is out back, to be run in another way."""
        for start in sorted(self.out, reverse=True):
            self.backlog.appendleft(self.out.pop(start))

    def fail(self, position: int, error: BaseException, traceback: str = "") -> bool:
        """Note the index in an exception; say whether it ends the map."""
        add_index(error, self.job.items.index_of(position), name_of(self.job.func))
        if self.job.rules.collect:
            return False
        if self.failed_at is None or position < self.failed_at:
            self.failed_at, self.error = position, error
        return True

    def must_wait(self) -> bool:
        """Say whether an item before the failure is still out: it may be the first to fail."""
        failed_at = self.failed_at
        return failed_at is None or any(start < failed_at for start in self.out)

    def _failure(self, caught: Caught, error: BaseException) -> Failure:
        return Failure(self.job.items.index_of(caught.position), error, caught.traceback)

    def _pass_on(self, start: int, values: list[Any]) -> Generator[Block]:
        if values:
            self.cover.mark(start, len(values))
            yield start, values

    def _redo(self, ran: Ran, chunk: Chunk, lost: list[Caught]) -> Generator[Block]:
        """Run items again whose results could not leave their worker, here, and name them."""
        lost.sort(key=lambda each: each.position)
        first = lost[0]
        self.no_processes = f"item {self.job.items.index_of(first.position)}: {first.text}"
        self.books.warn(f"{self.no_processes}; went on without processes")
        again = {each.position for each in lost}
        for position in sorted(again, reverse=True):
            self.backlog.appendleft(part(chunk, position, position + 1))
        others = [each for each in ran.caught if each.position not in again]
        cuts = [ran.start - 1, *sorted(again), ran.start + len(ran.values)]
        for before, after in itertools.pairwise(cuts):
            start = before + 1
            piece = Ran(
                start=start,
                values=ran.values[start - ran.start : after - ran.start],
                caught=[each for each in others if start <= each.position <= after],
                busy_s=0.0,
            )
            yield from self.take_ran(piece, chunk)

    def _filled(self, chunk: Chunk) -> Chunk:
        if chunk.items is not None:
            return chunk
        items = self.job.items.between(chunk.start, chunk.stop)
        return msgspec.structs.replace(chunk, items=items)


def part(chunk: Chunk, start: int, stop: int) -> Chunk:
    """Cut a chunk."""
    items = chunk.items
    if items is not None:
        items = items[start - chunk.start : stop - chunk.start]
    return Chunk(start=start, stop=stop, items=items)
