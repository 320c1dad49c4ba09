"""How is the host read? From /proc, /sys and the interpreter, through one small port."""

from __future__ import annotations

import concurrent.futures
import io
import multiprocessing
import os
import platform
import sys
import threading
from collections.abc import Mapping
from typing import Protocol

from holdfast.parallel.cgroup import find_memory, find_quota, find_request
from holdfast.parallel.host import Core, Host

__all__ = [
    "WATCH",
    "RecordedFiles",
    "SystemFiles",
    "TextFiles",
    "parse_cpus",
    "read_cores",
    "read_host",
]

CPU = "/sys/devices/system/cpu"
# The thread of a worker that watches its parent: it holds no lock that a copy would miss.
WATCH = "holdfast-watch"
# More would be a machine that no cpu list describes; it bounds what a bad file can cost.
_MOST_CPUS = 8192


class TextFiles(Protocol):
    """Where text is read from: this machine, or what was recorded on another one."""

    def read(self, path: str) -> str:
        """Return the file's text, "" where there is none."""
        ...


class SystemFiles:
    """This machine's files."""

    def read(self, path: str) -> str:
        """Return the file's text, "" where there is none."""
        # Dozens are read before a map begins, so nothing is put between this and the kernel.
        try:
            with io.FileIO(path) as file:
                return file.readall().decode(errors="replace")
        except OSError:
            return ""


class RecordedFiles:
    """Files as they were recorded."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def read(self, path: str) -> str:
        """Return the recorded text, "" where there is none."""
        return self._files.get(path, "")


def parse_cpus(text: str) -> tuple[int, ...]:
    """Read a kernel's list of cpus.

    >>> parse_cpus("0-2,5")
    (0, 1, 2, 5)
    """
    found: list[int] = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (last.isdigit() or not last):
            end = min(int(last or first), int(first) + _MOST_CPUS)
            found.extend(range(int(first), end + 1))
    return tuple(found)


def read_cores(files: TextFiles, cpus: tuple[int, ...]) -> tuple[Core, ...]:
    """Describe each cpu: which ones share a physical core, and which are slower by design."""
    efficient = frozenset(parse_cpus(files.read("/sys/devices/cpu_atom/cpus")))
    capacity = {cpu: files.read(f"{CPU}/cpu{cpu}/cpu_capacity").strip() for cpu in cpus}
    known = [int(text) for text in capacity.values() if text.isdigit() and int(text) > 0]
    fastest = max(known, default=0)
    cores: list[Core] = []
    for cpu in cpus:
        place = f"{CPU}/cpu{cpu}/topology"
        package = files.read(f"{place}/physical_package_id").strip()
        core = files.read(f"{place}/core_id").strip()
        speed = 1.0
        if cpu in efficient:
            # An efficiency core does about half the work of a performance core.
            speed = 0.5
        elif capacity[cpu].isdigit() and fastest and int(capacity[cpu]) > 0:
            speed = int(capacity[cpu]) / fastest
        physical = f"{package}:{core}" if core else f"cpu:{cpu}"
        cores.append(Core(cpu=cpu, physical=physical, speed=speed))
    return tuple(cores)


def read_host(files: TextFiles | None = None, environ: Mapping[str, str] | None = None) -> Host:
    """Read this machine; `files` and `environ` may come from another."""
    files = files or SystemFiles()
    environ = os.environ if environ is None else environ
    quota, quota_place = find_quota(files)
    total, available = _memory(files)
    memory = find_memory(files)
    return Host(
        system=platform.system().lower(),
        python=sys.version_info[:2],
        cores=read_cores(files, _cpus()),
        logical=os.cpu_count() or 1,
        quota=quota,
        quota_place=quota_place,
        cpu_request=find_request(files),
        memory_total=total,
        memory_available=available,
        memory_limit=memory.limit,
        memory_used=memory.used,
        memory_place=memory.place,
        start_methods=tuple(multiprocessing.get_all_start_methods()),
        default_start_method=_default_start_method(),
        threads=sum(thread.name != WATCH for thread in threading.enumerate()),
        gil=_has_gil(),
        has_interpreters=hasattr(concurrent.futures, "InterpreterPoolExecutor"),
        has_shared_memory=sys.platform != "linux" or os.access("/dev/shm", os.W_OK),  # noqa: S108
        container=_container(files, environ),
        is_daemonic=multiprocessing.current_process().daemon,
        asked_cores=_asked(environ),
    )


def _cpus() -> tuple[int, ...]:
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def _default_start_method() -> str:
    # Asking multiprocessing itself would fix the method for the user's program.
    if sys.platform == "linux":
        return "forkserver" if sys.version_info >= (3, 14) else "fork"
    return "spawn"


def _has_gil() -> bool:
    is_enabled = getattr(sys, "_is_gil_enabled", None)
    return True if is_enabled is None else bool(is_enabled())


def _memory(files: TextFiles) -> tuple[int, int]:
    numbers: dict[str, int] = {}
    for line in files.read("/proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        amount = rest.split()
        if amount and amount[0].isdigit():
            numbers[name] = int(amount[0]) * 1024
    total = numbers.get("MemTotal", 0)
    if not total and hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return total, numbers.get("MemAvailable", total)


def _container(files: TextFiles, environ: Mapping[str, str]) -> str:
    for name, kind in (
        ("AWS_LAMBDA_FUNCTION_NAME", "lambda"),
        ("KUBERNETES_SERVICE_HOST", "kubernetes"),
        ("FUNCTIONS_WORKER_RUNTIME", "azure-functions"),
    ):
        if environ.get(name):
            return kind
    cgroup = files.read("/proc/1/cgroup")
    for kind in ("kubepods", "docker", "containerd", "podman"):
        if kind in cgroup:
            return "kubernetes" if kind == "kubepods" else kind
    return "docker" if files.read("/.dockerenv") else ""


def _asked(environ: Mapping[str, str]) -> int | None:
    """Return what PYTHON_CPU_COUNT (3.13 and later) or loky's variable asks for."""
    for name in ("PYTHON_CPU_COUNT", "LOKY_MAX_CPU_COUNT"):
        text = environ.get(name, "")
        if text.isdigit() and int(text) > 0:
            return int(text)
    return None
