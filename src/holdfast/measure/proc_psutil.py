"""What does one process use now, where there is no /proc? What psutil says, at a higher price."""

from __future__ import annotations

from typing import Any

import psutil

__all__ = ["Watched"]


class Watched:
    """The same questions as to `proc_read.Watched`; what this platform does not tell is a `PermissionError`.

    Raises:
        OSError: there is no such process.
    """

    def __init__(self, pid: int, proc: str = "") -> None:
        del proc
        self.pid = pid
        self.has_peak = False
        self._process: Any = _told(lambda: psutil.Process(pid))

    def light(self) -> tuple[float, int, int, int] | None:
        """Return its CPU seconds, resident bytes, threads and highest resident bytes; None at its end."""
        return _told(self._light)

    def _light(self) -> tuple[float, int, int, int] | None:
        with self._process.oneshot():
            if self._process.status() == psutil.STATUS_ZOMBIE:
                return None
            memory = self._process.memory_info()
            times = self._process.cpu_times()
            threads = self._process.num_threads()
        peak = getattr(memory, "peak_wset", 0)
        self.has_peak = bool(peak)
        cpu_s = times.user + times.system + getattr(times, "children_user", 0.0)
        return (
            cpu_s + getattr(times, "children_system", 0.0),
            memory.rss,
            threads,
            max(peak, memory.rss),
        )

    def children(self) -> list[int]:
        """Return nothing: without /proc only a scan of all processes tells."""
        return []

    def all_children(self) -> list[int]:
        """Return its children."""
        return [each.pid for each in _told(self._process.children)]

    def uss(self) -> int:
        """Return the bytes that it shares with nobody."""
        return _told(lambda: self._process.memory_full_info().uss)

    def descriptors(self) -> int:
        """Return how many file descriptors are open."""
        return _told(self._process.num_fds)

    def disk(self) -> tuple[int, int]:
        """Return the bytes that it read and wrote."""
        counters = _told(lambda: self._process.io_counters())  # noqa: PLW0108 - absent on some platforms
        return counters.read_bytes, counters.write_bytes

    def switches(self) -> tuple[int, int]:
        """Return how often it waited, and how often the CPU was taken from it."""
        counters = _told(self._process.num_ctx_switches)
        return counters.voluntary, counters.involuntary

    def close(self) -> None:
        """Hold nothing."""


def _told(ask: Any) -> Any:
    """Return what psutil answers; its errors become those of the system."""
    try:
        return ask()
    except psutil.NoSuchProcess as error:
        raise ProcessLookupError(str(error)) from error
    except (psutil.AccessDenied, AttributeError) as error:
        raise PermissionError(str(error)) from error
