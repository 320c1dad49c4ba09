"""How is a session used from blocking code?"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from holdfast.session.callback import MISSING, Callback, ErrorHandler
from holdfast.session.open import make_setup, open_engine
from holdfast.session.protocol import Turn
from holdfast.session.talk import Talk
from holdfast.session.waiting import Steps, drive

__all__ = ["Session"]

T = TypeVar("T")


class Session:
    """A Python interpreter that remembers, in a process of its own.

    `timeout_s` is the limit of each turn (None: none), `memory_bytes` what the code
    may take beyond the bare interpreter, `cpu_s` the processor time of each turn.
    `capabilities` confine the interpreter; where this machine cannot, it does not
    start. `in_process=True` trades all protection for speed: what ends the
    interpreter then ends this program.

    >>> with Session() as session:
    ...     session.execute("x = 6").status
    ...     session.execute("x * 7").value
    'ok'
    42
    """

    def __init__(
        self,
        *,
        capabilities: Sequence[str] | None = None,
        timeout_s: float | None = 30.0,
        memory_bytes: int | None = None,
        cpu_s: float | None = None,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        in_process: bool = False,
    ) -> None:
        setup = make_setup(capabilities, memory_bytes, cpu_s)
        engine = open_engine(setup, in_process=in_process, cwd=cwd, env=env)
        self._talk = Talk(engine, timeout_s)
        # Turns follow one another, whichever thread asks for them.
        self._turn = threading.Lock()

    def execute(self, code: str, timeout_s: float | None = None) -> Turn:
        """Run statements; what goes wrong with them is in the turn, never raised.

        Raises:
            UsageError: the session is closed, or an argument cannot mean anything.
        """
        return self._drive(self._talk.execute(code, timeout_s))

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the session and return its value; dots lead to attributes.

        Raises:
            TimeoutError: it did not end within the session's limit.
            SessionCrash: the interpreter ended before it answered.
            UsageError: an argument is no plain data.
        Whatever the function raised, too: see `RemoteError` for a class that is not known here.
        """
        return self._drive(self._talk.call(name, args, kwargs))

    def callback(
        self, name: str, *, error_handler: ErrorHandler | None = None, default: Any = MISSING
    ) -> Callback:
        """Return a callable that calls the function `name` of the session."""
        return Callback(self.call, name, error_handler=error_handler, default=default)

    @property
    def namespace(self) -> dict[str, Any]:
        """A copy of the session's names: plain data, `Opaque` for everything else."""
        return self._drive(self._talk.namespace())

    def assign(self, names: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """Put plain data into the session's namespace."""
        self._drive(self._talk.assign({**(names or {}), **more}))

    @property
    def history(self) -> list[Turn]:
        """Every turn so far, also of interpreters that were lost."""
        return list(self._talk.history)

    def reset(self) -> None:
        """Begin anew: no names, no history."""
        self._drive(self._talk.reset())

    def close(self) -> None:
        """End the interpreter and everything that it started."""
        self._drive(self._talk.close())

    def __enter__(self) -> Self:
        self._drive(self._talk.start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _drive(self, steps: Steps[T]) -> T:
        with self._turn:
            return drive(steps, self._talk.halt)
