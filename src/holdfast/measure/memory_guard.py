"""Who traces memory, and who takes times, in this process? Never both at once."""

from __future__ import annotations

import contextlib
import threading
import tracemalloc
from collections.abc import Generator

from holdfast.errors import UsageError
from holdfast.measure.timers import open_timers

__all__ = ["claim_profiling", "release_profiling", "timing"]


class _Guard:
    """What goes on in this process: tracemalloc is one for all, and so is this."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.timed = 0
        self.is_profiled = False


_guard = _Guard()


@contextlib.contextmanager
def timing() -> Generator[None]:
    """Keep memory profilers away while times are taken.

    Raises:
        UsageError: memory is traced, which makes Python code many times slower.
    """
    with _guard.lock:
        if _guard.is_profiled or tracemalloc.is_tracing():
            raise UsageError(
                "nothing must be timed while memory is traced, got a tracer that runs",
                hint="stop the MemoryProfiler, or tracemalloc, first",
            )
        _guard.timed += 1
    try:
        yield
    finally:
        with _guard.lock:
            _guard.timed -= 1


def claim_profiling() -> None:
    """Be the one that profiles memory in this process.

    Raises:
        UsageError: another one does already, or something is being timed.
    """
    with _guard.lock:
        if _guard.is_profiled or tracemalloc.is_tracing():
            other = "another MemoryProfiler" if _guard.is_profiled else "tracemalloc"
            raise UsageError(
                f"one profiler at a time must trace memory, got {other} that runs",
                hint="stop it first: tracemalloc is one for the whole process",
            )
        timers = open_timers()
        if _guard.timed or timers:
            what = "a benchmark" if _guard.timed else f"the timer {timers[0]!r}"
            raise UsageError(
                f"memory must not be traced while something is timed, got {what} that runs",
                hint="profile in a run of its own: tracing makes Python code many times slower",
            )
        _guard.is_profiled = True


def release_profiling() -> None:
    """Let the next one profile."""
    with _guard.lock:
        _guard.is_profiled = False
