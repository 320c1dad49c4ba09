"""What does a file of pyperf say, and how is one written? (format 1.0, that of pyperf 1.0 and later)"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.clock import SystemClock
from holdfast.measure.tester_result import PerformanceResult, result_of

__all__ = ["decode", "encode"]

VERSION = "1.0"
# 6 (pyperf 0.9.6) differs in the warm-ups alone, which are not read.
READABLE = (VERSION, 6)
NOTHING: Mapping[str, Any] = {}


def decode(data: Mapping[str, Any]) -> list[PerformanceResult]:
    """Return the benchmarks, the values of all runs in their order; calibration has no part.

    Raises:
        ValueError: it is another version, or measures something other than time.
    """
    if data.get("version") not in READABLE:
        raise ValueError(f"the version of its format is {data.get('version')!r}, not {VERSION!r}")
    common: Mapping[str, Any] = data.get("metadata") or NOTHING
    return [_decode_one(each, common) for each in data["benchmarks"]]


def encode(results: Sequence[PerformanceResult]) -> dict[str, Any]:
    """Return the content of a file."""
    date = SystemClock().wall().replace(tzinfo=None).isoformat(sep=" ")
    return {
        "version": VERSION,
        "metadata": {
            "cpu_count": os.cpu_count() or 1,
            "hostname": platform.node() or "unknown",
            "loops": 1,
            "platform": platform.platform(),
            "python_implementation": platform.python_implementation().lower(),
            "python_version": platform.python_version(),
            "unit": "second",
        },
        "benchmarks": [
            {
                "metadata": {
                    "name": each.name,
                    **({"holdfast_failed": each.failed} if each.failed else {}),
                },
                "runs": [
                    {
                        "metadata": {"date": date, "duration": each.total_s},
                        # pyperf refuses 0, which a clock can answer.
                        "values": [value or 1e-9 for value in each.times_s],
                    }
                ],
            }
            for each in results
        ],
    }


def _decode_one(each: Mapping[str, Any], common: Mapping[str, Any]) -> PerformanceResult:
    runs: list[Mapping[str, Any]] = each["runs"]
    shared = {**common, **_metadata(each)}
    # pyperf keeps with the first run what not all of them share.
    first = {**shared, **_metadata(runs[0])}
    if first.get("unit", "second") != "second":
        raise ValueError(f"{first.get('name')!r} is measured in {first['unit']!r}, not in seconds")
    times = [value for run in runs for value in _values(run)]
    total = sum(sum(_values(run)) * _loops({**shared, **_metadata(run)}) for run in runs)
    failed = int(first.get("holdfast_failed", 0))
    return result_of(
        str(first["name"]),
        times,
        iterations=len(times) + failed,
        total_s=total,
        errors=["not stored"] * failed,
        kind="stored",
    )


def _metadata(part: Mapping[str, Any]) -> Mapping[str, Any]:
    return part.get("metadata") or NOTHING


def _values(run: Mapping[str, Any]) -> list[float]:
    found: Sequence[Any] = run.get("values") or ()
    return [float(value) for value in found]


def _loops(metadata: Mapping[str, Any]) -> int:
    return int(metadata.get("loops", 1)) * int(metadata.get("inner_loops", 1))
