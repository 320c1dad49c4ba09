"""Which lines lead to memory that C code allocates and that stays? Seen by memray, which an extra brings.

tracemalloc sees what goes through Python's own allocators; this looks at the rest alone.
What is called through a pointer that was looked up by hand (`dlsym`, as ctypes does for
`malloc` itself) is seen by neither.
"""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import memray

from holdfast.measure.leak_count import LeakRequest
from holdfast.measure.leak_sites import MOST, Sites, is_own, lengths, line_of
from holdfast.model.leak import LeakSite

__all__ = ["find_native", "place_of"]

# Fewer than this are what the first traced calls left behind.
LEAST_ALLOCATIONS = 3
LEAST_RATE = 0.02
_OF_PYTHON = frozenset(
    {
        memray.AllocatorType.PYMALLOC_MALLOC,
        memray.AllocatorType.PYMALLOC_CALLOC,
        memray.AllocatorType.PYMALLOC_REALLOC,
    }
)
UNKNOWN = frozenset({"", "???", "<unknown>"})
# What memory is asked of, not what asks.
ALLOCATORS = ("malloc", "calloc", "realloc", "operator new")
# One frame of a stack: function, file, line; the innermost comes first.
Frame = tuple[str, str, int]


async def find_native(
    request: LeakRequest,
    call: Callable[[int], Awaitable[None]],
    is_async: bool,  # noqa: FBT001 - one protocol for all phases
) -> Sites:
    """Call the target under memray and list what C code holds at the end and did not at the beginning."""
    del is_async
    warm_up, calls = lengths(request)
    await call(warm_up)
    gc.collect()
    path = Path(request.folder) / "holdfast-memray.bin"
    with memray.Tracker(
        path,
        native_traces=True,
        trace_python_allocators=True,
        file_format=memray.FileFormat.AGGREGATED_ALLOCATIONS,
    ):
        await call(calls)
        gc.collect()
    try:
        return Sites(calls=calls, sites=_sites(path, calls))
    finally:
        path.unlink()


def _sites(path: Path, calls: int) -> tuple[LeakSite, ...]:
    found: dict[tuple[str, str], list[float]] = {}
    with memray.FileReader(path) as reader:
        for record in reader.get_leaked_allocation_records(merge_threads=True):
            if memray.AllocatorType(record.allocator) in _OF_PYTHON:
                continue
            total = found.setdefault(place_of(record.hybrid_stack_trace()), [0.0, 0.0])
            total[0] += record.n_allocations
            total[1] += record.size
    least = max(LEAST_ALLOCATIONS, calls * LEAST_RATE)
    sites = [
        LeakSite(
            place=place,
            objects_per_call=count / calls,
            bytes_per_call=size / calls,
            text=line_of(place),
            native=native,
        )
        for (place, native), (count, size) in found.items()
        if count >= least
    ]
    return tuple(sorted(sites, key=lambda site: -site.bytes_per_call)[:MOST])


def place_of(stack: Iterable[Frame]) -> tuple[str, str]:
    """Return the innermost line of Python outside the library, and the C function that it led to.

    Where no Python led there, as in a thread of C code, there is no line.
    """
    native = ""
    for function, file, line in stack:
        if _is_python(file):
            if not is_own(file):
                return f"{file}:{line}", native or "C code"
        elif not native and function not in UNKNOWN and not function.startswith(ALLOCATORS):
            # glibc calls its own functions by an inner name.
            name = function.removeprefix("__GI_").lstrip("_")
            native = f"{name} at {file}:{line}" if line else name
    return "no line of Python", native or "C code"


def _is_python(file: str) -> bool:
    return file.endswith(".py") or (file.startswith("<") and file not in UNKNOWN)
