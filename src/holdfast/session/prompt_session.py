"""How is another program's prompt used as a session?"""

from __future__ import annotations

import re
import shlex
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self, TypeVar

from holdfast.errors import UsageError
from holdfast.session.prompt_engine import Dialect, PromptEngine
from holdfast.session.protocol import Turn
from holdfast.session.talk import Talk
from holdfast.session.waiting import Steps, drive

__all__ = ["PromptSession"]

T = TypeVar("T")


class PromptSession:
    r"""Any interactive program, known by its prompt. Needs the extra `repl` (pexpect).

    `prompt` is a text with which the program says that it waits, `continuation` one
    with which it wants the rest of a statement. What matches the pattern `error` makes
    a turn an error. All output, errors included, is `stdout`; there are no values.

    >>> with PromptSession("sh", prompt="$ ", env={"PS1": "$ "}) as session:
    ...     session.execute("echo $((6 * 7))").stdout
    '42\n'
    """

    def __init__(
        self,
        command: str | Sequence[str],
        *,
        prompt: str = ">>> ",
        continuation: str = "... ",
        error: str | None = None,
        timeout_s: float | None = 30.0,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        argv = shlex.split(command) if isinstance(command, str) else list(command)
        if not argv or not prompt:
            raise UsageError(
                f"a session must have a command and a prompt, got {command!r} and {prompt!r}"
            )
        try:
            pattern = re.compile(error, re.MULTILINE) if error is not None else None
        except re.error as reason:
            raise UsageError(f"error must be a pattern, got {error!r} ({reason})") from reason
        dialect = Dialect(prompt=prompt, continuation=continuation, error=pattern)
        self._talk = Talk(PromptEngine(argv, dialect, cwd=cwd, env=env), timeout_s)
        self._turn = threading.Lock()

    def execute(self, code: str, timeout_s: float | None = None) -> Turn:
        """Send lines and return what the program showed until its next prompt."""
        return self._drive(self._talk.execute(code, timeout_s))

    @property
    def history(self) -> list[Turn]:
        """Every turn so far, also of programs that ended."""
        return list(self._talk.history)

    def reset(self) -> None:
        """Begin anew: a fresh program, no history."""
        self._drive(self._talk.reset())

    def close(self) -> None:
        """End the program and everything that it started."""
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
