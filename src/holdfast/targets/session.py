"""How is a conversation with an interpreter a case: a transcript, or a list of turns?"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from holdfast.model.case import Expect
from holdfast.model.evidence import CaseError, ErrorKind, Evidence, Output
from holdfast.ports import BadParams, CallContext
from holdfast.process.child import Child
from holdfast.targets.spec import check_duration, has_template, read_spec, refuse, shortest
from holdfast.text.format import format_duration
from holdfast.text.units import parse_bytes, parse_duration

__all__ = ["TARGET", "SessionForm", "SessionTarget"]

# What a turn may take without a limit of its own, as in `holdfast.session.Session`.
TURN_LIMIT_S = 30.0


class TurnForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One turn: its code, and what it must leave. `error` is a part of the error's text."""

    code: str
    value: Any | msgspec.UnsetType = msgspec.UNSET
    stdout: str | msgspec.UnsetType = msgspec.UNSET
    error: str | msgspec.UnsetType = msgspec.UNSET


class SessionForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The authored fields of a session.

    Either `transcript`, a file of `>>> input` and what it shows, or `turns`. `timeout`
    is the limit of each turn. Without `command` the session is Python's; `memory` and
    `cpu` limit it, `capabilities` confine it. With it, `prompt` and `continuation` say
    how the program shows that it waits.
    """

    transcript: str = ""
    turns: list[str | TurnForm] = []
    timeout: str | float | None = None
    capabilities: list[str] | None = None
    memory: str | int | None = None
    cpu: str | float | None = None
    command: str | list[str] = ""
    prompt: str = ">>> "
    continuation: str = "... "

    def __post_init__(self) -> None:
        if bool(self.transcript) == bool(self.turns):
            raise ValueError("a session must have either 'transcript' or 'turns'")
        check_duration(self.timeout)
        check_duration(self.cpu)
        if self.memory is not None and not has_template(self.memory):
            parse_bytes(self.memory)
        limited = (self.capabilities, self.memory, self.cpu)
        if self.command and any(each is not None for each in limited):
            raise ValueError("a session with 'command' must have no capabilities and no limits")


class SessionTarget:
    """A process of its own under the run's reaper carries the conversation out."""

    produces = frozenset({"value", "stdout", "stderr", "duration", "error"})
    implied: tuple[Expect, ...] = ()
    form = SessionForm
    shorthand = "transcript"

    async def call(self, spec: Mapping[str, Any], context: CallContext) -> Evidence:
        replay = context.load("session", "replay")
        try:
            form = read_spec(spec, SessionForm)
            job = replay.pack(_job(form, context.case.base))
        except (BadParams, ValueError) as error:
            return refuse(error if isinstance(error, BadParams) else BadParams(str(error)))
        child = await context.spawn(replay.argv(), env={}, cwd="", stdin_data=job)
        try:
            return await _finish(child, context.timeout_s, replay)
        finally:
            await _end(child)


def _job(form: SessionForm, base: str) -> dict[str, Any]:
    words = shlex.split(form.command) if isinstance(form.command, str) else form.command
    path = Path(base) / form.transcript if form.transcript else None
    if path is not None and not path.is_file():
        raise BadParams(f"'transcript' must be a file, got {form.transcript!r} ({path} is none)")
    return {
        "transcript": str(path) if path else "",
        "name": form.transcript,
        "turns": tuple(
            {"code": each} if isinstance(each, str) else msgspec.to_builtins(each)
            for each in form.turns
        ),
        "timeout_s": shortest(form.timeout, TURN_LIMIT_S if form.timeout is None else None),
        "capabilities": None if form.capabilities is None else tuple(form.capabilities),
        "memory_bytes": None if form.memory is None else parse_bytes(form.memory),
        "cpu_s": None if form.cpu is None else parse_duration(form.cpu),
        "command": tuple(words),
        "prompt": form.prompt,
        "continuation": form.continuation,
    }


async def _finish(child: Child, limit: float | None, replay: Any) -> Evidence:
    try:
        async with asyncio.timeout(limit):
            answer, log = await asyncio.gather(_read(child, 1), _read(child, 2))
            await child.wait()
    except TimeoutError:
        message = f"the session must end within {format_duration(limit or 0.0)}; it was killed with all it started"
        error = CaseError(kind="timeout", type="TimeoutError", message=message)
        return Evidence(has_value=False, error=error, call_s=limit)
    try:
        outcome = replay.read(answer)
    except ValueError:
        message = f"the session's process ended without an answer: {log.decode(errors='replace')[-2_000:]}"
        return Evidence(has_value=False, error=CaseError(kind="crash", message=message))
    return _evidence(outcome)


def _evidence(outcome: Any) -> Evidence:
    return Evidence(
        value=outcome.value,
        has_value=not outcome.kind or outcome.kind == "mismatch",
        error=_error(outcome) if outcome.kind else None,
        call_s=outcome.duration_s,
        stdout=Output(text=outcome.stdout),
        stderr=Output(text=outcome.stderr),
        notes=outcome.notes,
    )


def _error(outcome: Any) -> CaseError:
    """A mismatch is a failure like an assertion that does not hold, everything else an error."""
    is_mismatch = outcome.kind == "mismatch"
    kind: ErrorKind = "exception" if is_mismatch else outcome.kind
    return CaseError(
        kind=kind,
        type="AssertionError" if is_mismatch else outcome.type,
        message=outcome.message,
        traceback=outcome.traceback,
        is_assertion=is_mismatch,
    )


async def _read(child: Child, fd: int) -> bytes:
    parts: list[bytes] = []
    while chunk := await child.read(fd):
        parts.append(chunk)
    return b"".join(parts)


async def _end(child: Child) -> None:
    """Leave nothing behind, on every way out."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.shield(child.kill_tree())
    child.close()


TARGET = SessionTarget()
