"""How is a conversation awaited? On the loop that runs, asyncio's or trio's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import anyio

from holdfast.session.waiting import Steps, Wait

__all__ = ["drive_async"]

T = TypeVar("T")


async def drive_async(steps: Steps[T], halt: Callable[[], Steps[Any]]) -> T:
    """Run a conversation on the running event loop, asyncio's or trio's."""
    try:
        while True:
            try:
                wait = next(steps)
            except StopIteration as done:
                return done.value
            await _wait(wait)
    except BaseException:
        steps.close()
        with anyio.CancelScope(shield=True):
            for wait in halt():
                await _wait(wait)
        raise


async def _wait(wait: Wait) -> None:
    with anyio.move_on_after(wait.seconds):
        await anyio.wait_readable(wait.fd)
