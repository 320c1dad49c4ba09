"""How is a command run, and what is kept of what it wrote?"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from holdfast.clock import monotonic
from holdfast.model.case import Expect
from holdfast.model.codec import encode_json
from holdfast.model.evidence import CaseError, Evidence, Output
from holdfast.ports import BadParams, CallContext
from holdfast.process.child import Child
from holdfast.targets.spec import check_duration, read_spec, refuse, shortest
from holdfast.text.cut import HeadTail
from holdfast.text.format import format_duration

__all__ = ["TARGET", "CommandForm", "CommandTarget"]

Word = str | int | float | bool
Spawn = Callable[..., Awaitable[Child]]

# What a process leaves in its pipes is read at once; only a process that it started, and that
# still holds them, makes us wait longer than this.
_PIPE_GRACE_S = 0.5


class CommandForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The authored fields of a command.

    Either `argv`, a program with its arguments, or `shell`, a line for `/bin/sh`.
    `env` is added to the environment. `cwd` is relative to the case file. `stdin`
    that is no text is written as JSON; without it the command reads nothing.
    """

    shell: str = ""
    argv: list[Word] = []
    stdin: Any = None
    env: dict[str, Word] = {}
    cwd: str = ""
    timeout: str | float | None = None

    def __post_init__(self) -> None:
        if bool(self.shell) == bool(self.argv):
            raise ValueError("a command must have either 'argv' or 'shell'")
        check_duration(self.timeout)

    @property
    def words(self) -> list[str]:
        """The program with its arguments."""
        return ["/bin/sh", "-c", self.shell] if self.shell else [_text(word) for word in self.argv]


class CommandTarget:
    """A child of the run's reaper; its exit status is evidence, never an error."""

    produces = frozenset({"value", "exit_code", "stdout", "stderr", "duration", "error"})
    implied: tuple[Expect, ...] = (Expect("exit_code", 0),)
    form = CommandForm
    shorthand = "shell"

    async def call(self, spec: Mapping[str, Any], context: CallContext) -> Evidence:
        try:
            form = read_spec(spec, CommandForm)
            _refuse_nul(form)
            cwd = _folder(form.cwd, context.case.base)
        except BadParams as error:
            return refuse(error)
        started = monotonic()
        try:
            child = await _start(form, cwd, context.spawn)
        except OSError as error:
            return Evidence(has_value=False, error=_not_started(form.words[0], error))
        run = _Run(child, started)
        limit = shortest(form.timeout, context.timeout_s)
        try:
            return await run.finish(limit)
        finally:
            await run.close()


class _Run:
    """A command on its way; what it wrote so far is known at any moment."""

    def __init__(self, child: Child, started: float) -> None:
        self._child = child
        self._started = started
        self._written = {1: HeadTail(), 2: HeadTail()}
        self._readers = [asyncio.ensure_future(self._read(fd)) for fd in self._written]
        self._has_ended = False

    async def _read(self, fd: int) -> None:
        while chunk := await self._child.read(fd):
            self._written[fd].append(chunk)

    async def finish(self, limit: float | None) -> Evidence:
        scope = asyncio.timeout(limit)
        try:
            async with scope:
                status = await self._child.wait()
        except TimeoutError:
            call_s = monotonic() - self._started
            await self._child.kill_tree()
            await self._child.wait()
            self._has_ended = True
            await self._drain()
            message = f"the command must end within {format_duration(limit or 0.0)}; it was killed with all it started"
            error = CaseError(kind="timeout", type="TimeoutError", message=message)
            return self._evidence(call_s, error=error, notes=())
        self._has_ended = True
        call_s = monotonic() - self._started
        notes = await self._drain()
        return self._evidence(call_s, facts=_exit_facts(status), notes=notes)

    async def _drain(self) -> tuple[str, ...]:
        """Read what is left in the pipes; say so when somebody still holds them."""
        _, waiting = await asyncio.wait(self._readers, timeout=_PIPE_GRACE_S)
        if not waiting:
            return ()
        return ("the command ended, but a process that it started still holds its output open",)

    async def close(self) -> None:
        """Leave nothing behind, on every way out."""
        if not self._has_ended:
            await asyncio.shield(self._child.kill_tree())
        for reader in self._readers:
            reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._readers, return_exceptions=True)
        self._child.close()

    def _evidence(
        self,
        call_s: float,
        *,
        notes: tuple[str, ...],
        error: CaseError | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Evidence:
        stdout, stderr = self._written[1], self._written[2]
        return Evidence(
            value=_value(stdout),
            has_value=error is None,
            round_trips=not stdout.cut_bytes,
            error=error,
            call_s=call_s,
            facts=dict(facts or {}),
            stdout=Output(text=stdout.text(), cut_bytes=stdout.cut_bytes),
            stderr=Output(text=stderr.text(), cut_bytes=stderr.cut_bytes),
            notes=notes,
        )


async def _start(form: CommandForm, cwd: str, spawn: Spawn) -> Child:
    return await spawn(
        form.words,
        env={name: _text(value) for name, value in form.env.items()},
        cwd=cwd,
        stdin_data=_input(form.stdin),
    )


def _folder(cwd: str, base: str) -> str:
    if not cwd:
        return ""
    folder = Path(base) / cwd
    if not folder.is_dir():
        raise BadParams(f"'cwd' must be a folder, got {cwd!r} ({folder} is none)")
    return str(folder)


def _not_started(program: str, error: OSError) -> CaseError:
    """Name the error as Python does, whatever type the spawner gave it.

    Nothing was called, so it is no exception that `raises` may ask for.
    """
    named = OSError(error.errno, error.strerror) if error.errno else error
    message = f"{program!r} must be a program that can be started, got {error.strerror or error}"
    return CaseError(kind="setup", type=type(named).__name__, message=message)


def _exit_facts(status: int) -> dict[str, Any]:
    """Return the exit code as a shell tells it: 128 and the number of a signal."""
    if status >= 0:
        return {"exit_code": status}
    number = -status
    known = {each.value: each.name for each in signal.Signals}
    return {"exit_code": 128 + number, "signal": known.get(number, f"signal {number}")}


def _value(stdout: HeadTail) -> Any:
    if not stdout.cut_bytes:
        return stdout.text()
    head = stdout.head[:200].decode("utf-8", "replace")
    return {"$type": "cut", "type": "str", "bytes": stdout.total_bytes, "head": head}


def _input(stdin: Any) -> bytes | None:
    if stdin is None:
        return None
    return stdin.encode() if isinstance(stdin, str) else encode_json(stdin)


def _text(value: Word) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refuse_nul(form: CommandForm) -> None:
    texts = [*form.words, *form.env, *map(_text, form.env.values()), form.cwd]
    bad = next((text for text in texts if "\0" in text), None)
    if bad is not None:
        raise BadParams(f"a command must not hold a NUL character, got {bad!r}")
    odd = next((name for name in form.env if not name or "=" in name), None)
    if odd is not None:
        raise BadParams(f"a name in 'env' must be a variable's name, got {odd!r}")


TARGET = CommandTarget()
