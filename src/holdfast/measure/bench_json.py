"""How do benchmarks come from, and go to, the files of pytest-benchmark and pyperf?"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from holdfast.errors import UsageError
from holdfast.measure import bench_json_pyperf, bench_json_pytest
from holdfast.measure.tester_result import PerformanceResult

__all__ = ["BenchmarkFormat", "read_benchmarks", "write_benchmarks"]

BenchmarkFormat = Literal["pytest-benchmark", "pyperf"]

_ENCODERS: Mapping[str, Callable[[Sequence[PerformanceResult]], dict[str, Any]]] = {
    "pytest-benchmark": bench_json_pytest.encode,
    "pyperf": bench_json_pyperf.encode,
}


def read_benchmarks(path: str | Path) -> list[PerformanceResult]:
    """Read what pytest-benchmark or pyperf stored, also as `.json.gz`; times are in seconds.

    Raises:
        UsageError: there is no such file, or it is in neither form.
    """
    try:
        raw = Path(path).read_bytes()
        if str(path).endswith(".gz"):
            raw = gzip.decompress(raw)
        data: Any = msgspec.json.decode(raw)
    except (OSError, EOFError, msgspec.DecodeError) as error:
        raise UsageError(f"benchmarks must be readable JSON, got {error} ({path})") from error
    try:
        return _decode(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            "benchmarks must be a file of pytest-benchmark or pyperf,"
            f" got {type(error).__name__}: {error} ({path})"
        ) from error


def write_benchmarks(
    path: str | Path,
    results: Sequence[PerformanceResult],
    *,
    format: BenchmarkFormat,  # noqa: A002
) -> None:
    """Write benchmarks, to be read by the tools of that format; `.json.gz` is compressed.

    Neither has a place for what failed as its whole: a benchmark without a call that worked
    is refused, failed calls beside others are kept as extra information.

    Raises:
        UsageError: there is no such format, nothing to write, or the file cannot be written.
    """
    encode = _ENCODERS.get(format)
    if encode is None:
        raise UsageError(f"a format must be one of {', '.join(_ENCODERS)}, got {format!r}")
    empty = [each.name for each in results if not each.times_s]
    if empty or not results:
        raise UsageError(
            "benchmarks must have calls that worked to be written, got "
            f"{'none of ' + ', '.join(empty[:5]) if empty else 'no benchmark'}"
        )
    raw = msgspec.json.format(msgspec.json.encode(encode(results)), indent=1) + b"\n"
    try:
        Path(path).write_bytes(gzip.compress(raw) if str(path).endswith(".gz") else raw)
    except OSError as error:
        raise UsageError(
            f"benchmarks must go to a file that can be written, got {error}"
        ) from error


def _decode(data: Any) -> list[PerformanceResult]:
    if not isinstance(data, dict) or "benchmarks" not in data:
        raise ValueError("there is no list 'benchmarks' in it")
    found = cast("dict[str, Any]", data)
    benches: list[Any] = found["benchmarks"]
    if any("stats" in each for each in benches) or "machine_info" in found:
        return bench_json_pytest.decode(found)
    return bench_json_pyperf.decode(found)
