"""Which lines of code allocate what stays? Asked only when something is suspected."""

from __future__ import annotations

import gc
import linecache
import sysconfig
import tracemalloc
from collections.abc import Awaitable, Callable

import msgspec

from holdfast.measure.leak_count import LeakRequest
from holdfast.model.leak import LeakSite

__all__ = ["MOST", "Sites", "find_sites", "is_own", "lengths", "line_of"]

# Frames kept of each allocation: enough to leave the standard library and find the caller.
FRAMES = 10
SETTLE = 20
MOST = 5
# Less than one object in fifty calls is bookkeeping.
LEAST_OBJECTS = 0.02
_LIBRARY = (sysconfig.get_path("stdlib"), "<frozen", "<string>", tracemalloc.__file__)
# Without a virtual environment, what is installed lies within the library.
_INSTALLED = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
_OWN = __file__.rpartition("/")[0]


class Sites(msgspec.Struct, kw_only=True):
    """The lines whose allocations grow with the calls, the most bytes first.

    `missing` is what it would take to look for them, `lost` why that came to nothing.
    """

    calls: int = 0
    sites: tuple[LeakSite, ...] = ()
    missing: str = ""
    lost: str = ""


async def find_sites(
    request: LeakRequest,
    call: Callable[[int], Awaitable[None]],
    is_async: bool,  # noqa: FBT001 - one protocol for all phases
) -> Sites:
    """Call the target under tracemalloc and compare what is held before and after."""
    del is_async
    warm_up, calls = lengths(request)
    await call(warm_up)
    tracemalloc.start(FRAMES)
    try:
        await call(SETTLE)
        before = _snapshot()
        await call(calls)
        after = _snapshot()
    finally:
        tracemalloc.stop()
    found: dict[str, list[float]] = {}
    for each in after.compare_to(before, "traceback"):
        if each.size_diff <= 0 or each.count_diff < calls * LEAST_OBJECTS:
            continue
        place = _place(each.traceback)
        if place:
            total = found.setdefault(place, [0.0, 0.0])
            total[0] += each.count_diff / calls
            total[1] += each.size_diff / calls
    sites = [
        LeakSite(place=place, objects_per_call=objects, bytes_per_call=size, text=line_of(place))
        for place, (objects, size) in found.items()
    ]
    sites.sort(key=lambda site: -site.bytes_per_call)
    return Sites(calls=calls, sites=tuple(sites[:MOST]))


def lengths(request: LeakRequest) -> tuple[int, int]:
    """Return how often to call before tracing, and while it goes on: it makes the calls many times slower."""
    return min(max(request.iterations // 6, 1), 200), min(max(request.iterations // 3, 1), 400)


def is_own(file: str) -> bool:
    """Tell whether a file is of the standard library or of this package: not where a leak is looked for."""
    if file.startswith(_OWN):
        return True
    return file.startswith(_LIBRARY) and not file.startswith(_INSTALLED)


def line_of(place: str) -> str:
    """Return the text of a line `file:number`, or "" where it cannot be read."""
    file, _, line = place.rpartition(":")
    return linecache.getline(file, int(line)).strip()[:120] if line.isdigit() else ""


def _snapshot() -> tracemalloc.Snapshot:
    gc.collect()
    return tracemalloc.take_snapshot()


def _place(trace: tracemalloc.Traceback) -> str:
    """Return the innermost line outside the standard library and this package, else ""."""
    for frame in reversed(trace):
        if not is_own(frame.filename):
            return f"{frame.filename}:{frame.lineno}"
    return ""
