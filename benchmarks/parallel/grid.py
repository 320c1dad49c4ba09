"""Which choices could have been made for a workload?"""

from __future__ import annotations

import math

from benchmarks.parallel.workloads import Workload

__all__ = ["points"]

# With more chunks than this, handing them out takes longer than any that was best.
MOST_CHUNKS = 5_000


def points(workload: Workload, cores: int) -> tuple[str, ...]:
    """Return the grid: serial, threads, processes x chunks of 1, N/16w, N/4w and N/w.

    A map that waits is tried with more threads, one that nests with a thread for each item too.
    """
    count = workload.items.count
    found = ["serial"]
    threads = {cores, 2 * cores}
    if workload.waits:
        threads |= {2**power for power in range(3, 9)}
    for workers in sorted(threads):
        sizes = {1} if workload.waits else {1, _part(count, 4 * workers)}
        found += [f"thread:{workers}:{size}" for size in sorted(sizes)]
    found += [f"process:1:{_part(count, 4)}", f"process:{cores}:1"]
    for workers, parts in ((cores, (16, 4, 1)), (cores + 1, (16, 4, 1)), (2 * cores, (4,))):
        found += [f"process:{workers}:{_part(count, part * workers)}" for part in parts]
    if workload.nests:
        size = _part(count, 4 * cores)
        found += [f"process:{cores}:{size}:1", f"thread:{cores}:{size}:1", f"thread:{cores}:1:1"]
    return tuple(dict.fromkeys(point for point in found if _is_sane(count, point)))


def _part(count: int, parts: int) -> int:
    return max(1, math.ceil(count / parts))


def _is_sane(count: int, point: str) -> bool:
    numbers = point.split(":")[2:]
    return not numbers or count / int(numbers[0]) <= MOST_CHUNKS
