"""Which item does each worker run right now? Shared memory tells, even of a killed one."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
from multiprocessing import reduction
from typing import Any

__all__ = ["IDLE", "Cells"]

IDLE = -1


class Cells:
    """One number per worker, seen by all processes that were given it."""

    def __init__(self, count: int, *, inherit: bool) -> None:
        self.count = count
        self._fd: int | None = None
        size = max(mmap.PAGESIZE, 8 * count)
        if inherit:
            self._map = mmap.mmap(-1, size)
        else:
            self._fd = _open_shared(size)
            self._map = mmap.mmap(self._fd, size)
        self.numbers = memoryview(self._map).cast("q")
        for slot in range(count):
            self.numbers[slot] = IDLE

    def handle(self) -> Handle | None:
        """Return what a process that is not forked opens it with."""
        return None if self._fd is None else Handle(self._fd)

    def close(self) -> None:
        """Give the memory back."""
        self.numbers.release()
        self._map.close()
        if self._fd is not None:
            os.close(self._fd)


class Handle:
    """A file descriptor on its way to a process that is being started."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __reduce__(self) -> tuple[Any, ...]:
        # Only while a process is started does this pass the descriptor itself; at any
        # other time multiprocessing would start a thread to serve it.
        return (_arrive, (reduction.DupFd(self._fd),))


def _arrive(handle: Any) -> Any:
    return handle


def open_cells(handle: Any) -> memoryview | None:
    """Open the cells in a worker that was not forked; None where there is nothing to open."""
    if handle is None:
        return None
    fd = handle.detach()
    try:
        return memoryview(mmap.mmap(fd, 0)).cast("q")
    finally:
        os.close(fd)


def _open_shared(size: int) -> int:
    if sys.platform == "linux":
        fd = os.memfd_create("holdfast-cells")
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    os.ftruncate(fd, size)
    return fd
