"""Is it fast enough, lean enough, and has that changed? Measuring with verdicts that can be trusted."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.measure.aa_selftest import SelfTest, aa
    from holdfast.measure.bench_json import read_benchmarks, write_benchmarks
    from holdfast.measure.compare_versions import compare
    from holdfast.measure.leak_check import leakcheck
    from holdfast.measure.loop_lag import LoopLag
    from holdfast.measure.memory_profiler import MemoryProfiler, MemoryStats
    from holdfast.measure.memory_snapshot import MemoryGrowth, MemoryLine, MemorySnapshot
    from holdfast.measure.monitor import Monitor
    from holdfast.measure.quick import quick_benchmark
    from holdfast.measure.suspects import compare_all
    from holdfast.measure.tester import MetricsSummary, PerformanceTester
    from holdfast.measure.tester_difference import PerformanceDifference
    from holdfast.measure.tester_result import CallbackOverhead, PerformanceResult
    from holdfast.measure.timers import open_timers
    from holdfast.measure.verdict import Comparison
    from holdfast.measure.version import Version
    from holdfast.model.leak import LeakReport

__all__ = [
    "CallbackOverhead",
    "Comparison",
    "LeakReport",
    "LoopLag",
    "MemoryGrowth",
    "MemoryLine",
    "MemoryProfiler",
    "MemorySnapshot",
    "MemoryStats",
    "MetricsSummary",
    "Monitor",
    "PerformanceDifference",
    "PerformanceResult",
    "PerformanceTester",
    "SelfTest",
    "Version",
    "aa",
    "compare",
    "compare_all",
    "leakcheck",
    "open_timers",
    "quick_benchmark",
    "read_benchmarks",
    "write_benchmarks",
]

# No module bears the name of a function: importing it would take the function's place here.
_PLACES = {
    "CallbackOverhead": "tester_result",
    "Comparison": "verdict",
    "MemoryGrowth": "memory_snapshot",
    "MemoryLine": "memory_snapshot",
    "MemoryProfiler": "memory_profiler",
    "MemorySnapshot": "memory_snapshot",
    "MemoryStats": "memory_profiler",
    "MetricsSummary": "tester",
    "PerformanceDifference": "tester_difference",
    "PerformanceResult": "tester_result",
    "PerformanceTester": "tester",
    "SelfTest": "aa_selftest",
    "Version": "version",
    "aa": "aa_selftest",
    "compare": "compare_versions",
    "compare_all": "suspects",
    "leakcheck": "leak_check",
    "LeakReport": "leak_check",
    "LoopLag": "loop_lag",
    "Monitor": "monitor",
    "open_timers": "timers",
    "quick_benchmark": "quick",
    "read_benchmarks": "bench_json",
    "write_benchmarks": "bench_json",
}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'holdfast.measure' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"holdfast.measure.{place}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
