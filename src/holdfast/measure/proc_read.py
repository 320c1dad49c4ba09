"""What does one process use now, by what the kernel says in /proc?

A part of the monitor's program: the standard library only, and as little of it as can be. Files that
are read often stay open: a `pread` takes 2 us, opening and reading 18; and once its process has
ended, an open file says so, while a name may already lead to the next process of that number.
"""

# pathlib takes longer to import than all that is imported here:
# ruff: noqa: PTH208
from __future__ import annotations

import os

__all__ = ["Watched", "open_pressure", "read_pressure", "read_stat", "read_status", "read_uss"]

TICKS = float(os.sysconf("SC_CLK_TCK")) if hasattr(os, "sysconf") else 100.0
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
# Behind `pid (name) `, counted from the state: man 5 proc_pid_stat.
_STATE, _CPU, _THREADS, _RSS = 0, slice(11, 15), 17, 21
# Switches are told per thread; a process of more threads is not asked.
MOST_THREADS = 256


class Watched:
    """One process whose files are open; `OSError` from any reading means that it has ended.

    Raises:
        OSError: there is no such process.
    """

    def __init__(self, pid: int, proc: str = "/proc") -> None:
        self.pid = pid
        self._folder = f"{proc}/{pid}"
        self._files: dict[str, int] = {}
        self.has_peak = True
        try:
            self._open("stat")
            self._open("status")
        except OSError:
            self.close()
            raise
        self._own_children = self._try_open(f"task/{pid}/children")

    def light(self) -> tuple[float, int, int, int] | None:
        """Return its CPU seconds, resident bytes, threads and highest resident bytes; None at its end."""
        found = read_stat(os.pread(self._files["stat"], 1024, 0))
        if found is None:
            return None
        cpu_s, rss, threads = found
        peak = read_status(os.pread(self._files["status"], 4096, 0), b"VmHWM:")
        self.has_peak = peak is not None
        return cpu_s, rss, threads, max(peak * 1024, rss) if peak is not None else rss

    def children(self) -> list[int]:
        """Return the children that its main thread started; cheap, but blind for other threads."""
        if self._own_children is None:
            return []
        return [int(each) for each in os.pread(self._own_children, 65536, 0).split()]

    def all_children(self) -> list[int]:
        """Return the children that any thread of it started."""
        found: list[int] = []
        for thread in self._threads():
            text = self._read(f"task/{thread}/children")
            found += [int(each) for each in text.split()]
        return found

    def uss(self) -> int:
        """Return the bytes that it shares with nobody; the kernel walks all its pages for this."""
        return read_uss(self._read("smaps_rollup"))

    def descriptors(self) -> int:
        """Return how many file descriptors are open."""
        return len(os.listdir(f"{self._folder}/fd"))

    def disk(self) -> tuple[int, int]:
        """Return the bytes that reached it from storage, and those that left for it."""
        text = self._read("io")
        return read_status(text, b"read_bytes:") or 0, read_status(text, b"\nwrite_bytes:") or 0

    def switches(self) -> tuple[int, int]:
        """Return how often its threads waited, and how often the CPU was taken from them."""
        waits = pushed = 0
        threads = self._threads()
        if len(threads) > MOST_THREADS:
            raise PermissionError(f"more than {MOST_THREADS} threads")
        for thread in threads:
            text = self._read(f"task/{thread}/status")
            waits += read_status(text, b"\nvoluntary_ctxt_switches:") or 0
            pushed += read_status(text, b"nonvoluntary_ctxt_switches:") or 0
        return waits, pushed

    def close(self) -> None:
        """Let go of its files."""
        for fd in self._files.values():
            os.close(fd)
        self._files.clear()

    def _threads(self) -> list[str]:
        return os.listdir(f"{self._folder}/task")

    def _open(self, name: str) -> int:
        fd = self._files[name] = os.open(f"{self._folder}/{name}", os.O_RDONLY)
        return fd

    def _try_open(self, name: str) -> int | None:
        try:
            return self._open(name)
        except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
            return None

    def _read(self, name: str) -> bytes:
        fd = os.open(f"{self._folder}/{name}", os.O_RDONLY)
        try:
            return os.read(fd, 65536)
        finally:
            os.close(fd)


def read_stat(text: bytes) -> tuple[float, int, int] | None:
    """Return CPU seconds (children that it waited for included), resident bytes and threads.

    None where the process has ended and only waits to be collected.

    >>> read_stat(b"7 (a) b) S 1 7 7 0 -1 0 0 0 0 0 150 50 0 0 20 0 3 0 9 0 2 0")[1:]
    (8192, 3)
    """
    fields = text[text.rindex(b")") + 2 :].split()
    if fields[_STATE] in {b"Z", b"X"}:
        return None
    cpu_s = sum(map(int, fields[_CPU])) / TICKS
    return cpu_s, int(fields[_RSS]) * PAGE, int(fields[_THREADS])


def read_status(text: bytes, name: bytes) -> int | None:
    """Return the number behind a name, None where there is none.

    >>> read_status(b"VmPeak: 9 kB" + bytes([10]) + b"VmHWM:  1234 kB", b"VmHWM:")
    1234
    """
    at = text.find(name)
    if at < 0:
        return None
    return int(text[at + len(name) :].split(None, 1)[0])


def read_uss(text: bytes) -> int:
    """Return the private bytes of a `smaps_rollup`."""
    names = (b"Private_Clean:", b"Private_Dirty:", b"Private_Hugetlb:")
    return 1024 * sum(read_status(text, name) or 0 for name in names)


def read_pressure(text: bytes) -> float | None:
    """Return for how many seconds, since the start of the machine, some task waited.

    >>> read_pressure(b"some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000")
    2.5
    """
    line = text.partition(b"\n")[0]
    if not line.startswith(b"some"):
        return None
    at = line.find(b"total=")
    return int(line[at + 6 :]) / 1e6 if at >= 0 else None


def open_pressure(name: str, proc: str = "/proc") -> int:
    """Return a descriptor from which the pressure on `cpu`, `memory` or `io` can be read again and again.

    Raises:
        OSError: this kernel does not tell it.
    """
    fd = os.open(f"{proc}/pressure/{name}", os.O_RDONLY)
    try:
        os.pread(fd, 256, 0)
    except OSError:  # built in, but switched off at boot (psi=0)
        os.close(fd)
        raise
    return fd
