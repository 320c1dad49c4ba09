"""What runs inside the session to time code, to look for a leak, and to name a callback?"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, cast

from holdfast.cli.repl_timing import Timing, timing_of
from holdfast.errors import UsageError

__all__ = ["benchmark_code", "callback_code", "leak_code", "read_benchmark", "wants_loop"]

CO_COROUTINE = 0x80
FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

# Compiled, imported and bound before the clock is read; a loop's own cost is not in a time.
_BENCHMARK = """
{head}def __holdfast_benchmark(source, iterations, warmup):
    from time import perf_counter as clock
    compiled = compile(source, "<benchmark>", "exec", {flags}, dont_inherit=True)
    space, run = globals(), eval
    times, failed, first = [], 0, ""
    for turn in range(-warmup, iterations):
        try:
            begun = clock()
            {wait}run(compiled, space)
            took = clock() - begun
        except (Exception, SystemExit) as error:
            if turn >= 0:
                failed += 1
                first = first or (type(error).__name__ + ": " + str(error))[:500]
        else:
            if turn >= 0:
                times.append(took)
    return times, failed, first
{wait}__holdfast_benchmark({source!r}, {iterations}, {warmup})
"""

_LEAK = """
async def __holdfast_leak(source, iterations, channels):
    from holdfast.measure.leak_count import LeakRequest, count
    compiled = compile(source, "<leak>", "exec", {flags}, dont_inherit=True)
    space, run = globals(), eval
    async def call(times):
        for _ in range(times):
            {wait}run(compiled, space)
    request = LeakRequest(folder="", iterations=iterations, channels=channels)
    found = await count(request, call, {is_async})
    return found.calls, [(e.name, e.status, e.per_call, e.unit, e.note) for e in found.channels]
await __holdfast_leak({source!r}, {iterations}, {channels!r})
"""

_CALLBACK = """
def {alias}(*args, **kwargs):
    "Call {name} of this session."
    return {name}(*args, **kwargs)
"""


def wants_loop(source: str) -> bool:
    """Tell whether code awaits at its top level.

    Raises:
        UsageError: it is no Python.
    """
    try:
        compiled = compile(source, "<input>", "exec", FLAGS, dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"the code must be Python, got {source!r:.200} ({error})") from error
    return bool(compiled.co_flags & CO_COROUTINE)


def benchmark_code(source: str, *, iterations: int, warmup: int) -> str:
    """Return code whose value `read_benchmark` reads."""
    is_async = wants_loop(source)
    return _BENCHMARK.format(
        head="async " if is_async else "",
        wait="await " if is_async else "",
        flags=FLAGS,
        source=source,
        iterations=iterations,
        warmup=warmup,
    )


def read_benchmark(value: Any, *, warmup: int) -> Timing:
    """Return the timing that the session measured."""
    times, failed, first = cast("tuple[list[float], int, str]", value)
    return timing_of(times, warmup=warmup, failed=failed, first_failure=first)


def leak_code(source: str, *, iterations: int, channels: Sequence[str]) -> str:
    """Return code whose value is the number of calls and a row for each channel."""
    is_async = wants_loop(source)
    return _LEAK.format(
        wait="await " if is_async else "",
        flags=FLAGS,
        is_async=is_async,
        source=source,
        iterations=iterations,
        channels=tuple(channels),
    )


def callback_code(name: str) -> tuple[str, str]:
    """Return the callback's name, and the code that makes it.

    Raises:
        UsageError: the function's name is none.
    """
    if not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(
            f".callback must have the name of a function, got {name!r}",
            hint="define it first, then name it without arguments",
        )
    alias = f"{name.replace('.', '_')}_callback"
    return alias, _CALLBACK.format(alias=alias, name=name)
