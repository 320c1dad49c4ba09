"""Did this thread work, wait for the processor, or wait for something else?"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from holdfast.clock import monotonic, sleep_blocking

if sys.platform != "win32":
    import resource

__all__ = [
    "Reading",
    "Spent",
    "background_cores",
    "is_unclear",
    "peak_bytes",
    "rss_bytes",
    "spent",
    "take_reading",
    "without",
]

# Longer than two ticks of the kernel, which counts what runs elsewhere by ticks.
PAUSE_S = 0.01
_SCHEDSTAT = Path("/proc/thread-self/schedstat")


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The clocks at one moment: of this thread, and of the whole process."""

    wall_s: float
    thread_s: float
    process_s: float
    queued_s: float


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What lies between two readings.

    Time spent queueing for a processor is the host's and belongs to nobody: on a busy host
    wall minus cpu would call every computation a wait, and every wait a computation.
    `idle_share` and `parallelism` are parts of the time that is left without it.
    """

    wall_s: float
    thread_s: float
    process_s: float
    queued_s: float
    idle_share: float
    parallelism: float


def take_reading() -> Reading:
    """Read the clocks of this thread and this process."""
    thread_s, process_s = _cpu()
    queued_s = 0.0
    try:
        queued_s = int(_SCHEDSTAT.read_bytes().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        queued_s = 0.0
    return Reading(wall_s=monotonic(), thread_s=thread_s, process_s=process_s, queued_s=queued_s)


def spent(before: Reading, after: Reading, *, calls_s: float | None = None) -> Spent:
    """Compare two readings; `calls_s` is the wall time inside the function, if less."""
    wall = max(1e-9, after.wall_s - before.wall_s if calls_s is None else calls_s)
    thread = max(0.0, after.thread_s - before.thread_s)
    process = max(0.0, after.process_s - before.process_s)
    queued = max(0.0, after.queued_s - before.queued_s)
    # Clocks that tick apart must not leave less than was worked.
    own = max(1e-9, wall - queued, min(wall, thread))
    idle = max(0.0, own - max(thread, process))
    return Spent(
        wall_s=wall,
        thread_s=thread,
        process_s=process,
        queued_s=queued,
        idle_share=min(1.0, idle / own),
        parallelism=process / own,
    )


def is_unclear(seen: Spent) -> bool:
    """Say whether this thread waited while others of the process worked: for it, or anyhow?"""
    own = max(1e-9, seen.wall_s - seen.queued_s)
    return seen.idle_share <= 0.5 and seen.thread_s < own / 2 and seen.process_s > own / 2


def background_cores(pause_s: float = PAUSE_S, read: Callable[[], Reading] | None = None) -> float:
    """Wait for a moment, and tell how many cores the other threads keep busy meanwhile.

    Numerical libraries let their threads spin for a tenth of a second after a call.
    """
    read = read or take_reading
    before = read()
    sleep_blocking(pause_s)
    seen = spent(before, read())
    return max(0.0, seen.process_s - seen.thread_s) / seen.wall_s


def without(seen: Spent, background: float) -> Spent:
    """Leave out what other threads worked, if they go on while nothing is called.

    Half as much is enough to tell: both are counted in ticks, and spinning ends by itself.
    """
    others = max(0.0, seen.process_s - seen.thread_s)
    if background * seen.wall_s < others / 2:
        return seen
    own = max(1e-9, seen.wall_s - seen.queued_s, min(seen.wall_s, seen.thread_s))
    return msgspec.structs.replace(
        seen,
        process_s=seen.thread_s,
        idle_share=min(1.0, max(0.0, own - seen.thread_s) / own),
        parallelism=seen.thread_s / own,
    )


def peak_bytes() -> int:
    """Return the most memory that this process has held so far, 0 where that is not told."""
    if sys.platform == "win32":
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def rss_bytes() -> int:
    """Return the resident memory of this process, 0 where it cannot be read."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _cpu() -> tuple[float, float]:
    if sys.platform == "win32":
        times = os.times()
        return times.user + times.system, times.user + times.system
    own = resource.getrusage(resource.RUSAGE_SELF)
    process = own.ru_utime + own.ru_stime
    if sys.platform == "linux":
        thread = resource.getrusage(resource.RUSAGE_THREAD)
        return thread.ru_utime + thread.ru_stime, process
    return process, process
