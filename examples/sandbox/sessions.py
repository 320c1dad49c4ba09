"""How does a session, or an executor, get a part of what its maker may touch, and no more?"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from typing import NoReturn, Protocol

from holdfast.capabilities import CapabilityManager, CapabilityViolation, parse_capability
from holdfast.session import AsyncExecutor, Session

__all__ = ["Records", "confined_executor", "confined_session", "note_violations"]


class Records(Protocol):
    """Where violations are kept: a manager, real or scripted."""

    def record_violation(self, kind: str, resource: str = "", operation: str = "") -> object:
        """Record that something was asked for and not granted."""
        ...


@contextlib.contextmanager
def confined_session(
    manager: CapabilityManager,
    capabilities: Iterable[str] | None = None,
    *,
    name: str = "session",
    timeout_s: float = 5.0,
    memory_bytes: int | None = None,
) -> Generator[Session]:
    """Open a session with some of what the current context has, or all of it.

    Raises:
        CapabilityViolation: the current context does not have that.
        CannotEnforce: this machine cannot hold a session to it; none was opened.
    """
    with manager.nested(name, capabilities):
        granted = manager.granted()
        with Session(
            capabilities=granted, timeout_s=timeout_s, memory_bytes=memory_bytes
        ) as session:
            yield session


@contextlib.asynccontextmanager
async def confined_executor(
    manager: CapabilityManager,
    capabilities: Iterable[str] | None = None,
    *,
    name: str = "executor",
    workers: int = 2,
) -> AsyncGenerator[AsyncExecutor]:
    """Open an executor with some of what the current context has, or all of it.

    Raises what `confined_session` raises, CannotEnforce with the first execution.
    """
    with manager.nested(name, capabilities):
        async with AsyncExecutor(workers=workers, capabilities=manager.granted()) as executor:
            yield executor


def note_violations(records: Records) -> Callable[[Exception], NoReturn]:
    """Return an error handler for callbacks: what was stopped goes to the records, and on.

    Raises what it is given.
    """

    def note(error: Exception) -> NoReturn:
        if isinstance(error, CapabilityViolation):
            kind, resource = parse_capability(error.capability)
            records.record_violation(kind, resource, "a callback")
        raise error

    return note
