"""How does any interactive program carry out turns, known by its prompt alone?"""

from __future__ import annotations

import importlib
import os
import re
import select
import termios
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from holdfast.clock import monotonic
from holdfast.errors import HoldfastError, UsageError
from holdfast.process.reaper import carriers, descendants, kill_all, read_parents
from holdfast.session.engine import Reply
from holdfast.session.protocol import TurnError, TurnStatus
from holdfast.session.values import decode_value
from holdfast.session.waiting import Steps, Wait
from holdfast.session.wire import Request, Run
from holdfast.text.cut import HeadTail
from holdfast.text.format import format_duration

__all__ = ["Dialect", "PromptEngine"]

GRACE_S = 1.0
START_LIMIT_S = 30.0
READ_BYTES = 65_536
# A prompt behind other text may be part of what is still being written.
SETTLE_MS = 20.0
# Where a prompt is looked for; no prompt is longer.
WINDOW = 1_000
# Wide, so that no line is wrapped; a fixed size, so that a run can be repeated.
ROWS_COLUMNS = (24, 2_000)
# No colours, no escape codes, the plain line reader: what is shown is what was said.
PLAIN = {"TERM": "dumb", "PYTHON_COLORS": "0", "NO_COLOR": "1", "PYTHON_BASIC_REPL": "1"}

Seen = Literal["prompt", "continuation", "end", "timeout"]


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How a program shows that it waits, that it wants more, and that something went wrong."""

    prompt: str
    continuation: str = ""
    error: re.Pattern[str] | None = None


class PromptEngine:
    """A program behind a pseudo-terminal; one that ended is started again for the next turn."""

    def __init__(
        self,
        argv: Sequence[str],
        dialect: Dialect,
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._argv = list(argv)
        self._dialect = dialect
        self._cwd = cwd
        # By this, what has left the program's tree is found again.
        mark = os.urandom(8).hex()
        self._cookie = f"HOLDFAST_SESSION={mark}\0".encode()
        self._env = {**PLAIN, **(env or {}), "HOLDFAST_SESSION": mark}
        self._program: Any = None
        self._output = HeadTail()
        self._is_busy = False

    def start(self) -> Steps[None]:
        if self._program is not None:
            return
        self._program = _spawn(self._argv, self._cwd, self._env)
        try:
            seen = yield from self._expect(monotonic() + START_LIMIT_S)
        except BaseException:
            self._kill()
            raise
        if seen != "prompt":
            shown = self._take().strip()[-500:]
            self._kill()
            raise HoldfastError(
                f"{self._argv[0]!r} must show its prompt {self._dialect.prompt!r}, got {shown!r}",
                hint="name the prompt as the program shows it, with the space behind it",
            )
        self._take()

    def ask(self, request: Request, timeout_s: float | None) -> Steps[Reply]:
        if not isinstance(request, Run):
            raise UsageError(
                f"{self._argv[0]!r} must be asked in its own language: it has no functions or names to hand over",
                hint="use `execute`",
            )
        yield from self.start()
        self._is_busy = True
        start = monotonic()
        until = None if timeout_s is None else start + timeout_s
        text, seen = yield from self._say(decode_value(request.code), until)
        took_s = monotonic() - start
        kept = True
        if seen in {"timeout", "continuation"}:
            kept = yield from self._interrupt()
        elif seen == "end":
            kept = False
        status, error = self._judge(seen, text, limit_s=timeout_s or 0.0, kept=kept)
        if not kept:
            self._kill()
        self._is_busy = False
        return Reply(status=status, error=error, stdout=text, names_kept=kept, duration_s=took_s)

    def halt(self) -> Steps[bool]:
        if self._program is None or not self._is_busy:
            return True
        self._is_busy = False
        if (yield from self._interrupt()):
            return True
        self._kill()
        return False

    def renew(self) -> Steps[None]:
        yield from ()
        self._kill()

    def close(self) -> Steps[None]:
        yield from self.renew()

    def _say(self, code: str, until: float | None) -> Steps[tuple[str, Seen]]:
        """Send a piece of code line by line; return what was shown, and at what it stopped."""
        lines = code.removesuffix("\n").split("\n")
        text, seen = "", "prompt"
        for line in lines:
            shown, seen = yield from self._say_line(line, until)
            text += shown
            if seen in {"end", "timeout"}:
                return text, seen
        if seen == "continuation" and "\n" in code:
            # An empty line ends a block, as when a person types it.
            shown, seen = yield from self._say_line("", until)
            text += shown
        return text, seen

    def _say_line(self, line: str, until: float | None) -> Steps[tuple[str, Seen]]:
        try:
            echoes = _echoes(self._program.child_fd)
            self._program.sendline(line)
        except OSError:
            return "", "end"
        seen = yield from self._expect(until)
        shown = self._take()
        return shown.removeprefix(f"{line}\n") if echoes else shown, seen

    def _expect(self, until: float | None) -> Steps[Seen]:
        fd = self._program.child_fd
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        settle_ms = 0.0
        while True:
            while poll.poll(settle_ms):
                settle_ms = 0.0
                try:
                    data = os.read(fd, READ_BYTES)
                except OSError:
                    data = b""  # how Linux tells that nobody holds the other end
                if not data:
                    return "end"
                self._output.append(data)
                if until is not None and monotonic() > until:
                    return "timeout"
            seen, is_sure = self._look()
            if seen and (is_sure or settle_ms):
                return seen
            settle_ms = SETTLE_MS if seen else 0.0
            if seen:
                continue
            left = None if until is None else until - monotonic()
            if left is not None and left <= 0:
                return "timeout"
            yield Wait(fd, left)

    def _look(self) -> tuple[Literal["prompt", "continuation"] | None, bool]:
        """Tell which prompt is shown last, and whether it stands alone on its line."""
        shown = _end_of(self._output)
        if shown.endswith(self._dialect.prompt):
            return "prompt", _is_alone(shown, self._dialect.prompt)
        if self._dialect.continuation and shown.endswith(self._dialect.continuation):
            return "continuation", _is_alone(shown, self._dialect.continuation)
        return None, False

    def _interrupt(self) -> Steps[bool]:
        """Bring the program back to its prompt; tell whether that was possible."""
        until = monotonic() + GRACE_S
        try:
            self._program.sendintr()
        except OSError:
            return False
        self._take()
        seen = yield from self._expect(until)
        self._take()
        return seen == "prompt"

    def _judge(
        self, seen: Seen, text: str, *, limit_s: float, kept: bool
    ) -> tuple[TurnStatus, TurnError | None]:
        if seen == "continuation":
            return "incomplete", None
        if seen == "timeout":
            how = "interrupted" if kept else "killed with all that it started"
            message = f"the code must end within {format_duration(limit_s)}; it was {how}"
            return "timeout", TurnError(type="TimeoutError", message=message)
        if seen == "end":
            message = f"{self._argv[0]!r} ended before it showed its prompt again"
            return "crash", TurnError(type="SessionCrash", message=message)
        found = self._dialect.error.search(text) if self._dialect.error else None
        if found is None:
            return "ok", None
        return "error", TurnError(type="PromptError", message=found.group(0), traceback=text)

    def _take(self) -> str:
        """Return what was shown, without the prompt at its end, and begin anew."""
        text = self._output.text().replace("\r\n", "\n").replace("\r", "\n")
        self._output = HeadTail()
        for prompt in (self._dialect.prompt, self._dialect.continuation):
            if prompt and text.endswith(prompt):
                return text[: -len(prompt)]
        return text

    def _kill(self) -> None:
        program, self._program = self._program, None
        self._output = HeadTail()
        if program is None:
            return
        root = program.pid

        def members() -> set[int]:
            parents = read_parents()
            return descendants(root, parents) | carriers(self._cookie, parents) | {root}

        kill_all(members, {os.getpid()})
        program.close(force=True)


def _spawn(argv: Sequence[str], cwd: str | None, env: Mapping[str, str]) -> Any:
    try:
        pexpect = importlib.import_module("pexpect")
    except ImportError as error:
        raise UsageError(
            "a session with another program needs pexpect, which is not installed",
            hint="pip install 'holdfast[repl]'",
        ) from error
    try:
        program = pexpect.spawn(
            argv[0],
            list(argv[1:]),
            cwd=cwd,
            env={**os.environ, **env},
            echo=False,
            dimensions=ROWS_COLUMNS,
            use_poll=True,
        )
    except pexpect.ExceptionPexpect as error:
        raise UsageError(
            f"{argv[0]!r} must be a program that can be started, got {error.value}"
        ) from error
    # pexpect waits 50 ms before each line, for passwords; and after close, for slow programs.
    program.delaybeforesend = None
    for each in (program, program.ptyproc):
        each.delayafterclose = each.delayafterterminate = 0.01
    return program


def _end_of(output: HeadTail) -> str:
    end = output.tail[-WINDOW:] or output.head[-WINDOW:]
    return end.decode("utf-8", "replace")


def _echoes(fd: int) -> bool:
    """Tell whether what is sent is shown again. It was switched off at the start; readline heeds that."""
    return bool(termios.tcgetattr(fd)[3] & termios.ECHO)


def _is_alone(shown: str, prompt: str) -> bool:
    before = shown[: -len(prompt)]
    return not before or before[-1] in "\r\n"
