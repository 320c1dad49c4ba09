"""What does a session promise, whether its interpreter is real, in process or scripted?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

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

TurnStatus = Literal["ok", "error", "timeout", "crash", "incomplete"]


class TurnError(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong in a turn. It reads as a text too: `"ZeroDivisionError" in error`."""

    type: str
    message: str = ""
    traceback: str = ""

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type

    def __contains__(self, text: str) -> bool:
        return text in str(self)


class Opaque(msgspec.Struct, frozen=True):
    """A value that is no plain data: its type and what `repr` said of it are all that left the session."""

    type: str
    repr: str

    def __repr__(self) -> str:
        return self.repr


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What one piece of code left.

    `ok` and `error` (it raised) leave the session as the code left it. So does
    `incomplete`: the code is the beginning of a statement, nothing ran. A `timeout`
    was interrupted or killed, a `crash` ended the interpreter; `names_kept` says
    whether the names of the session outlived that. `value` is that of a last
    expression. `notes` tell what the session put right by itself.
    """

    status: TurnStatus
    value: Any = None
    stdout: str = ""
    stderr: str = ""
    error: TurnError | None = None
    duration_s: float = 0.0
    code: str = ""
    names_kept: bool = True
    notes: tuple[str, ...] = ()


class ExecutionResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one execution left; it never raises for what the code did."""

    success: bool
    value: Any = None
    error: TurnError | None = None
    execution_time_s: float = 0.0
    status: TurnStatus = "ok"
    stdout: str = ""
    stderr: str = ""


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


# What a session is held to: nothing (None), or what `capabilities` allows.
Allowed = Sequence[str] | None
