"""Which processes did a worker start, so that they end with it?"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

__all__ = ["descendants", "kill_all", "read_parents"]

PROC = Path("/proc")


def read_parents(proc: Path = PROC) -> dict[int, int]:
    """Return the parent of each process; nothing where the system does not tell them as files."""
    parents: dict[int, int] = {}
    for place in proc.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # it has ended meanwhile
            # The name may hold spaces and parentheses; state and parent follow the last one.
            fields = place.read_bytes().rpartition(b")")[2].split()
            parents[int(place.parent.name)] = int(fields[1])
    return parents


def descendants(root: int, parents: dict[int, int]) -> list[int]:
    """Return all processes below `root`, the nearest first."""
    found: list[int] = [root]
    for each in found:
        found.extend(pid for pid, parent in parents.items() if parent == each)
    return found[1:]


def kill_all(pids: list[int]) -> None:
    """Kill processes that may be gone already."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
