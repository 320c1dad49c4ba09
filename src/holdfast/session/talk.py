"""How does a session go on from turn to turn? The same conversation for blocking and awaiting callers."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Any, Literal

from holdfast.errors import UsageError
from holdfast.session.engine import Engine, Reply, read_turn
from holdfast.session.failure import SessionCrash, rebuild
from holdfast.session.protocol import Turn, TurnError
from holdfast.session.values import NotPlain, encode_plain
from holdfast.session.waiting import Steps
from holdfast.session.wire import Call, Read, Request, Run, Write

__all__ = ["Talk", "check_timeout"]


class Talk:
    """A session's state: its engine, its limit, its history."""

    def __init__(self, engine: Engine, timeout_s: float | None) -> None:
        self._engine = engine
        self._timeout_s = check_timeout(timeout_s)
        self._running: str | None = None
        self._is_closed = False
        self.history: list[Turn] = []

    def start(self) -> Steps[None]:
        self._check_open()
        yield from self._engine.start()

    def execute(
        self, code: str, timeout_s: float | None, mode: Literal["block", "single"] = "block"
    ) -> Steps[Turn]:
        if not isinstance(code, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UsageError(f"code must be a text, got {type(code).__name__}")
        limit = self._timeout_s if timeout_s is None else check_timeout(timeout_s)
        try:
            packed = encode_plain(code)
        except NotPlain as error:
            raise UsageError(str(error).replace("a value", "code")) from error
        _, turn = yield from self._ask(Run(packed, mode), code, limit)
        return turn

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Steps[Any]:
        if not name.isprintable():
            raise UsageError(f"a function's name must be a Python identifier, got {name!r}")
        try:
            packed = encode_plain([list(args), kwargs])
        except NotPlain as error:
            raise UsageError(
                f"an argument of {name!r} {str(error).removeprefix('a value ')}",
                hint="make the value inside the session, with `execute`",
            ) from error
        shown = [*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())]
        reply, turn = yield from self._ask(
            Call(name, packed), f"{name}({', '.join(shown)})", self._timeout_s
        )
        return _value(reply, turn)

    def namespace(self) -> Steps[dict[str, Any]]:
        reply, turn = yield from self._ask(Read(), None, self._timeout_s)
        return _value(reply, turn)

    def assign(self, names: Mapping[str, Any]) -> Steps[None]:
        for name in names:
            if not name.isidentifier() or keyword.iskeyword(name):
                raise UsageError(f"a name must be a Python identifier, got {name!r}")
        try:
            packed = encode_plain(dict(names))
        except NotPlain as error:
            raise UsageError(
                str(error), hint="make the value inside the session, with `execute`"
            ) from error
        reply, turn = yield from self._ask(Write(packed), None, self._timeout_s)
        _value(reply, turn)

    def reset(self) -> Steps[None]:
        self._check_open()
        yield from self._engine.renew()
        self.history.clear()

    def halt(self) -> Steps[None]:
        """Stop what its caller no longer waits for; the turn is kept."""
        running, self._running = self._running, None
        kept = yield from self._engine.halt()
        if running is not None:
            error = TurnError(type="Cancelled", message="the caller no longer waited for the code")
            self.history.append(Turn(status="timeout", code=running, error=error, names_kept=kept))

    def close(self) -> Steps[None]:
        self._is_closed = True
        yield from self._engine.close()

    def _ask(
        self, request: Request, code: str | None, timeout_s: float | None
    ) -> Steps[tuple[Reply, Turn]]:
        """Carry out a request; with `code` it is a turn of the history."""
        self._check_open()
        self._running = code
        reply = yield from self._engine.ask(request, timeout_s)
        self._running = None
        turn = read_turn(reply, code or "")
        if code is not None:
            self.history.append(turn)
        return reply, turn

    def _check_open(self) -> None:
        if self._is_closed:
            raise UsageError("the session is closed", hint="open another one")


def check_timeout(timeout_s: float | None) -> float | None:
    """Return a limit that can be kept.

    Raises:
        UsageError: it cannot.
    """
    if timeout_s is None:
        return None
    is_number = type(timeout_s) in {int, float}
    if not is_number or not 0 < timeout_s < float("inf"):
        raise UsageError(f"timeout_s must be a number of seconds above 0, got {timeout_s!r}")
    return float(timeout_s)


def _value(reply: Reply, turn: Turn) -> Any:
    """Return the value of a turn, or raise what ended it."""
    if turn.status == "ok":
        return turn.value
    if turn.error is None:
        raise SessionCrash("the session gave no answer")
    if turn.status == "timeout":
        raise TimeoutError(turn.error.message)
    if turn.status == "crash":
        raise SessionCrash(turn.error.message)
    if reply.done is not None and reply.done.raised is not None:
        raise rebuild(reply.done.raised, turn.error)
    raise SessionCrash(str(turn.error))
