"""How long does this take, roughly? One call answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from holdfast.errors import UsageError
from holdfast.measure.tester import PerformanceTester
from holdfast.measure.tester_loop import prepare
from holdfast.measure.tester_result import PerformanceResult

__all__ = ["quick_benchmark"]


def quick_benchmark(
    target: str | Callable[..., Any],
    iterations: int = 100,
    *,
    warmup: int = 10,
    setup: Callable[[], Any] | None = None,
    timeout_s: float = 60.0,
) -> PerformanceResult:
    """Time a function, a coroutine function or code, warmed up, in one loop of its own.

    Raises:
        UsageError: it cannot be called, a number makes no sense, memory is traced, or it is
            asked inside a running loop.

    >>> quick_benchmark("sum(range(10))", 20).succeeded
    20
    """
    prepare(target, setup=setup)
    if _is_in_loop():
        raise UsageError(
            "quick_benchmark must be called outside of a running loop, got one that runs",
            hint="there, await PerformanceTester().benchmark_with_warmup(target)",
        )
    tester = PerformanceTester(timeout_s=timeout_s)
    return asyncio.run(tester.benchmark_with_warmup(target, warmup, iterations, setup=setup))


def _is_in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
