"""How does the memory of this process go up and down? A thread looks, the kernel keeps the peak."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import psutil

from holdfast.clock import monotonic

__all__ = ["Point", "RssSeries", "decimated"]

Point = tuple[float, int]
# Beyond this many points pairs are merged and the interval doubles: a day costs as little as an hour.
MOST_POINTS = 8192
_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
# Linux: "5" resets the high-water mark (proc_pid_clear_refs(5), since 4.0).
_RESET = "5"


class RssSeries:
    """The resident memory from `start` to `stop`: its points, and its true peak.

    The peak is the kernel's own high-water mark, set back at the start, which no spike
    between two looks escapes; where the kernel has none it is the largest that was seen.
    """

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._process = psutil.Process(os.getpid())
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="holdfast-memory", daemon=True)
        self._points: list[Point] = []
        self._sum = 0
        self._count = 0
        self._most = 0
        self._least = 0
        self._last = 0
        self._kernel_peak: int | None = None
        self._is_reset = False
        self._started = monotonic()
        self._ended: float | None = None

    def start(self) -> None:
        """Take the first look, and go on in a thread."""
        self._is_reset = _reset_peak()
        self._started = monotonic()
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """Take the last look; the thread has ended when this returns."""
        self._stop.set()
        self._thread.join()
        self.look()
        self._kernel_peak = _kernel_peak() if self._is_reset else None
        self._ended = monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds from the start to the stop, or to now."""
        return (monotonic() if self._ended is None else self._ended) - self._started

    def look(self) -> int:
        """Add a point, and return its bytes."""
        rss = int(self._process.memory_info().rss)
        with self._lock:
            self._points.append((monotonic() - self._started, rss))
            self._sum += rss
            self._count += 1
            self._most = max(self._most, rss)
            self._least = min(self._least or rss, rss)
            self._last = rss
            if len(self._points) >= MOST_POINTS:
                self._points = decimated(self._points, MOST_POINTS // 4)
                self._interval_s *= 2
        return rss

    def points(self) -> list[Point]:
        """Return seconds since the start and bytes, in order."""
        with self._lock:
            return list(self._points)

    def figures(self) -> dict[str, float]:
        """Return the count of looks, and the last, least, most and mean bytes of them."""
        with self._lock:
            return {
                "count": self._count,
                "last": self._last,
                "least": self._least,
                "most": self._most,
                "mean": self._sum / self._count,
            }

    def peak(self) -> tuple[int, Literal["kernel", "sampled"]]:
        """Return the largest number of bytes, and who saw it."""
        seen = self._most
        kernel = self._kernel_peak
        if self._ended is None and self._is_reset:
            kernel = _kernel_peak()
        if kernel is None:
            return seen, "sampled"
        return max(kernel, seen), "kernel"

    def _look(self) -> None:
        while not self._stop.wait(self._interval_s):
            self.look()


def decimated(points: Sequence[Point], columns: int) -> list[Point]:
    """Keep the least and the largest point of each of `columns` stretches: no spike is lost."""
    if len(points) <= 2 * columns:
        return list(points)
    kept: list[Point] = []
    for column in range(columns):
        start = column * len(points) // columns
        stretch = points[start : (column + 1) * len(points) // columns]
        ends = {min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])}
        kept += sorted(ends)
    return kept


def _reset_peak() -> bool:
    try:
        _CLEAR.write_text(_RESET, encoding="ascii")
    except OSError:  # no Linux, or a kernel that does not let us: the looks must do
        return False
    return _kernel_peak() is not None


def _kernel_peak() -> int | None:
    try:
        text = _STATUS.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
