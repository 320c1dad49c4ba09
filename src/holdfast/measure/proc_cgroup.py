"""Which limits does a container put on a process, and how close is it to them? cgroups v1 and v2.

A part of the monitor's program: the standard library only, and as little of it as can be.
"""

# pathlib takes longer to import than all that is imported here:
# ruff: noqa: PTH112, PTH120, PTH123
from __future__ import annotations

import os

__all__ = ["find_groups", "read_group"]

# What v1 says instead of "no limit" is the largest multiple of a page below 2**63.
NO_LIMIT = 1 << 60

# (the name that is told, the file, the key within it, what it is multiplied with)
_V2 = (
    ("memory_bytes", "memory.current", "", 1.0),
    ("oom_kills", "memory.events", "oom_kill", 1.0),
    ("limit_hits", "memory.events", "max", 1.0),
    ("throttled", "cpu.stat", "nr_throttled", 1.0),
    ("throttled_s", "cpu.stat", "throttled_usec", 1e-6),
)
_V1_MEMORY = (
    ("memory_bytes", "memory.usage_in_bytes", "", 1.0),
    ("oom_kills", "memory.oom_control", "oom_kill", 1.0),
    ("limit_hits", "memory.failcnt", "", 1.0),
)
_V1_CPU = (
    ("throttled", "cpu.stat", "nr_throttled", 1.0),
    ("throttled_s", "cpu.stat", "throttled_time", 1e-9),
)


def find_groups(pid: int, proc: str = "/proc") -> dict[str, tuple[str, str]]:
    """Return (folder, mount point) of the groups of a process: `v2`, or `memory` and `cpu` of v1.

    Raises:
        OSError: the process has ended, or this kernel has no groups.
    """
    mounts = _mounts(_read(f"{proc}/self/mountinfo"))
    found: dict[str, tuple[str, str]] = {}
    for line in _read(f"{proc}/{pid}/cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        names = ["v2"] if number == "0" and not controllers else controllers.split(",")
        for name in names:
            if name in {"v2", "memory", "cpu"} and name in mounts:
                found[name] = (_folder(path, *mounts[name]), mounts[name][1])
    return found


def read_group(groups: dict[str, tuple[str, str]]) -> dict[str, float]:
    """Return what the groups say: use, limits, and how often a limit was hit.

    `memory_limit_bytes` and `cpu_limit` (in CPUs) are the strictest on the way up, and absent where
    nothing limits.
    """
    told: dict[str, float] = {}
    for name, table in (("v2", _V2), ("memory", _V1_MEMORY), ("cpu", _V1_CPU)):
        if name not in groups:
            continue
        folder, top = groups[name]
        for key, file, within, factor in table:
            value = _number(f"{folder}/{file}", within)
            if value is not None and key not in told:
                told[key] = value * factor
        memory, cpu = _limits(folder, top)
        if memory is not None:
            told["memory_limit_bytes"] = memory
        if cpu is not None:
            told["cpu_limit"] = cpu
    return told


def _mounts(text: str) -> dict[str, tuple[str, str]]:
    """Return (root within the hierarchy, mount point) of each hierarchy."""
    found: dict[str, tuple[str, str]] = {}
    for line in text.splitlines():
        here, _, there = line.partition(" - ")
        fields, kind = here.split(), there.split()
        if kind[0] == "cgroup2":
            found["v2"] = (fields[3], fields[4])
        elif kind[0] == "cgroup":
            for name in kind[-1].split(","):
                found[name] = (fields[3], fields[4])
    return found


def _folder(path: str, root: str, point: str) -> str:
    """Return where a group is seen from here; in a container the path is often that of the host."""
    inner = path[len(root) :] if root != "/" and path.startswith(root) else path
    folder = f"{point}/{inner.strip('/')}".rstrip("/")
    return folder if os.path.isdir(folder) else point


def _limits(folder: str, top: str) -> tuple[float | None, float | None]:
    """Return the strictest limits of memory (bytes) and CPU (CPUs) on the way up."""
    memory: list[float] = []
    cpu: list[float] = []
    while True:
        for file in ("memory.max", "memory.limit_in_bytes"):
            value = _number(f"{folder}/{file}", "")
            if value is not None and value < NO_LIMIT:
                memory.append(value)
        cpu += _quota(folder)
        if folder == top or len(folder) <= len(top):
            break
        folder = os.path.dirname(folder)
    return min(memory, default=None), min(cpu, default=None)


def _quota(folder: str) -> list[float]:
    try:
        quota, period = _read(f"{folder}/cpu.max").split()
    except (OSError, ValueError):
        old = _number(f"{folder}/cpu.cfs_quota_us", ""), _number(f"{folder}/cpu.cfs_period_us", "")
        return [old[0] / old[1]] if old[0] and old[1] and old[0] > 0 else []
    return [] if quota == "max" else [int(quota) / int(period)]


def _number(path: str, within: str) -> float | None:
    """Return the number in a file, or behind a key in it; None where there is none."""
    try:
        text = _read(path)
    except OSError:
        return None
    for line in text.splitlines():
        key, _, value = line.rpartition(" ")
        if key == within and value.lstrip("-").isdigit():
            return float(value)
    return None


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
