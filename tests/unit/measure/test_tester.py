"""Does the tester time the call and nothing else, count failures, and live with none that worked?"""

from __future__ import annotations

import asyncio
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from holdfast.errors import UsageError
from holdfast.measure import PerformanceTester, quick_benchmark, tester_loop
from holdfast.measure.tester_result import PerformanceResult, result_of


class Ticks:
    """A clock that each look, and whatever `advance` says, moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += 1.0
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> Ticks:
    clock = Ticks()
    monkeypatch.setattr(tester_loop, "monotonic", clock)
    return clock


class Fails:
    """Raises on every nth call."""

    def __init__(self, every: int) -> None:
        self.every, self.calls = every, 0

    def __call__(self) -> None:
        self.calls += 1
        if self.calls % self.every == 0:
            raise ValueError(f"no luck in {self.every}")


async def nap() -> None:
    await asyncio.sleep(0)


def plain(function: Callable[[], Any]) -> Callable[[], Any]:
    """Return a function that is no coroutine function, but returns what one does."""
    return lambda: function()  # noqa: PLW0108 - that is the point


def execution(target: Any, iterations: int = 10, **more: Any) -> PerformanceResult:
    tester = PerformanceTester()
    return asyncio.run(tester.benchmark_async_execution(target, iterations, **more))


def test_a_call_is_timed_from_its_begin_to_its_end(ticks: Ticks) -> None:
    result = execution(lambda: ticks.advance(2.0), 4)
    assert result.times_s == (3.0, 3.0, 3.0, 3.0)
    assert (result.mean, result.median, result.std_dev, result.cv) == (3.0, 3.0, 0.0, 0.0)


def test_set_up_is_no_part_of_a_time_and_hands_over_what_it_returns(ticks: Ticks) -> None:
    given: list[int] = []

    def setup() -> int:
        ticks.advance(50.0)
        return 7

    result = execution(given.append, 3, setup=setup)
    assert result.times_s == (1.0, 1.0, 1.0)
    assert given == [7, 7, 7]
    assert result.total_s > 150


def test_a_set_up_that_raises_is_a_failed_call() -> None:
    result = execution(nap, 4, setup=Fails(2))
    assert (result.succeeded, result.failed) == (2, 2)


@pytest.mark.parametrize("target", [nap, plain(nap), "import asyncio\nawait asyncio.sleep(0)"])
def test_what_is_awaited_is_timed_inside_the_loop_that_runs(target: Any) -> None:
    async def inside() -> PerformanceResult:
        return await PerformanceTester().benchmark_async_execution(target, 5)

    assert asyncio.run(inside()).succeeded == 5


def test_failures_are_counted_and_have_no_part_in_the_times() -> None:
    result = execution(Fails(4), 10)
    assert (result.iterations, result.succeeded, result.failed) == (10, 8, 2)
    assert len(result.times_s) == 8
    assert result.errors == {"ValueError: no luck in 4": 2}
    assert "2 of 10 calls failed: ValueError: no luck in 4 (2 times)" in str(result)
    assert not result.is_complete


def test_when_all_calls_fail_the_result_says_so() -> None:
    result = execution(Fails(1), 3)
    assert (result.succeeded, result.failed, result.mean, result.p99) == (0, 3, None, None)
    assert str(result).endswith("all 3 calls failed: ValueError: no luck in 1 (3 times)")


def test_of_many_kinds_of_errors_the_most_frequent_are_named() -> None:
    found = result_of("f", (), iterations=8, total_s=1.0, errors=[*"aabcdefg"])
    assert found.errors == {"a": 2, "b": 1, "c": 1, "d": 1, "e": 1, "others": 2}


def test_warm_up_calls_leave_no_times_but_their_failures_show() -> None:
    calls = Fails(3)
    tester = PerformanceTester()
    result = asyncio.run(tester.benchmark_with_warmup(calls, 4, 2))
    assert calls.calls == 6
    assert (result.iterations, result.warmup, result.warmup_failed, result.failed) == (2, 4, 1, 1)
    assert "2 of 6 calls failed" in str(result)
    warm = result_of("f", [1.0], iterations=1, total_s=1.0, warmup=4, warmup_failed=1)
    assert not warm.is_complete


def test_a_call_that_waits_too_long_fails_alone() -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    tester = PerformanceTester(timeout_s=0.001)
    for target in (waits, plain(waits)):
        result = asyncio.run(tester.benchmark_async_execution(target, 2))
        assert result.errors == {"TimeoutError: a call took longer than 0.001 s": 2}


def concurrent(target: Callable[[], Any], concurrency: int, iterations: int) -> PerformanceResult:
    tester = PerformanceTester()
    return asyncio.run(
        tester.benchmark_concurrent_executions(target, concurrency, iterations=iterations)
    )


@pytest.mark.parametrize("is_plain", [True, False])
def test_coroutines_are_in_flight_together(is_plain: bool) -> None:
    # Nobody goes on before all three are here: without concurrency it would wait for ever.
    barrier = asyncio.Barrier(3)

    async def meets() -> None:
        await barrier.wait()

    result = concurrent(plain(meets) if is_plain else meets, 3, 9)
    assert (result.succeeded, result.concurrency) == (9, 3)
    assert result.throughput is not None


def test_plain_functions_are_called_in_threads_together() -> None:
    barrier = threading.Barrier(2, timeout=5)
    result = concurrent(barrier.wait, 2, 8)
    assert (result.succeeded, result.failed) == (8, 0)


def test_failures_of_concurrent_calls_are_counted() -> None:
    async def fails() -> None:
        raise OSError("gone")

    for target in (fails, Fails(1)):
        assert concurrent(target, 3, 6).failed == 6
    assert concurrent(Fails(1), 3, 6).throughput is None


def test_by_default_ten_calls_are_made_for_each_that_is_under_way() -> None:
    found = asyncio.run(PerformanceTester().benchmark_concurrent_executions(nap, 2))
    assert found.iterations == 20


class Answer:
    def __init__(self, success: bool) -> None:
        self.success, self.error = success, "not this one"


class Scripted:
    """An executor that refuses some code."""

    async def execute(self, code: str) -> Answer:
        return Answer(success=code != "bad")


def test_code_runs_in_the_executor_whose_refusals_are_failures() -> None:
    tester = PerformanceTester(executor=Scripted())
    good = asyncio.run(tester.benchmark_async_execution("good", 3))
    bad = asyncio.run(tester.benchmark_async_execution("bad", 3))
    assert (good.succeeded, good.name) == (3, "good")
    assert bad.errors == {"CallFailed: not this one": 3}


class FakeSession:
    def call(self, name: str, *args: int) -> int:
        return {"double": lambda x: 2 * x}[name](*args)


def test_overhead_is_what_a_callback_takes_beyond_a_no_op(ticks: Ticks) -> None:
    tester = PerformanceTester()
    given: list[int] = []

    def callback(number: int) -> None:
        ticks.advance(0.5)
        given.append(number)

    found = asyncio.run(tester.benchmark_callback_overhead(callback, args=[4], iterations=6))
    assert found.overhead_s == 0.5
    assert found.overhead_ms == 500.0
    assert {*given} == {4}
    assert found.baseline.succeeded == found.callback.succeeded == 6


def test_the_callback_may_be_a_function_of_a_session() -> None:
    tester = PerformanceTester()
    session = FakeSession()
    found = asyncio.run(tester.benchmark_callback_overhead(session, "double", (5,), iterations=4))
    assert (found.callback.name, found.callback.succeeded) == ("double", 4)
    gone = asyncio.run(tester.benchmark_callback_overhead(session, "treble", (5,), iterations=4))
    assert (gone.overhead_s, gone.overhead_ms, gone.callback.failed) == (None, None, 4)
    with pytest.raises(UsageError, match="a session must have a method 'call'"):
        asyncio.run(tester.benchmark_callback_overhead(nap, "double"))


def test_an_awaited_callback_is_held_against_an_awaited_no_op() -> None:
    tester = PerformanceTester()
    found = asyncio.run(tester.benchmark_callback_overhead(plain(nap), iterations=5))
    assert (found.callback.succeeded, found.baseline.succeeded) == (5, 5)


def test_a_tester_sums_up_what_it_measured_until_it_is_reset() -> None:
    tester = PerformanceTester()
    asyncio.run(tester.benchmark_async_execution(Fails(2), 4))
    asyncio.run(tester.benchmark_concurrent_executions(nap, 2, iterations=3))
    found = tester.get_metrics_summary()
    assert (found.benchmarks, found.calls, found.failed) == (2, 7, 2)
    assert found.by_kind == {"execution": 1, "concurrent": 1}
    tester.reset_metrics()
    assert tester.get_metrics_summary().results == ()


@pytest.mark.parametrize(
    ("target", "numbers", "message"),
    [
        (nap, {"iterations": 0}, "iterations must be a whole number, at least 1, got 0"),
        (nap, {"iterations": True}, "iterations must be a whole number"),
        ("1 +", {}, "the code must be Python, got "),
        (3, {}, "a target must be callable or code, got 3"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    target: Any, numbers: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match="^" + message.replace("+", r"\+")):
        execution(target, **numbers)


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="timeout_s must be a number above 0, got 0"):
        PerformanceTester(timeout_s=0)


def test_nothing_is_timed_while_memory_is_traced() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match="nothing must be timed while memory is traced"):
            execution(nap)
    finally:
        tracemalloc.stop()
    assert execution(nap, 2).succeeded == 2


def test_a_quick_benchmark_answers_in_one_call() -> None:
    assert quick_benchmark(nap, 5).succeeded == 5
    assert quick_benchmark("sum(range(3))", 5, warmup=1).warmup == 1


def test_a_quick_benchmark_inside_a_loop_names_what_to_await() -> None:
    async def inside() -> None:
        quick_benchmark(nap)

    with pytest.raises(UsageError, match=r"await PerformanceTester\(\)"):
        asyncio.run(inside())


def test_a_set_up_that_is_awaited_is_not_timed_either(ticks: Ticks) -> None:
    given: list[Any] = []

    async def setup() -> int:
        ticks.advance(100)
        return 7

    async def target(number: int) -> None:
        given.append(number)

    result = execution(target, 2, setup=setup)
    assert (result.times_s, given) == ((1.0, 1.0), [7, 7])


def test_a_set_up_that_nobody_can_await_is_refused() -> None:
    with pytest.raises(UsageError, match="setup must be a function where the target is one"):
        execution(int, 1, setup=nap)
