"""What does the leak benchmark call? Functions of other sizes and shapes than those in the tests."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import random
import subprocess
import tempfile
import threading
from collections import OrderedDict
from typing import Any

_KEPT: list[Any] = []
_CACHE: OrderedDict[int, bytes] = OrderedDict()
_COUNT = [0]
_NEVER = threading.Event()
_LIBC = ctypes.CDLL(None)
_LIBC.calloc.restype = ctypes.c_void_p
_LIBC.calloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]


def clean() -> None:
    json.loads(json.dumps({"a": list(range(50)), "b": "text"}))


def noisy_clean() -> None:
    kept = [bytes(random.randrange(1, 3000)) for _ in range(random.randrange(60))]
    random.shuffle(kept)


def cyclic_clean() -> None:
    left: dict[str, Any] = {"data": bytes(700)}
    right: dict[str, Any] = {"other": left}
    left["other"] = right


def cache_clean() -> None:
    """A least-recently-used cache of 1,500, which is not full after the first look."""
    _COUNT[0] += 1
    _CACHE[_COUNT[0]] = bytes(150)
    if len(_CACHE) > 1500:
        _CACHE.popitem(last=False)


def objects_1kb() -> None:
    _KEPT.append(bytes(967))


def objects_100b() -> None:
    _KEPT.append(bytes(67))


def objects_rare() -> None:
    _COUNT[0] += 1
    if _COUNT[0] % 50 == 0:
        _KEPT.append(bytearray(967))


def c_heap() -> None:
    ctypes.memset(_LIBC.calloc(1, 200), 1, 200)


def descriptor() -> None:
    os.open(os.devnull, os.O_RDONLY)


def thread() -> None:
    threading.Thread(target=_NEVER.wait, daemon=True).start()


async def task() -> None:
    _KEPT.append(asyncio.ensure_future(asyncio.Event().wait()))


def child() -> None:
    _KEPT.append(subprocess.Popen(["sleep", "3600"]))


def temp_file() -> None:
    handle, path = tempfile.mkstemp(suffix=".left")
    os.write(handle, path.encode())
    os.close(handle)


CLEAN = ("clean", "noisy_clean", "cyclic_clean", "cache_clean")
LEAKS = (
    "objects_1kb",
    "objects_100b",
    "objects_rare",
    "c_heap",
    "descriptor",
    "thread",
    "task",
    "child",
    "temp_file",
)
