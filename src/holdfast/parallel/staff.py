"""How is a worker process started, and how does it end for good?"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import warnings
from collections.abc import Callable, Generator
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from holdfast.clock import monotonic
from holdfast.parallel.calls import Rules
from holdfast.parallel.cells import IDLE, Cells
from holdfast.parallel.crew import Chunk
from holdfast.parallel.items import Items
from holdfast.parallel.ship import pack_func
from holdfast.parallel.worker import forked_main, spawned_main

__all__ = ["Starter", "Worker", "describe_exit", "end_worker"]

# A worker that was told to stop gets this long.
GRACE_S = 2.0
LOOK_S = 0.05
# Ends of pipes that a forked worker must not keep.
_ENDS: set[Connection] = set()


class _Forking:
    """One start at a time: a copy that another thread makes meanwhile would keep the pipe."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def reset(self) -> None:
        """Begin anew in a copy, where the thread that held the lock is not."""
        self.lock = threading.Lock()


_FORKING = _Forking()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_FORKING.reset)


class Worker(msgspec.Struct, kw_only=True, eq=False):
    """`since` is when it was started or got its chunk; `due_from` when its item began."""

    process: Any
    pipe: Connection
    slot: int
    since: float
    is_ready: bool = False
    has_run: bool = False
    chunk: Chunk | None = None
    due_from: float = 0.0


class Starter:
    """Starts workers of one kind, each with a pipe and a cell of its own.

    Raises:
        NotPicklable: the function cannot reach a new interpreter.
    """

    def __init__(
        self,
        func: Callable[[Any], Any],
        rules: Rules,
        *,
        items: Items,
        cells: Cells,
        method: str,
        inner: int | None,
    ) -> None:
        self.is_fork = method == "fork"
        self._context: Any = multiprocessing.get_context(method)
        self._func = func
        self._rules = rules
        self._items = items
        self._cells = cells
        self._inner = inner
        self._packed = b""
        if not self.is_fork:
            self._packed = pickle.dumps((pack_func(func), rules, inner))

    def start(self, slot: int) -> Worker:
        """Start a worker.

        Raises:
            OSError, RuntimeError, MemoryError: this machine has no room for it.
        """
        self._cells.numbers[slot] = IDLE
        with _FORKING.lock, _without_interrupts():
            ours, theirs = self._context.Pipe()
            _ENDS.add(ours)
            process = self._make(theirs, slot)
            try:
                # Python 3.12 warns of native threads too, which numerical libraries start
                # and which cope with a fork; Python's own threads were looked at before.
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    process.start()
            except BaseException:
                _ENDS.discard(ours)
                ours.close()
                raise
            finally:
                theirs.close()
        if not self.is_fork:
            with contextlib.suppress(OSError):  # it is dead already: its end will be heard
                ours.send_bytes(self._packed)
        return Worker(process=process, pipe=ours, slot=slot, since=monotonic())

    def _make(self, theirs: Connection, slot: int) -> Any:
        if not self.is_fork:
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


def end_worker(worker: Worker) -> int | None:
    """End a worker's process for good and close its pipe; give its exit code."""
    until = monotonic() + GRACE_S
    # Asked again and again: what the function forked may hold the pipe that join waits for.
    while worker.process.is_alive() and monotonic() < until:
        worker.process.join(LOOK_S)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
    code = worker.process.exitcode
    worker.process.close()
    _ENDS.discard(worker.pipe)
    worker.pipe.close()
    return code


def describe_exit(code: int | None) -> str:
    """Say how a process ended."""
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
