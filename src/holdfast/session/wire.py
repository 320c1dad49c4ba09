"""What do a session and its interpreter say to each other?"""

from __future__ import annotations

from typing import Literal

import msgspec

from holdfast.session.failure import Raised
from holdfast.session.protocol import TurnError

__all__ = ["Answer", "Apply", "Call", "Done", "Read", "Ready", "Refused", "Request", "Run", "Setup"]


class Setup(msgspec.Struct, tag="setup", array_like=True, frozen=True):
    """The first message to an interpreter: what it may use; `imports` are loaded before it is confined."""

    capabilities: tuple[str, ...] | None = None
    memory_bytes: int | None = None
    cpu_s: float | None = None
    imports: tuple[str, ...] = ()


class Run(msgspec.Struct, tag="run", array_like=True, frozen=True):
    """Run code (an encoded text); `single` shows every expression as the interactive prompt does; `fresh` begins without names."""

    code: bytes
    mode: Literal["block", "single"] = "block"
    fresh: bool = False


class Apply(msgspec.Struct, tag="apply", array_like=True, frozen=True):
    """Call a function that was sent along (cloudpickle), in a fresh namespace."""

    function: bytes


class Call(msgspec.Struct, tag="call", array_like=True, frozen=True):
    """Call a function of the namespace; `args` is the encoded (positional, named)."""

    name: str
    args: bytes


class Read(msgspec.Struct, tag="read", array_like=True, frozen=True):
    """Return the namespace."""


class Write(msgspec.Struct, tag="write", array_like=True, frozen=True):
    """Put names into the namespace."""

    names: bytes


Request = Setup | Run | Apply | Call | Read | Write


class Ready(msgspec.Struct, tag="ready", array_like=True, frozen=True):
    """The interpreter is confined and waits for its first code."""


class Refused(msgspec.Struct, tag="refused", array_like=True, frozen=True):
    """The interpreter cannot be what was asked for."""

    error: TurnError
    raised: Raised


class Done(msgspec.Struct, tag="done", array_like=True, frozen=True):
    """How a request ended. After `spent` the interpreter cannot be trusted with another one."""

    status: Literal["ok", "error", "timeout", "incomplete"]
    value: bytes
    error: TurnError | None = None
    raised: Raised | None = None
    duration_s: float = 0.0
    notes: tuple[str, ...] = ()
    spent: bool = False


Answer = Ready | Refused | Done
