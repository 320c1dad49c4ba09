"""How do worker processes run chunks, so that a killed one costs only what it ran?"""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import os
import pickle
import signal
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Generator
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
from holdfast.parallel.ship import pack_func, pack_items
from holdfast.parallel.worker import AGAIN, STOP, forked_main, spawned_main

__all__ = ["ProcessCrew"]

# How often a worker is asked whether it lives: a process that the function forked may hold
# the dead worker's pipe open.
HEARTBEAT_S = 0.5
# A worker that was told to stop gets this long.
GRACE_S = 2.0
# Workers that die before they are ready will not do better the next time.
MOST_FALSE_STARTS = 3

# Ends of pipes that a forked worker must not keep, and crews to end before multiprocessing
# waits for their processes at exit.
_ENDS: set[Connection] = set()
_CREWS: weakref.WeakSet[Any] = weakref.WeakSet()


class _Worker(msgspec.Struct, kw_only=True, eq=False):
    process: Any
    pipe: Connection
    slot: int
    is_ready: bool = False
    chunk: Chunk | None = None
    sent_at: float = 0.0


class ProcessCrew:
    """Worker processes, each with a pipe of its own; the caller's thread is the only reader.

    With `fork` the function and a sequence are inherited: chunks are two numbers. Else the
    function travels once and the items with each chunk.
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
        self._func = func
        self._rules = msgspec.structs.replace(rules, ship=True, order=items.order)
        self._items = items
        self._method = method
        self._timeout_s = timeout_s
        self._inner = inner
        self._context: Any = multiprocessing.get_context(method)
        self._is_fork = method == "fork"
        self._packed = b""
        if not self._is_fork:
            self._packed = pickle.dumps((pack_func(func), self._rules, inner))
        self._cells = Cells(workers, inherit=self._is_fork)
        self._staff: dict[Connection, _Worker] = {}
        self._waiting: deque[Chunk] = deque()
        self._packets: dict[int, bytes] = {}
        self._false_starts = 0
        self._is_closed = False
        _CREWS.add(self)
        try:
            for slot in range(workers):
                self._start(slot)
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
            ready = connection.wait(list(self._staff), self._patience_s())
            for pipe in ready:
                if isinstance(pipe, Connection) and pipe in self._staff:
                    done.extend(self._hear(self._staff[pipe]))
            if not ready:
                done.extend(self._bury_silent())
            done.extend(self._end_overdue())
            self._hand_out()
        return done

    def close(self, *, kill: bool = False) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        for worker in list(self._staff.values()):
            if kill or worker.chunk is not None:
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

    def _start(self, slot: int) -> None:
        self._cells.numbers[slot] = IDLE
        ours, theirs = self._context.Pipe()
        _ENDS.add(ours)
        with _without_interrupts():
            process = self._make(theirs, slot)
            try:
                # Python 3.12 warns of native threads too, which numerical libraries start
                # and which cope with a fork; Python's own threads were looked at before.
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    process.start()
            except BaseException as error:
                _ENDS.discard(ours)
                ours.close()
                raise WorkersFailed(
                    f"a worker process must start by {self._method}, got "
                    f"{type(error).__name__}: {error}"
                ) from error
            finally:
                theirs.close()
        worker = _Worker(process=process, pipe=ours, slot=slot)
        self._staff[ours] = worker
        if not self._is_fork:
            with contextlib.suppress(OSError):  # it is dead already: its end will be heard
                ours.send_bytes(self._packed)

    def _make(self, theirs: Connection, slot: int) -> Any:
        if not self._is_fork:
            args = (theirs, self._cells.handle(), slot)
            return self._context.Process(target=spawned_main, args=args)
        job = {
            "inner": self._inner,
            "items": self._items,
            "cells": self._cells.numbers,
            "slot": slot,
        }
        return self._context.Process(
            target=forked_main,
            args=(theirs, self._func, self._rules),
            kwargs={"job": job, "ends": tuple(_ENDS)},
        )

    def _hand_out(self) -> None:
        for worker in list(self._staff.values()):
            if not self._waiting:
                return
            if not worker.is_ready or worker.chunk is not None:
                continue
            worker.chunk = self._waiting.popleft()
            worker.sent_at = monotonic()
            with contextlib.suppress(OSError):  # it is dead: its end will be heard
                worker.pipe.send_bytes(self._packets[worker.chunk.start])

    def _hear(self, worker: _Worker) -> list[Done]:
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

    def _greet(self, worker: _Worker, head: bytes) -> list[Done]:
        if head != b"ready":
            raise WorkersFailed(
                f"a worker {head.decode(errors='replace')}",
                hint="the worker must be able to import the function's module",
            )
        worker.is_ready = True
        return []

    def _finish(
        self, worker: _Worker, values: list[Any], caught: list[Caught], *, busy_s: float, size: int
    ) -> Done:
        chunk = worker.chunk
        assert chunk is not None  # noqa: S101 - only a worker with a chunk answers
        worker.chunk = None
        self._packets.pop(chunk.start, None)
        ran = Ran(start=chunk.start, values=values, caught=caught, busy_s=busy_s)
        return Done(chunk=chunk, ran=ran, worker=worker.slot, size=size)

    def _bury(self, worker: _Worker, error: BaseException | None = None) -> list[Done]:
        """Take a dead worker's chunk back and put a new worker in its place."""
        chunk, slot = worker.chunk, worker.slot
        culprit = self._cells.numbers[slot]
        code = self._remove(worker)
        if chunk is None and not worker.is_ready:
            self._false_starts += 1
            if self._false_starts >= MOST_FALSE_STARTS:
                raise WorkersFailed(
                    f"workers started by {self._method} must come up, got "
                    f"{self._false_starts} that ended first, the last with {_describe(code)}",
                    hint="guard the script with `if __name__ == '__main__':`, "
                    "since a worker imports it",
                )
        self._start(slot)
        if chunk is None:
            return []
        self._packets.pop(chunk.start, None)
        is_known = chunk.start <= culprit < chunk.stop
        error = error or WorkerDied(
            f"the worker process that ran it ended with {_describe(code)}",
            hint="memory that ran out, a crash in C code, or os._exit in the function",
        )
        return [Done(chunk=chunk, culprit=culprit if is_known else None, error=error, worker=slot)]

    def _bury_silent(self) -> list[Done]:
        done: list[Done] = []
        for worker in list(self._staff.values()):
            if not worker.process.is_alive() and not worker.pipe.poll():
                done.extend(self._bury(worker))
        return done

    def _end_overdue(self) -> list[Done]:
        if self._timeout_s is None:
            return []
        done: list[Done] = []
        now = monotonic()
        for worker in list(self._staff.values()):
            if worker.chunk is None or now - worker.sent_at < self._timeout_s:
                continue
            if worker.pipe.poll():  # the answer came in time to be read
                continue
            worker.process.kill()
            worker.process.join()
            error = ItemTimeout(f"the item must end within {self._timeout_s:g} s; it was killed")
            self._cells.numbers[worker.slot] = worker.chunk.start
            done.extend(self._bury(worker, error))
        return done

    def _patience_s(self) -> float:
        if self._timeout_s is None:
            return HEARTBEAT_S
        sent = [worker.sent_at for worker in self._staff.values() if worker.chunk is not None]
        if not sent:
            return HEARTBEAT_S
        return min(HEARTBEAT_S, max(0.0, min(sent) + self._timeout_s - monotonic()))

    def _remove(self, worker: _Worker) -> int | None:
        """End a worker's process for good and close its pipe."""
        self._staff.pop(worker.pipe, None)
        worker.process.join(GRACE_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        code = worker.process.exitcode
        worker.process.close()
        _ENDS.discard(worker.pipe)
        worker.pipe.close()
        return code


def _describe(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


@contextlib.contextmanager
def _without_interrupts() -> Generator[None]:
    """Hold Ctrl-C back until the new worker has its own way with it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_all() -> None:
    for crew in list(_CREWS):
        crew.close(kill=True)


# multiprocessing waits at exit for processes that still run; this runs before it does.
atexit.register(_end_all)
# A forked child has no workers of its own: what it inherits is its parent's.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_CREWS.clear)
