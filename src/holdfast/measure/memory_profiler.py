"""Where does memory go while this runs? Peak, growth, and the lines that hold it."""

from __future__ import annotations

import importlib
import tracemalloc
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from holdfast.errors import UsageError
from holdfast.measure.given import is_above_0
from holdfast.measure.memory_guard import claim_profiling, release_profiling
from holdfast.measure.memory_plot import memory_svg
from holdfast.measure.memory_series import RssSeries
from holdfast.measure.memory_snapshot import (
    MemoryGrowth,
    MemoryLine,
    MemorySnapshot,
    growth_between,
    lines_of,
    take,
)
from holdfast.text.suggest import did_you_mean

__all__ = ["MemoryProfiler", "MemoryStats"]

TOP = 10


class MemoryStats(msgspec.Struct, frozen=True, kw_only=True):
    """Resident memory of the process from the start to the stop, or to now, in bytes.

    `peak_bytes` is the true peak where `peak_source` is `kernel`: its high-water mark, set back
    at the start. Where it is `sampled`, a spike between two looks may have been higher.
    `mean_bytes` is over the looks of the thread. `traced_peak_bytes` is the most that Python
    objects made since the start held together; tracing itself is part of the resident memory.
    """

    initial_bytes: int
    final_bytes: int
    peak_bytes: int
    min_bytes: int
    growth_bytes: int
    mean_bytes: float
    traced_bytes: int
    traced_peak_bytes: int
    peak_source: Literal["kernel", "sampled"]
    samples: int
    duration_s: float


class MemoryProfiler:
    """Profile the memory of this process, between `start` and `stop` or as a context manager.

    One at a time: tracing is one for the whole process, slows Python code down several times,
    and so refuses to start while something is timed. `interval_s` is how often a thread looks
    at the resident memory. Snapshots can be compared after the stop too.

    >>> with MemoryProfiler() as profiler:
    ...     held = [bytes(1000) for _ in range(100)]
    >>> profiler.get_memory_stats().traced_peak_bytes > 100_000
    True
    """

    def __init__(self, *, interval_s: float = 0.01) -> None:
        if not is_above_0(interval_s):
            raise UsageError(f"interval_s must be a number above 0, got {interval_s!r:.60}")
        self._interval_s = interval_s
        self._series: RssSeries | None = None
        self._is_running = False
        self._initial = 0
        self._traced = (0, 0)
        self._taken: list[tuple[MemorySnapshot, tracemalloc.Snapshot]] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def snapshots(self) -> tuple[MemorySnapshot, ...]:
        """What was taken, in order."""
        return tuple(snapshot for snapshot, _ in self._taken)

    def start(self) -> None:
        """Begin, with nothing from an earlier time.

        Raises:
            UsageError: memory is traced already, or something is being timed.
        """
        claim_profiling()
        self._taken = []
        series = RssSeries(self._interval_s)
        try:
            tracemalloc.start()
            series.start()
        except BaseException:
            tracemalloc.stop()
            release_profiling()
            raise
        self._series, self._is_running = series, True
        self._initial = series.points()[0][1]

    def stop(self) -> None:
        """End it; a profiler that does not run stays as it is."""
        if not self._is_running or self._series is None:
            return
        self._is_running = False
        try:
            self._traced = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            self._series.stop()
        finally:
            release_profiling()

    def take_snapshot(self, label: str = "") -> MemorySnapshot:
        """Record what is held now and by which lines, after a garbage collection.

        Raises:
            UsageError: it does not run, or the label is taken.
        """
        series = self._started()
        if not self._is_running:
            raise UsageError("a profiler must run to take a snapshot, got one that is stopped")
        name = label or f"snapshot {len(self._taken)}"
        if name in (each.label for each in self.snapshots):
            raise UsageError(f"a snapshot's label must be new, got {name!r}")
        raw = take()
        traced, peak = tracemalloc.get_traced_memory()
        snapshot = MemorySnapshot(
            index=len(self._taken),
            label=name,
            at_s=series.elapsed_s,
            rss_bytes=series.look(),
            traced_bytes=traced,
            traced_peak_bytes=peak,
            top=lines_of(raw, TOP),
        )
        self._taken.append((snapshot, raw))
        return snapshot

    def compare_snapshots(
        self, first: int | str = 0, second: int | str = -1, *, limit: int = TOP
    ) -> MemoryGrowth:
        """Say what grew between two snapshots, named by label or index, and on which lines.

        Raises:
            UsageError: there is no such snapshot, or the limit is below 1.
        """
        (before, raw_before), (after, raw_after) = self._find(first), self._find(second)
        _check_limit(limit)
        return MemoryGrowth(
            first=before.label,
            second=after.label,
            rss_bytes=after.rss_bytes - before.rss_bytes,
            traced_bytes=after.traced_bytes - before.traced_bytes,
            lines=growth_between(raw_before, raw_after, limit),
        )

    def top_consumers(
        self, snapshot: int | str = -1, *, limit: int = TOP
    ) -> tuple[MemoryLine, ...]:
        """Return the lines that hold most at a snapshot, by default the last.

        Raises:
            UsageError: there is no such snapshot, or the limit is below 1.
        """
        _check_limit(limit)
        return lines_of(self._find(snapshot)[1], limit)

    def get_memory_stats(self) -> MemoryStats:
        """Return the figures from the start to the stop, or to now.

        Raises:
            UsageError: it was never started.
        """
        series = self._started()
        if self._is_running:
            series.look()
            self._traced = tracemalloc.get_traced_memory()
        peak, source = series.peak()
        found = series.figures()
        return MemoryStats(
            initial_bytes=self._initial,
            final_bytes=int(found["last"]),
            peak_bytes=peak,
            min_bytes=int(found["least"]),
            growth_bytes=int(found["last"]) - self._initial,
            mean_bytes=found["mean"],
            traced_bytes=self._traced[0],
            traced_peak_bytes=self._traced[1],
            peak_source=source,
            samples=int(found["count"]),
            duration_s=series.elapsed_s,
        )

    def plot_memory_usage(self, path: str | Path) -> Path:
        """Draw resident memory over time, with the snapshots, as `.svg` or `.png`.

        Raises:
            UsageError: it was never started, the ending is another one, the file cannot be written,
                or a PNG is asked for without the extra `plot`.
        """
        series, target = self._started(), Path(path)
        kind = target.suffix.lower()
        if kind not in {".svg", ".png"}:
            raise UsageError(f"a picture's name must end in .svg or .png, got {str(path)!r}")
        try:
            if kind == ".svg":
                target.write_text(memory_svg(series.points(), self.snapshots), encoding="utf-8")
            else:
                _png().save_png(str(target), series.points(), self.snapshots)
        except OSError as error:
            raise UsageError(
                f"a picture must go to a file that can be written, got {error}"
            ) from error
        return target

    def _started(self) -> RssSeries:
        if self._series is None:
            raise UsageError("a profiler must be started first", hint="with MemoryProfiler() as p:")
        return self._series

    def _find(self, which: int | str) -> tuple[MemorySnapshot, tracemalloc.Snapshot]:
        labels = [each.label for each in self.snapshots]
        if isinstance(which, int) and -len(labels) <= which < len(labels):
            return self._taken[which]
        if isinstance(which, str) and which in labels:
            return self._taken[labels.index(which)]
        near = did_you_mean(which, labels) if isinstance(which, str) else ""
        raise UsageError(
            f"a snapshot must be one of {len(labels)} taken, got {which!r}{near}",
            hint=f"taken: {', '.join(labels[:5])}" if labels else "take_snapshot(label) takes one",
        )


def _check_limit(limit: Any) -> None:
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise UsageError(f"limit must be a whole number, at least 1, got {limit!r:.60}")


def _png() -> Any:
    try:
        return importlib.import_module("holdfast.measure.memory_png")
    except ImportError as error:
        raise UsageError(
            f"a PNG must have matplotlib to draw it, got {error}",
            hint="pip install 'holdfast[plot]', or name the file .svg",
        ) from error
