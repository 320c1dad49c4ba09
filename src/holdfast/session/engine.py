"""What carries out requests, and what is left of one?"""

from __future__ import annotations

from typing import Protocol

import msgspec

from holdfast.session.failure import describe
from holdfast.session.protocol import Turn, TurnError, TurnStatus
from holdfast.session.values import decode_value
from holdfast.session.waiting import Steps
from holdfast.session.wire import Done, Request

__all__ = ["Engine", "Reply", "read_turn"]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a request. Without an answer, `status` and `error` say why there is none."""

    done: Done | None = None
    status: TurnStatus = "ok"
    error: TurnError | None = None
    names_kept: bool = True
    stdout: str = ""
    stderr: str = ""
    duration_s: float = 0.0


class Engine(Protocol):
    """An interpreter behind a session; one that is lost is replaced by a fresh one."""

    def start(self) -> Steps[None]:
        """Start now rather than with the first request."""
        ...

    def ask(self, request: Request, timeout_s: float | None) -> Steps[Reply]:
        """Carry out a request; what goes wrong with it is in the reply."""
        ...

    def halt(self) -> Steps[bool]:
        """Stop what runs, if anything; tell whether the names were kept."""
        ...

    def renew(self) -> Steps[None]:
        """Let go of the interpreter; the next request gets a fresh one."""
        ...

    def close(self) -> Steps[None]:
        """End the interpreter and everything that it started."""
        ...


def read_turn(reply: Reply, code: str) -> Turn:
    """Return a reply as the turn that the user sees."""
    done = reply.done
    status, error, value = reply.status, reply.error, None
    notes: tuple[str, ...] = ()
    if done is not None:
        notes = done.notes
        if status == "ok":
            status, error = done.status, done.error
            try:
                value = decode_value(done.value)
            except ValueError as failure:
                status, error = "error", describe(failure)
    return Turn(
        status=status,
        value=value,
        stdout=reply.stdout,
        stderr=reply.stderr,
        error=error,
        duration_s=reply.duration_s,
        code=code,
        names_kept=reply.names_kept,
        notes=notes,
    )
