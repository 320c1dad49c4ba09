"""How does an interpreter in a process of its own carry out requests, and what stops it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from holdfast.builtin import COMPONENTS
from holdfast.clock import monotonic
from holdfast.errors import HoldfastError, UsageError
from holdfast.registry import Registry
from holdfast.session.child import Child
from holdfast.session.engine import Reply
from holdfast.session.failure import rebuild
from holdfast.session.protocol import TurnError
from holdfast.session.waiting import Steps
from holdfast.session.wire import Answer, Done, Ready, Refused, Request, Setup
from holdfast.text.format import format_duration

__all__ = ["ProcessEngine"]

# A bare interpreter takes 0.1 s; one whose start is measured on a busy machine much longer.
START_LIMIT_S = 60.0
# Code that is interrupted gets this long to end; then its process is killed.
GRACE_S = 1.0


class ProcessEngine:
    """One child process at a time.

    `stop="interrupt"` tries to keep the names when a request is stopped, `"kill"` does not.
    """

    def __init__(
        self,
        setup: Setup,
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        stop: Literal["interrupt", "kill"] = "interrupt",
    ) -> None:
        self._setup = setup
        self._cwd = cwd
        self._env = env
        self._stop_by = stop
        self._child: Child | None = None
        self._is_busy = False

    def start(self) -> Steps[None]:
        if self._child is None:
            self._child = yield from self._start()

    def ask(self, request: Request, timeout_s: float | None) -> Steps[Reply]:
        yield from self.start()
        child = self._child
        assert child is not None  # noqa: S101 - started above
        child.begin()
        start = monotonic()
        until = None if timeout_s is None else start + timeout_s
        self._is_busy = True
        yield from child.send(request, until)
        answer = yield from child.listen(until)
        is_late = answer is None and not child.is_lost
        if is_late and self._stop_by == "interrupt":
            child.interrupt()
            answer = yield from child.listen(monotonic() + GRACE_S)
        took_s = monotonic() - start
        is_usable = isinstance(answer, Done) and not answer.spent
        how = "" if is_usable else (yield from self._lose(child))
        self._is_busy = False
        stdout, stderr = child.take_output()
        reply = Reply(stdout=stdout, stderr=stderr, duration_s=took_s, names_kept=is_usable)
        if is_late:
            return _late(reply, timeout_s or 0.0)
        if isinstance(answer, Done):
            return msgspec.structs.replace(reply, done=answer, duration_s=answer.duration_s)
        message = f"the interpreter ended before it answered: {how}"
        error = TurnError(type="SessionCrash", message=message)
        return msgspec.structs.replace(reply, status="crash", error=error)

    def halt(self) -> Steps[bool]:
        child = self._child
        if child is None or not self._is_busy:
            return True
        answer: Answer | None = None
        if self._stop_by == "interrupt":
            child.interrupt()
            answer = yield from child.listen(monotonic() + GRACE_S)
        self._is_busy = False
        if isinstance(answer, Done) and not answer.spent:
            child.take_output()
            return True
        yield from self._lose(child)
        return False

    def renew(self) -> Steps[None]:
        if self._child is not None:
            yield from self._lose(self._child)

    def close(self) -> Steps[None]:
        yield from self.renew()

    def _lose(self, child: Child) -> Steps[str]:
        self._child = None
        return (yield from child.end())

    def _start(self) -> Steps[Child]:
        _check_confinement(self._setup)
        child = Child(cwd=self._cwd, env=self._env)
        until = monotonic() + START_LIMIT_S
        try:
            yield from child.send(self._setup, until)
            answer = yield from child.listen(until)
        except BaseException:
            child.leave()
            raise
        if isinstance(answer, Ready):
            child.note_ready()
            return child
        how = yield from child.end()
        if isinstance(answer, Refused):
            raise rebuild(answer.raised, answer.error)
        _, stderr = child.take_output()
        raise HoldfastError(
            f"an interpreter must start, got {how}", hint=stderr.strip()[-2_000:] or "run it again"
        )


def _late(reply: Reply, timeout_s: float) -> Reply:
    limit = format_duration(timeout_s)
    stopped = "interrupted" if reply.names_kept else "killed with all that it started"
    message = f"the code must end within {limit}; it was {stopped}"
    error = TurnError(type="TimeoutError", message=message)
    return msgspec.structs.replace(reply, status="timeout", error=error)


def _check_confinement(setup: Setup) -> None:
    """Refuse to begin where nothing can confine: the code must not run free instead."""
    if setup.capabilities is None:
        return
    registry = Registry(COMPONENTS)
    if not registry.has("capability", "confine"):
        raise UsageError(
            "capabilities need a component that confines an interpreter, and there is none",
            hint="leave `capabilities` out, or install one as the entry point 'capability.confine'",
        )
    # Loaded here too, so that what it raises in the interpreter has a class that is known.
    registry.load("capability", "confine")
