"""How are independent pieces of code carried out, several at once, each within its time?"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self, cast

import anyio
import cloudpickle  # pyright: ignore[reportMissingTypeStubs] - it has none
import msgspec

from holdfast.errors import UsageError
from holdfast.session.awaiting import Room, drive_async
from holdfast.session.engine import read_turn
from holdfast.session.open import make_setup
from holdfast.session.process_engine import ProcessEngine
from holdfast.session.protocol import ExecutionResult
from holdfast.session.talk import check_timeout
from holdfast.session.values import encode_plain
from holdfast.session.waiting import drive
from holdfast.session.wire import Apply, Run

__all__ = ["AsyncExecutor"]

_pickling = threading.Lock()


class AsyncExecutor:
    """Up to `workers` interpreters, each in a process of its own and reused.

    Every execution begins without names. One that passes its limit, or whose caller
    is cancelled, is stopped: its process is killed with all that it started, and
    replaced. The limit counts from the start, not from the wait for a worker.

    >>> async def double() -> int:
    ...     async with AsyncExecutor(workers=1) as executor:
    ...         return (await executor.execute("6 * 7")).value
    >>> anyio.run(double)
    42
    """

    def __init__(
        self,
        *,
        workers: int = 4,
        capabilities: Sequence[str] | None = None,
        timeout_s: float | None = 30.0,
        memory_bytes: int | None = None,
        cpu_s: float | None = None,
    ) -> None:
        if type(workers) is not int or workers < 1:
            raise UsageError(f"workers must be a number of at least 1, got {workers!r}")
        setup = make_setup(capabilities, memory_bytes, cpu_s)
        # What unpickles a function must be there before the process is confined.
        self._setup = msgspec.structs.replace(setup, imports=("cloudpickle",))
        self._timeout_s = check_timeout(timeout_s)
        self._room = Room(workers)
        self._idle: list[ProcessEngine] = []
        self._is_closed = False

    async def execute(
        self, code: str | Callable[[], Any], timeout_s: float | None = None
    ) -> ExecutionResult:
        """Run code, or call a function without arguments; the result tells what became of it.

        The value is that of a last expression, else what the name `result` holds. A
        coroutine is awaited. It never raises for what the code did.

        Raises:
            UsageError: the executor is closed, or an argument cannot mean anything.
        """
        limit = self._timeout_s if timeout_s is None else check_timeout(timeout_s)
        request = _read_request(code)
        async with self._room.enter():
            if self._is_closed:
                raise UsageError("the executor is closed", hint="open another one")
            engine = self._idle.pop() if self._idle else ProcessEngine(self._setup, stop="kill")
            try:
                reply = await drive_async(engine.ask(request, limit), engine.halt)
            finally:
                self._idle.append(engine)
                if self._is_closed:
                    await self._close_idle()
        turn = read_turn(reply, "")
        return ExecutionResult(
            success=turn.status == "ok",
            value=turn.value,
            error=turn.error,
            execution_time_s=turn.duration_s,
            status=turn.status,
            stdout=turn.stdout,
            stderr=turn.stderr,
        )

    async def close(self) -> None:
        """End every process; what still runs ends first."""
        self._is_closed = True
        await self._close_idle()

    def close_blocking(self) -> None:
        """End every process from code that cannot await; what still runs ends by itself, later."""
        self._is_closed = True
        while self._idle:
            engine = self._idle.pop()
            drive(engine.close(), engine.halt)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _close_idle(self) -> None:
        with anyio.CancelScope(shield=True):
            while self._idle:
                engine = self._idle.pop()
                await drive_async(engine.close(), engine.halt)


def _read_request(code: str | Callable[[], Any]) -> Run | Apply:
    if isinstance(code, str):
        return Run(encode_plain(code), fresh=True)
    if not callable(code):
        raise UsageError(f"code must be a text or a function, got {type(code).__name__}")
    return Apply(_pack(code))


def _pack(function: Callable[[], Any]) -> bytes:
    """Pickle a function with its code, unless it belongs to an installed module.

    Raises:
        UsageError: it holds what cannot travel.
    """
    pickle: Any = cloudpickle
    inner: Any = function
    while isinstance(inner, functools.partial):
        inner = inner.func  # pyright: ignore[reportUnknownMemberType]
    module: Any = sys.modules.get(getattr(inner, "__module__", None) or "")
    is_ours = module is not None and _is_private(module)
    try:
        with _pickling:
            if is_ours:
                pickle.register_pickle_by_value(module)
            try:
                return cast("bytes", pickle.dumps(function))
            finally:
                if is_ours:
                    pickle.unregister_pickle_by_value(module)
    except Exception as error:
        raise UsageError(
            f"a function must be picklable to reach its process, got {function!r}: {error}",
            hint="pass plain data to it with functools.partial, or run code instead",
        ) from error


def _is_private(module: Any) -> bool:
    """Tell whether another process may not find the module: a test, a script."""
    path = getattr(module, "__file__", None) or ""
    package = module.__name__.partition(".")[0]
    known = {"__main__", "holdfast", *sys.stdlib_module_names}
    return bool(path) and "site-packages" not in path and package not in known
