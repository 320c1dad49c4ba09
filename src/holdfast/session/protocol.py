"""What does a session promise, whether its interpreter is real, in process or scripted?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from holdfast.model.turn import ExecutionResult, Opaque, Turn, TurnError, TurnStatus

__all__ = [
    "AsyncSessionPort",
    "ExecutionResult",
    "ExecutorPort",
    "Opaque",
    "SessionPort",
    "Turn",
    "TurnError",
    "TurnStatus",
]


class SessionPort(Protocol):
    """A conversation with an interpreter that remembers; also a context manager."""

    def execute(self, code: str, timeout_s: float | None = None) -> Turn:
        """Run statements; what goes wrong with them is in the turn, never raised.

        Without `timeout_s` the session's own limit holds.
        """
        ...

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the session (dots lead to attributes) and return its value.

        Raises what the function raised, TimeoutError at the limit, SessionCrash when
        the interpreter ended meanwhile.
        """
        ...

    def callback(
        self,
        name: str,
        *,
        error_handler: Callable[[Exception], Any] | None = None,
        default: Any = ...,
    ) -> Callable[..., Any]:
        """Return a callable that calls the function `name` of the session."""
        ...

    @property
    def namespace(self) -> dict[str, Any]:
        """The names of the session: plain data, `Opaque` for everything else."""
        ...

    def assign(self, names: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Put plain data into the session's namespace."""
        ...

    @property
    def history(self) -> list[Turn]:
        """Every turn so far, also of interpreters that were lost."""
        ...

    def reset(self) -> None:
        """Begin anew: no names, no history."""
        ...

    def close(self) -> None:
        """End the interpreter and everything that it started."""
        ...


class AsyncSessionPort(Protocol):
    """The same, awaited; also an asynchronous context manager."""

    async def execute(self, code: str, timeout_s: float | None = None) -> Turn:
        """Run statements; see `SessionPort.execute`."""
        ...

    async def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the session; see `SessionPort.call`."""
        ...

    def callback(
        self,
        name: str,
        *,
        error_handler: Callable[[Exception], Any] | None = None,
        default: Any = ...,
    ) -> Callable[..., Awaitable[Any]]:
        """Return a coroutine function that calls the function `name` of the session."""
        ...

    @property
    def namespace(self) -> Awaitable[dict[str, Any]]:
        """The names of the session; awaited."""
        ...

    async def assign(self, names: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Put plain data into the session's namespace."""
        ...

    @property
    def history(self) -> list[Turn]:
        """Every turn so far; not awaited, since it is kept here."""
        ...

    async def reset(self) -> None:
        """Begin anew: no names, no history."""
        ...

    async def close(self) -> None:
        """End the interpreter and everything that it started."""
        ...


class ExecutorPort(Protocol):
    """Carries out independent pieces of code, several at once; also an asynchronous context manager."""

    async def execute(
        self, code: str | Callable[[], Any], timeout_s: float | None = None
    ) -> ExecutionResult:
        """Run code or a callable; what goes wrong with it is in the result, never raised."""
        ...

    async def close(self) -> None:
        """Stop what still runs and end every process."""
        ...

    def close_blocking(self) -> None:
        """Close from code that cannot await."""
        ...


# What a session is held to: nothing (None), or what `capabilities` allows.
Allowed = Sequence[str] | None
