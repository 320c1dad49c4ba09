"""How do threads run calls, also where no more of them can be had?"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from holdfast.parallel.failure import WorkersFailed

__all__ = ["ThreadPool"]


class ThreadPool(Executor):
    """Threads that start as they are needed; `shortage` says why there are fewer than asked for.

    The standard library's pool queues a call and then raises where its thread cannot start:
    the call may run all the same, unseen. This one starts the thread first, and its threads
    do not keep a program from ending. Each calls `prepare` before its first call.
    """

    def __init__(self, most: int, prepare: Callable[[], object] | None = None) -> None:
        self.most = most
        self._prepare = prepare
        self.shortage = ""
        self._threads: list[threading.Thread] = []
        self._work: queue.SimpleQueue[tuple[Future[Any] | None, Callable[[], None]] | None]
        self._work = queue.SimpleQueue()
        # One entry per thread that waits for a call: appending and popping are atomic.
        self._idle: deque[None] = deque()
        self._is_shut = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call.

        Raises:
            WorkersFailed: it was shut down, or not one thread can be had.
        """
        future: Future[Any] = Future()
        self.begin(lambda: _settle(future, lambda: fn(*args, **kwargs)), future)
        return future

    def begin(self, call: Callable[[], None], future: Future[Any] | None = None) -> None:
        """Queue a call that must not raise; `future` is cancelled if the pool is shut down before.

        Raises:
            WorkersFailed: it was shut down, or not one thread can be had.
        """
        if self._is_shut:
            raise WorkersFailed("a pool of threads must be open to take work, got one shut down")
        try:
            self._idle.pop()
        except IndexError:
            if len(self._threads) < self.most:
                self._start()
        self._work.put((future, call))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the signature of Executor
        """End the threads, after the calls that are queued or, cancelled, those that run."""
        self._is_shut = True
        if cancel_futures:
            while not self._work.empty():
                entry = self._work.get()
                if entry is not None and entry[0] is not None:
                    entry[0].cancel()
        for _ in self._threads:
            self._work.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _start(self) -> None:
        thread = threading.Thread(target=self._serve, name="holdfast-parallel", daemon=True)
        try:
            thread.start()
        except (RuntimeError, MemoryError) as error:
            self.shortage = (
                f"{self.most} threads must start, got {len(self._threads)}: "
                f"{type(error).__name__}: {error}"
            )
            self.most = max(1, len(self._threads))
            if not self._threads:
                raise WorkersFailed(
                    self.shortage, hint="fewer workers (n_jobs), or more memory and threads"
                ) from error
            return
        self._threads.append(thread)

    def _serve(self) -> None:
        if self._prepare is not None:
            self._prepare()
        while True:
            entry = self._work.get()
            if entry is None:
                return
            entry[1]()
            # What a call gave must not live on until the next one comes.
            del entry
            self._idle.append(None)


def _settle(future: Future[Any], call: Callable[[], Any]) -> None:
    """Run a call and give what came of it to its future."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - whoever waits for the future gets it
        future.set_exception(error)
    else:
        future.set_result(result)
