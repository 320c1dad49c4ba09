"""How is a conversation awaited? On the loop that runs, asyncio's or trio's."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import anyio

from holdfast.session.waiting import Steps, Wait

__all__ = ["Room", "drive_async"]

T = TypeVar("T")


class Room:
    """At most so many inside at once, in the order in which they came.

    Unlike a semaphore of anyio it belongs to no event loop: what it guards may be
    used on one loop after another.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[anyio.Event] = deque()

    @asynccontextmanager
    async def enter(self) -> AsyncGenerator[None]:
        """Hold a place while the context is open."""
        if self._free and not self._waiting:
            self._free -= 1
        else:
            await self._wait()
        try:
            yield
        finally:
            self._leave()

    async def _wait(self) -> None:
        turn = anyio.Event()
        self._waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._leave()
            else:
                self._waiting.remove(turn)
            raise

    def _leave(self) -> None:
        if self._waiting:
            # The place goes to the next one; nobody can take it in between.
            self._waiting.popleft().set()
        else:
            self._free += 1


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
