"""How fast is it, in plain statistics? Benchmarks inside the loop that runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from holdfast.clock import fresh_seed
from holdfast.errors import UsageError
from holdfast.measure.given import is_above_0
from holdfast.measure.memory_guard import timing
from holdfast.measure.tester_difference import PerformanceDifference, difference_of
from holdfast.measure.tester_loop import Calls, Executor, Timed, prepare, run_calls, time_calls
from holdfast.measure.tester_result import (
    BenchmarkKind,
    CallbackOverhead,
    PerformanceResult,
    result_of,
)

__all__ = ["MetricsSummary", "PerformanceTester"]

Target = str | Callable[..., Any]


class MetricsSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a tester has measured since it was made or reset; warm-up calls are not counted."""

    benchmarks: int
    calls: int
    failed: int
    by_kind: Mapping[str, int]
    results: tuple[PerformanceResult, ...]


class PerformanceTester:
    """Time functions, coroutine functions and code: mean, percentiles, and what failed.

    A target is a function, a coroutine function, or Python code (`await` included), which runs
    in this process or, with an `executor`, there. Every `benchmark_*` method is awaited and
    measures inside the loop that runs: neither a loop nor a compiler is part of a time. A call
    that raises is counted and shown, and has no part in the statistics. `timeout_s` ends a
    single call that waits; a function that blocks for ever cannot be ended from within its
    process, `holdfast bench` can end it.

    These are numbers of this machine at this moment. Whether a version is slower than another
    is for `holdfast.measure.compare`, which takes turns between processes.

    """

    def __init__(self, *, executor: Executor | None = None, timeout_s: float = 60.0) -> None:
        if not is_above_0(timeout_s):
            raise UsageError(f"timeout_s must be a number above 0, got {timeout_s!r:.60}")
        self._executor = executor
        self._timeout_s = timeout_s
        self._results: list[PerformanceResult] = []

    async def benchmark_async_execution(
        self,
        target: Target,
        iterations: int = 100,
        *,
        setup: Callable[[], Any] | None = None,
        name: str = "",
    ) -> PerformanceResult:
        """Time calls one after the other.

        `setup` runs before each call, outside the timing; what it returns, unless None, is
        handed to the call.

        Raises:
            UsageError: the target cannot be called, a number makes no sense, or memory is traced.
        """
        return await self._measure(target, "execution", iterations, setup=setup, name=name)

    async def benchmark_with_warmup(
        self,
        target: Target,
        warmup_iterations: int = 10,
        iterations: int = 100,
        *,
        setup: Callable[[], Any] | None = None,
        name: str = "",
    ) -> PerformanceResult:
        """Call it `warmup_iterations` times first, which leave no times; failures there count.

        Raises:
            UsageError: the target cannot be called, a number makes no sense, or memory is traced.
        """
        return await self._measure(
            target, "execution", iterations, setup=setup, name=name, warmup=warmup_iterations
        )

    async def benchmark_concurrent_executions(
        self,
        target: Target,
        concurrency: int = 10,
        *,
        iterations: int | None = None,
        warmup: int = 0,
        setup: Callable[[], Any] | None = None,
        name: str = "",
    ) -> PerformanceResult:
        """Time calls of which `concurrency` are under way at once; by default 10 for each.

        Coroutines are in flight together on the loop that runs, plain functions in threads.

        Raises:
            UsageError: the target cannot be called, a number makes no sense, or memory is traced.
        """
        total = 10 * concurrency if iterations is None else iterations
        return await self._measure(
            target,
            "concurrent",
            total,
            setup=setup,
            name=name,
            warmup=warmup,
            concurrency=concurrency,
        )

    async def benchmark_callback_overhead(
        self,
        callback: Any,
        function_name: str = "",
        args: Sequence[Any] = (),
        *,
        iterations: int = 1000,
    ) -> CallbackOverhead:
        """Time a callback and, in turns with it, a function that does nothing.

        `callback` is called with `args`; or it is a session and `function_name` what its `call`
        is asked for.

        Raises:
            UsageError: it cannot be called, a number makes no sense, or memory is traced.
        """
        _check("iterations", iterations, 1)
        call = callback.call if function_name and hasattr(callback, "call") else callback
        if function_name and call is callback:
            raise UsageError(f"a session must have a method 'call', got {callback!r:.80}")
        given = (function_name, *args) if function_name else tuple(args)
        calls = prepare(call, name=function_name)
        real = Calls(calls.name, lambda: call(*given), is_async=calls.is_async)
        done, base = Timed(), Timed()
        with timing():
            await time_calls(real, min(10, iterations), timeout_s=self._timeout_s)
            empty = _empty(is_async=real.is_async)
            await time_calls(empty, min(10, iterations), timeout_s=self._timeout_s)
            for _ in range(iterations):
                for each, into in ((real, done), (empty, base)):
                    one = await time_calls(each, 1, timeout_s=self._timeout_s)
                    into.times_s += one.times_s
                    into.errors += one.errors
                    into.total_s += one.total_s
        found, baseline = (
            result_of(
                each.name,
                each_done.times_s,
                iterations=iterations,
                total_s=each_done.total_s,
                errors=each_done.errors,
                kind="callback",
            )
            for each, each_done in ((real, done), (empty, base))
        )
        self._results.append(found)
        known = found.median is not None and baseline.median is not None
        overhead = (found.median or 0.0) - (baseline.median or 0.0) if known else None
        return CallbackOverhead(callback=found, baseline=baseline, overhead_s=overhead)

    @staticmethod
    def compare_performance(
        baseline: PerformanceResult,
        current: PerformanceResult,
        *,
        confidence: float = 0.99,
        floor: float = 0.01,
        seed: int | None = None,
    ) -> PerformanceDifference:
        """Say by an interval whether two benchmarks differ by more than `floor`.

        It tells what was measured apart, not why: the machine may have changed between the two.

        Raises:
            UsageError: `confidence` or `floor` cannot mean anything.
        """
        for name, given in (("baseline", baseline), ("current", current)):
            if not isinstance(given, PerformanceResult):  # pyright: ignore[reportUnnecessaryIsInstance] - callers need not be checked
                raise UsageError(f"{name} must be a PerformanceResult, got {given!r:.60}")
        return difference_of(
            baseline,
            current,
            confidence=confidence,
            floor=floor,
            seed=fresh_seed() if seed is None else seed,
        )

    def get_metrics_summary(self) -> MetricsSummary:
        """Return all that was measured since the last reset."""
        return MetricsSummary(
            benchmarks=len(self._results),
            calls=sum(each.iterations for each in self._results),
            failed=sum(each.failed for each in self._results),
            by_kind=dict(Counter(each.kind for each in self._results)),
            results=tuple(self._results),
        )

    def reset_metrics(self) -> None:
        """Forget what was measured."""
        self._results.clear()

    async def _measure(
        self,
        target: Target,
        kind: BenchmarkKind,
        iterations: int,
        *,
        setup: Callable[[], Any] | None,
        name: str,
        warmup: int = 0,
        concurrency: int = 1,
    ) -> PerformanceResult:
        _check("concurrency", concurrency, 1)
        _check("iterations", iterations, 1)
        _check("warmup", warmup, 0)
        calls = prepare(target, name=name, setup=setup, executor=self._executor)
        with timing():
            warm = await run_calls(
                calls, warmup, concurrency=concurrency, timeout_s=self._timeout_s
            )
            done = await run_calls(
                calls, iterations, concurrency=concurrency, timeout_s=self._timeout_s
            )
        result = result_of(
            calls.name,
            done.times_s,
            iterations=iterations,
            total_s=done.total_s,
            errors=[*warm.errors, *done.errors],
            kind=kind,
            warmup=warmup,
            warmup_failed=len(warm.errors),
            concurrency=concurrency,
        )
        self._results.append(result)
        return result


def _check(name: str, value: Any, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UsageError(f"{name} must be a whole number, at least {least}, got {value!r}")


def _empty(*, is_async: bool) -> Calls:
    """Return what does nothing, called like the callback that it stands beside."""
    inner = _nothing_async if is_async else _nothing
    return Calls("no-op", lambda: inner(), is_async=is_async)  # noqa: PLW0108 - as the callback is


def _nothing() -> None:
    """Do nothing: what a call costs at least."""


async def _nothing_async() -> None:
    """Do nothing, awaited."""
