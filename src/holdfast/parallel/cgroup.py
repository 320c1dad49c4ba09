"""Which cgroup, here or higher up the tree, bounds the cpus and the memory?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Protocol

import msgspec

__all__ = ["MemoryBound", "find_memory", "find_quota", "find_request"]

ROOT = "/sys/fs/cgroup"
# v1 says "no limit" with the largest page-aligned number; nothing has an exbibyte.
UNLIMITED = 1 << 60


class Files(Protocol):
    """Where text is read from; "" where there is no such file."""

    def read(self, path: str) -> str:
        """Return the file's text."""
        ...


class MemoryBound(msgspec.Struct, frozen=True, kw_only=True):
    """The group that leaves least; `limit` is None where no group has one."""

    limit: int | None = None
    used: int = 0
    place: str = ""


def find_quota(files: Files) -> tuple[float | None, str]:
    """Return the smallest cpu quota of this process's groups, in cpus, and where it stands."""
    found: list[tuple[float, str]] = []
    for folder in _folders(files, "cpu"):
        v2 = files.read(f"{folder}/cpu.max").split()
        if len(v2) == 2 and v2[0].isdigit() and v2[1].isdigit() and int(v2[1]):
            found.append((int(v2[0]) / int(v2[1]), f"{folder}/cpu.max"))
        quota = _number(files, f"{folder}/cpu.cfs_quota_us")
        period = _number(files, f"{folder}/cpu.cfs_period_us")
        if quota and period:
            found.append((quota / period, f"{folder}/cpu.cfs_quota_us"))
    return min(found) if found else (None, "")


def find_memory(files: Files) -> MemoryBound:
    """Return the limit that leaves least: a parent's may be nearer than the own one."""
    found: list[tuple[int, int, int, str]] = []
    for folder in _folders(files, "memory"):
        for limit_name, used_name in (
            ("memory.max", "memory.current"),
            ("memory.high", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            limit = _number(files, f"{folder}/{limit_name}")
            if limit is not None and limit < UNLIMITED:
                used = _number(files, f"{folder}/{used_name}") or 0
                found.append((limit - used, limit, used, f"{folder}/{limit_name}"))
    if not found:
        return MemoryBound()
    _, limit, used, place = min(found)
    return MemoryBound(limit=limit, used=used, place=place)


def find_request(files: Files) -> float | None:
    """Return the cpus that a container asked for, which its weight tells, or None.

    Kubernetes writes a request of R cpus as 1024 R shares (v1), and those as the weight
    1 + (shares - 2) * 9999 / 262142 (v2); the defaults mean that nothing was asked.
    """
    for folder in _folders(files, "cpu"):
        weight = _number(files, f"{folder}/cpu.weight")
        if weight is not None:
            shares = 2 + (weight - 1) * 262142 / 9999
            return None if weight == 100 else round(shares / 1024, 2)
        shares = _number(files, f"{folder}/cpu.shares")
        if shares is not None:
            return None if shares == 1024 else round(shares / 1024, 2)
    return None


def _number(files: Files, path: str) -> int | None:
    text = files.read(path).strip()
    return int(text) if text.isdigit() else None


def _folders(files: Files, controller: str) -> Iterator[str]:
    """Yield the folders of this process's group and of all above, own first."""
    seen: set[str] = set()
    for line in files.read("/proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if number == "0" and not names:
            bases = [ROOT, f"{ROOT}/unified"]
        elif controller in names.split(","):
            bases = [f"{ROOT}/{controller}", f"{ROOT}/{names}"]
        else:
            continue
        for base in bases:
            for up in _upwards(path):
                folder = (base + up).rstrip("/")
                if folder not in seen:
                    seen.add(folder)
                    yield folder
    for folder in (ROOT, f"{ROOT}/{controller}"):
        if folder not in seen:
            yield folder


def _upwards(path: str) -> Iterator[str]:
    """Yield a path and its parents up to "/"."""
    # A namespace shows groups outside of it as "/../.."; those cannot be read from here.
    path = posixpath.normpath("/" + path.strip("/"))
    while True:
        yield path
        if path == "/":
            return
        path = posixpath.dirname(path)
