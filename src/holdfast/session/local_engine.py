"""How does an interpreter inside this process carry out requests? Fast, and without protection."""

from __future__ import annotations

import io
import itertools
import sys

from holdfast.clock import monotonic
from holdfast.session.alarm import alarm
from holdfast.session.engine import Reply
from holdfast.session.interpreter import Interpreter
from holdfast.session.protocol import TurnError
from holdfast.session.waiting import Steps
from holdfast.session.wire import Request
from holdfast.text.format import format_duration

__all__ = ["LocalEngine"]

# Names of modules must differ: classes of two sessions live side by side.
_numbers = itertools.count(1)


class LocalEngine:
    """One interpreter in this process; it never waits, so its steps have none."""

    def __init__(self) -> None:
        self._interpreter: Interpreter | None = None
        self._limit = ""

    def start(self) -> Steps[None]:
        yield from ()
        if self._interpreter is None:
            name = f"__session_{next(_numbers)}__"
            self._interpreter = Interpreter(name, stopped=lambda: self._limit)

    def ask(self, request: Request, timeout_s: float | None) -> Steps[Reply]:
        yield from self.start()
        interpreter = self._interpreter
        assert interpreter is not None  # noqa: S101 - started above
        self._limit = ""
        before = sys.stdin, sys.stdout, sys.stderr
        out, err = io.StringIO(), io.StringIO()
        start = monotonic()
        try:
            sys.stdin, sys.stdout, sys.stderr = io.StringIO(), out, err
            with alarm(timeout_s, lambda: self._pass(timeout_s or 0.0)):
                done = interpreter.answer(request)
        except KeyboardInterrupt:
            if not self._limit:
                raise
            # It rang after the answer: the code had ended, too late.
            done = None
        finally:
            sys.stdin, sys.stdout, sys.stderr = before
        reply = Reply(
            done=done,
            stdout=_text(out),
            stderr=_text(err),
            duration_s=monotonic() - start,
        )
        if self._limit:
            error = TurnError(type="TimeoutError", message=self._limit)
            return Reply(
                status="timeout",
                error=error,
                stdout=reply.stdout,
                stderr=reply.stderr,
                duration_s=reply.duration_s,
            )
        return reply

    def halt(self) -> Steps[bool]:
        """Nothing runs here when anybody else does."""
        yield from ()
        return True

    def renew(self) -> Steps[None]:
        yield from ()
        if self._interpreter is not None:
            self._interpreter.close()
            self._interpreter = None

    def close(self) -> Steps[None]:
        yield from self.renew()

    def _pass(self, timeout_s: float) -> None:
        limit = format_duration(timeout_s)
        self._limit = f"the code must end within {limit}; it was interrupted"


def _text(stream: io.StringIO) -> str:
    # The code may have closed it: then what it wrote is gone, as with a closed file.
    return "" if stream.closed else stream.getvalue()
