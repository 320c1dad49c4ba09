"""How do threads of our own run chunks, with as little between two calls as can be?"""

from __future__ import annotations

import functools
import queue
from collections.abc import Callable, Sequence
from typing import Any

from holdfast.parallel.calls import Ran, Rules, run_items
from holdfast.parallel.crew import Chunk, Done
from holdfast.parallel.failure import WorkerDied
from holdfast.parallel.inner import limit_inner_threads
from holdfast.parallel.items import Items
from holdfast.parallel.threads import ThreadPool

__all__ = ["ThreadCrew"]

_Answer = tuple[Chunk, Ran | None, BaseException | None]


class ThreadCrew:
    """A crew of threads that start as they are needed.

    No futures: each costs 20 us, a third of all that a call costs beside its own work.
    """

    def __init__(
        self,
        func: Callable[[Any], Any],
        rules: Rules,
        *,
        items: Items,
        workers: int,
        inner: int | None = None,
    ) -> None:
        self._func = func
        self._rules = rules
        self._items = items
        # OpenMP counts its threads for each thread by itself: here and in every new one.
        prepare = None if inner is None else functools.partial(limit_inner_threads, inner)
        self._pool = ThreadPool(workers, prepare)
        self._done: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        self._out = 0
        self._is_stopped = False
        self._restore = limit_inner_threads(inner)

    @property
    def workers(self) -> int:
        return self._pool.most

    @property
    def shortage(self) -> str:
        return self._pool.shortage

    def can_take(self) -> bool:
        return self._out < self._pool.most

    def in_flight(self) -> int:
        return self._out

    def submit(self, chunk: Chunk) -> None:
        items = chunk.items
        if items is None:
            items = self._items.between(chunk.start, chunk.stop)
        given = items
        self._pool.begin(lambda: self._run(chunk, given))
        self._out += 1

    def collect(self) -> list[Done]:
        if not self._out:
            return []
        done = [self._take(self._done.get())]
        while not self._done.empty():
            done.append(self._take(self._done.get()))
        return done

    def close(self, *, kill: bool = False) -> None:
        self._is_stopped = True
        self._pool.shutdown(wait=not kill, cancel_futures=True)
        self._out = 0
        self._restore()

    def _run(self, chunk: Chunk, items: Sequence[Any]) -> None:
        ran, broke = None, None
        try:
            ran = run_items(
                self._func, items, chunk.start, self._rules, is_stopped=lambda: self._is_stopped
            )
        except BaseException as error:  # noqa: BLE001 - whoever waits for the chunk gets it
            broke = error
        self._done.put((chunk, ran, broke))

    def _take(self, answer: _Answer) -> Done:
        self._out -= 1
        chunk, ran, broke = answer
        if broke is None:
            return Done(chunk=chunk, ran=ran)
        error = WorkerDied(
            f"a thread ended while it ran items {chunk.start} to {chunk.stop - 1}: "
            f"{type(broke).__name__}: {broke}"
        )
        error.__cause__ = broke
        return Done(chunk=chunk, error=error)
