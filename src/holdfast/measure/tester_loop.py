"""How are calls timed? One by one, inside the loop that runs, and nothing but the call itself."""

from __future__ import annotations

import ast
import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from types import CodeType
from typing import Any, Protocol

from holdfast.clock import monotonic
from holdfast.errors import UsageError
from holdfast.process.reference import lane_of

__all__ = ["CallFailed", "Calls", "Executor", "Timed", "prepare", "run_calls", "time_calls"]


class Executor(Protocol):
    """What runs code for a benchmark, such as `holdfast.session.AsyncExecutor`."""

    def execute(self, code: str) -> Awaitable[Any]:
        """Run code; an answer whose `success` is false counts as a failed call."""
        ...


class CallFailed(Exception):
    """The executor answered that the code failed."""


class Calls:
    """What is called: `call` returns a value, or an awaitable where `is_async`.

    `setup` runs before each call, outside the timing, and is awaited where the call is; what it
    returns, unless it is None, is handed to the call.
    """

    def __init__(
        self, name: str, call: Callable[..., Any], *, is_async: bool, setup: Any = None
    ) -> None:
        self.name = name
        self.call = call
        self.is_async = is_async
        self.setup: Callable[[], Any] | None = setup
        self.awaits_setup = setup is not None and lane_of(setup) == "async"


class Timed:
    """The times of calls, as they come."""

    def __init__(self) -> None:
        self.times_s: list[float] = []
        self.errors: list[BaseException] = []
        self.total_s = 0.0


def prepare(
    target: str | Callable[..., Any],
    *,
    name: str = "",
    setup: Callable[[], Any] | None = None,
    executor: Executor | None = None,
) -> Calls:
    """Make ready what is called, once: compiling or finding it is no part of a call.

    Raises:
        UsageError: the code has a syntax error, the target cannot be called, or its set-up is a
            coroutine function and itself is none.
    """
    calls = _prepared(target, name=name, setup=setup, executor=executor)
    if calls.awaits_setup and not calls.is_async:
        raise UsageError(
            f"setup must be a function where the target is one, got the coroutine function {setup!r:.80}"
        )
    return calls


def _prepared(
    target: str | Callable[..., Any], *, name: str, setup: Any, executor: Executor | None
) -> Calls:
    if isinstance(target, str):
        if executor is not None:

            async def ask() -> Any:
                return _accepted(await executor.execute(target))

            return Calls(name or _head(target), ask, is_async=True, setup=setup)
        code = _compiled(target)
        is_async = bool(code.co_flags & inspect.CO_COROUTINE)

        def run() -> Any:
            return eval(code, {"__name__": "__main__"})  # noqa: S307 - the caller's own code

        return Calls(name or _head(target), run, is_async=is_async, setup=setup)
    if not callable(target):
        raise UsageError(f"a target must be callable or code, got {target!r:.80}")
    found = name or getattr(target, "__qualname__", "") or type(target).__qualname__
    return Calls(found, target, is_async=lane_of(target) == "async", setup=setup)


async def time_calls(calls: Calls, iterations: int, *, timeout_s: float) -> Timed:
    """Time that many calls, one after the other."""
    done = Timed()
    started = monotonic()
    for _ in range(iterations):
        await _time_one(calls, done, timeout_s)
    done.total_s = monotonic() - started
    return done


async def run_calls(calls: Calls, iterations: int, *, concurrency: int, timeout_s: float) -> Timed:
    """Time that many calls, up to `concurrency` at once.

    Coroutines are in flight together on the loop that runs, other functions in as many threads.
    """
    if concurrency == 1:
        return await time_calls(calls, iterations, timeout_s=timeout_s)
    done = Timed()
    numbers = count()
    started = monotonic()
    begun: list[Awaitable[Any]] = []
    if not calls.is_async:
        begun = await _run_threads(
            calls, done, numbers, iterations=iterations, concurrency=concurrency
        )
        if begun:
            # A plain function that returns coroutines: they are what must be timed.
            calls.is_async = True
            started = monotonic()
    if calls.is_async:

        async def work() -> None:
            if begun:
                await _time_begun(begun.pop(), done, timeout_s)
            while next(numbers) < iterations:
                await _time_one(calls, done, timeout_s)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, iterations)):
                group.create_task(work())
    done.total_s = monotonic() - started
    return done


async def _run_threads(
    calls: Calls, done: Timed, numbers: Iterator[int], *, iterations: int, concurrency: int
) -> list[Awaitable[Any]]:
    """Call in threads; stop at once, and return what is to be awaited, where there is any."""
    begun: list[Awaitable[Any]] = []
    stop = threading.Event()

    def work() -> None:
        # `next` on a count is one step under the GIL, and so is `append`.
        while not stop.is_set() and next(numbers) < iterations:
            value = _time_sync(calls, done)
            if value is not None:
                begun.append(value)
                stop.set()

    loop = asyncio.get_running_loop()
    workers = min(concurrency, iterations)
    with ThreadPoolExecutor(max(workers, 1), thread_name_prefix="holdfast-bench") as pool:
        try:
            await asyncio.gather(*(loop.run_in_executor(pool, work) for _ in range(workers)))
        finally:
            stop.set()
    return begun


async def _time_one(calls: Calls, done: Timed, timeout_s: float) -> None:
    if not calls.is_async:
        value = _time_sync(calls, done)
        if value is not None:
            calls.is_async = True
            await _time_begun(value, done, timeout_s)
        return
    call = calls.call
    try:
        given = await _set_up_async(calls)
        async with asyncio.timeout(timeout_s):
            started = monotonic()
            await call(*given)
            seconds = monotonic() - started
    except Exception as error:  # noqa: BLE001 - kept and counted: that is what was asked
        done.errors.append(_named(error, timeout_s))
    else:
        done.times_s.append(seconds)


async def _time_begun(begun: Awaitable[Any], done: Timed, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            started = monotonic()
            await begun
            seconds = monotonic() - started
    except Exception as error:  # noqa: BLE001 - kept and counted: that is what was asked
        done.errors.append(_named(error, timeout_s))
    else:
        done.times_s.append(seconds)


def _time_sync(calls: Calls, done: Timed) -> Awaitable[Any] | None:
    """Time a call; return what it returned where that must be awaited, and is not timed yet."""
    call = calls.call
    try:
        given = _set_up(calls)
        started = monotonic()
        value = call(*given)
        seconds = monotonic() - started
    except Exception as error:  # noqa: BLE001 - kept and counted: that is what was asked
        done.errors.append(error)
        return None
    if inspect.isawaitable(value):
        return value
    done.times_s.append(seconds)
    return None


def _set_up(calls: Calls) -> tuple[Any, ...]:
    value = calls.setup() if calls.setup is not None else None
    return () if value is None else (value,)


async def _set_up_async(calls: Calls) -> tuple[Any, ...]:
    given = _set_up(calls)
    if not calls.awaits_setup:
        return given
    value = await given[0]
    return () if value is None else (value,)


def _named(error: Exception, timeout_s: float) -> Exception:
    if isinstance(error, TimeoutError) and not str(error):
        return TimeoutError(f"a call took longer than {timeout_s:g} s")
    return error


def _accepted(answer: Any) -> Any:
    if getattr(answer, "success", True) is False:
        raise CallFailed(str(getattr(answer, "error", "") or "the executor says that it failed"))
    return answer


def _compiled(text: str) -> CodeType:
    try:
        return compile(text, "<benchmark>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        raise UsageError(f"the code must be Python, got {error}") from error


def _head(text: str) -> str:
    lines = text.strip().splitlines() or ["(no code)"]
    return lines[0][:60] + (" ..." if len(lines) > 1 or len(lines[0]) > 60 else "")
