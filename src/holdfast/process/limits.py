"""How much of this machine may a run use?"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

__all__ = ["disk_free_bytes", "memory_bytes", "usable_cores"]

CGROUP = Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """Return how many cores this process may use: its affinity, cut by a cgroup v2 quota."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    quota = _read(CGROUP / "cpu.max").split()
    if len(quota) == 2 and quota[0].isdigit():
        cores = min(cores, max(1, int(quota[0]) // int(quota[1])))
    return max(1, cores)


def memory_bytes() -> int:
    """Return the memory that may be used: the machine's, cut by a cgroup v2 limit."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = _read(CGROUP / "memory.max").strip()
    return min(total, int(limit)) if limit.isdigit() else total


def disk_free_bytes(folder: Path) -> int:
    """Return the free bytes of the file system that holds a folder."""
    return shutil.disk_usage(folder).free


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
