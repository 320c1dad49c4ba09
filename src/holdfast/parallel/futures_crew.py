"""How do threads, interpreters and a user's own executor run chunks?"""

from __future__ import annotations

import concurrent.futures
import functools
import pickle
import queue
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import msgspec

from holdfast.parallel.calls import Ran, Rules, run_items
from holdfast.parallel.crew import Chunk, Done
from holdfast.parallel.failure import WorkerDied, WorkersFailed, WrongArgument
from holdfast.parallel.inner import limit_inner_threads
from holdfast.parallel.items import Items
from holdfast.parallel.ship import pack_func, pack_items, pack_values
from holdfast.parallel.threads import ThreadPool

__all__ = ["FuturesCrew", "is_remote", "make_interpreters", "make_threads"]


def make_threads(workers: int) -> ThreadPool:
    """Return a pool that starts its threads as they are needed."""
    return ThreadPool(workers)


def make_interpreters(workers: int) -> Executor:
    """Return a pool of sub-interpreters.

    Raises:
        WrongArgument: this Python has none.
    """
    kind: Any = getattr(concurrent.futures, "InterpreterPoolExecutor", None)
    if kind is None:
        raise WrongArgument(
            "executor='interpreter' needs Python 3.14 or later",
            hint="use executor='process' or 'thread'",
        )
    return kind(workers)


def is_remote(executor: Executor) -> bool:
    """Say whether an executor's workers share no objects with this interpreter."""
    names = {kind.__name__ for kind in type(executor).__mro__}
    return any("Process" in name or "Interpreter" in name for name in names)


class FuturesCrew:
    """A crew over any `concurrent.futures.Executor`.

    `own` pools are shut down by `close`; a user's is left as it was.
    """

    def __init__(
        self,
        executor: Executor,
        func: Callable[[Any], Any],
        rules: Rules,
        *,
        items: Items,
        workers: int,
        own: bool,
        inner: int | None = None,
    ) -> None:
        self._most = workers
        self._executor = executor
        self._own = own
        self._items = items
        self._is_stopped = False
        self._out: dict[Future[Any], Chunk] = {}
        self._sizes: dict[int, int] = {}
        self._done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        self._is_remote = is_remote(executor)
        self._restore = limit_inner_threads(None if self._is_remote else inner)
        if self._is_remote:
            shipped = msgspec.structs.replace(rules, order=items.order, ship=True)
            self._call: Any = functools.partial(run_shipped, pack_func(func), shipped)
        else:
            self._call = functools.partial(
                run_items, func, rules=rules, is_stopped=lambda: self._is_stopped
            )

    @property
    def shortage(self) -> str:
        return self._executor.shortage if isinstance(self._executor, ThreadPool) else ""

    @property
    def workers(self) -> int:
        return self._executor.most if isinstance(self._executor, ThreadPool) else self._most

    def can_take(self) -> bool:
        return len(self._out) < self.workers

    def submit(self, chunk: Chunk) -> None:
        items = chunk.items
        if items is None:
            items = self._items.between(chunk.start, chunk.stop)
        given: Any = pack_items(items, chunk.start) if self._is_remote else items
        try:
            future = self._executor.submit(self._call, given, chunk.start)
        except WorkersFailed:
            raise
        except RuntimeError as error:  # shut down, or broken by a worker that died
            raise WorkersFailed(
                f"the executor must take work, got {type(error).__name__}: {error}"
            ) from error
        self._out[future] = chunk
        self._sizes[chunk.start] = len(given) if self._is_remote else 0
        future.add_done_callback(self._done.put)

    def collect(self) -> list[Done]:
        if not self._out:
            return []
        done = [self._take(self._done.get())]
        while not self._done.empty():
            done.append(self._take(self._done.get()))
        return done

    def in_flight(self) -> int:
        return len(self._out)

    def close(self, *, kill: bool = False) -> None:
        self._is_stopped = True
        for future in list(self._out):
            future.cancel()
        if self._own:
            self._executor.shutdown(wait=not kill, cancel_futures=True)
        else:
            # A user's pool goes on, but not with this map's items.
            concurrent.futures.wait(self._out, timeout=None if not kill else 0)
        self._out.clear()
        self._restore()

    def _take(self, future: Future[Any]) -> Done:
        chunk = self._out.pop(future)
        in_size = self._sizes.pop(chunk.start, 0)
        error = future.exception()
        if error is not None:
            named = WorkerDied(
                f"a worker of the executor died while it ran items {chunk.start} to "
                f"{chunk.stop - 1}: {type(error).__name__}: {error}"
            )
            named.__cause__ = error
            return Done(chunk=chunk, error=named)
        answer = future.result()
        if self._is_remote:
            payload, ran = answer
            ran.values = pickle.loads(payload)  # noqa: S301 - from our own worker
            return Done(chunk=chunk, ran=ran, size=len(payload), in_size=in_size)
        return Done(chunk=chunk, ran=answer)


def run_shipped(func: bytes, rules: Rules, items: bytes, start: int) -> tuple[bytes, Ran]:
    """Run a chunk in another process or interpreter, and pack what it gave."""
    ran = run_items(_load(func), pickle.loads(items), start, rules)  # noqa: S301 - from the map
    payload, caught = pack_values(ran.values, start)
    ran.caught = [*ran.caught, *caught]
    ran.values = []
    return payload, ran


@functools.lru_cache(maxsize=4)
def _load(func: bytes) -> Callable[[Any], Any]:
    return pickle.loads(func)  # noqa: S301 - from the map
