"""On which machine, and beside what other work, were the figures measured?"""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

import msgspec
import psutil

__all__ = ["Machine", "describe", "read_machine"]

SYNCS = 20
# Above this share of the cores, other work was under way and the figures mean little.
BUSY_SHARE = 0.5


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What the figures depend on, read before the first sample."""

    cpu: str
    cores: int
    memory_bytes: int
    system: str
    python: str
    load_average: float
    # A write of 4 KiB that is synced to the disk of the workloads: the store waits for these.
    sync_s: float


def read_machine(folder: Path) -> Machine:
    """Read the machine's facts; `folder` is where the workloads and stores will be."""
    return Machine(
        load_average=psutil.getloadavg()[0],
        cpu=_cpu_model(),
        cores=psutil.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        system=f"{platform.system()} {platform.release().partition('-')[0]}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        sync_s=_time_sync(folder),
    )


def describe(machine: Machine) -> list[str]:
    """Return the facts as lines, with a warning if other work was under way."""
    lines = [
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_bytes / 1e9:.0f} GB, "
        f"{machine.system}, {machine.python}",
        f"load average before: {machine.load_average:.2f}; "
        f"a synced write of 4 KiB: {machine.sync_s * 1e3:.2f} ms",
    ]
    if machine.load_average > BUSY_SHARE * machine.cores:
        lines.append("warning: other work was under way; do not quote these figures")
    return lines


def _cpu_model() -> str:
    """Return the processor's name as the kernel tells it, else as Python does."""
    facts = Path("/proc/cpuinfo")
    for line in facts.read_text().splitlines() if facts.exists() else ():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _time_sync(folder: Path) -> float:
    taken: list[float] = []
    with TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            start = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - start)
    return median(taken)
