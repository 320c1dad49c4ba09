"""Functions that leak so much per call, and their clean twins."""

from __future__ import annotations

import asyncio
import ctypes
import os
import random
import subprocess
import tempfile
import threading
import time
import tracemalloc
from typing import Any

KEPT: list[Any] = []
CACHE: dict[int, bytearray] = {}
_CALLS = 0
_NEVER = threading.Event()
_LIBC = ctypes.CDLL(None)
_LIBC.malloc.restype = ctypes.c_void_p
_LIBC.malloc.argtypes = [ctypes.c_size_t]
_LIBC.strdup.restype = ctypes.c_void_p


def clean() -> int:
    return sum(range(100))


def noisy_clean() -> None:
    for _ in range(random.randrange(100)):
        bytearray(random.randrange(5000))


def cyclic_clean() -> None:
    ring: list[Any] = [bytearray(1000)]
    ring.append(ring)


def cache_clean(size: int = 400) -> None:
    """A cache that fills: the least recently written leaves."""
    global _CALLS  # noqa: PLW0603 - counting is what it is for
    _CALLS += 1
    CACHE[_CALLS] = bytearray(200)
    if len(CACHE) > size:
        del CACHE[_CALLS - size]


async def task_clean() -> None:
    await asyncio.create_task(asyncio.sleep(0))


def objects_1kb() -> None:
    KEPT.append(bytearray(1000))


def objects_100b() -> None:
    KEPT.append(bytearray(43))


def objects_rare() -> None:
    """1 KB with every fiftieth call."""
    global _CALLS  # noqa: PLW0603 - counting is what it is for
    _CALLS += 1
    if _CALLS % 50 == 0:
        KEPT.append(bytearray(1000))


def c_heap() -> None:
    ctypes.memset(_LIBC.malloc(256), 1, 256)


def c_library() -> None:
    """A C function that allocates what nobody frees."""
    _LIBC.strdup(b"x" * 255)


def descriptor() -> None:
    os.dup(1)


def thread() -> None:
    threading.Thread(target=_NEVER.wait, daemon=True).start()


async def task() -> None:
    KEPT.append(asyncio.create_task(asyncio.sleep(3600)))


def child() -> None:
    subprocess.Popen(["sleep", "3600"])


def temp_file() -> None:
    handle, _ = tempfile.mkstemp()
    os.close(handle)


def fails_later() -> None:
    global _CALLS  # noqa: PLW0603 - counting is what it is for
    _CALLS += 1
    if _CALLS > 20:
        raise ValueError("no more")


def slow() -> None:
    time.sleep(0.05)


def ends_when_traced() -> None:
    """Leaks, and cannot bear being looked at."""
    KEPT.append(bytearray(1000))
    if tracemalloc.is_tracing():
        os._exit(3)


def ends_its_process() -> None:
    os._exit(0)


CLEAN = ("clean", "noisy_clean", "cyclic_clean", "cache_clean", "task_clean")
LEAKS = {
    "objects_1kb": "blocks",
    "objects_100b": "blocks",
    "objects_rare": "blocks",
    "c_heap": "heap",
    "descriptor": "fds",
    "thread": "threads",
    "task": "tasks",
    "child": "children",
    "temp_file": "files",
}
