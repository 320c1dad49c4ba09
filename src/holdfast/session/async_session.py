"""How is a session used from asynchronous code, on asyncio or trio?"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio

from holdfast.session.awaiting import Room, drive_async
from holdfast.session.callback import MISSING, AsyncCallback, ErrorHandler
from holdfast.session.open import make_setup, open_engine
from holdfast.session.protocol import Turn
from holdfast.session.talk import Talk
from holdfast.session.waiting import Steps

__all__ = ["AsyncSession"]

T = TypeVar("T")


class AsyncSession:
    """A `Session` whose methods are awaited, `namespace` included; `history` is kept here.

    A turn whose caller is cancelled is stopped before the cancellation goes on.
    """

    def __init__(
        self,
        *,
        capabilities: Sequence[str] | None = None,
        timeout_s: float | None = 30.0,
        memory_bytes: int | None = None,
        cpu_s: float | None = None,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        in_process: bool = False,
    ) -> None:
        setup = make_setup(capabilities, memory_bytes, cpu_s)
        engine = open_engine(setup, in_process=in_process, cwd=cwd, env=env)
        self._talk = Talk(engine, timeout_s)
        self._turn = Room(1)

    async def execute(self, code: str, timeout_s: float | None = None) -> Turn:
        """Run statements; see `Session.execute`."""
        return await self._drive(self._talk.execute(code, timeout_s))

    async def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the session; see `Session.call`."""
        return await self._drive(self._talk.call(name, args, kwargs))

    def callback(
        self, name: str, *, error_handler: ErrorHandler | None = None, default: Any = MISSING
    ) -> AsyncCallback:
        """Return a callable that calls the function `name` of the session, awaited."""
        return AsyncCallback(self.call, name, error_handler=error_handler, default=default)

    @property
    def namespace(self) -> Coroutine[Any, Any, dict[str, Any]]:
        """A copy of the session's names: `await session.namespace`."""
        return self._drive(self._talk.namespace())

    async def assign(self, names: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Put plain data into the session's namespace."""
        await self._drive(self._talk.assign({**(names or {}), **more}))

    @property
    def history(self) -> list[Turn]:
        """Every turn so far, also of interpreters that were lost."""
        return list(self._talk.history)

    async def reset(self) -> None:
        """Begin anew: no names, no history."""
        await self._drive(self._talk.reset())

    async def close(self) -> None:
        """End the interpreter and everything that it started."""
        with anyio.CancelScope(shield=True):
            await self._drive(self._talk.close())

    async def __aenter__(self) -> Self:
        await self._drive(self._talk.start())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _drive(self, steps: Steps[T]) -> T:
        async with self._turn.enter():
            return await drive_async(steps, self._talk.halt)
