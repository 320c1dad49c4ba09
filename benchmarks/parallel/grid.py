"""Which choices could have been made for a workload?"""

from __future__ import annotations

import math

from benchmarks.parallel.workloads import Workload

__all__ = ["points"]

# With more chunks than this, handing them out takes longer than any that was best.
MOST_CHUNKS = 5_000


def points(workload: Workload, cores: int) -> tuple[str, ...]:
    """Return the grid: serial, threads, processes x chunks of 1, N/16w, N/4w and N/w.

    A map that waits is tried with up to 128 threads and few processes, one that nests with one
    thread for each worker too.
    """
    count = workload.items.count
    if workload.waits:
        threads = [f"thread:{2**power}:1" for power in range(3, 8)]
        return ("serial", *threads, f"process:{cores}:1", f"process:{2 * cores}:1")
    found = ["serial"]
    for workers in (cores, 2 * cores):
        found += [f"thread:{workers}:1", f"thread:{workers}:{_part(count, 4 * workers)}"]
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
