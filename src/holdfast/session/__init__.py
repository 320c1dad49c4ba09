"""How does code run in an interpreter that remembers, is stopped in time, and takes nothing down with it?"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.session.async_session import AsyncSession
    from holdfast.session.executor import AsyncExecutor
    from holdfast.session.failure import RemoteError, SessionCrash
    from holdfast.session.prompt_session import PromptSession
    from holdfast.session.protocol import ExecutionResult, Opaque, Turn, TurnError
    from holdfast.session.session import Session

__all__ = [
    "AsyncExecutor",
    "AsyncSession",
    "ExecutionResult",
    "Opaque",
    "PromptSession",
    "RemoteError",
    "Session",
    "SessionCrash",
    "Turn",
    "TurnError",
]

_PLACES = {
    "AsyncExecutor": "executor",
    "AsyncSession": "async_session",
    "ExecutionResult": "protocol",
    "Opaque": "protocol",
    "PromptSession": "prompt_session",
    "RemoteError": "failure",
    "Session": "session",
    "SessionCrash": "failure",
    "Turn": "protocol",
    "TurnError": "protocol",
}


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'holdfast.session' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"holdfast.session.{place}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
