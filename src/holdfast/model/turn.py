"""What does one piece of code, run in a session or by itself, leave?"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = ["ExecutionResult", "Opaque", "Turn", "TurnError", "TurnStatus"]

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
