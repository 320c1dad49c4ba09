"""Twelve promises of the performance tester. Executions are scripted; no time is asserted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from holdfast.doubles import MockAsyncExecutor, MockREPLSession
from holdfast.errors import UsageError
from holdfast.measure import PerformanceResult, PerformanceTester, quick_benchmark

# Neighbours that differ, around a mean that does not.
SPREAD = [1.0 + 0.05 * ((n * 7919) % 101) / 101 for n in range(200)]


def run(main: Callable[[], Awaitable[Any]]) -> Any:
    return anyio.run(main)


def executed(
    executor: MockAsyncExecutor, code: str, iterations: int, tester: PerformanceTester | None = None
) -> PerformanceResult:
    used = tester or PerformanceTester(executor=executor)
    return run(lambda: used.benchmark_async_execution(code, iterations))


def scripted() -> MockAsyncExecutor:
    executor = MockAsyncExecutor()
    executor.script("rule()", 42)
    return executor


def kept(factor: float) -> PerformanceResult:
    times = tuple(factor * each for each in SPREAD)
    return PerformanceResult(
        name=f"x{factor}", iterations=200, succeeded=200, total_s=1.0, times_s=times
    )


def test_every_iteration_is_an_execution_with_a_time() -> None:
    executor = scripted()
    found = executed(executor, "rule()", 8)
    assert (found.iterations, found.succeeded, len(found.times_s)) == (8, 8, 8)
    assert executor.get_execution_count("rule()") == 8


def test_the_figures_are_those_of_the_times() -> None:
    found = executed(scripted(), "rule()", 9)
    times = sorted(found.times_s)
    assert (found.min, found.median, found.max) == (times[0], times[4], times[8])
    assert found.mean == pytest.approx(sum(times) / 9)
    assert found.cv == pytest.approx((found.std_dev or 0.0) / (found.mean or 1.0))


def test_failures_are_counted_and_leave_no_time() -> None:
    executor = MockAsyncExecutor()
    executor.script("rule()", 42, fail_on={2: OSError("full"), 5: OSError("full")})
    found = executed(executor, "rule()", 6)
    assert (found.iterations, found.succeeded, found.failed, len(found.times_s)) == (6, 4, 2, 4)
    assert found.errors == {"CallFailed: OSError: full": 2}


def test_when_everything_fails_there_is_no_figure_and_no_other_error() -> None:
    executor = scripted()
    executor.should_fail = ConnectionError("gone")
    found = executed(executor, "rule()", 3)
    assert (found.succeeded, found.mean, found.p95, found.throughput) == (0, None, None, None)
    assert str(found).startswith("rule(): all 3 calls failed: ")


def test_a_warm_up_leaves_no_time_and_its_failures_show() -> None:
    executor = MockAsyncExecutor()
    executor.script("rule()", 42, fail_on={1: OSError("cold")})
    tester = PerformanceTester(executor=executor)
    found = run(lambda: tester.benchmark_with_warmup("rule()", 3, 5))
    assert (found.iterations, found.warmup, len(found.times_s)) == (5, 3, 5)
    assert (found.failed, found.warmup_failed) == (0, 1)
    assert executor.get_execution_count() == 8


def test_concurrent_executions_are_under_way_together_and_as_many_as_said() -> None:
    running: list[int] = [0, 0]

    async def work() -> None:
        running[0] += 1
        running[1] = max(running)
        await anyio.lowlevel.checkpoint()
        running[0] -= 1

    tester = PerformanceTester()
    found = run(lambda: tester.benchmark_concurrent_executions(work, 4, iterations=20))
    assert (running[1], found.concurrency, found.succeeded) == (4, 4, 20)
    assert found.throughput == pytest.approx(20 / found.total_s)


def test_failures_of_concurrent_executions_are_no_part_of_the_throughput() -> None:
    executor = MockAsyncExecutor()
    executor.script("rule()", 42, fail_on=dict.fromkeys(range(1, 11), OSError("full")))
    tester = PerformanceTester(executor=executor)
    found = run(lambda: tester.benchmark_concurrent_executions("rule()", 5, iterations=20))
    assert (found.succeeded, found.failed) == (10, 10)
    assert found.throughput == pytest.approx(10 / found.total_s)


def test_a_callback_is_held_against_a_call_that_does_nothing() -> None:
    session = MockREPLSession()
    session.function("double", lambda n: 2 * n)
    tester = PerformanceTester()
    found = run(lambda: tester.benchmark_callback_overhead(session, "double", [5], iterations=20))
    assert (found.callback.succeeded, found.baseline.succeeded) == (20, 20)
    assert found.overhead_s == pytest.approx(found.callback.median - found.baseline.median)
    # Ten calls to warm up.
    assert session.get_execution_count("double(5)") == 30


def test_two_results_differ_only_where_the_spread_allows_it() -> None:
    compare = PerformanceTester.compare_performance
    found = [compare(kept(1.0), kept(factor), seed=1).status for factor in (1.0, 1.2, 0.8, 1.012)]
    assert found == ["same", "slower", "faster", "undecided"]


def test_the_summary_counts_what_was_measured_and_what_failed() -> None:
    executor = MockAsyncExecutor()
    executor.script("rule()", 42, fail_on={1: OSError("full")})
    tester = PerformanceTester(executor=executor)
    executed(executor, "rule()", 4, tester)
    run(lambda: tester.benchmark_concurrent_executions("rule()", 2, iterations=6))
    found = tester.get_metrics_summary()
    assert (found.benchmarks, found.calls, found.failed) == (2, 10, 1)
    assert found.by_kind == {"execution": 1, "concurrent": 1}
    tester.reset_metrics()
    assert tester.get_metrics_summary().results == ()


def test_a_number_of_iterations_that_means_nothing_is_refused() -> None:
    for iterations in (0, -1, True, 1.5):
        with pytest.raises(UsageError, match="iterations must be a whole number, at least 1"):
            executed(scripted(), "rule()", iterations)  # type: ignore[arg-type]


def test_a_quick_benchmark_takes_one_call() -> None:
    found = quick_benchmark("sum(range(3))", 5, warmup=1)
    assert (found.succeeded, found.warmup) == (5, 1)
