"""Planted slow-downs, and their clean twins."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from typing import Any

TABLE = {str(at): at for at in range(200)}


def work(turns: int = 400) -> int:
    total = 0
    for at in range(turns):
        total += at * at % 7
    return total


def twice() -> int:
    return work(800)


def waits_more() -> int:
    time.sleep(0.002)
    return work()


def waits_less() -> int:
    time.sleep(0.001)
    return work()


async def awaits() -> int:
    await asyncio.sleep(0)
    return work()


async def awaits_twice() -> int:
    await asyncio.sleep(0)
    return twice()


def given(obj: dict[str, Any]) -> int:
    return len(obj) + work()


def raises() -> None:
    raise ValueError("no luck")


def exits() -> None:
    sys.exit(3)


def dies() -> None:
    os.write(2, b"last words\n")
    os._exit(7)


def strays() -> int:
    """Start a process that no signal to the group reaches."""
    if not TABLE.get("stray"):
        words = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
        child = subprocess.Popen(words, start_new_session=True, close_fds=True)
        TABLE["stray"] = child.pid
    return work()


def promises() -> Any:
    return awaits()


def generates() -> Any:
    yield work()


class Callable:
    """An object that can be called, with a state that travels."""

    def __init__(self, turns: int) -> None:
        self.turns = turns

    def __call__(self) -> int:
        return work(self.turns)
