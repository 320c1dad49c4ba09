"""How is a coroutine function mapped over data, with as many calls at once as help?"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

from holdfast.clock import monotonic
from holdfast.parallel.caught import normalise
from holdfast.parallel.failure import (
    Failure,
    ItemTimeout,
    WrongArgument,
    add_index,
    name_of,
)
from holdfast.parallel.growth import Growth
from holdfast.parallel.items import is_endless
from holdfast.parallel.job import (
    ON_ERROR,
    check_count,
    check_func,
    check_iterable,
    check_seconds,
    check_word,
)

__all__ = ["map_async"]

START = 8
MOST = 256


async def map_async(
    func: Callable[[Any], Awaitable[Any]],
    data: Iterable[Any] | AsyncIterable[Any],
    *,
    limit: int | None = None,
    on_error: str = "raise",
    timeout_s: float | None = None,
) -> list[Any]:
    """Return `[await func(item) for item in data]`, many at once, in the data's order.

    Without `limit` the number of calls doubles while the throughput rises by a tenth, up
    to 256. The first item that fails ends the map: calls under way are cancelled and
    awaited. `on_error="collect"` puts a `Failure` in its place.

    Raises:
        WrongArgument: an argument cannot be used; nothing was run.
        Exception: what the function raised, with the item's index.
    """
    check_func(func)
    check_word("on_error", on_error, ON_ERROR)
    limit = check_count("limit", limit)
    timeout_s = check_seconds("timeout_s", timeout_s)
    if is_endless(data):
        raise WrongArgument(f"data must end, got an endless {type(data).__name__}")
    source = _iterate(data)
    growth = Growth(limit or START, limit or MOST)
    results: list[Any] = []
    running: dict[asyncio.Task[Any], int] = {}
    is_spent = False
    try:
        while running or not is_spent:
            while not is_spent and len(running) < growth.size:
                try:
                    item = await anext(source)
                except StopAsyncIteration:
                    is_spent = True
                    break
                task = asyncio.ensure_future(_call(func, item, timeout_s))
                running[task] = len(results)
                results.append(None)
                growth.begin(monotonic())
            if not running:
                break
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            growth.add(len(done), monotonic())
            # The earliest of those that failed together is told.
            for task in sorted(done, key=running.__getitem__):
                index = running.pop(task)
                results[index] = _settle(task, index, func, on_error)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return results


async def _call(func: Callable[[Any], Awaitable[Any]], item: Any, timeout_s: float | None) -> Any:
    """Await one call, and say what a task would say otherwise: it may not raise these."""
    scope = asyncio.timeout(timeout_s)
    try:
        async with scope:
            return await func(item)
    except (StopIteration, SystemExit) as error:
        raise normalise(error) from error
    except TimeoutError as error:
        if not scope.expired():
            raise
        raise ItemTimeout(f"the item must end within {timeout_s:g} s; it was cancelled") from error


def _settle(task: asyncio.Task[Any], index: int, func: Any, on_error: str) -> Any:
    if task.cancelled():
        error: BaseException | None = asyncio.CancelledError("the item was cancelled")
    else:
        error = task.exception()
    if error is None:
        return task.result()
    add_index(error, index, name_of(func))
    if on_error == "raise":
        raise error
    return Failure(index, error, "".join(traceback.format_exception(error)))


def _iterate(data: Any) -> AsyncIterator[Any]:
    if hasattr(data, "__aiter__"):
        return aiter(data)
    check_iterable(data)
    return _wrap(data)


async def _wrap(data: Iterable[Any]) -> AsyncIterator[Any]:
    for item in data:
        yield item
