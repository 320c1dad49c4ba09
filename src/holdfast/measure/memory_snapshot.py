"""What holds memory, line by line, and what has grown since?"""

from __future__ import annotations

import gc
import linecache
import tracemalloc
from collections.abc import Sequence

import msgspec

__all__ = [
    "MemoryGrowth",
    "MemoryLine",
    "MemorySnapshot",
    "growth_between",
    "lines_of",
    "take",
]

_OWN = __file__.rpartition("/")[0]
# The bookkeeping of tracing itself.
_IGNORED = (
    tracemalloc.Filter(inclusive=False, filename_pattern=tracemalloc.__file__),
    tracemalloc.Filter(inclusive=False, filename_pattern=linecache.__file__),
    tracemalloc.Filter(inclusive=False, filename_pattern=f"{_OWN}/memory_*.py"),
    tracemalloc.Filter(inclusive=False, filename_pattern="<unknown>"),
)


class MemoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of code and the memory that it allocated and that is still held.

    Of a comparison, `size_bytes` and `count` are what came on top, below 0 what went.
    """

    place: str
    size_bytes: int
    count: int
    text: str = ""


class MemorySnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What was held at a moment, `at_s` seconds after the start.

    `traced_bytes` is what Python objects hold that were made since the start,
    `traced_peak_bytes` the most that it was, `top` the lines that hold most of it.
    """

    index: int
    label: str
    at_s: float
    rss_bytes: int
    traced_bytes: int
    traced_peak_bytes: int
    top: tuple[MemoryLine, ...] = ()


class MemoryGrowth(msgspec.Struct, frozen=True, kw_only=True):
    """What changed between two snapshots; `lines` are those that changed, the most bytes first."""

    first: str
    second: str
    rss_bytes: int
    traced_bytes: int
    lines: tuple[MemoryLine, ...] = ()


def take() -> tracemalloc.Snapshot:
    """Collect garbage, then record what is held and where it was allocated."""
    gc.collect()
    return tracemalloc.take_snapshot().filter_traces(_IGNORED)


def lines_of(snapshot: tracemalloc.Snapshot, limit: int) -> tuple[MemoryLine, ...]:
    """Return the lines that hold the most bytes."""
    return tuple(
        _line(each.traceback, each.size, each.count)
        for each in snapshot.statistics("lineno")[:limit]
    )


def growth_between(
    first: tracemalloc.Snapshot, second: tracemalloc.Snapshot, limit: int
) -> tuple[MemoryLine, ...]:
    """Return the lines of which more, or less, is held, the largest change first."""
    changed = [
        each for each in second.compare_to(first, "lineno") if each.size_diff or each.count_diff
    ]
    changed.sort(key=lambda each: -abs(each.size_diff))
    return tuple(_line(each.traceback, each.size_diff, each.count_diff) for each in changed[:limit])


def _line(trace: Sequence[tracemalloc.Frame], size: int, count: int) -> MemoryLine:
    frame = trace[-1]
    return MemoryLine(
        place=f"{frame.filename}:{frame.lineno}",
        size_bytes=size,
        count=count,
        text=linecache.getline(frame.filename, frame.lineno).strip()[:120],
    )
