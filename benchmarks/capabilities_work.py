"""What is observed, and confined? A workload in this process, timed by itself. `python capabilities_work.py SIDE WORK SIZE`.

It prints the seconds that the work took, by the clock and of the processor; with the hook, looking
at what it noted is in them.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

__all__ = ["cpu_heavy", "file_heavy", "main"]


def file_heavy(size: int) -> int:
    """Write and read `size` files of 1 KB, each by its own name."""
    folder = Path("files")
    folder.mkdir()
    text, total = "x" * 1024, 0
    for n in range(size):
        name = f"files/{n}"
        with open(name, "w", encoding="utf-8") as file:  # noqa: PTH123 - as little as can be around the call
            file.write(text)
        with open(name, encoding="utf-8") as file:  # noqa: PTH123 - as above
            total += len(file.read())
    return total


def cpu_heavy(size: int) -> int:
    """Work with numbers, texts and objects."""
    total = 0
    for n in range(size):
        words = [str(n * i) for i in range(50)]
        total += len("".join(sorted(words, reverse=True)))
    return total


WORKS = {"file_heavy": file_heavy, "cpu_heavy": cpu_heavy}


def main(side: str, work: str, size: int) -> None:
    """Do the work on one side and print the seconds."""
    watch = _begin() if side == "observed" else None
    start, start_cpu = time.perf_counter(), time.process_time()
    WORKS[work](size)
    if watch is not None:
        watch.settle()
    took, took_cpu = time.perf_counter() - start, time.process_time() - start_cpu
    if watch is not None and (watch.undeclared or (work == "file_heavy" and not watch.used)):
        raise AssertionError(f"all must be seen and declared, got {list(watch.undeclared)[:3]}")
    print(took, took_cpu)


def _begin():
    confinement = __import__("holdfast.capabilities.confinement", fromlist=["begin"])
    scope = __import__("holdfast.capabilities.scope", fromlist=["Scope"])
    software = __import__("holdfast.capabilities.software", fromlist=["Software"])
    granted = scope.Scope([("read", "files/**"), ("write", "files/**")])
    return confinement.begin(granted, software.Software(), refuses=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
