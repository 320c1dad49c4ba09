"""How do worker processes run chunks, so that a killed one costs only what it ran?"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import weakref
from collections import deque
from collections.abc import Callable
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from holdfast.clock import monotonic
from holdfast.parallel.calls import Ran, Rules
from holdfast.parallel.caught import Caught
from holdfast.parallel.cells import IDLE, Cells
from holdfast.parallel.crew import Chunk, Done
from holdfast.parallel.failure import ItemTimeout, WorkerDied, WorkersFailed
from holdfast.parallel.items import Items
from holdfast.parallel.kin import descendants, kill_all, read_parents
from holdfast.parallel.ship import pack_items
from holdfast.parallel.staff import Starter, Worker, describe_exit, end_worker
from holdfast.parallel.worker import AGAIN, STOP

__all__ = ["ProcessCrew"]

# How often a worker is asked whether it lives: a process that the function forked may hold
# the dead worker's pipe open.
HEARTBEAT_S = 0.5
# A copy that inherited a held lock never comes up; the slowest import of a large package does.
START_S = 120.0
# So many more deaths than workers, with no item run in between, are the machine's fault: a
# chunk is tried twice, and then its items alone, so one bad item accounts for four.
MOST_FRUITLESS = 4

# Crews to end before multiprocessing waits for their processes at exit.
_CREWS: weakref.WeakSet[Any] = weakref.WeakSet()


class ProcessCrew:
    """Worker processes, each with a pipe of its own; the caller's thread is the only reader.

    With `fork` the function and a sequence are inherited: chunks are two numbers. Else the
    function travels once and the items with each chunk.

    It ends by construction: a worker is started only for a chunk that waits; each death
    costs a chunk a try, an item its place, or counts as fruitless, and of those there are
    few in a row. `shortage` says why there are fewer workers than asked for.
    """

    def __init__(
        self,
        func: Callable[[Any], Any],
        rules: Rules,
        *,
        items: Items,
        workers: int,
        method: str,
        timeout_s: float | None = None,
        inner: int | None = None,
    ) -> None:
        self.workers = workers
        self._items = items
        self._method = method
        self._timeout_s = timeout_s
        self._is_fork = method == "fork"
        self._cells = Cells(workers, inherit=self._is_fork)
        try:
            self._starter = Starter(
                func,
                msgspec.structs.replace(rules, ship=True, order=items.order),
                items=items,
                cells=self._cells,
                method=method,
                inner=inner,
            )
        except BaseException:
            self._cells.close()
            raise
        self._staff: dict[Connection, Worker] = {}
        self._waiting: deque[Chunk] = deque()
        self._packets: dict[int, bytes] = {}
        self.shortage = ""
        self._free = list(reversed(range(workers)))
        self._tried: set[int] = set()
        self._fruitless = 0
        self._doom: WorkersFailed | None = None
        self._looked_at = monotonic()
        self._is_closed = False
        _CREWS.add(self)
        try:
            self._fill(workers)
        except BaseException:
            self.close(kill=True)
            raise

    def can_take(self) -> bool:
        return self.in_flight() < self.workers

    def in_flight(self) -> int:
        return len(self._waiting) + sum(worker.chunk is not None for worker in self._staff.values())

    def submit(self, chunk: Chunk) -> None:
        has_sequence = self._is_fork and self._items.sequence is not None
        packed = None
        if not has_sequence:
            items = chunk.items
            if items is None:
                items = self._items.between(chunk.start, chunk.stop)
            packed = pack_items(items, chunk.start)
        self._packets[chunk.start] = pickle.dumps((chunk.start, chunk.stop, packed))
        self._waiting.append(chunk)
        self._hand_out()

    def collect(self) -> list[Done]:
        done: list[Done] = []
        while not done and self.in_flight():
            if self._doom is not None:
                raise self._doom
            ready = connection.wait(list(self._staff), self._patience_s())
            for pipe in ready:
                if isinstance(pipe, Connection) and pipe in self._staff:
                    done.extend(self._hear(self._staff[pipe]))
            if not ready or monotonic() - self._looked_at > HEARTBEAT_S:
                done.extend(self._bury_silent())
            done.extend(self._end_overdue())
            self._hand_out()
        return done

    def close(self, *, kill: bool = False) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        for worker in list(self._staff.values()):
            if kill or worker.chunk is not None or not worker.is_ready:
                worker.process.kill()
            else:
                with contextlib.suppress(OSError):
                    worker.pipe.send_bytes(STOP)
        for worker in list(self._staff.values()):
            self._remove(worker)
        self._cells.close()
        _CREWS.discard(self)

    def pids(self) -> list[int]:
        """Return the process ids of the workers."""
        return [worker.process.pid for worker in self._staff.values()]

    def _fill(self, count: int) -> None:
        """Start workers until there are `count`; make do with fewer where no more can be had."""
        while self._free and len(self._staff) < count:
            slot = self._free.pop()
            try:
                worker = self._starter.start(slot)
            except (OSError, RuntimeError, MemoryError) as error:
                text = (
                    f"{count} worker processes must start by {self._method}, "
                    f"got {len(self._staff)}: {type(error).__name__}: {error}"
                )
                self._do_with_fewer(text, "fewer workers (n_jobs), or more memory and processes")
                return
            self._staff[worker.pipe] = worker

    def _do_with_fewer(self, text: str, hint: str) -> None:
        self.shortage = text
        self.workers = max(1, len(self._staff))
        self._free.clear()
        if not self._staff:
            self._doom = WorkersFailed(text, hint=hint)

    def _hand_out(self) -> None:
        if self._waiting and self._doom is None:
            self._fill(min(self.workers, self.in_flight()))
        for worker in list(self._staff.values()):
            if not self._waiting:
                return
            if not worker.is_ready or worker.chunk is not None:
                continue
            if worker.has_run and self._waiting[0].start in self._tried:
                self._retire(worker)
                continue
            worker.chunk = self._waiting.popleft()
            worker.since = worker.due_from = monotonic()
            with contextlib.suppress(OSError):  # it is dead: its end will be heard
                worker.pipe.send_bytes(self._packets[worker.chunk.start])

    def _retire(self, worker: Worker) -> None:
        """Let a fresh worker have the second try: its end is then the chunk's doing alone."""
        worker.process.kill()
        self._remove(worker)
        self._free.append(worker.slot)
        self._fill(min(self.workers, self.in_flight()))

    def _hear(self, worker: Worker) -> list[Done]:
        try:
            head = worker.pipe.recv_bytes()
            if not worker.is_ready:
                return self._greet(worker, head)
            payload = worker.pipe.recv_bytes()
        except (EOFError, OSError):
            return self._bury(worker)
        caught, busy_s = pickle.loads(head)  # noqa: S301 - from our own worker
        try:
            values = pickle.loads(payload)  # noqa: S301 - likewise
        except Exception:  # noqa: BLE001 - a result that cannot be loaded: the worker names it
            worker.pipe.send_bytes(AGAIN)
            try:
                (more,) = pickle.loads(worker.pipe.recv_bytes())  # noqa: S301 - likewise
                values = pickle.loads(worker.pipe.recv_bytes())  # noqa: S301 - likewise
            except (EOFError, OSError):
                return self._bury(worker)
            caught = [*caught, *more]
        return [self._finish(worker, values, caught, busy_s=busy_s, size=len(payload))]

    def _greet(self, worker: Worker, head: bytes) -> list[Done]:
        worker.is_ready = head == b"ready"
        if not worker.is_ready:
            self._doom = WorkersFailed(
                f"a worker {head.decode(errors='replace')}",
                hint="the worker must be able to import the function's module",
            )
        return []

    def _finish(
        self, worker: Worker, values: list[Any], caught: list[Caught], *, busy_s: float, size: int
    ) -> Done:
        chunk = worker.chunk
        assert chunk is not None  # noqa: S101 - only a worker with a chunk answers
        worker.chunk, worker.has_run = None, True
        self._tried.discard(chunk.start)
        self._fruitless = 0
        packet = self._packets.pop(chunk.start, b"")
        ran = Ran(start=chunk.start, values=values, caught=caught, busy_s=busy_s)
        return Done(chunk=chunk, ran=ran, worker=worker.slot, size=size, in_size=len(packet))

    def _bury(self, worker: Worker, error: BaseException | None = None) -> list[Done]:
        """Take a dead worker's chunk back; a new worker comes when there is work for it."""
        chunk, culprit = worker.chunk, self._cells.numbers[worker.slot]
        was_ready, code = worker.is_ready, self._remove(worker)
        self._free.append(worker.slot)
        if chunk is not None and chunk.start <= culprit < chunk.stop:
            self._fruitless = 0
            error = error or WorkerDied(
                f"the worker process that ran it ended with {describe_exit(code)}",
                hint="memory that ran out, a crash in C code, or os._exit in the function",
            )
        else:
            self._count_fruitless(code, was_ready=was_ready)
            if chunk is None:
                return []
            if chunk.start not in self._tried:
                self._tried.add(chunk.start)
                self._waiting.appendleft(chunk)
                return []
            self._tried.discard(chunk.start)
            culprit = None
            error = WorkerDied(
                f"each worker process that was given it ended, the last with {describe_exit(code)}",
                hint="memory that ran out, or a crash where the item is loaded",
            )
        self._packets.pop(chunk.start, None)
        return [Done(chunk=chunk, culprit=culprit, error=error, worker=worker.slot)]

    def _count_fruitless(self, code: int | None, *, was_ready: bool) -> None:
        self._fruitless += 1
        if self._fruitless <= MOST_FRUITLESS + self.workers:
            return
        hint = "memory that ran out, or limits of the machine"
        if not was_ready and not self._is_fork:
            hint = (
                "guard the script with `if __name__ == '__main__':`, since a worker "
                "imports it; or memory that ran out"
            )
        self._doom = WorkersFailed(
            f"workers started by {self._method} must run items, got {self._fruitless} in a row "
            f"that ended first, the last with {describe_exit(code)}",
            hint=hint,
        )

    def _bury_silent(self) -> list[Done]:
        """Look after workers of which nothing is heard: are they dead, or never came up?"""
        done: list[Done] = []
        now = self._looked_at = monotonic()
        for worker in list(self._staff.values()):
            if not worker.process.is_alive() and not worker.pipe.poll():
                done.extend(self._bury(worker))
            elif not worker.is_ready and now - worker.since > START_S:
                worker.process.kill()
                self._remove(worker)
                text = f"a worker process must be ready within {START_S:g} s, got none"
                self._do_with_fewer(text, "a lock that was held when it was copied; try 'spawn'")
        return done

    def _end_overdue(self) -> list[Done]:
        if self._timeout_s is None:
            return []
        done: list[Done] = []
        now = monotonic()
        for worker in list(self._staff.values()):
            if worker.chunk is None or now - worker.due_from < self._timeout_s:
                continue
            if worker.pipe.poll():  # the answer came in time to be read
                continue
            if self._cells.numbers[worker.slot] == IDLE and now - worker.since < START_S:
                worker.due_from = now  # it has not begun, and so its time has not
                continue
            # What the item started would go on without it, and wait for nobody.
            below = descendants(worker.process.pid or 0, read_parents())
            worker.process.kill()
            kill_all(below)
            worker.process.join()
            error = ItemTimeout(f"the item must end within {self._timeout_s:g} s; it was killed")
            self._cells.numbers[worker.slot] = worker.chunk.start
            done.extend(self._bury(worker, error))
        return done

    def _patience_s(self) -> float:
        if self._timeout_s is None:
            return HEARTBEAT_S
        began = [each.due_from for each in self._staff.values() if each.chunk is not None]
        if not began:
            return HEARTBEAT_S
        return min(HEARTBEAT_S, max(0.0, min(began) + self._timeout_s - monotonic()))

    def _remove(self, worker: Worker) -> int | None:
        self._staff.pop(worker.pipe, None)
        return end_worker(worker)


def _end_all() -> None:
    for crew in list(_CREWS):
        crew.close(kill=True)


# multiprocessing waits at exit for processes that still run; this runs before it does.
atexit.register(_end_all)
# A forked child has no workers of its own: what it inherits is its parent's.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_CREWS.clear)
