"""What does `holdfast bench FILE` measure? Runs in a worker: the file's code is the user's."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.errors import UsageError
from holdfast.measure.tester import PerformanceTester
from holdfast.measure.tester_result import PerformanceResult
from holdfast.model.finding import Finding, failed, passed
from holdfast.process.page import current_page
from holdfast.process.reference import find, import_file

__all__ = ["FACT", "judge_benchmarks", "measure_target"]

# Under this name the results are in the evidence.
FACT = "benchmarks"
PREFIX = "bench_"


def measure_target(
    target: str,
    iterations: int,
    warmup: int,
    concurrency: int,
    *,
    arguments: Mapping[str, Any],
    timeout_s: float,
) -> dict[str, int]:
    """Time a target in one loop; the results go to the evidence of the case that calls this.

    A target is module:function, path.py:function, or a file: its functions `bench_*`, or, where
    it has none, the file itself, compiled once and run from top to bottom.

    Raises:
        UsageError: there is no such thing to call.
    """
    found = _targets(target, arguments)
    results = asyncio.run(
        _measure(
            found,
            iterations=iterations,
            warmup=warmup,
            concurrency=concurrency,
            timeout_s=timeout_s,
        )
    )
    page = current_page()
    if page is not None:
        page.values[FACT] = msgspec.to_builtins(results)
        for each in results:
            for name in ("mean", "median", "p95", "p99"):
                value = getattr(each, name)
                if value is not None:
                    page.measurements[f"bench.{each.name}.{name}"] = value
    return {
        "benchmarks": len(results),
        "calls": sum(each.iterations for each in results),
        "succeeded": sum(each.succeeded for each in results),
        "failed": sum(each.failed + each.warmup_failed for each in results),
    }


def judge_benchmarks(value: Mapping[str, int]) -> Finding:
    """Say whether every call worked."""
    if value["failed"]:
        calls = "call" if value["failed"] == 1 else "calls"
        return failed(f"{value['failed']} {calls} failed, {value['succeeded']:,} worked")
    return passed(f"all {value['calls']:,} calls worked")


async def _measure(
    targets: Sequence[tuple[str, str | Callable[..., Any]]],
    *,
    iterations: int,
    warmup: int,
    concurrency: int,
    timeout_s: float,
) -> list[PerformanceResult]:
    tester = PerformanceTester(timeout_s=timeout_s)
    if concurrency == 1:
        return [
            await tester.benchmark_with_warmup(target, warmup, iterations, name=name)
            for name, target in targets
        ]
    return [
        await tester.benchmark_concurrent_executions(
            target, concurrency, iterations=iterations, warmup=warmup, name=name
        )
        for name, target in targets
    ]


def _targets(
    target: str, arguments: Mapping[str, Any]
) -> list[tuple[str, str | Callable[..., Any]]]:
    if target.endswith(".py"):
        path = Path(target)
        text = path.read_text(encoding="utf-8")
        if f"def {PREFIX}" not in text:
            return [(path.name, text)]
        module = import_file(target)
        functions = [
            (name, value)
            for name, value in vars(module).items()
            if name.startswith(PREFIX) and inspect.isroutine(value)
        ]
        if not functions:
            raise UsageError(f"{target} must define functions {PREFIX}*, got none at its top level")
    else:
        functions = [(target, find(target))]
    return [(name, functools.partial(function, **arguments)) for name, function in functions]
