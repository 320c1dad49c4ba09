"""What does scripted code leave, as the real thing would tell it?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from holdfast.doubles.script import Answer
from holdfast.errors import UsageError
from holdfast.model.turn import TurnError, TurnStatus
from holdfast.registry import load_place
from holdfast.text.format import format_duration

__all__ = ["Played", "check_limit", "failure_of", "play", "read_options"]

# By name, because siblings do not import each other: a double stands on the values of the real one.
_DESCRIBE = "holdfast.session.failure:describe"
_ENCODE = "holdfast.session.values:encode_value"
_DECODE = "holdfast.session.values:decode_value"


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """The end of scripted code; `raised` is the exception itself, `wait_s` how long it took."""

    status: TurnStatus
    value: Any = None
    error: TurnError | None = None
    raised: Any = None
    wait_s: float = 0.0
    names_kept: bool = True


def play(
    answer: Answer,
    compute: Callable[[], Any] | None,
    *,
    timeout_s: float | None,
    capabilities: Sequence[str] | None,
    kills: bool,
) -> Played:
    """Return what a scripted answer comes to under a limit and capabilities.

    `kills` where a timeout ends the interpreter rather than interrupting the code.
    """
    late = timeout_s is not None and answer.delay_s >= timeout_s
    if late or answer.status == "timeout":
        if timeout_s is None:
            raise UsageError(
                "scripted code that never ends must have a limit, got timeout_s=None",
                hint="the real one would hang here",
            )
        return _late(timeout_s, kills=kills)
    if answer.status == "crash":
        error = TurnError(type="SessionCrash", message="the interpreter ended")
        return Played(status="crash", error=error, wait_s=answer.delay_s, names_kept=False)
    if answer.status == "incomplete":
        return Played(status="incomplete", wait_s=answer.delay_s)
    raised = answer.error or _find_violation(answer.uses, capabilities)
    value = answer.value
    if raised is None and compute is not None:
        try:
            value = compute()
        except Exception as error:  # noqa: BLE001 - what the code raises is its result
            raised = error
    if raised is not None:
        error = load_place(_DESCRIBE)(raised)
        return Played(status="error", error=error, raised=raised, wait_s=answer.delay_s)
    # The journey that a real value makes: an object arrives as its repr, a tuple as a tuple.
    value = load_place(_DECODE)(load_place(_ENCODE)(value))
    return Played(status="ok", value=value, wait_s=answer.delay_s)


def read_options(
    capabilities: Sequence[str] | None,
    memory_bytes: int | None,
    cpu_s: float | None,
    timeout_s: float | None,
) -> float | None:
    """Check the options as the real one does; return the limit of each execution."""
    load_place("holdfast.session.open:make_setup")(capabilities, memory_bytes, cpu_s)
    return check_limit(timeout_s)


def check_limit(timeout_s: float | None) -> float | None:
    """Return a limit that can be kept; refuse others as the real one does."""
    return load_place("holdfast.session.talk:check_timeout")(timeout_s)


def failure_of(should_fail: Any) -> BaseException:
    """Return what `should_fail` makes an execution raise."""
    if isinstance(should_fail, BaseException):
        return should_fail
    return RuntimeError("the double was told to fail: should_fail is set")


def _late(timeout_s: float, *, kills: bool) -> Played:
    stopped = "killed with all that it started" if kills else "interrupted"
    message = f"the code must end within {format_duration(timeout_s)}; it was {stopped}"
    error = TurnError(type="TimeoutError", message=message)
    return Played(status="timeout", error=error, wait_s=timeout_s)


def _find_violation(
    uses: Sequence[str], capabilities: Sequence[str] | None
) -> BaseException | None:
    """Return the violation that stops the code, where it uses what is not granted."""
    if capabilities is None or not uses:
        return None
    manager = load_place("holdfast.capabilities:CapabilityManager")(capabilities)
    for each in uses:
        kind, resource = load_place("holdfast.capabilities:parse_capability")(each)
        if not manager.has_capability(kind, resource):
            kinds = load_place("holdfast.capabilities:CapabilityViolation")
            return kinds(f"{each} was stopped", each, "grant it, or do without it")
    return None
