"""How does what a function did become evidence?"""

from __future__ import annotations

import inspect
import os
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

import msgspec

from holdfast.model import codec
from holdfast.model.evidence import Assessment, CaseError, Evidence

__all__ = ["describe", "from_error", "from_value", "not_prepared", "of_failed_call", "timed_out"]

MAX_TRACEBACK = 20_000
# What of ours stands between the run and the user's code; the rest may be called by that code.
OWN = ("holdfast.execute.", "holdfast.process.reference")
MAX_MESSAGE = 4_000

WORKER = os.environ.get("HOLDFAST_WORKER", "")

# By name as well: libraries have connection errors of their own that share no base class.
CONNECTION_ERRORS = frozenset(
    {"ConnectionError", "ConnectError", "NetworkError", "RemoteProtocolError"}
)


def from_value(value: Any, call_s: float, assessments: tuple[Assessment, ...] = ()) -> Evidence:
    """Return the evidence of a call that returned."""
    encoded = codec.to_plain(value)
    return Evidence(
        value=encoded.plain,
        round_trips=encoded.is_exact,
        call_s=call_s,
        worker=WORKER,
        assessments=assessments,
    )


def from_error(error: BaseException, call_s: float) -> Evidence:
    """Return the evidence of a call that raised."""
    return Evidence(has_value=False, error=describe(error), call_s=call_s, worker=WORKER)


def not_prepared(error: BaseException) -> Evidence:
    """Return the evidence of a call that never happened: there is no such function, or it takes other arguments."""
    facts = describe(error)
    if facts.kind == "exception":
        facts = msgspec.structs.replace(facts, kind="setup", is_assertion=False)
    return Evidence(has_value=False, error=facts, worker=WORKER)


def of_failed_call(
    function: Callable[..., Any], kwargs: dict[str, Any], error: BaseException, call_s: float
) -> Evidence:
    """Return the evidence of a call that raised, or that could not even begin."""
    if isinstance(error, TypeError) and not _binds(function, kwargs):
        return not_prepared(error)
    return from_error(error, call_s)


def timed_out(timeout_s: float, stack: str, call_s: float) -> Evidence:
    """Return the evidence of a call that was stopped at its time limit."""
    message = f"no end within {timeout_s:g} s"
    error = CaseError(kind="timeout", message=message, traceback=stack)
    return Evidence(has_value=False, error=error, call_s=call_s, worker=WORKER)


def describe(error: BaseException) -> CaseError:
    """Turn an exception into plain facts; an exception that cannot be shown is shown by its type."""
    names = {kind.__name__ for kind in type(error).__mro__}
    tags = ("connection",) if names & CONNECTION_ERRORS else ()
    message = _text_of(error)
    if isinstance(error, SystemExit):
        message = f"the code called sys.exit({message})"
    elif isinstance(error, MemoryError):
        message = f"out of memory{': ' if message else ''}{message}"
    return CaseError(
        kind="crash" if isinstance(error, (SystemExit, MemoryError)) else "exception",
        type=_type_of(error),
        message=message,
        traceback=_trace(error),
        tags=tags,
        is_assertion=isinstance(error, AssertionError),
    )


def _binds(function: Callable[..., Any], kwargs: dict[str, Any]) -> bool:
    """Tell whether a function takes these arguments; one that does not say what it takes takes any."""
    try:
        inspect.signature(function).bind(**kwargs)
    except ValueError:
        return True
    except TypeError:
        return False
    return True


def _type_of(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception as failure:  # noqa: BLE001 - a __str__ that raises is a fact about the exception
        return f"(its __str__ raised {type(failure).__name__})"
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= MAX_MESSAGE else f"{text[:MAX_MESSAGE]}..."


def _trace(error: BaseException) -> str:
    try:
        lines = traceback.format_exception(
            type(error), error, _without_own_frames(error.__traceback__)
        )
    except Exception as failure:  # noqa: BLE001 - formatting runs the exception's own code
        return f"(the traceback cannot be shown: {type(failure).__name__})"
    text = "".join(lines).encode("utf-8", "backslashreplace").decode()
    if len(text) <= MAX_TRACEBACK:
        return text
    half = MAX_TRACEBACK // 2
    return f"{text[:half]}\n... {len(text) - MAX_TRACEBACK:,} characters cut ...\n{text[-half:]}"


def _without_own_frames(trace: TracebackType | None) -> TracebackType | None:
    """Drop the frames that lead from holdfast, and through a loop that it started, into the user's code."""
    first = step = trace
    while step is not None:
        if step.tb_frame.f_globals.get("__name__", "").startswith(OWN):
            first = step.tb_next
        step = step.tb_next
    return first
