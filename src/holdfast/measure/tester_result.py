"""What did a benchmark find? Plain statistics of the calls that worked, and what became of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from holdfast.stats.percentiles import summary
from holdfast.text.format import format_duration

__all__ = ["BenchmarkKind", "CallbackOverhead", "PerformanceResult", "result_of"]

BenchmarkKind = Literal["execution", "concurrent", "callback", "stored"]
# Kinds of errors that are named; the others are summed up.
MOST_ERRORS = 5


class PerformanceResult(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark: `iterations` calls, of which `failed` ones raised and have no part in the times.

    All times are in seconds and those of single calls; without one that worked they are None.
    `std_dev` is that of a sample (n - 1), `cv` is it over the mean. `total_s` is the time of
    all calls together, from the first to the last, and `throughput` the calls that worked
    per second of it. `errors` counts what was raised, by type and message.
    """

    name: str
    kind: BenchmarkKind = "execution"
    iterations: int
    warmup: int = 0
    concurrency: int = 1
    succeeded: int
    failed: int = 0
    warmup_failed: int = 0
    total_s: float
    mean: float | None = None
    median: float | None = None
    std_dev: float | None = None
    min: float | None = None
    max: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    cv: float | None = None
    throughput: float | None = None
    errors: Mapping[str, int] = {}
    times_s: tuple[float, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Every call worked."""
        return self.succeeded > 0 and self.failed == 0 and self.warmup_failed == 0

    def __str__(self) -> str:
        """Say it in a line, failures first."""
        if self.mean is None or self.median is None or self.p95 is None:
            return f"{self.name}: all {self.iterations} calls failed: {_told(self.errors)}"
        parts = [
            f"mean {format_duration(self.mean)}",
            f"median {format_duration(self.median)}",
            f"p95 {format_duration(self.p95)}",
            f"{self.succeeded} calls",
        ]
        lost = self.failed + self.warmup_failed
        if lost:
            calls = self.iterations + (self.warmup if self.warmup_failed else 0)
            parts.insert(0, f"{lost} of {calls} calls failed: {_told(self.errors)}")
        return f"{self.name}: {', '.join(parts)}"


class CallbackOverhead(msgspec.Struct, frozen=True, kw_only=True):
    """What calling a callback costs beyond calling a function that does nothing.

    `overhead_s` is the difference of the medians, None where one of them has no call that
    worked. `callback` and `baseline` were called in turns.
    """

    callback: PerformanceResult
    baseline: PerformanceResult
    overhead_s: float | None = None

    @property
    def overhead_ms(self) -> float | None:
        """The overhead in milliseconds."""
        return None if self.overhead_s is None else self.overhead_s * 1000


def result_of(
    name: str,
    times_s: Sequence[float],
    *,
    iterations: int,
    total_s: float,
    errors: Sequence[BaseException | str] = (),
    **more: Any,
) -> PerformanceResult:
    """Sum up the times of calls; without any, the result says that all failed."""
    figures: dict[str, float | None] = {}
    if times_s:
        found = summary(times_s)
        # A file has no time of all calls together.
        is_stored = more.get("kind") == "stored"
        figures = {
            "mean": found.mean,
            "median": found.p50,
            "std_dev": found.stdev,
            "min": found.min,
            "max": found.max,
            "p50": found.p50,
            "p95": found.p95,
            "p99": found.p99,
            "cv": found.stdev / found.mean if found.mean > 0 else None,
            "throughput": len(times_s) / total_s if total_s > 0 and not is_stored else None,
        }
    return PerformanceResult(
        name=name,
        iterations=iterations,
        succeeded=len(times_s),
        failed=iterations - len(times_s),
        total_s=total_s,
        errors=_counted(errors),
        times_s=tuple(times_s),
        **figures,
        **more,
    )


def _counted(errors: Sequence[BaseException | str]) -> dict[str, int]:
    counted = Counter(
        error if isinstance(error, str) else f"{type(error).__name__}: {error}".strip(": ")[:200]
        for error in errors
    )
    shown = dict(counted.most_common(MOST_ERRORS))
    rest = sum(counted.values()) - sum(shown.values())
    return {**shown, **({"others": rest} if rest else {})}


def _told(errors: Mapping[str, int]) -> str:
    return "; ".join(f"{text} ({count} times)" for text, count in errors.items())
