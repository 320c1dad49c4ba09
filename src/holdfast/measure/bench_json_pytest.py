"""What does a file of pytest-benchmark say, and how is one written? (format of its version 5)"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.clock import SystemClock
from holdfast.measure.tester_result import PerformanceResult, result_of
from holdfast.stats.percentiles import percentile_of_sorted

__all__ = ["decode", "encode"]

# The layout that is written: that of pytest-benchmark 5, which has not changed since 3.1.
VERSION = "5.3.1"
NOTHING: Mapping[str, Any] = {}


def decode(data: Mapping[str, Any]) -> list[PerformanceResult]:
    """Return the benchmarks; without the times (no --benchmark-save-data) only with its figures."""
    return [_decode_one(each) for each in data["benchmarks"]]


def encode(results: Sequence[PerformanceResult]) -> dict[str, Any]:
    """Return the content of a file."""
    return {
        "machine_info": {
            "node": platform.node(),
            "processor": platform.processor(),
            "machine": platform.machine(),
            "python_compiler": platform.python_compiler(),
            "python_implementation": platform.python_implementation(),
            "python_implementation_version": platform.python_version(),
            "python_version": platform.python_version(),
            "python_build": list(platform.python_build()),
            "release": platform.release(),
            "system": platform.system(),
            "cpu": {},
        },
        "commit_info": {
            "id": "unversioned",
            "time": None,
            "author_time": None,
            "dirty": False,
            "project": "",
            "branch": "(unknown)",
        },
        "benchmarks": [_encode_one(each) for each in results],
        "datetime": SystemClock().wall().isoformat(),
        "version": VERSION,
    }


def _decode_one(each: Mapping[str, Any]) -> PerformanceResult:
    stats: Mapping[str, Any] = each["stats"]
    extra: Mapping[str, Any] = each.get("extra_info") or NOTHING
    name = str(each.get("fullname") or each["name"])
    data: Sequence[Any] = stats.get("data") or ()
    times = [float(value) for value in data]
    failed = int(extra.get("holdfast_failed", 0))
    if times:
        return result_of(
            name,
            times,
            iterations=len(times) + failed,
            total_s=float(stats["total"]),
            errors=["not stored"] * failed,
            kind="stored",
        )
    mean, deviation = float(stats["mean"]), float(stats["stddev"])
    return PerformanceResult(
        name=name,
        kind="stored",
        iterations=int(stats["rounds"]) + failed,
        succeeded=int(stats["rounds"]),
        failed=failed,
        total_s=float(stats["total"]),
        mean=mean,
        median=float(stats["median"]),
        std_dev=deviation,
        min=float(stats["min"]),
        max=float(stats["max"]),
        p50=float(stats["median"]),
        cv=deviation / mean if mean > 0 else None,
    )


def _encode_one(result: PerformanceResult) -> dict[str, Any]:
    return {
        "group": None,
        "name": result.name.rpartition("::")[2],
        "fullname": result.name,
        "params": None,
        "param": None,
        "extra_info": {"holdfast_failed": result.failed} if result.failed else {},
        "options": {
            "disable_gc": False,
            "timer": "perf_counter",
            "min_rounds": result.iterations,
            "max_time": 0.0,
            "min_time": 0.0,
            "warmup": result.warmup > 0,
        },
        "stats": _stats(result),
    }


def _stats(result: PerformanceResult) -> dict[str, Any]:
    ordered = sorted(result.times_s)
    q1, q3 = (percentile_of_sorted(ordered, q) for q in (25, 75))
    mean, deviation = result.mean or 0.0, result.std_dev or 0.0
    fence = 1.5 * (q3 - q1)
    inside = [value for value in ordered if q1 - fence <= value <= q3 + fence]
    far = sum(abs(value - mean) > deviation for value in ordered)
    outside = len(ordered) - len(inside)
    return {
        "min": result.min,
        "max": result.max,
        "mean": mean,
        "stddev": deviation,
        "rounds": len(ordered),
        "median": result.median,
        "iqr": q3 - q1,
        "q1": q1,
        "q3": q3,
        "iqr_outliers": outside,
        "stddev_outliers": far,
        "outliers": f"{far};{outside}",
        "ld15iqr": inside[0],
        "hd15iqr": inside[-1],
        "ops": 1 / mean if mean > 0 else 0.0,
        "total": sum(ordered),
        "data": list(result.times_s),
        "iterations": 1,
    }
