"""How much of each resource does this process hold now?"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import psutil

__all__ = ["Gauge", "absent_channels"]


class Gauge:
    """Reads channels into arrays that were made beforehand: the readings must not be a leak themselves."""

    def __init__(self, names: Sequence[str], folder: str, room: int) -> None:
        self.names = tuple(names)
        self._process = psutil.Process()
        readers: dict[str, Callable[[], float]] = {
            "blocks": sys.getallocatedblocks,
            "rss": self._rss,
            "heap": _heap,
            "fds": self._process.num_fds if hasattr(self._process, "num_fds") else _zero,
            "threads": self._process.num_threads,
            "children": self._children,
            "tasks": _tasks,
            "files": lambda: sum(1 for _ in os.scandir(folder)),
        }
        self._readers = [readers[name] for name in self.names]
        self._held = [array("d", bytes(8 * room)) for _ in self.names]
        self.count = 0

    def read(self) -> None:
        """Collect garbage and read every channel once."""
        gc.collect()
        for held, reader in zip(self._held, self._readers, strict=True):
            held[self.count] = reader()
        self.count += 1

    def readings(self, name: str) -> list[float]:
        """Return what was read so far."""
        return list(self._held[self.names.index(name)][: self.count])

    def clear(self) -> None:
        """Begin again."""
        self.count = 0

    def _rss(self) -> float:
        return float(self._process.memory_info().rss)

    def _children(self) -> float:
        return float(len(self._process.children(recursive=True)))


def absent_channels(names: Sequence[str], *, is_async: bool) -> dict[str, str]:
    """Tell which channels cannot be read here, and why."""
    found: dict[str, str] = {}
    if "heap" in names and _heap_info() is None:
        found["heap"] = "this platform does not tell the size of its C heap"
    if "fds" in names and not hasattr(psutil.Process, "num_fds"):
        found["fds"] = "this platform has no file descriptors"
    if "tasks" in names and not is_async:
        found["tasks"] = "the target is no coroutine function"
    return found


def _heap_info() -> Any:
    return getattr(psutil, "heap_info", None)


def _heap() -> float:
    info = _heap_info()()
    return float(info.heap_used + info.mmap_used)


def _tasks() -> float:
    return float(len(asyncio.all_tasks()))


def _zero() -> float:
    return 0.0
