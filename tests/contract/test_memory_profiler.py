"""Does the memory profiler see peaks, lines and growth, and stay alone with its tracing?"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from holdfast.errors import UsageError
from holdfast.measure import MemoryProfiler, PerformanceTester, memory_series
from holdfast.measure.memory_series import MOST_POINTS, RssSeries

MIB = 1024 * 1024
BLOCK = 64 * MIB


def spike() -> None:
    """Hold 64 MiB, written to, for no longer than it takes."""
    block = bytearray(BLOCK)
    block[::4096] = b"x" * len(block[::4096])


def test_the_peak_is_that_of_a_spike_between_two_looks() -> None:
    with MemoryProfiler(interval_s=60) as profiler:
        spike()
    stats = profiler.get_memory_stats()
    assert stats.traced_peak_bytes >= BLOCK
    if stats.peak_source == "kernel":
        assert stats.peak_bytes >= stats.initial_bytes + 0.9 * BLOCK
    assert stats.final_bytes < stats.initial_bytes + 0.5 * BLOCK
    assert stats.samples == 2


def test_an_earlier_peak_is_not_taken_for_one_of_now() -> None:
    spike()
    with MemoryProfiler() as profiler:
        pass
    stats = profiler.get_memory_stats()
    assert stats.peak_bytes < stats.initial_bytes + 0.5 * BLOCK


def test_where_the_kernel_keeps_no_peak_the_looks_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_series, "_CLEAR", Path("/nowhere/clear_refs"))
    with MemoryProfiler() as profiler:
        block = bytearray(BLOCK)
        block[::4096] = b"x" * len(block[::4096])
        profiler.get_memory_stats()
        del block
    stats = profiler.get_memory_stats()
    assert stats.peak_source == "sampled"
    assert stats.peak_bytes >= stats.initial_bytes + 0.9 * BLOCK
    monkeypatch.setattr(memory_series, "_STATUS", Path("/nowhere/status"))
    assert memory_series._kernel_peak() is None


def test_growth_is_the_last_look_beyond_the_first() -> None:
    with MemoryProfiler() as profiler:
        held = bytearray(BLOCK)
        held[::4096] = b"x" * len(held[::4096])
        running = profiler.get_memory_stats()
    stats = profiler.get_memory_stats()
    assert running.growth_bytes > 0.9 * BLOCK
    assert stats.growth_bytes == stats.final_bytes - stats.initial_bytes > 0.9 * BLOCK
    assert stats.min_bytes <= stats.mean_bytes <= stats.peak_bytes
    assert stats.duration_s > 0
    assert len(held) == BLOCK


def test_snapshots_name_the_lines_that_hold_and_that_grow() -> None:
    with MemoryProfiler() as profiler:
        first = profiler.take_snapshot("before")
        held = [bytes(1000) for _ in range(2000)]
        second = profiler.take_snapshot("after")
    line = test_snapshots_name_the_lines_that_hold_and_that_grow.__code__.co_firstlineno + 3
    place = f"{__file__}:{line}"
    growth = profiler.compare_snapshots("before", "after")
    assert (first.index, second.index) == (0, 1)
    assert growth == profiler.compare_snapshots(0, 1) == profiler.compare_snapshots()
    assert growth.lines[0].place == place
    assert growth.lines[0].count >= 2000
    assert growth.lines[0].text == "held = [bytes(1000) for _ in range(2000)]"
    assert growth.traced_bytes > 2_000_000
    assert profiler.top_consumers(limit=1)[0].place == place == second.top[0].place
    shrunk = profiler.compare_snapshots("after", "before").lines[0]
    assert (shrunk.place, shrunk.size_bytes) == (place, -growth.lines[0].size_bytes)
    assert len(held) == 2000


def test_lines_of_the_profiler_itself_are_left_out() -> None:
    with MemoryProfiler(interval_s=0.001) as profiler:
        profiler.take_snapshot()
        profiler.take_snapshot()
    assert [each.label for each in profiler.snapshots] == ["snapshot 0", "snapshot 1"]
    assert not [each for each in profiler.top_consumers() if "holdfast/measure" in each.place]


DRAWS = """
from holdfast.measure import MemoryProfiler
with MemoryProfiler() as profiler:
    profiler.take_snapshot("once")
print(profiler.plot_memory_usage("memory.png"))
"""


def test_a_picture_is_drawn_as_png(tmp_path: Path) -> None:
    # In a process of its own: matplotlib keeps the files of its fonts open.
    told = subprocess.run(
        [sys.executable, "-c", DRAWS], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout == "memory.png\n"
    assert (tmp_path / "memory.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_is_drawn_as_svg(tmp_path: Path) -> None:
    with MemoryProfiler() as profiler:
        profiler.take_snapshot("once")
    svg = profiler.plot_memory_usage(tmp_path / "memory.svg")
    assert "<title>once: " in svg.read_text()
    with pytest.raises(UsageError, match=r"must end in \.svg or \.png"):
        profiler.plot_memory_usage(tmp_path / "memory.gif")
    with pytest.raises(UsageError, match="a picture must go to a file that can be written"):
        profiler.plot_memory_usage(tmp_path / "no" / "memory.svg")


def test_without_matplotlib_a_png_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MemoryProfiler() as profiler:
        pass
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.delitem(sys.modules, "holdfast.measure.memory_png", raising=False)
    with pytest.raises(UsageError, match=r"pip install 'holdfast\[plot\]'"):
        profiler.plot_memory_usage(tmp_path / "memory.png")
    assert not list(tmp_path.iterdir())


def test_one_profiler_runs_at_a_time() -> None:
    with MemoryProfiler(), pytest.raises(UsageError, match="got another MemoryProfiler"):
        MemoryProfiler().start()
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match="got tracemalloc that runs"):
            MemoryProfiler().start()
    finally:
        tracemalloc.stop()
    with MemoryProfiler():
        assert tracemalloc.is_tracing()
    assert not tracemalloc.is_tracing()


def test_profiling_and_timing_keep_apart() -> None:
    tester = PerformanceTester()
    found = asyncio.run(tester.benchmark_async_execution(MemoryProfiler().start, 3))
    assert found.failed == 3
    assert next(iter(found.errors)).startswith(
        "UsageError: memory must not be traced while something is timed"
    )
    with MemoryProfiler(), pytest.raises(UsageError, match="nothing must be timed while"):
        asyncio.run(tester.benchmark_async_execution(spike, 3))


def test_a_start_that_fails_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_series: RssSeries) -> None:
        raise OSError("no thread")

    with monkeypatch.context() as patch:
        patch.setattr(RssSeries, "start", fails)
        with pytest.raises(OSError, match="no thread"):
            MemoryProfiler().start()
    assert not tracemalloc.is_tracing()
    with MemoryProfiler():
        pass


def test_a_profiler_can_be_used_again_and_begins_anew() -> None:
    profiler = MemoryProfiler()
    profiler.start()
    profiler.take_snapshot("old")
    profiler.stop()
    profiler.stop()
    profiler.start()
    profiler.stop()
    assert profiler.snapshots == ()


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: MemoryProfiler(interval_s=0), "interval_s must be a number above 0"),
        (lambda: MemoryProfiler().get_memory_stats(), "must be started first"),
        (lambda: MemoryProfiler().take_snapshot(), "must be started first"),
        (lambda: MemoryProfiler().plot_memory_usage("a.svg"), "must be started first"),
        (lambda: MemoryProfiler().compare_snapshots(), r"take_snapshot\(label\) takes one"),
    ],
    ids=["interval", "stats", "snapshot", "plot", "comparison"],
)
def test_what_is_not_there_is_refused(act: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        act()


def test_snapshots_are_named_once_and_only_while_it_runs() -> None:
    with MemoryProfiler() as profiler:
        profiler.take_snapshot("before")
        with pytest.raises(UsageError, match="label must be new, got 'before'"):
            profiler.take_snapshot("before")
    with pytest.raises(UsageError, match="must run to take a snapshot"):
        profiler.take_snapshot()
    with pytest.raises(UsageError, match="got 'befor'; did you mean 'before'"):
        profiler.compare_snapshots("befor")
    with pytest.raises(UsageError, match="one of 1 taken, got 3"):
        profiler.compare_snapshots(0, 3)
    with pytest.raises(UsageError, match="limit must be a whole number, at least 1, got 0"):
        profiler.top_consumers(limit=0)


def test_a_long_series_is_thinned_and_keeps_its_figures() -> None:
    series = RssSeries(60)
    series.start()
    try:
        for _ in range(MOST_POINTS + 10):
            series.look()
    finally:
        series.stop()
    assert len(series.points()) < MOST_POINTS
    assert series.figures()["count"] == MOST_POINTS + 12
    assert series.peak()[0] >= max(size for _, size in series.points())
